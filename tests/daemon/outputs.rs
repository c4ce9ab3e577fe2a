//! What the daemon tells others: OSC controllers, and Home Assistant through a real broker.

use std::{collections::BTreeSet, net::UdpSocket, time::Duration};

use serde_json::Value;

use super::show;
use crate::support::{
    broker::{Broker, Desk, Directory},
    eventually,
    house::{Daemon, Simulator, Stage},
};

/// A controller with a socket of its own.
struct Controller(UdpSocket);

impl Controller {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(socket)
    }

    fn port(&self) -> i32 {
        self.0.local_addr().unwrap().port().into()
    }

    fn says(&self, daemon: &Daemon, address: &str, args: Vec<rosc::OscType>) {
        let message = rosc::OscMessage { addr: address.to_owned(), args };
        self.0
            .send_to(&rosc::encoder::encode(&rosc::OscPacket::Message(message)).unwrap(), daemon.osc)
            .unwrap();
    }

    /// Waits for a message that is accepted; returns it and all that came before.
    async fn hears(&self, address: &str, accept: impl Fn(&rosc::OscType) -> bool) -> Vec<rosc::OscMessage> {
        let mut heard = Vec::new();
        let socket = self.0.try_clone().unwrap();
        loop {
            let socket = socket.try_clone().unwrap();
            let bytes = tokio::task::spawn_blocking(move || {
                let mut bytes = [0; 2048];
                let length = socket.recv(&mut bytes).unwrap();
                bytes[..length].to_vec()
            });
            let (_, packet) = rosc::decoder::decode_udp(&bytes.await.unwrap()).unwrap();
            let rosc::OscPacket::Message(message) = packet else { panic!("{packet:?}") };
            let is_it = message.addr == address && accept(&message.args[0]);
            heard.push(message);
            if is_it {
                return heard;
            }
        }
    }
}

fn is_text(arg: &rosc::OscType, text: &str) -> bool {
    *arg == rosc::OscType::String(text.to_owned())
}

#[tokio::test]
async fn controllers_hear_what_is_on_and_get_answers() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let (desk, tablet) = (Controller::new(), Controller::new());
    let clients = format!("\", clients: [\"127.0.0.1:{}\"] }}\nweb", desk.port());
    let text = show(&simulator, &stage, "").replace("\" }\nweb", &clients);
    let daemon = stage.run(&text).await;
    desk.hears("/segue/wall/phase", |arg| is_text(arg, "live")).await;

    tablet.says(&daemon, "/segue/subscribe", vec![tablet.port().into()]);
    tablet.hears("/segue/wall/scene", |arg| is_text(arg, "dawn")).await;
    desk.says(&daemon, "/segue/scene/neon", vec![]);
    for controller in [&desk, &tablet] {
        let heard = controller
            .hears(
                "/segue/wall/transition/progress",
                |arg| matches!(arg, rosc::OscType::Float(progress) if *progress > 0.0 && *progress < 1.0),
            )
            .await;
        assert!(heard.iter().any(|message| is_text(&message.args[0], "neon")), "{heard:?}");
        controller.hears("/segue/wall/mix/neon", |arg| *arg == rosc::OscType::Float(1.0)).await;
    }
    let stranger = Controller::new();
    stranger.says(&daemon, "/segue/scene", vec!["?".into()]);
    let heard = stranger.hears("/segue/wall/scene", |arg| is_text(arg, "neon")).await;
    assert_eq!(heard.len(), 1, "the answer and nothing else");
}

