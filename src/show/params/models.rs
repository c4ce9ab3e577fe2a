//! The diffusion models that the API knows, and which family each belongs to.

/// Models of one family share ControlNets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Stable Diffusion 2.1, with SD-Turbo.
    Sd21,
    /// Stable Diffusion 1.5.
    Sd15,
    /// Stable Diffusion XL.
    Sdxl,
}

/// The ids that the API accepts as `model_id`.
pub const IDS: [&str; 4] =
    ["stabilityai/sd-turbo", "stabilityai/sdxl-turbo", "Lykon/dreamshaper-8", "prompthero/openjourney-v4"];

/// Returns the family of a model id.
pub fn family(model_id: &str) -> Option<Family> {
    match model_id {
        "stabilityai/sd-turbo" => Some(Family::Sd21),
        "stabilityai/sdxl-turbo" => Some(Family::Sdxl),
        "Lykon/dreamshaper-8" | "prompthero/openjourney-v4" => Some(Family::Sd15),
        _ => None,
    }
}
