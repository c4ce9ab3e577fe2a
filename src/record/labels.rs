//! The labels of the metrics, and the limit on how many there are. What is counted under them is `metrics.rs`'s.
//!
//! Doors, kinds of mistakes and of failures are fixed in the code. Names of streams come from the show file and names
//! of states from the backend: the first [`STREAMS_MAX`] and, for each of those, the first [`STATES_MAX`] count under
//! their own names, all others under `other`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::encoding::EncodeLabelSet;

/// Streams with a name of their own in the metrics: many times what one show is likely to have. Some 30 lines each, 80
/// if everything has failed in every way, so 5000 lines of text at most.
pub(super) const STREAMS_MAX: usize = 64;

/// States of one stream with a name of their own: the backend has nine, and may think of more.
pub(super) const STATES_MAX: usize = 16;

/// The longest name of a state that is one; the longest known has 17 bytes.
const STATE_BYTES_MAX: usize = 32;

/// What has no name of its own.
const OTHER: &str = "other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfStream {
    pub(super) stream: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfState {
    pub(super) stream: Arc<str>,
    pub(super) state: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfFailure {
    pub(super) stream: Arc<str>,
    pub(super) request: &'static str,
    pub(super) failure: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfOutcome {
    pub(super) stream: Arc<str>,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfLane {
    pub(super) stream: Arc<str>,
    pub(super) lane: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfDoor {
    pub(super) door: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfRefusal {
    pub(super) door: &'static str,
    pub(super) reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Build {
    pub(super) version: &'static str,
}

/// The names that count under their own, and the states that each stream has been in.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeMap<Arc<str>, BTreeSet<Arc<str>>>>);

impl Names {
    /// Returns the label of a stream, and keeps its name if there is room.
    pub(super) fn stream(&self, name: &str) -> OfStream {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = names.get_key_value(name) {
            return OfStream { stream: Arc::clone(known) };
        }
        let stream: Arc<str> = if names.len() < STREAMS_MAX { name.into() } else { OTHER.into() };
        names.entry(Arc::clone(&stream)).or_default();
        OfStream { stream }
    }

    /// Returns the labels of all states that a stream has been in, and which of them is the present one.
    pub(super) fn states(&self, of: &OfStream, state: Option<&str>) -> Vec<(OfState, bool)> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = names.entry(Arc::clone(&of.stream)).or_default();
        let present: Option<Arc<str>> = state.map(|state| {
            let room = seen.len() < STATES_MAX || seen.contains(state);
            if room && state.len() <= STATE_BYTES_MAX { state.into() } else { OTHER.into() }
        });
        seen.extend(present.clone());
        let label = |state: &Arc<str>| OfState { stream: Arc::clone(&of.stream), state: Arc::clone(state) };
        seen.iter().map(|state| (label(state), present.as_ref() == Some(state))).collect()
    }
}
