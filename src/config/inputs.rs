//! Where the show listens: OSC and MQTT.

use core::net::SocketAddr;
use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::show::{
    subnet::Subnet,
    venue::{Discovery, MqttDoor, OscDoor, SecretSource, Tls},
};

use super::{
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar, secret, time,
    tree::{Entry, Node, Value},
    words::quoted,
};

const OSC_LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 7755);

/// How far ahead a time tag may lie; what is farther is a wrong clock and no plan.
const HORIZON: (Duration, Duration) = (Duration::ZERO, Duration::from_mins(1));

/// The most clients that are told what is on: the desks and tablets of a large house. Each takes at most 32 KiB a second, all of
/// them half a megabyte.
const CLIENTS_MAX: usize = 16;

/// Where Home Assistant listens unless it was told otherwise.
const DISCOVERY_PREFIX: &str = "homeassistant";

/// The doors that the file asks for.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub(super) osc: Option<OscDoor>,
    /// Its filters are those of the triggers, which are read later.
    pub(super) mqtt: Option<MqttDoor>,
    /// Whether the file asks for them, in order or not.
    pub(super) has_osc: bool,
    pub(super) has_mqtt: bool,
}

/// Reads `inputs`; `host` is the name of this machine.
pub(super) fn read(node: Option<&Node>, host: &str, report: &mut Report) -> Doors {
    let Some(node) = node else { return Doors::default() };
    let Some(mut fields) = Fields::of(node, &node.span, "`inputs`", &keys::INPUTS, report) else {
        return Doors { has_osc: true, has_mqtt: true, ..Doors::default() };
    };
    let osc = fields.entry("osc").map(|entry| osc(entry, report));
    let mqtt = fields.entry("mqtt").map(|entry| mqtt(entry, host, report));
    fields.finish(report);
    Doors { has_osc: osc.is_some(), has_mqtt: mqtt.is_some(), osc: osc.flatten(), mqtt: mqtt.flatten() }
}

fn osc(entry: &Entry, report: &mut Report) -> Option<OscDoor> {
    let mut fields = Fields::of(&entry.value, &entry.key.span, "`inputs.osc`", &keys::OSC, report)?;
    let listen = fields.get("listen", report, |node| Ok((scalar::listen(node)?, &node.span)));
    let horizon = fields.get("horizon", report, |node| time::duration_in(node, "horizon", HORIZON));
    let allow = fields.value("allow", report).map(|node| subnets(node, report));
    let from = listen.map_or(OSC_LISTEN, |(listen, _)| listen);
    let clients = fields.value("clients", report).map(|node| clients(node, from, report));
    if let (Some((listen, span)), None) = (listen, &allow)
        && !listen.ip().to_canonical().is_loopback()
    {
        let message =
            format!("`{listen}` can be reached from other machines, and everybody on them may send");
        let hint = format!(
            "write `allow: [192.168.7.0/24]` beside it, or `127.0.0.1:{}` unless others have to reach it",
            listen.port()
        );
        report.push(Problem::warning(span, message).of(fields.what()).hint(hint));
    }
    fields.finish(report);
    Some(OscDoor {
        listen: from,
        horizon: horizon.unwrap_or(Duration::from_secs(10)),
        allow: allow.unwrap_or_default(),
        clients: clients.unwrap_or_default(),
    })
}

/// Reads who is told what is on; it is sent from the socket that listens at `from`.
fn clients(node: &Node, from: SocketAddr, report: &mut Report) -> Vec<SocketAddr> {
    const OF: &str = "`inputs.osc`: `clients`";
    let Value::List(items) = &node.value else {
        let problem = scalar::expected(node, "a list of addresses with a port");
        report.push(problem.of(OF).hint("write `clients: [\"192.168.7.20:9000\"]`"));
        return Vec::new();
    };
    if items.len() > CLIENTS_MAX {
        report.push(Problem::error(&node.span, format!("there are at most {CLIENTS_MAX} clients")).of(OF));
    }
    let mut clients: Vec<SocketAddr> = Vec::new();
    for item in items {
        let Some(client) = report.take(client(item, from).map_err(|problem| problem.of(OF))) else {
            continue;
        };
        if clients.contains(&client) {
            report.push(Problem::error(&item.span, format!("`{client}` stands here a second time")).of(OF));
        } else {
            clients.push(client);
        }
    }
    clients
}

