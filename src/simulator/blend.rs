//! How weighted lists become coefficients: the runner's arithmetic, half precision and missing guards included.
//!
//! Pure arithmetic on weights and angles. What is remembered from update to update is `engine.rs`'s.

/// A way between two entries. Lists of other lengths are always weighted sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Linear,
    Slerp,
}

/// Below this angle an arc is a line.
const ANGLE_MIN: f64 = 1e-6;

/// Returns the coefficients of prompt embeddings that are `angle` apart if their texts differ.
pub(super) fn prompts<T: PartialEq>(
    list: &[(T, f64)],
    method: Method,
    normalize: bool,
    angle: f64,
) -> Vec<f64> {
    blend(list, method, normalize, angle)
}

/// Returns the coefficients of noises, which are at right angles if their seeds differ.
///
/// With normalisation the sum of several is stretched to the length of one.
pub(super) fn seeds<T: PartialEq>(list: &[(T, f64)], method: Method, normalize: bool) -> Vec<f64> {
    let right = std::f64::consts::FRAC_PI_2;
    let coefficients = blend(list, method, normalize, right);
    if method == Method::Slerp && list.len() == 2 || !normalize || list.len() < 2 {
        return coefficients;
    }
    let length = length(list, &coefficients, right);
    coefficients.into_iter().map(|coefficient| coefficient / length).collect()
}

/// Returns the length of a blend of unit vectors that are `angle` apart if they differ.
pub(super) fn length<T: PartialEq>(list: &[(T, f64)], coefficients: &[f64], angle: f64) -> f64 {
    let mut square = 0.0;
    for ((a, _), ca) in list.iter().zip(coefficients) {
        for ((b, _), cb) in list.iter().zip(coefficients) {
            square += ca * cb * if a == b { 1.0 } else { angle.cos() };
        }
    }
    // Rounding can leave a tiny negative square where vectors cancel out; a NaN must stay one.
    if square < 0.0 { 0.0 } else { square.sqrt() }
}

fn blend<T: PartialEq>(list: &[(T, f64)], method: Method, normalize: bool, angle: f64) -> Vec<f64> {
    let weights = weights(list, normalize);
    match (method, list, weights.as_slice()) {
        (Method::Slerp, [(a, _), (b, _)], [_, t]) => slerp(*t, if a == b { 0.0 } else { angle }),
        _ => weights,
    }
}

/// Half-precision weights, divided by their sum without looking whether it is zero.
fn weights<T>(list: &[(T, f64)], normalize: bool) -> Vec<f64> {
    let weights: Vec<f64> = list.iter().map(|(_, weight)| half(*weight)).collect();
    if !normalize {
        return weights;
    }
    let sum = half(weights.iter().sum());
    weights.into_iter().map(|weight| half(weight / sum)).collect()
}

