//! On which days something is: weekdays, dates, and exceptions from both. Civil dates only; knows no zone.

use std::fmt;

use jiff::civil::{Date, Weekday};

/// The weekdays as a show file calls them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
/// A leap year, so that every day of a year is one of it.
const LEAP_YEAR: i16 = 2028;

/// Some weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

/// One date, or all from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateSpan {
    /// Of these years.
    Once(Date, Date),
    /// Of every year, as months and days; it goes over the new year if the second is before the first.
    Yearly((i8, i8), (i8, i8)),
}

/// Some days: those that are one of the weekdays and, if there are dates, one of them, and not excepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// Which weekdays.
    pub weekdays: Weekdays,
    /// Which dates; empty for every date.
    pub dates: Vec<DateSpan>,
    /// Which dates not.
    pub except: Vec<DateSpan>,
}

impl Default for Days {
    fn default() -> Self {
        Self { weekdays: Weekdays::ALL, dates: Vec::new(), except: Vec::new() }
    }
}

impl Days {
    /// Returns whether `date` is one of them.
    pub fn contains(&self, date: Date) -> bool {
        let among = |spans: &[DateSpan]| spans.iter().any(|span| span.contains(date));
        self.weekdays.contains(date.weekday())
            && (self.dates.is_empty() || among(&self.dates))
            && !among(&self.except)
    }
}

impl Weekdays {
    /// Every weekday.
    pub const ALL: Self = Self(0b111_1111);

    /// Reads a day, a range, or several of them: `MON`, `TUE-SUN`, `FRI-MON`, `MON, WED-FRI`.
    ///
    /// # Errors
    ///
    /// The part that is none.
    pub fn parse(text: &str) -> Result<Self, &str> {
        let mut days = 0;
        for part in text.split(',').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Some(first), Some(last)) = (number(first), number(last)) else { return Err(part) };
            days |= 1 << last;
            let mut day = first;
            while day != last {
                days |= 1 << day;
                day = (day + 1) % 7;
            }
        }
        Ok(Self(days))
    }

    /// Returns those of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether `day` is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.has(day.to_monday_zero_offset())
    }

    fn has(self, number: i8) -> bool {
        self.0 >> number & 1 == 1
    }
}

fn number(name: &str) -> Option<i8> {
    let at = WEEKDAYS.iter().position(|known| known.eq_ignore_ascii_case(name.trim()))?;
    i8::try_from(at).ok()
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("daily");
        }
        let name = |day: i8| WEEKDAYS[usize::from(day.unsigned_abs()) % 7];
        // Each run of days begins after one that is not among them, so that one over the weekend stays one.
        let starts = (0..7).filter(|day| self.has(*day) && !self.has((day + 6) % 7));
        for (index, first) in starts.enumerate() {
            let length = (1..7).find(|length| !self.has((first + length) % 7)).unwrap_or(7);
            let comma = if index > 0 { "," } else { "" };
            match length {
                1 => write!(f, "{comma}{}", name(first))?,
                _ => write!(f, "{comma}{}-{}", name(first), name(first + length - 1))?,
            }
        }
        Ok(())
    }
}

impl DateSpan {
    /// Reads `2026-12-24`, `2026-12-31..2027-01-06`, and for every year `12-24`, `12-24..01-06`.
    ///
    /// # Errors
    ///
    /// What is wrong: a form that is none, a day that no year has, an end before its start, or ends of two kinds.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (day(first.trim())?, day(last.trim())?) {
            (Day::Once(first), Day::Once(last)) if first <= last => Ok(Self::Once(first, last)),
            (Day::Once(first), Day::Once(last)) => Err(format!("{last} is before {first}")),
            (Day::Yearly(first), Day::Yearly(last)) => Ok(Self::Yearly(first, last)),
            _ => Err("one end has a year and the other has none".to_owned()),
        }
    }

    /// Returns whether `date` is one of them.
    pub fn contains(&self, date: Date) -> bool {
        match *self {
            Self::Once(first, last) => (first..=last).contains(&date),
            Self::Yearly(first, last) => {
                let day = (date.month(), date.day());
                if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
            }
        }
    }

    /// Returns its first day; of a leap year, if it is of every year.
    pub fn first(&self) -> Date {
        match *self {
            Self::Once(first, _) => first,
            Self::Yearly((month, day), _) => Date::new(LEAP_YEAR, month, day).unwrap_or(Date::ZERO),
        }
    }
}

impl fmt::Display for DateSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(first, last) if first == last => write!(f, "{first}"),
            Self::Once(first, last) => write!(f, "{first}..{last}"),
            Self::Yearly(first, last) if first == last => write!(f, "{:02}-{:02}", first.0, first.1),
            Self::Yearly(first, last) => {
                write!(f, "{:02}-{:02}..{:02}-{:02}", first.0, first.1, last.0, last.1)
            }
        }
    }
}

enum Day {
    Once(Date),
    Yearly((i8, i8)),
}

fn day(text: &str) -> Result<Day, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, digits: usize| {
        let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i16>().ok().filter(|_| is_number)
    };
    let small = |text: &str| number(text, 2).and_then(|number| i8::try_from(number).ok());
    let no_day = |_| format!("there is no day {text}");
    match parts.as_slice() {
        [year, month, day]
            if let (Some(y), Some(m), Some(d)) = (number(year, 4), small(month), small(day)) =>
        {
            Date::new(y, m, d).map(Day::Once).map_err(no_day)
        }
        [month, day] if let (Some(m), Some(d)) = (small(month), small(day)) => {
            Date::new(LEAP_YEAR, m, d).map(|_| Day::Yearly((m, d))).map_err(no_day)
        }
        _ => Err(format!("`{text}` is not a date")),
    }
}
