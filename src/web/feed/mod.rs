//! The state as it goes out to those who follow it: one document, the last changes of it, and the beat that says that it is
//! still true. One producer for everybody; who is too slow for the changes begins again with the whole.

mod document;
mod patch;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;
use tokio::sync::watch;

use self::{document::document, patch::patch};
use super::{
    Server,
    problem::{Kind, Problem},
};
use crate::show::{snapshot::Snapshot, time::Mono};

/// The distance of two looks at the show, and so of two changes: fifteen a second.
const LOOK_EVERY: Duration = Duration::from_millis(67);
/// How many looks there are from one beat to the next: one second's. A page that has heard nothing for two and a half knows
/// that it has lost the show.
const LOOKS_PER_BEAT: u32 = 15;
/// How many changes are kept: 17 s of a fade, and a browser comes back after 1 s. A change is some 300 bytes for each stream that
/// moves, so for four streams 300 KiB.
const CHANGES_MAX: usize = 256;
/// How many follow at the most. Each holds a connection with its two buffers of some 8 KiB, so all of them 4 MiB.
const FOLLOWERS_MAX: usize = 256;

/// What those who follow hear of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Newest {
    /// The number of the last change.
    change: u64,
    beat: u64,
    over: bool,
}

/// The state and its last changes.
#[derive(Debug)]
pub(super) struct Feed {
    /// Tells the numbers of this run from those of another.
    epoch: String,
    kept: Mutex<Kept>,
    newest: watch::Sender<Newest>,
    /// How many follow.
    followers: watch::Sender<usize>,
    followers_max: usize,
    /// Held from a question to its answer, so that an older snapshot never follows a newer one.
    look: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Kept {
    document: Value,
    /// The document as an event, made when somebody needs it.
    whole: Option<Bytes>,
    /// The number of the last change.
    number: u64,
    /// The last changes as events, the newest at the end.
    changes: VecDeque<Bytes>,
    beat: Bytes,
}

impl Feed {
    /// Makes one for a server of so many connections; a fifth of those is left to everybody else.
    pub(super) fn new(connections: usize) -> Self {
        let mut chance = [0; 4];
        // Without chance, a page that comes back after a restart may begin with a change that it cannot use, once.
        let _ = SystemRandom::new().fill(&mut chance);
        let kept = Kept {
            document: Value::Object(serde_json::Map::new()),
            whole: None,
            number: 0,
            changes: VecDeque::new(),
            beat: Bytes::new(),
        };
        Self {
            epoch: format!("{:08x}", u32::from_be_bytes(chance)),
            kept: Mutex::new(kept),
            newest: watch::Sender::default(),
            followers: watch::Sender::new(0),
            followers_max: FOLLOWERS_MAX.min(connections * 4 / 5).max(1),
            look: tokio::sync::Mutex::default(),
        }
    }

    /// Looks at the show for as long as anybody follows it, until the end.
    pub(super) async fn produce(server: Server) {
        let feed = &server.feed;
        let mut followers = feed.followers.subscribe();
        let mut newest = feed.newest.subscribe();
        let looks = async {
            let mut beat = tokio::time::interval(LOOK_EVERY);
            beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            for look in (0..LOOKS_PER_BEAT).cycle() {
                // The sender lives as long as the feed.
                let _ = followers.wait_for(|followers| *followers > 0).await;
                beat.tick().await;
                // A show that does not answer has no beat, and the page says so.
                if feed.look(&server).await.is_ok() && look == 0 {
                    feed.newest.send_modify(|newest| newest.beat += 1);
                }
            }
        };
        tokio::select! {
            () = looks => {}
            _ = newest.wait_for(|newest| newest.over) => {}
        }
    }

    /// Asks what is on, and keeps what changed.
    pub(super) async fn look(&self, server: &Server) -> Result<(), Problem> {
        let _one_at_a_time = self.look.lock().await;
        let snapshot = server.snapshot().await?;
        self.keep(&snapshot, (server.desk.now)())
    }

