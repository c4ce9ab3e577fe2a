//! The schedule and cron together, over power cuts, edits and clocks that are wrong: in the end the wall shows what it would
//! show if nothing had been.

use std::{collections::BTreeMap, sync::Arc};

use super::world::{World, sheet, time_of};

/// In Berlin in winter, an hour later than the UTC of the starts below.
const SHOW: &str = "
timezone: Europe/Berlin
streams:
  wall: { backend: simulator, blend: linear, start: night, status: { every: 1h } }
scenes:
  dawn: { prompt: mist, fade: 0s }
  neon: { prompt: city, fade: 0s }
  rain: { prompt: rain, fade: 0s }
  night: { prompt: stars, fade: 0s }
schedule:
  - { from: '10:00', to: '18:00', scene: dawn }
  - { otherwise: night }
triggers:
  open: { when: { cron: '0 9 * * *' }, do: { scene: rain } }
  noon: { when: { cron: '0 12 * * *' }, do: { scene: neon } }
inputs: { osc: {} }
";

/// Plays a script and returns the last scene that the wall came to rest on, and the transcript.
fn ends_on(start: &str, script: &str) -> (String, String) {
    let lines = World::at(SHOW, start, &BTreeMap::new()).play(script);
    let last = lines.lines().filter_map(|line| line.split_once(" wall on ")).next_back();
    (last.unwrap().1.to_owned(), lines)
}

#[test]
fn powered_on_late_the_last_word_of_the_day_counts_on_the_first_start_as_on_any_other() {
    for (local, scene) in [
        ("08:30", "night"),
        ("09:30", "rain"),
        ("10:00", "dawn"),
        ("11:30", "dawn"),
        ("14:00", "neon"),
        ("18:30", "night"),
    ] {
        let (hours, minutes) = local.split_once(':').unwrap();
        let minutes: i64 = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
        let start = format!("2026-11-22T{:02}:{:02}:00Z", minutes / 60 - 1, minutes % 60);
        let (on, lines) = ends_on(&start, "1:00 end");
        assert_eq!(on, scene, "first start at {local}:\n{lines}");
        // A run before, that ended at half past seven.
        let away = minutes - (7 * 60 + 30);
        let script = format!("1:00 off {away}m\n{}:00 end", away + 2);
        let (on, lines) = ends_on("2026-11-22T06:30:00Z", &script);
        assert_eq!(on, scene, "away until {local}:\n{lines}");
    }
}

#[test]
fn a_schedule_that_is_edited_while_the_show_is_away_is_followed_as_one_that_is_edited_live() {
    let start = "2026-11-22T12:30:00Z";
    let (on, lines) = ends_on(start, "1:00 go neon\n2:00 rewrite '18:00' '13:30'\n2:00 off 5m\n8:00 end");
    assert_eq!(on, "night", "{lines}");
    let (on, lines) = ends_on(start, "1:00 go neon\n2:00 edit to: '18:00' => to: '13:30'\n8:00 end");
    assert_eq!(on, "night", "{lines}");
    // What is the same leaves alone what somebody asked for.
    let (on, lines) = ends_on(start, "1:00 go neon\n2:00 rewrite '18:00' '17:30'\n2:00 off 5m\n8:00 end");
    assert_eq!(on, "neon", "{lines}");
}

#[test]
fn a_schedule_that_is_new_after_a_restart_is_followed() {
    let (head, rest) = SHOW.split_once("schedule:").unwrap();
    let bare = format!("{head}triggers:{}", rest.split_once("triggers:").unwrap().1);
    let mut world = World::at(&bare, "2026-11-22T12:30:00Z", &BTreeMap::new());
    world.run_until(time_of("1:00"));
    let on = |world: &World| world.show.snapshot(world.now).streams[0].scene.to_string();
    assert_eq!(on(&world), "neon");
    world.sheet = Arc::new(sheet(SHOW));
    world.restart();
    world.run_until(time_of("2:00"));
    assert_eq!(on(&world), "dawn");
}

