//! kill -9, at any moment: the same stream afterwards, none leaked, none created twice.

use std::{fs, sync::Arc, time::Duration};

use segue::show::dice::Dice;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::{dice, meanwhile, plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        eventually,
        house::{Simulator, Stage},
        within,
    },
};

/// Five houses at once, six kills in each.
const KILLS: u32 = 6;

#[tokio::test]
async fn at_thirty_random_moments_of_a_fade_and_a_restart_the_stream_and_the_look_survive() {
    let mut dice = dice();
    let mut house = || kills(Dice::new(dice.next_u64()));
    tokio::join!(house(), house(), house(), house(), house());
}

async fn kills(mut dice: Dice) {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &["--latency", "15ms", "--jitter", "15ms"]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let id = rests_on(&stage.run(&text).await, &simulator, "dawn").await;
    let mut known = vec!["dawn"];
    for _ in 0..KILLS {
        let mut daemon = stage.start(&text);
        // A third of the moments is in the start itself, the others from a fade's begin to past its end.
        if dice.fraction() < 0.33 {
            meanwhile(dice.time_between(Duration::ZERO, Duration::from_millis(80))).await;
        } else {
            daemon.until_ready().await;
            let state = daemon.state().await;
            let on = state["streams"][0]["scene"].as_str().unwrap();
            // What was asked for and is not on disk yet costs a crash.
            assert!(known.contains(&on), "{on} is none of those asked for lately: {known:?}");
            assert_eq!(rests_on(&daemon, &simulator, on).await, id);
            known.retain(|scene| *scene == on);
            let asked = if dice.fraction() < 0.5 { "neon" } else { "rain" };
            daemon.osc(&format!("/segue/scene/{asked}"), &[0.5]);
            known.push(asked);
            if dice.fraction() < 0.7 {
                eventually("the journal", async || (goes_to(&stage)? == asked).then_some(())).await;
                known.retain(|scene| *scene == asked);
            }
            meanwhile(dice.time_between(Duration::ZERO, Duration::from_millis(700))).await;
        }
        daemon.process.kill();
    }
    let daemon = stage.run(&text).await;
    assert_eq!(plays(&daemon, &simulator, "rain").await, id);
    let streams = simulator.streams().await;
    assert_eq!((simulator.creates(), streams.len()), (1, 1), "{streams:?}");
}

/// Returns the scene that the wall goes to, as the journal says.
fn goes_to(stage: &Stage<'_>) -> Option<String> {
    let journal = fs::read_to_string(stage.state().join("journal.json")).ok()?;
    let journal: Value = serde_json::from_str(&journal).unwrap();
    let wall = &journal["shows"][0]["show"]["streams"]["wall"];
    let scene = wall["motion"]["target"][0][0].as_u64()?;
    Some(wall["scenes"][usize::try_from(scene).unwrap()].as_str()?.to_owned())
}

#[tokio::test]
async fn between_a_create_and_its_answer_the_stream_is_found_by_its_name() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    simulator.fault(json!([{ "route": "create", "fault": { "kind": "slow_body", "seconds": 20 } }])).await;
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.start(&text);
    eventually("the create", async || (simulator.creates() == 1).then_some(())).await;
    daemon.process.kill();

    let daemon = stage.run(&text).await;
    rests_on(&daemon, &simulator, "dawn").await;
    let id = plays(&daemon, &simulator, "neon").await;
    let streams = simulator.streams().await;
    assert_eq!((simulator.creates(), streams.len()), (1, 1), "{streams:?}");
    assert_eq!(streams[0]["id"], id);
}

#[tokio::test]
async fn a_create_that_arrives_after_the_next_start_looked_for_it_is_found_all_the_same() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let network = format!("http://{}", listener.local_addr().unwrap());
    let there = simulator.url.strip_prefix("http://").unwrap().to_owned();
    let (held, mut is_held) = watch::channel(false);
    let (answered, mut is_answered) = watch::channel(false);
    let (release, released) = watch::channel(false);
    let slow = Arc::new(Slow { held, answered, released });
    let network_task = tokio::spawn(pass_all(listener, there, slow));
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "").replace(&simulator.url, &network);

    let mut daemon = stage.start(&text);
    within("the create on its way", is_held.wait_for(|held| *held)).await.unwrap();
    daemon.process.kill();
    let daemon = stage.start(&text);
    // It looks, and there is nothing.
    within("the first search", is_answered.wait_for(|answered| *answered)).await.unwrap();
    assert_eq!(simulator.creates(), 0);
    release.send_replace(true);
    rests_on(&daemon, &simulator, "dawn").await;
    plays(&daemon, &simulator, "neon").await;
    let streams = simulator.streams().await;
    assert_eq!((simulator.creates(), streams.len()), (1, 1), "{streams:?}");
    network_task.abort();
}

/// A network that holds back the first create until it is told to let go, whoever has hung up by then.
struct Slow {
    held: watch::Sender<bool>,
    /// Something was answered since.
    answered: watch::Sender<bool>,
    released: watch::Receiver<bool>,
}

async fn pass_all(listener: TcpListener, there: String, slow: Arc<Slow>) {
    loop {
        let (here, _) = listener.accept().await.unwrap();
        let onward = TcpStream::connect(&there).await.unwrap();
        tokio::spawn(pass(here, onward, Arc::clone(&slow)));
    }
}

async fn pass(here: TcpStream, onward: TcpStream, slow: Arc<Slow>) {
    let (mut requests, here) = here.into_split();
    let (answers, mut onward) = onward.into_split();
    tokio::spawn(pass_back(answers, here, Arc::clone(&slow)));
    let mut packet = vec![0; 65536];
    while let Ok(mut length @ 1..) = requests.read(&mut packet).await {
        if packet.starts_with(b"POST /v1/streams") && !*slow.held.borrow() {
            while !packet[..length].ends_with(b"}") {
                length += requests.read(&mut packet[length..]).await.unwrap();
            }
            slow.held.send_replace(true);
            slow.released.clone().wait_for(|released| *released).await.unwrap();
        }
        onward.write_all(&packet[..length]).await.unwrap();
    }
    // The other half stays until the answer is there.
    std::future::pending::<()>().await;
}

async fn pass_back(mut answers: OwnedReadHalf, mut here: OwnedWriteHalf, slow: Arc<Slow>) {
    let mut packet = [0; 8192];
    while let Ok(length @ 1..) = answers.read(&mut packet).await {
        // Whoever asked may have gone.
        let _ = here.write_all(&packet[..length]).await;
        if *slow.held.borrow() {
            slow.answered.send_replace(true);
        }
    }
}
