//! The routes that ask the show for something: go to a scene, fire a cue, steer a transition. Accepting is not doing: the show does it.

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Busy, Server,
    problem::{Kind, Problem, quoted},
    read::{self, Members, bad},
    routes::json,
};
use crate::show::{
    self,
    event::Command,
    lane::LaneVerb,
    nearest::nearest,
    sheet::{Sheet, Verb},
};

/// The last part of the path's name, as the client wrote it.
type Name = Result<Path<String>, PathRejection>;

/// Goes to a scene: `POST /api/scenes/{name}/go`, with a `fade`, a `hold` and a `stream` if wanted.
pub(super) async fn scene(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let scene = named(name)?;
    let mut members = Members::of(&server, request, &["fade", "hold", "stream"]).await?;
    let (fade, hold, stream) = (members.fade()?, members.hold()?, members.text("stream")?);
    order(&server, Command::Scene { scene, stream, fade, hold })
}

/// Fires a cue: `POST /api/cues/{name}/go`.
pub(super) async fn cue(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let cue = named(name)?;
    Members::of(&server, request, &[]).await?;
    order(&server, Command::Cue { cue })
}

/// Ends what a cue has under way: `POST /api/cues/{name}/stop`.
pub(super) async fn stop_cue(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let cue = named(name)?;
    Members::of(&server, request, &[]).await?;
    order(&server, Command::StopCue { cue })
}

/// Goes to a prompt that no scene has: `POST /api/prompt` with a `prompt`, and a `seed`, a `fade`, a `hold` and a
/// `stream` if wanted.
pub(super) async fn prompt(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    let mut members = Members::of(&server, request, &["prompt", "seed", "fade", "hold", "stream"]).await?;
    let prompt = members.any("prompt").ok_or_else(|| bad("`prompt` is missing"))?;
    let (seed, fade, hold) = (members.seed(), members.fade()?, members.hold()?);
    order(&server, Command::Prompt { prompt, seed, stream: members.text("stream")?, fade, hold })
}

/// Lets the schedule do nothing for a while: `POST /api/bypass` with `for` in seconds, as `2h`, or `off`.
pub(super) async fn bypass(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    let mut members = Members::of(&server, request, &["for"]).await?;
    order(&server, Command::Bypass { time: members.time_or_off("for")? })
}

/// Fires a trigger that waits for HTTP: `POST /api/triggers/{name}`; the body, if there is one, is its payload.
pub(super) async fn trigger(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let trigger = named(name)?;
    let payload = read::payload(&server, request).await?;
    order(&server, Command::Trigger { trigger, payload })
}

/// Lets a trigger fire, or keeps it from firing: `POST /api/triggers/{name}/enable` and `/disable`.
pub(super) async fn switch(
    State(server): State<Server>,
    parts: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((trigger, verb)) =
        parts.map_err(|error| bad(format!("the name cannot be read: {}", error.body_text())))?;
    let enabled = match verb.as_str() {
        "enable" => true,
        "disable" => false,
        verb => {
            let detail = format!("a trigger cannot {}", quoted(verb));
            return Err(Problem::new(Kind::UnknownRoute, detail).meant(nearest(verb, ["enable", "disable"])));
        }
    };
    Members::of(&server, request, &[]).await?;
    order(&server, Command::Switch { trigger, enabled })
}

/// Goes to the panic scene, and cuts to it the second time: `POST /api/panic`, with a `stream` if wanted.
pub(super) async fn panic(state: State<Server>, request: Request) -> Result<Response, Problem> {
    lane(state, LaneVerb::Panic, request).await
}

/// Lets go of panic, or else of faders and of all that hold: `POST /api/release`, with a `stream` if wanted.
pub(super) async fn release(state: State<Server>, request: Request) -> Result<Response, Problem> {
    lane(state, LaneVerb::Release, request).await
}

async fn lane(State(server): State<Server>, verb: LaneVerb, request: Request) -> Result<Response, Problem> {
    let mut members = Members::of(&server, request, &["stream"]).await?;
    order(&server, Command::Lane { verb, stream: members.text("stream")? })
}

/// The part of the path, and of the body, by which a hand takes the progress.
const PROGRESS: &str = "progress";

/// Steers the running transition: `POST /api/transition/{verb}`, with a `stream` if wanted; or moves it to where a hand's
/// fader is: `POST /api/transition/progress`, with the `progress` from 0 to 1.
pub(super) async fn transition(
    State(server): State<Server>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let name = named(name)?;
    if name == PROGRESS {
        let mut members = Members::of(&server, request, &[PROGRESS, "stream"]).await?;
        let position = members.fader(PROGRESS)?;
        return order(&server, Command::Grab { position, stream: members.text("stream")? });
    }
    let names = || Verb::ALL.into_iter().map(|(name, _)| name);
    let verb = Verb::find(&name).ok_or_else(|| {
        Problem::new(Kind::UnknownRoute, format!("a transition cannot {}", quoted(&name)))
            .meant(nearest(&name, names().chain([PROGRESS])))
    })?;
    let mut members = Members::of(&server, request, &["stream"]).await?;
    order(&server, Command::Steer { verb, stream: members.text("stream")? })
}

