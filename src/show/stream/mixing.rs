//! What lists of steps ask of a stream besides scenes: to go to a mix of several, and whether it has arrived.

use super::{ARRIVAL_MAX, Stream};
use crate::show::{
    easing::Easing,
    event::Action,
    fact::Fact,
    fades::Fades,
    mix::Mix,
    out::Out,
    run::Arrival,
    time::{Mono, Now},
};

impl Stream {
    /// Goes to a mix at once, and drops what waits.
    ///
    /// Asked again for where it is going already, only sooner counts.
    pub(super) fn blend(
        &mut self,
        target: &Mix,
        (fade, easing): (Option<Fades>, Option<Easing>),
        now: Now,
        out: &mut Out,
    ) {
        let way = target.heaviest().way(fade, easing);
        let fade = way.fades.longest().length();
        let (stream, name) = (self.name(), target.name());
        self.drop_waiting(&name, out);
        let again = self.path.target().is_at(target) && !self.path.is_mixed();
        if again && self.path.end().is_some_and(|end| now.mono + fade >= end) {
            self.courier.on_asked_again(now.mono);
            return;
        }
        let seen = self.courier.led_to(now.mono);
        self.path.take(self.path.retarget(target, &way, now.mono, seen));
        self.set_out(now.mono);
        out.push(Action::Note(Fact::TransitionStarted { stream, scene: name, fade }));
    }

    /// Returns whether all that it was asked for has been arrived at.
    pub(in crate::show) fn arrival(&self, now: Mono) -> Arrival {
        if !self.queue.is_empty() {
            // What waits has a moment of its own.
            return Arrival::Pending(None);
        }
        if !self.is_under_way(now) {
            return Arrival::There;
        }
        let end = self.path.end();
        Arrival::Pending(end.map(|end| if end > now { end } else { end + ARRIVAL_MAX }))
    }
}
