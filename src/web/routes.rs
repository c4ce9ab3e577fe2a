//! Which path leads where, and the answers that only look. What changes something is in `scenes`.

use axum::{
    Router,
    extract::{DefaultBodyLimit, RawQuery, State},
    handler::Handler,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Server, assets, events, login,
    openapi::{self, FADE, FOR, FOR_AHEAD, HOLD, PROGRESS, PROMPT, SEED, STEP, STREAM},
    page::Page,
    picture, plan, playlists,
    problem::{Kind, Problem, quoted},
    read, reload, scenes, show,
};
use crate::show::snapshot::{Phase, Snapshot, StreamSnapshot};

/// The media type of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns every route: what it is for, what it takes, and who answers. One that is not here does not exist, and one that is stands
/// in the description that programs read (`openapi`).
#[rustfmt::skip]
pub(super) fn table() -> Vec<Route> {
    use openapi::Gives::{Accepted, Css, Events, File, Html, Jpeg, Json, Metrics, Onward, Sdp, Text};
    vec![
        Route::get("/", assets::index, "The page on which the show is seen and played", Html),
        Route::get("/page/{file}", assets::file, "A file of that page", File),
        Route::get("/status", page, "What is on at this moment, as a page without any script", Html),
        Route::get("/style.css", style, "How that page looks", Css),
        Route::get("/healthz", health, "Whether the show runs", Text),
        Route::get("/readyz", readiness, "Whether every stream is live", Json),
        Route::get("/metrics", metrics, "Counts and gauges in the OpenMetrics format", Metrics),
        Route::get("/login", login::form, "A form for the token", Html),
        Route::post("/login", login::log_in, "Begins a session with the token, as the form sends it", Onward),
        Route::post("/logout", login::log_out, "Ends the session", Onward),
        Route::get("/api/openapi.json", openapi::describe, "This description", Json),
        Route::get("/api/show", show::show, "What there is: streams, scenes, cues", Json),
        Route::get("/api/state", state, "Everything that is on; `?pretty` for people", Json),
        Route::get("/api/heard", heard, "What controllers said lately, without any text, for learning them", Json),
        Route::get("/api/events", events::events, "The state, and what changes of it, as server-sent events", Events),
        Route::get("/api/plan", plan::plan, "What will be on by the schedule and the cron triggers", Json).takes(&[FOR_AHEAD]),
        Route::get("/api/streams/{stream}/picture", picture::picture, "What the simulator shows at this moment", Jpeg),
        Route::post("/api/streams/{stream}/whep", picture::whep, "Hands a WebRTC offer (SDP) to the stream's WHEP address", Sdp),
        Route::post("/api/scenes/{name}/go", scenes::scene, "Goes to a scene", Accepted).takes(&[FADE, HOLD, STREAM]),
        Route::post("/api/cues/{name}/go", scenes::cue, "Fires a cue", Accepted),
        Route::post("/api/cues/{name}/stop", scenes::stop_cue, "Stops what runs of a cue", Accepted),
        Route::post("/api/playlists/{name}/{verb}", playlists::playlist, "Does something with a playlist: play, go, back, pause, resume, \
            stop; goto and standby with a step", Accepted).takes(&[STEP]),
        Route::post("/api/go", playlists::go, "Fires the step that stands by", Accepted).takes(&[STREAM]),
        Route::post("/api/back", playlists::back, "Goes back to the step before", Accepted).takes(&[STREAM]),
        Route::post("/api/prompt", scenes::prompt, "Goes to a prompt that no scene has", Accepted)
            .takes(&[PROMPT, SEED, FADE, HOLD, STREAM]),
        Route::post("/api/bypass", scenes::bypass, "Lets the schedule do nothing for a while", Accepted).takes(&[FOR]),
        Route::post("/api/transition/{verb}", scenes::transition, "Steers the running transition: pause, resume, finish, cut, reverse; \
            progress gives it to a hand", Accepted).takes(&[PROGRESS, STREAM]),
        Route::post("/api/panic", scenes::panic, "Goes to the panic scene, the second time at once", Accepted).takes(&[STREAM]),
        Route::post("/api/release", scenes::release, "Lets go of panic, or else of faders and of all that hold", Accepted)
            .takes(&[STREAM]),
        Route::post("/api/triggers/{name}", scenes::trigger, "Fires a trigger that waits for HTTP; the body is its payload", Accepted),
        Route::post("/api/triggers/{name}/{verb}", scenes::switch, "Lets a trigger fire, or not: enable, disable", Accepted),
        Route::post("/api/reload", reload::reload, "Reads the show file again and tells what changed", Json),
    ]
}

/// One path with one method.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// What it is for, in one line.
    pub(super) summary: &'static str,
    /// What can be said in the query or in a JSON body.
    pub(super) members: &'static [openapi::Member],
    pub(super) gives: openapi::Gives,
    handler: MethodRouter<Server>,
}

impl Route {
    fn get<H, T>(path: &'static str, handler: H, summary: &'static str, gives: openapi::Gives) -> Self
    where
        H: Handler<T, Server>,
        T: 'static,
    {
        Self { method: Method::GET, path, summary, members: &[], gives, handler: get(handler) }
    }

    fn post<H, T>(path: &'static str, handler: H, summary: &'static str, gives: openapi::Gives) -> Self
    where
        H: Handler<T, Server>,
        T: 'static,
    {
        Self { method: Method::POST, path, summary, members: &[], gives, handler: post(handler) }
    }

    fn takes(self, members: &'static [openapi::Member]) -> Self {
        Self { members, ..self }
    }
}

/// Makes them one service. What a request has to show before it comes here is the business of `connections`.
pub(super) fn router(server: Server) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.handler))
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

async fn heard(State(server): State<Server>) -> Result<Response, Problem> {
    json(StatusCode::OK, &json!({ "heard": (server.desk.heard)() }), false)
}

async fn nothing(uri: Uri) -> Problem {
    Problem::new(
        Kind::UnknownRoute,
        format!("nothing is at {}; `/api/openapi.json` lists what there is", quoted(uri.path())),
    )
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
