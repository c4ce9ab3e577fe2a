//! `segue schema`: the JSON Schema of show files (draft 2020-12), so that editors know the keys while one types.
//!
//! Everything in it comes from the list of keys and the table of parameters. It is about structure: what `check` says of
//! names, rules across keys and abilities of models is beyond it.

use serde_json::{Map, Value, json};

use crate::{
    config::keys::{self, Form, Params, Section},
    show::params::{
        Kind, SEED_MAX, STEP_MAX, Spec, TABLE,
        models::IDS,
        nets,
        objects::{self, Member, Needed, SIDE, SIDE_STEP},
    },
};

/// Returns the schema as text.
pub(super) fn text() -> String {
    format!("{:#}", schema())
}

fn schema() -> Value {
    let mut schema = section(&keys::SHOW);
    let about = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Segue show file",
        "description": "What is shown, and what makes it change",
    });
    let others = keys::SECTIONS.into_iter().filter(|section| section.title != keys::SHOW.title);
    let defs: Map<String, Value> = others.map(|other| (slug(other.title), section(other))).collect();
    if let (Some(schema), Value::Object(about)) = (schema.as_object_mut(), about) {
        schema.extend(about);
        schema.insert("$defs".to_owned(), Value::Object(defs));
    }
    schema
}

fn section(section: &Section) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for key in section.keys {
        let mut of_key = form(&key.form);
        describe(&mut of_key, key.what);
        properties.insert(key.name.to_owned(), of_key);
        required.extend(key.required.then_some(key.name));
    }
    for member in section.members {
        properties.insert(member.name.to_owned(), of_member(member));
    }
    // Of a ControlNet the file fills in everything else.
    required
        .extend(section.members.iter().find(|member| member.name == "model_id").map(|member| member.name));
    for spec in TABLE.iter().filter(|spec| belongs(spec, section.params)) {
        let of_spec = || if section.params == Params::Fades { form(&Form::Time) } else { parameter(spec) };
        properties.entry(spec.name).or_insert_with(of_spec);
    }
    object(&properties, &required)
}

fn belongs(spec: &Spec, params: Params) -> bool {
    match params {
        Params::None => false,
        Params::Stream => spec.is_for_streams(),
        Params::Scene => spec.is_for_scenes(),
        Params::Fades => spec.is_for_scenes() && spec.is_live(),
    }
}

fn form(form: &Form) -> Value {
    match form {
        Form::Text | Form::Literal => json!({ "type": ["string", "number", "boolean"] }),
        Form::Like(example) => json!({ "type": "string", "examples": [example] }),
        Form::Bool => json!({ "type": "boolean" }),
        Form::Number(low, high) => json!({ "type": "number", "minimum": low, "maximum": high }),
        Form::AnyNumber => json!({ "type": "number" }),
        Form::Words(words) => json!({ "enum": words }),
        Form::Time => json!({ "anyOf": [
            { "type": "number", "minimum": 0 },
            { "type": "string", "pattern": "^( *[0-9]+(\\.[0-9]+)? *(h|m|s|ms) *)+$", "examples": ["8s", "1m30s"] },
        ] }),
        Form::Prompt => kind(Kind::Prompts),
        Form::Seed => kind(Kind::Seeds),
        Form::Off => json!({ "enum": ["off", false] }),
        Form::Nothing => json!({ "type": "null" }),
        Form::Anything => json!({}),
        Form::Scales => scales(),
        Form::Map(section) => json!({ "$ref": format!("#/$defs/{}", slug(section.title)) }),
        Form::Named(of) => json!({ "type": "object", "additionalProperties": self::form(of) }),
        Form::List(of) => json!({ "type": "array", "items": self::form(of) }),
        Form::Any(forms) => json!({ "anyOf": forms.iter().map(self::form).collect::<Vec<_>>() }),
    }
}

