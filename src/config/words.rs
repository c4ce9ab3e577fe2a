//! Words of messages: how a value is quoted, what was probably meant, how names are listed.

pub(super) use crate::show::nearest::nearest as closest;

/// How many characters of a wrong value a message quotes; a pasted paragraph must not fill the screen.
const QUOTED_CHARS_MAX: usize = 40;

/// Returns a value as a message may quote it: short, printable, without anything that looks like a secret.
pub(super) fn quoted(text: &str) -> String {
    if super::secret::looks_secret(text) {
        return "`…`".to_owned();
    }
    let mut short: String = text.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

/// Returns the hint that goes with [`closest`].
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, candidates).map(|meant| format!("did you mean `{meant}`?"))
}

/// Returns the hint that goes with [`closest`], or lists what there is.
pub(super) fn did_you_mean_or_list<'a, I>(word: &str, candidates: I, lead: &str) -> Option<String>
where
    I: IntoIterator<Item = &'a str> + Clone,
{
    did_you_mean(word, candidates.clone()).or_else(|| {
        let list = listed(candidates);
        (!list.is_empty()).then(|| format!("{lead} {list}"))
    })
}

/// Lists names: `a`, `b` and `c`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
