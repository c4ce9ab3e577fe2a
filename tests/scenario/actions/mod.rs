//! Lists of steps: in what order, with which waits, how many at once, and what each kind of step does.

mod kinds;
mod modes;
mod order;
mod survives;
mod walk;

use super::{play, world};

/// Two scenes that are gone to at once, and lists that log what they do: nothing but the lists is in the transcript.
const HOUSE: &str = "
timezone: Europe/Berlin
streams: { wall: { backend: simulator, blend: linear, start: dawn, status: { every: 1h } } }
scenes:
  dawn: { prompt: mist, seed: 1, easing: linear, fade: 0s }
  neon: { prompt: city, seed: 2, easing: linear, fade: 2s }
inputs: { osc: {}, mqtt: { url: 'mqtt://localhost' } }
";

/// Plays `script` on the house with `more` in its show file; the first four lines, in which the stream is created, are
/// left out.
fn run(more: &str, script: &str) -> String {
    let told = play(&format!("{HOUSE}{more}"), script);
    let lines = told.lines().filter(|line| !line.contains("update wall")).skip(4);
    lines.flat_map(|line| [line, "\n"]).collect()
}
