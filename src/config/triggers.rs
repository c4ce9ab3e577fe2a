//! The triggers of the show file: what they wait for, and on what condition.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::show::{
    address::AddressPattern,
    condition::Condition,
    cron::CronExpression,
    run::Mode,
    sheet::{Step, Trigger, When},
    topic::TopicFilter,
};

use super::{
    conditions, keys, modes,
    reader::{self, Fields},
    report::{Problem, Report},
    scalar,
    steps::{self, Cast},
    time,
    tree::{Node, Span},
    words::quoted,
};

/// What a trigger can wait for, and which keys go with it.
const KINDS: [(&str, &[&str]); 3] = [
    ("cron", &["timezone", "catch_up", "catch_up_within"]),
    ("mqtt", &["payload", "retained"]),
    ("osc", &["args"]),
];

/// How late a run may be that was missed, and how late unless the file says.
const CATCH_UP_WITHIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(168));
const CATCH_UP_USUAL: Duration = Duration::from_hours(24);

/// What a trigger can count on.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) source: &'a str,
    /// The show's zone, and whether the file names it.
    pub(super) zone: (TimeZone, bool),
    pub(super) has_mqtt: bool,
    pub(super) has_osc: bool,
    pub(super) cast: &'a Cast,
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
        let Some(mut fields) = Fields::of(&entry.value, place, &of, &keys::TRIGGER, report) else { continue };
        let form = "write `when: { cron: \"0 9 * * *\" }`, `{ mqtt: TOPIC }` or `{ osc: ADDRESS }`";
        let when = fields.required("when", form, report);
        let steps = if fields.required("do", "write `do: { scene: NAME }`", report).is_some()
            && let Some(entry) = fields.entry("do")
        {
            steps::of_trigger(&entry.value, &entry.key.span, &of, around.cast, report)
        } else {
            Vec::new()
        };
        let when = when.and_then(|node| when_of(node, &of, around, (&steps, &mut zoneless), report));
        let mode = modes::read(&mut fields, Mode::Single, report);
        fields.finish(report);
        if let Some(when) = when {
            triggers.push(Trigger { name: name.into(), when, steps, mode });
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

fn when_of(
    node: &Node,
    of: &str,
    around: &Surroundings<'_>,
    (steps, zoneless): (&[Step], &mut Option<Span>),
    report: &mut Report,
) -> Option<When> {
    let mut fields = Fields::of(node, &node.span, of, &keys::WHEN, report)?;
    let kinds = KINDS.map(|(kind, _)| kind);
    let given = fields.given(&kinds);
    match given.as_slice() {
        [] => {
            if !fields.has_unknown() {
                let hint = "write `{ cron: \"0 9 * * *\" }`, `{ mqtt: TOPIC }` or `{ osc: ADDRESS }`";
                report.push(Problem::error(&node.span, "this trigger waits for nothing").of(of).hint(hint));
            }
            for key in keys::WHEN.names() {
                fields.entry(key);
            }
            fields.finish(report);
            return None;
        }
        [_] => {}
        [_, second, ..] => {
            let problem = Problem::error(&second.key.span, "a trigger waits for one thing only");
            report.push(problem.of(of).hint("write a trigger for each of them; both may fire the same cue"));
        }
    }
    let kind = given.first()?.key.text()?;
    for (other, keys) in KINDS.into_iter().filter(|(other, _)| *other != kind) {
        fields.entry(other);
        for key in keys {
            if let Some(entry) = fields.entry(key)
                && given.len() == 1
            {
                let message = format!("`{key}` goes with `{other}`, not with `{kind}`");
                report.push(Problem::error(&entry.key.span, message).of(of));
            }
        }
    }
    let when = match kind {
        "cron" => cron(&mut fields, of, around, (steps, zoneless), report),
        "mqtt" => mqtt(&mut fields, of, around, report),
        _ => osc(&mut fields, of, around, report),
    };
    fields.finish(report);
    when
}

fn cron(
    fields: &mut Fields<'_>,
    of: &str,
    around: &Surroundings<'_>,
    (steps, zoneless): (&[Step], &mut Option<Span>),
    report: &mut Report,
) -> Option<When> {
    let node = fields.value("cron", report);
    let expression = node.and_then(|node| {
        let read = scalar::text(node).and_then(|text| {
            CronExpression::parse(text).map_err(|error| {
                let place = within(node, text, error.span(), around.source);
                let range = error.allowed().filter(|_| error.hint().is_none());
                let range = range.map(|range| format!("the values are {} to {}", range.start(), range.end()));
                Problem::error(&place, error.to_string()).hint_maybe(error.hint().or(range))
            })
        });
        report.take(read.map_err(|problem| problem.at_key("cron").of(of)))
    });
    let named = fields.has("timezone");
    let zone = fields.get("timezone", report, scalar::zone);
    if !named && !around.zone.1 {
        zoneless.get_or_insert(node?.span.clone());
    }
    let zone = zone.unwrap_or_else(|| around.zone.0.clone());
    let catch_up = catch_up(fields, of, steps, report);
    Some(When::Cron { expression: Box::new(expression?), zone, catch_up })
}

/// Reads how late a run may be that was missed.
fn catch_up(fields: &mut Fields<'_>, of: &str, steps: &[Step], report: &mut Report) -> Option<Duration> {
    let read = |node: &Node| scalar::choice(node, "catch_up", &keys::CATCH_UP);
    let word = fields.get("catch_up", report, read);
    let never = word == Some("none");
    let within_entry = fields.entry("catch_up_within");
    let read = |node: &Node| time::duration_in(node, "catch_up_within", CATCH_UP_WITHIN);
    let within = fields.get("catch_up_within", report, read).unwrap_or(CATCH_UP_USUAL);
    if let (true, Some(entry)) = (never, within_entry) {
        let problem = Problem::error(&entry.key.span, "`catch_up_within` says nothing with `catch_up: none`");
        report.push(problem.of(of).hint("take one of the two out"));
    }
    let usual = within_entry.is_some() || steps.iter().any(goes_to_a_scene);
    word.map_or(usual, |_| !never).then_some(within)
}

/// Returns whether a step goes to a scene, for which it is never too late on the same day.
fn goes_to_a_scene(step: &Step) -> bool {
    match step {
        Step::Scene { .. } | Step::Mix { .. } | Step::Blend(_) | Step::Paint(_) => true,
        Step::Cue(cue) => cue.steps.iter().any(goes_to_a_scene),
        Step::Parallel(lists) => lists.iter().any(|list| list.iter().any(goes_to_a_scene)),
        Step::Bypass { .. }
        | Step::Steer { .. }
        | Step::Grab { .. }
        | Step::Wait(_)
        | Step::Variable(_)
        | Step::Publish(_)
        | Step::Send(_)
        | Step::Call(_)
        | Step::Log(_)
        | Step::Stop(_) => false,
    }
}

/// Returns where a part of a text stands in the file: the whole text if that cannot be said.
fn within(node: &Node, text: &str, part: Span, source: &str) -> Span {
    let written = source.get(node.span.clone()).unwrap_or_default();
    let quote = usize::from(written.starts_with(['"', '\'']));
    if written.get(quote..quote + text.len()) == Some(text) {
        let start = node.span.start + quote;
        return start + part.start..start + part.end;
    }
    node.span.clone()
}

fn mqtt(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let retained = fields.get("retained", report, scalar::boolean).unwrap_or(false);
    let filter = fields.get("mqtt", report, |node| {
        TopicFilter::try_from(scalar::text(node)?)
            .map_err(|error| Problem::error(&node.span, error.to_string()))
    });
    if let [entry, ..] = fields.given(&["mqtt"]).as_slice()
        && !around.has_mqtt
    {
        let problem = Problem::error(&entry.key.span, "the show has no MQTT broker to listen to");
        report.push(problem.of(of).hint("write `inputs: { mqtt: { url: \"mqtt://localhost:1883\" } }`"));
    }
    let (payload, pointer) = match fields.value("payload", report) {
        Some(node) => conditions::payload(node, of, report)?,
        None => (Condition::Any, None),
    };
    Some(When::Mqtt { filter: filter?, payload, pointer, retained })
}

fn osc(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let address = fields.get("osc", report, |node| {
        let text = scalar::text(node)?;
        AddressPattern::parse(text).map_err(|error| {
            let hint = (!text.starts_with('/')).then(|| format!("write `/{text}`"));
            Problem::error(&node.span, error.to_string()).hint_maybe(hint)
        })
    });
    if let [entry, ..] = fields.given(&["osc"]).as_slice()
        && !around.has_osc
    {
        let problem = Problem::error(&entry.key.span, "the show does not listen to OSC");
        report.push(problem.of(of).hint("write `inputs: { osc: { listen: \"127.0.0.1:7755\" } }`"));
    }
    let args = match fields.value("args", report) {
        Some(node) => conditions::args(node, of, report)?,
        None => Vec::new(),
    };
    Some(When::Osc { address: address?, args })
}
