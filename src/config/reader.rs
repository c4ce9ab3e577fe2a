//! Reading a map: each known key once, and at the end what nobody asked for.

use std::collections::BTreeMap;

use super::{
    keys::{Params, Section},
    report::{Problem, Report},
    tree::{Entry, Node, Span, Value},
    words::{closest, did_you_mean_or_list, quoted},
};

/// A map that is being read.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    /// What it describes, for messages; empty for the file itself.
    of: String,
    /// Where to point if something is missing.
    place: Span,
    entries: Vec<(&'n str, &'n Entry)>,
    /// Which keys there are.
    section: &'static Section,
    /// Which keys were asked for.
    asked: Vec<&'static str>,
}

/// Returns the entries of a map by name, without those whose keys are no names or stand twice.
///
/// Nothing at all (`scenes:`) is an empty map.
pub(super) fn entries<'n>(
    node: &'n Node,
    of: &str,
    report: &mut Report,
) -> Option<Vec<(&'n str, &'n Entry)>> {
    let written = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        Value::Null => &[],
        _ => {
            let message = format!("a map is expected, not {}", node.kind());
            report.push(Problem::error(&node.span, message).of(of));
            return None;
        }
    };
    let mut entries: Vec<(&str, &Entry)> = Vec::new();
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in written {
        let Some(key) = entry.key.text() else {
            let message = format!("a key is a text, not {}", entry.key.kind());
            let problem = Problem::error(&entry.key.span, message).of(of);
            let hint = matches!(entry.key.value, Value::Null).then(|| "quote it: `\"null\"`".to_owned());
            report.push(problem.hint_maybe(hint));
            continue;
        };
        if let Some(first) = seen.get(key) {
            let message = format!("the key {} stands here a second time", quoted(key));
            report.push(Problem::error(&entry.key.span, message).of(of).after(&first.key.span));
            continue;
        }
        seen.insert(key, entry);
        entries.push((key, entry));
    }
    Some(entries)
}

impl<'n> Fields<'n> {
    /// Begins to read a map that describes `of`; `place` is where to point if something is missing from it.
    pub(super) fn of(
        node: &'n Node,
        place: &Span,
        of: &str,
        section: &'static Section,
        report: &mut Report,
    ) -> Option<Self> {
        let entries = entries(node, of, report)?;
        Some(Self { of: of.to_owned(), place: place.clone(), entries, section, asked: Vec::new() })
    }

    /// Returns what it describes.
    pub(super) fn what(&self) -> &str {
        &self.of
    }

    /// Returns the whole line of a key.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        let known = self.section.has(key) || self.section.params != Params::None;
        debug_assert!(known, "`{key}` is not described in section `{}`", self.section.title);
        self.ask(key);
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, entry)| *entry)
    }

    fn ask(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    /// Returns the value of a key; a key without a value is an error.
    pub(super) fn value(&mut self, key: &'static str, report: &mut Report) -> Option<&'n Node> {
        let entry = self.entry(key)?;
        if matches!(entry.value.value, Value::Null) {
            let problem = Problem::error(&entry.key.span, format!("`{key}` has no value"));
            report.push(problem.of(&self.of).hint("give it one, or leave the key out"));
            return None;
        }
        Some(&entry.value)
    }

    /// Reads the value of a key.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        report: &mut Report,
        read: impl FnOnce(&'n Node) -> Result<T, Problem>,
    ) -> Option<T> {
        let node = self.value(key, report)?;
        report.take(read(node).map_err(|problem| problem.at_key(key).of(&self.of)))
    }

    /// Returns the value of a key that has to be there; one that is only misspelt is told as that and not as missing.
    pub(super) fn required(
        &mut self,
        key: &'static str,
        hint: &str,
        report: &mut Report,
    ) -> Option<&'n Node> {
        if !self.has(key) {
            let misspelt = self.rest().iter().any(|(name, _)| closest(name, [key]).is_some());
            self.ask(key);
            if misspelt {
                return None;
            }
            let problem = Problem::error(&self.place, format!("`{key}` is missing"));
            report.push(problem.of(&self.of).hint(hint));
            return None;
        }
        self.value(key, report)
    }

    /// Returns whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| *name == key)
    }

    /// Returns those of `keys` that are there, in the order of the file.
    pub(super) fn given(&self, keys: &[&str]) -> Vec<&'n Entry> {
        self.entries.iter().filter(|(name, _)| keys.contains(name)).map(|(_, entry)| *entry).collect()
    }

    /// Returns whether there is a key that the section does not have and nobody asked for.
    pub(super) fn has_unknown(&self) -> bool {
        !self.rest().is_empty()
    }

    /// Returns the lines whose keys the section does not have and nobody asked for.
    pub(super) fn rest(&self) -> Vec<(&'n str, &'n Entry)> {
        let known = |name: &str| self.section.has(name) || self.asked.contains(&name);
        self.entries.iter().filter(|(name, _)| !known(name)).copied().collect()
    }

    /// Reports every key that there is not.
    pub(super) fn finish(self, report: &mut Report) {
        let unread = self.section.names().find(|name| !self.asked.contains(name));
        debug_assert!(unread.is_none(), "nobody reads {unread:?} of section `{}`", self.section.title);
        for (name, entry) in self.rest() {
            let hint = did_you_mean_or_list(name, self.asked.iter().copied(), "the keys here:");
            let problem = Problem::error(&entry.key.span, format!("unknown key {}", quoted(name)));
            report.push(problem.of(&self.of).hint_maybe(hint));
        }
    }
}
