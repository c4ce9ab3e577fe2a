//! What the runner really shows: for whoever wants to hold it against what was meant.

use std::time::Duration;

use super::process::Process;

/// A look at one runner.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Since when the prompts are in force. Between two requests for parameters they change once at most.
    pub since: Duration,
    /// The prompts in force, each with its effective coefficient.
    pub prompts: Vec<(String, f64)>,
    /// Prompts encoded so far.
    pub encodes: u64,
    /// Reloads of the pipeline so far.
    pub reloads: u64,
    /// Passes so far that only flushed the batch.
    pub flush_passes: u64,
    /// Frames that went out so far.
    pub frames_out: u64,
    /// The longest time between two frames that went out one after the other, since the last look.
    pub hole: Duration,
}

impl Probe {
    pub(super) fn of(process: &mut Process) -> Self {
        let hole = process.take_hole();
        let (counters, passed) = (process.counters(), process.passed());
        Self {
            since: process.taken_at(),
            prompts: process
                .engine()
                .prompts()
                .map(|(text, _, coefficient)| (text.clone(), coefficient))
                .collect(),
            encodes: counters.encodes,
            reloads: counters.reloads,
            flush_passes: passed.flush_passes,
            frames_out: passed.frames_out,
            hole,
        }
    }
}
