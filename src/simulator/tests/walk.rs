//! A random walk: anything that anybody can send, in any order, at any time. What must always hold, holds.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::{
    account::Account,
    api::{Api, Call},
    ids::Chance,
    machine::{Machine, Profile},
};

/// Parameters good and bad, for either generation.
fn params(chance: &mut Chance) -> Value {
    let weight = |chance: &mut Chance| [0.0, 1.0, -1.0, 0.5, 1e9, 1e-9][pick(chance, 6)];
    let (a, b) = (weight(chance), weight(chance));
    let mut params = match pick(chance, 20) {
        0 => json!({"prompt": "a"}),
        1 => json!({"prompt": [["a", a], ["b", b]]}),
        2 => json!({"prompt": [["a", a], ["b", b], ["c", 0]], "normalize_prompt_weights": false}),
        3 => json!({"prompt": []}),
        4 => json!({"seed": [[1, a], [2, b]], "seed_interpolation_method": "slerp"}),
        5 => json!({"seed": 7, "normalize_seed_weights": false}),
        6 => json!({"t_index_list": [1, 2]}),
        7 => json!({"t_index_list": [50]}),
        8 => json!({"num_inference_steps": 1}),
        9 => json!({"width": 768}),
        10 => json!({"do_add_noise": false}),
        11 => json!({"use_denoising_batch": false}),
        12 => json!({"model_id": "stabilityai/sdxl-turbo"}),
        13 => json!({"model_id": "Lykon/dreamshaper-8", "ip_adapter": {"scale": a}}),
        14 => json!({"controlnets": [{"model_id": "thibaud/controlnet-sd21-hed-diffusers",
            "conditioning_scale": 0.5, "preprocessor": "soft_edge", "enabled": true}]}),
        15 => json!({"controlnets": null}),
        16 => json!({"image_postprocessing": {"processors": [{"type": "upscale"}]}}),
        17 => json!({"prompt": 7, "unknown": {}}),
        18 => json!({"delta": b, "guidance_scale": a}),
        _ => json!({}),
    };
    if params.get("model_id").is_none() {
        params["model_id"] = json!("stabilityai/sd-turbo");
    }
    params
}

fn pick(chance: &mut Chance, count: usize) -> usize {
    (chance.unit() * count as f64) as usize
}

/// Does something random; returns the HTTP status of the answer.
fn act(api: &mut Api, at: Duration, id: &str, chance: &mut Chance) -> u16 {
    let (method, path, body) = match pick(chance, 12) {
        0..4 => ("PATCH", format!("/v1/streams/{id}"), json!({"params": params(chance)})),
        4..6 => (
            "POST",
            format!("/beta/streams/{id}/prompts"),
            json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion", "params": params(chance)}),
        ),
        6 => ("GET", format!("/v1/streams/{id}/status"), Value::Null),
        7 => ("POST", format!("/_sim/streams/{id}/video"), json!({"on": pick(chance, 3) > 0})),
        8 => ("POST", format!("/_sim/streams/{id}/stall"), json!({})),
        9 => ("POST", format!("/_sim/streams/{id}/restart"), json!({})),
        10 => ("POST", format!("/_sim/streams/{id}/swap"), json!({})),
        _ => ("POST", format!("/_sim/streams/{id}/end"), json!({})),
    };
    let body = body.to_string();
    let call =
        Call { method, path: &path, query: "", authorization: Some("Bearer k"), body: Some(body.as_bytes()) };
    let answer = if path.starts_with("/_sim") { api.control(at, call) } else { api.answer(at, call) };
    answer.status
}

fn get(api: &mut Api, at: Duration, path: &str) -> Value {
    let call = Call { method: "GET", path, query: "", authorization: Some("Bearer k"), body: Some(b"") };
    let answer = if path.starts_with("/_sim") { api.control(at, call) } else { api.answer(at, call) };
    answer.body
}

/// Walks for a while; returns what the stream has come to.
fn walk(seed: u64) -> (Value, Value) {
    let mut chance = Chance::new(seed);
    let profile = if seed.is_multiple_of(4) { Profile::July2025 } else { Profile::December2025 };
    let passes = ["45", "30", "20"][pick(&mut chance, 3)].parse().unwrap();
    let machine = Machine { profile, passes_per_second: passes, ..Machine::default() };
    let mut api = Api::new(Account::new(machine, seed, 0), None, None);
    let body = json!({"pipeline": "streamdiffusion", "params": {"model_id": "stabilityai/sd-turbo"}});
    let body = body.to_string();
    let call = Call {
        method: "POST",
        path: "/v1/streams",
        query: "",
        authorization: Some("Bearer k"),
        body: Some(body.as_bytes()),
    };
    let id = api.answer(Duration::ZERO, call).body["id"].as_str().unwrap().to_owned();
    let (look, status) = (format!("/_sim/streams/{id}"), format!("/v1/streams/{id}/status"));
    let mut at = Duration::ZERO;
    for _ in 0..300 {
        at += Duration::from_secs_f64([0.0, 0.004, 0.1, 1.0, 20.0, 400.0][pick(&mut chance, 6)]);
        let answered = act(&mut api, at, &id, &mut chance);
        assert!([200, 400, 404, 409].contains(&answered), "seed {seed}: {answered}");
        let counters = get(&mut api, at, &look)["counters"].clone();
        let count = |name: &str| counters[name].as_u64().unwrap();
        assert!(count("frames_out") <= count("frames_in"), "seed {seed}: {counters}");
        assert!(count("frames_in") as f64 <= at.as_secs_f64() * 30.01 + 2.0, "seed {seed}: {counters}");
        assert!(count("coalesced") + count("no_ops") <= count("updates"), "seed {seed}: {counters}");
        let document = &get(&mut api, at, &status)["data"];
        if let Some(made) = document["timestamp"].as_i64() {
            let now = i64::try_from(at.as_millis()).unwrap();
            assert!(made <= now, "seed {seed}: a report from the future");
            assert!(document["state"] == "OFFLINE" || now - made <= 10_000, "seed {seed}: {document}");
        }
    }
    (get(&mut api, at, &look), get(&mut api, at, &status))
}

#[test]
fn what_must_always_hold_holds_on_a_random_walk() {
    for seed in 0..30 {
        walk(seed);
    }
}

#[test]
fn a_walk_can_be_repeated() {
    assert_eq!(walk(7), walk(7));
}
