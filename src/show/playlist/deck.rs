//! All playlists of the show: which of them plays on which stream, and what hands, the clock and the schedule make them do.
//!
//! Says what is to be done; `play.rs` does it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    PlayVerb, Playlist,
    player::{Player, State},
};
use crate::show::{
    dice::Dice,
    fact::{Fact, Seconds},
    scene::Scene,
    sheet::{Policy, Streams},
    stream::{place::Edge, queue::Going},
    time::Mono,
    trigger::Refusal,
};

/// How long before it goes on the next scene takes its slots, so that encoding does not fall into the fade.
const PREPARE: Duration = Duration::from_secs(10);
/// Keeps the chance of playlists apart from that of everything else: an API that fails does not change what is played.
const APART: u64 = 0x0070_6c61_796c_6973;

/// What is to be done.
#[derive(Debug, Default)]
pub(in crate::show) struct Doing {
    pub(super) facts: Vec<Fact>,
    pub(super) sends: Vec<(usize, Going)>,
}

/// Every playlist that plays or has a place.
#[derive(Debug)]
pub(in crate::show) struct Deck {
    pub(super) players: BTreeMap<Arc<str>, Player>,
    pub(super) dice: Dice,
    pub(super) edge: Option<Edge>,
    /// How many streams the show has.
    streams: usize,
    /// When it was looked at last.
    looked: Mono,
}

