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
/// Which part of the usual distance two updates of a path keep where what is left of it cannot be divided evenly.
const SPACING_MIN: f64 = 0.85;
/// Which part of it they keep at the runner, also where the first was late and the second is quick: 200 ms at four updates a
/// second, twice the hole of each (daydream-api.md 5.9).
const DISTANCE_MIN: f64 = 0.8;

/// Paces the updates of one stream.
#[derive(Clone, Debug)]
pub struct Governor {
    limits: Updates,
    /// 1 at full rate, up to [`SLOWEST`].
    slowdown: f64,
    tokens: f64,
    counted: Mono,
    last_sent: Option<Mono>,
    /// When the last update was known to be there.
    last_answered: Option<Mono>,
    /// Which part of the input frames came out when no updates went.
    kept_at_rest: f64,
    latency: Option<Duration>,
    /// Answers that the estimate stands for.
    answers: u32,
    /// How far round trips are from the usual, on average.
    spread: Duration,
    /// The last round trip of another request, and the quicker one of the last two.
    other: Option<Duration>,
    hint: Option<Duration>,
}

/// What to send of a moving path, if it is worth it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim {
    /// The moment of the path whose look goes.
    pub moment: Mono,
    /// How long it is to stay on.
    pub hold: Duration,
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
            last_answered: None,
            kept_at_rest: 1.0,
            latency: None,
            answers: 0,
            spread: Duration::ZERO,
            other: None,
            hint: None,
        }
    }

    /// Goes on with other limits.
    pub fn reload(&mut self, limits: Updates) {
        self.limits = limits;
    }

    /// Returns how long an update stays on at the least before the next one of a moving path replaces it.
    ///
    /// With one in flight at a time that is a round trip or more.
    pub fn hold(&self) -> Duration {
        let interval = Duration::from_secs_f64(self.slowdown / self.limits.max_per_second);
        interval.max(self.way())
    }

    /// Returns when an update that goes at `now` will be on.
    ///
    /// The answer comes when the API has forwarded the change, so a whole round trip stands for the way to the runner.
    pub fn arrival(&self, now: Mono) -> Mono {
        now + self.way()
    }

    /// Returns when an update must go to be on at `moment`.
    pub fn departure(&self, moment: Mono) -> Mono {
        moment - self.way()
    }

    /// Returns what to send so that the picture follows a path with no lag on average: the look for the middle of the time
    /// in which it will be on, from `arrival` until the next one.
    ///
    /// What is left until `corner`, where the path jumps or ends and an update is on exactly, is divided evenly. `None`:
    /// too little is left for one more before that.
    pub fn aim(&self, arrival: Mono, corner: Mono) -> Option<Aim> {
        let (left, hold) = (corner.since(arrival), self.hold());
        // A little too short for one more is long enough: half as many would be twice as coarse.
        let parts = (left.as_secs_f64() / hold.as_secs_f64() + (1.0 - SPACING_MIN)).floor();
        if parts < 1.0 {
            return None;
        }
        let hold = left.div_f64(parts);
        Some(Aim { moment: arrival + hold / 2, hold })
    }

    /// Returns how long to wait with a path that has moved by `distance` since the moment that is on, `behind` ago.
    ///
    /// A path that gathers speed evenly has then moved by a whole step.
    pub fn patience(&self, behind: Duration, distance: f64) -> Duration {
        let least = self.hold() / 8;
        let times = (self.limits.min_step / distance.max(1e-9)).sqrt() - 1.0;
        behind.mul_f64(times.clamp(0.0, 1.0)).max(least)
    }

    /// Returns when the next update of a moving path is due.
    pub fn path_due(&self, now: Mono) -> Mono {
        let spaced = self.last_sent.map_or(now, |sent| sent + self.hold().mul_f64(SPACING_MIN));
        let spaced = spaced.max(self.token_due(now));
        let quickest = self.way().saturating_sub(self.spread * 2);
        let interval = Duration::from_secs_f64(self.slowdown / self.limits.max_per_second);
        let apart = |there: Mono| there + interval.mul_f64(DISTANCE_MIN).saturating_sub(quickest);
        self.last_answered.map_or(spaced, |there| spaced.max(apart(there)))
    }

    /// Returns when an update may go that waits for nothing but the rate limit: a cut, a repair.
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

    /// Learns from the round trip of an update; the estimate follows about the last eight. One that took far longer than
    /// those before is a hiccup and counts as twice the usual: it must not blur the fades of the next minute.
    pub fn on_answered(&mut self, round_trip: Duration, now: Mono) {
        self.last_answered = Some(now);
        self.answers = (self.answers + 1).min(8);
        let Some(known) = self.latency else {
            self.latency = Some(round_trip);
            return;
        };
        let bounded = round_trip.min(known * 2 + HICCUP);
        // The mean of the first ones, then one that forgets.
        let weight = 1.0 / f64::from(self.answers);
        let blend = |old: Duration, new: Duration| old.mul_f64(1.0 - weight) + new.mul_f64(weight);
        self.spread = blend(self.spread, bounded.abs_diff(known));
        self.latency = Some(blend(known, bounded));
    }

    /// Learns from the round trip of another request, which is all there is before the first update. Of two in a row the
    /// quicker counts: the first may have had to connect, and to lead by too much shows what is not due yet.
    pub fn on_other_answered(&mut self, round_trip: Duration) {
        let before = self.other.replace(round_trip);
        self.hint = Some(before.map_or(round_trip, |before| before.min(round_trip)));
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
        distance > 0.0 && distance >= self.limits.min_step
    }

    /// Returns the estimated way to the runner.
    fn way(&self) -> Duration {
        self.latency.or(self.hint).unwrap_or_default()
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
    fn it_aims_at_the_middle_of_the_hold_and_divides_what_is_left_evenly() {
        let governor = Governor::new(Updates::default(), at(0.0));
        let aim = |arrival: f64, corner: f64| {
            let aim = governor.aim(at(arrival), at(corner))?;
            Some((aim.moment.0.as_millis(), aim.hold.as_millis()))
        };
        assert_eq!(aim(0.0, 10.0), Some((125, 250)));
        assert_eq!(aim(0.0, 0.625), Some((156, 312)), "two parts, and the corner");
        assert_eq!(aim(0.3125, 0.625), Some((468, 312)));
        assert_eq!(aim(0.0, 0.25), Some((125, 250)));
        assert_eq!(aim(0.0, 0.225), Some((112, 225)), "nearly long enough is");
        assert_eq!(aim(0.0, 0.2), None, "the corner comes first");
    }

    #[test]
    fn one_in_flight_makes_a_slow_answer_a_slow_pace() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        governor.on_answered(Duration::from_millis(150), at(0.0));
        assert_eq!((governor.arrival(at(1.0)), governor.hold()), (at(1.15), Duration::from_millis(250)));
        assert_eq!(governor.departure(at(1.15)), at(1.0));
        for _ in 0..100 {
            governor.on_answered(Duration::from_secs(1), at(0.0));
        }
        assert!(governor.hold() > Duration::from_millis(990), "{:?}", governor.hold());
    }

    #[test]
    fn until_an_update_was_answered_the_quicker_of_two_other_answers_counts() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        governor.on_other_answered(Duration::from_millis(300));
        governor.on_other_answered(Duration::from_millis(60));
        governor.on_other_answered(Duration::from_millis(90));
        assert_eq!(governor.arrival(at(1.0)), at(1.06));
        governor.on_answered(Duration::from_millis(150), at(2.0));
        governor.on_other_answered(Duration::from_millis(20));
        assert_eq!(governor.arrival(at(2.0)), at(2.15));
    }

    #[test]
    fn one_slow_answer_is_a_hiccup() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        for _ in 0..20 {
            governor.on_answered(Duration::from_millis(50), at(0.0));
        }
        governor.on_answered(Duration::from_secs(8), at(0.0));
        assert!(governor.way() < Duration::from_millis(70));
    }

    #[test]
    fn a_late_update_keeps_its_distance_from_a_quick_one() {
        let mut governor = Governor::new(Updates::default(), at(0.0));
        for way in [150, 180, 120, 180, 120, 180, 120, 180, 120, 150] {
            governor.on_answered(Duration::from_millis(way), at(0.0));
        }
        governor.on_sent(at(10.0), at(0.0));
        governor.on_answered(Duration::from_millis(185), at(10.185));
        let quickest = governor.path_due(at(10.2)) + Duration::from_millis(120);
        assert!(quickest.since(at(10.185)) >= Duration::from_millis(195), "{quickest:?}");
        governor.on_answered(Duration::from_millis(90), at(10.09));
        assert_eq!(governor.path_due(at(10.2)), at(10.2125), "after a quick one the pace decides");
    }

    #[test]
    fn what_hardly_moves_is_looked_at_seldom() {
        let governor = Governor::new(Updates::default(), at(0.0));
        let patience = |behind: f64, distance| governor.patience(Duration::from_secs_f64(behind), distance);
        assert_eq!(patience(60.0, 0.0), Duration::from_mins(1));
        assert_eq!(patience(60.0, 0.01 / 2.25), Duration::from_secs(30));
        assert_eq!(patience(0.0, 0.0), Duration::from_secs_f64(0.03125));
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