/// Reads the address of somebody who is told something from the socket that listens at `from`.
pub(super) fn client(node: &Node, from: SocketAddr) -> Result<SocketAddr, Problem> {
    let text = scalar::filled(node)?;
    let wrong = |message: String| Problem::error(&node.span, message);
    let client: SocketAddr = text.parse().map_err(|_| {
        let problem = wrong(format!("{} is no address with a port", quoted(text)));
        problem.hint("write the address, not a name, and the port: `192.168.7.20:9000`")
    })?;
    if client.port() == 0 || client.ip().is_unspecified() || client.ip().is_multicast() {
        return Err(
            wrong(format!("nobody is at {}", quoted(text))).hint("write the client's own address and port")
        );
    }
    if client.port() == from.port() && (client.ip() == from.ip() || client.ip().is_loopback()) {
        return Err(wrong(format!("`{client}` is the show itself: it would obey what it tells")));
    }
    let is_v4 = client.ip().to_canonical().is_ipv4();
    if is_v4 != from.ip().to_canonical().is_ipv4() && !(is_v4 && from.ip().is_unspecified()) {
        return Err(wrong(format!("`{client}` cannot be reached from `{from}`"))
            .hint("let `listen` be an address of the same kind, IPv4 or IPv6"));
    }
    if from.ip().to_canonical().is_loopback() && !client.ip().to_canonical().is_loopback() {
        return Err(wrong(format!(
            "`{client}` cannot be reached from `{from}`, which stays on this machine"
        ))
        .hint(format!(
            "write `listen: \"0.0.0.0:{}\"` and who may send: `allow: [{}]`",
            from.port(),
            client.ip()
        )));
    }
    Ok(client)
}

/// Reads the addresses that may send: at least one, because none would be everybody.
fn subnets(node: &Node, report: &mut Report) -> Vec<Subnet> {
    const OF: &str = "`inputs.osc`: `allow`";
    let Value::List(items) = &node.value else {
        let problem = scalar::expected(node, "a list of addresses");
        report.push(problem.of(OF).hint("write `allow: [192.168.7.0/24]`"));
        return Vec::new();
    };
    if items.is_empty() {
        let problem = Problem::error(&node.span, "nobody may send");
        report.push(problem.of(OF).hint("write `allow: [192.168.7.0/24]`, or take `osc` out"));
    }
    let subnet = |item: &Node| {
        let text = scalar::filled(item)?;
        Subnet::parse(text).map_err(|reason| {
            Problem::error(&item.span, format!("{} is no range of addresses", quoted(text))).hint(reason)
        })
    };
    items.iter().filter_map(|item| report.take(subnet(item).map_err(|problem| problem.of(OF)))).collect()
}

/// What the URL of a broker says.
#[derive(Debug, PartialEq, Eq)]
struct Broker {
    host: Arc<str>,
    port: u16,
    tls: bool,
}

fn mqtt(entry: &Entry, host: &str, report: &mut Report) -> Option<MqttDoor> {
    const OF: &str = "`inputs.mqtt`";
    let mut fields = Fields::of(&entry.value, &entry.key.span, OF, &keys::MQTT, report)?;
    let url = fields.required("url", "write `url: \"mqtt://localhost:1883\"`", report);
    let broker =
        url.and_then(|node| report.take(broker(node).map_err(|problem| problem.at_key("url").of(OF))));
    let user = fields.get("user", report, scalar::filled);
    let password = fields.value("password", report);
    let password: Option<SecretSource> =
        password.and_then(|node| secret::source(node, OF, "password", report));
    let base = fields.get("base", report, base);
    let client_id = fields.get("client_id", report, scalar::filled);
    let ca = fields.get("ca", report, scalar::filled);
    let discovery = fields.value("discovery", report).and_then(|node| discovery(node, report));
    let share = fields.get("share", report, group);
    if let [entry, ..] = fields.given(&["password"]).as_slice()
        && !fields.has("user")
    {
        let problem = Problem::error(&entry.key.span, "a `password` goes with a `user`");
        report.push(problem.of(OF).hint("write `user: NAME` beside it"));
    }
    if let [entry, ..] = fields.given(&["ca"]).as_slice()
        && broker.as_ref().is_some_and(|broker| !broker.tls)
    {
        let problem = Problem::error(&entry.key.span, "`ca` is only used with `mqtts`");
        report.push(problem.of(OF).hint("write the URL with `mqtts://`, or take `ca` out"));
    }
    fields.finish(report);
    let Broker { host: broker_host, port, tls } = broker?;
    let node = level(host);
    Some(MqttDoor {
        host: broker_host,
        port,
        tls: tls.then(|| Tls { ca: ca.map(PathBuf::from) }),
        client_id: client_id.map_or_else(|| format!("segue-{node}").into(), Arc::from),
        user: user.map(Arc::from),
        password,
        base: base.map_or_else(|| format!("segue/{node}").into(), Arc::from),
        filters: Vec::new(),
        share: share.map(Arc::from),
        discovery: discovery.unwrap_or_default(),
    })
}

