//! The parameters of `StreamDiffusion`: one table of names, kinds, who knows them, and what changing them costs.
//!
//! Also the models and their families. No checks here: `schema.rs` is strict as the API is, `params.rs` lenient as
//! the runner is.

use serde_json::Value;

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) known: Known,
    pub(super) change: Change,
}

/// What a parameter's value looks like. Ranges are those of v1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Flag,
    Number(f64, f64),
    Whole(i64, i64),
    /// A whole multiple of 64.
    Size,
    Choice(&'static [&'static str]),
    Prompts,
    Seeds,
    Steps,
    Loras,
    Controlnets,
    Processing(&'static [&'static str]),
    IpAdapter,
    CachedAttention,
}

/// Who knows a parameter; the runner knows all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Both generations.
    Both,
    /// v1 only.
    V1,
    /// v1, but not on SD-Turbo.
    V1Adapters,
    /// Only the runner.
    Runner,
}

/// What changing a parameter does to a running stream (December 2025).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is taken over between two frames.
    Live,
    /// The pipeline is loaded again.
    Reload,
    /// It is live, but for one member of the object.
    ReloadIf(&'static str),
    /// It is refused.
    Refused,
}

/// The families of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Sd21,
    Sd15,
    Sdxl,
}

pub(super) const METHODS: &[&str] = &["linear", "slerp"];
pub(super) const PREPROCESSORS: &[&str] = &[
    "blur",
    "canny",
    "depth",
    "depth_tensorrt",
    "external",
    "feedback",
    "hed",
    "lineart",
    "mediapipe_pose",
    "mediapipe_segmentation",
    "openpose",
    "passthrough",
    "pose_tensorrt",
    "realesrgan_trt",
    "sharpen",
    "soft_edge",
    "standard_lineart",
    "temporal_net_tensorrt",
    "upscale",
];
const LATENT_PROCESSORS: &[&str] = &["latent_feedback"];

/// Weight types of the IP adapter.
pub(super) const WEIGHT_TYPES: &[&str] = &[
    "linear",
    "ease in",
    "ease out",
    "ease in-out",
    "reverse in-out",
    "weak input",
    "weak output",
    "weak middle",
    "strong middle",
    "style transfer",
    "composition",
    "strong style transfer",
    "style and composition",
    "style transfer precise",
    "composition precise",
];

const ANY: Kind = Kind::Number(f64::NEG_INFINITY, f64::INFINITY);

/// All parameters the December 2025 runner knows.
pub(super) const FIELDS: &[Field] = &[
    field("model_id", Kind::Text, Known::Both, Change::Reload),
    field("prompt", Kind::Prompts, Known::Both, Change::Live),
    field("prompt_interpolation_method", Kind::Choice(METHODS), Known::Both, Change::Live),
    field("normalize_prompt_weights", Kind::Flag, Known::Both, Change::Live),
    field("negative_prompt", Kind::Text, Known::Both, Change::Live),
    field("guidance_scale", ANY, Known::Both, Change::Live),
    field("delta", ANY, Known::Both, Change::Live),
    field("num_inference_steps", Kind::Whole(1, 100), Known::Both, Change::Live),
    field("t_index_list", Kind::Steps, Known::Both, Change::Live),
    field("width", Kind::Size, Known::Both, Change::Refused),
    field("height", Kind::Size, Known::Both, Change::Refused),
    field("lora_dict", Kind::Loras, Known::Both, Change::Reload),
    field("use_lcm_lora", Kind::Flag, Known::Both, Change::Reload),
    field("lcm_lora_id", Kind::Text, Known::Both, Change::Reload),
    field("acceleration", Kind::Choice(&["none", "xformers", "tensorrt"]), Known::Both, Change::Reload),
    field("use_denoising_batch", Kind::Flag, Known::Both, Change::Reload),
    field("do_add_noise", Kind::Flag, Known::Both, Change::Reload),
    field("seed", Kind::Seeds, Known::Both, Change::Live),
    field("seed_interpolation_method", Kind::Choice(METHODS), Known::Both, Change::Live),
    field("normalize_seed_weights", Kind::Flag, Known::Both, Change::Live),
    field("enable_similar_image_filter", Kind::Flag, Known::Both, Change::Reload),
    field("similar_image_filter_threshold", Kind::Number(0.0, 1.0), Known::Both, Change::Reload),
    field("similar_image_filter_max_skip_frame", Kind::Whole(0, i64::MAX), Known::Both, Change::Reload),
    field("controlnets", Kind::Controlnets, Known::Both, Change::Live),
    field("use_safety_checker", Kind::Flag, Known::V1, Change::Live),
    field("safety_checker_threshold", Kind::Number(0.0, 1.0), Known::Runner, Change::Live),
    field("skip_diffusion", Kind::Flag, Known::V1, Change::Reload),
    field("image_preprocessing", Kind::Processing(PREPROCESSORS), Known::V1, Change::Live),
    field("image_postprocessing", Kind::Processing(PREPROCESSORS), Known::V1, Change::Live),
    field("latent_preprocessing", Kind::Processing(LATENT_PROCESSORS), Known::V1, Change::Live),
    field("latent_postprocessing", Kind::Processing(LATENT_PROCESSORS), Known::V1, Change::Live),
    field("ip_adapter", Kind::IpAdapter, Known::V1Adapters, Change::ReloadIf("type")),
    field("ip_adapter_style_image_url", Kind::Text, Known::V1Adapters, Change::Live),
    field("cached_attention", Kind::CachedAttention, Known::V1Adapters, Change::ReloadIf("enabled")),
    field("show_reloading_frame", Kind::Flag, Known::Runner, Change::Reload),
];

