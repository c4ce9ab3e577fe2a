//! One HTTP request and its answer, within a time and a size. Does not know what either means.

use std::{error::Error as _, time::Duration};

use jiff::Timestamp;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
};
use serde_json::Value;

use super::{
    discretion::Discretion,
    endpoints::Endpoints,
    limits::Limits,
    retry_after,
    verdict::{MESSAGE_CHARS_MAX, failure},
};
use crate::show::event::{Failure, FailureKind};

/// The longest body that is read. The longest honest one is a list: 500 streams, each with 2 KiB of prompts and
/// addresses, are 1 MiB. A status with 100 lines of log and three `ControlNets` stays under 64 KiB.
pub(super) const BODY_MAX: usize = 1024 * 1024;
/// How long a connection that nobody uses is kept: three polls of the status at their slowest (10 s), and less than the
/// 60 s after which common proxies close it, so that a request seldom meets a connection that is just being closed.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How often an HTTP/2 connection is asked whether it still lives, and how long it may take to say so. Without this, one
/// that a router forgot would swallow every request until the kernel gives up on it; with it, for 15 s.
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_WAIT: Duration = Duration::from_secs(5);
/// By which the vendor tells its clients apart.
const CLIENT_SOURCE: HeaderName = HeaderName::from_static("x-client-source");
const CLIENT_NAME: HeaderValue = HeaderValue::from_static("segue");

/// What to send.
#[derive(Clone, Debug)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The `Authorization` header.
    pub authorization: Option<HeaderValue>,
    /// The JSON body.
    pub body: Option<Value>,
}

/// What came back: at least a status.
#[derive(Debug)]
pub struct Answer {
    pub(super) status: StatusCode,
    /// How long the server asked to wait.
    pub(super) retry_after: Option<Duration>,
    /// The host that a redirect points to.
    pub(super) elsewhere: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) end: End,
}

impl Answer {
    /// Returns an answer that came over no wire. A status that is none stands for a server that makes no sense.
    pub fn of(status: u16, retry_after: Option<Duration>, document: Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Of a failure the text is told; of a success only the document is of use, and a day of show has 40,000.
        let (body, end) = if status.is_success() {
            (Vec::new(), End::Read(document))
        } else {
            (document.to_string().into_bytes(), End::Whole)
        };
        Self { status, retry_after, elsewhere: None, body, end }
    }
}

/// How a body ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// There is none: this is what it says.
    Read(Value),
    /// There is more than [`BODY_MAX`].
    TooLong,
    /// Time ran out.
    Late,
    /// The connection broke, and why.
    Broken(String),
}

/// Connections to one installation.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: reqwest::Client,
}

impl Wire {
    /// Prepares connections; makes none yet.
    pub(super) fn new(endpoints: &Endpoints, limits: Limits) -> reqwest::Result<Self> {
        install_tls();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            // Also not the one by which HTTP/2 repeats what a server has not begun with: deciding is the show's.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limits.connect)
            .pool_idle_timeout(IDLE_MAX)
            .http2_keep_alive_interval(PING_EVERY)
            .http2_keep_alive_timeout(PING_WAIT)
            .http2_keep_alive_while_idle(true);
        if endpoints.is_local() {
            // A proxy's own loopback is another machine's.
            builder = builder.no_proxy();
            if !endpoints.has_tls() {
                // So that the simulator also runs where no certificates are installed.
                builder = builder.tls_certs_only([]);
            }
        }
        builder.build().map(|http| Self { http }).map_err(reqwest::Error::without_url)
    }

    /// Sends a request and reads the answer. An error is one of getting no status at all.
    ///
    /// `wall` is the present, for servers that ask to wait until a date and do not tell their own.
    pub(super) async fn exchange(
        &self,
        call: Call,
        limit: Duration,
        wall: Timestamp,
        discretion: &Discretion,
    ) -> Result<Answer, Failure> {
        let Call { method, url, authorization, body } = call;
        let host = host(&url);
        let mut request = self
            .http
            .request(method, url)
            .timeout(limit)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CLIENT_SOURCE, CLIENT_NAME);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let mut response = request.send().await.map_err(|error| silence(error, &host, limit, discretion))?;
        let (body, end) = read(&mut response).await;
        let body = discretion.redact(body);
        Ok(Answer {
            status: response.status(),
            retry_after: asked_wait(response.headers(), wall),
            elsewhere: elsewhere(&response),
            body,
            end,
        })
    }
}

/// Returns the host of a URL, and its port if it has one of its own.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

async fn read(response: &mut Response) -> (Vec<u8>, End) {
    let mut body = Vec::new();
    let end = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = BODY_MAX - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk[..room]);
                    break End::TooLong;
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break End::Whole,
            Err(error) if error.is_timeout() => break End::Late,
            Err(error) => break End::Broken(causes(error)),
        }
    };
    (body, end)
}

fn asked_wait(headers: &HeaderMap, wall: Timestamp) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A date is by the server's clock; ours may be wrong by hours in a museum without NTP.
    let now = text(DATE).and_then(retry_after::date).unwrap_or(wall);
    retry_after::wait(text(RETRY_AFTER)?, now)
}

fn elsewhere(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    // The rest of the address may hold anything.
    response.url().join(location).ok().map(|url| host(&url))
}

/// The failure of a request that got no status.
fn silence(error: reqwest::Error, host: &str, limit: Duration, discretion: &Discretion) -> Failure {
    if error.is_connect() {
        let message = format!("no connection to {host}: {}", causes(error));
        failure(FailureKind::Unreached, discretion.tell(&message, MESSAGE_CHARS_MAX))
    } else if error.is_timeout() {
        failure(FailureKind::Timeout, format!("no answer from {host} within {limit:?}"))
    } else {
        let message = format!("no answer from {host}: {}", causes(error));
        failure(FailureKind::Network, discretion.tell(&message, MESSAGE_CHARS_MAX))
    }
}

/// Returns what led to an error; its own text says only that there was one.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        source = cause.source();
        // Some layers repeat the one below, and that of the client names only a step of its own.
        let adds = causes.last().is_none_or(|above| !above.contains(&text));
        if adds && !(source.is_some() && text.starts_with("client error")) {
            causes.push(text);
        }
    }
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
/// Gives this process its TLS; without it no HTTP client can be made.
pub fn install_tls() {
    // Whoever was first in this process has chosen; any provider will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
