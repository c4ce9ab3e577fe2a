//! The way between the show and the model of the API: a request goes, is applied or meets trouble, and is answered.

use std::{sync::Arc, time::Duration};

use super::{Coming, NOWHERE, Setup, Stuck, World};
use crate::{
    backend::{self, Call, Dialect, Endpoints},
    cli::simulate::script::{Hand, Trouble},
    show::{
        duration,
        event::{Answer, Event, Failure, FailureKind, Reply, Request, RequestId, StreamIndex},
        sheet::StreamSheet,
        venue::{Backend, Environment},
    },
    simulator::{
        api::{self, Route},
        faults,
        requests::write_line,
    },
};

/// A request on its way.
#[derive(Debug)]
pub(super) struct Letter {
    life: u64,
    stream: StreamIndex,
    id: RequestId,
    request: Request,
    call: Call,
    /// Whether anybody still waits for the answer.
    awaited: bool,
}

impl World {
    /// Sends a request on its way; who asks gives up after the time that is given to such requests.
    pub(super) fn send(&mut self, stream: StreamIndex, id: RequestId, request: Request) {
        if let Request::Update { params, .. } = &request {
            self.transcript.update(self.now, &self.sheet.streams[stream.0].name, params);
        }
        let life = self.life;
        let call = match self.dialects[stream.0].call(&request) {
            Ok(call) => call,
            Err(failure) => return self.answer(Duration::ZERO, life, stream, id, Err(failure)),
        };
        let Setup { latency, jitter, .. } = self.setup;
        let slow: Duration = self
            .present_troubles()
            .filter_map(|trouble| if let Trouble::Slow(by) = trouble { Some(by) } else { None })
            .sum();
        let way = self.dice.time_between(latency.saturating_sub(jitter), latency + jitter) + slow;
        let limit = self.limits.of(&request);
        let awaited = way < limit;
        if !awaited {
            let message = format!("no answer within {}", duration::text(limit));
            self.answer(limit, life, stream, id, Err(failure(FailureKind::Timeout, message)));
        }
        self.come(way, Coming::Request(Letter { life, stream, id, request, call, awaited }));
    }

    /// A request arrives at the API, which answers it.
    pub(super) fn deliver(&mut self, letter: Letter) {
        let Letter { life, stream, id, request, call, awaited } = letter;
        // What the runner showed until now is as it was before this request.
        self.look(stream.0);
        let query = call.url.query().unwrap_or_default();
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let at = self.now.mono.0;
        let trouble = self.present_troubles().find(|trouble| !matches!(trouble, Trouble::Slow(_)));
        let answered = match trouble {
            Some(Trouble::Down) => {
                let host = call.url.host_str().unwrap_or_default();
                Err(failure(FailureKind::Unreached, format!("no connection to {host}")))
            }
            Some(Trouble::Error(status)) => {
                let route = Route::find(call.method.as_str(), call.url.path(), query);
                let body = faults::body(status, route.generation());
                Ok(backend::Answer::of(status, None, body))
            }
            Some(Trouble::Slow(_)) | None => {
                let answer = self.api.answer(
                    at,
                    api::Call {
                        method: call.method.as_str(),
                        path: call.url.path(),
                        query,
                        authorization: call.authorization.as_ref().and_then(|value| value.to_str().ok()),
                        body: Some(&body),
                    },
                );
                if let Some(accepted) = &answer.accepted {
                    self.traces[stream.0].is_now(&accepted.stream);
                    if self.setup.record {
                        // Memory takes everything.
                        let _ = write_line(&mut self.requests, at, accepted);
                    }
                    if matches!(request, Request::Update { .. }) {
                        self.traces[stream.0].update(self.now.mono);
                    }
                }
                Ok(backend::Answer::of(answer.status, answer.retry_after, answer.body))
            }
        };
        if awaited {
            let outcome = answered.and_then(|answer| self.dialects[stream.0].reply(&request, answer));
            self.answer(Duration::ZERO, life, stream, id, outcome);
        }
    }

    fn answer(
        &mut self,
        after: Duration,
        life: u64,
        stream: StreamIndex,
        id: RequestId,
        outcome: Result<Reply, Failure>,
    ) {
        let event = Event::Answer(Answer { stream, id, outcome });
        self.come(after, Coming::Event { life, event });
    }

    /// Does something to every stream at the backend. Where there is nothing to do it to, nothing happens.
    pub(super) fn lay_hand(&mut self, hand: Hand) {
        let ids: Vec<String> =
            self.traces.iter().filter_map(|trace| trace.id().map(ToOwned::to_owned)).collect();
        for stream in 0..self.traces.len() {
            self.look(stream);
        }
        for id in ids {
            let (act, body): (&str, &[u8]) = match hand {
                Hand::Video(true) => ("video", b"{\"on\": true}"),
                Hand::Video(false) => ("video", b"{\"on\": false}"),
                Hand::Stall => ("stall", b""),
                Hand::Freeze => ("freeze", b""),
                Hand::Restart => ("restart", b""),
                Hand::Swap => ("swap", b""),
                Hand::Gone => ("gone", b""),
            };
            let at = self.now.mono.0;
            let (path, query) = (format!("/_sim/streams/{id}/{act}"), format!("id={id}"));
            let call =
                api::Call { method: "POST", path: &path, query: "", authorization: None, body: Some(body) };
            if hand == Hand::Gone {
                let key = Some("Bearer none");
                let call = api::Call {
                    method: "DELETE",
                    path: "/v1/streams",
                    query: &query,
                    authorization: key,
                    body: None,
                };
                let _ = self.api.answer(at, call);
            } else {
                let _ = self.api.control(at, call);
            }
        }
    }

    fn present_troubles(&self) -> impl Iterator<Item = Trouble> {
        let now = self.now.mono;
        self.troubles
            .iter()
            .filter(move |(from, to, _)| *from <= now && now < *to)
            .map(|(_, _, trouble)| *trouble)
    }
}

/// Returns the words of a stream's API. Its key stays where it is, and the model is everywhere.
pub(super) fn dialect(stream: &StreamSheet) -> Result<Dialect, Stuck> {
    let connection = &stream.connection;
    let environment = match (&connection.environment, connection.backend) {
        (Environment::Url(_), _) | (_, Backend::Simulator) => Environment::Url(NOWHERE.into()),
        (vendors, _) => vendors.clone(),
    };
    let wrong = |reason: String| Stuck::Address { stream: Arc::clone(&stream.name), reason };
    let endpoints = Endpoints::of(&environment, connection.backend, connection.pipeline_id.clone())
        .map_err(|error| wrong(error.to_string()))?;
    Dialect::new(endpoints, connection.backend.generation(), None).map_err(|error| wrong(error.to_string()))
}

fn failure(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message, retry_after: None }
}
