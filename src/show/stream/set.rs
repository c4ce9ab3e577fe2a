//! Two parameter sets in the API's words, side by side: how far they are apart and what a change costs.

use serde_json::{Map, Value, json};

/// Writes a weighted list as the API has it.
pub(super) fn list<T: serde::Serialize>(entries: Vec<(T, f64)>) -> Value {
    entries.into_iter().map(|(thing, weight)| json!([thing, weight])).collect()
}

/// Reads a weighted list as the API has it; what is none is empty.
pub(super) fn entries(list: Option<&Value>) -> Vec<(Value, f64)> {
    let entry = |entry: &Value| Some((entry.get(0)?.clone(), entry.get(1)?.as_f64()?));
    list.and_then(Value::as_array).map(|list| list.iter().filter_map(entry).collect()).unwrap_or_default()
}

/// Returns the largest difference between two values: of their numbers, or infinite where they differ otherwise.
pub(super) fn distance(a: &Value, b: &Value) -> f64 {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs(),
            _ => f64::INFINITY,
        },
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| distance(a, b)).fold(0.0, f64::max)
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a
            .iter()
            .map(|(name, a)| b.get(name).map_or(f64::INFINITY, |b| distance(a, b)))
            .fold(0.0, f64::max),
        (a, b) if a == b => 0.0,
        _ => f64::INFINITY,
    }
}

/// Counts the places of the prompt and seed lists that hold another thing than before: each costs the runner an encode.
pub(super) fn encodes(before: &Map<String, Value>, after: &Map<String, Value>) -> u32 {
    ["prompt", "seed"]
        .iter()
        .map(|name| {
            let (before, after) = (entries(before.get(*name)), entries(after.get(*name)));
            after
                .iter()
                .enumerate()
                .filter(|(place, (thing, _))| before.get(*place).is_none_or(|(other, _)| other != thing))
                .count() as u32
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_the_largest_move_of_a_number_and_infinite_for_another_text() {
        let a = json!([["mist", 0.5], ["neon", 0.5]]);
        assert_eq!(distance(&a, &json!([["mist", 0.25], ["neon", 0.6]])), 0.25);
        assert_eq!(distance(&a, &json!([["mist", 0.5], ["sea", 0.5]])), f64::INFINITY);
        assert_eq!(distance(&a, &json!([["mist", 0.5]])), f64::INFINITY);
        assert_eq!(distance(&json!({"a": 1, "b": "x"}), &json!({"a": 1.5, "b": "x"})), 0.5);
        assert_eq!(distance(&json!(1), &json!(1.0)), 0.0);
    }

    #[test]
    fn an_encode_is_a_place_whose_text_changes() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let before = map(json!({"prompt": [["a", 1.0], ["b", 0.0]], "seed": [[1, 1.0]]}));
        assert_eq!(encodes(&before, &map(json!({"prompt": [["a", 0.0], ["b", 1.0]]}))), 0);
        assert_eq!(encodes(&before, &map(json!({"prompt": [["b", 0.5], ["a", 0.5], ["c", 0.0]]}))), 3);
        assert_eq!(encodes(&before, &map(json!({"seed": [[1, 0.5], [2, 0.5]]}))), 1);
    }
}
