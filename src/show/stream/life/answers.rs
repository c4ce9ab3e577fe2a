//! What the answers to a create, a search, a look and a delete mean for a stream's life.

use std::sync::Arc;

use super::{Life, News, SEEK_EVERY, SEEK_FOR, State};
use crate::show::{
    event::{Failure, FailureKind, Own, Reply, StreamObject},
    fact::Fact,
    recovery::OnLost,
    snapshot::Trouble,
    stream::{Desk, PERSON_WAIT},
};

impl Life {
    pub(super) fn on_created(
        &mut self,
        name: Arc<str>,
        outcome: Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> News {
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
                if !lost_track {
                    self.budget.refund();
                }
                if lost_track {
                    self.retry_at = self.retry_at.max(desk.now.mono + SEEK_EVERY);
                    self.seek_until = desk.now.mono + SEEK_FOR;
                }
                News::None
            }
        }
    }

    pub(super) fn on_sought(
        &mut self,
        name: Arc<str>,
        outcome: Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> News {
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
                    // The one that was to be is not: it costs nothing.
                    self.budget.refund();
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

    /// Takes the answer to whether there is a stream that we forgot. Where the list is not to be had, a picture is worth
    /// more than certainty: after a while one is created.
    pub(super) fn on_kin(&mut self, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) -> News {
        match outcome {
            // One that was given up is not taken back.
            Ok(Reply::Found(Some(object))) if !self.leftovers.has(&object.id) => {
                self.settle(desk, "list");
                let id = self.keep(object, desk);
                let stream = desk.name();
                desk.note(Fact::StreamAttached { stream, id });
                News::Attached
            }
            Ok(_) => {
                self.settle(desk, "list");
                self.state = State::Absent;
                News::None
            }
            Err(failure) => {
                self.fail("list", &failure, desk);
                let refused =
                    matches!(failure.kind, FailureKind::Refused | FailureKind::NotFound | FailureKind::Key);
                self.state = if refused || desk.now.mono >= self.seek_until {
                    State::Absent
                } else {
                    State::Remembering { asked: None }
                };
                News::None
            }
        }
    }

    /// Takes a stream as ours: its id goes to disk before anything else happens.
    pub(super) fn keep(&mut self, object: StreamObject, desk: &mut Desk<'_>) -> Arc<str> {
        let id: Arc<str> = object.id.as_str().into();
        self.object = object;
        self.untold = true;
        self.state = State::Keeping;
        self.remember(desk);
        id
    }

    pub(super) fn on_found(
        &mut self,
        stream: &Arc<str>,
        outcome: Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> News {
        match outcome {
            Ok(Reply::Stream(object)) => {
                self.object = object;
                self.settle(desk, "get");
                let name = desk.name();
                desk.note(Fact::StreamAttached { stream: name, id: Arc::clone(stream) });
                self.live(Arc::clone(stream), desk);
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

    /// The backend knows the stream no more. Ours is created anew; one that the show file names can only be waited for,
    /// as can every one where it says so.
    pub(super) fn lose(&mut self, id: &Arc<str>, desk: &mut Desk<'_>) -> News {
        let now = desk.now.mono;
        let told = self.trouble.as_ref().is_some_and(|trouble| trouble.what == "lost");
        let waits = desk.sheet.attach.is_some() || desk.sheet.on_stream_lost == OnLost::Wait;
        let next = if waits { "waiting for it to come back" } else { "creating another" };
        self.without_since.get_or_insert(now);
        self.untold &= waits;
        if waits {
            self.retry_at = now + PERSON_WAIT;
            self.state = State::Finding { id: Arc::clone(id), asked: None };
        } else {
            // Whoever said that it is gone may be wrong: then it must not be left behind.
            self.leftovers.add(Arc::clone(id), desk);
            let is_hearsay = std::mem::take(&mut self.is_hearsay);
            self.seek_until = now + SEEK_FOR;
            self.state = if is_hearsay { State::Remembering { asked: None } } else { State::Absent };
            self.remember(desk);
        }
        if !told {
            let stream = desk.name();
            desk.note(Fact::StreamLost { stream, id: Arc::clone(id), next });
        }
        self.trouble = Some(Trouble::new("lost", "the backend does not know the stream", now));
        News::Lost
    }

    pub(super) fn on_deleted(&mut self, outcome: Result<Reply, Failure>, desk: &mut Desk<'_>) {
        self.state = State::Stopped;
        match outcome {
            Ok(_) => {
                self.kept = Own::Gone;
                self.remember(desk);
                let (stream, id) = (desk.name(), self.object.id.as_str().into());
                desk.note(Fact::StreamDeleted { stream, id });
            }
            Err(failure) => self.fail("delete", &failure, desk),
        }
    }
}
