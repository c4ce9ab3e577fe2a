//! Faults on purpose: rules that say which request goes wrong, how often, and how.
//!
//! ```json
//! [{"route": "update", "every": 5, "times": 3, "fault": {"kind": "status", "status": 429, "retry_after": 2}},
//!  {"chance": 0.01, "fault": {"kind": "reset", "applied": true}}]
//! ```
//!
//! Pure: it only chooses. Breaking the connection is the server's, with `wire.rs`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{answer::Generation, api::Route, ids::Chance};

/// Rules at one time; more are a mistake.
const RULES_MAX: usize = 100;
/// The longest time a fault may take. Longer ones are `hang`.
const SECONDS_MAX: f64 = 3600.0;

/// Which requests go wrong, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The kind of request.
    #[serde(default)]
    pub route: Kind,
    /// Only requests about this stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// So many of these requests go well first.
    #[serde(default)]
    pub skip: u64,
    /// Then every so manieth goes wrong.
    #[serde(default = "once")]
    pub every: u64,
    /// And of those, this part of them, by chance.
    #[serde(default = "certain")]
    pub chance: f64,
    /// After so many faults the rule rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    pub fault: Fault,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Every request to the API.
    #[default]
    Any,
    /// A create.
    Create,
    /// A list.
    List,
    /// A get of one stream.
    Get,
    /// An update, of either generation.
    Update,
    /// A delete.
    Delete,
    /// A status, at either route.
    Status,
}

/// How a request goes wrong. Where nothing else is said it is not applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// It is answered with an error status.
    Status {
        /// The HTTP status.
        status: u16,
        /// Seconds to name in `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// It is applied, later than it would be.
    Delay {
        /// How much later.
        seconds: f64,
    },
    /// It is never answered.
    Hang,
    /// The connection is reset before anything is answered.
    Reset {
        /// Whether the request is applied all the same.
        #[serde(default)]
        applied: bool,
    },
    /// It is applied, and the connection reset in the middle of the answer's body.
    ResetInBody,
    /// It is applied, and the answer's JSON ends in the middle.
    TruncatedJson,
    /// It is applied, and the answer is no JSON.
    InvalidJson,
    /// A proxy answers with a page for people.
    HtmlPage {
        /// The HTTP status.
        #[serde(default = "bad_gateway")]
        status: u16,
    },
    /// It is applied, and the answer's body takes its time.
    SlowBody {
        /// How long.
        seconds: f64,
    },
}

const fn once() -> u64 {
    1
}

const fn certain() -> f64 {
    1.0
}

const fn bad_gateway() -> u16 {
    502
}

/// The rules in force, and how often each has met a request.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    rules: Vec<Watched>,
    seed: u64,
    chance: Chance,
}

#[derive(Clone, Debug)]
struct Watched {
    rule: Rule,
    met: u64,
    struck: u64,
}

impl Faults {
    /// Returns a world without faults.
    pub(super) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), seed, chance: Chance::new(seed) }
    }

    /// Puts rules in place of those there are, and starts their chance anew.
    pub(super) fn set(&mut self, rules: Vec<Rule>) -> Result<(), String> {
        if rules.len() > RULES_MAX {
            return Err(format!("more than {RULES_MAX} rules"));
        }
        for (place, rule) in rules.iter().enumerate() {
            rule.check().map_err(|broken| format!("rule {place}: {broken}"))?;
        }
        self.chance = Chance::new(self.seed);
        self.rules = rules.into_iter().map(|rule| Watched { rule, met: 0, struck: 0 }).collect();
        Ok(())
    }

    /// Returns the fault of a request: that of the first rule which strikes.
    pub(super) fn strike(&mut self, route: Route<'_>) -> Option<Fault> {
        let chance = &mut self.chance;
        self.rules
            .iter_mut()
            .find_map(|watched| watched.strikes(route, chance).then(|| watched.rule.fault.clone()))
    }

    /// Returns the rules with their counts.
    pub(super) fn look(&self) -> Value {
        let rules = self.rules.iter();
        rules
            .map(|Watched { rule, met, struck }| json!({ "rule": rule, "met": met, "struck": struck }))
            .collect()
    }
}

impl Watched {
    fn strikes(&mut self, route: Route<'_>, chance: &mut Chance) -> bool {
        let Rule { stream, skip, every, chance: part, times, .. } = &self.rule;
        if !self.rule.route.is(route) || stream.is_some() && stream.as_deref() != route.stream() {
            return false;
        }
        self.met += 1;
        let turn = self.met > *skip && (self.met - skip).is_multiple_of(*every);
        let strikes = turn && times.is_none_or(|times| self.struck < times) && chance.unit() < *part;
        self.struck += u64::from(strikes);
        strikes
    }
}

