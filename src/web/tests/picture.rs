//! Pictures that come from elsewhere and leave by this server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{House, Play, refusal, snapshot};
use crate::{show::snapshot::Health, web::Sight};

/// A server that gives each request the same answer and counts them. Ends with the test.
async fn server(status: &str, kind: &str, body: &str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret-key/there", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let mut request = [0; 8192];
            let _ = line.read(&mut request).await;
            count.fetch_add(1, Ordering::Relaxed);
            let _ = line.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked)
}

async fn showing(frame: Option<String>, whep_url: Option<String>) -> House {
    let mut snapshot = snapshot();
    snapshot.streams[0].health = Some(Health {
        state: None,
        fps_in: None,
        fps_out: None,
        output_age_seconds: None,
        restart_count: None,
        last_error: None,
        whep_url,
        read_seconds_ago: 0.0,
    });
    House::playing(Play { snapshot, sight: Sight { frame, hls: None }, ..Play::default() }).await
}

#[tokio::test]
async fn an_audience_costs_what_one_viewer_does() {
    let (url, asked) = server("200 OK", "image/jpeg", "a frame").await;
    let house = showing(Some(url), None).await;
    // The clock of this house stands still: all of it is one moment.
    for _ in 0..5 {
        let answer = house.get("/api/streams/wall/picture").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"image/jpeg".parse().unwrap())
        );
        assert_eq!(answer.text().await.unwrap(), "a frame");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_there_is_no_picture_the_reason_is_told_and_no_address() {
    let house = showing(None, None).await;
    refusal(house.get("/api/streams/wall/picture").await, 404, "no-picture").await;
    refusal(house.post("/api/streams/wall/whep", "v=0").await, 404, "no-picture").await;
    let problem = refusal(house.get("/api/streams/wal/picture").await, 404, "unknown-stream").await;
    assert_eq!(problem["did_you_mean"], json!("wall"));
    let (url, _) = server("404 Not Found", "text/plain", "no").await;
    // Nobody is at the second address.
    for url in [url, "http://127.0.0.1:1/secret-key/there".to_owned()] {
        let house = showing(Some(url.clone()), Some(url)).await;
        let frame = refusal(house.get("/api/streams/wall/picture").await, 404, "no-picture").await;
        let video = refusal(house.post("/api/streams/wall/whep", "v=0").await, 404, "no-picture").await;
        for problem in [frame, video] {
            assert!(!problem.to_string().contains("secret-key"), "{problem}");
        }
    }
}

#[tokio::test]
async fn an_offer_goes_to_the_stream_and_its_answer_back() {
    let (url, asked) = server("201 Created", "application/sdp", "v=0 the answer").await;
    let house = showing(None, Some(url)).await;
    let answer = house.post("/api/streams/wall/whep", "v=0 the offer").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (201, &"application/sdp".parse().unwrap())
    );
    assert_eq!(answer.text().await.unwrap(), "v=0 the answer");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
