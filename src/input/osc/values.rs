//! What is told over OSC: every address with its value, out of a snapshot of the show. Pure; sends nothing.

use std::{collections::BTreeMap, sync::Arc};

use rosc::{OscMessage, OscPacket, OscType};
use serde_json::Value as Json;

use crate::show::{
    address,
    playlist::snapshot::PlaylistSnapshot,
    sheet::Sheet,
    snapshot::{Snapshot, StreamSnapshot},
};

/// The steps in which shares and progress are told: finer than the 10 bits of a motor fader. A fade of any length is at most
/// 1000 messages of each.
const STEPS: f64 = 1000.0;

/// The steps in which frames per second are told.
const FPS_STEPS: f64 = 10.0;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// OSC `f`.
    Number(f32),
    /// OSC `s`.
    Text(Arc<str>),
    /// OSC `N`.
    Nothing,
}

/// Every address with its value.
pub(super) type Values = BTreeMap<Arc<str>, Value>;

/// Returns all there is to tell. A scene's share is told of every scene of the show file; what a hand typed has no address.
pub(super) fn of(snapshot: &Snapshot, sheet: &Sheet) -> Values {
    let of_streams = snapshot.streams.iter().flat_map(|stream| of_stream(stream, sheet));
    of_streams.chain(snapshot.playlists.iter().flat_map(of_playlist)).collect()
}

/// The number of the step is 0 before the first.
fn of_playlist(list: &PlaylistSnapshot) -> [(Arc<str>, Value); 4] {
    let place = |rest: &str| Arc::from(format!("/segue/playlist/{}/{rest}", list.name));
    let text = |text: Option<&Arc<str>>| Value::Text(text.cloned().unwrap_or_default());
    [
        (place("state"), Value::Text(list.state.as_str().into())),
        (place("index"), Value::Number(list.step.unwrap_or(0) as f32)),
        (place("step"), text(list.step_name.as_ref())),
        (place("next"), text(list.next.as_ref().map(|next| &next.name))),
    ]
}

fn of_stream(stream: &StreamSnapshot, sheet: &Sheet) -> Vec<(Arc<str>, Value)> {
    let place = |rest: &str| Arc::from(format!("/segue/{}/{rest}", stream.name));
    let text = |text: &str| Value::Text(text.into());
    // The end is told when it is there, not when it is near.
    let progress =
        stream.transition.as_ref().map_or(1.0, |way| (way.progress * STEPS).floor() / STEPS) as f32;
    let mut values = vec![
        (place("scene"), text(&stream.scene)),
        (place("next"), text(stream.waiting.first().or(stream.next.as_ref()).map_or("", |scene| scene))),
        (place("phase"), text(stream.phase.as_str())),
        (place("lane"), text(stream.lane.holder.as_str())),
        (place("transition/progress"), Value::Number(progress)),
        (place("alarm"), stream.alarm.as_ref().map_or(Value::Nothing, |alarm| text(&alarm.reason))),
    ];
    if let Some(fps) = stream.health.as_ref().and_then(|health| health.fps_out).filter(|fps| fps.is_finite())
    {
        values.push((place("fps"), Value::Number(((fps * FPS_STEPS).round() / FPS_STEPS) as f32)));
    }
    if !sheet.playlists.is_empty() {
        values.push((place("playlist"), text(stream.playlist.as_deref().unwrap_or_default())));
    }
    for scene in sheet.scenes.keys() {
        let shares = stream.mix.iter().filter(|share| share.scene == *scene);
        // The sum of nothing is -0, which is nothing to show.
        let share = shares.map(|share| share.weight).fold(0.0, |sum, weight| sum + weight);
        let share = ((share * STEPS).round() / STEPS) as f32;
        values.push((place(&format!("mix/{scene}")), Value::Number(share)));
    }
    values
}

