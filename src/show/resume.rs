//! Going on after the process that ran the show is gone: what is kept, when, and how it is taken up again.
//!
//! The whole state goes to the shell at every edge, and the shell replaces what it has on disk. What the clock explains
//! is no edge. How often that is at the most:
//!
//! - A turn (a transition begins, is steered or ends, something else waits, a fixed cron time has run, the clock was set) is
//!   written at once, and the next not before [`APART`]. A gallery that fades once a minute has two a minute, 2880 a day.
//! - A hand that moves is written when it has rested for [`REST`], and every [`MOVED_APART`] if it never rests: 8640 a day
//!   for a machine that moves a fader all day, at 1000 a second or at one.
//! - A transition that goes by the clock is written every [`RUNNING_APART`] as well: a machine without a clock of its own
//!   wakes up in the past, and a fade then goes back by no more than that. 1440 a day for one that never ends.
//!
//! Each costs the disk some 24 KB (a file of a block, two directory entries, their journal): 70 MB a day for the gallery,
//! 200 MB for the machine; a card that bears 10 TB does it for 130 years.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Show,
    agenda::Agenda,
    event::{Action, Memory, StreamIndex},
    memoir::Memoir,
    out::Out,
    refusals::Refusals,
    rota::Rota,
    run::Runs,
    schedule::follow::Follow,
    sheet::Sheet,
    stream::{Stream, place::Edge},
    time::{Mono, Now},
};

/// The least time between two writes. What comes in between waits that long; a crash then costs it.
const APART: Duration = Duration::from_secs(1);
/// How long a hand must rest before its place is written.
const REST: Duration = Duration::from_secs(1);
/// How often the place of a hand that does not rest is written.
const MOVED_APART: Duration = Duration::from_secs(10);

/// How often a transition is written that goes by the clock.
const RUNNING_APART: Duration = Duration::from_mins(1);

/// When to write.
#[derive(Debug, Default)]
pub(super) struct Pen {
    last: Option<Mono>,
    /// When a turn is to be written.
    turned: Option<Mono>,
    /// Since when a hand has been moving, and when that is to be written.
    moved: Option<(Mono, Mono)>,
    /// When a transition that goes by the clock is to be written.
    running: Option<Mono>,
}

impl Pen {
    /// Something is to be written.
    fn touch(&mut self, edge: Edge, now: Mono) {
        let soonest = self.last.map_or(now, |last| now.max(last + APART));
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
            *self = Self { last: Some(now), ..Self::default() };
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
        let mut out = Out::new(seed);
        let mut streams = Vec::new();
        for (index, stream) in sheet.streams.iter().enumerate() {
            let index = StreamIndex(index);
            let due = sheet.schedule.due(index, now.wall);
            let due = due.map(|entry| Arc::clone(&sheet.schedule.entries[entry].scene));
            let mut made = Stream::new(&sheet, index, memories.get(&stream.name), due, now);
            if let Some((memoir, place)) =
                memoir.and_then(|memoir| Some((memoir, memoir.streams.get(&stream.name)?)))
            {
                let gone = Duration::try_from(now.wall.duration_since(memoir.at)).unwrap_or(Duration::ZERO);
                made.resume(place, gone, now, &mut out);
            }
            streams.push(made);
        }
        // What has become due while the show was away is found at the first look.
        let then = Now { wall: memoir.map_or(now.wall, |memoir| memoir.at), ..now };
        let mut pen = Pen::default();
        // What is done of the calendar is known from the first moment on.
        pen.touch(Edge::Turned, now.mono);
        let mut show = Self {
            rota: Rota::new(streams.len()),
            streams,
            agenda: Agenda::new(&sheet, memoir.map(|memoir| &memoir.triggers), now),
            follow: Follow::new(&sheet.schedule, sheet.streams.len(), then),
            preface: memoir.is_none(),
            held: Vec::new(),
            refusals: Refusals::default(),
            broker_connected: sheet.venue.mqtt.as_ref().map(|_| false),
            out,
            stopping: false,
            preparing: false,
            unsettled: Some(now),
            pen,
            runs: Runs::default(),
            variables: sheet.variables.clone(),
            variables_moved: false,
            sheet,
        };
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
        let of_variables = std::mem::take(&mut self.variables_moved).then_some(Edge::Moved);
        for edge in [self.agenda.edge(), self.runs.edge(), of_variables].into_iter().flatten() {
            self.pen.touch(edge, now.mono);
        }
        let runs = self.streams.iter().any(|stream| stream.is_running(now.mono));
        self.pen.running = self.pen.last.filter(|_| runs).map(|last| last + RUNNING_APART);
        let by = if ends { now.mono + MOVED_APART } else { now.mono };
        if self.pen.write(by, now.mono) {
            self.pen.running = runs.then_some(now.mono + RUNNING_APART);
            let place = |stream: &Stream| (stream.name(), stream.place(now.mono));
            let memoir = Memoir {
                at: now.wall,
                streams: self.streams.iter().map(place).collect(),
                triggers: self.agenda.runs(&self.sheet),
                runs: self.runs.forms(now.mono),
                variables: self.variables.clone(),
            };
            self.out.push(Action::Keep(Box::new(memoir)));
        }
    }
}
