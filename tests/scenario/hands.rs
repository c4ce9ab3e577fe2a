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
    0:01.000 update wall | delta 0.775 | guidance_scale 1.45 | prompt mist 0.875 city 0.125 mist 0.0 | seed 1 0.0 2 1.0
    0:01.250 update wall | delta 0.705 | guidance_scale 2.15 | prompt mist 0.525 city 0.475 mist 0.0
    0:01.500 update wall | delta 0.655 | guidance_scale 2.2 | prompt mist 0.275 city 0.725 mist 0.0
    0:01.750 update wall | delta 0.605 | prompt mist 0.025 city 0.975 mist 0.0
    0:02.000 update wall | delta 0.555 | prompt mist 0.0 city 1.0 mist 0.0
    0:02.250 update wall | delta 0.505
    0:02.500 update wall | delta 0.455
    0:02.750 update wall | delta 0.405
    0:03.000 update wall | delta 0.4
    0:03.100 wall on neon
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
    0:01.000 update wall | delta 0.7 | guidance_scale 1.45 | prompt mist 0.75 city 0.25 mist 0.0 | seed 1 0.75 2 0.25
    0:01.250 update wall | delta 0.42 | guidance_scale 2.15 | prompt mist 0.05 city 0.95 mist 0.0 | seed 1 0.05 2 0.95
    0:01.500 update wall | delta 0.4 | guidance_scale 2.2 | prompt mist 0.0 city 1.0 mist 0.0 | seed 1 0.0 2 1.0
    0:01.600 wall on neon
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
    0:01.000 update wall | prompt mist 0.9375 flowers 0.0625 mist 0.0 | seed 1 0.9375 789 0.0625
    0:01.250 update wall | prompt mist 0.7625 flowers 0.2375 mist 0.0 | seed 1 0.7625 789 0.2375
    0:01.500 update wall | prompt mist 0.6375 flowers 0.3625 mist 0.0 | seed 1 0.6375 789 0.3625
    0:01.750 update wall | prompt mist 0.5125 flowers 0.4875 mist 0.0 | seed 1 0.5125 789 0.4875
    0:02.000 update wall | prompt mist 0.3875 flowers 0.6125 mist 0.0 | seed 1 0.3875 789 0.6125 | use_safety_checker false
    0:02.250 update wall | prompt mist 0.2625 flowers 0.7375 mist 0.0 | seed 1 0.2625 789 0.7375
    0:02.500 update wall | prompt mist 0.1375 flowers 0.8625 mist 0.0 | seed 1 0.1375 789 0.8625
    0:02.500 trigger /segue/transition/reverse (osc)
    0:02.500 wall reverse: dawn
    0:02.600 update wall | prompt mist 0.32437 flowers 0.67563 mist 0.0 | seed 1 0.32437 789 0.67563
    0:02.850 update wall | prompt mist 0.46812 flowers 0.53188 mist 0.0 | seed 1 0.46812 789 0.53188
    0:03.100 update wall | prompt mist 0.61187 flowers 0.38813 mist 0.0 | seed 1 0.61187 789 0.38813 | use_safety_checker true
    0:03.350 update wall | prompt mist 0.75563 flowers 0.24438 mist 0.0 | seed 1 0.75563 789 0.24438
    0:03.600 update wall | prompt mist 0.89937 flowers 0.10063 mist 0.0 | seed 1 0.89937 789 0.10063
    0:03.850 update wall | prompt mist 1.0 flowers 0.0 mist 0.0 | seed 1 1.0 789 0.0
    0:04.000 wall on dawn
    0:06.000 trigger /segue/scene/soon (osc)
    0:06.000 wall to soon in 2s
    0:06.000 update wall | prompt mist 0.8875 flowers 0.1125 mist 0.0 | seed 1 0.8875 789 0.1125 | use_safety_checker false
    0:06.250 update wall | prompt mist 0.7625 flowers 0.2375 mist 0.0 | seed 1 0.7625 789 0.2375
    0:06.500 update wall | prompt mist 0.6375 flowers 0.3625 mist 0.0 | seed 1 0.6375 789 0.3625
    0:06.750 update wall | prompt mist 0.5125 flowers 0.4875 mist 0.0 | seed 1 0.5125 789 0.4875
    0:07.000 update wall | prompt mist 0.3875 flowers 0.6125 mist 0.0 | seed 1 0.3875 789 0.6125
    0:07.250 update wall | prompt mist 0.2625 flowers 0.7375 mist 0.0 | seed 1 0.2625 789 0.7375
    0:07.500 update wall | prompt mist 0.1375 flowers 0.8625 mist 0.0 | seed 1 0.1375 789 0.8625
    0:07.750 update wall | prompt mist 0.0125 flowers 0.9875 mist 0.0 | seed 1 0.0125 789 0.9875
    0:08.000 update wall | prompt mist 0.0 flowers 1.0 mist 0.0 | seed 1 0.0 789 1.0
    0:08.100 wall on soon
    0:09.000 trigger /segue/scene/dawn (osc)
    0:09.000 wall to dawn in 1ms
    0:09.000 update wall | prompt mist 1.0 flowers 0.0 mist 0.0 | seed 1 1.0 789 0.0 | use_safety_checker true
    0:09.100 wall on dawn
    0:10.000 trigger /segue/scene/late (osc)
    0:10.000 wall to late in 2s
    0:10.000 update wall | prompt mist 0.8875 flowers 0.1125 mist 0.0 | seed 1 0.8875 789 0.1125
    0:10.250 update wall | prompt mist 0.7625 flowers 0.2375 mist 0.0 | seed 1 0.7625 789 0.2375
    0:10.500 update wall | prompt mist 0.6375 flowers 0.3625 mist 0.0 | seed 1 0.6375 789 0.3625
    0:10.750 update wall | prompt mist 0.5125 flowers 0.4875 mist 0.0 | seed 1 0.5125 789 0.4875
    0:11.000 update wall | prompt mist 0.3875 flowers 0.6125 mist 0.0 | seed 1 0.3875 789 0.6125
    0:11.250 update wall | prompt mist 0.2625 flowers 0.7375 mist 0.0 | seed 1 0.2625 789 0.7375
    0:11.500 update wall | prompt mist 0.1375 flowers 0.8625 mist 0.0 | seed 1 0.1375 789 0.8625
    0:11.750 update wall | prompt mist 0.0125 flowers 0.9875 mist 0.0 | seed 1 0.0125 789 0.9875
    0:12.000 update wall | prompt mist 0.0 flowers 1.0 mist 0.0 | seed 1 0.0 789 1.0 | use_safety_checker false
    0:12.100 wall on late
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
    0:01.500 update wall | prompt mist 0.98958 city 0.01042 rain 0.0 | seed 1 0.98958 2 0.01042
    0:02.000 update wall | prompt mist 0.97958 city 0.02042 rain 0.0 | seed 1 0.97958 2 0.02042
    0:02.000 wall in a hand: neon
    0:02.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:03.000 update wall | prompt mist 0.9 city 0.1 rain 0.0 | seed 1 0.9 2 0.1
    0:03.100 update wall | prompt mist 0.7 city 0.3 rain 0.0 | seed 1 0.7 2 0.3
    0:10.000 update wall | prompt mist 0.05 city 0.95 rain 0.0 | seed 1 0.05 2 0.95
    0:11.000 trigger /segue/transition/resume (osc)
    0:11.000 wall resume: neon
    0:11.500 update wall | prompt mist 0.03792 city 0.96208 rain 0.0 | seed 1 0.03792 2 0.96208
    0:12.000 wall in a hand: neon
    0:12.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:12.100 wall on neon
    0:14.000 then waits for Poll
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
    0:01.500 update wall | prompt mist 0.98958 city 0.01042 rain 0.0 | seed 1 0.98958 2 0.01042
    0:02.000 update wall | prompt mist 0.97958 city 0.02042 rain 0.0 | seed 1 0.97958 2 0.02042
    0:02.000 wall in a hand: neon
    0:02.100 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:03.000 refused mqtt: bad position (1): 2 is not from 0 to 1
    0:03.000 refused mqtt: bad command (1): `transition` and `progress` exclude each other
    0:04.000 trigger north/transition/set (mqtt)
    0:04.000 wall resume: neon
    0:04.500 update wall | prompt mist 0.48792 city 0.51208 rain 0.0 | seed 1 0.48792 2 0.51208
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
    0:01.500 update wall | prompt mist 0.98958 city 0.01042 rain 0.0 | seed 1 0.98958 2 0.01042
    0:02.000 update wall | prompt mist 0.97958 city 0.02042 rain 0.0 | seed 1 0.97958 2 0.02042
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
    0:01.000 update wall | prompt mist 0.75 city 0.25 rain 0.0 | seed 1 0.75 2 0.25
    0:01.250 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:02.000 update wall | prompt mist 0.4028 city 0.5 rain 0.0972 | seed 1 0.4028 2 0.5972
    0:02.250 update wall | prompt mist 0.4 city 0.5 rain 0.1 | seed 1 0.4 2 0.6
    0:03.000 update wall | prompt mist 0.6592 city 0.176 rain 0.1648 | seed 1 0.6592 2 0.3408
    0:03.250 update wall | prompt mist 0.66667 city 0.16667 rain 0.16667 | seed 1 0.66667 2 0.33333
    0:05.000 update wall | prompt mist 0.01867 city 0.49067 rain 0.49067 | seed 1 0.01867 2 0.98133
    0:05.250 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    0:05.350 wall on rain
    0:06.000 update wall | prompt mist 0.486 city 0.257 rain 0.257 | seed 1 0.486 2 0.514
    0:06.250 update wall | prompt mist 0.5 city 0.25 rain 0.25 | seed 1 0.5 2 0.5
    0:07.000 trigger go neon (http)
    0:07.000 wall to neon in 500ms
    0:07.000 update wall | prompt mist 0.275 city 0.5875 rain 0.1375 | seed 1 0.275 2 0.725
    0:07.250 update wall | prompt mist 0.025 city 0.9625 rain 0.0125 | seed 1 0.025 2 0.975
    0:07.500 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:07.600 wall on neon
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
    0:01.000 update wall | prompt mist 0.94048 city 0.05952 rain 0.0 | seed 1 0.94048 2 0.05952
    0:01.250 update wall | prompt mist 0.77381 city 0.22619 rain 0.0 | seed 1 0.77381 2 0.22619
    0:01.500 update wall | prompt mist 0.65476 city 0.34524 rain 0.0 | seed 1 0.65476 2 0.34524
    0:01.750 update wall | prompt mist 0.53571 city 0.46429 rain 0.0 | seed 1 0.53571 2 0.46429
    0:02.000 update wall | prompt mist 0.41667 city 0.58333 rain 0.0 | seed 1 0.41667 2 0.58333
    0:02.250 update wall | prompt mist 0.29762 city 0.70238 rain 0.0 | seed 1 0.29762 2 0.70238
    0:02.500 update wall | prompt mist 0.17857 city 0.82143 rain 0.0 | seed 1 0.17857 2 0.82143
    0:02.750 update wall | prompt mist 0.05952 city 0.94048 rain 0.0 | seed 1 0.05952 2 0.94048
    0:03.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.050 wall in a hand: neon
    0:03.100 update wall | prompt mist 0.5 city 0.5 rain 0.0 | seed 1 0.5 2 0.5
    0:05.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:05.125 wall on neon
    0:08.000 then waits for Poll
    ");
}
