//! The metrics: what the facts come to in numbers, as text for Prometheus. Serving the text is the web server's.
//!
//! No label can grow without limit; `labels.rs` says how.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::labels::{Build, Names, OfDoor, OfFailure, OfLane, OfOutcome, OfRefusal, OfState, OfStream};
use crate::show::{event::FailureKind, fact::Fact, health::StatusReport, lane::Lane};

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the round trip buckets in seconds: doubling, from a good local network to the request timeout.
const ROUND_TRIP_BUCKETS: [f64; 11] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24];

type Level = Gauge<f64, AtomicU64>;
type Levels = Family<OfStream, Level>;
type Counters = Family<OfStream, Counter>;

/// The numbers of a running show.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    fps_in: Levels,
    fps_out: Levels,
    state: Family<OfState, Gauge>,
    output_age: Levels,
    restarts: Levels,
    updates_sent: Counters,
    updates_failed: Counters,
    updates_coalesced: Counters,
    round_trip: Family<OfStream, Histogram, fn() -> Histogram>,
    encodes_expected: Counters,
    progress: Levels,
    transitions: Family<OfOutcome, Counter>,
    lane: Family<OfLane, Gauge>,
    requests_failed: Family<OfFailure, Counter>,
    triggers: Family<OfDoor, Counter>,
    playlist_steps: Counter,
    refused: Family<OfRefusal, Counter>,
    events_dropped: Counter,
    history_dropped: Counter,
    names: Names,
}

