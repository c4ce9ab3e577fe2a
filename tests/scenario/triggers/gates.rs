//! What stands between what happens and what is done: crossings, times that something must last, times that must pass.

use super::{of_triggers, with_triggers};

#[test]
fn a_range_fires_when_it_is_crossed_and_not_at_each_message() {
    let show = with_triggers("
  high: { when: { osc: /fader, args: { above: 0.5 } }, do: { scene: neon } }
  low: { when: { osc: /fader, args: { below: 0.2 } }, do: { scene: dawn } }
  lux: { when: { mqtt: 'room/+', payload: { pointer: /lux, above: 200, hysteresis: 50 } }, do: { scene: rain } }
");
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 osc /fader 0.9
        0:02 osc /fader 0.4
        0:03 osc /fader 0.6
        0:04 osc /fader 0.7
        0:05 osc /fader 0
        0:06 osc /fader NaN
        0:07 osc /fader 1
        0:10 mqtt room/a {\"lux\": 100}
        0:11 mqtt room/b {\"lux\": 300}
        0:12 mqtt room/a {\"lux\": 210}
        0:13 mqtt room/a {\"lux\": 190}
        0:14 mqtt room/a {\"lux\": 210}
        0:15 mqtt room/b {\"lux\": 150}
        0:16 mqtt room/b {\"lux\": 201}
        0:17 mqtt room/b {\"dark\": true}
        0:20 end
    "), @r"
    0:00.102 wall on dawn
    0:03.000 trigger high (osc)
    0:03.000 wall to neon in 2s
    0:05.000 wall on neon
    0:05.000 trigger low (osc)
    0:05.000 wall to dawn in 4s
    0:07.000 trigger high (osc)
    0:07.000 wall to neon in 2s
    0:09.000 wall on neon
    0:12.000 trigger lux (mqtt)
    0:12.000 wall to rain in 2s
    0:14.000 wall on rain
    0:16.000 trigger lux (mqtt)
    ");
}

#[test]
fn beside_a_range_the_other_arguments_say_what_it_is_about() {
    let show = with_triggers(
        "
  hard: { when: { osc: /note, args: [60, { above: 100 }] }, do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 osc /note 60 0
        0:02 osc /note 62 120
        0:03 osc /note 60 110
        0:04 osc /note 62 0
        0:05 osc /note 60 120
        0:06 osc /note 60 0
        0:07 osc /note 60 101
        0:10 end
    "), @r"
    0:00.102 wall on dawn
    0:03.000 trigger hard (osc)
    0:03.000 wall to neon in 2s
    0:05.000 wall on neon
    0:07.000 trigger hard (osc)
    ");
}

#[test]
fn what_must_last_is_ended_by_its_opposite() {
    let show = with_triggers(
        "
  open: { when: { mqtt: door, payload: open }, for: 10s, do: { scene: neon } }
  long: { when: { osc: /pad }, for: 2s, do: { scene: rain } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt door open
        0:08 mqtt door closed
        0:10 mqtt door open
        0:15 mqtt door open
        0:25 mqtt door open
        0:40 osc /pad 1
        0:41 osc /pad 0
        0:45 osc /pad 1
        0:49 osc /pad 0
        0:50 end
    "), @r"
    0:00.102 wall on dawn
    0:20.000 trigger open (mqtt)
    0:20.000 wall to neon in 2s
    0:22.000 wall on neon
    0:47.000 trigger long (osc)
    0:47.000 wall to rain in 2s
    0:49.000 wall on rain
    ");
}

#[test]
fn after_a_firing_it_must_be_over_or_silent_for_a_while() {
    let show = with_triggers(
        "
  motion: { when: { mqtt: motion, payload: 'on' }, release_for: 10s, do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt motion on
        0:08 mqtt motion on
        0:16 mqtt motion on
        0:20 mqtt motion off
        0:29 mqtt motion on
        0:40 mqtt motion on
        1:00 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger motion (mqtt)
    0:01.000 wall to neon in 2s
    0:03.000 wall on neon
    0:40.000 trigger motion (mqtt)
    ");
}

#[test]
fn throttle_lets_the_first_through_and_debounce_the_last() {
    let show = with_triggers(
        "
  first: { when: { osc: /x }, throttle: 1s, do: { scene: neon } }
  last: { when: { osc: /y }, debounce: 500ms, if: value == 3, do: { scene: rain } }
  pause: { when: { osc: /z }, cooldown: 1m, do: { scene: dawn } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 osc /x 1
        0:01.5 osc /x 1
        0:02 osc /x 1
        0:03 osc /y 1
        0:03.2 osc /y 2
        0:03.4 osc /y 3
        0:10 osc /y 3
        0:10.1 osc /y 4
        0:20 osc /z 1
        0:50 osc /z 1
        1:20 osc /z 1
        1:30 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger first (osc)
    0:01.000 wall to neon in 2s
    0:02.000 trigger first (osc)
    0:03.000 wall on neon
    0:03.900 trigger last (osc)
    0:03.900 wall to rain in 2s
    0:05.900 wall on rain
    0:20.000 trigger pause (osc)
    0:20.000 wall to dawn in 4s
    0:24.000 wall on dawn
    1:20.000 trigger pause (osc)
    ");
}

#[test]
fn a_trigger_can_be_enabled_and_disabled() {
    let show = with_triggers(
        "
  night: { when: { osc: /go }, enabled: false, do: { scene: neon } }
  on: { when: { osc: /on }, do: [{ enable: night }, { scene: rain }] }
  held: { when: { mqtt: door, payload: open }, for: 10s, do: { scene: dawn } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 osc /go 1
        0:02 osc /on 1
        0:03 osc /go 1
        0:04 osc /segue/trigger/night/enable 0
        0:05 osc /go 1
        0:06 osc /segue/trigger/night/enable 1
        0:07 osc /go 1
        0:08 enable night
        0:10 mqtt door open
        0:11 disable held
        0:12 enable held
        0:40 osc /segue/trigger/moon/enable 1
        0:41 enable moon
        1:00 end
    "), @r"
    0:00.102 wall on dawn
    0:02.000 trigger on (osc)
    0:02.000 night enabled
    0:02.000 wall to rain in 2s
    0:03.000 trigger night (osc)
    0:03.000 wall to neon in 2s
    0:04.000 trigger /segue/trigger/night/enable (osc)
    0:04.000 night disabled
    0:05.000 wall on neon
    0:06.000 trigger /segue/trigger/night/enable (osc)
    0:06.000 night enabled
    0:07.000 trigger night (osc)
    0:08.000 trigger enable night (http)
    0:11.000 trigger disable held (http)
    0:11.000 held disabled
    0:12.000 trigger enable held (http)
    0:12.000 held enabled
    0:40.000 refused osc: unknown trigger (1): moon
    0:41.000 refused http: unknown trigger (1): moon
    ");
}

#[test]
fn a_condition_decides_and_one_that_cannot_be_told_is_counted() {
    let show = with_triggers(
        "
  light: { when: { mqtt: light }, if: payload.lux > 200 and scene != 'rain', do: { scene: rain } }
  late: { when: { osc: /late }, if: time.hour >= 9 and time.weekday == 'SUN', do: { scene: dawn } }
  fine: { when: { osc: /fine }, if: stream.wall.state == 'ONLINE', do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 mqtt light {\"lux\": 100}
        0:02 mqtt light {\"lux\": 230}
        0:06 mqtt light {\"lux\": 230}
        0:07 osc /late 1
        0:08 osc /fine 1
        0:12 mqtt light {\"dark\": true}
        0:13 mqtt light none
        1:30 end
    "), @r"
    0:00.102 wall on dawn
    0:02.000 trigger light (mqtt)
    0:02.000 wall to rain in 2s
    0:04.000 wall on rain
    0:07.000 trigger late (osc)
    0:07.000 wall to dawn in 4s
    0:08.000 trigger fine (osc)
    0:08.000 wall to neon in 2s
    0:10.000 wall on neon
    0:12.000 refused mqtt: `if` cannot be told (1): light: it asks for something that is not there
    1:12.000 refused mqtt: `if` cannot be told (1): light: it asks for something that is not there
    ");
}
