//! The status document, in the runner's own shape: what the runner reported last, wrapped by the gateway.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    guardian::{Received, Report},
    ingest::Ingest,
    process::Trouble,
};

/// What identifies a stream in its document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) stream_id: &'a str,
    pub(super) stream_key: &'a str,
    pub(super) pipeline_id: &'a str,
}

/// Turns moments into milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch(pub(super) i64);

impl Epoch {
    /// Returns the calendar time of a moment.
    pub(super) fn ms(self, at: Duration) -> i64 {
        self.0.saturating_add(i64::try_from(at.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Returns `data` of the status answer at `at`.
pub(super) fn document(names: Names<'_>, ingest: &Ingest, epoch: Epoch, at: Duration) -> Value {
    let report = ingest.guardian().report();
    let ms = |moment: Option<Duration>| moment.map(|moment| epoch.ms(moment));
    json!({
        "type": "status",
        "pipeline": "streamdiffusion",
        "pipeline_id": names.pipeline_id,
        "stream_id": names.stream_id,
        "request_id": ingest.request_id,
        "state": report.state,
        "start_time": epoch.ms(report.start),
        "last_state_update_time": ms(report.state_since),
        "timestamp": epoch.ms(report.made),
        "last_status_timestamp": epoch.ms(report.made),
        "input_status": { "fps": report.fps_in, "last_input_time": ms(report.last_in) },
        "inference_status": inference(report, ingest.is_forgetful(), epoch),
        "orchestrator_info": { "address": ingest.orchestrator.address, "url": ingest.orchestrator.url },
        "gateway_status": gateway(names, ingest, epoch, at),
    })
}

/// Returns `data` for a stream of which the gateway knows nothing.
pub(super) fn offline() -> Value {
    json!({ "state": "OFFLINE", "info": "Stream not found" })
}

/// The runner tells large fields once; the gateway keeps them, unless it is forgetful.
fn inference(report: &Report, forgetful: bool, epoch: Epoch) -> Value {
    let ms = |moment: Option<Duration>| moment.map(|moment| epoch.ms(moment));
    let received = report.received.as_ref();
    let trouble = report.trouble.as_ref();
    json!({
        "fps": report.fps_out,
        "last_output_time": ms(report.last_out),
        "last_params_update_time": ms(received.map(|received| received.at)),
        "last_params": received.filter(|_| !forgetful || report.params_are_news).map(|received| &*received.params),
        "last_params_hash": received.map(Received::hash),
        "last_error": trouble.map(|trouble| &trouble.text),
        "last_error_time": ms(trouble.map(|Trouble { at, .. }| *at)),
        "last_restart_time": ms(report.restarted),
        "last_restart_logs": report.restart_logs.as_ref().filter(|_| !forgetful || report.logs_are_news),
        "restart_count": report.restart_count,
    })
}

fn gateway(names: Names<'_>, ingest: &Ingest, epoch: Epoch, at: Duration) -> Value {
    let Names { stream_key, .. } = names;
    let request_id = &ingest.request_id;
    let whep_url = ingest.has_output(at).then(|| {
        format!("https://fra-ai-mediamtx-0.livepeer.com/aiWebrtc/{stream_key}-{request_id}-out/whep")
    });
    // A frame at this size and bit rate fills about twenty packets of 1200 bytes.
    let packets = ingest.guardian().report().frames_in * 20;
    let mut status = json!({
        "ingest_metrics": { "stats": {
            "peer_conn_stats": {
                "ID": "iceTransport", "BytesReceived": packets * 1200, "BytesSent": packets * 7,
            },
            "track_stats": [{
                "type": "video", "jitter": 9.1, "packets_lost": 0, "packets_received": packets,
                "packet_loss_pct": 0, "rtt": 0,
            }],
            "conn_quality": "good",
        } },
    });
    if let Some(Trouble { text, at }) = ingest.trouble() {
        status["error"] = json!({ "error_message": text, "error_time": epoch.ms(*at) });
    }
    if let Some(whep_url) = whep_url {
        status["whep_url"] = Value::String(whep_url);
    }
    status
}
