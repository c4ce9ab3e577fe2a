//! A running show and its edited sheet: what of it is taken over now, and what has to wait for a restart.
//!
//! Everything is compared by name and content. What is the same keeps its identity, so that nobody who holds it notices
//! anything; streams keep their order, since everything outside of the sheet knows them by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    event::StreamIndex,
    params::{self, Class, Part, Profile},
    scene::{Level, Scene},
    sheet::{Base, BlendMode, Cue, Net, Sheet, Step, StreamSheet, Streams, Trigger},
    venue::{MqttDoor, Venue},
};

/// The most changes that are told one by one: a screen full. Whoever edits more at once knows it.
const TOLD_MAX: usize = 40;

/// What an edit of the show file came to, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// What is another now.
    pub changed: Vec<String>,
    /// What the file says but the show does not do yet, and what that takes.
    pub kept: Vec<String>,
}

impl Changes {
    /// Returns whether the edit is none.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.kept.is_empty()
    }

    /// Adds something that is another now.
    pub fn change(&mut self, what: impl fmt::Display) {
        self.changed.push(what.to_string());
    }

    /// Adds something that stays as it was.
    pub fn keep(&mut self, what: impl fmt::Display) {
        self.kept.push(what.to_string());
    }

    /// Shortens what nobody would read to its end.
    #[must_use]
    pub(super) fn shortened(mut self) -> Self {
        for list in [&mut self.changed, &mut self.kept] {
            if list.len() > TOLD_MAX {
                let more = list.split_off(TOLD_MAX).len();
                list.push(format!("and {more} more"));
            }
        }
        self
    }
}

/// Returns the sheet to go on with: what `new` says, as far as that can be while the streams of `old` live.
pub(super) fn revise(old: &Sheet, new: &Sheet) -> (Sheet, Changes) {
    let mut changes = Changes::default();
    let Sheet { title, zone, streams: _, scenes, cues, triggers, venue, reload } = new.clone();
    if title != old.title {
        changes.change(format_args!("the show is called `{title}`"));
    }
    if zone != old.zone {
        changes.change(format_args!("the timezone is {}", zone.iana_name().unwrap_or("UTC")));
    }
    if reload != old.reload {
        changes.change("`reload`");
    }
    let scenes = same_or_new(&old.scenes, scenes);
    diff(
        "scene",
        names(&old.scenes),
        names(&scenes),
        |name| Arc::ptr_eq(&old.scenes[name], &scenes[name]),
        &mut changes,
    );
    let streams = new.streams.iter().map(|stream| old.stream(&stream.name)).collect();
    let mut links = Links { scenes: &scenes, cues: BTreeMap::new(), streams };
    let kept = Links {
        scenes: &scenes,
        cues: BTreeMap::new(),
        streams: (0..old.streams.len()).map(|at| Some(StreamIndex(at))).collect(),
    };
    let mut linked = BTreeMap::new();
    for (name, cue) in cues {
        let steps = links.steps(&cue.steps);
        linked.insert(Arc::clone(&name), Arc::new(Cue { name, steps }));
    }
    diff(
        "cue",
        names(&old.cues),
        names(&linked),
        |name| kept.steps(&old.cues[name].steps) == linked[name].steps,
        &mut changes,
    );
    links.cues = linked;
    let triggers: Vec<Trigger> = triggers
        .into_iter()
        .map(|Trigger { name, when, steps }| Trigger { name, when, steps: links.steps(&steps) })
        .collect();
    let find = |list: &[Trigger], name: &str| list.iter().find(|trigger| &*trigger.name == name).cloned();
    let same = |name: &str| match (find(&old.triggers, name), find(&triggers, name)) {
        (Some(old), Some(new)) => {
            old.when == new.when && kept.outline(&old.steps) == links.outline(&new.steps)
        }
        _ => false,
    };
    let names_of = |list: &[Trigger]| list.iter().map(|trigger| Arc::clone(&trigger.name)).collect();
    diff("trigger", names_of(&old.triggers), names_of(&triggers), same, &mut changes);
    let streams = self::streams(old, new, &links, &mut changes);
    let venue = self::venue(&old.venue, venue, &mut changes);
    let Links { cues, .. } = links;
    (Sheet { title, zone, streams, scenes, cues, triggers, venue, reload }, changes)
}

