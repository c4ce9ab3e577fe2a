//! The transition as a whole: its ends, its seams, what is done to it on the way.

use proptest::prelude::*;

use super::*;
use crate::show::fades::SwitchAt;

fn scene(name: &str) -> Arc<Scene> {
    Arc::new(Scene::empty(name))
}

fn at(seconds: f64) -> Mono {
    Mono(Duration::from_secs_f64(seconds))
}

fn fade(seconds: f64) -> Fade {
    Fade::from_seconds(seconds).unwrap()
}

fn resting(scene: &Arc<Scene>, seconds: f64) -> Transition {
    Transition::resting(&Mix::of(scene), at(seconds))
}

trait To {
    fn to(&self, scene: &Arc<Scene>, fade: Fade, easing: Easing, seconds: f64) -> Transition;
    fn go(&self, target: &Mix, way: &Way, seconds: f64) -> Transition;
}

impl To for Transition {
    fn to(&self, scene: &Arc<Scene>, fade: Fade, easing: Easing, seconds: f64) -> Transition {
        self.go(&Mix::of(scene), &Way::even(fade, easing), seconds)
    }

    fn go(&self, target: &Mix, way: &Way, seconds: f64) -> Transition {
        self.retarget(target, way, at(seconds), at(seconds))
    }
}

fn way(default: f64, groups: &[(&'static str, f64)]) -> Way {
    let groups = groups.iter().map(|(name, time)| (*name, fade(*time))).collect();
    Way {
        fades: Fades { default: Some(fade(default)), groups },
        easing: Easing::Linear,
        switch_at: SwitchAt::default(),
    }
}

fn mix(parts: &[(&Arc<Scene>, f64)]) -> Mix {
    Mix::from_raw(parts.iter().map(|(scene, weight)| (Arc::clone(scene), *weight))).unwrap()
}

fn share(path: &Transition, group: &str, scene: &Arc<Scene>, seconds: f64) -> f64 {
    path.point_at(at(seconds)).of(group).mix.share_of(scene).unwrap_or(0.0)
}

fn owner(path: &Transition, seconds: f64) -> String {
    path.point_at(at(seconds)).of("negative_prompt").owner.name.to_string()
}

fn owners(path: &Transition, moments: &[f64]) -> Vec<String> {
    moments.iter().map(|seconds| owner(path, *seconds)).collect()
}

fn hand(position: f64) -> Fader {
    Fader::new(position).unwrap()
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
    let path = resting(&dawn, 0.0).to(&neon, fade(10.0), Easing::Linear, 5.0);
    assert_eq!([5.0, 7.5, 10.0, 15.0].map(|t| weight(&path, &neon, t)), [0.0, 0.25, 0.5, 1.0]);
    assert_eq!(path.mix_at(at(15.0)), Mix::of(&neon));
    assert_eq!(path.progress(at(7.5)), 0.25);
}

#[test]
fn a_new_target_starts_from_where_the_mix_is() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
    let first = resting(&dawn, 0.0).to(&neon, fade(4.0), Easing::Linear, 0.0);
    let second = first.to(&sea, fade(4.0), Easing::Linear, 3.0);
    assert_eq!(weight(&second, &neon, 3.0), 0.75);
    assert_eq!(weight(&second, &dawn, 3.0), 0.25);
    assert_eq!(weight(&second, &neon, 5.0), 0.375, "it only ever leaves neon");
    assert_eq!(second.mix_at(at(7.0)), Mix::of(&sea));
}

#[test]
fn a_fade_of_no_time_is_a_cut() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let path = resting(&dawn, 0.0).to(&neon, Fade::CUT, Easing::Smooth, 1.0);
    assert_eq!(path.mix_at(at(1.0)), Mix::of(&neon));
}

#[test]
fn a_pause_stands_still_and_takes_no_time_away() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let mut path = resting(&dawn, 0.0).to(&neon, fade(10.0), Easing::Linear, 0.0);
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
    let path = resting(&dawn, 0.0).to(&neon, fade(10.0), Easing::Linear, 0.0);
    let back = path.reverse(at(4.0), at(4.0));
    assert_eq!(weight(&back, &neon, 4.0), 0.4);
    assert_eq!(weight(&back, &neon, 6.0), 0.2);
    assert_eq!(back.mix_at(at(8.0)), Mix::of(&dawn));
    let there = back.reverse(at(6.0), at(6.0));
    assert_eq!((weight(&there, &neon, 8.0), weight(&there, &neon, 14.0)), (0.4, 1.0), "and there again");
}

