//! What of an edited stream is taken over while it lives.

use std::sync::Arc;

use super::{Changes, Links, base};
use crate::show::{
    recovery::{Fallback, Recovery},
    scene::Scene,
    sheet::{BlendMode, Sheet, StreamSheet},
};

/// Returns the streams of the show, each with what can be taken over.
pub(super) fn revise(old: &Sheet, new: &Sheet, links: &Links<'_>, changes: &mut Changes) -> Vec<StreamSheet> {
    for stream in &new.streams {
        if old.stream(&stream.name).is_none() {
            changes.keep(format_args!("stream `{}` begins with a restart", stream.name));
        }
    }
    let revised = old.streams.iter().map(|stream| {
        let Some(at) = new.stream(&stream.name) else {
            changes.keep(format_args!("stream `{}` is driven until a restart", stream.name));
            return stream.clone();
        };
        self::stream(stream, &new.streams[at.0], links, changes)
    });
    revised.collect()
}

/// Takes over what may change while a stream lives. Taken apart in full: a new key must be decided about.
fn stream(old: &StreamSheet, new: &StreamSheet, links: &Links<'_>, changes: &mut Changes) -> StreamSheet {
    let StreamSheet {
        name,
        connection: _,
        attach: _,
        base,
        start,
        blend,
        prompt_angle,
        slots_max,
        updates,
        status_every,
        on_exit,
        on_restart,
        family,
        mut recovery,
        on_stream_lost,
        on_drift,
        on_stream_created,
        operator,
    } = new.clone();
    let of = format!("stream `{name}`: ");
    let mut taken = |key: &str, same: bool| {
        if !same {
            changes.change(format_args!("{of}`{key}`"));
        }
    };
    let start = start.map(|scene| links.scene(&scene));
    let start_name = |scene: &Option<Arc<Scene>>| scene.as_ref().map(|scene| Arc::clone(&scene.name));
    taken("start", start_name(&start) == start_name(&old.start));
    taken("prompt_angle", prompt_angle == old.prompt_angle);
    taken("slots_max", slots_max == old.slots_max);
    taken("updates", updates == old.updates);
    taken("status", status_every == old.status_every);
    taken("on_exit", on_exit == old.on_exit);
    taken("on_restart", on_restart == old.on_restart);
    if let Some(fallback) = &mut recovery.fallback {
        fallback.scene = links.scene(&fallback.scene);
    }
    taken("recovery", outline(&recovery) == outline(&old.recovery));
    taken("on_stream_lost", on_stream_lost == old.on_stream_lost);
    taken("on_drift", on_drift == old.on_drift);
    taken("on_stream_created", on_stream_created == old.on_stream_created);
    taken("operator_idle", operator.idle == old.operator.idle);
    taken("operator_release", operator.release == old.operator.release);
    let live = (blend == BlendMode::Slerp) == (old.blend == BlendMode::Slerp);
    taken("blend", blend == old.blend || !live);
    if !live {
        changes.keep(format_args!("{of}`blend` goes to or from `slerp` with a restart"));
    }
    tell_rooted(old, new, &of, changes);
    StreamSheet {
        name,
        connection: old.connection.clone(),
        attach: old.attach.clone(),
        base: base::revise(&old.base, base, &of, changes),
        start,
        blend: if live { blend } else { old.blend },
        prompt_angle,
        slots_max,
        updates,
        status_every,
        on_exit,
        on_restart,
        family,
        recovery,
        on_stream_lost,
        on_drift,
        on_stream_created,
        operator,
    }
}

/// Tells what of a stream cannot change while it lives.
fn tell_rooted(old: &StreamSheet, new: &StreamSheet, of: &str, changes: &mut Changes) {
    if new.connection != old.connection {
        changes.keep(format_args!("{of}its backend, environment, key and timeouts change with a restart"));
    }
    if new.attach != old.attach {
        changes.keep(format_args!("{of}another `stream` is driven after a restart"));
    }
}

/// Returns it with its scene by name only: what that looks like is told of the scene.
fn outline(recovery: &Recovery) -> Recovery {
    let bare = |fallback: Fallback| {
        let scene = Arc::new(Scene::empty(&fallback.scene.name));
        Fallback { scene, ..fallback }
    };
    Recovery { fallback: recovery.fallback.clone().map(bare), ..recovery.clone() }
}
