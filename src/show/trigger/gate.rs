//! Between what happens and what is done: one trigger's crossings, times that something must last, and times that must pass.
//!
//! Pure, and without a show: told what it hears and what time it is, it says what gets through. The order in which things
//! are asked:
//!
//! 1. Does it hold, and did it not before? A range is crossed, a state is begun, a message simply comes. A range whose first
//!    number is in it already was not crossed. Each source (topic, address, stream) crosses by itself.
//! 2. `release_for`: after a firing, has it been over, or silent, that long?
//! 3. `for`: has it lasted that long, with nothing from that source against it?
//! 4. `debounce`: has nothing come for that long? What came last goes on.
//! 5. Is it enabled, and do `throttle` and `cooldown` let it through? What they stop is dropped.
//!
//! `if` is asked after that, by whoever sees the show; only what it lets through is a firing, and begins the times anew.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::when::Limits;
use crate::show::{scope::Occasion, time::Mono};

/// How many sources of one trigger are told apart. A room of sensors behind one topic filter has ten; those not heard of
/// for longest are forgotten. 16 with a topic of 100 bytes each, for 200 triggers, are 320 kB.
pub(super) const SOURCES_MAX: usize = 16;

/// What was heard of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A message that counts (`true`), or one that says the opposite.
    Message(bool),
    /// A number against a range.
    Range {
        /// It is in it.
        holds: bool,
        /// It is out of it, by more than the hysteresis.
        left: bool,
    },
    /// Something that is so or not; what was before the first word of it, was not so.
    State(bool),
}

/// Where something came from: which of the things that a trigger waits for, and the topic, address or stream.
pub(super) type Source = (usize, Arc<str>);

/// Why something did not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// It is not enabled.
    Disabled,
    /// Too soon after the last firing.
    Throttle,
    /// Likewise.
    Cooldown,
}

/// One trigger's gate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gate {
    /// Whether it lets anything through.
    pub(super) enabled: bool,
    pub(super) sources: BTreeMap<Source, Heard>,
    /// When the silence after what came last will be long enough, and what that was.
    pub(super) settling: Option<(Mono, Occasion)>,
    pub(super) throttled_until: Option<Mono>,
    pub(super) cooling_until: Option<Mono>,
    /// After a firing: when it will have been over long enough, if nothing comes.
    pub(super) released_at: Option<Mono>,
}

/// What is known of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// Whether it holds; `None` before the first number.
    pub(super) side: Option<bool>,
    /// Since it holds: when it will have lasted long enough, `None` once it has; and what came last of it.
    pub(super) lasting: Option<(Option<Mono>, Occasion)>,
    /// When something last came of it.
    pub(super) at: Mono,
}

