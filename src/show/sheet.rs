//! The sheet: the whole valid show. Immutable; whoever has one need not check anything again.
//!
//! Scenes and streams are held by reference or index, not by name, so nothing in it can point nowhere.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

pub use super::trigger::when::{Limits, Sensor, StreamNews, Trigger, Turn, When};
use super::{
    easing::Easing,
    event::StreamIndex,
    fades::Fades,
    lane::{Hold, LaneVerb, OperatorPlan, PanicPlan},
    playlist::{PlayVerb, Playlist},
    recovery::{Hook, OnDrift, OnLost, Recovery},
    run::{
        Mode,
        formula::Formula,
        step::{Blend, Call, Painted, Publish, Send, Stop, Wait},
    },
    scene::{Fade, Level, Scene},
    schedule::Schedule,
    transition::Fader,
    variables::Values,
    venue::{Connection, Venue},
    weighted::Weighted,
};

/// Everything that one show file says.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The show's name.
    pub title: Arc<str>,
    /// The zone of its calendar times.
    pub zone: TimeZone,
    /// The streams, in the order of the file; at least one.
    pub streams: Vec<StreamSheet>,
    /// The scenes by name.
    pub scenes: BTreeMap<Arc<str>, Arc<Scene>>,
    /// The cues by name.
    pub cues: BTreeMap<Arc<str>, Arc<Cue>>,
    /// The playlists by name.
    pub playlists: BTreeMap<Arc<str>, Arc<Playlist>>,
    /// The least time between two GOs for one playlist.
    pub go_apart: Duration,
    /// The triggers, in the order of the file.
    pub triggers: Vec<Trigger>,
    /// The variables, each with the value that it begins with.
    pub variables: Values,
    /// What is due when.
    pub schedule: Schedule,
    /// Who is told when people are needed, and when they no longer are.
    pub on_alarm: Vec<Hook>,
    /// Where it plays: sockets, broker, page.
    pub venue: Venue,
    /// What a change of its files does.
    pub reload: Reload,
    /// Where the panic button goes.
    pub panic: PanicPlan,
}

/// What a change of the show's files does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reload {
    /// Whether the files are watched.
    pub watch: bool,
    /// How long what is on takes to become its edit; 2 s unless set.
    pub edit_fade: Fade,
}

impl Default for Reload {
    fn default() -> Self {
        Self { watch: true, edit_fade: Fade::EDIT }
    }
}

/// One stream as the show file describes it.
#[derive(Clone, Debug)]
pub struct StreamSheet {
    /// Its name in the show.
    pub name: Arc<str>,
    /// Which API, where, with which key.
    pub connection: Connection,
    /// Attach to this stream of the backend instead of creating one.
    pub attach: Option<Arc<str>>,
    /// What lies under every scene.
    pub base: Base,
    /// The scene it begins with; without one it begins with its base.
    pub start: Option<Arc<Scene>>,
    /// How prompts are mixed.
    pub blend: BlendMode,
    /// The angle between two prompts that `spherical` assumes, in radians; 0.8 unless set.
    pub prompt_angle: f64,
    /// The most prompts, and the most seeds, in one list; 8 unless set.
    pub slots_max: usize,
    /// When to send.
    pub updates: Updates,
    /// How often to read its status; 5 s unless set.
    pub status_every: Duration,
    /// What becomes of it when the show ends.
    pub on_exit: OnExit,
    /// Where it begins when the show has run before.
    pub on_restart: OnRestart,
    /// What its name at the backend begins with: machine, show and stream; what follows is never the same twice.
    pub family: Arc<str>,
    /// How it is brought back when no picture comes out.
    pub recovery: Recovery,
    /// What is done when the backend knows it no more.
    pub on_stream_lost: OnLost,
    /// What is done when somebody else writes to it.
    pub on_drift: OnDrift,
    /// Who is told of a new stream's address and key.
    pub on_stream_created: Vec<Hook>,
    /// When a hand gives it back.
    pub operator: OperatorPlan,
}

/// How many prompts one list holds unless the show file says otherwise. A transition that interrupts another has three
/// or four on the way as a rule; each costs the runner memory and nothing else while its weight is 0.
pub const SLOTS_MAX: usize = 8;

