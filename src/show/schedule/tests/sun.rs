//! The sun against almanacs.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::sun::{Location, Polar, SunDay},
    at,
};

fn sun(latitude: f64, longitude: f64, midday: &str) -> SunDay {
    Location::new(latitude, longitude).unwrap().day(at(midday)).unwrap()
}

fn is_near(one: Timestamp, other: Timestamp, minutes: i64) -> bool {
    one.duration_since(other).abs() <= SignedDuration::from_mins(minutes)
}

/// London from timeanddate.com; the others from the tests of commons-suncalc, whose method is another (Montenbruck).
/// All in UTC.
#[test]
fn sunrise_and_sunset_are_those_of_almanacs_to_two_minutes() {
    let (london, cologne) = ((51.5074, -0.1278), (50.938_056, 6.956_944));
    let (wellington, williams) = ((-41.2875, 174.776_111), (-54.933_333, -67.616_667));
    let (singapore, martinique) = ((1.283_333, 103.833_333), (14.640_725, -61.0112));
    let (sydney, alert) = ((-33.744_272, 151.231_291), (82.5, -62.316_667));
    for ((latitude, longitude), sunrise, sunset) in [
        (london, "2015-01-01T08:06:00Z", "2015-01-01T16:01:00Z"),
        (london, "2015-12-01T07:43:00Z", "2015-12-01T15:55:00Z"),
        (london, "2015-12-12T07:56:00Z", "2015-12-12T15:51:00Z"),
        (london, "2015-12-25T08:05:00Z", "2015-12-25T15:55:00Z"),
        (cologne, "2017-08-10T04:11:49Z", "2017-08-10T19:02:20Z"),
        (wellington, "2017-08-09T19:18:33Z", "2017-08-10T05:34:50Z"),
        (williams, "2017-08-10T12:01:51Z", "2017-08-10T21:10:36Z"),
        (singapore, "2017-08-09T23:05:13Z", "2017-08-10T11:14:56Z"),
        (martinique, "2019-07-01T09:38:35Z", "2019-07-01T22:37:23Z"),
        (sydney, "2019-07-02T21:00:35Z", "2019-07-03T06:58:02Z"),
        (alert, "2017-09-24T09:54:29Z", "2017-09-24T22:02:01Z"),
    ] {
        let midday = at(sunrise) + at(sunset).duration_since(at(sunrise)) / 2;
        let day = Location::new(latitude, longitude).unwrap().day(midday).unwrap();
        assert!(is_near(day.sunrise, at(sunrise), 2), "{latitude} {longitude}: {day:?}, not {sunrise}");
        assert!(is_near(day.sunset, at(sunset), 2), "{latitude} {longitude}: {day:?}, not {sunset}");
        assert_eq!(day.polar, None);
    }
}

/// Lengths of the longest and the shortest day, and of one near the equinox, from the same almanac of 2024.
#[test]
fn days_are_as_long_as_they_are_at_solstices_and_equinoxes() {
    let hours = |latitude, longitude, midday: &str| {
        let day = sun(latitude, longitude, midday);
        day.sunset.duration_since(day.sunrise).as_mins()
    };
    for (latitude, longitude, summer, spring, winter) in [
        // Berlin, New York, Reykjavik.
        (52.52, 13.405, 16 * 60 + 50, 12 * 60 + 10, 7 * 60 + 39),
        (40.7128, -74.006, 15 * 60 + 5, 12 * 60 + 8, 9 * 60 + 15),
        (64.1466, -21.9426, 21 * 60 + 8, 12 * 60 + 14, 4 * 60 + 7),
    ] {
        let told = [
            hours(latitude, longitude, "2024-06-20T12:00:00Z"),
            hours(latitude, longitude, "2024-03-20T12:00:00Z"),
            hours(latitude, longitude, "2024-12-21T12:00:00Z"),
        ];
        let off = told.iter().zip([summer, spring, winter]).map(|(told, known)| (told - known).abs());
        assert!(off.max() <= Some(4), "{latitude}: {told:?}");
    }
    // On the equator every day is the same.
    for month in 1..=12 {
        let minutes = hours(0.0, -78.5, &format!("2026-{month:02}-15T17:00:00Z"));
        assert!((12 * 60 + 5..=12 * 60 + 8).contains(&minutes), "{month}: {minutes}");
    }
}

#[test]
fn a_sun_that_does_not_cross_the_horizon_does_it_at_its_lowest_or_highest_point_without_a_gap() {
    // Alert: 24 hours of sun in August, none in February; commons-suncalc says so, and when noon is.
    let day = sun(82.5, -62.316_667, "2017-08-10T16:00:00Z");
    assert_eq!(day.polar, Some(Polar::Day));
    assert!(is_near(day.sunrise, at("2017-08-10T04:13:14Z"), 2), "{day:?}");
    assert!(is_near(day.sunset, at("2017-08-11T04:13:14Z"), 2), "{day:?}");
    let day = sun(82.5, -62.316_667, "2017-02-10T16:00:00Z");
    assert_eq!((day.polar, day.sunrise), (Some(Polar::Night), day.sunset));
    assert!(is_near(day.sunrise, at("2017-02-10T16:25:09Z"), 2), "{day:?}");
    // Tromsø through a year: one sunset after the other, and in summer each is the next sunrise.
    let mut last: Option<SunDay> = None;
    let mut polar = [0, 0];
    for number in 0..366 {
        let midday = at("2026-01-01T11:00:00Z") + SignedDuration::from_hours(24 * number);
        let day = Location::new(69.65, 18.96).unwrap().day(midday).unwrap();
        assert!(day.sunrise <= day.sunset, "{day:?}");
        if let Some(last) = last {
            assert!(last.sunset <= day.sunrise, "{last:?} {day:?}");
            if (last.polar, day.polar) == (Some(Polar::Day), Some(Polar::Day)) {
                assert_eq!(last.sunset, day.sunrise);
            }
        }
        polar[0] += i32::from(day.polar == Some(Polar::Day));
        polar[1] += i32::from(day.polar == Some(Polar::Night));
        last = Some(day);
    }
    // From 18 or 20 May to 22 or 26 July, and from 27 November to 15 January, by the town's own reckoning.
    assert!((62..=72).contains(&polar[0]) && (45..=52).contains(&polar[1]), "{polar:?}");
}

#[test]
fn no_place_and_no_time_breaks_the_sun() {
    for latitude in [-90.0, -89.999, -66.56, 0.0, 66.56, 90.0] {
        for longitude in [-180.0, -0.0, 180.0] {
            for midday in [
                "0001-01-01T00:00:00Z",
                "1970-01-01T00:00:00Z",
                "2026-03-20T12:00:00Z",
                "9000-06-21T12:00:00Z",
            ] {
                let day = sun(latitude, longitude, midday);
                assert!(day.sunrise <= day.sunset, "{latitude} {longitude} {midday} {day:?}");
                let far = day.sunset.duration_since(at(midday)).abs();
                assert!(far < SignedDuration::from_hours(26), "{latitude} {longitude} {midday} {day:?}");
            }
        }
    }
}
