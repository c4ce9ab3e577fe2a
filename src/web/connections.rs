//! The connections: how many, how long, and how they end. Knows nothing of what is said over them.
//!
//! There is always room for one more. When all places are taken, the connection that has been open longest without a
//! request being answered gives up its place; browsers open another without anybody noticing, and whoever holds
//! connections open without a word loses them first. Every wait for a client has a limit besides.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, Response},
};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinError, JoinSet},
};

use super::{Limits, Server, feed::Feed, gate, guard, login, problem::Problem, routes};

/// The longest head of a request. Browsers send 1 KiB, and cookies of other servers on this host perhaps 8 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long the server rests when it can open no more sockets; one line in the log each.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Answers at `listener` until `shutdown`, then lets answers in flight finish within the grace.
pub(super) async fn run(
    listener: TcpListener,
    server: Server,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listen = listener.local_addr()?;
    tracing::info!(%listen, "The web server listens.");
    let mut connections = Connections::new(listen, server);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener) => match accepted {
                Ok(stream) => {
                    connections.open(stream);
                    // Whoever gave up a place lets go of its file in its own turn, and the next may need that.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "The web server can open no connection.");
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                    }
                }
            },
            Some(ended) = connections.tasks.join_next() => tell(ended),
        }
    }
    drop(listener);
    connections.close().await;
    Ok(())
}

/// Waits for a connection, through whatever goes wrong on its client's side. An error is one of ours.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Err(error) if is_the_clients(&error) => {}
            accepted => return accepted.map(|(stream, _)| stream),
        }
    }
}

/// Whether an error of accepting is about that one client, who has gone again.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Every open connection.
struct Connections {
    listen: SocketAddr,
    limits: Limits,
    server: Server,
    service: TowerToHyperService<Router>,
    /// In the order of their opening.
    open: Vec<Open>,
    tasks: JoinSet<()>,
    /// Says to every connection that the show is over.
    over: watch::Sender<bool>,
}

/// One open connection.
struct Open {
    task: AbortHandle,
    answering: Arc<AtomicBool>,
}

impl Connections {
    fn new(listen: SocketAddr, server: Server) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(Feed::produce(server.clone()));
        Self {
            listen,
            limits: server.limits,
            service: TowerToHyperService::new(routes::router(server.clone())),
            server,
            open: Vec::new(),
            tasks,
            over: watch::Sender::new(false),
        }
    }

    /// Gives a new connection a place, an old one's if it must be.
    fn open(&mut self, stream: TcpStream) {
        // Without addresses the client has gone again.
        let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) else { return };
        self.make_room();
        // An answer is one write: there is nothing to wait for. Where it cannot be set, it is only slower.
        let _ = stream.set_nodelay(true);
        let answering = Arc::new(AtomicBool::new(false));
        let door = Door {
            server: self.server.clone(),
            ours: guard::Ours::new(self.listen, local),
            peer: peer.ip().to_canonical(),
        };
        let talk = talk(
            stream,
            self.service.clone(),
            door,
            Arc::clone(&answering),
            self.limits.head,
            self.over.subscribe(),
        );
        let task = self.tasks.spawn(talk);
        self.open.push(Open { task, answering });
    }

    fn make_room(&mut self) {
        self.open.retain(|open| !open.task.is_finished());
        if self.open.len() < self.limits.connections {
            return;
        }
        let silent = self.open.iter().position(|open| !open.answering.load(Ordering::Relaxed));
        let oldest = self.open.remove(silent.unwrap_or(0));
        oldest.task.abort();
        tracing::debug!("A web connection gave up its place.");
    }

    /// Ends every connection: at once where nothing is being answered, within the grace where something is.
    async fn close(mut self) {
        self.over.send_replace(true);
        self.server.feed.close();
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                tell(ended);
            }
        };
        if tokio::time::timeout(self.limits.grace, all).await.is_err() {
            tracing::debug!(left = self.tasks.len(), "Web connections are cut off.");
        }
    }
}

/// Tells of a connection that ended by a mistake of ours.
fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "A web connection broke down.");
    }
}

/// What every request of a connection has to pass before anybody looks at what it asks for.
struct Door {
    server: Server,
    ours: guard::Ours,
    peer: IpAddr,
}

impl Door {
    fn admit(&self, request: &Request<Body>) -> Result<(), Problem> {
        let Self { server, ours, peer } = self;
        let now = (server.desk.now)();
        let sheet = server.desk.sheet();
        let hosts = sheet.venue.web.as_ref().map_or(&[][..], |web| &web.hosts);
        server.gate.count(*peer, now)?;
        guard::admit(request, *ours, hosts)?;
        match &server.desk.token {
            Some(token) if !gate::PUBLIC.contains(&request.uri().path()) => {
                server.gate.admit(token, request.headers(), *peer, now)
            }
            _ => Ok(()),
        }
    }

    /// Returns what who may not come in hears.
    fn refuse(&self, problem: Problem, headers: &HeaderMap) -> Response<Body> {
        self.server.tell(&problem, self.peer);
        login::instead(problem, headers)
    }
}

/// Serves one connection until it ends, or the show does.
async fn talk(
    stream: TcpStream,
    service: TowerToHyperService<Router>,
    door: Door,
    answering: Arc<AtomicBool>,
    head: Duration,
    mut over: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let turn = Turn::begin(&answering);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(login::Peer(door.peer));
        let answer = match door.admit(&request) {
            Ok(()) => Ok(service.call(request)),
            Err(problem) => Err(door.refuse(problem, request.headers())),
        };
        async move {
            let response = match answer {
                Ok(answer) => answer.await?,
                Err(refusal) => refusal,
            };
            let response = guard::harden(response);
            if response.extensions().get::<Lasting>().is_some() {
                return Ok(response.map(|body| Body::new(Held { body, _turn: turn })));
            }
            drop(turn);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = is_over(&mut over) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "A web connection broke.");
    }
}

async fn is_over(over: &mut watch::Receiver<bool>) {
    // The sender is gone only when the server is, and this task with it.
    let _ = over.wait_for(|over| *over).await;
}

/// Says of an answer that its connection is busy for as long as it lasts. Of those there are few enough: see `feed`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lasting;

/// A body that keeps its connection's place.
struct Held {
    body: Body,
    _turn: Turn,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
}

/// One request being answered: as long as this lives, its connection counts as busy.
///
/// It ends when the answer is made, not when it is read: whoever does not read must not keep a place.
struct Turn(Arc<AtomicBool>);

impl Turn {
    fn begin(answering: &Arc<AtomicBool>) -> Self {
        answering.store(true, Ordering::Relaxed);
        Self(Arc::clone(answering))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
