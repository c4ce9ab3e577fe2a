//! Whole courses of a stream, on a clock that jumps: what happens to it, and what its status then tells.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    account::Account,
    answer::{Answer, Generation},
    api::{Api, Call},
    machine::{Machine, Profile, Video},
};

const EPOCH_MS: i64 = 1_772_388_000_000;

/// The API on a clock of its own.
struct World {
    api: Api,
    at: Duration,
    id: String,
}

impl World {
    /// Creates a stream with the defaults and `params`.
    fn new(machine: Machine, params: &Value) -> Self {
        let api = Api::new(Account::new(machine, 1, EPOCH_MS), None, None);
        let mut world = Self { api, at: Duration::ZERO, id: String::new() };
        let body = json!({"pipeline": "streamdiffusion", "params": turbo(params)});
        let created = world.call("POST", "/v1/streams", &body);
        assert_eq!(created.status, 201, "{}", created.body);
        world.id = created.body["id"].as_str().unwrap().to_owned();
        world
    }

    fn call(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let call =
            Call { method, path, query: "", authorization: Some("Bearer k"), body: Some(body.as_bytes()) };
        self.api.answer(self.at, call)
    }

    fn pass(&mut self, seconds: f64) -> &mut Self {
        self.at += Duration::from_secs_f64(seconds);
        self
    }

    /// Updates by v1 and returns the HTTP status.
    fn update(&mut self, params: &Value) -> u16 {
        let path = format!("/v1/streams/{}", self.id);
        self.call("PATCH", &path, &json!({"params": turbo(params)})).status
    }

    /// Updates by beta, with everything.
    fn replace(&mut self, params: &Value) -> u16 {
        let path = format!("/beta/streams/{}/prompts", self.id);
        let body =
            json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion", "params": params});
        self.call("POST", &path, &body).status
    }

    fn status(&mut self) -> Value {
        let path = format!("/v1/streams/{}/status", self.id);
        self.call("GET", &path, &Value::Null).body["data"].clone()
    }

    /// Returns the state as the runner has it now, not as it was reported last.
    fn state(&mut self) -> String {
        self.look()["state"].as_str().unwrap().to_owned()
    }

    fn look(&mut self) -> Value {
        let path = format!("/_sim/streams/{}", self.id);
        self.control("GET", &path, "").body
    }

