//! The core: decides everything, performs nothing. No clock, no I/O, no async, no chance of its own.

pub mod address;
pub mod backoff;
pub mod blend;
pub mod condition;
pub mod cron;
pub mod dice;
pub mod easing;
pub mod event;
pub mod fact;
pub mod health;
pub mod mix;
pub mod params;
pub mod scene;
pub mod sheet;
pub mod slots;
pub mod time;
pub mod topic;
pub mod transition;
pub mod venue;
pub mod weighted;
