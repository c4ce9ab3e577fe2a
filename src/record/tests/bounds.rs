//! What is kept for how long, whatever the clock says, and in how much room.

use super::{BEGIN, DAY, HOUR, bytes, clocks, keeping, line, now, times, writer};
use crate::record::{chapters::ROWS_MAX, row::Row, scratch::Scratch, writer::Line};

/// More than any test needs.
const PLENTY: u64 = 1_000_000_000;

fn edge(now: crate::show::time::Now) -> Line {
    Line { now, row: Row::mark(now.wall, "show_started", "Gallery") }
}

#[test]
fn what_is_too_old_goes_chapter_by_chapter() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    for half in 0..=26 {
        assert!(writer.turn(&[edge(now(half * HOUR / 2))]));
    }
    // 13 hours have passed; a chapter goes when the one after it is ten hours old.
    let left = times(&writer.path, "facts");
    assert_eq!((left[0], left.len()), (3 * HOUR, 21));
}

#[test]
fn a_clock_that_is_in_2099_for_an_hour_costs_a_day_and_no_season() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(90 * 24, PLENTY));
    for day in 0..90 {
        assert!(writer.turn(&[edge(now(day * DAY))]));
    }
    // An hour of 2099, said twice a minute.
    for half in 0..120 {
        assert!(writer.turn(&[edge(clocks(89 * DAY + half * 30_000, 26_000 * DAY))]));
    }
    let season = |left: &[i64]| left.iter().filter(|t| **t < 90 * DAY).count();
    let left = times(&writer.path, "facts");
    assert!(season(&left) >= 89, "{} days left", season(&left));
    // Set right again, and a season later what was written in 2099 is gone with the rest.
    for day in 90..90 + 93 {
        for _ in 0..3 {
            assert!(writer.turn(&[edge(now(day * DAY))]));
        }
    }
    let left = times(&writer.path, "facts");
    assert_eq!(left.iter().filter(|t| **t > 20_000 * DAY).count(), 0);
    assert!(left[0] > 90 * DAY, "{}", left[0] / DAY);
}

#[test]
fn a_clock_that_is_in_1970_for_an_hour_costs_nothing_and_does_not_stop_the_sweeping() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(writer.turn(&[edge(now(0))]));
    for half in 1..120 {
        assert!(writer.turn(&[edge(clocks(half * 30_000, -BEGIN))]));
    }
    assert_eq!(times(&writer.path, "facts").len(), 120);
    for hour in 2..40 {
        assert!(writer.turn(&[edge(now(hour * HOUR))]));
        let left = times(&writer.path, "facts");
        let kept = (hour - 9).max(2)..=hour;
        assert!(kept.clone().all(|hour| left.contains(&(hour * HOUR))), "at {hour}: {kept:?}");
    }
    assert_eq!(times(&writer.path, "facts").len(), 11);
}

#[test]
fn a_first_start_without_a_clock_keeps_what_follows() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(writer.turn(&[edge(clocks(0, -BEGIN))]));
    for minute in 1..600 {
        assert!(writer.turn(&[edge(now(minute * 60_000))]));
    }
    assert_eq!(times(&writer.path, "facts").len(), 600);
}

#[test]
fn after_three_months_in_a_cupboard_the_old_is_gone_within_four_days() {
    let scratch = Scratch::new();
    let bounds = keeping(90 * 24, PLENTY);
    let mut before = writer(&scratch, bounds);
    for hour in 0..48 {
        assert!(before.turn(&[edge(now(hour * HOUR))]));
    }
    drop(before);
    // A new process: its monotonic clock begins at zero.
    let mut after = writer(&scratch, bounds);
    for hour in 0..100 {
        assert!(after.turn(&[edge(clocks(hour * HOUR, 93 * DAY + hour * HOUR))]));
    }
    let left = times(&after.path, "facts");
    assert_eq!((left[0], left.len()), (93 * DAY, 100), "all that is new and nothing old");
}

