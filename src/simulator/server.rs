//! The HTTP server around the pure API: the clock, the latency, the record of requests. Decides nothing.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use super::{
    Options,
    account::Account,
    answer::{Answer, Generation, Refusal},
    api::{Api, BODY_MAX, Call},
    control,
    ids::Chance,
    requests::RequestLog,
};
use crate::show::time::Now;

/// How long open connections may take to end after the shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Serves the API on `listener` until `shutdown`.
///
/// An error is one of opening a file, or of the listener.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    clock: impl Fn() -> Now + Clone + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let shell = Arc::new(Shell::new(options, Box::new(clock))?);
    let router =
        Router::new().fallback(answer).with_state(shell).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        // Nobody is left to tell only if the server has ended already.
        let _ = stop.send(true);
    });
    tokio::select! {
        served = server => served,
        () = async {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        } => Ok(()),
    }
}

/// The server's state.
struct Shell {
    clock: Box<dyn Fn() -> Now + Send + Sync>,
    start: Now,
    latency: Duration,
    jitter: Duration,
    inner: Mutex<Inner>,
}

/// What requests change, one at a time.
struct Inner {
    api: Api,
    log: Option<RequestLog>,
    chance: Chance,
}

impl Shell {
    fn new(options: Options, clock: Box<dyn Fn() -> Now + Send + Sync>) -> io::Result<Self> {
        let Options { api_key, latency, jitter, seed, requests, machine } = options;
        let start = clock();
        let account = Account::new(machine, seed, start.wall.as_millisecond());
        let log = requests.as_deref().map(RequestLog::create).transpose()?;
        let inner = Inner { api: Api::new(account, api_key), log, chance: Chance::new(!seed) };
        Ok(Self { clock, start, latency, jitter, inner: Mutex::new(inner) })
    }

    /// Returns how long this request is on its way.
    fn way(&self) -> Duration {
        let turn = self.with(|inner| inner.chance.unit());
        (self.latency + self.jitter.mul_f64(2.0 * turn)).saturating_sub(self.jitter)
    }

    /// Answers a caller on the same machine under `/_sim`.
    fn control(&self, peer: SocketAddr, method: &str, path: &str, body: &[u8]) -> Answer {
        if !peer.ip().to_canonical().is_loopback() {
            let refusal = Refusal::new(403, "SIM/NOT_LOCAL", "Only from the same machine");
            return refusal.answer(Generation::V1);
        }
        self.with(|inner| control::answer(inner.api.account(), self.moment(), method, path, body))
    }

    /// Applies a request now, and records it if it was accepted.
    fn apply(&self, call: Call<'_>) -> Answer {
        self.with(|inner| {
            // Inside the lock, so that the moments of a stream's requests are in the order of their applying.
            let at = self.moment();
            let answer = inner.api.answer(at, call);
            if let (Some(log), Some(accepted)) = (&mut inner.log, &answer.accepted)
                && let Err(error) = log.write(at, accepted)
            {
                tracing::warn!(%error, "The simulator cannot record a request.");
            }
            answer
        })
    }

    fn moment(&self) -> Duration {
        (self.clock)().mono.since(self.start.mono)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn answer(
    State(shell): State<Arc<Shell>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_MAX).await.ok();
    let path = parts.uri.path();
    if control::is_control(path) {
        let body = body.as_deref().unwrap_or_default();
        return respond(&shell.control(peer, parts.method.as_str(), path, body));
    }
    tokio::time::sleep(shell.way()).await;
    let answer = shell.apply(Call {
        method: parts.method.as_str(),
        path,
        query: parts.uri.query().unwrap_or_default(),
        authorization: parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()),
        body: body.as_deref(),
    });
    respond(&answer)
}

fn respond(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, json, Body::from(answer.body.to_string())).into_response();
    if let Some(wait) = answer.retry_after {
        let seconds = wait.as_secs_f64().ceil() as u64;
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
