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
    0:05.000 update wall | prompt mist 0.98877 fog 0.01123 rain 0.0
    0:05.250 update wall | prompt mist 0.85757 fog 0.14243 rain 0.0
    0:05.500 update wall | prompt mist 0.70105 fog 0.29895 rain 0.0
    0:05.750 update wall | prompt mist 0.51875 fog 0.48125 rain 0.0
    0:06.000 update wall | prompt mist 0.3341 fog 0.6659 rain 0.0
    0:06.250 update wall | prompt mist 0.17054 fog 0.82946 rain 0.0
    0:06.500 update wall | prompt mist 0.05152 fog 0.94848 rain 0.0
    0:06.750 update wall | prompt mist 0.00046 fog 0.99954 rain 0.0
    0:07.000 update wall | prompt mist 0.0 fog 1.0 rain 0.0
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
    0:01.000 update wall | prompt mist 0.96875 city 0.03125 rain 0.0 | seed 1 0.96875 2 0.03125
    0:01.250 update wall | prompt mist 0.88125 city 0.11875 rain 0.0 | seed 1 0.88125 2 0.11875
    0:01.500 update wall | prompt mist 0.81875 city 0.18125 rain 0.0 | seed 1 0.81875 2 0.18125
    0:01.750 update wall | prompt mist 0.75625 city 0.24375 rain 0.0 | seed 1 0.75625 2 0.24375
    0:02.000 update wall | prompt mist 0.69375 city 0.30625 rain 0.0 | seed 1 0.69375 2 0.30625
    0:02.000 now: scene `neon` changed
    0:02.100 update wall | prompt mist 0.66875 city 0.30785 town 0.0234 | seed 1 0.66875 2 0.33125
    0:02.350 update wall | prompt mist 0.60625 city 0.31483 town 0.07892 | seed 1 0.60625 2 0.39375
    0:02.600 update wall | prompt mist 0.54375 city 0.2874 town 0.16885 | seed 1 0.54375 2 0.45625
    0:02.850 update wall | prompt mist 0.48125 city 0.23025 town 0.2885 | seed 1 0.48125 2 0.51875
    0:03.100 update wall | prompt mist 0.41875 city 0.15393 town 0.42732 | seed 1 0.41875 2 0.58125
    0:03.350 update wall | prompt mist 0.35625 city 0.07485 town 0.5689 | seed 1 0.35625 2 0.64375
    0:03.600 update wall | prompt mist 0.29375 city 0.01528 town 0.69097 | seed 1 0.29375 2 0.70625
    0:03.850 update wall | prompt mist 0.23125 city 0.0 town 0.76875 | seed 1 0.23125 2 0.76875
    0:04.100 update wall | prompt mist 0.16875 city 0.0 town 0.83125 | seed 1 0.16875 2 0.83125
    0:04.350 update wall | prompt mist 0.10625 city 0.0 town 0.89375 | seed 1 0.10625 2 0.89375
    0:04.600 update wall | prompt mist 0.04375 city 0.0 town 0.95625 | seed 1 0.04375 2 0.95625
    0:04.850 update wall | prompt mist 0.0 city 0.0 town 1.0 | seed 1 0.0 2 1.0
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
    0:01.000 update wall | prompt mist 0.96875 city 0.03125 rain 0.0 | seed 1 0.96875 2 0.03125
    0:01.250 update wall | prompt mist 0.88125 city 0.11875 rain 0.0 | seed 1 0.88125 2 0.11875
    0:01.500 update wall | prompt mist 0.81875 city 0.18125 rain 0.0 | seed 1 0.81875 2 0.18125
    0:01.750 update wall | prompt mist 0.75625 city 0.24375 rain 0.0 | seed 1 0.75625 2 0.24375
    0:02.000 update wall | prompt mist 0.69375 city 0.30625 rain 0.0 | seed 1 0.69375 2 0.30625
    0:02.000 now: scene `dawn` changed
    0:02.100 update wall | prompt mist 0.62151 city 0.33125 fog 0.04724 | seed 1 0.66875 2 0.33125
    0:02.350 update wall | prompt mist 0.48473 city 0.39375 fog 0.12152 | seed 1 0.60625 2 0.39375
    0:02.600 update wall | prompt mist 0.34251 city 0.45625 fog 0.20124 | seed 1 0.54375 2 0.45625
    0:02.850 update wall | prompt mist 0.21361 city 0.51875 fog 0.26764 | seed 1 0.48125 2 0.51875
    0:03.100 update wall | prompt mist 0.1109 city 0.58125 fog 0.30785 | seed 1 0.41875 2 0.58125
    0:03.350 update wall | prompt mist 0.04142 city 0.64375 fog 0.31483 | seed 1 0.35625 2 0.64375
    0:03.600 update wall | prompt mist 0.00635 city 0.70625 fog 0.2874 | seed 1 0.29375 2 0.70625
    0:03.850 update wall | prompt mist 0.0 city 0.76875 fog 0.23125 | seed 1 0.23125 2 0.76875
    0:04.100 update wall | prompt mist 0.0 city 0.83125 fog 0.16875 | seed 1 0.16875 2 0.83125
    0:04.350 update wall | prompt mist 0.0 city 0.89375 fog 0.10625 | seed 1 0.10625 2 0.89375
    0:04.600 update wall | prompt mist 0.0 city 0.95625 fog 0.04375 | seed 1 0.04375 2 0.95625
    0:04.850 update wall | prompt mist 0.0 city 1.0 fog 0.0 | seed 1 0.0 2 1.0
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
    0:05.000 update wall | prompt mist 0.98877 fog 0.01123 rain 0.0
    0:05.250 update wall | prompt mist 0.85757 fog 0.14243 rain 0.0
    0:05.500 update wall | prompt mist 0.70105 fog 0.29895 rain 0.0
    0:05.750 update wall | prompt mist 0.51875 fog 0.48125 rain 0.0
    0:06.000 update wall | prompt mist 0.3341 fog 0.6659 rain 0.0
    0:06.000 now: scene `dawn` changed
    0:06.100 update wall | prompt mist 0.17361 fog 0.75575 haze 0.07064
    0:06.350 update wall | prompt mist 0.12388 fog 0.67568 haze 0.20044
    0:06.600 update wall | prompt mist 0.10981 fog 0.5201 haze 0.37009
    0:06.850 update wall | prompt mist 0.10554 fog 0.33831 haze 0.55614
    0:07.100 update wall | prompt mist 0.08523 fog 0.1796 haze 0.73517
    0:07.350 update wall | prompt mist 0.03885 fog 0.07743 haze 0.88372
    0:07.600 update wall | prompt mist 0.00723 fog 0.0144 haze 0.97837
    0:07.850 update wall | prompt mist 0.0 fog 0.0 haze 1.0
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
    0:05.250 update wall | delta 0.53691
    0:05.500 update wall | delta 0.61958
    0:05.750 update wall | delta 0.6925
    0:06.000 update wall | delta 0.76636
    0:06.250 update wall | delta 0.83178
    0:06.500 update wall | delta 0.87939
    0:06.750 update wall | delta 0.89981
    0:07.000 update wall | delta 0.9
    0:09.000 now: stream `wall`: `params.delta`
    0:09.000 not yet: stream `wall`: `params.width` is another: that holds for a stream created after a restart
    0:09.250 update wall | delta 0.87151
    0:09.500 update wall | delta 0.84021
    0:09.750 update wall | delta 0.80375
    0:10.000 update wall | delta 0.76682
    0:10.250 update wall | delta 0.73411
    0:10.500 update wall | delta 0.7103
    0:10.750 update wall | delta 0.70009
    0:11.000 update wall | delta 0.7
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
    0:02.000 update wall | prompt mist 0.0 ember 0.96488 coal 0.03512
    0:02.250 update wall | prompt mist 0.0 ember 0.85757 coal 0.14243
    0:02.500 update wall | prompt mist 0.0 ember 0.70105 coal 0.29895
    0:02.750 update wall | prompt mist 0.0 ember 0.51875 coal 0.48125
    0:03.000 update wall | prompt mist 0.0 ember 0.3341 coal 0.6659
    0:03.250 update wall | prompt mist 0.0 ember 0.17054 coal 0.82946
    0:03.500 update wall | prompt mist 0.0 ember 0.05152 coal 0.94848
    0:03.750 update wall | prompt mist 0.0 ember 0.00046 coal 0.99954
    0:04.000 update wall | prompt mist 0.0 ember 0.0 coal 1.0
    0:05.000 trigger go rain (http)
    0:05.000 wall to rain in 1s
    0:05.000 update wall | prompt city 0.1125 rain 0.1125 coal 0.775 | seed 1 0.775 2 0.225
    0:05.250 update wall | prompt city 0.2375 rain 0.2375 coal 0.525 | seed 1 0.525 2 0.475
    0:05.500 update wall | prompt city 0.3625 rain 0.3625 coal 0.275 | seed 1 0.275 2 0.725
    0:05.500 trigger /segue/cue/then (osc)
    0:05.500 cue then
    0:05.500 wall: neon waits for 1
    0:05.600 now: scene `neon` changed
    0:05.750 update wall | prompt city 0.4875 rain 0.4875 coal 0.025 town 0.0 | seed 1 0.025 2 0.975
    0:06.000 update wall | prompt city 0.5 rain 0.5 coal 0.0 town 0.0 | seed 1 0.0 2 1.0
    0:06.100 wall on rain
    0:06.100 wall to neon in 0s
    0:06.100 update wall | prompt city 0.0 rain 0.0 coal 0.0 town 1.0
    0:06.200 wall on neon
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
    5:00.000 update wall | prompt mist 0.87091 city 0.12909 mist 0.0
    5:00.250 update wall | prompt mist 0.53747 city 0.46253 mist 0.0
    5:00.500 update wall | prompt mist 0.18528 city 0.81472 mist 0.0
    5:00.750 update wall | prompt mist 0.00184 city 0.99816 mist 0.0
    5:01.000 update wall | prompt mist 0.0 city 1.0 mist 0.0
    5:01.100 wall on neon
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
    0:09.000 update wall | prompt mist 0.84375 city 0.15625 mist 0.0
    0:09.500 update wall | prompt mist 0.06075 city 0.93925 mist 0.0
    0:10.000 update wall | prompt mist 0.0 city 1.0 mist 0.0
    0:10.100 wall on neon
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
