//! Reads a stream's status and judges it: a new state, a new error, a backend that started anew and forgot.
//!
//! `state` alone is blind while updates flow (every update resets the runner's rules for two seconds), so what counts for
//! pacing is the frame rate.

use std::{sync::Arc, time::Duration};

use super::{
    Desk, PERSON_WAIT,
    courier::Courier,
    pulse::{Beat, Pulse},
};
use crate::show::{
    event::{Failure, FailureKind, Request, RequestId, Wake},
    fact::Fact,
    health::StatusReport,
    recovery::OnDrift,
    snapshot::{Health, StreamSnapshot, Trouble},
    time::Mono,
};

/// How much the time between two readings varies, so that many streams do not ask in step.
const JITTER: f64 = 0.1;
/// Begins a stream key. With one in it, the address to watch at is also leave to send video in, so it is not told to
/// everybody who may look; `segue stream get` asks for it with the API key.
const STREAM_KEY: &str = "stk_";

/// While no picture comes out it is read at least so often: the ladder is climbed by what is read.
const EVERY_IN_TROUBLE: Duration = Duration::from_secs(5);
/// The longest time that a server may ask us to look away for: a day would be a mistake.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// The status of one stream.
#[derive(Debug)]
pub(super) struct Watch {
    poll_at: Mono,
    waiting: Option<RequestId>,
    asked_at: Mono,
    last: Option<StatusReport>,
    read_at: Option<Mono>,
    pulse: Pulse,
    /// How many readings failed in a row, and since when.
    failures: u32,
    failing_since: Option<Mono>,
    trouble: Option<Trouble>,
}

/// What a reading means for the rest of the stream.
#[derive(Debug, Default)]
pub(super) struct News {
    /// There is a new document.
    pub(super) read: bool,
    /// Video flows again after it did not.
    pub(super) came_back: bool,
    /// The backend has no status of this stream.
    pub(super) not_found: bool,
}

impl Watch {
    pub(super) fn new(now: Mono) -> Self {
        Self {
            poll_at: now,
            waiting: None,
            asked_at: now,
            last: None,
            read_at: None,
            pulse: Pulse::default(),
            failures: 0,
            failing_since: None,
            trouble: None,
        }
    }

    pub(super) fn is_waiting_for(&self, id: RequestId) -> bool {
        self.waiting == Some(id)
    }

    /// The stream is another or none: what was read of it means nothing any more.
    pub(super) fn forget(&mut self) {
        self.waiting = None;
        self.last = None;
        self.read_at = None;
        self.pulse = Pulse::default();
        self.failing_since = None;
        self.trouble = None;
    }

    /// Returns the last document.
    pub(super) fn report(&self) -> Option<&StatusReport> {
        self.last.as_ref()
    }

    /// Says how the picture is, as far as it was read.
    pub(super) fn beat(&self, stalled_after: Duration, now: Mono) -> Beat {
        self.pulse.beat(stalled_after, now)
    }

    /// Returns that the API has been silent for so long that people should know.
    pub(super) fn alarm(&self, after: Duration, now: Mono) -> Option<String> {
        let since = self.failing_since.filter(|since| now.since(*since) >= after)?;
        let seconds = now.since(since).as_secs();
        let why = self.trouble.as_ref().map_or("no answer", |trouble| &trouble.message);
        Some(format!("the API has not told how the stream is for {seconds} s: {why}"))
    }

    /// Returns when people are to be told, if nothing changes.
    pub(super) fn alarm_due(&self, after: Duration) -> Option<Mono> {
        self.failing_since.map(|since| since + after)
    }

    pub(super) fn step(&mut self, id: &Arc<str>, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        if self.waiting.is_some() || now < self.poll_at {
            return;
        }
        self.waiting = Some(desk.request(Request::Status { id: Arc::clone(id) }));
        self.asked_at = now;
        let usual = desk.sheet.status_every;
        let dark = matches!(self.beat(desk.sheet.recovery.stalled_after, now), Beat::Dark(_));
        let every = if dark { usual.min(EVERY_IN_TROUBLE) } else { usual };
        let (low, high) = (every.mul_f64(1.0 - JITTER), every.mul_f64(1.0 + JITTER));
        self.poll_at = now + desk.out.dice.time_between(low, high);
    }

    pub(super) fn on_answer(
        &mut self,
        outcome: Result<StatusReport, Failure>,
        courier: &mut Courier,
        desk: &mut Desk<'_>,
    ) -> News {
        self.waiting = None;
        match outcome {
            Ok(report) => {
                courier.on_other_answered(desk.now.mono.since(self.asked_at));
                courier.on_answered_well(self.asked_at, desk.now.mono);
                self.on_report(report, courier, desk)
            }
            Err(failure) => {
                let now = desk.now.mono;
                self.failures += 1;
                self.trouble = Some(Trouble::new("status", &failure.message, now));
                let not_found = failure.kind == FailureKind::NotFound;
                if not_found {
                    // An answer, though a short one.
                    self.failing_since = None;
                    self.pulse.on_no_input(now);
                } else {
                    self.failing_since.get_or_insert(now);
                }
                let asked = failure.retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
                let person = if failure.kind == FailureKind::Key { PERSON_WAIT } else { Duration::ZERO };
                self.poll_at = self.poll_at.max(now + asked.max(person));
                let stream = desk.name();
                desk.note(Fact::RequestFailed {
                    stream,
                    request: "status",
                    failure: failure.kind,
                    message: failure.message,
                    in_a_row: self.failures,
                });
                News { not_found, ..News::default() }
            }
        }
    }

