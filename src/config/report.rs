//! Where findings are collected while the file is read, so that all of them are told in one go.

use super::{
    diagnostic::{Diagnostic, Finding, Severity},
    secret,
    sources::Sources,
    tree::Span,
};

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

/// One thing that is wrong, on its way to the report. Boxed, so that a `Result` with it stays small.
#[derive(Debug)]
pub(super) struct Problem(Box<Finding>);

impl Problem {
    /// Makes an error.
    pub(super) fn error(span: &Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, span, message.into())
    }

    /// Makes a warning.
    pub(super) fn warning(span: &Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, span, message.into())
    }

    fn new(severity: Severity, span: &Span, message: String) -> Self {
        Self(Box::new(Finding {
            severity,
            span: span.clone(),
            subject: String::new(),
            message,
            hint: None,
            first: None,
            of_form: false,
        }))
    }

    /// Adds what would be right.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds what would be right, where there is a guess.
    pub(super) fn hint_maybe(mut self, hint: Option<String>) -> Self {
        self.0.hint = hint.or(self.0.hint);
        self
    }

    /// Says what it is about: "cue `noon`".
    pub(super) fn of(mut self, what: &str) -> Self {
        if self.0.subject.is_empty() {
            what.clone_into(&mut self.0.subject);
        } else if !what.is_empty() {
            self.0.subject = format!("{what}: {}", self.0.subject);
        }
        self
    }

    /// Moves it by so many bytes, to where the text of its file starts.
    pub(super) fn moved(mut self, by: usize) -> Self {
        let span = &mut self.0.span;
        *span = span.start + by..span.end + by;
        self
    }

    /// Says that it is about the form of a value, so that the key has to be named.
    pub(super) fn of_form(mut self) -> Self {
        self.0.of_form = true;
        self
    }

    /// Says under which key a value of the wrong form stands.
    pub(super) fn at_key(self, key: &str) -> Self {
        if self.0.of_form { self.of(&format!("`{key}`")) } else { self }
    }

    /// Says where the same thing stands for the first time.
    pub(super) fn after(mut self, first: &Span) -> Self {
        self.0.first = Some(first.clone());
        self
    }
}

impl Report {
    /// Takes a problem down.
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(*problem.0);
    }

    /// Returns the good value, or takes the problem down.
    pub(super) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// Returns whether the show cannot be played.
    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Places everything in the files, in their order, each thing once.
    ///
    /// Lines that touch one of the `secrets` or look like it are not shown.
    pub(super) fn into_diagnostics(self, sources: &Sources, secrets: &[Span]) -> Vec<Diagnostic> {
        let mut findings = self.0;
        findings.sort_by(|a, b| {
            (a.span.start, a.severity, a.span.end, &a.message).cmp(&(
                b.span.start,
                b.severity,
                b.span.end,
                &b.message,
            ))
        });
        // What stands once and is used by many through an alias is wrong once.
        findings.dedup_by(|b, a| a.span == b.span && a.message == b.message && a.hint == b.hint);
        findings
            .into_iter()
            .map(|finding| {
                let shown = secret::may_show(sources, finding.span.start, secrets);
                Diagnostic::new(finding, sources, shown)
            })
            .collect()
    }
}
