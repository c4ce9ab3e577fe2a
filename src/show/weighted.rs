//! A weighted list: what a scene's prompt and seed are. Valid by construction.

/// The most entries of one list; a gateway message holds about 100 KiB, and nobody tells ten prompts apart.
pub const ENTRIES_MAX: usize = 16;

/// One or more things with weights that sum to 1, each thing once, in the order they were written.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted<T>(Vec<(T, f64)>);

/// Why a list of weights cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// Nothing is in it.
    #[error("the list is empty")]
    Empty,
    /// More than [`ENTRIES_MAX`] entries.
    #[error("the list has more than {ENTRIES_MAX} entries")]
    TooMany,
    /// This entry's weight is below 0.
    #[error("a weight is negative")]
    Negative(usize),
    /// This entry's weight is NaN or infinite.
    #[error("a weight is not a finite number")]
    NotFinite(usize),
    /// All weights are 0, or so small that their sum is.
    #[error("the weights sum to zero")]
    ZeroSum,
}

impl<T: PartialEq> Weighted<T> {
    /// Makes a list of one thing with weight 1.
    pub fn one(thing: T) -> Self {
        Self(vec![(thing, 1.0)])
    }

    /// Makes a list from entries as written: weights are scaled to sum to 1, repeated things are added up.
    ///
    /// Weights that sum to 1 already stay exactly as they are.
    ///
    /// # Errors
    ///
    /// Says which rule the entries break.
    pub fn new(entries: impl IntoIterator<Item = (T, f64)>) -> Result<Self, WeightError> {
        let mut list: Vec<(T, f64)> = Vec::new();
        for (index, (thing, weight)) in entries.into_iter().enumerate() {
            if !weight.is_finite() {
                return Err(WeightError::NotFinite(index));
            }
            if weight < 0.0 {
                return Err(WeightError::Negative(index));
            }
            match list.iter().position(|(other, _)| *other == thing) {
                Some(place) => list[place].1 += weight,
                None if list.len() == ENTRIES_MAX => return Err(WeightError::TooMany),
                None => list.push((thing, weight)),
            }
        }
        if list.is_empty() {
            return Err(WeightError::Empty);
        }
        let sum: f64 = list.iter().map(|(_, weight)| weight).sum();
        if !(sum.is_finite() && sum > 1e-9) {
            return Err(WeightError::ZeroSum);
        }
        if (sum - 1.0).abs() > 1e-9 {
            for (_, weight) in &mut list {
                *weight /= sum;
            }
        }
        Ok(Self(list))
    }

    /// Returns the entries; their weights sum to 1.
    pub fn entries(&self) -> &[(T, f64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_scaled_to_one_and_twins_are_joined() {
        let list = Weighted::new([("mist", 1.0), ("neon", 2.0), ("mist", 1.0)]).unwrap();
        assert_eq!(list.entries(), [("mist", 0.5), ("neon", 0.5)]);
    }

    #[test]
    fn weights_that_sum_to_one_stay_as_written() {
        let list = Weighted::new([("a", 0.7), ("b", 0.3)]).unwrap();
        assert_eq!(list.entries(), [("a", 0.7), ("b", 0.3)]);
    }

    #[test]
    fn lists_that_the_runner_turns_into_nothing_are_refused() {
        assert_eq!(Weighted::<&str>::new([]), Err(WeightError::Empty));
        assert_eq!(Weighted::new([("a", 0.0), ("b", 0.0)]), Err(WeightError::ZeroSum));
        assert_eq!(Weighted::new([("a", 1.0), ("b", -0.5)]), Err(WeightError::Negative(1)));
        assert_eq!(Weighted::new([("a", f64::NAN)]), Err(WeightError::NotFinite(0)));
        assert_eq!(Weighted::new([("a", 1e308), ("b", 1e308)]), Err(WeightError::ZeroSum));
        assert_eq!(Weighted::new((0..17).map(|n| (n, 1.0))), Err(WeightError::TooMany));
    }
}
