//! The GPU process: takes the newest parameters, changes or loads the pipeline, runs frames.
//!
//! Its guardian watches it and starts it again; nothing here knows of sessions or of the status document.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    change::{self, Plan},
    engine::{Engine, Work},
    frames::{Frames, Passed},
    machine::{Machine, Profile},
    params::Params,
};
use crate::show::params::models::Family;

/// An error that the process reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) at: Duration,
}

/// What was done with parameters, over all processes of a runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// Parameter sets that came in.
    pub(super) updates: u64,
    /// Sets that were replaced by a newer one before the process looked at them.
    pub(super) coalesced: u64,
    /// Sets that changed nothing.
    pub(super) no_ops: u64,
    /// Prompts encoded.
    pub(super) encodes: u64,
    /// Loads of the pipeline while the stream ran.
    pub(super) reloads: u64,
    /// Sets that were not put in force.
    pub(super) refused: u64,
    /// Blends that were not numbers: a black picture, and nobody says so.
    pub(super) not_finite: u64,
}

/// The process with the GPU.
#[derive(Debug)]
pub(super) struct Process {
    machine: Machine,
    frames: Frames,
    present: Params,
    engine: Engine,
    /// Whether the container has its engines for SDXL, or for the other models.
    sdxl: bool,
    /// The newest parameters that have not been looked at, and since when.
    queue: Option<(Arc<Map<String, Value>>, Duration)>,
    load: Option<Load>,
    ready_at: Duration,
    /// When the pipeline last took parameters over.
    taken_at: Duration,
    life: Life,
    trouble: Option<Trouble>,
    counters: Counters,
}

/// A load under way.
#[derive(Clone, Debug)]
struct Load {
    ends: Duration,
    params: Params,
    /// Whether these are the old parameters, because the new ones could not be loaded.
    fallback: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Working,
    Hung,
    Dead,
}

impl Process {
    /// Returns a process that has not been started.
    pub(super) fn new(machine: Machine) -> Self {
        let present = Params::initial(machine.profile);
        Self {
            frames: Frames::new(machine.passes_per_second, machine.input_fps),
            engine: Engine::load(&present, machine.prompt_angle),
            machine,
            present,
            sdxl: false,
            queue: None,
            load: None,
            ready_at: Duration::ZERO,
            taken_at: Duration::ZERO,
            life: Life::Working,
            trouble: None,
            counters: Counters::default(),
        }
    }

    /// Starts anew at `at` with what a session asks for; a load of no time is a warm container.
    ///
    /// Parameters that cannot be loaded leave it with those of the container.
    pub(super) fn start(&mut self, at: Duration, received: &Map<String, Value>, time: Duration) {
        self.advance(at);
        self.queue = None;
        self.life = Life::Working;
        self.trouble = None;
        let loadable = Params::read(received, self.machine.profile).and_then(|params| {
            let sdxl = params.family() == Some(Family::Sdxl);
            change::obstacle(&params, sdxl).map_or(Ok(params), |why| Err(why.to_owned()))
        });
        let params = loadable.unwrap_or_else(|complaint| {
            self.refuse(at, &complaint);
            Params::initial(self.machine.profile)
        });
        self.sdxl = params.family() == Some(Family::Sdxl);
        self.frames.shut();
        self.load = Some(Load { ends: at.saturating_add(time), params, fallback: false });
        self.advance(at);
    }

    /// Goes on to `to`, which is included.
    pub(super) fn advance(&mut self, to: Duration) {
        while let Some(due) = self.due().filter(|due| *due <= to) {
            self.frames.run_to(due);
            if let Some(load) = self.load.take() {
                self.finish(due, load);
            } else if let Some((received, _)) = self.queue.take() {
                self.take_over(due, &received);
            }
        }
        self.frames.run_to(to);
    }

    /// New parameters came in: they replace those that still wait.
    pub(super) fn receive(&mut self, at: Duration, params: Arc<Map<String, Value>>) {
        self.advance(at);
        self.counters.updates += 1;
        self.counters.coalesced += u64::from(self.queue.is_some());
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
        self.life = Life::Hung;
        self.frames.shut();
    }

