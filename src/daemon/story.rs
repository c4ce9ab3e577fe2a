//! Tells the facts of the show to the log. INFO is the story of the night; what repeats itself is told ever more rarely,
//! and what comes in floods is counted.

use tracing::{debug, error, info, warn};

use crate::{
    record::fold::{Fold, Held, Kind, Taken},
    show::{duration, event::FailureKind, fact::Fact, reload::Changes, snapshot::Due, time::Mono},
};

/// Tells facts.
#[derive(Debug, Default)]
pub struct Story {
    folded: Fold<()>,
}

impl Story {
    /// Begins a story.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells a fact, or counts it if there were many of its kind within a minute.
    pub fn tell(&mut self, fact: &Fact, now: Mono) {
        self.pass(now);
        // Told more rarely already, or told to those only who asked for everything.
        let is_quiet = matches!(fact, Fact::RequestFailed { in_a_row, .. } if !in_a_row.is_power_of_two());
        let taken = Kind::of_line(fact).filter(|_| !is_quiet).map(|kind| self.folded.take(kind, (), now));
        if matches!(taken, None | Some(Taken::Free(()))) {
            tell(fact);
        }
    }

    /// Tells the counts of minutes that are over.
    pub fn pass(&mut self, now: Mono) {
        for (kind, held) in self.folded.ended(now) {
            sum_up(&kind, &held);
        }
    }

    /// Tells the counts that are left.
    pub fn end(&mut self) {
        for (kind, held) in self.folded.rest() {
            sum_up(&kind, &held);
        }
    }
}

/// One line for all that were not told.
fn sum_up(Kind { kind, of, apart: [door, reason] }: &Kind, held: &Held<()>) {
    info!(kind, of = %of, door, reason, count = held.count, "And as many more of these within a minute.");
}

/// Writes what becomes of a trigger to the log.
fn tell_trigger(fact: &Fact) {
    match fact {
        Fact::TriggerSwitched { name, enabled: true } => info!(trigger = %name, "Trigger enabled."),
        Fact::TriggerSwitched { name, enabled: false } => info!(trigger = %name, "Trigger disabled."),
        Fact::TriggerLooping { name, why } => {
            error!(trigger = %name, why, "Trigger stopped: it goes in circles. Mend the show file, or enable it again.");
        }
        _ => {}
    }
}

/// Writes who has a stream now.
fn tell_lane(fact: &Fact) {
    match fact {
        Fact::LaneTaken { stream, lane, name } => {
            info!(%stream, lane = lane.as_str(), by = %name, "Lane taken.");
        }
        Fact::LaneReleased { stream, lane, name, to } => {
            info!(%stream, lane = lane.as_str(), by = %name, to = to.as_str(), "Lane released.");
        }
        Fact::DueBeneath { stream, scene, name, lane } => {
            info!(%stream, %scene, by = %name, lane = lane.as_str(), "Scene waits beneath a higher lane.");
        }
        Fact::OverrideDropped { stream, name, scene } => {
            warn!(%stream, %scene, by = %name, "Scene that was to hold was dropped: too many wait.");
        }
        _ => {}
    }
}

