//! A stream's life: created or attached, found again, lost, deleted. What is shown on it is `courier.rs`'s.
//!
//! The intent to create is on disk before the request goes out, and the id before anything else happens. A create whose
//! answer was never heard, for a crash or for the network, is looked for by its name and adopted: never two, none leaked.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{Desk, PERSON_WAIT};
use crate::show::{
    backoff::Backoff,
    event::{Failure, FailureKind, Memory, Reply, Request, RequestId, StreamObject, Wake},
    fact::Fact,
    sheet::{OnExit, StreamSheet},
    snapshot::{Phase, StreamSnapshot, Trouble},
    time::Mono,
};

/// How long after its creation, or after its video returned, updates may answer 404 with nothing wrong.
const FRESH: Duration = Duration::from_mins(1);
/// The most streams created within an hour; beyond that something is wrong that one more stream will not mend.
const CREATES_AN_HOUR: usize = 6;
const HOUR: Duration = Duration::from_hours(1);
/// How often to look for a stream whose create was not answered.
const SEEK_EVERY: Duration = Duration::from_secs(5);
/// How long to look: a create may take 15 s at the backend, and is not in its list before.
const SEEK_FOR: Duration = Duration::from_secs(20);
/// How often to ask whether a stream exists that answers 404.
const DOUBT_EVERY: Duration = Duration::from_secs(30);

/// Where a stream is in its life.
#[derive(Debug)]
pub(super) struct Life {
    state: State,
    object: StreamObject,
    /// When it became ours, or its video returned.
    fresh_since: Mono,
    retry_at: Mono,
    /// Until when a stream that is not in the list may still appear there.
    seek_until: Mono,
    backoff: Backoff,
    creates: VecDeque<Mono>,
    doubt: Option<RequestId>,
    doubted_at: Option<Mono>,
    trouble: Option<Trouble>,
    stopping: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// There is none; the next step wants one.
    Absent,
    /// The intent to create one of that name is on its way to the disk.
    Intending { name: Arc<str> },
    /// The create request is out.
    Creating { name: Arc<str>, asked: RequestId },
    /// A create request was sent, now or before a crash, and nobody knows whether it went through.
    Seeking { name: Arc<str>, asked: Option<RequestId> },
    /// The new id is on its way to the disk.
    Keeping,
    /// An id is known; whether the stream exists is asked, or is to be asked at `retry_at`.
    Finding { id: Arc<str>, asked: Option<RequestId> },
    /// It exists.
    Live { id: Arc<str> },
    /// It is being deleted.
    Deleting(RequestId),
    /// Nothing more will happen.
    Stopped,
}

/// What an answer changed that the courier must know.
#[derive(Debug)]
pub(super) enum News {
    /// Nothing.
    None,
    /// The stream exists, with the parameters it was created with.
    Created,
    /// The stream exists; what is on it is not known.
    Attached,
    /// There is no stream any more.
    Lost,
}

