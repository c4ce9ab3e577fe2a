//! One fade of ten seconds, by the show and by scripts as people write them: how near to the curve, at what price.

use std::time::Duration;

use segue::show::easing::Easing;
use serde_json::{Map, Value, json};

use super::stage::{Stage, Way};

/// How long the fade takes.
pub(crate) const FADE: Duration = Duration::from_secs(10);
/// The shortest time between two updates: four a second.
pub(crate) const HOLD: Duration = Duration::from_millis(250);
/// How long a frame in work keeps an update waiting at the most: one pass at 45 a second.
const PASS: f64 = 1.0 / 45.0;
/// How far apart the curve is looked at.
const STEP: Duration = Duration::from_millis(1);

/// What a fade came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The root of the mean squared distance between what was on and the curve, and the largest distance.
    pub(crate) rms: f64,
    pub(crate) largest: f64,
    pub(crate) updates: usize,
    /// Frames a second during the fade.
    pub(crate) fps: f64,
    pub(crate) longest_hole: Duration,
    /// From the beginning of a hole to the beginning of the next, at the least.
    pub(crate) between_holes: Duration,
    /// When the end was on, exactly, against when it was to be; seconds.
    pub(crate) end_late: f64,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sender {
    /// Segue, with these `updates`.
    Show(&'static str),
    /// A script that sends the value of the moment so many times a second and waits for nothing.
    Ticking(u32),
    /// A script that counts so many steps a second, and waits for each answer before it sleeps.
    Awaiting(u32),
}

/// Plays one fade from `mist` to `city`.
pub(crate) fn play(sender: Sender, easing: Easing, way: Way, seed: u64) -> Outcome {
    let (mut stage, start) = match sender {
        Sender::Show(updates) => {
            let mut stage = Stage::of(&show(easing, updates), way, seed);
            // Off the beat of the frames, another way for each seed, and with the latency known.
            let rest = Duration::from_micros(30_000_000 + seed * 7_919);
            stage.go("city", Duration::from_secs(1));
            stage.run_until(rest);
            stage.go("mist", Duration::from_secs(1));
            stage.run_until(rest * 2);
            stage.watch();
            stage.go("city", FADE);
            (stage, rest * 2)
        }
        Sender::Ticking(_) | Sender::Awaiting(_) => {
            let mut stage = Stage::bare(params(0.0), way, seed);
            let start = Duration::from_micros(30_000_000 + seed * 7_919);
            stage.run_until(start);
            stage.watch();
            (stage, start)
        }
    };
    let frames = stage.counts.frames_out;
    match sender {
        Sender::Show(_) => {}
        Sender::Ticking(rate) => {
            let every = Duration::from_secs(1) / rate;
            for tick in 0..=10 * rate {
                stage.run_until(start + every * tick);
                let done = (every * tick).as_secs_f64() / FADE.as_secs_f64();
                stage.send(params(easing.at(done.min(1.0))));
            }
        }
        Sender::Awaiting(rate) => {
            let steps = 10 * rate;
            let mut at = start;
            for step in 0..=steps {
                stage.run_until(at);
                let answered = stage.send(params(easing.at(f64::from(step) / f64::from(steps))));
                at = answered + Duration::from_secs(1) / rate;
            }
        }
    }
    stage.run_until((start + FADE).max(stage.now.mono.0));
    let fps =
        (stage.counts.frames_out - frames) as f64 / stage.now.mono.0.saturating_sub(start).as_secs_f64();
    stage.run_until(stage.now.mono.0 + Duration::from_secs(5));
    judge(&stage, easing, start, fps)
}

fn judge(stage: &Stage, easing: Easing, start: Duration, fps: f64) -> Outcome {
    let (mut squares, mut largest, mut samples) = (0.0, 0.0_f64, 0_u32);
    let mut at = Duration::ZERO;
    while at <= FADE {
        let on = stage.shown.iter().rev().find(|shown| shown.since <= start + at);
        let error =
            on.map_or(0.0, |shown| shown.of("city")) - easing.at(at.as_secs_f64() / FADE.as_secs_f64());
        squares += error * error;
        largest = largest.max(error.abs());
        samples += 1;
        at += STEP;
    }
    let begins: Vec<Duration> =
        stage.holes.iter().map(|hole| hole.until.saturating_sub(hole.length)).collect();
    let between = begins.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let ended = stage
        .shown
        .iter()
        .find(|shown| shown.of("city") == 1.0)
        .map_or(f64::NAN, |shown| shown.since.as_secs_f64() - (start + FADE).as_secs_f64());
    Outcome {
        rms: (squares / f64::from(samples)).sqrt(),
        largest,
        updates: stage.updates.len(),
        fps,
        longest_hole: stage.holes.iter().map(|hole| hole.length).max().unwrap_or_default(),
        between_holes: between.min().unwrap_or(Duration::MAX),
        end_late: ended,
    }
}

/// Returns the least errors of a sender that knows the latency: half a hold before and after each update, the jitter, the
/// frame in work, and that nothing can be on before the first update has come.
pub(crate) fn bound(easing: Easing, way: Way) -> (f64, f64) {
    let (hold, fade) = (HOLD.as_secs_f64(), FADE.as_secs_f64());
    let (latency, jitter) = (way.latency.as_secs_f64(), way.jitter.as_secs_f64());
    let slopes: Vec<f64> = (0..1000).map(|n| easing.speed((f64::from(n) + 0.5) / 1000.0)).collect();
    let mean_square = slopes.iter().map(|slope| slope * slope).sum::<f64>() / 1000.0;
    let steepest = slopes.iter().fold(0.0, |steepest: f64, slope| steepest.max(slope.abs()));
    // A frame is in work two thirds of the time.
    let frame = PASS * PASS / 3.0 * (PASS * 30.0);
    let waiting: f64 = (0..100)
        .map(|n| easing.at(latency * (f64::from(n) + 0.5) / 100.0 / fade).powi(2) * latency / 100.0)
        .sum();
    let square =
        (hold * hold / 12.0 + jitter * jitter / 3.0 + frame) / (fade * fade) * mean_square + waiting / fade;
    let largest = (hold / 2.0 + jitter + PASS) / fade * steepest;
    (square.sqrt(), largest.max(easing.at((latency + jitter + PASS) / fade)))
}

fn show(easing: Easing, updates: &str) -> String {
    let easing = if easing == Easing::Linear { "linear" } else { "smooth" };
    format!(
        "
streams: {{ wall: {{ backend: simulator, start: mist, blend: linear, updates: {{ {updates} }} }} }}
scenes:
  mist: {{ prompt: mist, easing: linear }}
  city: {{ prompt: city, easing: {easing} }}
  rain: {{ prompt: rain }}
"
    )
}

fn params(city: f64) -> Map<String, Value> {
    let prompt = json!([["mist", 1.0 - city], ["city", city], ["rain", 0.0]]);
    let params =
        json!({ "model_id": "stabilityai/sd-turbo", "prompt": prompt, "normalize_prompt_weights": false });
    params.as_object().cloned().unwrap()
}
