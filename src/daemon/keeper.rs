//! Keeps the journal: one thread that writes and syncs, so that a slow disk never stalls the show.

use std::{path::Path, sync::Arc, thread};

use tokio::sync::mpsc;

use crate::{
    record::Journal,
    show::event::{Event, Memory, StreamIndex},
};

/// Memories waiting to be written. A stream has at most two on the way, so this is room for 32 streams at once.
const WAITING_MAX: usize = 64;

/// A handle to the thread; when it is dropped, the thread writes what it has and ends.
#[derive(Debug)]
pub(super) struct Keeper {
    memories: mpsc::Sender<(StreamIndex, Arc<str>, Memory)>,
}

impl Keeper {
    /// Starts the thread; it answers each memory with `Event::Remembered`.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub(super) fn start(mut journal: Journal) -> std::io::Result<(Self, mpsc::Receiver<Event>)> {
        let (memories, mut waiting) = mpsc::channel::<(StreamIndex, Arc<str>, Memory)>(WAITING_MAX);
        let (answers, events) = mpsc::channel(WAITING_MAX);
        thread::Builder::new().name("journal".to_owned()).spawn(move || {
            while let Some((stream, name, memory)) = waiting.blocking_recv() {
                journal.remember(&name, memory.clone());
                let error = journal.store().err().map(|error| chain(&error));
                if answers.blocking_send(Event::Remembered { stream, memory, error }).is_err() {
                    return;
                }
            }
        })?;
        Ok((Self { memories }, events))
    }

    /// Hands a memory to the thread; `Err` is the event that says it cannot be kept.
    ///
    /// # Errors
    ///
    /// The disk hangs and [`WAITING_MAX`] memories wait already.
    pub(super) fn remember(&self, stream: StreamIndex, name: &Arc<str>, memory: Memory) -> Result<(), Event> {
        let sent = self.memories.try_send((stream, Arc::clone(name), memory));
        sent.map_err(|unsent| {
            let (stream, _, memory) = unsent.into_inner();
            Event::Remembered { stream, memory, error: Some("the disk does not answer".to_owned()) }
        })
    }
}

/// Returns what is remembered of streams, by name.
pub(super) fn memories(directory: &Path) -> (Journal, std::collections::BTreeMap<Arc<str>, Memory>) {
    let journal = Journal::load(directory);
    let memories = journal.streams().map(|(name, memory)| (name.into(), memory.clone())).collect();
    (journal, memories)
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
