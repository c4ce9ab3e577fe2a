//! One stream: the look that is desired, the update in flight, the look that is acknowledged, and how they come together.
//!
//! Dispatch only: `life.rs` creates, attaches and loses it, `courier.rs` brings looks to it, `watch.rs` reads its status,
//! `lanes.rs` knows who has it, `queue.rs` keeps what it was asked for and does not do yet, `wish.rs` decides about it,
//! `ladder.rs` knows what to try when no picture comes out, `place.rs` what of it survives a crash.

mod alarm;
mod budget;
mod courier;
mod course;
mod drift;
mod ladder;
mod lanes;
mod leftovers;
mod life;
mod mixing;
pub(super) mod place;
mod pulse;
pub(super) mod queue;
mod set;
pub(super) mod sight;
mod watch;
mod wish;

use std::{sync::Arc, time::Duration};

use self::{
    alarm::Alarm,
    courier::Courier,
    course::Course,
    ladder::{Ladder, Step},
    life::{Life, News},
    place::{Resumption, Seen},
    queue::Queue,
    watch::Watch,
};
use super::{
    easing::Easing,
    event::{Action, Answer, FailureKind, Memory, Notice, Reply, Request, RequestId, StreamIndex, Wake},
    fact::Fact,
    fades::Way,
    lane::Lanes,
    mix::Mix,
    out::Out,
    recovery::OnLost,
    reload::{self, Changes},
    scene::{Fade, Scene},
    sheet::{Sheet, StreamSheet},
    snapshot::StreamSnapshot,
    time::{Mono, Now},
    transition::{Heading, Transition},
};

/// One stream of the show.
#[derive(Debug)]
pub(super) struct Stream {
    index: StreamIndex,
    sheet: Arc<Sheet>,
    path: Course,
    /// Who has it.
    lanes: Lanes,
    /// What waits for the running transition to end.
    queue: Queue,
    /// Which scene the calendar will want soon.
    coming: Option<Arc<Scene>>,
    /// Whether the end of the path was told.
    arrived: bool,
    life: Life,
    courier: Courier,
    watch: Watch,
    ladder: Ladder,
    alarm: Alarm,
    /// Where it was when somebody last looked for what is new.
    seen: Seen,
    resumed: Option<Resumption>,
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

    fn tell(&mut self, notice: Notice) {
        self.out.push(Action::Tell { stream: self.index, notice });
    }

    fn note(&mut self, fact: Fact) {
        self.out.push(Action::Note(fact));
    }

    pub(super) fn name(&self) -> Arc<str> {
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
    /// Makes a stream that shows what is due, or else its first scene, as soon as the backend has it.
    pub(super) fn new(
        sheet: &Arc<Sheet>,
        index: StreamIndex,
        memory: Option<&Memory>,
        due: Option<Arc<Scene>>,
        now: Now,
    ) -> Self {
        let stream = &sheet.streams[index.0];
        let asked_by = if due.is_some() { "schedule" } else { "start" };
        let first = due.or_else(|| stream.start.clone()).unwrap_or_else(|| Arc::new(Scene::empty("base")));
        let path = Transition::resting(&Mix::of(&first), now.mono);
        let lanes = Lanes::new(asked_by);
        Self {
            index,
            seen: Seen::resting(&path, &lanes),
            resumed: None,
            path: Course::new(path),
            lanes,
            queue: Queue::default(),
            coming: None,
            arrived: false,
            life: Life::new(stream, memory, now),
            courier: Courier::new(stream, &first, &sheet.scenes, now.mono),
            watch: Watch::new(now.mono),
            ladder: Ladder::new(now.mono),
            alarm: Alarm::default(),
            sheet: Arc::clone(sheet),
        }
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
            if news.read || news.not_found {
                self.recover(now, out);
            }
        } else {
            let news = self.life.on_answer(id, outcome, &mut desk);
            self.on_life(&news, now, out);
        }
    }

    fn on_life(&mut self, news: &News, now: Now, out: &mut Out) {
        self.courier.on_life(news);
        if !self.life.is_live() {
            self.watch.forget();
        }
        if matches!(news, News::Lost) {
            self.ladder.on_lost();
            if desk!(self, now, out).sheet.on_stream_lost == OnLost::Fallback {
                self.fall_back(now, out);
                self.ladder.on_fallback();
            }
        }
    }

    /// Judges what the status says, and takes a step on the ladder if one is due.
    fn recover(&mut self, now: Now, out: &mut Out) {
        let mut desk = desk!(self, now, out);
        let plan = &desk.sheet.recovery;
        let beat = self.watch.beat(plan.stalled_after, now.mono);
        self.alarm.on_beat(beat, plan.stalled_after, &mut desk);
        let may_create = self.life.may_replace(desk.sheet, now.mono);
        match self.ladder.on_beat(beat, plan, may_create, now.mono) {
            None | Some(Step::Alarm) => {}
            Some(Step::Resend) => {
                self.courier.forget();
                self.courier.hurry(now.mono);
                let stream = desk.name();
                desk.note(Fact::Reasserted { stream, why: "no picture comes out" });
            }
            Some(Step::Recreate) => {
                let news = self.life.replace(&mut desk);
                self.courier.on_life(&news);
                self.watch.forget();
                self.ladder.on_lost();
            }
            Some(Step::Fallback) => {
                self.courier.forget();
                self.courier.hurry(now.mono);
                self.fall_back(now, out);
            }
        }
    }

