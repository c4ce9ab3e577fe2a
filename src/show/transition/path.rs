//! One curve of the mix: from where it was to a target at rest, by the time that has passed on it.
//!
//! Everything is computed from the time passed, never added up, so a late look at it is as right as an early one. Whose
//! clock that is, and whether it runs, is not known here.
//!
//! `smooth` is a cubic Hermite curve whose starting speed is the one the mix has when it is taken over. The speed dies
//! away over the *coast*: the fade, or less where a falling weight would be carried below 0. With weight `w`, target `t`,
//! speed `-s` and coast `c` no longer than the fade, let `y` be the part of the coast that has passed. Without the speed
//! the weight is at least `w(1-y)²(1+2y)`, whatever `t`: the curve from `w` to `t` lies above the one to 0, and a shorter
//! time lies above a longer one. The speed takes `sc·y(1-y)²`. So what is left is at least `(1-y)²(w(1+2y) - scy)`, which
//! is not negative for any `c` up to `3w/s` (the monotone bound of Fritsch and Carlson). And since weights sum to 1 and
//! speeds to 0, weights that are never negative are never above 1: position and speed are continuous at every take-over,
//! with nothing to clamp.
//!
//! What cannot be blended (texts, switches, lists of another length) belongs to one scene at a time: the *owner*. A path
//! hands it over at most once, from the owner that it found to the target's: at the start, at the end, or in the middle,
//! which is the first moment at which no more than half of the mix is still to change (for a single scene: it has half of
//! the mix). So it goes back where it came on the way back, and an easing that overshoots does not make it flicker.

use std::{sync::Arc, time::Duration};

use crate::show::{
    easing::Easing,
    fades::SwitchAt,
    mix::{Mix, Part},
    scene::Scene,
};

/// Weights below this are dropped when a path is laid anew: a twentieth of what the runner can tell (0.0005).
pub(super) const WEIGHT_MIN: f64 = 0.000_025;

/// The most scenes on the way at once. Whoever asks for another one four times a second, in fades of 4 s, has 20 of them;
/// the lightest of so many is less than 3 % of the picture, and has long given up its slot.
const LEGS_MAX: usize = 32;

/// How much a scene of a target mix must outweigh the present owner to become it: a fader that rests where two scenes
/// are even jitters by less (a step of a 7-bit one is 0.008).
const OWNER_MARGIN: f64 = 0.05;

/// How far a hand must go back behind the switch to undo it, as a part of the way: two steps of a 7-bit fader.
const BACKLASH: f64 = 0.02;

/// How finely the middle is looked for: the shortest wave of an easing (`elastic`) is 0.3 of the way long.
const SAMPLES: u32 = 64;

/// A curve of the mix.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) legs: Vec<Leg>,
    pub(super) target: Mix,
    pub(super) fade: Duration,
    pub(super) easing: Easing,
    /// How long the speed at the start is still felt.
    pub(super) coast: Duration,
    pub(super) switch: Switch,
}

/// One scene's way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leg {
    pub(super) scene: Arc<Scene>,
    pub(super) from: f64,
    /// Weight per second at the start; 0 unless the easing takes over the speed.
    pub(super) speed: f64,
    pub(super) to: f64,
}

/// When what cannot be blended changes hands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Switch {
    pub(super) from: Arc<Scene>,
    pub(super) to: Arc<Scene>,
    /// The part of the path's time after which it does, 0 to 1.
    pub(super) after: f64,
    /// Whether it had at the last turn of the clock.
    pub(super) done: bool,
}

/// How the clock of a path stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beat {
    /// How much time has passed on it.
    pub(super) passed: Duration,
    /// How fast that grows, in seconds per second. A hand's speed counts as none: it goes by the steps of its fader.
    pub(super) rate: f64,
    /// Whether a hand takes it back.
    pub(super) falls: bool,
}

impl Path {
    /// Makes a path that has ended: the mix rests on `target`.
    pub(super) fn resting(target: &Mix) -> Self {
        let owner = target.heaviest();
        Self {
            legs: Vec::new(),
            target: target.clone(),
            fade: Duration::ZERO,
            easing: Easing::default(),
            coast: Duration::ZERO,
            switch: Switch { from: Arc::clone(owner), to: Arc::clone(owner), after: 0.0, done: true },
        }
    }

