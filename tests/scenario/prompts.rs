//! Prompts that no scene has: by every door, refused when they make no sense, bounded when there are too many.

use std::time::Duration;

use segue::show::{
    event::{Arg, Command, Event, MqttMessage, OscMessage, OscPacket},
    time::Mono,
};
use serde_json::{Map, Value, json};

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
    Event::Command(Command::Prompt { prompt, seed, stream: None, fade, hold: None })
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
    0:01.000 update wall | prompt mist 0.352 fog 0.648 rain 0.0 | seed 1 0.352 789 0.648
    0:01.400 update wall | prompt mist 0.0 fog 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:01.500 wall on “fog”
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
    0:01.031 update wall | prompt mist 0.98786 misty sea at night 0.01214 rain 0.0 | seed 1 0.98786 789 0.01214
    0:01.289 update wall | prompt mist 0.95401 misty sea at night 0.04599 rain 0.0 | seed 1 0.95401 789 0.04599
    0:01.547 update wall | prompt mist 0.90168 misty sea at night 0.09832 rain 0.0 | seed 1 0.90168 789 0.09832
    0:01.805 update wall | prompt mist 0.83409 misty sea at night 0.16591 rain 0.0 | seed 1 0.83409 789 0.16591
    0:02.063 update wall | prompt mist 0.75445 misty sea at night 0.24555 rain 0.0 | seed 1 0.75445 789 0.24555
    0:02.321 update wall | prompt mist 0.66598 misty sea at night 0.33402 rain 0.0 | seed 1 0.66598 789 0.33402
    0:02.579 update wall | prompt mist 0.57189 misty sea at night 0.42811 rain 0.0 | seed 1 0.57189 789 0.42811
    0:02.837 update wall | prompt mist 0.4754 misty sea at night 0.5246 rain 0.0 | seed 1 0.4754 789 0.5246
    0:03.095 update wall | prompt mist 0.37973 misty sea at night 0.62027 rain 0.0 | seed 1 0.37973 789 0.62027
    0:03.353 update wall | prompt mist 0.2881 misty sea at night 0.7119 rain 0.0 | seed 1 0.2881 789 0.7119
    0:03.610 update wall | prompt mist 0.20372 misty sea at night 0.79628 rain 0.0 | seed 1 0.20372 789 0.79628
    0:03.868 update wall | prompt mist 0.1298 misty sea at night 0.8702 rain 0.0 | seed 1 0.1298 789 0.8702
    0:04.126 update wall | prompt mist 0.06958 misty sea at night 0.93042 rain 0.0 | seed 1 0.06958 789 0.93042
    0:04.384 update wall | prompt mist 0.02625 misty sea at night 0.97375 rain 0.0 | seed 1 0.02625 789 0.97375
    0:04.642 update wall | prompt mist 0.00305 misty sea at night 0.99695 rain 0.0 | seed 1 0.00305 789 0.99695
    0:04.900 update wall | prompt mist 0.0 misty sea at night 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:05.000 wall on “misty sea at night”
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
    0:01.000 update wall | prompt mist 0.9616 fog 0.0384 rain 0.0 | seed 1 0.9616 789 0.0384
    0:01.271 update wall | prompt mist 0.83971 fog 0.16029 rain 0.0 | seed 1 0.83971 789 0.16029
    0:01.543 update wall | prompt mist 0.66336 fog 0.33664 rain 0.0 | seed 1 0.66336 789 0.33664
    0:01.814 update wall | prompt mist 0.46253 fog 0.53747 rain 0.0 | seed 1 0.46253 789 0.53747
    0:02.000 trigger /segue/prompt (osc)
    0:02.086 update wall | prompt mist 0.26723 fog 0.73277 rain 0.0 | seed 1 0.26723 789 0.73277
    0:02.357 update wall | prompt mist 0.10745 fog 0.89255 rain 0.0 | seed 1 0.10745 789 0.89255
    0:02.500 trigger /segue/scene/dawn (osc)
    0:02.500 wall to dawn in 2s
    0:02.500 update wall | prompt mist 0.21264 fog 0.78736 rain 0.0 | seed 1 0.21264 789 0.78736
    0:02.771 update wall | prompt mist 0.33378 fog 0.66622 rain 0.0 | seed 1 0.33378 789 0.66622
    0:03.000 trigger /segue/prompt (osc)
    0:03.000 wall to “fog” in 2s
    0:03.000 update wall | prompt mist 0.40282 fog 0.59718 rain 0.0 | seed 1 0.40282 789 0.59718
    0:03.363 update wall | prompt mist 0.38489 fog 0.61511 rain 0.0 | seed 1 0.38489 789 0.61511
    0:03.620 update wall | prompt mist 0.33032 fog 0.66968 rain 0.0 | seed 1 0.33032 789 0.66968
    0:03.876 update wall | prompt mist 0.23994 fog 0.76006 rain 0.0 | seed 1 0.23994 789 0.76006
    0:04.132 update wall | prompt mist 0.14289 fog 0.85711 rain 0.0 | seed 1 0.14289 789 0.85711
    0:04.388 update wall | prompt mist 0.05881 fog 0.94119 rain 0.0 | seed 1 0.05881 789 0.94119
    0:04.644 update wall | prompt mist 0.00735 fog 0.99265 rain 0.0 | seed 1 0.00735 789 0.99265
    0:04.900 update wall | prompt mist 0.0 fog 1.0 rain 0.0 | seed 1 0.0 789 1.0
    0:05.000 wall on “fog”
    0:10.000 trigger /segue/prompt (osc)
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_prompt_asked_again_goes_the_way_of_a_scene_that_is_asked_again() {
    let asked = |show: &str, ask: &str| -> Vec<(Mono, Value, Value)> {
        let mut world = World::new(show).without_transcript();
        for at in ["0:01", "0:02", "0:02.5 dawn", "0:03", "0:03.2", "0:10"] {
            let (at, to) = at.split_once(' ').unwrap_or((at, ask));
            world.run_until(time_of(at));
            let address = if to == ask { ask.to_owned() } else { format!("/segue/scene/{to}") };
            let args: &[&str] = if address.ends_with("prompt") { &["fog", "2"] } else { &["2"] };
            world.happen(osc(&address, args));
        }
        world.run_until(time_of("0:20"));
        let weights = |params: &Map<String, Value>, name: &str| -> Value {
            let list = params.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            let on = list.into_iter().filter(|pair| pair[1] != 0.0);
            on.map(|pair| (pair[0].to_string(), pair[1].clone())).collect::<Map<_, _>>().into()
        };
        let told = world
            .accepted
            .iter()
            .map(|(_, at, params)| (*at, weights(params, "prompt"), weights(params, "seed")));
        told.collect()
    };
    let show = SHOW.replace("scenes:", "scenes:\n  fog: { prompt: fog }");
    assert_eq!(asked(&show, "/segue/prompt"), asked(&show, "/segue/scene/fog"));
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
    0:01.000 update wall | delta 0.625 | guidance_scale 1.1 | prompt mist 0.75 storm 0.2 foam 0.05 calm 0.0 | seed 1 0.75 789 0.25
    0:01.300 update wall | delta 0.535 | guidance_scale 1.22 | prompt mist 0.45 storm 0.44 foam 0.11 calm 0.0 | seed 1 0.45 789 0.55
    0:01.600 update wall | delta 0.445 | guidance_scale 1.34 | prompt mist 0.15 storm 0.68 foam 0.17 calm 0.0 | seed 1 0.15 789 0.85
    0:01.900 update wall | delta 0.4 | guidance_scale 1.4 | prompt mist 0.0 storm 0.8 foam 0.2 calm 0.0 | seed 1 0.0 789 1.0
    0:02.000 wall on storm/1
    0:02.000 wall to storm/2 in 0s
    0:02.000 update wall | delta 0.7 | guidance_scale 1.0 | prompt mist 0.0 storm 0.0 foam 0.0 calm 1.0
    0:02.100 wall on storm/2
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

#[test]
fn what_the_show_does_not_let_in_is_refused_at_every_door() {
    let mqtt = |payload: &str| {
        let topic = "segue/test/prompt/set".to_owned();
        Event::Mqtt(MqttMessage { topic, payload: payload.into(), retained: false })
    };
    let show = show() + "\ntext: { max_length: 20, deny: [blood] }\n";
    for (event, why) in [
        (
            sends("/segue/prompt", [Arg::Text("a river of B.L.O.O.D".into())]),
            "has a word in it that is denied",
        ),
        (sends("/segue/wall/prompt", [Arg::Text("x".repeat(21))]), "is too long"),
        (mqtt("blood"), "has a word in it that is denied"),
        (mqtt(r#"{"prompt": [["mist", 1], ["blood", 1]]}"#), "is denied"),
        (asks(json!("bl\u{043e}od"), None, 1), "has a word in it that is denied"),
    ] {
        let mut world = World::new(&show);
        world.run_until(time_of("0:01"));
        world.happen(event.clone());
        world.run_until(time_of("0:05"));
        let told = &world.lines;
        assert!(told.contains("bad prompt") && told.contains(why), "{event:?}\n{told}");
        assert!(!told.contains("wall to "), "{told}");
    }
    let mut world = World::new(&show);
    world.run_until(time_of("0:01"));
    world.happen(sends("/segue/prompt", [Arg::Text("a river of milk".into())]));
    world.run_until(time_of("0:05"));
    assert!(world.lines.contains("wall to “a river of milk”"));
}
