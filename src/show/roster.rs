//! Who is in the list when more prompts (or seeds) are wanted at once than it is to hold.
//!
//! What the transition leads to is in at once, with just the share that the path says, so the fade keeps its course and
//! its end. Of what it leaves, the heaviest stay, as many as there is room for and always one. The others retire: the share
//! of each dies away over [`RETIRE`] and goes to those that stay. Meanwhile the list may be longer than it is to be.
//! Nothing ever jumps. While everything fits, which is nearly always, nothing is touched.

use std::time::Duration;

use super::time::Mono;

/// How long one thing takes to make room: short for an eye, two updates at the usual rate.
pub const RETIRE: Duration = Duration::from_millis(500);

/// How many times the usual number of things may be in beside those of the target: with two updates in [`RETIRE`], two
/// full lists can be on their way out at once. Beyond it the lightest go without a fade.
const LEAVERS: usize = 2;

/// How much heavier one must be to take the place of another that stays: shares that are equal do not take turns.
const HEAVIER: f64 = 1.25;

/// How much of its share each thing has that is wanted; empty while everything has all of it.
#[derive(Clone, Debug)]
pub struct Roster<T> {
    max: usize,
    entries: Vec<Entry<T>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    thing: T,
    /// What the path says.
    weight: f64,
    is_target: bool,
    /// How much of its share it has, 0 to 1: on the way from one value to another since a moment.
    gain: f64,
    from: f64,
    stays: bool,
    since: Mono,
    /// What the path left to others than the target then: who comes back is there in full when that is over.
    left: f64,
}

impl<T> Entry<T> {
    fn share(&self) -> f64 {
        self.weight * self.gain
    }

    fn aim(&self) -> f64 {
        if self.stays { 1.0 } else { 0.0 }
    }

    /// Lets it stay or retire, and brings its gain up to `at`.
    fn turn(&mut self, stays: bool, left: f64, at: Mono) {
        if self.stays != stays {
            (self.from, self.stays, self.since, self.left) = (self.gain, stays, at, left);
        }
        let mut part = at.since(self.since).as_secs_f64() / RETIRE.as_secs_f64();
        if stays {
            part = part.max(1.0 - left / self.left);
        }
        self.gain = self.from + (self.aim() - self.from) * part.clamp(0.0, 1.0);
    }

    fn is_moving(&self, at: Mono) -> bool {
        self.gain != self.aim() && at < self.since + RETIRE
    }
}

impl<T: Clone + PartialEq> Roster<T> {
    /// Makes a roster for lists of `max`: never more than the target's things and twice `max` others; and when nobody
    /// retires, `max`, or the target's things and one other where those are more.
    pub fn new(max: usize) -> Self {
        Self { max, entries: Vec::new() }
    }

    /// Lets in another number from now on.
    pub fn resize(&mut self, max: usize) {
        self.max = max;
    }

    /// Returns who is in at `at`, with weights that sum to 1 as those of `wanted` do; `target` is what the transition
    /// leads to.
    pub fn admit(&mut self, mut wanted: Vec<(T, f64)>, target: &[(T, f64)], at: Mono) -> Vec<(T, f64)> {
        if self.entries.is_empty() && wanted.len() <= self.max {
            return wanted;
        }
        let is_target = |thing: &T| target.iter().any(|(other, _)| other == thing);
        let left: f64 = wanted.iter().filter(|(thing, _)| !is_target(thing)).map(|(_, weight)| weight).sum();
        if left <= 0.0 {
            // The end of the path, where everything is exact; and nobody is seen who could make room.
            self.entries.clear();
            if wanted.len() > self.max {
                wanted.retain(|(thing, _)| is_target(thing));
            }
            return wanted;
        }
        self.enter(&wanted, is_target, at);
        self.turn(self.max.saturating_sub(target.len()).max(1), left, at);
        let admitted = self.shares();
        if self.entries.iter().all(|entry| entry.stays && entry.gain >= 1.0) {
            self.entries.clear();
        }
        admitted
    }

    /// Returns whether nobody is about to make room or to come back.
    pub fn is_settled(&self, at: Mono) -> bool {
        !self.entries.iter().any(|entry| entry.is_moving(at))
    }

