//! When an update may go. Every update costs picture (the runner flushes its batch), so as few go as the curve needs.
//!
//! Knows times and rates; does not know what is sent.

use std::time::Duration;

use super::{sheet::Updates, time::Mono};

/// How many updates may go at once after a rest: a cut, and a second thought.
pub const BURST: f64 = 2.0;

/// The slowest that falling frame rates make it: a quarter of the show file's rate.
///
/// Slower than one update a second at the default rate, a fade becomes a staircase that costs more than it saves.
pub const SLOWEST: f64 = 4.0;

/// By how much a round trip may exceed twice the usual; lets the estimate grow from nothing.
const HICCUP: Duration = Duration::from_millis(50);
/// How long a status may still be speaking of the last update: its window, and the time until it is read.
const RATES_WINDOW: Duration = Duration::from_secs(20);

/// Paces the updates of one stream.
#[derive(Clone, Debug)]
pub struct Governor {
    limits: Updates,
    /// 1 at full rate, up to [`SLOWEST`].
    slowdown: f64,
    tokens: f64,
    counted: Mono,
    last_sent: Option<Mono>,
    /// Which part of the input frames came out when no updates went.
    kept_at_rest: f64,
    latency: Option<Duration>,
}

impl Governor {
    /// Starts with a full bucket.
    pub fn new(limits: Updates, now: Mono) -> Self {
        Self {
            limits,
            slowdown: 1.0,
            tokens: BURST,
            counted: now,
            last_sent: None,
            kept_at_rest: 1.0,
            latency: None,
        }
    }

    /// Goes on with other limits.
    pub fn reload(&mut self, limits: Updates) {
        self.limits = limits;
    }

    /// Returns how long an update will stay on before the next one of a moving path replaces it.
    ///
    /// With one in flight at a time that is at least a round trip.
    pub fn hold(&self) -> Duration {
        let interval = Duration::from_secs_f64(self.slowdown / self.limits.max_per_second);
        interval.max(self.latency.unwrap_or_default())
    }

    /// Returns how far ahead of now to look for the value to send.
    ///
    /// The middle of the time in which it will be on, so that the picture follows the curve with no lag on average.
    /// The answer comes when the API has forwarded the change, so a whole round trip stands for the way to the runner.
    pub fn lead(&self) -> Duration {
        self.latency.unwrap_or_default() + self.hold() / 2
    }

    /// Returns when the next update of a moving path is due.
    pub fn path_due(&self, now: Mono) -> Mono {
        self.last_sent.map_or(now, |sent| sent + self.hold())
    }

    /// Returns when an update may go that waits for nothing but the rate limit: a cut, an end, a repair.
    pub fn token_due(&self, now: Mono) -> Mono {
        let tokens = self.tokens_at(now);
        // A token short by less than rounding is a token.
        if tokens >= 1.0 - 1e-6 {
            return now;
        }
        now + Duration::from_secs_f64((1.0 - tokens) * self.slowdown / self.limits.max_per_second)
    }

    /// Counts an update and returns how many others were due since the last one, on a path that moves since `since`.
    pub fn on_sent(&mut self, now: Mono, since: Mono) -> u32 {
        let missed = match self.last_sent {
            Some(last) if last >= since => {
                (now.since(last).as_secs_f64() * self.limits.max_per_second + 1e-6).floor() as u32
            }
            _ => 0,
        };
        self.tokens = (self.tokens_at(now) - 1.0).max(0.0);
        self.counted = now;
        self.last_sent = Some(now);
        missed.saturating_sub(1)
    }

    /// Learns from a round trip; the estimate follows about the last eight. One that took far longer than those before is
    /// a hiccup and counts as twice the usual: it must not blur the fades of the next minute.
    pub fn on_answered(&mut self, round_trip: Duration) {
        self.latency = Some(match self.latency {
            Some(known) => {
                let bounded = round_trip.min(known * 2 + HICCUP);
                known.mul_f64(0.875) + bounded.mul_f64(0.125)
            }
            None => round_trip,
        });
    }

