//! What one stream was meant to show and what its runner really showed, held against each other.
//!
//! The curve is the show's own: the mix on its path every fiftieth of a second, through `show::blend`, wherever that path
//! goes: whatever is done to it is seen by its heading, which is another then. What was on is read from the model of the
//! runner: the effective coefficients, and the very moment at which they changed. No latency is taken out: at each moment
//! the picture is compared with what it should be at that moment.

use std::{sync::Arc, time::Duration};

use super::{
    coefficients::{Coefficients, distance, place},
    passage::{AFTERMATH, Passage, Price},
};
use crate::{
    show::{
        Show, blend,
        event::StreamIndex,
        mix::Mix,
        sheet::{BlendMode, StreamSheet},
        time::Mono,
        transition::Heading,
    },
    simulator::probe::Probe,
};

/// How far apart the curve is looked at while it moves.
const STEP: Duration = Duration::from_millis(20);
/// How often at most on one way; a fade of an hour needs no more.
const SAMPLES_MAX: u32 = 2000;
/// How near to its end the picture is there. Half-precision weights are exact to about 0.0005.
const NEAR: f64 = 0.001;

/// One stream's run.
#[derive(Debug)]
pub(super) struct Trace {
    /// The stream's name.
    pub(super) name: Arc<str>,
    /// Every prompt that was ever wanted or on, in the order in which they came.
    pub(super) texts: Vec<Arc<str>>,
    /// Its transitions.
    pub(super) passages: Vec<Passage>,
    /// What was done while none ran.
    pub(super) outside: Price,
    /// The curve, where it is kept: straight from each point to the next.
    pub(super) curve: Vec<(Mono, Coefficients)>,
    /// What was on, from when; where it is kept.
    pub(super) shown: Vec<(Mono, Coefficients)>,
    /// When updates reached the backend and were accepted.
    pub(super) updates: Vec<Mono>,
    /// Frames that had gone out, at moments.
    pub(super) frames: Vec<(Mono, u64)>,
    /// Its id at the backend.
    id: Option<String>,
    index: StreamIndex,
    sheet: StreamSheet,
    /// Where it is or leads to, in words.
    place: Arc<str>,
    heading: Option<Heading>,
    /// Whether the path is another although its heading may be the same.
    is_turned: bool,
    on: Coefficients,
    last: Option<Probe>,
    /// Points of the curve that no look at the runner has been held against yet.
    pending: Vec<Point>,
    next_sample: Option<Mono>,
    step: Duration,
    /// How far apart points are kept; `None` keeps nothing.
    keep: Option<Duration>,
}

/// A point of the curve.
#[derive(Debug)]
struct Point {
    at: Mono,
    wanted: Coefficients,
    /// Whether that is the end of the path.
    is_end: bool,
    /// Whether it is on the curve; where that is cut off, it is where the picture cannot be yet.
    is_measured: bool,
    /// Whose it is; nobody's where nothing moves.
    passage: Option<usize>,
}

impl Trace {
    pub(super) fn new(index: StreamIndex, sheet: &StreamSheet, keep: Option<Duration>) -> Self {
        Self {
            name: Arc::clone(&sheet.name),
            texts: Vec::new(),
            passages: Vec::new(),
            outside: Price::default(),
            curve: Vec::new(),
            shown: Vec::new(),
            updates: Vec::new(),
            frames: Vec::new(),
            id: None,
            index,
            sheet: sheet.clone(),
            place: "base".into(),
            heading: None,
            is_turned: true,
            on: Vec::new(),
            last: None,
            pending: Vec::new(),
            next_sample: None,
            step: STEP,
            keep,
        }
    }

    /// Returns its id at the backend.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Notes its id at the backend. What another one has shown is not held against this one.
    pub(super) fn is_now(&mut self, id: &str) {
        if self.id.as_deref() != Some(id) {
            self.id = Some(id.to_owned());
            self.last = None;
        }
    }

    /// Begins anew with a show that has just begun: at the start, or after a kill.
    pub(super) fn begin(&mut self, show: &Show, now: Mono) {
        if let Some(heading) = show.heading(self.index) {
            self.place = told(&heading.target);
        }
        self.lay(show, now);
    }