    fn keep(&self, snapshot: &Snapshot, now: Mono) -> Result<(), Problem> {
        let mut kept = self.kept();
        let document = document(snapshot, now, Some(&kept.document))
            .map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
        let change = patch(&kept.document, &document);
        kept.beat = event("beat", None, &format!("{:.2}", now.0.as_secs_f64()));
        let Some(change) = change else { return Ok(()) };
        kept.document = document;
        kept.number += 1;
        kept.whole = None;
        let number = kept.number;
        let change = event("patch", Some((&self.epoch, number)), &change.to_string());
        kept.changes.push_back(change);
        if kept.changes.len() > CHANGES_MAX {
            kept.changes.pop_front();
        }
        drop(kept);
        self.newest.send_modify(|newest| newest.change = number);
        Ok(())
    }

    /// Takes in somebody who has seen everything up to an event of this name.
    ///
    /// # Errors
    ///
    /// There are too many already.
    pub(super) fn follow(self: &Arc<Self>, seen: Option<&str>) -> Result<Follower, Problem> {
        let mut is_in = false;
        self.followers.send_if_modified(|followers| {
            is_in = *followers < self.followers_max;
            *followers += usize::from(is_in);
            is_in
        });
        if !is_in {
            let detail = format!("{} pages follow the show; there is room for no more", self.followers_max);
            return Err(Problem::new(Kind::Busy, detail));
        }
        let seen = seen.and_then(|seen| seen.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok());
        let newest = self.newest.subscribe();
        Ok(Follower { feed: Arc::clone(self), newest, seen, beat: None })
    }

    /// Ends everybody's following, now.
    pub(super) fn close(&self) {
        self.newest.send_modify(|newest| newest.over = true);
    }

    /// Returns the event after `seen`, and its number: the next change, or the whole if that is not kept; `None` if there is nothing new.
    fn after(&self, seen: Option<u64>) -> Option<(Bytes, u64)> {
        let mut kept = self.kept();
        let Kept { number, changes, .. } = &*kept;
        let number = *number;
        let behind =
            seen.and_then(|seen| number.checked_sub(seen)).and_then(|behind| usize::try_from(behind).ok());
        match behind {
            Some(0) => return None,
            Some(behind) if behind <= changes.len() => {
                return Some((changes[changes.len() - behind].clone(), number + 1 - behind as u64));
            }
            _ => {}
        }
        let whole = match &kept.whole {
            Some(whole) => whole.clone(),
            None => event("state", Some((&self.epoch, number)), &kept.document.to_string()),
        };
        kept.whole = Some(whole.clone());
        Some((whole, number))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing that is done here leaves it half changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an event as browsers read it (HTML, section 9.2.6). JSON has no line ends, so one line of data is enough.
fn event(name: &str, id: Option<(&str, u64)>, data: &str) -> Bytes {
    let id = id.map_or_else(String::new, |(epoch, number)| format!("id: {epoch}-{number}\n"));
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}

/// Somebody who follows the show.
#[derive(Debug)]
pub(super) struct Follower {
    feed: Arc<Feed>,
    newest: watch::Receiver<Newest>,
    /// The number of the last change that was sent; `None` if the whole has to come first.
    seen: Option<u64>,
    /// The last beat that was sent; `None` before the first, which comes at once.
    beat: Option<u64>,
}

impl Follower {
    /// Returns the next event; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            let newest = *self.newest.borrow_and_update();
            if newest.over {
                return None;
            }
            if let Some((event, number)) = self.feed.after(self.seen) {
                self.seen = Some(number);
                return Some(event);
            }
            if self.beat != Some(newest.beat) {
                self.beat = Some(newest.beat);
                return Some(self.feed.kept().beat.clone());
            }
            self.newest.changed().await.ok()?;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.feed.followers.send_modify(|followers| *followers -= 1);
    }
}

#[cfg(test)]
mod tests;