impl Gate {
    pub(super) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            sources: BTreeMap::new(),
            settling: None,
            throttled_until: None,
            cooling_until: None,
            released_at: None,
        }
    }

    /// Takes what was heard. Returns what is to fire now if nothing else stops it.
    pub(super) fn hear(
        &mut self,
        limits: &Limits,
        source: Source,
        level: Level,
        occasion: Occasion,
        now: Mono,
    ) -> Option<Occasion> {
        // What only comes and is over leaves nothing to be remembered.
        if matches!(level, Level::Message(_)) && limits.hold.is_none() && limits.release_for.is_none() {
            let through = Some(occasion).filter(|_| level == Level::Message(true) && self.enabled)?;
            return self.settle(limits, through, now);
        }
        let mut heard = self.take(&source, now);
        let was = heard.side == Some(true);
        let (holds, begins) = match level {
            Level::Message(holds) => (holds, holds),
            Level::State(holds) => (holds, holds && !was),
            Level::Range { holds, left } => {
                let holds = holds || !left && was;
                (holds, holds && heard.side == Some(false))
            }
        };
        heard.side = Some(holds);
        let counts = self.counts_again(limits, (was, holds), level, now) && begins && self.enabled;
        let mut through = None;
        match (limits.hold, &mut heard.lasting) {
            _ if !holds => heard.lasting = None,
            (Some(_), Some((_, last))) => *last = occasion,
            (Some(time), lasting) if counts => *lasting = Some((Some(now + time), occasion)),
            (None, _) if counts => through = Some(occasion),
            _ => {}
        }
        self.sources.insert(source, heard);
        self.settle(limits, through?, now)
    }

    /// Returns what has become due: what has lasted long enough, and what has been silent long enough.
    pub(super) fn due(&mut self, limits: &Limits, now: Mono) -> Vec<Occasion> {
        let mut lasted = Vec::new();
        for heard in self.sources.values_mut() {
            if let Some((due, occasion)) = &mut heard.lasting
                && due.is_some_and(|due| due <= now)
            {
                *due = None;
                lasted.push(occasion.clone());
            }
        }
        let mut through: Vec<Occasion> = Vec::new();
        through.extend(self.settling.take_if(|(due, _)| *due <= now).map(|(_, occasion)| occasion));
        through.extend(lasted.into_iter().filter_map(|occasion| self.settle(limits, occasion, now)));
        through
    }

    /// Returns when something will be due.
    pub(super) fn next_due(&self) -> Option<Mono> {
        let lasting = self.sources.values().filter_map(|heard| heard.lasting.as_ref()?.0);
        lasting.chain(self.settling.as_ref().map(|(due, _)| *due)).min()
    }

    /// Returns what stops a firing now, if anything does.
    pub(super) fn shut(&self, now: Mono) -> Option<Shut> {
        let before = |until: Option<Mono>| until.is_some_and(|until| now < until);
        match () {
            () if !self.enabled => Some(Shut::Disabled),
            () if before(self.cooling_until) => Some(Shut::Cooldown),
            () if before(self.throttled_until) => Some(Shut::Throttle),
            () => None,
        }
    }

    /// Begins the times anew that count from a firing.
    pub(super) fn fire(&mut self, limits: &Limits, now: Mono) {
        let after = |time: Option<Duration>| time.map(|time| now + time);
        self.throttled_until = after(limits.throttle);
        self.cooling_until = after(limits.cooldown);
        self.released_at = after(limits.release_for);
    }

    /// Lets it fire or keeps it from firing; what was on its way is dropped.
    pub(super) fn switch(&mut self, enabled: bool) {
        self.enabled = enabled;
        self.settling = None;
        self.sources.values_mut().for_each(|heard| heard.lasting = None);
    }

    /// Takes out what is known of a source, and makes room for one that is not known.
    fn take(&mut self, source: &Source, now: Mono) -> Heard {
        let known = self.sources.remove(source);
        if known.is_none() && self.sources.len() >= SOURCES_MAX {
            let oldest = self.sources.iter().min_by_key(|(_, heard)| heard.at);
            let oldest = oldest.map(|(source, _)| source.clone());
            oldest.map(|source| self.sources.remove(&source));
        }
        Heard { at: now, ..known.unwrap_or_default() }
    }

    /// Returns whether it has been over, or silent, long enough since the last firing; notes that it was not over until now.
    fn counts_again(&mut self, limits: &Limits, (was, holds): (bool, bool), level: Level, now: Mono) -> bool {
        let (Some(time), Some(at)) = (limits.release_for, self.released_at) else { return true };
        // A number and a state last until the next word of them; a message is over at once, or when another says so.
        let lasted = was && (!holds || !matches!(level, Level::Message(_)));
        if now >= at && !lasted {
            if holds {
                self.released_at = None;
            }
            return true;
        }
        if was || holds {
            self.released_at = Some(now + time);
        }
        false
    }

    fn settle(&mut self, limits: &Limits, occasion: Occasion, now: Mono) -> Option<Occasion> {
        let Some(time) = limits.debounce else { return Some(occasion) };
        self.settling = Some((now + time, occasion));
        None
    }
}
