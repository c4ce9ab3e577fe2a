//! MQTT against a broker of which the test chooses every byte: what no real one does when asked.

use std::time::Duration;

use segue::{
    input::mqtt::{PACKET_MAX, Settings, backoff::DELAY_MIN},
    show::event::{Door, Event},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    mqtt::{Input, settings},
    wait_for, within,
};

/// A broker that has taken nobody in yet, and an input that tries to reach it.
async fn stub(change: impl FnOnce(&mut Settings)) -> (TcpListener, Input, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut settings = settings(port);
    change(&mut settings);
    (listener, Input::start(settings), port)
}

/// Takes the input in, and returns the connection and the number of its request to subscribe.
async fn take_in(listener: &TcpListener) -> (TcpStream, [u8; 2]) {
    let (mut stream, _) = within("the client", listener.accept()).await.unwrap();
    let connect = packet(&mut stream).await;
    assert_eq!(connect[0], 0x10, "CONNECT");
    stream.write_all(&[0x20, 2, 0, 0]).await.unwrap();
    let subscribe = packet(&mut stream).await;
    assert_eq!(subscribe[0], 0x82, "SUBSCRIBE");
    (stream, [subscribe[2], subscribe[3]])
}

/// Reads one packet of at most 127 bytes.
async fn packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut packet = vec![0; 2];
    within("a packet", stream.read_exact(&mut packet)).await.unwrap();
    packet.resize(2 + usize::from(packet[1]), 0);
    within("its rest", stream.read_exact(&mut packet[2..])).await.unwrap();
    packet
}

#[tokio::test]
async fn a_refused_subscription_is_told() {
    let (listener, input, port) = stub(|_| {}).await;
    let (mut stream, [high, low]) = take_in(&listener).await;
    stream.write_all(&[0x90, 4, high, low, 1, 0x80]).await.unwrap();
    let detail = wait_for(&input.inbox, "the refusal", |event| match event {
        Event::Broker { connected: true, detail } if detail.contains("refuses") => Some(detail.clone()),
        _ => None,
    })
    .await;
    assert_eq!(detail, format!("connected to 127.0.0.1:{port}, which refuses to send `show/#`"));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_a_wait_and_a_failed_retry_is_not_news() {
    let (listener, input, port) = stub(|_| {}).await;
    for _ in 0..2 {
        let (mut stream, _) = within("an attempt", listener.accept()).await.unwrap();
        packet(&mut stream).await;
        drop(stream);
        let at_once = tokio::time::timeout(DELAY_MIN / 2, listener.accept()).await;
        assert!(at_once.is_err(), "it waits before it tries again");
    }
    let _stream = take_in(&listener).await;
    let expected = [
        Event::Broker {
            connected: false,
            detail: format!("127.0.0.1:{port}: the broker ended the connection"),
        },
        Event::Broker { connected: true, detail: format!("connected to 127.0.0.1:{port}") },
    ];
    assert_eq!(input.inbox.drain(), expected);
}

#[tokio::test]
async fn what_is_no_mqtt_is_counted_and_the_broker_tried_again() {
    let (listener, input, _) = stub(|_| {}).await;
    // A kind of packet that does not exist, and the start of one of 18 MiB.
    let table =
        [(&[0xf0, 1, 0][..], "malformed packet"), (&[0x30, 0x80, 0x80, 0x80, 9][..], "packet too large")];
    const { assert!(9 << 21 > PACKET_MAX) };
    for (bytes, expected) in table {
        let (mut stream, _) = take_in(&listener).await;
        stream.write_all(bytes).await.unwrap();
        let refused = wait_for(&input.inbox, expected, |event| match event {
            Event::Refused { input: Door::Mqtt, reason, count: 1, .. } => Some(*reason),
            _ => None,
        })
        .await;
        assert_eq!(refused, expected);
    }
    take_in(&listener).await;
}

#[tokio::test]
async fn a_broker_that_falls_silent_is_lost() {
    let (listener, input, _) = stub(|settings| settings.keep_alive = Duration::ZERO).await;
    let _stream = take_in(&listener).await;
    let detail = input.news(false).await;
    assert!(detail.ends_with("the broker fell silent"), "{detail}");
}

#[tokio::test]
async fn taking_leave_of_a_silent_broker_does_not_last() {
    let (listener, input, _) = stub(|settings| settings.keep_alive = Duration::from_hours(1)).await;
    let _stream = take_in(&listener).await;
    input.stop().await;
}
