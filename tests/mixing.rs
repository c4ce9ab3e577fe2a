//! A seeded random walk of the path model against a naive one.
//!
//! The naive model has a path of its own for every parameter, always; knows nothing but the list of what was asked so far,
//! and works everything out from it anew for each question. It is slow, and shares no code with the core but the easings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use segue::show::{
    dice::Dice,
    easing::Easing,
    fades::{Fades, SwitchAt, Way},
    mix::Mix,
    scene::{Fade, Scene},
    time::Mono,
    transition::{Fader, Transition},
};

const WALKS: u64 = 60;
const ASKS: usize = 20;
const SCENES: usize = 4;
const PARAMETERS: [&str; 5] = ["prompt", "seed", "controlnets", "guidance_scale", "delta"];

type Weights = [f64; SCENES];

/// One thing that is asked, and when; `seen` is how far the picture was led ahead then.
#[derive(Clone, Debug)]
struct Ask {
    now: f64,
    seen: f64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Go { to: Weights, way: Way },
    Pause,
    Resume,
    Reverse,
    Hasten(f64),
    Grab(f64),
}

#[test]
fn the_paths_are_those_of_a_naive_model() {
    for seed in 1..=WALKS {
        let walked = std::panic::catch_unwind(|| walk(seed));
        assert!(walked.is_ok(), "the walk with seed {seed} fell");
    }
}

fn walk(seed: u64) {
    let mut dice = Dice::new(seed);
    let scenes: Vec<Arc<Scene>> = (0..SCENES).map(|n| Arc::new(Scene::empty(&n.to_string()))).collect();
    let mut path = Transition::resting(&Mix::of(&scenes[0]), at(10.0));
    let mut asked: Vec<Ask> = Vec::new();
    let mut now = 10.0;
    for _ in 0..ASKS {
        now += dice.fraction() * dice.fraction() * 6.0;
        let lead = if dice.fraction() < 0.5 { 0.0 } else { dice.fraction() * 0.3 };
        let ask = Ask { now, seen: now + lead, what: any(&mut dice) };
        apply(&mut path, &ask, &scenes);
        asked.push(ask);
        for _ in 0..4 {
            compare(&path, &asked, now + lead + dice.fraction() * 4.0, &scenes);
        }
        now += lead;
    }
}

fn any(dice: &mut Dice) -> What {
    match dice.next_u64() % 12 {
        0..=5 => What::Go { to: target(dice), way: way(dice) },
        6 => What::Pause,
        7 => What::Resume,
        8 => What::Reverse,
        9 => What::Hasten(if dice.fraction() < 0.3 { 0.0 } else { 1.0 }),
        _ => What::Grab([0.0, 1.0, dice.fraction(), dice.fraction()][(dice.next_u64() % 4) as usize]),
    }
}

fn target(dice: &mut Dice) -> Weights {
    let mut to = [0.0; SCENES];
    if dice.fraction() < 0.5 {
        to[(dice.next_u64() % 4) as usize] = 1.0;
        return to;
    }
    let raw = to.map(|_| if dice.fraction() < 0.4 { 0.0 } else { 0.01 + dice.fraction() });
    let sum: f64 = raw.iter().sum();
    if sum == 0.0 { [0.0, 1.0, 0.0, 0.0] } else { raw.map(|weight| weight / sum) }
}

fn way(dice: &mut Dice) -> Way {
    let easings = ["smooth", "smooth", "linear", "ease", "back-in-out", "elastic-out", "steps(5)"];
    let easing = Easing::parse(easings[(dice.next_u64() % 7) as usize]).unwrap();
    let mut groups = BTreeMap::new();
    for name in ["seed", "controlnets", "params", "delta"] {
        if dice.fraction() < 0.25 {
            let time = if dice.fraction() < 0.1 { 0.0 } else { dice.fraction() * 8.0 };
            groups.insert(name, Fade::from_seconds(time).unwrap());
        }
    }
    let default = if dice.fraction() < 0.1 { 0.0 } else { dice.fraction() * 8.0 };
    Way {
        fades: Fades { default: Fade::from_seconds(default), groups },
        easing,
        switch_at: [SwitchAt::Start, SwitchAt::Middle, SwitchAt::End][(dice.next_u64() % 3) as usize],
    }
}

