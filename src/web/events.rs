//! The route by which a page follows the show: `GET /api/events`, server-sent events with ids (HTML, section 9.2).
//!
//! `state` is everything, `patch` a JSON merge patch of it (RFC 7396), `beat` the daemon's clock in seconds, once each second: who
//! misses it does not see the show any more. A browser cannot hear a comment, so the beat is an event.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use hyper::body::Frame;

use super::{Server, connections::Lasting, feed::Follower, problem::Problem};

/// The last event that a browser has seen before it lost us.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Says to nginx in front of us that an event is to go on at once.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a browser waits before it comes back, in milliseconds.
const RETRY: &str = "retry: 1000\n\n";

/// Tells the state and what changes of it: `GET /api/events`.
pub(super) async fn events(State(server): State<Server>, headers: HeaderMap) -> Result<Response, Problem> {
    let seen = headers.get(LAST_EVENT_ID).and_then(|seen| seen.to_str().ok());
    let follower = server.feed.follow(seen)?;
    // What is kept may be as old as the last page that was closed.
    server.feed.look(&server).await?;
    let body = Body::new(Events {
        turn: Box::pin(async move { Some((Bytes::from_static(RETRY.as_bytes()), follower)) }),
    });
    let mut response =
        ([(header::CONTENT_TYPE, "text/event-stream"), (NO_BUFFERING, "no")], body).into_response();
    response.extensions_mut().insert(Lasting);
    Ok(response)
}

/// The next event on its way, and who waits for the one after it.
type Turn = Pin<Box<dyn Future<Output = Option<(Bytes, Follower)>> + Send>>;

/// A body that is never whole.
struct Events {
    turn: Turn,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some((event, mut follower)) = ready!(self.turn.as_mut().poll(context)) else {
            self.turn = Box::pin(std::future::ready(None));
            return Poll::Ready(None);
        };
        self.turn = Box::pin(async move { follower.next().await.map(|event| (event, follower)) });
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}
