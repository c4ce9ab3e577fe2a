//! What of an edited base is taken over while the runner keeps its pipeline. What it would load anew for stays as it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Changes;
use crate::show::{
    params::{self, Class, Part, Profile},
    scene::Level,
    sheet::{Base, Net},
};

/// Takes over what of the base may change while the runner keeps its pipeline.
pub(super) fn revise(old: &Base, new: Base, of: &str, changes: &mut Changes) -> Base {
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
        Level::Object(_) => Level::Object(usual.as_object()?.clone()),
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
        (Value::Object(object), _) => {
            object.iter().map(|(name, value)| (name.clone(), number(value))).collect()
        }
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
        Level::Object(object) => object.iter().map(|(name, value)| (name.clone(), number(value))).collect(),
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
