//! What systemd wants to know: ready, what is on, alive, stopping. Harmless where there is no systemd.
//!
//! The show's own loop speaks, so that a loop that hangs is not taken for alive; and it never waits: a manager that does
//! not listen is told again later, or not at all.

use std::{
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

use crate::show::{snapshot::Snapshot, time::Mono};

/// Speaks to the service manager.
#[derive(Debug)]
pub(super) struct Systemd {
    socket: Option<UnixDatagram>,
    feed_every: Option<Duration>,
    fed: Option<Mono>,
    is_ready: bool,
    status: String,
}

impl Systemd {
    /// Finds the manager's socket (`$NOTIFY_SOCKET`) and whether there is a watchdog to feed: half its time, as its
    /// manual advises.
    pub(super) fn new() -> Self {
        let socket = std::env::var_os("NOTIFY_SOCKET").and_then(|name| connect(&name).ok());
        let feed_every = sd_notify::watchdog_enabled().map(|time| time / 2);
        Self { socket, feed_every, fed: None, is_ready: false, status: String::new() }
    }

    /// Says that the show runs, once, and feeds the watchdog if it is time.
    pub(super) fn feed(&mut self, now: Mono) {
        if !self.is_ready {
            self.is_ready = self.tell("READY=1");
        }
        let Some(every) = self.feed_every else { return };
        if self.fed.is_none_or(|fed| now.since(fed) >= every) && self.tell("WATCHDOG=1") {
            self.fed = Some(now);
        }
    }

    /// Says what is on, if that is another thing than before.
    pub(super) fn show(&mut self, snapshot: &Snapshot) {
        let status = what_is_on(snapshot);
        if status != self.status && self.tell(&format!("STATUS={status}")) {
            self.status = status;
        }
    }

    /// Says that the show file is being read again; `now` is the monotonic clock of the system, as its manual wants it.
    pub(super) fn reloading(&self, now: Duration) {
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.as_micros()));
    }

    /// Says that the show runs, with or without the edit.
    pub(super) fn reloaded(&self) {
        self.tell("READY=1");
    }

    /// Says that the show ends.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Returns whether the manager has it, or there is none.
    fn tell(&self, words: &str) -> bool {
        self.socket.as_ref().is_none_or(|socket| socket.send(words.as_bytes()).is_ok())
    }
}

/// Connects to a socket in the file system, or with a leading `@` in the abstract name space.
fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn what_is_on(snapshot: &Snapshot) -> String {
    let streams = snapshot.streams.iter().map(|stream| {
        let state =
            stream.health.as_ref().and_then(|health| health.state.as_deref()).unwrap_or("no status yet");
        let way = if stream.transition.is_some() { "to " } else { "" };
        format!("{}: {way}{} ({state})", stream.name, stream.scene)
    });
    let file = snapshot.show_file.as_ref().and_then(|file| file.error.as_ref());
    let file = file.map(|error| format!("the show file is wrong: {error}"));
    // A line of its own: what a backend calls its state must not become another assignment.
    streams.chain(file).collect::<Vec<_>>().join(", ").replace(char::is_control, " ")
}
