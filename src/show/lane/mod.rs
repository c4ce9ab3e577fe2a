//! Lanes: who has a stream. The highest of those who ask for something has it; what the others want is kept until it
//! lets go, and is then what they want *by then*.
//!
//! | lane | who asks | until |
//! |---|---|---|
//! | base | the schedule, cron, triggers, cues and playlists without `hold`, and people | something else is asked there |
//! | override | a step, or an ask, with `hold` | it was fully on for that long; eight wait at most |
//! | operator | a hand on a fader | it has rested for `operator_idle`, and something is due |
//! | panic | the panic button | it is released |
//!
//! What a person asks for directly is the last word: it becomes the base and lets go of overrides and operator, not of
//! panic. Decides only: here who takes a stream, in `ends.rs` who lets go. `stream/lanes.rs` has
//! the path, `form.rs` knows what of it survives the process.

mod ends;
pub(super) mod form;
mod plan;
mod told;

use std::{sync::Arc, time::Duration};

pub(super) use self::ends::End;
pub use self::{
    plan::{HOLD_MAX, Hold, LaneVerb, OperatorPlan, PRIORITY_MAX, PanicPlan},
    told::{Beneath, LaneSnapshot},
};
use super::{
    event::Door, fades::Way, mix::Mix, scene::Scene, scope::Occasion, stream::queue::is_same, time::Mono,
};

/// Most overrides of one stream. Each comes from a trigger that holds for a while: a room with a sensor at each of four
/// doors has four, and the other four are room for visitors' prompts.
pub const OVERRIDES_MAX: usize = 8;

/// Who may have a stream, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// What is due anyway.
    Base,
    /// Something that holds for a while.
    Override,
    /// A hand on a fader.
    Operator,
    /// The panic button.
    Panic,
}

impl Lane {
    /// Every lane, the lowest first.
    pub const ALL: [Self; 4] = [Self::Base, Self::Override, Self::Operator, Self::Panic];

    /// Returns the lane as everybody outside spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Override => "override",
            Self::Operator => "operator",
            Self::Panic => "panic",
        }
    }
}

/// Who asks for something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct By {
    /// The cue, the trigger, the schedule; or the address, topic or route.
    pub(super) name: Arc<str>,
    pub(super) door: Door,
    /// Whether a person asks, with no trigger in between.
    pub(super) is_person: bool,
    /// What happened.
    pub(super) occasion: Arc<Occasion>,
}

impl By {
    /// A person asks, with no trigger in between.
    pub(super) fn person(name: Arc<str>, door: Door) -> Self {
        Self { name, door, is_person: true, occasion: Arc::default() }
    }

    /// The schedule asks.
    pub(super) fn schedule() -> Self {
        Self { is_person: false, ..Self::person("schedule".into(), Door::Show) }
    }

    /// A playlist goes on by itself.
    pub(super) fn playlist() -> Self {
        Self { is_person: false, ..Self::person("playlist".into(), Door::Show) }
    }
}

/// The lanes of one stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lanes {
    /// Who asked in the base last.
    asked_by: Arc<str>,
    /// What the base wants while it has not the stream; `None` while it has: then it is where the path leads.
    base: Option<Wanted>,
    /// The one that comes first is last: by priority, of equals the newest.
    overrides: Vec<Override>,
    operator: Option<Operator>,
    /// Who pressed the button.
    panic: Option<Arc<str>>,
}

/// What the base wants.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    mix: Mix,
    /// Whether it is newer or other than what a hand has mixed from.
    is_due: bool,
}

/// Something that holds for a while.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Override {
    pub(super) scene: Arc<Scene>,
    pub(super) by: Arc<str>,
    pub(super) priority: u8,
    /// How long it is to be fully on.
    pub(super) hold: Duration,
    pub(super) until: Until,
    /// How the stream goes back.
    pub(super) back: Way,
}

/// When an override ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Until {
    /// After its hold, counted from its arrival: by what the path says now, then; `None` while that is paused.
    Arriving(Option<Mono>),
    /// Then, whoever has the stream.
    Fixed(Mono),
}

/// A hand on a fader.
#[derive(Clone, Debug, PartialEq)]
struct Operator {
    by: Arc<str>,
    /// When it moved last, and how long before that it had rested in an earlier run of the show.
    touched: Mono,
    rested: Duration,
    /// What it has mixed, while panic has the stream; `None` otherwise: then it is where the path leads.
    mix: Option<Mix>,
}

/// What is so when a lane takes something in.
#[derive(Clone, Debug)]
pub(super) struct Scenery {
    /// Where the path leads.
    pub(super) leads_to: Mix,
    /// How long it still takes there.
    pub(super) left: Duration,
    pub(super) now: Mono,
}

/// What became of an override that was asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Taken {
    /// Whether it has the stream.
    pub(super) is_on: bool,
    /// Whether it had it already.
    pub(super) again: bool,
    /// What has no room any more.
    pub(super) dropped: Option<Override>,
}

impl Lanes {
    /// Makes lanes of which the base has the stream.
    pub(super) fn new(asked_by: &str) -> Self {
        Self { asked_by: asked_by.into(), base: None, overrides: Vec::new(), operator: None, panic: None }
    }

    /// Returns who asked in the base last.
    pub(super) fn asked_by(&self) -> &Arc<str> {
        &self.asked_by
    }

    /// Returns who has the stream.
    pub(super) fn holder(&self) -> Lane {
        match self {
            Self { panic: Some(_), .. } => Lane::Panic,
            Self { operator: Some(_), .. } => Lane::Operator,
            Self { overrides, .. } if !overrides.is_empty() => Lane::Override,
            _ => Lane::Base,
        }
    }

