//! A browser at a test's hands: chromedriver and the chromium it starts, by the JSON of its own protocol (W3C `WebDriver` 2).

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{broker::Directory, eventually, house::http, within};

/// How a browser is started: on its own, asking nobody but the page, with nothing of an earlier one.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A window.
#[derive(Clone, Copy, Debug)]
pub(super) enum Window {
    /// On a desk.
    Desk,
    /// In a hand.
    Phone,
}

/// A browser with one window, gone after the test.
#[derive(Debug)]
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    client: reqwest::Client,
    profile: Directory,
}

impl Browser {
    /// Opens a window.
    pub(super) async fn open(window: Window) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver: tests/run.sh installs it");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                line.unwrap().strip_suffix('.')?.split_once("successfully on port ")?.1.parse().ok()
            })
            .expect("chromedriver does not start");
        let profile = Directory::new();
        let mut browser = Self { driver, port, session: String::new(), client: http(), profile };
        let session = browser.call("POST", "/session", Some(browser.capabilities(window))).await;
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    fn capabilities(&self, window: Window) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let args: Vec<&str> =
            FLAGS.into_iter().chain([profile.as_str(), "--window-size=1440,1000"]).collect();
        let mut options = json!({ "args": args });
        if let Window::Phone = window {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 2, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let log = json!({ "browser": "ALL" });
        json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": log } } })
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("http://127.0.0.1:{}{}{path}", self.port, self.session);
        let mut request = self.client.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer: Value = within(path, request.send()).await.unwrap().json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer}");
        answer["value"].clone()
    }

    /// Goes to a page.
    pub(super) async fn visit(&self, url: &str) {
        self.call("POST", "/url", Some(json!({ "url": url }))).await;
    }

    /// Runs the body of a function in the page and returns what it returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", Some(json!({ "script": script, "args": [] }))).await
    }

    /// Waits until an expression in the page is true, or fails with what is awaited.
    pub(super) async fn until(&self, what: &str, expression: &str) {
        let script = format!("return Boolean({expression})");
        eventually(what, async || (self.run(&script).await == true).then_some(())).await;
    }

    /// Presses an element as a finger or a mouse does.
    pub(super) async fn press(&self, css: &str) {
        let element = self.find(css).await;
        // As a person does who wants to press what the bar below covers.
        self.run(&format!("document.querySelector({}).scrollIntoView({{ block: 'center' }})", json!(css)))
            .await;
        self.call("POST", &format!("/element/{element}/click"), Some(json!({}))).await;
    }

    /// Presses an element with the other button.
    pub(super) async fn press_aside(&self, css: &str) {
        let element = json!({ "element-6066-11e4-a52e-4f735466cecf": self.find(css).await });
        let actions = json!([
            { "type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0 },
            { "type": "pointerDown", "button": 2 },
            { "type": "pointerUp", "button": 2 },
        ]);
        self.act(json!({ "type": "pointer", "id": "mouse", "actions": actions })).await;
    }

    /// Types, wherever the focus is; letters beyond ASCII are keys by the protocol's own code.
    pub(super) async fn type_keys(&self, keys: &str) {
        let stroke = |key: char| {
            let value = key.to_string();
            [json!({ "type": "keyDown", "value": value }), json!({ "type": "keyUp", "value": value })]
        };
        let actions: Vec<_> = keys.chars().flat_map(stroke).collect();
        self.act(json!({ "type": "key", "id": "keys", "actions": actions })).await;
    }

    async fn act(&self, source: Value) {
        self.call("POST", "/actions", Some(json!({ "actions": [source] }))).await;
    }

    async fn find(&self, css: &str) -> String {
        let found =
            self.call("POST", "/element", Some(json!({ "using": "css selector", "value": css }))).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Keeps what is to be seen as `target/browser/<name>.png`, for people to look at.
    pub(super) async fn keep_picture(&self, name: &str) {
        let picture = self.call("GET", "/screenshot", None).await;
        let folder = folder().join("browser");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes(picture.as_str().unwrap())).unwrap();
    }

    /// Returns what the browser complained of since it was last asked.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", Some(json!({ "type": "browser" }))).await;
        let lines = log.as_array().unwrap().iter().filter(|line| line["level"] != "INFO");
        lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when the session ends; killed before, it would leave it behind.
        let end = || -> std::io::Result<()> {
            let mut line = TcpStream::connect(("127.0.0.1", self.port))?;
            line.set_read_timeout(Some(Duration::from_secs(10)))?;
            let (session, port) = (&self.session, self.port);
            write!(line, "DELETE {session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
            line.read_to_end(&mut Vec::new()).map(drop)
        };
        let _ = end();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Returns where what tests leave behind is kept.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target")
}

/// Reads base64 (RFC 4648, section 4).
fn bytes(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').map(value).collect();
    let group = |letters: &[u8]| {
        let bits = letters.iter().fold(0_u32, |bits, letter| bits << 6 | u32::from(*letter));
        let bits = bits << (6 * (4 - letters.len()));
        bits.to_be_bytes()[1..letters.len()].to_vec()
    };
    letters.chunks(4).flat_map(group).collect()
}

#[test]
fn pictures_are_read_as_they_were_written() {
    assert_eq!(bytes("c2VndWU="), b"segue");
    assert_eq!(bytes("Zm9vYmE="), b"fooba");
    assert_eq!(bytes("Zm9vYmFy"), b"foobar");
}
