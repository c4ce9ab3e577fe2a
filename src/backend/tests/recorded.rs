//! Answers as they were seen, and as the schemas of both generations write them.

use super::{
    stub::{Stub, Then, answer},
    *,
};
use crate::{
    backend::{discretion::Discretion, status, wire},
    show::{
        event::{Failure, FailureKind, Reply},
        health::StatusReport,
    },
};

/// The same document in both generations.
pub(super) const STATUS: &str = r#"{"success": true, "error": null, "data": {
  "type": "status", "pipeline": "streamdiffusion", "pipeline_id": "pip_qpUgXycjWF6YMeSL",
  "stream_id": "str_9XkT2mWqPb4RzLnC", "request_id": "4be01c7d",
  "state": "ONLINE", "start_time": 1772388000000, "last_state_update_time": 1772388012000, "timestamp": 1772388120250,
  "input_status": {"fps": 29.8, "last_input_time": 1772388120221},
  "inference_status": {"fps": 24.9, "last_output_time": 1772388120198, "last_params_update_time": 1772388118004,
    "last_params": {"model_id": "stabilityai/sd-turbo", "prompt": [["a pine forest", 0.75], ["a coral reef", 0.25]]},
    "last_params_hash": "091a46afa3984ebe47e9143ffec2b160", "last_error": null, "last_error_time": null,
    "last_restart_time": null, "last_restart_logs": null, "restart_count": 0},
  "orchestrator_info": {"address": "0x0000000000000000000000000000000000000001", "url": "https://orch.example:8935"},
  "gateway_status": {"whep_url": "https://fra-ai-mediamtx-0.livepeer.com/aiWebrtc/stk_Hd7YwNf3QsVu6TgA-4be01c7d-out/whep",
    "ingest_metrics": {"stats": {"peer_conn_stats": {"ID": "iceTransport", "BytesReceived": 81234567, "BytesSent": 456789},
      "track_stats": [{"type": "video", "jitter": 9.1, "packets_lost": 0, "packets_received": 70211,
        "packet_loss_pct": 0, "rtt": 0}], "conn_quality": "good"}}}}}"#;

/// What v1 answers to a create.
pub(super) const STREAM: &str = r#"{"pipeline": "streamdiffusion", "id": "str_9XkT2mWqPb4RzLnC",
  "stream_key": "stk_Hd7YwNf3QsVu6TgA", "created_at": "2026-03-01T18:00:00.000Z",
  "output_playback_id": "5f2aq1m8xw0z3k7c", "name": "foyer", "author": "usr_demo", "from_playground": false,
  "gateway_host": "", "is_smoke_test": false,
  "whip_url": "https://ai.livepeer.com/live/video-to-video/stk_Hd7YwNf3QsVu6TgA/whip",
  "output_stream_url": "rtmp://example.net/live/foyer",
  "params": {"model_id": "stabilityai/sd-turbo", "prompt": "a pine forest", "width": 704, "height": 384,
    "t_index_list": [12, 20, 32], "seed": 7}}"#;

fn report(document: Value) -> StatusReport {
    status::read(document, &Discretion::default()).unwrap()
}

#[test]
fn a_stream_is_read_from_all_of_it_or_from_the_least() {
    let v1 = wire::stream(&serde_json::from_str(STREAM).unwrap()).unwrap();
    assert_eq!(v1.id, "str_9XkT2mWqPb4RzLnC");
    assert_eq!(v1.stream_key.as_deref(), Some("stk_Hd7YwNf3QsVu6TgA"));
    assert_eq!(v1.output_playback_id.as_deref(), Some("5f2aq1m8xw0z3k7c"));
    assert!(v1.whip_url.as_deref().unwrap().ends_with("/whip"));
    let beta = json!({"id": "str_9XkT2mWqPb4RzLnC", "stream_key": "stk_Hd7YwNf3QsVu6TgA",
        "output_playback_id": "5f2aq1m8xw0z3k7c"});
    let least = json!({"id": "a", "stream_key": null, "output_playback_id": "", "whip_url": 7});
    assert_eq!(wire::stream(&beta).unwrap().whip_url, None);
    let wrapped = json!({"success": true, "data": least});
    for document in [least, wrapped] {
        let stream = wire::stream(&document).unwrap();
        assert_eq!((stream.id.as_str(), stream.stream_key, stream.whip_url), ("a", None, None));
    }
}

