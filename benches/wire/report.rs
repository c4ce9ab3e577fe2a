//! The figures and the bars that they are held to.

use std::{process::ExitCode, time::Duration};

pub(crate) struct Quantiles {
    pub(crate) median: Duration,
    pub(crate) p90: Duration,
    pub(crate) p99: Duration,
}

impl Quantiles {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let [median, p90, p99] = [50, 90, 99].map(|percent| times[(times.len() - 1) * percent / 100]);
        Self { median, p90, p99 }
    }

    pub(crate) fn tell(&self) -> String {
        let Self { median, p90, p99 } = self;
        let [median, p90, p99] = [median, p90, p99].map(Duration::as_micros);
        format!("median {median} µs, p90 {p90} µs, p99 {p99} µs")
    }
}

/// What a figure is held to.
pub(crate) struct Bar {
    pub(crate) kept: bool,
    pub(crate) text: String,
}

impl Bar {
    pub(crate) fn most(time: Duration, seconds: f64) -> Self {
        Self { kept: time.as_secs_f64() <= seconds, text: format!("{:.0} ms", seconds * 1000.0) }
    }
}

/// The table.
#[derive(Default)]
pub(crate) struct Report(Vec<(String, String, Option<Bar>)>);

impl Report {
    pub(crate) fn line(&mut self, what: &str, figure: String, bar: Option<Bar>) {
        self.0.push((what.to_owned(), figure, bar));
    }

    /// Prints it and returns whether every bar is kept.
    pub(crate) fn print(&self) -> ExitCode {
        for (what, figure, bar) in &self.0 {
            let verdict = match bar {
                None => String::new(),
                Some(Bar { kept, text }) => format!("{text}{}", if *kept { "" } else { ", MISSED" }),
            };
            println!("{what:<42} {figure:<44} {verdict}");
        }
        let kept = self.0.iter().all(|(_, _, bar)| bar.as_ref().is_none_or(|bar| bar.kept));
        if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

pub(crate) fn mebibytes(size: f64) -> String {
    format!("{size:.1} MiB")
}
