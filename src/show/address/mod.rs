//! Addresses of OSC messages, and patterns that select many of them.
//!
//! The rules are those of OSC 1.0, "OSC Message Dispatching and Pattern Matching", with the `//` of OSC 1.1. A
//! pattern can stand on either side: in the show file for incoming addresses, or in an incoming message for the
//! addresses of the show. Not a dispatcher: nothing here knows what an address does.

use std::fmt;

/// Longest address or pattern, in bytes.
///
/// A match costs at most one step per pair of a pattern's character and an address's character: with this
/// limit 512 × 512 = 262 144 steps, well under a millisecond, whatever a stranger sends.
pub const ADDRESS_MAX: usize = 512;

/// Returns whether `text` selects addresses rather than being one: it holds `?`, `*`, `[`, `{` or `//`.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['?', '*', '[', ']', '{', '}']) || text.contains("//")
}

/// Returns whether `pattern`, straight from a message, selects `address`.
///
/// A pattern that breaks the rules selects nothing, except the address that is spelled exactly like it.
#[must_use]
pub fn matches(pattern: &str, address: &str) -> bool {
    pattern == address
        || is_pattern(pattern) && AddressPattern::parse(pattern).is_ok_and(|pattern| pattern.matches(address))
}

/// A valid OSC address, or a pattern of addresses.
///
/// | in the pattern | selects |
/// |---|---|
/// | `?` | one character |
/// | `*` | any number of characters, none too |
/// | `[abc]`, `[a-z]` | one of these |
/// | `[!abc]` | one that is none of these |
/// | `{red,blue}` | one of these words |
/// | `//` | any number of parts in between, none too |
///
/// Only `//` ever reaches over a `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressPattern {
    text: String,
    tokens: Vec<Token>,
}

/// The smallest part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    /// `*`
    Any,
    /// `//`
    Deep,
    Piece(Piece),
}

/// A token that takes something of known length. None but `Literal` takes a `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Literal(String),
    One,
    Class { negated: bool, ranges: Vec<(char, char)> },
    Choice(Vec<String>),
}

/// Why a text is no OSC address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is empty or starts with something else.
    #[error("an OSC address starts with `/`")]
    NoSlash,
    /// It ends with `/`.
    #[error("an OSC address names something after its last `/`")]
    TrailingSlash,
    /// It is longer than [`ADDRESS_MAX`].
    #[error("an OSC address is at most {ADDRESS_MAX} bytes long, this one has {0}")]
    TooLong(usize),
    /// It holds a character that OSC keeps for other things.
    #[error("an OSC address holds no {0}")]
    Forbidden(&'static str),
    /// A `[` or `{` without its end.
    #[error("`{0}` is never closed")]
    Unclosed(char),
    /// A `]` or `}` without its start.
    #[error("`{0}` closes nothing")]
    Unopened(char),
    /// `[]` or `[!]`.
    #[error("`[]` names no character")]
    EmptyClass,
    /// `[z-a]`.
    #[error("the range `{0}-{1}` is backwards")]
    BackwardRange(char, char),
    /// A `/` between brackets, or a pattern inside a pattern.
    #[error("`{inner}` does not belong between `{open}` and its end")]
    Misplaced {
        /// What opened: `[` or `{`.
        open: char,
        /// What was found in it.
        inner: char,
    },
}

impl AddressPattern {
    /// Reads an address or a pattern.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if !text.starts_with('/') {
            return Err(AddressError::NoSlash);
        }
        if text.len() > ADDRESS_MAX {
            return Err(AddressError::TooLong(text.len()));
        }
        for c in text.chars() {
            match c {
                ' ' => return Err(AddressError::Forbidden("space")),
                '#' => return Err(AddressError::Forbidden("`#`")),
                c if c.is_control() => return Err(AddressError::Forbidden("control character")),
                _ => {}
            }
        }
        if text.ends_with('/') {
            return Err(AddressError::TrailingSlash);
        }
        Ok(Self { text: text.to_owned(), tokens: tokens(text)? })
    }

    /// Returns the address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether this selects addresses rather than being one.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        is_pattern(&self.text)
    }

    /// Returns whether this selects `address`, which is taken literally.
    ///
    /// An address longer than [`ADDRESS_MAX`] is never selected.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        if address.len() > ADDRESS_MAX {
            return false;
        }
        // Where the tokens so far can end, by byte. One pass per token, so nothing is ever tried twice: no
        // pattern makes this slow.
        let mut ends = [false; ADDRESS_MAX + 1];
        ends[0] = true;
        for token in &self.tokens {
            let mut next = [false; ADDRESS_MAX + 1];
            let mut reached = false;
            let mut end = |at: usize| {
                next[at] = true;
                reached = true;
            };
            match token {
                Token::Any => every_run(address, &ends, &mut end),
                Token::Deep => every_depth(address, &ends, &mut end),
                Token::Piece(piece) => {
                    for at in (0..=address.len()).filter(|&at| ends[at]) {
                        piece.lengths(&address[at..], |length| end(at + length));
                    }
                }
            }
            if !reached {
                return false;
            }
            ends = next;
        }
        ends[address.len()]
    }
}