#[test]
fn a_step_deletes_a_bounded_number_and_the_next_goes_on() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    let many: Vec<_> = (0..10 * ROWS_MAX).map(|t| edge(now(t))).collect();
    assert!(writer.turn(&many));
    for t in [4 * HOUR, 13 * HOUR] {
        assert!(writer.turn(&[edge(now(t))]));
    }
    assert!(times(&writer.path, "facts").len() > 2, "eight steps are not enough");
    assert!(writer.turn(&[edge(now(13 * HOUR + 1))]));
    let left = times(&writer.path, "facts");
    assert_eq!((left.len(), left[0]), (3, 4 * HOUR));
}

#[test]
fn the_files_stay_under_their_size_and_the_oldest_goes_first() {
    const SIZE: u64 = 4_000_000;
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(1000, SIZE));
    let mut most = 0;
    // 33 hours of 4 updates a second: some 35 MB.
    for minute in 0..2000 {
        let batch: Vec<_> = (0..240).map(|n| line(now(minute * 60_000 + n * 250))).collect();
        assert!(writer.turn(&batch));
        most = most.max(bytes(&scratch));
    }
    assert!(most <= SIZE, "{most}");
    let left = times(&writer.path, "updates");
    assert_eq!(left.last(), Some(&(2000 * 60_000 - 250)));
    assert!(left.is_sorted() && left.len() > 10_000, "{}", left.len());
}

#[test]
fn a_flood_within_an_hour_stays_under_the_size_too() {
    const SIZE: u64 = 4_000_000;
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(1000, SIZE));
    for turn in 0..300 {
        assert!(writer.turn(&(0..1000).map(|n| edge(now(turn * 1000 + n))).collect::<Vec<_>>()));
        assert!(bytes(&scratch) <= SIZE, "{}", bytes(&scratch));
    }
    assert_eq!(times(&writer.path, "facts").last(), Some(&299_999));
}

#[test]
fn a_smaller_size_makes_the_file_smaller() {
    let scratch = Scratch::new();
    let mut large = writer(&scratch, keeping(1000, PLENTY));
    for hour in 0..50 {
        assert!(large.turn(&(0..4000).map(|n| line(now(hour * HOUR + n))).collect::<Vec<_>>()));
    }
    drop(large);
    let before = bytes(&scratch);
    let mut small = writer(&scratch, keeping(1000, 4_000_000));
    for turn in 0..40 {
        assert!(small.turn(&[line(now(50 * HOUR + turn))]));
    }
    assert!(before > 8_000_000 && bytes(&scratch) <= 4_000_000, "{before} to {}", bytes(&scratch));
}

#[test]
fn samples_become_minutes_after_two_days_and_nothing_is_left_of_them() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(1000, PLENTY));
    for hour in 0..52 {
        let batch: Vec<_> = (0..720).map(|n| line(now(hour * HOUR + n * 5000))).collect();
        assert!(writer.turn(&batch));
    }
    let (fine, minutes) = (times(&writer.path, "updates"), minutes(&writer.path));
    assert_eq!(fine[0], 3 * HOUR);
    assert_eq!(fine.len(), 49 * 720);
    assert_eq!((minutes.len(), minutes[0], minutes[179]), (180, 0, 179 * 60_000));
}

#[test]
fn a_reader_that_never_ends_cannot_make_the_log_grow() {
    const SIZE: u64 = 4_000_000;
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(1000, SIZE));
    assert!(writer.turn(&[line(now(0))]));
    let reader = rusqlite::Connection::open(&writer.path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM updates;").unwrap();
    let batch = |turn: i64| (0..1000).map(|n| line(now(turn * 1000 + n))).collect::<Vec<_>>();
    let refused = (1..200).find(|turn| !writer.turn(&batch(*turn))).unwrap();
    assert!(!writer.turn(&batch(refused)));
    assert!(bytes(&scratch) <= SIZE, "{}", bytes(&scratch));
    reader.execute_batch("ROLLBACK").unwrap();
    assert!(writer.turn(&batch(refused)), "resumes by itself");
}

fn minutes(path: &std::path::Path) -> Vec<i64> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(&format!("SELECT t - {BEGIN} FROM minutes ORDER BY t")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
