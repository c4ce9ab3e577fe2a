//! OSC over UDP: from datagrams to packets of the show, and back out what controllers want to know of it.
//!
//! One socket for both ways, read as fast as datagrams come. Does not hold anything back until its time and does not know what
//! an address does; `out.rs` has what goes out.

pub mod asks;
pub mod clients;
pub mod decode;
pub mod guard;
pub mod out;
pub mod timetag;
mod values;

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, Protocol, SockAddr, Type};
use tokio::{net::UdpSocket, task, time};

use self::{asks::Asks, clients::Sent, guard::DATAGRAM_MAX};
use super::inbox::Inbox;
use crate::show::{event::Door, subnet::Subnet};

/// Receive buffer asked of the kernel, in bytes.
///
/// A small datagram occupies 768 bytes of kernel memory and the kernel doubles what it is asked for, so this
/// holds some 10 000: a second of ten busy controllers while the daemon does not run. When it is full Linux drops
/// the newest datagram, the very one that should stay.
pub const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// The kernel's limit for the above, to be raised by whoever runs the machine.
pub const RECEIVE_BUFFER_SYSCTL: &str = "net.core.rmem_max";

/// Most datagrams read before other tasks get their turn.
///
/// A fader's datagram takes about 2 µs, so this is half a millisecond. One of the largest size takes 200 µs at
/// worst (680 messages in a bundle), so a flood of such holds the others up for 50 ms a turn. Measured, optimised.
pub const BATCH_MAX: usize = 256;

/// Pause after the socket failed in a way that does not come from a peer: no interface, no memory.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Most bytes of a refused datagram shown as an example.
const EXCERPT_MAX: usize = 32;

/// The reason under which a failing socket is counted.
const SOCKET_FAILED: &str = "socket failed";

/// The reason under which a datagram is counted whose sender is not allowed.
const NOT_ALLOWED: &str = "sender not allowed";

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address and port to bind; port 0 for any. `[::]` hears IPv4 too.
    pub listen: SocketAddr,
    /// Who may send; empty for everybody. What others send is counted and not looked at.
    pub allow: Vec<Subnet>,
}

/// A bound socket, not yet read from.
#[derive(Debug)]
pub struct Socket {
    udp: Arc<UdpSocket>,
    granted: usize,
    allow: Vec<Subnet>,
}

impl Socket {
    /// Returns the receive buffer that the kernel granted, in bytes, in the terms of [`RECEIVE_BUFFER`].
    pub fn granted(&self) -> usize {
        self.granted
    }

    /// Returns the address that the socket is bound to.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }

    /// Returns the way out of this socket.
    pub fn sender(&self) -> io::Result<Sender> {
        Ok(Sender { udp: Arc::clone(&self.udp), local: self.udp.local_addr()? })
    }
}

/// The way out of a socket. Never waits.
#[derive(Clone, Debug)]
pub struct Sender {
    udp: Arc<UdpSocket>,
    local: SocketAddr,
}

impl Sender {
    /// Returns the port that it sends from.
    pub fn port(&self) -> u16 {
        self.local.port()
    }

    /// Sends one datagram.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) -> Sent {
        let to = match (self.local, to.ip()) {
            // A socket of IPv6 knows IPv4 in the clothes of IPv6 only.
            (SocketAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
            _ => to,
        };
        match self.udp.try_send_to(bytes, to) {
            Ok(_) => Sent::Done,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Sent::Full,
            Err(_) => Sent::Failed,
        }
    }
}

/// Binds the socket, and warns if the kernel grants a smaller buffer than asked. Needs a tokio runtime.
pub fn bind(settings: Settings) -> io::Result<Socket> {
    let Settings { listen, allow } = settings;
    let socket = socket2::Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(listen))?;
    let told = socket.recv_buffer_size()?;
    // Linux doubles what it is asked for, for its own book-keeping, and tells the double (socket(7)).
    let granted = if cfg!(target_os = "linux") { told / 2 } else { told };
    if granted < RECEIVE_BUFFER {
        tracing::warn!(
            asked = RECEIVE_BUFFER,
            granted,
            sysctl = RECEIVE_BUFFER_SYSCTL,
            "The kernel grants OSC a small receive buffer: bursts may lose their newest messages."
        );
    }
    Ok(Socket { udp: Arc::new(UdpSocket::from_std(socket.into())?), granted, allow })
}

/// Reads the socket for ever.
///
/// The socket is emptied in one go, up to [`BATCH_MAX`] datagrams, before anything else in the daemon runs.
/// What is asked of us and not of the show goes to `asks`.
pub async fn run(socket: Socket, inbox: Inbox, asks: Asks) {
    // One byte more than is allowed, so that a longer datagram shows.
    let mut buffer = [0; DATAGRAM_MAX + 1];
    loop {
        if let Err(error) = socket.udp.readable().await {
            inbox.refuse(Door::Osc, SOCKET_FAILED, error);
            time::sleep(ERROR_PAUSE).await;
            continue;
        }
        for _ in 0..BATCH_MAX {
            match socket.udp.try_recv_from(&mut buffer) {
                Ok((_, from)) if !is_allowed(&socket.allow, from.ip()) => {
                    inbox.refuse(Door::Osc, NOT_ALLOWED, from);
                }
                Ok((length, from)) => hear(&buffer[..length], canonical(from), &inbox, &asks),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if is_from_a_peer(error.kind()) => {}
                Err(error) => {
                    inbox.refuse(Door::Osc, SOCKET_FAILED, error);
                    time::sleep(ERROR_PAUSE).await;
                    break;
                }
            }
        }
        task::yield_now().await;
    }
}

/// Returns whether an address may send.
///
/// An address of UDP is only what the sender says; a list keeps out other networks and mistakes, not a forger beside us.
fn is_allowed(allow: &[Subnet], from: IpAddr) -> bool {
    allow.is_empty() || allow.iter().any(|subnet| subnet.contains(from))
}

/// Takes the clothes of IPv6 off an address of IPv4, so that one client has one name.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        // With its zone, without which a link-local address leads nowhere.
        IpAddr::V6(_) => address,
    }
}

/// Puts one datagram into the inbox, or counts it as refused.
fn hear(datagram: &[u8], from: SocketAddr, inbox: &Inbox, asks: &Asks) {
    match decode::decode(datagram) {
        Ok(packets) => packets
            .into_iter()
            .filter_map(|packet| asks.sort(packet, from))
            .for_each(|packet| inbox.push_osc(packet)),
        Err(refusal) => inbox.refuse(Door::Osc, refusal.as_str(), Excerpt { datagram, from }),
    }
}

/// Returns whether this is a peer's ICMP answer, which says nothing about what we receive.
fn is_from_a_peer(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::Interrupted
    )
}

/// A refused datagram, for people.
struct Excerpt<'a> {
    datagram: &'a [u8],
    from: SocketAddr,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { datagram, from } = self;
        let shown = &datagram[..datagram.len().min(EXCERPT_MAX)];
        let more = if datagram.len() > EXCERPT_MAX { "…" } else { "" };
        write!(f, "{from}: `{}{more}`", shown.escape_ascii())
    }
}

#[cfg(test)]
mod tests;
