//! Lanes: who has a stream, and what it goes back to when they let go.

use std::time::Duration;

use segue::show::time::Mono;

use super::{World, play};

/// Three scenes, two things that hold, and a cron job and a sensor that ask for good.
const SHOW: &str = r#"
timezone: UTC
operator_idle: 20s
operator_release: 2s
panic: { scene: dark, fade: 1s }
streams:
  wall: { backend: simulator, blend: linear, start: dawn, status: { every: 1h } }
scenes:
  dawn: { prompt: mist, seed: 1, easing: linear, fade: 1s }
  neon: { prompt: city, seed: 1, easing: linear, fade: 1s }
  rain: { prompt: rain, seed: 1, easing: linear, fade: 1s }
  dark: { prompt: stars, seed: 1, easing: linear, fade: 9s }
cues:
  show: { scene: neon }
triggers:
  motion: { when: { osc: /motion }, do: { scene: neon, hold: 5s } }
  visitor: { when: { osc: /visitor }, do: { scene: rain, fade: 2s, hold: 4s, release: 3s } }
  alarm: { when: { osc: /alarm }, do: { scene: dark, fade: 0s, hold: 6s, priority: 2 } }
  lights: { when: { osc: /lights }, do: { scene: rain } }
  stop: { when: { osc: /stop }, do: { lane: panic } }
  calm: { when: { osc: /calm }, do: { lane: release } }
  hands_off: { when: { osc: /hands_off }, do: { lane: operator-release } }
  hush: { when: { osc: /hush }, do: { transition: pause } }
  on: { when: { osc: /on }, do: { transition: resume } }
inputs: { osc: {}, mqtt: { url: "mqtt://localhost", base: north } }
"#;

/// Plays a script and returns what people are told of, without what is sent.
fn told(show: &str, script: &str) -> String {
    let lines = play(show, script);
    let is_told = |line: &&str| !line.contains(" update ") && !line.starts_with("0:00");
    lines.lines().filter(is_told).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn what_holds_goes_back_to_what_is_due_by_then() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /motion 1
        0:01.5 tell lane
        0:04 osc /lights 1
        0:04 tell lane
        0:10 tell lane
        0:11 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 stars 0.0 city 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:01.000 update wall | prompt mist 0.75 stars 0.0 city 0.25
    0:01.300 update wall | prompt mist 0.45 stars 0.0 city 0.55
    0:01.500 override has wall (motion) 5.5 s, then base dawn (start)
    0:01.600 update wall | prompt mist 0.15 stars 0.0 city 0.85
    0:01.900 update wall | prompt mist 0.0 stars 0.0 city 1.0
    0:02.000 wall on neon
    0:04.000 trigger lights (osc)
    0:04.000 wall: rain beneath override: lights
    0:04.000 update wall | prompt mist 0.0 rain 0.0 city 1.0
    0:04.000 override has wall (motion) 3.0 s, then base rain (lights)
    0:07.000 wall override lets go to base: motion
    0:07.000 wall to rain in 1s
    0:07.000 update wall | prompt mist 0.0 rain 0.25 city 0.75
    0:07.300 update wall | prompt mist 0.0 rain 0.55 city 0.45
    0:07.600 update wall | prompt mist 0.0 rain 0.85 city 0.15
    0:07.900 update wall | prompt mist 0.0 rain 1.0 city 0.0
    0:08.000 wall on rain
    0:10.000 base has wall (lights)
    0:11.000 then waits for Poll
    ");
}

#[test]
fn the_hold_counts_from_the_arrival_and_the_way_back_has_its_own_time() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /visitor 1
        0:02 osc /hush 1
        0:02 tell lane
        0:10 osc /on 1
        0:10 tell lane
        0:20 end
    "), @r"
    0:01.000 trigger visitor (osc)
    0:01.000 wall override: visitor
    0:01.000 wall to rain in 2s
    0:02.000 trigger hush (osc)
    0:02.000 wall pause: rain
    0:02.000 override has wall (visitor), then base dawn (start)
    0:10.000 trigger on (osc)
    0:10.000 wall resume: rain
    0:10.000 override has wall (visitor) 5.0 s, then base dawn (start)
    0:10.950 wall on rain
    0:14.950 wall override lets go to base: visitor
    0:14.950 wall to dawn in 3s
    0:17.950 wall on dawn
    0:20.000 then waits for Poll
    ");
}

#[test]
fn asked_for_again_the_hold_starts_again() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:05 osc /motion 1
        0:05 tell lane
        0:12 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:05.000 trigger motion (osc)
    0:05.000 override has wall (motion) 5.0 s, then base dawn (start)
    0:10.000 wall override lets go to base: motion
    0:10.000 wall to dawn in 1s
    0:11.000 wall on dawn
    0:12.000 then waits for Poll
    ");
}

