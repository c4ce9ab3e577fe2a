//! What a message asks for: triggers of the show file, and the fixed addresses and topics that need none.
//!
//! Only finds out; doing it is the show's. What asks for nothing that exists is a refusal, never an error. `osc.rs` and
//! `mqtt.rs` know the forms of their doors.

mod fire;
mod gate;
mod hit;
pub(super) mod latch;
mod mqtt;
mod osc;
mod playlist;
mod post;
#[cfg(test)]
mod tests;
mod views;
pub(super) mod when;

use std::{sync::Arc, time::Duration};

use serde_json::Value;

pub(super) use self::{
    hit::Hit,
    mqtt::of_mqtt,
    osc::{continuity, of_osc},
    post::Triggers,
};
use super::{
    duration,
    event::Command,
    lane::{HOLD_MAX, Hold, LaneVerb},
    prompt,
    run::{Owner, step::Stop},
    scene::{Fade, Scene},
    schedule::follow::BYPASS_MAX,
    sheet::{Policy, Sheet, Step, Streams, Verb},
    transition::Fader,
};

/// Something that a person asks for, with no trigger in between.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    /// The address, topic or route.
    pub(super) name: Arc<str>,
    /// What for.
    pub(super) steps: Vec<Step>,
}

impl Ask {
    /// Asks for one thing.
    pub(super) fn one(name: impl Into<Arc<str>>, step: Step) -> Self {
        Self { name: name.into(), steps: vec![step] }
    }
}

/// What a message is to the show.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// What triggers hear of it.
    pub(super) hits: Vec<Hit>,
    /// What it asks for by itself.
    pub(super) asks: Vec<Ask>,
}

/// Something asked for that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The kind of mistake, fit to count by.
    pub(super) reason: &'static str,
    /// What it was.
    pub(super) example: String,
}

impl Refusal {
    fn new(reason: &'static str, example: impl Into<String>) -> Self {
        Self { reason, example: example.into() }
    }
}

/// Returns what a person's command asks for.
pub(super) fn of_command(sheet: &Sheet, command: &Command) -> Result<Heard, Refusal> {
    let (name, step) = match command {
        Command::Trigger { trigger, payload } => {
            return hit::of_request(sheet, trigger, payload).map(|hits| Heard { hits, asks: Vec::new() });
        }
        Command::Switch { trigger, enabled } => {
            let verb = if *enabled { "enable" } else { "disable" };
            (format!("{verb} {trigger}"), switch_step(sheet, trigger, *enabled)?)
        }
        Command::Scene { scene, stream, fade, hold } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            let fade = fade.map(|time| fade_of(Ok(time))).transpose()?;
            (format!("go {scene}"), scene_step(sheet, scene, streams, fade)?.held(hold_of(hold.map(Ok))?))
        }
        Command::Prompt { prompt, seed, stream, fade, hold } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            let fade = fade.map(|time| fade_of(Ok(time))).transpose()?;
            let step = prompt_step(sheet, prompt, seed.as_ref(), streams, fade)?;
            ("prompt".to_owned(), step.held(hold_of(hold.map(Ok))?))
        }
        Command::Steer { verb, stream } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            (format!("transition {}", verb.name()), Step::Steer { verb: *verb, streams })
        }
        Command::Grab { position, stream } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            ("transition progress".to_owned(), Step::Grab { position: *position, streams })
        }
        Command::Cue { cue } => (format!("cue {cue}"), cue_step(sheet, cue)?),
        Command::Bypass { time } => ("bypass".to_owned(), bypass_step(sheet, Ok(*time))?),
        Command::StopCue { cue } => (format!("stop {cue}"), stop_step(sheet, cue)?),
        Command::Lane { verb, stream } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            (verb.name().to_owned(), Step::Lane { verb: *verb, streams })
        }
        Command::Playlist { playlist: Some(name), verb, .. } => {
            (format!("playlist {name} {}", verb.name()), playlist::of_list(sheet, name, verb.clone())?)
        }
        Command::Playlist { playlist: None, verb, stream } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            (verb.name().to_owned(), playlist::of_any(sheet, verb.clone(), streams)?)
        }
    };
    Ok(Heard { asks: vec![Ask::one(name, step)], hits: Vec::new() })
}

fn scene_step(sheet: &Sheet, name: &str, streams: Streams, fade: Option<Fade>) -> Result<Step, Refusal> {
    let scene = sheet.scenes.get(name).ok_or_else(|| Refusal::new("unknown scene", name))?;
    Ok(go(Arc::clone(scene), streams, fade))
}

