//! What the show wants to be known over MQTT: the latest value of each topic, and single messages.
//!
//! Never blocks whoever sets a value, and never grows while the broker is away. Not a log: a value that is
//! replaced before it is sent is never sent. Messages are: each goes out, in order, while there is a session. Those that
//! no session took become values when there is one again: nobody wants to hear an evening's worth of on and off.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::PAYLOAD_MAX;
use crate::show::topic::TOPIC_MAX;

/// Most topics. A show has some ten per stream and a few streams.
pub const TOPICS_MAX: usize = 1024;

/// Most bytes of payloads, over all topics: 4 KiB for each if there are as many as there can be.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most messages that wait to be sent, while there is a session: a list of steps has a few, and the broker acknowledges
/// hundreds a second.
pub const MESSAGES_MAX: usize = 256;

/// The latest value of each topic, to be published. Cheap to clone: all clones are the same outbox.
#[derive(Clone, Default)]
pub struct Outbox {
    shared: Arc<Shared>,
}

/// Why a value was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboxError {
    /// Empty, longer than [`TOPIC_MAX`], or with `+`, `#` or U+0000 in it (MQTT 3.1.1, section 3.3.2.1).
    #[error("this is no MQTT topic to publish to")]
    NoTopic,
    /// Larger than [`PAYLOAD_MAX`].
    #[error("a payload is at most {PAYLOAD_MAX} bytes long, this one has {0}")]
    TooLarge(usize),
    /// There are [`TOPICS_MAX`] topics or [`BYTES_MAX`] bytes already.
    #[error("the outbox is full")]
    Full,
}

/// A value on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    pub(super) retain: bool,
    /// Whether the broker has to acknowledge it.
    pub(super) acknowledged: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Numbers values in the order in which their topics got something to send.
    next: u64,
    topics: BTreeMap<String, Value>,
    /// The topics with something to send, in that order.
    unsent: BTreeMap<u64, String>,
    bytes: usize,
    /// Messages to be sent, in order, each with its number among values and messages.
    messages: VecDeque<(u64, Message)>,
    /// Bytes of payloads in these.
    message_bytes: usize,
}

struct Value {
    payload: Vec<u8>,
    retain: bool,
    acknowledged: bool,
    /// Its place in `unsent`; `None` if it is sent and kept only for the next session.
    place: Option<u64>,
}

