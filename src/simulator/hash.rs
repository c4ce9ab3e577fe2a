//! The hash by which the status document tells that new parameters were received.
//!
//! It is the MD5 of the JSON text that Python's `json.dumps(…, sort_keys=True)` writes, so the text has to be
//! the same to the last character.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::md5;

/// Returns `last_params_hash` of parameters as they were received.
pub(super) fn params_hash(params: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(&mut text, params);
    md5::hex(text.as_bytes())
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push_str(", ");
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => write_object(text, fields),
    }
}

/// The keys of a `Map` are sorted by their bytes, which is Python's order by code point.
fn write_object(text: &mut String, fields: &Map<String, Value>) {
    text.push('{');
    for (place, (key, value)) in fields.iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        write_string(text, key);
        text.push_str(": ");
        write_value(text, value);
    }
    text.push('}');
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for unit in string.encode_utf16() {
        match unit {
            0x08 => text.push_str("\\b"),
            0x09 => text.push_str("\\t"),
            0x0a => text.push_str("\\n"),
            0x0c => text.push_str("\\f"),
            0x0d => text.push_str("\\r"),
            0x22 => text.push_str("\\\""),
            0x5c => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(unit as u8)),
            _ => {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text.push('"');
}

fn write_number(text: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => write_float(text, float),
        _ => {
            let _ = write!(text, "{number}");
        }
    }
}

/// Writes the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
fn write_float(text: &mut String, float: f64) {
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let _ = write!(text, "{float:?}");
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(text, "{digits}e{sign}{:02}", exponent.abs());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hash(params: &Value) -> String {
        params_hash(params.as_object().unwrap())
    }

    #[test]
    fn the_seven_examples_of_the_reference() {
        for (params, expected) in [
            (json!({"prompt": "x", "width": 512}), "4ec550159726f99a5b873127553aaab2"),
            (json!({"seed": 7, "prompt": [["a", 0.5], ["b", 0.5]]}), "df1837abe6292c036fb90e30ef3bec11"),
            (json!({"prompt": "Füchse 雪"}), "47575551487e7d2aa53ec3f65a5cc495"),
            (json!({"delta": 1.0}), "86d12757cc4759e356b48698be6ba9f0"),
            (json!({"delta": 1}), "62960fe17da87e0850e21157c5447521"),
            (json!({"a": 1e-7, "b": {"z": null, "a": true}}), "b8d185fd1c07d19cf65ec61ece844c53"),
            (json!({}), "99914b932bd37a50b983c5e7c90ae93b"),
        ] {
            assert_eq!(hash(&params), expected, "{params}");
        }
    }

    #[test]
    fn the_example_document_shows_the_hash_of_its_parameters() {
        let params = json!({"model_id": "stabilityai/sd-turbo",
            "prompt": [["a pine forest", 0.75], ["a coral reef", 0.25]]});
        assert_eq!(hash(&params), "091a46afa3984ebe47e9143ffec2b160");
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (float, expected) in [
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (0.1, "0.1"),
        ] {
            let mut text = String::new();
            write_float(&mut text, float);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn text_beyond_the_first_plane_and_controls_are_escaped() {
        let mut text = String::new();
        write_string(&mut text, "\u{1f98a}\"\\\n\u{7f}\u{1}");
        assert_eq!(text, r#""\ud83e\udd8a\"\\\n\u007f\u0001""#);
    }
}
