//! The transcript: what happened when, one line each, in words of the show.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::show::{
    duration,
    event::Door,
    fact::Fact,
    reload::Changes,
    run::RunNews,
    time::{Mono, Now},
};

/// How much of a prompt is told: enough to tell it from the others.
const PROMPT_CHARS_MAX: usize = 18;
/// Parameters that are the same in every update.
const CONSTANT: [&str; 5] = [
    "model_id",
    "normalize_prompt_weights",
    "normalize_seed_weights",
    "prompt_interpolation_method",
    "seed_interpolation_method",
];

/// Lines, as they come.
#[derive(Debug)]
pub(super) struct Transcript {
    /// What has been written and not been taken away.
    pub(super) text: String,
    zone: TimeZone,
    /// Whether times have hours, which is so where the run is longer than one.
    hours: bool,
    /// How wide the names of streams are.
    width: usize,
}

impl Transcript {
    pub(super) fn new(zone: TimeZone, length: Duration, names: &[Arc<str>]) -> Self {
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        Self { text: String::new(), zone, hours: has_hours(length), width: longest.max("script".len()) }
    }

    /// Writes a line about `who`.
    pub(super) fn line(&mut self, now: Now, who: &str, what: &str) {
        let (time, width) = (stamp(now.mono, self.hours), self.width);
        let _ = writeln!(self.text, "{time}  {who:width$}  {what}");
    }

    /// Tells an update that is sent.
    pub(super) fn update(&mut self, now: Now, stream: &str, params: &Map<String, Value>) {
        let mut told = String::from("update");
        for (name, value) in params.iter().filter(|(name, _)| !CONSTANT.contains(&name.as_str())) {
            match (name.as_str(), value) {
                ("prompt" | "seed", Value::Array(list)) => {
                    let entries: Vec<String> = list.iter().filter_map(entry).collect();
                    let _ = write!(told, "  {name} {}", entries.join(", "));
                }
                ("controlnets", Value::Array(list)) => {
                    let scales: Vec<String> =
                        list.iter().map(|net| net["conditioning_scale"].to_string()).collect();
                    let _ = write!(told, "  controlnets {}", scales.join(" "));
                }
                _ => {
                    let _ = write!(told, "  {name} {value}");
                }
            }
        }
        self.line(now, stream, &told);
    }

