//! Conditions of triggers: on the payload of an MQTT message, on the arguments of an OSC message.

use std::sync::Arc;

use crate::show::condition::Condition;

use super::{
    reader::Fields,
    report::{Problem, Report},
    scalar,
    tree::{Node, Value},
    trigger_keys::{ARGS, PAYLOAD},
    words::quoted,
};

/// Reads the condition on a payload, and where in a JSON payload it looks.
pub(super) fn payload(node: &Node, of: &str, report: &mut Report) -> Option<(Condition, Option<Arc<str>>)> {
    if !matches!(node.value, Value::Map(_)) {
        return Some((report.take(literal(node).map_err(|problem| problem.of(of)))?, None));
    }
    let mut fields = Fields::of(node, &node.span, &format!("{of}: `payload`"), &PAYLOAD, report)?;
    let pointer = fields.get("pointer", report, pointer);
    let has_pointer = fields.has("pointer");
    let condition = comparison(fields, node, has_pointer, report)?;
    Some((condition, pointer))
}

/// Reads the conditions on arguments: one, or a list of them in order.
pub(super) fn args(node: &Node, of: &str, report: &mut Report) -> Option<Vec<Condition>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let read: Vec<_> = items.iter().map(|item| argument(item, of, report)).collect();
    read.into_iter().collect()
}

fn argument(node: &Node, of: &str, report: &mut Report) -> Option<Condition> {
    if !matches!(node.value, Value::Map(_)) {
        return report.take(literal(node).map_err(|problem| problem.of(of)));
    }
    let fields = Fields::of(node, &node.span, &format!("{of}: `args`"), &ARGS, report)?;
    comparison(fields, node, false, report)
}

/// Reads a value that has to be there to the letter.
fn literal(node: &Node) -> Result<Condition, Problem> {
    Ok(match &node.value {
        Value::Bool(truth, _) => Condition::Bool(*truth),
        Value::Integer(..) | Value::Number(..) => Condition::Number(scalar::number(node)?),
        Value::Text(text) => Condition::Text(text.as_str().into()),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return Err(scalar::expected(node, "a value to compare with")
                .hint("write a text, a number, `true`, or `{ above: 0.5 }`"));
        }
    })
}

/// Reads `equals`, or `above` and `below`; `optional` if nothing of it is a condition too.
fn comparison(mut fields: Fields<'_>, node: &Node, optional: bool, report: &mut Report) -> Option<Condition> {
    let of = fields.what().to_owned();
    let equals = fields.get("equals", report, literal);
    let above = fields.get("above", report, scalar::number);
    let below = fields.get("below", report, scalar::number);
    let hysteresis =
        fields.get("hysteresis", report, |node| scalar::number_in(node, "hysteresis", 0.0, f64::MAX));
    let given = fields.given(&["equals", "above", "below"]);
    if let [entry, ..] = fields.given(&["hysteresis"]).as_slice()
        && above.is_none()
        && below.is_none()
    {
        let problem = Problem::error(&entry.key.span, "`hysteresis` goes with `above` and `below`");
        report.push(problem.of(&of).hint("take it out, or say what is crossed"));
    }
    let bare = given.is_empty() && !optional && !fields.has_unknown();
    if bare {
        let problem = Problem::error(&node.span, "a condition is missing");
        report.push(problem.of(&of).hint("write `equals`, `above` or `below`"));
    }
    if let [_, second, ..] = given.as_slice()
        && fields.has("equals")
    {
        let problem = Problem::error(&second.key.span, "`equals` stands alone, without `above` or `below`");
        report.push(problem.of(&of));
    }
    if let (Some(above), Some(below), [.., last]) = (above, below, given.as_slice())
        && above >= below
    {
        let message = format!("no number is above {above} and below {below}");
        report.push(Problem::error(&last.value.span, message).of(&of));
    }
    fields.finish(report);
    match (equals, above, below) {
        (Some(condition), _, _) => Some(condition),
        (None, None, None) => (optional && given.is_empty()).then_some(Condition::Any),
        (None, above, below) => {
            Some(Condition::Between { above, below, hysteresis: hysteresis.unwrap_or(0.0) })
        }
    }
}

/// Reads a JSON pointer (RFC 6901).
fn pointer(node: &Node) -> Result<Arc<str>, Problem> {
    let text = scalar::text(node)?;
    if !text.is_empty() && !text.starts_with('/') {
        let meant = text.trim_start_matches(['$', '.']).replace('.', "/");
        return Err(Problem::error(
            &node.span,
            format!("a JSON pointer starts with `/`, {} does not", quoted(text)),
        )
        .hint(format!("write {}", quoted(&format!("/{meant}")))));
    }
    let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !escaped {
        return Err(Problem::error(
            &node.span,
            "in a JSON pointer `~` is written `~0`, and `/` in a name `~1`",
        ));
    }
    Ok(text.into())
}