    /// Samples the curve from after the last sample up to `to`, by the path that is laid now.
    pub(super) fn sample(&mut self, show: &Show, to: Mono) {
        let Some(Heading { end, rest: Some(rest), .. }) = self.heading else { return };
        while let Some(at) = self.next_sample.filter(|at| *at <= to) {
            self.next_sample = (at < rest).then(|| (at + self.step).min(rest));
            self.take(show, at, end == Some(at), true);
        }
    }

    /// Returns whether something was done to the path since it was laid or turned last.
    pub(super) fn is_elsewhere(&self, show: &Show) -> bool {
        self.is_turned || show.heading(self.index) != self.heading
    }

    /// Goes the way that the show goes now; the runner has just been looked at. Returns when to look again, if nobody
    /// else will say that it has arrived.
    pub(super) fn turn(&mut self, show: &Show, now: Mono) -> Option<Mono> {
        let heading = show.heading(self.index)?;
        let is_new = self.heading.as_ref().is_none_or(|before| before.target != heading.target);
        if heading.is_mixed && is_new && !self.is_turned {
            let to = told(&heading.target);
            match self.passages.last_mut().filter(|last| last.fade.is_none() && last.is_open(now)) {
                Some(last) => {
                    last.go_on(Arc::clone(&to));
                    self.place = to;
                }
                None => self.start(&to, None, now),
            }
        }
        self.lay(show, now);
        heading.end.filter(|_| heading.is_mixed).map(|end| end + AFTERMATH)
    }

    fn lay(&mut self, show: &Show, now: Mono) {
        let Some(heading) = show.heading(self.index) else { return };
        self.is_turned = false;
        let rest = heading.rest.filter(|rest| *rest > now);
        // What stood until now, and what is cut, goes on from there.
        if (self.next_sample.is_none() || rest.is_none())
            && let Some((at, wanted)) = self.curve.last()
            && *at < now
        {
            self.curve.push((now, wanted.clone()));
        }
        let is_end = heading.end.is_some_and(|end| end <= now);
        self.heading = Some(heading);
        self.next_sample = None;
        self.take(show, now, is_end, !is_end);
        if let Some(rest) = rest {
            self.step = STEP.max(rest.since(now) / SAMPLES_MAX);
            self.next_sample = Some((now + self.step).min(rest));
        }
    }

    fn take(&mut self, show: &Show, at: Mono, is_end: bool, is_measured: bool) {
        let Some(mix) = show.mix_at(self.index, at) else { return };
        // What the runner's own slerp is meant to come to is the sphere, too.
        let mode = match self.sheet.blend {
            BlendMode::Linear => BlendMode::Linear,
            BlendMode::Spherical | BlendMode::Slerp => BlendMode::Spherical,
        };
        let wanted = blend::prompts(&mix, &self.sheet.base, mode, self.sheet.prompt_angle);
        let wanted: Coefficients =
            wanted.iter().map(|(text, weight)| (place(&mut self.texts, text), *weight)).collect();
        let is_corner = self.next_sample.is_none();
        if let Some(keep) = self.keep {
            let is_due = self.curve.last().is_none_or(|(last, _)| at.since(*last) >= keep);
            let is_known = self.curve.last().is_some_and(|last| *last == (at, wanted.clone()));
            if is_due || is_corner && !is_known {
                self.curve.push((at, wanted.clone()));
            }
        }
        let passage = self.passages.len().checked_sub(1).filter(|last| self.passages[*last].ended.is_none());
        if let Some(running) = passage.filter(|_| is_end).map(|running| &mut self.passages[running]) {
            running.ended = Some(at);
            running.arrived = true;
        }
        self.pending.push(Point { at, wanted, is_end, is_measured, passage });
    }

