//! MQTT 3.1.1: messages from a broker to the show, and what the show wants to be known back to it.
//!
//! The broker may be absent, for hours, or refuse us: it is tried again for ever, and nothing else in the daemon
//! notices. Every session starts from nothing; what a show must know after an absence comes as retained
//! messages, and a command that was given while we were away is not obeyed late.

pub mod backoff;
mod bridge;
pub mod outbox;
mod reason;
mod session;

use std::{
    path::{Path, PathBuf},
    pin::{Pin, pin},
    time::Duration,
};

use rumqttc::{LastWill, MqttOptions, QoS, Transport};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::watch, time};

use self::{
    backoff::Backoff,
    bridge::{Bridge, Target},
    outbox::Outbox,
    session::{End, Session},
};
use super::inbox::Inbox;
use crate::show::{event::Event, topic::TopicFilter};

/// Largest payload taken or sent, in bytes. Whole scenes as JSON are some kilobytes.
pub const PAYLOAD_MAX: usize = 262_144;

/// Largest packet read from the broker, in bytes; one above it ends the session.
///
/// Far above [`PAYLOAD_MAX`], so that what is merely too large, such as a picture retained under a filter with
/// `#`, is read and refused. A limit at that size would end every session with the same message, for ever.
pub const PACKET_MAX: usize = 16 * 1024 * 1024;

/// What the availability topic says.
const ONLINE: &str = "online";
const OFFLINE: &str = "offline";

/// Longest wait for the broker to answer the connection or to take what is written to it.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// How long a session must last before the next wait is a short one again. Two clients with one name throw each
/// other out within milliseconds, again and again.
const HELD_AFTER: Duration = Duration::from_secs(30);

/// Where the broker is and how to be there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The broker's name or address; an IPv6 address without brackets.
    pub host: String,
    /// The broker's port: usually 1883, with TLS 8883.
    pub port: u16,
    /// Whether to use TLS.
    pub tls: Option<Tls>,
    /// Names this client at the broker; no other may have the same name.
    pub client_id: String,
    /// The user name, if the broker wants one.
    pub user: Option<String>,
    /// The password; MQTT 3.1.1 has it only together with a user name.
    pub password: Option<SecretString>,
    /// Where our own topics start, without a `/` at the end: `<base>/availability` and what the outbox holds.
    pub base: String,
    /// What to listen to.
    pub filters: Vec<TopicFilter>,
    /// Longest silence before the broker asks whether we live, and we it; 1 s to 65 535 s, clamped.
    pub keep_alive: Duration,
}

/// How to know the broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file of the certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

impl Settings {
    /// Returns the topic that tells, retained, whether we are `online` or `offline`.
    pub fn availability(&self) -> String {
        format!("{}/availability", self.base)
    }

    /// Returns whether both are the same but for what is listened to.
    fn is_same_place(&self, other: &Self) -> bool {
        let Self { host, port, tls, client_id, user, password, base, filters: _, keep_alive } = self;
        let secret = |password: &Option<SecretString>| {
            password.as_ref().map(|password| password.expose_secret().to_owned())
        };
        (host, port, tls, client_id, user, base, keep_alive)
            == (
                &other.host,
                &other.port,
                &other.tls,
                &other.client_id,
                &other.user,
                &other.base,
                &other.keep_alive,
            )
            && secret(password) == secret(&other.password)
    }

