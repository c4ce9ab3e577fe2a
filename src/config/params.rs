//! The parameters of `StreamDiffusion` as a show file writes them: what lies under a stream's scenes, and what a scene
//! may name. What each may be is said by the table of the core.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::show::{
    params::{
        self, Class, Dialect, Kind, Known, OURS, Profile, STEP_MAX, Spec, TABLE,
        models::{self, Family},
        playable, steps_rule,
    },
    scene::Level,
    sheet::Base,
    weighted::Weighted,
};

use super::{
    keys, nets,
    reader::Fields,
    report::{Problem, Report},
    scalar,
    tree::{Entry, Node, Span, Value},
    values, weighted,
    words::{did_you_mean, did_you_mean_or_list, listed, quoted},
};

/// A model when the file names none.
const MODEL_DEFAULT: &str = models::IDS[0];

/// What a stream can do: its model, its API, its runner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nature {
    pub(super) model: &'static str,
    pub(super) family: Family,
    pub(super) dialect: Dialect,
    pub(super) profile: Profile,
}

/// The base of a stream, and what it can do.
#[derive(Debug)]
pub(super) struct BaseDraft {
    pub(super) base: Base,
    pub(super) nature: Nature,
}

/// What is known of the base while it is read.
struct Draft<'d> {
    base: Base,
    nature: Nature,
    /// The parameters that any scene names.
    named: &'d BTreeSet<&'static str>,
    /// Where to point for each parameter that the file names.
    places: BTreeMap<&'static str, Span>,
    /// Those of them that are wrong by themselves, so that no other is blamed for them.
    wrong: BTreeSet<&'static str>,
}

/// Reads the `params` of a stream; `named` are the parameters that any scene names.
pub(super) fn read(
    node: Option<&Node>,
    place: &Span,
    of: &str,
    (dialect, profile): (Dialect, Profile),
    named: &BTreeSet<&'static str>,
    report: &mut Report,
) -> BaseDraft {
    let nothing = Node { span: place.clone(), value: Value::Null };
    let fields =
        Fields::of(node.unwrap_or(&nothing), place, &format!("{of}: `params`"), &keys::PARAMS, report);
    let mut draft = Draft {
        base: Base {
            prompt: Weighted::one(default("prompt", profile).as_str().unwrap_or_default().into()),
            seed: Weighted::one(default("seed", profile).as_i64().unwrap_or_default()),
            values: BTreeMap::new(),
            controlnets: Vec::new(),
            fixed: Map::new(),
        },
        nature: Nature { model: MODEL_DEFAULT, family: Family::Sd21, dialect, profile },
        named,
        places: BTreeMap::new(),
        wrong: BTreeSet::new(),
    };
    if let Some(mut fields) = fields {
        draft.nature = model(&mut fields, draft.nature, of, report);
        for spec in TABLE.iter().filter(|spec| spec.kind != Kind::Model) {
            if let Some(node) = node_of(&mut fields, spec, draft.nature, report) {
                draft.take(spec, node, of, report);
            }
        }
        fields.finish(report);
    }
    draft.base.fixed.insert("model_id".to_owned(), draft.nature.model.into());
    for spec in TABLE.iter().filter(|spec| named.contains(spec.name)) {
        let default = default(spec.name, profile);
        if draft.nature.lack(spec).is_none() && !is_nothing(&default) {
            draft.base.values.entry(spec.name).or_insert_with(|| level(spec, default));
        }
    }
    draft.check(place, of, report);
    BaseDraft { base: draft.base, nature: draft.nature }
}

/// Reads which model it is: everything else depends on that.
fn model(fields: &mut Fields<'_>, nature: Nature, of: &str, report: &mut Report) -> Nature {
    let ids: Vec<&'static str> = match (nature.dialect, nature.profile) {
        // v1 came after that model had gone.
        (Dialect::Beta, Profile::July2025) => models::IDS.iter().copied().chain([models::KOHAKU]).collect(),
        _ => models::IDS.to_vec(),
    };
    let Some(node) = fields.value("model_id", report) else { return nature };
    let read = scalar::choice(node, "model_id", &ids).map_err(|problem| problem.at_key("model_id").of(of));
    let Some(model) = report.take(read) else { return nature };
    let family = models::family_on(model, nature.profile).unwrap_or(nature.family);
    Nature { model, family, ..nature }
}

