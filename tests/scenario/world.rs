//! The virtual world of the scenarios: clock, backend, script, transcript. Knows the core only by its border.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

use jiff::Timestamp;
use segue::{
    config,
    show::{
        Show, duration,
        event::{
            Action, Answer, Arg, Command, Event, Failure, FailureKind, Memory, MqttMessage, Notice,
            OscMessage, OscPacket, Reply, Request, RequestId, StreamIndex, StreamObject,
        },
        fact::Fact,
        health::StatusReport,
        lane::{Beneath, LaneSnapshot, LaneVerb},
        letters::Called,
        memoir::Memoir,
        playlist::{PlayVerb, StepRef},
        reload::Changes,
        run::RunNews,
        scope,
        sheet::Sheet,
        time::{Mono, Now},
    },
};
use serde_json::{Map, Value};

use super::whole::{Letter, Outside, Witness};

/// Every scenario begins on this Sunday, unless it says otherwise.
pub(super) const MORNING: &str = "2026-11-22T08:00:00Z";

/// How many turns one moment may take before the show is taken to spin.
const TURNS_MAX: u32 = 1000;

/// A show, its backend and its clock.
pub(super) struct World {
    pub(super) show: Show,
    /// What the show file says now.
    pub(super) yaml: String,
    pub(super) now: Now,
    /// What is on its way, by the time it arrives, and the life that it was meant for.
    pub(super) coming: BTreeMap<(Mono, u64), (u64, Coming)>,
    sequence: u64,
    pub(super) api: Api,
    pub(super) lines: String,
    /// Every body that was accepted: the stream, when, and its parameters.
    pub(super) accepted: Vec<(StreamIndex, Mono, Map<String, Value>)>,
    pub(super) in_flight: BTreeMap<StreamIndex, RequestId>,
    /// Creates that are asked and not answered.
    pub(super) creating: BTreeMap<StreamIndex, RequestId>,
    /// What is on disk.
    pub(super) memories: BTreeMap<Arc<str>, Memory>,
    /// Where the show is, as it is on disk, by way of the words in which it is there.
    pub(super) memoir: Option<String>,
    /// How often that was written.
    pub(super) kept: u32,
    /// What was told to others: `created str_1` or the reason of an alarm.
    pub(super) told: Vec<String>,
    pub(super) sheet: Arc<Sheet>,
    /// How many actions the show has wanted.
    actions: u32,
    /// At which of them the power goes off, before it is performed, and for how long.
    pub(super) doom: Option<(u32, Duration)>,
    /// Of when was what was on disk then.
    pub(super) kept_at_doom: Option<Timestamp>,
    /// When the power came back after that.
    pub(super) killed: Option<Now>,
    /// Counts the starts of the show: what was meant for an earlier one never arrives.
    pub(super) life: u64,
    names: Vec<Arc<str>>,
    facts: bool,
    /// In place of the few lines of [`Api`] the model of the API, a disk and a power supply, each with bad days.
    pub(super) outside: Option<Outside>,
    /// Who looks at everything that the show does.
    pub(super) witness: Option<Witness>,
    /// Whether the show was killed and is not started again yet.
    pub(super) is_dead: bool,
}

/// Something on its way.
pub(super) enum Coming {
    /// To the show.
    Event(Event),
    /// To the model of the API.
    Letter(Box<Letter>),
    /// The show is started again.
    Start,
    /// The disk is done with something.
    Written,
}

/// What the backend of a scenario does.
pub(super) struct Api {
    /// From a request to its answer.
    pub(super) latency: Duration,
    /// What it answers instead of what it should.
    pub(super) failure: Option<FailureKind>,
    /// What it has: parameters by stream id.
    pub(super) streams: BTreeMap<String, Map<String, Value>>,
    /// The ids by the names that streams were created with.
    names: BTreeMap<Arc<str>, String>,
    /// Whether it does what it is asked and the answer is lost.
    pub(super) loses_answers: bool,
    /// What its status says.
    pub(super) report: StatusReport,
    /// The frames of its streams; `None` where the status does not tell of them.
    pub(super) video: Option<Video>,
    /// Every create that was accepted, with when.
    pub(super) creates: Vec<Mono>,
    /// What it answers instead of a list.
    pub(super) list_failure: Option<FailureKind>,
    /// What it answers to updates.
    pub(super) update_failure: Option<FailureKind>,
    /// How often a status was asked for.
    pub(super) asked: u32,
    /// Whether it refuses to delete.
    pub(super) keeps_streams: bool,
    created: u32,
}

