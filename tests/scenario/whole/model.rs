//! The other side: the simulator's model of the API, and the way there and back, on which anything can go wrong.
//!
//! A request is applied when it arrives, whoever still waits for it.

use std::time::Duration;

use segue::{
    backend::{Answer as Whole, Call as Http, Dialect, Endpoints, Limits},
    show::{
        dice::Dice,
        event::{Answer, Event, Failure, FailureKind, Reply, Request, RequestId, StreamIndex},
        sheet::Sheet,
        time::Now,
        venue::Environment,
    },
    simulator::{
        Machine,
        account::Account,
        api::{Api, Call, Route},
        faults,
    },
};
use serde_json::{Map, Value};

use super::{
    super::world::{Coming, World},
    disk::Disk,
};

/// What the weather does to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Fate {
    /// There is no connection.
    Unreached,
    /// The connection breaks before the request is out.
    Broken,
    /// The request is applied and the connection breaks before the answer is back.
    Lost,
    /// The request is applied and never answered.
    Swallowed,
    /// The request never arrives, and nobody says so.
    Hung,
    /// It arrives when nobody waits for it any more, so much later.
    Late(Duration),
    /// It is answered with that status, and not applied.
    Status(u16),
    /// It is applied, and the answer makes no sense.
    Garbage,
    /// It is answered as if it had been applied.
    Lie,
    /// It is answered twice.
    Twice,
}

/// How the API is for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Weather {
    /// The longest way there, and back; each is from a quarter of it on.
    pub(in super::super) way: Duration,
    /// What goes wrong, and how often.
    pub(in super::super) fate: Option<(Fate, f64)>,
}

impl Weather {
    pub(in super::super) const FAIR: Self = Self { way: Duration::from_millis(60), fate: None };
}

/// The longest that a request comes after its asker has given it up. Later than the show looks for a stream that it may
/// have created (20 s), no care of ours would find it.
pub(in super::super) const LATE_MAX: Duration = Duration::from_secs(15);

/// A request on its way to the API.
pub(in super::super) struct Letter {
    stream: StreamIndex,
    id: RequestId,
    request: Request,
    call: Http,
    back: Duration,
    awaited: bool,
    fate: Option<Fate>,
    sent: Now,
}

/// An update or a create that came to the runner.
pub(in super::super) struct Applied {
    pub(in super::super) stream: StreamIndex,
    pub(in super::super) id: String,
    pub(in super::super) sent: Now,
    pub(in super::super) params: Map<String, Value>,
    pub(in super::super) created: bool,
}

/// Everything outside of the show: the API, the disk, the power.
pub(in super::super) struct Outside {
    api: Api,
    dialects: Vec<Dialect>,
    limits: Vec<Limits>,
    pub(in super::super) dice: Dice,
    pub(in super::super) weather: Weather,
    pub(in super::super) disk: Disk,
    /// How many actions the show lives, and how long it is dead then.
    pub(in super::super) dies: Option<(u32, Duration)>,
    /// The fates that met a request.
    pub(in super::super) refusals: u32,
}

impl Outside {
    pub(in super::super) fn new(sheet: &Sheet, seed: u64, now: Now) -> Self {
        let dialect = |stream: &segue::show::sheet::StreamSheet| {
            let connection = &stream.connection;
            let place = Environment::Url("http://simulator.invalid".into());
            let endpoints =
                Endpoints::of(&place, connection.backend, connection.pipeline_id.clone()).unwrap();
            Dialect::new(endpoints, connection.backend.generation(), None).unwrap()
        };
        Self {
            api: Api::new(Account::new(Machine::default(), seed, now.wall.as_millisecond()), None, None),
            dialects: sheet.streams.iter().map(dialect).collect(),
            limits: sheet.streams.iter().map(|stream| Limits::from(stream.connection.timeouts)).collect(),
            dice: Dice::new(!seed),
            weather: Weather::FAIR,
            disk: Disk::default(),
            dies: None,
            refusals: 0,
        }
    }

