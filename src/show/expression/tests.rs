//! Expressions and templates: what they see, what they refuse, that they end.

use super::*;
use crate::show::scope::{Occasion, State, StreamState};

fn scope() -> Scope {
    let wall = StreamState { state: Some("ONLINE".into()), fps: Some(24.0), scene: "dawn".into() };
    Scope {
        occasion: Occasion::of_payload(Some("gallery/light"), r#"{"lux": 230}"#, Some(230.0)),
        state: State {
            scene: Some("dawn".into()),
            stream: [("wall".into(), wall)].into(),
            ..State::default()
        },
    }
}

fn names(streams: &[Arc<str>]) -> Names<'_> {
    Names { streams, vars: Some(&[]) }
}

fn parse(source: &str) -> Result<Expression, Mistake> {
    Expression::parse(source, names(&["wall".into()]))
}

#[test]
fn a_condition_sees_what_happened_and_the_show() {
    for (source, expected) in [
        ("payload.lux > 200 and scene == 'dawn'", true),
        ("value >= 230", true),
        ("stream.wall.state == \"ONLINE\" and stream.wall.fps > 30", false),
        ("stream['wall'].scene in ['dawn', 'neon']", true),
        ("payload.dark is defined", false),
        ("payload.dark | default(7) == 7", true),
        ("address is none", true),
        ("topic | upper == 'GALLERY/LIGHT'", true),
    ] {
        assert_eq!(parse(source).unwrap().holds(&scope()), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_not_there_is_an_error_and_not_false() {
    let failed = parse("payload.dark > 3").unwrap().holds(&scope());
    assert!(failed.is_err(), "{failed:?}");
    assert!(parse("payload.lux.deep.down == 1").unwrap().holds(&scope()).is_err());
}

#[test]
fn names_that_there_are_not_are_found_when_it_is_read() {
    for (source, word, what) in [
        ("paylod == 'on'", "paylod", "name"),
        ("stream.wal.state == 'ONLINE'", "wal", "stream"),
        ("stream.wall.sate == 'ONLINE'", "sate", "name"),
        ("time.our > 3", "our", "name"),
        ("vars.mood == 1", "mood", "variable"),
        ("range(3)", "range", "name"),
        ("payload | uper == 'ON'", "uper", "filter"),
        ("payload is not strin", "strin", "test"),
    ] {
        let mistake = parse(source).unwrap_err();
        assert_eq!(mistake.message, format!("there is no {what} `{word}`"));
        assert_eq!(&source[mistake.place.unwrap()], word);
    }
    assert!(parse("payload == 'a | uper is strin'").is_ok(), "a quoted text is a text");
}

#[test]
fn other_languages_get_a_hint() {
    for (source, hint) in [
        ("payload = 'on'", "compare with `==`"),
        ("value > 1 && value < 3", "write `and`"),
        ("value < 1 || value > 3", "write `or`"),
        ("!payload", "write `not`"),
    ] {
        assert_eq!(parse(source).unwrap_err().hint, Some(hint), "{source}");
    }
}

#[test]
fn a_template_is_filled_in_or_fails_as_a_whole() {
    let parse = |source: &str| Template::parse(source, names(&[])).unwrap();
    let scope = Scope {
        occasion: Occasion { payload: "<fog> & dew".into(), ..Occasion::default() },
        ..Scope::default()
    };
    let text = parse("{{ payload | upper }}, watercolour | ink").render(&scope);
    assert_eq!(text.as_deref(), Ok("<FOG> & DEW, watercolour | ink"));
    assert!(parse("{{ topic }}, ink").render(&scope).is_err(), "nothing is no word");
    assert!(Template::is_one("{{ payload }}") && !Template::is_one("a { b }"));
}

#[test]
fn what_would_not_end_ends() {
    let source =
        "{% for a in args %}{% for b in args %}{% for c in args %}x{% endfor %}{% endfor %}{% endfor %}";
    let occasion = Occasion { args: vec![1.into(); 100], ..Occasion::default() };
    let scope = Scope { occasion, ..Scope::default() };
    let failed = Template::parse(source, Names::default()).unwrap().render(&scope);
    assert_eq!(failed, Err(Failed("it does not come to an end".to_owned())));
    assert!(parse(&"(".repeat(4000)).is_err(), "and nesting is bounded");
}
