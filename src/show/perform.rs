//! Doing what was asked for: the steps of cues and triggers, one after the other.
//!
//! Who asked, and whether it exists, was found out in `trigger/`; how a stream does it is `stream/`'s.

use std::sync::Arc;

use super::{
    Show,
    event::{Action, Door, StreamIndex},
    fact::Fact,
    scene::Scene,
    sheet::{Cue, Step},
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
            // A hand that moves sends up to a thousand a second: what comes of it is told, not each of its moves.
            if !steps.iter().all(|step| matches!(step, Step::Grab { .. } | Step::Mix { .. })) {
                self.out.push(Action::Note(Fact::Trigger { name, door }));
            }
            self.carry_out(&steps, door, now);
        }
    }

    /// Does the steps of a cue or a trigger, one after the other.
    pub(super) fn carry_out(&mut self, steps: &[Step], door: Door, now: Now) {
        for step in steps {
            self.perform(step, door, now);
        }
    }

    fn perform(&mut self, step: &Step, door: Door, now: Now) {
        match step {
            Step::Scene { scene, streams, fade, easing, policy } => {
                let going =
                    Going { scene: Arc::clone(scene), fade: fade.clone(), easing: *easing, policy: *policy };
                for index in 0..self.streams.len() {
                    if streams.contains(StreamIndex(index)) {
                        self.send(index, going.clone(), door, now);
                    }
                }
            }
            Step::Grab { position, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.grab(*position, now, &mut self.out);
                    }
                }
            }
            Step::Mix { scene, share, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.mix(scene, *share, now, &mut self.out);
                    }
                }
            }
            Step::Steer { verb, streams } => {
                for (index, stream) in self.streams.iter_mut().enumerate() {
                    if streams.contains(StreamIndex(index)) {
                        self.rota.stir(index);
                        stream.steer(*verb, now, &mut self.out);
                    }
                }
            }
            Step::Bypass { time } => {
                self.follow.bypass(*time, now);
                if !time.is_zero() {
                    self.out.push(Action::Note(Fact::Bypassed { time: *time }));
                }
            }
            Step::Cue(cue) => {
                let Cue { name, steps } = &**cue;
                self.out.push(Action::Note(Fact::Cue { name: Arc::clone(name) }));
                self.carry_out(steps, door, now);
            }
            Step::Switch { trigger, enabled } => self.switch_trigger(trigger, *enabled),
        }
    }

    /// Sends a stream on its way, or refuses what is more than may wait.
    pub(super) fn send(&mut self, index: usize, going: Going, door: Door, now: Now) {
        let scene = Arc::clone(&going.scene.name);
        self.rota.stir(index);
        if self.streams[index].go(going, now, &mut self.out).is_err() {
            let stream = &self.sheet.streams[index].name;
            let example = format!("{scene} on {stream}: {WAITING_MAX} transitions wait already");
            self.refuse(door, &Refusal { reason: "too many transitions wait", example }, now);
        }
    }
}

/// Notes for each stream the scene that a step leads it to; the last word counts.
pub(super) fn expect<'a>(step: &'a Step, expected: &mut [Option<&'a Arc<Scene>>]) {
    match step {
        Step::Scene { scene, streams, .. } => {
            for (index, expected) in expected.iter_mut().enumerate() {
                if streams.contains(StreamIndex(index)) {
                    *expected = Some(scene);
                }
            }
        }
        Step::Steer { .. }
        | Step::Grab { .. }
        | Step::Mix { .. }
        | Step::Bypass { .. }
        | Step::Switch { .. } => {}
        Step::Cue(cue) => cue.steps.iter().for_each(|step| expect(step, expected)),
    }
}
