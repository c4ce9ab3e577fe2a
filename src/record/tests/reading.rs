//! The history as it is read again.

use std::{fmt::Write as _, fs, time::Duration};

use jiff::Timestamp;

use super::{BEGIN, HOUR, about, keeping, now, writer};
use crate::{
    record::{
        Mark, Recorder,
        history::{History, HistoryError, Wanted},
        row::Row,
        scratch::Scratch,
        words::{self, Topic},
        writer::Line,
    },
    show::{
        event::{Door, FailureKind},
        fact::Fact,
        health::StatusReport,
        venue::Keeping,
    },
};

fn at(t: i64) -> Timestamp {
    now(t).wall
}

fn started(stream: &str, scene: &str) -> Fact {
    Fact::TransitionStarted { stream: stream.into(), scene: scene.into(), fade: Duration::from_secs(2) }
}

fn ended(stream: &str, scene: &str) -> Fact {
    Fact::TransitionEnded { stream: stream.into(), scene: scene.into() }
}

/// Writes facts at seconds from the beginning, between the show's start and end.
fn told(scratch: &Scratch, facts: &[(i64, Fact)]) -> History {
    let mut recorder = Recorder::start(scratch.path(), about(), Keeping::default()).unwrap();
    recorder.mark(now(0), Mark::Started);
    for (second, fact) in facts {
        recorder.note(now(second * 1000), fact);
    }
    let end = facts.last().map_or(0, |(second, _)| second + 1);
    recorder.mark(now(end * 1000), Mark::Ended);
    assert!(recorder.close(Duration::from_secs(20)));
    History::open(scratch.path()).unwrap()
}

fn evening(scratch: &Scratch) -> History {
    let failed = Fact::RequestFailed {
        stream: "wall".into(),
        request: "update",
        failure: FailureKind::Timeout,
        message: "no answer within 10s".to_owned(),
        in_a_row: 1,
    };
    told(
        scratch,
        &[
            (1, Fact::StreamCreated { stream: "wall".into(), id: "str_1".into() }),
            (1, ended("wall", "dawn")),
            (2, ended("floor", "dawn")),
            (10, Fact::Trigger { name: "night".into(), door: Door::Cron }),
            (10, started("wall", "neon")),
            (12, ended("wall", "neon")),
            (20, started("wall", "dawn")),
            (21, started("wall", "ember")),
            (22, failed),
            (32, Fact::RequestHealed { stream: "wall".into(), request: "update", after: 1 }),
            (33, ended("wall", "ember")),
            (40, Fact::StreamLost { stream: "wall".into(), id: "str_1".into(), next: "another is created" }),
        ],
    )
}

fn timeline(history: &History, since: i64, until: i64) -> String {
    let mut text = String::new();
    let second = |at: Timestamp| (at.as_millisecond() - BEGIN) / 1000;
    for scene in history.timeline(None, at(since * 1000), at(until * 1000)).unwrap() {
        let end = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| second(at).to_string());
        let (reached, until) = (end(scene.reached), end(scene.until));
        let _ = writeln!(text, "{} {} {} {reached} {until}", scene.stream, scene.scene, second(scene.since));
    }
    text
}

#[test]
fn the_timeline_says_what_was_on_when() {
    let scratch = Scratch::new();
    let history = evening(&scratch);
    insta::assert_snapshot!(timeline(&history, 0, 100), @r"
    floor dawn 2 2 41
    wall dawn 1 1 10
    wall neon 10 12 20
    wall dawn 20 - 21
    wall ember 21 33 41
    ");
    // What was on at that moment, and since when.
    insta::assert_snapshot!(timeline(&history, 15, 16), @r"
    floor dawn 2 2 -
    wall neon 10 12 -
    ");
}

#[test]
fn what_happened_is_told_in_plain_words_and_in_pages() {
    let scratch = Scratch::new();
    let history = evening(&scratch);
    let all = Wanted { since: at(0), until: at(HOUR), stream: None, kinds: &[] };
    let (events, next) = history.events(&all, None, 1000).unwrap();
    assert_eq!(next, None);
    let text: String = events.iter().map(words::tell).map(|line| line + "\n").collect();
    insta::assert_snapshot!(text, @r"
    show `Gallery` started
    wall: stream str_1 created
    wall: `dawn` is on
    floor: `dawn` is on
    trigger `night` fired (cron)
    wall: to `neon` in 2s
    wall: `neon` is on
    wall: to `dawn` in 2s
    wall: to `ember` in 2s
    wall: update failed (timeout): no answer within 10s
    wall: update works again after 1 failure
    wall: `ember` is on
    wall: stream str_1 lost; another is created
    show `Gallery` ended
    ");
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = history.events(&all, after, 3).unwrap();
        paged.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, events);
    let faults = Wanted { kinds: Topic::Faults.kinds(), stream: Some("wall"), ..all };
    assert_eq!(history.events(&faults, None, 1000).unwrap().0.len(), 3);
}

#[test]
fn samples_are_one_series_whether_they_are_thinned_out_or_not() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(1000, 1_000_000_000));
    let poll = |t: i64| {
        let fps = if t % 60_000 < 30_000 { 20.0 } else { 10.0 };
        let report = StatusReport { fps_out: Some(fps), ..StatusReport::default() };
        let fact = Fact::Polled { stream: "wall".into(), report: Box::new(report) };
        Line { now: now(t), row: Row::of(at(t), &fact).unwrap() }
    };
    for hour in 0..52 {
        let polls: Vec<_> = (0..720).map(|n| poll(hour * HOUR + n * 5000)).collect();
        assert!(writer.turn(&polls));
    }
    let history = History::open(scratch.path()).unwrap();
    let minute = Duration::from_mins(1);
    let samples = history.samples("wall", at(0), at(52 * HOUR), minute).unwrap();
    assert_eq!(samples.len(), 52 * 60);
    for (n, sample) in (0..).zip(&samples) {
        let fps = sample.fps_out.unwrap();
        let found = (sample.at, sample.polls, fps.min, fps.mean, fps.max, sample.fps_in);
        assert_eq!(found, (at(n * 60_000), 12, 10.0, 15.0, 20.0, None));
    }
    assert_eq!(
        history.samples("wall", at(51 * HOUR), at(52 * HOUR), Duration::from_secs(5)).unwrap().len(),
        720
    );
    assert_eq!(history.samples("wall", at(0), at(52 * HOUR), Duration::from_hours(1)).unwrap().len(), 52);
    assert!(history.samples("floor", at(0), at(52 * HOUR), minute).unwrap().is_empty());
    let widest = history.samples("wall", Timestamp::UNIX_EPOCH, Timestamp::MAX, Duration::ZERO).unwrap();
    assert_eq!(widest.len(), 1);
}

#[test]
fn what_is_no_history_says_so() {
    let scratch = Scratch::new();
    assert!(matches!(History::open(scratch.path()), Err(HistoryError::Missing(_))));
    fs::write(scratch.path().join("history.db"), "no database at all, but long enough to look at").unwrap();
    assert!(matches!(History::open(scratch.path()), Err(HistoryError::Database(_))));
}
