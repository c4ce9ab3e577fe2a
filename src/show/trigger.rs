//! What a message asks for: triggers of the show file, and the fixed addresses and topics that need none.
//!
//! Only finds out; doing it is the show's. What asks for nothing that exists is a refusal, never an error.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    address,
    condition::{self, Condition},
    duration,
    event::{Arg, Command, MqttMessage, OscMessage},
    scene::Fade,
    sheet::{Sheet, Step, Streams, Trigger, Verb, When},
    transition::Fader,
};

/// The first part of the fixed OSC addresses.
const ROOT: &str = "/segue/";

/// Something asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask {
    /// Who asks: the trigger, or the address or topic.
    pub(super) name: Arc<str>,
    /// What for.
    pub(super) steps: Vec<Step>,
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

/// Returns what an OSC message asks for; an empty list for a button's release and for arguments that do not fit.
pub(super) fn of_osc(sheet: &Sheet, message: &OscMessage) -> Result<Vec<Ask>, Refusal> {
    let mut asks = Vec::new();
    let mut known = false;
    for trigger in &sheet.triggers {
        let When::Osc { address: own, args } = &trigger.when else { continue };
        if own.matches(&message.address) || address::matches(&message.address, own.as_str()) {
            known = true;
            if args_hold(args, &message.args) {
                asks.push(ask(trigger));
            }
        }
    }
    let fixed = fixed_osc(sheet, message);
    match fixed {
        Ok(fixed) => asks.extend(fixed),
        Err(_) if known => {}
        Err(refusal) => return Err(refusal),
    }
    Ok(asks)
}

/// Returns which triggers a message would fire, if nothing but ranges of values listens to its address.
pub(super) fn continuity(sheet: &Sheet, message: &OscMessage) -> Option<Vec<bool>> {
    if address::is_pattern(&message.address) {
        return None;
    }
    if let Some(rest) = message.address.strip_prefix(ROOT) {
        return is_fader(rest).then(Vec::new);
    }
    let mut fires = Vec::new();
    for trigger in &sheet.triggers {
        let When::Osc { address: own, args } = &trigger.when else { continue };
        if own.matches(&message.address) {
            if args.is_empty() || !args.iter().all(|arg| matches!(arg, Condition::Between { .. })) {
                return None;
            }
            fires.push(args_hold(args, &message.args));
        }
    }
    Some(fires)
}

/// Returns whether an address below the root takes positions, of which only the newest matters.
fn is_fader(rest: &str) -> bool {
    let parts: Vec<&str> = rest.split('/').collect();
    matches!(
        parts.as_slice(),
        ["mix", _] | [_, "mix", _] | ["transition", "progress"] | [_, "transition", "progress"]
    )
}

/// Conditions hold in order. The 0 that a button sends when it is let go fires nothing, unless it is asked for by name.
fn args_hold(conditions: &[Condition], args: &[Arg]) -> bool {
    let names_zero =
        matches!(conditions.first(), Some(Condition::Number(_) | Condition::Bool(_) | Condition::Text(_)));
    if is_release(args) && !names_zero {
        return false;
    }
    conditions.len() <= args.len() && conditions.iter().zip(args).all(|(condition, arg)| condition.holds(arg))
}

fn is_release(args: &[Arg]) -> bool {
    args.first().and_then(condition::number) == Some(0.0)
}

