//! The record of accepted creates and updates: one JSON line each, readable while it grows.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};

use serde::Serialize;

use super::answer::Accepted;

/// A file of accepted requests.
#[derive(Debug)]
pub(super) struct RequestLog(BufWriter<File>);

#[derive(Serialize)]
struct Line<'a> {
    t: f64,
    #[serde(flatten)]
    accepted: &'a Accepted,
}

impl RequestLog {
    /// Starts an empty file; what was there is from another run with another zero of time.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(|file| Self(BufWriter::new(file)))
    }

    /// Adds a line for a request that was applied at `at`.
    pub(super) fn write(&mut self, at: Duration, accepted: &Accepted) -> io::Result<()> {
        write_line(&mut self.0, at, accepted)?;
        self.0.flush()
    }
}

/// Writes one line of the record, for a request that was applied at `at`.
pub fn write_line(mut out: impl Write, at: Duration, accepted: &Accepted) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Line { t: at.as_secs_f64(), accepted })?;
    out.write_all(b"\n")
}