/// Returns whether a question, or the address that a hand moves, means a value: `/segue/scene` is that of every stream.
pub(super) fn is_meant(asked: &str, told: &str) -> bool {
    asked == told
        || address::matches(asked, told)
        || asked
            .strip_prefix("/segue/")
            .zip(told.strip_prefix("/segue/").and_then(|told| told.split_once('/')))
            .is_some_and(|(asked, (_, told))| {
                asked == told || address::matches(&format!("/{asked}"), &format!("/{told}"))
            })
}

/// Returns whether a hand can move a value.
pub(super) fn is_movable(address: &str) -> bool {
    address.ends_with("/transition/progress") || address.contains("/mix/")
}

/// Writes a value as a message of OSC 1.0; `None` if the encoder does not know how, which is a mistake of ours.
pub(super) fn encode(address: &str, value: &Value) -> Option<Vec<u8>> {
    let arg = match value {
        Value::Number(number) => OscType::Float(*number),
        Value::Text(text) => OscType::String(text.to_string()),
        Value::Nothing => OscType::Nil,
    };
    let message = OscMessage { addr: address.to_owned(), args: vec![arg] };
    rosc::encoder::encode(&OscPacket::Message(message)).ok()
}

/// Writes a message with any arguments. A whole number goes as `i`, or as `h` where that is too small; any other, also
/// 1.0, as `f`: a receiver of a fader's values does not like the ends to be of another type.
pub(super) fn message(address: &str, args: &[Json]) -> Option<Vec<u8>> {
    let arg = |arg: &Json| match arg {
        Json::Number(number) => match number.as_i64() {
            Some(whole) => i32::try_from(whole).map_or(OscType::Long(whole), OscType::Int),
            None => OscType::Float(number.as_f64().unwrap_or_default() as f32),
        },
        Json::Bool(truth) => OscType::Bool(*truth),
        Json::String(text) => OscType::String(text.clone()),
        Json::Null => OscType::Nil,
        other => OscType::String(other.to_string()),
    };
    let message = OscMessage { addr: address.to_owned(), args: args.iter().map(arg).collect() };
    rosc::encoder::encode(&OscPacket::Message(message)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_stream_means_that_of_every_stream() {
        for (asked, told, meant) in [
            ("/segue/wall/scene", "/segue/wall/scene", true),
            ("/segue/scene", "/segue/wall/scene", true),
            ("/segue/mix/dawn", "/segue/wall/mix/dawn", true),
            ("/segue/*/scene", "/segue/wall/scene", true),
            ("/segue/mix/*", "/segue/wall/mix/dawn", true),
            ("/segue/left/scene", "/segue/wall/scene", false),
            ("/segue/scene", "/segue/wall/mix/scene", false),
            ("/segue/dawn", "/segue/wall/mix/dawn", false),
            ("/segue", "/segue/wall/scene", false),
        ] {
            assert_eq!(is_meant(asked, told), meant, "{asked} for {told}");
        }
    }

    /// By hand from OSC 1.0: strings end with NUL and are padded to four, numbers are big-endian, `N` has no bytes.
    #[test]
    fn values_are_written_as_the_standard_says() {
        let table = [
            (Value::Number(0.5), b"/a/b\0\0\0\0,f\0\0\x3f\0\0\0".to_vec()),
            (Value::Text("dawn".into()), b"/a/b\0\0\0\0,s\0\0dawn\0\0\0\0".to_vec()),
            (Value::Text("".into()), b"/a/b\0\0\0\0,s\0\0\0\0\0\0".to_vec()),
            (Value::Nothing, b"/a/b\0\0\0\0,N\0\0".to_vec()),
        ];
        for (value, bytes) in table {
            assert_eq!(encode("/a/b", &value).unwrap(), bytes, "{value:?}");
        }
    }

    #[test]
    fn a_message_has_the_types_that_were_written() {
        let args = serde_json::json!([1, 1.0, "on", true, null, 1_u64 << 40]);
        let bytes = message("/a/b", args.as_array().unwrap()).unwrap();
        let expected = b"/a/b\0\0\0\0,ifsTNh\0\0\0\0\x01\x3f\x80\0\0on\0\0\0\0\x01\0\0\0\0\0";
        assert_eq!(bytes, expected, "{}", bytes.escape_ascii());
    }
}
