//! The API's operations in both generations, and the record of them.

use std::{fs, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{EPOCH_MS, KEY, Sim, answer, options, real_time, scratch, turbo};
use crate::{
    show::time::{Mono, Now},
    simulator::{Machine, Options, machine::Video},
};

#[tokio::test]
async fn a_v1_stream_is_created_listed_read_and_deleted() {
    let sim = Sim::start(options()).await;
    let body = json!({"pipeline": "streamdiffusion", "name": "foyer", "params": turbo(&json!({"seed": 7}))});
    let (status, created) = sim.call("POST", "/v1/streams", Some(body)).await;
    assert_eq!(status, 201);
    let id = created["id"].as_str().unwrap();
    assert!(
        id.starts_with("str_") && created["stream_key"].as_str().unwrap().starts_with("stk_"),
        "{created}"
    );
    assert_eq!(created["pipeline"], "streamdiffusion");
    assert_eq!(created["params"], turbo(&json!({"seed": 7})));
    assert_eq!(created["name"], "foyer");
    assert_eq!(created["created_at"], "2026-03-01T18:00:00.000Z");
    for field in ["output_playback_id", "author", "gateway_host", "whip_url"] {
        assert!(created[field].is_string(), "{field}: {created}");
    }
    let second = sim.create(turbo(&json!({}))).await;
    assert_eq!(sim.call("GET", &format!("/v1/streams/{id}"), None).await, (200, created.clone()));
    let (_, list) = sim.call("GET", "/v1/streams?user_id=me", None).await;
    assert_eq!(list["data"][0], created);
    assert_eq!(list["data"][1]["id"], json!(second));

    let deleted = sim.call("DELETE", &format!("/v1/streams?id={id}"), None).await;
    assert_eq!(deleted, (200, json!({"success": true, "data": {}})));
    let not_found =
        json!({"success": false, "error": "Stream not found", "code": "STREAMS/NOT_FOUND", "status": 404});
    assert_eq!(sim.call("GET", &format!("/v1/streams/{id}"), None).await, (404, not_found.clone()));
    assert_eq!(sim.call("DELETE", &format!("/v1/streams?id={id}"), None).await, (404, not_found));
    assert_eq!(sim.call("GET", "/v1/streams", None).await.1["data"].as_array().unwrap().len(), 1);
    sim.stop().await;
}

#[tokio::test]
async fn a_beta_create_is_known_by_its_body() {
    let sim = Sim::start(options()).await;
    let body = json!({"pipeline_id": "pip_qpUgXycjWF6YMeSL", "pipeline_params": {"prompt": "a pine forest"}});
    let (status, created) = sim.call("POST", "/v1/streams", Some(body)).await;
    assert_eq!(status, 201);
    assert!(created["output_playback_id"].is_string());
    assert_eq!(created["pipeline_params"], json!({"prompt": "a pine forest"}));
    assert_eq!(created.get("params"), None);
    let (status, error) = sim.call("POST", "/v1/streams", Some(json!({"pipeline_id": 7}))).await;
    assert_eq!((status, error), (400, json!({"success": false, "error": ["pipeline_id: must be a string"]})));
    sim.stop().await;
}

#[tokio::test]
async fn a_v1_update_is_merged_and_a_beta_update_replaces() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({"prompt": "a", "seed": 7}))).await;
    let update = json!({"pipeline": "streamdiffusion", "params": turbo(&json!({"prompt": "b"}))});
    let (status, object) = sim.call("PATCH", &format!("/v1/streams/{id}"), Some(update)).await;
    assert_eq!((status, &object["params"]), (200, &turbo(&json!({"prompt": "b", "seed": 7}))));

    let update = json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion",
        "params": turbo(&json!({"prompt": "c"}))});
    let answered = sim.call("POST", &format!("/beta/streams/{id}/prompts"), Some(update)).await;
    assert_eq!(answered, (200, json!({"success": true, "message": "Stream updated", "was_censored": false})));
    let (_, object) = sim.call("GET", &format!("/v1/streams/{id}"), None).await;
    assert_eq!(object["params"], turbo(&json!({"prompt": "c"})));
    sim.stop().await;
}

