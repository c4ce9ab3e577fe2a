//! Whether somebody else writes to the stream: what the status says the runner received, against what we sent.
//!
//! Looked at only when nothing has moved for longer than a status takes to be up to date.

use std::time::Duration;

use serde_json::{Map, Value};

use super::set;

/// How long after our last update the status is ours, if nobody else writes: the runner tells it within 10 s, the gateway
/// passes it on within another 10 s.
pub(super) const SETTLED: Duration = Duration::from_secs(25);
/// Smaller differences are not seen by the runner either.
const RESOLUTION: f64 = 0.0005;

/// What others have written, as far as it was noticed.
#[derive(Debug, Default)]
pub(super) struct Drift {
    /// Foreign values that were told and answered already. Where they stay, the backend insists, and is left alone.
    told: Map<String, Value>,
    pub(super) count: u64,
}

impl Drift {
    /// Returns the names of parameters that somebody else has set, if that is news.
    pub(super) fn look(
        &mut self,
        received: &Map<String, Value>,
        sent: &Map<String, Value>,
    ) -> Option<Vec<String>> {
        let differs = |(name, value): &(&String, &Value)| {
            sent.get(*name).is_some_and(|ours| set::distance(ours, value) > RESOLUTION)
        };
        let foreign: Map<String, Value> =
            received.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect();
        if foreign == self.told {
            return None;
        }
        let names: Vec<String> = foreign.keys().cloned().collect();
        self.told = foreign;
        if names.is_empty() {
            return None;
        }
        self.count += 1;
        Some(names)
    }
}
