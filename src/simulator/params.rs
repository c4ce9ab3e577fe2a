//! Parameters as the runner understands them: read leniently, gaps filled with its defaults, then checked.
//!
//! The comparison with what is in force, and what a change costs, is `change.rs`'s.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{blend::Method, machine::Profile};
use crate::show::params::{
    self, Kind, enlargement,
    models::{Family, family},
    nets::PREPROCESSORS,
    objects::WEIGHT_TYPES,
    whole,
};

/// A complete and valid parameter set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// Reads parameters as received; the error is what the runner complains of.
    pub(super) fn read(received: &Map<String, Value>, profile: Profile) -> Result<Self, String> {
        let defaults = defaults(profile);
        let mut params = defaults.clone();
        for (name, value) in received {
            let spec = params::find(name).filter(|_| defaults.contains_key(name));
            let kind = spec.ok_or_else(|| format!("{name}: Extra inputs are not permitted"))?.kind;
            let read =
                read(value, kind).ok_or_else(|| format!("{name}: Input should be {}", expected(kind)))?;
            params.insert(name.clone(), read);
        }
        match params::runner(&params, profile).first() {
            Some(violation) => Err(violation.to_string()),
            None => Ok(Self(params)),
        }
    }

    /// Returns what a container has before its first session.
    pub(super) fn initial(profile: Profile) -> Self {
        Self(defaults(profile).clone())
    }

    /// Returns all values by their names.
    pub(super) fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the names whose values differ from those of `other`.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let differs = |(name, value): &(&String, &Value)| other.0.get(*name) != Some(*value);
        self.0.iter().filter(differs).map(|(name, _)| name.as_str()).collect()
    }

    /// Returns the weighted prompts; a plain text counts 1.
    pub(super) fn prompts(&self) -> Vec<(String, f64)> {
        match &self.0["prompt"] {
            Value::String(text) => vec![(text.clone(), 1.0)],
            list => {
                pairs(list).filter_map(|(text, weight)| Some((text.as_str()?.to_owned(), weight))).collect()
            }
        }
    }

    /// Returns the weighted seeds; a plain number counts 1.
    pub(super) fn seeds(&self) -> Vec<(i64, f64)> {
        match &self.0["seed"] {
            Value::Number(seed) => vec![(seed.as_i64().unwrap_or_default(), 1.0)],
            list => pairs(list).filter_map(|(seed, weight)| Some((seed.as_i64()?, weight))).collect(),
        }
    }

    /// Returns the method of `prompt_interpolation_method` or `seed_interpolation_method`.
    pub(super) fn method(&self, name: &str) -> Method {
        if self.0[name] == "linear" { Method::Linear } else { Method::Slerp }
    }

    /// Returns a value that is true or false.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0[name] == true
    }

    /// Returns `t_index_list`.
    pub(super) fn indices(&self) -> Vec<i64> {
        self.0["t_index_list"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
    }

    /// Returns `num_inference_steps`.
    pub(super) fn steps(&self) -> i64 {
        self.0["num_inference_steps"].as_i64().unwrap_or_default()
    }

    /// Returns whether an IP adapter is in use.
    pub(super) fn has_ip_adapter(&self) -> bool {
        self.0.get("ip_adapter").is_some_and(|adapter| adapter["enabled"] == true)
    }

    /// Returns the model's family, if it is one of today's.
    pub(super) fn family(&self) -> Option<Family> {
        self.0["model_id"].as_str().and_then(family)
    }

    /// Returns width and height of the output, upscalers included.
    pub(super) fn resolution(&self) -> (f64, f64) {
        let side = |name: &str| self.0[name].as_f64().unwrap_or_default();
        let scale: f64 = self.0.get("image_postprocessing").map_or(1.0, enlargement);
        (side("width") * scale, side("height") * scale)
    }
}

fn pairs(list: &Value) -> impl Iterator<Item = (&Value, f64)> {
    list.as_array().into_iter().flatten().map(|pair| (&pair[0], pair[1].as_f64().unwrap_or(f64::NAN)))
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Choice(_) | Kind::Model | Kind::Preprocessor => "a valid string",
        Kind::Bool => "a valid boolean",
        Kind::Number(..) => "a valid number",
        Kind::Integer(..) | Kind::Size => "a valid integer",
        Kind::Prompts => "a string or a list of text and weight",
        Kind::Seeds => "an integer or a list of seed and weight",
        Kind::Indices | Kind::Nets | Kind::Processors(_) => "a valid list",
        Kind::Loras | Kind::Processing(_) | Kind::IpAdapter | Kind::CachedAttention | Kind::Free => {
            "a valid object"
        }
    }
}

