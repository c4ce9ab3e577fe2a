//! What a controller asks of the OSC door itself, and not of the show: to be told what is on.
//!
//! Sorted out of what comes in, and kept until the daemon's loop takes it. Also notes who moves what, so that nobody is told
//! where his own fader is. Does not answer and knows no time: see `out.rs`.

use std::{
    collections::BTreeSet,
    fmt, mem,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::show::{
    address,
    event::{Arg, OscMessage, OscPacket},
};

/// Most questions waiting. The loop takes them every turn, well under a millisecond; a page of a controller asks 50 at once.
pub const ASKS_MAX: usize = 128;

/// Most hands noted between two turns of the loop: 32 controllers that move eight faders each. A hand above it hears its own
/// value once.
pub const HANDS_MAX: usize = 256;

/// Something asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ask {
    /// `/segue/subscribe [port] [seconds]`
    Subscribe {
        /// Where to; `None` for where it was asked from.
        port: Option<f64>,
        /// For how long.
        seconds: Option<f64>,
    },
    /// `/segue/unsubscribe [port]`
    Unsubscribe {
        /// The port that was subscribed with.
        port: Option<f64>,
    },
    /// `/segue/sync`
    Sync,
    /// The same, as a button sends it when it is let go.
    Release,
    /// Any address with the one argument `?`.
    Query(String),
    /// An address of these with arguments that make no sense.
    Nonsense(String),
}

/// What was asked for and by whom, until it is taken. Cheap to clone: all clones are the same.
#[derive(Clone, Default)]
pub struct Asks {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    taken_in: Mutex<TakenIn>,
    arrived: Notify,
}

/// What came in since the last turn.
#[derive(Debug, Default)]
pub(super) struct TakenIn {
    /// In order.
    pub(super) asks: Vec<(SocketAddr, Ask)>,
    /// How many had to go because there were too many.
    pub(super) dropped: u64,
    /// Who moves what: sender and address.
    pub(super) hands: BTreeSet<(SocketAddr, String)>,
}

impl Asks {
    /// Takes out of a packet what is not for the show; returns the rest, `None` if nothing is left.
    pub(super) fn sort(&self, mut packet: OscPacket, from: SocketAddr) -> Option<OscPacket> {
        packet.messages.retain(|message| {
            if let Some(ask) = ask(message) {
                self.push(from, ask);
                return false;
            }
            if is_move(&message.address) {
                self.note(from, &message.address);
            }
            true
        });
        (!packet.messages.is_empty()).then_some(packet)
    }

    /// Waits until something was asked. For one waiter at a time.
    pub async fn arrived(&self) {
        while self.lock().asks.is_empty() {
            self.shared.arrived.notified().await;
        }
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> TakenIn {
        mem::take(&mut *self.lock())
    }

    fn push(&self, from: SocketAddr, ask: Ask) {
        let mut taken_in = self.lock();
        if taken_in.asks.len() < ASKS_MAX {
            taken_in.asks.push((from, ask));
        } else {
            taken_in.dropped += 1;
        }
        drop(taken_in);
        self.shared.arrived.notify_one();
    }

    fn note(&self, from: SocketAddr, address: &str) {
        let mut taken_in = self.lock();
        if taken_in.hands.len() < HANDS_MAX {
            taken_in.hands.insert((from, address.to_owned()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, TakenIn> {
        self.shared.taken_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken_in = self.lock();
        f.debug_struct("Asks").field("asks", &taken_in.asks.len()).finish_non_exhaustive()
    }
}

/// Returns what a message asks of us; `None` if it is for the show.
fn ask(message: &OscMessage) -> Option<Ask> {
    let OscMessage { address, args } = message;
    let rest = address.strip_prefix("/segue/")?;
    let nonsense = || Some(Ask::Nonsense(address.clone()));
    match (rest, args.as_slice()) {
        ("subscribe", []) => Some(Ask::Subscribe { port: None, seconds: None }),
        ("subscribe", [Arg::Number(port)]) => Some(Ask::Subscribe { port: Some(*port), seconds: None }),
        ("subscribe", [Arg::Number(port), Arg::Number(seconds)]) => {
            Some(Ask::Subscribe { port: Some(*port), seconds: Some(*seconds) })
        }
        ("unsubscribe", []) => Some(Ask::Unsubscribe { port: None }),
        ("unsubscribe", [Arg::Number(port)]) => Some(Ask::Unsubscribe { port: Some(*port) }),
        ("sync", [Arg::Number(0.0) | Arg::Bool(false)]) => Some(Ask::Release),
        ("sync", _) => Some(Ask::Sync),
        ("subscribe" | "unsubscribe", _) => nonsense(),
        (_, [Arg::Text(text)]) if text == "?" => Some(Ask::Query(address.clone())),
        _ => None,
    }
}

/// Returns whether a hand at this address moves something that is told back.
fn is_move(address: &str) -> bool {
    address::is_pattern(address)
        || address.starts_with("/segue/")
            && (address.ends_with("/transition/progress") || address.contains("/mix/"))
}
