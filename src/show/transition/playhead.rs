//! How far a transition is in its time: by the clock, standing still, or in a hand.

use std::time::Duration;

use super::path::Beat;
use crate::show::time::Mono;

/// How long a hand takes from one end to the other at most: one that takes the fader up elsewhere than the transition
/// is, or flings it, does not make the picture jump. A quarter of a second is one update at the usual rate.
pub const SWEEP: Duration = Duration::from_millis(250);

/// The position of a fader: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Fader(f64);

impl Fader {
    /// At its lower end.
    pub const LOW: Self = Self(0.0);

    /// Makes a position, `None` for what is none: NaN, infinite, below 0 or above 1.
    pub fn new(position: f64) -> Option<Self> {
        (0.0..=1.0).contains(&position).then_some(Self(position + 0.0))
    }

    /// Returns the position.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Where a transition is in its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Playhead {
    length: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It goes by the clock, since then, from what had passed by then.
    Running { since: Mono, from: Duration },
    /// It stands there.
    Paused(Duration),
    /// A hand has it.
    Held { since: Mono, from: Duration, to: Duration },
}

impl Playhead {
    /// Starts at `now`.
    pub(super) fn start(length: Duration, now: Mono) -> Self {
        Self { length, state: State::Running { since: now, from: Duration::ZERO } }
    }

    /// Stands still at where it is at `now`.
    pub(super) fn pause(&mut self, now: Mono) {
        self.state = State::Paused(self.passed(now));
    }

    /// Goes on by the clock.
    pub(super) fn resume(&mut self, now: Mono) {
        self.state = State::Running { since: now, from: self.passed(now) };
    }

    /// Moves to where a hand wants it, from where it is at `seen`.
    pub(super) fn hold(&mut self, position: Fader, now: Mono, seen: Mono) {
        let to = if position.get() == 1.0 { self.length } else { self.length.mul_f64(position.get()) };
        // The picture may have been led to the end, which is as far as it goes.
        self.state = State::Held { since: now, from: self.passed(seen).min(self.length), to };
    }

    /// Returns how long it is.
    pub(super) fn length(&self) -> Duration {
        self.length
    }

    /// Returns how much of its time has passed at `now`; may be more than there is.
    pub(super) fn passed(&self, now: Mono) -> Duration {
        match self.state {
            State::Running { since, from } => from + now.since(since),
            State::Paused(passed) => passed,
            State::Held { since, from, to } => {
                let moved = now.since(since);
                if moved >= self.sweep(from, to) {
                    return to;
                }
                let reach = self.length.mul_f64(moved.as_secs_f64() / SWEEP.as_secs_f64());
                if to > from { to.min(from + reach) } else { to.max(from.saturating_sub(reach)) }
            }
        }
    }

    /// Returns how it stands at `now`, for the paths.
    pub(super) fn beat(&self, now: Mono) -> Beat {
        let rate = if matches!(self.state, State::Running { .. }) { 1.0 } else { 0.0 };
        let falls = matches!(self.state, State::Held { from, to, .. } if to < from);
        Beat { passed: self.passed(now), rate, falls }
    }

    /// Returns the moment at which `passed` has passed, by what is known now.
    pub(super) fn moment(&self, passed: Duration) -> Option<Mono> {
        match self.state {
            State::Running { since, from } => Some(since + passed.saturating_sub(from)),
            State::Paused(_) => None,
            State::Held { since, from, to } => {
                // Where a hand takes it from is behind it: what happens there is never to come.
                let is_ahead =
                    if from < to { from < passed && passed <= to } else { to <= passed && passed < from };
                is_ahead.then(|| since + self.sweep(from, passed))
            }
        }
    }

    /// Returns when it comes to where the hand wants it, if a hand has it.
    pub(super) fn arrival(&self) -> Option<Mono> {
        match self.state {
            State::Held { to, .. } => self.moment(to),
            State::Running { .. } | State::Paused(_) => None,
        }
    }

    /// Returns whether nothing moves it at `now`.
    pub(super) fn is_still(&self, now: Mono) -> bool {
        match self.state {
            State::Running { .. } => self.passed(now) >= self.length,
            State::Paused(_) => true,
            State::Held { to, .. } => self.passed(now) == to,
        }
    }

    /// Returns whether it is over at `now`. In a hand that takes it back from the very end it is not.
    pub(super) fn is_over(&self, now: Mono) -> bool {
        let goes_back = matches!(self.state, State::Held { to, .. } if to < self.length);
        !goes_back && self.passed(now) >= self.length
    }

    /// Returns whether it was stopped.
    pub(super) fn is_paused(&self) -> bool {
        matches!(self.state, State::Paused(_))
    }

    /// Returns whether a hand has it.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, State::Held { .. })
    }

    /// Returns how long a hand takes from here to there.
    fn sweep(&self, from: Duration, to: Duration) -> Duration {
        SWEEP.mul_f64(from.abs_diff(to).as_secs_f64() / self.length.as_secs_f64())
    }
}
