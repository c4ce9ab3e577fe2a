//! The library inside the GPU process: what it has encoded, what it blends, and what it forgets between updates.
//!
//! It is told only of names that changed, and where it is told nothing it uses defaults of its own: slerp for
//! prompts, linear for seeds. That is why a method that was asked for once does not stay.

use serde_json::{Value, json};

use super::{
    blend::{self, Method},
    params::Params,
};

/// Encodes at a load besides one for each prompt.
const LOAD_ENCODES: u64 = 3;

/// What has been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Prompts encoded.
    pub(super) encodes: u64,
    /// Blends that were not numbers.
    pub(super) not_finite: u64,
}

/// A loaded pipeline.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    angle: f64,
    /// One denoising step after another makes one batch; it is flushed by as many passes.
    batch: u32,
    prompts: Side<String>,
    seeds: Side<i64>,
    /// Control nets in use: an empty list is not passed on, so the old ones stay.
    controlnets: Value,
    work: Work,
}

/// Weighted entries, what was made of each by its position, and what they come to.
#[derive(Clone, Debug)]
struct Side<T> {
    slots: Vec<T>,
    list: Vec<(T, f64)>,
    normalize: bool,
    coefficients: Vec<f64>,
}

impl<T: Clone + PartialEq> Side<T> {
    fn new(normalize: bool) -> Self {
        Self { slots: Vec::new(), list: Vec::new(), normalize, coefficients: Vec::new() }
    }

    /// Takes a new list. Returns how many positions hold something else than before; an empty list is ignored.
    fn take(&mut self, list: Vec<(T, f64)>) -> u64 {
        let mut made = 0;
        for (place, (item, _)) in list.iter().enumerate() {
            match self.slots.get_mut(place) {
                Some(slot) if slot == item => {}
                Some(slot) => {
                    slot.clone_from(item);
                    made += 1;
                }
                None => {
                    self.slots.push(item.clone());
                    made += 1;
                }
            }
        }
        if !list.is_empty() {
            self.list = list;
        }
        made
    }
}

impl Engine {
    /// Builds a pipeline: empty caches, and the methods that are asked for hold, once.
    pub(super) fn load(params: &Params, angle: f64) -> Self {
        let mut engine = Self {
            angle,
            batch: params.indices().len() as u32,
            prompts: Side::new(params.flag("normalize_prompt_weights")),
            seeds: Side::new(params.flag("normalize_seed_weights")),
            controlnets: params.all()["controlnets"].clone(),
            work: Work { encodes: LOAD_ENCODES, not_finite: 0 },
        };
        engine.work.encodes += engine.prompts.take(params.prompts());
        engine.seeds.take(params.seeds());
        engine.blend_prompts(params.method("prompt_interpolation_method"));
        engine.blend_seeds(params.method("seed_interpolation_method"));
        if params.has_ip_adapter() {
            engine.blend_prompts(Method::Slerp);
        }
        engine
    }

    /// Takes over what changed. Returns what it cost.
    pub(super) fn update(&mut self, present: &Params, new: &Params) -> Work {
        let before = self.work;
        let names = new.differing(present);
        let changed = |name: &str| names.contains(&name);
        let method = |name: &str, forgotten| if changed(name) { new.method(name) } else { forgotten };
        if changed("normalize_prompt_weights") {
            self.prompts.normalize = new.flag("normalize_prompt_weights");
        }
        if changed("normalize_seed_weights") {
            self.seeds.normalize = new.flag("normalize_seed_weights");
        }
        if changed("prompt") && !new.prompts().is_empty() {
            self.work.encodes += self.prompts.take(new.prompts());
            self.blend_prompts(method("prompt_interpolation_method", Method::Slerp));
        }
        if present.indices().len() != new.indices().len() {
            // The noise is drawn anew for the new batch; the blend comes back with the next seed update.
            self.seeds.coefficients.clear();
        }
        if changed("seed") && !new.seeds().is_empty() {
            self.seeds.take(new.seeds());
            self.blend_seeds(method("seed_interpolation_method", Method::Linear));
        }
        if changed("controlnets") && new.all()["controlnets"] != json!([]) {
            self.controlnets = new.all()["controlnets"].clone();
        }
        if changed("ip_adapter") || changed("ip_adapter_style_image_url") && new.has_ip_adapter() {
            self.blend_prompts(Method::Slerp);
        }
        Work {
            encodes: self.work.encodes - before.encodes,
            not_finite: self.work.not_finite - before.not_finite,
        }
    }

