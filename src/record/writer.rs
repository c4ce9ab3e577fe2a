//! The history's writer: takes rows and puts them on disk, a second's worth at a time, for as long as the show lasts, whatever the
//! disk does.
//!
//! It knows no clock. It counts its own turns, which take a second or more, and is told the time with the rows.

use std::{
    convert::Infallible,
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use rusqlite::{TransactionBehavior, params};
use tracing::{error, info, warn};

use super::{
    aside::{set_aside, with_suffix},
    chapters::{self, Age, Bounds},
    row::Row,
    schema::{HistoryFile, StoreError},
    store::{About, Counts, QUEUE_MAX},
};
use crate::show::{time::Now, venue::Keeping};

/// Between two transactions: so many rows at most are lost in a power cut, and a card wears out no faster.
const PERIOD: Duration = Duration::from_secs(1);

/// Turns between two tellings of a disk that fails again and again: a turn takes a second or more, so ten minutes or more.
/// One failure is told once, and once more when it is over.
const QUIET_TURNS: u32 = 600;

/// How often a refused transaction is tried when the daemon ends: a damaged file needs a second try, and with the wait
/// for a lock of 0.65 s three fit into two seconds.
const LAST_TRIES_MAX: u32 = 3;

/// Steps of tidying in one turn. One is ahead of what a turn writes; eight, some 0.3 s, catch up after a start.
const STEPS_MAX: u32 = 8;

/// What of the size may be pages in use; the rest is for the log of `SQLite`, which holds the last transactions, and for
/// one turn of rows before the oldest are deleted (4096 of 1.5 KB: 6 MB).
const PAGES_SHARE: f64 = 0.75;

/// The part of the size from which on the log has to be merged before anything more is written. Only somebody who reads
/// for minutes can make it so long.
const LOG_SHARE: f64 = 0.125;

/// A row, and when it was handed over.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) now: Now,
    pub(super) row: Row,
}

/// Writes rows to a history file, and begins a new one where that is no use.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) path: PathBuf,
    about: About,
    bounds: Bounds,
    /// How long the log may become, in bytes.
    log_max: u64,
    file: Option<HistoryFile>,
    age: Age,
    pub(super) counts: Arc<Counts>,
    /// Turns until a failure is told again.
    quiet_turns: u32,
    /// How many rows had been lost when the failure was told that still lasts.
    told: Option<u64>,
}

impl Writer {
    /// Touches no disk yet.
    pub(super) fn new(path: PathBuf, about: About, keeping: Keeping, counts: Arc<Counts>) -> Self {
        let Keeping { keep, max_bytes } = keeping;
        Self {
            path,
            about,
            bounds: Bounds {
                keep: i64::try_from(keep.as_millis()).unwrap_or(i64::MAX),
                bytes: (max_bytes as f64 * PAGES_SHARE) as i64,
            },
            log_max: (max_bytes as f64 * LOG_SHARE) as u64,
            file: None,
            age: Age::default(),
            counts,
            quiet_turns: 0,
            told: None,
        }
    }

    /// Writes rows until nobody can send any more.
    pub(super) fn run(&mut self, lines: &Receiver<Line>, closing: &Receiver<Infallible>) {
        let mut batch = Vec::new();
        let mut last_tries = 0;
        loop {
            if batch.is_empty() {
                match lines.recv() {
                    Ok(line) => batch.push(line),
                    Err(_) => return,
                }
            }
            let last = closing.recv_timeout(PERIOD) == Err(RecvTimeoutError::Disconnected);
            batch.extend(lines.try_iter().take(QUEUE_MAX - batch.len()));
            if self.turn(&batch) {
                batch.clear();
            } else if last {
                last_tries += 1;
                if last_tries == LAST_TRIES_MAX {
                    let lost = batch.len() + lines.try_iter().count();
                    warn!(rows = lost, "The end of the history is lost: the disk still refuses it.");
                    self.counts.dropped.fetch_add(lost as u64, Ordering::Relaxed);
                    return;
                }
            }
        }
    }

