//! Holding back what repeats itself: the first few of a kind go at once, the rest of that minute becomes one with a count.
//!
//! For the rows of the history and for the lines of the log alike. Knows no clock, and not what it holds.

use std::{collections::BTreeMap, mem, sync::Arc, time::Duration};

use crate::show::{fact::Fact, time::Mono};

use super::metrics::failure_name;

/// How many of a kind go at once within [`WINDOW`]: more than a hand does in a minute, so that only machines are held back.
pub const FREE_MAX: u32 = 10;

/// How long counting goes on. With [`FREE_MAX`] a trigger that fires 100 times a second makes 11 rows a minute: 15,840 a
/// day of some 110 bytes, 1.7 MB instead of 950 MB; the log has as many lines.
pub const WINDOW: Duration = Duration::from_mins(1);

/// Kinds with a count at one time, each with two items of 2 KB at most: 1 MB. Names come from the show file, so more than
/// this means that somebody outside makes them up; what finds no room is not held but refused.
const KINDS_MAX: usize = 256;

/// What repeats itself: the kind of fact, whose it is, and what more sets it apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The kind of fact.
    pub kind: &'static str,
    /// The stream, trigger or cue; empty if there is none.
    pub of: Arc<str>,
    /// The door, the request, the reason.
    pub apart: [&'static str; 2],
}

impl Kind {
    /// Returns the kind of a fact that can come in floods and of which a count is as good; `None` for the rest: no
    /// beginning, end, loss or recovery is ever folded, and samples are thinned out later.
    ///
    /// What is not folded is bounded elsewhere: a stream's requests by their rate and backoff (4 a second at most, some
    /// 35 MB a day if each one fails and heals), its creates by their budget, its transitions by whoever fires them and by
    /// the size of the history.
    pub fn of_row(fact: &Fact) -> Option<Self> {
        let nobody = || Arc::from("");
        let (kind, of, apart) = match fact {
            Fact::Trigger { name, door } => ("trigger", Arc::clone(name), [door.as_str(), ""]),
            Fact::TriggerSwitched { name, enabled: _ } => ("trigger_switched", Arc::clone(name), ["", ""]),
            Fact::Cue { name } => ("cue", Arc::clone(name), ["", ""]),
            Fact::TransitionSteered { stream, scene: _, verb } => {
                ("transition_steered", Arc::clone(stream), [verb.name(), ""])
            }
            Fact::TransitionQueued { stream, .. } => ("transition_queued", Arc::clone(stream), ["", ""]),
            Fact::TransitionIgnored { stream, .. } => ("transition_ignored", Arc::clone(stream), ["", ""]),
            Fact::TransitionDropped { stream, .. } => ("transition_dropped", Arc::clone(stream), ["", ""]),
            Fact::TransitionGrabbed { stream, scene: _ } => {
                ("transition_grabbed", Arc::clone(stream), ["", ""])
            }
            Fact::LaneTaken { stream, lane, name: _ } => {
                ("lane_taken", Arc::clone(stream), [lane.as_str(), ""])
            }
            Fact::LaneReleased { stream, lane, name: _, to } => {
                ("lane_released", Arc::clone(stream), [lane.as_str(), to.as_str()])
            }
            Fact::DueBeneath { stream, lane, .. } => ("due_beneath", Arc::clone(stream), [lane.as_str(), ""]),
            Fact::OverrideDropped { stream, .. } => ("override_dropped", Arc::clone(stream), ["", ""]),
            // Ten a second where neither fades nor holds take any time.
            Fact::PlaylistStep { name, .. } => ("playlist_step", Arc::clone(name), ["", ""]),
            Fact::PlaylistSteered { name, verb, step: _ } => {
                ("playlist_steered", Arc::clone(name), [*verb, ""])
            }
            Fact::Drifted { stream, .. } => ("drifted", Arc::clone(stream), ["", ""]),
            Fact::RequestFailed { stream, request, failure, message: _, in_a_row: _ } => {
                ("request_failed", Arc::clone(stream), [*request, failure_name(*failure)])
            }
            Fact::RunnerError { stream, message: _ } => ("runner_error", Arc::clone(stream), ["", ""]),
            Fact::Warned { stream, message: _ } => ("warned", Arc::clone(stream), ["", ""]),
            Fact::Reasserted { stream, why } => ("reasserted", Arc::clone(stream), [*why, ""]),
            Fact::Refused { door, reason, count: _, example: _ } => {
                ("refused", nobody(), [door.as_str(), *reason])
            }
            Fact::NotRemembered { stream, message: _ } => ("not_remembered", Arc::clone(stream), ["", ""]),
            Fact::Run { name, news } => ("run", Arc::clone(name), [news.kind(), ""]),
            _ => return None,
        };
        Some(Self { kind, of, apart })
    }

