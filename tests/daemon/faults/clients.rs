//! Bad company at our own door: clients that are slow, mute, deaf or many; and few files to be had.

use std::{collections::VecDeque, fs, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

use super::{is_fading, meanwhile, plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        eventually,
        house::{Daemon, Simulator, Stage},
    },
};

/// The most connections that the web server holds (`web::LIMITS`).
const PLACES: usize = 320;

/// Connects from an address of its own, as another machine would: what is counted for each address is not ours.
async fn connect(address: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.2:0".parse().unwrap())?;
    socket.connect(address.parse().unwrap()).await
}

/// Opens many connections and says something on each.
async fn crowd(daemon: &Daemon, count: usize, words: &str) -> Vec<TcpStream> {
    let address = daemon.web.strip_prefix("http://").unwrap();
    let mut crowd = Vec::new();
    for _ in 0..count {
        let mut stream = connect(address).await.unwrap();
        // Whoever has lost its place already cannot be heard.
        let _ = stream.write_all(words.as_bytes()).await;
        crowd.push(stream);
    }
    crowd
}

/// Returns how many of a mute crowd still have their place.
fn still_open(crowd: &[TcpStream]) -> usize {
    let is_open = |stream: &&TcpStream| matches!(stream.try_read(&mut [0; 64]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    crowd.iter().filter(is_open).count()
}

#[tokio::test]
async fn slow_and_deaf_ones_keep_nobody_out() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/neon", &[2.0]);
    is_fading(&daemon).await;
    let slow = crowd(&daemon, 120, "GET /api/state HTTP/1.1\r\nHost: local").await;
    // Each asks for far more than a socket holds, and reads none of it.
    let deaf = crowd(&daemon, 120, &"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200)).await;
    let half = crowd(
        &daemon,
        120,
        "POST /api/scenes/rain/go HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
    )
    .await;
    let state = daemon.state().await;
    assert_eq!(state["streams"][0]["scene"], "neon");
    rests_on(&daemon, &simulator, "neon").await;
    plays(&daemon, &simulator, "rain").await;
    drop((slow, deaf, half));
}

#[tokio::test]
async fn four_hundred_at_once_share_the_places_there_are() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    let crowd = crowd(&daemon, 400, "").await;
    assert!(daemon.text("/status").await.contains("wall"));
    eventually("the bound", async || (still_open(&crowd) <= PLACES).then_some(())).await;
    assert!(still_open(&crowd) > 0, "those who came last have a place");
    assert!(daemon.text("/status").await.contains("wall"));
    plays(&daemon, &simulator, "neon").await;
}

/// Returns the processor time that a process has used, in clock ticks (proc(5), `/proc/pid/stat`), of 10 ms each.
fn ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn with_sixty_four_files_a_crowd_costs_neither_the_api_nor_the_processor() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory).through(&["prlimit", "--nofile=64"]);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    rests_on(&daemon, &simulator, "dawn").await;
    let crowd = crowd(&daemon, 200, "").await;
    daemon.osc("/segue/scene/neon", &[0.5]);
    let before = ticks(daemon.process.id());
    meanwhile(Duration::from_secs(2)).await;
    let used = ticks(daemon.process.id()) - before;
    assert!(used < 100, "{used} ticks of 200");
    rests_on(&daemon, &simulator, "neon").await;
    plays(&daemon, &simulator, "rain").await;
    let log = daemon.process.log();
    assert!(!log.contains("Request failed."), "{log}");
    let warned = log.matches("can open no connection").count();
    assert!(warned < 10, "{warned} warnings");
    drop(crowd);
}

#[tokio::test]
async fn with_sixty_four_files_and_a_crowd_the_api_is_found_again_after_it_was_gone() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory).through(&["prlimit", "--nofile=64"]);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    rests_on(&daemon, &simulator, "dawn").await;
    let pushing = tokio::spawn(push(daemon.web.strip_prefix("http://").unwrap().to_owned()));
    let address = simulator.url.strip_prefix("http://").unwrap().to_owned();
    drop(simulator);
    let lost = async || daemon.process.log().contains("Request failed.").then_some(());
    eventually("the loss of the API", lost).await;
    let simulator = Simulator::start_at(&directory, &address, &["--seed", "1"]);
    plays(&daemon, &simulator, "rain").await;
    pushing.abort();
}

/// A crowd that never goes: who loses a place is replaced at once.
async fn push(address: String) {
    let mut crowd = VecDeque::new();
    loop {
        for _ in 0..40 {
            crowd.extend(connect(&address).await);
        }
        crowd.drain(..crowd.len().saturating_sub(200));
        meanwhile(Duration::from_millis(20)).await;
    }
}
