//! Which of the names that exist was probably meant.

/// The longest word worth comparing; comparing costs the product of both lengths, and no name is longer.
const WORD_CHARS_MAX: usize = 64;

/// Returns the name that `word` was probably meant to be: one typing mistake in three letters, whatever the case.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    let length = word.chars().count();
    if length > WORD_CHARS_MAX {
        return None;
    }
    let allowed = (length / 3).max(1);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["dawn", "neon", "night sky"];
        assert_eq!(nearest("noen", names), Some("neon"));
        assert_eq!(nearest("DAWN", names), Some("dawn"));
        assert_eq!(nearest("night-sky", names), Some("night sky"));
        assert_eq!(nearest("sunset", names), None);
        assert_eq!(nearest(&"dawn".repeat(1000), names), None);
    }
}
