//! What a change of parameters means for a running stream: nothing, a live update, a reload, or a refusal.

use super::{machine::Profile, params::Params};
use crate::show::params::{self, Class, Part, models::Family};

/// What the runner does with new parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// They are those in force.
    Nothing,
    /// They are taken over between two frames.
    Live,
    /// The pipeline is loaded with them.
    Reload,
    /// They are refused, with this complaint.
    Refuse(String),
}

/// Returns what becomes of the step from the parameters in force to new ones.
pub(super) fn plan(present: &Params, new: &Params, profile: Profile) -> Plan {
    let names = new.differing(present);
    let ((width, height), (new_width, new_height)) = (present.resolution(), new.resolution());
    if names.is_empty() {
        Plan::Nothing
    } else if (width, height) != (new_width, new_height) {
        Plan::Refuse(format!(
            "Cannot change output resolution mid-stream ({width}x{height} -> {new_width}x{new_height})"
        ))
    } else if names.iter().any(|name| reloads(name, present, new, profile)) {
        Plan::Reload
    } else if names.contains(&"t_index_list") && overruns(new) {
        // The library raises an error on the way; the runner tries a load instead, which cannot work either.
        Plan::Reload
    } else {
        Plan::Live
    }
}

/// Returns why a pipeline cannot be built from valid parameters, in a container built for `sdxl` or not.
pub(super) fn obstacle(params: &Params, sdxl: bool) -> Option<&'static str> {
    if overruns(params) {
        Some("index out of range in t_index_list")
    } else if params.prompts().is_empty() {
        Some("no prompts to blend")
    } else if !params.flag("use_denoising_batch") {
        Some("use_denoising_batch must be enabled")
    } else if (params.family() == Some(Family::Sdxl)) != sdxl {
        Some("no engines for this model in this container")
    } else if poses_out_of_range(params) {
        Some("no pose engine for this confidence_threshold")
    } else {
        None
    }
}

/// An index equal to the number of steps passes every check and fails when it is used.
fn overruns(params: &Params) -> bool {
    params::overruns(&params.indices(), params.steps())
}

fn poses_out_of_range(params: &Params) -> bool {
    let nets = params.all()["controlnets"].as_array();
    nets.into_iter().flatten().any(params::pose_has_no_engine)
}

fn reloads(name: &str, present: &Params, new: &Params, profile: Profile) -> bool {
    match params::find(name).map(|spec| spec.class(profile)) {
        Some(Class::Reload) => true,
        Some(Class::Partly(Part::Length)) => present.indices().len() != new.indices().len(),
        Some(Class::Partly(Part::AllButScales)) => !only_scales_differ(present, new),
        Some(Class::Partly(Part::Member(member))) => {
            let of = |params: &Params| match &params.all()[name] {
                // Left out is the same as disabled, of the usual type.
                serde_json::Value::Null if member == "enabled" => false.into(),
                serde_json::Value::Null => "regular".into(),
                object => object[member].clone(),
            };
            of(present) != of(new)
        }
        Some(Class::Live | Class::Fixed) | None => false,
    }
}