/// From half past ten on in Berlin; what is missed in a bypass is made up for, and then the schedule is followed again.
#[test]
fn a_bypass_that_ends_in_the_dark_ends_after_the_runs_that_were_missed_in_it() {
    let (on, lines) = ends_on("2026-11-22T09:30:00Z", "1:00 bypass 2h\n2:00 off 4h\n243:00 end");
    assert!(lines.contains("trigger noon (cron)") && lines.contains("bypass over"), "{lines}");
    assert_eq!(on, "dawn", "{lines}");
    // A run after its end has the last word.
    let (on, lines) = ends_on("2026-11-22T09:30:00Z", "1:00 bypass 1h\n2:00 off 4h\n243:00 end");
    assert_eq!(on, "neon", "{lines}");
    // It goes on, and what it holds back is not due.
    let (on, lines) = ends_on("2026-11-22T08:30:00Z", "1:00 bypass 2h\n2:00 off 1h\n63:00 end");
    assert_eq!(on, "rain", "{lines}");
}

/// A machine without a clock of its own wakes up in 1970 and is told the time a minute later.
#[test]
fn a_machine_that_wakes_up_in_1970_repeats_no_run_and_misses_none() {
    let decades = 56 * 365 * 86_400;
    // Ran at nine, off from half past nine to a quarter past, or to after noon.
    for (away, noon) in [(15, 0), (180, 1)] {
        let script = format!(
            "90:00 off {away}m clock -{decades}\n{}:00 clock {decades}\n{}:00 kill\n{}:00 end",
            91 + away,
            92 + away,
            93 + away,
        );
        let (_, lines) = ends_on("2026-11-22T07:00:00Z", &script);
        // In 1970 it was eight in the morning or so as well, and nothing was made up for.
        assert_eq!(lines.matches("trigger open (cron)").count(), 1, "{lines}");
        assert_eq!(lines.matches("trigger noon (cron)").count(), noon, "{lines}");
    }
}

#[test]
fn a_clock_that_is_a_day_slow_for_a_minute_repeats_no_run() {
    let (_, lines) =
        ends_on("2026-11-22T07:00:00Z", "90:00 clock -86400\n91:00 clock 86400\n92:00 kill\n95:00 end");
    assert_eq!(lines.matches("trigger open (cron)").count(), 1, "{lines}");
    // A clock that was wrong before: its day begins anew.
    let (_, lines) = ends_on("2026-11-22T07:00:00Z", "90:00 clock -86400\n1600:00 end");
    assert_eq!(lines.matches("trigger open (cron)").count(), 2, "{lines}");
}

/// The night of the change has 23 or 25 hours; runs and edges that were missed in it come in their order.
#[test]
fn power_that_comes_back_on_the_morning_of_a_clock_change_shows_what_is_due() {
    for evening in ["2026-03-28T19:00:00Z", "2026-10-24T18:00:00Z"] {
        // Eight in the evening; back at half past nine, and at half past twelve by the new time.
        for (hours, scene) in [(13, "rain"), (16, "neon")] {
            let spring = evening.contains("-03-");
            let minutes = hours * 60 + 30 - 60 * i64::from(spring) + 60 * i64::from(!spring);
            let script = format!("1:00 off {}m\n{}:00 end", minutes - 1, minutes + 1);
            let (on, lines) = ends_on(evening, &script);
            assert_eq!(on, scene, "{evening} and {minutes} min:\n{lines}");
        }
    }
}

/// An edit of something else right after the start, while what was missed is being made up for.
#[test]
fn a_reload_on_the_heels_of_a_late_start_repeats_nothing_and_drops_nothing() {
    let (on, lines) = ends_on(
        "2026-11-22T06:30:00Z",
        "1:00 off 6h\n361:00 edit prompt: stars => prompt: moon\n361:01 edit prompt: mist => prompt: fog\n363:00 end",
    );
    assert_eq!(on, "neon", "{lines}");
    for trigger in ["open", "noon"] {
        assert_eq!(lines.matches(&format!("trigger {trigger} (cron)")).count(), 1, "{lines}");
    }
}
