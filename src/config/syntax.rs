//! Files that are no YAML: where the reading stopped, why, and what was probably meant.

use serde_yaml::Error;

use super::{
    report::Problem,
    tree::{DEPTH_MAX, NODES_MAX, Span},
};

/// Says what is wrong with a file that the parser refuses. No message quotes the file: a secret may stand anywhere.
pub(super) fn problem(error: &Error, source: &str) -> Problem {
    let span = span(error, source);
    let line_start = source[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = source[line_start..].lines().next().unwrap_or_default();
    let (message, hint) = match error {
        Error::UnknownAnchor { .. } if is_cron(line) => cron(),
        Error::UnknownAnchor { .. } => (
            "an alias without its anchor".to_owned(),
            Some("quote a text that starts with `*`, or write the `&` anchor above it".to_owned()),
        ),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("an alias stands inside its own anchor".to_owned(), None)
        }
        Error::MultipleDocuments { .. } => {
            ("a show file is one YAML document".to_owned(), Some("take the second `---` out".to_owned()))
        }
        Error::Budget { .. } => {
            let limits = format!("{DEPTH_MAX} levels or holds more than {NODES_MAX} values");
            (format!("the file is nested deeper than {limits}"), None)
        }
        error => scanned(&reason(error), line),
    };
    Problem::error(&span, message).hint_maybe(hint)
}

/// Says in our words what the scanner found.
fn scanned(reason: &str, line: &str) -> (String, Option<String>) {
    let says = |what: &str| reason.contains(what);
    if is_cron(line) {
        return cron();
    }
    if says("unsupported tag") {
        let hint = "quote a text that starts with `!`".to_owned();
        return ("YAML tags mean nothing in a show file".to_owned(), Some(hint));
    }
    if says("tabs disallowed") || line.trim_start_matches(' ').starts_with('\t') {
        return ("a tab in the indentation".to_owned(), Some("indent with spaces".to_owned()));
    }
    if says("mapping values are not allowed") {
        let (_, value) = line.split_once(": ").unwrap_or_default();
        let hint = if value.contains(": ") || value.trim_end().ends_with(':') {
            "quote a text that holds `: `"
        } else {
            "look at the indentation of this line and the one above"
        };
        return ("a `:` where no key can be".to_owned(), Some(hint.to_owned()));
    }
    if says("unexpected character") {
        let sign = reason.split_once('`').and_then(|(_, rest)| rest.chars().next()).unwrap_or('?');
        if sign == '@' || sign == '%' || sign == '`' {
            let message = format!("a text cannot start with {sign:?}").replace('\'', "`");
            return (message, Some("quote it".to_owned()));
        }
    }
    if says("unclosed quote") || says("unclosed bracket") {
        return (reason.to_owned(), Some("it opens here and is never closed".to_owned()));
    }
    if says("did not find expected key") || says("did not find expected '-'") {
        let hint = "look at the indentation of this line and the one above".to_owned();
        return (reason.to_owned(), Some(hint));
    }
    (reason.to_owned(), None)
}

/// Returns whether a line holds a cron expression that YAML takes for an alias.
fn is_cron(line: &str) -> bool {
    let value = line.split_once("cron:").or_else(|| line.split_once(": ")).map_or(line, |(_, value)| value);
    let value = value.trim_start_matches(['-', ' ', '[']);
    value.starts_with("*/") || value.starts_with("* ") || value.trim() == "*"
}

fn cron() -> (String, Option<String>) {
    let hint = "quote cron expressions: `cron: \"*/5 * * * *\"`".to_owned();
    ("a `*` starts an alias in YAML".to_owned(), Some(hint))
}

/// Returns the parser's own words, without the place.
fn reason(error: &Error) -> String {
    let text = error.render();
    let text = text.lines().next().unwrap_or_default();
    let text = text.rsplit_once(" at line ").map_or(text, |(reason, _)| reason);
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

fn span(error: &Error, source: &str) -> Span {
    let Some(location) = error.location() else { return source.len()..source.len() };
    let place = location.span();
    if let (Some(start), Some(length)) = (place.byte_offset(), place.byte_len()) {
        let start = source.floor_char_boundary(start as usize);
        return start..source.floor_char_boundary(start + length as usize).max(start);
    }
    // Scanner errors have a line and a column only.
    let Some(line) = source.split_inclusive('\n').nth((location.line() as usize).saturating_sub(1)) else {
        return source.len()..source.len();
    };
    let line_start = line.as_ptr() as usize - source.as_ptr() as usize;
    let column = (location.column() as usize).saturating_sub(1);
    let at = line.char_indices().nth(column).map_or(line.trim_end().len(), |(at, _)| at);
    let length = line[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    line_start + at..line_start + at + length
}
