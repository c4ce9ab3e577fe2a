//! Requests that go wrong on purpose, as a client sees them.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use super::{KEY, Sim, answer, options, real_time, scratch, turbo};
use crate::simulator::Options;

/// A create that has nothing wrong with it.
fn create() -> Value {
    json!({"pipeline": "streamdiffusion", "params": turbo(&json!({}))})
}

/// Starts a simulator in which every create goes wrong.
async fn with_fault(fault: Value) -> Sim {
    let sim = Sim::start(options()).await;
    let rules = json!([{"route": "create", "fault": fault}]);
    assert_eq!(sim.call("POST", "/_sim/faults", Some(rules)).await.0, 200);
    sim
}

async fn streams(sim: &Sim) -> usize {
    sim.call("GET", "/v1/streams", None).await.1["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_error_status_comes_with_or_without_retry_after() {
    let sim = Sim::start(options()).await;
    let rules = json!([
        {"times": 1, "fault": {"kind": "status", "status": 429, "retry_after": 7}},
        {"times": 1, "fault": {"kind": "status", "status": 503}}
    ]);
    sim.call("POST", "/_sim/faults", Some(rules)).await;
    let first = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap();
    assert_eq!((first.status().as_u16(), &first.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    let second = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers().get("retry-after")), (503, None));
    assert_eq!(second.json::<Value>().await.unwrap()["status"], 503);
    assert_eq!(streams(&sim).await, 0, "neither was applied");
    let (_, rules) = sim.call("GET", "/_sim/faults", None).await;
    assert_eq!((&rules[0]["struck"], &rules[1]["struck"]), (&json!(1), &json!(1)));
    sim.stop().await;
}

#[tokio::test]
async fn a_delayed_request_is_applied_late() {
    let sim = with_fault(json!({"kind": "delay", "seconds": 0.15})).await;
    let sent = real_time();
    let (status, _) = sim.call("POST", "/v1/streams", Some(create())).await;
    assert_eq!(status, 201);
    assert!(real_time().duration_since(sent) >= Duration::from_millis(150));
    sim.stop().await;
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_does_not_keep_the_server() {
    let sim = with_fault(json!({"kind": "hang"})).await;
    let request = sim.request("POST", "/v1/streams", Some(create()));
    let error = request.timeout(Duration::from_millis(200)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let hanging = tokio::spawn(sim.request("POST", "/v1/streams", Some(create())).send());
    assert_eq!(streams(&sim).await, 0);
    sim.stop().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn a_reset_may_come_before_or_after_the_request_is_applied() {
    for (applied, expected) in [(false, 0), (true, 1)] {
        let sim = with_fault(json!({"kind": "reset", "applied": applied})).await;
        let error = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap_err();
        assert!(error.is_request() && !error.is_timeout(), "{error:?}");
        assert_eq!(streams(&sim).await, expected, "applied: {applied}");
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_reset_in_the_body_comes_after_a_good_head() {
    let sim = with_fault(json!({"kind": "reset_in_body"})).await;
    let mut response = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let mut received = 0;
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => received += chunk.len(),
            Ok(None) => panic!("the body came to its end"),
            Err(error) => break error,
        }
    };
    assert!(received <= length / 2, "{received} of {length} bytes, then {error:?}");
    assert_eq!(streams(&sim).await, 1);
    sim.stop().await;
}

#[tokio::test]
async fn json_can_end_in_the_middle_or_be_none() {
    for kind in ["truncated_json", "invalid_json"] {
        let sim = with_fault(json!({"kind": kind})).await;
        let response = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (201, &"application/json".parse().unwrap())
        );
        let text = response.text().await.unwrap();
        assert!(!text.is_empty() && serde_json::from_str::<Value>(&text).is_err(), "{text}");
        assert_eq!(streams(&sim).await, 1);
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_proxy_can_answer_with_a_page() {
    let sim = with_fault(json!({"kind": "html_page"})).await;
    let response = sim.request("POST", "/v1/streams", Some(create())).send().await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert!(response.text().await.unwrap().starts_with("<html>"));
    assert_eq!(streams(&sim).await, 0);
    sim.stop().await;
}

#[tokio::test]
async fn a_slow_body_takes_its_time_and_is_whole() {
    let sim = with_fault(json!({"kind": "slow_body", "seconds": 0.3})).await;
    let sent = real_time();
    let (status, object) = answer(sim.request("POST", "/v1/streams", Some(create()))).await;
    assert_eq!((status, object["pipeline"].as_str()), (201, Some("streamdiffusion")));
    assert!(real_time().duration_since(sent) >= Duration::from_millis(250));
    assert_eq!(streams(&sim).await, 1, "and the connection is well again");
    sim.stop().await;
}

#[tokio::test]
async fn one_fault_leaves_nothing_for_the_next_on_the_same_connection() {
    let sim = Sim::start(options()).await;
    let rules = json!([
        {"times": 1, "fault": {"kind": "slow_body", "seconds": 0.02}},
        {"fault": {"kind": "reset_in_body"}}
    ]);
    sim.call("POST", "/_sim/faults", Some(rules)).await;
    assert_eq!(answer(sim.request("POST", "/v1/streams", Some(create()))).await.0, 201);
    let response = sim.request("GET", "/v1/streams", None).send().await.unwrap();
    assert_eq!(response.status(), 200, "the head is whole");
    assert!(response.bytes().await.is_err());
    sim.stop().await;
}

#[tokio::test]
async fn faults_can_be_there_from_the_start_and_taken_away() {
    let path = scratch("faults.json");
    fs::write(&path, r#"[{"route": "list", "fault": {"kind": "status", "status": 500}}]"#).unwrap();
    let sim = Sim::start(Options { faults: Some(path.clone()), ..options() }).await;
    assert_eq!(sim.call("GET", "/v1/streams", None).await.0, 500);
    let (status, error) = sim.call("POST", "/_sim/faults", Some(json!([{"fault": {"kind": "fire"}}]))).await;
    assert_eq!((status, &error["code"]), (400, &json!("SIM/INVALID_FAULTS")));
    assert_eq!(sim.call("GET", "/v1/streams", None).await.0, 500, "a list that is refused changes nothing");
    sim.call("POST", "/_sim/faults", Some(json!([]))).await;
    assert_eq!(sim.call("GET", "/v1/streams", None).await.0, 200);
    sim.stop().await;
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_file_of_faults_that_makes_no_sense_is_told_at_the_start() {
    let path = scratch("bad-faults.json");
    fs::write(&path, r#"[{"every": 0, "fault": {"kind": "hang"}}]"#).unwrap();
    let mut sim = Sim::start(Options { faults: Some(path.clone()), ..options() }).await;
    let error = (&mut sim.server).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "rule 0: `every` counts from 1");
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn beyond_the_rate_limit_requests_are_told_to_wait() {
    let sim = Sim::start(Options { rate_limit: Some("2/s".parse().unwrap()), ..options() }).await;
    assert_eq!(streams(&sim).await + streams(&sim).await, 0);
    let refused = sim.request("GET", "/v1/streams", None).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "RATE_LIMIT/EXCEEDED");
    let unknown = sim.client.get(format!("http://{}/v1/streams", sim.address)).bearer_auth(KEY.repeat(2));
    assert_eq!(answer(unknown).await.0, 401, "a wrong key is told so first");
    sim.pass(Duration::from_millis(500));
    assert_eq!(streams(&sim).await, 0);
    sim.stop().await;
}