/// What lies under every scene of a stream: a complete set, so that leaving a scene has somewhere to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// The prompt of scenes that name none.
    pub prompt: Weighted<Arc<str>>,
    /// The seed of scenes that name none.
    pub seed: Weighted<i64>,
    /// Every live parameter that the file or any scene names.
    pub values: BTreeMap<&'static str, Level>,
    /// The ControlNets in the order of the list, which never changes.
    pub controlnets: Vec<Net>,
    /// Everything that no scene changes, in the API's words: model, size, and so on.
    pub fixed: Map<String, Value>,
}

/// One ControlNet of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// The id in the API.
    pub id: Arc<str>,
    /// The short name, where it has one.
    pub short: Option<&'static str>,
    /// The scale of scenes that name none; 0 is off.
    pub scale: f64,
    /// The other fields of its object, in the API's words.
    pub fixed: Map<String, Value>,
}

/// How weights become what is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BlendMode {
    /// Our own path on the sphere: keeps the length of the mix.
    #[default]
    Spherical,
    /// The weights as they are.
    Linear,
    /// The runner's own slerp of two prompts; three at once are linear there.
    Slerp,
}

/// What is to be fine where both cannot be: every update costs the picture about 100 ms (daydream-api.md 5.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// The blend: at four updates a second a fade of 10 s moves in steps of 2.5 %, and 26 of 30 frames come out.
    #[default]
    Blend,
    /// The motion: at two a second the steps are 5 %, and 28 of 30 frames come out.
    Motion,
}

/// When updates are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Updates {
    /// The most updates a second.
    pub max_per_second: f64,
    /// The smallest move worth an update, as a part of a coefficient or of a parameter's range.
    pub min_step: f64,
    /// Updates slow down when fewer than this part of the frames come out that come out at rest.
    pub keep_fps: f64,
}

impl Updates {
    /// Returns what a preference comes to where the show file says nothing else.
    pub fn of(prefer: Prefer) -> Self {
        match prefer {
            Prefer::Blend => Self { max_per_second: 4.0, min_step: 0.01, keep_fps: 0.8 },
            Prefer::Motion => Self { max_per_second: 2.0, min_step: 0.02, keep_fps: 0.9 },
        }
    }
}

impl Default for Updates {
    fn default() -> Self {
        Self::of(Prefer::default())
    }
}

/// What becomes of a stream when the show ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExit {
    /// It goes on with its last look, and the next start attaches to it.
    #[default]
    Keep,
    /// It is deleted.
    Delete,
}

/// Where a stream begins when the show has run before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRestart {
    /// Where it would be by the clock if the show had not been away.
    #[default]
    Resume,
    /// Where it was going.
    Finish,
    /// At its first scene, as if it had not run before.
    Restart,
}

impl OnRestart {
    /// What people write for each.
    pub const WORDS: [&'static str; 3] = ["resume", "finish", "restart"];

    /// Returns the one of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "resume" => Some(Self::Resume),
            "finish" => Some(Self::Finish),
            "restart" => Some(Self::Restart),
            _ => None,
        }
    }
}

/// A named list of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Its name, unique in the show.
    pub name: Arc<str>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What if it is still running; `Restart` unless set.
    pub mode: Mode,
}

/// One thing that a cue or a trigger does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Blend to a scene.
    Scene {
        /// The scene.
        scene: Arc<Scene>,
        /// Which streams.
        streams: Streams,
        /// How long; `None` for the scene's own.
        fade: Option<Fades>,
        /// Which shape; `None` for the scene's own.
        easing: Option<Easing>,
        /// What if a transition is running.
        policy: Policy,
        /// How long it has the stream; `None` for what is due from then on.
        hold: Option<Hold>,
    },
    /// Do something to the running transition.
    Steer {
        /// What.
        verb: Verb,
        /// Of which streams.
        streams: Streams,
    },
    /// Move the running transition to where a hand's fader is.
    Grab {
        /// How far it is to be.
        position: Fader,
        /// Of which streams.
        streams: Streams,
    },
    /// Give a scene a share of the mix.
    Mix {
        /// The scene.
        scene: Arc<Scene>,
        /// Its share; the others share the rest.
        share: Fader,
        /// Of which streams.
        streams: Streams,
    },
    /// Let the schedule do nothing for a while.
    Bypass {
        /// How long; zero ends it.
        time: Duration,
    },
    /// Panic, or let go.
    Lane {
        /// What.
        verb: LaneVerb,
        /// Of which streams.
        streams: Streams,
    },
    /// Fire a cue. Cues hold no cues, so this cannot go in circles.
    Cue(Arc<Cue>),
    /// Let a trigger fire, or keep it from firing.
    Switch {
        /// The trigger's name.
        trigger: Arc<str>,
        /// Whether it may.
        enabled: bool,
    },
    /// Go on later.
    Wait(Wait),
    /// Do several lists at once, and go on when all of them have ended.
    Parallel(Vec<Arc<[Step]>>),
    /// Blend to a mix of several scenes.
    Blend(Blend),
    /// Blend to a scene whose prompt is filled in first.
    Paint(Painted),
    /// Set variables, one after the other.
    Variable(Vec<(Arc<str>, Formula)>),
    /// Publish an MQTT message.
    Publish(Publish),
    /// Send an OSC message.
    Send(Send),
    /// Make an HTTP request.
    Call(Arc<Call>),
    /// Write a line in the log.
    Log(Formula),
    /// End what a trigger or a cue has under way.
    Stop(Stop),
    /// Do something with a playlist.
    Playlist {
        /// Which; `None` for whichever plays.
        list: Option<Arc<Playlist>>,
        /// What.
        verb: PlayVerb,
        /// On which streams whichever plays is meant.
        streams: Streams,
    },
}

