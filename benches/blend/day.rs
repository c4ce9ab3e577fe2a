//! A day with a fade each hour: how many updates that takes.

use std::time::Duration;

use super::stage::{Stage, Way};

/// Returns how many updates a day of 24 fades takes, of ten seconds each and with the usual easing.
pub(crate) fn updates(updates: &str) -> usize {
    let show = format!(
        "
streams: {{ wall: {{ backend: simulator, start: mist, updates: {{ {updates} }} }} }}
scenes:
  mist: {{ prompt: mist, seed: 1, fade: 10s }}
  city: {{ prompt: city, seed: 2, fade: 10s }}
triggers:
  even: {{ when: {{ cron: \"0 */2 * * *\", timezone: UTC }}, do: {{ scene: mist }} }}
  odd: {{ when: {{ cron: \"0 1-23/2 * * *\", timezone: UTC }}, do: {{ scene: city }} }}
"
    );
    let mut stage = Stage::of(&show, Way::millis(80, 20), 1);
    stage.run_until(Duration::from_hours(24) + Duration::from_mins(1));
    stage.updates.len()
}
