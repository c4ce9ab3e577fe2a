//! Lengths of time, as a show file writes them: `250ms`, `8s`, `1m30s`, `2h`, or a number of seconds.

use std::time::Duration;

use crate::show::scene::Fade;

use super::{
    report::Problem,
    scalar,
    tree::{Node, Value},
    words::quoted,
};

const FORM: &str = "a duration is written `250ms`, `8s`, `1m30s` or `2h`, or as a number of seconds";

/// The units from long to short, in seconds.
const UNITS: [(&str, f64); 4] = [("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001)];

/// What people write for a unit, and what it should be.
const OTHER_UNITS: [(&str, &str); 14] = [
    ("hour", "h"),
    ("hours", "h"),
    ("hr", "h"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
];

/// Reads a duration.
pub(super) fn duration(node: &Node) -> Result<Duration, Problem> {
    let no_duration = |text: &str| Problem::error(&node.span, format!("{} is not a duration", quoted(text)));
    match &node.value {
        Value::Integer(_, written) | Value::Number(_, written) => {
            let seconds = match node.value {
                Value::Integer(number, _) => number as f64,
                Value::Number(number, _) => number,
                _ => f64::NAN,
            };
            Duration::try_from_secs_f64(seconds).map_err(|_| no_duration(written).hint(FORM))
        }
        Value::Text(text) if text.trim().is_empty() => {
            scalar::filled(node).map_err(|problem| problem.hint(FORM)).map(|_| Duration::ZERO)
        }
        Value::Text(text) => parse(text).map_err(|hint| no_duration(text).hint(hint)),
        _ => Err(scalar::expected(node, "a duration").hint(FORM)),
    }
}

/// Reads a duration within limits; `name` is whose limits they are.
pub(super) fn duration_in(
    node: &Node,
    name: &str,
    (low, high): (Duration, Duration),
) -> Result<Duration, Problem> {
    let time = duration(node)?;
    if (low..=high).contains(&time) {
        return Ok(time);
    }
    let written = node.text().unwrap_or_default();
    let (low, high) = (in_words(low), in_words(high));
    let message = format!("`{name}` is out of range: {written} is not within {low} to {high}");
    Err(Problem::error(&node.span, message))
}

/// Writes a limit as a show file would: `0s`, `1m`, `1h`.
fn in_words(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds > 0 && seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        0 if !limit.is_zero() => format!("{}ms", limit.as_millis()),
        seconds => format!("{seconds}s"),
    }
}

/// Reads a fade: at most a day.
pub(super) fn fade(node: &Node) -> Result<Fade, Problem> {
    let time = duration(node)?;
    Fade::new(time).ok_or_else(|| {
        let written = node.text().unwrap_or_default();
        Problem::error(&node.span, format!("a fade of {written} is longer than a day"))
            .hint("a trigger with `cron` plays a scene at a later time")
    })
}

/// Reads `1m30s`; the error is the hint.
fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(FORM.to_owned());
    }
    let mut seconds = 0.0;
    let mut units_left = UNITS.as_slice();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| FORM.to_owned())?;
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let Some(at) = units_left.iter().position(|(name, _)| *name == unit) else {
            return Err(unit_hint(unit, number));
        };
        seconds += number * units_left[at].1;
        units_left = &units_left[at + 1..];
        rest = tail.trim_start();
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| FORM.to_owned())
}

fn unit_hint(unit: &str, number: f64) -> String {
    let lower = unit.to_lowercase();
    if let Some((_, right)) = OTHER_UNITS.iter().find(|(other, _)| *other == lower) {
        return format!("write `{number}{right}`");
    }
    match lower.as_str() {
        "d" | "day" | "days" => format!("write `{}h`", number * 24.0),
        // One that exists, but stands twice or after a shorter one.
        "h" | "m" | "s" | "ms" => "the units go from long to short, each once: `1h20m5s`".to_owned(),
        _ => FORM.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let table = [
            ("250ms", 250),
            ("8s", 8_000),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1.5s", 1_500),
            ("1h 5 m", 3_900_000),
            ("0s", 0),
        ];
        for (text, millis) in table {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_comes_with_what_would_be() {
        let table = [
            ("", FORM),
            ("slow", FORM),
            ("-5s", FORM),
            ("5", FORM),
            ("1e400h", FORM),
            ("5min", "write `5m`"),
            ("2 Seconds", "write `2s`"),
            ("1d", "write `24h`"),
            ("30s1m", "the units go from long to short, each once: `1h20m5s`"),
        ];
        for (text, hint) in table {
            assert_eq!(parse(text), Err(hint.to_owned()), "{text}");
        }
    }
}
