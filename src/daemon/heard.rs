//! What came in lately by OSC and MQTT, for somebody who wants to know what a controller sends. Decides nothing, and keeps no text:
//! only whoever sent it knows whether it may be seen.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use crate::show::{
    event::{Arg, Event},
    time::Mono,
};

/// How many addresses and topics are kept, those heard last: a hand moves a few at a time. Each is some 250 bytes.
const KEPT_MAX: usize = 16;
/// What is kept of an address, in characters; longer ones nobody writes into a show file.
const ADDRESS_CHARS_MAX: usize = 160;
/// What is kept of a list of arguments.
const ARGS_MAX: usize = 4;

/// The addresses heard last, each with what it said last. Copies share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<VecDeque<Word>>>);

#[derive(Debug)]
struct Word {
    door: &'static str,
    address: String,
    said: Value,
    at: Mono,
}

impl Heard {
    /// Takes in what came.
    pub(super) fn hear(&self, event: &Event, at: Mono) {
        match event {
            Event::Osc(packet) => {
                for message in &packet.messages {
                    let args = message.args.iter().take(ARGS_MAX).map(told).collect();
                    self.keep("osc", &message.address, args, at);
                }
            }
            Event::Mqtt(message) => {
                self.keep("mqtt", &message.topic, json!({ "bytes": message.payload.len() }), at);
            }
            _ => {}
        }
    }

    fn keep(&self, door: &'static str, address: &str, said: Value, at: Mono) {
        let mut words = self.words();
        let same = |word: &Word| word.door == door && word.address == address;
        if let Some(place) = words.iter().position(same) {
            words.remove(place);
        }
        words.truncate(KEPT_MAX - 1);
        let address = address.chars().take(ADDRESS_CHARS_MAX).collect();
        words.push_front(Word { door, address, said, at });
    }

    /// Tells it, the newest first.
    pub(super) fn tell(&self, now: Mono) -> Value {
        let word = |Word { door, address, said, at }: &Word| json!({ "door": door, "address": address, "said": said, "seconds_ago": now.since(*at).as_secs_f64() });
        self.words().iter().map(word).collect()
    }

    fn words(&self) -> MutexGuard<'_, VecDeque<Word>> {
        // Nothing that is done here leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(arg: &Arg) -> Value {
    match arg {
        Arg::Number(number) => json!(number),
        Arg::Bool(is) => json!(is),
        Arg::Text(text) => json!({ "characters": text.chars().count() }),
        Arg::Other => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::show::event::{MqttMessage, OscMessage, OscPacket};

    fn osc(address: &str, args: Vec<Arg>) -> Event {
        let messages = vec![OscMessage { address: address.to_owned(), args }];
        Event::Osc(OscPacket { messages, due: None })
    }

    #[test]
    fn what_was_said_last_at_each_address_is_kept_and_no_text() {
        let (heard, at) = (Heard::default(), |seconds| Mono(Duration::from_secs(seconds)));
        heard.hear(&osc("/fader/1", vec![Arg::Number(0.25)]), at(1));
        let payload = b"the key under the mat".to_vec();
        heard.hear(&Event::Mqtt(MqttMessage { topic: "door".to_owned(), payload, retained: false }), at(2));
        heard.hear(&osc("/fader/1", vec![Arg::Number(0.5), Arg::Text("sesame".to_owned())]), at(3));
        assert_eq!(
            heard.tell(at(4)),
            json!([
                { "door": "osc", "address": "/fader/1", "said": [0.5, { "characters": 6 }], "seconds_ago": 1.0 },
                { "door": "mqtt", "address": "door", "said": { "bytes": 21 }, "seconds_ago": 2.0 },
            ])
        );
    }

    #[test]
    fn there_are_sixteen_and_none_is_long() {
        let heard = Heard::default();
        for number in 0..100 {
            heard.hear(&osc(&format!("/{number}/{}", "x".repeat(500)), Vec::new()), Mono::default());
        }
        let told = heard.tell(Mono::default());
        assert_eq!(told.as_array().unwrap().len(), KEPT_MAX);
        assert!(told[0]["address"].as_str().unwrap().starts_with("/99/x"));
        assert_eq!(told[0]["address"].as_str().unwrap().len(), ADDRESS_CHARS_MAX);
    }
}
