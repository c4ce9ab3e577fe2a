//! How a stream is doing, as the backend reports it. Parsing is the backend's, judging is `stream.rs`'s.

use serde::Serialize;
use serde_json::{Map, Value};

/// The status document of one stream, in both spellings of the API folded into one. Every field may be missing.
///
/// Times are milliseconds since 1970 UTC on the backend's clock; rates are frames per second over its last window
/// (about 10 s).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatusReport {
    /// The state as the backend names it: `ONLINE`, `OFFLINE`, `LOADING`, `DEGRADED_INPUT`, …
    pub state: Option<String>,
    /// When this document was made.
    pub timestamp: Option<i64>,
    /// Start of this ingest session.
    pub start_time: Option<i64>,
    /// Names this ingest session.
    pub request_id: Option<String>,
    /// The host of the runner.
    pub orchestrator: Option<String>,
    /// Frames that come in.
    pub fps_in: Option<f64>,
    /// Frames that go out.
    pub fps_out: Option<f64>,
    /// When the last frame came in.
    pub last_input_time: Option<i64>,
    /// When the last frame went out.
    pub last_output_time: Option<i64>,
    /// When the runner last received parameters; received is not applied.
    pub last_params_update_time: Option<i64>,
    /// The parameters last received; not sent every time, `None` means unchanged.
    pub last_params: Option<Map<String, Value>>,
    /// MD5 of the parameters last received.
    pub last_params_hash: Option<String>,
    /// The most recent error; never cleared while the process lives.
    pub last_error: Option<String>,
    /// When that error happened.
    pub last_error_time: Option<i64>,
    /// Restarts of the GPU process since its container started.
    pub restart_count: Option<u64>,
    /// Where the picture can be watched.
    pub whep_url: Option<String>,
    /// What the gateway complains of.
    pub gateway_error: Option<String>,
}

impl StatusReport {
    /// Returns the age of the last output frame in milliseconds, by the backend's own clock.
    pub fn output_age_ms(&self) -> Option<i64> {
        Some((self.timestamp? - self.last_output_time?).max(0))
    }
}
