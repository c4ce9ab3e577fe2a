//! `segue reload`: has the running show read its file again, and tells what that came to.

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, Value};

use super::{
    Error,
    place::{self, Place},
};

/// Where the show is.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
}

/// Has it read.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let desk = options.place.find()?;
    let (status, answer) = super::block_on(desk.post(&["api", "reload"], &Map::new()))??;
    if status.is_success() {
        super::say(told(&answer).trim_end());
        return Ok(());
    }
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        super::say_error(text("told").trim_end());
        return Err(Error::Config(text("detail").to_owned()));
    }
    Err(place::refusal(status, &answer))
}

fn told(answer: &Value) -> String {
    let list = |key: &str| -> Vec<String> {
        let list = answer[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (changed, kept) = (list("changed"), list("kept"));
    if changed.is_empty() && kept.is_empty() {
        return "nothing changed".to_owned();
    }
    let changed = changed.into_iter().map(|line| format!("{line}\n"));
    changed.chain(kept.into_iter().map(|line| format!("not yet: {line}\n"))).collect()
}