impl Metrics {
    /// Begins at zero; a stream appears with the first fact about it.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("segue"),
            fps_in: Family::default(),
            fps_out: Family::default(),
            state: Family::default(),
            output_age: Family::default(),
            restarts: Family::default(),
            updates_sent: Family::default(),
            updates_failed: Family::default(),
            updates_coalesced: Family::default(),
            round_trip: Family::new_with_constructor(|| Histogram::new(ROUND_TRIP_BUCKETS)),
            encodes_expected: Family::default(),
            progress: Family::default(),
            transitions: Family::default(),
            lane: Family::default(),
            requests_failed: Family::default(),
            triggers: Family::default(),
            playlist_steps: Counter::default(),
            refused: Family::default(),
            events_dropped: Counter::default(),
            history_dropped: Counter::default(),
            names: Names::default(),
        };
        metrics.register_streams();
        metrics.register_show();
        metrics
    }

    fn register_streams(&mut self) {
        let registry = &mut self.registry;
        // The registry adds the full stop, and `_total` to the counters.
        registry.register("fps_in", "Frames per second into the stream", self.fps_in.clone());
        registry.register("fps_out", "Frames per second out of the stream", self.fps_out.clone());
        registry.register(
            "state",
            "1 for the state that the stream is in, 0 for those it has been in",
            self.state.clone(),
        );
        registry.register_with_unit(
            "output_age",
            "Age of the last frame out of the stream when its status was read",
            Unit::Seconds,
            self.output_age.clone(),
        );
        registry.register(
            "restarts",
            "Restarts of the runner since its container started",
            self.restarts.clone(),
        );
        registry.register("updates_sent", "Updates that the backend accepted", self.updates_sent.clone());
        registry.register(
            "updates_failed",
            "Updates that the backend did not accept",
            self.updates_failed.clone(),
        );
        registry.register(
            "updates_coalesced",
            "Looks that went unsent because a newer one replaced them",
            self.updates_coalesced.clone(),
        );
        registry.register_with_unit(
            "update_round_trip",
            "Time from sending an update to the answer",
            Unit::Seconds,
            self.round_trip.clone(),
        );
        registry.register(
            "encodes_expected",
            "Prompts and seeds that the runner had to encode",
            self.encodes_expected.clone(),
        );
        registry.register("transition_progress", "How far the transition is, 0 to 1", self.progress.clone());
        registry.register(
            "transitions",
            "Wishes to go to a scene, by what became of them",
            self.transitions.clone(),
        );
        registry.register("lane", "1 for the lane that has the stream, 0 for the others", self.lane.clone());
    }

    fn register_show(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests_failed",
            "Requests of any kind that failed",
            self.requests_failed.clone(),
        );
        registry.register("triggers", "Triggers that fired", self.triggers.clone());
        registry.register("playlist_steps", "Steps that playlists went to", self.playlist_steps.clone());
        registry.register("refused", "Messages that made no sense", self.refused.clone());
        registry.register("events_dropped", "Events that found no room", self.events_dropped.clone());
        registry.register(
            "history_dropped",
            "Facts that are lost to the history",
            self.history_dropped.clone(),
        );
        registry.register("build", "The program", Info::new(Build { version: env!("CARGO_PKG_VERSION") }));
    }

    /// Counts a fact.
    pub fn observe(&self, fact: &Fact) {
        match fact {
            Fact::Trigger { name: _, door } => {
                self.triggers.get_or_create(&OfDoor { door: door.as_str() }).inc();
            }
            Fact::Updated { stream, round_trip, encodes, coalesced } => {
                let of = self.names.stream(stream);
                self.updates_sent.get_or_create(&of).inc();
                self.updates_coalesced.get_or_create(&of).inc_by(u64::from(*coalesced));
                self.encodes_expected.get_or_create(&of).inc_by(u64::from(*encodes));
                self.round_trip.get_or_create(&of).observe(round_trip.as_secs_f64());
            }
            Fact::RequestFailed { stream, request, failure, message: _, in_a_row: _ } => {
                self.count_failure(stream, request, *failure);
            }
            Fact::PlaylistStep { .. } => {
                self.playlist_steps.inc();
            }
            Fact::TransitionStarted { stream, .. } => self.count_transition(stream, "started"),
            Fact::TransitionQueued { stream, .. } => self.count_transition(stream, "queued"),
            Fact::TransitionIgnored { stream, .. } => self.count_transition(stream, "ignored"),
            Fact::TransitionDropped { stream, .. } => self.count_transition(stream, "dropped"),
            Fact::Polled { stream, report } => self.poll(stream, report),
            Fact::StreamLost { stream, .. } | Fact::StreamDeleted { stream, .. } => self.forget(stream),
            Fact::Refused { door, reason, count, example: _ } => {
                self.refused.get_or_create(&OfRefusal { door: door.as_str(), reason }).inc_by(*count);
            }
            // Told by the log and the history. The state is taken from every poll, so that a change cannot be missed.
            Fact::TriggerSwitched { .. }
            | Fact::TriggerLooping { .. }
            | Fact::Cue { .. }
            | Fact::Due { .. }
            | Fact::Bypassed { .. }
            | Fact::BypassOver
            | Fact::PlaylistStarted { .. }
            | Fact::PlaylistSteered { .. }
            | Fact::PlaylistResumed { .. }
            | Fact::PlaylistEnded { .. }
            | Fact::TransitionSteered { .. }
            | Fact::TransitionGrabbed { .. }
            | Fact::TransitionResumed { .. }
            | Fact::NotResumed { .. }
            | Fact::RunMissed { .. }
            | Fact::CreatesSpent { .. }
            | Fact::TransitionEnded { .. }
            | Fact::RequestHealed { .. }
            | Fact::StateChanged { .. }
            | Fact::RunnerError { .. }
            | Fact::Warned { .. }
            | Fact::StreamCreated { .. }
            | Fact::StreamAttached { .. }
            | Fact::Reasserted { .. }
            | Fact::StreamReplaced { .. }
            | Fact::LeftoverDeleted { .. }
            | Fact::LeftBehind { .. }
            | Fact::FallenBack { .. }
            | Fact::InputLost { .. }
            | Fact::InputBack { .. }
            | Fact::Alarm { .. }
            | Fact::AlarmOver { .. }
            | Fact::Drifted { .. }
            | Fact::Broker { .. }
            | Fact::Reloaded(_)
            | Fact::NotReloaded { .. }
            | Fact::NotRemembered { .. }
            | Fact::Run { .. }
            | Fact::LaneTaken { .. }
            | Fact::LaneReleased { .. }
            | Fact::DueBeneath { .. }
            | Fact::OverrideDropped { .. } => {}
        }
    }

    fn count_failure(&self, stream: &str, request: &'static str, failure: FailureKind) {
        let of = self.names.stream(stream);
        if request == "update" {
            self.updates_failed.get_or_create(&of).inc();
        }
        let failure = failure_name(failure);
        self.requests_failed.get_or_create(&OfFailure { stream: of.stream, request, failure }).inc();
    }

    /// Scenes are no labels: a prompt from outside is one too.
    fn count_transition(&self, stream: &str, outcome: &'static str) {
        let OfStream { stream } = self.names.stream(stream);
        self.transitions.get_or_create(&OfOutcome { stream, outcome }).inc();
    }

    /// Takes which lane has a stream.
    pub fn set_lane(&self, stream: &str, holder: Lane) {
        for lane in Lane::ALL {
            let OfStream { stream } = self.names.stream(stream);
            let of = OfLane { stream, lane: lane.as_str() };
            self.lane.get_or_create(&of).set(i64::from(lane == holder));
        }
    }

    /// Takes how far a stream's transition is, 0 to 1; what lies outside is clamped, NaN is left out.
    pub fn set_progress(&self, stream: &str, progress: f64) {
        if !progress.is_nan() {
            self.progress.get_or_create(&self.names.stream(stream)).set(progress.clamp(0.0, 1.0));
        }
    }

    /// Takes how many events have found no room since the start; a smaller number than before is ignored.
    pub fn set_events_dropped(&self, dropped: u64) {
        self.events_dropped.inner().fetch_max(dropped, Ordering::Relaxed);
    }

    /// Takes how many facts are lost to the history since the start; a smaller number than before is ignored.
    pub fn set_history_dropped(&self, dropped: u64) {
        self.history_dropped.inner().fetch_max(dropped, Ordering::Relaxed);
    }

    /// Returns the text, of the type [`CONTENT_TYPE`].
    pub fn render(&self) -> String {
        let mut text = String::new();
        match text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(std::fmt::Error) => unreachable!("writing to a string does not fail"),
        }
    }

    /// What the status does not say is not known any more, and not shown.
    fn poll(&self, stream: &str, report: &StatusReport) {
        let of = self.names.stream(stream);
        set_or_remove(&self.fps_in, &of, report.fps_in);
        set_or_remove(&self.fps_out, &of, report.fps_out);
        set_or_remove(&self.output_age, &of, report.output_age_ms().map(|age| age as f64 / 1000.0));
        set_or_remove(&self.restarts, &of, report.restart_count.map(|count| count as f64));
        self.set_state(&of, report.state.as_deref());
    }

    /// A stream that is gone has no rates any more; its counts stay.
    fn forget(&self, stream: &str) {
        let of = self.names.stream(stream);
        for family in [&self.fps_in, &self.fps_out, &self.output_age, &self.restarts, &self.progress] {
            family.remove(&of);
        }
        self.set_state(&of, None);
    }

    fn set_state(&self, of: &OfStream, state: Option<&str>) {
        for (label, present) in self.names.states(of, state) {
            self.state.get_or_create(&label).set(i64::from(present));
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn set_or_remove(family: &Levels, of: &OfStream, value: Option<f64>) {
    match value {
        Some(value) => {
            family.get_or_create(of).set(value);
        }
        None => {
            family.remove(of);
        }
    }
}

pub(super) fn failure_name(failure: FailureKind) -> &'static str {
    match failure {
        FailureKind::Unreached => "unreached",
        FailureKind::Network => "network",
        FailureKind::Timeout => "timeout",
        FailureKind::Server => "server",
        FailureKind::Refused => "refused",
        FailureKind::Key => "key",
        FailureKind::NotFound => "not_found",
        FailureKind::TooMany => "too_many",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        record::labels::{STATES_MAX, STREAMS_MAX},
        show::event::Door,
    };

    fn polled(stream: &str, state: &str) -> Fact {
        let report = StatusReport {
            state: Some(state.to_owned()),
            timestamp: Some(10_250),
            last_output_time: Some(10_000),
            fps_in: Some(30.0),
            fps_out: Some(12.5),
            restart_count: Some(2),
            ..StatusReport::default()
        };
        Fact::Polled { stream: stream.into(), report: Box::new(report) }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "the whole text")]
    fn the_text_is_openmetrics() {
        let metrics = Metrics::new();
        metrics.observe(&polled("wall", "ONLINE"));
        metrics.observe(&Fact::Updated {
            stream: "wall".into(),
            round_trip: Duration::from_millis(150),
            encodes: 1,
            coalesced: 3,
        });
        metrics.observe(&Fact::Trigger { name: "open".into(), door: Door::Cron });
        metrics.observe(&Fact::Refused { door: Door::Osc, reason: "nested", count: 7, example: "[".into() });
        metrics.observe(&Fact::RequestFailed {
            stream: "wall".into(),
            request: "update",
            failure: FailureKind::TooMany,
            message: "slow down".into(),
            in_a_row: 1,
        });
        metrics.set_progress("wall", 0.25);
        metrics.set_events_dropped(4);
        metrics.set_history_dropped(5);
        insta::with_settings!({ filters => [(env!("CARGO_PKG_VERSION"), "0.0.0")] }, {
            insta::assert_snapshot!(metrics.render(), @r#"
            # HELP segue_fps_in Frames per second into the stream.
            # TYPE segue_fps_in gauge
            segue_fps_in{stream="wall"} 30.0
            # HELP segue_fps_out Frames per second out of the stream.
            # TYPE segue_fps_out gauge
            segue_fps_out{stream="wall"} 12.5
            # HELP segue_state 1 for the state that the stream is in, 0 for those it has been in.
            # TYPE segue_state gauge
            segue_state{stream="wall",state="ONLINE"} 1
            # HELP segue_output_age_seconds Age of the last frame out of the stream when its status was read.
            # TYPE segue_output_age_seconds gauge
            # UNIT segue_output_age_seconds seconds
            segue_output_age_seconds{stream="wall"} 0.25
            # HELP segue_restarts Restarts of the runner since its container started.
            # TYPE segue_restarts gauge
            segue_restarts{stream="wall"} 2.0
            # HELP segue_updates_sent Updates that the backend accepted.
            # TYPE segue_updates_sent counter
            segue_updates_sent_total{stream="wall"} 1
            # HELP segue_updates_failed Updates that the backend did not accept.
            # TYPE segue_updates_failed counter
            segue_updates_failed_total{stream="wall"} 1
            # HELP segue_updates_coalesced Looks that went unsent because a newer one replaced them.
            # TYPE segue_updates_coalesced counter
            segue_updates_coalesced_total{stream="wall"} 3
            # HELP segue_update_round_trip_seconds Time from sending an update to the answer.
            # TYPE segue_update_round_trip_seconds histogram
            # UNIT segue_update_round_trip_seconds seconds
            segue_update_round_trip_seconds_sum{stream="wall"} 0.15
            segue_update_round_trip_seconds_count{stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="0.01",stream="wall"} 0
            segue_update_round_trip_seconds_bucket{le="0.02",stream="wall"} 0
            segue_update_round_trip_seconds_bucket{le="0.04",stream="wall"} 0
            segue_update_round_trip_seconds_bucket{le="0.08",stream="wall"} 0
            segue_update_round_trip_seconds_bucket{le="0.16",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="0.32",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="0.64",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="1.28",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="2.56",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="5.12",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="10.24",stream="wall"} 1
            segue_update_round_trip_seconds_bucket{le="+Inf",stream="wall"} 1
            # HELP segue_encodes_expected Prompts and seeds that the runner had to encode.
            # TYPE segue_encodes_expected counter
            segue_encodes_expected_total{stream="wall"} 1
            # HELP segue_transition_progress How far the transition is, 0 to 1.
            # TYPE segue_transition_progress gauge
            segue_transition_progress{stream="wall"} 0.25
            # HELP segue_requests_failed Requests of any kind that failed.
            # TYPE segue_requests_failed counter
            segue_requests_failed_total{stream="wall",request="update",failure="too_many"} 1
            # HELP segue_triggers Triggers that fired.
            # TYPE segue_triggers counter
            segue_triggers_total{door="cron"} 1
            # HELP segue_playlist_steps Steps that playlists went to.
            # TYPE segue_playlist_steps counter
            segue_playlist_steps_total 0
            # HELP segue_refused Messages that made no sense.
            # TYPE segue_refused counter
            segue_refused_total{door="osc",reason="nested"} 7
            # HELP segue_events_dropped Events that found no room.
            # TYPE segue_events_dropped counter
            segue_events_dropped_total 4
            # HELP segue_history_dropped Facts that are lost to the history.
            # TYPE segue_history_dropped counter
            segue_history_dropped_total 5
            # HELP segue_build The program.
            # TYPE segue_build info
            segue_build_info{version="0.0.0"} 1
            # EOF
            "#);
        });
    }

    #[test]
    fn a_stream_is_in_one_state_at_a_time() {
        let metrics = Metrics::new();
        metrics.observe(&polled("wall", "LOADING"));
        metrics.observe(&polled("wall", "ONLINE"));
        let text = metrics.render();
        assert!(text.contains("segue_state{stream=\"wall\",state=\"LOADING\"} 0\n"), "{text}");
        assert!(text.contains("segue_state{stream=\"wall\",state=\"ONLINE\"} 1\n"), "{text}");
    }

    #[test]
    fn a_stream_that_is_gone_shows_no_rates_and_no_state() {
        let metrics = Metrics::new();
        metrics.observe(&polled("wall", "ONLINE"));
        metrics.set_progress("wall", 7.0);
        metrics.set_progress("wall", f64::NAN);
        assert!(metrics.render().contains("segue_transition_progress{stream=\"wall\"} 1.0\n"));
        metrics.observe(&Fact::StreamLost { stream: "wall".into(), id: "str_1".into(), next: "create" });
        let text = metrics.render();
        let left: Vec<_> = text.lines().filter(|line| line.contains("wall")).collect();
        assert_eq!(left, ["segue_state{stream=\"wall\",state=\"ONLINE\"} 0"]);
    }

    #[test]
    fn labels_have_a_limit() {
        let metrics = Metrics::new();
        for n in 0..1000 {
            metrics.observe(&polled(&format!("stream {n}"), "ONLINE"));
            metrics.observe(&polled("stream 0", &format!("STATE {n}")));
        }
        metrics.observe(&polled("stream 0", &"X".repeat(1000)));
        let text = metrics.render();
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(lines("segue_fps_in{"), STREAMS_MAX + 1);
        assert_eq!(lines("segue_state{"), STREAMS_MAX + 1 + STATES_MAX);
        assert!(text.contains("segue_state{stream=\"stream 0\",state=\"other\"} 1\n"), "{text}");
    }

    #[test]
    fn counters_never_go_back() {
        let metrics = Metrics::new();
        metrics.set_events_dropped(4);
        metrics.set_events_dropped(3);
        assert!(metrics.render().contains("segue_events_dropped_total 4\n"));
    }
}
