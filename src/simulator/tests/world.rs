//! A stream in a pure world: the API without a network, on a clock that jumps.

use std::time::Duration;

use serde_json::{Value, json};

use super::{EPOCH_MS, turbo};
use crate::simulator::{
    account::Account,
    answer::Answer,
    api::{Api, Call},
    machine::Machine,
};

/// The API on a clock of its own.
pub(super) struct World {
    pub(super) api: Api,
    pub(super) at: Duration,
    pub(super) id: String,
}

impl World {
    /// Creates a stream with the defaults and `params`.
    pub(super) fn new(machine: Machine, params: &Value) -> Self {
        let api = Api::new(Account::new(machine, 1, EPOCH_MS), None, None);
        let mut world = Self { api, at: Duration::ZERO, id: String::new() };
        let body = json!({"pipeline": "streamdiffusion", "params": turbo(params)});
        let created = world.call("POST", "/v1/streams", &body);
        assert_eq!(created.status, 201, "{}", created.body);
        world.id = created.body["id"].as_str().unwrap().to_owned();
        world
    }

    pub(super) fn call(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let call =
            Call { method, path, query: "", authorization: Some("Bearer k"), body: Some(body.as_bytes()) };
        self.api.answer(self.at, call)
    }

    pub(super) fn pass(&mut self, seconds: f64) -> &mut Self {
        self.at += Duration::from_secs_f64(seconds);
        self
    }

    /// Updates by v1 and returns the HTTP status.
    pub(super) fn update(&mut self, params: &Value) -> u16 {
        let path = format!("/v1/streams/{}", self.id);
        self.call("PATCH", &path, &json!({"params": turbo(params)})).status
    }

    /// Updates by beta, with everything.
    pub(super) fn replace(&mut self, params: &Value) -> u16 {
        let path = format!("/beta/streams/{}/prompts", self.id);
        let body =
            json!({"pipeline": "live-video-to-video", "model_id": "streamdiffusion", "params": params});
        self.call("POST", &path, &body).status
    }

    pub(super) fn status(&mut self) -> Value {
        let path = format!("/v1/streams/{}/status", self.id);
        self.call("GET", &path, &Value::Null).body["data"].clone()
    }

    /// Returns the state as the runner has it now, not as it was reported last.
    pub(super) fn state(&mut self) -> String {
        self.look()["state"].as_str().unwrap().to_owned()
    }

    pub(super) fn look(&mut self) -> Value {
        let path = format!("/_sim/streams/{}", self.id);
        self.control("GET", &path, "").body
    }

    pub(super) fn hand(&mut self, act: &str, body: &Value) {
        let path = format!("/_sim/streams/{}/{act}", self.id);
        let answer = self.control("POST", &path, &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(super) fn control(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let call = Call { method, path, query: "", authorization: None, body: Some(body.as_bytes()) };
        self.api.control(self.at, call)
    }

    /// Returns the states of the runner second by second, repeats left out, with the second of each.
    pub(super) fn states(&mut self, seconds: u32) -> Vec<(u32, String)> {
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

    pub(super) fn ms(&self) -> i64 {
        EPOCH_MS + i64::try_from(self.at.as_millis()).unwrap()
    }
}

pub(super) fn course(states: &[(u32, &str)]) -> Vec<(u32, String)> {
    states.iter().map(|(second, state)| (*second, (*state).to_owned())).collect()
}

pub(super) fn running() -> World {
    let mut world = World::new(Machine::default(), &json!({"prompt": "a"}));
    world.pass(120.0);
    assert_eq!(world.state(), "ONLINE");
    world
}
