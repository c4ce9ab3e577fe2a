//! What if a list is fired while it is still running: the four modes of Home Assistant's automations.

use super::RUNS_MAX;

/// What if a list is fired while it is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is refused.
    Single,
    /// The running one is dropped, and it begins anew.
    Restart,
    /// It waits until those before it have ended; at most so many, the running one included.
    Queued(usize),
    /// It runs beside the others; at most so many.
    Parallel(usize),
}

impl Mode {
    /// What people write for each.
    pub const NAMES: [&'static str; 4] = ["single", "restart", "queued", "parallel"];
    /// How many may run or wait unless the show file says otherwise; Home Assistant's number.
    pub const MAX_USUAL: usize = 10;
    /// How many the show file may allow: as many runs as there are.
    pub const MAX_MOST: usize = RUNS_MAX;

    /// Decides about one more of which `own` are running or waiting.
    pub(super) fn admit(self, own: usize) -> Result<Admission, Refused> {
        match self {
            _ if own == 0 => Ok(Admission::Begin),
            Self::Single => Err(Refused::Running),
            Self::Restart => Ok(Admission::Replace),
            Self::Queued(max) | Self::Parallel(max) if own >= max => Err(Refused::Max(max)),
            Self::Queued(_) => Ok(Admission::StandBy),
            Self::Parallel(_) => Ok(Admission::Begin),
        }
    }
}

/// What becomes of one that is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::show) enum Admission {
    /// It begins.
    Begin,
    /// It waits for its turn.
    StandBy,
    /// It takes the place of those that are there.
    Replace,
}

/// Why a list does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::show) enum Refused {
    /// It is still running, and there may be one only.
    Running,
    /// As many run or wait as its `max` allows.
    Max(usize),
    /// As many run as there may be in all.
    TooMany,
}

impl Refused {
    /// Returns the kind of mistake, fit to count by.
    pub(in crate::show) fn reason(self) -> &'static str {
        match self {
            Self::Running => "still running",
            Self::Max(_) => "max reached",
            Self::TooMany => "too many runs",
        }
    }

    /// Says it of a trigger or cue.
    pub(super) fn of(self, name: &str) -> String {
        match self {
            Self::Running => name.to_owned(),
            Self::Max(max) => format!("{name}: {max} run or wait already"),
            Self::TooMany => format!("{name}: {RUNS_MAX} lists run already"),
        }
    }
}