    /// Writes some rows in one transaction and returns whether they are written.
    pub(super) fn turn(&mut self, batch: &[Line]) -> bool {
        let Some(now) = batch.last().map(|line| line.now) else { return true };
        self.quiet_turns = self.quiet_turns.saturating_sub(1);
        let believed = match self.write(batch, now) {
            Ok(believed) => believed,
            Err(error) => {
                self.fail(&error);
                return false;
            }
        };
        if let Some(lost) = self.told.take() {
            let lost = self.counts.dropped.load(Ordering::Relaxed) - lost;
            info!(lost, "The history is written again.");
        }
        if let Err(error) = self.tidy(believed) {
            self.fail(&error);
        }
        true
    }

    fn write(&mut self, batch: &[Line], now: Now) -> Result<i64, StoreError> {
        self.merge_log()?;
        let mut age = self.age;
        let file = self.file()?;
        let mut next = file.next;
        let transaction = file.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let believed = age.pass(&transaction, now)?;
        age.begin(&transaction, believed, next)?;
        for line in batch {
            line.row.insert(next, &transaction)?;
            next += 1;
        }
        transaction.commit()?;
        file.next = next;
        self.age = age;
        Ok(believed)
    }

    /// Refuses to write more while the log is too long and cannot be merged.
    fn merge_log(&mut self) -> Result<(), StoreError> {
        let log = with_suffix(&self.path, "-wal");
        let length = || fs::metadata(&log).map_or(0, |log| log.len());
        if length() > self.log_max {
            // Whoever reads keeps it from being cut: told by its length.
            self.file()?.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            if length() > self.log_max {
                return Err(StoreError::LogHeld(length()));
            }
        }
        Ok(())
    }

    /// Does some of what is to be tidied.
    fn tidy(&mut self, now: i64) -> Result<(), StoreError> {
        let bounds = self.bounds;
        for _ in 0..STEPS_MAX {
            let file = self.file()?;
            let (used, size) = file.bytes()?;
            let end = file.next;
            let transaction = file.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let busy = chapters::tidy(&transaction, now, bounds, used, end)?;
            transaction.commit()?;
            chapters::shrink(&file.connection, size, bounds)?;
            if !busy {
                break;
            }
            self.merge_log()?;
        }
        Ok(())
    }

    /// Returns the open file; opens it if it is not, or if the name means another file by now.
    fn file(&mut self) -> Result<&mut HistoryFile, StoreError> {
        if self.file.as_ref().is_some_and(|file| !file.is_at(&self.path)) {
            // Closed before the new one is opened: closing removes the companions of that name.
            self.file = None;
        }
        match &mut self.file {
            Some(file) => Ok(file),
            closed @ None => {
                let file = HistoryFile::open(&self.path)?;
                for (key, value) in [("show", &self.about.show), ("zone", &self.about.zone)] {
                    let set =
                        "INSERT INTO about (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
                    file.connection.execute(set, params![key, value])?;
                }
                Ok(closed.insert(file))
            }
        }
    }

    /// Makes the best of a refusal: the next turn opens the file anew, a damaged one is out of its way.
    fn fail(&mut self, reason: &StoreError) {
        self.file = None;
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        if !reason.is_damage() {
            self.tell(&reason.to_string(), reason.hint());
            return;
        }
        match set_aside(&self.path, &["-wal", "-shm"]) {
            Ok(aside) => {
                error!(aside = %aside.display(), %reason, "The history is damaged and was set aside; a new one begins.");
            }
            // Somebody else was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.tell(&format!("{reason}, and it cannot be set aside: {error}"), reason.hint());
            }
        }
    }

    /// Tells of a failure once.
    fn tell(&mut self, reason: &str, hint: &str) {
        if self.told.is_some() || self.quiet_turns > 0 {
            return;
        }
        self.quiet_turns = QUIET_TURNS;
        self.told = Some(self.counts.dropped.load(Ordering::Relaxed));
        warn!(
            path = %self.path.display(), reason, hint,
            "The history cannot be written; the show goes on, and it is tried again."
        );
    }
}
