//! The broker: frozen, gone, upgraded and back on its port with nothing in its memory.

use std::time::Duration;

use serde_json::Value;

use super::{look, meanwhile, plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::{Broker, Desk, Directory},
        eventually,
        house::{Simulator, Stage},
    },
};

/// The show with a trigger and topics of its own at a broker.
fn with_broker(text: &str, broker: &Broker) -> String {
    let port = broker.port();
    text.replace(
        "inputs:",
        &format!(
            "triggers:
  motion: {{ when: {{ mqtt: gallery/motion }}, do: {{ scene: neon, fade: 200ms }} }}
inputs:
  mqtt: {{ url: \"mqtt://127.0.0.1:{port}\", base: segue/test }}"
        ),
    )
}

/// Waits until the board says that a scene is on.
async fn board_says(desk: &mut Desk, scene: &str) {
    eventually("the board", async || {
        let (text, retained_or_new) = desk.hear("segue/test/state").await;
        let state: Value = serde_json::from_str(&text).unwrap();
        let wall = &state["streams"]["wall"];
        (wall["scene"] == scene && wall["progress"] == 1.0).then_some(retained_or_new)
    })
    .await;
}

#[tokio::test]
async fn frozen_thawed_killed_and_started_again_its_triggers_work_and_its_topics_are_there() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let mut broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let daemon = stage.run(&with_broker(&show(&simulator, &stage, ""), &broker)).await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;

    broker.signal("STOP");
    plays(&daemon, &simulator, "rain").await;
    broker.signal("CONT");
    let mut desk = Desk::new(&broker).await;
    board_says(&mut desk, "rain").await;
    desk.publish("gallery/motion", "on", false).await;
    rests_on(&daemon, &simulator, "neon").await;

    broker.stop();
    daemon.until("the loss", |state| state["broker_connected"] == false).await;
    plays(&daemon, &simulator, "dawn").await;
    broker.start().await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;
    let mut desk = Desk::new(&broker).await;
    assert_eq!(desk.hear("segue/test/availability").await.0, "online");
    board_says(&mut desk, "dawn").await;
    desk.publish("gallery/motion", "on", false).await;
    rests_on(&daemon, &simulator, "neon").await;
}

#[tokio::test]
#[ignore = "the keep-alive of 15 s has to run out twice"]
async fn frozen_for_long_it_counts_as_lost_and_is_found_again() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let daemon = stage.run(&with_broker(&show(&simulator, &stage, ""), &broker)).await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;
    broker.signal("STOP");
    meanwhile(Duration::from_secs(25)).await;
    daemon.until("the loss", |state| state["broker_connected"] == false).await;
    plays(&daemon, &simulator, "rain").await;
    broker.signal("CONT");
    daemon.until("the broker", |state| state["broker_connected"] == true).await;
    let mut desk = Desk::new(&broker).await;
    desk.publish("gallery/motion", "on", false).await;
    daemon.rests_on(&simulator, "neon", look("neon")).await;
}