/// Reads a value as leniently as the runner does, into the one form in which equal values are equal.
fn read(value: &Value, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Text | Kind::Model => value.as_str().map(Value::from),
        Kind::Bool => value.as_bool().map(Value::from),
        Kind::Number(..) => number(value).map(Value::from),
        Kind::Integer(..) | Kind::Size => integer(value).map(Value::from),
        Kind::Choice(choices) => value.as_str().filter(|text| choices.contains(text)).map(Value::from),
        Kind::Prompts => match value {
            Value::String(text) => Some(json!(text)),
            list => read_pairs(list, |text| text.as_str().map(Value::from)),
        },
        Kind::Seeds => match value {
            Value::Array(_) => read_pairs(value, |seed| integer(seed).map(Value::from)),
            seed => integer(seed).map(Value::from),
        },
        Kind::Indices => value.as_array()?.iter().map(|index| integer(index).map(Value::from)).collect(),
        Kind::Loras => match value {
            Value::Null => Some(Value::Null),
            loras => {
                loras.as_object()?.iter().map(|(name, scale)| Some((name.clone(), number(scale)?))).collect()
            }
        },
        Kind::Nets => value.as_array()?.iter().map(read_controlnet).collect(),
        Kind::Processing(_) | Kind::IpAdapter | Kind::CachedAttention if value.is_null() => Some(Value::Null),
        Kind::Processing(names) => read_processing(value, names),
        Kind::IpAdapter => read_members(
            value,
            &json!({"type": "regular", "enabled": true, "scale": 1.0,
            "weight_type": "linear", "insightface_model_name": null, "ipadapter_model_path": null,
            "image_encoder_path": null}),
        )
        .filter(|adapter| WEIGHT_TYPES.iter().any(|known| adapter["weight_type"] == *known)),
        Kind::CachedAttention => read_members(
            value,
            &json!({"enabled": true, "max_frames": 1, "interval": 1}),
        )
        .filter(|attention| {
            let within = |name: &str, max| attention[name].as_i64().is_some_and(|n| (1..=max).contains(&n));
            within("max_frames", 4) && within("interval", 1440)
        }),
        // Members of objects, which are read with their object.
        Kind::Preprocessor => value.as_str().filter(|name| PREPROCESSORS.contains(name)).map(Value::from),
        Kind::Processors(_) => value.as_array().cloned().map(Value::from),
        Kind::Free => value.as_object().cloned().map(Value::from),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn integer(value: &Value) -> Option<i64> {
    whole(value).or_else(|| value.as_str()?.trim().parse().ok())
}

fn read_pairs(list: &Value, first: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let pair = |pair: &Value| match pair.as_array().map(Vec::as_slice) {
        Some([item, weight]) => Some(Value::Array(vec![first(item)?, number(weight)?.into()])),
        _ => None,
    };
    list.as_array()?.iter().map(pair).collect()
}

fn read_controlnet(net: &Value) -> Option<Value> {
    let id = net.get("model_id")?.as_str()?;
    let channels = if id.contains("TemporalNet") { 6 } else { 3 };
    read_members(
        net,
        &json!({"model_id": "", "conditioning_scale": 1.0, "preprocessor": "passthrough", "preprocessor_params": {},
            "enabled": true, "control_guidance_start": 0.0, "control_guidance_end": 1.0,
            "conditioning_channels": channels}),
    )
}

fn read_processing(block: &Value, names: &[&str]) -> Option<Value> {
    let mut block = read_members(block, &json!({"enabled": true, "processors": []}))?;
    let processors: Option<Vec<Value>> = block["processors"]
        .as_array()?
        .iter()
        .map(|processor| read_members(processor, &json!({"type": "", "enabled": true, "params": {}})))
        .collect();
    block["processors"] = Value::Array(processors?);
    let known = |processor: &Value| processor["type"].as_str().is_some_and(|name| names.contains(&name));
    block["processors"].as_array()?.iter().all(known).then_some(block)
}

/// Reads an object's members over those of `defaults`, which also tell the kind of each; null ones take anything.
fn read_members(value: &Value, defaults: &Value) -> Option<Value> {
    let mut members = defaults.as_object()?.clone();
    for (name, value) in value.as_object()? {
        let slot = members.get_mut(name)?;
        *slot = match slot {
            Value::Number(default) if default.is_f64() => number(value)?.into(),
            Value::Number(_) => integer(value)?.into(),
            Value::Bool(_) => value.as_bool()?.into(),
            Value::String(_) if name == "preprocessor" && value.is_null() => Value::Null,
            Value::String(_) => value.as_str()?.into(),
            Value::Object(_) => Value::Object(value.as_object()?.clone()),
            Value::Array(_) => Value::Array(value.as_array()?.clone()),
            Value::Null => value.clone(),
        };
    }
    Some(Value::Object(members))
}

/// Returns the defaults of the runner's class of parameters. Every update is laid over them, so they are read once.
fn defaults(profile: Profile) -> &'static Map<String, Value> {
    static DECEMBER: LazyLock<Map<String, Value>> = LazyLock::new(|| read_defaults(Profile::December2025));
    static JULY: LazyLock<Map<String, Value>> = LazyLock::new(|| read_defaults(Profile::July2025));
    match profile {
        Profile::December2025 => &DECEMBER,
        Profile::July2025 => &JULY,
    }
}

