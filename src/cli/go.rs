//! `segue go`: fires a scene or a cue of the running show.

use std::time::Duration;

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, json};

use super::{
    Error,
    place::{self, Place},
};
use crate::show::duration;

/// What to fire.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A scene, or else a cue.
    name: String,
    /// How long the fade takes, such as `8s`; the scene's own if left out.
    #[arg(long, value_parser = duration::parse, value_name = "TIME")]
    fade: Option<Duration>,
    /// Which stream; all if left out.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Fires it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let Options { name, fade, stream, place: at } = options;
    let mut body = Map::new();
    if let Some(fade) = fade {
        body.insert("fade".to_owned(), json!(fade.as_secs_f64()));
    }
    if let Some(stream) = stream {
        body.insert("stream".to_owned(), json!(stream));
    }
    let desk = at.find()?;
    super::block_on(async {
        let scene = desk.post(&["api", "scenes", name, "go"], &body).await?;
        // Whoever says how a scene is to come in does not mean a cue.
        let answer = match scene {
            (StatusCode::NOT_FOUND, problem) if body.is_empty() => {
                match desk.post(&["api", "cues", name, "go"], &body).await? {
                    (StatusCode::NOT_FOUND, _) => (StatusCode::NOT_FOUND, problem),
                    cue => cue,
                }
            }
            answer => answer,
        };
        match answer {
            (status, _) if status.is_success() => Ok(()),
            (status, problem) => Err(place::refusal(status, &problem)),
        }
    })?
}
