//! `include`: other files of the show, each with scenes, cues and triggers of its own.
//!
//! An included file is read by itself, so anchors end with their file; then its sections are added to those of the
//! show file, and from there on nobody asks where something stood. Included files include no others.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    files::{self, BYTES_MAX, Files, Hash, INCLUDED_MAX, Pattern, ReadFile},
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar, secret,
    sources::Sources,
    syntax,
    tree::{Entry, Node, Span, Value},
    words::{did_you_mean, listed, quoted},
};

/// A show file on disk, with what it includes.
#[derive(Debug)]
pub(super) struct Gathering<'a> {
    show: &'a Path,
    sources: &'a mut Sources,
    report: &'a mut Report,
    hash: Hash,
    room: u64,
    patterns: Vec<Pattern>,
    /// What is included already: twice by two patterns is once.
    seen: BTreeSet<PathBuf>,
    /// The sections of included files.
    found: Vec<Entry>,
    /// Where secrets stand in them by mistake.
    secrets: Vec<Span>,
}

/// Adds to `root` what it includes, and returns which files that were and where secrets stand in them by mistake.
pub(super) fn gather(
    root: Option<&mut Node>,
    show: &ReadFile,
    sources: &mut Sources,
    report: &mut Report,
) -> (Files, Vec<Span>) {
    let mut hash = Hash::default();
    hash.add(show);
    let taken = show.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
    let mut gathering = Gathering {
        show: &show.path,
        sources,
        report,
        hash,
        room: BYTES_MAX - taken,
        patterns: Vec::new(),
        seen: BTreeSet::new(),
        found: Vec::new(),
        secrets: Vec::new(),
    };
    if let Some(root) = root {
        for node in named(root) {
            gathering.pattern(&node);
        }
        let found = std::mem::take(&mut gathering.found);
        adopt(root, found, gathering.report);
    }
    (Files::new(gathering.show, gathering.patterns, gathering.hash.sum()), gathering.secrets)
}

/// Refuses an `include` where there is no folder to look in.
pub(super) fn refuse(root: &Node, report: &mut Report) {
    if let Some(node) = named(root).first() {
        report.push(Problem::error(&node.span, "only a show file on disk can include others"));
    }
}

/// Returns what stands under `include`: one text, or each of a list.
fn named(root: &Node) -> Vec<Node> {
    let Value::Map(entries) = &root.value else { return Vec::new() };
    let Some(entry) = entries.iter().find(|entry| entry.key.text() == Some("include")) else {
        return Vec::new();
    };
    match &entry.value.value {
        Value::List(items) => items.clone(),
        // Told when the keys are read.
        Value::Null => Vec::new(),
        _ => vec![entry.value.clone()],
    }
}

