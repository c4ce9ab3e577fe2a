//! Bad days: an API that is down, refuses, forgets; what the stream ends up with.

use std::{collections::BTreeMap, sync::Arc};

use segue::show::event::Own;

use super::{
    SHOW, play,
    world::{MORNING, World},
};

#[test]
fn an_api_that_is_down_costs_smoothness_and_nothing_else() {
    let transcript = play(
        SHOW,
        "
        0:01 go neon 4s
        0:02 api down
        0:12 api up
        0:30 end
    ",
    );
    let last = transcript.lines().rev().find(|line| line.contains("update wall")).unwrap();
    assert!(last.contains("mist 0.0 city 1.0"), "{transcript}");
    let failed = transcript.lines().filter(|line| line.contains("update failed")).count();
    assert!((4..=20).contains(&failed), "{failed} tries\n{transcript}");
    assert!(transcript.contains("update healed after"), "{transcript}");
    assert!(transcript.contains("wall on neon"), "{transcript}");
}

#[test]
fn a_look_that_is_refused_is_not_sent_again_until_it_is_another() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 api refuses
        0:02 go neon 0s
        1:00 api up
        2:00 go rain 0s
        2:10 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:02.000 trigger go neon (http)
    0:02.000 wall to neon in 0s
    0:02.100 update failed: Refused (1)
    2:00.000 trigger go rain (http)
    2:00.000 wall to rain in 0s
    2:00.000 update wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    2:00.100 update healed after 1
    2:00.100 wall on rain
    2:10.000 then waits for Poll
    ");
}

