//! The journal on a disk: what is stored is loaded, whatever else is there.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::record::scratch::Scratch;

fn creating(name: &str) -> Memory {
    Own::Creating { name: name.into() }.into()
}

fn created(id: &str) -> Memory {
    Own::Created { id: id.into(), untold: false }.into()
}

#[test]
fn what_is_stored_is_loaded_again() {
    let scratch = Scratch::new();
    let mut journal = Journal::load(scratch.path());
    journal.remember("floor", creating("segue floor 1"));
    journal.remember("wall", creating("segue wall 2"));
    journal.remember("wall", created("str_1"));
    journal.remember("roof", created("str_2"));
    journal.remember("roof", Memory::default());
    journal.store().unwrap();
    journal.store().unwrap();
    assert_eq!(Journal::load(scratch.path()), journal);
    assert_eq!(scratch.names(), ["journal.json"]);
    assert_eq!(journal.get("wall"), Some(&created("str_1")));
    assert_eq!(journal.streams().count(), 2);
}

#[test]
fn the_file_is_this_and_for_nobody_else() {
    let scratch = Scratch::new();
    let mut journal = Journal::load(scratch.path());
    journal.remember("floor", creating("segue floor 1"));
    journal.remember("wall", created("str_1"));
    journal.store().unwrap();
    let path = scratch.path().join(FILE_NAME);
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r#"{"version":1,"streams":{"floor":{"state":"creating","name":"segue floor 1"},"wall":{"state":"created","id":"str_1"}}}"#);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

fn memoir(second: u32) -> Memoir {
    let text = format!(
        r#"{{"at":"2026-11-22T08:00:{second:02}Z","streams":{{"wall":{{"scenes":["dawn"],"motion":{{"target":[[0,1.0]],"owner":0}}}}}},
        "triggers":{{"open":{{"cron":"0 9 * * *","done":"2026-11-22T08:00:00Z"}}}},
        "bypassed_until":"2026-11-22T10:00:00Z"}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn where_the_show_is_is_kept_beside_whose_the_streams_are() {
    let scratch = Scratch::new();
    let mut journal = Journal::load(scratch.path());
    journal.remember("wall", created("str_1"));
    journal.keep("simulator", memoir(1));
    journal.keep("https://api.daydream.live/v1", memoir(2));
    journal.keep("simulator", memoir(3));
    journal.store().unwrap();
    assert_eq!(Journal::load(scratch.path()), journal);
    assert_eq!(journal.memoir("simulator"), Some(&memoir(3)));
    assert_eq!(journal.memoir("elsewhere"), None);
    let text = fs::read_to_string(scratch.path().join(FILE_NAME)).unwrap();
    insta::assert_snapshot!(text, @r#"{"version":1,"streams":{"wall":{"state":"created","id":"str_1"}},"shows":[{"show":{"at":"2026-11-22T08:00:02Z","streams":{"wall":{"motion":{"owner":0,"target":[[0,1.0]]},"scenes":["dawn"]}},"triggers":{"open":{"cron":"0 9 * * *","done":"2026-11-22T08:00:00Z"}}},"stage":"https://api.daydream.live/v1"},{"show":{"at":"2026-11-22T08:00:03Z","streams":{"wall":{"motion":{"owner":0,"target":[[0,1.0]]},"scenes":["dawn"]}},"triggers":{"open":{"cron":"0 9 * * *","done":"2026-11-22T08:00:00Z"}}},"stage":"simulator"}]}"#);
    for number in 0..9 {
        journal.keep(&format!("rehearsal {number}"), memoir(4));
    }
    assert_eq!((journal.shows.len(), journal.memoir("simulator")), (SHOWS_MAX, None));
}

#[test]
fn a_show_that_makes_no_sense_costs_no_stream() {
    let scratch = Scratch::new();
    let text = r#"{"version":1,"streams":{"wall":{"state":"created","id":"str_1"}},"shows":[{"stage":"a","show":{}},7,{"stage":"simulator","show":SHOW}]}"#;
    let text = text.replace("SHOW", &serde_json::to_string(&memoir(1)).unwrap());
    fs::write(scratch.path().join(FILE_NAME), text).unwrap();
    let journal = Journal::load(scratch.path());
    assert_eq!(journal.get("wall"), Some(&created("str_1")));
    assert_eq!((journal.shows.len(), journal.memoir("simulator")), (1, Some(&memoir(1))));
}

/// A file of each form that a release has written. Only ever add to them.
#[test]
fn a_file_of_every_release_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal");
    let mut found = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let scratch = Scratch::new();
        fs::copy(&path, scratch.path().join(FILE_NAME)).unwrap();
        let journal = Journal::load(scratch.path());
        assert_eq!(scratch.names(), ["journal.json"], "{} was set aside", path.display());
        let own = journal.get("wall at https://api.daydream.live/v1").map(|memory| memory.own.clone());
        assert!(
            matches!(own, Some(Own::Created { id, .. }) if *id == *"str_9XkT2mWqPb4RzLnC"),
            "{}",
            path.display()
        );
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.push((name, journal.streams().count(), journal.shows.len()));
        journal.store().unwrap();
        assert_eq!(Journal::load(scratch.path()), journal, "{}", path.display());
    }
    found.sort();
    let found: Vec<_> =
        found.iter().map(|(name, streams, shows)| (name.as_str(), *streams, *shows)).collect();
    assert_eq!(found, [("v1.json", 2, 0), ("v1_leftovers.json", 2, 0), ("v1_shows.json", 1, 2)]);
}

#[test]
fn version_1_is_read_as_it_was_written_in_2026() {
    let scratch = Scratch::new();
    let text = r#"{"version":1,"later":0,"streams":{"a":{"state":"creating","name":"segue a 1"},"b":{"state":"created","id":"str_9"}}}"#;
    fs::write(scratch.path().join(FILE_NAME), text).unwrap();
    let journal = Journal::load(scratch.path());
    assert_eq!(journal.get("a"), Some(&creating("segue a 1")));
    assert_eq!(journal.get("b"), Some(&created("str_9")));
    assert_eq!(scratch.names(), ["journal.json"]);
}

#[test]
fn what_is_left_to_delete_and_what_was_created_lately_survive_the_stream() {
    let scratch = Scratch::new();
    let mut journal = Journal::load(scratch.path());
    let creates = vec!["2026-11-22T08:00:00Z".parse().unwrap()];
    let gone = Memory { own: Own::Gone, leftovers: vec!["str_1".into()], creates };
    journal.remember("wall", gone.clone());
    let own = Own::Created { id: "str_2".into(), untold: true };
    journal.remember("floor", Memory { own, ..gone });
    journal.store().unwrap();
    assert_eq!(Journal::load(scratch.path()), journal);
    let text = fs::read_to_string(scratch.path().join(FILE_NAME)).unwrap();
    insta::assert_snapshot!(text, @r#"{"version":1,"streams":{"floor":{"state":"created","id":"str_2","untold":true,"leftovers":["str_1"],"creates":["2026-11-22T08:00:00Z"]},"wall":{"state":"gone","leftovers":["str_1"],"creates":["2026-11-22T08:00:00Z"]}}}"#);
}

#[test]
fn what_makes_no_sense_is_set_aside_and_the_show_begins_clean() {
    let nonsense: [&[u8]; 7] = [
        b"",
        b"{\"version\":1,\"streams\":{\"wall\":{\"sta",
        b"[]",
        b"{\"version\":2,\"streams\":{}}",
        b"{\"version\":1,\"streams\":{\"wall\":{\"state\":\"lost\"}}}",
        b"\xff\xfe\x00",
        &vec![b' '; 5 * 1024 * 1024],
    ];
    for bytes in nonsense {
        let scratch = Scratch::new();
        fs::write(scratch.path().join(FILE_NAME), bytes).unwrap();
        let journal = Journal::load(scratch.path());
        assert_eq!(journal.streams().count(), 0);
        journal.store().unwrap();
        let names = scratch.names();
        assert_eq!((names.len(), names[0].as_str()), (2, "journal.json"));
        assert!(names[1].starts_with("journal.json.damaged-"), "{names:?}");
        assert_eq!(fs::read(scratch.path().join(&names[1])).unwrap(), bytes);
    }
}

#[test]
fn a_torn_write_leaves_the_old_journal() {
    let scratch = Scratch::new();
    let mut journal = Journal::load(scratch.path());
    journal.remember("wall", created("str_1"));
    journal.store().unwrap();
    fs::write(scratch.path().join("journal.json.new"), "{\"vers").unwrap();
    assert_eq!(Journal::load(scratch.path()), journal);
    journal.store().unwrap();
    assert_eq!(scratch.names(), ["journal.json"]);
}

#[test]
fn a_disk_that_refuses_is_an_error_that_names_the_file() {
    let scratch = Scratch::new();
    let journal = Journal::load(&scratch.path().join("missing"));
    let error = journal.store().unwrap_err().to_string();
    assert!(error.ends_with("missing/journal.json.new`"), "{error}");
}
