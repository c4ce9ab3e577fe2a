//! A transition as plain data, from which it goes on as if nothing had been: scenes by number, times in seconds.
//!
//! The calendar clock is not known here: whoever reads it says how much time has passed since.

use std::{
    collections::BTreeMap,
    time::{Duration, TryFromFloatSecsError},
};

use serde::{Deserialize, Serialize};

use super::{
    Transition,
    path::{Beat, Leg, Path, Switch},
    playhead::{Playhead, State},
};
use crate::show::{
    easing::Easing,
    fades::{CONTROLNETS, Fades, PARAMS, PROMPT, SEED, SwitchAt, Way},
    memoir::{Cast, Ensemble, Lost},
    mix::Mix,
    params,
    scene::Fade,
    time::Mono,
};

/// How far weights may be from summing to 1 by the rounding of many.
const ROUNDING: f64 = 1e-6;
/// The fastest that a weight can change, per second: a whole one within a microsecond.
const SPEED_MAX: f64 = 1e6;

/// Scenes by number, with shares that sum to 1.
pub(in crate::show) type Shares = Vec<(usize, f64)>;

/// A transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::show) struct Motion {
    #[serde(flatten)]
    main: Curve,
    /// Groups that are elsewhere than the rest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<String, Curve>,
    /// Where it goes back to, if that is not where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Shares>,
    /// Whether a bank of faders has its mix.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    mixed: bool,
    /// `None` for one that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
}

/// The curve of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Curve {
    target: Shares,
    /// The scene that has, at the end, what cannot be blended.
    owner: usize,
    /// `None` for one that has ended for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// A curve that has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    /// Scene, weight at the start, speed at the start, weight at the end.
    legs: Vec<(usize, f64, f64, f64)>,
    fade: Seconds,
    easing: Easing,
    coast: Seconds,
    /// The scene that has, at the start, what cannot be blended; when it gives it away; whether it has.
    from: usize,
    after: f64,
    done: bool,
}

/// The clock of a transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Running {
    fade: Seconds,
    passed: Seconds,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    /// How much is to have passed where a hand has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hand: Option<Seconds>,
    fades: Times,
    /// How long the way back is from where it started; `None` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<Times>,
    easing: Easing,
    switch_at: SwitchAt,
}

/// How long groups take, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::show) struct Times {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Seconds>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<String, Seconds>,
}

impl Motion {
    /// Takes down where a transition is at `now`.
    pub(in crate::show) fn of(transition: &Transition, cast: &mut Cast<'_>, now: Mono) -> Self {
        let beat = transition.head.beat(now);
        let ended = transition.ended(now);
        let main = Curve::of(&transition.main, beat, ended, cast);
        let others = transition.others.iter();
        let groups: BTreeMap<_, _> =
            others.map(|(name, path)| ((*name).to_owned(), Curve::of(path, beat, ended, cast))).collect();
        let are_apart = groups.values().any(|curve| *curve != main);
        let groups = if are_apart { groups } else { BTreeMap::new() };
        let origin = (transition.origin != *transition.target()).then(|| shares(&transition.origin, cast));
        // One that rests on a single scene goes back nowhere.
        let origin = origin.filter(|_| !ended || main.target.len() > 1);
        let running = (!ended).then(|| Running::of(transition, beat.passed));
        Self { main, groups, origin, mixed: transition.mixed, running }
    }

    /// Returns the transition, which goes on from there at `now`.
    ///
    /// # Errors
    ///
    /// It makes no sense.
    pub(in crate::show) fn transition(&self, ensemble: &Ensemble, now: Mono) -> Result<Transition, Lost> {
        let main = self.main.path(ensemble)?;
        let groups = self.groups.iter().map(|(name, curve)| Ok((group(name)?, curve.path(ensemble)?)));
        let others = groups.collect::<Result<Vec<_>, Lost>>()?;
        let origin = self.origin.as_ref().map(|origin| mix(origin, ensemble)).transpose()?;
        let origin = origin.unwrap_or_else(|| main.target().clone());
        let (way, head) = match &self.running {
            Some(running) => (running.way()?, running.head(now)?),
            None => (Way::even(Fade::CUT, Easing::default()), Playhead::start(Duration::ZERO, now)),
        };
        let behind = self.running.as_ref().and_then(|running| running.behind.as_ref());
        let behind = behind.map_or_else(|| Ok(Fade::CUT.into()), Times::fades)?;
        if [&main]
            .into_iter()
            .chain(others.iter().map(|(_, path)| path))
            .any(|path| path.fade() > head.length())
        {
            return Err(Lost::Nonsense("a group takes longer than the whole"));
        }
        Ok(Transition { main, others, origin, behind, way, mixed: self.mixed, started: now, head })
    }
}

impl Curve {
    fn of(path: &Path, beat: Beat, ended: bool, cast: &mut Cast<'_>) -> Self {
        let target = shares(path.target(), cast);
        let Switch { from, to, after, .. } = &path.switch;
        let (from, owner) = (cast.number(from), cast.number(to));
        // As long as the whole has not ended, a hand may take a group back that has.
        let run = (!ended && !path.fade.is_zero()).then(|| Run {
            legs: path
                .legs
                .iter()
                .map(|leg| (cast.number(&leg.scene), leg.from, leg.speed, leg.to))
                .collect(),
            fade: Seconds(path.fade),
            easing: path.easing,
            coast: Seconds(path.coast),
            from,
            after: *after,
            done: path.has_switched(beat),
        });
        Self { target, owner, run }
    }

