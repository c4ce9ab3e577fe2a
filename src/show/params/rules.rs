//! The rules across parameters: what the API refuses, what the runner refuses, and what neither can play.

use serde_json::{Map, Value};

use super::{
    Dialect, Profile, find,
    models::{self, Family},
    nets, objects,
    values::{self, Violation, whole},
};

/// No step of the schedule may be above this in v1, whatever the number of steps.
pub const STEP_MAX: i64 = 50;
/// How many steps a schedule has at most.
const STEPS_MAX: usize = 4;

/// Returns every rule that `params` break, of the API, of the runner, and of what the runner can play.
///
/// Whoever sends a set that breaks none gets neither a refusal nor an error in the status.
pub fn validate(params: &Map<String, Value>, dialect: Dialect, profile: Profile) -> Vec<Violation> {
    let violations = api(params, dialect);
    if !violations.is_empty() {
        return violations;
    }
    // What beta lets through, the runner reads with the same ranges.
    for (name, value) in params {
        let Some(spec) = find(name) else { continue };
        if spec.default(profile).is_none() {
            return vec![Violation::rule(name, "the runner of July 2025 does not know it")];
        }
        if name != "model_id" && !value.is_null() {
            let found = values::check(spec, value, Dialect::V1, None);
            let ranges = found.into_iter().filter(|found| found.complaint == values::Complaint::Rule);
            let ranges: Vec<Violation> = ranges.collect();
            if !ranges.is_empty() {
                return ranges;
            }
        }
    }
    playable(params, profile)
}

/// Returns what the API refuses before it stores anything: what is told with a 400.
pub fn api(params: &Map<String, Value>, dialect: Dialect) -> Vec<Violation> {
    let family = params.get("model_id").and_then(Value::as_str).and_then(models::family);
    if dialect == Dialect::V1 && family.is_none() {
        // Nothing else can be said: the model decides which parameters there are.
        let model = params.get("model_id").unwrap_or(&Value::Null);
        return find("model_id").map(|spec| values::check(spec, model, dialect, None)).unwrap_or_default();
    }
    let mut violations = values::check_all(params, dialect);
    if dialect == Dialect::V1 && violations.is_empty() {
        if let Some(Value::Array(indices)) = params.get("t_index_list") {
            let steps = params.get("num_inference_steps").and_then(whole).unwrap_or(STEP_MAX);
            let list: Vec<i64> = indices.iter().filter_map(whole).collect();
            violations.extend(steps_rule(&list, steps.min(STEP_MAX)));
        }
        if let (Some(Value::Array(list)), Some(family)) = (params.get("controlnets"), family) {
            violations.extend(nets_rule(list, family));
        }
    }
    violations
}

/// Returns what the runner refuses of a complete set, in which every name of its time has a value of the right kind.
///
/// An update that is refused leaves the old parameters in force, and shows as `last_error` in the status only.
pub fn runner(params: &Map<String, Value>, profile: Profile) -> Vec<Violation> {
    for side in ["width", "height"] {
        let pixels = params.get(side).and_then(whole).unwrap_or_default();
        if pixels <= 0 || pixels % objects::SIDE_STEP != 0 {
            let message = format!("{pixels} is not a multiple of {}", objects::SIDE_STEP);
            return vec![Violation::rule(side, message)];
        }
    }
    let model = params.get("model_id").and_then(Value::as_str).unwrap_or_default();
    let Some(family) = models::family_on(model, profile) else {
        return vec![Violation::rule("model_id", format!("`{model}` is not a model of this runner"))];
    };
    let list = |name: &str| params.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut violations = Vec::new();
    violations.extend(steps_rule(&indices(params), steps(params)));
    violations.extend(nets_rule(list("controlnets"), family));
    if is_enabled(params, "ip_adapter") && family == Family::Sd21 {
        violations.push(Violation::rule("ip_adapter", format!("`{model}` has no IP adapter")));
    }
    violations.extend(attention_rule(params, family));
    violations
}

