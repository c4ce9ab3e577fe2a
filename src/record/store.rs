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

use super::{
    fold::{Fold, Held, Kind, Taken},
    row::Row,
    writer::{Line, Writer},
};
use crate::show::{fact::Fact, sheet::Sheet, time::Now, venue::Keeping};

/// The name of the file in the state directory.
pub const FILE_NAME: &str = "history.db";

/// Rows waiting for the disk. Eight busy streams make some 40 rows a second (4 updates, a poll every 5 s), so this is
/// more than a minute and a half of a disk that stands still; at 200 bytes a row, 0.8 MB.
pub(super) const QUEUE_MAX: usize = 4096;

/// Keeps the history of a show in `history.db`.
///
/// Dropping it without [`Recorder::close`] ends it as well, without waiting.
#[derive(Debug)]
pub struct Recorder {
    lines: SyncSender<Line>,
    folded: Fold<Row>,
    /// When something was last noted.
    last: Option<Now>,
    show: Arc<str>,
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

/// Whose history it is, for whoever reads it.
#[derive(Clone, Debug)]
pub struct About {
    /// The show's name.
    pub show: Arc<str>,
    /// The IANA name of its zone.
    pub zone: Arc<str>,
}

impl About {
    /// Returns what a show's history says of it.
    pub fn of(sheet: &Sheet) -> Self {
        Self { show: Arc::clone(&sheet.title), zone: sheet.zone.iana_name().unwrap_or("UTC").into() }
    }
}

/// Where a show begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The show began.
    Started,
    /// The show ended in order; after a power cut there is no such mark.
    Ended,
}

impl Recorder {
    /// Starts to keep history in a state directory, within bounds.
    ///
    /// A disk that fails is no error here or anywhere: it is tried again and counted.
    ///
    /// # Errors
    ///
    /// Only if the system refuses a thread.
    pub fn start(directory: &Path, about: About, keeping: Keeping) -> io::Result<Self> {
        let (lines, queue) = mpsc::sync_channel(QUEUE_MAX);
        let (open, closing) = mpsc::channel();
        let (running, ended) = mpsc::channel::<Infallible>();
        let counts = Arc::new(Counts::default());
        let show = Arc::clone(&about.show);
        let mut writer = Writer::new(directory.join(FILE_NAME), about, keeping, Arc::clone(&counts));
        thread::Builder::new().name("history".to_owned()).spawn(move || {
            writer.run(&queue, &closing);
            drop(writer);
            drop(running);
        })?;
        Ok(Self { lines, folded: Fold::new(), last: None, show, counts, open, ended })
    }

    /// Takes a fact that happened at `now`. Never waits: what finds no room is dropped and counted.
    ///
    /// Of facts that come in floods the first few of a minute are rows of their own, the rest one row with a count.
    pub fn note(&mut self, now: Now, fact: &Fact) {
        self.last = Some(now);
        for (_, held) in self.folded.ended(now.mono) {
            self.send(now, unfolded(held));
        }
        let Some(row) = Row::of(now.wall, fact) else { return self.lose() };
        match Kind::of_row(fact).map(|kind| self.folded.take(kind, row.clone(), now.mono)) {
            None => self.send(now, row),
            Some(Taken::Free(row)) => self.send(now, row),
            Some(Taken::Held) => {}
            Some(Taken::Refused(_)) => self.lose(),
        }
    }

    /// Notes where the show begins or ends.
    pub fn mark(&mut self, now: Now, mark: Mark) {
        self.last = Some(now);
        let kind = match mark {
            Mark::Started => "show_started",
            Mark::Ended => "show_ended",
        };
        let row = Row::mark(now.wall, kind, &self.show);
        self.send(now, row);
    }

    fn send(&self, now: Now, row: Row) {
        if self.lines.try_send(Line { now, row }).is_err() {
            self.lose();
        }
    }

    fn lose(&self) {
        self.counts.dropped.fetch_add(1, Ordering::Relaxed);
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
    pub fn close(mut self, timeout: Duration) -> bool {
        if let Some(now) = self.last {
            for (_, held) in self.folded.rest() {
                self.send(now, unfolded(held));
            }
        }
        drop(self.lines);
        drop(self.open);
        matches!(self.ended.recv_timeout(timeout), Err(RecvTimeoutError::Disconnected))
    }
}

/// Returns the row that stands for what was held back.
fn unfolded(held: Held<Row>) -> Row {
    let Held { first, last, count } = held;
    let last = last.map_or(first.t(), |last| last.t());
    first.times(count, last)
}
