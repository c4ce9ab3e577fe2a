//! The look-ahead of slow paths: what was shown of a fade is not taken back, and what switches does so once.

use std::time::Duration;

use segue::show::easing::Easing;
use serde_json::{Map, Value};

use super::world::{World, time_of};

/// When the fade begins.
const START: &str = "0:10";
/// The easings that never go back.
const MONOTONE: [&str; 24] = [
    "smooth",
    "linear",
    "ease",
    "ease-in",
    "ease-out",
    "ease-in-out",
    "steps(7)",
    "sine-in",
    "sine-out",
    "quad-in",
    "quad-in-out",
    "cubic-in",
    "cubic-out",
    "cubic-in-out",
    "quart-in",
    "quart-in-out",
    "quint-in",
    "quint-out",
    "quint-in-out",
    "expo-in",
    "expo-out",
    "expo-in-out",
    "circ-in",
    "circ-in-out",
];
/// Those that do on purpose.
const SWINGING: [&str; 7] =
    ["back-in", "back-out", "back-in-out", "elastic-in", "elastic-out", "elastic-in-out", "bounce-out"];
const PREFER: [&str; 2] = ["blend", "motion"];

/// A fade from one scene to another, and how far away the API is.
#[derive(Clone, Copy, Debug)]
struct Fade<'a> {
    easing: &'a str,
    seconds: f64,
    latency: u64,
    prefer: &'a str,
    /// What the second scene has besides a prompt and a seed.
    extra: &'a str,
}

/// What the backend has had one after the other: seconds since the start of the fade, and everything it then has.
type Looks = Vec<(f64, Map<String, Value>)>;

impl Fade<'_> {
    fn play(self) -> Looks {
        let Self { easing, seconds, latency, prefer, extra } = self;
        let show = format!(
            "
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: {{ every: 1h }}
    updates: {{ prefer: {prefer} }}
    params: {{ t_index_list: [12, 20, 32], negative_prompt: blurry }}
scenes:
  dawn: {{ prompt: mist, seed: 1 }}
  neon: {{ prompt: city, seed: 2, easing: '{easing}', fade: {seconds}s{extra} }}
"
        );
        let mut world = World::new(&show).without_transcript();
        world.api.latency = Duration::from_millis(latency);
        world.run_until(time_of(START));
        world.obey("go neon");
        world.run_until(time_of(START) + Duration::from_secs_f64(seconds + 5.0));
        let mut look = Map::new();
        let mut looks = Looks::new();
        for (_, at, params) in world.accepted {
            look.extend(params);
            looks.push((at.0.as_secs_f64() - time_of(START).0.as_secs_f64(), look.clone()));
        }
        looks
    }

    /// Every number only ever moves one way, and what has switched stays so.
    fn is_one_way(self) -> Looks {
        let looks = self.play();
        let (first, last) = (&looks[0].1, &looks.last().unwrap().1);
        assert_eq!(city(last), 1.0, "{self:?}");
        for pair in looks.windows(2) {
            let (before, after) = (&pair[0].1, &pair[1].1);
            let step = city(after) - city(before);
            assert!(step >= -1e-9, "city goes back by {step} at {} s: {self:?}", pair[1].0);
            for name in ["delta", "num_inference_steps"] {
                let number =
                    |look: &Map<String, Value>| look.get(name).and_then(Value::as_f64).unwrap_or(0.0);
                let way = number(last) - number(first);
                let step = number(after) - number(before);
                assert!(
                    step * way.signum() >= -1e-9,
                    "{name} goes back by {step} at {} s: {self:?}",
                    pair[1].0
                );
            }
        }
        for name in ["t_index_list", "num_inference_steps", "negative_prompt"] {
            let mut values: Vec<Option<&Value>> = looks.iter().map(|(_, look)| look.get(name)).collect();
            values.dedup();
            let mut known: Vec<Option<&Value>> = Vec::new();
            for value in &values {
                assert!(!known.contains(value), "{name} comes back: {values:?}, {self:?}");
                known.push(*value);
            }
        }
        looks
    }
}

fn city(look: &Map<String, Value>) -> f64 {
    let list = look["prompt"].as_array().unwrap();
    list.iter().filter(|entry| entry[0] == "city").filter_map(|entry| entry[1].as_f64()).sum()
}

