//! Steps of lists that are no scene, no transition and no cue: waits, mixes, variables, and what goes out to others.

use std::{sync::Arc, time::Duration};

use crate::show::{
    expression::Template,
    run::{
        DEPTH_MAX, Owner,
        formula::Formula,
        outward::ARGS_MAX,
        step::{Blend, Body, Call, CallUrl, Method, Publish, Send, Stop, Wait},
    },
    scene::{Fade, Scene},
    sheet::Step,
    variables,
};

use super::{
    action_keys, fades, formulas, inputs, reader,
    reader::Fields,
    recovery,
    report::{Problem, Report},
    scalar, scenes,
    steps::{self, Actor, Cast},
    time,
    tree::{Node, Value},
    words::{did_you_mean_or_list, quoted},
};

/// What a step of these does, with the words for it.
pub(super) const KINDS: [(&str, &str); 9] = [
    ("wait", "waits"),
    ("parallel", "does several lists"),
    ("blend", "goes to a mix"),
    ("variable", "sets variables"),
    ("publish", "publishes"),
    ("send", "sends"),
    ("call", "calls"),
    ("log", "writes a line"),
    ("stop", "stops a list"),
];

/// The keys that say how and where something is to come in, and with which of these they go.
const WAYS: [(&str, &[&str]); 7] = [
    ("fade", &["blend"]),
    ("easing", &["blend"]),
    ("policy", &[]),
    ("hold", &[]),
    ("priority", &[]),
    ("release", &[]),
    ("stream", &["blend", "wait"]),
];

/// The longest wait: longer ones are schedules.
const WAIT: (Duration, Duration) = (Duration::ZERO, Fade::LONGEST);
const TIMEOUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
const TIMEOUT_USUAL: Duration = Duration::from_secs(10);

/// Reads a step of the kind that it was found to be.
pub(super) fn step(
    kind: &'static str,
    fields: &mut Fields<'_>,
    (actor, depth): (Actor, usize),
    cast: &Cast,
    report: &mut Report,
) -> Option<Step> {
    for (way, kinds) in WAYS {
        if let [entry, ..] = fields.given(&[way]).as_slice()
            && !kinds.contains(&kind)
        {
            let message = format!("`{way}` does not go with `{kind}`");
            report.push(Problem::error(&entry.key.span, message).of(fields.what()).hint("take it out"));
        }
    }
    let of = fields.what().to_owned();
    let node = fields.value(kind, report)?;
    match kind {
        "wait" => wait(node, fields, cast, report).map(Step::Wait),
        "parallel" => parallel(node, &of, (actor, depth), cast, report).map(Step::Parallel),
        "blend" => blend(node, fields, cast, report).map(Step::Blend),
        "variable" => set(node, &of, cast, report).map(Step::Variable),
        "publish" => publish(node, &of, cast, report).map(Step::Publish),
        "send" => send(node, &of, cast, report).map(Step::Send),
        "call" => call(node, &of, cast, report).map(|call| Step::Call(Arc::new(call))),
        "log" => {
            let text = formulas::text(node, cast.known.names());
            report.take(text.map_err(|problem| problem.at_key("log").of(&of))).map(Step::Log)
        }
        _ => stop(node, &of, cast, report).map(Step::Stop),
    }
}

