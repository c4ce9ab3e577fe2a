//! From a YAML show file to the sheet, or to everything that is wrong with it.
//!
//! Two stages: `tree` reads what was written, the other files say what it means. Nothing stops at the first mistake:
//! every reader takes problems down in the report and goes on with what it has, and only a show without errors becomes
//! a sheet.
//!
//! | file | reads |
//! |---|---|
//! | `files`, `include`, `sources` | the files of a show, as one text |
//! | `tree`, `syntax` | YAML, with the place of every value |
//! | `reader`, `scalar`, `time`, `weighted`, `conditions`, `secret` | maps and single values |
//! | `streams`, `params`, `nets`, `values` | `streams` |
//! | `recovery` | what is done on their bad days, and who is told |
//! | `scenes`, `demands` | `scenes`, and what they need from the streams |
//! | `steps`, `triggers`, `whens`, `inline` | `cues` and `triggers`, and the scenes inside them |
//! | `actions`, `formulas`, `modes` | steps of other kinds, what has to be worked out in them, and `variables` |
//! | `lanes` | `panic`, `operator_idle`, and `hold` in a step |
//! | `playlists` | `playlists` |
//! | `schedule`, `overlaps` | `schedule` and `location`, and what of it can never be seen |
//! | `inputs`, `web`, `text` | `inputs`, `web` and `text` |
//! | `keys`, `action_keys`, `lane_keys`, `playlist_keys`, `recovery_keys`, `trigger_keys` | every key there is, with what it says |
//! | `report`, `diagnostic`, `words` | what to tell about it |
//! | `explain` | when the cron triggers will fire |

mod action_keys;
mod actions;
mod conditions;
mod demands;
mod diagnostic;
mod explain;
mod fades;
mod files;
mod formulas;
mod history;
mod include;
mod inline;
mod inputs;
pub mod keys;
mod lane_keys;
mod lanes;
mod modes;
mod nets;
mod overlaps;
mod params;
mod playlist_keys;
mod playlists;
mod reader;
mod recovery;
mod recovery_keys;
mod report;
mod scalar;
mod scenes;
mod schedule;
mod secret;
mod sources;
mod steps;
mod streams;
mod syntax;
mod text;
mod time;
mod tree;
mod trigger_keys;
mod triggers;
mod values;
mod web;
mod weighted;
mod whens;
mod words;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::tz::TimeZone;

use crate::show::{
    lane::OperatorPlan,
    playlist::GO_APART,
    sheet::{Reload, Sensor, Sheet, Trigger, When},
    topic::TopicFilter,
    venue::{MqttDoor, Venue},
};

pub use self::{
    diagnostic::{Diagnostic, Severity, render_json, render_text},
    explain::explain,
    files::Files,
};
use self::{
    files::{BYTES_MAX, ReadFile},
    reader::Fields,
    recovery::HookContext,
    report::{Problem, Report},
    sources::Sources,
    steps::Cast,
    streams::Stage,
    tree::{Entry, Node, Span, Value},
    triggers::Surroundings,
};

/// What a show file depends on besides itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The name of this machine; makes the usual MQTT topics and client id.
    pub node: &'a str,
}

/// What came of a show file.
#[derive(Debug)]
pub struct Loaded {
    /// The show; `None` if there is any error.
    pub sheet: Option<Sheet>,
    /// Everything that is wrong, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// Where it was read from; `None` for a text that was in no file.
    pub files: Option<Files>,
}

/// The show file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`", path.display())]
pub struct ReadError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Loads a show file and those that it includes.
pub fn load(path: &Path, context: &Context<'_>) -> Result<Loaded, ReadError> {
    let mut room = BYTES_MAX;
    let bytes = files::read(path, &mut room).map_err(|source| ReadError { path: path.to_owned(), source })?;
    Ok(read(&ReadFile { path: path.to_owned(), bytes: Ok(bytes) }, true, context))
}

/// Reads the text of a show file that is nowhere on disk; `name` is how messages call it.
pub fn parse(name: &str, text: &str, context: &Context<'_>) -> Loaded {
    read(&ReadFile { path: name.into(), bytes: Ok(text.into()) }, false, context)
}

