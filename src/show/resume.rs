//! Going on after the process that ran the show is gone: what is kept, when, and how it is taken up again.
//!
//! The whole state goes to the shell at every edge, and the shell replaces what it has on disk. What the clock explains
//! is no edge. How often that is at the most:
//!
//! - A turn (a transition begins, is steered or ends, something else waits, a fixed cron time has run, the clock was set,
//!   the schedule is bypassed) is
//!   written at once, as long as no more than [`BURST`] came at once; after these one every [`APART`]: 10 + 86 400 a day for
//!   a machine that asks for something else all day, 1000 times a second or once. A gallery that fades once a minute has
//!   two a minute, 2880 a day.
//! - A hand that moves is written when it has rested for [`REST`], and every [`MOVED_APART`] if it never rests: 8640 a day
//!   for a machine that moves a fader all day, at 1000 a second or at one.
//! - A transition that goes by the clock, a bypass, and a list under way is written every [`RUNNING_APART`] as well: a machine without a clock
//!   of its own wakes up in the past, and a fade then goes back by no more than that. 1440 a day for one that never ends.
//!
//! Each costs the disk some 24 KB (a file of a block, two directory entries, their journal): 70 MB a day for the gallery,
//! 200 MB for the machine that moves a fader, 2 GB for the one that asks; a card that bears 10 TB does it for 390, 130 and
//! 13 years. What was asked for is on disk when the shell has written it, which is milliseconds.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Show,
    agenda::Agenda,
    event::{Action, Memory, StreamIndex},
    memoir::Memoir,
    out::Out,
    playlist::Opening,
    refusals::Refusals,
    rota::Rota,
    run::Runs,
    schedule::follow::Follow,
    sheet::Sheet,
    stream::{Stream, place::Edge},
    time::{Mono, Now},
    trigger::Triggers,
};

/// The mean time between two writes where more is to be written. What comes in between waits that long, together; a crash
/// then costs it.
const APART: Duration = Duration::from_secs(1);
/// How many turns are written at once before the next ones wait: more than a person presses in a second.
const BURST: u32 = 10;
/// How long a hand must rest before its place is written.
const REST: Duration = Duration::from_secs(1);
/// How often the place of a hand that does not rest is written.
const MOVED_APART: Duration = Duration::from_secs(10);

/// How often a transition is written that goes by the clock, or a bypass.
const RUNNING_APART: Duration = Duration::from_mins(1);

/// When to write.
#[derive(Debug, Default)]
pub(super) struct Pen {
    last: Option<Mono>,
    /// When [`BURST`] may be written at once again.
    rested: Mono,
    /// When a turn is to be written.
    turned: Option<Mono>,
    /// Since when a hand has been moving, and when that is to be written.
    moved: Option<(Mono, Mono)>,
    /// When what goes by the clock is to be written.
    running: Option<Mono>,
}

impl Pen {
    /// Something is to be written.
    fn touch(&mut self, edge: Edge, now: Mono) {
        let soonest = now.max(self.rested - APART * (BURST - 1));
        match edge {
            Edge::Turned => self.turned = Some(self.turned.map_or(soonest, |due| due.min(soonest))),
            Edge::Moved => {
                let since = self.moved.map_or(now, |(since, _)| since);
                self.moved = Some((since, soonest.max((now + REST).min(since + MOVED_APART))));
            }
        }
    }

    /// Returns when to write.
    pub(super) fn due(&self) -> Option<Mono> {
        self.turned.into_iter().chain(self.moved.map(|(_, due)| due)).chain(self.running).min()
    }

    /// Writes, if something is due by then.
    fn write(&mut self, by: Mono, now: Mono) -> bool {
        let is_due = self.due().is_some_and(|due| due <= by);
        if is_due {
            *self = Self { last: Some(now), rested: self.rested.max(now) + APART, ..Self::default() };
        }
        is_due
    }
}

