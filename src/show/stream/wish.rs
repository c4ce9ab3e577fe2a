//! What a stream is asked to show, and when it does: at once, after what runs, or not at all; and hands on what runs.
//!
//! How to get there is the path's, how it reaches the backend is `courier.rs`'s.

use std::sync::Arc;

use super::{
    ARRIVAL_MAX, FINISH, Stream,
    queue::{Going, QueueFull, is_same},
};
use crate::show::{
    event::Action,
    fact::Fact,
    mix::Mix,
    out::Out,
    scene::{Fade, Scene},
    sheet::{Policy, Verb},
    time::{Mono, Now},
    transition::{Fader, Transition},
};

impl Stream {
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
            _ if !self.is_busy(now.mono) => self.start(going, now, out),
            Policy::Blend => {
                self.drop_waiting(&going.scene.name, out);
                self.start(going, now, out);
            }
            // There is nothing to finish first where it leads there already.
            Policy::FinishFirst if runs_there => {
                self.drop_waiting(&going.scene.name, out);
                self.start(going, now, out);
            }
            Policy::FinishFirst => {
                if self.queue.scenes().eq([&going.scene]) {
                    return Ok(());
                }
                self.drop_waiting(&going.scene.name, out);
                self.steer(Verb::Finish, now, out);
                return self.wait(going, out);
            }
            Policy::Ignore => {
                let (stream, scene) = (self.name(), Arc::clone(&going.scene.name));
                let running = Arc::clone(&self.path.scene().name);
                out.push(Action::Note(Fact::TransitionIgnored { stream, scene, running }));
            }
            Policy::Queue => {
                let last = self.queue.scenes().next_back();
                let again = last.map_or(runs_there, |last| Arc::ptr_eq(last, &going.scene));
                // A sensor that repeats itself does not fill the queue.
                if !again {
                    return self.wait(going, out);
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
            self.courier.on_asked_again(now.mono);
            return;
        }
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(&Mix::of(&scene), &way, now.mono, seen));
        self.set_out(now.mono);
        let (stream, scene) = (self.name(), Arc::clone(&scene.name));
        out.push(Action::Note(Fact::TransitionStarted { stream, scene, fade }));
    }

    /// Gives the progress of the running transition to a hand; without one, nothing.
    ///
    /// Told when the hand takes it, not for each of its moves. Returns whether it moves anything.
    pub(super) fn grab(&mut self, position: Fader, now: Now, out: &mut Out) -> bool {
        if self.path.ended(now.mono) {
            return false;
        }
        let (is_new, before) = (!self.path.is_grabbed(), self.path.hand());
        self.path.path().grab(position, now.mono, self.courier.led_to(now.mono));
        self.set_out(now.mono);
        if is_new {
            let (stream, scene) = (self.name(), Arc::clone(&self.path.scene().name));
            out.push(Action::Note(Fact::TransitionGrabbed { stream, scene }));
        }
        is_new || self.path.hand() != before
    }

    /// Gives a scene a share of the mix and scales the others to what is left: one of a bank of faders, a scene each.
    ///
    /// Where there are no others, or all of them are at 0, what is left goes back to the scene that it came from.
    ///
    /// A hand has the last word: what waits is dropped. Returns whether it moves anything.
    pub(super) fn mix(&mut self, scene: &Arc<Scene>, share: Fader, now: Now, out: &mut Out) -> bool {
        let seen = self.courier.led_to(now.mono);
        let Some(path) = self.path.mix(scene, share, now.mono, seen) else { return false };
        self.drop_waiting(&scene.name, out);
        self.path.take(path);
        self.set_out(now.mono);
        true
    }

    /// The path is another: its first update goes soon, and its end is told.
    pub(super) fn set_out(&mut self, now: Mono) {
        self.arrived = false;
        self.courier.on_path(now);
        self.ladder.on_scene();
    }

    /// Returns whether the path leads to this scene and no other.
    fn leads_to(&self, scene: &Arc<Scene>) -> bool {
        self.path.target().share_of(scene) == Some(1.0)
    }

    /// Returns the scene under which the stream knows this one: a prompt that is asked for twice is one scene.
    pub(super) fn known(&self, scene: Arc<Scene>, now: Now) -> Arc<Scene> {
        let mix = self.path.mix_at(now.mono);
        let shown = self.path.target().parts().iter().chain(mix.parts()).map(|part| &part.scene);
        let known = shown.chain(self.queue.scenes()).find(|known| is_same(known, &scene));
        known.map_or(scene, Arc::clone)
    }

    fn wait(&mut self, going: Going, out: &mut Out) -> Result<(), QueueFull> {
        let scene = Arc::clone(&going.scene.name);
        let ahead = self.queue.len() + 1;
        self.queue.push(going)?;
        let stream = self.name();
        out.push(Action::Note(Fact::TransitionQueued { stream, scene, ahead }));
        Ok(())
    }

    /// Drops what waits, because `instead` takes its place.
    pub(super) fn drop_waiting(&mut self, instead: &Arc<str>, out: &mut Out) {
        for Going { scene, .. } in self.queue.clear() {
            let (stream, instead) = (self.name(), Arc::clone(instead));
            let scene = Arc::clone(&scene.name);
            out.push(Action::Note(Fact::TransitionDropped { stream, scene, instead }));
        }
    }

    /// Returns whether a transition is running: it has not ended, or its exact end is not acknowledged yet, which a slow
    /// API may hold up for [`ARRIVAL_MAX`].
    pub(super) fn is_under_way(&self, now: Mono) -> bool {
        let awaited = self.life.live_id().is_some() && !self.arrived;
        let overdue = self.path.end().is_some_and(|end| now >= end + ARRIVAL_MAX);
        !self.path.ended(now) || awaited && !overdue
    }

    /// Returns whether a transition is running or one waits.
    pub(super) fn is_busy(&self, now: Mono) -> bool {
        self.is_under_way(now) || !self.queue.is_empty()
    }

    /// Starts what waits once the running transition has ended; returns whether it did.
    pub(super) fn advance(&mut self, now: Now, out: &mut Out) -> bool {
        if self.is_under_way(now.mono) {
            return false;
        }
        let next = self.queue.pop();
        next.map(|next| self.start(next, now, out)).is_some()
    }

    /// Does something to the running transition; without one, nothing. What waits goes on waiting for its end.
    ///
    /// What changes nothing is not told: a pause in a pause, a second haste.
    pub(super) fn steer(&mut self, verb: Verb, now: Now, out: &mut Out) {
        if self.path.ended(now.mono) {
            return;
        }
        let seen = self.courier.led_to(now.mono);
        let before = Transition::clone(&self.path);
        match verb {
            Verb::Pause => self.path.path().pause(seen),
            Verb::Resume => self.path.path().resume(now.mono),
            Verb::Reverse => self.path.take(self.path.reverse(now.mono, seen)),
            // It arrives within a second as it is.
            Verb::Finish if self.path.end().is_some_and(|end| end <= now.mono + FINISH) => {}
            Verb::Finish => {
                let fade = Fade::new(FINISH.min(self.path.left(now.mono))).unwrap_or_default();
                self.path.take(self.path.hasten(fade, now.mono, seen));
            }
            Verb::Cut => self.path.take(self.path.hasten(Fade::CUT, now.mono, seen)),
        }
        if *self.path == before {
            self.courier.on_asked_again(now.mono);
            return;
        }
        self.set_out(now.mono);
        let (stream, scene) = (self.name(), Arc::clone(&self.path.scene().name));
        out.push(Action::Note(Fact::TransitionSteered { stream, scene, verb }));
    }

    /// Says which scene the calendar will want soon, so that its prompts take their slots before the fade begins. Returns
    /// whether that is news.
    pub(in crate::show) fn expect(&mut self, scene: Option<&Arc<Scene>>) -> bool {
        let known = self.coming.as_ref().map(Arc::as_ptr) == scene.map(Arc::as_ptr);
        if !known {
            self.coming = scene.cloned();
        }
        !known
    }
}
