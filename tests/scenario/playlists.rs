//! Playlists: in each order, under each hand, by the schedule, over restarts and edits.

use std::collections::BTreeMap;

use super::world::World;

/// Three scenes and a playlist whose steps are in place of `STEPS`.
const SHOW: &str = "
timezone: Europe/Berlin
streams:
  wall: { backend: simulator, blend: linear, start: rest, status: { every: 1h }, updates: { max_per_second: 1 } }
  floor: { backend: simulator, blend: linear, start: rest, status: { every: 1h }, updates: { max_per_second: 1 } }
scenes:
  rest: { prompt: water, fade: 2s }
  dawn: { prompt: mist, fade: 2s }
  neon: { prompt: city, fade: 2s }
  rain: { prompt: rain, fade: 2s }
playlists:
  evening: { order: loop, stream: wall, steps: [{ scene: dawn, hold: 1m }, { scene: neon, hold: 30s }, { scene: rain, hold: 8s }] }
inputs: { osc: {}, mqtt: { url: 'mqtt://localhost', base: segue } }
";

const EVENING: &str = "{ order: loop, stream: wall, steps: [{ scene: dawn, hold: 1m }, { scene: neon, hold: 30s }, { scene: rain, hold: 8s }] }";

fn show(list: &str) -> String {
    assert!(SHOW.contains(EVENING));
    SHOW.replace(EVENING, list)
}

/// Leaves out what is sent, and how streams came to be.
fn plot(transcript: &str) -> String {
    let is_plot = |line: &&str| {
        [" update ", " create ", " created as ", " is ONLINE", " on rest"]
            .iter()
            .all(|word| !line.contains(word))
    };
    transcript.lines().filter(is_plot).collect::<Vec<_>>().join("\n")
}

/// Leaves only where the playlists are.
fn steps(transcript: &str) -> String {
    let is_step =
        |line: &&str| line.contains("evening") || line.contains("night") || line.contains("refused");
    transcript.lines().filter(is_step).collect::<Vec<_>>().join("\n")
}

fn play(show: &str, script: &str) -> String {
    World::new(show).play(script)
}

#[test]
fn a_playlist_goes_on_by_itself_and_a_hold_counts_from_the_arrival() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening
        0:50 playlist evening
        3:00 end
    ")), @"");
}

