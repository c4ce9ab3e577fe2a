//! Two random walks: against a naive reading of the rules, and against the crate `croner` where both must agree.
//!
//! The seed of a walk that fails is in its message.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{CronExpression, cron, instant, zone};
use crate::show::cron::{
    field::FieldSet,
    parse,
    place::{Place, place},
};

/// A small generator of our own, so that a seed means the same walk on every machine for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn field(&mut self, low: u64, high: u64, lists: bool) -> String {
        let value = |dice: &mut Self| low + dice.below(high - low + 1);
        match self.below(if lists { 6 } else { 5 }) {
            0 | 1 => "*".to_owned(),
            2 => value(self).to_string(),
            3 => format!("*/{}", 1 + self.below(high - low)),
            4 => {
                let (a, b) = (value(self), value(self));
                format!("{}-{}", a.min(b), a.max(b))
            }
            _ => format!("{},{},{}", value(self), value(self), value(self)),
        }
    }
}

const ZONES: [&str; 6] =
    ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"];

/// The rules read naively: every time of some days, one after the other, no searching and no order to get wrong.
fn naive_runs(text: &str, zone: &TimeZone, from: Date, days: usize) -> BTreeSet<Timestamp> {
    let fields = parse::fields(text).unwrap();
    let interval = fields.minute.starred || fields.hour.starred;
    let has = |set: FieldSet, value: i8| set.values().any(|other| i16::from(other) == i16::from(value));
    let mut found = BTreeSet::new();
    for date in from.series(1.day()).take(days) {
        let day = has(fields.day, date.day());
        let weekday = has(fields.weekday, date.weekday().to_sunday_zero_offset());
        let either = !fields.day.starred && !fields.weekday.starred;
        let today = if either { day || weekday } else { day && weekday };
        if !today || !has(fields.month, date.month()) {
            continue;
        }
        let times =
            fields.hour.values().flat_map(|hour| fields.minute.values().map(move |minute| (hour, minute)));
        for civil in times.map(|(hour, minute)| date.at(hour.cast_signed(), minute.cast_signed(), 0, 0)) {
            let ambiguous = zone.to_ambiguous_timestamp(civil);
            match place(zone, civil).unwrap() {
                Place::Never(_) if interval => {}
                Place::Never(gap) => drop(found.insert(gap.at)),
                Place::Once(at) => drop(found.insert(at)),
                Place::Twice(_) if interval => {
                    found.extend([ambiguous.earlier().unwrap(), ambiguous.later().unwrap()]);
                }
                Place::Twice(_) => drop(found.insert(ambiguous.earlier().unwrap())),
            }
        }
    }
    found
}

#[test]
fn a_random_walk_agrees_with_a_naive_reading_of_the_rules() {
    let days =
        ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-23", "2026-10-03", "2026-02-14"];
    for seed in 0..1_000 {
        let mut dice = Dice(seed);
        let hours = dice.one_of(&[(0, 23), (0, 3), (1, 2)]);
        let text = format!(
            "{} {} {} * {}",
            dice.field(0, 59, true),
            dice.field(hours.0, hours.1, true),
            dice.one_of(&["*", "*", "*/2", "24-30", "1"]),
            dice.one_of(&["*", "*", "SUN", "FRI-MON"]),
        );
        let zone = zone(dice.one_of(&ZONES));
        let from: Date = dice.one_of(&days).parse().unwrap();
        let naive = naive_runs(&text, &zone, from, 4);
        // From any instant of it, so that a search also starts within gaps and folds.
        let start = zone.to_timestamp(from.at(0, 0, 0, 0)).unwrap()
            + (dice.below(3 * 24 * 3600 * 10).cast_signed() * 100).milliseconds();
        let expected: Vec<_> = naive.range(start..).filter(|at| **at > start).copied().take(40).collect();
        let found: Vec<_> = cron(&text).runs(start, &zone).map(|run| run.at).take(expected.len()).collect();
        assert_eq!(found, expected, "seed {seed}: `{text}` in {zone:?} from {start}");
    }
}

#[test]
fn a_random_walk_agrees_with_croner() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let [minute, hour] = [59, 23].map(|high| dice.field(0, high, false));
        let [day, month, mut weekday] =
            [(1, 28), (1, 12), (0, 6)].map(|(low, high)| dice.field(low, high, false));
        if day != "*" && (day.starts_with('*') || weekday.starts_with('*')) {
            // Only `*` itself is unrestricted there, every field that starts with `*` is in crontab(5) and here.
            weekday = "*".to_owned();
        }
        let text = format!("{minute} {hour} {day} {month} {weekday}");
        let zone = zone(dice.one_of(&ZONES));
        let start = instant(&zone, "2025-12-31T23:00") + dice.below(400 * 24 * 3600).cast_signed().seconds();
        let theirs: croner::Cron = text.parse().unwrap();
        let theirs: Vec<_> =
            theirs.iter_after(start.to_zoned(zone.clone())).map(|run| run.timestamp()).take(20).collect();
        let ours: Vec<_> = cron(&text).runs(start, &zone).map(|run| run.at).take(20).collect();
        assert_eq!(ours, theirs, "seed {seed}: `{text}` in {zone:?} from {start}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_answered(text in r"\PC{0,40}", near in "[-0-9*/,A-FLNW#?@ ]{0,40}") {
        for text in [text.as_str(), near.as_str()] {
            if let Err(error) = CronExpression::parse(text) {
                proptest::prop_assert!(text.get(error.span()).is_some(), "{text:?}: {error} at {:?}", error.span());
            }
        }
    }

    #[test]
    fn no_time_is_too_far_away_to_be_answered(second in -377_705_023_201_i64..=253_402_207_200, zone in 0..ZONES.len()) {
        let after = Timestamp::from_second(second).unwrap();
        for text in ["30 2 * * *", "*/7 * * * *", "0 0 29 2 *"] {
            if let Some(run) = cron(text).next_after(after, &super::zone(ZONES[zone])) {
                proptest::prop_assert!(run.at > after);
            }
        }
    }
}
