//! The status page: what is on and what there is, as plain HTML for one moment. No script, and nothing to
//! press but the way out.
//!
//! Everything that comes from the show file or a backend goes through [`Text`]; nothing else writes it.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::lists;
use crate::show::{
    lane::{Beneath, Lane, LaneSnapshot},
    playlist::snapshot::PlaylistSnapshot,
    sheet::Sheet,
    snapshot::{Health, Phase, Share, Snapshot, StreamSnapshot, Upcoming, Updates},
    venue::Backend,
};

/// Below this share of a mix or of a prompt list nothing is to be seen of it.
const SHARE_SEEN_MIN: f64 = 0.005;

/// The routes that people try first; `/api/openapi.json` has them all.
const ROUTES: [(&str, &str); 16] = [
    ("GET /", "<a href=\"/\">the page</a> on which the show is seen and played"),
    (
        "POST /api/scenes/{name}/go",
        "goes to a scene; takes <code>fade</code> (8, 8s, 1m30s), <code>hold</code> (how long until it goes back) and <code>stream</code>, as JSON or in the query",
    ),
    ("POST /api/cues/{name}/go", "fires a cue"),
    ("POST /api/cues/{name}/stop", "ends what a cue has under way"),
    ("POST /api/triggers/{name}", "fires a trigger that waits for HTTP; the body is its payload"),
    ("POST /api/triggers/{name}/enable", "lets a trigger fire; <code>/disable</code> keeps it from firing"),
    (
        "POST /api/playlists/{name}/{verb}",
        "plays a playlist; the verbs are <code>play</code>, <code>go</code>, <code>back</code>, <code>pause</code>, \
         <code>resume</code>, <code>stop</code>, and with a <code>step</code> <code>goto</code> and <code>standby</code>",
    ),
    (
        "POST /api/go",
        "fires the step that stands by in the playlist that plays; <code>/api/back</code> the one before",
    ),
    (
        "POST /api/prompt",
        "goes to a prompt of your own: <code>prompt</code>, and <code>seed</code>, <code>fade</code>, <code>hold</code>, <code>stream</code> if wanted",
    ),
    (
        "POST /api/bypass",
        "lets the schedule do nothing <code>for</code> a while (7200, 2h), or follows it again (off)",
    ),
    (
        "POST /api/panic, /api/release",
        "goes to the panic scene, the second time at once; lets go of it, or else of faders and of all that hold",
    ),
    (
        "GET /api/state",
        "everything that is known, as JSON; <a href=\"/api/state?pretty\">?pretty</a> for people",
    ),
    ("POST /api/reload", "reads the show file again and tells what changed"),
    ("GET /metrics", "counts and gauges in the <a href=\"/metrics\">OpenMetrics</a> format"),
    ("GET /healthz", "answers <code>ok</code> while <a href=\"/healthz\">the show runs</a>"),
    ("GET /readyz", "answers 200 while <a href=\"/readyz\">every stream is live</a>"),
];

/// The page of one moment.
pub(super) struct Page<'a> {
    /// What there is.
    pub(super) sheet: &'a Sheet,
    /// What is on.
    pub(super) snapshot: &'a Snapshot,
    /// Whether whoever reads it had to log in.
    pub(super) gated: bool,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot {
            show,
            streams,
            playlists,
            upcoming,
            bypassed_until,
            show_file,
            broker_connected,
            triggers: _,
            runs,
            variables,
        } = self.snapshot;
        let title = Text(show);
        writeln!(f, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">")?;
        writeln!(f, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(f, "<title>{title}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n<main>")?;
        writeln!(f, "<h1>{title}</h1>")?;
        writeln!(f, "<p class=\"aside\">One moment of the show. Reload the page for another.</p>")?;
        if let Some(error) = show_file.as_ref().and_then(|file| file.error.as_ref()) {
            let error = Text(error);
            writeln!(
                f,
                "<p class=\"trouble\">The show file is wrong; the show goes on as it was. {error}</p>"
            )?;
        }
        if self.gated {
            writeln!(f, "<form method=\"post\" action=\"/logout\"><button>Log out</button></form>")?;
        }
        match broker_connected {
            Some(true) => writeln!(f, "<p>The MQTT broker is connected.</p>")?,
            Some(false) => writeln!(f, "<p class=\"trouble\">The MQTT broker is not connected.</p>")?,
            None => {}
        }
        if let Some(until) = bypassed_until {
            let until = until.to_zoned(self.sheet.zone.clone()).strftime("%a %H:%M:%S").to_string();
            writeln!(f, "<p class=\"trouble\">The schedule is bypassed until {until}.</p>")?;
        }
        table_of_streams(f, streams)?;
        list(f, "Scenes", "scenes", self.sheet.scenes.keys().map(|name| &**name))?;
        list(f, "Cues", "cues", self.sheet.cues.keys().map(|name| &**name))?;
        list_of_playlists(f, playlists)?;
        lists::under_way(f, runs, &self.sheet.zone)?;
        lists::variables(f, variables)?;
        due(f, streams, &self.sheet.zone)?;
        coming_up(f, upcoming, &self.sheet.zone)?;
        writeln!(f, "<h2>Routes</h2>\n<ul>")?;
        for (route, what) in ROUTES {
            writeln!(f, "<li><code>{route}</code> {what}")?;
        }
        writeln!(f, "</ul>\n</main>\n</html>")
    }
}

