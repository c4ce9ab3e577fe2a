//! The routes of playlists: what hands do with one, and with whichever plays.

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};

use super::{
    Server,
    problem::{Kind, Problem, quoted},
    read::{Members, bad},
    scenes::order,
};
use crate::show::{
    event::Command,
    nearest::nearest,
    playlist::{PlayVerb, StepRef},
};

/// Does something with a playlist: `POST /api/playlists/{name}/{verb}`, with the `step` that `goto` and `standby` want.
pub(super) async fn playlist(
    State(server): State<Server>,
    names: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((name, verb)) =
        names.map_err(|error| bad(format!("the name cannot be read: {}", error.body_text())))?;
    let mut members = Members::of(&server, request, &["step"]).await?;
    let step = match members.any("step") {
        None => None,
        Some(step) => Some(step_of(&step).ok_or_else(|| bad("`step` is a number from 1, or a name"))?),
    };
    let verb = PlayVerb::find(&verb, step).ok_or_else(|| {
        Problem::new(Kind::UnknownRoute, format!("a playlist cannot {}", quoted(&verb)))
            .meant(nearest(&verb, PlayVerb::NAMES))
    })?;
    order(&server, Command::Playlist { playlist: Some(name), verb: verb.map_err(bad)?, stream: None })
}

/// Fires the step that stands by: `POST /api/go`, with a `stream` if wanted.
pub(super) async fn go(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    any(&server, request, PlayVerb::Go).await
}

/// Fires the step before: `POST /api/back`, with a `stream` if wanted.
pub(super) async fn back(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    any(&server, request, PlayVerb::Back).await
}

async fn any(server: &Server, request: Request, verb: PlayVerb) -> Result<Response, Problem> {
    let mut members = Members::of(server, request, &["stream"]).await?;
    order(server, Command::Playlist { playlist: None, verb, stream: members.text("stream")? })
}

/// A number in the query is a text.
fn step_of(step: &serde_json::Value) -> Option<StepRef> {
    match (step.as_f64(), step.as_str()) {
        (Some(number), _) => StepRef::from_number(number),
        (None, text) => text.map(StepRef::from),
    }
}
