//! What people are told of a stream: once when they are needed, once when they no longer are. And that its camera is off,
//! which is told too but is nobody's alarm: museums switch them off each night.

use std::time::Duration;

use super::{Desk, pulse::Beat};
use crate::show::{
    event::Notice,
    fact::Fact,
    snapshot::{AlarmTold, StreamSnapshot},
    time::Mono,
};

/// The alarm of one stream.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    raised: Option<(Mono, String)>,
    idle: bool,
}

impl Alarm {
    pub(super) fn is_raised(&self) -> bool {
        self.raised.is_some()
    }

    /// Takes why people are needed now, if they are.
    pub(super) fn update(&mut self, reason: Option<String>, desk: &mut Desk<'_>) {
        let now = desk.now.mono;
        let stream = desk.name();
        match (&mut self.raised, reason) {
            (None, None) => {}
            (Some((_, told)), Some(reason)) => *told = reason,
            (None, Some(reason)) => {
                desk.note(Fact::Alarm { stream, reason: reason.clone() });
                desk.tell(Notice::Alarm { raised: true, reason: reason.clone() });
                self.raised = Some((now, reason));
            }
            (Some((since, told)), None) => {
                let (after, reason) = (now.since(*since), std::mem::take(told));
                desk.note(Fact::AlarmOver { stream, after });
                desk.tell(Notice::Alarm { raised: false, reason });
                self.raised = None;
            }
        }
    }

    /// Takes whether video comes in.
    pub(super) fn on_beat(&mut self, beat: Beat, told_after: Duration, desk: &mut Desk<'_>) {
        let stream = desk.name();
        match beat {
            Beat::NoInput(idle) if idle >= told_after && !self.idle => {
                self.idle = true;
                desk.note(Fact::InputLost { stream });
            }
            Beat::Dark(_) | Beat::Flowing if self.idle => {
                self.idle = false;
                desk.note(Fact::InputBack { stream });
            }
            _ => {}
        }
    }

    pub(super) fn describe(&self, snapshot: &mut StreamSnapshot, now: Mono) {
        snapshot.alarm = self.raised.as_ref().map(|(since, reason)| AlarmTold {
            reason: reason.clone(),
            seconds_ago: now.since(*since).as_secs_f64(),
        });
    }
}
