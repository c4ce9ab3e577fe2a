//! The routes that ask for something.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Command, House, LIMITS, Limits, Play, refusal};
use crate::show::{
    playlist::{PlayVerb, StepRef},
    transition::Fader,
};

fn neon(fade: Option<f64>, stream: Option<&str>) -> Command {
    Command::Scene {
        scene: "neon".to_owned(),
        stream: stream.map(str::to_owned),
        fade: fade.map(Duration::from_secs_f64),
        hold: None,
    }
}

#[tokio::test]
async fn a_scene_is_asked_for_in_any_of_the_forms() {
    let house = House::open().await;
    let cases = [
        ("", "", neon(None, None)),
        ("", " \n", neon(None, None)),
        ("", "{}", neon(None, None)),
        ("", r#"{"fade": 8}"#, neon(Some(8.0), None)),
        ("", r#"{"fade": 0}"#, neon(Some(0.0), None)),
        ("", r#"{"fade": "1m30s", "stream": "wall"}"#, neon(Some(90.0), Some("wall"))),
        ("", r#"{"fade": null, "stream": null}"#, neon(None, None)),
        ("?fade=8", "", neon(Some(8.0), None)),
        ("?fade=250ms&stream=wall", "", neon(Some(0.25), Some("wall"))),
        ("?stream=wall", r#"{"fade": 2.5}"#, neon(Some(2.5), Some("wall"))),
    ];
    for (query, body, command) in cases {
        let response = house.post(&format!("/api/scenes/neon/go{query}"), body).await;
        assert_eq!(response.status(), 202, "{query} {body}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["accepted"], json!(true));
        assert_eq!(told["scene"], json!("neon"));
        assert_eq!(house.orders().pop(), Some(command), "{query} {body}");
    }
    assert_eq!(house.orders().len(), 10);
}

#[tokio::test]
async fn a_name_may_be_anything_that_a_path_can_carry() {
    let house = House::open().await;
    assert_eq!(house.post("/api/scenes/night%20sky%2F2/go", "").await.status(), 202);
    let command = Command::Scene { scene: "night sky/2".to_owned(), stream: None, fade: None, hold: None };
    assert_eq!(house.orders(), [command]);
    refusal(house.post("/api/scenes/%FF/go", "").await, 400, "bad-request").await;
}

#[tokio::test]
async fn a_prompt_of_ones_own_is_asked_for() {
    let house = House::open().await;
    let asked =
        |prompt: Value, seed: Option<Value>, stream: Option<&str>, fade: Option<f64>| Command::Prompt {
            prompt,
            seed,
            stream: stream.map(str::to_owned),
            fade: fade.map(Duration::from_secs_f64),
            hold: None,
        };
    let cases = [
        ("", r#"{"prompt": "fog"}"#, asked(json!("fog"), None, None, None)),
        (
            "?prompt=fog%20at%20sea&seed=7&fade=8s",
            "",
            asked(json!("fog at sea"), Some(json!(7)), None, Some(8.0)),
        ),
        (
            "?stream=wall",
            r#"{"prompt": [["fog", 0.7], ["sea", 0.3]], "seed": [[1, 1], [2, 1]], "fade": 0}"#,
            asked(
                json!([["fog", 0.7], ["sea", 0.3]]),
                Some(json!([[1, 1], [2, 1]])),
                Some("wall"),
                Some(0.0),
            ),
        ),
    ];
    for (query, body, command) in cases {
        let response = house.post(&format!("/api/prompt{query}"), body).await;
        assert_eq!(response.status(), 202, "{query} {body}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["accepted"], json!(true));
        assert_eq!(house.orders().pop(), Some(command), "{query} {body}");
    }
    for (body, why) in [
        ("{}", "`prompt` is missing"),
        (r#"{"prompt": ""}"#, "bad prompt: prompt: the text is empty"),
        (r#"{"prompt": "fog", "seed": 1.5}"#, "bad prompt: seed: a whole number"),
        (r#"{"prompt": "fog", "delta": 0.3}"#, "unknown key `delta`"),
        (r#"{"prompt": "fog", "stream": "wal"}"#, "there is no stream `wal`"),
    ] {
        let told = refusal(house.post("/api/prompt", body).await, 400, "bad-request").await;
        assert!(told["detail"].as_str().unwrap().starts_with(why), "{told}");
    }
    assert_eq!(house.orders().len(), 3, "what makes no sense does not reach the show");
}

#[tokio::test]
async fn a_cue_is_fired() {
    let house = House::open().await;
    let response = house.post("/api/cues/open/go", "{}").await;
    assert_eq!(response.status(), 202);
    let told: Value = response.json().await.unwrap();
    assert_eq!(told, json!({ "accepted": true, "cue": "open" }));
    assert_eq!(house.orders(), [Command::Cue { cue: "open".to_owned() }]);
}

#[tokio::test]
async fn an_unknown_name_is_told_the_nearest() {
    let house = House::open().await;
    let problem = refusal(house.post("/api/scenes/noen/go", "").await, 404, "unknown-scene").await;
    assert_eq!(problem["detail"], json!("there is no scene `noen`; did you mean `neon`?"));
    assert_eq!(problem["did_you_mean"], json!("neon"));
    let problem = refusal(house.post("/api/scenes/sunset/go", "").await, 404, "unknown-scene").await;
    assert_eq!(problem["detail"], json!("there is no scene `sunset`"));
    assert_eq!(problem["did_you_mean"], Value::Null);
    let problem = refusal(house.post("/api/cues/opne/go", "").await, 404, "unknown-cue").await;
    assert_eq!(problem["did_you_mean"], json!("open"));
    let problem = refusal(house.post("/api/scenes/neon/go?stream=wal", "").await, 400, "bad-request").await;
    assert_eq!(problem["detail"], json!("there is no stream `wal`; did you mean `wall`?"));
    assert!(house.orders().is_empty());
}

#[tokio::test]
async fn a_hand_moves_the_progress_and_what_is_no_position_is_refused() {
    let house = House::open().await;
    let grab = |position, stream: Option<&str>| Command::Grab {
        position: Fader::new(position).unwrap(),
        stream: stream.map(ToOwned::to_owned),
    };
    let response = house.post("/api/transition/progress", r#"{"progress": 0.4}"#).await;
    assert_eq!(response.status(), 202);
    house.post("/api/transition/progress?progress=0&stream=wall", "").await;
    assert_eq!(house.orders(), [grab(0.4, None), grab(0.0, Some("wall"))]);
    let house = House::open().await;
    for body in [
        "",
        r#"{"progress": 1.01}"#,
        r#"{"progress": -0.5}"#,
        r#"{"progress": "NaN"}"#,
        r#"{"progress": [1]}"#,
    ] {
        let problem = refusal(house.post("/api/transition/progress", body).await, 400, "bad-request").await;
        assert_eq!(problem["detail"], json!("`progress` is a number from 0 to 1"), "{body}");
    }
    let problem = refusal(house.post("/api/transition/progres", "").await, 404, "unknown-route").await;
    assert_eq!(problem["did_you_mean"], json!("progress"));
    assert!(house.orders().is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    let house = House::open().await;
    let day = "a fade takes at most a day";
    let neither = "the fade cannot be read: it is neither a number of seconds nor a text such as `8s`";
    let keys = "what can be said is `fade`, `hold`, `stream`";
    let cases = [
        ("", r#"{"fade": -1}"#, "the fade cannot be read: `-1` is negative".to_owned()),
        ("", r#"{"fade": "soon"}"#, "the fade cannot be read: `soon` is not a length of time".to_owned()),
        ("", r#"{"fade": [8]}"#, neither.to_owned()),
        ("", r#"{"fade": "25h"}"#, day.to_owned()),
        ("?fade=86401", "", day.to_owned()),
        ("?fade=NaN", "", "the fade cannot be read: `NaN` is not a length of time".to_owned()),
        ("", r#"{"stream": 1}"#, "`stream` is not a text".to_owned()),
        ("", r#"{"fede": 8}"#, format!("unknown key `fede`: {keys}; did you mean `fade`?")),
        ("?x=1", "", format!("unknown key `x`: {keys}")),
        ("?fade=1&fade=2", "", "`fade` is given twice".to_owned()),
        ("?fade=1", r#"{"fade": 2}"#, "`fade` is given twice".to_owned()),
        ("", "[8]", "the body is not a JSON object".to_owned()),
        ("", "fade=8", "the body is not JSON: expected ident at line 1 column 3".to_owned()),
    ];
    for (query, body, detail) in cases {
        let response = house.post(&format!("/api/scenes/neon/go{query}"), body).await;
        let problem = refusal(response, 400, "bad-request").await;
        assert_eq!(problem["detail"], json!(detail), "{query} {body}");
    }
    let problem = refusal(house.post("/api/cues/open/go?fade=1", "").await, 400, "bad-request").await;
    assert_eq!(problem["detail"], json!("unknown key `fade`: nothing can be said with this"));
    assert!(house.orders().is_empty());
}

#[tokio::test]
async fn a_full_queue_asks_to_try_again() {
    let house = House::playing(Play { takes: false, ..Play::default() }).await;
    let response = house.post("/api/scenes/neon/go", "").await;
    assert_eq!(response.headers()["retry-after"], "1");
    refusal(response, 503, "busy").await;
}

#[tokio::test]
async fn a_body_has_a_limit_in_size() {
    let house = House::open().await;
    let just = format!("{{}}{}", " ".repeat(16 * 1024 - 2));
    assert_eq!(house.post("/api/scenes/neon/go", just).await.status(), 202);
    let over = " ".repeat(16 * 1024 + 1);
    let problem = refusal(house.post("/api/scenes/neon/go", over).await, 413, "body-too-large").await;
    assert_eq!(problem["detail"], json!("a body has at most 16384 bytes"));
}

#[tokio::test]
async fn a_body_has_a_limit_in_time() {
    let limits = Limits { body: Duration::from_millis(50), ..LIMITS };
    let house = House::playing(Play { limits, ..Play::default() }).await;
    let answer = super::connections::say(
        &house,
        "POST /api/scenes/neon/go HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{\"fade\"",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("the body was not complete within 50ms"), "{answer}");
}

#[tokio::test]
async fn a_bypass_is_a_length_of_time_or_off_and_needs_a_schedule() {
    let house = House::open().await;
    let problem = refusal(house.post("/api/bypass", r#"{"for": "2h"}"#).await, 400, "bad-request").await;
    assert_eq!(problem["detail"], "bad bypass: the show has no schedule");
    for body in ["", r#"{"for": "soon"}"#, r#"{"for": -1}"#, r#"{"for": true}"#, r#"{"time": 60}"#] {
        refusal(house.post("/api/bypass", body).await, 400, "bad-request").await;
    }
    assert_eq!(house.orders(), []);
}

#[tokio::test]
async fn a_trigger_that_waits_for_it_is_fired_with_what_the_body_says() {
    let house = House::open().await;
    let fired = |payload: Value| Command::Trigger { trigger: "bell".to_owned(), payload };
    let cases = [
        ("", Value::Null),
        (r#"{"lux": 3}"#, json!({ "lux": 3 })),
        ("[1]", json!([1])),
        ("fog", json!("fog")),
    ];
    for (body, payload) in cases {
        let response = house.post("/api/triggers/bell", body).await;
        assert_eq!(response.status(), 202, "{body}");
        assert_eq!(house.orders().pop(), Some(fired(payload)), "{body}");
    }
    let problem = refusal(house.post("/api/triggers/bel", "").await, 404, "unknown-trigger").await;
    assert_eq!(problem["did_you_mean"], "bell");
    refusal(house.post("/api/triggers/dawn", "").await, 400, "bad-request").await;
    assert_eq!(house.orders().len(), 4);
}

#[tokio::test]
async fn a_trigger_is_enabled_and_disabled() {
    let house = House::open().await;
    for (verb, enabled) in [("enable", true), ("disable", false)] {
        assert_eq!(house.post(&format!("/api/triggers/dawn/{verb}"), "").await.status(), 202);
        let command = Command::Switch { trigger: "dawn".to_owned(), enabled };
        assert_eq!(house.orders().pop(), Some(command));
    }
    refusal(house.post("/api/triggers/moon/enable", "").await, 404, "unknown-trigger").await;
    refusal(house.post("/api/triggers/dawn/enabel", "").await, 404, "unknown-route").await;
}

#[tokio::test]
async fn a_reload_is_answered_with_what_it_came_to() {
    let house = House::open().await;
    let response = house.post("/api/reload", "").await;
    assert_eq!(response.status(), 200);
    let told: Value = response.json().await.unwrap();
    assert_eq!(told, json!({ "changed": ["scene `dawn` changed"], "kept": [] }));
    refusal(house.post("/api/reload", "{\"now\": true}").await, 400, "bad-request").await;
}

#[tokio::test]
async fn a_playlist_is_played_stepped_and_stopped() {
    let house = House::open().await;
    let asked = |playlist: Option<&str>, verb, stream: Option<&str>| Command::Playlist {
        playlist: playlist.map(str::to_owned),
        verb,
        stream: stream.map(str::to_owned),
    };
    let second = || StepRef::Number(2);
    let cases = [
        ("/api/playlists/evening/play", "", asked(Some("evening"), PlayVerb::Play, None)),
        ("/api/playlists/evening/pause", "{}", asked(Some("evening"), PlayVerb::Pause, None)),
        (
            "/api/playlists/evening/goto",
            r#"{"step": 2}"#,
            asked(Some("evening"), PlayVerb::Goto(second()), None),
        ),
        ("/api/playlists/evening/goto?step=2", "", asked(Some("evening"), PlayVerb::Goto(second()), None)),
        (
            "/api/playlists/evening/standby",
            r#"{"step": "neon"}"#,
            asked(Some("evening"), PlayVerb::Standby(StepRef::Name("neon".into())), None),
        ),
        ("/api/go", "", asked(None, PlayVerb::Go, None)),
        ("/api/back?stream=wall", "", asked(None, PlayVerb::Back, Some("wall"))),
    ];
    for (path, body, command) in cases {
        assert_eq!(house.post(path, body).await.status(), 202, "{path} {body}");
        assert_eq!(house.orders().pop(), Some(command), "{path} {body}");
    }
    for (path, body, status, kind, why) in [
        ("/api/playlists/evning/play", "", 404, "unknown-playlist", "there is no playlist `evning`"),
        ("/api/playlists/evening/dance", "", 404, "unknown-route", "a playlist cannot `dance`"),
        ("/api/playlists/evening/goto", "", 400, "bad-request", "`goto` wants a step"),
        ("/api/playlists/evening/goto", r#"{"step": 9}"#, 400, "bad-request", "unknown step: 9 of evening"),
        ("/api/playlists/evening/goto", r#"{"step": 1.5}"#, 400, "bad-request", "`step` is a number"),
        ("/api/playlists/evening/stop", r#"{"step": 1}"#, 400, "bad-request", "`stop` takes no step"),
        ("/api/go?stream=wal", "", 400, "bad-request", "there is no stream `wal`"),
    ] {
        let told = refusal(house.post(path, body).await, status, kind).await;
        assert!(told["detail"].as_str().unwrap().starts_with(why), "{told}");
    }
    assert_eq!(house.orders().len(), 7, "what makes no sense does not reach the show");
}
