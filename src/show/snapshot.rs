//! What may be seen of the show: by the page, the status command, MQTT. A copy; nobody reads the live state.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::Value;

use super::{
    lane::LaneSnapshot, playlist::snapshot::PlaylistSnapshot, time::Mono, transition::Transition,
    variables::Values, venue::Backend,
};

/// The show at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// The show's name.
    pub show: Arc<str>,
    /// Every stream, in the order of the file.
    pub streams: Vec<StreamSnapshot>,
    /// Every playlist of the show, by name.
    pub playlists: Vec<PlaylistSnapshot>,
    /// The next runs of cron triggers, soonest first; five at most.
    pub upcoming: Vec<Upcoming>,
    /// Until when the schedule is bypassed; `None` if it is not.
    pub bypassed_until: Option<Timestamp>,
    /// What became of the show file; `None` for a show that was in none.
    pub show_file: Option<ShowFile>,
    /// Whether there is an MQTT session; `None` if the show has no broker.
    pub broker_connected: Option<bool>,
    /// Every trigger, in the order of the file.
    pub triggers: Vec<TriggerSnapshot>,
    /// The lists that are under way, the oldest first; 64 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunSnapshot>,
    /// The variables with their values.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub variables: Values,
}

/// One trigger at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TriggerSnapshot {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it may fire.
    pub enabled: bool,
    /// How often it has fired.
    pub fired: u64,
    /// When it last did.
    pub last_fired: Option<Timestamp>,
    /// Whether it was stopped because it fired again and again with nobody's hand in it.
    pub looping: bool,
    /// Why it did not fire the last time that it could have; `None` if it did.
    pub why_not: Option<String>,
}

/// A list that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunSnapshot {
    /// The trigger or cue.
    pub name: Arc<str>,
    /// `trigger` or `cue`.
    pub kind: &'static str,
    /// The step that it is at, from 1 on.
    pub step: usize,
    /// How many steps its list has.
    pub steps: usize,
    /// What it waits for there.
    pub waits_for: WaitsFor,
    /// When it goes on at the latest; `None` where that is not known.
    pub until: Option<Timestamp>,
}

/// What a list waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// Nothing.
    Nothing,
    /// A moment.
    Time,
    /// The end of transitions.
    Arrival,
    /// The ends of several lists in it; the moment is the soonest of theirs.
    Lists,
    /// The end of an earlier run of the same list.
    Turn,
}

/// The file that the show was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShowFile {
    /// When it was last taken over.
    pub loaded_at: Timestamp,
    /// Names its content then, with that of the included files.
    pub hash: String,
    /// The first mistake in what it says now, with its place; `None` if it is as it was taken over.
    pub error: Option<String>,
}

impl ShowFile {
    /// Makes one that was taken over at `loaded_at`.
    pub fn loaded(loaded_at: Timestamp, hash: u64) -> Self {
        Self { loaded_at, hash: format!("{hash:016x}"), error: None }
    }
}

/// One stream at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamSnapshot {
    /// Its name in the show.
    pub name: Arc<str>,
    /// What drives it.
    pub backend: Backend,
    /// Where it is in its life.
    pub phase: Phase,
    /// Its id at the backend.
    pub id: Option<String>,
    /// Names its HLS playback.
    pub output_playback_id: Option<String>,
    /// The scene it is on or moves to.
    pub scene: Arc<str>,
    /// Each scene's share, as it should be now.
    pub mix: Vec<Share>,
    /// The running transition; `None` at rest.
    pub transition: Option<Progress>,
    /// The scenes that wait for it to end, the next one first; sixteen at most.
    pub waiting: Vec<Arc<str>>,
    /// Who has it, and what is wanted beneath.
    pub lane: LaneSnapshot,
    /// What is due by the schedule; `None` if it says nothing about this stream at any time.
    pub due: Option<Due>,
    /// The playlist that plays on it; `None` if none does.
    pub playlist: Option<Arc<str>>,
    /// The scene that stands by in that.
    pub next: Option<Arc<str>>,
    /// Where it went on after a restart; `None` for one that began anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// The prompts that the backend has acknowledged, with their coefficients, in their places.
    pub prompts: Vec<(Value, f64)>,
    /// The seeds likewise.
    pub seeds: Vec<(Value, f64)>,
    /// Its updates so far.
    pub updates: Updates,
    /// Its last status; `None` before the first.
    pub health: Option<Health>,
    /// What is wrong and being retried; `None` if nothing is.
    pub trouble: Option<Trouble>,
    /// How far its recovery is.
    pub recovery: RecoveryStage,
    /// Why people are needed; `None` if they are not.
    pub alarm: Option<AlarmTold>,
}

/// A scene's share of the mix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The scene.
    pub scene: Arc<str>,
    /// 0 to 1.
    pub weight: f64,
}

/// How far a transition is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Its time passed, 0 to 1.
    pub progress: f64,
    /// How long it takes in all.
    pub fade_seconds: f64,
    /// How long it still takes.
    pub remaining_seconds: f64,
    /// Whether it stands still until somebody lets it go on.
    pub paused: bool,
    /// Whether a hand has it: then the time that remains is what it would take from here.
    pub grabbed: bool,
}

/// That a stream went on where an earlier run of the show had left it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resumed {
    /// How much of its transition's time had passed, 0 to 1; 1 for one that had arrived.
    pub progress: f64,
    /// How long ago that was.
    pub seconds_ago: f64,
}

