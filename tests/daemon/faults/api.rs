//! The API's process: gone, frozen, back with nothing in its memory.

use super::{api_is_troubled, is_fading, look, plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        house::{Simulator, Stage},
    },
};

/// Short enough for a test to see a request time out.
const HASTE: &str = "timeouts: { create: 2s, update: 1s, status: 1s }";

#[tokio::test]
async fn gone_in_a_fade_and_back_with_an_empty_memory_one_new_stream_shows_what_is_on_by_then() {
    let directory = Directory::new();
    let mut simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, HASTE)).await;
    let old = rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/neon", &[2.0]);
    is_fading(&daemon).await;
    simulator.process.kill();
    daemon.until("the trouble", api_is_troubled).await;
    // The show goes on without it: the fade to another scene is over when the API is back.
    daemon.osc("/segue/scene/rain", &[0.3]);
    daemon
        .until("the end of the fade", |state| {
            state["streams"][0]["scene"] == "rain" && state["streams"][0]["transition"].is_null()
        })
        .await;

    let address = simulator.url.strip_prefix("http://").unwrap().to_owned();
    drop(simulator);
    let simulator = Simulator::start_at(&directory, &address, &["--seed", "1"]);
    let new = rests_on(&daemon, &simulator, "rain").await;
    assert_ne!(old, new);
    assert_eq!(plays(&daemon, &simulator, "dawn").await, new);
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
    daemon.until("peace", |state| !api_is_troubled(state)).await;
}

#[tokio::test]
async fn frozen_in_a_fade_and_thawed_it_shows_the_scene_that_was_asked_for_last() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, HASTE)).await;
    let id = rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/neon", &[2.0]);
    is_fading(&daemon).await;
    simulator.process.signal("STOP");
    daemon
        .until("an update that is not answered", |state| {
            state["streams"][0]["updates"]["failed"].as_u64().unwrap() > 0
        })
        .await;
    daemon.osc("/segue/scene/rain", &[0.3]);
    daemon.until("the end of the fade", |state| state["streams"][0]["transition"].is_null()).await;
    simulator.process.signal("CONT");
    assert_eq!(daemon.rests_on(&simulator, "rain", look("rain")).await, id);
    daemon.until("peace", |state| !api_is_troubled(state)).await;
    assert_eq!(rests_on(&daemon, &simulator, "rain").await, id, "nothing late has overtaken it");
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
}