    /// Cuts to the fallback scene.
    fn fall_back(&mut self, now: Now, out: &mut Out) {
        let desk = desk!(self, now, out);
        let Some(fallback) = &desk.sheet.recovery.fallback else { return };
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(
            &Mix::of(&fallback.scene),
            &Way::even(Fade::CUT, Easing::Smooth),
            now.mono,
            seen,
        ));
        self.arrived = false;
        self.courier.on_path(now.mono);
        desk.out.push(Action::Note(Fact::FallenBack {
            stream: desk.name(),
            scene: Arc::clone(&fallback.scene.name),
        }));
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
        self.lanes = Lanes::new("");
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
        self.lanes.recast(successor);
        let moments = (now.mono, self.courier.led_to(now.mono));
        if self.path.edit(successor, (&before.base, &after.base), sheet.reload.edit_fade, moments) {
            self.courier.on_path(now.mono);
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
        // What the calendar wants soon is not to be seen before the lane lets go.
        let coming = if self.is_taken() { self.lanes.next_scene() } else { self.coming.as_ref() };
        self.courier.expect(self.queue.scenes().next().or(coming));
        let mut desk = desk!(self, now, out);
        self.path.tidy(now.mono);
        self.life.step(&mut desk);
        let reason = self.need(desk.sheet, now.mono);
        self.alarm.update(reason, &mut desk);
        let Some(id) = self.life.live_id() else { return };
        self.courier.step(&id, &self.path, &mut desk);
        self.watch.step(&id, &mut desk);
        if !self.arrived && self.path.ended(now.mono) && self.courier.is_at_rest() {
            self.arrived = true;
            // Arriving at a mix in a hand is a hand that rests, and no news.
            if self.path.target().share_of(self.path.scene()) == Some(1.0) || !self.path.is_mixed() {
                let (stream, scene) = (desk.name(), self.path.target().name());
                desk.note(Fact::TransitionEnded { stream, scene });
            }
        }
    }

    /// Returns why people are needed now, if they are.
    fn need(&self, sheet: &StreamSheet, now: Mono) -> Option<String> {
        let after = sheet.recovery.alarm_after;
        self.life
            .alarm(after, now)
            .or_else(|| self.watch.alarm(after, now).filter(|_| self.life.is_live()))
            .or_else(|| self.ladder.alarm())
    }

    /// Returns when to come back, and why.
    pub(super) fn next_wake(&self) -> Option<(Mono, Wake)> {
        let plan = &self.sheet.streams[self.index.0].recovery;
        let is_live = self.life.live_id().is_some();
        let awaited = is_live && !self.courier.is_at_rest();
        let end = match self.path.end() {
            Some(end) if !self.queue.is_empty() && awaited => Some(end + ARRIVAL_MAX),
            end => end.filter(|_| !self.queue.is_empty() || !self.arrived && is_live && !awaited),
        };
        let need = if is_live {
            self.watch.alarm_due(plan.alarm_after)
        } else {
            self.life.alarm_due(plan.alarm_after).filter(|_| !self.life.is_stopping())
        };
        let need = need.filter(|_| !self.alarm.is_raised());
        let of_parts =
            [self.courier.next_wake(), self.watch.next_wake()].map(|wake| wake.filter(|_| is_live));
        let lane = self.lane_due().map(|due| (due, Wake::Lane));
        let own = [end.map(|end| (end, Wake::Fade)), need.map(|need| (need, Wake::Tell)), lane];
        of_parts.into_iter().chain(own).chain([self.life.next_wake()]).flatten().min()
    }

    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.sheet.streams[self.index.0].name)
    }

    /// Returns its name and how far its transition is, 0 to 1.
    pub(super) fn progress(&self, now: Mono) -> (&str, f64) {
        (&self.sheet.streams[self.index.0].name, self.path.progress(now))
    }

    /// Returns the mix of prompts that it should show at `at`, by its present path.
    pub(super) fn mix_at(&self, at: Mono) -> Mix {
        self.path.prompt_mix_at(at)
    }

    /// Returns where its path is heading.
    pub(super) fn heading(&self) -> Heading {
        self.path.heading()
    }

    /// Returns what may be seen of it.
    pub(super) fn snapshot(&self, now: Now) -> StreamSnapshot {
        let sheet = &self.sheet.streams[self.index.0];
        let mut snapshot = StreamSnapshot::of_path(&sheet.name, &self.path, now.mono);
        snapshot.backend = sheet.connection.backend;
        snapshot.lane = self.lanes.told(sheet.operator.idle, now);
        snapshot.waiting = self.queue.scenes().map(|scene| Arc::clone(&scene.name)).collect();
        snapshot.resumed = self.resumed.map(|resumed| resumed.told_at(now.mono));
        self.life.describe(&mut snapshot, now.mono);
        self.courier.describe(&mut snapshot, now.mono);
        self.watch.describe(&mut snapshot, now.mono);
        self.ladder.describe(&mut snapshot, now.mono);
        self.alarm.describe(&mut snapshot, now.mono);
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
