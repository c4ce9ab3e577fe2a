//! What of a show must survive the process that runs it: where each stream is, what waits, which runs of the calendar are done,
//! and how long the schedule is bypassed.
//!
//! Plain data, in the form in which the journal keeps it: names and numbers, nothing that points anywhere. Scenes of the
//! show file are kept by name, so that an edited scene comes back as its edit; what no file has is kept by content. When
//! to keep it is `resume.rs`'s; what it says of a path is `transition/form.rs`'s.
//!
//! ```json
//! {"at": "2026-11-22T20:00:03Z",
//!  "streams": {"wall": {"scenes": ["dawn", {"name": "“fog”", "prompt": [["fog", 1.0]]}],
//!                       "motion": {"target": [[1, 1.0]], "owner": 1, "run": …, "running": …},
//!                       "waiting": [{"scene": 0, "policy": "queue"}]}},
//!  "triggers": {"open": {"cron": "0 9 * * *", "done": "2026-11-22T09:00:00Z"}}}
//! ```

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::trigger::latch::Latch;
use super::{
    easing::Easing,
    lane::{Lanes, form::Standing},
    playlist::form::Programme,
    prompt,
    run::RunForm,
    scene::Scene,
    schedule::follow::BYPASS_MAX,
    sheet::{Policy, Sheet, Step},
    stream::queue::{Going, WAITING_MAX},
    time::Mono,
    transition::form::{Motion, Times},
    variables::Values,
    weighted::Weighted,
};

/// The most that is kept of one stream, in bytes of prompts: 16 texts of 2 kB in the scene that it goes to are half of it.
/// A show of 32 streams, all of which are full of long prompts from outside, has 2 MiB, and its journal still loads.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// The most scenes that one stream may speak of: 32 on the way, 16 that wait, 16 more that a target may have.
const SCENES_MAX: usize = 64;

/// Everything of a show that survives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memoir {
    /// When it was so, by the calendar clock.
    pub at: Timestamp,
    /// Where each stream was, by its name.
    pub streams: BTreeMap<Arc<str>, Place>,
    /// What is done of each cron trigger, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<Arc<str>, Runs>,
    /// What else is to be known of each trigger, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latches: BTreeMap<Arc<str>, Latch>,
    /// The lists that were under way, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunForm>,
    /// The variables.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub variables: Values,
    /// Where each playlist is.
    #[serde(default, skip_serializing_if = "Programme::is_empty")]
    pub playlists: Programme,
    /// Until when the schedule is bypassed, by the same clock as `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bypassed_until: Option<Timestamp>,
    /// Which scene was due by the schedule, by stream; `None` where nobody took it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<BTreeMap<Arc<str>, Arc<str>>>,
}

impl Memoir {
    /// Returns how long ago it was; by a clock that was set back since, no time at all.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.at)).unwrap_or_default()
    }

    /// Returns how much of a bypass is left, nothing if it is over by now; `None` if there was none.
    pub(super) fn bypass_left(&self, now: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(self.bypassed_until?.duration_since(self.at)).unwrap_or_default();
        Some(left.min(BYPASS_MAX).saturating_sub(self.age(now)))
    }
}

/// How far a cron trigger is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// What it was: one that has been edited since is another.
    pub cron: Arc<str>,
    /// No run up to then is still owed: each was made, or passed over.
    pub done: Timestamp,
}

/// Where a stream is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The scenes that the rest speaks of by number.
    scenes: Vec<Role>,
    motion: Motion,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Wish>,
    /// Who asked in the base last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Arc<str>>,
    /// Its lanes; `None` while the base has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lanes: Option<Standing>,
}

/// A scene: by name, or by content where the show file has none of that name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Role {
    Named(Arc<str>),
    AdHoc {
        name: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<Vec<(Arc<str>, f64)>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<Vec<(i64, f64)>>,
        /// The scene of a step whose prompt was filled in: the rest is as there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        like: Option<Arc<str>>,
    },
}

/// A wish that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wish {
    scene: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fade: Option<Times>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    easing: Option<Easing>,
    policy: Policy,
}

/// Why a stream cannot go on where it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The show file was edited.
    #[error("the show has no scene `{0}` any more")]
    Scene(Arc<str>),
    /// The journal says something that cannot be.
    #[error("what was kept makes no sense: {0}")]
    Nonsense(&'static str),
}

