//! The thread that writes the history: one transaction a second at most, for as long as the show lasts, whatever the
//! disk does.
//!
//! It knows no clock. It counts its own turns, which take a second or more, and reads the time off the rows.

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use rusqlite::TransactionBehavior;
use tracing::{error, info, warn};

use super::{
    aside::set_aside,
    row::Row,
    schema::{History, StoreError},
    store::{Counts, QUEUE_MAX},
};

/// Between two transactions: so many rows at most are lost in a power cut, and a card wears out no faster.
const PERIOD: Duration = Duration::from_secs(1);

/// Turns between two warnings about the disk: a turn takes a second or more, so a minute or more.
const QUIET_TURNS: u32 = 60;

/// How often a refused transaction is tried when the daemon ends: a damaged file needs a second try, and with the wait
/// for a lock of 0.65 s three fit into two seconds.
const LAST_TRIES_MAX: u32 = 3;

/// Between two deletions of what is too old, in milliseconds: an hour.
const SWEEP_EVERY_MS: i64 = 60 * 60 * 1000;

/// Rows deleted from a table in one turn. An hour of eight busy streams adds 144,000 rows, so some seven turns keep up;
/// this many take some 20 ms.
const SWEEP_ROWS_MAX: usize = 20_000;

/// How much of the disk the history may use, whatever is to be kept: 1 GiB. 90 days of one stream are 1.6 million polls
/// (0.1 GB), but 31 million updates (2 GB) if it never rests. Beyond this the oldest of both go first.
const BYTES_MAX: i64 = 1024 * 1024 * 1024;

/// The tables, in which every row has a `t`, and whether they are so large that [`BYTES_MAX`] may cost them rows.
const TABLES: [(&str, bool); 3] = [("facts", false), ("polls", true), ("updates", true)];

/// Writes rows to a history file, and begins a new one where that is no use.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    /// In milliseconds.
    keep: i64,
    bytes_max: i64,
    history: Option<History>,
    counts: Arc<Counts>,
    /// Turns until the next warning about the disk.
    quiet_turns: u32,
    /// Whether the last transaction was refused.
    failing: bool,
    /// When what is too old was last deleted, by the time of the rows.
    swept_at: Option<i64>,
}

impl Writer {
    /// Touches no disk yet.
    pub(super) fn new(path: PathBuf, keep: Duration, counts: Arc<Counts>) -> Self {
        let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        Self {
            path,
            keep,
            bytes_max: BYTES_MAX,
            history: None,
            counts,
            quiet_turns: 0,
            failing: false,
            swept_at: None,
        }
    }

    /// Writes rows until nobody can send any more.
    pub(super) fn run(&mut self, rows: &Receiver<Row>, closing: &Receiver<Infallible>) {
        let mut batch = Vec::new();
        let mut last_tries = 0;
        loop {
            if batch.is_empty() {
                match rows.recv() {
                    Ok(row) => batch.push(row),
                    Err(_) => return,
                }
            }
            let last = closing.recv_timeout(PERIOD) == Err(RecvTimeoutError::Disconnected);
            batch.extend(rows.try_iter().take(QUEUE_MAX - batch.len()));
            if self.turn(&batch) {
                batch.clear();
            } else if last {
                last_tries += 1;
                if last_tries == LAST_TRIES_MAX {
                    let lost = batch.len() + rows.try_iter().count();
                    warn!(rows = lost, "The end of the history is lost: the disk still refuses it.");
                    self.counts.dropped.fetch_add(lost as u64, Ordering::Relaxed);
                    return;
                }
            }
        }
    }

    /// Writes some rows in one transaction and returns whether they are written.
    pub(super) fn turn(&mut self, batch: &[Row]) -> bool {
        self.quiet_turns = self.quiet_turns.saturating_sub(1);
        if let Err(error) = self.write(batch) {
            self.fail(&error);
            return false;
        }
        if self.failing {
            self.failing = false;
            info!("The history is written again.");
        }
        if let Some(now) = batch.last().map(Row::t)
            && let Err(error) = self.sweep(now)
        {
            self.fail(&error);
        }
        true
    }

