//! What an MQTT message asks for: triggers that listen to its topic, and our own topics under the base.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Number, Value};

use super::{
    Ask, Heard, Refusal, bypass_step, bypass_time, cue_step, fade_of, fader_of,
    hit::{self, Hits},
    hold_of, lane_step, one_stream, playlist, prompt_step, scene_step, steer_step,
};
use crate::show::{
    duration,
    event::MqttMessage,
    lane::Hold,
    playlist::{PlayVerb, StepRef},
    scene::Fade,
    sheet::{Sheet, Step, Streams},
};

/// Returns what an MQTT message asks for. What the broker had kept counts only for triggers that say so.
pub(in crate::show) fn of_mqtt(sheet: &Sheet, message: &MqttMessage) -> Result<Heard, Refusal> {
    let payload = std::str::from_utf8(&message.payload).ok();
    if let Some(ask) = fixed_mqtt(sheet, message, payload)? {
        return Ok(Heard { asks: vec![ask], hits: Vec::new() });
    }
    let Hits { list: hits, unread, .. } = hit::of_mqtt(sheet, message);
    if unread && hits.is_empty() {
        return Err(Refusal::new("payload is not UTF-8", &message.topic));
    }
    Ok(Heard { asks: Vec::new(), hits })
}

fn fixed_mqtt(sheet: &Sheet, message: &MqttMessage, payload: Option<&str>) -> Result<Option<Ask>, Refusal> {
    let base = sheet.venue.mqtt.as_ref().map(|door| &*door.base);
    let Some(verb) = base.and_then(|base| message.topic.strip_prefix(base)?.strip_prefix('/')) else {
        return Ok(None);
    };
    let parts: Vec<&str> = verb.split('/').collect();
    let (stream, key, scene) = match parts.as_slice() {
        [key @ ("scene" | "cue" | "transition" | "prompt" | "playlist" | "go" | "back"), "set"] => {
            (None, *key, None)
        }
        ["bypass", "set"] => (None, "for", None),
        [verb @ ("panic" | "release"), "set"] => (None, *verb, None),
        [stream, verb @ ("panic" | "release"), "set"] => (Some(*stream), *verb, None),
        [stream, key @ ("scene" | "transition" | "prompt" | "go" | "back"), "set"] => {
            (Some(*stream), *key, None)
        }
        [stream, "mix", scene, "set"] => (Some(*stream), "mix", Some(*scene)),
        _ => return Ok(None),
    };
    let stream = match stream {
        None => None,
        // The topic of another show, whose base is below ours: a trigger may listen to it.
        Some(stream) if sheet.stream(stream).is_none() => return Ok(None),
        Some(stream) => Some(one_stream(sheet, stream)?),
    };
    // A command that the broker kept is an old one: it was obeyed when it was new.
    if message.retained {
        return Ok(None);
    }
    let payload = payload.ok_or_else(|| Refusal::new("payload is not UTF-8", &message.topic))?;
    let payload = payload.trim();
    // A button that is let go.
    let is_let_go = matches!(payload.to_ascii_lowercase().as_str(), "0" | "off" | "false");
    if matches!(key, "panic" | "release") && is_let_go {
        return Ok(Some(Ask { name: message.topic.as_str().into(), steps: Vec::new() }));
    }
    let step = match (scene, stream) {
        (Some(scene), Some(streams)) => mix_step(sheet, scene, payload, streams)?,
        // A button: what it says does not matter.
        (_, stream) if key == "go" => playlist::of_any(sheet, PlayVerb::Go, stream.unwrap_or(Streams::All))?,
        (_, stream) if key == "back" => {
            playlist::of_any(sheet, PlayVerb::Back, stream.unwrap_or(Streams::All))?
        }
        (_, stream) => set_payload(sheet, key, payload, stream)?,
    };
    Ok(Some(Ask::one(message.topic.as_str(), step)))
}

/// Reads a scene's share of the mix.
fn mix_step(sheet: &Sheet, scene: &str, payload: &str, streams: Streams) -> Result<Step, Refusal> {
    let scene = sheet.scenes.get(scene).ok_or_else(|| Refusal::new("unknown scene", scene))?;
    let share = payload.parse().map_err(|_| Refusal::new("bad position", payload)).and_then(fader_of)?;
    Ok(Step::Mix { scene: Arc::clone(scene), share, streams })
}

