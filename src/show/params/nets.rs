//! The ControlNets that the API knows: short name, id per family, and the preprocessor each is usually fed by.

use super::models::Family;

/// One ControlNet of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetSpec {
    /// What a show file may call it: `depth`, `canny`, …
    pub short: &'static str,
    /// Which models it fits.
    pub family: Family,
    /// The id in the API.
    pub id: &'static str,
    /// The preprocessor it is usually fed by.
    pub preprocessor: &'static str,
    /// That preprocessor's usual parameters, as JSON.
    pub preprocessor_params: &'static str,
}

/// Every ControlNet.
pub const TABLE: &[NetSpec] = &[
    net("pose", Family::Sd21, "thibaud/controlnet-sd21-openpose-diffusers", "pose_tensorrt", "{}"),
    net("hed", Family::Sd21, "thibaud/controlnet-sd21-hed-diffusers", "soft_edge", "{}"),
    net("canny", Family::Sd21, "thibaud/controlnet-sd21-canny-diffusers", "canny", CANNY),
    net("depth", Family::Sd21, "thibaud/controlnet-sd21-depth-diffusers", "depth_tensorrt", "{}"),
    net("color", Family::Sd21, "thibaud/controlnet-sd21-color-diffusers", "passthrough", "{}"),
    net("temporal", Family::Sd21, "daydreamlive/TemporalNet2-stable-diffusion-2-1", TEMPORAL, FLOW),
    net("depth", Family::Sd15, "lllyasviel/control_v11f1p_sd15_depth", "depth_tensorrt", "{}"),
    net("tile", Family::Sd15, "lllyasviel/control_v11f1e_sd15_tile", "feedback", "{}"),
    net("canny", Family::Sd15, "lllyasviel/control_v11p_sd15_canny", "canny", CANNY),
    net("temporal", Family::Sd15, "daydreamlive/TemporalNet2-stable-diffusion-v1-5", TEMPORAL, FLOW),
    net("depth", Family::Sdxl, "xinsir/controlnet-depth-sdxl-1.0", "depth_tensorrt", "{}"),
    net("canny", Family::Sdxl, "xinsir/controlnet-canny-sdxl-1.0", "canny", CANNY),
    net("tile", Family::Sdxl, "xinsir/controlnet-tile-sdxl-1.0", "feedback", "{}"),
    net("temporal", Family::Sdxl, "daydreamlive/TemporalNet2-stable-diffusion-xl-base-1.0", TEMPORAL, FLOW),
];

const CANNY: &str = r#"{"low_threshold": 100, "high_threshold": 200}"#;
const TEMPORAL: &str = "temporal_net_tensorrt";
const FLOW: &str = r#"{"flow_strength": 0.4}"#;

/// The preprocessors that a `ControlNet` can be fed by.
pub const PREPROCESSORS: &[&str] = &[
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

const fn net(
    short: &'static str,
    family: Family,
    id: &'static str,
    preprocessor: &'static str,
    preprocessor_params: &'static str,
) -> NetSpec {
    NetSpec { short, family, id, preprocessor, preprocessor_params }
}

/// Returns the ControlNet that a show file means by `name`, a short name or an id, for models of `family`.
pub fn find(name: &str, family: Family) -> Option<&'static NetSpec> {
    TABLE.iter().find(|net| net.family == family && (net.short == name || net.id == name))
}

/// Returns the short names that `family` has.
pub fn short_names(family: Family) -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(move |net| net.family == family).map(|net| net.short)
}

/// Returns the `ControlNet` of that id, of whatever family.
pub fn by_id(id: &str) -> Option<&'static NetSpec> {
    TABLE.iter().find(|net| net.id == id)
}
