//! How long each kind of request may take. Only the numbers; they are kept in `exchange.rs`.

use std::time::Duration;

use crate::show::{event::Request, venue::Timeouts};

/// The longest that connecting may take, where the others leave it that long.
const CONNECT_MAX: Duration = Duration::from_secs(4);

/// Time limits, each from the first packet to the last byte of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Resolving, connecting and the TLS handshake. Shorter than the shortest of the others, so that a host that is not
    /// there is told from one that does not answer.
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

impl From<Timeouts> for Limits {
    fn from(Timeouts { create, update, status }: Timeouts) -> Self {
        let shortest = create.min(update).min(status);
        let connect = CONNECT_MAX.min(shortest * 4 / 5);
        Self { connect, create, update, status, other: Duration::from_secs(10) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Timeouts::default().into()
    }
}

impl Limits {
    /// Returns how long a request may take.
    pub fn of(&self, request: &Request) -> Duration {
        match request {
            Request::Create { .. } => self.create,
            Request::Update { .. } => self.update,
            Request::Status { .. } => self.status,
            Request::Find { .. } | Request::FindKin { .. } | Request::Get { .. } | Request::Delete { .. } => {
                self.other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_takes_less_than_the_shortest_request() {
        assert_eq!(Limits::default().connect, Duration::from_secs(4));
        let short = Timeouts { status: Duration::from_secs(1), ..Timeouts::default() };
        assert_eq!(Limits::from(short).connect, Duration::from_millis(800));
    }
}
