//! Who is in the list when more prompts (or seeds) are wanted at once than it is to hold.
//!
//! What the transition leads to is in at once, with just the share that the path says, so the fade keeps its course and
//! its end. Of what it leaves, the heaviest stay, as many as there is room for and always one. The others retire: what
//! they have goes to those that stay, over [`RETIRE`], whatever is asked meanwhile. Until then the list may be longer than
//! it is to be. Each change begins at what was seen last, so nothing ever jumps. While everything fits, which is nearly
//! always, nothing is touched.
//!
//! So the list holds the target, those that stay, and whatever lost its seat within the last [`RETIRE`]. Only an update
//! gives and takes seats: at the usual four a second that is three targets' worth, and four where two updates went at once.
//! Whoever asks for another prompt each time has 4 on the way out; another scene of 16 prompts each time, the most that a
//! scene has, 64. Dropping the lightest of them would keep the list shorter, and would jump.

use std::time::Duration;

use super::time::Mono;

/// How long things take to make room: short for an eye, two updates at the usual rate.
pub const RETIRE: Duration = Duration::from_millis(500);

/// Who is in; nobody is taken down while everything has just what the path says.
#[derive(Clone, Debug)]
pub struct Roster<T> {
    max: usize,
    entries: Vec<Entry<T>>,
    /// When the target or the room for others changed last.
    since: Mono,
    /// What the path left to others than the target then.
    left: f64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    thing: T,
    /// What the path says.
    weight: f64,
    /// What is seen.
    seen: f64,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// The transition leads to it: what is seen was so much more than the path says, and comes to that.
    Target { excess: f64 },
    /// Of what the target leaves it had this part, and comes to its part of those that stay.
    Stays { part: f64 },
    /// Of what the target leaves it had this part, and comes to none by then.
    Retires { part: f64, by: Mono },
}

impl<T> Entry<T> {
    fn is_target(&self) -> bool {
        matches!(self.role, Role::Target { .. })
    }

    fn stays(&self) -> bool {
        matches!(self.role, Role::Stays { .. })
    }
}

impl<T: Clone + PartialEq> Roster<T> {
    /// Makes a roster for lists of `max`: when nobody retires never more than `max`, or the target's things and one other
    /// where those are more.
    pub fn new(max: usize) -> Self {
        Self { max, entries: Vec::new(), since: Mono::default(), left: 0.0 }
    }