/// What Home Assistant allows in a device payload and what each kind of entity must have: `DEVICE_DISCOVERY_SCHEMA` and the
/// `PLATFORM_SCHEMA_MODERN` of each kind in homeassistant/components/mqtt, as documented for the integration.
fn assert_is_valid(payload: &Value) {
    const SHARED: [&str; 3] = ["platform", "name", "unique_id"];
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let only = |value: &Value, allowed: &[&str]| {
        let unknown: Vec<_> =
            keys(value).into_iter().filter(|key| !allowed.contains(&key.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {value}");
    };
    only(
        payload,
        &["availability_topic", "components", "device", "encoding", "origin", "qos", "state_topic"],
    );
    only(&payload["device"], &["identifiers", "manufacturer", "model", "name", "sw_version"]);
    only(&payload["origin"], &["name", "support_url", "sw_version"]);
    assert!(payload["origin"]["name"].is_string() && payload["device"]["identifiers"][0].is_string());
    let mut ids = BTreeSet::new();
    for (id, entity) in payload["components"].as_object().unwrap() {
        let (needed, allowed): (&[&str], &[&str]) = match entity["platform"].as_str().unwrap() {
            "button" => (&["command_topic"], &["payload_press"]),
            "select" => (&["command_topic", "options"], &["state_topic", "value_template"]),
            "number" => {
                (&["command_topic"], &["state_topic", "value_template", "min", "max", "step", "mode"])
            }
            "sensor" => (
                &["state_topic"],
                &[
                    "value_template",
                    "unit_of_measurement",
                    "state_class",
                    "entity_category",
                    "json_attributes_topic",
                ],
            ),
            "binary_sensor" => (&["state_topic"], &["value_template", "device_class"]),
            other => panic!("{other}"),
        };
        only(entity, &[&SHARED[..], needed, allowed].concat());
        assert!(SHARED.iter().chain(needed).all(|key| entity.get(key).is_some()), "{id}: {entity}");
        assert!(ids.insert(entity["unique_id"].to_string()), "{id}");
    }
}

async fn payload(desk: &mut Desk, topic: &str) -> Value {
    let (text, _) = desk.hear(topic).await;
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// What an earlier show file with another stream and another cue has left behind, and what is none of ours.
const OLD: &str = r#"{"components": {
    "cue_old": {"platform": "button", "command_topic": "segue/test/cue/set"},
    "fps_left": {"platform": "sensor", "state_topic": "segue/test/left/state"},
    "gone": {"platform": "sensor"},
    "strange": {"platform": "lock", "x": 1},
    "cue_storm": {"platform": "button", "x": 1}
}}"#;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn home_assistant_finds_the_show_steers_it_and_loses_it_again() {
    const CONFIG: &str = "homeassistant/device/segue_test/config";
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let door = |more: &str| {
        let port = broker.port();
        format!("inputs:\n  mqtt: {{ url: \"mqtt://127.0.0.1:{port}\", base: segue/test{more} }}")
    };
    let list = "playlists:\n  evening: { steps: [{ scene: neon }, { scene: rain }] }\ncues:";
    let with =
        |more: &str| show(&simulator, &stage, "").replace("cues:", list).replace("inputs:", &door(more));

    let mut desk = Desk::new(&broker).await;
    desk.publish(CONFIG, OLD, true).await;
    desk.publish("segue/test/left/state", "{}", true).await;
    let daemon = stage.run(&with(", discovery: true")).await;
    let mut found = Value::Null;
    eventually("the old entities to be buried", async || {
        found = payload(&mut desk, CONFIG).await;
        (found["components"]["cue_old"] == serde_json::json!({ "platform": "button" })).then_some(())
    })
    .await;
    assert_eq!(found["components"]["fps_left"], serde_json::json!({ "platform": "sensor" }));
    let entities = found["components"].as_object_mut().unwrap();
    for id in ["cue_old", "fps_left"] {
        entities.remove(id);
    }
    assert_is_valid(&found);
    let told = serde_json::to_string_pretty(&found).unwrap().replace(env!("CARGO_PKG_VERSION"), "[version]");
    insta::with_settings!({
        snapshot_path => "../snapshots/daemon",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("home_assistant", told);
    });

    let entities = &found["components"];
    let topic = |id: &str, key: &str| entities[id][key].as_str().unwrap().to_owned();
    desk.publish(&topic("select_wall", "command_topic"), "neon", false).await;
    simulator.shows(&[("city", 1.0)]).await;
    eventually("the state of the stream", async || {
        let state = payload(&mut desk, &topic("select_wall", "state_topic")).await;
        let is_there = state["selected"] == "neon" && state["mix"]["neon"] == 1.0 && state["progress"] == 1.0;
        (is_there && state["problem"] == false).then_some(())
    })
    .await;
    desk.publish(&topic("mix_wall+dawn", "command_topic"), "1", false).await;
    simulator.shows(&[("mist", 1.0), ("city", 0.0)]).await;
    let button = &entities["cue_storm"];
    desk.publish(&topic("cue_storm", "command_topic"), button["payload_press"].as_str().unwrap(), false)
        .await;
    simulator.shows(&[("city", 0.25), ("rain", 0.75)]).await;

    drop(desk);
    let mut desk = Desk::new(&broker).await;
    assert!(desk.hear(CONFIG).await.1, "it is kept by the broker");
    desk.publish("homeassistant/status", "online", false).await;
    desk.hear(CONFIG).await;

    let file = directory.path().join("show.yaml");
    let edit = |more: &str, of: (&str, &str)| {
        std::fs::write(&file, with(more).replace(of.0, of.1)).unwrap();
        daemon.process.signal("HUP");
    };
    edit(", discovery: { prefix: homeassistant }", ("  storm:", "  squall:"));
    eventually("the other cue", async || {
        let found = payload(&mut desk, CONFIG).await;
        let entities = &found["components"];
        let is_other = entities["cue_squall"]["name"] == "squall";
        (is_other && entities["cue_storm"] == serde_json::json!({ "platform": "button" })).then_some(())
    })
    .await;
    edit("", ("", ""));
    eventually("the farewell", async || desk.hear(CONFIG).await.0.is_empty().then_some(())).await;
}

#[tokio::test]
async fn discovery_that_is_switched_off_takes_back_what_an_earlier_run_told() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let broker = Broker::open().await;
    let stage = Stage::new(&directory);
    let mut desk = Desk::new(&broker).await;
    let topic = "homeassistant/device/segue_test/config";
    desk.publish(topic, "{}", true).await;
    let port = broker.port();
    let door = format!(
        "inputs:\n  mqtt: {{ url: \"mqtt://127.0.0.1:{port}\", base: segue/test, discovery: false }}"
    );
    let _daemon = stage.run(&show(&simulator, &stage, "").replace("inputs:", &door)).await;
    eventually("it to be taken back", async || desk.hear(topic).await.0.is_empty().then_some(())).await;
}