#[test]
fn a_list_leaves_out_what_is_no_stream() {
    let stream: Value = serde_json::from_str(STREAM).unwrap();
    let streams =
        json!([stream, {"name": "no id"}, 7, {"id": "str_2", "created_at": "yesterday", "name": null}]);
    for document in [json!({"success": true, "data": streams}), streams] {
        let listed = wire::list(&document).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].name.as_deref(), listed[0].created_at), (Some("foyer"), Some(WALL)));
        assert_eq!((listed[1].name.as_deref(), listed[1].created_at), (None, None));
    }
    assert!(wire::list(&json!({"success": true, "data": {}})).is_err());
}

#[test]
fn a_status_is_read_in_the_runners_spelling() {
    let document: Value = serde_json::from_str(STATUS).unwrap();
    let expected = StatusReport {
        state: Some("ONLINE".to_owned()),
        timestamp: Some(1_772_388_120_250),
        start_time: Some(1_772_388_000_000),
        request_id: Some("4be01c7d".to_owned()),
        orchestrator: Some("https://orch.example:8935".to_owned()),
        fps_in: Some(29.8),
        fps_out: Some(24.9),
        last_input_time: Some(1_772_388_120_221),
        last_output_time: Some(1_772_388_120_198),
        last_params_update_time: Some(1_772_388_118_004),
        last_params: Some(object(
            json!({"model_id": "stabilityai/sd-turbo", "prompt": [["a pine forest", 0.75], ["a coral reef", 0.25]]}),
        )),
        last_params_hash: Some("091a46afa3984ebe47e9143ffec2b160".to_owned()),
        last_error: None,
        last_error_time: None,
        restart_count: Some(0),
        whep_url: Some(
            "https://fra-ai-mediamtx-0.livepeer.com/aiWebrtc/stk_Hd7YwNf3QsVu6TgA-4be01c7d-out/whep"
                .to_owned(),
        ),
        gateway_error: None,
    };
    assert_eq!(report(document["data"].clone()), expected, "bare");
    assert_eq!(report(document), expected, "in its wrapper");
}

#[test]
fn a_status_is_read_in_the_flat_spelling_of_the_documentation() {
    let flat = json!({"inference_status": {
        "pipeline": "streamdiffusion", "start_time": 1, "last_params_update_time": 2, "last_params": {"a": 1},
        "last_params_hash": "h", "input_fps": 30, "output_fps": "24.5", "last_input_time": 3.0,
        "last_output_time": "4", "restart_count": 5.0, "last_error": "Error updating params:\n  bad", "stream_id": "s",
    }});
    let expected = StatusReport {
        start_time: Some(1),
        last_params_update_time: Some(2),
        last_params: Some(object(json!({"a": 1}))),
        last_params_hash: Some("h".to_owned()),
        fps_in: Some(30.0),
        fps_out: Some(24.5),
        last_input_time: Some(3),
        last_output_time: Some(4),
        restart_count: Some(5),
        last_error: Some("Error updating params: bad".to_owned()),
        ..StatusReport::default()
    };
    assert_eq!(report(flat), expected);
}

#[test]
fn a_status_may_have_gaps_and_nonsense_in_it() {
    let offline =
        json!({"success": true, "error": null, "data": {"state": "OFFLINE", "info": "Stream not found"}});
    assert_eq!(report(offline).state.as_deref(), Some("OFFLINE"));
    let gateway = json!({"gateway_status": {"error": {"error_message": "no orchestrators available within 2s",
        "error_time": 1_772_388_000_000_i64}}, "last_status_timestamp": 9});
    let gateway = report(gateway);
    assert_eq!(gateway.gateway_error.as_deref(), Some("no orchestrators available within 2s"));
    assert_eq!(gateway.timestamp, Some(9));
    let nonsense = json!({"state": [], "timestamp": {}, "start_time": "soon", "request_id": 7, "input_status": "fine",
        "orchestrator_info": [1], "gateway_status": null, "inference_status": {"fps": -1, "output_fps": "NaN",
        "last_output_time": 1e300, "last_params": [1], "last_params_hash": {}, "last_error": "", "restart_count": -2}});
    assert_eq!(report(nonsense), StatusReport::default());
    assert_eq!(report(json!({})), StatusReport::default());
}

