//! What is wrong with a show file, as a person or a program reads it: place, reason, hint.
//!
//! A diagnostic keeps the one line it shows, or none if a secret stands there. So nothing can print more of the file
//! than it should.

use std::{ops::Range, sync::Arc};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::sources::{Place, Sources};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The show cannot be played.
    Error,
    /// The show can be played, but somewhere it does not do what it says.
    Warning,
}

/// One thing that is wrong with a show file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    severity: Severity,
    file: Arc<str>,
    span: Range<usize>,
    line: usize,
    column: usize,
    message: String,
    hint: Option<String>,
    excerpt: Option<Excerpt>,
}

/// The line of the file that it points into.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    marked: Range<usize>,
}

/// What was found, before it has its place in lines and columns.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) span: Range<usize>,
    /// What it is about, a cue or a scene; may be empty.
    pub(super) subject: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// Where the same thing stands for the first time.
    pub(super) first: Option<Range<usize>>,
    /// Whether it is about the form of a value, so that only its key says which value.
    pub(super) of_form: bool,
}

impl Diagnostic {
    /// Places a finding in its file; its line is only kept if it may be `shown`.
    pub(super) fn new(finding: Finding, sources: &Sources, shown: bool) -> Self {
        let Finding { severity, span, subject, message, hint, first, of_form: _ } = finding;
        let source = sources.text();
        let start = source.floor_char_boundary(span.start);
        let end = source.ceil_char_boundary(span.end).max(start);
        let line = sources.line(start);
        let text = source[line.clone()].trim_end();
        let marked = start - line.start..mark_end(text, start - line.start, end.min(line.end) - line.start);
        let Place { file, line, column, offset } = sources.place(start);
        Self {
            severity,
            file,
            span: offset..offset + (end - start),
            line,
            column,
            message: if subject.is_empty() { message } else { format!("{subject}: {message}") },
            hint: first.map(|first| sources.told(&first, start)).or(hint),
            excerpt: (shown && !text.is_empty() && marked.start <= text.len())
                .then(|| Excerpt { text: text.to_owned(), marked }),
        }
    }

    /// Returns the file it points into, as messages call it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns how bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns what is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what would be right, if there is a good guess.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the bytes of the file that it points at.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the line it starts on, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the character of that line it starts at, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Renders it as compilers do: message, place, the line with a mark under it, hint. Ends with a newline.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = Group::with_title(level.primary_title(self.message.as_str()));
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = if let Some(Excerpt { text, marked }) = &self.excerpt {
            renderer.render(&[title.element(
                Snippet::source(text.as_str())
                    .path(&*self.file)
                    .line_start(self.line)
                    .annotation(AnnotationKind::Primary.span(marked.clone())),
            )])
        } else {
            let title = renderer.render(&[title]);
            format!("{title}\n --> {}:{}:{}", self.file, self.line, self.column)
        };
        out.push('\n');
        if let Some(hint) = &self.hint {
            let name = if color { "\u{1b}[1m\u{1b}[96mhint\u{1b}[0m" } else { "hint" };
            out.extend([name, ": ", hint, "\n"]);
        }
        out
    }
}

/// Returns the end of the mark under a line: at least one character, and the whole rest where nothing is said.
fn mark_end(text: &str, start: usize, end: usize) -> usize {
    if end > start {
        return end.min(text.len()).max(start);
    }
    text.len().max(start)
}

/// Renders all of them for a person, an empty line between each and the next.
pub fn render_text(diagnostics: &[Diagnostic], color: bool) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(color)).collect::<Vec<_>>().join("\n")
}

/// Renders all of them for a program: one JSON array on one line.
pub fn render_json(diagnostics: &[Diagnostic]) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        severity: Severity,
        file: &'a str,
        line: usize,
        column: usize,
        message: &'a str,
        hint: Option<&'a str>,
    }
    let told = diagnostics.iter().map(|diagnostic| Told {
        severity: diagnostic.severity,
        file: &diagnostic.file,
        line: diagnostic.line,
        column: diagnostic.column,
        message: &diagnostic.message,
        hint: diagnostic.hint.as_deref(),
    });
    serde_json::to_string(&told.collect::<Vec<_>>()).expect("texts and numbers are JSON")
}
