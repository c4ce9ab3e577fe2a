//! The API's own check of parameters, before anything is stored: what breaks a rule here is a 400.
//!
//! v1 checks ranges and the rules across fields; beta only names and types, and leaves the rest to the runner.

use serde_json::{Map, Value};

use super::{
    answer::Generation,
    fields::{self, Family, Kind, Known, PREPROCESSORS, WEIGHT_TYPES, whole},
};

/// The largest whole number that JavaScript holds.
const WHOLE_MAX: i64 = (1 << 53) - 1;
/// No index of a step may be above this, whatever the number of steps.
const INDEX_MAX: i64 = 50;

/// Returns the rules that `params` break, each with the path of what breaks it.
pub(super) fn check(params: &Map<String, Value>, generation: Generation) -> Vec<String> {
    let family = params.get("model_id").and_then(Value::as_str).and_then(fields::family);
    let mut checker = Checker { v1: generation == Generation::V1, family, broken: Vec::new() };
    if checker.v1 && family.is_none() {
        return vec!["params.model_id: not a known model".to_owned()];
    }
    for (name, value) in params {
        let field = fields::find(name).filter(|field| checker.knows(field.known));
        match field {
            Some(field) => checker.value(&format!("params.{name}"), value, field.kind),
            None => checker.breaks(&format!("params.{name}"), "unknown parameter"),
        }
    }
    if checker.v1 {
        checker.steps(params);
    }
    checker.broken
}

struct Checker {
    v1: bool,
    family: Option<Family>,
    broken: Vec<String>,
}

impl Checker {
    fn knows(&self, known: Known) -> bool {
        match known {
            Known::Both => true,
            Known::V1 => self.v1,
            Known::V1Adapters => self.v1 && self.family != Some(Family::Sd21),
            Known::Runner => false,
        }
    }

    fn breaks(&mut self, path: &str, rule: &str) {
        self.broken.push(format!("{path}: {rule}"));
    }

    fn require(&mut self, path: &str, holds: bool, rule: &str) {
        if !holds {
            self.breaks(path, rule);
        }
    }

    fn value(&mut self, path: &str, value: &Value, kind: Kind) {
        match kind {
            Kind::Text => self.require(path, value.is_string(), "must be a string"),
            Kind::Flag => self.require(path, value.is_boolean(), "must be true or false"),
            Kind::Number(min, max) => self.number(path, value, min, max),
            Kind::Whole(min, max) => self.whole(path, value, min, max),
            Kind::Size => self.size(path, value),
            Kind::Choice(choices) => self.choice(path, value, choices),
            Kind::Prompts => self.prompts(path, value),
            Kind::Seeds => self.seeds(path, value),
            Kind::Steps => {
                let whole =
                    value.as_array().is_some_and(|items| items.iter().all(|item| whole(item).is_some()));
                self.require(path, whole, "must be a list of whole numbers");
            }
            Kind::Loras => {
                let loras = value.as_object().is_some_and(|loras| loras.values().all(Value::is_number));
                self.require(path, loras || value.is_null(), "must be an object of numbers, or null");
            }
            Kind::Controlnets => self.controlnets(path, value),
            Kind::Processing(names) => self.processing(path, value, names),
            Kind::IpAdapter => self.ip_adapter(path, value),
            Kind::CachedAttention => self.cached_attention(path, value),
        }
    }

    fn number(&mut self, path: &str, value: &Value, min: f64, max: f64) {
        match value.as_f64() {
            None => self.breaks(path, "must be a number"),
            Some(number) if self.v1 && !(min..=max).contains(&number) => {
                self.breaks(path, &format!("must be from {min} to {max}"));
            }
            Some(_) => {}
        }
    }

    fn whole(&mut self, path: &str, value: &Value, min: i64, max: i64) {
        match whole(value) {
            None => self.breaks(path, "must be a whole number"),
            Some(number) if self.v1 && !(min..=max).contains(&number) => {
                self.breaks(path, &format!("must be from {min} to {max}"));
            }
            Some(_) => {}
        }
    }

    fn size(&mut self, path: &str, value: &Value) {
        self.whole(path, value, 384, 1024);
        let divisible = whole(value).is_none_or(|size| size % 64 == 0);
        self.require(path, !self.v1 || divisible, "must be divisible by 64");
    }

    fn choice(&mut self, path: &str, value: &Value, choices: &[&str]) {
        let known = value.as_str().is_some_and(|text| choices.contains(&text));
        self.require(path, known, &format!("must be one of {}", choices.join(", ")));
    }

