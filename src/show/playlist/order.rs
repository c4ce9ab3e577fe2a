//! In which order the steps of a playlist come: one round of it at a time.
//!
//! Pure arithmetic and dice: knows neither where anybody is nor what time it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Content, Playlist};
use crate::show::dice::Dice;

/// In which order the steps come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// From the first to the last, and that is all.
    #[default]
    Once,
    /// From the first to the last, and again.
    Loop,
    /// Each once in every round, in an order that chance makes; heavy ones tend to come early. What ended a round does not
    /// begin the next.
    Shuffle,
    /// From the first to the last and back, and again; the ends come once at each turn.
    PingPong,
    /// Whatever chance picks, the heavier the oftener; never the same twice in a row where there is another.
    Random,
}

impl Order {
    /// Every order with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("once", Self::Once),
        ("loop", Self::Loop),
        ("shuffle", Self::Shuffle),
        ("ping-pong", Self::PingPong),
        ("random", Self::Random),
    ];
    /// Every name.
    pub const NAMES: [&'static str; 5] =
        [Self::ALL[0].0, Self::ALL[1].0, Self::ALL[2].0, Self::ALL[3].0, Self::ALL[4].0];

    /// Returns the order of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, order)| *order)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, order)| *order == self).map_or("", |(name, _)| name)
    }

    /// Returns whether chance has a say in it.
    pub fn is_chance(self) -> bool {
        matches!(self, Self::Shuffle | Self::Random)
    }
}

/// The places that lead to a scene, from the outermost playlist inwards.
pub(super) type Path = Vec<usize>;

/// With which step the last round of each playlist that stands in another one ended.
pub(super) type Formers = BTreeMap<Arc<str>, usize>;

/// Returns the steps of the next round; `former` is the one that was played last.
pub(super) fn round(list: &Playlist, former: Option<usize>, dice: &mut Dice) -> Vec<usize> {
    let count = list.steps.len();
    match list.order {
        Order::Once | Order::Loop => (0..count).collect(),
        Order::PingPong => {
            let first = usize::from(former == Some(0) && count > 1);
            (first..count).chain((0..count.saturating_sub(1)).rev()).collect()
        }
        Order::Shuffle => {
            let mut left: Vec<usize> = (0..count).collect();
            let mut round = Vec::with_capacity(count);
            while !left.is_empty() {
                let shunned = former.filter(|_| round.is_empty());
                let picked = pick(list, &left, shunned, dice);
                round.push(left.remove(picked));
            }
            round
        }
        Order::Random => {
            let all: Vec<usize> = (0..count).collect();
            let mut last = former;
            let mut picked = || {
                let step = all[pick(list, &all, last, dice)];
                last = Some(step);
                step
            };
            (0..count).map(|_| picked()).collect()
        }
    }
}

/// Picks one of some steps by their weights, but not the one that is shunned if there is another; returns its place among them.
fn pick(list: &Playlist, steps: &[usize], shunned: Option<usize>, dice: &mut Dice) -> usize {
    let is_free = |step: &usize| steps.len() == 1 || Some(*step) != shunned;
    let weight = |step: &usize| if is_free(step) { list.steps[*step].weight } else { 0.0 };
    let total: f64 = steps.iter().map(weight).sum();
    let mut mark = dice.fraction() * total;
    for (place, step) in steps.iter().enumerate() {
        mark -= weight(step);
        if mark < 0.0 && is_free(step) {
            return place;
        }
    }
    // What rounding leaves over.
    steps.iter().rposition(is_free).unwrap_or(0)
}

/// Returns the paths to the scenes of some steps, playlists among them by a round of theirs.
pub(super) fn leaves(list: &Playlist, steps: &[usize], formers: &mut Formers, dice: &mut Dice) -> Vec<Path> {
    let mut found = Vec::new();
    for step in steps {
        match &list.steps[*step].content {
            Content::Scene(_) => found.push(vec![*step]),
            Content::Playlist(inner) => {
                // One that goes there and back is back when its turn ends.
                let former = formers.get(&inner.name).copied().filter(|_| inner.order.is_chance());
                let former = former.filter(|former| *former < inner.steps.len());
                let steps = round(inner, former, dice);
                formers.extend(steps.last().map(|last| (Arc::clone(&inner.name), *last)));
                let paths = leaves(inner, &steps, formers, dice);
                found.extend(paths.into_iter().map(|path| [&[*step], path.as_slice()].concat()));
            }
        }
    }
    found
}
