//! What steps send out arrives: at a real broker, at a real socket, at a real server; and a list goes on after a kill.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, UdpSocket},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::show;
use crate::support::{
    broker::{Broker, Desk, Directory},
    house::{Simulator, Stage, http},
};

/// A server that answers each request with a status, and hands on what it was asked.
fn server(status: u16) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while !is_whole(&request) {
                let length = socket.read(&mut buffer).unwrap();
                request.extend(&buffer[..length]);
            }
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).unwrap();
            if sender.send(String::from_utf8(request).unwrap()).is_err() {
                return;
            }
        }
    });
    (host, requests)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[tokio::test]
async fn what_steps_send_out_arrives() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let broker = Broker::open().await;
    let mut desk = Desk::new(&broker).await;
    let lamp = UdpSocket::bind("127.0.0.1:0").unwrap();
    lamp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (host, requests) = server(418);
    let (broker_port, lamp_port) = (broker.port(), lamp.local_addr().unwrap().port());
    let text = show(&simulator, &stage, "").replace(
        "inputs:",
        &format!(
            "variables: {{ count: 0 }}
triggers:
  pad:
    when: {{ osc: /pad }}
    mode: parallel
    do:
      - variable: {{ count: \"{{{{ vars.count + 1 }}}}\" }}
      - publish: {{ topic: lamps/set, payload: \"first {{{{ value }}}}\" }}
      - publish: {{ topic: lamps/set, payload: {{ on: true, count: \"{{{{ vars.count }}}}\" }}, retain: true, qos: 0 }}
      - send: {{ osc: /lamp, args: [\"{{{{ value }}}}\", 7, ink], to: \"127.0.0.1:{lamp_port}\" }}
      - call: {{ url: \"http://{host}/on?level={{{{ value }}}}\", json: {{ count: \"{{{{ vars.count }}}}\" }} }}
      - wait: 1h
inputs:
  mqtt: {{ url: \"mqtt://127.0.0.1:{broker_port}\" }}"
        ),
    );
    let daemon = stage.run(&text).await;
    daemon.until("the broker", |state| state["broker_connected"] == true).await;
    daemon.osc("/pad", &[0.5]);

    assert_eq!(
        desk.hear("lamps/set").await,
        ("first 0.5".to_owned(), false),
        "each message, not only the last"
    );
    assert_eq!(desk.hear("lamps/set").await.0, r#"{"count":1,"on":true}"#);
    drop(desk);
    let mut desk = Desk::new(&broker).await;
    assert_eq!(desk.hear("lamps/set").await, (r#"{"count":1,"on":true}"#.to_owned(), true));

    let mut bytes = [0; 256];
    let length = lamp.recv(&mut bytes).unwrap();
    let (_, packet) = rosc::decoder::decode_udp(&bytes[..length]).unwrap();
    let rosc::OscPacket::Message(message) = packet else { panic!("{packet:?}") };
    assert_eq!(
        (message.addr.as_str(), message.args),
        ("/lamp", vec![0.5_f32.into(), 7_i32.into(), "ink".into()])
    );

    let request = requests.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(request.starts_with("POST /on?level=0.5 HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with(r#"{"count":1}"#), "{request}");
    crate::support::eventually("the answer", async || {
        daemon.process.log().contains(&format!("called {host}: 418")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_list_under_way_is_seen_survives_a_kill_and_is_stopped() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "").replace(
        "  storm: { scene: rain, fade: 0s }",
        "  storm: [{ scene: rain, fade: 0s }, { variable: { mood: wet } }, { wait: 1h }, { scene: dawn }]",
    );
    let text = format!("variables: {{ mood: dry }}\n{text}");
    let mut daemon = stage.run(&text).await;
    daemon.osc("/segue/cue/storm", &[1.0]);
    let under_way = |state: &serde_json::Value| {
        let run = &state["runs"][0];
        run["name"] == "storm"
            && run["step"] == 3
            && run["waits_for"] == "time"
            && state["variables"]["mood"] == "wet"
    };
    let before = daemon.until("the list", under_way).await;
    let page = daemon.text("/status").await;
    assert!(page.contains("Lists under way") && page.contains("3 of 4"), "{page}");
    crate::support::eventually("it on disk", async || {
        let kept = crate::support::house::files(&stage.state());
        kept.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("\"runs\"")).then_some(())
    })
    .await;
    daemon.process.kill();
    let daemon = stage.run(&text).await;
    let after = daemon.until("the list", under_way).await;
    let until = |state: &serde_json::Value| -> jiff::Timestamp {
        state["runs"][0]["until"].as_str().unwrap().parse().unwrap()
    };
    let moved = until(&after).duration_since(until(&before));
    assert!(moved.unsigned_abs() < Duration::from_secs(5), "it ends when it would have: {moved}");
    let stopped = http().post(format!("{}/api/cues/storm/stop", daemon.web)).send().await.unwrap();
    assert_eq!(stopped.status(), 202);
    daemon.until("nothing under way", |state| state.get("runs").is_none()).await;
    let unknown = http().post(format!("{}/api/cues/strom/stop", daemon.web)).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
}
