//! The disk, and the thread that writes to it: one write at a time, the newest state with each, tried again where it was
//! refused. As `daemon/keeper.rs` does it.

use std::{collections::BTreeMap, collections::VecDeque, sync::Arc, time::Duration};

use segue::show::{
    event::{Event, Memory, StreamIndex},
    memoir::Memoir,
};

use super::super::world::{Coming, World};

/// How often a journal that the disk refused is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// What the show was told to keep: what of it waits, what is being written, what is there.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own that can go wrong")]
pub(in super::super) struct Disk {
    /// Why it does not take anything.
    pub(in super::super) is_full: bool,
    waiting: VecDeque<Option<(StreamIndex, Memory)>>,
    newest: Option<Page>,
    /// What the thread knows.
    journal: Journal,
    /// What it is writing, and for whom.
    writing: Option<(Journal, Option<(StreamIndex, Memory)>)>,
    /// Whether the last write was refused.
    refused: bool,
    /// Whether a memory was refused that no later write has brought.
    unsaved: bool,
    /// Whether a kill met a disk that had not taken everything: the show cannot know what it did.
    pub(in super::super) has_forgotten: bool,
    /// Of which turns of each stream what is there knows.
    pub(in super::super) knows: Vec<u64>,
}

#[derive(Clone, Default)]
struct Journal {
    memories: BTreeMap<usize, Memory>,
    page: Option<Page>,
}

/// Where the show is, and how many turns each stream had made by then.
#[derive(Clone)]
struct Page {
    text: String,
    turns: Vec<u64>,
}

impl World {
    /// Takes something to be remembered, or with `None` just the newest state.
    pub(super) fn put_away(&mut self, memory: Option<(StreamIndex, Memory)>) {
        self.outside.as_mut().unwrap().disk.waiting.push_back(memory);
        self.begin_write();
    }

    /// Takes where the show is.
    pub(super) fn put_down(&mut self, memoir: &Memoir) {
        let turns = self.witness.as_ref().unwrap().turns();
        let page = Page { text: serde_json::to_string(memoir).unwrap(), turns };
        let before = self.outside.as_mut().unwrap().disk.newest.replace(page);
        if before.is_none() {
            self.put_away(None);
        }
    }

    fn begin_write(&mut self) {
        let outside = self.outside.as_mut().unwrap();
        let disk = &mut outside.disk;
        if disk.writing.is_some() {
            return;
        }
        let Some(entry) = disk.waiting.pop_front() else { return };
        if let Some((stream, memory)) = &entry {
            disk.journal.memories.insert(stream.0, memory.clone());
        }
        if let Some(page) = disk.newest.take() {
            disk.journal.page = Some(page);
        }
        disk.writing = Some((disk.journal.clone(), entry));
        let slow = outside.dice.fraction() < 0.1;
        self.send_on(Duration::from_millis(if slow { 400 } else { 2 }), Coming::Written);
    }

    /// A write has ended, or after a refused one it is time for another.
    pub(in super::super) fn on_written(&mut self) {
        let disk = &mut self.outside.as_mut().unwrap().disk;
        let Some((journal, entry)) = disk.writing.take() else {
            if disk.refused && !self.is_dead {
                self.put_away(None);
            }
            return;
        };
        let error = disk.is_full.then(|| "no space left".to_owned());
        disk.refused = error.is_some();
        disk.unsaved = error.is_some() && (disk.unsaved || entry.is_some());
        if error.is_none() {
            self.lay_down(journal);
        } else {
            self.send_on(RETRY_EVERY, Coming::Written);
        }
        if let Some((stream, memory)) = entry {
            self.send_on(Duration::ZERO, Coming::Event(Event::Remembered { stream, memory, error }));
        }
        self.begin_write();
    }

    fn lay_down(&mut self, journal: Journal) {
        for (stream, memory) in journal.memories {
            self.memories.insert(Arc::clone(&self.sheet.streams[stream].name), memory);
        }
        if let Some(Page { text, turns }) = journal.page {
            self.memoir = Some(text);
            self.outside.as_mut().unwrap().disk.knows = turns;
        }
    }

    /// The power goes: what is being written is on the disk or not, and what waits is lost.
    pub(super) fn pull_the_plug(&mut self) {
        let outside = self.outside.as_mut().unwrap();
        let luck = outside.dice.fraction() < 0.5;
        let disk = std::mem::take(&mut outside.disk);
        let Disk { is_full, writing, unsaved, has_forgotten, knows, .. } = disk;
        outside.disk = Disk { is_full, has_forgotten: has_forgotten || unsaved, knows, ..Disk::default() };
        if let Some((journal, _)) = writing.filter(|_| luck && !is_full) {
            self.lay_down(journal);
        }
        // The thread of the next life begins with what is there.
        let memories = self.sheet.streams.iter().enumerate();
        let memories =
            memories.filter_map(|(index, stream)| Some((index, self.memories.get(&stream.name)?.clone())));
        let memories = memories.collect();
        let knows = self.outside.as_ref().unwrap().disk.knows.clone();
        let page = self.memoir.clone().map(|text| Page { text, turns: knows });
        self.outside.as_mut().unwrap().disk.journal = Journal { memories, page };
    }
}
