//! What one stream was meant to show and what its runner really showed, held against each other.
//!
//! The curve is the show's own: the mix on its path every fiftieth of a second, through `show::blend`. What was on is
//! read from the model of the runner: the effective coefficients, and the very moment at which they changed. No latency is
//! taken out: at each moment the picture is compared with what it should be at that moment.

use std::{sync::Arc, time::Duration};

use crate::{
    show::{
        Show, blend,
        event::StreamIndex,
        sheet::{BlendMode, StreamSheet},
        time::Mono,
    },
    simulator::probe::Probe,
};

/// How far apart the curve is looked at.
const STEP: Duration = Duration::from_millis(20);
/// How often at most in one transition; a fade of an hour needs no more.
const SAMPLES_MAX: u32 = 2000;
/// How long after its end a transition still answers for what the picture does: the flush of its last update.
pub(super) const AFTERMATH: Duration = Duration::from_secs(1);
/// How near to its end the picture is there. Half-precision weights are exact to about 0.0005.
const NEAR: f64 = 0.001;

/// Coefficients of prompts; each prompt by its place in [`Trace::texts`].
pub(super) type Coefficients = Vec<(usize, f64)>;

/// One stream's run.
#[derive(Debug)]
pub(super) struct Trace {
    /// The stream's name.
    pub(super) name: Arc<str>,
    /// Its id at the backend.
    pub(super) id: Option<String>,
    /// Every prompt that was ever wanted or on, in the order in which they came.
    pub(super) texts: Vec<Arc<str>>,
    /// Its transitions.
    pub(super) passages: Vec<Passage>,
    /// The curve, where it is kept.
    pub(super) curve: Vec<(Mono, Coefficients)>,
    /// What was on, from when; where it is kept.
    pub(super) shown: Vec<(Mono, Coefficients)>,
    /// When updates reached the backend and were accepted.
    pub(super) updates: Vec<Mono>,
    /// Frames that had gone out, at moments.
    pub(super) frames: Vec<(Mono, u64)>,
    index: StreamIndex,
    sheet: StreamSheet,
    /// The scene that it is on or moves to.
    scene: Arc<str>,
    on: Coefficients,
    last: Option<Probe>,
    /// Points of the curve that no look at the runner has been held against yet.
    pending: Vec<(Mono, Coefficients)>,
    next_sample: Option<Mono>,
    /// How far apart points are kept; `None` keeps nothing.
    keep: Option<Duration>,
}

/// One transition, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// The scene that it came from.
    pub(super) from: Arc<str>,
    /// Where it led.
    pub(super) to: Arc<str>,
    /// When it began.
    pub(super) started: Mono,
    /// How long it was to take.
    pub(super) fade: Duration,
    /// When it ended, was taken over by another or cut off.
    pub(super) until: Mono,
    /// Updates that the backend accepted.
    pub(super) updates: u64,
    /// Prompts that were encoded.
    pub(super) encodes: u64,
    /// Reloads of the pipeline.
    pub(super) reloads: u64,
    /// Passes that showed nothing.
    pub(super) flush_passes: u64,
    /// The longest time between two frames.
    pub(super) hole: Duration,
    /// The largest step of a coefficient.
    pub(super) jump: f64,
    /// The largest distance from the curve.
    pub(super) error_max: f64,
    /// When its end was on, exactly.
    pub(super) settled: Option<Mono>,
    /// Sums of the squared distances, by prompt.
    squares: Vec<(usize, f64)>,
    samples: u32,
    /// What is to be on at its end.
    goal: Option<Coefficients>,
    /// Until when it answers for what happens; `None` while it runs.
    closes: Option<Mono>,
}

impl Passage {
    /// Returns the moment at which the path ends if nothing comes between.
    pub(super) fn end(&self) -> Mono {
        self.started + self.fade
    }

    /// Returns the root of the mean squared distance from the curve, of the prompt that is farthest from its own.
    ///
    /// `None` for a cut, which has no curve, and where the runner was never seen.
    pub(super) fn error_rms(&self) -> Option<f64> {
        let worst = self.squares.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
        (self.samples > 1).then(|| (worst / f64::from(self.samples)).sqrt())
    }

