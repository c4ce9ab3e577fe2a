//! What is told of runs, and of what their steps do: one kind of fact, with a line for people.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::show::duration;

/// Something that a run did, or that became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum RunNews {
    /// It was fired and waits for its turn.
    Queued {
        /// How many come before it.
        ahead: usize,
    },
    /// It has come to its end, after waits.
    Ended {
        /// How long it took.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// It was ended before its end.
    Stopped {
        /// Why.
        why: &'static str,
    },
    /// It goes on where an earlier process of the show had left it.
    Resumed,
    /// It has set a variable.
    Set {
        /// The variable.
        variable: String,
        /// Its value now.
        value: Value,
    },
    /// It has a line for the log.
    Said {
        /// The line: printable, and at most 500 characters.
        text: String,
    },
    /// It has handed something over to be sent.
    Sent {
        /// By `publish`, `send` or `call`.
        way: &'static str,
        /// The topic, the address, or the host; nothing that may be a secret.
        to: String,
    },
    /// What it called has answered, or has not.
    Called {
        /// The host; `…` for one that is a secret.
        to: String,
        /// The status of the answer; `None` if none came.
        status: Option<u16>,
        /// Why none came.
        error: Option<&'static str>,
        /// How long it took.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
}

impl RunNews {
    /// Returns its kind, as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Ended { .. } => "ended",
            Self::Stopped { .. } => "stopped",
            Self::Resumed => "resumed",
            Self::Set { .. } => "set",
            Self::Said { .. } => "said",
            Self::Sent { .. } => "sent",
            Self::Called { .. } => "called",
        }
    }

    /// Returns whether something did not go as it should.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Called { status, .. } if !status.is_some_and(|status| status < 400))
    }

    /// Says it, after a name.
    pub fn told(&self) -> String {
        match self {
            Self::Queued { ahead } => format!("waits for {ahead}"),
            Self::Ended { after } => format!("ended after {}", duration::text(*after)),
            Self::Stopped { why } => format!("stopped: {why}"),
            Self::Resumed => "goes on".to_owned(),
            Self::Set { variable, value } => format!("sets {variable} to {value}"),
            Self::Said { text } => format!("says: {text}"),
            Self::Sent { way, to } => format!("{} {to}", sends(way)),
            Self::Called { to, status: Some(status), after, .. } => {
                format!("called {to}: {status} after {}", duration::text(*after))
            }
            Self::Called { to, error, after, .. } => {
                format!("called {to}: {} after {}", error.unwrap_or("no answer"), duration::text(*after))
            }
        }
    }
}

fn sends(way: &str) -> &'static str {
    match way {
        "publish" => "publishes on",
        "call" => "calls",
        _ => "sends to",
    }
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