impl Place {
    /// Takes down where a stream is.
    ///
    /// Where there is more text from outside than fits, only the scene that it goes to is kept, as if it were there, and
    /// what the base wants; nothing of what waits.
    pub(super) fn of<'q>(
        sheet: &Sheet,
        motion: impl Fn(&mut Cast<'_>) -> Motion,
        rest: impl Fn(&mut Cast<'_>) -> Motion,
        waiting: impl Iterator<Item = &'q Going>,
        (lanes, now): (&Lanes, Mono),
    ) -> Self {
        let mut cast = Cast::new(sheet);
        let full = motion(&mut cast);
        let waiting: Vec<Wish> = waiting.map(|going| Wish::of(going, &mut cast)).collect();
        let standing = Standing::of(lanes, false, &mut cast, now);
        let by = Some(Arc::clone(lanes.asked_by()));
        if cast.bytes <= TEXT_BYTES_MAX && cast.roles.len() <= SCENES_MAX {
            return Self { scenes: cast.roles, motion: full, waiting, by, lanes: standing };
        }
        let mut cast = Cast::new(sheet);
        let motion = rest(&mut cast);
        let lanes = Standing::of(lanes, true, &mut cast, now);
        Self { scenes: cast.roles, motion, waiting: Vec::new(), by, lanes }
    }

    /// Returns the lanes, as they were.
    ///
    /// # Errors
    ///
    /// They make no sense.
    pub(super) fn lanes(&self, ensemble: &Ensemble, now: Mono) -> Result<Lanes, Lost> {
        let by = self.by.clone().unwrap_or_else(|| "start".into());
        self.lanes.as_ref().map_or_else(|| Ok(Lanes::new(&by)), |lanes| lanes.lanes(&by, ensemble, now))
    }

    /// Returns the path and what waits, with the scenes of a sheet.
    ///
    /// # Errors
    ///
    /// The sheet has not all of the scenes, or it makes no sense.
    pub(super) fn restore(&self, sheet: &Sheet) -> Result<(Ensemble, &Motion, Vec<Going>), Lost> {
        if self.scenes.len() > SCENES_MAX || self.waiting.len() > WAITING_MAX {
            return Err(Lost::Nonsense("there is too much of it"));
        }
        let scenes = self.scenes.iter().map(|role| role.scene(sheet)).collect::<Result<_, _>>()?;
        let ensemble = Ensemble(scenes);
        let waiting = self.waiting.iter().map(|wish| wish.going(&ensemble)).collect::<Result<_, _>>()?;
        Ok((ensemble, &self.motion, waiting))
    }
}

/// Scenes as they are taken down: each once.
#[derive(Debug)]
pub(super) struct Cast<'s> {
    sheet: &'s Sheet,
    scenes: Vec<Arc<Scene>>,
    roles: Vec<Role>,
    /// How much text from outside there is.
    bytes: usize,
}

impl<'s> Cast<'s> {
    pub(super) fn new(sheet: &'s Sheet) -> Self {
        Self { sheet, scenes: Vec::new(), roles: Vec::new(), bytes: 0 }
    }

    /// Returns the number of a scene.
    pub(super) fn number(&mut self, scene: &Arc<Scene>) -> usize {
        if let Some(known) = self.scenes.iter().position(|known| Arc::ptr_eq(known, scene)) {
            return known;
        }
        let role = Role::of(scene, self.sheet);
        if let Role::AdHoc { prompt: Some(prompt), .. } = &role {
            self.bytes += prompt.iter().map(|(text, _)| text.len()).sum::<usize>();
        }
        self.scenes.push(Arc::clone(scene));
        self.roles.push(role);
        self.scenes.len() - 1
    }
}

/// Scenes as they come back, by number.
#[derive(Debug)]
pub(super) struct Ensemble(Vec<Arc<Scene>>);

impl Ensemble {
    /// Makes one of these.
    #[cfg(test)]
    pub(super) fn of(scenes: Vec<Arc<Scene>>) -> Self {
        Self(scenes)
    }

