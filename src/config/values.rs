//! Values of parameters: judged by the table of the core, told with their place in the file and in the words of YAML.

use serde_json::Value as Json;

use crate::show::params::{Complaint, Dialect, Kind, Violation, check_kind, models::Family};

use super::{
    report::{Problem, Report},
    scalar,
    tree::{Node, Span, Value},
    words::{did_you_mean_or_list, quoted},
};

/// Reads the value of a parameter, or of a member of one, that stands at `path`; everything wrong with it is reported.
///
/// Ranges are those of v1 whatever the backend: the older API leaves them to the runner, which has the same.
pub(super) fn read(
    path: &str,
    kind: Kind,
    node: &Node,
    family: Option<Family>,
    of: &str,
    report: &mut Report,
) -> Option<Json> {
    let value = match kind {
        // A number or `true` is the text as it was written.
        Kind::Text | Kind::Choice(_) | Kind::Model | Kind::Preprocessor => scalar::text(node).map(Json::from),
        _ => scalar::json(node),
    };
    let value = report.take(value.map_err(|problem| problem.at_key(path).of(of)))?;
    let violations = check_kind(path, kind, &value, Dialect::V1, family);
    let good = violations.is_empty();
    for violation in violations {
        report.push(problem(&violation, node).of(of));
    }
    good.then_some(value)
}

/// Puts a broken rule of a value into words, and points to where in the value it is broken.
pub(super) fn problem(violation: &Violation, node: &Node) -> Problem {
    let place = Place::find(node, &violation.path);
    let name = violation.path.rsplit('.').next().unwrap_or_default();
    let named: Vec<&str> = violation.path.split('.').filter(|part| part.parse::<usize>().is_err()).collect();
    let (problem, named) = match &violation.complaint {
        Complaint::Form(what) => (form(place.node, what), named.as_slice()),
        Complaint::Choice(words) => {
            let told = scalar::choice(place.node, name, words).err();
            let problem = told.unwrap_or_else(|| Problem::error(&place.node.span, &violation.message));
            (problem, &named[..named.len().saturating_sub(1)])
        }
        Complaint::Unknown(known) => {
            let hint = did_you_mean_or_list(name, known.iter().copied(), "the keys here:");
            let problem = Problem::error(place.key, format!("unknown key {}", quoted(name)));
            (problem.hint_maybe(hint), &named[..named.len().saturating_sub(1)])
        }
        Complaint::Missing => {
            let problem = Problem::error(&place.node.span, &violation.message);
            (problem, &named[..named.len().saturating_sub(1)])
        }
        Complaint::Rule => {
            let problem = Problem::error(&place.node.span, &violation.message);
            (problem.hint_maybe(violation.hint.clone()), named.as_slice())
        }
    };
    if named.is_empty() { problem } else { problem.of(&format!("`{}`", named.join("."))) }
}

/// Says what is expected, and what people mean who write it so.
fn form(node: &Node, what: &'static str) -> Problem {
    let told = match what {
        "a number" => scalar::number(node).err(),
        "a whole number" => scalar::integer(node).err(),
        "`true` or `false`" => scalar::boolean(node).err(),
        "a list of steps" => Some(scalar::expected(node, what).hint("write `t_index_list: [12, 20, 32]`")),
        _ => None,
    };
    told.unwrap_or_else(|| scalar::expected(node, what))
}

/// Where in a value a path leads: as far as the value goes.
struct Place<'n> {
    node: &'n Node,
    key: &'n Span,
}

impl<'n> Place<'n> {
    /// The first part of the path is the value itself.
    fn find(node: &'n Node, path: &str) -> Self {
        let mut place = Self { node, key: &node.span };
        for part in path.split('.').skip(1) {
            let next = match &place.node.value {
                Value::List(items) => {
                    part.parse().ok().and_then(|at: usize| items.get(at)).map(|item| (item, &item.span))
                }
                Value::Map(entries) => entries
                    .iter()
                    .find(|entry| entry.key.text() == Some(part))
                    .map(|entry| (&entry.value, &entry.key.span)),
                _ => None,
            };
            let Some((node, key)) = next else { break };
            place = Self { node, key };
        }
        place
    }
}
