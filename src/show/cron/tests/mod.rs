//! The rules one by one, each with the day on which it matters. Mistakes and random walks have files of their own.

mod mistakes;
mod walk;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{CronExpression, Run, parse};

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
    insta::assert_snapshot!(runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 2), @r"
    Sun 29 Mar 2026 03:00:00 +02:00  02:30 does not exist on this day (clocks go forward): runs at 03:00
    Mon 30 Mar 2026 02:30:00 +02:00
    ");
    insta::assert_snapshot!(runs("30 2 * * *", "America/New_York", "2026-03-07T12:00", 2), @r"
    Sun 08 Mar 2026 03:00:00 -04:00  02:30 does not exist on this day (clocks go forward): runs at 03:00
    Mon 09 Mar 2026 02:30:00 -04:00
    ");
}

#[test]
fn a_fixed_time_in_the_fold_runs_the_first_time_only() {
    insta::assert_snapshot!(runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2), @r"
    Sun 25 Oct 2026 02:30:00 +02:00  02:30 happens twice on this day: runs once, the first time
    Mon 26 Oct 2026 02:30:00 +01:00
    ");
}

#[test]
fn an_interval_leaves_out_the_gap() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Europe/Berlin", "2026-03-29T01:30", 3), @r"
    Sun 29 Mar 2026 01:45:00 +01:00
    Sun 29 Mar 2026 03:00:00 +02:00
    Sun 29 Mar 2026 03:15:00 +02:00
    ");
}

#[test]
fn an_interval_goes_through_the_fold_twice_in_order() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Europe/Berlin", "2026-10-25T01:50", 9), @r"
    Sun 25 Oct 2026 02:00:00 +02:00
    Sun 25 Oct 2026 02:15:00 +02:00
    Sun 25 Oct 2026 02:30:00 +02:00
    Sun 25 Oct 2026 02:45:00 +02:00
    Sun 25 Oct 2026 02:00:00 +01:00
    Sun 25 Oct 2026 02:15:00 +01:00
    Sun 25 Oct 2026 02:30:00 +01:00
    Sun 25 Oct 2026 02:45:00 +01:00
    Sun 25 Oct 2026 03:00:00 +01:00
    ");
}

#[test]
fn a_list_in_the_fold_runs_the_first_time_only() {
    insta::assert_snapshot!(runs("0,30 2 * * *", "Europe/Berlin", "2026-10-25T01:50", 3), @r"
    Sun 25 Oct 2026 02:00:00 +02:00  02:00 happens twice on this day: runs once, the first time
    Sun 25 Oct 2026 02:30:00 +02:00  02:30 happens twice on this day: runs once, the first time
    Mon 26 Oct 2026 02:00:00 +01:00
    ");
}

#[test]
fn a_list_in_the_gap_runs_right_after_it_once() {
    insta::assert_snapshot!(runs("0,30 2-3 * * *", "Europe/Berlin", "2026-03-29T01:50", 3), @r"
    Sun 29 Mar 2026 03:00:00 +02:00  02:00 does not exist on this day (clocks go forward): runs at 03:00
    Sun 29 Mar 2026 03:30:00 +02:00
    Mon 30 Mar 2026 02:00:00 +02:00
    ");
}

#[test]
fn a_wildcard_hour_is_skipped_in_the_gap_and_doubled_in_the_fold() {
    insta::assert_snapshot!(runs("30 */2 * * *", "Europe/Berlin", "2026-03-29T00:00", 3), @r"
    Sun 29 Mar 2026 00:30:00 +01:00
    Sun 29 Mar 2026 04:30:00 +02:00
    Sun 29 Mar 2026 06:30:00 +02:00
    ");
    insta::assert_snapshot!(runs("30 */2 * * *", "Europe/Berlin", "2026-10-25T00:00", 4), @r"
    Sun 25 Oct 2026 00:30:00 +02:00
    Sun 25 Oct 2026 02:30:00 +02:00
    Sun 25 Oct 2026 02:30:00 +01:00
    Sun 25 Oct 2026 04:30:00 +01:00
    ");
}

#[test]
fn daily_where_midnight_does_not_exist_runs_at_one() {
    insta::assert_snapshot!(runs("@daily", "Africa/Cairo", "2026-04-23T12:00", 2), @r"
    Fri 24 Apr 2026 01:00:00 +03:00  00:00 does not exist on this day (clocks go forward): runs at 01:00
    Sat 25 Apr 2026 00:00:00 +03:00
    ");
}

#[test]
fn a_change_of_half_an_hour_is_no_special_case() {
    insta::assert_snapshot!(runs("*/15 * * * *", "Australia/Lord_Howe", "2026-10-04T01:45", 2), @r"
    Sun 04 Oct 2026 02:30:00 +11:00
    Sun 04 Oct 2026 02:45:00 +11:00
    ");
    insta::assert_snapshot!(runs("*/15 * * * *", "Australia/Lord_Howe", "2026-04-05T01:30", 5), @r"
    Sun 05 Apr 2026 01:45:00 +11:00
    Sun 05 Apr 2026 01:30:00 +10:30
    Sun 05 Apr 2026 01:45:00 +10:30
    Sun 05 Apr 2026 02:00:00 +10:30
    Sun 05 Apr 2026 02:15:00 +10:30
    ");
    insta::assert_snapshot!(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-05T01:00", 2), @r"
    Sun 05 Apr 2026 01:45:00 +11:00  01:45 happens twice on this day: runs once, the first time
    Mon 06 Apr 2026 01:45:00 +10:30
    ");
}

#[test]
fn a_day_that_never_was_moves_to_the_next_and_says_which() {
    insta::assert_snapshot!(runs("0 9 * * *", "Pacific/Apia", "2011-12-29T10:00", 2), @r"
    Sat 31 Dec 2011 00:00:00 +14:00  09:00 does not exist on this day (clocks go forward): runs at 2011-12-31 00:00
    Sat 31 Dec 2011 09:00:00 +14:00
    ");
}

#[test]
fn seconds_come_first_when_there_are_six_fields() {
    insta::assert_snapshot!(runs("*/20 30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", 2), @r"
    Sun 29 Mar 2026 03:00:00 +02:00  02:30 does not exist on this day (clocks go forward): runs at 03:00
    Mon 30 Mar 2026 02:30:00 +02:00
    ");
    insta::assert_snapshot!(runs("15 30 2 * * *", "Europe/Berlin", "2026-10-25T00:00", 2), @r"
    Sun 25 Oct 2026 02:30:15 +02:00  02:30:15 happens twice on this day: runs once, the first time
    Mon 26 Oct 2026 02:30:15 +01:00
    ");
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
    insta::assert_snapshot!(runs("0 9 13 * FRI", "UTC", "2026-11-01T00:00", 3), @r"
    Fri 06 Nov 2026 09:00:00 +00:00
    Fri 13 Nov 2026 09:00:00 +00:00
    Fri 20 Nov 2026 09:00:00 +00:00
    ");
    insta::assert_snapshot!(runs("0 9 */2 * MON", "UTC", "2026-11-01T00:00", 3), @r"
    Mon 09 Nov 2026 09:00:00 +00:00
    Mon 23 Nov 2026 09:00:00 +00:00
    Mon 07 Dec 2026 09:00:00 +00:00
    ");
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