fn at(seconds: f64) -> Mono {
    Mono(Duration::from_secs_f64(seconds))
}

fn apply(path: &mut Transition, ask: &Ask, scenes: &[Arc<Scene>]) {
    let (now, seen) = (at(ask.now), at(ask.seen));
    if path.ended(now) && !matches!(ask.what, What::Go { .. }) {
        return;
    }
    match &ask.what {
        What::Go { to, way } => {
            let parts = scenes.iter().cloned().zip(*to).filter(|(_, weight)| *weight > 0.0);
            *path = path.retarget(&Mix::from_raw(parts).unwrap(), way, now, seen);
        }
        What::Pause => path.pause(seen),
        What::Resume => path.resume(now),
        What::Reverse => *path = path.reverse(now, seen),
        What::Hasten(time) => *path = path.hasten(Fade::from_seconds(*time).unwrap(), now, seen),
        What::Grab(position) => path.grab(Fader::new(*position).unwrap(), now, seen),
    }
}

fn compare(path: &Transition, asked: &[Ask], seconds: f64, scenes: &[Arc<Scene>]) {
    let point = path.point_at(at(seconds));
    let naive = naive(asked);
    for (index, name) in PARAMETERS.into_iter().enumerate() {
        let spot = point.of(name);
        let curve = &naive.curves[index];
        let passed = naive.clock.passed(seconds);
        let expected = curve.weights(passed);
        for (scene, expected) in scenes.iter().zip(expected) {
            let weight = spot.mix.share_of(scene).unwrap_or(0.0);
            assert!(
                (weight - expected).abs() < 1e-3,
                "{name} {}: {weight}, not {expected}, at {seconds} after {asked:?}",
                scene.name
            );
        }
        let near = (passed / curve.fade.max(1e-9) - curve.after).abs() < 3e-3
            || (passed / curve.fade.max(1e-9) - curve.after + 0.02).abs() < 3e-3;
        let owner: usize = spot.owner.name.parse().unwrap();
        assert!(
            near || owner == curve.owner(&naive.clock, seconds),
            "{name} belongs to {owner} at {seconds} after {asked:?}"
        );
    }
    assert_eq!(path.ended(at(seconds)), naive.clock.passed(seconds) >= naive.clock.length - 1e-9);
}

/// One parameter's curve.
#[derive(Clone, Debug)]
struct Curve {
    from: Weights,
    speed: Weights,
    to: Weights,
    fade: f64,
    easing: Easing,
    coast: f64,
    owners: [usize; 2],
    after: f64,
    done: bool,
}

#[derive(Clone, Debug)]
struct Clock {
    length: f64,
    /// What had passed at a moment, where it goes to, and how fast in seconds per second.
    passed: f64,
    since: f64,
    goal: f64,
    rate: f64,
    is_running: bool,
    is_held: bool,
}

#[derive(Clone, Debug)]
struct Naive {
    curves: Vec<Curve>,
    clock: Clock,
    origin: Weights,
    /// How long the way back to the origin is from where it started.
    behind: Fades,
    target: Weights,
    way: Way,
}

impl Clock {
    fn run(length: f64, passed: f64, since: f64) -> Self {
        Self { length, passed, since, goal: f64::INFINITY, rate: 1.0, is_running: true, is_held: false }
    }

    fn passed(&self, seconds: f64) -> f64 {
        let way = (seconds - self.since).max(0.0) * self.rate;
        if self.goal >= self.passed {
            (self.passed + way).min(self.goal)
        } else {
            (self.passed - way).max(self.goal)
        }
    }
}

impl Curve {
    fn rest(to: Weights, owner: usize) -> Self {
        let easing = Easing::Linear;
        Self {
            from: to,
            speed: [0.0; SCENES],
            to,
            fade: 0.0,
            easing,
            coast: 0.0,
            owners: [owner; 2],
            after: 0.0,
            done: true,
        }
    }

    /// The Hermite form, clamped and scaled.
    fn weights(&self, passed: f64) -> Weights {
        if passed >= self.fade {
            return self.to;
        }
        let eased = self.easing.at(passed / self.fade);
        let y = if self.coast > 0.0 { (passed / self.coast).min(1.0) } else { 1.0 };
        let tangent = y * y * y - 2.0 * y * y + y;
        let raw: Vec<f64> = (0..SCENES)
            .map(|n| (1.0 - eased) * self.from[n] + eased * self.to[n] + tangent * self.coast * self.speed[n])
            .map(|weight| weight.max(0.0))
            .collect();
        let sum: f64 = raw.iter().sum();
        std::array::from_fn(|n| raw[n] / sum)
    }

