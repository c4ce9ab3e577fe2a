//! Moments and names for them, as the show sees them. Not a clock: nothing here knows what time it is.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

use jiff::Timestamp;

/// A moment on the monotonic clock: time since an arbitrary start, unmoved by changes of the calendar clock.
///
/// Fades, holds and retries run on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub Duration);

impl Mono {
    /// Returns the time passed since `earlier`, zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;

    fn sub(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(time))
    }
}

/// The present, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock: fades, holds, retries.
    pub mono: Mono,
    /// The calendar clock: cron, history, time tags.
    pub wall: Timestamp,
}

impl Now {
    /// Returns the monotonic moment at which the calendar clock will read `wall`, if nobody sets it meanwhile.
    ///
    /// A moment that has passed is now.
    #[must_use]
    pub fn mono_at(self, wall: Timestamp) -> Mono {
        let ahead = wall.duration_since(self.wall);
        self.mono + Duration::try_from(ahead).unwrap_or(Duration::ZERO)
    }
}
