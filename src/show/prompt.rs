//! A prompt as people write it: what its text may be, and the scene that one makes by itself.
//!
//! Scenes of the show file and prompts that come in by a door are held to the same rules here. When to go there is not
//! decided here.

use std::sync::Arc;

use serde_json::Value;

use super::{
    params::{self, Dialect},
    scene::Scene,
    text::TextPolicy,
    weighted::Weighted,
};

/// The longest text in bytes. CLIP reads 75 tokens of it, and few tokens of English are longer than 16 letters: 1200
/// bytes hold all that it can read, the rest is room for scripts of more bytes to a letter.
pub const PROMPT_BYTES_MAX: usize = 2000;
/// How much of its prompts the name of an ad hoc scene shows, in characters: what fits on a line of the page.
const NAME_CHARS_MAX: usize = 40;

/// Why a text cannot be a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// There is nothing in it.
    #[error("the text is empty")]
    Empty,
    /// It has more than [`PROMPT_BYTES_MAX`] bytes.
    #[error("a prompt has at most {PROMPT_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// It holds something that is no letter, space or line end.
    #[error("a prompt holds no control characters, this one has U+{:04X}", u32::from(*.0))]
    Control(char),
}

/// Reads the text of a prompt: line ends and tabs become spaces, and those around it go.
///
/// # Errors
///
/// What it may not be.
pub fn text(written: &str) -> Result<Arc<str>, PromptError> {
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return Err(PromptError::Empty);
    }
    if trimmed.len() > PROMPT_BYTES_MAX {
        return Err(PromptError::TooLong(trimmed.len()));
    }
    match trimmed.chars().find(|c| c.is_control() && !c.is_whitespace()) {
        Some(control) => Err(PromptError::Control(control)),
        None if !trimmed.contains(char::is_control) => Ok(trimmed.into()),
        None => {
            let plain: String = trimmed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            Ok(plain.into())
        }
    }
}

/// Reads a text that somebody outside wrote.
fn admitted(written: &str, policy: &TextPolicy) -> Result<Arc<str>, String> {
    let plain = text(written).map_err(|error| error.to_string())?;
    Ok(policy.admit(&plain)?.into())
}

/// Makes a scene of weighted texts that somebody outside wrote.
///
/// # Errors
///
/// What is wrong with a text or with the weights, for people.
pub fn scene_of<'a>(
    entries: impl IntoIterator<Item = (&'a str, f64)>,
    policy: &TextPolicy,
) -> Result<Scene, String> {
    let texts: Result<Vec<_>, String> =
        entries.into_iter().map(|(written, weight)| Ok((admitted(written, policy)?, weight))).collect();
    let prompt = Weighted::new(texts?);
    Ok(scene(prompt.map_err(|error| error.to_string())?, None))
}

/// Makes a scene of what somebody outside wrote: of `prompt`, a text or a list of `[text, weight]`, and of `seed`, a whole number or such a list.
///
/// # Errors
///
/// What is wrong, with its place, for people.
pub fn scene_from_json(prompt: &Value, seed: Option<&Value>, policy: &TextPolicy) -> Result<Scene, String> {
    let prompt = weighted("prompt", prompt, |thing| admitted(thing.as_str().unwrap_or_default(), policy))?;
    let seed = seed.map(|seed| {
        weighted("seed", seed, |thing| {
            params::whole(thing).ok_or_else(|| "it is not a whole number".to_owned())
        })
    });
    Ok(scene(prompt, seed.transpose()?))
}

/// Reads a thing or a list of pairs, after the table of parameters has found its form right.
fn weighted<T: PartialEq>(
    name: &str,
    value: &Value,
    thing: impl Fn(&Value) -> Result<T, String>,
) -> Result<Weighted<T>, String> {
    let spec = params::find(name).ok_or_else(|| format!("there is no `{name}`"))?;
    if let Some(violation) = params::check(spec, value, Dialect::V1, None).first() {
        return Err(violation.to_string());
    }
    let of = |error: String| format!("{name}: {error}");
    let Some(items) = value.as_array() else { return Ok(Weighted::one(thing(value).map_err(of)?)) };
    let entries: Result<Vec<(T, f64)>, String> =
        items.iter().map(|pair| Ok((thing(&pair[0])?, pair[1].as_f64().unwrap_or(f64::NAN)))).collect();
    Weighted::new(entries.map_err(of)?).map_err(|error| of(error.to_string()))
}

/// Makes a scene that is like another but for its prompt, and is called after that.
pub fn scene_like(pattern: &Scene, prompt: Weighted<Arc<str>>) -> Scene {
    let Scene { name, prompt, .. } = scene(prompt, None);
    Scene { name, prompt, ..pattern.clone() }
}

/// Makes the scene, called after its prompts; nobody can ask for it by that name.
fn scene(prompt: Weighted<Arc<str>>, seed: Option<Weighted<i64>>) -> Scene {
    let texts: Vec<&str> = prompt.entries().iter().map(|(text, _)| &**text).collect();
    let full = texts.join(" + ");
    let name = match full.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("“{}…”", full[..end].trim_end()),
        None => format!("“{full}”"),
    };
    Scene { prompt: Some(prompt), seed, ..Scene::empty(&name) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_plain_and_not_empty_and_not_endless() {
        assert_eq!(text("  misty\nforest\t at dawn\r\n").as_deref(), Ok("misty forest  at dawn"));
        assert_eq!(text("Nebel über Köln").as_deref(), Ok("Nebel über Köln"));
        assert_eq!(text(" \n\t"), Err(PromptError::Empty));
        assert_eq!(text("mist\u{1b}[2J"), Err(PromptError::Control('\u{1b}')));
        assert_eq!(text("mist\0"), Err(PromptError::Control('\0')));
        assert_eq!(text(&"é".repeat(1001)), Err(PromptError::TooLong(2002)));
        assert!(text(&"é".repeat(1000)).is_ok());
    }

    #[test]
    fn a_scene_is_called_after_its_prompts_within_reason() {
        let named = |prompt: Value| scene_from_json(&prompt, None, &TextPolicy::default()).unwrap().name;
        assert_eq!(&*named(json!("mist")), "“mist”");
        assert_eq!(&*named(json!([["neon city", 7], ["oil", 3]])), "“neon city + oil”");
        let long = named(json!("one two three four five six seven eight nine ten"));
        assert_eq!(&*long, "“one two three four five six seven eight…”");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = |prompt: Value, seed: Value| {
            scene_from_json(&prompt, Some(&seed), &TextPolicy::default()).unwrap_err()
        };
        for (prompt, seed, message) in [
            (json!(" "), json!(1), "prompt: the text is empty"),
            (json!(5), json!(1), "prompt: a text or a list of pairs `[text, weight]` is expected, not `5`"),
            (json!([]), json!(1), "prompt: the list is empty"),
            (json!([["a", 1, 2]]), json!(1), "prompt.0: a pair `[text, weight]` is expected, not a list"),
            (json!([["a", 0]]), json!(1), "prompt: the weights sum to zero"),
            (json!([["a", -1], ["b", 2]]), json!(1), "prompt: a weight is negative"),
            (
                json!("a"),
                json!(1.5),
                "seed: a whole number or a list of pairs `[seed, weight]` is expected, not `1.5`",
            ),
            (json!("a"), json!(1_u64 << 53), "seed: a seed is within ±9007199254740991"),
        ] {
            assert_eq!(told(prompt, seed), message);
        }
    }
}