    /// Returns the scene of that number.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn scene(&self, number: usize) -> Result<&Arc<Scene>, Lost> {
        self.0.get(number).ok_or(Lost::Nonsense("a scene has no name"))
    }
}

impl Role {
    fn of(scene: &Arc<Scene>, sheet: &Sheet) -> Self {
        if find(sheet, &scene.name).is_some_and(|known| Arc::ptr_eq(known, scene)) {
            return Self::Named(Arc::clone(&scene.name));
        }
        let Scene { name, prompt, seed, .. } = &**scene;
        Self::AdHoc {
            name: Arc::clone(name),
            prompt: prompt.as_ref().map(|prompt| prompt.entries().to_vec()),
            seed: seed.as_ref().map(|seed| seed.entries().to_vec()),
            like: pattern(sheet, |pattern| {
                Scene { name: Arc::clone(name), prompt: prompt.clone(), ..pattern.clone() } == **scene
            })
            .map(|pattern| Arc::clone(&pattern.name)),
        }
    }

    fn scene(&self, sheet: &Sheet) -> Result<Arc<Scene>, Lost> {
        match self {
            Self::Named(name) => find(sheet, name).cloned().ok_or_else(|| Lost::Scene(Arc::clone(name))),
            Self::AdHoc { name, prompt, seed, like } => {
                let prompt = prompt.as_ref().map(|entries| {
                    // What was let in once is let in again; only what can be no prompt at all is not.
                    let all_well = entries.iter().all(|(text, _)| prompt::text(text).as_ref() == Ok(text));
                    let list = Weighted::new(entries.iter().cloned()).ok();
                    list.filter(|_| all_well).ok_or(Lost::Nonsense("a prompt is none"))
                });
                let seed = seed.as_ref().map(|entries| {
                    Weighted::new(entries.iter().copied()).map_err(|_| Lost::Nonsense("a seed is none"))
                });
                let (prompt, seed) = (prompt.transpose()?, seed.transpose()?);
                let like = like.as_ref().map(|like| {
                    let found = pattern(sheet, |pattern| pattern.name == *like);
                    found.ok_or_else(|| Lost::Scene(Arc::clone(like)))
                });
                let rest = like.transpose()?.map_or_else(|| Scene::empty(name), |like| (**like).clone());
                Ok(Arc::new(Scene { name: Arc::clone(name), prompt, seed, ..rest }))
            }
        }
    }
}

impl Wish {
    fn of(going: &Going, cast: &mut Cast<'_>) -> Self {
        let Going { scene, fade, easing, policy } = going;
        let fade = fade.as_ref().map(Times::of);
        Self { scene: cast.number(scene), fade, easing: *easing, policy: *policy }
    }

    fn going(&self, ensemble: &Ensemble) -> Result<Going, Lost> {
        let Self { scene, fade, easing, policy } = self;
        let scene = Arc::clone(ensemble.scene(*scene)?);
        let fade = fade.as_ref().map(Times::fades).transpose()?;
        Ok(Going { scene, fade, easing: *easing, policy: *policy })
    }
}

/// Finds a scene of the show file, also one that is written into a step.
fn find<'s>(sheet: &'s Sheet, name: &str) -> Option<&'s Arc<Scene>> {
    let in_steps = || {
        steps(sheet).find_map(|step| match step {
            Step::Scene { scene, .. } if *scene.name == *name => Some(scene),
            _ => None,
        })
    };
    let in_playlists =
        || sheet.playlists.values().flat_map(|list| list.scenes()).find(|scene| *scene.name == *name);
    sheet.scenes.get(name).or_else(in_steps).or_else(in_playlists)
}

/// Finds a scene in a step whose prompt is filled in.
fn pattern(sheet: &Sheet, is_it: impl Fn(&Scene) -> bool) -> Option<&Arc<Scene>> {
    steps(sheet).find_map(|step| match step {
        Step::Paint(painted) if is_it(&painted.pattern) => Some(&painted.pattern),
        _ => None,
    })
}

fn steps(sheet: &Sheet) -> impl Iterator<Item = &Step> {
    let cues = sheet.cues.values().map(|cue| &cue.steps);
    let triggers = sheet.triggers.iter().map(|trigger| &trigger.steps);
    cues.chain(triggers).flat_map(|steps| Step::all(steps))
}
