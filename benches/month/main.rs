//! A month of show on a virtual clock: does anything grow?
//!
//! `cargo bench --bench month` plays 30 days (`-- --days 3` fewer) of the core, the model inside the simulator, the metrics,
//! the log and a history in a real file with small bounds: a fade a minute, a status each 5 s, the API gone for two minutes
//! every six hours, the runner restarted every day. It prints peak memory, memory at the end of the day and the store's
//! size, and fails if the peak of the last day is more than 2 % above that of the first.
//!
//! The peak is what the kernel says (`VmHWM`, set back each day), so it holds everything and needs no allocator of ours.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints what it found, and ends where it cannot go on"
)]

mod world;

use std::{env, fs, path::PathBuf, process::ExitCode};

use self::world::World;

/// How many days, unless told otherwise.
const DAYS: u32 = 30;
/// How much the peak may grow from the first day to the last.
const GROWTH_MAX: f64 = 1.02;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    // Whoever runs all targets as tests does not want to wait for this.
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let days =
        args.iter().skip_while(|arg| *arg != "--days").nth(1).map_or(DAYS, |days| days.parse().unwrap());
    let directory = Directory::new();
    let mut world = World::new(&directory.0);
    let (mut first, mut last) = (0, 0);
    println!("day  peak MiB  now MiB  store MB  transitions  updates  lost rows");
    for day in 1..=days {
        // The first hour of the first day is the start: caches fill.
        if day == 1 {
            world.play(3600);
        }
        fs::write("/proc/self/clear_refs", "5").unwrap();
        world.play(if day == 1 { 23 * 3600 } else { 24 * 3600 });
        last = memory("VmHWM:");
        if day == 1 {
            first = last;
        }
        if day == 1 || day % 10 == 0 || day == days {
            println!(
                "{day:3}  {:8.2}  {:7.2}  {:8.2}  {:11}  {:7}  {:9}",
                last as f64 / 1024.0,
                memory("VmRSS:") as f64 / 1024.0,
                directory.bytes() as f64 / 1e6,
                world.transitions,
                world.updates,
                world.recorder.dropped(),
            );
        }
    }
    let growth = last as f64 / first as f64;
    println!("day {days} against day 1: {:+.1} %", (growth - 1.0) * 100.0);
    let lost = world.recorder.dropped();
    assert!(world.recorder.close(std::time::Duration::from_secs(30)));
    if growth <= GROWTH_MAX && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns a line of `/proc/self/status`, in KiB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A directory for the store, gone with the bench.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("segue-month-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn bytes(&self) -> u64 {
        fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
