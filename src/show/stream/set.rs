//! The live parameters of a look as the backend is to have them, what it is known to have of them, and the way between.
//!
//! Typed, because a look is worked out far more often than one is sent; it becomes the API's words only when it goes.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use crate::show::{
    params,
    sheet::{BlendMode, StreamSheet},
};

/// A list with its places: each thing and its coefficient.
pub(super) type List<T> = Vec<(T, f64)>;

/// Every live parameter of a look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    pub(super) prompts: List<Arc<str>>,
    pub(super) seeds: List<i64>,
    /// Everything that is neither list nor ControlNet.
    pub(super) values: BTreeMap<&'static str, Value>,
    /// The scale of each ControlNet, in their order.
    pub(super) scales: Vec<f64>,
}

/// Some of the live parameters: what an update names, or what the backend is known to have.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    prompts: Option<List<Arc<str>>>,
    seeds: Option<List<i64>>,
    values: BTreeMap<&'static str, Value>,
    scales: Option<Vec<f64>>,
    /// How the lists are mixed, which never changes.
    methods: bool,
}

impl Set {
    /// Returns it with what steps as `other` has it: whole numbers, index lists, choices, and objects with all their members.
    ///
    /// Lists, scales and plain numbers move evenly and stay.
    pub(super) fn with_steps_of(mut self, other: &Self) -> Self {
        for (name, value) in &other.values {
            if !value.is_f64() {
                self.values.insert(name, value.clone());
            }
        }
        self
    }
}

impl Parts {
    /// Takes all of a set.
    pub(super) fn all(set: Set) -> Self {
        let Set { prompts, seeds, values, scales } = set;
        Self { prompts: Some(prompts), seeds: Some(seeds), values, scales: Some(scales), methods: true }
    }

