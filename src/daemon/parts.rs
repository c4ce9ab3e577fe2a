//! Makes the parts of the shell from the sheet: clients, sockets, brokers, simulators. Everything that can fail at the
//! start fails here, with its reason.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::net::TcpListener;

use super::{
    Error, discovery,
    secret::{self, SecretError},
};
use crate::{
    backend::{Client, Endpoints},
    input::{mqtt, osc},
    show::{
        sheet::{Sheet, StreamSheet},
        topic::TopicFilter,
        venue::{Backend, Environment, MqttDoor, OscDoor, SecretSource, Venue, WebDoor},
    },
    web::Token,
};

/// Longest silence on the MQTT connection before either side asks whether the other lives.
const MQTT_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A simulator inside the daemon: where it listens, before it is served.
#[derive(Debug)]
pub(super) struct Inner {
    /// Its socket.
    pub(super) listener: TcpListener,
    /// Its base URL.
    pub(super) url: Arc<str>,
}

/// Opens a free loopback port for the simulator, if any stream wants it.
///
/// # Errors
///
/// No port is to be had.
pub(super) async fn simulator(sheet: &Sheet) -> Result<Option<Inner>, Error> {
    if !sheet.streams.iter().any(|stream| stream.connection.backend == Backend::Simulator) {
        return Ok(None);
    }
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let bind = |source| Error::Listen { what: "simulator", address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let port = listener.local_addr().map_err(bind)?.port();
    Ok(Some(Inner { listener, url: format!("http://127.0.0.1:{port}").into() }))
}

/// Makes the client of one stream.
///
/// # Errors
///
/// Its key is not to be had, or its URL is none.
pub(super) fn client(stream: &StreamSheet, inner: Option<&Inner>) -> Result<Client, Error> {
    let connection = &stream.connection;
    let (environment, key) = match (connection.backend, inner) {
        (Backend::Simulator, Some(inner)) => (Environment::Url(Arc::clone(&inner.url)), None),
        _ => (connection.environment.clone(), connection.api_key.as_ref().map(fetch).transpose()?),
    };
    let pipeline_id = connection.pipeline_id.clone();
    let endpoints = Endpoints::of(&environment, connection.backend, pipeline_id)
        .map_err(|source| Error::Address { stream: Arc::clone(&stream.name), source })?;
    Client::new(endpoints, connection.backend.generation(), key, connection.timeouts.into())
        .map_err(|source| Error::Client { stream: Arc::clone(&stream.name), source })
}

/// Returns the settings of the MQTT session, `None` for none: what the triggers listen to, and our own topics, those of the
/// streams of `sheet` among them.
///
/// # Errors
///
/// The password is not to be had.
pub(super) fn mqtt(venue: &Venue, sheet: &Sheet) -> Result<Option<mqtt::Settings>, Error> {
    let Some(door) = &venue.mqtt else { return Ok(None) };
    let own = commands(door, sheet).into_iter().chain(discovery::heard(door));
    let own = own.filter_map(|topic| TopicFilter::try_from(topic.as_str()).ok());
    Ok(Some(mqtt::Settings {
        host: door.host.to_string(),
        port: door.port,
        tls: door.tls.as_ref().map(|tls| mqtt::Tls { ca: tls.ca.clone() }),
        client_id: door.client_id.to_string(),
        user: door.user.as_ref().map(ToString::to_string),
        password: door.password.as_ref().map(fetch).transpose()?,
        base: door.base.to_string(),
        filters: door.filters.iter().cloned().chain(own).collect(),
        keep_alive: MQTT_KEEP_ALIVE,
    }))
}

/// Returns the topics that take commands, as filters; in a group the broker gives each message to one member (MQTT 5, section
/// 4.8.2; brokers do so for older clients too).
fn commands(door: &MqttDoor, sheet: &Sheet) -> Vec<String> {
    let MqttDoor { base, share, .. } = door;
    let group = share.as_ref().map_or_else(String::new, |share| format!("$share/{share}/"));
    let all = [
        "scene/set",
        "cue/set",
        "transition/set",
        "prompt/set",
        "bypass/set",
        "playlist/set",
        "go/set",
        "back/set",
    ];
    let all = all.map(ToOwned::to_owned);
    // By name: below our base there may be that of another show.
    let of_streams = sheet.streams.iter().flat_map(|stream| {
        ["scene/set", "transition/set", "prompt/set", "mix/+/set", "go/set", "back/set"]
            .map(|topic| format!("{}/{topic}", stream.name))
    });
    all.into_iter().chain(of_streams).map(|topic| format!("{group}{base}/{topic}")).collect()
}

/// Opens the OSC socket.
///
/// # Errors
///
/// The address is taken or is not ours.
pub(super) fn osc(door: &OscDoor) -> Result<osc::Socket, Error> {
    let settings = osc::Settings { listen: door.listen, allow: door.allow.clone() };
    osc::bind(settings).map_err(|source| Error::Listen { what: "OSC input", address: door.listen, source })
}

/// Fetches what the web server asks everybody for, if it asks.
///
/// # Errors
///
/// The token is not to be had, or is none.
pub(super) fn token(door: &WebDoor) -> Result<Option<Token>, Error> {
    let Some(source) = &door.token else { return Ok(None) };
    Ok(Some(Token::new(&fetch(source)?)?))
}

/// Opens the web server's socket.
///
/// # Errors
///
/// The address is taken or is not ours.
pub(super) async fn web(listen: SocketAddr) -> Result<TcpListener, Error> {
    let opened: io::Result<_> = crate::web::bind(listen).await;
    opened.map_err(|source| Error::Listen { what: "web server", address: listen, source })
}

fn fetch(source: &SecretSource) -> Result<SecretString, SecretError> {
    secret::fetch(source, |name| std::env::var_os(name))
}
