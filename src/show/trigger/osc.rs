//! What an OSC message asks for: triggers that listen to its address, and the fixed addresses under `/segue/`.

use std::{sync::Arc, time::Duration};

use super::{
    Ask, Heard, Refusal, bypass_step, bypass_time, cue_step, fade_of, fader_of, go,
    hit::{self, Hits, is_release},
    hold_of, lane_step, one_stream, playlist, scene_step, steer_step, stop_step, switch_step,
};
use crate::show::{
    address, duration,
    event::{Arg, OscMessage, StreamIndex},
    lane::LaneVerb,
    playlist::{PlayVerb, StepRef},
    prompt,
    run::{Owner, step::Stop},
    sheet::{Sheet, Step, Streams, Verb},
    transition::Fader,
};

/// The first part of the fixed OSC addresses.
const ROOT: &str = "/segue/";

/// What a fixed address does.
enum Fixed {
    /// This; a scene in the time that the arguments say.
    Step(Step),
    /// Goes to the prompt that the arguments say.
    Prompt(Streams),
}

/// Returns what an OSC message asks for by itself; an empty list for a button's release and for arguments that do not fit.
pub(in crate::show) fn of_osc(sheet: &Sheet, message: &OscMessage) -> Result<Heard, Refusal> {
    let Hits { list: hits, known, .. } = hit::of_osc(sheet, message);
    match fixed_osc(sheet, message) {
        Ok(asks) => Ok(Heard { hits, asks }),
        Err(_) if known => Ok(Heard { hits, asks: Vec::new() }),
        Err(refusal) => Err(refusal),
    }
}

/// Returns which triggers a message would fire, if nothing but ranges of values listens to its address.
pub(in crate::show) fn continuity(sheet: &Sheet, message: &OscMessage) -> Option<Vec<bool>> {
    if address::is_pattern(&message.address) {
        return None;
    }
    if let Some(rest) = message.address.strip_prefix(ROOT) {
        return is_fader(rest).then(Vec::new);
    }
    hit::continuity(sheet, message)
}

/// Returns whether an address below the root takes positions, of which only the newest matters.
fn is_fader(rest: &str) -> bool {
    let parts: Vec<&str> = rest.split('/').collect();
    matches!(
        parts.as_slice(),
        ["mix", _] | [_, "mix", _] | ["transition", "progress"] | [_, "transition", "progress"]
    )
}

