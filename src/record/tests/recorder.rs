//! The recorder: what is noted is written, whoever is in the way.

use std::{fs, mem, path::Path, thread::sleep, time::Duration};

use rusqlite::Connection;

use crate::{
    record::{
        About, Recorder,
        scratch::Scratch,
        store::{FILE_NAME, QUEUE_MAX},
    },
    show::{
        event::Door,
        fact::Fact,
        time::{Mono, Now},
        venue::Keeping,
    },
};

/// Much longer than anything here takes, unless it hangs.
const LONG: Duration = Duration::from_secs(20);

fn trigger(name: &str) -> Fact {
    Fact::Trigger { name: name.into(), door: Door::Osc }
}

/// Of those every one is a row.
fn edge() -> Fact {
    Fact::TransitionStarted { stream: "wall".into(), scene: "dawn".into(), fade: Duration::from_secs(1) }
}

fn now() -> Now {
    Now { mono: Mono::default(), wall: "2026-11-22T10:00:00Z".parse().unwrap() }
}

fn start(directory: &Path) -> Recorder {
    let about = About { show: "Gallery".into(), zone: "Europe/Berlin".into() };
    Recorder::start(directory, about, Keeping::default()).unwrap()
}

fn count(path: &Path, table: &str) -> usize {
    let connection = Connection::open(path).unwrap();
    let count =
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    count.map_or(0, |count| usize::try_from(count).unwrap())
}

#[test]
fn what_was_noted_is_on_disk_after_closing() {
    let scratch = Scratch::new();
    let mut recorder = start(scratch.path());
    for n in 0..100 {
        recorder.note(now(), &trigger(&n.to_string()));
    }
    assert!(recorder.close(LONG));
    assert_eq!(count(&scratch.path().join(FILE_NAME), "facts"), 100);
}

#[test]
fn closing_without_a_single_fact_is_quick_and_leaves_no_file() {
    let scratch = Scratch::new();
    assert!(start(scratch.path()).close(LONG));
    assert!(scratch.names().is_empty());
}

#[test]
fn without_closing_all_up_to_the_last_transaction_is_readable() {
    let scratch = Scratch::new();
    let path = scratch.path().join(FILE_NAME);
    let mut recorder = start(scratch.path());
    recorder.note(now(), &trigger("a"));
    recorder.note(now(), &trigger("b"));
    while count(&path, "facts") < 2 {
        sleep(Duration::from_millis(50));
    }
    // As after a kill: the files as they are now, the log of SQLite not yet merged.
    let copy = Scratch::new();
    for name in scratch.names() {
        fs::copy(scratch.path().join(&name), copy.path().join(&name)).unwrap();
    }
    mem::forget(recorder);
    assert_eq!(count(&copy.path().join(FILE_NAME), "facts"), 2);
    let mut next = start(copy.path());
    next.note(now(), &trigger("c"));
    assert!(next.close(LONG));
    assert_eq!(count(&copy.path().join(FILE_NAME), "facts"), 3);
}

#[test]
fn a_locked_file_costs_facts_and_never_time() {
    let scratch = Scratch::new();
    let path = scratch.path().join(FILE_NAME);
    let mut recorder = start(scratch.path());
    recorder.note(now(), &trigger("first"));
    while count(&path, "facts") < 1 {
        sleep(Duration::from_millis(50));
    }
    let person = Connection::open(&path).unwrap();
    person.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Twice the queue: what the writer holds in its hands is as much again at most.
    let noted = 2 * QUEUE_MAX + 100;
    for _ in 0..noted {
        recorder.note(now(), &edge());
    }
    assert!(recorder.dropped() >= 100);
    while recorder.failed() == 0 {
        sleep(Duration::from_millis(50));
    }
    person.execute_batch("ROLLBACK").unwrap();
    let dropped = usize::try_from(recorder.dropped()).unwrap();
    assert!(recorder.close(LONG));
    assert_eq!(count(&path, "facts"), 1 + noted - dropped);
}

#[test]
fn a_disk_that_stays_away_does_not_hold_up_the_end() {
    let scratch = Scratch::new();
    let mut recorder = start(&scratch.path().join("missing"));
    recorder.note(now(), &trigger("a"));
    assert!(recorder.close(LONG));
}

#[test]
fn a_flood_of_one_trigger_is_few_rows_and_no_edge_is_lost() {
    let scratch = Scratch::new();
    let mut recorder = start(scratch.path());
    let begin = now();
    // Three minutes of 100 a second, each of which also starts a transition.
    for n in 0..18_000_u64 {
        let passed = Duration::from_millis(10 * n);
        let now = Now { mono: begin.mono + passed, wall: begin.wall + passed };
        recorder.note(now, &trigger("/fader/1"));
        if n % 100 == 0 {
            recorder.note(now, &edge());
        }
    }
    assert!(recorder.close(LONG));
    let connection = Connection::open(scratch.path().join(FILE_NAME)).unwrap();
    let row = |what: &str| {
        let select = format!(
            "SELECT count(*), sum(count), max(count), max(last) - min(t) FROM facts WHERE kind = '{what}'"
        );
        let all = connection.query_row(&select, [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, Option<i64>>(3)?,
            ))
        });
        all.unwrap()
    };
    assert_eq!(row("trigger"), (33, 18_000, 5990, Some(179_990)));
    assert_eq!(row("transition_started"), (180, 180, 1, None));
}
