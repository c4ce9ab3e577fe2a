//! The parameters of `StreamDiffusion`: what each is called, what it may be, and what a change of it costs.
//!
//! One table ([`TABLE`]); reading, range checks, the simulator's refusals, the JSON Schema, the reference page and the
//! messages of `check` all come from it. Two ages of the runner are known, and both generations of the API.
//!
//! | file | holds |
//! |---|---|
//! | `table` | every parameter |
//! | `objects` | the members of those that are objects |
//! | `models`, `nets` | models with what they can do, `ControlNets` with their short names |
//! | `values` | the check of single values |
//! | `rules` | the rules across them, and [`validate`] |

pub mod models;
pub mod nets;
pub mod objects;
mod rules;
mod table;
mod values;

use serde_json::{Map, Value};

pub use self::{
    rules::{
        STEP_MAX, api, enlargement, nets_rule, overruns, playable, pose_has_no_engine, runner, steps_rule,
        validate,
    },
    table::{OURS, TABLE},
    values::{Complaint, Violation, check, check_kind, whole},
};
use models::Family;

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name in the API and in the show file.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What a change costs.
    class: Class,
    /// What a change costs on the runner of July 2025, where that differs.
    class_july: Option<Class>,
    /// Who knows it.
    pub known: Known,
    /// What the runner takes when it is left out, as JSON.
    default: &'static str,
    /// What the runner of July 2025 takes, as JSON, where that differs.
    default_july: Option<&'static str>,
    /// What it does, in one sentence without a full stop.
    pub what: &'static str,
    /// What its numbers count; empty where that is plain.
    pub unit: &'static str,
    /// When changing it shows nothing.
    pub idle: Option<Idle>,
}

impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What the values of a parameter, or of a member of one, are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any number in the range, ends included.
    Number(f64, f64),
    /// A whole number in the range, ends included.
    Integer(i64, i64),
    /// A side of the picture in pixels: 384 to 1024, a multiple of 64.
    Size,
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// The id of a model.
    Model,
    /// The step schedule: 1 to 4 whole numbers that never fall, each below `num_inference_steps`.
    Indices,
    /// A text or a weighted list of texts.
    Prompts,
    /// A whole number or a weighted list of them.
    Seeds,
    /// Scales by name, or null.
    Loras,
    /// The list of ControlNets.
    Nets,
    /// The preprocessor of a `ControlNet`.
    Preprocessor,
    /// A block of processors, each one of these.
    Processing(&'static [&'static str]),
    /// The list of such a block.
    Processors(&'static [&'static str]),
    /// The IP adapter.
    IpAdapter,
    /// Cached attention.
    CachedAttention,
    /// An object of anything.
    Free,
}

/// What a change of a parameter costs while the stream runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Taken over at the next frame.
    Live,
    /// Live, but for one part of it, whose change loads the pipeline again.
    Partly(Part),
    /// The pipeline is loaded again: seconds without a picture.
    Reload,
    /// The runner refuses it while streaming.
    Fixed,
}

/// The part of a live parameter whose change loads the pipeline again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// This member of the object.
    Member(&'static str),
    /// The length of the list.
    Length,
    /// Everything but the scales.
    AllButScales,
}

/// When changing a parameter shows nothing, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Never does it show.
    Always(&'static str),
    /// It shows only with a `guidance_scale` above 1.
    Unguided(&'static str),
    /// It shows on all models but the turbo ones.
    Turbo(&'static str),
}

/// Who knows a parameter; the runner of December 2025 knows all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Both generations of the API, and the runner of July 2025.
    Both,
    /// v1 only.
    V1,
    /// v1, but not on SD-Turbo.
    V1Adapters,
    /// Only the runner: no API lets it through.
    Runner,
}

/// A generation of the API, by what it checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Checks names, types, ranges and some rules across.
    V1,
    /// Checks names and types, and leaves the rest to the runner.
    Beta,
}

/// An age of the runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The public runner of December 2025, which the hosted service is assumed to be.
    #[default]
    December2025,
    /// The runner of July 2025: other defaults, no flush, fewer live parameters.
    July2025,
}

impl Profile {
    /// What people write for each.
    pub const WORDS: [&'static str; 2] = ["dec2025", "jul2025"];

    /// Returns the profile of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "dec2025" => Some(Self::December2025),
            "jul2025" => Some(Self::July2025),
            _ => None,
        }
    }
}

