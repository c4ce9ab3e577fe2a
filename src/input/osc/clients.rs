//! Who is told what is on: the clients of the show file, and those who subscribed for a while. Each knows what it was told.
//!
//! No socket and no clock: time and the way to send are arguments. A sender of UDP can be forged, so what one address can be
//! made to receive is small and ends by itself.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use super::values::{self, Value, Values};
use crate::show::time::Mono;

/// How long a subscription lasts that does not say.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long a subscription lasts at most; whoever wants more sends it again.
pub const LEASE_MAX: Duration = Duration::from_hours(1);

/// Most subscriptions: every tablet and desk of a large house. With the 16 of the show file 48 clients at 32 KiB a second each
/// are 1.5 MiB a second when all streams move, and what they were told is some 2 MiB (48 × 850 addresses of 50 bytes).
pub const SUBSCRIBERS_MAX: usize = 32;

/// Most subscriptions of one address: a few apps on one machine. All that a forged one can bring upon its victim is four times
/// [`BYTES_PER_SECOND`], 128 KiB a second, until the lease ends.
pub const SUBSCRIBERS_PER_ADDRESS: usize = 4;

/// Most bytes that a client is sent in a second, headers included; also the most at once.
///
/// A value is some 80 bytes, so 400 a second: eight streams in transition at 10 Hz, five values each. Above it values come later,
/// the newest only, none is lost.
pub const BYTES_PER_SECOND: usize = 32 * 1024;

/// Lowest port that can be subscribed with: below are name and time servers, which a forged sender could have us talk to.
pub const PORT_MIN: u16 = 1024;

/// How long after a hand has moved a value it is not told to that hand's client.
pub const HAND_REST: Duration = Duration::from_millis(500);

/// What a datagram costs besides its own bytes: the headers of IPv6 and UDP.
const HEADERS: usize = 48;

/// How sending went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way.
    Done,
    /// There is no room for now.
    Full,
    /// It cannot be sent: there is no such network.
    Failed,
}

/// Bytes that may be sent: they come back with time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    bytes: f64,
    at: Mono,
}

impl Budget {
    pub(super) fn full(now: Mono) -> Self {
        Self { bytes: BYTES_PER_SECOND as f64, at: now }
    }

    /// Returns whether there is room for a datagram, and takes it.
    pub(super) fn take(&mut self, length: usize, now: Mono) -> bool {
        let most = BYTES_PER_SECOND as f64;
        self.bytes = (self.bytes + now.since(self.at).as_secs_f64() * most).min(most);
        self.at = now;
        let cost = (length + HEADERS) as f64;
        let has_room = self.bytes >= cost;
        if has_room {
            self.bytes -= cost;
        }
        has_room
    }
}

/// Who moved what, and when last.
pub(super) type Hands = BTreeMap<(SocketAddr, String), Mono>;

#[derive(Debug)]
struct Client {
    target: SocketAddr,
    /// Where it subscribed from; `None` for one of the show file.
    source: Option<SocketAddr>,
    /// When its subscription ends; `None` for never.
    until: Option<Mono>,
    told: Values,
    /// The address that could not be told for want of room: the next turn begins there, so that each has its turn.
    next: Option<Arc<str>>,
    budget: Budget,
}

/// Everybody who is told.
#[derive(Debug, Default)]
pub(super) struct Clients {
    clients: Vec<Client>,
}

