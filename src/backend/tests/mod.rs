//! The backend over real HTTP: against the simulator, and against servers that say exactly what a test wants.

mod corpora;
mod keys;
mod nasty;
mod proxies;
mod random;
mod recorded;
mod simulated;
mod stub;
mod tls;
mod wires;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Client, Endpoints, Limits};
use crate::show::{
    event::Request,
    venue::{Backend, Environment, Generation},
};

/// Not like any word of the API, so that it is found wherever it appears.
const KEY: &str = "sk-Zx81QqTopSecret";
/// The present of every test: 2026-03-01T18:00:00Z.
const WALL: Timestamp = Timestamp::constant(1_772_388_000, 0);

/// Short, so that no test waits; long enough for a busy machine to answer.
fn limits() -> Limits {
    let long = Duration::from_secs(10);
    Limits { connect: long, create: long, update: long, status: long, other: long }
}

fn endpoints(base: &str) -> Endpoints {
    Endpoints::of(&Environment::Url(base.into()), Backend::Simulator, None).unwrap()
}

fn client(base: &str, generation: Generation) -> Client {
    Client::new(endpoints(base), generation, Some(KEY.into()), limits()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn turbo(prompt: &str) -> Map<String, Value> {
    object(json!({ "model_id": "stabilityai/sd-turbo", "prompt": prompt }))
}

fn create() -> Request {
    Request::Create { name: "foyer".into(), params: turbo("a pine forest") }
}

fn get(id: &str) -> Request {
    Request::Get { id: id.into() }
}

fn update(id: &str) -> Request {
    Request::Update { id: id.into(), params: turbo("a coral reef") }
}

fn status(id: &str) -> Request {
    Request::Status { id: id.into() }
}

fn delete(id: &str) -> Request {
    Request::Delete { id: Arc::from(id) }
}

/// One of each kind.
fn all() -> [Request; 5] {
    [create(), get("str_1"), update("str_1"), status("str_1"), delete("str_1")]
}
