//! What cues and triggers do: one step or a list of steps.

use std::{collections::BTreeMap, sync::Arc};

use crate::show::{
    event::StreamIndex,
    scene::Scene,
    sheet::{Cue, Step, Streams},
};

use super::{
    fades, keys,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar, scenes,
    tree::{Entry, Node, Span, Value},
    words::{closest, did_you_mean_or_list, quoted},
};

/// The keys that only a step with a scene has.
const SCENE_KEYS: [&str; 3] = ["fade", "easing", "stream"];

/// Everything that a step can name.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) scenes: BTreeMap<Arc<str>, Arc<Scene>>,
    pub(super) streams: Vec<Arc<str>>,
    /// Empty while the cues themselves are read: a cue cannot fire a cue.
    pub(super) cues: BTreeMap<Arc<str>, Arc<Cue>>,
}

/// Who takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Cue,
    Trigger,
}

/// Reads all cues.
pub(super) fn cues(node: Option<&Node>, cast: &Cast, report: &mut Report) -> BTreeMap<Arc<str>, Arc<Cue>> {
    let entries = node.and_then(|node| reader::entries(node, "`cues`", report)).unwrap_or_default();
    let mut cues = BTreeMap::new();
    for (name, entry) in entries {
        report.take(scalar::name(&entry.key, "a cue"));
        let of = format!("cue {}", quoted(name));
        let steps = read(&entry.value, &entry.key.span, &of, Actor::Cue, cast, report);
        let name: Arc<str> = name.into();
        cues.insert(name.clone(), Arc::new(Cue { name, steps }));
    }
    cues
}

/// Reads the `do` of a trigger.
pub(super) fn of_trigger(node: &Node, place: &Span, of: &str, cast: &Cast, report: &mut Report) -> Vec<Step> {
    read(node, place, of, Actor::Trigger, cast, report)
}

fn read(node: &Node, place: &Span, of: &str, actor: Actor, cast: &Cast, report: &mut Report) -> Vec<Step> {
    let steps = match &node.value {
        Value::List(items) => items.iter().filter_map(|item| step(item, of, actor, cast, report)).collect(),
        Value::Null => Vec::new(),
        _ => return step(node, of, actor, cast, report).into_iter().collect(),
    };
    if matches!(&node.value, Value::Null) || matches!(&node.value, Value::List(items) if items.is_empty()) {
        let problem = Problem::error(place, "there is nothing to do");
        report.push(problem.of(of).hint("write a step: `{ scene: NAME, fade: 8s }`"));
    }
    steps
}

fn step(node: &Node, of: &str, actor: Actor, cast: &Cast, report: &mut Report) -> Option<Step> {
    if !matches!(node.value, Value::Map(_)) {
        let meant = node.text().and_then(|name| {
            let key = if cast.cues.contains_key(name) { "cue" } else { "scene" };
            (cast.cues.contains_key(name) || cast.scenes.contains_key(name))
                .then(|| format!("write `{{ {key}: {name} }}`"))
        });
        let hint = meant.unwrap_or_else(|| "write `{ scene: NAME, fade: 8s }`".to_owned());
        report.push(scalar::expected(node, "a step").of(of).hint(hint));
        return None;
    }
    let section = if actor == Actor::Trigger { &keys::STEP } else { &keys::CUE_STEP };
    let mut fields = Fields::of(node, &node.span, of, section, report)?;
    if let [entry, ..] = fields.given(&["cue"]).as_slice() {
        return cue_step(fields, entry, actor, cast, report);
    }
    let scene = fields.required("scene", "write `{ scene: NAME }`", report);
    let scene = scene.and_then(|node| {
        let named = scalar::text(node).map_err(|problem| problem.at_key("scene").of(of));
        let found = named.and_then(|name| {
            cast.scenes.get(name).cloned().ok_or_else(|| missing(node, name, of, "plays scene", &cast.scenes))
        });
        report.take(found)
    });
    let fade = fields.value("fade", report).and_then(|node| fades::read(node, of, report));
    let easing = fields.get("easing", report, scenes::easing);
    let streams = match fields.value("stream", report) {
        Some(node) => streams(node, of, cast, report),
        None => Streams::All,
    };
    if actor == Actor::Trigger {
        fields.entry("cue");
    }
    fields.finish(report);
    Some(Step::Scene { scene: scene?, streams, fade, easing })
}

fn cue_step(
    mut fields: Fields<'_>,
    entry: &Entry,
    actor: Actor,
    cast: &Cast,
    report: &mut Report,
) -> Option<Step> {
    let of = fields.what().to_owned();
    if actor == Actor::Cue {
        let problem = Problem::error(&entry.key.span, "a cue holds scenes, not other cues");
        report.push(problem.of(&of).hint("repeat the steps of that cue here, or fire both from a trigger"));
        return None;
    }
    let node = fields.value("cue", report);
    let cue = node.and_then(|node| {
        let named = scalar::text(node).map_err(|problem| problem.at_key("cue").of(&of));
        let found = named.and_then(|name| {
            cast.cues.get(name).cloned().ok_or_else(|| {
                let problem = missing(node, name, &of, "fires cue", &cast.cues);
                let hint = cast
                    .scenes
                    .contains_key(name)
                    .then(|| format!("`{name}` is a scene: write `scene: {name}`"));
                problem.hint_maybe(hint)
            })
        });
        report.take(found)
    });
    let scene = fields.entry("scene");
    for key in SCENE_KEYS {
        if let Some(entry) = fields.entry(key) {
            let message = format!("a cue brings its own `{key}`");
            report.push(Problem::error(&entry.key.span, message).of(&of).hint("write it in the cue"));
        }
    }
    if let Some(entry) = scene {
        let problem = Problem::error(&entry.key.span, "a step plays a scene or fires a cue, not both");
        report.push(problem.of(&of).hint("write two steps: `[{ cue: … }, { scene: … }]`"));
    }
    fields.finish(report);
    cue.map(Step::Cue)
}

/// Says that a name leads nowhere, and which one does.
fn missing<T>(node: &Node, name: &str, of: &str, does: &str, names: &BTreeMap<Arc<str>, T>) -> Problem {
    let message = format!("{of} {does} {}, which does not exist", quoted(name));
    let known = names.keys().map(|name| &**name);
    let noun = does.rsplit(' ').next().unwrap_or_default();
    let hint = did_you_mean_or_list(name, known, "the show has")
        .unwrap_or_else(|| format!("the show has no {noun}s"));
    Problem::error(&node.span, message).hint(hint)
}

fn streams(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Streams {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        report.push(Problem::error(&node.span, "the list of streams is empty").of(of));
    }
    let mut found = Vec::new();
    for item in items {
        let Some(name) = report.take(scalar::text(item).map_err(|problem| problem.of(of))) else { continue };
        match cast.streams.iter().position(|stream| &**stream == name) {
            Some(at) if found.contains(&StreamIndex(at)) => {
                let message = format!("stream {} stands twice in this list", quoted(name));
                report.push(Problem::warning(&item.span, message).of(of).hint("take one of the two out"));
            }
            Some(at) => found.push(StreamIndex(at)),
            None => {
                let names = cast.streams.iter().map(|name| &**name);
                let message = format!("{of} plays on stream {}, which does not exist", quoted(name));
                let all =
                    closest("all", [name]).map(|_| "leave `stream` out to play on all of them".to_owned());
                let hint = all.or_else(|| did_you_mean_or_list(name, names, "the show has"));
                report.push(Problem::error(&item.span, message).hint_maybe(hint));
            }
        }
    }
    Streams::Some(found)
}
