//! What cues and triggers do: one step or a list of steps.

use core::net::SocketAddr;
use std::{collections::BTreeMap, sync::Arc};

use crate::show::{
    event::StreamIndex,
    expression::Template,
    run::{Mode, step::Painted},
    scene::Scene,
    sheet::{Cue, Policy, Step, Streams, Verb},
    variables::Values,
    weighted::Weighted,
};

use super::{
    action_keys, actions, fades, formulas,
    formulas::Known,
    inline,
    inputs::Doors,
    keys, lanes, modes,
    playlists::{self, Playlists},
    reader::{self, Fields},
    report::{Problem, Report},
    scalar, scenes,
    tree::{Entry, Node, Span, Value},
    words::{closest, did_you_mean_or_list, quoted},
};

/// What a step does: one of these, or one of [`actions::KINDS`].
const KINDS: [&str; 7] = ["scene", "transition", "lane", "cue", "playlist", "enable", "disable"];

/// The keys that say how a scene comes in.
const WAY_KEYS: [&str; 3] = ["fade", "easing", "policy"];

/// Everything that a step can name.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) scenes: BTreeMap<Arc<str>, Arc<Scene>>,
    /// The scenes inside steps, by where they begin.
    pub(super) inline: BTreeMap<usize, Arc<Scene>>,
    pub(super) streams: Vec<Arc<str>>,
    /// Empty while the cues themselves are read: a cue cannot fire a cue.
    pub(super) cues: BTreeMap<Arc<str>, Arc<Cue>>,
    pub(super) playlists: Playlists,
    /// Every trigger there is and where it stands, for those who switch and stop them.
    pub(super) triggers: BTreeMap<Arc<str>, Span>,
    /// Every cue there is, for those who stop them.
    pub(super) cue_names: Vec<Arc<str>>,
    /// The variables with what they begin with.
    pub(super) variables: Values,
    /// What templates may ask for.
    pub(super) known: Known,
    pub(super) has_mqtt: bool,
    /// Where the OSC socket listens.
    pub(super) osc: Option<SocketAddr>,
}

impl Cast {
    /// Begins with what is known before streams and cues are read.
    pub(super) fn new(
        scenes: BTreeMap<Arc<str>, Arc<Scene>>,
        inline: BTreeMap<usize, Arc<Scene>>,
        variables: Values,
        doors: &Doors,
    ) -> Self {
        Self {
            scenes,
            inline,
            streams: Vec::new(),
            cues: BTreeMap::new(),
            playlists: BTreeMap::new(),
            cue_names: Vec::new(),
            triggers: BTreeMap::new(),
            known: Known { streams: Vec::new(), variables: variables.keys().cloned().collect() },
            variables,
            has_mqtt: doors.has_mqtt,
            osc: doors.osc.as_ref().map(|door| door.listen),
        }
    }
}

/// Who takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
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
        let cue = cue(name, &entry.value, &entry.key.span, &of, cast, report);
        cues.insert(Arc::clone(&cue.name), Arc::new(cue));
    }
    cues
}

/// Reads a cue: its steps, or a map with them under `do`.
fn cue(name: &str, node: &Node, place: &Span, of: &str, cast: &Cast, report: &mut Report) -> Cue {
    let cue = |steps: Vec<Step>, mode: Mode| Cue { name: name.into(), steps, mode };
    let whole = inline::of_cue(node).is_none_or(|inner| !std::ptr::eq(inner, node));
    let fields = if whole { Fields::of(node, place, of, &action_keys::CUE, report) } else { None };
    let Some(mut fields) = fields else {
        return cue(list(node, place, of, (Actor::Cue, 1), cast, report), Mode::Restart);
    };
    fields.required("do", "write `do: { scene: NAME }`", report);
    let steps = fields
        .entry("do")
        .map(|entry| list(&entry.value, &entry.key.span, of, (Actor::Cue, 1), cast, report));
    let mode = modes::read(&mut fields, Mode::Restart, report);
    fields.finish(report);
    cue(steps.unwrap_or_default(), mode)
}

/// Reads the `do` of a trigger.
pub(super) fn of_trigger(node: &Node, place: &Span, of: &str, cast: &Cast, report: &mut Report) -> Vec<Step> {
    list(node, place, of, (Actor::Trigger, 1), cast, report)
}

