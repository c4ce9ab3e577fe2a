//! What happened, in plain words: a line for people, for the command line and the page alike.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;

use super::history::Happening;
use crate::show::duration;

/// What an event is about, for whoever wants to see only some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// What was fired.
    Triggers,
    /// Where playlists were.
    Playlists,
    /// Which scenes were gone to.
    Scenes,
    /// What went wrong, and what became well again.
    Faults,
    /// When the show and its streams came and went.
    Life,
}

impl Topic {
    /// Returns the kinds of facts that are about it.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Triggers => &["trigger", "cue", "run", "run_missed", "due", "bypassed", "bypass_over"],
            Self::Playlists => &[
                "playlist_started",
                "playlist_step",
                "playlist_steered",
                "playlist_resumed",
                "playlist_ended",
            ],
            Self::Scenes => &[
                "transition_started",
                "transition_resumed",
                "transition_queued",
                "transition_ignored",
                "transition_dropped",
                "transition_steered",
                "transition_grabbed",
                "lane_taken",
                "lane_released",
                "due_beneath",
                "override_dropped",
                "transition_ended",
            ],
            Self::Faults => &[
                "request_failed",
                "request_healed",
                "runner_error",
                "warned",
                "stream_lost",
                "creates_spent",
                "reasserted",
                "stream_replaced",
                "left_behind",
                "fallen_back",
                "input_lost",
                "input_back",
                "alarm",
                "alarm_over",
                "drifted",
                "broker",
                "refused",
                "not_remembered",
                "not_resumed",
                "state_changed",
            ],
            Self::Life => &[
                "show_started",
                "show_ended",
                "stream_created",
                "stream_attached",
                "stream_lost",
                "stream_deleted",
                "stream_replaced",
                "leftover_deleted",
                "left_behind",
            ],
        }
    }
}

/// Returns what happened as one line. A kind that is not known here is told by its name and all that is known of it.
pub fn tell(happening: &Happening) -> String {
    let about = happening.stream.as_ref().map_or_else(String::new, |stream| format!("{stream}: "));
    let mut text = about + &what(happening);
    if let Some(last) = happening.last.filter(|_| happening.count > 1) {
        let over = Duration::try_from(last.duration_since(happening.at)).unwrap_or_default();
        let over = duration::text(Duration::from_secs(over.as_secs()));
        let _ = write!(text, ", {} times within {over}", happening.count);
    }
    text
}

fn what(happening: &Happening) -> String {
    let word = |key: &str| happening.detail.get(key).and_then(Value::as_str).unwrap_or("?");
    let time = |key: &str| {
        let seconds = happening.detail.get(key).and_then(Value::as_f64);
        let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        time.map_or_else(|| "?".to_owned(), duration::text)
    };
    let number = |key: &str| happening.detail.get(key).and_then(Value::as_u64).unwrap_or_default();
    let name = happening.name.as_deref().unwrap_or("?");
    match happening.kind.as_str() {
        "show_started" => format!("show `{name}` started"),
        "show_ended" => format!("show `{name}` ended"),
        "trigger" => format!("trigger `{name}` fired ({})", word("door")),
        "cue" => format!("cue `{name}` ran"),
        "run" => format!("list of `{name}` {}", run(happening)),
        "due" => {
            let scene = happening.detail.get("scene").and_then(Value::as_str);
            scene.map_or_else(|| "nothing is due".to_owned(), |scene| format!("`{scene}` is due"))
        }
        "bypassed" => format!("schedule bypassed for {}", time("time_seconds")),
        "bypass_over" => "schedule followed again".to_owned(),
        "transition_started" => format!("to `{}` in {}", word("scene"), time("fade_seconds")),
        "transition_queued" => format!("`{}` waits for {}", word("scene"), number("ahead")),
        "transition_ignored" => format!("`{}` is ignored on the way to `{}`", word("scene"), word("running")),
        "transition_dropped" => format!("`{}` waits no more: `{}` instead", word("scene"), word("instead")),
        "transition_grabbed" => format!("transition to `{}` in a hand", word("scene")),
        "transition_steered" => format!("transition to `{}`: {}", word("scene"), word("verb")),
        "transition_ended" => format!("`{}` is on", word("scene")),
        "transition_resumed" => {
            let percent = happening.detail.get("progress").and_then(Value::as_f64).unwrap_or(1.0) * 100.0;
            match percent {
                100.0.. => format!("`{}` resumed", word("scene")),
                _ => format!("transition to `{}` resumed at {percent:.0} %", word("scene")),
            }
        }
        "not_resumed" => format!("begins anew: {}", word("why")),
        "run_missed" => {
            let made_up = happening.detail.get("made_up") == Some(&Value::Bool(true));
            let then = if made_up { "made up for" } else { "passed over" };
            format!("trigger `{name}` was missed at {}; {then}", word("at"))
        }
        "request_failed" => format!("{} failed ({}): {}", word("request"), word("failure"), word("message")),
        "request_healed" => {
            let after = number("after");
            let failures = if after == 1 { "failure" } else { "failures" };
            format!("{} works again after {after} {failures}", word("request"))
        }
        "state_changed" => format!("is {}, was {}", word("to"), word("from")),
        "runner_error" => format!("the runner reported an error: {}", word("message")),
        "warned" => format!("the API warned: {}", word("message")),
        "stream_created" => format!("stream {} created", word("id")),
        "stream_attached" => format!("stream {} attached", word("id")),
        "stream_lost" => format!("stream {} lost; {}", word("id"), word("next")),
        "stream_deleted" => format!("stream {} deleted", word("id")),
        "creates_spent" => format!("too many streams were lost; the next one in {}", time("wait_seconds")),
        "reasserted" => format!("look sent again in full: {}", word("why")),
        "broker" if happening.detail.get("connected") == Some(&Value::Bool(true)) => {
            "MQTT broker reached".to_owned()
        }
        "broker" => format!("MQTT broker lost: {}", word("detail")),
        "refused" => {
            let (count, door) = (number("count"), word("door"));
            format!("{count} messages refused ({door}, {}), such as {}", word("reason"), word("example"))
        }
        "not_remembered" => format!("state cannot be written to disk: {}", word("message")),
        other => recovery(happening)
            .or_else(|| playlist(happening))
            .or_else(|| lane(happening))
            .unwrap_or_else(|| format!("{other} {}", Value::from(happening.detail.clone()))),
    }
}