/// Returns the value of a parameter that may stand there.
fn node_of<'n>(
    fields: &mut Fields<'n>,
    spec: &'static Spec,
    nature: Nature,
    report: &mut Report,
) -> Option<&'n Node> {
    let refused = match ours(spec.name) {
        Some(hint) => Some((format!("`{}` is set by Segue", spec.name), hint.to_owned())),
        None => nature.lack(spec),
    };
    let Some((message, hint)) = refused else { return fields.value(spec.name, report) };
    let entry = fields.entry(spec.name)?;
    report.push(Problem::error(&entry.key.span, message).of(fields.what()).hint(hint));
    None
}

impl Nature {
    /// Returns why a parameter is not to be had there, and what to do about it.
    pub(super) fn lack(&self, spec: &Spec) -> Option<(String, String)> {
        let Self { model, family, dialect, profile } = self;
        let name = spec.name;
        let leave = || "leave it out".to_owned();
        if *profile == Profile::July2025 && spec.default(*profile).is_none() {
            return Some((format!("the runner of July 2025 does not know `{name}`"), leave()));
        }
        if spec.is_known_to(*dialect, Some(*family)) {
            return None;
        }
        Some(match spec.known {
            Known::Runner => (format!("the API refuses `{name}`: only the runner knows it"), leave()),
            Known::V1Adapters if *family == Family::Sd21 => {
                let what = if name.starts_with("ip_adapter") { "IP adapter" } else { "cached attention" };
                (format!("`{model}` has no {what}"), "choose another `model_id`".to_owned())
            }
            Known::Both | Known::V1 | Known::V1Adapters => {
                (format!("the older API does not know `{name}`"), "write `backend: daydream`".to_owned())
            }
        })
    }
}

impl Draft<'_> {
    /// Reads a value and puts it where it belongs.
    fn take(&mut self, spec: &'static Spec, node: &Node, of: &str, report: &mut Report) {
        self.places.insert(spec.name, node.span.clone());
        let Nature { model, family, .. } = self.nature;
        match spec.kind {
            Kind::Prompts => {
                if let Some(prompt) = weighted::prompt(node, of, report) {
                    self.base.prompt = prompt;
                }
            }
            Kind::Seeds => {
                if let Some(seed) = weighted::seed(node, of, report) {
                    self.base.seed = seed;
                }
            }
            Kind::Nets => self.base.controlnets = nets::read(node, of, (model, family), report),
            _ => match read_level(spec, node, Some(family), of, report) {
                Some(level) if spec.is_live() || self.named.contains(spec.name) => {
                    self.base.values.insert(spec.name, level);
                }
                Some(level) => {
                    self.base.fixed.insert(spec.name.to_owned(), plain(&level));
                }
                None => {
                    self.wrong.insert(spec.name);
                    if self.named.contains(spec.name) {
                        // The scenes that name it are not to blame.
                        let default = default(spec.name, self.nature.profile);
                        self.base.values.insert(spec.name, level(spec, default));
                    }
                }
            },
        }
    }

    /// Checks the rules across parameters.
    fn check(&self, place: &Span, of: &str, report: &mut Report) {
        for violation in playable(&set(&self.base), self.nature.profile) {
            let head = violation.path.split('.').next().unwrap_or_default();
            if self.wrong.contains(head) {
                continue;
            }
            let written = self.places.get(head);
            let other = self.places.get("num_inference_steps").filter(|_| head == "t_index_list");
            let hint = match (head, written) {
                ("t_index_list", Some(_)) => Some("every entry is below `num_inference_steps`".to_owned()),
                ("t_index_list", None) => Some("write a `t_index_list` that goes with it".to_owned()),
                _ => violation.hint.clone(),
            };
            let problem = Problem::error(written.or(other).unwrap_or(place), violation.message);
            report.push(problem.of(of).hint_maybe(hint));
        }
    }
}

/// Returns a base in the API's words, without prompts and seeds, which are right by their type.
pub(super) fn set(base: &Base) -> Map<String, Json> {
    let mut set = base.fixed.clone();
    set.extend(base.values.iter().map(|(name, level)| ((*name).to_owned(), plain(level))));
    let nets = base.controlnets.iter().map(|net| {
        let mut object = net.fixed.clone();
        object.insert("model_id".to_owned(), Json::from(&*net.id));
        object.insert("conditioning_scale".to_owned(), net.scale.into());
        Json::Object(object)
    });
    set.insert("controlnets".to_owned(), nets.collect());
    set
}

