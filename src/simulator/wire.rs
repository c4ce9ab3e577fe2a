//! Connections that can be made to fail: reset at once, reset in the middle of a body, or slow.
//!
//! Below HTTP, because above it a broken connection cannot be made. Each connection has a `Line` by which the
//! handler of a request says what becomes of its answer.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Sleep,
};

/// A slow body comes in so many pieces.
const PIECES: u32 = 10;
/// What ends the head of an HTTP answer.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What becomes of the next answer on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes out.
    #[default]
    Whole,
    /// The connection is reset instead.
    Reset,
    /// The head and so many bytes of the body go out, then the connection is reset.
    Cut(usize),
    /// The head goes out, then the body in pieces over this time.
    Slow(Duration, usize),
}

/// A handle on one connection, for the handlers of its requests.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Who calls.
    pub(super) peer: SocketAddr,
    fate: Arc<Mutex<Fate>>,
}

impl Line {
    /// Says what becomes of the answer that is about to be given.
    pub(super) fn set(&self, fate: Fate) {
        *self.fate.lock().unwrap_or_else(PoisonError::into_inner) = fate;
    }
}

/// A listener whose connections can be made to fail.
#[derive(Debug)]
pub(super) struct Wires(pub(super) TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (tcp, peer) = Listener::accept(&mut self.0).await;
        // The pieces of a slow body must not wait for each other; where this fails they do, no more.
        let _ = tcp.set_nodelay(true);
        let line = Line { peer, fate: Arc::default() };
        (Wire { tcp, line, sending: Sending::default(), pause: None }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Wires>> for Line {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().line.clone()
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    line: Line,
    sending: Sending,
    pause: Option<Pin<Box<Sleep>>>,
}

/// How far an answer with a fate is on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Sending {
    /// Bytes of `HEAD_END` that have just been seen; all of them once the head is out.
    matched: usize,
    /// Bytes of the body that are out.
    body: usize,
}

impl Sending {
    /// Returns how much of `buffer` still belongs to the head.
    fn head_in(mut self, buffer: &[u8]) -> usize {
        let in_head = |byte: &&u8| {
            let going = self.matched < HEAD_END.len();
            self.see(**byte);
            going
        };
        buffer.iter().take_while(in_head).count()
    }

    fn see(&mut self, byte: u8) {
        if self.matched == HEAD_END.len() {
            self.body += 1;
        } else if byte == HEAD_END[self.matched] {
            self.matched += 1;
        } else {
            self.matched = usize::from(byte == HEAD_END[0]);
        }
    }
}

impl Wire {
    fn broken(&self) -> io::Error {
        // Without lingering the peer sees a reset, not an orderly end.
        let _ = self.tcp.set_zero_linger();
        io::Error::from(io::ErrorKind::ConnectionReset)
    }

    /// Waits for the pause between two pieces, if there is one.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Writes at most `limit` bytes and keeps count of them.
    fn poll_part(
        &mut self,
        context: &mut Context<'_>,
        buffer: &[u8],
        limit: usize,
    ) -> Poll<io::Result<usize>> {
        let part = &buffer[..buffer.len().min(limit)];
        let written = ready!(Pin::new(&mut self.tcp).poll_write(context, part))?;
        part[..written].iter().for_each(|byte| self.sending.see(*byte));
        Poll::Ready(Ok(written))
    }

    fn end_of_fate(&mut self) {
        self.line.set(Fate::Whole);
        self.sending = Sending::default();
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let fate = *wire.line.fate.lock().unwrap_or_else(PoisonError::into_inner);
        let head = wire.sending.head_in(buffer);
        match fate {
            Fate::Whole => Pin::new(&mut wire.tcp).poll_write(context, buffer),
            Fate::Reset => Poll::Ready(Err(wire.broken())),
            Fate::Cut(_) | Fate::Slow(..) if head > 0 => wire.poll_part(context, buffer, head),
            Fate::Cut(at) if wire.sending.body >= at => Poll::Ready(Err(wire.broken())),
            Fate::Cut(at) => wire.poll_part(context, buffer, at - wire.sending.body),
            Fate::Slow(time, length) => {
                ready!(wire.poll_pause(context));
                let piece = length.div_ceil(PIECES as usize).max(1);
                let written = ready!(wire.poll_part(context, buffer, piece))?;
                if wire.sending.body >= length {
                    wire.end_of_fate();
                } else {
                    wire.pause = Some(Box::pin(tokio::time::sleep(time / PIECES)));
                }
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_head_is_found_across_writes() {
        let mut sending = Sending::default();
        for byte in b"HTTP/1.1 200 OK\r\nA: b\r" {
            sending.see(*byte);
        }
        assert_eq!(sending.head_in(b"\n\r\n{}"), 3);
        for byte in b"\n\r\n{}" {
            sending.see(*byte);
        }
        assert_eq!((sending.head_in(b"more"), sending.body), (0, 2));
    }
}
