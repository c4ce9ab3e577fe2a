//! Show files: what is loaded, and what is said about those that cannot be.
#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it stops")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use proptest::prelude::*;
use segue::{
    config::{Context, Diagnostic, Loaded, Severity, explain, load, parse, render_json, render_text},
    show::{
        condition::Condition,
        easing::Easing,
        event::StreamIndex,
        fades::{Fades, SwitchAt},
        playlist::{Content, Hold, Order, PlayVerb, StepRef},
        scene::{Fade, Level},
        sheet::{BlendMode, OnExit, OnRestart, Sheet, Step, Streams, Trigger, When},
        venue::{Backend, Environment, Keeping, SecretSource},
    },
};
use serde_json::json;

/// Tests live on one day.
fn today() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn context() -> Context<'static> {
    Context { node: "north" }
}

/// Compares what is said with what it should be, in `tests/snapshots/config/`.
fn snapshot(name: &str, told: &str) {
    insta::with_settings!({
        snapshot_path => "snapshots/config",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, told);
    });
}

/// Returns the YAML files of a folder of the repository, by path from its root.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn the_shows_that_come_with_segue_have_nothing_to_complain_about() {
    let files = files("config");
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let Loaded { sheet, diagnostics, .. } = load(&file, &context()).unwrap();
        assert!(diagnostics.is_empty(), "{}", render_text(&diagnostics, false));
        assert!(sheet.is_some(), "{}", file.display());
    }
}

#[test]
fn every_mistake_is_told_with_place_reason_and_hint() {
    let files = files("tests/fixtures/bad");
    assert!(files.len() >= 40, "{files:?}");
    for file in files {
        let Loaded { sheet, diagnostics, .. } = load(&file, &context()).unwrap();
        assert!(!diagnostics.is_empty(), "{}", file.display());
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity() == Severity::Error;
        assert_eq!(sheet.is_none(), diagnostics.iter().any(is_error), "{}", file.display());
        let told = render_text(&diagnostics, false);
        assert!(!told.contains("TOPSECRET"), "{told}");
        snapshot(file.file_stem().unwrap().to_str().unwrap(), &told);
    }
}

/// Loads a show that has nothing to complain about.
fn good(name: &str) -> Sheet {
    let path = Path::new("tests/fixtures/good").join(name);
    let Loaded { sheet, diagnostics, .. } = load(&path, &context()).unwrap();
    assert!(diagnostics.is_empty(), "{}", render_text(&diagnostics, false));
    sheet.unwrap()
}

#[test]
fn the_least_show_has_the_defaults_of_everything() {
    let sheet = good("least.yaml");
    assert_eq!(&*sheet.title, "least");
    assert_eq!(sheet.zone.iana_name(), Some("UTC"));
    let stream = &sheet.streams[0];
    assert_eq!(stream.connection.backend, Backend::Simulator);
    assert_eq!(stream.connection.environment, Environment::Production);
    assert_eq!((stream.attach.clone(), stream.start.clone()), (None, None));
    assert_eq!((stream.blend, stream.prompt_angle), (BlendMode::Spherical, 0.8));
    assert_eq!(stream.updates, segue::show::sheet::Updates::default());
    assert_eq!(stream.status_every, Duration::from_secs(5));
    assert_eq!(stream.on_exit, OnExit::Keep);
    assert_eq!(stream.base.prompt.entries(), [(Arc::from("flowers"), 1.0)]);
    assert_eq!(stream.base.seed.entries(), [(789, 1.0)]);
    assert!(stream.base.values.is_empty() && stream.base.controlnets.is_empty());
    assert_eq!(json!(stream.base.fixed), json!({ "model_id": "stabilityai/sd-turbo" }));
    assert_eq!(sheet.venue.web.unwrap().listen, "127.0.0.1:7756".parse().unwrap());
    assert_eq!((sheet.venue.osc, sheet.venue.mqtt), (None, None));
    assert_eq!(
        sheet.venue.history,
        Keeping { keep: Duration::from_hours(90 * 24), max_bytes: 1_000_000_000 }
    );
}

