//! The part of the page that tells of lists under way and of the variables.

use std::fmt;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::page::Text;
use crate::show::{
    snapshot::{RunSnapshot, WaitsFor},
    variables::Values,
};

/// Writes the lists that are under way; nothing if there are none.
pub(super) fn under_way(f: &mut fmt::Formatter<'_>, runs: &[RunSnapshot], zone: &TimeZone) -> fmt::Result {
    if runs.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>Lists under way</h2>\n<div class=\"scroll\"><table>")?;
    writeln!(f, "<tr><th>List<th>Step<th>Waits for")?;
    for RunSnapshot { name, kind, step, steps, waits_for, until } in runs {
        write!(f, "<tr><th scope=\"row\">{}<br><span class=\"aside\">{kind}</span>", Text(name))?;
        write!(f, "<td>{step} of {steps}<td>")?;
        let until = until.map(|at| at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string());
        match (waits_for, until) {
            (WaitsFor::Nothing, _) => writeln!(f, "nothing")?,
            (WaitsFor::Time, Some(at)) => writeln!(f, "{at}")?,
            (WaitsFor::Time, None) => writeln!(f, "its time")?,
            (WaitsFor::Arrival, _) => writeln!(f, "the end of the transition")?,
            (WaitsFor::Lists, _) => writeln!(f, "the lists in it")?,
            (WaitsFor::Turn, _) => writeln!(f, "its turn")?,
        }
    }
    writeln!(f, "</table></div>")
}

/// Writes the variables with their values; nothing if there are none.
pub(super) fn variables(f: &mut fmt::Formatter<'_>, variables: &Values) -> fmt::Result {
    if variables.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>Variables</h2>\n<div class=\"scroll\"><table>")?;
    for (name, value) in variables {
        let value = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        writeln!(f, "<tr><th scope=\"row\">{}<td>{}", Text(name), Text(&value))?;
    }
    writeln!(f, "</table></div>")
}
