//! The schedule of the show file: what is due on which days, from when to when. What makes sense of several entries
//! together is in `overlaps`.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::show::schedule::{
    ENTRIES_MAX, Entry, Schedule, What,
    days::{DateSpan, Days, WEEKDAYS, Weekdays},
    hours::{DAY, Hours, Moment, OFFSET_MAX, SunEvent},
    sun::Location,
};
use crate::show::{playlist::Playlist, sheet::Streams};

use super::{
    fades, keys, overlaps,
    playlist_keys::OTHERWISE,
    playlists,
    reader::Fields,
    report::{Problem, Report},
    scalar, scenes,
    steps::{self, Cast},
    tree::{Node, Span, Value},
    words::{closest, quoted},
};

/// How far the sun's noon may be from the clock's. In the west of China it is three hours and a bit.
const NOON_OFF_MAX_HOURS: f64 = 4.5;
/// The keys that an `otherwise` does without.
const HOURS_KEYS: [&str; 7] = ["days", "dates", "except", "from", "to", "scene", "play"];

/// What a schedule can count on.
#[derive(Debug)]
struct Around<'a> {
    source: &'a str,
    location: Option<Location>,
    cast: &'a Cast,
}

/// Reads where the show is.
fn location(node: Option<&Node>, zone: &TimeZone, report: &mut Report) -> Option<Location> {
    let node = node?;
    let mut fields = Fields::of(node, &node.span, "`location`", &keys::LOCATION, report)?;
    let form = "write `location: { latitude: 52.52, longitude: 13.40 }`";
    let mut degrees = |key: &'static str, most: f64| {
        let node = fields.required(key, form, report)?;
        let read = scalar::number_in(node, key, -most, most);
        report.take(read.map_err(|problem| problem.at_key(key).of("`location`")))
    };
    let (latitude, longitude) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
    fields.finish(report);
    let location = Location::new(latitude?, longitude?)?;
    let offset = f64::from(zone.to_offset(Timestamp::UNIX_EPOCH).seconds()) / 3600.0;
    // A place may be on the other side of the date line.
    let off = (offset - location.longitude() / 15.0 + 36.0).rem_euclid(24.0) - 12.0;
    if off.abs() > NOON_OFF_MAX_HOURS {
        let name = zone.iana_name().unwrap_or("UTC");
        let message = format!("at this place noon is {:.0} hours off from noon in {name}", off.abs());
        let problem = Problem::warning(&node.span, message);
        report
            .push(problem.hint("east and north are positive, west and south negative; is `timezone` right?"));
    }
    Some(location)
}

/// Reads the schedule.
///
/// What is read are the schedule and the place; the zone is the show's, with whether the file names it.
pub(super) fn read(
    (node, location): (Option<&Node>, Option<&Node>),
    source: &str,
    (zone, zone_named): (&TimeZone, bool),
    cast: &Cast,
    report: &mut Report,
) -> Schedule {
    let location = self::location(location, zone, report);
    let around = &Around { source, location, cast };
    let mut schedule = Schedule { entries: Vec::new(), zone: zone.clone(), location };
    let Some(node) = node else { return schedule };
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Null => &[],
        _ => {
            let problem = scalar::expected(node, "a list").of("`schedule`");
            report.push(
                problem.hint("write `- { days: TUE-SUN, from: \"10:00\", to: \"18:00\", scene: NAME }`"),
            );
            &[]
        }
    };
    if let Some(item) = items.get(ENTRIES_MAX) {
        let message = format!("a schedule has at most {ENTRIES_MAX} entries");
        report.push(Problem::error(&item.span, message).of("`schedule`"));
    }
    let mut places = Vec::new();
    for item in items.iter().take(ENTRIES_MAX) {
        if let Some(entry) = entry(item, around, report) {
            schedule.entries.push(entry);
            places.push(item.span.clone());
        }
    }
    if !zone_named && schedule.entries.iter().any(|entry| entry.hours.is_some()) {
        report.push(
            Problem::warning(&node.span, "a schedule without a `timezone`: the times are UTC")
                .hint("write `timezone: Europe/Berlin` or `timezone: UTC` at the top of the file"),
        );
    }
    let is_sunless = schedule.location.is_none() && schedule.entries.iter().any(Entry::needs_location);
    // What is half read is not to be judged as a whole.
    if places.len() == items.len() && !is_sunless {
        overlaps::check(&schedule, &places, report);
    }
    schedule
}

