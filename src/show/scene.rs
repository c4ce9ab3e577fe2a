//! A scene: a named look. Only what it names changes; the rest is the stream's base.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    easing::Easing,
    fades::{Fades, SwitchAt, Way},
    sheet::Base,
    weighted::Weighted,
};

/// How long a transition takes; at most a day, zero for a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Fade(Duration);

impl Fade {
    /// The longest fade. Longer ones are schedules.
    pub const LONGEST: Duration = Duration::from_hours(24);
    /// What a scene's way in takes when nobody says anything else.
    pub const DEFAULT: Self = Self(Duration::from_secs(4));
    /// How long what is on takes to become its edit when nobody says anything else.
    pub const EDIT: Self = Self(Duration::from_secs(2));
    /// No fade at all.
    pub const CUT: Self = Self(Duration::ZERO);

    /// Makes a fade of that length, `None` if it is longer than a day.
    pub fn new(time: Duration) -> Option<Self> {
        (time <= Self::LONGEST).then_some(Self(time))
    }

    /// Makes a fade of so many seconds, `None` for what is no time: negative, NaN, infinite, longer than a day.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        Duration::try_from_secs_f64(seconds).ok().and_then(Self::new)
    }

    /// Returns the length.
    pub fn length(self) -> Duration {
        self.0
    }
}

/// A named look and its default way in.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Its name, unique in the show.
    pub name: Arc<str>,
    /// What to paint; `None` for the stream's base.
    pub prompt: Option<Weighted<Arc<str>>>,
    /// Out of which noise; `None` for the stream's base.
    pub seed: Option<Weighted<i64>>,
    /// Other live parameters, by their name in the parameter table.
    pub values: BTreeMap<&'static str, Level>,
    /// Scales of ControlNets, by the id in the API or by short name; a stream's own list resolves them.
    pub controlnets: BTreeMap<Arc<str>, f64>,
    /// Its default fade.
    pub fade: Option<Fades>,
    /// Its default easing.
    pub easing: Option<Easing>,
    /// When its way in switches what cannot be blended.
    pub switch_at: SwitchAt,
}

impl Scene {
    /// Makes a scene that changes nothing: what shows is the stream's base.
    pub fn empty(name: &str) -> Self {
        Self {
            name: name.into(),
            prompt: None,
            seed: None,
            values: BTreeMap::new(),
            controlnets: BTreeMap::new(),
            fade: None,
            easing: None,
            switch_at: SwitchAt::default(),
        }
    }

    /// Returns the way in: what is asked for, else its own, else the usual.
    ///
    /// Fades that are asked for take the place of its own as a whole; only the default may be left to it.
    pub fn way(&self, fades: Option<Fades>, easing: Option<Easing>) -> Way {
        let fades = fades.map(|fades| fades.or(self.fade.as_ref()));
        Way {
            fades: fades.or_else(|| self.fade.clone()).unwrap_or_default(),
            easing: easing.or(self.easing).unwrap_or_default(),
            switch_at: self.switch_at,
        }
    }

    /// Returns what it comes to over a base, complete in itself.
    #[must_use]
    pub fn over(&self, base: &Base) -> Self {
        let mut scene = self.clone();
        scene.prompt.get_or_insert_with(|| base.prompt.clone());
        scene.seed.get_or_insert_with(|| base.seed.clone());
        for (name, level) in &base.values {
            let own = scene.values.get(name).map_or_else(|| level.clone(), |own| own.over(level));
            scene.values.insert(name, own);
        }
        for net in &base.controlnets {
            let named = |name: &str| self.controlnets.contains_key(name);
            if !named(&net.id) && !net.short.is_some_and(named) {
                scene.controlnets.insert(Arc::clone(&net.id), net.scale);
            }
        }
        scene
    }

    /// Returns whether both show the same, however they come in.
    pub fn looks_like(&self, other: &Self) -> bool {
        let Self { name: _, prompt, seed, values, controlnets, fade: _, easing: _, switch_at: _ } = self;
        (prompt, seed, values, controlnets) == (&other.prompt, &other.seed, &other.values, &other.controlnets)
    }
}

/// The value of a live parameter in a scene.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// A number; blends.
    Number(f64),
    /// A whole number; blends, rounded at sending.
    Integer(f64),
    /// A step schedule; blends entry by entry where the lengths agree, rounded at sending.
    Indices(Vec<f64>),
    /// An object of which some members blend; see `members.rs`.
    Object(Map<String, Value>),
    /// Anything else; switches once in a transition.
    Choice(Value),
}

impl Level {
    /// Returns what a scene that says this comes to where the stream has `base`: of an object only what it names is
    /// another, but for whether it is on. One that is named is on unless the name says otherwise.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        let (Self::Object(own), Self::Object(base)) = (self, base) else { return self.clone() };
        let mut object = base.clone();
        object.remove("enabled");
        object.extend(own.clone());
        Self::Object(object)
    }
}
