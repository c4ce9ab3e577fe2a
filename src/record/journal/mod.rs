//! The journal: which streams at the backend are ours, on disk before anything depends on it, and where the show is.
//!
//! Written whole at every change and replaced in one step, so that a power cut leaves the old one or the new one. Not
//! the history: that may lose its last second, this may lose nothing.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use tracing::error;

use super::aside::set_aside;
use crate::show::{
    event::{Memory, Own},
    memoir::Memoir,
};

/// The name of the file in the state directory.
pub const FILE_NAME: &str = "journal.json";

/// The only version of the file so far. What is added to it, older programs leave aside: whoever goes back to one loses no
/// stream. A file that they would misunderstand has another.
const VERSION: u32 = 1;

/// How much of a file is read. A show takes some hundred bytes a stream; one of 32 streams that are all full of long
/// prompts from outside has 2 MiB, so what is longer is not ours.
const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How many shows are kept, each on its own stage: the live one, and rehearsals elsewhere. The one that was longest away goes.
const SHOWS_MAX: usize = 4;

/// Which streams are ours and where the show is, as it is on disk or is about to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    directory: PathBuf,
    streams: BTreeMap<String, Memory>,
    /// The one that was written last is the last.
    shows: Vec<Kept>,
}

/// Where a show is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// On which stage it plays.
    stage: String,
    show: Memoir,
}

/// Why the journal is not on disk.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The new file cannot be written.
    #[error("cannot write the journal `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The new file cannot take the place of the old one.
    #[error("cannot replace the journal `{}`", path.display())]
    Replace {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Journal {
    /// Reads the journal in a state directory; empty if there is none.
    ///
    /// Never refuses: a file that cannot be understood is set aside under another name, with an error in the log, and
    /// the show begins with an empty journal.
    pub fn load(directory: &Path) -> Self {
        let path = directory.join(FILE_NAME);
        let (streams, shows) = match read(&path) {
            Ok(Contents { streams, shows, .. }) => (streams, shows),
            Err(Unreadable::Missing) => (BTreeMap::new(), Vec::new()),
            Err(reason) => {
                set_damaged_aside(&path, &reason);
                (BTreeMap::new(), Vec::new())
            }
        };
        let streams = streams.into_iter().map(|(stream, entry)| (stream, entry.memory())).collect();
        Self { directory: directory.to_owned(), streams, shows: readable(shows, &path) }
    }

    /// Returns where the show of a stage is; `None` if nothing is known of it.
    pub fn memoir(&self, stage: &str) -> Option<&Memoir> {
        self.shows.iter().find(|kept| kept.stage == stage).map(|kept| &kept.show)
    }

    /// Takes where the show of a stage is; [`Journal::store`] puts it on disk.
    pub fn keep(&mut self, stage: &str, show: Memoir) {
        self.shows.retain(|kept| kept.stage != stage);
        self.shows.push(Kept { stage: stage.to_owned(), show });
        if self.shows.len() > SHOWS_MAX {
            self.shows.remove(0);
        }
    }

    /// Returns what is known of a stream; `None` if nothing is.
    pub fn get(&self, stream: &str) -> Option<&Memory> {
        self.streams.get(stream)
    }

    /// Returns what is known of every stream, by the name it has in the show.
    pub fn streams(&self) -> impl Iterator<Item = (&str, &Memory)> {
        self.streams.iter().map(|(stream, memory)| (stream.as_str(), memory))
    }

    /// Takes something to be remembered; [`Journal::store`] puts it on disk.
    pub fn remember(&mut self, stream: &str, memory: Memory) {
        if memory == Memory::default() {
            self.streams.remove(stream);
        } else {
            self.streams.insert(stream.to_owned(), memory);
        }
    }

    /// Puts the journal on disk and returns when it is there, also after a power cut. Blocks, typically for some 3 ms.
    ///
    /// # Errors
    ///
    /// Says what could not be done; the file on disk is then the one before.
    pub fn store(&self) -> Result<(), JournalError> {
        let path = self.directory.join(FILE_NAME);
        let new = self.directory.join("journal.json.new");
        let written = self.contents().and_then(|bytes| write_synced(&new, &bytes));
        written.map_err(|source| JournalError::Write { path: new.clone(), source })?;
        // The rename itself is on disk only when the directory is.
        fs::rename(&new, &path)
            .and_then(|()| File::open(&self.directory)?.sync_all())
            .map_err(|source| JournalError::Replace { path, source })
    }

    fn contents(&self) -> io::Result<Vec<u8>> {
        let streams = self.streams.iter().map(|(stream, memory)| (stream.clone(), Entry::of(memory)));
        let shows = self.shows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let mut contents = Contents { version: VERSION, streams: streams.collect(), shows };
        let bytes = serde_json::to_vec(&contents)?;
        if bytes.len() as u64 <= BYTES_MAX {
            return Ok(bytes);
        }
        // Whose the streams are matters more than where they are.
        contents.shows.clear();
        Ok(serde_json::to_vec(&contents)?)
    }
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    streams: BTreeMap<String, Entry>,
    /// Each a [`Kept`]; read one by one, so that what makes no sense of one costs neither the others nor the streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shows: Vec<Value>,
}

/// One stream. What is not there, an older file did not know of.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    state: State,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    leftovers: Vec<Arc<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    creates: Vec<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Gone,
    Creating {
        name: Arc<str>,
    },
    Created {
        id: Arc<str>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untold: bool,
    },
}

