//! A server that says one thing to whatever it hears, byte by byte as a test wants it, and remembers what it heard.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The next request.
    Listen,
    /// The connection ends in order.
    Close,
    /// The connection breaks.
    Reset,
    /// Nothing, for longer than anybody waits.
    Hang,
    /// Chunks of a body without end.
    Flood,
}

/// A server on a port of its own.
pub(super) struct Stub {
    pub(super) base: String,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Stub {
    pub(super) async fn start(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (hearing, connecting) = (Arc::clone(&heard), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connecting.lock().unwrap() += 1;
                tokio::spawn(converse(stream, Arc::clone(&answer), then, Arc::clone(&hearing)));
            }
        });
        Self { base, heard, connections }
    }

    /// Returns the requests so far, as they came over the wire.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// Ends without a word when the client does.
async fn converse(mut stream: TcpStream, answer: Arc<[u8]>, then: Then, heard: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = hear(&mut stream).await {
        heard.lock().unwrap().push(request);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        match then {
            Then::Listen => {}
            Then::Close => return,
            Then::Reset => {
                // What was said must have arrived: a reset overtakes it.
                tokio::time::sleep(Duration::from_millis(50)).await;
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                return;
            }
            Then::Hang => std::future::pending().await,
            Then::Flood => {
                let chunk = format!("1000\r\n{}\r\n", "[[1, 2],".repeat(0x1000 / 8));
                while stream.write_all(chunk.as_bytes()).await.is_ok() {}
            }
        }
    }
}

/// Reads one request.
async fn hear(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&more[..count]),
        }
    }
}

/// An answer in order: a status line, headers that each end in a line end, and a body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
