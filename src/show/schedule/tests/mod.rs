//! The schedule as a function of time, against almanacs, by hand, and against a model that knows nothing but the clock.

mod days;
mod edges;
mod follow;
mod model;
mod sun;

use std::{fmt::Write as _, sync::Arc};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Entry, Schedule, What,
    days::{DateSpan, Days, Weekdays},
    hours::{DAY, Hours, Moment, SunEvent},
    sun::Location,
};
use crate::show::{event::StreamIndex, scene::Scene, sheet::Streams};

const WALL: StreamIndex = StreamIndex(0);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn berlin() -> Option<Location> {
    Location::new(52.52, 13.405)
}

/// Reads `TUE-SUN 10:00 sunset-1h`, as an entry whose scene has that name.
fn entry(text: &str) -> Entry {
    let scene = Arc::new(Scene::empty(text));
    let hours = (text != "otherwise").then(|| {
        let mut words = text.split(' ');
        let days = words.next().unwrap();
        let days = match Weekdays::parse(days) {
            Ok(weekdays) => Days { weekdays, ..Days::default() },
            Err(_) => Days { dates: vec![DateSpan::parse(days).unwrap()], ..Days::default() },
        };
        let mut moment = |usual: i32| words.next().map_or(Moment::Clock(usual), moment);
        Hours { days, from: moment(0), to: moment(DAY) }
    });
    Entry { line: 1, hours, what: What::Scene(scene), fade: None, easing: None, streams: Streams::All }
}

fn moment(text: &str) -> Moment {
    for (name, event) in [("sunrise", SunEvent::Sunrise), ("sunset", SunEvent::Sunset)] {
        if let Some(offset) = text.strip_prefix(name) {
            let minutes = if offset.is_empty() { 0 } else { offset.parse().unwrap() };
            let offset = SignedDuration::from_mins(minutes);
            return Moment::Sun { event, offset, not_before: None, not_after: None };
        }
    }
    let (hours, minutes) = text.split_once(':').unwrap();
    Moment::Clock(hours.parse::<i32>().unwrap() * 3600 + minutes.parse::<i32>().unwrap() * 60)
}

fn schedule(name: &str, entries: &[&str]) -> Schedule {
    Schedule {
        entries: entries.iter().map(|text| entry(text)).collect(),
        zone: zone(name),
        location: berlin(),
    }
}

/// Tells what is due from one moment to another: when it begins, in local time, and what.
fn told(schedule: &Schedule, from: &str, until: &str) -> String {
    let mut text = String::new();
    for stretch in schedule.stretches(WALL, at(from), at(until)) {
        let start = stretch.start.to_zoned(schedule.zone.clone());
        let what = stretch.entry.map_or("nothing".into(), |entry| schedule.entries[entry].to_string());
        let note = stretch.note.map_or_else(String::new, |note| format!(" ({note})"));
        writeln!(text, "{} {what}{note}", start.strftime("%a %d %b %H:%M %:z")).unwrap();
    }
    text
}
