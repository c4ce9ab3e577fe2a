//! What steps send out into the house: MQTT messages, OSC messages, HTTP requests; and what became of a request. Plain data.

use core::net::SocketAddr;
use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use super::{duration, recovery::HookUrl, run::step::Method};

/// How many requests may be under way at once. A lamp answers within 100 ms, one that hangs takes its timeout of at most a
/// minute; a show that has more of these open has a list that fires too often.
pub const CALLS_MAX: usize = 16;

/// A message to the MQTT broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// On which topic; one to publish to.
    pub topic: String,
    /// What it says.
    pub payload: String,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// Whether the broker has to acknowledge it: `QoS` 1, or else 0.
    pub acknowledged: bool,
}

/// An OSC message to somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct OscLetter {
    /// Where to.
    pub to: SocketAddr,
    /// The address; begins with `/`.
    pub address: String,
    /// Its arguments: numbers, texts and truths.
    pub args: Vec<Value>,
}

/// An HTTP request, to be made once and to be answered with `Event::Called`.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The trigger or cue that asks for it.
    pub name: Arc<str>,
    /// Where to.
    pub url: HookUrl,
    /// How.
    pub method: Method,
    /// The media type and what it says; `None` for nothing.
    pub body: Option<(&'static str, String)>,
    /// How long it may take.
    pub timeout: Duration,
}

impl Post {
    /// Returns the host with its port, as people may see it; `…` for a secret.
    pub fn host(&self) -> String {
        match &self.url {
            HookUrl::Plain(url) => {
                let rest = url.split_once("://").map_or(&**url, |(_, rest)| rest);
                rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
            }
            HookUrl::Secret(_) => "…".to_owned(),
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The trigger or cue that asked for it.
    pub name: Arc<str>,
    /// The host, as people may see it.
    pub to: String,
    /// The status of the answer, or why there is none.
    pub outcome: Result<u16, &'static str>,
    /// How long it took.
    pub after: Duration,
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, payload, retain, acknowledged } = self;
        let payload = if payload.is_empty() { "(empty)" } else { payload };
        write!(f, "publish {topic} {payload}")?;
        if *retain {
            f.write_str(" (retained)")?;
        }
        if !acknowledged {
            f.write_str(" (QoS 0)")?;
        }
        Ok(())
    }
}

impl fmt::Display for OscLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, address, args } = self;
        write!(f, "send {to} {address}")?;
        for arg in args {
            write!(f, " {arg}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name: _, url, method, body, timeout } = self;
        match url {
            HookUrl::Plain(url) => write!(f, "call {} {url}", method.name())?,
            HookUrl::Secret(_) => write!(f, "call {} …", method.name())?,
        }
        if let Some((_, body)) = body {
            write!(f, " {body}")?;
        }
        write!(f, " (within {})", duration::text(*timeout))
    }
}
