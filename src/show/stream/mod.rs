//! One stream: the look that is desired, the update in flight, the look that is acknowledged, and how they come together.
//!
//! Dispatch only: `life.rs` creates, attaches and loses it, `courier.rs` brings looks to it, `watch.rs` reads its status,
//! `queue.rs` keeps what it was asked for and does not do yet.

mod courier;
mod course;
mod life;
pub(super) mod queue;
mod set;
mod watch;

use std::{sync::Arc, time::Duration};

use self::{
    courier::Courier,
    course::Course,
    life::Life,
    queue::{Going, Queue, QueueFull, is_same},
    watch::Watch,
};
use super::{
    easing::Easing,
    event::{Action, Answer, FailureKind, Memory, Reply, Request, RequestId, StreamIndex, Wake},
    fact::Fact,
    fades::Way,
    mix::Mix,
    out::Out,
    reload::{self, Changes},
    scene::{Fade, Scene},
    sheet::{Policy, Sheet, StreamSheet, Verb},
    snapshot::StreamSnapshot,
    time::{Mono, Now},
    transition::{Fader, SWEEP, Transition},
};

/// One stream of the show.
#[derive(Debug)]
pub(super) struct Stream {
    index: StreamIndex,
    sheet: Arc<Sheet>,
    path: Course,
    /// What waits for the running transition to end.
    queue: Queue,
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
            path: Course::new(Transition::resting(&Mix::of(&first), now.mono)),
            queue: Queue::default(),
            arrived: false,
            life: Life::new(stream, memory, now.mono),
            courier: Courier::new(stream, &first, &sheet.scenes, now.mono),
            watch: Watch::new(now.mono),
            sheet: Arc::clone(sheet),
        }
    }

    /// Takes a wish to go to a scene: starts the transition, or does what the wish's policy says while another runs.
    ///
    /// A paused transition runs. What the policies do with those that wait: `blend` and `finish-first` are the last
    /// word and take their place, `queue` goes behind them, `ignore` leaves them alone.
    ///
    /// # Errors
    ///
    /// As many wait as may.
    pub(super) fn go(&mut self, going: Going, now: Now, out: &mut Out) -> Result<(), QueueFull> {
        let scene = self.known(going.scene, now);
        let going = Going { scene, ..going };
        let runs_there = self.leads_to(&going.scene);
        match going.policy {
            _ if !self.is_under_way(now.mono) && self.queue.is_empty() => self.start(going, now, out),
            Policy::Blend => {
                self.drop_waiting(&going, now, out);
                self.start(going, now, out);
            }
            // There is nothing to finish first where it leads there already.
            Policy::FinishFirst if runs_there => {
                self.drop_waiting(&going, now, out);
                self.start(going, now, out);
            }
            Policy::FinishFirst => {
                if self.queue.scenes().eq([&going.scene]) {
                    return Ok(());
                }
                self.drop_waiting(&going, now, out);
                self.steer(Verb::Finish, now, out);
                return self.wait(going, now, out);
            }
            Policy::Ignore => {
                let (stream, scene) = (desk!(self, now, out).name(), Arc::clone(&going.scene.name));
                let running = Arc::clone(&self.path.scene().name);
                out.push(Action::Note(Fact::TransitionIgnored { stream, scene, running }));
            }
            Policy::Queue => {
                let last = self.queue.scenes().next_back();
                let again = last.map_or(runs_there, |last| Arc::ptr_eq(last, &going.scene));
                // A sensor that repeats itself does not fill the queue.
                if !again {
                    return self.wait(going, now, out);
                }
            }
        }
        Ok(())
    }

    /// Starts a transition.
    ///
    /// Asked again for where it is going already, only sooner counts: a sensor that repeats itself does not stretch a fade.
    fn start(&mut self, going: Going, now: Now, out: &mut Out) {
        let Going { scene, fade, easing, policy: _ } = going;
        let way = scene.way(fade, easing);
        let fade = way.fades.longest().length();
        let again = self.leads_to(&scene);
        if again && self.path.end().is_some_and(|end| now.mono + fade >= end) {
            return;
        }
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(&Mix::of(&scene), &way, now.mono, seen));
        self.set_out();
        let (stream, scene) = (desk!(self, now, out).name(), Arc::clone(&scene.name));
        out.push(Action::Note(Fact::TransitionStarted { stream, scene, fade }));
    }

    /// Gives the progress of the running transition to a hand; without one, nothing.
    ///
    /// Told when the hand takes it, not for each of its moves.
    pub(super) fn grab(&mut self, position: Fader, now: Now, out: &mut Out) {
        if self.path.ended(now.mono) {
            return;
        }
        let is_new = !self.path.is_grabbed();
        self.path.path().grab(position, now.mono, self.courier.led_to(now.mono));
        self.set_out();
        if is_new {
            let (stream, scene) = (desk!(self, now, out).name(), Arc::clone(&self.path.scene().name));
            out.push(Action::Note(Fact::TransitionGrabbed { stream, scene }));
        }
    }

    /// Gives a scene a share of the mix and scales the others to what is left: one of a bank of faders, a scene each.
    ///
    /// Where there are no others, or all of them are at 0, what is left goes back to the scene that it came from.
    pub(super) fn mix(&mut self, scene: &Arc<Scene>, share: Fader, now: Now) {
        let Some(target) = self.path.target().with_share(scene, share.get(), self.path.origin()) else {
            return;
        };
        if target == *self.path.target() {
            return;
        }
        let seen = self.courier.led_to(now.mono);
        let way = Way::even(Fade::new(SWEEP).unwrap_or_default(), Easing::Smooth);
        self.path.take(self.path.mix(&target, &way, now.mono, seen));
        self.set_out();
    }

    /// The path is another: its first update goes soon, and its end is told.
    fn set_out(&mut self) {
        self.arrived = false;
        self.courier.on_path();
    }

    /// Returns whether the path leads to this scene and no other.
    fn leads_to(&self, scene: &Arc<Scene>) -> bool {
        self.path.target().share_of(scene) == Some(1.0)
    }

    /// Returns the scene under which the stream knows this one: a prompt that is asked for twice is one scene.
    fn known(&self, scene: Arc<Scene>, now: Now) -> Arc<Scene> {
        let mix = self.path.mix_at(now.mono);
        let shown = self.path.target().parts().iter().chain(mix.parts()).map(|part| &part.scene);
        let known = shown.chain(self.queue.scenes()).find(|known| is_same(known, &scene));
        known.map_or(scene, Arc::clone)
    }

    fn wait(&mut self, going: Going, now: Now, out: &mut Out) -> Result<(), QueueFull> {
        let scene = Arc::clone(&going.scene.name);
        let ahead = self.queue.len() + 1;
        self.queue.push(going)?;
        let stream = desk!(self, now, out).name();
        out.push(Action::Note(Fact::TransitionQueued { stream, scene, ahead }));
        Ok(())
    }

    /// Drops what waits, because `going` takes its place.
    fn drop_waiting(&mut self, going: &Going, now: Now, out: &mut Out) {
        for Going { scene, .. } in self.queue.clear() {
            let (stream, instead) = (desk!(self, now, out).name(), Arc::clone(&going.scene.name));
            let scene = Arc::clone(&scene.name);
            out.push(Action::Note(Fact::TransitionDropped { stream, scene, instead }));
        }
    }

    /// Returns whether a transition is running: it has not ended, or its exact end is not acknowledged yet, which a slow
    /// API may hold up for [`ARRIVAL_MAX`].
    fn is_under_way(&self, now: Mono) -> bool {
        let awaited = self.life.live_id().is_some() && !self.arrived;
        let overdue = self.path.end().is_some_and(|end| now >= end + ARRIVAL_MAX);
        !self.path.ended(now) || awaited && !overdue
    }

    /// Starts what waits once the running transition has ended; returns whether it did.
    fn advance(&mut self, now: Now, out: &mut Out) -> bool {
        if self.is_under_way(now.mono) {
            return false;
        }
        let next = self.queue.pop();
        next.map(|next| self.start(next, now, out)).is_some()
    }

    /// Does something to the running transition; without one, nothing. What waits goes on waiting for its end.
    pub(super) fn steer(&mut self, verb: Verb, now: Now, out: &mut Out) {
        if self.path.ended(now.mono) {
            return;
        }
        let seen = self.courier.led_to(now.mono);
        match verb {
            Verb::Pause => self.path.path().pause(seen),
            Verb::Resume => self.path.path().resume(now.mono),
            Verb::Reverse => self.path.take(self.path.reverse(now.mono, seen)),
            // It arrives within a second as it is.
            Verb::Finish if !self.path.is_paused() && self.path.left(now.mono) <= FINISH => {}
            Verb::Finish => {
                let fade = Fade::new(FINISH.min(self.path.left(now.mono))).unwrap_or_default();
                self.path.take(self.path.hasten(fade, now.mono, seen));
            }
            Verb::Cut => self.path.take(self.path.hasten(Fade::CUT, now.mono, seen)),
        }
        self.set_out();
        let (stream, scene) = (desk!(self, now, out).name(), Arc::clone(&self.path.scene().name));
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
        drop(self.queue.clear());
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
        let target = self.path.scene();
        if old.scenes.contains_key(&target.name) && !sheet.scenes.contains_key(&target.name) {
            changes.keep(format_args!(
                "stream `{}` is on scene `{}`, which is gone, until something else is asked of it",
                after.name, target.name
            ));
        }
        let successor = |scene: &Arc<Scene>| reload::successor(&old, sheet, scene);
        self.queue.recast(successor);
        let moments = (now.mono, self.courier.led_to(now.mono));
        if self.path.edit(successor, (&before.base, &after.base), sheet.reload.edit_fade, moments) {
            self.courier.on_path();
        }
        self.courier.reload(after);
    }

    /// Does what is due.
    pub(super) fn step(&mut self, now: Now, out: &mut Out) {
        self.turn(now, out);
        while self.advance(now, out) {
            self.turn(now, out);
        }
    }

    fn turn(&mut self, now: Now, out: &mut Out) {
        if let Some(next) = self.queue.scenes().next() {
            self.courier.expect(Some(next));
        }
        let mut desk = desk!(self, now, out);
        self.path.tidy(now.mono);
        self.life.step(&mut desk);
        let Some(id) = self.life.live_id() else { return };
        self.courier.step(&id, &self.path, &mut desk);
        self.watch.step(&id, &mut desk);
        if !self.arrived && self.path.ended(now.mono) && self.courier.is_at_rest() {
            self.arrived = true;
            // Arriving at a mix is a hand that rests, and no news.
            if self.path.target().share_of(self.path.scene()) == Some(1.0) {
                let (stream, scene) = (desk.name(), Arc::clone(&self.path.scene().name));
                desk.note(Fact::TransitionEnded { stream, scene });
            }
        }
    }

    /// Returns when to come back, and why.
    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        let is_live = self.life.live_id().is_some();
        let awaited = is_live && !self.courier.is_at_rest();
        let end = match self.path.end() {
            Some(end) if !self.queue.is_empty() && awaited => Some(end + ARRIVAL_MAX),
            end => end.filter(|_| !self.queue.is_empty() || !self.arrived && is_live && !awaited),
        };
        let of_parts =
            [self.courier.next_wake(), self.watch.next_wake()].map(|wake| wake.filter(|_| is_live));
        let end = end.map(|end| (end, Wake::Fade));
        of_parts.into_iter().chain([self.life.next_wake(), end]).flatten().min()
    }

    /// Returns its name and how far its transition is, 0 to 1.
    pub(super) fn progress(&self, now: Mono) -> (&str, f64) {
        (&self.sheet.streams[self.index.0].name, self.path.progress(now))
    }

    /// Returns the mix of prompts that it should show at `at`, by its present path.
    pub(super) fn mix_at(&self, at: Mono) -> Mix {
        self.path.prompt_mix_at(at)
    }

    /// Returns what may be seen of it.
    pub(super) fn snapshot(&self, now: Now) -> StreamSnapshot {
        let sheet = &self.sheet.streams[self.index.0];
        let mut snapshot = StreamSnapshot::of_path(&sheet.name, &self.path, now.mono);
        snapshot.backend = sheet.connection.backend;
        snapshot.waiting = self.queue.scenes().map(|scene| Arc::clone(&scene.name)).collect();
        self.life.describe(&mut snapshot, now.mono);
        self.courier.describe(&mut snapshot, now.mono);
        self.watch.describe(&mut snapshot, now.mono);
        snapshot
    }
}

/// How long what waits stands by for the backend to acknowledge the exact end of what ran: several round trips, and no
/// longer, for what waits is held up by people and not by an API that is away.
const ARRIVAL_MAX: Duration = Duration::from_secs(2);

/// How long a transition takes that is told to finish.
const FINISH: Duration = Duration::from_secs(1);

/// How long to wait when only a person can help: a wrong key, a refused create. Keys are rotated while shows run.
const PERSON_WAIT: Duration = Duration::from_secs(30);