#[tokio::test]
async fn the_key_is_looked_at_before_anything_else() {
    let sim = Sim::start(options()).await;
    let url = |path: &str| format!("http://{}{path}", sim.address);
    for request in [
        sim.client.get(url("/v1/streams/str_nobody")),
        sim.client.patch(url("/v1/streams/str_nobody")).body("not json"),
        sim.client.get(url("/v1/streams")).bearer_auth("wrong"),
        sim.client.get(url("/v1/streams")).basic_auth(KEY, Some(KEY)),
        sim.client.post(url("/v1/streams")).body(vec![b'x'; 200 * 1024]),
    ] {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["success"], &body["status"]), (401, &json!(false), &json!(401)), "{body}");
        assert_eq!(body["code"], "AUTH/UNAUTHORIZED");
    }
    let (status, body) = answer(sim.client.post(url("/beta/streams/str_nobody/prompts"))).await;
    assert_eq!((status, body.as_object().unwrap().len()), (401, 2), "no code and no status in beta: {body}");
    let (status, _) = answer(sim.client.get(url("/api/streams/str_nobody/status"))).await;
    assert_eq!(status, 404, "the web app's status route needs no key");
    sim.stop().await;
}

#[tokio::test]
async fn without_a_key_of_its_own_the_simulator_admits_any_bearer() {
    let sim = Sim::start(Options { api_key: None, ..options() }).await;
    let url = format!("http://{}/v1/streams", sim.address);
    for (authorization, expected) in [
        (Some("Bearer anything"), 200),
        (Some("bearer anything"), 200),
        (Some("Basic anything"), 401),
        (Some("Bearer"), 401),
        (Some("Bearer "), 401),
        (None, 401),
    ] {
        let request = sim.client.get(&url);
        let request = match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        assert_eq!(answer(request).await.0, expected, "{authorization:?}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_body_that_is_not_a_request_is_400_in_the_shape_of_its_generation() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({}))).await;
    for (method, path, body) in [
        ("POST", "/v1/streams".to_owned(), "{"),
        ("POST", "/v1/streams".to_owned(), "[]"),
        ("POST", "/v1/streams".to_owned(), "{}"),
        ("POST", "/v1/streams".to_owned(), r#"{"pipeline": "streamdiffusion", "params": {}}"#),
        ("PATCH", format!("/v1/streams/{id}"), r#"{"params": {"prompt": "no model"}}"#),
        ("PATCH", format!("/v1/streams/{id}"), r#"{"params": "x"}"#),
    ] {
        let (status, error) = answer(sim.request(method, &path, None).body(body)).await;
        assert_eq!(
            (status, &error["success"], &error["status"]),
            (400, &json!(false), &json!(400)),
            "{body}"
        );
        assert!(error["code"].as_str().unwrap().starts_with("VALIDATION/"), "{error}");
    }
    let (status, error) =
        answer(sim.request("POST", &format!("/beta/streams/{id}/prompts"), None).body("{}")).await;
    assert_eq!(status, 400);
    assert_eq!(
        error,
        json!({"success": false, "error": ["pipeline: required", "model_id: required", "params: required"]})
    );
    let (status, _) = answer(sim.request("POST", "/v1/streams", None).body(vec![b'x'; 101 * 1024])).await;
    assert_eq!(status, 413);
    let (status, _) = sim.call("PUT", "/v1/streams", None).await;
    assert_eq!(status, 405);
    let (status, _) = sim.call("GET", "/v2/streams", None).await;
    assert_eq!(status, 404);
    sim.stop().await;
}

#[tokio::test]
async fn a_base_url_may_end_in_v1() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({}))).await;
    let (status, object) = sim.call("GET", &format!("/v1/v1/streams/{id}"), None).await;
    assert_eq!((status, &object["id"]), (200, &json!(id)));
    let (status, _) = sim.call("GET", &format!("/v1/api/streams/{id}/status"), None).await;
    assert_eq!(status, 200);
    sim.stop().await;
}

#[tokio::test]
async fn the_status_of_a_new_stream_comes_alive() {
    let sim = Sim::start(options()).await;
    let params = json!({"model_id": "stabilityai/sd-turbo",
        "prompt": [["a pine forest", 0.75], ["a coral reef", 0.25]]});
    let id = sim.create(params.clone()).await;
    let first = sim.status(&id).await;
    assert_eq!((&first["state"], &first["start_time"]), (&json!("ONLINE"), &json!(EPOCH_MS)));
    assert_eq!(first["inference_status"]["fps"], 0.0);
    assert_eq!(first["gateway_status"].get("whep_url"), None);

    sim.pass(Duration::from_secs(9));
    let warming = sim.status(&id).await;
    assert_eq!((&warming["state"], &warming["input_status"]["fps"]), (&json!("DEGRADED_INPUT"), &json!(0.0)));
    let whep_url = warming["gateway_status"]["whep_url"].as_str().unwrap();
    assert!(whep_url.contains(warming["request_id"].as_str().unwrap()), "{whep_url}");

    sim.pass(Duration::from_secs(20));
    let running = sim.status(&id).await;
    assert_eq!((&running["state"], &running["type"]), (&json!("ONLINE"), &json!("status")));
    for fps in [&running["input_status"]["fps"], &running["inference_status"]["fps"]] {
        assert!((29.0..=31.0).contains(&fps.as_f64().unwrap()), "{fps}");
    }
    let age = EPOCH_MS + 25_000 - running["inference_status"]["last_output_time"].as_i64().unwrap();
    assert!((0..=100).contains(&age), "{running}");
    assert_eq!(running["inference_status"]["last_params"], params);
    assert_eq!(running["inference_status"]["last_params_hash"], "091a46afa3984ebe47e9143ffec2b160");
    assert_eq!(running["inference_status"]["last_params_update_time"], json!(EPOCH_MS));
    assert_eq!(running["inference_status"]["restart_count"], 0);
    assert!(running["orchestrator_info"]["url"].is_string() && running["pipeline_id"].is_string());
    let (_, beta) = answer(sim.client.get(format!("http://{}/api/streams/{id}/status", sim.address))).await;
    assert_eq!(beta["data"], running, "both routes tell the same");
    sim.stop().await;
}

#[tokio::test]
async fn the_status_tells_of_an_update_with_the_next_report() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({"prompt": "a"}))).await;
    sim.pass(Duration::from_secs(30));
    let before = sim.status(&id).await;
    sim.pass(Duration::from_millis(1500));
    let update = json!({"params": turbo(&json!({"prompt": "b"}))});
    assert_eq!(sim.call("PATCH", &format!("/v1/streams/{id}"), Some(update)).await.0, 200);
    assert_eq!(sim.status(&id).await, before, "the runner has not reported since");
    sim.pass(Duration::from_secs(10));
    let after = sim.status(&id).await;
    assert_eq!(after["inference_status"]["last_params"]["prompt"], "b");
    assert_eq!(after["inference_status"]["last_params_update_time"], json!(EPOCH_MS + 31_500));
    assert_ne!(after["inference_status"]["last_params_hash"], before["inference_status"]["last_params_hash"]);
    sim.stop().await;
}