    /// Takes what the runner shows at `now`.
    pub(super) fn look(&mut self, probe: Probe, now: Mono) {
        let changed =
            self.last.as_ref().is_none_or(|last| last.since != probe.since || last.prompts != probe.prompts);
        let before = std::mem::take(&mut self.on);
        if changed {
            for (text, weight) in &probe.prompts {
                let place = place(&mut self.texts, text);
                match self.on.iter_mut().find(|(other, _)| *other == place) {
                    Some((_, sum)) => *sum += weight,
                    None => self.on.push((place, *weight)),
                }
            }
            if self.keep.is_some() {
                self.shown.push((Mono(probe.since), self.on.clone()));
            }
        } else {
            self.on.clone_from(&before);
        }
        let since = Mono(probe.since);
        let pending = std::mem::take(&mut self.pending);
        let last = self.last.replace(probe);
        let (Some(last), Some(probe)) = (last, &self.last) else { return };
        for Point { at, wanted, is_end, is_measured, passage } in pending {
            let on = if changed && at < since { &before } else { &self.on };
            let Some(passage) = passage.map(|index| &mut self.passages[index]) else { continue };
            if is_measured {
                passage.measure(&wanted, on);
            }
            if is_end {
                passage.goal = Some(wanted);
            }
        }
        let price = Price {
            updates: 0,
            encodes: probe.encodes.saturating_sub(last.encodes),
            reloads: probe.reloads.saturating_sub(last.reloads),
            flush_passes: probe.flush_passes.saturating_sub(last.flush_passes),
        };
        let Some(passage) = self.passages.last_mut() else { return self.outside.add(price) };
        let there = passage.goal.as_ref().is_some_and(|goal| distance(goal, &self.on) < NEAR);
        if let Some(ended) = passage.ended.filter(|_| there && passage.settled.is_none()) {
            let settled = since.max(ended);
            passage.settled = Some(settled);
            passage.closes.get_or_insert(settled + AFTERMATH);
        }
        if !passage.is_open(now) {
            return self.outside.add(price);
        }
        if changed {
            passage.jump = passage.jump.max(distance(&before, &self.on));
        }
        passage.price.add(price);
        passage.hole = passage.hole.max(probe.hole);
    }

    /// Notes that the stream sets out for `to`; the runner has just been looked at. Without a fade a hand decides.
    pub(super) fn start(&mut self, to: &Arc<str>, fade: Option<Duration>, now: Mono) {
        let mut from = std::mem::replace(&mut self.place, Arc::clone(to));
        if let Some(last) = self.passages.last_mut().filter(|last| last.ended.is_none()) {
            last.ended = Some(now);
            // Sooner, or by another way, to where it is going already.
            if last.to == *to {
                from = Arc::clone(&last.from);
            }
        }
        self.passages.push(Passage::new(from, Arc::clone(to), fade, now));
        self.is_turned = true;
    }

    /// Notes that the show goes on where it was before it was killed: at a scene, or on the way to it.
    pub(super) fn resume(&mut self, scene: &Arc<str>, left: Duration, now: Mono) {
        if left.is_zero() {
            return;
        }
        let last = self.passages.last().filter(|last| last.to == *scene);
        self.place = Arc::clone(last.map_or(scene, |last| &last.from));
        self.start(scene, Some(left), now);
    }

    /// Notes that a transition has arrived, as the show says.
    pub(super) fn arrive(&mut self, now: Mono) {
        if let Some(passage) = self.passages.last_mut() {
            passage.closes.get_or_insert(now + AFTERMATH);
        }
    }

    /// Notes that nothing of a transition will come any more: the show was killed, or the run is over.
    pub(super) fn cut_off(&mut self, now: Mono) {
        self.pending.clear();
        self.next_sample = None;
        if let Some(passage) = self.passages.last_mut() {
            passage.ended.get_or_insert(now);
            passage.closes.get_or_insert(now);
        }
    }

    /// Notes an update that the backend accepted.
    pub(super) fn update(&mut self, now: Mono) {
        if self.keep.is_some() {
            self.updates.push(now);
        }
        let open = self.passages.last_mut().filter(|last| last.closes.is_none());
        open.map_or(&mut self.outside, |passage| &mut passage.price).updates += 1;
    }

    /// Notes how many frames have gone out.
    pub(super) fn count_frames(&mut self, now: Mono) {
        if let Some(probe) = &self.last {
            self.frames.push((now, probe.frames_out));
        }
    }
}

impl Passage {
    fn is_open(&self, now: Mono) -> bool {
        self.closes.is_none_or(|closes| now <= closes)
    }
}

/// Tells a mix in words: its scene, or each with its share.
fn told(mix: &Mix) -> Arc<str> {
    let parts: Vec<_> = mix.parts().iter().filter(|part| part.weight > 0.0).collect();
    if let [part] = parts.as_slice() {
        return Arc::clone(&part.scene.name);
    }
    let shares: Vec<String> =
        parts.iter().map(|part| format!("{} {:.0} %", part.scene.name, part.weight * 100.0)).collect();
    shares.join(" + ").into()
}
