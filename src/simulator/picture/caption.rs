//! The caption: what is in force, in small letters at the foot of the picture.
//!
//! Of any text only what fits on its line is looked at, so that a prompt of a megabyte costs no more than a word.

use std::fmt::Write as _;

use super::{
    Entry, Picture, Scene,
    field::step,
    font,
    palette::{Light, Look},
};

/// Dots of the picture to a dot of a letter.
const DOT: usize = 2;
const LETTER: usize = (font::WIDTH + 1) * DOT;
const LINE: usize = (font::HEIGHT + 2) * DOT;
const MARGIN: usize = 16;
/// The bar before a prompt, at a coefficient of one.
const BAR: usize = 36;
/// Prompts that have a line; the rest is counted.
const PROMPTS_MAX: usize = 4;
/// Letters of a state; the longest is shorter.
const STATE_MAX: usize = 24;
/// Seeds that are told.
const SEEDS_MAX: usize = 3;

const PALE: [u8; 3] = [238, 230, 218];
const DIM: [u8; 3] = [186, 178, 168];

/// Writes the caption.
pub(super) fn write(picture: &mut Picture, scene: &Scene) {
    let told = scene.prompts.len().min(PROMPTS_MAX);
    let rest = scene.prompts.len() - told;
    let lines = told + 1;
    let top = picture.height.saturating_sub(MARGIN / 2 + lines * LINE);
    dim(picture, top.saturating_sub(LINE));
    for (number, entry) in scene.prompts.iter().take(told).enumerate() {
        let y = top + number * LINE;
        bar(picture, y, entry);
        let weight = if entry.weight.is_finite() { format!("{:.2}", entry.weight) } else { "?".to_owned() };
        let more = if number + 1 == told && rest > 0 { format!("  +{rest}") } else { String::new() };
        let x = MARGIN + BAR + LETTER;
        let after = line(picture, (x, y), weight.chars().take(6), PALE, 0);
        let text = entry.item.trim().chars();
        let after = line(picture, (after + LETTER, y), text, PALE, more.len());
        line(picture, (after, y), more.chars(), DIM, 0);
    }
    let y = top + told * LINE;
    let state: String = scene.state.chars().take(STATE_MAX).collect();
    let mut foot = format!("{state}  {:.1} fps", scene.fps);
    for Entry { item, weight, .. } in scene.seeds.iter().take(SEEDS_MAX) {
        // Writing to a text does not fail.
        let _ = write!(foot, "  seed {item}");
        if scene.seeds.len() > 1 {
            let _ = write!(foot, " {weight:.2}");
        }
    }
    line(picture, (MARGIN, y), foot.chars(), DIM, 0);
}

/// Draws how much a prompt counts, in its own colour.
fn bar(picture: &mut Picture, y: usize, entry: &Entry<String>) {
    let long = if entry.coefficient.is_finite() { entry.coefficient.abs().min(1.0) } else { 0.0 };
    let long = long * BAR as f64;
    let color = bytes(Look::of(&entry.item).mark());
    for x in 0..BAR {
        let alpha = (long - x as f64).clamp(0.0, 1.0) as f32;
        for row in 3..6 {
            picture.blend(MARGIN + x, y + row * DOT, color, 0.22 + 0.7 * alpha);
            picture.blend(MARGIN + x, y + row * DOT + 1, color, 0.22 + 0.7 * alpha);
        }
    }
}

/// Writes a line as far as it fits, with room for `spare` letters more; returns where it ends.
fn line(
    picture: &mut Picture,
    (x, y): (usize, usize),
    letters: impl Iterator<Item = char>,
    color: [u8; 3],
    spare: usize,
) -> usize {
    let room = (picture.width.saturating_sub(x + MARGIN) / LETTER).saturating_sub(spare);
    let mut letters = letters.peekable();
    for place in 0..room {
        let Some(next) = letters.next() else { return x + place * LETTER };
        let last = place + 1 == room && letters.peek().is_some();
        letter(picture, (x + place * LETTER, y), if last { font::MORE } else { next }, color);
    }
    x + room * LETTER
}

fn letter(picture: &mut Picture, (x, y): (usize, usize), letter: char, color: [u8; 3]) {
    for row in 0..font::HEIGHT * DOT {
        for column in 0..font::WIDTH * DOT {
            if font::has_dot(letter, column / DOT, row / DOT) {
                picture.blend(x + column, y + row, color, 0.86);
            }
        }
    }
}

/// Darkens the foot of the picture, so that letters are read on any painting.
fn dim(picture: &mut Picture, from: usize) {
    let reach = (picture.height - from) as f32;
    for y in from..picture.height {
        let shade = 1.0 - 0.62 * step(0.0, 0.55, (y - from) as f32 / reach);
        let start = y * picture.width * 3;
        for byte in &mut picture.rgb[start..start + picture.width * 3] {
            *byte = (f32::from(*byte) * shade) as u8;
        }
    }
}

fn bytes(light: Light) -> [u8; 3] {
    light.map(|channel| (channel.sqrt() * 255.0) as u8)
}
