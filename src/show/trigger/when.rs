//! A trigger as the show file describes it: what it waits for, on what condition, how often it may fire. Data only.

use std::{fmt, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use crate::show::{
    address::AddressPattern,
    condition::Condition,
    cron::CronExpression,
    expression::Expression,
    run::Mode,
    schedule::{hours::Moment, sun::Location},
    sheet::{Step, Streams},
    topic::TopicFilter,
};

/// What makes something happen.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Its name, unique in the show.
    pub name: Arc<str>,
    /// What it waits for; any of these fires it.
    pub when: Vec<When>,
    /// What must hold besides when it is to fire.
    pub condition: Option<Expression>,
    /// How long and how often.
    pub limits: Limits,
    /// Whether it fires at all until somebody says otherwise.
    pub enabled: bool,
    /// What it does.
    pub steps: Vec<Step>,
    /// What if it is still running; `Single` unless set.
    pub mode: Mode,
}

/// How long something must last, and how often it may happen. What is not set bounds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long what is waited for must last: `for`.
    pub hold: Option<Duration>,
    /// How long it must be over before it counts again.
    pub release_for: Option<Duration>,
    /// At most one firing in such a time; what else comes in it is dropped.
    pub throttle: Option<Duration>,
    /// Fires when nothing has come for so long, with what came last.
    pub debounce: Option<Duration>,
    /// How long it does nothing after it has fired; kept over a restart.
    pub cooldown: Option<Duration>,
}

/// What a trigger waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// A time.
    Cron {
        /// Which times.
        expression: Box<CronExpression>,
        /// In which zone: the trigger's own or the show's.
        zone: TimeZone,
        /// How late a run may be that was missed and is still made up for; `None`: never. A scene's 24 h unless set.
        catch_up: Option<Duration>,
    },
    /// An MQTT message.
    Mqtt {
        /// On which topics.
        filter: TopicFilter,
        /// With which payload.
        payload: Condition,
        /// Where in a JSON payload to look (RFC 6901); the empty pointer is the whole.
        pointer: Option<Arc<str>>,
        /// Whether messages count that the broker had kept from earlier.
        retained: bool,
    },
    /// An OSC message.
    Osc {
        /// At which addresses.
        address: AddressPattern,
        /// With which arguments, in order; arguments beyond the list do not matter.
        args: Vec<Condition>,
    },
    /// A request over HTTP that names the trigger.
    Http,
    /// The sun rises or sets.
    Sun {
        /// What the sun does, and how much later.
        moment: Moment,
        /// In which zone its days are counted.
        zone: TimeZone,
        /// Where.
        location: Location,
        /// As of a cron trigger.
        catch_up: Option<Duration>,
    },
    /// Again and again, first one such time after the start of the show.
    Every(Duration),
    /// The show starts.
    Startup,
    /// Nothing comes for a while.
    Idle {
        /// How long.
        time: Duration,
        /// From where; `None`: any hand, by OSC, MQTT or HTTP.
        of: Option<Sensor>,
    },
    /// Something becomes of a stream.
    Stream {
        /// Of which.
        streams: Streams,
        /// What.
        news: StreamNews,
    },
    /// A stream comes to a scene, or leaves it.
    Scene {
        /// The scene's name.
        scene: Arc<str>,
        /// What of the three.
        turn: Turn,
        /// On which streams.
        streams: Streams,
    },
}

/// Who is listened to for being silent.
#[derive(Clone, Debug, PartialEq)]
pub enum Sensor {
    /// Messages on these topics.
    Mqtt(TopicFilter),
    /// Messages at these addresses.
    Osc(AddressPattern),
}

/// What can become of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamNews {
    /// Its state, as the backend names it, becomes this.
    State(Arc<str>),
    /// Fewer frames come out a second than this.
    FpsBelow(f64),
    /// It is gone, or no picture comes out of it.
    Lost,
    /// There is a picture again after it was lost.
    Back,
}

/// Where a stream is on its way to a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has arrived.
    Entered,
    /// It was there and goes somewhere else.
    Left,
    /// Half of the time of its way is over.
    Halfway,
}

