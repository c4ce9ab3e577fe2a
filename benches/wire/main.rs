//! How fast, how soon and how light: from a datagram to the request on the wire, beside the bare loopback in the same run.
//!
//! `cargo bench --bench wire` takes a minute and fails if a bar is missed. The daemon is the real one, a process of its own;
//! the API here answers at once and tells when it had read each request. Both ways take turns, so that whatever else the
//! machine does disturbs both.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement reads the clock, prints what it found, and ends where it cannot go on"
)]

mod api;
mod house;
mod report;

use std::{
    env,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use self::{
    api::Floor,
    house::{Directory, House, osc},
    report::{Bar, Quantiles, Report, mebibytes, milliseconds},
};

/// Datagrams that are measured, of each way.
const SAMPLES: usize = 400;
/// Datagrams before that, of each way.
const WARM_UP: usize = 10;
/// From one datagram to the next of the other way. Twice this is more than a thirtieth of a second, so that the rate limit
/// lets every cut go at once.
const PAUSE: Duration = Duration::from_millis(20);
/// How often the daemon is started to see when it is ready.
const STARTS: usize = 10;
/// How long it rests before its memory is read, and how long its CPU time is counted then.
const REST: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(20);
/// Datagrams in a burst, and how many bursts.
const BURST: usize = 10_000;
const BURSTS: usize = 5;
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    if let [_, role, api] = args.as_slice()
        && role == Floor::ROLE
    {
        Floor::play(api);
    }
    // Whoever runs all targets as tests does not want to wait for this.
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut report = Report::default();
    let directory = Directory::new();
    starts(&directory, &mut report);
    let house = House::open(&directory, "state");
    rest(&house, &mut report);
    latency(&house, &mut report);
    bursts(&house, &mut report);
    report.line("resident after all this", mebibytes(house.daemon.resident()), None);
    report.print()
}

/// Starts the daemon again and again; the first time there is no state yet, then there is.
fn starts(directory: &Directory, report: &mut Report) {
    let (mut ready, mut healthy): (Vec<_>, Vec<_>) =
        (0..STARTS).map(|_| House::open(directory, "starts").daemon.ready).unzip();
    for (what, times) in [("start to READY=1", &mut ready), ("start to /healthz", &mut healthy)] {
        times.sort();
        let (median, worst) = (times[STARTS / 2], times[STARTS - 1]);
        report.line(&format!("{what}, median"), milliseconds(median), Some(Bar::most(median, 50.0e-3)));
        report.line(&format!("{what}, worst of {STARTS}"), milliseconds(worst), None);
    }
}

/// Leaves the daemon alone with its status readings.
fn rest(house: &House, report: &mut Report) {
    let daemon = &house.daemon;
    thread::sleep(REST);
    let resident = daemon.resident();
    let bar = Bar { kept: resident <= 15.0, text: "15 MiB".to_owned() };
    report.line("resident at rest", mebibytes(resident), Some(bar));
    let (began, before) = (Instant::now(), daemon.cpu_time());
    thread::sleep(IDLE);
    let used = daemon.cpu_time().saturating_sub(before);
    let percent = 100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64();
    let bar = Bar { kept: percent <= 0.05, text: "0.05 %".to_owned() };
    report.line("CPU at rest", format!("{percent:.3} % ({})", milliseconds(used)), Some(bar));
}

/// Sends cuts through the daemon and the same bytes by the shortest way there is.
fn latency(house: &House, report: &mut Report) {
    let cut = |at: usize| osc(if at.is_multiple_of(2) { "/segue/scene/b" } else { "/segue/scene/a" }, &[]);
    let floor = Floor::start(&house.shows("/segue/scene/a").bytes);
    let (mut bare, mut through) = (Vec::new(), Vec::new());
    for at in 0..WARM_UP + SAMPLES {
        thread::sleep(PAUSE);
        through.push(house.time_to_update(&cut(at)));
        thread::sleep(PAUSE);
        bare.push(floor.time_to_request(&cut(at)));
    }
    let (bare, through) = (Quantiles::of(bare.split_off(WARM_UP)), Quantiles::of(through.split_off(WARM_UP)));
    report.line("datagram to request, bare loopback", bare.tell(), None);
    report.line("datagram to request, segue", through.tell(), None);
    for (what, through, bare, most) in
        [("median", through.median, bare.median, 1.5), ("p99", through.p99, bare.p99, 2.0)]
    {
        let ratio = through.as_secs_f64() / bare.as_secs_f64();
        let bar = Bar { kept: ratio <= most, text: format!("{most:.1} ×") };
        report.line(&format!("segue / bare, {what}"), format!("{ratio:.2} ×"), Some(bar));
    }
}

/// Moves one fader faster than anybody can, to and fro over a threshold, and in the end to its top.
fn bursts(house: &House, report: &mut Report) {
    let steps = [0.25, 0.75].map(|value| osc("/fader", &[value]));
    let top = osc("/fader", &[1.0]);
    let (mut slowest, mut dropped, mut sent) = (Duration::ZERO, 0, Duration::MAX);
    for _ in 0..BURSTS {
        house.shows("/segue/scene/a");
        thread::sleep(Duration::from_millis(500));
        let before = house.daemon.drops();
        let began = Instant::now();
        for at in 1..BURST {
            house.send(&steps[at % 2]);
        }
        let last = Instant::now();
        house.send(&top);
        sent = sent.min(began.elapsed());
        let heard = house.until("the top of the fader", |heard| heard.shows("rain"));
        slowest = slowest.max(heard.at.saturating_duration_since(last));
        dropped += house.daemon.drops() - before;
    }
    let bar = Bar { kept: dropped == 0, text: "0".to_owned() };
    report.line(
        &format!("lost of {BURSTS} × {BURST} in {}", milliseconds(sent)),
        dropped.to_string(),
        Some(bar),
    );
    let bar = Bar::most(slowest, 50.0e-3);
    report.line("last of a burst to its request, worst", milliseconds(slowest), Some(bar));
}
