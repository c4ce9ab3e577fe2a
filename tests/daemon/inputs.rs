//! OSC, MQTT and cron move the stream, by smooth blends, to exact ends.

use std::time::Duration;

use serde_json::Value;

use super::show;
use crate::support::{
    broker::{Broker, Desk, Directory},
    eventually,
    house::{Simulator, Stage, http, prompts},
};

#[tokio::test]
async fn osc_blends_the_stream_to_a_scene_exactly_and_then_there_is_silence() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &["--latency", "20ms", "--jitter", "5ms"]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    simulator.shows(&[("mist", 1.0)]).await;

    daemon.osc("/segue/scene/neon", &[2.0]);
    simulator.shows(&[("mist", 0.0), ("city", 1.0)]).await;
    let requests = simulator.requests();
    let weights: Vec<f64> = requests
        .iter()
        .filter_map(prompts)
        .map(|list| list.iter().find(|(text, _)| text == "city").map_or(0.0, |entry| entry.1))
        .collect();
    assert!(weights.windows(2).all(|pair| pair[0] <= pair[1]), "it only ever rises: {weights:?}");
    assert!(weights.iter().any(|weight| (0.2..=0.8).contains(weight)), "it passes through: {weights:?}");
    assert_eq!(requests[0]["op"], "create");
    assert!(requests.iter().skip(1).all(|line| line["op"] == "update" && line["generation"] == "v1"));

    let state = daemon.until("the end", |state| state["streams"][0]["transition"].is_null()).await;
    assert_eq!(state["streams"][0]["scene"], "neon");
    // What follows is asked of the clock of the show itself: three status polls with no update between them.
    let sent = state["streams"][0]["updates"]["sent"].clone();
    for _ in 0..3 {
        let before = daemon.state().await["streams"][0]["health"]["read_seconds_ago"].as_f64();
        daemon
            .until("another status", |state| {
                state["streams"][0]["health"]["read_seconds_ago"].as_f64() < before
            })
            .await;
    }
    assert_eq!(daemon.state().await["streams"][0]["updates"]["sent"], sent, "at rest nothing is sent");
    assert_eq!(simulator.requests().len(), requests.len());
}

#[tokio::test]
async fn a_cue_a_bundle_and_a_route_are_other_ways_in() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;

    daemon.osc("/segue/cue/storm", &[1.0]);
    simulator.shows(&[("city", 0.25), ("rain", 0.75)]).await;

    let message = |address: &str| {
        rosc::OscPacket::Message(rosc::OscMessage { addr: address.to_owned(), args: Vec::new() })
    };
    let bundle = rosc::OscPacket::Bundle(rosc::OscBundle {
        timetag: rosc::OscTime { seconds: 0, fractional: 1 },
        content: vec![message("/segue/scene/rain"), message("/segue/wall/scene/neon")],
    });
    daemon.datagram(&rosc::encoder::encode(&bundle).unwrap());
    simulator.shows(&[("city", 1.0), ("rain", 0.0)]).await;

    let url = format!("{}/api/scenes/dawn/go?fade=0", daemon.web);
    assert_eq!(http().post(url).send().await.unwrap().status(), 202);
    simulator.shows(&[("mist", 1.0), ("city", 0.0)]).await;
}

