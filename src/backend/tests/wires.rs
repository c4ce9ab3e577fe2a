//! What goes over the wire, word for word.

use super::{
    stub::{Stub, Then, answer},
    *,
};
use crate::backend::retry_after::WAIT_MAX;

/// Sends one of each kind, and a list, and returns what was heard: first line, authorization, body.
async fn heard(generation: Generation) -> Vec<(String, Option<String>, Value)> {
    let stub = Stub::start(answer("201 Created", "", r#"{"id": "str_1", "data": []}"#), Then::Listen).await;
    let client = client(&stub.base, generation);
    for request in all() {
        let _ = client.perform(&request, WALL).await;
    }
    client.list(WALL).await.unwrap();
    assert_eq!(stub.connections(), 1, "six requests, one connection");
    stub.heard().iter().map(|request| words(request)).collect()
}

fn words(request: &str) -> (String, Option<String>, Value) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    assert_eq!(header("x-client-source").as_deref(), Some("segue"), "{head}");
    assert_eq!(header("accept").as_deref(), Some("application/json"), "{head}");
    assert_eq!(header("content-type").is_some(), !body.is_empty(), "{head}");
    assert!(header("user-agent").unwrap().starts_with("segue/"), "{head}");
    let first = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    (first, header("authorization"), serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test]
async fn v1_is_spoken_as_it_is_written() {
    let key = Some(format!("Bearer {KEY}"));
    let forest = json!({"model_id": "stabilityai/sd-turbo", "prompt": "a pine forest"});
    let reef = json!({"model_id": "stabilityai/sd-turbo", "prompt": "a coral reef"});
    let expected = [
        (
            "POST /v1/streams".to_owned(),
            key.clone(),
            json!({"pipeline": "streamdiffusion", "name": "foyer", "params": forest}),
        ),
        ("GET /v1/streams/str_1".to_owned(), key.clone(), Value::Null),
        (
            "PATCH /v1/streams/str_1".to_owned(),
            key.clone(),
            json!({"pipeline": "streamdiffusion", "params": reef}),
        ),
        ("GET /v1/streams/str_1/status".to_owned(), key.clone(), Value::Null),
        ("DELETE /v1/streams?id=str_1".to_owned(), key.clone(), Value::Null),
        ("GET /v1/streams".to_owned(), key, Value::Null),
    ];
    assert_eq!(heard(Generation::V1).await, expected);
}

#[tokio::test]
async fn beta_is_spoken_as_it_is_written_and_its_status_needs_no_key() {
    let key = Some(format!("Bearer {KEY}"));
    let forest = json!({"model_id": "stabilityai/sd-turbo", "prompt": "a pine forest"});
    let reef = json!({"model_id": "stabilityai/sd-turbo", "prompt": "a coral reef"});
    let update = json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion", "params": reef});
    let expected = [
        (
            "POST /v1/streams".to_owned(),
            key.clone(),
            json!({"pipeline_id": "pip_qpUgXycjWF6YMeSL", "pipeline_params": forest, "name": "foyer"}),
        ),
        ("GET /v1/streams/str_1".to_owned(), key.clone(), Value::Null),
        ("POST /beta/streams/str_1/prompts".to_owned(), key.clone(), update),
        ("GET /api/streams/str_1/status".to_owned(), None, Value::Null),
        ("DELETE /v1/streams?id=str_1".to_owned(), key.clone(), Value::Null),
        ("GET /v1/streams".to_owned(), key, Value::Null),
    ];
    assert_eq!(heard(Generation::Beta).await, expected);
}

#[tokio::test]
async fn an_id_leads_to_a_stream_or_nowhere() {
    let stub = Stub::start(answer("200 OK", "", r#"{"id": "a"}"#), Then::Listen).await;
    let client = client(&stub.base, Generation::V1);
    for id in ["", ".", ".."] {
        for request in [get(id), update(id), status(id), delete(id)] {
            let failure = client.perform(&request, WALL).await.unwrap_err();
            assert_eq!(failure.message, format!("`{id}` cannot be the id of a stream"));
        }
    }
    assert_eq!(stub.heard().len(), 0);
    client.perform(&get("a/b?c"), WALL).await.unwrap();
    client.perform(&delete("a&b=c"), WALL).await.unwrap();
    let heard: Vec<_> = stub.heard().iter().map(|request| words(request).0).collect();
    assert_eq!(heard, ["GET /v1/streams/a%2Fb%3Fc", "DELETE /v1/streams?id=a%26b%3Dc"]);
}

#[tokio::test]
async fn a_wish_to_wait_is_told_in_seconds_or_as_a_date() {
    let date = "retry-after: Sun, 01 Mar 2026 18:00:20 GMT\r\n";
    let cases = [
        ("429 Too Many Requests", "retry-after: 7\r\n".to_owned(), Some(Duration::from_secs(7))),
        ("429 Too Many Requests", date.to_owned(), Some(Duration::from_secs(20))),
        // The server's clock is ten seconds ahead of ours, and it is the server that will judge.
        (
            "429 Too Many Requests",
            format!("date: Sun, 01 Mar 2026 18:00:10 GMT\r\n{date}"),
            Some(Duration::from_secs(10)),
        ),
        ("429 Too Many Requests", String::new(), None),
        ("429 Too Many Requests", "retry-after: 0\r\n".to_owned(), None),
        ("429 Too Many Requests", "retry-after: tomorrow\r\n".to_owned(), None),
        ("503 Service Unavailable", "retry-after: 99999999\r\n".to_owned(), Some(WAIT_MAX)),
    ];
    for (line, headers, wait) in cases {
        let stub = Stub::start(answer(line, &headers, "{}"), Then::Listen).await;
        let failure = client(&stub.base, Generation::V1).perform(&update("a"), WALL).await.unwrap_err();
        assert_eq!(failure.retry_after, wait, "{line} {headers}");
    }
}
