//! Who may be in the list when more prompts (or seeds) are wanted at once than it may hold.
//!
//! What the transition leads to comes first. For each of its things that finds no room, the lightest of the others
//! retires: its share dies away over [`RETIRE`], then its place is free, and the newcomer's share grows over the same
//! time to what the mix says. Nothing ever jumps. While everything fits, which is nearly always, nothing is touched.

use std::time::Duration;

use super::time::Mono;

/// How long one thing takes to make room, and another to take it: short for an eye, two updates at the usual rate.
pub const RETIRE: Duration = Duration::from_millis(500);

/// The things that are in, each with how much of its share it may have, and those that wait.
#[derive(Clone, Debug)]
pub struct Roster<T> {
    max: usize,
    present: Vec<Entry<T>>,
    waiting: Vec<T>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    thing: T,
    /// How much of its share it may have: on the way from one value to another since a moment.
    from: f64,
    to: f64,
    since: Mono,
}

impl<T> Entry<T> {
    fn gain(&self, at: Mono) -> f64 {
        let part = at.since(self.since).as_secs_f64() / RETIRE.as_secs_f64();
        self.from + (self.to - self.from) * part.min(1.0)
    }

    fn turn(&mut self, to: f64, at: Mono) {
        (self.from, self.to, self.since) = (self.gain(at), to, at);
    }

    fn is_moving(&self, at: Mono) -> bool {
        self.from != self.to && at < self.since + RETIRE
    }
}

impl<T: Clone + PartialEq> Roster<T> {
    /// Makes a roster that lets in at most `max` at once; more only where the target alone has more.
    pub fn new(max: usize) -> Self {
        Self { max, present: Vec::new(), waiting: Vec::new() }
    }

    /// Returns who is in at `at`, with weights that sum to 1; `target` is what the transition leads to.
    pub fn admit(&mut self, wanted: &[(T, f64)], target: &[T], at: Mono) -> Vec<(T, f64)> {
        let is_wanted = |thing: &T| wanted.iter().any(|(other, _)| other == thing);
        self.present.retain(|entry| is_wanted(&entry.thing) && (entry.to > 0.0 || entry.gain(at) > 0.0));
        self.waiting.retain(is_wanted);
        let max = self.max.max(target.len());
        self.seat(wanted, target, max, at);
        self.make_room(wanted, target, at);
        if self.is_settled(at) {
            return wanted.to_vec();
        }
        let share = |(thing, weight): &(T, f64)| {
            let entry = self.present.iter().find(|entry| entry.thing == *thing)?;
            Some((thing.clone(), weight * entry.gain(at)))
        };
        let mut admitted: Vec<(T, f64)> = wanted.iter().filter_map(share).collect();
        let sum: f64 = admitted.iter().map(|(_, weight)| weight).sum();
        if sum <= 0.0 {
            // A cut to what has only just found its place: there is nothing else for it to grow beside.
            return wanted.to_vec();
        }
        for (_, weight) in &mut admitted {
            *weight /= sum;
        }
        admitted
    }

    /// Returns whether everybody who is to be in is in, in full.
    pub fn is_settled(&self, at: Mono) -> bool {
        self.waiting.is_empty() && !self.present.iter().any(|entry| entry.is_moving(at))
    }

    /// Lets in whoever finds room, the target's things first. Who had to wait comes in gently.
    fn seat(&mut self, wanted: &[(T, f64)], target: &[T], max: usize, at: Mono) {
        let (first, rest): (Vec<_>, Vec<_>) = wanted.iter().partition(|(thing, _)| target.contains(thing));
        for (thing, _) in first.into_iter().chain(rest) {
            let waited = self.waiting.iter().position(|other| other == thing);
            if let Some(entry) = self.present.iter_mut().find(|entry| entry.thing == *thing) {
                if entry.to == 0.0 && target.contains(thing) {
                    entry.turn(1.0, at);
                }
            } else if self.present.len() < max {
                waited.map(|place| self.waiting.remove(place));
                let from = if waited.is_some() { 0.0 } else { 1.0 };
                self.present.push(Entry { thing: thing.clone(), from, to: 1.0, since: at });
            } else if waited.is_none() {
                self.waiting.push(thing.clone());
            }
        }
    }