    /// Returns what the load cost.
    pub(super) fn load_work(&self) -> Work {
        self.work
    }

    /// Returns how many passes flush the batch; set by the last load.
    pub(super) fn batch(&self) -> u32 {
        self.batch
    }

    /// Returns the coefficients in force. What is not a number is null.
    pub(super) fn effective(&self) -> Value {
        let Self { prompts, seeds, controlnets, .. } = self;
        let right = std::f64::consts::FRAC_PI_2;
        json!({
            "prompt": side(prompts, blend::length(&prompts.list, &prompts.coefficients, self.angle)),
            "seed": side(seeds, blend::length(&seeds.list, &seeds.coefficients, right)),
            "controlnets": controlnets,
        })
    }

    /// Returns the prompts in force, each with its coefficient.
    pub(super) fn prompts(&self) -> impl Iterator<Item = (&str, f64)> {
        let Side { list, coefficients, .. } = &self.prompts;
        list.iter().zip(coefficients).map(|((text, _), coefficient)| (text.as_str(), *coefficient))
    }

    fn blend_prompts(&mut self, method: Method) {
        let Side { list, normalize, .. } = &self.prompts;
        self.prompts.coefficients = blend::prompts(list, method, *normalize, self.angle);
        self.count_not_finite(|engine| &engine.prompts.coefficients);
    }

    fn blend_seeds(&mut self, method: Method) {
        let Side { list, normalize, .. } = &self.seeds;
        self.seeds.coefficients = blend::seeds(list, method, *normalize);
        self.count_not_finite(|engine| &engine.seeds.coefficients);
    }

    fn count_not_finite(&mut self, coefficients: impl Fn(&Self) -> &Vec<f64>) {
        let finite = coefficients(self).iter().all(|coefficient| coefficient.is_finite());
        self.work.not_finite += u64::from(!finite);
    }
}

