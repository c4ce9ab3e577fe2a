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
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:03.000 wall on dawn
    0:50.000 trigger playlist evening play (http)
    1:03.000 evening 2: neon, 30s
    1:03.000 wall to neon in 2s
    1:05.000 wall on neon
    1:35.000 evening 3: rain, 8s
    1:35.000 wall to rain in 2s
    1:37.000 wall on rain
    1:45.000 evening 1: dawn, 1m
    1:45.000 wall to dawn in 2s
    1:47.000 wall on dawn
    2:47.000 evening 2: neon, 30s
    2:47.000 wall to neon in 2s
    2:49.000 wall on neon
    3:00.000 then waits for Playlist
    ");
}

#[test]
fn once_ends_with_its_last_hold_and_what_is_on_stays() {
    let once = show("{ steps: [{ scene: dawn, fade: 0s, hold: 5s }, { scene: neon, hold: 3s }] }");
    insta::assert_snapshot!(plot(&play(&once, "
        0:01 playlist evening
        0:30 end
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 5s
    0:01.000 wall to dawn in 0s
    0:01.000 floor to dawn in 0s
    0:01.100 wall on dawn
    0:01.100 floor on dawn
    0:06.000 evening 2: neon, 3s
    0:06.000 wall to neon in 2s
    0:06.000 floor to neon in 2s
    0:08.000 wall on neon
    0:08.000 floor on neon
    0:11.000 evening ends: over
    0:30.000 then waits for Poll
    ");
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
    ")), @r"
    0:01.000 evening starts
    0:01.000 evening 1: doors, GO
    1:00.000 evening 2: neon, GO
    2:00.000 evening 3: rain, 1s
    2:03.000 evening 4: rest, 0s
    2:05.000 evening ends: over
    2:30.000 evening starts
    2:30.000 evening 1: doors, GO
    ");
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
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:10.000 evening 2: neon, 30s
    0:10.050 refused mqtt: too soon (1): GO for evening
    0:10.060 refused http: too soon (1): GO for evening
    0:10.090 refused osc: too soon (1): GO for evening
    0:10.100 trigger /segue/playlist/evening/go (osc)
    0:10.100 evening 3: rain, 8s
    ");
    let apart = SHOW.replace("inputs:", "go_apart: 0s\ninputs:");
    insta::assert_snapshot!(steps(&play(&apart, "
        0:10 osc /segue/go
        0:10.001 osc /segue/go
        0:11 end
    ")), @r"
    0:10.000 evening starts
    0:10.000 evening 1: dawn, 1m
    0:10.001 evening 2: neon, 30s
    ");
}

#[test]
fn a_go_in_the_middle_of_a_fade_starts_from_where_the_mix_is() {
    let slow =
        SHOW.replace("neon: { prompt: city, fade: 2s }", "neon: { prompt: city, fade: 10s, easing: linear }");
    insta::assert_snapshot!(play(&slow, "
        0:05 playlist evening goto neon
        0:10 osc /segue/go
        0:13 end
    "), @r"
    0:00.001 create wall | prompt water 1.0 mist 0.0 city 0.0 | seed 789 1.0
    0:00.001 create floor | prompt water 1.0 mist 0.0 city 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.101 floor created as str_2
    0:00.102 wall on rest
    0:00.102 floor on rest
    0:00.202 wall is ONLINE
    0:00.202 floor is ONLINE
    0:05.000 trigger playlist evening goto (http)
    0:05.000 evening starts
    0:05.000 evening 2: neon, 30s
    0:05.000 wall to neon in 10s
    0:05.000 update wall | prompt water 0.9405 mist 0.0 city 0.0595
    0:05.990 update wall | prompt water 0.8415 mist 0.0 city 0.1585
    0:06.980 update wall | prompt water 0.7425 mist 0.0 city 0.2575
    0:07.970 update wall | prompt water 0.6435 mist 0.0 city 0.3565
    0:08.960 update wall | prompt water 0.5445 mist 0.0 city 0.4555
    0:09.950 update wall | prompt water 0.4455 mist 0.0 city 0.5545
    0:10.000 trigger /segue/go (osc)
    0:10.000 evening 3: rain, 8s
    0:10.000 wall to rain in 2s
    0:10.050 update wall | prompt water 0.31626 mist 0.0 city 0.45981 rain 0.22392
    0:11.000 update wall | prompt water 0.04966 mist 0.0 city 0.07943 rain 0.87091
    0:12.000 update wall | prompt water 0.0 mist 0.0 city 0.0 rain 1.0
    0:12.100 wall on rain
    0:13.000 then waits for Playlist
    ");
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
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:10.000 evening 3: rain, 8s
    0:20.000 evening 1: dawn, 1m
    0:20.000 trigger /segue/playlist/evening/goto (osc)
    0:20.000 evening 2: neon, 30s
    0:25.000 evening 1: dawn, 1m
    0:30.000 trigger /segue/playlist/evening/standby (osc)
    0:30.000 evening standby 3
    0:31.000 refused osc: unknown step (1): 9 of evening
    0:40.000 evening 3: rain, 8s
    0:41.000 refused osc: bad step (1): `goto` wants a step: its number from 1, or its name
    0:42.000 refused osc: unknown verb (1): dance
    0:43.000 refused osc: unknown playlist (1): noon
    0:44.000 trigger playlist evening back (http)
    0:44.000 evening 1: dawn, 1m
    ");
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
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:02.000 trigger segue/playlist/set (mqtt)
    0:02.000 evening pause
    0:03.000 wall on dawn
    0:10.000 trigger playlist evening pause (http)
    0:20.000 trigger playlist evening resume (http)
    0:20.000 evening resume
    0:50.000 trigger playlist evening pause (http)
    0:50.000 evening pause
    2:00.000 trigger playlist evening play (http)
    2:00.000 evening resume
    2:30.000 evening 2: neon, 30s
    2:30.000 wall to neon in 2s
    2:30.500 trigger playlist evening stop (http)
    2:30.500 evening ends: stopped
    2:32.000 wall on neon
    4:00.000 trigger playlist evening pause (http)
    4:00.000 refused http: the playlist does not play (1): evening
    4:01.000 trigger playlist evening resume (http)
    4:01.000 evening starts
    4:01.000 evening 2: neon, 30s
    4:02.000 trigger playlist evening stop (http)
    4:02.000 evening ends: stopped
    4:03.000 trigger playlist evening go (http)
    4:03.000 evening starts
    4:03.000 evening 3: rain, 8s
    4:03.000 wall to rain in 2s
    4:05.000 wall on rain
    4:10.000 then waits for Playlist
    ");
}

#[test]
fn what_a_person_asks_for_stays_until_the_next_step() {
    insta::assert_snapshot!(plot(&play(SHOW, "
        0:01 playlist evening
        0:20 go rest
        1:10 end
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:03.000 wall on dawn
    0:20.000 trigger go rest (http)
    0:20.000 wall to rest in 2s
    1:03.000 evening 2: neon, 30s
    1:03.000 wall to neon in 2s
    1:05.000 wall on neon
    1:10.000 then waits for Playlist
    ");
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
    insta::assert_snapshot!(chance("shuffle"), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 5s 552ms
    0:08.553 evening 3: rain, 1s
    0:11.553 evening 2: neon, 1s
    0:14.553 evening 1: dawn, 6s 416ms
    0:22.969 evening 3: rain, 1s
    0:25.969 evening 2: neon, 1s
    0:28.969 evening 3: rain, 1s
    0:31.969 evening 2: neon, 1s
    0:34.969 evening 1: dawn, 2s 623ms
    0:39.593 evening 3: rain, 1s
    0:42.593 evening 1: dawn, 6s 125ms
    ");
    insta::assert_snapshot!(chance("random"), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 5s 552ms
    0:08.553 evening 3: rain, 1s
    0:11.553 evening 1: dawn, 6s 416ms
    0:19.969 evening 2: neon, 1s
    0:22.969 evening 1: dawn, 7s 771ms
    0:32.741 evening 3: rain, 1s
    0:35.741 evening 2: neon, 1s
    0:38.741 evening 1: dawn, 2s 932ms
    0:43.673 evening 3: rain, 1s
    0:46.673 evening 2: neon, 1s
    0:49.673 evening 1: dawn, 8s 51ms
    ");
}

#[test]
fn a_ping_pong_turns_at_its_ends() {
    let list = show(
        "{ order: ping-pong, stream: wall, steps: [{ scene: dawn, hold: 1s }, { scene: neon, hold: 1s }, { scene: rain, hold: 1s }] }",
    );
    insta::assert_snapshot!(steps(&play(&list, "0:01 playlist evening\n0:16 end")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1s
    0:04.000 evening 2: neon, 1s
    0:07.000 evening 3: rain, 1s
    0:10.000 evening 2: neon, 1s
    0:13.000 evening 1: dawn, 1s
    0:16.000 evening 2: neon, 1s
    ");
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
    ")), @r"
    0:01.000 trigger playlist night play (http)
    0:01.000 night starts
    0:01.000 night 1: rest, 1s
    0:04.000 night 2: evening/dawn, 1m
    0:10.000 trigger playlist night back (http)
    0:10.000 night 1: rest, 1s
    0:13.000 night 2: evening/dawn, 1m
    0:20.000 trigger playlist night goto (http)
    0:20.000 night 2: evening/dawn, 1m
    1:22.000 night 2: evening/neon, 30s
    1:54.000 night 2: evening/rain, 8s
    2:04.000 night ends: over
    ");
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
    ")), @r"
    0:01.000 trigger playlist night play (http)
    0:01.000 night starts
    0:01.000 night 1: rest, 1m
    0:10.000 trigger playlist evening play (http)
    0:10.000 evening starts
    0:10.000 evening 1: dawn, 1m
    0:10.000 wall to dawn in 2s
    0:12.000 wall on dawn
    0:20.000 trigger /segue/floor/go (osc)
    0:20.000 night 1: rest, 1m
    0:30.000 trigger playlist night play (http)
    0:30.000 evening ends: another one plays there
    0:30.000 wall to rest in 2s
    0:40.000 trigger /segue/go (osc)
    0:40.000 night 1: rest, 1m
    0:50.000 then waits for Playlist
    ");
}

#[test]
fn go_with_nothing_to_go_to_says_what_to_do() {
    let two = SHOW
        .replace("  evening:", "  night: { order: loop, steps: [{ scene: rest, hold: 1m }] }\n  evening:");
    let none = SHOW.replace(&format!("playlists:\n  evening: {EVENING}\n"), "");
    insta::assert_snapshot!(steps(&play(&two, "0:01 osc /segue/go\n0:02 osc /segue/floor/back\n0:03 end")), @"0:01.000 refused osc: no playlist plays (1): go: play one first, as with /segue/playlist/<name>");
    insta::assert_snapshot!(steps(&play(&none, "0:01 osc /segue/go\n0:03 end")), @"0:01.000 refused osc: no playlist plays (1): the show has no playlists");
}

#[test]
fn the_next_scene_takes_its_slots_ten_seconds_before() {
    let narrow = SHOW.replace("wall: { backend: simulator,", "wall: { backend: simulator, slots_max: 3,");
    insta::assert_snapshot!(play(&narrow, "
        0:01 playlist evening
        0:04 go rain 0s
        1:02 end
    "), @r"
    0:00.001 create wall | prompt water 1.0 mist 0.0 city 0.0 | seed 789 1.0
    0:00.001 create floor | prompt water 1.0 mist 0.0 city 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.101 floor created as str_2
    0:00.102 wall on rest
    0:00.102 floor on rest
    0:00.202 wall is ONLINE
    0:00.202 floor is ONLINE
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:01.000 update wall | prompt water 0.79956 mist 0.20044 city 0.0
    0:01.950 update wall | prompt water 0.14243 mist 0.85757 city 0.0
    0:02.900 update wall | prompt water 0.0 mist 1.0 city 0.0
    0:03.000 wall on dawn
    0:04.000 trigger go rain (http)
    0:04.000 wall to rain in 0s
    0:04.000 floor to rain in 0s
    0:04.000 update wall | prompt water 0.0 mist 0.0 rain 1.0
    0:04.000 update floor | prompt water 0.0 rain 1.0 city 0.0
    0:04.100 wall on rain
    0:04.100 floor on rain
    0:53.000 update wall | prompt city 0.0 mist 0.0 rain 1.0
    1:02.000 then waits for Playlist
    ");
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
    ")), @r"
    0:00.000 floor due: rest
    0:00.000 wall due: rest until 10:00, then playlist evening
    1:00.000 wall due: playlist evening until 10:02, then rest
    1:00.000 evening starts
    1:00.000 evening 1: dawn, 1m
    1:00.000 wall to dawn in 2s
    1:02.000 wall on dawn
    1:30.000 trigger go rest (http)
    1:30.000 wall to rest in 2s
    2:02.000 evening 2: neon, 30s
    2:02.000 wall to neon in 2s
    2:04.000 wall on neon
    2:34.000 evening 3: rain, 8s
    2:34.000 wall to rain in 2s
    2:36.000 wall on rain
    2:44.000 evening 1: dawn, 1m
    2:44.000 wall to dawn in 2s
    2:46.000 wall on dawn
    3:00.000 wall due: rest until Sat 21 Nov 10:00, then playlist evening
    3:00.000 evening ends: something else is due
    3:00.000 wall to rest in 2s
    4:00.000 trigger playlist evening play (http)
    4:00.000 evening starts
    4:00.000 evening 1: dawn, 1m
    4:00.000 wall to dawn in 2s
    4:02.000 wall on dawn
    4:10.000 then waits for Playlist
    ");
}

#[test]
fn who_is_powered_on_within_a_window_sees_the_first_step_at_once() {
    insta::assert_snapshot!(plot(&World::at(&scheduled(), "2026-11-20T09:01:00Z", &BTreeMap::new()).play("
        0:30 playlist evening stop
        2:00 end
    ")), @r"
    0:00.000 evening starts
    0:00.000 evening 1: dawn, 1m
    0:00.000 floor due: rest
    0:00.000 wall due: playlist evening until 10:02, then rest
    0:00.102 wall on dawn
    0:30.000 trigger playlist evening stop (http)
    0:30.000 evening ends: stopped
    1:00.000 wall due: rest until Sat 21 Nov 10:00, then playlist evening
    1:00.000 wall to rest in 2s
    2:00.000 then waits for Poll
    ");
}

#[test]
fn a_bypass_leaves_the_playlist_alone_and_a_gap_ends_what_was_due() {
    let gap = scheduled().replace("  - { otherwise: rest }\n", "");
    insta::assert_snapshot!(plot(&World::at(&gap, "2026-11-20T08:59:30Z", &BTreeMap::new()).play("
        0:40 bypass 10s
        3:00 end
    ")), @r"
    0:30.000 wall due: playlist evening until 10:02, then nothing, what is on stays
    0:30.000 evening starts
    0:30.000 evening 1: dawn, 1m
    0:30.000 wall to dawn in 2s
    0:32.000 wall on dawn
    0:40.000 trigger bypass (http)
    0:40.000 bypassed for 10s
    0:50.000 bypass over
    0:50.000 wall due: playlist evening until 10:02, then nothing, what is on stays
    1:32.000 evening 2: neon, 30s
    1:32.000 wall to neon in 2s
    1:34.000 wall on neon
    2:04.000 evening 3: rain, 8s
    2:04.000 wall to rain in 2s
    2:06.000 wall on rain
    2:14.000 evening 1: dawn, 1m
    2:14.000 wall to dawn in 2s
    2:16.000 wall on dawn
    2:30.000 wall due: nothing, what is on stays until Sat 21 Nov 10:00, then playlist evening
    2:30.000 evening ends: it is due no more
    3:00.000 then waits for Poll
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "scripts and their transcripts, read as one")]
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
    ")), @r"
    0:01.000 trigger playlist evening play (http)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:03.000 wall on dawn
    0:40.000 wall resumes to dawn at 100 %, 0s left
    0:40.000 floor resumes to rest at 100 %, 0s left
    0:40.000 evening resumes at 1: dawn
    0:40.100 wall attached to str_1
    0:40.100 floor attached to str_2
    0:40.200 wall on dawn
    1:03.000 evening 2: neon, 30s
    1:03.000 wall to neon in 2s
    1:05.000 wall on neon
    3:20.000 wall resumes to neon at 100 %, 0s left
    3:20.000 floor resumes to rest at 100 %, 0s left
    3:20.000 evening resumes at 2: neon
    3:20.000 evening 3: rain, 8s
    3:20.000 wall to rain in 2s
    3:20.100 wall attached to str_1
    3:20.100 floor attached to str_2
    3:22.000 wall on rain
    3:30.000 evening 1: dawn, 1m
    3:30.000 wall to dawn in 2s
    3:32.000 wall on dawn
    4:32.000 evening 2: neon, 30s
    4:32.000 wall to neon in 2s
    4:34.000 wall on neon
    5:00.000 trigger playlist evening pause (http)
    5:00.000 evening pause
    5:10.000 wall resumes to neon at 100 %, 0s left
    5:10.000 floor resumes to rest at 100 %, 0s left
    5:10.000 evening resumes at 2: neon
    5:10.100 wall attached to str_1
    5:10.100 floor attached to str_2
    5:10.200 wall on neon
    6:00.000 trigger playlist evening standby (http)
    6:00.000 evening standby 1
    6:05.000 wall resumes to neon at 100 %, 0s left
    6:05.000 floor resumes to rest at 100 %, 0s left
    6:05.000 evening resumes at 2: neon
    6:05.100 wall attached to str_1
    6:05.100 floor attached to str_2
    6:05.200 wall on neon
    6:10.000 trigger playlist evening resume (http)
    6:10.000 evening resume
    6:14.000 evening 1: dawn, 1m
    6:14.000 wall to dawn in 2s
    6:16.000 wall on dawn
    6:30.000 trigger go (http)
    6:30.000 evening 2: neon, 30s
    6:30.000 wall to neon in 2s
    6:32.000 wall on neon
    6:40.000 trigger playlist evening stop (http)
    6:40.000 evening ends: stopped
    6:50.000 wall resumes to neon at 100 %, 0s left
    6:50.000 floor resumes to rest at 100 %, 0s left
    6:50.100 wall attached to str_1
    6:50.100 floor attached to str_2
    6:50.200 wall on neon
    7:00.000 then waits for Poll
    ");
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
        0:15 edit { scene: neon, hold: 30s }, { scene: rain => { scene: rain
        0:40 edit order: loop => order: once
        1:00 edit   evening: =>   late:
        1:20 end
    ")), @r"
    0:01.000 trigger playlist evening goto (http)
    0:01.000 evening starts
    0:01.000 evening 2: neon, 30s
    0:01.000 wall to neon in 2s
    0:03.000 wall on neon
    0:10.000 now: playlist `evening` changed
    0:15.000 now: playlist `evening` changed
    0:15.000 not yet: playlist `evening` is at step 3: the step that it was at is gone, and what is on stays until the next
    0:33.000 evening 1: rest, 5s
    0:33.000 wall to rest in 2s
    0:40.000 evening 2: dawn, 1m
    0:40.000 wall to dawn in 2s
    0:40.000 now: playlist `evening` changed
    0:42.000 wall on dawn
    1:00.000 evening ends: gone from the show file
    1:00.000 now: playlist `late` is new
    1:00.000 now: playlist `evening` is gone
    1:20.000 then waits for Poll
    ");
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
    ")), @r"
    0:01.000 trigger start (osc)
    0:01.000 evening starts
    0:01.000 evening 1: dawn, 1m
    0:01.000 wall to dawn in 2s
    0:02.000 trigger third (osc)
    0:02.000 evening 3: rain, 8s
    0:02.000 wall to rain in 2s
    0:04.000 trigger quiet (osc)
    0:04.000 cue quiet
    0:04.000 evening ends: stopped
    0:04.000 wall to rest in 2s
    0:10.000 then waits for Poll
    ");
}

#[test]
fn steps_that_take_no_time_come_ten_times_a_second_at_most() {
    let list = show(
        "{ order: loop, steps: [{ scene: dawn, fade: 0s, hold: 0s }, { scene: neon, fade: 0s, hold: 0s }] }",
    );
    let told = steps(&play(&list, "0:01 playlist evening\n0:11.05 end"));
    assert_eq!(told.lines().filter(|line| line.contains(", 100ms")).count(), 101, "{told}");
}
