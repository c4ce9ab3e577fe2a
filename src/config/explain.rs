//! What the calendar will do: the next runs of every cron trigger, in the words of its zone.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::show::sheet::{Sheet, When};

/// How many runs are told; enough to see a rhythm, and a weekend in a weekly one.
const RUNS: usize = 5;

/// Tells, for each cron trigger, the next five runs after `from`: local time with offset, and what a change of the
/// clocks does to them. Ends with a newline, unless there is nothing to tell.
pub fn explain(sheet: &Sheet, from: Timestamp) -> String {
    let mut out = String::new();
    for trigger in &sheet.triggers {
        let When::Cron { expression, zone } = &trigger.when else { continue };
        let name = zone.iana_name().unwrap_or("UTC");
        let _ = writeln!(out, "trigger `{}`: `{expression}` in {name}", trigger.name);
        let mut runs = expression.runs(from, zone).take(RUNS).peekable();
        if runs.peek().is_none() {
            out.push_str("  never before 2100\n");
        }
        for run in runs {
            let time = run.at.to_zoned(zone.clone());
            let _ = write!(out, "  {}", time.strftime("%a %e %b %Y %H:%M:%S %:z"));
            if let Some(note) = run.note {
                let _ = write!(out, "  {note}");
            }
            out.push('\n');
        }
    }
    out
}
