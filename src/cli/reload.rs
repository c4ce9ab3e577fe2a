//! `segue reload`: has the running show read its file again, and tells what that came to.

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, Value};

use super::{Error, go::Place};

/// Where the show is.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
}

/// Has it read.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let (status, answer) = super::block_on(options.place.post(&["api", "reload"], &Map::new()))??;
    if status.is_success() {
        super::say(told(&answer).trim_end());
        return Ok(());
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    let detail = text("detail").unwrap_or_else(|| format!("the show answered {status}"));
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        super::say_error(text("told").unwrap_or_default().trim_end());
        return Err(Error::Config(detail));
    }
    Err(Error::Failed(detail))
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
