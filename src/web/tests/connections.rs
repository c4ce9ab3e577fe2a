//! Clients that are slow, silent, many, or still there at the end.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{House, LIMITS, Limits, Play, SOON, desk};
use crate::web::{bind, serve};

const ASK: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Says something on a new connection and returns everything that comes until the server ends it.
pub(super) async fn say(house: &House, words: &str) -> String {
    let mut stream = house.dial().await;
    stream.write_all(words.as_bytes()).await.unwrap();
    until_end(&mut stream).await
}

async fn until_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is an end like any other.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the server keeps the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks and reads the answer on a connection that stays open.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(ASK.as_bytes()).await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("ok\n") {
        let mut some = [0; 1024];
        let length = timeout(SOON, stream.read(&mut some)).await.expect("no answer").unwrap();
        assert!(length > 0, "the connection ended after {answer:?}");
        answer.push_str(std::str::from_utf8(&some[..length]).unwrap());
    }
    answer
}

async fn house(limits: Limits) -> House {
    House::playing(Play { limits, ..Play::default() }).await
}

#[tokio::test]
async fn a_connection_serves_request_after_request() {
    let house = House::open().await;
    let mut stream = house.dial().await;
    for _ in 0..3 {
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn a_show_is_served_from_its_beginning_to_its_end() {
    let (desk, ..) = desk(Play::default());
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, desk, async { stopped.await.unwrap() }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    ask(&mut stream).await;
    assert!(bind(address).await.is_err(), "two shows at one address");
    stop.send(()).unwrap();
    timeout(LIMITS.grace * 2, server).await.expect("the server does not end").unwrap().unwrap();
    bind(address).await.expect("the address is free for the next show");
}

#[tokio::test]
async fn silent_slow_and_idle_clients_are_let_go() {
    let house = house(Limits { head: Duration::from_millis(200), ..LIMITS }).await;
    let mut silent = house.dial().await;
    let mut idle = house.dial().await;
    ask(&mut idle).await;
    let (mut from_slow, mut to_server) = house.dial().await.into_split();
    let drip = tokio::spawn(async move {
        for byte in ASK.bytes().cycle().filter(|byte| *byte != b'\n') {
            if to_server.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(until_end(&mut silent).await, "");
    assert_eq!(until_end(&mut idle).await, "");
    let mut rest = Vec::new();
    let _ = timeout(SOON, from_slow.read_to_end(&mut rest)).await.expect("the slow client is still served");
    timeout(SOON, drip).await.expect("the slow client is still heard").unwrap();
}

#[tokio::test]
async fn there_is_always_room_for_one_more() {
    let house = house(Limits { connections: 4, head: SOON * 2, ..LIMITS }).await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        let mut stream = house.dial().await;
        stream.write_all(b"GET / HT").await.unwrap();
        crowd.push(stream);
    }
    let mut late = house.dial().await;
    assert!(ask(&mut late).await.starts_with("HTTP/1.1 200 OK"));
    for stream in &mut crowd[..16] {
        assert_eq!(until_end(stream).await, "");
    }
}

#[tokio::test]
async fn who_does_not_read_keeps_nobody_out() {
    let limits = Limits { connections: 4, ..LIMITS };
    // More than the sockets of both sides take.
    let metrics = "x".repeat(16 << 20);
    let house = House::playing(Play { limits, metrics, ..Play::default() }).await;
    let mut crowd = Vec::new();
    for _ in 0..6 {
        let mut stream = house.dial().await;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        crowd.push(stream);
    }
    assert_eq!(house.get("/healthz").await.status(), 200);
    assert!(until_end(&mut crowd[0]).await.len() < 16 << 20);
    assert_eq!(house.get("/metrics").await.text().await.unwrap().len(), 16 << 20);
}

#[tokio::test]
async fn who_is_being_answered_keeps_the_place() {
    let limits = Limits { connections: 2, answer: Duration::from_millis(500), ..LIMITS };
    let house = House::playing(Play { limits, answers: false, ..Play::default() }).await;
    let mut busy = house.dial().await;
    busy.write_all(ASK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(house.dial().await);
    }
    assert!(until_end(&mut busy).await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn a_head_has_a_limit_in_size() {
    let house = House::open().await;
    let long = format!("X-Long: {}\r\n", "x".repeat(1000)).repeat(32);
    let answer = say(&house, &format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{long}\r\n")).await;
    // A reset may overtake the answer.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(house.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn the_end_of_the_show_does_not_wait_for_idle_clients() {
    let mut house = house(Limits { grace: SOON * 2, ..LIMITS }).await;
    let mut kept = house.dial().await;
    ask(&mut kept).await;
    let mut silent = house.dial().await;
    house.stop.take().unwrap().send(()).unwrap();
    timeout(SOON, &mut house.server).await.expect("the server waits for idle clients").unwrap().unwrap();
    assert_eq!(until_end(&mut kept).await, "");
    assert_eq!(until_end(&mut silent).await, "");
    assert!(TcpStream::connect(house.address).await.is_err());
}

#[tokio::test]
async fn the_end_of_the_show_lets_an_answer_finish() {
    let limits = Limits { answer: Duration::from_millis(200), grace: SOON, ..LIMITS };
    let mut house = House::playing(Play { limits, answers: false, ..Play::default() }).await;
    let mut asking = house.dial().await;
    asking.write_all(ASK.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.stop.take().unwrap().send(()).unwrap();
    assert!(until_end(&mut asking).await.starts_with("HTTP/1.1 503 "));
    timeout(SOON, &mut house.server).await.expect("the server does not end").unwrap().unwrap();
}

#[tokio::test]
async fn the_end_of_the_show_has_a_limit() {
    let limits = Limits { answer: SOON * 2, grace: Duration::from_millis(50), ..LIMITS };
    let mut house = House::playing(Play { limits, answers: false, ..Play::default() }).await;
    let mut asking = house.dial().await;
    asking.write_all(ASK.as_bytes()).await.unwrap();
    let mut half = house.dial().await;
    half.write_all(b"GET / HT").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.stop.take().unwrap().send(()).unwrap();
    timeout(SOON, &mut house.server).await.expect("the server waits for ever").unwrap().unwrap();
    assert_eq!(until_end(&mut asking).await, "");
    assert_eq!(until_end(&mut half).await, "");
}