impl When {
    /// Returns the times of the calendar that it waits for, if it waits for such.
    pub(in crate::show) fn calendar(&self) -> Option<Calendar<'_>> {
        match self {
            Self::Cron { expression, zone, catch_up } => {
                Some(Calendar { rhythm: Rhythm::Cron(expression), zone, catch_up: *catch_up })
            }
            Self::Sun { moment, zone, location, catch_up } => {
                Some(Calendar { rhythm: Rhythm::Sun(*moment, *location), zone, catch_up: *catch_up })
            }
            _ => None,
        }
    }

    /// Returns when the sun fires it, from one moment up to another.
    pub fn sun_times(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
        let calendar = self.calendar().filter(|_| matches!(self, Self::Sun { .. }));
        let next = move |at: Timestamp| calendar?.next_after(at).filter(|at| *at <= until);
        std::iter::successors(next(from), move |at| next(*at))
    }

    /// Returns whether it is something that lasts, so that how long can be asked.
    pub fn can_last(&self) -> bool {
        match self {
            Self::Mqtt { payload, pointer, .. } => *payload != Condition::Any || pointer.is_some(),
            Self::Osc { .. } | Self::Stream { .. } => true,
            Self::Scene { turn, .. } => *turn == Turn::Entered,
            Self::Cron { .. }
            | Self::Http
            | Self::Sun { .. }
            | Self::Every(_)
            | Self::Startup
            | Self::Idle { .. } => false,
        }
    }
}

/// Times of the calendar.
#[derive(Clone, Copy, Debug)]
pub(in crate::show) struct Calendar<'a> {
    rhythm: Rhythm<'a>,
    pub(in crate::show) zone: &'a TimeZone,
    pub(in crate::show) catch_up: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum Rhythm<'a> {
    Cron(&'a CronExpression),
    Sun(Moment, Location),
}

/// How many days ahead an event of the sun is looked for: each day has one, and one that is hours off may be on the next.
const SUN_DAYS: i64 = 3;

impl Calendar<'_> {
    /// Returns whether it keeps its rhythm over a change of the clocks, so that a missed run is none.
    pub(in crate::show) fn is_interval(&self) -> bool {
        match self.rhythm {
            Rhythm::Cron(expression) => expression.is_interval(),
            Rhythm::Sun(..) => false,
        }
    }

    /// Returns the first time after a moment.
    pub(in crate::show) fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match self.rhythm {
            Rhythm::Cron(expression) => expression.next_after(after, self.zone).map(|run| run.at),
            Rhythm::Sun(moment, location) => {
                let today = self.zone.to_datetime(after).date();
                let days =
                    (-1..=SUN_DAYS).filter_map(|day| today.checked_add(jiff::Span::new().days(day)).ok());
                let times = days.filter_map(|date| moment.instant(date, self.zone, &location));
                times.filter(|at| *at > after).min()
            }
        }
    }

    /// Returns the last time up to `now`, of which `first` is one. Halves the time between: 26 questions for a year.
    pub(in crate::show) fn last_up_to(&self, first: Timestamp, now: Timestamp) -> Timestamp {
        let after = |at: i64| {
            let at = Timestamp::from_second(at).ok()?;
            self.next_after(at).filter(|run| *run <= now)
        };
        let (mut low, mut high) = (first.as_second(), now.as_second());
        let mut last = first;
        while low < high {
            let middle = low + (high - low) / 2;
            match after(middle) {
                Some(run) => {
                    last = last.max(run);
                    low = run.as_second().max(middle + 1);
                }
                None => high = middle,
            }
        }
        last
    }

    /// Returns the next times, the first not before `at`, which is one.
    pub(in crate::show) fn runs(self, at: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(Some(at), move |at| self.next_after(*at))
    }
}

impl fmt::Display for Calendar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rhythm {
            Rhythm::Cron(expression) => f.write_str(expression.as_str()),
            Rhythm::Sun(moment, _) => write!(f, "{moment}"),
        }
    }
}