/// Returns what keeps the parameters from being played: what the runner refuses, and what it accepts and then fails at.
///
/// What is not named is what the runner takes by itself.
pub fn playable(params: &Map<String, Value>, profile: Profile) -> Vec<Violation> {
    let mut filled = super::defaults(profile);
    for (name, value) in params {
        filled.insert(name.clone(), filled_object(name, value));
    }
    let (indices, steps) = (indices(&filled), steps(&filled));
    let mut violations = Vec::new();
    if overruns(&indices, steps) {
        let last = indices.last().copied().unwrap_or_default();
        let message = format!("the last step {last} is not below `num_inference_steps`, which is {steps}");
        violations.push(Violation::rule("t_index_list", message));
    } else if indices.last().is_some_and(|last| *last > STEP_MAX) {
        violations.push(Violation::rule("t_index_list", format!("a step is at most {STEP_MAX}")));
    }
    for refused in runner(&filled, profile) {
        if violations.iter().all(|told| head(&told.path) != head(&refused.path)) {
            violations.push(refused);
        }
    }
    if filled.get("use_denoising_batch") == Some(&Value::Bool(false)) {
        violations.push(Violation::rule(
            "use_denoising_batch",
            "the runner cannot load it with `use_denoising_batch` off",
        ));
    }
    for (name, normalize) in [("prompt", "normalize_prompt_weights"), ("seed", "normalize_seed_weights")] {
        violations.extend(weights_rule(&filled, name, normalize));
    }
    let nets = filled.get("controlnets").and_then(Value::as_array);
    for (place, net) in nets.into_iter().flatten().enumerate() {
        if pose_has_no_engine(net) {
            let path = format!("controlnets.{place}.preprocessor_params.confidence_threshold");
            violations.push(Violation::rule(path, "`pose_tensorrt` has an engine for 0.5 only"));
        }
    }
    violations
}

/// Checks the step schedule: 1 to 4 steps that never fall, from 0 to `most`.
pub fn steps_rule(indices: &[i64], most: i64) -> Option<Violation> {
    const NAME: &str = "t_index_list";
    if !(1..=STEPS_MAX).contains(&indices.len()) {
        let message = format!("a schedule has 1 to {STEPS_MAX} steps, not {}", indices.len());
        return Some(Violation::rule(NAME, message));
    }
    if let Some(place) = indices.windows(2).position(|pair| pair[0] > pair[1]) {
        let (before, after) = (indices[place], indices[place + 1]);
        let message = format!("the steps never fall, and {after} comes after {before}");
        return Some(Violation::rule(format!("{NAME}.{}", place + 1), message));
    }
    let place = indices.iter().position(|index| !(0..=most).contains(index))?;
    let message = format!("{} is not within 0 to {most}", indices[place]);
    Some(Violation::rule(format!("{NAME}.{place}"), message))
}

/// Checks a list of ControlNets: each once, of the model's family, and no more in use than it runs.
pub fn nets_rule(list: &[Value], family: Family) -> Option<Violation> {
    let mut seen: Vec<&str> = Vec::new();
    let mut enabled = 0;
    for (place, net) in list.iter().enumerate() {
        let Some(id) = net["model_id"].as_str() else { continue };
        let path = format!("controlnets.{place}.model_id");
        if seen.contains(&id) {
            return Some(Violation::rule(path, format!("the ControlNet `{id}` stands twice in the list")));
        }
        if nets::by_id(id).is_none_or(|net| net.family != family) {
            return Some(Violation::rule(path, format!("the ControlNet `{id}` is not for this model")));
        }
        seen.push(id);
        enabled += usize::from(net["enabled"].as_bool().unwrap_or(true));
    }
    let most = family.nets_max().filter(|most| enabled > *most)?;
    let message = format!("this model runs at most {most} ControlNets, not {enabled}");
    Some(Violation::rule("controlnets", message))
}

/// Returns whether the last step is one that does not exist: the runner accepts it and fails when it is used.
pub fn overruns(indices: &[i64], steps: i64) -> bool {
    indices.last().is_some_and(|index| *index >= steps)
}

/// Returns whether a `ControlNet` is fed by the pose estimator at a threshold for which there is no engine.
pub fn pose_has_no_engine(net: &Value) -> bool {
    let threshold = net["preprocessor_params"]["confidence_threshold"].as_f64();
    net["preprocessor"] == "pose_tensorrt"
        && net["enabled"] != false
        && threshold.is_some_and(|threshold| threshold != 0.5)
}

/// Returns how much a block of processors enlarges the picture; what is left out of it is switched on.
pub fn enlargement(block: &Value) -> f64 {
    if !block.is_object() || block["enabled"] == false {
        return 1.0;
    }
    let processors = block["processors"].as_array().into_iter().flatten();
    processors
        .filter(|processor| processor["enabled"] != false)
        .map(|processor| match processor["type"].as_str() {
            Some("upscale") => processor["params"]["scale_factor"].as_f64().unwrap_or(2.0),
            Some("realesrgan_trt") => 2.0,
            _ => 1.0,
        })
        .product()
}

fn attention_rule(params: &Map<String, Value>, family: Family) -> Option<Violation> {
    const NAME: &str = "cached_attention";
    if !is_enabled(params, NAME) {
        return None;
    }
    let is = |name: &str, value: Value| params.get(name) == Some(&value);
    if !is("acceleration", "tensorrt".into()) || !is("width", 512.into()) || !is("height", 512.into()) {
        return Some(Violation::rule(NAME, "cached attention runs with tensorrt at 512x512 only"));
    }
    let most = family.cached_frames_max(indices(params).len());
    let frames = params.get(NAME)?["max_frames"].as_i64()?;
    let message = format!("with this schedule cached attention has at most {most} frames");
    (frames > most).then(|| Violation::rule(NAME, message))
}

