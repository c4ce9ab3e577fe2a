//! The members of the parameters that are objects: ControlNets, processors, IP adapter, cached attention.

use super::{Kind, models::Family};

/// One member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Who wants it to be there.
    pub needed: Needed,
    /// What it does, in a few words.
    pub what: &'static str,
}

/// Who wants a member to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// Nobody.
    Never,
    /// v1.
    V1,
    /// Both generations.
    Always,
}

/// The range of a side of the picture, in pixels.
pub const SIDE: (i64, i64) = (384, 1024);
/// What a side is a multiple of.
pub const SIDE_STEP: i64 = 64;

/// How two things are mixed by the runner.
pub const METHODS: &[&str] = &["linear", "slerp"];

/// The processors of latent pictures.
pub const LATENT_PROCESSORS: &[&str] = &["latent_feedback"];

/// The weight types of the IP adapter.
pub const WEIGHT_TYPES: &[&str] = &[
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

const SHARE: Kind = Kind::Number(0.0, 1.0);

/// The members of a `ControlNet`.
pub const NET: &[Member] = &[
    member("model_id", Kind::Text, Needed::Always, "its id; a show file may write the short name"),
    member("conditioning_scale", SHARE, Needed::V1, "how much it counts; 0 is off"),
    member("preprocessor", Kind::Preprocessor, Needed::V1, "what makes its picture out of the input"),
    member("preprocessor_params", Kind::Free, Needed::Never, "what that preprocessor is told"),
    member("enabled", Kind::Bool, Needed::V1, "whether it is loaded at all"),
    member("control_guidance_start", SHARE, Needed::Never, "handed on, and not used by the library"),
    member("control_guidance_end", SHARE, Needed::Never, "handed on, and not used by the library"),
];

/// The members of cached attention.
pub const CACHED_ATTENTION: &[Member] = &[
    member("enabled", Kind::Bool, Needed::V1, "whether it is loaded"),
    member("max_frames", Kind::Integer(1, 4), Needed::V1, "how many frames it looks back"),
    member("interval", Kind::Integer(1, 240), Needed::V1, "how many frames lie between them"),
];

/// Returns the members of the IP adapter; of every model if the family is not known.
pub fn ip_adapter(family: Option<Family>) -> [Member; 4] {
    let types = family.filter(|family| *family != Family::Sd21).unwrap_or(Family::Sdxl).ip_adapters();
    [
        member("type", Kind::Choice(types), Needed::Never, "which adapter"),
        member("enabled", Kind::Bool, Needed::Never, "whether it is loaded"),
        member("scale", Kind::Number(f64::MIN, f64::MAX), Needed::Never, "0 none, 1 normal, 2 strong"),
        member("weight_type", Kind::Choice(WEIGHT_TYPES), Needed::Never, "where in the network it acts"),
    ]
}

/// Returns the members of a block of processors.
pub fn processing(names: &'static [&'static str]) -> [Member; 2] {
    [
        member("enabled", Kind::Bool, Needed::Never, "whether the block is run"),
        member("processors", Kind::Processors(names), Needed::Always, "what is run, in this order"),
    ]
}

/// Returns the members of one processor.
pub fn processor(names: &'static [&'static str]) -> [Member; 3] {
    [
        member("type", Kind::Choice(names), Needed::Always, "which one"),
        member("enabled", Kind::Bool, Needed::Never, "whether it is run"),
        member("params", Kind::Free, Needed::Never, "what it is told"),
    ]
}

const fn member(name: &'static str, kind: Kind, needed: Needed, what: &'static str) -> Member {
    Member { name, kind, needed, what }
}
