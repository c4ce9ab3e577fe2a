//! Doing what was asked for: the steps of cues and triggers, one after the other.
//!
//! Who asked, and whether it exists, was found out in `trigger/`; how a stream does it is `stream/`'s.

use std::{sync::Arc, time::Duration};

use super::{
    Show,
    event::{Action, Door, StreamIndex},
    fact::Fact,
    lane::{By, Hold, LaneVerb},
    playlist::PlayVerb,
    run::Owner,
    scene::Scene,
    sheet::{Cue, Step, Streams},
    stream::queue::{Going, WAITING_MAX},
    time::Now,
    trigger::{Ask, Refusal},
};

impl Show {
    pub(super) fn obey(&mut self, asks: Vec<Ask>, door: Door, now: Now) {
        if self.stopping {
            return;
        }
        for Ask { name, steps } in asks {
            let by = By::person(name, door);
            self.take_steps(&steps, &by, now);
        }
    }

    /// Does the steps that somebody asks for, and tells it.
    pub(super) fn take_steps(&mut self, steps: &[Step], by: &By, now: Now) {
        // A hand that moves sends up to a thousand a second: what comes of it is told, not each of its moves.
        if !steps.iter().all(|step| matches!(step, Step::Grab { .. } | Step::Mix { .. })) {
            self.out.push(Action::Note(Fact::Trigger { name: Arc::clone(&by.name), door: by.door }));
        }
        for step in steps {
            self.perform(step, by, now);
        }
    }

    /// Does one step at once. A wait takes time, and only a list that is under way does: see `run/`.
    pub(super) fn perform(&mut self, step: &Step, by: &By, now: Now) {
        match step {
            Step::Scene { scene, streams, fade, easing, policy, hold } => {
                let going =
                    Going { scene: Arc::clone(scene), fade: fade.clone(), easing: *easing, policy: *policy };
                for index in 0..self.streams.len() {
                    if streams.contains(StreamIndex(index)) {
                        self.send(index, going.clone(), hold.as_ref(), by, now);
                    }
                }
            }
            Step::Grab { position, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.grab_by_hand(*position, by, now, &mut self.out);
                    }
                }
            }
            Step::Mix { scene, share, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.mix_by_hand(scene, *share, by, now, &mut self.out);
                    }
                }
            }
            Step::Steer { verb, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.steer_by(*verb, by, now, &mut self.out);
                    }
                }
            }
            Step::Bypass { time } => self.bypass(*time, now),
            Step::Lane { verb, streams } => self.change_lanes(*verb, streams, by, now),
            Step::Cue(cue) => {
                let Cue { name, steps, mode: _ } = &**cue;
                let by = By { name: Arc::clone(name), ..by.clone() };
                if Step::take_time(steps) {
                    return self.fire_list(&Owner::Cue(Arc::clone(name)), by, now);
                }
                self.out.push(Action::Note(Fact::Cue { name: Arc::clone(name) }));
                for step in steps {
                    self.perform(step, &by, now);
                }
            }
            Step::Parallel(lists) => {
                for step in lists.iter().flat_map(|list| list.iter()) {
                    self.perform(step, by, now);
                }
            }
            Step::Wait(_) => {}
            Step::Blend(blend) => self.blend(blend, by, now),
            Step::Paint(painted) => self.paint(painted, by, now),
            Step::Variable(list) => self.set_variables(list, by, now),
            Step::Publish(publish) => self.publish(publish, by, now),
            Step::Send(send) => self.send_osc(send, by, now),
            Step::Call(call) => self.call(call, by, now),
            Step::Log(text) => self.say(text, by, now),
            Step::Stop(stop) => self.stop_runs(&stop.owners, now),
            Step::Switch { trigger, enabled } => self.switch_trigger(trigger, *enabled),
            Step::Playlist { list, verb, streams } => {
                self.conduct(list.as_ref(), (verb, streams), by, now);
            }
        }
    }

    fn bypass(&mut self, time: Duration, now: Now) {
        self.follow.bypass(time, now);
        if !time.is_zero() {
            self.out.push(Action::Note(Fact::Bypassed { time }));
        }
    }

    fn change_lanes(&mut self, verb: LaneVerb, streams: &Streams, by: &By, now: Now) {
        for index in (0..self.streams.len()).filter(|index| streams.contains(StreamIndex(*index))) {
            self.rota.stir(index);
            let governed = self.is_governed(StreamIndex(index), now);
            self.streams[index].on_lane_verb(verb, by, governed, now, &mut self.out);
        }
    }

    /// Returns whether something other than a wish of the moment says what is to be on a stream, so that a hand has
    /// something to give it back to: a playlist, or the schedule, unless it is bypassed.
    pub(super) fn is_governed(&self, stream: StreamIndex, now: Now) -> bool {
        let is_due = || self.follow.due(stream).is_some_and(|due| due.scene.is_some());
        self.deck.plays_on(stream.0) || self.follow.bypassed_until(now).is_none() && is_due()
    }

    /// Takes that a hand is on a control of a stream, which takes the operator lane with that; returns whether what it
    /// moves may be seen: not under panic.
    #[expect(dead_code, reason = "controls that move parameters ask it")]
    pub(super) fn touch_operator(&mut self, stream: StreamIndex, by: &By, now: Now) -> bool {
        self.rota.stir(stream.0);
        self.streams[stream.0].touch(by, now, &mut self.out)
    }

    /// Sends a stream on its way, for good or for a while, or refuses what is more than may wait.
    pub(super) fn send(&mut self, index: usize, going: Going, hold: Option<&Hold>, by: &By, now: Now) {
        let (scene, door) = (Arc::clone(&going.scene.name), by.door);
        self.rota.stir(index);
        if let Some(hold) = hold {
            return self.streams[index].hold(going, hold, by, now, &mut self.out);
        }
        if self.streams[index].ask(going, by, now, &mut self.out).is_err() {
            let stream = &self.sheet.streams[index].name;
            let example = format!("{scene} on {stream}: {WAITING_MAX} transitions wait already");
            self.refuse(door, &Refusal { reason: "too many transitions wait", example }, now);
        }
    }
}