fn entry(item: &Node, around: &Around<'_>, report: &mut Report) -> Option<Entry> {
    if !matches!(item.value, Value::Map(_)) {
        let hint = "write `{ days: TUE-SUN, from: \"10:00\", to: \"18:00\", scene: NAME }`";
        report.push(scalar::expected(item, "an entry").of("`schedule`").hint(hint));
        return None;
    }
    let line = around.source.get(..item.span.start).unwrap_or_default().matches('\n').count() + 1;
    let of = "`schedule`";
    let mut fields = Fields::of(item, &item.span, of, &keys::SCHEDULE, report)?;
    let is_otherwise = fields.has("otherwise");
    if is_otherwise {
        for entry in fields.given(&HOURS_KEYS) {
            let key = entry.key.text().unwrap_or_default();
            let message =
                format!("`{key}` does not go with `otherwise`, which is on whenever nothing else is");
            report.push(Problem::error(&entry.key.span, message).of(of));
        }
        for key in HOURS_KEYS {
            fields.entry(key);
        }
    } else {
        fields.entry("otherwise");
    }
    let what = what(&mut fields, is_otherwise, around.cast, report);
    let hours =
        if is_otherwise { Ok(None) } else { hours(&mut fields, item, around, report).map(Some).ok_or(()) };
    let fade = fields.value("fade", report).and_then(|node| fades::read(node, of, report));
    let easing = fields.get("easing", report, scenes::easing);
    let streams = match &what {
        Some(What::Playlist(list)) => streams_of_list(&mut fields, list, around.cast, report),
        _ => steps::streams_of(&mut fields, around.cast, report),
    };
    fields.finish(report);
    Some(Entry { line, hours: hours.ok()?, what: what?, fade, easing, streams })
}

/// Reads what is shown: a scene, or a playlist.
fn what(fields: &mut Fields<'_>, is_otherwise: bool, cast: &Cast, report: &mut Report) -> Option<What> {
    let of = "`schedule`";
    let list = if is_otherwise {
        let node = fields.entry("otherwise").map(|entry| &entry.value);
        let map = node.filter(|node| matches!(node.value, Value::Map(_)));
        match map {
            Some(map) => {
                let mut inner = Fields::of(map, &map.span, of, &OTHERWISE, report)?;
                let node = inner.required("play", "write `otherwise: { play: NAME }`", report);
                inner.finish(report);
                Some(node?)
            }
            None => None,
        }
    } else {
        let given = fields.given(&["scene", "play"]);
        if let [_, second] = given.as_slice() {
            let problem =
                Problem::error(&second.key.span, "an entry shows a scene or plays a playlist, not both");
            report.push(problem.of(of).hint("write two entries"));
        }
        fields.value("play", report)
    };
    let Some(list) = list else {
        fields.entry("play");
        let key = if is_otherwise { "otherwise" } else { "scene" };
        return scene(fields, key, cast, report).map(What::Scene);
    };
    fields.entry("scene");
    for entry in fields.given(&["fade", "easing"]) {
        let message = format!("a playlist brings its own `{}`", entry.key.text().unwrap_or_default());
        report.push(Problem::error(&entry.key.span, message).of(of).hint("write it in the playlist"));
    }
    playlists::find(list, of, "plays playlist", cast, report).map(What::Playlist)
}

/// Reads on which of its streams a playlist is due; all of them if the entry says nothing.
fn streams_of_list(fields: &mut Fields<'_>, list: &Playlist, cast: &Cast, report: &mut Report) -> Streams {
    if !fields.has("stream") {
        fields.entry("stream");
        return list.streams.clone();
    }
    let streams = steps::streams_of(fields, cast, report);
    let plays_there = match &streams {
        Streams::All => list.streams == Streams::All,
        Streams::Some(these) => these.iter().all(|stream| list.streams.contains(*stream)),
    };
    if let (false, Some(entry)) = (plays_there, fields.entry("stream")) {
        let message = format!("playlist {} does not play on all of these", quoted(&list.name));
        let hint = "leave `stream` out to play on those of the playlist";
        report.push(Problem::error(&entry.value.span, message).of("`schedule`").hint(hint));
    }
    streams
}