/// The second weight alone says how far; a NaN fails both comparisons and spreads.
fn slerp(t: f64, angle: f64) -> Vec<f64> {
    if t <= 0.0 {
        vec![1.0, 0.0]
    } else if t >= 1.0 {
        vec![0.0, 1.0]
    } else if angle < ANGLE_MIN {
        vec![1.0 - t, t]
    } else {
        vec![((1.0 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()]
    }
}

/// Rounds to the nearest half-precision number (11 significant bits, ties to even).
pub(super) fn half(number: f64) -> f64 {
    const LARGEST: f64 = 65504.0;
    /// Half the step above the largest number: from here on everything is infinite.
    const OVERFLOW: f64 = 65520.0;
    const SMALLEST_NORMAL_EXPONENT: i32 = -14;
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    if number.abs() >= OVERFLOW {
        return f64::INFINITY.copysign(number);
    }
    let exponent = (number.abs().log2().floor() as i32).max(SMALLEST_NORMAL_EXPONENT);
    let step = f64::from(exponent - 10).exp2();
    ((number / step).round_ties_even() * step).clamp(-LARGEST, LARGEST)
}

#[cfg(test)]
mod tests {
    use super::{Method::*, *};

    const ANGLE: f64 = 0.8;

    fn of(weights: &[f64], method: Method, normalize: bool) -> Vec<f64> {
        let list: Vec<(usize, f64)> = weights.iter().copied().enumerate().collect();
        prompts(&list, method, normalize, ANGLE)
    }

    fn seeds_of(weights: &[f64], method: Method, normalize: bool) -> Vec<f64> {
        let list: Vec<(usize, f64)> = weights.iter().copied().enumerate().collect();
        seeds(&list, method, normalize)
    }

    #[track_caller]
    fn near(actual: &[f64], expected: &[f64]) {
        let fits = actual.len() == expected.len()
            && actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6e-4 || a == b);
        assert!(fits, "{actual:?}, not {expected:?}");
    }

    #[test]
    fn the_effective_coefficients_of_prompts() {
        near(&of(&[0.25, 0.75], Slerp, true), &[0.2770, 0.7871]);
        near(&of(&[0.5, 0.5], Slerp, true), &[0.5428, 0.5428]);
        near(&of(&[0.5, 0.5], Linear, true), &[0.5, 0.5]);
        near(&of(&[0.5, 0.5, 0.0], Slerp, true), &[0.5, 0.5, 0.0]);
        near(&of(&[1.0, 1.0, 1.0], Slerp, true), &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn the_lengths_of_blends() {
        let list: Vec<(u32, f64)> = vec![(0, 0.0), (1, 0.0), (2, 0.0)];
        for (coefficients, expected) in [
            (of(&[0.5, 0.5], Slerp, true), 1.0),
            (of(&[0.5, 0.5], Linear, true), 0.921),
            (of(&[1.0, 1.0, 1.0], Slerp, true), 0.893),
        ] {
            let actual = length(&list[..coefficients.len()], &coefficients, ANGLE);
            assert!((actual - expected).abs() < 1e-3, "{coefficients:?}: {actual}");
        }
    }

    #[test]
    fn one_entry_counts_fully_with_normalisation_and_by_its_weight_without() {
        near(&of(&[0.3], Slerp, true), &[1.0]);
        near(&of(&[-2.0], Slerp, true), &[1.0]);
        near(&of(&[0.3], Slerp, false), &[0.3]);
        assert!(of(&[0.0], Slerp, true)[0].is_nan());
        near(&of(&[0.0], Slerp, false), &[0.0]);
    }

    #[test]
    fn two_entries_on_an_arc_go_by_the_second_weight() {
        assert!(of(&[0.0, 0.0], Slerp, true).iter().all(|coefficient| coefficient.is_nan()));
        near(&of(&[0.0, 0.0], Slerp, false), &[1.0, 0.0]);
        near(&of(&[1.0, 3.0], Slerp, true), &of(&[0.25, 0.75], Slerp, true));
        near(&of(&[1.0, 3.0], Slerp, false), &[0.0, 1.0]);
        near(&of(&[0.9, 0.5], Slerp, true), &slerp(0.357, ANGLE));
        near(&of(&[0.9, 0.5], Slerp, false), &slerp(0.5, ANGLE));
        near(&of(&[1.5, -0.5], Slerp, true), &[1.0, 0.0]);
        near(&of(&[1.5, -0.5], Slerp, false), &[1.0, 0.0]);
        near(&of(&[1.0, -1.0], Slerp, true), &[1.0, 0.0]);
        near(&of(&[1.0, -1.0], Slerp, false), &[1.0, 0.0]);
    }

    #[test]
    fn two_entries_on_a_line_may_leave_it() {
        near(&of(&[1.5, -0.5], Linear, true), &[1.5, -0.5]);
        near(&of(&[1.5, -0.5], Linear, false), &[1.5, -0.5]);
        assert!(of(&[1.0, -1.0], Linear, true).iter().all(|coefficient| !coefficient.is_finite()));
        near(&of(&[1.0, -1.0], Linear, false), &[1.0, -1.0]);
    }

    #[test]
    fn three_zeros_are_not_a_number_or_nothing() {
        assert!(of(&[0.0, 0.0, 0.0], Slerp, true).iter().all(|coefficient| coefficient.is_nan()));
        near(&of(&[0.0, 0.0, 0.0], Slerp, false), &[0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_same_text_twice_is_that_text() {
        let twice = [("a", 0.25), ("a", 0.75)];
        near(&prompts(&twice, Slerp, true, ANGLE), &[0.25, 0.75]);
        let scaled = prompts(&[("a", 0.5), ("a", 1.0), ("a", 0.0)], Slerp, false, ANGLE);
        assert!((length(&[("a", 0.0), ("a", 0.0), ("a", 0.0)], &scaled, ANGLE) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn three_entries_without_normalisation_are_exactly_the_weights_in_half_precision() {
        let sent = [0.123_456, 0.654_321, 0.000_1];
        assert_eq!(of(&sent, Slerp, false), sent.map(half));
    }

    #[test]
    fn the_coefficients_of_seeds() {
        near(&seeds_of(&[0.5, 0.5], Linear, true), &[0.707, 0.707]);
        near(&seeds_of(&[0.25, 0.75], Linear, true), &[0.316, 0.949]);
        near(&seeds_of(&[0.25, 0.75], Slerp, true), &[0.383, 0.924]);
        near(&seeds_of(&[0.5, 0.5], Linear, false), &[0.5, 0.5]);
        assert!(seeds_of(&[0.0, 0.0], Linear, true).iter().all(|coefficient| coefficient.is_nan()));
        near(&seeds_of(&[3.0], Linear, true), &[1.0]);
        near(&seeds_of(&[0.5], Linear, false), &[0.5]);
    }

    #[test]
    fn half_precision_is_that_of_ieee_754() {
        for (number, expected) in [
            (0.1, 0.099_975_585_937_5),
            (1.0005, 1.000_976_562_5),
            (1.0004, 1.0),
            (65504.0, 65504.0),
            (65520.0, f64::INFINITY),
            (-1e9, f64::NEG_INFINITY),
            (5.960_464_477_539_063e-8, 5.960_464_477_539_063e-8),
            (2e-8, 0.0),
            (2049.0, 2048.0),
            (2051.0, 2052.0),
            (0.999_9, 1.0),
        ] {
            assert_eq!(half(number), expected, "{number}");
        }
        assert!(half(f64::NAN).is_nan());
    }
}