#[test]
fn stairs_tell_where_they_jump() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let path = resting(&dawn, 0.0).to(&neon, fade(8.0), Easing::Steps(4), 0.0);
    assert_eq!(path.next_corner(at(0.0)), Some(at(2.0)));
    assert_eq!(path.next_corner(at(7.0)), Some(at(8.0)));
    assert_eq!(path.next_corner(at(8.0)), None);
}

#[test]
fn from_jump_to_jump_time_moves_on() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    for steps in 2..60 {
        for length in [0.3, 0.7, 1.0, 3.3, 7.0, 11.0, 59.0] {
            let easing = Easing::Steps(steps);
            let path = resting(&dawn, 0.1).to(&neon, fade(length), easing, 0.1);
            let (mut now, mut jumps) = (at(0.1), 0);
            while let Some(next) = path.next_corner(now) {
                assert!(next > now);
                (now, jumps) = (next, jumps + 1);
            }
            assert!((steps - 1..=steps).contains(&jumps), "{jumps} jumps of {steps} steps in {length} s");
        }
    }
}

#[test]
fn a_mix_is_a_target_like_a_scene() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
    let there = mix(&[(&dawn, 0.2), (&neon, 0.5), (&sea, 0.3)]);
    let path = resting(&dawn, 0.0).go(&there, &way(10.0, &[]), 0.0);
    assert_eq!(path.mix_at(at(5.0)), mix(&[(&dawn, 0.6), (&neon, 0.25), (&sea, 0.15)]));
    assert_eq!(path.mix_at(at(10.0)), there, "to the last digit");
    assert_eq!(*path.scene(), neon);
    let on = path.to(&sea, fade(4.0), Easing::Linear, 12.0);
    assert_eq!(on.reverse(at(14.0), at(14.0)).mix_at(at(16.0)), there, "and back to it");
}

#[test]
fn each_group_arrives_in_its_own_time() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let times = way(8.0, &[("seed", 2.0), ("controlnets", 20.0), ("params", 4.0), ("delta", 10.0)]);
    let path = resting(&dawn, 0.0).go(&Mix::of(&neon), &times, 0.0);
    let at_two = |group| share(&path, group, &neon, 2.0);
    assert_eq!(["prompt", "seed", "controlnets"].map(at_two), [0.25, 1.0, 0.1]);
    assert_eq!(["guidance_scale", "delta"].map(at_two), [0.5, 0.2], "a name of its own before `params`");
    assert_eq!(path.mix_at(at(8.0)), Mix::of(&neon));
    assert_eq!((path.end(), path.progress(at(5.0))), (Some(at(20.0)), 0.25));
    assert!(!path.ended(at(19.9)) && path.ended(at(20.0)));
    assert_eq!(path.next_corner(at(8.5)), Some(at(10.0)));
}

#[test]
fn a_group_that_is_interrupted_goes_on_from_where_it_is() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
    let first = resting(&dawn, 0.0).go(&Mix::of(&neon), &way(8.0, &[("controlnets", 16.0)]), 0.0);
    let even = first.go(&Mix::of(&sea), &way(4.0, &[]), 8.0);
    assert_eq!(share(&even, "prompt", &neon, 8.0), 1.0);
    assert_eq!(share(&even, "controlnets", &neon, 8.0), 0.5);
    assert_eq!(share(&even, "controlnets", &dawn, 10.0), 0.25);
    let after = even.to(&dawn, fade(4.0), Easing::Linear, 12.0);
    assert!(after.others.is_empty(), "where all have arrived, there is one path again");
    let back = first.reverse(at(4.0), at(4.0));
    assert_eq!(share(&back, "controlnets", &neon, 6.0), 0.125);
    assert_eq!(share(&back, "prompt", &neon, 6.0), 0.25);
}

#[test]
fn a_parameter_can_stay_with_the_rest_where_the_others_do_not() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let path = resting(&dawn, 0.0).go(&Mix::of(&neon), &way(4.0, &[("params", 8.0), ("delta", 4.0)]), 0.0);
    assert_eq!(
        ["delta", "guidance_scale", "seed"].map(|name| share(&path, name, &neon, 2.0)),
        [0.5, 0.25, 0.5]
    );
}