#[test]
fn a_stream_is_what_its_file_says() {
    let sheet = good("full.yaml");
    let stream = &sheet.streams[0];
    assert_eq!(&*stream.name, "wall");
    assert_eq!(stream.connection.backend, Backend::DaydreamBeta);
    assert_eq!(stream.connection.environment, Environment::Url("http://localhost:9000/v1".into()));
    assert_eq!(stream.connection.api_key, Some(SecretSource::File("/run/keys/daydream".into())));
    assert_eq!(stream.connection.pipeline_id.as_deref(), Some("pip_SDXL"));
    assert_eq!(stream.attach.as_deref(), Some("str_abc123"));
    assert_eq!(&*stream.start.as_ref().unwrap().name, "dawn");
    assert_eq!((stream.blend, stream.prompt_angle), (BlendMode::Slerp, 1.0));
    let updates = stream.updates;
    assert_eq!(
        (updates.max_per_second, updates.min_step, updates.keep_fps),
        (10.0, 0.0, 0.9),
        "and `motion`"
    );
    assert_eq!(stream.status_every, Duration::from_secs(90));
    assert_eq!(stream.on_exit, OnExit::Delete);
    assert_eq!(sheet.venue.history, Keeping { keep: Duration::from_hours(30 * 24), max_bytes: 500_000_000 });
}

#[test]
fn a_base_holds_what_the_file_names_and_what_any_scene_changes() {
    let sheet = good("full.yaml");
    let base = &sheet.streams[0].base;
    assert_eq!(base.prompt.entries(), [(Arc::from("base"), 0.75), (Arc::from("paper"), 0.25)]);
    assert_eq!(base.seed.entries(), [(1, 0.5), (2, 0.5)]);
    let values: Vec<_> = base.values.iter().map(|(name, level)| (*name, level.clone())).collect();
    assert_eq!(
        values,
        [
            ("delta", Level::Number(0.7)),
            ("enable_similar_image_filter", Level::Choice(json!(false))),
            ("guidance_scale", Level::Number(1.5)),
            ("num_inference_steps", Level::Integer(40.0)),
            ("similar_image_filter_max_skip_frame", Level::Choice(json!(10))),
            ("t_index_list", Level::Indices(vec![5.0, 15.0, 32.0])),
        ]
    );
    let fixed = json!({
        "model_id": "Lykon/dreamshaper-8",
        "width": 512,
        "height": 512,
        "acceleration": "none",
        "lora_dict": { "some/lora": 0.5 },
    });
    assert_eq!(json!(base.fixed), fixed);
    let [depth, canny] = base.controlnets.as_slice() else { panic!("{base:?}") };
    assert_eq!((&*depth.id, depth.short), ("lllyasviel/control_v11f1p_sd15_depth", Some("depth")));
    assert_eq!((depth.scale, canny.scale), (0.4, 1.0));
    let blurred = json!({
        "preprocessor": "blur", "preprocessor_params": {}, "enabled": true,
    });
    assert_eq!(json!(depth.fixed), blurred);
    let usual = json!({
        "preprocessor": "canny",
        "preprocessor_params": { "low_threshold": 100, "high_threshold": 200 },
        "enabled": false,
    });
    assert_eq!(json!(canny.fixed), usual);
    let side = &sheet.streams[1].base;
    assert_eq!(side.values["delta"], Level::Number(0.7));
    assert_eq!(side.values["t_index_list"], Level::Indices(vec![12.0, 20.0, 32.0]));
    assert_eq!(&*side.controlnets[0].id, "thibaud/controlnet-sd21-depth-diffusers");
}

#[test]
fn what_reloads_is_cut_between_scenes_and_no_longer_fixed() {
    let sheet = good("full.yaml");
    let style = &sheet.streams[2];
    let choice = |value| Level::Choice(value);
    assert_eq!(style.base.values["similar_image_filter_max_skip_frame"], choice(json!(3)));
    assert_eq!(style.base.values["enable_similar_image_filter"], choice(json!(false)));
    let adapter = Level::Object(json!({ "type": "regular", "scale": 0.5 }).as_object().cloned().unwrap());
    assert_eq!(style.base.values["ip_adapter"], adapter);
    assert_eq!(json!(style.base.fixed), json!({ "model_id": "prompthero/openjourney-v4" }));
    let still = &sheet.scenes["still"].values;
    assert_eq!(still["similar_image_filter_max_skip_frame"], choice(json!(20)));
    let timeouts = style.connection.timeouts;
    let seconds = [timeouts.create, timeouts.update, timeouts.status].map(|time| time.as_secs());
    assert_eq!(seconds, [30, 8, 5]);
}

