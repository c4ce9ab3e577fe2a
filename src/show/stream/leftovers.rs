//! Streams that were ours and have been replaced or lost: deleted as soon as the API lets us, remembered until then.
//!
//! That there is no such stream is what an API says of a lost one, and also one that forgets for minutes what it has, on a
//! bad day: it is asked again until it has said so for a while.

use std::{sync::Arc, time::Duration};

use super::Desk;
use crate::show::{
    event::{Failure, FailureKind, Reply, Request, RequestId, Wake},
    fact::Fact,
    time::Mono,
};

/// The most that wait at a time. Each hour brings at most a budget of them (6 unless set), so a night without deletes
/// fits; beyond that the oldest is given up, and told.
const LEFTOVERS_MAX: usize = 64;
/// From one failed try to the next: doubles from the first to the second.
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(10));
/// After so many tries in one run it is told and left for the next start: with the waits above, two days.
const TRIES_MAX: u32 = 300;
/// How long an API must know nothing of a stream until that is believed; with the waits above, eight questions.
const GONE_AFTER: Duration = Duration::from_mins(10);

/// Streams to be deleted.
#[derive(Debug)]
pub(super) struct Leftovers {
    list: Vec<Leftover>,
}

#[derive(Debug)]
struct Leftover {
    id: Arc<str>,
    asked: Option<RequestId>,
    tries: u32,
    retry_at: Mono,
    /// Since when the API says that there is no such stream.
    unknown_since: Option<Mono>,
}

impl Leftover {
    fn new(id: Arc<str>, now: Mono) -> Self {
        Self { id, asked: None, tries: 0, retry_at: now, unknown_since: None }
    }
}

impl Leftovers {
    /// Begins with those that an earlier run left.
    pub(super) fn new(ids: &[Arc<str>], now: Mono) -> Self {
        Self { list: ids.iter().map(|id| Leftover::new(Arc::clone(id), now)).collect() }
    }

    /// Takes one more.
    pub(super) fn add(&mut self, id: Arc<str>, desk: &mut Desk<'_>) {
        if self.list.len() >= LEFTOVERS_MAX {
            let Leftover { id, .. } = self.list.remove(0);
            let stream = desk.name();
            desk.note(Fact::LeftBehind { stream, id });
        }
        self.list.push(Leftover::new(id, desk.now.mono));
    }

    /// Returns whether a stream is one of them.
    pub(super) fn has(&self, id: &str) -> bool {
        self.list.iter().any(|leftover| *leftover.id == *id)
    }

    /// Returns their ids, for the journal.
    pub(super) fn ids(&self) -> Vec<Arc<str>> {
        self.list.iter().map(|leftover| Arc::clone(&leftover.id)).collect()
    }

    pub(super) fn step(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        for leftover in &mut self.list {
            if leftover.asked.is_none() && leftover.tries < TRIES_MAX && leftover.retry_at <= now {
                leftover.asked = Some(desk.request(Request::Delete { id: Arc::clone(&leftover.id) }));
            }
        }
    }

    /// The show ends: one more try for each.
    pub(super) fn hurry(&mut self, desk: &mut Desk<'_>) {
        for leftover in &mut self.list {
            leftover.retry_at = desk.now.mono;
        }
        self.step(desk);
    }

    pub(super) fn is_waiting_for(&self, id: RequestId) -> bool {
        self.list.iter().any(|leftover| leftover.asked == Some(id))
    }

    /// Takes the answer to a delete. Returns whether there is one less to remember.
    pub(super) fn on_answer(
        &mut self,
        id: RequestId,
        outcome: &Result<Reply, Failure>,
        desk: &mut Desk<'_>,
    ) -> bool {
        let Some(place) = self.list.iter().position(|leftover| leftover.asked == Some(id)) else {
            return false;
        };
        let stream = desk.name();
        let now = desk.now.mono;
        let unknown = matches!(outcome, Err(failure) if failure.kind == FailureKind::NotFound);
        // What fails otherwise in between says nothing.
        let since = unknown.then(|| *self.list[place].unknown_since.get_or_insert(now));
        if outcome.is_ok() || since.is_some_and(|since| now.since(since) >= GONE_AFTER) {
            let Leftover { id, .. } = self.list.remove(place);
            desk.note(Fact::LeftoverDeleted { stream, id });
            return true;
        }
        let leftover = &mut self.list[place];
        leftover.asked = None;
        leftover.tries += 1;
        let (first, longest) = WAIT;
        let asked_for = outcome.as_ref().err().and_then(|failure| failure.retry_after).unwrap_or_default();
        let wait = first.saturating_mul(1 << (leftover.tries - 1).min(10)).min(longest).max(asked_for);
        leftover.retry_at = now + wait;
        if leftover.tries == TRIES_MAX {
            desk.note(Fact::LeftBehind { stream, id: Arc::clone(&leftover.id) });
        } else if let Err(failure) = outcome
            && !unknown
        {
            desk.note(Fact::RequestFailed {
                stream,
                request: "delete",
                failure: failure.kind,
                message: failure.message.clone(),
                in_a_row: leftover.tries,
            });
        }
        false
    }

    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        let waiting =
            self.list.iter().filter(|leftover| leftover.asked.is_none() && leftover.tries < TRIES_MAX);
        waiting.map(|leftover| (leftover.retry_at, Wake::Retry)).min()
    }
}
