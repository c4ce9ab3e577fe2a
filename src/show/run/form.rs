//! What of a run survives the process, in the form in which the journal keeps it: whose it is, where in its list, how long
//! it still waits, and what happened when it was fired.
//!
//! A list is known by its outline, so that no run goes on in one that was edited meanwhile.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    ARRIVED_MAX, By, DEPTH_MAX, Owner, RUNS_MAX, Run, RunId, Runs,
    step::Wait,
    track::{Hold, Track},
};
use crate::show::{
    event::Door,
    playlist::Playlist,
    scene::Scene,
    scope::Occasion,
    sheet::{Cue, Sheet, Step},
    time::Mono,
};

/// The largest event that is kept with a run, in bytes of JSON. A run with a larger one does not survive; 64 of these are
/// 512 KiB, and the journal still loads.
const OCCASION_BYTES_MAX: usize = 8 * 1024;

/// One run as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trigger: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cue: Option<Arc<str>>,
    outline: u64,
    door: Door,
    /// Whether a person asked, with no trigger in between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_person: bool,
    /// `None` for one that was too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Occasion>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    stands_by: bool,
    /// How long it had been under way, in seconds.
    #[serde(default)]
    passed: f64,
    place: PlaceForm,
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PlaceForm {
    at: usize,
    /// How long it still waited, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lists: Vec<PlaceForm>,
}

/// A run that cannot go on after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::show) struct Lost {
    /// The trigger or cue.
    pub(in crate::show) name: Arc<str>,
    /// Why not.
    pub(in crate::show) why: &'static str,
}

impl Runs {
    /// Returns what is to be kept.
    pub(in crate::show) fn forms(&self, now: Mono) -> Vec<RunForm> {
        self.list.values().map(|run| RunForm::of(run, now)).collect()
    }

    /// Takes up the runs of an earlier process, `gone` after they were kept; returns the names of those that go on, and
    /// what cannot.
    pub(in crate::show) fn restore(
        &mut self,
        forms: &[RunForm],
        sheet: &Sheet,
        gone: Duration,
        now: Mono,
    ) -> (Vec<Arc<str>>, Vec<Lost>) {
        let (mut kept, mut lost) = (Vec::new(), Vec::new());
        for (number, form) in forms.iter().enumerate() {
            let restored = if number < RUNS_MAX { form.run(sheet, gone, now) } else { Err(NONSENSE) };
            match restored {
                Ok(run) => {
                    self.last += 1;
                    kept.push(Arc::clone(run.owner.name()));
                    self.list.insert(RunId(self.last), run);
                }
                Err(why) => lost.push(Lost { name: form.name(), why }),
            }
        }
        (kept, lost)
    }
}

const NONSENSE: &str = "what was kept makes no sense";

impl RunForm {
    fn of(run: &Run, now: Mono) -> Self {
        let (trigger, cue) = match &run.owner {
            Owner::Trigger(name) => (Some(Arc::clone(name)), None),
            Owner::Cue(name) => (None, Some(Arc::clone(name))),
        };
        // Its door is kept above, and is no part of it when it comes back.
        let occasion = Occasion { door: None, ..(*run.by.occasion).clone() };
        let bytes = serde_json::to_vec(&occasion).map_or(usize::MAX, |text| text.len());
        Self {
            trigger,
            cue,
            outline: run.outline,
            door: run.by.door,
            is_person: run.by.is_person,
            event: (bytes <= OCCASION_BYTES_MAX).then_some(occasion),
            stands_by: run.stands_by,
            passed: run.passed(now).as_secs_f64(),
            place: PlaceForm::of(&run.track, now),
        }
    }

    fn name(&self) -> Arc<str> {
        self.trigger.clone().or_else(|| self.cue.clone()).unwrap_or_else(|| "?".into())
    }

