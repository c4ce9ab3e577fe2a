//! The texts in what happened: each put through something before it is filled in anywhere.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::show::scope::Occasion;

/// What becomes of a text; `None`: it is as if it were not there.
pub(super) type Change<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Returns what happened with every text changed that somebody outside wrote.
pub(super) fn of_occasion(occasion: Occasion, change: Change<'_>) -> Occasion {
    let name = |text: Option<Arc<str>>| text.and_then(|text| change(&text)).map(Arc::from);
    Occasion {
        payload: of_value(occasion.payload, change),
        topic: name(occasion.topic),
        address: name(occasion.address),
        args: occasion.args.into_iter().map(|arg| of_value(arg, change)).collect(),
        ..occasion
    }
}

/// Returns a value with every text in it changed, the names in objects as well.
pub(super) fn of_value(value: Value, change: Change<'_>) -> Value {
    match value {
        Value::String(text) => change(&text).map_or(Value::Null, Value::String),
        Value::Array(items) => items.into_iter().map(|item| of_value(item, change)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| Some((change(&name)?, of_value(value, change)));
            Value::Object(members.into_iter().filter_map(member).collect::<Map<_, _>>())
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_)) => value,
    }
}
