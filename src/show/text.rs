//! What texts from outside may become prompts: how long, with which words. Decides about texts, not about who sends them.
//!
//! Words are compared folded: in compatibility form (NFKC: full-width, mathematical and ligature letters become plain
//! ones), in small letters, without marks and invisible characters, with the Cyrillic and Greek letters that look like
//! Latin ones as those, and with the digits and signs that are read as letters as those. `f u c k` and `f.u.c.k` are one
//! word. Both sides are folded alike, so a list in any language works. This keeps honest people and bored ones out; it is
//! no judge of meaning.

use std::sync::Arc;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// How long a text may be unless the show says otherwise, in characters.
pub const CHARS_DEFAULT: usize = 500;
/// The longest that a show may allow: the API cuts a prompt at 77 tokens, which are at most some 500 characters.
pub const CHARS_MAX: usize = 2000;
/// How many words or phrases a list may have. Each is compared at every word of a text, and a text of 2000 characters has at
/// most 2000 words: two million comparisons that mostly end at the first letter.
pub const PHRASES_MAX: usize = 1000;
/// From how many single letters in a row on they are one word that was spelt out.
const SPELT_MIN: usize = 3;

/// Which texts from outside are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPolicy {
    chars_max: usize,
    /// Empty: every word.
    allow: Vec<Phrase>,
    deny: Vec<Phrase>,
}

/// A word or several in a row, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(Vec<Arc<str>>);

impl Phrase {
    /// Folds a word or phrase; `None` if nothing in it counts as a letter or a digit.
    pub fn new(text: &str) -> Option<Self> {
        let words = words(&fold(text));
        (!words.is_empty()).then_some(Self(words))
    }
}

impl Default for TextPolicy {
    fn default() -> Self {
        Self { chars_max: CHARS_DEFAULT, allow: Vec::new(), deny: Vec::new() }
    }
}

impl TextPolicy {
    /// Makes a policy. `chars_max` is clamped to 1 to [`CHARS_MAX`]; an empty `allow` allows every word.
    pub fn new(chars_max: usize, allow: Vec<Phrase>, deny: Vec<Phrase>) -> Self {
        Self { chars_max: chars_max.clamp(1, CHARS_MAX), allow, deny }
    }

    /// Returns the text as it may be shown: one line, trimmed, without control characters and what turns text around.
    ///
    /// # Errors
    ///
    /// Says why it may not be shown, without repeating it.
    pub fn admit(&self, text: &str) -> Result<String, &'static str> {
        let clean = clean(text, self.chars_max)?;
        if clean.is_empty() {
            return Err("the text is empty");
        }
        if self.allow.is_empty() && self.deny.is_empty() {
            return Ok(clean);
        }
        let words = words(&fold(&clean));
        let said = |phrase: &Phrase| words.windows(phrase.0.len()).any(|part| part == phrase.0);
        if self.deny.iter().any(said) {
            return Err("the text has a word in it that is denied");
        }
        if !self.allow.is_empty() && !self.covers(&words) {
            return Err("the text has a word in it that is not on the list of those allowed");
        }
        Ok(clean)
    }

    /// Returns whether a text has a word or phrase in it that is denied. For texts of which only parts come from outside:
    /// those have been admitted by themselves.
    pub fn denies(&self, text: &str) -> bool {
        let words = words(&fold(text));
        self.deny.iter().any(|phrase| words.windows(phrase.0.len()).any(|part| part == phrase.0))
    }

    /// Returns whether the words are nothing but allowed words and phrases, and at least one.
    fn covers(&self, words: &[Arc<str>]) -> bool {
        // Whether the words up to each place can be made of phrases.
        let mut made = vec![false; words.len() + 1];
        made[0] = true;
        for at in 0..words.len() {
            if made[at] {
                for Phrase(phrase) in &self.allow {
                    if words[at..].starts_with(phrase) {
                        made[at + phrase.len()] = true;
                    }
                }
            }
        }
        !words.is_empty() && made[words.len()]
    }
}

