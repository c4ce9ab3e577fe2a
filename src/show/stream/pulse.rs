//! Whether a picture comes out of a stream: judged by the frames, not by the state, which is blind while updates flow.
//!
//! On our own clock: the backend's only tells how old things were when it wrote them down.

use std::time::Duration;

use crate::show::{health::StatusReport, time::Mono};

/// A frame that went in or came out within this time still counts as the present: what the status tells is up to 10 s old.
const FRESH: Duration = Duration::from_secs(15);
/// Frames counted in a window of 10 s, told up to 10 s later, prove nothing about a last frame older than this.
const WINDOW_MAX: Duration = Duration::from_secs(30);
/// Fewer frames a second than this are none.
const FPS_LEAST: f64 = 0.5;
/// A model may take so long to load before the runner itself gives up on it.
const LOADING_MAX: Duration = Duration::from_mins(3);

/// What a stream's frames say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing, yet or at all.
    Unknown,
    /// No video goes in, for so long: its camera is off, which is no fault of the stream.
    NoInput(Duration),
    /// Video goes in and nothing has come out for so long.
    Dark(Duration),
    /// A picture comes out.
    Flowing,
}

/// The frames of one stream.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Since when video goes in.
    input_since: Option<Mono>,
    /// Since when none does.
    idle_since: Option<Mono>,
    /// Since when nothing has come out although video goes in.
    dark_since: Option<Mono>,
    loading: bool,
    knows: bool,
}

impl Pulse {
    /// Takes a new document.
    pub(super) fn on_report(&mut self, report: &StatusReport, now: Mono) {
        self.loading = report.state.as_deref() == Some("LOADING");
        let input = if report.state.as_deref() == Some("OFFLINE") { Some(false) } else { has_input(report) };
        match input {
            None => *self = Self::default(),
            Some(false) => self.on_no_input(now),
            Some(true) => {
                self.knows = true;
                self.idle_since = None;
                let since = *self.input_since.get_or_insert(now);
                self.look_at_output(report, since, now);
            }
        }
    }

    /// The backend has no session of it: no video has come for a minute, or none yet.
    pub(super) fn on_no_input(&mut self, now: Mono) {
        let idle_since = Some(self.idle_since.unwrap_or(now));
        *self = Self { idle_since, knows: true, ..Self::default() };
    }

    fn look_at_output(&mut self, report: &StatusReport, input_since: Mono, now: Mono) {
        let has_frames = report.fps_out.map(|fps| fps >= FPS_LEAST);
        let age = report.output_age_ms().and_then(|age| u64::try_from(age).ok()).map(Duration::from_millis);
        self.dark_since = match (age, has_frames) {
            (Some(age), _) => Some((now - age).max(input_since)),
            (None, Some(true)) => None,
            (None, Some(false)) => Some(self.dark_since.unwrap_or(input_since)),
            (None, None) => {
                self.knows = false;
                None
            }
        };
        // The window was counted before the document was dated.
        if has_frames == Some(true) && self.dark_since.is_some_and(|since| now.since(since) < WINDOW_MAX) {
            self.dark_since = None;
        }
    }

    /// Says how it is at `now`, where nothing for `stalled_after` counts as a fault.
    pub(super) fn beat(&self, stalled_after: Duration, now: Mono) -> Beat {
        let patience = if self.loading { stalled_after.max(LOADING_MAX) } else { stalled_after };
        if !self.knows {
            return Beat::Unknown;
        }
        if let Some(since) = self.idle_since {
            return Beat::NoInput(now.since(since));
        }
        match self.dark_since.map(|since| now.since(since)) {
            Some(dark) if dark >= patience => Beat::Dark(dark),
            Some(dark) if dark >= FRESH => Beat::Unknown,
            _ => Beat::Flowing,
        }
    }
}

fn has_input(report: &StatusReport) -> Option<bool> {
    match (report.timestamp, report.last_input_time) {
        (Some(made), Some(input)) => Some(made.saturating_sub(input) < FRESH.as_millis() as i64),
        _ => report.fps_in.map(|fps| fps >= FPS_LEAST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALLED: Duration = Duration::from_secs(20);

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    /// A document made at a second of its own clock, with the ages of the last frames.
    fn report(made: i64, input_age: i64, output_age: Option<i64>, fps_out: f64) -> StatusReport {
        StatusReport {
            state: Some("ONLINE".to_owned()),
            timestamp: Some(made * 1000),
            last_input_time: Some((made - input_age) * 1000),
            last_output_time: output_age.map(|age| (made - age) * 1000),
            fps_out: Some(fps_out),
            ..StatusReport::default()
        }
    }

    #[test]
    fn online_and_dark_is_dark() {
        let mut pulse = Pulse::default();
        pulse.on_report(&report(1000, 0, Some(1), 24.0), at(100));
        assert_eq!(pulse.beat(STALLED, at(100)), Beat::Flowing);
        pulse.on_report(&report(1017, 0, Some(17), 8.0), at(117));
        assert_eq!(pulse.beat(STALLED, at(117)), Beat::Flowing, "the window has frames");
        pulse.on_report(&report(1018, 0, Some(18), 0.0), at(118));
        assert_eq!(pulse.beat(STALLED, at(118)), Beat::Unknown, "dark, but not for long enough");
        pulse.on_report(&report(1022, 0, Some(22), 0.0), at(122));
        assert_eq!(pulse.beat(STALLED, at(122)), Beat::Dark(Duration::from_secs(22)));
        // Frozen figures say nothing for ever.
        pulse.on_report(&report(1031, 0, Some(31), 24.0), at(131));
        assert_eq!(pulse.beat(STALLED, at(131)), Beat::Dark(Duration::from_secs(31)));
    }

    #[test]
    fn a_camera_that_was_off_for_an_hour_gets_its_time_when_it_is_on() {
        let mut pulse = Pulse::default();
        pulse.on_report(&report(1000, 3600, Some(3600), 0.0), at(10));
        assert_eq!(pulse.beat(STALLED, at(15)), Beat::NoInput(Duration::from_secs(5)));
        pulse.on_report(&report(1010, 0, Some(3610), 0.0), at(20));
        assert_eq!(pulse.beat(STALLED, at(20)), Beat::Flowing);
        assert_eq!(pulse.beat(STALLED, at(41)), Beat::Dark(Duration::from_secs(21)));
    }

    #[test]
    fn a_model_that_loads_is_given_the_runner_s_own_time() {
        let mut pulse = Pulse::default();
        let loading = StatusReport { state: Some("LOADING".to_owned()), ..report(1000, 0, None, 0.0) };
        pulse.on_report(&loading, at(0));
        assert_eq!(pulse.beat(STALLED, at(100)), Beat::Unknown);
        assert_eq!(pulse.beat(STALLED, at(180)), Beat::Dark(Duration::from_mins(3)));
    }

    #[test]
    fn what_says_nothing_is_no_fault() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.beat(STALLED, at(100)), Beat::Unknown);
        let state_only = StatusReport { state: Some("ONLINE".to_owned()), ..StatusReport::default() };
        pulse.on_report(&state_only, at(0));
        assert_eq!(pulse.beat(STALLED, at(100)), Beat::Unknown);
    }
}
