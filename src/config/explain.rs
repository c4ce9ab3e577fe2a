//! What the calendar will do: the next runs of every cron trigger, in the words of its zone.

use std::fmt::Write as _;

use jiff::{Span as Length, Timestamp, tz::TimeZone};

use crate::show::{
    cron::CronExpression,
    sheet::{Sheet, When},
};

/// How far ahead a change of the clocks is looked for: both changes of a year.
const DST_DAYS_AHEAD: i64 = 400;
/// How many runs before a change are looked at: those of three hours, each second.
const DST_RUNS_MAX: usize = 3 * 60 * 60;
/// How many runs are told; enough to see a rhythm, and a weekend in a weekly one.
const RUNS: usize = 5;

/// Tells, for each cron trigger, the next five runs after `from`: local time with offset, and what a change of the
/// clocks does to them. Ends with a newline, unless there is nothing to tell.
pub fn explain(sheet: &Sheet, from: Timestamp) -> String {
    let mut out = String::new();
    for trigger in &sheet.triggers {
        for when in &trigger.when {
            let When::Cron { expression, zone, .. } = when else { continue };
            explain_cron(&mut out, &trigger.name, (expression, zone), from);
        }
    }
    out
}

fn explain_cron(
    out: &mut String,
    trigger: &str,
    (expression, zone): (&CronExpression, &TimeZone),
    from: Timestamp,
) {
    let name = zone.iana_name().unwrap_or("UTC");
    let _ = writeln!(out, "trigger `{trigger}`: `{expression}` in {name}");
    let runs: Vec<_> = expression.runs(from, zone).take(RUNS).collect();
    if runs.is_empty() {
        out.push_str("  never before 2100\n");
    }
    let last = runs.last().map_or(from, |run| run.at);
    for run in runs {
        let time = run.at.to_zoned(zone.clone());
        let _ = write!(out, "  {}", time.strftime("%a %e %b %Y %H:%M:%S %:z"));
        if let Some(note) = run.note {
            let _ = write!(out, "  {note}");
        }
        out.push('\n');
    }
    if let Some(change) = change_of_clocks(expression, zone, last) {
        let _ = writeln!(out, "  later: {change}");
    }
}

/// Says what the next change of the clocks that touches an expression does to it.
fn change_of_clocks(expression: &CronExpression, zone: &TimeZone, from: Timestamp) -> Option<String> {
    let end = from.checked_add(Length::new().hours(DST_DAYS_AHEAD * 24)).ok()?;
    zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < end).find_map(|at| {
        let before = at.checked_sub(Length::new().hours(3)).ok()?;
        let mut runs = expression.runs(before, zone).take_while(|run| run.at <= at).take(DST_RUNS_MAX);
        let run = runs.find(|run| run.note.is_some())?;
        Some(format!("{}: {}", run.at.to_zoned(zone.clone()).strftime("%-d %B %Y"), run.note?))
    })
}
