//! Follows the schedule: notices when something else is due, and keeps quiet while it is bypassed.
//!
//! Remembers what was last said, so that a scene which somebody asks for in between stays until the next edge. Says what is
//! to be done; doing it is the show's.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{LOOK_AHEAD, Schedule, What};
use crate::show::{
    event::StreamIndex,
    memoir::Memoir,
    scene::Scene,
    sheet::StreamSheet,
    snapshot::Due,
    stream::place::Edge,
    time::{Mono, Now},
};

/// How long before an edge its scene takes its slots, so that encoding does not fall into the fade.
const PREPARE: Duration = Duration::from_secs(10);
/// How far the two clocks may drift apart between two looks before it counts as somebody setting one.
const DRIFT_MAX: SignedDuration = SignedDuration::from_secs(1);
/// A clock set back by no more than this over an edge does not take the edge back: it is corrected, and will be there again
/// in a moment.
const CORRECTION_MAX: SignedDuration = SignedDuration::from_secs(60);
/// How far back it matters when exactly something has become due: a cron run that is older is not made up for, so that
/// nothing has to be put in order with it.
const EDGES_BACK: SignedDuration = SignedDuration::from_hours(48);
/// The longest bypass: a week. What is to be otherwise for longer belongs into the show file.
pub(in crate::show) const BYPASS_MAX: Duration = Duration::from_hours(7 * 24);

/// What the schedule has said, stream by stream.
#[derive(Debug)]
pub(in crate::show) struct Follow {
    /// In the order of the sheet; `None` for streams that the schedule does not concern.
    streams: Vec<Option<Said>>,
    bypass: Option<Mono>,
    /// When a bypass ended, by the calendar, while the show was away.
    bypass_ended: Option<Timestamp>,
    last_look: Now,
    /// Whether what is due has to be worked out anew: the clock was set, or the schedule is another.
    stale: bool,
    edge: Option<Edge>,
}

/// What was said about one stream.
#[derive(Debug)]
struct Said {
    /// The entry that is due, and what it shows.
    entry: Option<usize>,
    what: Option<What>,
    /// Since when, by the calendar.
    since: Timestamp,
    /// When something else is due, and what; `None` if not before `look_again`.
    next: Option<Timestamp>,
    then: Option<What>,
    look_again: Timestamp,
}

/// What a look has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::show) struct Findings {
    /// What has become due, in the order in which it did.
    pub(in crate::show) news: Vec<News>,
    /// Whether a bypass has ended.
    pub(in crate::show) bypass_over: bool,
}

/// Something that is due now.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::show) struct News {
    pub(in crate::show) stream: StreamIndex,
    /// The entry that is due; `None` for none.
    pub(in crate::show) entry: Option<usize>,
    /// Since when, by the calendar.
    pub(in crate::show) since: Timestamp,
}

impl Follow {
    pub(in crate::show) fn new(schedule: &Schedule, streams: usize, now: Now) -> Self {
        let said = |index| {
            let stream = StreamIndex(index);
            schedule.concerns(stream).then(|| Said::work_out(schedule, stream, now.wall))
        };
        Self {
            streams: (0..streams).map(said).collect(),
            bypass: None,
            bypass_ended: None,
            last_look: now,
            stale: false,
            edge: None,
        }
    }

    /// Goes on where an earlier run, that looked last at the moment of this one's, left it: with what it had said of the
    /// `streams`, and with a bypass, of which so much is left, and which ends then. What is over by now ends at the first look.
    pub(in crate::show) fn resumed(
        mut self,
        streams: &[StreamSheet],
        memoir: &Memoir,
        bypass: Option<Duration>,
    ) -> Self {
        self.bypass = bypass.map(|left| self.last_look.mono + left);
        self.bypass_ended = memoir.bypassed_until.filter(|_| bypass.is_some_and(|left| left.is_zero()));
        let Some(known) = &memoir.due else { return self };
        for (slot, stream) in self.streams.iter_mut().zip(streams) {
            let before = known.get(&stream.name);
            if let Some(said) = slot.as_mut().filter(|said| said.kept_name().as_ref() != before) {
                // The schedule is another.
                *said = Said::nothing(self.last_look.wall);
            }
        }
        self
    }

