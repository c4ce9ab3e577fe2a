//! Brings the desired look to the backend: one update in flight, the newest look wins, nothing is sent twice for nothing.
//!
//! What the backend has is known per parameter. A request whose fate is unknown makes its parameters unknown, and what is
//! unknown is sent again.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{Desk, PERSON_WAIT};
use crate::show::{
    backoff::Backoff,
    blend,
    event::{Failure, FailureKind, Reply, Request, RequestId, Wake},
    fact::Fact,
    governor::Governor,
    mix::Mix,
    params,
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
    set,
};

/// How often an update is tried again while 404 means that no video has arrived yet (the pace of other clients).
const UNREADY_WAIT: Duration = Duration::from_secs(3);
/// How often later: the stream exists, so somebody has switched its video off.
const IDLE_WAIT: Duration = Duration::from_secs(10);
/// The least number of prompts in a list: from three on, the runner takes the weights as they are.
const SLOTS_MIN: usize = 3;
/// The least number with the runner's own slerp, which takes exactly two.
const SLOTS_MIN_SLERP: usize = 2;

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
    acknowledged: Map<String, Value>,
    /// The prompts and seeds that the runner has in its slots, as far as we know.
    encoded: Map<String, Value>,
    /// What a new stream is being created with.
    creating: Map<String, Value>,
    in_flight: Option<InFlight>,
    /// A set that the API refused; not sent again until it is another.
    refused: Option<Map<String, Value>>,
    governor: Governor,
    backoff: Backoff,
    retry_at: Mono,
    /// The moment of the path whose look was sent last; `None` where nothing of it was sent.
    led_to: Option<Mono>,
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
    params: Map<String, Value>,
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
            acknowledged: Map::new(),
            encoded: Map::new(),
            creating: Map::new(),
            in_flight: None,
            refused: None,
            governor: Governor::new(sheet.updates, now),
            backoff: Backoff::default(),
            retry_at: now,
            led_to: None,
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
        self.led_to.map_or(now, |moment| moment.max(now))
    }

    /// Says which scene is known to come next.
    pub(super) fn expect(&mut self, scene: Option<&Arc<Scene>>) {
        self.expected = scene.cloned();
    }

    /// A person or a trigger asked for a new path: its first update goes as soon as the rate limit allows.
    pub(super) fn on_path(&mut self) {
        self.urgent = true;
        self.at_rest = false;
        self.led_to = None;
    }

    /// Goes on with edited settings.
    pub(super) fn reload(&mut self, sheet: &StreamSheet) {
        self.governor.reload(sheet.updates);
        self.prompt_roster.resize(sheet.slots_max);
        self.seed_roster.resize(sheet.slots_max);
    }

    /// The backend may have forgotten everything: the whole look goes again.
    pub(super) fn forget(&mut self) {
        self.acknowledged.clear();
        self.encoded.clear();
        self.refused = None;
        self.at_rest = false;
    }

    /// Returns the parameters that somebody else has set, if that is news; only where nothing of ours is on its way.
    pub(super) fn drift(&mut self, received: &Map<String, Value>, now: Mono) -> Option<Vec<String>> {
        let settled = self.at_rest && self.in_flight.is_none() && now.since(self.accepted_at) >= SETTLED;
        if settled { self.drift.look(received, &self.acknowledged) } else { None }
    }

    /// What the backend has of these is not what we sent: they go again.
    pub(super) fn doubt(&mut self, names: &[String]) {
        for name in names {
            self.acknowledged.remove(name);
            self.encoded.remove(name);
        }
        self.at_rest = false;
    }

    /// Whatever kept an update from going may be over: tries at once.
    pub(super) fn hurry(&mut self, now: Mono) {
        self.retry_at = now;
    }

    /// Learns how the frame rate bears the updates.
    pub(super) fn on_rates(&mut self, fps_in: f64, fps_out: f64, now: Mono) {
        self.governor.on_rates(fps_in, fps_out, now);
    }

    /// Returns the complete parameters of the look at `now` for a stream that is about to be created with them.
    pub(super) fn create(&mut self, path: &Course, sheet: &StreamSheet, now: Mono) -> Map<String, Value> {
        let mut params = self.live(path, sheet, now);
        self.creating.clone_from(&params);
        params.extend(sheet.base.fixed.clone());
        params
    }

    /// Sends what is due, or says when it will be.
    pub(super) fn step(&mut self, id: &Arc<str>, path: &Course, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        self.wake = None;
        if self.in_flight.is_some() {
            return;
        }
        let lead = if path.is_over(now) { Duration::ZERO } else { self.governor.lead() };
        let live = self.live(path, desk.sheet, now + lead);
        let still = path.is_still(now + lead);
        let resting = still && self.is_settled(now + lead);
        let distance = self.distance(&live);
        self.at_rest = resting && distance == Some(0.0);
        if self.at_rest || self.refused.as_ref() == Some(&live) && resting {
            return;
        }
        let unknown = distance.is_none();
        let at_once = self.urgent || unknown;
        let due = if at_once { self.governor.token_due(now) } else { self.governor.path_due(now) };
        let due = due.max(self.retry_at);
        let worth = resting || unknown || distance.is_some_and(|distance| self.governor.is_worth(distance));
        if due > now {
            self.wake = Some((due, if due == self.retry_at { Wake::Retry } else { Wake::Fade }));
        } else if worth {
            self.led_to = Some(now + lead);
            self.send(id, live, path, desk);
        } else {
            let again = now + self.governor.hold();
            // Where the path has ended and a prompt is still on its way in, only that is looked at again.
            let corner = path.next_corner(now + lead).unwrap_or(now) - lead;
            let wake = if corner > now { again.min(corner) } else { again };
            self.wake = Some((wake, Wake::Fade));
        }
    }

    fn send(&mut self, id: &Arc<str>, live: Map<String, Value>, path: &Course, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        self.urgent = false;
        let coalesced = self.governor.on_sent(now, path.start());
        let params = match desk.sheet.connection.backend.generation() {
            Generation::V1 => {
                let mut params: Map<String, Value> = live
                    .into_iter()
                    .filter(|(name, value)| self.acknowledged.get(name) != Some(value))
                    .collect();
                if let Some(model) = desk.sheet.base.fixed.get("model_id") {
                    params.insert("model_id".to_owned(), model.clone());
                }
                params
            }
            Generation::Beta => {
                let mut params = live;
                params.extend(desk.sheet.base.fixed.clone());
                params
            }
        };
        let encodes = set::encodes(&self.encoded, &params);
        let request = Request::Update { id: Arc::clone(id), params: params.clone() };
        let id = desk.request(request);
        self.counts.coalesced += u64::from(coalesced);
        self.in_flight = Some(InFlight { id, sent: now, params, encodes, coalesced });
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
        let round_trip = desk.now.mono.since(update.sent);
        self.governor.on_answered(round_trip);
        self.counts.accepted += 1;
        self.counts.round_trip = Some(round_trip);
        self.encoded.extend(update.params.clone());
        self.acknowledged.extend(update.params);
        self.refused = None;
        self.trouble = None;
        self.retry_at = desk.now.mono;
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
        let InFlight { encodes, coalesced, .. } = update;
        desk.note(Fact::Updated { stream, round_trip, encodes, coalesced });
    }

    fn on_failed(&mut self, update: InFlight, failure: &Failure, fresh: bool, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        let wait = self.backoff.failed(&mut desk.out.dice);
        let wait = match failure.kind {
            FailureKind::Network | FailureKind::Timeout | FailureKind::Server => {
                for name in update.params.keys() {
                    self.acknowledged.remove(name);
                }
                wait
            }
            FailureKind::Unreached => wait,
            FailureKind::TooMany => failure.retry_after.unwrap_or(wait),
            FailureKind::NotFound if fresh => UNREADY_WAIT,
            FailureKind::NotFound => IDLE_WAIT,
            FailureKind::Key => PERSON_WAIT,
            FailureKind::Refused => {
                let mut refused = self.acknowledged.clone();
                refused.extend(update.params);
                refused.retain(|name, _| !desk.sheet.base.fixed.contains_key(name));
                self.refused = Some(refused);
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

    /// Returns every live parameter of the path at `at`, in the API's words.
    fn live(&mut self, path: &Course, sheet: &StreamSheet, at: Mono) -> Map<String, Value> {
        let look = blend::look(&path.point_at(at), &sheet.base);
        let slerp = sheet.blend == BlendMode::Slerp;
        if slerp && path.is_over(at) {
            self.prompts.shrink(&look.prompts, SLOTS_MIN_SLERP);
        }
        let prompt_aims = wanted(path.target(), &sheet.base.prompt, |scene| scene.prompt.as_ref());
        let seed_aims = wanted(path.target(), &sheet.base.seed, |scene| scene.seed.as_ref());
        let prompts = self.prompt_roster.admit(&look.prompts, &prompt_aims, at);
        let mut prompts = blend::coefficients(prompts, sheet.blend, sheet.prompt_angle);
        let seeds = self.seed_roster.admit(&look.seeds, &seed_aims, at);
        let mut seeds = blend::coefficients(seeds, BlendMode::Linear, sheet.prompt_angle);
        if let Some(expected) = self.expected.as_ref().filter(|_| !slerp) {
            reserve(&mut prompts, expected.prompt.as_ref(), sheet.slots_max);
            reserve(&mut seeds, expected.seed.as_ref(), sheet.slots_max);
        }
        let mut live: Map<String, Value> =
            look.values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        live.insert("prompt".to_owned(), set::list(self.prompts.arrange(&prompts)));
        live.insert("seed".to_owned(), set::list(self.seeds.arrange(&seeds)));
        let method = if slerp { "slerp" } else { "linear" };
        live.insert("prompt_interpolation_method".to_owned(), json!(method));
        live.insert("normalize_prompt_weights".to_owned(), json!(slerp));
        live.insert("seed_interpolation_method".to_owned(), json!("linear"));
        live.insert("normalize_seed_weights".to_owned(), json!(true));
        if !sheet.base.controlnets.is_empty() {
            let nets = sheet.base.controlnets.iter().zip(look.scales).map(|(net, scale)| {
                let mut object = net.fixed.clone();
                object.insert("model_id".to_owned(), json!(net.id));
                object.insert("conditioning_scale".to_owned(), json!(scale));
                Value::Object(object)
            });
            live.insert("controlnets".to_owned(), nets.collect());
        }
        live
    }

    /// Returns whether everything that the look wants has its slot, in full.
    fn is_settled(&self, at: Mono) -> bool {
        self.prompt_roster.is_settled(at) && self.seed_roster.is_settled(at)
    }

    /// Returns how far `live` is from what the backend has, `None` if that is not known in full.
    fn distance(&self, live: &Map<String, Value>) -> Option<f64> {
        live.iter().try_fold(0.0_f64, |farthest, (name, value)| {
            let span = params::find(name).map_or(1.0, params::Spec::span);
            Some(farthest.max(set::distance(self.acknowledged.get(name)?, value) / span))
        })
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        snapshot.updates.sent = self.counts.accepted;
        snapshot.updates.failed = self.counts.failed;
        snapshot.updates.coalesced = self.counts.coalesced;
        snapshot.updates.drifts = self.drift.count;
        snapshot.updates.round_trip_seconds = self.counts.round_trip.map(|time| time.as_secs_f64());
        snapshot.prompts = set::entries(self.acknowledged.get("prompt"));
        snapshot.seeds = set::entries(self.acknowledged.get("seed"));
        if let Some(trouble) = &self.trouble {
            snapshot.trouble = Some(trouble.told_at(now));
        }
    }
}

/// Returns each thing once that a mix has in the end.
fn wanted<'a, T: Clone + PartialEq + 'a>(
    target: &'a Mix,
    base: &'a Weighted<T>,
    list: impl Fn(&'a Scene) -> Option<&'a Weighted<T>>,
) -> Vec<T> {
    let mut wanted = Vec::new();
    for part in target.parts() {
        for (thing, _) in list(&part.scene).unwrap_or(base).entries() {
            if !wanted.contains(thing) {
                wanted.push(thing.clone());
            }
        }
    }
    wanted
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
