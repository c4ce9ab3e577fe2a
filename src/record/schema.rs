//! The history file: its tables, bringing an older file up to date, and opening one that is fit to be written to.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, params};
use thiserror::Error;

use super::chapters::HOUR_MS;

/// The version of the tables; `user_version` in the file.
pub(super) const VERSION: i64 = 2;

/// How long a statement waits for somebody else's lock, such as a person who copies the file. Two thirds of the second
/// that the writer has for a transaction, so that a lock does not hold up the end of the daemon.
const LOCK_WAIT: Duration = Duration::from_millis(650);

/// How far the log of `SQLite` shrinks after it was merged: 4 MB, what it grows to between two merges as a rule.
const LOG_LEFT: i64 = 4 * 1024 * 1024;

/// The tables as of version 2. Times (`t`, `last`) are milliseconds since 1970 UTC as the calendar clock had them; `id` is
/// one sequence over all tables, in the order of writing. `chapters` say how old what was written is.
const TABLES: &str = "
    CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE chapters (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, first INTEGER NOT NULL, fine INTEGER NOT NULL DEFAULT 1);
    CREATE TABLE facts (
        id INTEGER PRIMARY KEY, t INTEGER NOT NULL, kind TEXT NOT NULL, stream TEXT, name TEXT, detail TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 1, last INTEGER);
    CREATE INDEX facts_t ON facts (t);
    CREATE INDEX facts_scenes ON facts (t, kind, stream)
        WHERE kind IN ('transition_started', 'transition_ended', 'show_started', 'show_ended');
    CREATE TABLE polls (
        id INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream TEXT NOT NULL, state TEXT, fps_in REAL, fps_out REAL,
        output_age_ms INTEGER, restart_count INTEGER);
    CREATE INDEX polls_t ON polls (t);
    CREATE TABLE updates (
        id INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream TEXT NOT NULL, round_trip_ms REAL NOT NULL,
        encodes INTEGER NOT NULL, coalesced INTEGER NOT NULL);
    CREATE INDEX updates_t ON updates (t);
    CREATE TABLE minutes (
        chapter INTEGER NOT NULL, t INTEGER NOT NULL, stream TEXT NOT NULL,
        polls INTEGER NOT NULL DEFAULT 0, fps_in_min REAL, fps_in REAL, fps_in_max REAL,
        fps_out_min REAL, fps_out REAL, fps_out_max REAL, output_age_ms_max INTEGER,
        updates INTEGER NOT NULL DEFAULT 0, round_trip_ms_min REAL, round_trip_ms REAL, round_trip_ms_max REAL,
        encodes INTEGER NOT NULL DEFAULT 0, coalesced INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (chapter, t, stream)) WITHOUT ROWID;
    CREATE INDEX minutes_t ON minutes (t);";

/// Moves the tables of version 1 out of the way of their successors.
const FROM_1: &str = "
    DROP INDEX IF EXISTS facts_t; DROP INDEX IF EXISTS polls_t; DROP INDEX IF EXISTS updates_t;
    ALTER TABLE facts RENAME TO facts_1; ALTER TABLE polls RENAME TO polls_1; ALTER TABLE updates RENAME TO updates_1;";

/// The tables of version 1, and what goes over from them.
const TABLES_1: [(&str, &str); 3] = [
    ("facts", "t, kind, stream, name, detail"),
    ("polls", "t, stream, state, fps_in, fps_out, output_age_ms, restart_count"),
    ("updates", "t, stream, round_trip_ms, encodes, coalesced"),
];

