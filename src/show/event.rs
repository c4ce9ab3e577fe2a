//! The border of the core: what can happen (`Event`), what is to be done (`Action`), when to come back (`Wake`).
//!
//! Plain data, both ways. Nothing here decides.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    fact::Fact,
    health::StatusReport,
    lane::LaneVerb,
    letters::{Called, Letter, OscLetter, Post},
    memoir::Memoir,
    playlist::PlayVerb,
    sheet::Verb,
    transition::Fader,
};

/// Which stream of the show: its place in the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamIndex(pub usize);

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An OSC packet came in: one message, or a bundle to be applied as one.
    Osc(OscPacket),
    /// An MQTT message came in on a topic that the show listens to.
    Mqtt(MqttMessage),
    /// A person asked for something over HTTP or the command line.
    Command(Command),
    /// The backend answered a request, or failed to.
    Answer(Answer),
    /// What `Action::Remember` asked for is on disk, or could not be put there.
    Remembered {
        /// The stream it was about.
        stream: StreamIndex,
        /// What was to be kept.
        memory: Memory,
        /// Why it is not on disk.
        error: Option<String>,
    },
    /// The MQTT broker was reached or lost.
    Broker {
        /// Whether there is a session now.
        connected: bool,
        /// What the broker or the network said, for people.
        detail: String,
    },
    /// An input refused something malformed before it could mean anything.
    Refused {
        /// Which door it came through.
        input: Door,
        /// The kind of mistake; one of a small fixed set, fit to count by.
        reason: &'static str,
        /// How many since the last such event.
        count: u64,
        /// One example, for people; bounded and printable.
        example: String,
    },
    /// The daemon was told to stop: finish what must be finished.
    Stop,
    /// A request of `Action::Call` was answered, or was not.
    Called(Called),
}

/// The doors through which the outside comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// OSC over UDP.
    Osc,
    /// MQTT.
    Mqtt,
    /// The web server, and with it the command line.
    Http,
    /// The clock: a trigger of the calendar, or one that comes again and again.
    Cron,
    /// The show itself, such as a stream's first scene.
    Show,
}

impl Door {
    /// Returns the door's name as logs, metrics and the store spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Osc => "osc",
            Self::Mqtt => "mqtt",
            Self::Http => "http",
            Self::Cron => "cron",
            Self::Show => "show",
        }
    }
}

/// One OSC message or bundle, checked and flattened.
#[derive(Clone, Debug, PartialEq)]
pub struct OscPacket {
    /// The messages in their order; a bundle's are applied as one.
    pub messages: Vec<OscMessage>,
    /// When a bundle's time tag wants it; `None` for at once.
    pub due: Option<Timestamp>,
}

/// One OSC message. The address may be a pattern (OSC 1.0, "Message Dispatching and Pattern Matching").
#[derive(Clone, Debug, PartialEq)]
pub struct OscMessage {
    /// The address or address pattern; starts with `/`.
    pub address: String,
    /// The arguments, coerced to what a show can use.
    pub args: Vec<Arg>,
}

/// One argument of an OSC message, or a value out of an MQTT payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Any number: OSC `i`, `h`, `f`, `d`. May be NaN or infinite: whoever uses it must look.
    Number(f64),
    /// OSC `T` and `F`.
    Bool(bool),
    /// OSC `s`, `S`, `c`.
    Text(String),
    /// OSC `N`, `I`, and every type that a show has no use for (blobs, colours, MIDI, arrays).
    Other,
}

/// One MQTT message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttMessage {
    /// The topic it was published to.
    pub topic: String,
    /// The payload as it came; any bytes, bounded by the packet limit.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it from earlier.
    pub retained: bool,
}

