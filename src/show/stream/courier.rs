//! Brings the desired look to the backend: one update in flight, the newest look wins, nothing is sent twice for nothing.
//!
//! What the backend has is known per parameter. A request whose fate is unknown makes its parameters unknown, and what is
//! unknown is sent again.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{Desk, PERSON_WAIT};
use crate::show::{
    backoff::Backoff,
    blend,
    event::{Failure, FailureKind, Reply, Request, RequestId, Wake},
    fact::Fact,
    governor::{Aim, Governor},
    mix::Mix,
    roster::Roster,
    scene::Scene,
    sheet::{BlendMode, StreamSheet},
    slots::Slots,
    snapshot::{StreamSnapshot, Trouble},
    time::Mono,
    venue::Generation,
    weighted::Weighted,
};

use super::{
    course::Course,
    drift::{Drift, SETTLED},
    life::News,
    set::{Parts, Set},
};

/// How often an update is tried again while 404 means that no video has arrived yet (the pace of other clients).
const UNREADY_WAIT: Duration = Duration::from_secs(3);
/// How often later: the stream exists, so somebody has switched its video off.
const IDLE_WAIT: Duration = Duration::from_secs(10);
/// The least number of prompts in a list: from three on, the runner takes the weights as they are.
const SLOTS_MIN: usize = 3;
/// The least number with the runner's own slerp, which takes exactly two.
const SLOTS_MIN_SLERP: usize = 2;

/// How often a look ahead is halved: of an hour, that leaves a few milliseconds.
const HALVINGS: u32 = 20;

/// The updates of one stream.
#[derive(Debug)]
pub(super) struct Courier {
    prompts: Slots<Arc<str>>,
    seeds: Slots<i64>,
    /// Who has a slot when more are wanted than there are.
    prompt_roster: Roster<Arc<str>>,
    seed_roster: Roster<i64>,
    /// A scene that is known to come next.
    expected: Option<Arc<Scene>>,
    /// What the backend is known to have, by parameter.
    acknowledged: Parts,
    /// The prompts and seeds that the runner has in its slots, as far as we know.
    encoded: Parts,
    /// What a new stream is being created with.
    creating: Parts,
    /// Whether part of what the backend has is not known.
    unknown: bool,
    in_flight: Option<InFlight>,
    /// A set that the API refused; not sent again until it is another.
    refused: Option<Set>,
    /// When a person or a trigger asked last.
    asked_at: Mono,
    governor: Governor,
    backoff: Backoff,
    retry_at: Mono,
    /// When an update failed that waits for the API to be well again, and nobody has said how long that takes.
    waits_blindly: Option<Mono>,
    /// The moment of the path whose look was sent last, or at which it was laid.
    led_to: Mono,
    /// When the look that was sent last has been on for as long as it is to be.
    next_at: Mono,
    /// A new path was asked for and nothing of it was sent yet: that waits for the rate limit only.
    urgent: bool,
    wake: Option<(Mono, Wake)>,
    /// Whether the backend has acknowledged the end of the path.
    at_rest: bool,
    counts: Counts,
    drift: Drift,
    /// When the last update was accepted, or the stream created.
    accepted_at: Mono,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct InFlight {
    id: RequestId,
    sent: Mono,
    /// The whole look.
    set: Set,
    /// What was named of it.
    named: Parts,
    encodes: u32,
    coalesced: u32,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: u64,
    failed: u64,
    coalesced: u64,
    round_trip: Option<Duration>,
}

impl Courier {
    pub(super) fn new(
        sheet: &StreamSheet,
        first: &Scene,
        scenes: &BTreeMap<Arc<str>, Arc<Scene>>,
        now: Mono,
    ) -> Self {
        let least = if sheet.blend == BlendMode::Slerp { SLOTS_MIN_SLERP } else { SLOTS_MIN };
        let own = first.prompt.as_ref().unwrap_or(&sheet.base.prompt);
        let mut prompts = fill(own, scenes.values().filter_map(|scene| scene.prompt.as_ref()), least);
        // Prompts must be three even where the whole show has fewer.
        while prompts.len() < least {
            prompts.push(Arc::clone(&prompts[0]));
        }
        let own = first.seed.as_ref().unwrap_or(&sheet.base.seed);
        let seeds = fill(own, scenes.values().filter_map(|scene| scene.seed.as_ref()), SLOTS_MIN);
        Self {
            prompts: Slots::new(prompts),
            seeds: Slots::new(seeds),
            prompt_roster: Roster::new(sheet.slots_max),
            seed_roster: Roster::new(sheet.slots_max),
            expected: None,
            acknowledged: Parts::default(),
            encoded: Parts::default(),
            creating: Parts::default(),
            unknown: true,
            in_flight: None,
            refused: None,
            asked_at: now,
            governor: Governor::new(sheet.updates, now),
            backoff: Backoff::default(),
            retry_at: now,
            waits_blindly: None,
            led_to: now,
            next_at: now,
            urgent: false,
            wake: None,
            at_rest: false,
            counts: Counts::default(),
            drift: Drift::default(),
            accepted_at: now,
            trouble: None,
        }
    }

