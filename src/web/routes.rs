//! Which path leads where, and the answers that only look. What changes something is in `scenes`.

use axum::{
    Router,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Server, login,
    page::Page,
    playlists,
    problem::{Kind, Problem, quoted},
    read, reload, scenes,
};
use crate::show::snapshot::{Phase, Snapshot, StreamSnapshot};

/// The media type of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns every route by its path.
pub(super) fn table() -> [(&'static str, MethodRouter<Server>); 22] {
    [
        ("/", get(page)),
        ("/style.css", get(style)),
        ("/healthz", get(health)),
        ("/readyz", get(readiness)),
        ("/metrics", get(metrics)),
        ("/login", get(login::form).post(login::log_in)),
        ("/logout", post(login::log_out)),
        ("/api/state", get(state)),
        ("/api/scenes/{name}/go", post(scenes::scene)),
        ("/api/cues/{name}/go", post(scenes::cue)),
        ("/api/cues/{name}/stop", post(scenes::stop_cue)),
        ("/api/playlists/{name}/{verb}", post(playlists::playlist)),
        ("/api/go", post(playlists::go)),
        ("/api/back", post(playlists::back)),
        ("/api/prompt", post(scenes::prompt)),
        ("/api/bypass", post(scenes::bypass)),
        ("/api/transition/{verb}", post(scenes::transition)),
        ("/api/panic", post(scenes::panic)),
        ("/api/release", post(scenes::release)),
        ("/api/triggers/{name}", post(scenes::trigger)),
        ("/api/triggers/{name}/{verb}", post(scenes::switch)),
        ("/api/reload", post(reload::reload)),
    ]
}

/// Makes them one service. What a request has to show before it comes here is the business of `connections`.
pub(super) fn router(server: Server) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, (path, route)| router.route(path, route))
        .fallback(nothing)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(read::BODY_BYTES_MAX))
        .with_state(server)
}

async fn page(State(server): State<Server>) -> Result<Response, Problem> {
    let snapshot = server.snapshot().await?;
    let page = Page { sheet: &server.desk.sheet(), snapshot: &snapshot, gated: server.desk.token.is_some() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, login::POLICY),
    ];
    Ok((headers, page.to_string()).into_response())
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

async fn health(State(server): State<Server>) -> Result<&'static str, Problem> {
    server.snapshot().await.map(|_| "ok\n")
}

async fn readiness(State(server): State<Server>) -> Result<Response, Problem> {
    let Snapshot { streams, .. } = server.snapshot().await?;
    let told: Vec<Value> = streams.iter().map(told).collect();
    let waiting: Vec<&str> =
        streams.iter().filter(|stream| stream.phase != Phase::Live).map(|stream| &*stream.name).collect();
    if waiting.is_empty() {
        return json(StatusCode::OK, &json!({ "ready": true, "streams": told }), false);
    }
    let detail = format!("not live: {}", waiting.join(", "));
    Err(Problem::new(Kind::NotReady, detail).with("ready", false).with("streams", told))
}

/// Returns whether a stream is live, and if it is not, why.
fn told(stream: &StreamSnapshot) -> Value {
    let state = match stream.phase {
        Phase::Live => {
            let trouble = stream.trouble.as_ref().map(|trouble| &trouble.message);
            return json!({ "name": stream.name, "phase": stream.phase, "live": true, "trouble": trouble });
        }
        Phase::Creating => "it is being created",
        Phase::Finding => "whether it still exists is being found out",
        Phase::Stopped => "the show is over for it",
    };
    let why = match &stream.trouble {
        Some(trouble) => format!("{state}; {} failed: {}", trouble.what, trouble.message),
        None => state.to_owned(),
    };
    json!({ "name": stream.name, "phase": stream.phase, "live": false, "why": why })
}

async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], (server.desk.metrics)())
}

async fn state(State(server): State<Server>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let pretty = query.is_some_and(|query| query.split('&').any(|word| word == "pretty"));
    json(StatusCode::OK, &server.snapshot().await?, pretty)
}

async fn nothing(uri: Uri) -> Problem {
    Problem::new(Kind::UnknownRoute, format!("nothing is at {}; `/` lists what there is", quoted(uri.path())))
}

async fn not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {}", quoted(uri.path()), quoted(method.as_str()));
    Problem::new(Kind::MethodNotAllowed, detail)
}

/// Makes an answer of anything; one line, or as many as a person likes to read.
pub(super) fn json(status: StatusCode, value: &impl Serialize, pretty: bool) -> Result<Response, Problem> {
    let written = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    let body = written.map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body + "\n").into_response())
}