impl Clients {
    /// Puts these in the place of the clients of the show file; those who stay know what they were told.
    pub(super) fn keep(&mut self, fixed: &[SocketAddr], now: Mono) {
        self.clients.retain(|client| client.until.is_some() || fixed.contains(&client.target));
        for target in fixed {
            match self.clients.iter_mut().find(|client| client.target == *target) {
                Some(client) => client.until = None,
                None => self.clients.push(Client::new(*target, None, None, now)),
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Takes a subscriber in, or lets it stay longer.
    ///
    /// # Errors
    ///
    /// Why not, fit to count by.
    pub(super) fn subscribe(
        &mut self,
        target: SocketAddr,
        source: SocketAddr,
        lease: Duration,
        now: Mono,
    ) -> Result<(), &'static str> {
        let until = now + lease.min(LEASE_MAX);
        if let Some(client) = self.clients.iter_mut().find(|client| client.target == target) {
            client.source = Some(source);
            client.until = client.until.map(|_| until);
            return Ok(());
        }
        let subscribers = || self.clients.iter().filter(|client| client.until.is_some());
        if subscribers().filter(|client| client.target.ip() == target.ip()).count() >= SUBSCRIBERS_PER_ADDRESS
        {
            return Err("too many subscriptions of one address");
        }
        if subscribers().count() >= SUBSCRIBERS_MAX {
            return Err("too many subscriptions");
        }
        self.clients.push(Client::new(target, Some(source), Some(until), now));
        Ok(())
    }

    /// Lets a subscriber go; one of the show file stays.
    pub(super) fn unsubscribe(&mut self, target: SocketAddr) {
        self.clients.retain(|client| client.until.is_none() || client.target != target);
    }

    /// Forgets whose time is over.
    pub(super) fn expire(&mut self, now: Mono) {
        self.clients.retain(|client| client.until.is_none_or(|until| now < until));
    }

    /// Lets a sender be told everything again; returns whether it is a client.
    pub(super) fn sync(&mut self, from: SocketAddr) -> bool {
        let meant: Vec<bool> = (0..self.clients.len()).map(|index| self.is_of(index, from)).collect();
        for (client, _) in self.clients.iter_mut().zip(&meant).filter(|(_, meant)| **meant) {
            client.told.clear();
        }
        meant.contains(&true)
    }

    /// Returns whether a sender is a client: the one that subscribed from there, or else every one at that address.
    fn is_of(&self, index: usize, from: SocketAddr) -> bool {
        let exactly = |client: &Client| client.source == Some(from) || client.target == from;
        let client = &self.clients[index];
        exactly(client) || client.target.ip() == from.ip() && !self.clients.iter().any(exactly)
    }

    /// Tells everybody what is new to them; returns whether something must wait.
    pub(super) fn tell(
        &mut self,
        values: &Values,
        hands: &Hands,
        now: Mono,
        send: &mut impl FnMut(SocketAddr, &[u8]) -> Sent,
    ) -> bool {
        let mut waits = false;
        for index in 0..self.clients.len() {
            let own: Vec<&str> = hands
                .keys()
                .filter(|(from, _)| self.is_of(index, *from))
                .map(|(_, address)| address.as_str())
                .collect();
            waits |= self.clients[index].tell(values, &own, now, send);
        }
        waits
    }
}

impl Client {
    fn new(target: SocketAddr, source: Option<SocketAddr>, until: Option<Mono>, now: Mono) -> Self {
        Self { target, source, until, told: Values::new(), next: None, budget: Budget::full(now) }
    }

    /// Tells what is new, but for what its own hand moves; returns whether something must wait.
    fn tell(
        &mut self,
        values: &Values,
        own: &[&str],
        now: Mono,
        send: &mut impl FnMut(SocketAddr, &[u8]) -> Sent,
    ) -> bool {
        // A scene that was taken out of the file may come back.
        self.told.retain(|address, _| values.contains_key(address));
        let from = self.next.take().unwrap_or_else(|| "".into());
        let new: Vec<(&Arc<str>, &Value)> = values
            .range(Arc::clone(&from)..)
            .chain(values.range(..from))
            .filter(|(address, value)| self.told.get(*address) != Some(*value))
            .collect();
        let mut waits = false;
        for (address, value) in new {
            if values::is_movable(address) && own.iter().any(|hand| values::is_meant(hand, address)) {
                waits = true;
                continue;
            }
            let Some(bytes) = values::encode(address, value) else { continue };
            if !self.budget.take(bytes.len(), now) {
                self.next = Some(Arc::clone(address));
                return true;
            }
            match send(self.target, &bytes) {
                Sent::Done => drop(self.told.insert(Arc::clone(address), value.clone())),
                Sent::Full => return true,
                // Tried again when something else is to be told: there may be a network by then.
                Sent::Failed => return waits,
            }
        }
        waits
    }
}
