//! Where somebody is in a playlist: what is on, what comes and what came before. Knows no time.

use std::collections::VecDeque;

use super::{
    Playlist,
    order::{Formers, Order, Path, leaves, round},
};
use crate::show::dice::Dice;

/// How many steps back lead: more than a hand counts.
pub(super) const PAST_MAX: usize = 64;

/// Where one is. What comes next is always known, unless the playlist ends here.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Walk {
    /// What is on; `None` before the first.
    pub(super) at: Option<Path>,
    /// What comes, the next first: the rest of this round, or the next.
    pub(super) coming: VecDeque<Path>,
    /// What came before, the last one last.
    pub(super) past: Vec<Path>,
    formers: Formers,
}

impl Walk {
    /// Stands before the first step.
    pub(super) fn new(list: &Playlist, dice: &mut Dice) -> Self {
        let mut walk =
            Self { at: None, coming: VecDeque::new(), past: Vec::new(), formers: Formers::default() };
        walk.refill(list, dice);
        walk
    }

    /// Stands where somebody stood: every path leads to a scene of `list`.
    pub(super) fn at(at: Option<Path>, coming: VecDeque<Path>, past: Vec<Path>) -> Self {
        Self { at, coming, past, formers: Formers::default() }
    }

    /// Returns what comes next; `None` at the end of a playlist that ends.
    pub(super) fn next(&self) -> Option<&Path> {
        self.coming.front()
    }

    /// Returns whether it has come to its end.
    pub(super) fn is_over(&self) -> bool {
        self.coming.is_empty()
    }

    /// Takes the next step.
    pub(super) fn advance(&mut self, list: &Playlist, dice: &mut Dice) -> Option<&Path> {
        let next = self.coming.pop_front()?;
        self.past.extend(self.at.replace(next));
        if self.past.len() > PAST_MAX {
            self.past.remove(0);
        }
        if list.order != Order::Once {
            self.refill(list, dice);
        }
        self.at.as_ref()
    }

    /// Takes the step before: the one that was on, else the one that stands before it. What is on comes next then.
    pub(super) fn back(&mut self, list: &Playlist, dice: &mut Dice) -> Option<&Path> {
        let before = self.past.pop().or_else(|| self.neighbour(list, dice))?;
        if let Some(at) = self.at.replace(before) {
            self.coming.push_front(at);
        }
        self.at.as_ref()
    }

    /// Lets a step be the next; what comes after it is what the order says.
    pub(super) fn stand_by(&mut self, list: &Playlist, step: usize, dice: &mut Dice) {
        match list.order {
            Order::Once | Order::Loop | Order::PingPong => self.coming.clear(),
            Order::Shuffle | Order::Random => {
                // The rest of a playlist that is left.
                let here = self.at.as_ref().map(|at| at[0]);
                while self.coming.front().is_some_and(|path| Some(path[0]) == here) {
                    self.coming.pop_front();
                }
                // Its own turn, if that is still to come in this round, or at once anyway.
                let turn = self.coming.iter().position(|path| path[0] == step);
                if let Some(turn) = turn.filter(|turn| list.order == Order::Shuffle || *turn == 0) {
                    let rest = self.coming.split_off(turn);
                    self.coming.extend(rest.into_iter().skip_while(|path| path[0] == step));
                }
                let paths = leaves(list, &[step], &mut self.formers, dice);
                paths.into_iter().rev().for_each(|path| self.coming.push_front(path));
                return;
            }
        }
        let steps = follow_on(list, step);
        self.coming.extend(leaves(list, &steps, &mut self.formers, dice));
    }

    /// Goes on from where one is with an edited list, whose steps `fresh` were not there before.
    ///
    /// What chance has rolled stays, and what is new comes at the end of a round; else what comes is made anew, but for the
    /// rest of the playlist within.
    pub(super) fn follow(&mut self, list: &Playlist, fresh: &[usize], dice: &mut Dice) {
        let here = self.at.as_ref().map(|at| at[0]);
        match (list.order, here) {
            (Order::Shuffle, _) => self.coming.extend(leaves(list, fresh, &mut self.formers, dice)),
            (Order::Random, _) => {}
            (Order::Once | Order::Loop | Order::PingPong, Some(here)) => {
                let is_rest = |path: &&Path| path[0] == here && path.len() > 1;
                let rest = self.coming.iter().take_while(is_rest).count();
                self.coming.truncate(rest);
                let steps = follow_on(list, here);
                self.coming.extend(leaves(list, &steps[1..], &mut self.formers, dice));
            }
            (Order::Once | Order::Loop | Order::PingPong, None) => self.coming.clear(),
        }
        if list.order != Order::Once || here.is_none() {
            self.refill(list, dice);
        }
    }

    /// Rolls the next round when this one has no more to come.
    pub(super) fn refill(&mut self, list: &Playlist, dice: &mut Dice) {
        if self.coming.is_empty() {
            let former = self.at.as_ref().map(|at| at[0]);
            let steps = round(list, former, dice);
            self.coming.extend(leaves(list, &steps, &mut self.formers, dice));
        }
    }

    /// Returns the last scene of the step that stands before the one that is on; chance has no before.
    fn neighbour(&mut self, list: &Playlist, dice: &mut Dice) -> Option<Path> {
        let here = *self.at.as_ref()?.first()?;
        let before = match list.order {
            Order::Once | Order::PingPong => here.checked_sub(1)?,
            Order::Loop => here.checked_sub(1).unwrap_or(list.steps.len() - 1),
            Order::Shuffle | Order::Random => return None,
        };
        leaves(list, &[before], &mut self.formers, dice).pop()
    }
}

/// Returns a step and those that come after it in a round that chance has no say in.
fn follow_on(list: &Playlist, step: usize) -> Vec<usize> {
    let count = list.steps.len();
    let there = step..count;
    match list.order {
        Order::PingPong => there.chain((0..count.saturating_sub(1)).rev()).collect(),
        _ => there.collect(),
    }
}
