//! The hands behind the stage: routes under `/_sim` by which a test takes video away, stalls a runner, and looks on.
//!
//! Never on the API's own paths, without a key, and for callers on the same machine only (the server sees to that).

use std::{net::IpAddr, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    account::Account,
    answer::{Answer, Generation, Refusal},
    api::Call,
    faults::Faults,
    request,
};

/// Returns whether a caller is on the same machine.
pub(super) fn admits(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

/// Returns whether a path is one of these routes.
pub(super) fn is_control(path: &str) -> bool {
    path == "/_sim" || path.starts_with("/_sim/")
}

/// Answers a request to one of these routes, applied at `at`.
pub(super) fn answer(account: &mut Account, faults: &mut Faults, at: Duration, call: Call<'_>) -> Answer {
    let Call { method, path, .. } = call;
    let body = call.body.unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
    let done = match (method, segments.as_slice()) {
        ("GET", ["streams", id]) => look(account, at, id),
        ("GET", ["faults"]) => Ok(faults.look()),
        ("POST", ["faults"]) => set_faults(faults, body),
        ("POST", ["streams", id, act]) => touch(account, at, id, act, body),
        _ => Err(Refusal::new(404, "SIM/NO_SUCH_ROUTE", "Not found")),
    };
    done.map_or_else(|refusal| refusal.answer(Generation::V1), |body| Answer::new(200, body))
}

fn set_faults(faults: &mut Faults, body: &[u8]) -> Result<Value, Refusal> {
    let broken = |error: String| Refusal::new(400, "SIM/INVALID_FAULTS", error);
    let rules = serde_json::from_slice(body).map_err(|error| broken(error.to_string()))?;
    faults.set(rules).map_err(broken)?;
    Ok(json!({ "success": true }))
}

fn look(account: &mut Account, at: Duration, id: &str) -> Result<Value, Refusal> {
    let stream = account.stream(at, id)?;
    stream.ingest().map(|ingest| ingest.guardian().look()).ok_or_else(no_session)
}

fn touch(account: &mut Account, at: Duration, id: &str, act: &str, body: &[u8]) -> Result<Value, Refusal> {
    let body = if body.is_empty() { Map::new() } else { request::object(body)? };
    let stream = account.stream(at, id)?;
    match act {
        "video" => {
            let on = match body.get("on") {
                None => true,
                Some(Value::Bool(on)) => *on,
                Some(_) => return Err(Refusal::invalid(vec!["on: must be true or false".to_owned()])),
            };
            stream.set_video(at, on);
        }
        "end" => {
            let why = body.get("error").and_then(Value::as_str).unwrap_or("insufficient credits");
            stream.live().ok_or_else(no_session)?.end(at, why);
        }
        "stall" => stream.live().ok_or_else(no_session)?.stall(at),
        "freeze" => stream.live().ok_or_else(no_session)?.freeze(at),
        "restart" => stream.live().ok_or_else(no_session)?.restart(at),
        "swap" => stream.swap(at).then_some(()).ok_or_else(no_session)?,
        _ => return Err(Refusal::new(404, "SIM/NO_SUCH_ROUTE", "Not found")),
    }
    Ok(json!({ "success": true }))
}

fn no_session() -> Refusal {
    Refusal::new(409, "SIM/NO_SESSION", "The stream has no video, so there is no runner")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_callers_on_the_same_machine_are_admitted() {
        for (peer, expected) in [
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.0.2.1", false),
            ("::ffff:192.0.2.1", false),
            ("0.0.0.0", false),
            ("fe80::1", false),
        ] {
            assert_eq!(admits(peer.parse().unwrap()), expected, "{peer}");
        }
    }

    #[test]
    fn the_api_s_own_paths_are_not_control_paths() {
        assert!(is_control("/_sim/faults") && is_control("/_sim"));
        assert!(!is_control("/v1/streams/_sim") && !is_control("/_simulator") && !is_control("/"));
    }
}
