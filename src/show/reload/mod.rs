//! A running show and its edited sheet: what of it is taken over now, and what has to wait for a restart.
//!
//! Everything is compared by name and content. What is the same keeps its identity, so that nobody who holds it notices
//! anything; streams keep their order, since everything outside of the sheet knows them by it.

mod base;
mod playlists;
mod streams;

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::Serialize;

use super::{
    event::StreamIndex,
    lane::PanicPlan,
    playlist::Playlist,
    run::{Mode, step::Wait},
    scene::Scene,
    schedule::{Entry, Schedule, What},
    sheet::{Cue, Sheet, Step, Streams, Trigger, When},
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
#[expect(clippy::too_many_lines, reason = "one piece for each section of the file")]
pub(super) fn revise(old: &Sheet, new: &Sheet) -> (Sheet, Changes) {
    let mut changes = Changes::default();
    let Sheet {
        title,
        zone,
        streams: _,
        scenes,
        cues,
        playlists,
        go_apart,
        triggers,
        variables,
        schedule,
        on_alarm,
        venue,
        reload,
        panic,
    } = new.clone();
    diff_heads(old, new, &mut changes);
    let scenes = same_or_new(&old.scenes, scenes);
    diff(
        "scene",
        &names(&old.scenes),
        &names(&scenes),
        |name| Arc::ptr_eq(&old.scenes[name], &scenes[name]),
        &mut changes,
    );
    let streams = new.streams.iter().map(|stream| old.stream(&stream.name)).collect();
    let inline = inline(old);
    let mut links = Links {
        scenes: &scenes,
        cues: BTreeMap::new(),
        playlists: BTreeMap::new(),
        inline: &inline,
        streams,
    };
    let kept = Links {
        scenes: &scenes,
        cues: BTreeMap::new(),
        playlists: BTreeMap::new(),
        inline: &inline,
        streams: (0..old.streams.len()).map(|at| Some(StreamIndex(at))).collect(),
    };
    links.playlists = playlists::revise(&old.playlists, playlists, &links, &mut changes);
    let mut linked = BTreeMap::new();
    for (name, cue) in cues {
        let steps = links.steps(Actor::Cue, &cue.steps);
        linked.insert(Arc::clone(&name), Arc::new(Cue { name, steps, mode: cue.mode }));
    }
    diff(
        "cue",
        &names(&old.cues),
        &names(&linked),
        |name| {
            let bare = |steps: &[Step]| steps.iter().cloned().map(bare).collect::<Vec<_>>();
            let (old, new) = (&old.cues[name], &linked[name]);
            old.mode == new.mode && bare(&kept.steps(Actor::Cue, &old.steps)) == bare(&new.steps)
        },
        &mut changes,
    );
    links.cues = linked;
    let triggers: Vec<Trigger> = triggers.into_iter().map(|trigger| links.trigger(trigger)).collect();
    diff_triggers((&old.triggers, &kept), (&triggers, &links), &mut changes);
    let schedule = links.schedule(schedule, &old.schedule, &mut changes);
    let streams = streams::revise(old, new, &links, &mut changes);
    let venue = self::venue(&old.venue, venue, &mut changes);
    let panic = links.panic(panic, &old.panic, &mut changes);
    let Links { cues, playlists, .. } = links;
    let sheet = Sheet {
        title,
        zone,
        streams,
        scenes,
        cues,
        playlists,
        go_apart,
        triggers,
        variables,
        schedule,
        on_alarm,
        venue,
        reload,
        panic,
    };
    (sheet, changes)
}

/// Tells what is another of that which is one thing each.
fn diff_heads(old: &Sheet, new: &Sheet, changes: &mut Changes) {
    let Sheet { title, zone, on_alarm, go_apart, reload, variables, .. } = new;
    if *title != old.title {
        changes.change(format_args!("the show is called `{title}`"));
    }
    if *zone != old.zone {
        changes.change(format_args!("the timezone is {}", zone.iana_name().unwrap_or("UTC")));
    }
    if *on_alarm != old.on_alarm {
        changes.change("`on_alarm`");
    }
    if *go_apart != old.go_apart {
        changes.change("`go_apart`");
    }
    if *reload != old.reload {
        changes.change("`reload`");
    }
    if *variables != old.variables {
        changes.change("`variables`");
    }
}

/// Tells which triggers are another; one whose cue is another is the same.
fn diff_triggers(
    (old, kept): (&[Trigger], &Links<'_>),
    (new, links): (&[Trigger], &Links<'_>),
    changes: &mut Changes,
) {
    let find = |list: &[Trigger], name: &str| list.iter().find(|trigger| &*trigger.name == name).cloned();
    let same = |name: &str| match (find(old, name), find(new, name)) {
        (Some(old), Some(new)) => {
            (&old.when, old.mode) == (&new.when, new.mode)
                && (&old.condition, old.limits, old.enabled) == (&new.condition, new.limits, new.enabled)
                && kept.outline(&old.steps) == links.outline(&new.steps)
        }
        _ => false,
    };
    let names_of = |list: &[Trigger]| -> Vec<Arc<str>> {
        list.iter().map(|trigger| Arc::clone(&trigger.name)).collect()
    };
    diff("trigger", &names_of(old), &names_of(new), same, changes);
}

/// Returns what a scene has become between two sheets, itself if nothing: the scene of its name, or the one that stands in
/// its step.
pub(super) fn successor(old: &Sheet, new: &Sheet, scene: &Arc<Scene>) -> Arc<Scene> {
    let named = |sheet: &Sheet| sheet.scenes.get(&scene.name).cloned();
    let is_it = |other: &Arc<Scene>| Arc::ptr_eq(other, scene);
    let after = if named(old).as_ref().is_some_and(is_it) {
        named(new)
    } else {
        let place = inline(old).into_iter().find(|(_, other)| is_it(other));
        place.and_then(|(actor, _)| find_inline(&inline(new), actor, &scene.name))
    };
    after.unwrap_or_else(|| Arc::clone(scene))
}

/// Who has a scene in one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Cue,
    Trigger,
    Playlist,
}

/// Returns the scenes that stand in steps. Their names are the places, unique for each kind of actor.
fn inline(sheet: &Sheet) -> Vec<(Actor, Arc<Scene>)> {
    let scene = |actor: Actor, step: &Step| match step {
        Step::Scene { scene, .. } if !sheet.scenes.contains_key(&scene.name) => {
            Some((actor, Arc::clone(scene)))
        }
        _ => None,
    };
    let of_cues = sheet.cues.values().flat_map(|cue| Step::all(&cue.steps));
    let of_triggers = sheet.triggers.iter().flat_map(|trigger| Step::all(&trigger.steps));
    let of_cues = of_cues.filter_map(|step| scene(Actor::Cue, step));
    let of_triggers = of_triggers.filter_map(|step| scene(Actor::Trigger, step));
    of_cues.chain(of_triggers).chain(playlists::inline(sheet)).collect()
}

fn find_inline(scenes: &[(Actor, Arc<Scene>)], actor: Actor, name: &str) -> Option<Arc<Scene>> {
    scenes.iter().find(|(by, scene)| *by == actor && &*scene.name == name).map(|(_, scene)| Arc::clone(scene))
}

/// Returns a schedule without what can change and leave it the same: the lines that it stands in, and what its scenes are.
fn outline(schedule: &Schedule) -> Schedule {
    let bare = |entry: &Entry| {
        let what = match &entry.what {
            What::Scene(scene) => What::Scene(Arc::new(Scene::empty(&scene.name))),
            What::Playlist(list) => {
                What::Playlist(Arc::new(Playlist { steps: Vec::new(), ..(**list).clone() }))
            }
        };
        Entry { line: 0, what, ..entry.clone() }
    };
    Schedule { entries: schedule.entries.iter().map(bare).collect(), ..schedule.clone() }
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
fn diff(kind: &str, old: &[Arc<str>], new: &[Arc<str>], same: impl Fn(&str) -> bool, changes: &mut Changes) {
    for name in new {
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
    playlists: BTreeMap<Arc<str>, Arc<Playlist>>,
    /// The scenes in steps until now.
    inline: &'a [(Actor, Arc<Scene>)],
    /// Where each stream of the sheet is in the show; `None` for one that has to wait for a restart.
    streams: Vec<Option<StreamIndex>>,
}

impl Links<'_> {
    fn scene(&self, scene: &Arc<Scene>) -> Arc<Scene> {
        Arc::clone(self.scenes.get(&scene.name).unwrap_or(scene))
    }

    fn steps(&self, actor: Actor, steps: &[Step]) -> Vec<Step> {
        steps.iter().map(|step| self.step(actor, step)).collect()
    }

    fn step(&self, actor: Actor, step: &Step) -> Step {
        let mut step = step.clone();
        match &mut step {
            Step::Scene { scene, streams, .. } => {
                let known = find_inline(self.inline, actor, &scene.name).filter(|known| known == scene);
                *scene = known.unwrap_or_else(|| self.scene(scene));
                self.move_streams(streams);
            }
            Step::Mix { scene, streams, .. } => {
                *scene = self.scene(scene);
                self.move_streams(streams);
            }
            Step::Steer { streams, .. } | Step::Grab { streams, .. } | Step::Lane { streams, .. } => {
                self.move_streams(streams);
            }
            Step::Cue(cue) => {
                if let Some(linked) = self.cues.get(&cue.name) {
                    *cue = Arc::clone(linked);
                }
            }
            Step::Playlist { list, streams, .. } => {
                if let Some(linked) = list.as_ref().and_then(|list| self.playlists.get(&list.name)) {
                    *list = Some(Arc::clone(linked));
                }
                self.move_streams(streams);
            }
            Step::Parallel(lists) => {
                for list in lists {
                    *list = self.steps(actor, list).into();
                }
            }
            Step::Blend(blend) => {
                for (scene, _) in &mut blend.parts {
                    *scene = self.scene(scene);
                }
                self.move_streams(&mut blend.streams);
            }
            Step::Paint(painted) => self.move_streams(&mut painted.streams),
            Step::Wait(Wait::Arrived(streams)) => self.move_streams(streams),
            Step::Bypass { .. }
            | Step::Switch { .. }
            | Step::Wait(Wait::For(_))
            | Step::Variable(_)
            | Step::Publish(_)
            | Step::Send(_)
            | Step::Call(_)
            | Step::Log(_)
            | Step::Stop(_) => {}
        }
        step
    }

    fn trigger(&self, trigger: Trigger) -> Trigger {
        let Trigger { name, mut when, condition, limits, enabled, steps, mode } = trigger;
        for when in &mut when {
            if let When::Stream { streams, .. } | When::Scene { streams, .. } = when {
                self.move_streams(streams);
            }
        }
        let steps = self.steps(Actor::Trigger, &steps);
        Trigger { name, when, condition, limits, enabled, steps, mode }
    }

    fn schedule(&self, mut schedule: Schedule, old: &Schedule, changes: &mut Changes) -> Schedule {
        for entry in &mut schedule.entries {
            entry.what = match &entry.what {
                What::Scene(scene) => What::Scene(self.scene(scene)),
                What::Playlist(list) => {
                    What::Playlist(Arc::clone(self.playlists.get(&list.name).unwrap_or(list)))
                }
            };
            self.move_streams(&mut entry.streams);
        }
        if outline(&schedule) != outline(old) {
            changes.change("the schedule");
        }
        schedule
    }

    fn panic(&self, mut panic: PanicPlan, old: &PanicPlan, changes: &mut Changes) -> PanicPlan {
        let name = |plan: &PanicPlan| plan.scene.as_ref().map(|scene| Arc::clone(&scene.name));
        if (name(&panic), panic.fade) != (name(old), old.fade) {
            changes.change("`panic`");
        }
        panic.scene = panic.scene.map(|scene| self.scene(&scene));
        panic
    }

    fn move_streams(&self, streams: &mut Streams) {
        if let Streams::Some(list) = streams {
            *list = list.iter().filter_map(|index| *self.streams.get(index.0)?).collect();
        }
    }

    /// Returns steps with cues by name only: whether they do the same is not asked of the cues in them.
    fn outline(&self, steps: &[Step]) -> Vec<Step> {
        self.steps(Actor::Trigger, steps).into_iter().map(bare).collect()
    }
}

/// Returns a step with what it fires by name only.
fn bare(step: Step) -> Step {
    match step {
        Step::Cue(cue) => {
            let name = Arc::clone(&cue.name);
            Step::Cue(Arc::new(Cue { name, steps: Vec::new(), mode: Mode::Single }))
        }
        Step::Parallel(lists) => {
            Step::Parallel(lists.iter().map(|list| list.iter().cloned().map(bare).collect()).collect())
        }
        Step::Playlist { list: Some(list), verb, streams } => {
            let bare = Playlist { steps: Vec::new(), ..(*list).clone() };
            Step::Playlist { list: Some(Arc::new(bare)), verb, streams }
        }
        step => step,
    }
}

/// Tells what of the doors is another. Opening them is the shell's: it asks for what it could open only.
fn venue(old: &Venue, new: Venue, changes: &mut Changes) -> Venue {
    let Venue { osc, mqtt, web, text, history } = new;
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
    if text != old.text {
        changes.change("`text`");
    }
    if history != old.history {
        changes.keep("`history` is another after a restart");
    }
    Venue { osc, mqtt, web: old.web.clone(), text, history: old.history }
}