#[test]
fn scenes_keep_what_they_name_and_names_may_look_like_numbers() {
    let sheet = good("full.yaml");
    let names: Vec<_> = sheet.scenes.keys().map(|name| &**name).collect();
    assert_eq!(names, ["1", "dawn", "dusk", "still", "yes"]);
    let dawn = &sheet.scenes["dawn"];
    assert_eq!(dawn.seed.as_ref().unwrap().entries(), [(-5, 1.0)]);
    assert_eq!(dawn.fade, Fade::from_seconds(0.25).map(Fades::from));
    assert_eq!(dawn.easing, Easing::parse("cubic-bezier(0.4, 0, 0.2, 1)").ok());
    assert_eq!(dawn.controlnets["depth"], 1.0);
    let dusk = &sheet.scenes["dusk"];
    assert_eq!(dusk.prompt.as_ref().unwrap().entries(), [(Arc::from("1984"), 1.0)]);
    assert_eq!(dusk.fade, Fade::from_seconds(2.5).map(Fades::from));
    assert_eq!(dusk.values, dawn.values);
    assert_eq!(*sheet.scenes["1"], segue::show::scene::Scene::empty("1"));
}

#[test]
fn each_group_of_parameters_may_have_its_own_fade() {
    let sheet = good("fades.yaml");
    let fades = |name: &str| sheet.scenes[name].fade.clone().unwrap();
    let seconds = |fade: Fade| fade.length().as_secs_f64();
    let own = fades("own");
    let groups = ["prompt", "seed", "controlnets", "guidance_scale", "delta", "anything"];
    assert_eq!(groups.map(|name| seconds(own.of(name))), [4.0, 2.0, 20.0, 60.0, 0.0, 60.0]);
    assert_eq!((seconds(own.main()), seconds(own.longest())), (8.0, 60.0));
    let part = fades("part");
    assert_eq!(["prompt", "t_index_list", "ip_adapter"].map(|name| seconds(part.of(name))), [4.0, 3.0, 0.5]);
    assert_eq!(
        ["part", "even", "own"].map(|name| sheet.scenes[name].switch_at),
        [SwitchAt::End, SwitchAt::Start, SwitchAt::Middle]
    );
    let [Step::Scene { scene, fade, easing, .. }] = sheet.cues["step"].steps.as_slice() else { panic!() };
    let way = scene.way(fade.clone(), *easing);
    let of_step = ["prompt", "seed", "delta"].map(|name| seconds(way.fades.of(name)));
    assert_eq!(of_step, [8.0, 1.0, 8.0], "the step's fades, and the scene's default");
    assert!(matches!(sheet.scenes["style"].values["ip_adapter"], Level::Object(_)));
}

#[test]
fn a_playlist_is_what_its_file_says() {
    let sheet = good("playlists.yaml");
    assert_eq!(sheet.go_apart, Duration::from_millis(250));
    let (day, night) = (&sheet.playlists["day"], &sheet.playlists["night"]);
    assert_eq!((day.order, day.steps[0].weight, day.round_length()), (Order::Shuffle, 2.0, 3));
    assert_eq!(day.steps[1].content, Content::Playlist(Arc::clone(night)));
    let Content::Scene(first) = &day.steps[0].content else { panic!("{day:?}") };
    assert_eq!(first.hold, Hold::between(Duration::from_mins(5), Duration::from_mins(10)));
    let labels: Vec<&str> = night.steps.iter().map(|step| &**step.label()).collect();
    assert_eq!(labels, ["stars", "neon"]);
    let told: Vec<String> =
        sheet.schedule.entries.iter().map(|entry| format!("{} {:?}", entry.what, entry.streams)).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    playlist day Some([StreamIndex(0)])
    playlist night Some([StreamIndex(1)])
    ");
    let step = Step::Playlist {
        list: Some(Arc::clone(night)),
        verb: PlayVerb::Goto(StepRef::Name("stars".into())),
        streams: Streams::All,
    };
    assert_eq!(sheet.cues["next"].steps, [step]);
}

