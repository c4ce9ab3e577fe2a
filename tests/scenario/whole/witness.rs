//! Who looks at everything that a show does, and falls over what may not be.

use std::{sync::Arc, time::Duration};

use segue::show::{
    Show,
    event::{Action, Door, Wake},
    fact::Fact,
    sheet::Sheet,
    snapshot::Phase,
    time::{Mono, Now},
};
use serde_json::Value;

use super::super::world::{Coming, World};
use super::{leaps::Leaps, model::Applied, shows::Play, storm::Toll};

/// The most wakes of one stream in one second of the show. Fades take at most 8 updates a second here, and what is not
/// worth one yet is looked at 8 times in the time of one; tokens and polls come on top. Answers are no wakes.
const WAKES_MAX: u32 = 80;
/// Queues that are full are told on top of the trigger that asked.
const FULL: &str = "too many transitions wait";

/// What was seen.
pub(in super::super) struct Witness {
    pub(super) sheet: Arc<Sheet>,
    pub(super) leaps: Leaps,
    /// When this life of the show began.
    pub(super) born: Mono,
    pub(super) streams: Vec<Seen>,
    pub(super) deaths: u32,
    pub(super) clock_was_set: bool,
    /// What came in, and what the history says of it.
    owed: Toll,
    told: Toll,
    pub(super) crons: Vec<Mono>,
    second: u64,
    wakes: u32,
    pub(super) wakes_most: u32,
    last_wake: Mono,
}

/// What was seen of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The scene that it is on or goes to, by the facts of this life; `None` if no fact tells.
    pub(super) scene: Option<Arc<str>>,
    /// When the scene was told last.
    pub(super) told: Mono,
    id: Option<Arc<str>>,
    updates: u64,
    alarm: bool,
    queued: usize,
    /// How often something was asked of it or became of it that its journal must know.
    turns: u64,
    /// Where the journal says that it was when the show died; `None` where it cannot know.
    resumes: Option<Arc<str>>,
    /// Creates that the API took, in all lives: when, and what it made.
    creates: Vec<(Mono, String)>,
    /// When updates arrived, in all lives.
    pub(super) updated: Vec<Mono>,
    /// When the budget of creates was told to be spent, last.
    pub(super) spent: Option<Mono>,
}

impl Witness {
    pub(super) fn new(sheet: &Arc<Sheet>, play: &Play) -> Self {
        Self {
            sheet: Arc::clone(sheet),
            leaps: Leaps::new(sheet, play),
            born: Mono::default(),
            streams: vec![Seen::default(); sheet.streams.len()],
            deaths: 0,
            clock_was_set: false,
            owed: Toll::default(),
            told: Toll::default(),
            crons: Vec::new(),
            second: 0,
            wakes: 0,
            wakes_most: 0,
            last_wake: Mono::default(),
        }
    }

    /// Somebody sets the clock: until that is on disk, nobody knows how long a show was away.
    pub(super) fn on_clock(&mut self) {
        self.clock_was_set = true;
        self.turn_all();
    }

    /// A stream is taken away. If nobody had heard of it yet, it never was.
    pub(super) fn on_gone(&mut self, id: &str) {
        for stream in self.streams.iter_mut().filter(|stream| stream.id.as_deref() != Some(id)) {
            stream.creates.retain(|(_, created)| created != id);
        }
    }

    fn turn_all(&mut self) {
        for stream in &mut self.streams {
            stream.turns += 1;
        }
    }

    /// Returns how many turns each stream has made.
    pub(super) fn turns(&self) -> Vec<u64> {
        self.streams.iter().map(|stream| stream.turns).collect()
    }

    pub(super) fn on_toll(&mut self, toll: Toll) {
        self.owed.triggers += toll.triggers;
        self.owed.refusals += toll.refusals;
        if toll.is_hand || toll.is_grab {
            self.turn_all();
        }
        if toll.is_hand {
            // No fact tells of a mix by hand.
            for stream in &mut self.streams {
                stream.scene = None;
            }
            self.leaps.on_hand();
        }
    }

    pub(in super::super) fn on_wake(&mut self, why: Option<(Mono, Wake)>, now: Mono) {
        assert!(now >= self.last_wake, "time went backwards");
        self.last_wake = now;
        let second = now.0.as_secs();
        if second != self.second {
            (self.second, self.wakes) = (second, 0);
        }
        self.wakes += 1;
        self.wakes_most = self.wakes_most.max(self.wakes);
        let most = WAKES_MAX * self.streams.len() as u32;
        assert!(self.wakes <= most, "{} wakes within a second at {now:?}, the last {why:?}", self.wakes);
    }