fn parameter(spec: &Spec) -> Value {
    let mut schema = match spec.kind {
        Kind::Nets => json!({ "anyOf": [
            scales(),
            { "type": "array", "items": { "$ref": format!("#/$defs/{}", slug(keys::NET.title)) } },
        ] }),
        other => kind(other),
    };
    describe(&mut schema, spec.what);
    schema
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Number(low, high) if high - low < 1e9 => {
            json!({ "type": "number", "minimum": low, "maximum": high })
        }
        Kind::Number(..) => json!({ "type": "number" }),
        Kind::Integer(low, i64::MAX) => json!({ "type": "integer", "minimum": low }),
        Kind::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Size => {
            json!({ "type": "integer", "minimum": SIDE.0, "maximum": SIDE.1, "multipleOf": SIDE_STEP })
        }
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Model => json!({ "enum": IDS }),
        Kind::Preprocessor => json!({ "enum": nets::PREPROCESSORS }),
        Kind::Indices => {
            let step = json!({ "type": "integer", "minimum": 0, "maximum": STEP_MAX });
            json!({ "type": "array", "items": step, "minItems": 1, "maxItems": 4 })
        }
        Kind::Prompts => weighted(&json!({ "type": ["string", "number", "boolean"] })),
        Kind::Seeds => weighted(&json!({ "type": "integer", "minimum": -SEED_MAX, "maximum": SEED_MAX })),
        Kind::Loras => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        Kind::Nets => json!({ "type": "array" }),
        Kind::Processors(names) => json!({ "type": "array", "items": members(&objects::processor(names)) }),
        Kind::Processing(names) => members(&objects::processing(names)),
        Kind::IpAdapter => members(&objects::ip_adapter(None)),
        Kind::CachedAttention => members(objects::CACHED_ATTENTION),
        Kind::Free => json!({ "type": "object" }),
    }
}

/// Returns the schema of one thing, or of a list of pairs of such a thing and its weight.
fn weighted(one: &Value) -> Value {
    let pair = json!({
        "type": "array",
        "prefixItems": [one, { "type": "number", "minimum": 0 }],
        "minItems": 2,
        "maxItems": 2,
    });
    json!({ "anyOf": [one, { "type": "array", "items": pair, "minItems": 1 }] })
}

fn scales() -> Value {
    let names: Vec<&str> = names();
    let scale = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    json!({ "type": "object", "propertyNames": { "enum": names }, "additionalProperties": scale })
}

/// Returns how a ControlNet can be called: each short name once, then the ids.
fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = nets::TABLE.iter().map(|net| net.short).collect();
    names.sort_unstable();
    names.dedup();
    names.extend(nets::TABLE.iter().map(|net| net.id));
    names
}

fn members(members: &[Member]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|member| (member.name.to_owned(), of_member(member))).collect();
    let required: Vec<&str> =
        members.iter().filter(|member| member.needed != Needed::Never).map(|member| member.name).collect();
    object(&properties, &required)
}

fn of_member(member: &Member) -> Value {
    let mut schema = match member.name {
        "model_id" => json!({ "enum": names() }),
        _ => kind(member.kind),
    };
    describe(&mut schema, member.what);
    schema
}

