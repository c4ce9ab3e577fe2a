//! Keeps the journal: one thread that writes and syncs, so that a slow disk never stalls the show.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self as blocking, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::mpsc;
use tracing::{error, info};

use crate::{
    record::Journal,
    show::{
        event::{Event, Memory, Own, StreamIndex},
        memoir::Memoir,
        sheet::{Sheet, StreamSheet},
        venue::Backend,
    },
};

/// Memories waiting to be written. A stream has at most two on the way, so this is room for 32 streams at once.
const WAITING_MAX: usize = 64;
/// How often a journal that the disk refused is tried again: a kill before that leaves a stream that nobody knows of.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// Something to be remembered of a stream, under its name in the journal; `None` to look for where the show is.
type Entry = Option<(StreamIndex, Arc<str>, Memory)>;

/// Where the show is, until it is written: only the newest counts, however slow the disk is.
type Newest = Arc<Mutex<Option<Box<Memoir>>>>;

/// A handle to the thread.
#[derive(Debug)]
pub(super) struct Keeper {
    /// What each stream is called in the journal; `None` for one that ends with this process, such as a simulated one.
    keys: Vec<Option<Arc<str>>>,
    memories: SyncSender<Entry>,
    newest: Newest,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts the thread; it answers each memory with `Event::Remembered`. `stage` is where the show plays.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(super) fn start(
        journal: Journal,
        keys: Vec<Option<Arc<str>>>,
        stage: String,
    ) -> std::io::Result<(Self, mpsc::Receiver<Event>)> {
        let (memories, waiting) = blocking::sync_channel(WAITING_MAX);
        let (answers, events) = mpsc::channel(WAITING_MAX);
        let newest = Newest::default();
        let desk = Desk { journal, stage, newest: Arc::clone(&newest), refused: false };
        let keep = move || desk.keep(&waiting, &answers);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(keep)?;
        Ok((Self { keys, memories, newest, thread }, events))
    }

    /// Hands a memory to the thread; `Some` is the event for one that goes no further.
    pub(super) fn remember(&self, stream: StreamIndex, memory: Memory) -> Option<Event> {
        let Some(key) = &self.keys[stream.0] else {
            return Some(Event::Remembered { stream, memory, error: None });
        };
        let unsent = self.memories.try_send(Some((stream, Arc::clone(key), memory))).err()?;
        let (TrySendError::Full(entry) | TrySendError::Disconnected(entry)) = unsent;
        let (stream, _, memory) = entry?;
        Some(Event::Remembered { stream, memory, error: Some("the disk does not answer".to_owned()) })
    }

    /// Hands over where the show is. One that is not written yet is forgotten for it: of these, one at most waits.
    pub(super) fn keep(&self, memoir: Box<Memoir>) {
        let before = self.newest.lock().unwrap_or_else(PoisonError::into_inner).replace(memoir);
        if before.is_none() {
            // A full queue is looked through anyway, and this is found with what is in it.
            let _ = self.memories.try_send(None);
        }
    }

    /// Writes what is left and ends the thread.
    pub(super) fn close(self) {
        let Self { keys: _, memories, newest: _, thread } = self;
        drop(memories);
        // A thread that panicked has ended the process already.
        let _ = thread.join();
    }
}

/// What the thread works with.
#[derive(Debug)]
struct Desk {
    journal: Journal,
    stage: String,
    newest: Newest,
    /// Whether the disk refused the last write.
    refused: bool,
}

impl Desk {
    /// Writes what comes until nobody can send any more. What the disk refuses is kept and tried again, with all the
    /// rest: the show goes on meanwhile.
    fn keep(mut self, waiting: &Receiver<Entry>, answers: &mpsc::Sender<Event>) {
        loop {
            let next = if self.refused {
                waiting.recv_timeout(RETRY_EVERY)
            } else {
                waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let entry = match next {
                Ok(entry) => entry,
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Some((_, key, memory)) = &entry {
                self.journal.remember(key, memory.clone());
            }
            let error = self.write(entry.is_none());
            if let Some((stream, _, memory)) = entry {
                // At the end of the show nobody listens any more; what is left to write is written all the same.
                let _ = answers.blocking_send(Event::Remembered { stream, memory, error });
            }
        }
        let is_new = self.newest.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if self.refused || is_new {
            // The last chance; that it is refused was told.
            let _ = self.write(false);
        }
    }

    /// Writes all there is; where it cannot, it says so in the log if it `tells`, once.
    fn write(&mut self, tells: bool) -> Option<String> {
        if let Some(memoir) = self.newest.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.journal.keep(&self.stage, *memoir);
        }
        let error = self.journal.store().err().map(|error| chain(&error));
        match &error {
            None if self.refused => info!("State is written to disk again."),
            Some(message) if tells && !self.refused => {
                error!(message, "State cannot be written to disk; the show goes on without.");
            }
            None | Some(_) => {}
        }
        self.refused = error.is_some();
        error
    }
}

/// Returns what is remembered of the streams of this show, by name.
pub(super) fn memories(
    journal: &Journal,
    sheet: &Sheet,
    keys: &[Option<Arc<str>>],
) -> BTreeMap<Arc<str>, Memory> {
    let memory = |key: &Option<Arc<str>>| {
        let kept = journal.get(key.as_ref()?).cloned();
        // A first start, or a journal that was lost: the account knows.
        Some(kept.unwrap_or_else(|| Own::Unknown.into()))
    };
    let streams = sheet.streams.iter().zip(keys);
    streams.filter_map(|(stream, key)| Some((Arc::clone(&stream.name), memory(key)?))).collect()
}

/// Returns what a stream is called in the journal: its name and where it lives, so that a rehearsal against another
/// installation leaves the memory of this one alone.
pub(super) fn key(stream: &StreamSheet, api: &str) -> Option<Arc<str>> {
    let remembered = stream.connection.backend != Backend::Simulator;
    remembered.then(|| format!("{} at {api}", stream.name).into())
}

/// Returns where a show plays: the APIs of its streams. A rehearsal elsewhere has a place of its own in the journal.
pub(super) fn stage(keys: &[Option<Arc<str>>]) -> String {
    let api = |key: &Option<Arc<str>>| {
        let api = key.as_ref().and_then(|key| key.split_once(" at "));
        api.map_or("simulator", |(_, api)| api).to_owned()
    };
    let apis: BTreeSet<String> = keys.iter().map(api).collect();
    apis.into_iter().collect::<Vec<_>>().join(", ")
}

/// Joins an error and its sources into one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
