//! The snapshot as those who follow it have it: a document that stays the same while nothing happens.
//!
//! A snapshot tells ages, and those change each moment. Here they are moments on the daemon's own clock, and whoever reads
//! them knows from the beats what that clock says. Lists of things with names are objects by name, so that a change of one
//! is small; what is not there is left out, because a merge patch has no other way to say so (RFC 7396, section 1).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::show::{snapshot::Snapshot, time::Mono};

/// What is kept of a number: a ten-thousandth of a weight is not to be seen.
const PLACES: f64 = 1e4;
/// How far a moment may be from what it was before it counts as another: what is worked out from an age trembles by the time
/// that a question takes.
const SAME_MOMENT: f64 = 0.25;

/// How the end of a key is told that is a time from now, and in which direction.
const TIMES: [(&str, f64); 6] = [
    ("seconds_ago", -1.0),
    ("age_seconds", -1.0),
    ("remaining_seconds", 1.0),
    ("hands_back_seconds", 1.0),
    ("next_in_seconds", 1.0),
    ("seconds_left", 1.0),
];

/// Makes the document of a snapshot taken at `now`, after `earlier`.
///
/// # Errors
///
/// Something in the snapshot cannot be written down.
pub(super) fn document(
    snapshot: &Snapshot,
    now: Mono,
    earlier: Option<&Value>,
) -> Result<Value, serde_json::Error> {
    Ok(tidy(serde_json::to_value(snapshot)?, now.0.as_secs_f64(), earlier))
}

fn tidy(value: Value, now: f64, earlier: Option<&Value>) -> Value {
    match value {
        Value::Object(members) => object(members, now, earlier),
        Value::Array(list) => match by_name(list) {
            Ok(members) => object(members, now, earlier),
            Err(list) => {
                let before = |place: usize| earlier.and_then(|earlier| earlier.get(place));
                Value::Array(
                    list.into_iter().enumerate().map(|(at, item)| tidy(item, now, before(at))).collect(),
                )
            }
        },
        Value::Number(number) if number.is_f64() => rounded(number.as_f64().unwrap_or_default()),
        other => other,
    }
}

fn object(members: Map<String, Value>, now: f64, earlier: Option<&Value>) -> Value {
    // What stands still has no moment at which it ends.
    let stands = ["paused", "grabbed"].iter().any(|key| members.get(*key) == Some(&Value::Bool(true)))
        || members.get("hands_back_at") == Some(&Value::Null);
    let mut tidied = Map::new();
    for (key, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
        let time = TIMES.iter().find(|(end, way)| key.ends_with(end) && !(stands && *way > 0.0));
        let (Some((end, way)), Some(length)) = (time, value.as_f64()) else {
            let before = earlier.and_then(|earlier| earlier.get(&key));
            tidied.insert(key, tidy(value, now, before));
            continue;
        };
        let key = format!("{}{}", key.trim_end_matches(end), if *way < 0.0 { "at" } else { "ends_at" });
        let moment = now + way * length;
        let before = earlier.and_then(|earlier| earlier.get(&key)).and_then(Value::as_f64);
        let same = before.filter(|before| (before - moment).abs() < SAME_MOMENT);
        tidied.insert(key, rounded(same.unwrap_or(moment)));
    }
    Value::Object(tidied)
}

/// Makes a list of things with names of their own an object; anything else stays what it is.
fn by_name(list: Vec<Value>) -> Result<Map<String, Value>, Vec<Value>> {
    let names: BTreeSet<_> = list.iter().filter_map(|item| item.get("name")?.as_str()).collect();
    if list.is_empty() || names.len() < list.len() {
        return Err(list);
    }
    let named = |item: Value| Some((item.get("name")?.as_str()?.to_owned(), item));
    Ok(list.into_iter().filter_map(named).collect())
}

fn rounded(number: f64) -> Value {
    Value::from((number * PLACES).round() / PLACES)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn ages_are_moments_and_stay_while_nothing_happens() {
        let told = |now, age| json!({ "health": { "read_seconds_ago": age, "output_age_seconds": null }, "now": now });
        let first = tidy(told(1, 2.0), 10.0, None);
        assert_eq!(first, json!({ "health": { "read_at": 8.0 }, "now": 1 }));
        let later = tidy(told(1, 7.1), 15.0, Some(&first));
        assert_eq!(later, first);
        let read_again = tidy(told(1, 0.1), 15.0, Some(&first));
        assert_eq!(read_again["health"]["read_at"], 14.9);
    }

    #[test]
    fn a_transition_has_an_end_unless_it_stands_still() {
        let told = |paused| tidy(json!({ "paused": paused, "remaining_seconds": 3.0 }), 10.0, None);
        assert_eq!(told(false), json!({ "paused": false, "ends_at": 13.0 }));
        assert_eq!(told(true), json!({ "paused": true, "remaining_seconds": 3.0 }));
    }

    #[test]
    fn what_has_names_is_an_object_by_name() {
        let told = json!({ "streams": [{ "name": "wall", "w": 0.333_333 }, { "name": "floor" }], "mix": [{ "scene": "a" }] });
        assert_eq!(
            tidy(told, 0.0, None),
            json!({ "streams": { "wall": { "name": "wall", "w": 0.3333 }, "floor": { "name": "floor" } },
                    "mix": [{ "scene": "a" }] })
        );
        let twins = json!([{ "name": "a" }, { "name": "a" }]);
        assert_eq!(tidy(twins.clone(), 0.0, None), twins);
    }

    #[test]
    fn a_snapshot_is_one_document_for_as_long_as_nothing_happens() {
        let snapshot = crate::web::tests::snapshot();
        let at = |seconds| Mono(Duration::from_secs(seconds));
        let first = document(&snapshot, at(5), None).unwrap();
        assert_eq!(first["streams"]["wall"]["mix"][1], json!({ "scene": "neon", "weight": 0.75 }));
        assert_eq!(document(&snapshot, at(500), Some(&first)).unwrap(), first);
    }
}
