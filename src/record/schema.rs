//! The history file: its tables, and opening one that is fit to be written to.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

/// The version of the tables; `user_version` in the file.
const VERSION: i64 = 1;

/// How long a statement waits for somebody else's lock, such as a person who copies the file. Two thirds of the second
/// that the writer has for a transaction, so that a lock does not hold up the end of the daemon.
const LOCK_WAIT: Duration = Duration::from_millis(650);

/// The tables as of version 1. Times are milliseconds since 1970 UTC.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS facts (
        t INTEGER NOT NULL, kind TEXT NOT NULL, stream TEXT, name TEXT, detail TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS facts_t ON facts (t);
    CREATE TABLE IF NOT EXISTS polls (
        t INTEGER NOT NULL, stream TEXT NOT NULL, state TEXT, fps_in REAL, fps_out REAL,
        output_age_ms INTEGER, restart_count INTEGER);
    CREATE INDEX IF NOT EXISTS polls_t ON polls (t);
    CREATE TABLE IF NOT EXISTS updates (
        t INTEGER NOT NULL, stream TEXT NOT NULL, round_trip_ms REAL NOT NULL,
        encodes INTEGER NOT NULL, coalesced INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS updates_t ON updates (t);";

/// Why the history cannot be written.
#[derive(Debug, Error)]
pub(super) enum StoreError {
    #[error("cannot open the file: {0}")]
    Open(#[from] io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error("the tables have version {0}, this program knows only {VERSION}")]
    UnknownVersion(i64),
}

impl StoreError {
    /// Returns whether the file itself is no use, so that trying again cannot help.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Open(_) => false,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            Self::UnknownVersion(_) => true,
        }
    }
}

/// An open history file.
#[derive(Debug)]
pub(super) struct History {
    pub(super) connection: Connection,
    /// Which file on which device it is.
    identity: (u64, u64),
}

impl History {
    /// Opens a history file; makes what is missing of it.
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
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        if version != VERSION {
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
        Ok(Self { connection, identity: identity(path)? })
    }

    /// Returns how many bytes of the file are in use; deleted rows leave room that is used again.
    pub(super) fn bytes_in_use(&self) -> rusqlite::Result<i64> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
    }

    /// Returns whether the file is still the one under that name: `SQLite` goes on writing to a deleted one.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|identity| identity == self.identity)
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
