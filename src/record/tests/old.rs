//! Files that older programs wrote.

use std::fs;

use jiff::Timestamp;

use super::{about, keeping, line, now, times, writer};
use crate::record::{
    history::{History, HistoryError, Wanted},
    scratch::Scratch,
    store::FILE_NAME,
    words,
    writer::Writer,
};

/// Twenty seconds of a show, as version 1 wrote them.
const VERSION_1: &str = "tests/fixtures/history/v1.db";

#[test]
fn a_file_of_version_1_is_brought_up_to_date_with_all_that_is_in_it() {
    let scratch = Scratch::new();
    let path = scratch.path().join(FILE_NAME);
    fs::copy(VERSION_1, &path).unwrap();
    assert!(matches!(History::open(scratch.path()), Err(HistoryError::Version(1))));
    let mut writer =
        Writer::new(path.clone(), about(), keeping(24 * 3650, 1_000_000_000), std::sync::Arc::default());
    assert!(writer.turn(&[line(now(0))]));
    let count = |table| times(&path, table).len();
    assert_eq!((count("facts"), count("polls"), count("updates")), (27, 22, 53));
    let history = History::open(scratch.path()).unwrap();
    let all = Wanted { since: Timestamp::UNIX_EPOCH, until: now(1).wall, stream: None, kinds: &[] };
    let (events, _) = history.events(&all, None, 1000).unwrap();
    assert_eq!(events.len(), 27);
    assert_eq!(words::tell(&events[5]), "wall: to `neon` in 2s");
    let scenes = history.timeline(None, events[0].at, now(1).wall).unwrap();
    assert_eq!(scenes.len(), 9);
    assert_eq!((scenes[1].scene.as_str(), scenes[1].fade_seconds), ("neon", Some(2.0)));
}

#[test]
fn the_rows_of_version_1_grow_old_like_others() {
    let scratch = Scratch::new();
    let path = scratch.path().join(FILE_NAME);
    fs::copy(VERSION_1, &path).unwrap();
    let mut writer = writer(&scratch, keeping(1, 1_000_000_000));
    for minute in 0..200 {
        assert!(writer.turn(&[line(now(minute * 60_000))]));
    }
    assert_eq!(times(&path, "facts").len(), 0);
}
