//! What Home Assistant is told of the show, so that it has a device for it without anybody writing YAML there.
//!
//! One payload for the whole device, as its documentation of MQTT ("Device discovery payload") says. Only makes it: the board
//! publishes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tracing::warn;

use crate::show::{
    event::MqttMessage,
    sheet::Sheet,
    venue::{Discovery, MqttDoor},
};

/// Most entities: with some 400 bytes each 205 kB, below the 256 KiB that a payload may have. Above it the shares of scenes are
/// left out; hundreds of sliders help nobody.
const ENTITIES_MAX: usize = 512;

/// What has buttons: all that can be done to a running transition.
const VERBS: [&str; 4] = ["pause", "resume", "finish", "cut"];

/// The kinds of our entities; those of old ones that are to go, too.
const PLATFORMS: [&str; 5] = ["select", "button", "number", "sensor", "binary_sensor"];

/// Where Home Assistant listens unless it was told otherwise.
const USUAL_PREFIX: &str = "homeassistant";

/// Returns what has to be heard for this: Home Assistant's start, and what it was told of us before.
pub(super) fn heard(door: &MqttDoor) -> Vec<String> {
    match &door.discovery {
        Discovery::Under(prefix) => vec![status(prefix), config(prefix, door)],
        Discovery::Unsaid | Discovery::Off => Vec::new(),
    }
}

/// What Home Assistant is to be told.
#[derive(Debug)]
pub(super) struct Announcement {
    place: Option<Place>,
    /// What is to be published, topic and payload.
    unsaid: Option<(String, String)>,
}

#[derive(Debug)]
struct Place {
    base: String,
    node: String,
    status: String,
    config: String,
    payload: Value,
    /// Entities of earlier editions of the show, by their kind: each is to be removed by name.
    gone: BTreeMap<String, String>,
}

impl Announcement {
    /// Makes that of a door; `follow` must come before it is of use.
    pub(super) fn new(door: &MqttDoor) -> Self {
        let Discovery::Under(prefix) = &door.discovery else {
            let is_off = door.discovery == Discovery::Off;
            let unsaid = is_off.then(|| (config(USUAL_PREFIX, door), String::new()));
            return Self { place: None, unsaid };
        };
        let place = Place {
            base: door.base.to_string(),
            node: node(&door.base),
            status: status(prefix),
            config: config(prefix, door),
            payload: Value::Null,
            gone: BTreeMap::new(),
        };
        Self { place: Some(place), unsaid: None }
    }

    /// Takes over an edited show.
    pub(super) fn follow(&mut self, sheet: &Sheet) {
        let Some(place) = &mut self.place else { return };
        let old = std::mem::replace(&mut place.payload, payload(sheet, &place.base, &place.node));
        place.bury(&old);
        self.unsaid = Some(place.letter());
    }

    /// Takes a message. If it is for us everything is to be said again; returns the states of entities that are no more.
    pub(super) fn hear(&mut self, message: &MqttMessage) -> Option<Vec<String>> {
        let place = self.place.as_mut()?;
        let mut gone = Vec::new();
        if message.topic == place.status {
            if message.payload != b"online" {
                return None;
            }
        } else if message.topic == place.config && message.retained {
            // Of an earlier run, perhaps of another show file; our own comes back without that mark.
            let old: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
            gone = place.bury(&old);
        } else {
            return None;
        }
        self.unsaid = Some(place.letter());
        Some(gone)
    }

    /// Returns what is to be published, once.
    pub(super) fn take(&mut self) -> Option<(String, String)> {
        self.unsaid.take()
    }

    /// Returns where Home Assistant is told.
    pub(super) fn topic(&self) -> Option<&str> {
        self.place.as_ref().map(|place| &*place.config)
    }
}

impl Place {
    /// Notes which entities of an older payload are no more; returns the states that nobody will tell any more.
    fn bury(&mut self, old: &Value) -> Vec<String> {
        let nothing = Map::new();
        let of = |payload: &Value| payload["components"].as_object().cloned().unwrap_or_default();
        let (old, new) = (of(old), self.payload["components"].as_object().unwrap_or(&nothing));
        self.gone.retain(|id, _| !new.contains_key(id));
        let topics = |entities: &Map<String, Value>| -> Vec<String> {
            entities
                .values()
                .filter_map(|entity| entity["state_topic"].as_str())
                .map(ToOwned::to_owned)
                .collect()
        };
        let told = topics(new);
        let mut untold = topics(&old);
        untold.retain(|topic| !told.contains(topic));
        untold.sort();
        untold.dedup();
        for (id, entity) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
            let platform = entity["platform"].as_str().filter(|platform| PLATFORMS.contains(platform));
            // One that has nothing else is a grave already.
            let is_grave = entity.as_object().is_none_or(|entity| entity.len() < 2);
            if let Some(platform) = platform.filter(|_| !is_grave && self.gone.len() < ENTITIES_MAX) {
                self.gone.insert(id.clone(), platform.to_owned());
            }
        }
        untold
    }

    /// Writes the payload, in which entities to be removed have nothing but their kind.
    fn letter(&self) -> (String, String) {
        let mut payload = self.payload.clone();
        for (id, platform) in &self.gone {
            payload["components"][id] = json!({ "platform": platform });
        }
        (self.config.clone(), payload.to_string())
    }
}

/// Returns where Home Assistant says that it has started.
fn status(prefix: &str) -> String {
    format!("{prefix}/status")
}