impl Step {
    /// Returns every step of a list, and of the lists in it, from the top down.
    pub fn all(steps: &[Self]) -> Vec<&Self> {
        let mut all = Vec::new();
        for step in steps {
            all.push(step);
            if let Self::Parallel(lists) = step {
                all.extend(lists.iter().flat_map(|list| Self::all(list)));
            }
        }
        all
    }

    /// Returns whether a list takes time.
    pub fn take_time(steps: &[Self]) -> bool {
        steps.iter().any(|step| match step {
            Self::Wait(_) => true,
            Self::Parallel(lists) => lists.iter().any(|list| Self::take_time(list)),
            _ => false,
        })
    }

    /// Returns it with another hold, if it goes to a scene.
    #[must_use]
    pub fn held(mut self, for_a_while: Option<Hold>) -> Self {
        if let Self::Scene { hold, .. } = &mut self {
            *hold = for_a_while;
        }
        self
    }
}

/// What can be done to a running transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Stop where it is.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Arrive within a second.
    Finish,
    /// Arrive at once.
    Cut,
    /// Go back to where it came from, in the time it took.
    Reverse,
}

impl Verb {
    /// Every name.
    pub const NAMES: [&'static str; 5] =
        [Self::ALL[0].0, Self::ALL[1].0, Self::ALL[2].0, Self::ALL[3].0, Self::ALL[4].0];

    /// Every verb with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("pause", Self::Pause),
        ("resume", Self::Resume),
        ("finish", Self::Finish),
        ("cut", Self::Cut),
        ("reverse", Self::Reverse),
    ];

    /// Returns the verb of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, verb)| *verb)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, verb)| *verb == self).map_or("", |(name, _)| name)
    }
}

/// What becomes of a wish to go to a scene while a transition is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It goes there at once, from where the mix is, and takes the place of all that waits.
    #[default]
    Blend,
    /// The running one arrives within a second, and then it goes there; it takes the place of all that waits.
    FinishFirst,
    /// Nothing: it is dropped.
    Ignore,
    /// It waits until the running one, and all that wait already, have ended.
    Queue,
}

impl Policy {
    /// Every policy with its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("blend", Self::Blend),
        ("finish-first", Self::FinishFirst),
        ("ignore", Self::Ignore),
        ("queue", Self::Queue),
    ];
    /// Every name.
    pub const NAMES: [&'static str; 4] = [Self::ALL[0].0, Self::ALL[1].0, Self::ALL[2].0, Self::ALL[3].0];

    /// Returns the policy of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, policy)| *policy)
    }
}

/// Which streams a step is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Every stream of the show.
    All,
    /// These.
    Some(Vec<StreamIndex>),
}

impl Streams {
    /// Returns whether `stream` is one of them.
    pub fn contains(&self, stream: StreamIndex) -> bool {
        match self {
            Self::All => true,
            Self::Some(list) => list.contains(&stream),
        }
    }
}

impl Sheet {
    /// Returns the stream of that name.
    pub fn stream(&self, name: &str) -> Option<StreamIndex> {
        self.streams.iter().position(|stream| &*stream.name == name).map(StreamIndex)
    }
}
