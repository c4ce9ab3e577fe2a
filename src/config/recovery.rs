//! What a show file says about a stream's bad days: `recovery`, `on_stream_lost`, `on_drift`, and who is told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::show::{
    recovery::{Fallback, Hook, HookUrl, OnDrift, OnLost, Recovery, Rung},
    scene::Scene,
    topic::TOPIC_MAX,
};

use super::{
    reader::Fields,
    recovery_keys,
    report::{Problem, Report},
    scalar, secret,
    streams::scene,
    time,
    tree::{Node, Value},
    words::quoted,
};

/// A wait shorter than a status takes to be true (10 s window, 10 s way) climbs on what was before.
const STALLED_AFTER: (Duration, Duration) = (Duration::from_secs(15), Duration::from_hours(1));
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_hours(1));
const AGAIN_AFTER: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(24));
const COMMAND_TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// How many can be told of one thing.
const HOOKS_MAX: usize = 8;

/// How a stream is brought back.
pub(super) struct Remedies {
    pub(super) recovery: Recovery,
    pub(super) on_stream_lost: OnLost,
    pub(super) on_drift: OnDrift,
}

/// Reads how a stream is brought back.
pub(super) fn remedies(
    fields: &mut Fields<'_>,
    of: &str,
    scenes: &BTreeMap<Arc<str>, Arc<Scene>>,
    report: &mut Report,
) -> Remedies {
    let attached = fields.has("stream");
    let recovery = recovery(fields.value("recovery", report), of, scenes, report);
    let lost_entry = fields.entry("on_stream_lost");
    let lost = fields.get("on_stream_lost", report, |node| {
        scalar::choice(node, "on_stream_lost", &["recreate", "wait", "fallback"])
    });
    let on_stream_lost = match lost {
        Some("wait") => OnLost::Wait,
        Some("fallback") => OnLost::Fallback,
        _ => OnLost::Recreate,
    };
    if let (Some(entry), Some(word)) = (lost_entry, lost) {
        if attached && on_stream_lost != OnLost::Wait {
            let message =
                format!("`on_stream_lost: {word}` needs a stream of our own, and `stream` names another");
            let hint = "an existing stream can only be waited for: take one of the two keys out";
            report.push(Problem::error(&entry.value.span, message).of(of).hint(hint));
        } else if on_stream_lost == OnLost::Fallback && recovery.fallback.is_none() {
            let message = "`on_stream_lost: fallback` needs a fallback scene";
            let hint = "write `recovery: { fallback: { scene: NAME } }`";
            report.push(Problem::error(&entry.value.span, message).of(of).hint(hint));
        }
    }
    let drift =
        fields.get("on_drift", report, |node| scalar::choice(node, "on_drift", &["reassert", "report"]));
    let on_drift = if drift == Some("report") { OnDrift::Report } else { OnDrift::Reassert };
    Remedies { recovery, on_stream_lost, on_drift }
}

