//! Firing: from what triggers hear to what is done, past the gate, the condition and the guard against circles.

use std::sync::Arc;

use super::{
    Heard, Refusal,
    gate::{Gate, Shut},
    hit::{Hit, News},
    post::{CHAIN_MAX, LOOP_MAX},
    views::View,
};
use crate::show::{
    Show,
    event::{Action, Door, StreamIndex},
    fact::Fact,
    lane::By,
    run::Owner,
    scope::Occasion,
    sheet::Step,
    stream::place::Edge,
    time::Now,
};

/// Why a trigger is stopped.
const OFTEN: &str = "it fired more than 20 times within 10 s, and no hand was in it";
const DEEP: &str = "it is the end of a chain of more than 8 triggers that fire each other";

impl Show {
    /// Takes what a message is to the show.
    pub(in crate::show) fn heed(&mut self, heard: Heard, door: Door, now: Now) {
        let Heard { hits, asks } = heard;
        if !asks.is_empty() || door == Door::Osc && !hits.is_empty() {
            self.triggers.on_hand(&self.sheet, now.mono);
        }
        self.hear(hits, door, now);
        self.obey(asks, door, now);
    }

    /// Lets the triggers hear something.
    pub(in crate::show) fn hear(&mut self, hits: Vec<Hit>, door: Door, now: Now) {
        for Hit { trigger, when, source, news, occasion } in hits {
            let News::Level(level) = news else {
                self.triggers.awake(&self.sheet, (trigger, when), now.mono);
                continue;
            };
            let (of, post) = (&self.sheet.triggers[trigger], &mut self.triggers.posts[trigger]);
            let source = (when, source);
            let state =
                |gate: &Gate, source| (gate.sources.get(source).map(|heard| heard.side), gate.next_due());
            let before = state(&post.gate, &source);
            let occasion = occasion.seen_by(&of.name, door);
            let through = post.gate.hear(&of.limits, source.clone(), level, occasion, now.mono);
            if state(&post.gate, &source) != before {
                self.triggers.edge = self.triggers.edge.max(Some(Edge::Moved));
            }
            if let Some(occasion) = through {
                self.fire(trigger, door, occasion, now);
            }
        }
    }

    /// Fires what has become due by the clock.
    pub(in crate::show) fn fire_due(&mut self, now: Now) {
        for (trigger, door, occasion) in self.triggers.due(&self.sheet, now.mono) {
            self.fire(trigger, door, occasion, now);
        }
    }

    /// Looks what has become of the streams. What fires now may lead to more at the same instant: then they are looked at again.
    pub(in crate::show) fn look_at_streams(&mut self, now: Now) {
        if !self.triggers.looks || self.stopping {
            return;
        }
        let mut fired = 0;
        for index in 0..self.streams.len() {
            let sight = self.streams[index].sight(now.mono);
            let Some(view) = &mut self.triggers.views[index] else {
                self.triggers.views[index] = Some(View::new(sight));
                continue;
            };
            let hits = view.look(&self.sheet, StreamIndex(index), sight);
            fired += hits.len();
            self.hear(hits, Door::Show, now);
        }
        self.triggers.looked = now.mono;
        if fired > 0 {
            self.triggers.chain += 1;
            self.unsettled = Some(now);
        }
    }

    /// Enables or disables a trigger.
    pub(in crate::show) fn switch_trigger(&mut self, name: &Arc<str>, enabled: bool) {
        let Some(at) = self.sheet.triggers.iter().position(|trigger| trigger.name == *name) else { return };
        let post = &mut self.triggers.posts[at];
        if post.gate.enabled == enabled && !post.looping {
            return;
        }
        post.gate.switch(enabled);
        post.looping = false;
        post.recent.clear();
        post.why_not = None;
        self.triggers.edge = Some(Edge::Turned);
        self.out.push(Action::Note(Fact::TriggerSwitched { name: Arc::clone(name), enabled }));
    }

    /// Fires a trigger, unless its gate, its condition or the guard against circles is against it.
    pub(in crate::show) fn fire(&mut self, trigger: usize, door: Door, occasion: Occasion, now: Now) {
        if self.stopping {
            return;
        }
        let sheet = Arc::clone(&self.sheet);
        let of = &sheet.triggers[trigger];
        let occasion = occasion.seen_by(&of.name, door);
        if let Err(why_not) = self.may_fire(trigger, door, &occasion, now) {
            self.triggers.posts[trigger].why_not = Some(why_not);
            return;
        }
        if matches!(door, Door::Cron | Door::Show) && self.goes_in_circles(trigger, now) {
            return;
        }
        let (owner, takes_time) = (Owner::Trigger(Arc::clone(&of.name)), Step::take_time(&of.steps));
        if let (true, Err(refused)) = (takes_time, self.runs.admit(&owner, of.mode)) {
            self.refuse_list(&owner, refused, door, now);
            self.triggers.posts[trigger].why_not = Some(format!("`mode`: {}", refused.reason()));
            return;
        }
        let post = &mut self.triggers.posts[trigger];
        post.gate.fire(&of.limits, now.mono);
        post.fired += 1;
        post.fired_at = Some(now.wall);
        post.why_not = None;
        let lasts = of.limits.cooldown.is_some() || of.limits.release_for.is_some();
        if lasts {
            self.triggers.edge = Some(Edge::Turned);
        }
        if matches!(door, Door::Mqtt | Door::Http) {
            self.triggers.on_hand(&self.sheet, now.mono);
        }
        let by = By { name: Arc::clone(&of.name), door, is_person: false, occasion: Arc::new(occasion) };
        if takes_time {
            self.fire_list(&owner, by, now);
        } else {
            self.take_steps(&of.steps, &by, now);
        }
    }

    /// Asks the gate, and then the condition of the show file.
    fn may_fire(&mut self, trigger: usize, door: Door, occasion: &Occasion, now: Now) -> Result<(), String> {
        let gate = &self.triggers.posts[trigger].gate;
        if let Some(shut) = gate.shut(now.mono) {
            return Err(match shut {
                Shut::Disabled => "it is disabled",
                Shut::Throttle => "`throttle`: it had fired just before",
                Shut::Cooldown => "`cooldown`: it had fired not long before",
            }
            .to_owned());
        }
        let Some(condition) = self.sheet.triggers[trigger].condition.clone() else { return Ok(()) };
        match condition.holds(&self.scope(occasion.clone(), now)) {
            Ok(true) => Ok(()),
            Ok(false) => Err("`if` did not hold".to_owned()),
            Err(failed) => {
                let example = format!("{}: {failed}", occasion.trigger);
                self.refuse(door, &Refusal { reason: "`if` cannot be told", example }, now);
                Err(format!("`if` cannot be told: {failed}"))
            }
        }
    }

    /// Stops a trigger that fires again and again because of what triggers do.
    fn goes_in_circles(&mut self, trigger: usize, now: Now) -> bool {
        let too_deep = self.triggers.chain > CHAIN_MAX;
        let post = &mut self.triggers.posts[trigger];
        let why = match post.circles(now.mono) {
            _ if too_deep => DEEP,
            true => OFTEN,
            false => return false,
        };
        const { assert!(LOOP_MAX == 20 && CHAIN_MAX == 8, "the words say so") };
        post.gate.switch(false);
        post.looping = true;
        post.why_not = Some(format!("it was stopped: {why}"));
        self.triggers.edge = Some(Edge::Turned);
        let name = Arc::clone(&self.sheet.triggers[trigger].name);
        self.out.push(Action::Note(Fact::TriggerLooping { name, why }));
        true
    }
}