impl Entry {
    fn of(memory: &Memory) -> Self {
        let Memory { own, leftovers, creates } = memory.clone();
        let state = match own {
            Own::Gone | Own::Unknown => State::Gone,
            Own::Creating { name } => State::Creating { name },
            Own::Created { id, untold } => State::Created { id, untold },
        };
        Self { state, leftovers, creates }
    }

    fn memory(self) -> Memory {
        let Self { state, leftovers, creates } = self;
        let own = match state {
            State::Gone => Own::Gone,
            State::Creating { name } => Own::Creating { name },
            State::Created { id, untold } => Own::Created { id, untold },
        };
        Memory { own, leftovers, creates }
    }
}

/// The one key that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Debug, Error)]
enum Unreadable {
    #[error("there is none")]
    Missing,
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    #[error("it is longer than {BYTES_MAX} bytes")]
    TooLong,
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    #[error("its version is {0}, this program knows only {VERSION}")]
    UnknownVersion(u32),
}

fn read(path: &Path) -> Result<Contents, Unreadable> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::Io(error),
    })?;
    let mut bytes = Vec::new();
    let length = file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Unreadable::Io)?;
    if length as u64 > BYTES_MAX {
        return Err(Unreadable::TooLong);
    }
    let Version { version } = serde_json::from_slice(&bytes)?;
    if version != VERSION {
        return Err(Unreadable::UnknownVersion(version));
    }
    Ok(serde_json::from_slice(&bytes)?)
}

/// Returns the shows that make sense, and tells of those that do not.
fn readable(shows: Vec<Value>, path: &Path) -> Vec<Kept> {
    let read = |show: Value| match Kept::deserialize(show) {
        Ok(kept) => Some(kept),
        Err(reason) => {
            error!(path = %path.display(), %reason, "The journal does not say where the show was; it begins anew.");
            None
        }
    };
    let mut kept: Vec<Kept> = Vec::new();
    for show in shows.into_iter().filter_map(read) {
        kept.retain(|other| other.stage != show.stage);
        kept.push(show);
    }
    kept.split_off(kept.len().saturating_sub(SHOWS_MAX))
}

fn set_damaged_aside(path: &Path, reason: &Unreadable) {
    match set_aside(path, &[]) {
        Ok(aside) => error!(
            path = %path.display(), aside = %aside.display(), %reason,
            "The journal is no use and was set aside: streams that it names are no longer known as ours."
        ),
        Err(error) => error!(
            path = %path.display(), %reason, %error,
            "The journal is no use and cannot be set aside: streams that it names are no longer known as ours."
        ),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
