//! Whole runs: a show and a script in, and everything that comes out of them.

mod steering;

use std::{fs, path::Path, sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    csv, plot, script, summary,
    trace::Trace,
    world::{Setup, World},
};
use crate::{
    config,
    show::{event::Event, sheet::Sheet, time::Mono},
};

/// A show of three scenes that says little, so that its transcript is short.
const SHOW: &str = "
show: Small & <quiet>
timezone: Europe/Berlin
streams:
  wall:
    backend: simulator
    start: dawn
    updates: { max_per_second: 2 }
    status: { every: 1m }
scenes:
  dawn: { prompt: mist, seed: 1, fade: 2s }
  neon: { prompt: city, seed: 2, fade: 2s }
  rain: { prompt: [[city, 0.5], [rain, 0.5]], seed: 2, fade: 0 }
cues:
  storm: { scene: rain }
triggers:
  noon: { when: { cron: \"1 0 * * *\" }, do: { scene: dawn } }
  motion: { when: { mqtt: gallery/+/motion, payload: \"on\" }, do: { scene: neon } }
inputs: { osc: {}, mqtt: { url: \"mqtt://localhost\" } }
";

const SCRIPT: &str = "
# A visitor, a cut, an outage, a crash.
00:02 mqtt gallery/north/motion on
00:06 cue storm
00:08 api down 1500ms
00:08.5 osc /segue/scene/dawn 2
00:14 api error 503 1s
00:14.2 go neon 1s
00:20 osc /segue/scene/nean
00:30 kill
";

fn sheet(name: &str, yaml: &str) -> Sheet {
    let loaded = config::parse(name, yaml, &config::Context { node: "test" });
    loaded.sheet.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

fn setup(length: Duration) -> Setup {
    Setup {
        from: "2025-12-31T23:00:00Z".parse().unwrap(),
        length,
        latency: Duration::from_millis(80),
        jitter: Duration::from_millis(20),
        seed: 1,
        keep: Some(Duration::from_millis(50)),
        record: true,
        count_frames_every: Duration::from_secs(1),
    }
}

fn play(sheet: Sheet, text: &str, setup: Setup) -> World {
    let end = Mono(setup.length);
    let mut world = World::new(sheet, script::read(text).unwrap(), setup).unwrap();
    world.run_until(end).unwrap();
    world.finish();
    world
}

/// Everything that is written of a run.
fn written(world: &World) -> [String; 5] {
    let requests = String::from_utf8(world.requests.clone()).unwrap();
    let text = world.transcript.text.clone();
    [text, summary::tell(world), requests, csv::draw(&world.traces), plot::draw(world)]
}

#[test]
fn what_steps_would_send_out_is_written_and_not_sent() {
    let show = SHOW.replace(
        "triggers:",
        "  board:
    - variable: { count: '{{ vars.count + 1 }}' }
    - publish: { topic: board, payload: { count: '{{ vars.count }}' }, retain: true }
    - wait: 1s
    - send: { osc: /light, args: [0.5, on], to: '127.0.0.1:9000' }
    - call: { url: 'http://board.local/count/{{ vars.count }}' }
    - call: { url: { env: BOARD }, body: 'count {{ vars.count }}' }
    - log: told
variables: { count: 0 }
triggers:",
    );
    let script = "00:01 cue board\n00:01.5 cue board\n";
    let world = play(sheet("board.yaml", &show), script, setup(Duration::from_secs(4)));
    let text = &world.transcript.text;
    let told =
        text.lines().filter(|line| ["  out ", "  run ", "  cue "].iter().any(|who| line.contains(who)));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    00:01.000  script  cue board
    00:01.000  http    cue board
    00:01.000  cue     board
    00:01.000  run     board sets count to 1
    00:01.000  out     publish board {"count":1} (retained)
    00:01.500  script  cue board
    00:01.500  http    cue board
    00:01.500  run     board stopped: fired again
    00:01.500  cue     board
    00:01.500  run     board sets count to 2
    00:01.500  out     publish board {"count":2} (retained)
    00:02.500  out     send 127.0.0.1:9000 /light 0.5 "on"
    00:02.500  out     call GET http://board.local/count/2 (within 10s)
    00:02.500  out     call POST … count 2 (within 10s)
    00:02.500  run     board says: told
    00:02.500  run     board ended after 1s
    "#);
}

#[test]
fn a_small_show_goes_as_it_went_before() {
    let world = play(sheet("small.yaml", SHOW), SCRIPT, setup(Duration::from_secs(70)));
    let text = format!("{}\n{}\n", world.transcript.text, summary::tell(&world));
    insta::with_settings!({
        snapshot_path => "../../../../tests/snapshots/simulate",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("small_show", text) });
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let run = |setup: Setup| written(&play(sheet("small.yaml", SHOW), SCRIPT, setup));
    let usual = setup(Duration::from_secs(70));
    let first = run(usual.clone());
    assert_eq!(first, run(usual.clone()));
    let other = run(Setup { seed: 2, ..usual.clone() });
    assert!(first.iter().zip(&other).all(|(first, other)| first != other));
    // Whoever draws only looks on.
    let undrawn = run(Setup { keep: None, ..usual.clone() });
    assert_eq!(first[..3], undrawn[..3]);
    let unrecorded = play(sheet("small.yaml", SHOW), SCRIPT, Setup { record: false, ..usual });
    assert!(unrecorded.requests.is_empty(), "nobody asked");
    assert_eq!(first[0], unrecorded.transcript.text);
}

#[test]
fn a_run_in_stretches_is_a_run_in_one() {
    let length = Duration::from_secs(70);
    let whole = play(sheet("small.yaml", SHOW), SCRIPT, setup(length));
    let mut world =
        World::new(sheet("small.yaml", SHOW), script::read(SCRIPT).unwrap(), setup(length)).unwrap();
    for second in 1..=70 {
        world.run_until(Mono(Duration::from_secs(second))).unwrap();
    }
    world.finish();
    assert_eq!(written(&whole), written(&world));
}

#[test]
fn requests_are_written_as_the_simulator_writes_them() {
    let world = play(sheet("small.yaml", SHOW), SCRIPT, setup(Duration::from_secs(70)));
    let lines = String::from_utf8(world.requests).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 10, "{}", lines.len());
    for line in &lines {
        let names: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["body", "generation", "op", "stream", "t"]);
        assert_eq!(
            (&line["generation"], &line["body"]["pipeline"]),
            (&"v1".into(), &"streamdiffusion".into())
        );
    }
    assert_eq!(lines[0]["op"], "create");
    assert!(lines[1..].iter().all(|line| line["op"] == "update" && line["stream"] == lines[0]["stream"]));
}

#[test]
fn a_fade_is_as_near_to_its_curve_as_four_updates_a_second_can_be() {
    let yaml = "
streams: { wall: { backend: simulator, start: dawn, blend: linear } }
scenes:
  dawn: { prompt: mist }
  neon: { prompt: city, fade: 10s, easing: linear }
";
    let ms = Duration::from_millis;
    for seed in 0..20 {
        let setup = Setup { latency: ms(150), jitter: ms(30), seed, ..setup(Duration::from_secs(20)) };
        let world = play(sheet("fade.yaml", yaml), "00:05 go neon", setup);
        let [Trace { passages, .. }] = world.traces.as_slice() else { panic!("one stream") };
        let rms = passages[0].error_rms().unwrap();
        assert!(rms <= 0.0083, "seed {seed}: {rms}");
        assert!(passages[0].price.updates <= 42, "seed {seed}: {}", passages[0].price.updates);
    }
}

#[test]
fn several_streams_of_both_generations_are_rehearsed_without_a_key() {
    let yaml = "
streams:
  left: { backend: daydream, api_key: { env: NOT_SET_ANYWHERE }, start: dawn }
  right: { backend: daydream-beta, api_key: { env: NOT_SET_ANYWHERE }, environment: staging, start: dawn }
  proxied:
    { backend: daydream, api_key: { env: NOT_SET_ANYWHERE }, environment: \"http://proxy.example/deep\", start: dawn }
scenes: { dawn: { prompt: mist }, neon: { prompt: city, fade: 1s } }
";
    let world = play(sheet("several.yaml", yaml), "00:05 go neon", setup(Duration::from_secs(10)));
    for trace in &world.traces {
        let [passage] = trace.passages.as_slice() else { panic!("one transition of `{}`", trace.name) };
        assert!(passage.settled.is_some() && passage.price.updates > 2, "{passage:?}");
        assert!(passage.error_rms().unwrap() < 0.12, "{passage:?}");
    }
}

#[test]
fn a_slow_api_is_given_up_and_does_it_all_the_same() {
    let text = "00:02 api slow 12s 1s\n00:02.5 go rain";
    let world = play(sheet("small.yaml", SHOW), text, setup(Duration::from_secs(30)));
    let told = &world.transcript.text;
    assert!(told.contains("update failed (1): no answer within 10s"), "{told}");
    assert!(told.contains("on rain"), "{told}");
}

#[test]
fn what_waits_because_the_api_was_busy_goes_with_the_first_good_answer() {
    let yaml = SHOW.replace("every: 1m", "every: 1s");
    for seed in 0..12 {
        let setup = Setup { seed, ..setup(Duration::from_secs(80)) };
        let text = "00:02 api error 429 40s\n00:03 go neon 0s";
        let told = play(sheet("small.yaml", &yaml), text, setup).transcript.text;
        let healed = told.lines().find(|line| line.contains("update works again after"));
        let healed = healed.unwrap_or_else(|| panic!("{told}"));
        assert!(("00:42.000".."00:43.400").contains(&healed), "seed {seed}: {healed}");
    }
}

#[test]
fn the_shipped_shows_play_two_hours() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let sheet = sheet(&file.display().to_string(), &fs::read_to_string(&file).unwrap());
        let scenes: Vec<Arc<str>> = sheet.scenes.keys().cloned().collect();
        let text: Vec<String> = scenes
            .iter()
            .cycle()
            .take(20)
            .enumerate()
            .map(|(index, scene)| format!("{:02}:10 osc /segue/scene/{scene}", 5 * index + 1))
            .collect();
        let setup = Setup { keep: None, ..setup(Duration::from_hours(2)) };
        let world = play(sheet, &text.join("\n"), setup);
        for trace in &world.traces {
            assert!(trace.passages.len() >= 19, "{}: {}", file.display(), trace.passages.len());
            let errors = trace.passages.iter().filter_map(|passage| Some((passage, passage.error_rms()?)));
            // A shorter one has no time to be near.
            for (passage, rms) in errors.filter(|(passage, _)| passage.fade >= Some(Duration::from_secs(2))) {
                assert!(rms < 0.1, "{}: {passage:?}", file.display());
            }
        }
    }
}

#[test]
fn the_ladder_can_be_rehearsed() {
    let script = "01:00 runner freeze\n10:00 video off\n12:00 video on\n15:00 stream gone\n15:30 go neon";
    let yaml = SHOW.replace("every: 1m", "every: 5s");
    let lines = script::read(script).unwrap();
    let mut world = World::new(sheet("show.yaml", &yaml), lines, setup(Duration::from_mins(20))).unwrap();
    world.run_until(Mono(Duration::from_mins(20))).unwrap();
    let told = &world.transcript.text;
    for deed in
        ["sent again in full: no picture comes out", "given up for another", "no video goes in", "is lost"]
    {
        assert!(told.contains(deed), "{deed}\n{told}");
    }
}

#[test]
fn a_script_tells_all_its_mistakes() {
    let text = "00:05 osc segue/scene\n0:5x kill\n00:10 api flies\n00:10 kill\n00:09 kill\n00:20\n00:61 kill\n\
                00:30 api error 200 5s\n00:31 go neon soon\n00:32 osc /a \"b";
    let wrong = script::read(text).unwrap_err();
    let begins: Vec<&str> = wrong.iter().map(|line| line.split(';').next().unwrap()).collect();
    let (can, begins) = begins.split_last().unwrap();
    assert!(can.starts_with("what can happen: `osc ADDRESS") && can.ends_with("`kill`"), "{can}");
    assert_eq!(
        begins,
        [
            "line 1: the OSC address `segue/scene` does not start with `/`",
            "line 2: `0:5x` is no time",
            "line 3: `api flies` makes no sense",
            "line 5: the time goes back",
            "line 6: nothing happens",
            "line 7: `00:61` is no time",
            "line 8: `200` is no error status: 400 to 599",
            "line 9: `soon` is not a length of time",
            "line 10: a quotation mark is not closed",
        ]
    );
}

#[test]
fn a_script_is_read_as_it_is_written() {
    let lines = script::read("01:02:03.5 mqtt a/b {\"people\": 7}\n\n# late\n62:04 osc /a 1 T \"two words\"")
        .unwrap();
    assert_eq!(lines[0].at, Mono(Duration::from_millis(3_723_500)));
    let script::Deed::Event(Event::Mqtt(message)) = &lines[0].deed else { panic!("{:?}", lines[0]) };
    assert_eq!((message.topic.as_str(), message.payload.as_slice()), ("a/b", &b"{\"people\": 7}"[..]));
    let script::Deed::Event(Event::Osc(packet)) = &lines[1].deed else { panic!("{:?}", lines[1]) };
    assert_eq!(format!("{:?}", packet.messages[0].args), "[Number(1.0), Bool(true), Text(\"two words\")]");
}
