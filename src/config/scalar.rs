//! Single values: texts, numbers, names, addresses, zones. Times have their own file.

use core::net::SocketAddr;

use jiff::tz::TimeZone;
use serde_json::{Map, Number};

use super::{
    report::Problem,
    tree::{Node, Value},
    words::{did_you_mean, did_you_mean_or_list, quoted},
};

/// The longest name of a scene, cue, stream or trigger, in characters: it has to fit on a button and into an address.
const NAME_CHARS_MAX: usize = 64;

/// What has a meaning of its own in OSC address patterns or MQTT topic filters.
const NAME_FORBIDDEN: [char; 12] = ['/', '#', '+', '*', '?', '{', '}', '[', ']', ',', ' ', '\u{a0}'];

/// Returns the problem of a value that is something else.
pub(super) fn expected(node: &Node, what: &str) -> Problem {
    let found = match (&node.value, node.text()) {
        (Value::Text(_), Some(text)) => format!("the text {}", quoted(text)),
        (_, Some(text)) => quoted(text),
        _ => node.kind().to_owned(),
    };
    Problem::error(&node.span, format!("{what} is expected, not {found}")).of_form()
}

/// Reads a text; a number or `true` is the text as it was written.
pub(super) fn text(node: &Node) -> Result<&str, Problem> {
    node.text().ok_or_else(|| expected(node, "a text"))
}

/// Reads a text with something in it.
pub(super) fn filled(node: &Node) -> Result<&str, Problem> {
    let text = text(node)?;
    if text.trim().is_empty() {
        return Err(Problem::error(&node.span, "the text is empty").of_form());
    }
    Ok(text)
}

/// Reads a finite number.
pub(super) fn number(node: &Node) -> Result<f64, Problem> {
    match &node.value {
        Value::Integer(number, _) => Ok(*number as f64),
        Value::Number(number, _) if number.is_finite() => Ok(*number),
        Value::Number(..) => Err(expected(node, "a finite number")),
        _ => Err(no_number(node, "a number")),
    }
}

/// Returns the problem of a value that is no number, with what people mean who quote one.
fn no_number(node: &Node, what: &str) -> Problem {
    let quoted =
        matches!(&node.value, Value::Text(text) if text.trim().replace('_', "").parse::<f64>().is_ok());
    let hint = quoted.then(|| "write the number without quotes, `_` and leading zeros".to_owned());
    expected(node, what).hint_maybe(hint)
}

/// Reads a number in a range, ends included; `name` is whose range it is.
pub(super) fn number_in(node: &Node, name: &str, low: f64, high: f64) -> Result<f64, Problem> {
    let number = number(node)?;
    if (low..=high).contains(&number) {
        return Ok(number);
    }
    Err(Problem::error(
        &node.span,
        format!("`{name}` is out of range: {} is not {}", number, range(low, high)),
    ))
}

/// Writes a range in words.
pub(super) fn range(low: f64, high: f64) -> String {
    let short = |end: f64| (end * 1e5).round() / 1e5;
    if high >= 1e6 { format!("{low} or more") } else { format!("within {} to {}", short(low), short(high)) }
}

/// Reads a whole number; `4.0` is one.
pub(super) fn integer(node: &Node) -> Result<i64, Problem> {
    match &node.value {
        Value::Integer(number, _) => Ok(*number),
        Value::Number(number, _) if number.fract() == 0.0 && number.abs() < 9e15 => Ok(*number as i64),
        Value::Number(..) => Err(expected(node, "a whole number")),
        _ => Err(no_number(node, "a whole number")),
    }
}

/// Reads `true` or `false`.
pub(super) fn boolean(node: &Node) -> Result<bool, Problem> {
    match &node.value {
        Value::Bool(truth, _) => Ok(*truth),
        Value::Text(text) => {
            let meant = match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => Some("write `true`".to_owned()),
                "no" | "off" | "n" | "false" => Some("write `false`".to_owned()),
                _ => None,
            };
            Err(expected(node, "`true` or `false`").hint_maybe(meant))
        }
        _ => Err(expected(node, "`true` or `false`")),
    }
}

