//! The streams of the show file: which API, with which key, under which parameters.

use core::f64::consts::PI;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Map, Value as Json};

use crate::show::{
    lane::OperatorPlan,
    params::Dialect,
    scene::Scene,
    sheet::{BlendMode, OnExit, OnRestart, Prefer, SLOTS_MAX, StreamSheet, Updates},
    venue::{Backend, Connection, Environment, Generation, Timeouts},
};

use super::{
    keys, lanes,
    params::{self, Nature},
    reader::{self, Fields},
    recovery::{self, HookContext, Remedies},
    report::{Problem, Report},
    scalar, secret, time,
    tree::{Entry, Node, Span},
    words::{did_you_mean, did_you_mean_or_list, quoted},
};

/// Names that the OSC and MQTT addresses of the daemon itself need.
const RESERVED: [&str; 9] = ["scene", "cue", "transition", "prompt", "mix", "go", "back", "panic", "release"];

/// How often a status may be read.
const STATUS_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(1));

/// A stream, and what its scenes have to agree with.
#[derive(Debug)]
pub(super) struct StreamDraft {
    pub(super) sheet: StreamSheet,
    /// What it can do.
    pub(super) nature: Nature,
    /// What lies under its scenes, in the API's words.
    pub(super) set: Map<String, Json>,
}

/// How long a request may take: less is no time for a handshake, more and nobody would notice that it hangs.
const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(2));

/// All streams, and the names of those too that could not be read, so that whoever plays on them is not blamed.
#[derive(Debug, Default)]
pub(super) struct StreamDrafts {
    pub(super) list: Vec<StreamDraft>,
    pub(super) names: Vec<Arc<str>>,
}

/// What streams need from elsewhere in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage<'a> {
    pub(super) scenes: &'a BTreeMap<Arc<str>, Arc<Scene>>,
    /// The parameters that any scene names.
    pub(super) named: &'a BTreeSet<&'static str>,
    /// The machine and the show: what a stream's name at the backend begins with.
    pub(super) house: &'a str,
    pub(super) hooks: HookContext,
    /// What streams do that do not say.
    pub(super) on_restart: OnRestart,
    pub(super) operator: OperatorPlan,
}

/// Reads all streams.
pub(super) fn read(node: Option<&Node>, place: &Span, stage: Stage<'_>, report: &mut Report) -> StreamDrafts {
    let Some(entries) = node.map_or(Some(Vec::new()), |node| reader::entries(node, "`streams`", report))
    else {
        return StreamDrafts::default();
    };
    if entries.is_empty() {
        report.push(
            Problem::error(place, "a show has at least one stream")
                .hint("write `streams: { wall: { backend: simulator } }`"),
        );
    }
    let names = entries.iter().map(|(name, _)| Arc::from(*name)).collect();
    let list: Vec<StreamDraft> =
        entries.iter().filter_map(|(name, entry)| stream(name, entry, stage, report)).collect();
    check_attached(&entries, &list, report);
    StreamDrafts { list, names }
}

/// Checks that no two streams of the show drive the same stream of the backend.
fn check_attached(entries: &[(&str, &Entry)], list: &[StreamDraft], report: &mut Report) {
    for (at, draft) in list.iter().enumerate() {
        let Some(id) = &draft.sheet.attach else { continue };
        let same = |other: &&StreamDraft| other.sheet.attach.as_ref() == Some(id);
        let entry = entries.iter().find(|(name, _)| *name == &*draft.sheet.name);
        if let (Some(other), Some((_, entry))) = (list[..at].iter().find(same), entry) {
            let message =
                format!("streams `{}` and `{}` both drive `{id}`", other.sheet.name, draft.sheet.name);
            report.push(Problem::error(&entry.key.span, message).hint("leave one of them out"));
        }
    }
}

