//! What a scene demands of the streams it may play on: that they have the parameter, that they can play the whole set,
//! and that nothing is loaded again without leave.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::show::params::{self, Class, Part, Spec, enlargement, playable};

use super::{
    params::plain,
    report::{Problem, Report},
    scenes::SceneDraft,
    streams::StreamDraft,
    tree::Span,
};

/// Checks a scene against every stream; returns whether it reloads the pipeline of any.
pub(super) fn check(draft: &SceneDraft, of: &str, streams: &[StreamDraft], report: &mut Report) -> bool {
    let mut reloads = false;
    // What was told of a parameter is not told again in other words.
    let mut told = BTreeSet::new();
    for (name, place) in &draft.keys {
        let Some(spec) = params::find(name) else { continue };
        check_there(spec, place, of, streams, report);
        reloads |= spec.class(params::Profile::default()) == Class::Reload;
        for stream in streams.iter().filter(|stream| stream.sheet.base.values.contains_key(name)) {
            let problem = match change(draft, spec, stream) {
                Change::None => continue,
                Change::Reload(_) | Change::Restart(_) if draft.allow_reload.is_some() => {
                    reloads = true;
                    continue;
                }
                Change::Restart(what) => Problem::error(place, what)
                    .hint("give both the same length, or write `allow_reload: true` beside it"),
                Change::Reload(what) => Problem::error(place, format!("{what} reloads the pipeline"))
                    .hint("give it the stream's own, or write `allow_reload: true` beside it"),
                Change::Refused(problem) => problem,
            };
            report.push(problem.of(of));
            told.insert((*name).to_owned());
            break;
        }
    }
    for stream in streams {
        check_set(draft, of, stream, &mut told, report);
    }
    reloads
}

/// Checks that a parameter is there to be changed, and that there is something to come back to.
fn check_there(spec: &Spec, place: &Span, of: &str, streams: &[StreamDraft], report: &mut Report) {
    let has = |stream: &&StreamDraft| stream.sheet.base.values.contains_key(spec.name);
    let (with, without): (Vec<_>, Vec<_>) = streams.iter().partition(has);
    let able = without.iter().find(|stream| stream.nature.lack(spec).is_none());
    match able {
        Some(stream) if with.is_empty() => {
            let message = format!("no stream has `{}`: there is nothing to come back to", spec.name);
            let hint = format!("name it in the `params` of stream `{}` too", stream.sheet.name);
            report.push(Problem::error(place, message).of(of).hint(hint));
        }
        _ => {
            for stream in without {
                let name = &stream.sheet.name;
                let message = match stream.nature.lack(spec) {
                    Some((why, _)) => format!("not on stream `{name}`: {why}"),
                    None => format!("stream `{name}` has no `{}`", spec.name),
                };
                let hint = "there the scene plays without it";
                report.push(Problem::warning(place, message).of(of).hint(hint));
            }
        }
    }
}

/// What the change of a live parameter comes to.
enum Change {
    None,
    /// This reloads.
    Reload(String),
    /// This starts the picture anew, which takes leave too.
    Restart(String),
    /// It cannot be.
    Refused(Problem),
}

/// Looks whether a scene changes the part of a live parameter that is not live.
fn change(draft: &SceneDraft, spec: &Spec, stream: &StreamDraft) -> Change {
    let (Some(place), Some(new)) = (draft.keys.get(spec.name), draft.scene.values.get(spec.name)) else {
        return Change::None;
    };
    let name = &stream.sheet.name;
    let new =
        plain(&stream.sheet.base.values.get(spec.name).map_or_else(|| new.clone(), |base| new.over(base)));
    let Some(old) = stream.set.get(spec.name).filter(|old| !old.is_null()) else { return Change::None };
    if let (Some(old), Some(new)) = (old.as_array(), new.as_array())
        && old.len() != new.len()
    {
        let (old, new) = (old.len(), new.len());
        return Change::Restart(format!(
            "`{}` has {new} entries, and {old} on stream `{name}`: another length starts from new noise",
            spec.name
        ));
    }
    if spec.name == "image_postprocessing" && enlargement(old) != enlargement(&new) {
        let message =
            format!("it changes the size of the picture on stream `{name}`, which the runner refuses");
        let hint = "give both the same upscalers";
        return Change::Refused(Problem::error(place, message).hint(hint));
    }
    match spec.class(stream.nature.profile) {
        Class::Partly(Part::Member(member)) if of_member(old, member) != of_member(&new, member) => {
            Change::Reload(format!("another `{member}` of `{}` than on stream `{name}`", spec.name))
        }
        _ => Change::None,
    }
}

/// Returns a member of an object, or what the runner takes for it.
fn of_member(object: &Json, member: &str) -> Json {
    let usual = || if member == "enabled" { Json::Bool(true) } else { "regular".into() };
    object.get(member).cloned().unwrap_or_else(usual)
}

/// Checks the rules across parameters for what the scene comes to on a stream.
fn check_set(
    draft: &SceneDraft,
    of: &str,
    stream: &StreamDraft,
    told: &mut BTreeSet<String>,
    report: &mut Report,
) {
    let mut set = stream.set.clone();
    for (name, level) in &draft.scene.values {
        if let Some(value) = set.get_mut(*name) {
            let base = stream.sheet.base.values.get(name);
            *value = plain(&base.map_or_else(|| level.clone(), |base| level.over(base)));
        }
    }
    if set == stream.set {
        return;
    }
    let before = playable(&stream.set, stream.nature.profile);
    for violation in playable(&set, stream.nature.profile) {
        let head = violation.path.split('.').next().unwrap_or_default();
        if before.contains(&violation) || told.contains(head) {
            continue;
        }
        let place = draft.keys.get(head).or_else(|| draft.keys.get("num_inference_steps"));
        if let Some(place) = place.or_else(|| draft.keys.values().next()) {
            let message = format!("on stream `{}` {}", stream.sheet.name, violation.message);
            report.push(Problem::error(place, message).of(of));
            told.insert(head.to_owned());
        }
    }
}
