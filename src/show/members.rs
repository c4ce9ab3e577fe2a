//! Parameters that are objects: which of their members blend, and what becomes of the rest.
//!
//! What a scene does not name of an object is the stream's own. The rest is the owner's. What a runner takes for a member
//! that is not there counts as if it were.

use serde_json::{Map, Value, json};

use super::{
    blend::{mean, round},
    scene::{Level, Scene},
    transition::Spot,
};

/// Returns the object `name` between the scenes of a spot.
///
/// The scale of an IP adapter fades; one that is off has scale 0, and is on as long as any scene in the mix has it on. The
/// look-back of cached attention steps at rounding; whether it is on loads the pipeline again, so that is cut.
pub(super) fn blend(spot: &Spot, name: &str, base: &Level) -> Value {
    let of = |scene: &Scene| match scene.values.get(name).map_or_else(|| base.clone(), |own| own.over(base)) {
        Level::Object(object) => object,
        Level::Number(_) | Level::Integer(_) | Level::Indices(_) | Level::Choice(_) => Map::new(),
    };
    let mut object = of(&spot.owner);
    let parts = spot.mix.parts();
    if parts.iter().all(|part| of(&part.scene) == object) {
        return object.into();
    }
    match name {
        "ip_adapter" => {
            let scale =
                |object: &Map<String, Value>| if is_on(object) { number(object, "scale") } else { 0.0 };
            let mixed = mean(&spot.mix, |scene| scale(&of(scene)));
            object.insert("scale".to_owned(), json!(round(mixed)));
            if parts.iter().any(|part| part.weight > 0.0 && is_on(&of(&part.scene))) {
                object.insert("enabled".to_owned(), json!(true));
            }
        }
        "cached_attention" => {
            for member in ["max_frames", "interval"] {
                let mixed = mean(&spot.mix, |scene| number(&of(scene), member));
                object.insert(member.to_owned(), json!(mixed.round() as i64));
            }
        }
        _ => {}
    }
    object.into()
}

fn is_on(object: &Map<String, Value>) -> bool {
    object.get("enabled").and_then(Value::as_bool).unwrap_or(true)
}

/// Every member that blends is 1 where it is not there.
fn number(object: &Map<String, Value>, member: &str) -> f64 {
    object.get(member).and_then(Value::as_f64).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::show::mix::Mix;

    fn between(name: &'static str, from: &Value, to: &Value, share: f64) -> Value {
        over(name, &json!({}), from, to, share)
    }

    /// The same where the stream has the object `base`.
    fn over(name: &'static str, base: &Value, from: &Value, to: &Value, share: f64) -> Value {
        let scene = |object: &Value| {
            let mut scene = Scene::empty("a");
            scene.values.insert(name, Level::Object(object.as_object().cloned().unwrap()));
            Arc::new(scene)
        };
        let (from, to) = (scene(from), scene(to));
        let owner = Arc::clone(if share < 0.5 { &from } else { &to });
        let mix = Mix::from_raw([(from, 1.0 - share), (to, share)]).unwrap();
        blend(&Spot { mix, owner }, name, &Level::Object(base.as_object().cloned().unwrap()))
    }

    #[test]
    fn what_a_scene_does_not_name_of_an_object_is_the_streams() {
        let base = json!({"enabled": false, "scale": 0.0, "type": "faceid", "weight_type": "ease in"});
        let (soft, hard) = (json!({"scale": 0.2}), json!({"scale": 0.4, "weight_type": "linear"}));
        let at = |share| over("ip_adapter", &base, &soft, &hard, share);
        assert_eq!(at(0.0)["scale"], 0.2);
        let mid = json!({"enabled": true, "scale": 0.25, "type": "faceid", "weight_type": "ease in"});
        assert_eq!(at(0.25), mid);
        assert_eq!(at(1.0)["weight_type"], "linear");
        let off = over("ip_adapter", &base, &json!({"enabled": false}), &hard, 0.5);
        assert_eq!(off["scale"], 0.2, "a scene that is off has none");
    }

    #[test]
    fn the_scale_of_an_adapter_fades_and_its_words_switch() {
        let (soft, hard) =
            (json!({"scale": 0.2, "weight_type": "linear"}), json!({"scale": 1.2, "type": "regular"}));
        assert_eq!(
            between("ip_adapter", &soft, &hard, 0.25),
            json!({"scale": 0.45, "weight_type": "linear", "enabled": true})
        );
        assert_eq!(
            between("ip_adapter", &soft, &hard, 0.75),
            json!({"scale": 0.95, "type": "regular", "enabled": true})
        );
        assert_eq!(between("ip_adapter", &soft, &hard, 1.0)["scale"], json!(1.2));
    }

    #[test]
    fn an_adapter_that_goes_off_fades_to_nothing_first() {
        let (on, off) = (json!({"scale": 0.8}), json!({"enabled": false}));
        let at = |share| between("ip_adapter", &on, &off, share);
        assert_eq!(at(0.25), json!({"enabled": true, "scale": 0.6}));
        assert_eq!(at(0.75), json!({"enabled": true, "scale": 0.2}));
    }

    #[test]
    fn attention_looks_back_in_whole_frames() {
        let (short, long) = (
            json!({"enabled": true, "max_frames": 1, "interval": 1}),
            json!({"enabled": true, "max_frames": 4, "interval": 61}),
        );
        assert_eq!(
            between("cached_attention", &short, &long, 0.5),
            json!({"enabled": true, "max_frames": 3, "interval": 31})
        );
    }
}
