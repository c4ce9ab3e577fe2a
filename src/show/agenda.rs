//! When the triggers of the calendar are due: cron, and the sun. Calendar time only; a fade never asks it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    memoir::Runs,
    sheet::{Sheet, Trigger},
    snapshot::Upcoming,
    stream::place::Edge,
    time::{Mono, Now},
    trigger::when::Calendar,
};

/// A calendar clock set back by more than this was wrong before, and the day begins anew by the new time.
///
/// By less, it is corrected, and what has run does not run again. The bound is that of Debian's cron.
const CORRECTION_MAX: SignedDuration = SignedDuration::from_hours(3);
/// A run that is later than this was missed: the machine was away, asleep or stopped, or its clock was set forward. One
/// that is not is only late, as on a machine that is busy.
const ON_TIME: SignedDuration = SignedDuration::from_mins(1);
/// How long before a run its scene takes its slots, so that encoding does not fall into the fade.
const PREPARE: Duration = Duration::from_secs(10);
/// How far the two clocks may drift apart between two looks before it counts as somebody setting one.
const DRIFT_MAX: SignedDuration = SignedDuration::from_secs(1);

/// The next run of everything that a trigger waits for in the calendar.
#[derive(Debug)]
pub(super) struct Agenda {
    entries: Vec<Entry>,
    last_look: Now,
    edge: Option<Edge>,
}

#[derive(Debug)]
struct Entry {
    trigger: usize,
    /// Which of the things that the trigger waits for.
    when: usize,
    next: Option<Timestamp>,
    /// No run up to then is still owed.
    done: Timestamp,
    /// What was done by a clock that has been set back since. Should that have been the mistake (a machine without a clock of
    /// its own wakes up in 1970, until the network tells it), nothing up to then was missed.
    had: Option<Timestamp>,
}

/// A trigger that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// When it was, the last time that it was.
    pub(super) at: Timestamp,
    /// Which.
    pub(super) trigger: usize,
    /// Whether it was missed.
    pub(super) is_late: bool,
    /// Whether it fires all the same.
    pub(super) fires: bool,
}

impl Agenda {
    /// Makes the agenda of a sheet, from what is known of its triggers by name; `None` for a show that has never run.
    ///
    /// A show that has never run owes the fixed times of this day, so that a wall whose power first comes on at ten shows
    /// what is due since nine, and none of yesterday: until then it was not there, and begins as it is written to begin.
    /// A trigger that was edited since owes nothing from before.
    pub(super) fn new(sheet: &Sheet, runs: Option<&BTreeMap<Arc<str>, Runs>>, now: Now) -> Self {
        let mut entries = Vec::new();
        for (trigger, when, name, calendar) in calendars(sheet) {
            let mut had = None;
            let known =
                runs.and_then(|runs| runs.get(&*name)).filter(|runs| *runs.cron == *calendar.to_string());
            let done = match known {
                // By a clock that was wrong then, or is now; see `look_at_clock`.
                Some(runs) if runs.done.duration_since(now.wall) > CORRECTION_MAX => {
                    had = Some(runs.done);
                    now.wall
                }
                Some(runs) if calendar.is_interval() => runs.done.min(now.wall),
                Some(runs) => runs.done,
                None if runs.is_none() && calendar.catch_up.is_some() && !calendar.is_interval() => {
                    before_today(now.wall, calendar.zone)
                }
                None => now.wall,
            };
            entries.push(Entry { trigger, when, next: calendar.next_after(done), done, had });
        }
        Self { entries, last_look: now, edge: None }
    }

