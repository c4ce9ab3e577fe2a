//! The diffusion models that the API knows, which family each belongs to, and what it can do.

use super::Profile;

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

/// One model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// The id in the API.
    pub id: &'static str,
    /// Which ControlNets fit it.
    pub family: Family,
    /// The step schedule of its presets.
    pub preset: &'static str,
    /// Whether it is made for few steps and ignores the LCM `LoRA`.
    pub turbo: bool,
}

/// Every model of today.
pub const TABLE: &[ModelSpec] = &[
    ModelSpec { id: IDS[0], family: Family::Sd21, preset: "[12, 20, 32]", turbo: true },
    ModelSpec { id: IDS[1], family: Family::Sdxl, preset: "[36]", turbo: true },
    ModelSpec { id: IDS[2], family: Family::Sd15, preset: "[5, 15, 32]", turbo: false },
    ModelSpec { id: IDS[3], family: Family::Sd15, preset: "[5, 15, 32]", turbo: false },
];

/// The ids that the API accepts as `model_id`.
pub const IDS: &[&str] =
    &["stabilityai/sd-turbo", "stabilityai/sdxl-turbo", "Lykon/dreamshaper-8", "prompthero/openjourney-v4"];

/// A model that only the runner of July 2025 has; of the family of its base.
pub const KOHAKU: &str = "KBlueLeaf/kohaku-v2.1";

/// Returns the model of that id, if it is one of today's.
pub fn find(model_id: &str) -> Option<&'static ModelSpec> {
    TABLE.iter().find(|model| model.id == model_id)
}

/// Returns the family of a model id, if it is one of today's.
pub fn family(model_id: &str) -> Option<Family> {
    find(model_id).map(|model| model.family)
}

/// Returns the family of a model id that a runner has.
pub fn family_on(model_id: &str, profile: Profile) -> Option<Family> {
    let gone = profile == Profile::July2025 && model_id == KOHAKU;
    family(model_id).or(gone.then_some(Family::Sd15))
}

impl Family {
    /// The most ControlNets that it runs at once, where that is limited.
    pub fn nets_max(self) -> Option<usize> {
        (self == Self::Sdxl).then_some(3)
    }

    /// The types of IP adapter that the API lets through.
    pub fn ip_adapters(self) -> &'static [&'static str] {
        match self {
            Self::Sd21 => &[],
            Self::Sd15 => &["regular"],
            Self::Sdxl => &["regular", "faceid"],
        }
    }

    /// The most frames of cached attention with a step schedule of that length.
    pub fn cached_frames_max(self, schedule: usize) -> i64 {
        match (self, schedule) {
            (Self::Sdxl, 2) => 2,
            (Self::Sdxl, 3) => 1,
            (Self::Sdxl, 4) => 0,
            _ => 4,
        }
    }
}
