//! Filters for MQTT topics, as a show file writes them.
//!
//! The rules are those of MQTT 3.1.1, section 4.7. Not a client: nothing here subscribes.

use std::fmt;

/// Longest topic or filter, in bytes: MQTT sends its length as 16 bits (section 1.5.3).
pub const TOPIC_MAX: usize = 65_535;

/// A valid MQTT topic filter: `+` stands for one level, `#` at the end for all that follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicFilter(String);

/// Why a text is no MQTT topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It is empty.
    #[error("an MQTT topic filter has at least one character")]
    Empty,
    /// It is longer than [`TOPIC_MAX`].
    #[error("an MQTT topic filter is at most {TOPIC_MAX} bytes long, this one has {0}")]
    TooLong(usize),
    /// It holds U+0000 or another control character.
    #[error("an MQTT topic filter holds no control characters")]
    Control,
    /// A `+` together with other characters.
    #[error("`+` stands alone between two `/`")]
    Plus,
    /// A `#` together with other characters, or not at the end.
    #[error("`#` stands alone after the last `/`")]
    Hash,
}

impl TopicFilter {
    /// Returns the filter as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this filter selects `topic`, the name of one topic.
    ///
    /// A wildcard in the first level does not select a topic that starts with `$` (section 4.7.2).
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.split('/');
        for wanted in self.0.split('/') {
            match (wanted, levels.next()) {
                // `sport/#` selects `sport` too: the parent is included (section 4.7.1.2).
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

impl TryFrom<&str> for TopicFilter {
    type Error = TopicError;

    fn try_from(text: &str) -> Result<Self, TopicError> {
        if text.is_empty() {
            return Err(TopicError::Empty);
        }
        if text.len() > TOPIC_MAX {
            return Err(TopicError::TooLong(text.len()));
        }
        // The standard forbids U+0000 and lets a broker close the connection on the others (section 1.5.3).
        if text.contains(char::is_control) {
            return Err(TopicError::Control);
        }
        let mut levels = text.split('/').peekable();
        while let Some(level) = levels.next() {
            if level.contains('#') && (level != "#" || levels.peek().is_some()) {
                return Err(TopicError::Hash);
            }
            if level.contains('+') && level != "+" {
                return Err(TopicError::Plus);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of MQTT 3.1.1, sections 4.7.1 to 4.7.3.
    #[test]
    fn filters_select_what_the_standard_says() {
        let table = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/#", "sport", true),
            ("#", "sport/tennis", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player2", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("+/tennis/#", "sport/tennis", true),
            ("sport/+/player1", "sport/tennis/player1", true),
            ("#", "$SYS/uptime", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/uptime", true),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("ACCOUNTS", "Accounts", false),
            ("finance", "/finance", false),
            ("sport/tennis", "sport/tennis", true),
            ("sport/tennis", "sport/tennis/", false),
            ("a//b", "a//b", true),
            ("a/+/b", "a//b", true),
        ];
        for (filter, topic, expected) in table {
            let filter = TopicFilter::try_from(filter).unwrap();
            assert_eq!(filter.matches(topic), expected, "{filter} on {topic}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_filter_is_said_in_words() {
        let table = [
            ("", "an MQTT topic filter has at least one character"),
            ("sport/tennis#", "`#` stands alone after the last `/`"),
            ("sport/tennis/#/ranking", "`#` stands alone after the last `/`"),
            ("sport+", "`+` stands alone between two `/`"),
            ("sport/+x/a", "`+` stands alone between two `/`"),
            ("sport\0", "an MQTT topic filter holds no control characters"),
        ];
        for (text, expected) in table {
            assert_eq!(TopicFilter::try_from(text).unwrap_err().to_string(), expected, "{text:?}");
        }
        assert_eq!(
            TopicFilter::try_from("a".repeat(TOPIC_MAX + 1).as_str()),
            Err(TopicError::TooLong(TOPIC_MAX + 1))
        );
        for text in ["/", "+", "#", "+/#", "a b/ü", "//"] {
            assert!(TopicFilter::try_from(text).is_ok(), "{text}");
        }
    }
}
