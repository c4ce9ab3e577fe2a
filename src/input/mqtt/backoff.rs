//! How long to wait before the broker is tried again.
//!
//! Pure arithmetic with chance of its own, so that the screens of a building do not all call at once after a
//! power cut. Counts attempts, not time.

use std::time::Duration;

/// Shortest wait. A broker that restarts is back within a second or two.
pub const DELAY_MIN: Duration = Duration::from_secs(1);

/// Longest wait: how long a display may go on without its broker after that came back.
pub const DELAY_MAX: Duration = Duration::from_secs(30);

/// The waits between attempts: at random between [`DELAY_MIN`] and a limit that doubles up to [`DELAY_MAX`].
#[derive(Clone, Debug)]
pub struct Backoff {
    limit: Duration,
    state: u64,
}

impl Backoff {
    /// Starts at the shortest waits. The same seed gives the same waits; different clients should differ.
    pub fn new(seed: &str) -> Self {
        // FNV-1a, 64 bits.
        let state = seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { limit: DELAY_MIN, state }
    }

    /// Returns the next wait.
    pub fn next_delay(&mut self) -> Duration {
        self.limit = (self.limit * 2).min(DELAY_MAX);
        DELAY_MIN + self.limit.saturating_sub(DELAY_MIN).mul_f64(self.chance())
    }

    /// Goes back to the shortest waits: the session has held.
    pub fn reset(&mut self) {
        self.limit = DELAY_MIN;
    }

    /// Returns a number from 0 up to but not including 1 (`SplitMix64`).
    fn chance(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // The 53 bits that a double holds.
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_stay_within_the_limits() {
        let mut backoff = Backoff::new("segue-wall");
        let mut limit = DELAY_MIN;
        for _ in 0..100 {
            limit = (limit * 2).min(DELAY_MAX);
            let delay = backoff.next_delay();
            assert!((DELAY_MIN..=limit).contains(&delay), "{delay:?} of {limit:?}");
        }
        let late: Vec<Duration> = (0..100).map(|_| backoff.next_delay()).collect();
        assert!(late.iter().any(|&delay| delay > DELAY_MAX * 9 / 10));
        assert!(late.iter().any(|&delay| delay < DELAY_MAX / 10));
        backoff.reset();
        assert!(backoff.next_delay() <= DELAY_MIN * 2);
    }

    #[test]
    fn clients_wait_differently_and_each_the_same_again() {
        let delays = |seed| {
            let mut backoff = Backoff::new(seed);
            [(); 5].map(|()| backoff.next_delay())
        };
        assert_eq!(delays("left"), delays("left"));
        assert_ne!(delays("left"), delays("right"));
    }
}
