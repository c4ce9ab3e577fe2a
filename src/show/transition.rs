//! A transition: a path of the mix over time, from where it is to a target at rest.
//!
//! Everything is computed from the time passed, never added up, so a late look at it is as right as an early one.
//!
//! `smooth` is a cubic Hermite curve whose starting speed is the one the mix has when it is taken over. The speed dies
//! away over the *coast*: the fade, or less where a weight that is on its way out would be carried below 0. A falling
//! weight `w` of speed `-s` stays at or above 0 for every coast up to `3w/s` (the monotone bound of Fritsch and Carlson),
//! and since speeds sum to 0, weights that are never negative sum to 1 by themselves: position and speed are continuous
//! at every take-over, with nothing to clamp.

use std::{sync::Arc, time::Duration};

use super::{
    easing::Easing,
    mix::Mix,
    scene::{Fade, Scene},
    time::Mono,
};

/// Weights below this are dropped when a path is laid anew: a twentieth of what the runner can tell (0.0005).
const WEIGHT_MIN: f64 = 0.000_025;

/// The most scenes on the way at once. Whoever asks for another one four times a second, in fades of 4 s, has 20 of them;
/// the lightest of so many is less than 3 % of the picture, and has long given up its slot.
const LEGS_MAX: usize = 32;

/// A path of the mix.
#[derive(Clone, Debug)]
pub struct Transition {
    legs: Vec<Leg>,
    /// Where it came from: the heaviest scene at its start.
    origin: Arc<Scene>,
    target: Arc<Scene>,
    started: Mono,
    /// How much of its time had passed when it was paused, while it is.
    paused: Option<Duration>,
    fade: Duration,
    easing: Easing,
    /// How long the speed at the start is still felt.
    coast: Duration,
}

/// One scene's way through the transition.
#[derive(Clone, Debug)]
struct Leg {
    scene: Arc<Scene>,
    from: f64,
    /// Weight per second at the start; 0 unless the easing takes over the speed.
    speed: f64,
    to: f64,
}

impl Transition {
    /// Makes a path that has ended: the mix rests on `scene`.
    pub fn resting(scene: &Arc<Scene>, now: Mono) -> Self {
        Self {
            legs: vec![Leg { scene: Arc::clone(scene), from: 1.0, speed: 0.0, to: 1.0 }],
            origin: Arc::clone(scene),
            target: Arc::clone(scene),
            started: now,
            paused: None,
            fade: Duration::ZERO,
            easing: Easing::default(),
            coast: Duration::ZERO,
        }
    }

    /// Lays a new path to `target`, from where this one is at `seen`.
    ///
    /// That is `now`, or later where the picture has been led ahead already: what was sent must not be taken back.
    #[must_use]
    pub fn retarget(&self, target: &Arc<Scene>, fade: Fade, easing: Easing, now: Mono, seen: Mono) -> Self {
        let fade = fade.length();
        if fade.is_zero() {
            return Self::resting(target, now);
        }
        let mut legs: Vec<Leg> = self
            .moves_at(seen)
            .into_iter()
            .filter(|(scene, weight, _)| *weight >= WEIGHT_MIN || Arc::ptr_eq(scene, target))
            .map(|(scene, from, speed)| {
                let to = f64::from(u8::from(Arc::ptr_eq(&scene, target)));
                Leg { scene, from, speed, to }
            })
            .collect();
        if !legs.iter().any(|leg| leg.to == 1.0) {
            legs.push(Leg { scene: Arc::clone(target), from: 0.0, speed: 0.0, to: 1.0 });
        }
        keep_heaviest(&mut legs);
        balance(&mut legs);
        let coast = if easing == Easing::Smooth { coast(&legs, fade) } else { Duration::ZERO };
        let origin = Arc::clone(self.mix_at(seen).heaviest());
        Self { legs, origin, target: Arc::clone(target), started: now, paused: None, fade, easing, coast }
    }

