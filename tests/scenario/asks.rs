//! Who asks, and how: what a wish does while a transition is running, and prompts that no scene has.

use std::{fmt::Write as _, time::Duration};

use proptest::prelude::*;
use segue::show::time::Mono;

use super::{
    SHOW,
    world::{World, osc, time_of},
};

/// Adds a cue for each policy, and pads that fire them.
fn show() -> String {
    let cues = "
cues:
  rain-first: { scene: rain, fade: 2s, policy: finish-first }
  dawn-first: { scene: dawn, fade: 2s, policy: finish-first }
  rain-ignore: { scene: rain, fade: 2s, policy: ignore }
  rain-queue: { scene: rain, fade: 2s, policy: queue }
  neon-queue: { scene: neon, fade: 2s, policy: queue }
  dawn-queue: { scene: dawn, fade: 2s, policy: queue }
  pause: { transition: pause }
  resume: { transition: resume, stream: wall }
  both: [{ scene: neon, fade: 2s }, { scene: rain, fade: 2s, policy: queue }, { scene: dawn, fade: 1s, policy: queue }]
";
    SHOW.replace("inputs:", &format!("{}\ninputs:", cues.trim()))
}

/// Plays `script` and returns what people are told: no updates, nothing of the start.
fn story(show: &str, script: &str) -> String {
    let transcript = World::new(show).play(script);
    let told = |line: &&str| !line.contains(" update ") && !line.starts_with("0:00.");
    transcript.lines().filter(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_running_transition_every_policy_starts_at_once() {
    insta::assert_snapshot!(story(&show(), "
        0:01 osc /segue/cue/rain-queue
        0:05 osc /segue/cue/dawn-first
        0:10 osc /segue/cue/rain-ignore
        0:15 end
    "), @r"
    0:01.000 trigger /segue/cue/rain-queue (osc)
    0:01.000 cue rain-queue
    0:01.000 wall to rain in 2s
    0:03.000 wall on rain
    0:05.000 trigger /segue/cue/dawn-first (osc)
    0:05.000 cue dawn-first
    0:05.000 wall to dawn in 2s
    0:07.000 wall on dawn
    0:10.000 trigger /segue/cue/rain-ignore (osc)
    0:10.000 cue rain-ignore
    0:10.000 wall to rain in 2s
    0:12.000 wall on rain
    0:15.000 then waits for Poll
    ");
}

#[test]
fn finish_first_lets_the_running_one_arrive_within_a_second() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-first
        0:10 go neon 2s
        0:11.5 osc /segue/cue/rain-first
        0:20 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-first (osc)
    0:02.000 cue rain-first
    0:02.000 wall finish: neon
    0:02.000 wall: rain waits for 1
    0:03.000 wall on neon
    0:03.000 wall to rain in 2s
    0:05.000 wall on rain
    0:10.000 trigger go neon (http)
    0:10.000 wall to neon in 2s
    0:11.500 trigger /segue/cue/rain-first (osc)
    0:11.500 cue rain-first
    0:11.500 wall: rain waits for 1
    0:12.000 wall on neon
    0:12.000 wall to rain in 2s
    0:14.000 wall on rain
    0:20.000 then waits for Poll
    ");
}

#[test]
fn of_two_that_would_finish_first_the_later_is_the_last_word() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-first
        0:02.4 osc /segue/cue/rain-first
        0:02.5 osc /segue/cue/dawn-first
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-first (osc)
    0:02.000 cue rain-first
    0:02.000 wall finish: neon
    0:02.000 wall: rain waits for 1
    0:02.400 trigger /segue/cue/rain-first (osc)
    0:02.400 cue rain-first
    0:02.500 trigger /segue/cue/dawn-first (osc)
    0:02.500 cue dawn-first
    0:02.500 wall: rain dropped for dawn
    0:02.500 wall: dawn waits for 1
    0:03.000 wall on neon
    0:03.000 wall to dawn in 2s
    0:05.000 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn what_is_finished_first_goes_there_already_when_it_is_asked_again() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go rain 10s
        0:02 osc /segue/cue/rain-queue
        0:03 osc /segue/cue/dawn-queue
        0:04 osc /segue/cue/rain-first
        0:20 end
    "), @r"
    0:01.000 trigger go rain (http)
    0:01.000 wall to rain in 10s
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:03.000 trigger /segue/cue/dawn-queue (osc)
    0:03.000 cue dawn-queue
    0:03.000 wall: dawn waits for 1
    0:04.000 trigger /segue/cue/rain-first (osc)
    0:04.000 cue rain-first
    0:04.000 wall: dawn dropped for rain
    0:04.000 wall to rain in 2s
    0:06.000 wall on rain
    0:20.000 then waits for Poll
    ");
}

#[test]
fn ignore_does_nothing_while_anything_runs() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-ignore
        0:03 osc /segue/transition/pause
        0:04 osc /segue/cue/rain-ignore
        0:05 osc /segue/transition/finish
        0:05.5 osc /segue/cue/rain-ignore
        0:07 osc /segue/cue/rain-ignore
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-ignore (osc)
    0:02.000 cue rain-ignore
    0:02.000 wall: rain ignored, neon runs
    0:03.000 trigger /segue/transition/pause (osc)
    0:03.000 wall pause: neon
    0:04.000 trigger /segue/cue/rain-ignore (osc)
    0:04.000 cue rain-ignore
    0:04.000 wall: rain ignored, neon runs
    0:05.000 trigger /segue/transition/finish (osc)
    0:05.000 wall finish: neon
    0:05.500 trigger /segue/cue/rain-ignore (osc)
    0:05.500 cue rain-ignore
    0:05.500 wall: rain ignored, neon runs
    0:06.000 wall on neon
    0:07.000 trigger /segue/cue/rain-ignore (osc)
    0:07.000 cue rain-ignore
    0:07.000 wall to rain in 2s
    0:09.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_queue_goes_on_by_itself_in_order() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 2s
        0:01.5 osc /segue/cue/rain-queue
        0:02 osc /segue/cue/dawn-queue
        0:02.1 osc /segue/cue/dawn-queue
        0:02.2 osc /segue/cue/rain-ignore
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:01.500 trigger /segue/cue/rain-queue (osc)
    0:01.500 cue rain-queue
    0:01.500 wall: rain waits for 1
    0:02.000 trigger /segue/cue/dawn-queue (osc)
    0:02.000 cue dawn-queue
    0:02.000 wall: dawn waits for 2
    0:02.100 trigger /segue/cue/dawn-queue (osc)
    0:02.100 cue dawn-queue
    0:02.200 trigger /segue/cue/rain-ignore (osc)
    0:02.200 cue rain-ignore
    0:02.200 wall: rain ignored, neon runs
    0:03.000 wall on neon
    0:03.000 wall to rain in 2s
    0:05.000 wall on rain
    0:05.000 wall to dawn in 2s
    0:07.000 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_pause_holds_the_queue_and_a_cue_can_pause_and_resume() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 2s
        0:02 osc /segue/cue/pause
        0:03 osc /segue/cue/rain-queue
        5:00 osc /segue/cue/resume
        5:05 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:02.000 trigger /segue/cue/pause (osc)
    0:02.000 cue pause
    0:02.000 wall pause: neon
    0:03.000 trigger /segue/cue/rain-queue (osc)
    0:03.000 cue rain-queue
    0:03.000 wall: rain waits for 1
    5:00.000 trigger /segue/cue/resume (osc)
    5:00.000 cue resume
    5:00.000 wall resume: neon
    5:00.950 wall on neon
    5:00.950 wall to rain in 2s
    5:02.950 wall on rain
    5:05.000 then waits for Poll
    ");
}

#[test]
fn finish_and_cut_are_for_the_running_one_and_the_queue_goes_on() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-queue
        0:02 osc /segue/cue/dawn-queue
        0:03 osc /segue/transition/finish
        0:05 osc /segue/transition/cut
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    0:02.000 trigger /segue/cue/dawn-queue (osc)
    0:02.000 cue dawn-queue
    0:02.000 wall: dawn waits for 2
    0:03.000 trigger /segue/transition/finish (osc)
    0:03.000 wall finish: neon
    0:04.000 wall on neon
    0:04.000 wall to rain in 2s
    0:05.000 trigger /segue/transition/cut (osc)
    0:05.000 wall cut: rain
    0:05.100 wall on rain
    0:05.100 wall to dawn in 2s
    0:07.100 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_paused_transition_that_is_cut_lets_the_queue_go_on() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/transition/pause
        0:02 osc /segue/cue/rain-queue
        0:03 osc /segue/transition/cut
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    0:03.000 trigger /segue/transition/cut (osc)
    0:03.000 wall cut: neon
    0:03.100 wall on neon
    0:03.100 wall to rain in 2s
    0:05.100 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn reverse_goes_back_and_then_the_queue_goes_on() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-queue
        0:03 osc /segue/transition/reverse
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    0:03.000 trigger /segue/transition/reverse (osc)
    0:03.000 wall reverse: dawn
    0:05.000 wall on dawn
    0:05.000 wall to rain in 2s
    0:07.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn blend_is_the_last_word_and_what_waits_is_dropped() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-queue
        0:02 osc /segue/cue/dawn-queue
        0:03 go dawn 1s
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    0:02.000 trigger /segue/cue/dawn-queue (osc)
    0:02.000 cue dawn-queue
    0:02.000 wall: dawn waits for 2
    0:03.000 trigger go dawn (http)
    0:03.000 wall: rain dropped for dawn
    0:03.000 wall: dawn dropped for dawn
    0:03.000 wall to dawn in 1s
    0:04.000 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn finish_first_takes_the_place_of_what_waits() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/dawn-queue
        0:03 osc /segue/cue/rain-first
        0:03.2 osc /segue/cue/dawn-queue
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/dawn-queue (osc)
    0:02.000 cue dawn-queue
    0:02.000 wall: dawn waits for 1
    0:03.000 trigger /segue/cue/rain-first (osc)
    0:03.000 cue rain-first
    0:03.000 wall: dawn dropped for rain
    0:03.000 wall finish: neon
    0:03.000 wall: rain waits for 1
    0:03.200 trigger /segue/cue/dawn-queue (osc)
    0:03.200 cue dawn-queue
    0:03.200 wall: dawn waits for 2
    0:04.000 wall on neon
    0:04.000 wall to rain in 2s
    0:06.000 wall on rain
    0:06.000 wall to dawn in 2s
    0:08.000 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn finish_first_lets_a_paused_transition_arrive() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/transition/pause
        0:03 osc /segue/cue/rain-first
        0:10 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/transition/pause (osc)
    0:02.000 wall pause: neon
    0:03.000 trigger /segue/cue/rain-first (osc)
    0:03.000 cue rain-first
    0:03.000 wall finish: neon
    0:03.000 wall: rain waits for 1
    0:04.000 wall on neon
    0:04.000 wall to rain in 2s
    0:06.000 wall on rain
    0:10.000 then waits for Poll
    ");
}