fn named(name: Name) -> Result<String, Problem> {
    name.map(|Path(name)| name)
        .map_err(|error| bad(format!("the name cannot be read: {}", error.body_text())))
}

/// Hands a command to the show, if the show can obey it.
pub(super) fn order(server: &Server, command: Command) -> Result<Response, Problem> {
    let sheet = &server.desk.sheet();
    show::check_command(sheet, &command).map_err(|why| explained(sheet, &command, why))?;
    let accepted = accepted(&command);
    (server.desk.commands)(command)
        .map_err(|Busy| Problem::new(Kind::Busy, "more is waiting than the show can take; try again"))?;
    json(StatusCode::ACCEPTED, &accepted, false)
}

fn accepted(command: &Command) -> Value {
    match command {
        Command::Scene { scene, stream, fade, hold } => json!({
            "accepted": true,
            "scene": scene,
            "stream": stream,
            "fade_seconds": fade.map(|fade| fade.as_secs_f64()),
            "hold_seconds": hold.map(|hold| hold.as_secs_f64()),
        }),
        Command::Prompt { prompt, seed, stream, fade, hold } => json!({
            "accepted": true,
            "prompt": prompt,
            "seed": seed,
            "stream": stream,
            "fade_seconds": fade.map(|fade| fade.as_secs_f64()),
            "hold_seconds": hold.map(|hold| hold.as_secs_f64()),
        }),
        Command::Steer { verb, stream } => json!({ "accepted": true, "transition": verb, "stream": stream }),
        Command::Grab { position, stream } => {
            json!({ "accepted": true, "progress": position.get(), "stream": stream })
        }
        Command::Cue { cue } => json!({ "accepted": true, "cue": cue }),
        Command::StopCue { cue } => json!({ "accepted": true, "stop": cue }),
        Command::Bypass { time } => json!({ "accepted": true, "for_seconds": time.as_secs_f64() }),
        Command::Trigger { trigger, payload: _ } => json!({ "accepted": true, "trigger": trigger }),
        Command::Switch { trigger, enabled } => {
            json!({ "accepted": true, "trigger": trigger, "enabled": enabled })
        }
        Command::Lane { verb, stream } => json!({ "accepted": true, "lane": verb, "stream": stream }),
        Command::Playlist { playlist, verb, stream } => json!({
            "accepted": true,
            "playlist": playlist,
            "verb": verb.name(),
            "step": verb.step().map(ToString::to_string),
            "stream": stream,
        }),
    }
}

/// Says which name of a command is unknown, and which was probably meant; `why` where it is none of the names.
fn explained(sheet: &Sheet, command: &Command, why: String) -> Problem {
    match command {
        Command::Scene { scene, .. } if !sheet.scenes.contains_key(&**scene) => {
            let cue = if sheet.cues.contains_key(&**scene) {
                ", but a cue of that name: its steps have their own fades and streams"
            } else {
                ""
            };
            Problem::new(Kind::UnknownScene, format!("there is no scene {}{cue}", quoted(scene)))
                .meant(nearest(scene, sheet.scenes.keys().map(|name| &**name)))
        }
        Command::Scene { stream: Some(stream), .. }
        | Command::Prompt { stream: Some(stream), .. }
        | Command::Steer { stream: Some(stream), .. }
        | Command::Grab { stream: Some(stream), .. }
        | Command::Lane { stream: Some(stream), .. }
        | Command::Playlist { stream: Some(stream), .. }
            if sheet.stream(stream).is_none() =>
        {
            bad(format!("there is no stream {}", quoted(stream)))
                .meant(nearest(stream, sheet.streams.iter().map(|stream| &*stream.name)))
        }
        Command::Cue { cue } | Command::StopCue { cue } if !sheet.cues.contains_key(&**cue) => {
            Problem::new(Kind::UnknownCue, format!("there is no cue {}", quoted(cue)))
                .meant(nearest(cue, sheet.cues.keys().map(|name| &**name)))
        }
        Command::Playlist { playlist: Some(playlist), .. } if !sheet.playlists.contains_key(&**playlist) => {
            Problem::new(Kind::UnknownPlaylist, format!("there is no playlist {}", quoted(playlist)))
                .meant(nearest(playlist, sheet.playlists.keys().map(|name| &**name)))
        }
        Command::Trigger { trigger, .. } | Command::Switch { trigger, .. }
            if sheet.triggers.iter().all(|known| *known.name != **trigger) =>
        {
            let names = sheet.triggers.iter().map(|trigger| &*trigger.name);
            Problem::new(Kind::UnknownTrigger, format!("there is no trigger {}", quoted(trigger)))
                .meant(nearest(trigger, names))
        }
        Command::Trigger { trigger, .. } => bad(format!(
            "trigger {} does not wait for HTTP: write `when: {{ http: true }}`, beside what else it waits for",
            quoted(trigger)
        )),
        Command::Switch { .. }
        | Command::Scene { .. }
        | Command::Prompt { .. }
        | Command::Steer { .. }
        | Command::Grab { .. }
        | Command::Cue { .. }
        | Command::StopCue { .. }
        | Command::Bypass { .. }
        | Command::Lane { .. }
        | Command::Playlist { .. } => bad(why),
    }
}