    /// Puts other scenes in the place of its own; positions and speeds stay.
    pub fn recast(&mut self, successor: impl Fn(&Arc<Scene>) -> Arc<Scene>) {
        // The same scene in two places stays the same.
        let mut known: Vec<(Arc<Scene>, Arc<Scene>)> = Vec::new();
        let legs = self.legs.iter_mut().map(|leg| &mut leg.scene);
        for scene in legs.chain([&mut self.origin, &mut self.target]) {
            let found = known.iter().find(|(old, _)| Arc::ptr_eq(old, scene)).map(|(_, new)| Arc::clone(new));
            let new = found.unwrap_or_else(|| successor(scene));
            known.push((std::mem::replace(scene, Arc::clone(&new)), new));
        }
    }

    /// Stops it where it is; nothing moves until [`Self::resume`]. One that has ended, or is paused, stays as it is.
    pub fn pause(&mut self, now: Mono) {
        if self.paused.is_none() && !self.ended(now) {
            self.paused = Some(self.passed(now));
        }
    }

    /// Goes on after a pause with the time that was left.
    pub fn resume(&mut self, now: Mono) {
        if let Some(passed) = self.paused.take() {
            self.started = now - passed;
        }
    }

    /// Returns the way back to where it came from, in the time that it took so far.
    #[must_use]
    pub fn reverse(&self, now: Mono, seen: Mono) -> Self {
        let back = Fade::new(self.passed(now).min(self.fade)).unwrap_or_default();
        let origin = Arc::clone(&self.origin);
        Self { origin: Arc::clone(&self.target), ..self.retarget(&origin, back, self.easing, now, seen) }
    }

    /// Returns whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Returns the mix at `now`: exactly the target from the end on.
    pub fn mix_at(&self, now: Mono) -> Mix {
        if self.ended(now) {
            return Mix::of(&self.target);
        }
        let raw = self.legs.iter().map(|leg| (Arc::clone(&leg.scene), self.raw(leg, now).0));
        // The raw weights sum to 1, so something is always left of them.
        Mix::from_raw(raw).unwrap_or_else(|| Mix::of(&self.target))
    }

    /// Returns where it leads.
    pub fn target(&self) -> &Arc<Scene> {
        &self.target
    }

    /// Returns how long it takes in all.
    pub fn fade(&self) -> Duration {
        self.fade
    }

    /// Returns the moment of its end, `None` while it is paused.
    pub fn end(&self) -> Option<Mono> {
        self.paused.is_none().then(|| self.started + self.fade)
    }

    /// Returns the moment of its start; a pause puts it off.
    pub fn start(&self) -> Mono {
        self.started
    }

    /// Returns how much of its time is left at `now`.
    pub fn left(&self, now: Mono) -> Duration {
        self.fade.saturating_sub(self.passed(now))
    }

    /// Returns whether it is over at `now`.
    pub fn ended(&self, now: Mono) -> bool {
        self.passed(now) >= self.fade
    }

    /// Returns how much of its time has passed at `now`, 0 to 1.
    pub fn progress(&self, now: Mono) -> f64 {
        if self.ended(now) {
            return 1.0;
        }
        self.passed(now).as_secs_f64() / self.fade.as_secs_f64()
    }

    /// Returns the next moment after `now` at which the path jumps: a step of a staircase.
    pub fn next_jump(&self, now: Mono) -> Option<Mono> {
        if self.ended(now) || self.is_paused() {
            return None;
        }
        // By rounding a jump may seem to lie in the present that has passed already: then the next one is meant.
        let mut progress = self.progress(now);
        loop {
            let jump = self.easing.next_jump(progress)?;
            let moment = self.started + self.fade.mul_f64(jump);
            if moment > now {
                return Some(moment);
            }
            progress = jump + 1e-9;
        }
    }

    /// Returns each scene's weight and its speed per second at `now`; weights sum to 1, speeds to 0.
    fn moves_at(&self, now: Mono) -> Vec<(Arc<Scene>, f64, f64)> {
        if self.ended(now) {
            return vec![(Arc::clone(&self.target), 1.0, 0.0)];
        }
        let raw: Vec<_> = self
            .legs
            .iter()
            .map(|leg| match self.raw(leg, now) {
                (weight, _) if weight > 0.0 && self.is_paused() => (Arc::clone(&leg.scene), weight, 0.0),
                (weight, speed) if weight > 0.0 => (Arc::clone(&leg.scene), weight, speed),
                _ => (Arc::clone(&leg.scene), 0.0, 0.0),
            })
            .collect();
        let sum: f64 = raw.iter().map(|(_, weight, _)| weight).sum();
        let slope: f64 = raw.iter().map(|(.., speed)| speed).sum();
        raw.into_iter()
            .map(|(scene, weight, speed)| (scene, weight / sum, (speed * sum - weight * slope) / (sum * sum)))
            .collect()
    }