    fn prompts(&mut self, path: &str, value: &Value) {
        let pair = |item: &Value| match item.as_array().map(Vec::as_slice) {
            Some([Value::String(text), Value::Number(_)]) => !self.v1 || !text.is_empty(),
            _ => false,
        };
        let fits = value.is_string() || value.as_array().is_some_and(|items| items.iter().all(pair));
        self.require(path, fits, "must be a string or a list of [text, weight]");
    }

    fn seeds(&mut self, path: &str, value: &Value) {
        let seed = |item: &Value| whole(item).is_some_and(|seed| !self.v1 || seed.abs() <= WHOLE_MAX);
        let pair = |item: &Value| match item.as_array().map(Vec::as_slice) {
            Some([number, Value::Number(_)]) => seed(number),
            _ => false,
        };
        let fits = seed(value) || value.as_array().is_some_and(|items| items.iter().all(pair));
        self.require(path, fits, "must be a whole number or a list of [seed, weight]");
    }

    fn steps(&mut self, params: &Map<String, Value>) {
        let Some(items) = params.get("t_index_list").and_then(Value::as_array) else { return };
        let indices: Vec<i64> = items.iter().filter_map(whole).collect();
        let steps = params.get("num_inference_steps").and_then(whole).unwrap_or(INDEX_MAX);
        if let Some(rule) = fields::steps_rules(&indices, steps.min(INDEX_MAX)) {
            self.breaks("params.t_index_list", &rule);
        }
    }

    fn controlnets(&mut self, path: &str, value: &Value) {
        let Some(nets) = value.as_array() else {
            return self.require(path, value.is_null() && !self.v1, "must be a list");
        };
        for (place, net) in nets.iter().enumerate() {
            let path = format!("{path}.{place}");
            let members: &[(&str, Kind, bool)] = &[
                ("model_id", Kind::Text, true),
                ("conditioning_scale", Kind::Number(0.0, 1.0), self.v1),
                ("enabled", Kind::Flag, self.v1),
                ("control_guidance_start", Kind::Number(0.0, 1.0), false),
                ("control_guidance_end", Kind::Number(0.0, 1.0), false),
            ];
            let Some(mut rest) = self.members(&path, net, members) else { continue };
            match rest.remove("preprocessor") {
                None if self.v1 => self.breaks(&format!("{path}.preprocessor"), "required"),
                None => {}
                Some(Value::Null) if !self.v1 => {}
                Some(name) => self.choice(&format!("{path}.preprocessor"), &name, PREPROCESSORS),
            }
            self.free(&path, &mut rest, "preprocessor_params");
            self.nothing_else(&path, &rest);
        }
        if self.v1
            && let Some(rule) = self.family.and_then(|family| fields::controlnet_rules(nets, family))
        {
            self.breaks(path, &rule);
        }
    }

