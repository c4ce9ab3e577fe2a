//! What an expression or a template of the show file may see: what happened, and the state of the show then.
//!
//! Plain data; `expression.rs` reads it. The names here are the names that people write.
//!
//! | name | what |
//! |---|---|
//! | `payload` | the payload of an MQTT message or HTTP request, or the first argument of an OSC message |
//! | `topic`, `address`, `args` | of the message; `none` where it has none |
//! | `value` | the number that came, or the one at the trigger's `pointer` |
//! | `trigger` | the name of the trigger |
//! | `time` | `hour`, `minute`, `second`, `weekday` (`MON` to `SUN`), `date` (`2026-11-22`), `year`, `month`, `day`, in the show's zone |
//! | `scene` | the scene that the first stream is on or moves to |
//! | `stream` | each stream by name: `state`, `fps`, `scene` |
//! | `vars` | the show's variables by name |

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, Zoned, civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::{
    Show,
    event::{Arg, Door},
    time::Now,
};

/// The names at the top of a scope.
pub const NAMES: [&str; 10] =
    ["payload", "topic", "address", "args", "value", "trigger", "time", "scene", "stream", "vars"];
/// The names below `time`.
pub const TIME_NAMES: [&str; 8] = ["hour", "minute", "second", "weekday", "date", "year", "month", "day"];
/// The names below each stream.
pub const STREAM_NAMES: [&str; 3] = ["state", "fps", "scene"];

/// All that can be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scope {
    /// What happened.
    #[serde(flatten)]
    pub occasion: Occasion,
    /// How the show is.
    #[serde(flatten)]
    pub state: State,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Occasion {
    /// What came with it. What is JSON is what it says, anything else is a text.
    pub payload: Value,
    /// The topic of an MQTT message.
    pub topic: Option<Arc<str>>,
    /// The address of an OSC message.
    pub address: Option<Arc<str>>,
    /// The arguments of an OSC message.
    pub args: Vec<Value>,
    /// The number that came, if one did; finite.
    pub value: Option<f64>,
    /// The trigger that saw it.
    pub trigger: Arc<str>,
    /// The door that it came through; `None` after a restart. Expressions do not see it.
    #[serde(skip)]
    pub door: Option<Door>,
}

/// How the show is at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// The time of the calendar in the show's zone.
    pub time: Time,
    /// The scene that the first stream is on or moves to.
    pub scene: Option<Arc<str>>,
    /// Each stream by its name.
    pub stream: BTreeMap<Arc<str>, StreamState>,
    /// The variables by name.
    pub vars: BTreeMap<Arc<str>, Value>,
}

/// A time of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Time {
    /// 0 to 23.
    pub hour: i8,
    /// 0 to 59.
    pub minute: i8,
    /// 0 to 59.
    pub second: i8,
    /// `MON` to `SUN`.
    pub weekday: &'static str,
    /// As `2026-11-22`.
    pub date: String,
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

/// How one stream is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StreamState {
    /// The state as the backend names it; `none` before the first status.
    pub state: Option<String>,
    /// Frames out per second; `none` where the status does not say.
    pub fps: Option<f64>,
    /// The scene that it is on or moves to.
    pub scene: Arc<str>,
}

impl Occasion {
    /// Makes what an MQTT message or an HTTP request brings: `value` is the number that counts of it.
    pub fn of_payload(topic: Option<&str>, payload: &str, value: Option<f64>) -> Self {
        Self { payload: parsed(payload), topic: topic.map(Into::into), value, ..Self::default() }
    }

    /// Makes what an OSC message brings.
    pub fn of_args(address: &str, args: &[Arg]) -> Self {
        let args: Vec<Value> = args.iter().map(of_arg).collect();
        Self {
            payload: args.first().cloned().unwrap_or(Value::Null),
            address: Some(address.into()),
            value: args.iter().find_map(Value::as_f64),
            args,
            ..Self::default()
        }
    }

    /// Returns it as seen by a trigger, and by which door it came.
    #[must_use]
    pub fn seen_by(mut self, trigger: &Arc<str>, door: Door) -> Self {
        self.trigger = Arc::clone(trigger);
        self.door = Some(door);
        self
    }
}

impl Show {
    /// Returns what can be seen now of the show and of what happened.
    pub(super) fn scope(&self, occasion: Occasion, now: Now) -> Scope {
        let stream: BTreeMap<_, _> =
            self.streams.iter().map(|stream| (stream.name(), stream.state())).collect();
        let state = State {
            time: Time::at(now.wall, &self.sheet.zone),
            scene: self.streams.first().map(|stream| stream.state().scene),
            stream,
            vars: self.variables.clone(),
        };
        Scope { occasion, state }
    }
}

impl Time {
    /// Reads a calendar clock in a zone.
    pub fn at(wall: Timestamp, zone: &TimeZone) -> Self {
        let at: Zoned = wall.to_zoned(zone.clone());
        Self {
            hour: at.hour(),
            minute: at.minute(),
            second: at.second(),
            weekday: weekday(at.weekday()),
            date: at.date().to_string(),
            year: at.year(),
            month: at.month(),
            day: at.day(),
        }
    }
}

/// The words of the schedule and of cron.
fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MON",
        Weekday::Tuesday => "TUE",
        Weekday::Wednesday => "WED",
        Weekday::Thursday => "THU",
        Weekday::Friday => "FRI",
        Weekday::Saturday => "SAT",
        Weekday::Sunday => "SUN",
    }
}

/// Returns what a payload says: JSON if it is JSON, else a text.
pub fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|_| Value::String(payload.to_owned()))
}

/// What is no number, truth or text is `none`; so is a number that is not finite.
fn of_arg(arg: &Arg) -> Value {
    match arg {
        // A whole number is written without a point, as whoever sent it wrote it.
        Arg::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(*number as i64),
        Arg::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Arg::Bool(truth) => Value::Bool(*truth),
        Arg::Text(text) => Value::String(text.clone()),
        Arg::Other => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_what_it_says() {
        assert_eq!(parsed("on"), Value::from("on"));
        assert_eq!(parsed("21.5"), Value::from(21.5));
        assert_eq!(parsed(r#"{"lux": 3}"#)["lux"], Value::from(3));
        assert_eq!(parsed(""), Value::from(""));
    }

    #[test]
    fn the_time_is_that_of_the_zone() {
        let at = "2026-11-22T23:30:05Z".parse().unwrap();
        let time = Time::at(at, &TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!((time.hour, time.weekday, time.date.as_str()), (0, "MON", "2026-11-23"));
    }

    #[test]
    fn the_names_are_those_that_are_told() {
        let scope = Scope {
            state: State { stream: [("wall".into(), StreamState::default())].into(), ..State::default() },
            ..Scope::default()
        };
        let told = serde_json::to_value(&scope).unwrap();
        let mut names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_by_key(|name| NAMES.iter().position(|known| known == name));
        assert_eq!(names, NAMES);
        assert_eq!(told["time"].as_object().unwrap().len(), TIME_NAMES.len());
        assert!(STREAM_NAMES.iter().all(|name| told["stream"]["wall"].get(name).is_some()));
    }
}
