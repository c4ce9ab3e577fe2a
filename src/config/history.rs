//! How much of the history is kept: a time that may be in days, and a size.

use std::time::Duration;

use crate::show::venue::Keeping;

use super::{
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar, time,
    tree::{Node, Value},
    words::quoted,
};

/// Less than an hour is no history, and after ten years nobody asks.
const KEEP: (Duration, Duration) = (Duration::from_hours(1), Duration::from_hours(3650 * 24));

/// Less than 64 MB would be filled by a stream that never rests within two days; a terabyte no one show fills.
const SIZE: (u64, u64) = (64_000_000, 1_000_000_000_000);

/// The units of a size in bytes, each with how it is written.
const UNITS: [(&str, u64); 6] = [
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Reads `history`; without it there are the defaults.
pub(super) fn read(node: Option<&Node>, report: &mut Report) -> Keeping {
    let usual = Keeping::default();
    let Some(node) = node else { return usual };
    let Some(mut fields) = Fields::of(node, &node.span, "`history`", &keys::HISTORY, report) else {
        return usual;
    };
    let keep = fields.get("keep", report, keep);
    let max_bytes = fields.get("max_size", report, size);
    fields.finish(report);
    Keeping { keep: keep.unwrap_or(usual.keep), max_bytes: max_bytes.unwrap_or(usual.max_bytes) }
}

fn keep(node: &Node) -> Result<Duration, Problem> {
    let days = match &node.value {
        Value::Text(text) => {
            text.trim().strip_suffix('d').and_then(|days| days.trim_end().parse::<u32>().ok())
        }
        _ => None,
    };
    let keep = match days {
        Some(days) => Duration::from_hours(24 * u64::from(days)),
        None => time::duration(node).map_err(|problem| problem.hint("write days, `90d`, or hours, `36h`"))?,
    };
    if (KEEP.0..=KEEP.1).contains(&keep) {
        return Ok(keep);
    }
    let written = node.text().unwrap_or_default();
    Err(Problem::error(&node.span, format!("`keep` is out of range: {written} is not within 1h to 3650d")))
}

fn size(node: &Node) -> Result<u64, Problem> {
    const FORM: &str = "a size is written `500MB` or `1GB`";
    let text = scalar::filled(node)?.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor);
    let (Some(factor), Ok(number)) = (factor, number.parse::<f64>()) else {
        return Err(Problem::error(&node.span, format!("{} is not a size", quoted(text))).hint(FORM));
    };
    let bytes = number * factor as f64;
    if bytes < SIZE.0 as f64 || bytes > SIZE.1 as f64 {
        let message = format!("`max_size` is out of range: {text} is not within 64MB to 1000GB");
        return Err(Problem::error(&node.span, message));
    }
    Ok(bytes as u64)
}
