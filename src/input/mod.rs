//! The doors of the show: what comes in from outside becomes an `Event`.
//!
//! Checks form, never meaning: what an event does to the show is decided in `show`. Everything that an input
//! hears goes through one [`inbox::Inbox`], which is bounded and which the daemon's loop empties. What the show wants to be
//! known goes back out by the same doors.

pub mod inbox;
pub mod mqtt;
pub mod osc;