    fn processing(&mut self, path: &str, value: &Value, names: &'static [&'static str]) {
        let Some(mut rest) = self.members(path, value, &[("enabled", Kind::Flag, false)]) else { return };
        let processors = rest.remove("processors");
        self.nothing_else(path, &rest);
        let Some(Value::Array(processors)) = processors else {
            return self.breaks(&format!("{path}.processors"), "must be a list");
        };
        for (place, processor) in processors.iter().enumerate() {
            let path = format!("{path}.processors.{place}");
            let members = [("type", Kind::Choice(names), true), ("enabled", Kind::Flag, false)];
            let Some(mut rest) = self.members(&path, processor, &members) else { continue };
            self.free(&path, &mut rest, "params");
            self.nothing_else(&path, &rest);
        }
    }

    fn ip_adapter(&mut self, path: &str, value: &Value) {
        let types: &[&str] =
            if self.family == Some(Family::Sdxl) { &["regular", "faceid"] } else { &["regular"] };
        let members = [
            ("type", Kind::Choice(types), false),
            ("enabled", Kind::Flag, false),
            ("scale", Kind::Number(f64::NEG_INFINITY, f64::INFINITY), false),
            ("weight_type", Kind::Choice(WEIGHT_TYPES), false),
        ];
        if let Some(rest) = self.members(path, value, &members) {
            self.nothing_else(path, &rest);
        }
    }

    fn cached_attention(&mut self, path: &str, value: &Value) {
        let members = [
            ("enabled", Kind::Flag, true),
            ("max_frames", Kind::Whole(1, 4), true),
            ("interval", Kind::Whole(1, 240), true),
        ];
        if let Some(rest) = self.members(path, value, &members) {
            self.nothing_else(path, &rest);
        }
    }

    /// Checks members of an object by name, kind and whether they must be there. Returns the other members.
    fn members(
        &mut self,
        path: &str,
        value: &Value,
        members: &[(&str, Kind, bool)],
    ) -> Option<Map<String, Value>> {
        let Some(mut rest) = value.as_object().cloned() else {
            self.breaks(path, "must be an object");
            return None;
        };
        for (name, kind, required) in members {
            match rest.remove(*name) {
                Some(value) => self.value(&format!("{path}.{name}"), &value, *kind),
                None => self.require(&format!("{path}.{name}"), !required, "required"),
            }
        }
        Some(rest)
    }

    /// Takes an object of anything out of the members that are left.
    fn free(&mut self, path: &str, rest: &mut Map<String, Value>, name: &str) {
        if let Some(value) = rest.remove(name) {
            self.require(&format!("{path}.{name}"), value.is_object(), "must be an object");
        }
    }

    fn nothing_else(&mut self, path: &str, rest: &Map<String, Value>) {
        for name in rest.keys() {
            self.breaks(&format!("{path}.{name}"), "unknown member");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEPTH: &str = "thibaud/controlnet-sd21-depth-diffusers";

    fn broken(more: &Value, generation: Generation, model: &str) -> Vec<String> {
        let mut params = more.as_object().unwrap().clone();
        params.entry("model_id").or_insert_with(|| json!(model));
        check(&params, generation)
    }

    fn turbo(more: &Value) -> Vec<String> {
        broken(more, Generation::V1, "stabilityai/sd-turbo")
    }

    fn beta(more: &Value) -> Vec<String> {
        broken(more, Generation::Beta, "stabilityai/sd-turbo")
    }

    #[test]
    fn v1_takes_what_the_reference_allows() {
        let net = json!({"model_id": DEPTH, "conditioning_scale": 0.5, "preprocessor": "depth_tensorrt",
            "preprocessor_params": {"x": 1}, "enabled": true, "control_guidance_start": 0.0});
        let params = json!({"prompt": [["a", 0.5], ["b", -1]], "seed": [[7, 0.5], [8.0, 0.5]], "delta": 3,
            "t_index_list": [12, 20, 50], "width": 704, "height": 384, "lora_dict": null, "controlnets": [net],
            "num_inference_steps": 50, "use_safety_checker": true, "acceleration": "none",
            "image_postprocessing": {"processors": [{"type": "sharpen", "params": {}}]}});
        assert_eq!(turbo(&params), Vec::<String>::new());
        assert_eq!(turbo(&json!({"prompt": "", "seed": -7, "lora_dict": {"a": 1}})), Vec::<String>::new());
        let adapters = json!({"ip_adapter": {"type": "faceid", "scale": 0.5, "enabled": true},
            "cached_attention": {"enabled": true, "max_frames": 4, "interval": 240}});
        assert_eq!(broken(&adapters, Generation::V1, "stabilityai/sdxl-turbo"), Vec::<String>::new());
    }

    #[test]
    fn v1_refuses_what_breaks_a_type_a_range_or_a_rule() {
        let net = |more: &Value| {
            let mut net = json!({"model_id": DEPTH, "conditioning_scale": 0.5, "preprocessor": "canny",
                "enabled": true});
            net.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            net
        };
        for (params, rule) in [
            (json!({"model_id": "KBlueLeaf/kohaku-v2.1"}), "params.model_id: not a known model"),
            (json!({"sed": 7}), "params.sed: unknown parameter"),
            (json!({"show_reloading_frame": true}), "params.show_reloading_frame: unknown parameter"),
            (json!({"ip_adapter": {}}), "params.ip_adapter: unknown parameter"),
            (json!({"delta": "0.5"}), "params.delta: must be a number"),
            (json!({"seed": 1.5}), "params.seed: must be a whole number or a list of [seed, weight]"),
            (
                json!({"seed": 9_007_199_254_740_992_i64}),
                "params.seed: must be a whole number or a list of [seed, weight]",
            ),
            (json!({"prompt": [["", 1]]}), "params.prompt: must be a string or a list of [text, weight]"),
            (json!({"prompt": [["a"]]}), "params.prompt: must be a string or a list of [text, weight]"),
            (json!({"prompt": null}), "params.prompt: must be a string or a list of [text, weight]"),
            (json!({"num_inference_steps": 101}), "params.num_inference_steps: must be from 1 to 100"),
            (json!({"t_index_list": []}), "params.t_index_list: must have 1 to 4 entries"),
            (json!({"t_index_list": [20, 12]}), "params.t_index_list: must not decrease"),
            (
                json!({"t_index_list": [51], "num_inference_steps": 100}),
                "params.t_index_list: 51 is not between 0 and 50",
            ),
            (
                json!({"t_index_list": [12], "num_inference_steps": 8}),
                "params.t_index_list: 12 is not between 0 and 8",
            ),
            (json!({"width": 700}), "params.width: must be divisible by 64"),
            (json!({"height": 1088}), "params.height: must be from 384 to 1024"),
            (json!({"acceleration": "2"}), "params.acceleration: must be one of none, xformers, tensorrt"),
            (json!({"controlnets": null}), "params.controlnets: must be a list"),
            (
                json!({"controlnets": [net(&json!({"conditioning_scale": 1.5}))]}),
                "params.controlnets.0.conditioning_scale: must be from 0 to 1",
            ),
            (
                json!({"controlnets": [net(&json!({})), net(&json!({}))]}),
                "params.controlnets: `thibaud/controlnet-sd21-depth-diffusers` is listed twice",
            ),
            (
                json!({"controlnets": [net(&json!({"model_id": "xinsir/controlnet-canny-sdxl-1.0"}))]}),
                "params.controlnets: `xinsir/controlnet-canny-sdxl-1.0` does not fit the model",
            ),
            (
                json!({"controlnets": [net(&json!({"conditioning_channels": 6}))]}),
                "params.controlnets.0.conditioning_channels: unknown member",
            ),
            (
                json!({"image_preprocessing": {"enabled": true}}),
                "params.image_preprocessing.processors: must be a list",
            ),
            (
                json!({"latent_preprocessing": {"processors": [{"type": "canny"}]}}),
                "params.latent_preprocessing.processors.0.type: must be one of latent_feedback",
            ),
        ] {
            assert_eq!(turbo(&params), [rule], "{params}");
        }
    }

    #[test]
    fn a_controlnet_and_cached_attention_must_be_complete_in_v1() {
        assert_eq!(
            turbo(&json!({"controlnets": [{"model_id": DEPTH}]})),
            [
                "params.controlnets.0.conditioning_scale: required",
                "params.controlnets.0.enabled: required",
                "params.controlnets.0.preprocessor: required",
            ]
        );
        let attention = json!({"cached_attention": {"enabled": true, "interval": 241}});
        assert_eq!(
            broken(&attention, Generation::V1, "Lykon/dreamshaper-8"),
            [
                "params.cached_attention.max_frames: required",
                "params.cached_attention.interval: must be from 1 to 240"
            ]
        );
    }

    #[test]
    fn sdxl_takes_three_controlnets_at_a_time() {
        let net = |id: &str, enabled: bool| json!({"model_id": id, "conditioning_scale": 1, "preprocessor": "canny", "enabled": enabled});
        let four = |enabled| {
            json!({"controlnets": [
                net("xinsir/controlnet-depth-sdxl-1.0", true), net("xinsir/controlnet-canny-sdxl-1.0", true),
                net("xinsir/controlnet-tile-sdxl-1.0", true),
                net("daydreamlive/TemporalNet2-stable-diffusion-xl-base-1.0", enabled)]})
        };
        let sdxl = |params: &Value| broken(params, Generation::V1, "stabilityai/sdxl-turbo");
        assert_eq!(sdxl(&four(false)), Vec::<String>::new());
        assert_eq!(sdxl(&four(true)), ["params.controlnets: at most 3 can be enabled with SDXL"]);
    }

    #[test]
    fn beta_checks_names_and_types_and_leaves_the_rest_to_the_runner() {
        let params = json!({"width": 700, "t_index_list": [], "num_inference_steps": 1000, "controlnets": null,
            "similar_image_filter_threshold": 2.5,
            "model_id": "KBlueLeaf/kohaku-v2.1"});
        assert_eq!(beta(&params), Vec::<String>::new());
        assert_eq!(
            beta(&json!({"controlnets": [{"model_id": DEPTH, "preprocessor": null}]})),
            Vec::<String>::new()
        );
        assert_eq!(
            beta(&json!({"use_safety_checker": true})),
            ["params.use_safety_checker: unknown parameter"]
        );
        assert_eq!(beta(&json!({"width": "wide"})), ["params.width: must be a whole number"]);
    }
}
