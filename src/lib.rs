//! Segue: show control for generative video.
pub mod backend;
pub mod input;
pub mod show;
pub mod simulator;