    /// Returns what is to be kept of each trigger, by name.
    pub(super) fn runs(&self, sheet: &Sheet) -> BTreeMap<Arc<str>, Runs> {
        let of = |(trigger, when, name, calendar): (usize, usize, Arc<str>, Calendar<'_>)| {
            let entry = self.entries.iter().find(|entry| (entry.trigger, entry.when) == (trigger, when))?;
            let done = entry.had.map_or(entry.done, |had| had.max(entry.done));
            Some((name, Runs { cron: calendar.to_string().into(), done }))
        };
        calendars(sheet).filter_map(of).collect()
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(super) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Goes on with an edited sheet: a trigger that waits for the same time keeps its next run and the memory of its last.
    pub(super) fn reload(&mut self, old: &Sheet, new: &Sheet, now: Now) {
        let known = std::mem::take(&mut self.entries);
        // Whatever is new owes nothing.
        let Self { entries, .. } = Self::new(new, Some(&BTreeMap::new()), now);
        let keep = |entry: Entry| {
            let Trigger { name, when, .. } = &new.triggers[entry.trigger];
            let same = |known: &&Entry| {
                let old = &old.triggers[known.trigger];
                old.name == *name && old.when[known.when] == when[entry.when]
            };
            match known.iter().find(same) {
                Some(Entry { next, done, had, .. }) => Entry { next: *next, done: *done, had: *had, ..entry },
                None => entry,
            }
        };
        self.entries = entries.into_iter().map(keep).collect();
        self.edge = Some(Edge::Turned);
    }

    /// Returns the triggers that are due, in the order of their times, each at most once.
    pub(super) fn due(&mut self, sheet: &Sheet, now: Now) -> Vec<Due> {
        self.look_at_clock(sheet, now);
        let mut due: Vec<Due> = Vec::new();
        for entry in &mut self.entries {
            let trigger = entry.trigger;
            let Some(first) = entry.next.filter(|at| *at <= now.wall) else { continue };
            let Some(calendar) = sheet.triggers[trigger].when[entry.when].calendar() else { continue };
            let at = calendar.last_up_to(first, now.wall);
            let late = now.wall.duration_since(at);
            let is_late = late > ON_TIME;
            let fires = !is_late || calendar.catch_up.is_some_and(|within| late.unsigned_abs() <= within);
            let was_made = is_late && entry.had.is_some_and(|had| at <= had);
            if !was_made {
                due.push(Due { at, trigger, is_late, fires });
            }
            if !is_late || entry.had.is_some_and(|had| at >= had) {
                // Whatever it was before: the show lives by this clock now.
                entry.had = None;
            }
            // A wildcard that runs each second would write each second.
            let edge = if calendar.is_interval() { Edge::Moved } else { Edge::Turned };
            self.edge = self.edge.max(Some(edge));
            entry.done = at;
            entry.next = calendar.next_after(now.wall);
        }
        due.sort_unstable();
        // Two times of one trigger at one instant are one.
        due.dedup_by_key(|due| (due.at, due.trigger));
        due
    }

    /// Returns when the next trigger is due, or is to be prepared for, if nobody sets the clock.
    pub(super) fn next_due(&self) -> Option<Mono> {
        let last_look = self.last_look;
        let moments = self.entries.iter().filter_map(|entry| entry.next).map(|at| {
            let due = last_look.mono_at(at);
            let ahead = due - PREPARE;
            if ahead > last_look.mono { ahead } else { due }
        });
        moments.min()
    }

    /// Returns the triggers that are due within [`PREPARE`], the last to come first.
    pub(super) fn coming(&self) -> Vec<usize> {
        let soon = |entry: &&Entry| {
            entry.next.is_some_and(|at| self.last_look.mono_at(at) <= self.last_look.mono + PREPARE)
        };
        let mut coming: Vec<_> = self.entries.iter().filter(soon).collect();
        coming.sort_by_key(|entry| std::cmp::Reverse(entry.next));
        coming.into_iter().map(|entry| entry.trigger).collect()
    }

    /// Returns the next run of each trigger, soonest first, at most `count`.
    pub(super) fn upcoming(&self, sheet: &Sheet, count: usize) -> Vec<Upcoming> {
        let mut runs: Vec<Upcoming> = Vec::new();
        for entry in &self.entries {
            let trigger = &sheet.triggers[entry.trigger];
            let (Some(calendar), Some(at)) = (trigger.when[entry.when].calendar(), entry.next) else {
                continue;
            };
            runs.extend(
                calendar.runs(at).take(count).map(|at| Upcoming { trigger: Arc::clone(&trigger.name), at }),
            );
        }
        runs.sort_by(|a, b| (a.at, &a.trigger).cmp(&(b.at, &b.trigger)));
        runs.truncate(count);
        runs
    }

    fn look_at_clock(&mut self, sheet: &Sheet, now: Now) {
        let passed =
            SignedDuration::try_from(now.mono.since(self.last_look.mono)).unwrap_or(SignedDuration::MAX);
        let step = now.wall.duration_since(self.last_look.wall).saturating_sub(passed);
        self.last_look = now;
        if step.abs() > DRIFT_MAX {
            // What is kept counts by the clock that was.
            self.edge = Some(Edge::Turned);
        }
        if step >= -DRIFT_MAX {
            // Forward, runs become due by themselves.
            return;
        }
        for entry in &mut self.entries {
            let Some(calendar) = sheet.triggers[entry.trigger].when[entry.when].calendar() else { continue };
            // A wildcard keeps its rhythm; only a fixed time has had its run.
            let fixed = !calendar.is_interval();
            if !fixed || step < -CORRECTION_MAX {
                entry.had = Some(entry.done).filter(|_| fixed).max(entry.had);
                entry.done = now.wall;
            }
            entry.next = calendar.next_after(entry.done.max(now.wall));
        }
    }
}

/// Returns everything in the calendar that triggers wait for: the trigger, which of its things, and the name it is kept
/// by: the trigger's, and for its second and further times a number after a space, which no name has.
fn calendars(sheet: &Sheet) -> impl Iterator<Item = (usize, usize, Arc<str>, Calendar<'_>)> {
    sheet.triggers.iter().enumerate().flat_map(|(trigger, of)| {
        let times = of.when.iter().enumerate().filter_map(|(when, of)| Some((when, of.calendar()?)));
        times.enumerate().map(move |(number, (when, calendar))| {
            let name = match number {
                0 => Arc::clone(&of.name),
                number => format!("{} {}", of.name, number + 1).into(),
            };
            (trigger, when, name, calendar)
        })
    })
}

/// Returns the last second before the day of `now` in a zone.
fn before_today(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let midnight = now.to_zoned(zone.clone()).start_of_day();
    midnight.map_or(now, |midnight| midnight.timestamp() - SignedDuration::from_secs(1))
}

/// How long a shell may sleep at the most, so that a clock that was set is noticed.
pub const CLOCK_LOOK_EVERY: Duration = Duration::from_secs(1);
