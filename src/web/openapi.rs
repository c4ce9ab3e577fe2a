//! The description of the API that programs read (OpenAPI 3.1), made from the table of routes and from nothing else.

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::{
    problem::{self, Problem},
    routes::{self, Route, json},
};

/// Something that can be said with a request, in its query or as a member of a JSON body: name, form, and what it means.
pub(super) type Member = (&'static str, Form, &'static str);

pub(super) const FADE: Member =
    ("fade", Form::Time, "How long the way takes; the scene's own fade if left out");
pub(super) const STREAM: Member = ("stream", Form::Text, "Which stream; all of them if left out");
pub(super) const PROMPT: Member =
    ("prompt", Form::Texts, "What to paint: a text, or a list of `[text, weight]`");
pub(super) const SEED: Member =
    ("seed", Form::Numbers, "A whole number, or a list of `[seed, weight]`; the stream's own if left out");
pub(super) const FOR: Member = ("for", Form::Time, "For how long, or `off` to follow the schedule again");
pub(super) const FOR_AHEAD: Member = ("for", Form::Time, "How far ahead, at most `7d`; a day if left out");
pub(super) const HOLD: Member =
    ("hold", Form::Time, "How long until it goes back to what is due; for good if left out");
pub(super) const STEP: Member =
    ("step", Form::Text, "Which step, for `goto` and `standby`: its name, or its number from 1");
pub(super) const PROGRESS: Member =
    ("progress", Form::Part, "Where the hand is, from 0 to 1; with the verb `progress` only");

/// What a member looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    Texts,
    Numbers,
    Part,
    Time,
}

impl Form {
    fn schema(self) -> Value {
        let weighted = |kind: &str| {
            let entry = json!({ "type": "array", "prefixItems": [{ "type": kind }, { "type": "number", "minimum": 0 }] });
            json!({ "oneOf": [{ "type": kind }, { "type": "array", "items": entry }] })
        };
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Texts => weighted("string"),
            Self::Numbers => weighted("integer"),
            Self::Part => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Self::Time => json!({ "oneOf": [
                { "type": "number", "minimum": 0, "description": "seconds" },
                { "type": "string", "examples": ["8s", "1m30s", "2h"] },
            ] }),
        }
    }
}

/// What comes back when all is well.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gives {
    /// That it is passed on to the show, which will do it.
    Accepted,
    Css,
    Events,
    File,
    Html,
    Jpeg,
    Json,
    Metrics,
    /// Nothing but the way to another page.
    Onward,
    Sdp,
    Text,
}

impl Gives {
    /// Returns the status, the media type and what it means.
    fn words(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::Accepted => ("202", Some("application/json"), "The show will do it"),
            Self::Css => ("200", Some("text/css"), "A style sheet"),
            Self::Events => ("200", Some("text/event-stream"), "`state`, then `patch` (RFC 7396) and `beat`"),
            Self::File => ("200", Some("text/javascript"), "A module or a style sheet"),
            Self::Html => ("200", Some("text/html"), "A page"),
            Self::Jpeg => ("200", Some("image/jpeg"), "A frame"),
            Self::Json => ("200", Some("application/json"), "What was asked for"),
            Self::Metrics => ("200", Some("application/openmetrics-text"), "Metrics"),
            Self::Onward => ("303", None, "Where to go on"),
            Self::Sdp => ("201", Some("application/sdp"), "The answer to the offer"),
            Self::Text => ("200", Some("text/plain"), "It does"),
        }
    }
}

/// Describes the API: `GET /api/openapi.json`.
pub(super) async fn describe() -> Result<Response, Problem> {
    json(StatusCode::OK, &document(), false)
}

/// Returns the description.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in routes::table() {
        let operations = paths.entry(route.path).or_insert_with(|| json!({}));
        operations[route.method.as_str().to_lowercase()] = operation(&route);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Segue", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "security": [{}, { "token": [] }],
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "problem": {
                "description": "Why not (RFC 9457)",
                "content": { problem::MEDIA_TYPE: { "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": { "type": "string", "examples": ["urn:segue:problem:unknown-scene"] },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                    },
                } } },
            } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = route.members.iter().map(|(name, form, what)| {
        json!({ "name": name, "in": "query", "description": what, "schema": form.schema() })
    });
    let (status, kind, what) = route.gives.words();
    let mut answer = json!({ "description": what });
    if let Some(kind) = kind {
        answer["content"] = json!({ kind: {} });
    }
    let mut operation = json!({
        "summary": route.summary,
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": { status: answer, "default": { "$ref": "#/components/responses/problem" } },
    });
    if route.method == axum::http::Method::POST && !route.members.is_empty() {
        let member = |(name, form, what): &Member| {
            let mut schema = form.schema();
            schema["description"] = (*what).into();
            ((*name).to_owned(), schema)
        };
        let properties: Map<_, _> = route.members.iter().map(member).collect();
        operation["requestBody"] = json!({ "content": { "application/json": {
            "schema": { "type": "object", "properties": properties, "additionalProperties": false } } } });
    }
    operation
}
