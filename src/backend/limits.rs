//! How long each kind of request may take. Only the numbers; they are kept in `exchange.rs`.

use std::time::Duration;

use crate::show::event::Request;

/// Time limits, each from the first packet to the last byte of the answer.
///
/// The defaults are those of the vendor's own clients where these have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Resolving, connecting and the TLS handshake. A second shorter than the shortest of the others, so that a host
    /// that is not there is told from one that does not answer.
    pub connect: Duration,
    /// Creating a stream.
    pub create: Duration,
    /// Changing parameters.
    pub update: Duration,
    /// Reading the status. It is asked for every 5 s or more seldom, so none overtakes the next.
    pub status: Duration,
    /// Everything else.
    pub other: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(4),
            create: Duration::from_secs(15),
            update: Duration::from_secs(10),
            status: Duration::from_secs(5),
            other: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Returns how long a request may take.
    pub fn of(&self, request: &Request) -> Duration {
        match request {
            Request::Create { .. } => self.create,
            Request::Update { .. } => self.update,
            Request::Status { .. } => self.status,
            Request::Find { .. } | Request::Get { .. } | Request::Delete { .. } => self.other,
        }
    }
}
