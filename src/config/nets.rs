//! The `ControlNets` of a stream: the API's list of objects, or a short map from name to scale.

use serde_json::{Map, Value as Json};

use crate::show::{
    params::{
        models::Family,
        nets::{self, NetSpec, TABLE},
        objects,
    },
    sheet::Net,
};

use super::{
    keys,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    tree::{Node, Span, Value},
    values,
    words::{did_you_mean, listed, quoted},
};

/// How much a `ControlNet` counts.
const SCALE: &str = "conditioning_scale";

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
                let scale = scale(&entry.value, of, report);
                let net = spec.zip(scale).map(|(spec, scale)| (usual(spec, scale), entry.key.span.clone()));
                add(net, report);
            }
        }
        _ => {
            let problem = scalar::expected(node, "a list of ControlNets");
            report.push(problem.of(of).hint("write `controlnets: { depth: 0.5 }`"));
        }
    }
    list
}

/// Reads the scale of a `ControlNet`.
pub(super) fn scale(node: &Node, of: &str, report: &mut Report) -> Option<f64> {
    let member = objects::NET.iter().find(|member| member.name == SCALE)?;
    values::read(member.name, member.kind, node, None, of, report)?.as_f64()
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
    let mut fields = Fields::of(node, &node.span, &format!("{of}: `controlnets`"), &keys::NET, report)?;
    let id = fields.required("model_id", "write `model_id: depth`, or the id in the API", report);
    let spec = id.and_then(|id| {
        let found = scalar::text(id).and_then(|name| find(name, &id.span, model));
        report.take(found.map_err(|problem| problem.of(of)))
    });
    let mut given = Map::new();
    for member in objects::NET.iter().filter(|member| member.name != "model_id") {
        let Some(node) = fields.value(member.name, report) else { continue };
        if let Some(value) = values::read(member.name, member.kind, node, None, fields.what(), report) {
            given.insert(member.name.to_owned(), value);
        }
    }
    for entry in fields.given(&["control_guidance_start", "control_guidance_end"]) {
        let message = format!("`{}` changes nothing", entry.key.text().unwrap_or_default());
        let problem = Problem::warning(&entry.key.span, format!("{message}: the library does not use it"));
        report.push(problem.of(of).hint("take it out"));
    }
    fields.finish(report);
    let spec = spec?;
    let scale = given.remove(SCALE).and_then(|scale| scale.as_f64()).unwrap_or(1.0);
    let mut net = usual(spec, scale);
    if given.get("preprocessor").is_some_and(|other| other != spec.preprocessor) {
        // The usual parameters are those of the usual one.
        net.fixed.insert("preprocessor_params".to_owned(), Map::new().into());
    }
    net.fixed.extend(given);
    Some((net, id?.span.clone()))
}
