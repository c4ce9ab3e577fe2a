//! Whole courses of a stream: video that comes and goes, runners that fail, and what the status then tells.

use serde_json::{Map, Value, json};

use super::{
    turbo,
    world::{World, course, running},
};
use crate::simulator::machine::{Machine, Video};

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
fn a_frozen_runner_shows_nothing_more_however_often_it_is_started() {
    let mut world = running();
    world.hand("freeze", &Value::Object(Map::new()));
    let frames = world.pass(20.0).look()["counters"]["frames_out"].clone();
    let later = world.pass(600.0).look();
    assert_eq!(later["counters"]["frames_out"], frames);
    assert_eq!((&later["counters"]["restarts"], &later["state"]), (&json!(3), &json!("ERROR")));
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
    let look = world.pass(20.0).look();
    assert_eq!(look["params"]["seed"], 99, "the new process starts with the last parameters");
    assert_eq!(look["counters"]["no_ops"], 0, "and has nothing more to take");
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