    pub(super) fn is_waiting_for(&self, id: RequestId) -> bool {
        self.in_flight.as_ref().is_some_and(|update| update.id == id)
    }

    /// Returns whether the backend has acknowledged the exact end of the path.
    pub(super) fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    /// Takes what became of the stream itself.
    pub(super) fn on_life(&mut self, news: &News) {
        match news {
            News::None => {}
            News::Created => {
                self.acknowledged = std::mem::take(&mut self.creating);
                self.unknown = false;
                self.encoded.clone_from(&self.acknowledged);
                self.refused = None;
            }
            News::Attached | News::Lost => {
                self.forget();
                self.in_flight = None;
            }
        }
    }

    /// Returns the moment of the path that the picture has been led to: at least the present.
    pub(super) fn led_to(&self, now: Mono) -> Mono {
        self.led_to.max(now)
    }

    /// Says which scene is known to come next. Returns whether that is news.
    pub(super) fn expect(&mut self, scene: Option<&Arc<Scene>>) -> bool {
        let known = self.expected.as_ref().map(Arc::as_ptr) == scene.map(Arc::as_ptr);
        if !known {
            self.expected = scene.cloned();
        }
        !known
    }

    /// A person or a trigger asked for a new path: its first update goes as soon as the rate limit allows.
    pub(super) fn on_path(&mut self, now: Mono) {
        self.urgent = true;
        self.at_rest = false;
        self.led_to = now;
        self.on_asked_again(now);
    }

    /// Somebody asked for what is on its way or on already: what was refused may be tried once more.
    pub(super) fn on_asked_again(&mut self, now: Mono) {
        self.refused = None;
        self.asked_at = now;
    }

    /// Goes on with edited settings.
    pub(super) fn reload(&mut self, sheet: &StreamSheet) {
        self.governor.reload(sheet.updates);
        self.prompt_roster.resize(sheet.slots_max);
        self.seed_roster.resize(sheet.slots_max);
    }

    /// The backend may have forgotten everything: the whole look goes again.
    pub(super) fn forget(&mut self) {
        self.acknowledged = Parts::default();
        self.unknown = true;
        self.encoded = Parts::default();
        self.refused = None;
        self.at_rest = false;
    }

    /// Returns the parameters that somebody else has set, if that is news; only where nothing of ours is on its way.
    pub(super) fn drift(
        &mut self,
        received: &Map<String, Value>,
        sheet: &StreamSheet,
        now: Mono,
    ) -> Option<Vec<String>> {
        let settled = self.at_rest && self.in_flight.is_none() && now.since(self.accepted_at) >= SETTLED;
        if settled { self.drift.look(received, &self.acknowledged.write(sheet)) } else { None }
    }

