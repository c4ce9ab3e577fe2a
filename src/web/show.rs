//! What there is, in contrast to what is on: `GET /api/show`, for pages. It changes only when the show file does.

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{Server, problem::Problem, routes::json};
use crate::show::{scene::Scene, snapshot::StreamSnapshot};

/// Tells what there is: `GET /api/show`.
pub(super) async fn show(State(server): State<Server>) -> Result<Response, Problem> {
    let snapshot = server.snapshot().await?;
    let sheet = server.desk.sheet();
    let streams: Vec<Value> = snapshot.streams.iter().map(|stream| told(&server, stream)).collect();
    let scenes: Vec<Value> = sheet.scenes.values().map(|scene| scene_told(scene)).collect();
    let cues: Vec<_> = sheet.cues.keys().map(|name| json!({ "name": name })).collect();
    let show = json!({
        "show": sheet.title,
        "timezone": sheet.zone.iana_name().unwrap_or("UTC"),
        "streams": streams,
        "scenes": scenes,
        "cues": cues,
        "has_schedule": !sheet.schedule.entries.is_empty(),
        "gated": server.desk.token.is_some(),
    });
    json(StatusCode::OK, &show, false)
}

fn told(server: &Server, stream: &StreamSnapshot) -> Value {
    let sight = (server.desk.sights.of)(stream);
    json!({ "name": stream.name, "backend": stream.backend, "has_frames": sight.frame.is_some(), "hls": sight.hls })
}

fn scene_told(scene: &Scene) -> Value {
    let prompt = scene.prompt.as_ref().map(|prompt| prompt.entries().to_vec());
    let fade = scene.way(None, None).fades.longest().length();
    json!({ "name": scene.name, "fade_seconds": fade.as_secs_f64(), "prompt": prompt })
}