#[tokio::test]
async fn mqtt_fires_scenes_and_tells_the_state_also_after_the_broker_was_gone() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let mut broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let port = broker.port();
    let text = show(&simulator, &stage, "").replace(
        "inputs:",
        &format!(
            "triggers:
  motion:
    when: {{ mqtt: gallery/+/motion, payload: {{ pointer: /occupancy, equals: true }} }}
    do: {{ scene: neon, fade: 0s }}
inputs:
  mqtt: {{ url: \"mqtt://127.0.0.1:{port}\", base: segue/test }}"
        ),
    );
    let daemon = stage.run(&text).await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;

    let mut desk = Desk::new(&broker).await;
    assert_eq!(desk.hear("segue/test/availability").await, ("online".to_owned(), true));
    desk.publish("gallery/north/motion", r#"{"occupancy": false}"#, false).await;
    desk.publish("gallery/north/motion", r#"{"occupancy": true}"#, false).await;
    simulator.shows(&[("city", 1.0)]).await;
    eventually("the state", async || {
        let (text, _) = desk.hear("segue/test/state").await;
        let state: Value = serde_json::from_str(&text).unwrap();
        (state["streams"]["wall"]["scene"] == "neon").then_some(())
    })
    .await;

    broker.stop();
    daemon.until("the loss", |state| state["broker_connected"] == false).await;
    // The show goes on without it.
    daemon.osc("/segue/scene/dawn", &[0.1]);
    simulator.shows(&[("mist", 1.0)]).await;

    broker.start().await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;
    let mut desk = Desk::new(&broker).await;
    desk.publish("segue/test/scene/set", r#"{"scene": "rain", "fade": 0}"#, false).await;
    simulator.shows(&[("city", 0.25), ("rain", 0.75)]).await;
    // A command that was kept from earlier is not obeyed; the next one shows that it was heard before.
    desk.publish("segue/test/scene/set", "dawn", true).await;
    simulator.shows(&[("mist", 1.0)]).await;

    daemon.process.signal("TERM");
    eventually("the farewell", async || {
        let (text, _) = desk.hear("segue/test/availability").await;
        (text == "offline").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_prompt_comes_in_by_every_door() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let port = broker.port();
    let text = show(&simulator, &stage, "").replace(
        "inputs:",
        &format!(
            "triggers:
  still: {{ when: {{ osc: /still }}, do: {{ transition: pause }} }}
  next: {{ when: {{ osc: /next }}, do: {{ scene: dawn, fade: 0s, policy: queue }} }}
inputs:
  mqtt: {{ url: \"mqtt://127.0.0.1:{port}\", base: segue/test }}"
        ),
    );
    let daemon = stage.run(&text).await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;

    let text = |text: &str| rosc::OscType::String(text.to_owned());
    let args = vec![text("a pine forest"), 0.7.into(), text("fog"), 0.3.into(), 0.0.into()];
    let message = rosc::OscMessage { addr: "/segue/prompt".to_owned(), args };
    daemon.datagram(&rosc::encoder::encode(&rosc::OscPacket::Message(message)).unwrap());
    simulator.shows(&[("a pine forest", 0.7), ("fog", 0.3)]).await;

    let mut desk = Desk::new(&broker).await;
    desk.publish("segue/test/prompt/set", r#"{"prompt": "harbour at dusk", "seed": 7, "fade": 0}"#, false)
        .await;
    simulator.shows(&[("harbour at dusk", 1.0), ("fog", 0.0)]).await;
    eventually("the state", async || {
        let (text, _) = desk.hear("segue/test/state").await;
        let state: Value = serde_json::from_str(&text).unwrap();
        (state["streams"]["wall"]["scene"] == "“harbour at dusk”").then_some(())
    })
    .await;

    let url = format!("{}/api/prompt", daemon.web);
    let answer = http().post(&url).body(r#"{"prompt": "snow", "fade": "60s"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    daemon.until("the prompt", |state| state["streams"][0]["scene"] == "“snow”").await;
    daemon.osc("/still", &[]);
    daemon.until("the pause", |state| state["streams"][0]["transition"]["paused"] == true).await;
    daemon.osc("/next", &[]);
    daemon.until("the queue", |state| state["streams"][0]["waiting"] == serde_json::json!(["dawn"])).await;
    daemon.osc("/segue/transition/cut", &[]);
    simulator.shows(&[("mist", 1.0), ("snow", 0.0)]).await;
    let state = daemon.until("the end", |state| state["streams"][0]["transition"].is_null()).await;
    assert_eq!(state["streams"][0]["waiting"], serde_json::json!([]));

    let answer = http().post(&url).body(r#"{"prompt": "bell\u0007"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(told["detail"].as_str().unwrap().contains("control character"), "{told}");
    let metrics = daemon.text("/metrics").await;
    assert!(metrics.contains("segue_transitions_total{stream=\"wall\",outcome=\"queued\"} 1"), "{metrics}");
    assert!(!metrics.contains("snow"), "a prompt is no label");
}

#[tokio::test]
async fn cron_fires_by_the_second_where_it_is_written_so() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "").replace(
        "inputs:",
        "triggers:
  even: { when: { cron: \"*/2 * * * * *\" }, do: { scene: neon, fade: 0s } }
  odd: { when: { cron: \"1-59/2 * * * * *\" }, do: { scene: dawn, fade: 0s } }
timezone: UTC
inputs:",
    );
    let daemon = stage.run(&text).await;
    let state = daemon.state().await;
    assert_eq!(state["upcoming"].as_array().unwrap().len(), 5);
    eventually("three changes", async || {
        let changes = simulator.requests().iter().skip(1).filter_map(prompts).count();
        (changes >= 3).then_some(())
    })
    .await;
    let metrics = daemon.text("/metrics").await;
    assert!(metrics.contains("segue_triggers_total{door=\"cron\"}"), "{metrics}");
}

#[tokio::test]
async fn garbage_is_counted_told_once_and_changes_nothing() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    let before = simulator.requests().len();
    for length in 1..200_usize {
        let bytes: Vec<u8> = (0..length * 7).map(|index| (index * 31 + length) as u8).collect();
        daemon.datagram(&bytes);
        daemon.osc("/segue/scene/nothing", &[1.0]);
        daemon.osc("/segue/scene/neon", &[f32::NAN]);
        daemon.osc("/segue/scene/neon", &[-8.0]);
        daemon.osc("/segue/scene/neon", &[3e38]);
    }
    eventually("the refusals", async || {
        let metrics = daemon.text("/metrics").await;
        let told = ["not OSC", "unknown scene", "bad fade"].iter().all(|reason| metrics.contains(reason));
        told.then_some(())
    })
    .await;
    assert_eq!(simulator.requests().len(), before, "the show is untouched");
    let told = daemon.process.log().matches("unknown scene").count();
    assert_eq!(told, 1, "told once and then counted");

    // And it is still there for what makes sense.
    daemon.osc("/segue/scene/neon", &[0.05]);
    simulator.shows(&[("city", 1.0)]).await;
    tokio::time::timeout(Duration::from_secs(5), daemon.text("/healthz")).await.unwrap();
}
