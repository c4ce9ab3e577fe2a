//! The account behind the key: its streams, and the operations on them in both generations.
//!
//! Pure: moments are arguments, never going back. The words of HTTP are `api.rs`'s.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    answer::{Accepted, Answer, Generation, Op, Refusal},
    ids::Chance,
    machine::Machine,
    request::{self, Update},
    status::Epoch,
    stream::Stream,
};

/// Streams at one time. A show has a handful; a client that leaks them should notice before memory does.
const STREAMS_MAX: usize = 1000;

/// All streams.
#[derive(Debug)]
pub struct Account {
    machine: Machine,
    epoch: Epoch,
    /// In the order of their creation; few enough to be searched.
    streams: Vec<Stream>,
    pub(super) seed: u64,
    chance: Chance,
}

impl Account {
    /// Opens an account without streams; `epoch_ms` is the calendar time at moment zero.
    pub fn new(machine: Machine, seed: u64, epoch_ms: i64) -> Self {
        Self { machine, epoch: Epoch(epoch_ms), streams: Vec::new(), seed, chance: Chance::new(seed) }
    }

    /// Creates a stream; the body tells the generation.
    pub(super) fn create(&mut self, at: Duration, body: Map<String, Value>) -> Result<Answer, Refusal> {
        let wanted = request::create(&body)?;
        if self.streams.len() >= STREAMS_MAX {
            return Err(Refusal::new(403, "STREAMS/LIMIT_REACHED", "Too many streams"));
        }
        let generation = wanted.generation;
        let stream = Stream::new(self.machine.clone(), at, wanted, &mut self.chance);
        let answer = Answer::new(201, stream.object(self.epoch, generation));
        let id = stream.id.clone();
        self.streams.push(stream);
        Ok(answer.accepting(Accepted { generation, op: Op::Create, stream: id, body }))
    }

    /// Returns the objects of all streams in the order of their creation.
    pub(super) fn list(&self) -> Answer {
        let objects: Vec<Value> =
            self.streams.iter().map(|stream| stream.object(self.epoch, Generation::V1)).collect();
        Answer::new(200, json!({ "success": true, "data": objects }))
    }

    /// Returns a stream's object.
    pub(super) fn get(&self, id: &str) -> Result<Answer, Refusal> {
        let stream = self.streams.iter().find(|stream| stream.id == id).ok_or_else(Refusal::not_found)?;
        Ok(Answer::new(200, stream.object(self.epoch, Generation::V1)))
    }

    /// Deletes a stream.
    pub(super) fn delete(&mut self, id: &str) -> Result<Answer, Refusal> {
        let place = self.streams.iter().position(|stream| stream.id == id).ok_or_else(Refusal::not_found)?;
        self.streams.remove(place);
        Ok(Answer::new(200, json!({ "success": true, "data": {} })))
    }

    /// Changes parameters: v1 merges what is named, beta replaces everything.
    pub(super) fn update(
        &mut self,
        at: Duration,
        id: &str,
        generation: Generation,
        body: Map<String, Value>,
    ) -> Result<Answer, Refusal> {
        let Update { params } = request::update(&body, generation)?;
        let epoch = self.epoch;
        let stream = self.stream(at, id)?;
        let (received, answer) = match generation {
            Generation::V1 => {
                let received = stream.merge(at, params);
                (received, Answer::new(200, stream.object(epoch, generation)))
            }
            Generation::Beta => {
                let received = stream.replace(at, params);
                let body = json!({ "success": true, "message": "Stream updated", "was_censored": false });
                (received, Answer::new(200, body))
            }
        };
        if !received {
            return Err(Refusal::not_ready());
        }
        let stream = id.to_owned();
        Ok(answer.accepting(Accepted { generation, op: Op::Update, stream, body }))
    }

    /// Returns a stream's status document.
    pub(super) fn status(&mut self, at: Duration, id: &str) -> Result<Answer, Refusal> {
        let epoch = self.epoch;
        let data = self.stream(at, id)?.status(epoch, at);
        let mut body = json!({ "success": true, "error": null });
        // Moved in: named above, it would be copied.
        body["data"] = data;
        Ok(Answer::new(200, body))
    }

    /// Returns a stream as it is at `at`.
    pub(super) fn stream(&mut self, at: Duration, id: &str) -> Result<&mut Stream, Refusal> {
        let stream = self.streams.iter_mut().find(|stream| stream.id == id).ok_or_else(Refusal::not_found)?;
        stream.advance(at);
        Ok(stream)
    }
}
