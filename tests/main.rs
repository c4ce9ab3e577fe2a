//! The tests of the whole, in one binary.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod architecture;
mod config;
mod corpora;
mod daemon;
mod figures;
mod include;
mod input;
mod mixing;
mod params;
mod readme;
mod scenario;
mod supply;
mod support;
