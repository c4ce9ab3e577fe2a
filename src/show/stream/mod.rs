//! One stream: the look that is desired, the update in flight, the look that is acknowledged, and how they come together.
//!
//! Dispatch only: `life.rs` creates, attaches and loses it, `courier.rs` brings looks to it, `watch.rs` reads its status.

mod courier;
mod course;
mod life;
mod set;
mod watch;

use std::{sync::Arc, time::Duration};

use self::{courier::Courier, course::Course, life::Life, watch::Watch};
use super::{
    easing::Easing,
    event::{Action, Answer, FailureKind, Memory, Reply, Request, RequestId, StreamIndex, Wake},
    fact::Fact,
    mix::Mix,
    out::Out,
    reload::Changes,
    scene::{Fade, Scene},
    sheet::{Sheet, StreamSheet, Verb},
    snapshot::StreamSnapshot,
    time::{Mono, Now},
    transition::Transition,
};

/// One stream of the show.
#[derive(Debug)]
pub(super) struct Stream {
    index: StreamIndex,
    sheet: Arc<Sheet>,
    path: Course,
    /// Whether the end of the path was told.
    arrived: bool,
    life: Life,
    courier: Courier,
    watch: Watch,
}

/// What every part of a stream needs to act: who it is, when it is, where actions go.
struct Desk<'a> {
    index: StreamIndex,
    sheet: &'a StreamSheet,
    now: Now,
    out: &'a mut Out,
}

impl Desk<'_> {
    fn request(&mut self, request: Request) -> RequestId {
        self.out.request(self.index, request)
    }

    fn remember(&mut self, memory: Memory) {
        self.out.push(Action::Remember { stream: self.index, memory });
    }

    fn note(&mut self, fact: Fact) {
        self.out.push(Action::Note(fact));
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(&self.sheet.name)
    }
}

/// Splits a stream into what its parts share and the parts.
macro_rules! desk {
    ($stream:expr, $now:expr, $out:expr) => {
        Desk { index: $stream.index, sheet: &$stream.sheet.streams[$stream.index.0], now: $now, out: $out }
    };
}

impl Stream {
    /// Makes a stream that shows its first scene as soon as the backend has it.
    pub(super) fn new(sheet: &Arc<Sheet>, index: StreamIndex, memory: Option<&Memory>, now: Now) -> Self {
        let stream = &sheet.streams[index.0];
        let first = stream.start.clone().unwrap_or_else(|| Arc::new(Scene::empty("base")));
        Self {
            index,
            path: Course::new(Transition::resting(&first, now.mono)),
            arrived: false,
            life: Life::new(stream, memory, now.mono),
            courier: Courier::new(stream, &first, &sheet.scenes, now.mono),
            watch: Watch::new(now.mono),
            sheet: Arc::clone(sheet),
        }
    }

