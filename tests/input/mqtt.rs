//! MQTT against a real broker.

use std::time::Duration;

use segue::{
    input::{
        inbox::Inbox,
        mqtt::{self, PAYLOAD_MAX, Settings, outbox::Outbox},
    },
    show::{
        event::{Door, Event, MqttMessage},
        topic::TopicFilter,
    },
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use super::{wait_for, within};
use crate::support::{
    broker::{Broker, Desk, Directory, program},
    eventually,
};

/// The input under test, running.
pub(super) struct Input {
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) wanted: watch::Sender<Option<Settings>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Input {
    pub(super) fn start(settings: Settings) -> Self {
        let inbox = Inbox::new(Box::new(|_| None));
        let outbox = Outbox::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (wanted, current) = watch::channel(Some(settings));
        let run = mqtt::run(current, inbox.clone(), outbox.clone(), async {
            let _ = stopped.await;
        });
        Self { inbox, outbox, wanted, stop, task: tokio::spawn(run) }
    }

    /// Waits for news of the broker, and returns its words.
    pub(super) async fn news(&self, expected: bool) -> String {
        let what = if expected { "a session" } else { "the loss of the session" };
        wait_for(&self.inbox, what, |event| match event {
            Event::Broker { connected, detail } if *connected == expected => Some(detail.clone()),
            _ => None,
        })
        .await
    }

    pub(super) async fn message(&self, topic: &str) -> MqttMessage {
        wait_for(&self.inbox, topic, |event| match event {
            Event::Mqtt(message) if message.topic == topic => Some(message.clone()),
            _ => None,
        })
        .await
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        within("the leave-taking", self.task).await.unwrap();
    }
}

pub(super) fn settings(port: u16) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: None,
        client_id: "segue-test".to_owned(),
        user: None,
        password: None,
        base: "segue".to_owned(),
        filters: ["hall/+/motion", "show/#"].map(|filter| TopicFilter::try_from(filter).unwrap()).to_vec(),
        keep_alive: Duration::from_secs(5),
    }
}

#[tokio::test]
async fn messages_come_in_by_the_filters_as_they_are() {
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    desk.publish("show/scene", "dawn", true).await;
    let input = Input::start(settings(broker.port()));
    let message = |topic: &str, payload: &[u8], retained| MqttMessage {
        topic: topic.to_owned(),
        payload: payload.to_vec(),
        retained,
    };
    assert_eq!(input.news(true).await, format!("connected to 127.0.0.1:{}", broker.port()));
    assert_eq!(input.message("show/scene").await, message("show/scene", b"dawn", true));
    desk.publish("hall/3/lux", "12", false).await;
    desk.publish("hall/3/motion", b"\xff\x00", false).await;
    let first = wait_for(&input.inbox, "a message", |event| Some(event.clone())).await;
    assert_eq!(first, Event::Mqtt(message("hall/3/motion", b"\xff\x00", false)));
    drop(desk);
    let mut late = Desk::new(&broker).await;
    assert_eq!(late.hear("segue/availability").await, ("online".to_owned(), true), "it is retained");
}

#[tokio::test]
async fn an_absent_broker_is_tried_until_it_is_there_and_again_when_it_was_gone() {
    let mut broker = Broker::new(Directory::new(), "allow_anonymous true");
    let input = Input::start(settings(broker.port()));
    let detail = input.news(false).await;
    assert!(detail.contains("refused"), "{detail}");
    input.outbox.set("segue/scene", "dawn", true).unwrap();

    for _ in 0..2 {
        broker.start().await;
        input.news(true).await;
        let mut desk = Desk::new(&broker).await;
        assert_eq!(desk.hear("segue/availability").await.0, "online");
        assert_eq!(desk.hear("segue/scene").await.0, "dawn");
        // The broker forgot the subscriptions with everything else.
        desk.publish("hall/1/motion", "1", false).await;
        assert_eq!(input.message("hall/1/motion").await.payload, b"1");
        broker.stop();
        input.news(false).await;
    }
}

