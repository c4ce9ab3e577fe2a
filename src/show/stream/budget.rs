//! How many streams may still be created within the hour. Knows when the last ones were, also those of earlier runs.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use crate::show::time::{Mono, Now};

const HOUR: Duration = Duration::from_hours(1);

/// The creates of the last hour: at most as many as the budget has, so it stays short.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    spent: VecDeque<Create>,
}

#[derive(Debug)]
struct Create {
    /// For the journal, which outlives the monotonic clock.
    at: Timestamp,
    /// Until when it counts.
    until: Mono,
}

impl Budget {
    /// Begins with the creates of earlier runs. One from the future, by a clock that was set back, counts as of now.
    pub(super) fn new(most: u32, creates: &[Timestamp], now: Now) -> Self {
        let most = most as usize;
        let create = |at: &Timestamp| {
            let age = Duration::try_from(now.wall.duration_since(*at)).unwrap_or(Duration::ZERO);
            Create { at: *at, until: now.mono + HOUR.saturating_sub(age) }
        };
        let mut budget = Self { most, spent: creates.iter().map(create).collect() };
        budget.spent.make_contiguous().sort_by_key(|create| create.until);
        budget.expire(now.mono);
        budget
    }

    fn expire(&mut self, now: Mono) {
        while self.spent.front().is_some_and(|create| create.until <= now) {
            self.spent.pop_front();
        }
    }

    /// Returns until when none may be created, if so.
    pub(super) fn spent_until(&self, now: Mono) -> Option<Mono> {
        let counts = self.spent.iter().filter(|create| create.until > now);
        let over = counts.clone().count().checked_sub(self.most)?;
        counts.map(|create| create.until).nth(over)
    }

    /// One is about to be created.
    pub(super) fn spend(&mut self, now: Now) {
        self.expire(now.mono);
        self.spent.push_back(Create { at: now.wall, until: now.mono + HOUR });
    }

    /// The last one was not created after all.
    pub(super) fn refund(&mut self) {
        self.spent.pop_back();
    }

    /// Returns when those were that count, for the journal.
    pub(super) fn creates(&self) -> Vec<Timestamp> {
        self.spent.iter().map(|create| create.at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(minutes: u64) -> Now {
        let start: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let passed = Duration::from_mins(minutes);
        Now { mono: Mono(passed), wall: start + passed }
    }

    #[test]
    fn as_many_as_the_budget_in_any_hour() {
        let mut budget = Budget::new(2, &[], now(0));
        assert_eq!(budget.spent_until(now(0).mono), None);
        budget.spend(now(0));
        budget.spend(now(20));
        assert_eq!(budget.spent_until(now(21).mono), Some(now(60).mono));
        budget.refund();
        assert_eq!(budget.spent_until(now(21).mono), None);
        budget.spend(now(30));
        assert_eq!(budget.spent_until(now(60).mono), None);
        budget.spend(now(60));
        assert_eq!(budget.spent_until(now(60).mono), Some(now(90).mono));
    }

    #[test]
    fn a_restart_forgives_nothing_and_a_clock_set_back_costs_an_hour_at_most() {
        let mut budget = Budget::new(2, &[], now(100));
        budget.spend(now(100));
        budget.spend(now(110));
        // The monotonic clock begins anew.
        let restarted = Now { mono: Mono::default(), wall: now(120).wall };
        let budget = Budget::new(2, &budget.creates(), restarted);
        assert_eq!(budget.spent_until(restarted.mono), Some(now(40).mono));
        let set_back = Now { mono: Mono::default(), wall: now(0).wall };
        let budget = Budget::new(2, &budget.creates(), set_back);
        assert_eq!(budget.spent_until(set_back.mono), Some(now(60).mono));
    }
}
