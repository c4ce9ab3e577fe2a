//! The parameters of `StreamDiffusion` as a show file writes them: kinds and ranges, from the one table of the core.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::show::{
    params::{self, Class, Kind, OURS, Spec, TABLE, models::Family},
    scene::Level,
    sheet::Base,
    weighted::Weighted,
};

use super::{
    nets,
    reader::Fields,
    report::{Problem, Report},
    scalar,
    tree::{Entry, Node, Span, Value},
    weighted,
    words::{did_you_mean, listed, quoted},
};

/// A model when the file names none.
const MODEL_DEFAULT: &str = "stabilityai/sd-turbo";

/// The base of a stream, and where in the file its parts stand.
#[derive(Debug)]
pub(super) struct BaseDraft {
    pub(super) base: Base,
    /// Where to point for each parameter that the file names.
    pub(super) places: BTreeMap<&'static str, Span>,
    /// The steps in force: the file's or the default.
    pub(super) steps: f64,
    /// The step schedule in force: the file's or the default.
    pub(super) indices: Vec<f64>,
}

/// Reads the `params` of a stream; `named` are the parameters that any scene names.
pub(super) fn read(
    node: Option<&Node>,
    place: &Span,
    of: &str,
    named: &BTreeSet<&'static str>,
    report: &mut Report,
) -> BaseDraft {
    let nothing = Node { span: place.clone(), value: Value::Null };
    let mut fields = Fields::of(node.unwrap_or(&nothing), place, &format!("{of}: `params`"), report);
    let mut draft = BaseDraft {
        base: Base {
            prompt: Weighted::one(default_text("prompt").into()),
            seed: Weighted::one(default_number("seed") as i64),
            values: BTreeMap::new(),
            controlnets: Vec::new(),
            fixed: serde_json::Map::new(),
        },
        places: BTreeMap::new(),
        steps: default_number("num_inference_steps"),
        indices: default_indices(),
    };
    let mut model = MODEL_DEFAULT;
    let mut list = None;
    if let Some(fields) = &mut fields {
        for spec in TABLE {
            if refuse_ours(fields, spec, report) {
                continue;
            }
            let Some(node) = fields.value(spec.name, report) else { continue };
            draft.places.insert(spec.name, node.span.clone());
            match spec.kind {
                Kind::Prompts => {
                    draft.base.prompt = weighted::prompt(node, of, report).unwrap_or(draft.base.prompt);
                }
                Kind::Seeds => {
                    draft.base.seed = weighted::seed(node, of, report).unwrap_or(draft.base.seed);
                }
                Kind::Nets => list = Some(node),
                _ => {
                    let Some(level) =
                        report.take(level(spec, node).map_err(|problem| problem.at_key(spec.name).of(of)))
                    else {
                        continue;
                    };
                    if let ("model_id", Level::Choice(Json::String(id))) = (spec.name, &level) {
                        model = params::models::IDS.into_iter().find(|known| known == id).unwrap_or(model);
                    }
                    settle(&mut draft, spec, level);
                }
            }
        }
    }
    draft.base.fixed.insert("model_id".to_owned(), model.into());
    let family = params::models::family(model).unwrap_or(Family::Sd21);
    if let Some(list) = list {
        draft.base.controlnets = nets::read(list, of, (model, family), report);
    }
    if let Some(fields) = fields {
        fields.finish(report);
    }
    for spec in TABLE.iter().filter(|spec| named.contains(spec.name)) {
        draft.base.values.entry(spec.name).or_insert_with(|| default_level(spec));
    }
    check(&draft, of, family, place, report);
    draft
}

/// Puts a value where it belongs: among what scenes may change, or what they may not.
fn settle(draft: &mut BaseDraft, spec: &'static Spec, level: Level) {
    match (spec.name, &level) {
        ("num_inference_steps", Level::Integer(steps)) => draft.steps = *steps,
        ("t_index_list", Level::Indices(list)) => draft.indices.clone_from(list),
        _ => {}
    }
    if spec.class == Class::Live {
        draft.base.values.insert(spec.name, level);
    } else {
        draft.base.fixed.insert(spec.name.to_owned(), plain(level));
    }
}

fn refuse_ours(fields: &mut Fields<'_>, spec: &'static Spec, report: &mut Report) -> bool {
    let Some((_, hint)) = OURS.into_iter().find(|(name, _)| *name == spec.name) else { return false };
    if fields.has(spec.name)
        && let Some(entry) = fields.entry(spec.name)
    {
        let message = format!("`{}` is set by Segue", spec.name);
        report.push(Problem::error(&entry.key.span, message).of(fields.what()).hint(hint));
    }
    true
}

/// Rules across parameters.
fn check(draft: &BaseDraft, of: &str, family: Family, place: &Span, report: &mut Report) {
    let at = |name: &str| draft.places.get(name);
    if let Some(last) = draft.indices.last()
        && *last >= draft.steps
    {
        let (span, hint) = match (at("t_index_list"), at("num_inference_steps")) {
            (Some(span), _) => (span, "every entry is below `num_inference_steps`".to_owned()),
            (None, span) => (
                span.unwrap_or(place),
                format!("write a `t_index_list` whose entries are below {}", draft.steps),
            ),
        };
        let message =
            format!("the last step {last} is not below `num_inference_steps`, which is {}", draft.steps);
        report.push(Problem::error(span, message).of(of).hint(hint));
    }
    if let Some(span) = at("ip_adapter").or(at("ip_adapter_style_image_url"))
        && family == Family::Sd21
    {
        let message = format!("`{MODEL_DEFAULT}` has no IP adapter");
        report.push(Problem::error(span, message).of(of).hint("choose another `model_id`"));
    }
}