impl Rule {
    fn check(&self) -> Result<(), &'static str> {
        let seconds = match self.fault {
            Fault::Delay { seconds } | Fault::SlowBody { seconds } => seconds,
            _ => 0.0,
        };
        let status = match self.fault {
            Fault::Status { status, .. } | Fault::HtmlPage { status } => status,
            _ => 500,
        };
        if self.every == 0 {
            Err("`every` counts from 1")
        } else if !(0.0..=1.0).contains(&self.chance) {
            Err("`chance` is from 0 to 1")
        } else if !(0.0..=SECONDS_MAX).contains(&seconds) {
            Err("`seconds` is from 0 to 3600")
        } else if !(200..=599).contains(&status) {
            Err("`status` is from 200 to 599")
        } else {
            Ok(())
        }
    }
}

impl Kind {
    fn is(self, route: Route<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Create => matches!(route, Route::Create),
            Self::List => matches!(route, Route::List),
            Self::Get => matches!(route, Route::Get(_)),
            Self::Update => matches!(route, Route::Update(..)),
            Self::Delete => matches!(route, Route::Delete(_)),
            Self::Status => matches!(route, Route::Status(..)),
        }
    }
}

/// Returns the body of an injected error status, in the shape of the generation.
pub fn body(status: u16, generation: Generation) -> Value {
    match generation {
        Generation::V1 => {
            json!({"success": false, "error": "Injected fault", "code": "SIM/FAULT", "status": status})
        }
        Generation::Beta => json!({"success": false, "error": "Injected fault"}),
    }
}

/// Returns a page as proxies send it.
pub(super) fn page(status: u16) -> String {
    format!(
        "<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body>\r\n\
         <center><h1>{status} Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}

/// Returns a checked number of seconds as a duration.
pub(super) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: Value) -> Faults {
        let mut faults = Faults::new(1);
        faults.set(serde_json::from_value(rules).unwrap()).unwrap();
        faults
    }

    fn struck(faults: &mut Faults, route: Route<'_>, count: usize) -> Vec<bool> {
        (0..count).map(|_| faults.strike(route).is_some()).collect()
    }

    const UPDATE: Route<'static> = Route::Update("str_a", Generation::V1);

    #[test]
    fn a_rule_meets_its_own_kind_and_stream() {
        let mut faults = faults(json!([{"route": "update", "stream": "str_a", "fault": {"kind": "hang"}}]));
        assert_eq!(faults.strike(UPDATE), Some(Fault::Hang));
        assert_eq!(faults.strike(Route::Update("str_a", Generation::Beta)), Some(Fault::Hang));
        assert_eq!(faults.strike(Route::Update("str_b", Generation::V1)), None);
        assert_eq!(faults.strike(Route::Status("str_a", Generation::V1)), None);
        assert_eq!(faults.strike(Route::Create), None);
    }

    #[test]
    fn a_rule_can_wait_take_turns_and_rest() {
        let rule = json!([{"skip": 1, "every": 2, "times": 2, "fault": {"kind": "hang"}}]);
        let mut faults = faults(rule);
        let expected = [false, false, true, false, true, false, false, false];
        assert_eq!(struck(&mut faults, UPDATE, 8), expected);
        assert_eq!((&faults.look()[0]["met"], &faults.look()[0]["struck"]), (&json!(8), &json!(2)));
    }

    #[test]
    fn chance_is_seeded_and_about_right() {
        let rule = json!([{"chance": 0.25, "fault": {"kind": "hang"}}]);
        let first = struck(&mut faults(rule.clone()), UPDATE, 1000);
        assert_eq!(first, struck(&mut faults(rule), UPDATE, 1000));
        let count = first.iter().filter(|struck| **struck).count();
        assert!((200..300).contains(&count), "{count}");
    }

    #[test]
    fn the_first_rule_that_strikes_decides() {
        let mut faults = faults(json!([
            {"times": 1, "fault": {"kind": "status", "status": 429, "retry_after": 2}},
            {"fault": {"kind": "html_page"}}
        ]));
        assert_eq!(faults.strike(UPDATE), Some(Fault::Status { status: 429, retry_after: Some(2) }));
        assert_eq!(faults.strike(UPDATE), Some(Fault::HtmlPage { status: 502 }));
    }

    #[test]
    fn rules_that_make_no_sense_are_refused_and_leave_the_old_ones() {
        let mut faults = faults(json!([{"fault": {"kind": "hang"}}]));
        for (rules, complaint) in [
            (json!([{"every": 0, "fault": {"kind": "hang"}}]), "rule 0: `every` counts from 1"),
            (json!([{"chance": 2, "fault": {"kind": "hang"}}]), "rule 0: `chance` is from 0 to 1"),
            (json!([{"fault": {"kind": "delay", "seconds": -1}}]), "rule 0: `seconds` is from 0 to 3600"),
            (json!([{"fault": {"kind": "status", "status": 99}}]), "rule 0: `status` is from 200 to 599"),
        ] {
            assert_eq!(faults.set(serde_json::from_value(rules).unwrap()), Err(complaint.to_owned()));
        }
        for rules in [json!({}), json!([{}]), json!([{"fault": {"kind": "fire"}}]), json!([{"fuat": 1}])] {
            assert!(serde_json::from_value::<Vec<Rule>>(rules.clone()).is_err(), "{rules}");
        }
        assert_eq!(faults.strike(UPDATE), Some(Fault::Hang));
    }
}