/// Writes one fact to the log.
#[expect(clippy::too_many_lines, reason = "one arm for each fact")]
fn tell(fact: &Fact) {
    match fact {
        Fact::Trigger { name, door } => info!(trigger = %name, door = door.as_str(), "Trigger fired."),
        Fact::TriggerSwitched { .. } | Fact::TriggerLooping { .. } => tell_trigger(fact),
        Fact::Cue { name } => info!(cue = %name, "Cue started."),
        Fact::Due { .. } | Fact::Bypassed { .. } | Fact::BypassOver => tell_schedule(fact),
        Fact::PlaylistStarted { .. }
        | Fact::PlaylistStep { .. }
        | Fact::PlaylistSteered { .. }
        | Fact::PlaylistResumed { .. }
        | Fact::PlaylistEnded { .. } => tell_playlist(fact),
        Fact::TransitionStarted { stream, scene, fade } => {
            info!(%stream, %scene, fade = duration::text(*fade), "Transition started.");
        }
        Fact::TransitionSteered { stream, scene, verb } => {
            info!(%stream, %scene, verb = verb.name(), "Transition steered.");
        }
        Fact::TransitionQueued { stream, scene, ahead } => {
            info!(%stream, %scene, ahead, "Transition waits.");
        }
        Fact::TransitionIgnored { stream, scene, running } => {
            info!(%stream, %scene, %running, "Transition not started: another is running.");
        }
        Fact::TransitionDropped { stream, scene, instead } => {
            info!(%stream, %scene, %instead, "Transition that waited was dropped.");
        }
        Fact::TransitionResumed { .. } | Fact::NotResumed { .. } | Fact::RunMissed { .. } => {
            tell_restart(fact);
        }
        Fact::LaneTaken { .. }
        | Fact::LaneReleased { .. }
        | Fact::DueBeneath { .. }
        | Fact::OverrideDropped { .. } => tell_lane(fact),
        Fact::TransitionGrabbed { stream, scene } => info!(%stream, %scene, "Transition in a hand."),
        Fact::TransitionEnded { stream, scene } => info!(%stream, %scene, "Transition ended."),
        Fact::Updated { stream, round_trip, encodes, coalesced } => {
            debug!(%stream, ?round_trip, encodes, coalesced, "Update accepted.");
        }
        Fact::Polled { stream, report } => {
            let state = report.state.as_deref();
            debug!(%stream, state, fps_in = report.fps_in, fps_out = report.fps_out, "Status read.");
        }
        Fact::StateChanged { stream, from, to } => {
            info!(%stream, from = from.as_deref(), to, "Stream changed state.");
        }
        Fact::RunnerError { stream, message } => warn!(%stream, message, "Runner reported an error."),
        Fact::Warned { stream, message } => warn!(%stream, message, "API warned."),
        Fact::StreamCreated { stream, id } => info!(%stream, %id, "Stream created."),
        Fact::StreamAttached { stream, id } => info!(%stream, %id, "Stream attached."),
        Fact::StreamLost { stream, id, next } => warn!(%stream, %id, next, "Stream lost."),
        Fact::CreatesSpent { stream, wait } => {
            let wait = duration::text(*wait);
            error!(%stream, wait, "Too many streams were lost; no other is created for now.");
        }
        Fact::Reasserted { stream, why } => warn!(%stream, why, "Look sent again in full."),
        Fact::StreamReplaced { .. }
        | Fact::LeftoverDeleted { .. }
        | Fact::LeftBehind { .. }
        | Fact::FallenBack { .. }
        | Fact::InputLost { .. }
        | Fact::InputBack { .. }
        | Fact::Alarm { .. }
        | Fact::AlarmOver { .. }
        | Fact::Drifted { .. } => tell_recovery(fact),
        Fact::StreamDeleted { stream, id } => info!(%stream, %id, "Stream deleted."),
        Fact::NotRemembered { stream, message } => {
            error!(%stream, message, "State cannot be written to disk; the show goes on without.");
        }
        Fact::RequestFailed { .. } | Fact::RequestHealed { .. } => tell_request(fact),
        Fact::Reloaded(_) | Fact::NotReloaded { .. } => tell_reload(fact),
        Fact::Broker { connected, detail } if *connected => info!(detail, "MQTT broker reached."),
        Fact::Broker { detail, .. } => {
            warn!(detail, "MQTT broker lost; trying again for as long as it takes.");
        }
        Fact::Run { name, news } if news.is_bad() => warn!(list = %name, "{}.", news.told()),
        Fact::Run { name, news } => info!(list = %name, "{}.", news.told()),
        Fact::Refused { door, reason, count, example } => {
            warn!(door = door.as_str(), reason, count, example, "Input refused.");
        }
    }
}

/// What the schedule has to say.
fn tell_schedule(fact: &Fact) {
    match fact {
        Fact::Due { stream, due: Due { scene, playlist, until, then, then_playlist } } => {
            let (scene, playlist) = (scene.as_deref(), playlist.as_deref());
            let then = then.as_deref().or(then_playlist.as_deref());
            let until = until.map(tracing::field::display);
            info!(%stream, scene, playlist, until, then, "Due by the schedule.");
        }
        Fact::Bypassed { time } => info!(time = duration::text(*time), "Schedule bypassed."),
        Fact::BypassOver => info!("Schedule followed again."),
        _ => {}
    }
}

