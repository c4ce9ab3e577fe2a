//! What is due by hand: order, midnight, changes of the clocks, the sun.

use jiff::SignedDuration;

use super::{
    super::{
        LOOK_AHEAD, Schedule,
        hours::{Moment, SunEvent},
        sun::Location,
    },
    WALL, at, entry, schedule, told,
};
use crate::show::{event::StreamIndex, sheet::Streams};

#[test]
fn the_first_entry_from_the_top_that_is_on_is_due() {
    let schedule = schedule(
        "Europe/Berlin",
        &["2026-12-24..2026-12-26 10:00 14:00", "TUE-SUN 10:00 18:00", "FRI 22:00 02:00", "otherwise"],
    );
    insta::assert_snapshot!(told(&schedule, "2026-12-23T00:00:00Z", "2026-12-27T12:00:00Z"), @r"
    Wed 23 Dec 01:00 +01:00 otherwise
    Wed 23 Dec 10:00 +01:00 TUE-SUN 10:00 to 18:00
    Wed 23 Dec 18:00 +01:00 otherwise
    Thu 24 Dec 10:00 +01:00 2026-12-24..2026-12-26 10:00 to 14:00
    Thu 24 Dec 14:00 +01:00 TUE-SUN 10:00 to 18:00
    Thu 24 Dec 18:00 +01:00 otherwise
    Fri 25 Dec 10:00 +01:00 2026-12-24..2026-12-26 10:00 to 14:00
    Fri 25 Dec 14:00 +01:00 TUE-SUN 10:00 to 18:00
    Fri 25 Dec 18:00 +01:00 otherwise
    Fri 25 Dec 22:00 +01:00 FRI 22:00 to 02:00
    Sat 26 Dec 02:00 +01:00 otherwise
    Sat 26 Dec 10:00 +01:00 2026-12-24..2026-12-26 10:00 to 14:00
    Sat 26 Dec 14:00 +01:00 TUE-SUN 10:00 to 18:00
    Sat 26 Dec 18:00 +01:00 otherwise
    Sun 27 Dec 10:00 +01:00 TUE-SUN 10:00 to 18:00
    ");
}

#[test]
fn a_time_that_does_not_exist_is_right_after_the_gap_and_one_that_exists_twice_is_the_first() {
    let schedule =
        schedule("Europe/Berlin", &["SUN 02:15 02:45", "SUN 01:00 02:30", "SUN 02:30 04:00", "otherwise"]);
    insta::assert_snapshot!(told(&schedule, "2026-03-28T20:00:00Z", "2026-03-29T12:00:00Z"), @r"
    Sat 28 Mar 21:00 +01:00 otherwise
    Sun 29 Mar 01:00 +01:00 SUN 01:00 to 02:30
    Sun 29 Mar 03:00 +02:00 SUN 02:30 to 04:00 (02:30 does not exist on this day, the clocks go forward: right after)
    Sun 29 Mar 04:00 +02:00 otherwise
    ");
    insta::assert_snapshot!(told(&schedule, "2026-10-24T20:00:00Z", "2026-10-25T12:00:00Z"), @r"
    Sat 24 Oct 22:00 +02:00 otherwise
    Sun 25 Oct 01:00 +02:00 SUN 01:00 to 02:30
    Sun 25 Oct 02:15 +02:00 SUN 02:15 to 02:45 (02:15 happens twice on this day: the first time)
    Sun 25 Oct 02:45 +02:00 SUN 02:30 to 04:00
    Sun 25 Oct 04:00 +01:00 otherwise
    ");
    // A window over the change itself is an hour shorter, or longer.
    let night = self::schedule("Europe/Berlin", &["SAT 22:00 06:00"]);
    let lengths = ["2026-03-28T20:59:00Z", "2026-10-24T19:59:00Z", "2026-11-21T20:59:00Z"].map(|from| {
        let start = night.next_change(WALL, at(from)).unwrap();
        night.next_change(WALL, start).unwrap().duration_since(start).as_hours()
    });
    assert_eq!(lengths, [7, 9, 8]);
}

#[test]
fn a_day_that_a_country_left_out_has_no_windows() {
    // Samoa went from Thursday 29 to Saturday 31 December 2011.
    let schedule = schedule("Pacific/Apia", &["FRI 10:00 12:00", "SAT 10:00 12:00"]);
    insta::assert_snapshot!(told(&schedule, "2011-12-29T00:00:00Z", "2012-01-02T00:00:00Z"), @r"
    Wed 28 Dec 14:00 -10:00 nothing
    Sat 31 Dec 10:00 +14:00 SAT 10:00 to 12:00
    Sat 31 Dec 12:00 +14:00 nothing
    ");
}

#[test]
fn windows_follow_the_sun_within_their_bounds() {
    let mut schedule =
        schedule("Europe/Berlin", &["MON-SUN sunset-60 23:00", "MON-SUN sunrise+30 sunset-60"]);
    insta::assert_snapshot!(told(&schedule, "2026-06-21T00:00:00Z", "2026-06-22T12:00:00Z"), @r"
    Sun 21 Jun 02:00 +02:00 nothing
    Sun 21 Jun 05:13 +02:00 daily sunrise+30m to sunset-1h
    Sun 21 Jun 20:33 +02:00 daily sunset-1h to 23:00
    Sun 21 Jun 23:00 +02:00 nothing
    Mon 22 Jun 05:13 +02:00 daily sunrise+30m to sunset-1h
    ");
    insta::assert_snapshot!(told(&schedule, "2026-12-21T00:00:00Z", "2026-12-22T12:00:00Z"), @r"
    Mon 21 Dec 01:00 +01:00 nothing
    Mon 21 Dec 08:45 +01:00 daily sunrise+30m to sunset-1h
    Mon 21 Dec 14:54 +01:00 daily sunset-1h to 23:00
    Mon 21 Dec 23:00 +01:00 nothing
    Tue 22 Dec 08:45 +01:00 daily sunrise+30m to sunset-1h
    ");
    let hours = schedule.entries[0].hours.as_mut().unwrap();
    let bound = |seconds| Some(seconds * 3600);
    hours.from = Moment::Sun {
        event: SunEvent::Sunset,
        offset: SignedDuration::from_mins(-60),
        not_before: bound(16),
        not_after: bound(20),
    };
    schedule.entries.truncate(1);
    insta::assert_snapshot!(told(&schedule, "2026-06-21T00:00:00Z", "2026-06-21T22:00:00Z"), @r"
    Sun 21 Jun 02:00 +02:00 nothing
    Sun 21 Jun 20:00 +02:00 daily sunset-1h not before 16:00 not after 20:00 to 23:00
    Sun 21 Jun 23:00 +02:00 nothing
    ");
    insta::assert_snapshot!(told(&schedule, "2026-12-21T00:00:00Z", "2026-12-21T22:00:00Z"), @r"
    Mon 21 Dec 01:00 +01:00 nothing
    Mon 21 Dec 16:00 +01:00 daily sunset-1h not before 16:00 not after 20:00 to 23:00
    ");
}

#[test]
fn where_the_sun_stays_up_the_day_has_24_hours_and_where_it_stays_down_none() {
    let tromso = Schedule {
        location: Location::new(69.65, 18.96),
        ..schedule("Europe/Oslo", &["MON-SUN sunrise sunset", "MON-SUN sunset sunrise"])
    };
    // Midnight sun: one entry for weeks, and no edge at any midnight.
    assert_eq!(tromso.due(WALL, at("2026-06-21T00:00:00Z")), Some(0));
    let end = tromso.next_change(WALL, at("2026-06-10T00:00:00Z")).unwrap();
    assert!((at("2026-07-22T00:00:00Z")..at("2026-07-28T00:00:00Z")).contains(&end), "{end}");
    // Polar night likewise.
    assert_eq!(tromso.due(WALL, at("2026-12-21T11:00:00Z")), Some(1));
    let end = tromso.next_change(WALL, at("2026-12-10T00:00:00Z")).unwrap();
    assert!((at("2027-01-13T00:00:00Z")..at("2027-01-18T00:00:00Z")).contains(&end), "{end}");
    insta::assert_snapshot!(told(&tromso, "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z"), @r"
    Wed 25 Nov 01:00 +01:00 daily sunset to sunrise
    Wed 25 Nov 10:43 +01:00 daily sunrise to sunset
    Wed 25 Nov 12:18 +01:00 daily sunset to sunrise
    Thu 26 Nov 10:57 +01:00 daily sunrise to sunset
    Thu 26 Nov 12:05 +01:00 daily sunset to sunrise
    ");
}

#[test]
fn from_sunset_to_eleven_is_nothing_where_the_sun_sets_at_midnight() {
    let oulu = Schedule {
        location: Location::new(65.01, 25.47),
        ..schedule("Europe/Helsinki", &["MON-SUN sunset 23:00"])
    };
    // In June the sun sets after 23:00; that is no reason to be on until the next evening.
    assert_eq!(
        oulu.next_change(WALL, at("2026-06-10T12:00:00Z"))
            .map(|at| at > "2026-07-01T00:00:00Z".parse().unwrap()),
        Some(true)
    );
    assert_eq!(oulu.due(WALL, at("2026-06-21T12:00:00Z")), None);
}

#[test]
fn the_noon_of_a_date_is_the_one_in_it_also_beyond_the_date_line() {
    // Kiritimati is at 157° west and has the date of the east.
    let line = Schedule {
        location: Location::new(1.87, -157.4),
        ..schedule("Pacific/Kiritimati", &["MON sunrise sunset"])
    };
    insta::assert_snapshot!(told(&line, "2026-03-20T00:00:00Z", "2026-03-25T00:00:00Z"), @r"
    Fri 20 Mar 14:00 +14:00 nothing
    Mon 23 Mar 06:33 +14:00 MON sunrise to sunset
    Mon 23 Mar 18:40 +14:00 nothing
    ");
}

#[test]
fn each_stream_has_its_own() {
    let mut schedule = schedule("UTC", &["MON-SUN 10:00 18:00", "MON-SUN 12:00 20:00"]);
    schedule.entries[0].streams = Streams::Some(vec![StreamIndex(1)]);
    let noon = at("2026-11-23T13:00:00Z");
    let due = [0, 1].map(|stream| schedule.due(StreamIndex(stream), noon));
    assert_eq!(due, [Some(1), Some(0)]);
    assert!(schedule.concerns(WALL));
    schedule.entries.pop();
    assert!(!schedule.concerns(WALL));
}

#[test]
fn what_never_changes_is_looked_for_and_not_found() {
    let after = at("2026-11-22T00:00:00Z");
    for entries in [&[][..], &["otherwise"], &["MON-SUN", "MON 10:00 12:00"], &["2020-01-01 10:00 12:00"]] {
        assert_eq!(schedule("Europe/Berlin", entries).next_change(WALL, after), None, "{entries:?}");
    }
    // What comes once in four years is found when it is near.
    let leap = schedule("UTC", &["02-29"]);
    let day = at("2028-02-29T00:00:00Z");
    assert_eq!(leap.next_change(WALL, after), None);
    assert_eq!(leap.next_change(WALL, day - LOOK_AHEAD), Some(day));
}

#[test]
fn an_entry_tells_when_it_is_on() {
    let told = [
        "otherwise",
        "TUE-SUN 10:00 18:00",
        "MON-SUN sunset-60 23:00",
        "12-24..12-26",
        "FRI sunrise+90 12:30",
    ]
    .map(|text| entry(text).to_string());
    let expected = [
        "otherwise",
        "TUE-SUN 10:00 to 18:00",
        "daily sunset-1h to 23:00",
        "12-24..12-26",
        "FRI sunrise+1h30m to 12:30",
    ];
    assert_eq!(told, expected);
}