#[test]
fn of_two_spellings_the_one_that_fits_is_taken() {
    let both = json!({"inference_status": {"fps": null, "output_fps": 12, "input_fps": 14}, "input_status": {"fps": "?"},
        "orchestrator_info": {"url": "", "address": "0x1"}});
    let both = report(both);
    assert_eq!(
        (both.fps_out, both.fps_in, both.orchestrator.as_deref()),
        (Some(12.0), Some(14.0), Some("0x1"))
    );
}

#[test]
fn beta_tells_of_its_filter() {
    let updated = |document: Value| wire::updated(&document, &Discretion::default()).unwrap();
    let plain = Reply::Updated { was_censored: false, warnings: Vec::new() };
    assert_eq!(updated(json!({"success": true, "message": "updated", "was_censored": false})), plain);
    assert_eq!(updated(serde_json::from_str(STREAM).unwrap()), plain);
    assert_eq!(updated(json!({"was_censored": "yes", "warnings": {}})), plain);
    let softened =
        json!({"success": true, "message": "Prompt softened", "was_censored": true, "warnings": ["w", 7]});
    let warnings = ["Prompt softened", "w", "7"].map(str::to_owned).to_vec();
    assert_eq!(updated(softened), Reply::Updated { was_censored: true, warnings });
    let Reply::Updated { warnings, .. } = updated(json!({"warnings": vec!["w".repeat(999); 99]})) else {
        panic!("no update")
    };
    assert_eq!((warnings.len(), warnings[0].chars().count()), (8, 401));
}

#[tokio::test]
async fn an_error_is_told_with_all_that_it_says() {
    let cases = [
        (
            "404 Not Found",
            json!({"success": false, "error": "Stream not found", "code": "STREAMS/NOT_FOUND", "status": 404,
                "requestId": "b1946ac9"}),
            FailureKind::NotFound,
            "[STREAMS/NOT_FOUND, request b1946ac9] Stream not found",
        ),
        (
            "400 Bad Request",
            json!({"success": false, "error": "Invalid request", "code": "VALIDATION/X", "status": 400, "details":
                [{"path": ["params", "t_index_list", 1], "message": "not below 50", "code": "too_big"}]}),
            FailureKind::Refused,
            "[VALIDATION/X] Invalid request; params.t_index_list.1: not below 50",
        ),
        (
            "404 Not Found",
            json!({"success": false, "error": "Stream not ready yet"}),
            FailureKind::NotFound,
            "Stream not ready yet",
        ),
        (
            "400 Bad Request",
            json!({"success": false, "error": [{"path": ["name"], "message": "Required"}, "and more"]}),
            FailureKind::Refused,
            "name: Required; and more",
        ),
        (
            "422 Unprocessable Entity",
            json!({"detail": [{"loc": ["body", "params"], "msg": "field required", "type": "missing"}]}),
            FailureKind::Refused,
            "body.params: field required",
        ),
        ("500 Internal Server Error", json!({"oops": 1}), FailureKind::Server, r#"{"oops":1}"#),
        ("500 Internal Server Error", json!("oops"), FailureKind::Server, r#""oops""#),
    ];
    for (line, body, kind, told) in cases {
        let stub = Stub::start(answer(line, "", &body.to_string()), Then::Listen).await;
        let failure = client(&stub.base, Generation::V1).perform(&update("a"), WALL).await.unwrap_err();
        assert_eq!(failure, Failure { kind, message: format!("{line}: {told}"), retry_after: None });
    }
}
