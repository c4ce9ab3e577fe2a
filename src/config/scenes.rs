//! The scenes of the show file, and what a scene asks of the streams it plays on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::show::{
    easing::{Easing, Penner},
    params::TABLE,
    scene::{Level, Scene},
};

use super::{
    nets, params as read_params,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    streams::StreamDraft,
    time,
    tree::{Node, Span},
    weighted,
    words::{did_you_mean, quoted},
};

/// What a scene may say besides parameters.
const KEYS: [&str; 5] = ["prompt", "seed", "fade", "easing", "controlnets"];

/// A scene, and where in the file its parts stand.
#[derive(Debug)]
pub(super) struct SceneDraft {
    pub(super) scene: Arc<Scene>,
    /// Where each parameter's key stands.
    keys: BTreeMap<&'static str, Span>,
    /// Where each `ControlNet`'s key stands.
    nets: BTreeMap<Arc<str>, Span>,
}

/// Reads all scenes.
pub(super) fn read(node: Option<&Node>, report: &mut Report) -> Vec<SceneDraft> {
    let entries = node.and_then(|node| reader::entries(node, "`scenes`", report)).unwrap_or_default();
    let mut drafts = Vec::new();
    for (name, entry) in entries {
        report.take(scalar::name(&entry.key, "a scene"));
        drafts.push(scene(name, &entry.key.span, &entry.value, report));
    }
    drafts
}

fn scene(name: &str, place: &Span, node: &Node, report: &mut Report) -> SceneDraft {
    let of = format!("scene {}", quoted(name));
    let mut scene = Scene::empty(name);
    let mut keys = BTreeMap::new();
    let mut net_keys = BTreeMap::new();
    if let Some(mut fields) = Fields::of(node, place, &of, report) {
        scene.prompt = fields.value("prompt", report).and_then(|node| weighted::prompt(node, &of, report));
        scene.seed = fields.value("seed", report).and_then(|node| weighted::seed(node, &of, report));
        scene.fade = fields.get("fade", report, time::fade);
        scene.easing = fields.get("easing", report, easing);
        if let Some(node) = fields.value("controlnets", report) {
            scene.controlnets = controlnets(node, &of, &mut net_keys, report);
        }
        for (name, entry) in fields.rest() {
            let Some(spec) =
                report.take(read_params::live(name, entry, &KEYS).map_err(|problem| problem.of(&of)))
            else {
                continue;
            };
            // Asks for the value as any other key is asked for, so that an empty one is told.
            let Some(node) = fields.value(spec.name, report) else { continue };
            keys.insert(spec.name, entry.key.span.clone());
            let level = read_params::level(spec, node).map_err(|problem| problem.at_key(spec.name).of(&of));
            if let Some(level) = report.take(level) {
                scene.values.insert(spec.name, level);
            }
        }
    }
    SceneDraft { scene: Arc::new(scene), keys, nets: net_keys }
}

/// Reads an easing.
pub(super) fn easing(node: &Node) -> Result<Easing, Problem> {
    let text = scalar::filled(node)?;
    Easing::parse(text).map_err(|why| {
        let families: Vec<String> = Penner::names().collect();
        let known = Easing::NAMES.into_iter().chain(families.iter().map(String::as_str));
        let forms = ["cubic-bezier(x1, y1, x2, y2)", "steps(n)"];
        let list = super::words::listed(Easing::NAMES.into_iter().chain(forms));
        let all = || format!("an easing is one of {list}, or of Penner's, such as `cubic-in-out`");
        Problem::error(&node.span, why).hint(did_you_mean(text, known).unwrap_or_else(all))
    })
}

fn controlnets(
    node: &Node,
    of: &str,
    keys: &mut BTreeMap<Arc<str>, Span>,
    report: &mut Report,
) -> BTreeMap<Arc<str>, f64> {
    let mut scales = BTreeMap::new();
    for (name, entry) in reader::entries(node, &format!("{of}: `controlnets`"), report).unwrap_or_default() {
        let name: Arc<str> = name.into();
        keys.insert(name.clone(), entry.key.span.clone());
        if let Some(scale) = report.take(nets::scale(&entry.value).map_err(|problem| problem.of(of))) {
            scales.insert(name, scale);
        }
    }
    scales
}

/// Returns the parameters that any scene names.
pub(super) fn named(drafts: &[SceneDraft]) -> BTreeSet<&'static str> {
    drafts.iter().flat_map(|draft| draft.keys.keys().copied()).collect()
}

