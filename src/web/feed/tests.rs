//! Followers that come, come back, are slow, and leave.

use serde_json::json;

use super::*;
use crate::web::tests::snapshot;

fn feed() -> Arc<Feed> {
    Arc::new(Feed::new(100))
}

/// Moves the mix of the one stream.
fn turn(feed: &Feed, weight: f64) {
    let mut snapshot = snapshot();
    snapshot.streams[0].mix[0].weight = weight;
    feed.keep(&snapshot, Mono(Duration::from_secs(1))).unwrap();
}

/// Reads an event: its name, id and data.
fn read(event: &Bytes) -> (String, String, Value) {
    let text = std::str::from_utf8(event).unwrap();
    assert!(text.ends_with("\n\n"), "{text:?}");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    (field("event"), field("id"), serde_json::from_str(&field("data")).unwrap())
}

async fn next(follower: &mut Follower) -> (String, String, Value) {
    read(&follower.next().await.unwrap())
}

#[tokio::test]
async fn first_comes_the_whole_and_then_what_changes() {
    let feed = feed();
    turn(&feed, 0.25);
    let mut follower = feed.follow(None).unwrap();
    let (name, _, whole) = next(&mut follower).await;
    assert_eq!((name.as_str(), &whole["streams"]["wall"]["scene"]), ("state", &json!("neon")));
    assert_eq!(next(&mut follower).await.0, "beat");
    turn(&feed, 0.25);
    turn(&feed, 0.5);
    let mix = json!([{ "scene": "dawn", "weight": 0.5 }, { "scene": "neon", "weight": 0.75 }]);
    assert_eq!(next(&mut follower).await.2, json!({ "streams": { "wall": { "mix": mix } } }));
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_and_who_was_away_too_long_the_whole() {
    let feed = feed();
    turn(&feed, 0.1);
    let (_, seen, _) = next(&mut feed.follow(None).unwrap()).await;
    turn(&feed, 0.2);
    turn(&feed, 0.3);
    let mut back = feed.follow(Some(&seen)).unwrap();
    let weights = [next(&mut back).await.2, next(&mut back).await.2];
    let weights = weights.map(|patch| patch["streams"]["wall"]["mix"][0]["weight"].as_f64().unwrap());
    assert_eq!(weights, [0.2, 0.3]);
    for step in 0..=CHANGES_MAX {
        turn(&feed, f64::from(u32::try_from(step).unwrap()) / 1000.0);
    }
    assert_eq!(next(&mut feed.follow(Some(&seen)).unwrap()).await.0, "state");
    // Another run's number says nothing, and neither does one that was never given.
    for foreign in ["0-1", "", "-", &format!("{}-999999", feed.epoch)] {
        assert_eq!(next(&mut feed.follow(Some(foreign)).unwrap()).await.0, "state", "{foreign:?}");
    }
}

#[tokio::test]
async fn who_is_slow_goes_on_with_the_whole() {
    let feed = feed();
    turn(&feed, 0.0);
    let mut slow = feed.follow(None).unwrap();
    assert_eq!(next(&mut slow).await.0, "state");
    for step in 1..=2 * CHANGES_MAX {
        turn(&feed, f64::from(u32::try_from(step).unwrap()) / 1000.0);
    }
    let (name, _, whole) = next(&mut slow).await;
    assert_eq!((name.as_str(), &whole["streams"]["wall"]["mix"][0]["weight"]), ("state", &json!(0.512)));
    assert_eq!(next(&mut slow).await.0, "beat");
}

#[tokio::test]
async fn there_is_room_for_so_many_and_who_leaves_makes_some() {
    let feed = Arc::new(Feed::new(5));
    let crowd: Vec<_> = (0..4).map(|_| feed.follow(None).unwrap()).collect();
    assert_eq!(feed.follow(None).unwrap_err().kind(), Kind::Busy);
    drop(crowd);
    assert_eq!(*feed.followers.borrow(), 0);
    assert!(feed.follow(None).is_ok());
}

#[tokio::test]
async fn the_end_is_heard_at_once() {
    let feed = feed();
    let mut follower = feed.follow(None).unwrap();
    feed.close();
    assert_eq!(follower.next().await, None);
}
