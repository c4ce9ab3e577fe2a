//! Segue: show control for generative video.
pub mod config;
pub mod show;