    fn path(&self, ensemble: &Ensemble) -> Result<Path, Lost> {
        let target = mix(&self.target, ensemble)?;
        let to = ensemble.scene(self.owner)?.clone();
        let Some(Run { legs, fade: Seconds(fade), easing, coast: Seconds(coast), from, after, done }) =
            &self.run
        else {
            let switch = Switch { from: to.clone(), to, after: 0.0, done: true };
            return Ok(Path { switch, ..Path::resting(&target) });
        };
        let leg = |&(scene, from, speed, to): &(usize, f64, f64, f64)| {
            Ok(Leg { scene: ensemble.scene(scene)?.clone(), from, speed, to })
        };
        let legs = legs.iter().map(leg).collect::<Result<Vec<_>, Lost>>()?;
        let sum = |weight: fn(&Leg) -> f64| legs.iter().map(weight).sum::<f64>();
        let weights = [sum(|leg| leg.from), sum(|leg| leg.to)].iter().all(|sum| (sum - 1.0).abs() < ROUNDING);
        let sane = legs.iter().all(|leg| {
            [leg.from, leg.to].iter().all(|weight| (-ROUNDING..=1.0 + ROUNDING).contains(weight))
                && leg.speed.abs() <= SPEED_MAX
        });
        if !(weights && sane && sum(|leg| leg.speed).abs() < ROUNDING * SPEED_MAX) {
            return Err(Lost::Nonsense("weights do not sum to one"));
        }
        if fade.is_zero() || fade > &Fade::LONGEST || coast > fade || !(0.0..=1.0).contains(after) {
            return Err(Lost::Nonsense("a time is out of range"));
        }
        let from = ensemble.scene(*from)?.clone();
        let switch = Switch { from, to, after: *after, done: *done };
        Ok(Path { legs, target, fade: *fade, easing: *easing, coast: *coast, switch })
    }
}

impl Running {
    fn of(transition: &Transition, passed: Duration) -> Self {
        let Way { fades, easing, switch_at } = &transition.way;
        let hand = transition.hand().map(Seconds);
        Self {
            fade: Seconds(transition.fade()),
            passed: Seconds(passed),
            paused: transition.is_paused(),
            hand,
            fades: Times::of(fades),
            behind: (transition.behind != Fade::CUT.into()).then(|| Times::of(&transition.behind)),
            easing: *easing,
            switch_at: *switch_at,
        }
    }

    fn head(&self, now: Mono) -> Result<Playhead, Lost> {
        let Self { fade: Seconds(length), passed: Seconds(passed), paused, hand, .. } = *self;
        let hand = hand.map(|Seconds(to)| to);
        if length.is_zero() || length > Fade::LONGEST || passed > length || hand.is_some_and(|to| to > length)
        {
            return Err(Lost::Nonsense("a time is out of range"));
        }
        let state = match hand {
            Some(to) => State::Held { since: now, from: passed, to },
            None if paused => State::Paused(passed),
            None => State::Running { since: now, from: passed },
        };
        Ok(Playhead { length, state })
    }

    fn way(&self) -> Result<Way, Lost> {
        Ok(Way { fades: self.fades.fades()?, easing: self.easing, switch_at: self.switch_at })
    }
}

impl Times {
    pub(in crate::show) fn of(fades: &Fades) -> Self {
        let seconds = |fade: Fade| Seconds(fade.length());
        let groups = fades.groups.iter().map(|(name, fade)| ((*name).to_owned(), seconds(*fade)));
        Self { default: fades.default.map(seconds), groups: groups.collect() }
    }

    pub(in crate::show) fn fades(&self) -> Result<Fades, Lost> {
        let fade = |Seconds(time): &Seconds| Fade::new(*time).ok_or(Lost::Nonsense("a time is out of range"));
        let groups = self.groups.iter().map(|(name, time)| Ok((group(name)?, fade(time)?)));
        let groups = groups.collect::<Result<_, Lost>>()?;
        Ok(Fades { default: self.default.as_ref().map(fade).transpose()?, groups })
    }
}

pub(in crate::show) fn shares(mix: &Mix, cast: &mut Cast<'_>) -> Shares {
    mix.parts().iter().map(|part| (cast.number(&part.scene), part.weight)).collect()
}

pub(in crate::show) fn mix(shares: &Shares, ensemble: &Ensemble) -> Result<Mix, Lost> {
    let parts = shares.iter().map(|(scene, weight)| Ok((ensemble.scene(*scene)?.clone(), *weight)));
    let parts = parts.collect::<Result<Vec<_>, Lost>>()?;
    Mix::from_raw(parts).ok_or(Lost::Nonsense("a mix is empty"))
}

/// Returns the group of that name.
fn group(name: &str) -> Result<&'static str, Lost> {
    let known = [PROMPT, SEED, CONTROLNETS, PARAMS].into_iter().find(|known| *known == name);
    known.or_else(|| params::find(name).map(|spec| spec.name)).ok_or(Lost::Nonsense("a group is unknown"))
}

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub(in crate::show) struct Seconds(pub(in crate::show) Duration);

impl From<Seconds> for f64 {
    fn from(Seconds(time): Seconds) -> Self {
        time.as_secs_f64()
    }
}

impl TryFrom<f64> for Seconds {
    type Error = TryFromFloatSecsError;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        Duration::try_from_secs_f64(seconds).map(Self)
    }
}
