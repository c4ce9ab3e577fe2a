//! Every trigger at its post: its gate, what it has done, and the clocks that it waits for.
//!
//! Keeps and times; what fires, and what that does, is `fire.rs`'s.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use super::{
    gate::Gate,
    latch::{self, Latch},
    views::View,
    when::{Trigger, When},
};
use crate::show::{
    event::{Door, Wake},
    scope::Occasion,
    sheet::Sheet,
    snapshot::TriggerSnapshot,
    stream::place::Edge,
    time::{Mono, Now},
};

/// A trigger that fires more often than this within [`LOOP_WINDOW`], and no hand is in it, goes in circles.
pub(super) const LOOP_MAX: usize = 20;
/// See [`LOOP_MAX`]. What fires by the clock alone fires ten times in it at the most.
pub(super) const LOOP_WINDOW: Duration = Duration::from_secs(10);
/// How many firings in a row, each because of the one before, may happen at one instant.
pub(super) const CHAIN_MAX: u32 = 8;

/// All triggers, in the order of the sheet.
#[derive(Debug)]
pub(in crate::show) struct Triggers {
    pub(super) posts: Vec<Post>,
    timers: Vec<Timer>,
    /// The streams, if any trigger looks at them.
    pub(super) views: Vec<Option<View>>,
    pub(super) looks: bool,
    /// Whether the start of the show is still to be told.
    pub(super) starting: bool,
    /// How many times in a row triggers have fired at this instant because of what triggers did.
    pub(in crate::show) chain: u32,
    /// When the streams were last looked at.
    pub(super) looked: Mono,
    pub(super) edge: Option<Edge>,
}

/// One trigger.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) gate: Gate,
    /// When it last fired without a hand; as many as tell a circle.
    pub(super) recent: VecDeque<Mono>,
    pub(super) looping: bool,
    pub(super) fired: u64,
    pub(super) fired_at: Option<Timestamp>,
    /// Why it did not fire when it last could have.
    pub(super) why_not: Option<String>,
}

/// Something that comes by the clock: `every` and `idle`.
#[derive(Clone, Debug)]
struct Timer {
    trigger: usize,
    when: usize,
    /// When; `None` for a silence that was told already.
    due: Option<Mono>,
}

impl Post {
    fn new(trigger: &Trigger) -> Self {
        Self {
            gate: Gate::new(trigger.enabled),
            recent: VecDeque::new(),
            looping: false,
            fired: 0,
            fired_at: None,
            why_not: None,
        }
    }

    /// Notes a firing without a hand, and returns whether it goes in circles.
    pub(super) fn circles(&mut self, now: Mono) -> bool {
        self.recent.push_back(now);
        if self.recent.len() > LOOP_MAX + 1 {
            self.recent.pop_front();
        }
        self.recent.len() > LOOP_MAX
            && self.recent.front().is_some_and(|first| now.since(*first) <= LOOP_WINDOW)
    }
}

impl Triggers {
    /// Puts every trigger at its post, as it was when the show went away `gone` ago.
    pub(in crate::show) fn new(
        sheet: &Sheet,
        latches: &BTreeMap<Arc<str>, Latch>,
        gone: Duration,
        now: Now,
    ) -> Self {
        let mut posts = Vec::new();
        for trigger in &sheet.triggers {
            let mut post = Post::new(trigger);
            if let Some(latch) = latches.get(&trigger.name) {
                latch.restore(&mut post.gate, gone, now.mono);
                post.gate.enabled = latch.enabled.unwrap_or(trigger.enabled);
                post.looping = latch.looping;
                (post.fired, post.fired_at) = (latch.fired, latch.fired_at);
            }
            posts.push(post);
        }
        let mut timers = Vec::new();
        for (trigger, when, time, of) in clocks(sheet) {
            let kept = latches.get(&sheet.triggers[trigger].name).and_then(|latch| latch.timers.get(&when));
            let due = match kept {
                Some(None) => None,
                Some(Some(seconds)) => Some(in_phase(*seconds, time, of, gone, now.mono)),
                None => Some(now.mono + time),
            };
            timers.push(Timer { trigger, when, due });
        }
        Self {
            posts,
            timers,
            views: vec![None; sheet.streams.len()],
            looks: looks(sheet),
            starting: true,
            chain: 0,
            looked: now.mono,
            edge: None,
        }
    }

