//! The parsers of answers as functions of bytes, for the fuzzer and for the replay of what it has found.
//!
//! Whatever a server says, each must return; what they may tell is asserted here.

use reqwest::StatusCode;
use serde_json::Value;

use super::{
    discretion::Discretion,
    exchange::{Answer, End},
    status,
    verdict::{Expected, MESSAGE_CHARS_MAX, judge},
    wire,
};
use crate::show::event::Reply;

/// Must never be told.
const KEY: &str = "sk-fuzz-0123456789";

/// Reads bytes as a status document.
pub fn status(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    match status::read(document, &discretion()) {
        Ok(report) => {
            for text in [&report.state, &report.last_error, &report.gateway_error].into_iter().flatten() {
                check(text, MESSAGE_CHARS_MAX + 1);
            }
            for fps in [report.fps_in, report.fps_out].into_iter().flatten() {
                assert!(fps.is_finite() && fps >= 0.0, "{fps}");
            }
            // The difference of two times must not overflow.
            let _ = report.output_age_ms();
        }
        Err(reason) => check(&reason, MESSAGE_CHARS_MAX + 30),
    }
}

/// Reads bytes as all that an answer about a stream may be: its object, a list, what became of an update or a delete.
pub fn stream(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Ok(object) = wire::stream(&document) {
        assert!(!object.id.is_empty());
    }
    for listed in wire::list(&document).unwrap_or_default() {
        assert!(!listed.object.id.is_empty());
    }
    let _ = wire::deleted(&document);
    if let Ok(Reply::Updated { warnings, .. }) = wire::updated(&document, &discretion()) {
        for warning in &warnings {
            check(warning, MESSAGE_CHARS_MAX + 1);
        }
    }
}

/// Reads bytes as an answer that may be an error: a status of HTTP, a space, and the body, whole or broken off.
pub fn error(bytes: &[u8]) {
    let (status, body) = bytes.split_at_checked(4).unwrap_or_default();
    let Ok(status) = StatusCode::from_bytes(status.trim_ascii_end()) else { return };
    for end in [End::Whole, End::TooLong, End::Late, End::Broken(String::from_utf8_lossy(body).into_owned())]
    {
        let answer = Answer { status, retry_after: None, elsewhere: None, body: body.to_vec(), end };
        if let Err(failure) = judge(answer, Expected::Success, &discretion()) {
            check(&failure.message, MESSAGE_CHARS_MAX + 1);
            assert!(failure.message.starts_with(status.as_str()), "{}", failure.message);
        }
    }
}

fn discretion() -> Discretion {
    Discretion::new(Some(KEY.into()))
}

/// Asserts that a text may be shown to people.
fn check(text: &str, chars_max: usize) {
    assert!(text.chars().count() <= chars_max, "{text:?} is too long");
    assert!(!text.chars().any(char::is_control), "{text:?} has controls in it");
    assert!(!text.contains(KEY), "{text:?} tells the key");
}
