//! A fact as a row of the history. Which table it goes to is decided here, when it is deleted is not.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::show::fact::Fact;

/// How much of a text is kept. The queue holds 4096 rows: if all were this long, 4 MiB.
const TEXT_BYTES_MAX: usize = 1024;

/// One row. `t` is in milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    /// What is told once, with all that is known of it.
    Fact { t: i64, kind: String, stream: Option<String>, name: Option<String>, detail: String },
    /// A reading of a stream's status; many.
    Poll {
        t: i64,
        stream: String,
        state: Option<String>,
        fps_in: Option<f64>,
        fps_out: Option<f64>,
        output_age_ms: Option<i64>,
        restart_count: Option<i64>,
    },
    /// An update that the backend accepted; many.
    Update { t: i64, stream: String, round_trip_ms: f64, encodes: u32, coalesced: u32 },
}

impl Row {
    /// Makes the row of a fact. A kind of fact that has no table of its own goes to `facts`; `None` if it cannot be
    /// written at all, which no fact should be.
    pub(super) fn of(wall: Timestamp, fact: &Fact) -> Option<Self> {
        let t = wall.as_millisecond();
        match fact {
            Fact::Polled { stream, report } => Some(Self::Poll {
                t,
                stream: stream.to_string(),
                state: report.state.as_deref().map(|state| shortened(state).to_owned()),
                fps_in: report.fps_in,
                fps_out: report.fps_out,
                output_age_ms: report.output_age_ms(),
                restart_count: report.restart_count.and_then(|count| i64::try_from(count).ok()),
            }),
            Fact::Updated { stream, round_trip, encodes, coalesced } => Some(Self::Update {
                t,
                stream: stream.to_string(),
                round_trip_ms: round_trip.as_secs_f64() * 1000.0,
                encodes: *encodes,
                coalesced: *coalesced,
            }),
            told => {
                let Ok(Value::Object(mut detail)) = serde_json::to_value(told) else { return None };
                Some(Self::Fact {
                    t,
                    kind: take_text(&mut detail, "kind")?,
                    stream: take_text(&mut detail, "stream"),
                    name: take_text(&mut detail, "name"),
                    detail: Value::Object(detail.into_iter().map(shortened_entry).collect()).to_string(),
                })
            }
        }
    }

    /// Returns when it happened, in milliseconds since 1970 UTC.
    pub(super) fn t(&self) -> i64 {
        match self {
            Self::Fact { t, .. } | Self::Poll { t, .. } | Self::Update { t, .. } => *t,
        }
    }

    /// Writes it, within whatever transaction there is.
    pub(super) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Fact { t, kind, stream, name, detail } => connection
                .prepare_cached("INSERT INTO facts (t, kind, stream, name, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![t, kind, stream, name, detail])?,
            Self::Poll { t, stream, state, fps_in, fps_out, output_age_ms, restart_count } => connection
                .prepare_cached(
                    "INSERT INTO polls (t, stream, state, fps_in, fps_out, output_age_ms, restart_count) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![t, stream, state, fps_in, fps_out, output_age_ms, restart_count])?,
            Self::Update { t, stream, round_trip_ms, encodes, coalesced } => connection
                .prepare_cached(
                    "INSERT INTO updates (t, stream, round_trip_ms, encodes, coalesced) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![t, stream, round_trip_ms, encodes, coalesced])?,
        };
        Ok(())
    }
}

fn take_text(detail: &mut Map<String, Value>, key: &str) -> Option<String> {
    match detail.remove(key)? {
        Value::String(text) => Some(shortened(&text).to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shortened_entry((key, value): (String, Value)) -> (String, Value) {
    match value {
        Value::String(text) => (key, Value::String(shortened(&text).to_owned())),
        other => (key, other),
    }
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::show::event::{Door, FailureKind};

    fn row(fact: &Fact) -> Row {
        Row::of("2026-11-22T10:00:00.5Z".parse().unwrap(), fact).unwrap()
    }

    #[test]
    fn a_fact_keeps_all_that_is_known_of_it() {
        let started = Fact::TransitionStarted {
            stream: "wall".into(),
            scene: "dawn".into(),
            fade: Duration::from_millis(1500),
        };
        insta::assert_debug_snapshot!(row(&started), @r#"
        Fact {
            t: 1795341600500,
            kind: "transition_started",
            stream: Some(
                "wall",
            ),
            name: None,
            detail: "{\"fade_seconds\":1.5,\"scene\":\"dawn\"}",
        }
        "#);
        insta::assert_debug_snapshot!(row(&Fact::Trigger { name: "/go".into(), door: Door::Osc }), @r#"
        Fact {
            t: 1795341600500,
            kind: "trigger",
            stream: None,
            name: Some(
                "/go",
            ),
            detail: "{\"door\":\"osc\"}",
        }
        "#);
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let fact = Fact::RequestFailed {
            stream: "wall".into(),
            request: "update",
            failure: FailureKind::Server,
            message: "é".repeat(5000),
            in_a_row: 1,
        };
        let Row::Fact { detail, .. } = row(&fact) else { panic!() };
        let detail: Value = serde_json::from_str(&detail).unwrap();
        assert_eq!(detail["message"].as_str().unwrap(), "é".repeat(512));
    }
}
