//! What systemd wants to know: ready, what is on, alive, stopping. Harmless where there is no systemd.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::show::{snapshot::Snapshot, time::Mono};

/// Speaks to the service manager.
#[derive(Debug)]
pub(super) struct Systemd {
    feed_every: Option<Duration>,
    fed: Option<Mono>,
    status: String,
}

impl Systemd {
    /// Finds out whether there is a watchdog to feed: half its time, as its manual advises.
    pub(super) fn new() -> Self {
        let feed_every = sd_notify::watchdog_enabled().map(|time| time / 2);
        Self { feed_every, fed: None, status: String::new() }
    }

    /// Feeds the watchdog if it is time. Called by the show's own loop, so that a loop that hangs is not fed.
    pub(super) fn feed(&mut self, now: Mono) {
        let Some(every) = self.feed_every else { return };
        if self.fed.is_none_or(|fed| now.since(fed) >= every) {
            self.fed = Some(now);
            notify(&[NotifyState::Watchdog]);
        }
    }

    /// Says what is on, if that is another thing than before.
    pub(super) fn tell(&mut self, snapshot: &Snapshot) {
        let status = what_is_on(snapshot);
        if status != self.status {
            notify(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }
}

/// Says that the show runs.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Says that the show ends.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// A manager that does not listen is no reason to stop a show.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "Service manager was not told.");
    }
}

fn what_is_on(snapshot: &Snapshot) -> String {
    let streams = snapshot.streams.iter().map(|stream| {
        let state =
            stream.health.as_ref().and_then(|health| health.state.as_deref()).unwrap_or("no status yet");
        let way = if stream.transition.is_some() { "to " } else { "" };
        format!("{}: {way}{} ({state})", stream.name, stream.scene)
    });
    streams.collect::<Vec<_>>().join(", ")
}
