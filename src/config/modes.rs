//! `mode` and `max` of triggers and cues: what if a list is still running.

use crate::show::run::Mode;

use super::{
    reader::Fields,
    report::{Problem, Report},
    scalar,
};

/// How many may run or wait.
pub(super) const MAX: (f64, f64) = (2.0, Mode::MAX_MOST as f64);

/// Reads the mode; `usual` if there is none.
pub(super) fn read(fields: &mut Fields<'_>, usual: Mode, report: &mut Report) -> Mode {
    let word = fields.get("mode", report, |node| scalar::choice(node, "mode", &Mode::NAMES));
    let entry = fields.entry("max");
    let max = fields.get("max", report, |node| {
        scalar::number_in(node, "max", MAX.0, MAX.1)?;
        scalar::integer(node)
    });
    let max = max.map_or(Mode::MAX_USUAL, |max| max as usize);
    if let (Some(entry), None | Some("single" | "restart")) = (entry, word) {
        let problem = Problem::error(&entry.key.span, "`max` goes with `mode: queued` and `mode: parallel`");
        report.push(problem.of(fields.what()).hint("take it out, or write the mode"));
    }
    match word {
        Some("single") => Mode::Single,
        Some("restart") => Mode::Restart,
        Some("queued") => Mode::Queued(max),
        Some("parallel") => Mode::Parallel(max),
        _ => usual,
    }
}