fn stream(name: &str, entry: &Entry, stage: Stage<'_>, report: &mut Report) -> Option<StreamDraft> {
    let Stage { scenes, named, house, hooks, on_restart, operator } = stage;
    report.take(scalar::name(&entry.key, "a stream"));
    if RESERVED.contains(&name) {
        let message =
            format!("a stream cannot be called `{name}`: `/segue/{name}` is an OSC address of its own");
        report.push(Problem::error(&entry.key.span, message));
    }
    let of = format!("stream {}", quoted(name));
    let place = &entry.key.span;
    let mut fields = Fields::of(&entry.value, place, &of, &keys::STREAM, report)?;
    // Without a backend there is no show; the rest of the stream is still worth reading.
    let connection = connection(&mut fields, &of, report);
    let attach = fields.get("stream", report, stream_id);
    let params = fields.entry("params").map(|entry| &entry.value);
    let profile = fields.get("profile", report, params::profile).unwrap_or_default();
    let dialect = match connection.backend.generation() {
        Generation::V1 => Dialect::V1,
        Generation::Beta => Dialect::Beta,
    };
    let base = params::read(params, place, &of, (dialect, profile), named, report);
    let start = fields.get("start", report, |node| scene(node, "it starts with", scenes)).flatten();
    let blend = fields.get("blend", report, blend).unwrap_or_default();
    let prompt_angle = fields
        .get("prompt_angle", report, |node| scalar::number_in(node, "prompt_angle", 0.0, PI))
        .unwrap_or(0.8);
    let slots_max = fields
        .get("slots_max", report, |node| {
            scalar::integer(node)?;
            scalar::number_in(node, "slots_max", 3.0, 16.0)
        })
        .map_or(SLOTS_MAX, |most| most as usize);
    let updates = updates(fields.value("updates", report), &of, report);
    let status_every = status_every(fields.value("status", report), &of, report);
    let on_exit =
        match fields.get("on_exit", report, |node| scalar::choice(node, "on_exit", &["keep", "delete"])) {
            Some("delete") => OnExit::Delete,
            _ => OnExit::Keep,
        };
    let on_restart = read_on_restart(&mut fields, report).unwrap_or(on_restart);
    let Remedies { recovery, on_stream_lost, on_drift } =
        recovery::remedies(&mut fields, &of, scenes, report);
    let created = fields.value("on_stream_created", report);
    let on_stream_created = recovery::hooks(created, &of, "on_stream_created", hooks, report);
    let operator = lanes::operator(&mut fields, operator, report);
    fields.finish(report);
    let sheet = StreamSheet {
        name: name.into(),
        connection,
        attach: attach.map(Arc::from),
        base: base.base,
        start,
        blend,
        prompt_angle,
        slots_max,
        updates,
        status_every,
        on_exit,
        on_restart,
        family: format!("segue {house} {name}").into(),
        recovery,
        on_stream_lost,
        on_drift,
        on_stream_created,
        operator,
    };
    let set = params::set(&sheet.base);
    Some(StreamDraft { sheet, nature: base.nature, set })
}

/// Reads where streams begin when the show has run before.
pub(super) fn read_on_restart(fields: &mut Fields<'_>, report: &mut Report) -> Option<OnRestart> {
    let word = |node: &Node| scalar::choice(node, "on_restart", &OnRestart::WORDS);
    fields.get("on_restart", report, word).and_then(OnRestart::from_word)
}

fn connection(fields: &mut Fields<'_>, of: &str, report: &mut Report) -> Connection {
    const BACKENDS: [&str; 3] = ["simulator", "daydream", "daydream-beta"];
    let node =
        fields.required("backend", "write `backend: simulator`, `daydream` or `daydream-beta`", report);
    let word = node.and_then(|node| {
        let word = scalar::choice(node, "backend", &BACKENDS);
        report.take(word.map_err(|problem| problem.at_key("backend").of(of)))
    });
    let backend = word.map(|word| match word {
        "daydream" => Backend::Daydream,
        "daydream-beta" => Backend::DaydreamBeta,
        _ => Backend::Simulator,
    });
    let remote = matches!(backend, Some(Backend::Daydream | Backend::DaydreamBeta));
    let hint = "write `api_key: { env: DAYDREAM_API_KEY }`, `{ file: PATH }` or `{ credential: NAME }`";
    let key = if remote { fields.required("api_key", hint, report) } else { fields.value("api_key", report) };
    let api_key = key.and_then(|node| secret::source(node, of, "api_key", report));
    let environment = fields.get("environment", report, environment).unwrap_or_default();
    let pipeline_id = fields.get("pipeline_id", report, scalar::filled);
    if let (Some(Backend::Simulator | Backend::Daydream), Some(entry)) =
        (backend, fields.entry("pipeline_id"))
    {
        let message = "`pipeline_id` is only used by the backend `daydream-beta`";
        report.push(Problem::warning(&entry.key.span, message).of(of).hint("take it out"));
    }
    Connection {
        backend: backend.unwrap_or(Backend::Simulator),
        environment,
        api_key,
        pipeline_id: pipeline_id.map(Arc::from),
        timeouts: timeouts(fields.value("timeouts", report), of, report),
    }
}