/// Reads one step or a list of steps, which stands so deep in others.
pub(super) fn list(
    node: &Node,
    place: &Span,
    of: &str,
    role: (Actor, usize),
    cast: &Cast,
    report: &mut Report,
) -> Vec<Step> {
    let steps = match &node.value {
        Value::List(items) => items.iter().filter_map(|item| step(item, of, role, cast, report)).collect(),
        Value::Null => Vec::new(),
        _ => return step(node, of, role, cast, report).into_iter().collect(),
    };
    if matches!(&node.value, Value::Null) || matches!(&node.value, Value::List(items) if items.is_empty()) {
        let problem = Problem::error(place, "there is nothing to do");
        report.push(problem.of(of).hint("write a step: `{ scene: NAME, fade: 8s }`"));
    }
    steps
}

fn step(node: &Node, of: &str, role: (Actor, usize), cast: &Cast, report: &mut Report) -> Option<Step> {
    let (actor, _) = role;
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
    let others = actions::KINDS.map(|(kind, _)| kind);
    let given = fields.given(&[&KINDS[..], &others].concat());
    for key in section.names() {
        fields.entry(key);
    }
    let kind = |name: &str| given.iter().copied().find(|entry| entry.key.text() == Some(name));
    if let Some(entry) = kind("cue").filter(|_| actor == Actor::Cue) {
        let problem = Problem::error(&entry.key.span, "a cue holds no other cues");
        report.push(problem.of(of).hint("repeat the steps of that cue here, or fire both from a trigger"));
        return None;
    }
    let step = if kind("cue").is_some() {
        cue_step(&mut fields, cast, report)
    } else if kind("playlist").is_some() {
        playlists::step(&mut fields, cast, report)
    } else if kind("enable").is_some() {
        switch_step(&mut fields, "enable", cast, report)
    } else if kind("disable").is_some() {
        switch_step(&mut fields, "disable", cast, report)
    } else if kind("transition").is_some() {
        steer_step(&mut fields, cast, report)
    } else if kind("lane").is_some() {
        lane_step(&mut fields, cast, report)
    } else if let (None, Some(other)) =
        (kind("scene"), others.into_iter().find(|other| kind(other).is_some()))
    {
        actions::step(other, &mut fields, role, cast, report)
    } else {
        scene_step(&mut fields, cast, report)
    };
    if let [first, second, ..] = given.as_slice() {
        let does = |entry: &Entry| match entry.key.text() {
            Some("cue") => "fires a cue",
            Some("transition") => "steers the transition",
            Some("lane") => "changes the lane",
            Some("playlist") => "plays a playlist",
            Some("enable" | "disable") => "switches a trigger",
            key => {
                let other = actions::KINDS.into_iter().find(|(kind, _)| key == Some(kind));
                other.map_or("plays a scene", |(_, does)| does)
            }
        };
        let message = format!("a step {} or {}, not both", does(first), does(second));
        let [one, two] = [first, second].map(|entry| entry.key.text().unwrap_or_default());
        let hint = format!("write two steps: `[{{ {one}: … }}, {{ {two}: … }}]`");
        report.push(Problem::error(&second.key.span, message).of(of).hint(hint));
    }
    if kind("playlist").is_none() {
        for entry in fields.given(&["do", "step"]) {
            let key = entry.key.text().unwrap_or_default();
            let message = format!("`{key}` goes with `playlist`");
            report.push(Problem::error(&entry.key.span, message).of(of).hint("take it out"));
        }
    }
    fields.finish(report);
    step
}

/// Returns the scene that a step names or holds; `form` is what to write where there is none.
pub(super) fn scene_of(
    fields: &mut Fields<'_>,
    cast: &Cast,
    form: &str,
    report: &mut Report,
) -> Option<Arc<Scene>> {
    let of = fields.what().to_owned();
    let misspelt = fields.rest().iter().any(|(name, _)| closest(name, ["transition", "playlist"]).is_some());
    let node = if misspelt { fields.value("scene", report) } else { fields.required("scene", form, report) };
    node.and_then(|node| {
        if let Value::Map(_) = node.value {
            return cast.inline.get(&node.span.start).cloned();
        }
        let named = scalar::text(node).map_err(|problem| problem.at_key("scene").of(&of));
        let found = named.and_then(|name| {
            cast.scenes
                .get(name)
                .cloned()
                .ok_or_else(|| missing(node, name, &of, "plays scene", &cast.scenes))
        });
        report.take(found)
    })
}

