//! The page in a real browser, in front of a real daemon on the built-in simulator.

mod access;
mod driver;
mod lost;
mod surface;

use serde_json::Value;

use self::driver::{Browser, Window};
use crate::support::{
    broker::Directory,
    house::{Daemon, Stage},
};

/// A show with two streams; the one on the wall is the one that is looked at.
fn show(stage: &Stage<'_>) -> String {
    let doors = stage.doors();
    format!(
        r#"
show: Gallery North
timezone: Europe/Berlin
location: {{ latitude: 52.52, longitude: 13.405 }}
streams:
  wall: {{ backend: simulator, start: dawn, status: {{ every: 1s }} }}
  floor: {{ backend: simulator, start: dawn, status: {{ every: 1s }} }}
scenes:
  dawn: {{ prompt: misty forest at dawn, seed: 42, fade: 2s }}
  ember: {{ prompt: [[glowing embers, 0.8], [long exposure, 0.2]], seed: 7, fade: 4s }}
  neon: {{ prompt: neon on a wet street, seed: 1337, fade: 1500ms }}
cues:
  flare: {{ scene: ember, fade: 500ms }}
triggers:
  evening: {{ when: {{ cron: "0 18 * * *", catch_up: none }}, do: {{ scene: neon }} }}
{doors}"#
    )
}

/// Opens the page of a show and waits until it is connected and shows every stream.
async fn look_at(daemon: &Daemon, window: Window) -> Browser {
    let browser = Browser::open(window).await;
    browser.visit(&format!("{}/", daemon.web)).await;
    browser.until("the page to be live", "document.documentElement.dataset.link === 'live'").await;
    browser.until("every stream", "document.querySelectorAll('article.stream').length === 2").await;
    browser
}

/// Returns the weight of a scene in a stream's mix, by the state.
fn weight(state: &Value, stream: usize, scene: &str) -> f64 {
    let mix = state["streams"][stream]["mix"].as_array().unwrap();
    mix.iter().filter(|share| share["scene"] == scene).map(|share| share["weight"].as_f64().unwrap()).sum()
}

async fn house(directory: &Directory) -> (Stage<'_>, Daemon) {
    let stage = Stage::new(directory);
    let daemon = stage.run(&show(&stage)).await;
    (stage, daemon)
}
