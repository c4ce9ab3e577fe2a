//! `segue history`: what was on when, what was fired, what went wrong. Reads while the show runs, and after.

use std::{fmt::Write as _, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use jiff::{
    Timestamp, Unit,
    civil::{DateTime, Time},
    tz::TimeZone,
};
use serde_json::json;

use super::Error;
use crate::{
    clock,
    record::{
        directory,
        history::{Happening, History, PAGE_MAX, Scene, Wanted},
        words::{self, Topic},
    },
    show::duration,
};

/// What to tell of.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// From when on: how long ago (`2h`, `3d`), a time of today (`21:04`), or a date with or without a time, in the show's zone.
    #[arg(long, default_value = "24h", value_name = "WHEN")]
    since: String,
    /// Until when, likewise; until now if left out.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Only this stream.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    /// Only these; `scenes` is what was on when.
    #[arg(long = "kind", value_enum, value_name = "KIND")]
    kinds: Vec<Kind>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Where the show keeps its state; the usual place if left out.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What was on when.
    Scenes,
    /// Triggers and cues.
    Triggers,
    /// What went wrong, and what became well again.
    Faults,
    /// When the show and its streams came and went.
    Life,
}

/// Tells it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let place = match &options.state_dir {
        Some(place) => place.clone(),
        None => directory::find(|name| std::env::var_os(name))
            .map_err(|error| Error::Failed(error.to_string()))?,
    };
    let history = History::open(&place)?;
    let zone = history.zone()?;
    let now = clock::wall();
    let since = moment(&options.since, now, &zone)?;
    let until = options.until.as_ref().map_or(Ok(now), |until| moment(until, now, &zone))?;
    if options.wants(Kind::Scenes) {
        let scenes = history.timeline(options.stream.as_deref(), since, until)?;
        tell_scenes(options, &scenes, &zone);
    }
    let kinds = options.facts();
    let wanted = Wanted { since, until, stream: options.stream.as_deref(), kinds: &kinds };
    let mut more = !kinds.is_empty();
    let mut after = None;
    while more {
        let page;
        (page, after) = history.events(&wanted, after, PAGE_MAX)?;
        for happening in &page {
            super::say(&if options.json { json!(happening).to_string() } else { line(happening, &zone) });
        }
        more = after.is_some();
    }
    Ok(())
}

impl Options {
    fn wants(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Returns the kinds of facts that are wanted, apart from scenes.
    fn facts(&self) -> Vec<&'static str> {
        let topics =
            [(Kind::Triggers, Topic::Triggers), (Kind::Faults, Topic::Faults), (Kind::Life, Topic::Life)];
        let wanted = topics.iter().filter(|(kind, _)| self.wants(*kind));
        wanted.flat_map(|(_, topic)| topic.kinds()).copied().collect()
    }
}

fn tell_scenes(options: &Options, scenes: &[Scene], zone: &TimeZone) {
    if options.json {
        for scene in scenes {
            let mut object = json!(scene);
            object["kind"] = "scene".into();
            super::say(&object.to_string());
        }
    } else if !scenes.is_empty() {
        super::say(&timeline(scenes, zone));
    }
}

/// Reads `2h`, `3d`, `21:04`, `2026-11-22` or `2026-11-22T21:04`.
fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Error> {
    let wrong = || {
        Error::Failed(format!(
            "`{text}` is no time; write `2h`, `3d`, `21:04`, `2026-11-22` or `2026-11-22T21:04`"
        ))
    };
    let ago = match text.strip_suffix('d').map(str::parse::<u32>) {
        // `21:04:05` would be a length of time as well.
        _ if text.contains(':') => None,
        Some(Ok(days)) => Some(Duration::from_hours(24 * u64::from(days))),
        _ => duration::parse(text).ok(),
    };
    if let Some(ago) = ago {
        return now.checked_sub(ago).map_err(|_| wrong());
    }
    let today = now.to_zoned(zone.clone()).date();
    let civil = match text.parse::<Time>() {
        Ok(time) if text.contains(':') && !text.contains('-') => today.to_datetime(time),
        _ => text.parse::<DateTime>().map_err(|_| wrong())?,
    };
    zone.to_timestamp(civil).map_err(|_| wrong())
}

/// Writes what was on, stream by stream.
fn timeline(scenes: &[Scene], zone: &TimeZone) -> String {
    let mut text = String::new();
    let mut stream = "";
    for scene in scenes {
        if scene.stream != stream {
            stream = &scene.stream;
            let _ = writeln!(text, "{stream}");
        }
        let until = scene.until.map_or_else(|| "now".to_owned(), |until| local(until, zone));
        let _ = write!(text, "  {} – {until:<15}  {}", local(scene.since, zone), scene.scene);
        let _ = match (scene.fade_seconds, scene.reached) {
            (Some(fade), Some(_)) => writeln!(text, " ({} fade)", words_of(fade)),
            (Some(fade), None) if scene.until.is_some() => {
                writeln!(text, " ({} fade, left before its end)", words_of(fade))
            }
            _ => writeln!(text),
        };
    }
    text
}

fn words_of(seconds: f64) -> String {
    duration::from_seconds(seconds).map_or_else(|_| "?".to_owned(), duration::text)
}

fn line(happening: &Happening, zone: &TimeZone) -> String {
    format!("{}  {}", local(happening.at, zone), words::tell(happening))
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.round(Unit::Second).unwrap_or(at).to_zoned(zone.clone());
    at.strftime("%d %b %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_say_them() {
        let now = "2026-11-22T20:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (text, expected) in [
            ("2h", "2026-11-22T18:30:00Z"),
            ("90", "2026-11-22T20:28:30Z"),
            ("3d", "2026-11-19T20:30:00Z"),
            ("21:04", "2026-11-22T20:04:00Z"),
            ("21:04:05", "2026-11-22T20:04:05Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-07-01T21:04", "2026-07-01T19:04:00Z"),
            ("2026-07-01 21:04", "2026-07-01T19:04:00Z"),
        ] {
            assert_eq!(moment(text, now, &zone).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "yesterday", "25:00", "-2h", "99999999999d", "4294967295d"] {
            assert!(moment(text, now, &zone).is_err(), "{text}");
        }
    }

    #[test]
    fn the_timeline_is_told_in_the_zone_of_the_show() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let scene = |scene: &str, since, fade_seconds, reached, until| Scene {
            stream: "wall".to_owned(),
            scene: scene.to_owned(),
            since: at(since),
            fade_seconds,
            reached,
            until,
        };
        let scenes = [
            scene(
                "dawn",
                "2026-11-22T20:00:00Z",
                None,
                Some(at("2026-11-22T20:00:00Z")),
                Some(at("2026-11-22T20:04:00Z")),
            ),
            scene("neon", "2026-11-22T20:04:00Z", Some(8.0), None, Some(at("2026-11-22T20:04:03.4Z"))),
            scene("ember", "2026-11-22T20:04:03.4Z", Some(60.0), Some(at("2026-11-22T20:05:03.4Z")), None),
        ];
        insta::assert_snapshot!(timeline(&scenes, &TimeZone::get("Europe/Berlin").unwrap()), @r"
        wall
          22 Nov 21:00:00 – 22 Nov 21:04:00  dawn
          22 Nov 21:04:00 – 22 Nov 21:04:03  neon (8s fade, left before its end)
          22 Nov 21:04:03 – now              ember (1m fade)
        ");
    }
}
