//! Where findings are collected while the file is read, so that all of them are told in one go.

use std::sync::Arc;

use super::{
    diagnostic::{Diagnostic, Finding, Severity},
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
        Box::new(Self { severity: Severity::Error, span: span.clone(), message: message.into(), hint: None })
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
        if !what.is_empty() {
            self.message = format!("{what}: {}", self.message);
        }
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
            (a.span.start, a.severity, a.span.end).cmp(&(b.span.start, b.severity, b.span.end))
        });
        let mut diagnostics: Vec<Diagnostic> = findings
            .into_iter()
            .map(|finding| {
                let shown = secret::may_show_line(source, finding.span.start, secrets);
                Diagnostic::new(finding, file, source, shown)
            })
            .collect();
        diagnostics.dedup();
        diagnostics
    }
}
