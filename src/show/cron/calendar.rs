//! The calendar under an expression: civil times, without zones. Knows of no offset and no change of the clocks.
//!
//! The `cron` crate does the arithmetic, in UTC as a stand-in for civil time: it is wrong about zones whose clocks
//! change, and in UTC it has nothing to be wrong about. Its years end with 2100.

use std::str::FromStr;

use ::cron::Schedule;
use chrono::{DateTime as StandIn, Datelike, NaiveDate, Timelike, Utc};
use jiff::civil::{DateTime, date};

use super::{
    error::{CronError, CronProblem},
    field::{Field, FieldSet},
    parse::Fields,
};

/// Which civil times an expression names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    first: Schedule,
    /// The same times of day on other days, for an expression that restricts both day fields.
    second: Option<Schedule>,
}

impl Calendar {
    /// Makes the calendar of a checked expression; `text` is only for the error's place.
    pub(super) fn new(fields: &Fields, text: &str) -> Result<Self, CronError> {
        let schedule = |day: &str, weekday: &str| {
            let canonical = format!(
                "{} {} {} {day} {} {weekday}",
                list(Field::Second, fields.second),
                list(Field::Minute, fields.minute),
                list(Field::Hour, fields.hour),
                list(Field::Month, fields.month),
            );
            Schedule::from_str(&canonical)
                .map_err(|error| CronError::new(CronProblem::NotUnderstood(error.to_string()), 0..text.len()))
        };
        let day = list(Field::Day, fields.day);
        let weekday = list(Field::Weekday, fields.weekday);
        let calendar = if fields.day.starred || fields.weekday.starred {
            Self { first: schedule(&day, &weekday)?, second: None }
        } else {
            Self { first: schedule(&day, "*")?, second: Some(schedule("*", &weekday)?) }
        };
        match calendar.next_after(date(1970, 1, 1).at(0, 0, 0, 0)) {
            Some(_) => Ok(calendar),
            None => Err(CronError::new(CronProblem::NoSuchDay, 0..text.len())),
        }
    }

    /// Returns the first civil time later than `after`, which is a whole second; `None` after 2100.
    pub(super) fn next_after(&self, after: DateTime) -> Option<DateTime> {
        let after = to_stand_in(after)?;
        let first = self.first.after(&after).next();
        let second = self.second.as_ref().and_then(|schedule| schedule.after(&after).next());
        first.into_iter().chain(second).min().and_then(from_stand_in)
    }
}

/// Writes the values of a field as the engine wants them.
fn list(field: Field, set: FieldSet) -> String {
    if set.holds_all(field) {
        return "*".to_owned();
    }
    // The engine counts weekdays from 1 for Sunday, crontab(5) from 0.
    let shift = u8::from(field == Field::Weekday);
    let values: Vec<String> = set.values().map(|value| (value + shift).to_string()).collect();
    values.join(",")
}

fn to_stand_in(civil: DateTime) -> Option<StandIn<Utc>> {
    let date = NaiveDate::from_ymd_opt(
        i32::from(civil.year()),
        u32::from(civil.month().unsigned_abs()),
        u32::from(civil.day().unsigned_abs()),
    )?;
    let time = date.and_hms_opt(
        u32::from(civil.hour().unsigned_abs()),
        u32::from(civil.minute().unsigned_abs()),
        u32::from(civil.second().unsigned_abs()),
    )?;
    Some(time.and_utc())
}

fn from_stand_in(time: StandIn<Utc>) -> Option<DateTime> {
    DateTime::new(
        i16::try_from(time.year()).ok()?,
        i8::try_from(time.month()).ok()?,
        i8::try_from(time.day()).ok()?,
        i8::try_from(time.hour()).ok()?,
        i8::try_from(time.minute()).ok()?,
        i8::try_from(time.second()).ok()?,
        0,
    )
    .ok()
}