    /// Returns what of `set` is not here.
    pub(super) fn missing(&self, set: &Set) -> Self {
        let other = |(name, value): &(&&'static str, &Value)| self.values.get(*name) != Some(*value);
        Self {
            prompts: (self.prompts.as_ref() != Some(&set.prompts)).then(|| set.prompts.clone()),
            seeds: (self.seeds.as_ref() != Some(&set.seeds)).then(|| set.seeds.clone()),
            values: set.values.iter().filter(other).map(|(name, value)| (*name, value.clone())).collect(),
            scales: (self.scales.as_ref() != Some(&set.scales)).then(|| set.scales.clone()),
            methods: !self.methods,
        }
    }

    /// Returns whether all of `set` is here.
    pub(super) fn has(&self, set: &Set) -> bool {
        self.methods
            && self.prompts.as_ref() == Some(&set.prompts)
            && self.seeds.as_ref() == Some(&set.seeds)
            && self.scales.as_ref() == Some(&set.scales)
            && set.values.iter().all(|(name, value)| self.values.get(name) == Some(value))
    }

    /// Adds `news`, in place of what was here of it.
    pub(super) fn learn(&mut self, news: Self) {
        let Self { prompts, seeds, values, scales, methods } = news;
        self.prompts = prompts.or_else(|| self.prompts.take());
        self.seeds = seeds.or_else(|| self.seeds.take());
        self.values.extend(values);
        self.scales = scales.or_else(|| self.scales.take());
        self.methods |= methods;
    }

    /// Takes away whatever `doubted` names.
    pub(super) fn forget(&mut self, doubted: &Self) {
        self.prompts.take_if(|_| doubted.prompts.is_some());
        self.seeds.take_if(|_| doubted.seeds.is_some());
        self.values.retain(|name, _| !doubted.values.contains_key(name));
        self.scales.take_if(|_| doubted.scales.is_some());
        self.methods &= !doubted.methods;
    }

    /// Takes away what the API calls `name`.
    pub(super) fn forget_named(&mut self, name: &str) {
        match name {
            "prompt" => self.prompts = None,
            "seed" => self.seeds = None,
            "controlnets" => self.scales = None,
            _ if self.values.remove(name).is_some() => {}
            // One of how the lists are mixed.
            _ => self.methods = false,
        }
    }

    /// Returns how far what would be seen of `set` is from this: the largest move of a coefficient, or of a number as a
    /// part of its range; infinite where something switches. `None` where not all of it is known.
    pub(super) fn distance(&self, set: &Set) -> Option<f64> {
        let lists = list_distance(self.prompts.as_ref()?, &set.prompts)
            .max(list_distance(self.seeds.as_ref()?, &set.seeds));
        let scales = self.scales.as_ref()?.iter().zip(&set.scales).map(|(a, b)| (a - b).abs());
        let farthest = scales.fold(lists, f64::max);
        if !self.methods {
            return None;
        }
        set.values.iter().try_fold(farthest, |farthest, (name, value)| {
            let before = self.values.get(name)?;
            if before == value {
                return Some(farthest);
            }
            let span = params::find(name).map_or(1.0, params::Spec::span);
            Some(farthest.max(distance(before, value) / span))
        })
    }

    /// Counts the places that hold another thing than in `before`: each costs the runner an encode.
    pub(super) fn encodes(&self, before: &Self) -> u32 {
        encodes(before.prompts.as_ref(), self.prompts.as_ref())
            + encodes(before.seeds.as_ref(), self.seeds.as_ref())
    }

    /// Writes it in the API's words.
    pub(super) fn write(&self, sheet: &StreamSheet) -> Map<String, Value> {
        let Self { prompts, seeds, values, scales, methods } = self;
        let mut words: Map<String, Value> =
            values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut say = |name: &str, value: Value| words.insert(name.to_owned(), value);
        if let Some(prompts) = prompts {
            say("prompt", pairs(prompts));
        }
        if let Some(seeds) = seeds {
            say("seed", pairs(seeds));
        }
        if *methods {
            let slerp = sheet.blend == BlendMode::Slerp;
            say("prompt_interpolation_method", json!(if slerp { "slerp" } else { "linear" }));
            say("normalize_prompt_weights", json!(slerp));
            say("seed_interpolation_method", json!("linear"));
            say("normalize_seed_weights", json!(true));
        }
        if let Some(scales) = scales.as_ref().filter(|scales| !scales.is_empty()) {
            let nets = sheet.base.controlnets.iter().zip(scales).map(|(net, scale)| {
                let mut object = net.fixed.clone();
                object.insert("model_id".to_owned(), json!(net.id));
                object.insert("conditioning_scale".to_owned(), json!(scale));
                Value::Object(object)
            });
            say("controlnets", nets.collect());
        }
        words
    }

    /// Returns the prompts and their coefficients, none where they are not known.
    pub(super) fn prompts(&self) -> Vec<(Value, f64)> {
        self.prompts.iter().flatten().map(|(text, weight)| (json!(text), *weight)).collect()
    }

    /// Returns the seeds and their weights, none where they are not known.
    pub(super) fn seeds(&self) -> Vec<(Value, f64)> {
        self.seeds.iter().flatten().map(|(seed, weight)| (json!(seed), *weight)).collect()
    }
}

fn pairs<T: serde::Serialize>(list: &[(T, f64)]) -> Value {
    list.iter().map(|(thing, weight)| json!([thing, weight])).collect()
}

/// Another thing in a place is seen as far as it, or what was there, weighs.
fn list_distance<T: PartialEq>(a: &[(T, f64)], b: &[(T, f64)]) -> f64 {
    let weight = |entry: Option<&(T, f64)>| entry.map_or(0.0, |(_, weight)| weight.abs());
    let place = |place: usize| match (a.get(place), b.get(place)) {
        (Some((before, from)), Some((after, to))) if before == after => (from - to).abs(),
        (before, after) => weight(before).max(weight(after)),
    };
    (0..a.len().max(b.len())).map(place).fold(0.0, f64::max)
}

fn encodes<T: PartialEq>(before: Option<&List<T>>, after: Option<&List<T>>) -> u32 {
    let before = |place: usize| before.and_then(|list| list.get(place)).map(|entry| &entry.0);
    let after = after.into_iter().flatten().enumerate();
    after.filter(|(place, (thing, _))| before(*place) != Some(thing)).count() as u32
}

/// Returns the largest difference between two values: of their numbers, or infinite where they differ otherwise.
pub(super) fn distance(a: &Value, b: &Value) -> f64 {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs(),
            _ => f64::INFINITY,
        },
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| distance(a, b)).fold(0.0, f64::max)
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a
            .iter()
            .map(|(name, a)| b.get(name).map_or(f64::INFINITY, |b| distance(a, b)))
            .fold(0.0, f64::max),
        (a, b) if a == b => 0.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(prompts: &[(&str, f64)], delta: f64) -> Set {
        Set {
            prompts: prompts.iter().map(|(text, weight)| ((*text).into(), *weight)).collect(),
            seeds: vec![(1, 1.0)],
            values: BTreeMap::from([("delta", json!(delta))]),
            scales: vec![0.5],
        }
    }

    #[test]
    fn another_text_is_as_far_as_it_is_seen() {
        let known = Parts::all(set(&[("mist", 0.75), ("neon", 0.25), ("sea", 0.0)], 0.7));
        let to = |prompts: &[(&str, f64)]| known.distance(&set(prompts, 0.7)).unwrap();
        assert_eq!(to(&[("mist", 0.5), ("neon", 0.5), ("sea", 0.0)]), 0.25);
        assert_eq!(to(&[("mist", 0.75), ("neon", 0.25), ("rain", 0.125)]), 0.125);
        assert_eq!(to(&[("mist", 0.75), ("rain", 0.125), ("sea", 0.0)]), 0.25);
        assert_eq!(to(&[("mist", 0.75), ("neon", 0.25), ("rain", 0.0)]), 0.0);
        assert!(!known.has(&set(&[("mist", 0.75), ("neon", 0.25), ("rain", 0.0)], 0.7)), "and yet another");
    }

    #[test]
    fn what_switches_is_infinitely_far_and_what_is_not_known_at_no_distance() {
        let known = Parts::all(set(&[("mist", 1.0)], 0.7));
        let mut other = set(&[("mist", 1.0)], 0.7);
        other.values.insert("delta", json!("much"));
        assert_eq!(known.distance(&other), Some(f64::INFINITY));
        assert_eq!(Parts::default().distance(&other), None);
    }

    #[test]
    fn what_is_missing_is_what_goes_and_what_is_doubted_goes_again() {
        let (before, after) = (set(&[("mist", 1.0)], 0.7), set(&[("mist", 1.0)], 0.5));
        let mut known = Parts::all(before);
        let update = known.missing(&after);
        assert_eq!((update.prompts.is_none(), update.values.len(), update.methods), (true, 1, false));
        known.learn(update.clone());
        assert!(known.has(&after));
        known.forget(&update);
        assert_eq!(known.distance(&after), None);
        assert_eq!(known.missing(&after).values.len(), 1);
    }

    #[test]
    fn an_encode_is_a_place_whose_text_changes() {
        let before = Parts::all(set(&[("a", 1.0), ("b", 0.0)], 0.7));
        let encodes = |prompts: &[(&str, f64)]| Parts::all(set(prompts, 0.7)).encodes(&before);
        assert_eq!(encodes(&[("a", 0.0), ("b", 1.0)]), 0);
        assert_eq!(encodes(&[("b", 0.5), ("a", 0.5), ("c", 0.0)]), 3);
        assert_eq!(encodes(&[("a", 0.5), ("b", 0.5), ("c", 0.0)]), 1);
    }
}
