//! From a mix to a look: what a mix of scenes comes to over a stream's base. Pure arithmetic; knows neither time nor slots.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    fades, members,
    mix::Mix,
    scene::{Level, Scene},
    sheet::{Base, BlendMode},
    transition::{Point, Spot},
    weighted::Weighted,
};

/// The parameters to be shown. Prompts and seeds have no places yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Each prompt once, with its weight; they sum to 1.
    pub prompts: Vec<(Arc<str>, f64)>,
    /// Each seed once, with its weight; they sum to 1.
    pub seeds: Vec<(i64, f64)>,
    /// The other live parameters by name.
    pub values: BTreeMap<&'static str, Value>,
    /// The scale of each of the stream's ControlNets, in their order.
    pub scales: Vec<f64>,
}

/// Returns what the scenes come to over `base`.
pub fn look(point: &Point, base: &Base) -> Look {
    Look {
        prompts: sum_lists(&point.of(fades::PROMPT).mix, &base.prompt, |scene| scene.prompt.as_ref()),
        seeds: sum_lists(&point.of(fades::SEED).mix, &base.seed, |scene| scene.seed.as_ref()),
        values: values(point, base),
        scales: scales(&point.of(fades::CONTROLNETS).mix, base),
    }
}

/// Returns the coefficients to send for weights that sum to 1.
///
/// `angle` is the one that [`BlendMode::Spherical`] assumes between any two things, in radians.
pub fn coefficients<T>(mut weights: Vec<(T, f64)>, mode: BlendMode, angle: f64) -> Vec<(T, f64)> {
    if mode == BlendMode::Spherical {
        lengthen(&mut weights, angle);
    }
    weights.into_iter().map(|(thing, weight)| (thing, round(weight))).collect()
}

/// Returns each prompt of `mix` once, with its exact coefficient.
pub fn prompts(mix: &Mix, base: &Base, mode: BlendMode, angle: f64) -> Vec<(Arc<str>, f64)> {
    let mut prompts = sum_lists(mix, &base.prompt, |scene| scene.prompt.as_ref());
    if mode == BlendMode::Spherical {
        lengthen(&mut prompts, angle);
    }
    prompts
}

/// Adds up the scenes' weighted lists, each by its scene's share.
fn sum_lists<T: Clone + PartialEq>(
    mix: &Mix,
    base: &Weighted<T>,
    list: impl Fn(&Scene) -> Option<&Weighted<T>>,
) -> Vec<(T, f64)> {
    let mut sums: Vec<(T, f64)> = Vec::new();
    for part in mix.parts() {
        for (thing, weight) in list(&part.scene).unwrap_or(base).entries() {
            let share = part.weight * weight;
            match sums.iter().position(|(other, _)| other == thing) {
                Some(place) => sums[place].1 += share,
                None => sums.push((thing.clone(), share)),
            }
        }
    }
    sums
}

/// Scales weights to coefficients that keep the length of the mix at 1, if any two prompts are `angle` apart.
///
/// For unit vectors with the same angle θ between any two, |Σ wᵢvᵢ|² = Σ wᵢ² + 2 cos θ Σ wᵢwⱼ, and with weights that sum
/// to 1 the double sum is (1 - Σ wᵢ²) / 2.
fn lengthen<T>(weights: &mut [(T, f64)], angle: f64) {
    let squares: f64 = weights.iter().map(|(_, weight)| weight * weight).sum();
    let length = (squares + angle.cos() * (1.0 - squares)).max(1e-6).sqrt();
    for (_, weight) in weights {
        *weight /= length;
    }
}

fn values(point: &Point, base: &Base) -> BTreeMap<&'static str, Value> {
    let mut values: BTreeMap<&'static str, Value> =
        base.values.iter().map(|(name, level)| (*name, value(point.of(name), name, level))).collect();
    keep_indices_below_steps(&mut values);
    values
}