    fn write(&mut self, batch: &[Row]) -> Result<(), StoreError> {
        let transaction =
            self.history()?.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in batch {
            row.insert(&transaction)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Deletes some of what is too old, if an hour has passed or the last time did not get to the end.
    fn sweep(&mut self, now: i64) -> Result<(), StoreError> {
        // A clock that was set back must not stop the sweeping until it gets there again.
        let due = self.swept_at.is_none_or(|swept_at| !(swept_at..swept_at + SWEEP_EVERY_MS).contains(&now));
        if !due {
            return Ok(());
        }
        let oldest_kept = now.saturating_sub(self.keep);
        let bytes_max = self.bytes_max;
        let history = self.history()?;
        let too_large = history.bytes_in_use()? > bytes_max;
        let transaction = history.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut finished = true;
        for (table, may_shrink) in TABLES {
            let before = if too_large && may_shrink { i64::MAX } else { oldest_kept };
            let deleted = transaction
                .prepare_cached(&format!(
                    "DELETE FROM {table} WHERE rowid IN \
                     (SELECT rowid FROM {table} WHERE t < ?1 ORDER BY t LIMIT {SWEEP_ROWS_MAX})"
                ))?
                .execute([before])?;
            finished &= if before == i64::MAX { deleted == 0 } else { deleted < SWEEP_ROWS_MAX };
        }
        transaction.commit()?;
        if finished {
            history.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            self.swept_at = Some(now);
        }
        Ok(())
    }

    /// Returns the open file; opens it if it is not, or if the name means another file by now.
    fn history(&mut self) -> Result<&mut History, StoreError> {
        if self.history.as_ref().is_some_and(|history| !history.is_at(&self.path)) {
            // Closed before the new one is opened: closing removes the companions of that name.
            self.history = None;
        }
        match &mut self.history {
            Some(history) => Ok(history),
            closed @ None => Ok(closed.insert(History::open(&self.path)?)),
        }
    }

    /// Makes the best of a refusal: the next turn opens the file anew, a damaged one is out of its way.
    fn fail(&mut self, reason: &StoreError) {
        self.history = None;
        self.failing = true;
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        if reason.is_damage() {
            match set_aside(&self.path, &["-wal", "-shm"]) {
                Ok(aside) => {
                    error!(aside = %aside.display(), %reason, "The history is damaged and was set aside.");
                }
                Err(error) => {
                    self.warn_now_and_then(&format!("{reason}, and it cannot be set aside: {error}"));
                }
            }
        } else {
            self.warn_now_and_then(&reason.to_string());
        }
    }

    fn warn_now_and_then(&mut self, reason: &str) {
        if self.quiet_turns == 0 {
            self.quiet_turns = QUIET_TURNS;
            let failed = self.counts.failed.load(Ordering::Relaxed);
            warn!(path = %self.path.display(), reason, failed, "The history cannot be written; trying again.");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use rusqlite::Connection;

    use super::*;
    use crate::record::{scratch::Scratch, store::FILE_NAME};

    const HOUR: i64 = SWEEP_EVERY_MS;

    fn writer(scratch: &Scratch, keep: Duration) -> Writer {
        Writer::new(scratch.path().join(FILE_NAME), keep, Arc::default())
    }

    fn row(t: i64) -> Row {
        Row::Update { t, stream: "wall".to_owned(), round_trip_ms: 150.0, encodes: 0, coalesced: 0 }
    }

    fn times(path: &Path) -> Vec<i64> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection.prepare("SELECT t FROM updates ORDER BY t").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_too_old_goes_once_an_hour() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(writer.turn(&[row(0), row(HOUR)]));
        assert!(writer.turn(&[row(11 * HOUR)]));
        assert_eq!(times(&writer.path), [HOUR, 11 * HOUR]);
        assert!(writer.turn(&[row(11 * HOUR + HOUR / 2)]));
        assert_eq!(times(&writer.path)[0], HOUR, "not yet an hour");
        assert!(writer.turn(&[row(12 * HOUR)]));
        assert_eq!(times(&writer.path), [11 * HOUR, 11 * HOUR + HOUR / 2, 12 * HOUR]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_the_sweeping() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(writer.turn(&[row(1000 * HOUR)]));
        assert!(writer.turn(&[row(0)]));
        assert!(writer.turn(&[row(20 * HOUR)]));
        assert_eq!(times(&writer.path), [20 * HOUR, 1000 * HOUR]);
    }

    #[test]
    fn a_turn_deletes_a_bounded_number_and_the_next_goes_on() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        let old: Vec<_> = (0..).map(row).take(SWEEP_ROWS_MAX + 5).collect();
        assert!(writer.turn(&old));
        assert!(writer.turn(&[row(100 * HOUR)]));
        assert_eq!(times(&writer.path).len(), 6);
        assert!(writer.turn(&[row(100 * HOUR + 1)]));
        assert_eq!(times(&writer.path), [100 * HOUR, 100 * HOUR + 1]);
        let log = scratch.path().join("history.db-wal");
        assert_eq!(fs::metadata(log).unwrap().len(), 0, "merged and cut after the last batch");
    }

    #[test]
    fn a_history_that_outgrows_its_limit_loses_the_oldest() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(1000));
        writer.bytes_max = 1_000_000;
        let many: Vec<_> = (0..50_000).map(row).collect();
        assert!(writer.turn(&many));
        for turn in 0..10 {
            assert!(writer.turn(&[row(50_000 + turn)]));
        }
        let times = times(&writer.path);
        assert_eq!(times.last(), Some(&50_009));
        assert!((5_000..30_000).contains(&times.len()), "{}", times.len());
        assert!(writer.history().unwrap().bytes_in_use().unwrap() <= 1_000_000);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
        let scratch = Scratch::new();
        fs::write(
            scratch.path().join(FILE_NAME),
            "this is no database, only text that is long enough".repeat(100),
        )
        .unwrap();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(!writer.turn(&[row(1)]));
        assert!(writer.turn(&[row(1)]));
        assert_eq!(times(&writer.path), [1]);
        assert!(scratch.names().contains(&"history.db.damaged-1".to_owned()));
        assert_eq!(writer.counts.failed.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn damage_in_the_middle_of_the_show_is_found_and_set_aside() {
        let scratch = Scratch::new();
        let path = scratch.path().join(FILE_NAME);
        let mut first = writer(&scratch, Duration::from_hours(10));
        assert!(first.turn(&(0..5000).map(row).collect::<Vec<_>>()));
        drop(first);
        let length = fs::metadata(&path).unwrap().len() as usize;
        let mut bytes = fs::read(&path).unwrap();
        bytes[4096..length].fill(0x5a);
        fs::write(&path, bytes).unwrap();
        let mut next = writer(&scratch, Duration::from_hours(10));
        assert!(!next.turn(&[row(1)]));
        assert!(next.turn(&[row(1)]));
        assert_eq!(times(&path), [1]);
    }

    #[test]
    fn the_file_of_a_later_program_is_set_aside() {
        let scratch = Scratch::new();
        let path = scratch.path().join(FILE_NAME);
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(!writer.turn(&[row(1)]));
        assert!(writer.turn(&[row(1)]));
        assert!(scratch.names().contains(&"history.db.damaged-1".to_owned()));
    }

    #[test]
    fn a_deleted_file_is_begun_anew() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(writer.turn(&[row(1)]));
        fs::remove_file(&writer.path).unwrap();
        assert!(writer.turn(&[row(2)]));
        assert_eq!(times(&writer.path), [2]);
    }

    #[test]
    fn a_disk_that_comes_back_is_written_again() {
        let scratch = Scratch::new();
        let path = scratch.path().join("away").join(FILE_NAME);
        let mut writer = Writer::new(path.clone(), Duration::from_hours(10), Arc::default());
        for _ in 0..QUIET_TURNS {
            assert!(!writer.turn(&[row(1)]));
        }
        assert_eq!(writer.quiet_turns, 1, "one warning so far");
        fs::create_dir(scratch.path().join("away")).unwrap();
        assert!(writer.turn(&[row(1)]));
        assert_eq!(times(&path), [1]);
        assert!(!writer.failing);
    }

    #[test]
    fn what_a_full_disk_refused_is_written_when_there_is_room() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        let many: Vec<_> = (0..5000).map(row).collect();
        assert!(writer.turn(&[row(0)]));
        // The limit goes with the connection: the next one finds room.
        let connection = &writer.history().unwrap().connection;
        connection.query_row("PRAGMA max_page_count = 1", [], |_| Ok(())).unwrap();
        assert!(!writer.turn(&many));
        assert_eq!(times(&writer.path), [0], "all or nothing");
        assert!(writer.turn(&many));
        assert_eq!(times(&writer.path).len(), 5001);
    }

    #[test]
    fn the_file_is_for_nobody_else() {
        let scratch = Scratch::new();
        let mut writer = writer(&scratch, Duration::from_hours(10));
        assert!(writer.turn(&[row(1)]));
        for name in scratch.names() {
            let mode = fs::metadata(scratch.path().join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
