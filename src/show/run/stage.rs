//! Runs in the show: fires lists, lets them go on when their time has come, and ends them.
//!
//! What single steps do is in `perform.rs` and `outward.rs`.

use std::sync::Arc;

use super::{Arrival, By, Ended, Owner, RunId, Turn, form::Lost, mode::Refused, news::RunNews};
use crate::show::{
    Show,
    event::{Action, Door, StreamIndex},
    fact::Fact,
    memoir::Memoir,
    sheet::{Sheet, Streams},
    stream::{Stream, place::Edge},
    time::{Mono, Now},
    trigger::Refusal,
    variables,
};

impl Show {
    /// Fires the list of a trigger or a cue, if its mode lets it begin.
    pub(in crate::show) fn fire_list(&mut self, owner: &Owner, by: By, now: Now) {
        let Some(list) = owner.list(&self.sheet) else { return };
        let door = by.door;
        match self.runs.begin(owner, list, by, now.mono) {
            Err(refused) => self.refuse_list(owner, refused, door, now),
            Ok(begun) => {
                self.note_stopped(&begun.dropped, "fired again");
                self.out.push(Action::Note(match owner {
                    Owner::Trigger(name) => Fact::Trigger { name: Arc::clone(name), door },
                    Owner::Cue(name) => Fact::Cue { name: Arc::clone(name) },
                }));
                if begun.ahead > 0 {
                    self.note_run(owner.name(), RunNews::Queued { ahead: begun.ahead });
                } else {
                    self.drive(begun.id, now.mono, now);
                }
            }
        }
    }

    /// Says why a list does not begin.
    pub(in crate::show) fn refuse_list(&mut self, owner: &Owner, refused: Refused, door: Door, now: Now) {
        let (reason, example) = (refused.reason(), refused.of(owner.name()));
        self.refuse(door, &Refusal { reason, example }, now);
    }

    /// Lets runs go on whose time has come, in the order of their times; returns whether there were any.
    pub(in crate::show) fn go_on(&mut self, now: Now) -> bool {
        let mut went = false;
        self.runs.look(now.mono);
        loop {
            let streams = &self.streams;
            // When to look again is for whoever sleeps; now it is only asked whether they are there.
            let there = |of: &Streams| match arrival(streams, of, now.mono) {
                Arrival::There => Arrival::There,
                Arrival::Pending(_) => Arrival::Pending(None),
            };
            let Some((id, moment)) = self.runs.due(now.mono, &there) else { return went };
            went = true;
            self.drive(id, moment, now);
        }
    }

    /// Returns when a run wants to go on.
    pub(in crate::show) fn runs_due(&self) -> Option<Mono> {
        let looked = self.runs.looked();
        self.runs.next_due(looked, &|of| arrival(&self.streams, of, looked))
    }

    /// Goes on with the runs and the variables of an earlier process, as they would be by the clock.
    pub(in crate::show) fn resume_runs(&mut self, memoir: &Memoir, now: Now) {
        self.variables = variables::carried(&memoir.variables, &self.sheet.variables);
        let gone = memoir.age(now.wall);
        let (kept, lost) = self.runs.restore(&memoir.runs, &self.sheet, gone, now.mono);
        for name in kept {
            self.note_run(&name, RunNews::Resumed);
        }
        for Lost { name, why } in lost {
            self.note_run(&name, RunNews::Stopped { why });
        }
    }

    /// Ends all that the owners have under way.
    pub(in crate::show) fn stop_runs(&mut self, owners: &[Owner], now: Now) {
        let ended = self.runs.stop(|owner| owners.contains(owner), now.mono);
        self.note_stopped(&ended, "by hand");
    }

    /// Goes on with the sheet that it has been given.
    pub(in crate::show) fn reload_runs(&mut self, old: &Sheet, now: Now) {
        let gone = self.runs.reload(&self.sheet, now.mono);
        self.note_stopped(&gone, "its list was edited");
        if old.variables != self.sheet.variables {
            self.variables = variables::carried(&self.variables, &self.sheet.variables);
            self.variables_edge = Some(Edge::Moved);
        }
    }

    /// Does all that a run does at `moment`, which may be a little ago; and begins the one that waits for its end.
    fn drive(&mut self, id: RunId, moment: Mono, now: Now) {
        let (mut id, mut moment) = (id, moment);
        while let Some(by) = self.runs.by(id).cloned() {
            let streams = &self.streams;
            let turn = self.runs.turn(id, (moment, now.mono), &|of| arrival(streams, of, now.mono));
            match turn {
                Turn::Do(step) => self.perform(&step, &by, now),
                Turn::Waits | Turn::Gone => return,
                Turn::Ended(Ended { owner, after, waited }) => {
                    if waited {
                        self.note_run(owner.name(), RunNews::Ended { after });
                    }
                    let Some(next) = self.runs.follow(&owner, now.mono) else { return };
                    (id, moment) = (next, now.mono);
                }
            }
        }
    }

    fn note_stopped(&mut self, ended: &[Ended], why: &'static str) {
        for Ended { owner, .. } in ended {
            self.note_run(owner.name(), RunNews::Stopped { why });
        }
    }

    pub(in crate::show) fn note_run(&mut self, name: &Arc<str>, news: RunNews) {
        self.out.push(Action::Note(Fact::Run { name: Arc::clone(name), news }));
    }
}

/// Returns whether the transitions of some streams have ended.
fn arrival(streams: &[Stream], of: &Streams, now: Mono) -> Arrival {
    let meant = streams.iter().enumerate().filter(|(index, _)| of.contains(StreamIndex(*index)));
    let mut look: Option<Mono> = None;
    let mut pending = false;
    for (_, stream) in meant {
        if let Arrival::Pending(next) = stream.arrival(now) {
            pending = true;
            // The last of them decides, but each may be the last.
            look = match (look, next) {
                (Some(look), Some(next)) => Some(look.min(next)),
                (look, next) => look.or(next),
            };
        }
    }
    if pending { Arrival::Pending(look) } else { Arrival::There }
}