/// Keeps each scene of `old` that is the same in `new`.
fn same_or_new(
    old: &BTreeMap<Arc<str>, Arc<Scene>>,
    new: BTreeMap<Arc<str>, Arc<Scene>>,
) -> BTreeMap<Arc<str>, Arc<Scene>> {
    let pick = |(name, scene): (Arc<str>, Arc<Scene>)| {
        let scene = old.get(&name).filter(|old| **old == scene).cloned().unwrap_or(scene);
        (name, scene)
    };
    new.into_iter().map(pick).collect()
}

fn names<T>(map: &BTreeMap<Arc<str>, T>) -> Vec<Arc<str>> {
    map.keys().cloned().collect()
}

/// Tells what is new, another, and gone.
fn diff(
    kind: &str,
    old: Vec<Arc<str>>,
    new: Vec<Arc<str>>,
    same: impl Fn(&str) -> bool,
    changes: &mut Changes,
) {
    for name in &new {
        if !old.contains(name) {
            changes.change(format_args!("{kind} `{name}` is new"));
        } else if !same(name) {
            changes.change(format_args!("{kind} `{name}` changed"));
        }
    }
    for name in old.iter().filter(|name| !new.contains(name)) {
        changes.change(format_args!("{kind} `{name}` is gone"));
    }
}

/// Leads from the names in an edited sheet to what stands for them now.
struct Links<'a> {
    scenes: &'a BTreeMap<Arc<str>, Arc<Scene>>,
    cues: BTreeMap<Arc<str>, Arc<Cue>>,
    /// Where each stream of the sheet is in the show; `None` for one that has to wait for a restart.
    streams: Vec<Option<StreamIndex>>,
}

impl Links<'_> {
    fn scene(&self, scene: &Arc<Scene>) -> Arc<Scene> {
        Arc::clone(self.scenes.get(&scene.name).unwrap_or(scene))
    }

    fn steps(&self, steps: &[Step]) -> Vec<Step> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Step) -> Step {
        let mut step = step.clone();
        match &mut step {
            Step::Scene { scene, streams, .. } => {
                *scene = self.scene(scene);
                self.move_streams(streams);
            }
            Step::Steer { streams, .. } => self.move_streams(streams),
            Step::Cue(cue) => {
                if let Some(linked) = self.cues.get(&cue.name) {
                    *cue = Arc::clone(linked);
                }
            }
        }
        step
    }

    fn move_streams(&self, streams: &mut Streams) {
        if let Streams::Some(list) = streams {
            *list = list.iter().filter_map(|index| *self.streams.get(index.0)?).collect();
        }
    }

    /// Returns steps with cues by name only: whether they do the same is not asked of the cues in them.
    fn outline(&self, steps: &[Step]) -> Vec<Step> {
        let bare = |step: Step| match step {
            Step::Cue(cue) => Step::Cue(Arc::new(Cue { name: Arc::clone(&cue.name), steps: Vec::new() })),
            step => step,
        };
        self.steps(steps).into_iter().map(bare).collect()
    }
}

/// Returns the streams of the show, each with what can be taken over.
fn streams(old: &Sheet, new: &Sheet, links: &Links<'_>, changes: &mut Changes) -> Vec<StreamSheet> {
    for stream in &new.streams {
        if old.stream(&stream.name).is_none() {
            changes.keep(format_args!("stream `{}` begins with a restart", stream.name));
        }
    }
    let revised = old.streams.iter().map(|stream| {
        let Some(at) = new.stream(&stream.name) else {
            changes.keep(format_args!("stream `{}` is driven until a restart", stream.name));
            return stream.clone();
        };
        self::stream(stream, &new.streams[at.0], links, changes)
    });
    revised.collect()
}