impl Gathering<'_> {
    fn pattern(&mut self, node: &Node) {
        let pattern = self.report.take(pattern(node).map_err(|problem| problem.at_key("include")));
        let Some(pattern) = pattern else { return };
        let read = files::included(self.show, &pattern, &mut self.room);
        self.patterns.push(pattern.clone());
        let files = match read {
            Ok(files) => files,
            Err(error) => {
                let message = format!("cannot look for {}: {error}", text(node));
                self.report.push(Problem::error(&node.span, message));
                return;
            }
        };
        if files.is_empty() {
            let problem = Problem::warning(&node.span, format!("no file fits {}", text(node)));
            self.report.push(problem.hint("the pattern starts at the folder of the show file"));
        }
        for file in &files {
            self.hash.add(file);
        }
        for file in files {
            if self.seen.len() == INCLUDED_MAX {
                let message = format!("a show includes at most {INCLUDED_MAX} files");
                return self.report.push(Problem::error(&node.span, message));
            }
            let real = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
            if real == self.show.canonicalize().unwrap_or_default() {
                self.report.push(Problem::error(&node.span, "the show file includes itself"));
            } else if self.seen.insert(real) {
                self.file(file, &node.span);
            }
        }
    }

    fn file(&mut self, file: ReadFile, place: &Span) {
        let name = file.path.display().to_string();
        let bytes = match file.bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = match error.kind() {
                    std::io::ErrorKind::NotFound => format!("there is no file `{name}`"),
                    _ => format!("cannot read `{name}`: {error}"),
                };
                return self.report.push(Problem::error(place, message));
            }
        };
        let Some(root) = node(&name, bytes, self.sources, self.report) else { return };
        match root {
            Ok(root) => {
                self.secrets.extend(secret::places(&root));
                self.sections(&root, &name);
            }
            Err(start) => {
                let problem = Problem::error(&(start..start), "the included file is empty");
                self.report.push(problem.hint("write `scenes:` and the scenes, or take the file out"));
            }
        }
    }

    /// Takes the sections that an included file may have.
    fn sections(&mut self, root: &Node, name: &str) {
        if !matches!(root.value, Value::Map(_)) {
            let problem =
                Problem::error(&root.span, format!("an included file is a map, not {}", root.kind()));
            return self.report.push(problem.hint("it begins with `scenes:`, `cues:` or `triggers:`"));
        }
        let top = root.span.start..root.span.start;
        let of = format!("`{name}`");
        let Some(mut fields) = Fields::of(root, &top, &of, &keys::INCLUDED, self.report) else { return };
        let taken: Vec<Entry> = keys::INCLUDED.names().filter_map(|key| fields.entry(key)).cloned().collect();
        self.found.extend(taken);
        for (key, entry) in fields.rest() {
            let allowed = || format!("an included file has {}", listed(keys::INCLUDED.names()));
            let (message, hint) = if key == "include" {
                (
                    "an included file includes no others".to_owned(),
                    "name them all in the show file".to_owned(),
                )
            } else if keys::SHOW.has(key) {
                (format!("`{key}` belongs in the show file itself"), allowed())
            } else {
                let hint = did_you_mean(key, keys::INCLUDED.names());
                (format!("unknown key {}", quoted(key)), hint.unwrap_or_else(allowed))
            };
            self.report.push(Problem::error(&entry.key.span, message).hint(hint));
        }
    }
}

/// Returns a pattern as a message may quote it.
fn text(node: &Node) -> String {
    quoted(node.text().unwrap_or_default())
}

fn pattern(node: &Node) -> Result<Pattern, Problem> {
    let text = scalar::filled(node)?;
    if text.contains(['[', ']', '{', '}']) || text.contains("**") || text.contains(char::is_control) {
        return Err(Problem::error(
            &node.span,
            format!("{} is not a file or a pattern of files", quoted(text)),
        )
        .hint("a pattern has `*` and `?`; for more, write a list"));
    }
    Ok(Pattern::new(text))
}

/// Reads one file of the show: the tree, its start if it is empty, nothing if it is no YAML.
pub(super) fn node(
    name: &str,
    bytes: Vec<u8>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Result<Node, usize>> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let end = error.utf8_error().valid_up_to();
            let start = sources.push(name, &String::from_utf8_lossy(&error.as_bytes()[..end]));
            let problem = Problem::error(&(start + end..start + end), "the file is not UTF-8 from here on");
            report.push(problem.hint("save it as UTF-8"));
            return None;
        }
    };
    let start = sources.push(name, &text);
    match Node::parse(&text) {
        Ok(Some(mut root)) => {
            root.shift(start);
            Some(Ok(root))
        }
        Ok(None) => Some(Err(start)),
        Err(error) => {
            report.push(syntax::problem(&error, &text).moved(start));
            None
        }
    }
}

/// Adds sections to those of the same name in the show file.
fn adopt(root: &mut Node, sections: Vec<Entry>, report: &mut Report) {
    let Value::Map(entries) = &mut root.value else { return };
    for section in sections {
        let own = entries.iter_mut().find(|entry| entry.key.text() == section.key.text());
        let Some(own) = own else {
            entries.push(section);
            continue;
        };
        match (&mut own.value.value, section.value.value) {
            (Value::Map(entries), Value::Map(more)) => entries.extend(more),
            (own @ Value::Null, more @ Value::Map(_)) => *own = more,
            // Of what is no map in the show file itself the reader will tell.
            (_, Value::Null | Value::Map(_)) => {}
            (_, value) => {
                let node = Node { span: section.value.span, value };
                let message = format!("a map is expected, not {}", node.kind());
                let key = section.key.text().unwrap_or_default();
                report.push(Problem::error(&node.span, message).of(&format!("`{key}`")));
            }
        }
    }
}