    fn passed(&self, now: Mono) -> Duration {
        self.paused.unwrap_or_else(|| now.since(self.started))
    }

    /// Returns a leg's weight and speed per second before clamping.
    fn raw(&self, leg: &Leg, now: Mono) -> (f64, f64) {
        let fade = self.fade.as_secs_f64();
        let passed = self.passed(now).as_secs_f64();
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scene(name: &str) -> Arc<Scene> {
        Arc::new(Scene::empty(name))
    }

    fn at(seconds: f64) -> Mono {
        Mono(Duration::from_secs_f64(seconds))
    }

    fn fade(seconds: f64) -> Fade {
        Fade::from_seconds(seconds).unwrap()
    }

    fn weight(path: &Transition, scene: &Arc<Scene>, seconds: f64) -> f64 {
        path.mix_at(at(seconds))
            .parts()
            .iter()
            .find(|part| Arc::ptr_eq(&part.scene, scene))
            .map_or(0.0, |part| part.weight)
    }

    #[test]
    fn a_linear_fade_is_a_straight_line_with_exact_ends() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        let path =
            Transition::resting(&dawn, at(0.0)).retarget(&neon, fade(10.0), Easing::Linear, at(5.0), at(5.0));
        assert_eq!([5.0, 7.5, 10.0, 15.0].map(|t| weight(&path, &neon, t)), [0.0, 0.25, 0.5, 1.0]);
        assert_eq!(path.mix_at(at(15.0)), Mix::of(&neon));
        assert_eq!(path.progress(at(7.5)), 0.25);
    }

    #[test]
    fn a_new_target_starts_from_where_the_mix_is() {
        let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
        let first =
            Transition::resting(&dawn, at(0.0)).retarget(&neon, fade(4.0), Easing::Linear, at(0.0), at(0.0));
        let second = first.retarget(&sea, fade(4.0), Easing::Linear, at(3.0), at(3.0));
        assert_eq!(weight(&second, &neon, 3.0), 0.75);
        assert_eq!(weight(&second, &dawn, 3.0), 0.25);
        assert_eq!(weight(&second, &neon, 5.0), 0.375, "it only ever leaves neon");
        assert_eq!(second.mix_at(at(7.0)), Mix::of(&sea));
    }