fn read(show: &ReadFile, on_disk: bool, context: &Context<'_>) -> Loaded {
    let (mut report, mut sources) = (Report::default(), Sources::default());
    let name = show.path.display().to_string();
    let bytes = show.bytes.as_deref().unwrap_or_default().to_vec();
    let mut root = match include::node(&name, bytes, &mut sources, &mut report) {
        Some(Ok(root)) => Some(root),
        Some(Err(_)) => {
            report.push(
                Problem::error(&(0..0), "the show file is empty")
                    .hint("a show begins with `streams: { wall: { backend: simulator } }`"),
            );
            None
        }
        None => None,
    };
    let mut secrets = root.as_ref().map(secret::places).unwrap_or_default();
    let mut files = None;
    if on_disk {
        let (gathered, more) = include::gather(root.as_mut(), show, &mut sources, &mut report);
        files = Some(gathered);
        secrets.extend(more);
    } else if let Some(root) = &root {
        include::refuse(root, &mut report);
    }
    let sheet = root.and_then(|root| sheet(&root, &name, sources.text(), context, &mut report));
    let sheet = sheet.filter(|_| !report.has_errors());
    Loaded { sheet, diagnostics: report.into_diagnostics(&sources, &secrets), files }
}

/// Reads the whole file.
#[expect(clippy::too_many_lines, reason = "one line for each section of the file")]
fn sheet(root: &Node, name: &str, source: &str, context: &Context<'_>, report: &mut Report) -> Option<Sheet> {
    if !matches!(root.value, Value::Map(_)) {
        let message = format!("a show file is a map, not {}", root.kind());
        let hint = "it begins with `streams: { wall: { backend: simulator } }`";
        report.push(Problem::error(&root.span, message).hint(hint));
        return None;
    }
    // The start of the file: where to point if a whole section is missing.
    let top: Span = root.span.start..root.span.start;
    let mut fields = Fields::of(root, &top, "", &keys::SHOW, report)?;
    let title = fields.get("show", report, scalar::filled).map_or_else(|| stem(name), Arc::from);
    let zone_named = fields.has("timezone");
    let zone = fields.get("timezone", report, scalar::zone).unwrap_or(TimeZone::UTC);
    // What it names is in the tree already.
    fields.value("include", report);
    let reload = reload(fields.value("reload", report), report);
    let streams_entry = fields.entry("streams");
    let scenes_entry = fields.entry("scenes");
    let cues_entry = fields.entry("cues");
    let playlists_node = fields.entry("playlists").map(|entry| &entry.value);
    let go_apart = fields.get("go_apart", report, playlists::go_apart).unwrap_or(GO_APART);
    let triggers_entry = fields.entry("triggers");
    let variables = formulas::variables(fields.value("variables", report), report);
    let calendar = (fields.value("schedule", report), fields.value("location", report));
    let commands = allows_commands(&mut fields, report);
    let on_restart = streams::read_on_restart(&mut fields, report).unwrap_or_default();
    let operator = lanes::operator(&mut fields, OperatorPlan::default(), report);
    let panic_node = fields.value("panic", report);
    let alarm_node = fields.value("on_alarm", report);
    let doors = inputs::read(fields.entry("inputs").map(|entry| &entry.value), context.node, report);
    let web = web::read(fields.entry("web").map(|entry| &entry.value), report);
    let text = text::read(fields.entry("text").map(|entry| &entry.value), report);
    let history = history::read(fields.entry("history").map(|entry| &entry.value), report);
    fields.finish(report);

    let mut scene_drafts = scenes::read(scenes_entry.map(|entry| &entry.value), report);
    let scenes = scene_drafts.iter().map(|draft| (draft.scene.name.clone(), draft.scene.clone())).collect();
    let (cues_node, triggers_node) =
        (cues_entry.map(|entry| &entry.value), triggers_entry.map(|entry| &entry.value));
    let mut inline = BTreeMap::new();
    for (place, draft) in inline::read(cues_node, playlists_node, triggers_node, report) {
        inline.insert(place, Arc::clone(&draft.scene));
        scene_drafts.push(draft);
    }
    warn_of_no_scenes(scenes_entry, &top, report);
    let named = scenes::named(&scene_drafts);
    let mut cast = Cast {
        cue_names: named_in(cues_node),
        triggers: triggers::names(triggers_node),
        ..Cast::new(scenes, inline, variables, &doors)
    };
    let streams_place = streams_entry.map_or(&top, |entry| &entry.key.span);
    let hooks = HookContext { has_mqtt: doors.has_mqtt, commands };
    let house = format!("{} {title}", context.node);
    let stage = Stage { scenes: &cast.scenes, named: &named, house: &house, hooks, on_restart, operator };
    let streams_node = streams_entry.map(|entry| &entry.value);
    let stream_drafts = streams::read(streams_node, streams_place, stage, report);
    let on_alarm = recovery::hooks(alarm_node, "", "on_alarm", hooks, report);
    let panic = lanes::panic(panic_node, &cast.scenes, report);
    scenes::check(&scene_drafts, &stream_drafts.list, report);
    cast.streams = stream_drafts.names;
    cast.known.streams.clone_from(&cast.streams);
    cast.playlists = playlists::read(playlists_node, &cast, report);
    cast.cues = steps::cues(cues_node, &cast, report);
    let schedule = schedule::read(calendar, source, (&zone, zone_named), &cast, report);
    let around = Surroundings {
        source,
        location: schedule.location,
        zone: (zone.clone(), zone_named),
        has_mqtt: doors.has_mqtt,
        has_osc: doors.has_osc,
        cast: &cast,
    };
    let triggers = triggers::read(triggers_node, &around, report);
    let mqtt = doors.mqtt.map(|door| MqttDoor { filters: filters(&triggers), ..door });
    let streams = stream_drafts.list.into_iter().map(|draft| draft.sheet).collect();
    let venue = Venue { osc: doors.osc, mqtt, web, text, history };
    let Cast { scenes, cues, playlists, variables, .. } = cast;
    Some(Sheet {
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
    })
}

