//! When the cron triggers are due. Calendar time only; a fade never asks it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    cron::CronExpression,
    memoir::Runs,
    sheet::{Sheet, Trigger, When},
    snapshot::Upcoming,
    stream::place::Edge,
    time::{Mono, Now},
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

/// The next run of every cron trigger.
#[derive(Debug)]
pub(super) struct Agenda {
    entries: Vec<Entry>,
    last_look: Now,
    edge: Option<Edge>,
}

#[derive(Debug)]
struct Entry {
    trigger: usize,
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
        let entry = |(trigger, of): (usize, &Trigger)| {
            let When::Cron { expression, zone, catch_up } = &of.when else { return None };
            let mut had = None;
            let known =
                runs.and_then(|runs| runs.get(&of.name)).filter(|runs| *runs.cron == *expression.as_str());
            let done = match known {
                // By a clock that was wrong then, or is now; see `look_at_clock`.
                Some(runs) if runs.done.duration_since(now.wall) > CORRECTION_MAX => {
                    had = Some(runs.done);
                    now.wall
                }
                Some(runs) if expression.is_interval() => runs.done.min(now.wall),
                Some(runs) => runs.done,
                None if runs.is_none() && catch_up.is_some() && !expression.is_interval() => {
                    before_today(now.wall, zone)
                }
                None => now.wall,
            };
            Some(Entry { trigger, next: next_run(sheet, trigger, done), done, had })
        };
        let entries = sheet.triggers.iter().enumerate().filter_map(entry).collect();
        Self { entries, last_look: now, edge: None }
    }

    /// Returns what is to be kept of each trigger, by name.
    pub(super) fn runs(&self, sheet: &Sheet) -> BTreeMap<Arc<str>, Runs> {
        let runs = |entry: &Entry| {
            let Trigger { name, when, .. } = &sheet.triggers[entry.trigger];
            let When::Cron { expression, .. } = when else { return None };
            let done = entry.had.map_or(entry.done, |had| had.max(entry.done));
            Some((Arc::clone(name), Runs { cron: expression.as_str().into(), done }))
        };
        self.entries.iter().filter_map(runs).collect()
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(super) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Goes on with an edited sheet: a trigger that waits for the same time keeps its next run and the memory of its last.
    pub(super) fn reload(&mut self, old: &Sheet, new: &Sheet, now: Now) {
        let known = std::mem::take(&mut self.entries);
        let of_name = |name: &str| known.iter().find(|entry| &*old.triggers[entry.trigger].name == name);
        // Whatever is new owes nothing.
        let Self { entries, .. } = Self::new(new, Some(&BTreeMap::new()), now);
        let keep = |entry: Entry| {
            let Trigger { name, when, .. } = &new.triggers[entry.trigger];
            match of_name(name).filter(|known| old.triggers[known.trigger].when == *when) {
                Some(Entry { next, done, had, trigger: _ }) => {
                    Entry { trigger: entry.trigger, next: *next, done: *done, had: *had }
                }
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
            let When::Cron { expression, zone, catch_up } = &sheet.triggers[trigger].when else { continue };
            let at = last_run(expression, zone, first, now.wall);
            let late = now.wall.duration_since(at);
            let is_late = late > ON_TIME;
            let fires = !is_late || catch_up.is_some_and(|within| late.unsigned_abs() <= within);
            let was_made = is_late && entry.had.is_some_and(|had| at <= had);
            if !was_made {
                due.push(Due { at, trigger, is_late, fires });
            }
            if !is_late || entry.had.is_some_and(|had| at >= had) {
                // Whatever it was before: the show lives by this clock now.
                entry.had = None;
            }
            // A wildcard that runs each second would write each second.
            let edge = if expression.is_interval() { Edge::Moved } else { Edge::Turned };
            self.edge = self.edge.max(Some(edge));
            entry.done = at;
            entry.next = next_run(sheet, trigger, now.wall);
        }
        due.sort_unstable();
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
            let (When::Cron { expression, zone, .. }, Some(at)) = (&trigger.when, entry.next) else {
                continue;
            };
            let name = || Arc::clone(&trigger.name);
            runs.push(Upcoming { trigger: name(), at });
            let later = expression.runs(at, zone).take(count.saturating_sub(1));
            runs.extend(later.map(|run| Upcoming { trigger: name(), at: run.at }));
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
            let fixed = match &sheet.triggers[entry.trigger].when {
                When::Cron { expression, .. } => !expression.is_interval(),
                When::Mqtt { .. } | When::Osc { .. } => true,
            };
            // A wildcard keeps its rhythm; only a fixed time has had its run.
            if !fixed || step < -CORRECTION_MAX {
                entry.had = Some(entry.done).filter(|_| fixed).max(entry.had);
                entry.done = now.wall;
            }
            entry.next = next_run(sheet, entry.trigger, entry.done.max(now.wall));
        }
    }
}

fn next_run(sheet: &Sheet, trigger: usize, after: Timestamp) -> Option<Timestamp> {
    match &sheet.triggers[trigger].when {
        When::Cron { expression, zone, .. } => expression.next_after(after, zone).map(|run| run.at),
        When::Mqtt { .. } | When::Osc { .. } => None,
    }
}

/// Returns the last run up to `now`, of which `first` is one. Halves the time between: 26 questions for a year.
fn last_run(expression: &CronExpression, zone: &TimeZone, first: Timestamp, now: Timestamp) -> Timestamp {
    let after = |at: i64| {
        let at = Timestamp::from_second(at).ok()?;
        expression.next_after(at, zone).map(|run| run.at).filter(|run| *run <= now)
    };
    let (mut low, mut high) = (first.as_second(), now.as_second());
    let mut last = first;
    while low < high {
        let middle = low + (high - low) / 2;
        match after(middle) {
            Some(run) => {
                last = last.max(run);
                low = run.as_second().max(middle + 1);
            }
            None => high = middle,
        }
    }
    last
}

/// Returns the last second before the day of `now` in a zone.
fn before_today(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let midnight = now.to_zoned(zone.clone()).start_of_day();
    midnight.map_or(now, |midnight| midnight.timestamp() - SignedDuration::from_secs(1))
}

/// How long a shell may sleep at the most, so that a clock that was set is noticed.
pub const CLOCK_LOOK_EVERY: Duration = Duration::from_secs(1);
