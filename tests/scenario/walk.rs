//! A seeded random walk: any events at any times against invariants that always hold.

use std::time::Duration;

use segue::show::{
    dice::Dice,
    event::{Command, Event, FailureKind},
    health::StatusReport,
    time::Mono,
};
use serde_json::{Map, Value};

use super::world::{World, osc};

/// Walks in every run of the tests; each is four minutes of storm and over an hour of calm.
const WALKS: u64 = 100;

const SHOW: &str = "
streams:
  wall: { backend: simulator, start: a, status: { every: 1m } }
  floor: { backend: daydream-beta, environment: http://127.0.0.1:1, api_key: { env: NONE }, start: b, blend: linear, status: { every: 1m } }
scenes:
  a: { prompt: one, seed: 1 }
  b: { prompt: [[two, 0.6], [three, 0.4]], seed: [[1, 0.5], [2, 0.5]], easing: ease-in-out }
  c: { prompt: [[three, 0.2], [four, 0.8]], seed: 3, guidance_scale: 1.3, delta: 0.2, fade: 3s }
  d: { num_inference_steps: 30, t_index_list: [5, 10, 20], easing: linear, fade: 1s }
  e: { prompt: five, easing: 'cubic-bezier(0.3, -0.6, 0.7, 1.6)', fade: 7s }
cues:
  both: [{ scene: c, stream: wall }, { scene: e, stream: floor, fade: 0s }]
playlists:
  slow: { order: shuffle, steps: [{ scene: a, hold: 1s..4s }, { scene: b, fade: 1s }, { playlist: fast }] }
  fast: { order: random, stream: floor, steps: [{ scene: d, hold: 2s }, { scene: e, fade: 0s, hold: 1s }] }
inputs: { osc: {} }
";

#[test]
fn whatever_happens_the_invariants_hold() {
    for seed in 1..=WALKS {
        let walked = std::panic::catch_unwind(|| walk(seed));
        assert!(walked.is_ok(), "the walk with seed {seed} fell");
    }
}

fn walk(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut world = World::new(SHOW).without_transcript();
    let mut time = Duration::ZERO;
    for _ in 0..200 {
        time += Duration::from_secs_f64(dice.fraction() * 2.5);
        world.run_until(Mono(time));
        stumble(&mut world, &mut dice);
    }
    // After the last fault everything heals, arrives and falls silent: within a minute, or within the hour that must
    // pass before another stream may be created where six were lost.
    world.api.failure = None;
    world.api.latency = Duration::from_millis(50);
    // Another look first: one that was refused is not sent again as it is.
    for list in ["slow", "fast"] {
        world.happen(osc(&format!("/segue/playlist/{list}/stop"), &[]));
    }
    world.happen(go("b", Some(Duration::ZERO)));
    world.happen(go("c", None));
    world.run_until(Mono(time + Duration::from_mins(61)));
    let sent = world.accepted.len();
    world.run_until(Mono(time + Duration::from_mins(71)));
    assert_eq!(world.accepted.len(), sent, "at rest nothing is sent");
    for stream in world.show.snapshot(world.now).streams {
        let heard = |text: &str| {
            stream.prompts.iter().filter(|(other, _)| other == text).map(|entry| entry.1).sum::<f64>()
        };
        let (three, four) = (heard("three"), heard("four"));
        assert!((four / three - 4.0).abs() < 1e-3, "{:?}", stream.prompts);
        assert_eq!(stream.scene.as_ref(), "c");
        assert!(stream.transition.is_none());
    }
    for (_, _, params) in &world.accepted {
        check_params(params);
    }
}

/// Lets one random thing happen.
fn stumble(world: &mut World, dice: &mut Dice) {
    let scenes = ["a", "b", "c", "d", "e"];
    let scene = scenes[(dice.next_u64() % 5) as usize];
    match dice.next_u64() % 16 {
        0..=4 => world.happen(go(scene, Some(Duration::from_secs_f64(dice.fraction() * 6.0)))),
        5 => world.happen(go(scene, Some(Duration::ZERO))),
        6 => world.happen(Event::Command(Command::Cue { cue: "both".to_owned() })),
        7 => world.happen(osc(&format!("/segue/floor/scene/{scene}"), &["0.7"])),
        8 => world.happen(osc("/segue/scene/nothing", &["NaN"])),
        9 => {
            let kinds = [
                FailureKind::Unreached,
                FailureKind::Network,
                FailureKind::Timeout,
                FailureKind::Server,
                FailureKind::Refused,
                FailureKind::Key,
                FailureKind::NotFound,
                FailureKind::TooMany,
            ];
            let pick = dice.next_u64() % 16;
            world.api.failure = kinds.get(pick as usize).copied();
        }
        11 => edit(world, dice),
        13..=15 => {
            let verbs = ["", "/go", "/back", "/pause", "/resume", "/stop", "/goto", "/standby"];
            let (list, verb) = (["slow", "fast"][(dice.next_u64() % 2) as usize], dice.next_u64() % 8);
            let step = (1 + dice.next_u64() % 4).to_string();
            world.happen(osc(&format!("/segue/playlist/{list}{}", verbs[verb as usize]), &[&step]));
        }
        10 => world.api.latency = Duration::from_secs_f64(dice.fraction() * dice.fraction() * 3.0),
        _ => {
            let some = |dice: &mut Dice| i64::try_from(dice.next_u64() % 3).ok();
            world.api.report = StatusReport {
                state: Some(
                    ["ONLINE", "OFFLINE", "DEGRADED_INPUT"][(dice.next_u64() % 3) as usize].to_owned(),
                ),
                start_time: some(dice),
                timestamp: some(dice),
                fps_in: Some(dice.fraction() * 30.0),
                fps_out: Some(dice.fraction() * 30.0),
                ..StatusReport::default()
            };
        }
    }
}

/// Edits the show file: scenes and what lies under them, there and back.
fn edit(world: &mut World, dice: &mut Dice) {
    let edits = [
        ("prompt: one", "prompt: uno"),
        ("[two, 0.6], [three, 0.4]", "[zwei, 0.5], [drei, 0.3], [three, 0.2]"),
        ("prompt: five", "seed: 5, delta: 0.4"),
        ("num_inference_steps: 30", "num_inference_steps: 44"),
        ("start: a, status", "start: a, params: { guidance_scale: 1.1 }, status"),
        ("start: b, blend: linear", "start: b, blend: spherical, updates: { max_per_second: 7 }"),
        ("cues:", "reload: { edit_fade: 0.3 }\ncues:"),
        ("{ scene: b, fade: 1s }, { playlist: fast }", "{ playlist: fast }, { scene: c, hold: 2s }"),
        ("fast: { order: random", "fast: { order: ping-pong"),
    ];
    let (one, other) = edits[(dice.next_u64() % 9) as usize];
    let (from, to) = if world.yaml.contains(other) { (other, one) } else { (one, other) };
    world.yaml = world.yaml.replacen(from, to, 1);
    world.reload();
}

pub(super) fn go(scene: &str, fade: Option<Duration>) -> Event {
    Event::Command(Command::Scene { scene: scene.to_owned(), stream: None, fade, hold: None })
}

/// What the runner turns into black or noise is never sent.
fn check_params(params: &Map<String, Value>) {
    for list in ["prompt", "seed"] {
        let Some(list) = params.get(list) else { continue };
        let weights: Vec<f64> =
            list.as_array().unwrap().iter().map(|entry| entry[1].as_f64().unwrap()).collect();
        let sum: f64 = weights.iter().sum();
        assert!(!weights.is_empty() && (0.5..=1.5).contains(&sum), "{list}");
        assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0), "{list}");
    }
    if let Some(prompts) = params.get("prompt") {
        assert!(prompts.as_array().unwrap().len() >= 3, "{prompts}");
    }
    let steps = params.get("num_inference_steps").and_then(Value::as_i64);
    let indices = params.get("t_index_list").and_then(Value::as_array);
    if let (Some(steps), Some(indices)) = (steps, indices) {
        assert!(indices.iter().all(|index| index.as_i64().unwrap() < steps), "{indices:?} of {steps}");
    }
}