    /// Lays a new path to `target`, from where this one is.
    pub(super) fn retarget(
        &self,
        at: Beat,
        target: &Mix,
        fade: Duration,
        (easing, switch_at): (Easing, SwitchAt),
    ) -> Self {
        let from = Arc::clone(self.owner(at));
        let to = successor(&from, target);
        if fade.is_zero() {
            let mut path = Self::resting(target);
            path.switch = Switch { from: Arc::clone(&to), to, after: 0.0, done: true };
            return path;
        }
        let mut legs: Vec<Leg> = self
            .moves(at)
            .into_iter()
            .map(|(scene, from, speed)| {
                let to = target.share_of(&scene);
                Leg { scene, from, speed, to: to.unwrap_or(0.0) }
            })
            .filter(|leg| leg.from >= WEIGHT_MIN || target.share_of(&leg.scene).is_some())
            .collect();
        for part in target.parts() {
            if !legs.iter().any(|leg| Arc::ptr_eq(&leg.scene, &part.scene)) {
                legs.push(Leg { scene: Arc::clone(&part.scene), from: 0.0, speed: 0.0, to: part.weight });
            }
        }
        keep_heaviest(&mut legs);
        balance(&mut legs);
        let coast = if easing == Easing::Smooth { coast(&legs, fade) } else { Duration::ZERO };
        let switch = Switch { after: 0.0, done: Arc::ptr_eq(&from, &to), from, to };
        let mut path = Self { legs, target: target.clone(), fade, easing, coast, switch };
        path.switch.after = match switch_at {
            _ if path.switch.done => 0.0,
            SwitchAt::Start => 0.0,
            SwitchAt::Middle => path.middle(),
            SwitchAt::End => 1.0,
        };
        path
    }

    /// Puts other scenes in the place of its own.
    pub(super) fn recast(&mut self, new: &mut impl FnMut(&Arc<Scene>) -> Arc<Scene>) {
        for leg in &mut self.legs {
            leg.scene = new(&leg.scene);
        }
        self.target = self.target.recast(new);
        self.switch.from = new(&self.switch.from);
        self.switch.to = new(&self.switch.to);
    }

    /// Returns where it leads.
    pub(super) fn target(&self) -> &Mix {
        &self.target
    }

    /// Returns how long it takes.
    pub(super) fn fade(&self) -> Duration {
        self.fade
    }

    /// Returns the mix: exactly the target from the end on.
    pub(super) fn mix(&self, passed: Duration) -> Mix {
        if passed >= self.fade {
            return self.target.clone();
        }
        let raw = self.legs.iter().map(|leg| (Arc::clone(&leg.scene), self.raw(leg, passed).0));
        // The raw weights sum to 1, so something is always left of them.
        Mix::from_raw(raw).unwrap_or_else(|| self.target.clone())
    }

    /// Returns the scene that has what cannot be blended.
    pub(super) fn owner(&self, at: Beat) -> &Arc<Scene> {
        if self.has_switched(at) { &self.switch.to } else { &self.switch.from }
    }

    /// The clock is about to turn: what has switched stays so until a hand takes it back behind the switch.
    pub(super) fn latch(&mut self, at: Beat) {
        self.switch.done = self.has_switched(at);
    }

    /// Returns whether what cannot be blended has changed hands.
    pub(super) fn has_switched(&self, at: Beat) -> bool {
        let Switch { after, done, .. } = self.switch;
        if at.passed >= self.fade {
            return true;
        }
        let way = at.passed.as_secs_f64() / self.fade.as_secs_f64();
        if at.falls { done && way > after - BACKLASH } else { done || way >= after }
    }

    /// Returns how much time has passed at the first jump of a staircase after `passed`, or else at its end.
    pub(super) fn next_corner(&self, passed: Duration) -> Option<Duration> {
        if passed >= self.fade {
            return None;
        }
        let mut way = passed.as_secs_f64() / self.fade.as_secs_f64();
        // By rounding a jump may seem to lie in the present that has passed already: then the next one is meant.
        while let Some(jump) = self.easing.next_jump(way) {
            let corner = self.fade.mul_f64(jump);
            if corner > passed {
                return Some(corner);
            }
            way = jump + 1e-9;
        }
        Some(self.fade)
    }

    /// Returns each scene's weight and its speed per second; weights sum to 1, speeds to 0.
    fn moves(&self, at: Beat) -> Vec<(Arc<Scene>, f64, f64)> {
        if at.passed >= self.fade {
            let part = |part: &Part| (Arc::clone(&part.scene), part.weight, 0.0);
            return self.target.parts().iter().map(part).collect();
        }
        let raw: Vec<_> = self
            .legs
            .iter()
            .map(|leg| match self.raw(leg, at.passed) {
                (weight, speed) if weight > 0.0 => (Arc::clone(&leg.scene), weight, speed * at.rate),
                _ => (Arc::clone(&leg.scene), 0.0, 0.0),
            })
            .collect();
        let sum: f64 = raw.iter().map(|(_, weight, _)| weight).sum();
        let slope: f64 = raw.iter().map(|(.., speed)| speed).sum();
        raw.into_iter()
            .map(|(scene, weight, speed)| (scene, weight / sum, (speed * sum - weight * slope) / (sum * sum)))
            .collect()
    }

