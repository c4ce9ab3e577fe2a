//! What a client hears when it cannot have what it wants: RFC 9457, `application/problem+json`.
//!
//! The kind is for programs, the detail for people: what is wrong, and what would be right.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

/// The media type of every refusal.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";
/// How many characters of a client's own words a detail repeats.
const QUOTED_CHARS_MAX: usize = 40;
/// How long a client should wait when the show is too busy: the loop empties its whole queue in less.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// Why there is no better answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The query, the body or the name makes no sense.
    BadRequest,
    /// No token was shown.
    NoToken,
    /// A wrong token was shown.
    WrongToken,
    /// A page of somebody else's asks for something to be done.
    ForeignOrigin,
    /// Nothing is at this path.
    UnknownRoute,
    /// The show has no such scene.
    UnknownScene,
    /// The show has no such cue.
    UnknownCue,
    /// The show has no such trigger.
    UnknownTrigger,
    /// The show has no such playlist.
    UnknownPlaylist,
    /// The show file that was to be read is wrong.
    BadShow,
    /// The show has no such stream.
    UnknownStream,
    /// There is no picture of a stream to be had from here.
    NoPicture,
    /// Something is at this path, but not for this method.
    MethodNotAllowed,
    /// The body did not come in time.
    BodyTooSlow,
    /// The body is too large.
    BodyTooLarge,
    /// The request is for another host.
    ForeignHost,
    /// This address asks too much.
    TooMany,
    /// An answer could not be written down.
    Internal,
    /// A stream is not live.
    NotReady,
    /// The show has too much waiting.
    Busy,
    /// The loop did not say what is on.
    NoAnswer,
}

impl Kind {
    /// Returns the status, the last part of the type, and the title.
    fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "The request makes no sense"),
            Self::NoToken => (StatusCode::UNAUTHORIZED, "no-token", "A token is needed"),
            Self::WrongToken => (StatusCode::UNAUTHORIZED, "wrong-token", "The token is wrong"),
            Self::ForeignOrigin => {
                (StatusCode::FORBIDDEN, "foreign-origin", "Only this server's own pages may ask for this")
            }
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "unknown-route", "Nothing is here"),
            Self::UnknownScene => (StatusCode::NOT_FOUND, "unknown-scene", "The show has no such scene"),
            Self::UnknownCue => (StatusCode::NOT_FOUND, "unknown-cue", "The show has no such cue"),
            Self::UnknownTrigger => {
                (StatusCode::NOT_FOUND, "unknown-trigger", "The show has no such trigger")
            }
            Self::UnknownPlaylist => {
                (StatusCode::NOT_FOUND, "unknown-playlist", "The show has no such playlist")
            }
            Self::UnknownStream => (StatusCode::NOT_FOUND, "unknown-stream", "The show has no such stream"),
            Self::NoPicture => (StatusCode::NOT_FOUND, "no-picture", "There is no picture here"),
            Self::BadShow => (StatusCode::UNPROCESSABLE_ENTITY, "bad-show", "The show file is wrong"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Not with this method")
            }
            Self::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "body-too-slow", "The body did not come in time")
            }
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large"),
            Self::ForeignHost => {
                (StatusCode::MISDIRECTED_REQUEST, "foreign-host", "This server does not go by that name")
            }
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests"),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The answer could not be written down")
            }
            Self::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not every stream is live"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "The show is too busy"),
            Self::NoAnswer => (StatusCode::SERVICE_UNAVAILABLE, "no-answer", "The show does not answer"),
        }
    }
}

/// A refusal on its way to the client.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
    more: Map<String, Value>,
    /// How long to wait before asking again.
    wait: Option<Duration>,
}

impl Problem {
    /// Makes a refusal; the detail is for people.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let wait = (kind == Kind::Busy).then_some(BUSY_WAIT);
        Self { kind, detail: detail.into(), more: Map::new(), wait }
    }

    /// Says how long to wait before asking again.
    pub(super) fn wait(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// Returns why there is no better answer.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds what was probably meant, to the detail and for programs.
    pub(super) fn meant(mut self, nearest: Option<&str>) -> Self {
        if let Some(nearest) = nearest {
            self.detail = format!("{}; did you mean `{nearest}`?", self.detail);
            return self.with("did_you_mean", nearest);
        }
        self
    }

    /// Adds a member of its own.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { kind, detail, more: mut members, wait } = self;
        let (status, slug, title) = kind.words();
        tracing::debug!(%status, %detail, "A web request was refused.");
        members.insert("type".to_owned(), format!("urn:segue:problem:{slug}").into());
        members.insert("title".to_owned(), title.into());
        members.insert("status".to_owned(), status.as_u16().into());
        members.insert("detail".to_owned(), detail.into());
        let body = format!("{}\n", Value::Object(members));
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if let Some(wait) = wait {
            // Whole seconds, and never too early.
            let seconds = wait.as_secs_f64().ceil() as u64;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Returns a client's word as a detail may repeat it: short, printable, in backticks.
pub(super) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}