    /// Returns how long after the end of its path it was there, exactly.
    pub(super) fn late(&self) -> Option<Duration> {
        self.settled.map(|settled| settled.since(self.end()))
    }

    fn step(&self) -> Duration {
        STEP.max(self.fade / SAMPLES_MAX)
    }
}

impl Trace {
    pub(super) fn new(index: StreamIndex, sheet: &StreamSheet, keep: Option<Duration>) -> Self {
        Self {
            name: Arc::clone(&sheet.name),
            id: None,
            texts: Vec::new(),
            passages: Vec::new(),
            curve: Vec::new(),
            shown: Vec::new(),
            updates: Vec::new(),
            frames: Vec::new(),
            index,
            sheet: sheet.clone(),
            scene: first_scene(sheet),
            on: Vec::new(),
            last: None,
            pending: Vec::new(),
            next_sample: None,
            keep,
        }
    }

    /// Samples the curve from after the last sample up to `to`, by the path that is laid now.
    pub(super) fn sample(&mut self, show: &Show, to: Mono) {
        let Some(passage) = self.passages.last() else { return };
        let (end, step) = (passage.end(), passage.step());
        while let Some(at) = self.next_sample.filter(|at| *at <= to) {
            self.next_sample = (at < end).then(|| (at + step).min(end));
            self.take_point(show, at, at == end);
        }
    }

    /// Takes the curve at `at`, where it begins or jumps.
    pub(super) fn take(&mut self, show: &Show, at: Mono) {
        self.take_point(show, at, true);
    }

    fn take_point(&mut self, show: &Show, at: Mono, is_corner: bool) {
        let Some(mix) = show.mix_at(self.index, at) else { return };
        // What the runner's own slerp is meant to come to is the sphere, too.
        let mode = match self.sheet.blend {
            BlendMode::Linear => BlendMode::Linear,
            BlendMode::Spherical | BlendMode::Slerp => BlendMode::Spherical,
        };
        let wanted = blend::prompts(&mix, &self.sheet.base, mode, self.sheet.prompt_angle);
        let wanted: Coefficients =
            wanted.iter().map(|(text, weight)| (place(&mut self.texts, text), *weight)).collect();
        if let Some(keep) = self.keep
            && (is_corner || self.curve.last().is_none_or(|(last, _)| at.since(*last) >= keep))
        {
            self.curve.push((at, wanted.clone()));
        }
        self.pending.push((at, wanted));
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
        let pending = std::mem::take(&mut self.pending);
        let last = self.last.replace(probe);
        let (Some(last), Some(probe)) = (last, &self.last) else { return };
        let Some(passage) = self.passages.last_mut() else { return };
        let since = Mono(probe.since);
        for (at, wanted) in pending {
            let on = if changed && at < since { &before } else { &self.on };
            if at >= passage.started && at <= passage.end() {
                passage.measure(&wanted, on);
            }
            if at == passage.end() {
                passage.goal = Some(wanted);
            }
        }
        if passage.settled.is_none()
            && passage.goal.as_ref().is_some_and(|goal| distance(goal, &self.on) < NEAR)
        {
            passage.settled = Some(since.max(passage.end()));
        }
        if passage.closes.is_some_and(|closes| closes < now) {
            return;
        }
        if changed {
            passage.jump = passage.jump.max(distance(&before, &self.on));
        }
        passage.encodes += probe.encodes - last.encodes;
        passage.reloads += probe.reloads - last.reloads;
        passage.flush_passes += probe.flush_passes - last.flush_passes;
        passage.hole = passage.hole.max(probe.hole);
    }

