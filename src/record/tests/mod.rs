//! The record against disks, clocks and floods.

mod bounds;
mod faults;
mod old;
mod reading;
mod recorder;

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    row::Row,
    scratch::Scratch,
    store::{About, FILE_NAME},
    writer::{Line, Writer},
};
use crate::show::{
    time::{Mono, Now},
    venue::Keeping,
};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// When the tests begin, in milliseconds since 1970.
const BEGIN: i64 = 1_800_000_000_000;

fn about() -> About {
    About { show: "Gallery".into(), zone: "Europe/Berlin".into() }
}

/// So many hours, and so many bytes.
fn keeping(hours: u64, max_bytes: u64) -> Keeping {
    Keeping { keep: Duration::from_hours(hours), max_bytes }
}

fn writer(scratch: &Scratch, keeping: Keeping) -> Writer {
    Writer::new(scratch.path().join(FILE_NAME), about(), keeping, Arc::default())
}

/// So many milliseconds after the beginning, by both clocks.
fn now(t: i64) -> Now {
    clocks(t, t)
}

/// By the monotonic clock and by the calendar.
fn clocks(mono: i64, wall: i64) -> Now {
    Now {
        mono: Mono(Duration::from_millis(mono.try_into().unwrap())),
        wall: Timestamp::from_millisecond(BEGIN + wall).unwrap(),
    }
}

/// An update at that time.
fn line(now: Now) -> Line {
    let t = now.wall.as_millisecond();
    let row = Row::Update { t, stream: "wall".to_owned(), round_trip_ms: 150.0, encodes: 0, coalesced: 0 };
    Line { now, row }
}

/// Returns the times of a table's rows, from the beginning of the tests on.
fn times(path: &Path, table: &str) -> Vec<i64> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(&format!("SELECT t - {BEGIN} FROM {table} ORDER BY id")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Returns the bytes of all files of the history.
fn bytes(scratch: &Scratch) -> u64 {
    let length = |name: &String| std::fs::metadata(scratch.path().join(name)).map_or(0, |file| file.len());
    scratch.names().iter().filter(|name| !name.ends_with("-shm")).map(length).sum()
}
