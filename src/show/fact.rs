//! Facts: what the log tells, the metrics count and the history keeps. One stream of them, written once, read thrice.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    event::{Door, FailureKind},
    health::StatusReport,
    lane::Lane,
    reload::Changes,
    run::RunNews,
    sheet::Verb,
    snapshot::Due,
};

/// Something that happened to the show and that somebody may ask about later.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// A trigger fired, or one of the fixed addresses, topics and routes was used.
    Trigger {
        /// The trigger's name, or the address, topic or route.
        name: Arc<str>,
        /// The door it came through.
        door: Door,
    },
    /// A trigger was enabled or disabled.
    TriggerSwitched {
        /// The trigger's name.
        name: Arc<str>,
        /// Whether it may fire now.
        enabled: bool,
    },
    /// A trigger was stopped because it fired again and again with nobody's hand in it.
    TriggerLooping {
        /// The trigger's name.
        name: Arc<str>,
        /// What gave it away.
        why: &'static str,
    },
    /// A cue ran.
    Cue {
        /// The cue's name.
        name: Arc<str>,
    },
    /// Something else is due on a stream by the schedule.
    Due {
        /// The stream.
        stream: Arc<str>,
        /// What, and until when.
        #[serde(flatten)]
        due: Due,
    },
    /// Somebody lets the schedule do nothing for a while.
    Bypassed {
        /// How long.
        #[serde(rename = "time_seconds", serialize_with = "as_seconds")]
        time: Duration,
    },
    /// The schedule is followed again.
    BypassOver,
    /// A playlist began to play.
    PlaylistStarted {
        /// The playlist.
        name: Arc<str>,
    },
    /// A playlist went to a step.
    PlaylistStep {
        /// The playlist.
        name: Arc<str>,
        /// The number of the step, from 1.
        step: usize,
        /// What it is called.
        label: Arc<str>,
        /// How long it stays once it is there; `None`: until somebody says GO.
        #[serde(rename = "hold_seconds")]
        hold: Option<Seconds>,
    },
    /// A hand did something to a playlist besides firing a step.
    PlaylistSteered {
        /// The playlist.
        name: Arc<str>,
        /// What was done: `pause`, `resume` or `standby`.
        verb: &'static str,
        /// The number of the step that stands by now, from 1.
        step: Option<usize>,
    },
    /// A playlist goes on where an earlier run of the show left it.
    PlaylistResumed {
        /// The playlist.
        name: Arc<str>,
        /// The number of the step that it is at, from 1.
        step: usize,
        /// What it is called.
        label: Arc<str>,
    },
    /// A playlist plays no more; what is on stays.
    PlaylistEnded {
        /// The playlist.
        name: Arc<str>,
        /// Why: `over`, `stopped`, or what took its place.
        why: &'static str,
    },
    /// A stream began to move to a scene.
    TransitionStarted {
        /// The stream.
        stream: Arc<str>,
        /// The scene it moves to.
        scene: Arc<str>,
        /// How long it takes.
        #[serde(rename = "fade_seconds", serialize_with = "as_seconds")]
        fade: Duration,
    },
    /// A wish to go to a scene waits until what runs and waits before it has ended.
    TransitionQueued {
        /// The stream.
        stream: Arc<str>,
        /// The scene it will move to.
        scene: Arc<str>,
        /// How many transitions come before it, the running one included.
        ahead: usize,
    },
    /// A wish to go to a scene was dropped, because it says that it is only for a stream at rest.
    TransitionIgnored {
        /// The stream.
        stream: Arc<str>,
        /// The scene that it does not move to.
        scene: Arc<str>,
        /// Where the running transition leads.
        running: Arc<str>,
    },
    /// A wish that waited was dropped, because a later one took its place.
    TransitionDropped {
        /// The stream.
        stream: Arc<str>,
        /// The scene that it will not move to.
        scene: Arc<str>,
        /// The scene that it moves to instead.
        instead: Arc<str>,
    },
    /// Somebody did something to a running transition.
    TransitionSteered {
        /// The stream.
        stream: Arc<str>,
        /// Where it leads now.
        scene: Arc<str>,
        /// What was done.
        verb: Verb,
    },
    /// A hand took the progress of a running transition.
    TransitionGrabbed {
        /// The stream.
        stream: Arc<str>,
        /// Where it leads.
        scene: Arc<str>,
    },
    /// A stream has arrived at a scene, exactly, and the backend has acknowledged it.
    TransitionEnded {
        /// The stream.
        stream: Arc<str>,
        /// The scene it arrived at.
        scene: Arc<str>,
    },
    /// A stream goes on where an earlier run of the show left it.
    TransitionResumed {
        /// The stream.
        stream: Arc<str>,
        /// Where it leads.
        scene: Arc<str>,
        /// How much of its time has passed, 0 to 1; 1 for one that had arrived.
        progress: f64,
        /// How long it still takes.
        #[serde(rename = "left_seconds", serialize_with = "as_seconds")]
        left: Duration,
    },
    /// A stream begins anew, because where it was cannot be gone on from.
    NotResumed {
        /// The stream.
        stream: Arc<str>,
        /// Why not.
        why: String,
    },
    /// A cron trigger was not there when it was due.
    RunMissed {
        /// The trigger's name.
        name: Arc<str>,
        /// When it was due, the last time that it was.
        at: Timestamp,
        /// Whether it is fired now.
        made_up: bool,
    },
    /// The backend accepted an update.
    Updated {
        /// The stream.
        stream: Arc<str>,
        /// From sending to the answer.
        #[serde(rename = "round_trip_seconds", serialize_with = "as_seconds")]
        round_trip: Duration,
        /// Prompts and seeds that the runner had not in their slots and must encode.
        encodes: u32,
        /// Looks that were due since the last update and went unsent, because a newer one replaced them.
        coalesced: u32,
    },
    /// A request failed; it is tried again where that can help.
    RequestFailed {
        /// The stream.
        stream: Arc<str>,
        /// What was asked: `create`, `get`, `update`, `status`, `delete`.
        request: &'static str,
        /// What the failure means.
        failure: FailureKind,
        /// What happened, for people.
        message: String,
        /// How many in a row, this one included.
        in_a_row: u32,
    },
    /// A request succeeded after others had failed.
    RequestHealed {
        /// The stream.
        stream: Arc<str>,
        /// What was asked.
        request: &'static str,
        /// How many had failed.
        after: u32,
    },
    /// The status was read.
    Polled {
        /// The stream.
        stream: Arc<str>,
        /// What it said.
        report: Box<StatusReport>,
    },
    /// The state of a stream, as the backend names it, is another than before.
    StateChanged {
        /// The stream.
        stream: Arc<str>,
        /// The state before; `None` at first.
        from: Option<String>,
        /// The state now.
        to: String,
    },
    /// The runner reported a new error: what was sent last may not be in force.
    RunnerError {
        /// The stream.
        stream: Arc<str>,
        /// The runner's words.
        message: String,
    },
    /// The API had something to say about an update that it accepted.
    Warned {
        /// The stream.
        stream: Arc<str>,
        /// The API's words.
        message: String,
    },
    /// A stream was created.
    StreamCreated {
        /// The stream.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
    },
    /// An existing stream was attached.
    StreamAttached {
        /// The stream.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
    },
    /// The backend knows the stream no more.
    StreamLost {
        /// The stream.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
        /// What is done about it, for people.
        next: &'static str,
    },
    /// So many streams were lost within an hour that no other is created for a while.
    CreatesSpent {
        /// The stream.
        stream: Arc<str>,
        /// Until the next one may be created.
        #[serde(rename = "wait_seconds", serialize_with = "as_seconds")]
        wait: Duration,
    },
    /// The backend started anew and may have forgotten the look; it is sent again in full.
    Reasserted {
        /// The stream.
        stream: Arc<str>,
        /// What gave it away.
        why: &'static str,
    },
    /// A stream is given up for another one: it has shown no picture for too long.
    StreamReplaced {
        /// The stream.
        stream: Arc<str>,
        /// The id of the old one at the backend.
        id: Arc<str>,
    },
    /// A stream that was replaced is deleted.
    LeftoverDeleted {
        /// The stream that it was.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
    },
    /// A stream that was replaced cannot be deleted; somebody should do it by hand.
    LeftBehind {
        /// The stream that it was.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
    },
    /// The fallback scene was put on.
    FallenBack {
        /// The stream.
        stream: Arc<str>,
        /// The fallback scene.
        scene: Arc<str>,
    },
    /// No video goes into a stream.
    InputLost {
        /// The stream.
        stream: Arc<str>,
    },
    /// Video goes in again.
    InputBack {
        /// The stream.
        stream: Arc<str>,
    },
    /// People are needed.
    Alarm {
        /// The stream.
        stream: Arc<str>,
        /// Why, in plain words.
        reason: String,
    },
    /// People are no longer needed.
    AlarmOver {
        /// The stream.
        stream: Arc<str>,
        /// How long they were.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// Another client has written to a stream.
    Drifted {
        /// The stream.
        stream: Arc<str>,
        /// Which parameters differ from what we sent.
        names: String,
        /// Whether ours are sent again.
        reassert: bool,
    },
    /// A stream was deleted at the end of the show.
    StreamDeleted {
        /// The stream.
        stream: Arc<str>,
        /// Its id at the backend.
        id: Arc<str>,
    },
    /// The MQTT broker was reached or lost.
    Broker {
        /// Whether there is a session now.
        connected: bool,
        /// What the broker or the network said.
        detail: String,
    },
    /// Something from outside was refused; told once per kind and interval, with the count since.
    Refused {
        /// The door it came through.
        door: Door,
        /// The kind of mistake.
        reason: &'static str,
        /// How many since this was last told.
        count: u64,
        /// One example, bounded and printable.
        example: String,
    },
    /// An edit of the show file was taken over.
    Reloaded(Changes),
    /// The show file is wrong or cannot be read; the show goes on as it was.
    NotReloaded {
        /// The first mistake, with its place.
        message: String,
        /// How many there are.
        mistakes: usize,
    },
    /// Something could not be written to disk; the show goes on without.
    NotRemembered {
        /// The stream.
        stream: Arc<str>,
        /// Why.
        message: String,
    },
    /// A list of a trigger or a cue did something, or something became of it.
    Run {
        /// The trigger or cue.
        name: Arc<str>,
        /// What.
        #[serde(flatten)]
        news: RunNews,
    },
    /// A higher lane took a stream.
    LaneTaken {
        /// The stream.
        stream: Arc<str>,
        /// The lane.
        lane: Lane,
        /// Who asked: the cue, the trigger, or the address, topic or route.
        name: Arc<str>,
    },
    /// A lane let a stream go.
    LaneReleased {
        /// The stream.
        stream: Arc<str>,
        /// The lane.
        lane: Lane,
        /// Who had asked.
        name: Arc<str>,
        /// Who has the stream now.
        to: Lane,
    },
    /// A scene was asked for and waits for a higher lane to let go.
    DueBeneath {
        /// The stream.
        stream: Arc<str>,
        /// The scene.
        scene: Arc<str>,
        /// Who asked.
        name: Arc<str>,
        /// Who has the stream.
        lane: Lane,
    },
    /// A scene that was to hold for a while was dropped: too many wait.
    OverrideDropped {
        /// The stream.
        stream: Arc<str>,
        /// Who had asked.
        name: Arc<str>,
        /// The scene.
        scene: Arc<str>,
    },
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// A length of time that is written down in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Seconds(#[serde(serialize_with = "as_seconds")] pub Duration);
