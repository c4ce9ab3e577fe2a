//! One stream of the account: its object as the API shows it, its stored parameters, and its video if there is any.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    answer::Generation,
    ids::Chance,
    ingest::Ingest,
    machine::{Machine, Video},
    probe::Probe,
    status::{self, Epoch, Names},
};

/// The pipeline of streams that do not name one.
const PIPELINE_ID: &str = "pip_SD-turbo";

/// What a create asks for, in either generation.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) generation: Generation,
    /// The beta generation's pipeline.
    pub(super) pipeline_id: Option<String>,
    pub(super) params: Map<String, Value>,
    pub(super) name: Option<String>,
    pub(super) output_rtmp_url: Option<String>,
}

/// A stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: String,
    /// Whoever has it can send video in.
    key: String,
    playback_id: String,
    created: Duration,
    wanted: Wanted,
    params: Arc<Map<String, Value>>,
    machine: Machine,
    /// When video arrives, if it is going to.
    video_at: Option<Duration>,
    ingest: Option<Ingest>,
    chance: Chance,
}

impl Stream {
    /// Creates a stream at `at`.
    pub(super) fn new(machine: Machine, at: Duration, wanted: Wanted, chance: &mut Chance) -> Self {
        let video_at = match machine.video {
            Video::On => Some(at),
            Video::Off => None,
            Video::After(time) => Some(at.saturating_add(time)),
        };
        let mut stream = Self {
            id: chance.id("str"),
            key: chance.id("stk"),
            playback_id: chance.playback_id(),
            created: at,
            params: Arc::new(wanted.params.clone()),
            wanted,
            machine,
            video_at,
            ingest: None,
            chance: Chance::new(chance.bits()),
        };
        stream.advance(at);
        stream
    }

    /// Goes on to `to`.
    pub(super) fn advance(&mut self, to: Duration) {
        if let Some(at) = self.video_at.take_if(|at| *at <= to) {
            let ingest = Ingest::new(self.machine.clone(), at, self.params.clone(), &mut self.chance);
            self.ingest = Some(ingest);
        }
        if let Some(ingest) = &mut self.ingest {
            ingest.advance(to);
        }
    }

    /// Returns the present session's side at the gateway, if parameters would find a runner.
    pub(super) fn live(&mut self) -> Option<&mut Ingest> {
        self.ingest.as_mut().filter(|ingest| ingest.is_live())
    }

    /// Returns the gateway's side, if there has ever been video.
    pub(super) fn ingest(&self) -> Option<&Ingest> {
        self.ingest.as_ref()
    }

    /// Returns what the runner shows, if there has ever been video.
    pub(super) fn probe(&mut self) -> Option<Probe> {
        self.ingest.as_mut().map(|ingest| Probe::of(ingest.process()))
    }

    /// Stores named parameters over those there are and hands all on. Returns whether there was a runner.
    pub(super) fn merge(&mut self, at: Duration, named: Map<String, Value>) -> bool {
        let mut params = Map::clone(&self.params);
        params.extend(named);
        self.replace(at, params)
    }

    /// Stores parameters in place of those there are and hands them on. Returns whether there was a runner.
    pub(super) fn replace(&mut self, at: Duration, params: Map<String, Value>) -> bool {
        let params = Arc::new(params);
        let Some(ingest) = self.live() else { return false };
        ingest.update(at, Arc::clone(&params));
        self.params = params;
        true
    }

    /// Video starts or stops.
    pub(super) fn set_video(&mut self, at: Duration, on: bool) {
        match &mut self.ingest {
            Some(ingest) => ingest.set_video(at, on, &self.params, &mut self.chance),
            None => self.video_at = on.then_some(at),
        }
        self.advance(at);
    }

    /// Another host takes the stream. Returns whether there was a session.
    pub(super) fn swap(&mut self, at: Duration) -> bool {
        let Some(ingest) = self.ingest.as_mut().filter(|ingest| ingest.is_live()) else { return false };
        ingest.swap(at, &mut self.chance);
        true
    }

    /// Returns `data` of the status answer.
    pub(super) fn status(&self, epoch: Epoch, at: Duration) -> Value {
        let names = Names {
            stream_id: &self.id,
            stream_key: &self.key,
            pipeline_id: self.wanted.pipeline_id.as_deref().unwrap_or(PIPELINE_ID),
        };
        match &self.ingest {
            Some(ingest) if ingest.is_known(at) => status::document(names, ingest, epoch, at),
            _ => status::offline(),
        }
    }

    /// Returns the stream object in the words of `generation`.
    pub(super) fn object(&self, epoch: Epoch, generation: Generation) -> Value {
        let created = Timestamp::from_millisecond(epoch.ms(self.created)).unwrap_or(Timestamp::MAX);
        let name = self.wanted.name.clone().unwrap_or_else(|| format!("Stream {}", self.id));
        let gateway_host = self.ingest.as_ref().map_or("", |_| "fra-ai-gateway-0.livepeer.com");
        let mut object = json!({
            "id": self.id,
            "stream_key": self.key,
            "created_at": format!("{created:.3}"),
            "output_playback_id": self.playback_id,
            "name": name,
            "author": "usr_simulator",
            "from_playground": false,
            "gateway_host": gateway_host,
            "is_smoke_test": false,
            "whip_url": format!("https://ai.livepeer.com/live/video-to-video/{}/whip", self.key),
        });
        match generation {
            Generation::V1 => {
                object["pipeline"] = json!("streamdiffusion");
                object["params"] = Value::Object(Map::clone(&self.params));
            }
            Generation::Beta => {
                object["pipeline_id"] = json!(self.wanted.pipeline_id);
                object["pipeline_params"] = Value::Object(Map::clone(&self.params));
            }
        }
        if let Some(url) = &self.wanted.output_rtmp_url {
            object["output_stream_url"] = json!(url);
        }
        object
    }
}