/// Tells who has a stream.
fn lane(happening: &Happening) -> Option<String> {
    let word = |key: &str| happening.detail.get(key).and_then(Value::as_str).unwrap_or("?");
    let name = happening.name.as_deref().unwrap_or("?");
    Some(match happening.kind.as_str() {
        "lane_taken" => format!("{} has it: `{name}`", word("lane")),
        "lane_released" => format!("{} lets go: `{name}`", word("lane")),
        "due_beneath" => format!("`{}` waits beneath {}: `{name}`", word("scene"), word("lane")),
        "override_dropped" => format!("`{}` is not held any more, too many wait: `{name}`", word("scene")),
        _ => return None,
    })
}

/// Tells what a list did, or what became of it.
fn run(happening: &Happening) -> String {
    let word = |key: &str| happening.detail.get(key).and_then(Value::as_str).unwrap_or("?");
    let seconds = happening.detail.get("after_seconds").and_then(Value::as_f64);
    let after = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let after = after.map_or_else(|| "?".to_owned(), duration::text);
    let value = |key: &str| happening.detail.get(key).cloned().unwrap_or_default();
    match word("news") {
        "queued" => format!("waits for {}", value("ahead")),
        "ended" => format!("ended after {after}"),
        "stopped" => format!("stopped: {}", word("why")),
        "resumed" => "goes on".to_owned(),
        "set" => format!("sets {} to {}", word("variable"), value("value")),
        "said" => format!("says: {}", word("text")),
        "sent" => format!("hands over to {}: {}", word("way"), word("to")),
        "called" if value("status").is_null() => {
            format!("called {}: {} after {after}", word("to"), word("error"))
        }
        "called" => format!("called {}: {} after {after}", word("to"), value("status")),
        other => other.to_owned(),
    }
}

/// Tells of what is done on a stream's bad days.
fn recovery(happening: &Happening) -> Option<String> {
    let word = |key: &str| happening.detail.get(key).and_then(Value::as_str).unwrap_or("?");
    let seconds = |key: &str| {
        let seconds = happening.detail.get(key).and_then(Value::as_f64);
        let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        time.map_or_else(|| "?".to_owned(), duration::text)
    };
    Some(match happening.kind.as_str() {
        "stream_replaced" => format!("stream {} given up for another", word("id")),
        "leftover_deleted" => format!("old stream {} deleted", word("id")),
        "left_behind" => format!("old stream {} could not be deleted and may still run", word("id")),
        "fallen_back" => format!("fallback scene `{}` put on", word("scene")),
        "input_lost" => "no video goes in".to_owned(),
        "input_back" => "video goes in again".to_owned(),
        "alarm" => format!("somebody is needed: {}", word("reason")),
        "alarm_over" => format!("nobody is needed any more, after {}", seconds("after_seconds")),
        "drifted" => format!("somebody else wrote {}", word("names")),
        _ => return None,
    })
}

/// Tells where a playlist is.
fn playlist(happening: &Happening) -> Option<String> {
    let word = |key: &str| happening.detail.get(key).and_then(Value::as_str).unwrap_or("?");
    let number = |key: &str| happening.detail.get(key).and_then(Value::as_u64).unwrap_or_default();
    let name = happening.name.as_deref().unwrap_or("?");
    Some(match happening.kind.as_str() {
        "playlist_started" => format!("playlist `{name}` started"),
        "playlist_step" => format!("playlist `{name}`: step {}, `{}`", number("step"), word("label")),
        "playlist_steered" => match number("step") {
            0 => format!("playlist `{name}`: {}", word("verb")),
            step => format!("playlist `{name}`: step {step} stands by"),
        },
        "playlist_resumed" => {
            format!("playlist `{name}` resumed at step {}, `{}`", number("step"), word("label"))
        }
        "playlist_ended" => format!("playlist `{name}` ended: {}", word("why")),
        _ => return None,
    })
}