/// Returns the value of one parameter: the weighted mean, or for what cannot be blended the owner's.
fn value(spot: &Spot, name: &str, base: &Level) -> Value {
    let number = |base: f64| {
        mean(&spot.mix, |scene| match scene.values.get(name) {
            Some(Level::Number(number) | Level::Integer(number)) => *number,
            _ => base,
        })
    };
    match base {
        Level::Number(base) => json!(round(number(*base))),
        Level::Integer(base) => json!(number(*base).round() as i64),
        Level::Indices(base) => indices(spot, name, base),
        Level::Object(_) => members::blend(spot, name, base),
        Level::Choice(base) => match spot.owner.values.get(name) {
            Some(Level::Choice(value)) => value.clone(),
            _ => base.clone(),
        },
    }
}

/// Blends step schedules entry by entry; one of another length than the owner's is not blended at all.
///
/// The mean of lists that never fall never falls, nor does it when rounded.
fn indices(spot: &Spot, name: &str, base: &[f64]) -> Value {
    let of = |scene: &'_ Scene| match scene.values.get(name) {
        Some(Level::Indices(list)) => list.clone(),
        _ => base.to_vec(),
    };
    let own = of(&spot.owner);
    let alike = spot.mix.parts().iter().all(|part| of(&part.scene).len() == own.len());
    let entry = |place: usize| {
        if alike { mean(&spot.mix, |scene| of(scene)[place]) } else { own[place] }
    };
    (0..own.len()).map(|place| json!(entry(place).round() as i64)).collect()
}

/// Rounding two blends apart may let an index reach the number of steps, which the runner answers with two reloads.
fn keep_indices_below_steps(values: &mut BTreeMap<&'static str, Value>) {
    let Some(steps) = values.get("num_inference_steps").and_then(Value::as_i64) else { return };
    let Some(Value::Array(indices)) = values.get_mut("t_index_list") else { return };
    for index in indices {
        if index.as_i64().is_some_and(|index| index >= steps) {
            *index = json!(steps - 1);
        }
    }
}

fn scales(mix: &Mix, base: &Base) -> Vec<f64> {
    base.controlnets
        .iter()
        .map(|net| {
            round(mean(mix, |scene| {
                let by_short = net.short.and_then(|short| scene.controlnets.get(short));
                scene.controlnets.get(&net.id).or(by_short).copied().unwrap_or(net.scale)
            }))
        })
        .collect()
}

pub(super) fn mean(mix: &Mix, value: impl Fn(&Scene) -> f64) -> f64 {
    match mix.parts() {
        // One scene's number is sent exactly as it was written.
        [part] => value(&part.scene),
        parts => parts.iter().map(|part| part.weight * value(&part.scene)).sum(),
    }
}

