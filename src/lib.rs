//! Segue: show control for generative video.
//!
//! A show file says which looks there are and what makes them change. The core ([`show`]) decides, the shell performs:
//!
//! ```text
//!  YAML ──> config ──> sheet ─┐
//!                             v
//!  OSC, MQTT ──> input ──> ┌──────┐ ──> backend ──> Daydream, or simulator
//!  HTTP, page ──> web ───> │ show │ ──> record ───> history, metrics
//!  clock ────────────────> └──────┘ ──> web, MQTT, OSC: what is on
//! ```
//!
//! Imports point one way: `main`, `cli`, `daemon`, then the parts of the shell, then `show`. In the order to read them:

#![forbid(unsafe_code)]

pub mod show;

pub mod config;

pub mod backend;
pub mod input;
pub mod record;
pub mod simulator;
pub mod web;

#[expect(clippy::disallowed_methods, reason = "the one door through which time enters")]
pub mod clock;

pub mod daemon;

pub mod cli;
