//! What triggers hear of a message: whether it concerns them, and what it says.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Refusal,
    gate::Level,
    when::{Sensor, Trigger, When},
};
use crate::show::{
    address,
    condition::{self, Condition},
    event::{Arg, MqttMessage, OscMessage},
    scope::Occasion,
    sheet::Sheet,
};

/// Something that concerns a trigger.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::show) struct Hit {
    /// Which trigger.
    pub(super) trigger: usize,
    /// Which of the things that it waits for.
    pub(super) when: usize,
    /// The topic, address, stream or scene; empty where there is only one.
    pub(super) source: Arc<str>,
    pub(super) news: News,
    pub(super) occasion: Occasion,
}

/// What a trigger hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Something for its gate.
    Level(Level),
    /// A sensor is not silent.
    Awake,
}

/// What a message is to triggers.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) list: Vec<Hit>,
    /// Whether anything listens to its address or topic.
    pub(super) known: bool,
    /// Whether somebody wanted to read its payload, and it is no text.
    pub(super) unread: bool,
}

/// Returns everything that triggers wait for.
fn waits(sheet: &Sheet) -> impl Iterator<Item = (usize, usize, &When)> {
    sheet
        .triggers
        .iter()
        .enumerate()
        .flat_map(|(trigger, of)| of.when.iter().enumerate().map(move |(when, of)| (trigger, when, of)))
}

/// Returns what an OSC message is to triggers.
pub(super) fn of_osc(sheet: &Sheet, message: &OscMessage) -> Hits {
    let mut hits = Hits::default();
    for (trigger, when, of) in waits(sheet) {
        let (own, news) = match of {
            When::Osc { address, args } => (address, args_level(args, &message.args).map(News::Level)),
            When::Idle { of: Some(Sensor::Osc(address)), .. } => (address, Some(News::Awake)),
            _ => continue,
        };
        if !own.matches(&message.address) && !address::matches(&message.address, own.as_str()) {
            continue;
        }
        hits.known = true;
        if let Some(news) = news {
            let occasion = Occasion::of_args(&message.address, &message.args);
            hits.list.push(Hit { trigger, when, source: message.address.as_str().into(), news, occasion });
        }
    }
    hits
}

/// Returns what an MQTT message is to triggers. What the broker had kept counts only for triggers that say so.
pub(super) fn of_mqtt(sheet: &Sheet, message: &MqttMessage) -> Hits {
    let text = std::str::from_utf8(&message.payload).ok();
    let mut hits = Hits::default();
    for (trigger, when, of) in waits(sheet) {
        let (filter, kept, condition) = match of {
            When::Mqtt { filter, payload, pointer, retained } => {
                (filter, *retained, Some((payload, pointer)))
            }
            When::Idle { of: Some(Sensor::Mqtt(filter)), .. } => (filter, false, None),
            _ => continue,
        };
        if message.retained && !kept || !filter.matches(&message.topic) {
            continue;
        }
        hits.known = true;
        let (news, value) = match condition {
            None => (News::Awake, None),
            Some((Condition::Any, None)) => {
                let value = text.and_then(|text| condition::number(&Arg::Text(text.to_owned())));
                (News::Level(Level::Message(true)), value)
            }
            Some((condition, pointer)) => {
                let Some(text) = text else {
                    hits.unread = true;
                    continue;
                };
                let value = condition::value_in(text, pointer.as_deref());
                let Some(level) = payload_level(condition, value.as_ref()) else { continue };
                (News::Level(level), value.as_ref().and_then(condition::number))
            }
        };
        let occasion = Occasion::of_payload(Some(&message.topic), text.unwrap_or_default(), value);
        hits.list.push(Hit { trigger, when, source: message.topic.as_str().into(), news, occasion });
    }
    hits
}

/// A number is nothing to a range if it is not there, and an answer to everything else.
fn payload_level(condition: &Condition, value: Option<&Arg>) -> Option<Level> {
    let holds = value.is_some_and(|value| condition.holds(value));
    if !condition.is_range() {
        return Some(Level::Message(holds));
    }
    condition::number(value?)
        .map(|_| Level::Range { holds, left: value.is_some_and(|value| condition.is_left_by(value)) })
}

/// What arguments say. Conditions hold in order. Beside a range, the others say which messages it is about.
///
/// The 0 that a button sends when it is let go fires nothing, unless it is asked for by name or a range looks at it.
pub(super) fn args_level(conditions: &[Condition], args: &[Arg]) -> Option<Level> {
    let holds = |(condition, arg): (&Condition, &Arg)| condition.holds(arg);
    let pairs = || conditions.iter().zip(args);
    let there = conditions.len() <= args.len();
    if conditions.iter().any(Condition::is_range) {
        let ranges = || pairs().filter(|(condition, _)| condition.is_range());
        let concerns = there
            && pairs().filter(|(condition, _)| !condition.is_range()).all(holds)
            && ranges().all(|(_, arg)| condition::number(arg).is_some());
        let left = ranges().any(|(condition, arg)| condition.is_left_by(arg));
        return concerns.then(|| Level::Range { holds: ranges().all(holds), left });
    }
    let names_zero =
        matches!(conditions.first(), Some(Condition::Number(_) | Condition::Bool(_) | Condition::Text(_)));
    Some(Level::Message((names_zero || !is_release(args)) && there && pairs().all(holds)))
}

/// Returns whether a button says that it was let go.
pub(super) fn is_release(args: &[Arg]) -> bool {
    args.first().and_then(condition::number) == Some(0.0)
}

/// Returns what an OSC message says to the triggers that hear it, if nothing but ranges of values listens to its address:
/// for each whether its range holds, and whether it is left.
pub(in crate::show) fn continuity(sheet: &Sheet, message: &OscMessage) -> Option<Vec<bool>> {
    let mut says = Vec::new();
    for (_, _, of) in waits(sheet) {
        match of {
            When::Osc { address, args } if address.matches(&message.address) => {
                if args.is_empty() || !args.iter().all(Condition::is_range) {
                    return None;
                }
                match args_level(args, &message.args) {
                    Some(Level::Range { holds, left }) => says.extend([holds, left]),
                    _ => says.extend([false, false]),
                }
            }
            _ => {}
        }
    }
    Some(says)
}

/// Returns what a request is to the trigger that it names.
pub(super) fn of_request(sheet: &Sheet, name: &str, payload: &Value) -> Result<Vec<Hit>, Refusal> {
    let of_name = |(at, _): &(usize, &Trigger)| &*sheet.triggers[*at].name == name;
    let (trigger, of) = sheet
        .triggers
        .iter()
        .enumerate()
        .find(of_name)
        .ok_or_else(|| Refusal::new("unknown trigger", name))?;
    let when = of.when.iter().position(|when| *when == When::Http);
    let when = when.ok_or_else(|| Refusal::new("not a trigger for HTTP", name))?;
    let value = payload.as_f64();
    let occasion = Occasion { payload: payload.clone(), value, ..Occasion::default() };
    let news = News::Level(Level::Message(true));
    Ok(vec![Hit { trigger, when, source: "".into(), news, occasion }])
}
