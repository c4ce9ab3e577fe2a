//! Where findings are collected while the file is read, so that all of them are told in one go.

use std::sync::Arc;

use super::{
    diagnostic::{Diagnostic, Finding, Lines, Severity},
    secret,
    tree::Span,
};

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

/// One thing that is wrong, on its way to the report.
pub(super) type Problem = Box<Finding>;

impl Finding {
    /// Makes an error.
    pub(super) fn error(span: &Span, message: impl Into<String>) -> Problem {
        Box::new(Self {
            severity: Severity::Error,
            span: span.clone(),
            subject: String::new(),
            message: message.into(),
            hint: None,
            first: None,
            of_form: false,
        })
    }

    /// Makes a warning.
    pub(super) fn warning(span: &Span, message: impl Into<String>) -> Problem {
        Box::new(Self { severity: Severity::Warning, ..*Self::error(span, message) })
    }

    /// Adds what would be right.
    pub(super) fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what would be right, where there is a guess.
    pub(super) fn hint_maybe(mut self: Box<Self>, hint: Option<String>) -> Problem {
        self.hint = hint.or(self.hint);
        self
    }

    /// Says what it is about: `cue `noon`: …`.
    pub(super) fn of(mut self: Box<Self>, what: &str) -> Problem {
        if self.subject.is_empty() {
            what.clone_into(&mut self.subject);
        } else if !what.is_empty() {
            self.subject = format!("{what}: {}", self.subject);
        }
        self
    }

    /// Says which value has the wrong form.
    pub(super) fn at_key(self: Box<Self>, key: &str) -> Problem {
        if self.of_form { self.of(&format!("`{key}`")) } else { self }
    }

    /// Says where the same thing stands for the first time.
    pub(super) fn after(mut self: Box<Self>, first: &Span) -> Problem {
        self.first = Some(first.clone());
        self
    }
}

impl Report {
    /// Takes a problem down.
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(*problem);
    }

    /// Returns the good value, or takes the problem down.
    pub(super) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// Returns whether the show cannot be played.
    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Places everything in the file, in the order of the file, each thing once.
    ///
    /// Lines that touch one of the `secrets` or look like it are not shown.
    pub(super) fn into_diagnostics(self, file: &Arc<str>, source: &str, secrets: &[Span]) -> Vec<Diagnostic> {
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
        let lines = Lines::new(source);
        findings
            .into_iter()
            .map(|finding| {
                let shown = secret::may_show(&lines, finding.span.start, secrets);
                Diagnostic::new(finding, file, &lines, shown)
            })
            .collect()
    }
}
