//! The rules of `dependencies.md` 2.2 one by one, then two random walks: against a naive reading of the rules, and
//! against the crate `croner` where both must agree.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

use super::{CronExpression, Run, field::FieldSet, parse, place::Place, place::place};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn cron(text: &str) -> CronExpression {
    CronExpression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instant(zone: &TimeZone, civil: &str) -> Timestamp {
    zone.to_timestamp(civil.parse::<DateTime>().unwrap()).unwrap()
}

/// Writes the first runs after a civil time, one a line.
fn runs(text: &str, zone_name: &str, after: &str, count: usize) -> String {
    let zone = zone(zone_name);
    let after = instant(&zone, after);
    let cron = cron(text);
    let lines = cron.runs(after, &zone).take(count).map(|run| {
        let time = run.at.to_zoned(zone.clone()).strftime("%a %d %b %Y %H:%M:%S %:z").to_string();
        run.note.map_or(time.clone(), |note| format!("{time}  {note}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_fixed_time_in_the_gap_runs_right_after_it_once() {
    insta::assert_snapshot!(runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 2), @"");
    insta::assert_snapshot!(runs("30 2 * * *", "America/New_York", "2026-03-07T12:00", 2), @"");
}

#[test]
fn a_fixed_time_in_the_fold_runs_the_first_time_only() {
    insta::assert_snapshot!(runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2), @"");
}

#[test]
fn an_interval_leaves_out_the_gap() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Europe/Berlin", "2026-03-29T01:30", 3), @"");
}

#[test]
fn an_interval_goes_through_the_fold_twice_in_order() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Europe/Berlin", "2026-10-25T01:50", 9), @"");
}

#[test]
fn a_list_in_the_fold_runs_the_first_time_only() {
    insta::assert_snapshot!(runs("0,30 2 * * *", "Europe/Berlin", "2026-10-25T01:50", 3), @"");
}

#[test]
fn a_list_in_the_gap_runs_right_after_it_once() {
    insta::assert_snapshot!(runs("0,30 2-3 * * *", "Europe/Berlin", "2026-03-29T01:50", 3), @"");
}

#[test]
fn a_wildcard_hour_is_skipped_in_the_gap_and_doubled_in_the_fold() {
    insta::assert_snapshot!(runs("30 */2 * * *", "Europe/Berlin", "2026-03-29T00:00", 3), @"");
    insta::assert_snapshot!(runs("30 */2 * * *", "Europe/Berlin", "2026-10-25T00:00", 4), @"");
}

#[test]
fn daily_where_midnight_does_not_exist_runs_at_one() {
    insta::assert_snapshot!(runs("@daily", "Africa/Cairo", "2026-04-23T12:00", 2), @"");
}

#[test]
fn a_change_of_half_an_hour_is_no_special_case() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Australia/Lord_Howe", "2026-10-04T01:45", 2), @"");
    insta::assert_snapshot!(runs("*/15 * * * *", "Australia/Lord_Howe", "2026-04-05T01:30", 5), @"");
    insta::assert_snapshot!(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-05T01:00", 2), @"");
}

#[test]
fn a_day_that_never_was_moves_to_the_next_and_says_which() {
    insta::assert_snapshot!(runs("0 9 * * *", "Pacific/Apia", "2011-12-29T10:00", 2), @"");
}

#[test]
fn seconds_come_first_when_there_are_six_fields() {
    insta::assert_snapshot!(runs("*/20 30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", 2), @"");
    insta::assert_snapshot!(runs("15 30 2 * * *", "Europe/Berlin", "2026-10-25T00:00", 1), @"");
}

#[test]
fn the_29th_of_february_comes_until_2096() {
    let utc = TimeZone::UTC;
    let runs: Vec<Run> = cron("0 0 29 2 *").runs(instant(&utc, "2080-01-01T00:00"), &utc).collect();
    assert_eq!(runs.last().unwrap().at, instant(&utc, "2096-02-29T00:00"));
    assert_eq!(runs.len(), 5);
}

#[test]
fn either_day_field_is_enough_when_both_are_restricted() {
    insta::assert_snapshot!(runs("0 9 13 * FRI", "UTC", "2026-11-01T00:00", 3), @"");
    insta::assert_snapshot!(runs("0 9 */2 * MON", "UTC", "2026-11-01T00:00", 3), @"");
}

#[test]
fn ranges_wrap_around_and_sunday_has_two_numbers() {
    let weekdays =
        |text: &str| parse::fields(&format!("0 0 * * {text}")).unwrap().weekday.values().collect::<Vec<_>>();
    assert_eq!(weekdays("FRI-MON"), [0, 1, 5, 6]);
    assert_eq!(weekdays("fri-sun"), [0, 5, 6]);
    assert_eq!(weekdays("5-7"), [0, 5, 6]);
    assert_eq!(weekdays("7-2"), [0, 1, 2]);
    assert_eq!(weekdays("0-7"), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(weekdays("1-7/2"), [0, 1, 3, 5]);
    assert_eq!(weekdays("0"), weekdays("7"));
    let fields = parse::fields("0 22-2/2 28-3 NOV-feb *").unwrap();
    assert_eq!(fields.hour.values().collect::<Vec<_>>(), [0, 2, 22]);
    assert_eq!(fields.day.values().collect::<Vec<_>>(), [1, 2, 3, 28, 29, 30, 31]);
    assert_eq!(fields.month.values().collect::<Vec<_>>(), [1, 2, 11, 12]);
}

#[test]
fn the_text_is_kept_as_it_was_written() {
    assert_eq!(cron("0  9 * * tue-sun").to_string(), "0  9 * * tue-sun");
    assert_eq!(cron("@Daily").as_str(), "@Daily");
}

#[test]
fn every_nickname_is_an_expression() {
    for (name, meaning) in parse::NICKNAMES {
        let utc = TimeZone::UTC;
        let after = instant(&utc, "2026-11-22T10:10:10.5");
        assert_eq!(cron(name).next_after(after, &utc), cron(meaning).next_after(after, &utc), "{name}");
    }
}

#[test]
fn mistakes_are_told_with_field_place_and_hint() {
    let texts = [
        "",
        "* * * *",
        "0 0 1 1 * * 2027",
        "@daily 5",
        "@reboot",
        "@every 5m",
        "@noon",
        "0 25 * * *",
        "0 24 * * *",
        "61 0 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "99999999999 * * * *",
        "1,2,,3 * * * *",
        ",1 * * * *",
        "0 9, * * *",
        "5- * * * *",
        "-5 * * * *",
        "*/ * * * *",
        "/5 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "0 8-10/3 * * *",
        "0/15 * * * *",
        "0 0 ? * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * MON#2",
        "0 0 * * 5L",
        "0 0 * MON *",
        "0 0 * * Monday",
        "0 x * * *",
        "0 0 * * */x",
        "*5 * * * *",
        "1/2/3 * * * *",
        "1-2-3 * * * *",
        "\u{e9}\u{a0}1 * * *\u{3000}*",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa * * *",
    ];
    let told = texts.map(|text| {
        let error = CronExpression::parse(text).expect_err(text);
        let at = text.get(error.span()).expect("on character boundaries");
        let allowed = error.allowed().map_or(String::new(), |range| format!(" ({range:?})"));
        let hint = error.hint().map_or(String::new(), |hint| format!("\n      hint: {hint}"));
        format!("{text:?}\n      {error}{allowed}\n      at {:?} {at:?}{hint}", error.span())
    });
    insta::assert_snapshot!(told.join("\n"), @"");
}

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

/// The rules read naively: every civil minute of some days, one after the other, no searching, no order to get wrong.
fn naive_runs(text: &str, zone: &TimeZone, from: DateTime, days: i32) -> BTreeSet<Timestamp> {
    let fields = parse::fields(text).unwrap();
    let interval = fields.minute.starred || fields.hour.starred;
    let has = |set: FieldSet, value: i8| set.values().any(|other| i16::from(other) == i16::from(value));
    let mut found = BTreeSet::new();
    for minute in 0..days * 24 * 60 {
        let civil = from + minute.minutes();
        let day = has(fields.day, civil.day());
        let weekday = has(fields.weekday, civil.weekday().to_sunday_zero_offset());
        let any = !fields.day.starred && !fields.weekday.starred;
        let today = if any { day || weekday } else { day && weekday };
        if !(today
            && has(fields.month, civil.month())
            && has(fields.hour, civil.hour())
            && has(fields.minute, civil.minute()))
        {
            continue;
        }
        let ambiguous = zone.to_ambiguous_timestamp(civil);
        match place(zone, civil).unwrap() {
            Place::Once(at) => drop(found.insert(at)),
            Place::Never(_) if interval => {}
            Place::Never(gap) => drop(found.insert(gap.at)),
            Place::Twice(_) => {
                found.insert(ambiguous.earlier().unwrap());
                if interval {
                    found.insert(ambiguous.later().unwrap());
                }
            }
        }
    }
    found
}

#[test]
fn a_random_walk_agrees_with_a_naive_reading_of_the_rules() {
    let days =
        ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-23", "2026-10-03", "2026-02-14"];
    for seed in 0..3_000 {
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
        let from: DateTime = format!("{}T00:00", dice.one_of(&days)).parse().unwrap();
        let naive = naive_runs(&text, &zone, from, 4);
        // From any instant of it, so that a search also starts within gaps and folds.
        let start =
            zone.to_timestamp(from).unwrap() + (dice.below(3 * 24 * 3600 * 10) as i64 * 100).milliseconds();
        let expected: Vec<_> = naive.range(start..).filter(|at| **at > start).copied().take(40).collect();
        let found: Vec<_> = cron(&text).runs(start, &zone).map(|run| run.at).take(expected.len()).collect();
        assert_eq!(found, expected, "seed {seed}: `{text}` in {zone:?} from {start}");
    }
}

#[test]
fn a_random_walk_agrees_with_croner() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let text = format!(
            "{} {} {} {} {}",
            dice.field(0, 59, false),
            dice.field(0, 23, false),
            dice.field(1, 28, false),
            dice.field(1, 12, false),
            dice.field(0, 6, false),
        );
        let zone = zone(dice.one_of(&ZONES));
        let start = instant(&zone, "2025-12-31T23:00") + (dice.below(400 * 24 * 3600) as i64).seconds();
        let theirs: croner::Cron = text.parse().unwrap();
        let theirs: Vec<_> =
            theirs.iter_after(start.to_zoned(zone.clone())).map(|run| run.timestamp()).take(20).collect();
        let ours: Vec<_> = cron(&text).runs(start, &zone).map(|run| run.at).take(20).collect();
        assert_eq!(ours, theirs, "seed {seed}: `{text}` in {zone:?} from {start}");
    }
}