    /// Goes on with an edited sheet: a trigger that is the same, whatever it does, keeps its post.
    pub(in crate::show) fn reload(&mut self, old: &Sheet, new: &Sheet, now: Now) {
        let mut fresh = Self::new(new, &BTreeMap::new(), Duration::ZERO, now);
        let mut was: Vec<Option<usize>> = Vec::new();
        for (post, trigger) in fresh.posts.iter_mut().zip(&new.triggers) {
            let same = |known: &Trigger| {
                known.name == trigger.name
                    && known.when == trigger.when
                    && known.condition == trigger.condition
                    && (known.limits, known.enabled) == (trigger.limits, trigger.enabled)
            };
            let at = old.triggers.iter().position(same);
            if let Some(at) = at {
                *post = self.posts[at].clone();
            }
            was.push(at);
        }
        for timer in &mut fresh.timers {
            let known =
                |known: &&Timer| was[timer.trigger] == Some(known.trigger) && timer.when == known.when;
            if let Some(known) = self.timers.iter().find(known) {
                timer.due = known.due;
            }
        }
        let views = if fresh.looks == self.looks { std::mem::take(&mut self.views) } else { fresh.views };
        *self = Self { views, starting: self.starting, edge: Some(Edge::Turned), ..fresh };
    }

    /// Somebody did something: whoever waits for nobody to do so waits anew.
    pub(in crate::show) fn on_hand(&mut self, sheet: &Sheet, now: Mono) {
        for timer in &mut self.timers {
            if let When::Idle { time, of: None } = &sheet.triggers[timer.trigger].when[timer.when] {
                timer.due = Some(now + *time);
            }
        }
    }

    /// A sensor is not silent.
    pub(super) fn awake(&mut self, sheet: &Sheet, (trigger, when): (usize, usize), now: Mono) {
        let timer = self.timers.iter_mut().find(|timer| (timer.trigger, timer.when) == (trigger, when));
        if let (Some(timer), When::Idle { time, .. }) = (timer, &sheet.triggers[trigger].when[when]) {
            timer.due = Some(now + *time);
        }
    }

    /// Returns what has become due by the clock, in the order of the triggers: which of them, by which door, and with what.
    pub(super) fn due(&mut self, sheet: &Sheet, now: Mono) -> Vec<(usize, Door, Occasion)> {
        let mut due = Vec::new();
        if std::mem::take(&mut self.starting) {
            let starts = |(_, trigger): &(usize, &Trigger)| trigger.when.contains(&When::Startup);
            let of = sheet.triggers.iter().enumerate().filter(starts);
            due.extend(of.map(|(trigger, _)| (trigger, Door::Show, Occasion::default())));
        }
        for timer in &mut self.timers {
            let Some(at) = timer.due.filter(|at| *at <= now) else { continue };
            timer.due = match &sheet.triggers[timer.trigger].when[timer.when] {
                When::Every(time) => Some(next_beat(at, *time, now)),
                _ => None,
            };
            due.push((timer.trigger, Door::Cron, Occasion::default()));
        }
        for (trigger, post) in self.posts.iter_mut().enumerate() {
            for occasion in post.gate.due(&sheet.triggers[trigger].limits, now) {
                due.push((trigger, occasion.door.unwrap_or(Door::Cron), occasion));
            }
        }
        due.sort_by_key(|(trigger, ..)| *trigger);
        due
    }

