//! What of a stream expressions and triggers may look at: where it is on its way, and how its backend says it is.

use std::sync::Arc;

use super::{Stream, pulse::Beat};
use crate::show::{scope::StreamState, time::Mono};

/// A stream as triggers see it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::show) struct Sight {
    /// The scene that it is on or moves to.
    pub(in crate::show) scene: Arc<str>,
    /// How far its transition is, 0 to 1.
    pub(in crate::show) progress: f64,
    /// When half of its transition's time is over, and when all of it; `None` where a hand has it or it stands.
    pub(in crate::show) moments: Option<[Mono; 2]>,
    /// Whether it is at that scene and nowhere else.
    pub(in crate::show) arrived: bool,
    /// The state as the backend names it.
    pub(in crate::show) state: Option<String>,
    /// Frames out per second.
    pub(in crate::show) fps: Option<f64>,
    /// Whether there is a stream with a picture; `None` where nobody can tell.
    pub(in crate::show) up: Option<bool>,
}

impl Stream {
    /// Returns what triggers may look at.
    pub(in crate::show) fn sight(&self, now: Mono) -> Sight {
        let sheet = &self.sheet.streams[self.index.0];
        let report = self.watch.report();
        let scene = self.path.scene();
        let ended = self.path.ended(now);
        let beat = self.watch.beat(sheet.recovery.stalled_after, now);
        let moments = self.path.end().filter(|_| !self.path.is_grabbed() && !ended);
        Sight {
            scene: Arc::clone(&scene.name),
            progress: self.path.progress(now),
            moments: moments.map(|end| [end - self.path.fade() / 2, end]),
            arrived: ended && self.path.target().share_of(scene) == Some(1.0),
            state: report.and_then(|report| report.state.clone()),
            fps: report.and_then(|report| report.fps_out),
            up: match beat {
                _ if !self.life.is_live() => Some(false),
                Beat::Dark(_) => Some(false),
                Beat::Flowing => Some(true),
                Beat::NoInput(_) | Beat::Unknown => None,
            },
        }
    }

    /// Returns what expressions may see.
    pub(in crate::show) fn state(&self) -> StreamState {
        let report = self.watch.report();
        StreamState {
            state: report.and_then(|report| report.state.clone()),
            fps: report.and_then(|report| report.fps_out),
            scene: Arc::clone(&self.path.scene().name),
        }
    }
}
