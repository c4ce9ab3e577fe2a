//! Chance that can be replayed: one small generator, seeded by whoever makes the show.
//!
//! SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.

use std::time::Duration;

/// A seeded source of numbers; the same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns what the sequence goes on from: [`Self::new`] with it gives the rest.
    pub fn state(&self) -> u64 {
        self.0
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number to tell things apart by.
    pub fn tag(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// Returns a number from 0 up to, but not including, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a time from `low` to `high`, evenly.
    pub fn time_between(&mut self, low: Duration, high: Duration) -> Duration {
        low + high.saturating_sub(low).mul_f64(self.fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // From the reference implementation, seed 1234567.
        let mut dice = Dice::new(1_234_567);
        assert_eq!(dice.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn times_stay_between_their_bounds() {
        let mut dice = Dice::new(7);
        let (low, high) = (Duration::from_millis(200), Duration::from_secs(1));
        for _ in 0..1000 {
            let time = dice.time_between(low, high);
            assert!(low <= time && time < high, "{time:?}");
        }
    }
}
