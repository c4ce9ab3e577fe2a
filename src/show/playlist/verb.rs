//! What hands may do with a playlist.

use std::{fmt, sync::Arc};

/// What can be done with a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayVerb {
    /// Play it from its beginning, unless it plays; go on if it is paused.
    Play,
    /// Fire the step that stands by.
    Go,
    /// Fire the step before.
    Back,
    /// Fire a step.
    Goto(StepRef),
    /// Let a step be the next.
    Standby(StepRef),
    /// Let the hold's time stand.
    Pause,
    /// Go on after a pause or a stop.
    Resume,
    /// Play no more; what is on stays.
    Stop,
}

/// A step, as a hand names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepRef {
    /// By its number, from 1.
    Number(usize),
    /// By what people call it.
    Name(Arc<str>),
}

impl PlayVerb {
    /// Every name.
    pub const NAMES: [&'static str; 8] = ["play", "go", "back", "goto", "standby", "pause", "resume", "stop"];

    /// Returns the verb of that name; `None` if there is none.
    ///
    /// # Errors
    ///
    /// It wants a step and has none, or the other way round; the text says so.
    pub fn find(name: &str, step: Option<StepRef>) -> Option<Result<Self, String>> {
        let verb = match (name, step) {
            ("goto", Some(step)) => Self::Goto(step),
            ("standby", Some(step)) => Self::Standby(step),
            ("goto" | "standby", None) => {
                return Some(Err(format!("`{name}` wants a step: its number from 1, or its name")));
            }
            (name, step) => {
                let verb = match name {
                    "play" => Self::Play,
                    "go" => Self::Go,
                    "back" => Self::Back,
                    "pause" => Self::Pause,
                    "resume" => Self::Resume,
                    "stop" => Self::Stop,
                    _ => return None,
                };
                if step.is_some() {
                    return Some(Err(format!("`{name}` takes no step")));
                }
                verb
            }
        };
        Some(Ok(verb))
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Go => "go",
            Self::Back => "back",
            Self::Goto(_) => "goto",
            Self::Standby(_) => "standby",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }

    /// Returns the step that it names.
    pub fn step(&self) -> Option<&StepRef> {
        match self {
            Self::Goto(step) | Self::Standby(step) => Some(step),
            _ => None,
        }
    }
}

impl From<&str> for StepRef {
    /// What reads as a whole number is one.
    fn from(text: &str) -> Self {
        text.trim().parse().map_or_else(|_| Self::Name(text.trim().into()), Self::Number)
    }
}

impl StepRef {
    /// Makes one of a number; `None` for what counts no steps.
    pub fn from_number(number: f64) -> Option<Self> {
        let whole = number.fract() == 0.0 && (1.0..=1e6).contains(&number);
        whole.then_some(Self::Number(number as usize))
    }
}

impl fmt::Display for StepRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}