    fn run(&self, sheet: &Sheet, gone: Duration, now: Mono) -> Result<Run, &'static str> {
        let Self { trigger, cue, outline, door, is_person, event, stands_by, passed, place } = self;
        let owner = match (trigger, cue) {
            (Some(name), None) => Owner::Trigger(Arc::clone(name)),
            (None, Some(name)) => Owner::Cue(Arc::clone(name)),
            _ => return Err(NONSENSE),
        };
        let (steps, _) = owner.list(sheet).ok_or("the show file has it no more")?;
        if self::outline(&steps) != *outline {
            return Err("it was edited meanwhile");
        }
        let occasion = event.clone().ok_or("what fired it was too large to be kept")?;
        let (name, door, is_person) = (Arc::clone(owner.name()), *door, *is_person);
        let by = By { name, door, is_person, occasion: Arc::new(occasion) };
        let track = place.track(steps, (gone, now), DEPTH_MAX)?;
        let passed = Duration::try_from_secs_f64(*passed).map_err(|_| NONSENSE)?;
        let (outline, stands_by, passed) = (*outline, *stands_by, passed.saturating_add(gone));
        Ok(Run { owner, by, outline, since: now, passed, track, stands_by, waited: true })
    }
}

impl PlaceForm {
    fn of(track: &Track, now: Mono) -> Self {
        let left = match &track.hold {
            Hold::Until(at) | Hold::Arrived(_, at) => Some(at.since(now).as_secs_f64()),
            Hold::Free | Hold::Lists(_) => None,
        };
        let lists = match &track.hold {
            Hold::Lists(lists) => lists.iter().map(|list| Self::of(list, now)).collect(),
            _ => Vec::new(),
        };
        Self { at: track.at, left, lists }
    }

    /// Stands where it says, `gone` later: a wait that ended meanwhile ends now.
    fn track(
        &self,
        steps: Arc<[Step]>,
        (gone, now): (Duration, Mono),
        depth: usize,
    ) -> Result<Track, &'static str> {
        let Self { at, left, lists } = self;
        if *at > steps.len() || depth == 0 {
            return Err(NONSENSE);
        }
        let until = |left: f64| {
            let left = Duration::try_from_secs_f64(left).map_err(|_| NONSENSE)?;
            Ok::<Mono, &'static str>(now + left.saturating_sub(gone))
        };
        let hold = match (steps.get(*at), left) {
            (Some(Step::Wait(Wait::For(_))), Some(left)) => Hold::Until(until(*left)?),
            (Some(Step::Wait(Wait::Arrived(streams))), Some(left)) => {
                Hold::Arrived(streams.clone(), until(left.min(ARRIVED_MAX.as_secs_f64()))?)
            }
            (Some(Step::Parallel(own)), None) if !lists.is_empty() => {
                if own.len() != lists.len() {
                    return Err(NONSENSE);
                }
                let tracks = own
                    .iter()
                    .zip(lists)
                    .map(|(own, list)| list.track(Arc::clone(own), (gone, now), depth - 1));
                Hold::Lists(tracks.collect::<Result<_, _>>()?)
            }
            (_, None) if lists.is_empty() => Hold::Free,
            _ => return Err(NONSENSE),
        };
        Ok(Track::placed(steps, *at, hold, now))
    }
}

/// Returns what a list is, as a number: another one for another list. What its scenes look like is no part of it.
pub(super) fn outline(steps: &[Step]) -> u64 {
    // FNV-1a over the steps as they would be printed: the same in every process of this version.
    let text = format!("{:?}", steps.iter().map(bare).collect::<Vec<_>>());
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Returns a step with its scenes, cues and playlists by name only.
fn bare(step: &Step) -> Step {
    let named = |scene: &Arc<Scene>| Arc::new(Scene::empty(&scene.name));
    let mut step = step.clone();
    match &mut step {
        Step::Scene { scene, .. } | Step::Mix { scene, .. } => *scene = named(scene),
        Step::Blend(blend) => blend.parts.iter_mut().for_each(|(scene, _)| *scene = named(scene)),
        Step::Paint(painted) => painted.pattern = named(&painted.pattern),
        Step::Parallel(lists) => {
            for list in lists {
                *list = list.iter().map(bare).collect();
            }
        }
        Step::Cue(cue) => {
            *cue = Arc::new(Cue { steps: Vec::new(), ..(**cue).clone() });
        }
        Step::Playlist { list: Some(list), .. } => {
            *list = Arc::new(Playlist { steps: Vec::new(), ..(**list).clone() });
        }
        _ => {}
    }
    step
}
