//! `segue status`: what is on, how far the transition is, how the streams are, what comes next.

use std::fmt::Write as _;

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{Error, place::Place};
use crate::{
    clock,
    show::{playlist::snapshot::PlaylistSnapshot, snapshot::Due},
};

/// How old a status may be to stand for the present: three times the usual 5 s between two.
const STALE_SECONDS: f64 = 15.0;

/// How to tell it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print the state as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Tells it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let desk = options.place.find()?;
    let state = super::block_on(desk.get(&["api", "state"]))??;
    if options.json {
        super::say(&format!("{state:#}"));
    } else {
        super::say(describe(&state, clock::wall(), &TimeZone::system()).trim_end());
    }
    Ok(())
}

fn describe(state: &Value, now: Timestamp, zone: &TimeZone) -> String {
    let mut text = String::new();
    let list = |key: &str| state[key].as_array().cloned().unwrap_or_default();
    let _ = writeln!(text, "{}", word(&state["show"]));
    for stream in list("streams") {
        describe_stream(&mut text, &stream, now, zone);
    }
    if let Some(error) = state["show_file"]["error"].as_str() {
        let _ = writeln!(text, "\nThe show file is wrong; the show goes on as it was: {error}");
    }
    if let Some(connected) = state["broker_connected"].as_bool() {
        let _ = writeln!(text, "\nMQTT: {}", if connected { "connected" } else { "no broker; trying again" });
    }
    let playing: Vec<Value> =
        list("playlists").into_iter().filter(|list| list["state"].as_str() != Some("stopped")).collect();
    if !playing.is_empty() {
        let _ = writeln!(text, "\nPlaylists:");
    }
    for list in playing {
        let told = serde_json::from_value::<PlaylistSnapshot>(list).map(|list| list.tell());
        let _ = writeln!(text, "  {}", told.unwrap_or_else(|_| "?".to_owned()));
    }
    if let Some(until) = state["bypassed_until"].as_str().and_then(|until| until.parse::<Timestamp>().ok()) {
        let until = until.to_zoned(zone.clone());
        let _ = writeln!(text, "\nThe schedule is bypassed until {}", until.strftime("%a %d %b %H:%M:%S"));
    }
    let upcoming = list("upcoming");
    if !upcoming.is_empty() {
        let _ = writeln!(text, "\nNext:");
    }
    for run in upcoming {
        let at = word(&run["at"]).parse::<Timestamp>().map(|at| at.to_zoned(zone.clone()));
        let at = at.map_or_else(|_| word(&run["at"]), |at| at.strftime("%a %d %b %H:%M:%S").to_string());
        let _ = writeln!(text, "  {at}  {}", word(&run["trigger"]));
    }
    text
}

fn describe_stream(text: &mut String, stream: &Value, now: Timestamp, zone: &TimeZone) {
    let id = stream["id"].as_str().map_or_else(String::new, |id| format!(", {id}"));
    let _ = writeln!(
        text,
        "\n{} ({}{id}): {}",
        word(&stream["name"]),
        word(&stream["backend"]),
        word(&stream["phase"])
    );
    let scene = word(&stream["scene"]);
    match stream["transition"].as_object() {
        None => {
            let _ = writeln!(text, "  on       {scene}");
        }
        Some(way) => {
            let number = |key: &str| way.get(key).and_then(Value::as_f64).unwrap_or_default();
            let (progress, left) = (number("progress") * 100.0, number("remaining_seconds"));
            let _ = writeln!(text, "  on       to {scene}, {progress:.0} %, {left:.1} s left");
            for share in stream["mix"].as_array().into_iter().flatten() {
                let weight = share["weight"].as_f64().unwrap_or_default() * 100.0;
                let _ = writeln!(text, "           {weight:3.0} % {}", word(&share["scene"]));
            }
        }
    }
    describe_lane(text, &stream["lane"]);
    if let Some(due) = due(&stream["due"]) {
        let _ = writeln!(text, "  due      {}", due.tell(now, zone));
    }
    let waiting: Vec<String> = stream["waiting"].as_array().into_iter().flatten().map(word).collect();
    if !waiting.is_empty() {
        let _ = writeln!(text, "  then     {}", waiting.join(", "));
    }
    if let Some(progress) = stream["resumed"]["progress"].as_f64() {
        let minutes = stream["resumed"]["seconds_ago"].as_f64().unwrap_or_default() / 60.0;
        let _ = writeln!(text, "  resumed  at {:.0} %, {minutes:.0} min ago", progress * 100.0);
    }
    describe_health(text, stream);
}

/// Tells who has it, where that is not the base.
fn describe_lane(text: &mut String, lane: &Value) {
    let Some(holder) = lane["holder"].as_str().filter(|holder| *holder != "base") else { return };
    let left = |seconds: &Value, then: &str| {
        seconds.as_f64().map_or_else(String::new, |seconds| format!(", {seconds:.0} s {then}"))
    };
    let back = left(&lane["hands_back_seconds"], "to go");
    let _ = writeln!(text, "  lane     {holder}: {}{back}", word(&lane["why"]));
    for beneath in lane["beneath"].as_array().into_iter().flatten() {
        let (scene, left) = (word(&beneath["scene"]), left(&beneath["seconds_left"], "left"));
        let _ = writeln!(text, "           beneath it {scene} ({}{left})", word(&beneath["lane"]));
    }
}

