//! What makes something happen: fixed addresses and topics, triggers with conditions, time tags, cron.

mod circles;
mod gates;
mod kinds;
mod memory;

use std::time::Duration;

use jiff::Timestamp;
use segue::show::{
    event::{Event, OscMessage, OscPacket},
    time::Mono,
};

use super::{SHOW, play, world::World};

/// The show with these triggers, and with a broker; what is sent is not looked at.
fn with_triggers(triggers: &str) -> String {
    let inputs = "inputs: { osc: {}, mqtt: { url: 'mqtt://127.0.0.1', base: segue/test } }";
    SHOW.replace("inputs: { osc: {} }", &format!("triggers:{triggers}{inputs}"))
}

/// Plays a script and returns what triggers have to do with, without what is sent to the backend.
fn of_triggers(show: &str, script: &str) -> String {
    let transcript = play(show, script);
    let sent =
        ["create", "update", "created as", "is ONLINE", "attached", "resumes", "then waits", "is OFFLINE"];
    let lines = transcript.lines().filter(|line| !sent.iter().any(|word| line.contains(word)));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn millis(millis: u64) -> Mono {
    Mono(Duration::from_millis(millis))
}

#[test]
fn every_scene_and_cue_has_an_osc_address_and_a_release_never_fires() {
    let show = SHOW.replace("inputs:", "cues: { storm: { scene: rain, fade: 0s } }\ninputs:");
    insta::assert_snapshot!(play(&show, "
        0:01 osc /segue/scene/neon 0
        0:02 osc /segue/scene/neon F
        0:03 osc /segue/scene/neon 1
        0:06 osc /segue/cue/storm 1
        0:07 osc /segue/cue/storm 0
        0:08 osc /segue/wall/scene/dawn 250ms
        0:10 osc /segue/scene/{neon,moon} T
        0:15 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:03.000 trigger /segue/scene/neon (osc)
    0:03.000 wall to neon in 1s
    0:03.000 update wall | prompt mist 0.75 city 0.25 rain 0.0 | seed 1 0.75 2 0.25
    0:03.300 update wall | prompt mist 0.45 city 0.55 rain 0.0 | seed 1 0.45 2 0.55
    0:03.600 update wall | prompt mist 0.15 city 0.85 rain 0.0 | seed 1 0.15 2 0.85
    0:03.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:04.000 wall on neon
    0:06.000 trigger /segue/cue/storm (osc)
    0:06.000 cue storm
    0:06.000 wall to rain in 0s
    0:06.000 update wall | prompt mist 0.0 city 0.5 rain 0.5
    0:06.100 wall on rain
    0:08.000 trigger /segue/wall/scene/dawn (osc)
    0:08.000 wall to dawn in 250ms
    0:08.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:08.250 wall on dawn
    0:10.000 trigger /segue/scene/neon (osc)
    0:10.000 wall to neon in 2s
    0:10.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:10.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:10.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:10.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:11.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:11.357 update wall | prompt mist 0.20357 city 0.79643 rain 0.0 | seed 1 0.20357 2 0.79643
    0:11.629 update wall | prompt mist 0.06786 city 0.93214 rain 0.0 | seed 1 0.06786 2 0.93214
    0:11.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:12.000 wall on neon
    0:15.000 then waits for Poll
    ");
}

#[test]
fn what_makes_no_sense_is_told_once_a_minute_and_the_show_is_untouched() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /segue/scene/moon 1
        0:02 osc /segue/scene/moon 1
        0:03 osc /segue/scene/neon -8
        0:04 osc /segue/scene/neon NaN
        0:05 osc /segue/scene/neon 1e308
        0:06 osc /segue/floor/scene/neon
        0:07 osc /segue/what
        0:08 osc /elsewhere 1
        0:09 osc /segue/scene/neon soon
        2:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 refused osc: unknown scene (1): moon
    0:03.000 refused osc: bad fade (1): `-8` is negative
    0:06.000 refused osc: unknown stream (1): floor
    0:07.000 refused osc: unknown address (1): /segue/what
    1:01.000 refused osc: unknown scene (1): moon
    1:03.000 refused osc: bad fade (3): `soon` is not a length of time
    1:07.000 refused osc: unknown address (1): /elsewhere
    2:00.000 then waits for Poll
    ");
}

#[test]
fn osc_triggers_look_at_their_arguments() {
    let show = SHOW.replace(
        "inputs:",
        "
triggers:
  pad: { when: { osc: /pad/1 }, do: { scene: neon, fade: 0s } }
  high: { when: { osc: /fader, args: [{ above: 0.5 }] }, do: { scene: rain, fade: 0s } }
  low: { when: { osc: /fader, args: [{ below: 0.5 }] }, do: { scene: dawn, fade: 0s } }
  named: { when: { osc: '/any/*', args: [go, 3] }, do: { scene: dawn, fade: 0s } }
inputs:",
    );
    insta::assert_snapshot!(play(&show, "
        0:01 osc /pad/1 0
        0:02 osc /pad/1 1
        0:02 osc /fader 0.1
        0:03 osc /fader 0.7
        0:04 osc /fader 0.5
        0:05 osc /fader 0.2
        0:06 osc /any/thing go 4
        0:07 osc /any/thing go 3
        0:08 osc /fader 0
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:02.000 trigger pad (osc)
    0:02.000 wall to neon in 0s
    0:02.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:02.100 wall on neon
    0:03.000 trigger high (osc)
    0:03.000 wall to rain in 0s
    0:03.000 update wall | prompt mist 0.0 city 0.5 rain 0.5
    0:03.100 wall on rain
    0:05.000 trigger low (osc)
    0:05.000 wall to dawn in 0s
    0:05.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:05.100 wall on dawn
    0:07.000 trigger named (osc)
    0:10.000 then waits for Poll
    ");
}

#[test]
fn mqtt_topics_and_payloads_fire_what_they_say() {
    let show = SHOW.replace("inputs: { osc: {} }", "
triggers:
  motion: { when: { mqtt: gallery/+/motion, payload: 'on' }, do: { scene: neon, fade: 0s } }
  bright: { when: { mqtt: gallery/light, payload: { pointer: /lux, above: 200 } }, do: { scene: rain, fade: 0s } }
  mode: { when: { mqtt: gallery/mode, payload: night, retained: true }, do: { scene: dawn, fade: 0s } }
inputs: { mqtt: { url: 'mqtt://127.0.0.1', base: segue/test } }");
    insta::assert_snapshot!(play(&show, "
        0:01 mqtt gallery/north/motion on
        0:02 mqtt gallery/north/motion off
        0:02 mqtt gallery/light {\"lux\": 130}
        0:03 mqtt gallery/light {\"lux\": 230}
        0:04 mqtt gallery/light {\"lux\": \"dark\"}
        0:05 mqtt gallery/light no json at all
        0:06 retained gallery/north/motion on
        0:07 retained gallery/mode night
        0:08 mqtt segue/test/scene/set neon
        0:12 mqtt segue/test/scene/set {\"scene\": \"dawn\", \"fade\": \"0s\", \"stream\": \"wall\"}
        0:13 retained segue/test/scene/set neon
        0:14 mqtt segue/test/scene/set {\"scene\": \"dawn\", \"fate\": 3}
        0:15 mqtt segue/test/scene/set moon
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger motion (mqtt)
    0:01.000 wall to neon in 0s
    0:01.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:01.100 wall on neon
    0:03.000 trigger bright (mqtt)
    0:03.000 wall to rain in 0s
    0:03.000 update wall | prompt mist 0.0 city 0.5 rain 0.5
    0:03.100 wall on rain
    0:07.000 trigger mode (mqtt)
    0:07.000 wall to dawn in 0s
    0:07.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:07.100 wall on dawn
    0:08.000 trigger segue/test/scene/set (mqtt)
    0:08.000 wall to neon in 2s
    0:08.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:08.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:08.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:08.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:09.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:09.357 update wall | prompt mist 0.20357 city 0.79643 rain 0.0 | seed 1 0.20357 2 0.79643
    0:09.629 update wall | prompt mist 0.06786 city 0.93214 rain 0.0 | seed 1 0.06786 2 0.93214
    0:09.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:10.000 wall on neon
    0:12.000 trigger segue/test/scene/set (mqtt)
    0:12.000 wall to dawn in 0s
    0:12.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:12.100 wall on dawn
    0:14.000 refused mqtt: bad command (1): unknown key `fate`
    0:15.000 refused mqtt: unknown scene (1): moon
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_bundle_waits_for_its_time_tag_but_not_beyond_the_horizon() {
    let mut world = World::new(SHOW);
    world.run_until(super::world::time_of("0:01"));
    let bundle = |scene: &str, ahead: f64, now: Timestamp| {
        let message = OscMessage { address: format!("/segue/scene/{scene}"), args: Vec::new() };
        let due = now + std::time::Duration::from_secs_f64(ahead);
        Event::Osc(OscPacket { messages: vec![message], due: Some(due) })
    };
    let now = world.now.wall;
    world.happen(bundle("neon", 4.0, now));
    world.happen(bundle("dawn", 3600.0, now));
    insta::assert_snapshot!(world.play("0:10 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 refused osc: time tag too far ahead (1): 3600.0 s ahead
    0:01.000 trigger /segue/scene/dawn (osc)
    0:05.000 trigger /segue/scene/neon (osc)
    0:05.000 wall to neon in 2s
    0:05.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:05.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:05.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:05.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:06.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:06.357 update wall | prompt mist 0.20357 city 0.79643 rain 0.0 | seed 1 0.20357 2 0.79643
    0:06.629 update wall | prompt mist 0.06786 city 0.93214 rain 0.0 | seed 1 0.06786 2 0.93214
    0:06.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:07.000 wall on neon
    0:10.000 then waits for Poll
    ");
}

#[test]
fn cron_fires_in_the_zone_of_the_show_and_a_trigger_may_have_its_own() {
    let show = SHOW.replace(
        "inputs:",
        "
triggers:
  open: { when: { cron: '10 9 * * *' }, do: { scene: neon, fade: 0s } }
  tokyo: { when: { cron: '5 17 * * *', timezone: Asia/Tokyo }, do: { scene: rain, fade: 0s } }
inputs:",
    );
    // 08:00 UTC is 09:00 in Berlin and 17:00 in Tokyo.
    insta::assert_snapshot!(play(&show, "20:00 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    5:00.000 trigger tokyo (cron)
    5:00.000 wall to rain in 0s
    5:00.000 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    5:00.100 wall on rain
    10:00.000 trigger open (cron)
    10:00.000 wall to neon in 0s
    10:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0
    10:00.100 wall on neon
    20:00.000 then waits for Poll
    ");
}

#[test]
fn a_clock_set_back_does_not_fire_a_cron_twice_and_one_set_forward_does_not_lose_it() {
    let show = SHOW.replace(
        "inputs:",
        "
triggers:
  open: { when: { cron: '10 9 * * *' }, do: { scene: neon, fade: 0s } }
  noon: { when: { cron: '0 12 * * *' }, do: { scene: rain, fade: 0s } }
inputs:",
    );
    insta::assert_snapshot!(play(&show, "
        11:00 clock -3600
        80:00 clock 10800
        81:00 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    10:00.000 trigger open (cron)
    10:00.000 wall to neon in 0s
    10:00.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    10:00.100 wall on neon
    80:00.000 noon missed at 2026-11-22T11:00:00Z, made up
    80:00.000 trigger noon (cron)
    80:00.000 wall to rain in 0s
    80:00.000 update wall | prompt mist 0.0 city 0.5 rain 0.5
    80:00.100 wall on rain
    81:00.000 then waits for Poll
    ");
}

#[test]
fn a_press_and_its_release_both_count_and_of_a_faders_path_only_the_end() {
    let show = SHOW.replace(
        "inputs:",
        "
triggers:
  soft: { when: { osc: /drum, args: [{ above: 0, below: 0.6 }] }, do: { scene: rain } }
  hard: { when: { osc: /drum, args: [{ above: 0.6 }] }, do: { scene: neon } }
  pad: { when: { osc: /pad }, do: { scene: dawn } }
inputs:",
    );
    let sheet = super::world::sheet(&show);
    let amounts = |address: &str, value: &str| match super::world::osc(address, &[value]) {
        Event::Osc(packet) => segue::show::continuity(&sheet, &packet.messages[0]),
        other => panic!("{other:?}"),
    };
    assert_eq!(amounts("/drum", "0.9"), Some(vec![false, true, true, false]));
    assert_eq!(amounts("/drum", "0.9"), amounts("/drum", "0.8"), "either may stand for both");
    assert_ne!(amounts("/drum", "0.9"), amounts("/drum", "0"), "a hit is not lost to its release");
    assert_eq!(amounts("/drum", "0"), Some(vec![false, true, false, true]), "and a release fires nothing");
    assert_eq!(amounts("/pad", "1"), None, "of a button everything counts");
    assert_eq!(amounts("/segue/scene/neon", "1"), None);
}

#[test]
fn a_show_that_ends_waits_for_no_bundle() {
    let mut world = World::new(SHOW);
    world.run_until(super::world::time_of("0:01"));
    let message = OscMessage { address: "/segue/scene/neon".to_owned(), args: Vec::new() };
    let due = world.now.wall + std::time::Duration::from_secs(5);
    world.happen(Event::Osc(OscPacket { messages: vec![message], due: Some(due) }));
    world.happen(Event::Stop);
    assert_eq!(world.show.next_wake(), None);
    assert!(world.show.is_stopped());
}

#[test]
fn a_wildcard_keeps_its_rhythm_when_the_clock_is_set_forward_and_back() {
    let show = SHOW.replace(
        "inputs:",
        "
triggers: { pulse: { when: { cron: '* * * * *' }, do: { scene: neon } } }
inputs:",
    );
    let transcript = play(
        &show,
        "
        2:30 clock 7200
        3:30 clock -7200
        10:30 end
    ",
    );
    // Ten minutes, and one run more for the minutes that the step forward passed over.
    assert_eq!(transcript.matches("trigger pulse").count(), 11, "{transcript}");
}

#[test]
fn bundles_that_are_late_together_are_applied_in_the_order_of_their_time_tags() {
    let mut world = World::new(SHOW);
    world.run_until(super::world::time_of("0:01"));
    for (scene, millis) in [("neon", 900), ("rain", 500)] {
        let message = OscMessage { address: format!("/segue/scene/{scene}"), args: Vec::new() };
        let due = world.now.wall + std::time::Duration::from_millis(millis);
        world.happen(Event::Osc(OscPacket { messages: vec![message], due: Some(due) }));
    }
    // The machine was busy: both are due when the show is looked at again.
    let late = std::time::Duration::from_secs(2);
    world.now = segue::show::time::Now { mono: world.now.mono + late, wall: world.now.wall + late };
    world.show.handle_wake(world.now);
    world.run_until(super::world::time_of("0:20"));
    assert_eq!(&*world.show.snapshot(world.now).streams[0].scene, "neon");
}

#[test]
fn a_stream_has_topics_of_its_own_and_those_of_other_shows_are_left_alone() {
    let show =
        SHOW.replace("inputs: { osc: {} }", "inputs: { mqtt: { url: 'mqtt://localhost', base: north } }");
    insta::assert_snapshot!(play(&show, "
        0:01 mqtt north/wall/scene/set neon
        0:03 mqtt north/wall/scene/set {\"scene\": \"dawn\", \"fade\": 0}
        0:04 mqtt north/wall/mix/rain/set 0.5
        0:06 mqtt north/wall/transition/set finish
        0:07 mqtt north/wall/scene/set {\"scene\": \"dawn\", \"stream\": \"wall\"}
        0:07 mqtt north/wall/mix/rain/set much
        0:07 mqtt north/wall/mix/moon/set 0.5
        0:08 mqtt north/left/scene/set neon
        0:08 mqtt north/wall/cue/set neon
        0:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger north/wall/scene/set (mqtt)
    0:01.000 wall to neon in 2s
    0:01.000 update wall | prompt mist 0.88214 city 0.11786 rain 0.0 | seed 1 0.88214 2 0.11786
    0:01.271 update wall | prompt mist 0.74643 city 0.25357 rain 0.0 | seed 1 0.74643 2 0.25357
    0:01.543 update wall | prompt mist 0.61071 city 0.38929 rain 0.0 | seed 1 0.61071 2 0.38929
    0:01.814 update wall | prompt mist 0.475 city 0.525 rain 0.0 | seed 1 0.475 2 0.525
    0:02.086 update wall | prompt mist 0.33929 city 0.66071 rain 0.0 | seed 1 0.33929 2 0.66071
    0:02.357 update wall | prompt mist 0.20357 city 0.79643 rain 0.0 | seed 1 0.20357 2 0.79643
    0:02.629 update wall | prompt mist 0.06786 city 0.93214 rain 0.0 | seed 1 0.06786 2 0.93214
    0:02.900 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:03.000 wall on neon
    0:03.000 trigger north/wall/scene/set (mqtt)
    0:03.000 wall to dawn in 0s
    0:03.000 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:03.100 wall on dawn
    0:04.000 wall operator: north/wall/mix/rain/set
    0:04.000 update wall | prompt mist 0.5 city 0.25 rain 0.25 | seed 1 0.5 2 0.5
    0:06.000 trigger north/wall/transition/set (mqtt)
    0:07.000 refused mqtt: bad command (1): unknown key `stream`
    0:07.000 refused mqtt: bad position (1): much
    0:07.000 refused mqtt: unknown scene (1): moon
    0:10.000 then waits for Lane
    ");
}
