//! One field of a cron expression: its range, its names, and the set of values that a text means.

use std::{fmt, ops::RangeInclusive};

use super::error::{CronError, CronProblem, quoted};

/// A field of an expression, in the order of a six-field one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// 0 to 59; only in expressions of six fields.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    Day,
    /// 1 to 12, or JAN to DEC.
    Month,
    /// 0 to 7, or SUN to SAT; both 0 and 7 are Sunday.
    Weekday,
}

impl Field {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    /// Returns the numbers that may be written in the field.
    pub fn range(self) -> RangeInclusive<u8> {
        match self {
            Self::Second | Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::Day => 1..=31,
            Self::Month => 1..=12,
            Self::Weekday => 0..=7,
        }
    }

    /// Returns the field's names in the order of their numbers; none for most.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => {
                &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            }
            Self::Weekday => &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
            Self::Second | Self::Minute | Self::Hour | Self::Day => &[],
        }
    }

    /// Returns the last number that means something of its own: Saturday, although 7 may be written.
    pub(super) fn last_written(self) -> u8 {
        self.first() + self.size() - 1
    }

    /// Returns the value of a three-letter name, in any case.
    pub(super) fn value_of_name(self, word: &str) -> Option<u8> {
        let place = self.names().iter().position(|name| name.eq_ignore_ascii_case(word))?;
        u8::try_from(place).ok().map(|place| self.first() + place)
    }

    /// Returns the name that a longer word begins with, as `MON` in `Monday`.
    pub(super) fn name_that_begins(self, word: &str) -> Option<&'static str> {
        let start = word.get(..3)?;
        let letters = word.chars().all(|c| c.is_ascii_alphabetic());
        self.names().iter().find(|name| letters && name.eq_ignore_ascii_case(start)).copied()
    }

    fn first(self) -> u8 {
        *self.range().start()
    }

    /// How many values there are, Sunday counted once.
    fn size(self) -> u8 {
        match self {
            Self::Weekday => 7,
            Self::Second | Self::Minute | Self::Hour | Self::Day | Self::Month => {
                self.range().end() - self.range().start() + 1
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        })
    }
}

/// The values that a field's text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldSet {
    /// Bit n for the value n; 60 of 64 are the most that a field needs.
    bits: u64,
    /// Whether the text starts with `*`: what crontab(5) calls not restricted, with a step or without.
    pub(super) starred: bool,
}

impl FieldSet {
    /// The set of one value.
    pub(super) fn only(value: u8) -> Self {
        Self { bits: 1 << value, starred: false }
    }

    /// Reads one field; `at` is where it starts within the expression.
    pub(super) fn parse(field: Field, text: &str, at: usize) -> Result<Self, CronError> {
        let mut set = Self { bits: 0, starred: text.starts_with('*') };
        let mut start = at;
        for element in text.split(',') {
            if element.is_empty() {
                // Points at the comma after the hole, or before it at the end of the list.
                let comma = if start < at + text.len() { start } else { start - 1 };
                return Err(CronError::new(CronProblem::Missing { field }, comma..comma + 1));
            }
            set.bits |= Element { field, text: element, at: start }.bits()?;
            start += element.len() + 1;
        }
        Ok(set)
    }

    /// Returns the values in ascending order.
    pub(super) fn values(self) -> impl Iterator<Item = u8> {
        (0..64).filter(move |value| self.bits >> value & 1 == 1)
    }

    /// Returns whether every value of the field is in the set.
    pub(super) fn holds_all(self, field: Field) -> bool {
        self.values().count() == usize::from(field.size())
    }
}

/// One element of a field's list: `*`, `5`, `1-5`, each but the second with or without a step.
struct Element<'a> {
    field: Field,
    text: &'a str,
    at: usize,
}

impl Element<'_> {
    fn bits(&self) -> Result<u64, CronError> {
        let (body, step) = match self.text.split_once('/') {
            Some((body, step)) => (body, Some(step)),
            None => (self.text, None),
        };
        let step_at = self.at + body.len() + 1;
        let (first, last) = match body.split_once('-') {
            None if body == "*" => (self.field.first(), self.field.last_written()),
            None => {
                let value = self.value(body, self.at)?;
                if let Some(step) = step {
                    let step = quoted(step);
                    return Err(self.error(
                        CronProblem::StepWithoutRange { field: self.field, value, step },
                        self.text,
                        self.at,
                    ));
                }
                (value, value)
            }
            Some((first, last)) => {
                (self.value(first, self.at)?, self.value(last, self.at + first.len() + 1)?)
            }
        };
        // A range that ends before it starts goes on into the next round.
        let beyond = if last < first { last + self.field.size() } else { last };
        let step = step.map_or(Ok(1), |step| self.step(step, step_at, first, last, beyond - first))?;
        let values = (first..=beyond).step_by(usize::from(step));
        Ok(values.fold(0, |bits, value| {
            bits | 1 << (self.field.first() + (value - self.field.first()) % self.field.size())
        }))
    }

    fn value(&self, word: &str, at: usize) -> Result<u8, CronError> {
        let field = self.field;
        let problem = if word.is_empty() {
            CronProblem::Missing { field }
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            match word.parse() {
                Ok(value) if field.range().contains(&value) => return Ok(value),
                _ => CronProblem::OutOfRange { field, value: quoted(word) },
            }
        } else if let Some(value) = field.value_of_name(word) {
            return Ok(value);
        } else if let Some(sign) = foreign_sign(field, word) {
            CronProblem::Unsupported { field, sign }
        } else {
            CronProblem::NotAValue { field, word: quoted(word) }
        };
        Err(self.error(problem, word, at))
    }

    fn step(&self, word: &str, at: usize, first: u8, last: u8, span: u8) -> Result<u8, CronError> {
        let field = self.field;
        let problem = if word.is_empty() {
            CronProblem::Missing { field }
        } else if !word.bytes().all(|byte| byte.is_ascii_digit()) {
            CronProblem::StepNotANumber { field, step: quoted(word) }
        } else {
            match word.parse() {
                Ok(0) => CronProblem::StepZero { field },
                Ok(step) if step <= span => return Ok(step),
                _ => CronProblem::StepTooLarge { field, step: quoted(word), first, last },
            }
        };
        Err(self.error(problem, word, at))
    }

    /// Places a mistake at a word, or at the sign beside it if the word is empty.
    fn error(&self, problem: CronProblem, word: &str, at: usize) -> CronError {
        let span = match word.len() {
            0 if at > self.at => at - 1..at,
            0 => at..at + 1,
            length => at..at + length,
        };
        CronError::new(problem, span)
    }
}

/// Returns the sign of another cron's language that makes `word` unreadable.
fn foreign_sign(field: Field, word: &str) -> Option<char> {
    let upper = word.to_ascii_uppercase();
    if let Some(sign) = upper.chars().find(|c| matches!(c, '?' | '#')) {
        return Some(sign);
    }
    let number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    if upper.strip_suffix('W').is_some_and(|rest| number(rest) || rest == "L") {
        return Some('W');
    }
    upper
        .strip_suffix('L')
        .is_some_and(|rest| number(rest) || field.value_of_name(rest).is_some())
        .then_some('L')
}
