//! The playlists of the show file: what they play, in which order, and that none comes round to itself. And what steps of cues
//! and triggers do with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crate::show::{
    playlist::{
        Content, DEPTH_MAX, HOLD_MAX, Hold, ListStep, Number, Order, PlayVerb, Playlist, ROUND_MAX, StepRef,
    },
    sheet::{Step, Streams},
};

use super::{
    fades,
    lanes::HOLD_KEYS,
    playlist_keys as keys,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar, scenes,
    steps::{self, Cast},
    time,
    tree::{Entry, Node, Span, Value},
    words::quoted,
};

/// Playlists by name.
pub(super) type Playlists = BTreeMap<Arc<str>, Arc<Playlist>>;

/// Where the name of each playlist stands.
type Names = BTreeMap<Arc<str>, Span>;

/// The keys that a scene has and a playlist in its place has not.
const SCENE_KEYS: [&str; 4] = ["fade", "easing", "hold", "follow"];
/// How far two GOs may have to be apart.
const GO_APART: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(10));
const STEP_FORM: &str = "write `{ scene: NAME, fade: 20s, hold: 5m }`";

/// Reads how far two GOs have to be apart.
pub(super) fn go_apart(node: &Node) -> Result<Duration, Problem> {
    time::duration_in(node, "go_apart", GO_APART)
}

/// A playlist as it is written.
#[derive(Debug)]
struct Draft {
    order: Order,
    streams: Streams,
    steps: Vec<DraftStep>,
    /// Where its name stands.
    place: Span,
}

#[derive(Debug)]
struct DraftStep {
    name: Option<Arc<str>>,
    weight: f64,
    content: DraftContent,
}

#[derive(Debug)]
enum DraftContent {
    Scene(Number),
    /// By name, and where that stands.
    Playlist(Arc<str>, Span),
}

/// Reads all playlists.
pub(super) fn read(node: Option<&Node>, cast: &Cast, report: &mut Report) -> Playlists {
    let entries = node.and_then(|node| reader::entries(node, "`playlists`", report)).unwrap_or_default();
    let names: Names =
        entries.iter().map(|(name, entry)| (Arc::from(*name), entry.key.span.clone())).collect();
    let mut drafts = BTreeMap::new();
    for (name, entry) in entries {
        report.take(scalar::name(&entry.key, "a playlist"));
        if let Some(draft) = draft(name, entry, &names, cast, report) {
            drafts.insert(Arc::from(name), draft);
        }
    }
    let mut joined = Joined { drafts, done: BTreeMap::new(), way: Vec::new() };
    let names: Vec<Arc<str>> = joined.drafts.keys().cloned().collect();
    for name in names {
        joined.join(&name, report);
    }
    joined.done.into_iter().filter_map(|(name, list)| Some((name, list?))).collect()
}

fn draft(name: &str, entry: &Entry, names: &Names, cast: &Cast, report: &mut Report) -> Option<Draft> {
    let of = format!("playlist {}", quoted(name));
    let place = entry.key.span.clone();
    let mut fields = Fields::of(&entry.value, &place, &of, &keys::PLAYLIST, report)?;
    let order = fields.get("order", report, |node| {
        let name = scalar::choice(node, "order", &Order::NAMES)?;
        Order::find(name).ok_or_else(|| scalar::expected(node, "an order"))
    });
    let order = order.unwrap_or_default();
    let streams = steps::streams_of(&mut fields, cast, report);
    let node = fields.required("steps", "write `steps: [{ scene: NAME, fade: 20s, hold: 5m }]`", report);
    fields.finish(report);
    let steps = list_steps(node?, &of, order, (names, cast), report)?;
    Some(Draft { order, streams, steps, place })
}

fn list_steps(
    node: &Node,
    of: &str,
    order: Order,
    (names, cast): (&Names, &Cast),
    report: &mut Report,
) -> Option<Vec<DraftStep>> {
    let Value::List(items) = &node.value else {
        report.push(scalar::expected(node, "a list").at_key("steps").of(of).hint(STEP_FORM));
        return None;
    };
    if items.is_empty() {
        report.push(Problem::error(&node.span, "there is nothing to play").of(of).hint(STEP_FORM));
        return None;
    }
    let mut named: BTreeMap<Arc<str>, Span> = BTreeMap::new();
    let mut steps = Vec::new();
    for item in items {
        let Some((step, place)) = list_step(item, of, order, (names, cast), report) else { continue };
        if let (Some(name), Some(place)) = (&step.name, place) {
            if let Some(first) = named.get(name) {
                let message = format!("two steps are called {}", quoted(name));
                report.push(Problem::error(&place, message).of(of).after(first));
            }
            named.insert(Arc::clone(name), place);
        }
        steps.push(step);
    }
    // What is half read is not to be judged as a whole.
    (steps.len() == items.len()).then_some(steps)
}