    /// Returns the scene that is wanted when the present lane lets go, if another than the base has the stream.
    pub(super) fn next_scene(&self) -> Option<&Arc<Scene>> {
        let below = |count: usize| self.overrides.iter().rev().nth(count).map(|held| &held.scene);
        let base = self.base.as_ref().map(|wanted| wanted.mix.heaviest());
        match self.holder() {
            Lane::Base => None,
            Lane::Override => below(1).or(base),
            Lane::Operator => below(0).or(base),
            Lane::Panic => {
                let hand = self.operator.as_ref().and_then(|hand| hand.mix.as_ref());
                hand.map(Mix::heaviest).or(below(0)).or(base)
            }
        }
    }

    /// Takes that the base has the stream, and wants what the path leads to from now on.
    pub(super) fn follow_path(&mut self) {
        self.base = None;
    }

    /// Takes that the base was asked for something that is shown.
    pub(super) fn asked(&mut self, by: &Arc<str>) {
        self.asked_by = Arc::clone(by);
    }

    /// Takes what the base is asked for while another lane has the stream.
    pub(super) fn ask_beneath(&mut self, by: &Arc<str>, mix: Mix) {
        self.asked_by = Arc::clone(by);
        self.base = Some(Wanted { mix, is_due: true });
    }

    /// Takes an override. Asked for again with the same priority, its hold starts again.
    pub(super) fn hold(&mut self, held: Override, scenery: Scenery) -> Taken {
        self.stand_by(scenery);
        let is_it = |other: &Override| other.priority == held.priority && is_same(&other.scene, &held.scene);
        let was_on = self.holder() == Lane::Override && self.overrides.last().is_some_and(is_it);
        self.overrides.retain(|other| !is_it(other));
        let place = self.overrides.partition_point(|other| other.priority <= held.priority);
        self.overrides.insert(place, held);
        let is_last = place + 1 == self.overrides.len();
        let is_on = is_last && self.holder() == Lane::Override;
        if let (false, Some(held)) = (is_on, self.overrides.get_mut(place)) {
            held.until = held.until.fixed(Mono::default());
        }
        let dropped = (self.overrides.len() > OVERRIDES_MAX).then(|| self.overrides.remove(0));
        Taken { is_on, again: was_on && is_on, dropped }
    }

    /// Takes that the override that has the stream arrives then; `None` while it stands still.
    pub(super) fn arrives(&mut self, at: Option<Mono>) {
        if self.holder() == Lane::Override
            && let Some(held) = self.overrides.last_mut()
            && matches!(held.until, Until::Arriving(_))
        {
            held.until = Until::Arriving(at.map(|at| at + held.hold));
        }
    }

    /// Takes that a hand has moved; returns whether it takes the stream with that. Under panic it only goes on holding
    /// what it holds.
    pub(super) fn touch(&mut self, by: &Arc<str>, scenery: Scenery) -> bool {
        let now = scenery.now;
        if let Some(hand) = &mut self.operator {
            (hand.touched, hand.rested) = (now, Duration::ZERO);
            return false;
        }
        if self.panic.is_some() {
            return false;
        }
        let from_override = self.holder() == Lane::Override;
        self.stand_by(scenery);
        if let Some(wanted) = &mut self.base {
            wanted.is_due |= from_override;
        }
        self.operator =
            Some(Operator { by: Arc::clone(by), touched: now, rested: Duration::ZERO, mix: None });
        true
    }

    /// Takes that the panic button was pressed; returns whether for the first time.
    pub(super) fn panic(&mut self, by: &Arc<str>, scenery: Scenery) -> bool {
        if self.panic.is_some() {
            return false;
        }
        if let Some(hand) = &mut self.operator {
            hand.mix = Some(scenery.leads_to.clone());
        }
        self.stand_by(scenery);
        self.panic = Some(Arc::clone(by));
        true
    }

    /// Another lane takes the stream: keeps what the present one wants, and lets its time run.
    fn stand_by(&mut self, Scenery { leads_to, left, now }: Scenery) {
        self.base.get_or_insert(Wanted { mix: leads_to, is_due: false });
        for held in &mut self.overrides {
            held.until = held.until.fixed(now + left + held.hold);
        }
    }

    /// Puts other scenes in the place of its own.
    pub(super) fn recast(&mut self, successor: impl Fn(&Arc<Scene>) -> Arc<Scene>) {
        let mut new = |scene: &Arc<Scene>| successor(scene);
        if let Some(wanted) = &mut self.base {
            wanted.mix = wanted.mix.recast(&mut new);
        }
        if let Some(mix) = self.operator.as_mut().and_then(|hand| hand.mix.as_mut()) {
            *mix = mix.recast(&mut new);
        }
        for held in &mut self.overrides {
            held.scene = new(&held.scene);
        }
    }

    /// Returns whether they differ in more than when a hand moved last.
    pub(super) fn differ(&self, other: &Self) -> bool {
        let still = |lanes: &Self| {
            let operator = lanes.operator.clone();
            let operator =
                operator.map(|hand| Operator { touched: Mono::default(), rested: Duration::ZERO, ..hand });
            Self { asked_by: "".into(), operator, ..lanes.clone() }
        };
        still(self) != still(other)
    }
}

impl Until {
    /// Returns it as it goes on when it has not the stream; `otherwise` is when it ends that stood still.
    fn fixed(self, otherwise: Mono) -> Self {
        Self::Fixed(self.moment().unwrap_or(otherwise))
    }

    /// Returns the moment, if it is known.
    fn moment(self) -> Option<Mono> {
        match self {
            Self::Arriving(at) => at,
            Self::Fixed(at) => Some(at),
        }
    }
}

#[cfg(test)]
mod tests;
