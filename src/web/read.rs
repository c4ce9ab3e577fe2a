//! What a request says besides its path: members of a JSON body and of the query, told apart by nobody.
//!
//! `?fade=8s` and `{"fade": 8}` are the same. The content type does not matter: what is not JSON says so itself.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Query, Request},
    http::StatusCode,
};
use serde_json::{Map, Value};

use super::{
    Server,
    problem::{Kind, Problem, quoted},
};
use crate::show::{duration, lane::HOLD_MAX, nearest::nearest, scene::Fade, scope, transition::Fader};

/// The largest body: four of the longest prompts in a list, and every other command many times.
pub(super) const BODY_BYTES_MAX: usize = 16 * 1024;

/// The members of a request, each known and each given once.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<String, Value>);

impl Members {
    /// Reads the body and the query of a request that may have the members `known`.
    pub(super) async fn of(server: &Server, request: Request, known: &[&str]) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
            .map_err(|error| bad(format!("the query cannot be read: {}", error.body_text())))?;
        let mut members = Self::default();
        for (name, value) in query.0 {
            members.add(name, Value::String(value), known)?;
        }
        for (name, value) in body(server, request).await? {
            members.add(name, value, known)?;
        }
        Ok(members)
    }

    fn add(&mut self, name: String, value: Value, known: &[&str]) -> Result<(), Problem> {
        if !known.contains(&name.as_str()) {
            let takes = match known {
                [] => "nothing can be said with this".to_owned(),
                known => format!("what can be said is `{}`", known.join("`, `")),
            };
            let detail = format!("unknown key {}: {takes}", quoted(&name));
            return Err(bad(detail).meant(nearest(&name, known.iter().copied())));
        }
        if self.0.contains_key(&name) {
            return Err(bad(format!("`{name}` is given twice")));
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// Takes the fade: seconds as a number, or a text such as `1m30s`.
    pub(super) fn fade(&mut self) -> Result<Option<Duration>, Problem> {
        let time = self.time("fade")?;
        if time.is_some_and(|time| Fade::new(time).is_none()) {
            return Err(bad("a fade takes at most a day"));
        }
        Ok(time)
    }

    /// Takes the hold, likewise.
    pub(super) fn hold(&mut self) -> Result<Option<Duration>, Problem> {
        let time = self.time("hold")?;
        if time.is_some_and(|time| time > HOLD_MAX) {
            return Err(bad("a hold takes at most a day"));
        }
        Ok(time)
    }

    fn time(&mut self, name: &str) -> Result<Option<Duration>, Problem> {
        let time = match self.0.remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(seconds)) => duration::from_seconds(seconds.as_f64().unwrap_or(f64::NAN)),
            Some(Value::String(text)) => {
                duration::parse(&text).map_err(|_| format!("{} is not a length of time", quoted(&text)))
            }
            Some(_) => Err("it is neither a number of seconds nor a text such as `8s`".to_owned()),
        };
        time.map(Some).map_err(|error| bad(format!("the {name} cannot be read: {error}")))
    }

    /// Takes a length of time, which has to be there: seconds as a number, a text such as `2h`, or `off` for none.
    pub(super) fn time_or_off(&mut self, name: &str) -> Result<Duration, Problem> {
        let time = match self.0.remove(name) {
            Some(Value::Number(seconds)) => duration::from_seconds(seconds.as_f64().unwrap_or(f64::NAN)),
            Some(Value::String(text)) if text == "off" => Ok(Duration::ZERO),
            Some(Value::String(text)) => {
                duration::parse(&text).map_err(|_| format!("{} is not a length of time", quoted(&text)))
            }
            Some(_) | None => Err("it is a number of seconds, a text such as `2h`, or `off`".to_owned()),
        };
        time.map_err(|error| bad(format!("`{name}` cannot be read: {error}")))
    }

    /// Takes a value of any kind.
    pub(super) fn any(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Takes the seed; a query can only say it as a text.
    pub(super) fn seed(&mut self) -> Option<Value> {
        let seed = self.any("seed")?;
        let whole = seed.as_str().and_then(|text| text.parse::<i64>().ok());
        Some(whole.map_or(seed, Value::from))
    }

    /// Takes the position of a fader, which has to be there; a number in the query is a text.
    pub(super) fn fader(&mut self, name: &str) -> Result<Fader, Problem> {
        let position = match self.0.remove(name) {
            Some(Value::Number(position)) => position.as_f64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) | None => None,
        };
        position.and_then(Fader::new).ok_or_else(|| bad(format!("`{name}` is a number from 0 to 1")))
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(bad(format!("`{name}` is not a text"))),
        }
    }
}

/// Reads the body as a JSON object; nothing is an empty one.
async fn body(server: &Server, request: Request) -> Result<Map<String, Value>, Problem> {
    let bytes = bytes(server, request).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(bad("the body is not a JSON object")),
        Err(error) => Err(bad(format!("the body is not JSON: {error}"))),
    }
}

/// Reads the body as what comes with something: JSON is what it says, anything else a text, and nothing is nothing.
pub(super) async fn payload(server: &Server, request: Request) -> Result<Value, Problem> {
    let bytes = bytes(server, request).await?;
    match std::str::from_utf8(&bytes).map(str::trim) {
        Ok("") => Ok(Value::Null),
        Ok(text) => Ok(scope::parsed(text)),
        Err(_) => Err(bad("the body is not UTF-8")),
    }
}

/// Reads the body within its limits.
pub(super) async fn bytes(server: &Server, request: Request) -> Result<Bytes, Problem> {
    let limit = server.limits.body;
    let read = tokio::time::timeout(limit, Bytes::from_request(request, server)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
            Err(Problem::new(Kind::BodyTooLarge, detail))
        }
        Ok(Err(rejection)) => Err(bad(format!("the body cannot be read: {}", rejection.body_text()))),
        Err(_) => {
            let detail = format!("the body was not complete within {limit:?}");
            Err(Problem::new(Kind::BodyTooSlow, detail))
        }
    }
}

/// Makes the refusal of a request that makes no sense.
pub(super) fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::BadRequest, detail)
}
