//! The show's variables: a number, a text or a truth each, by name. Declared in the show file, set by steps, kept over restarts.
//!
//! A variable keeps the kind that it was declared with, so that an expression that counts never meets a text.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

/// The most variables. Each is told to whoever looks at the show; a screen has room for some thirty.
pub const VARIABLES_MAX: usize = 256;
/// The longest text of a variable, in bytes; with [`VARIABLES_MAX`] that is 512 KiB in the journal.
pub const TEXT_BYTES_MAX: usize = 2048;

/// Every variable with its value: a number, a text or a truth.
pub type Values = BTreeMap<Arc<str>, Value>;

/// Returns what kind of value it is, in words; `None` for what can be no variable.
pub fn kind(value: &Value) -> Option<&'static str> {
    match value {
        Value::Number(_) => Some("a number"),
        Value::String(_) => Some("a text"),
        Value::Bool(_) => Some("`true` or `false`"),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Makes of `value` one of the kind of `like`: messages bring numbers and truths as texts.
///
/// # Errors
///
/// What it is not, or that it is too long.
pub fn fit(value: &Value, like: &Value) -> Result<Value, String> {
    let told = |value: &Value| value.to_string().chars().take(40).collect::<String>();
    let fitted = match (like, value) {
        (Value::Number(_), Value::String(text)) => {
            let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(whole_or_not)
        }
        (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::String(_), Value::String(_)) => Some(value.clone()),
        (Value::Bool(_), Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "on" => Some(true.into()),
            "false" | "off" => Some(false.into()),
            _ => None,
        },
        (Value::String(_), Value::Number(_) | Value::Bool(_)) => Some(value.to_string().into()),
        _ => None,
    };
    let what = kind(like).unwrap_or_default();
    let fitted = fitted.ok_or_else(|| format!("{} is not {what}", told(value)))?;
    match fitted.as_str() {
        Some(text) if text.len() > TEXT_BYTES_MAX => {
            Err(format!("a text of {} bytes, and at most {TEXT_BYTES_MAX} may be", text.len()))
        }
        _ => Ok(fitted),
    }
}

/// Goes on with other declarations: a variable keeps its value as long as that is of the declared kind.
#[must_use]
pub fn carried(values: &Values, declared: &Values) -> Values {
    let carry = |(name, initial): (&Arc<str>, &Value)| {
        let kept = values.get(name).filter(|value| kind(value) == kind(initial));
        (Arc::clone(name), kept.unwrap_or(initial).clone())
    };
    declared.iter().map(carry).collect()
}

fn whole_or_not(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_keeps_its_kind() {
        assert_eq!(fit(&json!("21"), &json!(0)), Ok(json!(21)));
        assert_eq!(fit(&json!(2.5), &json!(0)), Ok(json!(2.5)));
        assert_eq!(fit(&json!("on"), &json!(false)), Ok(json!(true)));
        assert_eq!(fit(&json!(3), &json!("")), Ok(json!("3")));
        assert_eq!(fit(&json!("many"), &json!(0)), Err("\"many\" is not a number".to_owned()));
        assert_eq!(fit(&json!(1), &json!(true)), Err("1 is not `true` or `false`".to_owned()));
        assert_eq!(fit(&json!([1]), &json!("")), Err("[1] is not a text".to_owned()));
        assert!(fit(&json!("x".repeat(TEXT_BYTES_MAX + 1)), &json!("")).is_err());
        assert!(fit(&json!("NaN"), &json!(0)).is_err());
    }

    #[test]
    fn an_edit_keeps_values_of_the_same_kind_and_begins_the_others_anew() {
        let map = |list: &[(&str, Value)]| -> Values {
            list.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect()
        };
        let values = map(&[("count", json!(7)), ("mood", json!("calm")), ("gone", json!(1))]);
        let declared = map(&[("count", json!(0)), ("mood", json!(1)), ("new", json!(true))]);
        let expected = map(&[("count", json!(7)), ("mood", json!(1)), ("new", json!(true))]);
        assert_eq!(carried(&values, &declared), expected);
    }
}
