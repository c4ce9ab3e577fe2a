//! What of a stream survives the process, when it is another than before, and how the stream goes on from there.

use std::{sync::Arc, time::Duration};

use super::{
    FINISH, Stream,
    courier::Courier,
    queue::{Going, Queue},
};
use crate::show::{
    event::Action,
    fact::Fact,
    lane::{Lane, Lanes},
    memoir::{Lost, Place},
    mix::Mix,
    out::Out,
    scene::Fade,
    sheet::OnRestart,
    snapshot::Resumed,
    time::{Mono, Now},
    transition::{Transition, form::Motion},
};

/// Where a stream was when it was last looked at.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    path: Transition,
    ended: bool,
    queue: Queue,
    lanes: Lanes,
}

/// How a stream is elsewhere than when it was last looked at, beyond what the clock explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::show) enum Edge {
    /// A hand moved: there may be a thousand of these a second.
    Moved,
    /// A transition began, was steered or has ended, or something else waits.
    Turned,
}

/// That it went on where an earlier run had left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumption {
    progress: f64,
    at: Mono,
}

impl Resumption {
    pub(super) fn told_at(self, now: Mono) -> Resumed {
        Resumed { progress: self.progress, seconds_ago: now.since(self.at).as_secs_f64() }
    }
}

impl Seen {
    pub(super) fn resting(path: &Transition, lanes: &Lanes) -> Self {
        Self { path: path.clone(), ended: false, queue: Queue::default(), lanes: lanes.clone() }
    }
}

impl Stream {
    /// Returns what has happened to its path since this was asked last.
    pub(in crate::show) fn edge(&mut self, now: Mono) -> Option<Edge> {
        let Seen { path, ended: had_ended, queue, lanes } = &self.seen;
        let ended = self.path.ended(now);
        let waits_the_same = *queue == self.queue;
        let same_lanes = *lanes == self.lanes;
        if *path == *self.path && *had_ended == ended && waits_the_same && same_lanes {
            return None;
        }
        let waits_the_same = waits_the_same && (same_lanes || !lanes.differ(&self.lanes));
        let in_hand = path.is_grabbed() && self.path.is_grabbed()
            || self.path.is_mixed() && self.path.target().parts().len() > 1;
        let (queue, lanes) = (self.queue.clone(), self.lanes.clone());
        self.seen = Seen { path: (*self.path).clone(), ended, queue, lanes };
        Some(if in_hand && waits_the_same { Edge::Moved } else { Edge::Turned })
    }

    /// Returns whether its transition goes on by the clock.
    pub(in crate::show) fn is_running(&self, now: Mono) -> bool {
        self.path.end().is_some_and(|end| end > now) && !self.path.is_grabbed()
    }

    /// Returns where it is.
    pub(in crate::show) fn place(&self, now: Mono) -> Place {
        let there = Transition::resting(&Mix::of(self.path.scene()), now);
        Place::of(
            &self.sheet,
            |cast| Motion::of(&self.path, cast, now),
            |cast| Motion::of(&there, cast, now),
            self.queue.iter(),
            (&self.lanes, now),
        )
    }

    /// Goes on from where it was `gone` ago, as its sheet says.
    pub(in crate::show) fn resume(
        &mut self,
        place: &Place,
        gone: Duration,
        governed: bool,
        now: Now,
        out: &mut Out,
    ) {
        let sheet = Arc::clone(&self.sheet);
        let stream = &sheet.streams[self.index.0];
        let name = Arc::clone(&stream.name);
        let finish = match stream.on_restart {
            OnRestart::Resume => false,
            OnRestart::Finish => true,
            OnRestart::Restart => return,
        };
        let (path, waiting, lanes) = match self.restored(place, (gone, governed), finish, now.mono) {
            Ok(restored) => restored,
            Err(lost) => {
                out.push(Action::Note(Fact::NotResumed { stream: name, why: lost.to_string() }));
                return;
            }
        };
        let progress = path.progress(now.mono);
        self.path.take(if finish && !path.ended(now.mono) {
            let fade = Fade::new(FINISH.min(path.left(now.mono))).unwrap_or_default();
            path.hasten(fade, now.mono, now.mono)
        } else {
            path
        });
        self.lanes = lanes;
        if finish {
            self.time_arrival(now.mono);
        }
        self.queue = Queue::default();
        for going in waiting {
            // No more of them were let in than may wait.
            let _ = self.queue.push(going);
        }
        self.courier = Courier::new(stream, self.path.scene(), &sheet.scenes, now.mono);
        let (scene, left) = (Arc::clone(&self.path.scene().name), self.path.left(now.mono));
        self.resumed = Some(Resumption { progress, at: now.mono });
        out.push(Action::Note(Fact::TransitionResumed { stream: name, scene, progress, left }));
    }

    /// Returns where it would be if it had not been away, and what would still wait.
    ///
    /// What waits for a transition that is to be finished goes on waiting for it.
    fn restored(
        &self,
        place: &Place,
        (gone, governed): (Duration, bool),
        finish: bool,
        now: Mono,
    ) -> Result<(Transition, Vec<Going>, Lanes), Lost> {
        let (ensemble, motion, waiting) = place.restore(&self.sheet)?;
        let mut path = motion.transition(&ensemble, now)?;
        let mut lanes = place.lanes(&ensemble, now)?;
        // What waits in line waits in the base, and there only.
        if lanes.holder() != Lane::Base {
            self.let_pass(&mut lanes, &mut path, (gone, governed), now);
            return Ok((path, Vec::new(), lanes));
        }
        let mut gone = gone;
        let mut waiting = waiting.into_iter();
        loop {
            let left = path.left(now);
            path.skip(gone);
            if finish || gone < left || !path.ended(now) {
                break;
            }
            let Some(Going { scene, fade, easing, policy: _ }) = waiting.next() else { break };
            gone -= left;
            if path.target().share_of(&scene) != Some(1.0) {
                path = path.retarget(&Mix::of(&scene), &scene.way(fade, easing), now, now);
            }
        }
        Ok((path, waiting.collect(), lanes))
    }

    /// Lets time pass at once over lanes and path.
    fn let_pass(
        &self,
        lanes: &mut Lanes,
        path: &mut Transition,
        (gone, governed): (Duration, bool),
        now: Mono,
    ) {
        let rules = (self.operator_plan().idle, governed);
        let mut passed = Duration::ZERO;
        while let Some(due) = lanes.next_due(rules.0).filter(|due| due.since(now) <= gone) {
            path.skip(due.since(now).saturating_sub(passed));
            passed = due.since(now);
            let Some(end) = lanes.expire(rules, due, || path.bound_for()) else { break };
            let way = self.way_back(&end);
            if let Some(next) = end.next.filter(|next| path.target() != next || !path.ended(now)) {
                *path = path.retarget(&next, &way, now, now);
            }
        }
        path.skip(gone.saturating_sub(passed));
        lanes.skip(gone);
    }
}