#[test]
fn a_stream_that_is_gone_is_created_again_with_the_look_of_the_moment() {
    insta::assert_snapshot!(play(SHOW, "
        0:05 go neon 0s
        2:00 api forgets
        2:01 go rain 0s
        2:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.000 trigger go neon (http)
    0:05.000 wall to neon in 0s
    0:05.000 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:05.100 wall on neon
    2:01.000 trigger go rain (http)
    2:01.000 wall to rain in 0s
    2:01.100 update failed: NotFound (1)
    2:01.200 wall lost, creating another
    2:01.201 create wall | prompt mist 0.0 city 0.5 rain 0.5 | seed 1 0.0 2 1.0
    2:01.301 wall created as str_2
    2:01.302 wall on rain
    2:20.000 then waits for Retry
    ");
}

#[test]
fn a_backend_that_starts_anew_is_sent_the_whole_look() {
    let show = SHOW.replace("every: 1h", "every: 10s");
    insta::assert_snapshot!(play(&show, "
        0:05 api restarts
        0:25 api restarts
        0:50 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:31.524 wall sent again: its session started anew
    0:31.524 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:50.000 then waits for Poll
    ");
}

#[test]
fn a_stream_that_was_ours_is_found_again_and_not_created_twice() {
    let memories =
        BTreeMap::from([(Arc::from("wall"), Own::Created { id: "str_old".into(), untold: false }.into())]);
    let mut world = World::at(SHOW, MORNING, &memories);
    world.api.streams.insert("str_old".to_owned(), serde_json::Map::new());
    insta::assert_snapshot!(world.play("0:10 end"), @r"
    0:00.100 wall attached to str_old
    0:00.100 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.200 wall on dawn
    0:00.200 wall is ONLINE
    0:10.000 then waits for Poll
    ");
    let world = World::at(SHOW, MORNING, &memories);
    insta::assert_snapshot!(world.play("0:10 end"), @r"
    0:00.100 wall lost, creating another
    0:00.201 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.301 wall created as str_1
    0:00.302 wall on dawn
    0:00.402 wall is ONLINE
    0:10.000 then waits for Retry
    ");
}

#[test]
fn a_create_whose_answer_is_lost_is_looked_for_by_its_name_and_adopted() {
    insta::assert_snapshot!(play(SHOW, "
        0:00 api loses answers
        0:02 api hears
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 create failed: Timeout (1)
    0:05.201 list healed after 1
    0:05.201 wall attached to str_1
    0:05.202 update wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:05.302 wall on dawn
    0:05.302 wall is ONLINE
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_create_that_a_crash_cut_short_is_looked_for_at_the_next_start() {
    let memories =
        BTreeMap::from([(Arc::from("wall"), Own::Creating { name: "segue wall 1".into() }.into())]);
    let world = World::at(SHOW, MORNING, &memories);
    insta::assert_snapshot!(world.play("0:40 end"), @r"
    0:20.501 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:20.601 wall created as str_1
    0:20.602 wall on dawn
    0:20.702 wall is ONLINE
    0:40.000 then waits for Poll
    ");
}

#[test]
fn a_stream_that_the_show_file_names_is_waited_for_and_never_created() {
    let show = SHOW.replace("start: dawn", "start: dawn\n    stream: str_theirs");
    insta::assert_snapshot!(play(&show, "2:00 end"), @r"
    0:00.100 wall lost, waiting for it to come back
    2:00.000 wall ALARM there is no stream to drive: the backend does not know the stream
    2:00.000 then waits for Retry
    ");
}

#[test]
fn at_the_end_a_stream_is_kept_or_deleted_as_the_show_file_says() {
    insta::assert_snapshot!(play(SHOW, "0:05 stop\n0:06 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:06.000 silence
    ");
    let show = SHOW.replace("start: dawn", "start: dawn\n    on_exit: delete");
    insta::assert_snapshot!(play(&show, "0:05 stop\n0:06 end"), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:05.100 wall deleted
    0:06.000 silence
    ");
}

#[test]
fn an_api_that_asks_for_time_gets_it() {
    insta::assert_snapshot!(play(SHOW, "
        0:01 api throttles
        0:02 go neon 0s
        0:03 api up
        0:20 end
    "), @r"
    0:00.001 create wall | prompt mist 1.0 city 0.0 rain 0.0 | seed 1 1.0 2 0.0
    0:00.101 wall created as str_1
    0:00.102 wall on dawn
    0:00.202 wall is ONLINE
    0:02.000 trigger go neon (http)
    0:02.000 wall to neon in 0s
    0:02.100 update failed: TooMany (1)
    0:06.100 update wall | prompt mist 0.0 city 1.0 rain 0.0 | seed 1 0.0 2 1.0
    0:06.200 update healed after 1
    0:06.200 wall on neon
    0:20.000 then waits for Poll
    ");
}

#[test]
fn a_stream_that_is_lost_again_and_again_is_not_created_for_ever() {
    let turn =
        |minute: u32| format!("{minute}:00 api forgets\n{minute}:01 go rain 0s\n{minute}:30 go dawn 0s\n");
    let script = (1..9).map(turn).collect::<Vec<_>>().concat();
    let transcript = play(SHOW, &format!("{script}59:00 end\n70:00 end"));
    assert_eq!(transcript.matches("created as").count(), 6 + 1, "{transcript}");
    assert!(transcript.contains("with the next"), "somebody is told\n{transcript}");
}

#[test]
fn a_key_that_is_refused_is_tried_each_half_minute() {
    let transcript = play(
        SHOW,
        "
        0:01 api locks
        0:02 go neon 0s
        2:03 api up
        3:00 end
    ",
    );
    assert_eq!(transcript.matches("update failed: Key").count(), 5, "{transcript}");
    assert!(transcript.contains("update healed after 5"), "{transcript}");
}

#[test]
fn what_became_of_an_update_whose_answer_is_lost_is_not_guessed() {
    // Neon was applied and nobody heard of it; going back to dawn must not be taken for staying there.
    let transcript = play(
        SHOW,
        "
        0:05 api loses answers
        0:06 go neon 0s
        0:06.05 go dawn 0s
        0:06.06 api hears
        0:20 end
    ",
    );
    let last = transcript.lines().rev().find(|line| line.contains("update wall")).unwrap();
    assert!(last.contains("mist 1.0 city 0.0"), "{transcript}");
}
