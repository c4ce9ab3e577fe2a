//! The check of single values: kind, range, and for objects every member.

use serde_json::{Map, Value};

use super::{
    Dialect, Kind, SEED_MAX, Spec,
    models::{self, Family},
    nets::PREPROCESSORS,
    objects::{self, Member, Needed, SIDE, SIDE_STEP},
};

/// How much of a wrong text a message quotes.
const QUOTED_CHARS_MAX: usize = 40;

/// One rule that a parameter set breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What breaks it: `delta`, `controlnets.0.conditioning_scale`.
    pub path: String,
    /// Of which sort the rule is.
    pub complaint: Complaint,
    /// Which rule, without the path, the full stop and a capital.
    pub message: String,
    /// What would be right, where that can be said.
    pub hint: Option<String>,
}

/// The sort of a broken rule, for those who can say more about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// It is of another kind; this one is expected, as in "a number".
    Form(&'static str),
    /// It is none of these words.
    Choice(&'static [&'static str]),
    /// It has a name that nobody knows; these are known.
    Unknown(Vec<&'static str>),
    /// It is not there.
    Missing,
    /// Anything else.
    Rule,
}

impl Violation {
    pub(super) fn rule(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), complaint: Complaint::Rule, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Writes it for the body of a refusal: path and message.
impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Returns what is wrong with the value of one parameter, for a model of `family`.
pub fn check(spec: &Spec, value: &Value, dialect: Dialect, family: Option<Family>) -> Vec<Violation> {
    check_kind(spec.name, spec.kind, value, dialect, family)
}

/// Returns what is wrong with a value of that kind, which stands at `path`.
pub fn check_kind(
    path: &str,
    kind: Kind,
    value: &Value,
    dialect: Dialect,
    family: Option<Family>,
) -> Vec<Violation> {
    let mut checker = Checker { dialect, family, violations: Vec::new() };
    checker.value(path, value, kind);
    checker.violations
}

/// Returns what is wrong with the parameters, one by one.
pub(super) fn check_all(params: &Map<String, Value>, dialect: Dialect) -> Vec<Violation> {
    let family = params.get("model_id").and_then(Value::as_str).and_then(models::family);
    let mut checker = Checker { dialect, family, violations: Vec::new() };
    for (name, value) in params {
        match super::find(name).filter(|spec| spec.is_known_to(dialect, family)) {
            Some(spec) => checker.value(name, value, spec.kind),
            None => checker.breaks(name, Complaint::Unknown(Vec::new()), "unknown parameter"),
        }
    }
    checker.violations
}

/// Reads a number as a whole one: 7 and 7.0, not 7.5.
pub fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15)?;
        Some(number as i64)
    })
}

/// What can be mixed by weights, and how that is called.
struct Things {
    is: fn(&Value) -> bool,
    any: &'static str,
    pair: &'static str,
}

const TEXTS: Things = Things {
    is: Value::is_string,
    any: "a text or a list of pairs `[text, weight]`",
    pair: "a pair `[text, weight]`",
};

const SEEDS: Things = Things {
    is: |value| whole(value).is_some(),
    any: "a whole number or a list of pairs `[seed, weight]`",
    pair: "a pair `[seed, weight]`",
};

struct Checker {
    dialect: Dialect,
    family: Option<Family>,
    violations: Vec<Violation>,
}

impl Checker {
    fn v1(&self) -> bool {
        self.dialect == Dialect::V1
    }

    fn breaks(&mut self, path: &str, complaint: Complaint, message: impl Into<String>) {
        let message = message.into();
        self.violations.push(Violation { path: path.to_owned(), complaint, message, hint: None });
    }

    fn form(&mut self, path: &str, what: &'static str, value: &Value) {
        self.breaks(path, Complaint::Form(what), format!("{what} is expected, not {}", found(value)));
    }