/// Takes over what may change while a stream lives. Taken apart in full: a new key must be decided about.
fn stream(old: &StreamSheet, new: &StreamSheet, links: &Links<'_>, changes: &mut Changes) -> StreamSheet {
    let StreamSheet {
        name,
        connection,
        attach,
        base,
        start,
        blend,
        prompt_angle,
        slots_max,
        updates,
        status_every,
        on_exit,
    } = new.clone();
    let of = format!("stream `{name}`: ");
    let mut taken = |key: &str, same: bool| {
        if !same {
            changes.change(format_args!("{of}`{key}`"));
        }
    };
    let start = start.map(|scene| links.scene(&scene));
    let start_name = |scene: &Option<Arc<Scene>>| scene.as_ref().map(|scene| Arc::clone(&scene.name));
    taken("start", start_name(&start) == start_name(&old.start));
    taken("prompt_angle", prompt_angle == old.prompt_angle);
    taken("slots_max", slots_max == old.slots_max);
    taken("updates", updates == old.updates);
    taken("status", status_every == old.status_every);
    taken("on_exit", on_exit == old.on_exit);
    let slerp = |mode: BlendMode| mode == BlendMode::Slerp;
    let live = slerp(blend) == slerp(old.blend);
    taken("blend", blend == old.blend || !live);
    if !live {
        changes.keep(format_args!("{of}`blend` goes to or from `slerp` with a restart"));
    }
    if connection != old.connection {
        changes.keep(format_args!("{of}its backend, environment, key and timeouts change with a restart"));
    }
    if attach != old.attach {
        changes.keep(format_args!("{of}another `stream` is driven after a restart"));
    }
    StreamSheet {
        name,
        connection: old.connection.clone(),
        attach: old.attach.clone(),
        base: self::base(&old.base, base, &of, changes),
        start,
        blend: if live { blend } else { old.blend },
        prompt_angle,
        slots_max,
        updates,
        status_every,
        on_exit,
    }
}

/// Takes over what of the base may change while the runner keeps its pipeline.
fn base(old: &Base, new: Base, of: &str, changes: &mut Changes) -> Base {
    let Base { prompt, seed, values, controlnets, fixed } = new;
    let told = |name: &str, changes: &mut Changes| changes.change(format_args!("{of}`params.{name}`"));
    if prompt != old.prompt {
        told("prompt", changes);
    }
    if seed != old.seed {
        told("seed", changes);
    }
    let mut base = Base { prompt, seed, values, controlnets: Vec::new(), fixed };
    for name in keys(old, &base) {
        if let Some(level) = back_to_default(old, &base, &name) {
            // The backend keeps what is left out: its default has to be sent.
            base.values.insert(level.0, level.1);
        }
        let (before, after) = (value(old, &name), value(&base, &name));
        if before == after || before.is_none() && after == default(&name) {
            continue;
        }
        if is_free(&name, before.as_ref(), after.as_ref()) {
            told(&name, changes);
            continue;
        }
        let why = if after.is_none() { "was taken out" } else { "is another" };
        changes
            .keep(format_args!("{of}`params.{name}` {why}: that holds for a stream created after a restart"));
        put_back(old, &mut base, &name);
    }
    base.controlnets = nets(&old.controlnets, controlnets, of, changes);
    base
}

/// Returns whether a parameter may change without the pipeline being loaded again.
fn is_free(name: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let Some(spec) = params::find(name).filter(|spec| spec.is_live()) else { return false };
    let usual = spec.default(Profile::default());
    let (Some(before), Some(after)) = (before.or(usual.as_ref()), after) else { return before.is_none() };
    match spec.class(Profile::default()) {
        Class::Partly(Part::Member(member)) => before.get(member) == after.get(member),
        Class::Partly(Part::Length) => before.as_array().map(Vec::len) == after.as_array().map(Vec::len),
        _ => true,
    }
}

