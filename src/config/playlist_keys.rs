//! The keys of playlists, described once; the rest of them is in `keys.rs`.

use super::keys::{EASING, FADE, Form, Key, PLAYED, PLAYED_WHAT, STREAMS, Section, key, required, section};
use crate::show::playlist::{Order, PlayVerb};

/// One playlist.
pub(super) static PLAYLIST: Section = section(
    "A playlist",
    &[
        key(
            "order",
            Form::Words(&Order::NAMES),
            "once",
            "in which order its steps come: `once` to the end, `loop` and again, `shuffle` each once in every round, \
             `ping-pong` there and back, `random` as chance picks",
        ),
        key("stream", STREAMS, "all of them", "on which streams it plays; one at a time plays on each"),
        required("steps", Form::List(&Form::Map(&LIST_STEP)), "what comes, one after the other"),
    ],
);

/// A step of one.
pub(super) static LIST_STEP: Section = section(
    "A step of a playlist: a scene, or a round of another playlist",
    &[
        key("scene", PLAYED, "", PLAYED_WHAT),
        key("fade", FADE, "the scene's", "how long it takes"),
        key("easing", EASING, "the scene's", "its shape"),
        key(
            "hold",
            Form::Any(&[Form::Time, Form::Like("5m..10m")]),
            "until GO",
            "how long it stays once it is there, or at least and at most how long; at most 24h",
        ),
        key(
            "follow",
            Form::Words(&FOLLOW),
            "`auto` with a hold, else `manual`",
            "what comes then: `auto` goes on after the hold, `manual` waits for GO",
        ),
        key(
            "playlist",
            Form::Text,
            "",
            "the playlist of which a round is played, on the streams of this one",
        ),
        key("name", Form::Text, "that of the scene", "what people call the step"),
        key("weight", Form::Number(0.01, 100.0), "1", "how likely it comes, with `shuffle` and `random`"),
    ],
);

/// What can come after a step.
pub(super) const FOLLOW: [&str; 2] = ["auto", "manual"];

/// The least time between two GOs.
pub(super) const GO_APART: Key = key(
    "go_apart",
    Form::Time,
    "100ms",
    "the least time between two GOs for one playlist, at most 10s; what comes sooner is refused",
);

/// A playlist in a step of a cue or a trigger.
pub(super) const IN_STEP: Key =
    key("playlist", Form::Text, "", "the playlist to do something with, in place of a scene");

/// What is done with it.
pub(super) const DO: Key = key(
    "do",
    Form::Words(&PlayVerb::NAMES),
    "play",
    "what is done with the playlist: `play` from its beginning unless it plays, `go` fires the step that stands by, \
     `back` the one before, `goto` and `standby` take a `step`, `pause`, `resume`, `stop`",
);

/// The step that it is about.
pub(super) const STEP_OF: Key = key(
    "step",
    Form::Any(&[Form::Number(1.0, 512.0), Form::Text]),
    "",
    "the step of the playlist, with `goto` and `standby`: its number or its name",
);

/// What is shown when nothing else is.
pub(super) static OTHERWISE: Section =
    section("`otherwise` as a playlist", &[required("play", Form::Text, "the playlist that is played")]);