fn fixed_osc(sheet: &Sheet, message: &OscMessage) -> Result<Vec<Ask>, Refusal> {
    if address::is_pattern(&message.address) {
        let asks: Result<Vec<_>, _> = fixed_addresses(sheet)
            .filter(|(literal, _)| address::matches(&message.address, literal))
            .map(|(literal, fixed)| fixed_ask(sheet, &literal, fixed, &message.args))
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
    let fixed = match parts.as_slice() {
        ["prompt"] => Fixed::Prompt(Streams::All),
        ["bypass"] => Fixed::Step(BYPASS),
        [verb @ ("panic" | "release")] => Fixed::Step(lane_step(verb, Streams::All)?),
        ["go"] => Fixed::Step(playlist::of_any(sheet, PlayVerb::Go, Streams::All)?),
        ["back"] => Fixed::Step(playlist::of_any(sheet, PlayVerb::Back, Streams::All)?),
        ["playlist", name] => Fixed::Step(playlist::of_list(sheet, name, PlayVerb::Play)?),
        ["playlist", _, "goto" | "standby"] if is_release(&message.args) => return Ok(Vec::new()),
        ["playlist", name, verb @ ("goto" | "standby")] => {
            Fixed::Step(playlist::named(sheet, name, verb, step_of(message)?)?)
        }
        ["playlist", name, verb] => Fixed::Step(playlist::named(sheet, name, verb, None)?),
        ["scene", name] => Fixed::Step(scene_step(sheet, name, Streams::All, None)?),
        ["cue", name] => Fixed::Step(cue_step(sheet, name)?),
        ["cue", name, "stop"] => Fixed::Step(stop_step(sheet, name)?),
        ["mix", name] => Fixed::Step(mix_step(sheet, name, Streams::All)?),
        ["trigger", name, "enable"] => Fixed::Step(switch_step(sheet, name, true)?),
        ["transition", "progress"] => Fixed::Step(grab_step(Streams::All)),
        [stream, "go"] => Fixed::Step(playlist::of_any(sheet, PlayVerb::Go, one_stream(sheet, stream)?)?),
        [stream, "back"] => Fixed::Step(playlist::of_any(sheet, PlayVerb::Back, one_stream(sheet, stream)?)?),
        [stream, "mix", name] => Fixed::Step(mix_step(sheet, name, one_stream(sheet, stream)?)?),
        [stream, "transition", "progress"] => Fixed::Step(grab_step(one_stream(sheet, stream)?)),
        ["transition", verb] => Fixed::Step(steer_step(verb, Streams::All)?),
        [stream, verb @ ("panic" | "release")] => Fixed::Step(lane_step(verb, one_stream(sheet, stream)?)?),
        [stream, "prompt"] => Fixed::Prompt(one_stream(sheet, stream)?),
        [stream, "transition", verb] => Fixed::Step(steer_step(verb, one_stream(sheet, stream)?)?),
        [stream, "scene", name] => Fixed::Step(scene_step(sheet, name, one_stream(sheet, stream)?, None)?),
        _ => return Err(Refusal::new("unknown address", &message.address)),
    };
    Ok(fixed_ask(sheet, &message.address, fixed, &message.args)?.into_iter().collect())
}

/// Reads the step of a playlist: its number, or its name.
fn step_of(message: &OscMessage) -> Result<Option<StepRef>, Refusal> {
    match message.args.first() {
        Some(Arg::Number(number)) => match StepRef::from_number(*number) {
            Some(step) => Ok(Some(step)),
            None => Err(Refusal::new("bad step", format!("{} {number}", message.address))),
        },
        Some(Arg::Text(name)) => Ok(Some(StepRef::from(name.as_str()))),
        Some(Arg::Bool(_) | Arg::Other) | None => Ok(None),
    }
}

/// Returns every fixed address of the show with what it does.
fn fixed_addresses(sheet: &Sheet) -> impl Iterator<Item = (String, Fixed)> {
    let streams = sheet.streams.iter().enumerate();
    let streams = streams
        .map(|(index, stream)| (format!("{ROOT}{}/", stream.name), Streams::Some(vec![StreamIndex(index)])));
    let places = std::iter::once((ROOT.to_owned(), Streams::All)).chain(streams);
    let of_places = places.flat_map(move |(place, streams)| {
        let mut found = vec![(format!("{place}prompt"), Fixed::Prompt(streams.clone()))];
        found.extend(sheet.scenes.iter().map(|(name, scene)| {
            let step = go(Arc::clone(scene), streams.clone(), None);
            (format!("{place}scene/{name}"), Fixed::Step(step))
        }));
        found.extend(sheet.scenes.iter().map(|(name, scene)| {
            let step = Step::Mix { scene: Arc::clone(scene), share: Fader::LOW, streams: streams.clone() };
            (format!("{place}mix/{name}"), Fixed::Step(step))
        }));
        for verb in [PlayVerb::Go, PlayVerb::Back].into_iter().filter(|_| !sheet.playlists.is_empty()) {
            let step = Step::Playlist { list: None, verb: verb.clone(), streams: streams.clone() };
            found.push((format!("{place}{}", verb.name()), Fixed::Step(step)));
        }
        found.push((format!("{place}transition/progress"), Fixed::Step(grab_step(streams.clone()))));
        found.extend([LaneVerb::Panic, LaneVerb::Release].into_iter().map(|verb| {
            let step = Step::Lane { verb, streams: streams.clone() };
            (format!("{place}{}", verb.name()), Fixed::Step(step))
        }));
        found.extend(Verb::ALL.into_iter().map(|(name, verb)| {
            let step = Step::Steer { verb, streams: streams.clone() };
            (format!("{place}transition/{name}"), Fixed::Step(step))
        }));
        found
    });
    let cues = sheet.cues.iter().flat_map(|(name, cue)| {
        let stop = Step::Stop(Stop { owners: vec![Owner::Cue(Arc::clone(name))] });
        let fire = Step::Cue(Arc::clone(cue));
        [
            (format!("{ROOT}cue/{name}"), Fixed::Step(fire)),
            (format!("{ROOT}cue/{name}/stop"), Fixed::Step(stop)),
        ]
    });
    let triggers = sheet.triggers.iter().map(|trigger| {
        let step = Step::Switch { trigger: Arc::clone(&trigger.name), enabled: true };
        (format!("{ROOT}trigger/{}/enable", trigger.name), Fixed::Step(step))
    });
    // What wants a step is no matter for patterns.
    let verbs = [PlayVerb::Go, PlayVerb::Back, PlayVerb::Pause, PlayVerb::Resume, PlayVerb::Stop];
    let playlists = sheet.playlists.iter().flat_map(move |(name, list)| {
        let verbs = verbs.clone().into_iter();
        let of_verbs = verbs.map(move |verb| {
            let address = format!("{ROOT}playlist/{name}/{}", verb.name());
            (address, Fixed::Step(playlist::step(list, verb)))
        });
        of_verbs
            .chain([(format!("{ROOT}playlist/{name}"), Fixed::Step(playlist::step(list, PlayVerb::Play)))])
    });
    let own = cues.chain(triggers).chain(playlists);
    of_places.chain(own).chain([(format!("{ROOT}bypass"), Fixed::Step(BYPASS))])
}

/// Gives what an address does the fade, the position and the prompt that the arguments say; `None` for a button's release.
fn fixed_ask(sheet: &Sheet, address: &str, fixed: Fixed, args: &[Arg]) -> Result<Option<Ask>, Refusal> {
    let step = match fixed {
        // A text that reads as 0 is a text here.
        Fixed::Prompt(_) if !matches!(args.first(), Some(Arg::Text(_))) && is_release(args) => {
            return Ok(None);
        }
        Fixed::Prompt(streams) => prompt_step(sheet, args, streams)?,
        // 0 ends it.
        Fixed::Step(Step::Bypass { .. }) => bypass_step(sheet, bypass(address, args))?,
        // 0 is what disables.
        Fixed::Step(Step::Switch { trigger, .. }) => Step::Switch { trigger, enabled: !is_release(args) },
        Fixed::Step(Step::Grab { streams, .. }) => Step::Grab { position: position(address, args)?, streams },
        Fixed::Step(Step::Mix { scene, streams, .. }) => {
            Step::Mix { scene, share: position(address, args)?, streams }
        }
        Fixed::Step(_) if is_release(args) => return Ok(None),
        Fixed::Step(mut step) => {
            if let Step::Scene { fade, hold, .. } = &mut step {
                *fade = match args.first() {
                    Some(Arg::Number(seconds)) => Some(fade_of(duration::from_seconds(*seconds))?.into()),
                    Some(Arg::Text(text)) => Some(fade_of(duration::parse(text))?.into()),
                    Some(Arg::Bool(_) | Arg::Other) | None => None,
                };
                *hold = hold_of(match args.get(1) {
                    Some(Arg::Number(seconds)) => Some(duration::from_seconds(*seconds)),
                    Some(Arg::Text(text)) => Some(duration::parse(text)),
                    Some(Arg::Bool(_) | Arg::Other) | None => None,
                })?;
            }
            step
        }
    };
    Ok(Some(Ask::one(address, step)))
}

/// The time comes from the argument.
const BYPASS: Step = Step::Bypass { time: Duration::ZERO };

/// Reads the seconds of a bypass, or a text such as `2h` or `off`.
fn bypass(address: &str, args: &[Arg]) -> Result<Duration, String> {
    match args.first() {
        Some(Arg::Number(seconds)) => duration::from_seconds(*seconds),
        Some(Arg::Text(text)) => bypass_time(text),
        Some(Arg::Bool(_) | Arg::Other) | None => Err(format!("{address} wants seconds; 0 ends it")),
    }
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

fn position(address: &str, args: &[Arg]) -> Result<Fader, Refusal> {
    match args {
        [Arg::Number(position)] => fader_of(*position),
        _ => Err(Refusal::new("bad position", format!("{address} wants one number from 0 to 1"))),
    }
}

/// Reads `"mist"`, `"mist" 8`, `"mist" 0.7 "neon" 0.3` or `"mist" 0.7 "neon" 0.3 8`.
///
/// One text has no weight, so what follows it is the seconds. Several have one each, and the seconds come last.
fn prompt_step(sheet: &Sheet, args: &[Arg], streams: Streams) -> Result<Step, Refusal> {
    let bad = |why: String| Refusal::new("bad prompt", why);
    let texts = args.iter().filter(|arg| matches!(arg, Arg::Text(_))).count();
    let mut entries = Vec::new();
    let mut rest = args;
    match rest {
        [Arg::Text(text), after @ ..] if texts == 1 => {
            entries.push((text.as_str(), 1.0));
            rest = after;
        }
        _ => {
            while let [Arg::Text(text), Arg::Number(weight), after @ ..] = rest {
                entries.push((text.as_str(), *weight));
                rest = after;
            }
        }
    }
    let fade = match rest {
        [] => None,
        [Arg::Number(seconds)] if !entries.is_empty() => Some(fade_of(duration::from_seconds(*seconds))?),
        _ => return Err(bad("a text, or texts with a weight after each, then the seconds".to_owned())),
    };
    if entries.is_empty() {
        return Err(bad("there is no text".to_owned()));
    }
    let scene = prompt::scene_of(entries, &sheet.venue.text).map_err(bad)?;
    Ok(go(Arc::new(scene), streams, fade))
}
