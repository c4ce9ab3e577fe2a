//! Secrets: where a show file says to find them, and how none that stands in the file by mistake gets out.

use std::path::PathBuf;

use crate::show::venue::SecretSource;

use super::{
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar,
    sources::Sources,
    tree::{Node, Span, Value},
    words::closest,
};

/// The keys of a reference to a secret.
const SOURCES: [&str; 3] = ["env", "file", "credential"];

/// What the names of secrets have in common, for files so broken that nothing else is known about them.
const TELLTALES: [&str; 6] = ["api_key", "apikey", "password", "passwd", "secret", "token"];

/// Reads a reference to a secret: `{ env: … }`, `{ file: … }` or `{ credential: … }`.
pub(super) fn source(node: &Node, of: &str, key: &str, report: &mut Report) -> Option<SecretSource> {
    let hint = format!("write `{key}: {{ env: NAME }}`, `{{ file: PATH }}` or `{{ credential: NAME }}`");
    if !matches!(node.value, Value::Map(_)) {
        report.push(Problem::error(&node.span, "secrets do not belong in the show file").of(of).hint(hint));
        return None;
    }
    let mut fields = Fields::of(node, &node.span, &format!("{of}: `{key}`"), &keys::SECRET, report)?;
    let env = fields.get("env", report, variable);
    let file = fields.get("file", report, scalar::filled);
    let credential = fields.get("credential", report, credential);
    let given = fields.given(&SOURCES);
    if given.len() != 1 && !fields.has_unknown() {
        let message = format!("`{key}` is found in exactly one place");
        let span = given.get(1).map_or(&node.span, |second| &second.key.span);
        report.push(Problem::error(span, message).of(of).hint(&hint));
    }
    for (name, entry) in fields.rest() {
        let problem = match closest(name, SOURCES) {
            Some(meant) => Problem::error(&entry.key.span, format!("unknown key `{name}`"))
                .hint(format!("did you mean `{meant}`?")),
            // Not quoted: it may be the secret itself.
            None => Problem::error(&entry.key.span, "secrets do not belong in the show file").hint(&hint),
        };
        report.push(problem.of(fields.what()));
    }
    match (env, file, credential) {
        (Some(name), None, None) => Some(SecretSource::Env(name.into())),
        (None, Some(path), None) => Some(SecretSource::File(PathBuf::from(path))),
        (None, None, Some(name)) => Some(SecretSource::Credential(name.into())),
        _ => None,
    }
}

fn variable(node: &Node) -> Result<&str, Problem> {
    let name = scalar::filled(node)?;
    if is_variable(name) {
        Ok(name)
    } else {
        // Not quoted: it may be the secret itself.
        Err(Problem::error(&node.span, "this is not the name of an environment variable")
            .hint("write the name of the variable, not its value: `{ env: DAYDREAM_API_KEY }`"))
    }
}

fn credential(node: &Node) -> Result<&str, Problem> {
    let name = scalar::filled(node)?;
    if !is_credential(name) {
        return Err(Problem::error(&node.span, "this is not the name of a credential")
            .hint("write the name that the unit gives it in `LoadCredential=`"));
    }
    Ok(name)
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Returns whether systemd takes a name for a credential: a file name of ASCII characters, and no path.
fn is_credential(name: &str) -> bool {
    !name.contains(['/', ':']) && !name.starts_with('.') && name.chars().all(|c| c.is_ascii_graphic())
}

/// Returns whether a text holds what looks like a secret: `user:password@`, or the name of a key and a value.
pub(super) fn looks_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let named = |word: &str| word.split_once('@').is_some_and(|(before, _)| before.contains(':'));
    text.split_whitespace().any(named)
        || user_info(text).is_some()
        || TELLTALES.iter().any(|telltale| {
            lower.match_indices(telltale).any(|(at, _)| {
                let rest = lower[at + telltale.len()..].trim_start_matches(['"', '\'', ' ']);
                rest.strip_prefix(':').is_some_and(|value| !is_reference(value))
            })
        })
}

/// Returns whether what follows a key is nothing, or a reference and no secret.
fn is_reference(value: &str) -> bool {
    let value = value.trim();
    let inner = value.strip_prefix('{').map_or(value, str::trim_start);
    value.is_empty()
        || value.starts_with('#')
        || SOURCES
            .iter()
            .any(|source| inner.strip_prefix(source).is_some_and(|rest| rest.trim_start().starts_with(':')))
            && value.starts_with('{')
}

/// Returns the `user:password` of a URL.
pub(super) fn user_info(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ', '\n']).next()?;
    authority.rsplit_once('@').map(|(info, _)| info)
}

/// Returns whether the line around `at` may be shown to anybody.
pub(super) fn may_show(sources: &Sources, at: usize, secrets: &[Span]) -> bool {
    let line = sources.line(at);
    secrets.iter().all(|secret| secret.end <= line.start || line.end <= secret.start)
        && !looks_secret(&sources.text()[line])
}

/// Finds the places of all secrets that stand in the file by mistake.
pub(super) fn places(node: &Node) -> Vec<Span> {
    let mut places = Vec::new();
    search(node, false, &mut places);
    places
}

fn search(node: &Node, secret: bool, places: &mut Vec<Span>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| search(item, secret, places)),
        Value::Map(entries) => {
            for entry in entries {
                let key = entry.key.text().unwrap_or_default();
                let reference = secret && SOURCES.contains(&key);
                if secret && !reference {
                    places.push(entry.key.span.clone());
                }
                let named = reference
                    && match (key, entry.value.text()) {
                        ("env", Some(name)) => is_variable(name),
                        ("credential", Some(name)) => is_credential(name),
                        (_, name) => name.is_some(),
                    };
                let address = ["url", "environment", "http"].contains(&key)
                    && entry.value.text().is_some_and(|text| text.contains('@'));
                // Written as a map, an address to post to is a secret.
                let hidden = key == "http" && matches!(entry.value.value, Value::Map(_));
                let below = secret || address || hidden || is_secret_key(key);
                search(&entry.value, !named && below, places);
            }
        }
        _ if secret || node.text().is_some_and(looks_secret) => places.push(node.span.clone()),
        _ => {}
    }
}

/// Returns whether what stands under a key is a secret, also if the key is misspelt.
fn is_secret_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase().replace('-', "_");
    TELLTALES.iter().any(|telltale| lower.contains(telltale))
        || ["api_key", "password"].iter().any(|name| strsim::damerau_levenshtein(&lower, name) <= 2)
}
