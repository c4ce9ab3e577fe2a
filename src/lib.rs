//! Segue: show control for generative video.
pub mod record;
pub mod show;