fn recovery(
    node: Option<&Node>,
    of: &str,
    scenes: &BTreeMap<Arc<str>, Arc<Scene>>,
    report: &mut Report,
) -> Recovery {
    let mut recovery = Recovery::default();
    let Some(node) = node else { return recovery };
    let of = format!("{of}: `recovery`");
    let Some(mut fields) = Fields::of(node, &node.span, &of, &recovery_keys::RECOVERY, report) else {
        return recovery;
    };
    let mut span = |key: &'static str, limits, into: &mut Duration| {
        let read = fields.get(key, report, |node| time::duration_in(node, key, limits));
        *into = read.unwrap_or(*into);
    };
    span("stalled_after", STALLED_AFTER, &mut recovery.stalled_after);
    span("alarm_after", WAIT, &mut recovery.alarm_after);
    span("again_after", AGAIN_AFTER, &mut recovery.again_after);
    span("steady_after", WAIT, &mut recovery.steady_after);
    if let Some(node) = fields.value("resend", report)
        && let Some(mut fields) =
            Fields::of(node, &node.span, &format!("{of}: `resend`"), &recovery_keys::RESEND, report)
    {
        recovery.resend = rung(&mut fields, recovery.resend, report);
        fields.finish(report);
    }
    if let Some(node) = fields.value("recreate", report)
        && let Some(mut fields) =
            Fields::of(node, &node.span, &format!("{of}: `recreate`"), &recovery_keys::RECREATE, report)
    {
        recovery.recreate = rung(&mut fields, recovery.recreate, report);
        let most = fields.get("per_hour", report, |node| whole(node, "per_hour", (1, 60)));
        recovery.creates_per_hour = most.unwrap_or(recovery.creates_per_hour);
        fields.finish(report);
    }
    if let Some(node) = fields.value("fallback", report)
        && let Some(mut fields) =
            Fields::of(node, &node.span, &format!("{of}: `fallback`"), &recovery_keys::FALLBACK, report)
    {
        let hint = "write `fallback: { scene: NAME }`";
        let node = fields.required("scene", hint, report);
        let found = node.and_then(|node| {
            report.take(scene(node, "it falls back to", scenes).map_err(|problem| problem.of(&of)))
        });
        let wait = fields.get("wait", report, |node| time::duration_in(node, "wait", WAIT));
        let wait = wait.unwrap_or(recovery.recreate.wait);
        recovery.fallback = found.flatten().map(|scene| Fallback { scene, wait });
        fields.finish(report);
    }
    fields.finish(report);
    recovery
}

fn rung(fields: &mut Fields<'_>, usual: Rung, report: &mut Report) -> Rung {
    let times = fields.get("times", report, |node| whole(node, "times", (0, 20)));
    let wait = fields.get("wait", report, |node| time::duration_in(node, "wait", WAIT));
    Rung { times: times.unwrap_or(usual.times), wait: wait.unwrap_or(usual.wait) }
}

fn whole(node: &Node, name: &str, (low, high): (u32, u32)) -> Result<u32, Problem> {
    scalar::integer(node)?;
    scalar::number_in(node, name, f64::from(low), f64::from(high)).map(|number| number as u32)
}

/// What hooks need from elsewhere in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct HookContext {
    pub(super) has_mqtt: bool,
    /// Whether the file allows commands.
    pub(super) commands: bool,
}

/// Reads who is told of something: one or a list of them.
pub(super) fn hooks(
    node: Option<&Node>,
    of: &str,
    key: &str,
    context: HookContext,
    report: &mut Report,
) -> Vec<Hook> {
    let Some(node) = node else { return Vec::new() };
    let of = if of.is_empty() { format!("`{key}`") } else { format!("{of}: `{key}`") };
    let nodes: Vec<&Node> = match &node.value {
        Value::List(nodes) => nodes.iter().collect(),
        _ => vec![node],
    };
    if nodes.len() > HOOKS_MAX {
        let message = format!("at most {HOOKS_MAX} can be told, not {}", nodes.len());
        report.push(Problem::error(&node.span, message).of(&of));
    }
    nodes.into_iter().filter_map(|node| hook(node, &of, context, report)).collect()
}

