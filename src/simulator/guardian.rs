//! The runner's guardian: watches the GPU process once a second, judges its state, starts it again when it is
//! broken, and reports.
//!
//! On the caller's clock. When nothing happens it goes over whole windows at once, so that an idle night is cheap.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::{
    frames::Passed,
    hash::params_hash,
    machine::Machine,
    process::{Process, Trouble},
    state::{Pipeline, State, Vitals},
};

/// Reports are not made more often than this, whatever is asked for.
const REPORT_MIN: Duration = Duration::from_millis(10);
/// How often the state is judged.
const TICK: Duration = Duration::from_secs(1);
/// Over which time frames are counted; rates are renewed so often.
const WINDOW: Duration = Duration::from_secs(10);
/// After this time with no event every rule has come to rest; the longest one counts 180 s.
const CALM: Duration = Duration::from_secs(200);
/// With so many restarts behind it an error is shown and stays.
const RESTARTS_MAX: u64 = 3;

/// Parameters as they were received.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    /// Shared: each report and each answer tells of them.
    pub(super) params: Arc<Map<String, Value>>,
    pub(super) at: Duration,
    /// Worked out when somebody looks.
    hash: Arc<OnceLock<String>>,
}

impl Received {
    /// Returns `last_params_hash`.
    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| params_hash(&self.params))
    }
}

/// What the runner reports of itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) made: Duration,
    pub(super) start: Duration,
    pub(super) state: State,
    pub(super) state_since: Option<Duration>,
    pub(super) fps_in: f64,
    pub(super) last_in: Option<Duration>,
    /// Frames that came in, over all sessions.
    pub(super) frames_in: u64,
    pub(super) fps_out: f64,
    pub(super) last_out: Option<Duration>,
    pub(super) received: Option<Received>,
    pub(super) trouble: Option<Trouble>,
    pub(super) restarted: Option<Duration>,
    pub(super) restart_logs: Option<Vec<String>>,
    pub(super) restart_count: u64,
    /// Whether the parameters are new since the report before.
    pub(super) params_are_news: bool,
    /// Whether the logs are.
    pub(super) logs_are_news: bool,
}

/// Frames counted over the present window, and the rates of the last one.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: Duration,
    frames_in: u64,
    frames_out: u64,
    fps_in: f64,
    fps_out: f64,
}

impl Window {
    fn starting(at: Duration, passed: Passed) -> Self {
        Self { start: at, frames_in: passed.frames_in, frames_out: passed.frames_out, ..Self::default() }
    }

    fn close(&mut self, at: Duration, passed: Passed) {
        let length = at.saturating_sub(self.start).as_secs_f64();
        let fps = |frames: u64| ((frames as f64 / length) * 100.0).round() / 100.0;
        let (fps_in, fps_out) =
            (fps(passed.frames_in - self.frames_in), fps(passed.frames_out - self.frames_out));
        *self = Self { fps_in, fps_out, ..Self::starting(at, passed) };
    }
}

/// One runner with one session on it.
#[derive(Debug)]
pub(super) struct Guardian {
    machine: Machine,
    process: Process,
    start: Duration,
    running: bool,
    state: State,
    state_since: Option<Duration>,
    received: Option<Received>,
    restarted: Option<Duration>,
    restart_logs: Option<Vec<String>>,
    restart_count: u64,
    /// Whether every process hangs at once, however often it is started.
    frozen: bool,
    window: Window,
    next_tick: Duration,
    next_report: Duration,
    /// When something last happened that a rule could still be counting from.
    stirred: Duration,
    report: Report,
}

impl Guardian {
    /// Starts a session with `params` and video at `at`.
    pub(super) fn new(mut machine: Machine, at: Duration, params: Arc<Map<String, Value>>) -> Self {
        machine.report_every = machine.report_every.max(REPORT_MIN);
        let process = Process::new(machine.clone());
        let report = Report {
            made: at,
            start: at,
            state: State::Loading,
            state_since: None,
            fps_in: 0.0,
            last_in: None,
            frames_in: 0,
            fps_out: 0.0,
            last_out: None,
            received: None,
            trouble: None,
            restarted: None,
            restart_logs: None,
            restart_count: 0,
            params_are_news: true,
            logs_are_news: true,
        };
        let mut guardian = Self {
            machine,
            process,
            start: at,
            running: true,
            state: State::Loading,
            state_since: None,
            received: None,
            restarted: None,
            restart_logs: None,
            restart_count: 0,
            frozen: false,
            window: Window::default(),
            next_tick: at,
            next_report: at,
            stirred: at,
            report,
        };
        guardian.begin(at, params);
        guardian
    }