    /// Returns a leg's weight and speed per second before clamping.
    fn raw(&self, leg: &Leg, passed: Duration) -> (f64, f64) {
        let fade = self.fade.as_secs_f64();
        let passed = passed.as_secs_f64();
        let way = leg.to - leg.from;
        let u = passed / fade;
        let weight = leg.from + way * self.easing.at(u);
        let speed = way * self.easing.speed(u) / fade;
        let coast = self.coast.as_secs_f64();
        if leg.speed == 0.0 || passed >= coast {
            return (weight, speed);
        }
        let s = passed / coast;
        let carried = leg.speed * coast * s * (1.0 - s) * (1.0 - s);
        let fading = leg.speed * (1.0 - s) * (1.0 - 3.0 * s);
        (weight + carried, speed + fading)
    }

    /// Returns the part of its time after which no more than half of the mix is still to change.
    fn middle(&self) -> f64 {
        let is_past = |way: f64| self.is_half_there(self.fade.mul_f64(way));
        let step = |n: u32| f64::from(n) / f64::from(SAMPLES);
        if is_past(0.0) {
            return 0.0;
        }
        let Some(past) = (1..SAMPLES).find(|n| is_past(step(*n))) else { return 1.0 };
        let (mut low, mut high) = (step(past - 1), step(past));
        for _ in 0..30 {
            let way = f64::midpoint(low, high);
            (low, high) = if is_past(way) { (low, way) } else { (way, high) };
        }
        high
    }

    fn is_half_there(&self, passed: Duration) -> bool {
        let (mut lacking, mut sum) = (0.0, 0.0);
        for leg in &self.legs {
            let weight = self.raw(leg, passed).0.max(0.0);
            sum += weight;
            lacking += (leg.to - weight).max(0.0);
        }
        // A hair more than half counts as half: the middle of an even fade is its middle.
        lacking <= 0.5 * sum + 1e-9
    }
}

/// Returns the owner at a target: its heaviest scene, unless the present one has as much but for a margin.
fn successor(present: &Arc<Scene>, target: &Mix) -> Arc<Scene> {
    let heaviest = target.heaviest();
    let most = target.share_of(heaviest).unwrap_or(1.0);
    let stays = target.share_of(present).is_some_and(|share| share > 0.0 && share >= most - OWNER_MARGIN);
    Arc::clone(if stays { present } else { heaviest })
}

/// Drops the lightest legs beyond [`LEGS_MAX`]; what leads to the target stays.
fn keep_heaviest(legs: &mut Vec<Leg>) {
    while legs.len() > LEGS_MAX {
        let leaving = legs.iter().enumerate().filter(|(_, leg)| leg.to == 0.0);
        let Some((lightest, _)) = leaving.min_by(|(_, a), (_, b)| a.from.total_cmp(&b.from)) else { return };
        legs.remove(lightest);
    }
}

/// Makes the weights sum to 1 and the speeds to 0 again, after the lightest legs were dropped.
fn balance(legs: &mut [Leg]) {
    let sum: f64 = legs.iter().map(|leg| leg.from).sum();
    let drift: f64 = legs.iter().map(|leg| leg.speed).sum::<f64>() / sum;
    for leg in legs {
        leg.speed = (leg.speed - leg.from * drift) / sum;
        leg.from /= sum;
    }
}

fn coast(legs: &[Leg], fade: Duration) -> Duration {
    legs.iter().filter(|leg| leg.speed < 0.0).fold(fade, |coast, leg| {
        let bound = 3.0 * leg.from / -leg.speed;
        coast.min(Duration::try_from_secs_f64(bound).unwrap_or(fade))
    })
}

#[cfg(test)]
impl Path {
    /// Returns a scene's speed in weight per second.
    pub(super) fn speed(&self, scene: &Arc<Scene>, at: Beat) -> f64 {
        self.moves(at)
            .into_iter()
            .find(|(other, ..)| Arc::ptr_eq(other, scene))
            .map_or(0.0, |(.., speed)| speed)
    }

    /// Returns the lowest weight before clamping.
    pub(super) fn lowest(&self, passed: Duration) -> f64 {
        if passed >= self.fade {
            return 0.0;
        }
        self.legs.iter().map(|leg| self.raw(leg, passed).0).fold(1.0, f64::min)
    }
}
