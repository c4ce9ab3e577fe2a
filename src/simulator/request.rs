//! The bodies of create and update: which generation they are of, and what they ask for.

use serde_json::{Map, Value};

use crate::show::params::{self, Dialect};

use super::{
    answer::{Generation, Refusal},
    stream::Wanted,
};

/// What an update asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Update {
    /// v1: what changes; beta: everything.
    pub(super) params: Map<String, Value>,
}

/// Reads a body as a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::new(400, "VALIDATION/INVALID_JSON", "The body is not a JSON object")),
        Err(error) => {
            Err(Refusal::new(400, "VALIDATION/INVALID_JSON", format!("The body is not JSON: {error}")))
        }
    }
}

/// Returns the generation of a create by its body. What is neither is taken for v1.
pub(super) fn generation(body: &Map<String, Value>) -> Generation {
    let beta = body.contains_key("pipeline_id") || body.contains_key("pipeline_params");
    if beta && !body.contains_key("pipeline") { Generation::Beta } else { Generation::V1 }
}

/// Reads a create.
pub(super) fn create(body: &Map<String, Value>) -> Result<Wanted, Refusal> {
    let generation = generation(body);
    let mut reader = Reader { body, broken: Vec::new() };
    let (pipeline_id, params) = match generation {
        Generation::V1 => {
            reader.constant("pipeline", "streamdiffusion", true);
            (None, reader.params("params", Needs::Model))
        }
        Generation::Beta => {
            (reader.text("pipeline_id", true), reader.params("pipeline_params", Needs::Nothing))
        }
    };
    reader.known(match generation {
        Generation::V1 => &["pipeline", "params", "name", "output_rtmp_url"],
        Generation::Beta => &["pipeline_id", "pipeline_params", "name", "output_rtmp_url"],
    });
    reader.check(&params, generation);
    let wanted = Wanted {
        generation,
        pipeline_id,
        params,
        name: reader.text("name", false),
        output_rtmp_url: reader.text("output_rtmp_url", false),
    };
    reader.finish(wanted)
}

/// Reads an update of `generation`.
pub(super) fn update(body: &Map<String, Value>, generation: Generation) -> Result<Update, Refusal> {
    let mut reader = Reader { body, broken: Vec::new() };
    match generation {
        // The schema requires it; clients that leave it out are served all the same.
        Generation::V1 => reader.constant("pipeline", "streamdiffusion", false),
        Generation::Beta => {
            reader.constant("pipeline", "live-video-to-video", true);
            reader.constant("model_id", "streamdiffusion", true);
        }
    }
    let needs = if generation == Generation::V1 { Needs::Model } else { Needs::Itself };
    let params = reader.params("params", needs);
    reader.known(match generation {
        Generation::V1 => &["pipeline", "params"],
        Generation::Beta => &["pipeline", "model_id", "params"],
    });
    reader.check(&params, generation);
    reader.finish(Update { params })
}

/// What must be there of a parameter set.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    Itself,
    /// Itself, with a `model_id` in it.
    Model,
}

/// Reads fields of a body and collects what is wrong with them.
struct Reader<'a> {
    body: &'a Map<String, Value>,
    broken: Vec<String>,
}

impl Reader<'_> {
    fn known(&mut self, names: &[&str]) {
        let unknown = self.body.keys().filter(|name| !names.contains(&name.as_str()));
        self.broken.extend(unknown.map(|name| format!("{name}: unknown field")));
    }

    fn constant(&mut self, name: &str, expected: &str, required: bool) {
        match self.body.get(name) {
            Some(Value::String(text)) if text == expected => {}
            None if !required => {}
            None => self.broken.push(format!("{name}: required")),
            Some(_) => self.broken.push(format!("{name}: must be \"{expected}\"")),
        }
    }

    fn text(&mut self, name: &str, required: bool) -> Option<String> {
        match self.body.get(name) {
            Some(Value::String(text)) => return Some(text.clone()),
            None if !required => {}
            None => self.broken.push(format!("{name}: required")),
            Some(_) => self.broken.push(format!("{name}: must be a string")),
        }
        None
    }

    fn params(&mut self, name: &str, needs: Needs) -> Map<String, Value> {
        let params = match self.body.get(name) {
            Some(Value::Object(params)) => params.clone(),
            None if needs == Needs::Nothing => Map::new(),
            None => {
                self.broken.push(format!("{name}: required"));
                return Map::new();
            }
            Some(_) => {
                self.broken.push(format!("{name}: must be an object"));
                return Map::new();
            }
        };
        if needs == Needs::Model && !params.get("model_id").is_some_and(Value::is_string) {
            self.broken.push(format!("{name}.model_id: required"));
        }
        params
    }

    fn check(&mut self, given: &Map<String, Value>, generation: Generation) {
        if self.broken.is_empty() {
            let dialect = match generation {
                Generation::V1 => Dialect::V1,
                Generation::Beta => Dialect::Beta,
            };
            let violations = params::api(given, dialect);
            self.broken = violations.iter().map(|violation| format!("params.{violation}")).collect();
        }
    }

    fn finish<T>(self, read: T) -> Result<T, Refusal> {
        if self.broken.is_empty() { Ok(read) } else { Err(Refusal::invalid(self.broken)) }
    }
}
