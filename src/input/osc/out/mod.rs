//! OSC out: tells controllers what is on, so that their lamps and motor faders follow the show, and answers questions.
//!
//! Says only what is new, at most ten times a second. Told what time it is and how to send; `clients.rs` has who is told,
//! `values.rs` what.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;

use super::{
    asks::{Ask, Asks},
    clients::{Budget, Clients, HAND_REST, Hands, LEASE, PORT_MIN, Sent},
    values::{self, Values},
};
use crate::show::{
    sheet::Sheet,
    snapshot::{Progress, Snapshot},
    time::Mono,
};

/// How often something moving is told: ten times a second is as fast as an eye follows a fader.
pub const EVERY: Duration = Duration::from_millis(100);

/// Most hands remembered for [`HAND_REST`]; see [`super::asks::HANDS_MAX`].
const HANDS_MAX: usize = 256;

/// Most questions waiting for an answer; as many as can be asked between two turns.
const QUESTIONS_MAX: usize = super::asks::ASKS_MAX;

/// What goes out over OSC.
#[derive(Debug)]
pub struct Feedback {
    asks: Asks,
    clients: Clients,
    hands: Hands,
    questions: Vec<(SocketAddr, String)>,
    /// What all questions together may cost: an answer is larger than its question, and may go to one who never asked.
    answers: Budget,
    /// When everybody was told last.
    told_at: Option<Mono>,
    /// What there was to tell then.
    told: Values,
    /// Whether there may be something to tell.
    is_stirred: bool,
}

/// Writes a message of OSC 1.0 to somebody; `None` if the encoder does not know how, which is a mistake of ours.
pub fn datagram(address: &str, args: &[Value]) -> Option<Vec<u8>> {
    values::message(address, args)
}