fn table_of_streams(f: &mut fmt::Formatter<'_>, streams: &[StreamSnapshot]) -> fmt::Result {
    writeln!(
        f,
        "<h2>Streams</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Streams\"><table>"
    )?;
    writeln!(f, "<tr><th>Stream<th>Phase<th>On<th>Prompts<th>Updates<th>Health")?;
    for stream in streams {
        row(f, stream)?;
    }
    writeln!(f, "</table></div>")
}

fn row(f: &mut fmt::Formatter<'_>, stream: &StreamSnapshot) -> fmt::Result {
    write!(f, "<tr><th scope=\"row\">{}", Text(&stream.name))?;
    write!(f, "<br><span class=\"aside\">{}</span>", backend(stream.backend))?;
    if let Some(id) = &stream.id {
        write!(f, "<br><code>{}</code>", Text(id))?;
    }
    write!(f, "<td>{}", phase(stream.phase))?;
    if let Some(trouble) = &stream.trouble {
        let (what, message) = (Text(trouble.what), Text(&trouble.message));
        write!(f, "<br><span class=\"trouble\">{what}: {message}</span>")?;
        write!(f, " <span class=\"aside\">{:.0} s ago</span>", trouble.seconds_ago)?;
    }
    if let Some(alarm) = &stream.alarm {
        let minutes = alarm.seconds_ago / 60.0;
        write!(f, "<br><strong class=\"trouble\">Somebody is needed: {}</strong>", Text(&alarm.reason))?;
        write!(f, " <span class=\"aside\">for {minutes:.0} min</span>")?;
    }
    write!(f, "<td>")?;
    on(f, stream)?;
    lane(f, &stream.lane)?;
    write!(f, "<td>")?;
    prompts(f, &stream.prompts)?;
    let Updates { sent, failed, coalesced: _, round_trip_seconds, drifts: _ } = &stream.updates;
    write!(f, "<td>{sent} sent, {failed} failed")?;
    if let Some(seconds) = round_trip_seconds {
        write!(f, "<br><span class=\"aside\">{:.0} ms to the answer</span>", seconds * 1000.0)?;
    }
    write!(f, "<td>")?;
    match &stream.health {
        Some(health) => state_of(f, health)?,
        None => write!(f, "<span class=\"aside\">not read yet</span>")?,
    }
    writeln!(f)
}

/// Where the mix is, and how far on its way.
fn on(f: &mut fmt::Formatter<'_>, stream: &StreamSnapshot) -> fmt::Result {
    let Some(way) = &stream.transition else { return write!(f, "{}", Text(&stream.scene)) };
    write!(f, "to {}, {:.0} s to go", Text(&stream.scene), way.remaining_seconds)?;
    for Share { scene, weight } in &stream.mix {
        if *weight >= SHARE_SEEN_MIN {
            write!(f, "<br><span class=\"aside\">{} {:.0} %</span>", Text(scene), weight * 100.0)?;
        }
    }
    for scene in &stream.waiting {
        write!(f, "<br>then {}", Text(scene))?;
    }
    Ok(())
}

/// Who has it, where that is not the base, and what is wanted beneath.
fn lane(f: &mut fmt::Formatter<'_>, told: &LaneSnapshot) -> fmt::Result {
    let LaneSnapshot { holder, why, hands_back_at: _, hands_back_seconds, beneath } = told;
    if *holder == Lane::Base {
        return Ok(());
    }
    let class = if *holder == Lane::Panic { " class=\"trouble\"" } else { "" };
    write!(f, "<br><strong{class}>{}</strong>: {}", holder.as_str(), Text(why))?;
    if let Some(seconds) = hands_back_seconds {
        write!(f, ", {seconds:.0} s to go")?;
    }
    for Beneath { lane, scene, .. } in beneath {
        write!(f, "<br><span class=\"aside\">beneath it {} ({})</span>", Text(scene), lane.as_str())?;
    }
    Ok(())
}

