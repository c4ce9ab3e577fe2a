//! The figures of `cargo bench --bench blend`, with fewer runs: what that measures on a virtual clock must never be lost.

#[path = "../../benches/blend/day.rs"]
mod day;
#[path = "../../benches/blend/fade.rs"]
mod fade;
#[path = "../../benches/blend/stage.rs"]
mod stage;
#[path = "../../benches/blend/storm.rs"]
mod storm;

use std::time::Duration;

use segue::show::easing::Easing;

use self::{fade::Sender, stage::Way};

#[test]
fn a_fade_is_within_its_bounds_however_far_the_api_is() {
    for easing in [Easing::Linear, Easing::Smooth] {
        for (latency, jitter) in [(0, 0), (75, 30), (150, 30)] {
            for seed in 0..4 {
                let way = Way::millis(latency, jitter);
                let seen = fade::play(Sender::Show(""), easing, way, seed);
                let (rms, largest) = fade::bound(easing, way);
                let told = format!("{easing:?}, {latency} ± {jitter} ms, seed {seed}: {seen:?}");
                assert!(seen.rms <= rms * 1.15 && seen.largest <= largest * 1.15, "{told}");
                assert!(seen.updates <= 42 && seen.end_late.abs() <= 0.06, "{told}");
            }
        }
    }
}

#[test]
fn scripts_without_a_governor_cost_more_and_are_farther_from_the_curve() {
    let way = Way::millis(150, 30);
    let ours = fade::play(Sender::Show(""), Easing::Linear, way, 1);
    let ticking = fade::play(Sender::Ticking(30), Easing::Linear, way, 1);
    assert!(ticking.rms > 2.0 * ours.rms && ticking.fps < 0.5 * ours.fps, "{ticking:?}, {ours:?}");
    let awaiting = fade::play(Sender::Awaiting(10), Easing::Linear, way, 1);
    assert!(awaiting.largest > 0.5, "{awaiting:?}");
}

#[test]
fn what_is_preferred_is_what_is_fine() {
    let way = Way::millis(80, 20);
    for seed in 0..8 {
        let [blend, motion] = ["prefer: blend", "prefer: motion"]
            .map(|updates| fade::play(Sender::Show(updates), Easing::Smooth, way, seed));
        assert!(blend.rms < 0.6 * motion.rms && blend.fps >= 25.0, "{blend:?}, {motion:?}");
        assert!(motion.fps >= 27.5 && motion.updates * 2 <= blend.updates + 1, "{blend:?}, {motion:?}");
        for seen in [blend, motion] {
            assert!(seen.longest_hole < Duration::from_millis(124), "{seen:?}");
            // Known to a look; frames are 33 ms apart, and six of them are 200.
            let between = seen.between_holes + stage::LOOK_EVERY;
            assert!(between >= Duration::from_millis(200), "seed {seed}: {seen:?}");
        }
    }
}

#[test]
fn no_interruption_jumps_switches_reloads_encodes_twice_or_misses_the_end() {
    for seed in 0..60 {
        let seen = storm::play(seed);
        assert!(seen.jump <= 1.25, "seed {seed}: {seen:?}");
        let mistakes = seen.short_lists + seen.not_finite + seen.reloads + seen.updates_at_rest;
        assert_eq!((mistakes, seen.encodes), (0, seen.newcomers), "seed {seed}: {seen:?}");
        assert!(seen.end_error <= 0.0005 && seen.updates > 0, "seed {seed}: {seen:?}");
        assert!(seen.and(storm::Outcome::default()).updates == seen.updates);
    }
}

#[test]
fn a_day_with_a_fade_each_hour_takes_less_than_a_thousand_updates() {
    for (updates, most) in [("prefer: blend", 1000), ("prefer: motion", 500)] {
        let seen = day::updates(updates);
        assert!((24..most).contains(&seen), "{updates}: {seen}");
    }
}
