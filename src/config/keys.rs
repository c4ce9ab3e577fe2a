//! Every key of the show file, described once: for the reader's suggestions, the JSON Schema and the reference page.
//!
//! The reader asks for keys by name and, in debug builds, stops if its section here does not list one, or lists one that
//! nobody asks for. The parameters of `StreamDiffusion` have a table of their own in the core.

use core::f64::consts::PI;

use super::{
    action_keys::{self, CALLED, PUBLISHED, SENT, UNTIL},
    lane_keys::{self, HOLD, LANE, PANIC, PANIC_KEY, PRIORITY, RELEASE},
    playlist_keys::{DO, GO_APART, IN_STEP, LIST_STEP, OTHERWISE, PLAYLIST, STEP_OF},
    recovery_keys::{FALLBACK, HOOK, HOOKS, RECOVERY, RECREATE, RESEND},
    trigger_keys::{ARGS, PAYLOAD, SILENCE, TRIGGER, TURN, WHEN},
};
use crate::show::{
    easing::Easing,
    fades::SwitchAt,
    params::{
        Profile,
        objects::{self, Member},
    },
    sheet::{OnRestart, Policy, Verb},
    text::CHARS_MAX,
};

/// One map of the show file.
#[derive(Debug)]
pub struct Section {
    /// What it is called on the reference page.
    pub title: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys that are members of an object of the API.
    pub members: &'static [Member],
    /// Which parameters are keys as well.
    pub params: Params,
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub form: Form,
    /// Whether it has to be there.
    pub required: bool,
    /// What holds without it, in the words of the file; empty for nothing.
    pub default: &'static str,
    /// What it says, in one sentence without a full stop.
    pub what: &'static str,
}

/// Which parameters are keys of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Params {
    /// None.
    None,
    /// All but those that Segue sets.
    Stream,
    /// Those that a scene may name.
    Scene,
    /// The live ones of these, and their values are times.
    Fades,
}