    fn on_report(&mut self, report: StatusReport, courier: &mut Courier, desk: &mut Desk<'_>) -> News {
        let stream = desk.name();
        let now = desk.now.mono;
        self.failing_since = None;
        self.pulse.on_report(&report, now);
        let after = std::mem::take(&mut self.failures);
        self.trouble = None;
        if after > 0 {
            desk.note(Fact::RequestHealed { stream: Arc::clone(&stream), request: "status", after });
        }
        let before = self.last.take().unwrap_or_default();
        self.tell_changes(&before, &report, desk);
        let came_back = before.state.as_deref() == Some("OFFLINE") && report.state != before.state;
        let forgot = if came_back { Some("its video came back") } else { restarted(&before, &report) };
        if let Some(why) = forgot {
            courier.forget();
            courier.hurry(desk.now.mono);
            desk.note(Fact::Reasserted { stream: Arc::clone(&stream), why });
        }
        if let Some(names) =
            report.last_params.as_ref().and_then(|params| courier.drift(params, desk.sheet, now))
        {
            let reassert = desk.sheet.on_drift == OnDrift::Reassert;
            if reassert {
                courier.doubt(&names);
            }
            let names = names.join(", ");
            desk.note(Fact::Drifted { stream: Arc::clone(&stream), names, reassert });
        }
        // A repeated document says nothing new about the frame rate.
        if (report.timestamp != before.timestamp || report.timestamp.is_none())
            && let (Some(fps_in), Some(fps_out)) = (report.fps_in, report.fps_out)
        {
            courier.on_rates(fps_in, fps_out, desk.now.mono);
        }
        desk.note(Fact::Polled { stream, report: Box::new(report.clone()) });
        self.last = Some(merged(before, report));
        self.read_at = Some(desk.now.mono);
        News { read: true, came_back, not_found: false }
    }

    fn tell_changes(&self, before: &StatusReport, report: &StatusReport, desk: &mut Desk<'_>) {
        let stream = desk.name();
        if let Some(to) = report.state.as_ref().filter(|state| Some(*state) != before.state.as_ref()) {
            desk.note(Fact::StateChanged {
                stream: Arc::clone(&stream),
                from: before.state.clone(),
                to: to.clone(),
            });
        }
        let is_first = self.read_at.is_none();
        let newer = report.last_error_time > before.last_error_time
            || report.last_error_time.is_none() && report.last_error != before.last_error;
        if let Some(message) = report.last_error.as_ref().filter(|_| newer && !is_first) {
            desk.note(Fact::RunnerError { stream, message: message.clone() });
        }
    }

    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        self.waiting.is_none().then_some((self.poll_at, Wake::Poll))
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        // What keeps a stream from being driven is worse than not knowing how it is.
        if let (Some(trouble), None) = (&self.trouble, &snapshot.trouble) {
            snapshot.trouble = Some(trouble.told_at(now));
        }
        let (Some(report), Some(read_at)) = (&self.last, self.read_at) else { return };
        let age = now.since(read_at);
        let output_age = report.output_age_ms().map(|age| Duration::from_millis(age as u64));
        snapshot.health = Some(Health {
            state: report.state.clone(),
            fps_in: report.fps_in,
            fps_out: report.fps_out,
            output_age_seconds: output_age.map(|output_age| (output_age + age).as_secs_f64()),
            restart_count: report.restart_count,
            last_error: report.last_error.clone(),
            whep_url: report.whep_url.clone().filter(|url| !url.contains(STREAM_KEY)),
            read_seconds_ago: age.as_secs_f64(),
        });
    }
}

/// Returns what shows that the backend started anew since `before`, if anything does.
fn restarted(before: &StatusReport, now: &StatusReport) -> Option<&'static str> {
    fn differs<T: PartialEq>(before: Option<&T>, now: Option<&T>) -> bool {
        before.is_some() && now.is_some() && before != now
    }
    if differs(before.start_time.as_ref(), now.start_time.as_ref()) {
        Some("its session started anew")
    } else if differs(before.request_id.as_ref(), now.request_id.as_ref()) {
        Some("its session has another number")
    } else if differs(before.orchestrator.as_ref(), now.orchestrator.as_ref()) {
        Some("it moved to another host")
    } else if differs(before.restart_count.as_ref(), now.restart_count.as_ref()) {
        Some("its process was restarted")
    } else {
        None
    }
}

/// Keeps what a short document (an OFFLINE answer has two fields) leaves out but the next comparison needs.
fn merged(before: StatusReport, now: StatusReport) -> StatusReport {
    StatusReport {
        start_time: now.start_time.or(before.start_time),
        request_id: now.request_id.or(before.request_id),
        orchestrator: now.orchestrator.or(before.orchestrator),
        restart_count: now.restart_count.or(before.restart_count),
        last_params: now.last_params.or(before.last_params),
        last_error: now.last_error.or(before.last_error),
        last_error_time: now.last_error_time.or(before.last_error_time),
        whep_url: now.whep_url.or(before.whep_url),
        ..now
    }
}
