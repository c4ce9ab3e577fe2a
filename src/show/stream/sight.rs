//! What of a stream expressions and triggers may look at.

use std::sync::Arc;

use super::Stream;
use crate::show::scope::StreamState;

impl Stream {
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