fn scene(
    fields: &mut Fields<'_>,
    key: &'static str,
    cast: &Cast,
    report: &mut Report,
) -> Option<Arc<crate::show::scene::Scene>> {
    let node = if key == "scene" && fields.given(&["play"]).is_empty() {
        fields.required(key, "write `scene: NAME`", report)
    } else {
        fields.value(key, report)
    }?;
    let named = scalar::text(node).map_err(|problem| problem.at_key(key).of("`schedule`"));
    let found = named.and_then(|name| {
        let scene = cast.scenes.get(name).cloned();
        scene.ok_or_else(|| steps::missing(node, name, "`schedule`", "shows scene", &cast.scenes))
    });
    report.take(found)
}

fn hours(fields: &mut Fields<'_>, item: &Node, around: &Around<'_>, report: &mut Report) -> Option<Hours> {
    let of = "`schedule`";
    let weekdays = match fields.value("days", report) {
        Some(node) => weekdays(node, report),
        None => Some(Weekdays::ALL),
    };
    let mut spans = |key: &'static str, report: &mut Report| match fields.value(key, report) {
        Some(node) => dates(node, report),
        None => Some(Vec::new()),
    };
    let (dates, except) = (spans("dates", report), spans("except", report));
    let mut moment = |key: &'static str, usual: i32, report: &mut Report| match fields.value(key, report) {
        Some(node) => moment(node, &format!("`schedule`: `{key}`"), report),
        None => Some(Moment::Clock(usual)),
    };
    let (from, to) = (moment("from", 0, report), moment("to", DAY, report));
    let sun = [from, to].into_iter().flatten().any(Moment::needs_location);
    if sun && around.location.is_none() {
        let key = if from.is_some_and(Moment::needs_location) { "from" } else { "to" };
        let place = fields.entry(key).map_or(&item.span, |entry| &entry.value.span);
        let message = "the sun is looked at from nowhere: the show has no `location`";
        let hint = "write `location: { latitude: 52.52, longitude: 13.40 }` at the top of the file";
        report.push(Problem::error(place, message).of(of).hint(hint));
    }
    let hours =
        Hours { days: Days { weekdays: weekdays?, dates: dates?, except: except? }, from: from?, to: to? };
    if hours.from == hours.to {
        let place = fields.entry("to").map_or(&item.span, |entry| &entry.value.span);
        let problem = Problem::error(place, "it ends when it starts").of(of);
        report.push(problem.hint("leave both `from` and `to` out for the whole day"));
        return None;
    }
    if !hours.days.dates.is_empty()
        && !overlaps::sample(&hours.days).iter().any(|day| hours.days.contains(*day))
    {
        let place = fields.entry("dates").map_or(&item.span, |entry| &entry.value.span);
        report.push(
            Problem::error(place, "there is no such day: `days`, `dates` and `except` leave none").of(of),
        );
    }
    Some(hours)
}

/// Reads a list of things that may also be one thing.
fn each<T>(
    node: &Node,
    report: &mut Report,
    mut read: impl FnMut(&Node) -> Result<T, Problem>,
) -> Option<Vec<T>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        report.push(Problem::error(&node.span, "the list is empty").of("`schedule`").hint("leave it out"));
        return None;
    }
    let read: Vec<_> = items
        .iter()
        .map(|item| report.take(read(item).map_err(|problem| problem.of("`schedule`"))))
        .collect();
    read.into_iter().collect()
}

fn weekdays(node: &Node, report: &mut Report) -> Option<Weekdays> {
    let all = each(node, report, |item| {
        let text = scalar::text(item)?;
        Weekdays::parse(text).map_err(|part| {
            let meant = |name: &str| {
                let short: String = name.trim().chars().take(3).collect();
                closest(&short, WEEKDAYS).map(ToOwned::to_owned)
            };
            let ends: Option<Vec<String>> = part.split('-').map(meant).collect();
            let meant = ends
                .filter(|ends| !ends.is_empty())
                .map(|ends| format!("did you mean `{}`?", ends.join("-")));
            let hint = meant.unwrap_or_else(|| "write `MON`, `TUE-SUN` or `[MON, WED-FRI]`".to_owned());
            Problem::error(&item.span, format!("{} is no weekday", quoted(part))).hint(hint)
        })
    })?;
    all.into_iter().reduce(Weekdays::or)
}

