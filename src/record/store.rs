//! The history, as the show sees it: tell it facts, it never waits. The writing is `writer.rs`'s, on its own thread.

use std::{
    convert::Infallible,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    },
    thread,
    time::Duration,
};

use jiff::Timestamp;

use super::{row::Row, writer::Writer};
use crate::show::fact::Fact;

/// The name of the file in the state directory.
pub const FILE_NAME: &str = "history.db";

/// How long the history is kept unless the show says otherwise: 90 days.
pub const KEEP_DEFAULT: Duration = Duration::from_hours(90 * 24);

/// Rows waiting for the disk. Eight busy streams make some 40 rows a second (4 updates, a poll every 5 s), so this is
/// more than a minute and a half of a disk that stands still; at 200 bytes a row, 0.8 MB.
pub(super) const QUEUE_MAX: usize = 4096;

/// Keeps the history of a show in `history.db`.
///
/// Dropping it without [`Recorder::close`] ends it as well, without waiting.
#[derive(Debug)]
pub struct Recorder {
    rows: SyncSender<Row>,
    counts: Arc<Counts>,
    /// Closed by dropping it: tells the writer to be quick.
    open: Sender<Infallible>,
    /// Closed by the writer when it has ended.
    ended: Receiver<Infallible>,
}

/// What went wrong so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Rows that will never be on disk.
    pub(super) dropped: AtomicU64,
    /// Transactions that the disk refused.
    pub(super) failed: AtomicU64,
}

impl Recorder {
    /// Starts to keep history in a state directory, and to delete what is older than `keep`.
    ///
    /// A disk that fails is no error here or anywhere: it is tried again and counted.
    ///
    /// # Errors
    ///
    /// Only if the system refuses a thread.
    pub fn start(directory: &Path, keep: Duration) -> io::Result<Self> {
        let (rows, queue) = mpsc::sync_channel(QUEUE_MAX);
        let (open, closing) = mpsc::channel();
        let (running, ended) = mpsc::channel::<Infallible>();
        let counts = Arc::new(Counts::default());
        let mut writer = Writer::new(directory.join(FILE_NAME), keep, Arc::clone(&counts));
        thread::Builder::new().name("history".to_owned()).spawn(move || {
            writer.run(&queue, &closing);
            drop(writer);
            drop(running);
        })?;
        Ok(Self { rows, counts, open, ended })
    }

    /// Takes a fact that happened at `wall`. Never waits: what finds no room is dropped and counted.
    pub fn note(&self, wall: Timestamp, fact: &Fact) {
        let taken = Row::of(wall, fact).is_some_and(|row| self.rows.try_send(row).is_ok());
        if !taken {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many facts are lost to the history since the start.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Returns how many transactions the disk refused since the start; each is tried again.
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Writes what is waiting and ends, within `timeout`. Returns whether it ended in time; if not, what was still
    /// waiting may be lost.
    pub fn close(self, timeout: Duration) -> bool {
        drop(self.rows);
        drop(self.open);
        matches!(self.ended.recv_timeout(timeout), Err(RecvTimeoutError::Disconnected))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, mem, thread::sleep};

    use rusqlite::Connection;

    use super::*;
    use crate::{record::scratch::Scratch, show::event::Door};

    /// Much longer than anything here takes, unless it hangs.
    const LONG: Duration = Duration::from_secs(20);

    fn trigger(name: &str) -> Fact {
        Fact::Trigger { name: name.into(), door: Door::Osc }
    }

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn count(path: &Path, table: &str) -> usize {
        let connection = Connection::open(path).unwrap();
        let count =
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        count.map_or(0, |count| usize::try_from(count).unwrap())
    }

    #[test]
    fn what_was_noted_is_on_disk_after_closing() {
        let scratch = Scratch::new();
        let recorder = Recorder::start(scratch.path(), KEEP_DEFAULT).unwrap();
        for n in 0..100 {
            recorder.note(now(), &trigger(&n.to_string()));
        }
        assert!(recorder.close(LONG));
        assert_eq!(count(&scratch.path().join(FILE_NAME), "facts"), 100);
    }

    #[test]
    fn closing_without_a_single_fact_is_quick_and_leaves_no_file() {
        let scratch = Scratch::new();
        assert!(Recorder::start(scratch.path(), KEEP_DEFAULT).unwrap().close(LONG));
        assert!(scratch.names().is_empty());
    }

    #[test]
    fn without_closing_all_up_to_the_last_transaction_is_readable() {
        let scratch = Scratch::new();
        let path = scratch.path().join(FILE_NAME);
        let recorder = Recorder::start(scratch.path(), KEEP_DEFAULT).unwrap();
        recorder.note(now(), &trigger("a"));
        recorder.note(now(), &trigger("b"));
        while count(&path, "facts") < 2 {
            sleep(Duration::from_millis(50));
        }
        // As after a kill: the files as they are now, the log of SQLite not yet merged.
        let copy = Scratch::new();
        for name in scratch.names() {
            fs::copy(scratch.path().join(&name), copy.path().join(&name)).unwrap();
        }
        mem::forget(recorder);
        assert_eq!(count(&copy.path().join(FILE_NAME), "facts"), 2);
        let next = Recorder::start(copy.path(), KEEP_DEFAULT).unwrap();
        next.note(now(), &trigger("c"));
        assert!(next.close(LONG));
        assert_eq!(count(&copy.path().join(FILE_NAME), "facts"), 3);
    }

    #[test]
    fn a_locked_file_costs_facts_and_never_time() {
        let scratch = Scratch::new();
        let path = scratch.path().join(FILE_NAME);
        let recorder = Recorder::start(scratch.path(), KEEP_DEFAULT).unwrap();
        recorder.note(now(), &trigger("first"));
        while count(&path, "facts") < 1 {
            sleep(Duration::from_millis(50));
        }
        let person = Connection::open(&path).unwrap();
        person.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Twice the queue: what the writer holds in its hands is as much again at most.
        let noted = 2 * QUEUE_MAX + 100;
        for _ in 0..noted {
            recorder.note(now(), &trigger("x"));
        }
        assert!(recorder.dropped() >= 100);
        while recorder.failed() == 0 {
            sleep(Duration::from_millis(50));
        }
        person.execute_batch("ROLLBACK").unwrap();
        let dropped = usize::try_from(recorder.dropped()).unwrap();
        assert!(recorder.close(LONG));
        assert_eq!(count(&path, "facts"), 1 + noted - dropped);
    }

    #[test]
    fn a_disk_that_stays_away_does_not_hold_up_the_end() {
        let scratch = Scratch::new();
        let recorder = Recorder::start(&scratch.path().join("missing"), KEEP_DEFAULT).unwrap();
        recorder.note(now(), &trigger("a"));
        assert!(recorder.close(LONG));
    }
}
