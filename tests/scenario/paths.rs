//! What a fade looks like from outside: the first and the last update, what lies between, and the silence after it.

use std::collections::BTreeMap;

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
    0:01.000 update wall | prompt mist 0.9375 city 0.0625 rain 0.0 | seed 1 0.9375 2 0.0625
    0:01.250 update wall | prompt mist 0.7625 city 0.2375 rain 0.0 | seed 1 0.7625 2 0.2375
    0:01.500 update wall | prompt mist 0.6375 city 0.3625 rain 0.0 | seed 1 0.6375 2 0.3625
    0:01.750 update wall | prompt mist 0.5125 city 0.4875 rain 0.0 | seed 1 0.5125 2 0.4875
    0:02.000 update wall | prompt mist 0.3875 city 0.6125 rain 0.0 | seed 1 0.3875 2 0.6125
    0:02.250 update wall | prompt mist 0.2625 city 0.7375 rain 0.0 | seed 1 0.2625 2 0.7375
    0:02.500 update wall | prompt mist 0.1375 city 0.8625 rain 0.0 | seed 1 0.1375 2 0.8625
    0:02.750 update wall | prompt mist 0.0125 city 0.9875 rain 0.0 | seed 1 0.0125 2 0.9875
    0:03.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.100 wall on neon
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
    0:01.000 update wall | prompt mist 0.96875 city 0.03125 rain 0.0 | seed 1 0.96875 2 0.03125
    0:01.250 update wall | prompt mist 0.88125 city 0.11875 rain 0.0 | seed 1 0.88125 2 0.11875
    0:01.500 update wall | prompt mist 0.81875 city 0.18125 rain 0.0 | seed 1 0.81875 2 0.18125
    0:01.750 update wall | prompt mist 0.75625 city 0.24375 rain 0.0 | seed 1 0.75625 2 0.24375
    0:02.000 update wall | prompt mist 0.69375 city 0.30625 rain 0.0 | seed 1 0.69375 2 0.30625
    0:02.250 update wall | prompt mist 0.63125 city 0.36875 rain 0.0 | seed 1 0.63125 2 0.36875
    0:02.500 update wall | prompt mist 0.56875 city 0.43125 rain 0.0 | seed 1 0.56875 2 0.43125
    0:02.750 update wall | prompt mist 0.50625 city 0.49375 rain 0.0 | seed 1 0.50625 2 0.49375
    0:03.000 update wall | prompt mist 0.44375 city 0.55625 rain 0.0 | seed 1 0.44375 2 0.55625
    0:03.000 trigger go rain (http)
    0:03.000 wall to rain in 2s
    0:03.100 update wall | prompt mist 0.37164 city 0.54711 rain 0.08125 | seed 1 0.37164 2 0.62836
    0:03.350 update wall | prompt mist 0.31617 city 0.54008 rain 0.14375 | seed 1 0.31617 2 0.68383
    0:03.600 update wall | prompt mist 0.2607 city 0.53305 rain 0.20625 | seed 1 0.2607 2 0.7393
    0:03.850 update wall | prompt mist 0.20523 city 0.52602 rain 0.26875 | seed 1 0.20523 2 0.79477
    0:04.100 update wall | prompt mist 0.14977 city 0.51898 rain 0.33125 | seed 1 0.14977 2 0.85023
    0:04.350 update wall | prompt mist 0.0943 city 0.51195 rain 0.39375 | seed 1 0.0943 2 0.9057
    0:04.600 update wall | prompt mist 0.03883 city 0.50492 rain 0.45625 | seed 1 0.03883 2 0.96117
    0:04.850 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
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
    0:01.000 update wall | prompt mist 0.9375 city 0.0625 rain 0.0 | seed 1 0.9375 2 0.0625
    0:01.250 update wall | prompt mist 0.7625 city 0.2375 rain 0.0 | seed 1 0.7625 2 0.2375
    0:01.500 update wall | prompt mist 0.6375 city 0.3625 rain 0.0 | seed 1 0.6375 2 0.3625
    0:01.750 update wall | prompt mist 0.5125 city 0.4875 rain 0.0 | seed 1 0.5125 2 0.4875
    0:02.000 update wall | prompt mist 0.3875 city 0.6125 rain 0.0 | seed 1 0.3875 2 0.6125
    0:02.000 trigger go neon (http)
    0:02.100 trigger go neon (http)
    0:02.100 wall to neon in 200ms
    0:02.100 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
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
    0:04.875 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:08.775 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
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
    0:01.000 update wall | controlnets 0.4625 0.1 | delta 0.65 | num_inference_steps 49
    0:01.250 update wall | controlnets 0.3575 0.1 | delta 0.51 | num_inference_steps 45
    0:01.500 update wall | controlnets 0.2825 0.1 | delta 0.41 | num_inference_steps 43
    0:01.750 update wall | controlnets 0.2075 0.1 | delta 0.31 | num_inference_steps 40
    0:02.000 update wall | controlnets 0.2 0.1 | delta 0.3
    0:02.100 wall on neon
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
    for (_, at, params) in &world.accepted {
        let Some(list) = params.get("prompt").and_then(Value::as_array) else { continue };
        assert_eq!(list.len(), 3, "the list keeps its length, at {at:?}");
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
    1:00.000 update wall | prompt foam 0.1125 city 0.775 sea 0.1125 | seed 1 0.0 2 0.775 5 0.225
    1:00.250 update wall | prompt foam 0.2375 city 0.525 sea 0.2375 | seed 1 0.0 2 0.525 5 0.475
    1:00.500 update wall | prompt foam 0.3625 city 0.275 sea 0.3625 | seed 1 0.0 2 0.275 5 0.725
    1:00.750 update wall | prompt foam 0.4875 city 0.025 sea 0.4875 | seed 1 0.0 2 0.025 5 0.975
    1:01.000 update wall | prompt foam 0.5 city 0.0 sea 0.5 | seed 1 0.0 2 0.0 5 1.0
    1:01.100 wall on sea
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
    0:01.000 update wall | prompt mist 0.9375 city 0.0625 rain 0.0 | seed 1 0.9375 2 0.0625
    0:01.250 update wall | prompt mist 0.7625 city 0.2375 rain 0.0 | seed 1 0.7625 2 0.2375
    0:01.500 update wall | prompt mist 0.6375 city 0.3625 rain 0.0 | seed 1 0.6375 2 0.3625
    0:01.750 update wall | prompt mist 0.5125 city 0.4875 rain 0.0 | seed 1 0.5125 2 0.4875
    0:02.000 update wall | prompt mist 0.3875 city 0.6125 rain 0.0 | seed 1 0.3875 2 0.6125
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    0:30.000 trigger /segue/wall/transition/resume (osc)
    0:30.000 wall resume: neon
    0:30.000 update wall | prompt mist 0.275 city 0.725 rain 0.0 | seed 1 0.275 2 0.725
    0:30.250 update wall | prompt mist 0.15 city 0.85 rain 0.0 | seed 1 0.15 2 0.85
    0:30.500 update wall | prompt mist 0.025 city 0.975 rain 0.0 | seed 1 0.025 2 0.975
    0:30.500 trigger /segue/transition/reverse (osc)
    0:30.500 wall reverse: dawn
    0:30.600 update wall | prompt mist 0.2087 city 0.7913 rain 0.0 | seed 1 0.2087 2 0.7913
    0:30.850 update wall | prompt mist 0.35 city 0.65 rain 0.0 | seed 1 0.35 2 0.65
    0:31.100 update wall | prompt mist 0.4913 city 0.5087 rain 0.0 | seed 1 0.4913 2 0.5087
    0:31.350 update wall | prompt mist 0.63261 city 0.36739 rain 0.0 | seed 1 0.63261 2 0.36739
    0:31.600 update wall | prompt mist 0.77391 city 0.22609 rain 0.0 | seed 1 0.77391 2 0.22609
    0:31.850 update wall | prompt mist 0.91522 city 0.08478 rain 0.0 | seed 1 0.91522 2 0.08478
    0:32.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:32.225 wall on dawn
    0:40.000 trigger go neon (http)
    0:40.000 wall to neon in 1m
    0:40.500 update wall | prompt mist 0.98792 city 0.01208 rain 0.0 | seed 1 0.98792 2 0.01208
    0:41.000 trigger /segue/transition/finish (osc)
    0:41.000 wall finish: neon
    0:41.000 update wall | prompt mist 0.85414 city 0.14586 rain 0.0 | seed 1 0.85414 2 0.14586
    0:41.250 update wall | prompt mist 0.52633 city 0.47367 rain 0.0 | seed 1 0.52633 2 0.47367
    0:41.500 update wall | prompt mist 0.18128 city 0.81872 rain 0.0 | seed 1 0.18128 2 0.81872
    0:41.750 update wall | prompt mist 0.0018 city 0.9982 rain 0.0 | seed 1 0.0018 2 0.9982
    0:42.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:42.100 wall on neon
    0:50.000 trigger go dawn (http)
    0:50.000 wall to dawn in 1m
    0:50.500 update wall | prompt mist 0.01208 city 0.98792 rain 0.0 | seed 1 0.01208 2 0.98792
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
    "), @r#"
    0:00.001 create wall | do_add_noise true | prompt flowers 1.0 flowers 0.0 flowers 0.0 | seed 789 1.0 | similar_image_filter_threshold 0.98
    0:00.101 wall created as str_1
    0:00.102 wall on base
    0:00.202 wall is ONLINE
    0:01.000 trigger go bare (http)
    0:01.000 wall to bare in 1s
    0:01.500 update wall | do_add_noise false | similar_image_filter_threshold 0.5
    0:02.000 wall on bare
    0:10.000 trigger go dawn (http)
    0:10.000 wall to dawn in 0s
    0:10.000 update wall | do_add_noise true | similar_image_filter_threshold 0.98
    0:10.100 wall on dawn
    0:20.000 then waits for Poll
    "#);
}
