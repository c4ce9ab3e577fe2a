//! Runs: lists of steps that are under way. Where each of them is and what it waits for, and who may begin.
//!
//! Pure bookkeeping: hands out one step after the other and performs none. `track.rs` is a place in a list, `mode.rs` says
//! who may begin, `step.rs` what steps say and `formula.rs` what of it has to be worked out, `form.rs` what of a run
//! survives, `stage.rs` and `outward.rs` do it all in the show,
//! `news.rs` is what is told of it.

mod form;
pub mod formula;
mod mode;
pub mod news;
pub mod outward;
mod stage;
pub mod step;
mod texts;
mod track;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

pub use self::{form::RunForm, mode::Mode, news::RunNews};
use self::{
    mode::{Admission, Refused},
    track::{Clock, Next, Track},
};
use super::{
    lane::By,
    sheet::{Sheet, Step, Streams},
    snapshot::{RunSnapshot, WaitsFor},
    stream::place::Edge,
    time::{Mono, Now},
};

/// How many runs there are at most, those that wait for their turn included. A gallery has a list or two under way, a VJ a
/// dozen; 64 of the largest events that are kept with one are 512 KiB in the journal.
pub const RUNS_MAX: usize = 64;
/// How deep lists may stand in lists.
pub const DEPTH_MAX: usize = 8;
/// How long `wait: { until: arrived }` waits at the most: a transition that is paused is not waited for for ever.
pub const ARRIVED_MAX: Duration = Duration::from_hours(1);
/// From which length on the beginning and the end of a wait are written to disk at once: at one write each that is 8640 a
/// day at the most. Shorter ones are written when there is rest.
const LONG: Duration = Duration::from_secs(10);

/// How long before the end of a wait the scene after it takes its slots, so that encoding does not fall into the fade.
const PREPARE: Duration = Duration::from_secs(10);

/// Whose list it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// That of a trigger.
    Trigger(Arc<str>),
    /// That of a cue.
    Cue(Arc<str>),
}

impl Owner {
    /// Returns the name of the trigger or cue.
    pub fn name(&self) -> &Arc<str> {
        let (Self::Trigger(name) | Self::Cue(name)) = self;
        name
    }

    /// Returns what it does according to a sheet, and what if it is still running; `None` where there is none of the name.
    fn list(&self, sheet: &Sheet) -> Option<(Arc<[Step]>, Mode)> {
        match self {
            Self::Trigger(name) => {
                let trigger = sheet.triggers.iter().find(|trigger| trigger.name == *name)?;
                Some((trigger.steps.as_slice().into(), trigger.mode))
            }
            Self::Cue(name) => sheet.cues.get(name).map(|cue| (cue.steps.as_slice().into(), cue.mode)),
        }
    }
}

/// Names a run; the later one has the larger number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RunId(u64);

/// One list under way.
#[derive(Clone, Debug)]
struct Run {
    owner: Owner,
    by: By,
    /// What its list is, so that an edited one is known.
    outline: u64,
    since: Mono,
    /// How long it had been under way before, in an earlier process.
    passed: Duration,
    track: Track,
    /// Whether it waits until those of its owner that came before have ended.
    stands_by: bool,
    /// Whether it has waited for anything.
    waited: bool,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// Whose it was.
    pub(super) owner: Owner,
    /// How long it took.
    pub(super) after: Duration,
    /// Whether it took any time by its list, and is worth a word.
    pub(super) waited: bool,
}

/// What a run does next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Turn {
    /// This step, at once.
    Do(Step),
    /// It waits.
    Waits,
    /// It is over.
    Ended(Ended),
    /// There is no such run: it was stopped meanwhile.
    Gone,
}

/// What a wait for transitions waits for yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// They have ended.
    There,
    /// They have not; when to look again, if that is known.
    Pending(Option<Mono>),
}

