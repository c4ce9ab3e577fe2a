//! The playlists of an edited sheet: with the scenes that the show goes on with, and what of them is told as another.
//!
//! Where each is then is the business of `playlist/form.rs`.

use std::{collections::BTreeMap, sync::Arc};

use super::{Actor, Changes, Links, diff, find_inline, names};
use crate::show::{playlist::Playlist, scene::Scene, sheet::Sheet};

/// Playlists by name.
type Playlists = BTreeMap<Arc<str>, Arc<Playlist>>;

/// Returns the playlists to go on with.
pub(super) fn revise(old: &Playlists, new: Playlists, links: &Links<'_>, changes: &mut Changes) -> Playlists {
    let scene = |scene: &Arc<Scene>| {
        let known = find_inline(links.inline, Actor::Playlist, &scene.name).filter(|known| known == scene);
        known.unwrap_or_else(|| links.scene(scene))
    };
    let link = |(name, list): (Arc<str>, Arc<Playlist>)| {
        let mut list = list.recast(&scene);
        links.move_streams(&mut list.streams);
        (name, Arc::new(list))
    };
    let linked: Playlists = new.into_iter().map(link).collect();
    // An edit of a scene is told as that; only what stands in the playlist itself is an edit of it.
    let bare = |list: &Playlist| {
        let own = format!("{}/", list.name);
        list.recast(&|scene: &Arc<Scene>| {
            if scene.name.starts_with(&own) { Arc::clone(scene) } else { Arc::new(Scene::empty(&scene.name)) }
        })
    };
    let same = |name: &str| bare(&old[name]) == bare(&linked[name]);
    diff("playlist", &names(old), &names(&linked), same, changes);
    linked
}

/// Returns the scenes that stand in the steps of playlists.
pub(super) fn inline(sheet: &Sheet) -> impl Iterator<Item = (Actor, Arc<Scene>)> {
    let scenes = sheet.playlists.values().flat_map(|list| list.scenes());
    let own = scenes.filter(|scene| !sheet.scenes.contains_key(&scene.name));
    own.map(|scene| (Actor::Playlist, Arc::clone(scene)))
}