#[test]
fn the_higher_priority_is_on_and_the_lower_waits_with_its_time_running() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /alarm 1
        0:03 osc /motion 1
        0:03 tell lane
        0:20 end
    "), @r"
    0:01.000 trigger alarm (osc)
    0:01.000 wall override: alarm
    0:01.000 wall to dark in 0s
    0:01.100 wall on dark
    0:03.000 trigger motion (osc)
    0:03.000 wall: neon beneath override: motion
    0:03.000 override has wall (alarm) 4.0 s, then override neon (motion) 6.0 s, then base dawn (start)
    0:07.000 wall override lets go to override: alarm
    0:07.000 wall to neon in 0s
    0:07.100 wall on neon
    0:09.000 wall override lets go to base: motion
    0:09.000 wall to dawn in 1s
    0:10.000 wall on dawn
    0:20.000 then waits for Poll
    ");
}

#[test]
fn of_equals_the_newer_is_on() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:02 osc /visitor 1
        0:02 tell lane
        0:20 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:02.000 trigger visitor (osc)
    0:02.000 wall override: visitor
    0:02.000 wall to rain in 2s
    0:02.000 override has wall (visitor) 6.0 s, then override neon (motion) 5.0 s, then base dawn (start)
    0:04.000 wall on rain
    0:08.000 wall override lets go to base: visitor
    0:08.000 wall to dawn in 3s
    0:11.000 wall on dawn
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_person_has_the_last_word() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:03 go rain
        0:03 tell lane
        0:05 osc /motion 1
        0:05.5 osc /segue/transition/finish 1
        0:06 tell lane
        0:20 osc /segue/mix/rain 0.5
        0:21 osc /segue/cue/show 1
        0:22 tell lane
        0:25 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:03.000 trigger go rain (http)
    0:03.000 wall override lets go to base: motion
    0:03.000 wall to rain in 1s
    0:03.000 base has wall (go rain)
    0:04.000 wall on rain
    0:05.000 trigger motion (osc)
    0:05.000 wall override: motion
    0:05.000 wall to neon in 1s
    0:05.500 trigger /segue/transition/finish (osc)
    0:05.500 wall override lets go to base: motion
    0:06.000 wall on neon
    0:06.000 base has wall (/segue/transition/finish)
    0:20.000 wall operator: /segue/mix/rain
    0:21.000 trigger /segue/cue/show (osc)
    0:21.000 cue show
    0:21.000 wall operator lets go to base: /segue/mix/rain
    0:21.000 wall to neon in 1s
    0:22.000 wall on neon
    0:22.000 base has wall (show)
    0:25.000 then waits for Poll
    ");
}

#[test]
fn people_and_machines_may_ask_for_a_while() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/scene/neon 1 3
        0:07 go rain 1s 3s
        0:13 mqtt north/scene/set {\"scene\": \"neon\", \"hold\": \"3s\"}
        0:20 mqtt north/prompt/set {\"prompt\": \"fog\", \"fade\": 0, \"hold\": 2}
        0:23 mqtt north/scene/set {\"scene\": \"neon\", \"hold\": \"25h\"}
        0:24 osc /segue/scene/neon 1 soon
        0:30 end
    "), @r"
    0:01.000 trigger /segue/scene/neon (osc)
    0:01.000 wall override: /segue/scene/neon
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:05.000 wall override lets go to base: /segue/scene/neon
    0:05.000 wall to dawn in 1s
    0:06.000 wall on dawn
    0:07.000 trigger go rain (http)
    0:07.000 wall override: go rain
    0:07.000 wall to rain in 1s
    0:08.000 wall on rain
    0:11.000 wall override lets go to base: go rain
    0:11.000 wall to dawn in 1s
    0:12.000 wall on dawn
    0:13.000 trigger north/scene/set (mqtt)
    0:13.000 wall override: north/scene/set
    0:13.000 wall to neon in 1s
    0:14.000 wall on neon
    0:17.000 wall override lets go to base: north/scene/set
    0:17.000 wall to dawn in 1s
    0:18.000 wall on dawn
    0:20.000 trigger north/prompt/set (mqtt)
    0:20.000 wall override: north/prompt/set
    0:20.000 wall to “fog” in 0s
    0:20.100 wall on “fog”
    0:22.000 wall override lets go to base: north/prompt/set
    0:22.000 wall to dawn in 0s
    0:22.100 wall on dawn
    0:23.000 refused mqtt: bad hold (1): 25h is longer than a day
    0:24.000 refused osc: bad hold (1): `soon` is not a length of time
    0:30.000 then waits for Poll
    ");
}

#[test]
fn a_hand_takes_the_stream_and_keeps_it_where_nothing_is_due() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:01 tell lane
        0:10 osc /segue/mix/neon 0.6
        0:35 tell lane
        0:36 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:01.000 operator has wall (/segue/mix/neon) 20.0 s, then base dawn (start)
    0:30.000 wall operator lets go to base: /segue/mix/neon
    0:35.000 base has wall (/segue/mix/neon)
    0:36.000 then waits for Poll
    ");
}

#[test]
fn a_hand_that_rests_gives_the_stream_back_to_what_was_asked_for_meanwhile() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:10 osc /lights 1
        0:15 osc /segue/mix/neon 0.6
        0:15 tell lane
        0:40 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:10.000 trigger lights (osc)
    0:10.000 wall: rain beneath operator: lights
    0:15.000 operator has wall (/segue/mix/neon) 20.0 s, then base rain (lights)
    0:35.000 wall operator lets go to base: /segue/mix/neon
    0:35.000 wall to rain in 2s
    0:37.000 wall on rain
    0:40.000 then waits for Poll
    ");
}

