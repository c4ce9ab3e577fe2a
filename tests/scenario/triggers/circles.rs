//! Triggers that fire each other: they are stopped, flagged, told, and can be enabled again.

use super::{World, of_triggers, with_triggers};

#[test]
#[expect(clippy::too_many_lines, reason = "scripts and their transcripts, read as one")]
fn two_scenes_that_lead_to_each_other_are_stopped() {
    let show = with_triggers(
        "
  to: { when: { scene: { entered: neon } }, do: { scene: rain, fade: 200ms } }
  fro: { when: { scene: { entered: rain } }, do: { scene: neon, fade: 200ms } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 go neon 0s
        0:30 enable to
        0:40 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 200ms
    0:01.200 wall on rain
    0:01.200 trigger fro (show)
    0:01.200 wall to neon in 200ms
    0:01.400 wall on neon
    0:01.400 trigger to (show)
    0:01.400 wall to rain in 200ms
    0:01.600 wall on rain
    0:01.600 trigger fro (show)
    0:01.600 wall to neon in 200ms
    0:01.800 trigger to (show)
    0:01.800 wall to rain in 200ms
    0:02.000 trigger fro (show)
    0:02.000 wall to neon in 200ms
    0:02.200 trigger to (show)
    0:02.200 wall to rain in 200ms
    0:02.400 wall on rain
    0:02.400 trigger fro (show)
    0:02.400 wall to neon in 200ms
    0:02.600 wall on neon
    0:02.600 trigger to (show)
    0:02.600 wall to rain in 200ms
    0:02.800 wall on rain
    0:02.800 trigger fro (show)
    0:02.800 wall to neon in 200ms
    0:03.000 wall on neon
    0:03.000 trigger to (show)
    0:03.000 wall to rain in 200ms
    0:03.200 wall on rain
    0:03.200 trigger fro (show)
    0:03.200 wall to neon in 200ms
    0:03.400 wall on neon
    0:03.400 trigger to (show)
    0:03.400 wall to rain in 200ms
    0:03.600 wall on rain
    0:03.600 trigger fro (show)
    0:03.600 wall to neon in 200ms
    0:03.800 trigger to (show)
    0:03.800 wall to rain in 200ms
    0:04.000 trigger fro (show)
    0:04.000 wall to neon in 200ms
    0:04.200 trigger to (show)
    0:04.200 wall to rain in 200ms
    0:04.400 wall on rain
    0:04.400 trigger fro (show)
    0:04.400 wall to neon in 200ms
    0:04.600 wall on neon
    0:04.600 trigger to (show)
    0:04.600 wall to rain in 200ms
    0:04.800 wall on rain
    0:04.800 trigger fro (show)
    0:04.800 wall to neon in 200ms
    0:05.000 wall on neon
    0:05.000 trigger to (show)
    0:05.000 wall to rain in 200ms
    0:05.200 wall on rain
    0:05.200 trigger fro (show)
    0:05.200 wall to neon in 200ms
    0:05.400 wall on neon
    0:05.400 trigger to (show)
    0:05.400 wall to rain in 200ms
    0:05.600 wall on rain
    0:05.600 trigger fro (show)
    0:05.600 wall to neon in 200ms
    0:05.800 trigger to (show)
    0:05.800 wall to rain in 200ms
    0:06.000 trigger fro (show)
    0:06.000 wall to neon in 200ms
    0:06.200 trigger to (show)
    0:06.200 wall to rain in 200ms
    0:06.400 wall on rain
    0:06.400 trigger fro (show)
    0:06.400 wall to neon in 200ms
    0:06.600 wall on neon
    0:06.600 trigger to (show)
    0:06.600 wall to rain in 200ms
    0:06.800 wall on rain
    0:06.800 trigger fro (show)
    0:06.800 wall to neon in 200ms
    0:07.000 wall on neon
    0:07.000 trigger to (show)
    0:07.000 wall to rain in 200ms
    0:07.200 wall on rain
    0:07.200 trigger fro (show)
    0:07.200 wall to neon in 200ms
    0:07.400 wall on neon
    0:07.400 trigger to (show)
    0:07.400 wall to rain in 200ms
    0:07.600 wall on rain
    0:07.600 trigger fro (show)
    0:07.600 wall to neon in 200ms
    0:07.800 trigger to (show)
    0:07.800 wall to rain in 200ms
    0:08.000 trigger fro (show)
    0:08.000 wall to neon in 200ms
    0:08.200 trigger to (show)
    0:08.200 wall to rain in 200ms
    0:08.400 wall on rain
    0:08.400 trigger fro (show)
    0:08.400 wall to neon in 200ms
    0:08.600 wall on neon
    0:08.600 trigger to (show)
    0:08.600 wall to rain in 200ms
    0:08.800 wall on rain
    0:08.800 trigger fro (show)
    0:08.800 wall to neon in 200ms
    0:09.000 wall on neon
    0:09.000 to stopped: it fired more than 20 times within 10 s, and no hand was in it
    0:30.000 trigger enable to (http)
    0:30.000 to enabled
    ");
}

#[test]
fn a_chain_at_one_instant_is_stopped_at_once() {
    let show = with_triggers(
        "
  to: { when: { scene: { entered: neon } }, do: { scene: rain, fade: 0s } }
  fro: { when: { scene: { entered: rain } }, do: { scene: neon, fade: 0s } }
",
    );
    insta::assert_snapshot!(of_triggers(&show, "
        0:01 go neon 0s
        0:30 end
    "), @r"
    0:00.102 wall on dawn
    0:01.000 trigger go neon (http)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 0s
    0:01.000 trigger fro (show)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 0s
    0:01.000 trigger fro (show)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 0s
    0:01.000 trigger fro (show)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 0s
    0:01.000 trigger fro (show)
    0:01.000 wall to neon in 0s
    0:01.000 trigger to (show)
    0:01.000 wall to rain in 0s
    0:01.000 fro stopped: it is the end of a chain of more than 8 triggers that fire each other
    0:01.200 wall on rain
    ");
}

#[test]
fn a_hand_may_fire_as_often_as_it_likes() {
    let show = with_triggers(
        "
  pad: { when: { osc: /pad }, do: { scene: neon } }
",
    );
    let mut world = World::new(&show);
    world.obey("api up");
    for at in 0..200 {
        world.run_until(super::millis(1000 + at * 20));
        world.obey("osc /pad 1");
    }
    let told = &world.show.snapshot(world.now).triggers[0];
    assert_eq!((told.fired, told.looping, told.enabled), (200, false, true));
}