    /// Lets in another number from the next target on.
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
        let is_news = self.take_down(&wanted, is_target, at);
        let stay: f64 = self.entries.iter().filter(|entry| entry.stays()).map(|entry| entry.weight).sum();
        if is_news || stay <= 0.0 {
            self.turn(target, left, at);
        }
        self.mix(left, at);
        let seen = self.entries.iter().filter(|entry| entry.is_target() || entry.seen > 0.0);
        let admitted = seen.map(|entry| (entry.thing.clone(), entry.seen)).collect();
        let is_whole = self.entries.iter().all(|entry| entry.is_target() || entry.stays());
        if self.is_settled(at) && is_whole && wanted.len() <= self.max {
            self.entries.clear();
        }
        admitted
    }

    /// Returns whether nobody is about to make room or to come back.
    pub fn is_settled(&self, at: Mono) -> bool {
        self.entries.is_empty() || at >= self.since + RETIRE
    }

    /// Takes down what the path says now, and the move of it in what is seen; returns whether the roles are others.
    fn take_down(&mut self, wanted: &[(T, f64)], is_target: impl Fn(&T) -> bool, at: Mono) -> bool {
        for entry in &mut self.entries {
            let weight =
                wanted.iter().find(|(thing, _)| *thing == entry.thing).map_or(0.0, |(_, weight)| *weight);
            entry.seen = (entry.seen + weight - entry.weight).max(0.0);
            entry.weight = weight;
        }
        let mut is_news = self.entries.iter().any(|entry| entry.is_target() != is_target(&entry.thing));
        for (thing, weight) in wanted.iter().filter(|(thing, weight)| *weight > 0.0 || is_target(thing)) {
            if !self.entries.iter().any(|entry| entry.thing == *thing) {
                let role = Role::Retires { part: 0.0, by: at + RETIRE };
                self.entries.push(Entry { thing: thing.clone(), weight: *weight, seen: *weight, role });
                is_news = true;
            }
        }
        is_news
    }

    /// Gives everybody a role, from what is seen of them: the heaviest of the others than the target's stay.
    fn turn(&mut self, target: &[(T, f64)], left: f64, at: Mono) {
        (self.since, self.left) = (at, left);
        let seats = self.max.saturating_sub(target.len()).max(1);
        let mut leavers: Vec<&mut Entry<T>> = Vec::new();
        for entry in &mut self.entries {
            if target.iter().any(|(thing, _)| *thing == entry.thing) {
                entry.role = Role::Target { excess: entry.seen - entry.weight };
            } else {
                leavers.push(entry);
            }
        }
        // Who is on the path comes before who was seen last and is no longer.
        let rank = |entry: &Entry<T>| (entry.weight > 0.0, entry.seen);
        leavers.sort_by(|a, b| {
            let ((a_is_on, a), (b_is_on, b)) = (rank(a), rank(b));
            b_is_on.cmp(&a_is_on).then(b.total_cmp(&a))
        });
        let sum: f64 = leavers.iter().map(|entry| entry.seen).sum();
        for (place, entry) in leavers.into_iter().enumerate() {
            let part = if sum > 0.0 { entry.seen / sum } else { 0.0 };
            entry.role = match entry.role {
                _ if place < seats && entry.weight > 0.0 => Role::Stays { part },
                // Who is on the way out already is out no later.
                Role::Retires { by, .. } => Role::Retires { part, by: by.max(at) },
                Role::Target { .. } | Role::Stays { .. } => Role::Retires { part, by: at + RETIRE },
            };
        }
        self.entries.retain(|entry| entry.is_target() || entry.weight > 0.0 || entry.seen > 0.0);
    }

    /// Says what is seen of everybody: the target's share is the path's, the rest is parted among the others.
    fn mix(&mut self, left: f64, at: Mono) {
        let passed = (at.since(self.since).as_secs_f64() / RETIRE.as_secs_f64()).min(1.0);
        // What the target has too much or too little is over with the path at the latest.
        let come = passed.max(1.0 - left / self.left).clamp(0.0, 1.0);
        let all: f64 = self.entries.iter().map(|entry| entry.weight).sum();
        let stay: f64 = self.entries.iter().filter(|entry| entry.stays()).map(|entry| entry.weight).sum();
        let left_of = |entry: &Entry<T>| match entry.role {
            Role::Retires { part, by } if by > at => {
                part * by.since(at).as_secs_f64() / by.since(self.since.min(at)).as_secs_f64()
            }
            Role::Retires { .. } | Role::Target { .. } | Role::Stays { .. } => 0.0,
        };
        let retiring: f64 = self.entries.iter().map(left_of).sum();
        let had: f64 = self
            .entries
            .iter()
            .map(|entry| if let Role::Stays { part } = entry.role { part } else { 0.0 })
            .sum();
        let mut target = 0.0;
        for entry in &mut self.entries {
            if let Role::Target { excess } = entry.role {
                entry.seen = (entry.weight + excess * (1.0 - come)).max(0.0);
                target += entry.seen;
            }
        }
        let scale = if target > all { all / target } else { 1.0 };
        let rest = (all - target).max(0.0);
        for entry in &mut self.entries {
            match entry.role {
                Role::Target { .. } => entry.seen *= scale,
                Role::Stays { part } => {
                    let aim = entry.weight / stay;
                    let own = if had > 0.0 { part / had } else { aim };
                    entry.seen = rest * (1.0 - retiring) * (own * (1.0 - passed) + aim * passed);
                }
                Role::Retires { .. } => entry.seen = rest * left_of(entry),
            }
        }
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
        assert!((back.unwrap_or(0.0) - 0.9).abs() < 1e-9, "a tenth of its 0.2 is lacking: {soon:?}");
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
        /// Whatever is asked, and whenever: the sum is 1, also where all that is left weighs 0; never more than the
        /// bound; no jump; the end is exact, and nothing is on its way then.
        #[test]
        fn nobody_jumps_in_or_out(
            max in 3_usize..6,
            asks in prop::collection::vec((0_u8..20, 1_u8..4, 0.0_f64..3.0, 1_u32..60), 1..12),
        ) {
            const STEP: f64 = 0.02;
            let mut roster = Roster::new(max);
            let mut start = BTreeMap::from([(100, 1.0)]);
            let mut before: Option<[BTreeMap<u8, f64>; 2]> = None;
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
                    let seen: BTreeMap<u8, f64> = list.into_iter().collect();
                    if progress >= 1.0 {
                        prop_assert!(roster.is_settled(at(now)));
                        prop_assert!(seen.len() <= max.max(target.len()));
                        for (thing, weight) in &target {
                            prop_assert_eq!(seen[thing], *weight);
                        }
                    }
                    if let Some([seen_before, past]) = &before {
                        let move_of = |(thing, weight): &(u8, f64)| (weight - past.get(thing).unwrap_or(&0.0)).abs();
                        let own: f64 = wanted.iter().map(move_of).sum();
                        // All that the path moves may show in one of those that stay, and so may all that retires. Who comes
                        // back gets a share of what the others lack, too, and of those who leave one after the other the
                        // first are still at it: at most twice the pace.
                        let most = own + 2.0 * STEP / RETIRE.as_secs_f64() + 1e-9;
                        for thing in seen.keys().chain(seen_before.keys()) {
                            let change = seen.get(thing).unwrap_or(&0.0) - seen_before.get(thing).unwrap_or(&0.0);
                            prop_assert!(change.abs() <= most, "{} moved by {}, not {}", thing, change, most);
                        }
                    }
                    before = Some([seen, wanted.iter().copied().collect()]);
                    now += STEP;
                }
                start = wanted.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
            }
        }
    }
}