/// Returns what a live parameter goes back to that the new base leaves out: the default where all runners agree on it,
/// or what it has already.
fn back_to_default(old: &Base, new: &Base, name: &str) -> Option<(&'static str, Level)> {
    let spec = params::find(name).filter(|spec| spec.is_live())?;
    let level = old.values.get(name)?;
    if new.values.contains_key(name) || new.fixed.contains_key(name) {
        return None;
    }
    let (usual, of_july) = (spec.default(Profile::December2025)?, spec.default(Profile::July2025));
    let has = value(old, name);
    if has.as_ref() == Some(&number(&usual)) || has == of_july.as_ref().map(number) {
        return Some((spec.name, level.clone()));
    }
    if of_july.as_ref() != Some(&usual) {
        return None;
    }
    let entry = |value: &Value| value.as_f64();
    let level = match level {
        Level::Number(_) => Level::Number(usual.as_f64()?),
        Level::Integer(_) => Level::Integer(usual.as_f64()?),
        Level::Indices(_) => Level::Indices(usual.as_array()?.iter().filter_map(entry).collect()),
        Level::Choice(_) => Level::Choice(usual),
    };
    Some((spec.name, level))
}

/// Returns what the runner takes for a parameter that nobody names.
fn default(name: &str) -> Option<Value> {
    params::find(name)?.default(Profile::default()).as_ref().map(number)
}

/// Writes numbers alike, whole or not.
fn number(value: &Value) -> Value {
    match (value, value.as_f64()) {
        (_, Some(number)) => json!(number),
        (Value::Array(list), _) => list.iter().map(number).collect(),
        _ => value.clone(),
    }
}

/// Returns the parameters that either base names.
fn keys(old: &Base, new: &Base) -> BTreeSet<String> {
    let names = |base: &Base| {
        let live = base.values.keys().map(|name| (*name).to_owned());
        live.chain(base.fixed.keys().cloned()).collect::<Vec<_>>()
    };
    names(old).into_iter().chain(names(new)).collect()
}

/// Returns a parameter in the API's words.
fn value(base: &Base, name: &str) -> Option<Value> {
    let level = |level: &Level| match level {
        Level::Number(number) | Level::Integer(number) => json!(number),
        Level::Indices(list) => json!(list),
        Level::Choice(value) => number(value),
    };
    base.values.get(name).map(level).or_else(|| base.fixed.get(name).map(number))
}

/// Gives a parameter back the value that it has, in the place where the new base has it.
fn put_back(old: &Base, new: &mut Base, name: &str) {
    let spec = params::find(name);
    match (spec, old.values.get(name), old.fixed.get(name)) {
        (Some(spec), Some(level), _) => {
            new.fixed.remove(name);
            new.values.insert(spec.name, level.clone());
        }
        (_, _, Some(value)) => {
            new.values.retain(|other, _| *other != name);
            new.fixed.insert(name.to_owned(), value.clone());
        }
        _ => {
            new.values.retain(|other, _| *other != name);
            new.fixed.remove(name);
        }
    }
}

/// Takes over the scales of the `ControlNet`s; their list is the pipeline's.
fn nets(old: &[Net], new: Vec<Net>, of: &str, changes: &mut Changes) -> Vec<Net> {
    let bare =
        |list: &[Net]| -> Vec<Net> { list.iter().map(|net| Net { scale: 0.0, ..net.clone() }).collect() };
    if old == new {
        return new;
    }
    if bare(old) == bare(&new) {
        changes.change(format_args!("{of}`params.controlnets`"));
        return new;
    }
    changes.keep(format_args!(
        "{of}the list of `params.controlnets` is another: that holds for a stream created after a restart"
    ));
    let scale =
        |net: &Net| new.iter().find(|other| other.id == net.id).map_or(net.scale, |other| other.scale);
    old.iter().map(|net| Net { scale: scale(net), ..net.clone() }).collect()
}

/// Tells what of the doors is another. Opening them is the shell's: it asks for what it could open only.
fn venue(old: &Venue, new: Venue, changes: &mut Changes) -> Venue {
    let Venue { osc, mqtt, web } = new;
    if osc != old.osc {
        changes.change("`inputs.osc`");
    }
    let place = |door: &Option<MqttDoor>| door.clone().map(|door| MqttDoor { filters: Vec::new(), ..door });
    if place(&mqtt) != place(&old.mqtt) {
        changes.change("`inputs.mqtt`");
    }
    if web != old.web {
        changes.keep("`web` is another after a restart");
    }
    Venue { osc, mqtt, web: old.web.clone() }
}
