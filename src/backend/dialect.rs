//! What the show says and hears, in the words of one generation of the API: a request becomes a call, an answer a reply
//! or a failure. Pure: nothing is sent from here, so that the same words serve on any clock and with no network.

use std::fmt;

use reqwest::{Method, StatusCode, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    client::ClientError,
    discretion::Discretion,
    endpoints::{Endpoints, is_id},
    exchange::{Answer, Call},
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

/// The words of one generation, at one installation, with one key.
#[derive(Clone)]
pub struct Dialect {
    endpoints: Endpoints,
    generation: Generation,
    authorization: HeaderValue,
    discretion: Discretion,
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoints, generation, authorization: _, discretion: _ } = self;
        f.debug_struct("Dialect")
            .field("endpoints", endpoints)
            .field("generation", generation)
            .finish_non_exhaustive()
    }
}

impl Dialect {
    /// Learns where to speak, how, and with which key. Without a key only a simulator will listen.
    ///
    /// # Errors
    ///
    /// The key cannot stand in a header.
    pub fn new(
        endpoints: Endpoints,
        generation: Generation,
        key: Option<SecretString>,
    ) -> Result<Self, ClientError> {
        let bearer = key.as_ref().map_or(NO_KEY, ExposeSecret::expose_secret);
        if bearer.is_empty() || !bearer.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::Key);
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {bearer}")).map_err(|_| ClientError::Key)?;
        authorization.set_sensitive(true);
        Ok(Self { endpoints, generation, authorization, discretion: Discretion::new(key) })
    }

    /// Returns the addresses that it speaks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub(super) fn discretion(&self) -> &Discretion {
        &self.discretion
    }

    /// Puts a request into the words of the generation.
    ///
    /// # Errors
    ///
    /// Its id cannot be one of a stream: nobody need be asked.
    pub fn call(&self, request: &Request) -> Result<Call, Failure> {
        let Self { endpoints, generation, .. } = self;
        let beta = *generation == Generation::Beta;
        Ok(match request {
            Request::Create { name, params } => {
                let body = wire::create(*generation, endpoints.pipeline_id(), name, params);
                self.with_key(Method::POST, endpoints.streams(), Some(body))
            }
            Request::Find { .. } | Request::FindKin { .. } => self.list(),
            Request::Get { id } => self.with_key(Method::GET, endpoints.stream(known(id)?), None),
            Request::Update { id, params } => {
                let (method, url) = if beta {
                    (Method::POST, endpoints.beta_prompts(known(id)?))
                } else {
                    (Method::PATCH, endpoints.stream(known(id)?))
                };
                self.with_key(method, url, Some(wire::update(*generation, params)))
            }
            // A public page of the web app, which has no business with the key.
            Request::Status { id } if beta => Call {
                method: Method::GET,
                url: endpoints.beta_status(known(id)?),
                authorization: None,
                body: None,
            },
            Request::Status { id } => self.with_key(Method::GET, endpoints.status(known(id)?), None),
            Request::Delete { id } => {
                let mut url = endpoints.streams();
                url.query_pairs_mut().append_pair("id", known(id)?);
                self.with_key(Method::DELETE, url, None)
            }
        })
    }

    /// Returns what the answer to a request means.
    ///
    /// # Errors
    ///
    /// The request did not succeed, or the answer makes no sense.
    pub fn reply(&self, request: &Request, answer: Answer) -> Result<Reply, Failure> {
        let expected = match request {
            Request::Create { .. } => Expected::Created,
            _ => Expected::Success,
        };
        let (status, document) = self.hear(answer, expected)?;
        match request {
            Request::Create { .. } | Request::Get { .. } => {
                wire::stream(&document).map(Reply::Stream).map_err(|reason| nonsense(status, reason))
            }
            Request::Update { .. } => {
                wire::updated(&document, &self.discretion).map_err(|reason| nonsense(status, reason))
            }
            Request::Status { .. } => status::read(document, &self.discretion)
                .map(|report| Reply::Status(Box::new(report)))
                .map_err(|reason| nonsense(status, &reason)),
            Request::Find { name } => {
                let listed = wire::list(&document).map_err(|reason| nonsense(status, reason))?;
                let found = listed.into_iter().find(|stream| stream.name.as_deref() == Some(&**name));
                Ok(Reply::Found(found.map(|stream| stream.object)))
            }
            Request::FindKin { family } => {
                let listed = wire::list(&document).map_err(|reason| nonsense(status, reason))?;
                let kin = listed
                    .into_iter()
                    .filter(|stream| stream.name.as_deref().is_some_and(|name| is_kin(name, family)));
                Ok(Reply::Found(kin.max_by_key(|stream| stream.created_at).map(|stream| stream.object)))
            }
            Request::Delete { .. } => {
                wire::deleted(&document).map(|()| Reply::Deleted).map_err(|reason| nonsense(status, reason))
            }
        }
    }

    /// Returns the call that asks for the streams of the account.
    pub(super) fn list(&self) -> Call {
        self.with_key(Method::GET, self.endpoints.streams(), None)
    }

    /// Returns what the answer to [`Self::list`] says.
    pub(super) fn listed(&self, answer: Answer) -> Result<Vec<Listed>, Failure> {
        let (status, document) = self.hear(answer, Expected::Success)?;
        wire::list(&document).map_err(|reason| nonsense(status, reason))
    }

    fn hear(&self, answer: Answer, expected: Expected) -> Result<(StatusCode, Value), Failure> {
        Ok((answer.status, judge(answer, expected, &self.discretion)?))
    }

    fn with_key(&self, method: Method, url: Url, body: Option<Value>) -> Call {
        Call { method, url, authorization: Some(self.authorization.clone()), body }
    }
}

/// Returns whether a stream's name is the family's, a space, and eight hex digits: nobody else's by accident.
fn is_kin(name: &str, family: &str) -> bool {
    let tag = name.strip_prefix(family).and_then(|rest| rest.strip_prefix(' '));
    tag.is_some_and(|tag| tag.len() == 8 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Refuses an id that would lead to another place than a stream.
fn known(id: &str) -> Result<&str, Failure> {
    let nobody = || failure(FailureKind::NotFound, format!("`{id}` cannot be the id of a stream"));
    is_id(id).then_some(id).ok_or_else(nobody)
}
