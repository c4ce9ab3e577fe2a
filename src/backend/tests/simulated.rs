//! Against the simulator: what a stream of either generation lives through.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::*;
use crate::{
    show::{
        event::{FailureKind, Reply, StreamObject},
        health::StatusReport,
        time::{Mono, Now},
    },
    simulator::{Options, serve},
};

/// The built-in stand-in on a port of its own, with a clock that only the test moves.
struct Simulator {
    base: String,
    passed: Arc<Mutex<Duration>>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Simulator {
    async fn start(api_key: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let options = Options { api_key: api_key.map(str::to_owned), seed: 1, ..Options::default() };
        let passed = Arc::new(Mutex::new(Duration::from_hours(1)));
        let clock = {
            let passed = Arc::clone(&passed);
            move || Now { mono: Mono(*passed.lock().unwrap()), wall: WALL }
        };
        let shutdown = async { stopped.await.unwrap_or_default() };
        let server = tokio::spawn(serve(listener, options, clock, shutdown));
        Self { base, passed, stop, server }
    }

    fn pass(&self, time: Duration) {
        *self.passed.lock().unwrap() += time;
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }
}

async fn created(client: &Client) -> StreamObject {
    match client.perform(&create(), WALL).await {
        Ok(Reply::Stream(object)) => object,
        other => panic!("{other:?}"),
    }
}

async fn watched(client: &Client, id: &str) -> StatusReport {
    match client.perform(&status(id), WALL).await {
        Ok(Reply::Status(report)) => *report,
        other => panic!("{other:?}"),
    }
}

async fn lives_and_dies(generation: Generation, end: &str) {
    let simulator = Simulator::start(Some(KEY)).await;
    let client = client(&format!("{}{end}", simulator.base), generation);
    let stream = created(&client).await;
    assert!(
        stream.id.starts_with("str_") && stream.stream_key.as_deref().unwrap().starts_with("stk_"),
        "{end}"
    );
    assert!(stream.output_playback_id.is_some());
    assert_eq!(client.perform(&get(&stream.id), WALL).await, Ok(Reply::Stream(stream.clone())));

    for (name, found) in [("foyer", true), ("nowhere", false)] {
        let reply = client.perform(&Request::Find { name: name.into() }, WALL).await.unwrap();
        assert!(matches!(reply, Reply::Found(object) if object.is_some() == found), "{name}");
    }
    let listed = client.list(WALL).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].object, listed[0].name.as_deref()), (&stream, Some("foyer")));
    assert!(listed[0].created_at.is_some());

    simulator.pass(Duration::from_secs(30));
    let before = watched(&client, &stream.id).await;
    assert_eq!(
        client.perform(&update(&stream.id), WALL).await,
        Ok(Reply::Updated { was_censored: false, warnings: Vec::new() })
    );
    simulator.pass(Duration::from_secs(30));
    let after = watched(&client, &stream.id).await;
    assert!(after.state.is_some() && after.timestamp.is_some() && after.fps_in.is_some(), "{after:?}");
    assert_eq!(after.last_params.unwrap()["prompt"], "a coral reef");
    assert_ne!(before.last_params_hash, after.last_params_hash);

    assert_eq!(client.perform(&delete(&stream.id), WALL).await, Ok(Reply::Deleted));
    for gone in [get(&stream.id), update(&stream.id), status(&stream.id), delete(&stream.id)] {
        let failure = client.perform(&gone, WALL).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound, "{gone:?}: {failure:?}");
        assert!(failure.message.starts_with("404 Not Found: "), "{failure:?}");
    }
    assert_eq!(client.list(WALL).await, Ok(Vec::new()));
    simulator.stop().await;
}

#[tokio::test]
async fn a_stream_of_v1_lives_and_dies() {
    lives_and_dies(Generation::V1, "").await;
}

#[tokio::test]
async fn a_stream_of_beta_lives_and_dies() {
    lives_and_dies(Generation::Beta, "").await;
}

#[tokio::test]
async fn a_base_url_may_end_in_the_version() {
    for end in ["/", "/v1", "/v1/"] {
        lives_and_dies(Generation::V1, end).await;
        lives_and_dies(Generation::Beta, end).await;
    }
}

#[tokio::test]
async fn a_wrong_key_opens_nothing_and_without_one_the_simulator_listens() {
    let simulator = Simulator::start(Some("another")).await;
    let client = client(&simulator.base, Generation::V1);
    for request in all() {
        let failure = client.perform(&request, WALL).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Key, "{failure:?}");
        assert_eq!(failure.message, "401 Unauthorized: [AUTH/UNAUTHORIZED] Missing or invalid API key");
    }
    simulator.stop().await;

    let simulator = Simulator::start(None).await;
    let client = Client::new(endpoints(&simulator.base), Generation::V1, None, limits()).unwrap();
    created(&client).await;
    simulator.stop().await;
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_the_rule() {
    let simulator = Simulator::start(Some(KEY)).await;
    let client = client(&simulator.base, Generation::V1);
    let id = created(&client).await.id.into();
    let params = object(json!({ "prompt": "no model" }));
    let failure = client.perform(&Request::Update { id, params }, WALL).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused, "{failure:?}");
    assert_eq!(
        failure.message,
        "400 Bad Request: [VALIDATION/INVALID_REQUEST] Invalid request: params.model_id: required"
    );
    simulator.stop().await;
}
