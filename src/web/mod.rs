//! The web server: what people, scripts, probes and Prometheus see of the show over HTTP, and the scenes and cues they
//! ask for. Decides nothing and keeps nothing: it asks the loop what is so, and hands commands on.
//!
//! No route trusts a browser blindly (see `guard`), none answers without the token where one is asked for (see `gate`), and
//! no client, however slow or eager, keeps others out (see `connections` and `visitors`).

mod assets;
mod connections;
mod events;
mod feed;
mod gate;
mod guard;
mod lists;
mod login;
mod openapi;
mod page;
mod picture;
mod places;
mod plan;
mod playlists;
mod problem;
mod read;
mod reload;
mod routes;
mod scenes;
mod show;
#[cfg(test)]
mod tests;
mod visitors;

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};

use self::{
    feed::Feed,
    gate::Gate,
    picture::Pictures,
    problem::{Kind, Problem},
};
pub use self::{
    gate::{Token, TokenError},
    picture::{Sight, Sights},
};
use crate::show::{event::Command, reload::Changes, sheet::Sheet, snapshot::Snapshot, time::Mono};

/// How the server asks the loop what is on: it sends the way to answer.
///
/// One place per open connection is plenty, as each asks for one thing at a time.
pub type Ask = mpsc::Sender<oneshot::Sender<Snapshot>>;

/// Says that the show has more waiting than it takes; the command was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// What is wrong with the show file that was to be read again.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistakes {
    /// For people: the text that `segue check` prints.
    pub told: String,
    /// For programs: a list.
    pub found: serde_json::Value,
}

/// Where the answer goes to somebody who wants the show file read again.
pub type Reply = oneshot::Sender<Result<Changes, Mistakes>>;

/// What the server may see and do.
pub struct Desk {
    /// The show as written: which scenes, cues and streams there are.
    pub sheet: watch::Receiver<Arc<Sheet>>,
    /// The show as it is: answered by the loop, and so the proof that the loop is alive.
    pub ask: Ask,
    /// Hands a command to the show. Must not block.
    pub commands: Box<dyn Fn(Command) -> Result<(), Busy> + Send + Sync>,
    /// Returns the metrics as `OpenMetrics` text. Must not block.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Has the show file read again. Must not block.
    pub reload: Box<dyn Fn(Reply) -> Result<(), Busy> + Send + Sync>,
    /// What everybody has to show; `None` for nothing.
    pub token: Option<Token>,
    /// Returns the time on the monotonic clock.
    pub now: Box<dyn Fn() -> Mono + Send + Sync>,
    /// Returns the calendar time.
    pub wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Where the pictures of the streams are to be had.
    pub sights: Sights,
    /// Tells what controllers said lately, as a list. Must not block.
    pub heard: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// Counts a request that was refused, by reason and with the address it came from. Must not block.
    pub refused: Box<dyn Fn(&'static str, IpAddr) + Send + Sync>,
}

impl Desk {
    /// Returns the sheet that holds now.
    fn sheet(&self) -> Arc<Sheet> {
        Arc::clone(&self.sheet.borrow())
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("show", &self.sheet().title).finish_non_exhaustive()
    }
}

/// Takes the address that [`serve`] answers at.
pub async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(listen).await
}

/// Serves `desk` on `listener` until `shutdown`, and ends at most a second after it.
///
/// What goes wrong with one connection stays there. An error is one of the listener at the start.
pub async fn serve(
    listener: TcpListener,
    desk: Arc<Desk>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listen = listener.local_addr()?;
    let limits = Limits { connections: places::bounded(LIMITS.connections), ..LIMITS };
    connections::run(listener, Server::new(desk, limits, listen), shutdown).await
}

/// What one client may cost the others.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Open connections at once.
    connections: usize,
    /// From the start of a connection, or its last answer, to the end of the next request's head.
    head: Duration,
    /// From the end of a head to the end of the body.
    body: Duration,
    /// From a question to the loop's answer.
    answer: Duration,
    /// From the end of the show to the end of the last connection.
    grace: Duration,
}

/// The limits outside of tests.
///
/// Four fifths are for pages that follow the show (`feed`); a browser opens five more for a moment, so the rest is for ten that
/// do so at once (fewer where files are few: `places`). Each holds at most a head, a body and an answer of some 16 KiB, so all of
/// them 15 MiB. A head is one packet and a body two: seconds are for a bad wireless
/// network, and an idle connection costs a browser nothing to open again. The loop turns in well under a millisecond:
/// one that takes 2 s is stuck. The grace is long enough for an answer in flight, and far within systemd's patience.
const LIMITS: Limits = Limits {
    connections: 320,
    head: Duration::from_secs(10),
    body: Duration::from_secs(5),
    answer: Duration::from_secs(2),
    grace: Duration::from_secs(1),
};

/// What every answer is made from.
#[derive(Clone, Debug)]
struct Server {
    desk: Arc<Desk>,
    limits: Limits,
    gate: Arc<Gate>,
    feed: Arc<Feed>,
    pictures: Arc<Pictures>,
}

impl Server {
    fn new(desk: Arc<Desk>, limits: Limits, listen: SocketAddr) -> Self {
        let feed = Arc::new(Feed::new(limits.connections));
        Self { desk, limits, gate: Arc::new(Gate::new(listen)), feed, pictures: Arc::default() }
    }

    /// Counts a refusal at the door, where it is one.
    fn tell(&self, problem: &Problem, from: IpAddr) {
        let reason = match problem.kind() {
            Kind::WrongToken => "wrong token",
            Kind::TooMany => "too many requests",
            Kind::ForeignHost => "foreign host",
            Kind::ForeignOrigin => "foreign origin",
            _ => return,
        };
        (self.desk.refused)(reason, from);
    }

    /// Asks the loop what is on.
    async fn snapshot(&self) -> Result<Snapshot, Problem> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.desk.ask.send(answer).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(self.limits.answer, asked).await {
            Ok(Some(snapshot)) => Ok(snapshot),
            Ok(None) => Err(Problem::new(Kind::NoAnswer, "the show has ended")),
            Err(_) => {
                let waited = self.limits.answer;
                Err(Problem::new(Kind::NoAnswer, format!("the show does not answer within {waited:?}")))
            }
        }
    }
}
