//! When the cron triggers are due. Calendar time only; a fade never asks it.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    sheet::{Sheet, Trigger, When},
    snapshot::Upcoming,
    time::{Mono, Now},
};

/// A calendar clock set back by more than this was wrong before, and the day begins anew by the new time.
///
/// By less, it is corrected, and what has run does not run again. The bound is that of Debian's cron.
const CORRECTION_MAX: SignedDuration = SignedDuration::from_hours(3);
/// A run that is later than this when the clock is set forward is not made up for.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How long before a run its scene takes its slots, so that encoding does not fall into the fade.
const PREPARE: Duration = Duration::from_secs(10);
/// How far the two clocks may drift apart between two looks before it counts as somebody setting one.
const DRIFT_MAX: SignedDuration = SignedDuration::from_secs(1);

/// The next run of every cron trigger.
#[derive(Debug)]
pub(super) struct Agenda {
    entries: Vec<Entry>,
    last_look: Now,
}

#[derive(Debug)]
struct Entry {
    trigger: usize,
    next: Option<Timestamp>,
    last_run: Option<Timestamp>,
}

impl Agenda {
    pub(super) fn new(sheet: &Sheet, now: Now) -> Self {
        let entries = sheet
            .triggers
            .iter()
            .enumerate()
            .filter(|(_, trigger)| matches!(trigger.when, When::Cron { .. }))
            .map(|(trigger, _)| Entry { trigger, next: next_run(sheet, trigger, now.wall), last_run: None })
            .collect();
        Self { entries, last_look: now }
    }

    /// Goes on with an edited sheet: a trigger that waits for the same time keeps its next run and the memory of its last.
    pub(super) fn reload(&mut self, old: &Sheet, new: &Sheet, now: Now) {
        let known = std::mem::take(&mut self.entries);
        let of_name = |name: &str| known.iter().find(|entry| &*old.triggers[entry.trigger].name == name);
        let Self { entries, last_look: _ } = Self::new(new, now);
        let keep = |entry: Entry| {
            let Trigger { name, when, .. } = &new.triggers[entry.trigger];
            match of_name(name).filter(|known| old.triggers[known.trigger].when == *when) {
                Some(Entry { next, last_run, trigger: _ }) => {
                    Entry { trigger: entry.trigger, next: *next, last_run: *last_run }
                }
                None => entry,
            }
        };
        self.entries = entries.into_iter().map(keep).collect();
    }

    /// Returns the triggers that are due with their times, in the order of these, each at most once.
    pub(super) fn due(&mut self, sheet: &Sheet, now: Now) -> Vec<(Timestamp, usize)> {
        self.look_at_clock(sheet, now);
        let mut due: Vec<(Timestamp, usize)> = Vec::new();
        for entry in &mut self.entries {
            let Some(at) = entry.next.filter(|at| *at <= now.wall) else { continue };
            if now.wall.duration_since(at) <= LATE_MAX {
                due.push((at, entry.trigger));
            }
            entry.last_run = Some(at);
            entry.next = next_run(sheet, entry.trigger, now.wall);
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
            let (When::Cron { expression, zone }, Some(at)) = (&trigger.when, entry.next) else { continue };
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
        if step >= -DRIFT_MAX {
            // Forward, runs become due by themselves.
            return;
        }
        for entry in &mut self.entries {
            let fixed = match &sheet.triggers[entry.trigger].when {
                When::Cron { expression, .. } => !expression.is_interval(),
                When::Mqtt { .. } | When::Osc { .. } => true,
            };
            let from = match entry.last_run {
                // A wildcard keeps its rhythm; only a fixed time has had its run.
                Some(last_run) if fixed && step >= -CORRECTION_MAX => last_run.max(now.wall),
                _ => now.wall,
            };
            entry.next = next_run(sheet, entry.trigger, from);
        }
    }
}

fn next_run(sheet: &Sheet, trigger: usize, after: Timestamp) -> Option<Timestamp> {
    match &sheet.triggers[trigger].when {
        When::Cron { expression, zone } => expression.next_after(after, zone).map(|run| run.at),
        When::Mqtt { .. } | When::Osc { .. } => None,
    }
}

/// How long a shell may sleep at the most, so that a clock that was set is noticed.
pub const CLOCK_LOOK_EVERY: Duration = Duration::from_secs(1);
