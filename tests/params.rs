//! One table for three judges: what it accepts the simulator plays, and what it refuses the simulator and `check` refuse
//! in the same words.

use std::time::Duration;

use proptest::prelude::*;
use segue::{
    config::{Context, Loaded, parse},
    show::params::{
        self, Dialect, Kind, Profile, Spec, TABLE, Violation,
        models::{self, IDS},
        nets, objects,
    },
    simulator::{
        Machine,
        account::Account,
        api::{Api, Call},
    },
};
use serde_json::{Map, Value, json};

/// Creates a stream with these parameters; returns what the API answers, and then what the runner complains of.
fn create(params: &Map<String, Value>, dialect: Dialect, profile: Profile) -> (u16, Value, Value) {
    let machine = Machine { profile, ..Machine::default() };
    let mut api = Api::new(Account::new(machine, 1, 0), None, None);
    let mut ask = |at: u64, method, path: &str, body: &str| {
        let authorization = Some("Bearer k");
        let call = Call { method, path, query: "", authorization, body: Some(body.as_bytes()) };
        api.answer(Duration::from_secs(at), call)
    };
    let body = match dialect {
        Dialect::V1 => json!({ "pipeline": "streamdiffusion", "params": params }),
        Dialect::Beta => json!({ "pipeline_id": "pip_x", "pipeline_params": params }),
    };
    let answer = ask(0, "POST", "/v1/streams", &body.to_string());
    let Some(id) = answer.body["id"].as_str() else { return (answer.status, answer.body, Value::Null) };
    let status = ask(60, "GET", &format!("/v1/streams/{id}/status"), "");
    let complaint = status.body["data"]["inference_status"]["last_error"].clone();
    (answer.status, answer.body, complaint)
}

/// Values that fit a kind, and some that only look like it.
fn value(kind: Kind) -> BoxedStrategy<Value> {
    let weight = prop_oneof![4 => 0.0..2.0_f64, 1 => Just(0.0), 1 => -1.0..0.0_f64];
    let words = |words: &'static [&'static str]| prop::sample::select(words).prop_map(Value::from).boxed();
    match kind {
        Kind::Number(low, high) => {
            (low.max(-5.0)..high.min(5.0)).prop_map(Value::from).boxed()
        }
        Kind::Integer(low, high) => (low..=high.min(low + 100)).prop_map(Value::from).boxed(),
        Kind::Size => prop_oneof![3 => Just(512), 1 => (6..=16_i64).prop_map(|n| n * 64)].prop_map(Value::from).boxed(),
        Kind::Bool => prop_oneof![4 => Just(true), 1 => Just(false)].prop_map(Value::from).boxed(),
        Kind::Text => "[a-z ]{0,9}".prop_map(Value::from).boxed(),
        Kind::Choice(choices) => words(choices),
        Kind::Model => words(IDS),
        Kind::Preprocessor => words(nets::PREPROCESSORS),
        Kind::Indices => prop::collection::vec(0..=51_i64, 1..=4)
            .prop_map(|mut steps| {
                steps.sort_unstable();
                json!(steps)
            })
            .boxed(),
        Kind::Prompts => prop_oneof![
            "[a-z]{1,5}".prop_map(Value::from),
            prop::collection::vec(("[a-z]{0,3}", weight), 0..4).prop_map(|list| json!(list)),
        ]
        .boxed(),
        Kind::Seeds => prop_oneof![
            any::<i32>().prop_map(Value::from),
            prop::collection::vec((any::<i32>(), weight), 0..4).prop_map(|list| json!(list)),
        ]
        .boxed(),
        Kind::Loras => prop_oneof![Just(Value::Null), weight.prop_map(|scale| json!({ "a/b": scale }))].boxed(),
        Kind::Nets => prop::collection::vec((prop::sample::select(nets::TABLE), any::<bool>(), 0.0..=1.0_f64), 0..5)
            .prop_map(|list| {
                let net = |(net, enabled, scale): (nets::NetSpec, bool, f64)| {
                    json!({ "model_id": net.id, "conditioning_scale": scale, "preprocessor": net.preprocessor,
                        "preprocessor_params": {}, "enabled": enabled })
                };
                list.into_iter().map(net).collect()
            })
            .boxed(),
        Kind::Processing(names) => prop::sample::subsequence(names, 0..=names.len().min(2))
            .prop_map(|names| {
                json!({ "processors": names.iter().map(|name| json!({ "type": name })).collect::<Vec<_>>() })
            })
            .boxed(),
        Kind::IpAdapter => (words(&["regular", "faceid"]), words(objects::WEIGHT_TYPES), any::<bool>())
            .prop_map(|(kind, weights, enabled)| json!({ "type": kind, "weight_type": weights, "enabled": enabled, "scale": 0.5 }))
            .boxed(),
        Kind::CachedAttention => (any::<bool>(), 1..=4, 1..=240)
            .prop_map(|(enabled, frames, interval)| json!({ "enabled": enabled, "max_frames": frames, "interval": interval }))
            .boxed(),
        Kind::Processors(_) | Kind::Free => Just(json!({})).boxed(),
    }
}