/// The largest seed: whole numbers up to here survive a JavaScript server.
pub const SEED_MAX: i64 = (1 << 53) - 1;

impl Spec {
    /// Returns what a change costs.
    pub fn class(&self, profile: Profile) -> Class {
        match profile {
            Profile::December2025 => self.class,
            Profile::July2025 => self.class_july.unwrap_or(self.class),
        }
    }

    /// Returns whether a scene may change it while the stream runs, at least in part.
    pub fn is_live(&self) -> bool {
        matches!(self.class, Class::Live | Class::Partly(_))
    }

    /// Returns whether a show file may name it in the `params` of a stream.
    pub fn is_for_streams(&self) -> bool {
        self.known != Known::Runner && OURS.iter().all(|(ours, _)| *ours != self.name)
    }

    /// Returns whether a scene may name it, with `allow_reload` if need be.
    pub fn is_for_scenes(&self) -> bool {
        self.is_for_streams() && self.class != Class::Fixed && self.kind != Kind::Model
    }

    /// Returns whether that generation lets it through, for models of `family`.
    pub fn is_known_to(&self, dialect: Dialect, family: Option<Family>) -> bool {
        match self.known {
            Known::Both => true,
            Known::V1 => dialect == Dialect::V1,
            Known::V1Adapters => dialect == Dialect::V1 && family != Some(Family::Sd21),
            Known::Runner => false,
        }
    }

    /// Returns what that runner takes when it is left out; `None` if that runner does not know it.
    pub fn default(&self, profile: Profile) -> Option<Value> {
        let text = match profile {
            Profile::December2025 => self.default,
            Profile::July2025 if self.known != Known::Both => return None,
            Profile::July2025 => self.default_july.unwrap_or(self.default),
        };
        Some(serde_json::from_str(text).unwrap_or_default())
    }

    /// Returns the default of December 2025 as JSON text, and that of July 2025 where it differs.
    pub fn defaults_written(&self) -> (&'static str, Option<&'static str>) {
        (self.default, self.default_july)
    }

    /// Returns the width of the range, or 1 where it has none: by this a change is small or large.
    pub fn span(&self) -> f64 {
        match self.kind {
            Kind::Number(low, high) if high - low < 1e9 => high - low,
            Kind::Integer(low, high) if high.saturating_sub(low) < 1_000_000_000 => (high - low) as f64,
            Kind::Size => (objects::SIDE.1 - objects::SIDE.0) as f64,
            _ => 1.0,
        }
    }
}

/// Returns the parameter of that name.
pub fn find(name: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.name == name)
}

/// Returns everything that a runner takes when nothing is named.
pub fn defaults(profile: Profile) -> Map<String, Value> {
    TABLE.iter().filter_map(|spec| Some((spec.name.to_owned(), spec.default(profile)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_every_default_is_json() {
        for (index, spec) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|other| other.name != spec.name), "{}", spec.name);
            for text in [Some(spec.default), spec.default_july].into_iter().flatten() {
                assert!(serde_json::from_str::<Value>(text).is_ok(), "{}", spec.name);
            }
            assert!(!spec.what.is_empty() && !spec.what.ends_with('.'), "{}", spec.name);
        }
    }

    #[test]
    fn the_defaults_of_both_ages_break_no_rule() {
        for profile in [Profile::December2025, Profile::July2025] {
            let defaults = defaults(profile);
            assert_eq!(runner(&defaults, profile), [], "{profile:?}");
            // Objects that are not there are null on the runner and left out in the API.
            let mut sent = defaults;
            sent.retain(|name, value| {
                !value.is_null() && find(name).is_some_and(|spec| spec.is_known_to(Dialect::Beta, None))
            });
            assert_eq!(validate(&sent, Dialect::Beta, profile), [], "{profile:?}");
        }
        assert_eq!(defaults(Profile::July2025)["controlnets"].as_array().map(Vec::len), Some(5));
        assert_eq!(
            find("prompt").and_then(|spec| spec.default(Profile::December2025)),
            Some("flowers".into())
        );
        assert_eq!(find("ip_adapter").and_then(|spec| spec.default(Profile::July2025)), None);
    }
}