impl Show {
    /// Makes the show that `sheet` describes, and goes on where an earlier run left it: `memoir` is what that run kept
    /// last, `None` where there was none.
    ///
    /// How long the show was away is what the calendar clock says; where that was set back, no time has passed.
    /// `memories` is what was kept of streams, by stream name.
    pub fn resume(
        sheet: Arc<Sheet>,
        memories: &BTreeMap<Arc<str>, Memory>,
        memoir: Option<&Memoir>,
        seed: u64,
        now: Now,
    ) -> Self {
        let bypass = memoir
            .and_then(|memoir| memoir.bypass_left(now.wall))
            .filter(|_| !sheet.schedule.entries.is_empty());
        let mut out = Out::new(seed);
        let gone = memoir.map_or(Duration::ZERO, |memoir| memoir.age(now.wall));
        let is_bypassed = bypass.is_some_and(|left| !left.is_zero());
        let opening = Opening::new(&sheet, memoir, is_bypassed, (seed, now));
        let mut streams = Vec::new();
        for (index, stream) in sheet.streams.iter().enumerate() {
            let index = StreamIndex(index);
            let due = sheet.schedule.due(index, now.wall);
            let due = due.filter(|_| !is_bypassed);
            let due = due.and_then(|entry| sheet.schedule.entries[entry].what.scene().cloned());
            let due = due.or_else(|| opening.scene(index));
            let governed = due.is_some();
            let mut made = Stream::new(&sheet, index, memories.get(&stream.name), due, now);
            if let Some(place) = memoir.and_then(|memoir| memoir.streams.get(&stream.name)) {
                made.resume(place, gone, governed, now, &mut out);
            }
            streams.push(made);
        }
        // What has become due while the show was away is found at the first look.
        let then = Now { wall: memoir.map_or(now.wall, |memoir| memoir.at), ..now };
        let mut follow = Follow::new(&sheet.schedule, sheet.streams.len(), then);
        if let Some(memoir) = memoir {
            follow = follow.resumed(&sheet.streams, memoir, bypass);
        }
        let mut pen = Pen::default();
        // What is done of the calendar is known from the first moment on.
        pen.touch(Edge::Turned, now.mono);
        let Opening { deck, doing } = opening;
        let mut show = Self {
            rota: Rota::new(streams.len()),
            streams,
            agenda: Agenda::new(&sheet, memoir.map(|memoir| &memoir.triggers), now),
            follow,
            preface: memoir.is_none(),
            held: Vec::new(),
            refusals: Refusals::default(),
            broker_connected: sheet.venue.mqtt.as_ref().map(|_| false),
            out,
            stopping: false,
            preparing: false,
            unsettled: Some(now),
            pen,
            triggers: Triggers::new(
                &sheet,
                memoir.map_or(&BTreeMap::new(), |memoir| &memoir.latches),
                gone,
                now,
            ),
            runs: Runs::default(),
            variables: sheet.variables.clone(),
            variables_edge: None,
            deck,
            sheet,
        };
        show.open(doing, now);
        if let Some(memoir) = memoir {
            show.resume_runs(memoir, now);
        }
        show
    }

    /// Looks whether there is something new of a stream that is to be kept.
    pub(super) fn touch(&mut self, index: usize, now: Now) {
        if let Some(edge) = self.streams[index].edge(now.mono).filter(|_| !self.stopping) {
            self.pen.touch(edge, now.mono);
        }
    }

    /// Has the state kept if that is due, or, before the show `ends`, if anything is new at all.
    pub(super) fn keep(&mut self, ends: bool, now: Now) {
        if self.stopping {
            return;
        }
        if ends {
            (0..self.streams.len()).for_each(|index| self.touch(index, now));
        }
        let of_variables = self.variables_edge.take();
        let of_lists = [self.deck.edge(), self.triggers.edge(), self.runs.edge(), of_variables];
        let edges = [self.agenda.edge(), self.follow.edge()].into_iter().chain(of_lists);
        for edge in edges.flatten() {
            self.pen.touch(edge, now.mono);
        }
        let is_running = |stream: &Stream| stream.is_running(now.mono);
        let runs = self.streams.iter().any(is_running) || self.follow.is_bypassed() || !self.runs.is_empty();
        self.pen.running = self.pen.last.filter(|_| runs).map(|last| last + RUNNING_APART);
        let by = if ends { now.mono + MOVED_APART } else { now.mono };
        if self.pen.write(by, now.mono) {
            self.pen.running = runs.then_some(now.mono + RUNNING_APART);
            let place = |stream: &Stream| (stream.name(), stream.place(now.mono));
            let memoir = Memoir {
                at: now.wall,
                streams: self.streams.iter().map(place).collect(),
                triggers: self.agenda.runs(&self.sheet),
                latches: self.triggers.latches(&self.sheet, now.mono),
                runs: self.runs.forms(now.mono),
                variables: self.variables.clone(),
                playlists: self.deck.programme(&self.sheet, now.mono),
                bypassed_until: self.follow.bypassed_until(now),
                due: Some(self.follow.kept(&self.sheet.streams)),
            };
            self.out.push(Action::Keep(Box::new(memoir)));
        }
    }
}