/// Parameter sets of which about a third can be played.
fn set() -> impl Strategy<Value = Map<String, Value>> {
    let specs: Vec<&'static Spec> = TABLE.iter().filter(|spec| spec.kind != Kind::Model).collect();
    let named = prop::sample::subsequence(specs, 0..5).prop_flat_map(|specs| {
        specs
            .into_iter()
            .map(|spec| value(spec.kind).prop_map(|value| (spec.name.to_owned(), value)))
            .collect::<Vec<_>>()
    });
    (prop::sample::select(IDS), named).prop_map(|(model, named)| {
        let mut set: Map<String, Value> = named.into_iter().collect();
        set.insert("model_id".to_owned(), model.into());
        set
    })
}

proptest! {
    #[test]
    fn what_the_table_accepts_the_simulator_plays(set in set(), beta in any::<bool>(), july in any::<bool>()) {
        let dialect = if beta { Dialect::Beta } else { Dialect::V1 };
        let profile = if july { Profile::July2025 } else { Profile::December2025 };
        let (status, body, complaint) = create(&set, dialect, profile);
        let refused = params::api(&set, dialect);
        if !refused.is_empty() {
            let told: Vec<String> = refused.iter().map(|violation| format!("params.{violation}")).collect();
            let details = if beta { &body["error"] } else { &body["details"] };
            prop_assert_eq!((status, details), (400, &json!(told)));
        } else if params::validate(&set, dialect, profile).is_empty() {
            prop_assert_eq!((status, complaint), (201, Value::Null), "{}", body);
        }
    }
}

#[test]
fn what_cannot_be_played_shows_as_an_error_of_the_runner() {
    for params in [
        json!({ "model_id": IDS[0], "t_index_list": [12, 50] }),
        json!({ "model_id": IDS[0], "use_denoising_batch": false }),
        json!({ "model_id": IDS[0], "prompt": [] }),
    ] {
        let params = params.as_object().unwrap();
        let (status, _, complaint) = create(params, Dialect::V1, Profile::December2025);
        assert!(status == 201 && complaint.is_string(), "{params:?}: {status}, {complaint}");
        assert_ne!(params::validate(params, Dialect::V1, Profile::December2025), [], "{params:?}");
    }
}

/// What people, programs and typing errors put where something else belongs.
fn oddities() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(7),
        json!(-3),
        json!(1.5),
        json!(700),
        json!(1e9),
        json!(9_007_199_254_740_992_i64),
        json!(""),
        json!("0.5"),
        json!("tensorrtt"),
        json!([]),
        json!([20, 12]),
        json!([1, "a"]),
        json!([["", 1]]),
        json!([["a"]]),
        json!([{ "model_id": 7 }]),
        json!({}),
        json!({ "enabled": "yes", "scale": "1", "max_frames": 9, "interval": 0, "processor": [] }),
        json!({ "processors": [{ "type": "blurr", "params": 1 }, 5] }),
    ]
}

/// Returns whether `check` says it of a show file.
fn checked(name: &str, value: &Value, model: &str, violation: &Violation) -> bool {
    let text = format!(
        "{{ streams: {{ wall: {{ backend: simulator, params: {{ model_id: {model}, {name}: {value} }} }} }} }}"
    );
    let Loaded { sheet, diagnostics, .. } = parse("show.yaml", &text, &Context { node: "north" });
    sheet.is_none() && diagnostics.iter().any(|found| found.message().contains(&violation.message))
}

#[test]
fn a_wrong_value_is_refused_by_both_for_the_same_reason() {
    let mut compared = 0;
    for spec in TABLE.iter().filter(|spec| spec.kind != Kind::Model) {
        let Some(model) = IDS.iter().find(|id| spec.is_known_to(Dialect::V1, models::family(id))) else {
            continue;
        };
        for value in oddities() {
            let violations = params::check(spec, &value, Dialect::V1, models::family(model));
            let set = json!({ "model_id": model, spec.name: value });
            let (status, body, _) = create(set.as_object().unwrap(), Dialect::V1, Profile::December2025);
            if violations.is_empty() {
                continue;
            }
            let told: Vec<String> =
                violations.iter().map(|violation| format!("params.{violation}")).collect();
            assert_eq!((status, &body["details"]), (400, &json!(told)), "{}: {value}", spec.name);
            // A show file has words of its own for these: short forms, pairs with shares, numbers for texts.
            let own = matches!(spec.kind, Kind::Prompts | Kind::Seeds | Kind::Nets)
                || matches!(spec.kind, Kind::Text | Kind::Choice(_))
                    && !value.is_array()
                    && !value.is_object()
                || value.is_null();
            if own || !spec.is_for_streams() {
                continue;
            }
            for violation in &violations {
                assert!(checked(spec.name, &value, model, violation), "{}: {value}: {violation}", spec.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 200, "only {compared} compared");
}
