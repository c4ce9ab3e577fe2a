//! What is different between two documents, as a JSON merge patch (RFC 7396).

use serde_json::{Map, Value};

/// Returns the patch that makes `new` of `old`; `None` if they are the same.
///
/// No document holds a null: in a patch it says that a member goes.
pub(super) fn patch(old: &Value, new: &Value) -> Option<Value> {
    if old == new {
        return None;
    }
    let (Value::Object(before), Value::Object(after)) = (old, new) else { return Some(new.clone()) };
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = after.iter().filter_map(|(key, value)| {
        let change = before.get(key).map_or_else(|| Some(value.clone()), |old| patch(old, value))?;
        Some((key.clone(), change))
    });
    Some(Value::Object(gone.chain(changed).collect::<Map<_, _>>()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Applies a patch, word for word as RFC 7396, section 2, says it.
    fn merge(target: Value, patch: &Value) -> Value {
        let Value::Object(changes) = patch else { return patch.clone() };
        let mut members = if let Value::Object(members) = target { members } else { Map::new() };
        for (name, value) in changes {
            if value.is_null() {
                members.remove(name);
            } else {
                let before = members.remove(name).unwrap_or(Value::Null);
                members.insert(name.clone(), merge(before, value));
            }
        }
        Value::Object(members)
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..4).prop_map(Value::from),
            "[a-c]".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_patch_makes_the_new_document_of_the_old_one(old in documents(), new in documents()) {
            if let Some(patch) = patch(&old, &new) {
                prop_assert_eq!(merge(old, &patch), new);
            } else {
                prop_assert_eq!(old, new);
            }
        }
    }

    #[test]
    fn a_patch_holds_what_changed_and_nothing_else() {
        let old = json!({ "show": "Gallery", "streams": { "wall": { "scene": "dawn", "phase": "live", "id": "str_1" } } });
        let new = json!({ "show": "Gallery", "streams": { "wall": { "scene": "neon", "phase": "live" } } });
        assert_eq!(
            patch(&old, &new),
            Some(json!({ "streams": { "wall": { "scene": "neon", "id": null } } }))
        );
    }
}
