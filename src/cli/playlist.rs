//! `segue playlist` and `segue back`: plays, steps, pauses and stops playlists of the running show.

use clap::Args;
use serde_json::{Map, json};

use super::{
    Error,
    place::{self, Place},
};
use crate::show::playlist::PlayVerb;

/// What to do with which playlist.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The playlist.
    name: String,
    /// What to do with it.
    #[arg(default_value = "play", value_parser = PlayVerb::NAMES)]
    verb: String,
    /// The step for `goto` and `standby`: its number from 1, or its name.
    step: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Of which stream.
#[derive(Debug, Args)]
pub(super) struct Back {
    /// On which stream; on all if left out.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Does it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let Options { name, verb, step, place } = options;
    let body = step.iter().map(|step| ("step".to_owned(), json!(step))).collect();
    post(place, &["api", "playlists", name, verb], &body)
}

/// Fires the step before.
pub(super) fn back(options: &Back) -> Result<(), Error> {
    let Back { stream, place } = options;
    let body = stream.iter().map(|stream| ("stream".to_owned(), json!(stream))).collect();
    post(place, &["api", "back"], &body)
}

fn post(place: &Place, path: &[&str], body: &Map<String, serde_json::Value>) -> Result<(), Error> {
    let desk = place.find()?;
    match super::block_on(desk.post(path, body))?? {
        (status, _) if status.is_success() => Ok(()),
        (status, problem) => Err(place::refusal(status, &problem)),
    }
}