/// What goes into the streams and comes out of them.
#[derive(Default)]
pub(super) struct Video {
    /// Since when the camera is off.
    pub(super) off_since: Option<Mono>,
    /// The streams that show nothing, each since when.
    dark: BTreeMap<String, Mono>,
    /// Whether new ones show nothing either.
    pub(super) broken: bool,
}

impl Video {
    /// Every stream there is stops showing anything.
    pub(super) fn stall<'a>(&mut self, streams: impl Iterator<Item = &'a String>, now: Mono) {
        for id in streams {
            self.dark.entry(id.clone()).or_insert(now);
        }
    }

    fn report(&mut self, id: &str, base: &StatusReport, wall: Timestamp, now: Mono) -> StatusReport {
        let (made, present) = (wall.as_millisecond(), now.0.as_millis() as i64);
        let then = |at: Mono| made - (present - at.0.as_millis() as i64);
        if self.broken {
            self.dark.entry(id.to_owned()).or_insert(now);
        }
        let dark = self.dark.get(id).copied();
        let stopped = [dark, self.off_since].into_iter().flatten().min();
        StatusReport {
            timestamp: Some(made),
            last_input_time: Some(self.off_since.map_or(made, then)),
            last_output_time: Some(stopped.map_or(made, then)),
            fps_in: Some(if self.off_since.is_some() { 0.0 } else { 24.0 }),
            fps_out: Some(if stopped.is_some() { 0.0 } else { 24.0 }),
            ..base.clone()
        }
    }
}

impl World {
    /// Makes the world of a show file.
    pub(super) fn new(yaml: &str) -> Self {
        Self::at(yaml, MORNING, &BTreeMap::new())
    }

    /// Makes it at another time, with something remembered.
    pub(super) fn at(yaml: &str, wall: &str, memories: &BTreeMap<Arc<str>, Memory>) -> Self {
        let sheet = Arc::new(sheet(yaml));
        let now = Now { mono: Mono(Duration::ZERO), wall: wall.parse().unwrap() };
        let names = sheet.streams.iter().map(|stream| Arc::clone(&stream.name)).collect();
        Self {
            yaml: yaml.to_owned(),
            show: Show::new(Arc::clone(&sheet), memories, 1, now),
            creating: BTreeMap::new(),
            memories: memories.clone(),
            memoir: None,
            kept: 0,
            told: Vec::new(),
            sheet,
            actions: 0,
            doom: None,
            kept_at_doom: None,
            killed: None,
            life: 0,
            now,
            coming: BTreeMap::new(),
            sequence: 0,
            api: Api {
                latency: Duration::from_millis(100),
                failure: None,
                streams: BTreeMap::new(),
                names: BTreeMap::new(),
                loses_answers: false,
                report: StatusReport { state: Some("ONLINE".to_owned()), ..StatusReport::default() },
                video: None,
                creates: Vec::new(),
                list_failure: None,
                update_failure: None,
                asked: 0,
                keeps_streams: false,
                created: 0,
            },
            lines: String::new(),
            accepted: Vec::new(),
            in_flight: BTreeMap::new(),
            names,
            facts: true,
            outside: None,
            witness: None,
            is_dead: false,
        }
    }