#[test]
fn a_pause_holds_every_group() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let mut path = resting(&dawn, 0.0).go(&Mix::of(&neon), &way(8.0, &[("seed", 4.0)]), 0.0);
    path.pause(at(2.0));
    assert_eq!(["prompt", "seed"].map(|group| share(&path, group, &neon, 90.0)), [0.25, 0.5]);
    path.resume(at(90.0));
    assert_eq!(["prompt", "seed"].map(|group| share(&path, group, &neon, 92.0)), [0.5, 1.0]);
    let end = path.hasten(fade(1.0), at(91.0), at(91.0));
    assert_eq!(["prompt", "seed"].map(|group| share(&end, group, &neon, 92.0)), [1.0, 1.0]);
}

#[test]
fn what_cannot_be_blended_switches_where_the_scene_says() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let when = |switch_at| {
        let path = resting(&dawn, 0.0).go(&Mix::of(&neon), &Way { switch_at, ..way(8.0, &[]) }, 0.0);
        owners(&path, &[0.0, 3.99, 4.0, 7.99, 8.0])
    };
    assert_eq!(when(SwitchAt::Start), ["neon", "neon", "neon", "neon", "neon"]);
    assert_eq!(when(SwitchAt::Middle), ["dawn", "dawn", "neon", "neon", "neon"]);
    assert_eq!(when(SwitchAt::End), ["dawn", "dawn", "dawn", "dawn", "neon"]);
}

#[test]
fn the_way_back_switches_at_the_same_place() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let back = |switch_at, moment| {
        let path = resting(&dawn, 0.0).go(&Mix::of(&neon), &Way { switch_at, ..way(8.0, &[]) }, 0.0);
        path.reverse(at(moment), at(moment))
    };
    let late = back(SwitchAt::Middle, 6.0);
    assert_eq!(owners(&late, &[6.0, 7.99, 8.01, 12.0]), ["neon", "neon", "dawn", "dawn"]);
    assert_eq!(owners(&back(SwitchAt::Middle, 3.0), &[3.0, 4.5, 6.0]), ["dawn", "dawn", "dawn"]);
    assert_eq!(owners(&back(SwitchAt::Start, 6.0), &[6.0, 11.9, 12.0]), ["neon", "neon", "dawn"]);
    assert_eq!(owners(&back(SwitchAt::End, 6.0), &[6.0, 12.0]), ["dawn", "dawn"]);
    let there_again = late.reverse(at(10.0), at(10.0));
    assert_eq!(owners(&there_again, &[10.0, 11.9, 12.1, 16.0]), ["dawn", "dawn", "neon", "neon"]);
}

#[test]
fn a_third_scene_takes_over_from_the_owner_alone() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
    let first = resting(&dawn, 0.0).go(&Mix::of(&neon), &way(8.0, &[]), 0.0);
    let early = first.go(&Mix::of(&sea), &way(8.0, &[]), 2.0);
    let late = first.go(&Mix::of(&sea), &way(8.0, &[]), 6.0);
    assert_eq!(owners(&early, &[2.0, 5.9, 6.1]), ["dawn", "dawn", "sea"]);
    assert_eq!(owners(&late, &[6.0, 9.9, 10.1]), ["neon", "neon", "sea"]);
    let mut paused = late;
    paused.pause(at(9.0));
    assert_eq!(owners(&paused, &[9.0, 99.0]), ["neon", "neon"]);
}

#[test]
fn of_two_scenes_that_are_nearly_even_the_owner_stays() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let to = |path: &Transition, share, now| {
        path.go(&mix(&[(&dawn, 1.0 - share), (&neon, share)]), &way(0.0, &[]), now)
    };
    let path = resting(&dawn, 0.0);
    let path = to(&path, 0.52, 1.0);
    assert_eq!(owner(&path, 1.0), "dawn");
    let path = to(&path, 0.53, 2.0);
    assert_eq!(owner(&path, 2.0), "neon");
    assert_eq!(owner(&to(&path, 0.49, 3.0), 3.0), "neon");
}