/// Checks every scene against every stream: what it asks for has to be there.
pub(super) fn check(drafts: &[SceneDraft], streams: &[StreamDraft], report: &mut Report) {
    let guided = guided(drafts, streams);
    for draft in drafts {
        let of = format!("scene {}", quoted(&draft.scene.name));
        for (name, place) in &draft.nets {
            check_net(name, place, &of, streams, report);
        }
        check_twins(draft, &of, streams, report);
        if let Some(problem) = streams.iter().find_map(|stream| check_steps(draft, stream)) {
            report.push(problem.of(&of));
        }
        let idle = TABLE.iter().filter_map(|spec| Some((spec, spec.idle?, draft.keys.get(spec.name)?)));
        for (spec, why, place) in idle.filter(|_| !guided) {
            let message = format!("`{}` changes nothing here: {why}", spec.name);
            let hint = if spec.name == "delta" {
                "take it out, or set a `guidance_scale` above 1"
            } else {
                "take it out"
            };
            report.push(Problem::warning(place, message).of(&of).hint(hint));
        }
    }
}

/// Returns whether any stream or scene sets a guidance scale that acts.
fn guided(drafts: &[SceneDraft], streams: &[StreamDraft]) -> bool {
    let of_streams = streams.iter().map(|stream| &stream.sheet.base.values);
    let of_scenes = drafts.iter().map(|draft| &draft.scene.values);
    of_streams
        .chain(of_scenes)
        .any(|values| matches!(values.get("guidance_scale"), Some(Level::Number(scale)) if *scale > 1.0))
}

fn check_net(name: &str, place: &Span, of: &str, streams: &[StreamDraft], report: &mut Report) {
    let has = |stream: &&StreamDraft| {
        stream.sheet.base.controlnets.iter().any(|net| &*net.id == name || net.short == Some(name))
    };
    let (with, without): (Vec<_>, Vec<_>) = streams.iter().partition(has);
    if with.is_empty() {
        if !nets::is_known(name) {
            let message = format!("there is no ControlNet {}", quoted(name));
            let hint = did_you_mean(name, nets::names());
            report.push(Problem::error(place, message).of(of).hint_maybe(hint));
        } else if let Some(stream) = streams.first() {
            let message = format!("no stream has the ControlNet `{name}`");
            let hint = format!(
                "add it to the `params` of stream `{}`: `controlnets: {{ {name}: 0 }}`",
                stream.sheet.name
            );
            report.push(Problem::error(place, message).of(of).hint(hint));
        }
        return;
    }
    for stream in without {
        let message = format!("stream `{}` has no ControlNet `{name}`", stream.sheet.name);
        let hint = "there the scene plays without it";
        report.push(Problem::warning(place, message).of(of).hint(hint));
    }
}

/// Checks that no `ControlNet` stands in a scene both by its short name and by its id.
fn check_twins(draft: &SceneDraft, of: &str, streams: &[StreamDraft], report: &mut Report) {
    for net in streams.iter().flat_map(|stream| &stream.sheet.base.controlnets) {
        if let Some(short) = net.short
            && let (Some(first), Some(second)) = (draft.nets.get(short), draft.nets.get(&net.id))
        {
            let message = format!("`{short}` and `{}` are the same ControlNet", net.id);
            report.push(Problem::error(second, message).of(of).after(first));
        }
    }
}

/// Checks the step schedule that a scene comes to on a stream.
fn check_steps(draft: &SceneDraft, stream: &StreamDraft) -> Option<Problem> {
    let list = match draft.scene.values.get("t_index_list") {
        Some(Level::Indices(list)) => Some(list),
        _ => None,
    };
    let steps = match draft.scene.values.get("num_inference_steps") {
        Some(Level::Integer(steps)) => Some(*steps),
        _ => None,
    };
    let name = &stream.sheet.name;
    if let Some(list) = list
        && list.len() != stream.indices.len()
    {
        let place = draft.keys.get("t_index_list")?;
        let message = format!(
            "`t_index_list` has {} entries, and {} on stream `{name}`: another length reloads the pipeline",
            list.len(),
            stream.indices.len()
        );
        return Some(Problem::error(place, message).hint("give both the same length"));
    }
    if list.is_none() && steps.is_none() {
        return None;
    }
    let last = list.unwrap_or(&stream.indices).last()?;
    let steps_here = steps.unwrap_or(stream.steps);
    if *last < steps_here {
        return None;
    }
    let key = if list.is_some() { "t_index_list" } else { "num_inference_steps" };
    let message = format!(
        "on stream `{name}` the last step {last} is not below `num_inference_steps`, which is {steps_here}"
    );
    Some(Problem::error(draft.keys.get(key)?, message))
}
