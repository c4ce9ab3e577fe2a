//! Brings playlists to the streams: what hands ask for, what the schedule wants, what comes by itself, what survives.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Content, Deck, PlayVerb, Playlist,
    deck::Doing,
    form::Programme,
    player::{Player, State},
};
use crate::show::{
    Show,
    event::{Action, Door, StreamIndex},
    fact::Fact,
    memoir::Memoir,
    reload::Changes,
    scene::Scene,
    schedule::What,
    sheet::{OnRestart, Sheet, Streams},
    snapshot::{NextStep, PlaylistSnapshot, PlaylistState},
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
    pub(in crate::show) fn new(sheet: &Sheet, memoir: Option<&Memoir>, seed: u64, now: Now) -> Self {
        let mut deck = Deck::new(sheet.streams.len(), seed, now.mono);
        let mut doing = Doing::default();
        let nothing = Programme::default();
        let programme = memoir.map_or(&nothing, |memoir| &memoir.playlists);
        if let Some(memoir) = memoir {
            let gone = Duration::try_from(now.wall.duration_since(memoir.at)).unwrap_or(Duration::ZERO);
            let stays = |name: &str| {
                let stream = sheet.streams.iter().find(|stream| &*stream.name == name);
                stream.is_some_and(|stream| stream.on_restart != OnRestart::Restart)
            };
            deck.restore(programme, sheet, stays, (gone, now.mono));
        }
        for player in deck.players.values().filter(|player| player.plays()) {
            let Some(place) = player.walk.at.as_ref().map(|at| at[0]) else { continue };
            let (name, label) = (Arc::clone(&player.list.name), Arc::clone(player.list.steps[place].label()));
            doing.facts.push(Fact::PlaylistResumed { name, step: place + 1, label });
        }
        for index in 0..sheet.streams.len() {
            let due = sheet.schedule.due(StreamIndex(index), now.wall);
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
        self.carry_out(doing, Door::Show, now);
    }

    /// Does what a hand wants of a playlist, or of whichever plays on some streams.
    pub(in crate::show) fn conduct(
        &mut self,
        list: Option<&Arc<Playlist>>,
        (verb, streams): (&PlayVerb, &Streams),
        door: Door,
        now: Now,
    ) {
        let lists = match list {
            // What an edit has made of it.
            Some(list) => self.sheet.playlists.get(&list.name).cloned().into_iter().collect(),
            None => self.deck.playing(streams),
        };
        let only =
            || (self.sheet.playlists.len() == 1).then(|| self.sheet.playlists.values().next().cloned());
        let lists = if lists.is_empty() && matches!(verb, PlayVerb::Go | PlayVerb::Back) {
            only().flatten().into_iter().collect()
        } else {
            lists
        };
        if lists.is_empty() {
            let hint = format!("{}: play one first, as with /segue/playlist/<name>", verb.name());
            return self.refuse(door, &Refusal { reason: "no playlist plays", example: hint }, now);
        }
        for list in lists {
            let mut doing = Doing::default();
            let obeyed = self.deck.obey((&list, verb), self.sheet.go_apart, now.mono, &mut doing);
            self.carry_out(doing, door, now);
            if let Err(refusal) = obeyed {
                self.refuse(door, &refusal, now);
            }
        }
    }

    /// Lets those playlists go on whose hold is over.
    pub(in crate::show) fn play_on(&mut self, now: Now) {
        let mut doing = Doing::default();
        self.deck.look(now.mono, &mut doing);
        self.carry_out(doing, Door::Show, now);
    }

    /// Plays what the schedule wants on a stream.
    pub(in crate::show) fn play_due(&mut self, list: &Arc<Playlist>, stream: usize, now: Now) {
        let mut doing = Doing::default();
        self.deck.join(list, stream, now.mono, &mut doing);
        self.carry_out(doing, Door::Show, now);
    }

    /// Takes a stream from its playlist, because something else is due there, or, unless the schedule wants anything at all,
    /// because it is due no more.
    pub(in crate::show) fn play_no_more(&mut self, stream: usize, is_other_due: bool, now: Now) {
        let is_due = |player: &&Player| player.streams.contains(&stream) && (player.is_due || is_other_due);
        if self.deck.players.values().any(|player| is_due(&player)) {
            let mut doing = Doing::default();
            let why = if is_other_due { "something else is due" } else { "it is due no more" };
            self.deck.leave(stream, None, why, &mut doing);
            self.carry_out(doing, Door::Show, now);
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
        self.carry_out(doing, Door::Show, now);
    }

    /// Tells what has happened and sends the streams on their way: the one place where a playlist asks for a scene.
    fn carry_out(&mut self, Doing { facts, sends }: Doing, door: Door, now: Now) {
        for fact in facts {
            self.out.push(Action::Note(fact));
        }
        for (stream, going) in sends {
            self.send(stream, going, door, now);
        }
    }

    /// Returns what may be seen of every playlist.
    pub(in crate::show) fn see_playlists(&self, now: Now) -> Vec<PlaylistSnapshot> {
        let see = |(name, list): (&Arc<str>, &Arc<Playlist>)| {
            let player = self.deck.players.get(name);
            let blank = PlaylistSnapshot::idle(name, list.steps.len());
            player.map_or(blank.clone(), |player| {
                let streams = player.streams.iter().map(|index| Arc::clone(&self.sheet.streams[*index].name));
                PlaylistSnapshot { streams: streams.collect(), ..see(player, blank, now) }
            })
        };
        self.sheet.playlists.iter().map(see).collect()
    }
}

fn see(player: &Player, blank: PlaylistSnapshot, now: Now) -> PlaylistSnapshot {
    let at = player.walk.at.as_ref();
    let label = |path: &Vec<usize>| Arc::clone(player.list.steps[path[0]].label());
    let next = player.walk.next().and_then(|path| {
        let scene = Arc::clone(&player.next()?.scene.name);
        Some(NextStep { step: path[0] + 1, name: label(path), scene })
    });
    PlaylistSnapshot {
        state: match player.state {
            State::Stopped => PlaylistState::Stopped,
            State::Holding { .. } => PlaylistState::Playing,
            State::Waiting => PlaylistState::Waiting,
            State::Paused { .. } => PlaylistState::Paused,
        },
        step: at.map(|at| at[0] + 1),
        step_name: at.map(label),
        within: at.map(|at| within(&player.list, at)).unwrap_or_default(),
        scene: player.number().map(|number| Arc::clone(&number.scene.name)),
        next,
        next_in_seconds: player.due().map(|due| due.since(now.mono).as_secs_f64()),
        ..blank
    }
}

/// Returns the playlists within that are on, from the outermost inwards, each with the number of its step.
fn within(list: &Playlist, path: &[usize]) -> BTreeMap<Arc<str>, usize> {
    let mut found = BTreeMap::new();
    let (mut list, mut path) = (list, path);
    while let Some((place, rest)) = path.split_first()
        && let Content::Playlist(inner) = &list.steps[*place].content
        && let Some(step) = rest.first()
    {
        found.insert(Arc::clone(&inner.name), step + 1);
        (list, path) = (inner, rest);
    }
    found
}
