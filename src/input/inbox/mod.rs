//! Where the inputs put what they heard until the daemon's loop takes it.
//!
//! Bounded in every direction. Does not block whoever puts something in, and does not look at what an event
//! means; the one thing it is told is which OSC addresses are continuous, because of a moving fader only the
//! newest value counts.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::{self, Write as _},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::show::event::{Arg, Door, Event, MqttMessage, OscMessage, OscPacket};

/// Most events waiting, per door.
///
/// Moving faders send about 1000 a second and one turn of the daemon's loop takes well under a millisecond, so
/// a full queue means that the loop is stuck or that somebody floods the door.
pub const EVENTS_MAX: usize = 1024;

/// Most bytes of events waiting, per door: 16 of the largest MQTT payload (256 KiB), 512 of the largest OSC
/// datagram (8 KiB).
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most continuous addresses with a value waiting; the ones above it are queued like any other event.
///
/// A large lighting desk has some 200 faders. One value is at most about 10 KiB (`osc::decode::ARGS_MAX`
/// arguments of one datagram), so all of them are at most 10 MiB.
pub const CONTINUOUS_MAX: usize = 1024;

/// Longest example of a refused input, in characters: one line of a log.
pub const EXAMPLE_MAX: usize = 120;

/// The reason under which an event is counted that had to make room for newer ones.
pub const QUEUE_FULL: &str = "queue full";

/// Returns what a message to a continuous address, such as a fader's, amounts to; `None` for a discrete one.
///
/// Of messages to one address that amount to the same, only the newest counts: a fader's path to where it rests. A pad's
/// press and its release amount to different things, and both count. It is asked once per message and must be quick.
pub type Continuous = Box<dyn Fn(&OscMessage) -> Option<Vec<bool>> + Send + Sync>;

/// The one bounded queue between the inputs and the show. Cheap to clone: all clones are the same queue.
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Mutex<Queues>,
    arrived: Notify,
    continuous: Continuous,
}

#[derive(Default)]
struct Queues {
    /// Numbers events in the order in which they came, over all queues.
    next: u64,
    osc: Queue,
    mqtt: Queue,
    rest: Queue,
    /// The newest packet of each continuous address, for each thing that it can amount to.
    continuous: BTreeMap<(String, Vec<bool>), (u64, OscPacket)>,
    refused: BTreeMap<(Door, &'static str), Refused>,
    dropped: u64,
}

/// Events in order. When it is full the oldest goes: on a stage the last word counts, and what follows it
/// would only act on a state that is already past.
#[derive(Default)]
struct Queue {
    events: VecDeque<(u64, Event)>,
    bytes: usize,
}

struct Refused {
    count: u64,
    example: String,
}

impl Inbox {
    /// Creates an empty inbox.
    pub fn new(continuous: Continuous) -> Self {
        let shared = Shared { queues: Mutex::default(), arrived: Notify::new(), continuous };
        Self { shared: Arc::new(shared) }
    }

    /// Puts an OSC packet in.
    ///
    /// A lone message to a continuous address, without a time tag, replaces the value of that address that is
    /// still waiting and amounts to the same, and takes the newest place in the order. A pattern is never continuous.
    pub fn push_osc(&self, packet: OscPacket) {
        let continuous = match (packet.due, packet.messages.as_slice()) {
            (None, [message]) if !crate::show::address::is_pattern(&message.address) => {
                (self.shared.continuous)(message).map(|amount| (message.address.clone(), amount))
            }
            _ => None,
        };
        let mut queues = self.lock();
        match continuous {
            Some(key) if queues.continuous.len() < CONTINUOUS_MAX || queues.continuous.contains_key(&key) => {
                let number = queues.number();
                queues.continuous.insert(key, (number, packet));
            }
            _ => queues.push(Event::Osc(packet)),
        }
        drop(queues);
        self.shared.arrived.notify_one();
    }

    /// Puts an MQTT message in.
    pub fn push_mqtt(&self, message: MqttMessage) {
        self.push(Event::Mqtt(message));
    }

    /// Puts any event in. Nothing is ever merged here.
    pub fn push(&self, event: Event) {
        self.lock().push(event);
        self.shared.arrived.notify_one();
    }

    /// Counts an input that was refused; [`Self::drain`] tells the count and one example per door and reason.
    ///
    /// The example is written out only if it is the first since then, made printable, and cut.
    pub fn refuse(&self, door: Door, reason: &'static str, example: impl fmt::Display) {
        self.lock().refuse(door, reason, &example);
        self.shared.arrived.notify_one();
    }

    /// Waits until there is something to take. For one waiter at a time.
    pub async fn ready(&self) {
        while self.lock().is_empty() {
            self.shared.arrived.notified().await;
        }
    }