/// All runs.
#[derive(Debug, Default)]
pub(super) struct Runs {
    list: BTreeMap<RunId, Run>,
    last: u64,
    edge: Option<Edge>,
    /// When it was last asked what is due.
    looked: Mono,
}

impl Runs {
    /// Returns how a list would begin now.
    ///
    /// # Errors
    ///
    /// Why it would not.
    pub(super) fn admit(&self, owner: &Owner, mode: Mode) -> Result<Admission, Refused> {
        let admission = mode.admit(self.own(owner))?;
        // One that takes the place of others makes room for itself.
        let has_room = admission == Admission::Replace || self.list.len() < RUNS_MAX;
        if has_room { Ok(admission) } else { Err(Refused::TooMany) }
    }

    fn own(&self, owner: &Owner) -> usize {
        self.list.values().filter(|run| run.owner == *owner).count()
    }

    /// Begins a list, if its owner's mode lets it; `Ok` is the new run, if it does not have to stand by, and those that it
    /// ended.
    ///
    /// # Errors
    ///
    /// Why it does not begin.
    pub(super) fn begin(
        &mut self,
        owner: &Owner,
        (steps, mode): (Arc<[Step]>, Mode),
        by: By,
        now: Mono,
    ) -> Result<Begun, Refused> {
        let own = self.own(owner);
        let (stands_by, dropped) = match self.admit(owner, mode)? {
            Admission::Begin => (false, Vec::new()),
            Admission::StandBy => (true, Vec::new()),
            Admission::Replace => (false, self.stop(|other| other == owner, now)),
        };
        self.last += 1;
        let id = RunId(self.last);
        let outline = form::outline(&steps);
        let track = Track::new(steps, now);
        let (owner, passed) = (owner.clone(), Duration::ZERO);
        let run = Run { owner, by, outline, since: now, passed, track, stands_by, waited: false };
        self.list.insert(id, run);
        if stands_by {
            self.touch(Edge::Turned);
        }
        Ok(Begun { id, ahead: if stands_by { own } else { 0 }, dropped })
    }

    /// Returns on whose behalf a run does what it does.
    pub(super) fn by(&self, id: RunId) -> Option<&By> {
        self.list.get(&id).map(|run| &run.by)
    }

    /// Returns the next thing that a run does, as if it were `moment`; that is `now`, or earlier for one that is late.
    pub(super) fn turn(
        &mut self,
        id: RunId,
        (moment, now): (Mono, Mono),
        arrival: &dyn Fn(&Streams) -> Arrival,
    ) -> Turn {
        let Some(run) = self.list.get_mut(&id) else { return Turn::Gone };
        let mut clock = Clock { moment, now, longest: None };
        let next = run.track.next(&mut clock, arrival);
        if let Some(longest) = clock.longest {
            run.waited = true;
            self.touch(if longest >= LONG { Edge::Turned } else { Edge::Moved });
        }
        match next {
            Next::Do(step) => Turn::Do(step),
            Next::Waits => Turn::Waits,
            Next::Ended => {
                let Some(run) = self.list.remove(&id) else { return Turn::Gone };
                Turn::Ended(Ended { after: run.passed(now), owner: run.owner, waited: run.waited })
            }
        }
    }

    /// Returns the run that has something to do first, and since when; the older one of two.
    pub(super) fn due(&self, now: Mono, arrival: &dyn Fn(&Streams) -> Arrival) -> Option<(RunId, Mono)> {
        let due = self.list.iter().filter_map(|(id, run)| Some((run.due(now, arrival)?, *id)));
        due.min().filter(|(at, _)| *at <= now).map(|(at, id)| (id, at))
    }

    /// Returns when a run has something to do next.
    pub(super) fn next_due(&self, now: Mono, arrival: &dyn Fn(&Streams) -> Arrival) -> Option<Mono> {
        self.list.values().filter_map(|run| run.due(now, arrival)).min()
    }

