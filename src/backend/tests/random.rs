//! Any JSON may come: the parsers find something in it or say that they do not, and never more than can be told.

use proptest::{collection::vec, prelude::*, sample::Index};
use reqwest::StatusCode;

use super::{recorded, *};
use crate::{
    backend::{
        discretion::Discretion,
        exchange::{Answer, End},
        retry_after, status,
        verdict::{Expected, MESSAGE_CHARS_MAX, judge},
        wire,
    },
    show::event::Reply,
};

/// Words that the parsers look for, so that random objects are nearly right.
const WORDS: [&str; 24] = [
    "id",
    "data",
    "success",
    "error",
    "code",
    "status",
    "message",
    "path",
    "details",
    "requestId",
    "state",
    "timestamp",
    "inference_status",
    "input_status",
    "gateway_status",
    "fps",
    "output_fps",
    "last_params",
    "last_error",
    "restart_count",
    "warnings",
    "was_censored",
    "stream_key",
    "created_at",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Value::from(number.to_string())),
        any::<Index>().prop_map(|index| Value::from(*index.get(&WORDS))),
    ];
    let name =
        prop_oneof![4 => any::<Index>().prop_map(|index| (*index.get(&WORDS)).to_owned()), 1 => ".{0,8}"];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec((name.clone(), inner), 0..8).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// Puts `graft` in the place of some node of `tree`.
fn graft(tree: &mut Value, path: &[Index], graft: Value) {
    let children: Vec<&mut Value> = match tree {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    match path {
        [step, rest @ ..] if !children.is_empty() => {
            let at = step.index(children.len());
            self::graft(children.into_iter().nth(at).unwrap(), rest, graft);
        }
        _ => *tree = graft,
    }
}

fn parse_everything(document: &Value) {
    let discretion = Discretion::new(Some(KEY.into()));
    let short = |text: &str| assert!(text.chars().count() <= MESSAGE_CHARS_MAX + 1, "{text}");
    if let Ok(stream) = wire::stream(document) {
        assert!(!stream.id.is_empty());
    }
    let _ = wire::list(document);
    let _ = wire::deleted(document);
    if let Ok(Reply::Updated { warnings, .. }) = wire::updated(document, &discretion) {
        for warning in &warnings {
            short(warning);
        }
    }
    match status::read(document.clone(), &discretion) {
        Ok(report) => {
            assert!(report.fps_out.is_none_or(|fps| fps.is_finite() && fps >= 0.0));
            let texts = [&report.last_error, &report.gateway_error, &report.state];
            for text in texts.into_iter().flatten() {
                short(text);
            }
            let _ = report.output_age_ms();
        }
        Err(reason) => assert!(reason.chars().count() <= MESSAGE_CHARS_MAX + 30, "{reason}"),
    }
    for code in [200, 201, 404, 429, 500] {
        let status = StatusCode::from_u16(code).unwrap();
        let body = document.to_string().into_bytes();
        let answer = Answer { status, retry_after: None, elsewhere: None, body, end: End::Whole };
        if let Err(failure) = judge(answer, Expected::Success, &discretion) {
            short(&failure.message);
            assert!(failure.message.starts_with(&code.to_string()));
            assert!(!failure.message.chars().any(char::is_control), "{failure:?}");
        }
    }
}

proptest! {
    /// On failure proptest prints the document and the seed of the run.
    #[test]
    fn any_document_is_read_or_refused(document in any_json()) {
        parse_everything(&document);
    }

    #[test]
    fn a_document_with_something_else_in_it_is_read_or_refused(
        path in vec(any::<Index>(), 0..5), value in any_json(), stream in any::<bool>(),
    ) {
        let recorded = if stream { recorded::STREAM } else { recorded::STATUS };
        let mut document = serde_json::from_str(recorded).unwrap();
        graft(&mut document, &path, value);
        parse_everything(&document);
    }

    #[test]
    fn any_header_is_a_wait_or_none(header in "\\PC*", seconds in any::<i64>()) {
        let now = Timestamp::from_second(seconds % 100_000_000_000).unwrap();
        for header in [header, seconds.to_string()] {
            if let Some(wait) = retry_after::wait(&header, now) {
                prop_assert!(wait <= retry_after::WAIT_MAX && !wait.is_zero());
            }
        }
    }

    #[test]
    fn any_text_is_told_in_short_and_without_the_key(before in ".*", after in ".*", chars_max in 0_usize..80) {
        let told = Discretion::new(Some(KEY.into())).tell(&format!("{before}{KEY}{after}"), chars_max);
        prop_assert!(told.chars().count() <= chars_max + 1);
        prop_assert!(!told.contains(KEY) && !told.chars().any(char::is_control));
    }
}