impl Outbox {
    /// Sets the value of a topic. What was there and is not sent yet is replaced, and its place taken.
    ///
    /// A retained value is remembered and published again in every new session with the broker, which may have
    /// forgotten it; an empty one clears the topic at the broker, and is forgotten.
    pub fn set(&self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) -> Result<(), OutboxError> {
        let payload = payload.into();
        if topic.is_empty() || topic.len() > TOPIC_MAX || topic.contains(['+', '#', '\0']) {
            return Err(OutboxError::NoTopic);
        }
        if payload.len() > PAYLOAD_MAX {
            return Err(OutboxError::TooLarge(payload.len()));
        }
        self.lock().set(topic, payload, retain)?;
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Hands over a message, to be sent once and after those before it. One that is kept by the broker is a value from
    /// then on; see [`Self::set`].
    ///
    /// Where there is no room, because there is no session or a slow one, the older messages become values: of each
    /// topic the newest is left.
    pub fn post(
        &self,
        topic: &str,
        payload: impl Into<Vec<u8>>,
        retain: bool,
        acknowledged: bool,
    ) -> Result<(), OutboxError> {
        let payload = payload.into();
        if topic.is_empty() || topic.len() > TOPIC_MAX || topic.contains(['+', '#', '\0']) {
            return Err(OutboxError::NoTopic);
        }
        if payload.len() > PAYLOAD_MAX {
            return Err(OutboxError::TooLarge(payload.len()));
        }
        self.lock().post(Message { topic: topic.to_owned(), payload, retain, acknowledged });
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Makes values of the messages that no session took: of each topic the newest is left.
    pub(super) fn settle_messages(&self) {
        self.lock().settle_messages();
    }

    /// Waits until a value was set. It may be sent already by then.
    pub(super) async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    /// Takes the value out that has waited longest.
    pub(super) fn next(&self) -> Option<Message> {
        let mut state = self.lock();
        let first_value = state.unsent.first_key_value().map_or(u64::MAX, |(place, _)| *place);
        if let Some((_, message)) = state.messages.pop_front_if(|(number, _)| *number < first_value) {
            state.message_bytes -= message.payload.len();
            if message.retain {
                state.keep(&message);
            }
            return Some(message);
        }
        let (_, topic) = state.unsent.pop_first()?;
        let value = state.topics.get_mut(&topic)?;
        value.place = None;
        let Value { payload, retain, acknowledged, .. } = value;
        let message =
            Message { payload: payload.clone(), retain: *retain, acknowledged: *acknowledged, topic };
        if !message.retain || message.payload.is_empty() {
            state.topics.remove(&message.topic);
            state.bytes -= message.payload.len();
        }
        Some(message)
    }

    /// Queues every retained value again, for a session that may know none of them.
    pub(super) fn resend_retained(&self) {
        let mut state = self.lock();
        let State { next, topics, unsent, .. } = &mut *state;
        for (topic, value) in topics.iter_mut().filter(|(_, value)| value.place.is_none()) {
            *next += 1;
            value.place = Some(*next);
            unsent.insert(*next, topic.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set(&mut self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), OutboxError> {
        let old = self.topics.get(topic);
        let bytes = self.bytes - old.map_or(0, |old| old.payload.len()) + payload.len();
        if bytes > BYTES_MAX || old.is_none() && self.topics.len() == TOPICS_MAX {
            return Err(OutboxError::Full);
        }
        let place = old.and_then(|old| old.place).unwrap_or_else(|| {
            self.next += 1;
            self.unsent.insert(self.next, topic.to_owned());
            self.next
        });
        self.bytes = bytes;
        let value = Value { payload, retain, acknowledged: true, place: Some(place) };
        self.topics.insert(topic.to_owned(), value);
        Ok(())
    }

    fn post(&mut self, message: Message) {
        if self.message_bytes + message.payload.len() > BYTES_MAX || self.messages.len() >= MESSAGES_MAX {
            self.settle_messages();
        }
        self.message_bytes += message.payload.len();
        self.next += 1;
        self.messages.push_back((self.next, message));
    }

    fn settle_messages(&mut self) {
        self.message_bytes = 0;
        for (_, Message { topic, payload, retain, acknowledged }) in std::mem::take(&mut self.messages) {
            // Where there is no room for another topic, what came first stays.
            if self.set(&topic, payload, retain).is_ok()
                && let Some(value) = self.topics.get_mut(&topic)
            {
                value.acknowledged = acknowledged;
            }
        }
    }

    /// Remembers for the next session what the broker is being told to keep.
    fn keep(&mut self, message: &Message) {
        let Message { topic, payload, acknowledged, .. } = message;
        if self.topics.get(topic).is_some_and(|value| value.place.is_some()) {
            // Something newer is about to be sent, and remembered.
            return;
        }
        if let Some(old) = self.topics.remove(topic) {
            self.bytes -= old.payload.len();
        }
        let has_room = self.topics.len() < TOPICS_MAX && self.bytes + payload.len() <= BYTES_MAX;
        if !payload.is_empty() && has_room {
            self.bytes += payload.len();
            let (payload, acknowledged) = (payload.clone(), *acknowledged);
            self.topics.insert(topic.clone(), Value { payload, retain: true, acknowledged, place: None });
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("topics", &state.topics.len())
            .field("unsent", &state.unsent.len())
            .field("bytes", &state.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(outbox: &Outbox) -> Vec<String> {
        let text = |message: Message| {
            let payload = String::from_utf8(message.payload).unwrap();
            format!("{}={payload}{}", message.topic, if message.retain { " kept" } else { "" })
        };
        std::iter::from_fn(|| outbox.next()).map(text).collect()
    }

    #[test]
    fn only_the_latest_value_of_a_topic_is_sent_in_the_place_of_the_first() {
        let outbox = Outbox::default();
        for n in 0..1000 {
            outbox.set("fps", n.to_string(), true).unwrap();
            outbox.set("cue", "left", false).unwrap();
        }
        assert_eq!(sent(&outbox), ["fps=999 kept", "cue=left"]);
        assert!(sent(&outbox).is_empty());
    }

    #[test]
    fn every_message_is_sent_once_and_in_its_turn() {
        let outbox = Outbox::default();
        outbox.post("lamp", "on", false, true).unwrap();
        outbox.set("fps", "25", false).unwrap();
        outbox.post("lamp", "off", false, false).unwrap();
        outbox.post("lamp", "on", false, true).unwrap();
        assert_eq!(sent(&outbox), ["lamp=on", "fps=25", "lamp=off", "lamp=on"]);
        assert_eq!(outbox.post("a/#", "x", false, true), Err(OutboxError::NoTopic));
        let large = vec![0; PAYLOAD_MAX + 1];
        assert_eq!(outbox.post("a", large, false, true), Err(OutboxError::TooLarge(PAYLOAD_MAX + 1)));
    }

    #[test]
    fn what_no_session_took_is_the_newest_of_each_topic() {
        let outbox = Outbox::default();
        for n in 0..10 * MESSAGES_MAX {
            outbox.post(&format!("lamp/{}", n % 3), n.to_string(), false, true).unwrap();
        }
        outbox.settle_messages();
        assert_eq!(sent(&outbox), ["lamp/0=2559", "lamp/1=2557", "lamp/2=2558"]);
        for _ in 0..=MESSAGES_MAX {
            outbox.post("lamp", "old", false, true).unwrap();
        }
        outbox.post("lamp", "new", false, true).unwrap();
        assert_eq!(
            sent(&outbox).last().map(String::as_str),
            Some("lamp=new"),
            "also with no room and no session"
        );
    }

    #[test]
    fn a_message_that_the_broker_keeps_is_told_to_the_next_session() {
        let outbox = Outbox::default();
        outbox.post("lamp", "on", true, true).unwrap();
        outbox.post("lamp", "off", true, true).unwrap();
        assert_eq!(sent(&outbox), ["lamp=on kept", "lamp=off kept"]);
        outbox.resend_retained();
        assert_eq!(sent(&outbox), ["lamp=off kept"]);
        outbox.post("lamp", "", true, true).unwrap();
        assert_eq!(sent(&outbox), ["lamp= kept"]);
        outbox.resend_retained();
        assert!(sent(&outbox).is_empty());
    }

    #[test]
    fn a_new_session_gets_every_retained_value_once() {
        let outbox = Outbox::default();
        outbox.set("scene", "dawn", true).unwrap();
        outbox.set("cue", "left", false).unwrap();
        outbox.set("gone", "", true).unwrap();
        sent(&outbox);
        outbox.set("fps", "25", true).unwrap();
        outbox.resend_retained();
        assert_eq!(sent(&outbox), ["fps=25 kept", "scene=dawn kept"]);
    }

    #[test]
    fn the_outbox_is_bounded_and_forgets_what_need_not_be_sent_again() {
        let outbox = Outbox::default();
        for round in 0..3 {
            for n in 0..TOPICS_MAX {
                outbox.set(&format!("{round}/{n}"), "x", false).unwrap();
            }
            assert_eq!(outbox.set("one/more", "x", false), Err(OutboxError::Full));
            outbox.set(&format!("{round}/0"), "y", false).unwrap();
            assert_eq!(sent(&outbox).len(), TOPICS_MAX);
        }
        for n in 0..BYTES_MAX / PAYLOAD_MAX {
            outbox.set(&format!("large/{n}"), vec![b'x'; PAYLOAD_MAX], true).unwrap();
        }
        assert_eq!(outbox.set("one/more", "x", false), Err(OutboxError::Full));
        outbox.set("large/0", "", true).unwrap();
        outbox.set("one/more", "x", false).unwrap();
        assert_eq!(
            outbox.set("x", vec![0; PAYLOAD_MAX + 1], false),
            Err(OutboxError::TooLarge(PAYLOAD_MAX + 1))
        );
        for topic in ["", "a/+", "#", "a\0"] {
            assert_eq!(outbox.set(topic, "x", false), Err(OutboxError::NoTopic), "{topic:?}");
        }
    }
}