#[test]
fn a_hand_takes_the_progress_without_a_jump_and_gives_it_back() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let mut path = resting(&dawn, 0.0).to(&neon, fade(10.0), Easing::Linear, 0.0);
    path.grab(hand(0.2), at(6.0), at(6.0));
    assert_eq!(weight(&path, &neon, 6.0), 0.6);
    assert_eq!(weight(&path, &neon, 6.05), 0.4, "a quarter of a second for the whole way");
    assert_eq!(path.next_corner(at(6.0)), Some(at(6.1)));
    assert!(!path.is_still(at(6.05)) && path.is_still(at(6.1)));
    assert_eq!(weight(&path, &neon, 60.0), 0.2);
    assert_eq!(path.end(), None);
    path.grab(hand(0.0), at(60.0), at(60.0));
    assert_eq!(path.mix_at(at(61.0)), mix(&[(&dawn, 1.0), (&neon, 0.0)]));
    path.grab(hand(0.4), at(62.0), at(62.0));
    path.resume(at(70.0));
    assert_eq!((weight(&path, &neon, 71.0), path.end()), (0.5, Some(at(76.0))));
    path.grab(hand(1.0), at(71.0), at(71.0));
    assert_eq!(path.end(), Some(at(71.125)));
    assert_eq!(path.mix_at(at(71.125)), Mix::of(&neon));
    path.grab(hand(0.5), at(72.0), at(72.0));
    assert_eq!(path.mix_at(at(73.0)), Mix::of(&neon), "what has ended stays");
}

#[test]
fn the_progress_in_a_hand_goes_through_the_easing_and_to_every_group() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let times = Way { easing: Easing::Smooth, ..way(10.0, &[("seed", 4.0)]) };
    let mut path = resting(&dawn, 0.0).go(&Mix::of(&neon), &times, 0.0);
    path.grab(hand(0.2), at(0.0), at(0.0));
    assert!((share(&path, "prompt", &neon, 1.0) - 0.104).abs() < 1e-12);
    assert_eq!(share(&path, "seed", &neon, 1.0), 0.5);
    let on = path.to(&dawn, fade(4.0), Easing::Smooth, 1.0);
    assert_eq!(share(&on, "seed", &neon, 1.0), 0.5);
    assert_eq!(share(&on, "seed", &neon, 3.0), 0.25, "a hand has no speed to be taken over");
}

#[test]
fn a_hand_that_trembles_at_the_switch_does_not_flicker() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let mut path = resting(&dawn, 0.0).to(&neon, fade(10.0), Easing::Linear, 0.0);
    let mut seen = Vec::new();
    for (second, position) in [0.49, 0.5, 0.492, 0.504, 0.49, 0.47, 0.49, 0.5].into_iter().enumerate() {
        path.grab(hand(position), at(second as f64), at(second as f64));
        seen.push(owner(&path, second as f64 + 0.9));
    }
    assert_eq!(seen, ["dawn", "neon", "neon", "neon", "neon", "dawn", "dawn", "neon"]);
    path.grab(hand(0.49), at(20.0), at(20.0));
    path.resume(at(21.0));
    assert_eq!(owners(&path, &[21.0, 21.2]), ["neon", "neon"]);
}

#[test]
fn what_is_no_position_is_none() {
    assert_eq!([f64::NAN, f64::INFINITY, -0.01, 1.01].map(Fader::new), [None; 4]);
    assert_eq!(
        [0.0, -0.0, 1.0].map(|position| Fader::new(position).map(Fader::get)),
        [0.0, 0.0, 1.0].map(Some)
    );
}

#[test]
fn a_bank_of_faders_keeps_its_shares() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));
    let three = mix(&[(&dawn, 0.6), (&neon, 0.2), (&sea, 0.2)]);
    assert_eq!(three.with_share(&neon, 0.6, &three), Some(mix(&[(&dawn, 0.3), (&sea, 0.1), (&neon, 0.6)])));
    let mut path = resting(&dawn, 0.0);
    for (second, level) in [0.3, 1.0, 0.5].into_iter().enumerate() {
        let now = at(second as f64);
        path = path.mix(&neon, Fader::new(level).unwrap(), now, now).unwrap();
        assert_eq!(weight(&path, &neon, second as f64 + 0.5), level);
    }
    assert_eq!(weight(&path, &dawn, 3.0), 0.5, "what is left goes back to where it came from");
    assert_eq!(
        Mix::of(&dawn).with_share(&dawn, 0.5, &Mix::of(&dawn)),
        None,
        "there is nobody to take the rest"
    );
}