fn environment(node: &Node) -> Result<Environment, Problem> {
    let text = scalar::filled(node)?;
    match text {
        "production" => return Ok(Environment::Production),
        "staging" => return Ok(Environment::Staging),
        _ => {}
    }
    if secret::user_info(text).is_some() {
        return Err(Problem::error(&node.span, "secrets do not belong in the show file")
            .hint("take the user and the password out of the URL"));
    }
    let Some((scheme @ ("http" | "https"), rest)) = text.split_once("://") else {
        let hint = did_you_mean(text, ["production", "staging"]);
        return Err(Problem::error(&node.span, format!("{} is not an environment", quoted(text)))
            .hint(hint.unwrap_or_else(|| "write `production`, `staging` or a base URL".to_owned())));
    };
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || rest.contains([' ', '?', '#']) || rest.contains(char::is_control) {
        return Err(Problem::error(&node.span, format!("{} is not a base URL", quoted(text)))
            .hint(format!("write `{scheme}://host:port`, with or without `/v1` at its end")));
    }
    Ok(Environment::Url(text.trim_end_matches('/').into()))
}

fn stream_id(node: &Node) -> Result<&str, Problem> {
    let id = scalar::filled(node)?;
    if id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Ok(id);
    }
    Err(Problem::error(&node.span, format!("{} is not the id of a stream", quoted(id)))
        .hint("an id is written `str_` and letters and digits"))
}

/// Reads the name of a scene; `role` begins the sentence about one that does not exist.
pub(super) fn scene(
    node: &Node,
    role: &str,
    scenes: &BTreeMap<Arc<str>, Arc<Scene>>,
) -> Result<Option<Arc<Scene>>, Problem> {
    let name = scalar::text(node)?;
    if let Some(scene) = scenes.get(name) {
        return Ok(Some(scene.clone()));
    }
    let hint = did_you_mean_or_list(name, scenes.keys().map(|name| &**name), "the show has");
    let message = format!("{role} scene {}, which does not exist", quoted(name));
    Err(Problem::error(&node.span, message).hint_maybe(hint))
}

fn blend(node: &Node) -> Result<BlendMode, Problem> {
    Ok(match scalar::choice(node, "blend", &["spherical", "linear", "slerp"])? {
        "linear" => BlendMode::Linear,
        "slerp" => BlendMode::Slerp,
        _ => BlendMode::Spherical,
    })
}

fn updates(node: Option<&Node>, of: &str, report: &mut Report) -> Updates {
    let mut updates = Updates::default();
    let Some(node) = node else { return updates };
    let Some(mut fields) = Fields::of(node, &node.span, &format!("{of}: `updates`"), &keys::UPDATES, report)
    else {
        return updates;
    };
    if let Some(prefer) = fields.get("prefer", report, prefer) {
        updates = Updates::of(prefer);
    }
    let mut number = |key: &'static str, low: f64, high: f64, into: &mut f64| {
        let read = fields.get(key, report, |node| scalar::number_in(node, key, low, high));
        *into = read.unwrap_or(*into);
    };
    number("max_per_second", 0.1, 30.0, &mut updates.max_per_second);
    number("min_step", 0.0, 1.0, &mut updates.min_step);
    number("keep_fps", 0.0, 1.0, &mut updates.keep_fps);
    fields.finish(report);
    updates
}

fn prefer(node: &Node) -> Result<Prefer, Problem> {
    Ok(match scalar::choice(node, "prefer", &["blend", "motion"])? {
        "motion" => Prefer::Motion,
        _ => Prefer::Blend,
    })
}

fn timeouts(node: Option<&Node>, of: &str, report: &mut Report) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(node) = node else { return timeouts };
    let Some(mut fields) =
        Fields::of(node, &node.span, &format!("{of}: `timeouts`"), &keys::TIMEOUTS, report)
    else {
        return timeouts;
    };
    let mut time = |key: &'static str, into: &mut Duration| {
        let read = fields.get(key, report, |node| time::duration_in(node, key, TIMEOUT));
        *into = read.unwrap_or(*into);
    };
    time("create", &mut timeouts.create);
    time("update", &mut timeouts.update);
    time("status", &mut timeouts.status);
    fields.finish(report);
    timeouts
}

fn status_every(node: Option<&Node>, of: &str, report: &mut Report) -> Duration {
    let usual = Duration::from_secs(5);
    let Some(node) = node else { return usual };
    let Some(mut fields) = Fields::of(node, &node.span, &format!("{of}: `status`"), &keys::STATUS, report)
    else {
        return usual;
    };
    let every = fields.get("every", report, |node| time::duration_in(node, "every", STATUS_EVERY));
    fields.finish(report);
    every.unwrap_or(usual)
}
