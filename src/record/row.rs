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
    /// What is told once, with all that is known of it; `more` if it stands for several.
    Fact {
        t: i64,
        kind: String,
        stream: Option<String>,
        name: Option<String>,
        detail: String,
        more: Option<More>,
    },
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

/// What a row stands for besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct More {
    /// How many, itself included.
    pub(super) count: u32,
    /// When the last of them happened, in milliseconds since 1970 UTC.
    pub(super) last: i64,
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
                    more: None,
                })
            }
        }
    }

    /// Makes a row of the recorder's own: the show began or ended.
    pub(super) fn mark(wall: Timestamp, kind: &str, show: &str) -> Self {
        Self::Fact {
            t: wall.as_millisecond(),
            kind: kind.to_owned(),
            stream: None,
            name: Some(shortened(show).to_owned()),
            detail: "{}".to_owned(),
            more: None,
        }
    }

    /// Makes it stand for several, of which `last` was the last.
    pub(super) fn times(mut self, count: u32, last: i64) -> Self {
        if let Self::Fact { more, .. } = &mut self {
            *more = Some(More { count, last });
        }
        self
    }

    /// Returns when it happened, in milliseconds since 1970 UTC.
    pub(super) fn t(&self) -> i64 {
        match self {
            Self::Fact { t, .. } | Self::Poll { t, .. } | Self::Update { t, .. } => *t,
        }
    }

    /// Writes it under a number, within whatever transaction there is.
    pub(super) fn insert(&self, id: i64, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Fact { t, kind, stream, name, detail, more } => {
                let (count, last) = more.map_or((1, None), |more| (more.count, Some(more.last)));
                connection
                    .prepare_cached(
                        "INSERT INTO facts (id, t, kind, stream, name, detail, count, last) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![id, t, kind, stream, name, detail, count, last])?
            }
            Self::Poll { t, stream, state, fps_in, fps_out, output_age_ms, restart_count } => connection
                .prepare_cached(
                    "INSERT INTO polls (id, t, stream, state, fps_in, fps_out, output_age_ms, restart_count) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![id, t, stream, state, fps_in, fps_out, output_age_ms, restart_count])?,
            Self::Update { t, stream, round_trip_ms, encodes, coalesced } => connection
                .prepare_cached(
                    "INSERT INTO updates (id, t, stream, round_trip_ms, encodes, coalesced) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![id, t, stream, round_trip_ms, encodes, coalesced])?,
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
            more: None,
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
            more: None,
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
