//! `segue bypass`: lets the schedule of the running show do nothing for a while.

use clap::Args;
use serde_json::{Map, json};

use super::{
    Error,
    place::{self, Place},
};

/// How long.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// How long, such as `2h`, at most a week; `off` follows the schedule again at once.
    #[arg(value_name = "TIME")]
    time: String,
    #[command(flatten)]
    place: Place,
}

/// Asks for it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let desk = options.place.find()?;
    let body = Map::from_iter([("for".to_owned(), json!(options.time))]);
    match super::block_on(desk.post(&["api", "bypass"], &body))?? {
        (status, _) if status.is_success() => Ok(()),
        (status, problem) => Err(place::refusal(status, &problem)),
    }
}
