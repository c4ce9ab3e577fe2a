//! The keys of lanes, described once: who has a stream, for how long, and how it is given back.

use super::keys::{Form, Key, Section, key, section};
use crate::show::lane::{LaneVerb, PRIORITY_MAX};

/// Where the panic button goes.
pub(super) static PANIC: Section = section(
    "`panic`",
    &[
        key("scene", Form::Text, "the stream's `start`, or its `params`", "the scene it goes to"),
        key("fade", Form::Time, "1s", "how long it takes there, and back when it is released, at most 24h"),
    ],
);

pub(super) const PANIC_KEY: Key = key("panic", Form::Map(&PANIC), "", "where the panic button goes");

/// When a hand gives a stream back.
pub(super) const fn operator_idle(usual: &'static str) -> Key {
    key(
        "operator_idle",
        Form::Any(&[Form::Time, Form::Words(&["never"])]),
        usual,
        "how long the faders of a hand must rest until the stream goes back to what is due, from 1s to 24h",
    )
}

/// How it gives it back.
pub(super) const fn operator_release(usual: &'static str) -> Key {
    key("operator_release", Form::Time, usual, "how long that way back takes, at most 24h")
}

pub(super) const HOLD: Key = key(
    "hold",
    Form::Time,
    "for good",
    "how long it is fully on until the stream goes back to what is due then, at most 24h",
);
pub(super) const PRIORITY: Key = key(
    "priority",
    Form::Number(0.0, PRIORITY_MAX as f64),
    "0",
    "which of two that hold is on: the higher, of equals the newer; whole",
);
pub(super) const RELEASE: Key =
    key("release", Form::Time, "as its way in", "how long the way back takes, at most 24h");
pub(super) const LANE: Key = key(
    "lane",
    Form::Words(&LaneVerb::NAMES),
    "",
    "`panic`, or lets go: of panic, else of faders and of all that hold; `operator-release` of faders only",
);
