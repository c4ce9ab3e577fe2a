//! Segue: show control for generative video.
pub mod show;
pub mod simulator;
