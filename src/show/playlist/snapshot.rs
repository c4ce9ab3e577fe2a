//! What may be seen of playlists: where each is, what stands by, and when that comes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Content, Playlist,
    player::{Player, State},
};
use crate::show::{Show, duration, time::Now};

/// A playlist at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaylistSnapshot {
    /// Its name in the show.
    pub name: Arc<str>,
    /// What it waits for.
    pub state: PlaylistState,
    /// On which streams it plays.
    pub streams: Vec<Arc<str>>,
    /// The number of the step that is on, or was when it stopped, from 1; `None` if it has not played.
    pub step: Option<usize>,
    /// What that step is called.
    pub step_name: Option<Arc<str>>,
    /// How many steps there are.
    pub steps: usize,
    /// The playlists within it that are on, each with the number of its step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub within: BTreeMap<Arc<str>, usize>,
    /// The scene of that step.
    pub scene: Option<Arc<str>>,
    /// What stands by; `None` at the end.
    pub next: Option<NextStep>,
    /// How long until that; `None` if it does not come by itself.
    pub next_in_seconds: Option<f64>,
}

/// What a playlist waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaylistState {
    /// Somebody plays it.
    Stopped,
    /// The end of the hold.
    Playing,
    /// A GO.
    Waiting,
    /// Somebody lets it go on.
    Paused,
}

/// The step of a playlist that stands by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// Its number, from 1.
    pub step: usize,
    /// What it is called.
    pub name: Arc<str>,
    /// Its scene.
    pub scene: Arc<str>,
}

impl PlaylistState {
    /// Returns the state as everybody outside spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Playing => "playing",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
        }
    }
}

impl PlaylistSnapshot {
    /// Makes that of a playlist that has not played.
    pub fn idle(name: &Arc<str>, steps: usize) -> Self {
        Self {
            name: Arc::clone(name),
            state: PlaylistState::Stopped,
            streams: Vec::new(),
            step: None,
            step_name: None,
            steps,
            within: BTreeMap::new(),
            scene: None,
            next: None,
            next_in_seconds: None,
        }
    }

    /// Tells it as a person would: `evening: step 2 of 5, dawn; then neon in 4m 30s`.
    pub fn tell(&self) -> String {
        let Self { name, state, step, step_name, steps, next, next_in_seconds, .. } = self;
        let place = match (step, step_name) {
            (Some(step), Some(label)) => format!("{name}: step {step} of {steps}, {label}"),
            _ => format!("{name}: {steps} steps"),
        };
        let rest = match (next, next_in_seconds) {
            (Some(next), Some(seconds)) => {
                let time = Duration::try_from_secs_f64(seconds.round()).unwrap_or_default();
                format!("; then {} in {}", next.name, duration::text(time))
            }
            (Some(next), None) if *state == PlaylistState::Waiting => format!("; then {} at GO", next.name),
            (Some(next), None) => format!("; {} stands by", next.name),
            (None, _) if *state == PlaylistState::Stopped => String::new(),
            (None, _) => "; then it ends".to_owned(),
        };
        let stands = matches!(state, PlaylistState::Paused | PlaylistState::Stopped);
        let state = if stands { format!(", {}", state.as_str()) } else { String::new() };
        place + &state + &rest
    }
}

impl Show {
    /// Returns what may be seen of every playlist.
    pub(in crate::show) fn see_playlists(&self, now: Now) -> Vec<PlaylistSnapshot> {
        let see = |(name, list): (&Arc<str>, &Arc<Playlist>)| {
            let player = self.deck.players.get(name);
            let blank = PlaylistSnapshot::idle(name, list.steps.len());
            player.map_or(blank.clone(), |player| {
                let streams = player.streams.iter().map(|index| Arc::clone(&self.sheet.streams[*index].name));
                PlaylistSnapshot { streams: streams.collect(), ..see(player, blank, now) }
            })
        };
        self.sheet.playlists.iter().map(see).collect()
    }
}

fn see(player: &Player, blank: PlaylistSnapshot, now: Now) -> PlaylistSnapshot {
    let at = player.walk.at.as_ref();
    let label = |path: &Vec<usize>| player.list.label(path);
    let next = player.walk.next().and_then(|path| {
        let scene = Arc::clone(&player.next()?.scene.name);
        Some(NextStep { step: path[0] + 1, name: label(path), scene })
    });
    PlaylistSnapshot {
        state: match player.state {
            State::Stopped => PlaylistState::Stopped,
            State::Holding { .. } => PlaylistState::Playing,
            State::Waiting => PlaylistState::Waiting,
            State::Paused { .. } => PlaylistState::Paused,
        },
        step: at.map(|at| at[0] + 1),
        step_name: at.map(label),
        within: at.map(|at| within(&player.list, at)).unwrap_or_default(),
        scene: player.number().map(|number| Arc::clone(&number.scene.name)),
        next,
        next_in_seconds: player.due().map(|due| due.since(now.mono).as_secs_f64()),
        ..blank
    }
}

/// Returns the playlists within that are on, from the outermost inwards, each with the number of its step.
fn within(list: &Playlist, path: &[usize]) -> BTreeMap<Arc<str>, usize> {
    let mut found = BTreeMap::new();
    let (mut list, mut path) = (list, path);
    while let Some((place, rest)) = path.split_first()
        && let Content::Playlist(inner) = &list.steps[*place].content
        && let Some(step) = rest.first()
    {
        found.insert(Arc::clone(&inner.name), step + 1);
        (list, path) = (inner, rest);
    }
    found
}