#[test]
fn what_a_fade_has_shown_is_not_taken_back() {
    let extra = ", delta: 0.3, num_inference_steps: 45, t_index_list: [10, 18, 30], negative_prompt: noise";
    for (n, easing) in MONOTONE.into_iter().enumerate() {
        for prefer in PREFER {
            for latency in [0, 75, 150] {
                for seconds in [1.0, 6.0, 30.0] {
                    Fade { easing, seconds, latency, prefer, extra }.is_one_way();
                }
            }
            // The long ones take longer to play: one latency each.
            for seconds in [600.0, 7200.0] {
                let latency = [0, 75, 150][n % 3];
                Fade { easing, seconds, latency, prefer, extra }.is_one_way();
            }
        }
    }
}

#[test]
fn a_curve_that_gathers_speed_is_not_shown_before_its_time() {
    for (easing, prefer) in [("quint-in", "blend"), ("quint-in-out", "blend"), ("cubic-in", "motion")] {
        for latency in [0, 75, 100, 150] {
            Fade { easing, seconds: 6.0, latency, prefer, extra: "" }.is_one_way();
        }
    }
}

#[test]
fn what_swings_is_never_farther_from_its_curve_than_a_hold() {
    for easing in SWINGING {
        let curve = Easing::parse(easing).unwrap();
        for prefer in PREFER {
            for latency in [0, 75, 100, 150] {
                for seconds in [1.0, 6.0, 30.0, 300.0] {
                    let fade = Fade { easing, seconds, latency, prefer, extra: "" };
                    // What is on is less than a step from the curve, and the next up to two from that, maybe past a
                    // turn of the curve. The hold of the last two or so may be longer, by what does not divide evenly.
                    let (hold, step) = if prefer == "blend" { (0.25 * 1.5, 0.01) } else { (0.5 * 1.5, 0.02) };
                    for (at, look) in fade.play().into_iter().filter(|(at, _)| *at >= 0.0) {
                        let there = at + latency as f64 / 1e3;
                        let near = (-100..=100).map(|n| there + hold * f64::from(n) / 100.0);
                        let values = near.map(|at| curve.at(at / seconds).clamp(0.0, 1.0));
                        let (low, high) = values
                            .fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
                        let seen = city(&look);
                        let allowed = low - 3.0 * step..=high + 3.0 * step;
                        assert!(allowed.contains(&seen), "{seen} at {at} s, not in {allowed:?}: {fade:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_switches_does_so_once_and_in_the_middle() {
    for (seconds, extra) in [
        (10.0, ", t_index_list: [12, 32], allow_reload: true"),
        (30.0, ", num_inference_steps: 45"),
        (1800.0, ", t_index_list: [10, 18, 30]"),
        (7200.0, ", t_index_list: [10, 18, 30]"),
        (7200.0, ", negative_prompt: noise"),
    ] {
        for (easing, prefer) in [("linear", "blend"), ("smooth", "blend"), ("smooth", "motion")] {
            let fade = Fade { easing, seconds, latency: 75, prefer, extra };
            let looks = fade.is_one_way();
            for name in ["t_index_list", "negative_prompt"] {
                let before = &looks[0].1[name];
                let Some((at, _)) = looks.iter().find(|(_, look)| look[name] != *before) else { continue };
                // Half a hold, and how closely it is looked for; lists that blend switch by single steps before.
                let late = at + 0.075 - seconds / 2.0;
                let most = if prefer == "blend" { 0.2 } else { 0.4 };
                if extra.contains("allow_reload") || name == "negative_prompt" {
                    assert!(late.abs() <= most, "{name} {late} s from the middle: {fade:?}");
                }
            }
        }
    }
}

#[test]
fn a_slow_fade_follows_its_curve_with_no_lag_and_few_updates() {
    for easing in ["linear", "smooth", "quint-in", "cubic-in-out"] {
        let (seconds, latency) = (1800.0, 75);
        let curve = Easing::parse(easing).unwrap();
        let looks = Fade { easing, seconds, latency, prefer: "blend", extra: "" }.play();
        assert!((80..=130).contains(&looks.len()), "{easing}: {} updates", looks.len());
        let samples = 20_000;
        let mean: f64 = (0..samples)
            .map(|n| {
                let at = seconds * f64::from(n) / f64::from(samples);
                let on = looks.iter().rfind(|(sent, _)| sent + 0.075 <= at).unwrap();
                curve.at(at / seconds) - city(&on.1)
            })
            .sum::<f64>()
            / f64::from(samples);
        // A quarter of a step: the first look of a curve that starts from nothing comes early.
        assert!(mean.abs() <= 0.0025, "{easing}: {mean} behind on average");
    }
}
