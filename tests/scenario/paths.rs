//! What a fade looks like from outside: the first and the last update, what lies between, and the silence after it.

use std::{collections::BTreeMap, time::Duration};

use segue::show::time::Mono;
use serde_json::Value;

use super::{
    SHOW, play,
    world::{World, osc, time_of},
};

#[test]
fn a_fade_is_a_few_updates_an_exact_end_and_silence() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 2s
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:01.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:01.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:01.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:02.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:02.357 update wall | prompt mist 0.20357 city 0.79643 rain 0.0 | seed 1 0.20357 2 0.79643
    0:02.629 update wall | prompt mist 0.06786 city 0.93214 rain 0.0 | seed 1 0.06786 2 0.93214
    0:02.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.000 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_new_target_starts_from_where_the_mix_is() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 4s
        0:03 go rain 2s
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 4s
    0:01.000 update wall | prompt mist 0.9425 city 0.0575 rain 0.0 | seed 1 0.9425 2 0.0575
    0:01.260 update wall | prompt mist 0.8775 city 0.1225 rain 0.0 | seed 1 0.8775 2 0.1225
    0:01.520 update wall | prompt mist 0.8125 city 0.1875 rain 0.0 | seed 1 0.8125 2 0.1875
    0:01.780 update wall | prompt mist 0.7475 city 0.2525 rain 0.0 | seed 1 0.7475 2 0.2525
    0:02.040 update wall | prompt mist 0.6825 city 0.3175 rain 0.0 | seed 1 0.6825 2 0.3175
    0:02.300 update wall | prompt mist 0.6175 city 0.3825 rain 0.0 | seed 1 0.6175 2 0.3825
    0:02.560 update wall | prompt mist 0.5525 city 0.4475 rain 0.0 | seed 1 0.5525 2 0.4475
    0:02.820 update wall | prompt mist 0.4875 city 0.5125 rain 0.0 | seed 1 0.4875 2 0.5125
    0:03.000 trigger go rain (http)
    0:03.000 wall to rain in 2s
    0:03.000 update wall | prompt mist 0.43004 city 0.51103 rain 0.05893 | seed 1 0.43004 2 0.56996
    0:03.271 update wall | prompt mist 0.36388 city 0.50933 rain 0.12679 | seed 1 0.36388 2 0.63612
    0:03.543 update wall | prompt mist 0.29772 city 0.50763 rain 0.19464 | seed 1 0.29772 2 0.70228
    0:03.814 update wall | prompt mist 0.23156 city 0.50594 rain 0.2625 | seed 1 0.23156 2 0.76844
    0:04.086 update wall | prompt mist 0.1654 city 0.50424 rain 0.33036 | seed 1 0.1654 2 0.8346
    0:04.357 update wall | prompt mist 0.09924 city 0.50254 rain 0.39821 | seed 1 0.09924 2 0.90076
    0:04.629 update wall | prompt mist 0.03308 city 0.50085 rain 0.46607 | seed 1 0.03308 2 0.96692
    0:04.900 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    0:05.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_cut_is_one_update_at_once() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 0s
        0:01.05 go dawn 0s
        0:05 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 0s
    0:01.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:01.050 trigger go dawn (http)
    0:01.050 wall to dawn in 0s
    0:01.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:01.200 wall on dawn
    0:05.000 then waits for Poll
    ");
}

#[test]
fn asked_again_for_where_it_goes_only_sooner_counts() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 2s
        0:02 go neon 2s
        0:02.1 go neon 0.2s
        0:05 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:01.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:01.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:01.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:02.000 trigger go neon (http)
    0:02.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:02.100 trigger go neon (http)
    0:02.100 wall to neon in 200ms
    0:02.186 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:02.300 wall on neon
    0:05.000 then waits for Poll
    ");
}

#[test]
fn a_long_fade_is_sent_by_its_moves_and_not_by_the_clock() {
    // A fade of ten minutes moves by 1 % in six seconds: about a hundred updates, not 2400.
    let transcript = play(
        SHOW,
        "
        0:01 go neon 600s
        12:00 end
    ",
    );
    let updates = transcript.lines().filter(|line| line.contains(" update wall")).count();
    assert!((95..=105).contains(&updates), "{updates} updates\n{transcript}");
}