    /// What the backend has of these is not what we sent: they go again.
    pub(super) fn doubt(&mut self, names: &[String]) {
        for name in names {
            self.acknowledged.forget_named(name);
            self.encoded.forget_named(name);
        }
        self.unknown = true;
        self.at_rest = false;
    }

    /// Whatever kept an update from going may be over: tries at once.
    pub(super) fn hurry(&mut self, now: Mono) {
        self.retry_at = now;
    }

    /// The API answers what was asked at `asked`: an update that failed before that, and waits only because the API was
    /// away or busy, is tried again at once. One that the API wants to wait for some time waits.
    pub(super) fn on_answered_well(&mut self, asked: Mono, now: Mono) {
        if self.waits_blindly.take_if(|failed| *failed <= asked).is_some() {
            self.hurry(now);
        }
    }

    /// Learns how the frame rate bears the updates.
    pub(super) fn on_rates(&mut self, fps_in: f64, fps_out: f64, now: Mono) {
        self.governor.on_rates(fps_in, fps_out, now);
    }

    /// Learns how long another request took.
    pub(super) fn on_other_answered(&mut self, round_trip: Duration) {
        self.governor.on_other_answered(round_trip);
    }

    /// Returns the complete parameters of the look at `now` for a stream that is about to be created with them.
    pub(super) fn create(&mut self, path: &Course, sheet: &StreamSheet, now: Mono) -> Map<String, Value> {
        self.creating = Parts::all(self.live(path, sheet, now));
        let mut params = self.creating.write(sheet);
        params.extend(sheet.base.fixed.clone());
        params
    }

    /// Sends what is due, or says when it will be.
    pub(super) fn step(&mut self, id: &Arc<str>, path: &Course, desk: &mut Desk<'_>) {
        self.wake = None;
        if self.in_flight.is_some() {
            return;
        }
        let arrival = self.governor.arrival(desk.now.mono);
        if path.is_still(arrival) {
            self.step_still(id, path, arrival, desk);
        } else {
            self.at_rest = false;
            self.step_moving(id, path, arrival, desk);
        }
    }

    /// Brings the end of the path, exactly, or where it is paused.
    fn step_still(&mut self, id: &Arc<str>, path: &Course, arrival: Mono, desk: &mut Desk<'_>) {
        let mut moment = arrival;
        let mut set = self.live(path, desk.sheet, moment);
        let settled = self.is_settled(moment);
        self.at_rest = settled && self.acknowledged.has(&set);
        if self.at_rest || settled && self.refused.as_ref() == Some(&set) {
            return;
        }
        let now = desk.now.mono;
        let due = self.due(now);
        if due > now {
            self.wait_until(due);
            return;
        }
        if !settled {
            // The path is held, and somebody still makes room or comes back.
            moment = arrival + self.governor.hold() / 2;
            set = self.live(path, desk.sheet, moment);
            let distance = self.acknowledged.distance(&set);
            if distance.is_some_and(|distance| !self.governor.is_worth(distance)) {
                self.wait_until(now + self.governor.hold());
                return;
            }
        }
        self.send(id, set, Aim { moment, hold: self.governor.hold() }, path, desk);
    }

