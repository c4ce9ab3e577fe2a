//! Segue: show control for generative video.
pub mod input;
pub mod show;
pub mod simulator;
pub mod web;
