//! The routes that only look.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{House, LIMITS, Limits, Phase, Play, refusal, snapshot};
use crate::show::snapshot::{Due, Health, Progress, Upcoming};

#[tokio::test]
async fn health_is_the_answer_of_the_loop() {
    let response = House::open().await.get("/healthz").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "ok\n");
}

#[tokio::test]
async fn a_loop_that_hangs_is_told_of_by_every_route_that_asks_it() {
    let limits = Limits { answer: Duration::from_millis(50), ..LIMITS };
    let house = House::playing(Play { answers: false, limits, ..Play::default() }).await;
    for path in ["/healthz", "/readyz", "/api/state", "/"] {
        let problem = refusal(house.get(path).await, 503, "no-answer").await;
        assert_eq!(problem["detail"], json!("the show does not answer within 50ms"), "{path}");
    }
    assert_eq!(house.get("/metrics").await.status(), 200);
}

#[tokio::test]
async fn ready_means_that_every_stream_is_live() {
    let response = House::open().await.get("/readyz").await;
    assert_eq!(response.status(), 200);
    let told: Value = response.json().await.unwrap();
    assert_eq!(
        told,
        json!({ "ready": true, "streams": [{ "name": "wall", "phase": "live", "live": true, "trouble": null }] })
    );
}

#[tokio::test]
async fn not_ready_says_which_stream_and_why() {
    let mut snapshot = snapshot();
    let mut foyer = snapshot.streams[0].clone();
    foyer.name = "foyer".into();
    foyer.phase = Phase::Creating;
    snapshot.streams.push(foyer);
    let house = House::playing(Play { snapshot, ..Play::default() }).await;
    let problem = refusal(house.get("/readyz").await, 503, "not-ready").await;
    assert_eq!(problem["detail"], json!("not live: foyer"));
    assert_eq!(problem["streams"][0]["live"], json!(true));
    assert_eq!(problem["streams"][1]["name"], json!("foyer"));
    assert_eq!(problem["streams"][1]["why"], json!("it is being created"));
}

#[tokio::test]
async fn the_state_is_the_snapshot() {
    let house = House::open().await;
    let plain = house.get("/api/state").await;
    assert_eq!(plain.headers()["content-type"], "application/json");
    let plain = plain.text().await.unwrap();
    let pretty = house.get("/api/state?pretty").await.text().await.unwrap();
    assert_eq!(plain.lines().count(), 1);
    assert!(pretty.lines().count() > 10, "{pretty}");
    let state: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(state, serde_json::to_value(snapshot()).unwrap());
    assert_eq!(state, serde_json::from_str::<Value>(&pretty).unwrap());
}

#[tokio::test]
async fn metrics_are_open_metrics() {
    let response = House::open().await.get("/metrics").await;
    assert_eq!(
        response.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    assert_eq!(response.text().await.unwrap(), "segue_up 1\n# EOF\n");
}

#[tokio::test]
async fn the_page_tells_what_is_on_and_runs_nobodys_script() {
    let house = House::open().await;
    let response = house.get("/").await;
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    let page = response.text().await.unwrap();
    for told in [
        "<h1>Gallery &lt;North&gt;</h1>",
        "&lt;script&gt;alert(&#39;mist&#39;)&lt;/script&gt;",
        "str_1",
        "POST /api/scenes/neon/go",
        "POST /api/scenes/night%20sky%2F2/go",
        "POST /api/cues/open/go",
    ] {
        assert!(page.contains(told), "{told} is not on the page:\n{page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let style = house.get("/style.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn the_page_tells_where_a_transition_is_and_how_the_stream_feels() {
    let mut snapshot = snapshot();
    snapshot.broker_connected = Some(false);
    let at = "2026-03-01T18:00:00Z".parse().unwrap();
    snapshot.upcoming.push(Upcoming { trigger: "open".into(), at });
    snapshot.bypassed_until = Some(at);
    let wall = &mut snapshot.streams[0];
    wall.due = Some(Due {
        scene: Some("dawn".into()),
        playlist: None,
        until: Some(at),
        then: Some("neon".into()),
        then_playlist: None,
    });
    wall.transition = Some(Progress {
        progress: 0.75,
        fade_seconds: 20.0,
        remaining_seconds: 5.0,
        paused: false,
        grabbed: false,
    });
    wall.health = Some(Health {
        state: Some("ONLINE".to_owned()),
        fps_in: Some(30.0),
        fps_out: Some(12.25),
        output_age_seconds: None,
        restart_count: None,
        last_error: Some("out of <memory>".to_owned()),
        whep_url: None,
        read_seconds_ago: 3.0,
    });
    let house = House::playing(Play { snapshot, ..Play::default() }).await;
    let page = house.get("/").await.text().await.unwrap();
    for told in [
        "The MQTT broker is not connected.",
        "The schedule is bypassed until Sun 18:00:00.",
        "wall: dawn until Sun 1 Mar 18:00, then neon",
        "to neon, 5 s to go",
        "dawn 25 %",
        "neon 75 %",
        "ONLINE<br>30.0 frames/s in, 12.2 out",
        "out of &lt;memory&gt;",
        "read 3 s ago",
        "Sun 2026-03-01 18:00:00 UTC open",
    ] {
        assert!(page.contains(told), "{told} is not on the page:\n{page}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_where_to_look() {
    let house = House::open().await;
    let problem = refusal(house.get("/api/stat").await, 404, "unknown-route").await;
    assert_eq!(problem["detail"], json!("nothing is at `/api/stat`; `/` lists what there is"));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let house = House::open().await;
    let response = house.get("/api/scenes/neon/go").await;
    assert_eq!(response.headers()["allow"], "POST");
    refusal(response, 405, "method-not-allowed").await;
    let response = house.request(Method::DELETE, "/api/state").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    refusal(response, 405, "method-not-allowed").await;
}

#[tokio::test]
async fn a_probe_may_ask_for_the_head_alone() {
    let response = House::open().await.request(Method::HEAD, "/healthz").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
}
