//! How lanes end: let go by somebody, or by themselves when their time has come.

use std::{sync::Arc, time::Duration};

use super::{Lane, Lanes, Operator, Override, Scenery};
use crate::show::{fades::Way, mix::Mix, time::Mono};

/// That a lane has let go.
#[derive(Debug, PartialEq)]
pub(in crate::show) struct End {
    pub(in crate::show) lane: Lane,
    pub(in crate::show) by: Arc<str>,
    /// Whether it had the stream.
    pub(in crate::show) was_on: bool,
    /// How the stream goes back; `None` if the lane has its way from the show.
    pub(in crate::show) back: Option<Way>,
    /// What the lane wants that has the stream now; `None` to leave the picture as it is.
    pub(in crate::show) next: Option<Mix>,
}

impl Lanes {
    /// Lets go of panic; without it, of the operator and all overrides. `governed`: the schedule wants something.
    pub(in crate::show) fn release(&mut self, governed: bool, scenery: Scenery) -> Option<End> {
        let lane = self.holder();
        let (by, back) = match lane {
            Lane::Base => return None,
            Lane::Panic => (self.panic.take()?, None),
            Lane::Operator => {
                self.overrides.clear();
                (self.end_operator(governed, scenery.leads_to)?, None)
            }
            Lane::Override => {
                let top = self.overrides.pop()?;
                self.overrides.clear();
                (top.by, Some(top.back))
            }
        };
        Some(End { lane, by, was_on: true, back, next: self.settle() })
    }

    /// Lets go of the operator.
    pub(in crate::show) fn release_operator(&mut self, governed: bool, scenery: Scenery) -> Option<End> {
        let was_on = self.holder() == Lane::Operator;
        let by = self.end_operator(governed, scenery.leads_to)?;
        let next = if was_on { self.settle() } else { None };
        Some(End { lane: Lane::Operator, by, was_on, back: None, next })
    }

    /// Lets go of the operator and of all overrides, because a person has the last word. Returns which of them had the
    /// stream: what comes in its place is then to be told at once.
    pub(in crate::show) fn let_go(&mut self) -> Option<(Lane, Arc<str>)> {
        let holder = self.holder();
        let top = self.overrides.last().map(|held| Arc::clone(&held.by));
        self.overrides.clear();
        let hand = self.operator.take().map(|hand| hand.by);
        match holder {
            Lane::Base | Lane::Panic => None,
            Lane::Override | Lane::Operator => Some((holder, hand.or(top)?)),
        }
    }

    /// Ends what has come to its end first, if anything has; `leads_to` is where the path leads. Ask until there is nothing.
    pub(in crate::show) fn expire(
        &mut self,
        (idle, governed): (Option<Duration>, bool),
        now: Mono,
        leads_to: impl FnOnce() -> Mix,
    ) -> Option<End> {
        let (due, lane) = self.due(idle)?;
        if due > now {
            return None;
        }
        let holder = self.holder();
        let (by, was_on, back) = match lane {
            Lane::Override => {
                let is_over = |held: &Override| held.until.moment() == Some(due);
                let at = self.overrides.iter().position(is_over)?;
                let was_on = holder == lane && at + 1 == self.overrides.len();
                let held = self.overrides.remove(at);
                (held.by, was_on, Some(held.back))
            }
            _ => (self.end_operator(governed, leads_to())?, holder == Lane::Operator, None),
        };
        let next = if was_on { self.settle() } else { None };
        Some(End { lane, by, was_on, back, next })
    }

    /// Returns when to ask [`Self::expire`] next.
    pub(in crate::show) fn next_due(&self, idle: Option<Duration>) -> Option<Mono> {
        self.due(idle).map(|(due, _)| due)
    }

    /// Returns what ends first. At one moment overrides go before the hand, so that what it hands back to is right.
    fn due(&self, idle: Option<Duration>) -> Option<(Mono, Lane)> {
        let overrides = self.overrides.iter().filter_map(|held| held.until.moment());
        let hand = self.operator.as_ref().zip(idle).map(|(hand, idle)| hand.rests_by(idle));
        overrides.map(|due| (due, Lane::Override)).chain(hand.map(|due| (due, Lane::Operator))).min()
    }

    /// Takes the hand off. Where nothing is due, what it has mixed is the base from now on.
    fn end_operator(&mut self, governed: bool, leads_to: Mix) -> Option<Arc<str>> {
        let Operator { by, mix, .. } = self.operator.take()?;
        if let Some(wanted) = self.base.as_mut().filter(|wanted| !wanted.is_due && !governed) {
            wanted.mix = mix.unwrap_or(leads_to);
            self.asked_by = Arc::clone(&by);
            // The path stays as it is, also one that a hand keeps half way.
            if self.holder() == Lane::Base {
                self.follow_path();
            }
        }
        Some(by)
    }

    /// Returns what the lane wants that has the stream now.
    fn settle(&mut self) -> Option<Mix> {
        match self.holder() {
            Lane::Panic => None,
            Lane::Operator => self.operator.as_mut()?.mix.take(),
            Lane::Override => self.overrides.last().map(|held| Mix::of(&held.scene)),
            Lane::Base => self.base.take().map(|wanted| wanted.mix),
        }
    }
}

impl Operator {
    pub(super) fn rests_by(&self, idle: Duration) -> Mono {
        self.touched + idle.saturating_sub(self.rested)
    }
}