    #[test]
    fn a_fade_of_no_time_is_a_cut() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        let path =
            Transition::resting(&dawn, at(0.0)).retarget(&neon, Fade::CUT, Easing::Smooth, at(1.0), at(1.0));
        assert_eq!(path.mix_at(at(1.0)), Mix::of(&neon));
    }

    #[test]
    fn a_pause_stands_still_and_takes_no_time_away() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        let mut path =
            Transition::resting(&dawn, at(0.0)).retarget(&neon, fade(10.0), Easing::Linear, at(0.0), at(0.0));
        path.pause(at(4.0));
        assert_eq!(weight(&path, &neon, 400.0), 0.4);
        assert_eq!(path.end(), None);
        path.resume(at(400.0));
        assert_eq!(weight(&path, &neon, 403.0), 0.7);
        assert_eq!(path.end(), Some(at(406.0)));
    }

    #[test]
    fn reverse_goes_back_to_where_it_came_from_in_the_time_it_took() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        let path =
            Transition::resting(&dawn, at(0.0)).retarget(&neon, fade(10.0), Easing::Linear, at(0.0), at(0.0));
        let back = path.reverse(at(4.0), at(4.0));
        assert_eq!(weight(&back, &neon, 4.0), 0.4);
        assert_eq!(weight(&back, &neon, 6.0), 0.2);
        assert_eq!(back.mix_at(at(8.0)), Mix::of(&dawn));
        assert_eq!(weight(&back.reverse(at(6.0), at(6.0)), &neon, 8.0), 1.0, "and there again");
    }

    #[test]
    fn stairs_tell_where_they_jump() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        let path = Transition::resting(&dawn, at(0.0)).retarget(
            &neon,
            fade(8.0),
            Easing::Steps(4),
            at(0.0),
            at(0.0),
        );
        assert_eq!(path.next_jump(at(0.0)), Some(at(2.0)));
        assert_eq!(path.next_jump(at(7.0)), Some(at(8.0)));
        assert_eq!(path.next_jump(at(8.0)), None);
    }

    #[test]
    fn from_jump_to_jump_time_moves_on() {
        let (dawn, neon) = (scene("dawn"), scene("neon"));
        for steps in 2..60 {
            for length in [0.3, 0.7, 1.0, 3.3, 7.0, 11.0, 59.0] {
                let easing = Easing::Steps(steps);
                let path = Transition::resting(&dawn, at(0.1)).retarget(
                    &neon,
                    fade(length),
                    easing,
                    at(0.1),
                    at(0.1),
                );
                let (mut now, mut jumps) = (at(0.1), 0);
                while let Some(next) = path.next_jump(now) {
                    assert!(next > now);
                    (now, jumps) = (next, jumps + 1);
                }
                assert!((steps - 1..=steps).contains(&jumps), "{jumps} jumps of {steps} steps in {length} s");
            }
        }
    }

    proptest! {
        /// Whatever is asked and whenever: weights are weights, nothing jumps, and `smooth` keeps its speed.
        #[test]
        fn no_take_over_has_a_seam(
            moves in prop::collection::vec((0_usize..5, 0.05_f64..20.0, 0.01_f64..8.0, any::<bool>()), 1..12),
        ) {
            let scenes: Vec<_> = (0..5).map(|n| scene(&n.to_string())).collect();
            let mut path = Transition::resting(&scenes[0], at(0.0));
            let mut now = 1.0;
            for (to, length, pause, smooth) in moves {
                let easing = if smooth { Easing::Smooth } else { Easing::EASE };
                let next = path.retarget(&scenes[to], fade(length), easing, at(now), at(now));
                for scene in &scenes {
                    let (before, after) = (weight(&path, scene, now), weight(&next, scene, now));
                    prop_assert!((before - after).abs() < 1e-4, "{before} became {after}");
                    if smooth {
                        let (before, after) = (speed(&path, scene, now), speed(&next, scene, now));
                        prop_assert!((before - after).abs() < 1e-2 * (1.0 + before.abs()), "speed {before} became {after}");
                    }
                }
                for step in 0..50 {
                    let mix = next.mix_at(at(now + length * f64::from(step) / 45.0));
                    let sum: f64 = mix.parts().iter().map(|part| part.weight).sum();
                    prop_assert!((sum - 1.0).abs() < 1e-9);
                    prop_assert!(mix.parts().iter().all(|part| part.weight >= 0.0));
                }
                prop_assert_eq!(next.mix_at(next.end().unwrap()), Mix::of(&scenes[to]));
                path = next;
                now += pause;
            }
        }

        /// The bound on the coast is enough: no weight is ever carried below 0, so nothing is clamped.
        #[test]
        fn smooth_needs_no_clamp(
            moves in prop::collection::vec((0_usize..4, 0.05_f64..20.0, 0.0_f64..1.0), 2..8),
        ) {
            let scenes: Vec<_> = (0..4).map(|n| scene(&n.to_string())).collect();
            let mut path = Transition::resting(&scenes[0], at(0.0));
            let mut now = 0.0;
            for (to, length, when) in moves {
                path = path.retarget(&scenes[to], fade(length), Easing::Smooth, at(now), at(now));
                for step in 0..=100 {
                    let time = at(now + length * f64::from(step) / 100.0);
                    for leg in &path.legs {
                        prop_assert!(path.ended(time) || path.raw(leg, time).0 >= -1e-9);
                    }
                }
                now += length * when;
            }
        }
    }

    fn speed(path: &Transition, scene: &Arc<Scene>, seconds: f64) -> f64 {
        path.moves_at(at(seconds))
            .into_iter()
            .find(|(other, ..)| Arc::ptr_eq(other, scene))
            .map_or(0.0, |(.., speed)| speed)
    }
}