    fn value(&mut self, path: &str, value: &Value, kind: Kind) {
        match kind {
            Kind::Bool => self.require(path, value.is_boolean(), "`true` or `false`", value),
            Kind::Number(low, high) => self.number(path, value, low, high),
            Kind::Integer(low, high) => self.integer(path, value, low, high),
            Kind::Size => self.size(path, value),
            Kind::Choice(words) => self.choice(path, value, words),
            Kind::Model if self.v1() => self.choice(path, value, models::IDS),
            Kind::Text | Kind::Model => self.require(path, value.is_string(), "a text", value),
            Kind::Preprocessor if value.is_null() && !self.v1() => {}
            Kind::Preprocessor => self.choice(path, value, PREPROCESSORS),
            Kind::Indices => self.indices(path, value),
            Kind::Prompts => self.pairs(path, value, &TEXTS),
            Kind::Seeds => self.pairs(path, value, &SEEDS),
            Kind::Loras => self.loras(path, value),
            Kind::Nets => self.nets(path, value),
            Kind::Free => self.require(path, value.is_object(), "a map", value),
            Kind::Processors(names) => {
                self.list(path, value, "a list of processors", |checker, path, item| {
                    checker.members(path, item, &objects::processor(names));
                });
            }
            Kind::Processing(names) => self.members(path, value, &objects::processing(names)),
            Kind::IpAdapter => self.members(path, value, &objects::ip_adapter(self.family)),
            Kind::CachedAttention => self.members(path, value, objects::CACHED_ATTENTION),
        }
    }

    fn require(&mut self, path: &str, holds: bool, what: &'static str, value: &Value) {
        if !holds {
            self.form(path, what, value);
        }
    }

    fn number(&mut self, path: &str, value: &Value, low: f64, high: f64) {
        match value.as_f64() {
            None => self.form(path, "a number", value),
            Some(number) => self.within(path, number, low, high),
        }
    }

    fn integer(&mut self, path: &str, value: &Value, low: i64, high: i64) {
        match whole(value) {
            None => self.form(path, "a whole number", value),
            Some(number) => self.within(path, number as f64, low as f64, high as f64),
        }
    }

    /// Checks a range, which only v1 does.
    fn within(&mut self, path: &str, number: f64, low: f64, high: f64) {
        if self.v1() && !(low..=high).contains(&number) {
            let range =
                if high >= 1e6 { format!("{low} or more") } else { format!("within {low} to {high}") };
            self.breaks(path, Complaint::Rule, format!("{number} is not {range}"));
        }
    }

    fn size(&mut self, path: &str, value: &Value) {
        let (low, high) = SIDE;
        self.integer(path, value, low, high);
        let Some(side) = whole(value).filter(|side| (low..=high).contains(side)) else { return };
        if self.v1() && side % SIDE_STEP != 0 {
            let near = (side + SIDE_STEP / 2) / SIDE_STEP * SIDE_STEP;
            let rule = Violation::rule(path, format!("{side} is not a multiple of {SIDE_STEP}"));
            self.violations.push(rule.hint(format!("the nearest is {near}")));
        }
    }

