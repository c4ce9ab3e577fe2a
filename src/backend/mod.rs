//! The other side of the wire: a [`Request`](crate::show::event::Request) of the show becomes an HTTP request in the
//! words of its API generation, and the answer a [`Reply`](crate::show::event::Reply) or a
//! [`Failure`](crate::show::event::Failure).
//!
//! One request, one answer: nothing is retried here, nothing is remembered but the connection. What a failure means for
//! what to do next is said by its kind; what is done is decided in `show`.
//!
//! The words are a [`Dialect`], which is pure; a [`Client`] is a dialect with connections.

mod client;
mod dialect;
mod discretion;
mod endpoints;
mod exchange;
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod retry_after;
mod status;
#[cfg(test)]
mod tests;
mod verdict;
mod wire;

pub use self::{
    client::{Client, ClientError},
    dialect::Dialect,
    endpoints::{AddressError, Endpoints},
    exchange::{Answer, Call, install_tls},
    limits::Limits,
    wire::Listed,
};