    /// The slope by a small step.
    fn speeds(&self, passed: f64) -> Weights {
        if passed >= self.fade {
            return [0.0; SCENES];
        }
        let step = 1e-6;
        let (a, b) = (self.weights(passed), self.weights(passed + step));
        std::array::from_fn(|n| (b[n] - a[n]) / step)
    }

    fn owner(&self, clock: &Clock, seconds: f64) -> usize {
        self.owners[usize::from(self.has_switched(clock, seconds))]
    }

    fn has_switched(&self, clock: &Clock, seconds: f64) -> bool {
        let passed = clock.passed(seconds);
        if passed >= self.fade {
            return true;
        }
        let falls = clock.goal < clock.passed;
        if falls {
            self.done && passed / self.fade > self.after - 0.02
        } else {
            self.done || passed / self.fade >= self.after
        }
    }

    fn retarget(
        &self,
        passed: f64,
        owner: usize,
        to: Weights,
        fade: f64,
        is_running: bool,
        way: &Way,
    ) -> Self {
        let heaviest = (0..SCENES).fold(0, |best, n| if to[n] >= to[best] { n } else { best });
        let next = if to[owner] > 0.0 && to[owner] >= to[heaviest] - 0.05 { owner } else { heaviest };
        if fade == 0.0 {
            return Self::rest(to, next);
        }
        let mut from = self.weights(passed);
        let mut speed = if is_running { self.speeds(passed) } else { [0.0; SCENES] };
        for n in 0..SCENES {
            if from[n] < 0.000_025 && to[n] == 0.0 {
                (from[n], speed[n]) = (0.0, 0.0);
            }
        }
        let (sum, drift) = (from.iter().sum::<f64>(), speed.iter().sum::<f64>());
        let speed = std::array::from_fn(|n| (speed[n] - from[n] * drift / sum) / sum);
        let from = from.map(|weight| weight / sum);
        let mut curve = Self {
            from,
            speed,
            to,
            fade,
            easing: way.easing,
            coast: 0.0,
            owners: [owner, next],
            after: 0.0,
            done: owner == next,
        };
        if way.easing == Easing::Smooth {
            let falling = (0..SCENES).filter(|n| curve.speed[*n] < 0.0);
            curve.coast = falling.map(|n| 3.0 * curve.from[n] / -curve.speed[n]).fold(fade, f64::min);
        }
        curve.after = match way.switch_at {
            _ if owner == next => 0.0,
            SwitchAt::Start => 0.0,
            SwitchAt::End => 1.0,
            SwitchAt::Middle => (0..=512)
                .map(|n| f64::from(n) / 512.0)
                .find(|u| {
                    let weights = curve.weights(u * fade);
                    (0..SCENES).map(|n| (weights[n] - to[n]).abs()).sum::<f64>() / 2.0 <= 0.5 + 1e-9
                })
                .unwrap_or(1.0),
        };
        curve
    }
}

/// Works out from the beginning where everything is.
fn naive(asked: &[Ask]) -> Naive {
    let first = [1.0, 0.0, 0.0, 0.0];
    let mut naive = Naive {
        curves: vec![Curve::rest(first, 0); PARAMETERS.len()],
        clock: Clock::run(0.0, 0.0, 10.0),
        origin: first,
        behind: Fade::CUT.into(),
        target: first,
        way: Way::even(Fade::CUT, Easing::default()),
    };
    for ask in asked {
        naive.take(ask);
    }
    naive
}

