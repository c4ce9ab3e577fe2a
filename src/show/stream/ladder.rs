//! The recovery ladder: what is tried, in which order and how often, when video goes into a stream and no picture comes
//! out. Decides only; `mod.rs` does it.
//!
//! It is asked at each reading of the status and never in between, so it never acts on what it does not know.

use std::time::Duration;

use super::pulse::Beat;
use crate::show::{
    duration,
    recovery::{AGAIN_MAX, Recovery},
    snapshot::{RecoveryStage, StreamSnapshot, Trouble},
    time::Mono,
};

/// How long no video must go in until it is worth a word: a new stream has none in its first seconds by nature.
const IDLE_TOLD: Duration = Duration::from_secs(15);

/// Where one stream is on the ladder.
#[derive(Debug)]
pub(super) struct Ladder {
    beat: Beat,
    read_at: Mono,
    /// The rung to try next.
    next: Rung,
    /// How often it was tried.
    tried: u32,
    /// What comes next, as far as is known.
    coming: Rung,
    /// Not before.
    act_at: Mono,
    /// Since when there is a picture.
    steady_since: Option<Mono>,
    /// Climbs that ended in the alarm.
    climbs: u32,
    sent: u32,
    created: u32,
    /// Whether the last thing that was tried was a new stream, which gets no video until its source knows it.
    awaits_source: bool,
    fallback: bool,
    alarm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    Resend,
    Recreate,
    Fallback,
    Alarm,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send the whole look again.
    Resend,
    /// Put another stream in its place.
    Recreate,
    /// Show the fallback scene.
    Fallback,
    /// Nothing is left but people.
    Alarm,
}

impl Ladder {
    pub(super) fn new(now: Mono) -> Self {
        Self {
            beat: Beat::Unknown,
            read_at: now,
            next: Rung::Resend,
            tried: 0,
            coming: Rung::Resend,
            act_at: now,
            steady_since: None,
            climbs: 0,
            sent: 0,
            created: 0,
            awaits_source: false,
            fallback: false,
            alarm: false,
        }
    }

    /// Takes how the stream is and says what is to be done; `may_create` says whether another stream is to be had.
    pub(super) fn on_beat(
        &mut self,
        beat: Beat,
        plan: &Recovery,
        may_create: bool,
        now: Mono,
    ) -> Option<Step> {
        (self.beat, self.read_at) = (beat, now);
        match beat {
            Beat::Unknown => None,
            Beat::Flowing => {
                self.awaits_source = false;
                let since = *self.steady_since.get_or_insert(now);
                if now.since(since) >= plan.steady_after {
                    let fallback = self.fallback;
                    *self = Self { beat, fallback, steady_since: Some(since), ..Self::new(now) };
                }
                None
            }
            Beat::NoInput(_) => {
                self.steady_since = None;
                let forgotten = self.awaits_source && now >= self.act_at && !self.alarm;
                self.alarm |= forgotten;
                forgotten.then_some(Step::Alarm)
            }
            Beat::Dark(_) => {
                self.steady_since = None;
                self.awaits_source = false;
                (now >= self.act_at).then(|| self.climb(plan, may_create, now))
            }
        }
    }

    fn climb(&mut self, plan: &Recovery, may_create: bool, now: Mono) -> Step {
        let (rung, tried) = self.pick(plan, may_create);
        (self.next, self.tried) = (rung, tried + 1);
        let (_, wait) = self.rung(rung, plan, may_create);
        self.act_at = now + wait;
        let step = if rung == Rung::Alarm { self.give_up(plan, now) } else { self.take() };
        self.coming = self.pick(plan, may_create).0;
        step
    }

    /// Returns the rung whose turn it is, and how often it was tried.
    fn pick(&self, plan: &Recovery, may_create: bool) -> (Rung, u32) {
        let (mut rung, mut tried) = (self.next, self.tried);
        while rung != Rung::Alarm && tried >= self.rung(rung, plan, may_create).0 {
            tried = 0;
            rung = match rung {
                Rung::Resend => Rung::Recreate,
                Rung::Recreate => Rung::Fallback,
                Rung::Fallback | Rung::Alarm => Rung::Alarm,
            };
        }
        (rung, tried)
    }

