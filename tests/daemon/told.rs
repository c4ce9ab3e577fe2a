//! Others are told of a new stream and of trouble: by a real broker, a real server, a real program.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use super::show;
use crate::support::{
    broker::{Broker, Desk, Directory},
    eventually,
    house::{KEY, Simulator, Stage, files, http},
    within,
};

/// A server that answers each request with the next of `statuses`, and hands on the bodies.
fn server(statuses: Vec<u16>) -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/new", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    thread::spawn(move || {
        for status in statuses {
            let (mut socket, _) = listener.accept().unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            let body = loop {
                let length = socket.read(&mut buffer).unwrap();
                request.extend(&buffer[..length]);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                if let Some(body) = body.and_then(|body| serde_json::from_str(&body).ok()) {
                    break body;
                }
            };
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).unwrap();
            // The test may be over.
            let _ = sender.send(body);
        }
    });
    (url, bodies)
}

async fn stream_key(simulator: &Simulator) -> String {
    let list = http().get(format!("{}/v1/streams", simulator.url)).bearer_auth(KEY).send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    list["data"][0]["stream_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_stream_s_address_goes_to_those_who_asked_once_and_nowhere_else() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory).with("SEGUE_TEST_OTHER_KEY", "none of its business");
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    let (url, bodies) = server(vec![503, 200]);
    let heard = directory.path().join("heard");
    let program = directory.write(
        "point-encoder",
        &format!(
            "#!/bin/sh\nenv > {0}.new; mv {0}.new {0}; echo \"key $SEGUE_STREAM_KEY\"\n",
            heard.display()
        ),
    );
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let more = format!(
        "on_stream_created:\n      - {{ mqtt: wall/new, retain: true }}\n      - {{ http: \"{url}\" }}\n      - {{ command: [{program}, wall] }}"
    );
    let text = show(&simulator, &stage, &more);
    let broker_door = format!("inputs:\n  mqtt: {{ url: \"mqtt://127.0.0.1:{}\" }}\n", broker.port());
    let text = format!("allow_commands: true\n{}", text.replace("inputs:\n", &broker_door));
    let mut daemon = stage.run(&text).await;
    let key = stream_key(&simulator).await;

    let (published, _) = desk.hear("wall/new").await;
    let published: Value = serde_json::from_str(&published).unwrap();
    assert_eq!(published["stream_key"], key.as_str());
    assert!(published["whip_url"].as_str().unwrap().contains(&key), "{published}");
    let (first, second) = tokio::task::spawn_blocking(move || {
        let wait = Duration::from_secs(20);
        (bodies.recv_timeout(wait).unwrap(), bodies.recv_timeout(wait).unwrap())
    })
    .await
    .unwrap();
    assert_eq!((&first, &first), (&second, &published), "what was refused with 503 is posted again");
    let environment = eventually("the program", async || fs::read_to_string(&heard).ok()).await;
    assert!(environment.contains(&format!("SEGUE_STREAM_KEY={key}")), "{environment}");
    assert!(!environment.contains("none of its business") && !environment.contains(KEY), "{environment}");
    eventually("the program's end", async || daemon.process.log().contains("Command ran.").then_some(()))
        .await;

    // The next start finds the stream, and tells nobody again.
    daemon.process.signal("TERM");
    daemon.process.ended().await;
    let mut log = daemon.process.log();
    fs::remove_file(&heard).unwrap();
    let mut daemon = stage.run(&text).await;
    daemon.process.signal("TERM");
    daemon.process.ended().await;
    assert!(!heard.exists());
    log.push_str(&daemon.process.log());
    assert!(log.contains("key ***"), "what it printed is told without the key\n{log}");
    assert!(!log.contains(&key), "in the log");
    for (path, bytes) in files(&stage.state()) {
        let found = bytes.windows(key.len()).any(|window| window == key.as_bytes());
        assert!(!found, "in {}", path.display());
    }
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_and_the_show_goes_on() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let more = "on_stream_created: { command: [sleep, \"1000\"], timeout: 1s }";
    let daemon = stage.run(&format!("allow_commands: true\n{}", show(&simulator, &stage, more))).await;
    daemon.osc("/segue/scene/neon", &[0.1]);
    simulator.shows(&[("city", 1.0)]).await;
    eventually("its end", async || daemon.process.log().contains("took too long").then_some(())).await;
}

#[tokio::test]
async fn an_alarm_is_posted_when_the_api_is_gone_and_again_when_it_is_back() {
    let directory = Directory::new();
    let stage = Stage::new(&directory);
    let (url, bodies) = server(vec![200, 200]);
    let mut simulator = Simulator::start(&directory, &[]);
    let address = simulator.url.trim_start_matches("http://").to_owned();
    let text = show(&simulator, &stage, "recovery: { alarm_after: 5s }");
    let daemon = stage.run(&format!("on_alarm: {{ http: \"{url}\" }}\n{text}")).await;
    simulator.kill();
    let bodies = std::sync::Mutex::new(bodies);
    let next = async || eventually("a post", async || bodies.lock().unwrap().try_recv().ok()).await;
    let raised = next().await;
    assert_eq!((&raised["event"], &raised["alarm"]), (&"alarm".into(), &true.into()), "{raised}");
    assert!(raised["reason"].as_str().unwrap().starts_with("the API has not told"), "{raised}");
    let state = daemon.state().await;
    assert!(state["streams"][0]["alarm"]["reason"].is_string(), "{state}");
    drop(simulator);
    let _simulator = Simulator::start_at(&directory, &address, &[]);
    let over = next().await;
    assert_eq!(over["alarm"], false, "{over}");
}

#[tokio::test]
async fn a_journal_that_was_lost_costs_no_second_stream() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.run(&text).await;
    let id = daemon.state().await["streams"][0]["id"].clone();
    daemon.process.kill();
    drop(daemon);
    fs::remove_dir_all(stage.state()).unwrap();
    let daemon = stage.run(&text).await;
    assert_eq!(daemon.state().await["streams"][0]["id"], id);
    assert_eq!(simulator.requests().iter().filter(|line| line["op"] == "create").count(), 1);
}

#[tokio::test]
async fn asked_to_end_a_second_time_it_ends_at_once() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &["--latency", "9s"]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "on_exit: delete");
    let mut daemon = stage.start(&text);
    eventually("its start", async || daemon.process.log().contains("Show started.").then_some(())).await;
    // The create is on its way and takes nine seconds; the first signal waits for it.
    daemon.process.signal("INT");
    eventually("the first", async || daemon.process.log().contains("Show ends.").then_some(())).await;
    daemon.process.signal("INT");
    let status = within("the end", daemon.process.ended()).await;
    assert_eq!(status.code(), Some(0));
    assert!(daemon.process.log().contains("a second time"), "{}", daemon.process.log());
}