impl Naive {
    fn take(&mut self, ask: &Ask) {
        let (now, seen) = (ask.now, ask.seen);
        let has_ended = self.clock.passed(now) >= self.clock.length - 1e-9;
        match &ask.what {
            What::Go { to, way } => self.go(*to, way, now, seen),
            _ if has_ended => {}
            What::Pause => {
                // What is led to its end already cannot be stopped any more.
                let led_to_end = self.clock.passed(seen) >= self.clock.length - 1e-9;
                if !led_to_end && (self.clock.is_running || self.clock.is_held) {
                    self.turn(seen);
                    let passed = self.clock.passed(seen);
                    self.clock = Clock {
                        passed,
                        goal: passed,
                        rate: 1.0,
                        is_running: false,
                        is_held: false,
                        ..self.clock
                    };
                }
            }
            What::Resume => {
                if !self.clock.is_running {
                    self.turn(now);
                    self.clock = Clock::run(self.clock.length, self.clock.passed(now), now);
                }
            }
            What::Grab(position) => {
                self.turn(seen);
                let length = self.clock.length;
                let passed = self.clock.passed(seen);
                self.clock = Clock {
                    length,
                    passed,
                    since: now,
                    goal: position * length,
                    rate: length / 0.25,
                    is_running: false,
                    is_held: true,
                };
            }
            What::Hasten(time) => {
                let fades = Fade::from_seconds(*time).unwrap().into();
                let way = Way { fades, easing: Easing::Smooth, switch_at: self.way.switch_at };
                let (origin, behind) = (self.origin, self.times(now).0);
                self.go(self.target, &way, now, seen);
                (self.origin, self.behind) = (origin, behind);
            }
            What::Reverse => {
                let (fades, behind) = self.times(now);
                let way = Way { fades, easing: self.way.easing, switch_at: self.way.switch_at.mirrored() };
                let (origin, target) = (self.origin, self.target);
                self.go(origin, &way, now, seen);
                (self.origin, self.behind) = (target, behind);
            }
        }
    }

    /// How long each group takes back to the origin, and on to the target, each as fast as it came.
    fn times(&self, seconds: f64) -> (Fades, Fades) {
        let passed = self.clock.passed(seconds);
        let make = |time: &dyn Fn(&str, f64) -> f64| {
            let fade = |name: &str, fade: Fade| {
                Fade::from_seconds(time(name, fade.length().as_secs_f64()).max(0.0)).unwrap()
            };
            let Fades { default, groups } = &self.way.fades;
            Fades {
                default: Some(fade("", default.unwrap())),
                groups: groups.iter().map(|(name, own)| (*name, fade(name, *own))).collect(),
            }
        };
        let behind = |name: &str| self.behind.of(name).length().as_secs_f64();
        (make(&|name, fade| passed.min(fade) + behind(name)), make(&|_, fade| fade - passed))
    }

    fn turn(&mut self, seconds: f64) {
        for curve in &mut self.curves {
            curve.done = curve.has_switched(&self.clock, seconds);
        }
    }

    fn go(&mut self, to: Weights, way: &Way, now: f64, seen: f64) {
        let passed = self.clock.passed(seen);
        let weights = self.curves[0].weights(passed);
        let heaviest_of = |weights: &Weights| {
            (0..SCENES).fold(0, |best, n| if weights[n] >= weights[best] { n } else { best })
        };
        let has_ended = passed >= self.clock.length - 1e-9;
        let (back, on) = self.times(seen);
        let leads_there = heaviest_of(&weights) == heaviest_of(&self.target);
        self.behind = match (has_ended, leads_there) {
            (true, _) => Fade::CUT.into(),
            (false, true) => on,
            (false, false) => back,
        };
        self.origin = if has_ended {
            self.target
        } else {
            // The prompt has no time of its own in these walks.
            let heaviest = heaviest_of(&weights);
            std::array::from_fn(|n| f64::from(u8::from(n == heaviest)))
        };
        let time = |name: &str| {
            let groups = &way.fades.groups;
            let wide = groups.get("params").filter(|_| ["guidance_scale", "delta"].contains(&name));
            let fade = groups.get(name).or(wide).copied().or(way.fades.default).unwrap();
            fade.length().as_secs_f64()
        };
        let curves = self.curves.iter().zip(PARAMETERS).map(|(curve, name)| {
            curve.retarget(passed, curve.owner(&self.clock, seen), to, time(name), self.clock.is_running, way)
        });
        self.curves = curves.collect();
        // A time for `params` that no parameter here takes counts all the same.
        let wide = way.fades.groups.get("params").map_or(0.0, |fade| fade.length().as_secs_f64());
        let length = PARAMETERS.into_iter().map(time).fold(wide, f64::max);
        self.clock = Clock::run(length, 0.0, now);
        self.target = to;
        self.way = way.clone();
    }
}