    /// Takes down what is wanted now. Who is new has all of its share: it begins at what the path says.
    fn enter(&mut self, wanted: &[(T, f64)], is_target: impl Fn(&T) -> bool, at: Mono) {
        let seen = wanted.iter().filter(|(thing, weight)| *weight > 0.0 || is_target(thing));
        let entry = |(thing, weight): &(T, f64)| {
            let known = self.entries.iter().find(|entry| entry.thing == *thing).cloned();
            let thing = thing.clone();
            let new = Entry {
                thing,
                weight: 0.0,
                is_target: false,
                gain: 1.0,
                from: 1.0,
                stays: true,
                since: at,
                left: 1.0,
            };
            Entry { weight: *weight, is_target: is_target(&new.thing), ..known.unwrap_or(new) }
        };
        self.entries = seen.map(entry).collect();
    }

    /// Says who stays: all of the target, and the heaviest `seats` of the others.
    fn turn(&mut self, seats: usize, left: f64, at: Mono) {
        let mut leavers: Vec<&mut Entry<T>> = Vec::new();
        for entry in &mut self.entries {
            if entry.is_target {
                entry.turn(true, left, at);
            } else {
                leavers.push(entry);
            }
        }
        let rank = |entry: &Entry<T>| if entry.stays { entry.weight * HEAVIER } else { entry.weight };
        leavers.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        for (place, entry) in leavers.iter_mut().enumerate() {
            entry.turn(place < seats, left, at);
        }
        let retiring = leavers.split_off(seats.min(leavers.len()));
        let mut seen: Vec<_> = retiring.into_iter().filter(|entry| entry.gain > 0.0).collect();
        seen.sort_by(|a, b| b.share().total_cmp(&a.share()));
        for entry in seen.into_iter().skip((self.max * LEAVERS).saturating_sub(seats)) {
            (entry.gain, entry.from) = (0.0, 0.0);
        }
    }

