//! What becomes of a running show when its file is edited: what blends, what is not touched, and what has to wait.

use std::time::Duration;

use proptest::prelude::*;
use segue::show::time::Mono;

use super::{
    SHOW, play,
    world::{World, sheet},
};

#[test]
fn an_edit_of_the_scene_on_air_blends_in() {
    insta::assert_snapshot!(play(SHOW, "
        0:05 edit prompt: mist => prompt: fog
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 now: scene `dawn` changed
    0:05.000 update wall | prompt mist 0.9616 fog 0.0384 rain 0.0
    0:05.271 update wall | prompt mist 0.83971 fog 0.16029 rain 0.0
    0:05.543 update wall | prompt mist 0.66336 fog 0.33664 rain 0.0
    0:05.814 update wall | prompt mist 0.46253 fog 0.53747 rain 0.0
    0:06.086 update wall | prompt mist 0.26723 fog 0.73277 rain 0.0
    0:06.357 update wall | prompt mist 0.10745 fog 0.89255 rain 0.0
    0:06.629 update wall | prompt mist 0.01319 fog 0.98681 rain 0.0
    0:06.900 update wall | prompt mist 0.0 fog 1.0 rain 0.0
    0:10.000 then waits for Poll
    ");
}

#[test]
fn an_edit_in_the_middle_of_a_fade_leaves_the_fade_alone() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 4s
        0:02 edit prompt: city => prompt: town
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
    0:02.000 now: scene `neon` changed
    0:02.000 update wall | prompt mist 0.69107 city 0.29707 town 0.01186 | seed 1 0.69107 2 0.30893
    0:02.271 update wall | prompt mist 0.62321 city 0.31639 town 0.06039 | seed 1 0.62321 2 0.37679
    0:02.543 update wall | prompt mist 0.55536 city 0.29496 town 0.14969 | seed 1 0.55536 2 0.44464
    0:02.814 update wall | prompt mist 0.4875 city 0.23705 town 0.27545 | seed 1 0.4875 2 0.5125
    0:03.086 update wall | prompt mist 0.41964 city 0.15509 town 0.42527 | seed 1 0.41964 2 0.58036
    0:03.357 update wall | prompt mist 0.35179 city 0.06965 town 0.57856 | seed 1 0.35179 2 0.64821
    0:03.629 update wall | prompt mist 0.28393 city 0.00944 town 0.70663 | seed 1 0.28393 2 0.71607
    0:03.900 update wall | prompt mist 0.21875 city 0.0 town 0.78125 | seed 1 0.21875 2 0.78125
    0:04.150 update wall | prompt mist 0.15625 city 0.0 town 0.84375 | seed 1 0.15625 2 0.84375
    0:04.400 update wall | prompt mist 0.09375 city 0.0 town 0.90625 | seed 1 0.09375 2 0.90625
    0:04.650 update wall | prompt mist 0.03125 city 0.0 town 0.96875 | seed 1 0.03125 2 0.96875
    0:04.900 update wall | prompt mist 0.0 city 0.0 town 1.0 | seed 1 0.0 2 1.0
    0:05.000 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_scene_that_is_being_left_is_edited_too() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 4s
        0:02 edit prompt: mist => prompt: fog
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
    0:02.000 now: scene `dawn` changed
    0:02.000 update wall | prompt mist 0.66454 city 0.30893 fog 0.02653 | seed 1 0.69107 2 0.30893
    0:02.271 update wall | prompt mist 0.52332 city 0.37679 fog 0.09989 | seed 1 0.62321 2 0.37679
    0:02.543 update wall | prompt mist 0.3684 city 0.44464 fog 0.18696 | seed 1 0.55536 2 0.44464
    0:02.814 update wall | prompt mist 0.22548 city 0.5125 fog 0.26202 | seed 1 0.4875 2 0.5125
    0:03.086 update wall | prompt mist 0.11214 city 0.58036 fog 0.3075 | seed 1 0.41964 2 0.58036
    0:03.357 update wall | prompt mist 0.0378 city 0.64821 fog 0.31399 | seed 1 0.35179 2 0.64821
    0:03.629 update wall | prompt mist 0.00374 city 0.71607 fog 0.28018 | seed 1 0.28393 2 0.71607
    0:03.900 update wall | prompt mist 0.0 city 0.78125 fog 0.21875 | seed 1 0.21875 2 0.78125
    0:04.150 update wall | prompt mist 0.0 city 0.84375 fog 0.15625 | seed 1 0.15625 2 0.84375
    0:04.400 update wall | prompt mist 0.0 city 0.90625 fog 0.09375 | seed 1 0.09375 2 0.90625
    0:04.650 update wall | prompt mist 0.0 city 0.96875 fog 0.03125 | seed 1 0.03125 2 0.96875
    0:04.900 update wall | prompt mist 0.0 city 1.0 fog 0.0 | seed 1 0.0 2 1.0
    0:05.000 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_second_edit_starts_from_where_the_first_is() {
    insta::assert_snapshot!(play(SHOW, "
        0:05 edit prompt: mist => prompt: fog
        0:06 edit prompt: fog => prompt: haze
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 now: scene `dawn` changed
    0:05.000 update wall | prompt mist 0.9616 fog 0.0384 rain 0.0
    0:05.271 update wall | prompt mist 0.83971 fog 0.16029 rain 0.0
    0:05.543 update wall | prompt mist 0.66336 fog 0.33664 rain 0.0
    0:05.814 update wall | prompt mist 0.46253 fog 0.53747 rain 0.0
    0:06.000 now: scene `dawn` changed
    0:06.000 update wall | prompt mist 0.3104 fog 0.6512 haze 0.0384
    0:06.271 update wall | prompt mist 0.1881 fog 0.65161 haze 0.16029
    0:06.543 update wall | prompt mist 0.11072 fog 0.55263 haze 0.33664
    0:06.814 update wall | prompt mist 0.06605 fog 0.39648 haze 0.53747
    0:07.086 update wall | prompt mist 0.04186 fog 0.22537 haze 0.73277
    0:07.357 update wall | prompt mist 0.02594 fog 0.08151 haze 0.89255
    0:07.629 update wall | prompt mist 0.0061 fog 0.00709 haze 0.98681
    0:07.900 update wall | prompt mist 0.0 fog 0.0 haze 1.0
    0:10.000 then waits for Poll
    ");
}

#[test]
fn the_fade_of_an_edit_is_the_files_and_may_be_a_cut() {
    insta::assert_snapshot!(play(&format!("{SHOW}reload: {{ edit_fade: 0 }}\n"), "
        0:05 edit prompt: mist => prompt: fog
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 now: scene `dawn` changed
    0:05.000 update wall | prompt mist 0.0 fog 1.0 rain 0.0
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_scene_that_goes_stays_on_until_something_else_is_asked() {
    insta::assert_snapshot!(play(&SHOW.replace("start: dawn", "start: rain"), "
        0:01 go dawn 0
        0:02 edit dawn: { prompt: mist, seed: 1, easing: linear } => fog: { prompt: mist }
        0:03 go neon 0
        0:04 go dawn 0
        0:05 end
    "), @r"
    0:00.001 create wall | prompt city 0.5 rain 0.5 mist 0.0 | seed 2 1.0 1 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on rain
    0:00.202 wall is ONLINE
    0:01.000 trigger go dawn (http)
    0:01.000 wall to dawn in 0s
    0:01.000 update wall | prompt city 0.0 rain 0.0 mist 1.0 | seed 2 0.0 1 1.0
    0:01.100 wall on dawn
    0:02.000 now: scene `fog` is new
    0:02.000 now: scene `dawn` is gone
    0:02.000 not yet: stream `wall` is on scene `dawn`, which is gone, until something else is asked of it
    0:03.000 trigger go neon (http)
    0:03.000 wall to neon in 0s
    0:03.000 update wall | prompt city 1.0 rain 0.0 mist 0.0 | seed 2 1.0 1 0.0
    0:03.100 wall on neon
    0:04.000 refused http: unknown scene (1): dawn
    0:05.000 then waits for Poll
    ");
}

#[test]
fn what_lies_under_the_scenes_blends_too() {
    let show = SHOW.replace("blend: linear", "blend: linear\n    params: { delta: 0.5 }");
    insta::assert_snapshot!(play(&show, "
        0:05 edit delta: 0.5 => delta: 0.9
        0:09 edit delta: 0.9 => width: 704
        0:14 end
    "), @r"
    0:00.001 create wall | delta 0.5 | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 now: stream `wall`: `params.delta`
    0:05.000 update wall | delta 0.51536
    0:05.271 update wall | delta 0.56411
    0:05.543 update wall | delta 0.63466
    0:05.814 update wall | delta 0.71499
    0:06.086 update wall | delta 0.79311
    0:06.357 update wall | delta 0.85702
    0:06.629 update wall | delta 0.89472
    0:06.900 update wall | delta 0.9
    0:09.000 now: stream `wall`: `params.delta`
    0:09.000 not yet: stream `wall`: `params.width` is another: that holds for a stream created after a restart
    0:09.062 update wall | delta 0.88832
    0:09.325 update wall | delta 0.86219
    0:09.588 update wall | delta 0.82689
    0:09.850 update wall | delta 0.78784
    0:10.113 update wall | delta 0.75047
    0:10.375 update wall | delta 0.7202
    0:10.637 update wall | delta 0.70247
    0:10.900 update wall | delta 0.7
    0:14.000 then waits for Poll
    ");
}

#[test]
fn nothing_is_sent_when_only_a_comment_a_fade_or_another_scene_changes() {
    insta::assert_snapshot!(play(SHOW, "
        0:05 edit scenes: => scenes: # all of them
        0:06 edit seed: 1, easing: linear => seed: 1, easing: smooth, fade: 9s
        0:07 edit prompt: city => prompt: town
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:06.000 now: scene `dawn` changed
    0:07.000 now: scene `neon` changed
    0:10.000 then waits for Poll
    ");
}

#[test]
fn what_waits_is_played_as_it_is_edited_and_a_scene_in_a_step_is_edited_like_any() {
    let show = format!(
        "{SHOW}cues:\n  glow: {{ scene: {{ prompt: ember, seed: 1 }}, fade: 0 }}\n  then: {{ scene: neon, fade: 0, policy: queue }}\n"
    );
    insta::assert_snapshot!(play(&show, "
        0:01 osc /segue/cue/glow
        0:02 edit prompt: ember => prompt: coal
        0:05 go rain 1s
        0:05.5 osc /segue/cue/then
        0:05.6 edit prompt: city, seed: 2 => prompt: town, seed: 2
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/cue/glow (osc)
    0:01.000 cue glow
    0:01.000 wall to glow/1 in 0s
    0:01.000 update wall | prompt mist 0.0 ember 1.0 rain 0.0
    0:01.100 wall on glow/1
    0:02.000 now: cue `glow` changed
    0:02.000 update wall | prompt mist 0.0 ember 0.9616 coal 0.0384
    0:02.271 update wall | prompt mist 0.0 ember 0.83971 coal 0.16029
    0:02.543 update wall | prompt mist 0.0 ember 0.66336 coal 0.33664
    0:02.814 update wall | prompt mist 0.0 ember 0.46253 coal 0.53747
    0:03.086 update wall | prompt mist 0.0 ember 0.26723 coal 0.73277
    0:03.357 update wall | prompt mist 0.0 ember 0.10745 coal 0.89255
    0:03.629 update wall | prompt mist 0.0 ember 0.01319 coal 0.98681
    0:03.900 update wall | prompt mist 0.0 ember 0.0 coal 1.0
    0:05.000 trigger go rain (http)
    0:05.000 wall to rain in 1s
    0:05.000 update wall | prompt city 0.125 rain 0.125 coal 0.75 | seed 1 0.75 2 0.25
    0:05.300 update wall | prompt city 0.275 rain 0.275 coal 0.45 | seed 1 0.45 2 0.55
    0:05.500 trigger /segue/cue/then (osc)
    0:05.500 cue then
    0:05.500 wall: neon waits for 1
    0:05.600 update wall | prompt city 0.425 rain 0.425 coal 0.15 | seed 1 0.15 2 0.85
    0:05.600 now: scene `neon` changed
    0:05.900 update wall | prompt city 0.5 rain 0.5 town 0.0 | seed 1 0.0 2 1.0
    0:06.000 wall on rain
    0:06.000 wall to neon in 0s
    0:06.000 update wall | prompt city 0.0 rain 0.0 town 1.0
    0:06.100 wall on neon
    0:10.000 then waits for Poll
    ");
}

const TRIGGERS: &str = "
timezone: Europe/Berlin
streams:
  wall: { backend: simulator, start: dawn, blend: linear, status: { every: 1h } }
scenes:
  dawn: { prompt: mist }
  neon: { prompt: city }
triggers:
  each: { when: { cron: '*/5 * * * *' }, do: { scene: neon, fade: 0 } }
  nine: { when: { cron: '1 9 * * *' }, do: { scene: dawn, fade: 0 } }
  pad: { when: { osc: /pad/1 }, do: { scene: neon, fade: 0 } }
  hall: { when: { mqtt: hall/motion }, do: { scene: dawn, fade: 0 } }
inputs: { osc: {}, mqtt: { url: 'mqtt://localhost:1' } }
";

#[test]
fn triggers_that_stay_keep_their_times_and_the_others_change_at_once() {
    // It is 9 o'clock in Berlin.
    insta::assert_snapshot!(play(TRIGGERS, "
        0:30 edit osc: /pad/1 => osc: /pad/2
        0:31 osc /pad/1 1
        0:32 osc /pad/2 1
        0:40 edit mqtt: hall/motion => mqtt: foyer/motion
        0:41 mqtt hall/motion on
        0:42 mqtt foyer/motion on
        0:50 edit 1 9 * * * => 2 9 * * *
        3:00 edit 2 9 * * * => 3 9 * * *
        3:01 edit scene: neon, fade: 0 } => scene: neon, fade: 1s }
        5:30 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 mist 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:30.000 now: trigger `pad` changed
    0:31.000 refused osc: unknown address (1): /pad/1
    0:32.000 trigger pad (osc)
    0:32.000 wall to neon in 0s
    0:32.000 update wall | prompt mist 0.0 city 1.0 mist 0.0
    0:32.100 wall on neon
    0:40.000 now: trigger `hall` changed
    0:42.000 trigger hall (mqtt)
    0:42.000 wall to dawn in 0s
    0:42.000 update wall | prompt mist 1.0 city 0.0 mist 0.0
    0:42.100 wall on dawn
    0:50.000 now: trigger `nine` changed
    2:00.000 trigger nine (cron)
    3:00.000 now: trigger `nine` changed
    3:01.000 now: trigger `each` changed
    5:00.000 trigger each (cron)
    5:00.000 wall to neon in 1s
    5:00.000 update wall | prompt mist 0.84375 city 0.15625 mist 0.0
    5:00.300 update wall | prompt mist 0.42525 city 0.57475 mist 0.0
    5:00.600 update wall | prompt mist 0.06075 city 0.93925 mist 0.0
    5:00.900 update wall | prompt mist 0.0 city 1.0 mist 0.0
    5:01.000 wall on neon
    5:30.000 then waits for Cron
    ");
}

#[test]
fn what_cannot_change_while_a_stream_lives_says_so() {
    insta::assert_snapshot!(play(TRIGGERS, "
        0:05 edit backend: simulator => backend: simulator, stream: str_other
        0:06 edit blend: linear => blend: slerp, updates: { max_per_second: 2 }
        0:07 edit wall: { => hall: {
        0:08 edit timezone: => web: off;timezone:
        0:09 go neon 1s
        0:15 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 mist 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 not yet: stream `wall`: another `stream` is driven after a restart
    0:06.000 now: stream `wall`: `updates`
    0:06.000 not yet: stream `wall`: `blend` goes to or from `slerp` with a restart
    0:06.000 not yet: stream `wall`: another `stream` is driven after a restart
    0:07.000 not yet: stream `hall` begins with a restart
    0:07.000 not yet: stream `wall` is driven until a restart
    0:08.000 not yet: stream `hall` begins with a restart
    0:08.000 not yet: stream `wall` is driven until a restart
    0:08.000 not yet: `web` is another after a restart
    0:09.000 trigger go neon (http)
    0:09.000 wall to neon in 1s
    0:09.000 update wall | prompt mist 0.42525 city 0.57475 mist 0.0
    0:09.900 update wall | prompt mist 0.0 city 1.0 mist 0.0
    0:10.000 wall on neon
    0:15.000 then waits for Cron
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A reload of the same sheet at any moment, in any fade, pause or edit: not one action more, fewer or later.
    #[test]
    fn a_reload_of_the_same_file_is_nothing(
        moments in prop::collection::vec(0.1_f64..14.0, 1..6),
        edited in 0.5_f64..10.0,
    ) {
        let play = |reloads: &[f64]| {
            let mut script: Vec<(f64, Option<String>)> = vec![
                (1.0, Some("go neon 4s".to_owned())),
                (2.3, Some("go rain 5s".to_owned())),
                (3.1, Some("osc /segue/transition/pause".to_owned())),
                (4.0, Some("osc /segue/transition/resume".to_owned())),
                (edited, Some("edit prompt: city => prompt: town".to_owned())),
                (11.0, Some("go dawn 2s".to_owned())),
            ];
            script.extend(reloads.iter().map(|at| (*at, None)));
            script.sort_by(|a, b| a.0.total_cmp(&b.0));
            let each = "triggers:\n  each: { when: { cron: '*/7 * * * * *' }, do: { scene: rain, fade: 3s } }\n";
            let mut world = World::new(&format!("{SHOW}{each}"));
            for (at, line) in script {
                world.run_until(Mono(Duration::from_secs_f64(at)));
                match line {
                    Some(line) => world.obey(&line),
                    None => assert!(world.show.reload(&sheet(&world.yaml), world.now).is_empty()),
                }
            }
            world.run_until(Mono(Duration::from_secs(20)));
            world.lines
        };
        prop_assert_eq!(play(&moments), play(&[]));
    }
}