fn scene_step(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Step> {
    let of = fields.what().to_owned();
    let scene = scene_of(fields, cast, "write `{ scene: NAME }`", report);
    let fade = fields.value("fade", report).and_then(|node| fades::read(node, &of, report));
    let easing = fields.get("easing", report, scenes::easing);
    let policy = fields.get("policy", report, |node| {
        let name = scalar::choice(node, "policy", &Policy::NAMES)?;
        Policy::find(name).ok_or_else(|| scalar::expected(node, "a policy"))
    });
    let hold = lanes::hold(fields, &of, report);
    let streams = streams_of(fields, cast, report);
    let (scene, policy) = (scene?, policy.unwrap_or_default());
    let texts = scene.prompt.iter().flat_map(Weighted::entries);
    if !texts.clone().any(|(text, _)| Template::is_one(text)) || cast.scenes.contains_key(&scene.name) {
        return Some(Step::Scene { scene, streams, fade, easing, policy, hold });
    }
    let filled = texts.map(|(text, weight)| {
        let template = formulas::template(&fields.entry("scene")?.value, text, cast.known.names());
        report.take(template.map_err(|problem| problem.of(&of))).map(|template| (template, *weight))
    });
    let prompt = filled.collect::<Option<Vec<_>>>()?;
    Some(Step::Paint(Painted { pattern: Arc::clone(&scene), prompt, streams, fade, easing, policy, hold }))
}

fn steer_step(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Step> {
    let verb = fields.get("transition", report, |node| {
        let name = scalar::choice(node, "transition", &Verb::NAMES)?;
        Verb::find(name).ok_or_else(|| scalar::expected(node, "a verb"))
    });
    refuse_way(fields, "a running transition has its own way", report);
    let streams = streams_of(fields, cast, report);
    Some(Step::Steer { verb: verb?, streams })
}

fn switch_step(fields: &mut Fields<'_>, key: &'static str, cast: &Cast, report: &mut Report) -> Option<Step> {
    let of = fields.what().to_owned();
    let node = fields.value(key, report)?;
    let named = scalar::text(node).map_err(|problem| problem.at_key(key).of(&of));
    let does = if key == "enable" { "enables trigger" } else { "disables trigger" };
    let found = named.and_then(|name| {
        let known = cast.triggers.get_key_value(name).map(|(name, _)| name.clone());
        known.ok_or_else(|| missing(node, name, &of, does, &cast.triggers))
    });
    for entry in fields.given(&[&WAY_KEYS[..], &lanes::HOLD_KEYS[..], &["stream"]].concat()) {
        let message = format!("`{}` says nothing about a trigger", entry.key.text().unwrap_or_default());
        report.push(Problem::error(&entry.key.span, message).of(&of).hint("take it out"));
    }
    let trigger = report.take(found)?;
    Some(Step::Switch { trigger, enabled: key == "enable" })
}

fn lane_step(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Step> {
    let verb = lanes::verb(fields, report);
    refuse_way(fields, "a lane has its own way", report);
    let streams = streams_of(fields, cast, report);
    Some(Step::Lane { verb: verb?, streams })
}

/// Refuses what says how a scene comes in.
fn refuse_way(fields: &Fields<'_>, why: &str, report: &mut Report) {
    for entry in fields.given(&WAY_KEYS).into_iter().chain(fields.given(&lanes::HOLD_KEYS)) {
        let key = entry.key.text().unwrap_or_default();
        let message = format!("`{key}` goes with `scene`: {why}");
        report.push(Problem::error(&entry.key.span, message).of(fields.what()).hint("take it out"));
    }
}

fn cue_step(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Step> {
    let of = fields.what().to_owned();
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
    let own = [&WAY_KEYS[..], &lanes::HOLD_KEYS[..], &["stream"]].concat();
    for entry in fields.given(&own) {
        let message = format!("a cue brings its own `{}`", entry.key.text().unwrap_or_default());
        report.push(Problem::error(&entry.key.span, message).of(&of).hint("write it in the cue"));
    }
    cue.map(Step::Cue)
}

/// Reads on which streams something is; all of them if it says nothing.
pub(super) fn streams_of(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Streams {
    let of = fields.what().to_owned();
    match fields.value("stream", report) {
        Some(node) => streams(node, &of, cast, report),
        None => Streams::All,
    }
}

/// Says that a name leads nowhere, and which one does.
pub(super) fn missing<T>(
    node: &Node,
    name: &str,
    of: &str,
    does: &str,
    names: &BTreeMap<Arc<str>, T>,
) -> Problem {
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
