//! A place in a list, and in the lists that stand in it. Says what comes next and when; performs nothing.

use std::{sync::Arc, time::Duration};

use super::{ARRIVED_MAX, Arrival, step::Wait};
use crate::show::{
    sheet::{Step, Streams},
    snapshot::WaitsFor,
    time::Mono,
};

/// How late a list may be and still count its next wait from when it should have been: a list of a thousand waits is then
/// not a second late because each wake was a millisecond late. One that is later was away, and its waits begin now.
const LATE_MAX: Duration = Duration::from_secs(1);

/// A place in a list.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) steps: Arc<[Step]>,
    /// The step that comes next, or that is being waited at.
    pub(super) at: usize,
    pub(super) hold: Hold,
    /// Until when it has come: from there the next wait counts.
    base: Mono,
}

/// What a track waits for.
#[derive(Clone, Debug)]
pub(super) enum Hold {
    /// Nothing.
    Free,
    /// A moment.
    Until(Mono),
    /// The end of transitions, or this moment.
    Arrived(Streams, Mono),
    /// The ends of several lists.
    Lists(Vec<Track>),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// This step.
    Do(Step),
    /// Nothing yet.
    Waits,
    /// Nothing any more.
    Ended,
}

/// When it is asked.
#[derive(Debug)]
pub(super) struct Clock {
    /// Up to when things are done.
    pub(super) moment: Mono,
    /// The present, which may be later.
    pub(super) now: Mono,
    /// The longest wait that began or ended meanwhile.
    pub(super) longest: Option<Duration>,
}

impl Track {
    /// Stands before the first step of a list.
    pub(super) fn new(steps: Arc<[Step]>, base: Mono) -> Self {
        Self { steps, at: 0, hold: Hold::Free, base }
    }

    /// Stands at a step of a list.
    pub(super) fn placed(steps: Arc<[Step]>, at: usize, hold: Hold, base: Mono) -> Self {
        Self { steps, at, hold, base }
    }

    /// Begins at `now` after standing by.
    pub(super) fn start(&mut self, now: Mono) {
        self.base = now;
    }

    /// Takes the next step, if its time has come.
    pub(super) fn next(&mut self, clock: &mut Clock, arrival: &dyn Fn(&Streams) -> Arrival) -> Next {
        loop {
            match &mut self.hold {
                Hold::Until(at) if *at > clock.moment => return Next::Waits,
                Hold::Until(at) => {
                    self.base = *at;
                    self.pass();
                    clock.touch(self.waited());
                }
                Hold::Arrived(streams, latest) => {
                    if *latest > clock.moment && arrival(streams) != Arrival::There {
                        return Next::Waits;
                    }
                    self.base = clock.now;
                    self.pass();
                    clock.touch(ARRIVED_MAX);
                }
                Hold::Lists(lists) => {
                    let mut waits = false;
                    for list in &mut *lists {
                        match list.next(clock, arrival) {
                            Next::Do(step) => return Next::Do(step),
                            Next::Waits => waits = true,
                            Next::Ended => {}
                        }
                    }
                    if waits {
                        return Next::Waits;
                    }
                    self.base = lists.iter().map(|list| list.base).fold(self.base, Mono::max);
                    self.pass();
                }
                Hold::Free => {
                    if let Some(next) = self.take(clock) {
                        return next;
                    }
                }
            }
        }
    }

    /// Takes a step, or begins to wait at it.
    fn take(&mut self, clock: &mut Clock) -> Option<Next> {
        let Some(step) = self.steps.get(self.at) else { return Some(Next::Ended) };
        match step {
            Step::Wait(Wait::For(time)) => {
                let begins = if clock.now.since(self.base) <= LATE_MAX { self.base } else { clock.now };
                self.hold = Hold::Until(begins + *time);
                clock.touch(*time);
            }
            Step::Wait(Wait::Arrived(streams)) => {
                self.hold = Hold::Arrived(streams.clone(), clock.now + ARRIVED_MAX);
                clock.touch(ARRIVED_MAX);
            }
            Step::Parallel(lists) => {
                let begin = |list: &Arc<[Step]>| Self::new(Arc::clone(list), self.base);
                self.hold = Hold::Lists(lists.iter().map(begin).collect());
            }
            step => {
                let step = step.clone();
                self.at += 1;
                return Some(Next::Do(step));
            }
        }
        None
    }

    fn pass(&mut self) {
        self.hold = Hold::Free;
        self.at += 1;
    }

    /// Returns how long the wait was that is just over.
    fn waited(&self) -> Duration {
        match self.steps.get(self.at.wrapping_sub(1)) {
            Some(Step::Wait(Wait::For(time))) => *time,
            _ => Duration::ZERO,
        }
    }

    /// Returns when there is something to do, or when it is to be looked whether there is.
    pub(super) fn due(&self, now: Mono, arrival: &dyn Fn(&Streams) -> Arrival) -> Option<Mono> {
        match &self.hold {
            Hold::Free => Some(now.min(self.base)),
            Hold::Until(at) => Some(*at),
            Hold::Arrived(streams, latest) => match arrival(streams) {
                Arrival::There => Some(now),
                Arrival::Pending(look) => Some(look.map_or(*latest, |look| look.min(*latest))),
            },
            Hold::Lists(lists) if lists.iter().all(Self::is_over) => Some(now),
            Hold::Lists(lists) => {
                let open = lists.iter().filter(|list| !list.is_over());
                open.filter_map(|list| list.due(now, arrival)).min()
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.hold, Hold::Free) && self.at >= self.steps.len()
    }

    /// Returns what it waits for and until when, the soonest of several lists.
    pub(super) fn waits(&self) -> (WaitsFor, Option<Mono>) {
        match &self.hold {
            Hold::Free => (WaitsFor::Nothing, None),
            Hold::Until(at) => (WaitsFor::Time, Some(*at)),
            Hold::Arrived(_, latest) => (WaitsFor::Arrival, Some(*latest)),
            Hold::Lists(lists) => (WaitsFor::Lists, lists.iter().filter_map(|list| list.waits().1).min()),
        }
    }

    /// Adds what comes after waits that end by then, for those who want to be ready for it.
    pub(super) fn coming<'a>(&'a self, by: Mono, found: &mut Vec<&'a [Step]>) {
        match &self.hold {
            Hold::Until(at) if *at <= by => found.extend(self.steps.get(self.at + 1..)),
            Hold::Lists(lists) => lists.iter().for_each(|list| list.coming(by, found)),
            Hold::Free | Hold::Until(_) | Hold::Arrived(..) => {}
        }
    }

    /// Returns the number of the step that it is at, from 1 on.
    pub(super) fn step(&self) -> usize {
        (self.at + 1).min(self.steps.len())
    }

    /// Returns how many steps the list has.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Goes on in another list of the same form.
    pub(super) fn relink(&mut self, steps: &Arc<[Step]>) {
        self.steps = Arc::clone(steps);
        match (&mut self.hold, self.steps.get(self.at)) {
            (Hold::Lists(lists), Some(Step::Parallel(new))) => {
                for (list, new) in lists.iter_mut().zip(new) {
                    list.relink(new);
                }
            }
            // Streams are known by their place in the show, which an edit does not change.
            (Hold::Arrived(streams, _), Some(Step::Wait(Wait::Arrived(new)))) => streams.clone_from(new),
            _ => {}
        }
    }
}

impl Clock {
    fn touch(&mut self, wait: Duration) {
        self.longest = self.longest.max(Some(wait));
    }
}