/// Makes the step to a prompt that no scene has.
fn prompt_step(
    sheet: &Sheet,
    prompt: &Value,
    seed: Option<&Value>,
    streams: Streams,
    fade: Option<Fade>,
) -> Result<Step, Refusal> {
    let scene = prompt::scene_from_json(prompt, seed, &sheet.venue.text)
        .map_err(|why| Refusal::new("bad prompt", why))?;
    Ok(go(Arc::new(scene), streams, fade))
}

/// Whoever asks without a trigger means now.
fn go(scene: Arc<Scene>, streams: Streams, fade: Option<Fade>) -> Step {
    Step::Scene {
        scene,
        streams,
        fade: fade.map(Into::into),
        easing: None,
        policy: Policy::Blend,
        hold: None,
    }
}

fn steer_step(verb: &str, streams: Streams) -> Result<Step, Refusal> {
    let verb = Verb::find(verb).ok_or_else(|| Refusal::new("unknown verb", verb))?;
    Ok(Step::Steer { verb, streams })
}

fn lane_step(verb: &str, streams: Streams) -> Result<Step, Refusal> {
    let verb = LaneVerb::find(verb).ok_or_else(|| Refusal::new("unknown verb", verb))?;
    Ok(Step::Lane { verb, streams })
}

fn cue_step(sheet: &Sheet, name: &str) -> Result<Step, Refusal> {
    sheet
        .cues
        .get(name)
        .map(|cue| Step::Cue(Arc::clone(cue)))
        .ok_or_else(|| Refusal::new("unknown cue", name))
}

fn switch_step(sheet: &Sheet, name: &str, enabled: bool) -> Result<Step, Refusal> {
    let found = sheet.triggers.iter().find(|trigger| &*trigger.name == name);
    let trigger = found.ok_or_else(|| Refusal::new("unknown trigger", name))?;
    Ok(Step::Switch { trigger: Arc::clone(&trigger.name), enabled })
}

/// Makes the step that ends what a cue has under way.
fn stop_step(sheet: &Sheet, name: &str) -> Result<Step, Refusal> {
    let (name, _) = sheet.cues.get_key_value(name).ok_or_else(|| Refusal::new("unknown cue", name))?;
    Ok(Step::Stop(Stop { owners: vec![Owner::Cue(Arc::clone(name))] }))
}

/// Makes the step that lets the schedule do nothing for a while.
fn bypass_step(sheet: &Sheet, time: Result<Duration, String>) -> Result<Step, Refusal> {
    let bad = |why| Refusal::new("bad bypass", why);
    if sheet.schedule.entries.is_empty() {
        return Err(bad("the show has no schedule".to_owned()));
    }
    match time.map_err(bad)? {
        time if time > BYPASS_MAX => Err(bad(format!("{} is longer than a week", duration::text(time)))),
        time => Ok(Step::Bypass { time }),
    }
}

/// Reads how long the schedule is to do nothing: a length of time, or `off`.
fn bypass_time(text: &str) -> Result<Duration, String> {
    if text.eq_ignore_ascii_case("off") { Ok(Duration::ZERO) } else { duration::parse(text) }
}

fn fader_of(position: f64) -> Result<Fader, Refusal> {
    Fader::new(position).ok_or_else(|| Refusal::new("bad position", format!("{position} is not from 0 to 1")))
}

fn one_stream(sheet: &Sheet, name: &str) -> Result<Streams, Refusal> {
    let index = sheet.stream(name).ok_or_else(|| Refusal::new("unknown stream", name))?;
    Ok(Streams::Some(vec![index]))
}

/// Reads how long a scene is to be on.
fn hold_of(time: Option<Result<Duration, String>>) -> Result<Option<Hold>, Refusal> {
    let time = time.transpose().map_err(|text| Refusal::new("bad hold", text))?;
    match time {
        Some(time) if time > HOLD_MAX => {
            Err(Refusal::new("bad hold", format!("{} is longer than a day", duration::text(time))))
        }
        time => Ok(time.map(Hold::from)),
    }
}

fn fade_of(time: Result<Duration, String>) -> Result<Fade, Refusal> {
    let time = time.map_err(|text| Refusal::new("bad fade", text))?;
    Fade::new(time).ok_or_else(|| Refusal::new("bad fade", format!("{time:?} is longer than a day")))
}