const fn field(name: &'static str, kind: Kind, known: Known, change: Change) -> Field {
    Field { name, kind, known, change }
}

/// Finds a parameter by its name.
pub(super) fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// Returns the family of a model that the API offers.
pub(super) fn family(model_id: &str) -> Option<Family> {
    match model_id {
        "stabilityai/sd-turbo" => Some(Family::Sd21),
        "stabilityai/sdxl-turbo" => Some(Family::Sdxl),
        "Lykon/dreamshaper-8" | "prompthero/openjourney-v4" => Some(Family::Sd15),
        _ => None,
    }
}

/// Returns the family of a control net.
pub(super) fn controlnet_family(model_id: &str) -> Option<Family> {
    match model_id {
        "thibaud/controlnet-sd21-openpose-diffusers"
        | "thibaud/controlnet-sd21-hed-diffusers"
        | "thibaud/controlnet-sd21-canny-diffusers"
        | "thibaud/controlnet-sd21-depth-diffusers"
        | "thibaud/controlnet-sd21-color-diffusers"
        | "daydreamlive/TemporalNet2-stable-diffusion-2-1" => Some(Family::Sd21),
        "lllyasviel/control_v11f1p_sd15_depth"
        | "lllyasviel/control_v11f1e_sd15_tile"
        | "lllyasviel/control_v11p_sd15_canny"
        | "daydreamlive/TemporalNet2-stable-diffusion-v1-5" => Some(Family::Sd15),
        "xinsir/controlnet-depth-sdxl-1.0"
        | "xinsir/controlnet-canny-sdxl-1.0"
        | "xinsir/controlnet-tile-sdxl-1.0"
        | "daydreamlive/TemporalNet2-stable-diffusion-xl-base-1.0" => Some(Family::Sdxl),
        _ => None,
    }
}

/// Checks what both the API and the runner ask of a list of control nets: each once, of the model's family, and
/// with SDXL at most three in use. Says what is wrong.
pub(super) fn controlnet_rules(nets: &[Value], family: Family) -> Option<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut enabled = 0;
    for net in nets {
        let Some(id) = net["model_id"].as_str() else { continue };
        if seen.contains(&id) {
            return Some(format!("`{id}` is listed twice"));
        }
        if controlnet_family(id) != Some(family) {
            return Some(format!("`{id}` does not fit the model"));
        }
        seen.push(id);
        enabled += usize::from(net["enabled"].as_bool().unwrap_or(true));
    }
    (family == Family::Sdxl && enabled > 3).then(|| "at most 3 can be enabled with SDXL".to_owned())
}

/// Checks what both the API and the runner ask of `t_index_list`. Says what is wrong.
pub(super) fn steps_rules(indices: &[i64], steps: i64) -> Option<String> {
    if !(1..=4).contains(&indices.len()) {
        return Some("must have 1 to 4 entries".to_owned());
    }
    if indices.windows(2).any(|pair| pair[0] > pair[1]) {
        return Some("must not decrease".to_owned());
    }
    let outside = indices.iter().find(|index| !(0..=steps).contains(*index))?;
    Some(format!("{outside} is not between 0 and {steps}"))
}

/// Reads a number as a whole one: 7 and 7.0, not 7.5.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15)?;
        Some(number as i64)
    })
}
