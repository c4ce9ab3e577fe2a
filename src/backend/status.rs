//! The status document: two spellings and many gaps folded into one report. Judges nothing.
//!
//! Every field may be missing or of a wrong type; then it is not known. Only something that is no object is an error.

use serde_json::Value;

use super::{
    discretion::Discretion,
    verdict::{MESSAGE_CHARS_MAX, tell},
};
use crate::show::health::StatusReport;

/// The largest whole number that is believed: 2^53, up to which every number of JSON is exact. As milliseconds it is the
/// year 287 396, and the difference of two never overflows.
const WHOLE_MAX: i64 = 1 << 53;

/// Reads a status document, in its wrapper or bare.
pub(super) fn read(mut document: Value, discretion: &Discretion) -> Result<StatusReport, String> {
    let wrapped = document.get("success").is_some() || document.get("data").is_some_and(Value::is_object);
    if wrapped {
        let error = document.get("error").and_then(tell);
        document = document.get_mut("data").map(Value::take).unwrap_or_default();
        if let (false, Some(error)) = (document.is_object(), error) {
            let error = discretion.tell(&error, MESSAGE_CHARS_MAX);
            return Err(format!("there is no status: {error}"));
        }
    }
    if !document.is_object() {
        return Err("there is no status in the body".to_owned());
    }
    let field = Fields(&document);
    let told = |paths: &[&str]| Some(discretion.tell(&tell(field.first(paths)?)?, MESSAGE_CHARS_MAX));
    let mut report = StatusReport {
        state: told(&["/state"]),
        timestamp: field.whole(&["/timestamp", "/last_status_timestamp"]),
        start_time: field.whole(&["/start_time", "/inference_status/start_time"]),
        request_id: field.text(&["/request_id"]),
        orchestrator: field.text(&["/orchestrator_info/url", "/orchestrator_info/address"]),
        fps_in: field.rate(&["/input_status/fps", "/inference_status/input_fps"]),
        fps_out: field.rate(&["/inference_status/fps", "/inference_status/output_fps"]),
        last_input_time: field.whole(&["/input_status/last_input_time", "/inference_status/last_input_time"]),
        last_output_time: field.whole(&["/inference_status/last_output_time"]),
        last_params_update_time: field.whole(&["/inference_status/last_params_update_time"]),
        last_params: None,
        last_params_hash: field.text(&["/inference_status/last_params_hash"]),
        last_error: told(&["/inference_status/last_error"]),
        last_error_time: field.whole(&["/inference_status/last_error_time"]),
        restart_count: field
            .whole(&["/inference_status/restart_count"])
            .and_then(|count| u64::try_from(count).ok()),
        whep_url: field.text(&["/gateway_status/whep_url"]),
        gateway_error: told(&["/gateway_status/error"]),
    };
    if let Some(Value::Object(params)) =
        document.pointer_mut("/inference_status/last_params").map(Value::take)
    {
        report.last_params = Some(params);
    }
    Ok(report)
}

/// Looks fields up by their paths; the first that holds a fitting value is taken.
struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    fn first(&self, paths: &[&str]) -> Option<&'a Value> {
        paths.iter().find_map(|path| self.0.pointer(path).filter(|value| !value.is_null()))
    }

    fn text(&self, paths: &[&str]) -> Option<String> {
        let text = |path: &&str| self.0.pointer(path)?.as_str().filter(|text| !text.is_empty());
        paths.iter().find_map(text).map(str::to_owned)
    }

    /// A rate that is not negative.
    fn rate(&self, paths: &[&str]) -> Option<f64> {
        paths.iter().find_map(|path| number(self.0.pointer(path)?).filter(|rate| *rate >= 0.0))
    }

    /// A whole number, whatever it is written as.
    fn whole(&self, paths: &[&str]) -> Option<i64> {
        let whole = |value: &Value| {
            // A cast of what is too large stops at the ends of the type, which are beyond the limit.
            let whole = value.as_i64().or_else(|| number(value).map(|number| number as i64))?;
            (-WHOLE_MAX..=WHOLE_MAX).contains(&whole).then_some(whole)
        };
        paths.iter().find_map(|path| whole(self.0.pointer(path)?))
    }
}

/// A finite number, also one in a string.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}
