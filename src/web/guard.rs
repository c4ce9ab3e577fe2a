//! Whom the server listens to, and what it tells every browser. Knows headers only, nothing of the show.
//!
//! A browser is a door into the building: any page that it has open can send requests to any address it can reach.
//! Two checks close it. The host that a request names must be this machine, because a page that has its own name
//! resolve to our address (DNS rebinding) would otherwise count as ours. And what changes something must come from a
//! page of this very host, because a form on any page can be sent to us (CSRF). Scripts send no origin and pass. Nothing
//! else of a request, such as its content type, is taken for a sign of where it comes from.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Request, Response, header, uri::Authority},
};

use super::problem::{Kind, Problem, quoted};

/// What every answer carries, unless its route says something else.
///
/// A snapshot is old at once, so nothing may be kept; and nothing of ours belongs into anybody's frame.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Which site a page is of that asks.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The two ends of our side of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours {
    /// Where the server listens; perhaps at every address.
    pub(super) listen: IpAddr,
    /// Which address this connection came in at.
    pub(super) local: IpAddr,
}

impl Ours {
    /// Makes it from the two socket addresses.
    pub(super) fn new(listen: SocketAddr, local: SocketAddr) -> Self {
        Self { listen: listen.ip().to_canonical(), local: local.ip().to_canonical() }
    }
}

/// Refuses what a foreign page may have made a browser send.
pub(super) fn admit(request: &Request<Body>, ours: Ours, hosts: &[Arc<str>]) -> Result<(), Problem> {
    let host = host(request)?;
    if !is_ours(&host, ours, hosts) {
        let named = quoted(host.host());
        let detail = format!(
            "{named} is not this server; ask for localhost or for `{}`, or name it in `web: {{ hosts: … }}`",
            ours.local
        );
        return Err(Problem::new(Kind::ForeignHost, detail));
    }
    if request.method().is_safe() {
        return Ok(());
    }
    for origin in request.headers().get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("?");
        if !is_same(origin, &host) {
            let detail = format!("a page of {} asks for it, and this is `{host}`", quoted(origin));
            return Err(Problem::new(Kind::ForeignOrigin, detail));
        }
    }
    // What browsers say that leave the origin out (Fetch Metadata); `none` is a person at the address line.
    for site in request.headers().get_all(SEC_FETCH_SITE) {
        if !matches!(site.as_bytes(), b"same-origin" | b"none") {
            return Err(Problem::new(Kind::ForeignOrigin, "a page of another site asks for it"));
        }
    }
    Ok(())
}

/// Returns the one host that a request is for. The request line wins over the header (RFC 9112, 3.2.2).
fn host(request: &Request<Body>) -> Result<Authority, Problem> {
    let bad = |detail: &str| Problem::new(Kind::BadRequest, detail);
    let mut named = request.headers().get_all(header::HOST).iter();
    let first = named.next().ok_or_else(|| bad("the `Host` header is missing"))?;
    if named.next().is_some() {
        return Err(bad("there is more than one `Host` header"));
    }
    let host = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => first.as_bytes().try_into().map_err(|_| bad("the `Host` header names no host"))?,
    };
    if host.as_str().contains('@') {
        return Err(bad("a host has no user"));
    }
    Ok(host)
}

/// A loopback name or address, the address listened at, the one the connection came in at, or one of the names in the
/// show file; whatever the port, because a tunnel may have another.
fn is_ours(host: &Authority, ours: Ours, hosts: &[Arc<str>]) -> bool {
    let name = host.host();
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.eq_ignore_ascii_case("localhost") || hosts.iter().any(|host| name.eq_ignore_ascii_case(host)) {
        return true;
    }
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let Ok(address) = bare.parse::<IpAddr>().map(|address| address.to_canonical()) else { return false };
    let named = || hosts.iter().any(|host| host.parse() == Ok(address));
    address.is_loopback() || address == ours.local || address == ours.listen || named()
}

/// Whether an origin is a page of this host, port included. `null` never is.
fn is_same(origin: &str, host: &Authority) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_str()))
}

/// Adds what every browser must be told.
pub(super) fn harden(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{Ours, is_ours};

    #[test]
    fn a_server_at_every_address_goes_by_the_one_that_was_dialled() {
        let ours = Ours::new("[::]:7756".parse().unwrap(), "[::ffff:192.0.2.7]:7756".parse().unwrap());
        for (host, is) in [
            ("192.0.2.7:7756", true),
            ("192.0.2.7", true),
            ("[::ffff:192.0.2.7]", true),
            ("[::]:7756", true),
            ("localhost", true),
            ("192.0.2.8:7756", false),
            ("wall.example:7756", false),
        ] {
            assert_eq!(is_ours(&host.parse().unwrap(), ours, &[]), is, "{host}");
        }
    }

    #[test]
    fn a_server_goes_by_the_names_that_the_show_gives_it_and_by_no_others() {
        let ours = Ours::new("0.0.0.0:7756".parse().unwrap(), "192.0.2.7:7756".parse().unwrap());
        let hosts = ["wall.example".into(), "203.0.113.5".into(), "2001:db8::5".into()];
        for (host, is) in [
            ("wall.example", true),
            ("WALL.Example.:80", true),
            ("203.0.113.5:7756", true),
            ("[2001:db8:0::5]", true),
            ("wall.example.evil.example", false),
            ("evilwall.example", false),
            ("example", false),
            ("203.0.113.6", false),
        ] {
            assert_eq!(is_ours(&host.parse().unwrap(), ours, &hosts), is, "{host}");
        }
    }
}