    /// Takes everything out, oldest first, then what was refused, if anything.
    pub fn drain(&self) -> Vec<Event> {
        let mut queues = self.lock();
        let taken = mem::take(&mut *queues);
        queues.next = taken.next;
        queues.dropped = taken.dropped;
        drop(queues);

        let mut events: Vec<(u64, Event)> = Vec::new();
        events.extend(taken.osc.events);
        events.extend(taken.mqtt.events);
        events.extend(taken.rest.events);
        events.extend(taken.continuous.into_values().map(|(number, packet)| (number, Event::Osc(packet))));
        events.sort_unstable_by_key(|&(number, _)| number);
        let refused = taken.refused.into_iter().map(|((input, reason), Refused { count, example })| {
            Event::Refused { input, reason, count, example }
        });
        events.into_iter().map(|(_, event)| event).chain(refused).collect()
    }

    /// Returns how many events had to make room for newer ones since the start; values of continuous addresses
    /// that were replaced do not count.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        // Nothing below leaves the queues half changed, so what a panic left behind is sound.
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queues = self.lock();
        f.debug_struct("Inbox")
            .field("osc", &queues.osc.events.len())
            .field("continuous", &queues.continuous.len())
            .field("mqtt", &queues.mqtt.events.len())
            .field("rest", &queues.rest.events.len())
            .field("dropped", &queues.dropped)
            .finish_non_exhaustive()
    }
}

impl Queues {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn push(&mut self, event: Event) {
        let number = self.number();
        // One queue per door: a flood through one does not push out what came through another.
        let queue = match &event {
            Event::Osc(_) => &mut self.osc,
            Event::Mqtt(_) => &mut self.mqtt,
            _ => &mut self.rest,
        };
        queue.bytes += weight(&event);
        queue.events.push_back((number, event));
        while let Some(event) = self.overflow() {
            self.dropped += 1;
            match &event {
                Event::Osc(packet) => {
                    let address = packet.messages.first().map_or("", |message| &message.address);
                    self.refuse(Door::Osc, QUEUE_FULL, &address);
                }
                Event::Mqtt(message) => self.refuse(Door::Mqtt, QUEUE_FULL, &message.topic),
                event => self.refuse(Door::Show, QUEUE_FULL, &format_args!("{event:?}")),
            }
        }
    }

    /// Takes the oldest event out of a queue that is too full.
    fn overflow(&mut self) -> Option<Event> {
        [&mut self.osc, &mut self.mqtt, &mut self.rest].into_iter().find_map(Queue::overflow)
    }

    fn refuse(&mut self, door: Door, reason: &'static str, example: &dyn fmt::Display) {
        let refused = self
            .refused
            .entry((door, reason))
            .or_insert_with(|| Refused { count: 0, example: printable(example) });
        refused.count += 1;
    }

    fn is_empty(&self) -> bool {
        let Self { next: _, dropped: _, osc, mqtt, rest, continuous, refused } = self;
        osc.events.is_empty()
            && mqtt.events.is_empty()
            && rest.events.is_empty()
            && continuous.is_empty()
            && refused.is_empty()
    }
}

impl Queue {
    fn overflow(&mut self) -> Option<Event> {
        if self.events.len() <= EVENTS_MAX && self.bytes <= BYTES_MAX {
            return None;
        }
        let (_, event) = self.events.pop_front()?;
        self.bytes -= weight(&event);
        Some(event)
    }
}

/// Returns about how many bytes an event of an input holds. Other events are small and few.
fn weight(event: &Event) -> usize {
    let text = |arg: &Arg| if let Arg::Text(text) = arg { text.len() } else { 0 };
    match event {
        Event::Osc(packet) => packet
            .messages
            .iter()
            .map(|OscMessage { address, args }| {
                mem::size_of::<OscMessage>()
                    + address.len()
                    + args.iter().map(|arg| mem::size_of::<Arg>() + text(arg)).sum::<usize>()
            })
            .sum(),
        Event::Mqtt(message) => mem::size_of::<MqttMessage>() + message.topic.len() + message.payload.len(),
        _ => 0,
    }
}

/// Writes an example out, in one line of at most [`EXAMPLE_MAX`] characters.
fn printable(example: &dyn fmt::Display) -> String {
    struct Line {
        text: String,
        room: usize,
    }
    impl fmt::Write for Line {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for c in text.chars() {
                self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
                self.text.push(if c.is_control() { '\u{fffd}' } else { c });
            }
            Ok(())
        }
    }
    let mut line = Line { text: String::new(), room: EXAMPLE_MAX };
    if write!(line, "{example}").is_err() {
        line.text.push('…');
    }
    line.text
}

#[cfg(test)]
mod tests;