fn config(prefix: &str, door: &MqttDoor) -> String {
    format!("{prefix}/device/{}/config", node(&door.base))
}

/// Makes a name of our base that Home Assistant takes as a part of a topic: letters, digits, `_` and `-`.
fn node(base: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    base.chars().map(plain).collect()
}

fn payload(sheet: &Sheet, base: &str, node: &str) -> Value {
    let scenes: Vec<&str> = sheet.scenes.keys().map(|scene| &**scene).collect();
    let shares = sheet.streams.len() * scenes.len();
    let with_shares = shares + sheet.streams.len() * 11 + sheet.cues.len() + 2 <= ENTITIES_MAX;
    if !with_shares {
        warn!(scenes = scenes.len(), "Home Assistant is not told of the scenes' shares: there are too many.");
    }
    let mut entities = Entities { base, node, made: Map::new() };
    for verb in ["panic", "release"] {
        entities.button(verb, verb, &format!("{verb}/set"), "press");
    }
    for cue in sheet.cues.keys() {
        entities.button(&format!("cue_{cue}"), cue, "cue/set", cue);
    }
    if !sheet.playlists.is_empty() {
        entities.playlists(&sheet.playlists.keys().map(|list| &**list).collect::<Vec<_>>());
    }
    for stream in &sheet.streams {
        entities.stream(&stream.name, &scenes, with_shares);
    }
    json!({
        "device": {
            "identifiers": [node],
            "name": &*sheet.title,
            "model": "Segue",
            "sw_version": env!("CARGO_PKG_VERSION"),
        },
        "origin": { "name": "Segue", "sw_version": env!("CARGO_PKG_VERSION") },
        "availability_topic": format!("{base}/availability"),
        "components": entities.made,
        "qos": 1,
    })
}

/// The entities of the device, as they are made.
struct Entities<'a> {
    base: &'a str,
    node: &'a str,
    made: Map<String, Value>,
}

impl Entities<'_> {
    fn add(&mut self, id: &str, platform: &str, name: &str, mut entity: Value) {
        entity["platform"] = platform.into();
        entity["name"] = name.into();
        entity["unique_id"] = format!("{}_{id}", self.node).into();
        self.made.insert(id.to_owned(), entity);
    }

    fn button(&mut self, id: &str, name: &str, topic: &str, press: &str) {
        let command = format!("{}/{topic}", self.base);
        self.add(id, "button", name, json!({ "command_topic": command, "payload_press": press }));
    }

    fn playlists(&mut self, lists: &[&str]) {
        let state = format!("{}/state", self.base);
        let select = json!({
            "state_topic": state,
            "value_template": "{{ value_json.playlist }}",
            "command_topic": format!("{}/playlist/set", self.base),
            "options": lists,
        });
        self.add("playlist", "select", "playlist", select);
        self.button("go", "GO", "go/set", "GO");
        self.button("back", "back", "back/set", "back");
    }

    fn stream(&mut self, stream: &str, scenes: &[&str], with_shares: bool) {
        let topic = |rest: &str| format!("{}/{stream}/{rest}", self.base);
        let (state, scene) = (topic("state"), topic("scene/set"));
        let shares: Vec<String> = scenes.iter().map(|scene| topic(&format!("mix/{scene}/set"))).collect();
        // What it is comes first, and no name holds a `+`: so no two are the same, whatever streams and scenes are called.
        let id = |what: &str| format!("{what}_{stream}");
        let name = |what: &str| format!("{stream} {what}");
        let sensor = |template: &str| json!({ "state_topic": state, "value_template": template });
        self.add(&id("select"), "select", &name("scene"), {
            let mut select = sensor("{{ value_json.selected }}");
            select["command_topic"] = scene.into();
            select["options"] = json!(scenes);
            select
        });
        for verb in VERBS {
            self.button(&id(verb), &name(verb), &format!("{stream}/transition/set"), verb);
        }
        for (scene, command) in scenes.iter().zip(shares).filter(|_| with_shares) {
            let mut number = sensor(&format!("{{{{ value_json.mix[{}] }}}}", json!(scene)));
            number["command_topic"] = command.into();
            (number["min"], number["max"], number["step"]) = (json!(0), json!(1), json!(0.01));
            number["mode"] = "slider".into();
            self.add(&format!("{}+{scene}", id("mix")), "number", &name(scene), number);
        }
        let mut current = sensor("{{ value_json.scene[:255] }}");
        current["json_attributes_topic"] = state.clone().into();
        self.add(&id("scene"), "sensor", &name("current scene"), current);
        self.add(&id("next"), "sensor", &name("next scene"), sensor("{{ (value_json.next or '')[:255] }}"));
        self.add(&id("lane"), "sensor", &name("lane"), sensor("{{ value_json.lane }}"));
        let mut progress = sensor("{{ (value_json.progress * 100) | round(0) }}");
        progress["unit_of_measurement"] = "%".into();
        self.add(&id("progress"), "sensor", &name("progress"), progress);
        let mut fps = sensor("{{ value_json.fps_out }}");
        fps["unit_of_measurement"] = "fps".into();
        fps["state_class"] = "measurement".into();
        fps["entity_category"] = "diagnostic".into();
        self.add(&id("fps"), "sensor", &name("fps"), fps);
        let mut problem = sensor("{{ 'ON' if value_json.problem else 'OFF' }}");
        problem["device_class"] = "problem".into();
        self.add(&id("problem"), "binary_sensor", &name("problem"), problem);
    }
}