    /// An update or a create has arrived. A show whose disk `has_forgotten` something cannot know of its creates.
    pub(in super::super) fn on_applied(&mut self, applied: Applied, has_forgotten: bool, now: Mono) {
        check_weights(&applied.params);
        let stream = &mut self.streams[applied.stream.0];
        if applied.created {
            stream.creates.push((now, applied.id.clone()));
            let hourly = self.sheet.streams[applied.stream.0].recovery.creates_per_hour as usize;
            let within =
                stream.creates.iter().filter(|(at, _)| now.since(*at) < Duration::from_mins(59)).count();
            // Who wakes in another time cannot know how old its creates are.
            let knows = !has_forgotten && (!self.clock_was_set || self.deaths == 0);
            assert!(!knows || within <= hourly, "{within} creates within an hour, {hourly} are allowed");
        } else {
            stream.updated.push(now);
        }
        self.leaps.on_applied(applied);
    }

    /// A show has died: what it had not told yet is lost.
    fn on_death(&mut self) {
        self.deaths += 1;
        let (owed, told) = (self.owed, self.told);
        assert!(told.triggers <= owed.triggers, "triggers out of nothing: {told:?} of {owed:?}");
        assert!(told.refusals <= owed.refusals, "refusals out of nothing: {told:?} of {owed:?}");
        (self.owed, self.told) = (Toll::default(), Toll::default());
        self.leaps.on_death();
        for stream in &mut self.streams {
            let Seen { scene, turns, queued, .. } = stream;
            // What waits may have had its turn by then.
            let resumes = scene.take().filter(|_| *queued == 0);
            let (creates, updated) =
                (std::mem::take(&mut stream.creates), std::mem::take(&mut stream.updated));
            *stream = Seen { creates, updated, turns: *turns, resumes, ..Seen::default() };
        }
    }

    /// A show goes on. What its journal `knows` of each stream must be as it was.
    fn on_birth(&mut self, knows: &[u64], show: &Show, now: Now) {
        self.born = now.mono;
        let snapshot = show.snapshot(now);
        for (index, (seen, stream)) in self.streams.iter_mut().zip(&snapshot.streams).enumerate() {
            seen.queued = stream.waiting.len();
            let all_known = knows.get(index) == Some(&seen.turns);
            match seen.resumes.take().filter(|_| all_known) {
                Some(scene) => {
                    assert_eq!(stream.scene, scene, "the scene of {} after a kill", stream.name);
                    seen.scene = Some(scene);
                }
                None => self.leaps.on_forgotten(index, now.mono),
            }
        }
    }

    /// Everything that came in is in the history.
    pub(super) fn settle_accounts(&self) {
        assert_eq!(self.told, Toll { is_hand: false, is_grab: false, ..self.owed }, "told, and owed");
    }

    fn on_fact(&mut self, fact: &Fact, now: Mono) {
        match fact {
            Fact::Trigger { door: Door::Cron, .. } => self.crons.push(now),
            Fact::Trigger { .. } => self.told.triggers += 1,
            Fact::Refused { reason, .. } if *reason == FULL => {}
            Fact::Refused { count, .. } => self.told.refusals += count,
            Fact::TransitionResumed { stream, left, .. } => {
                let (index, _) = self.stream(stream);
                self.leaps.on_resumed(index, *left, now);
            }
            Fact::NotResumed { stream, why } => panic!("{stream} is not resumed: {why}"),
            Fact::TransitionStarted { stream, scene, fade } => {
                let (index, stream) = self.stream(stream);
                stream.turns += 1;
                (stream.scene, stream.told) = (Some(Arc::clone(scene)), now);
                self.leaps.on_start(index, *fade, now);
            }
            Fact::TransitionSteered { stream, scene, .. } => {
                let (index, stream) = self.stream(stream);
                stream.turns += 1;
                stream.scene = stream.scene.as_ref().map(|_| Arc::clone(scene));
                stream.told = now;
                self.leaps.on_steered(index, now);
            }
            Fact::TransitionGrabbed { stream, .. } => {
                let (index, stream) = self.stream(stream);
                stream.turns += 1;
                self.leaps.on_steered(index, now);
            }
            Fact::FallenBack { stream, scene } => {
                let (index, stream) = self.stream(stream);
                stream.turns += 1;
                (stream.scene, stream.told) = (Some(Arc::clone(scene)), now);
                self.leaps.on_start(index, Duration::ZERO, now);
            }
            Fact::TransitionQueued { stream, .. } => {
                let (_, stream) = self.stream(stream);
                stream.turns += 1;
                stream.queued += 1;
            }
            Fact::TransitionDropped { stream, .. } => {
                let (_, stream) = self.stream(stream);
                stream.turns += 1;
                stream.queued = stream.queued.saturating_sub(1);
            }
            Fact::StreamCreated { stream, id } | Fact::StreamAttached { stream, id } => {
                self.stream(stream).1.id = Some(Arc::clone(id));
            }
            Fact::CreatesSpent { stream, .. } => self.stream(stream).1.spent = Some(now),
            Fact::Updated { stream, .. } => self.stream(stream).1.updates += 1,
            Fact::Alarm { stream, .. } => {
                let (_, stream) = self.stream(stream);
                assert!(!std::mem::replace(&mut stream.alarm, true), "an alarm within an alarm");
            }
            Fact::AlarmOver { stream, .. } => {
                let (_, stream) = self.stream(stream);
                assert!(std::mem::replace(&mut stream.alarm, false), "no alarm is over");
            }
            _ => {}
        }
    }

