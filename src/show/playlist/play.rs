//! Brings playlists to the streams: what hands ask for, what the schedule wants, what comes by itself, what survives.

use std::sync::Arc;

use super::{Deck, PlayVerb, Playlist, deck::Doing, form::Programme, player::Player};
use crate::show::{
    Show,
    event::{Action, StreamIndex},
    fact::Fact,
    lane::By,
    memoir::Memoir,
    reload::Changes,
    scene::Scene,
    schedule::What,
    sheet::{OnRestart, Sheet, Streams},
    time::Now,
    trigger::Refusal,
};

/// Playlists as they are when the show begins, and what is still to be done for them.
#[derive(Debug)]
pub(in crate::show) struct Opening {
    pub(in crate::show) deck: Deck,
    pub(in crate::show) doing: Doing,
}

impl Opening {
    /// Goes on where an earlier run was, and begins what is due and was never begun.
    pub(in crate::show) fn new(
        sheet: &Sheet,
        memoir: Option<&Memoir>,
        is_bypassed: bool,
        (seed, now): (u64, Now),
    ) -> Self {
        let mut deck = Deck::new(sheet.streams.len(), seed, now.mono);
        let mut doing = Doing::default();
        let nothing = Programme::default();
        let programme = memoir.map_or(&nothing, |memoir| &memoir.playlists);
        if let Some(memoir) = memoir {
            let stays = |name: &str| {
                let stream = sheet.streams.iter().find(|stream| &*stream.name == name);
                stream.is_some_and(|stream| stream.on_restart != OnRestart::Restart)
            };
            deck.restore(programme, sheet, stays, (memoir.age(now.wall), now.mono));
        }
        for player in deck.players.values().filter(|player| player.plays()) {
            let Some(at) = &player.walk.at else { continue };
            let (name, label) = (Arc::clone(&player.list.name), player.list.label(at));
            doing.facts.push(Fact::PlaylistResumed { name, step: at[0] + 1, label });
        }
        for index in 0..sheet.streams.len() {
            let due = sheet.schedule.due(StreamIndex(index), now.wall).filter(|_| !is_bypassed);
            if let Some(What::Playlist(list)) = due.map(|entry| &sheet.schedule.entries[entry].what)
                && !programme.knows(&list.name)
            {
                deck.join(list, index, now.mono, &mut doing);
            }
        }
        if memoir.is_none() {
            // A stream that begins with a scene need not come to it.
            deck.players.values_mut().for_each(|player| player.arrive(now.mono));
        }
        Self { deck, doing }
    }

    /// Returns the scene that a stream begins with which has never run.
    pub(in crate::show) fn scene(&self, stream: StreamIndex) -> Option<Arc<Scene>> {
        let going = self.doing.sends.iter().find(|(index, _)| *index == stream.0);
        going.map(|(_, going)| Arc::clone(&going.scene))
    }
}

impl Show {
    /// Does what is still to be done for the playlists that the show begins with.
    pub(in crate::show) fn open(&mut self, doing: Doing, now: Now) {
        self.carry_out(doing, &By::playlist(), now);
    }

    /// Does what a hand wants of a playlist, or of whichever plays on some streams.
    pub(in crate::show) fn conduct(
        &mut self,
        list: Option<&Arc<Playlist>>,
        (verb, streams): (&PlayVerb, &Streams),
        by: &By,
        now: Now,
    ) {
        let lists = match list {
            // What an edit has made of it.
            Some(list) => self.sheet.playlists.get(&list.name).cloned().into_iter().collect(),
            None => self.deck.playing(streams),
        };
        let lists = if lists.is_empty() && matches!(verb, PlayVerb::Go | PlayVerb::Back) {
            self.only_list(streams).into_iter().collect()
        } else {
            lists
        };
        if lists.is_empty() {
            let hint = format!("{}: play one first, as with /segue/playlist/<name>", verb.name());
            return self.refuse(by.door, &Refusal { reason: "no playlist plays", example: hint }, now);
        }
        for list in lists {
            let mut doing = Doing::default();
            let obeyed = self.deck.obey((&list, verb), self.sheet.go_apart, now.mono, &mut doing);
            self.carry_out(doing, by, now);
            if let Err(refusal) = obeyed {
                self.refuse(by.door, &refusal, now);
            }
        }
    }

    /// Returns the playlist that is meant where none plays: the only one that the show has, if it is for these streams.
    fn only_list(&self, streams: &Streams) -> Option<Arc<Playlist>> {
        let mut lists = self.sheet.playlists.values();
        let (Some(list), None) = (lists.next(), lists.next()) else { return None };
        let is_meant = |stream: StreamIndex| list.streams.contains(stream) && streams.contains(stream);
        (0..self.streams.len()).map(StreamIndex).any(is_meant).then(|| Arc::clone(list))
    }

    /// Lets those playlists go on whose hold is over.
    pub(in crate::show) fn play_on(&mut self, now: Now) {
        let mut doing = Doing::default();
        self.deck.look(now.mono, &mut doing);
        self.carry_out(doing, &By::playlist(), now);
    }

    /// Plays what the schedule wants on a stream.
    pub(in crate::show) fn play_due(&mut self, list: &Arc<Playlist>, stream: usize, now: Now) {
        let mut doing = Doing::default();
        self.deck.join(list, stream, now.mono, &mut doing);
        self.carry_out(doing, &By::playlist(), now);
    }

    /// Takes a stream from its playlist, because something else is due there, or, unless the schedule wants anything at all,
    /// because it is due no more.
    pub(in crate::show) fn play_no_more(&mut self, stream: usize, is_other_due: bool, now: Now) {
        let is_due = |player: &&Player| player.streams.contains(&stream) && (player.is_due || is_other_due);
        if self.deck.players.values().any(|player| is_due(&player)) {
            let mut doing = Doing::default();
            let why = if is_other_due { "something else is due" } else { "it is due no more" };
            self.deck.leave(stream, None, why, &mut doing);
            self.carry_out(doing, &By::playlist(), now);
        }
    }

    /// Goes on with the playlists of an edited sheet.
    pub(in crate::show) fn revise_playlists(&mut self, new: &Sheet, changes: &mut Changes, now: Now) {
        let mut doing = Doing::default();
        for (name, step) in self.deck.revise(&self.sheet, new, now.mono) {
            changes.keep(format_args!(
                "playlist `{name}` is at step {step}: the step that it was at is gone, and what is on stays until the next"
            ));
        }
        let gone: Vec<_> =
            self.deck.players.keys().filter(|name| !new.playlists.contains_key(*name)).cloned().collect();
        for name in gone {
            self.deck.end(&name, "gone from the show file", &mut doing);
            self.deck.players.remove(&name);
        }
        self.carry_out(doing, &By::playlist(), now);
    }

    /// Tells what has happened and sends the streams on their way: the one place where a playlist asks for a scene.
    fn carry_out(&mut self, Doing { facts, sends }: Doing, by: &By, now: Now) {
        for fact in facts {
            self.out.push(Action::Note(fact));
        }
        for (stream, going) in sends {
            self.send(stream, going, None, by, now);
        }
    }
}
