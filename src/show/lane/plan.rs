//! What the show file says about lanes.

use std::{sync::Arc, time::Duration};

use crate::show::scene::{Fade, Scene};

/// The longest hold. What is to be on for longer belongs into the schedule.
pub const HOLD_MAX: Duration = Duration::from_hours(24);
/// The highest priority of an override.
pub const PRIORITY_MAX: u8 = 100;

/// How long a step has the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For how long it is fully on: from the arrival of its fade. At most [`HOLD_MAX`].
    pub time: Duration,
    /// Which override comes first: the higher, of equals the newer. At most [`PRIORITY_MAX`].
    pub priority: u8,
    /// How long the way back takes; `None` for as long as the way in.
    pub release: Option<Fade>,
}

impl From<Duration> for Hold {
    fn from(time: Duration) -> Self {
        Self { time, priority: 0, release: None }
    }
}

/// What can be done to lanes as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneVerb {
    /// Goes to the panic scene, and cuts to it the second time.
    Panic,
    /// Lets go of panic; without it, of the operator and all overrides.
    Release,
    /// Lets go of the operator.
    OperatorRelease,
}

impl LaneVerb {
    /// What people write for each.
    pub const NAMES: [&'static str; 3] = ["panic", "release", "operator-release"];
    const ALL: [Self; 3] = [Self::Panic, Self::Release, Self::OperatorRelease];

    /// Returns the one of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Where panic goes.
#[derive(Clone, Debug, PartialEq)]
pub struct PanicPlan {
    /// The scene; `None` for the one that the stream starts with, or its base.
    pub scene: Option<Arc<Scene>>,
    /// How long it takes there, and back when it is released; 1 s unless set.
    pub fade: Fade,
}

impl Default for PanicPlan {
    fn default() -> Self {
        Self { scene: None, fade: Fade::new(Duration::from_secs(1)).unwrap_or_default() }
    }
}

/// When and how a hand gives a stream back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorPlan {
    /// After it has rested for so long; `None` for never by itself; 2 minutes unless set.
    pub idle: Option<Duration>,
    /// How long the way back takes; 4 s unless set.
    pub release: Fade,
}

impl Default for OperatorPlan {
    fn default() -> Self {
        Self { idle: Some(Duration::from_mins(2)), release: Fade::DEFAULT }
    }
}