    fn stream(&mut self, name: &str) -> (usize, &mut Seen) {
        let index = self.sheet.stream(name).unwrap().0;
        (index, &mut self.streams[index])
    }

    /// Holds what may be seen against what was told.
    fn compare(&mut self, show: &Show, now: Now) {
        let snapshot = show.snapshot(now);
        for (index, (stream, seen)) in snapshot.streams.iter().zip(&self.streams).enumerate() {
            let sum: f64 = stream.mix.iter().map(|share| share.weight).sum();
            let sound = stream.mix.iter().all(|share| share.weight.is_finite() && share.weight >= 0.0);
            assert!(sound && (sum - 1.0).abs() < 1e-6, "{:?}", stream.mix);
            if let Some(progress) = &stream.transition {
                let parts = [progress.progress, progress.remaining_seconds, progress.fade_seconds];
                assert!(parts.iter().all(|part| part.is_finite() && *part >= 0.0), "{progress:?}");
                assert!(progress.progress <= 1.0, "{progress:?}");
            }
            if let Some(scene) = &seen.scene {
                assert_eq!(stream.scene, *scene, "the scene of {}", stream.name);
            }
            assert_eq!(stream.updates.sent, seen.updates, "the updates of {}", stream.name);
            assert_eq!(stream.alarm.is_some(), seen.alarm, "the alarm of {}", stream.name);
            assert!(stream.waiting.len() <= seen.queued, "what waits of {}", stream.name);
            if stream.phase == Phase::Live {
                assert_eq!(stream.id.as_deref(), seen.id.as_deref(), "the id of {}", stream.name);
            }
            self.leaps.look(index, stream.transition.as_ref(), now.mono);
        }
    }
}

impl World {
    /// Lets an action out, unless the show dies before it or the disk is the model's.
    pub(in super::super) fn let_out(&mut self, action: Action) -> Option<Action> {
        let Some(outside) = &mut self.outside else { return Some(action) };
        if let Some((left, outage)) = outside.dies {
            outside.dies = left.checked_sub(1).map(|left| (left, outage));
            if left == 0 {
                self.die(outage);
                return None;
            }
        }
        if let Action::Note(Fact::StreamLost { stream, .. } | Fact::StreamReplaced { stream, .. }) = &action {
            // What was on its way went to a stream that is another's business now.
            self.in_flight.remove(&self.sheet.stream(stream).unwrap());
        }
        if let (Action::Note(fact), Some(witness)) = (&action, &mut self.witness) {
            witness.on_fact(fact, self.now.mono);
        }
        match action {
            Action::Remember { stream, memory } => {
                self.put_away(Some((stream, memory)));
                None
            }
            Action::Keep(memoir) => {
                self.put_down(&memoir);
                None
            }
            action => Some(action),
        }
    }

    /// Looks at the show after everything that it did at a moment.
    pub(in super::super) fn look_on(&mut self) {
        if let Some(witness) = self.witness.as_mut().filter(|_| !self.is_dead) {
            witness.compare(&self.show, self.now);
        }
    }

    /// The power goes.
    fn die(&mut self, outage: Duration) {
        self.line(&format!("* dead for {outage:?}"));
        self.pull_the_plug();
        self.is_dead = true;
        self.in_flight.clear();
        self.creating.clear();
        self.witness.as_mut().unwrap().on_death();
        self.send_on(outage, Coming::Start);
    }

    pub(in super::super) fn on_restart(&mut self) {
        if self.outside.is_some() {
            self.line("* alive");
        }
        if let (Some(witness), Some(outside)) = (&mut self.witness, &self.outside) {
            witness.on_birth(&outside.disk.knows, &self.show, self.now);
        }
    }
}

/// What the runner turns into black or noise is never sent.
fn check_weights(params: &serde_json::Map<String, Value>) {
    for name in ["prompt", "seed"] {
        let Some(list) = params.get(name).and_then(Value::as_array) else { continue };
        let weights: Vec<f64> = list.iter().map(|entry| entry[1].as_f64().unwrap()).collect();
        assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0), "{name} {list:?}");
        let sum: f64 = weights.iter().sum();
        // Up to 1 / cos(θ / 2) for two, a little more for many.
        assert!((0.5..=1.3).contains(&sum), "{name} {list:?}");
        // Fillers, of weight 0, may be like any other.
        let mut things: Vec<String> =
            list.iter().filter(|entry| entry[1] != 0.0).map(|entry| entry[0].to_string()).collect();
        let seen = things.len();
        things.sort();
        things.dedup();
        assert_eq!(things.len(), seen, "{name} twice: {list:?}");
    }
}
