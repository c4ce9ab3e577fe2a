//! Every parameter, in the order of the vendor's documentation.

use super::{
    Class, Idle, Kind, Known, Part, Spec,
    nets::PREPROCESSORS,
    objects::{LATENT_PROCESSORS, METHODS},
};

const ANY: Kind = Kind::Number(f64::MIN, f64::MAX);
const METHOD: Kind = Kind::Choice(METHODS);
const IMAGE: Kind = Kind::Processing(PREPROCESSORS);
const LATENT: Kind = Kind::Processing(LATENT_PROCESSORS);

const LIVE: Class = Class::Live;
const RELOAD: Class = Class::Reload;

/// Every parameter.
pub const TABLE: &[Spec] = &[
    spec("model_id", Kind::Model, RELOAD, "\"stabilityai/sd-turbo\"", "the diffusion model"),
    spec("prompt", Kind::Prompts, LIVE, "\"flowers\"", "what to paint: a text, or texts with weights")
        .july("\"an anime render of a girl with purple hair, masterpiece\""),
    spec("prompt_interpolation_method", METHOD, LIVE, "\"slerp\"", "how two prompts are mixed"),
    spec(
        "normalize_prompt_weights",
        Kind::Bool,
        LIVE,
        "true",
        "whether prompt weights are divided by their sum",
    ),
    spec("negative_prompt", Kind::Text, LIVE, "\"blurry, low quality, flat, 2d\"", "what not to paint")
        .idle(Idle::Always("the runner never encodes the negative prompt")),
    spec("guidance_scale", ANY, LIVE, "1.0", "how hard the picture is pulled to the prompt")
        .idle(Idle::Unguided("guidance only acts above 1.0")),
    spec("delta", ANY, LIVE, "0.7", "the strength of the noise that guidance takes away")
        .idle(Idle::Unguided("it only acts with a guidance_scale above 1.0")),
    spec("num_inference_steps", Kind::Integer(1, 100), LIVE, "50", "the length of the noise schedule")
        .unit("steps"),
    spec(
        "t_index_list",
        Kind::Indices,
        LIVE,
        "[12, 20, 32]",
        "the steps that are run: low ones repaint, high ones keep",
    )
    .class_july(Class::Partly(Part::Length)),
    spec("width", Kind::Size, Class::Fixed, "512", "the width of the picture").july("704").unit("pixels"),
    spec("height", Kind::Size, Class::Fixed, "512", "the height of the picture").july("384").unit("pixels"),
    spec("lora_dict", Kind::Loras, RELOAD, "null", "LoRAs by their scale"),
    spec("use_lcm_lora", Kind::Bool, RELOAD, "true", "whether to load the LCM LoRA")
        .idle(Idle::Turbo("the turbo models ignore it")),
    spec("lcm_lora_id", Kind::Text, RELOAD, "\"latent-consistency/lcm-lora-sdv1-5\"", "which LCM LoRA")
        .idle(Idle::Always("the runner chooses the LoRA by the family of the model")),
    spec(
        "acceleration",
        Kind::Choice(&["none", "xformers", "tensorrt"]),
        RELOAD,
        "\"tensorrt\"",
        "how the model is run",
    ),
    spec(
        "use_denoising_batch",
        Kind::Bool,
        RELOAD,
        "true",
        "runs all steps as one batch; `false` cannot be loaded",
    ),
    spec("do_add_noise", Kind::Bool, RELOAD, "true", "whether noise is added between the steps"),
    spec("seed", Kind::Seeds, LIVE, "789", "out of which noise: a number, or numbers with weights"),
    spec("seed_interpolation_method", METHOD, LIVE, "\"linear\"", "how two seeds are mixed"),
    spec("normalize_seed_weights", Kind::Bool, LIVE, "true", "whether seed weights are divided by their sum"),
    spec(
        "enable_similar_image_filter",
        Kind::Bool,
        RELOAD,
        "false",
        "skips frames that hardly differ from the last",
    ),
    spec(
        "similar_image_filter_threshold",
        Kind::Number(0.0, 1.0),
        RELOAD,
        "0.98",
        "how alike frames are skipped",
    ),
    spec(
        "similar_image_filter_max_skip_frame",
        Kind::Integer(0, i64::MAX),
        RELOAD,
        "10",
        "how many in a row at most",
    )
    .unit("frames"),
    spec("controlnets", Kind::Nets, LIVE, "[]", "what of the input the picture keeps to")
        .july(JULY_NETS)
        .class_july(Class::Partly(Part::AllButScales)),
    spec("use_safety_checker", Kind::Bool, LIVE, "true", "whether refused pictures are held back")
        .known(Known::V1),
    spec(
        "safety_checker_threshold",
        Kind::Number(0.0, 1.0),
        LIVE,
        "0.5",
        "from where on a picture is refused",
    )
    .known(Known::Runner),
    spec("skip_diffusion", Kind::Bool, RELOAD, "false", "hands the input through, processors only")
        .known(Known::V1),
    spec("image_preprocessing", IMAGE, LIVE, "null", "processors before the picture is encoded")
        .known(Known::V1),
    spec(
        "image_postprocessing",
        IMAGE,
        LIVE,
        "null",
        "processors after it is decoded; upscalers fix the size",
    )
    .known(Known::V1),
    spec("latent_preprocessing", LATENT, LIVE, "null", "processors before the diffusion").known(Known::V1),
    spec("latent_postprocessing", LATENT, LIVE, "null", "processors after the diffusion").known(Known::V1),
    spec(
        "ip_adapter",
        Kind::IpAdapter,
        Class::Partly(Part::Member("type")),
        "null",
        "paints in the style of a picture",
    )
    .known(Known::V1Adapters),
    spec(
        "ip_adapter_style_image_url",
        Kind::Text,
        LIVE,
        "\"\"",
        "that picture: an https URL, a data URI or base64",
    )
    .known(Known::V1Adapters),
    spec(
        "cached_attention",
        Kind::CachedAttention,
        Class::Partly(Part::Member("enabled")),
        "null",
        "steadies the picture over time",
    )
    .known(Known::V1Adapters),
    spec("show_reloading_frame", Kind::Bool, RELOAD, "true", "shows a still with a spinner while loading")
        .known(Known::Runner),
];

