//! The state of a stream: the eleven rules by which the runner computes it each second, first match wins.
//!
//! Pure judgement: what the runner then does about it (stop, restart) is the runner's.

use std::time::Duration;

use serde::Serialize;

/// What the status document says of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    /// Frames come and go.
    Online,
    /// No stream runs.
    Offline,
    /// The model is being loaded.
    Loading,
    /// Too few frames come in.
    DegradedInput,
    /// Too few frames go out, or something went wrong lately.
    DegradedInference,
    /// The process must be restarted.
    Error,
}

impl State {
    /// Returns the state as the status document spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Online => "ONLINE",
            Self::Offline => "OFFLINE",
            Self::Loading => "LOADING",
            Self::DegradedInput => "DEGRADED_INPUT",
            Self::DegradedInference => "DEGRADED_INFERENCE",
            Self::Error => "ERROR",
        }
    }
}

/// How far the GPU process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pipeline {
    /// There is no process any more.
    Dead,
    /// The model is being loaded.
    Loading,
    /// Frames can go through.
    Ready,
}

/// What the rules look at. Ages are times before the moment of judging; `None` is never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vitals {
    pub(super) was_error: bool,
    pub(super) pipeline: Pipeline,
    /// Whether a session runs.
    pub(super) running: bool,
    /// Age of the latest of session start, pipeline ready and last parameter update.
    pub(super) settled: Duration,
    /// Age of the last input.
    pub(super) input: Option<Duration>,
    /// Age of the last output.
    pub(super) output: Option<Duration>,
    /// Age of the session.
    pub(super) session: Duration,
    pub(super) error: Option<Duration>,
    pub(super) restart: Option<Duration>,
    pub(super) fps_in: f64,
    pub(super) fps_out: f64,
}

/// What came out: the state, and whether the stream must be stopped for want of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) state: State,
    pub(super) stop: bool,
}

const SETTLING: Duration = Duration::from_secs(2);
const LOAD_MAX: Duration = Duration::from_mins(3);

impl Vitals {
    /// Returns the state by the first rule that fits.
    pub(super) fn judge(&self) -> Verdict {
        let since_load = self.settled.saturating_sub(SETTLING);
        let input = self.input.unwrap_or(self.session);
        let output = self.output.unwrap_or(Duration::MAX);
        let state = if self.was_error || self.pipeline == Pipeline::Dead {
            State::Error
        } else if self.pipeline == Pipeline::Loading {
            if since_load > LOAD_MAX { State::Error } else { State::Loading }
        } else if !self.running {
            if self.input.is_none_or(|age| age > secs(3)) { State::Offline } else { State::DegradedInput }
        } else if input > secs(60) {
            let state = if input > secs(90) { State::Error } else { State::DegradedInput };
            return Verdict { state, stop: true };
        } else if output >= since_load {
            without_output(since_load, input)
        } else if output > input + secs(1) && output > secs(5) {
            State::Error
        } else if self.error.is_some_and(|age| age < secs(15))
            || self.restart.is_some_and(|age| age < secs(60))
        {
            State::DegradedInference
        } else if input > secs(2) || self.fps_in < 15.0 {
            State::DegradedInput
        } else if output > secs(2) || self.fps_out < f64::min(10.0, 0.8 * self.fps_in) {
            State::DegradedInference
        } else {
            State::Online
        };
        Verdict { state, stop: false }
    }
}

