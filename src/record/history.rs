//! Reading the history while it is written: what was on when, what happened, how the streams were.
//!
//! Reads only, and in short transactions, so that the writer is never held up. What is asked for is bounded: events come
//! in pages, and samples as no more points than a plot is wide.

use std::{path::Path, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{schema::VERSION, store::FILE_NAME};

/// How long a reader waits while the writer changes the file's form.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The most events of one page.
pub const PAGE_MAX: u32 = 1000;

/// The most points of one answer: a plot three times as wide as a large screen.
pub const POINTS_MAX: i64 = 10_000;

/// Why the history cannot be read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// There is none yet.
    #[error("there is no history in `{0}`: no show has run with this state directory")]
    Missing(String),
    /// The tables are of another time.
    #[error(
        "the history has version {0}, this program reads version {VERSION}; the next run brings an older one up to date"
    )]
    Version(i64),
    /// The file cannot be read.
    #[error("the history cannot be read")]
    Database(#[from] rusqlite::Error),
}

/// A history that is read.
#[derive(Debug)]
pub struct History {
    connection: Connection,
}

/// A time on a stream: from when a scene was asked for until another was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scene {
    /// The stream.
    pub stream: String,
    /// The scene.
    pub scene: String,
    /// When its transition began.
    pub since: Timestamp,
    /// How long its transition was to take.
    pub fade_seconds: Option<f64>,
    /// When it was reached; `None` if it was left before.
    pub reached: Option<Timestamp>,
    /// When another took its place or the show ended; `None` while it is on.
    pub until: Option<Timestamp>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Happening {
    /// Its number, in the order of writing.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What kind of fact.
    pub kind: String,
    /// The stream, if it is about one.
    pub stream: Option<String>,
    /// The trigger, cue or show, if it has a name.
    pub name: Option<String>,
    /// How many it stands for.
    pub count: u32,
    /// When the last of them happened, if there are several.
    pub last: Option<Timestamp>,
    /// What more is known of it.
    #[serde(flatten)]
    pub detail: Map<String, Value>,
}

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// From this moment on.
    pub since: Timestamp,
    /// Before this moment.
    pub until: Timestamp,
    /// About this stream; those that are about none count too.
    pub stream: Option<&'a str>,
    /// Of these kinds; empty for all.
    pub kinds: &'a [&'a str],
}

/// Where a page ended and the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    t: i64,
    id: i64,
}

/// How a stream was within one span of time; `None` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// When the span begins.
    pub at: Timestamp,
    /// Frames per second into the stream.
    pub fps_in: Option<Range>,
    /// Frames per second out of the stream.
    pub fps_out: Option<Range>,
    /// The greatest age of the last frame, in milliseconds.
    pub output_age_ms: Option<i64>,
    /// From sending an update to the answer, in milliseconds.
    pub round_trip_ms: Option<Range>,
    /// How often the status was read.
    pub polls: u32,
    /// How many updates were accepted.
    pub updates: u32,
}

/// What a number was within a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The greatest.
    pub max: f64,
}

impl History {
    /// Opens the history in a state directory.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, or its tables are of another version.
    pub fn open(directory: &Path) -> Result<Self, HistoryError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            return Err(HistoryError::Missing(directory.display().to_string()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(LOCK_WAIT)?;
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == VERSION { Ok(Self { connection }) } else { Err(HistoryError::Version(version)) }
    }

    /// Returns the zone of the show; UTC if that is not known here.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn zone(&self) -> Result<TimeZone, HistoryError> {
        let select = "SELECT value FROM about WHERE key = 'zone'";
        let name: Option<String> = self.connection.query_row(select, [], |row| row.get(0)).optional()?;
        Ok(name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC))
    }

    /// Returns which scenes were on from `since` to `until`, each with its whole time, stream by stream.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn timeline(
        &self,
        stream: Option<&str>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Scene>, HistoryError> {
        // Begins with what was on already.
        let from = self.edge_before(since)?.unwrap_or(since.as_millisecond());
        let mut statement = self.connection.prepare_cached(
            "SELECT id, t, kind, stream, name, detail, count, last FROM facts
             WHERE t >= ?1 AND t < ?2
               AND kind IN ('transition_started', 'transition_ended', 'show_started', 'show_ended')
             ORDER BY t, id",
        )?;
        let mut rows = statement.query_map([from, until.as_millisecond()], happening)?;
        let mut timeline = Timeline { since, on: Vec::new(), scenes: Vec::new() };
        while let Some(edge) = rows.next().transpose()? {
            timeline.step(&edge);
        }
        let Timeline { on, mut scenes, .. } = timeline;
        scenes.extend(on);
        scenes.retain(|scene| stream.is_none_or(|stream| scene.stream == stream));
        scenes.sort_by(|a, b| (&a.stream, a.since).cmp(&(&b.stream, b.since)));
        Ok(scenes)
    }

    /// Returns from which edge on a timeline has to be read to know what was on at `since`: of each stream the last
    /// transition that began, or where it began with a scene if none did; of those the oldest.
    fn edge_before(&self, since: Timestamp) -> Result<Option<i64>, HistoryError> {
        // All of it is in the index: a fade a minute for 90 days is read in some 30 ms.
        let edge = self.connection.query_row(
            "WITH edges AS (SELECT t, kind, stream FROM facts WHERE t < ?1
                AND kind IN ('transition_started', 'transition_ended', 'show_started', 'show_ended'))
             SELECT min(t) FROM (
                SELECT coalesce(max(CASE kind WHEN 'transition_started' THEN t END), min(t)) AS t FROM edges
                WHERE stream IS NOT NULL
                  AND t >= coalesce((SELECT max(t) FROM edges WHERE kind = 'show_started'), ?2)
                GROUP BY stream)",
            [since.as_millisecond(), i64::MIN],
            |row| row.get(0),
        )?;
        Ok(edge)
    }

    /// Returns a page of what happened, in the order of time, and where the next page begins; `after` is where the last
    /// one ended.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn events(
        &self,
        wanted: &Wanted<'_>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<(Vec<Happening>, Option<Place>), HistoryError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let from = after.unwrap_or(Place { t: wanted.since.as_millisecond(), id: -1 });
        let kinds = serde_json::Value::from(wanted.kinds).to_string();
        let mut statement = self.connection.prepare_cached(
            "SELECT id, t, kind, stream, name, detail, count, last FROM facts
             WHERE (t, id) > (?1, ?2) AND t < ?3 AND (?4 IS NULL OR stream IS NULL OR stream = ?4)
               AND (?5 = '[]' OR kind IN (SELECT value FROM json_each(?5)))
             ORDER BY t, id LIMIT ?6",
        )?;
        let until = wanted.until.as_millisecond();
        let rows = statement
            .query_map(params![from.t, from.id, until, wanted.stream, kinds, limit], happening)?
            .collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() == limit as usize;
        let next =
            rows.last().filter(|_| more).map(|last| Place { t: last.at.as_millisecond(), id: last.id });
        Ok((rows, next))
    }

    /// Returns how a stream was, in spans of `resolution` or of as much more as it takes for [`POINTS_MAX`] of them; spans
    /// of which nothing is known are left out. What is older than two days is known by the minute.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn samples(
        &self,
        stream: &str,
        since: Timestamp,
        until: Timestamp,
        resolution: Duration,
    ) -> Result<Vec<Sample>, HistoryError> {
        let (since, until) = (since.as_millisecond(), until.as_millisecond());
        let wanted = i64::try_from(resolution.as_millis()).unwrap_or(i64::MAX);
        let span = wanted.max(1).max(until.saturating_sub(since) / POINTS_MAX + 1);
        let mut statement = self.connection.prepare_cached(include_str!("samples.sql"))?;
        let samples = statement
            .query_map(params![stream, since, until, span], sample)?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(samples)
    }
}

