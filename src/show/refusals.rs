//! Tells of refused input once per kind and interval, with a count, however much of it comes.

use std::{collections::BTreeMap, time::Duration};

use super::{event::Door, fact::Fact, time::Mono};

/// How long one kind of refusal is counted in silence after it was told.
pub const TELL_EVERY: Duration = Duration::from_mins(1);

/// The refusals not yet told. Reasons are a fixed set, so this does not grow.
#[derive(Debug, Default)]
pub(super) struct Refusals(BTreeMap<(Door, &'static str), Kind>);

#[derive(Debug)]
struct Kind {
    told: Mono,
    count: u64,
    example: String,
}

impl Refusals {
    /// Counts `count` refusals and returns what to tell now, if it is time.
    pub(super) fn add(
        &mut self,
        door: Door,
        reason: &'static str,
        count: u64,
        example: &str,
        now: Mono,
    ) -> Option<Fact> {
        let example = shorten(example);
        match self.0.get_mut(&(door, reason)) {
            None => {
                self.0.insert((door, reason), Kind { told: now, count: 0, example: String::new() });
                Some(Fact::Refused { door, reason, count, example })
            }
            Some(kind) => {
                kind.count += count;
                kind.example = example;
                kind.tell(door, reason, now)
            }
        }
    }

    /// Returns what has become due to be told.
    pub(super) fn due(&mut self, now: Mono) -> Vec<Fact> {
        self.0.iter_mut().filter_map(|((door, reason), kind)| kind.tell(*door, reason, now)).collect()
    }

    /// Returns when something will be due to be told.
    pub(super) fn next_due(&self) -> Option<Mono> {
        self.0.values().filter(|kind| kind.count > 0).map(|kind| kind.told + TELL_EVERY).min()
    }
}

impl Kind {
    fn tell(&mut self, door: Door, reason: &'static str, now: Mono) -> Option<Fact> {
        if self.count == 0 || now.since(self.told) < TELL_EVERY {
            return None;
        }
        self.told = now;
        let (count, example) = (std::mem::take(&mut self.count), std::mem::take(&mut self.example));
        Some(Fact::Refused { door, reason, count, example })
    }
}

/// Makes any text fit for a log line: printable, and at most 80 characters.
fn shorten(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(81).collect();
    match clean.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    #[test]
    fn a_flood_is_told_once_and_then_by_its_number() {
        let mut refusals = Refusals::default();
        let add = |refusals: &mut Refusals, count, now| {
            refusals.add(Door::Osc, "unknown address", count, "/x", at(now))
        };
        assert!(add(&mut refusals, 1, 0).is_some());
        for second in 1..60 {
            assert_eq!(add(&mut refusals, 2000, second), None);
        }
        assert_eq!(refusals.next_due(), Some(at(60)));
        let told = refusals.due(at(60));
        let [Fact::Refused { count: 118_000, .. }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(refusals.next_due(), None);
    }

    #[test]
    fn an_example_is_short_and_printable() {
        assert_eq!(shorten("a\nb\x1b[31m"), "a\u{fffd}b\u{fffd}[31m");
        assert_eq!(shorten(&"x".repeat(500)).chars().count(), 81);
    }
}
