//! A stand-in for Daydream's API: both generations on one port, on the caller's clock.
//!
//! A pure model inside (`api.rs` and below: no clock, no network, time is an argument), an HTTP server around it
//! (`server.rs`). It tells what the real runner would do with what it is sent, and paints (`picture/`) what that might look
//! like.
//!
//! A request comes in by `server.rs` → `api.rs` finds its route → `account.rs` checks it (`request.rs`, by the table of parameters)
//! and stores it in a `stream.rs` → `ingest.rs` is the gateway's side of that stream → `guardian.rs` watches the
//! runner and judges its `state.rs` → `process.rs` has the parameters (`params.rs`, `change.rs`), the pipeline
//! (`engine.rs`, `blend.rs`) and the `frames.rs`. The answer's status document is written by `status.rs`.
//!
//! Without a network `api::Api` serves on any clock, a virtual one too. With one, callers on the same machine also
//! have:
//!
//! | route | |
//! |---|---|
//! | `GET /_sim/streams/{id}` | parameters in force, effective coefficients, counters |
//! | `GET /_sim/streams/{id}/frame.png` | what the blend looks like, drawn (`scene.rs`, `picture/`, `screen.rs`) |
//! | `GET /_sim/streams/{id}/frame.jpg` | the same, smaller |
//! | `GET /_sim/streams/{id}/frame.mjpeg` | the same, ten times a second |
//! | `POST /_sim/streams/{id}/video` | `{"on": bool}`: video starts or stops; no body starts it |
//! | `POST /_sim/streams/{id}/stall` | the GPU process hangs |
//! | `POST /_sim/streams/{id}/restart` | the GPU process is started again |
//! | `POST /_sim/streams/{id}/swap` | another orchestrator takes the stream |
//! | `POST /_sim/streams/{id}/end` | `{"error": text}`: the gateway ends the session; no body: credits are spent |
//! | `POST /_sim/faults` | a list of `faults::Rule` in place of the one there is |
//! | `GET /_sim/faults` | the rules, and how often each met a request and struck |

pub mod account;
pub mod answer;
pub mod api;
mod blend;
mod change;
mod control;
mod engine;
pub mod faults;
mod frames;
mod guardian;
mod hash;
mod ids;
mod ingest;
pub mod machine;
mod md5;
mod params;
mod picture;
pub mod probe;
mod process;
mod rate;
mod request;
pub mod requests;
mod scene;
mod screen;
mod server;
mod state;
mod status;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use std::{fmt, path::PathBuf, time::Duration};

use self::machine::PerSecond;
pub use self::{machine::Machine, server::serve};

/// What a simulator can be asked for.
#[derive(Clone, Default)]
pub struct Options {
    /// The key to the account; with `None` any bearer is admitted.
    pub api_key: Option<String>,
    /// How long a request is on its way before it is applied. The answer goes back at once.
    pub latency: Duration,
    /// How much shorter or longer the way can be, uniformly.
    pub jitter: Duration,
    /// Seeds ids and jitter.
    pub seed: u64,
    /// Where accepted creates and updates are recorded, one JSON line each. An old file is replaced.
    pub requests: Option<PathBuf>,
    /// How many requests with a key are let through; the rest are answered 429.
    pub rate_limit: Option<PerSecond>,
    /// A file with a JSON list of faults that are there from the start; see `faults::Rule`.
    pub faults: Option<PathBuf>,
    /// The backend that is simulated.
    pub machine: Machine,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_key, latency, jitter, seed, requests, rate_limit, faults, machine } = self;
        f.debug_struct("Options")
            .field("api_key", &api_key.as_ref().map(|_| "***"))
            .field("latency", latency)
            .field("jitter", jitter)
            .field("seed", seed)
            .field("requests", requests)
            .field("rate_limit", rate_limit)
            .field("faults", faults)
            .field("machine", machine)
            .finish()
    }
}