    /// Retires as many of the lightest as the target's things wait for places, but never the last that is to be seen.
    fn make_room(&mut self, wanted: &[(T, f64)], target: &[T], at: Mono) {
        let awaited = self.waiting.iter().filter(|thing| target.contains(thing)).count();
        loop {
            let retiring = self.present.iter().filter(|entry| entry.to == 0.0).count();
            let staying = self.present.len() - retiring;
            if retiring >= awaited || staying <= 1 {
                return;
            }
            let lightest = self
                .present
                .iter_mut()
                .filter(|entry| entry.to > 0.0 && !target.contains(&entry.thing))
                .min_by(|a, b| weight_of(wanted, &a.thing).total_cmp(&weight_of(wanted, &b.thing)));
            let Some(lightest) = lightest else { return };
            lightest.turn(0.0, at);
            // Whoever has retired comes back only when there is room again, and gently.
            self.waiting.push(lightest.thing.clone());
        }
    }
}

fn weight_of<T: PartialEq>(list: &[(T, f64)], thing: &T) -> f64 {
    list.iter().find(|(other, _)| other == thing).map_or(0.0, |(_, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Mono {
        Mono(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let mut roster = Roster::new(3);
        for wanted in [vec![("a", 1.0)], vec![("a", 0.9), ("b", 0.1)], vec![("b", 0.3), ("c", 0.7)]] {
            assert_eq!(roster.admit(&wanted, &["c"], at(1.0)), wanted);
            assert!(roster.is_settled(at(1.0)));
        }
    }

    #[test]
    fn the_lightest_makes_room_for_what_is_coming() {
        let mut roster = Roster::new(2);
        roster.admit(&[("a", 0.8), ("b", 0.2)], &["b"], at(0.0));
        let wanted = [("a", 0.8), ("b", 0.2), ("c", 0.0)];
        assert_eq!(
            roster.admit(&wanted, &["c"], at(1.0)),
            [("a", 0.8), ("b", 0.2)],
            "at first nothing moves"
        );
        let middle = roster.admit(&wanted, &["c"], at(1.25));
        assert_eq!(middle.len(), 2);
        assert!((middle[1].1 - 0.1 / 0.9).abs() < 1e-9, "{middle:?}");
        let wanted = [("a", 0.6), ("b", 0.1), ("c", 0.3)];
        assert_eq!(roster.admit(&wanted, &["c"], at(1.5)), [("a", 1.0), ("c", 0.0)], "the place is taken");
        let later = roster.admit(&wanted, &["c"], at(2.1));
        assert_eq!(later.iter().map(|entry| entry.0).collect::<Vec<_>>(), ["a", "c"]);
        assert!((later[1].1 - 1.0 / 3.0).abs() < 1e-9, "{later:?}");
        assert_eq!(roster.admit(&[("c", 1.0)], &["c"], at(3.0)), [("c", 1.0)]);
        assert!(roster.is_settled(at(3.0)));
    }

    #[test]
    fn a_cut_to_what_had_to_wait_is_never_black() {
        let mut roster = Roster::new(2);
        roster.admit(&[("a", 0.5), ("b", 0.5)], &["b"], at(0.0));
        let waits = [("a", 0.5), ("b", 0.4), ("c", 0.1)];
        assert_eq!(roster.admit(&waits, &["c"], at(1.0)).len(), 2, "it waits for its place");
        assert_eq!(roster.admit(&[("c", 1.0)], &["c"], at(1.1)), [("c", 1.0)]);
    }

    proptest! {
        /// However many come and go: never more than there is room for, no jump, and in the end all of the target.
        #[test]
        fn nobody_jumps_in_or_out(max in 2_usize..5, targets in prop::collection::vec(0_u8..12, 1..8)) {
            let mut roster = Roster::new(max);
            let mut weights: BTreeMap<u8, f64> = BTreeMap::from([(100, 1.0)]);
            let mut before: BTreeMap<u8, f64> = weights.clone();
            roster.admit(&[(100, 1.0)], &[100], at(0.0));
            let mut now = 0.0;
            for target in targets {
                weights.entry(target).or_insert(0.0);
                for _ in 0..80 {
                    now += 0.01;
                    for (thing, weight) in &mut weights {
                        *weight = *weight * 0.99 + if *thing == target { 0.01 } else { 0.0 };
                    }
                    let wanted: Vec<(u8, f64)> = weights.iter().map(|(thing, weight)| (*thing, *weight)).collect();
                    let seen: BTreeMap<u8, f64> = roster.admit(&wanted, &[target], at(now)).into_iter().collect();
                    prop_assert!(seen.len() <= max);
                    prop_assert!((seen.values().sum::<f64>() - 1.0).abs() < 1e-9);
                    for thing in seen.keys().chain(before.keys()) {
                        let change = seen.get(thing).unwrap_or(&0.0) - before.get(thing).unwrap_or(&0.0);
                        prop_assert!(change.abs() < 0.08, "{thing} moved by {change}");
                    }
                    before = seen;
                }
            }
        }
    }
}
