//! Where a stream's mix goes: the path that somebody asked for, and under it the edits of its scenes that are blending in.
//!
//! An edit is a path of its own from one version of a scene to the next. While it lasts, the scene's share of the mix is
//! shared by its versions; the path itself keeps its position and speed and knows nothing of it.

use std::{ops::Deref, sync::Arc};

use crate::show::{
    easing::Easing,
    fades::Way,
    mix::{Mix, Part},
    scene::{Fade, Scene},
    sheet::Base,
    time::Mono,
    transition::{Point, Transition},
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
        let scenes = self.scenes(seen);
        let mut edits = std::mem::take(&mut self.edits);
        let mut seen_of_it = false;
        for scene in scenes {
            let after = successor(&scene);
            if Arc::ptr_eq(&scene, &after) && old == new {
                continue;
            }
            let at = edits.iter().position(|edit| Arc::ptr_eq(edit.scene(), &scene));
            if self.edits.iter().any(|edit| Arc::ptr_eq(edit.scene(), &after)) {
                continue;
            }
            if at.is_none() && scene.over(old).looks_like(&after.over(new)) {
                continue;
            }
            let mut edit = match at {
                Some(at) => edits.remove(at),
                None => Transition::resting(&Mix::of(&scene), now),
            };
            // Versions under the old base are complete in themselves, whatever lies under the new one.
            edit.recast(|version| if old == new { Arc::clone(version) } else { Arc::new(version.over(old)) });
            let way = Way::even(fade, Easing::Smooth);
            self.edits.push(edit.retarget(&Mix::of(&after), &way, now, seen));
            seen_of_it = true;
        }
        self.edits.append(&mut edits);
        self.path.recast(successor);
        seen_of_it
    }

    /// Returns every scene that something of the picture is or will be, once.
    fn scenes(&self, at: Mono) -> Vec<Arc<Scene>> {
        let mut scenes: Vec<Arc<Scene>> = Vec::new();
        self.path.point_at(at).each(|mix, owner| {
            let mixed =
                mix.parts().iter().chain(self.path.target().parts()).chain(self.path.origin().parts());
            for scene in mixed.map(|part| &part.scene).chain([owner]) {
                if !scenes.iter().any(|known| Arc::ptr_eq(known, scene)) {
                    scenes.push(Arc::clone(scene));
                }
            }
        });
        scenes
    }

    /// Returns where everything is at `at`, each scene in the versions that it is in.
    pub(in crate::show) fn point_at(&self, at: Mono) -> Point {
        let point = self.path.point_at(at);
        if self.edits.iter().all(|edit| edit.ended(at)) {
            return point;
        }
        let versions =
            |scene: &Arc<Scene>| match self.edits.iter().find(|edit| Arc::ptr_eq(edit.scene(), scene)) {
                Some(edit) => edit.mix_at(at),
                None => Mix::of(scene),
            };
        let mix = |mix: Mix| {
            let share = |part: &Part| {
                let versions = versions(&part.scene);
                let share = |version: &Part| (Arc::clone(&version.scene), version.weight * part.weight);
                versions.parts().iter().map(share).collect::<Vec<_>>()
            };
            Mix::from_raw(mix.parts().iter().flat_map(share)).unwrap_or(mix)
        };
        point.map(mix, |owner| Arc::clone(versions(&owner).heaviest()))
    }

    /// Returns whether nothing moves any more at `at`.
    pub(super) fn is_still(&self, at: Mono) -> bool {
        self.path.is_still(at) && self.edits.iter().all(|edit| edit.ended(at))
    }

    /// Returns whether all is over at `at`, path and edits.
    pub(super) fn is_over(&self, at: Mono) -> bool {
        self.path.ended(at) && self.edits.iter().all(|edit| edit.ended(at))
    }

    /// Returns the next moment after `now` that must not be passed over: a jump or an end of the path or of an edit.
    pub(super) fn next_corner(&self, now: Mono) -> Option<Mono> {
        let paths = std::iter::once(&self.path).chain(&self.edits);
        paths.filter_map(|path| path.next_corner(now)).min()
    }
}
