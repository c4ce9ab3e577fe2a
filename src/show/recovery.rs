//! What the show file says about bad days of a stream: when it counts as stalled, what is tried, how often, who is told.
//!
//! Settings only. `stream/ladder.rs` climbs by them, the shell tells by the hooks.

use std::{sync::Arc, time::Duration};

use super::{scene::Scene, venue::SecretSource};

/// How a stream is brought back: rungs from the cheapest to the dearest, each with its wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Video goes in and no picture comes out for so long: it is stalled. 20 s unless set.
    ///
    /// The runner counts over windows of 10 s and starts a process that hangs again within some 15 s by itself.
    pub stalled_after: Duration,
    /// First the whole look is sent again; twice, 20 s each, unless set.
    pub resend: Rung,
    /// Then another stream takes its place; twice, 1 min each, unless set.
    pub recreate: Rung,
    /// The most streams created in any hour, for whatever reason; 6 unless set.
    pub creates_per_hour: u32,
    /// Then a harmless scene, for a look that breaks every runner it comes to; none unless set.
    pub fallback: Option<Fallback>,
    /// After so long without a stream or without a word from the API people are told; 2 min unless set.
    pub alarm_after: Duration,
    /// After the alarm the ladder is climbed again so much later, then after twice that, up to [`AGAIN_MAX`]; 10 min
    /// unless set.
    pub again_after: Duration,
    /// A picture for so long: it is well, and the ladder begins at the bottom. 1 min unless set.
    pub steady_after: Duration,
}

/// The longest wait between two climbs, unless the first is longer.
pub const AGAIN_MAX: Duration = Duration::from_hours(1);

/// One rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// How often it is tried before the next; 0 leaves it out.
    pub times: u32,
    /// How long each try has to help.
    pub wait: Duration,
}

/// The scene of the last rung.
#[derive(Clone, Debug, PartialEq)]
pub struct Fallback {
    /// Which.
    pub scene: Arc<Scene>,
    /// How long it has to help.
    pub wait: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            stalled_after: Duration::from_secs(20),
            resend: Rung { times: 2, wait: Duration::from_secs(20) },
            recreate: Rung { times: 2, wait: Duration::from_mins(1) },
            creates_per_hour: 6,
            fallback: None,
            alarm_after: Duration::from_mins(2),
            again_after: Duration::from_mins(10),
            steady_after: Duration::from_mins(1),
        }
    }
}

/// What is done when the backend knows the stream no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLost {
    /// Another is created with the look of the moment.
    #[default]
    Recreate,
    /// None is ever created in its place: it is looked for until it is back.
    Wait,
    /// Another is created with the fallback scene on it.
    Fallback,
}

/// What is done when another client has written to the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDrift {
    /// The look is sent again.
    #[default]
    Reassert,
    /// It is told, and left.
    Report,
}

/// One way of telling others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Publishes a message.
    Mqtt {
        /// On this topic.
        topic: Arc<str>,
        /// Whether the broker keeps it.
        retain: bool,
    },
    /// Posts JSON.
    Http(HookUrl),
    /// Runs a program, without a shell.
    Command {
        /// The program and its arguments; at least the program.
        argv: Vec<Arc<str>>,
        /// When it is killed; 30 s unless set.
        timeout: Duration,
    },
}

/// Where to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookUrl {
    /// There.
    Plain(Arc<str>),
    /// At an address that is a secret, as those of many chat services are.
    Secret(SecretSource),
}