/// Something asked for that cannot be: the kind of mistake, and who made it.
pub type Refused = (&'static str, String);

impl Feedback {
    /// Begins with what comes in by `asks`, and nobody to tell.
    pub fn new(asks: Asks, now: Mono) -> Self {
        Self {
            asks,
            clients: Clients::default(),
            hands: Hands::new(),
            questions: Vec::new(),
            answers: Budget::full(now),
            told_at: None,
            told: Values::new(),
            is_stirred: false,
        }
    }

    /// Takes over the clients of the show file.
    pub fn keep(&mut self, clients: &[SocketAddr], now: Mono) {
        self.clients.keep(clients, now);
    }

    /// Waits until somebody asks for something. For one waiter at a time.
    pub async fn asked(&self) {
        self.asks.arrived().await;
    }

    /// Takes that something may have happened, and what was asked for; `own` is the port that we hear.
    ///
    /// Returns what is refused.
    pub fn stir(&mut self, own: Option<u16>, now: Mono) -> Vec<Refused> {
        let taken_in = self.asks.take();
        self.is_stirred = true;
        self.clients.expire(now);
        self.hands.retain(|_, at| now.since(*at) < HAND_REST);
        for hand in taken_in.hands {
            if self.hands.len() < HANDS_MAX || self.hands.contains_key(&hand) {
                self.hands.insert(hand, now);
            }
        }
        let mut refused = Vec::new();
        if taken_in.dropped > 0 {
            refused.push(("too many questions", format!("{} at once", taken_in.dropped)));
        }
        for (from, ask) in taken_in.asks {
            if let Err(reason) = self.take(from, &ask, own, now) {
                refused.push((reason, format!("{from}: {ask}")));
            }
        }
        refused
    }

    fn take(&mut self, from: SocketAddr, ask: &Ask, own: Option<u16>, now: Mono) -> Result<(), &'static str> {
        match ask {
            Ask::Subscribe { port, seconds } => {
                let lease = match *seconds {
                    None => LEASE,
                    Some(seconds) if seconds >= 1.0 => {
                        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
                    }
                    Some(_) => return Err("bad lease"),
                };
                self.clients.subscribe(target(from, *port, own)?, from, lease, now)
            }
            Ask::Unsubscribe { port } => {
                self.clients.unsubscribe(target(from, *port, None)?);
                Ok(())
            }
            Ask::Release => Ok(()),
            Ask::Sync if self.clients.sync(from) => Ok(()),
            Ask::Sync => Err("not subscribed"),
            Ask::Query(address) if self.questions.len() < QUESTIONS_MAX => {
                self.questions.push((from, address.clone()));
                Ok(())
            }
            Ask::Query(_) => Err("too many questions"),
            Ask::Nonsense(_) => Err("bad subscription"),
        }
    }

    /// Returns whether [`Self::tell`] has something to do at `now`.
    pub fn is_due(&self, now: Mono) -> bool {
        !self.questions.is_empty() || self.due().is_some_and(|due| due <= now)
    }

    /// Returns when [`Self::tell`] wants to be called; `None` if not before something happens.
    pub fn due(&self) -> Option<Mono> {
        let is_wanted = self.is_stirred && !self.clients.is_empty();
        is_wanted.then(|| self.told_at.map_or_else(Mono::default, |at| at + EVERY))
    }

    /// Answers, and tells everybody what is new to them, unless that was a moment ago. Returns what is refused.
    pub fn tell(
        &mut self,
        snapshot: &Snapshot,
        sheet: &Sheet,
        now: Mono,
        mut send: impl FnMut(SocketAddr, &[u8]) -> Sent,
    ) -> Vec<Refused> {
        let values = values::of(snapshot, sheet);
        let mut refused = Vec::new();
        for (from, asked) in std::mem::take(&mut self.questions) {
            let mut meant = values.iter().filter(|(told, _)| values::is_meant(&asked, told)).peekable();
            if meant.peek().is_none() {
                refused.push(("unknown address", format!("{asked} ?")));
            }
            for (address, value) in meant {
                let Some(bytes) = values::encode(address, value) else { continue };
                if !self.answers.take(bytes.len(), now) {
                    refused.push(("too many questions", format!("{from}: {asked} ?")));
                    break;
                }
                // A question whose answer is lost is asked again.
                let _ = send(from, &bytes);
            }
        }
        if self.due().is_some_and(|due| due <= now) {
            self.told_at = Some(now);
            let waits = self.clients.tell(&values, &self.hands, now, &mut send);
            // A hand may hold a transition still all night.
            let changed = values != self.told;
            let moves = |way: &Progress| !way.paused && (changed || !way.grabbed);
            let is_moving =
                snapshot.streams.iter().any(|stream| stream.transition.as_ref().is_some_and(moves));
            self.is_stirred = waits || is_moving;
            self.told = values;
        }
        refused
    }
}

/// Returns where a subscriber wants to be told: always the address that it asked from.
fn target(from: SocketAddr, port: Option<f64>, own: Option<u16>) -> Result<SocketAddr, &'static str> {
    let port = match port {
        None => from.port(),
        Some(port) if port.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&port) => port as u16,
        Some(_) => return Err("bad port"),
    };
    // Two shows that tell each other what is on would each obey the other.
    if port < PORT_MIN || Some(port) == own {
        return Err("bad port");
    }
    let mut target = from;
    target.set_port(port);
    Ok(target)
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |port: &Option<f64>| port.map_or_else(String::new, |port| format!(" {port}"));
        match self {
            Self::Subscribe { port, seconds } => write!(f, "/segue/subscribe{}{}", word(port), word(seconds)),
            Self::Unsubscribe { port } => write!(f, "/segue/unsubscribe{}", word(port)),
            Self::Sync | Self::Release => f.write_str("/segue/sync"),
            Self::Query(address) => write!(f, "{address} ?"),
            Self::Nonsense(address) => f.write_str(address),
        }
    }
}

#[cfg(test)]
mod tests;