fn object(properties: &Map<String, Value>, required: &[&str]) -> Value {
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn describe(schema: &mut Value, what: &str) {
    schema["description"] = what.into();
}

/// Makes the name of a definition out of a title.
fn slug(title: &str) -> String {
    let head = title.split(':').next().unwrap_or(title);
    let words = head.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Checks a document against the part of JSON Schema that we use; returns the first place that does not fit.
    fn fits(root: &Value, schema: &Value, document: &Value, path: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{path}: {what}: {document}"));
        if let Some(place) = schema["$ref"].as_str() {
            let target = root.pointer(place.trim_start_matches('#')).unwrap();
            return fits(root, target, document, path);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let tried = choices.iter().map(|choice| fits(root, choice, document, path));
            let failed: Vec<String> = tried.filter_map(Result::err).collect();
            return if failed.len() < choices.len() { Ok(()) } else { Err(failed.join(" | ")) };
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(document)) {
            return wrong("not one of the words");
        }
        let is = |kind: &Value| match kind.as_str().unwrap() {
            "null" => document.is_null(),
            "boolean" => document.is_boolean(),
            "integer" => document.as_f64().is_some_and(|number| number.fract() == 0.0),
            "number" => document.is_number(),
            "string" => document.is_string(),
            "array" => document.is_array(),
            "object" => document.is_object(),
            other => panic!("{other}"),
        };
        let kinds = &schema["type"];
        if !kinds.is_null() && !kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is)) {
            return wrong("of the wrong kind");
        }
        if let Some(number) = document.as_f64()
            && (schema["minimum"].as_f64().is_some_and(|low| number < low)
                || schema["maximum"].as_f64().is_some_and(|high| number > high)
                || schema["multipleOf"].as_f64().is_some_and(|step| number % step != 0.0))
        {
            return wrong("out of range");
        }
        for (place, item) in document.as_array().into_iter().flatten().enumerate() {
            let of_item = schema["prefixItems"].get(place).unwrap_or(&schema["items"]);
            fits(root, of_item, item, &format!("{path}.{place}"))?;
        }
        if let Some(length) = document.as_array().map(Vec::len)
            && (schema["minItems"].as_u64().is_some_and(|least| (length as u64) < least)
                || schema["maxItems"].as_u64().is_some_and(|most| length as u64 > most))
        {
            return wrong("too short or too long");
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if document.get(name.as_str().unwrap()).is_none() {
                return wrong(&format!("without {name}"));
            }
        }
        for (name, value) in document.as_object().into_iter().flatten() {
            if schema["propertyNames"]["enum"].as_array().is_some_and(|names| !names.contains(&json!(name))) {
                return wrong(&format!("has no {name}"));
            }
            let of_name = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            if *of_name == false {
                return wrong(&format!("has no {name}"));
            }
            fits(root, of_name, value, &format!("{path}.{name}"))?;
        }
        Ok(())
    }

    fn judge(text: &str) -> Result<(), String> {
        let document: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let schema = schema();
        fits(&schema, &schema, &document, "show")
    }

    #[test]
    fn the_shows_that_come_with_segue_fit_the_schema() {
        let mut count = 0;
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap() {
            let path = entry.unwrap().path();
            judge(&fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            count += 1;
        }
        assert!(count >= 3);
    }

    #[test]
    fn what_is_no_show_does_not_fit() {
        let show = |stream: &str, scene: &str| {
            format!("streams: {{ wall: {{ backend: simulator, {stream} }} }}\nscenes: {{ a: {{ {scene} }} }}")
        };
        assert_eq!(judge(&show("params: { delta: 0.5, controlnets: { depth: 1 } }", "prompt: x")), Ok(()));
        for (stream, scene) in [
            ("bakend: x", ""),
            ("blend: slurp", ""),
            ("timeouts: { create: soon, updates: 1 }", ""),
            ("params: { width: 700 }", ""),
            ("params: { show_reloading_frame: true }", ""),
            ("params: { controlnets: { depht: 1 } }", ""),
            ("params: { cached_attention: { enabled: true } }", ""),
            ("", "width: 512"),
            ("", "model_id: stabilityai/sd-turbo"),
            ("", "seed: 1.5"),
            ("", "prompt: [[a]]"),
            ("", "t_index_list: [1, 2, 3, 4, 5]"),
        ] {
            assert!(judge(&show(stream, scene)).is_err(), "{stream} {scene}");
        }
        assert!(judge("scenes: {}").is_err(), "a show has streams");
    }

    #[test]
    fn every_reference_leads_to_a_definition_and_each_is_used() {
        let schema = schema();
        let text = schema.to_string();
        let included = slug(keys::INCLUDED.title);
        // That one is for editors of included files, who name it themselves.
        for name in schema["$defs"].as_object().unwrap().keys().filter(|name| **name != included) {
            assert!(text.contains(&format!("\"#/$defs/{name}\"")), "nobody uses {name}");
        }
        for reference in text.split("\"#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
}
