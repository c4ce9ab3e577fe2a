//! The `ControlNets` of a stream: the API's list of objects, or a short map from name to scale.

use serde_json::{Map, Value as Json};

use crate::show::{
    params::{
        models::Family,
        nets::{self, NetSpec, PREPROCESSORS, TABLE},
    },
    sheet::Net,
};

use super::{
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    tree::{Node, Span, Value},
    words::{did_you_mean, listed, quoted},
};

/// The most `ControlNets` that an SDXL model runs at once.
const SDXL_ENABLED_MAX: usize = 3;

/// Reads the list; `model` is the stream's model and its family.
pub(super) fn read(node: &Node, of: &str, model: (&str, Family), report: &mut Report) -> Vec<Net> {
    let mut list: Vec<Net> = Vec::new();
    let mut add = |net: Option<(Net, Span)>, report: &mut Report| {
        let Some((net, span)) = net else { return };
        if list.iter().any(|other| other.id == net.id) {
            let message = format!("the ControlNet `{}` stands twice in the list", net.id);
            report.push(Problem::error(&span, message).of(of));
            return;
        }
        list.push(net);
    };
    match &node.value {
        Value::List(items) => {
            for item in items {
                add(object(item, of, model, report), report);
            }
        }
        Value::Map(_) => {
            for (name, entry) in reader::entries(node, of, report).unwrap_or_default() {
                let spec = report.take(find(name, &entry.key.span, model).map_err(|problem| problem.of(of)));
                let scale = report.take(scale(&entry.value).map_err(|problem| problem.of(of)));
                let net = spec.zip(scale).map(|(spec, scale)| (usual(spec, scale), entry.key.span.clone()));
                add(net, report);
            }
        }
        _ => {
            let problem = scalar::expected(node, "a list of ControlNets");
            report.push(problem.of(of).hint("write `controlnets: { depth: 0.5 }`"));
        }
    }
    let enabled = list.iter().filter(|net| net.fixed.get("enabled") != Some(&Json::Bool(false))).count();
    if model.1 == Family::Sdxl && enabled > SDXL_ENABLED_MAX {
        let message = format!("`{}` runs at most {SDXL_ENABLED_MAX} ControlNets, not {enabled}", model.0);
        report.push(Problem::error(&node.span, message).of(of));
    }
    list
}

/// Reads the scale of a `ControlNet`.
pub(super) fn scale(node: &Node) -> Result<f64, Problem> {
    scalar::number_in(node, "conditioning_scale", 0.0, 1.0)
}

/// Finds the `ControlNet` that a name means for a model, or says what it could have meant.
fn find(name: &str, span: &Span, (model, family): (&str, Family)) -> Result<&'static NetSpec, Problem> {
    if let Some(spec) = nets::find(name, family) {
        return Ok(spec);
    }
    let lead = format!("`{model}` has {}", listed(nets::short_names(family)));
    if is_known(name) {
        let message = format!("the ControlNet {} is not for `{model}`", quoted(name));
        return Err(Problem::error(span, message).hint(lead));
    }
    let known = TABLE.iter().filter(|net| net.family == family).flat_map(|net| [net.short, net.id]);
    let hint = did_you_mean(name, known).unwrap_or(lead);
    Err(Problem::error(span, format!("there is no ControlNet {}", quoted(name))).hint(hint))
}

/// Returns whether any model has a `ControlNet` of this short name or id.
pub(super) fn is_known(name: &str) -> bool {
    TABLE.iter().any(|net| net.short == name || net.id == name)
}

/// Returns every short name and id, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|net| [net.short, net.id])
}

/// Makes a `ControlNet` with its usual preprocessor.
fn usual(spec: &'static NetSpec, scale: f64) -> Net {
    let mut fixed = Map::new();
    fixed.insert("preprocessor".to_owned(), spec.preprocessor.into());
    fixed.insert("preprocessor_params".to_owned(), usual_params(spec));
    fixed.insert("enabled".to_owned(), true.into());
    Net { id: spec.id.into(), short: Some(spec.short), scale, fixed }
}

fn usual_params(spec: &NetSpec) -> Json {
    serde_json::from_str(spec.preprocessor_params).unwrap_or_else(|_| Map::new().into())
}

/// Reads one object of the API's list.
fn object(node: &Node, of: &str, model: (&str, Family), report: &mut Report) -> Option<(Net, Span)> {
    if !matches!(node.value, Value::Map(_)) {
        let problem = scalar::expected(node, "a ControlNet");
        report.push(problem.of(of).hint("write `- { model_id: depth, conditioning_scale: 0.5 }`"));
        return None;
    }
    let mut fields = Fields::of(node, &node.span, &format!("{of}: `controlnets`"), report)?;
    let id = fields.required("model_id", "write `model_id: depth`, or the id in the API", report);
    let spec = id.and_then(|id| {
        let found = scalar::text(id).and_then(|name| find(name, &id.span, model));
        report.take(found.map_err(|problem| problem.of(of)))
    });
    let scale = fields.get("conditioning_scale", report, scale).unwrap_or(1.0);
    let preprocessor =
        fields.get("preprocessor", report, |node| scalar::choice(node, "preprocessor", &PREPROCESSORS));
    let params = fields.get("preprocessor_params", report, scalar::object);
    let enabled = fields.get("enabled", report, scalar::boolean);
    let start = guidance(&mut fields, "control_guidance_start", report);
    let end = guidance(&mut fields, "control_guidance_end", report);
    let given = fields.given(&["control_guidance_end"]);
    if start.unwrap_or(0.0) > end.unwrap_or(1.0) {
        let span = given.first().map_or(&node.span, |entry| &entry.value.span);
        report.push(Problem::error(span, "`control_guidance_end` is before its start").of(of));
    }
    fields.finish(report);
    let spec = spec?;
    let mut net = usual(spec, scale);
    if let Some(preprocessor) = preprocessor {
        net.fixed.insert("preprocessor".to_owned(), preprocessor.into());
        if preprocessor != spec.preprocessor {
            net.fixed.insert("preprocessor_params".to_owned(), Map::new().into());
        }
    }
    let given = [
        ("preprocessor_params", params.map(Json::from)),
        ("enabled", enabled.map(Json::from)),
        ("control_guidance_start", start.map(Json::from)),
        ("control_guidance_end", end.map(Json::from)),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            net.fixed.insert(name.to_owned(), value);
        }
    }
    Some((net, id?.span.clone()))
}

fn guidance(fields: &mut Fields<'_>, key: &'static str, report: &mut Report) -> Option<f64> {
    fields.get(key, report, |node| scalar::number_in(node, key, 0.0, 1.0))
}
