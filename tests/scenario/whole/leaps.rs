//! No picture leaps: between two updates that arrive, no coefficient moves farther than what was asked for explains.
//!
//! Knows nothing of paths: only how long each transition was to take, and how steep an easing can be.

use std::{collections::BTreeMap, time::Duration};

use segue::show::{
    sheet::{BlendMode, Sheet},
    snapshot::Progress,
    time::Mono,
};
use serde_json::Value;

use super::{model::Applied, shows::Play};

/// How steep a gentle easing is at most, its mean being 1.
const GENTLE: f64 = 3.0;
/// And a wild one: `elastic-out` begins so.
const WILD: f64 = 25.0;
/// A group of parameters may take a quarter of the time of the whole.
const GROUPS: f64 = 4.0;
/// How long a hand takes from one end to the other.
const SWEEP: f64 = 0.25;
/// How many round trips an estimate may remember, polls and all.
const ROUND_TRIPS: usize = 100;
/// What may be rounding, or the step that was too small to be sent before.
const TOLERANCE: f64 = 0.03;

/// How fast each stream may move, and where it was seen.
pub(super) struct Leaps {
    streams: Vec<Mover>,
    steepest: f64,
}

struct Mover {
    /// How fast a coefficient may move, a second.
    speed: f64,
    /// How far it may have moved in all, since the start.
    moved: f64,
    at: Mono,
    steered: bool,
    /// Whether what it does is another than what was told of it before the show died.
    forgotten: bool,
    /// Whether the API said of an update that it was applied, and it was not: what mends that may be anywhere.
    lied_to: bool,
    min_step: f64,
    gain: f64,
    /// How much faster things may be while some wait for a place in the list.
    roster: f64,
    slowest: f64,
    round_trips: Vec<Duration>,
    /// The cuts that were asked for since the last update.
    cuts: Vec<Mono>,
    last: Option<Last>,
    /// `moved` and `speed` by moment, since the last update.
    history: BTreeMap<Mono, (f64, f64)>,
}

struct Last {
    id: String,
    sent: Mono,
    moved: f64,
    lists: [BTreeMap<String, f64>; 2],
}

impl Leaps {
    pub(super) fn new(sheet: &Sheet, play: &Play) -> Self {
        let steepest = if play.is_gentle { GENTLE } else { WILD };
        let steepest = steepest * if play.has_groups { GROUPS } else { 1.0 };
        let mover = |stream: &segue::show::sheet::StreamSheet| Mover {
            speed: 0.0,
            moved: 0.0,
            at: Mono::default(),
            steered: false,
            forgotten: false,
            lied_to: false,
            min_step: stream.updates.min_step,
            gain: if stream.blend == BlendMode::Spherical { 2.0 } else { 1.0 },
            // Two go while two come, each within half a second.
            roster: if stream.slots_max < 8 { 8.0 } else { 0.0 },
            slowest: 4.0 / stream.updates.max_per_second,
            round_trips: Vec::new(),
            cuts: Vec::new(),
            last: None,
            history: BTreeMap::new(),
        };
        Self { streams: sheet.streams.iter().map(mover).collect(), steepest }
    }

    /// A transition starts, or a cut is made.
    pub(super) fn on_start(&mut self, stream: usize, fade: Duration, now: Mono) {
        let steepest = self.steepest;
        let mover = &mut self.streams[stream];
        mover.pass(now);
        if fade < Duration::from_millis(50) {
            mover.cuts.push(now);
        } else {
            // What it takes over from still counts, and less with each one that follows.
            mover.speed = mover.speed / 2.0 + steepest / fade.as_secs_f64();
            mover.pass(now);
        }
    }

    /// A transition was steered: what it takes now is to be seen.
    pub(super) fn on_steered(&mut self, stream: usize, now: Mono) {
        self.streams[stream].pass(now);
        self.streams[stream].steered = true;
    }

    /// Somebody moved a mix by hand, of some stream.
    pub(super) fn on_hand(&mut self) {
        for mover in &mut self.streams {
            mover.steered = true;
            mover.speed = mover.speed / 2.0 + GENTLE / SWEEP;
        }
    }

    /// A show dies: an outage is a gap like any other, in which its paths go on.
    pub(super) fn on_death(&mut self) {
        for mover in &mut self.streams {
            mover.round_trips.clear();
        }
    }

    /// A show goes on with a journal that does not know all of a stream: what was asked for last never was.
    pub(super) fn on_forgotten(&mut self, stream: usize, now: Mono) {
        let mover = &mut self.streams[stream];
        mover.pass(now);
        mover.cuts.push(now);
        mover.forgotten = true;
    }

