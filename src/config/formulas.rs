//! Values that may have to be worked out: texts with `{{ … }}` in them, alone or in lists and maps; and the variables that
//! they see.

use std::sync::Arc;

use crate::show::{
    expression::{Mistake, Names, Template},
    run::formula::Formula,
    variables::{self, VARIABLES_MAX, Values},
};

use super::{
    reader,
    report::{Problem, Report},
    scalar,
    tree::{Node, Value},
    words::{did_you_mean_or_list, quoted},
};

/// Reads a value of any kind.
pub(super) fn any(node: &Node, names: Names<'_>) -> Result<Formula, Problem> {
    match &node.value {
        Value::Text(text) => Formula::of_text(text, names).map_err(|error| mistake(node, &error)),
        Value::List(items) => {
            let items: Vec<Formula> = items.iter().map(|item| any(item, names)).collect::<Result<_, _>>()?;
            let fixed: Option<Vec<_>> = items.iter().map(|item| item.fixed().cloned()).collect();
            Ok(fixed.map_or(Formula::List(items), |fixed| Formula::Fixed(fixed.into())))
        }
        Value::Map(_) => {
            // For the keys: each a text, and each once.
            let fixed = scalar::object(node)?;
            let Value::Map(entries) = &node.value else { return Ok(Formula::Fixed(fixed.into())) };
            let entry = |key: &Node, value: &Node| Ok((scalar::text(key)?.to_owned(), any(value, names)?));
            let members: Vec<(String, Formula)> =
                entries.iter().map(|own| entry(&own.key, &own.value)).collect::<Result<_, Problem>>()?;
            let is_fixed = members.iter().all(|(_, formula)| formula.fixed().is_some());
            Ok(if is_fixed { Formula::Fixed(fixed.into()) } else { Formula::Map(members) })
        }
        _ => scalar::json(node).map(Formula::Fixed),
    }
}

/// Reads a text, a number or a truth.
pub(super) fn plain(node: &Node, names: Names<'_>) -> Result<Formula, Problem> {
    match &node.value {
        Value::List(_) | Value::Map(_) | Value::Null => {
            Err(scalar::expected(node, "a text, a number, `true` or `false`"))
        }
        _ => any(node, names),
    }
}

/// Reads a text; a number is the text as it was written.
pub(super) fn text(node: &Node, names: Names<'_>) -> Result<Formula, Problem> {
    Formula::of_text(scalar::filled(node)?, names).map_err(|error| mistake(node, &error))
}

/// Reads a template.
pub(super) fn template(node: &Node, text: &str, names: Names<'_>) -> Result<Template, Problem> {
    Template::parse(text, names).map_err(|error| mistake(node, &error))
}

/// Makes the problem of what is wrong in a template.
fn mistake(node: &Node, mistake: &Mistake) -> Problem {
    let meant = mistake
        .instead
        .as_ref()
        .and_then(|(word, known)| did_you_mean_or_list(word, known.iter().map(String::as_str), "there is"));
    Problem::error(&node.span, mistake.to_string()).hint_maybe(meant.or(mistake.hint.map(ToOwned::to_owned)))
}

/// Reads the variables and what they begin with.
pub(super) fn variables(node: Option<&Node>, report: &mut Report) -> Values {
    let entries = node.and_then(|node| reader::entries(node, "`variables`", report)).unwrap_or_default();
    let mut values = Values::new();
    for (name, entry) in entries {
        let of = format!("variable {}", quoted(name));
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_word) || !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let message =
                "the name of a variable is made of letters, digits and `_`, and begins with no digit";
            report.push(Problem::error(&entry.key.span, message).of(&of));
        }
        let value = scalar::json(&entry.value).and_then(|value| match variables::kind(&value) {
            None => Err(scalar::expected(&entry.value, "a number, a text, `true` or `false`")),
            Some(_) => {
                variables::fit(&value, &value).map_err(|error| Problem::error(&entry.value.span, error))
            }
        });
        if let Some(value) = report.take(value.map_err(|problem| problem.of(&of))) {
            values.insert(name.into(), value);
        }
    }
    if let Some(node) = node.filter(|_| values.len() > VARIABLES_MAX) {
        report.push(Problem::error(&node.span, format!("there are at most {VARIABLES_MAX} variables")));
    }
    values
}

/// What texts may ask for.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) streams: Vec<Arc<str>>,
    pub(super) variables: Vec<Arc<str>>,
}

impl Known {
    /// Returns it as those want it who read expressions.
    pub(super) fn names(&self) -> Names<'_> {
        Names { streams: &self.streams, vars: Some(&self.variables) }
    }
}
