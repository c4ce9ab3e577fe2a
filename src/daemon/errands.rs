//! What steps of the show send out: MQTT messages, OSC messages, HTTP requests. Never holds up the show.
//!
//! Each goes out once. Whether a request is worth repeating only whoever wrote the step knows; its answer is told as a fact.
//! An address may be a secret, so nothing here logs one.

use reqwest::header::CONTENT_TYPE;
use tokio::task::JoinSet;

use super::{Daemon, hooks};
use crate::{
    clock::Clock,
    input::osc::{clients::Sent, out},
    show::{
        event::{Door, Event},
        letters::{CALLS_MAX, Called, Letter, OscLetter, Post},
        run::step::Method,
    },
};

/// Requests that are under way.
#[derive(Debug, Default)]
pub(super) struct Calls(JoinSet<Event>);

impl Calls {
    /// Makes a request; returns whether there was room for it.
    fn make(&mut self, post: Post, clock: Clock) -> bool {
        let has_room = self.0.len() < CALLS_MAX;
        if has_room {
            self.0.spawn(async move { Event::Called(perform(post, clock).await) });
        }
        has_room
    }

    /// Completes when a request was answered or failed, and never while none is under way.
    pub(super) async fn answered(&mut self) -> Event {
        loop {
            match self.0.join_next().await {
                Some(Ok(event)) => return event,
                // A task that panicked has ended the process already.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

impl Daemon {
    /// Gives a message to the MQTT session.
    pub(super) fn publish(&self, letter: Letter) {
        let Letter { topic, payload, retain, acknowledged } = letter;
        if let Err(error) = self.doors.outbox().post(&topic, payload, retain, acknowledged) {
            self.inbox.refuse(Door::Mqtt, "not published", format_args!("{topic}: {error}"));
        }
    }

    /// Sends a datagram from the socket that hears OSC.
    pub(super) fn send_osc(&self, letter: &OscLetter) {
        let sent = match (self.doors.sender(), out::datagram(&letter.address, &letter.args)) {
            (Some(sender), Some(bytes)) => sender.send(letter.to, &bytes),
            _ => Sent::Failed,
        };
        if sent != Sent::Done {
            let OscLetter { to, address, .. } = letter;
            self.inbox.refuse(Door::Osc, "not sent", format_args!("{to} {address}"));
        }
    }

    /// Makes an HTTP request, beside the show.
    pub(super) fn call(&mut self, post: Post) {
        let (name, to) = (post.name.clone(), post.host());
        if !self.calls.make(post, self.clock) {
            self.inbox.refuse(Door::Http, "too many calls", format_args!("{name}: {to}"));
        }
    }
}

async fn perform(post: Post, clock: Clock) -> Called {
    let to = post.host();
    let Post { name, url, method, body, timeout } = post;
    let began = clock.now().mono;
    let outcome = async {
        let (client, url) = hooks::client(&url, timeout).map_err(|_| "no address to call")?;
        let mut request = client.request(in_words(method), url);
        if let Some((kind, text)) = body {
            request = request.header(CONTENT_TYPE, kind).body(text);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) if error.is_timeout() => Err("no answer in time"),
            Err(error) if error.is_connect() => Err("no connection"),
            Err(_) => Err("the connection broke"),
        }
    }
    .await;
    Called { name, to, outcome, after: clock.now().mono.since(began) }
}

fn in_words(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
