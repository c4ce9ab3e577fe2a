//! The orders, against what they promise, over many seeds; the seed of one that fails is printed.

use std::{collections::BTreeMap, sync::Arc};

use super::{Content, ListStep, Number, Order, Playlist, order::round, walk::Walk};
use crate::show::{dice::Dice, scene::Scene, sheet::Streams};

const SEEDS: u64 = 300;

fn scene(name: &str, weight: f64) -> ListStep {
    let number = Number { scene: Arc::new(Scene::empty(name)), fade: None, easing: None, hold: None };
    ListStep { name: None, weight, content: Content::Scene(number) }
}

fn list(name: &str, order: Order, steps: Vec<ListStep>) -> Playlist {
    Playlist { name: name.into(), order, streams: Streams::All, steps }
}

fn plain(order: Order, count: usize) -> Playlist {
    list("a", order, (0..count).map(|step| scene(&format!("s{step}"), 1.0)).collect())
}

/// Walks so many steps; also looks that what stands by is what comes.
fn walked(list: &Playlist, count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut walk = Walk::new(list, dice);
    (0..count)
        .map_while(|_| {
            let next = walk.next().cloned();
            let at = walk.advance(list, dice).cloned();
            assert_eq!(at, next);
            Some(at?[0])
        })
        .collect()
}

/// Holds for each seed and for lists of one step and more.
fn always(order: Order, holds: impl Fn(usize, &[usize]) -> bool) {
    for seed in 0..SEEDS {
        let count = 1 + (seed % 7) as usize;
        let steps = walked(&plain(order, count), 10 * count, &mut Dice::new(seed));
        assert!(holds(count, &steps), "{order:?} of {count} with seed {seed}: {steps:?}");
    }
}

#[test]
fn once_ends_and_loop_begins_again() {
    always(Order::Once, |count, steps| steps.iter().copied().eq(0..count));
    always(Order::Loop, |count, steps| steps.iter().enumerate().all(|(at, step)| *step == at % count));
}

#[test]
fn ping_pong_goes_by_single_steps_and_turns_at_the_ends_only() {
    always(Order::PingPong, |count, steps| {
        let turns = |three: &[usize]| three[0] != three[2] || three[1] == 0 || three[1] == count - 1;
        let ends = steps.iter().filter(|step| **step == 0).count() >= 3;
        steps.windows(2).all(|two| two[0].abs_diff(two[1]) == usize::from(count > 1))
            && steps.windows(3).all(turns)
            && (count == 1 || ends)
    });
}

#[test]
fn shuffle_plays_each_once_a_round_and_none_twice_at_the_seam() {
    always(Order::Shuffle, |count, steps| {
        let whole = |round: &[usize]| (0..count).all(|step| round.contains(&step));
        steps.chunks(count).all(whole) && steps.windows(2).all(|two| two[0] != two[1] || count == 1)
    });
}

#[test]
fn random_plays_none_twice_in_a_row_and_the_heavy_ones_oftener() {
    always(Order::Random, |count, steps| steps.windows(2).all(|two| two[0] != two[1] || count == 1));
    let weights = [1.0, 2.0, 3.0];
    let heavy = list("a", Order::Random, weights.map(|weight| scene("s", weight)).into());
    let steps = walked(&heavy, 30_000, &mut Dice::new(7));
    // Without repeats the walk is a chain whose share of a step goes with w (W - w): 5, 8 and 9 of 22.
    for (step, expected) in [(0, 5.0 / 22.0), (1, 8.0 / 22.0), (2, 9.0 / 22.0)] {
        let share = steps.iter().filter(|other| **other == step).count() as f64 / steps.len() as f64;
        assert!((share - expected).abs() < 0.01, "step {step}: {share} and not {expected}, seed 7");
    }
}

#[test]
fn a_heavy_step_tends_to_come_early_in_a_shuffle() {
    let heavy = list("a", Order::Shuffle, vec![scene("s", 9.0), scene("t", 1.0)]);
    let mut dice = Dice::new(3);
    let first = (0..1000).filter(|_| round(&heavy, None, &mut dice)[0] == 0).count();
    assert!((860..940).contains(&first), "{first} of 1000, seed 3");
}

#[test]
fn a_playlist_within_plays_one_round_of_its_own_at_each_turn() {
    let inner = Arc::new(list("b", Order::Shuffle, vec![scene("x", 1.0), scene("y", 1.0), scene("z", 1.0)]));
    let within = ListStep { name: None, weight: 1.0, content: Content::Playlist(inner) };
    let outer = list("a", Order::Loop, vec![scene("s", 1.0), within]);
    for seed in 0..SEEDS {
        let dice = &mut Dice::new(seed);
        let mut walk = Walk::new(&outer, dice);
        let paths: Vec<_> = (0..40).map(|_| walk.advance(&outer, dice).unwrap().clone()).collect();
        let mut last = None;
        for turn in paths.chunks(4) {
            assert_eq!(turn[0], [0], "seed {seed}: {paths:?}");
            let mut places: Vec<usize> = turn[1..].iter().map(|path| path[1]).collect();
            assert!(turn[1..].iter().all(|path| path[0] == 1), "seed {seed}: {paths:?}");
            assert_ne!(last, Some(places[0]), "seed {seed}: {paths:?}");
            last = places.last().copied();
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2], "seed {seed}: {paths:?}");
        }
    }
}

#[test]
fn whatever_hands_do_the_walk_stays_within_the_list_and_knows_what_comes() {
    for seed in 0..SEEDS {
        let dice = &mut Dice::new(seed);
        let order = Order::ALL[(seed % 5) as usize].1;
        let count = 1 + (dice.next_u64() % 5) as usize;
        let list = plain(order, count);
        let mut walk = Walk::new(&list, dice);
        let mut played = BTreeMap::new();
        for _ in 0..200 {
            let step = (dice.next_u64() % count as u64) as usize;
            match dice.next_u64() % 8 {
                0 => {
                    walk.stand_by(&list, step, dice);
                    assert_eq!(walk.next(), Some(&vec![step]), "{order:?}, seed {seed}");
                }
                1 => {
                    let at = walk.at.clone();
                    if walk.back(&list, dice).is_some() {
                        assert_eq!(walk.next(), at.as_ref(), "{order:?}, seed {seed}");
                    }
                }
                _ => {
                    if let Some(path) = walk.advance(&list, dice) {
                        *played.entry(path[0]).or_insert(0) += 1;
                    }
                }
            }
            assert!(walk.at.iter().chain(&walk.coming).all(|path| path[0] < count), "{order:?}, seed {seed}");
            assert!(order == Order::Once || walk.next().is_some(), "{order:?}, seed {seed}");
        }
        assert_eq!(played.len(), count, "{order:?}, seed {seed}");
    }
}