#[test]
fn what_two_groups_have_of_different_scenes_at_rest_changes_hands_once_on_the_way_on() {
    let [a, b, c] = ["a", "b", "c"].map(scene);
    let even = mix(&[(&a, 0.485), (&b, 0.515)]);
    // The parameters come from `c`, of which nothing stays, and go to the heaviest; the rest stays with `a`.
    let path = resting(&a, 0.0).go(&Mix::of(&c), &way(12.0, &[("params", 0.0)]), 1.0);
    let path = path.go(&even, &way(1.0, &[]), 1.0);
    let seeds = |path: &Transition, seconds| path.point_at(at(seconds)).of("seed").owner.name.to_string();
    assert_eq!((owner(&path, 5.0), seeds(&path, 5.0)), ("b".to_owned(), "a".to_owned()));
    let next = path.go(&Mix::of(&c), &way(1.0, &[]), 5.0);
    assert_eq!(owners(&next, &[5.0, 5.2, 5.9, 6.0]), ["b", "b", "c", "c"]);
    let last = next.go(&Mix::of(&a), &way(1.0, &[]), 7.0);
    assert_eq!(last.others, [], "one scene has all: nothing is on its own any more");
}

/// What can be asked of a path.
#[derive(Clone, Debug)]
struct Ask {
    /// The raw weights of the target; of one scene if only one is above 0.
    to: [f64; 4],
    fade: f64,
    groups: [Option<f64>; 3],
    easing: usize,
    then: f64,
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let weight = prop_oneof![Just(0.0), Just(0.0), 0.0..1.0];
    let target = prop::array::uniform4(weight).prop_map(|mut to: [f64; 4]| {
        if to.iter().sum::<f64>() < 1e-3 {
            to[0] = 1.0;
        }
        to
    });
    let group = prop::option::weighted(0.3, prop_oneof![Just(0.0), 0.05..12.0]);
    let ask = (target, 0.05..12.0, prop::array::uniform3(group), 0_usize..5, 0.0..6.0)
        .prop_map(|(to, fade, groups, easing, then)| Ask { to, fade, groups, easing, then });
    prop::collection::vec(ask, 1..10)
}

const NAMES: [&str; 3] = ["seed", "params", "delta"];
const SEEN: [&str; 4] = ["prompt", "seed", "guidance_scale", "delta"];

impl Ask {
    fn target(&self, scenes: &[Arc<Scene>]) -> Mix {
        let parts = scenes.iter().zip(self.to).filter(|(_, weight)| *weight > 0.0);
        Mix::from_raw(parts.map(|(scene, weight)| (Arc::clone(scene), weight))).unwrap()
    }

    fn way(&self) -> Way {
        let easing = ["smooth", "linear", "ease", "back-in-out", "elastic-out"][self.easing];
        let groups = NAMES.into_iter().zip(self.groups).filter_map(|(name, time)| Some((name, fade(time?))));
        Way {
            fades: Fades { default: Some(fade(self.fade)), groups: groups.collect() },
            easing: Easing::parse(easing).unwrap(),
            switch_at: [SwitchAt::Start, SwitchAt::Middle, SwitchAt::End][self.easing % 3],
        }
    }
}