fn only_scales_differ(present: &Params, new: &Params) -> bool {
    let without_scales = |params: &Params| {
        let mut nets = params.all()["controlnets"].clone();
        for net in nets.as_array_mut().into_iter().flatten() {
            net["conditioning_scale"] = 0.into();
        }
        nets
    };
    without_scales(present) == without_scales(new)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(params: &Value, profile: Profile) -> Params {
        Params::read(params.as_object().unwrap(), profile).unwrap()
    }

    fn december(from: &Value, to: &Value) -> Plan {
        plan(&read(from, Profile::December2025), &read(to, Profile::December2025), Profile::December2025)
    }

    #[test]
    fn the_classes_of_december_2025() {
        for name in ["num_inference_steps", "guidance_scale", "delta", "safety_checker_threshold"] {
            assert_eq!(december(&json!({}), &json!({name: 40})), Plan::Live, "{name}");
        }
        for live in [
            json!({"t_index_list": [12, 20]}),
            json!({"prompt": "a"}),
            json!({"prompt_interpolation_method": "linear"}),
            json!({"normalize_prompt_weights": false}),
            json!({"negative_prompt": "a"}),
            json!({"seed": 1}),
            json!({"seed_interpolation_method": "slerp"}),
            json!({"normalize_seed_weights": false}),
            json!({"use_safety_checker": false}),
            json!({"controlnets": [{"model_id": "thibaud/controlnet-sd21-hed-diffusers"}]}),
            json!({"image_preprocessing": {"processors": [{"type": "blur"}]}}),
            json!({"ip_adapter_style_image_url": "https://example.net/a.png"}),
        ] {
            assert_eq!(december(&json!({}), &live), Plan::Live, "{live}");
        }
        for reload in [
            json!({"model_id": "Lykon/dreamshaper-8"}),
            json!({"do_add_noise": false}),
            json!({"lora_dict": {}}),
            json!({"use_lcm_lora": false}),
            json!({"lcm_lora_id": "a"}),
            json!({"acceleration": "none"}),
            json!({"use_denoising_batch": false}),
            json!({"skip_diffusion": true}),
            json!({"enable_similar_image_filter": true}),
            json!({"similar_image_filter_threshold": 0.5}),
            json!({"similar_image_filter_max_skip_frame": 5}),
            json!({"show_reloading_frame": false}),
            json!({"cached_attention": {}}),
            json!({"prompt": "a", "skip_diffusion": true}),
        ] {
            assert_eq!(december(&json!({}), &reload), Plan::Reload, "{reload}");
        }
        let refused = "Cannot change output resolution mid-stream (512x512 -> 704x512)".to_owned();
        assert_eq!(december(&json!({}), &json!({"width": 704, "prompt": "a"})), Plan::Refuse(refused));
        assert!(matches!(
            december(&json!({}), &json!({"image_postprocessing": {"processors": [{"type": "upscale"}]}})),
            Plan::Refuse(_)
        ));
        assert_eq!(december(&json!({"delta": 1}), &json!({"delta": 1.0, "seed": 789})), Plan::Nothing);
    }

    #[test]
    fn of_adapter_and_attention_one_member_reloads() {
        let of = |name: &str, from: Value, to: Value| {
            let model = "stabilityai/sdxl-turbo";
            let params = |object: Value| json!({"model_id": model, "t_index_list": [36], name: object});
            december(&params(from), &params(to))
        };
        let adapter = |from, to| of("ip_adapter", from, to);
        assert_eq!(adapter(Value::Null, json!({"scale": 0.5})), Plan::Live);
        assert_eq!(adapter(json!({}), json!({"enabled": false, "weight_type": "ease in"})), Plan::Live);
        assert_eq!(adapter(json!({}), json!({"type": "faceid"})), Plan::Reload);
        let attention = |from, to| of("cached_attention", from, to);
        assert_eq!(attention(json!({}), json!({"max_frames": 2, "interval": 9})), Plan::Live);
        assert_eq!(attention(json!({}), json!({"enabled": false})), Plan::Reload);
    }

    #[test]
    fn the_classes_of_july_2025() {
        let july = |from: &Value, to: &Value| {
            plan(&read(from, Profile::July2025), &read(to, Profile::July2025), Profile::July2025)
        };
        let net = |scale: f64, enabled: bool| {
            json!({"controlnets": [{"model_id": "thibaud/controlnet-sd21-hed-diffusers",
                "conditioning_scale": scale, "enabled": enabled}]})
        };
        assert_eq!(
            july(&json!({}), &json!({"t_index_list": [1, 2, 3], "prompt": "a", "delta": 1})),
            Plan::Live
        );
        assert_eq!(july(&json!({}), &json!({"t_index_list": [1, 2]})), Plan::Reload);
        assert_eq!(july(&net(0.1, true), &net(0.9, true)), Plan::Live);
        assert_eq!(july(&net(0.1, true), &net(0.1, false)), Plan::Reload);
        assert_eq!(july(&json!({}), &json!({"controlnets": []})), Plan::Reload);
        assert_eq!(july(&json!({}), &json!({"acceleration": "none"})), Plan::Reload);
    }

    #[test]
    fn an_index_equal_to_the_steps_is_tried_by_a_load_that_cannot_work() {
        let bad = read(&json!({"t_index_list": [12, 50]}), Profile::December2025);
        let good = read(&json!({}), Profile::December2025);
        assert_eq!(plan(&good, &bad, Profile::December2025), Plan::Reload);
        assert!(obstacle(&bad, false).is_some());
        // The number of steps alone is raised above the largest index without a word.
        assert_eq!(december(&json!({}), &json!({"num_inference_steps": 32})), Plan::Live);
    }

    #[test]
    fn obstacles_to_a_load() {
        let of = |params: Value| obstacle(&read(&params, Profile::December2025), false);
        assert_eq!(of(json!({})), None);
        assert!(of(json!({"prompt": []})).is_some());
        assert!(of(json!({"use_denoising_batch": false})).is_some());
        assert!(of(json!({"model_id": "stabilityai/sdxl-turbo"})).is_some());
        let pose = |threshold: f64| {
            json!({"controlnets": [{"model_id": "thibaud/controlnet-sd21-openpose-diffusers",
                "preprocessor": "pose_tensorrt", "preprocessor_params": {"confidence_threshold": threshold}}]})
        };
        assert_eq!(of(pose(0.5)), None);
        assert!(of(pose(0.6)).is_some());
    }
}
