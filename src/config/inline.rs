//! Scenes that are written into a step instead of being named: found before the steps themselves are read, because the
//! streams must know what all scenes change.
//!
//! Takes every form of a step as it comes; what is wrong with steps is told where they are read.

use super::{
    report::Report,
    scenes::{self, SceneDraft},
    tree::{Entry, Node, Value},
    words::quoted,
};

/// How long the name of a place may get, in bytes: lists that stand deeper in others than they may are told of elsewhere.
const PLACE_MAX: usize = 200;

/// A scene inside a step, by where its map begins in the file.
pub(super) type InlineScene = (usize, SceneDraft);

/// Reads the scenes inside the steps of cues, playlists and triggers.
pub(super) fn read(
    cues: Option<&Node>,
    playlists: Option<&Node>,
    triggers: Option<&Node>,
    report: &mut Report,
) -> Vec<InlineScene> {
    let mut found = Vec::new();
    for Entry { key, value } in playlists.map(entries).unwrap_or_default() {
        if let Some(steps) = member(value, "steps") {
            in_steps(steps, ("playlist", key), "", &mut found, report);
        }
    }
    for Entry { key, value } in cues.map(entries).unwrap_or_default() {
        let Some(steps) = of_cue(value) else { continue };
        in_steps(steps, ("cue", key), "", &mut found, report);
    }
    for Entry { key, value } in triggers.map(entries).unwrap_or_default() {
        if let Some(steps) = member(value, "do") {
            in_steps(steps, ("trigger", key), "", &mut found, report);
        }
    }
    found
}

/// Returns where the steps of a cue stand: in itself, or under its `do`; `None` if that is missing.
pub(super) fn of_cue(cue: &Node) -> Option<&Node> {
    let has = |name| member(cue, name).is_some();
    // The `do` of a step that plays a playlist is another.
    let is_whole = ["do", "mode", "max"].into_iter().any(has) && !has("playlist");
    if is_whole { member(cue, "do") } else { Some(cue) }
}

/// Reads the scenes of a list, which stands at `place` in others.
fn in_steps(
    node: &Node,
    (actor, key): (&str, &Node),
    place: &str,
    found: &mut Vec<InlineScene>,
    report: &mut Report,
) {
    let steps = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let name = key.text().unwrap_or_default();
    for (number, step) in steps.iter().enumerate() {
        let place = format!("{place}/{}", number + 1);
        if let Some(Node { value: Value::List(lists), .. }) = member(step, "parallel")
            && place.len() < PLACE_MAX
        {
            for (list, steps) in lists.iter().enumerate() {
                in_steps(steps, (actor, key), &format!("{place}/{}", list + 1), found, report);
            }
        }
        let Some(scene) = member(step, "scene").filter(|scene| matches!(scene.value, Value::Map(_))) else {
            continue;
        };
        // No scene of the show file has a name with a slash.
        let called = format!("{name}{place}");
        let of = format!("{actor} {}", quoted(name));
        found.push((scene.span.start, scenes::scene(&called, of, &scene.span, scene, report)));
    }
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let entry = entries(node).iter().find(|entry| entry.key.text() == Some(name))?;
    Some(&entry.value)
}

fn entries(node: &Node) -> &[Entry] {
    if let Value::Map(entries) = &node.value { entries } else { &[] }
}
