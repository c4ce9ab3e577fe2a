//! How long to wait before a failed request is tried again. Counts failures; does not know what failed.

use std::time::Duration;

use super::dice::Dice;

/// The longest wait after the first failure; doubles with each further one.
pub const FIRST: Duration = Duration::from_millis(200);
/// The longest wait of all.
pub const LONGEST: Duration = Duration::from_secs(10);

/// Full-jitter exponential backoff: a wait between zero and a limit that doubles from 0.2 s to 10 s.
///
/// Full jitter spreads many clients that lost the same server evenly over the time of its return.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts a failure and returns how long to wait.
    ///
    /// Never under a fifth of the limit, so that an unlucky draw does not hammer a server that just refused.
    pub fn failed(&mut self, dice: &mut Dice) -> Duration {
        let limit = FIRST.saturating_mul(1_u32 << self.failures.min(6)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        dice.time_between(limit / 5, limit)
    }

    /// Forgets the failures and returns how many there were.
    pub fn succeeded(&mut self) -> u32 {
        std::mem::take(&mut self.failures)
    }

    /// Returns how many failures there were in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_seconds_and_no_further() {
        let mut dice = Dice::new(1);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..200).map(|_| backoff.failed(&mut dice)).collect();
        assert!(waits[0] <= FIRST);
        assert!(waits[20..].iter().all(|wait| *wait >= LONGEST / 5 && *wait <= LONGEST));
        assert_eq!(backoff.succeeded(), 200);
        assert!(backoff.failed(&mut dice) <= FIRST, "a success starts from the beginning");
    }
}
