//! What people see of lanes: who has the stream, why and for how long, and what is wanted beneath.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::{Lane, Lanes, Until};
use crate::show::{mix::Mix, time::Now};

/// Who has a stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneSnapshot {
    /// The lane.
    pub holder: Lane,
    /// Who asked: the cue, the trigger, `schedule`, or the address, topic or route; `start` for the first scene.
    pub why: Arc<str>,
    /// When it hands the stream back by itself, to the second; `None` if it does not, or while it stands still.
    pub hands_back_at: Option<Timestamp>,
    /// How long until then.
    pub hands_back_seconds: Option<f64>,
    /// What is wanted beneath, the first to come first; the base is always the last.
    pub beneath: Vec<Beneath>,
}

/// What waits for a higher lane to let go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beneath {
    /// Its lane.
    pub lane: Lane,
    /// What it wants, the heaviest scene of a mix.
    pub scene: Arc<str>,
    /// Who asked.
    pub why: Arc<str>,
    /// How much of its time is left; `None` if it has no end.
    pub seconds_left: Option<f64>,
}

impl Default for LaneSnapshot {
    fn default() -> Self {
        Self {
            holder: Lane::Base,
            why: "start".into(),
            hands_back_at: None,
            hands_back_seconds: None,
            beneath: Vec::new(),
        }
    }
}

impl Lanes {
    /// Tells it; `idle` is how long a hand may rest.
    pub(in crate::show) fn told(&self, idle: Option<Duration>, now: Now) -> LaneSnapshot {
        let holder = self.holder();
        let seconds = |until: Until| until.moment().map(|at| at.since(now.mono).as_secs_f64());
        let heaviest = |mix: &Mix| Arc::clone(&mix.heaviest().name);
        let hand = self.operator.as_ref();
        let rests_in = hand.zip(idle).map(|(hand, idle)| hand.rests_by(idle).since(now.mono).as_secs_f64());
        let mut held = self.overrides.iter().rev();
        let mut beneath = Vec::new();
        let (why, left) = match holder {
            Lane::Base => (Some(&self.asked_by), None),
            Lane::Override => held.next().map(|held| (&held.by, seconds(held.until))).unzip(),
            Lane::Operator => hand.map(|hand| (&hand.by, rests_in)).unzip(),
            Lane::Panic => {
                beneath.extend(hand.zip(hand.and_then(|hand| hand.mix.as_ref())).map(|(hand, mix)| {
                    Beneath {
                        lane: Lane::Operator,
                        scene: heaviest(mix),
                        why: Arc::clone(&hand.by),
                        seconds_left: rests_in,
                    }
                }));
                (self.panic.as_ref(), None)
            }
        };
        beneath.extend(held.map(|held| Beneath {
            lane: Lane::Override,
            scene: Arc::clone(&held.scene.name),
            why: Arc::clone(&held.by),
            seconds_left: seconds(held.until),
        }));
        beneath.extend(self.base.as_ref().map(|wanted| Beneath {
            lane: Lane::Base,
            scene: heaviest(&wanted.mix),
            why: Arc::clone(&self.asked_by),
            seconds_left: None,
        }));
        let left = left.flatten();
        let at = left.and_then(|left| {
            let at = now.wall.checked_add(Duration::try_from_secs_f64(left).ok()?).ok()?;
            at.round(Unit::Second).ok()
        });
        LaneSnapshot {
            holder,
            why: Arc::clone(why.unwrap_or(&self.asked_by)),
            hands_back_at: at,
            hands_back_seconds: left,
            beneath,
        }
    }
}