/// What a person can ask for directly.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Blend to a scene.
    Scene {
        /// The scene's name.
        scene: String,
        /// Which stream; `None` for all.
        stream: Option<String>,
        /// How long; `None` for the scene's own fade.
        fade: Option<Duration>,
        /// How long it is to be on until the stream goes back; `None` for good.
        hold: Option<Duration>,
    },
    /// Blend to a prompt that no scene has.
    Prompt {
        /// A text, or a list of `[text, weight]`; not checked yet.
        prompt: Value,
        /// A whole number, or a list of `[seed, weight]`, not checked yet; `None` for the stream's own.
        seed: Option<Value>,
        /// Which stream; `None` for all.
        stream: Option<String>,
        /// How long; `None` for the usual fade.
        fade: Option<Duration>,
        /// How long it is to be on until the stream goes back; `None` for good.
        hold: Option<Duration>,
    },
    /// Do something to the running transition.
    Steer {
        /// What.
        verb: Verb,
        /// Of which stream; `None` for all.
        stream: Option<String>,
    },
    /// Give the progress of the running transition to a hand.
    Grab {
        /// How far it is to be.
        position: Fader,
        /// Of which stream; `None` for all.
        stream: Option<String>,
    },
    /// Fire a cue.
    Cue {
        /// The cue's name.
        cue: String,
    },
    /// Let the schedule do nothing for a while.
    Bypass {
        /// How long; zero ends it.
        time: Duration,
    },
    /// Fire a trigger that waits for that.
    Trigger {
        /// The trigger's name.
        trigger: String,
        /// What comes with it.
        payload: Value,
    },
    /// Let a trigger fire, or keep it from firing.
    Switch {
        /// The trigger's name.
        trigger: String,
        /// Whether it may.
        enabled: bool,
    },
    /// End what a cue has under way.
    StopCue {
        /// The cue's name.
        cue: String,
    },
    /// Panic, or let go.
    Lane {
        /// What.
        verb: LaneVerb,
        /// Of which stream; `None` for all.
        stream: Option<String>,
    },
    /// Do something with a playlist.
    Playlist {
        /// Its name; `None` for whichever plays.
        playlist: Option<String>,
        /// What.
        verb: PlayVerb,
        /// On which stream whichever plays is meant; `None` for all.
        stream: Option<String>,
    },
}

/// Numbers requests, so that a late answer is known as late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Something the shell must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send a request to a stream's backend, once, and report with `Event::Answer`.
    Request {
        /// The stream it is for.
        stream: StreamIndex,
        /// The number to answer with.
        id: RequestId,
        /// What to ask.
        request: Request,
    },
    /// Put this on disk, synced, and report with `Event::Remembered`.
    Remember {
        /// The stream it is about.
        stream: StreamIndex,
        /// What to keep.
        memory: Memory,
    },
    /// Put this on disk, synced, in the place of what was kept before. Nobody waits for it.
    Keep(Box<Memoir>),
    /// Tell the log, the metrics and the history.
    Note(Fact),
    /// Tell those outside whom the show file names.
    Tell {
        /// The stream it is about.
        stream: StreamIndex,
        /// What to tell.
        notice: Notice,
    },
    /// Publish an MQTT message.
    Publish(Letter),
    /// Send an OSC message.
    SendOsc(OscLetter),
    /// Make an HTTP request, once, and report with `Event::Called`.
    Call(Box<Post>),
}

/// What must survive a crash so that no stream is created twice and none is leaked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The stream that is driven.
    pub own: Own,
    /// Streams that were ours, have been replaced and are still to be deleted; few, the oldest first.
    pub leftovers: Vec<Arc<str>>,
    /// When streams were created within the last hour, the oldest first: what the budget has left.
    pub creates: Vec<Timestamp>,
}

/// What is known of the stream that is driven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Own {
    /// There is none.
    #[default]
    Gone,
    /// Nobody knows: there may be one whose memory was lost.
    Unknown,
    /// A create request is about to be sent; if its answer is never heard, the stream is known by this name.
    Creating {
        /// A name that no other stream has.
        name: Arc<str>,
    },
    /// This stream is ours.
    Created {
        /// The stream's id at the backend.
        id: Arc<str>,
        /// Whether those who wait for news of a new stream have still to hear of this one.
        untold: bool,
    },
}

impl From<Own> for Memory {
    fn from(own: Own) -> Self {
        Self { own, ..Self::default() }
    }
}

/// News that the show file may want to be told to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There is a new stream: whatever feeds it video must learn its address and key.
    StreamCreated(StreamObject),
    /// People are needed, or are no longer.
    Alarm {
        /// Whether it begins.
        raised: bool,
        /// What is wrong, or was, in plain words.
        reason: String,
    },
}

