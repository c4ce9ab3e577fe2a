//! Lists and variables over restarts, power cuts and edits of the show file.

use super::run;

const LIST: &str = "
variables: { count: 0 }
triggers:
  pad:
    when: { osc: /pad }
    mode: queued
    do:
      - variable: { count: '{{ vars.count + 1 }}' }
      - wait: 30s
      - parallel:
          - [{ wait: 20s }, { log: 'a {{ args[0] }} {{ vars.count }}' }]
          - [{ log: b }, { wait: 40s }, { log: c }]
      - log: 'last {{ args[0] }}'
";

#[test]
fn a_list_goes_on_after_a_kill_where_it_would_be_by_the_clock() {
    insta::assert_snapshot!(run(LIST, "
        0:01 osc /pad fog
        0:05 osc /pad dew
        0:11 kill
        0:35 kill
        0:40 off 5s
        3:00 end
    "), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad sets count to 1
    0:05.000 trigger pad (osc)
    0:05.000 pad waits for 1
    0:11.000 wall resumes to dawn at 100 %, 0s left
    0:11.000 pad goes on
    0:11.000 pad goes on
    0:11.100 wall attached to str_1
    0:11.200 wall on dawn
    0:11.200 wall is ONLINE
    0:31.000 pad says: b
    0:35.000 wall resumes to dawn at 100 %, 0s left
    0:35.000 pad goes on
    0:35.000 pad goes on
    0:35.100 wall attached to str_1
    0:35.200 wall on dawn
    0:35.200 wall is ONLINE
    0:45.000 wall resumes to dawn at 100 %, 0s left
    0:45.000 pad goes on
    0:45.000 pad goes on
    0:45.100 wall attached to str_1
    0:45.200 wall on dawn
    0:45.200 wall is ONLINE
    0:51.000 pad says: a fog 1
    1:11.000 pad says: c
    1:11.000 pad says: last fog
    1:11.000 pad ended after 1m 10s
    1:11.000 pad sets count to 2
    1:41.000 pad says: b
    2:01.000 pad says: a dew 2
    2:21.000 pad says: c
    2:21.000 pad says: last dew
    2:21.000 pad ended after 1m 10s
    3:00.000 then waits for Poll
    ");
}

#[test]
fn a_wait_that_ended_while_the_power_was_off_ends_when_it_is_back() {
    insta::assert_snapshot!(run(LIST, "
        0:01 osc /pad fog
        0:11 off 2h
        121:30 end
    "), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad sets count to 1
    120:11.000 wall resumes to dawn at 100 %, 0s left
    120:11.000 pad goes on
    120:11.000 pad says: b
    120:11.100 wall attached to str_1
    120:11.200 wall on dawn
    120:11.200 wall is ONLINE
    120:31.000 pad says: a fog 1
    120:51.000 pad says: c
    120:51.000 pad says: last fog
    120:51.000 pad ended after 2h 50s
    121:30.000 then waits for Poll
    ");
}

#[test]
fn a_list_that_was_edited_meanwhile_does_not_go_on() {
    insta::assert_snapshot!(run(LIST, "
        0:01 osc /pad fog
        0:11 rewrite 40s 41s
        0:12 kill
        1:00 end
    "), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad sets count to 1
    0:12.000 wall resumes to dawn at 100 %, 0s left
    0:12.000 pad stopped: it was edited meanwhile
    0:12.100 wall attached to str_1
    0:12.200 wall on dawn
    0:12.200 wall is ONLINE
    1:00.000 then waits for Poll
    ");
}

#[test]
fn an_edit_of_something_else_leaves_a_list_alone_and_an_edit_of_it_ends_it() {
    insta::assert_snapshot!(run(LIST, "
        0:01 osc /pad fog
        0:11 edit city => town
        0:21 edit count: 0 => count: 0, more: 1
        0:41 edit wait: 20s => wait: 21s
        1:30 end
    "), @r"
    0:01.000 trigger pad (osc)
    0:01.000 pad sets count to 1
    0:11.000 now: scene `neon` changed
    0:21.000 now: `variables`
    0:31.000 pad says: b
    0:41.000 pad stopped: its list was edited
    0:41.000 now: trigger `pad` changed
    1:30.000 then waits for Poll
    ");
}

#[test]
fn a_scene_that_was_filled_in_is_the_same_after_a_restart() {
    let more = "
triggers:
  visitor: { when: { mqtt: prompt }, do: { scene: { prompt: '{{ payload }}, ink', delta: 0.5 }, fade: 10s } }
";
    let told = super::play(
        &format!("{}{more}", super::HOUSE),
        "
        0:01 mqtt prompt a red fox
        0:05 kill
        0:12 kill
        0:20 end
    ",
    );
    let last = told.lines().rfind(|line| line.contains("update")).unwrap();
    insta::assert_snapshot!(last, @"0:12.100 update wall | delta 0.5 | prompt a red fox, ink 1.0 mist 0.0 city 0.0 | seed 789 1.0 1 0.0 2 0.0");
    insta::assert_snapshot!(told.lines().filter(|line| !line.contains("update")).collect::<Vec<_>>().join("\n"), @r"
    0:00.001 create wall | delta 0.7 | prompt mist 1.0 city 0.0 mist 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger visitor (mqtt)
    0:01.000 wall to “a red fox, ink” in 10s
    0:05.000 wall resumes to “a red fox, ink” at 40 %, 6s left
    0:05.100 wall attached to str_1
    0:05.200 wall is ONLINE
    0:11.000 wall on “a red fox, ink”
    0:12.000 wall resumes to “a red fox, ink” at 100 %, 0s left
    0:12.100 wall attached to str_1
    0:12.200 wall on “a red fox, ink”
    0:12.200 wall is ONLINE
    0:20.000 then waits for Poll
    ");
}