    /// Starts another session on the same runner.
    pub(super) fn begin(&mut self, at: Duration, params: Arc<Map<String, Value>>) {
        let load = if self.machine.cold_start { self.machine.reload } else { Duration::ZERO };
        self.start_process(at, params, load);
        self.process.set_video(at, true);
        // The runner's loop of reports runs since its container started, so against a session its phase is any.
        // Half a period shows a client both sides of the first window.
        self.next_report = at.saturating_add(self.machine.report_every / 2);
        self.judge(at);
        self.make_report(at);
    }

    /// Goes on to `to`, which is included.
    pub(super) fn advance(&mut self, to: Duration) {
        while self.running {
            self.skip(to);
            let due = self.next_tick.min(self.next_report);
            if due > to {
                break;
            }
            self.process.advance(due);
            if self.next_tick == due {
                self.tick(due);
            } else {
                self.next_report = due.saturating_add(self.machine.report_every);
                self.make_report(due);
            }
        }
        self.process.advance(to);
    }

    /// New parameters came in. Recorded at once; what the process makes of them shows later.
    pub(super) fn receive(&mut self, at: Duration, params: Arc<Map<String, Value>>) {
        self.advance(at);
        self.record(at, Arc::clone(&params));
        self.process.receive(at, params);
    }

    /// Video starts or stops.
    pub(super) fn set_video(&mut self, at: Duration, on: bool) {
        self.advance(at);
        self.stirred = at;
        self.process.set_video(at, on);
    }

    /// The process hangs from now on.
    pub(super) fn hang(&mut self, at: Duration) {
        self.advance(at);
        self.stirred = at;
        self.process.hang(at);
    }

    /// The process is started again; the session goes on with the parameters last received.
    pub(super) fn restart(&mut self, at: Duration, why: &str) {
        self.advance(at);
        self.restart_count += 1;
        self.restarted = Some(at);
        self.restart_logs = Some(vec![format!("runner: {why}"), "runner: restarting the process".to_owned()]);
        let params = self.received.take().map(|received| received.params).unwrap_or_default();
        self.start_process(at, params, self.machine.reload);
        self.set_state(at, State::Loading);
        if self.frozen {
            self.process.hang(at);
        }
    }

    /// The process hangs, and so does every later one: a look that breaks it, or a host that is broken.
    pub(super) fn freeze(&mut self, at: Duration) {
        self.frozen = true;
        self.hang(at);
    }

    /// The session is ended from outside.
    pub(super) fn end(&mut self, at: Duration) {
        self.set_video(at, false);
        self.running = false;
        self.set_state(at, State::Offline);
        self.make_report(at);
    }

    /// Returns whether a session runs.
    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// Returns the last report.
    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// Returns the GPU process.
    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    /// Returns the state as it is judged at this moment.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Returns the rate of frames that go out.
    pub(super) fn fps_out(&self) -> f64 {
        self.window.fps_out
    }

    /// Returns what a status document does not tell. The counters are those of this runner, restarts included.
    pub(super) fn look(&self) -> Value {
        let passed = self.process.passed();
        let counters = self.process.counters();
        json!({
            "state": self.state,
            "received": self.received.as_ref().map(|received| &*received.params),
            "params": self.process.present().all(),
            "effective": self.process.engine().effective(),
            "counters": {
                "updates": counters.updates,
                "coalesced": counters.coalesced,
                "no_ops": counters.no_ops,
                "encodes": counters.encodes,
                "reloads": counters.reloads,
                "refused": counters.refused,
                "not_finite": counters.not_finite,
                "restarts": self.restart_count,
                "frames_in": passed.frames_in,
                "frames_out": passed.frames_out,
                "flush_passes": passed.flush_passes,
                "longest_hole": passed.longest_hole.as_secs_f64(),
            },
        })
    }

    /// Returns the GPU process, to take something out of it.
    pub(super) fn process_mut(&mut self) -> &mut Process {
        &mut self.process
    }

