//! What is due by the schedule: at the start, at edges, after an outage, when clocks change or are set, and while bypassed.

use std::collections::BTreeMap;

use super::world::{World, time_of};

/// Of two scenes and a third by cron; in Berlin, where it is an hour later than the script's UTC.
const SHOW: &str = "
timezone: Europe/Berlin
streams:
  wall: { backend: simulator, blend: linear, status: { every: 1h }, updates: { max_per_second: 1 } }
scenes:
  dawn: { prompt: mist, easing: linear, fade: 2s }
  neon: { prompt: city, easing: linear, fade: 2s }
  night: { prompt: stars, easing: linear, fade: 2s }
schedule:
  - { days: TUE-SUN, from: '10:00', to: '18:00', scene: dawn, fade: 0s }
  - { days: FRI, from: '22:00', to: '02:00', scene: neon, fade: 0s }
  - { otherwise: night, fade: 0s }
inputs: { osc: {} }
";

/// Plays a script from a moment on.
fn play_from(show: &str, wall: &str, script: &str) -> String {
    World::at(show, wall, &BTreeMap::new()).play(script)
}

/// Leaves out what is sent.
fn plot(transcript: &str) -> String {
    let lines = transcript.lines().filter(|line| !line.contains(" update ") && !line.contains(" create "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_show_begins_with_what_is_due_and_goes_on_at_each_edge() {
    insta::assert_snapshot!(play_from(SHOW, "2026-11-20T16:59:00Z", "
        600:00 end
    "), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.001 create wall | prompt mist 1.0 city 0.0 stars 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 wall due: night until 22:00, then neon
    1:00.000 wall to night in 0s
    1:00.000 update wall | prompt mist 0.0 city 0.0 stars 1.0
    1:00.100 wall on night
    241:00.000 wall due: neon until Sat 21 Nov 02:00, then night
    241:00.000 wall to neon in 0s
    241:00.000 update wall | prompt mist 0.0 city 1.0 stars 0.0
    241:00.100 wall on neon
    481:00.000 wall due: night until 10:00, then dawn
    481:00.000 wall to night in 0s
    481:00.000 update wall | prompt mist 0.0 city 0.0 stars 1.0
    481:00.100 wall on night
    600:00.000 then waits for Poll
    ");
}

#[test]
fn who_is_powered_on_late_sees_what_is_due_and_not_what_was() {
    // Half past one on a Saturday morning: the window of Friday night.
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-21T00:30:00Z", "
        31:00 end
    ")), @r"
    0:00.000 wall due: neon until 02:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on neon
    0:00.202 wall is ONLINE
    30:00.000 wall due: night until 10:00, then dawn
    30:00.000 wall to night in 0s
    30:00.100 wall on night
    31:00.000 then waits for Poll
    ");
}

#[test]
fn a_scene_that_somebody_asks_for_stays_until_the_next_edge() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T08:30:00Z", "
        10:00 go neon 0s
        40:00 go neon 0s
        600:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    10:00.000 trigger go neon (http)
    10:00.000 wall to neon in 0s
    10:00.100 wall on neon
    30:00.000 wall due: dawn until 18:00, then night
    30:00.000 wall to dawn in 0s
    30:00.100 wall on dawn
    40:00.000 trigger go neon (http)
    40:00.000 wall to neon in 0s
    40:00.100 wall on neon
    510:00.000 wall due: night until 22:00, then neon
    510:00.000 wall to night in 0s
    510:00.100 wall on night
    600:00.000 then waits for Poll
    ");
}

#[test]
fn an_edge_in_the_middle_of_a_fade_starts_from_where_the_mix_is() {
    let show = SHOW.replace("to: '18:00', scene: dawn, fade: 0s", "to: '18:00', scene: dawn, fade: 4s");
    insta::assert_snapshot!(play_from(&show, "2026-11-20T08:59:00Z", "
        0:58 go neon 4s
        1:10 end
    "), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.001 create wall | prompt stars 1.0 mist 0.0 city 0.0 | seed 789 1.0
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    0:58.000 trigger go neon (http)
    0:58.000 wall to neon in 4s
    0:58.000 update wall | prompt stars 0.85313 mist 0.0 city 0.14688
    0:58.975 update wall | prompt stars 0.60938 mist 0.0 city 0.39063
    0:59.950 update wall | prompt stars 0.36563 mist 0.0 city 0.63438
    1:00.000 wall due: dawn until 18:00, then night
    1:00.000 wall to dawn in 4s
    1:00.050 update wall | prompt stars 0.30792 mist 0.15781 city 0.53426
    1:01.013 update wall | prompt stars 0.21995 mist 0.39844 city 0.38162
    1:02.000 update wall | prompt stars 0.13025 mist 0.64375 city 0.226
    1:03.000 update wall | prompt stars 0.04113 mist 0.8875 city 0.07137
    1:04.000 update wall | prompt stars 0.0 mist 1.0 city 0.0
    1:04.100 wall on dawn
    1:10.000 then waits for Poll
    ");
}

#[test]
fn at_one_instant_the_schedule_comes_first_and_cron_has_the_last_word() {
    let show = format!(
        "{SHOW}triggers: {{ special: {{ when: {{ cron: '0 10 * * *' }}, do: {{ scene: neon, fade: 0s }} }} }}\n"
    );
    insta::assert_snapshot!(plot(&play_from(&show, "2026-11-20T08:59:00Z", "
        2:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    1:00.000 wall due: dawn until 18:00, then night
    1:00.000 wall to dawn in 0s
    1:00.000 trigger special (cron)
    1:00.000 wall to neon in 0s
    1:00.100 wall on neon
    2:00.000 then waits for Poll
    ");
    // After a sleep over both, the one that was later: here the window that ended at six.
    insta::assert_snapshot!(plot(&play_from(&show, "2026-11-20T08:59:00Z", "
        0:30 clock 32400
        2:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    0:30.000 special missed at 2026-11-20T09:00:00Z, made up
    0:30.000 trigger special (cron)
    0:30.000 wall to neon in 0s
    0:30.000 wall due: night until 22:00, then neon
    0:30.000 wall to night in 0s
    0:30.000 wall on night
    2:00.000 then waits for Poll
    ");
}

#[test]
fn a_clock_that_is_set_forward_or_back_makes_what_is_due_be_worked_out_anew() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T08:30:00Z", "
        1:00 clock 3600
        2:00 clock -3600
        3:00 clock 86400
        4:00 clock -86400
        5:00 go neon 0s
        6:00 clock -3600
        7:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    1:00.000 wall due: dawn until 18:00, then night
    1:00.000 wall to dawn in 0s
    1:00.100 wall on dawn
    2:00.000 wall due: night until 10:00, then dawn
    2:00.000 wall to night in 0s
    2:00.100 wall on night
    3:00.000 wall due: night until 10:00, then dawn
    5:00.000 trigger go neon (http)
    5:00.000 wall to neon in 0s
    5:00.100 wall on neon
    7:00.000 then waits for Poll
    ");
}

#[test]
fn a_clock_that_is_corrected_by_a_few_seconds_over_an_edge_takes_nothing_back() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T08:59:00Z", "
        1:02 clock -5
        5:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    1:00.000 wall due: dawn until 18:00, then night
    1:00.000 wall to dawn in 0s
    1:00.100 wall on dawn
    5:00.000 then waits for Poll
    ");
}

#[test]
fn a_day_that_is_slept_over_still_had_its_edges() {
    // The same entry is due as before; what somebody asked for the day before is over.
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T12:00:00Z", "
        1:00 go neon 0s
        2:00 clock 86400
        3:00 end
    ")), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger go neon (http)
    1:00.000 wall to neon in 0s
    1:00.100 wall on neon
    2:00.000 wall due: dawn until 18:00, then night
    2:00.000 wall to dawn in 0s
    2:00.100 wall on dawn
    3:00.000 then waits for Poll
    ");
}

#[test]
fn when_the_clocks_change_windows_begin_at_their_local_times() {
    let show = SHOW.replace("from: '22:00', to: '02:00'", "from: '22:00', to: '06:00'").replace("FRI", "SAT");
    // In autumn the night has an hour more, in spring one less.
    insta::assert_snapshot!(plot(&play_from(&show, "2026-10-24T19:59:00Z", "
        1000:00 end
    ")), @r"
    0:00.000 wall due: night until 22:00, then neon
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    1:00.000 wall due: neon until Sun 25 Oct 06:00, then night
    1:00.000 wall to neon in 0s
    1:00.100 wall on neon
    541:00.000 wall due: night until 10:00, then dawn
    541:00.000 wall to night in 0s
    541:00.100 wall on night
    781:00.000 wall due: dawn until 18:00, then night
    781:00.000 wall to dawn in 0s
    781:00.100 wall on dawn
    1000:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(plot(&play_from(&show, "2026-03-28T20:59:00Z", "
        1000:00 end
    ")), @r"
    0:00.000 wall due: night until 22:00, then neon
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    1:00.000 wall due: neon until Sun 29 Mar 06:00, then night
    1:00.000 wall to neon in 0s
    1:00.100 wall on neon
    421:00.000 wall due: night until 10:00, then dawn
    421:00.000 wall to night in 0s
    421:00.100 wall on night
    661:00.000 wall due: dawn until 18:00, then night
    661:00.000 wall to dawn in 0s
    661:00.100 wall on dawn
    1000:00.000 then waits for Poll
    ");
}

#[test]
fn a_bypass_holds_the_schedule_back_and_then_what_is_due_comes() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T08:59:00Z", "
        0:30 osc /segue/bypass 7200
        0:40 go neon 0s
        125:00 bypass 2h
        126:00 clock -3600
        130:00 bypass off
        131:00 bypass off
        135:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    0:30.000 trigger /segue/bypass (osc)
    0:30.000 bypassed for 2h
    0:40.000 trigger go neon (http)
    0:40.000 wall to neon in 0s
    0:40.100 wall on neon
    120:30.000 bypass over
    120:30.000 wall due: dawn until 18:00, then night
    120:30.000 wall to dawn in 0s
    120:30.100 wall on dawn
    125:00.000 trigger bypass (http)
    125:00.000 bypassed for 2h
    130:00.000 trigger bypass (http)
    130:00.000 bypass over
    130:00.000 wall due: dawn until 18:00, then night
    131:00.000 trigger bypass (http)
    135:00.000 then waits for Poll
    ");
}

#[test]
fn a_bypass_comes_in_by_every_door_and_nonsense_is_refused() {
    let show = SHOW.replace(
        "inputs: { osc: {} }",
        "inputs: { osc: {}, mqtt: { url: 'mqtt://127.0.0.1', base: segue/test } }",
    );
    insta::assert_snapshot!(plot(&play_from(&show, "2026-11-20T08:30:00Z", "
        0:01 mqtt segue/test/bypass/set 2h
        0:02 mqtt segue/test/bypass/set off
        0:03 mqtt segue/test/bypass/set {\"for\": 60}
        0:04 osc /segue/bypass 0
        0:05 osc /segue/bypass 30m
        0:06 osc /segue/bypass off
        1:10 osc /segue/bypass
        2:10 osc /segue/bypass -1
        3:20 osc /segue/bypass 9999999
        4:30 osc /segue/bypass NaN
        5:40 mqtt segue/test/bypass/set soon
        6:50 mqtt segue/test/bypass/set {\"time\": 60}
        8:00 retained segue/test/bypass/set 2h
        9:00 end
    ")), @r"
    0:00.000 wall due: night until 10:00, then dawn
    0:00.101 wall created as str_1
    0:00.102 wall on night
    0:00.202 wall is ONLINE
    0:01.000 trigger segue/test/bypass/set (mqtt)
    0:01.000 bypassed for 2h
    0:02.000 trigger segue/test/bypass/set (mqtt)
    0:02.000 bypass over
    0:02.000 wall due: night until 10:00, then dawn
    0:03.000 trigger segue/test/bypass/set (mqtt)
    0:03.000 bypassed for 1m
    0:04.000 trigger /segue/bypass (osc)
    0:04.000 bypass over
    0:04.000 wall due: night until 10:00, then dawn
    0:05.000 trigger /segue/bypass (osc)
    0:05.000 bypassed for 30m
    0:06.000 trigger /segue/bypass (osc)
    0:06.000 bypass over
    0:06.000 wall due: night until 10:00, then dawn
    1:10.000 refused osc: bad bypass (1): /segue/bypass wants seconds; 0 ends it
    2:10.000 refused osc: bad bypass (1): `-1` is negative
    3:20.000 refused osc: bad bypass (1): 2777h 46m 39s is longer than a week
    4:30.000 refused osc: bad bypass (1): `NaN` is not a length of time
    5:40.000 refused mqtt: bad bypass (1): `soon` is not a length of time
    6:50.000 refused mqtt: bad command (1): unknown key `time`
    9:00.000 then waits for Schedule
    ");
    insta::assert_snapshot!(plot(&super::play(super::SHOW, "
        0:01 osc /segue/bypass 60
        0:02 end
    ")), @r"
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 refused osc: bad bypass (1): the show has no schedule
    0:02.000 then waits for Poll
    ");
}

#[test]
fn what_will_be_due_takes_its_slots_before_the_fade() {
    let show = SHOW.replace("blend: linear", "blend: linear, slots_max: 3");
    let show = show.replace("scenes:", "scenes:\n  ash: { prompt: ash }\n  clay: { prompt: clay }");
    let mut world = World::at(&show, "2026-11-20T08:59:00Z", &BTreeMap::new());
    world.run_until(time_of("0:49"));
    let slots = |world: &World| world.accepted.last().unwrap().2["prompt"].to_string();
    assert!(!slots(&world).contains("mist"), "{}", slots(&world));
    world.run_until(time_of("0:55"));
    assert!(slots(&world).contains("[\"mist\",0.0]"), "{}", slots(&world));
}

#[test]
fn a_restart_shows_what_is_due_by_then() {
    let mut world = World::at(SHOW, "2026-11-20T16:30:00Z", &BTreeMap::new());
    world.run_until(time_of("1:00"));
    world.now.wall = "2026-11-20T21:30:00Z".parse().unwrap();
    world.restart();
    world.run_until(time_of("2:00"));
    let snapshot = world.show.snapshot(world.now);
    let due = snapshot.streams[0].due.clone().unwrap();
    assert_eq!(
        due.tell(world.now.wall, &super::world::sheet(SHOW).zone),
        "neon until Sat 21 Nov 02:00, then night"
    );
    assert_eq!(&*snapshot.streams[0].scene, "neon");
    assert!(world.accepted.last().unwrap().2["prompt"].to_string().contains("city"));
}

/// Bypassed for an hour, without power for a while: the rest of the hour is still bypassed, and then the schedule is
/// followed, also where its end fell into the dark.
#[test]
#[expect(clippy::too_many_lines, reason = "a transcript is as long as it is")]
fn a_bypass_outlives_a_restart_and_ends_when_it_was_to_end() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T16:30:00Z", "
        1:00 bypass 1h
        2:00 go dawn 0s
        20:00 off 25m
        46:00 kill
        63:00 end
    ")), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger bypass (http)
    1:00.000 bypassed for 1h
    2:00.000 trigger go dawn (http)
    45:00.000 wall resumes to dawn at 100 %, 0s left
    45:00.100 wall attached to str_1
    45:00.200 wall on dawn
    45:00.200 wall is ONLINE
    46:00.000 wall resumes to dawn at 100 %, 0s left
    46:00.100 wall attached to str_1
    46:00.200 wall on dawn
    46:00.200 wall is ONLINE
    61:00.000 bypass over
    61:00.000 wall due: night until 22:00, then neon
    61:00.000 wall to night in 0s
    61:00.100 wall on night
    63:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T16:30:00Z", "
        1:00 bypass 1h
        2:00 go dawn 0s
        20:00 off 3h
        201:00 go night 0s
        202:00 kill
        203:00 end
    ")), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger bypass (http)
    1:00.000 bypassed for 1h
    2:00.000 trigger go dawn (http)
    200:00.000 wall resumes to dawn at 100 %, 0s left
    200:00.000 bypass over
    200:00.000 wall due: night until 22:00, then neon
    200:00.000 wall to night in 0s
    200:00.100 wall attached to str_1
    200:00.200 wall on night
    200:00.200 wall is ONLINE
    201:00.000 trigger go night (http)
    202:00.000 wall resumes to night at 100 %, 0s left
    202:00.100 wall attached to str_1
    202:00.200 wall on night
    202:00.200 wall is ONLINE
    203:00.000 then waits for Poll
    ");
    // A clock that was set back meanwhile: no time has passed since the last minute.
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T16:30:00Z", "
        1:00 bypass 1h
        20:00 off 10m clock -7200
        72:00 end
    ")), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 trigger bypass (http)
    1:00.000 bypassed for 1h
    30:00.000 wall resumes to dawn at 100 %, 0s left
    30:00.100 wall attached to str_1
    30:00.200 wall on dawn
    30:00.200 wall is ONLINE
    71:00.000 bypass over
    71:00.000 wall due: dawn until 18:00, then night
    72:00.000 then waits for Poll
    ");
}

#[test]
fn an_edit_of_the_schedule_goes_to_what_is_due_by_it_and_other_edits_leave_it_alone() {
    insta::assert_snapshot!(plot(&play_from(SHOW, "2026-11-20T12:00:00Z", "
        1:00 edit to: '18:00' => to: '13:00:30'
        2:00 go neon 0s
        3:00 edit prompt: stars => prompt: moon
        4:00 edit { days: FRI, from: '22:00', to: '02:00', scene: neon => { from: '13:05', to: '13:06', scene: dawn
        7:00 edit { otherwise: night, fade: 0s } => { days: MON, scene: neon }
        8:00 edit prompt: mist => prompt: fog
        9:00 end
    ")), @r"
    0:00.000 wall due: dawn until 18:00, then night
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    1:00.000 now: the schedule
    1:00.000 wall due: night until 22:00, then neon
    1:00.000 wall to night in 0s
    1:00.100 wall on night
    2:00.000 trigger go neon (http)
    2:00.000 wall to neon in 0s
    2:00.100 wall on neon
    3:00.000 now: scene `night` changed
    4:00.000 now: the schedule
    5:00.000 wall due: dawn until 13:06, then night
    5:00.000 wall to dawn in 0s
    5:00.100 wall on dawn
    6:00.000 wall due: night until Sat 21 Nov 10:00, then dawn
    6:00.000 wall to night in 0s
    6:00.100 wall on night
    7:00.000 now: the schedule
    7:00.000 wall due: nothing, what is on stays until Sat 21 Nov 10:00, then dawn
    8:00.000 now: scene `dawn` changed
    9:00.000 then waits for Poll
    ");
}
