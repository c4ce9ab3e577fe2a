//! `segue simulate`: plays a show on a virtual clock against the model of the API, and tells what came of it.
//!
//! The same show, script and seed give the same bytes, every time: nothing here asks a clock or a network.

mod coefficients;
mod csv;
mod passage;
mod plot;
mod script;
mod summary;
#[cfg(test)]
mod tests;
mod trace;
mod transcript;
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use self::world::{Setup, World};
use super::{Error, check};
use crate::show::{duration, sheet::Sheet, time::Mono};

/// The longest run: a leap year, to see every date.
const LENGTH_MAX: Duration = Duration::from_hours(366 * 24);
/// How much is played at once before it is printed, so that a year of transcript is never in memory.
const STRETCH: Duration = Duration::from_hours(1);
/// How far apart points of the curve are kept for a table, at the most.
const TABLE_STEP: Duration = Duration::from_millis(100);
/// How many points of the curve a plot is wide.
const PLOT_POINTS: u32 = 3000;
/// How many counts of frames a plot is wide; a bar is two pixels.
const PLOT_COUNTS: u32 = 600;
/// Over which time frames are counted at the least; shorter, single frames show.
const COUNT_MIN: Duration = Duration::from_millis(500);

/// What to rehearse, and what to tell of it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The show file; without one the built-in demo.
    file: Option<PathBuf>,
    /// How long to play.
    #[arg(long = "for", default_value = "10m", value_parser = duration::parse, value_name = "TIME", conflicts_with = "to")]
    length: Duration,
    /// When to begin, in the show's zone.
    #[arg(long, default_value = "2026-01-01T00:00", value_name = "DATE")]
    from: DateTime,
    /// When to end, in the show's zone.
    #[arg(long, value_name = "DATE")]
    to: Option<DateTime>,
    /// A file of lines such as `00:05 osc /segue/scene/neon 8`, `00:09 mqtt gallery/motion on`, `00:20 go dawn 4s`,
    /// `00:30 cue calm`, `01:00 api down 20s`, `01:30 api error 500 10s`, `01:50 api slow 2s 10s`, `02:00 kill`.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// How long a request is on its way before it is applied.
    #[arg(long, default_value = "80ms", value_parser = duration::parse, value_name = "TIME")]
    latency: Duration,
    /// How much shorter or longer the way can be.
    #[arg(long, default_value = "20ms", value_parser = duration::parse, value_name = "TIME")]
    jitter: Duration,
    /// Seeds ids, jitter and retries: the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the coefficients over time, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write the coefficients over time as a table.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write one JSON line for each accepted create and update, as `segue simulator` does.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
}

/// Plays the show and tells what came of it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let sheet = check::load(options.file.as_deref())?.sheet;
    let script = options.script.as_deref().map(read_script).transpose()?.unwrap_or_default();
    let setup = options.setup(&sheet)?;
    let end = Mono(setup.length);
    let mut world = World::new(sheet, script, setup).map_err(|stuck| failed(&stuck))?;
    let mut requests = options.requests.as_deref().map(Output::create).transpose()?;
    while world.now.mono < end {
        world.run_until((world.now.mono + STRETCH).min(end)).map_err(|stuck| failed(&stuck))?;
        if world.now.mono == end {
            world.finish();
        }
        let text = std::mem::take(&mut world.transcript.text);
        if !text.is_empty() {
            super::say(text.trim_end());
        }
        let lines = std::mem::take(&mut world.requests);
        if let Some(requests) = &mut requests {
            requests.write(&lines)?;
        }
    }
    super::say(&format!("\n{}", summary::tell(&world)));
    if let Some(path) = &options.csv {
        Output::create(path)?.write(csv::draw(&world.traces).as_bytes())?;
    }
    if let Some(path) = &options.plot {
        Output::create(path)?.write(plot::draw(&world).as_bytes())?;
    }
    Ok(())
}

impl Options {
    fn setup(&self, sheet: &Sheet) -> Result<Setup, Error> {
        let from = moment(self.from, &sheet.zone)?;
        let length = match self.to {
            None => self.length,
            Some(to) => Duration::try_from(moment(to, &sheet.zone)?.duration_since(from))
                .map_err(|_| Error::Failed(format!("`--to {to}` is before `--from {}`", self.from)))?,
        };
        if length.is_zero() || length > LENGTH_MAX {
            return Err(Error::Failed("a run takes more than nothing and a year at most".to_owned()));
        }
        let step = length / PLOT_POINTS;
        let keep = match (&self.plot, &self.csv) {
            (_, Some(_)) => Some(step.min(TABLE_STEP)),
            (Some(_), None) => Some(step),
            (None, None) => None,
        };
        Ok(Setup {
            from,
            length,
            latency: self.latency,
            jitter: self.jitter.min(self.latency),
            seed: self.seed,
            keep,
            record: self.requests.is_some(),
            count_frames_every: COUNT_MIN.max(length / PLOT_COUNTS),
        })
    }
}

fn moment(civil: DateTime, zone: &TimeZone) -> Result<Timestamp, Error> {
    let zoned =
        zone.to_zoned(civil).map_err(|error| Error::Failed(format!("`{civil}` is no time here: {error}")))?;
    Ok(zoned.timestamp())
}

fn read_script(path: &Path) -> Result<Vec<script::Line>, Error> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(Error::io(format!("cannot read `{name}`")))?;
    script::read(&text)
        .map_err(|wrong| Error::Failed(format!("the script `{name}` is wrong\n  {}", wrong.join("\n  "))))
}

fn failed(stuck: &world::Stuck) -> Error {
    Error::Failed(stuck.to_string())
}

/// A file that is written.
struct Output {
    file: fs::File,
    name: String,
}

impl Output {
    fn create(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let file = fs::File::create(path).map_err(Error::io(format!("cannot write `{name}`")))?;
        Ok(Self { file, name })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        use std::io::Write as _;
        self.file.write_all(bytes).map_err(Error::io(format!("cannot write `{}`", self.name)))
    }
}
