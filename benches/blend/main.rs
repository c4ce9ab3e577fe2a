//! How near blends are to their curves and at what price, against the simulator's model, beside scripts as people write them.
//!
//! `cargo bench --bench blend` takes a minute at most and fails if a bar is missed. All but the last figures are counted on
//! a virtual clock: the same on every machine, every time.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement reads the clock, prints what it found, and ends where it cannot go on"
)]

mod cost;
mod day;
mod fade;
mod stage;
mod storm;
mod table;

use std::{env, process::ExitCode};

use segue::show::easing::Easing;

use self::{
    fade::Sender,
    stage::Way,
    table::{Bar, Table},
};

/// Runs of each fade.
const SEEDS: u64 = 8;
/// Interrupted runs.
const STORMS: u64 = 1000;
/// How much worse than the bound an error may be.
const ALLOWANCE: f64 = 1.15;

fn main() -> ExitCode {
    // Whoever runs all targets as tests does not want to wait for this.
    if !env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut table = Table::default();
    errors(&mut table);
    scripts(&mut table);
    preferences(&mut table);
    storms(&mut table);
    days(&mut table);
    costs(&mut table);
    table.print()
}

/// The worst of several runs.
fn worst(sender: Sender, easing: Easing, way: Way) -> fade::Outcome {
    let runs = (0..SEEDS).map(|seed| fade::play(sender, easing, way, seed));
    runs.reduce(|a, b| fade::Outcome {
        rms: a.rms.max(b.rms),
        largest: a.largest.max(b.largest),
        updates: a.updates.max(b.updates),
        fps: a.fps.min(b.fps),
        longest_hole: a.longest_hole.max(b.longest_hole),
        between_holes: a.between_holes.min(b.between_holes),
        end_late: if a.end_late.abs() > b.end_late.abs() { a.end_late } else { b.end_late },
    })
    .unwrap()
}

fn errors(table: &mut Table) {
    Table::head("fade of 10 s, 4 updates a second at most: distance from the curve, worst of 8 runs");
    for (name, easing) in [("linear", Easing::Linear), ("smooth", Easing::Smooth)] {
        for (latency, jitter) in [(0, 0), (0, 30), (75, 0), (75, 30), (150, 0), (150, 30)] {
            let way = Way::millis(latency, jitter);
            let seen = worst(Sender::Show(""), easing, way);
            let (rms, largest) = fade::bound(easing, way);
            let what = format!("{name}, {latency} ± {jitter} ms");
            let bars = (rms * ALLOWANCE, largest * ALLOWANCE);
            table.line(
                &format!("{what}: rms"),
                format!("{:.4}", seen.rms),
                Some(Bar::most(seen.rms, bars.0)),
            );
            table.line(
                &format!("{what}: largest"),
                format!("{:.4}, end {:+.0} ms, {} updates", seen.largest, seen.end_late * 1e3, seen.updates),
                Some(Bar::most(seen.largest, bars.1)),
            );
        }
    }
}

fn scripts(table: &mut Table) {
    Table::head("the same linear fade by scripts, 150 ± 30 ms");
    let senders = [
        ("value of the moment, 5 a second", Sender::Ticking(5)),
        ("value of the moment, 10 a second", Sender::Ticking(10)),
        ("value of the moment, 30 a second", Sender::Ticking(30)),
        ("a step, its answer, a tenth of a second", Sender::Awaiting(10)),
        ("Segue", Sender::Show("")),
    ];
    for (what, sender) in senders {
        let seen = worst(sender, Easing::Linear, Way::millis(150, 30));
        let figure = format!(
            "rms {:.4}, largest {:.4}, {} updates, {:.1} fps, end {:+.2} s",
            seen.rms, seen.largest, seen.updates, seen.fps, seen.end_late
        );
        table.line(what, figure, None);
    }
}

fn preferences(table: &mut Table) {
    Table::head("what is preferred: smooth fade of 10 s, 80 ± 20 ms, 45 passes a second, B = 3, 30 fps in");
    for (prefer, updates) in [("blend", "prefer: blend"), ("motion", "prefer: motion")] {
        let seen = worst(Sender::Show(updates), Easing::Smooth, Way::millis(80, 20));
        let figure = format!("rms {:.4}, largest {:.4}, {} updates", seen.rms, seen.largest, seen.updates);
        table.line(prefer, figure, None);
        table.line(
            &format!("{prefer}: mean frames a second"),
            format!("{:.1}", seen.fps),
            Some(Bar::least(seen.fps, 25.0)),
        );
        // Four passes for one frame, up to one frame more until it comes, and the pass in work.
        let hole = 4.0 / 45.0 + 1.0 / 30.0;
        table.line(
            &format!("{prefer}: longest hole"),
            format!("{} ms", seen.longest_hole.as_millis()),
            Some(Bar::most(seen.longest_hole.as_secs_f64(), hole + 0.001)),
        );
        table.line(
            &format!("{prefer}: from one hole to the next, at least"),
            format!("{} ms", seen.between_holes.as_millis()),
            // Known to a look; frames are 33 ms apart, and six of them are 200.
            Some(Bar::least((seen.between_holes + stage::LOOK_EVERY).as_secs_f64(), 0.2)),
        );
    }
}

fn storms(table: &mut Table) {
    Table::head("1000 runs of fades that up to five others interrupt, ten scenes of one to three prompts");
    let seen = (0..STORMS).map(storm::play).fold(storm::Outcome::default(), storm::Outcome::and);
    table.line(
        "largest step of a coefficient, of an even fade's",
        format!("{:.3}", seen.jump),
        Some(Bar::most(seen.jump, 1.25)),
    );
    for (what, count) in [
        ("lists that the runner would slerp", seen.short_lists),
        ("coefficients that are no numbers", seen.not_finite),
        ("reloads", seen.reloads),
        ("updates in the minute after", seen.updates_at_rest),
        ("encodes of prompts that had a slot", seen.encodes.abs_diff(seen.newcomers)),
    ] {
        table.line(what, count.to_string(), Some(Bar::none(count)));
    }
    let of = format!("{} updates, {} encodes", seen.updates, seen.encodes);
    table.line("in all", of, None);
    let end = format!("{:.5}", seen.end_error);
    table.line("distance of the end from what it should be", end, Some(Bar::most(seen.end_error, 0.0005)));
}

fn days(table: &mut Table) {
    Table::head("a day with a fade of 10 s each hour");
    for prefer in ["blend", "motion"] {
        let updates = day::updates(&format!("prefer: {prefer}"));
        table.line(prefer, format!("{updates} updates"), Some(Bar::most(updates as f64, 999.0)));
    }
}

fn costs(table: &mut Table) {
    Table::head("the pure core, every stream fading at four updates a second (by the clock of this machine)");
    let least = |count| (0..3).map(|_| cost::of(count)).min_by_key(|cost| cost.per_update).unwrap();
    let mut first = None;
    for count in [10, 1000, 10_000] {
        let seen = if count < 10_000 { least(count) } else { cost::of(count) };
        let nanos = seen.per_update.as_nanos() as f64;
        let first = *first.get_or_insert(nanos);
        let memory =
            if count < 1000 { String::new() } else { format!(", {} KiB a stream", seen.bytes / 1024) };
        let growth = nanos / first;
        let figure =
            format!("{:.1} µs an update, × {growth:.1}{memory} ({} updates)", nanos / 1e3, seen.updates);
        // A thousand times as many: what looked at all of them for each would be hundreds of times as dear.
        table.line(&format!("{count} streams"), figure, Some(Bar::most(growth, 20.0)));
    }
}
