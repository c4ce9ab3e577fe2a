//! The whole house for a test: the simulator as a process of its own, the daemon as another, real sockets between them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use rosc::{OscMessage, OscPacket, OscType, encoder};
use serde_json::Value;

use super::{broker::Directory, eventually, within};

/// The key of every test's account.
pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

/// A process of ours that ends with the test, with what it printed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(mut command: Command, log: PathBuf) -> Self {
        let errors = fs::File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stderr(errors).spawn().unwrap();
        Self { child, log }
    }

    /// Returns its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the end of the process", async || child.try_wait().unwrap()).await
    }

    /// Returns what it has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "whoever reads a failed test wants the log")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("--- {}\n{}", self.log.display(), fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// `segue simulator` on a free port.
#[derive(Debug)]
pub(crate) struct Simulator {
    pub(crate) process: Process,
    pub(crate) url: String,
    requests: PathBuf,
}

impl Simulator {
    /// Starts it with some options of its own.
    pub(crate) fn start(directory: &Directory, options: &[&str]) -> Self {
        Self::start_at(directory, "127.0.0.1:0", options)
    }

    /// Starts it at an address.
    pub(crate) fn start_at(directory: &Directory, address: &str, options: &[&str]) -> Self {
        let requests = directory.path().join("requests.jsonl");
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command.args(["simulator", "--listen", address, "--api-key", KEY, "--requests"]).arg(&requests);
        command.args(options).stdout(Stdio::piped());
        let mut process = Process::start(command, directory.path().join("simulator.log"));
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("simulator at ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { process, url, requests }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Returns every accepted create and update so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.requests).unwrap_or_default();
        // The last line may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until the weights of a stream's prompts, as merged from all requests, are these.
    pub(crate) async fn shows(&self, wanted: &[(&str, f64)]) {
        let what = format!("{wanted:?}");
        eventually(&what, async || {
            let prompts = self.requests().iter().filter_map(prompts).next_back()?;
            let fits = |(text, weight): &(&str, f64)| {
                let found =
                    prompts.iter().find(|(other, _)| other == text).map_or(0.0, |(_, weight)| *weight);
                (found - weight).abs() < 1e-9
            };
            wanted.iter().all(fits).then_some(())
        })
        .await;
    }
}

/// Returns the prompts of a create or update line with their weights, twins added up.
pub(crate) fn prompts(line: &Value) -> Option<Vec<(String, f64)>> {
    let params = ["params", "pipeline_params"].iter().find_map(|key| line["body"].get(key))?;
    let mut prompts: Vec<(String, f64)> = Vec::new();
    for entry in params.get("prompt")?.as_array()? {
        let (text, weight) = (entry[0].as_str()?.to_owned(), entry[1].as_f64()?);
        match prompts.iter_mut().find(|(other, _)| *other == text) {
            Some((_, sum)) => *sum += weight,
            None => prompts.push((text, weight)),
        }
    }
    Some(prompts)
}

/// `segue run` with a show file, a state directory and free ports.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) process: Process,
    pub(crate) osc: SocketAddr,
    pub(crate) web: String,
    socket: UdpSocket,
}

/// What a daemon is started with.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) osc: SocketAddr,
    pub(crate) web: SocketAddr,
    environment: Vec<(String, String)>,
    launcher: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Chooses free ports.
    pub(crate) fn new(directory: &'a Directory) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { directory, osc: udp, web: tcp, environment: Vec::new(), launcher: Vec::new() }
    }

    /// Adds an environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts the daemon through another program, such as one that limits what it may use.
    pub(crate) fn through(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(ToString::to_string).collect();
        self
    }

    /// Returns a show file's end: inputs and web on the chosen ports.
    pub(crate) fn doors(&self) -> String {
        format!("inputs:\n  osc: {{ listen: \"{}\" }}\nweb: {{ listen: \"{}\" }}\n", self.osc, self.web)
    }

    /// Starts the daemon and waits until every stream is driven.
    pub(crate) async fn run(&self, show: &str) -> Daemon {
        let daemon = self.start(show);
        daemon.until_ready().await;
        daemon
    }

    /// Starts the daemon.
    pub(crate) fn start(&self, show: &str) -> Daemon {
        let file = self.directory.write("show.yaml", show);
        let state = self.directory.path().join("state");
        let own = env!("CARGO_BIN_EXE_segue").to_owned();
        let words: Vec<&String> = self.launcher.iter().chain([&own]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command.args(["run", &file, "--log", "debug,hyper_util=off,reqwest=off"]);
        command.env("STATE_DIRECTORY", state).env("DAYDREAM_API_KEY", KEY).stdout(Stdio::null());
        command.envs(self.environment.iter().cloned());
        let process = Process::start(command, self.directory.path().join("daemon.log"));
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Daemon { process, osc: self.osc, web: format!("http://{}", self.web), socket }
    }

    /// Returns where its state is kept.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }
}

impl Daemon {
    /// Sends an OSC message with float arguments.
    pub(crate) fn osc(&self, address: &str, args: &[f32]) {
        let args = args.iter().map(|arg| OscType::Float(*arg)).collect();
        let packet = OscPacket::Message(OscMessage { addr: address.to_owned(), args });
        self.datagram(&encoder::encode(&packet).unwrap());
    }

    /// Sends any bytes to the OSC port.
    pub(crate) fn datagram(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.osc).unwrap();
    }

    /// Waits until every stream is driven.
    pub(crate) async fn until_ready(&self) {
        eventually("the show to be ready", async || {
            let answer = http().get(format!("{}/readyz", self.web)).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }

    /// Returns the state as `/api/state` tells it.
    pub(crate) async fn state(&self) -> Value {
        let answer = within("the state", http().get(format!("{}/api/state", self.web)).send()).await.unwrap();
        answer.json().await.unwrap()
    }

    /// Returns the text of a route.
    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = within(path, http().get(format!("{}{path}", self.web)).send()).await.unwrap();
        answer.text().await.unwrap()
    }

    /// Waits until the state is as wanted, and returns it.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || Some(self.state().await).filter(&wanted)).await
    }
}

/// Runs `segue` with arguments to its end and returns exit code, output and errors.
pub(crate) fn segue(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(arguments)
        .env_remove("DAYDREAM_API_KEY")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Makes an HTTP client that knows no proxy.
pub(crate) fn http() -> reqwest::Client {
    segue::backend::install_tls();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Returns every file below a directory with its bytes.
pub(crate) fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
    }
    files
}