    fn choice(&mut self, path: &str, value: &Value, words: &'static [&'static str]) {
        match value.as_str() {
            None => self.form(path, "a text", value),
            Some(text) if words.contains(&text) => {}
            Some(text) => {
                let name = path.rsplit('.').next().unwrap_or(path);
                let message = format!("{} is not a value of `{name}`", quoted(text));
                self.breaks(path, Complaint::Choice(words), message);
            }
        }
    }

    /// Checks the entries of the schedule; its order and its end are rules across parameters.
    fn indices(&mut self, path: &str, value: &Value) {
        self.list(path, value, "a list of steps", |checker, path, item| {
            if whole(item).is_none() {
                checker.form(path, "a whole number", item);
            }
        });
    }

    fn list(
        &mut self,
        path: &str,
        value: &Value,
        what: &'static str,
        each: impl Fn(&mut Self, &str, &Value),
    ) {
        let Some(items) = value.as_array() else { return self.form(path, what, value) };
        for (place, item) in items.iter().enumerate() {
            each(self, &format!("{path}.{place}"), item);
        }
    }

    /// Checks prompts or seeds: one thing, or a list of pairs of a thing and a weight.
    fn pairs(&mut self, path: &str, value: &Value, things: &Things) {
        let Some(items) = value.as_array() else {
            if (things.is)(value) {
                self.thing(path, value, false);
            } else {
                self.form(path, things.any, value);
            }
            return;
        };
        for (place, item) in items.iter().enumerate() {
            let path = format!("{path}.{place}");
            match item.as_array().map(Vec::as_slice) {
                Some([thing, Value::Number(_)]) if (things.is)(thing) => self.thing(&path, thing, true),
                _ => self.form(&path, things.pair, item),
            }
        }
    }

    fn thing(&mut self, path: &str, thing: &Value, listed: bool) {
        if !self.v1() {
            return;
        }
        match thing {
            Value::String(text) if listed && text.is_empty() => {
                self.breaks(path, Complaint::Rule, "the text is empty");
            }
            Value::Number(_) if whole(thing).is_none_or(|seed| !(-SEED_MAX..=SEED_MAX).contains(&seed)) => {
                self.breaks(path, Complaint::Rule, format!("a seed is within ±{SEED_MAX}"));
            }
            _ => {}
        }
    }

    fn loras(&mut self, path: &str, value: &Value) {
        match value.as_object() {
            None => self.require(path, value.is_null(), "a map", value),
            Some(loras) => {
                for (name, scale) in loras {
                    self.require(&format!("{path}.{name}"), scale.is_number(), "a number", scale);
                }
            }
        }
    }

    fn nets(&mut self, path: &str, value: &Value) {
        if value.is_null() && !self.v1() {
            return;
        }
        self.list(path, value, "a list of ControlNets", |checker, path, item| {
            checker.members(path, item, objects::NET);
        });
    }

    fn members(&mut self, path: &str, value: &Value, members: &[Member]) {
        let Some(object) = value.as_object() else { return self.form(path, "a map", value) };
        for member in members {
            let path = format!("{path}.{}", member.name);
            let needed = match member.needed {
                Needed::Never => false,
                Needed::V1 => self.v1(),
                Needed::Always => true,
            };
            match object.get(member.name) {
                Some(value) => self.value(&path, value, member.kind),
                None if needed => {
                    self.breaks(&path, Complaint::Missing, format!("`{}` is missing", member.name));
                }
                None => {}
            }
        }
        for name in object.keys().filter(|name| members.iter().all(|member| member.name != name.as_str())) {
            let known = members.iter().map(|member| member.name).collect();
            let message = format!("unknown key {}", quoted(name));
            self.breaks(&format!("{path}.{name}"), Complaint::Unknown(known), message);
        }
    }
}

/// Says what stands where something else is expected.
fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(name: &str, value: &Value) -> Vec<String> {
        let spec = super::super::find(name).unwrap();
        check(spec, value, Dialect::V1, None).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_what_was_found() {
        for (name, value, message) in [
            ("delta", json!("0.5"), "delta: a number is expected, not the text `0.5`"),
            ("use_lcm_lora", json!(1), "use_lcm_lora: `true` or `false` is expected, not `1`"),
            ("num_inference_steps", json!(1.5), "num_inference_steps: a whole number is expected, not `1.5`"),
            ("ip_adapter", json!([]), "ip_adapter: a map is expected, not a list"),
            ("negative_prompt", Value::Null, "negative_prompt: a text is expected, not null"),
            ("t_index_list", json!([1, {}]), "t_index_list.1: a whole number is expected, not a map"),
        ] {
            assert_eq!(told(name, &value), [message]);
        }
    }

    #[test]
    fn ranges_and_words_are_told_with_what_would_be_right() {
        assert_eq!(
            told("num_inference_steps", &json!(101)),
            ["num_inference_steps: 101 is not within 1 to 100"]
        );
        let name = "similar_image_filter_max_skip_frame";
        assert_eq!(told(name, &json!(-1)), [format!("{name}: -1 is not 0 or more")]);
        let spec = super::super::find("width").unwrap();
        let [violation] = check(spec, &json!(700), Dialect::V1, None).try_into().unwrap();
        assert_eq!(violation.message, "700 is not a multiple of 64");
        assert_eq!(violation.hint.as_deref(), Some("the nearest is 704"));
        assert_eq!(check(spec, &json!(700), Dialect::Beta, None), [], "beta leaves ranges to the runner");
    }

    #[test]
    fn a_long_text_is_cut_and_made_printable() {
        let message = &told("acceleration", &json!("x\n".repeat(99)))[0];
        assert!(message.len() < 120 && message.contains("x\\nx") && message.contains('…'), "{message}");
    }
}
