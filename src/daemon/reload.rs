//! Takes over an edited show file, or says why not. Which of it can be taken over is decided by the show.

use std::sync::Arc;

use serde_json::Value;
use tracing::{error, warn};

use super::{
    Daemon,
    files::{Edition, Wish},
    keeper,
};
use crate::{
    config::{self, Diagnostic, Loaded, ReadError, Severity},
    show::{fact::Fact, reload::Changes, sheet::Sheet, snapshot::ShowFile, time::Now},
    web::Mistakes,
};

impl Daemon {
    /// Takes an edition of the show file.
    pub(super) fn take(&mut self, edition: Edition) {
        let now = self.clock.now();
        let Edition { wish, read } = edition;
        self.systemd.reloading(self.clock.system());
        let outcome = match read {
            Ok(Loaded { sheet: Some(sheet), diagnostics, files }) => {
                warnings(&diagnostics);
                let hash = files.map(|files| files.hash());
                Ok(self.go_on_with(sheet, hash.unwrap_or_default(), now))
            }
            Ok(Loaded { diagnostics, .. }) => Err(mistakes(&diagnostics)),
            Err(error) => Err(unread(&error)),
        };
        if let Err((mistakes, first, count)) = &outcome {
            let _ = mistakes;
            if let Some(file) = &mut self.file {
                file.error = Some(first.clone());
            }
            self.note(&Fact::NotReloaded { message: first.clone(), mistakes: *count }, now);
        }
        let snapshot = self.snapshot(now);
        self.systemd.show(&snapshot);
        self.systemd.reloaded();
        match (wish, outcome) {
            // Whoever asked may have gone.
            (Wish::Person(reply), outcome) => {
                let _ = reply.send(outcome.map_err(|(mistakes, ..)| mistakes));
            }
            (Wish::Change | Wish::Hangup, _) => {}
        }
    }

    /// Goes on with a sheet that has no mistake.
    fn go_on_with(&mut self, mut sheet: Sheet, hash: u64, now: Now) -> Changes {
        let mut doors = Changes::default();
        let old = Arc::clone(self.show.sheet());
        self.doors.move_to(&old.venue, &mut sheet.venue, &mut doors);
        let mut changes = self.show.reload(&sheet, now);
        let sheet = Arc::clone(self.show.sheet());
        if base(&old) != base(&sheet) {
            self.board = self.doors.board(sheet.venue.mqtt.as_ref());
        }
        self.sheet.send_replace(sheet);
        for kept in &doors.kept {
            warn!("Not taken over: {kept}.");
        }
        changes.kept.append(&mut doors.kept);
        self.file = Some(ShowFile::loaded(now.wall, hash));
        changes
    }
}

/// Returns where the show's own topics on the broker are.
fn base(sheet: &Sheet) -> Option<&str> {
    sheet.venue.mqtt.as_ref().map(|door| &*door.base)
}

fn warnings(diagnostics: &[Diagnostic]) {
    for found in diagnostics {
        warn!(at = %place(found), hint = found.hint(), "{}", found.message());
    }
}

/// Tells every mistake to the log; returns what to tell whoever asked, the first one, and how many there are.
fn mistakes(diagnostics: &[Diagnostic]) -> (Mistakes, String, usize) {
    let errors: Vec<_> = diagnostics.iter().filter(|found| found.severity() == Severity::Error).collect();
    for found in &errors {
        error!(at = %place(found), hint = found.hint(), "{}", found.message());
    }
    let first =
        errors.first().map_or_else(String::new, |found| format!("{}: {}", place(found), found.message()));
    let told = config::render_text(diagnostics, false);
    let found = serde_json::from_str(&config::render_json(diagnostics)).unwrap_or(Value::Null);
    (Mistakes { told, found }, first, errors.len())
}

fn unread(error: &ReadError) -> (Mistakes, String, usize) {
    let told = keeper::chain(error);
    error!("{told}");
    (Mistakes { told: format!("error: {told}\n"), found: Value::Array(Vec::new()) }, told, 1)
}

fn place(found: &Diagnostic) -> String {
    format!("{}:{}:{}", found.file(), found.line(), found.column())
}