/// The parameters that Segue sets by itself, and what a show file should say instead.
pub const OURS: [(&str, &str); 4] = [
    ("prompt_interpolation_method", "the stream's `blend` says how prompts are mixed"),
    ("normalize_prompt_weights", "the stream's `blend` says how prompts are mixed"),
    ("seed_interpolation_method", "seeds are always mixed the one way the runner keeps"),
    ("normalize_seed_weights", "seeds are always mixed the one way the runner keeps"),
];

/// What the runner of July 2025 has when nobody names any.
const JULY_NETS: &str = r#"[
    {"model_id": "thibaud/controlnet-sd21-openpose-diffusers", "conditioning_scale": 0.711,
     "preprocessor": "pose_tensorrt", "preprocessor_params": {}, "enabled": true},
    {"model_id": "thibaud/controlnet-sd21-hed-diffusers", "conditioning_scale": 0.2,
     "preprocessor": "soft_edge", "preprocessor_params": {}, "enabled": true},
    {"model_id": "thibaud/controlnet-sd21-canny-diffusers", "conditioning_scale": 0.2,
     "preprocessor": "canny", "preprocessor_params": {"low_threshold": 100, "high_threshold": 200}, "enabled": true},
    {"model_id": "thibaud/controlnet-sd21-depth-diffusers", "conditioning_scale": 0.5,
     "preprocessor": "depth_tensorrt", "preprocessor_params": {}, "enabled": true},
    {"model_id": "thibaud/controlnet-sd21-color-diffusers", "conditioning_scale": 0.2,
     "preprocessor": "passthrough", "preprocessor_params": {}, "enabled": true}
]"#;

const fn spec(
    name: &'static str,
    kind: Kind,
    class: Class,
    default: &'static str,
    what: &'static str,
) -> Spec {
    Spec {
        name,
        kind,
        class,
        class_july: None,
        known: Known::Both,
        default,
        default_july: None,
        what,
        unit: "",
        idle: None,
    }
}

impl Spec {
    const fn july(mut self, default: &'static str) -> Self {
        self.default_july = Some(default);
        self
    }

    const fn class_july(mut self, class: Class) -> Self {
        self.class_july = Some(class);
        self
    }

    const fn known(mut self, known: Known) -> Self {
        self.known = known;
        self
    }

    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    const fn idle(mut self, idle: Idle) -> Self {
        self.idle = Some(idle);
        self
    }
}