/// Where playlists are.
fn tell_playlist(fact: &Fact) {
    match fact {
        Fact::PlaylistStarted { name } => info!(playlist = %name, "Playlist started."),
        Fact::PlaylistStep { name, step, label, hold } => {
            let hold = hold.map(|hold| duration::text(hold.0));
            info!(playlist = %name, step, label = %label, hold, "Playlist went on.");
        }
        Fact::PlaylistSteered { name, verb, step } => {
            info!(playlist = %name, verb, step, "Playlist steered.");
        }
        Fact::PlaylistResumed { name, step, label } => {
            info!(playlist = %name, step, label = %label, "Playlist resumed.");
        }
        Fact::PlaylistEnded { name, why } => info!(playlist = %name, why, "Playlist ended."),
        _ => {}
    }
}

/// What became of the time in which the show was away.
fn tell_restart(fact: &Fact) {
    match fact {
        Fact::TransitionResumed { stream, scene, progress, left } if *progress < 1.0 => {
            let left = duration::text(*left);
            info!(%stream, %scene, left, "Transition resumed at {:.0} %.", progress * 100.0);
        }
        Fact::TransitionResumed { stream, scene, .. } => info!(%stream, %scene, "Scene resumed."),
        Fact::NotResumed { stream, why } => {
            warn!(%stream, why, "Stream begins anew: where it was cannot be gone on from.");
        }
        Fact::RunMissed { name, at, made_up: true } => info!(trigger = %name, %at, "Missed run made up for."),
        Fact::RunMissed { name, at, made_up: false } => {
            info!(trigger = %name, %at, "Missed run passed over.");
        }
        _ => {}
    }
}

/// What is done about a stream that shows no picture, and who is needed.
fn tell_recovery(fact: &Fact) {
    match fact {
        Fact::StreamReplaced { stream, id } => warn!(%stream, %id, "Stream given up for another."),
        Fact::LeftoverDeleted { stream, id } => info!(%stream, %id, "Old stream deleted."),
        Fact::LeftBehind { stream, id } => {
            error!(%stream, %id, "An old stream cannot be deleted; delete it with `segue stream delete`.");
        }
        Fact::FallenBack { stream, scene } => warn!(%stream, %scene, "Fallback scene put on."),
        Fact::InputLost { stream } => warn!(%stream, "No video goes into the stream; is its camera off?"),
        Fact::InputBack { stream } => info!(%stream, "Video goes into the stream again."),
        Fact::Alarm { stream, reason } => error!(%stream, reason, "Somebody is needed."),
        Fact::AlarmOver { stream, after } => {
            info!(%stream, after = duration::text(*after), "Nobody is needed any more.");
        }
        Fact::Drifted { stream, names, reassert } => {
            let then = if *reassert { "ours are sent again" } else { "they are left" };
            warn!(%stream, names, then, "Another client has written to the stream.");
        }
        _ => {}
    }
}

/// What became of an edited show file.
fn tell_reload(fact: &Fact) {
    match fact {
        Fact::Reloaded(Changes { changed, kept }) => {
            info!(changed = changed.join(", "), "Show file taken over.");
            for kept in kept {
                warn!("Not taken over: {kept}.");
            }
        }
        Fact::NotReloaded { mistakes, .. } => {
            error!(mistakes, "The show file is wrong; the show goes on as it was.");
        }
        _ => {}
    }
}

/// Requests that fail again and again are told at the 1st, 2nd, 4th, 8th … failure.
fn tell_request(fact: &Fact) {
    match fact {
        Fact::RequestFailed { stream, request, failure, message, in_a_row } => {
            if !in_a_row.is_power_of_two() {
                debug!(%stream, request, ?failure, message, in_a_row, "Request failed.");
            } else if *failure == FailureKind::Key {
                error!(%stream, request, message, in_a_row, "The API does not accept the key.");
            } else {
                warn!(%stream, request, ?failure, message, in_a_row, "Request failed.");
            }
        }
        Fact::RequestHealed { stream, request, after } => {
            info!(%stream, request, failures = after, "Request succeeded again.");
        }
        _ => {}
    }
}
