//! Chance and names: a small seeded generator, and ids in the shape that Daydream gives them.
//!
//! Not for secrets: the same seed gives the same ids, so that a run can be repeated.

/// Digits and letters without 0, O, I and l.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A seeded generator of random numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Starts the sequence that belongs to `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 up to, but not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a new id: `prefix`, an underscore, 16 characters.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        let tail: String = (0..16).map(|_| self.letter()).collect();
        format!("{prefix}_{tail}")
    }

    /// Returns a new playback id: 16 lower-case letters and digits.
    pub(super) fn playback_id(&mut self) -> String {
        (0..16).map(|_| self.letter().to_ascii_lowercase()).collect()
    }

    /// Returns a new name for an ingest session: 8 hexadecimal digits.
    pub(super) fn request_id(&mut self) -> String {
        format!("{:08x}", self.bits() as u32)
    }

    /// Returns a new address of an orchestrator: `0x` and 40 hexadecimal digits.
    pub(super) fn address(&mut self) -> String {
        format!("0x{:08x}{:016x}{:016x}", self.bits() as u32, self.bits(), self.bits())
    }

    fn letter(&mut self) -> char {
        let place = (self.unit() * ALPHABET.len() as f64) as usize;
        char::from(ALPHABET[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shape_that_daydream_gives_them() {
        let mut chance = Chance::new(1);
        for _ in 0..200 {
            let id = chance.id("str");
            let tail = id.strip_prefix("str_").unwrap();
            assert_eq!(tail.len(), 16, "{id}");
            assert!(tail.chars().all(|c| c.is_ascii_alphanumeric() && !"0OIl".contains(c)), "{id}");
        }
        let request = chance.request_id();
        assert!(request.len() == 8 && request.chars().all(|c| c.is_ascii_hexdigit()), "{request}");
        assert_eq!(chance.address().len(), 42);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        assert_eq!(Chance::new(7).id("str"), Chance::new(7).id("str"));
        assert_ne!(Chance::new(7).id("str"), Chance::new(8).id("str"));
    }

    #[test]
    fn the_generator_is_splitmix64() {
        let mut chance = Chance::new(1_234_567);
        assert_eq!(chance.bits(), 6_457_827_717_110_365_317);
        assert_eq!(chance.bits(), 3_203_168_211_198_807_973);
    }
}
