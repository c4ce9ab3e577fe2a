//! The core: decides everything, performs nothing. No clock, no I/O, no async, no chance of its own.

pub mod address;
pub mod broker;
pub mod event;
pub mod fact;
pub mod health;
pub mod time;
pub mod topic;
