//! One session with a broker, from the connection to its end.
//!
//! A new client each time: nothing of a broken session lives on in the next one. Does not wait and does not try
//! again; that is for whoever runs it.

use std::{
    collections::{BTreeMap, VecDeque},
    future,
    path::Path,
    pin::{Pin, pin},
    time::Duration,
};

use rumqttc::{
    AsyncClient, ConnectionError, Error as MqttError, EventLoop, NetworkOptions, Outgoing, Packet, Publish,
    QoS, StateError, SubAck, SubscribeFilter, SubscribeReasonCode,
};
use tokio::{sync::watch, time};

use super::{
    ANSWER_MAX, HELD_AFTER, News, OFFLINE, ONLINE, PAYLOAD_MAX, Settings,
    backoff::Backoff,
    outbox::{Message, Outbox},
    reason,
};
use crate::{
    input::inbox::Inbox,
    show::{
        event::{Door, MqttMessage},
        topic::TopicFilter,
    },
};

/// Longest wait for the broker at leave-taking: within the daemon's own time for stopping.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// Most messages sent and not acknowledged. More wait in the outbox, where newer values replace them.
const UNACKNOWLEDGED_MAX: usize = 16;

/// Most filters in one request: some brokers take no more (AWS `IoT` Core takes 8).
const FILTERS_PER_REQUEST: usize = 8;

/// How a session ended.
#[derive(Debug)]
pub(super) enum End {
    /// We were told to stop, and took leave if there was a session.
    Stopped,
    /// Another session is wanted: another broker, or more than this one can be asked for.
    Moved,
    /// There is no session, or none any more; why, for people.
    Lost(String),
}

/// A session with a broker.
pub(super) struct Session<'a> {
    settings: &'a mut Settings,
    wanted: &'a mut watch::Receiver<Option<Settings>>,
    inbox: &'a Inbox,
    outbox: &'a Outbox,
    news: &'a mut News,
    backoff: &'a mut Backoff,
    /// Whether the broker has taken us in.
    connected: bool,
    /// Messages sent and not acknowledged yet.
    unacknowledged: usize,
    /// Filters asked for, in order, whose request has no number yet.
    asked: VecDeque<Vec<SubscribeFilter>>,
    /// Filters asked for, by the number of their request.
    requests: BTreeMap<u16, Vec<SubscribeFilter>>,
    /// Filters that the broker refused.
    refused: Vec<String>,
}