    /// A transition goes on, with so much of it left.
    pub(super) fn on_resumed(&mut self, stream: usize, left: Duration, now: Mono) {
        let steepest = self.steepest;
        let mover = &mut self.streams[stream];
        mover.pass(now);
        if std::mem::take(&mut mover.forgotten) && !left.is_zero() {
            mover.speed = steepest / left.as_secs_f64().max(0.05);
        }
    }

    pub(super) fn on_round_trip(&mut self, stream: usize, round_trip: Duration) {
        let round_trips = &mut self.streams[stream].round_trips;
        round_trips.push(round_trip);
        if round_trips.len() > ROUND_TRIPS {
            round_trips.remove(0);
        }
    }

    /// An update was answered as if it had been applied.
    pub(super) fn on_lie(&mut self, stream: usize) {
        self.streams[stream].lied_to = true;
    }

    /// Looks at how the transition of a stream is.
    pub(super) fn look(&mut self, stream: usize, progress: Option<&Progress>, now: Mono) {
        let steepest = self.steepest;
        let mover = &mut self.streams[stream];
        mover.pass(now);
        match progress {
            None if std::mem::take(&mut mover.steered) => {
                // It was cut, or has arrived by a hand.
                mover.cuts.push(now);
                mover.speed = 0.0;
            }
            None => mover.speed = 0.0,
            Some(progress) if std::mem::take(&mut mover.steered) => {
                let left = progress.remaining_seconds.max(0.01);
                let time = if progress.grabbed { SWEEP } else { left.min(progress.fade_seconds) };
                mover.speed = mover.speed / 2.0 + steepest / time;
            }
            // Of the moves of a hand that has it only the first is told.
            Some(progress) if progress.grabbed => mover.speed = mover.speed.max(steepest / SWEEP),
            Some(_) => {}
        }
        mover.pass(now);
    }

    /// An update has arrived.
    pub(super) fn on_applied(&mut self, applied: Applied) {
        let mover = &mut self.streams[applied.stream.0];
        let sent = applied.sent.mono;
        let mut lists = [list(applied.params.get("prompt")), list(applied.params.get("seed"))];
        let Some(last) = mover.last.take().filter(|last| last.id == applied.id) else {
            mover.start(applied.id, sent, lists);
            return;
        };
        if sent < last.sent {
            // One that was overtaken: the road's doing, and what follows it mends it.
            mover.last = None;
            return;
        }
        let allowed = mover.allowed(&last, sent);
        let is_whole = lists.iter().all(|list| !list.is_empty());
        let lied_to = mover.lied_to;
        mover.lied_to &= !is_whole;
        let was_cut = lied_to || mover.cuts.iter().any(|cut| *cut >= last.sent && *cut <= sent);
        for (list, before) in lists.iter_mut().zip(&last.lists) {
            if list.is_empty() {
                list.clone_from(before);
            }
            for thing in list.keys().chain(before.keys()) {
                let of = |list: &BTreeMap<String, f64>| list.get(thing).copied().unwrap_or_default();
                let leap = (of(list) - of(before)).abs();
                assert!(
                    was_cut || leap <= allowed,
                    "{thing} leaps by {leap:.3} from {:?} to {sent:?}, {allowed:.3} is explained",
                    last.sent,
                );
            }
        }
        mover.start(applied.id, sent, lists);
    }
}

impl Mover {
    fn pass(&mut self, now: Mono) {
        self.moved += (self.speed + self.roster) * now.since(self.at).as_secs_f64();
        self.at = now;
        self.history.insert(now, (self.moved, self.speed));
    }

    fn start(&mut self, id: String, sent: Mono, lists: [BTreeMap<String, f64>; 2]) {
        let (moved, _) = self.at(sent);
        self.history = self.history.split_off(&sent);
        self.cuts.retain(|cut| *cut >= sent);
        self.last = Some(Last { id, sent, moved, lists });
    }

    fn at(&self, at: Mono) -> (f64, f64) {
        self.history.range(..=at).next_back().map_or((0.0, 0.0), |(_, seen)| *seen)
    }

    /// Returns how far a coefficient may have moved since the last update: what was sent is where the path is a round
    /// trip and half a hold ahead.
    fn allowed(&self, last: &Last, sent: Mono) -> f64 {
        let slowest = self.round_trips.iter().max().copied().unwrap_or_default();
        let hold = self.slowest.max(slowest.as_secs_f64());
        let lead = slowest.as_secs_f64() + hold / 2.0;
        let (moved, speed) = self.at(sent);
        let path = moved - last.moved + (speed + self.roster) * lead;
        path * self.gain + self.min_step * 2.0 + TOLERANCE
    }
}

fn list(value: Option<&Value>) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for entry in value.and_then(Value::as_array).into_iter().flatten() {
        *sums.entry(entry[0].to_string()).or_default() += entry[1].as_f64().unwrap();
    }
    sums
}