    fn step_moving(&mut self, id: &Arc<str>, path: &Course, arrival: Mono, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        let due = if self.is_at_once() { self.due(now) } else { self.due(now).max(self.next_at) };
        if due > now {
            self.wait_until(due);
            return;
        }
        let end = path.end().unwrap_or(arrival);
        let corner = path.next_corner(arrival).unwrap_or(end);
        let aim = match self.governor.aim(arrival, corner) {
            // Somebody asked, and there is time for one update only: better soon than in two halves.
            None if self.is_at_once() && (corner == end || path.is_grabbed()) => {
                Aim { moment: corner, hold: self.governor.hold() }
            }
            Some(aim) => aim,
            None => {
                self.wait_until(self.governor.departure(corner));
                return;
            }
        };
        // What the picture was led to is not taken back, also where the aim has yet to get there.
        let near = Aim { moment: aim.moment.max(self.led_to), ..aim };
        let steps = self.live(path, desk.sheet, aim.moment);
        let set = if near == aim {
            steps.clone()
        } else {
            self.live(path, desk.sheet, near.moment).with_steps_of(&steps)
        };
        let Some(distance) = self.acknowledged.distance(&set) else {
            self.send(id, set, near, path, desk);
            return;
        };
        if self.governor.is_worth(distance) {
            self.send(id, set, near, path, desk);
            return;
        }
        // Of a slow path, the look for a moment as far ahead as the one that is on lies behind.
        let reach = arrival.since(self.led_to).max(self.led_to.since(arrival)).min(corner.since(arrival) / 2);
        let far = arrival + reach;
        let mut farthest = distance;
        if let Some((moment, set)) = self.look_ahead(&steps, near.moment, far, path, desk.sheet) {
            self.send(id, set, Aim { moment, ..aim }, path, desk);
            return;
        }
        if far > aim.moment {
            let set = self.live(path, desk.sheet, far);
            farthest = self.acknowledged.distance(&set).unwrap_or(distance);
        }
        // Not past the far look: what steps before it is seen from here, and waited for closely.
        let again = now + self.governor.patience(reach, farthest);
        self.wait_until(again.min(self.governor.departure(corner)));
    }

    /// Returns the look of a moment after `near`, whose look is not worth an update yet, and up to `far` that is worth one,
    /// and the moment; `None` where none is.
    ///
    /// Only what moves evenly is led ahead; what steps (`steps`, the aim's) has its own moment and would be taken back by
    /// the next aim. Where the path soon gathers speed, `far` is many steps away: then it is the moment one step away.
    fn look_ahead(
        &mut self,
        steps: &Set,
        mut near: Mono,
        mut far: Mono,
        path: &Course,
        sheet: &StreamSheet,
    ) -> Option<(Mono, Set)> {
        let look = |courier: &mut Self, moment: Mono| {
            let set = courier.live(path, sheet, moment).with_steps_of(steps);
            let distance = courier.acknowledged.distance(&set).unwrap_or_default();
            (set, distance)
        };
        if far <= near {
            return None;
        }
        let (mut set, mut distance) = look(self, far);
        if !self.governor.is_worth(distance) {
            return None;
        }
        for _ in 0..HALVINGS {
            if !self.governor.is_worth(distance / 2.0) {
                break;
            }
            let middle = near + far.since(near) / 2;
            let (nearer, shorter) = look(self, middle);
            if self.governor.is_worth(shorter) {
                (far, set, distance) = (middle, nearer, shorter);
            } else {
                near = middle;
            }
        }
        Some((far, set))
    }

    /// Returns whether an update waits for the rate limit only.
    fn is_at_once(&self) -> bool {
        self.urgent || self.unknown
    }

    fn due(&self, now: Mono) -> Mono {
        let due = if self.is_at_once() { self.governor.token_due(now) } else { self.governor.path_due(now) };
        due.max(self.retry_at)
    }

    fn wait_until(&mut self, due: Mono) {
        self.wake = Some((due, if due == self.retry_at { Wake::Retry } else { Wake::Fade }));
    }

    fn send(&mut self, id: &Arc<str>, set: Set, aim: Aim, path: &Course, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        self.urgent = false;
        self.led_to = aim.moment;
        self.next_at = now + aim.hold;
        let coalesced = self.governor.on_sent(now, path.start());
        let fixed = &desk.sheet.base.fixed;
        let (named, params) = match desk.sheet.connection.backend.generation() {
            Generation::V1 => {
                let named = self.acknowledged.missing(&set);
                let mut params = named.write(desk.sheet);
                if let Some(model) = fixed.get("model_id") {
                    params.insert("model_id".to_owned(), model.clone());
                }
                (named, params)
            }
            Generation::Beta => {
                let named = Parts::all(set.clone());
                let mut params = named.write(desk.sheet);
                params.extend(fixed.clone());
                (named, params)
            }
        };
        let encodes = named.encodes(&self.encoded);
        let id = desk.request(Request::Update { id: Arc::clone(id), params });
        self.counts.coalesced += u64::from(coalesced);
        self.in_flight = Some(InFlight { id, sent: now, set, named, encodes, coalesced });
    }

