//! How a transition goes: how long, for each group of parameters, in which shape, and when it switches what cannot fade.

use std::collections::BTreeMap;

use super::{easing::Easing, scene::Fade};

/// The prompt; a group of its own.
pub const PROMPT: &str = "prompt";
/// The seed; a group of its own.
pub const SEED: &str = "seed";
/// The scales of ControlNets; a group of its own.
pub const CONTROLNETS: &str = "controlnets";
/// Every parameter that is none of the three; each is also a group by its own name.
pub const PARAMS: &str = "params";

/// How long each group of parameters takes.
///
/// A parameter takes the time of its own name, else that of `params`, else the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fades {
    /// What everything takes that has no time of its own; `None` for whatever holds elsewhere.
    pub default: Option<Fade>,
    /// The times of groups by name: one of the constants of this module, or a parameter.
    pub groups: BTreeMap<&'static str, Fade>,
}

impl Fades {
    /// Returns these fades where they say something, and for the default what `other` says where they do not.
    #[must_use]
    pub fn or(mut self, other: Option<&Self>) -> Self {
        self.default = self.default.or(other.and_then(|other| other.default));
        self
    }

    /// Returns what everything takes that has no time of its own.
    pub fn main(&self) -> Fade {
        self.default.unwrap_or(Fade::DEFAULT)
    }

    /// Returns what a group or a parameter takes.
    pub fn of(&self, name: &str) -> Fade {
        let wide = || self.groups.get(PARAMS).filter(|_| !is_alone(name));
        self.groups.get(name).or_else(wide).copied().unwrap_or_else(|| self.main())
    }

    /// Returns whether all parameters but prompt, seed and ControlNets have a time together.
    pub fn has_wide(&self) -> bool {
        self.groups.contains_key(PARAMS)
    }

    /// Returns the longest of them: what the whole takes.
    pub fn longest(&self) -> Fade {
        self.groups.values().copied().fold(self.main(), Ord::max)
    }
}

impl From<Fade> for Fades {
    /// Everything takes the same time.
    fn from(fade: Fade) -> Self {
        Self { default: Some(fade), groups: BTreeMap::new() }
    }
}

/// Returns whether a group is none of the parameters that `params` stands for.
pub fn is_alone(group: &str) -> bool {
    [PROMPT, SEED, CONTROLNETS].contains(&group)
}

/// When a transition switches what cannot be blended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SwitchAt {
    /// At once.
    Start,
    /// As soon as no more than half of the mix is still to change.
    #[default]
    Middle,
    /// At the very end.
    End,
}

impl SwitchAt {
    /// What people write for each.
    pub const WORDS: [&'static str; 3] = ["start", "middle", "end"];

    /// Returns the one of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "start" => Some(Self::Start),
            "middle" => Some(Self::Middle),
            "end" => Some(Self::End),
            _ => None,
        }
    }

    /// Returns when the way back switches: at the same place.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Start => Self::End,
            Self::Middle => Self::Middle,
            Self::End => Self::Start,
        }
    }
}

/// How a transition goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// How long.
    pub fades: Fades,
    /// In which shape.
    pub easing: Easing,
    /// When it switches what cannot be blended.
    pub switch_at: SwitchAt,
}

impl Way {
    /// Makes a way that takes everything along in the same time.
    pub fn even(fade: Fade, easing: Easing) -> Self {
        Self { fades: fade.into(), easing, switch_at: SwitchAt::default() }
    }
}
