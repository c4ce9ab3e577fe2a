//! How long a transition takes: one time, or a time for each group of parameters.

use crate::show::{
    fades::{CONTROLNETS, Fades, PARAMS, PROMPT, SEED, SwitchAt},
    params::{self, TABLE},
};

use super::{
    keys, nets,
    reader::Fields,
    report::{Problem, Report},
    scalar, time,
    tree::{Node, Span, Value},
    words::{did_you_mean, listed, quoted},
};

/// The key of what everything takes that has no time of its own.
const DEFAULT: &str = "default";

/// Reads `fade`.
pub(super) fn read(node: &Node, of: &str, report: &mut Report) -> Option<Fades> {
    if !matches!(node.value, Value::Map(_)) {
        return report
            .take(time::fade(node).map_err(|problem| problem.at_key("fade").of(of)))
            .map(Fades::from);
    }
    let mut fields = Fields::of(node, &node.span, &format!("{of}: `fade`"), &keys::FADES, report)?;
    let mut fades = Fades { default: fields.get(DEFAULT, report, time::fade), ..Fades::default() };
    for group in [PROMPT, SEED, CONTROLNETS, PARAMS] {
        if let Some(fade) = fields.get(group, report, time::fade) {
            fades.groups.insert(group, fade);
        }
    }
    for (name, entry) in fields.rest() {
        let found = group(name, &entry.key.span).map_err(|problem| problem.of(fields.what()));
        let Some(group) = report.take(found) else { continue };
        if let Some(fade) = fields.get(group, report, time::fade) {
            fades.groups.insert(group, fade);
        }
    }
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        let problem = Problem::error(&node.span, "it names no time");
        report.push(problem.of(fields.what()).hint("write `fade: 8s`, or `fade: { default: 8s, seed: 2s }`"));
    }
    Some(fades)
}

/// Finds the parameter that is a group by itself.
fn group(name: &str, place: &Span) -> Result<&'static str, Problem> {
    match params::find(name).filter(|spec| spec.is_for_scenes()) {
        Some(spec) if spec.is_live() => return Ok(spec.name),
        Some(_) => {
            let message = format!("{} does not fade: it reloads the pipeline", quoted(name));
            return Err(Problem::error(place, message).hint("take it out: `switch_at` says when it is cut"));
        }
        None => {}
    }
    let wide = [DEFAULT, PROMPT, SEED, CONTROLNETS, PARAMS];
    let own = TABLE.iter().filter(|spec| spec.is_live() && spec.is_for_scenes()).map(|spec| spec.name);
    let hint = if nets::is_known(name) {
        format!("write `{CONTROLNETS}`: their scales fade together")
    } else {
        did_you_mean(name, wide.into_iter().chain(own)).unwrap_or_else(|| {
            format!("the groups are {}, and each live parameter by its name", listed(wide))
        })
    };
    Err(Problem::error(place, format!("there is no group {} of parameters", quoted(name))).hint(hint))
}

/// Reads when a scene switches what cannot be blended.
pub(super) fn switch_at(node: &Node) -> Result<SwitchAt, Problem> {
    let word = scalar::choice(node, "switch_at", &SwitchAt::WORDS)?;
    Ok(SwitchAt::from_word(word).unwrap_or_default())
}