/// A timeline while it is read.
struct Timeline {
    /// What was left before does not count.
    since: Timestamp,
    on: Vec<Scene>,
    scenes: Vec<Scene>,
}

impl Timeline {
    /// Takes an edge into account.
    fn step(&mut self, edge: &Happening) {
        let place = self.on.iter().position(|scene| Some(&scene.stream) == edge.stream.as_ref());
        let scene = edge.detail.get("scene").and_then(Value::as_str).unwrap_or_default();
        match (edge.kind.as_str(), &edge.stream) {
            ("transition_ended", Some(stream)) => match place.map(|place| &mut self.on[place]) {
                Some(present) if present.scene == scene => {
                    present.reached.get_or_insert(edge.at);
                }
                // What a show begins with is reached and was never asked for.
                _ => self.replace(place, begun(edge, stream, scene, Some(edge.at))),
            },
            ("transition_started", Some(stream)) => self.replace(place, begun(edge, stream, scene, None)),
            // A start without an end before it: a power cut, during which the streams went on as they were.
            _ => {
                for scene in std::mem::take(&mut self.on) {
                    self.leave(scene, edge.at);
                }
            }
        }
    }

    fn replace(&mut self, place: Option<usize>, scene: Scene) {
        if let Some(place) = place {
            let left = self.on.swap_remove(place);
            self.leave(left, scene.since);
        }
        self.on.push(scene);
    }

    fn leave(&mut self, mut scene: Scene, until: Timestamp) {
        if until > self.since {
            scene.until = Some(until);
            self.scenes.push(scene);
        }
    }
}

fn begun(edge: &Happening, stream: &str, scene: &str, reached: Option<Timestamp>) -> Scene {
    Scene {
        stream: stream.to_owned(),
        scene: scene.to_owned(),
        since: edge.at,
        fade_seconds: edge.detail.get("fade_seconds").and_then(Value::as_f64),
        reached,
        until: None,
    }
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let millisecond = row.get(column)?;
    Timestamp::from_millisecond(millisecond)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, millisecond))
}

fn happening(row: &Row<'_>) -> rusqlite::Result<Happening> {
    let last: Option<i64> = row.get(7)?;
    let detail: String = row.get(5)?;
    Ok(Happening {
        id: row.get(0)?,
        at: time(row, 1)?,
        kind: row.get(2)?,
        stream: row.get(3)?,
        name: row.get(4)?,
        // Whatever somebody else wrote there is not ours to judge.
        detail: serde_json::from_str(&detail).unwrap_or_default(),
        count: row.get(6)?,
        last: last.and_then(|last| Timestamp::from_millisecond(last).ok()),
    })
}

fn sample(row: &Row<'_>) -> rusqlite::Result<Sample> {
    let range = |first: usize| -> rusqlite::Result<Option<Range>> {
        let (min, mean, max) = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?);
        Ok(match (min, mean, max) {
            (Some(min), Some(mean), Some(max)) => Some(Range { min, mean, max }),
            _ => None,
        })
    };
    Ok(Sample {
        at: time(row, 0)?,
        fps_in: range(1)?,
        fps_out: range(4)?,
        output_age_ms: row.get(7)?,
        round_trip_ms: range(8)?,
        polls: row.get(11)?,
        updates: row.get(12)?,
    })
}