/// Reads whether Home Assistant is told of the show, and where.
fn discovery(node: &Node, report: &mut Report) -> Option<Discovery> {
    const OF: &str = "`inputs.mqtt`: `discovery`";
    let usual = || Discovery::Under(DISCOVERY_PREFIX.into());
    if !matches!(node.value, Value::Map(_)) {
        let said = report.take(scalar::boolean(node).map_err(|problem| {
            problem.of(OF).hint("write `discovery: true`, or `discovery: { prefix: homeassistant }`")
        }))?;
        return Some(if said { usual() } else { Discovery::Off });
    }
    let mut fields = Fields::of(node, &node.span, OF, &keys::DISCOVERY, report)?;
    let prefix = fields.get("prefix", report, base);
    fields.finish(report);
    Some(prefix.map_or_else(usual, |prefix| Discovery::Under(prefix.into())))
}

/// Reads the name of a group (MQTT 5, section 4.8.2): one level of a topic.
fn group(node: &Node) -> Result<&str, Problem> {
    let group = scalar::filled(node)?;
    match group.chars().find(|&c| c.is_control() || c.is_whitespace() || "/+#$".contains(c)) {
        Some(c) => Err(Problem::error(&node.span, format!("a group's name holds no `{}`", c.escape_debug()))),
        None => Ok(group),
    }
}

/// Makes one level of an MQTT topic of a host's name.
fn level(host: &str) -> String {
    let plain = |c: char| if c.is_control() || c.is_whitespace() || "/+#".contains(c) { '-' } else { c };
    let level: String = host.chars().map(plain).collect();
    if level.is_empty() { "localhost".to_owned() } else { level }
}

fn base(node: &Node) -> Result<&str, Problem> {
    let base = scalar::filled(node)?;
    let wrong = |message: &str| Err(Problem::error(&node.span, message));
    if base.contains(['+', '#']) {
        return wrong("a topic prefix has no wildcards");
    }
    if base.starts_with('/') || base.ends_with('/') {
        return wrong("a topic prefix neither starts nor ends with `/`")
            .map_err(|problem: Problem| problem.hint(format!("write {}", quoted(base.trim_matches('/')))));
    }
    if base.contains(char::is_control) {
        return wrong("a topic prefix holds no control characters");
    }
    Ok(base)
}

/// Reads `mqtt://host:port`. No message quotes a URL that may hold a password.
fn broker(node: &Node) -> Result<Broker, Problem> {
    const FORM: &str = "write `mqtt://HOST:PORT`, or `mqtts://HOST:PORT` with TLS";
    let url = scalar::filled(node)?;
    if secret::user_info(url).is_some() || url.contains('@') {
        return Err(Problem::error(&node.span, "secrets do not belong in the show file")
            .hint("write `user: NAME` and `password: { credential: NAME }` beside the URL"));
    }
    let wrong = |hint: String| {
        Err(Problem::error(&node.span, format!("{} is not the URL of a broker", quoted(url))).hint(hint))
    };
    let Some((scheme, rest)) = url.split_once("://") else { return wrong(FORM.to_owned()) };
    let place = rest.split('/').next().unwrap_or_default();
    let tls = match scheme {
        "mqtt" => false,
        "mqtts" => true,
        "tcp" => return wrong(format!("write `mqtt://{place}`")),
        "ssl" | "tls" => return wrong(format!("write `mqtts://{place}`")),
        _ => return wrong(FORM.to_owned()),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) if host.parse::<core::net::Ipv6Addr>().is_ok() => (host, port),
        Some(_) => return wrong(FORM.to_owned()),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/?#:[]".contains(c);
    if host.is_empty() || !authority.starts_with('[') && host.contains(bad) {
        return wrong(FORM.to_owned());
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => {
            if tls {
                8883
            } else {
                1883
            }
        }
        Some(digits) => match digits.parse() {
            Ok(port) if port > 0 => port,
            _ => return wrong("a port is a number from 1 to 65535".to_owned()),
        },
        None => return wrong(FORM.to_owned()),
    };
    Ok(Broker { host: host.into(), port, tls })
}
