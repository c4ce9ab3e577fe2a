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
    let is_told = |line: &&str| !line.contains(" update wall") && !line.starts_with("0:00");
    lines.lines().filter(is_told).map(|line| format!("{line}\n")).collect()
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
    "), @"");
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
    "), @"");
}

#[test]
fn asked_for_again_the_hold_starts_again() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:05 osc /motion 1
        0:05 tell lane
        0:12 end
    "), @"");
}

#[test]
fn the_higher_priority_is_on_and_the_lower_waits_with_its_time_running() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /alarm 1
        0:03 osc /motion 1
        0:03 tell lane
        0:20 end
    "), @"");
}

#[test]
fn of_equals_the_newer_is_on() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:02 osc /visitor 1
        0:02 tell lane
        0:20 end
    "), @"");
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
    "), @"");
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
    "), @"");
}

#[test]
fn a_hand_takes_the_stream_and_keeps_it_where_nothing_is_due() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:01 tell lane
        0:10 osc /segue/mix/neon 0.6
        0:35 tell lane
        0:36 end
    "), @"");
}

#[test]
fn a_hand_that_rests_gives_the_stream_back_to_what_was_asked_for_meanwhile() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:10 osc /lights 1
        0:15 osc /segue/mix/neon 0.6
        0:15 tell lane
        0:40 end
    "), @"");
}

#[test]
fn a_hand_on_what_holds_gives_the_stream_back_to_the_base() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /motion 1
        0:03 osc /segue/mix/rain 0.5
        0:04 osc /motion 1
        0:04 tell lane
        0:30 end
    "), @"");
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
    "), @"");
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
    "), @"");
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
    "), @"");
}

#[test]
fn panic_works_from_every_door_and_for_one_stream() {
    let show = SHOW.replace("scenes:\n", "  floor: { backend: simulator, start: neon, status: { every: 1h } }\nscenes:\n");
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
    "), @"");
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
    "), @"");
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
    "), @"");
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
    "), @"");
}

#[test]
fn what_comes_next_is_known_while_something_holds() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /motion 1
        0:03 osc /segue/wall/scene/dark 0 2
        0:04 osc /lights 1
        0:09 end
    "), @"");
}

#[test]
fn no_more_wait_than_may() {
    let mut show = SHOW.replace("inputs:", "  VISITORS\ninputs:");
    let visitors: Vec<_> = (1..=9)
        .map(|n| format!("v{n}: {{ when: {{ osc: /v{n} }}, do: {{ scene: {{ prompt: p{n} }}, hold: 1m }} }}"))
        .collect();
    show = show.replace("VISITORS", &visitors.join("\n  "));
    let script: String = (1..=9).map(|n| format!("0:0{n} osc /v{n} 1\n")).collect();
    let lines = told(&show, &format!("{script}0:10 tell lane\n0:10 osc /alarm 1\n0:11 end"));
    insta::assert_snapshot!(
        lines.lines().filter(|line| line.contains("no more") || line.contains("has wall")).collect::<Vec<_>>().join("\n"),
        @""
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
    "), @"");
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
    "), @"");
}

#[test]
fn a_show_that_begins_anew_has_no_lanes() {
    let show = SHOW.replace("status:", "on_restart: restart, status:");
    insta::assert_snapshot!(told(&show, "
        0:01 panic
        0:04 kill
        0:04 tell lane
        0:05 end
    "), @"");
}

#[test]
fn a_show_that_finishes_counts_the_hold_from_there() {
    let show = SHOW.replace("status:", "on_restart: finish, status:");
    insta::assert_snapshot!(told(&show, "
        0:01 osc /segue/scene/rain 20 4
        0:03 kill
        0:03 tell lane
        0:30 end
    "), @"");
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
    "), @"");
}

#[test]
fn an_edit_of_operator_idle_counts_at_once() {
    insta::assert_snapshot!(told(SHOW, "
        0:01 osc /segue/mix/neon 0.5
        0:02 osc /lights 1
        0:03 edit operator_idle: 20s => operator_idle: 5s
        0:10 end
    "), @"");
}