    /// Tells a fact, if it is one for people: not each answer, not each status.
    pub(super) fn fact(&mut self, now: Now, fact: &Fact) {
        if let Some((who, what)) = self.at_night(fact) {
            return self.line(now, who, &what);
        }
        let (who, what): (&str, String) = match fact {
            Fact::Trigger { name, door: Door::Cron } => {
                let local = now.wall.to_zoned(self.zone.clone());
                ("cron", format!("{name} ({})", local.strftime("%a %Y-%m-%d %H:%M:%S %:z")))
            }
            Fact::Trigger { name, door } => (door.as_str(), name.to_string()),
            Fact::TriggerSwitched { name, .. } | Fact::TriggerLooping { name, .. } => {
                ("trigger", format!("{name} {}", of_trigger(fact)))
            }
            Fact::Cue { name } => ("cue", name.to_string()),
            Fact::Due { .. } | Fact::Bypassed { .. } | Fact::BypassOver => of_schedule(now, fact, &self.zone),
            Fact::TransitionStarted { stream, scene, fade } if fade.is_zero() => {
                (stream, format!("cut to {scene}"))
            }
            Fact::TransitionStarted { stream, scene, fade } => {
                (stream, format!("to {scene} in {}", duration::text(*fade)))
            }
            Fact::TransitionSteered { stream, scene, verb } => {
                (stream, format!("{} on the way to {scene}", verb.name()))
            }
            Fact::TransitionQueued { stream, scene, ahead } => (stream, format!("{scene} waits for {ahead}")),
            Fact::TransitionIgnored { stream, scene, running } => {
                (stream, format!("{scene} is ignored on the way to {running}"))
            }
            Fact::TransitionDropped { stream, scene, instead } => {
                (stream, format!("{scene} waits no more: {instead} instead"))
            }
            Fact::TransitionGrabbed { stream, scene } => (stream, format!("in a hand on the way to {scene}")),
            Fact::CreatesSpent { stream, wait } => {
                (stream, format!("no other is created for {}", duration::text(*wait)))
            }
            Fact::TransitionEnded { stream, scene } => (stream, format!("on {scene}")),
            Fact::RequestFailed { stream, request, message, in_a_row, .. } => {
                (stream, format!("{request} failed ({in_a_row}): {message}"))
            }
            Fact::RequestHealed { stream, request, after } => {
                (stream, format!("{request} works again after {after}"))
            }
            Fact::FallenBack { stream, scene } => (stream, format!("falls back to {scene}")),
            Fact::InputLost { stream } => (stream, "no video goes in".to_owned()),
            Fact::InputBack { stream } => (stream, "video goes in again".to_owned()),
            Fact::Drifted { stream, names, reassert } => {
                let then = if *reassert { "sent again" } else { "left" };
                (stream, format!("somebody else has set {names}; {then}"))
            }
            Fact::Reasserted { stream, why } => (stream, format!("sent again in full: {why}")),
            Fact::StateChanged { stream, to, .. } => (stream, format!("is {to}")),
            Fact::RunnerError { stream, message } => (stream, format!("runner: {message}")),
            Fact::Warned { stream, message } => (stream, format!("warning: {message}")),
            Fact::NotRemembered { stream, message } => (stream, format!("not remembered: {message}")),
            Fact::Reloaded(Changes { changed, .. }) => ("show", format!("reloaded: {}", changed.join(", "))),
            Fact::Run { news: RunNews::Sent { .. }, .. } => return,
            Fact::Run { name, news } => ("run", format!("{name} {}", news.told())),
            Fact::NotReloaded { message, .. } => ("show", format!("not reloaded: {message}")),
            Fact::Broker { detail, .. } => ("mqtt", detail.clone()),
            Fact::Refused { door, reason, count: 1, example } => {
                (door.as_str(), format!("refused, {reason}: {example}"))
            }
            Fact::Refused { door, reason, count, example } => {
                (door.as_str(), format!("refused {count} times, {reason}: {example}"))
            }
            // Told above, or not for people.
            _ => return,
        };
        self.line(now, who, &what);
    }

    /// Returns whose it is and what, of what happens when nobody is there: the show was away, or calls people.
    fn at_night<'f>(&self, fact: &'f Fact) -> Option<(&'f str, String)> {
        Some(match fact {
            Fact::TransitionResumed { stream, scene, progress, left } if *progress < 1.0 => {
                let (percent, left) = (progress * 100.0, duration::text(*left));
                (stream, format!("resumes at {percent:.0} % on the way to {scene}, {left} left"))
            }
            Fact::TransitionResumed { stream, scene, .. } => (stream, format!("resumes on {scene}")),
            Fact::NotResumed { stream, why } => (stream, format!("begins anew: {why}")),
            Fact::RunMissed { name, at, made_up } => {
                let local = at.to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %:z");
                let then = if *made_up { "made up for" } else { "passed over" };
                ("cron", format!("{name} was missed ({local}); {then}"))
            }
            Fact::Alarm { stream, reason } => (stream, format!("ALARM: {reason}")),
            Fact::AlarmOver { stream, after } => {
                (stream, format!("alarm over after {}", duration::text(*after)))
            }
            _ => return of_playlist(fact).or_else(|| of_lane(fact)).or_else(|| of_life(fact)),
        })
    }
}

/// Tells who has a stream.
fn of_lane(fact: &Fact) -> Option<(&str, String)> {
    Some(match fact {
        Fact::LaneTaken { stream, lane, name } => (stream, format!("{} has it: {name}", lane.as_str())),
        Fact::LaneReleased { stream, lane, name, .. } => {
            (stream, format!("{} lets go: {name}", lane.as_str()))
        }
        Fact::DueBeneath { stream, scene, name, lane } => {
            (stream, format!("{scene} waits beneath {}: {name}", lane.as_str()))
        }
        Fact::OverrideDropped { stream, name, scene } => {
            (stream, format!("{scene} is not held any more, too many wait: {name}"))
        }
        _ => return None,
    })
}

