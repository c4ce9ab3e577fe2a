//! What triggers hear of streams: that one has come to a scene or left it, that its state is another, that it is lost or back.

use std::sync::Arc;

use super::{
    gate::Level,
    hit::{Hit, News},
    when::{StreamNews, Turn, When},
};
use crate::show::{event::StreamIndex, scope::Occasion, sheet::Sheet, stream::sight::Sight, time::Mono};

/// One stream as it was when it was last looked at.
#[derive(Clone, Debug)]
pub(super) struct View {
    last: Sight,
    /// The scene that it has arrived at and has not left.
    inside: Option<Arc<str>>,
    /// Whether half of the way to the scene that it goes to is over.
    half: bool,
    /// Whether it was there when somebody could last tell; `None` before it ever was.
    up: Option<bool>,
}

/// Something that has become of a stream.
#[derive(Clone, Debug, PartialEq)]
enum Happened {
    Turn(Turn, Arc<str>),
    State,
    Fps(f64),
    Up(bool),
}

impl View {
    /// Begins with how a stream is: nothing of that is news.
    pub(super) fn new(sight: Sight) -> Self {
        Self {
            inside: sight.arrived.then(|| Arc::clone(&sight.scene)),
            half: sight.progress >= 0.5,
            up: sight.up.filter(|up| *up),
            last: Sight { state: None, fps: None, ..sight },
        }
    }

    /// Takes how it is now, and returns what it is to triggers.
    pub(super) fn look(&mut self, sheet: &Sheet, stream: StreamIndex, sight: Sight) -> Vec<Hit> {
        let happened = self.changes(&sight);
        self.last = sight;
        let hear = |happened: &Happened| self.hits(sheet, stream, happened);
        happened.iter().flat_map(hear).collect()
    }

    /// Returns when it is to be looked at again if nothing happens.
    pub(super) fn next_due(&self, now: Mono) -> Option<Mono> {
        self.last.moments?.into_iter().find(|at| *at > now)
    }

    fn changes(&mut self, sight: &Sight) -> Vec<Happened> {
        let mut happened = Vec::new();
        let scene = || Arc::clone(&sight.scene);
        if sight.scene != self.last.scene {
            self.half = false;
        }
        if let Some(left) = self.inside.take_if(|inside| *inside != sight.scene) {
            happened.push(Happened::Turn(Turn::Left, left));
        }
        if !self.half && sight.progress >= 0.5 && self.inside.is_none() {
            self.half = true;
            happened.push(Happened::Turn(Turn::Halfway, scene()));
        }
        if sight.arrived && self.inside.is_none() {
            self.inside = Some(scene());
            happened.push(Happened::Turn(Turn::Entered, scene()));
        }
        if sight.state != self.last.state {
            happened.push(Happened::State);
        }
        happened.extend(sight.fps.filter(|_| sight.fps != self.last.fps).map(Happened::Fps));
        match (self.up, sight.up) {
            (None, Some(true)) => self.up = Some(true),
            (Some(before), Some(up)) if before != up => {
                self.up = Some(up);
                happened.push(Happened::Up(up));
            }
            _ => {}
        }
        happened
    }

    fn hits(&self, sheet: &Sheet, stream: StreamIndex, happened: &Happened) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (trigger, of) in sheet.triggers.iter().enumerate() {
            for (when, of) in of.when.iter().enumerate() {
                let level = match of {
                    When::Scene { scene, turn, streams } if streams.contains(stream) => {
                        turned(happened, *turn, scene)
                    }
                    When::Stream { streams, news } if streams.contains(stream) => self.became(happened, news),
                    _ => None,
                };
                let Some(level) = level else { continue };
                let value = if let Happened::Fps(fps) = happened { Some(*fps) } else { None };
                let occasion = Occasion { value, ..Occasion::default() };
                let source = Arc::clone(&sheet.streams[stream.0].name);
                hits.push(Hit { trigger, when, source, news: News::Level(level), occasion });
            }
        }
        hits
    }

    fn became(&self, happened: &Happened, news: &StreamNews) -> Option<Level> {
        match (happened, news) {
            (Happened::State, StreamNews::State(wanted)) => {
                Some(Level::State(self.last.state.as_deref() == Some(&**wanted)))
            }
            (Happened::Fps(fps), StreamNews::FpsBelow(bound)) => Some(Level::State(fps < bound)),
            (Happened::Up(up), StreamNews::Lost) => Some(Level::Message(!up)),
            (Happened::Up(up), StreamNews::Back) => Some(Level::Message(*up)),
            _ => None,
        }
    }
}

/// Leaving a scene is the end of having entered it, and the beginning of nothing else.
fn turned(happened: &Happened, wanted: Turn, scene: &Arc<str>) -> Option<Level> {
    match happened {
        Happened::Turn(turn, of) if of == scene => match (turn, wanted) {
            (Turn::Left, Turn::Entered) => Some(Level::Message(false)),
            (turn, wanted) => (*turn == wanted).then_some(Level::Message(true)),
        },
        _ => None,
    }
}
