//! The client of one installation with one key: requests of the show in, replies and failures out.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{dialect::Dialect, endpoints::Endpoints, exchange::Wire, limits::Limits, wire::Listed};
use crate::show::{
    event::{Failure, Reply, Request},
    venue::Generation,
};

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The key cannot stand in a header; it is not repeated.
    #[error("the API key is empty or holds spaces, line ends or characters beyond ASCII")]
    Key,
    /// TLS could not be set up: as a rule, no certificates are installed on this machine.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
}

/// Speaks to one installation of the API, with one key, over connections that it keeps. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    wire: Wire,
    dialect: Dialect,
    limits: Limits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { wire: _, dialect, limits } = &*self.0;
        f.debug_struct("Client").field("dialect", dialect).field("limits", limits).finish_non_exhaustive()
    }
}

impl Client {
    /// Prepares a client; connects to nothing yet. Without a key only the simulator will listen.
    pub fn new(
        endpoints: Endpoints,
        generation: Generation,
        key: Option<SecretString>,
        limits: Limits,
    ) -> Result<Self, ClientError> {
        let wire = Wire::new(&endpoints, limits).map_err(ClientError::Setup)?;
        let dialect = Dialect::new(endpoints, generation, key)?;
        Ok(Self(Arc::new(Inner { wire, dialect, limits })))
    }

    /// Returns the addresses that it speaks to.
    pub fn endpoints(&self) -> &Endpoints {
        self.0.dialect.endpoints()
    }

    /// Performs one request, once, within its time limit. `wall` is the present.
    pub async fn perform(&self, request: &Request, wall: Timestamp) -> Result<Reply, Failure> {
        let Inner { wire, dialect, limits } = &*self.0;
        let call = dialect.call(request)?;
        let answer = wire.exchange(call, limits.of(request), wall, dialect.discretion()).await?;
        dialect.reply(request, answer)
    }

    /// Returns the streams of the account. `wall` is the present.
    pub async fn list(&self, wall: Timestamp) -> Result<Vec<Listed>, Failure> {
        let Inner { wire, dialect, limits } = &*self.0;
        let answer = wire.exchange(dialect.list(), limits.other, wall, dialect.discretion()).await?;
        dialect.listed(answer)
    }
}