    /// Returns when something will be due, and why.
    pub(in crate::show) fn next_due(&self) -> Option<(Mono, Wake)> {
        let timers = self.timers.iter().filter_map(|timer| timer.due);
        let gates = self.posts.iter().filter_map(|post| post.gate.next_due());
        let views = self.views.iter().flatten().filter_map(|view| view.next_due(self.looked));
        timers.chain(gates).chain(views).min().map(|due| (due, Wake::Trigger))
    }

    /// Returns what has happened since this was asked last that is to be kept.
    pub(in crate::show) fn edge(&mut self) -> Option<Edge> {
        self.edge.take()
    }

    /// Returns what is to be kept of each trigger, by name; of one that nothing has happened to, nothing.
    pub(in crate::show) fn latches(&self, sheet: &Sheet, now: Mono) -> BTreeMap<Arc<str>, Latch> {
        let latch = |(at, (post, trigger)): (usize, (&Post, &Trigger))| {
            let timers = self.timers.iter().filter(|timer| timer.trigger == at);
            let latch = Latch {
                enabled: Some(post.gate.enabled).filter(|enabled| *enabled != trigger.enabled),
                looping: post.looping,
                fired: post.fired,
                fired_at: post.fired_at,
                timers: timers
                    .map(|timer| (timer.when, timer.due.map(|due| latch::left(due, now))))
                    .collect(),
                ..Latch::of(&post.gate, now)
            };
            (latch != Latch::default()).then(|| (Arc::clone(&trigger.name), latch))
        };
        self.posts.iter().zip(&sheet.triggers).enumerate().filter_map(latch).collect()
    }

    /// Returns what may be seen of them.
    pub(in crate::show) fn snapshot(&self, sheet: &Sheet) -> Vec<TriggerSnapshot> {
        let of = |(post, trigger): (&Post, &Trigger)| TriggerSnapshot {
            name: Arc::clone(&trigger.name),
            enabled: post.gate.enabled,
            fired: post.fired,
            last_fired: post.fired_at,
            looping: post.looping,
            why_not: post.why_not.clone(),
        };
        self.posts.iter().zip(&sheet.triggers).map(of).collect()
    }
}

/// Returns everything that comes by the clock: the trigger, which of the things that it waits for, and its time.
fn clocks(sheet: &Sheet) -> impl Iterator<Item = (usize, usize, Duration, &When)> {
    sheet.triggers.iter().enumerate().flat_map(|(trigger, of)| {
        let clocks = of.when.iter().enumerate().filter_map(|(when, of)| match of {
            When::Every(time) | When::Idle { time, .. } => Some((when, *time, of)),
            _ => None,
        });
        clocks.map(move |(when, time, of)| (trigger, when, time, of))
    })
}

/// Returns when a clock is due of which `seconds` were left `gone` ago. What comes again and again keeps its beat, and does
/// not make up for what it missed.
fn in_phase(seconds: f64, time: Duration, of: &When, gone: Duration, now: Mono) -> Mono {
    let left = Duration::try_from_secs_f64(seconds).unwrap_or(time).min(time);
    match of {
        When::Every(_) if gone > left => {
            let into = gone.saturating_sub(left).as_nanos() % time.as_nanos().max(1);
            now + time - Duration::from_nanos(u64::try_from(into).unwrap_or_default())
        }
        _ => now + left.saturating_sub(gone),
    }
}

/// Returns the first beat after `now`.
fn next_beat(at: Mono, time: Duration, now: Mono) -> Mono {
    let over = now.since(at).as_nanos() % time.as_nanos().max(1);
    now + time - Duration::from_nanos(u64::try_from(over).unwrap_or_default())
}

fn looks(sheet: &Sheet) -> bool {
    let looks = |when: &When| matches!(when, When::Stream { .. } | When::Scene { .. });
    sheet.triggers.iter().any(|trigger| trigger.when.iter().any(looks))
}