/// Reads the value of a parameter that is neither prompt, seed nor `ControlNets`.
pub(super) fn read_level(
    spec: &'static Spec,
    node: &Node,
    family: Option<Family>,
    of: &str,
    report: &mut Report,
) -> Option<Level> {
    let value = values::read(spec.name, spec.kind, node, family, of, report)?;
    let level = level(spec, value);
    if let Level::Indices(list) = &level {
        let list: Vec<i64> = list.iter().map(|step| *step as i64).collect();
        if let Some(violation) = steps_rule(&list, STEP_MAX) {
            report.push(values::problem(&violation, node).of(of));
            return None;
        }
    }
    Some(level)
}

/// Returns a value as it blends. What reloads the pipeline is cut, whatever its kind.
fn level(spec: &Spec, value: Json) -> Level {
    let whole = |value: &Json| params::whole(value).unwrap_or_default() as f64;
    match spec.kind {
        _ if !spec.is_live() => match params::whole(&value) {
            Some(number) if matches!(spec.kind, Kind::Integer(..) | Kind::Size) => {
                Level::Choice(number.into())
            }
            _ => Level::Choice(value),
        },
        Kind::Number(..) => Level::Number(value.as_f64().unwrap_or_default()),
        Kind::Integer(..) => Level::Integer(whole(&value)),
        Kind::IpAdapter | Kind::CachedAttention => match value {
            Json::Object(object) => Level::Object(object),
            value => Level::Choice(value),
        },
        Kind::Indices => Level::Indices(value.as_array().into_iter().flatten().map(whole).collect()),
        _ => Level::Choice(value),
    }
}

/// Returns the parameter that a scene may name, or why it may not; `others` are the keys of a scene besides.
pub(super) fn nameable(
    name: &str,
    entry: &Entry,
    allow_reload: bool,
    others: &[&'static str],
) -> Result<&'static Spec, Problem> {
    let place = &entry.key.span;
    if let Some(hint) = ours(name) {
        return Err(Problem::error(place, format!("`{name}` is set by Segue")).hint(hint));
    }
    let Some(spec) = params::find(name) else {
        let known = TABLE.iter().filter(|spec| spec.is_live() && spec.is_for_scenes());
        let known = others.iter().copied().chain(known.map(|spec| spec.name));
        let hint = did_you_mean(name, known).unwrap_or_else(|| {
            format!("a scene names live parameters, and {}", listed(others.iter().copied()))
        });
        return Err(Problem::error(place, format!("unknown key {}", quoted(name))).hint(hint));
    };
    let (message, hint) = match spec.class(Profile::December2025) {
        _ if spec.known == Known::Runner => {
            (format!("the API refuses `{name}`: only the runner knows it"), "leave it out".to_owned())
        }
        _ if spec.kind == Kind::Model => (
            "a stream keeps its model".to_owned(),
            "write it under the stream's `params`; another model is another stream".to_owned(),
        ),
        Class::Live | Class::Partly(_) => return Ok(spec),
        Class::Reload if allow_reload => return Ok(spec),
        Class::Reload => (
            format!("`{name}` reloads the pipeline: seconds without a picture"),
            format!("write `{name}: …` under the stream's `params`, or `allow_reload: true` beside it"),
        ),
        Class::Fixed => (
            format!("changing `{name}` in mid-stream is refused by the runner"),
            format!("write it under the stream's `params`: `{name}: …`"),
        ),
    };
    Err(Problem::error(place, message).hint(hint))
}

/// Reads the profile of the runner behind a stream.
pub(super) fn profile(node: &Node) -> Result<Profile, Problem> {
    let word = scalar::text(node)?;
    Profile::from_word(word).ok_or_else(|| {
        Problem::error(&node.span, format!("{} is not a value of `profile`", quoted(word)))
            .hint_maybe(did_you_mean_or_list(word, Profile::WORDS, "the values:"))
    })
}

fn ours(name: &str) -> Option<&'static str> {
    OURS.into_iter().find(|(ours, _)| *ours == name).map(|(_, hint)| hint)
}

fn default(name: &str, profile: Profile) -> Json {
    params::find(name).and_then(|spec| spec.default(profile)).unwrap_or_default()
}

/// Returns whether a default is no value that could be sent: what is not named is not there.
fn is_nothing(default: &Json) -> bool {
    default.is_null() || default == ""
}

/// Returns a value in the API's words.
pub(super) fn plain(level: &Level) -> Json {
    let whole = |number: f64| Json::from(number as i64);
    match level {
        Level::Number(number) => (*number).into(),
        Level::Integer(number) => whole(*number),
        Level::Indices(list) => list.iter().copied().map(whole).collect::<Vec<_>>().into(),
        Level::Object(object) => object.clone().into(),
        Level::Choice(value) => value.clone(),
    }
}
