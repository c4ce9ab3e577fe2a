//! The `Retry-After` header, in seconds or as a date (RFC 9110, 10.2.3). Knows no clock: the present is an argument.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// The longest wait that a server can ask for. Windows of rate limits are an hour at most; what is longer is a mistake
/// that must not darken a wall until the next day.
pub(super) const WAIT_MAX: Duration = Duration::from_hours(1);

/// The present form of a date and the two older ones that a recipient must accept (RFC 9110, 5.6.7).
const DATE_FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Returns how long to wait, at most [`WAIT_MAX`].
///
/// `None` if the header says nothing, nonsense, or that there is no need to wait: then the sender's own pace holds.
pub(super) fn wait(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let asked = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are a long time, too.
        Duration::from_secs(header.parse().unwrap_or(u64::MAX))
    } else {
        Duration::try_from(date(header)?.duration_since(now)).ok()?
    };
    (!asked.is_zero()).then(|| asked.min(WAIT_MAX))
}

/// Reads a date as HTTP writes it.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let civil = DATE_FORMS.iter().find_map(|form| DateTime::strptime(form, text.trim()).ok())?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "1994-11-06T08:49:00Z";

    fn at_now(header: &str) -> Option<Duration> {
        wait(header, NOW.parse().unwrap())
    }

    #[test]
    fn both_forms_are_understood() {
        assert_eq!(at_now("37"), Some(Duration::from_secs(37)));
        assert_eq!(at_now(" 1 "), Some(Duration::from_secs(1)));
        for date in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(at_now(date), Some(Duration::from_secs(37)), "{date}");
        }
    }

    #[test]
    fn no_wait_is_no_word_and_a_long_one_is_an_hour() {
        for header in
            ["0", "Sun, 06 Nov 1994 08:48:59 GMT", "", "soon", "-5", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT"]
        {
            assert_eq!(at_now(header), None, "{header}");
        }
        for header in ["86400", "99999999999999999999999999", "Thu, 31 Dec 2099 23:59:59 GMT"] {
            assert_eq!(at_now(header), Some(WAIT_MAX), "{header}");
        }
    }
}
