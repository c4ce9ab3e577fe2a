//! Why a daemon ends before it is told to.

use std::{net::SocketAddr, sync::Arc};

use tokio::task::JoinError;

use super::secret;
use crate::{
    backend::{AddressError, ClientError},
    record, web,
};

/// Why the daemon could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state directory cannot be found or made.
    #[error("the state directory cannot be used")]
    Directory(#[from] record::directory::DirectoryError),
    /// A secret is not to be had.
    #[error("a secret is missing")]
    Secret(#[from] secret::SecretError),
    /// The token of the web server is none.
    #[error("the token of the web server cannot be used")]
    Token(#[from] web::TokenError),
    /// A socket cannot be opened.
    #[error("cannot listen on {address} for the {what}")]
    Listen {
        /// What for.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A stream's client cannot be made.
    #[error("stream `{stream}` has no client")]
    Client {
        /// The stream.
        stream: Arc<str>,
        /// Why.
        source: ClientError,
    },
    /// A stream's base URL is none.
    #[error("stream `{stream}` has no address")]
    Address {
        /// The stream.
        stream: Arc<str>,
        /// Why.
        source: AddressError,
    },
    /// A thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// A task ended while the show was running.
    #[error("task `{0}` ended while the show was running")]
    TaskEnded(&'static str),
    /// A task broke.
    #[error("a task broke")]
    TaskBroke(#[from] JoinError),
}
