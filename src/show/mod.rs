//! The core: decides everything, performs nothing. No clock, no I/O, no async, no chance of its own.

pub mod cron;
pub mod event;
pub mod fact;
pub mod health;
pub mod time;