/// Updates of a stream since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Updates {
    /// Sent and accepted.
    pub sent: u64,
    /// Failed.
    pub failed: u64,
    /// Due, but replaced by a newer look before they could go.
    pub coalesced: u64,
    /// From sending the last accepted one to its answer.
    pub round_trip_seconds: Option<f64>,
    /// How often another client was found to have written to the stream.
    pub drifts: u64,
}

/// What the backend said last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The state as the backend names it.
    pub state: Option<String>,
    /// Frames in per second.
    pub fps_in: Option<f64>,
    /// Frames out per second.
    pub fps_out: Option<f64>,
    /// How long ago the last frame came out.
    pub output_age_seconds: Option<f64>,
    /// Restarts of the GPU process.
    pub restart_count: Option<u64>,
    /// The most recent error.
    pub last_error: Option<String>,
    /// Where to watch by WHEP.
    pub whep_url: Option<String>,
    /// How old this is.
    pub read_seconds_ago: f64,
}

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It is being created.
    Creating,
    /// Its id is known; whether it exists is being found out.
    Finding,
    /// It is driven.
    Live,
    /// The show is over for it.
    Stopped,
}

impl Phase {
    /// Returns the phase as everybody outside spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Finding => "finding",
            Self::Live => "live",
            Self::Stopped => "stopped",
        }
    }
}

/// How far the recovery of a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecoveryStage {
    /// Nothing is to be done.
    #[default]
    Well,
    /// No video goes in, which is no fault of the stream.
    NoInput,
    /// No picture comes out; the look is sent again.
    Resend,
    /// No picture comes out; another stream was tried.
    Recreate,
    /// The fallback scene is on.
    Fallback,
    /// Something was tried; whether it helped is not known yet.
    Settling,
    /// People are needed.
    Alarm,
}

/// Why people are needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmTold {
    /// In plain words.
    pub reason: String,
    /// How long they have been.
    pub seconds_ago: f64,
}

/// Something that is wrong and being retried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// What was tried: `create`, `list`, `get`, `update`, `status`, `lost`, or `picture`.
    pub what: &'static str,
    /// What came of it.
    pub message: String,
    /// How long ago.
    pub seconds_ago: f64,
    #[serde(skip)]
    at: Mono,
}

impl Trouble {
    pub(super) fn new(what: &'static str, message: &str, at: Mono) -> Self {
        Self { what, message: message.to_owned(), seconds_ago: 0.0, at }
    }

    pub(super) fn told_at(&self, now: Mono) -> Self {
        Self { seconds_ago: now.since(self.at).as_secs_f64(), ..self.clone() }
    }
}

/// What is due on a stream by the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The scene; `None` if the schedule says nothing: what is on stays.
    pub scene: Option<Arc<str>>,
    /// The playlist in place of a scene.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playlist: Option<Arc<str>>,
    /// Until when; `None` if nothing else is due within a year.
    pub until: Option<Timestamp>,
    /// What is due then.
    pub then: Option<Arc<str>>,
    /// The playlist in place of a scene.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then_playlist: Option<Arc<str>>,
}

impl Due {
    /// Tells it as a person would: `dawn until 18:00, then night`. A time of another day than `now` has its date.
    pub fn tell(&self, now: Timestamp, zone: &TimeZone) -> String {
        let name = |scene: &Option<Arc<str>>, playlist: &Option<Arc<str>>| match (scene, playlist) {
            (_, Some(playlist)) => format!("playlist {playlist}"),
            (Some(scene), None) => scene.to_string(),
            (None, None) => "nothing, what is on stays".to_owned(),
        };
        let present = name(&self.scene, &self.playlist);
        let Some(until) = self.until else { return present };
        let (now, until) = (now.to_zoned(zone.clone()), until.to_zoned(zone.clone()));
        let form = if now.date() == until.date() { "%H:%M" } else { "%a %-d %b %H:%M" };
        let then = name(&self.then, &self.then_playlist);
        format!("{present} until {}, then {then}", until.strftime(form))
    }
}

/// A coming run of a cron trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    /// The trigger.
    pub trigger: Arc<str>,
    /// When.
    pub at: Timestamp,
}

impl StreamSnapshot {
    pub(super) fn of_path(name: &Arc<str>, path: &Transition, now: Mono) -> Self {
        let mix = path.mix_at(now);
        let shares =
            mix.parts().iter().map(|part| Share { scene: Arc::clone(&part.scene.name), weight: part.weight });
        Self {
            name: Arc::clone(name),
            backend: Backend::Simulator,
            phase: Phase::Creating,
            id: None,
            output_playback_id: None,
            scene: Arc::clone(&path.scene().name),
            mix: shares.collect(),
            transition: (!path.ended(now)).then(|| Progress {
                progress: path.progress(now),
                fade_seconds: path.fade().as_secs_f64(),
                remaining_seconds: path.left(now).as_secs_f64(),
                paused: path.is_paused(),
                grabbed: path.is_grabbed(),
            }),
            waiting: Vec::new(),
            lane: LaneSnapshot::default(),
            due: None,
            playlist: None,
            next: None,
            resumed: None,
            prompts: Vec::new(),
            seeds: Vec::new(),
            updates: Updates::default(),
            health: None,
            trouble: None,
            recovery: RecoveryStage::Well,
            alarm: None,
        }
    }
}