/// Reads a step, and where its name stands.
fn list_step(
    item: &Node,
    of: &str,
    order: Order,
    (names, cast): (&Names, &Cast),
    report: &mut Report,
) -> Option<(DraftStep, Option<Span>)> {
    if !matches!(item.value, Value::Map(_)) {
        report.push(scalar::expected(item, "a step").of(of).hint(STEP_FORM));
        return None;
    }
    let mut fields = Fields::of(item, &item.span, of, &keys::LIST_STEP, report)?;
    let name = fields.get("name", report, |node| {
        let name = scalar::name(node, "a step")?;
        match StepRef::from(name) {
            StepRef::Name(name) => Ok(name),
            StepRef::Number(_) => Err(Problem::error(&node.span, "the name of a step is no number")
                .hint("a number means the step that stands there")),
        }
    });
    let place = fields.entry("name").map(|entry| entry.value.span.clone());
    let weight =
        fields.get("weight", report, |node| scalar::number_in(node, "weight", 0.01, 100.0)).unwrap_or(1.0);
    if let Some(entry) = fields.entry("weight")
        && !order.is_chance()
    {
        let message = format!("`weight` says nothing with `order: {}`", order.name());
        let hint = "it goes with `order: shuffle` and `order: random`";
        report.push(Problem::error(&entry.key.span, message).of(of).hint(hint));
    }
    let content = match fields.given(&["scene", "playlist"]).as_slice() {
        [_, second, ..] => {
            let message = "a step plays a scene or a playlist, not both";
            report.push(Problem::error(&second.key.span, message).of(of).hint("write two steps"));
            None
        }
        [one] if one.key.text() == Some("playlist") => within(&mut fields, names, report),
        _ => number(&mut fields, cast, report).map(DraftContent::Scene),
    };
    for key in ["scene", "playlist"].into_iter().chain(SCENE_KEYS) {
        fields.entry(key);
    }
    fields.finish(report);
    Some((DraftStep { name, weight, content: content? }, place))
}

/// Reads a playlist that stands in another one.
fn within(fields: &mut Fields<'_>, names: &Names, report: &mut Report) -> Option<DraftContent> {
    let of = fields.what().to_owned();
    for entry in fields.given(&SCENE_KEYS) {
        let message = format!("a playlist brings its own `{}`", entry.key.text().unwrap_or_default());
        report.push(Problem::error(&entry.key.span, message).of(&of).hint("write it in its steps"));
    }
    let node = fields.value("playlist", report)?;
    let name = report.take(scalar::text(node).map_err(|problem| problem.at_key("playlist").of(&of)))?;
    if !names.contains_key(name) {
        report.push(steps::missing(node, name, &of, "plays playlist", names));
        return None;
    }
    Some(DraftContent::Playlist(name.into(), node.span.clone()))
}