    /// Learns from a fresh status how the frame rate bears the updates.
    ///
    /// What it is held against is the rate at rest: a GPU that never keeps up is not to blame on updates. A status is a
    /// mean over about 10 s, so each one moves the pace by a step only, and it speeds up more slowly than it slows down.
    pub fn on_rates(&mut self, fps_in: f64, fps_out: f64, now: Mono) {
        if !(fps_in > 1.0 && fps_out.is_finite()) {
            return;
        }
        let kept = (fps_out / fps_in).min(1.0);
        let is_rest = self.last_sent.is_none_or(|sent| now.since(sent) > RATES_WINDOW);
        if is_rest {
            self.kept_at_rest = kept;
        }
        let bound = self.limits.keep_fps * self.kept_at_rest;
        if is_rest || kept > bound + 0.05 {
            self.slowdown = (self.slowdown / 1.25).max(1.0);
        } else if kept < bound {
            self.slowdown = (self.slowdown * 1.5).min(SLOWEST);
        }
    }

    /// Returns whether a path has moved enough to be worth an update.
    pub fn is_worth(&self, distance: f64) -> bool {
        distance >= self.limits.min_step
    }

    /// Returns the estimated way to the runner, once there was an answer.
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    fn tokens_at(&self, now: Mono) -> f64 {
        let rate = self.limits.max_per_second / self.slowdown;
        (self.tokens + now.since(self.counted).as_secs_f64() * rate).min(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Mono {
        Mono(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn two_go_at_once_and_the_third_waits_its_turn() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        assert_eq!(governor.token_due(at(0.0)), at(0.0));
        governor.on_sent(at(0.0), at(0.0));
        assert_eq!(governor.token_due(at(0.0)), at(0.0));
        governor.on_sent(at(0.0), at(0.0));
        assert_eq!(governor.token_due(at(0.0)), at(0.25));
        assert_eq!(governor.token_due(at(0.1)), at(0.25));
    }

    #[test]
    fn it_looks_ahead_to_the_middle_of_the_hold() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        assert_eq!(governor.lead(), Duration::from_millis(125));
        governor.on_answered(Duration::from_millis(150));
        assert_eq!(governor.lead(), Duration::from_millis(275));
        for _ in 0..100 {
            governor.on_answered(Duration::from_secs(1));
        }
        assert!(governor.hold() > Duration::from_millis(990), "one in flight: a slow answer is a slow pace");
    }

    #[test]
    fn one_slow_answer_is_a_hiccup() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        for _ in 0..20 {
            governor.on_answered(Duration::from_millis(50));
        }
        governor.on_answered(Duration::from_secs(8));
        assert!(governor.latency().unwrap() < Duration::from_millis(70));
    }

    #[test]
    fn falling_frames_slow_it_down_to_a_floor_and_recovery_is_slower() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        governor.on_sent(at(0.0), at(0.0));
        for _ in 0..20 {
            governor.on_rates(30.0, 15.0, at(10.0));
        }
        assert_eq!(governor.hold(), Duration::from_secs(1));
        governor.on_rates(30.0, 24.5, at(10.0));
        assert_eq!(governor.hold(), Duration::from_secs(1), "just above the bound nothing moves");
        governor.on_rates(30.0, 29.0, at(10.0));
        assert_eq!(governor.hold(), Duration::from_millis(800));
    }

    #[test]
    fn frames_that_never_came_are_not_blamed_on_updates() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        governor.on_rates(30.0, 18.0, at(60.0));
        governor.on_sent(at(61.0), at(61.0));
        governor.on_rates(30.0, 17.0, at(70.0));
        assert_eq!(governor.hold(), Duration::from_millis(250), "17 of 18 is well kept");
        governor.on_rates(30.0, 13.0, at(71.0));
        assert_eq!(governor.hold(), Duration::from_millis(375), "13 of 18 is not");
    }

    #[test]
    fn looks_that_were_due_and_went_unsent_are_counted() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        assert_eq!(governor.on_sent(at(10.0), at(10.0)), 0);
        assert_eq!(governor.on_sent(at(10.25), at(10.0)), 0);
        assert_eq!(governor.on_sent(at(11.25), at(10.0)), 3);
        assert_eq!(governor.on_sent(at(60.0), at(60.0)), 0, "a rest is not a queue");
    }
}
