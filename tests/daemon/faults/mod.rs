//! Real faults on the real process: whatever is done to it or around it, the show goes on, and at the end the runner
//! shows what the show file says.

mod api;
mod broker;
mod clients;
mod disk;
mod floods;
mod killed;
mod stopped;

use std::time::Duration;

use segue::show::dice::Dice;
use serde_json::Value;

use crate::support::{
    house::{Daemon, Simulator},
    picture::Look,
    say,
};

/// The looks of the scenes of [`super::show`], as written there.
fn look(scene: &str) -> Look {
    match scene {
        "dawn" => (&[("mist", 1.0)], &[(1, 1.0)]),
        "neon" => (&[("city", 1.0)], &[(2, 1.0)]),
        "rain" => (&[("city", 0.25), ("rain", 0.75)], &[(2, 1.0)]),
        other => panic!("no scene `{other}`"),
    }
}

/// Waits until `scene` is on the wall, as the show file has it.
async fn rests_on(daemon: &Daemon, simulator: &Simulator, scene: &str) -> String {
    daemon.rests_on(simulator, scene, look(scene)).await
}

/// Asks for a scene by OSC, and waits until it is on the wall, as the show file has it.
async fn plays(daemon: &Daemon, simulator: &Simulator, scene: &str) -> String {
    daemon.osc(&format!("/segue/scene/{scene}"), &[0.2]);
    rests_on(daemon, simulator, scene).await
}

/// Waits until a fade is on its way, but not at its end.
async fn is_fading(daemon: &Daemon) {
    daemon
        .until("the middle of the fade", |state| {
            let mix = state["streams"][0]["mix"].as_array().unwrap();
            mix.iter().any(|share| (0.1..=0.9).contains(&share["weight"].as_f64().unwrap()))
        })
        .await;
}

/// Returns whether requests to the API go wrong. Other troubles, such as a camera that is off, are none of these tests'.
fn api_is_troubled(state: &Value) -> bool {
    let what = state["streams"][0]["trouble"]["what"].as_str();
    what.is_some_and(|what| ["create", "list", "get", "update", "status", "lost"].contains(&what))
}

/// Returns chance for this run. `SEGUE_SEED` repeats the one that a failed run printed.
fn dice() -> Dice {
    let seed = std::env::var("SEGUE_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = seed.unwrap_or_else(|| segue::clock::Clock::start().seed());
    say(&format!("SEGUE_SEED={seed}"));
    Dice::new(seed)
}

/// Lets a fault last. Never what a test waits for.
async fn meanwhile(time: Duration) {
    tokio::time::sleep(time).await;
}