    /// Takes the answer to the update in flight; `fresh` says that a 404 means no more than that video is missing.
    pub(super) fn on_answer(&mut self, outcome: Result<Reply, Failure>, fresh: bool, desk: &mut Desk<'_>) {
        let Some(update) = self.in_flight.take() else { return };
        match outcome {
            Ok(reply) => self.on_accepted(update, reply, desk),
            Err(failure) => self.on_failed(update, &failure, fresh, desk),
        }
    }

    fn on_accepted(&mut self, update: InFlight, reply: Reply, desk: &mut Desk<'_>) {
        self.accepted_at = desk.now.mono;
        let InFlight { id: _, sent, set: _, named, encodes, coalesced } = update;
        let round_trip = desk.now.mono.since(sent);
        self.governor.on_answered(round_trip, desk.now.mono);
        self.counts.accepted += 1;
        self.counts.round_trip = Some(round_trip);
        self.encoded.learn(named.clone());
        self.acknowledged.learn(named);
        self.unknown = false;
        self.refused = None;
        self.trouble = None;
        self.retry_at = desk.now.mono;
        self.waits_blindly = None;
        let stream = desk.name();
        let after = self.backoff.succeeded();
        if after > 0 {
            desk.note(Fact::RequestHealed { stream: Arc::clone(&stream), request: "update", after });
        }
        if let Reply::Updated { was_censored, warnings } = reply {
            let censored = was_censored.then(|| "the prompt was replaced or softened by a filter".to_owned());
            for message in censored.into_iter().chain(warnings) {
                desk.note(Fact::Warned { stream: Arc::clone(&stream), message });
            }
        }
        desk.note(Fact::Updated { stream, round_trip, encodes, coalesced });
    }

    fn on_failed(&mut self, update: InFlight, failure: &Failure, fresh: bool, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        let wait = self.backoff.failed(&mut desk.out.dice);
        let is_blind = match failure.kind {
            FailureKind::Unreached | FailureKind::Network | FailureKind::Timeout | FailureKind::Server => {
                true
            }
            FailureKind::TooMany => failure.retry_after.is_none(),
            FailureKind::NotFound | FailureKind::Key | FailureKind::Refused => false,
        };
        self.waits_blindly = is_blind.then_some(now);
        let wait = match failure.kind {
            FailureKind::Network | FailureKind::Timeout | FailureKind::Server => {
                self.acknowledged.forget(&update.named);
                self.unknown = true;
                wait
            }
            FailureKind::Unreached => wait,
            FailureKind::TooMany => failure.retry_after.unwrap_or(wait),
            FailureKind::NotFound if fresh => UNREADY_WAIT,
            FailureKind::NotFound => IDLE_WAIT,
            FailureKind::Key => PERSON_WAIT,
            FailureKind::Refused => {
                // One that left before somebody asked again says nothing about the next.
                self.refused = Some(update.set).filter(|_| update.sent >= self.asked_at);
                Duration::ZERO
            }
        };
        self.retry_at = now + wait;
        self.counts.failed += 1;
        self.trouble = Some(Trouble::new("update", &failure.message, now));
        let stream = desk.name();
        desk.note(Fact::RequestFailed {
            stream,
            request: "update",
            failure: failure.kind,
            message: failure.message.clone(),
            in_a_row: self.backoff.failures(),
        });
    }

    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        self.wake
    }

