//! A condition on one value: of an OSC argument, of an MQTT payload, of a field inside it.

use std::sync::Arc;

use serde_json::Value;

use super::event::Arg;

/// What a value must be.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Condition {
    /// Anything.
    #[default]
    Any,
    /// This number.
    Number(f64),
    /// This truth.
    Bool(bool),
    /// This text, to the letter.
    Text(Arc<str>),
    /// A number in a range, without its ends; at least one end is there.
    Between {
        /// Above this.
        above: Option<f64>,
        /// Below this.
        below: Option<f64>,
        /// How far beyond an end a number must go before the range counts as left; 0 or more.
        hysteresis: f64,
    },
}

impl Condition {
    /// Returns whether `value` is it. Numbers in texts count as numbers, 1 and 0 as true and false; NaN is nothing.
    pub fn holds(&self, value: &Arg) -> bool {
        match self {
            Self::Any => true,
            Self::Number(wanted) => number(value) == Some(*wanted),
            Self::Bool(wanted) => truth(value) == Some(*wanted),
            Self::Text(wanted) => match value {
                Arg::Text(text) => **wanted == **text,
                Arg::Bool(truth) => **wanted == *truth.to_string(),
                Arg::Number(_) | Arg::Other => {
                    number(value).is_some_and(|value| wanted.parse::<f64>() == Ok(value))
                }
            },
            Self::Between { above, below, hysteresis: _ } => number(value).is_some_and(|value| {
                above.is_none_or(|above| value > above) && below.is_none_or(|below| value < below)
            }),
        }
    }
}

impl Condition {
    /// Returns whether it is a range, which is a matter of crossing its ends.
    pub fn is_range(&self) -> bool {
        matches!(self, Self::Between { .. })
    }

    /// Returns whether `value` is out of it: for a range, by more than its hysteresis.
    pub fn is_left_by(&self, value: &Arg) -> bool {
        let Self::Between { above, below, hysteresis } = self else { return !self.holds(value) };
        number(value).is_some_and(|value| {
            let out = above.is_some_and(|above| value <= above - hysteresis);
            out || below.is_some_and(|below| value >= below + hysteresis)
        })
    }
}

/// Returns the number that `arg` stands for, if it is a finite one.
pub fn number(arg: &Arg) -> Option<f64> {
    match arg {
        Arg::Number(number) => Some(*number),
        Arg::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Arg::Text(text) => text.trim().parse().ok(),
        Arg::Other => None,
    }
    .filter(|number| number.is_finite())
}

fn truth(arg: &Arg) -> Option<bool> {
    match arg {
        Arg::Bool(truth) => Some(*truth),
        Arg::Text(text) => match text.trim() {
            "true" => Some(true),
            "false" => Some(false),
            _ => number(arg).map(|number| number != 0.0),
        },
        Arg::Number(_) => number(arg).map(|number| number != 0.0),
        Arg::Other => None,
    }
}

/// Returns the value of a JSON document, or of the place in it that `pointer` names, as an argument.
///
/// A payload that is not JSON is a text. `None`: there is no such place.
pub fn value_in(payload: &str, pointer: Option<&str>) -> Option<Arg> {
    let Some(pointer) = pointer else { return Some(Arg::Text(payload.to_owned())) };
    let document: Value = serde_json::from_str(payload).ok()?;
    Some(match document.pointer(pointer)? {
        Value::Null | Value::Array(_) | Value::Object(_) => Arg::Other,
        Value::Bool(truth) => Arg::Bool(*truth),
        Value::Number(number) => Arg::Number(number.as_f64()?),
        Value::String(text) => Arg::Text(text.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }

    #[test]
    fn numbers_are_numbers_however_they_come() {
        let one = Condition::Number(1.0);
        for arg in [Arg::Number(1.0), Arg::Bool(true), text("1"), text(" 1.0 ")] {
            assert!(one.holds(&arg), "{arg:?}");
        }
        for arg in [Arg::Number(f64::NAN), Arg::Bool(false), text("on"), Arg::Other] {
            assert!(!one.holds(&arg), "{arg:?}");
        }
    }

    #[test]
    fn a_range_leaves_out_its_ends() {
        let bright = Condition::Between { above: Some(0.5), below: Some(1.0), hysteresis: 0.1 };
        assert!(bright.holds(&Arg::Number(0.7)));
        assert!(!bright.holds(&Arg::Number(0.5)));
        assert!(!bright.holds(&Arg::Number(1.0)));
        assert!(!bright.holds(&Arg::Number(f64::NAN)));
    }

    #[test]
    fn a_range_is_left_when_a_number_is_well_out_of_it() {
        let bright = Condition::Between { above: Some(0.5), below: None, hysteresis: 0.1 };
        for (number, left) in [(0.7, false), (0.5, false), (0.41, false), (0.4, true), (f64::NAN, false)] {
            assert_eq!(bright.is_left_by(&Arg::Number(number)), left, "{number}");
        }
        let plain = Condition::Between { above: Some(0.5), below: None, hysteresis: 0.0 };
        assert!(plain.is_left_by(&Arg::Number(0.5)) && !plain.is_left_by(&Arg::Number(0.51)));
    }

    #[test]
    fn texts_are_compared_to_the_letter_and_numbers_by_value() {
        assert!(Condition::Text("on".into()).holds(&text("on")));
        assert!(!Condition::Text("on".into()).holds(&text("ON")));
        assert!(Condition::Text("5".into()).holds(&Arg::Number(5.0)));
        assert!(Condition::Text("true".into()).holds(&Arg::Bool(true)));
    }

    #[test]
    fn a_pointer_reaches_into_json() {
        let payload = r#"{"lux": 230, "motion": true, "who": ["ann"]}"#;
        assert_eq!(value_in(payload, Some("/lux")), Some(Arg::Number(230.0)));
        assert_eq!(value_in(payload, Some("/who/0")), Some(text("ann")));
        assert_eq!(value_in(payload, Some("/missing")), None);
        assert_eq!(value_in("no json", Some("/lux")), None);
        assert_eq!(value_in("on", None), Some(text("on")));
    }
}
