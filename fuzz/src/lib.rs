//! Targets that need nothing but what the library offers to all; shared by the fuzzer and the replay in the tests.

use jiff::{Timestamp, tz::TimeZone};
use segue::{
    input::osc::decode,
    show::{cron::CronExpression, easing::Easing},
};

/// Reads a datagram.
pub fn osc(bytes: &[u8]) {
    let _ = decode::decode(bytes);
}

/// Reads a cron expression; one that is good has runs that go forward in time, and reads the same again.
pub fn cron(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match CronExpression::parse(text) {
        Ok(expression) => {
            assert_eq!(CronExpression::parse(expression.as_str()).as_ref(), Ok(&expression));
            // 2026-03-01T18:00:00Z, a month before the clocks change.
            let start = Timestamp::constant(1_772_388_000, 0);
            let mut last = start;
            for run in expression.runs(start, &TimeZone::UTC).take(5) {
                assert!(run.at > last, "{text:?}: {} after {last}", run.at);
                last = run.at;
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reads an easing; one that is good starts at 0, ends at 1, and is a number in between.
pub fn easing(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Easing::parse(text) {
        Ok(easing) => {
            assert_eq!(easing.at(1.0), 1.0, "{text:?}");
            for part in 0..=64 {
                let at = easing.at(f64::from(part) / 64.0);
                assert!(at.is_finite(), "{text:?} at {part} of 64: {at}");
            }
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
}
