//! The triggers of the show file: on what condition, how long and how often. What they wait for is `whens.rs`'s.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::tz::TimeZone;

use crate::show::{
    expression::{Expression, Mistake},
    run::Mode,
    schedule::sun::Location,
    sheet::{Limits, Trigger, When},
};

use super::{
    modes,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    steps::{self, Cast},
    time,
    tree::{Node, Span, Value},
    trigger_keys::TRIGGER,
    whens,
    words::{did_you_mean_or_list, quoted},
};

/// How long something may have to last, or be over.
const LASTS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_hours(24));
/// How long what comes may be held back.
const HELD_BACK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_hours(1));
/// How long a trigger may rest.
const RESTS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_hours(168));

/// What a trigger can count on.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) source: &'a str,
    /// Where the sun is looked at from.
    pub(super) location: Option<Location>,
    /// The show's zone, and whether the file names it.
    pub(super) zone: (TimeZone, bool),
    pub(super) has_mqtt: bool,
    pub(super) has_osc: bool,
    pub(super) cast: &'a Cast,
}

/// Returns the names of all triggers with their places, for those who name one.
pub(super) fn names(node: Option<&Node>) -> BTreeMap<Arc<str>, Span> {
    let Some(Node { value: Value::Map(entries), .. }) = node else { return BTreeMap::new() };
    entries.iter().filter_map(|entry| Some((entry.key.text()?.into(), entry.key.span.clone()))).collect()
}

/// Reads all triggers.
pub(super) fn read(node: Option<&Node>, around: &Surroundings<'_>, report: &mut Report) -> Vec<Trigger> {
    let entries = node.and_then(|node| reader::entries(node, "`triggers`", report)).unwrap_or_default();
    let mut triggers = Vec::new();
    let mut zoneless = None;
    for (name, entry) in entries {
        report.take(scalar::name(&entry.key, "a trigger"));
        let of = format!("trigger {}", quoted(name));
        let place = &entry.key.span;
        let Some(mut fields) = Fields::of(&entry.value, place, &of, &TRIGGER, report) else { continue };
        let when = fields.required("when", whens::FORM, report);
        let steps = if fields.required("do", "write `do: { scene: NAME }`", report).is_some()
            && let Some(entry) = fields.entry("do")
        {
            steps::of_trigger(&entry.value, &entry.key.span, &of, around.cast, report)
        } else {
            Vec::new()
        };
        let when = when.and_then(|node| whens::read(node, &of, around, (&steps, &mut zoneless), report));
        let condition = fields.value("if", report);
        let condition = condition.and_then(|node| self::condition(node, &of, around, report));
        let limits = limits(&mut fields, when.as_deref(), report);
        let enabled = fields.get("enabled", report, scalar::boolean).unwrap_or(true);
        let mode = modes::read(&mut fields, Mode::Single, report);
        fields.finish(report);
        if let Some(when) = when {
            triggers.push(Trigger { name: name.into(), when, condition, limits, enabled, steps, mode });
        }
    }
    if let Some(place) = zoneless {
        report.push(
            Problem::warning(&place, "cron without a `timezone`: the times are UTC")
                .hint("write `timezone: Europe/Berlin` or `timezone: UTC` at the top of the file"),
        );
    }
    triggers
}

fn limits(fields: &mut Fields<'_>, when: Option<&[When]>, report: &mut Report) -> Limits {
    let mut time = |key: &'static str, range, report: &mut Report| {
        fields.get(key, report, |node| time::duration_in(node, key, range))
    };
    let limits = Limits {
        hold: time("for", LASTS, report),
        release_for: time("release_for", LASTS, report),
        throttle: time("throttle", HELD_BACK, report),
        debounce: time("debounce", HELD_BACK, report),
        cooldown: time("cooldown", RESTS, report),
    };
    let lasts = when.is_none_or(|when| when.iter().any(When::can_last));
    if let [entry, ..] = fields.given(&["for"]).as_slice()
        && !lasts
    {
        let problem = Problem::error(&entry.key.span, "nothing that this trigger waits for lasts");
        let hint = "`for` goes with `osc`, with `mqtt` that has a `payload`, with `stream`, and with a scene that is `entered`";
        report.push(problem.of(fields.what()).hint(hint));
    }
    limits
}

/// Reads what must hold besides.
fn condition(node: &Node, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<Expression> {
    let read = scalar::text(node).and_then(|text| {
        Expression::parse(text, around.cast.known.names())
            .map_err(|mistake| wrong(node, text, &mistake, around.source))
    });
    report.take(read.map_err(|problem| problem.of(&format!("{of}: `if`"))))
}

/// Says what is wrong with an expression, and where in it.
fn wrong(node: &Node, text: &str, mistake: &Mistake, source: &str) -> Problem {
    let place =
        mistake.place.clone().map_or_else(|| node.span.clone(), |part| within(node, text, part, source));
    let instead = mistake.instead.as_ref();
    let instead = instead
        .and_then(|(word, known)| did_you_mean_or_list(word, known.iter().map(String::as_str), "there are"));
    Problem::error(&place, mistake.message.clone())
        .hint_maybe(instead.or(mistake.hint.map(ToOwned::to_owned)))
}

/// Returns where a part of a text stands in the file: the whole text if that cannot be said.
pub(super) fn within(node: &Node, text: &str, part: Span, source: &str) -> Span {
    let written = source.get(node.span.clone()).unwrap_or_default();
    let quote = usize::from(written.starts_with(['"', '\'']));
    if written.get(quote..quote + text.len()) == Some(text) {
        let start = node.span.start + quote;
        return start + part.start..start + part.end;
    }
    node.span.clone()
}
