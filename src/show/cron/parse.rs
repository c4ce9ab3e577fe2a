//! From the text of an expression to its six fields. What one field may say is `field.rs`'s.

use super::{
    error::{CronError, CronProblem},
    field::{Field, FieldSet},
};

/// What an expression says, field by field.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) second: FieldSet,
    pub(super) minute: FieldSet,
    pub(super) hour: FieldSet,
    pub(super) day: FieldSet,
    pub(super) month: FieldSet,
    pub(super) weekday: FieldSet,
}

/// The nicknames of crontab(5) that name a time, and what they stand for.
pub(super) const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Takes an expression apart; stops at the first mistake.
pub(super) fn fields(text: &str) -> Result<Fields, CronError> {
    let words = words(text);
    match words.as_slice() {
        [(at, word), rest @ ..] if word.starts_with('@') => match meaning_of(word) {
            Some(meaning) if rest.is_empty() => fields(meaning),
            Some(_) => Err(field_count(text, &words, 1)),
            None => Err(CronError::new(CronProblem::nickname(word), *at..at + word.len())),
        },
        [minute, hour, day, month, weekday] => {
            Ok(Fields { second: FieldSet::only(0), ..five([*minute, *hour, *day, *month, *weekday])? })
        }
        [second, minute, hour, day, month, weekday] => {
            let second = FieldSet::parse(Field::Second, second.1, second.0)?;
            Ok(Fields { second, ..five([*minute, *hour, *day, *month, *weekday])? })
        }
        words => Err(field_count(text, words, 6)),
    }
}

fn meaning_of(nickname: &str) -> Option<&'static str> {
    let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(nickname));
    known.map(|(_, meaning)| *meaning)
}

/// Points at the words from `right` on, which are too many, or at the whole if it has too few.
fn field_count(text: &str, words: &[(usize, &str)], right: usize) -> CronError {
    let start = words.get(right).map_or(0, |(at, _)| *at);
    CronError::new(CronProblem::FieldCount { count: words.len() }, start..text.len())
}

fn five([minute, hour, day, month, weekday]: [(usize, &str); 5]) -> Result<Fields, CronError> {
    Ok(Fields {
        second: FieldSet::only(0),
        minute: FieldSet::parse(Field::Minute, minute.1, minute.0)?,
        hour: FieldSet::parse(Field::Hour, hour.1, hour.0)?,
        day: FieldSet::parse(Field::Day, day.1, day.0)?,
        month: FieldSet::parse(Field::Month, month.1, month.0)?,
        weekday: FieldSet::parse(Field::Weekday, weekday.1, weekday.0)?,
    })
}

/// Splits at white space and says where each word starts, in bytes.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for part in text.split(char::is_whitespace) {
        if !part.is_empty() {
            words.push((at, part));
        }
        // The separator may be longer than a byte.
        at += part.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    words
}
