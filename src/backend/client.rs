//! The client of one installation with one key: requests of the show in, replies and failures out.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{Method, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    discretion::Discretion,
    endpoints::{Endpoints, is_id},
    exchange::{Call, Wire},
    limits::Limits,
    status,
    verdict::{Expected, failure, judge, nonsense},
    wire::{self, Listed},
};
use crate::show::{
    event::{Failure, FailureKind, Reply, Request},
    venue::Generation,
};

/// What stands in for a key where there is none: the simulator admits any, but wants one.
const NO_KEY: &str = "none";

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
    endpoints: Endpoints,
    generation: Generation,
    authorization: HeaderValue,
    discretion: Discretion,
    limits: Limits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { wire: _, endpoints, generation, authorization: _, discretion: _, limits } = &*self.0;
        f.debug_struct("Client")
            .field("endpoints", endpoints)
            .field("generation", generation)
            .field("limits", limits)
            .finish_non_exhaustive()
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
        let bearer = key.as_ref().map_or(NO_KEY, ExposeSecret::expose_secret);
        if bearer.is_empty() || !bearer.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::Key);
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {bearer}")).map_err(|_| ClientError::Key)?;
        authorization.set_sensitive(true);
        let wire = Wire::new(&endpoints, limits).map_err(ClientError::Setup)?;
        let discretion = Discretion::new(key);
        Ok(Self(Arc::new(Inner { wire, endpoints, generation, authorization, discretion, limits })))
    }

    /// Returns the addresses that it speaks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
    }

    /// Performs one request, once, within its time limit. `wall` is the present.
    pub async fn perform(&self, request: &Request, wall: Timestamp) -> Result<Reply, Failure> {
        let Inner { discretion, .. } = &*self.0;
        let expected = match request {
            Request::Create { .. } => Expected::Created,
            _ => Expected::Success,
        };
        let (status, document) = self.ask(self.call(request)?, expected, wall).await?;
        match request {
            Request::Create { .. } | Request::Get { .. } => {
                wire::stream(&document).map(Reply::Stream).map_err(|reason| nonsense(status, reason))
            }
            Request::Update { .. } => {
                wire::updated(&document, discretion).map_err(|reason| nonsense(status, reason))
            }
            Request::Status { .. } => status::read(document, discretion)
                .map(|report| Reply::Status(Box::new(report)))
                .map_err(|reason| nonsense(status, &reason)),
            Request::Find { name } => {
                let listed = wire::list(&document).map_err(|reason| nonsense(status, reason))?;
                let found = listed.into_iter().find(|stream| stream.name.as_deref() == Some(&**name));
                Ok(Reply::Found(found.map(|stream| stream.object)))
            }
            Request::Delete { .. } => {
                wire::deleted(&document).map(|()| Reply::Deleted).map_err(|reason| nonsense(status, reason))
            }
        }
    }

    /// Returns the streams of the account. `wall` is the present.
    pub async fn list(&self, wall: Timestamp) -> Result<Vec<Listed>, Failure> {
        let call = self.with_key(Method::GET, self.0.endpoints.streams(), None, self.0.limits.other);
        let (status, document) = self.ask(call, Expected::Success, wall).await?;
        wire::list(&document).map_err(|reason| nonsense(status, reason))
    }

    async fn ask(
        &self,
        call: Call,
        expected: Expected,
        wall: Timestamp,
    ) -> Result<(reqwest::StatusCode, Value), Failure> {
        let Inner { wire, discretion, .. } = &*self.0;
        let answer = wire.exchange(call, wall, discretion).await?;
        Ok((answer.status, judge(answer, expected, discretion)?))
    }

    /// Puts a request into the words of the generation.
    fn call(&self, request: &Request) -> Result<Call, Failure> {
        let Inner { endpoints, generation, limits, .. } = &*self.0;
        let beta = *generation == Generation::Beta;
        Ok(match request {
            Request::Create { name, params } => {
                let body = wire::create(*generation, endpoints.pipeline_id(), name, params);
                self.with_key(Method::POST, endpoints.streams(), Some(body), limits.create)
            }
            Request::Find { .. } => self.with_key(Method::GET, endpoints.streams(), None, limits.other),
            Request::Get { id } => {
                self.with_key(Method::GET, endpoints.stream(known(id)?), None, limits.other)
            }
            Request::Update { id, params } => {
                let (method, url) = if beta {
                    (Method::POST, endpoints.beta_prompts(known(id)?))
                } else {
                    (Method::PATCH, endpoints.stream(known(id)?))
                };
                self.with_key(method, url, Some(wire::update(*generation, params)), limits.update)
            }
            // A public page of the web app, which has no business with the key.
            Request::Status { id } if beta => Call {
                method: Method::GET,
                url: endpoints.beta_status(known(id)?),
                authorization: None,
                body: None,
                limit: limits.status,
            },
            Request::Status { id } => {
                self.with_key(Method::GET, endpoints.status(known(id)?), None, limits.status)
            }
            Request::Delete { id } => {
                let mut url = endpoints.streams();
                url.query_pairs_mut().append_pair("id", known(id)?);
                self.with_key(Method::DELETE, url, None, limits.other)
            }
        })
    }

    fn with_key(&self, method: Method, url: Url, body: Option<Value>, limit: Duration) -> Call {
        Call { method, url, authorization: Some(self.0.authorization.clone()), body, limit }
    }
}

/// Refuses an id that would lead to another place than a stream.
fn known(id: &str) -> Result<&str, Failure> {
    let nobody = || failure(FailureKind::NotFound, format!("`{id}` cannot be the id of a stream"));
    is_id(id).then_some(id).ok_or_else(nobody)
}
