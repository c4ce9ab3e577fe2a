//! The recovery ladder: what is tried, in which order, how often, and what it never does.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use segue::show::{
    dice::Dice,
    event::{Event, FailureKind, Memory, Own},
    snapshot::{Phase, RecoveryStage},
    time::Mono,
};

use super::{
    play,
    world::{MORNING, World, time_of},
};

/// A show that reads the status often, and has `more` keys on its stream.
fn show(more: &str) -> String {
    format!(
        "
timezone: Europe/Berlin
streams:
  wall:
    backend: simulator
    blend: linear
    start: dawn
    status: {{ every: 10s }}
    on_stream_created: {{ mqtt: wall/new }}
    {more}
scenes:
  dawn: {{ prompt: mist, seed: 1, easing: linear }}
  neon: {{ prompt: city, seed: 2, easing: linear, fade: 2s }}
  calm: {{ prompt: grey, seed: 3 }}
inputs: {{ osc: {{}}, mqtt: {{ url: \"mqtt://localhost\" }} }}
"
    )
}

/// The lines of a transcript that are not the first second's.
fn later(transcript: &str) -> String {
    let lines = transcript.lines().skip_while(|line| line.starts_with("0:00."));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn a_picture_that_stands_still_gets_the_look_again_then_another_stream() {
    insta::assert_snapshot!(later(&play(&show(""), "
        0:00.5 video on
        1:00 runner stalls
        5:00 end
    ")), @r"
    1:22.310 wall sent again: no picture comes out
    1:22.310 update wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    1:42.569 wall sent again: no picture comes out
    1:42.569 update wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    2:07.663 wall gives up str_1
    2:07.664 create wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    2:07.763 wall old str_1 deleted
    2:07.764 wall created as str_2
    2:07.765 tells created str_2
    2:12.844 wall is ONLINE
    5:00.000 then waits for Poll
    ");
}

#[test]
fn a_runner_that_never_works_climbs_to_the_alarm_and_begins_again_later_each_time() {
    let more = "recovery: { fallback: { scene: calm } }";
    insta::assert_snapshot!(later(&play(&show(more), "
        1:00 runner breaks
        19:00 end
    ")), @r"
    1:32.898 wall sent again: no picture comes out
    1:32.898 update wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    1:57.829 wall sent again: no picture comes out
    1:57.829 update wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    2:18.138 wall gives up str_1
    2:18.139 create wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    2:18.238 wall old str_1 deleted
    2:18.239 wall created as str_2
    2:18.240 tells created str_2
    2:23.523 wall is ONLINE
    3:21.529 wall gives up str_2
    3:21.530 create wall | prompt mist 1.0 grey 0.0 city 0.0 | seed 1 1.0 3 0.0 2 0.0
    3:21.629 wall old str_2 deleted
    3:21.630 wall created as str_3
    3:21.631 tells created str_3
    3:26.627 wall is ONLINE
    4:21.614 wall falls back to calm
    4:21.614 update wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    4:21.714 wall on calm
    5:22.509 wall ALARM no picture comes out of the stream; sent the look again twice, made a new stream twice, put on the fallback scene
    5:22.509 tells alarm: no picture comes out of the stream; sent the look again twice, made a new stream twice, put on the fallback scene
    15:25.504 wall sent again: no picture comes out
    15:25.504 update wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    15:49.702 wall sent again: no picture comes out
    15:49.702 update wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    16:10.171 wall gives up str_3
    16:10.172 create wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    16:10.271 wall old str_3 deleted
    16:10.272 wall created as str_4
    16:10.273 tells created str_4
    16:14.787 wall is ONLINE
    17:10.264 wall gives up str_4
    17:10.265 create wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    17:10.364 wall old str_4 deleted
    17:10.365 wall created as str_5
    17:10.366 tells created str_5
    17:15.634 wall is ONLINE
    19:00.000 then waits for Poll
    ");
}

#[test]
fn what_is_wrong_and_what_comes_next_is_told_in_plain_words() {
    let mut world = World::new(&show("recovery: { fallback: { scene: calm } }"));
    let mut told = Vec::new();
    world.video().off_since = None;
    world.run_until(time_of("1:00"));
    world.stall();
    world.video().broken = true;
    for time in ["1:15", "1:30", "1:50", "2:09", "2:40", "3:50", "4:50", "9:00"] {
        world.run_until(time_of(time));
        let stream = world.show.snapshot(world.now).streams.remove(0);
        let trouble = stream.trouble.map(|trouble| trouble.message).unwrap_or_default();
        told.push(format!("{time} {:?}: {trouble}", stream.recovery));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    1:15 Well: 
    1:30 Resend: no picture for 29 s: sent the look again once, the look again in 12 s
    1:50 Resend: no picture for 49 s: sent the look again twice, a new stream in 12 s
    2:09 Settling: 
    2:40 Settling: 
    3:50 Recreate: no picture for 34 s: sent the look again twice, made a new stream twice, the fallback scene in 19 s
    4:50 Fallback: no picture for 94 s: sent the look again twice, made a new stream twice, put on the fallback scene, an alarm in 20 s
    9:00 Alarm: no picture for 344 s: sent the look again twice, made a new stream twice, put on the fallback scene, the look again in 372 s
    ");
}

#[test]
fn a_camera_that_is_off_is_told_and_costs_no_stream() {
    insta::assert_snapshot!(later(&play(&show(""), "
        0:00.5 video on
        1:00 video off
        600:00 video on
        602:00 end
    ")), @r"
    1:47.624 wall has no video
    600:03.091 wall has video again
    602:00.000 then waits for Poll
    ");
}

#[test]
fn a_new_stream_may_be_without_video_for_a_moment_and_a_status_that_fails_is_the_greater_trouble() {
    let mut world = World::new(&show(""));
    world.obey("video off");
    let mut told = Vec::new();
    for (time, line) in [("0:06", ""), ("0:40", "api down"), ("0:48", "")] {
        world.run_until(time_of(time));
        let stream = world.show.snapshot(world.now).streams.remove(0);
        let trouble = stream.trouble.map(|trouble| trouble.what);
        told.push((time, stream.recovery, trouble));
        if !line.is_empty() {
            world.obey(line);
        }
    }
    assert_eq!(
        told,
        [
            ("0:06", RecoveryStage::Well, None),
            ("0:40", RecoveryStage::NoInput, Some("picture")),
            ("0:48", RecoveryStage::NoInput, Some("status")),
        ]
    );
}

#[test]
fn a_look_that_breaks_every_runner_gives_way_to_the_fallback_scene() {
    let mut world = World::new(&show(
        "recovery: { fallback: { scene: calm }, resend: { times: 0 }, recreate: { times: 0 } }",
    ));
    world.run_until(time_of("1:00"));
    world.stall();
    world.run_until(time_of("2:00"));
    let stream = world.show.snapshot(world.now).streams.remove(0);
    assert_eq!((&*stream.scene, stream.recovery), ("calm", RecoveryStage::Fallback));
    assert!(world.api.creates.len() == 1, "no stream was made for it");
    world.api.video = Some(super::world::Video::default());
    world.run_until(time_of("5:00"));
    let stream = world.show.snapshot(world.now).streams.remove(0);
    assert_eq!(stream.recovery, RecoveryStage::Fallback, "it says so for as long as it is on");
    assert_eq!(stream.alarm, None);
}

#[test]
fn a_stream_that_is_lost_is_made_again_waited_for_or_made_with_the_fallback() {
    let script = "2:00 api forgets\n2:01 go neon 0s\n5:00 end";
    insta::assert_snapshot!(later(&play(&show(""), script)), @r"
    2:01.000 trigger go neon (http)
    2:01.000 wall to neon in 0s
    2:01.100 update failed: NotFound (1)
    2:01.200 wall lost, creating another
    2:01.201 create wall | prompt mist 0.0 grey 0.0 city 1.0 | seed 1 0.0 3 0.0 2 1.0
    2:01.301 wall created as str_2
    2:01.302 tells created str_2
    2:01.302 wall on neon
    2:02.827 wall is ONLINE
    5:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(later(&play(&show("on_stream_lost: wait"), script)), @r"
    2:01.000 trigger go neon (http)
    2:01.000 wall to neon in 0s
    2:01.100 update failed: NotFound (1)
    2:01.200 wall lost, waiting for it to come back
    4:01.200 wall ALARM there is no stream to drive: the backend does not know the stream
    4:01.200 tells alarm: there is no stream to drive: the backend does not know the stream
    5:00.000 then waits for Retry
    ");
    let more = "on_stream_lost: fallback\n    recovery: { fallback: { scene: calm } }";
    insta::assert_snapshot!(later(&play(&show(more), script)), @r"
    2:01.000 trigger go neon (http)
    2:01.000 wall to neon in 0s
    2:01.100 update failed: NotFound (1)
    2:01.200 wall lost, creating another
    2:01.200 wall falls back to calm
    2:01.201 create wall | prompt mist 0.0 grey 1.0 city 0.0 | seed 1 0.0 3 1.0 2 0.0
    2:01.301 wall created as str_2
    2:01.302 tells created str_2
    2:01.302 wall on calm
    2:02.827 wall is ONLINE
    5:00.000 then waits for Poll
    ");
}

#[test]
fn a_stream_that_is_waited_for_is_never_replaced() {
    let mut world = World::new(&show("on_stream_lost: wait"));
    world.run_until(time_of("1:00"));
    world.stall();
    world.run_until(time_of("600:00"));
    assert_eq!(world.api.creates.len(), 1);
    let stream = world.show.snapshot(world.now).streams.remove(0);
    assert_eq!((stream.phase, stream.recovery), (Phase::Live, RecoveryStage::Alarm));
}

/// Counts the most creates within any hour.
fn busiest_hour(creates: &[Mono]) -> usize {
    let within = |from: &Mono| {
        creates.iter().filter(|at| **at >= *from && at.since(*from) < Duration::from_hours(1)).count()
    };
    creates.iter().map(within).max().unwrap_or(0)
}

#[test]
fn a_stream_that_never_works_for_a_day_costs_its_budget_and_no_more() {
    for (more, most) in [("", 6), ("recovery: { recreate: { per_hour: 2, times: 20, wait: 5s } }", 2)] {
        let mut world = World::new(&show(more)).without_transcript();
        world.run_until(time_of("1:00"));
        world.stall();
        world.video().broken = true;
        for hour in 1..24 {
            // A restart forgives nothing.
            world.run_until(Mono(Duration::from_hours(hour)));
            world.restart();
        }
        world.run_until(Mono(Duration::from_hours(24)));
        let busiest = busiest_hour(&world.api.creates);
        assert!(busiest <= most, "{busiest} of {most}\n{:?}", world.api.creates);
        assert!(world.api.creates.len() > 24, "it is tried each hour: {}", world.api.creates.len());
        assert_eq!(world.api.streams.len(), 1, "the old ones are deleted");
        assert!(world.told.iter().any(|told| told.starts_with("alarm")), "{:?}", world.told);
    }
}

#[test]
fn a_backend_that_forgot_gets_the_whole_look_at_once_whatever_was_waited_for() {
    // A key that is refused is tried again half a minute later, unless there is a reason to hurry.
    insta::assert_snapshot!(later(&play(&show("").replace("every: 10s", "every: 3s"), "
        0:30 api restarts
        1:30 updates refused
        1:30.1 go neon 0s
        1:31 updates taken
        1:31.2 api restarts
        1:50 end
    ")), @r"
    1:30.100 trigger go neon (http)
    1:30.100 wall to neon in 0s
    1:30.200 update failed: Key (1)
    1:33.406 wall sent again: its session started anew
    1:33.406 update wall | prompt mist 0.0 grey 0.0 city 1.0 | seed 1 0.0 3 0.0 2 1.0
    1:33.506 update healed after 1
    1:33.506 wall on neon
    1:50.000 then waits for Poll
    ");
}

#[test]
fn a_kill_between_the_new_stream_and_the_deletion_of_the_old_leaks_neither() {
    let mut world = World::new(&show(""));
    world.run_until(time_of("1:00"));
    world.stall();
    world.api.keeps_streams = true;
    world.run_until(time_of("3:00"));
    assert_eq!(world.api.streams.len(), 2, "the old one cannot be deleted");
    let memory = &world.memories["wall"];
    assert_eq!(memory.leftovers.len(), 1, "{memory:?}");
    world.restart();
    world.api.keeps_streams = false;
    world.run_until(time_of("4:00"));
    assert_eq!(world.api.streams.keys().collect::<Vec<_>>(), ["str_2"]);
    assert_eq!(world.memories["wall"].leftovers.len(), 0);
}

#[test]
fn a_kill_between_a_create_and_its_answer_adopts_the_stream_and_tells_of_it() {
    let mut world = World::new(&show(""));
    world.run_until(time_of("0:00.05"));
    world.restart();
    world.run_until(time_of("0:30"));
    assert_eq!(world.api.creates.len(), 1);
    assert_eq!(world.told, ["created str_1"]);
    world.restart();
    world.run_until(time_of("1:00"));
    assert_eq!(world.told, ["created str_1"], "it is told once");
}

#[test]
fn a_lost_journal_adopts_the_newest_of_the_family_and_no_other() {
    let mut world = World::new(&show(""));
    world.run_until(time_of("1:00"));
    world.memories = BTreeMap::from([(Arc::from("wall"), Own::Unknown.into())]);
    world.restart();
    world.run_until(time_of("2:00"));
    assert_eq!(world.api.creates.len(), 1);
    assert_eq!(world.show.snapshot(world.now).streams[0].id.as_deref(), Some("str_1"));
    // Where there is none, one is made; where nobody can say, one is made too, but later.
    for (failure, seconds) in [(None, 1), (Some(FailureKind::Key), 31), (Some(FailureKind::Server), 60)] {
        let memories: BTreeMap<_, Memory> = BTreeMap::from([(Arc::from("wall"), Own::Unknown.into())]);
        let mut world = World::at(&show(""), MORNING, &memories);
        world.api.list_failure = failure;
        world.run_until(Mono(Duration::from_secs(seconds)));
        assert_eq!(world.api.creates.len(), 1, "{failure:?}");
    }
}

#[test]
fn what_somebody_else_writes_is_put_right_once_and_left_if_it_comes_back() {
    let script = "
        1:00 somebody sets seed [[9,1.0]]
        3:00 end
    ";
    insta::assert_snapshot!(later(&play(&show("params: { delta: 0.5 }"), script)), @r"
    1:02.693 wall drifted: seed (true)
    1:02.693 update wall | seed 1 1.0 3 0.0 2 0.0
    3:00.000 then waits for Poll
    ");
    insta::assert_snapshot!(later(&play(&show("on_drift: report"), script)), @r"
    1:02.693 wall drifted: seed (false)
    3:00.000 then waits for Poll
    ");
}

#[test]
fn a_status_that_is_throttled_is_left_alone_for_as_long_as_asked() {
    let mut world = World::new(&show("").replace("every: 10s", "every: 1s"));
    world.run_until(time_of("0:10"));
    world.api.failure = Some(FailureKind::TooMany);
    let before = world.api.asked;
    world.run_until(time_of("0:50"));
    let asked = world.api.asked - before;
    assert!((9..=11).contains(&asked), "each 4 s, as the API asks: {asked}");
}

#[test]
fn an_api_that_is_silent_is_an_alarm_and_no_reason_for_another_stream() {
    insta::assert_snapshot!(later(&play(&show(""), "
        1:00 api down
        5:00 api up
        5:30 end
    ")).lines().filter(|line| !line.contains("failed")).collect::<Vec<_>>().join("\n"), @r"
    3:02.693 wall ALARM the API has not told how the stream is for 120 s: Unreached
    3:02.693 tells alarm: the API has not told how the stream is for 120 s: Unreached
    5:01.087 status healed after 24
    5:01.087 wall alarm over after 1m 58s 393ms
    5:01.087 tells alarm over
    5:30.000 then waits for Poll
    ");
}

/// Walks in every run of the tests; each is an hour of faults and two of calm.
const WALKS: u64 = 60;

#[test]
fn whatever_breaks_no_two_creates_no_leak_no_more_than_the_budget() {
    for seed in 1..=WALKS {
        let walked = std::panic::catch_unwind(|| walk(seed));
        assert!(walked.is_ok(), "the walk with seed {seed} fell");
    }
}

fn walk(seed: u64) {
    let mut dice = Dice::new(seed);
    let more = "recovery: { recreate: { wait: 20s }, fallback: { scene: calm }, steady_after: 30s }";
    let mut world = World::new(&show(more)).without_transcript();
    let mut time = Duration::ZERO;
    while time < Duration::from_hours(1) {
        time += Duration::from_secs_f64(dice.fraction() * 40.0);
        world.run_until(Mono(time));
        stumble(&mut world, &mut dice);
    }
    world.api.failure = None;
    world.api.list_failure = None;
    world.api.loses_answers = false;
    world.api.keeps_streams = false;
    world.api.latency = Duration::from_millis(80);
    world.api.video = Some(super::world::Video::default());
    // The look is reached within the hour that a spent budget costs, and 20 s for a create that was never answered.
    world.happen(super::walk::go("neon", Some(Duration::from_secs(2))));
    world.run_until(Mono(time + Duration::from_mins(62)));
    let stream = world.show.snapshot(world.now).streams.remove(0);
    assert_eq!(stream.phase, Phase::Live, "{stream:?}");
    let id = stream.id.unwrap();
    let shown = world.api.streams[&id]["prompt"].to_string();
    assert!(shown.contains("[\"city\",1.0]"), "{shown}");
    world.run_until(Mono(time + Duration::from_hours(3)));
    let stream = world.show.snapshot(world.now).streams.remove(0);
    assert_eq!((stream.recovery, stream.alarm), (RecoveryStage::Well, None));
    assert_eq!(world.api.streams.keys().collect::<Vec<_>>(), [&id], "leaked");
    assert_eq!(world.memories["wall"].leftovers, Vec::<Arc<str>>::new());
    let busiest = busiest_hour(&world.api.creates);
    assert!(busiest <= 6, "{busiest} creates in an hour: {:?}", world.api.creates);
}

/// Lets one random thing break, or heal.
fn stumble(world: &mut World, dice: &mut Dice) {
    let now = world.now.mono;
    match dice.next_u64() % 16 {
        0 | 1 => world.stall(),
        2 => {
            world.stall();
            world.video().broken = true;
        }
        3 | 4 => world.api.video = Some(super::world::Video::default()),
        5 => world.video().off_since = Some(now),
        6 => world.api.streams.clear(),
        7 => world.restart(),
        8 => world.api.loses_answers = !world.api.loses_answers,
        9 => world.api.keeps_streams = !world.api.keeps_streams,
        10 => world.api.latency = Duration::from_secs_f64(dice.fraction() * dice.fraction() * 3.0),
        11 | 12 => {
            let kinds =
                [FailureKind::Unreached, FailureKind::Timeout, FailureKind::Server, FailureKind::TooMany];
            world.api.failure = kinds.get((dice.next_u64() % 8) as usize).copied();
        }
        13 => {
            world.api.report.start_time = i64::try_from(dice.next_u64() % 1000).ok();
            world.api.report.restart_count = Some(dice.next_u64() % 3);
        }
        14 => world.happen(Event::Broker { connected: false, detail: String::new() }),
        _ => world.happen(super::walk::go(["dawn", "neon"][(dice.next_u64() % 2) as usize], None)),
    }
}
