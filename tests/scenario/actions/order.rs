//! One step after the other, waits, and lists in lists.

use std::time::Duration;

use segue::show::{
    event::Action,
    fact::Fact,
    run::RunNews,
    time::{Mono, Now},
};

use super::{
    HOUSE, run,
    world::{World, osc},
};

#[test]
fn a_list_goes_on_when_its_wait_is_over() {
    insta::assert_snapshot!(run("
cues: { storm: [{ log: one }, { wait: 5s }, { log: two }, { wait: 250ms }, { log: three }] }
", "
        0:01 osc /segue/cue/storm 1
        0:10 end
    "), @r"
    0:01.000 trigger /segue/cue/storm (osc)
    0:01.000 cue storm
    0:01.000 storm says: one
    0:06.000 storm says: two
    0:06.250 storm says: three
    0:06.250 storm ended after 5s 250ms
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_trigger_goes_on_while_the_cue_that_it_fired_waits() {
    insta::assert_snapshot!(run("
cues: { storm: [{ log: thunder }, { wait: 5s }, { log: rain }] }
triggers:
  pad: { when: { osc: /pad }, do: [{ log: before }, { cue: storm }, { log: after }, { wait: 1s }, { log: end }] }
", "
        0:01 osc /pad 1
        0:10 end
    "), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: before
    0:01.000 cue storm
    0:01.000 storm says: thunder
    0:01.000 pad says: after
    0:02.000 pad says: end
    0:02.000 pad ended after 1s
    0:06.000 storm says: rain
    0:06.000 storm ended after 5s
    0:10.000 then waits for Poll
    ");
}

#[test]
fn lists_at_once_go_on_together_and_the_outer_one_after_the_last() {
    insta::assert_snapshot!(run("
cues:
  storm:
    - parallel:
        - [{ log: a1 }, { wait: 1s }, { log: a2 }, { wait: 2s }, { log: a3 }]
        - [{ log: b1 }, { wait: 2s }, { parallel: [[{ log: c1 }, { wait: 2s }, { log: c2 }], { log: d1 }] }, { log: b2 }]
    - log: last
", "
        0:01 osc /segue/cue/storm 1
        0:10 end
    "), @r"
    0:01.000 trigger /segue/cue/storm (osc)
    0:01.000 cue storm
    0:01.000 storm says: a1
    0:01.000 storm says: b1
    0:02.000 storm says: a2
    0:03.000 storm says: c1
    0:03.000 storm says: d1
    0:04.000 storm says: a3
    0:05.000 storm says: c2
    0:05.000 storm says: b2
    0:05.000 storm says: last
    0:05.000 storm ended after 4s
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_list_waits_until_the_stream_has_arrived_at_all_that_waits() {
    insta::assert_snapshot!(run("
cues:
  go: [{ scene: neon, fade: 3s }, { wait: { until: arrived } }, { log: there }]
  queue:
    - { scene: dawn, fade: 3s }
    - { scene: neon, fade: 2s, policy: queue }
    - { wait: { until: arrived }, stream: wall }
    - log: back
", "
        0:01 osc /segue/cue/go 1
        0:10 osc /segue/cue/queue 1
        0:20 osc /segue/cue/queue 1
        0:22 osc /segue/transition/pause
        0:30 osc /segue/transition/resume
        0:50 end
    "), @r"
    0:01.000 trigger /segue/cue/go (osc)
    0:01.000 cue go
    0:01.000 wall to neon in 3s
    0:04.000 wall on neon
    0:04.000 go says: there
    0:04.000 go ended after 3s
    0:10.000 trigger /segue/cue/queue (osc)
    0:10.000 cue queue
    0:10.000 wall to dawn in 3s
    0:10.000 wall: neon waits for 1
    0:13.000 wall on dawn
    0:13.000 wall to neon in 2s
    0:15.000 wall on neon
    0:15.000 queue says: back
    0:15.000 queue ended after 5s
    0:20.000 trigger /segue/cue/queue (osc)
    0:20.000 cue queue
    0:20.000 wall to dawn in 3s
    0:20.000 wall: neon waits for 1
    0:22.000 trigger /segue/transition/pause (osc)
    0:22.000 wall pause: dawn
    0:30.000 trigger /segue/transition/resume (osc)
    0:30.000 wall resume: dawn
    0:30.923 wall on dawn
    0:30.923 wall to neon in 2s
    0:32.923 wall on neon
    0:32.923 queue says: back
    0:32.923 queue ended after 12s 922ms
    0:50.000 then waits for Poll
    ");
}

#[test]
fn a_transition_that_does_not_end_is_waited_for_an_hour_and_an_api_that_is_away_for_two_seconds() {
    let told = run(
        "
cues: { go: [{ scene: neon, fade: 3s }, { wait: { until: arrived } }, { log: on }] }
",
        "
        0:01 osc /segue/cue/go 1
        0:02 osc /segue/transition/pause
        61:00 osc /segue/scene/dawn 0.1
        63:00 api down
        63:01 osc /segue/cue/go 1
        64:00 end
    ",
    );
    let told: Vec<&str> = told.lines().filter(|line| !line.contains("failed")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    0:01.000 trigger /segue/cue/go (osc)
    0:01.000 cue go
    0:01.000 wall to neon in 3s
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    60:01.000 go says: on
    60:01.000 go ended after 1h
    61:00.000 trigger /segue/scene/dawn (osc)
    61:00.000 wall to dawn in 100ms
    61:00.100 wall on dawn
    63:01.000 trigger /segue/cue/go (osc)
    63:01.000 cue go
    63:01.000 wall to neon in 3s
    63:06.000 go says: on
    63:06.000 go ended after 5s
    64:00.000 then waits for Retry
    ");
}

#[test]
fn waits_of_several_lists_end_in_the_order_of_their_times_however_late_somebody_looks() {
    let cues = "
cues:
  one: [{ wait: 2s }, { log: one 2 }, { wait: 2s }, { log: one 4 }]
  two: [{ wait: 1s }, { log: two 1 }, { wait: 2s }, { log: two 3 }]
  three: [{ wait: 5s }, { log: three 5 }, { wait: 1s }, { log: three 6 }]
";
    let mut world = World::new(&format!("{HOUSE}{cues}")).without_transcript();
    world.run_until(Mono(Duration::from_secs(1)));
    for cue in ["/segue/cue/one", "/segue/cue/two", "/segue/cue/three"] {
        world.happen(osc(cue, &["1"]));
    }
    let begun = world.now;
    let mut said_at = |millis: u64| {
        let passed = Duration::from_millis(millis);
        world.show.handle_wake(Now { mono: begun.mono + passed, wall: begun.wall + passed });
        let said = std::iter::from_fn(|| world.show.poll()).filter_map(|action| match action {
            Action::Note(Fact::Run { news: RunNews::Said { text }, .. }) => Some(text),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    assert_eq!(said_at(2000), ["two 1", "one 2"]);
    // Whoever was a moment late counts from when it should have been.
    assert_eq!(said_at(2999), [""; 0]);
    assert_eq!(said_at(3000), ["two 3"]);
    // Whoever was away begins anew.
    assert_eq!(said_at(60_000), ["one 4", "three 5"]);
    assert_eq!(said_at(60_999), [""; 0]);
    assert_eq!(said_at(61_000), ["three 6"]);
}
