//! The schedule: what is due, as a function of time. Decides nothing about how to get there, which is `follow.rs`'s.
//!
//! A list of entries, read from the top: the first that is on is due, so exceptions stand above what they are exceptions
//! from, and `otherwise` at the end. Where none is on, the schedule says nothing, and what is on stays.

pub mod days;
pub(super) mod follow;
pub mod hours;
pub mod sun;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use self::{
    hours::{Hours, Note, Window},
    sun::Location,
};
use super::{
    easing::Easing, event::StreamIndex, fades::Fades, playlist::Playlist, scene::Scene, sheet::Streams,
};

/// How far ahead a change is looked for: more than a year, so that everything which comes each year is found.
pub const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The most entries. Exceptions for every holiday of five years are some sixty.
pub const ENTRIES_MAX: usize = 128;
/// How many days are looked at in one go: most schedules change within two.
const STRIDE: i64 = 4;
/// How many days before a moment a window may have started that is still on: one that starts after sunset may end after
/// the sunrise of the next day, and the sun's midnight may lie beyond ours.
const DAYS_BACK: i64 = 2;

/// What is due when.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The entries, in the order of the file; the first that is on is due.
    pub entries: Vec<Entry>,
    /// The zone of its times.
    pub zone: TimeZone,
    /// Where the sun is looked at from; always there if an entry needs it.
    pub location: Option<Location>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The line of the show file that it stands in, from 1.
    pub line: usize,
    /// When it is on; `None` for whenever nothing else is.
    pub hours: Option<Hours>,
    /// What is shown.
    pub what: What,
    /// How long the way there takes; `None` for the scene's own.
    pub fade: Option<Fades>,
    /// Its shape; `None` for the scene's own.
    pub easing: Option<Easing>,
    /// On which streams.
    pub streams: Streams,
}

/// What an entry shows.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A scene.
    Scene(Arc<Scene>),
    /// A playlist, from its beginning.
    Playlist(Arc<Playlist>),
}

impl What {
    /// Returns the name of the scene or the playlist.
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Scene(scene) => &scene.name,
            Self::Playlist(list) => &list.name,
        }
    }

    /// Returns the scene, if it is one.
    pub fn scene(&self) -> Option<&Arc<Scene>> {
        match self {
            Self::Scene(scene) => Some(scene),
            Self::Playlist(_) => None,
        }
    }

    /// Returns the scene that it begins with; `None` where that is left to chance.
    pub(super) fn first(&self) -> Option<&Arc<Scene>> {
        match self {
            Self::Scene(scene) => Some(scene),
            Self::Playlist(list) => list.first(),
        }
    }

    /// Returns whether both are the same by kind and name.
    pub fn is_called(&self, other: &Self) -> bool {
        matches!(self, Self::Scene(_)) == matches!(other, Self::Scene(_)) && self.name() == other.name()
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scene(scene) => f.write_str(&scene.name),
            Self::Playlist(list) => write!(f, "playlist {}", list.name),
        }
    }
}

/// A time in which one entry, or none, is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; `None` if not within [`LOOK_AHEAD`].
    pub end: Option<Timestamp>,
    /// The entry's place in the list.
    pub entry: Option<usize>,
    /// What is unusual about its beginning.
    pub note: Option<Note>,
}

impl Default for Schedule {
    /// Says nothing.
    fn default() -> Self {
        Self { entries: Vec::new(), zone: TimeZone::UTC, location: None }
    }
}

impl Schedule {
    /// Returns whether it ever says anything about a stream.
    pub fn concerns(&self, stream: StreamIndex) -> bool {
        self.entries.iter().any(|entry| entry.streams.contains(stream))
    }

    /// Returns the place of the entry that is due on a stream at a moment.
    pub fn due(&self, stream: StreamIndex, at: Timestamp) -> Option<usize> {
        let date = self.zone.to_datetime(at).date();
        self.entries.iter().position(|entry| {
            entry.streams.contains(stream)
                && (entry.hours.is_none() || self.window_at(entry, date, at).is_some())
        })
    }

    /// Returns when another entry is due than at `after`, or none any more; `None` if not within [`LOOK_AHEAD`].
    ///
    /// From one such moment to the next, [`Self::due`] is the same.
    pub fn next_change(&self, stream: StreamIndex, after: Timestamp) -> Option<Timestamp> {
        let present = self.due(stream, after);
        // What stands below the entry that is due cannot take its place.
        let rivals = present.map_or(self.entries.len(), |present| present + 1);
        let end = after.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX);
        let mut date = self.zone.to_datetime(after).date();
        let mut seen = after;
        while seen < end {
            let next = add(date, STRIDE)?;
            let (horizon, _) = hours::clock(next, 0, &self.zone)?;
            let mut edges = self.edges(stream, rivals, date, next);
            edges.retain(|edge| seen < *edge && *edge <= horizon);
            edges.sort_unstable();
            edges.dedup();
            if let Some(change) = edges.into_iter().find(|edge| self.due(stream, *edge) != present) {
                return Some(change).filter(|change| *change <= end);
            }
            (date, seen) = (next, horizon.max(seen));
        }
        None
    }

    /// Returns what is due on a stream from one moment to another, stretch by stretch.
    pub fn stretches(
        &self,
        stream: StreamIndex,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = Stretch> + '_ {
        let stretch = move |start: Timestamp| {
            let entry = self.due(stream, start);
            let (end, note) = (self.next_change(stream, start), self.note(entry, start));
            Stretch { start, end, entry, note }
        };
        std::iter::successors(Some(stretch(from)), move |last| {
            last.end.filter(|end| *end < until).map(stretch)
        })
    }

    /// Returns what is unusual about an entry's beginning at a moment.
    fn note(&self, entry: Option<usize>, at: Timestamp) -> Option<Note> {
        let date = self.zone.to_datetime(at).date();
        let window = self.window_at(&self.entries[entry?], date, at)?;
        window.note.filter(|_| window.start == at)
    }

    /// Returns the window of an entry that is on at a moment, whose date is `date`.
    fn window_at(&self, entry: &Entry, date: Date, at: Timestamp) -> Option<Window> {
        let hours = entry.hours.as_ref()?;
        let days = (-DAYS_BACK..=1).rev().filter_map(|days| add(date, days));
        let mut windows = days.filter_map(|day| hours.window(day, &self.zone, self.location.as_ref()));
        windows.find(|window| window.start <= at && at < window.end)
    }

    /// Returns when the windows of the first entries start and end that can do so from one date to another.
    fn edges(&self, stream: StreamIndex, entries: usize, from: Date, until: Date) -> Vec<Timestamp> {
        let mut edges = Vec::new();
        for entry in self.entries.iter().take(entries).filter(|entry| entry.streams.contains(stream)) {
            let Some(hours) = &entry.hours else { continue };
            let mut day = add(from, -DAYS_BACK);
            while let Some(date) = day.filter(|date| *date <= until) {
                let window = hours.window(date, &self.zone, self.location.as_ref());
                edges.extend(window.into_iter().flat_map(|window| [window.start, window.end]));
                day = add(date, 1);
            }
        }
        edges
    }
}

impl Entry {
    /// Returns whether it hangs on the sun.
    pub fn needs_location(&self) -> bool {
        self.hours.as_ref().is_some_and(|hours| hours.from.needs_location() || hours.to.needs_location())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hours {
            Some(hours) => write!(f, "{hours}"),
            None => f.write_str("otherwise"),
        }
    }
}

/// Returns the date some days later.
fn add(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().days(days)).ok()
}