impl Life {
    pub(super) fn new(sheet: &StreamSheet, memory: Option<&Memory>, now: Mono) -> Self {
        let state = match (&sheet.attach, memory) {
            (Some(id), _) | (None, Some(Memory::Created { id })) => {
                State::Finding { id: Arc::clone(id), asked: None }
            }
            (None, Some(Memory::Creating { name })) => State::Seeking { name: Arc::clone(name), asked: None },
            (None, Some(Memory::Gone) | None) => State::Absent,
        };
        Self {
            state,
            object: StreamObject::default(),
            fresh_since: now,
            retry_at: now,
            seek_until: now + SEEK_FOR,
            backoff: Backoff::default(),
            creates: VecDeque::new(),
            doubt: None,
            doubted_at: None,
            trouble: None,
            stopping: false,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    /// Returns the id while the stream is there to be driven.
    pub(super) fn live_id(&self) -> Option<Arc<str>> {
        match &self.state {
            State::Live { id } if !self.stopping => Some(Arc::clone(id)),
            _ => None,
        }
    }

    /// Returns whether a 404 to an update means only that no video has arrived yet.
    pub(super) fn is_fresh(&self, now: Mono) -> bool {
        now.since(self.fresh_since) < FRESH
    }

    pub(super) fn on_video_returned(&mut self, now: Mono) {
        self.fresh_since = now;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state == State::Stopped
    }

    /// Something answered as it should: whatever doubt there was is over.
    pub(super) fn on_sign_of_life(&mut self) {
        self.doubted_at = None;
    }

    /// Something answered 404: asks whether the stream exists at all, now and then.
    pub(super) fn on_doubt(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        let lately = self.doubted_at.is_some_and(|at| now.since(at) < DOUBT_EVERY);
        let State::Live { id } = &self.state else { return };
        if self.doubt.is_none() && !lately {
            self.doubted_at = Some(now);
            self.doubt = Some(desk.request(Request::Get { id: Arc::clone(id) }));
        }
    }

    pub(super) fn step(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        if self.stopping || now < self.retry_at {
            return;
        }
        match &mut self.state {
            State::Absent => {
                while self.creates.front().is_some_and(|at| now.since(*at) >= HOUR) {
                    self.creates.pop_front();
                }
                if self.creates.len() >= CREATES_AN_HOUR {
                    self.retry_at = self.creates[0] + HOUR;
                    let wait = self.retry_at.since(now);
                    let message = format!("{CREATES_AN_HOUR} streams were lost within an hour");
                    self.trouble = Some(Trouble::new("create", &message, now));
                    let stream = desk.name();
                    desk.note(Fact::CreatesSpent { stream, wait });
                    return;
                }
                let name: Arc<str> = format!("segue {} {:08x}", desk.sheet.name, desk.out.dice.tag()).into();
                self.state = State::Intending { name: Arc::clone(&name) };
                desk.remember(Memory::Creating { name });
            }
            State::Seeking { name, asked: asked @ None } => {
                *asked = Some(desk.request(Request::Find { name: Arc::clone(name) }));
            }
            State::Finding { id, asked: asked @ None } => {
                *asked = Some(desk.request(Request::Get { id: Arc::clone(id) }));
            }
            State::Intending { .. }
            | State::Creating { .. }
            | State::Seeking { asked: Some(_), .. }
            | State::Keeping
            | State::Finding { asked: Some(_), .. }
            | State::Live { .. }
            | State::Deleting(_)
            | State::Stopped => {}
        }
    }

    /// Goes on once `memory` is on disk, or cannot be put there; `look` gives what a new stream is created with.
    pub(super) fn on_remembered(
        &mut self,
        memory: &Memory,
        look: impl FnOnce() -> Map<String, Value>,
        desk: &mut Desk<'_>,
    ) {
        match (&self.state, memory) {
            (State::Intending { name }, Memory::Creating { name: kept }) if name == kept => {
                if self.stopping {
                    self.state = State::Stopped;
                    return;
                }
                let name = Arc::clone(name);
                let asked = desk.request(Request::Create { name: Arc::clone(&name), params: look() });
                self.state = State::Creating { name, asked };
            }
            (State::Keeping, Memory::Created { id }) if **id == *self.object.id => {
                self.state = State::Live { id: Arc::clone(id) };
                if self.stopping {
                    self.stop(desk);
                }
            }
            // The news that a stream is gone, or of one that is gone by now.
            _ => {}
        }
    }

    /// Takes an answer to a create, get or delete request.
    pub(super) fn on_answer(
        &mut self,
        id: RequestId,
        outcome: Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> News {
        match self.state.clone() {
            State::Creating { asked, name } if asked == id => self.on_created(name, outcome, desk),
            State::Seeking { asked: Some(asked), name } if asked == id => self.on_sought(name, outcome, desk),
            State::Finding { asked: Some(asked), id: stream } if asked == id => {
                self.on_found(&stream, outcome, desk)
            }
            State::Deleting(asked) if asked == id => {
                self.on_deleted(outcome, desk);
                News::None
            }
            State::Live { id: stream } if self.doubt == Some(id) => {
                self.doubt = None;
                match outcome {
                    Err(failure) if failure.kind == FailureKind::NotFound => self.lose(&stream, desk),
                    _ => News::None,
                }
            }
            // An answer to a question that nobody asks any more.
            _ => News::None,
        }
    }

    fn on_created(&mut self, name: Arc<str>, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) -> News {
        match outcome {
            Ok(Reply::Stream(object)) => {
                self.settle(desk, "create");
                let id = self.keep(object, desk);
                let stream = desk.name();
                desk.note(Fact::StreamCreated { stream, id });
                News::Created
            }
            Ok(_) => News::None,
            Err(failure) => {
                self.fail("create", &failure, desk);
                let lost_track =
                    matches!(failure.kind, FailureKind::Network | FailureKind::Timeout | FailureKind::Server);
                self.state = match lost_track {
                    // The next start looks for it.
                    _ if self.stopping => State::Stopped,
                    true => State::Seeking { name, asked: None },
                    false => State::Absent,
                };
                if lost_track {
                    self.retry_at = self.retry_at.max(desk.now.mono + SEEK_EVERY);
                    self.seek_until = desk.now.mono + SEEK_FOR;
                }
                News::None
            }
        }
    }

    fn on_sought(&mut self, name: Arc<str>, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) -> News {
        match outcome {
            Ok(Reply::Found(Some(object))) => {
                self.settle(desk, "list");
                let id = self.keep(object, desk);
                let stream = desk.name();
                desk.note(Fact::StreamAttached { stream, id });
                News::Attached
            }
            Ok(_) => {
                self.settle(desk, "list");
                let now = desk.now.mono;
                if now < self.seek_until {
                    self.retry_at = now + SEEK_EVERY;
                    self.state = State::Seeking { name, asked: None };
                } else {
                    self.state = State::Absent;
                }
                News::None
            }
            Err(failure) => {
                self.state = State::Seeking { name, asked: None };
                self.fail("list", &failure, desk);
                News::None
            }
        }
    }

    /// Takes a stream as ours: its id goes to disk before anything else happens.
    fn keep(&mut self, object: StreamObject, desk: &mut Desk<'_>) -> Arc<str> {
        let id: Arc<str> = object.id.as_str().into();
        self.creates.push_back(desk.now.mono);
        self.object = object;
        self.state = State::Keeping;
        desk.remember(Memory::Created { id: Arc::clone(&id) });
        id
    }

    fn on_found(&mut self, stream: &Arc<str>, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) -> News {
        match outcome {
            Ok(Reply::Stream(object)) => {
                self.object = object;
                self.settle(desk, "get");
                self.state = State::Live { id: Arc::clone(stream) };
                let name = desk.name();
                desk.note(Fact::StreamAttached { stream: name, id: Arc::clone(stream) });
                News::Attached
            }
            Ok(_) => News::None,
            Err(failure) if failure.kind == FailureKind::NotFound => self.lose(stream, desk),
            Err(failure) => {
                self.state = State::Finding { id: Arc::clone(stream), asked: None };
                self.fail("get", &failure, desk);
                News::None
            }
        }
    }

    /// The backend knows the stream no more. Ours is created anew; one that the show file names can only be waited for.
    fn lose(&mut self, id: &Arc<str>, desk: &mut Desk<'_>) -> News {
        let now = desk.now.mono;
        let told = self.trouble.as_ref().is_some_and(|trouble| trouble.what == "lost");
        let attached = desk.sheet.attach.is_some();
        let next = if attached { "waiting for it to come back" } else { "creating another" };
        if attached {
            self.retry_at = now + PERSON_WAIT;
            self.state = State::Finding { id: Arc::clone(id), asked: None };
        } else {
            desk.remember(Memory::Gone);
            self.state = State::Absent;
        }
        if !told {
            let stream = desk.name();
            desk.note(Fact::StreamLost { stream, id: Arc::clone(id), next });
        }
        self.trouble = Some(Trouble::new("lost", "the backend does not know the stream", now));
        News::Lost
    }

    fn on_deleted(&mut self, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) {
        self.state = State::Stopped;
        match outcome {
            Ok(_) => {
                desk.remember(Memory::Gone);
                let (stream, id) = (desk.name(), self.object.id.as_str().into());
                desk.note(Fact::StreamDeleted { stream, id });
            }
            Err(failure) => self.fail("delete", &failure, desk),
        }
    }

    /// Begins to end.
    pub(super) fn stop(&mut self, desk: &mut Desk<'_>) {
        self.stopping = true;
        self.state = match &self.state {
            State::Live { id } if desk.sheet.on_exit == OnExit::Delete => {
                State::Deleting(desk.request(Request::Delete { id: Arc::clone(id) }))
            }
            // What is being created must be known before it can be kept or deleted.
            busy @ (State::Creating { .. } | State::Keeping | State::Deleting(_)) => busy.clone(),
            _ => State::Stopped,
        };
    }

    fn settle(&mut self, desk: &mut Desk<'_>, request: &'static str) {
        let after = self.backoff.succeeded();
        if after > 0 {
            let stream = desk.name();
            desk.note(Fact::RequestHealed { stream, request, after });
        }
        self.trouble = None;
        self.fresh_since = desk.now.mono;
        self.retry_at = desk.now.mono;
    }

    fn fail(&mut self, request: &'static str, failure: &Failure, desk: &mut Desk<'_>) {
        let wait = self.backoff.failed(&mut desk.out.dice);
        let wait = match failure.kind {
            FailureKind::Key | FailureKind::Refused | FailureKind::NotFound => PERSON_WAIT,
            FailureKind::TooMany => failure.retry_after.unwrap_or(wait),
            FailureKind::Unreached | FailureKind::Network | FailureKind::Timeout | FailureKind::Server => {
                wait
            }
        };
        let now = desk.now.mono;
        self.retry_at = now + wait;
        self.trouble = Some(Trouble::new(request, &failure.message, now));
        let stream = desk.name();
        desk.note(Fact::RequestFailed {
            stream,
            request,
            failure: failure.kind,
            message: failure.message.clone(),
            in_a_row: self.backoff.failures(),
        });
    }

    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        if self.stopping {
            return None;
        }
        match self.state {
            State::Absent | State::Seeking { asked: None, .. } | State::Finding { asked: None, .. } => {
                Some((self.retry_at, Wake::Retry))
            }
            _ => None,
        }
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        snapshot.phase = match self.state {
            State::Absent
            | State::Intending { .. }
            | State::Creating { .. }
            | State::Seeking { .. }
            | State::Keeping => Phase::Creating,
            State::Finding { .. } => Phase::Finding,
            State::Live { .. } => Phase::Live,
            State::Deleting(_) | State::Stopped => Phase::Stopped,
        };
        snapshot.id = match &self.state {
            State::Live { id } | State::Finding { id, .. } => Some(id.to_string()),
            _ => None,
        };
        snapshot.output_playback_id.clone_from(&self.object.output_playback_id);
        snapshot.trouble = self.trouble.as_ref().map(|trouble| trouble.told_at(now));
    }
}
