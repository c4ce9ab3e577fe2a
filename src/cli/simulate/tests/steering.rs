//! What is done to a transition on its way: its row, its curve and its figures go along.

use super::*;
use crate::cli::simulate::{
    coefficients,
    passage::{Passage, Price},
};

/// Two scenes of one prompt each, so that the coefficient is the progress.
const PAIR: &str = "
streams: { wall: { backend: simulator, start: dawn, blend: linear } }
scenes:
  dawn: { prompt: mist, fade: 8s, easing: linear }
  neon: { prompt: city, fade: 8s, easing: linear }
inputs: { osc: {} }
";

fn steer(text: &str, seconds: u64) -> World {
    play(sheet("pair.yaml", PAIR), text, setup(Duration::from_secs(seconds)))
}

fn rows(world: &World) -> String {
    let told = summary::tell(world);
    told.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn passages(world: &World) -> &[Passage] {
    &world.traces[0].passages
}

/// Returns the curve of a prompt at a moment, straight between two points.
fn wanted(world: &World, prompt: &str, seconds: f64) -> f64 {
    let trace = &world.traces[0];
    let place = trace.texts.iter().position(|text| &**text == prompt).unwrap();
    let at = Mono(Duration::from_secs_f64(seconds));
    let after = trace.curve.iter().position(|(point, _)| *point > at).unwrap();
    let [(from, before), (to, behind)] = &trace.curve[after - 1..=after] else { panic!("two points") };
    let part = at.since(*from).as_secs_f64() / to.since(*from).as_secs_f64();
    coefficients::of(before, place) * (1.0 - part) + coefficients::of(behind, place) * part
}

#[test]
fn a_row_goes_along_with_a_pause_a_haste_a_return_and_a_hand() {
    let world = steer(
        "00:02 go neon
         00:04 osc /segue/transition/pause
         00:10 osc /segue/transition/resume
         00:20 go dawn
         00:24 osc /segue/transition/reverse
         00:30 go dawn
         00:32 osc /segue/transition/finish
         00:40 go neon
         00:42 osc /segue/transition/progress 0.75
         00:44 osc /segue/transition/progress 0.5
         00:46 osc /segue/transition/resume
         00:52 go dawn
         00:54 go neon 4s
         01:00 go dawn
         01:02 osc /segue/transition/cut",
        65,
    );
    insta::assert_snapshot!(rows(&world), @r"
    start      stream  transition        fade  updates  encodes  flushes   hole    jump     rms     max   late
    00:02.000  wall    dawn → neon  8s in 14s       33        0       99  99 ms  0.0327  0.0094  0.0196  21 ms
    00:20.000  wall    neon → dawn   4s of 8s       16        0       48  99 ms  0.0322  0.0094  0.0194      -
    00:24.000  wall    dawn → neon         4s       16        0       48  99 ms  0.0332  0.0098  0.0203  21 ms
    00:30.000  wall    neon → dawn   8s in 3s       12        0       36  99 ms  0.3127  0.0410  0.1521   0 ms
    00:40.000  wall    dawn → neon  8s in 10s       26        0       78  99 ms  0.5010  0.0349  0.3210   0 ms
    00:52.000  wall    neon → dawn   2s of 8s        8        0       24  99 ms  0.0322  0.0093  0.0184      -
    00:54.000  wall    dawn → neon         4s       16        0       48  99 ms  0.0166  0.0048  0.0092  21 ms
    01:00.000  wall    neon → dawn   8s in 2s        9        0       27  99 ms  0.7506  0.0093  0.0204  87 ms

    1m 5s of show: 8 transitions, 136 updates, 0 encodes, 408 flush passes, largest rms error 0.0410
    ");
    for (seconds, city) in [
        (4.0, 0.25),
        (9.9, 0.25),
        (12.0, 0.5),
        (23.0, 0.625),
        (26.0, 0.75),
        (27.9, 0.9875),
        (33.5, 0.0),
        (43.0, 0.75),
        (45.0, 0.5),
        (48.0, 0.75),
        (62.5, 0.0),
    ] {
        let seen = wanted(&world, "city", seconds);
        assert!((seen - city).abs() < 0.01, "{seconds}: {seen}, not {city}");
    }
    for passage in passages(&world).iter().filter(|passage| passage.started != mono(40)) {
        let rms = passage.error_rms().unwrap();
        assert!(rms < 0.06, "{rms}: {passage:?}");
    }
}

fn mono(seconds: u64) -> Mono {
    Mono(Duration::from_secs(seconds))
}

#[test]
fn a_bank_of_faders_has_a_row_for_as_long_as_the_hand_moves() {
    let world = steer(
        "00:02 osc /segue/mix/neon 0.25
         00:02.5 osc /segue/mix/neon 0.5
         00:03 osc /segue/mix/neon 0.75
         00:10 osc /segue/mix/neon 0.5
         00:20 go dawn 2s
         00:21 osc /segue/mix/neon 1",
        30,
    );
    insta::assert_snapshot!(rows(&world), @r"
    start      stream  transition                                         fade  updates  encodes  flushes   hole    jump     rms     max  late
    00:02.000  wall    dawn → dawn 25 % + neon 75 %                    by hand        3        0        9  99 ms  0.2500  0.0751  0.1896  0 ms
    00:10.000  wall    dawn 25 % + neon 75 % → dawn 50 % + neon 50 %   by hand        1        0        3  99 ms  0.2500  0.0698  0.1620  0 ms
    00:20.000  wall    dawn 50 % + neon 50 % → dawn                   1s of 2s        4        0       12  99 ms  0.0695  0.0203  0.0393     -
    00:21.000  wall    dawn → neon                                     by hand        1        0        3  99 ms  0.7603  0.2619  0.5857  0 ms

    30s of show: 4 transitions, 9 updates, 0 encodes, 27 flush passes, largest rms error 0.2619
    ");
    assert_eq!([2.9, 9.0, 15.0, 25.0].map(|at| wanted(&world, "city", at)), [0.5, 0.75, 0.5, 1.0]);
}

#[test]
fn a_paused_transition_is_killed_and_goes_on_in_a_row_of_its_own() {
    let world = steer(
        "00:02 go neon
         00:04 osc /segue/transition/pause
         00:10 kill
         00:20 osc /segue/transition/resume",
        30,
    );
    let told: Vec<_> = passages(&world)
        .iter()
        .map(|row| (&*row.from, &*row.to, row.started, row.ended.unwrap(), row.arrived))
        .collect();
    assert_eq!(
        told,
        [("dawn", "neon", mono(2), mono(10), false), ("dawn", "neon", mono(10), mono(26), true)]
    );
    assert_eq!([9.0, 19.0, 23.0].map(|at| (wanted(&world, "city", at) * 100.0).round()), [25.0, 25.0, 63.0]);
}

#[test]
fn every_update_is_counted_in_a_row_or_outside() {
    // A restart of the runner has everything sent again, in the middle of nothing.
    let world = steer("00:02 go neon 2s\n00:20 runner restart", 60);
    let sent = world.transcript.text.matches("  update  ").count() as u64;
    let [row] = passages(&world) else { panic!("one transition") };
    let Price { updates, .. } = world.traces[0].outside;
    assert!(updates >= 1, "{}", world.transcript.text);
    assert_eq!(row.price.updates + updates, sent);
    let told = rows(&world);
    assert!(told.contains(&format!("1 transition, {sent} updates")), "{told}");
    assert!(told.contains("of these outside transitions: "), "{told}");
}

#[test]
fn the_fallback_scene_has_a_row_and_the_next_begins_there() {
    let yaml = PAIR.replace(
        "blend: linear",
        "blend: linear, on_stream_lost: fallback, recovery: { fallback: { scene: neon } }",
    );
    let text = "00:10 stream gone\n00:11 go dawn 0s\n02:00 go dawn 2s";
    let world = play(sheet("pair.yaml", &yaml), text, setup(Duration::from_mins(3)));
    let told: Vec<_> = passages(&world).iter().map(|row| format!("{} → {}", row.from, row.to)).collect();
    assert_eq!(told, ["dawn → neon", "neon → dawn"], "{}", world.transcript.text);
}