fn dates(node: &Node, report: &mut Report) -> Option<Vec<DateSpan>> {
    each(node, report, |item| {
        let text = scalar::text(item)?;
        DateSpan::parse(text).map_err(|why| {
            let hint = "write `2026-12-24`, `2026-12-31..2027-01-06`, or `12-24` for every year";
            Problem::error(&item.span, why).hint(hint)
        })
    })
}

/// Reads a time of the clock or of the sun; `of` is whose it is.
pub(super) fn moment(node: &Node, of: &str, report: &mut Report) -> Option<Moment> {
    let Value::Map(_) = node.value else {
        return report.take(moment_of(node).map_err(|problem| problem.of(of)));
    };
    let mut fields = Fields::of(node, &node.span, of, &keys::MOMENT, report)?;
    let at = fields.required("at", "write `{ at: sunset-1h, not_before: \"16:00\" }`", report);
    let at = at.and_then(|node| report.take(moment_of(node).map_err(|problem| problem.of(of))));
    let (not_before, not_after) =
        (fields.get("not_before", report, clock), fields.get("not_after", report, clock));
    fields.finish(report);
    match at? {
        Moment::Clock(_) => {
            let problem = Problem::error(&node.span, "a time of the clock has no bounds").of(of);
            report.push(problem.hint("write it alone: `\"10:00\"`"));
            None
        }
        Moment::Sun { .. } if not_before.zip(not_after).is_some_and(|(low, high)| low > high) => {
            report.push(Problem::error(&node.span, "`not_before` is later than `not_after`").of(of));
            None
        }
        Moment::Sun { event, offset, .. } => Some(Moment::Sun { event, offset, not_before, not_after }),
    }
}

fn moment_of(node: &Node) -> Result<Moment, Problem> {
    let text = scalar::text(node)?.trim();
    let events = [("sunrise", SunEvent::Sunrise), ("sunset", SunEvent::Sunset)];
    let Some((event, rest)) =
        events.into_iter().find_map(|(name, event)| Some((event, text.strip_prefix(name)?)))
    else {
        return clock(node).map(Moment::Clock);
    };
    let wrong = |why: &str| {
        Problem::error(&node.span, format!("{} is not a time of the sun: {why}", quoted(text)))
            .hint("write `sunrise`, `sunrise+30m` or `sunset-1h`")
    };
    let rest = rest.trim();
    let (is_later, length) = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
        (Some(length), _) => (true, length),
        (_, Some(length)) => (false, length),
        _ if rest.is_empty() => (true, "0s"),
        _ => return Err(wrong("a `+` or a `-` comes next")),
    };
    let length = crate::show::duration::parse(length).map_err(|why| wrong(&why))?;
    let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    if length > OFFSET_MAX {
        return Err(wrong("that is more than six hours off"));
    }
    let offset = if is_later { length } else { -length };
    Ok(Moment::Sun { event, offset, not_before: None, not_after: None })
}

/// Reads `10:00`, `10:00:30` or `24:00`.
fn clock(node: &Node) -> Result<i32, Problem> {
    let text = scalar::text(node)?.trim();
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &&str| {
        let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i32>().ok().filter(|_| is_number)
    };
    let numbers: Option<Vec<i32>> = parts.iter().map(number).collect();
    let seconds = match numbers.as_deref() {
        Some([hours @ 0..=24, minutes @ 0..=59]) => Some(hours * 3600 + minutes * 60),
        Some([hours @ 0..=24, minutes @ 0..=59, seconds @ 0..=59]) => {
            Some(hours * 3600 + minutes * 60 + seconds)
        }
        _ => None,
    };
    seconds.filter(|seconds| *seconds <= DAY).ok_or_else(|| {
        Problem::error(&node.span, format!("{} is not a time of day", quoted(text)))
            .hint("write `\"10:00\"`, up to `\"24:00\"`, or `sunrise`, `sunset`, `sunset-1h`")
    })
}

/// Where an entry stands.
pub(super) type Places = [Span];
