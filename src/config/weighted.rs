//! Prompts and seeds: one thing, or a list of things with weights.

use std::sync::Arc;

use crate::show::{
    params::SEED_MAX,
    prompt,
    weighted::{ENTRIES_MAX, WeightError, Weighted},
};

use super::{
    report::{Problem, Report},
    scalar,
    tree::{Node, Value},
    words::quoted,
};

/// Reads a prompt.
pub(super) fn prompt(node: &Node, of: &str, report: &mut Report) -> Option<Weighted<Arc<str>>> {
    read(node, of, ("prompt", "text"), report, |node| {
        prompt::text(scalar::filled(node)?).map_err(|error| Problem::error(&node.span, error.to_string()))
    })
}

/// Reads a seed.
pub(super) fn seed(node: &Node, of: &str, report: &mut Report) -> Option<Weighted<i64>> {
    read(node, of, ("seed", "seed"), report, |node| {
        let seed = scalar::integer(node)?;
        if (-SEED_MAX..=SEED_MAX).contains(&seed) {
            return Ok(seed);
        }
        Err(Problem::error(&node.span, format!("a seed is within ±{SEED_MAX}")))
    })
}

/// Reads one thing or a list of pairs; every wrong entry is reported.
fn read<T: PartialEq>(
    node: &Node,
    of: &str,
    (key, thing): (&str, &str),
    report: &mut Report,
    one: impl Fn(&Node) -> Result<T, Problem>,
) -> Option<Weighted<T>> {
    let Value::List(items) = &node.value else {
        return report.take(one(node).map_err(|problem| problem.at_key(key).of(of))).map(Weighted::one);
    };
    if let [first, second] = items.as_slice()
        && first.text().is_some()
        && matches!(second.value, Value::Integer(..) | Value::Number(..))
        && thing == "text"
    {
        let pair = format!("{}, {}", first.text()?, second.text()?);
        let hint = format!("write {}, with room for more pairs", quoted(&format!("[[{pair}]]")));
        report.push(Problem::error(&node.span, "one pair is not a list of pairs").of(of).hint(hint));
        return None;
    }
    let mut entries: Vec<(T, f64)> = Vec::new();
    let mut whole = true;
    for item in items {
        let Some((node, weight)) = pair(item, of, thing, report) else {
            whole = false;
            continue;
        };
        let value = report.take(one(node).map_err(|problem| problem.of(of)));
        let weight = report.take(self::weight(weight).map_err(|problem| problem.of(of)));
        let (Some(value), Some(weight)) = (value, weight) else {
            whole = false;
            continue;
        };
        if entries.iter().any(|(other, _)| *other == value) {
            let message = format!("the {thing} {} stands twice in this list", quoted(node.text()?));
            report.push(Problem::warning(&node.span, message).of(of).hint("the weights are added up"));
        }
        entries.push((value, weight));
    }
    if !whole {
        return None;
    }
    report.take(Weighted::new(entries).map_err(|error| too_much(error, node, items).of(of)))
}

/// Takes `[thing, weight]` apart.
fn pair<'n>(item: &'n Node, of: &str, thing: &str, report: &mut Report) -> Option<(&'n Node, &'n Node)> {
    match &item.value {
        Value::List(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
        _ => {
            let form = format!("an entry is a pair `[{thing}, weight]`");
            let hint = match item.text() {
                Some(text) => format!("write `[{}, 1]`", quoted(text).trim_matches('`')),
                None => format!("write `- [{thing}, 0.5]`"),
            };
            let found = match &item.value {
                Value::List(list) => format!("a list of {}", list.len()),
                _ => item.kind().to_owned(),
            };
            report.push(Problem::error(&item.span, format!("{form}, not {found}")).of(of).hint(hint));
            None
        }
    }
}

fn weight(node: &Node) -> Result<f64, Problem> {
    let weight = scalar::number(node)?;
    if weight < 0.0 {
        return Err(Problem::error(&node.span, format!("a weight of {weight} is negative"))
            .hint("weights are shares of the mix: 0 or more"));
    }
    Ok(weight)
}

/// Says what is wrong with a list whose entries are all right.
fn too_much(error: WeightError, node: &Node, items: &[Node]) -> Problem {
    match error {
        WeightError::TooMany => Problem::error(
            items.get(ENTRIES_MAX).map_or(&node.span, |item| &item.span),
            format!("a weighted list has at most {ENTRIES_MAX} entries"),
        ),
        WeightError::ZeroSum => {
            Problem::error(&node.span, "the weights sum to zero").hint("at least one weight is above 0")
        }
        WeightError::Empty | WeightError::Negative(_) | WeightError::NotFinite(_) => {
            Problem::error(&node.span, error.to_string())
        }
    }
}
