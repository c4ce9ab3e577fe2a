//! When updates go, and when not.

use super::{SHOW, play, world::World};
use segue::show::event::FailureKind;

use super::world::{osc, time_of};

#[test]
fn a_smooth_fade_begins_when_an_update_is_worth_it_and_every_one_counts() {
    let transcript = play(
        &SHOW.replace("easing: linear, fade: 2s", "fade: 10s"),
        "
        0:01 go neon
        0:20 end
    ",
    );
    let updates: Vec<(f64, f64)> = transcript
        .lines()
        .filter(|line| line.contains(" update wall"))
        .map(|line| {
            let second = line.trim().split([':', ' ']).nth(1).unwrap().parse().unwrap();
            let city = line.split("city ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            (second, city)
        })
        .collect();
    assert!(updates[0].0 > 1.1 && updates[0].0 < 1.3, "not at once, and not late: {transcript}");
    let steps: Vec<f64> = updates.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    assert!(
        updates[0].1 >= 0.01 && steps[..steps.len() - 1].iter().all(|step| *step >= 0.01),
        "{transcript}"
    );
    assert_eq!(updates.last(), Some(&(10.9, 1.0)), "on at its end, a tenth of a second later: {transcript}");
}

#[test]
fn the_first_fade_knows_the_way_from_the_first_status() {
    let transcript = play(
        SHOW,
        "
        0:01 go neon
        0:05 end
    ",
    );
    assert!(transcript.contains("0:02.900 update wall"), "{transcript}");
}

#[test]
fn what_was_refused_is_tried_again_when_somebody_asks_again() {
    let mut world = World::new(SHOW);
    world.run_until(time_of("0:01"));
    world.api.failure = Some(FailureKind::Refused);
    world.happen(osc("/segue/scene/neon", &["0.001"]));
    world.run_until(time_of("0:05"));
    world.api.failure = None;
    let sent = world.accepted.len();
    world.run_until(time_of("1:00"));
    assert_eq!(world.accepted.len(), sent, "of itself it does not insist");
    world.happen(osc("/segue/scene/neon", &["0.001"]));
    world.run_until(time_of("1:02"));
    assert_eq!(world.accepted.len(), sent + 1);
}