    /// Returns the kind of a fact that can flood the log. There beginnings and ends count as well; the history has them all.
    pub fn of_line(fact: &Fact) -> Option<Self> {
        let (kind, of) = match fact {
            Fact::TransitionStarted { stream, scene: _, fade: _ } => ("transition_started", stream),
            Fact::TransitionEnded { stream, scene: _ } => ("transition_ended", stream),
            Fact::RequestHealed { stream, request: _, after: _ } => ("request_healed", stream),
            Fact::StateChanged { stream, from: _, to: _ } => ("state_changed", stream),
            other => return Self::of_row(other),
        };
        Some(Self { kind, of: Arc::clone(of), apart: ["", ""] })
    }
}

/// Counts per kind.
#[derive(Debug)]
pub struct Fold<T> {
    open: BTreeMap<Kind, Open<T>>,
    /// When the first of the windows ends.
    ends: Option<Mono>,
}

#[derive(Debug)]
struct Open<T> {
    ends: Mono,
    free: u32,
    held: Option<Held<T>>,
}

/// What was held back of one kind in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Held<T> {
    /// The first one held back.
    pub first: T,
    /// The last one; `None` if there is only one.
    pub last: Option<T>,
    /// How many.
    pub count: u32,
}

/// What becomes of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken<T> {
    /// It goes at once.
    Free(T),
    /// It is counted.
    Held,
    /// It is one kind too many.
    Refused(T),
}

impl<T> Fold<T> {
    /// Holds nothing.
    pub fn new() -> Self {
        Self { open: BTreeMap::new(), ends: None }
    }

    /// Takes one. Ask [`Fold::ended`] before.
    pub fn take(&mut self, kind: Kind, item: T, now: Mono) -> Taken<T> {
        if !self.open.contains_key(&kind) {
            if self.open.len() >= KINDS_MAX {
                return Taken::Refused(item);
            }
            let ends = now + WINDOW;
            self.ends.get_or_insert(ends);
            self.open.insert(kind, Open { ends, free: FREE_MAX - 1, held: None });
            return Taken::Free(item);
        }
        let Some(open) = self.open.get_mut(&kind) else { return Taken::Free(item) };
        if open.free > 0 {
            open.free -= 1;
            return Taken::Free(item);
        }
        match &mut open.held {
            None => open.held = Some(Held { first: item, last: None, count: 1 }),
            Some(held) => {
                held.last = Some(item);
                held.count = held.count.saturating_add(1);
            }
        }
        Taken::Held
    }

    /// Returns what was held back in windows that are over, and forgets them.
    pub fn ended(&mut self, now: Mono) -> Vec<(Kind, Held<T>)> {
        if self.ends.is_none_or(|ends| now < ends) {
            return Vec::new();
        }
        let (over, open): (BTreeMap<_, _>, BTreeMap<_, _>) =
            mem::take(&mut self.open).into_iter().partition(|(_, open)| open.ends <= now);
        self.open = open;
        self.ends = self.open.values().map(|open| open.ends).min();
        over.into_iter().filter_map(|(kind, open)| Some((kind, open.held?))).collect()
    }

    /// Returns all that is held back, at the end.
    pub fn rest(&mut self) -> Vec<(Kind, Held<T>)> {
        self.ends = None;
        mem::take(&mut self.open).into_iter().filter_map(|(kind, open)| Some((kind, open.held?))).collect()
    }
}

impl<T> Default for Fold<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::event::Door;

    fn kind(name: &str) -> Kind {
        Kind::of_row(&Fact::Trigger { name: name.into(), door: Door::Osc }).unwrap()
    }

    fn at(seconds: f64) -> Mono {
        Mono(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn a_fader_above_its_threshold_is_eleven_a_minute_and_every_one_is_counted() {
        let mut fold = Fold::new();
        let (mut free, mut held) = (0, Vec::new());
        for n in 0..12_000_u32 {
            let now = at(f64::from(n) / 100.0);
            held.extend(fold.ended(now));
            free += u32::from(fold.take(kind("fader"), n, now) == Taken::Free(n));
        }
        held.extend(fold.rest());
        assert_eq!(free, 2 * FREE_MAX);
        let held: Vec<_> = held.into_iter().map(|(_, held)| held).collect();
        let of = |first, last| Held { first, last: Some(last), count: 6000 - FREE_MAX };
        assert_eq!(held, [of(10, 5999), of(6010, 11_999)]);
        assert!(fold.rest().is_empty());
    }

    #[test]
    fn one_that_floods_does_not_hold_back_another() {
        let mut fold = Fold::new();
        for n in 0..100 {
            let _ = fold.take(kind("fader"), n, at(0.0));
        }
        assert_eq!(fold.take(kind("pad"), 7, at(0.0)), Taken::Free(7));
    }

    #[test]
    fn made_up_names_are_refused_when_there_are_too_many() {
        let mut fold = Fold::new();
        let refused = (0..1000)
            .filter(|n| fold.take(kind(&n.to_string()), *n, at(f64::from(*n) / 100.0)) == Taken::Refused(*n));
        assert_eq!(refused.count(), 1000 - KINDS_MAX);
        assert!(fold.ended(at(100.0)).is_empty());
        assert_eq!(fold.take(kind("again"), 1, at(100.0)), Taken::Free(1), "a minute later there is room");
    }
}
