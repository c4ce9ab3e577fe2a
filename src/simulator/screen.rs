//! The screen in front of the stage: `frame.png`, `frame.jpg` and `frame.mjpeg`, for who wants to watch a rehearsal.
//!
//! A frame is drawn when it is taken, so a viewer who is slow or gone costs nothing; the model is asked for the scene
//! and not kept while it is drawn, and the drawing is not done where requests are served.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::body::Frame;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
    time::{self, Interval, MissedTickBehavior},
};

use super::picture::{self, Picture, Scene};

/// The distance of frames: ten a second.
const FRAME_EVERY: Duration = Duration::from_millis(100);
/// Viewers at a time. A frame takes 9 to 13 ms of one core, and each viewer ten frames a second, so four keep half a core
/// busy at most.
const VIEWERS_MAX: usize = 4;
/// What stands between two frames.
const BOUNDARY: &str = "segue-frame";

/// What a viewer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shot {
    /// One picture.
    Still,
    /// One picture, a tenth as large.
    Print,
    /// One picture after another.
    Reel,
}

/// Returns the stream that is to be seen, and how, if a request is for that.
pub(super) fn find<'a>(method: &str, path: &'a str) -> Option<(&'a str, Shot)> {
    let (id, file) = path.strip_prefix("/_sim/streams/")?.split_once('/')?;
    match (method, file) {
        ("GET", "frame.png") => Some((id, Shot::Still)),
        ("GET", "frame.jpg") => Some((id, Shot::Print)),
        ("GET", "frame.mjpeg") => Some((id, Shot::Reel)),
        _ => None,
    }
}

/// The seats in front of the screen.
#[derive(Clone, Debug)]
pub(super) struct Seats(Arc<Semaphore>);

impl Default for Seats {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(VIEWERS_MAX)))
    }
}

impl Seats {
    /// Shows a stream. `look` tells what there is to see; nothing any more ends the reel.
    pub(super) async fn show(
        &self,
        shot: Shot,
        first: Scene,
        look: impl Fn() -> Option<Scene> + Send + 'static,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> Response {
        let Ok(seat) = Arc::clone(&self.0).try_acquire_owned() else {
            let told = format!("{VIEWERS_MAX} viewers are watching; that is all there is room for\n");
            return (StatusCode::SERVICE_UNAVAILABLE, told).into_response();
        };
        let still = |drawn: Option<(Vec<u8>, _)>, kind: &str| match drawn {
            Some((file, _)) => answer(kind.to_owned(), Body::from(file)),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        match shot {
            Shot::Still => still(draw(first, |picture| Some(picture::png(picture)), seat).await, "image/png"),
            Shot::Print => still(draw(first, picture::jpeg, seat).await, "image/jpeg"),
            Shot::Reel => {
                let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
                answer(kind, Body::new(Reel::new(seat, look, stopped)))
            }
        }
    }
}

fn answer(kind: String, body: Body) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store".to_owned())], body).into_response()
}

/// Draws on a thread of its own. The seat is kept until that has ended, also if nobody waits for it any more.
async fn draw(
    scene: Scene,
    file: impl FnOnce(&Picture) -> Option<Vec<u8>> + Send + 'static,
    seat: OwnedSemaphorePermit,
) -> Option<(Vec<u8>, OwnedSemaphorePermit)> {
    let drawn = task::spawn_blocking(move || file(&picture::draw(&scene)).map(|file| (file, seat)));
    // Drawing does not panic, and is cancelled only with the program.
    drawn.await.ok().flatten()
}

/// A frame on its way, and who makes the next.
type Turn = Pin<Box<dyn Future<Output = Option<(Bytes, Projector)>> + Send>>;

/// A body that is never whole: a frame each time one is taken.
struct Reel {
    turn: Turn,
}

/// What makes the frames of one viewer.
struct Projector {
    seat: OwnedSemaphorePermit,
    look: Box<dyn Fn() -> Option<Scene> + Send>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    beat: Interval,
}

impl Reel {
    fn new(
        seat: OwnedSemaphorePermit,
        look: impl Fn() -> Option<Scene> + Send + 'static,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let mut beat = time::interval(FRAME_EVERY);
        // What a viewer was too slow for is not caught up with.
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let projector = Projector { seat, look: Box::new(look), stopped: Box::pin(stopped), beat };
        Self { turn: Box::pin(projector.turn(true)) }
    }
}

impl Projector {
    /// Makes the next frame; none ends the reel.
    async fn turn(mut self, is_first: bool) -> Option<(Bytes, Self)> {
        tokio::select! {
            () = &mut self.stopped => return None,
            _ = self.beat.tick() => {}
        }
        let scene = (self.look)()?;
        let Self { seat, look, stopped, beat } = self;
        let (jpeg, seat) = draw(scene, picture::jpeg, seat).await?;
        let lead = if is_first { format!("--{BOUNDARY}\r\n") } else { String::new() };
        let mut part =
            format!("{lead}Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len()).into_bytes();
        part.extend(jpeg);
        // At the end and not before the next, so that no browser waits a frame for it.
        part.extend(format!("\r\n--{BOUNDARY}\r\n").into_bytes());
        Some((part.into(), Self { seat, look, stopped, beat }))
    }
}

impl hyper::body::Body for Reel {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let made = ready!(self.turn.as_mut().poll(context));
        let Some((part, projector)) = made else {
            self.turn = Box::pin(std::future::ready(None));
            return Poll::Ready(None);
        };
        self.turn = Box::pin(projector.turn(false));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}