fn hook(node: &Node, of: &str, context: HookContext, report: &mut Report) -> Option<Hook> {
    const KINDS: [&str; 3] = ["mqtt", "http", "command"];
    let mut fields = Fields::of(node, &node.span, of, &recovery_keys::HOOK, report)?;
    let given = fields.given(&KINDS);
    if given.len() != 1 && !fields.has_unknown() {
        let span = given.get(1).map_or(&node.span, |second| &second.key.span);
        let problem = Problem::error(span, "exactly one of `mqtt`, `http` and `command` says who is told");
        report.push(problem.of(of).hint("write a list to tell more than one"));
    }
    let place =
        |key: &str| given.iter().find(|entry| entry.key.text() == Some(key)).map(|entry| &entry.key.span);
    let topic = fields.get("mqtt", report, topic);
    let retain_entry = fields.entry("retain");
    let retain = fields.get("retain", report, scalar::boolean);
    if let (Some(span), false) = (place("mqtt"), context.has_mqtt) {
        let problem = Problem::error(span, "the show has no MQTT broker to publish to");
        report.push(problem.of(of).hint("write `inputs: { mqtt: { url: \"mqtt://localhost:1883\" } }`"));
    }
    let url = fields.value("http", report).and_then(|node| url(node, (of, "http"), report));
    let argv = fields.get("command", report, argv);
    let timeout_entry = fields.entry("timeout");
    let timeout = fields.get("timeout", report, |node| time::duration_in(node, "timeout", COMMAND_TIMEOUT));
    if let (Some(span), false) = (place("command"), context.commands) {
        let problem = Problem::error(span, "this show may not run commands");
        report.push(problem.of(of).hint("write `allow_commands: true` at the top of the file to allow it"));
    }
    for (entry, key, kind) in [(retain_entry, "retain", "mqtt"), (timeout_entry, "timeout", "command")] {
        if let (Some(entry), None, true) = (entry, place(kind), given.len() == 1) {
            let problem = Problem::error(&entry.key.span, format!("`{key}` goes with `{kind}`"));
            report.push(problem.of(of));
        }
    }
    fields.finish(report);
    match (topic, url, argv) {
        (Some(topic), None, None) => {
            Some(Hook::Mqtt { topic: topic.into(), retain: retain.unwrap_or(false) })
        }
        (None, Some(url), None) => Some(Hook::Http(url)),
        (None, None, Some(argv)) => {
            Some(Hook::Command { argv, timeout: timeout.unwrap_or(Duration::from_secs(30)) })
        }
        _ => None,
    }
}

/// Reads a topic to publish to.
pub(super) fn topic(node: &Node) -> Result<&str, Problem> {
    let topic = scalar::filled(node)?;
    if topic.len() > TOPIC_MAX || topic.contains(['+', '#', '\0']) {
        let problem = Problem::error(&node.span, format!("{} is no topic to publish to", quoted(topic)));
        return Err(problem.hint("a topic has no `+` and no `#`"));
    }
    Ok(topic)
}

/// Reads an address that stands under `key`.
pub(super) fn url(node: &Node, (of, key): (&str, &str), report: &mut Report) -> Option<HookUrl> {
    if matches!(node.value, Value::Map(_)) {
        return secret::source(node, of, key, report).map(HookUrl::Secret);
    }
    report.take(plain_url(node, key).map_err(|problem| problem.at_key(key).of(of))).map(HookUrl::Plain)
}

fn plain_url(node: &Node, key: &str) -> Result<Arc<str>, Problem> {
    let text = scalar::filled(node)?;
    if secret::user_info(text).is_some() {
        let problem = Problem::error(&node.span, "secrets do not belong in the show file");
        return Err(problem.hint(format!("write `{key}: {{ env: NAME }}` for an address that is a secret")));
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    if host.is_empty() || text.contains([' ', '#']) || text.contains(char::is_control) {
        let problem = Problem::error(&node.span, format!("{} is not an address to post to", quoted(text)));
        return Err(problem.hint("write `http://host:port/path`, or `{ env: NAME }` if it is a secret"));
    }
    Ok(text.into())
}

fn argv(node: &Node) -> Result<Vec<Arc<str>>, Problem> {
    let hint = "write `[/usr/local/bin/program, argument]`; there is no shell in between";
    let Value::List(nodes) = &node.value else {
        return Err(scalar::expected(node, "a list of a program and its arguments").hint(hint));
    };
    let argv: Vec<Arc<str>> =
        nodes.iter().map(|node| scalar::text(node).map(Arc::from)).collect::<Result<_, _>>()?;
    if argv.first().is_none_or(|program| program.is_empty()) {
        return Err(Problem::error(&node.span, "the list names no program").hint(hint));
    }
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(Problem::error(&node.span, "an argument holds the character 0"));
    }
    Ok(argv)
}
