//! A stream's life: created or attached, found again, lost, deleted. What is shown on it is `courier.rs`'s.
//!
//! The intent to create is on disk before the request goes out, and the id before anything else happens. A create whose
//! answer was never heard, for a crash or for the network, is looked for by its name and adopted: never two, none leaked.
//! Where the memory itself was lost, or names a stream that is gone, the newest stream of the same family is adopted: a
//! disk that was full when the power went knows nothing of it.

mod answers;

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{Desk, PERSON_WAIT, budget::Budget, leftovers::Leftovers};
use crate::show::{
    backoff::Backoff,
    event::{Failure, FailureKind, Memory, Notice, Own, Reply, Request, RequestId, StreamObject, Wake},
    fact::Fact,
    recovery::OnLost,
    sheet::{OnExit, StreamSheet},
    snapshot::{Phase, StreamSnapshot, Trouble},
    time::{Mono, Now},
};

/// How long after its creation, or after its video returned, updates may answer 404 with nothing wrong.
const FRESH: Duration = Duration::from_mins(1);
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
    budget: Budget,
    leftovers: Leftovers,
    /// Whether those who wait for news of a new stream have still to hear of this one.
    untold: bool,
    /// What the journal was told last of the stream.
    kept: Own,
    /// Whether an earlier run knew the stream, and this one has not seen it yet.
    is_hearsay: bool,
    /// Since when there has been no stream to drive.
    without_since: Option<Mono>,
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
    /// The memory was lost: whether there is a stream of ours is asked, or is to be asked at `retry_at`.
    Remembering { asked: Option<RequestId> },
    /// The new id is on its way to the disk.
    Keeping,
    /// An id is known; whether the stream exists is asked, or is to be asked at `retry_at`.
    Finding { id: Arc<str>, asked: Option<RequestId> },
    /// It exists.
    Live { id: Arc<str> },
    /// It is being deleted.
    Deleting(RequestId, Arc<str>),
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
    pub(super) fn new(sheet: &StreamSheet, memory: Option<&Memory>, now: Now) -> Self {
        let nothing = Memory::default();
        let Memory { own, leftovers, creates } = memory.unwrap_or(&nothing);
        let state = match (&sheet.attach, own) {
            (Some(id), _) | (None, Own::Created { id, .. }) => {
                State::Finding { id: Arc::clone(id), asked: None }
            }
            (None, Own::Creating { name }) => State::Seeking { name: Arc::clone(name), asked: None },
            (None, Own::Unknown) => State::Remembering { asked: None },
            (None, Own::Gone) => State::Absent,
        };
        let untold = sheet.attach.is_none() && matches!(own, Own::Created { untold: true, .. });
        Self {
            state,
            object: StreamObject::default(),
            fresh_since: now.mono,
            retry_at: now.mono,
            seek_until: now.mono + SEEK_FOR,
            backoff: Backoff::default(),
            budget: Budget::new(sheet.recovery.creates_per_hour, creates, now),
            leftovers: Leftovers::new(leftovers, now.mono),
            untold,
            kept: own.clone(),
            is_hearsay: sheet.attach.is_none() && matches!(own, Own::Created { .. }),
            without_since: Some(now.mono),
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

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
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

    /// Returns whether another stream may take the place of this one.
    pub(super) fn may_replace(&self, sheet: &StreamSheet, now: Mono) -> bool {
        sheet.attach.is_none()
            && sheet.on_stream_lost != OnLost::Wait
            && self.live_id().is_some()
            && self.budget.spent_until(now).is_none()
    }

    /// Gives the stream up for another one; it is deleted as soon as the API lets us.
    pub(super) fn replace(&mut self, desk: &mut Desk<'_>) -> News {
        let Some(id) = self.live_id() else { return News::None };
        let stream = desk.name();
        desk.note(Fact::StreamReplaced { stream, id: Arc::clone(&id) });
        self.leftovers.add(id, desk);
        self.doubt = None;
        self.retry_at = desk.now.mono;
        self.intend(desk);
        News::Lost
    }

    /// Returns what went wrong for so long that people should know.
    pub(super) fn alarm(&self, after: Duration, now: Mono) -> Option<String> {
        let long = self.without_since.is_some_and(|since| now.since(since) >= after);
        let why = self.trouble.as_ref().map_or("the API does not answer", |trouble| &trouble.message);
        (long && !self.stopping).then(|| format!("there is no stream to drive: {why}"))
    }

    /// Returns when people are to be told, if nothing changes.
    pub(super) fn alarm_due(&self, after: Duration) -> Option<Mono> {
        self.without_since.map(|since| since + after)
    }

    fn intend(&mut self, desk: &mut Desk<'_>) {
        let name: Arc<str> = format!("{} {:08x}", desk.sheet.family, desk.out.dice.tag()).into();
        self.budget.spend(desk.now);
        self.state = State::Intending { name };
        self.without_since.get_or_insert(desk.now.mono);
        self.remember(desk);
    }

    /// Puts on disk what must survive.
    fn remember(&mut self, desk: &mut Desk<'_>) {
        if desk.sheet.attach.is_some() {
            return;
        }
        let untold = self.untold;
        let own = match &self.state {
            State::Intending { name } | State::Creating { name, .. } | State::Seeking { name, .. } => {
                Own::Creating { name: Arc::clone(name) }
            }
            State::Keeping => Own::Created { id: self.object.id.as_str().into(), untold },
            State::Finding { id, .. } | State::Live { id } | State::Deleting(_, id) => {
                Own::Created { id: Arc::clone(id), untold }
            }
            State::Absent | State::Remembering { .. } => Own::Gone,
            State::Stopped => self.kept.clone(),
        };
        self.kept.clone_from(&own);
        desk.remember(Memory { own, leftovers: self.leftovers.ids(), creates: self.budget.creates() });
    }

    pub(super) fn step(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        if self.stopping {
            return;
        }
        self.leftovers.step(desk);
        if now < self.retry_at {
            return;
        }
        match &mut self.state {
            State::Absent => {
                if let Some(until) = self.budget.spent_until(now) {
                    self.retry_at = until;
                    let wait = until.since(now);
                    let most = desk.sheet.recovery.creates_per_hour;
                    let message = format!("{most} streams were created within an hour, the next one waits");
                    self.trouble = Some(Trouble::new("create", &message, now));
                    let stream = desk.name();
                    desk.note(Fact::CreatesSpent { stream, wait });
                    return;
                }
                self.intend(desk);
            }
            State::Remembering { asked: asked @ None } => {
                *asked = Some(desk.request(Request::FindKin { family: Arc::clone(&desk.sheet.family) }));
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
            | State::Remembering { asked: Some(_) }
            | State::Keeping
            | State::Finding { asked: Some(_), .. }
            | State::Live { .. }
            | State::Deleting(..)
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
        match (&self.state, &memory.own) {
            (State::Intending { name }, Own::Creating { name: kept }) if name == kept => {
                if self.stopping {
                    self.state = State::Stopped;
                    return;
                }
                let name = Arc::clone(name);
                let asked = desk.request(Request::Create { name: Arc::clone(&name), params: look() });
                self.state = State::Creating { name, asked };
            }
            (State::Keeping, Own::Created { id, .. }) if **id == *self.object.id => {
                self.live(Arc::clone(id), desk);
                if self.stopping {
                    self.stop(desk);
                }
            }
            // The news that a stream is gone, or of one that is gone by now.
            _ => {}
        }
    }

    /// It is there: whoever feeds it learns of it, if it is new.
    fn live(&mut self, id: Arc<str>, desk: &mut Desk<'_>) {
        self.state = State::Live { id };
        self.without_since = None;
        if std::mem::take(&mut self.untold) {
            desk.tell(Notice::StreamCreated(self.object.clone()));
            self.remember(desk);
        }
    }

    /// Takes an answer to a create, get or delete request.
    pub(super) fn on_answer(
        &mut self,
        id: RequestId,
        outcome: Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> News {
        if self.leftovers.is_waiting_for(id) {
            if self.leftovers.on_answer(id, &outcome, desk) {
                self.remember(desk);
            }
            return News::None;
        }
        match self.state.clone() {
            State::Creating { asked, name } if asked == id => self.on_created(name, outcome, desk),
            State::Remembering { asked: Some(asked) } if asked == id => self.on_kin(outcome, desk),
            State::Seeking { asked: Some(asked), name } if asked == id => self.on_sought(name, outcome, desk),
            State::Finding { asked: Some(asked), id: stream } if asked == id => {
                self.on_found(&stream, outcome, desk)
            }
            State::Deleting(asked, _) if asked == id => {
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

    /// Begins to end.
    pub(super) fn stop(&mut self, desk: &mut Desk<'_>) {
        self.stopping = true;
        self.leftovers.hurry(desk);
        self.state = match &self.state {
            State::Live { id } if desk.sheet.on_exit == OnExit::Delete => {
                State::Deleting(desk.request(Request::Delete { id: Arc::clone(id) }), Arc::clone(id))
            }
            // What is being created must be known before it can be kept or deleted.
            busy @ (State::Creating { .. } | State::Keeping | State::Deleting(..)) => busy.clone(),
            _ => State::Stopped,
        };
    }

    fn settle(&mut self, desk: &mut Desk<'_>, request: &'static str) {
        self.is_hearsay = false;
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
        let own = match self.state {
            State::Absent
            | State::Seeking { asked: None, .. }
            | State::Remembering { asked: None }
            | State::Finding { asked: None, .. } => Some((self.retry_at, Wake::Retry)),
            _ => None,
        };
        own.into_iter().chain(self.leftovers.next_wake()).min()
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        snapshot.phase = match self.state {
            State::Absent
            | State::Intending { .. }
            | State::Creating { .. }
            | State::Seeking { .. }
            | State::Keeping => Phase::Creating,
            State::Finding { .. } | State::Remembering { .. } => Phase::Finding,
            State::Live { .. } => Phase::Live,
            State::Deleting(..) | State::Stopped => Phase::Stopped,
        };
        snapshot.id = match &self.state {
            State::Live { id } | State::Finding { id, .. } => Some(id.to_string()),
            _ => None,
        };
        snapshot.output_playback_id.clone_from(&self.object.output_playback_id);
        snapshot.trouble = self.trouble.as_ref().map(|trouble| trouble.told_at(now));
    }
}