#[test]
fn once_ends_with_its_last_hold_and_what_is_on_stays() {
    let once = show("{ steps: [{ scene: dawn, fade: 0s, hold: 5s }, { scene: neon, hold: 3s }] }");
    insta::assert_snapshot!(plot(&play(&once, "
        0:01 playlist evening
        0:30 end
    ")), @"");
}

#[test]
fn a_step_without_a_hold_waits_for_go_and_the_end_needs_none() {
    let cues = show(
        "{ steps: [{ scene: dawn, name: doors }, { scene: neon, follow: manual }, { scene: rain, hold: 1s..1s }, { scene: rest }] }",
    );
    insta::assert_snapshot!(steps(&play(&cues, "
        0:01 osc /segue/go
        1:00 osc /segue/go 1
        1:00.2 osc /segue/go 0
        2:00 mqtt segue/go/set GO
        2:30 go
        3:00 end
    ")), @"");
}

#[test]
fn a_go_that_comes_too_soon_is_refused_at_every_door() {
    insta::assert_snapshot!(steps(&play(SHOW, "
        0:01 playlist evening
        0:10 osc /segue/go
        0:10.05 mqtt segue/go/set GO
        0:10.06 go
        0:10.09 osc /segue/wall/go
        0:10.1 osc /segue/playlist/evening/go
        0:11 end
    ")), @"");
    let apart = SHOW.replace("inputs:", "go_apart: 0s\ninputs:");
    insta::assert_snapshot!(steps(&play(&apart, "
        0:10 osc /segue/go
        0:10.001 osc /segue/go
        0:11 end
    ")), @"");
}

#[test]
fn a_go_in_the_middle_of_a_fade_starts_from_where_the_mix_is() {
    let slow =
        SHOW.replace("neon: { prompt: city, fade: 2s }", "neon: { prompt: city, fade: 10s, easing: linear }");
    insta::assert_snapshot!(play(&slow, "
        0:05 playlist evening goto neon
        0:10 osc /segue/go
        0:13 end
    "), @"");
}

#[test]
fn hands_step_back_go_to_and_let_stand_by() {
    insta::assert_snapshot!(steps(&play(SHOW, "
        0:01 playlist evening
        0:10 back
        0:20 osc /segue/playlist/evening/goto 2
        0:25 back
        0:30 osc /segue/playlist/evening/standby rain
        0:31 osc /segue/playlist/evening/standby 9
        0:32 osc /segue/playlist/evening/standby 0
        0:40 go
        0:41 osc /segue/playlist/evening/goto
        0:42 osc /segue/playlist/evening/dance
        0:43 osc /segue/playlist/noon
        0:44 playlist evening back
        1:00 end
    ")), @"");
}

#[test]
fn a_pause_lets_the_hold_stand_and_a_stop_the_picture() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening
        0:02 mqtt segue/playlist/set {\"playlist\": \"evening\", \"do\": \"pause\"}
        0:10 playlist evening pause
        0:20 playlist evening resume
        0:50 playlist evening pause
        2:00 playlist evening
        2:30.5 playlist evening stop
        4:00 playlist evening pause
        4:01 playlist evening resume
        4:02 playlist evening stop
        4:03 playlist evening go
        4:10 end
    ")), @"");
}

#[test]
fn what_a_person_asks_for_stays_until_the_next_step() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening
        0:20 go rest
        1:10 end
    ")), @"");
}

/// Plays a minute of an order that chance has a say in, once with an API that fails.
fn chance(order: &str) -> String {
    let list = format!(
        "{{ order: {order}, stream: wall, steps: [{{ scene: dawn, hold: 1s..9s, weight: 3 }}, \
         {{ scene: neon, hold: 1s }}, {{ scene: rain, hold: 1s }}] }}"
    );
    let show = show(&list);
    let calm = steps(&play(&show, "0:01 playlist evening\n0:50 end"));
    let storm = steps(&play(&show, "0:01 playlist evening\n0:02 api down\n0:40 api up\n0:50 end"));
    assert_eq!(calm, storm);
    calm
}

#[test]
fn chance_is_the_seeds_and_faults_do_not_change_it() {
    insta::assert_snapshot!(chance("shuffle"), @"");
    insta::assert_snapshot!(chance("random"), @"");
}

#[test]
fn a_ping_pong_turns_at_its_ends() {
    let list = show(
        "{ order: ping-pong, stream: wall, steps: [{ scene: dawn, hold: 1s }, { scene: neon, hold: 1s }, { scene: rain, hold: 1s }] }",
    );
    insta::assert_snapshot!(steps(&play(&list, "0:01 playlist evening\n0:16 end")), @"");
}

#[test]
fn a_playlist_within_plays_a_round_and_then_the_next_step_comes() {
    let nested = SHOW.replace(
        "  evening:",
        "  night: { order: once, steps: [{ scene: rest, hold: 1s }, { playlist: evening }] }\n  evening:",
    );
    insta::assert_snapshot!(steps(&play(&nested, "
        0:01 playlist night
        0:10 playlist night back
        0:20 playlist night goto evening
        2:30 end
    ")), @"");
}

#[test]
fn another_playlist_takes_the_streams_that_it_wants() {
    let two = SHOW
        .replace("  evening:", "  night: { order: loop, steps: [{ scene: rest, hold: 1m }] }\n  evening:");
    insta::assert_snapshot!(plot(&play(&two, "
        0:01 playlist night
        0:10 playlist evening
        0:20 osc /segue/floor/go
        0:30 playlist night
        0:40 osc /segue/go
        0:50 end
    ")), @"");
}

#[test]
fn go_with_nothing_to_go_to_says_what_to_do() {
    let two = SHOW
        .replace("  evening:", "  night: { order: loop, steps: [{ scene: rest, hold: 1m }] }\n  evening:");
    let none = SHOW.replace(&format!("playlists:\n  evening: {EVENING}\n"), "");
    insta::assert_snapshot!(steps(&play(&two, "0:01 osc /segue/go\n0:02 osc /segue/floor/back\n0:03 end")), @"");
    insta::assert_snapshot!(steps(&play(&none, "0:01 osc /segue/go\n0:03 end")), @"");
}

#[test]
fn the_next_scene_takes_its_slots_ten_seconds_before() {
    let narrow = SHOW.replace("wall: { backend: simulator,", "wall: { backend: simulator, slots_max: 3,");
    insta::assert_snapshot!(play(&narrow, "
        0:01 playlist evening
        0:04 go rain 0s
        1:02 end
    "), @"");
}

/// In Berlin, where it is an hour later than the script's UTC.
fn scheduled() -> String {
    SHOW.replace(
        "inputs:",
        "schedule:
  - { days: TUE-SUN, from: '10:00', to: '10:02', play: evening }
  - { otherwise: rest }
inputs:",
    )
}

#[test]
fn a_window_plays_a_playlist_from_its_beginning_and_ends_it() {
    insta::assert_snapshot!(plot(&World::at(&scheduled(), "2026-11-20T08:59:00Z", &BTreeMap::new()).play("
        1:30 go rest
        4:00 playlist evening
        4:10 end
    ")), @"");
}

#[test]
fn who_is_powered_on_within_a_window_sees_the_first_step_at_once() {
    insta::assert_snapshot!(plot(&World::at(&scheduled(), "2026-11-20T09:01:00Z", &BTreeMap::new()).play("
        0:30 playlist evening stop
        2:00 end
    ")), @"");
}

#[test]
fn a_bypass_leaves_the_playlist_alone_and_a_gap_ends_what_was_due() {
    let gap = scheduled().replace("  - { otherwise: rest }\n", "");
    insta::assert_snapshot!(plot(&World::at(&gap, "2026-11-20T08:59:30Z", &BTreeMap::new()).play("
        0:40 bypass 10s
        3:00 end
    ")), @"");
}

#[test]
fn a_kill_costs_nothing_of_the_hold_and_a_long_night_goes_on_with_the_next_step() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening
        0:40 kill
        1:20 off 2m
        5:00 playlist evening pause
        5:10 kill
        6:00 playlist evening standby dawn
        6:05 kill
        6:10 playlist evening resume
        6:30 go
        6:40 playlist evening stop
        6:50 kill
        7:00 end
    ")), @"");
}

#[test]
fn the_order_of_chance_goes_on_over_a_kill() {
    let list = "{ order: shuffle, stream: wall, steps: [{ scene: dawn, hold: 1s }, { scene: neon, hold: 1s }, { scene: rain, hold: 1s }] }";
    let whole = steps(&play(&show(list), "0:01 playlist evening\n1:00 end"));
    let killed = steps(&play(&show(list), "0:01 playlist evening\n0:20.5 kill\n0:33.5 kill\n1:00 end"));
    let told = |text: &str| {
        let steps = text.lines().filter(|line| !line.contains("resumes"));
        steps.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&whole), told(&killed), "{whole}\n\n{killed}");
}

#[test]
fn an_edited_playlist_stays_at_its_step_or_at_the_nearest() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening goto neon
        0:10 edit steps: [ => steps: [{ scene: rest, hold: 5s }, 
        0:15 edit { scene: neon, hold: 30s },  => 
        0:40 edit order: loop => order: once
        1:00 edit   evening: =>   late:
        1:20 end
    ")), @"");
}

#[test]
fn cues_and_triggers_do_all_of_it() {
    let show = SHOW.replace(
        "inputs:",
        "cues:
  quiet: [{ playlist: evening, do: stop }, { scene: rest, stream: wall }]
triggers:
  start: { when: { osc: /start }, do: { playlist: evening } }
  third: { when: { osc: /third }, do: { playlist: evening, do: goto, step: 3 } }
  quiet: { when: { osc: /quiet }, do: { cue: quiet } }
inputs:",
    );
    insta::assert_snapshot!(plot(&play(&show, "
        0:01 osc /start
        0:02 osc /third
        0:04 osc /quiet
        0:10 end
    ")), @"");
}

#[test]
fn steps_that_take_no_time_come_ten_times_a_second_at_most() {
    let list = show(
        "{ order: loop, steps: [{ scene: dawn, fade: 0s, hold: 0s }, { scene: neon, fade: 0s, hold: 0s }] }",
    );
    let told = steps(&play(&list, "0:01 playlist evening\n0:11.05 end"));
    assert_eq!(told.lines().filter(|line| line.contains(", 0s")).count(), 101, "{told}");
}