/// Notes for each stream the scene that a list leads it to before it waits; the last word counts. Returns whether it waits.
pub(super) fn expect_all<'a>(steps: &'a [Step], expected: &mut [Option<&'a Arc<Scene>>]) -> bool {
    steps.iter().any(|step| expect(step, expected))
}

fn expect<'a>(step: &'a Step, expected: &mut [Option<&'a Arc<Scene>>]) -> bool {
    match step {
        Step::Scene { scene, streams, .. } => {
            for (index, expected) in expected.iter_mut().enumerate() {
                if streams.contains(StreamIndex(index)) {
                    *expected = Some(scene);
                }
            }
        }
        Step::Playlist { list: Some(list), verb: PlayVerb::Play, .. } => {
            for (index, expected) in expected.iter_mut().enumerate() {
                if list.streams.contains(StreamIndex(index)) {
                    *expected = list.first().or(*expected);
                }
            }
        }
        Step::Cue(cue) => {
            expect_all(&cue.steps, expected);
        }
        Step::Wait(_) => return true,
        Step::Parallel(lists) => {
            // All of them have to come to their ends.
            let mut waits = false;
            for list in lists {
                waits |= expect_all(list, expected);
            }
            return waits;
        }
        Step::Steer { .. }
        | Step::Grab { .. }
        | Step::Mix { .. }
        | Step::Bypass { .. }
        | Step::Lane { .. }
        | Step::Playlist { .. }
        | Step::Switch { .. }
        | Step::Blend(_)
        | Step::Paint(_)
        | Step::Variable(_)
        | Step::Publish(_)
        | Step::Send(_)
        | Step::Call(_)
        | Step::Log(_)
        | Step::Stop(_) => {}
    }
    false
}