/// Entries with their coefficients; none after the noise was drawn anew.
fn side<T: serde::Serialize>(side: &Side<T>, length: f64) -> Value {
    let entries = side.list.iter().zip(&side.coefficients);
    let entries: Vec<Value> = entries.map(|((item, _), coefficient)| json!([item, coefficient])).collect();
    json!({ "coefficients": entries, "length": length })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::machine::Profile;

    fn params(params: &Value) -> Params {
        Params::read(params.as_object().unwrap(), Profile::December2025).unwrap()
    }

    fn with_prompt(prompt: &Value) -> Params {
        params(&json!({ "prompt": prompt }))
    }

    /// Loads the first set, then updates with the others; returns the coefficients of prompts and seeds.
    fn after(sets: &[Value]) -> (Vec<f64>, Vec<f64>) {
        let mut present = params(&sets[0]);
        let mut engine = Engine::load(&present, 0.8);
        for set in &sets[1..] {
            let new = params(set);
            engine.update(&present, &new);
            present = new;
        }
        (engine.prompts.coefficients, engine.seeds.coefficients)
    }

    #[track_caller]
    fn near(actual: &[f64], expected: &[f64]) {
        let fits =
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6e-4);
        assert!(fits, "{actual:?}, not {expected:?}");
    }

    #[test]
    fn the_table_of_encodes() {
        let mut present = with_prompt(&json!("A"));
        let mut engine = Engine::load(&present, 0.8);
        assert_eq!(engine.load_work().encodes, 4, "three, and one for the text");
        for (prompt, encodes) in [
            (json!([["A", 0.9], ["B", 0.1]]), 1),
            (json!([["A", 0], ["B", 1]]), 0),
            (json!([["B", 1]]), 1),
            (json!([["B", 0.9], ["A", 0.1]]), 1),
            (json!([["A", 0.1], ["B", 0.9]]), 2),
            (json!([["A", 0.2], ["B", 0.2], ["C", 0.6]]), 1),
            (json!([["A", 1]]), 0),
            (json!([["A", 0], ["B", 0], ["C", 1]]), 0),
        ] {
            let new = with_prompt(&prompt);
            assert_eq!(engine.update(&present, &new).encodes, encodes, "{prompt}");
            present = new;
        }
        let three = with_prompt(&json!([["A", 1], ["B", 0], ["C", 0]]));
        assert_eq!(Engine::load(&three, 0.8).load_work().encodes, 6, "a load starts with empty slots");
    }

    #[test]
    fn an_empty_list_is_ignored() {
        let (prompts, _) = after(&[json!({"prompt": [["A", 0.5], ["B", 0.5]]}), json!({"prompt": []})]);
        near(&prompts, &[0.5428, 0.5428]);
    }

    #[test]
    fn a_linear_prompt_method_holds_at_the_load_and_is_then_forgotten() {
        let set = |b: f64, method: &str| json!({"prompt": [["A", 1.0 - b], ["B", b]], "prompt_interpolation_method": method});
        near(&after(&[set(0.5, "linear")]).0, &[0.5, 0.5]);
        near(&after(&[set(0.25, "linear"), set(0.5, "linear")]).0, &[0.5428, 0.5428]);
        near(&after(&[set(0.25, "slerp"), set(0.5, "linear")]).0, &[0.5, 0.5]);
        near(&after(&[set(0.5, "slerp"), set(0.5, "linear")]).0, &[0.5428, 0.5428]);
    }

    #[test]
    fn a_slerp_seed_method_holds_in_its_own_update_and_is_then_forgotten() {
        let set = |b: f64, method: &str| json!({"seed": [[1, 1.0 - b], [2, b]], "seed_interpolation_method": method});
        near(&after(&[set(0.5, "linear"), set(0.75, "slerp")]).1, &[0.383, 0.924]);
        near(&after(&[set(0.75, "slerp"), set(0.5, "slerp"), set(0.75, "slerp")]).1, &[0.316, 0.949]);
    }

    #[test]
    fn a_normalisation_flag_counts_from_the_next_list_on_and_stays() {
        let set = |b: f64, on: bool| json!({"prompt": [["A", 0.5], ["B", b], ["C", 0]], "normalize_prompt_weights": on});
        near(&after(&[set(1.5, true), set(1.5, false)]).0, &[0.25, 0.75, 0.0]);
        near(&after(&[set(1.5, true), set(1.5, false), set(1.0, false)]).0, &[0.5, 1.0, 0.0]);
        near(&after(&[set(1.5, true), set(1.0, false), set(0.5, false)]).0, &[0.5, 0.5, 0.0]);
    }

    #[test]
    fn an_ip_adapter_blends_the_prompts_again_with_slerp() {
        let set = |method: &str, scale: f64| {
            json!({"model_id": "Lykon/dreamshaper-8", "prompt": [["A", 0.5], ["B", 0.5]],
                "prompt_interpolation_method": method, "ip_adapter": {"scale": scale}})
        };
        near(&after(&[set("linear", 1.0)]).0, &[0.5428, 0.5428]);
        let mut without = set("linear", 1.0);
        without["ip_adapter"] = Value::Null;
        near(&after(&[without.clone()]).0, &[0.5, 0.5]);
        near(&after(&[without, set("linear", 0.5)]).0, &[0.5428, 0.5428]);
    }

    #[test]
    fn controlnets_that_are_left_out_stay() {
        let scale = |scale: f64| {
            params(&json!({"controlnets": [{"model_id": "thibaud/controlnet-sd21-hed-diffusers",
                "conditioning_scale": scale}]}))
        };
        let mut engine = Engine::load(&scale(0.5), 0.8);
        engine.update(&scale(0.5), &scale(0.25));
        engine.update(&scale(0.25), &params(&json!({})));
        assert_eq!(engine.effective()["controlnets"][0]["conditioning_scale"], 0.25);
    }

    #[test]
    fn another_number_of_steps_loses_the_seed_blend_until_the_next_seed() {
        let set = |seed: i64, indices: &[i64]| json!({"seed": seed, "t_index_list": indices});
        assert_eq!(after(&[set(1, &[1, 2, 3]), set(1, &[1, 2])]).1, Vec::<f64>::new());
        near(&after(&[set(1, &[1, 2, 3]), set(1, &[1, 2]), set(2, &[1, 2])]).1, &[1.0]);
        near(&after(&[set(1, &[1, 2, 3]), set(1, &[4, 5, 6])]).1, &[1.0]);
        let present = params(&set(1, &[1, 2, 3]));
        let mut engine = Engine::load(&present, 0.8);
        engine.update(&present, &params(&set(1, &[1])));
        assert_eq!(engine.batch(), 3, "flushes stay those of the last load");
    }

    #[test]
    fn what_is_not_a_number_is_counted_and_shown_as_null() {
        let present = with_prompt(&json!([["A", 1], ["B", 0]]));
        let mut engine = Engine::load(&present, 0.8);
        let work = engine.update(&present, &with_prompt(&json!([["A", 0], ["B", 0]])));
        assert_eq!(work, Work { encodes: 0, not_finite: 1 });
        assert_eq!(engine.effective()["prompt"]["coefficients"], json!([["A", null], ["B", null]]));
    }
}
