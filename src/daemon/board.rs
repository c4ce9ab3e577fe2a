//! The board on MQTT: what is on, retained at `<base>/state`, for home automation. Says only what a person would.

use std::time::Duration;

use serde_json::json;

use crate::{
    input::mqtt::outbox::Outbox,
    show::{snapshot::Snapshot, time::Mono},
};

/// How often the board may change. A fade of a minute is 60 small messages.
const EVERY: Duration = Duration::from_secs(1);

/// Publishes the show's state when it changes.
#[derive(Debug)]
pub(super) struct Board {
    outbox: Outbox,
    topic: String,
    last: String,
    at: Option<Mono>,
}

impl Board {
    /// Publishes at `<base>/state`.
    pub(super) fn new(outbox: Outbox, base: &str) -> Self {
        Self { outbox, topic: format!("{base}/state"), last: String::new(), at: None }
    }

    /// Returns whether a snapshot is worth making.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.at.is_none_or(|at| now.since(at) >= EVERY)
    }

    /// Publishes `snapshot` if it says something new.
    pub(super) fn show(&mut self, snapshot: &Snapshot, now: Mono) {
        self.at = Some(now);
        let text = summary(snapshot);
        if text == self.last {
            return;
        }
        match self.outbox.set(&self.topic, text.clone().into_bytes(), true) {
            Ok(()) => self.last = text,
            Err(error) => tracing::debug!(%error, "State was not published."),
        }
    }
}

fn summary(snapshot: &Snapshot) -> String {
    let streams: serde_json::Map<_, _> = snapshot
        .streams
        .iter()
        .map(|stream| {
            let health = stream.health.as_ref();
            let document = json!({
                "scene": stream.scene,
                "waiting": stream.waiting,
                "phase": stream.phase,
                "progress": stream.transition.as_ref().map_or(1.0, |way| (way.progress * 100.0).round() / 100.0),
                "state": health.and_then(|health| health.state.as_deref()),
                "fps_in": health.and_then(|health| health.fps_in),
                "fps_out": health.and_then(|health| health.fps_out),
                "recovery": stream.recovery,
                "alarm": stream.alarm.as_ref().map(|alarm| &alarm.reason),
                "trouble": stream.trouble.as_ref().map(|trouble| &trouble.message),
            });
            (stream.name.to_string(), document)
        })
        .collect();
    let mut board = json!({ "show": snapshot.show, "streams": streams });
    if let Some(error) = snapshot.show_file.as_ref().and_then(|file| file.error.as_ref()) {
        board["show_file_error"] = json!(error);
    }
    board.to_string()
}