#[test]
fn a_staircase_is_sent_at_its_steps() {
    insta::assert_snapshot!(play(&SHOW.replace("easing: linear, fade: 2s", "easing: steps(2), fade: 8s"), "
        0:01 go neon
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 8s
    0:04.900 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:08.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:09.000 wall on neon
    0:20.000 then waits for Poll
    ");
}

#[test]
fn numbers_and_nets_fade_with_the_mix_and_return_to_the_base() {
    let show = "
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: { every: 1h }
    params:
      prompt: mist
      seed: 1
      guidance_scale: 1.2
      num_inference_steps: 50
      controlnets: { depth: 0.5, canny: 0.1 }
scenes:
  dawn: { easing: linear }
  neon: { delta: 0.3, num_inference_steps: 40, controlnets: { depth: 0.2 }, easing: linear, fade: 1s }
";
    insta::assert_snapshot!(play(show, "
        0:01 go neon
        0:05 go dawn 0s
        0:06 end
    "), @r"
    0:00.001 create wall | controlnets 0.5 0.1 | delta 0.7 | guidance_scale 1.2 | num_inference_steps 50 | prompt mist 1.0 mist 0.0 mist 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1s
    0:01.000 update wall | controlnets 0.425 0.1 | delta 0.6 | num_inference_steps 48
    0:01.300 update wall | controlnets 0.335 0.1 | delta 0.48 | num_inference_steps 45
    0:01.600 update wall | controlnets 0.245 0.1 | delta 0.36 | num_inference_steps 42
    0:01.900 update wall | controlnets 0.2 0.1 | delta 0.3 | num_inference_steps 40
    0:02.000 wall on neon
    0:05.000 trigger go dawn (http)
    0:05.000 wall to dawn in 0s
    0:05.000 update wall | controlnets 0.5 0.1 | delta 0.7 | num_inference_steps 50
    0:05.100 wall on dawn
    0:06.000 then waits for Poll
    ");
}

#[test]
fn with_the_runners_own_slerp_the_list_is_two_again_after_three() {
    let transcript = play(
        &SHOW.replace("blend: linear", "blend: slerp"),
        "
        0:01 go neon 1s
        0:01.5 go rain 1s
        0:10 end
        0:11 go dawn 1s
        0:15 end
    ",
    );
    let lengths: Vec<usize> = transcript
        .lines()
        .filter_map(|line| Some(line.split("| prompt ").nth(1)?.split(" | ").next()?.split(' ').count() / 2))
        .collect();
    assert_eq!(lengths.first(), Some(&2), "{transcript}");
    assert!(lengths.contains(&3), "three prompts meet in the middle\n{transcript}");
    assert_eq!(lengths.last(), Some(&2), "{transcript}");
}

#[test]
fn where_more_prompts_meet_than_there_are_slots_the_lightest_makes_room_without_a_jump() {
    let show = SHOW.replace("blend: linear", "blend: linear\n    slots_max: 3").replace(
        "scenes:",
        "scenes:\n  sea: { prompt: sea, seed: 5, easing: linear }\n  ember: { prompt: ember, seed: 6, easing: linear }",
    );
    let mut world = World::new(&show);
    for (time, scene) in [("0:01", "neon"), ("0:02", "sea"), ("0:03", "ember"), ("0:04", "rain")] {
        world.run_until(time_of(time));
        world.happen(osc(&format!("/segue/scene/{scene}"), &["6"]));
    }
    world.run_until(time_of("0:20"));
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let mut lengths = Vec::new();
    for (_, at, params) in &world.accepted {
        let Some(list) = params.get("prompt").and_then(Value::as_array) else { continue };
        assert!(list.len() <= 3 + 2, "at {at:?}: {list:?}");
        lengths.push(list.len());
        let entry = |entry: &Value| (entry[0].as_str().unwrap().to_owned(), entry[1].as_f64().unwrap());
        let seen: BTreeMap<String, f64> = list.iter().map(entry).collect();
        for text in before.keys().chain(seen.keys()).filter(|_| !before.is_empty()) {
            let change = seen.get(text).unwrap_or(&0.0) - before.get(text).unwrap_or(&0.0);
            // Half a second for all of a share: at four updates a second no step is more than half of it.
            assert!(change.abs() <= 0.5, "{text} moved by {change} at {at:?}");
        }
        before = seen;
    }
    assert_eq!((before["city"], before["rain"]), (0.5, 0.5), "{before:?}");
    assert!(lengths.iter().any(|length| *length > 3), "longer while they make room: {lengths:?}");
    assert_eq!(lengths.last(), Some(&3), "and short again at rest: {lengths:?}");
}

/// Two scenes of four prompts and one of one, in a list of eight.
const CROWD: &str = "
streams: { wall: { backend: simulator, start: p, blend: linear } }
scenes:
  p: { prompt: [[p1, 0.25], [p2, 0.25], [p3, 0.25], [p4, 0.25]], easing: linear, fade: 8s }
  q: { prompt: [[q1, 0.25], [q2, 0.25], [q3, 0.25], [q4, 0.25]], easing: linear, fade: 8s }
  r: { prompt: r, easing: linear }
";

/// Plays these lines, at seconds, and returns each prompt list that was sent from the first of them on.
fn crowd(latency: u64, lines: &[(f64, String)]) -> Vec<BTreeMap<String, f64>> {
    let mut world = World::new(CROWD);
    world.api.latency = Duration::from_millis(latency);
    for (time, line) in lines {
        world.run_until(Mono(Duration::from_secs_f64(*time)));
        world.obey(line);
    }
    world.run_until(time_of("0:40"));
    let mut sent = Vec::new();
    for (_, at, params) in &world.accepted {
        let Some(list) = params.get("prompt").and_then(Value::as_array) else { continue };
        let mut seen = BTreeMap::new();
        for entry in list {
            *seen.entry(entry[0].as_str().unwrap().to_owned()).or_insert(0.0) += entry[1].as_f64().unwrap();
        }
        let sum: f64 = seen.values().sum();
        assert!(
            (sum - 1.0).abs() < 1e-3,
            "the sum is {sum} at {at:?}: {lines:?} with {latency} ms: {list:?}"
        );
        assert!(list.len() <= 8 + 4, "{list:?}");
        sent.push((list.len(), seen));
    }
    let (length, last) = sent.last().unwrap();
    assert!(*length <= 8, "at rest the list is short again: {last:?}");
    assert_eq!(last["r"], 1.0, "{lines:?}: {last:?}");
    sent.into_iter().map(|(_, seen)| seen).collect()
}

#[test]
fn a_tap_upon_a_tap_in_a_full_house_is_never_black() {
    for latency in [0, 75, 150] {
        for distance in [0.02, 0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0] {
            let lines = [(5.0, "go q 8s"), (9.0, "go r 4s"), (9.0 + distance, "go r 0.2s")];
            crowd(latency, &lines.map(|(time, line)| (time, line.to_owned())));
        }
    }
}

#[test]
fn a_fade_out_of_a_full_house_keeps_its_course() {
    for latency in [0, 75, 150] {
        for fade in [1.0, 1.5, 2.0, 3.0, 4.0, 6.0] {
            let sent = crowd(latency, &[(5.0, "go q 8s".to_owned()), (9.0, format!("go r {fade}s"))]);
            let largest = |who: &dyn Fn(&str) -> bool| {
                let change = |pair: &[BTreeMap<String, f64>]| {
                    let of =
                        |seen: &BTreeMap<String, f64>, text: &str| seen.get(text).copied().unwrap_or(0.0);
                    let texts = pair[0].keys().chain(pair[1].keys()).filter(|text| who(text));
                    texts.map(|text| (of(&pair[1], text) - of(&pair[0], text)).abs()).fold(0.0, f64::max)
                };
                sent.windows(2).map(change).fold(0.0, f64::max)
            };
            // An update is 0.25 s after the last, or a little more; the first leads by half of that and the latency.
            let (coming, others) = (largest(&|text| text == "r"), largest(&|text| text != "r"));
            println!("{latency} ms, {fade} s: r by {coming:.3}, others by {others:.3}");
            assert!(coming <= 0.4 / fade, "r moves by {coming} in {fade} s with {latency} ms");
            assert!(others <= 0.3, "another moves by {others} in {fade} s with {latency} ms");
        }
    }
}

#[test]
fn a_scene_that_is_known_to_come_has_its_slots_before_the_fade() {
    let show = SHOW
        .replace(
            "inputs:",
            "triggers: { open: { when: { cron: '1 9 * * *' }, do: { scene: sea, fade: 1s } } }\ninputs:",
        )
        .replace("scenes:", "scenes:\n  sea: { prompt: [[sea, 0.5], [foam, 0.5]], seed: 5, easing: linear }");
    insta::assert_snapshot!(play(&show, "
        0:10 go neon 0s
        1:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0 5 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 0s
    0:10.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0 5 0.0
    0:10.100 wall on neon
    0:50.000 update wall | prompt foam 0.0 city 1.0 sea 0.0
    1:00.000 trigger open (cron)
    1:00.000 wall to sea in 1s
    1:00.000 update wall | prompt foam 0.125 city 0.75 sea 0.125 | seed 1 0.0 2 0.75 5 0.25
    1:00.300 update wall | prompt foam 0.275 city 0.45 sea 0.275 | seed 1 0.0 2 0.45 5 0.55
    1:00.600 update wall | prompt foam 0.425 city 0.15 sea 0.425 | seed 1 0.0 2 0.15 5 0.85
    1:00.900 update wall | prompt foam 0.5 city 0.0 sea 0.5 | seed 1 0.0 2 0.0 5 1.0
    1:01.000 wall on sea
    1:10.000 then waits for Poll
    ");
}

#[test]
fn a_running_transition_can_be_paused_resumed_reversed_finished_and_cut() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 2s
        0:02 osc /segue/transition/pause
        0:30 osc /segue/wall/transition/resume 1
        0:30.5 osc /segue/transition/reverse 1
        0:40 go neon 60s
        0:41 osc /segue/transition/finish 1
        0:50 go dawn 60s
        0:51 osc /segue/transition/cut 1
        0:52 osc /segue/transition/cut 1
        0:53 osc /segue/transition/jump 1
        0:54 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:01.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:01.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:01.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    0:30.000 trigger /segue/wall/transition/resume (osc)
    0:30.000 wall resume: neon
    0:30.000 update wall | prompt mist 0.35417 city 0.64583 rain 0.0 | seed 1 0.35417 2 0.64583
    0:30.283 update wall | prompt mist 0.2125 city 0.7875 rain 0.0 | seed 1 0.2125 2 0.7875
    0:30.500 trigger /segue/transition/reverse (osc)
    0:30.500 wall reverse: dawn
    0:30.500 update wall | prompt mist 0.33698 city 0.66302 rain 0.0 | seed 1 0.33698 2 0.66302
    0:30.790 update wall | prompt mist 0.48431 city 0.51569 rain 0.0 | seed 1 0.48431 2 0.51569
    0:31.080 update wall | prompt mist 0.63165 city 0.36835 rain 0.0 | seed 1 0.63165 2 0.36835
    0:31.370 update wall | prompt mist 0.77899 city 0.22101 rain 0.0 | seed 1 0.77899 2 0.22101
    0:31.660 update wall | prompt mist 0.92633 city 0.07367 rain 0.0 | seed 1 0.92633 2 0.07367
    0:31.950 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:32.050 wall on dawn
    0:40.000 trigger go neon (http)
    0:40.000 wall to neon in 1m
    0:40.220 update wall | prompt mist 0.98933 city 0.01067 rain 0.0 | seed 1 0.98933 2 0.01067
    0:40.866 update wall | prompt mist 0.97847 city 0.02153 rain 0.0 | seed 1 0.97847 2 0.02153
    0:41.000 trigger /segue/transition/finish (osc)
    0:41.000 wall finish: neon
    0:41.000 update wall | prompt mist 0.82324 city 0.17676 rain 0.0 | seed 1 0.82324 2 0.17676
    0:41.300 update wall | prompt mist 0.41424 city 0.58576 rain 0.0 | seed 1 0.41424 2 0.58576
    0:41.600 update wall | prompt mist 0.05912 city 0.94088 rain 0.0 | seed 1 0.05912 2 0.94088
    0:41.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:42.000 wall on neon
    0:50.000 trigger go dawn (http)
    0:50.000 wall to dawn in 1m
    0:50.220 update wall | prompt mist 0.01067 city 0.98933 rain 0.0 | seed 1 0.01067 2 0.98933
    0:50.866 update wall | prompt mist 0.02153 city 0.97847 rain 0.0 | seed 1 0.02153 2 0.97847
    0:51.000 trigger /segue/transition/cut (osc)
    0:51.000 wall cut: dawn
    0:51.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:51.100 wall on dawn
    0:52.000 trigger /segue/transition/cut (osc)
    0:53.000 refused osc: unknown verb (1): jump
    0:54.000 then waits for Poll
    ");
}

#[test]
fn what_reloads_the_pipeline_is_cut_once_and_comes_back() {
    let show = "
timezone: Europe/Berlin
streams: { wall: { backend: simulator, blend: linear, status: { every: 1h }, params: { do_add_noise: true } } }
scenes:
  dawn: { easing: linear, fade: 1s }
  bare: { easing: linear, fade: 1s, allow_reload: true, do_add_noise: false, similar_image_filter_threshold: 0.5 }
";
    insta::assert_snapshot!(play(show, "
        0:01 go bare 1s
        0:10 go dawn 0s
        0:20 end
    "), @r"
    0:00.001 create wall | do_add_noise true | prompt flowers 1.0 flowers 0.0 flowers 0.0 | seed 789 1.0 | similar_image_filter_threshold 0.98
    0:00.101 wall created as str_1
    0:00.102 wall on base
    0:00.202 wall is ONLINE
    0:01.000 trigger go bare (http)
    0:01.000 wall to bare in 1s
    0:01.300 update wall | do_add_noise false | similar_image_filter_threshold 0.5
    0:02.000 wall on bare
    0:10.000 trigger go dawn (http)
    0:10.000 wall to dawn in 0s
    0:10.000 update wall | do_add_noise true | similar_image_filter_threshold 0.98
    0:10.100 wall on dawn
    0:20.000 then waits for Poll
    ");
}
