//! The other end of the wire: an API that answers at once and tells when it had read each request, and the shortest way to it.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::PATIENCE;

/// A stream as the API tells it.
const STREAM: &str =
    r#"{"id": "str_bench", "stream_key": "stk_bench", "output_playback_id": "bench", "name": "wall"}"#;
/// A stream that is well.
const STATUS: &str = r#"{"success": true, "data": {"state": "ONLINE", "input_status": {"fps": 30},
  "inference_status": {"fps": 30, "restart_count": 0}}}"#;

/// An API that answers at once, with a thread for each connection.
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) heard: Receiver<Heard>,
}

/// A request, and when all of it was read.
pub(crate) struct Heard {
    pub(crate) at: Instant,
    pub(crate) bytes: Vec<u8>,
}

impl Heard {
    pub(crate) fn starts_with(&self, text: &str) -> bool {
        self.bytes.starts_with(text.as_bytes())
    }

    pub(crate) fn is_update(&self) -> bool {
        self.starts_with("PATCH ")
    }

    /// Returns whether it brings a prompt to its full weight.
    pub(crate) fn shows(&self, prompt: &str) -> bool {
        let Some(body) = head_end(&self.bytes).map(|end| &self.bytes[end..]) else { return false };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let entries = body["params"]["prompt"].as_array().cloned().unwrap_or_default();
        self.is_update() && entries.iter().any(|entry| entry[0] == prompt && entry[1] == 1.0)
    }
}

impl Api {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let tell = tell.clone();
                thread::spawn(move || converse(stream, &tell));
            }
        });
        Self { address, heard }
    }
}

/// Ends when either side has gone.
fn converse(mut stream: TcpStream, tell: &Sender<Heard>) {
    stream.set_nodelay(true).unwrap();
    while let Some(heard) = hear(&mut stream) {
        let (status, body) = if heard.starts_with("POST ") {
            ("201 Created", STREAM)
        } else if heard.starts_with("GET /v1/streams ") {
            ("200 OK", "[]")
        } else if heard.bytes.windows(8).take(80).any(|part| part == b"/status ") {
            ("200 OK", STATUS)
        } else {
            ("200 OK", STREAM)
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n");
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).is_err() || tell.send(heard).is_err() {
            return;
        }
    }
}

fn hear(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = head_end(&bytes) else { continue };
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if bytes.len() - end >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(Heard { at: Instant::now(), bytes });
        }
    }
}

/// Returns where the body of a request begins.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|part| part == b"\r\n\r\n").map(|at| at + 4)
}

/// A task between two sockets that does nothing else, in a process of its own as the daemon is: nobody who waits for
/// datagrams and speaks HTTP is faster.
pub(crate) struct Floor {
    api: Api,
    child: Child,
    datagrams: SocketAddr,
    socket: UdpSocket,
}

impl Floor {
    /// The argument by which this program becomes that process.
    pub(crate) const ROLE: &str = "floor";

    /// Starts a process that sends `request` for every datagram.
    pub(crate) fn start(request: &[u8]) -> Self {
        let api = Api::start();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([Self::ROLE, &api.address.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(request).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let datagrams = line.trim().parse().unwrap();
        Self { api, child, datagrams, socket: UdpSocket::bind("127.0.0.1:0").unwrap() }
    }

    /// Is that process: for every datagram, sends what stands on standard input, over one connection.
    pub(crate) fn play(api: &str) {
        let mut request = Vec::new();
        io::stdin().read_to_end(&mut request).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let udp = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let mut tcp = tokio::net::TcpStream::connect(api).await.unwrap();
            tcp.set_nodelay(true).unwrap();
            println!("{}", udp.local_addr().unwrap());
            let mut buffer = [0; 4096];
            loop {
                udp.recv_from(&mut buffer).await.unwrap();
                tcp.write_all(&request).await.unwrap();
                // The answer came in one piece, as it was written.
                let length = tcp.read(&mut buffer).await.unwrap();
                assert!(length > 0, "the API is gone");
            }
        });
    }

    pub(crate) fn time_to_request(&self, datagram: &[u8]) -> Duration {
        let began = Instant::now();
        self.socket.send_to(datagram, self.datagrams).unwrap();
        self.api.heard.recv_timeout(PATIENCE).unwrap().at - began
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