/// Rounds to five places: a fiftieth of what the runner's half-precision weights can tell, and a body one can read.
pub(super) fn round(number: f64) -> f64 {
    let rounded = (number * 1e5).round() / 1e5;
    // A number too large for the detour needs no rounding; and -0 is 0.
    if rounded.is_finite() { rounded + 0.0 } else { number }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn base() -> Base {
        Base {
            prompt: Weighted::one("flowers".into()),
            seed: Weighted::one(789),
            values: BTreeMap::from([
                ("delta", Level::Number(0.7)),
                ("num_inference_steps", Level::Integer(50.0)),
                ("t_index_list", Level::Indices(vec![12.0, 20.0, 32.0])),
                ("negative_prompt", Level::Choice(json!("blurry"))),
            ]),
            controlnets: Vec::new(),
            fixed: Map::new(),
        }
    }

    fn scene(name: &str, prompt: &[(&str, f64)]) -> Scene {
        Scene {
            prompt: Some(
                Weighted::new(prompt.iter().map(|(text, weight)| ((*text).into(), *weight))).unwrap(),
            ),
            ..Scene::empty(name)
        }
    }

    fn mix(parts: impl IntoIterator<Item = (Scene, f64)>) -> Mix {
        Mix::from_raw(parts.into_iter().map(|(scene, weight)| (Arc::new(scene), weight))).unwrap()
    }

    fn prompts(mix: &Mix, mode: BlendMode) -> Vec<(String, f64)> {
        let coefficients = coefficients(look(&mix.clone().into(), &base()).prompts, mode, 0.8);
        coefficients.into_iter().map(|(text, weight)| (text.to_string(), weight)).collect()
    }

    #[test]
    fn the_sphere_gives_the_coefficients_that_the_runners_slerp_gives() {
        // Half way: sin(θ/2)/sin θ for θ = 0.8.
        let half = mix([(scene("a", &[("mist", 1.0)]), 0.5), (scene("b", &[("neon", 1.0)]), 0.5)]);
        assert_eq!(
            prompts(&half, BlendMode::Spherical),
            [("mist".into(), 0.54285), ("neon".into(), 0.54285)]
        );
        assert_eq!(prompts(&half, BlendMode::Linear), [("mist".into(), 0.5), ("neon".into(), 0.5)]);
    }

    #[test]
    fn the_sphere_keeps_the_length_of_any_mix() {
        let three =
            [("a", 0.2), ("b", 0.5), ("c", 0.3)].map(|(name, weight)| (scene(name, &[(name, 1.0)]), weight));
        let weights: Vec<f64> =
            prompts(&mix(three), BlendMode::Spherical).iter().map(|entry| entry.1).collect();
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let sum: f64 = weights.iter().sum();
        let length = (squares + 0.8_f64.cos() * (sum * sum - squares)).sqrt();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }

    #[test]
    fn one_prompt_alone_has_weight_one_exactly() {
        assert_eq!(
            prompts(&mix([(scene("a", &[("mist", 1.0)]), 1.0)]), BlendMode::Spherical),
            [("mist".into(), 1.0)]
        );
    }

    #[test]
    fn a_prompt_that_two_scenes_share_stands_once() {
        let both = mix([
            (scene("a", &[("city", 0.7), ("oil", 0.3)]), 0.5),
            (scene("b", &[("city", 0.5), ("ink", 0.5)]), 0.5),
        ]);
        assert_eq!(
            prompts(&both, BlendMode::Linear),
            [("city".into(), 0.6), ("oil".into(), 0.15), ("ink".into(), 0.25)]
        );
    }

    #[test]
    fn numbers_blend_integers_round_and_texts_switch_in_the_middle() {
        let mut b = Scene::empty("b");
        b.values.insert("delta", Level::Number(0.3));
        b.values.insert("num_inference_steps", Level::Integer(33.0));
        b.values.insert("t_index_list", Level::Indices(vec![10.0, 15.0, 32.0]));
        b.values.insert("negative_prompt", Level::Choice(json!("noise")));
        let early = look(&mix([(Scene::empty("a"), 0.75), (b.clone(), 0.25)]).into(), &base());
        assert_eq!(
            json!(early.values),
            json!({
                "delta": 0.6, "num_inference_steps": 46, "t_index_list": [12, 19, 32], "negative_prompt": "blurry",
            })
        );
        let middle = look(&mix([(Scene::empty("a"), 0.5), (b.clone(), 0.5)]).into(), &base());
        assert_eq!(middle.values["negative_prompt"], json!("noise"));
        let end = look(&mix([(b, 1.0)]).into(), &base());
        assert_eq!(end.values["t_index_list"], json!([10, 15, 32]));
    }

    #[test]
    fn rounding_never_lets_an_index_reach_the_steps() {
        let mut values =
            BTreeMap::from([("num_inference_steps", json!(25)), ("t_index_list", json!([12, 25]))]);
        keep_indices_below_steps(&mut values);
        assert_eq!(values["t_index_list"], json!([12, 24]));
    }
}
