//! What an audience costs: a show of four streams in a long fade, first with nobody looking, then with two hundred open pages.
//!
//! `cargo bench --bench audience`. Prints which part of a core each takes of the daemon, how many changes a second every page
//! gets, and what they weigh. The API is a process of its own, so that none of it is counted.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops where something is wrong, and prints what it finds"
)]
#![expect(clippy::disallowed_methods, reason = "a bench asks what time it is")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const PAGES: usize = 200;
const STREAMS: usize = 4;
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(20);
/// How long it may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Returns the CPU time of all threads, from the scheduler.
    fn cpu_time(&self) -> Duration {
        let tasks = Path::new("/proc").join(self.0.id().to_string()).join("task");
        let nanoseconds = fs::read_dir(tasks).unwrap().map(|task| {
            let text = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// Returns which part of a core it takes, in percent.
    fn load(&self) -> f64 {
        let (began, used) = (Instant::now(), self.cpu_time());
        thread::sleep(SPAN);
        100.0 * self.cpu_time().saturating_sub(used).as_secs_f64() / began.elapsed().as_secs_f64()
    }
}

fn main() {
    let directory = env::temp_dir().join(format!("segue-audience-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (_api, url) = api();
    let web = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let daemon = daemon(&directory, &url, web);
    post(web, "/api/scenes/neon/go");

    let alone = daemon.load();
    let (changes, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let pages: Vec<_> = (0..PAGES).map(|_| follow(web, &changes, &bytes)).collect();
    thread::sleep(Duration::from_secs(2));
    let (changes_before, bytes_before) = (changes.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
    let looked_at = daemon.load();
    let rate = |count: u64| count as f64 / SPAN.as_secs_f64() / PAGES as f64;
    let changes_rate = rate(changes.load(Ordering::Relaxed) - changes_before);
    let bytes_rate = rate(bytes.load(Ordering::Relaxed) - bytes_before);
    println!("{STREAMS} streams in a fade, nobody looking   {alone:5.2} % of a core");
    println!("the same, with {PAGES} open pages          {looked_at:5.2} % of a core");
    println!("what the pages cost                     {:5.2} % of a core", looked_at - alone);
    println!("each page gets {changes_rate:.1} changes and {:.1} kB a second", bytes_rate / 1000.0);
    drop(daemon);
    drop(pages);
    fs::remove_dir_all(directory).unwrap();
}

/// Starts the API and returns its address.
fn api() -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.args(["simulator", "--listen", "127.0.0.1:0", "--api-key", "sk-bench"]).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Process(child), line.trim().strip_prefix("simulator at ").unwrap().to_owned())
}

/// Starts the show and waits until its streams are driven.
fn daemon(directory: &Path, url: &str, web: SocketAddr) -> Process {
    let stream = |number| {
        format!(
            "  s{number}: {{ backend: daydream, environment: \"{url}\", api_key: {{ env: DAYDREAM_API_KEY }}, start: dawn }}\n"
        )
    };
    let streams: String = (0..STREAMS).map(stream).collect();
    let show = format!(
        "show: Audience\nstreams:\n{streams}scenes:\n  dawn: {{ prompt: misty forest at dawn, seed: 1 }}\n  \
         neon: {{ prompt: [[neon city in the rain, 0.7], [oil painting, 0.3]], seed: 2, fade: 5m }}\n\
         web: {{ listen: \"{web}\" }}\n"
    );
    let file: PathBuf = directory.join("show.yaml");
    fs::write(&file, show).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command
        .arg("run")
        .arg(&file)
        .env("STATE_DIRECTORY", directory.join("state"))
        .env("DAYDREAM_API_KEY", "sk-bench");
    let daemon = Process(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let began = Instant::now();
    while !ask(web, "GET", "/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
        assert!(began.elapsed() < PATIENCE, "the show does not come up");
        thread::sleep(Duration::from_millis(100));
    }
    daemon
}

fn ask(web: SocketAddr, method: &str, path: &str) -> Option<String> {
    let mut line = TcpStream::connect(web).ok()?;
    write!(
        line,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    line.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn post(web: SocketAddr, path: &str) {
    let answer = ask(web, "POST", path).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

/// Opens a page that reads what comes, for as long as anything does.
fn follow(web: SocketAddr, changes: &Arc<AtomicU64>, bytes: &Arc<AtomicU64>) -> thread::JoinHandle<()> {
    let (changes, bytes) = (Arc::clone(changes), Arc::clone(bytes));
    let mut line = TcpStream::connect(web).unwrap();
    write!(line, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let read = move || {
        for text in BufReader::new(line).lines().map_while(Result::ok) {
            bytes.fetch_add(text.len() as u64 + 1, Ordering::Relaxed);
            if text == "event: patch" {
                changes.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    thread::Builder::new().stack_size(64 * 1024).spawn(read).unwrap()
}