/// What the values of a key are.
#[derive(Debug)]
pub enum Form {
    /// Any text; a number or `true` is the text as it was written.
    Text,
    /// A text of this form, told in an example.
    Like(&'static str),
    /// `true` or `false`.
    Bool,
    /// A number in the range, ends included.
    Number(f64, f64),
    /// A number.
    AnyNumber,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A length of time: `250ms`, `8s`, `1m30s`, `2h`, or a number of seconds.
    Time,
    /// A text or a weighted list of texts.
    Prompt,
    /// A whole number or a weighted list of them.
    Seed,
    /// A text, a number or `true` and `false`, to be compared with.
    Literal,
    /// No server: `off`.
    Off,
    /// Nothing at all.
    Nothing,
    /// A number from 0 to 1 by the name of a ControlNet.
    Scales,
    /// Any value: a text, a number, a list, a map.
    Anything,
    /// A map with these keys.
    Map(&'static Section),
    /// A map from names to these.
    Named(&'static Form),
    /// A list of these.
    List(&'static Form),
    /// Any of these.
    Any(&'static [Form]),
}

impl Section {
    /// Returns whether it has a key of that name, parameters aside.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|key| key == name)
    }

    /// Returns its keys, parameters aside.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name).chain(self.members.iter().map(|member| member.name))
    }
}

/// Every section, from the whole file inwards.
pub static SECTIONS: [&Section; 44] = [
    &SHOW,
    &INCLUDED,
    &RELOAD,
    &PANIC,
    &STREAM,
    &SECRET,
    &PARAMS,
    &NET,
    &TIMEOUTS,
    &UPDATES,
    &STATUS,
    &RECOVERY,
    &RESEND,
    &RECREATE,
    &FALLBACK,
    &HOOK,
    &SCENE,
    &FADES,
    &CUE_STEP,
    &PLAYLIST,
    &LIST_STEP,
    &LOCATION,
    &SCHEDULE,
    &OTHERWISE,
    &MOMENT,
    &TRIGGER,
    &WHEN,
    &PAYLOAD,
    &ARGS,
    &SILENCE,
    &TURN,
    &STEP,
    &INPUTS,
    &OSC,
    &MQTT,
    &DISCOVERY,
    &WEB,
    &TEXT,
    &HISTORY,
    &action_keys::CUE,
    &UNTIL,
    &PUBLISHED,
    &SENT,
    &CALLED,
];

pub(super) const fn section(title: &'static str, keys: &'static [Key]) -> Section {
    Section { title, keys, members: &[], params: Params::None }
}

pub(super) const fn key(name: &'static str, form: Form, default: &'static str, what: &'static str) -> Key {
    Key { name, form, required: false, default, what }
}

pub(super) const fn required(name: &'static str, form: Form, what: &'static str) -> Key {
    Key { name, form, required: true, default: "", what }
}

/// The whole file.
pub static SHOW: Section = section(
    "The show",
    &[
        key("show", Form::Text, "the name of the file", "the name of the show"),
        key(
            "include",
            Form::Any(&[Form::Like("scenes/*.yaml"), Form::List(&Form::Like("scenes/*.yaml"))]),
            "",
            "other files with scenes, cues and triggers, from the folder of this file on; `*` and `?` stand for many",
        ),
        key("timezone", ZONE, "UTC", "the zone of all calendar times"),
        required("streams", Form::Named(&Form::Map(&STREAM)), "the streams by name"),
        key(
            "location",
            Form::Map(&LOCATION),
            "",
            "where it is: what the sun of the schedule is looked at from",
        ),
        key("scenes", NAMED_SCENES, "", "the scenes by name"),
        key("cues", Form::Named(&CUE), "", "the cues by name: what anything can fire"),
        key("playlists", PLAYLISTS, "", "the playlists by name: scenes one after the other"),
        GO_APART,
        key(
            "schedule",
            Form::List(&Form::Map(&SCHEDULE)),
            "",
            "what is due when: of these entries the first from the top that is on",
        ),
        key("triggers", Form::Named(&Form::Map(&TRIGGER)), "", "what makes something happen, by name"),
        key(
            "variables",
            Form::Named(&Form::Literal),
            "",
            "the variables by name, with what each begins with: a number, a text, `true` or `false`",
        ),
        key("inputs", Form::Map(&INPUTS), "", "where the show listens"),
        key("on_restart", Form::Words(&OnRestart::WORDS), "resume", RESTART_WHAT),
        key("on_alarm", HOOKS, "", "who is told when people are needed, and when they no longer are"),
        key("allow_commands", Form::Bool, "false", "whether the show may run the commands that it names"),
        key(
            "web",
            Form::Any(&[Form::Map(&WEB), Form::Off, Form::Nothing]),
            "{ listen: \"127.0.0.1:7756\" }",
            "the page and the HTTP interface",
        ),
        key("text", Form::Map(&TEXT), "", "which texts from outside may become prompts"),
        key("history", Form::Map(&HISTORY), "", "how much of what happened is kept"),
        key("reload", Form::Map(&RELOAD), "", "what happens when this file or an included one changes"),
        PANIC_KEY,
        lane_keys::operator_idle("2m"),
        lane_keys::operator_release("4s"),
    ],
);

/// A file that the show file includes.
pub static INCLUDED: Section = section(
    "An included file",
    &[
        key("scenes", NAMED_SCENES, "", "more scenes by name"),
        key("cues", Form::Named(&CUE), "", "more cues by name"),
        key("playlists", PLAYLISTS, "", "more playlists by name"),
        key("triggers", Form::Named(&Form::Map(&TRIGGER)), "", "more triggers by name"),
    ],
);

/// What happens when a file changes.
pub static RELOAD: Section = section(
    "`reload`",
    &[
        key(
            "watch",
            Form::Bool,
            "true",
            "whether a change is taken over at once; else by `segue reload` or SIGHUP only",
        ),
        key(
            "edit_fade",
            Form::Time,
            "2s",
            "how long what is on takes to become its edit, at most 24h; 0 is a cut",
        ),
    ],
);

const RESTART_WHAT: &str = "where streams begin when the show has run before: `resume` goes on where the clock says, \
     `finish` arrives where it was going, `restart` begins with the scene of `start`";
pub(super) const ZONE: Form = Form::Like("Europe/Berlin");
const PLAYLISTS: Form = Form::Named(&Form::Map(&PLAYLIST));
const NAMED_SCENES: Form = Form::Named(&Form::Any(&[Form::Map(&SCENE), Form::Nothing]));
static CUE: Form =
    Form::Any(&[Form::Map(&CUE_STEP), Form::List(&Form::Map(&CUE_STEP)), Form::Map(&action_keys::CUE)]);

/// One stream.
pub static STREAM: Section = section(
    "A stream",
    &[
        required("backend", Form::Words(&["simulator", "daydream", "daydream-beta"]), "which API drives it"),
        key("api_key", Form::Map(&SECRET), "", "where its key is to be found; not needed by the simulator"),
        key(
            "environment",
            Form::Any(&[Form::Words(&["production", "staging"]), Form::Like("https://api.example.net")]),
            "production",
            "which installation of the vendor, or a base URL",
        ),
        key("pipeline_id", Form::Text, "the installation's own", "the pipeline of the older API"),
        key("timeouts", Form::Map(&TIMEOUTS), "", "how long requests may take"),
        key(
            "stream",
            Form::Like("str_9XkT2mWqPb4RzLnC"),
            "a new one",
            "an existing stream of the backend to drive",
        ),
        key("profile", Form::Words(&Profile::WORDS), "dec2025", "the age of the runner behind the API"),
        key("params", Form::Any(&[Form::Map(&PARAMS), Form::Nothing]), "", "what lies under every scene"),
        key("start", Form::Text, "its `params`", "the scene that it begins with where nothing is remembered"),
        key("blend", Form::Words(&["spherical", "linear", "slerp"]), "spherical", "how prompts are mixed"),
        key(
            "prompt_angle",
            Form::Number(0.0, PI),
            "0.8",
            "the angle between two prompts that `spherical` assumes, in radians",
        ),
        key("slots_max", Form::Number(3.0, 16.0), "8", "the most prompts, and seeds, in one list; whole"),
        key("updates", Form::Map(&UPDATES), "", "when to send"),
        key("status", Form::Map(&STATUS), "", "when to look"),
        key("on_exit", Form::Words(&["keep", "delete"]), "keep", "what becomes of it when the show ends"),
        key("on_restart", Form::Words(&OnRestart::WORDS), "the show's", RESTART_WHAT),
        key("recovery", Form::Map(&RECOVERY), "", "what is tried when no picture comes out"),
        key(
            "on_stream_lost",
            Form::Words(&["recreate", "wait", "fallback"]),
            "recreate; `wait` for an existing `stream`",
            "when the backend knows it no more: make another, wait for it, or make another with the fallback scene",
        ),
        key(
            "on_drift",
            Form::Words(&["reassert", "report"]),
            "reassert",
            "when somebody else writes to it: send our look again, or only tell",
        ),
        key("on_stream_created", HOOKS, "", "who is told the address and the key of a new stream"),
        lane_keys::operator_idle("the show's"),
        lane_keys::operator_release("the show's"),
    ],
);

/// How long requests may take.
pub static TIMEOUTS: Section = section(
    "`timeouts` of a stream",
    &[
        key("create", Form::Time, "15s", "creating the stream, from 1s to 2m"),
        key("update", Form::Time, "10s", "changing parameters, from 1s to 2m"),
        key("status", Form::Time, "5s", "reading the status, from 1s to 2m"),
    ],
);

/// When to send.
pub static UPDATES: Section = section(
    "`updates` of a stream",
    &[
        key(
            "prefer",
            Form::Words(&["blend", "motion"]),
            "blend",
            "what is to be fine where both cannot be; sets the other keys",
        ),
        key("max_per_second", Form::Number(0.1, 30.0), "4; `motion`: 2", "the most updates a second"),
        key(
            "min_step",
            Form::Number(0.0, 1.0),
            "0.01; `motion`: 0.02",
            "the smallest move worth an update, as a part of the range",
        ),
        key(
            "keep_fps",
            Form::Number(0.0, 1.0),
            "0.8; `motion`: 0.9",
            "fewer updates when fewer than this part of the frames come out that come out at rest",
        ),
    ],
);

/// When to look.
pub static STATUS: Section =
    section("`status` of a stream", &[key("every", Form::Time, "5s", "how often to read it, from 1s to 1h")]);

/// Where a secret is.
pub static SECRET: Section = section(
    "A secret",
    &[
        key("env", Form::Like("DAYDREAM_API_KEY"), "", "in this environment variable"),
        key("file", Form::Like("/run/keys/daydream"), "", "in this file"),
        key("credential", Form::Like("daydream"), "", "under this name in the unit's `LoadCredential=`"),
    ],
);

/// What lies under every scene.
pub static PARAMS: Section =
    Section { title: "`params` of a stream", keys: &[], members: &[], params: Params::Stream };

/// One `ControlNet` in full.
pub static NET: Section =
    Section { title: "A ControlNet", keys: &[], members: objects::NET, params: Params::None };

/// One scene.
pub static SCENE: Section = Section {
    title: "A scene",
    keys: &[
        key("prompt", Form::Prompt, "the stream's", "what to paint: a text, or texts with weights"),
        key("seed", Form::Seed, "the stream's", "out of which noise: a number, or numbers with weights"),
        key("fade", FADE, "4s", "how long its way in takes, at most 24h; 0 is a cut"),
        key("easing", EASING, "smooth", "the shape of its way in"),
        key(
            "switch_at",
            Form::Words(&SwitchAt::WORDS),
            "middle",
            "when its way in switches what cannot be blended, such as texts",
        ),
        key("controlnets", Form::Scales, "the stream's", "the scales of ControlNets, by short name or id"),
        key(
            "allow_reload",
            Form::Bool,
            "false",
            "allows parameters whose change takes seconds without a picture",
        ),
    ],
    members: &[],
    params: Params::Scene,
};

pub(super) const FADE: Form = Form::Any(&[Form::Time, Form::Map(&FADES)]);

/// How long each group of parameters takes.
pub static FADES: Section = Section {
    title: "`fade` by groups of parameters",
    keys: &[
        key("default", Form::Time, "the scene's", "what everything takes that is not named"),
        key("prompt", Form::Time, "", "the prompt"),
        key("seed", Form::Time, "", "the seed"),
        key("controlnets", Form::Time, "", "the scales of ControlNets"),
        key("params", Form::Time, "", "every parameter that has no time of its own"),
    ],
    members: &[],
    params: Params::Fades,
};

pub(super) const EASING: Form =
    Form::Any(&[Form::Words(&Easing::NAMES), Form::Like("cubic-bezier(0.4, 0, 0.2, 1)")]);
pub(super) const STREAMS: Form = Form::Any(&[Form::Text, Form::List(&Form::Text)]);

pub(super) const PLAYED: Form = Form::Any(&[Form::Text, Form::Map(&SCENE)]);
pub(super) const PLAYED_WHAT: &str = "the scene to go to: its name, or a scene written here";
const POLICY_WHAT: &str = "what if a transition is running: `blend` goes there from where it is, `finish-first` lets it \
     arrive within a second, `ignore` does nothing, `queue` waits for its end";
const VERB_WHAT: &str = "what to do to the running transition, in place of a scene";

/// A step of a cue.
pub static CUE_STEP: Section = section(
    "A step of a cue: a scene, a transition, a playlist, a lane, or something else to do",
    &[
        key("scene", PLAYED, "", PLAYED_WHAT),
        key("fade", FADE, "the scene's", "how long it takes"),
        key("easing", EASING, "the scene's", "its shape"),
        key("policy", Form::Words(&Policy::NAMES), "blend", POLICY_WHAT),
        key("stream", STREAMS, "all of them", "on which streams"),
        key("transition", Form::Words(&Verb::NAMES), "", VERB_WHAT),
        HOLD,
        PRIORITY,
        RELEASE,
        LANE,
        IN_STEP,
        DO,
        STEP_OF,
        key("enable", Form::Text, "", "the trigger that may fire from now on, alone"),
        key("disable", Form::Text, "", "the trigger that no longer fires, alone"),
        action_keys::WAIT,
        key("parallel", Form::List(&action_keys::CUE_STEPS), "", action_keys::PARALLEL_WHAT),
        action_keys::BLEND,
        action_keys::VARIABLE,
        action_keys::PUBLISH,
        action_keys::SEND,
        action_keys::CALL,
        action_keys::LOG,
        action_keys::STOP,
    ],
);

/// A step of a trigger.
pub static STEP: Section = section(
    "A step of a trigger: a scene, a transition, a playlist, a lane, a cue, or something else to do",
    &[
        key("scene", PLAYED, "", PLAYED_WHAT),
        key("fade", FADE, "the scene's", "how long it takes"),
        key("easing", EASING, "the scene's", "its shape"),
        key("policy", Form::Words(&Policy::NAMES), "blend", POLICY_WHAT),
        key("stream", STREAMS, "all of them", "on which streams"),
        key("transition", Form::Words(&Verb::NAMES), "", VERB_WHAT),
        HOLD,
        PRIORITY,
        RELEASE,
        LANE,
        IN_STEP,
        DO,
        STEP_OF,
        key("cue", Form::Text, "", "the cue to fire, alone"),
        key("enable", Form::Text, "", "the trigger that may fire from now on, alone"),
        key("disable", Form::Text, "", "the trigger that no longer fires, alone"),
        action_keys::WAIT,
        key("parallel", Form::List(&action_keys::STEPS), "", action_keys::PARALLEL_WHAT),
        action_keys::BLEND,
        action_keys::VARIABLE,
        action_keys::PUBLISH,
        action_keys::SEND,
        action_keys::CALL,
        action_keys::LOG,
        action_keys::STOP,
    ],
);

/// Where the show is.
pub static LOCATION: Section = section(
    "`location`",
    &[
        required("latitude", Form::Number(-90.0, 90.0), "degrees; north is positive"),
        required("longitude", Form::Number(-180.0, 180.0), "degrees; east is positive"),
    ],
);

const DATES: Form = Form::Any(&[DATE, Form::List(&DATE)]);
const DATE: Form = Form::Like("2026-12-31..2027-01-06");
const WEEKDAYS: Form = Form::Any(&[Form::Like("TUE-SUN"), Form::List(&Form::Like("MON"))]);
const SUN: Form = Form::Like("sunset-1h");
/// A time of the sun, with bounds or without.
pub(super) const TIME_OF_SUN: Form = Form::Any(&[SUN, Form::Map(&MOMENT)]);
const TIME_OF_DAY: Form = Form::Any(&[Form::Like("10:00"), SUN, Form::Map(&MOMENT)]);

/// One entry of the schedule.
pub static SCHEDULE: Section = section(
    "An entry of the schedule",
    &[
        key("days", WEEKDAYS, "every day", "on which weekdays it starts"),
        key(
            "dates",
            DATES,
            "every date",
            "on which dates: `2026-12-24`, `2026-12-31..2027-01-06`, and `12-24` in every year",
        ),
        key("except", DATES, "", "on which dates not"),
        key("from", TIME_OF_DAY, "00:00", "when it starts; `sunrise` and `sunset` need a `location`"),
        key("to", TIME_OF_DAY, "24:00", "when it ends: on the next day if that is not after its start"),
        key("scene", Form::Text, "", "what is shown"),
        key("play", Form::Text, "", "the playlist that is played in place of a scene, from its beginning"),
        key(
            "otherwise",
            Form::Any(&[Form::Text, Form::Map(&OTHERWISE)]),
            "",
            "what is shown when nothing else is, in place of a scene and its times",
        ),
        key("fade", FADE, "the scene's", "how long the way there takes"),
        key("easing", EASING, "the scene's", "its shape"),
        key("stream", STREAMS, "all of them", "on which streams"),
    ],
);

/// A time of the sun within bounds.
pub static MOMENT: Section = section(
    "A time of the sun within bounds",
    &[
        required("at", SUN, "`sunrise` or `sunset`, with an offset of at most 6h"),
        key("not_before", Form::Like("16:00"), "", "the earliest, by the clock"),
        key("not_after", Form::Like("20:00"), "", "the latest, by the clock"),
    ],
);

/// Where the show listens.
pub static INPUTS: Section = section(
    "`inputs`",
    &[
        key("osc", Form::Any(&[Form::Map(&OSC), Form::Nothing]), "", "OSC over UDP"),
        key("mqtt", Form::Map(&MQTT), "", "an MQTT broker"),
    ],
);

/// The OSC socket.
pub static OSC: Section = section(
    "`osc` of the inputs",
    &[
        key("listen", Form::Like("127.0.0.1:7755"), "127.0.0.1:7755", "where to listen"),
        key("horizon", Form::Time, "10s", "how far ahead a time tag may lie, at most 1m"),
        key(
            "allow",
            Form::List(&Form::Like("192.168.7.0/24")),
            "everybody who can reach it",
            "who may send: addresses and ranges of them; nobody else is heard",
        ),
        key(
            "clients",
            Form::List(&Form::Like("192.168.7.20:9000")),
            "",
            "who is told what is on without asking for it; at most 16",
        ),
    ],
);

/// The MQTT broker.
pub static MQTT: Section = section(
    "`mqtt` of the inputs",
    &[
        required("url", Form::Like("mqtt://localhost:1883"), "the broker; `mqtts` with TLS"),
        key("user", Form::Text, "", "the user name"),
        key("password", Form::Map(&SECRET), "", "where the password is to be found"),
        key(
            "base",
            Form::Like("segue/north"),
            "segue/ and the name of the machine",
            "the prefix of our own topics",
        ),
        key("client_id", Form::Text, "segue- and the name of the machine", "unique on the broker"),
        key("ca", Form::Like("/etc/ssl/broker.pem"), "the system's", "whom to trust over TLS"),
        key(
            "discovery",
            Form::Any(&[Form::Bool, Form::Map(&DISCOVERY)]),
            "",
            "whether Home Assistant is told of the show; `false` takes back what it was told",
        ),
        key("share", Form::Like("wall"), "", "of all daemons with this word only one obeys each command"),
    ],
);

/// What Home Assistant is told.
pub static DISCOVERY: Section = section(
    "`discovery` of MQTT",
    &[key("prefix", Form::Like("homeassistant"), "homeassistant", "what Home Assistant listens below")],
);

/// The web server.
pub static WEB: Section = section(
    "`web`",
    &[
        key("listen", Form::Like("127.0.0.1:7756"), "127.0.0.1:7756", "where to listen"),
        key(
            "token",
            Form::Map(&SECRET),
            "",
            "where the token is to be found that everybody has to show; needed when others can reach it",
        ),
        key(
            "allow_unauthenticated",
            Form::Bool,
            "false",
            "lets everybody in who can reach it: only for a network that nobody else is on",
        ),
        key(
            "hosts",
            Form::List(&Form::Like("wall.example.net")),
            "its addresses, and localhost",
            "other names and addresses that it goes by",
        ),
    ],
);

/// Texts from outside.
pub static TEXT: Section = section(
    "`text`",
    &[
        key("max_length", Form::Number(1.0, CHARS_MAX as f64), "500", "the most characters; whole"),
        key("allow", Form::List(&Form::Text), "every word", "the only words and phrases that may be said"),
        key("deny", Form::List(&Form::Text), "", "words and phrases that may not be said"),
    ],
);

/// How much of the history is kept.
pub static HISTORY: Section = section(
    "`history`",
    &[
        key("keep", Form::Like("90d"), "90d", "for how long, from 1h to 3650d; the oldest goes first"),
        key("max_size", Form::Like("1GB"), "1GB", "how much of the disk, from 64MB to 1000GB"),
    ],
);
