//! The daemon itself: frozen as by a suspended machine, and told to end at a bad moment.

use std::{os::unix::net::UnixDatagram, time::Duration};

use serde_json::json;

use super::{is_fading, meanwhile, plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        eventually,
        house::{Simulator, Stage, prompts},
    },
};

#[tokio::test]
async fn frozen_in_a_fade_and_thawed_it_is_where_the_clock_says_with_one_update() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let stage =
        Stage::new(&directory).with("NOTIFY_SOCKET", path.to_str().unwrap()).with("WATCHDOG_USEC", "1000000");
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/neon", &[3.0]);
    is_fading(&daemon).await;
    daemon.process.signal("STOP");
    // Longer than the fade has left. What is on its way to the API arrives meanwhile.
    meanwhile(Duration::from_millis(3500)).await;
    let before = simulator.requests().len();
    while socket.recv(&mut [0; 4096]).is_ok() {}
    daemon.process.signal("CONT");
    rests_on(&daemon, &simulator, "neon").await;
    let after: Vec<_> = simulator.requests()[before..].iter().filter_map(prompts).collect();
    assert_eq!(after.len(), 1, "one update, and that is the end: {after:?}");
    eventually("the watchdog's food", async || {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).ok()?;
        std::str::from_utf8(&buffer[..length]).unwrap().contains("WATCHDOG=1").then_some(())
    })
    .await;
}

#[tokio::test]
async fn told_to_end_in_a_fade_it_ends_in_order_and_the_next_start_has_the_same_stream() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &["--latency", "100ms"]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.run(&text).await;
    let id = rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/neon", &[20.0]);
    is_fading(&daemon).await;
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.ended().await.code(), Some(0));
    assert!(!daemon.process.log().contains("in time"), "{}", daemon.process.log());
    let daemon = stage.run(&text).await;
    assert_eq!(plays(&daemon, &simulator, "rain").await, id);
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
}

#[tokio::test]
async fn told_to_end_in_a_create_it_waits_for_the_stream_and_remembers_it() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    simulator.fault(json!([{ "route": "create", "fault": { "kind": "slow_body", "seconds": 1 } }])).await;
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.start(&text);
    eventually("the create", async || (simulator.creates() == 1).then_some(())).await;
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.ended().await.code(), Some(0));
    let daemon = stage.run(&text).await;
    plays(&daemon, &simulator, "neon").await;
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
}

#[tokio::test]
async fn told_to_end_in_a_create_it_deletes_what_it_created_where_that_is_wanted() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    simulator.fault(json!([{ "route": "create", "fault": { "kind": "slow_body", "seconds": 1 } }])).await;
    let stage = Stage::new(&directory);
    let mut daemon = stage.start(&show(&simulator, &stage, "on_exit: delete"));
    eventually("the create", async || (simulator.creates() == 1).then_some(())).await;
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.ended().await.code(), Some(0));
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 0));
}
