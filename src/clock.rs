//! What time it is: the only file that asks. Everything else is told.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::show::time::{Mono, Now};

/// Both clocks of this machine. Copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the monotonic clock at zero.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Returns the present.
    pub fn now(self) -> Now {
        Now { mono: Mono(self.start.elapsed()), wall: Timestamp::now() }
    }

    /// Returns the system's own monotonic clock, which counts from its start.
    pub fn system(self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::try_from(time).unwrap_or_default()
    }

    /// Waits until the monotonic clock reads `moment`.
    pub async fn until(self, moment: Mono) {
        tokio::time::sleep_until((self.start + moment.0).into()).await;
    }

    /// Returns a number that is another at every start, for chance that need not be replayed.
    pub fn seed(self) -> u64 {
        let wall = Timestamp::now().as_nanosecond() as u64;
        wall ^ u64::from(std::process::id()).rotate_left(48)
    }
}

/// Returns the calendar time, for commands that run no show.
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// Waits for `time`, for commands that run no show.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
