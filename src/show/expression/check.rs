//! What can be found wrong with an expression before it is ever worked out: names, filters and tests that there are not,
//! and the habits of other languages.

use std::{ops::Range, sync::Arc};

use super::{FILTERS, Mistake, Names, TESTS};
use crate::show::scope::{NAMES, STREAM_NAMES, TIME_NAMES};

/// A word of the language that stands after `is` without being a test.
const NOT: &str = "not";

/// Looks whether there is what dotted paths such as `stream.wall.state` lead to.
pub(super) fn names(source: &str, mut paths: Vec<String>, known: Names<'_>) -> Result<(), Mistake> {
    paths.sort();
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        let strings = |list: &'_ [Arc<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let has = |list: &[Arc<str>], name: &str| list.iter().any(|known| **known == *name);
        let unknown = |what: &str, word: &str, there: &[String]| {
            Err(Mistake::unknown(what, word, word_in(source, word), there.iter().map(String::as_str)))
        };
        let of = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        match parts.as_slice() {
            [top, ..] if !NAMES.contains(top) => return unknown("name", top, &of(&NAMES)),
            ["time", name, ..] if !TIME_NAMES.contains(name) => {
                return unknown("name", name, &of(&TIME_NAMES));
            }
            ["stream", name, ..] if !has(known.streams, name) => {
                return unknown("stream", name, &strings(known.streams));
            }
            ["stream", _, name, ..] if !STREAM_NAMES.contains(name) => {
                return unknown("name", name, &of(&STREAM_NAMES));
            }
            ["vars", name, ..] => {
                if let Some(vars) = known.vars.filter(|vars| !has(vars, name)) {
                    return unknown("variable", name, &strings(vars));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks whether there are the filters and tests that a piece of a source names. The engine says so only when it gets there.
pub(super) fn words(source: &str, piece: Range<usize>) -> Result<(), Mistake> {
    let mut before = "";
    let mut last: Option<&str> = None;
    for (place, word) in tokens(source, piece) {
        let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let after_is = last == Some("is") || last == Some(NOT) && before == "is";
        if is_word && last == Some("|") && !FILTERS.contains(&word) {
            return Err(Mistake::unknown("filter", word, Some(place), FILTERS.into_iter()));
        }
        if is_word && after_is && word != NOT && !TESTS.contains(&word) {
            return Err(Mistake::unknown("test", word, Some(place), TESTS.into_iter()));
        }
        before = last.unwrap_or_default();
        last = Some(word);
    }
    Ok(())
}

/// Returns the words and signs of a piece of a source, quoted texts as one.
fn tokens(source: &str, piece: Range<usize>) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = piece.start;
    while let Some(first) = source[at..piece.end].chars().next() {
        let rest = &source[at..piece.end];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if first == '"' || first == '\'' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == first && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            found.push((at..at + length, &rest[..length]));
        }
        at += length;
    }
    found
}

/// Returns the insides of `{{ … }}` and `{% … %}`.
pub(super) fn places(source: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = ["{{", "{%"].iter().filter_map(|mark| source[at..].find(mark)).min() {
        let start = at + start + 2;
        let close = if source[..start].ends_with('%') { "%}" } else { "}}" };
        let end = source[start..].find(close).map_or(source.len(), |end| start + end);
        found.push(start..end);
        at = end;
    }
    found
}

fn word_in(source: &str, word: &str) -> Option<Range<usize>> {
    tokens(source, 0..source.len()).into_iter().find(|(_, token)| *token == word).map(|(place, _)| place)
}

/// Returns what people mean who write another language.
pub(super) fn habit(source: &str) -> Option<&'static str> {
    let signs: Vec<(Range<usize>, &str)> = tokens(source, 0..source.len());
    let pair = |one: &str, other: &str| {
        signs
            .windows(2)
            .any(|pair| pair[0].1 == one && pair[1].1 == other && pair[0].0.end == pair[1].0.start)
    };
    if pair("&", "&") {
        return Some("write `and`");
    }
    if pair("|", "|") {
        return Some("write `or`");
    }
    let lone = |sign: &str| signs.iter().any(|(_, token)| *token == sign) && !pair(sign, "=");
    if lone("!") {
        return Some("write `not`");
    }
    let compares = ["=", "!", "<", ">"].iter().any(|sign| pair(sign, "="));
    (lone("=") && !compares).then_some("compare with `==`")
}
