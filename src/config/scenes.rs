//! The scenes of the show file, and what a scene asks of the streams it plays on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::show::{
    easing::{Easing, Penner},
    params::{Idle, Spec, TABLE, models},
    scene::{Level, Scene},
};

use super::{
    demands, fades, keys, nets, params as read_params,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    streams::StreamDraft,
    tree::{Node, Span, Value},
    weighted,
    words::{did_you_mean, quoted},
};

/// What a scene may say besides parameters.
const KEYS: [&str; 7] = ["prompt", "seed", "fade", "easing", "switch_at", "controlnets", "allow_reload"];

/// A scene, and where in the file its parts stand.
#[derive(Debug)]
pub(super) struct SceneDraft {
    pub(super) scene: Arc<Scene>,
    /// What it is called in messages.
    of: String,
    /// Where each parameter's key stands.
    pub(super) keys: BTreeMap<&'static str, Span>,
    /// Where each `ControlNet`'s key stands.
    nets: BTreeMap<Arc<str>, Span>,
    /// Where it allows that the pipeline is loaded again.
    pub(super) allow_reload: Option<Span>,
}

/// Reads all scenes.
pub(super) fn read(node: Option<&Node>, report: &mut Report) -> Vec<SceneDraft> {
    let entries = node.and_then(|node| reader::entries(node, "`scenes`", report)).unwrap_or_default();
    let mut drafts = Vec::new();
    for (name, entry) in entries {
        report.take(scalar::name(&entry.key, "a scene"));
        let of = format!("scene {}", quoted(name));
        drafts.push(scene(name, of, &entry.key.span, &entry.value, report));
    }
    drafts
}

/// Reads one scene; `of` is what it is called in messages, `place` where to point if something is missing.
pub(super) fn scene(name: &str, of: String, place: &Span, node: &Node, report: &mut Report) -> SceneDraft {
    let mut scene = Scene::empty(name);
    let mut keys = BTreeMap::new();
    let mut net_keys = BTreeMap::new();
    let mut allow_reload = None;
    if let Some(mut fields) = Fields::of(node, place, &of, &keys::SCENE, report) {
        scene.prompt = fields.value("prompt", report).and_then(|node| weighted::prompt(node, &of, report));
        scene.seed = fields.value("seed", report).and_then(|node| weighted::seed(node, &of, report));
        scene.fade = fields.value("fade", report).and_then(|node| fades::read(node, &of, report));
        scene.easing = fields.get("easing", report, easing);
        scene.switch_at = fields.get("switch_at", report, fades::switch_at).unwrap_or_default();
        if let Some(node) = fields.value("controlnets", report) {
            scene.controlnets = controlnets(node, &of, &mut net_keys, report);
        }
        if fields.get("allow_reload", report, scalar::boolean) == Some(true) {
            allow_reload = fields.entry("allow_reload").map(|entry| entry.key.span.clone());
        }
        for (name, entry) in fields.rest() {
            let spec = read_params::nameable(name, entry, allow_reload.is_some(), &KEYS);
            let Some(spec) = report.take(spec.map_err(|problem| problem.of(&of))) else { continue };
            // Asks for the value as any other key is asked for, so that an empty one is told.
            let Some(node) = fields.value(spec.name, report) else { continue };
            keys.insert(spec.name, entry.key.span.clone());
            if let Some(level) = read_params::read_level(spec, node, None, &of, report) {
                scene.values.insert(spec.name, level);
            }
        }
    }
    SceneDraft { scene: Arc::new(scene), of, keys, nets: net_keys, allow_reload }
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
    if let Value::List(_) = node.value {
        let problem = Problem::error(&node.span, "a scene names the scales of ControlNets, not their list");
        report.push(
            problem.of(of).hint("write `controlnets: { depth: 0.5 }`: the list is the stream's, and stays"),
        );
        return scales;
    }
    for (name, entry) in reader::entries(node, &format!("{of}: `controlnets`"), report).unwrap_or_default() {
        let name: Arc<str> = name.into();
        keys.insert(name.clone(), entry.key.span.clone());
        if let Some(scale) = nets::scale(&entry.value, of, report) {
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
        let of = &draft.of;
        for (name, place) in &draft.nets {
            check_net(name, place, of, streams, report);
        }
        check_twins(draft, of, streams, report);
        let reloads = demands::check(draft, of, streams, report);
        if let Some(place) = draft.allow_reload.as_ref().filter(|_| !reloads) {
            let problem = Problem::warning(place, "`allow_reload` allows nothing: the scene reloads nothing");
            report.push(problem.of(of).hint("take it out"));
        }
        for spec in TABLE {
            if let (Some(idle), Some(place)) = (spec.idle, draft.keys.get(spec.name)) {
                check_idle((spec, idle), place, of, (guided, streams), report);
            }
        }
    }
}

/// Warns of a parameter whose change shows nothing.
fn check_idle(
    (spec, idle): (&Spec, Idle),
    place: &Span,
    of: &str,
    (guided, streams): (bool, &[StreamDraft]),
    report: &mut Report,
) {
    let turbo = |stream: &StreamDraft| models::find(stream.nature.model).is_some_and(|model| model.turbo);
    let (why, hint) = match idle {
        Idle::Always(why) => (why, "take it out"),
        Idle::Unguided(_) if guided => return,
        Idle::Unguided(why) if spec.name == "guidance_scale" => (why, "set it above 1, or take it out"),
        Idle::Unguided(why) => (why, "take it out, or set a `guidance_scale` above 1"),
        Idle::Turbo(why) if streams.iter().all(turbo) => (why, "take it out"),
        Idle::Turbo(_) => return,
    };
    let message = format!("`{}` changes nothing here: {why}", spec.name);
    report.push(Problem::warning(place, message).of(of).hint(hint));
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
