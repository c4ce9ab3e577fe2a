//! What of playlists survives the process and an edit: where each was, and the chance that was to come. Names and numbers.
//!
//! A step is found again by what people call it, the second `dawn` as the second; one that is gone is the nearest by number.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Content, Deck, Playlist, ROUND_MAX,
    order::Path,
    player::{Player, State},
    walk::{PAST_MAX, Walk},
};
use crate::show::{dice::Dice, event::StreamIndex, sheet::Sheet, time::Mono};

/// All playlists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    /// Those that play or have a place, by name.
    lists: BTreeMap<Arc<str>, Place>,
    /// The state of their dice.
    dice: u64,
}

/// Where a playlist is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// What its steps were called then.
    steps: Vec<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Path>,
    coming: VecDeque<Path>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<Path>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    streams: Vec<Arc<str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    due: bool,
    /// How long the way in takes yet, in seconds.
    arrives: f64,
    state: Stage,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    Stopped,
    /// So many seconds of the way in and the hold are left.
    Holding(f64),
    Waiting,
    /// So many seconds of the hold are left.
    Paused(Option<f64>),
}

impl Programme {
    /// Returns whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Returns whether a playlist has a place.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.lists.contains_key(name)
    }
}

impl Deck {
    /// Returns where everything is.
    pub(in crate::show) fn programme(&self, sheet: &Sheet, now: Mono) -> Programme {
        if self.players.is_empty() {
            return Programme::default();
        }
        let place = |(name, player): (&Arc<str>, &Player)| (Arc::clone(name), Place::of(player, sheet, now));
        Programme { lists: self.players.iter().map(place).collect(), dice: self.dice.state() }
    }

    /// Goes on from where everything was `gone` ago, but on streams only of which `stays` says so.
    pub(super) fn restore(
        &mut self,
        programme: &Programme,
        sheet: &Sheet,
        stays: impl Fn(&str) -> bool,
        (gone, now): (Duration, Mono),
    ) {
        if programme.is_empty() {
            return;
        }
        self.dice = Dice::new(programme.dice);
        for (name, place) in &programme.lists {
            let Some(list) = sheet.playlists.get(name) else { continue };
            let mut player = place.player(list, sheet, &mut self.dice, now);
            player.streams.retain(|stream| stays(&sheet.streams[*stream].name));
            if player.streams.is_empty() {
                player.state = State::Stopped;
            }
            if let State::Holding { until } = &mut player.state {
                *until = *until - gone;
            }
            player.arrives = player.arrives - gone;
            self.players.insert(Arc::clone(name), player);
        }
    }

    /// Goes on with edited playlists; returns the numbers of the steps that those are at whose step is gone.
    pub(super) fn revise(&mut self, old: &Sheet, new: &Sheet, now: Mono) -> Vec<(Arc<str>, usize)> {
        let mut moved = Vec::new();
        for (name, player) in &mut self.players {
            let Some(list) = new.playlists.get(name) else { continue };
            if labels_deep(&player.list) == labels_deep(list) && player.list.order == list.order {
                player.list = Arc::clone(list);
                continue;
            }
            let place = Place::of(player, old, now);
            let known = player.walk.at.as_ref().map(|at| Arc::clone(player.list.steps[at[0]].label()));
            let last_go = player.last_go;
            let is_other = player.list.order != list.order;
            *player = Player { last_go, ..place.player(list, new, &mut self.dice, now) };
            if is_other {
                player.walk.coming.clear();
                player.walk.follow(list, &[], &mut self.dice);
            }
            let here = player.walk.at.as_ref().map(|at| at[0]);
            if let (Some(known), Some(here)) = (known, here)
                && *list.steps[here].label() != known
            {
                moved.push((Arc::clone(name), here + 1));
            }
        }
        moved
    }
}

