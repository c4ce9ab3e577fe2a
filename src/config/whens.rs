//! What triggers wait for: one thing, or several of which any will do.

use std::time::Duration;

use crate::show::{
    address::AddressPattern,
    condition::Condition,
    cron::CronExpression,
    playlist::PlayVerb,
    schedule::hours::Moment,
    sheet::{Sensor, Step, StreamNews, Streams, Turn, When},
    topic::TopicFilter,
};

use super::{
    conditions,
    reader::Fields,
    report::{Problem, Report},
    scalar, schedule, steps, time,
    tree::{Node, Span, Value},
    trigger_keys::{CATCH_UP, SILENCE, STATES, TURN, WHEN},
    triggers::{Surroundings, within},
};

/// What a trigger can wait for, and which keys go with it.
const KINDS: [(&str, &[&str]); 10] = [
    ("cron", &["timezone", "catch_up", "catch_up_within"]),
    ("sun", &["timezone", "catch_up", "catch_up_within"]),
    ("every", &[]),
    ("startup", &[]),
    ("idle", &["of"]),
    ("mqtt", &["payload", "retained"]),
    ("osc", &["args"]),
    ("http", &[]),
    ("stream", &["state", "fps_below", "lost", "back"]),
    ("scene", &[]),
];

/// What to write.
pub(super) const FORM: &str =
    "write `when: { cron: \"0 9 * * *\" }`, `{ mqtt: TOPIC }` or `{ osc: ADDRESS }`";

/// How late a run may be that was missed, and how late unless the file says.
const CATCH_UP_WITHIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(168));
const CATCH_UP_USUAL: Duration = Duration::from_hours(24);
/// How long between two beats, and how long a silence.
const CLOCK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(168));

/// What a trigger does, and where the first cron without a zone stands.
type Known<'a> = (&'a [Step], &'a mut Option<Span>);

/// Reads one thing to wait for, or a list of them.
pub(super) fn read(
    node: &Node,
    of: &str,
    around: &Surroundings<'_>,
    (steps, zoneless): Known<'_>,
    report: &mut Report,
) -> Option<Vec<When>> {
    let Value::List(items) = &node.value else {
        return one(node, of, around, (steps, zoneless), report).map(|when| vec![when]);
    };
    if items.is_empty() {
        report.push(Problem::error(&node.span, "this trigger waits for nothing").of(of).hint(FORM));
        return None;
    }
    let read: Vec<_> =
        items.iter().map(|item| one(item, of, around, (steps, &mut *zoneless), report)).collect();
    read.into_iter().collect()
}

fn one(
    node: &Node,
    of: &str,
    around: &Surroundings<'_>,
    known: Known<'_>,
    report: &mut Report,
) -> Option<When> {
    let mut fields = Fields::of(node, &node.span, of, &WHEN, report)?;
    let given = fields.given(&KINDS.map(|(kind, _)| kind));
    match given.as_slice() {
        [] => {
            if !fields.has_unknown() {
                let hint = "write `{ cron: \"0 9 * * *\" }`, `{ mqtt: TOPIC }` or `{ osc: ADDRESS }`";
                report.push(Problem::error(&node.span, "this trigger waits for nothing").of(of).hint(hint));
            }
            for key in WHEN.names() {
                fields.entry(key);
            }
            fields.finish(report);
            return None;
        }
        [_] => {}
        [first, second, ..] => {
            let problem = Problem::error(&second.key.span, "these are two things to wait for");
            let [one, two] = [first, second].map(|entry| entry.key.text().unwrap_or_default());
            let hint =
                format!("write a list, any of which fires it: `when: [{{ {one}: … }}, {{ {two}: … }}]`");
            report.push(problem.of(of).hint(hint));
        }
    }
    let kind = given.first()?.key.text()?;
    let own = KINDS.into_iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, keys)| keys);
    let mut told: Vec<&str> = Vec::new();
    for (other, keys) in KINDS.into_iter().filter(|(other, _)| *other != kind) {
        fields.entry(other);
        for key in keys.iter().filter(|key| !own.contains(key)) {
            if let Some(entry) = fields.entry(key)
                && given.len() == 1
                && !told.contains(key)
            {
                told.push(key);
                let message = format!("`{key}` goes with `{other}`, not with `{kind}`");
                report.push(Problem::error(&entry.key.span, message).of(of));
            }
        }
    }
    for key in own {
        fields.entry(key);
    }
    let when = of_kind(kind, &mut fields, of, around, known, report);
    fields.finish(report);
    when
}