    fn start_process(&mut self, at: Duration, params: Arc<Map<String, Value>>, load: Duration) {
        self.process.start(at, &params, load);
        self.record(at, params);
        self.running = true;
        self.start = at;
        self.window = Window::starting(at, self.process.passed());
        self.next_tick = at + TICK;
    }

    fn record(&mut self, at: Duration, params: Arc<Map<String, Value>>) {
        self.stirred = at;
        self.received = Some(Received { params, at, hash: Arc::default() });
    }

    fn tick(&mut self, at: Duration) {
        self.next_tick = at + TICK;
        if at >= self.window.start + WINDOW {
            self.window.close(at, self.process.passed());
        }
        self.judge(at);
    }

    fn judge(&mut self, at: Duration) {
        let verdict = self.vitals(at).judge();
        if verdict.state == State::Error && self.state != State::Error && self.restart_count < RESTARTS_MAX {
            self.restart(at, "the stream is in error");
            return;
        }
        self.set_state(at, verdict.state);
        if verdict.stop {
            self.running = false;
            // Three seconds after its last input a stopped stream is offline, and its last input is long past.
            self.set_state(at, State::Offline);
            self.make_report(at);
        }
    }

    fn vitals(&self, at: Duration) -> Vitals {
        let age = |moment: Duration| at.saturating_sub(moment);
        let passed = self.process.passed();
        let ready = self.process.ready_at();
        let updated = self.received.as_ref().map_or(self.start, |received| received.at);
        Vitals {
            was_error: self.state == State::Error,
            pipeline: match ready {
                _ if self.process.is_dead() => Pipeline::Dead,
                Some(_) => Pipeline::Ready,
                None => Pipeline::Loading,
            },
            running: self.running,
            settled: age(self.start.max(updated).max(ready.unwrap_or_default())),
            input: passed.last_in.filter(|last| *last >= self.start).map(age),
            output: self.last_out().map(age),
            session: age(self.start),
            error: self.process.trouble().map(|trouble| age(trouble.at)),
            restart: self.restarted.map(age),
            fps_in: self.window.fps_in,
            fps_out: self.window.fps_out,
        }
    }

    fn set_state(&mut self, at: Duration, state: State) {
        if self.state != state || self.state_since.is_none() {
            self.state = state;
            self.state_since = Some(at);
            self.stirred = at;
        }
    }

    fn make_report(&mut self, at: Duration) {
        let passed = self.process.passed();
        // What happened at the moment of the report before may have been too late for it.
        let (first, before) = (self.report.made == at, self.report.made);
        let is_news = |moment: Duration| first || moment >= before;
        self.report = Report {
            made: at,
            start: self.start,
            state: self.state,
            state_since: self.state_since,
            fps_in: self.window.fps_in,
            last_in: passed.last_in.filter(|last| *last >= self.start),
            frames_in: passed.frames_in,
            fps_out: self.window.fps_out,
            last_out: self.last_out(),
            received: self.received.clone(),
            trouble: self.process.trouble().cloned(),
            restarted: self.restarted,
            restart_logs: self.restart_logs.clone(),
            restart_count: self.restart_count,
            params_are_news: self.received.as_ref().is_some_and(|received| is_news(received.at)),
            logs_are_news: self.restarted.is_some_and(is_news),
        };
    }

    /// Returns when the last frame of this session went out.
    pub(super) fn last_out(&self) -> Option<Duration> {
        self.process.passed().last_out.filter(|last| *last >= self.start)
    }

    /// Goes over whole windows while every rule is at rest (a load that lasts so long is an error before), up to two windows before `to`.
    fn skip(&mut self, to: Duration) {
        let calm = self.next_tick >= self.stirred + CALM;
        let stretch = to.saturating_sub(self.next_tick);
        let windows = (stretch.as_secs() / WINDOW.as_secs()).saturating_sub(2);
        if !calm || windows == 0 {
            return;
        }
        let length = Duration::from_secs(windows * WINDOW.as_secs());
        self.window.start += length;
        self.process.advance(self.window.start);
        let passed = self.process.passed();
        (self.window.frames_in, self.window.frames_out) = (passed.frames_in, passed.frames_out);
        self.next_tick += length;
        let every = self.machine.report_every;
        let behind = self.next_tick.saturating_sub(self.next_report).as_nanos() / every.as_nanos().max(1);
        self.next_report += Duration::from_nanos((behind * every.as_nanos()) as u64);
    }
}