impl Place {
    fn of(player: &Player, sheet: &Sheet, now: Mono) -> Self {
        let seconds = |time: Duration| time.as_secs_f64();
        let Player { list, streams, walk, state, arrives, last_go: _, is_due } = player;
        Self {
            steps: labels(list),
            at: walk.at.clone(),
            coming: walk.coming.clone(),
            past: walk.past.clone(),
            streams: streams.iter().map(|stream| Arc::clone(&sheet.streams[*stream].name)).collect(),
            due: *is_due,
            arrives: seconds(arrives.since(now)),
            state: match state {
                State::Stopped => Stage::Stopped,
                State::Holding { until } => Stage::Holding(seconds(until.since(now))),
                State::Waiting => Stage::Waiting,
                State::Paused { left } => Stage::Paused(left.map(seconds)),
            },
        }
    }

    /// Makes the player that was here, of what the playlist says now.
    fn player(&self, list: &Arc<Playlist>, sheet: &Sheet, dice: &mut Dice, now: Mono) -> Player {
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let moves = moves(&self.steps, &labels(list));
        let moved = |path: &Path| {
            let (first, rest) = path.split_first()?;
            let path = [&[(*moves.get(*first)?)?], rest].concat();
            list.number(&path).map(|_| path)
        };
        let at = self.at.as_ref().and_then(|at| moved(at).or_else(|| nearest(list, at)));
        let coming = self.coming.iter().filter_map(moved).take(2 * ROUND_MAX).collect();
        let past = self.past.iter().filter_map(moved).take(PAST_MAX).collect();
        let mut walk = Walk::at(at, coming, past);
        if self.steps != labels(list) || self.coming.iter().any(|path| moved(path).is_none()) {
            let fresh = (0..list.steps.len()).filter(|step| !moves.contains(&Some(*step)));
            walk.follow(list, &fresh.collect::<Vec<_>>(), dice);
        }
        let index = |name: &Arc<str>| sheet.stream(name).map(|StreamIndex(index)| index);
        let mut streams: Vec<usize> = self.streams.iter().filter_map(index).collect();
        streams.sort_unstable();
        streams.dedup();
        let state = match self.state {
            _ if streams.is_empty() || walk.at.is_none() => State::Stopped,
            Stage::Stopped => State::Stopped,
            Stage::Holding(left) => State::Holding { until: now + time(left) },
            Stage::Waiting => State::Waiting,
            Stage::Paused(left) => State::Paused { left: left.map(time) },
        };
        if state == State::Stopped {
            streams.clear();
        }
        Player {
            list: Arc::clone(list),
            streams,
            walk,
            state,
            arrives: now + time(self.arrives),
            last_go: None,
            is_due: self.due,
        }
    }
}

/// Returns what the steps are called.
fn labels(list: &Playlist) -> Vec<Arc<str>> {
    list.steps.iter().map(|step| Arc::clone(step.label())).collect()
}

/// Returns the same with that of the playlists within.
fn labels_deep(list: &Playlist) -> Vec<Arc<str>> {
    let deep = |step: &super::ListStep| {
        let within = match &step.content {
            Content::Scene(_) => Vec::new(),
            Content::Playlist(list) => labels_deep(list),
        };
        [vec![Arc::clone(step.label())], within].concat()
    };
    list.steps.iter().flat_map(deep).collect()
}

/// Returns where each step is now.
fn moves(old: &[Arc<str>], new: &[Arc<str>]) -> Vec<Option<usize>> {
    let place = |(index, label): (usize, &Arc<str>)| {
        let which = old[..index].iter().filter(|other| *other == label).count();
        new.iter().enumerate().filter(|(_, other)| *other == label).nth(which).map(|(place, _)| place)
    };
    old.iter().enumerate().map(place).collect()
}

/// Returns the path to the scene that is nearest by number.
fn nearest(list: &Playlist, path: &[usize]) -> Option<Path> {
    let (first, rest) = path.split_first().unwrap_or((&0, &[]));
    let place = (*first).min(list.steps.len().checked_sub(1)?);
    match &list.steps[place].content {
        Content::Scene(_) => Some(vec![place]),
        Content::Playlist(inner) => Some([vec![place], nearest(inner, rest)?].concat()),
    }
}