proptest! {
    /// Whatever is asked and whenever: weights are weights, nothing jumps in any group, ends are exact, what cannot be
    /// blended changes hands once at most, and `smooth` needs no clamp.
    #[test]
    fn no_take_over_has_a_seam(asks in asks()) {
        let scenes: Vec<_> = ["a", "b", "c", "d"].map(scene).to_vec();
        let mut path = resting(&scenes[0], 0.0);
        let mut now = 1.0;
        for ask in asks {
            let next = path.go(&ask.target(&scenes), &ask.way(), now);
            let end = next.end().unwrap().0.as_secs_f64();
            for group in SEEN {
                if !ask.way().fades.of(group).length().is_zero() {
                    for scene in &scenes {
                        let (before, after) = (share(&path, group, scene, now), share(&next, group, scene, now));
                        prop_assert!((before - after).abs() < 2e-4, "{group}: {before} became {after}");
                    }
                }
                let mut owner = path.point_at(at(now)).of(group).owner.name.clone();
                let mut changes = 0;
                for step in 0..=60 {
                    let seconds = now + (end - now) * f64::from(step) / 60.0;
                    let point = next.point_at(at(seconds));
                    let parts = point.of(group).mix.parts();
                    let sum: f64 = parts.iter().map(|part| part.weight).sum();
                    prop_assert!((sum - 1.0).abs() < 1e-9);
                    prop_assert!(parts.iter().all(|part| part.weight >= 0.0));
                    changes += usize::from(owner != point.of(group).owner.name);
                    owner = point.of(group).owner.name.clone();
                }
                prop_assert!(changes <= 1, "{group} changed hands {changes} times");
                let last = next.point_at(next.end().unwrap());
                prop_assert_eq!(&last.of(group).mix, &ask.target(&scenes));
            }
            path = next;
            now += ask.then;
        }
    }

    /// The bound on the coast is enough, also for targets between the scenes: without any clamp no weight is below 0, and
    /// position and speed are those that were there, but for the speed of scenes too light to be taken over.
    #[test]
    fn smooth_keeps_its_speed_and_needs_no_clamp(asks in asks()) {
        let scenes: Vec<_> = ["a", "b", "c", "d"].map(scene).to_vec();
        let mut path = resting(&scenes[0], 0.0);
        let mut now = 0.0;
        for ask in asks {
            let next = path.go(&ask.target(&scenes), &Way { easing: Easing::Smooth, ..ask.way() }, now);
            let light = scenes.iter().filter(|scene| weight(&path, scene, now) < path::WEIGHT_MIN);
            let let_go: f64 = light.map(|scene| path.speed(scene, at(now)).abs()).sum();
            for scene in &scenes {
                let (before, after) = (path.speed(scene, at(now)), next.speed(scene, at(now)));
                let most = 1e-2 * (1.0 + before.abs()) + let_go;
                prop_assert!((before - after).abs() < most, "speed {before} became {after}");
            }
            for step in 0..=100 {
                let lowest = next.lowest(at(now + ask.fade * f64::from(step) / 100.0));
                prop_assert!(lowest >= -1e-9, "{lowest}");
            }
            path = next;
            now += ask.then;
        }
    }
}

impl Transition {
    fn speed(&self, scene: &Arc<Scene>, now: Mono) -> f64 {
        self.main.speed(scene, self.head.beat(now))
    }

    fn lowest(&self, now: Mono) -> f64 {
        let paths = std::iter::once(&self.main).chain(self.others.iter().map(|(_, path)| path));
        paths.map(|path| path.lowest(self.head.passed(now))).fold(1.0, f64::min)
    }
}

#[test]
fn a_fader_touched_in_mid_fade_takes_over_from_where_the_mix_is() {
    let (dawn, neon, sea) = (scene("dawn"), scene("neon"), scene("sea"));

    let mut path = resting(&dawn, 0.0).to(&neon, fade(20.0), Easing::Linear, 0.0);
    assert!(
        path.mix(&sea, Fader::LOW, at(5.0), at(5.0)).is_none(),
        "a fader at 0 whose scene is not there is nothing"
    );
    let taken = path.mix(&sea, hand(0.2), at(5.0), at(5.0)).unwrap();
    for (scene, now, then) in [(&dawn, 0.75, 0.6), (&neon, 0.25, 0.2), (&sea, 0.0, 0.2)] {
        assert!((weight(&taken, scene, 5.0) - now).abs() < 1e-9, "{} where it was", scene.name);
        assert!((weight(&taken, scene, 6.0) - then).abs() < 1e-9, "{} keeps its proportion", scene.name);
    }
    path.pause(at(5.0));
    let taken = path.mix(&neon, hand(0.3), at(60.0), at(60.0)).unwrap();
    assert!((weight(&taken, &dawn, 61.0) - 0.7).abs() < 1e-9, "a paused one goes on from its place");
}

#[test]
fn turned_round_twice_it_goes_on_as_if_it_never_had_been() {
    let (dawn, neon) = (scene("dawn"), scene("neon"));
    let path = resting(&dawn, 0.0).to(&neon, fade(8.0), Easing::Linear, 0.0);
    let back = path.reverse(at(3.0), at(3.0));
    let there = back.reverse(at(3.3), at(3.3));
    assert_eq!(there.end(), Some(at(3.3 + 0.3 + 5.0)));
    let jump = weight(&there, &neon, 3.4) - weight(&there, &neon, 3.3);
    assert!((0.0..0.02).contains(&jump), "{jump}");
    let again = there.reverse(at(4.0), at(4.0));
    assert_eq!(again.end(), Some(at(4.0 + 0.7 + 2.7)));
    let finish = path.hasten(fade(1.0), at(4.0), at(4.0));
    assert_eq!(finish.reverse(at(4.5), at(4.5)).end(), Some(at(4.5 + 0.5 + 4.0)), "also out of a finish");
}