    /// Returns who is seen, and how much: what is lacking to anybody goes to those that stay of what the transition leaves.
    fn shares(&self) -> Vec<(T, f64)> {
        let sum = |of: &dyn Fn(&Entry<T>) -> f64| self.entries.iter().map(of).sum::<f64>();
        let all = sum(&|entry| entry.weight);
        let lacking = (all - sum(&|entry| entry.share())).max(0.0);
        let heir = |entry: &Entry<T>| if entry.stays && !entry.is_target { entry.share() } else { 0.0 };
        let heirs = sum(&heir);
        if heirs > 0.0 {
            let share = |entry: &Entry<T>| entry.share() + lacking * (heir(entry) / heirs);
            let seen = self.entries.iter().filter(|entry| entry.is_target || entry.gain > 0.0);
            return seen.map(|entry| (entry.thing.clone(), share(entry))).collect();
        }
        // Those that stayed are gone before the others were back: there is nothing for them to grow beside.
        let staying = sum(&|entry| entry.weight * entry.aim());
        let seen = self.entries.iter().filter(|entry| entry.stays);
        seen.map(|entry| (entry.thing.clone(), all * entry.weight / staying)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Mono {
        Mono(Duration::from_secs_f64(seconds))
    }

    fn sum(list: &[(impl Sized, f64)]) -> f64 {
        list.iter().map(|(_, weight)| weight).sum()
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let mut roster = Roster::new(3);
        for wanted in [vec![("a", 1.0)], vec![("a", 0.9), ("b", 0.1)], vec![("b", 0.3), ("c", 0.7)]] {
            assert_eq!(roster.admit(wanted.clone(), &[("c", 1.0)], at(1.0)), wanted);
            assert!(roster.is_settled(at(1.0)));
        }
    }

    #[test]
    fn what_is_coming_is_in_at_once_and_the_lightest_makes_room() {
        let mut roster = Roster::new(2);
        let mut seen = |weights: [f64; 3], moment| {
            let wanted = ["a", "b", "c"].into_iter().zip(weights).collect();
            let list = roster.admit(wanted, &[("c", 1.0)], at(moment));
            assert!((sum(&list) - 1.0).abs() < 1e-9, "{list:?}");
            let list: Vec<_> = list.iter().map(|(thing, weight)| format!("{thing} {weight:.3}")).collect();
            (list.join(" "), roster.is_settled(at(moment)))
        };
        assert_eq!(
            seen([0.8, 0.2, 0.0], 1.0),
            ("a 0.800 b 0.200 c 0.000".into(), false),
            "nothing moves at first"
        );
        assert_eq!(seen([0.6, 0.15, 0.25], 1.25), ("a 0.675 b 0.075 c 0.250".into(), false));
        assert_eq!(seen([0.4, 0.1, 0.5], 1.5), ("a 0.500 c 0.500".into(), true), "the last of them stays");
        assert_eq!(seen([0.0, 0.0, 1.0], 2.0), ("c 1.000".into(), true));
    }

    #[test]
    fn who_comes_back_comes_gently_and_is_there_at_the_end() {
        let mut roster = Roster::new(2);
        let wanted = vec![("a", 0.5), ("b", 0.2), ("c", 0.3)];
        roster.admit(wanted.clone(), &[("c", 1.0)], at(0.0));
        assert_eq!(roster.admit(wanted.clone(), &[("c", 1.0)], at(0.5)).len(), 2, "b has retired");
        let target = [("b", 1.0)];
        let begin = roster.admit(wanted, &target, at(1.0));
        assert!(begin.contains(&("b", 0.0)), "{begin:?}");
        let soon = roster.admit(vec![("a", 0.05), ("b", 0.92), ("c", 0.03)], &target, at(1.1));
        let back = soon.iter().find(|(thing, _)| *thing == "b").map(|(_, weight)| *weight);
        assert!((back.unwrap_or(0.0) - 0.92 * 0.9).abs() < 1e-9, "nine tenths of the way: {soon:?}");
        assert_eq!(roster.admit(vec![("a", 0.0), ("b", 1.0), ("c", 0.0)], &target, at(1.11)), [("b", 1.0)]);
        assert!(roster.is_settled(at(1.11)));
    }

    /// The look of a linear fade from what was on to the target's things, evenly.
    fn mix(start: &BTreeMap<u8, f64>, target: &[(u8, f64)], progress: f64) -> Vec<(u8, f64)> {
        let mut mix: BTreeMap<u8, f64> =
            start.iter().map(|(thing, weight)| (*thing, weight * (1.0 - progress))).collect();
        for (thing, weight) in target {
            *mix.entry(*thing).or_insert(0.0) += weight * progress;
        }
        mix.into_iter().collect()
    }

    proptest! {
        /// Whatever is asked, and whenever: the sum is 1, also where all that is left weighs 0; never more than the bound;
        /// no jump; the end is exact, and nothing is on its way then.
        #[test]
        fn nobody_jumps_in_or_out(
            max in 3_usize..6,
            asks in prop::collection::vec((0_u8..20, 1_u8..4, 0.0_f64..3.0, 1_u32..60), 1..12),
        ) {
            const STEP: f64 = 0.02;
            let mut roster = Roster::new(max);
            let mut start = BTreeMap::from([(100, 1.0)]);
            let mut before: Option<(BTreeMap<u8, f64>, Vec<(u8, f64)>)> = None;
            let mut now = 0.0;
            for (first, count, fade, steps) in asks {
                let target: Vec<_> = (first..first + count).map(|thing| (thing, 1.0 / f64::from(count))).collect();
                let mut wanted = Vec::new();
                for step in 0..=steps {
                    let passed = f64::from(step) * STEP;
                    let progress = if passed < fade { passed / fade } else { 1.0 };
                    wanted = mix(&start, &target, progress);
                    let list = roster.admit(wanted.clone(), &target, at(now));
                    prop_assert!((sum(&list) - 1.0).abs() < 1e-9, "{list:?}");
                    prop_assert!(list.iter().all(|(_, weight)| *weight >= 0.0), "{list:?}");
                    prop_assert!(list.len() <= target.len() + LEAVERS * max);
                    let seen: BTreeMap<u8, f64> = list.into_iter().collect();
                    if progress >= 1.0 {
                        prop_assert!(roster.is_settled(at(now)));
                        prop_assert!(seen.len() <= max.max(target.len()));
                        for (thing, weight) in &target {
                            prop_assert_eq!(seen[thing], *weight);
                        }
                    }
                    if let Some((seen_before, wanted_before)) = &before {
                        let past: BTreeMap<u8, f64> = wanted_before.iter().copied().collect();
                        let own: f64 = wanted.iter().map(|(thing, weight)| (weight - past.get(thing).unwrap_or(&0.0)).abs()).sum();
                        // All that the path moves may show in one of those that stay, and so may all that retires. Who comes back gets a share of what the others lack, too: at most twice the pace.
                        let most = own + 2.0 * STEP / RETIRE.as_secs_f64() + 1e-9;
                        for thing in seen.keys().chain(seen_before.keys()) {
                            let change = seen.get(thing).unwrap_or(&0.0) - seen_before.get(thing).unwrap_or(&0.0);
                            prop_assert!(change.abs() <= most, "{} moved by {}, not {}", thing, change, most);
                        }
                    }
                    before = Some((seen, wanted.clone()));
                    now += STEP;
                }
                start = wanted.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
            }
        }
    }
}
