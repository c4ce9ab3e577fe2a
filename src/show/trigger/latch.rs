//! What of a trigger survives the process: in the form in which the journal keeps it.
//!
//! Times are what is left of them, so that a calendar clock which is set does not touch them; how long the show was away is
//! taken off by whoever reads it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gate::{Gate, Heard};
use crate::show::{scope::Occasion, time::Mono};

/// The longest topic or address, and the longest payload, that is kept, in bytes: 16 sources of 200 triggers, all of which
/// are full, are 1.6 MB.
const TEXT_BYTES_MAX: usize = 256;

/// One trigger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latch {
    /// Whether somebody enabled or disabled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enabled: Option<bool>,
    /// Whether it was stopped because it fired without end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) looping: bool,
    /// How often it has fired.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) fired: u64,
    /// When it last did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fired_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cooling_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) throttled_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) released_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) settling: Option<Pending>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) sources: Vec<Side>,
    /// What is left of `every` and `idle`, by which of the things that it waits for they are; nothing for a silence that
    /// was told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) timers: BTreeMap<usize, Option<f64>>,
}

/// Something on its way through a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    occasion: Occasion,
}

/// What is known of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    when: usize,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    source: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holds: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lasting: Option<Pending>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Latch {
    /// Takes down a gate.
    pub(super) fn of(gate: &Gate, now: Mono) -> Self {
        let left = |due: Option<Mono>| due.filter(|due| *due > now).map(|due| left(due, now));
        let side = |((when, source), heard): (&(usize, Arc<str>), &Heard)| Side {
            when: *when,
            source: Arc::clone(source),
            holds: heard.side,
            lasting: heard.lasting.as_ref().map(|(due, occasion)| Pending {
                seconds: due.map(|due| self::left(due, now)),
                occasion: short(occasion),
            }),
        };
        Self {
            cooling_seconds: left(gate.cooling_until),
            throttled_seconds: left(gate.throttled_until),
            released_seconds: left(gate.released_at),
            settling: gate.settling.as_ref().map(|(due, occasion)| Pending {
                seconds: Some(self::left(*due, now)),
                occasion: short(occasion),
            }),
            sources: gate
                .sources
                .iter()
                .filter(|((_, name), _)| name.len() <= TEXT_BYTES_MAX)
                .map(side)
                .collect(),
            ..Self::default()
        }
    }

    /// Sets a gate as it was, `gone` later.
    pub(super) fn restore(&self, gate: &mut Gate, gone: Duration, now: Mono) {
        let due = |seconds: Option<f64>| seconds.map(|seconds| due(seconds, gone, now));
        gate.cooling_until = due(self.cooling_seconds);
        gate.throttled_until = due(self.throttled_seconds);
        gate.released_at = due(self.released_seconds);
        gate.settling = self
            .settling
            .as_ref()
            .and_then(|pending| Some((due(pending.seconds)?, pending.occasion.clone())));
        for Side { when, source, holds, lasting } in self.sources.iter().take(super::gate::SOURCES_MAX) {
            let lasting = lasting.as_ref().map(|pending| (due(pending.seconds), pending.occasion.clone()));
            let heard = Heard { side: *holds, lasting, at: now };
            gate.sources.insert((*when, Arc::clone(source)), heard);
        }
    }
}

/// Returns what is left until a moment, in seconds.
pub(super) fn left(due: Mono, now: Mono) -> f64 {
    due.since(now).as_secs_f64()
}

/// Returns the moment of which so much was left `gone` ago; what makes no sense is over.
pub(super) fn due(seconds: f64, gone: Duration, now: Mono) -> Mono {
    now + Duration::try_from_secs_f64(seconds).unwrap_or_default().saturating_sub(gone)
}

/// Leaves out what is too long to be kept, and the door, which nobody asks for after a restart.
fn short(occasion: &Occasion) -> Occasion {
    let is_long = |value: &serde_json::Value| value.to_string().len() > TEXT_BYTES_MAX;
    let mut occasion = Occasion { door: None, ..occasion.clone() };
    if is_long(&occasion.payload) {
        occasion.payload = serde_json::Value::Null;
    }
    if occasion.args.len() > 8 || occasion.args.iter().any(is_long) {
        occasion.args.clear();
    }
    occasion
}