#[tokio::test]
async fn until_video_arrives_a_stream_is_offline_and_takes_no_parameters() {
    let machine = Machine { video: Video::After(Duration::from_secs(5)), ..Machine::default() };
    let sim = Sim::start(Options { machine, ..options() }).await;
    let id = sim.create(turbo(&json!({}))).await;
    let update = json!({"params": turbo(&json!({"prompt": "b"}))});
    let patch = format!("/v1/streams/{id}");
    let (status, error) = sim.call("PATCH", &patch, Some(update.clone())).await;
    assert_eq!((status, &error["code"]), (404, &json!("STREAMS/NOT_FOUND")));
    let (status, offline) = sim.call("GET", &format!("/api/streams/{id}/status"), None).await;
    assert_eq!((status, &offline["data"]["state"]), (200, &json!("OFFLINE")));
    assert_eq!(sim.call("GET", &patch, None).await.1["params"], turbo(&json!({})), "and it forgets them");

    sim.pass(Duration::from_secs(5));
    assert_eq!(sim.call("PATCH", &patch, Some(update)).await.0, 200);
    assert_eq!(sim.status(&id).await["start_time"], json!(EPOCH_MS + 5000));
    sim.stop().await;
}

#[tokio::test]
async fn accepted_creates_and_updates_are_recorded_and_others_are_not() {
    let path = scratch("requests.jsonl");
    let sim = Sim::start(Options { requests: Some(path.clone()), ..options() }).await;
    let create = json!({"pipeline": "streamdiffusion", "params": turbo(&json!({}))});
    let (_, object) = sim.call("POST", "/v1/streams", Some(create.clone())).await;
    let id = &object["id"];
    let patch = format!("/v1/streams/{}", id.as_str().unwrap());
    sim.pass(Duration::from_millis(2250));
    let update = json!({"params": turbo(&json!({"prompt": "b"}))});
    sim.call("PATCH", &patch, Some(update.clone())).await;
    sim.call("PATCH", "/v1/streams/str_nobody", Some(update.clone())).await;
    sim.call("PATCH", &patch, Some(json!({}))).await;
    let beta = json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion", "params": turbo(&json!({}))});
    sim.call("POST", &format!("/beta/streams/{}/prompts", id.as_str().unwrap()), Some(beta.clone())).await;
    let lines: Vec<Value> =
        fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({"t": 0.0, "generation": "v1", "op": "create", "stream": id, "body": create}),
            json!({"t": 2.25, "generation": "v1", "op": "update", "stream": id, "body": update}),
            json!({"t": 2.25, "generation": "beta", "op": "update", "stream": id, "body": beta}),
        ]
    );
    sim.stop().await;
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn the_latency_passes_before_a_request_is_applied() {
    let path = scratch("latency.jsonl");
    let latency = Duration::from_millis(120);
    let jitter = Duration::from_millis(20);
    let options = Options { latency, jitter, requests: Some(path.clone()), ..options() };
    let began = real_time();
    let clock = move || {
        let mono = Mono(real_time().duration_since(began));
        Now { mono, wall: Timestamp::from_millisecond(EPOCH_MS).unwrap() + mono.0 }
    };
    let sim = Sim::start_with(options, clock).await;
    sim.create(turbo(&json!({}))).await;
    // The second is sent when the first has been answered, so it is applied its whole way later.
    sim.create(turbo(&json!({}))).await;
    let log = fs::read_to_string(&path).unwrap();
    let moments: Vec<f64> =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["t"].as_f64().unwrap()).collect();
    assert!(moments[0] >= 0.1 && moments[1] - moments[0] >= 0.1, "{moments:?}");
    sim.stop().await;
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_test_can_take_video_away_and_give_it_back() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({}))).await;
    let video = format!("/_sim/streams/{id}/video");
    sim.pass(Duration::from_secs(30));
    let before = sim.status(&id).await;
    assert_eq!(sim.call("POST", &video, Some(json!({"on": false}))).await.0, 200);
    sim.pass(Duration::from_secs(10));
    assert_eq!(sim.status(&id).await["state"], "DEGRADED_INPUT");
    sim.pass(Duration::from_secs(55));
    assert_eq!(sim.status(&id).await["state"], "OFFLINE");
    let update = json!({"params": turbo(&json!({"prompt": "b"}))});
    assert_eq!(sim.call("PATCH", &format!("/v1/streams/{id}"), Some(update)).await.0, 404);
    sim.pass(Duration::from_secs(61));
    assert_eq!(sim.status(&id).await, json!({"state": "OFFLINE", "info": "Stream not found"}));
    assert_eq!(sim.call("POST", &video, None).await.0, 200);
    let after = sim.status(&id).await;
    assert_eq!(after["state"], "ONLINE");
    assert_eq!(after["start_time"], json!(EPOCH_MS + 156_000));
    assert_ne!(after["request_id"], before["request_id"]);
    sim.stop().await;
}

