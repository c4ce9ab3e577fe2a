//! Targets that need nothing but what the library offers to all; shared by the fuzzer and the replay in the tests.

#![forbid(unsafe_code)]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use segue::{
    config::{self, Context},
    input::osc::decode,
    record::Journal,
    show::{
        Show,
        condition::{self, Condition},
        cron::CronExpression,
        easing::Easing,
        event::{Arg, StreamIndex},
        memoir::Memoir,
        text::{CHARS_DEFAULT, Phrase, TextPolicy},
        time::{Mono, Now},
    },
};

/// Reads a datagram.
pub fn osc(bytes: &[u8]) {
    let _ = decode::decode(bytes);
}

/// Reads a cron expression; one that is good has runs that go forward in time, and reads the same again.
pub fn cron(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match CronExpression::parse(text) {
        Ok(expression) => {
            assert_eq!(CronExpression::parse(expression.as_str()).as_ref(), Ok(&expression));
            // 2026-03-01T18:00:00Z, a month before the clocks change.
            let start = Timestamp::constant(1_772_388_000, 0);
            let mut last = start;
            for run in expression.runs(start, &TimeZone::UTC).take(5) {
                assert!(run.at > last, "{text:?}: {} after {last}", run.at);
                last = run.at;
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reads an easing; one that is good starts at 0, ends at 1, and is a number in between.
pub fn easing(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Easing::parse(text) {
        Ok(easing) => {
            assert_eq!(easing.at(1.0), 1.0, "{text:?}");
            for part in 0..=64 {
                let at = easing.at(f64::from(part) / 64.0);
                assert!(at.is_finite(), "{text:?} at {part} of 64: {at}");
            }
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
}

/// Reads an MQTT payload, and holds its value, or the one that the first line points at, against every kind of condition.
pub fn payload(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pointer, payload) = match text.split_once('\n') {
        Some((pointer, payload)) if pointer.starts_with('/') => (Some(pointer), payload),
        _ => (None, text),
    };
    let Some(value) = condition::value_in(payload, pointer) else { return };
    assert!(pointer.is_some() || value == Arg::Text(payload.to_owned()));
    let between = |above, below| Condition::Between { above, below, hysteresis: 0.0 };
    let number = condition::number(&value);
    assert!(number.is_none_or(f64::is_finite), "{value:?}");
    let above = between(Some(0.0), None).holds(&value);
    let below = between(None, Some(0.0)).holds(&value);
    assert!(!(above && below), "{value:?} is above and below");
    assert_eq!(number.is_some(), above || below || Condition::Number(0.0).holds(&value), "{value:?}");
    assert!(Condition::Any.holds(&value));
    assert!(!(Condition::Bool(true).holds(&value) && Condition::Bool(false).holds(&value)), "{value:?}");
    if let Arg::Text(text) = &value {
        assert!(Condition::Text(text.as_str().into()).holds(&value), "{value:?}");
    }
}

/// Reads a show file; one that is refused says why, and a program and a person can both read it.
pub fn show(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let loaded = config::parse("fuzz.yaml", text, &Context { node: "fuzz" });
    let told = config::render_text(&loaded.diagnostics, false);
    assert_eq!(told.is_empty(), loaded.diagnostics.is_empty());
    let json = config::render_json(&loaded.diagnostics);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    let errors = loaded.diagnostics.iter().filter(|one| one.severity() == config::Severity::Error).count();
    assert_eq!(loaded.sheet.is_none(), errors > 0, "{told}");
    for diagnostic in &loaded.diagnostics {
        let span = diagnostic.span();
        assert!(span.start <= span.end && text.get(span).is_some(), "{diagnostic:?}");
    }
}

/// Reads a journal; whatever it was, the one that is written then reads the same.
pub fn journal(bytes: &[u8]) {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        let place = std::env::temp_dir().join(format!("segue-fuzz-{}", std::process::id()));
        fs::create_dir_all(&place).expect("a place for the journal");
        place
    });
    for file in fs::read_dir(place).expect("the place") {
        fs::remove_file(file.expect("a file").path()).expect("removed");
    }
    fs::write(place.join(segue::record::journal::FILE_NAME), bytes).expect("written");
    let journal = Journal::load(place);
    journal.store().expect("stored");
    assert_eq!(Journal::load(place), journal);
    for stage in ["simulator", "a", "b", "https://api.daydream.live/v1"] {
        journal.memoir(stage).into_iter().for_each(go_on);
    }
}

/// Lets a show go on from there; whatever it was, the mix is one.
fn go_on(memoir: &Memoir) {
    const SHOW: &str = "
streams: { wall: { backend: simulator, start: dawn } }
scenes: { dawn: { prompt: mist }, neon: { prompt: city, delta: 0.4 }, rain: { prompt: rain } }
triggers: { open: { when: { cron: \"0 9 * * *\" }, do: { scene: dawn } } }
";
    let sheet = config::parse("show.yaml", SHOW, &Context { node: "fuzz" }).sheet.expect("a show");
    let now = Now { mono: Mono::default(), wall: Timestamp::constant(1_795_334_400, 0) };
    let mut show = Show::resume(Arc::new(sheet), &BTreeMap::new(), Some(memoir), 1, now);
    while show.poll().is_some() {}
    for second in [0, 1, 5, 60, 100_000] {
        let mix = show.mix_at(StreamIndex(0), Mono(Duration::from_secs(second))).expect("a stream");
        let sum: f64 = mix.parts().iter().map(|part| part.weight).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{mix:?}");
        assert!(mix.parts().iter().all(|part| part.weight >= 0.0), "{mix:?}");
    }
}

/// Holds a text from outside against a policy; what is let in is one short line, and is let in again as it is.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let denied: Vec<Phrase> = ["gore", "two words", "血"].into_iter().filter_map(Phrase::new).collect();
    let policy = TextPolicy::new(CHARS_DEFAULT, Vec::new(), denied);
    match policy.admit(text) {
        Ok(line) => {
            assert!((1..=CHARS_DEFAULT).contains(&line.chars().count()), "{line:?}");
            assert!(!line.contains(char::is_control) && line.trim() == line, "{line:?}");
            assert_eq!(policy.admit(&line).as_ref(), Ok(&line));
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
    let _ = TextPolicy::new(CHARS_DEFAULT, Phrase::new("fox").into_iter().collect(), Vec::new()).admit(text);
}
