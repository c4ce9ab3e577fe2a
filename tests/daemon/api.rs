//! The API's side: the older generation, and answers that no API should give.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::show;
use crate::support::{
    broker::Directory,
    eventually,
    house::{Simulator, Stage},
};

#[tokio::test]
async fn the_older_generation_gets_everything_every_time() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "params: { width: 704, height: 384, controlnets: { depth: 0.3 } }")
        .replace("backend: daydream", "backend: daydream-beta");
    let daemon = stage.run(&text).await;
    daemon.osc("/segue/scene/neon", &[0.5]);
    simulator.shows(&[("mist", 0.0), ("city", 1.0)]).await;
    let requests = simulator.requests();
    assert!(requests[0]["body"]["pipeline_id"].is_string(), "{}", requests[0]);
    for line in &requests[1..] {
        assert_eq!((&line["generation"], &line["op"]), (&"beta".into(), &"update".into()));
        let body = &line["body"];
        assert_eq!(body["pipeline"], "live-video-to-video");
        assert_eq!(body["model_id"], "streamdiffusion");
        for name in
            ["model_id", "prompt", "seed", "width", "height", "controlnets", "normalize_prompt_weights"]
        {
            assert!(!body["params"][name].is_null(), "{name} is missing from {body}");
        }
    }
    daemon.until("a status", |state| state["streams"][0]["health"]["state"].is_string()).await;
}

#[tokio::test]
async fn two_streams_of_one_show_go_their_own_ways() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "").replace(
        "scenes:\n",
        &format!(
            "  floor: {{ backend: daydream-beta, environment: {}, api_key: {{ env: DAYDREAM_API_KEY }}, start: rain }}\nscenes:\n",
            simulator.url
        ),
    );
    let daemon = stage.run(&text).await;
    daemon.osc("/segue/wall/scene/neon", &[0.1]);
    let state = daemon.until("the wall", |state| state["streams"][0]["scene"] == "neon").await;
    assert_eq!(state["streams"][1]["scene"], "rain");
    daemon.osc("/segue/scene/dawn", &[0.1]);
    daemon
        .until("both", |state| {
            let streams = state["streams"].as_array().unwrap();
            streams.iter().all(|stream| stream["scene"] == "dawn" && stream["transition"].is_null())
        })
        .await;
    let streams: std::collections::BTreeSet<String> =
        simulator.requests().iter().map(|line| line["stream"].to_string()).collect();
    assert_eq!(streams.len(), 2);
}

/// What a server can say that is no answer.
const NONSENSE: [&str; 6] = [
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\n\r\n<html>Hello</html>\n",
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\": \"str_hal",
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "what?\r\n\r\n",
    "",
];

#[tokio::test]
async fn an_api_that_talks_nonsense_is_outlived() {
    let directory = Directory::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, mut said) = tokio::sync::watch::channel(0);
    let nonsense = tokio::spawn(talk_nonsense(listener, heard));

    let real = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&real, &stage, "").replace(&real.url, &format!("http://{address}"));
    drop(real);
    let daemon = stage.start(&text);
    // Each kind of nonsense, and a megabyte of JSON, at least once.
    let all = said.wait_for(|count| *count > NONSENSE.len());
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap().unwrap();
    let state = daemon.state().await;
    assert_eq!(state["streams"][0]["phase"], "finding");
    let log = daemon.process.log();
    assert!(log.contains("request=\"list\"") && log.contains("Request failed."), "{log}");
    assert_eq!(daemon.text("/healthz").await.trim(), "ok");
    daemon.osc("/segue/scene/rain", &[0.0]);
    nonsense.abort();
    let _ = nonsense.await;

    let simulator = free_again(&directory, address).await;
    simulator.shows(&[("mist", 1.0)]).await;
    daemon.until_ready().await;
    daemon.osc("/segue/scene/neon", &[0.05]);
    simulator.shows(&[("city", 1.0)]).await;
}

async fn free_again(directory: &Directory, address: SocketAddr) -> Simulator {
    eventually("the port to be free", async || TcpListener::bind(address).await.ok().map(drop)).await;
    Simulator::start_at(directory, &address.to_string(), &[])
}

async fn talk_nonsense(listener: TcpListener, heard: tokio::sync::watch::Sender<usize>) {
    let megabyte = format!("[{}1]", "1,".repeat(500_000));
    let megabyte = format!(
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{megabyte}",
        megabyte.len()
    );
    for turn in 0.. {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 8192];
        let _ = socket.read(&mut request).await;
        let answer = NONSENSE.get(turn % (NONSENSE.len() + 1)).copied().unwrap_or(&megabyte);
        // Who is spoken to may not want to hear it all.
        let _ = socket.write_all(answer.as_bytes()).await;
        heard.send_modify(|count| *count += 1);
    }
}
