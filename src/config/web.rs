//! The web server: where it listens, by which names it goes, and what it wants to see before it says anything.
//!
//! A server that others can reach has a token, or the file says in so many words that it has none. There is no third way.

use core::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::show::venue::WebDoor;

use super::{
    keys,
    reader::Fields,
    report::{Problem, Report},
    scalar, secret,
    tree::{Node, Value},
    words::quoted,
};

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 7756);
const OF: &str = "`web`";
/// The most names of a server. Each request is compared with all of them.
const HOSTS_MAX: usize = 16;

/// Reads `web`; without it the server has its usual place, `off` is no server.
pub(super) fn read(node: Option<&Node>, report: &mut Report) -> Option<WebDoor> {
    let usual = WebDoor { listen: LISTEN, token: None, hosts: Vec::new() };
    let Some(node) = node else { return Some(usual) };
    match &node.value {
        Value::Bool(false, _) => return None,
        Value::Text(text) if text == "off" => return None,
        Value::Map(_) | Value::Null => {}
        _ => {
            let problem = scalar::expected(node, "`off` or an address");
            report.push(problem.of(OF).hint("write `web: { listen: \"127.0.0.1:7756\" }`, or `web: off`"));
            return None;
        }
    }
    let mut fields = Fields::of(node, &node.span, OF, &keys::WEB, report)?;
    let listen = fields.get("listen", report, |node| Ok((scalar::listen(node)?, node)));
    let wants_token = fields.has("token");
    let token = fields.value("token", report).and_then(|node| secret::source(node, OF, "token", report));
    let open = fields.get("allow_unauthenticated", report, |node| Ok((scalar::boolean(node)?, node)));
    let hosts = fields.value("hosts", report).map(|node| hosts(node, report)).unwrap_or_default();
    fields.finish(report);
    if let Some((true, node)) = open
        && wants_token
    {
        let problem = Problem::error(&node.span, "either everybody is let in or everybody has a token");
        report.push(problem.of(OF).hint("take `allow_unauthenticated` out"));
    } else if let Some((listen, place)) = listen
        && !listen.ip().to_canonical().is_loopback()
        && !wants_token
    {
        report.push(unguarded(listen, place, open));
    }
    Some(WebDoor { listen: listen.map_or(LISTEN, |(listen, _)| listen), token, hosts })
}

/// Tells of a server that others can reach and that asks for nothing.
fn unguarded(listen: SocketAddr, place: &Node, open: Option<(bool, &Node)>) -> Problem {
    let message = format!("`{listen}` can be reached from other machines, and there is no token");
    let problem = if let Some((true, open)) = open {
        let message = format!("{message}: everybody who can reach it can steer the show");
        Problem::warning(&open.span, message).hint("write `token: { env: SEGUE_TOKEN }` instead")
    } else {
        Problem::error(&place.span, message).hint(format!(
            "write `token: {{ env: SEGUE_TOKEN }}` beside it, or `127.0.0.1:{}` unless others have to reach it",
            listen.port()
        ))
    };
    problem.of(OF)
}

fn hosts(node: &Node, report: &mut Report) -> Vec<Arc<str>> {
    const OF: &str = "`web`: `hosts`";
    let Value::List(items) = &node.value else {
        let problem = scalar::expected(node, "a list of names");
        report.push(problem.of(OF).hint("write `hosts: [wall.example.net]`"));
        return Vec::new();
    };
    if items.len() > HOSTS_MAX {
        report.push(Problem::error(&node.span, format!("there are at most {HOSTS_MAX} names")).of(OF));
    }
    items.iter().filter_map(|item| report.take(host(item).map_err(|problem| problem.of(OF)))).collect()
}

/// Reads a DNS name or an address, without scheme, port and path.
fn host(node: &Node) -> Result<Arc<str>, Problem> {
    let text = scalar::filled(node)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().to_string().into());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // All digits and dots is an address gone wrong.
    if name.len() <= 253 && name.split('.').all(is_label) && name.contains(|c: char| c.is_ascii_alphabetic())
    {
        return Ok(name.into());
    }
    let problem = Problem::error(&node.span, format!("{} is not the name of a host", quoted(text)));
    Err(problem.hint("write it without scheme, port and path: `wall.example.net`"))
}