/// Makes one printable line of a text.
fn clean(text: &str, chars_max: usize) -> Result<String, &'static str> {
    let mut line = String::new();
    let mut count = 0;
    let mut gap = false;
    for char in text.chars() {
        if char.is_whitespace() {
            gap = !line.is_empty();
            continue;
        }
        if is_hidden(char) {
            continue;
        }
        count += 1 + usize::from(gap);
        if count > chars_max {
            return Err("the text is too long");
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push(char);
    }
    Ok(line)
}

/// Controls, and what changes the direction or the place of the characters around it or hides between them. The joiners
/// (U+200C, U+200D) stay: Persian, Hindi and families of emoji are written with them.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
            | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Brings what looks alike to one form.
fn fold(text: &str) -> String {
    const COMPATIBLE: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    const APART: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();
    let small = COMPATIBLE.normalize(text).to_lowercase();
    APART
        .normalize(&small)
        .chars()
        .filter(|char| !is_mark(*char) && !is_hidden(*char) && !matches!(char, '\u{200c}' | '\u{200d}'))
        .map(alike)
        .collect()
}

/// Marks above and below the letters of Latin, Greek and Cyrillic, and variation selectors. Those of other scripts are
/// letters of their own.
fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// Returns the Latin letter that a small letter, a digit or a sign is read as.
fn alike(char: char) -> char {
    match char {
        'а' | 'α' | 'ɑ' | '@' | '4' => 'a',
        'ь' | 'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' | '3' | '€' => 'e',
        'ɡ' => 'g',
        'һ' | 'н' | 'η' => 'h',
        'і' | 'ι' | 'ı' | '1' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' | 'μ' => 'm',
        'п' => 'n',
        'о' | 'ο' | 'σ' | 'ø' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | '5' | '$' => 's',
        'т' | 'τ' | '7' => 't',
        'υ' => 'u',
        'ѵ' | 'ν' => 'v',
        'ѡ' | 'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}

/// Returns the words of a folded text; letters that were spelt out are one word.
fn words(folded: &str) -> Vec<Arc<str>> {
    let mut words: Vec<Arc<str>> = Vec::new();
    let mut spelt = Vec::new();
    let mut word = String::new();
    let mut chars = folded.chars().chain([' ']).peekable();
    while let Some(char) = chars.next() {
        // Within a word these are read as a letter, at its end they are what they are.
        let inside = !word.is_empty() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        let char = if inside && matches!(char, '!' | '|') { 'i' } else { char };
        if char.is_alphanumeric() && !is_word_alone(char) {
            word.push(char);
            continue;
        }
        match word.chars().count() {
            0 => {}
            1 => spelt.push(std::mem::take(&mut word)),
            _ => {
                end_of_spelling(&mut spelt, &mut words);
                words.push(std::mem::take(&mut word).into());
            }
        }
        if is_word_alone(char) {
            end_of_spelling(&mut spelt, &mut words);
            words.push(char.to_string().into());
        }
    }
    end_of_spelling(&mut spelt, &mut words);
    words
}

fn end_of_spelling(spelt: &mut Vec<String>, words: &mut Vec<Arc<str>>) {
    if spelt.len() >= SPELT_MIN {
        words.push(spelt.concat().into());
        spelt.clear();
    }
    words.extend(spelt.drain(..).map(Arc::from));
}

/// Letters of the scripts that put no space between words: each counts as a word, so that a phrase is found anywhere.
fn is_word_alone(char: char) -> bool {
    matches!(char,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIED: Result<String, &str> = Err("the text has a word in it that is denied");

    fn phrases(texts: &[&str]) -> Vec<Phrase> {
        texts.iter().map(|text| Phrase::new(text).unwrap()).collect()
    }

    fn denying(texts: &[&str]) -> TextPolicy {
        TextPolicy::new(CHARS_DEFAULT, Vec::new(), phrases(texts))
    }

    #[test]
    fn a_text_becomes_one_clean_line() {
        let policy = TextPolicy::default();
        let admit = |text: &str| policy.admit(text);
        assert_eq!(admit("  a red\r\n\tfox \u{7}\u{1b}[31m "), Ok("a red fox [31m".to_owned()));
        assert_eq!(admit("Füchse im 雪 🦊"), Ok("Füchse im 雪 🦊".to_owned()));
        assert_eq!(admit("left \u{202e}thgir\u{202c}\u{200b}"), Ok("left thgir".to_owned()));
        assert_eq!(admit("می\u{200c}خواهم"), Ok("می\u{200c}خواهم".to_owned()));
        for nothing in ["", " \n ", "\u{200b}\u{0}"] {
            assert_eq!(admit(nothing), Err("the text is empty"));
        }
    }

    #[test]
    fn length_is_counted_in_characters_of_what_is_left() {
        let policy = TextPolicy::new(5, Vec::new(), Vec::new());
        assert_eq!(policy.admit(" füch\u{200b}s \n"), Ok("füchs".to_owned()));
        assert_eq!(policy.admit("a    b c"), Ok("a b c".to_owned()));
        assert_eq!(policy.admit("füchse"), Err("the text is too long"));
        let usual = TextPolicy::default();
        assert!(usual.admit(&"x".repeat(500)).is_ok());
        assert!(usual.admit(&"x".repeat(501)).is_err());
    }

    #[test]
    fn a_denied_word_is_found_however_it_is_dressed_up() {
        let policy = denying(&["gore", "gire", "naked people"]);
        for text in [
            "gore",
            "GORE!",
            "some Gore, please",
            "gоrе",     // Cyrillic o and e
            "ｇｏｒｅ", // full width
            "𝖌𝖔𝖗𝖊",     // mathematical
            "g0r3",
            "göre",
            "g!re or gore|",
            "g\u{336}o\u{336}r\u{336}e\u{336}",
            "go\u{200b}re",
            "go\u{200d}re",
            "g\u{ad}ore",
            "g o r e",
            "a lot of g.o.r.e",
            "g-o-r-e everywhere",
            "naked   PEOPLE",
            "naked, people",
        ] {
            assert_eq!(policy.admit(text), DENIED, "{text}");
        }
        for text in ["gored", "gorge", "category", "naked trees, people", "people naked", "a b c"] {
            assert_eq!(policy.admit(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_list_in_another_script_works_as_well() {
        let policy = denying(&["кровь", "血", "μάχη", "เลือด"]);
        for text in ["много кровь", "КРОВЬ", "一片血海", "η μαχη", "มีเลือดมาก"]
        {
            assert_eq!(policy.admit(text), DENIED, "{text}");
        }
        for text in ["кровля", "一片海", "น้ำ"] {
            assert_eq!(policy.admit(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn with_a_list_of_allowed_words_there_is_nothing_else() {
        let policy =
            TextPolicy::new(100, phrases(&["red", "fox", "in the snow", "in"]), phrases(&["fox fox"]));
        for text in ["red", "Red FOX in the snow!", "fox, red in in the snow"] {
            assert_eq!(policy.admit(text).as_deref(), Ok(text));
        }
        for text in ["blue fox", "fox in the", "the snow", "red foxes", "🦊", "..."] {
            assert!(policy.admit(text).is_err(), "{text}");
        }
        assert_eq!(policy.admit("red fox fox"), DENIED, "what is denied stays denied");
    }

    #[test]
    fn a_phrase_has_a_letter_in_it() {
        assert_eq!(Phrase::new("..."), None);
        assert_eq!(Phrase::new(""), None);
        assert_eq!(Phrase::new("Ｒed"), Phrase::new("rеd"));
    }
}
