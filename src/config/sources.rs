//! The text of a show: the show file, and after it those that it includes, so that one number says where something stands.
//!
//! Every place in a report counts from the start of this text; here it becomes a file, a line and a column again.

use std::{ops::Range, sync::Arc};

use super::tree::Span;

/// All files of a show, one after the other, an empty line's end between them.
#[derive(Debug, Default)]
pub(super) struct Sources {
    text: String,
    files: Vec<Source>,
    /// Where each line starts.
    lines: Vec<usize>,
}

/// One file.
#[derive(Debug)]
struct Source {
    name: Arc<str>,
    start: usize,
    /// How many lines the files before it have.
    lines_before: usize,
}

/// A place as people and editors count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// In bytes of its file.
    pub(super) offset: usize,
}

impl Sources {
    /// Adds a file and returns where its text starts.
    pub(super) fn push(&mut self, name: &str, text: &str) -> usize {
        if !self.files.is_empty() {
            // A place at the very end of a file is not yet in the next one.
            self.text.push('\n');
        }
        let start = self.text.len();
        self.files.push(Source { name: name.into(), start, lines_before: self.lines.len() });
        self.lines.push(start);
        self.lines.extend(text.match_indices('\n').map(|(at, _)| start + at + 1));
        self.text.push_str(text);
        start
    }

    /// Returns the text of all files.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the bytes of the line around `at`, without its end.
    pub(super) fn line(&self, at: usize) -> Range<usize> {
        let after = self.lines.partition_point(|start| *start <= at).max(1);
        let end = self.lines.get(after).map_or(self.text.len(), |next| next - 1);
        self.lines.get(after - 1).map_or(0, |start| *start)..end
    }

    /// Returns where `at` is.
    pub(super) fn place(&self, at: usize) -> Place {
        let file = self.files.partition_point(|file| file.start <= at).max(1) - 1;
        let Source { name, start, lines_before } = &self.files[file];
        let number = self.lines.partition_point(|start| *start <= at).max(1);
        let line = self.line(at);
        let before = &self.text[line.start..at.clamp(line.start, line.end.max(line.start))];
        Place {
            file: Arc::clone(name),
            line: number - lines_before,
            column: before.trim_start_matches('\u{feff}').chars().count() + 1,
            offset: at - start,
        }
    }

    /// Says where the thing at `first` is to somebody who reads about the one at `at`.
    pub(super) fn told(&self, first: &Span, at: usize) -> String {
        let (first, here) = (self.place(first.start), self.place(at));
        if first.file == here.file {
            return format!("the first is on line {}", first.line);
        }
        format!("the first is at {}:{}:{}", first.file, first.line, first.column)
    }
}