fn fixed_osc(sheet: &Sheet, message: &OscMessage) -> Result<Vec<Ask>, Refusal> {
    if address::is_pattern(&message.address) {
        let asks: Result<Vec<_>, _> = fixed_addresses(sheet)
            .filter(|(literal, _)| address::matches(&message.address, literal))
            .map(|(literal, step)| fixed_ask(&literal, step, &message.args))
            .collect();
        let asks: Vec<Ask> = asks?.into_iter().flatten().collect();
        if asks.is_empty() && !is_release(&message.args) {
            return Err(Refusal::new("unknown address", &message.address));
        }
        return Ok(asks);
    }
    let Some(rest) = message.address.strip_prefix(ROOT) else {
        return Err(Refusal::new("unknown address", &message.address));
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let step = match parts.as_slice() {
        ["scene", name] => scene_step(sheet, name, Streams::All, None)?,
        ["cue", name] => cue_step(sheet, name)?,
        ["mix", name] => mix_step(sheet, name, Streams::All)?,
        ["transition", "progress"] => grab_step(Streams::All),
        [stream, "mix", name] => mix_step(sheet, name, one_stream(sheet, stream)?)?,
        [stream, "transition", "progress"] => grab_step(one_stream(sheet, stream)?),
        ["transition", verb] => steer_step(verb, Streams::All)?,
        [stream, "transition", verb] => steer_step(verb, one_stream(sheet, stream)?)?,
        [stream, "scene", name] => scene_step(sheet, name, one_stream(sheet, stream)?, None)?,
        _ => return Err(Refusal::new("unknown address", &message.address)),
    };
    Ok(fixed_ask(&message.address, step, &message.args)?.into_iter().collect())
}

/// Returns every fixed address of the show with what it does.
fn fixed_addresses(sheet: &Sheet) -> impl Iterator<Item = (String, Step)> {
    let scene = |streams: Streams, scene: &Arc<_>| Step::Scene {
        scene: Arc::clone(scene),
        streams,
        fade: None,
        easing: None,
    };
    let scenes = sheet
        .scenes
        .iter()
        .map(move |(name, found)| (format!("{ROOT}scene/{name}"), scene(Streams::All, found)));
    let cues = sheet.cues.iter().map(|(name, cue)| (format!("{ROOT}cue/{name}"), Step::Cue(Arc::clone(cue))));
    let of_streams = sheet.streams.iter().enumerate().flat_map(move |(index, stream)| {
        sheet.scenes.iter().map(move |(name, found)| {
            let streams = Streams::Some(vec![super::event::StreamIndex(index)]);
            (format!("{ROOT}{}/scene/{name}", stream.name), scene(streams, found))
        })
    });
    let verbs = Verb::ALL.into_iter().flat_map(move |(name, verb)| {
        let all = (format!("{ROOT}transition/{name}"), Step::Steer { verb, streams: Streams::All });
        let each = sheet.streams.iter().enumerate().map(move |(index, stream)| {
            let streams = Streams::Some(vec![super::event::StreamIndex(index)]);
            (format!("{ROOT}{}/transition/{name}", stream.name), Step::Steer { verb, streams })
        });
        std::iter::once(all).chain(each)
    });
    scenes.chain(cues).chain(of_streams).chain(verbs).chain(fader_addresses(sheet))
}

/// Returns every fixed address of a fader with what it does.
fn fader_addresses(sheet: &Sheet) -> impl Iterator<Item = (String, Step)> {
    let each = sheet.streams.iter().enumerate().map(|(index, stream)| {
        (format!("{}/", stream.name), Streams::Some(vec![super::event::StreamIndex(index)]))
    });
    std::iter::once((String::new(), Streams::All)).chain(each).flat_map(move |(part, streams)| {
        let mixes = sheet.scenes.iter().map(|(name, scene)| {
            let step = Step::Mix { scene: Arc::clone(scene), share: Fader::LOW, streams: streams.clone() };
            (format!("{ROOT}{part}mix/{name}"), step)
        });
        let progress = (format!("{ROOT}{part}transition/progress"), grab_step(streams.clone()));
        mixes.chain([progress]).collect::<Vec<_>>()
    })
}

/// Gives a step the fade or the position that the first argument says; `None` for a button's release.
fn fixed_ask(address: &str, mut step: Step, args: &[Arg]) -> Result<Option<Ask>, Refusal> {
    match &mut step {
        Step::Grab { position: place, .. } | Step::Mix { share: place, .. } => {
            *place = match args.first() {
                Some(Arg::Number(position)) => fader_of(*position)?,
                Some(Arg::Bool(_) | Arg::Text(_) | Arg::Other) | None => {
                    return Err(Refusal::new(
                        "bad position",
                        format!("{address} wants a number from 0 to 1"),
                    ));
                }
            };
        }
        _ if is_release(args) => return Ok(None),
        Step::Scene { fade, .. } => {
            *fade = match args.first() {
                Some(Arg::Number(seconds)) => Some(fade_of(duration::from_seconds(*seconds))?.into()),
                Some(Arg::Text(text)) => Some(fade_of(duration::parse(text))?.into()),
                Some(Arg::Bool(_) | Arg::Other) | None => None,
            };
        }
        Step::Steer { .. } | Step::Cue(_) => {}
    }
    Ok(Some(Ask { name: address.into(), steps: vec![step] }))
}

fn fade_of(time: Result<Duration, String>) -> Result<Fade, Refusal> {
    let time = time.map_err(|text| Refusal::new("bad fade", text))?;
    Fade::new(time).ok_or_else(|| Refusal::new("bad fade", format!("{time:?} is longer than a day")))
}

/// Returns what an MQTT message asks for. What the broker had kept counts only for triggers that say so.
pub(super) fn of_mqtt(sheet: &Sheet, message: &MqttMessage) -> Result<Vec<Ask>, Refusal> {
    let payload = std::str::from_utf8(&message.payload).ok();
    if let Some(ask) = fixed_mqtt(sheet, message, payload)? {
        return Ok(vec![ask]);
    }
    let mut asks = Vec::new();
    let mut unread = false;
    for trigger in &sheet.triggers {
        let When::Mqtt { filter, payload: condition, pointer, retained } = &trigger.when else { continue };
        if message.retained && !retained || !filter.matches(&message.topic) {
            continue;
        }
        if *condition == Condition::Any && pointer.is_none() {
            asks.push(ask(trigger));
            continue;
        }
        let Some(payload) = payload else {
            unread = true;
            continue;
        };
        let value = condition::value_in(payload, pointer.as_deref());
        if value.is_some_and(|value| condition.holds(&value)) {
            asks.push(ask(trigger));
        }
    }
    if unread && asks.is_empty() {
        return Err(Refusal::new("payload is not UTF-8", &message.topic));
    }
    Ok(asks)
}

fn fixed_mqtt(sheet: &Sheet, message: &MqttMessage, payload: Option<&str>) -> Result<Option<Ask>, Refusal> {
    let base = sheet.venue.mqtt.as_ref().map(|door| &*door.base);
    let Some(verb) = base.and_then(|base| message.topic.strip_prefix(base)?.strip_prefix('/')) else {
        return Ok(None);
    };
    let key = match verb {
        "scene/set" => "scene",
        "cue/set" => "cue",
        "transition/set" => "transition",
        _ => return Ok(None),
    };
    // A command that the broker kept is an old one: it was obeyed when it was new.
    if message.retained {
        return Ok(None);
    }
    let payload = payload.ok_or_else(|| Refusal::new("payload is not UTF-8", &message.topic))?;
    let step = set_payload(sheet, key, payload.trim())?;
    Ok(Some(Ask { name: message.topic.as_str().into(), steps: vec![step] }))
}

/// Reads the payload of `…/scene/set` or `…/cue/set`: a name, or an object with `scene`, `fade`, `stream` or `cue`.
fn set_payload(sheet: &Sheet, key: &str, payload: &str) -> Result<Step, Refusal> {
    if !payload.starts_with('{') {
        return match key {
            "cue" => cue_step(sheet, payload),
            "transition" => steer_step(payload, Streams::All),
            _ => scene_step(sheet, payload, Streams::All, None),
        };
    }
    let bad = |what: String| Refusal::new("bad command", what);
    let Ok(Value::Object(object)) = serde_json::from_str(payload) else {
        return Err(bad("the payload is not a JSON object".to_owned()));
    };
    let allowed: &[&str] = match key {
        "cue" => &["cue"],
        "transition" => &["transition", "progress", "stream"],
        _ => &["scene", "fade", "stream"],
    };
    if let Some(unknown) = object.keys().find(|name| !allowed.contains(&name.as_str())) {
        return Err(bad(format!("unknown key `{unknown}`")));
    }
    let text = |name: &str| object.get(name).map(|value| value.as_str().ok_or(name.to_owned())).transpose();
    let text = |name: &str| text(name).map_err(|name| bad(format!("`{name}` is not a text")));
    let streams = text("stream")?.map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
    if let Some(progress) = object.get("progress") {
        if object.contains_key("transition") {
            return Err(bad("`transition` and `progress` exclude each other".to_owned()));
        }
        let position = fader_of(progress.as_f64().unwrap_or(f64::NAN))?;
        return Ok(Step::Grab { position, streams });
    }
    let name = text(key)?.ok_or_else(|| bad(format!("`{key}` is missing")))?;
    if key == "cue" {
        return cue_step(sheet, name);
    }
    if key == "transition" {
        return steer_step(name, streams);
    }
    let fade = match object.get("fade") {
        None | Some(Value::Null) => None,
        Some(Value::Number(seconds)) => {
            Some(fade_of(duration::from_seconds(seconds.as_f64().unwrap_or(f64::NAN)))?)
        }
        Some(Value::String(text)) => Some(fade_of(duration::parse(text))?),
        Some(_) => return Err(Refusal::new("bad fade", "`fade` is neither a number nor a text")),
    };
    scene_step(sheet, name, streams, fade)
}

/// Returns what a person's command asks for.
pub(super) fn of_command(sheet: &Sheet, command: &Command) -> Result<Ask, Refusal> {
    let (name, step) = match command {
        Command::Scene { scene, stream, fade } => {
            let streams = stream.as_deref().map_or(Ok(Streams::All), |name| one_stream(sheet, name))?;
            let fade = fade.map(|time| fade_of(Ok(time))).transpose()?;
            (format!("go {scene}"), scene_step(sheet, scene, streams, fade)?)
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
    };
    Ok(Ask { name: name.into(), steps: vec![step] })
}

fn ask(trigger: &Trigger) -> Ask {
    Ask { name: Arc::clone(&trigger.name), steps: trigger.steps.clone() }
}

fn scene_step(sheet: &Sheet, name: &str, streams: Streams, fade: Option<Fade>) -> Result<Step, Refusal> {
    let scene = sheet.scenes.get(name).ok_or_else(|| Refusal::new("unknown scene", name))?;
    Ok(Step::Scene { scene: Arc::clone(scene), streams, fade: fade.map(Into::into), easing: None })
}

/// The position comes from the argument.
fn mix_step(sheet: &Sheet, name: &str, streams: Streams) -> Result<Step, Refusal> {
    let scene = sheet.scenes.get(name).ok_or_else(|| Refusal::new("unknown scene", name))?;
    Ok(Step::Mix { scene: Arc::clone(scene), share: Fader::LOW, streams })
}

/// The position comes from the argument.
fn grab_step(streams: Streams) -> Step {
    Step::Grab { position: Fader::LOW, streams }
}

fn fader_of(position: f64) -> Result<Fader, Refusal> {
    Fader::new(position).ok_or_else(|| Refusal::new("bad position", format!("{position} is not from 0 to 1")))
}

fn steer_step(verb: &str, streams: Streams) -> Result<Step, Refusal> {
    let verb = Verb::find(verb).ok_or_else(|| Refusal::new("unknown verb", verb))?;
    Ok(Step::Steer { verb, streams })
}

fn cue_step(sheet: &Sheet, name: &str) -> Result<Step, Refusal> {
    sheet
        .cues
        .get(name)
        .map(|cue| Step::Cue(Arc::clone(cue)))
        .ok_or_else(|| Refusal::new("unknown cue", name))
}

fn one_stream(sheet: &Sheet, name: &str) -> Result<Streams, Refusal> {
    let index = sheet.stream(name).ok_or_else(|| Refusal::new("unknown stream", name))?;
    Ok(Streams::Some(vec![index]))
}
