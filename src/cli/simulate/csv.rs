//! The curve and what was on, as a table for other programs: one line for each prompt at each moment.

use std::fmt::Write as _;

use super::{coefficients::of, trace::Trace};
use crate::show::time::Mono;

/// Writes the table. A line stands wherever the curve was looked at: in transitions ten times a second or more, and twice
/// where it jumps.
pub(super) fn draw(traces: &[Trace]) -> String {
    let mut text = String::from("seconds,stream,scene,prompt,curve,on\n");
    for trace in traces {
        let nothing = Vec::new();
        for (at, wanted) in &trace.curve {
            let so_far = trace.shown.partition_point(|(since, _)| since <= at);
            let shown = trace.shown[..so_far].last().map_or(&nothing, |(_, on)| on);
            for (place, prompt) in trace.texts.iter().enumerate() {
                let (curve, on) = (of(wanted, place), of(shown, place));
                if curve == 0.0 && on == 0.0 {
                    continue;
                }
                let (stream, scene) = (field(&trace.name), field(&scene_at(trace, *at)));
                let (seconds, prompt) = (at.0.as_secs_f64(), field(prompt));
                let _ = writeln!(text, "{seconds:.3},{stream},{scene},{prompt},{curve:.5},{on:.5}");
            }
        }
    }
    text
}

fn scene_at(trace: &Trace, at: Mono) -> String {
    let so_far = trace.passages.partition_point(|passage| passage.started <= at);
    let running = trace.passages[..so_far].last();
    let first = || trace.passages.first().map_or_else(String::new, |passage| passage.from.to_string());
    running.map_or_else(first, |passage| passage.to.to_string())
}

/// Quotes what needs it (RFC 4180).
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
