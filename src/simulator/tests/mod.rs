//! The simulator as its callers see it: pure, and over real HTTP with a clock that only the test moves.

mod api;
mod courses;
mod faults;
mod schema;
mod screen;
mod updates;
mod walk;
mod world;

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Options, serve};
use crate::show::time::{Mono, Now};

/// The calendar time at which every test starts: 2026-03-01T18:00:00Z.
const EPOCH_MS: i64 = 1_772_388_000_000;
const KEY: &str = "k3y";

/// A simulator on a port of its own.
struct Sim {
    address: SocketAddr,
    client: reqwest::Client,
    time: Arc<Mutex<Duration>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Sim {
    /// Starts a simulator with a clock that stands until the test moves it.
    async fn start(options: Options) -> Self {
        let time = Arc::new(Mutex::new(Duration::from_secs(100)));
        let start = Timestamp::from_millisecond(EPOCH_MS - 100_000).unwrap();
        let clock = {
            let time = Arc::clone(&time);
            move || {
                let mono = Mono(*time.lock().unwrap());
                Now { mono, wall: start + mono.0 }
            }
        };
        Self { time, ..Self::start_with(options, clock).await }
    }

    async fn start_with(options: Options, clock: impl Fn() -> Now + Clone + Send + Sync + 'static) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            // Another test of this process may have been first.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let shutdown = async { stopped.await.unwrap() };
        let server = tokio::spawn(serve(listener, options, clock, shutdown));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, client, time: Arc::default(), stop: Some(stop), server }
    }

    fn pass(&self, time: Duration) {
        *self.time.lock().unwrap() += time;
    }

    fn request(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.parse().unwrap(), url).bearer_auth(KEY);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        answer(self.request(method, path, body)).await
    }

    async fn create(&self, params: Value) -> String {
        let (status, object) = self
            .call("POST", "/v1/streams", Some(json!({"pipeline": "streamdiffusion", "params": params})))
            .await;
        assert_eq!(status, 201, "{object}");
        object["id"].as_str().unwrap().to_owned()
    }

    async fn status(&self, id: &str) -> Value {
        let (status, wrapper) = self.call("GET", &format!("/v1/streams/{id}/status"), None).await;
        assert_eq!((status, &wrapper["success"], &wrapper["error"]), (200, &json!(true), &Value::Null));
        wrapper["data"].clone()
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status().as_u16(), response.json().await.unwrap())
}

fn options() -> Options {
    Options { api_key: Some(KEY.to_owned()), seed: 1, ..Options::default() }
}

fn turbo(more: &Value) -> Value {
    let mut params = json!({"model_id": "stabilityai/sd-turbo"});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

/// Returns a path for a file of one test, and nothing at it.
fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("segue-simulator-{}-{name}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

#[expect(clippy::disallowed_methods, reason = "the one test that is about real time")]
fn real_time() -> std::time::Instant {
    std::time::Instant::now()
}
