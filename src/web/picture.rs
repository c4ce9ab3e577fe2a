//! What a stream shows, from this very host: a frame of the simulator, and the way to a WebRTC player. So a page needs to
//! ask nobody else, and learns no address that holds a key.
//!
//! A frame is fetched once for everybody who asks within a moment: an audience costs what one viewer does.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::Mutex;

use super::{
    Server,
    problem::{Kind, Problem, quoted},
    read::{self, bad},
};
use crate::show::{nearest::nearest, snapshot::StreamSnapshot, time::Mono};

/// How old a frame may be that somebody else was given: five are drawn a second at the most, each some 10 ms of a core.
const FRAME_FRESH: Duration = Duration::from_millis(180);
/// The largest frame: the simulator's are some 60 kB, and never more than 1024 dots wide.
const FRAME_BYTES_MAX: usize = 1 << 20;
/// The longest answer to an offer; some 4 kB as a rule.
const SDP_BYTES_MAX: usize = 64 * 1024;
/// How long a frame or an answer may take.
const FETCH_MAX: Duration = Duration::from_secs(5);

/// Where the pictures of the streams are to be had.
pub struct Sights {
    /// The URLs under which video is played from elsewhere; a page may load nothing else that is not ours.
    pub video_hosts: Vec<String>,
    /// Says it of one stream.
    pub of: Box<dyn Fn(&StreamSnapshot) -> Sight + Send + Sync>,
}

impl fmt::Debug for Sights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sights").field("video_hosts", &self.video_hosts).finish_non_exhaustive()
    }
}

/// Where the picture of one stream is to be had, besides the WHEP address in its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// A single frame, as a JPEG; only this server asks there.
    pub frame: Option<String>,
    /// An HLS playlist.
    pub hls: Option<String>,
}

/// The frames that were fetched last, and what fetches them.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// Held while one is fetched.
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Made when somebody first asks: most daemons show nobody a frame.
    client: Option<reqwest::Client>,
    /// The last frame of each stream of the show.
    frames: BTreeMap<Arc<str>, (Mono, Bytes)>,
}

/// The part of the path that names a stream, as the client wrote it.
type Name = Result<Path<String>, PathRejection>;

/// Shows a stream: `GET /api/streams/{stream}/picture`, as a JPEG of this moment.
pub(super) async fn picture(State(server): State<Server>, name: Name) -> Result<Response, Problem> {
    let stream = stream(&server, name).await?;
    let frame = (server.desk.sights.of)(&stream).frame;
    let url =
        frame.ok_or_else(|| none("only the simulator draws frames; watch this stream by HLS or WHEP"))?;
    let Shelf { client, frames } = &mut *server.pictures.shelf.lock().await;
    let now = (server.desk.now)();
    let frame = match frames.get(&stream.name) {
        Some((at, frame)) if now.since(*at) < FRAME_FRESH => frame.clone(),
        _ => {
            let client = match client {
                Some(client) => client,
                none => none.insert(build(builder().no_proxy())?),
            };
            let frame = fetch(client.get(url), FRAME_BYTES_MAX).await?;
            frames.insert(Arc::clone(&stream.name), (now, frame.clone()));
            frame
        }
    };
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], frame).into_response())
}

/// Hands a player's offer to the stream's WHEP address, and the answer back: `POST /api/streams/{stream}/whep`.
pub(super) async fn whep(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let stream = stream(&server, name).await?;
    let url = stream.health.and_then(|health| health.whep_url);
    let url = url.ok_or_else(|| none("the status of this stream gives no WHEP address"))?;
    let offer = read::bytes(&server, request).await?;
    let request = build(builder())?.post(url).header(header::CONTENT_TYPE, "application/sdp").body(offer);
    let answer = fetch(request, SDP_BYTES_MAX).await?;
    Ok((StatusCode::CREATED, [(header::CONTENT_TYPE, "application/sdp")], answer).into_response())
}

async fn stream(server: &Server, name: Name) -> Result<StreamSnapshot, Problem> {
    let Path(name) = name.map_err(|error| bad(format!("the name cannot be read: {}", error.body_text())))?;
    let streams = server.snapshot().await?.streams;
    let nearest = nearest(&name, streams.iter().map(|stream| &*stream.name)).map(ToOwned::to_owned);
    streams.into_iter().find(|stream| *stream.name == name).ok_or_else(|| {
        let problem = Problem::new(Kind::UnknownStream, format!("there is no stream {}", quoted(&name)));
        problem.meant(nearest.as_deref())
    })
}

fn none(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::NoPicture, detail)
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().timeout(FETCH_MAX).redirect(reqwest::redirect::Policy::none())
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Problem> {
    builder.build().map_err(|error| Problem::new(Kind::Internal, error.to_string()))
}

/// Fetches what is there, up to a length. The address stays here: it may hold a key.
async fn fetch(request: reqwest::RequestBuilder, most: usize) -> Result<Bytes, Problem> {
    let failed = |error: reqwest::Error| none(format!("it cannot be fetched: {}", error.without_url()));
    let mut response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(none(format!("where it should be, the answer is {}", response.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > most {
            return Err(none(format!("it is longer than {most} bytes")));
        }
        body.extend(chunk);
    }
    Ok(body.into())
}
