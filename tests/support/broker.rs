//! A real broker for tests: mosquitto on a free port, with a directory of its own, started and stopped at will.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::{net::TcpStream, time};

use super::within;

/// A directory that is gone after the test.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("segue-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The broker. It keeps its port, and forgets everything, when it is stopped.
#[derive(Debug)]
pub(crate) struct Broker {
    port: u16,
    config: String,
    child: Option<Child>,
    _directory: Directory,
}

impl Broker {
    /// Chooses a port and writes the configuration; `config` may refer to files in the directory.
    pub(crate) fn new(directory: Directory, config: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // As root mosquitto would become another user, who may not read the directory.
        let config = format!("listener {port} 127.0.0.1\nuser root\n{config}\n");
        let config = directory.write("mosquitto.conf", &config);
        Self { port, config, child: None, _directory: directory }
    }

    /// Starts a broker that takes everybody in.
    pub(crate) async fn open() -> Self {
        let mut broker = Self::new(Directory::new(), "allow_anonymous true");
        broker.start().await;
        broker
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) async fn start(&mut self) {
        let command = program("mosquitto");
        let child = Command::new(command)
            .args(["-c", &self.config])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        within("the broker's port", async {
            while TcpStream::connect(address).await.is_err() {
                let ended = self.child.as_mut().unwrap().try_wait().unwrap();
                assert_eq!(ended, None, "mosquitto ended at once; see {}", self.config);
                time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Ends the broker as a power cut would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Finds a program that the tests need, or says which package has it.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places
        .map(|place| place.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("`{name}` is missing: install the package `{name}` to run this test"))
}

/// Another client of the broker, such as a lighting desk, with everything that it hears.
pub(crate) struct Desk {
    client: AsyncClient,
    events: EventLoop,
}

impl Desk {
    /// Connects, and listens to everything.
    pub(crate) async fn new(broker: &Broker) -> Self {
        Self::with(MqttOptions::new("desk", "127.0.0.1", broker.port)).await
    }

    /// Connects with a password, and listens to everything.
    pub(crate) async fn log_in(broker: &Broker, user: &str, password: &str) -> Self {
        let mut options = MqttOptions::new("desk", "127.0.0.1", broker.port);
        options.set_credentials(user, password);
        Self::with(options).await
    }

    async fn with(mut options: MqttOptions) -> Self {
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, events) = AsyncClient::new(options, 100);
        let mut desk = Self { client, events };
        desk.client.try_subscribe("#", QoS::AtLeastOnce).unwrap();
        desk.until("the subscription", |packet| matches!(packet, Packet::SubAck(_)).then_some(())).await;
        desk
    }

    /// Publishes, and waits until the broker has it.
    pub(crate) async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) {
        self.client.try_publish(topic, QoS::AtLeastOnce, retain, payload.into()).unwrap();
        self.until("the acknowledgement", |packet| matches!(packet, Packet::PubAck(_)).then_some(())).await;
    }

    /// Waits for a message on a topic, and returns its text and whether it was retained.
    pub(crate) async fn hear(&mut self, topic: &str) -> (String, bool) {
        self.until(topic, |packet| match packet {
            Packet::Publish(message) if message.topic == topic => {
                Some((String::from_utf8(message.payload.to_vec()).unwrap(), message.retain))
            }
            _ => None,
        })
        .await
    }

    async fn until<T>(&mut self, what: &str, accept: impl Fn(&Packet) -> Option<T>) -> T {
        within(what, async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await.unwrap()
                    && let Some(found) = accept(&packet)
                {
                    return found;
                }
            }
        })
        .await
    }
}
