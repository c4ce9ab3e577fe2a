//! Playlists: scenes one after the other, each with its way in and its hold. What the show file says of them.
//!
//! `order.rs` knows in which order they come, `walk.rs` where one is, `player.rs` when it goes on, `deck.rs` which playlist
//! has which stream and what hands may do, `form.rs` what survives,
//! `snapshot.rs` what may be seen, `play.rs` brings it all to the streams.

mod deck;
pub mod form;
mod order;
mod play;
mod player;
pub mod snapshot;
mod verb;
mod walk;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub(super) use self::{deck::Deck, play::Opening};
pub use self::{
    order::Order,
    verb::{PlayVerb, StepRef},
};
use super::{dice::Dice, easing::Easing, fades::Fades, scene::Scene, sheet::Streams};

/// The most steps that one round comes to, playlists within it counted out. At 1 min each that is more than eight hours; in the
/// journal, where two rounds and what was played stand, some 10 kB.
pub const ROUND_MAX: usize = 512;
/// How deep playlists may stand in each other.
pub const DEPTH_MAX: usize = 8;
/// The longest hold. What is longer is a schedule.
pub const HOLD_MAX: Duration = Duration::from_hours(24);
/// The least time between two GOs for one playlist unless the show file says otherwise: a bouncing button is one press.
pub const GO_APART: Duration = Duration::from_millis(100);

/// Scenes one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Playlist {
    /// Its name, unique in the show.
    pub name: Arc<str>,
    /// In which order its steps come.
    pub order: Order,
    /// On which streams it plays; where it stands in another one, that one's.
    pub streams: Streams,
    /// Its steps; at least one.
    pub steps: Vec<ListStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct ListStep {
    /// What people call it; `None` for what its scene is called.
    pub name: Option<Arc<str>>,
    /// How likely it comes, where that is left to chance; above 0.
    pub weight: f64,
    /// What is played.
    pub content: Content,
}

/// What a step plays.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A scene.
    Scene(Number),
    /// One round of another playlist.
    Playlist(Arc<Playlist>),
}

/// A scene in a playlist: as a number in a revue, with its way in and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The scene.
    pub scene: Arc<Scene>,
    /// How long the way there takes; `None` for the scene's own.
    pub fade: Option<Fades>,
    /// Its shape; `None` for the scene's own.
    pub easing: Option<Easing>,
    /// How long it stays once it is there; `None`: until somebody says GO.
    pub hold: Option<Hold>,
}

/// How long something stays: a time, or one between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    low: Duration,
    high: Duration,
}

impl Hold {
    /// Makes a hold of at least `low` and at most `high`; `None` if that is none, or longer than [`HOLD_MAX`].
    pub fn between(low: Duration, high: Duration) -> Option<Self> {
        (low <= high && high <= HOLD_MAX).then_some(Self { low, high })
    }

    /// Returns a time that it may be.
    fn roll(self, dice: &mut Dice) -> Duration {
        // What is fixed costs no chance.
        if self.low == self.high { self.low } else { dice.time_between(self.low, self.high) }
    }
}

impl ListStep {
    /// Returns what people call it: its name, or that of what it plays.
    pub fn label(&self) -> &Arc<str> {
        self.name.as_ref().unwrap_or(match &self.content {
            Content::Scene(number) => &number.scene.name,
            Content::Playlist(list) => &list.name,
        })
    }
}

impl Playlist {
    /// Returns how many scenes one round of it comes to; more than [`ROUND_MAX`] is more than may be.
    pub fn round_length(&self) -> usize {
        let of = |step: &ListStep| match &step.content {
            Content::Scene(_) => 1,
            Content::Playlist(list) => list.round_length(),
        };
        let sum = self.steps.iter().map(of).fold(0, usize::saturating_add);
        match self.order {
            Order::PingPong => sum.saturating_mul(2),
            // Chance may pick the longest each time.
            Order::Random => self.steps.iter().map(of).max().unwrap_or(0).saturating_mul(self.steps.len()),
            Order::Once | Order::Loop | Order::Shuffle => sum,
        }
    }

    /// Returns the same playlist with other scenes in the place of its own, also in those that stand in it.
    #[must_use]
    pub(super) fn recast(&self, recast: &impl Fn(&Arc<Scene>) -> Arc<Scene>) -> Self {
        let step = |step: &ListStep| {
            let content = match &step.content {
                Content::Scene(number) => {
                    Content::Scene(Number { scene: recast(&number.scene), ..number.clone() })
                }
                Content::Playlist(list) => Content::Playlist(Arc::new(list.recast(recast))),
            };
            ListStep { content, ..step.clone() }
        };
        Self { steps: self.steps.iter().map(step).collect(), ..self.clone() }
    }

    /// Returns the place of a step that a hand names.
    pub fn find(&self, step: &StepRef) -> Option<usize> {
        match step {
            StepRef::Number(number) => number.checked_sub(1).filter(|place| *place < self.steps.len()),
            StepRef::Name(name) => self.steps.iter().position(|step| step.label() == name),
        }
    }

    /// Returns the scene that it begins with; `None` where that is left to chance.
    pub(super) fn first(&self) -> Option<&Arc<Scene>> {
        match &self.steps.first().filter(|_| !self.order.is_chance())?.content {
            Content::Scene(number) => Some(&number.scene),
            Content::Playlist(list) => list.first(),
        }
    }

    /// Returns the scenes of its own steps.
    pub(super) fn scenes(&self) -> impl Iterator<Item = &Arc<Scene>> {
        self.steps.iter().filter_map(|step| match &step.content {
            Content::Scene(number) => Some(&number.scene),
            Content::Playlist(_) => None,
        })
    }

    /// Returns what people call the step that a path leads to: `dawn`, or `guests/dawn` in a playlist within.
    fn label(&self, path: &[usize]) -> Arc<str> {
        let Some((step, rest)) =
            path.split_first().and_then(|(first, rest)| Some((self.steps.get(*first)?, rest)))
        else {
            return Arc::default();
        };
        match &step.content {
            Content::Playlist(list) if !rest.is_empty() => {
                format!("{}/{}", step.label(), list.label(rest)).into()
            }
            Content::Playlist(_) | Content::Scene(_) => Arc::clone(step.label()),
        }
    }

    /// Returns the scene that a path of places leads to.
    fn number(&self, path: &[usize]) -> Option<&Number> {
        let (first, rest) = path.split_first()?;
        match (&self.steps.get(*first)?.content, rest) {
            (Content::Scene(number), []) => Some(number),
            (Content::Playlist(list), [_, ..]) => list.number(rest),
            (Content::Scene(_) | Content::Playlist(_), _) => None,
        }
    }
}
