//! Expressions and templates of the show file: read once, worked out whenever something happens.
//!
//! The language is that of Jinja, by minijinja, with nothing in it but the names of `scope.rs`, the filters and the tests
//! listed here: no functions, no files, no other templates. What one may cost is bounded by fuel. The same scope gives the
//! same answer.

mod check;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, filters, tests as checks, value::ValueKind};

use super::scope::Scope;

/// What one evaluation may cost, in instructions of the engine. A condition of twenty comparisons has a hundred, a
/// template with ten places fifty; the most takes about a millisecond.
const FUEL: u64 = 10_000;
/// The longest source, in bytes: more than a page of text.
pub const SOURCE_BYTES_MAX: usize = 4096;
/// The longest text that a template may come to, in bytes. A prompt has 2 kB.
pub const RENDERED_BYTES_MAX: usize = 16 * 1024;

/// What may stand after `|`.
pub const FILTERS: [&str; 17] = [
    "abs",
    "capitalize",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "replace",
    "round",
    "title",
    "trim",
    "upper",
];
/// What may stand after `is`.
pub const TESTS: [&str; 9] =
    ["defined", "undefined", "none", "number", "string", "mapping", "sequence", "startingwith", "endingwith"];

/// The engine of expressions: the same for all.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(engine);

/// What the show has, for those who read expressions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Its streams.
    pub streams: &'a [Arc<str>],
    /// Its variables; `None` where they are not known.
    pub vars: Option<&'a [Arc<str>]>,
}

/// A condition of the show file.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
}

/// A text of the show file with places to be filled in: `"{{ payload }}, watercolour"`.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    engine: Arc<Environment<'static>>,
}

/// What is wrong with an expression, found when it is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// What.
    pub message: String,
    /// Where in the source, in bytes; `None`: somewhere.
    pub place: Option<Range<usize>>,
    /// The wrong word, and what could stand in its place.
    pub instead: Option<(String, Vec<String>)>,
    /// What to write, where that can be said.
    pub hint: Option<&'static str>,
}

/// What went wrong when an expression was worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// What is no expression, and names that there are not.
    pub fn parse(source: &str, names: Names<'_>) -> Result<Self, Mistake> {
        bounded(source)?;
        let compiled = ENGINE
            .compile_expression_owned(source.to_owned())
            .map_err(|error| Mistake::of(source, &error))?;
        check::names(source, compiled.undeclared_variables(true).into_iter().collect(), names)?;
        check::words(source, 0..source.len())?;
        Ok(Self { source: source.into(), compiled: Arc::new(compiled) })
    }

    /// Returns what was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether it holds.
    ///
    /// # Errors
    ///
    /// It asks for something that is not there, or compares what cannot be compared.
    pub fn holds(&self, scope: &Scope) -> Result<bool, Failed> {
        self.compiled.eval(scope).map(|value| value.is_true()).map_err(|error| Failed::of(&error))
    }

    /// Returns what it comes to.
    ///
    /// # Errors
    ///
    /// Those of [`Self::holds`], and what is no plain value.
    pub fn value(&self, scope: &Scope) -> Result<serde_json::Value, Failed> {
        let value = self.compiled.eval(scope).map_err(|error| Failed::of(&error))?;
        serde_json::to_value(value).map_err(|error| Failed(error.to_string()))
    }
}

impl Template {
    /// Returns whether a text has a place to be filled in.
    pub fn is_one(text: &str) -> bool {
        ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// What is no template, and names that there are not.
    pub fn parse(source: &str, names: Names<'_>) -> Result<Self, Mistake> {
        bounded(source)?;
        let mut engine = engine();
        // A place that has nothing to fill it is a mistake and not the word `none` in a picture.
        engine.set_formatter(|out, state, value| {
            if value.is_none() {
                return Err(minijinja::Error::new(
                    ErrorKind::UndefinedError,
                    "a place has nothing to fill it",
                ));
            }
            // As JSON has it, and a place that stands alone.
            if let (ValueKind::Bool, truth) = (value.kind(), value.is_true()) {
                return out.write_str(if truth { "true" } else { "false" }).map_err(Into::into);
            }
            minijinja::escape_formatter(out, state, value)
        });
        engine.add_template_owned("", source.to_owned()).map_err(|error| Mistake::of(source, &error))?;
        let template = engine.get_template("").map_err(|error| Mistake::of(source, &error))?;
        check::names(source, template.undeclared_variables(true).into_iter().collect(), names)?;
        for place in check::places(source) {
            check::words(source, place)?;
        }
        Ok(Self { source: source.into(), engine: Arc::new(engine) })
    }

    /// Returns what was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Fills it in.
    ///
    /// # Errors
    ///
    /// It asks for something that is not there, or comes to more than [`RENDERED_BYTES_MAX`].
    pub fn render(&self, scope: &Scope) -> Result<String, Failed> {
        let template = self.engine.get_template("").map_err(|error| Failed::of(&error))?;
        let text = template.render(scope).map_err(|error| Failed::of(&error))?;
        if text.len() > RENDERED_BYTES_MAX {
            return Err(Failed(format!(
                "the text has {} bytes, and at most {RENDERED_BYTES_MAX} may be",
                text.len()
            )));
        }
        Ok(text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Expression {}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

impl Mistake {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, instead: None, hint: None }
    }

    fn of(source: &str, error: &minijinja::Error) -> Self {
        let said = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        Self { hint: check::habit(source), ..Self::new(said) }
    }

    /// A word that there is not, with those that there are.
    fn unknown<'a>(
        what: &str,
        word: &str,
        place: Option<Range<usize>>,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let known = known.map(ToOwned::to_owned).collect();
        Self {
            place,
            instead: Some((word.to_owned(), known)),
            ..Self::new(format!("there is no {what} `{word}`"))
        }
    }
}

impl Failed {
    fn of(error: &minijinja::Error) -> Self {
        match error.kind() {
            ErrorKind::UndefinedError => {
                let said = error.detail().unwrap_or("it asks for something that is not there");
                Self(said.to_owned())
            }
            ErrorKind::OutOfFuel => Self("it does not come to an end".to_owned()),
            kind => Self(error.detail().map_or_else(|| kind.to_string(), ToOwned::to_owned)),
        }
    }
}

fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine.add_filter("abs", filters::abs);
    engine.add_filter("capitalize", filters::capitalize);
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
    engine.add_filter("float", filters::float);
    engine.add_filter("int", filters::int);
    engine.add_filter("join", filters::join);
    engine.add_filter("last", filters::last);
    engine.add_filter("length", filters::length);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("max", filters::max);
    engine.add_filter("min", filters::min);
    engine.add_filter("replace", filters::replace);
    engine.add_filter("round", filters::round);
    engine.add_filter("title", filters::title);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
    engine.add_test("defined", checks::is_defined);
    engine.add_test("undefined", checks::is_undefined);
    engine.add_test("none", checks::is_none);
    engine.add_test("number", checks::is_number);
    engine.add_test("string", checks::is_string);
    engine.add_test("mapping", checks::is_mapping);
    engine.add_test("sequence", checks::is_sequence);
    engine.add_test("startingwith", checks::is_startingwith);
    engine.add_test("endingwith", checks::is_endingwith);
    engine
}

fn bounded(source: &str) -> Result<(), Mistake> {
    match source.len() {
        length if length > SOURCE_BYTES_MAX => {
            Err(Mistake::new(format!("it has {length} bytes, and at most {SOURCE_BYTES_MAX} may be")))
        }
        _ if source.trim().is_empty() => Err(Mistake::new("it is empty")),
        _ => Ok(()),
    }
}
