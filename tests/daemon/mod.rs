//! The real daemon as a process, with real sockets around it and the simulator as another process.

mod actions;
mod api;
mod commands;
mod faults;
mod history;
mod inputs;
mod life;
mod outputs;
mod rehearsal;
mod reload;
mod secrets;
mod told;

use crate::support::house::{Simulator, Stage};

/// A show of three scenes on the simulator in the other process; `more` is added to the stream.
fn show(simulator: &Simulator, stage: &Stage<'_>, more: &str) -> String {
    let url = &simulator.url;
    let doors = stage.doors();
    format!(
        "
show: Test
streams:
  wall:
    backend: daydream
    environment: {url}
    api_key: {{ env: DAYDREAM_API_KEY }}
    blend: linear
    start: dawn
    status: {{ every: 1s }}
    {more}
scenes:
  dawn: {{ prompt: mist, seed: 1 }}
  neon: {{ prompt: city, seed: 2, fade: 500ms }}
  rain: {{ prompt: [[city, 0.25], [rain, 0.75]], seed: 2, fade: 500ms }}
cues:
  storm: {{ scene: rain, fade: 0s }}
{doors}"
    )
}