    /// Starts a transition to `scene`.
    ///
    /// Asked again for where it is going already, only sooner counts: a sensor that repeats itself does not stretch a fade.
    pub(super) fn go(
        &mut self,
        scene: &Arc<Scene>,
        fade: Option<Fade>,
        easing: Option<Easing>,
        now: Now,
        out: &mut Out,
    ) {
        let fade = fade.or(scene.fade).unwrap_or(Fade::DEFAULT);
        let again = Arc::ptr_eq(self.path.target(), scene);
        if again && self.path.end().is_some_and(|end| now.mono + fade.length() >= end) {
            return;
        }
        let easing = easing.or(scene.easing).unwrap_or_default();
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(scene, fade, easing, now.mono, seen));
        self.arrived = false;
        self.courier.on_path();
        let desk = desk!(self, now, out);
        desk.out.push(Action::Note(Fact::TransitionStarted {
            stream: desk.name(),
            scene: Arc::clone(&scene.name),
            fade: fade.length(),
        }));
    }

    /// Does something to the running transition; without one, nothing.
    pub(super) fn steer(&mut self, verb: Verb, now: Now, out: &mut Out) {
        if self.path.ended(now.mono) {
            return;
        }
        let target = Arc::clone(self.path.target());
        let seen = self.courier.led_to(now.mono);
        match verb {
            Verb::Pause => self.path.path().pause(seen),
            Verb::Resume => self.path.path().resume(now.mono),
            Verb::Reverse => self.path.take(self.path.reverse(now.mono, seen)),
            Verb::Finish => {
                let fade = Fade::new(FINISH.min(self.path.left(now.mono))).unwrap_or_default();
                self.path.take(self.path.retarget(&target, fade, Easing::Smooth, now.mono, seen));
            }
            Verb::Cut => {
                self.path.take(self.path.retarget(&target, Fade::CUT, Easing::Smooth, now.mono, seen));
            }
        }
        self.arrived = false;
        self.courier.on_path();
        let (stream, scene) = (desk!(self, now, out).name(), Arc::clone(&self.path.target().name));
        out.push(Action::Note(Fact::TransitionSteered { stream, scene, verb }));
    }

    /// Says which scene is known to come next, so that its prompts take their slots before the fade begins.
    pub(super) fn expect(&mut self, scene: Option<&Arc<Scene>>) {
        self.courier.expect(scene);
    }

    /// Takes an answer of the backend.
    pub(super) fn on_answer(&mut self, answer: Answer, now: Now, out: &mut Out) {
        let mut desk = desk!(self, now, out);
        let Answer { id, outcome, stream: _ } = answer;
        if matches!(outcome, Ok(Reply::Updated { .. } | Reply::Status(_))) {
            self.life.on_sign_of_life();
        }
        if self.courier.is_waiting_for(id) {
            let not_found = matches!(&outcome, Err(failure) if failure.kind == FailureKind::NotFound);
            self.courier.on_answer(outcome, self.life.is_fresh(now.mono), &mut desk);
            if not_found {
                self.life.on_doubt(&mut desk);
            }
        } else if self.watch.is_waiting_for(id) {
            let report = match outcome {
                Ok(Reply::Status(report)) => Ok(*report),
                Ok(_) => return,
                Err(failure) => Err(failure),
            };
            let news = self.watch.on_answer(report, &mut self.courier, &mut desk);
            if news.came_back {
                self.life.on_video_returned(now.mono);
            }
            if news.not_found {
                self.life.on_doubt(&mut desk);
            }
        } else {
            let news = self.life.on_answer(id, outcome, &mut desk);
            self.courier.on_life(&news);
            if !self.life.is_live() {
                self.watch.forget();
            }
        }
    }

    /// Takes the news that something is on disk, or is not.
    pub(super) fn on_remembered(&mut self, memory: &Memory, error: Option<String>, now: Now, out: &mut Out) {
        let mut desk = desk!(self, now, out);
        if let Some(message) = error {
            let stream = desk.name();
            desk.note(Fact::NotRemembered { stream, message });
        }
        let (courier, path, sheet) = (&mut self.courier, &self.path, desk.sheet);
        self.life.on_remembered(memory, || courier.create(path, sheet, now.mono), &mut desk);
    }

    /// Begins to end: deletes the stream if the show file wants that.
    pub(super) fn stop(&mut self, now: Now, out: &mut Out) {
        self.life.stop(&mut desk!(self, now, out));
    }

    /// Returns whether nothing is left to do after [`Self::stop`].
    pub(super) fn is_stopped(&self) -> bool {
        self.life.is_stopped()
    }

    /// Goes on with an edited sheet, in which this stream has the same place.
    pub(super) fn reload(&mut self, sheet: &Arc<Sheet>, now: Now, changes: &mut Changes) {
        let old = std::mem::replace(&mut self.sheet, Arc::clone(sheet));
        let (before, after) = (&old.streams[self.index.0], &sheet.streams[self.index.0]);
        let target = self.path.target();
        let is_of = |sheet: &Sheet, scene: &Arc<Scene>| {
            sheet.scenes.get(&scene.name).is_some_and(|own| Arc::ptr_eq(own, scene))
        };
        if is_of(&old, target) && !sheet.scenes.contains_key(&target.name) {
            changes.keep(format_args!(
                "stream `{}` is on scene `{}`, which is gone, until something else is asked of it",
                after.name, target.name
            ));
        }
        let successor = |scene: &Arc<Scene>| match sheet.scenes.get(&scene.name) {
            Some(new) if is_of(&old, scene) => Arc::clone(new),
            _ => Arc::clone(scene),
        };
        let moments = (now.mono, self.courier.led_to(now.mono));
        if self.path.edit(successor, (&before.base, &after.base), sheet.reload.edit_fade, moments) {
            self.courier.on_path();
        }
        self.courier.reload(after);
    }

    /// Does what is due.
    pub(super) fn step(&mut self, now: Now, out: &mut Out) {
        let mut desk = desk!(self, now, out);
        self.path.tidy(now.mono);
        self.life.step(&mut desk);
        let Some(id) = self.life.live_id() else { return };
        self.courier.step(&id, &self.path, &mut desk);
        self.watch.step(&id, &mut desk);
        if !self.arrived && self.path.ended(now.mono) && self.courier.is_at_rest() {
            self.arrived = true;
            let (stream, scene) = (desk.name(), Arc::clone(&self.path.target().name));
            desk.note(Fact::TransitionEnded { stream, scene });
        }
    }

    /// Returns when to come back, and why.
    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        let Some(_) = self.life.live_id() else { return self.life.next_wake() };
        let waits = !self.arrived && self.courier.is_at_rest();
        let end = self.path.end().filter(|_| waits).map(|end| (end, Wake::Fade));
        [self.life.next_wake(), self.courier.next_wake(), self.watch.next_wake(), end]
            .into_iter()
            .flatten()
            .min()
    }

    /// Returns its name and how far its transition is, 0 to 1.
    pub(super) fn progress(&self, now: Mono) -> (&str, f64) {
        (&self.sheet.streams[self.index.0].name, self.path.progress(now))
    }

    /// Returns the mix that it should show at `at`, by its present path.
    pub(super) fn mix_at(&self, at: Mono) -> Mix {
        self.path.mix_at(at)
    }

    /// Returns what may be seen of it.
    pub(super) fn snapshot(&self, now: Now) -> StreamSnapshot {
        let sheet = &self.sheet.streams[self.index.0];
        let mut snapshot = StreamSnapshot::of_path(&sheet.name, &self.path, now.mono);
        snapshot.backend = sheet.connection.backend;
        self.life.describe(&mut snapshot, now.mono);
        self.courier.describe(&mut snapshot, now.mono);
        self.watch.describe(&mut snapshot, now.mono);
        snapshot
    }
}

/// How long a transition takes that is told to finish.
const FINISH: Duration = Duration::from_secs(1);

/// How long to wait when only a person can help: a wrong key, a refused create. Keys are rotated while shows run.
const PERSON_WAIT: Duration = Duration::from_secs(30);