    /// Returns since when the pipeline is ready, if it is.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        self.load.is_none().then_some(self.ready_at)
    }

    /// Returns whether the process has ended by itself.
    pub(super) fn is_dead(&self) -> bool {
        self.life == Life::Dead
    }

    /// Returns the most recent error.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Returns the parameters in force.
    pub(super) fn present(&self) -> &Params {
        &self.present
    }

    /// Returns when the pipeline last took parameters over.
    pub(super) fn taken_at(&self) -> Duration {
        self.taken_at
    }

    /// Returns the longest time without a frame since this was last asked.
    pub(super) fn take_hole(&mut self) -> Duration {
        self.frames.take_hole()
    }

    /// Returns the loaded pipeline.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns what was done with parameters, in earlier processes too.
    pub(super) fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the frames that went through, those of earlier processes included.
    pub(super) fn passed(&self) -> Passed {
        self.frames.passed()
    }

    fn due(&self) -> Option<Duration> {
        if self.life != Life::Working {
            return None;
        }
        let waiting = self.queue.as_ref().map(|(_, since)| self.frames.free_at().max(*since));
        self.load.as_ref().map(|load| load.ends).or(waiting)
    }

    fn finish(&mut self, at: Duration, load: Load) {
        match change::obstacle(&load.params, self.sdxl) {
            None => {
                self.engine = Engine::load(&load.params, self.machine.prompt_angle);
                self.count(self.engine.load_work());
                self.present = load.params;
                self.ready_at = at;
                self.taken_at = at;
                self.frames.apply(at, Duration::ZERO, self.flush());
            }
            Some(why) if load.fallback => {
                self.complain(at, format!("Failed to load the previous parameters: {why}"));
                self.life = Life::Dead;
            }
            Some(why) => {
                self.refuse(at, &format!("failed to reload the pipeline: {why}"));
                self.begin_load(at, self.present.clone(), true);
            }
        }
    }

    fn begin_load(&mut self, at: Duration, params: Params, fallback: bool) {
        self.counters.reloads += 1;
        self.frames.shut();
        self.load = Some(Load { ends: at.saturating_add(self.machine.reload), params, fallback });
    }

    /// The frame in work is done and the newest parameters have the pipeline.
    fn take_over(&mut self, at: Duration, received: &Map<String, Value>) {
        let plan = Params::read(received, self.machine.profile)
            .map(|new| (change::plan(&self.present, &new, self.machine.profile), new));
        match plan {
            Ok((Plan::Live, new)) => {
                let work = self.engine.update(&self.present, &new);
                self.count(work);
                self.present = new;
                self.taken_at = at;
                let encodes = u32::try_from(work.encodes).unwrap_or(u32::MAX);
                self.frames.apply(at, self.machine.encode.saturating_mul(encodes), self.flush());
            }
            Ok((Plan::Reload, new)) => self.begin_load(at, new, false),
            Ok((Plan::Nothing, _)) => {
                self.counters.no_ops += 1;
                self.frames.apply(at, Duration::ZERO, 0);
            }
            Ok((Plan::Refuse(complaint), _)) | Err(complaint) => {
                self.refuse(at, &complaint);
                self.frames.apply(at, Duration::ZERO, 0);
            }
        }
    }

    fn refuse(&mut self, at: Duration, complaint: &str) {
        self.counters.refused += 1;
        self.complain(at, format!("Error updating params: {complaint}"));
    }

    fn complain(&mut self, at: Duration, text: String) {
        self.trouble = Some(Trouble { text, at });
    }

    fn count(&mut self, work: Work) {
        self.counters.encodes += work.encodes;
        self.counters.not_finite += work.not_finite;
    }

    /// Returns how many passes flush the batch after an update. July 2025 did not flush.
    fn flush(&self) -> u32 {
        match self.machine.profile {
            Profile::December2025 => self.engine.batch(),
            Profile::July2025 => 0,
        }
    }
}
