//! The keys of a stream's bad days, described once; the rest of them is in `keys.rs`.

use super::keys::{Form, SECRET, Section, key, required, section};

/// What is tried when no picture comes out.
pub(super) static RECOVERY: Section = section(
    "`recovery` of a stream: what is tried when video goes in and no picture comes out",
    &[
        key("stalled_after", Form::Time, "20s", "no picture for so long is a fault, from 15s to 1h"),
        key("resend", Form::Map(&RESEND), "", "first the whole look is sent again"),
        key("recreate", Form::Map(&RECREATE), "", "then another stream takes its place"),
        key("fallback", Form::Map(&FALLBACK), "none", "then a harmless scene is put on"),
        key(
            "alarm_after",
            Form::Time,
            "2m",
            "without a stream or a word from the API for so long, people are told; from 5s to 1h",
        ),
        key(
            "again_after",
            Form::Time,
            "10m",
            "after the alarm all is tried again so much later, then after twice that, up to 1h; from 1m to 24h",
        ),
        key("steady_after", Form::Time, "1m", "a picture for so long ends the trouble, from 5s to 1h"),
    ],
);

const RUNG_WAIT: &str = "how long each try has to help, from 5s to 1h";

/// The first rung.
pub(super) static RESEND: Section = section(
    "`resend` of a recovery",
    &[
        key("times", Form::Number(0.0, 20.0), "2", "how often; whole, 0 for never"),
        key("wait", Form::Time, "20s", RUNG_WAIT),
    ],
);

/// The second.
pub(super) static RECREATE: Section = section(
    "`recreate` of a recovery",
    &[
        key("times", Form::Number(0.0, 20.0), "2", "how often; whole, 0 for never"),
        key("wait", Form::Time, "1m", RUNG_WAIT),
        key(
            "per_hour",
            Form::Number(1.0, 60.0),
            "6",
            "the most streams created in any hour, for whatever reason; whole",
        ),
    ],
);

/// The last.
pub(super) static FALLBACK: Section = section(
    "`fallback` of a recovery",
    &[
        required("scene", Form::Text, "the scene"),
        key("wait", Form::Time, "that of `recreate`", "how long it has to help, from 5s to 1h"),
    ],
);

static HOOK_FORM: Form = Form::Map(&HOOK);
pub(super) const HOOKS: Form = Form::Any(&[Form::Map(&HOOK), Form::List(&HOOK_FORM)]);

/// Somebody who is told.
pub(super) static HOOK: Section = section(
    "Who is told: one of `mqtt`, `http` and `command`",
    &[
        key("mqtt", Form::Like("gallery/wall/stream"), "", "publishes JSON on this topic"),
        key("retain", Form::Bool, "false", "whether the broker keeps it"),
        key(
            "http",
            Form::Any(&[Form::Like("http://encoder.local/stream"), Form::Map(&SECRET)]),
            "",
            "posts JSON there; an address that is a secret is named like one",
        ),
        key(
            "command",
            Form::List(&Form::Text),
            "",
            "runs this program with these arguments, without a shell; needs `allow_commands`",
        ),
        key("timeout", Form::Time, "30s", "when the command is ended, from 1s to 5m"),
    ],
);
