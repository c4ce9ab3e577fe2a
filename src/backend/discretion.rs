//! What may be repeated of what a server said: printable, short, and without secrets.
//!
//! The key is taken out of every body before anybody reads it, whatever it stands for there; every text for people that
//! leaves this module has come through here as well.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret stood.
const HIDDEN: &str = "***";
/// Begins a stream key: whoever has one can send video in.
const STREAM_KEY: &str = "stk_";

/// Knows the key, so that it can keep it.
#[derive(Clone, Default)]
pub(super) struct Discretion {
    key: Option<SecretString>,
}

impl fmt::Debug for Discretion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discretion").finish_non_exhaustive()
    }
}

impl Discretion {
    pub(super) fn new(key: Option<SecretString>) -> Self {
        Self { key }
    }

    /// Takes the key out of a body, as it is and as JSON may spell it.
    ///
    /// Some gateways say the whole request back. Without this, a key that comes as an id or a state would be taken for one,
    /// and end in the journal and on the page.
    pub(super) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        let Some(key) = &self.key else { return body };
        let plain = key.expose_secret();
        let escaped = plain.replace('/', "\\/");
        [plain, &escaped].into_iter().fold(body, |body, key| without(body, key.as_bytes()))
    }

    /// Returns at most `chars_max` characters of `text` on one line, with secrets hidden.
    pub(super) fn tell(&self, text: &str, chars_max: usize) -> String {
        let mut text = printable(text);
        if let Some(key) = &self.key
            && text.contains(key.expose_secret())
        {
            text = text.replace(key.expose_secret(), HIDDEN);
        }
        // Cut last, so that no part of a secret survives at the end.
        cut(hide_stream_keys(&text), chars_max)
    }
}

/// Returns `body` with something else in every place of `secret`.
fn without(body: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    let find = |body: &[u8]| body.windows(secret.len()).position(|window| window == secret);
    if secret.is_empty() || find(&body).is_none() {
        return body;
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.as_slice();
    while let Some(at) = find(rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(HIDDEN.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Returns `text` with every run of spaces, line ends and unprintable characters as one space.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let words = text.split(|char: char| char.is_whitespace() || is_unprintable(char));
    for word in words.filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Controls, and what changes the direction or the place of the characters around it.
fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn hide_stream_keys(text: &str) -> String {
    let mut parts = text.split(STREAM_KEY);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(HIDDEN);
        out.push_str(part.trim_start_matches(|char: char| char.is_ascii_alphanumeric()));
    }
    out
}

fn cut(mut text: String, chars_max: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(chars_max) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discretion() -> Discretion {
        Discretion::new(Some("sk_topsecret".into()))
    }

    #[test]
    fn secrets_are_hidden_even_where_the_text_is_cut() {
        assert_eq!(discretion().tell("your key sk_topsecret is wrong", 99), "your key *** is wrong");
        assert_eq!(discretion().tell("your key sk_topsecret", 12), "your key ***");
        assert_eq!(discretion().tell("your key sk_topsecret", 10), "your key *…");
        assert_eq!(
            discretion().tell("at aiWebrtc/stk_Hd7YwNf3QsVu6TgA-4be01c7d-out, stk_", 99),
            "at aiWebrtc/***-4be01c7d-out, ***"
        );
        assert!(!format!("{:?}", discretion()).contains("topsecret"));
    }

    #[test]
    fn a_key_is_taken_out_of_a_body_wherever_it_stands() {
        let redact = |key: &str, body: &str| {
            String::from_utf8(Discretion::new(Some(key.into())).redact(body.into())).unwrap()
        };
        assert_eq!(
            redact("sk_a", r#"{"id":"sk_a","b":["xsk_asksk_a"]}"#),
            r#"{"id":"***","b":["x***sk***"]}"#
        );
        assert_eq!(redact("a/b+c=", r#""a\/b+c=" and a/b+c="#), r#""***" and ***"#);
        assert_eq!(redact("sk_a", "sk_"), "sk_");
        assert_eq!(Discretion::default().redact(b"sk_a".to_vec()), b"sk_a");
    }

    #[test]
    fn a_text_is_one_printable_line() {
        let text = "<html>\r\n\t<b>bad\u{1b}[31m\u{202e}gateway\0</b>\u{feff}";
        assert_eq!(discretion().tell(text, 99), "<html> <b>bad [31m gateway </b>");
        assert_eq!(discretion().tell("Füchse 雪", 8), "Füchse 雪");
        assert_eq!(discretion().tell("Füchse 雪", 7), "Füchse …");
        assert_eq!(discretion().tell(" \n ", 9), "");
    }
}
