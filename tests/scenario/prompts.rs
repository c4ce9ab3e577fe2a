//! Prompts that no scene has: by every door, refused when they make no sense, bounded when there are too many.

use std::time::Duration;

use segue::show::{
    event::{Arg, Command, Event, OscMessage, OscPacket},
    time::Mono,
};
use serde_json::{Value, json};

use super::{
    SHOW, play,
    world::{World, osc, time_of},
};

/// The show with a broker.
fn show() -> String {
    SHOW.replace("osc: {}", "osc: {}, mqtt: { url: 'mqtt://127.0.0.1:1883', base: segue/test }")
}

/// Makes an OSC message whose texts may have spaces.
fn sends(address: &str, args: impl IntoIterator<Item = Arg>) -> Event {
    let message = OscMessage { address: address.to_owned(), args: args.into_iter().collect() };
    Event::Osc(OscPacket { messages: vec![message], due: None })
}

fn asks(prompt: Value, seed: Option<Value>, seconds: u64) -> Event {
    let fade = Some(Duration::from_secs(seconds));
    Event::Command(Command::Prompt { prompt, seed, stream: None, fade })
}

#[test]
fn a_prompt_by_osc_is_a_scene_like_any_other() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /segue/prompt fog 0.5
        0:05 osc /segue/wall/prompt fog 0.7 ember 0.3 0
        0:10 osc /segue/*/prompt tide 0
        0:15 go dawn 0s
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/prompt (osc)
    0:01.000 wall to “fog” in 500ms
    0:01.000 update wall | prompt mist 0.84375 fog 0.15625 rain 0.0 | seed 1 0.84375 789 0.15625
    0:01.250 update wall | prompt mist 0.00725 fog 0.99275 rain 0.0 | seed 1 0.00725 789 0.99275
    0:01.500 update wall | prompt mist 0.0 fog 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:01.600 wall on “fog”
    0:05.000 trigger /segue/wall/prompt (osc)
    0:05.000 wall to “fog + ember” in 0s
    0:05.000 update wall | prompt mist 0.0 fog 0.7 ember 0.3
    0:05.100 wall on “fog + ember”
    0:10.000 trigger /segue/wall/prompt (osc)
    0:10.000 wall to “tide” in 0s
    0:10.000 update wall | prompt tide 1.0 fog 0.0 ember 0.0
    0:10.100 wall on “tide”
    0:15.000 trigger go dawn (http)
    0:15.000 wall to dawn in 0s
    0:15.000 update wall | prompt tide 0.0 mist 1.0 ember 0.0 | seed 1 1.0 789 0.0
    0:15.100 wall on dawn
    0:20.000 then waits for Poll
    ");
}

#[test]
fn one_text_takes_seconds_and_several_take_weights() {
    let cases: [(&[&str], &str); 8] = [
        (&["fog"], "to “fog” in 4s"),
        (&["fog", "8"], "to “fog” in 8s"),
        (&["fog", "1", "ember", "3"], "to “fog + ember” in 4s"),
        (&["fog", "1", "ember", "3", "8"], "to “fog + ember” in 8s"),
        (&["fog", "ember"], "bad prompt (1): a text, or texts with a weight after each, then the seconds"),
        (
            &["fog", "1", "ember"],
            "bad prompt (1): a text, or texts with a weight after each, then the seconds",
        ),
        (&["8"], "bad prompt (1): a text, or texts with a weight after each, then the seconds"),
        (&["fog", "-8"], "bad fade (1): `-8` is negative"),
    ];
    for (args, told) in cases {
        let mut world = World::new(SHOW);
        world.run_until(time_of("0:01"));
        world.happen(osc("/segue/prompt", args));
        assert!(world.lines.contains(told), "{args:?}\n{}", world.lines);
    }
    let mut world = World::new(SHOW);
    world.run_until(time_of("0:01"));
    let before = world.lines.clone();
    world.happen(osc("/segue/prompt", &["0"]));
    world.happen(osc("/segue/prompt", &["F"]));
    assert_eq!(world.lines, before, "a button that is let go asks for nothing");
    world.happen(sends("/segue/prompt", [Arg::Text("0".to_owned())]));
    assert!(world.lines.contains("to “0” in 4s"), "{}", world.lines);
}

#[test]
fn a_prompt_by_mqtt_is_text_or_json() {
    insta::assert_snapshot!(play(&show(), r#"
        0:01 mqtt segue/test/prompt/set misty sea at night
        0:06 mqtt segue/test/prompt/set {"prompt": [["a fog", 1], ["ember", 3]], "seed": 7, "fade": 0, "stream": "wall"}
        0:10 mqtt segue/test/prompt/set {"prompt": "fog", "seed": [[7, 1], [8, 1]], "fade": "0s"}
        0:20 end
    "#), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger segue/test/prompt/set (mqtt)
    0:01.000 wall to “misty sea at night” in 4s
    0:01.000 update wall | prompt mist 0.99713 misty sea at night 0.00287 rain 0.0 | seed 1 0.99713 789 0.00287
    0:01.250 update wall | prompt mist 0.96104 misty sea at night 0.03896 rain 0.0 | seed 1 0.96104 789 0.03896
    0:01.500 update wall | prompt mist 0.91335 misty sea at night 0.08665 rain 0.0 | seed 1 0.91335 789 0.08665
    0:01.750 update wall | prompt mist 0.85072 misty sea at night 0.14928 rain 0.0 | seed 1 0.85072 789 0.14928
    0:02.000 update wall | prompt mist 0.77608 misty sea at night 0.22392 rain 0.0 | seed 1 0.77608 789 0.22392
    0:02.250 update wall | prompt mist 0.69235 misty sea at night 0.30765 rain 0.0 | seed 1 0.69235 789 0.30765
    0:02.500 update wall | prompt mist 0.60248 misty sea at night 0.39752 rain 0.0 | seed 1 0.60248 789 0.39752
    0:02.750 update wall | prompt mist 0.50937 misty sea at night 0.49063 rain 0.0 | seed 1 0.50937 789 0.49063
    0:03.000 update wall | prompt mist 0.41598 misty sea at night 0.58402 rain 0.0 | seed 1 0.41598 789 0.58402
    0:03.250 update wall | prompt mist 0.32522 misty sea at night 0.67478 rain 0.0 | seed 1 0.32522 789 0.67478
    0:03.500 update wall | prompt mist 0.24003 misty sea at night 0.75997 rain 0.0 | seed 1 0.24003 789 0.75997
    0:03.750 update wall | prompt mist 0.16334 misty sea at night 0.83666 rain 0.0 | seed 1 0.16334 789 0.83666
    0:04.000 update wall | prompt mist 0.09807 misty sea at night 0.90193 rain 0.0 | seed 1 0.09807 789 0.90193
    0:04.250 update wall | prompt mist 0.04716 misty sea at night 0.95284 rain 0.0 | seed 1 0.04716 789 0.95284
    0:04.500 update wall | prompt mist 0.01353 misty sea at night 0.98647 rain 0.0 | seed 1 0.01353 789 0.98647
    0:04.750 update wall | prompt mist 0.00012 misty sea at night 0.99988 rain 0.0 | seed 1 0.00012 789 0.99988
    0:05.000 update wall | prompt mist 0.0 misty sea at night 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:05.100 wall on “misty sea at night”
    0:06.000 trigger segue/test/prompt/set (mqtt)
    0:06.000 wall to “a fog + ember” in 0s
    0:06.000 update wall | prompt ember 0.75 misty sea at night 0.0 a fog 0.25 | seed 7 1.0 789 0.0
    0:06.100 wall on “a fog + ember”
    0:10.000 trigger segue/test/prompt/set (mqtt)
    0:10.000 wall to “fog” in 0s
    0:10.000 update wall | prompt ember 0.0 fog 1.0 a fog 0.0 | seed 7 0.5 8 0.5
    0:10.100 wall on “fog”
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_prompt_that_makes_no_sense_is_refused_with_the_reason() {
    let long = "long ".repeat(500);
    let cases = [
        ("", "the text is empty"),
        ("bell\u{7}", "a prompt holds no control characters, this one has U+0007"),
        (long.as_str(), "a prompt has at most 2000 bytes, this one has 2499"),
        ("{}", "bad command (1): `prompt` is missing"),
        (r#"{"prompt": null}"#, "a text or a list of pairs `[text, weight]` is expected, not null"),
        (r#"{"prompt": "a", "delta": 0.3}"#, "bad command (1): unknown key `delta`"),
        (
            r#"{"prompt": "a", "seed": "x"}"#,
            "seed: a whole number or a list of pairs `[seed, weight]` is exp",
        ),
        (r#"{"prompt": "a", "stream": "moon"}"#, "unknown stream (1): moon"),
        (r#"{"prompt": [["a", 0]]}"#, "prompt: the weights sum to zero"),
        (r#"{"prompt": "a", "fade": 100000}"#, "bad fade (1): 100000s is longer than a day"),
    ];
    for (payload, told) in cases {
        let mut world = World::new(&show());
        world.run_until(time_of("0:01"));
        world.happen(Event::Mqtt(segue::show::event::MqttMessage {
            topic: "segue/test/prompt/set".to_owned(),
            payload: payload.as_bytes().to_vec(),
            retained: false,
        }));
        world.run_until(time_of("0:10"));
        assert!(world.lines.contains("refused mqtt"), "{payload}\n{}", world.lines);
        assert!(world.lines.contains(told), "{payload}\n{}", world.lines);
        assert_eq!(world.accepted.len(), 1, "the show is untouched: {payload}");
    }
}

#[test]
fn the_same_prompt_asked_again_is_the_same_scene() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 osc /segue/prompt fog 2
        0:02 osc /segue/prompt fog 2
        0:02.5 osc /segue/scene/dawn 2
        0:03 osc /segue/prompt fog 2
        0:10 osc /segue/prompt fog 2
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/prompt (osc)
    0:01.000 wall to “fog” in 2s
    0:01.000 update wall | prompt mist 0.98877 fog 0.01123 rain 0.0 | seed 1 0.98877 789 0.01123
    0:01.250 update wall | prompt mist 0.85757 fog 0.14243 rain 0.0 | seed 1 0.85757 789 0.14243
    0:01.500 update wall | prompt mist 0.70105 fog 0.29895 rain 0.0 | seed 1 0.70105 789 0.29895
    0:01.750 update wall | prompt mist 0.51875 fog 0.48125 rain 0.0 | seed 1 0.51875 789 0.48125
    0:02.000 update wall | prompt mist 0.3341 fog 0.6659 rain 0.0 | seed 1 0.3341 789 0.6659
    0:02.000 trigger /segue/prompt (osc)
    0:02.250 update wall | prompt mist 0.17054 fog 0.82946 rain 0.0 | seed 1 0.17054 789 0.82946
    0:02.500 update wall | prompt mist 0.05152 fog 0.94848 rain 0.0 | seed 1 0.05152 789 0.94848
    0:02.500 trigger /segue/scene/dawn (osc)
    0:02.500 wall to dawn in 2s
    0:02.600 update wall | prompt mist 0.20565 fog 0.79435 rain 0.0 | seed 1 0.20565 789 0.79435
    0:02.850 update wall | prompt mist 0.32421 fog 0.67579 rain 0.0 | seed 1 0.32421 789 0.67579
    0:03.000 trigger /segue/prompt (osc)
    0:03.000 wall to “fog” in 2s
    0:03.000 update wall | prompt mist 0.39687 fog 0.60313 rain 0.0 | seed 1 0.39687 789 0.60313
    0:03.250 update wall | prompt mist 0.409 fog 0.591 rain 0.0 | seed 1 0.409 789 0.591
    0:03.500 update wall | prompt mist 0.36702 fog 0.63298 rain 0.0 | seed 1 0.36702 789 0.63298
    0:03.750 update wall | prompt mist 0.28963 fog 0.71037 rain 0.0 | seed 1 0.28963 789 0.71037
    0:04.000 update wall | prompt mist 0.19555 fog 0.80445 rain 0.0 | seed 1 0.19555 789 0.80445
    0:04.250 update wall | prompt mist 0.10349 fog 0.89651 rain 0.0 | seed 1 0.10349 789 0.89651
    0:04.500 update wall | prompt mist 0.03217 fog 0.96783 rain 0.0 | seed 1 0.03217 789 0.96783
    0:04.750 update wall | prompt mist 0.0003 fog 0.9997 rain 0.0 | seed 1 0.0003 789 0.9997
    0:05.000 update wall | prompt mist 0.0 fog 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:05.100 wall on “fog”
    0:10.000 trigger /segue/prompt (osc)
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_scene_can_be_written_into_a_step() {
    let show = SHOW.replace(
        "inputs:",
        "cues:
  storm:
    - { scene: { prompt: [[storm, 0.8], [foam, 0.2]], delta: 0.4, guidance_scale: 1.4, fade: 1s, easing: linear } }
    - { scene: { prompt: calm }, fade: 0s, policy: queue }
triggers:
  tide: { when: { cron: '1 9 * * *' }, do: { scene: { seed: 9, fade: 0s } } }
inputs:",
    );
    insta::assert_snapshot!(play(&show, "
        0:01 osc /segue/cue/storm
        0:05 osc /segue/scene/storm-1
        1:10 end
    "), @r"
    0:00.001 create wall | delta 0.7 | guidance_scale 1.0 | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:01.000 trigger /segue/cue/storm (osc)
    0:01.000 cue storm
    0:01.000 wall to storm/1 in 1s
    0:01.000 wall: storm/2 waits for 1
    0:01.000 update wall | delta 0.6625 | guidance_scale 1.05 | prompt mist 0.875 storm 0.1 foam 0.025 calm 0.0 | seed 1 0.875 789 0.125
    0:01.250 update wall | delta 0.5575 | guidance_scale 1.19 | prompt mist 0.525 storm 0.38 foam 0.095 calm 0.0 | seed 1 0.525 789 0.475
    0:01.500 update wall | delta 0.4825 | guidance_scale 1.29 | prompt mist 0.275 storm 0.58 foam 0.145 calm 0.0 | seed 1 0.275 789 0.725
    0:01.750 update wall | delta 0.4075 | guidance_scale 1.39 | prompt mist 0.025 storm 0.78 foam 0.195 calm 0.0 | seed 1 0.025 789 0.975
    0:02.000 update wall | delta 0.4 | guidance_scale 1.4 | prompt mist 0.0 storm 0.8 foam 0.2 calm 0.0 | seed 1 0.0 789 1.0
    0:02.100 wall on storm/1
    0:02.100 wall to storm/2 in 0s
    0:02.100 update wall | delta 0.7 | guidance_scale 1.0 | prompt mist 0.0 storm 0.0 foam 0.0 calm 1.0
    0:02.200 wall on storm/2
    0:05.000 refused osc: unknown scene (1): storm-1
    0:50.000 update wall | seed 9 0.0 789 1.0
    1:00.000 trigger tide (cron)
    1:00.000 wall to tide/1 in 0s
    1:00.000 update wall | prompt flowers 1.0 storm 0.0 foam 0.0 calm 0.0 | seed 9 1.0 789 0.0
    1:00.100 wall on tide/1
    1:10.000 then waits for Poll
    ");
}

#[test]
fn a_thousand_prompts_in_a_second_end_on_the_last() {
    let mut world = World::new(SHOW).without_transcript();
    world.run_until(time_of("0:01"));
    for number in 0..1000_u64 {
        world.run_until(Mono(Duration::from_millis(1000 + number)));
        world.happen(asks(json!(format!("prompt {number}")), Some(json!(number)), 4));
        let parts = world.show.snapshot(world.now).streams[0].mix.len();
        assert!(parts <= 32, "{parts} scenes are on the way at once");
    }
    world.run_until(time_of("1:00"));
    let last = &world.show.snapshot(world.now).streams[0];
    assert_eq!(&*last.scene, "“prompt 999”");
    assert_eq!(last.mix.len(), 1);
    let on: Vec<_> = last.prompts.iter().filter(|(_, weight)| *weight != 0.0).collect();
    assert_eq!(on, [&(json!("prompt 999"), 1.0)]);
    for (_, at, params) in &world.accepted {
        let slots = params.get("prompt").and_then(Value::as_array).map_or(0, Vec::len);
        assert!(slots <= 8, "{slots} slots at {at:?}");
    }
    assert!(world.accepted.len() < 60, "a flood of prompts is no flood of updates: {}", world.accepted.len());
}

#[test]
fn however_long_prompts_keep_coming_few_are_on_the_way() {
    let mut world = World::new(SHOW).without_transcript();
    world.run_until(time_of("0:01"));
    let mut most = 0;
    for number in 0..240_u64 {
        world.run_until(Mono(Duration::from_millis(1000 + 250 * number)));
        world.happen(asks(json!(format!("prompt {number}")), None, 60));
        most = most.max(world.show.snapshot(world.now).streams[0].mix.len());
    }
    assert_eq!(most, 32);
    world.run_until(time_of("3:00"));
    let rest = &world.show.snapshot(world.now).streams[0];
    assert_eq!((&*rest.scene, rest.mix.len()), ("“prompt 239”", 1));
}