    /// Returns what the client needs to know to reach the broker, or the private socket that leads to it.
    fn options(&self, socket: Option<&Path>) -> MqttOptions {
        let Settings { host, port, client_id, user, password, keep_alive, .. } = self;
        let mut options = match socket {
            Some(path) => {
                let mut options = MqttOptions::new(client_id, path.to_string_lossy(), 1);
                options.set_transport(Transport::Unix);
                options
            }
            // The client joins host and port with a colon.
            None if host.contains(':') => MqttOptions::new(client_id, format!("[{host}]"), *port),
            None => MqttOptions::new(client_id, host, *port),
        };
        // MQTT sends it as 16 bits of seconds (section 3.1.2.10); 0 would switch it off.
        let keep_alive = Duration::from_secs(keep_alive.as_secs().clamp(1, u16::MAX.into()));
        options
            .set_clean_session(true)
            .set_keep_alive(keep_alive)
            .set_max_packet_size(PACKET_MAX, PACKET_MAX)
            .set_last_will(LastWill::new(self.availability(), OFFLINE, QoS::AtLeastOnce, true));
        if let Some(user) = user {
            options.set_credentials(user, password.as_ref().map_or("", |password| password.expose_secret()));
        }
        options
    }
}

/// Keeps a session with the broker that is wanted until `shutdown`, and then takes leave, which is bounded in time.
///
/// Other filters are asked for within the session; for any other change it leaves and comes again. Tells the show with
/// `Event::Broker` whenever the session comes or goes, or the reason for its absence changes.
pub async fn run(
    mut wanted: watch::Receiver<Option<Settings>>,
    inbox: Inbox,
    outbox: Outbox,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        let settings = wanted.borrow_and_update().clone();
        let Some(settings) = settings else {
            tokio::select! {
                Ok(()) = wanted.changed() => continue,
                () = &mut shutdown => return,
            }
        };
        if !keep(settings, &mut wanted, (&inbox, &outbox), shutdown.as_mut()).await {
            return;
        }
    }
}

/// Keeps a session with one broker; returns whether another is wanted.
async fn keep(
    mut settings: Settings,
    wanted: &mut watch::Receiver<Option<Settings>>,
    (inbox, outbox): (&Inbox, &Outbox),
    mut shutdown: Pin<&mut impl Future<Output = ()>>,
) -> bool {
    let mut backoff = Backoff::new(&settings.client_id);
    let mut news = News { inbox: inbox.clone(), told: None };
    loop {
        let tls = settings.tls.clone();
        let target = |tls: Tls| Target { host: settings.host.clone(), port: settings.port, ca: tls.ca };
        let target = tls.map(target);
        let session = Session::new(&mut settings, wanted, inbox, outbox, &mut news, &mut backoff);
        let end = match target {
            None => session.run(None, shutdown.as_mut()).await,
            Some(target) => through_bridge(target, session, shutdown.as_mut()).await,
        };
        match end {
            End::Stopped => return false,
            End::Moved => return true,
            End::Lost(reason) => news.tell(false, format!("{}:{}: {reason}", settings.host, settings.port)),
        }
        tokio::select! {
            () = time::sleep(backoff.next_delay()) => {}
            Ok(()) = wanted.changed() => return true,
            () = &mut shutdown => return false,
        }
    }
}

/// Runs a session through TLS. If the bridge knows why the session ended, that is the reason.
async fn through_bridge(
    target: Target,
    session: Session<'_>,
    shutdown: Pin<&mut impl Future<Output = ()>>,
) -> End {
    let bridge = match Bridge::open(target) {
        Ok(bridge) => bridge,
        Err(error) => return End::Lost(format!("cannot make a private socket for TLS: {error}")),
    };
    let end = tokio::select! {
        end = session.run(Some(bridge.path()), shutdown) => end,
        never = bridge.serve() => match never {},
    };
    match end {
        End::Lost(reason) => End::Lost(bridge.take_error().unwrap_or(reason)),
        end @ (End::Stopped | End::Moved) => end,
    }
}

/// What the show was told of the broker last, so that it is told only what is new.
struct News {
    inbox: Inbox,
    told: Option<(bool, String)>,
}

impl News {
    fn tell(&mut self, connected: bool, detail: String) {
        let news = Some((connected, detail.clone()));
        if self.told != news {
            self.told = news;
            self.inbox.push(Event::Broker { connected, detail });
        }
    }
}
