//! What of triggers survives a power cut and an edit of the show file, and what is seen of them.

use super::{World, of_triggers, with_triggers};

#[test]
fn what_lasts_rests_and_is_switched_off_outlives_a_power_cut() {
    let show = with_triggers(
        "
  open: { when: { mqtt: door, payload: open }, for: 1m, do: { scene: neon } }
  rest: { when: { osc: /rest }, cooldown: 2m, do: { scene: rain } }
  off: { when: { osc: /off }, do: { scene: dawn } }
  high: { when: { osc: /fader, args: { above: 0.5 } }, do: { scene: dawn } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt door open
        0:02 osc /rest 1
        0:03 disable off
        0:04 osc /fader 0.2
        0:20 off 10s
        0:35 osc /fader 0.7
        0:36 osc /off 1
        0:37 osc /rest 1
        0:50 off 30s
        2:10 osc /rest 1
        2:20 end
    "), @r"
    0:00.102 wall on dawn
    0:02.000 trigger rest (osc)
    0:02.000 wall to rain in 2s
    0:03.000 trigger disable off (http)
    0:03.000 off disabled
    0:04.000 wall on rain
    0:30.200 wall on rain
    0:35.000 trigger high (osc)
    0:35.000 wall to dawn in 4s
    0:39.000 wall on dawn
    1:20.000 trigger open (cron)
    1:20.000 wall to neon in 2s
    1:22.000 wall on neon
    2:10.000 trigger rest (osc)
    2:10.000 wall to rain in 2s
    2:12.000 wall on rain
    ");
}

#[test]
fn what_became_due_meanwhile_is_done_at_the_start() {
    let show = with_triggers(
        "
  open: { when: { mqtt: door, payload: open }, for: 1m, do: { scene: neon } }
  quiet: { when: { osc: /quiet }, debounce: 30s, if: value == 7, do: { scene: rain } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt door open
        0:05 osc /quiet 7
        0:20 off 5m
        6:00 end
    "), @r"
    0:00.102 wall on dawn
    5:20.000 trigger open (cron)
    5:20.000 wall to neon in 2s
    5:20.000 trigger quiet (cron)
    5:20.000 wall to rain in 2s
    5:22.000 wall on rain
    ");
}

#[test]
fn an_edit_leaves_the_triggers_alone_that_it_does_not_touch() {
    let show = with_triggers(
        "
  open: { when: { mqtt: door, payload: open }, for: 10s, do: { scene: neon } }
  rest: { when: { osc: /rest }, cooldown: 20s, do: { scene: rain } }
  beat: { when: { every: 7s }, do: { scene: dawn } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt door open
        0:02 osc /rest 1
        0:05 edit { scene: dawn } => { scene: rain }
        0:12 osc /rest 1
        0:13 edit cooldown: 20s => cooldown: 10s
        0:13.5 osc /rest 1
        0:20 end
    "), @r"
    0:00.102 wall on dawn
    0:02.000 trigger rest (osc)
    0:02.000 wall to rain in 2s
    0:04.000 wall on rain
    0:05.000 now: trigger `beat` changed
    0:07.000 trigger beat (cron)
    0:11.000 trigger open (mqtt)
    0:11.000 wall to neon in 2s
    0:13.000 wall on neon
    0:13.000 now: trigger `rest` changed
    0:13.500 trigger rest (osc)
    0:13.500 wall to rain in 2s
    0:14.000 trigger beat (cron)
    0:15.500 wall on rain
    ");
}

#[test]
fn the_state_says_why_a_trigger_did_not_fire() {
    let show = with_triggers(
        "
  rest: { when: { osc: /rest }, cooldown: 20s, do: { scene: rain } }
  never: { when: { osc: /never }, if: value > 3, do: { scene: rain } }
  off: { when: { osc: /off }, enabled: false, do: { scene: dawn } }
",
    );
    let mut world = World::new(&show);
    world.run_until(super::millis(1000));
    for line in ["osc /rest 1", "osc /rest 1", "osc /never 2", "osc /off 1"] {
        world.obey(line);
    }
    let told = world.show.snapshot(world.now).triggers;
    let lines: Vec<String> = told.iter().map(|trigger| serde_json::to_string(trigger).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"name":"rest","enabled":true,"fired":1,"last_fired":"2026-11-22T08:00:01Z","looping":false,"why_not":"`cooldown`: it had fired not long before"}
    {"name":"never","enabled":true,"fired":0,"last_fired":null,"looping":false,"why_not":"`if` did not hold"}
    {"name":"off","enabled":false,"fired":0,"last_fired":null,"looping":false,"why_not":null}
    "#);
}
