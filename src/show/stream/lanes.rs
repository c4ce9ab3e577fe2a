//! What lanes do to the path of a stream: who asks goes there or waits beneath, who lets go hands back.
//!
//! Who has the stream is decided in `show/lane`; the ways there are the path's.

use std::{sync::Arc, time::Duration};

use super::{
    Stream,
    queue::{Going, QueueFull},
};
use crate::show::{
    easing::Easing,
    event::Action,
    fact::Fact,
    fades::{Fades, Way},
    lane::{By, End, Hold, Lane, LaneVerb, OperatorPlan, Override, Scenery, Until},
    mix::Mix,
    out::Out,
    scene::{Fade, Scene},
    sheet::{Policy, Verb},
    time::{Mono, Now},
    transition::Fader,
};

impl Stream {
    /// Takes a wish of the base. A person's is the last word: it lets go of overrides and operator.
    ///
    /// # Errors
    ///
    /// As many wait as may.
    pub(in crate::show) fn ask(
        &mut self,
        going: Going,
        by: &By,
        now: Now,
        out: &mut Out,
    ) -> Result<(), QueueFull> {
        let is_ignored = going.policy == Policy::Ignore && self.is_busy(now.mono);
        if by.is_person && !is_ignored {
            self.let_go(out);
        }
        match self.lanes.holder() {
            Lane::Base => {
                self.lanes.follow_path();
                self.go(going, now, out)?;
                if !is_ignored {
                    self.lanes.asked(&by.name);
                }
            }
            lane => {
                let scene = self.known(going.scene, now);
                self.lanes.ask_beneath(&by.name, Mix::of(&scene));
                self.tell_beneath(&scene.name, lane, by, out);
            }
        }
        Ok(())
    }

    /// Takes a wish of the base for a mix of scenes.
    pub(in crate::show) fn blend_by(
        &mut self,
        target: &Mix,
        way: (Option<Fades>, Option<Easing>),
        by: &By,
        now: Now,
        out: &mut Out,
    ) {
        if by.is_person {
            self.let_go(out);
        }
        match self.lanes.holder() {
            Lane::Base => {
                self.lanes.follow_path();
                self.blend(target, way, now, out);
                self.lanes.asked(&by.name);
            }
            lane => {
                self.lanes.ask_beneath(&by.name, target.clone());
                self.tell_beneath(&target.name(), lane, by, out);
            }
        }
    }

    /// Takes a wish that holds for a while.
    pub(in crate::show) fn hold(&mut self, going: Going, hold: &Hold, by: &By, now: Now, out: &mut Out) {
        if by.is_person {
            self.let_go(out);
        }
        let scene = self.known(going.scene, now);
        let going = Going { scene: Arc::clone(&scene), policy: Policy::Blend, ..going };
        let fade = scene.way(going.fade.clone(), going.easing).fades.longest().length();
        let held = Override {
            scene: Arc::clone(&scene),
            by: Arc::clone(&by.name),
            priority: hold.priority,
            hold: hold.time,
            until: Until::Arriving(Some(now.mono + fade + hold.time)),
            back: scene.way(hold.release.map(Fades::from).or_else(|| going.fade.clone()), going.easing),
        };
        let taken = self.lanes.hold(held, self.scenery(now.mono));
        if let Some(dropped) = taken.dropped {
            let (stream, scene) = (self.name(), Arc::clone(&dropped.scene.name));
            out.push(Action::Note(Fact::OverrideDropped { stream, name: dropped.by, scene }));
        }
        if !taken.is_on {
            return self.tell_beneath(&scene.name, self.lanes.holder(), by, out);
        }
        if !taken.again {
            self.tell_taken(Lane::Override, by, out);
        }
        // Nothing that blends has to wait.
        let _ = self.go(going, now, out);
        self.time_arrival(now.mono);
    }

    /// Gives a hand the progress of the running transition.
    pub(in crate::show) fn grab_by_hand(&mut self, position: Fader, by: &By, now: Now, out: &mut Out) {
        self.in_hand(by, now, out, |stream, out| stream.grab(position, now, out));
    }

    /// Gives a scene the share of the mix that a hand's fader says.
    pub(in crate::show) fn mix_by_hand(
        &mut self,
        scene: &Arc<Scene>,
        share: Fader,
        by: &By,
        now: Now,
        out: &mut Out,
    ) {
        self.in_hand(by, now, out, |stream, out| stream.mix(scene, share, now, out));
    }

    /// Takes that a hand is on something that the mix knows nothing of; returns whether what it does may be seen.
    pub(in crate::show) fn touch(&mut self, by: &By, now: Now, out: &mut Out) -> bool {
        self.in_hand(by, now, out, |_, _| true)
    }

    /// Lets a hand do something, of which nothing is seen under panic; what moves something takes the operator lane.
    fn in_hand(
        &mut self,
        by: &By,
        now: Now,
        out: &mut Out,
        moves: impl FnOnce(&mut Self, &mut Out) -> bool,
    ) -> bool {
        let scenery = self.scenery(now.mono);
        let is_hidden = self.lanes.holder() == Lane::Panic;
        if !is_hidden && !moves(self, out) {
            return false;
        }
        if self.lanes.touch(&by.name, scenery) {
            self.tell_taken(Lane::Operator, by, out);
        }
        !is_hidden
    }