impl Piece {
    /// Tells the lengths, in bytes, that this can take from the start of `rest`.
    fn lengths(&self, rest: &str, mut length: impl FnMut(usize)) {
        let first = rest.chars().next().filter(|&c| c != '/');
        match self {
            Self::Literal(text) => {
                if rest.starts_with(text.as_str()) {
                    length(text.len());
                }
            }
            Self::One => {
                if let Some(c) = first {
                    length(c.len_utf8());
                }
            }
            Self::Class { negated, ranges } => {
                if let Some(c) = first
                    && ranges.iter().any(|&(low, high)| (low..=high).contains(&c)) != *negated
                {
                    length(c.len_utf8());
                }
            }
            Self::Choice(words) => {
                words
                    .iter()
                    .filter(|word| rest.starts_with(word.as_str()))
                    .for_each(|word| length(word.len()));
            }
        }
    }
}

/// Tells every end of a run without `/` that starts at one of `starts`.
fn every_run(address: &str, starts: &[bool], mut end: impl FnMut(usize)) {
    let mut running = false;
    for (at, c) in address.char_indices() {
        running |= starts[at];
        if running {
            end(at);
        }
        running &= c != '/';
    }
    if running || starts[address.len()] {
        end(address.len());
    }
}

/// Tells the place behind every `/` at or after the first `/` that is one of `starts`.
fn every_depth(address: &str, starts: &[bool], mut end: impl FnMut(usize)) {
    let mut running = false;
    for (at, _) in address.match_indices('/') {
        running |= starts[at];
        if running {
            end(at + 1);
        }
    }
}

/// Takes a checked text apart.
fn tokens(text: &str) -> Result<Vec<Token>, AddressError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (token, length) = match c {
            '?' => (Token::Piece(Piece::One), 1),
            '*' => (Token::Any, 1),
            '[' => {
                let inner = enclosed(rest, '[', ']')?;
                (Token::Piece(class(inner)?), inner.len() + 2)
            }
            '{' => {
                let inner = enclosed(rest, '{', '}')?;
                let words = inner.split(',').map(str::to_owned).collect();
                (Token::Piece(Piece::Choice(words)), inner.len() + 2)
            }
            ']' | '}' => return Err(AddressError::Unopened(c)),
            '/' if rest.starts_with("//") => (Token::Deep, rest.len() - rest.trim_start_matches('/').len()),
            _ => {
                let mut length = rest.find(['?', '*', '[', ']', '{', '}']).unwrap_or(rest.len());
                if let Some(deep) = rest.find("//") {
                    length = length.min(deep);
                }
                (Token::Piece(Piece::Literal(rest[..length].to_owned())), length)
            }
        };
        // `**` is `*`; and two in a row would only cost time.
        if !(token == Token::Any && tokens.last() == Some(&Token::Any)) {
            tokens.push(token);
        }
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// Returns what stands between `open`, with which `text` starts, and the next `close`.
fn enclosed(text: &str, open: char, close: char) -> Result<&str, AddressError> {
    let text = &text[1..];
    let inner = &text[..text.find(close).ok_or(AddressError::Unclosed(open))?];
    let forbidden: &[char] = if open == '[' { &['/', '['] } else { &['/', '?', '*', '[', ']', '{'] };
    match inner.chars().find(|c| forbidden.contains(c)) {
        Some(inner) => Err(AddressError::Misplaced { open, inner }),
        None => Ok(inner),
    }
}

/// Reads what stands in `[…]`. A `-` at either end, and a `!` anywhere but first, stands for itself.
fn class(inner: &str) -> Result<Piece, AddressError> {
    let (negated, inner) = inner.strip_prefix('!').map_or((false, inner), |inner| (true, inner));
    let chars: Vec<char> = inner.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let low = chars[at];
        if chars.get(at + 1) == Some(&'-')
            && let Some(&high) = chars.get(at + 2)
        {
            if low > high {
                return Err(AddressError::BackwardRange(low, high));
            }
            ranges.push((low, high));
            at += 3;
        } else {
            ranges.push((low, low));
            at += 1;
        }
    }
    if ranges.is_empty() {
        return Err(AddressError::EmptyClass);
    }
    Ok(Piece::Class { negated, ranges })
}

impl TryFrom<&str> for AddressPattern {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressPattern({:?})", self.text)
    }
}

#[cfg(test)]
mod tests;