    /// Returns what is due on each stream, as it was last said: a scene by its name, a playlist as `playlist/` and its name.
    pub(in crate::show) fn kept(&self, streams: &[StreamSheet]) -> BTreeMap<Arc<str>, Arc<str>> {
        let kept = |(said, stream): (&Option<Said>, &StreamSheet)| {
            Some((Arc::clone(&stream.name), said.as_ref()?.kept_name()?))
        };
        self.streams.iter().zip(streams).filter_map(kept).collect()
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(in crate::show) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Returns what is due on each stream that the schedule concerns, as it was last said.
    pub(in crate::show) fn said(&self) -> Vec<News> {
        let streams = self.streams.iter().enumerate();
        streams.filter_map(|(index, said)| Some(said.as_ref()?.news(StreamIndex(index)))).collect()
    }

    /// Returns the same, with since when it would have been if the show had been there.
    pub(in crate::show) fn due_since(&self, schedule: &Schedule) -> Vec<News> {
        let long_due = |news: News| {
            let long_ago = news.since.checked_sub(EDGES_BACK).unwrap_or(news.since);
            News { since: last_edge(schedule, news.stream, long_ago, news.since), ..news }
        };
        self.said().into_iter().map(long_due).collect()
    }

    /// Returns what has become due since the last look.
    pub(in crate::show) fn look(&mut self, schedule: &Schedule, now: Now) -> Findings {
        self.look_at_clock(now);
        let ended = self.bypass.filter(|until| *until <= now.mono).map(|until| {
            let ended =
                now.wall.checked_sub(SignedDuration::try_from(now.mono.since(until)).unwrap_or_default());
            self.bypass_ended.take().or(ended.ok()).map_or(now.wall, |ended| ended.min(now.wall))
        });
        let bypass_over = ended.is_some();
        if bypass_over {
            self.bypass = None;
            self.edge = Some(Edge::Turned);
        }
        let stale = std::mem::take(&mut self.stale);
        let mut news = Vec::new();
        if stale {
            self.know_streams(schedule, now);
        }
        for (index, slot) in self.streams.iter_mut().enumerate() {
            let Some(said) = slot else { continue };
            let stream = StreamIndex(index);
            let edge = said.next.filter(|next| *next <= now.wall);
            if edge.is_none() && !stale && !bypass_over && said.look_again > now.wall {
                continue;
            }
            let back = said.since.duration_since(now.wall);
            let corrected = back.is_positive() && back <= CORRECTION_MAX;
            let fresh = Said::work_out(schedule, stream, if corrected { said.since } else { now.wall });
            let differs = !fresh.is_called(said);
            let since = match edge {
                Some(first) => last_edge(schedule, stream, first, now.wall),
                None if differs => fresh.since,
                // What was said at a time that is yet to come was said now.
                None => said.since.min(fresh.since),
            };
            // As long as it was bypassed, nothing was due.
            let since = ended.map_or(since, |ended| since.max(ended));
            *said = Said { since, ..fresh };
            if self.bypass.is_none() && (edge.is_some() || bypass_over || differs) {
                news.push(said.news(stream));
            }
        }
        news.sort_by_key(|news| news.since);
        Findings { news, bypass_over }
    }

    /// Works out anew what is due, at the next look: the schedule is another, or the clock.
    pub(in crate::show) fn doubt(&mut self) {
        self.stale = true;
    }

    /// Begins with the streams that the schedule concerns only now, and leaves those alone that it does no more.
    fn know_streams(&mut self, schedule: &Schedule, now: Now) {
        for (index, slot) in self.streams.iter_mut().enumerate() {
            if schedule.concerns(StreamIndex(index)) {
                slot.get_or_insert_with(|| Said::nothing(now.wall));
            } else {
                *slot = None;
            }
        }
    }

    /// Lets the schedule do nothing for a time, from now on; no time at all ends that.
    pub(in crate::show) fn bypass(&mut self, time: Duration, now: Now) {
        self.edge = Some(Edge::Turned);
        self.bypass_ended = None;
        self.bypass = if time.is_zero() { self.bypass.map(|_| now.mono) } else { Some(now.mono + time) };
    }

    /// Returns whether the schedule is bypassed.
    pub(in crate::show) fn is_bypassed(&self) -> bool {
        self.bypass.is_some()
    }

    /// Returns until when the schedule is bypassed, if it is.
    pub(in crate::show) fn bypassed_until(&self, now: Now) -> Option<Timestamp> {
        now.wall.checked_add(self.bypass?.since(now.mono)).ok()
    }

    /// Returns when to look again, or to prepare for what is due then, if nobody sets the clock.
    pub(in crate::show) fn next_due(&self) -> Option<Mono> {
        let last_look = self.last_look;
        let ahead = |due: Mono| {
            let ahead = due - PREPARE;
            if ahead > last_look.mono { ahead } else { due }
        };
        if let Some(until) = self.bypass {
            return Some(ahead(until));
        }
        let said = self.streams.iter().flatten();
        said.map(|said| ahead(last_look.mono_at(said.next.unwrap_or(said.look_again)))).min()
    }

    /// Returns the scenes that are due within [`PREPARE`].
    pub(in crate::show) fn coming(&self, schedule: &Schedule) -> Vec<(StreamIndex, Arc<Scene>)> {
        let Now { mono, wall } = self.last_look;
        let is_soon = |at: Mono| at <= mono + PREPARE;
        let coming = |(index, said): (usize, &Option<Said>)| {
            let (said, stream) = (said.as_ref()?, StreamIndex(index));
            let scene = match self.bypass {
                Some(until) if is_soon(until) => {
                    let at = wall.checked_add(until.since(mono)).ok()?;
                    schedule.entries[schedule.due(stream, at)?].what.first()?.clone()
                }
                None if is_soon(self.last_look.mono_at(said.next?)) => said.then.as_ref()?.first()?.clone(),
                Some(_) | None => return None,
            };
            Some((stream, scene))
        };
        self.streams.iter().enumerate().filter_map(coming).collect()
    }

    /// Returns what is due on a stream and until when, as people may see it; `None` if the schedule does not concern it.
    pub(in crate::show) fn due(&self, stream: StreamIndex) -> Option<Due> {
        let said = self.streams.get(stream.0)?.as_ref()?;
        let scene = |what: &Option<What>| what.as_ref()?.scene().map(|scene| Arc::clone(&scene.name));
        let playlist = |what: &Option<What>| match what {
            Some(What::Playlist(list)) => Some(Arc::clone(&list.name)),
            Some(What::Scene(_)) | None => None,
        };
        Some(Due {
            scene: scene(&said.what),
            playlist: playlist(&said.what),
            until: said.next,
            then: scene(&said.then),
            then_playlist: playlist(&said.then),
        })
    }

    fn look_at_clock(&mut self, now: Now) {
        let passed =
            SignedDuration::try_from(now.mono.since(self.last_look.mono)).unwrap_or(SignedDuration::MAX);
        let step = now.wall.duration_since(self.last_look.wall).saturating_sub(passed);
        self.last_look = now;
        // Forward, edges are passed by themselves.
        if step < -DRIFT_MAX {
            self.doubt();
        }
    }
}

impl Said {
    /// Returns the name by which the journal keeps what is due.
    fn kept_name(&self) -> Option<Arc<str>> {
        Some(match self.what.as_ref()? {
            What::Scene(scene) => Arc::clone(&scene.name),
            What::Playlist(list) => format!("playlist/{}", list.name).into(),
        })
    }

