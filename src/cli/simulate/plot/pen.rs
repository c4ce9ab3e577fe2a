//! What a plot is drawn with: paths, texts, colours, and rows of labels that do not run into each other.

use std::fmt::Write as _;

use super::WIDTH;
use crate::cli::simulate::transcript::short;

/// What is nearer than this to what was drawn last cannot be seen.
pub(super) const FINEST: f64 = 0.25;
/// About how wide a letter of a label is at most, and how much of a label is told.
const LETTER: f64 = 7.8;
const LABEL_CHARS_MAX: usize = 42;
/// How near to the right edge a label may come.
const MARGIN: f64 = 6.0;

/// Colours that can be told apart on a dark ground and none of which shouts.
const COLORS: [&str; 12] = [
    "#7cc4ff", "#ffb86b", "#9be28f", "#f58fb8", "#c3a6ff", "#ffe07a", "#6fe0d0", "#ff8a75", "#a9b8d0",
    "#d6c3a0", "#8fd14f", "#e0a3ff",
];

/// A row of labels, from left to right.
pub(super) struct Row<'l> {
    y: f64,
    class: &'l str,
    free_at: f64,
}

impl<'l> Row<'l> {
    /// Begins a row.
    pub(super) fn new(y: f64, class: &'l str) -> Self {
        Self { y, class, free_at: 0.0 }
    }

    /// Writes a label at `x`, or as far left of it as it needs to end with the picture; none where there is no room.
    pub(super) fn label(&mut self, out: &mut String, x: f64, what: &str) {
        let what = short(what, LABEL_CHARS_MAX);
        let width = what.chars().count() as f64 * LETTER;
        let x = (x + 4.0).min(WIDTH - MARGIN - width);
        if x >= self.free_at {
            self.free_at = x + width + LETTER;
            text(out, x, self.y, self.class, "start", &what);
        }
    }
}

/// The data of a path, without points that cannot be told from the one before.
#[derive(Default)]
pub(super) struct Path(pub(super) String, Option<(f64, f64)>);

impl Path {
    /// Puts the pen down here, unless it is down.
    pub(super) fn begin_at(&mut self, x: f64, y: f64) {
        if self.1.is_none() {
            let _ = write!(self.0, "M{x:.1} {y:.1}");
            self.1 = Some((x, y));
        }
    }

    /// Draws on to there.
    pub(super) fn line(&mut self, x: f64, y: f64) {
        if self.1.is_some_and(|(last_x, last_y)| (x - last_x).abs() < FINEST && (y - last_y).abs() < FINEST) {
            return;
        }
        let _ = write!(self.0, "L{x:.1} {y:.1}");
        self.1 = Some((x, y));
    }

    /// Takes the pen up.
    pub(super) fn lift(&mut self) {
        self.1 = None;
    }

    /// Returns whether nothing was drawn.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns a colour of its own for each prompt; beyond the chosen ones they go round the circle by the golden angle.
pub(super) fn color(order: usize) -> String {
    COLORS.get(order).map_or_else(
        || format!("hsl({:.0},60%,72%)", (order as f64 * 137.508) % 360.0),
        |color| (*color).to_owned(),
    )
}

/// Writes a text.
pub(super) fn text(out: &mut String, x: f64, y: f64, class: &str, anchor: &str, what: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{}</text>",
        escape(what)
    );
}

/// Makes text fit to stand in XML; what XML cannot hold at all becomes a space.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out() {
        assert_eq!(escape("a <b> & \"c\"\u{1b}\n"), "a &lt;b&gt; &amp; &quot;c&quot;  ");
    }

    #[test]
    fn a_label_ends_with_the_picture_and_does_not_run_into_another() {
        let mut out = String::new();
        let mut row = Row::new(10.0, "s");
        for (x, what) in [(100.0, "dawn"), (120.0, "lost"), (200.0, "neon"), (WIDTH - 20.0, "a long one")] {
            row.label(&mut out, x, what);
        }
        let of = |what: &str| {
            let line = out.lines().find(|line| line.contains(what))?;
            line.split('"').nth(1)?.parse::<f64>().ok()
        };
        assert_eq!((of("dawn"), of("lost"), of("neon")), (Some(104.0), None, Some(204.0)));
        assert_eq!(of("a long one"), Some(WIDTH - MARGIN - 10.0 * LETTER));
    }
}
