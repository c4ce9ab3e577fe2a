//! A daemon's life: started, killed, started again, told to stop, watched by a service manager.

use std::os::unix::net::UnixDatagram;

use serde_json::Value;

use super::show;
use crate::support::{
    broker::Directory,
    eventually,
    house::{KEY, Simulator, Stage, files, http},
};

#[tokio::test]
async fn after_a_power_cut_the_same_stream_is_driven_and_none_is_created() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.run(&text).await;
    let id = daemon.state().await["streams"][0]["id"].clone();
    daemon.osc("/segue/scene/neon", &[30.0]);
    daemon.until("the fade", |state| state["streams"][0]["transition"].is_object()).await;
    // The transition is on disk a moment after it began.
    let journal = stage.state().join("journal.json");
    let kept = async || std::fs::read_to_string(&journal).ok().filter(|text| text.contains("running"));
    let text_kept = eventually("the journal", kept).await;
    assert!(text_kept.len() < 1000, "{text_kept}");
    daemon.process.kill();
    let before = daemon.process.log();
    assert!(before.contains("Transition started."), "{before}");
    drop(daemon);

    let daemon = stage.run(&text).await;
    let state = daemon.state().await;
    assert_eq!(state["streams"][0]["id"], id);
    let stream = &state["streams"][0];
    assert_eq!(stream["scene"], "neon");
    assert!(stream["resumed"]["progress"].as_f64().unwrap() < 1.0, "{stream}");
    assert!(stream["transition"]["progress"].as_f64() >= stream["resumed"]["progress"].as_f64(), "{stream}");
    assert!(daemon.process.log().contains("Transition resumed at "), "{}", daemon.process.log());
    daemon.osc("/segue/transition/finish", &[]);
    simulator.shows(&[("city", 1.0)]).await;
    let creates = simulator.requests().iter().filter(|line| line["op"] == "create").count();
    assert_eq!(creates, 1);
}

#[tokio::test]
async fn sigterm_ends_it_in_order_and_deletes_the_stream_where_that_is_wanted() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let mut daemon = stage.run(&show(&simulator, &stage, "on_exit: delete")).await;
    daemon.process.signal("HUP");
    eventually("SIGHUP", async || daemon.process.log().contains("SIGHUP").then_some(())).await;
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.ended().await.code(), Some(0));
    let list = http().get(format!("{}/v1/streams", simulator.url)).bearer_auth(KEY).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(0), "{list}");
    let log = daemon.process.log();
    assert!(log.contains("Stream deleted.") && log.contains("Show ended."), "{log}");
    // The history is in the store, to be read with any SQLite tool.
    let history = rusqlite::Connection::open(stage.state().join("history.db")).unwrap();
    let kinds: i64 =
        history.query_row("SELECT count(DISTINCT kind) FROM facts", [], |row| row.get(0)).unwrap();
    assert!(kinds >= 3, "created, ended, deleted at least: {kinds}");
}

#[tokio::test]
async fn the_service_manager_hears_ready_what_is_on_and_that_the_loop_lives() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let stage =
        Stage::new(&directory).with("NOTIFY_SOCKET", path.to_str().unwrap()).with("WATCHDOG_USEC", "1000000");
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    daemon.osc("/segue/scene/neon", &[0.2]);
    let mut heard = String::new();
    eventually("all notifications", async || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            heard.push('\n');
        }
        let on = heard.contains("STATUS=wall: neon (");
        (heard.contains("READY=1") && on && heard.matches("WATCHDOG=1").count() >= 3).then_some(())
    })
    .await;
    daemon.process.signal("TERM");
    eventually("STOPPING", async || {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).ok()?;
        std::str::from_utf8(&buffer[..length]).unwrap().contains("STOPPING=1").then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_key_is_nowhere_to_be_read() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &["--latency", "5ms"]);
    let stage = Stage::new(&directory);
    let mut daemon = stage.run(&show(&simulator, &stage, "")).await;
    daemon.osc("/segue/scene/neon", &[0.1]);
    simulator.shows(&[("city", 1.0)]).await;
    let stream_key = simulator_stream_key(&simulator).await;
    let seen = [daemon.text("/api/state").await, daemon.text("/metrics").await, daemon.text("/status").await];
    daemon.process.signal("TERM");
    daemon.process.ended().await;
    assert!(seen.iter().all(|text| !text.contains(KEY)), "on the web");
    let log = daemon.process.log();
    for secret in [KEY, stream_key.as_str()] {
        assert!(!log.contains(secret), "in the log");
        for (path, bytes) in files(&stage.state()) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "in {}", path.display());
        }
    }
}

pub(super) async fn simulator_stream_key(simulator: &Simulator) -> String {
    let list = http().get(format!("{}/v1/streams", simulator.url)).bearer_auth(KEY).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    list["data"][0]["stream_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_a_key_that_is_missing_too() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let taken = std::net::UdpSocket::bind(stage.osc).unwrap();
    let mut daemon = stage.start(&show(&simulator, &stage, ""));
    assert_eq!(daemon.process.ended().await.code(), Some(1));
    let log = daemon.process.log();
    assert!(log.contains(&format!("error: cannot listen on {} for the OSC input", stage.osc)), "{log}");
    assert!(log.contains("because:"), "{log}");
    drop(taken);

    let text = show(&simulator, &stage, "").replace("env: DAYDREAM_API_KEY", "env: SEGUE_NO_SUCH_KEY");
    let mut daemon = stage.start(&text);
    assert_eq!(daemon.process.ended().await.code(), Some(78), "trying again does not help");
    let log = daemon.process.log();
    assert!(log.contains("environment variable `SEGUE_NO_SUCH_KEY` is not set"), "{log}");
}

#[tokio::test]
async fn a_rehearsal_elsewhere_leaves_the_memory_of_a_stream_alone() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let live = show(&simulator, &stage, "");
    let rehearsal = live.replace("backend: daydream", "backend: simulator");
    let rehearsal =
        rehearsal.replace(&format!("environment: {}", simulator.url), "").replace("api_key:", "#");
    let mut ids = Vec::new();
    for text in [&live, &rehearsal, &live] {
        let mut daemon = stage.run(text).await;
        ids.push(daemon.state().await["streams"][0]["id"].clone());
        daemon.process.signal("TERM");
        daemon.process.ended().await;
        assert!(!daemon.process.log().contains("Stream lost."), "{}", daemon.process.log());
    }
    assert_eq!(ids[0], ids[2]);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn two_shows_do_not_share_a_state_directory() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let _first = stage.run(&show(&simulator, &stage, "")).await;
    let other = Stage::new(&directory);
    let mut second = other.start(&show(&simulator, &other, ""));
    assert_eq!(second.process.ended().await.code(), Some(1));
    assert!(second.process.log().contains("another segue uses the state directory"));
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_written_costs_memory_and_not_the_picture() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    // A file where the directory should be.
    directory.write("state", "");
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    daemon.osc("/segue/scene/neon", &[0.1]);
    simulator.shows(&[("city", 1.0)]).await;
    let log = daemon.process.log();
    assert!(log.contains("Nothing will be remembered."), "{log}");
}
