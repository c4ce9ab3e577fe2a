//! `segue panic` and `segue release`: to the panic scene of the running show, and back to what is due.

use clap::Args;
use serde_json::{Map, json};

use super::{
    Error,
    place::{self, Place},
};
use crate::show::lane::LaneVerb;

/// Of which stream.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Which stream; all if left out.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Asks for it.
pub(super) fn run(verb: LaneVerb, options: &Options) -> Result<(), Error> {
    let desk = options.place.find()?;
    let body: Map<_, _> = options.stream.iter().map(|stream| ("stream".to_owned(), json!(stream))).collect();
    match super::block_on(desk.post(&["api", verb.name()], &body))?? {
        (status, _) if status.is_success() => Ok(()),
        (status, problem) => Err(place::refusal(status, &problem)),
    }
}