/// Comes when the session has lasted long enough to count as good.
type Held = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What made the session turn.
enum Turn {
    Polled(Result<rumqttc::Event, Box<ConnectionError>>),
    Moved,
    Stop,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a mut Settings,
        wanted: &'a mut watch::Receiver<Option<Settings>>,
        inbox: &'a Inbox,
        outbox: &'a Outbox,
        news: &'a mut News,
        backoff: &'a mut Backoff,
    ) -> Self {
        Self {
            settings,
            wanted,
            inbox,
            outbox,
            news,
            backoff,
            connected: false,
            unacknowledged: 0,
            asked: VecDeque::new(),
            requests: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    /// Connects, to the broker or to the private socket that leads to it, and stays until the end.
    pub(super) async fn run(
        mut self,
        socket: Option<&Path>,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> End {
        // Room for all that is ever asked of the client at once, so that asking never fails: see `pump`.
        let room = self.settings.filters.len().div_ceil(FILTERS_PER_REQUEST) + UNACKNOWLEDGED_MAX + 2;
        let (client, mut events) = AsyncClient::new(self.settings.options(socket), room);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(ANSWER_MAX.as_secs());
        events.set_network_options(network);

        let mut held: Held = Box::pin(future::pending());
        loop {
            match self.turn(&client, &mut events, &mut held, shutdown.as_mut()).await {
                turn @ (Turn::Stop | Turn::Moved) => {
                    if self.connected {
                        let _ = time::timeout(FAREWELL_MAX, self.farewell(&client, &mut events)).await;
                    }
                    return if matches!(turn, Turn::Stop) { End::Stopped } else { End::Moved };
                }
                Turn::Polled(Err(error)) => {
                    self.count(&error);
                    return End::Lost(reason::describe(&error));
                }
                Turn::Polled(Ok(rumqttc::Event::Incoming(Packet::ConnAck(_)))) => {
                    held = Box::pin(time::sleep(HELD_AFTER));
                    self.greet(&client);
                }
                Turn::Polled(Ok(event)) => self.hear(event),
            }
        }
    }

    /// Waits for the next thing to happen, and sends what there is to send meanwhile.
    async fn turn(
        &mut self,
        client: &AsyncClient,
        events: &mut EventLoop,
        held: &mut Held,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> Turn {
        // Polled to its end, whatever else happens: it may be in the middle of connecting.
        let mut poll = pin!(events.poll());
        loop {
            self.pump(client);
            tokio::select! {
                polled = &mut poll => return Turn::Polled(polled.map_err(Box::new)),
                () = self.outbox.changed() => {}
                Ok(()) = self.wanted.changed() => {
                    if !self.follow(client) {
                        return Turn::Moved;
                    }
                }
                () = &mut *held => {
                    self.backoff.reset();
                    *held = Box::pin(future::pending());
                }
                () = &mut shutdown => return Turn::Stop,
            }
        }
    }

    /// Asks for what is wanted now and was not before, and no more for the rest; returns whether that can be done here.
    fn follow(&mut self, client: &AsyncClient) -> bool {
        let wanted = self.wanted.borrow_and_update().clone();
        let Some(wanted) = wanted.filter(|wanted| wanted.is_same_place(self.settings)) else { return false };
        let old = std::mem::replace(self.settings, wanted);
        if !self.connected {
            return true;
        }
        let new = &self.settings.filters;
        let added: Vec<_> = new.iter().filter(|filter| !old.filters.contains(filter)).cloned().collect();
        let removed = old.filters.iter().filter(|filter| !new.contains(filter));
        for filter in removed {
            if client.try_unsubscribe(filter.as_str()).is_err() {
                return false;
            }
            self.refused.retain(|refused| refused != filter.as_str());
        }
        self.subscribe(client, &added)
    }

    /// Asks for topics; returns whether the client had room for that.
    fn subscribe(&mut self, client: &AsyncClient, filters: &[TopicFilter]) -> bool {
        for filters in filters.chunks(FILTERS_PER_REQUEST) {
            let filter = |filter: &TopicFilter| SubscribeFilter::new(filter.to_string(), QoS::AtLeastOnce);
            let filters: Vec<SubscribeFilter> = filters.iter().map(filter).collect();
            if client.try_subscribe_many(filters.clone()).is_err() {
                return false;
            }
            self.asked.push_back(filters);
        }
        true
    }

    /// Gives the client what waits in the outbox, as far as the broker keeps up.
    fn pump(&mut self, client: &AsyncClient) {
        while self.connected && self.unacknowledged < UNACKNOWLEDGED_MAX {
            let Some(message) = self.outbox.next() else { return };
            self.publish(client, message);
        }
    }

    /// Says whether we are there.
    fn announce(&mut self, client: &AsyncClient, word: &str) {
        let (topic, payload) = (self.settings.availability(), word.into());
        self.publish(client, Message { topic, payload, retain: true, acknowledged: true });
    }

    fn publish(&mut self, client: &AsyncClient, message: Message) {
        let Message { topic, payload, retain, acknowledged } = message;
        let qos = if acknowledged { QoS::AtLeastOnce } else { QoS::AtMostOnce };
        match client.try_publish(&topic, qos, retain, payload) {
            Ok(()) => self.unacknowledged += 1,
            // The room is counted in `run` and the topic checked by the outbox.
            Err(error) => tracing::error!(topic, %error, "A message could not be given to the MQTT client."),
        }
    }

    /// Starts what every session starts with, since the broker may know nothing of the last one.
    fn greet(&mut self, client: &AsyncClient) {
        self.connected = true;
        let filters = self.settings.filters.clone();
        if !self.subscribe(client, &filters) {
            // The room is counted in `run`.
            tracing::error!("A subscription could not be given to the MQTT client.");
        }
        // After the subscriptions: who reads that we are online may rely on being heard.
        self.announce(client, ONLINE);
        self.outbox.settle_messages();
        self.outbox.resend_retained();
        self.tell();
    }

    /// Tells the show that there is a session, and what is wrong with it.
    fn tell(&mut self) {
        let mut detail = format!("connected to {}:{}", self.settings.host, self.settings.port);
        if !self.refused.is_empty() {
            detail = format!("{detail}, which refuses to send `{}`", self.refused.join("`, `"));
        }
        self.news.tell(true, detail);
    }

    /// Takes what the broker said, and what the client did.
    fn hear(&mut self, event: rumqttc::Event) {
        match event {
            rumqttc::Event::Incoming(Packet::Publish(message)) => self.take(&message),
            // One that needs no acknowledgement is done when it is sent: it has no number (MQTT 3.1.1, section 2.3.1).
            rumqttc::Event::Incoming(Packet::PubAck(_)) | rumqttc::Event::Outgoing(Outgoing::Publish(0)) => {
                self.unacknowledged = self.unacknowledged.saturating_sub(1);
            }
            rumqttc::Event::Incoming(Packet::SubAck(answer)) => self.check(&answer),
            rumqttc::Event::Outgoing(Outgoing::Subscribe(number)) => {
                if let Some(filters) = self.asked.pop_front() {
                    self.requests.insert(number, filters);
                }
            }
            _ => {}
        }
    }

    fn take(&self, message: &Publish) {
        let Publish { topic, payload, retain, .. } = message;
        if payload.len() > PAYLOAD_MAX {
            let size = payload.len();
            self.inbox.refuse(Door::Mqtt, "payload too large", format_args!("`{topic}`: {size} bytes"));
            return;
        }
        let (topic, payload) = (topic.clone(), payload.to_vec());
        self.inbox.push_mqtt(MqttMessage { topic, payload, retained: *retain });
    }

    /// Looks whether the broker will send what it was asked for (MQTT 3.1.1, section 3.9.3).
    fn check(&mut self, answer: &SubAck) {
        let filters = self.requests.remove(&answer.pkid).unwrap_or_default();
        for (filter, code) in filters.into_iter().zip(&answer.return_codes) {
            if *code == SubscribeReasonCode::Failure {
                self.inbox.refuse(Door::Mqtt, "subscription refused", format_args!("`{}`", filter.path));
                self.refused.push(filter.path);
            }
        }
        self.tell();
    }

    /// Counts what the broker sent that was no MQTT, or too much of it.
    fn count(&self, error: &ConnectionError) {
        let ConnectionError::MqttState(StateError::Deserialization(error)) = error else { return };
        match error {
            // The client reports a broken connection this way too.
            MqttError::Io(_) => {}
            MqttError::PayloadSizeLimitExceeded(size) => {
                self.inbox.refuse(Door::Mqtt, "packet too large", format_args!("{size} bytes"));
            }
            error => self.inbox.refuse(Door::Mqtt, "malformed packet", error),
        }
    }

    /// Sends what still waits, says that we are offline, and goes; returns when the broker has hung up.
    async fn farewell(
        &mut self,
        client: &AsyncClient,
        events: &mut EventLoop,
    ) -> Result<(), Box<ConnectionError>> {
        self.flush(client, events).await?;
        self.announce(client, OFFLINE);
        self.flush(client, events).await?;
        let _ = client.try_disconnect();
        loop {
            self.hear(events.poll().await?);
        }
    }

    /// Waits until the broker has acknowledged everything.
    async fn flush(
        &mut self,
        client: &AsyncClient,
        events: &mut EventLoop,
    ) -> Result<(), Box<ConnectionError>> {
        self.pump(client);
        while self.unacknowledged > 0 {
            self.hear(events.poll().await?);
            self.pump(client);
        }
        Ok(())
    }
}
