//! What the steps of a list say that takes more than a word: waits, mixes, and what goes out to others.
//!
//! Plain data, checked where the show file is read. What a step does is `stage.rs`'s.

use core::net::SocketAddr;
use std::{sync::Arc, time::Duration};

use super::{Owner, formula::Formula};
use crate::show::{
    easing::Easing,
    expression::Template,
    fades::Fades,
    lane::Hold,
    recovery::HookUrl,
    scene::Scene,
    sheet::{Policy, Streams},
};

/// What a list waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// So long.
    For(Duration),
    /// The end of what runs and waits on these streams; an hour at the most.
    Arrived(Streams),
}

/// A mix of several scenes to go to.
#[derive(Clone, Debug, PartialEq)]
pub struct Blend {
    /// The scenes with their weights, in the order of the file; not all 0.
    pub parts: Vec<(Arc<Scene>, f64)>,
    /// Which streams.
    pub streams: Streams,
    /// How long; `None` for that of the heaviest scene.
    pub fade: Option<Fades>,
    /// Which shape; `None` for that of the heaviest scene.
    pub easing: Option<Easing>,
}

/// A scene whose prompt is filled in when it is gone to.
#[derive(Clone, Debug, PartialEq)]
pub struct Painted {
    /// What it is besides; its prompt is as it is written, with the places still empty.
    pub pattern: Arc<Scene>,
    /// The texts with their weights.
    pub prompt: Vec<(Template, f64)>,
    /// Which streams.
    pub streams: Streams,
    /// How long; `None` for the scene's own.
    pub fade: Option<Fades>,
    /// Which shape; `None` for the scene's own.
    pub easing: Option<Easing>,
    /// What if a transition is running.
    pub policy: Policy,
    /// For how long and with which right; `None`: for good.
    pub hold: Option<Hold>,
}

/// A message to the MQTT broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// On which topic.
    pub topic: Formula,
    /// What it says; what is no text goes as JSON.
    pub payload: Formula,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// Whether the broker has to acknowledge it: `QoS` 1, or else 0.
    pub acknowledged: bool,
}

/// A message over OSC.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// At which address.
    pub address: Formula,
    /// Its arguments.
    pub args: Vec<Formula>,
    /// Where to.
    pub to: SocketAddr,
}

/// A request over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Where to. Places to be filled in come after the host.
    pub url: CallUrl,
    /// How.
    pub method: Method,
    /// What it says; nothing for `None`.
    pub body: Option<Body>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq)]
pub enum CallUrl {
    /// An address that is a secret, or has nothing to be filled in.
    Fixed(HookUrl),
    /// An address with places after its host.
    Filled(Template),
}

/// What a request says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A JSON document.
    Json(Formula),
    /// Plain text.
    Text(Formula),
}

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks for something.
    Get,
    /// Hands something in.
    Post,
    /// Puts something in a place.
    Put,
    /// Changes something.
    Patch,
    /// Takes something away.
    Delete,
}

impl Method {
    /// Every method with what people write for it.
    pub const ALL: [(&'static str, Self); 5] = [
        ("GET", Self::Get),
        ("POST", Self::Post),
        ("PUT", Self::Put),
        ("PATCH", Self::Patch),
        ("DELETE", Self::Delete),
    ];
    /// Every name.
    pub const NAMES: [&'static str; 5] =
        [Self::ALL[0].0, Self::ALL[1].0, Self::ALL[2].0, Self::ALL[3].0, Self::ALL[4].0];

    /// Returns the method of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, method)| *method)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// Whose runs are to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The trigger or the cue of that name, or both.
    pub owners: Vec<Owner>,
}