/// One request to a backend. The backend module puts it into the words of its API generation.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Create a stream with these parameters.
    Create {
        /// A name by which people, and we ourselves, find it in the vendor's list.
        name: Arc<str>,
        /// The full parameter set.
        params: Map<String, Value>,
    },
    /// Look for a stream by its name, to learn what became of a create whose answer was never heard.
    Find {
        /// The name it was to be created with.
        name: Arc<str>,
    },
    /// Look for the newest stream whose name is this family's, to learn whether there is one that we forgot.
    FindKin {
        /// What the names of this stream's successors begin with; a space and eight hex digits follow.
        family: Arc<str>,
    },
    /// Read the stream object, to learn whether it exists.
    Get {
        /// The stream's id.
        id: Arc<str>,
    },
    /// Change parameters. v1: what changed and `model_id`; beta: everything.
    Update {
        /// The stream's id.
        id: Arc<str>,
        /// The parameters, complete for the generation.
        params: Map<String, Value>,
    },
    /// Read the status document.
    Status {
        /// The stream's id.
        id: Arc<str>,
    },
    /// Delete the stream.
    Delete {
        /// The stream's id.
        id: Arc<str>,
    },
}

/// How a request went.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The stream it was for.
    pub stream: StreamIndex,
    /// The request's number.
    pub id: RequestId,
    /// What came back.
    pub outcome: Result<Reply, Failure>,
}

/// A request that the backend accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The stream exists: answer to `Create` and `Get`.
    Stream(StreamObject),
    /// There is a stream of that name, or none: answer to `Find` and `FindKin`.
    Found(Option<StreamObject>),
    /// The update was received; whether it is applied only the status tells.
    Updated {
        /// The API's filter replaced or softened the prompt.
        was_censored: bool,
        /// What the API wants people to know.
        warnings: Vec<String>,
    },
    /// The status document.
    Status(Box<StatusReport>),
    /// The stream is deleted.
    Deleted,
}

/// What is known of a stream besides its parameters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StreamObject {
    /// `str_…`
    pub id: String,
    /// `stk_…`: whoever has it can send video in. Never logged.
    pub stream_key: Option<String>,
    /// Names the HLS playback.
    pub output_playback_id: Option<String>,
    /// Where to send video by WHIP.
    pub whip_url: Option<String>,
}

impl fmt::Debug for StreamObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key, nor the URL that holds it.
        let Self { id, stream_key: _, output_playback_id, whip_url: _ } = self;
        f.debug_struct("StreamObject")
            .field("id", id)
            .field("output_playback_id", output_playback_id)
            .finish_non_exhaustive()
    }
}

/// A request that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it means for what to do next.
    pub kind: FailureKind,
    /// What happened, for people; never holds a secret.
    pub message: String,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
}

/// What a failed request means for what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No connection could be made: the server did nothing.
    Unreached,
    /// The connection broke; nothing is known of what the server did.
    Network,
    /// No answer in time; the server may have done it all the same.
    Timeout,
    /// 5xx, 409, or a success whose body made no sense.
    Server,
    /// 400 and other answers that the same request would get again.
    Refused,
    /// 401 or 403: the key.
    Key,
    /// 404.
    NotFound,
    /// 429.
    TooMany,
}

/// Why the show asked to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    /// When a cron trigger is due.
    Cron,
    /// When something else is due by the schedule, or a bypass of it ends.
    Schedule,
    /// When a playlist goes on, or is to be prepared for.
    Playlist,
    /// When a bundle with a time tag is due.
    Osc,
    /// When a running transition needs its next step.
    Fade,
    /// When a lane hands a stream back.
    Lane,
    /// When a failed request may be tried again.
    Retry,
    /// When a stream's status is stale.
    Poll,
    /// When a suppressed warning may be told.
    Tell,
    /// When what has happened lately is to be kept.
    Keep,
    /// When a trigger is due that waits for no calendar: something has lasted, or been silent, long enough.
    Trigger,
    /// When a list goes on after a wait.
    Run,
}
