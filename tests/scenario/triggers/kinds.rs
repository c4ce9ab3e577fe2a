//! What triggers can wait for: a transcript for each kind.

use super::{of_triggers, with_triggers};

#[test]
fn a_request_fires_a_trigger_that_waits_for_http() {
    let show = with_triggers(
        "
  bell: { when: [{ http: true }, { osc: /bell }], do: { scene: neon } }
  pad: { when: { osc: /pad }, do: { scene: rain } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 http bell
        0:02 osc /bell 1
        0:03 osc /bell 0
        0:04 http pad
        0:05 http moon
        0:10 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger bell (http)
    0:01.000 wall to neon in 2s
    0:02.000 trigger bell (osc)
    0:03.000 wall on neon
    0:04.000 refused http: not a trigger for HTTP (1): pad
    0:05.000 refused http: unknown trigger (1): moon
    ");
}

#[test]
fn the_sun_fires_each_day_and_a_missed_one_is_made_up() {
    let show = with_triggers(
        "
  dusk: { when: { sun: sunset-30m }, do: { scene: neon } }
  dawn: { when: { sun: { at: sunrise, not_before: '09:00' }, catch_up: none }, do: { scene: dawn } }
",
    )
    .replace("streams:", "location: { latitude: 52.52, longitude: 13.4 }\nstreams:");
    insta::assert_snapshot!(of_triggers(&show, "
        1440:00 off 10h
        2880:00 end
    "), @r"
    0:00.102 wall on dawn
    394:00.000 trigger dusk (cron)
    394:00.000 wall to neon in 2s
    394:02.000 wall on neon
    1440:00.000 trigger dawn (cron)
    1440:00.000 wall to dawn in 4s
    2040:00.000 dusk missed at 2026-11-23T14:33:00Z, made up
    2040:00.000 trigger dusk (cron)
    2040:00.000 wall to neon in 2s
    2040:02.000 wall on neon
    2880:00.000 trigger dawn (cron)
    2880:00.000 wall to dawn in 4s
    ");
}

#[test]
fn every_keeps_its_beat() {
    let show = with_triggers(
        "
  beat: { when: { every: 90s }, do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        3:10 off 100s
        8:00 end
    "), @r"
    0:00.102 wall on dawn
    1:30.000 trigger beat (cron)
    1:30.000 wall to neon in 2s
    1:32.000 wall on neon
    3:00.000 trigger beat (cron)
    4:50.200 wall on neon
    6:00.000 trigger beat (cron)
    7:30.000 trigger beat (cron)
    ");
}

#[test]
fn a_start_is_told_at_each_start() {
    let show = with_triggers(
        "
  hello: { when: { startup: true }, do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:10 off 5s
        0:20 edit fade: 2s } => fade: 3s }
        0:30 end
    "), @r"
    0:00.000 trigger hello (show)
    0:00.000 wall to neon in 2s
    0:02.000 wall on neon
    0:15.000 trigger hello (show)
    0:15.200 wall on neon
    0:20.000 now: scene `neon` changed
    ");
}

#[test]
fn who_is_silent_is_idle_once_until_the_next_hand() {
    let show = with_triggers(
        "
  rest: { when: { idle: 1m }, do: { scene: dawn } }
  empty: { when: { idle: 2m, of: { mqtt: room/+/motion } }, do: { scene: rain } }
  pad: { when: { osc: /pad }, do: { scene: neon } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:30 osc /pad 1
        0:45 osc /nothing/here 1
        3:00 mqtt room/north/motion on
        3:20 go neon
        6:00 end
    "), @r"
    0:00.102 wall on dawn
    0:30.000 trigger pad (osc)
    0:30.000 wall to neon in 2s
    0:32.000 wall on neon
    0:45.000 refused osc: unknown address (1): /nothing/here
    1:30.000 trigger rest (cron)
    1:30.000 wall to dawn in 4s
    1:34.000 wall on dawn
    2:00.000 trigger empty (cron)
    2:00.000 wall to rain in 2s
    2:02.000 wall on rain
    3:20.000 trigger go neon (http)
    3:20.000 wall to neon in 2s
    3:22.000 wall on neon
    4:20.000 trigger rest (cron)
    4:20.000 wall to dawn in 4s
    4:24.000 wall on dawn
    5:00.000 trigger empty (cron)
    5:00.000 wall to rain in 2s
    5:02.000 wall on rain
    ");
}

#[test]
fn a_sensor_that_only_one_trigger_listens_to_is_no_hand() {
    let show = with_triggers(
        "
  rest: { when: { idle: 1m }, do: { scene: dawn } }
  bright: { when: { mqtt: lux, payload: { above: 100 } }, do: { scene: rain } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:50 mqtt lux 50
        0:55 mqtt lux 60
        1:10 mqtt lux 200
        3:00 end
    "), @r"
    0:00.102 wall on dawn
    1:00.000 trigger rest (cron)
    1:10.000 trigger bright (mqtt)
    1:10.000 wall to rain in 2s
    1:12.000 wall on rain
    2:10.000 trigger rest (cron)
    2:10.000 wall to dawn in 4s
    2:14.000 wall on dawn
    ");
}

#[test]
fn a_stream_fires_by_its_state_and_its_frames() {
    let show = with_triggers(
        "
  away: { when: { stream: wall, state: OFFLINE }, for: 10s, do: { scene: rain } }
  slow: { when: { stream: wall, fps_below: 10 }, do: { scene: dawn } }
",
    )
    .replace("every: 1h", "every: 1s");
    insta::assert_snapshot!(of_triggers(&show, "
        0:05 status OFFLINE 24
        0:10 status ONLINE 24
        0:20 status OFFLINE 24
        0:40 status ONLINE 8
        0:50 status ONLINE 7
        1:00 status ONLINE 12
        1:10 status ONLINE 9
        1:20 end
    "), @r"
    0:00.102 wall on dawn
    0:10.452 wall sent again: its video came back
    0:30.510 trigger away (show)
    0:30.510 wall to rain in 2s
    0:32.510 wall on rain
    0:40.460 wall sent again: its video came back
    0:40.460 trigger slow (show)
    0:40.460 wall to dawn in 4s
    0:44.460 wall on dawn
    1:10.293 trigger slow (show)
    ");
}

#[test]
fn a_stream_that_is_lost_comes_back() {
    let show = with_triggers(
        "
  dark: { when: { stream: [wall], lost: true }, do: { scene: rain } }
  light: { when: { stream: wall, back: true }, do: { scene: neon } }
",
    )
    .replace("every: 1h", "every: 1s");
    insta::assert_snapshot!(of_triggers(&show, "
        0:05 video on
        0:10 runner stalls
        1:20 runner heals
        2:00 end
    "), @r"
    0:00.102 wall on dawn
    0:30.190 trigger dark (show)
    0:30.190 wall to rain in 2s
    0:30.290 wall sent again: no picture comes out
    0:32.190 wall on rain
    0:50.640 wall sent again: no picture comes out
    1:11.358 wall gives up str_1
    1:11.458 wall old str_1 deleted
    1:12.452 trigger light (show)
    1:12.452 wall to neon in 2s
    1:14.452 wall on neon
    ");
}

#[test]
fn a_scene_is_entered_left_and_half_way() {
    let show = with_triggers(
        "
  in: { when: { scene: { entered: neon } }, do: { disable: nobody } }
  stays: { when: { scene: { entered: neon, stream: wall } }, for: 5s, do: { disable: nobody } }
  half: { when: { scene: { halfway: neon } }, do: { disable: nobody } }
  out: { when: { scene: { left: neon } }, do: { disable: nobody } }
  nobody: { when: { http: true }, do: { scene: dawn } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 go neon 10s
        0:13 go rain 10s
        0:15 go neon 4s
        0:26 go neon 4s
        0:40 go dawn 0s
        0:41 go neon 2s
        0:42 go dawn 2s
        0:50 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 10s
    0:06.000 trigger half (show)
    0:06.000 nobody disabled
    0:11.000 wall on neon
    0:11.000 trigger in (show)
    0:13.000 trigger go rain (http)
    0:13.000 wall to rain in 10s
    0:13.000 trigger out (show)
    0:15.000 trigger go neon (http)
    0:15.000 wall to neon in 4s
    0:17.000 trigger half (show)
    0:19.000 wall on neon
    0:19.000 trigger in (show)
    0:24.000 trigger stays (show)
    0:26.000 trigger go neon (http)
    0:40.000 trigger go dawn (http)
    0:40.000 wall to dawn in 0s
    0:40.000 trigger out (show)
    0:40.100 wall on dawn
    0:41.000 trigger go neon (http)
    0:41.000 wall to neon in 2s
    0:42.000 trigger half (show)
    0:42.000 trigger go dawn (http)
    0:42.000 wall to dawn in 2s
    0:44.000 wall on dawn
    ");
}
