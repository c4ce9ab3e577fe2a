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
            Ok(Loaded { diagnostics, .. }) => Err(Wrong::file(&diagnostics)),
            Err(error) => Err(Wrong::unread(&error)),
        };
        let outcome = outcome.map_err(|wrong| self.go_on_without(wrong, now));
        let snapshot = self.snapshot(now);
        self.systemd.show(&snapshot);
        self.systemd.reloaded();
        if let Wish::Person(reply) = wish {
            // Whoever asked may have gone.
            let _ = reply.send(outcome);
        }
    }

    /// Goes on as before.
    fn go_on_without(&mut self, wrong: Wrong, now: Now) -> Mistakes {
        let Wrong { first, count, mistakes } = wrong;
        if let Some(file) = &mut self.file {
            file.error = Some(first.clone());
        }
        self.note(&Fact::NotReloaded { message: first, mistakes: count }, now);
        mistakes
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

/// Why the file is not taken over.
struct Wrong {
    /// The first mistake, with its place.
    first: String,
    /// How many there are.
    count: usize,
    /// All of them, for whoever asked.
    mistakes: Mistakes,
}

impl Wrong {
    /// Tells every mistake to the log.
    fn file(diagnostics: &[Diagnostic]) -> Self {
        let errors: Vec<_> = diagnostics.iter().filter(|found| found.severity() == Severity::Error).collect();
        for found in &errors {
            error!(at = %place(found), hint = found.hint(), "{}", found.message());
        }
        let first = errors.first().map(|found| format!("{}: {}", place(found), found.message()));
        let told = config::render_text(diagnostics, false);
        let found = serde_json::from_str(&config::render_json(diagnostics)).unwrap_or(Value::Null);
        Self { first: first.unwrap_or_default(), count: errors.len(), mistakes: Mistakes { told, found } }
    }

    fn unread(error: &ReadError) -> Self {
        let first = keeper::chain(error);
        error!("{first}");
        let mistakes = Mistakes { told: format!("error: {first}\n"), found: Value::Array(Vec::new()) };
        Self { first, count: 1, mistakes }
    }
}

fn place(found: &Diagnostic) -> String {
    format!("{}:{}:{}", found.file(), found.line(), found.column())
}
