//! The core: decides everything, performs nothing. No clock, no I/O, no async, no chance of its own.
//!
//! Three verbs and a question: [`Show::handle`] what happened, [`Show::handle_wake`] when a deadline came, then
//! [`Show::poll`] until there is nothing more to do, and [`Show::next_wake`] for when to come back. Time never runs
//! backwards between two calls on the monotonic clock; the calendar clock may do what it likes. The same sheet, seed and
//! calls give the same actions.

pub mod address;
pub mod agenda;
pub mod backoff;
pub mod blend;
pub mod broker;
pub mod condition;
pub mod cron;
pub mod dice;
pub mod duration;
pub mod easing;
pub mod event;
pub mod expression;
pub mod fact;
pub mod fades;
pub mod governor;
pub mod health;
pub mod lane;
pub mod letters;
mod members;
pub mod memoir;
pub mod mix;
pub mod nearest;
mod out;
pub mod params;
mod perform;
pub mod plan;
pub mod playlist;
pub mod prompt;
pub mod recovery;
pub mod refusals;
pub mod reload;
mod resume;
pub mod roster;
mod rota;
pub mod run;
pub mod scene;
pub mod schedule;
pub mod scope;
pub mod sheet;
pub mod slots;
pub mod snapshot;
mod stream;
pub mod subnet;
pub mod text;
pub mod time;
pub mod topic;
pub mod transition;
mod trigger;
pub mod variables;
pub mod venue;
pub mod weighted;

use std::{collections::BTreeMap, sync::Arc};

use self::{
    agenda::{Agenda, Due},
    event::{Action, Command, Door, Event, Memory, OscMessage, OscPacket, StreamIndex, Wake},
    fact::Fact,
    lane::{By, Lane},
    letters::Called,
    mix::Mix,
    out::Out,
    perform::expect_all,
    playlist::Deck,
    refusals::Refusals,
    reload::Changes,
    resume::Pen,
    rota::Rota,
    run::{RunNews, Runs},
    schedule::{
        Entry, What,
        follow::{Findings, Follow, News},
    },
    scope::Occasion,
    sheet::{Policy, Sheet},
    snapshot::{Snapshot, StreamSnapshot},
    stream::{Stream, place::Edge, queue::Going},
    time::{Mono, Now},
    transition::Heading,
    trigger::{Refusal, Triggers},
    variables::Values,
};

/// How many bundles with a time tag may wait. A sequencer that sends 25 a second, 10 s ahead, has 250.
pub const HELD_MAX: usize = 256;
/// How many coming cron runs a snapshot tells.
const UPCOMING: usize = 5;

/// The show: everything that is decided.
#[derive(Debug)]
pub struct Show {
    sheet: Arc<Sheet>,
    streams: Vec<Stream>,
    rota: Rota,
    agenda: Agenda,
    follow: Follow,
    /// Whether what was due at the start is still to be told.
    preface: bool,
    /// Bundles that wait for their time tag, in no order; there are few.
    held: Vec<(Mono, OscPacket)>,
    refusals: Refusals,
    broker_connected: Option<bool>,
    out: Out,
    stopping: bool,
    /// Whether a stream was told what comes next.
    preparing: bool,
    /// The moment of the last call, until what it made due is done.
    unsettled: Option<Now>,
    /// When to have the state kept.
    pen: Pen,
    /// The playlists.
    deck: Deck,
    triggers: Triggers,
    /// The lists that are under way.
    runs: Runs,
    variables: Values,
    /// What has happened to them since somebody asked that is to be kept.
    variables_edge: Option<Edge>,
}

impl Show {
    /// Makes the show that `sheet` describes, as if it had never run before.
    ///
    /// `memories` is what was kept of streams by earlier runs, by stream name.
    pub fn new(sheet: Arc<Sheet>, memories: &BTreeMap<Arc<str>, Memory>, seed: u64, now: Now) -> Self {
        Self::resume(sheet, memories, None, seed, now)
    }

