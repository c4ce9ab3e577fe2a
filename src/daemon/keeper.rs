//! Keeps the journal: one thread that writes and syncs, so that a slow disk never stalls the show.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{self as blocking, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::mpsc;
use tracing::info;

use crate::{
    record::Journal,
    show::{
        event::{Event, Memory, Own, StreamIndex},
        sheet::{Sheet, StreamSheet},
        venue::Backend,
    },
};

/// Memories waiting to be written. A stream has at most two on the way, so this is room for 32 streams at once.
const WAITING_MAX: usize = 64;
/// How often a journal that the disk refused is tried again: a kill before that leaves a stream that nobody knows of.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// Something to be remembered of a stream, under its name in the journal.
type Entry = (StreamIndex, Arc<str>, Memory);

/// A handle to the thread.
#[derive(Debug)]
pub(super) struct Keeper {
    /// What each stream is called in the journal; `None` for one that ends with this process, such as a simulated one.
    keys: Vec<Option<Arc<str>>>,
    memories: SyncSender<Entry>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts the thread; it answers each memory with `Event::Remembered`.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(super) fn start(
        journal: Journal,
        keys: Vec<Option<Arc<str>>>,
    ) -> std::io::Result<(Self, mpsc::Receiver<Event>)> {
        let (memories, waiting) = blocking::sync_channel(WAITING_MAX);
        let (answers, events) = mpsc::channel(WAITING_MAX);
        let keep = move || keep(journal, &waiting, &answers);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(keep)?;
        Ok((Self { keys, memories, thread }, events))
    }

    /// Hands a memory to the thread; `Some` is the event for one that goes no further.
    pub(super) fn remember(&self, stream: StreamIndex, memory: Memory) -> Option<Event> {
        let Some(key) = &self.keys[stream.0] else {
            return Some(Event::Remembered { stream, memory, error: None });
        };
        let unsent = self.memories.try_send((stream, Arc::clone(key), memory)).err()?;
        let (TrySendError::Full(entry) | TrySendError::Disconnected(entry)) = unsent;
        let (stream, _, memory) = entry;
        Some(Event::Remembered { stream, memory, error: Some("the disk does not answer".to_owned()) })
    }

    /// Writes what is left and ends the thread.
    pub(super) fn close(self) {
        let Self { keys: _, memories, thread } = self;
        drop(memories);
        // A thread that panicked has ended the process already.
        let _ = thread.join();
    }
}

/// Writes what comes until nobody can send any more. What the disk refuses is kept and tried again, with all the rest:
/// the show goes on meanwhile.
fn keep(mut journal: Journal, waiting: &Receiver<Entry>, answers: &mpsc::Sender<Event>) {
    let mut refused = false;
    loop {
        let next = if refused {
            waiting.recv_timeout(RETRY_EVERY)
        } else {
            waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let entry = match next {
            Ok(entry) => Some(entry),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Some((_, key, memory)) = &entry {
            journal.remember(key, memory.clone());
        }
        let error = journal.store().err().map(|error| chain(&error));
        if refused && error.is_none() {
            info!("State is written to disk again.");
        }
        refused = error.is_some();
        if let Some((stream, _, memory)) = entry {
            // At the end of the show nobody listens any more; what is left to write is written all the same.
            let _ = answers.blocking_send(Event::Remembered { stream, memory, error });
        }
    }
    if refused {
        // The last chance; that it is refused was told.
        let _ = journal.store();
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
