//! Going on after the show was away: transitions, hands, what waits, and what the calendar wanted meanwhile.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use segue::show::{
    dice::Dice,
    event::{Command, Event, StreamIndex},
    memoir::Memoir,
    sheet::Verb,
    time::Mono,
    transition::Fader,
};
use serde_json::json;

use super::{
    SHOW, play,
    walk::go,
    world::{World, osc},
};

/// Shows every 5 s what is sent, so that transcripts are short.
fn calm(show: &str) -> String {
    show.replace("start: dawn", "start: dawn\n    updates: { max_per_second: 0.2 }")
}

fn with(key: &str) -> String {
    calm(SHOW).replace("    blend: linear", &format!("    blend: linear\n    {key}"))
}

#[test]
fn a_fade_goes_on_where_the_clock_says() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 off 10s
        1:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:30.000 wall resumes to neon at 50 %, 20s left
    0:30.100 wall attached to str_1
    0:30.100 update wall | prompt city 0.56469 mist 0.43531 rain 0.0 | seed 2 0.56469 1 0.43531
    0:30.200 wall is ONLINE
    0:35.075 update wall | prompt city 0.69115 mist 0.30885 rain 0.0 | seed 2 0.69115 1 0.30885
    0:40.017 update wall | prompt city 0.81469 mist 0.18531 rain 0.0 | seed 2 0.81469 1 0.18531
    0:44.958 update wall | prompt city 0.93823 mist 0.06177 rain 0.0 | seed 2 0.93823 1 0.06177
    0:49.900 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    0:50.000 wall on neon
    1:00.000 then waits for Poll
    ");
}

#[test]
fn a_fade_that_was_to_be_over_is_over_and_a_scene_at_rest_stays() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 off 2h
        130:00 off 8h
        620:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    120:20.000 wall resumes to neon at 100 %, 0s left
    120:20.100 wall attached to str_1
    120:20.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    120:20.200 wall on neon
    120:20.200 wall is ONLINE
    610:00.000 wall resumes to neon at 100 %, 0s left
    610:00.100 wall attached to str_1
    610:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    610:00.200 wall on neon
    610:00.200 wall is ONLINE
    620:00.000 then waits for Poll
    ");
}