    /// Takes something that happened.
    pub fn handle(&mut self, event: Event, now: Now) {
        self.triggers.chain = 0;
        match event {
            Event::Osc(packet) => self.take_packet(packet, now),
            Event::Mqtt(message) => match trigger::of_mqtt(&self.sheet, &message) {
                Ok(heard) => self.heed(heard, Door::Mqtt, now),
                Err(refusal) => self.refuse(Door::Mqtt, &refusal, now),
            },
            Event::Command(command) => match trigger::of_command(&self.sheet, &command) {
                Ok(heard) => self.heed(heard, Door::Http, now),
                Err(refusal) => self.refuse(Door::Http, &refusal, now),
            },
            Event::Answer(answer) => {
                self.rota.stir(answer.stream.0);
                if let Some(stream) = self.streams.get_mut(answer.stream.0) {
                    stream.on_answer(answer, now, &mut self.out);
                }
            }
            Event::Remembered { stream, memory, error } => {
                self.rota.stir(stream.0);
                if let Some(stream) = self.streams.get_mut(stream.0) {
                    stream.on_remembered(&memory, error, now, &mut self.out);
                }
            }
            Event::Broker { connected, detail } => {
                self.broker_connected = Some(connected);
                self.out.push(Action::Note(Fact::Broker { connected, detail }));
            }
            Event::Refused { input, reason, count, example } => {
                let fact = self.refusals.add(input, reason, count, &example, now.mono);
                self.out_note(fact);
            }
            Event::Called(Called { name, to, outcome, after }) => {
                let (status, error) = (outcome.ok(), outcome.err());
                self.note_run(&name, RunNews::Called { to, status, error, after });
            }
            Event::Stop => {
                self.keep(true, now);
                self.stopping = true;
                self.held.clear();
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    stream.stop(now, &mut self.out);
                    self.rota.stir(index);
                }
            }
        }
        self.unsettled = Some(now);
    }

    /// Takes that time has passed.
    pub fn handle_wake(&mut self, now: Now) {
        self.triggers.chain = 0;
        self.unsettled = Some(now);
    }

    /// Goes on with an edited sheet. What is the same is not touched; a scene that is on becomes its edit over `edit_fade`;
    /// streams, and what of them cannot change while they live, stay as they are, and are told as kept.
    ///
    /// With the sheet that it has, nothing happens at all.
    pub fn reload(&mut self, sheet: &Sheet, now: Now) -> Changes {
        let (sheet, changes) = reload::revise(&self.sheet, sheet);
        if changes.is_empty() {
            return changes;
        }
        let sheet = Arc::new(sheet);
        let mut changes = changes;
        self.revise_playlists(&sheet, &mut changes, now);
        self.agenda.reload(&self.sheet, &sheet, now);
        self.triggers.reload(&self.sheet, &sheet, now);
        self.follow.doubt();
        for stream in &mut self.streams {
            stream.reload(&sheet, now, &mut changes);
        }
        (0..self.streams.len()).for_each(|stream| self.rota.stir(stream));
        if self.sheet.venue.mqtt.is_some() != sheet.venue.mqtt.is_some() {
            self.broker_connected = sheet.venue.mqtt.as_ref().map(|_| false);
        }
        let old = std::mem::replace(&mut self.sheet, sheet);
        self.reload_runs(&old, now);
        let changes = changes.shortened();
        self.out.push(Action::Note(Fact::Reloaded(changes.clone())));
        self.unsettled = Some(now);
        changes
    }

    /// Returns the sheet that holds: the newest, but for what has to wait for a restart.
    pub fn sheet(&self) -> &Arc<Sheet> {
        &self.sheet
    }

    /// Returns the next thing to do, until there is none.
    ///
    /// What several calls of [`Self::handle`] in a row have made due is worked out once, here: a burst of messages costs one look.
    pub fn poll(&mut self) -> Option<Action> {
        loop {
            if let Some(action) = self.out.poll() {
                return Some(action);
            }
            let now = self.unsettled.take()?;
            self.step(now);
        }
    }

    /// Returns when to call [`Self::handle_wake`] if nothing happens before, and why; `None`: nothing is waited for.
    ///
    /// Ask after [`Self::poll`] has returned `None`. Calendar deadlines assume that nobody sets the clock: look again each [`agenda::CLOCK_LOOK_EVERY`].
    #[must_use]
    pub fn next_wake(&self) -> Option<(Mono, Wake)> {
        let streams = self.rota.next().into_iter();
        let held = self.held.iter().map(|(due, _)| (*due, Wake::Osc));
        let cron = self.agenda.next_due().filter(|_| !self.stopping).map(|due| (due, Wake::Cron));
        let schedule = self.follow.next_due().filter(|_| !self.stopping).map(|due| (due, Wake::Schedule));
        let tell = self.refusals.next_due().map(|due| (due, Wake::Tell));
        let playlist = self.deck.next_due().filter(|_| !self.stopping).map(|due| (due, Wake::Playlist));
        let keep = self.pen.due().filter(|_| !self.stopping).map(|due| (due, Wake::Keep));
        let triggers = self.triggers.next_due().filter(|_| !self.stopping);
        let run = self.runs_due().filter(|_| !self.stopping).map(|due| (due, Wake::Run));
        let own = held.chain(triggers).chain(cron).chain(schedule).chain(run).chain(playlist);
        streams.chain(own).chain(tell).chain(keep).min()
    }

    /// Returns whether nothing is left to do after [`Event::Stop`].
    pub fn is_stopped(&self) -> bool {
        self.stopping && self.streams.iter().all(Stream::is_stopped)
    }

    /// Returns how far the transition of each stream is, 0 to 1.
    pub fn progress(&self, now: Now) -> impl Iterator<Item = (&str, f64)> {
        self.streams.iter().map(move |stream| stream.progress(now.mono))
    }

    /// Returns the lane that has each stream.
    pub fn lanes(&self) -> impl Iterator<Item = (&str, Lane)> {
        self.streams.iter().map(Stream::lane)
    }

    /// Returns the mix of a stream's prompts at `at`, by the path that it is on now: also later than now, if nothing happens before.
    pub fn mix_at(&self, stream: StreamIndex, at: Mono) -> Option<Mix> {
        self.streams.get(stream.0).map(|stream| stream.mix_at(at))
    }

    /// Returns where a stream is heading.
    pub fn heading(&self, stream: StreamIndex) -> Option<Heading> {
        self.streams.get(stream.0).map(Stream::heading)
    }

    /// Returns what may be seen at `now`.
    pub fn snapshot(&self, now: Now) -> Snapshot {
        let streams = self.streams.iter().enumerate().map(|(index, stream)| {
            let due = self.follow.due(StreamIndex(index));
            let (playlist, next) = self.deck.on(index).unzip();
            StreamSnapshot { due, playlist, next: next.flatten(), ..stream.snapshot(now) }
        });
        Snapshot {
            show: Arc::clone(&self.sheet.title),
            streams: streams.collect(),
            playlists: self.see_playlists(now),
            bypassed_until: self.follow.bypassed_until(now),
            upcoming: self.agenda.upcoming(&self.sheet, UPCOMING),
            show_file: None,
            broker_connected: self.broker_connected,
            triggers: self.triggers.snapshot(&self.sheet),
            runs: self.runs.snapshot(now),
            variables: self.variables.clone(),
        }
    }

    /// Does what is due, in the order: calendar, bundles, triggers, lists, streams.
    fn step(&mut self, now: Now) {
        if !self.stopping {
            self.follow_calendar(now);
            self.release_held(now);
            self.fire_due(now);
            self.go_on(now);
            self.play_on(now);
            self.prepare();
        }
        for fact in self.refusals.due(now.mono) {
            self.out_note(Some(fact));
        }
        self.step_streams(now);
        // A list may wait for what has just been arrived at.
        while !self.stopping && self.go_on(now) {
            self.step_streams(now);
        }
        self.look_at_streams(now);
        self.keep(false, now);
    }

    fn step_streams(&mut self, now: Now) {
        for index in self.rota.take(now.mono) {
            if self.streams[index].is_taken() && !self.stopping {
                let governed = self.is_governed(StreamIndex(index), now);
                self.streams[index].tend_lanes(governed, now, &mut self.out);
            }
            self.streams[index].step(now, &mut self.out);
            self.rota.set(index, self.streams[index].next_wake());
            self.touch(index, now);
        }
    }

    /// Does what the calendar wants, in the order of its times; at one instant the schedule first, then cron.
    fn follow_calendar(&mut self, now: Now) {
        let Findings { news, bypass_over } = self.follow.look(&self.sheet.schedule, now);
        if bypass_over {
            self.out.push(Action::Note(Fact::BypassOver));
        }
        let mut news = news;
        if std::mem::take(&mut self.preface) {
            // What was missed before it became due does not replace it.
            news.extend(
                self.follow.due_since(&self.sheet.schedule).into_iter().filter(|said| said.entry.is_some()),
            );
            news.sort_by_key(|news| news.since);
        }
        let mut crons = self.agenda.due(&self.sheet, now).into_iter().peekable();
        for News { stream, entry, since } in news {
            while let Some(due) = crons.next_if(|due| due.at < since) {
                self.run(due, now);
            }
            self.note_due(stream);
            let Some(entry) = entry else {
                self.play_no_more(stream.0, false, now);
                continue;
            };
            let Entry { what, fade, easing, .. } = self.sheet.schedule.entries[entry].clone();
            match what {
                What::Scene(scene) => {
                    self.play_no_more(stream.0, true, now);
                    let going = Going { scene, fade, easing, policy: Policy::Blend };
                    self.send(stream.0, going, None, &By::schedule(), now);
                }
                What::Playlist(list) => self.play_due(&list, stream.0, now),
            }
        }
        for due in crons {
            self.run(due, now);
        }
    }

    fn run(&mut self, due: Due, now: Now) {
        if due.is_late {
            let name = Arc::clone(&self.sheet.triggers[due.trigger].name);
            self.out_note(Some(Fact::RunMissed { name, at: due.at, made_up: due.fires }));
        }
        if due.fires {
            self.fire(due.trigger, Door::Cron, Occasion::default(), now);
        }
    }

    fn note_due(&mut self, stream: StreamIndex) {
        let name = Arc::clone(&self.sheet.streams[stream.0].name);
        if let Some(due) = self.follow.due(stream) {
            self.out.push(Action::Note(Fact::Due { stream: name, due }));
        }
    }

    /// Tells each stream which scene the calendar will want of it soon.
    fn prepare(&mut self) {
        let (scheduled, coming) = (self.follow.coming(&self.sheet.schedule), self.agenda.coming());
        let after_waits = self.runs.coming();
        let played = self.deck.coming();
        let is_any =
            !scheduled.is_empty() || !coming.is_empty() || !played.is_empty() || !after_waits.is_empty();
        if !is_any && !self.preparing {
            return;
        }
        self.preparing = is_any;
        let mut expected = vec![None; self.streams.len()];
        for (streams, scene) in played {
            for stream in streams {
                expected[*stream] = Some(scene);
            }
        }
        for (stream, scene) in &scheduled {
            expected[stream.0] = Some(scene);
        }
        for steps in after_waits {
            expect_all(steps, &mut expected);
        }
        for trigger in coming {
            expect_all(&self.sheet.triggers[trigger].steps, &mut expected);
        }
        for (index, (stream, scene)) in self.streams.iter_mut().zip(expected).enumerate() {
            if stream.expect(scene) {
                self.rota.stir(index);
            }
        }
    }

    /// Applies a packet now, or keeps it until its time tag.
    fn take_packet(&mut self, packet: OscPacket, now: Now) {
        let horizon = self.sheet.venue.osc.as_ref().map_or_else(Default::default, |door| door.horizon);
        let ahead = packet.due.filter(|due| *due > now.wall).map(|due| now.mono_at(due));
        match ahead {
            Some(due) if due.since(now.mono) > horizon => {
                let example = format!("{:.1} s ahead", due.since(now.mono).as_secs_f64());
                self.refuse(Door::Osc, &Refusal { reason: "time tag too far ahead", example }, now);
                self.apply(packet, now);
            }
            Some(due) if self.held.len() < HELD_MAX => self.held.push((due, packet)),
            Some(_) => {
                let example = format!("{HELD_MAX} bundles wait already");
                self.refuse(Door::Osc, &Refusal { reason: "too many time tags", example }, now);
                self.apply(packet, now);
            }
            None => self.apply(packet, now),
        }
    }

    fn release_held(&mut self, now: Now) {
        let (mut due, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|(due, _)| *due <= now.mono);
        self.held = held;
        due.sort_by_key(|(due, _)| *due);
        for (_, packet) in due {
            self.apply(packet, now);
        }
    }

    fn apply(&mut self, packet: OscPacket, now: Now) {
        for message in packet.messages {
            match trigger::of_osc(&self.sheet, &message) {
                Ok(heard) => self.heed(heard, Door::Osc, now),
                Err(refusal) => self.refuse(Door::Osc, &refusal, now),
            }
        }
    }

    fn refuse(&mut self, door: Door, refusal: &Refusal, now: Now) {
        let fact = self.refusals.add(door, refusal.reason, 1, &refusal.example, now.mono);
        self.out_note(fact);
    }

    fn out_note(&mut self, fact: Option<Fact>) {
        if let Some(fact) = fact {
            self.out.push(Action::Note(fact));
        }
    }
}

/// Says why a command cannot be obeyed, if it cannot: for whoever must answer a person at once.
///
/// # Errors
///
/// The kind of mistake and the name that is unknown.
pub fn check_command(sheet: &Sheet, command: &Command) -> Result<(), String> {
    trigger::of_command(sheet, command)
        .map(|_| ())
        .map_err(|Refusal { reason, example }| format!("{reason}: {example}"))
}

/// Returns which triggers an OSC message would fire, where only the newest such message matters: at a fader's address,
/// which is one that nothing but ranges of values listens to. `None` for buttons, fixed addresses and patterns.
pub fn continuity(sheet: &Sheet, message: &OscMessage) -> Option<Vec<bool>> {
    trigger::continuity(sheet, message)
}
