//! One transition of a stream, and what came of it: a row of the summary.
//!
//! A row begins where a stream sets out for somewhere else, also where it turns round or a bank of faders takes the mix. A
//! pause, a haste or a hand on the progress belong to the row that they meet.

use std::{sync::Arc, time::Duration};

use super::coefficients::{Coefficients, of};
use crate::show::time::Mono;

/// How long after its end a transition still answers for what the picture does: the flush of its last update.
pub(super) const AFTERMATH: Duration = Duration::from_secs(1);

/// One transition, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// The scene that it came from.
    pub(super) from: Arc<str>,
    /// Where it led.
    pub(super) to: Arc<str>,
    /// When it began.
    pub(super) started: Mono,
    /// How long it was to take; `None` where a hand on a bank of faders decides.
    pub(super) fade: Option<Duration>,
    /// When it arrived, was taken over by another or cut off; `None` while it runs.
    pub(super) ended: Option<Mono>,
    /// Whether it arrived.
    pub(super) arrived: bool,
    /// What it took.
    pub(super) price: Price,
    /// The longest time between two frames.
    pub(super) hole: Duration,
    /// The largest step of a coefficient.
    pub(super) jump: f64,
    /// The largest distance from the curve.
    pub(super) error_max: f64,
    /// When its end was on, exactly.
    pub(super) settled: Option<Mono>,
    /// What is to be on at its end.
    pub(super) goal: Option<Coefficients>,
    /// Until when it answers for what happens; `None` while it runs.
    pub(super) closes: Option<Mono>,
    /// Sums of the squared distances, by prompt.
    squares: Vec<(usize, f64)>,
    samples: u32,
}

/// What something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Price {
    /// Updates that the backend accepted.
    pub(super) updates: u64,
    /// Prompts that were encoded.
    pub(super) encodes: u64,
    /// Reloads of the pipeline.
    pub(super) reloads: u64,
    /// Passes that showed nothing.
    pub(super) flush_passes: u64,
}

impl Price {
    /// Adds another one.
    pub(super) fn add(&mut self, other: Self) {
        let Self { updates, encodes, reloads, flush_passes } = other;
        self.updates += updates;
        self.encodes += encodes;
        self.reloads += reloads;
        self.flush_passes += flush_passes;
    }
}

impl Passage {
    /// Begins one.
    pub(super) fn new(from: Arc<str>, to: Arc<str>, fade: Option<Duration>, started: Mono) -> Self {
        Self {
            from,
            to,
            started,
            fade,
            ended: None,
            arrived: false,
            price: Price::default(),
            hole: Duration::ZERO,
            jump: 0.0,
            error_max: 0.0,
            settled: None,
            goal: None,
            closes: None,
            squares: Vec::new(),
            samples: 0,
        }
    }

    /// Goes on after it had arrived: the same hand, at the same faders.
    pub(super) fn go_on(&mut self, to: Arc<str>) {
        self.to = to;
        self.ended = None;
        self.arrived = false;
        self.settled = None;
        self.goal = None;
        self.closes = None;
    }

    /// Returns whether nothing came of it because another took its place at the same moment.
    pub(super) fn is_nothing(&self) -> bool {
        !self.arrived && self.ended == Some(self.started)
    }

    /// Returns the root of the mean squared distance from the curve, of the prompt that is farthest from its own.
    ///
    /// `None` for a cut, which has no curve, and where the runner was never seen.
    pub(super) fn error_rms(&self) -> Option<f64> {
        let worst = self.squares.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
        (self.samples > 1).then(|| (worst / f64::from(self.samples)).sqrt())
    }

    /// Returns how long after the end of its path it was there, exactly.
    pub(super) fn late(&self) -> Option<Duration> {
        let ended = self.ended.filter(|_| self.arrived)?;
        self.settled.map(|settled| settled.since(ended))
    }

    /// Holds what is on against what is wanted.
    pub(super) fn measure(&mut self, wanted: &Coefficients, on: &Coefficients) {
        self.samples += 1;
        for (place, wanted) in wanted {
            self.count(*place, wanted - of(on, *place));
        }
        for (place, on) in on.iter().filter(|(place, _)| wanted.iter().all(|(other, _)| other != place)) {
            self.count(*place, *on);
        }
    }

    fn count(&mut self, place: usize, error: f64) {
        self.error_max = self.error_max.max(error.abs());
        match self.squares.iter_mut().find(|(other, _)| *other == place) {
            Some((_, sum)) => *sum += error * error,
            None => self.squares.push((place, error * error)),
        }
    }
}