/// Checks that a weighted list can be mixed: the runner divides by the sum of its weights without a look at it.
fn weights_rule(params: &Map<String, Value>, name: &str, normalize: &str) -> Option<Violation> {
    let list = params.get(name)?.as_array()?;
    if list.is_empty() {
        return Some(Violation::rule(name, "the list is empty"));
    }
    let sum: f64 = list.iter().filter_map(|pair| pair[1].as_f64()).sum();
    let divided = params.get(normalize) != Some(&Value::Bool(false));
    (divided && sum.abs() < 1e-6).then(|| Violation::rule(name, "the weights sum to zero"))
}

/// Fills in what the runner takes for the members of an object that decide over others.
fn filled_object(name: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if let ("ip_adapter" | "cached_attention", Some(members)) = (name, value.as_object_mut()) {
        members.entry("enabled").or_insert(Value::Bool(true));
    }
    value
}

/// Returns the parameter that a path leads into.
fn head(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

fn is_enabled(params: &Map<String, Value>, name: &str) -> bool {
    params.get(name).is_some_and(|object| object["enabled"] == true)
}

fn indices(params: &Map<String, Value>) -> Vec<i64> {
    params.get("t_index_list").and_then(Value::as_array).into_iter().flatten().filter_map(whole).collect()
}

fn steps(params: &Map<String, Value>) -> i64 {
    params.get("num_inference_steps").and_then(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn validated(params: &Value) -> Vec<String> {
        let params = params.as_object().unwrap();
        validate(params, Dialect::V1, Profile::December2025).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_runner_would_fail_at_is_told_before_it_is_sent() {
        let turbo = "stabilityai/sd-turbo";
        let pose = json!([{"model_id": "thibaud/controlnet-sd21-openpose-diffusers", "conditioning_scale": 1,
            "preprocessor": "pose_tensorrt", "preprocessor_params": {"confidence_threshold": 0.6}, "enabled": true}]);
        let long = "Lykon/dreamshaper-8";
        for (params, message) in [
            (
                json!({"model_id": turbo, "t_index_list": [12, 50]}),
                "t_index_list: the last step 50 is not below `num_inference_steps`, which is 50",
            ),
            (
                json!({"model_id": turbo, "num_inference_steps": 20}),
                "t_index_list: the last step 32 is not below `num_inference_steps`, which is 20",
            ),
            (
                json!({"model_id": turbo, "use_denoising_batch": false}),
                "use_denoising_batch: the runner cannot load it with `use_denoising_batch` off",
            ),
            (json!({"model_id": turbo, "prompt": []}), "prompt: the list is empty"),
            (json!({"model_id": turbo, "seed": [[1, 1], [2, -1]]}), "seed: the weights sum to zero"),
            (
                json!({"model_id": turbo, "controlnets": pose}),
                "controlnets.0.preprocessor_params.confidence_threshold: `pose_tensorrt` has an engine for 0.5 only",
            ),
            (
                json!({"model_id": long, "width": 704, "cached_attention": {"enabled": true, "max_frames": 1, "interval": 1}}),
                "cached_attention: cached attention runs with tensorrt at 512x512 only",
            ),
        ] {
            assert_eq!(validated(&params), [message]);
        }
        assert_eq!(validated(&json!({"model_id": turbo, "t_index_list": [12, 49]})), Vec::<String>::new());
    }

    #[test]
    fn each_age_has_its_own_models_and_names() {
        let beta = |params: &Value, profile| validate(params.as_object().unwrap(), Dialect::Beta, profile);
        let kohaku = json!({"model_id": models::KOHAKU, "controlnets": []});
        assert_eq!(beta(&kohaku, Profile::July2025), []);
        let told = beta(&kohaku, Profile::December2025);
        assert_eq!(told[0].to_string(), "model_id: `KBlueLeaf/kohaku-v2.1` is not a model of this runner");
        let v1 = json!({"model_id": "stabilityai/sd-turbo", "use_safety_checker": true});
        let told = validate(v1.as_object().unwrap(), Dialect::V1, Profile::July2025);
        assert_eq!(told[0].to_string(), "use_safety_checker: the runner of July 2025 does not know it");
    }

    #[test]
    fn upscalers_enlarge_and_count_only_when_switched_on() {
        let block =
            json!({"processors": [{"type": "upscale"}, {"type": "realesrgan_trt", "enabled": false}]});
        assert_eq!(enlargement(&block), 2.0);
        assert_eq!(enlargement(&Value::Null), 1.0);
        let three = json!({"processors": [{"type": "upscale", "params": {"scale_factor": 3}}]});
        assert_eq!(enlargement(&three), 3.0);
    }
}