#[test]
fn one_cue_can_be_a_whole_journey() {
    insta::assert_snapshot!(story(&show(), "
        0:01 osc /segue/cue/both
        0:10 end
    "), @r"
    0:01.000 trigger /segue/cue/both (osc)
    0:01.000 cue both
    0:01.000 wall to neon in 2s
    0:01.000 wall: rain waits for 1
    0:01.000 wall: dawn waits for 2
    0:03.000 wall on neon
    0:03.000 wall to rain in 2s
    0:05.000 wall on rain
    0:05.000 wall to dawn in 1s
    0:06.000 wall on dawn
    0:10.000 then waits for Poll
    ");
}

#[test]
fn a_queue_goes_on_while_the_api_is_away() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 2s
        0:01.5 api down
        0:02 osc /segue/cue/rain-queue
        0:20 api up
        0:30 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 2s
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    0:05.000 wall to rain in 2s
    0:24.277 wall on rain
    0:30.000 then waits for Poll
    ");
}

#[test]
fn at_the_end_of_the_show_nothing_waits() {
    insta::assert_snapshot!(story(&show(), "
        0:01 go neon 60s
        0:02 osc /segue/cue/rain-queue
        0:03 stop
        5:00 end
    "), @r"
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 1m
    0:02.000 trigger /segue/cue/rain-queue (osc)
    0:02.000 cue rain-queue
    0:02.000 wall: rain waits for 1
    5:00.000 silence
    ");
}

#[test]
fn no_more_may_wait_than_there_is_room_for_and_the_rest_is_counted() {
    let mut world = World::new(&show());
    world.run_until(time_of("0:01"));
    world.happen(osc("/segue/scene/neon", &["60"]));
    for _ in 0..20 {
        world.happen(osc("/segue/cue/rain-queue", &[]));
        world.happen(osc("/segue/cue/dawn-queue", &[]));
    }
    let waiting = &world.show.snapshot(world.now).streams[0].waiting;
    assert_eq!(waiting.len(), 16);
    assert_eq!((&*waiting[0], &*waiting[15]), ("rain", "dawn"));
    let refused: Vec<&str> = world.lines.lines().filter(|line| line.contains("refused")).collect();
    let told =
        "0:01.000 refused osc: too many transitions wait (1): rain on wall: 16 transitions wait already";
    assert_eq!(refused, [told], "told once, then counted");
    world.run_until(time_of("5:00"));
    let snapshot = &world.show.snapshot(world.now).streams[0];
    assert_eq!((&*snapshot.scene, snapshot.waiting.len()), ("dawn", 0));
    assert!(world.lines.contains("too many transitions wait (11)"), "{}", world.lines);
}

#[test]
fn a_stream_that_is_not_there_yet_keeps_its_queue() {
    let transcript = World::new(&show()).play(
        "
        0:00 api down
        0:00.5 go neon 2s
        0:01 osc /segue/cue/rain-queue
        0:10 end
    ",
    );
    let told: Vec<&str> = transcript.lines().filter(|line| !line.contains("failed")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    0:00.500 trigger go neon (http)
    0:00.500 wall to neon in 2s
    0:01.000 trigger /segue/cue/rain-queue (osc)
    0:01.000 cue rain-queue
    0:01.000 wall: rain waits for 1
    0:02.500 wall to rain in 2s
    0:10.000 then waits for Retry
    ");
}

/// One thing that happens in the walk below.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Scene and policy, both by place.
    Ask(usize, usize),
    Verb(&'static str),
    /// So many tenths of a second pass.
    Pass(u16),
}

const SCENES: [&str; 3] = ["dawn", "neon", "rain"];
const POLICIES: [&str; 4] = ["blend", "finish-first", "ignore", "queue"];

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => (0..3_usize, 0..4_usize).prop_map(|(scene, policy)| Deed::Ask(scene, policy)),
        1 => prop::sample::select(vec!["pause", "resume", "finish", "cut"]).prop_map(Deed::Verb),
        2 => (0..40_u16).prop_map(Deed::Pass),
    ];
    prop::collection::vec(deed, 1..40)
}

/// Returns whether the last that was told of the stream's way is that it arrived.
fn rests(world: &World) -> bool {
    let ways = ["to", "on", "pause:", "resume:", "finish:", "cut:"];
    let told = world.lines.lines().filter_map(|line| line.split_once(" wall ").map(|(_, what)| what));
    let last = told.filter_map(|what| what.split(' ').next()).rfind(|word| ways.contains(word));
    last == Some("on")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The rules, told as simply as they can be: a line of scenes, of which the first is the one gone to. Time takes
    /// from its front, asks change its end, and what is last in it at rest is shown, exactly.
    #[test]
    fn at_rest_the_stream_shows_what_the_policies_promise(deeds in deeds()) {
        let mut cues = String::from("cues:\n");
        for (scene, policy) in SCENES.iter().flat_map(|scene| POLICIES.iter().map(move |policy| (scene, policy))) {
            let _ = writeln!(cues, "  {scene}-{policy}: {{ scene: {scene}, fade: 2s, policy: {policy} }}");
        }
        let mut world = World::new(&SHOW.replace("inputs:", &format!("{cues}inputs:")));
        world.run_until(time_of("0:01"));
        let mut now = world.now.mono.0;
        let mut line = vec!["dawn"];
        for deed in deeds {
            let before = world.show.snapshot(world.now).streams[0].clone();
            // Only what has been gone to leaves the line, and in its order.
            let gone = line.len().checked_sub(1 + before.waiting.len());
            prop_assert!(gone.is_some(), "{:?} is promised, {:?} waits", line, before.waiting);
            line.drain(..gone.unwrap());
            prop_assert_eq!(line[0], &*before.scene);
            let rests = rests(&world);
            match deed {
                Deed::Ask(scene, policy) => {
                    let (scene, policy) = (SCENES[scene], POLICIES[policy]);
                    world.happen(osc(&format!("/segue/cue/{scene}-{policy}"), &[]));
                    match policy {
                        "ignore" if !rests => {}
                        "queue" | "finish-first" if !rests => {
                            if policy == "finish-first" {
                                line.truncate(1);
                            }
                            if line.last() != Some(&scene) && line.len() <= 16 {
                                line.push(scene);
                            }
                        }
                        _ => line = vec![scene],
                    }
                }
                Deed::Verb(verb) => world.happen(osc(&format!("/segue/transition/{verb}"), &[])),
                Deed::Pass(tenths) => {
                    now += Duration::from_millis(u64::from(tenths) * 100);
                    world.run_until(Mono(now));
                }
            }
            let after = world.show.snapshot(world.now).streams[0].clone();
            let told: Vec<&str> = std::iter::once(&*after.scene).chain(after.waiting.iter().map(|name| &**name)).collect();
            prop_assert!(line.ends_with(&told), "{:?} is promised, {:?} is told", line, told);
        }
        world.happen(osc("/segue/transition/resume", &[]));
        world.run_until(Mono(now + Duration::from_mins(5)));
        let rest = &world.show.snapshot(world.now).streams[0];
        prop_assert_eq!(Some(&&*rest.scene), line.last());
        prop_assert!(rest.transition.is_none() && rest.waiting.is_empty());
        let promised: &[(&str, f64)] = match *line.last().unwrap() {
            "dawn" => &[("mist", 1.0)],
            "neon" => &[("city", 1.0)],
            _ => &[("city", 0.5), ("rain", 0.5)],
        };
        let on: Vec<(&str, f64)> = rest.prompts.iter().filter(|entry| entry.1 != 0.0).map(|(text, weight)| (text.as_str().unwrap(), *weight)).collect();
        prop_assert_eq!(on, promised);
    }
}
