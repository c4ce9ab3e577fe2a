//! What happens to the show from outside, line by line: a time, and what comes in or breaks.

use std::time::Duration;

use serde_json::Value;

use crate::show::{
    duration,
    event::{Arg, Command, Event, MqttMessage, OscMessage, OscPacket},
    lane::LaneVerb,
    playlist::{PlayVerb, StepRef},
    scope,
    time::Mono,
};

/// One line of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// When, from the start of the run.
    pub(super) at: Mono,
    /// What happens.
    pub(super) deed: Deed,
    /// Its words, for the transcript.
    pub(super) text: String,
}

/// Something that a script can do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// Something comes in by one of the doors.
    Event(Event),
    /// The API has trouble for a while.
    Api(Trouble, Duration),
    /// Something happens to every stream at the backend.
    Hand(Hand),
    /// The daemon is killed and started again at once.
    Kill,
}

/// What can happen to a stream at the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// Its camera is switched on or off.
    Video(bool),
    /// Its process hangs until the runner's guardian notices.
    Stall,
    /// Its process hangs, and every one that is started in its place.
    Freeze,
    /// Its process is started again.
    Restart,
    /// Another host takes it.
    Swap,
    /// The backend knows it no more.
    Gone,
}

/// What can be wrong with the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No connection can be made.
    Down,
    /// Every request is answered with this status.
    Error(u16),
    /// Every request takes so much longer.
    Slow(Duration),
}

/// The verbs, for whoever misspells one.
const VERBS: &str = "`osc ADDRESS [ARGUMENT…]`, `mqtt TOPIC [PAYLOAD]`, `retained TOPIC [PAYLOAD]`, `go SCENE [FADE [HOLD]]`, `cue NAME`, `http TRIGGER [PAYLOAD]`, `enable TRIGGER`, `disable TRIGGER`, `go`, `back`, `playlist NAME [VERB [STEP]]`, `bypass TIME`, \
     `panic [STREAM]`, `release [STREAM]`, \
     `api down TIME`, `api error STATUS TIME`, `api slow BY TIME`, \
     `video on`, `video off`, `runner stall`, `runner freeze`, `runner restart`, `runner swap`, `stream gone`, `kill`";

/// Reads a script.
///
/// # Errors
///
/// What is wrong, one text for each line: its number and the reason; and once what can happen, if something cannot.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Vec<String>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut wrong = Vec::new();
    let mut is_lost = false;
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match read_line(line) {
            Ok(line) if lines.last().is_some_and(|last| last.at > line.at) => {
                wrong.push(format!("line {number}: the time goes back"));
            }
            Ok(line) => lines.push(line),
            Err(Wrong { reason, is_unknown }) => {
                wrong.push(format!("line {number}: {reason}"));
                is_lost |= is_unknown;
            }
        }
    }
    if is_lost {
        wrong.push(format!("what can happen: {VERBS}"));
    }
    if wrong.is_empty() { Ok(lines) } else { Err(wrong) }
}

/// What is wrong with a line.
struct Wrong {
    reason: String,
    /// Whether it asks for what cannot happen.
    is_unknown: bool,
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self { reason, is_unknown: false }
    }
}

impl Wrong {
    fn unknown(reason: String) -> Self {
        Self { reason, is_unknown: true }
    }
}

fn read_line(line: &str) -> Result<Line, Wrong> {
    let (time, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let at = time_of(time)?;
    let text = text.trim();
    Ok(Line { at, deed: deed(text)?, text: text.to_owned() })
}

/// Reads `00:05`, `01:02:03` or `00:05.250`.
fn time_of(text: &str) -> Result<Mono, String> {
    let wrong = || format!("`{text}` is no time; write `mm:ss`, `mm:ss.mmm` or `hh:mm:ss`");
    let parts: Vec<&str> = text.split(':').collect();
    let (seconds, rest) = parts.split_last().ok_or_else(wrong)?;
    let whole = |part: &&str| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| is_number).ok_or_else(wrong)
    };
    let (hours, minutes) = match rest {
        [minutes] => (0, whole(minutes)?),
        [hours, minutes] => match whole(minutes)? {
            minutes @ 0..60 => (whole(hours)?, minutes),
            _ => return Err(wrong()),
        },
        _ => return Err(wrong()),
    };
    let is_number = seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 =
        seconds.parse().ok().filter(|seconds| is_number && *seconds < 60.0).ok_or_else(wrong)?;
    let whole = Duration::from_secs(u64::from(hours) * 3600 + u64::from(minutes) * 60);
    Ok(Mono(whole + Duration::from_secs_f64(seconds)))
}