    /// Lets the next one of an owner begin that stands by, if none of its runs is under way.
    pub(super) fn follow(&mut self, owner: &Owner, now: Mono) -> Option<RunId> {
        if self.list.values().any(|run| run.owner == *owner && !run.stands_by) {
            return None;
        }
        let (id, run) = self.list.iter_mut().find(|(_, run)| run.owner == *owner)?;
        run.stands_by = false;
        (run.since, run.passed) = (now, Duration::ZERO);
        run.track.start(now);
        Some(*id)
    }

    /// Ends every run of the owners that `is_meant`, also those that stand by, and returns them.
    pub(super) fn stop(&mut self, is_meant: impl Fn(&Owner) -> bool, now: Mono) -> Vec<Ended> {
        let meant = self.list.iter().filter(|(_, run)| is_meant(&run.owner)).map(|(id, _)| *id);
        let meant: Vec<RunId> = meant.collect();
        if !meant.is_empty() {
            self.touch(Edge::Turned);
        }
        meant.into_iter().filter_map(|id| self.list.remove(&id)).map(|run| run.end(now)).collect()
    }

    /// Goes on with an edited sheet: runs whose list is the same go on in the new one, the others are returned and gone.
    pub(super) fn reload(&mut self, sheet: &Sheet, now: Mono) -> Vec<Ended> {
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.list).into_iter().partition(|(_, run)| {
                run.owner.list(sheet).is_some_and(|(steps, _)| form::outline(&steps) == run.outline)
            });
        self.list = kept;
        for run in self.list.values_mut() {
            if let Some((steps, _)) = run.owner.list(sheet) {
                run.track.relink(&steps);
            }
        }
        if !gone.is_empty() {
            self.touch(Edge::Turned);
        }
        gone.into_values().map(|run| run.end(now)).collect()
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(super) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Returns what lists do after waits that end within [`PREPARE`].
    pub(super) fn coming(&self) -> Vec<&[Step]> {
        let mut found = Vec::new();
        for run in self.list.values().filter(|run| !run.stands_by) {
            run.track.coming(self.looked + PREPARE, &mut found);
        }
        found
    }

    /// Notes that what is due is done now.
    pub(super) fn look(&mut self, now: Mono) {
        self.looked = now;
    }

    /// Returns when that was.
    pub(super) fn looked(&self) -> Mono {
        self.looked
    }

    /// Returns whether no list is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns what may be seen.
    pub(super) fn snapshot(&self, now: Now) -> Vec<RunSnapshot> {
        self.list.values().map(|run| run.snapshot(now)).collect()
    }

    fn touch(&mut self, edge: Edge) {
        self.edge = self.edge.max(Some(edge));
    }
}

/// A list that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// Its run.
    pub(super) id: RunId,
    /// How many of its owner come before it; 0 for one that begins at once.
    pub(super) ahead: usize,
    /// Those that it ended.
    pub(super) dropped: Vec<Ended>,
}

impl Run {
    fn due(&self, now: Mono, arrival: &dyn Fn(&Streams) -> Arrival) -> Option<Mono> {
        if self.stands_by { None } else { self.track.due(now, arrival) }
    }

    fn passed(&self, now: Mono) -> Duration {
        self.passed.saturating_add(now.since(self.since))
    }

    fn end(self, now: Mono) -> Ended {
        Ended { after: self.passed(now), owner: self.owner, waited: true }
    }

    fn snapshot(&self, now: Now) -> RunSnapshot {
        let at = |moment: Mono| -> Option<Timestamp> { Some(now.wall + moment.since(now.mono)) };
        let (waits_for, until) = match (self.stands_by, self.track.waits()) {
            (true, _) => (WaitsFor::Turn, None),
            (false, (waits_for, until)) => (waits_for, until.and_then(at)),
        };
        let name = Arc::clone(self.owner.name());
        let kind = match self.owner {
            Owner::Trigger(_) => "trigger",
            Owner::Cue(_) => "cue",
        };
        RunSnapshot { name, kind, step: self.track.step(), steps: self.track.len(), waits_for, until }
    }
}
