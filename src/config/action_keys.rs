//! The keys of lists of steps, described once: waits, what goes out to others, and what if a list is still running. The
//! rest of them is in `keys.rs`.

use super::{
    keys::{CUE_STEP, Form, Key, SECRET, STEP, Section, key, required, section},
    modes,
};
use crate::show::run::{Mode, step::Method};

pub(super) const WAIT: Key = key(
    "wait",
    Form::Any(&WAITED),
    "",
    "goes on later: after so long, at most 24h, or when the transitions have ended that run",
);
pub(super) const PARALLEL_WHAT: &str = "lists of steps that are done at once; goes on when all have ended";
pub(super) const BLEND: Key = key(
    "blend",
    Form::Named(&Form::AnyNumber),
    "",
    "the mix of scenes to go to: a weight by the name of each, scaled to sum to 1",
);
pub(super) const VARIABLE: Key =
    key("variable", Form::Named(&Form::Literal), "", "variables to set, by name; a text may be a template");
pub(super) const PUBLISH: Key = key("publish", Form::Map(&PUBLISHED), "", "an MQTT message");
pub(super) const SEND: Key = key("send", Form::Map(&SENT), "", "an OSC message");
pub(super) const CALL: Key = key("call", Form::Map(&CALLED), "", "an HTTP request");
pub(super) const LOG: Key = key("log", Form::Text, "", "a line for the log and the history; a template");
pub(super) const STOP: Key = key(
    "stop",
    Form::Any(&[Form::Text, Form::List(&Form::Text)]),
    "",
    "the cue or trigger of that name whose list ends where it is",
);

static WAITED: [Form; 2] = [Form::Time, Form::Map(&UNTIL)];
pub(super) static STEPS: Form = Form::Any(&[Form::Map(&STEP), Form::List(&Form::Map(&STEP))]);
pub(super) static CUE_STEPS: Form = Form::Any(&[Form::Map(&CUE_STEP), Form::List(&Form::Map(&CUE_STEP))]);

pub(super) const MODE: Form = Form::Words(&Mode::NAMES);
pub(super) const MODE_WHAT: &str = "what if its list is still running: `single` does nothing, `restart` begins anew, \
     `queued` waits for its end, `parallel` runs beside it";
pub(super) const MAX: Key = key(
    "max",
    Form::Number(modes::MAX.0, modes::MAX.1),
    "10",
    "how many may run or wait with `queued` and `parallel`; whole",
);

/// A cue that says more than its steps.
pub(super) static CUE: Section = section(
    "A cue with a mode",
    &[
        required("do", Form::Any(&[Form::Map(&CUE_STEP), Form::List(&Form::Map(&CUE_STEP))]), "what it does"),
        key("mode", MODE, "restart", MODE_WHAT),
        MAX,
    ],
);

/// What is waited for.
pub(super) static UNTIL: Section = section(
    "`wait` for something",
    &[required(
        "until",
        Form::Words(&["arrived"]),
        "`arrived`: what runs and waits on the streams of `stream` has ended; an hour at the most",
    )],
);

const TEMPLATE: Form = Form::Like("{{ payload }}");

/// An MQTT message.
pub(super) static PUBLISHED: Section = section(
    "`publish` of a step",
    &[
        required("topic", Form::Like("gallery/light/set"), "where; a template"),
        key(
            "payload",
            Form::Anything,
            "empty",
            "what it says; texts are templates, maps and lists go as JSON",
        ),
        key("retain", Form::Bool, "false", "whether the broker keeps it"),
        key("qos", Form::Number(0.0, 1.0), "1", "1: the broker has to acknowledge it; whole"),
    ],
);

/// An OSC message.
pub(super) static SENT: Section = section(
    "`send` of a step",
    &[
        required("osc", Form::Like("/light/1"), "the address; a template"),
        key(
            "args",
            Form::Any(&[Form::Literal, Form::List(&Form::Literal)]),
            "none",
            "the arguments: numbers, texts, `true` and `false`; texts are templates",
        ),
        required("to", Form::Like("192.168.7.20:9000"), "where to: an address with a port"),
    ],
);

/// An HTTP request.
pub(super) static CALLED: Section = section(
    "`call` of a step",
    &[
        required(
            "url",
            Form::Any(&[Form::Like("http://lamp.local/scene/2"), Form::Map(&SECRET)]),
            "where to; behind the host a template; an address that is a secret is named like one",
        ),
        key("method", Form::Words(&Method::NAMES), "`POST` with something to say, else `GET`", "how"),
        key("json", Form::Anything, "", "what it says, as JSON; texts are templates"),
        key("body", TEMPLATE, "", "what it says, as plain text; a template"),
        key("timeout", Form::Time, "10s", "how long it may take, from 1s to 1m"),
    ],
);