/// Reads one of some words.
pub(super) fn choice(node: &Node, name: &str, words: &[&'static str]) -> Result<&'static str, Problem> {
    let text = text(node)?;
    words.iter().find(|word| **word == text).copied().ok_or_else(|| {
        Problem::error(&node.span, format!("{} is not a value of `{name}`", quoted(text)))
            .hint_maybe(did_you_mean_or_list(text, words.iter().copied(), "the values:"))
    })
}

/// Reads the name of a scene, cue, stream or trigger, `what` with its article.
pub(super) fn name<'n>(node: &'n Node, what: &str) -> Result<&'n str, Problem> {
    let name = text(node)?;
    let wrong = |message: String| Err(Problem::error(&node.span, message));
    if name.is_empty() {
        return wrong(format!("{what} has a name"));
    }
    let length = name.chars().count();
    if length > NAME_CHARS_MAX {
        return wrong(format!(
            "the name of {what} has at most {NAME_CHARS_MAX} characters, this one has {length}"
        ));
    }
    let Some(bad) = name.chars().find(|c| NAME_FORBIDDEN.contains(c) || c.is_control() || c.is_whitespace())
    else {
        return Ok(name);
    };
    let bad = match bad {
        ' ' => "space".to_owned(),
        c if c.is_control() || c.is_whitespace() => "control character".to_owned(),
        c => format!("`{c}`"),
    };
    let meant: String =
        name.chars().map(|c| if c == ' ' || NAME_FORBIDDEN.contains(&c) { '-' } else { c }).collect();
    wrong(format!("the name of {what} holds no {bad}: it becomes a part of OSC addresses and MQTT payloads"))
        .map_err(|problem: Problem| {
            let meant = meant.trim_matches('-');
            let hint =
                (!meant.is_empty() && !meant.contains(char::is_control)).then(|| format!("write `{meant}`"));
            problem.hint_maybe(hint)
        })
}

/// Reads the IANA name of a time zone.
pub(super) fn zone(node: &Node) -> Result<TimeZone, Problem> {
    let name = filled(node)?;
    TimeZone::get(name).map_err(|_| {
        let known: Vec<_> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        let city = |full: &str| full.rsplit('/').next().unwrap_or(full).to_lowercase();
        let meant = did_you_mean(name, known.iter().map(String::as_str)).or_else(|| {
            let meant = known.iter().find(|full| city(full) == city(name).replace(' ', "_"))?;
            Some(format!("did you mean `{meant}`?"))
        });
        Problem::error(&node.span, format!("there is no time zone {}", quoted(name)))
            .hint(meant.unwrap_or_else(|| "write an IANA name such as `Europe/Berlin`".to_owned()))
    })
}

/// Reads an address to listen at, `ip:port`.
pub(super) fn listen(node: &Node) -> Result<SocketAddr, Problem> {
    let text = filled(node)?;
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().unwrap_or_default();
        let host = text.strip_suffix(port).unwrap_or_default().trim_end_matches(':');
        let hint = match (host, port.parse::<u16>()) {
            ("" | "localhost", Ok(port)) => {
                format!("write `127.0.0.1:{port}`, or `0.0.0.0:{port}` for the whole network")
            }
            ("*", Ok(port)) => format!("write `0.0.0.0:{port}`"),
            _ => "write an IP address and a port, `127.0.0.1:7755`".to_owned(),
        };
        Problem::error(&node.span, format!("{} is not an address to listen at", quoted(text))).hint(hint)
    })
}

/// Returns a value as the API gets it.
pub(super) fn json(node: &Node) -> Result<serde_json::Value, Problem> {
    Ok(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth, _) => (*truth).into(),
        Value::Integer(number, _) => (*number).into(),
        Value::Number(..) => Number::from_f64(number(node)?).map_or(serde_json::Value::Null, Into::into),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Map(_) => object(node)?.into(),
    })
}

/// Reads an object that is handed on to the API as it is.
pub(super) fn object(node: &Node) -> Result<Map<String, serde_json::Value>, Problem> {
    let Value::Map(entries) = &node.value else { return Err(expected(node, "a map")) };
    let mut object = Map::new();
    for entry in entries {
        let key = text(&entry.key)?;
        if object.insert(key.to_owned(), json(&entry.value)?).is_some() {
            let message = format!("the key {} stands here a second time", quoted(key));
            return Err(Problem::error(&entry.key.span, message).hint("take one of the two out"));
        }
    }
    Ok(object)
}