fn due(told: &Value) -> Option<Due> {
    told.as_object()?;
    let name = |key: &str| told[key].as_str().map(Into::into);
    let until = told["until"].as_str().and_then(|until| until.parse().ok());
    let (playlist, then_playlist) = (name("playlist"), name("then_playlist"));
    Some(Due { scene: name("scene"), playlist, until, then: name("then"), then_playlist })
}

fn describe_health(text: &mut String, stream: &Value) {
    let health = &stream["health"];
    if health.is_object() {
        let rate =
            |key: &str| health[key].as_f64().map_or_else(|| "?".to_owned(), |rate| format!("{rate:.1}"));
        let state = health["state"].as_str().unwrap_or("unknown");
        let (fps_in, fps_out) = (rate("fps_in"), rate("fps_out"));
        let age = health["read_seconds_ago"].as_f64().unwrap_or_default();
        let stale =
            if age > STALE_SECONDS { format!(", but that was {age:.0} s ago") } else { String::new() };
        let _ = writeln!(text, "  health   {state}, {fps_in} fps in, {fps_out} fps out{stale}");
        if let Some(error) = health["last_error"].as_str() {
            let _ = writeln!(text, "  error    {error}");
        }
        if let Some(url) = health["whep_url"].as_str() {
            let _ = writeln!(text, "  watch    {url}");
        }
    } else {
        let _ = writeln!(text, "  health   no status yet");
    }
    let updates = &stream["updates"];
    let round_trip = updates["round_trip_seconds"]
        .as_f64()
        .map_or_else(String::new, |time| format!(", last took {:.0} ms", time * 1000.0));
    let _ = writeln!(text, "  updates  {} sent, {} failed{round_trip}", updates["sent"], updates["failed"]);
    if let Some(reason) = stream["alarm"]["reason"].as_str() {
        let minutes = stream["alarm"]["seconds_ago"].as_f64().unwrap_or_default() / 60.0;
        let _ = writeln!(text, "  ALARM    {reason} (for {minutes:.0} min)");
    }
    if stream["trouble"].is_object() {
        let trouble = &stream["trouble"];
        let ago = trouble["seconds_ago"].as_f64().unwrap_or_default();
        let _ = writeln!(
            text,
            "  trouble  {}: {} ({ago:.0} s ago)",
            word(&trouble["what"]),
            word(&trouble["message"])
        );
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| "?".to_owned(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_transition_is_told_with_its_shares_and_the_next_runs() {
        let state = json!({
            "show": "Gallery",
            "streams": [{
                "name": "wall", "backend": "daydream", "phase": "live", "id": "str_x", "scene": "neon",
                "mix": [{"scene": "dawn", "weight": 0.25}, {"scene": "neon", "weight": 0.75}],
                "transition": {"progress": 0.66, "fade_seconds": 8.0, "remaining_seconds": 2.7},
                "waiting": ["dawn", "“misty sea”"],
                "lane": {
                    "holder": "operator", "why": "/segue/mix/neon", "hands_back_seconds": 97.2,
                    "beneath": [
                        {"lane": "override", "scene": "rain", "why": "motion", "seconds_left": 12.0},
                        {"lane": "base", "scene": "dawn", "why": "schedule", "seconds_left": null},
                    ],
                },
                "due": {"scene": "dawn", "until": "2026-11-23T17:00:00Z", "then": null},
                "resumed": {"progress": 0.43, "seconds_ago": 125.0},
                "updates": {"sent": 12, "failed": 1, "coalesced": 0, "round_trip_seconds": 0.151},
                "health": {"state": "ONLINE", "fps_in": 30.0, "fps_out": 24.94, "last_error": null, "whep_url": null, "read_seconds_ago": 31.0},
                "trouble": {"what": "update", "message": "no answer in 10 s", "seconds_ago": 3.2},
            }],
            "broker_connected": false,
            "bypassed_until": "2026-11-22T21:30:00Z",
            "upcoming": [{"trigger": "open", "at": "2026-11-23T08:00:00Z"}],
        });
        insta::assert_snapshot!(describe(&state, "2026-11-22T20:00:00Z".parse().unwrap(), &TimeZone::UTC), @r"
        Gallery

        wall (daydream, str_x): live
          on       to neon, 66 %, 2.7 s left
                    25 % dawn
                    75 % neon
          lane     operator: /segue/mix/neon, 97 s to go
                   beneath it rain (override, 12 s left)
                   beneath it dawn (base)
          due      dawn until Mon 23 Nov 17:00, then nothing, what is on stays
          then     dawn, “misty sea”
          resumed  at 43 %, 2 min ago
          health   ONLINE, 30.0 fps in, 24.9 fps out, but that was 31 s ago
          updates  12 sent, 1 failed, last took 151 ms
          trouble  update: no answer in 10 s (3 s ago)

        MQTT: no broker; trying again

        The schedule is bypassed until Sun 22 Nov 21:30:00

        Next:
          Mon 23 Nov 08:00:00  open
        ");
    }

    #[test]
    fn a_state_that_is_nothing_like_one_is_told_without_a_panic() {
        for state in [json!(null), json!({"streams": [null, 3, {}]}), json!({"upcoming": [{"at": "never"}]})]
        {
            assert!(!describe(&state, Timestamp::UNIX_EPOCH, &TimeZone::UTC).is_empty());
        }
    }
}