fn of_kind(
    kind: &str,
    fields: &mut Fields<'_>,
    of: &str,
    around: &Surroundings<'_>,
    known: Known<'_>,
    report: &mut Report,
) -> Option<When> {
    match kind {
        "cron" => cron(fields, of, around, known, report),
        "sun" => sun(fields, of, around, known.0, report),
        "mqtt" => mqtt(fields, of, around, report),
        "osc" => osc(fields, of, around, report),
        "every" => clock(fields, "every", report).map(When::Every),
        "startup" => yes(fields, "startup", report).map(|()| When::Startup),
        "http" => yes(fields, "http", report).map(|()| When::Http),
        "idle" => idle(fields, of, around, report),
        "stream" => stream(fields, of, around, report),
        _ => scene(fields, of, around, report),
    }
}

fn cron(
    fields: &mut Fields<'_>,
    of: &str,
    around: &Surroundings<'_>,
    (steps, zoneless): Known<'_>,
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

fn sun(
    fields: &mut Fields<'_>,
    of: &str,
    around: &Surroundings<'_>,
    steps: &[Step],
    report: &mut Report,
) -> Option<When> {
    let node = fields.value("sun", report);
    let moment = node.and_then(|node| schedule::moment(node, &format!("{of}: `sun`"), report));
    let zone = fields.get("timezone", report, scalar::zone).unwrap_or_else(|| around.zone.0.clone());
    let catch_up = catch_up(fields, of, steps, report);
    let (node, moment) = (node?, moment?);
    if let Moment::Clock(_) = moment {
        let problem = Problem::error(&node.span, "this is a time of the clock, not of the sun").of(of);
        report.push(problem.hint("write `sunrise`, `sunset-30m`, or `cron` for a time of the clock"));
        return None;
    }
    let Some(location) = around.location else {
        let message = "the sun is looked at from nowhere: the show has no `location`";
        let hint = "write `location: { latitude: 52.52, longitude: 13.40 }` at the top of the file";
        report.push(Problem::error(&node.span, message).of(of).hint(hint));
        return None;
    };
    Some(When::Sun { moment, zone, location, catch_up })
}

/// Reads how late a run may be that was missed.
fn catch_up(fields: &mut Fields<'_>, of: &str, steps: &[Step], report: &mut Report) -> Option<Duration> {
    let read = |node: &Node| scalar::choice(node, "catch_up", &CATCH_UP);
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

/// Returns whether a step goes to a scene for good, for which it is never too late on the same day.
fn goes_to_a_scene(step: &Step) -> bool {
    match step {
        Step::Scene { hold, .. } => hold.is_none(),
        Step::Paint(painted) => painted.hold.is_none(),
        Step::Mix { .. } | Step::Blend(_) => true,
        Step::Cue(cue) => cue.steps.iter().any(goes_to_a_scene),
        Step::Parallel(lists) => lists.iter().any(|list| list.iter().any(goes_to_a_scene)),
        // Whoever comes in late wants the picture, and not a GO of the past.
        Step::Playlist { verb, .. } => *verb == PlayVerb::Play,
        Step::Bypass { .. }
        | Step::Lane { .. }
        | Step::Steer { .. }
        | Step::Grab { .. }
        | Step::Switch { .. }
        | Step::Wait(_)
        | Step::Variable(_)
        | Step::Publish(_)
        | Step::Send(_)
        | Step::Call(_)
        | Step::Log(_)
        | Step::Stop(_) => false,
    }
}

fn mqtt(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let retained = fields.get("retained", report, scalar::boolean).unwrap_or(false);
    let filter = topic(fields, around, report);
    let (payload, pointer) = match fields.value("payload", report) {
        Some(node) => conditions::payload(node, of, report)?,
        None => (Condition::Any, None),
    };
    Some(When::Mqtt { filter: filter?, payload, pointer, retained })
}

fn osc(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let address = address(fields, around, report);
    let args = match fields.value("args", report) {
        Some(node) => conditions::args(node, of, report)?,
        None => Vec::new(),
    };
    Some(When::Osc { address: address?, args })
}

fn topic(fields: &mut Fields<'_>, around: &Surroundings<'_>, report: &mut Report) -> Option<TopicFilter> {
    let filter = fields.get("mqtt", report, |node| {
        TopicFilter::try_from(scalar::text(node)?)
            .map_err(|error| Problem::error(&node.span, error.to_string()))
    });
    if let [entry, ..] = fields.given(&["mqtt"]).as_slice()
        && !around.has_mqtt
    {
        let problem = Problem::error(&entry.key.span, "the show has no MQTT broker to listen to");
        let hint = "write `inputs: { mqtt: { url: \"mqtt://localhost:1883\" } }`";
        report.push(problem.of(fields.what()).hint(hint));
    }
    filter
}

fn address(
    fields: &mut Fields<'_>,
    around: &Surroundings<'_>,
    report: &mut Report,
) -> Option<AddressPattern> {
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
        let hint = "write `inputs: { osc: { listen: \"127.0.0.1:7755\" } }`";
        report.push(problem.of(fields.what()).hint(hint));
    }
    address
}

fn clock(fields: &mut Fields<'_>, key: &'static str, report: &mut Report) -> Option<Duration> {
    fields.get(key, report, |node| time::duration_in(node, key, CLOCK))
}

/// Reads a key that can only be `true`.
fn yes(fields: &mut Fields<'_>, key: &'static str, report: &mut Report) -> Option<()> {
    fields.get(key, report, |node| {
        if scalar::boolean(node)? {
            return Ok(());
        }
        let problem = Problem::error(&node.span, "`false` says nothing here");
        Err(problem.hint(format!("write `{key}: true`, or leave it out")))
    })
}

fn idle(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let time = clock(fields, "idle", report);
    let Some(node) = fields.value("of", report) else { return Some(When::Idle { time: time?, of: None }) };
    let what = format!("{of}: `of`");
    let mut silence = Fields::of(node, &node.span, &what, &SILENCE, report)?;
    let topic = topic(&mut silence, around, report).map(Sensor::Mqtt);
    let address = address(&mut silence, around, report).map(Sensor::Osc);
    let given = silence.given(&["mqtt", "osc"]).len();
    if given != 1 && !silence.has_unknown() {
        let problem = Problem::error(&node.span, "either a topic or an address is silent").of(&what);
        report.push(problem.hint("write `of: { mqtt: TOPIC }` or `of: { osc: ADDRESS }`"));
    }
    silence.finish(report);
    Some(When::Idle { time: time?, of: Some(topic.or(address).filter(|_| given == 1)?) })
}

fn stream(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let streams = steps::streams_of(fields, around.cast, report);
    let state = fields.get("state", report, |node| scalar::choice(node, "state", &STATES));
    let fps = fields.get("fps_below", report, |node| scalar::number_in(node, "fps_below", 0.1, 240.0));
    let lost = yes(fields, "lost", report);
    let back = yes(fields, "back", report);
    let given = fields.given(&["state", "fps_below", "lost", "back"]);
    let hint = "write `state: OFFLINE`, `fps_below: 10`, `lost: true` or `back: true`";
    match given.as_slice() {
        [_] => {}
        [] => {
            let place = fields.entry("stream").map_or(0..0, |entry| entry.key.span.clone());
            report.push(Problem::error(&place, "what of the stream?").of(of).hint(hint));
        }
        [_, second, ..] => {
            report
                .push(Problem::error(&second.key.span, "these are two things to wait for").of(of).hint(hint));
        }
    }
    let news = None
        .or(state.map(|state| StreamNews::State(state.into())))
        .or(fps.map(StreamNews::FpsBelow))
        .or(lost.map(|()| StreamNews::Lost))
        .or(back.map(|()| StreamNews::Back));
    Some(When::Stream { streams, news: news? })
}

fn scene(fields: &mut Fields<'_>, of: &str, around: &Surroundings<'_>, report: &mut Report) -> Option<When> {
    let node = fields.value("scene", report)?;
    let what = format!("{of}: `scene`");
    if !matches!(node.value, Value::Map(_)) {
        let problem = scalar::expected(node, "a map").of(&what);
        report.push(problem.hint("write `scene: { entered: NAME }`, or `left`, or `halfway`"));
        return None;
    }
    let mut turn = Fields::of(node, &node.span, &what, &TURN, report)?;
    let mut found = None;
    for (key, turns) in [("entered", Turn::Entered), ("left", Turn::Left), ("halfway", Turn::Halfway)] {
        let Some(node) = turn.value(key, report) else { continue };
        let named = scalar::text(node).map_err(|problem| problem.at_key(key).of(&what));
        let known = named.and_then(|name| {
            let scene = around.cast.scenes.get_key_value(name).map(|(name, _)| name.clone());
            scene.ok_or_else(|| steps::missing(node, name, of, "waits for scene", &around.cast.scenes))
        });
        found = found.or(report.take(known).map(|scene| (scene, turns)));
    }
    let given = turn.given(&["entered", "left", "halfway"]).len();
    if given != 1 && !turn.has_unknown() {
        let problem =
            Problem::error(&node.span, "one of `entered`, `left` and `halfway` is expected").of(&what);
        report.push(problem.hint("write `scene: { entered: NAME }`"));
    }
    let streams =
        if turn.has("stream") { steps::streams_of(&mut turn, around.cast, report) } else { Streams::All };
    turn.entry("stream");
    turn.finish(report);
    let (scene, turn) = found?;
    Some(When::Scene { scene, turn, streams })
}
