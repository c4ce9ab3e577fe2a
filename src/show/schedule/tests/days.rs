//! Weekdays and dates.

use jiff::civil::{Date, date};

use super::super::days::{DateSpan, Days, Weekdays};

#[test]
fn weekdays_are_read_as_people_write_them_and_told_as_short_as_can_be() {
    for (text, told) in [
        ("MON", "MON"),
        ("tue-Sun", "TUE-SUN"),
        ("FRI-MON", "FRI-MON"),
        ("MON, WED-FRI", "MON,WED-FRI"),
        ("SAT,SUN,MON", "SAT-MON"),
        ("MON-SUN", "daily"),
        ("SUN-SAT", "daily"),
        ("WED-WED", "WED"),
    ] {
        assert_eq!(Weekdays::parse(text).unwrap().to_string(), told, "{text}");
    }
    for (text, part) in
        [("", ""), ("MON-", "MON-"), ("MON,Tuesday", "Tuesday"), ("MON-FRI-SUN", "MON-FRI-SUN")]
    {
        assert_eq!(Weekdays::parse(text), Err(part), "{text}");
    }
}

#[test]
fn a_range_of_dates_holds_both_its_ends_and_may_go_over_the_new_year() {
    let contains = |span: &str, date: Date| DateSpan::parse(span).unwrap().contains(date);
    assert!(contains("2026-12-24", date(2026, 12, 24)) && !contains("2026-12-24", date(2027, 12, 24)));
    let holidays = "2026-12-31..2027-01-06";
    let days = [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 6), date(2027, 1, 7)];
    assert_eq!(days.map(|day| contains(holidays, day)), [false, true, true, false]);
    let days = [date(2030, 12, 23), date(2030, 12, 24), date(2031, 1, 6), date(2031, 1, 7)];
    assert_eq!(days.map(|day| contains("12-24..01-06", day)), [false, true, true, false]);
    assert!(contains("02-29", date(2028, 2, 29)) && !contains("02-29", date(2027, 3, 1)));
    for text in ["2026-12-24", "2026-12-31..2027-01-06", "12-24", "12-24..01-06"] {
        assert_eq!(DateSpan::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_date_says_why() {
    for (text, why) in [
        ("2026-02-29", "there is no day 2026-02-29"),
        ("02-30", "there is no day 02-30"),
        ("24.12.", "`24.12.` is not a date"),
        ("2026-1-2", "`2026-1-2` is not a date"),
        ("2027-01-06..2026-12-31", "2026-12-31 is before 2027-01-06"),
        ("2026-12-24..12-26", "one end has a year and the other has none"),
        ("..", "`` is not a date"),
    ] {
        assert_eq!(DateSpan::parse(text), Err(why.to_owned()), "{text}");
    }
}

#[test]
fn a_day_is_one_of_the_weekdays_and_of_the_dates_and_not_excepted() {
    let days = Days {
        weekdays: Weekdays::parse("SAT-SUN").unwrap(),
        dates: vec![DateSpan::parse("12-01..12-31").unwrap()],
        except: vec![DateSpan::parse("2026-12-26").unwrap()],
    };
    // A Saturday in November, a Friday, a Saturday, the excepted Saturday, and the day after.
    let dates =
        [date(2026, 11, 28), date(2026, 12, 4), date(2026, 12, 5), date(2026, 12, 26), date(2026, 12, 27)];
    assert_eq!(dates.map(|day| days.contains(day)), [false, false, true, false, true]);
}