#[test]
fn a_schedule_is_what_its_file_says() {
    let sheet = good("schedule.yaml");
    let told: Vec<String> =
        sheet.schedule.entries.iter().map(|entry| format!("{} {entry}", entry.line)).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    10 2026-12-24,2026-12-31..2027-01-06,12-26
    11 MON,WED-FRI 09:30 to 24:00
    12 TUE-SUN sunrise+30m to sunset-1h not before 16:00 not after 20:00
    13 daily 22:00:30 to 02:00
    14 otherwise
    ");
    assert_eq!(sheet.schedule.zone.iana_name(), Some("Europe/Berlin"));
    let entry = &sheet.schedule.entries[2];
    assert_eq!((&**entry.what.name(), entry.easing), ("dawn", Some(Easing::Linear)));
    assert_eq!(entry.fade, Fade::from_seconds(20.0).map(Fades::from));
    assert_eq!(entry.streams, Streams::Some(vec![StreamIndex(0)]));
    let first_of_may: jiff::civil::Date = "2026-05-01".parse().unwrap();
    assert_eq!(
        sheet.schedule.entries[1].hours.as_ref().map(|hours| hours.days.contains(first_of_may)),
        Some(false)
    );
}

#[test]
fn cues_and_triggers_lead_to_the_scenes_they_name() {
    let sheet = good("full.yaml");
    let [Step::Scene { streams: first, fade, .. }, Step::Scene { scene, streams: second, easing, .. }] =
        sheet.cues["both"].steps.as_slice()
    else {
        panic!("{:?}", sheet.cues)
    };
    assert_eq!((first, fade.clone()), (&Streams::Some(vec![StreamIndex(0)]), Some(Fade::CUT.into())));
    assert_eq!(*second, Streams::Some(vec![StreamIndex(1), StreamIndex(0)]));
    assert_eq!((&*scene.name, *easing), ("1", Some(Easing::Linear)));
    let names: Vec<_> = sheet.triggers.iter().map(|trigger| &*trigger.name).collect();
    assert_eq!(
        names,
        ["morning", "abroad", "truth", "word", "number", "any", "inside", "there", "pad", "gate"]
    );
    assert!(matches!(&sheet.triggers[0].steps[..], [Step::Cue(cue)] if &*cue.name == "both"));
    assert!(
        matches!(&sheet.triggers[1].when[0], When::Cron { zone, .. } if zone.iana_name() == Some("Asia/Tokyo"))
    );
    let between = Condition::Between { above: Some(1.0), below: Some(2.0), hysteresis: 0.0 };
    let payloads: Vec<_> = sheet
        .triggers
        .iter()
        .filter_map(|trigger| match &trigger.when[0] {
            When::Mqtt { payload, pointer, retained, .. } => {
                Some((payload.clone(), pointer.as_deref(), *retained))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        payloads,
        [
            (Condition::Bool(true), None, true),
            (Condition::Text("on".into()), None, false),
            (Condition::Number(5.0), None, false),
            (Condition::Any, None, false),
            (between, Some("/a/b"), false),
            (Condition::Any, Some(""), false),
        ]
    );
    let gate = &sheet.triggers[9];
    assert_eq!(gate.when.len(), 4);
    let over = Condition::Between { above: Some(3.0), below: None, hysteresis: 0.5 };
    assert!(matches!(&gate.when[1], When::Mqtt { payload, .. } if *payload == over));
    let limits = [gate.limits.hold, gate.limits.release_for, gate.limits.throttle, gate.limits.debounce];
    assert_eq!(limits.map(|time| time.unwrap().as_millis()), [5000, 10_000, 1000, 500]);
    assert!(!gate.enabled && gate.condition.as_ref().is_some_and(|of| of.source().starts_with("value")));
    let When::Osc { args, .. } = &sheet.triggers[8].when[0] else { panic!() };
    let above = Condition::Between { above: Some(0.5), below: None, hysteresis: 0.0 };
    assert_eq!(*args, [Condition::Number(1.0), Condition::Text("go".into()), above]);
}

#[test]
fn the_doors_are_where_the_file_puts_them() {
    let venue = good("full.yaml").venue;
    assert_eq!(venue.web, None);
    let osc = venue.osc.unwrap();
    assert_eq!((osc.listen, osc.horizon), ("127.0.0.1:7755".parse().unwrap(), Duration::from_secs(10)));
    let mqtt = venue.mqtt.unwrap();
    assert_eq!((&*mqtt.host, mqtt.port), ("::1", 8883));
    assert_eq!(mqtt.tls.unwrap().ca, Some("/etc/ca.pem".into()));
    assert_eq!((&*mqtt.client_id, &*mqtt.base), ("segue-north", "segue/north"));
    assert_eq!(mqtt.password, Some(SecretSource::Env("MQTT_PASSWORD".into())));
    let filters: Vec<_> = mqtt.filters.iter().map(ToString::to_string).collect();
    assert_eq!(filters, ["a/+", "b", "c", "d"]);
}

#[test]
fn the_calendar_is_told_in_the_time_of_each_trigger() {
    let from = "2026-03-27T12:00:00Z".parse().unwrap();
    let text = "timezone: Europe/Berlin\nstreams: { wall: { backend: simulator } }\nscenes: { dawn: {} }\n\
        triggers:\n  nightly: { when: { cron: \"30 2 * * *\" }, do: { scene: dawn } }\n  \
        weekly: { when: { cron: \"@weekly\", timezone: Asia/Tokyo }, do: { scene: dawn } }\n";
    let sheet = parse("show.yaml", text, &context()).sheet.unwrap();
    snapshot("explain", &explain(&sheet, from));
}

#[test]
fn programs_read_one_array() {
    let text = "streams: { wall: { backend: simulatr } }\nscenes: {}\n";
    let Loaded { diagnostics, .. } = parse("show.yaml", text, &context());
    snapshot("json", &render_json(&diagnostics));
    assert_eq!(render_json(&[]), "[]");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let Loaded { diagnostics, .. } = load(Path::new("tests/fixtures/bad/many.yaml"), &context()).unwrap();
    let colored = render_text(&diagnostics, true);
    let mut plain = String::new();
    for (index, part) in colored.split('\u{1b}').enumerate() {
        plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert!(colored.len() > plain.len());
    assert_eq!(plain, render_text(&diagnostics, false));
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let error = load(Path::new("tests/fixtures/nowhere.yaml"), &context()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `tests/fixtures/nowhere.yaml`");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_file_in_another_encoding_is_told_where_it_goes_wrong() {
    let path = std::env::temp_dir().join(format!("segue-{}-latin1.yaml", std::process::id()));
    fs::write(&path, b"streams:\n  w\xe4nd: {}\n").unwrap();
    let Loaded { sheet, diagnostics, .. } = load(&path, &context()).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(sheet.is_none());
    let [diagnostic] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    assert_eq!(diagnostic.message(), "the file is not UTF-8 from here on");
    assert_eq!((diagnostic.line(), diagnostic.column()), (2, 4));
}

/// What must never come out again.
const SECRET: &str = "TOPSECRET";

#[test]
fn no_secret_in_the_file_is_ever_said_again() {
    let key =
        |line: &str| format!("streams:\n  wall:\n    backend: daydream\n    {line}\nscenes: {{ a: {{}} }}\n");
    let door = |line: &str| {
        format!(
            "streams: {{ wall: {{ backend: simulator }} }}\nscenes: {{ a: {{}} }}\ninputs:\n  mqtt:\n    {line}\n"
        )
    };
    let files = [
        key("api_key: sk_TOPSECRET"),
        key("api_key: \"sk_TOPSECRET"),
        key("api_key: !sk_TOPSECRET x"),
        key("api_key: *TOPSECRET"),
        key("api_key: &TOPSECRET"),
        key("api_key: a: TOPSECRET"),
        key("api_key: |\n      sk\n      TOPSECRET"),
        key("api_key:\n      TOPSECRET"),
        key("api_key: [TOPSECRET]"),
        key("api_key: { TOPSECRET: 1 }"),
        key("api_key: { evn: TOPSECRET }"),
        key("api_key: { env: sk-TOPSECRET }"),
        key("api_key: { env: { TOPSECRET: 1 } }"),
        key("api_key: { credential: sk/TOPSECRET }"),
        key("api-key: TOPSECRET"),
        key("apikey: TOPSECRET"),
        key("api_kye: TOPSECRET"),
        key("API_KEY: TOPSECRET"),
        key("api_key: TOPSECRET\n    api_key: TOPSECRET"),
        key("blend: { api_key: TOPSECRET }"),
        key("blend: \"linear\n    api_key: TOPSECRET\""),
        key("environment: https://me:TOPSECRET@host/v1"),
        key("blend: https://me:TOPSECRET@host/v1"),
        door("url: mqtt://me:TOPSECRET@broker"),
        door("url: mqtt://TOPSECRET@broker"),
        door("url: http://me:TOPSECRET@broker"),
        door("url: mqtt//me:TOPSECRET@broker"),
        door("{ url: \"mqtt://broker\", user: u, pasword: TOPSECRET }"),
        door("{ url: \"mqtt://broker\", user: u, password: TOPSECRET, prot: 1 }"),
    ];
    for text in files {
        let Loaded { sheet, diagnostics, .. } = parse("show.yaml", &text, &context());
        assert!(sheet.is_none(), "{text}");
        for said in [render_text(&diagnostics, false), render_json(&diagnostics), format!("{diagnostics:?}")]
        {
            assert!(!said.contains(SECRET), "{text}\n{said}");
        }
    }
}

/// One small change to a file.
#[derive(Clone, Debug)]
enum Change {
    Remove(usize, usize),
    Insert(usize, String),
    Copy(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let word = prop_oneof![
        "[-:\"'{}\\[\\],&*#|>%@`!~ \t\n0-9a-zé]{1,4}",
        prop::sample::select(vec![
            "\n", ": ", "- ", "<<: ", "null", "~", ".nan", ".inf", "-1", "1e999", "true", "on", "''", "{}",
            "[]", "prompt", "scene", "osc", "mqtt", "cron", "fade", "&a ", "*a", "!!int ", "!x ", "---\n",
            "\u{feff}", "\0",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (any::<usize>(), 1..20_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
        (any::<usize>(), 1..60_usize, any::<usize>())
            .prop_map(|(at, length, to)| Change::Copy(at, length, to)),
    ]
}

impl Change {
    fn apply(&self, text: &mut String) {
        let at = |place: usize| text.floor_char_boundary(place % (text.len() + 1));
        match self {
            Self::Remove(start, length) => {
                let start = at(*start);
                let end = text.floor_char_boundary((start + length).min(text.len()));
                text.replace_range(start..end.max(start), "");
            }
            Self::Insert(place, word) => {
                let place = at(*place);
                text.insert_str(place, word);
            }
            Self::Copy(start, length, to) => {
                let (start, to) = (at(*start), at(*to));
                let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
                let part = text[start..end].to_owned();
                text.insert_str(to, &part);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_becomes_of_a_file_every_diagnostic_lies_within_it(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let all: Vec<PathBuf> =
            ["config", "tests/fixtures/good", "tests/fixtures/bad"].into_iter().flat_map(files).collect();
        let mut text = fs::read_to_string(which.get(&all)).unwrap();
        for change in &changes {
            change.apply(&mut text);
        }
        let Loaded { sheet, diagnostics, .. } = parse("show.yaml", &text, &context());
        let errors = diagnostics.iter().filter(|found| found.severity() == Severity::Error).count();
        prop_assert_eq!(sheet.is_none(), errors > 0);
        for found in &diagnostics {
            let span = found.span();
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
            prop_assert!(text.get(span).is_some());
            prop_assert!((1..=text.matches('\n').count() + 1).contains(&found.line()));
            prop_assert!(found.column() >= 1);
            prop_assert!(!found.message().ends_with('.') && !found.message().contains('\n'), "{}", found.message());
        }
        let _ = (render_text(&diagnostics, true), render_json(&diagnostics));
        if let Some(sheet) = sheet {
            let _ = explain(&sheet, today());
        }
    }
}

#[test]
fn streams_go_on_after_a_restart_as_the_show_or_they_themselves_say() {
    let show = "
timezone: Europe/Berlin
on_restart: finish
streams: { wall: { backend: simulator }, floor: { backend: simulator, on_restart: restart } }
scenes: { dawn: { prompt: mist } }
cues: { off: [{ transition: pause }, { scene: dawn }] }
triggers:
  scene: { when: { cron: '0 9 * * *' }, do: { scene: dawn } }
  cue: { when: { cron: '0 9 * * *' }, do: { cue: off } }
  pause: { when: { cron: '0 9 * * *' }, do: { transition: pause } }
  asked: { when: { cron: '0 9 * * *', catch_up: last }, do: { transition: pause } }
  within: { when: { cron: '0 9 * * *', catch_up_within: 90m }, do: { transition: pause } }
  none: { when: { cron: '0 9 * * *', catch_up: none }, do: { scene: dawn } }
";
    let sheet = parse("show.yaml", show, &context()).sheet.unwrap();
    let restarts: Vec<_> = sheet.streams.iter().map(|stream| stream.on_restart).collect();
    assert_eq!(restarts, [OnRestart::Finish, OnRestart::Restart]);
    let hours = |trigger: &Trigger| match &trigger.when[0] {
        When::Cron { catch_up, .. } => catch_up.map(|within| within.as_secs_f64() / 3600.0),
        _ => panic!(),
    };
    let within: Vec<_> = sheet.triggers.iter().map(hours).collect();
    assert_eq!(within, [Some(24.0), Some(24.0), None, Some(24.0), Some(1.5), None]);
}
