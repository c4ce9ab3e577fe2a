//! A virtual stage: the show, or a script without one, against the simulator's model, and everything that its runner showed.
//!
//! A request is on its way for a while and is applied; its answer is there at once. Nothing asks a clock.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use segue::{
    backend::{self, Call, Dialect, Endpoints},
    config,
    show::{
        Show,
        dice::Dice,
        event::{Action, Answer, Command, Event, Request, StreamIndex},
        fact::Fact,
        time::{Mono, Now},
        venue::{Backend, Environment, Generation},
    },
    simulator::{
        Machine,
        account::Account,
        api::{self, Api},
    },
};
use serde_json::{Map, Value};

/// How far apart looks at the runner are while it is watched: finer than any hole.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Two frames that are farther apart than this have a hole between them; without updates they are 33 ms apart.
pub(crate) const HOLE: Duration = Duration::from_millis(60);

/// How far away the API is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Way {
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
}

impl Way {
    pub(crate) fn millis(latency: u64, jitter: u64) -> Self {
        Self { latency: Duration::from_millis(latency), jitter: Duration::from_millis(jitter) }
    }
}

/// What was on, from when.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) since: Duration,
    /// Each prompt once, with its effective coefficient.
    pub(crate) prompts: Vec<(String, f64)>,
    /// How many entries the runner's list has: with two it would slerp.
    pub(crate) entries: usize,
}

impl Shown {
    /// Returns the coefficient of `prompt`, 0 if it is not on.
    pub(crate) fn of(&self, prompt: &str) -> f64 {
        self.prompts.iter().find(|(text, _)| text == prompt).map_or(0.0, |(_, weight)| *weight)
    }
}

/// A time without a new frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hole {
    /// When it was over, to [`LOOK_EVERY`].
    pub(crate) until: Duration,
    pub(crate) length: Duration,
}

/// What the runner did so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) encodes: u64,
    pub(crate) reloads: u64,
    pub(crate) frames_out: u64,
}

/// The show, the model and the way between.
pub(crate) struct Stage {
    pub(crate) now: Now,
    show: Option<Show>,
    api: Api,
    dialect: Dialect,
    way: Way,
    dice: Dice,
    coming: BTreeMap<(Mono, u64), Coming>,
    sequence: u64,
    /// The stream's id, once there is one.
    pub(crate) id: Option<Arc<str>>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) holes: Vec<Hole>,
    pub(crate) counts: Counts,
    /// Bodies of accepted updates and when they were applied.
    pub(crate) updates: Vec<(Duration, Map<String, Value>)>,
    /// When updates left.
    pub(crate) departures: Vec<Duration>,
    /// When transitions began.
    pub(crate) asked: Vec<Duration>,
    watched: bool,
}

enum Coming {
    Request(Option<(StreamIndex, segue::show::event::RequestId)>, Request),
    Event(Event),
}

impl Stage {
    /// Makes a stage with `show` (YAML) of one stream, and lets it settle for five seconds.
    pub(crate) fn of(show: &str, way: Way, seed: u64) -> Self {
        let loaded = config::parse("bench.yaml", show, &config::Context { node: "bench" });
        let sheet = loaded.sheet.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
        let mut stage = Self::empty(way, seed);
        stage.show = Some(Show::new(Arc::new(sheet), &BTreeMap::new(), seed, stage.now));
        stage.run_until(Duration::from_secs(5));
        stage
    }

    /// Makes a stage without a show, with a stream of `params`.
    pub(crate) fn bare(params: Map<String, Value>, way: Way, seed: u64) -> Self {
        let mut stage = Self::empty(way, seed);
        stage.carry(Coming::Request(None, Request::Create { name: "script".into(), params }));
        stage.run_until(Duration::from_secs(5));
        stage
    }

    fn empty(way: Way, seed: u64) -> Self {
        let environment = Environment::Url("http://simulator.invalid".into());
        let endpoints = Endpoints::of(&environment, Backend::Simulator, None).unwrap();
        let now = Now { mono: Mono::default(), wall: "2026-01-01T00:00:00Z".parse().unwrap() };
        Self {
            now,
            show: None,
            api: Api::new(Account::new(Machine::default(), seed, now.wall.as_millisecond()), None, None),
            dialect: Dialect::new(endpoints, Generation::V1, None).unwrap(),
            way,
            dice: Dice::new(!seed),
            coming: BTreeMap::new(),
            sequence: 0,
            id: None,
            shown: Vec::new(),
            holes: Vec::new(),
            counts: Counts::default(),
            updates: Vec::new(),
            departures: Vec::new(),
            asked: Vec::new(),
            watched: false,
        }
    }

    /// Forgets what was seen so far, and looks closely from now on.
    pub(crate) fn watch(&mut self) {
        self.look();
        self.shown.drain(..self.shown.len().saturating_sub(1));
        self.holes.clear();
        self.updates.clear();
        self.departures.clear();
        self.watched = true;
    }

