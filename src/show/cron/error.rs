//! What can be wrong with a cron expression, in words for the person who wrote it. Finding it is `parse.rs`'s.

use std::ops::{Range, RangeInclusive};

use thiserror::Error;

use super::{field::Field, parse::NICKNAMES};

/// How many characters of a wrong word a message quotes: the longest right one, `0-59/15`, has seven; a pasted
/// paragraph must not fill the screen.
const QUOTED_CHARS_MAX: usize = 24;

/// A mistake in a cron expression, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct CronError {
    problem: CronProblem,
    span: Range<usize>,
}

/// The kinds of mistake.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CronProblem {
    /// Not five or six words.
    #[error("an expression has 5 fields, or 6 with the seconds first, and this has {count}")]
    FieldCount {
        /// How many it has.
        count: usize,
    },
    /// A word that starts with `@` and names no schedule.
    #[error("`{name}` does not name a time")]
    Nickname {
        /// The word, shortened.
        name: String,
    },
    /// No run before the end of 2100.
    #[error("there is no such day: this would never run before 2100")]
    NoSuchDay,
    /// Nothing where a value must be: a doubled comma, a dangling `-` or `/`.
    #[error("{field}: a value is missing")]
    Missing {
        /// The field.
        field: Field,
    },
    /// A number that the field does not have.
    #[error("{field}: {value} is out of range {}-{}", field.range().start(), field.range().end())]
    OutOfRange {
        /// The field.
        field: Field,
        /// The number as it was written, shortened.
        value: String,
    },
    /// Neither a number nor one of the field's names.
    #[error("{field}: `{word}` is not a number{}", if field.names().is_empty() { "" } else { " or a name" })]
    NotAValue {
        /// The field.
        field: Field,
        /// The word, shortened.
        word: String,
    },
    /// Something that other crons know: `L`, `W`, `#`, `?`.
    #[error("{field}: `{sign}` is not supported")]
    Unsupported {
        /// The field.
        field: Field,
        /// The sign.
        sign: char,
    },
    /// A step that is not a number.
    #[error("{field}: the step `{step}` is not a number")]
    StepNotANumber {
        /// The field.
        field: Field,
        /// The step, shortened.
        step: String,
    },
    /// A step of zero.
    #[error("{field}: a step of 0 never gets anywhere")]
    StepZero {
        /// The field.
        field: Field,
    },
    /// A step beyond the end of its range, so that it would never be taken.
    #[error("{field}: a step of {step} is larger than the range {first}-{last}")]
    StepTooLarge {
        /// The field.
        field: Field,
        /// The step as it was written, shortened.
        step: String,
        /// Where the range starts.
        first: u8,
        /// Where the range ends.
        last: u8,
    },
    /// A step after a single value, which one cron reads as "from there on" and the next ignores.
    #[error("{field}: `{value}` has a step but is not a range")]
    StepWithoutRange {
        /// The field.
        field: Field,
        /// The value.
        value: u8,
        /// The step, as it was written.
        step: String,
    },
    /// The calendar engine refused what we made of the expression; it should not.
    #[error("the calendar does not understand it: {0}")]
    NotUnderstood(String),
}

impl CronError {
    pub(super) fn new(problem: CronProblem, span: Range<usize>) -> Self {
        Self { problem, span }
    }

    /// Returns what is wrong.
    pub fn problem(&self) -> &CronProblem {
        &self.problem
    }

    /// Returns where it is wrong: bytes within the text that was parsed, on character boundaries.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the field it is about; `None` if it is about the whole.
    pub fn field(&self) -> Option<Field> {
        self.problem.field()
    }

    /// Returns the numbers that the field may have; `None` if the mistake is about the whole.
    pub fn allowed(&self) -> Option<RangeInclusive<u8>> {
        self.field().map(Field::range)
    }

    /// Returns what would be right, if there is a good guess.
    pub fn hint(&self) -> Option<String> {
        self.problem.hint()
    }
}

impl CronProblem {
    pub(super) fn nickname(word: &str) -> Self {
        Self::Nickname { name: quoted(word) }
    }

    fn field(&self) -> Option<Field> {
        match self {
            Self::FieldCount { .. } | Self::Nickname { .. } | Self::NoSuchDay | Self::NotUnderstood(_) => {
                None
            }
            Self::Missing { field }
            | Self::OutOfRange { field, .. }
            | Self::NotAValue { field, .. }
            | Self::Unsupported { field, .. }
            | Self::StepNotANumber { field, .. }
            | Self::StepZero { field }
            | Self::StepTooLarge { field, .. }
            | Self::StepWithoutRange { field, .. } => Some(*field),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::FieldCount { count: 7 } => Some("leave out the year".to_owned()),
            Self::FieldCount { .. } => {
                Some("the fields are minute, hour, day of month, month, weekday: `30 2 * * *`".to_owned())
            }
            Self::Nickname { name } => Some(nickname_hint(name)),
            Self::NoSuchDay => Some("look at the day of month and the month".to_owned()),
            Self::Missing { .. } => {
                Some("take out the comma, `-` or `/` that has nothing beside it".to_owned())
            }
            Self::OutOfRange { field, value } => out_of_range_hint(*field, value),
            Self::NotAValue { field, word } => not_a_value_hint(*field, word),
            Self::Unsupported { sign, .. } => Some(unsupported_hint(*sign).to_owned()),
            Self::StepNotANumber { .. } | Self::StepZero { .. } => {
                Some("leave the step out, or write how many to go on".to_owned())
            }
            Self::StepTooLarge { first, .. } => {
                Some(format!("only {first} would ever match: write `{first}`"))
            }
            Self::StepWithoutRange { field, value, step } => {
                let number = step.bytes().all(|byte| byte.is_ascii_digit());
                number.then(|| format!("write `{value}-{}/{step}`", field.last_written()))
            }
            Self::NotUnderstood(_) => None,
        }
    }
}

/// Returns a word as a message may quote it: short and printable.
pub(super) fn quoted(word: &str) -> String {
    let mut short: String = word.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if word.chars().nth(QUOTED_CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

fn nickname_hint(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "@reboot" => "a show decides by itself what to play when it starts".to_owned(),
        "@every" => "write an interval such as `*/5 * * * *`".to_owned(),
        _ => {
            let names: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
            format!("those that do are {}", names.join(", "))
        }
    }
}

fn out_of_range_hint(field: Field, value: &str) -> Option<String> {
    match (field, value) {
        (Field::Hour, "24") => Some("midnight is 0".to_owned()),
        (Field::Minute | Field::Second, "60") => Some("the full hour or minute is 0".to_owned()),
        (Field::Day | Field::Month, "0") => Some("the first is 1".to_owned()),
        _ => None,
    }
}

fn not_a_value_hint(field: Field, word: &str) -> Option<String> {
    if let Some(step) = word.strip_prefix('*').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(format!("every {step} is `*/{step}`"));
    }
    if let Some(short) = field.name_that_begins(word) {
        return Some(format!("names have three letters: `{short}`"));
    }
    let home = Field::ALL.into_iter().find(|other| other.value_of_name(word).is_some())?;
    Some(format!("that is a {home}: the order is minute, hour, day of month, month, weekday"))
}

fn unsupported_hint(sign: char) -> &'static str {
    match sign {
        '?' => "write `*`",
        'L' => "days are counted from the start: midnight of day `1` is the end of the last day",
        'W' => "name the weekdays in the last field: `MON-FRI`",
        _ => "a weekday cannot be counted within the month: name the weekday alone, as `MON`",
    }
}