    /// Returns every live parameter of the path at `at`.
    fn live(&mut self, path: &Course, sheet: &StreamSheet, at: Mono) -> Set {
        let look = blend::look(&path.point_at(at), &sheet.base);
        let slerp = sheet.blend == BlendMode::Slerp;
        if path.is_over(at) {
            self.prompts.shrink(&look.prompts, if slerp { SLOTS_MIN_SLERP } else { sheet.slots_max });
            self.seeds.shrink(&look.seeds, sheet.slots_max);
        }
        let prompt_aims = wanted(path.target(), &sheet.base.prompt, |scene| scene.prompt.as_ref());
        let seed_aims = wanted(path.target(), &sheet.base.seed, |scene| scene.seed.as_ref());
        let prompts = self.prompt_roster.admit(look.prompts, &prompt_aims, at);
        let mut prompts = blend::coefficients(prompts, sheet.blend, sheet.prompt_angle);
        let seeds = self.seed_roster.admit(look.seeds, &seed_aims, at);
        let mut seeds = blend::coefficients(seeds, BlendMode::Linear, sheet.prompt_angle);
        if let Some(expected) = self.expected.as_ref().filter(|_| !slerp) {
            reserve(&mut prompts, expected.prompt.as_ref(), sheet.slots_max);
            reserve(&mut seeds, expected.seed.as_ref(), sheet.slots_max);
        }
        Set {
            prompts: self.prompts.arrange(&prompts),
            seeds: self.seeds.arrange(&seeds),
            values: look.values,
            scales: look.scales,
        }
    }

    /// Returns whether everything that the look wants has its slot, in full.
    fn is_settled(&self, at: Mono) -> bool {
        self.prompt_roster.is_settled(at) && self.seed_roster.is_settled(at)
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        snapshot.updates.sent = self.counts.accepted;
        snapshot.updates.failed = self.counts.failed;
        snapshot.updates.coalesced = self.counts.coalesced;
        snapshot.updates.drifts = self.drift.count;
        snapshot.updates.round_trip_seconds = self.counts.round_trip.map(|time| time.as_secs_f64());
        snapshot.prompts = self.acknowledged.prompts();
        snapshot.seeds = self.acknowledged.seeds();
        if let Some(trouble) = &self.trouble {
            snapshot.trouble = Some(trouble.told_at(now));
        }
    }
}

/// Returns each thing once that a mix has in the end; their weights do not matter.
fn wanted<'a, T: Clone + PartialEq + 'a>(
    target: &'a Mix,
    base: &'a Weighted<T>,
    list: impl Fn(&'a Scene) -> Option<&'a Weighted<T>>,
) -> Cow<'a, [(T, f64)]> {
    let of = |scene: &'a Scene| list(scene).unwrap_or(base).entries();
    if let [part] = target.parts() {
        return Cow::Borrowed(of(&part.scene));
    }
    let mut wanted: Vec<(T, f64)> = Vec::new();
    for entry in target.parts().iter().flat_map(|part| of(&part.scene)) {
        if !wanted.iter().any(|(thing, _)| *thing == entry.0) {
            wanted.push(entry.clone());
        }
    }
    Cow::Owned(wanted)
}

/// Adds what is to come at weight 0, as far as there is room.
fn reserve<T: Clone + PartialEq>(list: &mut Vec<(T, f64)>, coming: Option<&Weighted<T>>, most: usize) {
    for (thing, _) in coming.iter().flat_map(|list| list.entries()) {
        if list.len() < most && !list.iter().any(|(other, _)| other == thing) {
            list.push((thing.clone(), 0.0));
        }
    }
}

/// Fills the first list: the first scene's own, then those of other scenes, which are then encoded beforehand.
fn fill<'a, T: Clone + PartialEq + 'a>(
    own: &'a Weighted<T>,
    others: impl Iterator<Item = &'a Weighted<T>>,
    least: usize,
) -> Vec<T> {
    let mut list: Vec<T> = own.entries().iter().map(|(thing, _)| thing.clone()).collect();
    for (thing, _) in others.flat_map(Weighted::entries) {
        if list.len() < least && !list.contains(thing) {
            list.push(thing.clone());
        }
    }
    list
}
