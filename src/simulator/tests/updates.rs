//! What becomes of parameters: on the runner, in the picture's rate, and in what the status tells.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    turbo,
    world::{World, course, running},
};
use crate::simulator::{
    answer::Generation,
    machine::{Machine, Profile},
};

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
fn frames_wait_while_prompts_are_encoded() {
    let machine = Machine { encode: Duration::from_millis(200), ..Machine::default() };
    let mut world = World::new(machine, &json!({"prompt": "a"}));
    world.pass(20.0);
    world.update(&json!({"prompt": [["b", 1], ["c", 0]]}));
    // Two encodes, four passes, and up to one frame.
    let hole = world.pass(1.0).look()["counters"]["longest_hole"].as_f64().unwrap();
    assert!((0.488..0.523).contains(&hole), "{hole}");
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
        "Error updating params: t_index_list.1: the steps never fall, and 12 comes after 20"
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
    // An update shortly before would hide it, but for the rule of the dead process.
    world.pass(29.0).update(&json!({"seed": 7}));
    assert_eq!(world.pass(2.5).look()["counters"]["restarts"], 1);
    let look = world.pass(30.0).look();
    assert_eq!((&look["counters"]["restarts"], &look["params"]["prompt"]), (&json!(1), &json!("flowers")));
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
fn both_generations_live_in_one_account() {
    let mut world = running();
    let body = json!({"pipeline_id": "pip_qpUgXycjWF6YMeSL", "pipeline_params": {"prompt": "c"}});
    let created = world.call("POST", "/v1/streams", &body);
    assert_eq!(created.accepted.unwrap().generation, Generation::Beta);
    let list = world.call("GET", "/v1/streams", &Value::Null).body;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
}