    /// Notes that a transition begins; the runner has just been looked at.
    pub(super) fn start(&mut self, show: &Show, to: &Arc<str>, fade: Duration, now: Mono) {
        if let Some(last) = self.passages.last_mut() {
            last.until = last.until.min(now);
        }
        let from = std::mem::replace(&mut self.scene, Arc::clone(to));
        self.passages.push(Passage {
            from,
            to: Arc::clone(to),
            started: now,
            fade,
            until: now + fade,
            updates: 0,
            encodes: 0,
            reloads: 0,
            flush_passes: 0,
            hole: Duration::ZERO,
            jump: 0.0,
            error_max: 0.0,
            settled: None,
            squares: Vec::new(),
            samples: 0,
            goal: None,
            closes: None,
        });
        self.take(show, now);
        let passage = self.passages.last();
        self.next_sample = passage.filter(|_| !fade.is_zero()).map(|passage| now + passage.step().min(fade));
    }

    /// Notes that the show goes on where it was before it was killed: at a scene, or on the way to it.
    pub(super) fn resume(&mut self, show: &Show, scene: &Arc<str>, left: Duration, now: Mono) {
        let last = self.passages.last().filter(|last| last.to == *scene && !left.is_zero());
        self.scene = Arc::clone(last.map_or(scene, |last| &last.from));
        if !left.is_zero() {
            self.start(show, scene, left, now);
        }
    }

    /// Notes that a transition has arrived.
    pub(super) fn arrive(&mut self, now: Mono) {
        if let Some(passage) = self.passages.last_mut() {
            passage.closes.get_or_insert(now + AFTERMATH);
        }
    }

    /// Notes that nothing of a transition will come any more: the show was killed, or the run is over.
    pub(super) fn cut_off(&mut self, now: Mono) {
        self.next_sample = None;
        self.pending.clear();
        self.scene = first_scene(&self.sheet);
        if let Some(passage) = self.passages.last_mut() {
            passage.until = passage.until.min(now);
            passage.closes = Some(passage.closes.unwrap_or(now));
        }
    }

    /// Notes an update that the backend accepted.
    pub(super) fn update(&mut self, now: Mono) {
        if self.keep.is_some() {
            self.updates.push(now);
        }
        if let Some(passage) = self.passages.last_mut()
            && passage.closes.is_none()
        {
            passage.updates += 1;
        }
    }

    /// Returns how far apart two points of the curve are between which it rested.
    pub(super) fn gap(&self) -> Duration {
        let coarsest = self.passages.iter().map(Passage::step).max().unwrap_or(STEP);
        2 * coarsest.max(self.keep.unwrap_or_default())
    }

    /// Notes how many frames have gone out.
    pub(super) fn count_frames(&mut self, now: Mono) {
        if let Some(probe) = &self.last {
            self.frames.push((now, probe.frames_out));
        }
    }
}

impl Passage {
    fn measure(&mut self, wanted: &Coefficients, on: &Coefficients) {
        self.samples += 1;
        for (place, wanted) in wanted {
            self.count(*place, wanted - of(on, *place));
        }
        for (place, on) in on.iter().filter(|(place, _)| wanted.iter().all(|(other, _)| other != place)) {
            self.count(*place, *on);
        }
    }

    fn count(&mut self, place: usize, error: f64) {
        self.error_max = self.error_max.max(error.abs());
        match self.squares.iter_mut().find(|(other, _)| *other == place) {
            Some((_, sum)) => *sum += error * error,
            None => self.squares.push((place, error * error)),
        }
    }
}

/// Returns the scene with which a show begins.
fn first_scene(sheet: &StreamSheet) -> Arc<str> {
    sheet.start.as_ref().map_or_else(|| "base".into(), |scene| Arc::clone(&scene.name))
}

/// Returns the coefficient of a prompt, 0 if it is not there.
pub(super) fn of(list: &Coefficients, place: usize) -> f64 {
    list.iter().find(|(other, _)| *other == place).map_or(0.0, |(_, weight)| *weight)
}

/// Returns the largest difference of a coefficient.
fn distance(a: &Coefficients, b: &Coefficients) -> f64 {
    a.iter().chain(b).map(|(place, _)| (of(a, *place) - of(b, *place)).abs()).fold(0.0, f64::max)
}

fn place(texts: &mut Vec<Arc<str>>, text: &str) -> usize {
    texts.iter().position(|other| **other == *text).unwrap_or_else(|| {
        texts.push(text.into());
        texts.len() - 1
    })
}
