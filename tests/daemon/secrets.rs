//! A session full of faults, and no secret in anything that came out of it.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{life::simulator_stream_key, show};
use crate::support::{
    broker::{Broker, Desk, Directory, program},
    eventually,
    house::{KEY, Simulator, Stage, files, http, segue},
};

const TOKEN: &str = "web-token-0123456789abcdef";
const PASSWORD: &str = "broker-password-0123456789";
/// A stream key that only the lying API knows.
const STREAM_KEY: &str = "stk_Hd7YwNf3QsVu6TgA";

/// How requests are lied to, each route in this order, until it hears the truth. All say the request back.
///
/// Not creates: one that fails is tried again after 20 s. The client's own tests lie about those.
const LIES: [(Route, &[&str]); 4] = [
    (Route::Create, &[]),
    (Route::Status, &["garbage", "half", "400", "list", "created"]),
    (Route::Update, &["500", "nothing", "created"]),
    (Route::Other, &[]),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Route {
    Create,
    Status,
    Update,
    Other,
}

impl Route {
    fn of(request: &str) -> Self {
        match request.split(' ').collect::<Vec<_>>().as_slice() {
            ["POST", "/v1/streams", ..] => Self::Create,
            ["PATCH", ..] => Self::Update,
            ["GET", path, ..] if path.ends_with("/status") => Self::Status,
            _ => Self::Other,
        }
    }
}

/// Answers like this, with everything in it that the request had.
fn lie(kind: &str, request: &str) -> String {
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
    format!(
        "HTTP/1.1 {status}\r\nX-Echo: {KEY}\r\nLocation: https://h/{KEY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// What the liar has done so far.
#[derive(Debug, Default)]
struct Lies {
    told: [AtomicUsize; 4],
    /// Whether the key is refused from now on.
    locked: AtomicBool,
}

impl Lies {
    /// Returns the lie that is due, if it is not the truth.
    fn due(&self, route: Route) -> Option<&'static str> {
        if self.locked.load(Ordering::SeqCst) {
            return Some("401");
        }
        let at = LIES.iter().position(|(other, _)| *other == route).unwrap();
        LIES[at].1.get(self.told[at].fetch_add(1, Ordering::SeqCst)).copied()
    }

    fn are_all_told(&self) -> bool {
        LIES.iter()
            .zip(&self.told)
            .all(|((_, lies), told)| told.load(Ordering::SeqCst) > lies.len() || lies.is_empty())
    }
}

/// Stands between the daemon and the simulator: lies, or lets through.
async fn liar(listener: TcpListener, real: String, lies: Arc<Lies>) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (real, lies) = (real.clone(), Arc::clone(&lies));
        tokio::spawn(async move {
            let mut request = vec![0; 64 * 1024];
            let length = socket.read(&mut request).await.unwrap_or_default();
            request.truncate(length);
            let text = String::from_utf8_lossy(&request).into_owned();
            let answer = match lies.due(Route::of(&text)) {
                Some(kind) => lie(kind, &text).into_bytes(),
                None => truth(&text, &real).await,
            };
            let _ = socket.write_all(&answer).await;
        });
    }
}

/// Asks the simulator, on a connection that ends with its answer.
async fn truth(request: &str, real: &str) -> Vec<u8> {
    let mut api = TcpStream::connect(real).await.unwrap();
    api.write_all(request.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = api.read_to_end(&mut answer).await;
    answer
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

#[expect(clippy::too_many_lines, reason = "one session, from end to end")]
#[tokio::test]
async fn after_a_session_full_of_faults_no_secret_is_in_anything() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = format!("http://{}", listener.local_addr().unwrap());
    let lies = Arc::new(Lies::default());
    let real = simulator.url.strip_prefix("http://").unwrap().to_owned();
    let lying = tokio::spawn(liar(listener, real, Arc::clone(&lies)));
    let mut broker = broker().await;

    let stage = Stage::new(&directory)
        .with("MQTT_PASSWORD", PASSWORD)
        .with("WEB_TOKEN", TOKEN)
        .with("RUST_BACKTRACE", "0");
    let text = text(&simulator, &stage, &between, &broker);
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
        // An odd number of them, so that the scene changes from look to look.
        for path in [
            "/api/state",
            "/api/state?pretty",
            "/metrics",
            "/",
            "/status",
            "/api/show",
            "/api/plan",
            "/api/openapi.json",
            "/readyz",
            "/nowhere",
            "/login",
        ] {
            seen.extend(look(path).await);
        }
        // Something to update, again and again.
        let scene = ["neon", "dawn"][seen.len() % 2];
        daemon.osc(&format!("/segue/scene/{scene}"), &[0.05]);
        lies.are_all_told().then_some(())
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
    for topic in ["segue/wall/availability", "segue/wall/state"] {
        seen.push((topic.to_owned(), desk.hear(topic).await.0));
    }
    lies.locked.store(true, Ordering::SeqCst);
    daemon.osc("/segue/scene/neon", &[0.1]);
    eventually("the refusal of the key", async || daemon.process.log().contains("401").then_some(())).await;
    seen.extend(typed(&directory, &between));

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
    let real = simulator_stream_key(&simulator).await;
    let part = &TOKEN[..16];
    for secret in [KEY, TOKEN, part, PASSWORD, STREAM_KEY, &real] {
        for (name, text) in &seen {
            assert!(!text.contains(secret), "{secret} is in {name}: {text}");
        }
    }
}

/// Types every command that may tell something, with all secrets at hand and an API that refuses them.
fn typed(directory: &Directory, between: &str) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let file = directory.path().join("show.yaml").display().to_string();
    let environment = [
        ("DAYDREAM_API_KEY", KEY),
        ("MQTT_PASSWORD", PASSWORD),
        ("WEB_TOKEN", TOKEN),
        ("SEGUE_SHOW", file.as_str()),
    ];
    for words in [
        &["check", &file][..],
        &["check", &file, "--format", "json", "--strict"],
        &["status"],
        &["status", "--json"],
        &["go", "nothing"],
        &["schema"],
        &["reference"],
        &["stream", "status", "str_none", "--environment", between],
        &["stream", "create", "--prompt", "sea", "--environment", between],
        &["stream", "list", "--environment", between],
    ] {
        let (_, output, errors) = segue(words, &environment);
        seen.push((words.join(" "), output + &errors));
    }
    let (code, output, _) = segue(&["status"], &environment);
    assert!(code == 0 && output.contains("wall"), "{output}");
    seen
}

/// Returns a show with every secret there is, behind the liar.
fn text(simulator: &Simulator, stage: &Stage<'_>, between: &str, broker: &Broker) -> String {
    let doors = format!(
        "inputs:\n  osc: {{ listen: \"{}\" }}\n  mqtt: {{ url: \"mqtt://127.0.0.1:{}\", user: segue, password: {{ env: MQTT_PASSWORD }}, base: segue/wall }}\nweb: {{ listen: \"{}\", token: {{ env: WEB_TOKEN }} }}\n",
        stage.osc,
        broker.port(),
        stage.web
    );
    show(simulator, stage, "timeouts: { create: 1s, update: 1s, status: 1s }")
        .replace(&simulator.url, between)
        .replace(&stage.doors(), &doors)
}
