//! From when to when something is on, on the days that it is: clock times and events of the sun, as instants in a zone.
//!
//! # When the clocks change
//!
//! A time that does not exist on a day is the first instant after the gap; one that exists twice is the first of the two.
//! So whatever ends at a time ends when that begins which begins at it, on every day of the year.

use std::fmt;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{
    days::Days,
    sun::{Location, Polar},
};
use crate::show::cron::place::{Place, place};

/// How long a day is on the clock, in seconds.
pub const DAY: i32 = 24 * 3600;
/// How far from an event of the sun a moment may be: what is further is nearer to the next one.
pub const OFFSET_MAX: SignedDuration = SignedDuration::from_hours(6);
/// Where events of the sun are taken to be on the clock, to tell whether an end is on the next day.
const SUNRISE_USUAL: i32 = 6 * 3600;
const SUNSET_USUAL: i32 = 18 * 3600;

/// Days, and from when to when on each of them.
///
/// An end that is not after its start is on the next day; the window belongs to the day that it starts on. Whether it is
/// after is decided once for all days, with sunrise at 06:00 and sunset at 18:00: from sunset to 23:00 is nothing on a
/// night whose sun sets later, and not a day and a night.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    /// On which days it starts.
    pub days: Days,
    /// When it starts.
    pub from: Moment,
    /// When it ends.
    pub to: Moment,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// What the clock shows, in seconds from midnight; up to and including [`DAY`].
    Clock(i32),
    /// What the sun does.
    Sun {
        /// What.
        event: SunEvent,
        /// How much later; negative for earlier; at most [`OFFSET_MAX`] either way.
        offset: SignedDuration,
        /// Not before this time of the clock.
        not_before: Option<i32>,
        /// Not after this time of the clock.
        not_after: Option<i32>,
    },
}

/// What the sun does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SunEvent {
    /// It comes up.
    Sunrise,
    /// It goes down.
    Sunset,
}

/// From one instant to another, the second not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it starts.
    pub start: Timestamp,
    /// When it ends; after the start.
    pub end: Timestamp,
    /// What is unusual about the start.
    pub note: Option<Note>,
}

/// What is unusual about a moment on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The clocks go forward over this time; the moment is right after.
    Gap(Time),
    /// The clocks go back over this time; the moment is the first of two.
    Twice(Time),
    /// The sun does not set; the moment is its lowest point.
    PolarDay,
    /// The sun does not rise; the moment is noon.
    PolarNight,
}

impl Hours {
    /// Returns the window that starts on `date`; `None` on other days, on days on which it is empty, and where it hangs on
    /// the sun of a place that is not given.
    pub fn window(&self, date: Date, zone: &TimeZone, location: Option<&Location>) -> Option<Window> {
        if !self.days.contains(date) {
            return None;
        }
        let end_date = if self.ends_next_day() { date.tomorrow().ok()? } else { date };
        let (start, note) = self.from.on(date, zone, location)?;
        let (end, _) = self.to.on(end_date, zone, location)?;
        (start < end).then_some(Window { start, end, note })
    }

    /// Returns whether it ends on the day after the one that it starts on.
    pub fn ends_next_day(&self) -> bool {
        let (from, to) = (self.from.usual(), self.to.usual());
        match (self.from, self.to) {
            (Moment::Clock(_), Moment::Clock(_)) => to <= from,
            _ => to < from,
        }
    }
}

impl Moment {
    /// Returns the instant on a day; `None` where it hangs on the sun and that cannot be said.
    pub(in crate::show) fn instant(
        self,
        date: Date,
        zone: &TimeZone,
        location: &Location,
    ) -> Option<Timestamp> {
        self.on(date, zone, Some(location)).map(|(at, _)| at)
    }

