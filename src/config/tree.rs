//! The file as a tree: what was written, value by value, each with its place. Knows YAML, knows nothing of shows.
//!
//! Repeated keys stay in the tree, merges and aliases are already followed, so that whoever reads it sees everything
//! that is wrong and not only the first thing.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_yaml::{Location, Options, Spanned};

/// Bytes of the file.
pub(super) type Span = Range<usize>;

/// The deepest nesting. A show needs seven levels; the rest is for what is handed on to the API as it is.
pub(super) const DEPTH_MAX: usize = 32;
/// The most values. A thousand scenes with ten parameters each have 50 000.
pub(super) const NODES_MAX: usize = 100_000;

/// One value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a value is. Plain scalars keep how they were written, for places where any text will do.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool, String),
    Integer(i64, String),
    Number(f64, String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One line of a map.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
}

impl Node {
    /// Reads a file; `None` for one without any value.
    pub(super) fn parse(source: &str) -> Result<Option<Self>, serde_yaml::Error> {
        match serde_yaml::from_str_with_options::<Raw>(source, options()) {
            Ok(raw) => Ok(Some(raw.into_node(source)).filter(|node| !matches!(node.value, Value::Null))),
            Err(serde_yaml::Error::Eof { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves all places by so many bytes, to where the text of its file starts.
    pub(super) fn shift(&mut self, by: usize) {
        self.span = self.span.start + by..self.span.end + by;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Map(entries) => {
                for Entry { key, value } in entries {
                    key.shift(by);
                    value.shift(by);
                }
            }
            Value::Null | Value::Bool(..) | Value::Integer(..) | Value::Number(..) | Value::Text(_) => {}
        }
    }

    /// Returns the text that was written, whatever YAML takes it for; `None` for lists, maps and nothing.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Bool(_, text) | Value::Integer(_, text) | Value::Number(_, text) | Value::Text(text) => {
                Some(text)
            }
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns what it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(..) => "`true` or `false`",
            Value::Integer(..) | Value::Number(..) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: DEPTH_MAX, max_nodes: NODES_MAX },
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// The tree as the parser gives it.
struct Raw(Spanned<RawValue>);

enum RawValue {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn into_node(self, source: &str) -> Node {
        let Spanned { value, defined, .. } = self.0;
        let span = span(defined, source);
        let written = || source[span.clone()].to_owned();
        let value = match value {
            RawValue::Null => Value::Null,
            RawValue::Bool(truth) => Value::Bool(truth, written()),
            RawValue::Integer(number) => Value::Integer(number, written()),
            RawValue::Number(number) => Value::Number(number, written()),
            RawValue::Text(text) => Value::Text(text),
            RawValue::List(items) => {
                Value::List(items.into_iter().map(|item| item.into_node(source)).collect())
            }
            RawValue::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry { key: key.into_node(source), value: value.into_node(source) })
                    .collect(),
            ),
        };
        Node { span, value }
    }
}

/// Returns the bytes of a place: within the file, on character boundaries.
fn span(location: Location, source: &str) -> Span {
    let place = location.span();
    let start = place.byte_offset().unwrap_or(0) as usize;
    let end = start.saturating_add(place.byte_len().unwrap_or(0) as usize);
    let start = source.floor_char_boundary(start);
    start..source.floor_char_boundary(end).max(start)
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<RawValue, E> {
        Ok(RawValue::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<RawValue, E> {
        Ok(RawValue::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<RawValue, E> {
        Ok(i64::try_from(number).map_or(RawValue::Number(number as f64), RawValue::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<RawValue, E> {
        Ok(RawValue::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }
}
