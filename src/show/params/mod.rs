//! The parameters of StreamDiffusion: what each is called, what it may be, and whether it can change in mid-stream.
//!
//! One table; parsing, range checks and messages all read it. Names, ranges and defaults are those of the v1 API and of
//! the runner of December 2025.

pub mod models;
pub mod nets;

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name in the API and in the show file.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What a change costs.
    pub class: Class,
    /// What the runner takes when it is left out, as JSON.
    pub default: &'static str,
    /// Why fading it shows nothing, where that is so.
    pub idle: Option<&'static str>,
}

impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any number in the range, ends included.
    Number(f64, f64),
    /// A whole number in the range, ends included.
    Integer(f64, f64),
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// The step schedule: 1 to 4 whole numbers that never fall, each below `num_inference_steps`.
    Indices,
    /// A text or a weighted list of texts.
    Prompts,
    /// A whole number or a weighted list of them.
    Seeds,
    /// The list of ControlNets.
    Nets,
    /// An object that is handed on as written.
    Object,
}

/// What a change of a parameter costs while the stream runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Taken over at the next frame.
    Live,
    /// The pipeline is loaded again: seconds without a picture.
    Reload,
    /// The runner refuses it while streaming.
    Fixed,
}

/// The largest seed: whole numbers up to here survive a JavaScript server.
pub const SEED_MAX: i64 = (1 << 53) - 1;

/// Every parameter, in the order of the vendor's documentation.
pub const TABLE: &[Spec] = &[
    spec("model_id", Kind::Choice(&models::IDS), Class::Reload, "\"stabilityai/sd-turbo\""),
    spec("prompt", Kind::Prompts, Class::Live, "\"flowers\""),
    spec("prompt_interpolation_method", METHOD, Class::Live, "\"slerp\""),
    spec("normalize_prompt_weights", Kind::Bool, Class::Live, "true"),
    spec("negative_prompt", Kind::Text, Class::Live, "\"blurry, low quality, flat, 2d\"")
        .idle("the runner never encodes the negative prompt"),
    spec("guidance_scale", ANY_NUMBER, Class::Live, "1.0"),
    spec("delta", ANY_NUMBER, Class::Live, "0.7").idle("it only acts with a guidance_scale above 1.0"),
    spec("num_inference_steps", Kind::Integer(1.0, 100.0), Class::Live, "50"),
    spec("t_index_list", Kind::Indices, Class::Live, "[12, 20, 32]"),
    spec("width", SIDE, Class::Fixed, "512"),
    spec("height", SIDE, Class::Fixed, "512"),
    spec("lora_dict", Kind::Object, Class::Reload, "null"),
    spec("use_lcm_lora", Kind::Bool, Class::Reload, "true"),
    spec("lcm_lora_id", Kind::Text, Class::Reload, "\"latent-consistency/lcm-lora-sdv1-5\""),
    spec("acceleration", Kind::Choice(&["none", "xformers", "tensorrt"]), Class::Reload, "\"tensorrt\""),
    spec("use_denoising_batch", Kind::Bool, Class::Reload, "true"),
    spec("do_add_noise", Kind::Bool, Class::Reload, "true"),
    spec("seed", Kind::Seeds, Class::Live, "789"),
    spec("seed_interpolation_method", METHOD, Class::Live, "\"linear\""),
    spec("normalize_seed_weights", Kind::Bool, Class::Live, "true"),
    spec("enable_similar_image_filter", Kind::Bool, Class::Reload, "false"),
    spec("similar_image_filter_threshold", Kind::Number(0.0, 1.0), Class::Reload, "0.98"),
    spec("similar_image_filter_max_skip_frame", Kind::Integer(0.0, 1e6), Class::Reload, "10"),
    spec("controlnets", Kind::Nets, Class::Live, "[]"),
    spec("use_safety_checker", Kind::Bool, Class::Live, "true"),
    spec("safety_checker_threshold", Kind::Number(0.0, 1.0), Class::Live, "0.5"),
    spec("skip_diffusion", Kind::Bool, Class::Reload, "false"),
    spec("image_preprocessing", Kind::Object, Class::Live, "null"),
    spec("image_postprocessing", Kind::Object, Class::Live, "null"),
    spec("latent_preprocessing", Kind::Object, Class::Live, "null"),
    spec("latent_postprocessing", Kind::Object, Class::Live, "null"),
    spec("ip_adapter", Kind::Object, Class::Live, "null"),
    spec("ip_adapter_style_image_url", Kind::Text, Class::Live, "null"),
    spec("cached_attention", Kind::Object, Class::Live, "null"),
    spec("show_reloading_frame", Kind::Bool, Class::Reload, "true"),
];

const METHOD: Kind = Kind::Choice(&["linear", "slerp"]);
const ANY_NUMBER: Kind = Kind::Number(f64::MIN, f64::MAX);
const SIDE: Kind = Kind::Integer(384.0, 1024.0);

const fn spec(name: &'static str, kind: Kind, class: Class, default: &'static str) -> Spec {
    Spec { name, kind, class, default, idle: None }
}

impl Spec {
    const fn idle(mut self, why: &'static str) -> Self {
        self.idle = Some(why);
        self
    }

    /// Returns the default as a number, for parameters whose values are numbers.
    pub fn default_number(&self) -> Option<f64> {
        self.default.parse().ok()
    }

    /// Returns the width of the range, or 1 where it has none: by this a change is small or large.
    pub fn span(&self) -> f64 {
        match self.kind {
            Kind::Number(low, high) | Kind::Integer(low, high) if high - low < 1e9 => high - low,
            _ => 1.0,
        }
    }
}

/// The parameters that Segue sets by itself, and what a show file should say instead.
pub const OURS: [(&str, &str); 4] = [
    ("prompt_interpolation_method", "the stream's `blend` says how prompts are mixed"),
    ("normalize_prompt_weights", "the stream's `blend` says how prompts are mixed"),
    ("seed_interpolation_method", "seeds are always mixed the one way the runner keeps"),
    ("normalize_seed_weights", "seeds are always mixed the one way the runner keeps"),
];

/// Returns the parameter of that name.
pub fn find(name: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_every_default_is_json() {
        for (index, spec) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|other| other.name != spec.name), "{}", spec.name);
            assert!(serde_json::from_str::<serde_json::Value>(spec.default).is_ok(), "{}", spec.name);
        }
    }

    #[test]
    fn defaults_lie_in_their_ranges() {
        for spec in TABLE {
            if let Kind::Number(low, high) | Kind::Integer(low, high) = spec.kind {
                let default = spec.default_number().unwrap();
                assert!((low..=high).contains(&default), "{}", spec.name);
            }
        }
    }
}
