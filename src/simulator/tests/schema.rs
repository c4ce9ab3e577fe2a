//! What the API refuses of a parameter set with a 400, and in which words.

use serde_json::{Value, json};

use crate::{
    show::params::{self, Dialect},
    simulator::answer::Generation,
};

const DEPTH: &str = "thibaud/controlnet-sd21-depth-diffusers";

fn broken(more: &Value, generation: Generation, model: &str) -> Vec<String> {
    let mut params = more.as_object().unwrap().clone();
    params.entry("model_id").or_insert_with(|| json!(model));
    let dialect = match generation {
        Generation::V1 => Dialect::V1,
        Generation::Beta => Dialect::Beta,
    };
    params::api(&params, dialect).iter().map(|violation| format!("params.{violation}")).collect()
}

fn turbo(more: &Value) -> Vec<String> {
    broken(more, Generation::V1, "stabilityai/sd-turbo")
}

fn beta(more: &Value) -> Vec<String> {
    broken(more, Generation::Beta, "stabilityai/sd-turbo")
}

#[test]
fn v1_takes_what_the_reference_allows() {
    let net = json!({"model_id": DEPTH, "conditioning_scale": 0.5, "preprocessor": "depth_tensorrt",
        "preprocessor_params": {"x": 1}, "enabled": true, "control_guidance_start": 0.0});
    let params = json!({"prompt": [["a", 0.5], ["b", -1]], "seed": [[7, 0.5], [8.0, 0.5]], "delta": 3,
        "t_index_list": [12, 20, 50], "width": 704, "height": 384, "lora_dict": null, "controlnets": [net],
        "num_inference_steps": 50, "use_safety_checker": true, "acceleration": "none",
        "image_postprocessing": {"processors": [{"type": "sharpen", "params": {}}]}});
    assert_eq!(turbo(&params), Vec::<String>::new());
    assert_eq!(turbo(&json!({"prompt": "", "seed": -7, "lora_dict": {"a": 1}})), Vec::<String>::new());
    let adapters = json!({"ip_adapter": {"type": "faceid", "scale": 0.5, "enabled": true},
        "cached_attention": {"enabled": true, "max_frames": 4, "interval": 240}});
    assert_eq!(broken(&adapters, Generation::V1, "stabilityai/sdxl-turbo"), Vec::<String>::new());
}

#[test]
fn v1_refuses_what_breaks_a_type_a_range_or_a_rule() {
    for (params, rule) in [
        (
            json!({"model_id": "KBlueLeaf/kohaku-v2.1"}),
            "params.model_id: `KBlueLeaf/kohaku-v2.1` is not a value of `model_id`",
        ),
        (json!({"sed": 7}), "params.sed: unknown parameter"),
        (json!({"show_reloading_frame": true}), "params.show_reloading_frame: unknown parameter"),
        (json!({"ip_adapter": {}}), "params.ip_adapter: unknown parameter"),
        (json!({"delta": "0.5"}), "params.delta: a number is expected, not the text `0.5`"),
        (
            json!({"seed": 1.5}),
            "params.seed: a whole number or a list of pairs `[seed, weight]` is expected, not `1.5`",
        ),
        (json!({"seed": 9_007_199_254_740_992_i64}), "params.seed: a seed is within ±9007199254740991"),
        (json!({"prompt": [["", 1]]}), "params.prompt.0: the text is empty"),
        (json!({"prompt": [["a"]]}), "params.prompt.0: a pair `[text, weight]` is expected, not a list"),
        (
            json!({"prompt": null}),
            "params.prompt: a text or a list of pairs `[text, weight]` is expected, not null",
        ),
        (json!({"num_inference_steps": 101}), "params.num_inference_steps: 101 is not within 1 to 100"),
        (json!({"t_index_list": []}), "params.t_index_list: a schedule has 1 to 4 steps, not 0"),
        (
            json!({"t_index_list": [20, 12]}),
            "params.t_index_list.1: the steps never fall, and 12 comes after 20",
        ),
        (
            json!({"t_index_list": [51], "num_inference_steps": 100}),
            "params.t_index_list.0: 51 is not within 0 to 50",
        ),
        (
            json!({"t_index_list": [12], "num_inference_steps": 8}),
            "params.t_index_list.0: 12 is not within 0 to 8",
        ),
        (json!({"width": 700}), "params.width: 700 is not a multiple of 64"),
        (json!({"height": 1088}), "params.height: 1088 is not within 384 to 1024"),
        (json!({"acceleration": "2"}), "params.acceleration: `2` is not a value of `acceleration`"),
    ] {
        assert_eq!(turbo(&params), [rule], "{params}");
    }
}