    fn hand(&mut self, act: &str, body: &Value) {
        let path = format!("/_sim/streams/{}/{act}", self.id);
        let answer = self.control("POST", &path, &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn control(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let call = Call { method, path, query: "", authorization: None, body: Some(body.as_bytes()) };
        self.api.control(self.at, call)
    }

    /// Returns the states of the runner second by second, repeats left out, with the second of each.
    fn states(&mut self, seconds: u32) -> Vec<(u32, String)> {
        let mut states: Vec<(u32, String)> = Vec::new();
        for second in 0..=seconds {
            let state = self.state();
            if states.last().is_none_or(|(_, last)| *last != state) {
                states.push((second, state));
            }
            self.pass(1.0);
        }
        states
    }

    fn ms(&self) -> i64 {
        EPOCH_MS + i64::try_from(self.at.as_millis()).unwrap()
    }
}

fn turbo(more: &Value) -> Value {
    let mut params = json!({"model_id": "stabilityai/sd-turbo"});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

fn course(states: &[(u32, &str)]) -> Vec<(u32, String)> {
    states.iter().map(|(second, state)| (*second, (*state).to_owned())).collect()
}

fn running() -> World {
    let mut world = World::new(Machine::default(), &json!({"prompt": "a"}));
    world.pass(120.0);
    assert_eq!(world.state(), "ONLINE");
    world
}

#[test]
fn without_video_there_is_nobody_to_take_parameters() {
    let machine = Machine { video: Video::Off, ..Machine::default() };
    let mut world = World::new(machine, &json!({}));
    assert_eq!(world.pass(600.0).status(), json!({"state": "OFFLINE", "info": "Stream not found"}));
    assert_eq!(world.update(&json!({"prompt": "b"})), 404);
    assert_eq!(world.replace(&turbo(&json!({}))), 404);
    world.hand("video", &json!({}));
    assert_eq!(world.update(&json!({"prompt": "b"})), 200);
    assert_eq!(world.status()["start_time"], world.ms());
}

#[test]
fn a_warm_container_is_online_at_once_and_lacks_input_until_the_first_window_closes() {
    let mut world = World::new(Machine::default(), &json!({}));
    assert_eq!(world.states(30), course(&[(0, "ONLINE"), (3, "DEGRADED_INPUT"), (10, "ONLINE")]));
}

#[test]
fn a_cold_container_loads_first() {
    let machine = Machine { cold_start: true, ..Machine::default() };
    let mut world = World::new(machine, &json!({}));
    assert_eq!(
        world.states(30),
        course(&[
            (0, "LOADING"),
            (15, "ONLINE"),
            // The window that closed during the load has input and no output.
            (18, "DEGRADED_INFERENCE"),
            (20, "ONLINE")
        ])
    );
}

#[test]
fn the_output_can_be_watched_after_two_to_five_seconds() {
    let mut world = World::new(Machine::default(), &json!({}));
    assert_eq!(world.pass(1.9).status()["gateway_status"].get("whep_url"), None);
    assert!(world.pass(3.1).status()["gateway_status"]["whep_url"].is_string());
}

#[test]
fn a_live_update_costs_one_hole_and_shows_with_the_next_report() {
    let mut world = running();
    let before = world.look();
    let hash = world.status()["inference_status"]["last_params_hash"].clone();
    assert_eq!(world.update(&json!({"prompt": [["a", 0.5], ["b", 0.5]]})), 200);
    let updated = world.ms();
    let after = world.pass(10.0).look();
    assert_eq!(after["counters"]["flush_passes"], before["counters"]["flush_passes"].as_u64().unwrap() + 3);
    assert_eq!(after["counters"]["encodes"], before["counters"]["encodes"].as_u64().unwrap() + 1);
    let hole = after["counters"]["longest_hole"].as_f64().unwrap();
    // Four passes and up to one frame, and the encode of one prompt.
    assert!((4.0 / 45.0..=4.0 / 45.0 + 1.0 / 30.0 + 0.011).contains(&hole), "{hole}");
    let status = world.status();
    assert_ne!(status["inference_status"]["last_params_hash"], hash);
    assert_eq!(status["inference_status"]["last_params_update_time"], updated);
    assert_eq!(status["inference_status"]["last_error"], Value::Null);
}

#[test]
fn a_refused_update_is_received_but_not_applied() {
    let mut world = running();
    let hash = world.status()["inference_status"]["last_params_hash"].clone();
    // v1 would see this itself; beta leaves it to the runner.
    assert_eq!(world.replace(&turbo(&json!({"prompt": "b", "t_index_list": [20, 12]}))), 200);
    let refused = world.ms();
    assert_eq!(world.states(20), course(&[(0, "ONLINE"), (3, "DEGRADED_INFERENCE"), (16, "ONLINE")]));
    let status = world.status();
    assert_ne!(status["inference_status"]["last_params_hash"], hash);
    assert_eq!(status["inference_status"]["last_params"]["prompt"], "b");
    assert_eq!(
        status["inference_status"]["last_error"],
        "Error updating params: t_index_list: must not decrease"
    );
    let late = status["inference_status"]["last_error_time"].as_i64().unwrap() - refused;
    assert!((0..=25).contains(&late), "once the frame in work is done, not {late} ms later");
    let look = world.look();
    assert_eq!((&look["params"]["prompt"], &look["counters"]["refused"]), (&json!("a"), &json!(1)));
}

#[test]
fn another_resolution_is_refused_with_all_that_came_with_it() {
    let mut world = running();
    assert_eq!(world.update(&json!({"width": 704, "prompt": "b"})), 200);
    let error = world.pass(10.0).status()["inference_status"]["last_error"].clone();
    let expected = "Error updating params: Cannot change output resolution mid-stream (512x512 -> 704x512)";
    assert_eq!(error, expected);
    assert_eq!(world.look()["params"]["prompt"], "a");
}

#[test]
fn a_reload_takes_the_picture_away_until_it_is_done() {
    let mut world = running();
    assert_eq!(world.update(&json!({"do_add_noise": false})), 200);
    world.pass(0.5);
    let states = world.states(40);
    assert_eq!(states[0].1, "ONLINE", "the state is judged once a second");
    assert_eq!(
        states[1..],
        course(&[(1, "LOADING"), (16, "ONLINE"), (18, "DEGRADED_INFERENCE"), (20, "ONLINE")])
    );
    let look = world.look();
    assert_eq!((&look["counters"]["reloads"], &look["params"]["do_add_noise"]), (&json!(1), &json!(false)));
    assert!(look["counters"]["longest_hole"].as_f64().unwrap() > 15.0);
}

#[test]
fn during_a_reload_the_rate_falls_to_nothing() {
    let mut world = running();
    world.update(&json!({"do_add_noise": false}));
    let rates: Vec<f64> =
        (0..4).map(|_| world.pass(10.0).status()["inference_status"]["fps"].as_f64().unwrap()).collect();
    assert!(rates[1] < 1.0 && rates[2] > 10.0 && rates[3] > 29.0, "{rates:?}");
}

#[test]
fn a_reload_that_fails_takes_twice_as_long_and_leaves_the_old_parameters_in_force() {
    let mut world = running();
    assert_eq!(world.update(&json!({"use_denoising_batch": false, "prompt": "b"})), 200);
    let states = world.pass(1.0).states(36);
    assert_eq!((states[0].1.as_str(), states[1].0, states[1].1.as_str()), ("LOADING", 30, "ONLINE"));
    let status = world.status();
    let error = status["inference_status"]["last_error"].as_str().unwrap();
    assert!(error.starts_with("Error updating params: failed to reload the pipeline"), "{error}");
    assert_eq!(status["inference_status"]["last_params"]["prompt"], "b");
    let look = world.look();
    assert_eq!((&look["params"]["prompt"], &look["counters"]["reloads"]), (&json!("a"), &json!(2)));
}

#[test]
fn an_index_equal_to_the_number_of_steps_costs_two_loads() {
    let mut world = running();
    assert_eq!(world.update(&json!({"t_index_list": [12, 50]})), 200);
    let look = world.pass(31.0).look();
    assert_eq!((&look["counters"]["reloads"], &look["counters"]["refused"]), (&json!(2), &json!(1)));
    assert_eq!(look["params"]["t_index_list"], json!([12, 20, 32]));
}

#[test]
fn an_empty_list_waits_for_the_next_reload_and_then_kills_the_process() {
    let mut world = running();
    world.update(&json!({"prompt": []}));
    let look = world.pass(5.0).look();
    assert_eq!(look["params"]["prompt"], json!([]));
    assert_eq!(look["effective"]["prompt"]["coefficients"], json!([["a", 1.0]]), "the old blend stays");
    assert_eq!(look["counters"]["flush_passes"], 6, "but it was flushed");
    world.update(&json!({"do_add_noise": false}));
    let look = world.pass(60.0).look();
    assert_eq!((&look["counters"]["restarts"], &look["params"]["prompt"]), (&json!(1), &json!("flowers")));
}

#[test]
fn input_that_stops_degrades_then_ends_the_session_and_a_minute_later_its_status() {
    let mut world = running();
    world.hand("video", &json!({"on": false}));
    assert_eq!(world.states(64), course(&[(0, "ONLINE"), (2, "DEGRADED_INPUT"), (60, "OFFLINE")]),);
    assert_eq!(world.status()["state"], "OFFLINE");
    assert!(world.status()["inference_status"].is_object());
    assert_eq!(world.update(&json!({"prompt": "b"})), 404);
    assert_eq!(world.pass(56.0).status(), json!({"state": "OFFLINE", "info": "Stream not found"}));
}

#[test]
fn video_that_comes_back_starts_a_session_with_the_stored_parameters() {
    let mut world = running();
    world.update(&json!({"prompt": "b"}));
    world.hand("video", &json!({"on": false}));
    let before = world.pass(300.0).look();
    world.hand("video", &json!({"on": true}));
    let status = world.status();
    assert_eq!((&status["state"], &status["start_time"]), (&json!("ONLINE"), &json!(world.ms())));
    assert_eq!(world.look()["params"]["prompt"], "b");
    let out = world.pass(10.0).look()["counters"]["frames_out"].as_u64().unwrap();
    assert!(out.abs_diff(before["counters"]["frames_out"].as_u64().unwrap() + 300) <= 3, "{out}");
}

#[test]
fn a_stall_is_an_error_after_five_seconds_and_the_process_is_started_again() {
    let mut world = running();
    let start = world.status()["start_time"].clone();
    world.hand("stall", &Value::Object(Map::new()));
    assert_eq!(
        world.states(80),
        course(&[
            (0, "ONLINE"),
            (2, "DEGRADED_INFERENCE"),
            (5, "LOADING"),
            (20, "ONLINE"),
            (23, "DEGRADED_INFERENCE"),
            (65, "ONLINE")
        ])
    );
    let status = world.status();
    assert_eq!(status["inference_status"]["restart_count"], 1);
    assert!(status["inference_status"]["last_restart_time"].is_i64());
    assert!(status["inference_status"]["last_restart_logs"].is_array());
    assert_ne!(status["start_time"], start);
    assert_eq!(world.look()["params"]["prompt"], "a", "the gateway has sent the last parameters again");
}

#[test]
fn updates_hide_a_stall_until_they_stop() {
    let mut world = running();
    world.hand("stall", &Value::Object(Map::new()));
    for update in 0..10 {
        world.update(&json!({"seed": update}));
        assert_eq!(world.pass(3.0).state(), "ONLINE");
    }
    assert_eq!(world.look()["counters"]["coalesced"], 9, "nobody takes them");
    world.update(&json!({"seed": 99}));
    assert_eq!(world.states(13), course(&[(0, "ONLINE"), (4, "DEGRADED_INFERENCE"), (12, "LOADING")]));
}

#[test]
fn an_error_shows_only_from_the_fourth_time_on_and_stays() {
    let mut world = running();
    for restart in 1..=3 {
        world.hand("stall", &Value::Object(Map::new()));
        let look = world.pass(90.0).look();
        assert_eq!((&look["counters"]["restarts"], &look["state"]), (&json!(restart), &json!("ONLINE")));
    }
    world.hand("stall", &Value::Object(Map::new()));
    assert_eq!(world.pass(30.0).status()["state"], "ERROR");
    assert_eq!(world.pass(3600.0).status()["state"], "ERROR");
    assert_eq!(world.look()["counters"]["restarts"], 3);
}

#[test]
fn another_orchestrator_has_the_last_parameters_and_no_history() {
    let mut world = running();
    world.update(&json!({"prompt": "b"}));
    world.hand("restart", &Value::Object(Map::new()));
    let before = world.pass(100.0).status();
    world.hand("swap", &Value::Object(Map::new()));
    let after = world.status();
    assert_eq!(after["stream_id"], before["stream_id"]);
    for changed in ["orchestrator_info", "request_id", "start_time"] {
        assert_ne!(after[changed], before[changed], "{changed}");
    }
    assert_eq!(
        (&before["inference_status"]["restart_count"], &after["inference_status"]["restart_count"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(world.look()["params"]["prompt"], "b");
}

#[test]
fn a_beta_update_returns_what_it_omits_to_defaults() {
    let mut world = World::new(Machine::default(), &json!({"prompt": "a", "seed": 7, "delta": 0.2}));
    world.pass(20.0);
    assert_eq!(world.replace(&turbo(&json!({"prompt": "b"}))), 200);
    let params = world.pass(1.0).look()["params"].clone();
    assert_eq!(
        (&params["prompt"], &params["seed"], &params["delta"]),
        (&json!("b"), &json!(789), &json!(0.7))
    );
    assert_eq!(world.update(&json!({"seed": 8})), 200);
    let params = world.pass(1.0).look()["params"].clone();
    assert_eq!((&params["prompt"], &params["seed"]), (&json!("b"), &json!(8)));
}

#[test]
fn an_update_that_changes_nothing_costs_nothing() {
    let mut world = running();
    let before = world.look();
    world.update(&json!({"prompt": "a", "delta": 0.70, "guidance_scale": 1}));
    let after = world.pass(1.0).look();
    assert_eq!(after["counters"]["no_ops"], 1);
    assert_eq!(after["counters"]["flush_passes"], before["counters"]["flush_passes"]);
    assert_eq!(after["counters"]["longest_hole"], before["counters"]["longest_hole"]);
}

#[test]
fn updates_during_a_reload_coalesce_to_the_newest() {
    let mut world = running();
    world.update(&json!({"do_add_noise": false}));
    for prompt in ["b", "c", "d"] {
        world.update(&json!({"prompt": prompt}));
        world.pass(1.0);
    }
    assert_eq!(world.look()["params"]["prompt"], "a");
    let look = world.pass(15.0).look();
    assert_eq!((&look["params"]["prompt"], &look["params"]["do_add_noise"]), (&json!("d"), &json!(false)));
    assert_eq!((&look["counters"]["coalesced"], &look["counters"]["reloads"]), (&json!(2), &json!(1)));
}

#[test]
fn the_rate_in_the_status_is_what_updates_leave_of_it() {
    let mut world = running();
    let before = world.look()["counters"]["frames_out"].as_u64().unwrap();
    for update in 0..300 {
        world.update(&json!({"seed": update}));
        world.pass(0.1);
    }
    let fps = world.status()["inference_status"]["fps"].as_f64().unwrap();
    assert!((13.0..=17.0).contains(&fps), "{fps}");
    let out = world.look()["counters"]["frames_out"].as_u64().unwrap() - before;
    assert!((390..=510).contains(&out), "{out}");
}

#[test]
fn a_slow_gpu_gives_its_own_rate() {
    let machine = Machine { passes_per_second: "25".parse().unwrap(), ..Machine::default() };
    let mut world = World::new(machine, &json!({}));
    let status = world.pass(30.0).status();
    assert_eq!(
        (&status["input_status"]["fps"], &status["inference_status"]["fps"]),
        (&json!(30.0), &json!(25.0))
    );
}

#[test]
fn weights_that_sum_to_nothing_give_no_error_and_healthy_frames() {
    let mut world = running();
    world.update(&json!({"prompt": [["a", 0], ["b", 0]]}));
    let look = world.pass(30.0).look();
    assert_eq!(look["counters"]["not_finite"], 1);
    assert_eq!(look["effective"]["prompt"]["coefficients"], json!([["a", null], ["b", null]]));
    let status = world.status();
    assert_eq!(
        (&status["state"], &status["inference_status"]["last_error"]),
        (&json!("ONLINE"), &Value::Null)
    );
}

#[test]
fn in_july_updates_cost_nothing_and_another_number_of_steps_reloads() {
    let machine = Machine { profile: Profile::July2025, ..Machine::default() };
    let mut world = World::new(machine, &json!({"controlnets": []}));
    world.pass(20.0);
    world.update(&json!({"prompt": "b"}));
    let look = world.pass(5.0).look();
    assert_eq!((&look["counters"]["flush_passes"], &look["params"]["width"]), (&json!(0), &json!(704)));
    world.update(&json!({"t_index_list": [20]}));
    assert_eq!(world.pass(1.5).state(), "LOADING");
}

#[test]
fn a_session_may_have_another_resolution() {
    let mut world = World::new(Machine::default(), &json!({"width": 704, "height": 384}));
    assert_eq!(world.pass(1.0).look()["params"]["width"], 704);
    assert_eq!(world.replace(&turbo(&json!({}))), 200);
    let error = world.pass(15.0).status()["inference_status"]["last_error"].clone();
    assert!(error.as_str().unwrap().contains("(704x384 -> 512x512)"), "defaults have another size: {error}");
}

#[test]
fn a_century_of_nothing_passes_in_no_time() {
    for passes in ["45", "30", "25"] {
        let machine = Machine { passes_per_second: passes.parse().unwrap(), ..Machine::default() };
        let mut world = World::new(machine, &json!({}));
        let century = 100.0 * 365.0 * 86_400.0;
        assert_eq!(world.pass(century).state(), "ONLINE");
        let counters = world.look()["counters"].clone();
        assert!(counters["longest_hole"].as_f64().unwrap() < 0.15, "{counters}");
        // And one in which the process hangs for good.
        for _ in 0..4 {
            world.hand("stall", &json!({}));
            world.pass(90.0);
        }
        assert_eq!(world.pass(century).state(), "ERROR");
        let expected = f64::min(30.0, passes.parse().unwrap()) * century;
        assert!((counters["frames_out"].as_f64().unwrap() / expected - 1.0).abs() < 1e-6, "{counters}");
    }
}

#[test]
fn a_month_of_nothing_is_counted_right() {
    let mut world = running();
    let mut stepped = running();
    for _ in 0..60 {
        stepped.pass(60.0).status();
    }
    assert_eq!(world.pass(3600.0).status(), stepped.status(), "in one step as in many");
    assert_eq!(world.look(), stepped.look());
    for _ in 0..720 {
        world.pass(3600.0);
        let status = world.status();
        assert_eq!(status["inference_status"]["fps"], 30.0);
        let age = world.ms() - status["timestamp"].as_i64().unwrap();
        assert!((0..10_000).contains(&age), "{age}");
    }
}

#[test]
fn both_generations_live_in_one_account() {
    let mut world = running();
    let body = json!({"pipeline_id": "pip_qpUgXycjWF6YMeSL", "pipeline_params": {"prompt": "c"}});
    let created = world.call("POST", "/v1/streams", &body);
    assert_eq!(created.accepted.unwrap().generation, Generation::Beta);
    let list = world.call("GET", "/v1/streams", &Value::Null).body;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_forgetful_gateway_shows_once_what_the_runner_tells_once() {
    let machine = Machine { forgetful: true, ..Machine::default() };
    let mut world = World::new(machine, &json!({"prompt": "a"}));
    let shown = |world: &mut World| world.status()["inference_status"]["last_params"]["prompt"].clone();
    assert_eq!(shown(&mut world), "a");
    world.pass(30.0);
    assert_eq!(shown(&mut world), Value::Null);
    assert!(world.status()["inference_status"]["last_params_hash"].is_string());
    world.update(&json!({"prompt": "b"}));
    world.pass(10.0);
    assert_eq!(shown(&mut world), "b");
    world.pass(10.0);
    assert_eq!(shown(&mut world), Value::Null);
    world.hand("restart", &json!({}));
    assert!(world.pass(10.0).status()["inference_status"]["last_restart_logs"].is_array());
    assert_eq!(world.pass(10.0).status()["inference_status"]["last_restart_logs"], Value::Null);
}

#[test]
fn when_credits_are_spent_the_gateway_ends_the_session_and_says_why() {
    let mut world = running();
    world.hand("end", &json!({}));
    let status = world.status();
    assert_eq!(status["state"], "OFFLINE");
    assert_eq!(
        status["gateway_status"]["error"],
        json!({"error_message": "insufficient credits", "error_time": world.ms()})
    );
    assert_eq!(world.update(&json!({"prompt": "b"})), 404);
    assert_eq!(world.pass(60.0).status(), json!({"state": "OFFLINE", "info": "Stream not found"}));
    world.hand("video", &json!({}));
    let status = world.status();
    assert_eq!((&status["state"], status["gateway_status"].get("error")), (&json!("ONLINE"), None));
}
