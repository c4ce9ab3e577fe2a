//! Scenarios: a script goes in, a transcript comes out, and no time passes. The core runs on a virtual clock against a
//! backend of a few lines that answers after a fixed time and can be made to fail.

mod actions;
mod ahead;
mod asks;
mod calendar;
mod faults;
mod hands;
mod ladder;
mod lanes;
mod pace;
mod paths;
mod playlists;
mod prompts;
mod reload;
mod restarts;
mod schedule;
mod triggers;
mod walk;
mod whole;
mod world;

use world::World;

/// Plays `script` on `show` (YAML) and returns the transcript.
///
/// Lines of a script: `0:05 osc /segue/scene/neon 8`, `0:09 mqtt gallery/motion on`, `0:10 api down`, `0:20 api up`,
/// `0:30 api refuse`, `0:40 go neon 2s`, `0:45 panic`, `0:50 tell lane`, `1:00 end`.
fn play(show: &str, script: &str) -> String {
    World::new(show).play(script)
}

/// A show of two scenes with one prompt each, and a third that shares a prompt.
const SHOW: &str = "
timezone: Europe/Berlin
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: { every: 1h }
scenes:
  dawn: { prompt: mist, seed: 1, easing: linear }
  neon: { prompt: city, seed: 2, easing: linear, fade: 2s }
  rain: { prompt: [[city, 0.5], [rain, 0.5]], seed: 2, easing: linear, fade: 2s }
inputs: { osc: {} }
";
