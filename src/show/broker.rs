//! Where an MQTT broker is, as a show file writes it: `mqtt://host:port` or `mqtts://host:port`.
//!
//! Not a URL parser for all the world: no user, no password (secrets are never in the show file), no path.

/// The port of `mqtt://` (IANA: mqtt).
pub const PORT: u16 = 1883;

/// The port of `mqtts://` (IANA: secure-mqtt).
pub const PORT_TLS: u16 = 8883;

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrokerUrl {
    /// Name or address; an IPv6 address without its brackets. Never empty.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
    /// Whether to use TLS.
    pub tls: bool,
}

/// Why a text does not say where a broker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// It starts with something else.
    #[error("a broker is written `mqtt://host:port`, or `mqtts://host:port` for TLS")]
    Scheme,
    /// `mqtt://user:password@host`.
    #[error("user and password have keys of their own, they do not belong in the URL")]
    Secret,
    /// Nothing between `//` and the port, or something that cannot be in a name.
    #[error("the URL names no host")]
    Host,
    /// Not a number from 1 to 65535.
    #[error("the port is a number from 1 to 65535")]
    Port,
    /// Something after the port.
    #[error("nothing comes after the port")]
    Path,
}

impl TryFrom<&str> for BrokerUrl {
    type Error = BrokerUrlError;

    fn try_from(text: &str) -> Result<Self, BrokerUrlError> {
        let (rest, tls) = match text.strip_prefix("mqtt://") {
            Some(rest) => (rest, false),
            None => (text.strip_prefix("mqtts://").ok_or(BrokerUrlError::Scheme)?, true),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(BrokerUrlError::Secret);
        }
        if rest.contains(['/', '?', '#']) {
            return Err(BrokerUrlError::Path);
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(BrokerUrlError::Host)?;
                host.parse::<core::net::Ipv6Addr>().map_err(|_| BrokerUrlError::Host)?;
                (host, port)
            }
            None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(BrokerUrlError::Host);
        }
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|&port| port != 0).ok_or(BrokerUrlError::Port)?,
            None if port.is_empty() => {
                if tls {
                    PORT_TLS
                } else {
                    PORT
                }
            }
            None => return Err(BrokerUrlError::Host),
        };
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_where_its_url_says() {
        let table = [
            ("mqtt://broker.local", "broker.local", 1883, false),
            ("mqtts://broker.local/", "broker.local", 8883, true),
            ("mqtt://127.0.0.1:1884", "127.0.0.1", 1884, false),
            ("mqtts://[::1]:65535", "::1", 65535, true),
            ("mqtt://[fe80::1]", "fe80::1", 1883, false),
        ];
        for (text, host, port, tls) in table {
            let expected = BrokerUrl { host: host.to_owned(), port, tls };
            assert_eq!(BrokerUrl::try_from(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_known() {
        let table = [
            ("broker.local", BrokerUrlError::Scheme),
            ("http://broker.local", BrokerUrlError::Scheme),
            ("mqtt://me:secret@broker", BrokerUrlError::Secret),
            ("mqtt://", BrokerUrlError::Host),
            ("mqtt://:1883", BrokerUrlError::Host),
            ("mqtt://[::1", BrokerUrlError::Host),
            ("mqtt://[::1]1883", BrokerUrlError::Host),
            ("mqtt://[broker]", BrokerUrlError::Host),
            ("mqtt://my broker", BrokerUrlError::Host),
            ("mqtt://broker:", BrokerUrlError::Port),
            ("mqtt://broker:0", BrokerUrlError::Port),
            ("mqtt://broker:65536", BrokerUrlError::Port),
            ("mqtt://::1", BrokerUrlError::Host),
            ("mqtt://broker/show", BrokerUrlError::Path),
            ("mqtt://broker:1883?x", BrokerUrlError::Path),
        ];
        for (text, error) in table {
            assert_eq!(BrokerUrl::try_from(text), Err(error), "{text}");
        }
    }
}