#[test]
fn finish_arrives_where_it_was_going_and_restart_begins_with_the_first_scene() {
    let script = "
        0:10 go neon 40s
        0:20 off 5s
        0:40 end
    ";
    insta::assert_snapshot!(play(&with("on_restart: finish"), script), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:25.000 wall resumes to neon at 38 %, 1s left
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    0:25.200 wall is ONLINE
    0:30.100 wall on neon
    0:40.000 then waits for Poll
    ");
    insta::assert_snapshot!(play(&with("on_restart: restart"), script), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:25.200 wall on dawn
    0:25.200 wall is ONLINE
    0:40.000 then waits for Poll
    ");
}

#[test]
fn each_group_goes_on_in_its_own_time() {
    let show = calm(SHOW).replace("fade: 2s }\n  rain", "fade: { default: 20s, seed: 60s } }\n  rain");
    insta::assert_snapshot!(play(&show, "
        0:10 go neon
        0:25 off 15s
        1:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 1m
    0:10.000 update wall | prompt mist 0.87063 city 0.12937 rain 0.0 | seed 1 0.95688 2 0.04313
    0:14.975 update wall | prompt mist 0.62187 city 0.37813 rain 0.0 | seed 1 0.87396 2 0.12604
    0:19.950 update wall | prompt mist 0.37313 city 0.62687 rain 0.0 | seed 1 0.79104 2 0.20896
    0:24.925 update wall | prompt mist 0.12438 city 0.87563 rain 0.0 | seed 1 0.70813 2 0.29188
    0:40.000 wall resumes to neon at 50 %, 30s left
    0:40.100 wall attached to str_1
    0:40.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 0.54319 1 0.45681
    0:40.200 wall is ONLINE
    0:45.083 update wall | seed 2 0.62775 1 0.37225
    0:50.047 update wall | seed 2 0.71047 1 0.28953
    0:55.010 update wall | seed 2 0.79319 1 0.20681
    0:59.973 update wall | seed 2 0.87592 1 0.12408
    1:04.937 update wall | seed 2 0.95864 1 0.04136
    1:09.900 update wall | seed 2 1.0 1 0.0
    1:10.000 wall on neon
    1:20.000 then waits for Poll
    ");
}

#[test]
fn a_paused_one_stays_paused_and_one_in_a_hand_stays_where_the_hand_left_it() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 osc /segue/transition/pause
        0:30 off 3h
        180:40 osc /segue/transition/resume
        181:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:20.000 trigger /segue/transition/pause (osc)
    0:20.000 wall pause: neon
    180:30.000 wall resumes to neon at 31 %, 27s 431ms left
    180:30.100 wall attached to str_1
    180:30.100 update wall | prompt city 0.31422 mist 0.68578 rain 0.0 | seed 2 0.31422 1 0.68578
    180:30.200 wall is ONLINE
    180:40.000 trigger /segue/transition/resume (osc)
    180:40.000 wall resume: neon
    180:40.000 update wall | prompt city 0.38505 mist 0.61495 rain 0.0 | seed 2 0.38505 1 0.61495
    180:45.466 update wall | prompt city 0.5217 mist 0.4783 rain 0.0 | seed 2 0.5217 1 0.4783
    180:50.933 update wall | prompt city 0.65836 mist 0.34164 rain 0.0 | seed 2 0.65836 1 0.34164
    180:56.399 update wall | prompt city 0.79502 mist 0.20498 rain 0.0 | seed 2 0.79502 1 0.20498
    181:01.865 update wall | prompt city 0.93167 mist 0.06833 rain 0.0 | seed 2 0.93167 1 0.06833
    181:07.331 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    181:07.431 wall on neon
    181:20.000 then waits for Poll
    ");
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 osc /segue/transition/progress 0.75
        0:30 off 3h
        180:40 osc /segue/transition/progress 0.5
        180:50 osc /segue/transition/reverse
        181:30 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:20.000 wall in a hand: neon
    0:20.000 wall operator: /segue/transition/progress
    0:20.075 update wall | prompt mist 0.25 city 0.75 rain 0.0 | seed 1 0.25 2 0.75
    180:30.000 wall resumes to neon at 75 %, 10s left
    180:30.100 wall attached to str_1
    180:30.100 update wall | prompt city 0.75 mist 0.25 rain 0.0 | seed 2 0.75 1 0.25
    180:30.200 wall is ONLINE
    180:40.000 wall operator: /segue/transition/progress
    180:40.000 update wall | prompt city 0.5 mist 0.5 rain 0.0 | seed 2 0.5 1 0.5
    180:50.000 trigger /segue/transition/reverse (osc)
    180:50.000 wall operator lets go to base: /segue/transition/progress
    180:50.000 wall reverse: dawn
    180:50.000 update wall | prompt city 0.43531 mist 0.56469 rain 0.0 | seed 2 0.43531 1 0.56469
    180:54.975 update wall | prompt city 0.31094 mist 0.68906 rain 0.0 | seed 2 0.31094 1 0.68906
    180:59.950 update wall | prompt city 0.18656 mist 0.81344 rain 0.0 | seed 2 0.18656 1 0.81344
    181:04.925 update wall | prompt city 0.06219 mist 0.93781 rain 0.0 | seed 2 0.06219 1 0.93781
    181:09.900 update wall | prompt city 0.0 mist 1.0 rain 0.0 | seed 2 0.0 1 1.0
    181:10.000 wall on dawn
    181:30.000 then waits for Poll
    ");
}

#[test]
fn a_mix_that_a_hand_made_stays() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 osc /segue/mix/neon 0.3
        0:20 off 1h
        60:40 osc /segue/mix/neon 0
        60:50 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 wall operator: /segue/mix/neon
    0:10.000 update wall | prompt mist 0.7 city 0.3 rain 0.0 | seed 1 0.7 2 0.3
    60:20.000 wall resumes to dawn at 100 %, 0s left
    60:20.100 wall attached to str_1
    60:20.100 update wall | prompt mist 0.7 city 0.3 rain 0.0 | seed 1 0.7 2 0.3
    60:20.200 wall is ONLINE
    60:40.000 wall operator: /segue/mix/neon
    60:40.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    60:45.000 wall on dawn
    60:50.000 then waits for Lane
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "scripts and their transcripts, read as one")]
fn what_waits_goes_on_waiting_and_has_its_turn_by_the_clock() {
    let show = calm(SHOW).replace(
        "inputs:",
        "cues: { later: [{ scene: rain, fade: 20s, policy: queue }, { scene: dawn, fade: 20s, policy: queue }] }\ninputs:",
    );
    let script = |off: &str| {
        format!(
            "
        0:10 go neon 20s
        0:12 osc /segue/cue/later 1
        0:14 off {off}
        1:30 end
    "
        )
    };
    insta::assert_snapshot!(play(&show, &script("5s")), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 20s
    0:10.000 update wall | prompt mist 0.87063 city 0.12937 rain 0.0 | seed 1 0.87063 2 0.12937
    0:12.000 trigger /segue/cue/later (osc)
    0:12.000 cue later
    0:12.000 wall: rain waits for 1
    0:12.000 wall: dawn waits for 2
    0:19.000 wall resumes to neon at 45 %, 11s left
    0:19.100 wall attached to str_1
    0:19.100 update wall | prompt city 0.59125 mist 0.40875 rain 0.0 | seed 2 0.59125 1 0.40875
    0:19.200 wall is ONLINE
    0:24.550 update wall | prompt city 0.86625 mist 0.13375 rain 0.0 | seed 2 0.86625 1 0.13375
    0:29.900 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    0:30.000 wall on neon
    0:30.000 wall to rain in 20s
    0:30.000 update wall | prompt city 0.93531 mist 0.0 rain 0.06469
    0:34.975 update wall | prompt city 0.81094 mist 0.0 rain 0.18906
    0:39.950 update wall | prompt city 0.68656 mist 0.0 rain 0.31344
    0:44.925 update wall | prompt city 0.56219 mist 0.0 rain 0.43781
    0:49.900 update wall | prompt city 0.5 mist 0.0 rain 0.5
    0:50.000 wall on rain
    0:50.000 wall to dawn in 20s
    0:54.900 update wall | prompt city 0.3125 mist 0.375 rain 0.3125 | seed 2 0.625 1 0.375
    0:59.900 update wall | prompt city 0.1875 mist 0.625 rain 0.1875 | seed 2 0.375 1 0.625
    1:04.900 update wall | prompt city 0.0625 mist 0.875 rain 0.0625 | seed 2 0.125 1 0.875
    1:09.900 update wall | prompt city 0.0 mist 1.0 rain 0.0 | seed 2 0.0 1 1.0
    1:10.000 wall on dawn
    1:30.000 then waits for Poll
    ");
    insta::assert_snapshot!(play(&show, &script("41s")), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 20s
    0:10.000 update wall | prompt mist 0.87063 city 0.12937 rain 0.0 | seed 1 0.87063 2 0.12937
    0:12.000 trigger /segue/cue/later (osc)
    0:12.000 cue later
    0:12.000 wall: rain waits for 1
    0:12.000 wall: dawn waits for 2
    0:55.000 wall resumes to dawn at 25 %, 15s left
    0:55.100 wall attached to str_1
    0:55.100 update wall | prompt mist 0.37917 city 0.31042 rain 0.31042 | seed 1 0.37917 2 0.62083
    0:55.200 wall is ONLINE
    1:00.067 update wall | prompt mist 0.63125 city 0.18438 rain 0.18438 | seed 1 0.63125 2 0.36875
    1:04.983 update wall | prompt mist 0.87708 city 0.06146 rain 0.06146 | seed 1 0.87708 2 0.12292
    1:09.900 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    1:10.000 wall on dawn
    1:30.000 then waits for Poll
    ");
    insta::assert_snapshot!(play(&show, &script("70s")), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 20s
    0:10.000 update wall | prompt mist 0.87063 city 0.12937 rain 0.0 | seed 1 0.87063 2 0.12937
    0:12.000 trigger /segue/cue/later (osc)
    0:12.000 cue later
    0:12.000 wall: rain waits for 1
    0:12.000 wall: dawn waits for 2
    1:24.000 wall resumes to dawn at 100 %, 0s left
    1:24.100 wall attached to str_1
    1:24.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    1:24.200 wall on dawn
    1:24.200 wall is ONLINE
    1:30.000 then waits for Poll
    ");
}

#[test]
fn an_end_in_order_is_no_different_from_a_crash() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:12 osc /segue/transition/progress 0.75
        0:12.1 stop
        0:13 off 10s
        0:40 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:12.000 wall in a hand: neon
    0:12.000 wall operator: /segue/transition/progress
    0:12.000 update wall | prompt mist 0.25 city 0.75 rain 0.0 | seed 1 0.25 2 0.75
    0:23.000 wall resumes to neon at 75 %, 10s left
    0:23.100 wall attached to str_1
    0:23.100 update wall | prompt city 0.75 mist 0.25 rain 0.0 | seed 2 0.75 1 0.25
    0:23.200 wall is ONLINE
    0:40.000 then waits for Lane
    ");
}

#[test]
fn a_prompt_that_no_scene_has_comes_back_by_its_words() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 osc /segue/prompt fog 20
        0:20 off 5s
        0:40 off 1h
        61:00 osc /segue/prompt fog 20
        62:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger /segue/prompt (osc)
    0:10.000 wall to “fog” in 20s
    0:10.000 update wall | prompt mist 0.95412 fog 0.04588 rain 0.0 | seed 1 0.95412 789 0.04588
    0:14.975 update wall | prompt mist 0.67919 fog 0.32081 rain 0.0 | seed 1 0.67919 789 0.32081
    0:19.950 update wall | prompt mist 0.31377 fog 0.68623 rain 0.0 | seed 1 0.31377 789 0.68623
    0:25.000 wall resumes to “fog” at 75 %, 5s left
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt fog 0.95866 mist 0.04134 city 0.0 | seed 789 0.95866 1 0.04134 2 0.0
    0:25.200 wall is ONLINE
    0:30.000 update wall | prompt fog 1.0 mist 0.0 city 0.0 | seed 789 1.0 1 0.0 2 0.0
    0:30.100 wall on “fog”
    60:40.000 wall resumes to “fog” at 100 %, 0s left
    60:40.100 wall attached to str_1
    60:40.100 update wall | prompt fog 1.0 mist 0.0 city 0.0 | seed 789 1.0 1 0.0 2 0.0
    60:40.200 wall on “fog”
    60:40.200 wall is ONLINE
    61:00.000 trigger /segue/prompt (osc)
    62:00.000 then waits for Poll
    ");
}

#[test]
fn a_clock_that_was_set_while_the_show_was_away_moves_a_fade_within_its_bounds() {
    // Set back: no time has passed. Set forward: it is over.
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 off 5s clock -86400
        1:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:25.000 wall resumes to neon at 0 %, 40s left
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt city 0.06484 mist 0.93516 rain 0.0 | seed 2 0.06484 1 0.93516
    0:25.200 wall is ONLINE
    0:30.087 update wall | prompt city 0.19185 mist 0.80815 rain 0.0 | seed 2 0.19185 1 0.80815
    0:35.061 update wall | prompt city 0.31618 mist 0.68382 rain 0.0 | seed 2 0.31618 1 0.68382
    0:40.034 update wall | prompt city 0.44051 mist 0.55949 rain 0.0 | seed 2 0.44051 1 0.55949
    0:45.007 update wall | prompt city 0.56484 mist 0.43516 rain 0.0 | seed 2 0.56484 1 0.43516
    0:49.980 update wall | prompt city 0.68917 mist 0.31083 rain 0.0 | seed 2 0.68917 1 0.31083
    0:54.954 update wall | prompt city 0.8135 mist 0.1865 rain 0.0 | seed 2 0.8135 1 0.1865
    0:59.927 update wall | prompt city 0.93783 mist 0.06217 rain 0.0 | seed 2 0.93783 1 0.06217
    1:00.000 then waits for Keep
    ");
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 off 5s clock 86400
        0:30 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:25.000 wall resumes to neon at 100 %, 0s left
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    0:25.200 wall on neon
    0:25.200 wall is ONLINE
    0:30.000 then waits for Poll
    ");
}

#[test]
fn a_clock_that_is_set_while_the_show_runs_moves_no_fade_also_after_a_crash() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 40s
        0:20 clock 3600
        0:30 clock -7200
        0:35 kill
        1:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 40s
    0:10.000 update wall | prompt mist 0.93516 city 0.06484 rain 0.0 | seed 1 0.93516 2 0.06484
    0:14.988 update wall | prompt mist 0.81047 city 0.18953 rain 0.0 | seed 1 0.81047 2 0.18953
    0:19.975 update wall | prompt mist 0.68578 city 0.31422 rain 0.0 | seed 1 0.68578 2 0.31422
    0:24.962 update wall | prompt mist 0.56109 city 0.43891 rain 0.0 | seed 1 0.56109 2 0.43891
    0:29.950 update wall | prompt mist 0.43641 city 0.56359 rain 0.0 | seed 1 0.43641 2 0.56359
    0:34.938 update wall | prompt mist 0.31172 city 0.68828 rain 0.0 | seed 1 0.31172 2 0.68828
    0:35.000 wall resumes to neon at 62 %, 15s left
    0:35.100 wall attached to str_1
    0:35.100 update wall | prompt city 0.68958 mist 0.31042 rain 0.0 | seed 2 0.68958 1 0.31042
    0:35.200 wall is ONLINE
    0:40.067 update wall | prompt city 0.81563 mist 0.18437 rain 0.0 | seed 2 0.81563 1 0.18437
    0:44.983 update wall | prompt city 0.93854 mist 0.06146 rain 0.0 | seed 2 0.93854 1 0.06146
    0:49.900 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    0:50.000 wall on neon
    1:00.000 then waits for Poll
    ");
}

#[test]
fn a_scene_that_was_edited_away_means_a_clean_start() {
    insta::assert_snapshot!(play(&calm(SHOW), "
        0:10 go neon 4s
        0:20 rewrite neon: noir:
        0:20 off 5s
        0:40 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 4s
    0:10.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:15.000 wall on neon
    0:25.000 wall begins anew: the show has no scene `neon` any more
    0:25.100 wall attached to str_1
    0:25.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:25.200 wall on dawn
    0:25.200 wall is ONLINE
    0:40.000 then waits for Poll
    ");
}

const CALENDAR: &str = "
triggers:
  open: { when: { cron: '0 9 * * *' }, do: { scene: neon, fade: 0s } }
  close: { when: { cron: '0 18 * * *' }, do: { scene: rain, fade: 0s } }
inputs:";

fn calendar(from: &str, to: &str) -> String {
    calm(SHOW).replace("inputs:", &CALENDAR.replace(from, to))
}

/// The world of a show that begins at a time.
fn at(show: &str, wall: &str, script: &str) -> String {
    World::at(show, wall, &BTreeMap::new()).play(script)
}

#[test]
#[expect(clippy::too_many_lines, reason = "scripts and their transcripts, read as one")]
fn powered_on_late_it_makes_up_for_the_last_time_of_each_trigger_in_their_order() {
    // 08:00 UTC is nine o'clock in Berlin; the show begins a minute before, and is away from a minute after.
    let wall = "2026-11-22T07:59:00Z";
    insta::assert_snapshot!(at(&calendar("", ""), wall, "
        2:00 off 10h
        603:00 off 10m
        614:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger open (cron)
    1:00.000 wall to neon in 0s
    1:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    1:00.100 wall on neon
    602:00.000 wall resumes to neon at 100 %, 0s left
    602:00.000 close missed at 2026-11-22T17:00:00Z, made up
    602:00.000 trigger close (cron)
    602:00.000 wall to rain in 0s
    602:00.100 wall attached to str_1
    602:00.100 update wall | prompt city 0.5 mist 0.0 rain 0.5 | seed 2 1.0 1 0.0
    602:00.200 wall on rain
    602:00.200 wall is ONLINE
    613:00.000 wall resumes to rain at 100 %, 0s left
    613:00.100 wall attached to str_1
    613:00.100 update wall | prompt city 0.5 rain 0.5 mist 0.0 | seed 2 1.0 1 0.0
    613:00.200 wall on rain
    613:00.200 wall is ONLINE
    614:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(at(&calendar("18 * * *'", "18 * * *', catch_up: none"), wall, "
        2:00 off 10h
        603:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger open (cron)
    1:00.000 wall to neon in 0s
    1:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    1:00.100 wall on neon
    602:00.000 wall resumes to neon at 100 %, 0s left
    602:00.000 close missed at 2026-11-22T17:00:00Z, passed over
    602:00.100 wall attached to str_1
    602:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    602:00.200 wall on neon
    602:00.200 wall is ONLINE
    603:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(at(&calendar("18 * * *'", "18 * * *', catch_up_within: 30m"), wall, "
        2:00 off 10h
        603:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger open (cron)
    1:00.000 wall to neon in 0s
    1:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    1:00.100 wall on neon
    602:00.000 wall resumes to neon at 100 %, 0s left
    602:00.000 close missed at 2026-11-22T17:00:00Z, passed over
    602:00.100 wall attached to str_1
    602:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    602:00.200 wall on neon
    602:00.200 wall is ONLINE
    603:00.000 then waits for Poll
    ");
    // Away for three days: each once, the last one last. For three days without `open`: older than a day is forgotten.
    insta::assert_snapshot!(at(&calendar("", ""), wall, "
        2:00 off 72h
        4325:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger open (cron)
    1:00.000 wall to neon in 0s
    1:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    1:00.100 wall on neon
    4322:00.000 wall resumes to neon at 100 %, 0s left
    4322:00.000 close missed at 2026-11-24T17:00:00Z, made up
    4322:00.000 trigger close (cron)
    4322:00.000 wall to rain in 0s
    4322:00.000 trigger open (cron)
    4322:00.000 wall to neon in 0s
    4322:00.100 wall attached to str_1
    4322:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    4322:00.200 wall on neon
    4322:00.200 wall is ONLINE
    4325:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(at(&calendar("0 18 * * *", "0 18 * * SUN"), wall, "
        2:00 off 72h
        4325:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger open (cron)
    1:00.000 wall to neon in 0s
    1:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    1:00.100 wall on neon
    4322:00.000 wall resumes to neon at 100 %, 0s left
    4322:00.000 close missed at 2026-11-22T17:00:00Z, passed over
    4322:00.000 trigger open (cron)
    4322:00.100 wall attached to str_1
    4322:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    4322:00.200 wall on neon
    4322:00.200 wall is ONLINE
    4325:00.000 then waits for Poll
    ");
}

#[test]
fn a_first_start_owes_the_times_of_its_day_and_none_of_the_day_before() {
    insta::assert_snapshot!(at(&calendar("", ""), "2026-11-22T10:00:00Z", "0:05 end"), @r"
    0:00.000 open missed at 2026-11-22T08:00:00Z, made up
    0:00.000 trigger open (cron)
    0:00.000 wall to neon in 0s
    0:00.001 create wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on neon
    0:00.202 wall is ONLINE
    0:05.000 then waits for Poll
    ");
    insta::assert_snapshot!(at(&calendar("", ""), "2026-11-22T07:00:00Z", "0:05 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 then waits for Cron
    ");
    // A wildcard is no time of the day; the next comes soon.
    let show = calendar("0 9 * * *", "*/30 * * * *");
    insta::assert_snapshot!(at(&show, "2026-11-22T10:10:00Z", "0:05 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 then waits for Cron
    ");
}

#[test]
fn a_trigger_that_is_new_or_edited_owes_nothing_from_before() {
    let wall = "2026-11-22T12:00:00Z";
    insta::assert_snapshot!(at(&calendar("", ""), wall, "
        2:00 rewrite 18 12
        2:00 off 5m
        8:00 end
    "), @r"
    0:00.000 open missed at 2026-11-22T08:00:00Z, made up
    0:00.000 trigger open (cron)
    0:00.000 wall to neon in 0s
    0:00.001 create wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on neon
    0:00.202 wall is ONLINE
    7:00.000 wall resumes to neon at 100 %, 0s left
    7:00.100 wall attached to str_1
    7:00.100 update wall | prompt city 1.0 mist 0.0 rain 0.0 | seed 2 1.0 1 0.0
    7:00.200 wall on neon
    7:00.200 wall is ONLINE
    8:00.000 then waits for Poll
    ");
}

#[test]
fn what_goes_to_no_scene_is_not_made_up_for_unless_it_says_so() {
    let pause = |more: &str| {
        let trigger = format!(
            "triggers:\n  hush: {{ when: {{ cron: '0 9 * * *'{more} }}, do: {{ transition: pause }} }}\ninputs:"
        );
        calm(SHOW).replace("inputs:", &trigger)
    };
    let script = "
        0:20 go neon 24h
        1:00 off 2h
        125:00 end
    ";
    insta::assert_snapshot!(at(&pause(""), "2026-11-22T07:30:00Z", script), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:20.000 trigger go neon (http)
    0:20.000 wall to neon in 24h
    121:00.000 wall resumes to neon at 8 %, 21h 59m 20s left
    121:00.000 hush missed at 2026-11-22T08:00:00Z, passed over
    121:00.100 wall attached to str_1
    121:00.100 update wall | prompt city 0.08383 mist 0.91617 rain 0.0 | seed 2 0.08383 1 0.91617
    121:00.200 wall is ONLINE
    125:00.000 then waits for Fade
    ");
    insta::assert_snapshot!(at(&pause(", catch_up: last"), "2026-11-22T07:30:00Z", script), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:20.000 trigger go neon (http)
    0:20.000 wall to neon in 24h
    121:00.000 wall resumes to neon at 8 %, 21h 59m 20s left
    121:00.000 hush missed at 2026-11-22T08:00:00Z, made up
    121:00.000 trigger hush (cron)
    121:00.000 wall pause: neon
    121:00.100 wall attached to str_1
    121:00.100 update wall | prompt city 0.0838 mist 0.9162 rain 0.0 | seed 2 0.0838 1 0.9162
    121:00.200 wall is ONLINE
    125:00.000 then waits for Poll
    ");
}

/// Counts how often a trigger fires at a time of the day while the clock is tormented and the power fails.
#[test]
fn a_fixed_time_fires_once_a_day_whatever_becomes_of_the_clock_and_the_power() {
    let show = calm(SHOW).replace(
        "inputs:",
        "triggers: { open: { when: { cron: '30 2 * * *' }, do: { scene: neon, fade: 0s } } }\ninputs:",
    );
    // From an evening to the next noon in Berlin: a usual night, the one with a gap, the one with a repetition.
    for start in ["2026-11-21T20:00:00Z", "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"] {
        for (name, script) in [
            ("nothing", ""),
            ("killed before", "389:00 kill"),
            ("killed after", "391:00 kill\n400:00 kill"),
            ("off over it", "300:00 off 3h"),
            ("suspended over it", "300:00 clock 10800"),
            ("an hour forward before it", "300:00 clock 3600"),
            ("an hour back after it, and the power fails", "455:00 clock -3600\n456:00 kill"),
            ("an hour back after it, while off", "455:00 off 1m clock -3600"),
            ("an hour forward and back", "385:00 clock 3600\n386:00 clock -3600\n387:00 kill"),
            ("off twice", "300:00 off 2h\n421:00 off 1h"),
        ] {
            let lines = at(&show, start, &format!("{script}\n900:00 end"));
            let fired = lines.matches("trigger open (cron)").count();
            // The first start makes up for the night before.
            assert_eq!(fired, 2, "{start}, {name}:\n{lines}");
        }
    }
    // A clock that is wrong by a day skips one, whose time is made up for, or lives one again, whose time comes again.
    for (step, count) in [(86_400, 4), (-86_400, 3)] {
        let lines =
            at(&show, "2026-11-21T20:00:00Z", &format!("455:00 clock {step}\n456:00 kill\n2000:00 end"));
        assert_eq!(lines.matches("trigger open (cron)").count(), count, "{step}:\n{lines}");
    }
}

#[test]
fn a_hand_is_written_when_it_rests_and_a_gallery_twice_a_minute() {
    let mut world = World::new(SHOW).without_transcript();
    world.run_until(Mono(Duration::from_secs(10)));
    world.happen(go("neon", Some(Duration::from_mins(30))));
    let before = world.kept;
    // A thousand moves a second for 25 s.
    for tick in 0..25_000_u32 {
        world.run_until(Mono(Duration::from_secs(10) + Duration::from_millis(u64::from(tick))));
        let position = f64::from(tick % 1000) / 1001.0;
        world.happen(Event::Command(Command::Grab { position: Fader::new(position).unwrap(), stream: None }));
    }
    world.run_until(Mono(Duration::from_mins(1)));
    // The transition, the hand that took it, every ten seconds, and when it rests.
    assert!((4..=5).contains(&(world.kept - before)), "{} writes", world.kept - before);

    let show = SHOW.replace(
        "inputs:",
        "triggers: { a: { when: { cron: '*/2 * * * *' }, do: { scene: neon } }, b: { when: { cron: '1-59/2 * * * *' }, do: { scene: rain } } }\ninputs:",
    );
    let mut world = World::new(&show).without_transcript();
    world.run_until(Mono(Duration::from_hours(4)));
    assert!((478..=482).contains(&world.kept), "{} writes in four hours", world.kept);
    let kept = world.memoir.unwrap();
    // A few hundred bytes, of which each trigger that has ever fired has fifty.
    assert!(kept.len() < 700, "{} bytes: {kept}", kept.len());
}

#[test]
fn too_much_from_outside_leaves_the_scene_that_it_goes_to() {
    let mut world = World::new(&format!("{SHOW}text: {{ max_length: 1900 }}\n")).without_transcript();
    world.run_until(Mono(Duration::from_secs(5)));
    for number in 0..40 {
        let texts: Vec<_> =
            (0..8).map(|n| json!([format!("{number} {n} {}", "x".repeat(1800)), 1.0])).collect();
        let prompt = Command::Prompt {
            prompt: json!(texts),
            seed: None,
            stream: None,
            fade: Some(Duration::from_mins(1)),
            hold: None,
        };
        world.happen(Event::Command(prompt));
        world.run_until(Mono(Duration::from_secs(6 + number)));
    }
    let kept = world.memoir.clone().unwrap();
    assert!(kept.len() < 20_000, "{} bytes", kept.len());
    world.restart();
    world.run_until(Mono(Duration::from_mins(1)));
    assert!(
        world.show.snapshot(world.now).streams[0].scene.starts_with("“39 0 xxx"),
        "{:?}",
        world.show.snapshot(world.now).streams[0].scene
    );
}

/// Who asks ten times a second is on disk each time; a machine that asks a thousand times a second is once a second.
#[test]
fn what_is_asked_for_is_written_at_once_and_a_flood_once_a_second() {
    let mut world = World::new(SHOW).without_transcript();
    world.run_until(Mono(Duration::from_secs(20)));
    let ask = |world: &mut World, number: u32| {
        world.happen(go(["dawn", "neon", "rain"][number as usize % 3], Some(Duration::from_mins(10))));
    };
    for number in 1..=10 {
        let before = world.kept;
        ask(&mut world, number);
        assert_eq!(world.kept, before + 1, "ask {number}");
        let scene = world.show.snapshot(world.now).streams[0].scene.clone();
        assert!(world.memoir.as_ref().unwrap().contains(&*scene), "{:?}", world.memoir);
        world.run_until(world.now.mono + Duration::from_millis(10));
    }
    let (before, begin) = (world.kept, world.now.mono);
    for number in 1..=10_000 {
        ask(&mut world, number);
        world.run_until(begin + Duration::from_millis(u64::from(number)));
    }
    assert!((9..=11).contains(&(world.kept - before)), "{} writes in 10 s", world.kept - before);
}

/// What a walk asks for, and when: at least a second and a bit apart, so that at most the last one is not on disk yet.
fn asks(seed: u64) -> Vec<(Duration, Event)> {
    let mut dice = Dice::new(seed);
    let mut time = Duration::from_secs(1);
    let ask = |dice: &mut Dice| {
        let scene = ["dawn", "neon", "rain"][(dice.next_u64() % 3) as usize];
        let fade = Duration::from_secs_f64(dice.fraction() * 12.0);
        match dice.next_u64() % 12 {
            0..=4 => go(scene, Some(fade)),
            5 => osc(&format!("/segue/mix/{scene}"), &[&format!("{:.3}", dice.fraction())]),
            6 => Event::Command(Command::Steer { verb: Verb::Pause, stream: None }),
            7 => Event::Command(Command::Steer { verb: Verb::Resume, stream: None }),
            8 => Event::Command(Command::Steer { verb: Verb::Reverse, stream: None }),
            9 => {
                Event::Command(Command::Grab { position: Fader::new(dice.fraction()).unwrap(), stream: None })
            }
            10 => Event::Command(Command::Prompt {
                prompt: json!("fog"),
                seed: None,
                stream: None,
                fade: Some(fade),
                hold: None,
            }),
            _ => go(scene, None),
        }
    };
    (0..8)
        .map(|_| {
            time += Duration::from_secs_f64(1.2 + dice.fraction() * 4.0);
            (time, ask(&mut dice))
        })
        .collect()
}

const WALKED: &str = "
streams: { wall: { backend: simulator, start: dawn, status: { every: 1h } } }
scenes:
  dawn: { prompt: mist, seed: 1 }
  neon: { prompt: city, seed: 2, fade: { default: 3s, seed: 9s, delta: 1s }, delta: 0.4 }
  rain: { prompt: [[city, 0.5], [rain, 0.5]], seed: 2, easing: 'cubic-bezier(0.3, -0.6, 0.7, 1.6)', guidance_scale: 1.4 }
inputs: { osc: {} }
";

/// The times at which runs are compared: every 50 ms of a minute.
const GRID: u64 = 1200;

fn tick(number: u64) -> Duration {
    Duration::from_millis(50 * number)
}

/// Plays asks and returns the mix at each tick, by scene, and the world.
fn walk(asks: &[(Duration, Event)], doom: Option<(u32, Duration)>) -> (Vec<BTreeMap<String, f64>>, World) {
    let mut world = World::new(WALKED).without_transcript();
    world.doom = doom;
    let mut asks = asks.iter().peekable();
    let mut mixes = Vec::new();
    for number in 0..GRID {
        while let Some((time, event)) = asks.next_if(|(time, _)| *time <= tick(number)) {
            world.run_until(Mono(*time));
            world.happen(event.clone());
        }
        world.run_until(Mono(tick(number)));
        let mut mix = BTreeMap::new();
        for part in world.show.mix_at(StreamIndex(0), Mono(tick(number))).unwrap().parts() {
            *mix.entry(part.scene.name.to_string()).or_default() += part.weight;
        }
        mixes.push(mix);
    }
    (mixes, world)
}

/// Kills a walk at one of its actions and compares what follows with the walk that is not killed.
fn kill(seed: u64, action: u32, outage: Duration) -> bool {
    let asks = asks(seed);
    let (mixes, world) = walk(&asks, Some((action, outage)));
    assert_eq!((world.api.creates.len(), world.api.streams.len()), (1, 1), "one stream, created once");
    let Some(killed) = world.killed else { return false };
    let (begins, back) = (killed.mono.0.saturating_sub(outage), killed.mono.0);
    // What was asked for at the very moment may not be on disk yet; then it was never asked for.
    let kept: Option<Timestamp> = world.kept_at_doom;
    let origin = killed.wall - killed.mono.0;
    let reached = |time: Duration| kept.is_some_and(|kept| origin + time <= kept);
    let mut known = asks.clone();
    known.retain(|(time, _)| *time > begins || reached(*time));
    let (unkilled, _) = walk(&known, None);
    let next = asks.iter().map(|(time, _)| *time).find(|time| *time > begins).unwrap_or(tick(GRID));
    for number in 0..GRID {
        // A hand takes a quarter of a second to where it left the fader.
        if tick(number) < back + Duration::from_millis(300) || tick(number) >= next {
            continue;
        }
        let (one, other) = (&mixes[number as usize], &unkilled[number as usize]);
        for scene in one.keys().chain(other.keys()) {
            let weight = |mix: &BTreeMap<String, f64>| mix.get(scene).copied().unwrap_or_default();
            let apart = (weight(one) - weight(other)).abs();
            assert!(apart < 1e-6, "{scene} at {:?}: {one:?}, unkilled {other:?}", tick(number));
        }
    }
    true
}

#[test]
fn killed_at_any_action_a_walk_goes_on_as_if_nothing_had_been() {
    let mut dice = Dice::new(7);
    for seed in 1..=30 {
        // Every action of the first walk; of the others, some.
        let actions: Vec<u32> = match seed {
            1 => (1..400).collect(),
            _ => (0..12).map(|_| 1 + (dice.next_u64() % 250) as u32).collect(),
        };
        for action in actions {
            let outage = Duration::from_secs_f64(dice.fraction() * dice.fraction());
            let outage = if action % 2 == 0 { outage } else { Duration::ZERO };
            let killed = std::panic::catch_unwind(|| kill(seed, action, outage));
            let Ok(goes_on) = killed else {
                panic!("kill(seed {seed}, action {action}, outage {outage:?}) fell")
            };
            if !goes_on {
                break;
            }
        }
    }
}

#[test]
fn a_memoir_that_makes_no_sense_means_a_clean_start_and_never_a_panic() {
    let whole = {
        let mut world = World::new(WALKED).without_transcript();
        world.run_until(Mono(Duration::from_secs(2)));
        world.happen(go("rain", Some(Duration::from_secs(30))));
        world.run_until(Mono(Duration::from_secs(20)));
        world.happen(go("neon", None));
        world.memoir.unwrap()
    };
    for (from, to) in [
        ("\"rain\"", "\"ruin\""),
        ("\"fade\":9.0", "\"fade\":1e9"),
        ("\"fade\":9.0", "\"fade\":0.0"),
        ("\"passed\":", "\"passed\":9"),
        ("\"coast\":", "\"coast\":9"),
        ("[0,", "[9,"),
        ("\"owner\":", "\"owner\":7"),
        ("\"after\":", "\"after\":-"),
        ("\"target\":[[", "\"target\":[[0,0.5],["),
        ("\"groups\":{\"", "\"groups\":{\"x"),
    ] {
        assert!(whole.contains(from), "no {from} in {whole}");
        let mut world = World::new(WALKED);
        world.memoir = Some(whole.replace(from, to));
        let told = serde_json::from_str::<Memoir>(world.memoir.as_ref().unwrap()).unwrap();
        world.restart();
        world.run_until(Mono(Duration::from_secs(5)));
        let mix = world.show.mix_at(StreamIndex(0), world.now.mono).unwrap();
        let sum: f64 = mix.parts().iter().map(|part| part.weight).sum();
        assert!((sum - 1.0).abs() < 1e-9 && mix.parts().iter().all(|part| part.weight >= 0.0), "{told:?}");
        let anew = world.lines.contains("begins anew");
        // Shares that sum to something else are scaled, as everywhere.
        assert_eq!(anew, !from.starts_with("\"target"), "{from} {to}:\n{}", world.lines);
    }
}