fn wait(node: &Node, fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Wait> {
    let of = fields.what().to_owned();
    if let Value::Map(_) = node.value {
        let mut inner = Fields::of(node, &node.span, &of, &action_keys::UNTIL, report)?;
        let until = inner.required("until", "write `wait: { until: arrived }`", report);
        let word =
            until.map(|node| scalar::choice(node, "until", &["arrived"]).map_err(|error| error.of(&of)));
        let word = word.and_then(|word| report.take(word));
        inner.finish(report);
        let streams = steps::streams_of(fields, cast, report);
        return word.map(|_| Wait::Arrived(streams));
    }
    if let [entry, ..] = fields.given(&["stream"]).as_slice() {
        let problem = Problem::error(&entry.key.span, "`stream` goes with `wait: { until: arrived }`");
        report.push(problem.of(&of).hint("take it out"));
    }
    let time = time::duration_in(node, "wait", WAIT).map_err(|problem| problem.at_key("wait").of(&of));
    report.take(time).map(Wait::For)
}

fn parallel(
    node: &Node,
    of: &str,
    (actor, depth): (Actor, usize),
    cast: &Cast,
    report: &mut Report,
) -> Option<Vec<Arc<[Step]>>> {
    let Value::List(lists) = &node.value else {
        let problem = scalar::expected(node, "a list of lists").at_key("parallel").of(of);
        report.push(problem.hint("write `parallel: [ [ … ], [ … ] ]`"));
        return None;
    };
    if depth >= DEPTH_MAX {
        let message = format!("lists stand in lists at most {DEPTH_MAX} deep");
        report.push(Problem::error(&node.span, message).of(of).hint("make a cue of the inner ones"));
        return None;
    }
    if lists.is_empty() {
        report.push(Problem::error(&node.span, "there is nothing to do").of(of));
    }
    let list = |list: &Node, report: &mut Report| {
        steps::list(list, &list.span, of, (actor, depth + 1), cast, report).into()
    };
    Some(lists.iter().map(|node| list(node, report)).collect())
}

fn blend(node: &Node, fields: &mut Fields<'_>, cast: &Cast, report: &mut Report) -> Option<Blend> {
    let of = fields.what().to_owned();
    let mut parts: Vec<(Arc<Scene>, f64)> = Vec::new();
    for (name, entry) in reader::entries(node, &of, report).unwrap_or_default() {
        let weight = scalar::number(&entry.value).and_then(|weight| match weight {
            ..0.0 => Err(Problem::error(&entry.value.span, "a weight is negative")),
            weight => Ok(weight),
        });
        let weight = report.take(weight.map_err(|problem| problem.at_key(name).of(&of)));
        match cast.scenes.get(name) {
            Some(scene) => parts.extend(weight.map(|weight| (Arc::clone(scene), weight))),
            None => report.push(steps::missing(&entry.key, name, &of, "blends scene", &cast.scenes)),
        }
    }
    let sum: f64 = parts.iter().map(|(_, weight)| weight).sum();
    if parts.is_empty() || !(sum.is_finite() && sum > 1e-9) {
        let problem = Problem::error(&node.span, "the weights sum to zero").of(&of);
        report.push(problem.hint("write `blend: { dawn: 0.3, neon: 0.7 }`"));
        return None;
    }
    let fade = fields.value("fade", report).and_then(|node| fades::read(node, &of, report));
    let easing = fields.get("easing", report, scenes::easing);
    let streams = steps::streams_of(fields, cast, report);
    Some(Blend { parts, streams, fade, easing })
}

fn set(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Option<Vec<(Arc<str>, Formula)>> {
    let entries = reader::entries(node, of, report)?;
    if entries.is_empty() {
        report.push(Problem::error(&node.span, "there is nothing to set").of(of));
    }
    let mut list = Vec::new();
    for (name, entry) in entries {
        let Some((name, initial)) = cast.variables.get_key_value(name) else {
            let message = format!("{of} sets variable {}, which is not declared", quoted(name));
            let known = cast.variables.keys().map(|name| &**name);
            let hint = did_you_mean_or_list(name, known, "the show has")
                .unwrap_or_else(|| format!("write `variables: {{ {name}: 0 }}` at the top of the file"));
            report.push(Problem::error(&entry.key.span, message).hint(hint));
            continue;
        };
        let formula = formulas::plain(&entry.value, cast.known.names()).and_then(|formula| match formula {
            Formula::Fixed(value) => variables::fit(&value, initial)
                .map(Formula::Fixed)
                .map_err(|error| Problem::error(&entry.value.span, format!("`{name}`: {error}"))),
            formula => Ok(formula),
        });
        let formula = report.take(formula.map_err(|problem| problem.at_key(name).of(of)));
        list.extend(formula.map(|formula| (Arc::clone(name), formula)));
    }
    Some(list)
}

fn publish(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Option<Publish> {
    let names = cast.known.names();
    if !cast.has_mqtt {
        let problem = Problem::error(&node.span, "the show has no MQTT broker to publish to");
        report.push(problem.of(of).hint("write `inputs: { mqtt: { url: \"mqtt://localhost:1883\" } }`"));
    }
    let mut fields = Fields::of(node, &node.span, of, &action_keys::PUBLISHED, report)?;
    let topic = fields.required("topic", "write `publish: { topic: gallery/light, payload: on }`", report);
    let topic = topic.and_then(|node| {
        let topic = formulas::text(node, names).and_then(|topic| {
            if topic.fixed().is_some() {
                recovery::topic(node)?;
            }
            Ok(topic)
        });
        report.take(topic.map_err(|problem| problem.at_key("topic").of(of)))
    });
    let payload = fields.entry("payload").map(|entry| {
        report.take(formulas::any(&entry.value, names).map_err(|problem| problem.at_key("payload").of(of)))
    });
    let payload = payload.map_or(Some(Formula::Fixed("".into())), |payload| payload);
    let retain = fields.get("retain", report, scalar::boolean).unwrap_or(false);
    let qos = fields.get("qos", report, |node| {
        scalar::number_in(node, "qos", 0.0, 1.0)?;
        scalar::integer(node)
    });
    fields.finish(report);
    Some(Publish { topic: topic?, payload: payload?, retain, acknowledged: qos != Some(0) })
}

fn send(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Option<Send> {
    const FORM: &str = "write `send: { osc: /light/1, args: [1], to: \"192.168.7.20:9000\" }`";
    let names = cast.known.names();
    let mut fields = Fields::of(node, &node.span, of, &action_keys::SENT, report)?;
    let address = fields.required("osc", FORM, report).and_then(|node| {
        let address = formulas::text(node, names).and_then(|address| {
            let text = scalar::text(node)?;
            let hint = (!text.starts_with('/')).then(|| format!("write `/{text}`"));
            let is_fine = |text: &str| text.starts_with('/') && !text.contains([' ', '#']) && text.is_ascii();
            match address.fixed().and_then(|fixed| fixed.as_str()) {
                Some(fixed) if !is_fine(fixed) => {
                    let problem = Problem::error(&node.span, format!("{} is no OSC address", quoted(text)));
                    Err(problem.hint_maybe(hint))
                }
                _ => Ok(address),
            }
        });
        report.take(address.map_err(|problem| problem.at_key("osc").of(of)))
    });
    let args: Vec<&Node> = match fields.value("args", report) {
        Some(Node { value: Value::List(items), .. }) => items.iter().collect(),
        Some(node) => vec![node],
        None => Vec::new(),
    };
    if args.len() > ARGS_MAX {
        let message = format!("a message has at most {ARGS_MAX} arguments, not {}", args.len());
        report.push(Problem::error(&node.span, message).of(of));
    }
    let args = args.into_iter().filter_map(|node| {
        report.take(formulas::plain(node, names).map_err(|problem| problem.at_key("args").of(of)))
    });
    let args: Vec<Formula> = args.collect();
    let to = fields.required("to", FORM, report).and_then(|node| {
        let Some(from) = cast.osc else {
            let problem = Problem::error(&node.span, "the show has no OSC socket to send from");
            report.push(problem.of(of).hint("write `inputs: { osc: { listen: \"127.0.0.1:7755\" } }`"));
            return None;
        };
        report.take(inputs::client(node, from).map_err(|problem| problem.at_key("to").of(of)))
    });
    fields.finish(report);
    Some(Send { address: address?, args, to: to? })
}

fn call(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Option<Call> {
    let names = cast.known.names();
    let mut fields = Fields::of(node, &node.span, of, &action_keys::CALLED, report)?;
    let url = fields.required("url", "write `call: { url: \"http://lamp.local/on\" }`", report);
    let url = url.and_then(|node| match node.text().filter(|text| Template::is_one(text)) {
        Some(text) => {
            let filled = head_is_whole(node, text).and_then(|()| formulas::template(node, text, names));
            report.take(filled.map_err(|problem| problem.at_key("url").of(of))).map(CallUrl::Filled)
        }
        None => recovery::url(node, (of, "url"), report).map(CallUrl::Fixed),
    });
    let method = fields.get("method", report, |node| {
        let name = scalar::choice(node, "method", &Method::NAMES)?;
        Method::find(name).ok_or_else(|| scalar::expected(node, "a method"))
    });
    let json = fields.entry("json").map(|entry| {
        report.take(formulas::any(&entry.value, names).map_err(|problem| problem.at_key("json").of(of)))
    });
    let body_entry = fields.entry("body");
    let body = fields.value("body", report).map(|node| {
        report.take(formulas::text(node, names).map_err(|problem| problem.at_key("body").of(of)))
    });
    if let (Some(_), Some(entry)) = (&json, body_entry) {
        let problem = Problem::error(&entry.key.span, "a request says `json` or `body`, not both");
        report.push(problem.of(of).hint("take one of the two out"));
    }
    let says = json.is_some() || body.is_some();
    let body = json.flatten().map(Body::Json).or_else(|| body.flatten().map(Body::Text));
    let usual = if says { Method::Post } else { Method::Get };
    let method = method.unwrap_or(usual);
    if says && method == Method::Get {
        let problem = Problem::error(&node.span, "a `GET` request says nothing");
        report.push(problem.of(of).hint("write `method: POST`, or take `json` and `body` out"));
    }
    let timeout = fields.get("timeout", report, |node| time::duration_in(node, "timeout", TIMEOUT));
    fields.finish(report);
    Some(Call { url: url?, method, body, timeout: timeout.unwrap_or(TIMEOUT_USUAL) })
}

/// Looks whether the places of an address come after its host: nobody outside says where a request goes.
fn head_is_whole(node: &Node, text: &str) -> Result<(), Problem> {
    let head = ["{{", "{%", "{#"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let head = &text[..head];
    let rest = head.strip_prefix("http://").or_else(|| head.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split_once(['/', '?'])).map(|(host, _)| host);
    if host.is_none_or(|host| host.is_empty() || host.contains(['@', ' ', '#'])) {
        let problem = Problem::error(&node.span, "the scheme and the host of an address stand as they are");
        return Err(problem.hint("write `http://host/…`, and places such as `{{ value }}` after that"));
    }
    Ok(())
}

fn stop(node: &Node, of: &str, cast: &Cast, report: &mut Report) -> Option<Stop> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        report.push(Problem::error(&node.span, "there is nothing to stop").of(of));
    }
    let mut owners = Vec::new();
    for item in items {
        let Some(name) = report.take(scalar::text(item).map_err(|problem| problem.at_key("stop").of(of)))
        else {
            continue;
        };
        let is_it = |known: &&Arc<str>| ***known == *name;
        let found = owners.len();
        owners.extend(cast.cue_names.iter().find(is_it).cloned().map(Owner::Cue));
        owners.extend(cast.triggers.keys().find(is_it).cloned().map(Owner::Trigger));
        if owners.len() == found {
            let known = cast.cue_names.iter().chain(cast.triggers.keys()).map(|name| &**name);
            let message = format!("{of} stops {}, which is no cue and no trigger", quoted(name));
            let hint = did_you_mean_or_list(name, known, "the show has");
            report.push(Problem::error(&item.span, message).hint_maybe(hint));
        }
    }
    (!owners.is_empty()).then_some(Stop { owners })
}
