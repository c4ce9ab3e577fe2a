//! A session full of faults, and no secret in anything that came out of it.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::show;
use crate::support::{
    broker::{Broker, Desk, Directory, program},
    eventually,
    house::{KEY, Simulator, Stage, files, http, segue},
};

const TOKEN: &str = "web-token-0123456789abcdef";
const PASSWORD: &str = "broker-password-0123456789";
/// A stream key that only the lying API knows.
const STREAM_KEY: &str = "stk_Hd7YwNf3QsVu6TgA";

/// How an answer says the request back, headers and all.
const LIES: [&str; 9] = ["401", "500", "429", "400", "garbage", "created", "list", "nothing", "half"];

/// Answers like this, with everything in it that the request had.
fn lie(turn: usize, request: &str) -> String {
    let kind = LIES[turn % LIES.len()];
    let body = match kind {
        "garbage" => format!("<html>{request}{STREAM_KEY}</html>"),
        // The key in the place of every name that somebody may believe.
        "created" => json!({
            "id": KEY, "stream_key": STREAM_KEY, "output_playback_id": KEY, "name": request, "state": KEY,
            "data": { "state": KEY, "inference_status": { "last_error": request, "fps": 3 },
                "gateway_status": { "whep_url": format!("https://h/aiWebrtc/{STREAM_KEY}-out/whep") } },
        })
        .to_string(),
        "list" => json!({ "success": true, "data": [{ "id": KEY, "name": request }] }).to_string(),
        _ => json!({ "success": false, "error": request, "code": KEY, "requestId": KEY, "details": [request, STREAM_KEY] })
            .to_string(),
    };
    let status = match kind {
        "garbage" | "list" => "200 OK".to_owned(),
        "created" => "201 Created".to_owned(),
        "nothing" => return String::new(),
        "half" => return format!("HTTP/1.1 500 X\r\nContent-Length: 99999\r\nX-Key: {KEY}\r\n\r\n{request}"),
        code => format!("{code} {KEY}"),
    };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nX-Echo: {KEY}\r\nLocation: https://h/{KEY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Stands between the daemon and the simulator: lies, or lets through.
async fn liar(listener: TcpListener, real: String, turns: Arc<AtomicUsize>, lies: usize) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let turn = turns.fetch_add(1, Ordering::SeqCst);
        let real = real.clone();
        tokio::spawn(async move {
            if turn >= lies {
                let mut api = TcpStream::connect(real).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut api).await;
                return;
            }
            let mut request = vec![0; 64 * 1024];
            let length = socket.read(&mut request).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let _ = socket.write_all(lie(turn, &request).as_bytes()).await;
        });
    }
}

async fn broker() -> Broker {
    let directory = Directory::new();
    let passwords = directory.write("passwords", "");
    let made = Command::new(program("mosquitto_passwd")).args(["-b", &passwords, "segue", PASSWORD]).status();
    assert!(made.unwrap().success());
    let config = format!("allow_anonymous false\npassword_file {passwords}");
    let mut broker = Broker::new(directory, &config);
    broker.start().await;
    broker
}

#[tokio::test]
async fn after_a_session_full_of_faults_no_secret_is_in_anything() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = format!("http://{}", listener.local_addr().unwrap());
    let turns = Arc::new(AtomicUsize::new(0));
    let real = simulator.url.strip_prefix("http://").unwrap().to_owned();
    let lies = 2 * LIES.len();
    let lying = tokio::spawn(liar(listener, real, Arc::clone(&turns), lies));
    let mut broker = broker().await;

    let stage = Stage::new(&directory).with("MQTT_PASSWORD", PASSWORD).with("WEB_TOKEN", TOKEN).with("RUST_BACKTRACE", "0");
    let doors = format!(
        "inputs:\n  osc: {{ listen: \"{}\" }}\n  mqtt: {{ url: \"mqtt://127.0.0.1:{}\", user: segue, password: {{ env: MQTT_PASSWORD }}, base: segue/wall }}\nweb: {{ listen: \"{}\", token: {{ env: WEB_TOKEN }} }}\n",
        stage.osc,
        broker.port(),
        stage.web
    );
    let text = show(&simulator, &stage, "timeouts: { create: 1s, update: 1s, status: 1s }")
        .replace(&simulator.url, &between)
        .replace(&stage.doors(), &doors);
    let mut daemon = stage.start(&text);
    let mut seen: Vec<(String, String)> = Vec::new();
    let look = async |path: &str| {
        let request = http().get(format!("{}{path}", daemon.web)).bearer_auth(TOKEN);
        let answer = request.send().await.ok()?;
        let headers = format!("{:?}", answer.headers());
        Some((path.to_owned(), headers + &answer.text().await.ok()?))
    };
    // While it is lied to, everything that can be looked at is looked at.
    eventually("the last of the lies", async || {
        for path in ["/api/state", "/api/state?pretty", "/metrics", "/", "/readyz", "/nowhere", "/login"] {
            seen.extend(look(path).await);
        }
        (turns.load(Ordering::SeqCst) > lies).then_some(())
    })
    .await;
    broker.stop();
    for wrong in [TOKEN.to_uppercase(), format!("{TOKEN} ")] {
        let request = http().post(format!("{}/login", daemon.web)).body(format!("token={wrong}{TOKEN}"));
        seen.push(("login".to_owned(), request.send().await.unwrap().text().await.unwrap()));
    }
    broker.start().await;
    eventually("the truth", async || {
        let (_, state) = look("/api/state").await?;
        let watched = state.contains("\"fps_out\":") && state.contains("\"phase\":\"live\"");
        seen.push(("state".to_owned(), state));
        watched.then_some(())
    })
    .await;
    let mut desk = Desk::log_in(&broker, "segue", PASSWORD).await;
    for topic in ["segue/wall/state", "segue/wall/status"] {
        seen.push((topic.to_owned(), desk.hear(topic).await.0));
    }
    let file = directory.path().join("show.yaml").display().to_string();
    let environment =
        [("DAYDREAM_API_KEY", KEY), ("MQTT_PASSWORD", PASSWORD), ("WEB_TOKEN", TOKEN), ("SEGUE_SHOW", file.as_str())];
    for words in [
        &["check", &file][..],
        &["check", &file, "--format", "json", "--strict"],
        &["status"],
        &["status", "--json"],
        &["go", "nothing"],
        &["schema"],
        &["reference"],
        &["stream", "status", "str_none", "--environment", &between],
    ] {
        let (_, output, errors) = segue(words, &environment);
        seen.push((words.join(" "), output + &errors));
    }
    let (code, output, _) = segue(&["status"], &environment);
    assert!(code == 0 && output.contains("wall"), "{output}");

    daemon.process.signal("TERM");
    daemon.process.ended().await;
    lying.abort();
    let log = daemon.process.log();
    assert!(log.contains("401") && log.contains("wrong token"), "the faults were met: {log}");
    seen.push(("the log".to_owned(), log));
    for (path, bytes) in files(&stage.state()) {
        seen.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(seen.len() > 20 && seen.iter().any(|(name, _)| name.ends_with("history.db")), "{}", seen.len());
    let real = http().get(format!("{}/v1/streams", simulator.url)).bearer_auth(KEY).send().await.unwrap();
    let real: serde_json::Value = real.json().await.unwrap();
    let real = real["data"][0]["stream_key"].as_str().unwrap().to_owned();
    let hidden = &TOKEN[..16];
    for secret in [KEY, TOKEN, hidden, PASSWORD, STREAM_KEY, &real] {
        for (name, text) in &seen {
            assert!(!text.contains(secret), "{secret} is in {name}: {text}");
        }
    }
}
