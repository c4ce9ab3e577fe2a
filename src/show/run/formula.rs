//! A value of the show file that may have to be worked out: a number, a text with places to be filled in, a list of these.

use serde_json::{Map, Value};

use crate::show::{
    expression::{Expression, Failed, Mistake, Names, Template},
    scope::Scope,
};

/// A value that may have to be worked out when its step is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A value as it stands.
    Fixed(Value),
    /// One place and nothing besides: what comes out keeps its kind, so that `"{{ vars.count + 1 }}"` is a number.
    Alone(Expression),
    /// A text with places.
    Text(Template),
    /// A list.
    List(Vec<Formula>),
    /// An object, in the order of the file.
    Map(Vec<(String, Formula)>),
}

impl Formula {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// What is wrong with its places.
    pub fn of_text(text: &str, names: Names<'_>) -> Result<Self, Mistake> {
        if !Template::is_one(text) {
            return Ok(Self::Fixed(text.into()));
        }
        match alone(text) {
            Some(inner) => Expression::parse(inner, names).map(Self::Alone),
            None => Template::parse(text, names).map(Self::Text),
        }
    }

    /// Returns the value, if there is nothing to be worked out.
    pub fn fixed(&self) -> Option<&Value> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Alone(_) | Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Works it out.
    ///
    /// # Errors
    ///
    /// A place has nothing to fill it, or comes to no plain value.
    pub fn value(&self, scope: &Scope) -> Result<Value, Failed> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Alone(expression) => match expression.value(scope)? {
                Value::Null => return Err(Failed("a place has nothing to fill it".to_owned())),
                value => value,
            },
            Self::Text(template) => template.render(scope)?.into(),
            Self::List(items) => items.iter().map(|item| item.value(scope)).collect::<Result<_, _>>()?,
            Self::Map(entries) => {
                let entry = |(name, formula): &(String, Self)| Ok((name.clone(), formula.value(scope)?));
                Value::Object(entries.iter().map(entry).collect::<Result<Map<_, _>, Failed>>()?)
            }
        })
    }

    /// Works it out as a text; what is none is written as JSON.
    ///
    /// # Errors
    ///
    /// Those of [`Self::value`].
    pub fn text(&self, scope: &Scope) -> Result<String, Failed> {
        Ok(match self.value(scope)? {
            Value::String(text) => text,
            value => value.to_string(),
        })
    }
}

/// Returns the inside of a text that is one place and nothing else.
fn alone(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    (!Template::is_one(inner) && !inner.contains("}}")).then_some(inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::show::scope::{Occasion, State};

    fn worked_out(text: &str) -> Result<Value, Failed> {
        let state = State { vars: [("count".into(), json!(2))].into(), ..State::default() };
        let occasion = Occasion { payload: json!("fog"), ..Occasion::default() };
        let formula = Formula::of_text(text, Names::default()).unwrap();
        formula.value(&Scope { occasion, state })
    }

    #[test]
    fn a_place_alone_keeps_its_kind_and_a_text_is_a_text() {
        assert_eq!(worked_out("{{ vars.count + 1 }}"), Ok(json!(3)));
        assert_eq!(worked_out(" {{ vars.count > 1 }} "), Ok(json!(true)));
        assert_eq!(worked_out("{{ vars.count }} of {{ payload }}"), Ok(json!("2 of fog")));
        assert_eq!(worked_out("{{ vars.count }}{{ vars.count }}"), Ok(json!("22")));
        assert_eq!(worked_out("plain { text }"), Ok(json!("plain { text }")));
        assert_eq!(worked_out("{{ '}' }}"), Ok(json!("}")));
        assert!(worked_out("{{ topic }}").is_err(), "nothing is no value");
    }
}
