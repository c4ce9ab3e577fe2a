//! One playlist that plays, or did: on which streams, where it is, and when it goes on. Says what is to be done; does nothing.

use std::{sync::Arc, time::Duration};

use super::{Number, Playlist, walk::Walk};
use crate::show::{dice::Dice, time::Mono};

/// The least time between two steps that follow each other by themselves: where fades and holds are nothing, ten a second.
const STEP_APART: Duration = Duration::from_millis(100);

/// A playlist and where it is.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) list: Arc<Playlist>,
    /// By their places in the show; none while it does not play.
    pub(super) streams: Vec<usize>,
    pub(super) walk: Walk,
    pub(super) state: State,
    /// When the step that is on has come in.
    pub(super) arrives: Mono,
    pub(super) last_go: Option<Mono>,
    /// Whether it plays because it is due.
    pub(super) is_due: bool,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It does not play.
    Stopped,
    /// The hold ends then.
    Holding {
        /// When.
        until: Mono,
    },
    /// Somebody says GO.
    Waiting,
    /// Somebody lets it go on.
    Paused {
        /// How much of the hold is left; `None` for a step that waits for GO.
        left: Option<Duration>,
    },
}

impl Player {
    /// Makes one that does not play yet.
    pub(super) fn new(list: &Arc<Playlist>, dice: &mut Dice, now: Mono) -> Self {
        Self {
            walk: Walk::new(list, dice),
            list: Arc::clone(list),
            streams: Vec::new(),
            state: State::Stopped,
            arrives: now,
            last_go: None,
            is_due: false,
        }
    }

    /// Returns whether it has a stream to play on.
    pub(super) fn plays(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Returns the scene that is on.
    pub(super) fn number(&self) -> Option<&Number> {
        self.list.number(self.walk.at.as_ref()?)
    }

    /// Returns the scene that comes next.
    pub(super) fn next(&self) -> Option<&Number> {
        self.list.number(self.walk.next()?)
    }

    /// Begins the time of the step that is on: its way in, then its hold.
    pub(super) fn begin_step(&mut self, dice: &mut Dice, now: Mono) {
        let Some(Number { scene, fade, easing, hold }) = self.number().cloned() else { return };
        self.arrives = now + scene.way(fade, easing).fades.longest().length();
        // The end of a playlist needs no GO.
        let hold = match hold {
            Some(hold) => Some(hold.roll(dice)),
            None => self.walk.is_over().then_some(Duration::ZERO),
        };
        let until = |hold| State::Holding { until: (self.arrives + hold).max(now + STEP_APART) };
        self.state = hold.map_or(State::Waiting, until);
    }

    /// Ends the way in: the hold begins now.
    pub(super) fn arrive(&mut self, now: Mono) {
        let left = self.arrives.since(now);
        self.arrives = self.arrives - left;
        if let State::Holding { until } = &mut self.state {
            *until = *until - left;
        }
    }

    /// Lets the time of the hold stand; the way in goes on.
    pub(super) fn pause(&mut self, now: Mono) {
        let left = match self.state {
            State::Holding { until } => Some(until.since(now.max(self.arrives))),
            State::Waiting => None,
            State::Stopped | State::Paused { .. } => return,
        };
        self.state = State::Paused { left };
    }

    /// Lets it go on.
    pub(super) fn resume(&mut self, now: Mono) {
        if let State::Paused { left } = self.state {
            let until = |left| State::Holding { until: now.max(self.arrives) + left };
            self.state = left.map_or(State::Waiting, until);
        }
    }

    /// Returns when it goes on by itself.
    pub(super) fn due(&self) -> Option<Mono> {
        match self.state {
            State::Holding { until } => Some(until),
            State::Stopped | State::Waiting | State::Paused { .. } => None,
        }
    }
}