    /// Returns how often a rung is tried and how long each try has.
    fn rung(&self, rung: Rung, plan: &Recovery, may_create: bool) -> (u32, Duration) {
        match rung {
            Rung::Resend => (plan.resend.times, plan.resend.wait),
            Rung::Recreate if may_create => (plan.recreate.times, plan.recreate.wait),
            Rung::Fallback => match &plan.fallback {
                Some(fallback) if !self.fallback => (1, fallback.wait),
                _ => (0, Duration::ZERO),
            },
            Rung::Recreate | Rung::Alarm => (0, Duration::ZERO),
        }
    }

    fn take(&mut self) -> Step {
        match self.next {
            Rung::Resend => {
                self.sent += 1;
                Step::Resend
            }
            Rung::Recreate => {
                self.created += 1;
                self.awaits_source = true;
                Step::Recreate
            }
            Rung::Fallback => {
                self.fallback = true;
                Step::Fallback
            }
            Rung::Alarm => Step::Alarm,
        }
    }

    /// The top: tells people, and begins from below after a while that doubles each time.
    fn give_up(&mut self, plan: &Recovery, now: Mono) -> Step {
        let longest = AGAIN_MAX.max(plan.again_after);
        let wait = plan.again_after.saturating_mul(1 << self.climbs.min(16)).min(longest);
        self.climbs += 1;
        self.act_at = now + wait;
        (self.next, self.tried) = (Rung::Resend, 0);
        self.alarm = true;
        Step::Alarm
    }

    /// The stream is another or none.
    pub(super) fn on_lost(&mut self) {
        self.beat = Beat::Unknown;
        self.steady_since = None;
    }

    /// Somebody asked for a scene: what is on is no longer the fallback.
    pub(super) fn on_scene(&mut self) {
        self.fallback = false;
    }

    /// The fallback scene was put on for another reason than a stall.
    pub(super) fn on_fallback(&mut self) {
        self.fallback = true;
    }

    /// Returns why people are needed, if they are.
    pub(super) fn alarm(&self) -> Option<String> {
        self.alarm.then(|| match self.beat {
            Beat::NoInput(_) if self.awaits_source => {
                "no video goes into the new stream: does its source know the address?".to_owned()
            }
            _ => format!("no picture comes out of the stream; {}", self.deeds()),
        })
    }

    /// Returns what was tried, in words.
    pub(super) fn deeds(&self) -> String {
        let times = |count: u32| match count {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            count => format!("{count} times"),
        };
        let mut deeds = Vec::new();
        if self.sent > 0 {
            deeds.push(format!("sent the look again {}", times(self.sent)));
        }
        if self.created > 0 {
            deeds.push(format!("made a new stream {}", times(self.created)));
        }
        if self.fallback {
            deeds.push("put on the fallback scene".to_owned());
        }
        if deeds.is_empty() { "nothing was tried yet".to_owned() } else { deeds.join(", ") }
    }

    /// Returns what comes next, in words.
    fn next_words(&self, now: Mono) -> String {
        let wait = self.act_at.since(now).as_secs();
        let what = match self.coming {
            Rung::Resend => "the look again",
            Rung::Recreate => "a new stream",
            Rung::Fallback => "the fallback scene",
            Rung::Alarm => "an alarm",
        };
        if wait == 0 { format!("{what} next") } else { format!("{what} in {wait} s") }
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        let age = now.since(self.read_at);
        snapshot.recovery = match self.beat {
            _ if self.alarm => RecoveryStage::Alarm,
            Beat::NoInput(idle) if idle + age >= IDLE_TOLD => RecoveryStage::NoInput,
            _ if self.fallback => RecoveryStage::Fallback,
            Beat::Dark(_) if self.created > 0 => RecoveryStage::Recreate,
            Beat::Dark(_) => RecoveryStage::Resend,
            Beat::Unknown | Beat::Flowing | Beat::NoInput(_) if self.sent + self.created > 0 => {
                RecoveryStage::Settling
            }
            Beat::Unknown | Beat::Flowing | Beat::NoInput(_) => RecoveryStage::Well,
        };
        let message = match self.beat {
            Beat::Dark(dark) => {
                let seconds = (dark + age).as_secs();
                format!("no picture for {seconds} s: {}, {}", self.deeds(), self.next_words(now))
            }
            Beat::NoInput(idle) if idle + age >= IDLE_TOLD => {
                format!("no video goes into the stream for {}", duration::text(whole(idle + age)))
            }
            Beat::Unknown | Beat::Flowing | Beat::NoInput(_) => return,
        };
        if snapshot.trouble.is_none() {
            snapshot.trouble = Some(Trouble::new("picture", &message, self.read_at).told_at(now));
        }
    }
}

fn whole(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