/// Reads the value of a parameter that is neither prompt, seed nor `ControlNets`.
pub(super) fn level(spec: &'static Spec, node: &Node) -> Result<Level, Problem> {
    Ok(match spec.kind {
        Kind::Number(low, high) => Level::Number(scalar::number_in(node, spec.name, low, high)?),
        Kind::Integer(low, high) => {
            let number = scalar::integer(node)? as f64;
            scalar::number_in(node, spec.name, low, high)?;
            if spec.class == Class::Fixed && number % 64.0 != 0.0 {
                let near = ((number / 64.0).round() * 64.0).clamp(low, high);
                return Err(Problem::error(
                    &node.span,
                    format!("`{}` is a multiple of 64, {number} is not", spec.name),
                )
                .hint(format!("the nearest is {near}")));
            }
            Level::Integer(number)
        }
        Kind::Bool => Level::Choice(scalar::boolean(node)?.into()),
        Kind::Text => Level::Choice(scalar::text(node)?.into()),
        Kind::Choice(words) => Level::Choice(scalar::choice(node, spec.name, words)?.into()),
        Kind::Indices => Level::Indices(indices(node)?),
        Kind::Object => Level::Choice(object(spec, node)?),
        Kind::Prompts | Kind::Seeds | Kind::Nets => unreachable!("read by their own functions"),
    })
}

fn object(spec: &'static Spec, node: &Node) -> Result<Json, Problem> {
    let object = scalar::object(node)?;
    if spec.name == "lora_dict"
        && let Value::Map(entries) = &node.value
    {
        for Entry { value, .. } in entries {
            scalar::number(value)?;
        }
    }
    Ok(object.into())
}

/// Reads the step schedule, all rules but the one that needs `num_inference_steps`.
fn indices(node: &Node) -> Result<Vec<f64>, Problem> {
    let Value::List(items) = &node.value else {
        return Err(scalar::expected(node, "a list of steps").hint("write `t_index_list: [12, 20, 32]`"));
    };
    if !(1..=4).contains(&items.len()) {
        let message = format!("`t_index_list` has 1 to 4 entries, not {}", items.len());
        return Err(Problem::error(&node.span, message));
    }
    let mut list: Vec<f64> = Vec::new();
    for item in items {
        let step = scalar::integer(item)? as f64;
        if step < 0.0 {
            return Err(Problem::error(&item.span, format!("a step is 0 or more, not {step}")));
        }
        if let Some(before) = list.last().filter(|before| **before > step) {
            let message = format!("the steps of `t_index_list` never fall, and {step} comes after {before}");
            return Err(Problem::error(&item.span, message));
        }
        list.push(step);
    }
    Ok(list)
}

/// Returns the parameter that a scene may change under this name, or why it may not.
pub(super) fn live(name: &str, entry: &Entry, others: &[&'static str]) -> Result<&'static Spec, Problem> {
    if let Some((_, hint)) = OURS.into_iter().find(|(ours, _)| *ours == name) {
        return Err(Problem::error(&entry.key.span, format!("`{name}` is set by Segue")).hint(hint));
    }
    let Some(spec) = params::find(name) else {
        let live = TABLE.iter().filter(|spec| spec.class == Class::Live && !is_ours(spec.name));
        let known = others.iter().copied().chain(live.map(|spec| spec.name));
        return Err(Problem::error(&entry.key.span, format!("unknown key {}", quoted(name))).hint(
            did_you_mean(name, known).unwrap_or_else(|| {
                format!("a scene names live parameters, and {}", listed(others.iter().copied()))
            }),
        ));
    };
    let (message, hint) = match spec.class {
        Class::Live => return Ok(spec),
        Class::Reload => (
            format!("`{name}` reloads the pipeline: seconds without a picture"),
            format!("write it under the stream's `params`, where it holds for the whole show: `{name}: …`"),
        ),
        Class::Fixed => (
            format!("changing `{name}` in mid-stream is refused by the runner"),
            format!("write it under the stream's `params`: `{name}: …`"),
        ),
    };
    Err(Problem::error(&entry.key.span, message).hint(hint))
}

fn is_ours(name: &str) -> bool {
    OURS.iter().any(|(ours, _)| *ours == name)
}

/// Returns what the runner takes when a parameter is left out.
fn default_level(spec: &Spec) -> Level {
    let default: Json = serde_json::from_str(spec.default).unwrap_or_default();
    match spec.kind {
        Kind::Number(..) => Level::Number(default.as_f64().unwrap_or_default()),
        Kind::Integer(..) => Level::Integer(default.as_f64().unwrap_or_default()),
        Kind::Indices => Level::Indices(default_indices()),
        _ => Level::Choice(default),
    }
}

fn default_text(name: &str) -> String {
    let default = params::find(name).map_or("", |spec| spec.default);
    serde_json::from_str(default).unwrap_or_default()
}

fn default_number(name: &str) -> f64 {
    params::find(name).and_then(Spec::default_number).unwrap_or_default()
}

fn default_indices() -> Vec<f64> {
    let default = params::find("t_index_list").map_or("", |spec| spec.default);
    serde_json::from_str(default).unwrap_or_default()
}

/// Returns a value in the API's words.
fn plain(level: Level) -> Json {
    let whole = |number: f64| Json::from(number as i64);
    match level {
        Level::Number(number) => number.into(),
        Level::Integer(number) => whole(number),
        Level::Indices(list) => list.into_iter().map(whole).collect::<Vec<_>>().into(),
        Level::Choice(value) => value,
    }
}