#[test]
fn a_hand_on_what_holds_gives_the_stream_back_to_what_still_holds_or_to_the_base() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:03 osc /segue/mix/rain 0.5
        0:04 osc /motion 1
        0:04 tell lane
        0:30 osc /motion 1
        0:31 osc /segue/mix/rain 0.5
        0:49 osc /motion 1
        1:00 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:03.000 wall operator: /segue/mix/rain
    0:04.000 trigger motion (osc)
    0:04.000 wall: neon beneath operator: motion
    0:04.000 operator has wall (/segue/mix/rain) 19.0 s, then override neon (motion) 6.0 s, then base dawn (start)
    0:23.000 wall operator lets go to base: /segue/mix/rain
    0:23.000 wall to dawn in 2s
    0:25.000 wall on dawn
    0:30.000 trigger motion (osc)
    0:30.000 wall override: motion
    0:30.000 wall to neon in 1s
    0:31.000 wall on neon
    0:31.000 wall operator: /segue/mix/rain
    0:49.000 trigger motion (osc)
    0:49.000 wall: neon beneath operator: motion
    0:51.000 wall operator lets go to override: /segue/mix/rain
    0:51.000 wall to neon in 2s
    0:53.000 wall on neon
    0:55.000 wall override lets go to base: motion
    0:55.000 wall to dawn in 1s
    0:56.000 wall on dawn
    1:00.000 then waits for Poll
    ");
}

#[test]
fn a_transition_that_a_hand_leaves_half_way_stays_there_unless_something_is_due() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 go neon 20s
        0:02 osc /segue/transition/progress 0.4
        0:30 tell lane
        0:30 osc /segue/transition/progress 0.6
        0:31 panic
        0:33 release
        0:35 osc /lights 1
        1:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 stars 0.0 city 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 20s
    0:01.000 update wall | prompt mist 0.9887 stars 0.0 city 0.0113
    0:01.252 update wall | prompt mist 0.97611 stars 0.0 city 0.02389
    0:01.504 update wall | prompt mist 0.96351 stars 0.0 city 0.03649
    0:01.756 update wall | prompt mist 0.95092 stars 0.0 city 0.04908
    0:02.000 wall in a hand: neon
    0:02.000 wall operator: /segue/transition/progress
    0:02.000 update wall | prompt mist 0.6 stars 0.0 city 0.4
    0:22.000 wall operator lets go to base: /segue/transition/progress
    0:30.000 base has wall (/segue/transition/progress)
    0:30.000 wall operator: /segue/transition/progress
    0:30.000 update wall | prompt mist 0.4 stars 0.0 city 0.6
    0:31.000 trigger panic (http)
    0:31.000 wall panic: panic
    0:31.000 wall to dark in 1s
    0:31.000 update wall | prompt mist 0.3375 stars 0.15625 city 0.50625
    0:31.300 update wall | prompt mist 0.1701 stars 0.57475 city 0.25515
    0:31.600 update wall | prompt mist 0.0243 stars 0.93925 city 0.03645
    0:31.900 update wall | prompt mist 0.0 stars 1.0 city 0.0
    0:32.000 wall on dark
    0:33.000 trigger release (http)
    0:33.000 wall panic lets go to operator: panic
    0:33.000 wall to neon in 1s
    0:33.000 update wall | prompt mist 0.0625 stars 0.84375 city 0.09375
    0:33.300 update wall | prompt mist 0.2299 stars 0.42525 city 0.34485
    0:33.600 update wall | prompt mist 0.3757 stars 0.06075 city 0.56355
    0:33.900 update wall | prompt mist 0.4 stars 0.0 city 0.6
    0:34.000 wall on dawn 0.4 + neon 0.6
    0:35.000 trigger lights (osc)
    0:35.000 wall: rain beneath operator: lights
    0:35.000 update wall | prompt mist 0.4 rain 0.0 city 0.6
    0:50.000 wall operator lets go to base: /segue/transition/progress
    0:50.000 wall to rain in 2s
    0:50.000 update wall | prompt mist 0.38464 rain 0.0384 city 0.57696
    0:50.271 update wall | prompt mist 0.33589 rain 0.16029 city 0.50383
    0:50.543 update wall | prompt mist 0.26534 rain 0.33664 city 0.39801
    0:50.814 update wall | prompt mist 0.18501 rain 0.53747 city 0.27752
    0:51.086 update wall | prompt mist 0.10689 rain 0.73277 city 0.16034
    0:51.357 update wall | prompt mist 0.04298 rain 0.89255 city 0.06447
    0:51.629 update wall | prompt mist 0.00528 rain 0.98681 city 0.00791
    0:51.900 update wall | prompt mist 0.0 rain 1.0 city 0.0
    0:52.000 wall on rain
    1:00.000 then waits for Poll
    ");
}