    /// Returns the ids of the streams that the account has.
    pub(in super::super) fn list(&mut self, at: Duration) -> Vec<String> {
        let key = Some("Bearer any");
        let call = Call { method: "GET", path: "/v1/streams", query: "", authorization: key, body: None };
        let body = self.api.answer(at, call).body;
        let streams = body["data"].as_array().unwrap().iter();
        streams.map(|stream| stream["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns what the runner of a stream received last, and what is in force.
    pub(in super::super) fn look(&mut self, at: Duration, id: &str) -> Option<(Value, Value)> {
        let path = format!("/_sim/streams/{id}");
        let call = Call { method: "GET", path: &path, query: "", authorization: None, body: None };
        let answer = self.api.control(at, call);
        (answer.status == 200).then(|| (answer.body["received"].clone(), answer.body["params"].clone()))
    }

    /// Does something to a stream behind the API's back.
    pub(in super::super) fn touch(&mut self, at: Duration, id: &str, act: &str) {
        if act == "gone" {
            let query = format!("id={id}");
            let key = Some("Bearer any");
            let call =
                Call { method: "DELETE", path: "/v1/streams", query: &query, authorization: key, body: None };
            self.api.answer(at, call);
            return;
        }
        let (act, body) = match act {
            "video on" => ("video", "{\"on\": true}"),
            "video off" => ("video", "{\"on\": false}"),
            act => (act, ""),
        };
        let path = format!("/_sim/streams/{id}/{act}");
        let body = Some(body.as_bytes());
        self.api.control(at, Call { method: "POST", path: &path, query: "", authorization: None, body });
    }

    fn fate(&mut self, request: &Request) -> Option<Fate> {
        let chance = self.dice.fraction();
        let (fate, part) = self.weather.fate?;
        let fits = match fate {
            // A lie about anything but an update is another fault.
            Fate::Lie => matches!(request, Request::Update { .. }),
            _ => true,
        };
        (fits && chance < part).then_some(fate)
    }

    fn way(&mut self) -> Duration {
        let longest = self.weather.way;
        self.dice.time_between(longest / 4, longest)
    }
}

impl World {
    /// Sends a request on its way to the model, or gives it back where there is none.
    pub(in super::super) fn post(
        &mut self,
        stream: StreamIndex,
        id: RequestId,
        request: Request,
    ) -> Option<Request> {
        let Some(outside) = &mut self.outside else { return Some(request) };
        let call = outside.dialects[stream.0].call(&request).unwrap();
        let limit = outside.limits[stream.0].of(&request);
        let fate = outside.fate(&request);
        let (there, back) = (outside.way(), outside.way());
        let failed = |kind| Err(Failure { kind, message: format!("{kind:?}"), retry_after: None });
        let answer = |outcome| Coming::Event(Event::Answer(Answer { stream, id, outcome }));
        let there = match fate {
            Some(Fate::Unreached) => return self.fail(there, answer(failed(FailureKind::Unreached))),
            Some(Fate::Broken) => return self.fail(there, answer(failed(FailureKind::Network))),
            Some(Fate::Hung) => return self.fail(limit, answer(failed(FailureKind::Timeout))),
            Some(Fate::Late(by)) => limit + by,
            _ => there.min(limit + LATE_MAX),
        };
        let awaited = there + back < limit && !matches!(fate, Some(Fate::Swallowed));
        if !awaited {
            self.send_on(limit, answer(failed(FailureKind::Timeout)));
        }
        let sent = self.now;
        let letter = Letter { stream, id, request, call, back, awaited, fate, sent };
        self.send_on(there, Coming::Letter(Box::new(letter)));
        None
    }

    fn fail(&mut self, after: Duration, answer: Coming) -> Option<Request> {
        self.send_on(after, answer);
        None
    }

    /// A request arrives at the API.
    pub(in super::super) fn deliver(&mut self, letter: Letter) {
        let Letter { stream, id, request, call, back, awaited, fate, sent } = letter;
        let at = self.now.mono.0;
        let outside = self.outside.as_mut().unwrap();
        let answered = match fate {
            Some(Fate::Status(status)) => {
                outside.refusals += u32::from(status == 400 && matches!(request, Request::Update { .. }));
                let wait = (status == 429).then(|| Duration::from_secs(outside.dice.next_u64() % 20));
                let route = Route::find(call.method.as_str(), call.url.path(), "");
                let body = faults::body(status, route.generation());
                Whole::of(status, wait, body)
            }
            Some(Fate::Lie) => {
                self.witness.as_mut().unwrap().leaps.on_lie(stream.0);
                Whole::of(200, None, serde_json::json!({ "success": true }))
            }
            _ => {
                let body = call.body.as_ref().map(ToString::to_string).unwrap_or_default();
                let answer = outside.api.answer(
                    at,
                    Call {
                        method: call.method.as_str(),
                        path: call.url.path(),
                        query: call.url.query().unwrap_or_default(),
                        authorization: Some("Bearer any"),
                        body: Some(body.as_bytes()),
                    },
                );
                if let (Some(accepted), Request::Create { params, .. } | Request::Update { params, .. }) =
                    (&answer.accepted, &request)
                {
                    let created = matches!(request, Request::Create { .. });
                    let applied = Applied {
                        stream,
                        id: accepted.stream.clone(),
                        sent,
                        params: params.clone(),
                        created,
                    };
                    if awaited {
                        self.tell_params(stream, if created { "create" } else { "update" }, params);
                    } else {
                        self.tell_params(stream, "late", params);
                    }
                    let has_forgotten = self.outside.as_ref().unwrap().disk.has_forgotten;
                    self.witness.as_mut().unwrap().on_applied(applied, has_forgotten, self.now.mono);
                }
                Whole::of(answer.status, answer.retry_after, answer.body)
            }
        };
        if !awaited {
            return;
        }
        let failed = |kind| Err(Failure { kind, message: format!("{kind:?}"), retry_after: None });
        let outcome = match fate {
            Some(Fate::Lost) => failed(FailureKind::Network),
            Some(Fate::Garbage) => failed(FailureKind::Server),
            Some(Fate::Lie) => Ok(Reply::Updated { was_censored: false, warnings: Vec::new() }),
            _ => self.outside.as_ref().unwrap().dialects[stream.0].reply(&request, answered),
        };
        let answer = Answer { stream, id, outcome };
        let round_trip = self.now.mono.since(sent.mono) + back;
        self.witness.as_mut().unwrap().leaps.on_round_trip(stream.0, round_trip);
        if matches!(fate, Some(Fate::Twice)) {
            self.send_for(sent, back * 2, Event::Answer(answer.clone()));
        }
        self.send_for(sent, back, Event::Answer(answer));
    }

    /// Sends an answer back to whoever asked: to nobody, if the show was killed since.
    fn send_for(&mut self, sent: Now, after: Duration, event: Event) {
        if self.witness.as_ref().unwrap().born <= sent.mono && !self.is_dead {
            self.send_on(after, Coming::Event(event));
        }
    }
}
