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
    "), @"");
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
    "), @"");
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
    "), @"");
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
    "), @"");
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
    insta::assert_snapshot!(told.join("\n"), @"");
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
