//! From a YAML show file to the sheet, or to everything that is wrong with it.
//!
//! Two stages: `tree` reads what was written, the other files say what it means. Nothing stops at the first mistake:
//! every reader takes problems down in the report and goes on with what it has, and only a show without errors becomes
//! a sheet.
//!
//! | file | reads |
//! |---|---|
//! | `tree`, `syntax` | YAML, with the place of every value |
//! | `reader`, `scalar`, `time`, `weighted`, `conditions`, `secret` | maps and single values |
//! | `streams`, `params`, `nets`, `values` | `streams` |
//! | `recovery` | what is done on their bad days, and who is told |
//! | `scenes`, `demands` | `scenes`, and what they need from the streams |
//! | `steps`, `triggers`, `inline` | `cues` and `triggers`, and the scenes inside them |
//! | `inputs`, `web`, `text` | `inputs`, `web` and `text` |
//! | `keys`, `recovery_keys` | every key there is, with what it says |
//! | `report`, `diagnostic`, `words` | what to tell about it |
//! | `explain` | when the cron triggers will fire |

mod conditions;
mod demands;
mod diagnostic;
mod explain;
mod fades;
mod history;
mod inline;
mod inputs;
pub mod keys;
mod nets;
mod params;
mod reader;
mod recovery;
mod recovery_keys;
mod report;
mod scalar;
mod scenes;
mod secret;
mod steps;
mod streams;
mod syntax;
mod text;
mod time;
mod tree;
mod triggers;
mod values;
mod web;
mod weighted;
mod words;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::tz::TimeZone;

use crate::show::{
    sheet::{Sheet, Trigger, When},
    topic::TopicFilter,
    venue::{MqttDoor, Venue},
};

pub use self::{
    diagnostic::{Diagnostic, Severity, render_json, render_text},
    explain::explain,
};
use self::{
    reader::Fields,
    recovery::HookContext,
    report::{Problem, Report},
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
    /// Everything that is wrong, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
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

/// Loads a show file.
pub fn load(path: &Path, context: &Context<'_>) -> Result<Loaded, ReadError> {
    let bytes = fs::read(path).map_err(|source| ReadError { path: path.to_owned(), source })?;
    let name = path.display().to_string();
    Ok(match String::from_utf8(bytes) {
        Ok(text) => parse(&name, &text, context),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let mut report = Report::default();
            let problem = Problem::error(&(at..at), "the file is not UTF-8 from here on");
            report.push(problem.hint("save it as UTF-8"));
            Loaded { sheet: None, diagnostics: report.into_diagnostics(&name.into(), &text, &[]) }
        }
    })
}

/// Reads the text of a show file; `name` is how messages call the file.
pub fn parse(name: &str, text: &str, context: &Context<'_>) -> Loaded {
    let mut report = Report::default();
    let mut secrets = Vec::new();
    let sheet = match Node::parse(text) {
        Ok(Some(root)) => {
            secrets = secret::places(&root);
            sheet(&root, name, text, context, &mut report)
        }
        Ok(None) => {
            report.push(
                Problem::error(&(0..0), "the show file is empty")
                    .hint("a show begins with `streams: { wall: { backend: simulator } }`"),
            );
            None
        }
        Err(error) => {
            report.push(syntax::problem(&error, text));
            None
        }
    };
    let sheet = sheet.filter(|_| !report.has_errors());
    Loaded { sheet, diagnostics: report.into_diagnostics(&name.into(), text, &secrets) }
}

/// Reads the whole file.
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
    let streams_entry = fields.entry("streams");
    let scenes_entry = fields.entry("scenes");
    let cues_entry = fields.entry("cues");
    let triggers_entry = fields.entry("triggers");
    let commands_entry = fields.entry("allow_commands");
    let commands = fields.get("allow_commands", report, scalar::boolean).unwrap_or(false);
    if let (true, Some(entry)) = (commands, commands_entry) {
        let message = "this show may run the commands that it names, with the rights of the daemon";
        report.push(Problem::warning(&entry.key.span, message));
    }
    let on_restart = streams::read_on_restart(&mut fields, report).unwrap_or_default();
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
    for (place, draft) in inline::read(cues_node, triggers_node, report) {
        inline.insert(place, Arc::clone(&draft.scene));
        scene_drafts.push(draft);
    }
    let nothing = |entry: &Entry| match &entry.value.value {
        Value::Map(entries) => entries.is_empty(),
        value => matches!(value, Value::Null),
    };
    if scenes_entry.is_none_or(nothing) {
        let place = scenes_entry.map_or(&top, |entry| &entry.key.span);
        report.push(
            Problem::warning(place, "the show has no scenes: there is nothing to blend")
                .hint("write `scenes: { dawn: { prompt: misty forest at dawn } }`"),
        );
    }
    let named = scenes::named(&scene_drafts);
    let mut cast = Cast { scenes, inline, streams: Vec::new(), cues: BTreeMap::new() };
    let streams_place = streams_entry.map_or(&top, |entry| &entry.key.span);
    let hooks = HookContext { has_mqtt: doors.has_mqtt, commands };
    let house = format!("{} {title}", context.node);
    let stage = Stage { scenes: &cast.scenes, named: &named, house: &house, hooks, on_restart };
    let streams_node = streams_entry.map(|entry| &entry.value);
    let stream_drafts = streams::read(streams_node, streams_place, stage, report);
    let on_alarm = recovery::hooks(alarm_node, "", "on_alarm", hooks, report);
    scenes::check(&scene_drafts, &stream_drafts.list, report);
    cast.streams = stream_drafts.names;
    cast.cues = steps::cues(cues_node, &cast, report);
    let around = Surroundings {
        source,
        zone: (zone.clone(), zone_named),
        has_mqtt: doors.has_mqtt,
        has_osc: doors.has_osc,
        cast: &cast,
    };
    let triggers = triggers::read(triggers_node, &around, report);
    let mqtt = doors.mqtt.map(|door| MqttDoor { filters: filters(&triggers), ..door });
    let streams = stream_drafts.list.into_iter().map(|draft| draft.sheet).collect();
    let venue = Venue { osc: doors.osc, mqtt, web, text, history };
    let Cast { scenes, cues, .. } = cast;
    Some(Sheet { title, zone, streams, scenes, cues, triggers, on_alarm, venue })
}

/// Returns what the triggers listen to, each filter once.
fn filters(triggers: &[Trigger]) -> Vec<TopicFilter> {
    let mut filters: Vec<TopicFilter> = Vec::new();
    for trigger in triggers {
        if let When::Mqtt { filter, .. } = &trigger.when
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