    /// Returns the instant on a day, and what is unusual about it.
    fn on(
        self,
        date: Date,
        zone: &TimeZone,
        location: Option<&Location>,
    ) -> Option<(Timestamp, Option<Note>)> {
        let (event, offset, not_before, not_after) = match self {
            Self::Clock(seconds) => return clock(date, seconds, zone),
            Self::Sun { event, offset, not_before, not_after } => (event, offset, not_before, not_after),
        };
        let (midday, _) = clock(date, DAY / 2, zone)?;
        let sun = location?.day(midday)?;
        let at = match event {
            SunEvent::Sunrise => sun.sunrise,
            SunEvent::Sunset => sun.sunset,
        };
        let at = at.checked_add(offset).ok()?;
        let note = sun.polar.map(|polar| match polar {
            Polar::Day => Note::PolarDay,
            Polar::Night => Note::PolarNight,
        });
        let bound = |seconds: Option<i32>| seconds.and_then(|seconds| clock(date, seconds, zone));
        match (bound(not_before), bound(not_after)) {
            (Some((low, note)), _) if at < low => Some((low, note)),
            (_, Some((high, note))) if at > high => Some((high, note)),
            _ => Some((at, note)),
        }
    }

    /// Returns the time of the clock that it is taken for when windows are told from their opposites.
    fn usual(self) -> i32 {
        match self {
            Self::Clock(seconds) => seconds,
            Self::Sun { event, offset, not_before, not_after } => {
                let event = match event {
                    SunEvent::Sunrise => SUNRISE_USUAL,
                    SunEvent::Sunset => SUNSET_USUAL,
                };
                let offset = i32::try_from(offset.as_secs()).unwrap_or_default();
                (event + offset).max(not_before.unwrap_or(0)).min(not_after.unwrap_or(DAY))
            }
        }
    }

    /// Returns whether it hangs on the sun.
    pub fn needs_location(self) -> bool {
        matches!(self, Self::Sun { .. })
    }
}

/// Returns the instant of a time of the clock on a day, and whether the clocks change over it.
pub(super) fn clock(date: Date, seconds: i32, zone: &TimeZone) -> Option<(Timestamp, Option<Note>)> {
    let civil: DateTime =
        date.to_datetime(Time::midnight()).checked_add(SignedDuration::from_secs(seconds.into())).ok()?;
    match place(zone, civil)? {
        Place::Once(at) => Some((at, None)),
        Place::Never(gap) => Some((gap.at, Some(Note::Gap(civil.time())))),
        Place::Twice(fold) => Some((fold.before.to_timestamp(civil).ok()?, Some(Note::Twice(civil.time())))),
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { days, from, to } = self;
        match days.dates.as_slice() {
            [] => write!(f, "{}", days.weekdays)?,
            dates => {
                for (index, date) in dates.iter().enumerate() {
                    write!(f, "{}{date}", if index > 0 { "," } else { "" })?;
                }
                if days.weekdays != super::days::Weekdays::ALL {
                    write!(f, " {}", days.weekdays)?;
                }
            }
        }
        match (from, to) {
            (Moment::Clock(0), Moment::Clock(DAY)) => Ok(()),
            _ => write!(f, " {from} to {to}"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Sun { event, offset, not_before, not_after } = self else {
            let Self::Clock(seconds) = *self else { return Ok(()) };
            return write_clock(f, seconds);
        };
        f.write_str(match event {
            SunEvent::Sunrise => "sunrise",
            SunEvent::Sunset => "sunset",
        })?;
        if !offset.is_zero() {
            let sign = if offset.is_negative() { '-' } else { '+' };
            let length = crate::show::duration::text(offset.unsigned_abs()).replace(' ', "");
            write!(f, "{sign}{length}")?;
        }
        for (word, bound) in [("not before", not_before), ("not after", not_after)] {
            if let Some(seconds) = *bound {
                write!(f, " {word} ")?;
                write_clock(f, seconds)?;
            }
        }
        Ok(())
    }
}

/// Writes a time of the clock, with its seconds only if it has any.
fn write_clock(f: &mut fmt::Formatter<'_>, seconds: i32) -> fmt::Result {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    write!(f, "{:02}:{:02}", minutes / 60, minutes % 60)?;
    if rest == 0 { Ok(()) } else { write!(f, ":{rest:02}") }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &Time| time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" });
        match self {
            Self::Gap(missing) => {
                write!(f, "{} does not exist on this day, the clocks go forward: right after", time(missing))
            }
            Self::Twice(twice) => write!(f, "{} happens twice on this day: the first time", time(twice)),
            Self::PolarDay => f.write_str("the sun does not set: its lowest point"),
            Self::PolarNight => f.write_str("the sun does not rise: noon"),
        }
    }
}
