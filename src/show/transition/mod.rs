//! A transition: the mix on its way from where it is to a target at rest.
//!
//! One clock and a path for each group of parameters that has a time of its own: `path.rs` has the curve, `playhead.rs`
//! the clock. A group without its own time goes with the rest, on the main path. A group that was on its own when a
//! transition was interrupted stays so in the next, from where it is, until both have arrived, and on a mix of scenes
//! with the same owner of what cannot be blended.

pub(in crate::show) mod form;
mod path;
mod playhead;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

pub use self::playhead::{Fader, SWEEP};
use self::{path::Path, playhead::Playhead};
use super::{
    easing::Easing,
    fades::{self, Fades, Way},
    mix::Mix,
    scene::{Fade, Scene},
    time::Mono,
};

/// The mix on its way to a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    main: Path,
    /// The paths of groups that are elsewhere than the rest, by name.
    others: Vec<(&'static str, Path)>,
    /// Where it goes back to.
    origin: Mix,
    /// How long the way back to there is from where it started, at the pace at which it was come.
    behind: Fades,
    way: Way,
    /// Whether a bank of faders has its mix.
    mixed: bool,
    started: Mono,
    head: Playhead,
}

/// A transition at one moment: a mix for each group of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    main: Spot,
    others: Vec<(&'static str, Spot)>,
}

/// Where one group of parameters is.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Between which scenes.
    pub mix: Mix,
    /// Which scene has what cannot be blended.
    pub owner: Arc<Scene>,
}

/// Where a transition is heading. It changes with everything that is done to the transition, and with nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// Where it leads.
    pub target: Mix,
    /// When it is there if nothing comes between; `None` while it is paused or a hand keeps it elsewhere.
    pub end: Option<Mono>,
    /// When it stops moving: there, or where a hand wants it. `None` while it is paused.
    pub rest: Option<Mono>,
    /// Whether a bank of faders has its mix.
    pub is_mixed: bool,
}

impl Point {
    /// Shows the mix and the owner of each group.
    pub fn each(&self, mut show: impl FnMut(&Mix, &Arc<Scene>)) {
        for Spot { mix, owner } in std::iter::once(&self.main).chain(self.others.iter().map(|(_, spot)| spot))
        {
            show(mix, owner);
        }
    }

    /// Returns it with every mix and every owner replaced.
    #[must_use]
    pub fn map(self, mix: impl Fn(Mix) -> Mix, owner: impl Fn(Arc<Scene>) -> Arc<Scene>) -> Self {
        let spot = |spot: Spot| Spot { mix: mix(spot.mix), owner: owner(spot.owner) };
        Self {
            main: spot(self.main),
            others: self.others.into_iter().map(|(name, other)| (name, spot(other))).collect(),
        }
    }

    /// Returns where a group, or a parameter by its name, is.
    pub fn of(&self, name: &str) -> &Spot {
        find(&self.others, name).unwrap_or(&self.main)
    }
}

impl From<Mix> for Point {
    /// Everything is at the same place, and what cannot be blended belongs to the heaviest scene.
    fn from(mix: Mix) -> Self {
        let owner = Arc::clone(mix.heaviest());
        Self { main: Spot { mix, owner }, others: Vec::new() }
    }
}

impl Transition {
    /// Makes a path that has ended: the mix rests on `target`.
    pub fn resting(target: &Mix, now: Mono) -> Self {
        Self {
            main: Path::resting(target),
            others: Vec::new(),
            origin: target.clone(),
            behind: Fade::CUT.into(),
            way: Way::even(Fade::CUT, Easing::default()),
            mixed: false,
            started: now,
            head: Playhead::start(Duration::ZERO, now),
        }
    }