impl Deck {
    pub(super) fn new(streams: usize, seed: u64, now: Mono) -> Self {
        Self { players: BTreeMap::new(), dice: Dice::new(seed ^ APART), edge: None, streams, looked: now }
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(in crate::show) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Does what a hand wants of a playlist.
    pub(super) fn obey(
        &mut self,
        (list, verb): (&Arc<Playlist>, &PlayVerb),
        go_apart: Duration,
        now: Mono,
        doing: &mut Doing,
    ) -> Result<(), Refusal> {
        let name = &list.name;
        let refusal = |reason, example: String| Err(Refusal { reason, example });
        let idle = || refusal("the playlist does not play", name.to_string());
        let known = self.players.get(name);
        let state = known.map_or(State::Stopped, |player| player.state);
        match verb {
            PlayVerb::Go => {
                let last = known.and_then(|player| player.last_go);
                if last.is_some_and(|last| now.since(last) < go_apart) {
                    return refusal("too soon", format!("GO for {name}"));
                }
                self.go(list, now, doing);
            }
            PlayVerb::Play if state == State::Stopped => {
                self.renew(list, now);
                self.advance(list, now, doing);
            }
            PlayVerb::Play => {
                (0..self.streams)
                    .filter(|stream| contains(&list.streams, *stream))
                    .for_each(|stream| self.join(list, stream, now, doing));
                self.resume(list, now, doing);
            }
            PlayVerb::Pause if state == State::Stopped => return idle(),
            PlayVerb::Pause => self.pause(list, now, doing),
            PlayVerb::Resume if state != State::Stopped => self.resume(list, now, doing),
            PlayVerb::Resume if known.is_some_and(|player| player.walk.at.is_some()) => {
                self.fire(list, now, doing);
            }
            PlayVerb::Resume => return idle(),
            PlayVerb::Stop => self.end(name, "stopped", doing),
            PlayVerb::Back => {
                let Self { players, dice, .. } = self;
                if players.get_mut(name).and_then(|player| player.walk.back(list, dice)).is_none() {
                    return refusal("no step before", name.to_string());
                }
                self.fire(list, now, doing);
            }
            PlayVerb::Goto(step) | PlayVerb::Standby(step) => {
                let Some(place) = list.find(step) else {
                    return refusal("unknown step", format!("{step} of {name}"));
                };
                self.stand_by(list, place, now);
                if matches!(verb, PlayVerb::Goto(_)) {
                    self.advance(list, now, doing);
                } else {
                    self.note_steered(list, verb, Some(place + 1), doing);
                }
            }
        }
        Ok(())
    }

    /// Fires the step that stands by; at the end of a playlist that ends, that ends it, and the next begins it again.
    fn go(&mut self, list: &Arc<Playlist>, now: Mono, doing: &mut Doing) {
        let player = self.know(list, now);
        player.last_go = Some(now);
        match (player.walk.is_over(), player.plays()) {
            (true, true) => return self.end(&list.name, OVER, doing),
            (true, false) => self.renew(list, now),
            (false, _) => {}
        }
        self.advance(list, now, doing);
    }

    /// Lets a step be the next. A last step that was to end waits again.
    fn stand_by(&mut self, list: &Arc<Playlist>, place: usize, now: Mono) {
        self.know(list, now);
        let Self { players, dice, .. } = self;
        let Some(player) = players.get_mut(&list.name) else { return };
        player.walk.stand_by(list, place, dice);
        let waits = player.number().is_some_and(|number| number.hold.is_none());
        if waits && matches!(player.state, State::Holding { .. }) {
            player.state = State::Waiting;
        }
    }

    fn know(&mut self, list: &Arc<Playlist>, now: Mono) -> &mut Player {
        let Self { players, dice, .. } = self;
        players.entry(Arc::clone(&list.name)).or_insert_with(|| Player::new(list, dice, now))
    }

    /// Puts a playlist that does not play at its beginning.
    fn renew(&mut self, list: &Arc<Playlist>, now: Mono) {
        let last_go = self.players.remove(&list.name).and_then(|player| player.last_go);
        self.know(list, now).last_go = last_go;
    }

    fn advance(&mut self, list: &Arc<Playlist>, now: Mono, doing: &mut Doing) {
        let Self { players, dice, .. } = self;
        let Some(player) = players.get_mut(&list.name) else { return };
        if player.walk.advance(list, dice).is_some() {
            self.fire(list, now, doing);
        }
    }

    /// Fires the step that it is at, on its streams; one that did not play takes them from whoever has them.
    fn fire(&mut self, list: &Arc<Playlist>, now: Mono, doing: &mut Doing) {
        if !self.players.get(&list.name).is_some_and(Player::plays) {
            let own = (0..self.streams).filter(|stream| contains(&list.streams, *stream)).collect();
            self.begin(list, own, false, doing);
        }
        let Self { players, dice, .. } = self;
        // A playlist whose streams all wait for a restart has nowhere to play.
        let Some(player) = players.get_mut(&list.name).filter(|player| player.plays()) else { return };
        player.begin_step(dice, now);
        doing.step(player, now);
        self.edge = Some(Edge::Turned);
    }

    /// Gives streams to a playlist that did not play, and takes them from others.
    fn begin(&mut self, list: &Arc<Playlist>, streams: Vec<usize>, is_due: bool, doing: &mut Doing) {
        doing.facts.push(Fact::PlaylistStarted { name: Arc::clone(&list.name) });
        for stream in &streams {
            self.leave(*stream, Some(&list.name), ANOTHER, doing);
        }
        if let Some(player) = self.players.get_mut(&list.name) {
            (player.streams, player.is_due) = (streams, is_due);
        }
    }

    /// Plays a playlist on a stream: because it is due there, or because it is asked for again and another has taken it.
    pub(super) fn join(&mut self, list: &Arc<Playlist>, stream: usize, now: Mono, doing: &mut Doing) {
        if !self.players.get(&list.name).is_some_and(Player::plays) {
            self.renew(list, now);
            self.begin(list, vec![stream], true, doing);
            return self.advance(list, now, doing);
        }
        self.leave(stream, Some(&list.name), ANOTHER, doing);
        let Some(player) = self.players.get_mut(&list.name) else { return };
        if !player.streams.contains(&stream) {
            player.streams.push(stream);
            player.streams.sort_unstable();
            doing.sends.extend(going(player).map(|going| (stream, going)));
            self.edge = Some(Edge::Turned);
        }
    }

    /// Takes a stream from the playlist that has it, but not from `but`; one without streams does not play.
    pub(super) fn leave(&mut self, stream: usize, but: Option<&str>, why: &'static str, doing: &mut Doing) {
        let has = |player: &Player| player.streams.contains(&stream) && Some(&*player.list.name) != but;
        let Some(player) = self.players.values_mut().find(|player| has(player)) else { return };
        self.edge = Some(Edge::Turned);
        if player.streams == [stream] {
            let name = Arc::clone(&player.list.name);
            self.end(&name, why, doing);
        } else {
            player.streams.retain(|other| *other != stream);
        }
    }

    /// Ends a playlist; what is on stays.
    pub(super) fn end(&mut self, name: &Arc<str>, why: &'static str, doing: &mut Doing) {
        let Some(player) = self.players.get_mut(name).filter(|player| player.plays()) else { return };
        player.state = State::Stopped;
        player.streams.clear();
        player.is_due = false;
        self.edge = Some(Edge::Turned);
        doing.facts.push(Fact::PlaylistEnded { name: Arc::clone(name), why });
    }

    fn pause(&mut self, list: &Playlist, now: Mono, doing: &mut Doing) {
        let plays = |player: &&mut Player| !matches!(player.state, State::Paused { .. });
        if let Some(player) = self.players.get_mut(&list.name).filter(plays) {
            player.pause(now);
            self.note_steered(list, &PlayVerb::Pause, None, doing);
        }
    }

    fn resume(&mut self, list: &Playlist, now: Mono, doing: &mut Doing) {
        let is_paused = |player: &&mut Player| matches!(player.state, State::Paused { .. });
        if let Some(player) = self.players.get_mut(&list.name).filter(is_paused) {
            player.resume(now);
            self.note_steered(list, &PlayVerb::Resume, None, doing);
        }
    }

    fn note_steered(&mut self, list: &Playlist, verb: &PlayVerb, step: Option<usize>, doing: &mut Doing) {
        self.edge = Some(Edge::Turned);
        doing.facts.push(Fact::PlaylistSteered { name: Arc::clone(&list.name), verb: verb.name(), step });
    }

    /// Lets those go on whose hold is over.
    pub(super) fn look(&mut self, now: Mono, doing: &mut Doing) {
        self.looked = now;
        let is_due = |player: &&Player| player.due().is_some_and(|due| due <= now);
        let due: Vec<_> =
            self.players.values().filter(is_due).map(|player| Arc::clone(&player.list)).collect();
        for list in due {
            match self.players.get(&list.name).map(|player| player.walk.is_over()) {
                Some(true) => self.end(&list.name, OVER, doing),
                Some(false) => self.advance(&list, now, doing),
                None => {}
            }
        }
    }

    /// Returns when to look again, or to prepare for what comes then.
    pub(in crate::show) fn next_due(&self) -> Option<Mono> {
        let ahead = |due: Mono| if due - PREPARE > self.looked { due - PREPARE } else { due };
        let waits = |player: &Player| (player.state == State::Waiting).then_some(player.arrives);
        let arrivals = self.players.values().filter_map(waits).filter(|arrives| *arrives > self.looked);
        self.players.values().filter_map(Player::due).map(ahead).chain(arrivals).min()
    }

    /// Returns the scenes that come within [`PREPARE`], or at a GO that may come at any moment, with their streams.
    pub(in crate::show) fn coming(&self) -> Vec<(&[usize], &Arc<Scene>)> {
        let is_soon = |player: &Player| match player.state {
            State::Holding { until } => until <= self.looked + PREPARE,
            State::Waiting => player.arrives <= self.looked,
            State::Stopped | State::Paused { .. } => false,
        };
        let soon = self.players.values().filter(|player| is_soon(player));
        soon.filter_map(|player| Some((player.streams.as_slice(), &player.next()?.scene))).collect()
    }

    /// Returns the playlists that play on any of some streams, by name.
    pub(super) fn playing(&self, streams: &Streams) -> Vec<Arc<Playlist>> {
        let on = |player: &&Player| player.streams.iter().any(|index| contains(streams, *index));
        self.players.values().filter(on).map(|player| Arc::clone(&player.list)).collect()
    }

    /// Returns whether a playlist plays on a stream.
    pub(in crate::show) fn plays_on(&self, stream: usize) -> bool {
        self.players.values().any(|player| player.streams.contains(&stream))
    }

    /// Returns the name of the playlist that plays on a stream, and that of the scene that stands by.
    pub(in crate::show) fn on(&self, stream: usize) -> Option<(Arc<str>, Option<Arc<str>>)> {
        let player = self.players.values().find(|player| player.streams.contains(&stream))?;
        let next = player.next().map(|number| Arc::clone(&number.scene.name));
        Some((Arc::clone(&player.list.name), next))
    }
}

/// Why a playlist ends that has come to its end.
const OVER: &str = "over";
/// Why a playlist ends that has lost its last stream to another.
const ANOTHER: &str = "another one plays there";

impl Doing {
    /// Tells a step and sends its streams there.
    fn step(&mut self, player: &Player, now: Mono) {
        let Some(at) = &player.walk.at else { return };
        let hold = player.due().map(|due| due.since(player.arrives.max(now)));
        self.facts.push(Fact::PlaylistStep {
            name: Arc::clone(&player.list.name),
            step: at[0] + 1,
            label: player.list.label(at),
            hold: hold.map(Seconds),
        });
        for stream in &player.streams {
            self.sends.extend(going(player).map(|going| (*stream, going)));
        }
    }
}

/// Returns the wish to go to the scene that is on: from where the mix is, whatever runs.
fn going(player: &Player) -> Option<Going> {
    let number = player.number()?;
    Some(Going {
        scene: Arc::clone(&number.scene),
        fade: number.fade.clone(),
        easing: number.easing,
        policy: Policy::Blend,
    })
}

fn contains(streams: &Streams, index: usize) -> bool {
    streams.contains(crate::show::event::StreamIndex(index))
}