/// Returns the defaults in the form in which equal values are equal.
fn read_defaults(profile: Profile) -> Map<String, Value> {
    let kind = |name: &str| params::find(name).map_or(Kind::Free, |spec| spec.kind);
    let read = |(name, value): (String, Value)| Some((name.clone(), read(&value, kind(&name))?));
    params::defaults(profile).into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_december(params: &Value) -> Result<Params, String> {
        Params::read(params.as_object().unwrap(), Profile::December2025)
    }

    #[test]
    fn the_defaults_are_valid_in_both_ages_and_named_in_the_table() {
        for profile in [Profile::December2025, Profile::July2025] {
            let initial = Params::initial(profile);
            assert_eq!(Params::read(initial.all(), profile), Ok(initial.clone()));
            assert!(initial.all().keys().all(|name| params::find(name).is_some()));
        }
        assert_eq!(Params::initial(Profile::December2025).all().len(), params::TABLE.len());
        assert_eq!(Params::initial(Profile::July2025).all()["controlnets"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn gaps_are_filled_and_equal_numbers_are_equal() {
        let empty = read_december(&json!({})).unwrap();
        assert_eq!(empty.all()["prompt"], "flowers");
        let filled =
            read_december(&json!({"guidance_scale": 1, "width": 512.0, "seed": "789", "delta": "0.7"}))
                .unwrap();
        assert_eq!(filled.differing(&empty), Vec::<&str>::new());
        let depth = |more: Value| {
            let mut net = json!({"model_id": "thibaud/controlnet-sd21-depth-diffusers"});
            net.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            read_december(&json!({"controlnets": [net]})).unwrap()
        };
        assert_eq!(depth(json!({})), depth(json!({"enabled": true, "conditioning_scale": 1})));
        assert_ne!(depth(json!({})), depth(json!({"conditioning_scale": 0.5})));
    }

    #[test]
    fn a_text_and_a_list_of_it_blend_the_same_but_are_not_the_same() {
        let text = read_december(&json!({"prompt": "a", "seed": 7})).unwrap();
        let list = read_december(&json!({"prompt": [["a", 1]], "seed": [[7, 1]]})).unwrap();
        assert_eq!((text.prompts(), text.seeds()), (list.prompts(), list.seeds()));
        assert_eq!(list.differing(&text), ["prompt", "seed"]);
    }

    #[test]
    fn what_the_runner_refuses_it_names() {
        for (params, complaint) in [
            (json!({"seed": 1.5}), "seed: Input should be an integer or a list of seed and weight"),
            (json!({"prompt": null}), "prompt: Input should be a string or a list of text and weight"),
            (json!({"prompt": [["a"]]}), "prompt: Input should be a string or a list of text and weight"),
            (json!({"controlnets": null}), "controlnets: Input should be a valid list"),
            (json!({"sed": 1}), "sed: Extra inputs are not permitted"),
            (json!({"width": 700}), "width: 700 is not a multiple of 64"),
            (json!({"model_id": "x"}), "model_id: `x` is not a model of this runner"),
            (json!({"t_index_list": [51]}), "t_index_list.0: 51 is not within 0 to 50"),
            (json!({"ip_adapter": {}}), "ip_adapter: `stabilityai/sd-turbo` has no IP adapter"),
            (
                json!({"cached_attention": {}, "width": 704}),
                "cached_attention: cached attention runs with tensorrt at 512x512 only",
            ),
            (
                json!({"cached_attention": {"max_frames": 3}, "model_id": "stabilityai/sdxl-turbo", "t_index_list": [1, 2]}),
                "cached_attention: with this schedule cached attention has at most 2 frames",
            ),
        ] {
            assert_eq!(read_december(&params), Err(complaint.to_owned()), "{params}");
        }
        assert!(read_december(&json!({"t_index_list": [50]})).is_ok(), "the bound itself passes");
    }

    #[test]
    fn july_does_not_know_what_came_later() {
        let read = |params: Value| Params::read(params.as_object().unwrap(), Profile::July2025);
        assert!(read(json!({"use_safety_checker": true})).is_err());
        assert!(read(json!({"model_id": "KBlueLeaf/kohaku-v2.1", "controlnets": []})).is_ok());
    }

    #[test]
    fn upscalers_count_as_resolution() {
        let params = read_december(&json!({"image_postprocessing": {"processors": [
            {"type": "upscale"}, {"type": "realesrgan_trt", "enabled": false}]}}))
        .unwrap();
        assert_eq!(params.resolution(), (1024.0, 1024.0));
    }
}