/// Tells how a stream comes and goes.
fn of_life(fact: &Fact) -> Option<(&str, String)> {
    Some(match fact {
        Fact::StreamCreated { stream, id } => (stream, format!("created as {id}")),
        Fact::StreamAttached { stream, id } => (stream, format!("attached to {id}")),
        Fact::StreamLost { stream, id, next } => (stream, format!("{id} is lost, {next}")),
        Fact::StreamReplaced { stream, id } => (stream, format!("{id} given up for another")),
        Fact::LeftoverDeleted { stream, id } => (stream, format!("old {id} deleted")),
        Fact::LeftBehind { stream, id } => (stream, format!("old {id} cannot be deleted")),
        Fact::StreamDeleted { stream, id } => (stream, format!("{id} deleted")),
        _ => return None,
    })
}

/// Tells where a playlist is.
fn of_playlist(fact: &Fact) -> Option<(&str, String)> {
    Some(match fact {
        Fact::PlaylistStarted { name } => (name, "starts".to_owned()),
        Fact::PlaylistStep { name, step, label, hold } => {
            let hold =
                hold.map_or_else(|| "until GO".to_owned(), |hold| format!("for {}", duration::text(hold.0)));
            (name, format!("step {step}, {label}, {hold}"))
        }
        Fact::PlaylistSteered { name, verb, step } => {
            let step = step.map_or_else(String::new, |step| format!(" {step}"));
            (name, format!("{verb}{step}"))
        }
        Fact::PlaylistResumed { name, step, label } => (name, format!("resumes at step {step}, {label}")),
        Fact::PlaylistEnded { name, why } => (name, format!("ends: {why}")),
        _ => return None,
    })
}

/// Tells what the schedule wants, and whether anybody listens.
fn of_schedule<'a>(now: Now, fact: &'a Fact, zone: &TimeZone) -> (&'a str, String) {
    match fact {
        Fact::Due { stream, due } => (stream, format!("due: {}", due.tell(now.wall, zone))),
        Fact::Bypassed { time } => ("bypass", format!("for {}", duration::text(*time))),
        _ => ("bypass", "over".to_owned()),
    }
}

/// Returns whether a run of that length needs hours in its times.
pub(super) fn has_hours(length: Duration) -> bool {
    length > Duration::from_hours(1)
}

/// Writes a time from the start: `mm:ss.mmm`, or `hh:mm:ss.mmm`.
pub(super) fn stamp(at: Mono, hours: bool) -> String {
    let millis = at.0.as_millis();
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    if hours {
        format!("{:02}:{:02}:{seconds:02}.{millis:03}", minutes / 60, minutes % 60)
    } else {
        format!("{minutes:02}:{seconds:02}.{millis:03}")
    }
}

/// Cuts a prompt to what tells it from others.
pub(super) fn short(prompt: &str, chars_max: usize) -> String {
    match prompt.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", prompt[..end].trim_end()),
        None => prompt.to_owned(),
    }
}

/// Tells one entry of a weighted list; nothing of one that is not on.
fn entry(entry: &Value) -> Option<String> {
    let weight = entry.get(1)?.as_f64().filter(|weight| *weight != 0.0)?;
    let thing = entry.get(0)?;
    let thing = thing.as_str().map_or_else(|| thing.to_string(), |text| short(text, PROMPT_CHARS_MAX));
    Some(format!("{thing} {weight:.3}"))
}

/// Says what has become of a trigger.
fn of_trigger(fact: &Fact) -> String {
    match fact {
        Fact::TriggerSwitched { enabled: true, .. } => "enabled".to_owned(),
        Fact::TriggerSwitched { .. } => "disabled".to_owned(),
        Fact::TriggerLooping { why, .. } => format!("stopped: {why}"),
        _ => String::new(),
    }
}