/// Why the history cannot be written.
#[derive(Debug, Error)]
pub(super) enum StoreError {
    #[error("cannot open the file: {0}")]
    Open(#[from] io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error("the tables have version {0}, this program knows only up to {VERSION}")]
    UnknownVersion(i64),
    #[error("its log has grown to {0} bytes and cannot be merged while somebody reads")]
    LogHeld(u64),
}

impl StoreError {
    /// Returns whether the file itself is no use, so that trying again cannot help.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Open(_) | Self::LogHeld(_) => false,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            Self::UnknownVersion(_) => true,
        }
    }

    /// Returns what a person can do about it.
    pub(super) fn hint(&self) -> &'static str {
        const NO_ROOM: &str =
            "make room on the disk, or let the show keep less with `history: { max_size: … }`";
        const NO_RIGHT: &str =
            "the state directory has to be there and writable for the user who runs the show";
        match self {
            Self::Open(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => NO_ROOM,
                _ => NO_RIGHT,
            },
            Self::Database(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => NO_ROOM,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "end the other program that has the history open for writing"
                }
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => NO_RIGHT,
                _ => "the disk may be full or failing: `dmesg` may know more",
            },
            Self::LogHeld(_) => "end the other program that has the history open",
            Self::UnknownVersion(_) => "it was written by a later segue",
        }
    }
}

/// An open history file.
#[derive(Debug)]
pub(super) struct HistoryFile {
    pub(super) connection: Connection,
    /// The number of the next row.
    pub(super) next: i64,
    /// Which file on which device it is.
    identity: (u64, u64),
}

impl HistoryFile {
    /// Opens a history file; makes what is missing of it, and brings an older one up to date.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite would make it readable for everybody.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(LOCK_WAIT)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if !(0..=VERSION).contains(&version) {
            return Err(StoreError::UnknownVersion(version));
        }
        // So that the file can shrink; it takes effect on a file that is empty yet, or at the next VACUUM.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_LEFT, |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        if version < VERSION {
            let transaction = connection.transaction()?;
            bring_up_to_date(&transaction, version)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        if version == 1 {
            // Without the room for it the file is as good, it only does not shrink.
            let _ = connection.execute_batch("VACUUM");
        }
        let next = connection.query_row(
            "SELECT 1 + max(coalesce((SELECT max(id) FROM facts), 0), coalesce((SELECT max(id) FROM polls), 0),
                coalesce((SELECT max(id) FROM updates), 0), coalesce((SELECT max(first) - 1 FROM chapters), 0))",
            [],
            |row| row.get(0),
        )?;
        Ok(Self { connection, next, identity: identity(path)? })
    }

    /// Returns how many bytes the pages in use take, and how many the file.
    pub(super) fn bytes(&self) -> rusqlite::Result<(i64, i64)> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (pages, free, size) = (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
        Ok(((pages - free) * size, pages * size))
    }

    /// Returns whether the file is still the one under that name: `SQLite` goes on writing to a deleted one.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|identity| identity == self.identity)
    }
}

/// Makes the tables, and fills them from those of an older version.
fn bring_up_to_date(transaction: &Transaction<'_>, version: i64) -> rusqlite::Result<()> {
    if version == 0 {
        return transaction.execute_batch(TABLES);
    }
    transaction.execute_batch(FROM_1)?;
    transaction.execute_batch(TABLES)?;
    let hours = transaction
        .prepare(&format!(
            "SELECT t / {HOUR_MS} FROM facts_1 UNION SELECT t / {HOUR_MS} FROM polls_1
             UNION SELECT t / {HOUR_MS} FROM updates_1 ORDER BY 1"
        ))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    // Looked up hour by hour; version 1 had the same indexes, under names that are taken again.
    transaction.execute_batch(
        "CREATE INDEX facts_1_t ON facts_1 (t); CREATE INDEX polls_1_t ON polls_1 (t);
         CREATE INDEX updates_1_t ON updates_1 (t);",
    )?;
    let mut next = 1_i64;
    for hour in hours {
        let from = hour * HOUR_MS;
        transaction.execute("INSERT INTO chapters (at, first) VALUES (?1, ?2)", [from, next])?;
        for (table, columns) in TABLES_1 {
            let moved = transaction
                .prepare_cached(&format!(
                    "INSERT INTO {table} (id, {columns})
                     SELECT ?1 - 1 + row_number() OVER (ORDER BY t, rowid), {columns} FROM {table}_1
                     WHERE t >= ?2 AND t < ?3"
                ))?
                .execute(params![next, from, from + HOUR_MS])?;
            next += i64::try_from(moved).unwrap_or(0);
        }
    }
    transaction.execute_batch("DROP TABLE facts_1; DROP TABLE polls_1; DROP TABLE updates_1;")
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
