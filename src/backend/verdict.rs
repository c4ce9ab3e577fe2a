//! What an answer means: a success with its document, or a failure with a kind and a text for people.
//!
//! Reads the error bodies of both generations and of whatever stands between us and them.

use reqwest::StatusCode;
use serde_json::{Map, Value};

use super::{
    discretion::Discretion,
    exchange::{Answer, BODY_MAX, End},
};
use crate::show::event::{Failure, FailureKind};

/// How much of a message is told: five lines of a terminal, enough for a dozen broken rules.
pub(super) const MESSAGE_CHARS_MAX: usize = 400;
/// How much is told of a body that is not the API's: enough to recognise whose page it is.
const EXCERPT_CHARS_MAX: usize = 120;
/// How much is told of a name that the API gives: twice the longest known.
const NAME_CHARS_MAX: usize = 64;

/// Which statuses are a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Only 201.
    Created,
    /// Any 2xx.
    Success,
}

/// Returns a failure without a wish to wait. `message` has been through [`Discretion::tell`] or is our own.
pub(super) fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message, retry_after: None }
}

/// Returns the failure of an answer that claims success and makes no sense.
pub(super) fn nonsense(status: StatusCode, reason: &str) -> Failure {
    failure(FailureKind::Server, format!("{status}, but {reason}"))
}

/// Returns the document of an answer, `Null` if it is empty; or what went wrong.
pub(super) fn judge(answer: Answer, expected: Expected, discretion: &Discretion) -> Result<Value, Failure> {
    let Answer { status, retry_after, elsewhere, body, end } = answer;
    let failed = |kind, message: &str| Failure {
        kind,
        message: discretion.tell(message, MESSAGE_CHARS_MAX),
        retry_after,
    };
    if !status.is_success() {
        let told = match elsewhere {
            Some(host) if status.is_redirection() => format!("{status}, a redirect to {host}; not followed"),
            _ => format!("{status}: {}", describe(&body, &end, discretion)),
        };
        let kind = match kind_of(status.as_u16()) {
            // A page of some proxy knows nothing of our streams: only the API's own words can say that one is gone.
            FailureKind::NotFound if !is_the_apis(&body) => FailureKind::Server,
            kind => kind,
        };
        return Err(failed(kind, &told));
    }
    // Of a success nothing is quoted: it may hold a stream key, and the end of that may be cut off.
    let document = match end {
        End::Whole if body.trim_ascii().is_empty() => Value::Null,
        End::Read(document) => document,
        End::Whole => serde_json::from_slice(&body)
            .map_err(|error| nonsense(status, &format!("the body is not JSON: {error}")))?,
        End::TooLong => return Err(nonsense(status, &format!("the body is longer than {BODY_MAX} bytes"))),
        End::Late => {
            let message = format!("{status}, but the body did not end in time ({} bytes came)", body.len());
            return Err(failure(FailureKind::Timeout, message));
        }
        End::Broken(reason) => {
            return Err(failed(FailureKind::Server, &format!("{status}, but the body broke off: {reason}")));
        }
    };
    if document.get("success") == Some(&Value::Bool(false)) {
        let told = format!("{status}, but no success: {}", ErrorBody::of(&document).tell(discretion));
        return Err(failed(kind_inside(&document), &told));
    }
    if expected == Expected::Created && status != StatusCode::CREATED {
        return Err(nonsense(status, "only 201 means that the stream is there"));
    }
    Ok(document)
}

/// Returns whether a failure's body is in the form of either generation.
fn is_the_apis(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|document| {
        document.get("error").is_some()
            && (document.get("success").is_some() || document.get("code").is_some())
    })
}

/// Returns what a status that is no success means.
fn kind_of(status: u16) -> FailureKind {
    match status {
        404 | 410 => FailureKind::NotFound,
        // 402: the account has run out of credits, which takes a person just as a wrong key does.
        401..=403 => FailureKind::Key,
        429 => FailureKind::TooMany,
        // A proxy on our side wants a password: the API was never reached.
        407 => FailureKind::Unreached,
        408 => FailureKind::Timeout,
        // 409 and 425 pass with time; 421 with the next connection.
        409 | 421 | 425 => FailureKind::Server,
        400..=499 => FailureKind::Refused,
        // 5xx, and what a show has no use for: redirects, and numbers that no standard knows.
        _ => FailureKind::Server,
    }
}

/// Returns what an error inside a success means, as far as it tells.
fn kind_inside(document: &Value) -> FailureKind {
    match document.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()) {
        Some(status @ 400..=599) => kind_of(status),
        _ if document
            .get("code")
            .and_then(Value::as_str)
            .is_some_and(|code| code.ends_with("/NOT_FOUND")) =>
        {
            FailureKind::NotFound
        }
        _ => FailureKind::Server,
    }
}

/// Returns what the body of a failure says. Cut short, it still says something.
fn describe(body: &[u8], end: &End, discretion: &Discretion) -> String {
    if body.trim_ascii().is_empty() {
        return "no body".to_owned();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(document) if *end == End::Whole => ErrorBody::of(&document).tell(discretion),
        _ => discretion.tell(&String::from_utf8_lossy(body), EXCERPT_CHARS_MAX),
    }
}

/// What the API says of an error: v1 in four to seven fields, beta in one.
#[derive(Debug)]
struct ErrorBody {
    text: String,
    details: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl ErrorBody {
    fn of(document: &Value) -> Self {
        let field = |names: &[&str]| names.iter().find_map(|name| tell(document.get(name)?));
        Self {
            // The second and third are not Daydream's, but what gateways in front of it say.
            text: field(&["error", "message", "detail"]).unwrap_or_else(|| document.to_string()),
            details: field(&["details"]),
            code: field(&["code"]),
            request_id: field(&["requestId", "traceId"]),
        }
    }

    fn tell(&self, discretion: &Discretion) -> String {
        let Self { text, details, code, request_id } = self;
        let names = [code.clone(), request_id.as_ref().map(|id| format!("request {id}"))];
        let names: Vec<_> =
            names.into_iter().flatten().map(|name| discretion.tell(&name, NAME_CHARS_MAX)).collect();
        let mut told = if names.is_empty() { String::new() } else { format!("[{}] ", names.join(", ")) };
        told.push_str(&discretion.tell(text, MESSAGE_CHARS_MAX));
        // Some servers put the details into the text as well.
        if let Some(details) = details
            && !text.contains(details)
        {
            told.push_str("; ");
            told.push_str(&discretion.tell(details, MESSAGE_CHARS_MAX));
        }
        told
    }
}

/// Returns what a value of any shape says to people: a text, a list of issues, an object with a message in it.
pub(super) fn tell(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Array(issues) => {
            let told: Vec<_> = issues.iter().filter_map(tell).collect();
            (!told.is_empty()).then(|| told.join("; "))
        }
        Value::Object(issue) => tell_issue(issue),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// An issue of a validation has a message and the path of what it is about.
fn tell_issue(issue: &Map<String, Value>) -> Option<String> {
    let message =
        ["message", "error_message", "error", "msg"].iter().find_map(|name| tell(issue.get(*name)?));
    let Some(message) = message else {
        return (!issue.is_empty()).then(|| Value::Object(issue.clone()).to_string());
    };
    let path = match issue.get("path").or_else(|| issue.get("loc")) {
        Some(Value::Array(steps)) => steps.iter().filter_map(tell).collect::<Vec<_>>().join("."),
        Some(Value::String(path)) => path.clone(),
        _ => String::new(),
    };
    Some(if path.is_empty() { message } else { format!("{path}: {message}") })
}
