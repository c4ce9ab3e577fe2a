//! Coefficients of prompts, each prompt by its place in a list of texts.

use std::sync::Arc;

/// Coefficients; each prompt by its place among the texts of a trace.
pub(super) type Coefficients = Vec<(usize, f64)>;

/// Returns the coefficient of a prompt, 0 if it is not there.
pub(super) fn of(list: &Coefficients, place: usize) -> f64 {
    list.iter().find(|(other, _)| *other == place).map_or(0.0, |(_, weight)| *weight)
}

/// Returns the largest difference of a coefficient.
pub(super) fn distance(a: &Coefficients, b: &Coefficients) -> f64 {
    a.iter().chain(b).map(|(place, _)| (of(a, *place) - of(b, *place)).abs()).fold(0.0, f64::max)
}

/// Returns the place of a text, which is the last one if it is new.
pub(super) fn place(texts: &mut Vec<Arc<str>>, text: &str) -> usize {
    texts.iter().position(|other| **other == *text).unwrap_or_else(|| {
        texts.push(text.into());
        texts.len() - 1
    })
}