/// Rule 6: nothing went out since the load, or since the last update.
fn without_output(since_load: Duration, input: Duration) -> State {
    if since_load < secs(2) {
        State::Online
    } else if input > since_load {
        State::DegradedInput
    } else if since_load < secs(10) {
        State::DegradedInference
    } else {
        State::Error
    }
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that has been running well for an hour.
    fn well() -> Vitals {
        Vitals {
            was_error: false,
            pipeline: Pipeline::Ready,
            running: true,
            settled: secs(3600),
            input: Some(Duration::from_millis(20)),
            output: Some(Duration::from_millis(40)),
            session: secs(3600),
            error: None,
            restart: None,
            fps_in: 30.0,
            fps_out: 30.0,
        }
    }

    fn state(vitals: &Vitals) -> State {
        vitals.judge().state
    }

    #[test]
    fn rules_1_and_2_an_error_stays_and_a_dead_process_is_one() {
        assert_eq!(state(&Vitals { was_error: true, ..well() }), State::Error);
        assert_eq!(state(&Vitals { pipeline: Pipeline::Dead, ..well() }), State::Error);
    }

    #[test]
    fn rule_3_loading_may_take_three_minutes() {
        let loading =
            |settled| state(&Vitals { pipeline: Pipeline::Loading, settled: secs(settled), ..well() });
        assert_eq!(loading(0), State::Loading);
        assert_eq!(loading(182), State::Loading);
        assert_eq!(loading(183), State::Error);
    }

    #[test]
    fn rule_4_a_stopped_stream_is_offline_three_seconds_after_its_last_input() {
        let stopped = |input| state(&Vitals { running: false, input, ..well() });
        assert_eq!(stopped(Some(secs(3))), State::DegradedInput);
        assert_eq!(stopped(Some(secs(4))), State::Offline);
        assert_eq!(stopped(None), State::Offline);
    }

    #[test]
    fn rule_5_a_minute_without_input_stops_the_stream() {
        let idle = |input| Vitals { input: Some(secs(input)), output: Some(secs(input)), ..well() }.judge();
        assert_eq!(idle(60), Verdict { state: State::DegradedInput, stop: false });
        assert_eq!(idle(61), Verdict { state: State::DegradedInput, stop: true });
        assert_eq!(idle(90), Verdict { state: State::DegradedInput, stop: true });
        assert_eq!(idle(91), Verdict { state: State::Error, stop: true });
        let never = Vitals { input: None, output: None, session: secs(61), settled: secs(61), ..well() };
        assert!(never.judge().stop);
    }

    #[test]
    fn rule_6_after_an_update_the_state_is_online_whatever_flows() {
        let stalled = |settled: u64| {
            state(&Vitals { settled: secs(settled), output: Some(secs(settled + 9)), fps_out: 0.0, ..well() })
        };
        assert_eq!(stalled(0), State::Online);
        assert_eq!(stalled(3), State::Online);
        assert_eq!(stalled(4), State::DegradedInference);
        assert_eq!(stalled(11), State::DegradedInference);
        assert_eq!(stalled(12), State::Error);
        let flowing = Vitals { settled: secs(1), fps_in: 0.0, fps_out: 0.0, ..well() };
        assert_eq!(state(&flowing), State::Online);
        let no_input = Vitals { settled: secs(6), input: Some(secs(5)), output: None, ..well() };
        assert_eq!(state(&no_input), State::DegradedInput);
    }

    #[test]
    fn rule_7_output_that_stops_while_input_flows_is_an_error_after_five_seconds() {
        let stalled = |output| state(&Vitals { output: Some(secs(output)), ..well() });
        assert_eq!(stalled(5), State::DegradedInference);
        assert_eq!(stalled(6), State::Error);
        let both = Vitals { output: Some(secs(30)), input: Some(secs(30)), ..well() };
        assert_eq!(state(&both), State::DegradedInput);
    }

    #[test]
    fn rule_8_an_error_weighs_for_15_seconds_and_a_restart_for_60() {
        assert_eq!(state(&Vitals { error: Some(secs(14)), ..well() }), State::DegradedInference);
        assert_eq!(state(&Vitals { error: Some(secs(15)), ..well() }), State::Online);
        assert_eq!(state(&Vitals { restart: Some(secs(59)), ..well() }), State::DegradedInference);
        assert_eq!(state(&Vitals { restart: Some(secs(60)), ..well() }), State::Online);
    }

    #[test]
    fn rule_9_input_below_15_fps_or_two_seconds_old_degrades_the_input() {
        assert_eq!(state(&Vitals { fps_in: 14.9, ..well() }), State::DegradedInput);
        assert_eq!(state(&Vitals { fps_in: 15.0, fps_out: 15.0, ..well() }), State::Online);
        assert_eq!(
            state(&Vitals { input: Some(Duration::from_millis(2001)), ..well() }),
            State::DegradedInput
        );
    }

    #[test]
    fn rule_10_output_below_ten_and_below_four_fifths_of_the_input_degrades_the_inference() {
        assert_eq!(state(&Vitals { fps_out: 9.9, ..well() }), State::DegradedInference);
        assert_eq!(state(&Vitals { fps_out: 10.0, ..well() }), State::Online);
        assert_eq!(
            state(&Vitals { output: Some(Duration::from_millis(2500)), ..well() }),
            State::DegradedInference
        );
    }

    #[test]
    fn rule_11_else_a_stream_is_online_and_spelled_so() {
        assert_eq!(state(&well()), State::Online);
        for other in
            [State::DegradedInput, State::DegradedInference, State::Loading, State::Offline, State::Error]
        {
            assert_eq!(serde_json::to_value(other).unwrap(), other.name());
        }
    }
}
