//! The HTTP server around the pure API: the clock, the latency, the faults, the record of requests. Decides nothing.

use std::{
    fs,
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::watch};

use super::{
    Options,
    account::Account,
    answer::{Answer, Generation, Refusal},
    api::{Api, BODY_MAX, Call, Route},
    control,
    faults::{self, Fault},
    ids::Chance,
    picture::Scene,
    requests::RequestLog,
    screen::{self, Seats, Shot},
    wire::{Fate, Line, Wires},
};
use crate::show::time::Now;

/// How long open connections may take to end after the shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Serves the API on `listener` until `shutdown`.
///
/// An error is one of the files named in the options, or of the listener.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    clock: impl Fn() -> Now + Clone + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let shell = Arc::new(Shell::new(options, Box::new(clock), stopped.clone())?);
    let router = Router::new().fallback(answer).with_state(shell);
    let router = router.into_make_service_with_connect_info::<Line>();
    let server = axum::serve(Wires(listener), router).with_graceful_shutdown(async move {
        shutdown.await;
        // Nobody is left to tell only if the server has ended already.
        let _ = stop.send(true);
    });
    tokio::select! {
        served = server => served,
        () = grace_over(stopped) => Ok(()),
    }
}

async fn grace_over(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
    tokio::time::sleep(SHUTDOWN_GRACE).await;
}

/// The server's state.
struct Shell {
    clock: Box<dyn Fn() -> Now + Send + Sync>,
    start: Now,
    latency: Duration,
    jitter: Duration,
    stopped: watch::Receiver<bool>,
    seats: Seats,
    inner: Mutex<Inner>,
}

/// What requests change, one at a time.
struct Inner {
    api: Api,
    log: Option<RequestLog>,
    chance: Chance,
}

impl Shell {
    fn new(
        options: Options,
        clock: Box<dyn Fn() -> Now + Send + Sync>,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let Options { api_key, latency, jitter, seed, requests, rate_limit, faults, machine } = options;
        let start = clock();
        let account = Account::new(machine, seed, start.wall.as_millisecond());
        let log = requests.as_deref().map(RequestLog::create).transpose()?;
        let mut api = Api::new(account, api_key, rate_limit);
        if let Some(path) = faults {
            let rules = serde_json::from_slice(&fs::read(path)?)?;
            api.set_faults(rules).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        // The complement, so that jitter and ids are not the same sequence.
        let inner = Inner { api, log, chance: Chance::new(!seed) };
        Ok(Self { clock, start, latency, jitter, stopped, seats: Seats::default(), inner: Mutex::new(inner) })
    }

    /// Returns how long this request is on its way.
    fn way(&self) -> Duration {
        way(self.latency, self.jitter, self.with(|inner| inner.chance.unit()))
    }

    /// Answers a caller on the same machine under `/_sim`.
    fn control(&self, line: &Line, call: Call<'_>) -> Answer {
        if !control::admits(line.peer.ip()) {
            return not_local();
        }
        self.with(|inner| inner.api.control(self.moment(), call))
    }

    /// Returns what there is to see of a stream now.
    fn scene(&self, id: &str) -> Result<Scene, Answer> {
        self.with(|inner| inner.api.scene(self.moment(), id))
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

    /// Waits until the server is told to stop.
    async fn stopped(&self) {
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
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
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_MAX).await.ok();
    let call = call(&parts, body.as_ref());
    if let Some((id, shot)) = screen::find(call.method, call.path) {
        return watch(&shell, &line, id, shot).await;
    }
    if control::is_control(call.path) {
        return respond(&shell.control(&line, call));
    }
    let way = shell.way();
    // Even a sleep of no time is rounded up to the timer's next millisecond.
    if !way.is_zero() {
        tokio::time::sleep(way).await;
    }
    let route = Route::find(call.method, call.path, call.query);
    match shell.with(|inner| inner.api.strike(route)) {
        None => respond(&shell.apply(call)),
        Some(fault) => go_wrong(&shell, &line, call, route.generation(), fault).await,
    }
}

/// Shows a stream to a viewer on the same machine.
async fn watch(shell: &Arc<Shell>, line: &Line, id: &str, shot: Shot) -> Response {
    if !control::admits(line.peer.ip()) {
        return respond(&not_local());
    }
    let first = match shell.scene(id) {
        Ok(scene) => scene,
        Err(answer) => return respond(&answer),
    };
    let (of_look, of_end, id) = (Arc::clone(shell), Arc::clone(shell), id.to_owned());
    let look = move || of_look.scene(&id).ok();
    shell.seats.show(shot, first, look, async move { of_end.stopped().await }).await
}

fn not_local() -> Answer {
    Refusal::new(403, "SIM/NOT_LOCAL", "Only from the same machine").answer(Generation::V1)
}

/// Returns a time on the way between `latency - jitter` and `latency + jitter`, not below zero.
fn way(latency: Duration, jitter: Duration, turn: f64) -> Duration {
    (latency + jitter.mul_f64(2.0 * turn)).saturating_sub(jitter)
}

fn call<'a>(parts: &'a Parts, body: Option<&'a Bytes>) -> Call<'a> {
    Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        authorization: parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()),
        body: body.map(Bytes::as_ref),
    }
}

/// Answers with a fault.
async fn go_wrong(
    shell: &Shell,
    line: &Line,
    call: Call<'_>,
    generation: Generation,
    fault: Fault,
) -> Response {
    match fault {
        Fault::Status { status, retry_after } => {
            let mut answer = Answer::new(status, faults::body(status, generation));
            answer.retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
            respond(&answer)
        }
        Fault::Delay { seconds } => {
            tokio::time::sleep(faults::duration(seconds)).await;
            respond(&shell.apply(call))
        }
        Fault::Hang => {
            shell.stopped().await;
            line.set(Fate::Reset);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Fault::Reset { applied } => {
            if applied {
                shell.apply(call);
            }
            line.set(Fate::Reset);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Fault::ResetInBody => {
            let answer = shell.apply(call);
            line.set(Fate::Cut(answer.body.to_string().len() / 2));
            respond(&answer)
        }
        Fault::TruncatedJson => {
            let answer = shell.apply(call);
            let mut text = answer.body.to_string().into_bytes();
            text.truncate(text.len() / 2);
            reply(&answer, "application/json", text)
        }
        Fault::InvalidJson => reply(&shell.apply(call), "application/json", b"{\"success\": tru, }".to_vec()),
        Fault::HtmlPage { status } => reply(
            &Answer::new(status, serde_json::Value::Null),
            "text/html",
            faults::page(status).into_bytes(),
        ),
        Fault::SlowBody { seconds } => {
            let answer = shell.apply(call);
            line.set(Fate::Slow(faults::duration(seconds), answer.body.to_string().len()));
            respond(&answer)
        }
    }
}

fn respond(answer: &Answer) -> Response {
    reply(answer, "application/json", answer.body.to_string().into_bytes())
}

/// Answers with a body of its own.
fn reply(answer: &Answer, content_type: &'static str, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(wait) = answer.retry_after {
        let seconds = wait.as_secs_f64().ceil() as u64;
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_the_latency_give_or_take_the_jitter() {
        let ms = Duration::from_millis;
        for (turn, expected) in [(0.0, 120), (0.5, 150), (0.75, 165), (1.0, 180)] {
            assert_eq!(way(ms(150), ms(30), turn), ms(expected), "{turn}");
        }
        assert_eq!(way(ms(10), ms(30), 0.0), ms(0));
        assert_eq!(way(ms(0), ms(0), 0.9), ms(0));
    }
}