    /// Asks for a scene.
    pub(crate) fn go(&mut self, scene: &str, fade: Duration) {
        let command = Command::Scene { scene: scene.to_owned(), stream: None, fade: Some(fade), hold: None };
        if let Some(show) = &mut self.show {
            show.handle(Event::Command(command), self.now);
        }
        self.settle();
    }

    /// Sends parameters without a show, and returns when they will have been applied and answered.
    pub(crate) fn send(&mut self, params: Map<String, Value>) -> Duration {
        let id = self.id.clone().unwrap();
        self.carry(Coming::Request(None, Request::Update { id, params }));
        self.coming.keys().next_back().unwrap().0.0
    }

    /// Lets everything happen that happens up to `end`.
    pub(crate) fn run_until(&mut self, end: Duration) {
        loop {
            self.settle();
            let wake = self.show.as_ref().and_then(Show::next_wake).map(|(at, _)| at.0);
            let coming = self.coming.keys().next().map(|(at, _)| at.0);
            let look = self.watched.then(|| self.now.mono.0 + LOOK_EVERY);
            let next = wake.into_iter().chain(coming).chain(look).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.pass(next);
            if self.watched {
                self.look();
            }
            match self.coming.first_entry() {
                Some(entry) if entry.key().0 <= self.now.mono => {
                    let coming = entry.remove();
                    self.happen(coming);
                }
                _ if wake == Some(next) => {
                    if let Some(show) = &mut self.show {
                        show.handle_wake(self.now);
                    }
                }
                _ => {}
            }
        }
        self.pass(end);
        self.look();
    }

    fn pass(&mut self, to: Duration) {
        let passed = to.saturating_sub(self.now.mono.0);
        self.now = Now { mono: Mono(self.now.mono.0 + passed), wall: self.now.wall + passed };
    }

    fn settle(&mut self) {
        let mut actions = VecDeque::new();
        if let Some(show) = &mut self.show {
            while let Some(action) = show.poll() {
                actions.push_back(action);
            }
        }
        for action in actions {
            match action {
                Action::Request { stream, id, request } => {
                    if matches!(request, Request::Update { .. }) {
                        self.departures.push(self.now.mono.0);
                    }
                    self.carry(Coming::Request(Some((stream, id)), request));
                }
                Action::Remember { stream, memory } => {
                    let event = Event::Remembered { stream, memory, error: None };
                    self.come(self.now.mono, Coming::Event(event));
                }
                Action::Note(Fact::TransitionStarted { .. }) => self.asked.push(self.now.mono.0),
                Action::Tell { .. }
                | Action::Keep(_)
                | Action::Note(_)
                | Action::Publish(_)
                | Action::SendOsc(_)
                | Action::Call(_) => {}
            }
        }
    }

    fn carry(&mut self, coming: Coming) {
        let Way { latency, jitter } = self.way;
        let way = self.dice.time_between(latency.saturating_sub(jitter), latency + jitter);
        self.come(self.now.mono + way, coming);
    }

    fn come(&mut self, at: Mono, coming: Coming) {
        self.sequence += 1;
        self.coming.insert((at, self.sequence), coming);
    }

    fn happen(&mut self, coming: Coming) {
        let (asker, request) = match coming {
            Coming::Request(asker, request) => (asker, request),
            Coming::Event(event) => {
                if let Some(show) = &mut self.show {
                    show.handle(event, self.now);
                }
                return;
            }
        };
        self.look();
        let Call { method, url, authorization, body } = self.dialect.call(&request).unwrap();
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let call = api::Call {
            method: method.as_str(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            authorization: authorization.as_ref().and_then(|value| value.to_str().ok()),
            body: Some(&body),
        };
        let answer = self.api.answer(self.now.mono.0, call);
        if let Some(accepted) = answer.accepted {
            self.id = Some(accepted.stream.as_str().into());
            if let Request::Update { params, .. } = &request {
                self.updates.push((self.now.mono.0, params.clone()));
            }
        }
        let answer = backend::Answer::of(answer.status, answer.retry_after, answer.body);
        let outcome = self.dialect.reply(&request, answer);
        if let (Some(show), Some((stream, id))) = (&mut self.show, asker) {
            show.handle(Event::Answer(Answer { stream, id, outcome }), self.now);
        }
    }

    /// Looks at the runner. What is on changes once at most between two requests.
    pub(crate) fn look(&mut self) {
        let now = self.now.mono.0;
        let Some(probe) = self.id.as_ref().and_then(|id| self.api.probe(now, id)) else { return };
        if self.shown.last().is_none_or(|last| last.since != probe.since) {
            let mut prompts: Vec<(String, f64)> = Vec::new();
            for (text, weight) in &probe.prompts {
                match prompts.iter_mut().find(|(other, _)| other == text) {
                    Some((_, sum)) => *sum += weight,
                    None => prompts.push((text.clone(), *weight)),
                }
            }
            self.shown.push(Shown { since: probe.since, prompts, entries: probe.prompts.len() });
        }
        if probe.hole > HOLE {
            self.holes.push(Hole { until: now, length: probe.hole });
        }
        let (encodes, reloads, frames_out) = (probe.encodes, probe.reloads, probe.frames_out);
        self.counts = Counts { encodes, reloads, frames_out };
    }
}
