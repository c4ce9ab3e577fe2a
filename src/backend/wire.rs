//! The words of the two generations: bodies of requests, and what success says in its body.
//!
//! Strict in what is sent, lenient in what comes: of a stream only its id must be there.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    discretion::Discretion,
    endpoints::is_id,
    verdict::{MESSAGE_CHARS_MAX, tell},
};
use crate::show::{
    event::{Reply, StreamObject},
    venue::Generation,
};

/// The kind of pipeline, which is always this one.
const PIPELINE: &str = "streamdiffusion";
/// What the beta API calls the kind of pipeline around it.
const BETA_PIPELINE: &str = "live-video-to-video";
/// How many warnings of one answer are told; more is noise.
const WARNINGS_MAX: usize = 8;

/// A stream in the account's list.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// The stream.
    pub object: StreamObject,
    /// The name it was created with.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the whole object: it holds the stream key.
        let Self { object, name, created_at } = self;
        f.debug_struct("Listed")
            .field("id", &object.id)
            .field("name", name)
            .field("created_at", created_at)
            .finish_non_exhaustive()
    }
}

/// Returns the body of a create.
pub(super) fn create(
    generation: Generation,
    pipeline_id: &str,
    name: &str,
    params: &Map<String, Value>,
) -> Value {
    match generation {
        Generation::V1 => json!({ "pipeline": PIPELINE, "params": params, "name": name }),
        Generation::Beta => json!({ "pipeline_id": pipeline_id, "pipeline_params": params, "name": name }),
    }
}

/// Returns the body of an update.
pub(super) fn update(generation: Generation, params: &Map<String, Value>) -> Value {
    let mut body = match generation {
        Generation::V1 => json!({ "pipeline": PIPELINE }),
        Generation::Beta => json!({ "pipeline": BETA_PIPELINE, "model_id": PIPELINE }),
    };
    body["params"] = Value::Object(params.clone());
    body
}

/// Reads a stream object, in a wrapper or bare.
pub(super) fn stream(document: &Value) -> Result<StreamObject, &'static str> {
    let bare = if document.get("id").is_some() { document } else { document.get("data").unwrap_or(document) };
    let text = |name: &str| {
        let text = bare.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let id = text("id").ok_or("the body names no stream")?;
    if !is_id(&id) {
        return Err("the body names a stream by something that is no id");
    }
    Ok(StreamObject {
        id,
        stream_key: text("stream_key"),
        output_playback_id: text("output_playback_id"),
        whip_url: text("whip_url"),
    })
}

/// Reads a list of streams, in a wrapper or bare. What is no stream is left out.
pub(super) fn list(document: &Value) -> Result<Vec<Listed>, &'static str> {
    let bare = document.get("data").unwrap_or(document);
    let listed = |entry: &Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let name = text("name").map(str::to_owned);
        let created_at = text("created_at").and_then(|time| time.parse().ok());
        Some(Listed { object: stream(entry).ok()?, name, created_at })
    };
    let streams = bare.as_array().ok_or("the body holds no list of streams")?;
    let listed: Vec<Listed> = streams.iter().filter_map(listed).collect();
    // Whoever looks for a stream must not take nonsense for its absence.
    if listed.is_empty() && !streams.is_empty() {
        return Err("the body holds a list of something else than streams");
    }
    Ok(listed)
}

/// Reads the answer to an update: v1 tells the stream object or nothing, beta what it thinks of it.
pub(super) fn updated(document: &Value, discretion: &Discretion) -> Result<Reply, &'static str> {
    if !document.is_object() && !document.is_null() {
        return Err("the body is not an object");
    }
    let was_censored = document.get("was_censored") == Some(&Value::Bool(true));
    let warnings = match document.get("warnings") {
        Some(Value::Array(warnings)) => warnings.iter().filter_map(tell).collect(),
        Some(other) => tell(other).into_iter().collect(),
        None => Vec::new(),
    };
    // As a rule the message says "updated"; only of a censored prompt it may say why.
    let message = document.get("message").filter(|_| was_censored).and_then(tell);
    let told = message.into_iter().chain(warnings).take(WARNINGS_MAX);
    let warnings = told.map(|text| discretion.tell(&text, MESSAGE_CHARS_MAX)).collect();
    Ok(Reply::Updated { was_censored, warnings })
}

/// Reads the answer to a delete, which may say nothing.
pub(super) fn deleted(document: &Value) -> Result<(), &'static str> {
    let sense = document.is_object() || document.is_null();
    if sense { Ok(()) } else { Err("the body is not an object") }
}
