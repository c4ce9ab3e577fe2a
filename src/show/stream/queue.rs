//! What a stream was asked for and does not do yet: transitions that wait for the running one to end.
//!
//! Only keeps them in order; when they wait and when they start is the stream's.

use std::{collections::VecDeque, sync::Arc};

use crate::show::{easing::Easing, fades::Fades, scene::Scene, sheet::Policy};

/// How many may wait. At the usual fade of 4 s that is a minute of show; whoever asks for more has lost count.
pub(in crate::show) const WAITING_MAX: usize = 16;

/// A wish to go to a scene.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::show) struct Going {
    /// Where to.
    pub(in crate::show) scene: Arc<Scene>,
    /// How long; `None` for the scene's own.
    pub(in crate::show) fade: Option<Fades>,
    /// Which shape; `None` for the scene's own.
    pub(in crate::show) easing: Option<Easing>,
    /// What if a transition is running.
    pub(in crate::show) policy: Policy,
}

/// More was asked for than may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::show) struct QueueFull;

/// What waits, the next one first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Queue(VecDeque<Going>);

impl Queue {
    /// Puts a wish at the end.
    pub(super) fn push(&mut self, going: Going) -> Result<(), QueueFull> {
        if self.0.len() >= WAITING_MAX {
            return Err(QueueFull);
        }
        self.0.push_back(going);
        Ok(())
    }

    /// Takes the next one out.
    pub(super) fn pop(&mut self) -> Option<Going> {
        self.0.pop_front()
    }

    /// Takes all out.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Going> + use<> {
        std::mem::take(&mut self.0).into_iter()
    }

    /// Returns what waits, the next one first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Going> {
        self.0.iter()
    }

    /// Returns the scenes that wait, the next one first.
    pub(super) fn scenes(&self) -> impl DoubleEndedIterator<Item = &Arc<Scene>> {
        self.0.iter().map(|going| &going.scene)
    }

    /// Puts other scenes in the place of those that wait.
    pub(super) fn recast(&mut self, successor: impl Fn(&Arc<Scene>) -> Arc<Scene>) {
        for going in &mut self.0 {
            going.scene = successor(&going.scene);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Returns whether two scenes are one: the same of the show file, or two askings for the same prompt.
pub(in crate::show) fn is_same(one: &Arc<Scene>, other: &Arc<Scene>) -> bool {
    // How to get there does not make it another place.
    let Scene { name, prompt, seed, values, controlnets, fade: _, easing: _, switch_at: _ } = &**one;
    Arc::ptr_eq(one, other)
        || *name == other.name
            && *prompt == other.prompt
            && *seed == other.seed
            && *values == other.values
            && *controlnets == other.controlnets
}
