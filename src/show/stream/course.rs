//! Where a stream's mix goes: the path that somebody asked for, and under it the edits of its scenes that are blending in.
//!
//! An edit is a path of its own from one version of a scene to the next. While it lasts, the scene's share of the mix is
//! shared by its versions; the path itself keeps its position and speed and knows nothing of it.

use std::{ops::Deref, sync::Arc};

use crate::show::{
    easing::Easing,
    mix::Mix,
    scene::{Fade, Scene},
    sheet::Base,
    time::Mono,
    transition::Transition,
};

/// A path and the edits under it.
#[derive(Clone, Debug)]
pub(in crate::show) struct Course {
    path: Transition,
    /// One for each scene that is being edited; the newest version is the target.
    edits: Vec<Transition>,
}

impl Deref for Course {
    type Target = Transition;

    fn deref(&self) -> &Transition {
        &self.path
    }
}

impl Course {
    pub(super) fn new(path: Transition) -> Self {
        Self { path, edits: Vec::new() }
    }

    /// Goes another way from now on; edits go on under it.
    pub(super) fn take(&mut self, path: Transition) {
        self.path = path;
    }

    /// Returns the path that was asked for, to steer it.
    pub(super) fn path(&mut self) -> &mut Transition {
        &mut self.path
    }

    /// Forgets edits that have blended in.
    pub(super) fn tidy(&mut self, now: Mono) {
        self.edits.retain(|edit| !edit.ended(now));
    }

    /// Takes over the scenes that `successor` names, and a base under all of them; returns whether anything is seen of it.
    ///
    /// What is seen blends in over `fade`, from where the picture is at `seen`.
    pub(super) fn edit(
        &mut self,
        successor: impl Fn(&Arc<Scene>) -> Arc<Scene>,
        (old, new): (&Base, &Base),
        fade: Fade,
        (now, seen): (Mono, Mono),
    ) -> bool {
        let scenes: Vec<_> =
            self.path.mix_at(seen).parts().iter().map(|part| Arc::clone(&part.scene)).collect();
        let mut edits = std::mem::take(&mut self.edits);
        let mut seen_of_it = false;
        for scene in scenes.into_iter().chain([Arc::clone(self.path.target())]) {
            let after = successor(&scene);
            if Arc::ptr_eq(&scene, &after) && old == new {
                continue;
            }
            let at = edits.iter().position(|edit| Arc::ptr_eq(edit.target(), &scene));
            if self.edits.iter().any(|edit| Arc::ptr_eq(edit.target(), &after)) {
                continue;
            }
            if at.is_none() && scene.over(old).looks_like(&after.over(new)) {
                continue;
            }
            let mut edit = match at {
                Some(at) => edits.remove(at),
                None => Transition::resting(&scene, now),
            };
            // Versions under the old base are complete in themselves, whatever lies under the new one.
            edit.recast(|version| if old == new { Arc::clone(version) } else { Arc::new(version.over(old)) });
            self.edits.push(edit.retarget(&after, fade, Easing::Smooth, now, seen));
            seen_of_it = true;
        }
        self.edits.append(&mut edits);
        self.path.recast(successor);
        seen_of_it
    }

    /// Returns the mix at `at`, each scene in the versions that it is in.
    pub(in crate::show) fn mix_at(&self, at: Mono) -> Mix {
        let mix = self.path.mix_at(at);
        if self.edits.iter().all(|edit| edit.ended(at)) {
            return mix;
        }
        let versions =
            |scene: &Arc<Scene>| match self.edits.iter().find(|edit| Arc::ptr_eq(edit.target(), scene)) {
                Some(edit) => edit.mix_at(at),
                None => Mix::of(scene),
            };
        let parts = mix.parts().iter().flat_map(|part| {
            let share =
                |version: &crate::show::mix::Part| (Arc::clone(&version.scene), version.weight * part.weight);
            versions(&part.scene).parts().iter().map(share).collect::<Vec<_>>()
        });
        Mix::from_raw(parts).unwrap_or(mix)
    }

    /// Returns whether nothing moves any more at `at`.
    pub(super) fn is_still(&self, at: Mono) -> bool {
        (self.path.is_paused() || self.path.ended(at)) && self.edits.iter().all(|edit| edit.ended(at))
    }

    /// Returns whether all is over at `at`, path and edits.
    pub(super) fn is_over(&self, at: Mono) -> bool {
        self.path.ended(at) && self.edits.iter().all(|edit| edit.ended(at))
    }

    /// Returns the next moment after `now` that must not be passed over: a jump or an end of the path or of an edit.
    pub(super) fn next_corner(&self, now: Mono) -> Option<Mono> {
        let of_path = self.path.next_jump(now).or(self.path.end());
        let of_edits = self.edits.iter().filter_map(Transition::end);
        of_path.into_iter().chain(of_edits).filter(|corner| *corner > now).min()
    }
}