    /// Lays a new path to `target`, from where this one is at `seen`.
    ///
    /// That is `now`, or later where the picture has been led ahead already: what was sent must not be taken back.
    #[must_use]
    pub fn retarget(&self, target: &Mix, way: &Way, now: Mono, seen: Mono) -> Self {
        let beat = self.head.beat(seen);
        let shape = (way.easing, way.switch_at);
        let lay = |name: &str| {
            let fade = way.fades.of(name).length();
            find(&self.others, name).unwrap_or(&self.main).retarget(beat, target, fade, shape)
        };
        let main_fade = way.fades.main();
        // What cannot be blended may have another owner than the rest also where all weights are the same by now.
        let are_apart = !self.ended(seen)
            || self.others.iter().any(|(_, path)| !Arc::ptr_eq(path.owner(beat), self.main.owner(beat)));
        let apart = self.others.iter().map(|(name, _)| *name).filter(|_| are_apart);
        let timed = way.fades.groups.iter().filter(|(_, fade)| **fade != main_fade).map(|(name, _)| *name);
        // A parameter that stays with the rest while the group it belongs to does not must say so.
        let excepted =
            way.fades.groups.keys().copied().filter(|name| way.fades.has_wide() && !fades::is_alone(name));
        let names: BTreeSet<&'static str> = apart.chain(timed).chain(excepted).collect();
        let main = self.main.retarget(beat, target, main_fade.length(), shape);
        let others: Vec<_> = names.into_iter().map(|name| (name, lay(name))).collect();
        let length = others.iter().map(|(_, path)| path.fade()).fold(main.fade(), Ord::max);
        let (origin, behind) = if self.ended(seen) {
            (self.target().clone(), Fade::CUT.into())
        } else {
            let mix = self.main.mix(beat.passed);
            let ahead = Arc::ptr_eq(mix.heaviest(), self.scene());
            (Mix::of(mix.heaviest()), if ahead { self.way_on(seen) } else { self.way_back(seen) })
        };
        let head = Playhead::start(length, now);
        Self { main, others, origin, behind, way: way.clone(), mixed: false, started: now, head }
    }

    /// Puts other scenes in the place of its own; positions and speeds stay.
    pub fn recast(&mut self, successor: impl Fn(&Arc<Scene>) -> Arc<Scene>) {
        let mut known: Vec<(Arc<Scene>, Arc<Scene>)> = Vec::new();
        // The same scene in two places stays the same.
        let mut new = |scene: &Arc<Scene>| {
            if let Some((_, new)) = known.iter().find(|(old, _)| Arc::ptr_eq(old, scene)) {
                return Arc::clone(new);
            }
            let new = successor(scene);
            known.push((Arc::clone(scene), Arc::clone(&new)));
            new
        };
        self.main.recast(&mut new);
        for (_, path) in &mut self.others {
            path.recast(&mut new);
        }
        self.origin = self.origin.recast(&mut new);
    }

    /// Stops it where it is; nothing moves until [`Self::resume`]. One that has ended, or is paused, stays as it is.
    pub fn pause(&mut self, now: Mono) {
        if !self.is_paused() && !self.ended(now) {
            self.latch(now);
            self.head.pause(now);
        }
    }

    /// Goes on after a pause, or from where a hand has put it, with the time that was left.
    pub fn resume(&mut self, now: Mono) {
        if self.is_paused() || self.is_grabbed() {
            self.latch(now);
            self.head.resume(now);
            self.started = now;
        }
    }

    /// Gives its progress to a hand: it moves to where the fader is, from where the picture has been led to.
    ///
    /// The way there takes up to [`SWEEP`], so that nothing jumps where the hand was elsewhere. At 1
    /// the transition ends; at 0 the hand still has it. One that has ended stays as it is.
    pub fn grab(&mut self, position: Fader, now: Mono, seen: Mono) {
        if self.ended(now) {
            return;
        }
        self.latch(seen);
        if !self.is_grabbed() {
            self.started = now;
        }
        self.head.hold(position, now, seen);
    }

    /// Lets so much time pass at once; one that stands still stays where it is, one in a hand goes where the hand left it.
    pub fn skip(&mut self, time: Duration) {
        if let Some(arrival) = self.head.arrival().filter(|_| time >= SWEEP) {
            self.latch(arrival);
        }
        self.head.skip(time);
    }

    fn latch(&mut self, now: Mono) {
        let beat = self.head.beat(now);
        self.main.latch(beat);
        for (_, path) in &mut self.others {
            path.latch(beat);
        }
    }