#[test]
fn a_fader_that_says_where_it_is_already_takes_nothing() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0
        0:01 osc /segue/transition/progress 0.4
        0:01 tell lane
        0:02 osc /segue/mix/neon 0.5
        0:12 osc /segue/mix/neon 0.5
        0:12 tell lane
        0:13 osc /hands_off 1
        0:13 tell lane
        0:14 end
    "), @r"
    0:01.000 base has wall (start)
    0:02.000 wall operator: /segue/mix/neon
    0:12.000 operator has wall (/segue/mix/neon) 10.0 s, then base dawn (start)
    0:13.000 trigger hands_off (osc)
    0:13.000 wall operator lets go to base: /segue/mix/neon
    0:13.000 base has wall (/segue/mix/neon)
    0:14.000 then waits for Poll
    ");
}

/// What stands in the schedule is due whatever a hand has done before.
#[test]
fn a_hand_gives_the_stream_back_to_the_schedule_and_not_while_it_is_bypassed() {
    let show = format!("{SHOW}schedule: [{{ otherwise: dawn }}]\n");
    insta::assert_snapshot!(told(&show, "
        0:01 osc /segue/mix/neon 0.5
        0:30 bypass 1h
        0:31 osc /segue/mix/neon 0.5
        1:00 tell lane
        1:01 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:21.000 wall operator lets go to base: /segue/mix/neon
    0:21.000 wall to dawn in 2s
    0:23.000 wall on dawn
    0:30.000 trigger bypass (http)
    0:30.000 bypassed for 1h
    0:31.000 wall operator: /segue/mix/neon
    0:51.000 wall operator lets go to base: /segue/mix/neon
    1:00.000 base has wall (/segue/mix/neon)
    1:01.000 then waits for Keep
    ");
}

#[test]
fn never_is_never() {
    let show = SHOW.replace("status:", "operator_idle: never, status:");
    let mut world = World::new(&show).without_transcript();
    world.obey("osc /segue/mix/neon 0.5");
    world.obey("osc /lights 1");
    world.run_until(Mono(Duration::from_hours(48)));
    let lane = &world.show.snapshot(world.now).streams[0].lane;
    assert_eq!((lane.holder.as_str(), lane.hands_back_seconds), ("operator", None));
    world.obey("operator-release");
    world.run_until(Mono(Duration::from_hours(49)));
    assert_eq!(&*world.show.snapshot(world.now).streams[0].scene, "rain");
}

#[test]
fn panic_goes_there_at_once_cuts_the_second_time_and_stays_until_it_is_released() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /motion 1
        0:03 osc /segue/panic 0
        0:03 osc /segue/panic 1
        0:03.4 osc /segue/panic 1
        0:03.4 tell lane
        0:04 osc /segue/mix/neon 0.5
        0:05 go rain
        0:06 osc /lights 1
        0:07 osc /segue/transition/pause 1
        0:08 tell lane
        0:09 osc /segue/release 1
        0:12 osc /segue/release 1
        0:13 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 stars 0.0 city 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:01.000 update wall | prompt mist 0.75 stars 0.0 city 0.25
    0:01.300 update wall | prompt mist 0.45 stars 0.0 city 0.55
    0:01.600 update wall | prompt mist 0.15 stars 0.0 city 0.85
    0:01.900 update wall | prompt mist 0.0 stars 0.0 city 1.0
    0:02.000 wall on neon
    0:03.000 trigger /segue/panic (osc)
    0:03.000 wall panic: /segue/panic
    0:03.000 wall to dark in 1s
    0:03.000 update wall | prompt mist 0.0 stars 0.15625 city 0.84375
    0:03.300 update wall | prompt mist 0.0 stars 0.57475 city 0.42525
    0:03.400 trigger /segue/panic (osc)
    0:03.400 wall to dark in 0s
    0:03.400 update wall | prompt mist 0.0 stars 1.0 city 0.0
    0:03.400 panic has wall (/segue/panic), then override neon (motion) 3.6 s, then base dawn (start)
    0:03.500 wall on dark
    0:05.000 trigger go rain (http)
    0:05.000 wall: rain beneath panic: go rain
    0:05.000 update wall | prompt rain 0.0 stars 1.0 city 0.0
    0:06.000 trigger lights (osc)
    0:06.000 wall: rain beneath panic: lights
    0:07.000 trigger /segue/transition/pause (osc)
    0:08.000 panic has wall (/segue/panic), then base rain (lights)
    0:09.000 trigger /segue/release (osc)
    0:09.000 wall panic lets go to base: /segue/panic
    0:09.000 wall to rain in 1s
    0:09.000 update wall | prompt rain 0.15625 stars 0.84375 city 0.0
    0:09.300 update wall | prompt rain 0.57475 stars 0.42525 city 0.0
    0:09.600 update wall | prompt rain 0.93925 stars 0.06075 city 0.0
    0:09.900 update wall | prompt rain 1.0 stars 0.0 city 0.0
    0:10.000 wall on rain
    0:12.000 trigger /segue/release (osc)
    0:13.000 then waits for Poll
    ");
}

#[test]
fn panic_works_from_every_door_and_for_one_stream() {
    let show = SHOW.replace(
        "scenes:\n",
        "  floor: { backend: simulator, start: neon, status: { every: 1h } }\nscenes:\n",
    );
    insta::assert_snapshot!(told(&show, "
        0:01 mqtt north/wall/panic/set press
        0:02 mqtt north/panic/set OFF
        0:03 mqtt north/release/set {\"stream\": \"wall\"}
        0:04 osc /segue/floor/panic
        0:05 mqtt north/floor/release/set
        0:06 panic
        0:07 release floor
        0:08 release
        0:09 osc /stop 1
        0:10 osc /calm 1
        0:11 panic nowhere
        0:12 mqtt north/panic/set {\"scene\": \"dark\"}
        0:15 end
    "), @r"
    0:01.000 trigger north/wall/panic/set (mqtt)
    0:01.000 wall panic: north/wall/panic/set
    0:01.000 wall to dark in 1s
    0:02.000 wall on dark
    0:03.000 trigger north/release/set (mqtt)
    0:03.000 wall panic lets go to base: north/wall/panic/set
    0:03.000 wall to dawn in 1s
    0:04.000 wall on dawn
    0:04.000 trigger /segue/floor/panic (osc)
    0:04.000 floor panic: /segue/floor/panic
    0:04.000 floor to dark in 1s
    0:05.000 floor on dark
    0:05.000 trigger north/floor/release/set (mqtt)
    0:05.000 floor panic lets go to base: /segue/floor/panic
    0:05.000 floor to neon in 1s
    0:06.000 floor on neon
    0:06.000 trigger panic (http)
    0:06.000 wall panic: panic
    0:06.000 wall to dark in 1s
    0:06.000 floor panic: panic
    0:06.000 floor to dark in 1s
    0:07.000 wall on dark
    0:07.000 floor on dark
    0:07.000 trigger release (http)
    0:07.000 floor panic lets go to base: panic
    0:07.000 floor to neon in 1s
    0:08.000 floor on neon
    0:08.000 trigger release (http)
    0:08.000 wall panic lets go to base: panic
    0:08.000 wall to dawn in 1s
    0:09.000 wall on dawn
    0:09.000 trigger stop (osc)
    0:09.000 wall panic: stop
    0:09.000 wall to dark in 1s
    0:09.000 floor panic: stop
    0:09.000 floor to dark in 1s
    0:10.000 wall on dark
    0:10.000 floor on dark
    0:10.000 trigger calm (osc)
    0:10.000 wall panic lets go to base: stop
    0:10.000 wall to dawn in 1s
    0:10.000 floor panic lets go to base: stop
    0:10.000 floor to neon in 1s
    0:11.000 wall on dawn
    0:11.000 floor on neon
    0:11.000 refused http: unknown stream (1): nowhere
    0:12.000 refused mqtt: bad command (1): unknown key `scene`
    0:15.000 then waits for Poll
    ");
}

/// Without a scene of its own panic goes to where the stream starts, or to its base.
#[test]
fn panic_has_somewhere_to_go_without_being_told() {
    let show = SHOW.replace("panic: { scene: dark, fade: 1s }\n", "");
    let show = show.replace("scenes:\n", "  floor: { backend: simulator, status: { every: 1h } }\nscenes:\n");
    insta::assert_snapshot!(told(&show, "
        0:01 go rain
        0:03 panic
        0:05 release
        0:08 end
    "), @r"
    0:01.000 trigger go rain (http)
    0:01.000 wall to rain in 1s
    0:01.000 floor to rain in 1s
    0:02.000 wall on rain
    0:02.000 floor on rain
    0:03.000 trigger panic (http)
    0:03.000 wall panic: panic
    0:03.000 wall to dawn in 1s
    0:03.000 floor panic: panic
    0:03.000 floor to base in 1s
    0:04.000 wall on dawn
    0:04.000 floor on base
    0:05.000 trigger release (http)
    0:05.000 wall panic lets go to base: panic
    0:05.000 wall to rain in 1s
    0:05.000 floor panic lets go to base: panic
    0:05.000 floor to rain in 1s
    0:06.000 wall on rain
    0:06.000 floor on rain
    0:08.000 then waits for Poll
    ");
}

#[test]
fn a_hand_under_panic_goes_on_holding_what_it_held() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:05 osc /stop 1
        0:20 osc /segue/mix/neon 0.9
        0:30 tell lane
        0:30 osc /calm 1
        0:32 tell lane
        0:45 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:05.000 trigger stop (osc)
    0:05.000 wall panic: stop
    0:05.000 wall to dark in 1s
    0:06.000 wall on dark
    0:30.000 panic has wall (stop), then operator neon (/segue/mix/neon) 10.0 s, then base dawn (start)
    0:30.000 trigger calm (osc)
    0:30.000 wall panic lets go to operator: stop
    0:30.000 wall to neon in 1s
    0:31.000 wall on dawn 0.5 + neon 0.5
    0:32.000 operator has wall (/segue/mix/neon) 8.0 s, then base dawn (start)
    0:40.000 wall operator lets go to base: /segue/mix/neon
    0:45.000 then waits for Poll
    ");
}

#[test]
fn release_lets_go_of_hands_and_of_all_that_hold() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:02 osc /visitor 1
        0:03 release
        0:06 tell lane
        0:07 osc /motion 1
        0:08 osc /segue/mix/rain 0.5
        0:09 release
        0:12 tell lane
        0:13 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:02.000 trigger visitor (osc)
    0:02.000 wall override: visitor
    0:02.000 wall to rain in 2s
    0:03.000 trigger release (http)
    0:03.000 wall override lets go to base: visitor
    0:03.000 wall to dawn in 3s
    0:06.000 wall on dawn
    0:06.000 base has wall (start)
    0:07.000 trigger motion (osc)
    0:07.000 wall override: motion
    0:07.000 wall to neon in 1s
    0:08.000 wall on neon
    0:08.000 wall operator: /segue/mix/rain
    0:09.000 trigger release (http)
    0:09.000 wall operator lets go to base: /segue/mix/rain
    0:09.000 wall to dawn in 2s
    0:11.000 wall on dawn
    0:12.000 base has wall (start)
    0:13.000 then waits for Poll
    ");
}

#[test]
fn no_more_wait_than_may() {
    let mut show = SHOW.replace("inputs:", "  VISITORS\ninputs:");
    let visitors: Vec<_> = (1..=9)
        .map(|n| format!("v{n}: {{ when: {{ osc: /v{n} }}, do: {{ scene: {{ prompt: p{n} }}, hold: 1m }} }}"))
        .collect();
    show = show.replace("VISITORS", &visitors.join("\n  "));
    let script = (1..=9).map(|n| format!("0:0{n} osc /v{n} 1\n")).collect::<Vec<_>>().concat();
    let lines = told(&show, &format!("{script}0:10 tell lane\n0:10 osc /alarm 1\n0:11 end"));
    insta::assert_snapshot!(
        lines.lines().filter(|line| line.contains("no more") || line.contains("has wall")).collect::<Vec<_>>().join("\n"),
        @r"
        0:09.000 wall: v1/1 held no more: v1
        0:10.000 override has wall (v9) 63.0 s, then override v8/1 (v8) 62.0 s, then override v7/1 (v7) 61.0 s, then override v6/1 (v6) 60.0 s, then override v5/1 (v5) 59.0 s, then override v4/1 (v4) 58.0 s, then override v3/1 (v3) 57.0 s, then override v2/1 (v2) 56.0 s, then base dawn (start)
        0:10.000 wall: v2/1 held no more: v2
        "
    );
}

#[test]
fn holds_go_on_over_a_restart_by_the_clock() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:03 osc /lights 1
        0:04 kill
        0:04 tell lane
        0:10 osc /motion 1
        0:12 off 1h
        60:12 tell lane
        60:15 end
    "), @r"
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:03.000 trigger lights (osc)
    0:03.000 wall: rain beneath override: lights
    0:04.000 wall resumes to neon at 100 %, 0s left
    0:04.000 override has wall (motion) 3.0 s, then base rain (lights)
    0:04.100 wall attached to str_1
    0:04.200 wall on neon
    0:04.200 wall is ONLINE
    0:07.000 wall override lets go to base: motion
    0:07.000 wall to rain in 1s
    0:08.000 wall on rain
    0:10.000 trigger motion (osc)
    0:10.000 wall override: motion
    0:10.000 wall to neon in 1s
    0:11.000 wall on neon
    60:12.000 wall resumes to rain at 100 %, 0s left
    60:12.000 base has wall (lights)
    60:12.100 wall attached to str_1
    60:12.200 wall on rain
    60:12.200 wall is ONLINE
    60:15.000 then waits for Poll
    ");
}

#[test]
fn panic_and_hands_are_still_there_after_a_restart() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:04 osc /lights 1
        0:06 kill
        0:06 tell lane
        0:08 panic
        0:10 off 10s
        0:20 tell lane
        0:21 release
        0:26 tell lane
        0:27 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:04.000 trigger lights (osc)
    0:04.000 wall: rain beneath operator: lights
    0:06.000 wall resumes to neon at 100 %, 0s left
    0:06.000 operator has wall (/segue/mix/neon) 15.0 s, then base rain (lights)
    0:06.100 wall attached to str_1
    0:06.200 wall is ONLINE
    0:08.000 trigger panic (http)
    0:08.000 wall panic: panic
    0:08.000 wall to dark in 1s
    0:09.000 wall on dark
    0:20.000 wall resumes to dark at 100 %, 0s left
    0:20.000 panic has wall (panic), then operator neon (/segue/mix/neon) 1.0 s, then base rain (lights)
    0:20.100 wall attached to str_1
    0:20.200 wall on dark
    0:20.200 wall is ONLINE
    0:21.000 trigger release (http)
    0:21.000 wall panic lets go to base: panic
    0:21.000 wall to rain in 1s
    0:22.000 wall on rain
    0:26.000 base has wall (lights)
    0:27.000 then waits for Poll
    ");
}

#[test]
fn a_show_that_begins_anew_has_no_lanes() {
    let show = SHOW.replace("status:", "on_restart: restart, status:");
    insta::assert_snapshot!(told(&show, "
        0:01 panic
        0:04 kill
        0:04 tell lane
        0:05 end
    "), @r"
    0:01.000 trigger panic (http)
    0:01.000 wall panic: panic
    0:01.000 wall to dark in 1s
    0:02.000 wall on dark
    0:04.000 base has wall (start)
    0:04.100 wall attached to str_1
    0:04.200 wall on dawn
    0:04.200 wall is ONLINE
    0:05.000 then waits for Poll
    ");
}

#[test]
fn a_show_that_finishes_counts_the_hold_from_there() {
    let show = SHOW.replace("status:", "on_restart: finish, status:");
    insta::assert_snapshot!(told(&show, "
        0:01 osc /segue/scene/rain 20 4
        0:03 kill
        0:03 tell lane
        0:30 end
    "), @r"
    0:01.000 trigger /segue/scene/rain (osc)
    0:01.000 wall override: /segue/scene/rain
    0:01.000 wall to rain in 20s
    0:03.000 wall resumes to rain at 10 %, 1s left
    0:03.000 override has wall (/segue/scene/rain) 5.0 s, then base dawn (start)
    0:03.100 wall attached to str_1
    0:03.200 wall is ONLINE
    0:04.000 wall on rain
    0:08.000 wall override lets go to base: /segue/scene/rain
    0:08.000 wall to dawn in 20s
    0:28.000 wall on dawn
    0:30.000 then waits for Poll
    ");
}

#[test]
fn an_edit_changes_what_holds_and_what_waits_and_not_for_how_long() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /motion 1
        0:03 edit prompt: city => prompt: town
        0:04 edit prompt: mist => prompt: haze
        0:05 edit hold: 5s => hold: 50s
        0:05 tell lane
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 stars 0.0 city 0.0 | seed 1 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger motion (osc)
    0:01.000 wall override: motion
    0:01.000 wall to neon in 1s
    0:01.000 update wall | prompt mist 0.75 stars 0.0 city 0.25
    0:01.300 update wall | prompt mist 0.45 stars 0.0 city 0.55
    0:01.600 update wall | prompt mist 0.15 stars 0.0 city 0.85
    0:01.900 update wall | prompt mist 0.0 stars 0.0 city 1.0
    0:02.000 wall on neon
    0:03.000 now: scene `neon` changed
    0:03.000 update wall | prompt mist 0.0 town 0.0384 city 0.9616
    0:03.271 update wall | prompt mist 0.0 town 0.16029 city 0.83971
    0:03.543 update wall | prompt mist 0.0 town 0.33664 city 0.66336
    0:03.814 update wall | prompt mist 0.0 town 0.53747 city 0.46253
    0:04.000 now: scene `dawn` changed
    0:04.000 update wall | prompt haze 0.0 town 0.68359 city 0.31641
    0:04.300 update wall | prompt haze 0.0 town 0.87091 city 0.12909
    0:04.600 update wall | prompt haze 0.0 town 0.98397 city 0.01603
    0:04.900 update wall | prompt haze 0.0 town 1.0 city 0.0
    0:05.000 now: trigger `motion` changed
    0:05.000 override has wall (motion) 2.0 s, then base dawn (start)
    0:07.000 wall override lets go to base: motion
    0:07.000 wall to dawn in 1s
    0:07.000 update wall | prompt haze 0.25 town 0.75 city 0.0
    0:07.300 update wall | prompt haze 0.55 town 0.45 city 0.0
    0:07.600 update wall | prompt haze 0.85 town 0.15 city 0.0
    0:07.900 update wall | prompt haze 1.0 town 0.0 city 0.0
    0:08.000 wall on dawn
    0:20.000 then waits for Poll
    ");
}

#[test]
fn an_edit_of_operator_idle_counts_at_once() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:02 osc /lights 1
        0:03 edit operator_idle: 20s => operator_idle: 5s
        0:10 end
    "), @r"
    0:01.000 wall operator: /segue/mix/neon
    0:02.000 trigger lights (osc)
    0:02.000 wall: rain beneath operator: lights
    0:03.000 now: stream `wall`: `operator_idle`
    0:06.000 wall operator lets go to base: /segue/mix/neon
    0:06.000 wall to rain in 2s
    0:08.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_hand_gives_the_stream_back_to_the_playlist_that_plays() {
    let list = "playlists:\n  evening: { steps: [{ scene: neon, fade: 1s, hold: 10m }] }\ntriggers:\n";
    insta::assert_snapshot!(told(&SHOW.replace("triggers:\n", list), "
        0:01 playlist evening
        0:05 osc /segue/mix/rain 0.5
        0:40 tell lane
        0:41 end
    "), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: neon, 10m
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:05.000 wall operator: /segue/mix/rain
    0:25.000 wall operator lets go to base: /segue/mix/rain
    0:25.000 wall to neon in 2s
    0:27.000 wall on neon
    0:40.000 base has wall (playlist evening play)
    0:41.000 then waits for Playlist
    ");
}

#[test]
fn a_playlist_goes_on_beneath_panic_and_what_is_due_by_then_comes_back() {
    let list = "playlists:\n  evening: { order: loop, steps: [{ scene: neon, fade: 1s, hold: 5s }, { scene: rain, fade: 1s, hold: 1m }] }\ntriggers:\n";
    insta::assert_snapshot!(told(&SHOW.replace("triggers:\n", list), "
        0:01 playlist evening
        0:04 panic
        0:04.3 panic
        0:12 tell lane
        0:12 release
        0:14 end
    "), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: neon, 5s
    0:01.000 wall to neon in 1s
    0:02.000 wall on neon
    0:04.000 trigger panic (http)
    0:04.000 wall panic: panic
    0:04.000 wall to dark in 1s
    0:04.300 trigger panic (http)
    0:04.300 wall to dark in 0s
    0:04.500 wall on dark
    0:07.000 evening 2: rain, 1m
    0:07.000 wall: rain beneath panic: playlist
    0:12.000 panic has wall (panic), then base rain (playlist)
    0:12.000 trigger release (http)
    0:12.000 wall panic lets go to base: panic
    0:12.000 wall to rain in 1s
    0:13.000 wall on rain
    0:14.000 then waits for Playlist
    ");
}
