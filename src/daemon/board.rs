//! The board on MQTT: what is on, retained at `<base>/state` and, stream by stream, at `<base>/<stream>/state`, for home
//! automation. Says only what a person would, and only what is new.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tracing::{debug, warn};

use super::discovery::Announcement;
use crate::{
    input::mqtt::outbox::Outbox,
    show::{
        event::MqttMessage,
        playlist::snapshot::{PlaylistSnapshot, PlaylistState},
        sheet::Sheet,
        snapshot::{Snapshot, StreamSnapshot},
        time::Mono,
        venue::MqttDoor,
    },
};

/// How often the board may change. A fade of a minute is 60 small messages.
const EVERY: Duration = Duration::from_secs(1);

/// Publishes the show's state when it changes.
#[derive(Debug)]
pub(super) struct Board {
    outbox: Outbox,
    base: String,
    /// What each topic says.
    last: BTreeMap<String, String>,
    scenes: Vec<String>,
    at: Option<Mono>,
    /// Whether something happened since.
    waits: bool,
    announcement: Announcement,
}

impl Board {
    /// Publishes below the base of `door`.
    pub(super) fn new(outbox: Outbox, door: &MqttDoor, sheet: &Sheet) -> Self {
        let mut board = Self {
            outbox,
            base: door.base.to_string(),
            last: BTreeMap::new(),
            scenes: Vec::new(),
            at: None,
            waits: true,
            announcement: Announcement::new(door),
        };
        board.follow(sheet);
        board
    }

    /// Takes over an edited show.
    pub(super) fn follow(&mut self, sheet: &Sheet) {
        self.scenes = sheet.scenes.keys().map(ToString::to_string).collect();
        self.announcement.follow(sheet);
        self.waits = true;
    }

    /// Takes a message that may be for it: Home Assistant has started, or this is what it was told of us before.
    pub(super) fn hear(&mut self, message: &MqttMessage) {
        let Some(gone) = self.announcement.hear(message) else { return };
        // States of streams that are no more.
        for topic in gone.iter().filter(|topic| topic.starts_with(&format!("{}/", self.base))) {
            self.publish(topic, String::new());
        }
        self.last.clear();
        self.waits = true;
    }

    /// Takes that something happened while the board could not change.
    pub(super) fn wait(&mut self) {
        self.waits = true;
    }

    /// Returns whether a snapshot is worth making.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.at.is_none_or(|at| now.since(at) >= EVERY)
    }

    /// Returns when [`Self::show`] wants to be called; `None` if not before something happens.
    pub(super) fn due(&self) -> Option<Mono> {
        self.at.filter(|_| self.waits).map(|at| at + EVERY)
    }

    /// Publishes what `snapshot` says that is new.
    pub(super) fn show(&mut self, snapshot: &Snapshot, now: Mono) {
        self.at = Some(now);
        self.waits = false;
        if let Some((topic, payload)) = self.announcement.take() {
            self.publish(&topic, payload);
        }
        let streams = snapshot.streams.iter().map(|stream| {
            let topic = format!("{}/{}/state", self.base, stream.name);
            (topic, attributes(stream, &self.scenes).to_string())
        });
        let mut documents: Vec<(String, String)> = streams.collect();
        documents.push((format!("{}/state", self.base), summary(snapshot)));
        for (topic, text) in documents {
            if self.last.get(&topic) != Some(&text) && self.publish(&topic, text.clone()) {
                self.last.insert(topic, text);
            }
        }
    }

    /// Takes back what Home Assistant was told: the show will be elsewhere, or is not to be found there any more.
    pub(super) fn take_back(self) {
        if let Some(topic) = self.announcement.topic() {
            self.publish(topic, String::new());
        }
    }

    fn publish(&self, topic: &str, payload: String) -> bool {
        let published = self.outbox.set(topic, payload.into_bytes(), true);
        match &published {
            Ok(()) => debug!(topic, "Published."),
            Err(error) => warn!(topic, %error, "Not published."),
        }
        published.is_ok()
    }
}

/// Says what a stream is doing, for the board of the show.
fn document(stream: &StreamSnapshot) -> Value {
    let health = stream.health.as_ref();
    json!({
        "scene": stream.scene,
        "waiting": stream.waiting,
        "playlist": stream.playlist,
        "due": stream.due,
        "lane": stream.lane.holder,
        "lane_why": stream.lane.why,
        "hands_back_at": stream.lane.hands_back_at,
        "beneath": stream.lane.beneath.first().map(|beneath| &beneath.scene),
        "phase": stream.phase,
        "progress": stream.transition.as_ref().map_or(1.0, |way| hundredths(way.progress)),
        "state": health.and_then(|health| health.state.as_deref()),
        "fps_in": health.and_then(|health| health.fps_in),
        "fps_out": health.and_then(|health| health.fps_out),
        "recovery": stream.recovery,
        "alarm": stream.alarm.as_ref().map(|alarm| &alarm.reason),
        "trouble": stream.trouble.as_ref().map(|trouble| &trouble.message),
    })
}

/// Says the same on the stream's own topic, with what an entity can show as it stands.
fn attributes(stream: &StreamSnapshot, scenes: &[String]) -> Value {
    let mut attributes = document(stream);
    let share = |scene: &String| {
        let shares = stream.mix.iter().filter(|share| *share.scene == **scene);
        (scene.clone(), hundredths(shares.fold(0.0, |sum, share| sum + share.weight)).into())
    };
    attributes["mix"] = Value::Object(scenes.iter().map(share).collect());
    // One of the scenes that can be chosen; nothing while a typed prompt is on.
    attributes["selected"] = scenes.iter().find(|scene| ***scene == *stream.scene).cloned().into();
    attributes["next"] = stream.waiting.first().or(stream.next.as_ref()).map(ToString::to_string).into();
    attributes["problem"] = (stream.alarm.is_some() || stream.trouble.is_some()).into();
    attributes
}

fn hundredths(part: f64) -> f64 {
    (part * 100.0).round() / 100.0
}

/// Says where a playlist is; not how long until it goes on, which is another every second.
fn place(list: &PlaylistSnapshot) -> Value {
    json!({
        "name": list.name,
        "state": list.state,
        "step": list.step,
        "steps": list.steps,
        "step_name": list.step_name,
        "next": list.next.as_ref().map(|next| &next.name),
    })
}

fn summary(snapshot: &Snapshot) -> String {
    let streams: serde_json::Map<_, _> =
        snapshot.streams.iter().map(|stream| (stream.name.to_string(), document(stream))).collect();
    let mut board =
        json!({ "show": snapshot.show, "streams": streams, "bypassed_until": snapshot.bypassed_until });
    if !snapshot.playlists.is_empty() {
        let plays = |list: &&PlaylistSnapshot| list.state != PlaylistState::Stopped;
        board["playlist"] = snapshot.playlists.iter().find(plays).map(|list| list.name.to_string()).into();
        board["playlists"] = snapshot.playlists.iter().map(place).collect();
    }
    if let Some(error) = snapshot.show_file.as_ref().and_then(|file| file.error.as_ref()) {
        board["show_file_error"] = json!(error);
    }
    board.to_string()
}
