//! What hands ask of playlists, from whichever door: `/segue/go`, `/segue/playlist/evening/goto 3` and the like.

use std::sync::Arc;

use super::Refusal;
use crate::show::{
    playlist::{PlayVerb, Playlist, StepRef},
    sheet::{Sheet, Step, Streams},
};

/// Makes a step of a verb's name; `step` is what was said with it.
pub(super) fn named(sheet: &Sheet, name: &str, verb: &str, step: Option<StepRef>) -> Result<Step, Refusal> {
    let verb = PlayVerb::find(verb, step).ok_or_else(|| Refusal::new("unknown verb", verb))?;
    of_list(sheet, name, verb.map_err(|why| Refusal::new("bad step", why))?)
}

/// Makes the step that does something with one playlist.
pub(super) fn of_list(sheet: &Sheet, name: &str, verb: PlayVerb) -> Result<Step, Refusal> {
    let list = sheet.playlists.get(name).ok_or_else(|| Refusal::new("unknown playlist", name))?;
    if let Some(step) = verb.step() {
        list.find(step).ok_or_else(|| Refusal::new("unknown step", format!("{step} of {name}")))?;
    }
    Ok(step(list, verb))
}

/// Makes the step that does something with whichever playlist plays on some streams.
pub(super) fn of_any(sheet: &Sheet, verb: PlayVerb, streams: Streams) -> Result<Step, Refusal> {
    if sheet.playlists.is_empty() {
        return Err(Refusal::new("no playlist plays", "the show has no playlists"));
    }
    Ok(Step::Playlist { list: None, verb, streams })
}

pub(super) fn step(list: &Arc<Playlist>, verb: PlayVerb) -> Step {
    Step::Playlist { list: Some(Arc::clone(list)), verb, streams: Streams::All }
}
