//! The show, the model of the API and the record, on one virtual clock.

use std::{collections::BTreeMap, path::Path, sync::Arc, thread, time::Duration};

use segue::{
    backend::{self, Dialect, Endpoints},
    config::{Context, parse},
    daemon::story::Story,
    record::{About, Metrics, Recorder},
    show::{
        Show,
        event::{Action, Answer, Event, Failure, FailureKind, Request, RequestId, StreamIndex},
        fact::Fact,
        time::{Mono, Now},
        venue::{Backend, Environment, Generation, Keeping},
    },
    simulator::{
        Machine,
        account::Account,
        api::{Api, Call},
    },
};

const SHOW: &str = r#"
show: A month
streams: { wall: { backend: simulator, start: dawn } }
scenes:
  dawn: { prompt: "misty forest at dawn, soft light", seed: 42, fade: 8s, delta: 0.6 }
  neon: { prompt: [[neon city in the rain, 0.7], [oil painting, 0.3]], seed: 1337, fade: 8s, delta: 0.8 }
triggers:
  even: { when: { cron: "*/2 * * * *" }, do: { scene: neon } }
  odd: { when: { cron: "1-59/2 * * * *" }, do: { scene: dawn } }
"#;

/// How long a request takes, and how long one takes to fail.
const WAY: Duration = Duration::from_millis(80);
/// How often the API is gone, and for how long, in seconds.
const GONE: (u64, u64) = (6 * 3600, 120);
/// How often the runner is restarted, in seconds.
const RESTART: u64 = 24 * 3600;
/// How many facts go to the store between two pauses: less than the queue holds, which a second empties.
const FACTS_MAX: u32 = 3000;
const PAUSE: Duration = Duration::from_millis(1100);
/// Bounds that a month presses against: minutes of two weeks.
const KEEPING: Keeping = Keeping { keep: Duration::from_hours(14 * 24), max_bytes: 64_000_000 };

pub(crate) struct World {
    show: Show,
    api: Api,
    dialect: Dialect,
    now: Now,
    coming: BTreeMap<(Mono, u64), Coming>,
    sequence: u64,
    id: Option<Arc<str>>,
    metrics: Metrics,
    story: Story,
    pub(crate) recorder: Recorder,
    facts: u32,
    pub(crate) transitions: u64,
    pub(crate) updates: u64,
}

enum Coming {
    Request(StreamIndex, RequestId, Request),
    Event(Event),
    Restart,
}

impl World {
    pub(crate) fn new(directory: &Path) -> Self {
        let sheet = Arc::new(parse("month.yaml", SHOW, &Context { node: "bench" }).sheet.unwrap());
        let now = Now { mono: Mono::default(), wall: "2026-01-01T00:00:30Z".parse().unwrap() };
        let place = Environment::Url("http://simulator.invalid".into());
        let endpoints = Endpoints::of(&place, Backend::Simulator, None).unwrap();
        let mut world = Self {
            show: Show::new(Arc::clone(&sheet), &BTreeMap::new(), 1, now),
            api: Api::new(Account::new(Machine::default(), 1, now.wall.as_millisecond()), None, None),
            dialect: Dialect::new(endpoints, Generation::V1, None).unwrap(),
            now,
            coming: BTreeMap::new(),
            sequence: 0,
            id: None,
            metrics: Metrics::new(),
            story: Story::new(),
            recorder: Recorder::start(directory, About::of(&sheet), KEEPING).unwrap(),
            facts: 0,
            transitions: 0,
            updates: 0,
        };
        world.come(Duration::from_secs(RESTART), Coming::Restart);
        world
    }

    /// Lets so many seconds pass.
    pub(crate) fn play(&mut self, seconds: u64) {
        let end = self.now.mono + Duration::from_secs(seconds);
        loop {
            self.settle();
            let wake = self.show.next_wake().map(|(at, _)| at);
            let coming = self.coming.keys().next().map(|(at, _)| *at);
            let Some(next) = wake.into_iter().chain(coming).min().filter(|next| *next <= end) else { break };
            self.pass(next);
            match self.coming.first_entry() {
                Some(entry) if entry.key().0 <= self.now.mono => {
                    let coming = entry.remove();
                    self.happen(coming);
                }
                _ => self.show.handle_wake(self.now),
            }
        }
        self.pass(end);
        // As somebody who looks at them does.
        assert!(!self.metrics.render().is_empty());
    }

    fn pass(&mut self, to: Mono) {
        if to > self.now.mono {
            self.now = Now { mono: to, wall: self.now.wall + to.since(self.now.mono) };
        }
    }

    fn settle(&mut self) {
        while let Some(action) = self.show.poll() {
            match action {
                Action::Request { stream, id, request } => {
                    self.come(WAY, Coming::Request(stream, id, request));
                }
                Action::Remember { stream, memory } => {
                    let event = Event::Remembered { stream, memory, error: None };
                    self.come(Duration::from_millis(1), Coming::Event(event));
                }
                // The show of this bench tells nobody.
                // The journal is one small file, whatever happens in a month.
                Action::Tell { .. }
                | Action::Keep(_)
                | Action::Publish(_)
                | Action::SendOsc(_)
                | Action::Call(_) => {}
                Action::Note(fact) => self.note(&fact),
            }
        }
        for (stream, progress) in self.show.progress(self.now) {
            self.metrics.set_progress(stream, progress);
        }
    }

    fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::TransitionEnded { .. } => self.transitions += 1,
            Fact::Updated { .. } => self.updates += 1,
            Fact::StreamCreated { id, .. } => self.id = Some(Arc::clone(id)),
            _ => {}
        }
        self.story.tell(fact, self.now.mono);
        self.metrics.observe(fact);
        self.recorder.note(self.now, fact);
        self.facts += 1;
        if self.facts == FACTS_MAX {
            self.facts = 0;
            thread::sleep(PAUSE);
        }
    }

    fn happen(&mut self, coming: Coming) {
        match coming {
            Coming::Event(event) => self.show.handle(event, self.now),
            Coming::Restart => {
                self.come(Duration::from_secs(RESTART), Coming::Restart);
                let Some(id) = self.id.clone() else { return };
                let path = format!("/_sim/streams/{id}/restart");
                let call =
                    Call { method: "POST", path: &path, query: "", authorization: None, body: Some(b"") };
                self.api.control(self.now.mono.0, call);
            }
            Coming::Request(stream, id, request) => {
                let outcome = self.answer(&request);
                let event = Event::Answer(Answer { stream, id, outcome });
                self.show.handle(event, self.now);
            }
        }
    }

    fn answer(&mut self, request: &Request) -> Result<segue::show::event::Reply, Failure> {
        let at = self.now.mono.0;
        let (every, long) = GONE;
        if at.as_secs() > every && at.as_secs() % every < long {
            let message = "no connection to simulator.invalid".to_owned();
            return Err(Failure { kind: FailureKind::Unreached, message, retry_after: None });
        }
        let call = self.dialect.call(request)?;
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.api.answer(
            at,
            Call {
                method: call.method.as_str(),
                path: call.url.path(),
                query: call.url.query().unwrap_or_default(),
                authorization: call.authorization.as_ref().and_then(|value| value.to_str().ok()),
                body: Some(&body),
            },
        );
        self.dialect.reply(request, backend::Answer::of(answer.status, answer.retry_after, answer.body))
    }

    fn come(&mut self, after: Duration, coming: Coming) {
        self.sequence += 1;
        self.coming.insert((self.now.mono + after, self.sequence), coming);
    }
}