#[tokio::test]
async fn a_stalled_runner_is_started_again_and_a_swapped_one_is_another() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({}))).await;
    sim.pass(Duration::from_secs(30));
    let before = sim.status(&id).await;
    assert_eq!(sim.call("POST", &format!("/_sim/streams/{id}/stall"), None).await.0, 200);
    sim.pass(Duration::from_secs(20));
    let stalled = sim.status(&id).await;
    assert_eq!(
        (&stalled["state"], &stalled["inference_status"]["restart_count"]),
        (&json!("LOADING"), &json!(1))
    );
    assert_eq!(sim.call("POST", &format!("/_sim/streams/{id}/swap"), None).await.0, 200);
    let swapped = sim.status(&id).await;
    assert_eq!(
        (&swapped["state"], &swapped["inference_status"]["restart_count"]),
        (&json!("ONLINE"), &json!(0))
    );
    assert_ne!(swapped["orchestrator_info"], before["orchestrator_info"]);
    assert_eq!(swapped["stream_id"], before["stream_id"]);
    assert_eq!(sim.call("POST", &format!("/_sim/streams/{id}/restart"), None).await.0, 200);
    sim.pass(Duration::from_secs(10));
    assert_eq!(sim.status(&id).await["inference_status"]["restart_count"], 1);
    assert_eq!(sim.call("POST", &format!("/_sim/streams/{id}/explode"), None).await.0, 404);
    sim.stop().await;
}

#[tokio::test]
async fn the_key_is_nowhere_in_what_is_printed() {
    let printed = format!("{:?}", options());
    assert!(!printed.contains(KEY) && printed.contains("***"), "{printed}");
}