/// Returns the names in a section.
fn named_in(section: Option<&Node>) -> Vec<Arc<str>> {
    let Some(Node { value: Value::Map(entries), .. }) = section else { return Vec::new() };
    entries.iter().filter_map(|entry| entry.key.text()).map(Arc::from).collect()
}

/// Warns of a show that has nothing to show.
fn warn_of_no_scenes(entry: Option<&Entry>, top: &Span, report: &mut Report) {
    let nothing = |entry: &Entry| match &entry.value.value {
        Value::Map(entries) => entries.is_empty(),
        value => matches!(value, Value::Null),
    };
    if entry.is_none_or(nothing) {
        let place = entry.map_or(top, |entry| &entry.key.span);
        report.push(
            Problem::warning(place, "the show has no scenes: there is nothing to blend")
                .hint("write `scenes: { dawn: { prompt: misty forest at dawn } }`"),
        );
    }
}

/// Reads whether the show may run commands, and warns if it may.
fn allows_commands(fields: &mut Fields<'_>, report: &mut Report) -> bool {
    let entry = fields.entry("allow_commands");
    let commands = fields.get("allow_commands", report, scalar::boolean).unwrap_or(false);
    if let (true, Some(entry)) = (commands, entry) {
        let message = "this show may run the commands that it names, with the rights of the daemon";
        report.push(Problem::warning(&entry.key.span, message));
    }
    commands
}

/// Reads what a change of the file does.
fn reload(node: Option<&Node>, report: &mut Report) -> Reload {
    let mut reload = Reload::default();
    let Some(node) = node else { return reload };
    let Some(mut fields) = Fields::of(node, &node.span, "`reload`", &keys::RELOAD, report) else {
        return reload;
    };
    reload.watch = fields.get("watch", report, scalar::boolean).unwrap_or(reload.watch);
    reload.edit_fade = fields.get("edit_fade", report, time::fade).unwrap_or(reload.edit_fade);
    fields.finish(report);
    reload
}

/// Returns what the triggers listen to, each filter once.
fn filters(triggers: &[Trigger]) -> Vec<TopicFilter> {
    let mut filters: Vec<TopicFilter> = Vec::new();
    for when in triggers.iter().flat_map(|trigger| &trigger.when) {
        if let When::Mqtt { filter, .. } | When::Idle { of: Some(Sensor::Mqtt(filter)), .. } = when
            && !filters.contains(filter)
        {
            filters.push(filter.clone());
        }
    }
    filters
}

/// Returns what a show without a name is called: its file, without folder and ending.
fn stem(name: &str) -> Arc<str> {
    let stem = Path::new(name).file_stem().map(|stem| stem.to_string_lossy());
    stem.as_deref().unwrap_or(name).into()
}
