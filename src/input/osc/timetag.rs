//! OSC time tags in the words of the show.
//!
//! Not a clock, and no judge of what is late: the show holds a packet back or does not.

use jiff::{SignedDuration, Timestamp};

/// Seconds from 1900-01-01, where OSC and NTP count from, to 1970-01-01: 70 years with 17 leap days,
/// (70 × 365 + 17) × 86 400 (RFC 5905, figure 4).
const UNIX_OFFSET: i64 = 2_208_988_800;

/// Length of an NTP era in seconds: the first one ends on 2036-02-07 at 06:28:16 UTC.
const ERA: i64 = 1 << 32;

/// Returns when a time tag is due, or `None` for at once.
///
/// At once is the tag (0, 1), as OSC 1.0 says, and (0, 0), which senders without a clock send and which in NTP
/// means that the time is not known (RFC 5905, section 6). The era is found as RFC 4330, section 3 says: with
/// the highest bit set the tag is of 1968 to 2036, else of 2036 to 2104.
pub fn due(seconds: u32, fraction: u32) -> Option<Timestamp> {
    if seconds == 0 && fraction <= 1 {
        return None;
    }
    let era = if seconds & (1 << 31) == 0 { ERA } else { 0 };
    let nanos = (u64::from(fraction) * 1_000_000_000) >> 32;
    let since_epoch = SignedDuration::new(i64::from(seconds) + era - UNIX_OFFSET, nanos as i32);
    Timestamp::from_duration(since_epoch).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_tags_fall_where_the_calendar_says() {
        let table = [
            (0, 1, None),
            (0, 0, None),
            (2_208_988_800, 0, Some("1970-01-01T00:00:00Z")),
            (3_944_678_400, 0x8000_0000, Some("2025-01-01T00:00:00.5Z")),
            (u32::MAX, 0, Some("2036-02-07T06:28:15Z")),
            (0, 2, Some("2036-02-07T06:28:16Z")),
            (1, 0x4000_0000, Some("2036-02-07T06:28:17.25Z")),
            (1 << 31, 0, Some("1968-01-20T03:14:08Z")),
            ((1 << 31) - 1, u32::MAX, Some("2104-02-26T09:42:23.999999999Z")),
        ];
        for (seconds, fraction, expected) in table {
            let expected = expected.map(|text: &str| text.parse().unwrap());
            assert_eq!(due(seconds, fraction), expected, "{seconds} {fraction}");
        }
    }
}
