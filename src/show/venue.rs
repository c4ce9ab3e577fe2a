//! Where a show plays: addresses, brokers, keys by reference. The core carries it and never uses it.

use core::net::SocketAddr;
use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{subnet::Subnet, text::TextPolicy, topic::TopicFilter};

/// The doors and the desk of the show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Venue {
    /// OSC over UDP; `None` for none.
    pub osc: Option<OscDoor>,
    /// MQTT; `None` for none.
    pub mqtt: Option<MqttDoor>,
    /// The web server; `None` for none.
    pub web: Option<WebDoor>,
    /// Which texts from outside may become prompts.
    pub text: TextPolicy,
    /// How much of the history is kept.
    pub history: Keeping,
}

/// How much of the history is kept; what comes first counts, and the oldest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// For how long; 90 days unless set.
    pub keep: Duration,
    /// How much of the disk, in bytes; 1 GB unless set. 90 days of eight streams that never rest are some 580 MB: for each
    /// two days of single samples (54 MB) and minutes for the rest (18 MB).
    pub max_bytes: u64,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { keep: Duration::from_hours(90 * 24), max_bytes: 1_000_000_000 }
    }
}

/// The OSC socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OscDoor {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How far ahead a time tag may lie; 10 s unless set. What is farther acts at once: that sender's clock is wrong.
    pub horizon: Duration,
    /// Who may send; empty for everybody who can reach it.
    pub allow: Vec<Subnet>,
    /// Who is told what is on without asking for it.
    pub clients: Vec<SocketAddr>,
}

/// The MQTT broker and our place on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttDoor {
    /// Its host name or address.
    pub host: Arc<str>,
    /// Its port; 1883, with TLS 8883.
    pub port: u16,
    /// Whether to speak TLS, and whom to trust.
    pub tls: Option<Tls>,
    /// Our client id; unique on the broker.
    pub client_id: Arc<str>,
    /// The user name.
    pub user: Option<Arc<str>>,
    /// The password.
    pub password: Option<SecretSource>,
    /// The prefix of our own topics, without a slash at the end; `segue/<node>` unless set.
    pub base: Arc<str>,
    /// What the show's triggers listen to.
    pub filters: Vec<TopicFilter>,
    /// The group that shares our commands: of all daemons in it only one obeys each; `None` for no group.
    pub share: Option<Arc<str>>,
    /// What Home Assistant is told of us.
    pub discovery: Discovery,
}

/// What Home Assistant is told of us. Not by itself: it goes to topics outside of our base, on a broker that others use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// Nothing.
    #[default]
    Unsaid,
    /// Nothing any more: what it was told under the usual prefix is taken back.
    Off,
    /// Everything, under this prefix, without a slash at the end; `homeassistant` unless set.
    Under(Arc<str>),
}

/// Whom to trust over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// A file of certificates in PEM; `None` for the system's.
    pub ca: Option<PathBuf>,
}

/// The web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebDoor {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What everybody has to show; `None` for nothing, beyond loopback only if the file says so in so many words.
    pub token: Option<SecretSource>,
    /// The DNS names and addresses that it goes by besides its own, in small letters.
    pub hosts: Vec<Arc<str>>,
}

/// Which API drives a stream, where it is and with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Which backend.
    pub backend: Backend,
    /// Which of the vendor's installations.
    pub environment: Environment,
    /// The key; `None` only for the built-in simulator.
    pub api_key: Option<SecretSource>,
    /// The `pipeline_id` of the beta API; `None` for the environment's usual one.
    pub pipeline_id: Option<Arc<str>>,
    /// How long each kind of request may take.
    pub timeouts: Timeouts,
}

/// How long a request may take before it counts as lost. The defaults are those of the vendor's own clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Creating a stream; 15 s unless set.
    pub create: Duration,
    /// Changing parameters; 10 s unless set.
    pub update: Duration,
    /// Reading the status; 5 s unless set.
    pub status: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            create: Duration::from_secs(15),
            update: Duration::from_secs(10),
            status: Duration::from_secs(5),
        }
    }
}

/// What is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// The built-in stand-in.
    Simulator,
    /// Daydream's API v1.
    Daydream,
    /// Daydream's older API.
    DaydreamBeta,
}

/// Which generation of the API; it decides what an update has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// What is left out keeps its value.
    V1,
    /// What is left out returns to the default.
    Beta,
}

impl Backend {
    /// Returns the generation it speaks.
    pub fn generation(self) -> Generation {
        match self {
            Self::Simulator | Self::Daydream => Generation::V1,
            Self::DaydreamBeta => Generation::Beta,
        }
    }
}

/// Which of the vendor's installations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// The public one.
    #[default]
    Production,
    /// The vendor's test installation.
    Staging,
    /// Any base URL, with or without `/v1` at its end.
    Url(Arc<str>),
}

/// Where a secret is to be found; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In this environment variable.
    Env(Arc<str>),
    /// In this file.
    File(PathBuf),
    /// Under this name in systemd's `$CREDENTIALS_DIRECTORY`.
    Credential(Arc<str>),
}
