//! The virtual world: a clock that jumps from one thing to the next, the show, the model of the API, and the way between.
//!
//! A request is on its way for a while, is applied, and its answer is there at once. What is asked for and what is answered
//! goes through the same words as over HTTP; there is only no wire.

mod post;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use self::post::{Letter, dialect};
use super::{
    passage::AFTERMATH,
    script::{Deed, Line, Trouble},
    trace::Trace,
    transcript::Transcript,
};
use crate::{
    backend::{Dialect, Limits},
    show::{
        Show,
        dice::Dice,
        event::{Action, Event, Memory, StreamIndex},
        fact::Fact,
        memoir::Memoir,
        sheet::{Sheet, Verb},
        time::{Mono, Now},
    },
    simulator::{Machine, account::Account, api::Api},
};

/// How many turns one moment may take before the show is taken to spin.
const TURNS_MAX: u32 = 10_000;
/// How long it takes until something is on disk.
const DISK: Duration = Duration::from_millis(1);
/// Where the model is, for shows that name no installation of the vendor's.
const NOWHERE: &str = "http://simulator.invalid";

/// How a run is to be.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    /// When it begins, and how long it takes.
    pub(super) from: Timestamp,
    pub(super) length: Duration,
    /// How long a request is on its way, and how much shorter or longer that can be.
    pub(super) latency: Duration,
    pub(super) jitter: Duration,
    /// Seeds everything.
    pub(super) seed: u64,
    /// How far apart points of the curve are kept for drawing; `None` keeps nothing.
    pub(super) keep: Option<Duration>,
    /// Whether the accepted creates and updates are recorded.
    pub(super) record: bool,
    /// How often frames are counted for drawing.
    pub(super) count_frames_every: Duration,
}

/// Why a run cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stuck {
    /// The address of a stream is none.
    #[error("stream `{stream}`: {reason}")]
    Address {
        /// The stream.
        stream: Arc<str>,
        /// What is wrong.
        reason: String,
    },
    /// The show asks to be woken again and again at one moment: a mistake in Segue.
    #[error("the show spins at {0:?}; this is a mistake in Segue")]
    Spins(Duration),
}

/// A show, its backend and its clock.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Now,
    pub(super) transcript: Transcript,
    /// The accepted creates and updates, as `segue simulator --requests` writes them; empty where nobody asked.
    pub(super) requests: Vec<u8>,
    pub(super) traces: Vec<Trace>,
    /// What was fired, and when.
    pub(super) cues: Vec<(Mono, Arc<str>)>,
    /// When the API was in trouble, from and to, and how.
    pub(super) troubles: Vec<(Mono, Mono, Trouble)>,
    /// When the show was killed.
    pub(super) kills: Vec<Mono>,
    sheet: Arc<Sheet>,
    setup: Setup,
    show: Show,
    /// Counts the starts of the show: what was meant for an earlier one never arrives.
    life: u64,
    memories: BTreeMap<Arc<str>, Memory>,
    /// What was kept last of the show.
    memoir: Option<Memoir>,
    api: Api,
    dialects: Vec<Dialect>,
    limits: Limits,
    dice: Dice,
    coming: BTreeMap<(Mono, u64), Coming>,
    sequence: u64,
}

/// Something on its way.
#[derive(Debug)]
enum Coming {
    Request(Letter),
    Event {
        life: u64,
        event: Event,
    },
    Deed(Deed, String),
    /// The trouble with that number is over.
    Relief(usize),
    /// Somebody looks at the runners.
    Look,
    /// The same, to count frames, again and again.
    Count,
}

