//! Lengths of time as people write them: `250ms`, `8s`, `1m30s`, `2h`, and a plain number for seconds.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a length of time.
///
/// # Errors
///
/// What is negative, not finite, or none of the forms; the text says so.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let signed: SignedDuration = text.parse().map_err(|_| format!("`{text}` is not a length of time"))?;
    Duration::try_from(signed).map_err(|_| format!("`{text}` is negative"))
}

/// Makes a length of time from seconds.
///
/// # Errors
///
/// What is negative, not finite, or longer than anybody lives.
pub fn from_seconds(seconds: f64) -> Result<Duration, String> {
    if seconds.is_finite() && seconds < 0.0 {
        return Err(format!("`{seconds}` is negative"));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if seconds < 1e10 => Ok(time),
        _ => Err(format!("`{seconds}` is not a length of time")),
    }
}

/// Writes a length of time as people do: `2s`, `1m 30s`, `0s`; to the millisecond.
pub fn text(time: Duration) -> String {
    let whole = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    SignedDuration::try_from(whole).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        for (text, seconds) in [
            ("8", 8.0),
            ("0.5", 0.5),
            ("250ms", 0.25),
            ("8s", 8.0),
            ("1m30s", 90.0),
            ("2h", 7200.0),
            ("1.5s", 1.5),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for (millis, expected) in [(0, "0s"), (250, "250ms"), (2000, "2s"), (90_000, "1m 30s")] {
            assert_eq!(text(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn what_is_no_time_says_so() {
        for text in ["-1", "NaN", "inf", "1e308", "soon", "", "-5s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