#[test]
fn v1_refuses_what_breaks_a_rule_inside_an_object() {
    let net = |more: &Value| {
        let mut net = json!({"model_id": DEPTH, "conditioning_scale": 0.5, "preprocessor": "canny",
            "enabled": true});
        net.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        net
    };
    for (params, rule) in [
        (json!({"controlnets": null}), "params.controlnets: a list of ControlNets is expected, not null"),
        (
            json!({"controlnets": [net(&json!({"conditioning_scale": 1.5}))]}),
            "params.controlnets.0.conditioning_scale: 1.5 is not within 0 to 1",
        ),
        (
            json!({"controlnets": [net(&json!({})), net(&json!({}))]}),
            "params.controlnets.1.model_id: the ControlNet `thibaud/controlnet-sd21-depth-diffusers` stands twice in the list",
        ),
        (
            json!({"controlnets": [net(&json!({"model_id": "xinsir/controlnet-canny-sdxl-1.0"}))]}),
            "params.controlnets.0.model_id: the ControlNet `xinsir/controlnet-canny-sdxl-1.0` is not for this model",
        ),
        (
            json!({"controlnets": [net(&json!({"conditioning_channels": 6}))]}),
            "params.controlnets.0.conditioning_channels: unknown key `conditioning_channels`",
        ),
        (
            json!({"image_preprocessing": {"enabled": true}}),
            "params.image_preprocessing.processors: `processors` is missing",
        ),
        (
            json!({"latent_preprocessing": {"processors": [{"type": "canny"}]}}),
            "params.latent_preprocessing.processors.0.type: `canny` is not a value of `type`",
        ),
    ] {
        assert_eq!(turbo(&params), [rule], "{params}");
    }
}

#[test]
fn a_controlnet_and_cached_attention_must_be_complete_in_v1() {
    assert_eq!(
        turbo(&json!({"controlnets": [{"model_id": DEPTH}]})),
        [
            "params.controlnets.0.conditioning_scale: `conditioning_scale` is missing",
            "params.controlnets.0.preprocessor: `preprocessor` is missing",
            "params.controlnets.0.enabled: `enabled` is missing",
        ]
    );
    let attention = json!({"cached_attention": {"enabled": true, "interval": 241}});
    assert_eq!(
        broken(&attention, Generation::V1, "Lykon/dreamshaper-8"),
        [
            "params.cached_attention.max_frames: `max_frames` is missing",
            "params.cached_attention.interval: 241 is not within 1 to 240"
        ]
    );
}

#[test]
fn sdxl_takes_three_controlnets_at_a_time() {
    let net = |id: &str, enabled: bool| json!({"model_id": id, "conditioning_scale": 1, "preprocessor": "canny", "enabled": enabled});
    let four = |enabled| {
        json!({"controlnets": [
            net("xinsir/controlnet-depth-sdxl-1.0", true), net("xinsir/controlnet-canny-sdxl-1.0", true),
            net("xinsir/controlnet-tile-sdxl-1.0", true),
            net("daydreamlive/TemporalNet2-stable-diffusion-xl-base-1.0", enabled)]})
    };
    let sdxl = |params: &Value| broken(params, Generation::V1, "stabilityai/sdxl-turbo");
    assert_eq!(sdxl(&four(false)), Vec::<String>::new());
    assert_eq!(sdxl(&four(true)), ["params.controlnets: this model runs at most 3 ControlNets, not 4"]);
}

#[test]
fn beta_checks_names_and_types_and_leaves_the_rest_to_the_runner() {
    let params = json!({"width": 700, "t_index_list": [], "num_inference_steps": 1000, "controlnets": null,
        "similar_image_filter_threshold": 2.5,
        "model_id": "KBlueLeaf/kohaku-v2.1"});
    assert_eq!(beta(&params), Vec::<String>::new());
    assert_eq!(
        beta(&json!({"controlnets": [{"model_id": DEPTH, "preprocessor": null}]})),
        Vec::<String>::new()
    );
    assert_eq!(beta(&json!({"use_safety_checker": true})), ["params.use_safety_checker: unknown parameter"]);
    assert_eq!(
        beta(&json!({"width": "wide"})),
        ["params.width: a whole number is expected, not the text `wide`"]
    );
}