    /// Plays a script to its end and returns the transcript.
    pub(super) fn play(mut self, script: &str) -> String {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (time, what) = line.split_once(' ').unwrap();
            self.run_until(time_of(time));
            self.obey(what);
        }
        self.lines
    }

    /// Lets everything happen that happens up to `end`.
    pub(super) fn run_until(&mut self, end: Mono) {
        let mut turns = 0;
        loop {
            self.settle();
            let wake = self.show.next_wake().map(|(at, _)| at).filter(|_| !self.is_dead);
            let answer = self.coming.keys().next().map(|(at, _)| *at);
            let Some(next) = wake.into_iter().chain(answer).min().filter(|next| *next <= end) else { break };
            turns = if next > self.now.mono { 0 } else { turns + 1 };
            assert!(turns < TURNS_MAX, "the show spins at {:?}: {:?}", self.now, self.show.next_wake());
            self.pass(next);
            match self.coming.first_entry() {
                Some(entry) if entry.key().0 <= self.now.mono => {
                    let (life, coming) = entry.remove();
                    match coming {
                        Coming::Event(event) if life == self.life => self.happen(event),
                        Coming::Written if life == self.life && !self.is_dead => self.on_written(),
                        Coming::Event(_) | Coming::Written => {}
                        Coming::Letter(letter) => self.deliver(*letter),
                        Coming::Start => self.restart(),
                    }
                }
                _ => self.wake(),
            }
        }
        self.pass(end);
    }

    fn wake(&mut self) {
        if let Some(witness) = &mut self.witness {
            witness.on_wake(self.show.next_wake(), self.now.mono);
        }
        self.show.handle_wake(self.now);
    }

    /// Lets something happen now.
    pub(super) fn happen(&mut self, event: Event) {
        if let Event::Answer(answer) = &event {
            self.in_flight.retain(|_, id| *id != answer.id);
            self.creating.retain(|_, id| *id != answer.id);
        }
        if self.is_dead {
            return;
        }
        if self.outside.is_none()
            && let Event::Remembered { stream, memory, error: None } = &event
        {
            self.memories.insert(Arc::clone(&self.names[stream.0]), memory.clone());
        }
        self.show.handle(event, self.now);
        self.settle();
    }

    /// Kills the show and starts it again with what is on disk.
    pub(super) fn restart(&mut self) {
        self.life += 1;
        self.is_dead = false;
        self.in_flight.clear();
        self.creating.clear();
        let memories = self.memories.clone();
        let memoir: Option<Memoir> = self.memoir.as_deref().map(|text| serde_json::from_str(text).unwrap());
        let sheet = Arc::clone(&self.sheet);
        self.show = Show::resume(sheet, &memories, memoir.as_ref(), 1 + self.life, self.now);
        self.on_restart();
    }

    /// The power is off for a while: the backend goes on, the show does not, and then begins again.
    pub(super) fn off(&mut self, time: Duration) {
        self.life += 1;
        self.pass(self.now.mono + time);
        self.coming.clear();
        self.restart();
    }

    /// Somebody edits the show file; it is read at the next start.
    fn rewrite(&mut self, from: &str, to: &str) {
        assert!(self.yaml.contains(from), "no `{from}` in the show file");
        self.yaml = self.yaml.replace(from, to);
        self.sheet = Arc::new(sheet(&self.yaml));
    }

    fn pass(&mut self, to: Mono) {
        if to > self.now.mono {
            let passed = to.since(self.now.mono);
            self.now = Now { mono: to, wall: self.now.wall + passed };
        }
    }

    fn settle(&mut self) {
        while !self.is_dead
            && let Some(action) = self.show.poll()
        {
            self.actions += 1;
            if let Some((_, outage)) = self.doom.take_if(|(action, _)| *action == self.actions) {
                self.kept_at_doom =
                    self.memoir.as_deref().map(|text| serde_json::from_str::<Memoir>(text).unwrap().at);
                self.off(outage);
                self.killed = Some(self.now);
                continue;
            }
            let Some(action) = self.let_out(action) else { continue };
            match action {
                Action::Request { stream, id, request } => {
                    if matches!(request, Request::Update { .. }) {
                        let other = self.in_flight.insert(stream, id);
                        assert_eq!(other, None, "two updates of one stream in flight");
                    }
                    if matches!(request, Request::Create { .. }) {
                        let other = self.creating.insert(stream, id);
                        assert_eq!(other, None, "two creates of one stream in flight");
                    }
                    let Some(request) = self.post(stream, id, request) else { continue };
                    let answer = self.answer(stream, request);
                    let lost = self.api.loses_answers.then(|| failure(FailureKind::Timeout));
                    let outcome = lost.map_or(answer, Err);
                    self.come(self.api.latency, Event::Answer(Answer { stream, id, outcome }));
                }
                Action::Remember { stream, memory } => {
                    let kept = Event::Remembered { stream, memory, error: None };
                    self.come(Duration::from_millis(1), kept);
                }
                Action::Keep(memoir) => {
                    let text = serde_json::to_string(&memoir).unwrap();
                    assert_eq!(serde_json::from_str::<Memoir>(&text).unwrap(), *memoir, "{text}");
                    self.memoir = Some(text);
                    self.kept += 1;
                }
                Action::Note(fact) if self.facts => self.tell_fact(&fact),
                Action::Note(_) => {}
                Action::Tell { stream, notice } => self.tell(stream, &notice),
                Action::Publish(letter) => self.goes_out(&letter),
                Action::SendOsc(letter) => self.goes_out(&letter),
                Action::Call(post) => {
                    self.goes_out(&post);
                    let (name, to, after) = (Arc::clone(&post.name), post.host(), self.api.latency);
                    let outcome = if self.api.failure.is_some() { Err("no connection") } else { Ok(200) };
                    self.come(after, Event::Called(Called { name, to, outcome, after }));
                }
            }
        }
        self.look_on();
    }

    /// Stops writing facts down; for long walks.
    pub(super) fn without_transcript(mut self) -> Self {
        self.facts = false;
        self
    }

    fn come(&mut self, after: Duration, event: Event) {
        self.send_on(after, Coming::Event(event));
    }

    /// Puts something on its way.
    pub(super) fn send_on(&mut self, after: Duration, coming: Coming) {
        self.sequence += 1;
        self.coming.insert((self.now.mono + after, self.sequence), (self.life, coming));
    }

    fn answer(&mut self, stream: StreamIndex, request: Request) -> Result<Reply, Failure> {
        self.api.asked += u32::from(matches!(request, Request::Status { .. }));
        let is_list = matches!(request, Request::Find { .. } | Request::FindKin { .. });
        if let Some(kind) = self.api.failure.or(self.api.list_failure.filter(|_| is_list)) {
            return Err(failure(kind));
        }
        if let (Some(kind), Request::Update { .. }) = (self.api.update_failure, &request) {
            return Err(failure(kind));
        }
        match request {
            Request::Find { name } => {
                let id = self.api.names.get(&name).filter(|id| self.api.streams.contains_key(*id));
                Ok(Reply::Found(id.map(|id| StreamObject { id: id.clone(), ..StreamObject::default() })))
            }
            Request::FindKin { family } => {
                let kin = self.api.names.iter().filter(|(name, _)| name.starts_with(&*family));
                let kin: Vec<_> = kin.filter(|(_, id)| self.api.streams.contains_key(*id)).collect();
                let id = kin.last().map(|(_, id)| (*id).clone());
                Ok(Reply::Found(id.map(|id| StreamObject { id, ..StreamObject::default() })))
            }
            Request::Create { params, name } => {
                self.api.creates.push(self.now.mono);
                self.api.created += 1;
                let id = format!("str_{}", self.api.created);
                self.tell_params(stream, "create", &params);
                self.accepted.push((stream, self.now.mono, params.clone()));
                self.api.streams.insert(id.clone(), params);
                self.api.names.insert(name, id.clone());
                Ok(Reply::Stream(StreamObject { id, ..StreamObject::default() }))
            }
            Request::Get { id } if self.api.streams.contains_key(&*id) => {
                Ok(Reply::Stream(StreamObject { id: id.to_string(), ..StreamObject::default() }))
            }
            Request::Update { id, params } if self.api.streams.contains_key(&*id) => {
                self.tell_params(stream, "update", &params);
                self.accepted.push((stream, self.now.mono, params.clone()));
                self.api.streams.get_mut(&*id).unwrap().extend(params);
                Ok(Reply::Updated { was_censored: false, warnings: Vec::new() })
            }
            Request::Status { id } if self.api.streams.contains_key(&*id) => {
                let Now { mono, wall } = self.now;
                let base = &self.api.report;
                let report = self.api.video.as_mut().map(|video| video.report(&id, base, wall, mono));
                let mut report = report.unwrap_or_else(|| base.clone());
                report.last_params = self.api.streams.get(&*id).cloned();
                Ok(Reply::Status(Box::new(report)))
            }
            Request::Delete { .. } if self.api.keeps_streams => Err(failure(FailureKind::Server)),
            Request::Delete { id } if self.api.streams.remove(&*id).is_some() => Ok(Reply::Deleted),
            Request::Get { .. }
            | Request::Update { .. }
            | Request::Status { .. }
            | Request::Delete { .. } => Err(failure(FailureKind::NotFound)),
        }
    }

    /// Does what a line of a script says.
    #[expect(clippy::too_many_lines, reason = "one arm for each line that a script may have")]
    pub(super) fn obey(&mut self, what: &str) {
        let words: Vec<&str> = what.split(' ').collect();
        match words.as_slice() {
            ["osc", address, args @ ..] => self.happen(osc(address, args)),
            ["mqtt", topic, payload @ ..] => self.happen(Event::Mqtt(MqttMessage {
                topic: (*topic).to_owned(),
                payload: payload.join(" ").into_bytes(),
                retained: false,
            })),
            ["retained", topic, payload] => self.happen(Event::Mqtt(MqttMessage {
                topic: (*topic).to_owned(),
                payload: payload.as_bytes().to_vec(),
                retained: true,
            })),
            ["go"] => self.happen(playlist(None, "go", None)),
            ["back"] => self.happen(playlist(None, "back", None)),
            ["playlist", name] => self.happen(playlist(Some(name), "play", None)),
            ["playlist", name, verb] => self.happen(playlist(Some(name), verb, None)),
            ["playlist", name, verb, step] => self.happen(playlist(Some(name), verb, Some(step))),
            ["go", scene, rest @ ..] => self.happen(Event::Command(Command::Scene {
                scene: (*scene).to_owned(),
                stream: None,
                fade: rest.first().map(|fade| duration::parse(fade).unwrap()),
                hold: rest.get(1).map(|hold| duration::parse(hold).unwrap()),
            })),
            ["http", trigger, payload @ ..] => self.happen(Event::Command(Command::Trigger {
                trigger: (*trigger).to_owned(),
                payload: scope::parsed(&payload.join(" ")),
            })),
            [verb @ ("enable" | "disable"), trigger] => self.happen(Event::Command(Command::Switch {
                trigger: (*trigger).to_owned(),
                enabled: *verb == "enable",
            })),
            [verb @ ("panic" | "release" | "operator-release"), stream @ ..] => {
                let verb = LaneVerb::find(verb).unwrap();
                let stream = stream.first().map(ToString::to_string);
                self.happen(Event::Command(Command::Lane { verb, stream }));
            }
            ["tell", "lane"] => self.tell_lanes(),
            ["bypass", time] => self.bypass(time),
            ["status", state, fps] => {
                self.api.report.state = Some((*state).to_owned());
                self.api.report.fps_out = Some(fps.parse().unwrap());
            }
            ["api", "up"] => self.api.failure = None,
            ["api", "locks"] => self.api.failure = Some(FailureKind::Key),
            ["api", "throttles"] => self.api.failure = Some(FailureKind::TooMany),
            ["api", "hears"] => self.api.loses_answers = false,
            ["api", "loses", "answers"] => self.api.loses_answers = true,
            ["api", "down"] => self.api.failure = Some(FailureKind::Unreached),
            ["api", "refuses"] => self.api.failure = Some(FailureKind::Refused),
            ["api", "forgets"] => self.api.streams.clear(),
            ["api", "keeps"] => self.api.keeps_streams = true,
            ["api", "deletes"] => self.api.keeps_streams = false,
            ["video", "on"] => self.video().off_since = None,
            ["video", "off"] => {
                let now = self.now.mono;
                self.video().off_since = Some(now);
            }
            ["runner", "stalls"] => self.stall(),
            ["runner", "breaks"] => {
                self.stall();
                self.video().broken = true;
            }
            ["runner", "heals"] => self.api.video = Some(Video::default()),
            ["somebody", "sets", name, value] => {
                let value: Value = serde_json::from_str(value).unwrap();
                for params in self.api.streams.values_mut() {
                    params.insert((*name).to_owned(), value.clone());
                }
            }
            ["updates", "refused"] => self.api.update_failure = Some(FailureKind::Key),
            ["updates", "taken"] => self.api.update_failure = None,
            ["kill"] => self.restart(),
            // A power cut: nothing happens until the power comes back, and the monotonic clock begins anew.
            ["off", time] => self.off(duration::parse(time).unwrap()),
            // The same, and somebody sets the clock meanwhile.
            ["off", time, "clock", seconds] => {
                let step: i64 = seconds.parse().unwrap();
                self.now.wall += jiff::SignedDuration::from_secs(step);
                self.off(duration::parse(time).unwrap());
            }
            ["rewrite", from, to] => self.rewrite(from, to),
            ["api", "restarts"] => {
                self.api.report.start_time = Some(self.api.report.start_time.unwrap_or_default() + 1);
            }
            ["edit", ..] => self.edit(what.trim_start_matches("edit ")),
            ["clock", seconds] => {
                let step = Duration::from_secs_f64(seconds.trim_start_matches('-').parse().unwrap());
                let wall: Timestamp = self.now.wall;
                self.now.wall = if seconds.starts_with('-') { wall - step } else { wall + step };
                self.show.handle_wake(self.now);
            }
            ["stop"] => self.happen(Event::Stop),
            ["end"] => {
                let rest = self
                    .show
                    .next_wake()
                    .map_or_else(|| "silence".to_owned(), |(_, why)| format!("then waits for {why:?}"));
                self.line(&rest);
            }
            _ => panic!("no such line: {what}"),
        }
        self.settle();
    }

    /// Writes `A => B` into the show file and has it read again.
    fn edit(&mut self, what: &str) {
        let (from, to) = what.split_once(" => ").unwrap();
        assert!(self.yaml.contains(from), "{from:?} is not in the show file");
        // A script has one line for each thing to do.
        self.yaml = self.yaml.replacen(from, &to.replace(';', "\n"), 1);
        self.reload();
    }

    /// Has the show file read again.
    pub(super) fn reload(&mut self) {
        self.sheet = Arc::new(sheet(&self.yaml));
        let _ = self.show.reload(&self.sheet, self.now);
        self.settle();
    }

    fn bypass(&mut self, time: &str) {
        let time = if time == "off" { Duration::ZERO } else { duration::parse(time).unwrap() };
        self.happen(Event::Command(Command::Bypass { time }));
    }

    pub(super) fn video(&mut self) -> &mut Video {
        self.api.video.get_or_insert_default()
    }

    /// Every stream there is stops showing anything.
    pub(super) fn stall(&mut self) {
        let now = self.now.mono;
        let video = self.api.video.get_or_insert_default();
        video.stall(self.api.streams.keys(), now);
    }

    fn tell(&mut self, stream: StreamIndex, notice: &Notice) {
        let text = match notice {
            Notice::StreamCreated(object) => format!("created {}", object.id),
            Notice::Alarm { raised: true, reason } => format!("alarm: {reason}"),
            Notice::Alarm { raised: false, .. } => "alarm over".to_owned(),
        };
        // Only shows that tell somebody have it in their transcript.
        if self.facts && !self.sheet.streams[stream.0].on_stream_created.is_empty() {
            self.line(&format!("tells {text}"));
        }
        self.told.push(text);
    }

    /// Something goes out to somebody in the house.
    fn goes_out(&mut self, letter: &impl std::fmt::Display) {
        if self.facts {
            self.line(&format!("-> {letter}"));
        }
    }

    pub(super) fn tell_params(&mut self, stream: StreamIndex, what: &str, params: &Map<String, Value>) {
        let mut text = format!("{what} {}", self.names[stream.0]);
        for (name, value) in params {
            match name.as_str() {
                "prompt" | "seed" => {
                    let _ = write!(text, " | {name}");
                    for entry in value.as_array().unwrap() {
                        let thing = entry[0].as_str().map_or_else(|| entry[0].to_string(), ToOwned::to_owned);
                        let _ = write!(text, " {thing} {}", entry[1]);
                    }
                }
                // Said once in the create; always the same.
                "model_id"
                | "normalize_prompt_weights"
                | "normalize_seed_weights"
                | "prompt_interpolation_method"
                | "seed_interpolation_method" => {}
                "controlnets" => {
                    let _ = write!(text, " | {name}");
                    for net in value.as_array().unwrap() {
                        let _ = write!(text, " {}", net["conditioning_scale"]);
                    }
                }
                _ => {
                    let _ = write!(text, " | {name} {value}");
                }
            }
        }
        if self.facts {
            self.line(&text);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each fact")]
    fn tell_fact(&mut self, fact: &Fact) {
        let text = match fact {
            Fact::Trigger { name, door } => format!("trigger {name} ({})", door.as_str()),
            Fact::TriggerSwitched { name, enabled } => {
                format!("{name} {}", if *enabled { "enabled" } else { "disabled" })
            }
            Fact::TriggerLooping { name, why } => format!("{name} stopped: {why}"),
            Fact::Cue { name } => format!("cue {name}"),
            Fact::Due { stream, due } => {
                format!("{stream} due: {}", due.tell(self.now.wall, &self.sheet.zone))
            }
            Fact::Bypassed { time } => format!("bypassed for {}", duration::text(*time)),
            Fact::BypassOver => "bypass over".to_owned(),
            Fact::PlaylistStarted { name } => format!("{name} starts"),
            Fact::PlaylistStep { name, step, label, hold } => {
                let hold = hold.map_or_else(|| "GO".to_owned(), |hold| duration::text(hold.0));
                format!("{name} {step}: {label}, {hold}")
            }
            Fact::PlaylistSteered { name, verb, step: Some(step) } => format!("{name} {verb} {step}"),
            Fact::PlaylistSteered { name, verb, step: None } => format!("{name} {verb}"),
            Fact::PlaylistResumed { name, step, label } => format!("{name} resumes at {step}: {label}"),
            Fact::PlaylistEnded { name, why } => format!("{name} ends: {why}"),
            Fact::TransitionStarted { stream, scene, fade } => {
                format!("{stream} to {scene} in {}", duration::text(*fade))
            }
            Fact::TransitionSteered { stream, scene, verb } => format!("{stream} {}: {scene}", verb.name()),
            Fact::TransitionResumed { stream, scene, progress, left } => {
                let (percent, left) = (progress * 100.0, duration::text(*left));
                format!("{stream} resumes to {scene} at {percent:.0} %, {left} left")
            }
            Fact::NotResumed { stream, why } => format!("{stream} begins anew: {why}"),
            Fact::RunMissed { name, at, made_up } => {
                format!("{name} missed at {at}, {}", if *made_up { "made up" } else { "passed over" })
            }
            Fact::TransitionGrabbed { stream, scene } => format!("{stream} in a hand: {scene}"),
            Fact::TransitionEnded { stream, scene } => format!("{stream} on {scene}"),
            Fact::TransitionQueued { stream, scene, ahead } => format!("{stream}: {scene} waits for {ahead}"),
            Fact::TransitionIgnored { stream, scene, running } => {
                format!("{stream}: {scene} ignored, {running} runs")
            }
            Fact::TransitionDropped { stream, scene, instead } => {
                format!("{stream}: {scene} dropped for {instead}")
            }
            Fact::RequestFailed { request, failure, in_a_row, .. } => {
                format!("{request} failed: {failure:?} ({in_a_row})")
            }
            Fact::RequestHealed { request, after, .. } => format!("{request} healed after {after}"),
            Fact::StreamCreated { stream, id } => format!("{stream} created as {id}"),
            Fact::StreamAttached { stream, id } => format!("{stream} attached to {id}"),
            Fact::StreamLost { stream, next, .. } => format!("{stream} lost, {next}"),
            Fact::CreatesSpent { stream, wait } => {
                format!("{stream} waits {} with the next", duration::text(*wait))
            }
            Fact::StreamReplaced { stream, id } => format!("{stream} gives up {id}"),
            Fact::LeftoverDeleted { stream, id } => format!("{stream} old {id} deleted"),
            Fact::LeftBehind { stream, id } => format!("{stream} old {id} left behind"),
            Fact::FallenBack { stream, scene } => format!("{stream} falls back to {scene}"),
            Fact::InputLost { stream } => format!("{stream} has no video"),
            Fact::InputBack { stream } => format!("{stream} has video again"),
            Fact::Alarm { stream, reason } => format!("{stream} ALARM {reason}"),
            Fact::AlarmOver { stream, after } => {
                format!("{stream} alarm over after {}", duration::text(*after))
            }
            Fact::Drifted { stream, names, reassert } => format!("{stream} drifted: {names} ({reassert})"),
            Fact::StreamDeleted { stream, .. } => format!("{stream} deleted"),
            Fact::Reasserted { stream, why } => format!("{stream} sent again: {why}"),
            Fact::Refused { door, reason, count, example } => {
                format!("refused {}: {reason} ({count}): {example}", door.as_str())
            }
            Fact::StateChanged { stream, to, .. } => format!("{stream} is {to}"),
            Fact::RunnerError { message, .. }
            | Fact::Warned { message, .. }
            | Fact::NotRemembered { message, .. }
            | Fact::Broker { detail: message, .. } => message.clone(),
            Fact::Reloaded(Changes { changed, kept }) => {
                for (what, list) in [("now", changed), ("not yet", kept)] {
                    for change in list {
                        self.line(&format!("{what}: {change}"));
                    }
                }
                return;
            }
            // What was handed over is told above.
            Fact::Run { news: RunNews::Sent { .. }, .. } | Fact::Updated { .. } | Fact::Polled { .. } => {
                return;
            }
            Fact::Run { name, news } => format!("{name} {}", news.told()),
            Fact::NotReloaded { message, .. } => format!("not reloaded: {message}"),
            Fact::LaneTaken { stream, lane, name } => format!("{stream} {}: {name}", lane.as_str()),
            Fact::LaneReleased { stream, lane, name, to } => {
                format!("{stream} {} lets go to {}: {name}", lane.as_str(), to.as_str())
            }
            Fact::DueBeneath { stream, scene, name, lane } => {
                format!("{stream}: {scene} beneath {}: {name}", lane.as_str())
            }
            Fact::OverrideDropped { stream, name, scene } => {
                format!("{stream}: {scene} held no more: {name}")
            }
        };
        self.line(&text);
    }

    /// Tells who has each stream.
    fn tell_lanes(&mut self) {
        for stream in self.show.snapshot(self.now).streams {
            let LaneSnapshot { holder, why, hands_back_at: _, hands_back_seconds, beneath } = stream.lane;
            let seconds = |left: Option<f64>| left.map_or_else(String::new, |left| format!(" {left:.1} s"));
            let mut text = format!("{} has {} ({why})", holder.as_str(), stream.name);
            text += &seconds(hands_back_seconds);
            for Beneath { lane, scene, why, seconds_left } in beneath {
                let _ = write!(text, ", then {} {scene} ({why})", lane.as_str());
                text += &seconds(seconds_left);
            }
            self.line(&text);
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        let seconds = self.now.mono.0.as_secs_f64();
        let (minutes, seconds) = ((seconds / 60.0).floor(), seconds % 60.0);
        let _ = writeln!(self.lines, "{minutes:.0}:{seconds:06.3} {text}");
    }
}

/// Reads a show file that has no mistake.
pub(super) fn sheet(yaml: &str) -> Sheet {
    let context = config::Context { node: "test" };
    let loaded = config::parse("show.yaml", yaml, &context);
    loaded.sheet.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

/// Asks for something of a playlist, or of whichever plays.
fn playlist(name: Option<&str>, verb: &str, step: Option<&str>) -> Event {
    let verb = PlayVerb::find(verb, step.map(StepRef::from)).unwrap().unwrap();
    Event::Command(Command::Playlist { playlist: name.map(ToOwned::to_owned), verb, stream: None })
}

/// Makes an OSC message; `T` and `F` are truths, what reads as a number is one.
pub(super) fn osc(address: &str, args: &[&str]) -> Event {
    let arg = |text: &&str| match *text {
        "T" => Arg::Bool(true),
        "F" => Arg::Bool(false),
        text => text.parse().map_or_else(|_| Arg::Text(text.to_owned()), Arg::Number),
    };
    let message = OscMessage { address: address.to_owned(), args: args.iter().map(arg).collect() };
    Event::Osc(OscPacket { messages: vec![message], due: None })
}

/// Reads `1:30` or `0:02.5`.
pub(super) fn time_of(text: &str) -> Mono {
    let (minutes, seconds) = text.split_once(':').unwrap();
    let minutes: f64 = minutes.parse().unwrap();
    let seconds: f64 = seconds.parse().unwrap();
    Mono(Duration::from_secs_f64(minutes * 60.0 + seconds))
}

fn failure(kind: FailureKind) -> Failure {
    let retry_after = (kind == FailureKind::TooMany).then_some(Duration::from_secs(4));
    Failure { kind, message: format!("{kind:?}"), retry_after }
}
