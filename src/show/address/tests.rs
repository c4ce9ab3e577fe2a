//! The table of OSC patterns, hostile ones, and a naive matcher to compare with.

use proptest::prelude::*;

use super::*;

#[test]
fn patterns_select_what_the_table_says() {
    let table = [
        ("/a/b", "/a/b", true),
        ("/a/b", "/a/bc", false),
        ("/a/b", "/a", false),
        ("/a/?", "/a/b", true),
        ("/a/?", "/a/", false),
        ("/a/?", "/a/bc", false),
        ("/a/?b", "/a//b", false),
        ("/a/?", "/a/é", true),
        ("/a*/b", "/a/b", true),
        ("/a*/b", "/axy/b", true),
        ("/a*/b", "/a/x/b", false),
        ("/*", "/a", true),
        ("/*", "/a/b", false),
        ("/*/*", "/a/b", true),
        ("/a**b", "/ab", true),
        ("/*a*a*", "/xaxax", true),
        ("/*a*a*", "/xax", false),
        ("/a/[!x]b", "/a/yb", true),
        ("/a/[!x]b", "/a/xb", false),
        ("/[!a]/b", "/x/b", true),
        ("/[!a]b", "//b", false),
        ("/[a-cx]", "/b", true),
        ("/[a-cx]", "/x", true),
        ("/[a-cx]", "/d", false),
        ("/[a-]", "/-", true),
        ("/[-a]", "/-", true),
        ("/[a!]", "/!", true),
        ("/fader/[1-4]", "/fader/4", true),
        ("/fader/[1-4]", "/fader/5", false),
        ("/a/{b,bc}d", "/a/bcd", true),
        ("/a/{bc,b}cd", "/a/bcd", true),
        ("/a/{b,bc}d", "/a/bd", true),
        ("/a/{b,bc}d", "/a/cd", false),
        ("/a{,b}", "/a", true),
        ("/a{,b}", "/ab", true),
        ("//b", "/b", true),
        ("//b", "/x/b", true),
        ("//b", "/x/y/b", true),
        ("//b", "/x/yb", false),
        ("/a//b", "/a/b", true),
        ("/a//b", "/a/x/y/b", true),
        ("/a//b", "/ab", false),
        ("/a//b", "/ax/b", false),
        ("/a///b", "/a/x/b", true),
        ("//a//b", "/x/a/y/b", true),
        ("//*", "/x/y", true),
    ];
    for (pattern, address, expected) in table {
        assert_eq!(matches(pattern, address), expected, "{pattern} on {address}");
    }
}

#[test]
fn what_is_wrong_with_an_address_is_said_in_words() {
    let table = [
        ("", "an OSC address starts with `/`"),
        ("fader/1", "an OSC address starts with `/`"),
        ("/", "an OSC address names something after its last `/`"),
        ("/fader/", "an OSC address names something after its last `/`"),
        ("/my fader", "an OSC address holds no space"),
        ("/#1", "an OSC address holds no `#`"),
        ("/a\n", "an OSC address holds no control character"),
        ("/fader/[1-4", "`[` is never closed"),
        ("/fader/1]", "`]` closes nothing"),
        ("/{a,b", "`{` is never closed"),
        ("/a}", "`}` closes nothing"),
        ("/[]", "`[]` names no character"),
        ("/[!]", "`[]` names no character"),
        ("/[9-1]", "the range `9-1` is backwards"),
        ("/{a,[b]}", "`[` does not belong between `{` and its end"),
        ("/{a/b}", "`/` does not belong between `{` and its end"),
        ("/[a/b]", "`/` does not belong between `[` and its end"),
    ];
    for (text, expected) in table {
        assert_eq!(AddressPattern::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    let long = format!("/{}", "a".repeat(ADDRESS_MAX));
    assert_eq!(AddressPattern::parse(&long), Err(AddressError::TooLong(513)));
}

#[test]
fn a_broken_pattern_selects_only_its_own_spelling() {
    assert!(!matches("/[", "/a"));
    assert!(matches("/[", "/["));
    assert!(!AddressPattern::parse("/*").unwrap().matches(&"/a".repeat(ADDRESS_MAX)));
}

/// With a matcher that tries again and again this would run until the end of the world.
#[test]
fn a_hostile_pattern_costs_no_time() {
    let address = format!("/{}", "a".repeat(ADDRESS_MAX - 1));
    for piece in ["*a", "{a,aa,aaa,}", "*?", "*[!b]"] {
        let pattern = format!("/{}b", piece.repeat((ADDRESS_MAX - 2) / piece.len()));
        assert!(!matches(&pattern, &address), "{piece}");
    }
    let deep = format!("{}b", "//*".repeat(170));
    assert!(!matches(&deep, &"/a".repeat(256)));
}

/// The rules again, by trying everything: obvious, and slow.
fn oracle(pattern: &[char], address: &[char]) -> bool {
    let Some(&first) = pattern.first() else { return address.is_empty() };
    let one = address.first().filter(|&&c| c != '/');
    let until = |close: char| pattern.iter().position(|&c| c == close).unwrap();
    match first {
        '?' => one.is_some() && oracle(&pattern[1..], &address[1..]),
        '*' => oracle(&pattern[1..], address) || one.is_some() && oracle(pattern, &address[1..]),
        '[' => {
            let close = until(']');
            let negated = pattern[1] == '!';
            let set = &pattern[1 + usize::from(negated)..close];
            let has = |c: &char| match set {
                [low, '-', high] => (low..=high).contains(&c),
                set => set.contains(c),
            };
            one.is_some_and(|c| has(c) != negated) && oracle(&pattern[close + 1..], &address[1..])
        }
        '{' => {
            let close = until('}');
            pattern[1..close].split(|&c| c == ',').any(|word| {
                address.starts_with(word) && oracle(&pattern[close + 1..], &address[word.len()..])
            })
        }
        '/' if pattern.get(1) == Some(&'/') => (0..address.len())
            .any(|at| address[0] == '/' && address[at] == '/' && oracle(&pattern[2..], &address[at + 1..])),
        c => address.first() == Some(&c) && oracle(&pattern[1..], &address[1..]),
    }
}

proptest! {
    #[test]
    fn the_matcher_agrees_with_a_naive_one(
        pattern in r"/(a|b|é|\?|\*|/a|/b|//a|//\*|\[a\]|\[!a\]|\[a-b\]|\[!b-c\]|\{a,ab\}|\{ab,b,\}){1,7}",
        address in "(/?(a|b|c|é)){0,8}",
    ) {
        prop_assume!(!pattern.contains("///"));
        let address = format!("/{address}");
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        if let Ok(parsed) = AddressPattern::parse(&pattern) {
            prop_assert_eq!(parsed.matches(&address), oracle(&chars(&pattern), &chars(&address)));
        }
    }

    #[test]
    fn no_text_makes_the_matcher_panic(pattern in r"[/a?*\[\]{},!\-é ]{0,20}", address in "[/abé]{0,20}") {
        let _ = matches(&pattern, &address);
    }
}
