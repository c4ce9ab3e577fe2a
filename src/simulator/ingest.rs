//! One stream at the gateway: its sessions of incoming video, the host that serves them, and what is kept of them.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    guardian::Guardian,
    ids::Chance,
    machine::Machine,
    process::{Process, Trouble},
};

/// How long the status of an ended session is kept.
const KEPT: Duration = Duration::from_mins(1);

/// The host of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Orchestrator {
    pub(super) address: String,
    pub(super) url: String,
}

impl Orchestrator {
    fn new(chance: &mut Chance) -> Self {
        let address = chance.address();
        let url = format!("https://orch-{}.example:8935", &address[2..6]);
        Self { address, url }
    }
}

/// The gateway's side of a stream that has had video.
#[derive(Debug)]
pub(super) struct Ingest {
    machine: Machine,
    guardian: Guardian,
    pub(super) request_id: String,
    pub(super) orchestrator: Orchestrator,
    whep_at: Duration,
    ended: Option<Duration>,
    trouble: Option<Trouble>,
    last_params: Arc<Map<String, Value>>,
}

impl Ingest {
    /// The first video of a stream arrives.
    pub(super) fn new(
        machine: Machine,
        at: Duration,
        params: Arc<Map<String, Value>>,
        chance: &mut Chance,
    ) -> Self {
        Self {
            guardian: Guardian::new(machine.clone(), at, params.clone()),
            machine,
            request_id: chance.request_id(),
            orchestrator: Orchestrator::new(chance),
            whep_at: at + output_after(chance),
            ended: None,
            trouble: None,
            last_params: params,
        }
    }

    /// Goes on to `to`.
    pub(super) fn advance(&mut self, to: Duration) {
        self.guardian.advance(to);
        if self.ended.is_none() && !self.guardian.is_running() {
            self.ended = Some(self.guardian.report().made);
        }
    }

    /// Returns whether parameters would find a runner.
    pub(super) fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// Returns whether the gateway still tells the status at `at`.
    pub(super) fn is_known(&self, at: Duration) -> bool {
        self.ended.is_none_or(|ended| at < ended + KEPT)
    }

    /// Returns whether the output can be watched at `at`.
    pub(super) fn has_output(&self, at: Duration) -> bool {
        at >= self.whep_at
    }

    /// Returns whether what the runner tells once is not kept.
    pub(super) fn is_forgetful(&self) -> bool {
        self.machine.forgetful
    }

    /// Returns what went wrong with the session, as the gateway sees it.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Hands parameters on to the runner.
    pub(super) fn update(&mut self, at: Duration, params: Arc<Map<String, Value>>) {
        self.last_params.clone_from(&params);
        self.guardian.receive(at, params);
    }

    /// Video starts or stops; after an ended session it starts a new one, with `params`.
    pub(super) fn set_video(
        &mut self,
        at: Duration,
        on: bool,
        params: &Arc<Map<String, Value>>,
        chance: &mut Chance,
    ) {
        if on && self.ended.take().is_some() {
            self.request_id = chance.request_id();
            self.whep_at = at + output_after(chance);
            self.trouble = None;
            self.last_params.clone_from(params);
            self.guardian.begin(at, params.clone());
        } else {
            self.guardian.set_video(at, on);
        }
    }

    /// The gateway is told to end the session, and why.
    pub(super) fn end(&mut self, at: Duration, why: &str) {
        self.guardian.end(at);
        self.ended = Some(at);
        self.trouble = Some(Trouble { text: why.to_owned(), at });
    }

    /// The process stops working, and says nothing.
    pub(super) fn stall(&mut self, at: Duration) {
        self.guardian.hang(at);
    }

    /// The process stops working, and so does every one that is started in its place.
    pub(super) fn freeze(&mut self, at: Duration) {
        self.guardian.freeze(at);
    }

    /// The process is started again.
    pub(super) fn restart(&mut self, at: Duration) {
        self.guardian.restart(at, "asked for");
    }

    /// Another host takes the stream, and gets the last parameters from the gateway.
    pub(super) fn swap(&mut self, at: Duration, chance: &mut Chance) {
        self.request_id = chance.request_id();
        self.orchestrator = Orchestrator::new(chance);
        self.guardian = Guardian::new(self.machine.clone(), at, self.last_params.clone());
    }

    /// Returns the runner's process.
    pub(super) fn process(&mut self) -> &mut Process {
        self.guardian.process_mut()
    }

    /// Returns the runner.
    pub(super) fn guardian(&self) -> &Guardian {
        &self.guardian
    }
}

/// Returns how long the output takes to appear: 2 to 5 seconds.
fn output_after(chance: &mut Chance) -> Duration {
    Duration::from_secs_f64(2.0 + 3.0 * chance.unit())
}
