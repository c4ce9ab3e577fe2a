//! `segue go`: fires a scene, a cue or a prompt of one's own in the running show, or the step that stands by.

use std::time::Duration;

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    Error,
    place::{self, Desk, Place},
};
use crate::show::duration;

/// What to fire.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").args(["name", "prompt"])))]
pub(super) struct Options {
    /// A scene, or else a cue; without one, GO: the step that stands by in the playlist that plays.
    name: Option<String>,
    /// A prompt of your own instead.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// How long the fade takes, such as `8s`; the scene's own if left out.
    #[arg(long, value_parser = duration::parse, value_name = "TIME", requires = "what")]
    fade: Option<Duration>,
    /// How long it is to be on, such as `30s`, until the stream goes back to what is due; for good if left out.
    #[arg(long, value_parser = duration::parse, value_name = "TIME")]
    hold: Option<Duration>,
    /// Which stream; all if left out.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Fires it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let Options { name, prompt, fade, hold, stream, place: at } = options;
    let mut body = Map::new();
    if let Some(fade) = fade {
        body.insert("fade".to_owned(), json!(fade.as_secs_f64()));
    }
    if let Some(hold) = hold {
        body.insert("hold".to_owned(), json!(hold.as_secs_f64()));
    }
    if let Some(stream) = stream {
        body.insert("stream".to_owned(), json!(stream));
    }
    let desk = at.find()?;
    super::block_on(async {
        let answer = match (prompt, name) {
            (Some(prompt), _) => {
                body.insert("prompt".to_owned(), json!(prompt));
                desk.post(&["api", "prompt"], &body).await?
            }
            (None, Some(name)) => fire(&desk, name, &body).await?,
            (None, None) => desk.post(&["api", "go"], &body).await?,
        };
        match answer {
            (status, _) if status.is_success() => Ok(()),
            (status, problem) => Err(place::refusal(status, &problem)),
        }
    })?
}

/// Fires the scene of that name, or else the cue.
async fn fire(desk: &Desk, name: &str, body: &Map<String, Value>) -> Result<(StatusCode, Value), Error> {
    let scene = desk.post(&["api", "scenes", name, "go"], body).await?;
    // Whoever says how a scene is to come in does not mean a cue.
    let (StatusCode::NOT_FOUND, problem) = scene else { return Ok(scene) };
    if !body.is_empty() {
        return Ok((StatusCode::NOT_FOUND, problem));
    }
    match desk.post(&["api", "cues", name, "go"], body).await? {
        (StatusCode::NOT_FOUND, _) => Ok((StatusCode::NOT_FOUND, problem)),
        cue => Ok(cue),
    }
}
