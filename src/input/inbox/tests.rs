//! What waits, what is replaced and what has to go.

use super::*;

fn inbox() -> Inbox {
    Inbox::new(Box::new(|message| message.address.starts_with("/fader/").then(Vec::new)))
}

fn osc(address: &str, value: f64) -> OscPacket {
    let message = OscMessage { address: address.to_owned(), args: vec![Arg::Number(value)] };
    OscPacket { messages: vec![message], due: None }
}

fn mqtt(topic: &str, size: usize) -> MqttMessage {
    MqttMessage { topic: topic.to_owned(), payload: vec![0; size], retained: false }
}

#[test]
fn of_a_fader_only_the_newest_value_waits_and_it_takes_the_newest_place() {
    let inbox = inbox();
    inbox.push_osc(osc("/fader/1", 0.1));
    inbox.push_osc(osc("/cue/left", 1.0));
    inbox.push_osc(osc("/fader/2", 0.2));
    inbox.push_osc(osc("/cue/left", 0.0));
    inbox.push_osc(osc("/fader/1", 0.9));
    let expected = [("/cue/left", 1.0), ("/fader/2", 0.2), ("/cue/left", 0.0), ("/fader/1", 0.9)];
    assert_eq!(inbox.drain(), expected.map(|(address, value)| Event::Osc(osc(address, value))));
    assert_eq!(inbox.drain(), []);
}

#[test]
fn bundles_time_tags_and_patterns_are_never_merged() {
    let inbox = inbox();
    let tagged = OscPacket { due: Some(jiff::Timestamp::UNIX_EPOCH), ..osc("/fader/1", 0.1) };
    let bundle = OscPacket {
        messages: [osc("/fader/1", 0.2).messages, osc("/fader/1", 0.3).messages].concat(),
        due: None,
    };
    let packets =
        [tagged.clone(), tagged, bundle.clone(), bundle, osc("/fader/*", 0.4), osc("/fader/*", 0.5)];
    for packet in &packets {
        inbox.push_osc(packet.clone());
    }
    assert_eq!(inbox.drain(), packets.map(Event::Osc));
}

#[test]
fn a_full_queue_gives_up_its_oldest_and_says_so() {
    let inbox = inbox();
    for value in 0..EVENTS_MAX + 3 {
        inbox.push_osc(osc("/cue", value as f64));
    }
    assert_eq!(inbox.dropped(), 3);
    let events = inbox.drain();
    assert_eq!(events.len(), EVENTS_MAX + 1);
    assert_eq!(events[0], Event::Osc(osc("/cue", 3.0)));
    assert_eq!(
        events[EVENTS_MAX],
        Event::Refused { input: Door::Osc, reason: QUEUE_FULL, count: 3, example: "/cue".to_owned() }
    );
}

#[test]
fn a_flood_through_one_door_leaves_the_others_alone() {
    let inbox = inbox();
    inbox.push_mqtt(mqtt("first", 1));
    inbox.push(Event::Stop);
    for value in 0..2 * EVENTS_MAX {
        inbox.push_osc(osc("/cue", value as f64));
    }
    let events = inbox.drain();
    assert_eq!(events[..2], [Event::Mqtt(mqtt("first", 1)), Event::Stop]);
}

#[test]
fn large_payloads_are_bounded_by_bytes() {
    let inbox = inbox();
    for _ in 0..20 {
        inbox.push_mqtt(mqtt("large", BYTES_MAX / 16));
    }
    assert_eq!(inbox.dropped(), 5, "16 of them and their topics are more than the limit");
    assert_eq!(inbox.drain().len(), 15 + 1);
}

#[test]
fn too_many_continuous_addresses_are_queued_in_order() {
    let inbox = inbox();
    for n in 0..CONTINUOUS_MAX + 2 {
        inbox.push_osc(osc(&format!("/fader/{n}"), 0.0));
    }
    inbox.push_osc(osc(&format!("/fader/{}", CONTINUOUS_MAX + 1), 1.0));
    inbox.push_osc(osc("/fader/0", 1.0));
    let events = inbox.drain();
    assert_eq!(events.len(), CONTINUOUS_MAX + 3);
    assert_eq!(events.last(), Some(&Event::Osc(osc("/fader/0", 1.0))));
    assert_eq!(inbox.dropped(), 0);
}

#[test]
fn refusals_are_counted_by_reason_with_the_first_example_made_printable() {
    let inbox = inbox();
    inbox.refuse(Door::Osc, "not OSC", "\x1b[2J\nfirst");
    inbox.refuse(Door::Osc, "not OSC", "second");
    inbox.refuse(Door::Mqtt, "too large", "x".repeat(10_000));
    let long = format!("{}…", "x".repeat(EXAMPLE_MAX));
    let refused = |input, reason, count, example: &str| Event::Refused {
        input,
        reason,
        count,
        example: example.to_owned(),
    };
    assert_eq!(
        inbox.drain(),
        [
            refused(Door::Osc, "not OSC", 2, "\u{fffd}[2J\u{fffd}first"),
            refused(Door::Mqtt, "too large", 1, &long)
        ]
    );
}

#[tokio::test]
async fn whoever_waits_is_woken_and_nothing_is_missed() {
    let inbox = inbox();
    inbox.push(Event::Stop);
    inbox.ready().await;
    inbox.drain();
    let ((), ()) = tokio::join!(inbox.ready(), async {
        tokio::task::yield_now().await;
        inbox.refuse(Door::Osc, "not OSC", "");
    });
    assert_eq!(inbox.drain().len(), 1);
}
