//! The schedule against a model of a few lines: walk through time minute by minute with a clock on the wall whose hand is
//! never turned back, and look which of the windows it stands in.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::DateTime, tz::TimeZone};
use proptest::prelude::*;

use super::{
    super::{
        Entry, Schedule,
        days::{DateSpan, Days, Weekdays},
        hours::{DAY, Hours, Moment, SunEvent},
        sun::Location,
    },
    WALL, entry,
};

/// Zones whose clocks change by an hour, by half an hour, at midnight, on the other half of the year, or never.
const ZONES: [&str; 7] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Beirut",
    "UTC",
];

/// The model: knows clock times only.
struct Wall {
    zone: TimeZone,
    /// The latest that it has shown.
    shown: DateTime,
}

impl Wall {
    fn look(&mut self, at: Timestamp) -> DateTime {
        self.shown = self.shown.max(self.zone.to_datetime(at));
        self.shown
    }
}

fn is_on(entry: &Entry, shown: DateTime) -> bool {
    let Some(Hours { days, from: Moment::Clock(from), to: Moment::Clock(to) }) = &entry.hours else {
        return entry.hours.is_none();
    };
    let length = if to > from { to - from } else { to - from + DAY };
    [shown.date().yesterday().unwrap(), shown.date()].into_iter().any(|day| {
        let start = day.at(0, 0, 0, 0) + SignedDuration::from_secs((*from).into());
        let end = start + SignedDuration::from_secs(length.into());
        days.contains(day) && start <= shown && shown < end
    })
}

fn date_span() -> impl Strategy<Value = DateSpan> {
    let day = (1..=12_i8, 1..=28_i8);
    (day.clone(), day).prop_map(|(first, last)| DateSpan::Yearly(first, last))
}

fn days() -> impl Strategy<Value = Days> {
    let weekdays =
        prop::sample::select(vec!["MON-SUN", "MON-SUN", "TUE-SUN", "SAT-MON", "SUN", "MON,WED,FRI"]);
    (weekdays, prop::collection::vec(date_span(), 0..2), prop::collection::vec(date_span(), 0..2)).prop_map(
        |(weekdays, dates, except)| Days { weekdays: Weekdays::parse(weekdays).unwrap(), dates, except },
    )
}

/// Whole minutes; more often than not around the hours in which clocks change.
fn clock() -> impl Strategy<Value = i32> {
    prop_oneof![0..=24 * 60, 0..4 * 60, 23 * 60..=24 * 60].prop_map(|minutes| minutes * 60)
}

fn sun() -> impl Strategy<Value = Moment> {
    let bound = || prop::option::of(clock());
    let event = prop::sample::select(vec![SunEvent::Sunrise, SunEvent::Sunset]);
    (event, -360..=360_i64, bound(), bound()).prop_map(|(event, minutes, one, other)| {
        let (not_before, not_after) =
            if one.zip(other).is_some_and(|(one, other)| one > other) { (other, one) } else { (one, other) };
        Moment::Sun { event, offset: SignedDuration::from_mins(minutes), not_before, not_after }
    })
}

fn hours(moment: BoxedStrategy<Moment>) -> impl Strategy<Value = Hours> {
    (days(), moment.clone(), moment)
        .prop_map(|(days, from, to)| Hours { days, from, to })
        .prop_filter("it ends when it starts", |hours| hours.from != hours.to)
}

fn schedules(
    moment: BoxedStrategy<Moment>,
    latitude: impl Strategy<Value = f64>,
) -> impl Strategy<Value = Schedule> {
    let zone = prop::sample::select(ZONES.to_vec());
    (prop::collection::vec(hours(moment), 1..5), any::<bool>(), zone, latitude).prop_map(
        |(hours, otherwise, zone, latitude)| {
            let mut entries: Vec<Entry> =
                hours.into_iter().map(|hours| Entry { hours: Some(hours), ..entry("otherwise") }).collect();
            entries.extend(otherwise.then(|| entry("otherwise")));
            Schedule { entries, zone: super::zone(zone), location: Location::new(latitude, 13.4) }
        },
    )
}

/// Starts of the walks: in any hour of thirty years, or right before a change of the clocks.
fn start(zone: &TimeZone, minutes: i64, near: bool) -> Timestamp {
    let at = super::at("2010-01-01T00:00:00Z") + SignedDuration::from_mins(minutes);
    let change = zone.following(at).next().filter(|_| near);
    change.map_or(at, |change| change.timestamp() - 4.hours())
}

const MINUTES: i64 = 30 * 365 * 24 * 60;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_what_a_clock_on_the_wall_says_minute_by_minute(
        schedule in schedules(clock().prop_map(Moment::Clock).boxed(), Just(52.5)),
        minutes in 0..MINUTES,
        near in prop::bool::weighted(0.7),
    ) {
        let start = start(&schedule.zone, minutes, near);
        let mut wall = Wall { zone: schedule.zone.clone(), shown: schedule.zone.to_datetime(start - 3.hours()) };
        for minute in -180..30 * 60 {
            let at = start + SignedDuration::from_mins(minute);
            let shown = wall.look(at);
            if minute >= 0 {
                let expected = schedule.entries.iter().position(|entry| is_on(entry, shown));
                prop_assert_eq!(schedule.due(WALL, at), expected, "{} at {} ({})", schedule.zone.iana_name().unwrap(), at, shown);
            }
        }
    }

    #[test]
    fn between_two_changes_nothing_changes_and_each_is_one(
        schedule in schedules(
            prop_oneof![clock().prop_map(Moment::Clock), sun()].boxed(),
            prop_oneof![Just(52.5), -90.0..=90.0],
        ),
        minutes in 0..MINUTES,
        near in any::<bool>(),
    ) {
        let mut at = start(&schedule.zone, minutes, near);
        for _ in 0..6 {
            let due = schedule.due(WALL, at);
            let next = schedule.next_change(WALL, at);
            let day = at + SignedDuration::from_hours(72);
            let end = next.unwrap_or(day).min(day);
            let mut probe = at;
            while probe < end {
                prop_assert_eq!(schedule.due(WALL, probe), due, "{} before {:?}", probe, next);
                probe += SignedDuration::from_mins(7);
            }
            let Some(next) = next else { break };
            prop_assert!(next > at);
            prop_assert_eq!(schedule.due(WALL, next - SignedDuration::from_secs(1)), due);
            prop_assert_ne!(schedule.due(WALL, next), due);
            at = next;
        }
    }
}
