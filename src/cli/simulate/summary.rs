//! What each transition came to, in a table.

use std::{fmt::Write as _, time::Duration};

use super::{
    passage::{Passage, Price},
    trace::Trace,
    transcript::{has_hours, stamp},
    world::World,
};
use crate::show::duration;

const HEADS: [&str; 12] = [
    "start",
    "stream",
    "transition",
    "fade",
    "updates",
    "encodes",
    "flushes",
    "hole",
    "jump",
    "rms",
    "max",
    "late",
];

/// Tells, for each transition, what it took and how near to its curve it was.
pub(super) fn tell(world: &World) -> String {
    let hours = has_hours(world.now.mono.0);
    let mut passages: Vec<(&Trace, &Passage)> = world
        .traces
        .iter()
        .flat_map(|trace| trace.passages.iter().map(move |passage| (trace, passage)))
        .filter(|(_, passage)| !passage.is_nothing())
        .collect();
    passages.sort_by_key(|(_, passage)| passage.started);
    let rows: Vec<[String; 12]> =
        passages.iter().map(|(trace, passage)| row(trace, passage, hours)).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().max(HEADS[column].len())
    };
    let widths: [usize; 12] = std::array::from_fn(width);
    let mut text = String::new();
    if !rows.is_empty() {
        write_row(&mut text, &HEADS.map(ToOwned::to_owned), &widths);
        for row in &rows {
            write_row(&mut text, row, &widths);
        }
        text.push('\n');
    }
    text.push_str(&total(world, &passages));
    text
}

fn row(trace: &Trace, passage: &Passage, hours: bool) -> [String; 12] {
    let none = || "-".to_owned();
    let millis = |time: Duration| format!("{} ms", time.as_millis());
    let Price { updates, encodes, reloads, flush_passes } = passage.price;
    let reloads = if reloads > 0 { format!("+{reloads} reload") } else { String::new() };
    [
        stamp(passage.started, hours),
        trace.name.to_string(),
        format!("{} → {}", passage.from, passage.to),
        fade(passage),
        updates.to_string(),
        format!("{encodes}{reloads}"),
        flush_passes.to_string(),
        millis(passage.hole),
        format!("{:.4}", passage.jump),
        passage.error_rms().map_or_else(none, |rms| format!("{rms:.4}")),
        passage.error_rms().map_or_else(none, |_| format!("{:.4}", passage.error_max)),
        passage.late().map_or_else(none, millis),
    ]
}

/// Tells how long one took, and how long it was to take if that is another time.
fn fade(passage: &Passage) -> String {
    let Some(fade) = passage.fade else { return "by hand".to_owned() };
    let ran = passage.ended.map_or(Duration::ZERO, |ended| ended.since(passage.started));
    match (duration::text(fade), duration::text(ran)) {
        _ if fade.is_zero() => "cut".to_owned(),
        (fade, ran) if passage.arrived && fade == ran => fade,
        (fade, ran) if passage.arrived => format!("{fade} in {ran}"),
        (fade, ran) => format!("{ran} of {fade}"),
    }
}

/// Names to the left, numbers to the right.
fn write_row(text: &mut String, row: &[String; 12], widths: &[usize; 12]) {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        let _ = match column {
            0..=2 => write!(line, "{cell:<width$}  "),
            _ => write!(line, "{cell:>width$}  "),
        };
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn total(world: &World, passages: &[(&Trace, &Passage)]) -> String {
    let mut outside = Price::default();
    for trace in &world.traces {
        outside.add(trace.outside);
    }
    let mut all = outside;
    for (_, passage) in passages {
        all.add(passage.price);
    }
    let worst = passages
        .iter()
        .filter_map(|(_, passage)| passage.error_rms())
        .fold(None, |worst: Option<f64>, rms| Some(worst.map_or(rms, |worst| worst.max(rms))));
    let worst = worst.map_or_else(String::new, |worst| format!(", largest rms error {worst:.4}"));
    let length = duration::text(world.now.mono.0);
    let count_of = count(passages.len() as u64, "transition");
    let mut told = format!("{length} of show: {count_of}, {}{worst}", bill(all));
    if outside != Price::default() {
        let _ = write!(told, "\nof these outside transitions: {}", bill(outside));
    }
    told
}

fn bill(price: Price) -> String {
    let Price { updates, encodes, reloads, flush_passes } = price;
    let passes = match flush_passes {
        1 => "1 flush pass".to_owned(),
        passes => format!("{passes} flush passes"),
    };
    let reloads = if reloads > 0 { format!(", {}", count(reloads, "reload")) } else { String::new() };
    format!("{}, {}{reloads}, {passes}", count(updates, "update"), count(encodes, "encode"))
}

fn count(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