    /// Returns the way back to where it came from: each group in the time that it took so far, and what cannot be
    /// blended goes back where it came. Turned round again, it goes on as if it never had been.
    #[must_use]
    pub fn reverse(&self, now: Mono, seen: Mono) -> Self {
        let Way { easing, switch_at, .. } = &self.way;
        let way = Way { fades: self.way_back(now), easing: *easing, switch_at: switch_at.mirrored() };
        let (origin, behind) = (self.target().clone(), self.way_on(now));
        Self { origin, behind, ..self.retarget(&self.origin, &way, now, seen) }
    }

    /// Returns how long each group takes back to the origin at the pace at which it came.
    fn way_back(&self, now: Mono) -> Fades {
        let passed = self.head.passed(now);
        self.each_group(|name, fade| passed.min(fade) + self.behind.of(name).length())
    }

    /// Returns how long each group still takes to the target.
    fn way_on(&self, now: Mono) -> Fades {
        let passed = self.head.passed(now);
        self.each_group(|_, fade| fade.saturating_sub(passed))
    }

    /// Makes a time of each group's own.
    fn each_group(&self, time: impl Fn(&str, Duration) -> Duration) -> Fades {
        let fade = |name: &str, fade: Fade| {
            Fade::new(time(name, fade.length()).min(Fade::LONGEST)).unwrap_or_default()
        };
        let groups = self.way.fades.groups.iter().map(|(name, own)| (*name, fade(name, *own))).collect();
        Fades { default: Some(fade("", self.way.fades.main())), groups }
    }

    /// Returns a shorter way to the same target.
    #[must_use]
    pub fn hasten(&self, fade: Fade, now: Mono, seen: Mono) -> Self {
        let way = Way { fades: fade.into(), easing: Easing::Smooth, switch_at: self.way.switch_at };
        let (origin, behind) = (self.origin.clone(), self.way_back(now));
        Self { origin, behind, ..self.retarget(self.target(), &way, now, seen) }
    }

