//! The limit on requests per second: a bucket that fills at the rate and holds a second's worth.

use std::time::Duration;

use super::machine::PerSecond;

/// What is left of a rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: PerSecond,
    left: f64,
    at: Duration,
}

impl Bucket {
    /// Returns a full bucket.
    pub(super) fn new(rate: PerSecond) -> Self {
        Self { rate, left: rate.get().max(1.0), at: Duration::ZERO }
    }

    /// Takes one request out at `at`; the error is how long it takes until there is one.
    pub(super) fn take(&mut self, at: Duration) -> Result<(), Duration> {
        let rate = self.rate.get();
        let gained = at.saturating_sub(self.at).as_secs_f64() * rate;
        self.left = (self.left + gained).min(rate.max(1.0));
        self.at = self.at.max(at);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_goes_at_once_and_then_the_rate() {
        let mut bucket = Bucket::new("10/s".parse().unwrap());
        let at = Duration::from_secs(5);
        assert_eq!((0..20).filter(|_| bucket.take(at).is_ok()).count(), 10);
        assert_eq!(bucket.take(at), Err(Duration::from_millis(100)));
        let taken = (0..100).filter(|n| bucket.take(at + Duration::from_millis(50 * n)).is_ok()).count();
        assert!((49..=50).contains(&taken), "{taken}");
    }

    #[test]
    fn a_slow_rate_still_lets_the_first_request_through() {
        let mut bucket = Bucket::new("0.1/s".parse().unwrap());
        assert_eq!(bucket.take(Duration::ZERO), Ok(()));
        assert_eq!(bucket.take(Duration::ZERO), Err(Duration::from_secs(10)));
    }
}
