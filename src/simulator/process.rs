//! The GPU process: takes the newest parameters, loads models, runs frames.
//!
//! Its guardian watches it and starts it again; nothing here knows of sessions or of the status document.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    frames::{Frames, Passed},
    machine::Machine,
};

/// An error that the process reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) at: Duration,
}

/// The process with the GPU.
#[derive(Debug)]
pub(super) struct Process {
    machine: Machine,
    frames: Frames,
    /// The newest parameters that have not been looked at, and since when.
    queue: Option<(Map<String, Value>, Duration)>,
    /// When the load under way is done.
    loading: Option<Duration>,
    ready_at: Duration,
    hung: bool,
    trouble: Option<Trouble>,
}

impl Process {
    /// Starts a process at `at` with the parameters of a session.
    pub(super) fn new(machine: Machine, at: Duration) -> Self {
        let frames = Frames::new(machine.passes_per_second, machine.input_fps);
        Self { machine, frames, queue: None, loading: None, ready_at: at, hung: false, trouble: None }
    }

    /// Starts again at `at` with nothing but `params`; a load of no time is a warm container.
    pub(super) fn start(&mut self, at: Duration, _params: &Map<String, Value>, load: Duration) {
        self.advance(at);
        self.queue = None;
        self.hung = false;
        self.trouble = None;
        self.frames.shut();
        self.loading = Some(at + load);
        self.advance(at);
    }

    /// Goes on to `to`, which is included.
    pub(super) fn advance(&mut self, to: Duration) {
        while let Some(due) = self.due().filter(|due| *due <= to) {
            self.frames.run_to(due);
            if self.loading.take().is_some() {
                self.finish_load(due);
            } else if let Some((params, _)) = self.queue.take() {
                self.apply(due, &params);
            }
        }
        self.frames.run_to(to);
    }

    /// New parameters came in: they replace those that still wait.
    pub(super) fn receive(&mut self, at: Duration, params: Map<String, Value>) {
        self.advance(at);
        self.queue = Some((params, at));
        self.frames.claim();
        self.advance(at);
    }

    /// Video starts or stops.
    pub(super) fn set_video(&mut self, at: Duration, on: bool) {
        self.advance(at);
        self.frames.set_video(at, on);
    }

    /// The process hangs: it does nothing more until it is started again.
    pub(super) fn hang(&mut self, at: Duration) {
        self.advance(at);
        self.hung = true;
        self.frames.shut();
    }

    /// Returns since when the pipeline is ready, if it is.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        self.loading.is_none().then_some(self.ready_at)
    }

    /// Returns the most recent error.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Returns the frames that went through, those of earlier processes included.
    pub(super) fn passed(&self) -> Passed {
        self.frames.passed()
    }

    /// Returns whether nothing is under way but frames.
    pub(super) fn is_calm(&self) -> bool {
        self.loading.is_none() && self.queue.is_none()
    }

    fn due(&self) -> Option<Duration> {
        if self.hung {
            return None;
        }
        let waiting = self.queue.as_ref().map(|(_, since)| self.frames.free_at().max(*since));
        self.loading.or(waiting)
    }

    fn finish_load(&mut self, at: Duration) {
        self.ready_at = at;
        self.frames.apply(at, Duration::ZERO, self.flush());
        if self.queue.is_some() {
            self.frames.claim();
        }
    }

    fn apply(&mut self, at: Duration, _params: &Map<String, Value>) {
        self.frames.apply(at, Duration::ZERO, self.flush());
    }

    /// Returns how many passes flush the batch: one per denoising step.
    fn flush(&self) -> u32 {
        let _ = &self.machine;
        3
    }
}