    /// Returns whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.head.is_paused()
    }

    /// Returns whether a hand has its progress.
    pub fn is_grabbed(&self) -> bool {
        self.head.is_held()
    }

    /// Returns whether a bank of faders has its mix.
    pub fn is_mixed(&self) -> bool {
        self.mixed
    }

    /// Returns how much of its time a hand wants to have passed, if one has its progress.
    pub fn hand(&self) -> Option<Duration> {
        match self.head.state {
            playhead::State::Held { to, .. } => Some(to),
            playhead::State::Running { .. } | playhead::State::Paused(_) => None,
        }
    }

    /// Returns whether nothing moves at `now`: it has ended, is paused, or is where the hand wants it.
    pub fn is_still(&self, now: Mono) -> bool {
        self.head.is_still(now)
    }

    /// Returns where everything is at `now`: exactly at the target from the end on.
    pub fn point_at(&self, now: Mono) -> Point {
        let beat = self.head.beat(now);
        let spot = |path: &Path| Spot { mix: path.mix(beat.passed), owner: Arc::clone(path.owner(beat)) };
        Point {
            main: spot(&self.main),
            others: self.others.iter().map(|(name, path)| (*name, spot(path))).collect(),
        }
    }

    /// Returns the mix at `now` of what has no time of its own: exactly the target from the end on.
    pub fn mix_at(&self, now: Mono) -> Mix {
        self.main.mix(self.head.passed(now))
    }

    /// Returns the mix of the prompts at `now`.
    pub fn prompt_mix_at(&self, now: Mono) -> Mix {
        find(&self.others, fades::PROMPT).unwrap_or(&self.main).mix(self.head.passed(now))
    }

    /// Returns the path on which a scene has the share that its fader says and the others keep their proportions, from
    /// where this one is at `seen`; `None` where that is so already, or there is nobody else to share with.
    ///
    /// A running transition ends there, but for groups that are on their own: they arrive in the time that they have
    /// left. Where it goes back to stays the same as long as it is in hand: many small moves came from where the first
    /// began.
    #[must_use]
    pub fn mix(&self, scene: &Arc<Scene>, share: Fader, now: Mono, seen: Mono) -> Option<Self> {
        let is_new = !self.mixed;
        let rests = self.ended(seen) && self.others.is_empty();
        let mix =
            if is_new && !rests { self.main.mix(self.head.passed(seen)) } else { self.target().clone() };
        if share == Fader::LOW && mix.share_of(scene).is_none_or(|share| share == 0.0) {
            return None;
        }
        let target = mix.with_share(scene, share.get(), &self.origin)?;
        if target == *self.target() {
            return None;
        }
        let left = self.way_on(seen);
        let sweep = Fade::new(SWEEP).unwrap_or_default();
        let apart = self.others.iter().map(|(name, _)| (*name, left.of(name).max(sweep)));
        let fades = Fades { default: Some(sweep), groups: apart.collect() };
        let way = Way { fades, easing: Easing::Smooth, switch_at: self.way.switch_at };
        let path = self.retarget(&target, &way, now, seen);
        let origin = if is_new { path.origin.clone() } else { self.origin.clone() };
        Some(Self { origin, mixed: true, ..path })
    }

    /// Returns where it goes back to.
    pub fn origin(&self) -> &Mix {
        &self.origin
    }

    /// Returns where it leads.
    pub fn target(&self) -> &Mix {
        self.main.target()
    }

    /// Returns where it leads as it stands: the target, or where a hand keeps it.
    pub fn bound_for(&self) -> Mix {
        self.hand().map_or_else(|| self.target().clone(), |to| self.main.mix(to))
    }

    /// Returns the scene that it leads to, the heaviest of the target.
    pub fn scene(&self) -> &Arc<Scene> {
        self.target().heaviest()
    }

    /// Returns how long it takes in all: until the last group has arrived.
    pub fn fade(&self) -> Duration {
        self.head.length()
    }

    /// Returns the moment of its end, `None` while it is paused or a hand keeps it elsewhere.
    pub fn end(&self) -> Option<Mono> {
        self.head.moment(self.head.length())
    }

    /// Returns where it is heading: what whoever draws its course must know of it.
    pub fn heading(&self) -> Heading {
        let end = self.end();
        let rest = end.or_else(|| self.head.arrival());
        Heading { target: self.target().clone(), end, rest, is_mixed: self.mixed }
    }

    /// Returns since when it moves: its start, or when it went on, or when a hand took it.
    pub fn start(&self) -> Mono {
        self.started
    }

    /// Returns how much of its time is left at `now`.
    pub fn left(&self, now: Mono) -> Duration {
        self.head.length().saturating_sub(self.head.passed(now))
    }

    /// Returns whether it is over at `now`.
    pub fn ended(&self, now: Mono) -> bool {
        self.head.is_over(now)
    }

    /// Returns how much of its time has passed at `now`, 0 to 1.
    pub fn progress(&self, now: Mono) -> f64 {
        if self.ended(now) {
            return 1.0;
        }
        self.head.passed(now).as_secs_f64() / self.head.length().as_secs_f64()
    }

    /// Returns the next moment after `now` at which it bends sharply or arrives: a step of a staircase, the end of a
    /// group or of the whole, the place where a hand wants it.
    pub fn next_corner(&self, now: Mono) -> Option<Mono> {
        let passed = self.head.passed(now);
        let paths = std::iter::once(&self.main).chain(self.others.iter().map(|(_, path)| path));
        let corners = paths.filter_map(|path| path.next_corner(passed));
        let corners = corners.filter_map(|corner| self.head.moment(corner));
        corners.chain(self.head.arrival()).filter(|corner| *corner > now).min()
    }
}

/// Finds what belongs to a group, or to a parameter by its name or as one of many.
fn find<'l, T>(list: &'l [(&'static str, T)], name: &str) -> Option<&'l T> {
    let named = |name: &str| list.iter().find(|(other, _)| *other == name).map(|(_, found)| found);
    named(name).or_else(|| named(fades::PARAMS).filter(|_| !fades::is_alone(name)))
}

#[cfg(test)]
mod tests;