fn deed(text: &str) -> Result<Deed, Wrong> {
    let words = words(text)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words.as_slice() {
        ["osc", address, args @ ..] if address.starts_with('/') => {
            let message = OscMessage {
                address: (*address).to_owned(),
                args: args.iter().map(|arg| argument(arg)).collect(),
            };
            Deed::Event(Event::Osc(OscPacket { messages: vec![message], due: None }))
        }
        ["osc", address, ..] => {
            return Err(format!("the OSC address `{address}` does not start with `/`").into());
        }
        ["mqtt", topic, ..] => Deed::Event(mqtt(topic, text, false)),
        ["retained", topic, ..] => Deed::Event(mqtt(topic, text, true)),
        ["go", scene] => Deed::Event(go(scene, None, None)),
        ["go", scene, fade] => Deed::Event(go(scene, Some(duration::parse(fade)?), None)),
        ["go", scene, fade, hold] => {
            Deed::Event(go(scene, Some(duration::parse(fade)?), Some(duration::parse(hold)?)))
        }
        [verb @ ("panic" | "release"), stream @ ..] if stream.len() < 2 => {
            let verb = if *verb == "panic" { LaneVerb::Panic } else { LaneVerb::Release };
            let stream = stream.first().map(ToString::to_string);
            Deed::Event(Event::Command(Command::Lane { verb, stream }))
        }
        ["go"] => Deed::Event(playlist(None, PlayVerb::Go)),
        ["back"] => Deed::Event(playlist(None, PlayVerb::Back)),
        ["playlist", name, rest @ ..] if rest.len() <= 2 => {
            let verb = rest.first().copied().unwrap_or("play");
            let step = rest.get(1).map(|step| StepRef::from(*step));
            let verb = PlayVerb::find(verb, step).ok_or_else(|| format!("a playlist cannot `{verb}`"))??;
            Deed::Event(playlist(Some(name), verb))
        }
        ["cue", cue] => Deed::Event(Event::Command(Command::Cue { cue: (*cue).to_owned() })),
        ["http", trigger, ..] => Deed::Event(Event::Command(Command::Trigger {
            trigger: (*trigger).to_owned(),
            payload: rest_of(text).map_or(Value::Null, scope::parsed),
        })),
        [verb @ ("enable" | "disable"), trigger] => Deed::Event(Event::Command(Command::Switch {
            trigger: (*trigger).to_owned(),
            enabled: *verb == "enable",
        })),
        ["api", "down", time] => Deed::Api(Trouble::Down, duration::parse(time)?),
        ["api", "slow", by, time] => Deed::Api(Trouble::Slow(duration::parse(by)?), duration::parse(time)?),
        ["api", "error", status, time] => {
            let known = status.parse().ok().filter(|status| (400..600).contains(status));
            let status = known.ok_or_else(|| format!("`{status}` is no error status: 400 to 599"))?;
            Deed::Api(Trouble::Error(status), duration::parse(time)?)
        }
        ["bypass", time] => {
            let time = if *time == "off" { Duration::ZERO } else { duration::parse(time)? };
            Deed::Event(Event::Command(Command::Bypass { time }))
        }
        ["video", "on"] => Deed::Hand(Hand::Video(true)),
        ["video", "off"] => Deed::Hand(Hand::Video(false)),
        ["runner", "stall"] => Deed::Hand(Hand::Stall),
        ["runner", "freeze"] => Deed::Hand(Hand::Freeze),
        ["runner", "restart"] => Deed::Hand(Hand::Restart),
        ["runner", "swap"] => Deed::Hand(Hand::Swap),
        ["stream", "gone"] => Deed::Hand(Hand::Gone),
        ["kill"] => Deed::Kill,
        [] => return Err(Wrong::unknown("nothing happens".to_owned())),
        _ => return Err(Wrong::unknown(format!("`{text}` makes no sense"))),
    })
}

fn go(scene: &str, fade: Option<Duration>, hold: Option<Duration>) -> Event {
    Event::Command(Command::Scene { scene: scene.to_owned(), stream: None, fade, hold })
}

fn playlist(name: Option<&str>, verb: PlayVerb) -> Event {
    Event::Command(Command::Playlist { playlist: name.map(ToOwned::to_owned), verb, stream: None })
}

/// The payload is the rest of the line as it stands: JSON needs no quotes around it.
fn mqtt(topic: &str, text: &str, retained: bool) -> Event {
    let payload = rest_of(text).unwrap_or_default();
    Event::Mqtt(MqttMessage { topic: topic.to_owned(), payload: payload.as_bytes().to_vec(), retained })
}

/// Returns what stands after the first two words.
fn rest_of(text: &str) -> Option<&str> {
    text.splitn(3, char::is_whitespace).nth(2).map(str::trim)
}

/// `T` and `F` are truths, what reads as a number is one, the rest is text.
fn argument(text: &str) -> Arg {
    match text {
        "T" => Arg::Bool(true),
        "F" => Arg::Bool(false),
        text => text.parse().map_or_else(|_| Arg::Text(text.to_owned()), Arg::Number),
    }
}

/// Splits at spaces, except between double quotes; a payload of MQTT is left to its own.
fn words(text: &str) -> Result<Vec<String>, String> {
    let is_payload = ["mqtt ", "retained ", "http "].iter().any(|verb| text.starts_with(verb));
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"').filter(|_| !is_payload) {
            Some(quoted) => quoted.split_once('"').ok_or("a quotation mark is not closed")?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}
