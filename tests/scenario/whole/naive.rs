//! What a stream should show in the end, worked out in the plainest way from the show file: a scene over its stream's
//! base. Knows no paths, slots or rosters.

use std::collections::BTreeMap;

use segue::show::{
    scene::{Level, Scene},
    sheet::{BlendMode, StreamSheet},
    snapshot::StreamSnapshot,
};
use serde_json::Value;

/// How exact the end has to be: the rounding of what is sent.
const EXACT: f64 = 1e-3;

/// Says in which ways `shown`, the parameters that a runner has, differ from the mix at rest; empty if in none.
pub(super) fn differences(sheet: &StreamSheet, scenes: &[(&Scene, f64)], shown: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut prompts: BTreeMap<String, f64> = BTreeMap::new();
    let mut seeds: BTreeMap<String, f64> = BTreeMap::new();
    for (scene, share) in scenes {
        for (text, weight) in scene.prompt.as_ref().unwrap_or(&sheet.base.prompt).entries() {
            *prompts.entry(Value::from(&**text).to_string()).or_default() += share * weight;
        }
        for (seed, weight) in scene.seed.as_ref().unwrap_or(&sheet.base.seed).entries() {
            *seeds.entry(seed.to_string()).or_default() += share * weight;
        }
    }
    if sheet.blend == BlendMode::Spherical {
        let squares: f64 = prompts.values().map(|weight| weight * weight).sum();
        let length = (squares + sheet.prompt_angle.cos() * (1.0 - squares)).sqrt();
        for weight in prompts.values_mut() {
            *weight /= length;
        }
    }
    compare("prompt", &prompts, &shown["prompt"], &mut wrong);
    compare("seed", &seeds, &shown["seed"], &mut wrong);
    for (name, base) in &sheet.base.values {
        let number = |level: &Level| match level {
            Level::Number(number) | Level::Integer(number) => Some(*number),
            _ => None,
        };
        let of = |scene: &Scene| scene.values.get(name).unwrap_or(base).clone();
        let mean: Option<f64> =
            scenes.iter().map(|(scene, share)| number(&of(scene)).map(|number| number * share)).sum();
        let resolution = if matches!(base, Level::Integer(_)) { 0.501 } else { EXACT };
        match (mean, scenes) {
            (Some(mean), _) => {
                let is = shown[*name].as_f64().unwrap_or(f64::NAN);
                if is_off(is, mean, resolution) {
                    wrong.push(format!("{name} is {is}, not {mean}"));
                }
            }
            (None, [(scene, _)]) => {
                if let Level::Choice(choice) = of(scene)
                    && shown[*name] != choice
                {
                    wrong.push(format!("{name} is {}, not {choice}", shown[*name]));
                }
            }
            (None, _) => {}
        }
    }
    for net in &sheet.base.controlnets {
        let scale = |scene: &Scene| {
            let short = net.short.and_then(|short| scene.controlnets.get(short));
            scene.controlnets.get(&net.id).or(short).copied().unwrap_or(net.scale)
        };
        let mean: f64 = scenes.iter().map(|(scene, share)| scale(scene) * share).sum();
        let nets = shown["controlnets"].as_array().into_iter().flatten();
        let is = nets.clone().find(|other| other["model_id"] == *net.id);
        let is = is.and_then(|net| net["conditioning_scale"].as_f64()).unwrap_or(f64::NAN);
        if is_off(is, mean, EXACT) {
            wrong.push(format!("{} is {is}, not {mean}", net.id));
        }
    }
    wrong
}

fn compare(name: &str, wanted: &BTreeMap<String, f64>, shown: &Value, wrong: &mut Vec<String>) {
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for entry in shown.as_array().into_iter().flatten() {
        *shares.entry(entry[0].to_string()).or_default() += entry[1].as_f64().unwrap_or(f64::NAN);
    }
    for thing in wanted.keys().chain(shares.keys()) {
        let of = |list: &BTreeMap<String, f64>| list.get(thing).copied().unwrap_or_default();
        let (is, should) = (of(&shares), of(wanted));
        if is_off(is, should, EXACT) {
            wrong.push(format!("{name} {thing} is {is}, not {should}"));
        }
    }
}

/// Returns whether a number is another, or none.
fn is_off(is: f64, should: f64, by: f64) -> bool {
    is.is_nan() || (is - should).abs() > by
}

/// Returns whether what may be seen of a stream says that nothing moves.
pub(super) fn is_at_rest(stream: &StreamSnapshot) -> bool {
    stream.transition.is_none() && stream.waiting.is_empty()
}