    fn work_out(schedule: &Schedule, stream: StreamIndex, at: Timestamp) -> Self {
        let (entry, next) = (schedule.due(stream, at), schedule.next_change(stream, at));
        let what = |entry: Option<usize>| entry.map(|entry| schedule.entries[entry].what.clone());
        Self {
            entry,
            what: what(entry),
            since: at,
            next,
            then: next.and_then(|next| what(schedule.due(stream, next))),
            look_again: at.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX),
        }
    }

    fn nothing(now: Timestamp) -> Self {
        Self { entry: None, what: None, since: now, next: None, then: None, look_again: now }
    }

    fn news(&self, stream: StreamIndex) -> News {
        News { stream, entry: self.entry, since: self.since }
    }

    /// Returns whether both say the same, whatever has become of it since.
    fn is_called(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (Some(this), Some(that)) => this.is_called(that),
            (this, that) => this.is_none() == that.is_none(),
        }
    }
}

/// Returns the last edge up to `now`, of which `first` is the first; of those within [`EDGES_BACK`] only, so that a clock
/// that wakes up in another decade does not count them all.
fn last_edge(schedule: &Schedule, stream: StreamIndex, first: Timestamp, now: Timestamp) -> Timestamp {
    let mut last = first.max(now.checked_sub(EDGES_BACK).unwrap_or(first));
    while let Some(next) = schedule.next_change(stream, last).filter(|next| *next <= now) {
        last = next;
    }
    last
}
