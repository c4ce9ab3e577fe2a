//! Paths in more than one hand: groups with times of their own, what switches instead of fading, a fader on the progress,
//! a bank of faders on the mix.

use super::{SHOW, play};

const GROUPS: &str = "
timezone: Europe/Berlin
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: { every: 1h }
    params: { guidance_scale: 1.2, delta: 0.8, use_safety_checker: true }
scenes:
  dawn: { prompt: mist, seed: 1, easing: linear }
  neon:
    prompt: city
    seed: 2
    delta: 0.4
    guidance_scale: 2.2
    easing: linear
    fade: { default: 1s, seed: 0s, delta: 2s, params: 500ms }
  open: { easing: linear, fade: 2s, use_safety_checker: false }
  late: { easing: linear, fade: 2s, use_safety_checker: false, switch_at: end }
  soon: { easing: linear, fade: 2s, use_safety_checker: false, switch_at: start }
inputs: { osc: {} }
";

#[test]
fn a_group_with_its_own_time_leaves_with_the_rest_and_arrives_alone() {
    insta::assert_snapshot!(play(GROUPS, "
        0:01 osc /segue/scene/neon
        0:05 end
    "), @r"
    0:00.001 create wall | delta 0.8 | guidance_scale 1.2 | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0 | use_safety_checker true
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/scene/neon (osc)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | delta 0.74 | guidance_scale 1.8 | prompt mist 0.7 city 0.3 mist 0.0 | seed 1 0.0 2 1.0
    0:01.400 update wall | delta 0.675 | guidance_scale 2.2 | prompt mist 0.375 city 0.625 mist 0.0
    0:01.650 update wall | delta 0.625 | prompt mist 0.125 city 0.875 mist 0.0
    0:01.900 update wall | delta 0.575 | prompt mist 0.0 city 1.0 mist 0.0
    0:02.150 update wall | delta 0.525
    0:02.400 update wall | delta 0.475
    0:02.650 update wall | delta 0.425
    0:02.900 update wall | delta 0.4
    0:03.000 wall on neon
    0:05.000 then waits for Poll
    ");
}

#[test]
fn a_plain_fade_takes_everything_along() {
    insta::assert_snapshot!(play(GROUPS, "
        0:01 go neon 500ms
        0:05 end
    "), @r"
    0:00.001 create wall | delta 0.8 | guidance_scale 1.2 | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0 | use_safety_checker true
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 500ms
    0:01.000 update wall | delta 0.56 | guidance_scale 1.8 | prompt mist 0.4 city 0.6 mist 0.0 | seed 1 0.4 2 0.6
    0:01.400 update wall | delta 0.4 | guidance_scale 2.2 | prompt mist 0.0 city 1.0 mist 0.0 | seed 1 0.0 2 1.0
    0:01.500 wall on neon
    0:05.000 then waits for Poll
    ");
}

#[test]
fn what_cannot_fade_switches_where_the_scene_says_and_goes_back_there() {
    insta::assert_snapshot!(play(GROUPS, "
        0:01 osc /segue/scene/open
        0:02.5 osc /segue/transition/reverse 1
        0:06 osc /segue/scene/soon
        0:09 osc /segue/scene/dawn 0.001
        0:10 osc /segue/scene/late
        0:14 end
    "), @r"
    0:00.001 create wall | delta 0.8 | guidance_scale 1.2 | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0 | use_safety_checker true
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/scene/open (osc)
    0:01.000 wall to open in 2s
    0:01.000 update wall | prompt mist 0.88214 flowers 0.11786 mist 0.0 | seed 1 0.88214 789 0.11786
    0:01.271 update wall | prompt mist 0.74643 flowers 0.25357 mist 0.0 | seed 1 0.74643 789 0.25357
    0:01.543 update wall | prompt mist 0.61071 flowers 0.38929 mist 0.0 | seed 1 0.61071 789 0.38929
    0:01.814 update wall | prompt mist 0.475 flowers 0.525 mist 0.0 | seed 1 0.475 789 0.525 | use_safety_checker false
    0:02.086 update wall | prompt mist 0.33929 flowers 0.66071 mist 0.0 | seed 1 0.33929 789 0.66071
    0:02.357 update wall | prompt mist 0.20357 flowers 0.79643 mist 0.0 | seed 1 0.20357 789 0.79643
    0:02.500 trigger /segue/transition/reverse (osc)
    0:02.500 wall reverse: dawn
    0:02.500 update wall | prompt mist 0.331 flowers 0.669 mist 0.0 | seed 1 0.331 789 0.669
    0:02.780 update wall | prompt mist 0.47967 flowers 0.52033 mist 0.0 | seed 1 0.47967 789 0.52033
    0:03.060 update wall | prompt mist 0.62833 flowers 0.37167 mist 0.0 | seed 1 0.62833 789 0.37167 | use_safety_checker true
    0:03.340 update wall | prompt mist 0.777 flowers 0.223 mist 0.0 | seed 1 0.777 789 0.223
    0:03.620 update wall | prompt mist 0.92567 flowers 0.07433 mist 0.0 | seed 1 0.92567 789 0.07433
    0:03.900 update wall | prompt mist 1.0 flowers 0.0 mist 0.0 | seed 1 1.0 789 0.0
    0:04.000 wall on dawn
    0:06.000 trigger /segue/scene/soon (osc)
    0:06.000 wall to soon in 2s
    0:06.000 update wall | prompt mist 0.88214 flowers 0.11786 mist 0.0 | seed 1 0.88214 789 0.11786 | use_safety_checker false
    0:06.271 update wall | prompt mist 0.74643 flowers 0.25357 mist 0.0 | seed 1 0.74643 789 0.25357
    0:06.543 update wall | prompt mist 0.61071 flowers 0.38929 mist 0.0 | seed 1 0.61071 789 0.38929
    0:06.814 update wall | prompt mist 0.475 flowers 0.525 mist 0.0 | seed 1 0.475 789 0.525
    0:07.086 update wall | prompt mist 0.33929 flowers 0.66071 mist 0.0 | seed 1 0.33929 789 0.66071
    0:07.357 update wall | prompt mist 0.20357 flowers 0.79643 mist 0.0 | seed 1 0.20357 789 0.79643
    0:07.629 update wall | prompt mist 0.06786 flowers 0.93214 mist 0.0 | seed 1 0.06786 789 0.93214
    0:07.900 update wall | prompt mist 0.0 flowers 1.0 mist 0.0 | seed 1 0.0 789 1.0
    0:08.000 wall on soon
    0:09.000 trigger /segue/scene/dawn (osc)
    0:09.000 wall to dawn in 1ms
    0:09.000 update wall | prompt mist 1.0 flowers 0.0 mist 0.0 | seed 1 1.0 789 0.0 | use_safety_checker true
    0:09.100 wall on dawn
    0:10.000 trigger /segue/scene/late (osc)
    0:10.000 wall to late in 2s
    0:10.000 update wall | prompt mist 0.88214 flowers 0.11786 mist 0.0 | seed 1 0.88214 789 0.11786
    0:10.271 update wall | prompt mist 0.74643 flowers 0.25357 mist 0.0 | seed 1 0.74643 789 0.25357
    0:10.543 update wall | prompt mist 0.61071 flowers 0.38929 mist 0.0 | seed 1 0.61071 789 0.38929
    0:10.814 update wall | prompt mist 0.475 flowers 0.525 mist 0.0 | seed 1 0.475 789 0.525
    0:11.086 update wall | prompt mist 0.33929 flowers 0.66071 mist 0.0 | seed 1 0.33929 789 0.66071
    0:11.357 update wall | prompt mist 0.20357 flowers 0.79643 mist 0.0 | seed 1 0.20357 789 0.79643
    0:11.629 update wall | prompt mist 0.06786 flowers 0.93214 mist 0.0 | seed 1 0.06786 789 0.93214
    0:11.900 update wall | prompt mist 0.0 flowers 1.0 mist 0.0 | seed 1 0.0 789 1.0 | use_safety_checker false
    0:12.000 wall on late
    0:14.000 then waits for Poll
    ");
}

#[test]
fn a_hand_can_have_the_progress() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 60s
        0:02 osc /segue/transition/progress 0
        0:03 osc /segue/transition/progress 0.1
        0:03.02 osc /segue/transition/progress 0.2
        0:03.04 osc /segue/transition/progress 0.3
        0:10 osc /segue/wall/transition/progress 0.95
        0:11 osc /segue/transition/resume 1
        0:12 osc /segue/*/transition/progress 1
        0:13 osc /segue/transition/progress 0.5
        0:14 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:01.220 update wall | prompt mist 0.98933 city 0.01067 rain 0.0 | seed 1 0.98933 2 0.01067
    0:01.866 update wall | prompt mist 0.97847 city 0.02153 rain 0.0 | seed 1 0.97847 2 0.02153
    0:02.000 wall in a hand: neon
    0:02.000 wall operator: /segue/transition/progress
    0:02.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:03.000 update wall | prompt mist 0.9 city 0.1 rain 0.0 | seed 1 0.9 2 0.1
    0:03.100 update wall | prompt mist 0.7 city 0.3 rain 0.0 | seed 1 0.7 2 0.3
    0:10.000 update wall | prompt mist 0.05 city 0.95 rain 0.0 | seed 1 0.05 2 0.95
    0:11.000 trigger /segue/transition/resume (osc)
    0:11.000 wall operator lets go to base: /segue/transition/progress
    0:11.000 wall resume: neon
    0:11.219 update wall | prompt mist 0.03936 city 0.96064 rain 0.0 | seed 1 0.03936 2 0.96064
    0:11.864 update wall | prompt mist 0.02851 city 0.97149 rain 0.0 | seed 1 0.02851 2 0.97149
    0:12.000 wall in a hand: neon
    0:12.000 wall operator: /segue/wall/transition/progress
    0:12.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:12.100 wall on neon
    0:14.000 then waits for Lane
    ");
}

#[test]
fn a_hand_can_have_it_by_mqtt() {
    let show =
        SHOW.replace("inputs: { osc: {} }", "inputs: { mqtt: { url: 'mqtt://localhost', base: north } }");
    insta::assert_snapshot!(play(&show, "
        0:01 go neon 60s
        0:02 mqtt north/transition/set {\"progress\": 0.5, \"stream\": \"wall\"}
        0:03 mqtt north/transition/set {\"progress\": 2}
        0:03 mqtt north/transition/set {\"progress\": 1, \"transition\": \"cut\"}
        0:04 mqtt north/transition/set resume
        0:05 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:01.220 update wall | prompt mist 0.98933 city 0.01067 rain 0.0 | seed 1 0.98933 2 0.01067
    0:01.866 update wall | prompt mist 0.97847 city 0.02153 rain 0.0 | seed 1 0.97847 2 0.02153
    0:02.000 wall in a hand: neon
    0:02.000 wall operator: north/transition/set
    0:02.000 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:03.000 refused mqtt: bad position (1): 2 is not from 0 to 1
    0:03.000 refused mqtt: bad command (1): `transition` and `progress` exclude each other
    0:04.000 trigger north/transition/set (mqtt)
    0:04.000 wall operator lets go to base: north/transition/set
    0:04.000 wall resume: neon
    0:04.220 update wall | prompt mist 0.48933 city 0.51067 rain 0.0 | seed 1 0.48933 2 0.51067
    0:04.866 update wall | prompt mist 0.47847 city 0.52153 rain 0.0 | seed 1 0.47847 2 0.52153
    0:05.000 then waits for Fade
    ");
}

#[test]
fn what_is_no_position_is_refused_and_moves_nothing() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 60s
        0:02 osc /segue/transition/pause 1
        0:03 osc /segue/transition/progress NaN
        0:03 osc /segue/transition/progress 1.5
        0:03 osc /segue/transition/progress -0.1
        0:03 osc /segue/transition/progress
        0:03 osc /segue/transition/progress T
        0:03 osc /segue/mix/neon inf
        0:03 osc /segue/mix/neon 0.5 0.7
        0:03 osc /segue/transition/progress 0.5 1
        0:03 osc /segue/mix/nowhere 0.5
        0:03 osc /segue/floor/transition/progress 0.5
        0:04 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:01.220 update wall | prompt mist 0.98933 city 0.01067 rain 0.0 | seed 1 0.98933 2 0.01067
    0:01.866 update wall | prompt mist 0.97847 city 0.02153 rain 0.0 | seed 1 0.97847 2 0.02153
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    0:03.000 refused osc: bad position (1): NaN is not from 0 to 1
    0:03.000 refused osc: unknown scene (1): nowhere
    0:03.000 refused osc: unknown stream (1): floor
    0:04.000 then waits for Tell
    ");
}

#[test]
fn a_bank_of_faders_mixes_the_scenes() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:02 osc /segue/mix/rain 0.2
        0:03 osc /segue/mix/neon 0
        0:04 osc /segue/mix/neon 0
        0:05 osc /segue/wall/mix/rain 1
        0:06 osc /segue/mix/rain 0.5
        0:07 go neon 500ms
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 wall operator: /segue/mix/neon
    0:01.000 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:02.000 update wall | prompt mist 0.4 city 0.5 rain 0.1 | seed 1 0.4 2 0.6
    0:03.000 update wall | prompt mist 0.66667 city 0.16667 rain 0.16667 | seed 1 0.66667 2 0.33333
    0:05.000 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    0:05.250 wall on rain
    0:06.000 update wall | prompt mist 0.5 city 0.25 rain 0.25 | seed 1 0.5 2 0.5
    0:07.000 trigger go neon (http)
    0:07.000 wall operator lets go to base: /segue/mix/neon
    0:07.000 wall to neon in 500ms
    0:07.000 update wall | prompt mist 0.2 city 0.7 rain 0.1 | seed 1 0.2 2 0.8
    0:07.400 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:07.500 wall on neon
    0:10.000 then waits for Poll
    ");
}

/// The last update of a fade is sent before the fade is over. A hand that takes the fader in between takes it from there.
#[test]
fn a_hand_takes_back_what_the_picture_was_led_to_the_end_of() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /segue/scene/neon 2.1
        0:03.05 osc /segue/transition/progress 0.5
        0:05 osc /segue/transition/progress 1
        0:08 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/scene/neon (osc)
    0:01.000 wall to neon in 2s 100ms
    0:01.000 update wall | prompt mist 0.89286 city 0.10714 rain 0.0 | seed 1 0.89286 2 0.10714
    0:01.250 update wall | prompt mist 0.77381 city 0.22619 rain 0.0 | seed 1 0.77381 2 0.22619
    0:01.500 update wall | prompt mist 0.65476 city 0.34524 rain 0.0 | seed 1 0.65476 2 0.34524
    0:01.750 update wall | prompt mist 0.53571 city 0.46429 rain 0.0 | seed 1 0.53571 2 0.46429
    0:02.000 update wall | prompt mist 0.41667 city 0.58333 rain 0.0 | seed 1 0.41667 2 0.58333
    0:02.250 update wall | prompt mist 0.29762 city 0.70238 rain 0.0 | seed 1 0.29762 2 0.70238
    0:02.500 update wall | prompt mist 0.17857 city 0.82143 rain 0.0 | seed 1 0.17857 2 0.82143
    0:02.750 update wall | prompt mist 0.05952 city 0.94048 rain 0.0 | seed 1 0.05952 2 0.94048
    0:03.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.050 wall in a hand: neon
    0:03.050 wall operator: /segue/transition/progress
    0:03.100 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:05.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:05.125 wall on neon
    0:08.000 then waits for Lane
    ");
}

#[test]
fn what_changes_nothing_is_not_told() {
    let told = |script: &str| {
        let told = play(SHOW, &format!("0:01 go neon 20s\n{script}\n0:40 end"));
        let steered = told.lines().filter(|line| line.contains(": neon") || line.contains(": dawn"));
        steered.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let verb = |at: &str, verb: &str| format!("{at} osc /segue/transition/{verb}\n");
    let twice = [verb("0:05", "finish"), verb("0:05.4", "finish")].concat();
    assert_eq!(told(&twice), ["0:05.000 wall finish: neon"]);
    let held = [verb("0:05", "pause"), verb("0:07", "pause"), verb("0:08", "resume"), verb("0:09", "resume")];
    assert_eq!(told(&held.concat()), ["0:05.000 wall pause: neon", "0:08.000 wall resume: neon"]);
    // In a hand that keeps it short of its end, a finish is one.
    let hand = "0:05 osc /segue/transition/progress 0.97\n".to_owned() + &verb("0:08", "finish");
    assert_eq!(told(&hand), ["0:05.000 wall in a hand: neon", "0:08.000 wall finish: neon"]);
    let arrives = play(SHOW, &format!("0:01 go neon 20s\n{hand}\n0:40 end"));
    assert!(arrives.contains("0:08.600 wall on neon"), "{arrives}");
}
