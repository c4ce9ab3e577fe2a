//! The API's routes without a network: a method, a path, a key and a body in, an answer out.
//!
//! Both generations on one port. The key is looked at before anything else.

use std::time::Duration;

use super::{
    account::Account,
    answer::{Answer, Generation, Refusal},
    control,
    faults::{Fault, Faults, Rule},
    machine::PerSecond,
    picture::Scene,
    probe::Probe,
    rate::Bucket,
    request, scene,
};

/// Largest body that is read; the gateway's limit for parameters.
pub const BODY_MAX: usize = 100 * 1024;

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: &'a str,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The body; `None` if it was longer than `BODY_MAX`.
    pub body: Option<&'a [u8]>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `POST /v1/streams`
    Create,
    /// `GET /v1/streams`
    List,
    /// `GET /v1/streams/{id}`
    Get(&'a str),
    /// `PATCH /v1/streams/{id}` or `POST /beta/streams/{id}/prompts`
    Update(&'a str, Generation),
    /// `DELETE /v1/streams?id={id}`
    Delete(&'a str),
    /// `GET /v1/streams/{id}/status`, or `GET /api/streams/{id}/status` without a key
    Status(&'a str, Generation),
    /// A path that exists, with a method that does not.
    WrongMethod(Generation),
    /// Anything else.
    Unknown(Generation),
}

impl<'a> Route<'a> {
    /// Finds the route of a request.
    pub fn find(method: &str, path: &'a str, query: &'a str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        // Base URLs are in use with and without `/v1`.
        let segments = match segments.as_slice() {
            ["v1", rest @ ..] if matches!(rest, ["v1" | "beta" | "api", ..]) => rest,
            all => all,
        };
        match (method, segments) {
            ("POST", ["v1", "streams"]) => Self::Create,
            ("GET", ["v1", "streams"]) => Self::List,
            ("DELETE", ["v1", "streams"]) => Self::Delete(parameter(query, "id").unwrap_or_default()),
            ("GET", ["v1", "streams", id]) => Self::Get(id),
            ("PATCH", ["v1", "streams", id]) => Self::Update(id, Generation::V1),
            ("GET", ["v1", "streams", id, "status"]) => Self::Status(id, Generation::V1),
            ("POST", ["beta", "streams", id, "prompts"]) => Self::Update(id, Generation::Beta),
            ("GET", ["api", "streams", id, "status"]) => Self::Status(id, Generation::Beta),
            (_, ["v1", "streams"] | ["v1", "streams", _] | ["v1", "streams", _, "status"]) => {
                Self::WrongMethod(Generation::V1)
            }
            (_, ["beta", "streams", _, "prompts"] | ["api", "streams", _, "status"]) => {
                Self::WrongMethod(Generation::Beta)
            }
            (_, ["beta" | "api", ..]) => Self::Unknown(Generation::Beta),
            _ => Self::Unknown(Generation::V1),
        }
    }

    /// Returns the stream that a request is about.
    pub(super) fn stream(self) -> Option<&'a str> {
        match self {
            Self::Get(id) | Self::Update(id, _) | Self::Delete(id) | Self::Status(id, _) => Some(id),
            Self::Create | Self::List | Self::WrongMethod(_) | Self::Unknown(_) => None,
        }
    }

    /// Returns the generation in whose shape errors are told.
    pub fn generation(self) -> Generation {
        match self {
            Self::Create | Self::List | Self::Get(_) | Self::Delete(_) => Generation::V1,
            Self::Update(_, generation)
            | Self::Status(_, generation)
            | Self::WrongMethod(generation)
            | Self::Unknown(generation) => generation,
        }
    }

    fn needs_key(self) -> bool {
        !matches!(self, Self::Status(_, Generation::Beta))
    }
}

/// The API: an account and the key to it.
pub struct Api {
    account: Account,
    key: Option<String>,
    limit: Option<Bucket>,
    faults: Faults,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Api {
    /// Opens the account to whoever has `key`; to anybody with any key if it is `None`.
    ///
    /// Beyond `rate_limit` requests are refused with 429.
    pub fn new(account: Account, key: Option<String>, rate_limit: Option<PerSecond>) -> Self {
        let faults = Faults::new(account.seed);
        Self { account, key, limit: rate_limit.map(Bucket::new), faults }
    }

    /// Answers one request, applied at `at`.
    pub fn answer(&mut self, at: Duration, call: Call<'_>) -> Answer {
        let route = Route::find(call.method, call.path, call.query);
        if route.needs_key() && !self.admits(call.authorization) {
            let refusal = Refusal::new(401, "AUTH/UNAUTHORIZED", "Missing or invalid API key");
            return refusal.answer(route.generation());
        }
        if route.needs_key()
            && let Some(Err(wait)) = self.limit.as_mut().map(|limit| limit.take(at))
        {
            let refusal = Refusal::new(429, "RATE_LIMIT/EXCEEDED", "Too many requests");
            return Answer { retry_after: Some(wait), ..refusal.answer(route.generation()) };
        }
        let mut generation = route.generation();
        self.serve(at, route, call.body, &mut generation).unwrap_or_else(|refusal| refusal.answer(generation))
    }

    /// Answers one request under `/_sim`, where video is switched, runners are broken and looked at.
    pub fn control(&mut self, at: Duration, call: Call<'_>) -> Answer {
        control::answer(&mut self.account, &mut self.faults, at, call)
    }

    /// Returns what there is to see of a stream at `at`.
    pub(super) fn scene(&mut self, at: Duration, id: &str) -> Result<Scene, Answer> {
        let stream = self.account.stream(at, id).map_err(|refusal| refusal.answer(Generation::V1))?;
        Ok(scene::of(stream, at))
    }

    /// Returns what the runner of a stream shows at `at`, if there is one.
    pub fn probe(&mut self, at: Duration, stream: &str) -> Option<Probe> {
        self.account.stream(at, stream).ok()?.probe()
    }

    /// Puts fault rules in place of those there are; the error says what is wrong with them.
    pub fn set_faults(&mut self, rules: Vec<Rule>) -> Result<(), String> {
        self.faults.set(rules)
    }

    /// Returns what is to go wrong with a request. Whoever carries requests has to see to it.
    pub fn strike(&mut self, route: Route<'_>) -> Option<Fault> {
        self.faults.strike(route)
    }

    fn admits(&self, authorization: Option<&str>) -> bool {
        let Some((scheme, key)) = authorization.and_then(|header| header.trim().split_once(' ')) else {
            return false;
        };
        let known = self.key.as_deref().is_none_or(|expected| expected == key.trim());
        scheme.eq_ignore_ascii_case("bearer") && known
    }

    /// A create tells its generation only by its body, and so does what is wrong with it.
    fn serve(
        &mut self,
        at: Duration,
        route: Route<'_>,
        body: Option<&[u8]>,
        generation: &mut Generation,
    ) -> Result<Answer, Refusal> {
        let too_large = || Refusal::new(413, "VALIDATION/BODY_TOO_LARGE", "The body is too large");
        match route {
            Route::Create => {
                let body = request::object(body.ok_or_else(too_large)?)?;
                *generation = request::generation(&body);
                self.account.create(at, body)
            }
            Route::List => Ok(self.account.list()),
            Route::Get(id) => self.account.get(id),
            Route::Update(id, generation) => {
                let body = request::object(body.ok_or_else(too_large)?)?;
                self.account.update(at, id, generation, body)
            }
            Route::Delete("") => Err(Refusal::invalid(vec!["id: required".to_owned()])),
            Route::Delete(id) => self.account.delete(id),
            Route::Status(id, _) => self.account.status(at, id),
            Route::WrongMethod(_) => {
                Err(Refusal::new(405, "REQUEST/METHOD_NOT_ALLOWED", "Method not allowed"))
            }
            Route::Unknown(_) => Err(Refusal::new(404, "REQUEST/NO_SUCH_ROUTE", "Not found")),
        }
    }
}

/// Returns a parameter of a query. Ids need no decoding.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}