impl World {
    /// Makes the world of a show and a script.
    ///
    /// # Errors
    ///
    /// The address of a stream is none.
    pub(super) fn new(sheet: Sheet, script: Vec<Line>, setup: Setup) -> Result<Self, Stuck> {
        let sheet = Arc::new(sheet);
        let now = Now { mono: Mono::default(), wall: setup.from };
        let names: Vec<_> = sheet.streams.iter().map(|stream| Arc::clone(&stream.name)).collect();
        let traces = sheet
            .streams
            .iter()
            .enumerate()
            .map(|(index, stream)| Trace::new(StreamIndex(index), stream, setup.keep));
        let account = Account::new(Machine::default(), setup.seed, setup.from.as_millisecond());
        let mut world = Self {
            now,
            transcript: Transcript::new(sheet.zone.clone(), setup.length, &names),
            requests: Vec::new(),
            traces: traces.collect(),
            cues: Vec::new(),
            troubles: Vec::new(),
            kills: Vec::new(),
            show: Show::new(Arc::clone(&sheet), &BTreeMap::new(), setup.seed, now),
            life: 0,
            memories: BTreeMap::new(),
            memoir: None,
            api: Api::new(account, None, None),
            dialects: sheet.streams.iter().map(dialect).collect::<Result<_, _>>()?,
            limits: Limits::default(),
            // The complement, so that jitter and ids are not the same sequence.
            dice: Dice::new(!setup.seed),
            coming: BTreeMap::new(),
            sequence: 0,
            sheet,
            setup,
        };
        for Line { at, deed, text } in script {
            world.come_at(at, Coming::Deed(deed, text));
        }
        for trace in &mut world.traces {
            trace.begin(&world.show, now.mono);
        }
        if world.setup.keep.is_some() {
            world.come_at(now.mono, Coming::Count);
        }
        Ok(world)
    }

    /// Lets everything happen that happens up to `end`.
    ///
    /// # Errors
    ///
    /// The show spins.
    pub(super) fn run_until(&mut self, end: Mono) -> Result<(), Stuck> {
        let mut turns = 0;
        loop {
            self.settle();
            self.follow();
            let wake = self.show.next_wake().map(|(at, _)| at);
            let coming = self.coming.keys().next().map(|(at, _)| *at);
            let Some(next) = wake.into_iter().chain(coming).min().filter(|next| *next <= end) else { break };
            turns = if next > self.now.mono { 0 } else { turns + 1 };
            if turns > TURNS_MAX {
                return Err(Stuck::Spins(self.now.mono.0));
            }
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
        Ok(())
    }

    /// Returns the show's name.
    pub(super) fn title(&self) -> &str {
        &self.sheet.title
    }

    /// Returns the show's zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.sheet.zone
    }

    /// Returns when the run began.
    pub(super) fn from(&self) -> Timestamp {
        self.setup.from
    }

    /// Ends the run: what is still under way stays as it is.
    pub(super) fn finish(&mut self) {
        for stream in 0..self.traces.len() {
            self.look(stream);
            self.traces[stream].turn(&self.show, self.now.mono);
            self.traces[stream].cut_off(self.now.mono);
        }
    }

    fn pass(&mut self, to: Mono) {
        if to > self.now.mono {
            for trace in &mut self.traces {
                trace.sample(&self.show, to);
            }
            let passed = to.since(self.now.mono);
            self.now = Now { mono: to, wall: self.now.wall + passed };
        }
    }

    fn happen(&mut self, coming: Coming) {
        match coming {
            Coming::Request(letter) => self.deliver(letter),
            Coming::Event { life, event } if life == self.life => {
                if let Event::Remembered { stream, memory, error: None } = &event {
                    let name = &self.sheet.streams[stream.0].name;
                    self.memories.insert(Arc::clone(name), memory.clone());
                }
                self.show.handle(event, self.now);
            }
            Coming::Event { .. } => {}
            Coming::Deed(deed, text) => {
                self.transcript.line(self.now, "script", &text);
                self.obey(deed);
            }
            Coming::Relief(trouble) => {
                let over = match self.troubles[trouble].2 {
                    Trouble::Down => "up",
                    Trouble::Error(_) => "well",
                    Trouble::Slow(_) => "quick",
                };
                self.transcript.line(self.now, "script", &format!("api {over} again"));
            }
            Coming::Look => (0..self.traces.len()).for_each(|stream| self.look(stream)),
            Coming::Count => {
                for stream in 0..self.traces.len() {
                    self.look(stream);
                    self.traces[stream].count_frames(self.now.mono);
                }
                self.come(self.setup.count_frames_every, Coming::Count);
            }
        }
    }