/// Reads the payload of one of our own topics: a name or a prompt as it stands, or an object with more to say. The object may
/// name a stream unless the topic does.
fn set_payload(sheet: &Sheet, key: &str, payload: &str, stream: Option<Streams>) -> Result<Step, Refusal> {
    if !payload.starts_with('{') {
        let streams = stream.unwrap_or(Streams::All);
        return match key {
            "panic" | "release" => lane_step(key, streams),
            "cue" => cue_step(sheet, payload),
            "for" => bypass_step(sheet, bypass_time(payload)),
            "transition" => steer_step(payload, streams),
            "playlist" => playlist::of_list(sheet, payload, PlayVerb::Play),
            "prompt" => prompt_step(sheet, &payload.into(), None, streams, None),
            _ => scene_step(sheet, payload, streams, None),
        };
    }
    let bad = |what: String| Refusal::new("bad command", what);
    let Ok(Value::Object(object)) = serde_json::from_str(payload) else {
        return Err(bad("the payload is not a JSON object".to_owned()));
    };
    let allowed = allowed(key);
    let is_allowed =
        |name: &String| allowed.contains(&name.as_str()) && !(stream.is_some() && name == "stream");
    if let Some(unknown) = object.keys().find(|name| !is_allowed(name)) {
        return Err(bad(format!("unknown key `{unknown}`")));
    }
    let text = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| bad(format!("`{name}` is not a text"))),
    };
    let missing = || bad(format!("`{key}` is missing"));
    let name = || text(key)?.ok_or_else(missing);
    let streams = match (stream, text("stream")?) {
        (Some(streams), _) => streams,
        (None, name) => name.map_or(Ok(Streams::All), |name| one_stream(sheet, name))?,
    };
    match key {
        "cue" => cue_step(sheet, name()?),
        "for" => match object.get("for").ok_or_else(missing)? {
            Value::Number(seconds) => {
                bypass_step(sheet, duration::from_seconds(seconds.as_f64().unwrap_or(f64::NAN)))
            }
            _ => bypass_step(sheet, bypass_time(name()?)),
        },
        "playlist" => {
            let step = match object.get("step") {
                Some(Value::Number(number)) => Some(step_of(number)?),
                _ => text("step")?.map(StepRef::from),
            };
            playlist::named(sheet, name()?, text("do")?.unwrap_or("play"), step)
        }
        "transition" => match object.get("progress") {
            Some(_) if object.contains_key("transition") => {
                Err(bad("`transition` and `progress` exclude each other".to_owned()))
            }
            Some(progress) => {
                let position = fader_of(progress.as_f64().unwrap_or(f64::NAN))?;
                Ok(Step::Grab { position, streams })
            }
            None => steer_step(name()?, streams),
        },
        "prompt" => {
            let seed = object.get("seed").filter(|seed| !seed.is_null());
            let prompt = object.get("prompt").ok_or_else(missing)?;
            Ok(prompt_step(sheet, prompt, seed, streams, fade_in(&object)?)?.held(hold_in(&object)?))
        }
        "panic" | "release" => lane_step(key, streams),
        _ => Ok(scene_step(sheet, name()?, streams, fade_in(&object)?)?.held(hold_in(&object)?)),
    }
}

/// Returns the members of the object that one of our own topics takes.
fn allowed(key: &str) -> &'static [&'static str] {
    match key {
        "cue" => &["cue"],
        "for" => &["for"],
        "transition" => &["transition", "progress", "stream"],
        "panic" | "release" => &["stream"],
        "prompt" => &["prompt", "seed", "fade", "hold", "stream"],
        "playlist" => &["playlist", "do", "step"],
        _ => &["scene", "fade", "hold", "stream"],
    }
}

/// Reads the number of a playlist's step.
fn step_of(number: &Number) -> Result<StepRef, Refusal> {
    let step = number.as_f64().and_then(StepRef::from_number);
    step.ok_or_else(|| Refusal::new("bad step", format!("{number} is no number of a step")))
}

/// Reads the fade of a command: seconds as a number, or a text such as `1m30s`.
fn fade_in(object: &Map<String, Value>) -> Result<Option<Fade>, Refusal> {
    time_in(object, "fade").map(fade_of).transpose()
}

/// Reads the hold of a command, likewise.
fn hold_in(object: &Map<String, Value>) -> Result<Option<Hold>, Refusal> {
    hold_of(time_in(object, "hold"))
}

fn time_in(object: &Map<String, Value>, key: &str) -> Option<Result<Duration, String>> {
    match object.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::Number(seconds)) => Some(duration::from_seconds(seconds.as_f64().unwrap_or(f64::NAN))),
        Some(Value::String(text)) => Some(duration::parse(text)),
        Some(_) => Some(Err(format!("`{key}` is neither a number nor a text"))),
    }
}