    /// Does something to the running transition. Under panic nothing: what waits beneath does not run.
    pub(in crate::show) fn steer_by(&mut self, verb: Verb, by: &By, now: Now, out: &mut Out) {
        if self.lanes.holder() == Lane::Panic || self.path.ended(now.mono) {
            return;
        }
        if by.is_person && self.let_go(out) {
            self.lanes.follow_path();
            self.lanes.asked(&by.name);
        }
        self.steer(verb, now, out);
        self.time_arrival(now.mono);
    }

    /// Does something to its lanes; `governed`: the schedule wants something of it.
    pub(in crate::show) fn on_lane_verb(
        &mut self,
        verb: LaneVerb,
        by: &By,
        governed: bool,
        now: Now,
        out: &mut Out,
    ) {
        let scenery = self.scenery(now.mono);
        let end = match verb {
            LaneVerb::Panic => return self.panic(by, now, out),
            LaneVerb::Release => self.lanes.release(governed, scenery),
            LaneVerb::OperatorRelease => self.lanes.release_operator(governed, scenery),
        };
        if let Some(end) = end {
            self.hand_back(end, now, out);
        }
    }

    /// Goes to the panic scene; cuts to it where that is under way or was.
    fn panic(&mut self, by: &By, now: Now, out: &mut Out) {
        let plan = &self.sheet.panic;
        let start = || self.sheet.streams[self.index.0].start.clone();
        let scene = plan.scene.clone().or_else(start).unwrap_or_else(|| Arc::new(Scene::empty("base")));
        let fade = plan.fade;
        let is_first = self.lanes.panic(&by.name, self.scenery(now.mono));
        if is_first {
            self.tell_taken(Lane::Panic, by, out);
        }
        let fade: Fades = if is_first { fade } else { Fade::CUT }.into();
        let easing = Some(Easing::default());
        // Nothing that blends has to wait.
        let _ = self.go(Going { scene, fade: Some(fade), easing, policy: Policy::Blend }, now, out);
    }

    /// Ends what has come to its end; `governed`: the schedule wants something of the stream.
    pub(in crate::show) fn tend_lanes(&mut self, governed: bool, now: Now, out: &mut Out) {
        let rules = (self.operator_plan().idle, governed);
        while let Some(end) = self.lanes.expire(rules, now.mono, || self.path.bound_for()) {
            self.hand_back(end, now, out);
        }
    }

    /// Goes to what the next lower lane wants.
    fn hand_back(&mut self, end: End, now: Now, out: &mut Out) {
        let way = self.way_back(&end);
        let End { lane, by, was_on, back: _, next } = end;
        if was_on {
            let (stream, to) = (self.name(), self.lanes.holder());
            out.push(Action::Note(Fact::LaneReleased { stream, lane, name: by, to }));
        }
        let Some(next) = next else { return };
        if *self.path.target() == next && self.path.ended(now.mono) {
            return;
        }
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(&next, &way, now.mono, seen));
        self.set_out(now.mono);
        let (stream, scene) = (self.name(), Arc::clone(&next.heaviest().name));
        let fade = way.fades.longest().length();
        out.push(Action::Note(Fact::TransitionStarted { stream, scene, fade }));
    }

    /// Returns how the stream goes back from a lane.
    pub(super) fn way_back(&self, end: &End) -> Way {
        let even = |fade| Way::even(fade, Easing::default());
        match (&end.back, end.lane) {
            (Some(way), _) => way.clone(),
            (None, Lane::Operator) => even(self.operator_plan().release),
            (None, _) => even(self.sheet.panic.fade),
        }
    }

    /// Lets go of operator and overrides, whose place the base takes; returns whether one of them had the stream.
    fn let_go(&mut self, out: &mut Out) -> bool {
        let Some((lane, by)) = self.lanes.let_go() else { return false };
        let (stream, to) = (self.name(), Lane::Base);
        out.push(Action::Note(Fact::LaneReleased { stream, lane, name: by, to }));
        true
    }

    /// The hold of an override counts from when its path arrives.
    pub(super) fn time_arrival(&mut self, now: Mono) {
        self.lanes.arrives(self.path.end().map(|end| end.max(now)));
    }

    fn scenery(&self, now: Mono) -> Scenery {
        let waits = self.queue.scenes().next_back().map(Mix::of);
        let left = if self.path.ended(now) { Duration::ZERO } else { self.path.left(now) };
        Scenery { leads_to: waits.unwrap_or_else(|| self.path.bound_for()), left, now }
    }

    pub(super) fn operator_plan(&self) -> OperatorPlan {
        self.sheet.streams[self.index.0].operator
    }

    /// Returns its name and the lane that has it.
    pub(in crate::show) fn lane(&self) -> (&str, Lane) {
        (&self.sheet.streams[self.index.0].name, self.lanes.holder())
    }

    /// Returns whether another lane than the base has it.
    pub(in crate::show) fn is_taken(&self) -> bool {
        self.lanes.holder() != Lane::Base
    }

    /// Returns when a lane hands it back.
    pub(super) fn lane_due(&self) -> Option<Mono> {
        self.lanes.next_due(self.operator_plan().idle)
    }

    fn tell_taken(&self, lane: Lane, by: &By, out: &mut Out) {
        let (stream, name) = (self.name(), Arc::clone(&by.name));
        out.push(Action::Note(Fact::LaneTaken { stream, lane, name }));
    }

    fn tell_beneath(&self, scene: &Arc<str>, lane: Lane, by: &By, out: &mut Out) {
        let (stream, name, scene) = (self.name(), Arc::clone(&by.name), Arc::clone(scene));
        out.push(Action::Note(Fact::DueBeneath { stream, scene, name, lane }));
    }
}
