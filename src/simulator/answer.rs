//! What the API answers: a status, a body, and the two generations' shapes of an error.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A generation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// The present one: updates name what changes.
    V1,
    /// The old one: updates carry everything.
    Beta,
}

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
    /// How long the caller is asked to wait.
    pub retry_after: Option<Duration>,
    /// What was accepted, if the request was a create or an update.
    pub accepted: Option<Accepted>,
}

impl Answer {
    /// Returns an answer with a status and a body.
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body, retry_after: None, accepted: None }
    }

    /// Returns the answer, with a note of what was accepted.
    pub(super) fn accepting(mut self, accepted: Accepted) -> Self {
        self.accepted = Some(accepted);
        self
    }
}

/// A create or update that the API accepted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accepted {
    /// The generation it came in.
    pub generation: Generation,
    /// What it was.
    pub op: Op,
    /// The stream's id.
    pub stream: String,
    /// The body as it came.
    pub body: Map<String, Value>,
}

/// An operation that changes parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// A new stream.
    Create,
    /// Other parameters for a stream.
    Update,
}

/// A request that the API refuses.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    code: &'static str,
    error: String,
    details: Vec<String>,
}

impl Refusal {
    /// Returns a refusal with the code by which v1 names it and a text for people.
    pub(super) fn new(status: u16, code: &'static str, error: impl Into<String>) -> Self {
        Self { status, code, error: error.into(), details: Vec::new() }
    }

    /// The body breaks rules of the schema.
    pub(super) fn invalid(details: Vec<String>) -> Self {
        let error = format!("Invalid request: {}", details.join("; "));
        Self { status: 400, code: "VALIDATION/INVALID_REQUEST", error, details }
    }

    /// There is no such stream.
    pub(super) fn not_found() -> Self {
        Self::new(404, "STREAMS/NOT_FOUND", "Stream not found")
    }

    /// No video has arrived yet, so there is nobody to take parameters.
    pub(super) fn not_ready() -> Self {
        Self::new(404, "STREAMS/NOT_FOUND", "Stream not ready yet")
    }

    /// Returns the answer in the shape of `generation`.
    pub(super) fn answer(self, generation: Generation) -> Answer {
        let Self { status, code, error, details } = self;
        let body = match generation {
            Generation::V1 if details.is_empty() => {
                json!({ "success": false, "error": error, "code": code, "status": status })
            }
            Generation::V1 => {
                json!({ "success": false, "error": error, "code": code, "status": status, "details": details })
            }
            Generation::Beta if details.is_empty() => json!({ "success": false, "error": error }),
            Generation::Beta => json!({ "success": false, "error": details }),
        };
        Answer::new(status, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_names_its_errors_and_beta_only_tells_them() {
        let v1 = Refusal::not_found().answer(Generation::V1);
        assert_eq!(v1.status, 404);
        assert_eq!(
            v1.body,
            json!({"success": false, "error": "Stream not found", "code": "STREAMS/NOT_FOUND", "status": 404})
        );
        let beta = Refusal::not_ready().answer(Generation::Beta);
        assert_eq!(beta.body, json!({"success": false, "error": "Stream not ready yet"}));
    }

    #[test]
    fn broken_rules_are_a_list_in_beta_and_details_in_v1() {
        let refusal = Refusal::invalid(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(refusal.clone().answer(Generation::Beta).body["error"], json!(["a", "b"]));
        let v1 = refusal.answer(Generation::V1).body;
        assert_eq!(v1["error"], "Invalid request: a; b");
        assert_eq!(v1["details"], json!(["a", "b"]));
    }
}
