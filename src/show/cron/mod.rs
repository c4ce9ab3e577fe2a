//! Cron: when an expression is due, in the zone of the show.
//!
//! Pure: the moment to look from is an argument, nothing here knows what time it is or fires anything. The expressions
//! are ours (five fields as in crontab(5), six with the seconds first, and `@daily` and its kin); the calendar under
//! them is the `cron` crate's; what happens when the clocks change is decided here.
//!
//! # When the clocks change
//!
//! An expression whose minute or hour field starts with `*` is an **interval**: it goes by the clock on the wall, so
//! it leaves out the times that do not exist and does those that happen twice both times. Every other expression is
//! **fixed**: what would fall into the gap in spring runs right after it, once, and what would happen twice in autumn
//! runs the first time only. This is the rule of Debian's cron.

mod calendar;
mod error;
mod field;
mod parse;
pub(in crate::show) mod place;

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use self::{
    calendar::Calendar,
    place::{Place, Shift, place},
};
pub use self::{
    error::{CronError, CronProblem},
    field::Field,
};

/// How many gaps a search may pass: an interval that fell into nothing but gaps would pass one a turn, no zone has
/// more than two a year, and the calendar underneath has the 131 years from 1970 to 2100.
const GAPS_MAX: usize = 2 * 131;

/// When something is due again and again, as a person writes it: `30 2 * * *`.
///
/// Times are civil; which instants they are depends on the zone that is given with each question. Two expressions are
/// equal if they are written alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronExpression {
    text: Box<str>,
    calendar: Calendar,
    rhythm: Rhythm,
}

/// What an expression does when the clocks change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    /// Named times of day.
    Fixed,
    /// A wildcard: every so often.
    Interval,
}

/// One time at which an expression is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The instant; a whole second.
    pub at: Timestamp,
    /// What a change of the clocks did to it.
    pub note: Option<DstNote>,
}

/// What a change of the clocks did to a run, as a person should read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DstNote {
    /// The clocks go forward over it.
    Gap {
        /// The civil time that does not exist; the first if several fall into the same gap.
        missing: DateTime,
        /// The civil time at which it runs instead: the first after the gap.
        runs_at: DateTime,
    },
    /// The clocks go back over it.
    Fold {
        /// The civil time that happens twice.
        twice: DateTime,
    },
}

impl CronExpression {
    /// Reads an expression: five fields (minute, hour, day of month, month, weekday), six with the seconds first, or
    /// one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
    ///
    /// A field is a list of numbers, names, ranges and steps (`*/15`, `8-18/2`, `MON-FRI`); a range that ends before
    /// it starts wraps around (`FRI-MON`, `22-2`); both 0 and 7 are Sunday. If the day of month and the weekday are
    /// both restricted, that is neither starts with `*`, either is enough, as in crontab(5).
    ///
    /// # Errors
    ///
    /// Says which field is wrong, where, and what would be right; see [`CronProblem`]. An expression that has no run
    /// before the end of 2100, such as the 30th of February, is an error too.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let fields = parse::fields(text)?;
        let rhythm =
            if fields.minute.starred || fields.hour.starred { Rhythm::Interval } else { Rhythm::Fixed };
        Ok(Self { text: text.into(), calendar: Calendar::new(&fields, text)?, rhythm })
    }

    /// Returns the expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether it goes by the rhythm of a wildcard rather than by fixed times.
    pub fn is_interval(&self) -> bool {
        self.rhythm == Rhythm::Interval
    }

    /// Returns the first run later than `after`, or `None` if there is none before the end of 2100.
    ///
    /// Costs a few microseconds. Asking again with the run's own time gives the one after it, always later.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Run> {
        let offset = zone.to_offset(after);
        let from = whole_second(offset.to_datetime(after))?;
        let Place::Twice(fold) = place(zone, from)? else {
            return self.onward(from, zone);
        };
        let second_pass = offset == fold.after;
        match (self.rhythm, second_pass) {
            (Rhythm::Fixed, false) => self.onward(from, zone),
            (Rhythm::Fixed, true) => self.onward(just_before(fold.old_civil())?, zone),
            (Rhythm::Interval, true) => self.again(from, fold).or_else(|| self.onward(from, zone)),
            (Rhythm::Interval, false) => {
                let fold_end = fold.old_civil();
                if self.calendar.next_after(from).is_some_and(|next| next < fold_end) {
                    return self.onward(from, zone);
                }
                self.again(just_before(fold.new_civil())?, fold).or_else(|| self.onward(from, zone))
            }
        }
    }

    /// Returns the runs later than `after`, in order, up to the end of 2100.
    pub fn runs<'a>(&'a self, after: Timestamp, zone: &'a TimeZone) -> impl Iterator<Item = Run> + 'a {
        std::iter::successors(self.next_after(after, zone), |run| self.next_after(run.at, zone))
    }

    /// Finds the first run at a civil time later than `from`, the first pass of any fold.
    fn onward(&self, mut from: DateTime, zone: &TimeZone) -> Option<Run> {
        for _ in 0..GAPS_MAX {
            let civil = self.calendar.next_after(from)?;
            let fixed = self.rhythm == Rhythm::Fixed;
            match place(zone, civil)? {
                Place::Once(at) => return Some(Run { at, note: None }),
                Place::Twice(fold) => {
                    let at = fold.before.to_timestamp(civil).ok()?;
                    return Some(Run { at, note: fixed.then_some(DstNote::Fold { twice: civil }) });
                }
                Place::Never(gap) if fixed => {
                    let note = DstNote::Gap { missing: civil, runs_at: gap.new_civil() };
                    return Some(Run { at: gap.at, note: Some(note) });
                }
                Place::Never(gap) => from = just_before(gap.new_civil())?,
            }
        }
        None
    }

    /// Finds the first run at a civil time later than `from` in the second pass of a fold.
    fn again(&self, from: DateTime, fold: Shift) -> Option<Run> {
        let civil = self.calendar.next_after(from).filter(|next| *next < fold.old_civil())?;
        Some(Run { at: fold.after.to_timestamp(civil).ok()?, note: None })
    }
}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for DstNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { missing, runs_at } => {
                write!(
                    f,
                    "{} does not exist on this day (clocks go forward): runs at ",
                    time_of_day(*missing)
                )?;
                if missing.date() != runs_at.date() {
                    write!(f, "{} ", runs_at.date())?;
                }
                write!(f, "{}", time_of_day(*runs_at))
            }
            Self::Fold { twice } => {
                write!(f, "{} happens twice on this day: runs once, the first time", time_of_day(*twice))
            }
        }
    }
}

/// Returns the time of day, with its seconds only if it has any.
fn time_of_day(civil: DateTime) -> impl fmt::Display {
    civil.strftime(if civil.second() == 0 { "%H:%M" } else { "%H:%M:%S" })
}

fn whole_second(civil: DateTime) -> Option<DateTime> {
    civil.with().subsec_nanosecond(0).build().ok()
}

/// Returns the moment whose next second is `civil`, so that a search from there includes `civil`.
fn just_before(civil: DateTime) -> Option<DateTime> {
    civil.checked_sub(jiff::SignedDuration::from_secs(1)).ok()
}
