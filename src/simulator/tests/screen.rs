//! What is seen of a stream: the scene that is put together for it, and the two files over HTTP.

use std::time::Duration;

use serde_json::json;

use super::{Sim, options, turbo, world::World};
use crate::simulator::{
    Machine, Options,
    machine::Video,
    picture::{Entry, Scene, View},
};

fn scene(world: &mut World) -> Scene {
    world.api.scene(world.at, &world.id).unwrap()
}

#[test]
fn the_scene_is_what_is_in_force() {
    let mut world = World::new(Machine::default(), &json!({"prompt": "a", "t_index_list": [10, 20, 30]}));
    world.pass(60.0);
    world.update(&json!({"prompt": [["a", 0.25], ["b", 0.75]], "seed": [[1, 0.5], [2, 0.5]]}));
    world.pass(10.0);
    let Scene { prompts, seeds, length, restraint, delta, moment, view, state, fps, size, now } =
        scene(&mut world);
    let near = |entry: &Entry<_>, weight: f64, coefficient: f64| {
        entry.weight == weight && (entry.coefficient - coefficient).abs() < 6e-4
    };
    assert!(near(&prompts[0], 0.25, 0.2770) && near(&prompts[1], 0.75, 0.7871), "{prompts:?}");
    assert_eq!(prompts[1].item, "b");
    assert!((seeds[0].coefficient - 0.707).abs() < 1e-3 && seeds[1].item == 2, "{seeds:?}");
    assert!((length - 1.0).abs() < 1e-3);
    assert_eq!((restraint, delta, size), (0.4, 0.7, (512.0, 512.0)));
    assert_eq!((view, state.as_str(), now), (View::Clear, "ONLINE", world.at));
    assert!(fps > 25.0 && moment.is_some_and(|moment| world.at < moment + Duration::from_millis(40)));
}

#[test]
fn while_a_model_loads_its_last_frame_stands_still() {
    let mut world = World::new(Machine::default(), &json!({"prompt": "a"}));
    world.pass(60.0);
    world.update(&json!({"lora_dict": {"x": 1.0}}));
    world.pass(1.0);
    let before = scene(&mut world);
    assert_eq!(before.view, View::Loading);
    world.pass(3.0);
    let after = scene(&mut world);
    assert_eq!((after.view, after.moment), (View::Loading, before.moment));
    world.pass(20.0);
    assert_eq!(scene(&mut world).view, View::Clear);
}

#[test]
fn without_video_and_after_it_there_is_nothing_to_see() {
    let mut world = World::new(Machine { video: Video::Off, ..Machine::default() }, &json!({}));
    world.pass(5.0);
    assert_eq!((scene(&mut world).view, scene(&mut world).state.as_str()), (View::Dark, "OFFLINE"));
    world.hand("video", &json!({"on": true}));
    world.pass(20.0);
    assert_eq!(scene(&mut world).view, View::Clear);
    world.hand("end", &json!({}));
    assert_eq!(scene(&mut world).view, View::Dark);
    let cold = Machine { cold_start: true, ..Machine::default() };
    let mut world = World::new(cold, &json!({}));
    world.pass(2.0);
    assert_eq!((scene(&mut world).view, scene(&mut world).moment), (View::Loading, None));
}

#[tokio::test]
async fn a_still_is_a_png_and_an_unknown_stream_is_not_found() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({"prompt": "mist", "width": 704, "height": 384}))).await;
    sim.pass(Duration::from_secs(30));
    let still = sim.request("GET", &format!("/_sim/streams/{id}/frame.png"), None).send().await.unwrap();
    assert_eq!(
        (still.status().as_u16(), &still.headers()["content-type"]),
        (200, &"image/png".parse().unwrap())
    );
    let still = still.bytes().await.unwrap();
    assert!(still.starts_with(b"\x89PNG\r\n\x1a\n") && still[16..24] == [0, 0, 2, 192, 0, 0, 1, 128]);
    for file in ["frame.png", "frame.mjpeg"] {
        let path = format!("/_sim/streams/str_nothing/{file}");
        assert_eq!(sim.call("GET", &path, None).await.0, 404, "{file}");
    }
    assert_eq!(sim.call("GET", &format!("/_sim/streams/{id}/frame.gif"), None).await.0, 404);
    assert_eq!(sim.call("POST", &format!("/_sim/streams/{id}/frame.png"), None).await.0, 404);
    sim.stop().await;
}

/// Reads frames off a reel until there are `count`.
async fn frames(reel: &mut reqwest::Response, count: usize) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut found = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some(head) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = std::str::from_utf8(&rest[..head]).unwrap();
            assert!(text.starts_with("--segue-frame\r\nContent-Type: image/jpeg\r\n"), "{text}");
            let length: usize = text.rsplit(' ').next().unwrap().parse().unwrap();
            let Some(frame) = rest.get(head + 4..head + 4 + length) else { break };
            found.push(frame.to_vec());
            rest = rest.get(head + 4 + length + 2..).unwrap_or_default();
        }
        if found.len() >= count {
            return found;
        }
        bytes.extend(reel.chunk().await.unwrap().expect("the reel goes on"));
    }
}

#[tokio::test]
async fn a_reel_goes_on_until_its_stream_is_gone() {
    let sim = Sim::start(options()).await;
    let id = sim.create(turbo(&json!({"prompt": "mist"}))).await;
    sim.pass(Duration::from_secs(30));
    let mut reel = sim.request("GET", &format!("/_sim/streams/{id}/frame.mjpeg"), None).send().await.unwrap();
    assert_eq!(reel.headers()["content-type"], "multipart/x-mixed-replace; boundary=segue-frame");
    let two = frames(&mut reel, 2).await;
    assert!(two.iter().all(|frame| frame.starts_with(&[0xFF, 0xD8]) && frame.ends_with(&[0xFF, 0xD9])));
    sim.call("DELETE", &format!("/v1/streams?id={id}"), None).await;
    while reel.chunk().await.unwrap().is_some() {}
    sim.stop().await;
}

#[tokio::test]
async fn viewers_who_do_not_look_hold_up_neither_the_others_nor_the_end() {
    let sim = Sim::start(Options { seed: 3, ..options() }).await;
    let id = sim.create(turbo(&json!({"prompt": "mist"}))).await;
    let path = format!("/_sim/streams/{id}/frame.mjpeg");
    let mut asleep = Vec::new();
    for _ in 0..4 {
        asleep.push(sim.request("GET", &path, None).send().await.unwrap());
    }
    let late = sim.request("GET", &path, None).send().await.unwrap();
    assert_eq!(late.status(), 503, "every seat is taken");
    assert_eq!(late.text().await.unwrap(), "4 viewers are watching; that is all there is room for\n");
    assert_eq!(sim.call("GET", &format!("/v1/streams/{id}"), None).await.0, 200);
    asleep.pop();
    // The server sees that one has left when it writes to nobody.
    let still = format!("/_sim/streams/{id}/frame.png");
    while sim.request("GET", &still, None).send().await.unwrap().status() != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sim.stop().await;
}