    fn obey(&mut self, deed: Deed) {
        match deed {
            Deed::Event(event) => self.show.handle(event, self.now),
            Deed::Api(trouble, time) => {
                self.troubles.push((self.now.mono, self.now.mono + time, trouble));
                self.come(time, Coming::Relief(self.troubles.len() - 1));
            }
            Deed::Hand(hand) => self.lay_hand(hand),
            Deed::Kill => {
                self.kills.push(self.now.mono);
                self.life += 1;
                for stream in 0..self.traces.len() {
                    self.look(stream);
                    self.traces[stream].cut_off(self.now.mono);
                }
                // A new start throws other dice, as it would for real.
                let seed = self.setup.seed.wrapping_add(self.life);
                let (sheet, memoir) = (Arc::clone(&self.sheet), self.memoir.as_ref());
                self.show = Show::resume(sheet, &self.memories, memoir, seed, self.now);
                for trace in &mut self.traces {
                    trace.begin(&self.show, self.now.mono);
                }
            }
        }
    }

    fn settle(&mut self) {
        while let Some(action) = self.show.poll() {
            match action {
                Action::Request { stream, id, request } => self.send(stream, id, request),
                Action::Remember { stream, memory } => {
                    let event = Event::Remembered { stream, memory, error: None };
                    self.come(DISK, Coming::Event { life: self.life, event });
                }
                // A crash within the millisecond that it takes is no other than one a millisecond earlier.
                Action::Keep(memoir) => self.memoir = Some(*memoir),
                Action::Note(fact) => self.note(&fact),
                // Whoever is told is not in this world.
                Action::Tell { .. } => {}
                Action::Publish(letter) => self.transcript.line(self.now, "out", &letter.to_string()),
                Action::SendOsc(letter) => self.transcript.line(self.now, "out", &letter.to_string()),
                // Nobody is called, so nobody answers.
                Action::Call(post) => self.transcript.line(self.now, "out", &post.to_string()),
            }
        }
    }

    fn note(&mut self, fact: &Fact) {
        self.transcript.fact(self.now, fact);
        let of_stream = |name: &str| self.sheet.stream(name).map(|StreamIndex(stream)| stream);
        match fact {
            Fact::Trigger { name, .. } => self.cues.push((self.now.mono, Arc::clone(name))),
            Fact::TransitionGrabbed { .. } => self.cues.push((self.now.mono, "a hand".into())),
            Fact::TransitionStarted { stream, scene, fade } => {
                self.start(of_stream(stream), scene, Some(*fade));
            }
            Fact::FallenBack { stream, scene } => self.start(of_stream(stream), scene, Some(Duration::ZERO)),
            Fact::TransitionSteered { stream, scene, verb: Verb::Reverse } => {
                let stream = of_stream(stream);
                let end = stream.and_then(|stream| self.show.heading(StreamIndex(stream))?.end);
                self.start(stream, scene, end.map(|end| end.since(self.now.mono)));
            }
            Fact::TransitionResumed { stream, scene, left, .. } => {
                let Some(stream) = of_stream(stream) else { return };
                self.look(stream);
                self.traces[stream].resume(scene, *left, self.now.mono);
            }
            Fact::TransitionEnded { stream, .. } => {
                let Some(stream) = of_stream(stream) else { return };
                self.traces[stream].arrive(self.now.mono);
                self.come(AFTERMATH, Coming::Look);
            }
            _ => {}
        }
    }

    fn start(&mut self, stream: Option<usize>, scene: &Arc<str>, fade: Option<Duration>) {
        let Some(stream) = stream else { return };
        self.look(stream);
        self.traces[stream].start(scene, fade, self.now.mono);
    }

    /// Whatever was done to a path, its trace goes the same way from now on.
    fn follow(&mut self) {
        for stream in 0..self.traces.len() {
            if !self.traces[stream].is_elsewhere(&self.show) {
                continue;
            }
            self.look(stream);
            if let Some(again) = self.traces[stream].turn(&self.show, self.now.mono) {
                self.come_at(again, Coming::Look);
            }
        }
    }

    fn look(&mut self, stream: usize) {
        let trace = &mut self.traces[stream];
        if let Some(id) = trace.id()
            && let Some(probe) = self.api.probe(self.now.mono.0, id)
        {
            trace.look(probe, self.now.mono);
        }
    }

    fn come(&mut self, after: Duration, coming: Coming) {
        self.come_at(self.now.mono + after, coming);
    }

    fn come_at(&mut self, at: Mono, coming: Coming) {
        self.sequence += 1;
        self.coming.insert((at, self.sequence), coming);
    }
}