fn prompts(f: &mut fmt::Formatter<'_>, prompts: &[(Value, f64)]) -> fmt::Result {
    for (prompt, weight) in prompts {
        if *weight < SHARE_SEEN_MIN {
            continue;
        }
        match prompt {
            Value::String(text) => write!(f, "{}", Text(text))?,
            other => write!(f, "{}", Text(&other.to_string()))?,
        }
        writeln!(f, " <span class=\"aside\">{weight:.2}</span><br>")?;
    }
    Ok(())
}

fn state_of(f: &mut fmt::Formatter<'_>, health: &Health) -> fmt::Result {
    write!(f, "{}", Text(health.state.as_deref().unwrap_or("unknown")))?;
    if let (Some(fps_in), Some(fps_out)) = (health.fps_in, health.fps_out) {
        write!(f, "<br>{fps_in:.1} frames/s in, {fps_out:.1} out")?;
    }
    if let Some(error) = &health.last_error {
        write!(f, "<br><span class=\"trouble\">{}</span>", Text(error))?;
    }
    write!(f, "<br><span class=\"aside\">read {:.0} s ago</span>", health.read_seconds_ago)
}

/// Lists names with the request that goes there.
fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    path: &str,
    names: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    let mut names = names.peekable();
    if names.peek().is_none() {
        return Ok(());
    }
    writeln!(f, "<h2>{title}</h2>\n<ul>")?;
    for name in names {
        writeln!(f, "<li>{} <code class=\"aside\">POST /api/{path}/{}/go</code>", Text(name), Segment(name))?;
    }
    writeln!(f, "</ul>")
}

/// Where each playlist is, with the request that plays it.
fn list_of_playlists(f: &mut fmt::Formatter<'_>, playlists: &[PlaylistSnapshot]) -> fmt::Result {
    if playlists.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>Playlists</h2>\n<ul>")?;
    for list in playlists {
        let (told, path) = (list.tell(), Segment(&list.name));
        writeln!(f, "<li>{} <code class=\"aside\">POST /api/playlists/{path}/play</code>", Text(&told))?;
    }
    writeln!(f, "</ul>")
}

/// What is due by the schedule. The page does not know what time it is: each time has its day.
fn due(f: &mut fmt::Formatter<'_>, streams: &[StreamSnapshot], zone: &TimeZone) -> fmt::Result {
    let mut scheduled =
        streams.iter().filter_map(|stream| Some((&stream.name, stream.due.as_ref()?))).peekable();
    if scheduled.peek().is_none() {
        return Ok(());
    }
    writeln!(f, "<h2>Due by the schedule</h2>\n<ul>")?;
    for (stream, due) in scheduled {
        writeln!(f, "<li>{}: {}", Text(stream), Text(&due.tell(Timestamp::MIN, zone)))?;
    }
    writeln!(f, "</ul>")
}

fn coming_up(f: &mut fmt::Formatter<'_>, upcoming: &[Upcoming], zone: &TimeZone) -> fmt::Result {
    if upcoming.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>Coming up</h2>\n<ul>")?;
    for Upcoming { trigger, at } in upcoming {
        let at = at.to_zoned(zone.clone());
        writeln!(f, "<li>{} {}", at.strftime("%a %Y-%m-%d %H:%M:%S %Z"), Text(trigger))?;
    }
    writeln!(f, "</ul>")
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Creating => "creating",
        Phase::Finding => "finding",
        Phase::Live => "live",
        Phase::Stopped => "stopped",
    }
}

fn backend(backend: Backend) -> &'static str {
    match backend {
        Backend::Simulator => "simulator",
        Backend::Daydream => "daydream",
        Backend::DaydreamBeta => "daydream-beta",
    }
}

/// A text from elsewhere, made harmless in an element and in a quoted attribute.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, from) = rest.split_at(at);
            let escape = match from.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            };
            write!(f, "{before}{escape}")?;
            rest = &from[1..];
        }
        f.write_str(rest)
    }
}

/// A name as one segment of a path: whatever RFC 3986 does not call unreserved is percent-encoded.
struct Segment<'a>(&'a str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    write!(f, "{}", char::from(byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Segment, Text};

    #[test]
    fn no_text_can_become_markup() {
        assert_eq!(Text("a<b>&\"c\"'").to_string(), "a&lt;b&gt;&amp;&quot;c&quot;&#39;");
        assert_eq!(Text("Nebel über Köln").to_string(), "Nebel über Köln");
    }

    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(Segment("night sky/2").to_string(), "night%20sky%2F2");
        assert_eq!(Segment("dämmer").to_string(), "d%C3%A4mmer");
    }
}
