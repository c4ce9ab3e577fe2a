//! What if a list is fired while it is still running.

use super::run;

/// A pad whose list takes two seconds.
fn pad(mode: &str) -> String {
    format!(
        "
triggers:
  pad: {{ when: {{ osc: /pad }}, {mode} do: [{{ log: 'begins {{{{ args[0] }}}}' }}, {{ wait: 2s }}, {{ log: 'ends {{{{ args[0] }}}}' }}] }}
"
    )
}

const PRESSES: &str = "
    0:01 osc /pad 1
    0:02 osc /pad 2
    0:02.5 osc /pad 3
    0:20 end
";

#[test]
fn a_trigger_that_still_runs_is_refused_unless_it_says_otherwise() {
    insta::assert_snapshot!(run(&pad(""), PRESSES), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: begins 1
    0:02.000 refused osc: still running (1): pad
    0:03.000 pad says: ends 1
    0:03.000 pad ended after 2s
    0:20.000 then waits for Tell
    ");
}

#[test]
fn restart_drops_the_running_one() {
    insta::assert_snapshot!(run(&pad("mode: restart,"), PRESSES), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: begins 1
    0:02.000 pad stopped: fired again
    0:02.000 trigger pad (osc)
    0:02.000 pad says: begins 2
    0:02.500 pad stopped: fired again
    0:02.500 trigger pad (osc)
    0:02.500 pad says: begins 3
    0:04.500 pad says: ends 3
    0:04.500 pad ended after 2s
    0:20.000 then waits for Poll
    ");
}

#[test]
fn queued_waits_for_its_turn_and_is_refused_above_its_max() {
    insta::assert_snapshot!(run(&pad("mode: queued, max: 2,"), PRESSES), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: begins 1
    0:02.000 trigger pad (osc)
    0:02.000 pad waits for 1
    0:02.500 refused osc: max reached (1): pad: 2 run or wait already
    0:03.000 pad says: ends 1
    0:03.000 pad ended after 2s
    0:03.000 pad says: begins 2
    0:05.000 pad says: ends 2
    0:05.000 pad ended after 2s
    0:20.000 then waits for Poll
    ");
    insta::assert_snapshot!(run(&pad("mode: queued,"), PRESSES), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: begins 1
    0:02.000 trigger pad (osc)
    0:02.000 pad waits for 1
    0:02.500 trigger pad (osc)
    0:02.500 pad waits for 2
    0:03.000 pad says: ends 1
    0:03.000 pad ended after 2s
    0:03.000 pad says: begins 2
    0:05.000 pad says: ends 2
    0:05.000 pad ended after 2s
    0:05.000 pad says: begins 3
    0:07.000 pad says: ends 3
    0:07.000 pad ended after 2s
    0:20.000 then waits for Poll
    ");
}

#[test]
fn parallel_runs_beside_the_others_up_to_its_max() {
    insta::assert_snapshot!(run(&pad("mode: parallel, max: 2,"), PRESSES), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad says: begins 1
    0:02.000 trigger pad (osc)
    0:02.000 pad says: begins 2
    0:02.500 refused osc: max reached (1): pad: 2 run or wait already
    0:03.000 pad says: ends 1
    0:03.000 pad ended after 2s
    0:04.000 pad says: ends 2
    0:04.000 pad ended after 2s
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_cue_that_is_pressed_again_begins_anew_unless_it_says_otherwise() {
    insta::assert_snapshot!(run("
cues:
  plain: [{ log: begins }, { wait: 2s }, { log: ends }]
  single: { mode: single, do: [{ log: begins }, { wait: 2s }, { log: ends }] }
", "
        0:01 osc /segue/cue/plain 1
        0:02 osc /segue/cue/plain 1
        0:11 osc /segue/cue/single 1
        0:12 osc /segue/cue/single 1
        0:20 end
    "), @r"
    0:01.000 trigger /segue/cue/plain (osc)
    0:01.000 cue plain
    0:01.000 plain says: begins
    0:02.000 trigger /segue/cue/plain (osc)
    0:02.000 plain stopped: fired again
    0:02.000 cue plain
    0:02.000 plain says: begins
    0:04.000 plain says: ends
    0:04.000 plain ended after 2s
    0:11.000 trigger /segue/cue/single (osc)
    0:11.000 cue single
    0:11.000 single says: begins
    0:12.000 trigger /segue/cue/single (osc)
    0:12.000 refused osc: still running (1): single
    0:13.000 single says: ends
    0:13.000 single ended after 2s
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_running_list_is_stopped_with_all_that_waits_for_it() {
    insta::assert_snapshot!(run("
cues:
  storm: { mode: queued, do: [{ log: begins }, { wait: 5s }, { log: ends }] }
  calm: { stop: [storm, pad] }
triggers: { pad: { when: { osc: /pad }, do: [{ wait: 5s }, { log: never }] } }
", "
        0:01 osc /segue/cue/storm 1
        0:02 osc /segue/cue/storm 1
        0:03 osc /segue/cue/storm/stop 1
        0:04 osc /segue/cue/storm/stop 1
        0:05 osc /segue/cue/storm 1
        0:06 osc /pad 1
        0:07 osc /segue/cue/calm 1
        0:08 osc /segue/cue/nothing/stop 1
        0:20 end
    "), @r"
    0:01.000 trigger /segue/cue/storm (osc)
    0:01.000 cue storm
    0:01.000 storm says: begins
    0:02.000 trigger /segue/cue/storm (osc)
    0:02.000 cue storm
    0:02.000 storm waits for 1
    0:03.000 trigger /segue/cue/storm/stop (osc)
    0:03.000 storm stopped: by hand
    0:03.000 storm stopped: by hand
    0:04.000 trigger /segue/cue/storm/stop (osc)
    0:05.000 trigger /segue/cue/storm (osc)
    0:05.000 cue storm
    0:05.000 storm says: begins
    0:06.000 trigger pad (osc)
    0:07.000 trigger /segue/cue/calm (osc)
    0:07.000 cue calm
    0:07.000 storm stopped: by hand
    0:07.000 pad stopped: by hand
    0:08.000 refused osc: unknown cue (1): nothing
    0:20.000 then waits for Poll
    ");
}

#[test]
fn more_lists_than_there_may_be_are_refused_and_told_once() {
    let more = "triggers: { pad: { when: { osc: /pad }, mode: parallel, max: 64, do: [{ wait: 1h }] }, \
        lamp: { when: { osc: /lamp }, do: [{ wait: 1s }, { log: lit }] }, \
        panic: { when: { osc: /panic }, do: { log: at once } } }";
    let presses = "0:01 osc /pad 1\n".repeat(66);
    let told = run(more, &format!("{presses}0:02 osc /lamp 1\n0:03 osc /panic 1\n1:30 end"));
    let refused: Vec<&str> = told.lines().filter(|line| !line.contains("trigger pad")).collect();
    insta::assert_snapshot!(refused.join("\n"), @r"
    0:01.000 refused osc: max reached (1): pad: 64 run or wait already
    0:02.000 refused osc: too many runs (1): lamp: 64 lists run already
    0:03.000 trigger panic (osc)
    0:03.000 panic says: at once
    1:01.000 refused osc: max reached (1): pad: 64 run or wait already
    1:30.000 then waits for Keep
    ");
}
