//! The events over a real socket.

use std::time::Duration;

use reqwest::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{House, LIMITS, Limits, Play, SOON, refusal};

const FOLLOW: &[u8] = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Reads until `word` has come.
async fn until(stream: &mut TcpStream, word: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(word) {
        let mut some = [0; 4096];
        let length = timeout(SOON, stream.read(&mut some)).await.expect(word).unwrap();
        assert!(length > 0, "the end came before {word}: {heard}");
        heard.push_str(&String::from_utf8_lossy(&some[..length]));
    }
    heard
}

async fn follow(house: &House) -> TcpStream {
    let mut stream = house.dial().await;
    stream.write_all(FOLLOW).await.unwrap();
    stream
}

#[tokio::test]
async fn a_page_gets_the_whole_and_then_a_beat_each_second() {
    let house = House::open().await;
    let mut stream = follow(&house).await;
    let heard = until(&mut stream, "event: beat").await;
    assert!(heard.contains("content-type: text/event-stream"), "{heard}");
    assert!(heard.contains("retry: 1000\n\n") && heard.contains("event: state\ndata: {"), "{heard}");
    let quiet = until(&mut stream, "event: beat").await;
    assert!(!quiet.contains("event: patch"), "nothing has changed: {quiet}");
}

#[tokio::test]
async fn a_page_keeps_its_place_when_all_others_come() {
    let house = House::playing(Play { limits: Limits { connections: 5, ..LIMITS }, ..Play::default() }).await;
    let mut page = follow(&house).await;
    until(&mut page, "event: beat").await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        let mut stream = house.dial().await;
        stream.write_all(b"GET / HT").await.unwrap();
        crowd.push(stream);
        tokio::task::yield_now().await;
    }
    assert_eq!(house.get("/healthz").await.status(), 200);
    until(&mut page, "event: beat").await;
}

#[tokio::test]
async fn there_is_room_for_four_fifths_of_the_connections() {
    let house = House::playing(Play { limits: Limits { connections: 5, ..LIMITS }, ..Play::default() }).await;
    let mut pages = Vec::new();
    for _ in 0..4 {
        let mut page = follow(&house).await;
        until(&mut page, "event: state").await;
        pages.push(page);
    }
    refusal(house.get("/api/events").await, 503, "busy").await;
    pages.pop();
    let mut page = follow(&house).await;
    // Until the server has noticed.
    while !until(&mut page, "\r\n\r\n").await.contains("200 OK") {
        tokio::time::sleep(Duration::from_millis(10)).await;
        page = follow(&house).await;
    }
}

#[tokio::test]
async fn open_pages_do_not_hold_up_the_end() {
    let mut house = House::open().await;
    let mut page = follow(&house).await;
    until(&mut page, "event: beat").await;
    house.stop.take().unwrap().send(()).unwrap();
    // Well within the grace: nothing is cut off.
    timeout(LIMITS.grace / 2, &mut house.server)
        .await
        .expect("the server waits for the page")
        .unwrap()
        .unwrap();
    let mut rest = Vec::new();
    timeout(SOON, page.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn a_loop_that_hangs_has_no_beat() {
    let limits = Limits { answer: Duration::from_millis(50), ..LIMITS };
    let house = House::playing(Play { answers: false, limits, ..Play::default() }).await;
    refusal(house.request(Method::GET, "/api/events").send().await.unwrap(), 503, "no-answer").await;
}