/// Reads a scene with its way in and its time.
fn number(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Number> {
    let of = fields.what().to_owned();
    let scene = steps::scene_of(fields, cast, STEP_FORM, report);
    let fade = fields.value("fade", report).and_then(|node| fades::read(node, &of, report));
    let easing = fields.get("easing", report, scenes::easing);
    let hold = fields.get("hold", report, hold);
    let follow = fields.get("follow", report, |node| scalar::choice(node, "follow", &keys::FOLLOW));
    let (hold_given, follow_place) =
        (fields.has("hold"), fields.entry("follow").map(|entry| &entry.key.span));
    match (follow, follow_place) {
        (Some("manual"), Some(place)) if hold_given => {
            let problem =
                Problem::error(place, "`follow: manual` waits for GO, whatever `hold` says").of(&of);
            report.push(problem.hint("take one of the two out"));
        }
        (Some("auto"), Some(place)) if !hold_given => {
            let problem = Problem::error(place, "`follow: auto` goes on after a `hold`, and there is none");
            report.push(problem.of(&of).hint("write `hold: 5m`, or `hold: 0s` to go on at once"));
        }
        _ => {}
    }
    Some(Number { scene: scene?, fade, easing, hold })
}

/// Reads `5m`, or `5m..10m`.
fn hold(node: &Node) -> Result<Hold, Problem> {
    let bounds = node.text().and_then(|text| text.split_once(".."));
    let Some((low, high)) = bounds else {
        let time = time::duration_in(node, "hold", (Duration::ZERO, HOLD_MAX))?;
        return Hold::between(time, time).ok_or_else(|| scalar::expected(node, "a hold"));
    };
    let end = |text: &str| {
        let part = Node { span: node.span.clone(), value: Value::Text(text.trim().to_owned()) };
        time::duration_in(&part, "hold", (Duration::ZERO, HOLD_MAX))
    };
    let (low, high) = (end(low)?, end(high)?);
    Hold::between(low, high).ok_or_else(|| {
        Problem::error(&node.span, "`hold` ends before it begins")
            .hint("write the shorter one first: `5m..10m`")
    })
}

/// Playlists that are put into each other.
struct Joined {
    drafts: BTreeMap<Arc<str>, Draft>,
    /// What was made; nothing of what has a mistake.
    done: BTreeMap<Arc<str>, Option<Arc<Playlist>>>,
    /// Which are being put into which.
    way: Vec<Arc<str>>,
}

impl Joined {
    fn join(&mut self, name: &Arc<str>, report: &mut Report) -> Option<Arc<Playlist>> {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let Draft { order, streams, steps, place } = self.drafts.remove(name)?;
        self.way.push(Arc::clone(name));
        let count = steps.len();
        let steps: Vec<ListStep> = steps.into_iter().filter_map(|step| self.step(step, report)).collect();
        self.way.pop();
        let list = Playlist { name: Arc::clone(name), order, streams, steps };
        let is_whole = list.steps.len() == count;
        let length = list.round_length();
        if length > ROUND_MAX {
            let of = format!("playlist {}", quoted(name));
            let message = format!("a round of it comes to {length} scenes, and at most {ROUND_MAX} can be");
            report.push(Problem::error(&place, message).of(&of));
        }
        let list = (is_whole && length <= ROUND_MAX).then(|| Arc::new(list));
        self.done.insert(Arc::clone(name), list.clone());
        list
    }

    fn step(&mut self, step: DraftStep, report: &mut Report) -> Option<ListStep> {
        let DraftStep { name, weight, content } = step;
        let content = match content {
            DraftContent::Scene(number) => Content::Scene(number),
            DraftContent::Playlist(inner, place) => {
                let of = format!("playlist {}", quoted(self.way.last().map_or("", |name| name)));
                if let Some(start) = self.way.iter().position(|name| *name == inner) {
                    let round: Vec<&str> = self.way[start..].iter().map(|name| &**name).collect();
                    let message = format!("it comes round to itself: {} and {inner} again", round.join(", "));
                    report.push(Problem::error(&place, message).of(&of));
                    return None;
                }
                if self.way.len() >= DEPTH_MAX {
                    let message = format!("playlists stand in each other at most {DEPTH_MAX} deep");
                    report.push(Problem::error(&place, message).of(&of));
                    return None;
                }
                Content::Playlist(self.join(&inner, report)?)
            }
        };
        Some(ListStep { name, weight, content })
    }
}

/// Reads a step of a cue or a trigger that does something with a playlist.
pub(super) fn step(fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Step> {
    let of = fields.what().to_owned();
    let list =
        fields.value("playlist", report).and_then(|node| find(node, &of, "plays playlist", cast, report));
    let verb = fields.get("do", report, |node| scalar::choice(node, "do", &PlayVerb::NAMES));
    let step = fields.get("step", report, |node| Ok(StepRef::from(scalar::text(node)?)));
    for entry in fields.given(&[&["fade", "easing", "policy", "stream"][..], &HOLD_KEYS].concat()) {
        let message = format!("a playlist brings its own `{}`", entry.key.text().unwrap_or_default());
        report.push(Problem::error(&entry.key.span, message).of(&of).hint("write it in the playlist"));
    }
    if fields.has("do") && verb.is_none() {
        return None;
    }
    let (list, place) = (list?, fields.entry("step").or(fields.entry("do")));
    let place = place.map(|entry| entry.value.span.clone()).unwrap_or_default();
    let verb = match PlayVerb::find(verb.unwrap_or("play"), step)? {
        Ok(verb) => verb,
        Err(why) => {
            report.push(
                Problem::error(&place, why).of(&of).hint("write `{ playlist: NAME, do: goto, step: 3 }`"),
            );
            return None;
        }
    };
    if let Some(step) = verb.step().filter(|step| list.find(step).is_none()) {
        let labels: BTreeSet<&str> = list.steps.iter().map(|step| &**step.label()).collect();
        let message = format!("playlist {} has no step {}", quoted(&list.name), quoted(&step.to_string()));
        let names = labels.iter().copied();
        let hint = super::words::did_you_mean_or_list(&step.to_string(), names, "its steps:");
        report.push(Problem::error(&place, message).of(&of).hint_maybe(hint));
        return None;
    }
    Some(Step::Playlist { list: Some(list), verb, streams: Streams::All })
}

/// Returns the playlist that a value names.
pub(super) fn find(
    node: &Node,
    of: &str,
    does: &str,
    cast: &Cast,
    report: &mut Report,
) -> Option<Arc<Playlist>> {
    let named = scalar::text(node).map_err(|problem| problem.of(of));
    let found = named.and_then(|name| {
        cast.playlists.get(name).cloned().ok_or_else(|| {
            let problem = steps::missing(node, name, of, does, &cast.playlists);
            let is_scene = cast.scenes.contains_key(name);
            problem.hint_maybe(is_scene.then(|| format!("`{name}` is a scene: write `scene: {name}`")))
        })
    });
    report.take(found)
}