#[tokio::test]
async fn whoever_listens_knows_whether_we_are_there() {
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    let input = Input::start(settings(broker.port()));
    assert_eq!(desk.hear("segue/availability").await.0, "online");
    input.news(true).await;
    input.outbox.set("segue/last", "words", false).unwrap();
    input.stop().await;
    assert_eq!(desk.hear("segue/last").await.0, "words");
    assert_eq!(desk.hear("segue/availability").await.0, "offline");

    // Not a farewell but an end: the broker speaks for us.
    let input = Input::start(settings(broker.port()));
    assert_eq!(desk.hear("segue/availability").await.0, "online");
    input.task.abort();
    assert_eq!(desk.hear("segue/availability").await.0, "offline");
    drop(desk);
    let mut late = Desk::new(&broker).await;
    assert_eq!(late.hear("segue/availability").await, ("offline".to_owned(), true), "it is retained");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_is_let_in() {
    let directory = Directory::new();
    let passwords = directory.write("passwords", "");
    let made = std::process::Command::new(program("mosquitto_passwd"))
        .args(["-b", &passwords, "segue", "right"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let config = format!("allow_anonymous false\npassword_file {passwords}");
    let mut broker = Broker::new(directory, &config);
    broker.start().await;
    let with = |password: &str| Settings {
        user: Some("segue".to_owned()),
        password: Some(password.to_owned().into()),
        ..settings(broker.port())
    };
    let wrong = Input::start(with("wrong"));
    let detail = wrong.news(false).await;
    assert!(detail.contains("refuses us: not authorised"), "{detail}");
    assert!(!detail.contains("wrong"), "the password is nobody's business: {detail}");
    wrong.stop().await;
    Input::start(with("right")).news(true).await;
}

#[tokio::test]
async fn a_payload_that_is_too_large_is_counted_and_the_session_goes_on() {
    let broker = Broker::open().await;
    let input = Input::start(settings(broker.port()));
    input.news(true).await;
    let mut desk = Desk::new(&broker).await;
    desk.publish("show/picture", vec![0; PAYLOAD_MAX + 1], false).await;
    desk.publish("show/largest", vec![1; PAYLOAD_MAX], false).await;
    let mut events = Vec::new();
    let both = async {
        while events.len() < 2 {
            input.inbox.ready().await;
            events.extend(input.inbox.drain());
        }
    };
    within("both messages", both).await;
    let refused = Event::Refused {
        input: Door::Mqtt,
        reason: "payload too large",
        count: 1,
        example: format!("`show/picture`: {} bytes", PAYLOAD_MAX + 1),
    };
    let largest =
        MqttMessage { topic: "show/largest".to_owned(), payload: vec![1; PAYLOAD_MAX], retained: false };
    assert!(events.contains(&refused) && events.contains(&Event::Mqtt(largest)) && events.len() == 2);
}

#[tokio::test]
async fn values_set_faster_than_they_are_sent_end_with_the_last() {
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    let input = Input::start(settings(broker.port()));
    input.news(true).await;
    for n in 0..10_000 {
        input.outbox.set("segue/fps", n.to_string(), true).unwrap();
    }
    input.outbox.set("segue/end", "", false).unwrap();
    assert_eq!(desk.hear("segue/fps").await.0, "9999");
    desk.hear("segue/end").await;
}

#[tokio::test]
async fn other_filters_are_asked_for_within_the_session_and_another_broker_in_a_new_one() {
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    let input = Input::start(settings(broker.port()));
    input.news(true).await;
    assert_eq!(desk.hear("segue/availability").await.0, "online");
    desk.publish("foyer/lux", "12", true).await;
    let filters = |names: &[&str]| Settings {
        filters: names.iter().map(|name| TopicFilter::try_from(*name).unwrap()).collect(),
        ..settings(broker.port())
    };
    input.wanted.send(Some(filters(&["foyer/#", "show/#"]))).unwrap();
    assert_eq!(input.message("foyer/lux").await.payload, b"12");
    // Nobody listens to the hall any more: what comes first is what was sent last.
    desk.publish("hall/1/motion", "1", false).await;
    desk.publish("show/scene", "dawn", false).await;
    let first = wait_for(&input.inbox, "a message", |event| match event {
        Event::Mqtt(message) => Some(message.topic.clone()),
        _ => None,
    })
    .await;
    assert_eq!(first, "show/scene");

    let other = Broker::open().await;
    input.wanted.send(Some(settings(other.port()))).unwrap();
    assert_eq!(
        desk.hear("segue/availability").await.0,
        "offline",
        "it took leave, and had not done so before"
    );
    assert_eq!(input.news(true).await, format!("connected to 127.0.0.1:{}", other.port()));
    input.wanted.send(None).unwrap();
    // Whoever asks late may still hear that it was there, and then hears that it left.
    let mut late = Desk::new(&other).await;
    while late.hear("segue/availability").await.0 != "offline" {}
}

#[tokio::test]
async fn of_two_in_a_group_only_one_hears_each_command() {
    let broker = Broker::open().await;
    let member = |name: &str| {
        let filters = ["$share/wall/segue/scene/set", "segue/end"];
        let filters = filters.map(|filter| TopicFilter::try_from(filter).unwrap()).to_vec();
        Input::start(Settings { client_id: name.to_owned(), filters, ..settings(broker.port()) })
    };
    let (left, right) = (member("left"), member("right"));
    left.news(true).await;
    right.news(true).await;
    let mut desk = Desk::new(&broker).await;
    // Each is there when it hears what is not shared.
    for input in [&left, &right] {
        eventually("the subscriptions", async || {
            desk.publish("segue/end", "", false).await;
            input.inbox.drain().iter().any(|event| matches!(event, Event::Mqtt(_))).then_some(())
        })
        .await;
    }
    for n in 0..10 {
        desk.publish("segue/scene/set", n.to_string(), false).await;
    }
    desk.publish("segue/end", "last", false).await;
    let mut heard = Vec::new();
    for input in [&left, &right] {
        let mut last = false;
        within("the last message", async {
            while !last {
                input.inbox.ready().await;
                for event in input.inbox.drain() {
                    match event {
                        Event::Mqtt(message) if message.payload == b"last" => last = true,
                        Event::Mqtt(message) if message.topic == "segue/scene/set" => {
                            heard.push(message.payload);
                        }
                        _ => {}
                    }
                }
            }
        })
        .await;
    }
    heard.sort();
    let all: Vec<Vec<u8>> = (0..10).map(|n| n.to_string().into_bytes()).collect();
    assert_eq!(heard, all, "each once");
    // When one goes, the other hears all of it.
    left.stop().await;
    for n in 0..4 {
        desk.publish("segue/scene/set", format!("alone {n}"), false).await;
        let _ = within("what is for all", right.message("segue/scene/set")).await;
    }
}
