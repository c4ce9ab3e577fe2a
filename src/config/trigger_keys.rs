//! The keys of triggers, described once; the rest of them is in `keys.rs`.

use super::{
    action_keys,
    keys::{Form, STEP, STREAMS, Section, TIME_OF_SUN, ZONE, key, required, section},
};

/// One trigger.
pub(super) static TRIGGER: Section = section(
    "A trigger",
    &[
        required(
            "when",
            Form::Any(&[Form::Map(&WHEN), Form::List(&Form::Map(&WHEN))]),
            "what it waits for; any of several fires it",
        ),
        key(
            "if",
            Form::Like("payload.lux > 200 and time.hour >= 18"),
            "",
            "what must hold besides: over payload, topic, address, args, value, time, scene, stream, vars and trigger",
        ),
        key(
            "for",
            Form::Time,
            "",
            "how long what it waits for must last, from 10ms to 24h; what says the opposite ends it",
        ),
        key(
            "release_for",
            Form::Time,
            "",
            "how long that must be over, or silent, before it counts again, from 10ms to 24h",
        ),
        key(
            "throttle",
            Form::Time,
            "",
            "at most one firing in such a time, the first at once, from 10ms to 1h",
        ),
        key(
            "debounce",
            Form::Time,
            "",
            "fires when nothing has come for so long, with what came last, from 10ms to 1h",
        ),
        key(
            "cooldown",
            Form::Time,
            "",
            "how long it does nothing after a firing, from 10ms to 168h; it outlasts a restart",
        ),
        key("enabled", Form::Bool, "true", "whether it fires before somebody enables it"),
        required("do", Form::Any(&[Form::Map(&STEP), Form::List(&Form::Map(&STEP))]), "what it does then"),
        key("mode", action_keys::MODE, "single", action_keys::MODE_WHAT),
        action_keys::MAX,
    ],
);

/// What can be done about a time that was missed.
pub(super) const CATCH_UP: [&str; 2] = ["last", "none"];

/// The states of a stream, in the words of the API (daydream-api.md 6.3).
pub(super) const STATES: [&str; 6] =
    ["ONLINE", "OFFLINE", "LOADING", "DEGRADED_INPUT", "DEGRADED_INFERENCE", "ERROR"];

/// What a trigger waits for.
pub(super) static WHEN: Section = section(
    "`when` of a trigger: one of `cron`, `sun`, `every`, `startup`, `idle`, `mqtt`, `osc`, `http`, `stream` and `scene`",
    &[
        key("cron", Form::Like("30 5 * * MON-FRI"), "", "a time of the calendar"),
        key("sun", TIME_OF_SUN, "", "a time of the sun, each day; needs a `location`"),
        key("every", Form::Time, "", "again and again, from 1s to 168h; first that long after the start"),
        key("startup", Form::Bool, "", "the start of the show: `true`"),
        key("idle", Form::Time, "", "nobody did anything by OSC, MQTT or HTTP for so long, from 1s to 168h"),
        key("mqtt", Form::Like("gallery/+/motion"), "", "a message on these topics"),
        key("osc", Form::Like("/pad/{1,2}"), "", "a message at these addresses"),
        key("http", Form::Bool, "", "`POST /api/triggers/<name>`: `true`"),
        key("stream", STREAMS, "", "something becomes of one of these streams"),
        key("scene", Form::Map(&TURN), "", "a stream comes to a scene, or leaves it"),
        key("timezone", ZONE, "the show's", "the zone of the time, with `cron` and `sun`"),
        key(
            "catch_up",
            Form::Words(&CATCH_UP),
            "`last` if it goes to a scene for good, else `none`",
            "what if the time was missed: `last` makes up for the last time, `none` waits for the next",
        ),
        key("catch_up_within", Form::Time, "24h", "how late that may be, from 1m to 168h"),
        key("payload", Form::Any(&[Form::Map(&PAYLOAD), Form::Literal]), "any", "which payload counts"),
        key("retained", Form::Bool, "false", "whether messages count that the broker had kept"),
        key("args", Form::Any(&[ARGUMENT, Form::List(&ARGUMENT)]), "any", "which arguments count, in order"),
        key("of", Form::Map(&SILENCE), "any hand", "who must be silent, with `idle`"),
        key("state", Form::Words(&STATES), "", "the state that the stream comes to"),
        key("fps_below", Form::Number(0.1, 240.0), "", "the frames a second that it comes to fall below"),
        key("lost", Form::Bool, "", "the stream is gone, or no picture comes out of it: `true`"),
        key("back", Form::Bool, "", "there is a picture again after it was lost: `true`"),
    ],
);

const ARGUMENT: Form = Form::Any(&[Form::Map(&ARGS), Form::Literal]);

const ABOVE: &str =
    "fires when the number comes to be more than this; a first number that is so already does not count";
const BELOW: &str =
    "fires when the number comes to be less than this; a first number that is so already does not count";
const HYSTERESIS: &str =
    "how far beyond the bound the number must go back before it can cross it again; 0 or more";

/// A condition on a payload.
pub(super) static PAYLOAD: Section = section(
    "`payload` as a condition",
    &[
        key("pointer", Form::Like("/sensor/lux"), "the whole", "where in a JSON payload to look"),
        key("equals", Form::Literal, "", "the value to the letter"),
        key("above", Form::AnyNumber, "", ABOVE),
        key("below", Form::AnyNumber, "", BELOW),
        key("hysteresis", Form::AnyNumber, "0", HYSTERESIS),
    ],
);

/// A condition on an argument.
pub(super) static ARGS: Section = section(
    "An argument as a condition",
    &[
        key("equals", Form::Literal, "", "the value to the letter"),
        key("above", Form::AnyNumber, "", ABOVE),
        key("below", Form::AnyNumber, "", BELOW),
        key("hysteresis", Form::AnyNumber, "0", HYSTERESIS),
    ],
);

/// Who must be silent.
pub(super) static SILENCE: Section = section(
    "`of` beside `idle`: one of the two",
    &[
        key("mqtt", Form::Like("gallery/+/motion"), "", "messages on these topics"),
        key("osc", Form::Like("/sensor/*"), "", "messages at these addresses"),
    ],
);

/// Where a stream is on its way.
pub(super) static TURN: Section = section(
    "`scene` of a `when`: one of the three",
    &[
        key("entered", Form::Text, "", "the scene that a stream has arrived at"),
        key("left", Form::Text, "", "the scene that a stream was at and goes away from"),
        key("halfway", Form::Text, "", "the scene to which half of the time of the way is over"),
        key("stream", STREAMS, "any of them", "on which streams"),
    ],
);
