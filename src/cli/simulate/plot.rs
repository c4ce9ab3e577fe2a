//! The run as a picture: what was wanted as soft ribbons, what was on as crisp steps, the updates as ticks, the frame rate.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::tz::TimeZone;

use super::{
    script::Trouble,
    trace::{Coefficients, Trace, of},
    transcript::{has_hours, short, stamp},
    world::World,
};
use crate::show::{duration, time::Mono};

const WIDTH: f64 = 1480.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 28.0;
const HEADER: f64 = 76.0;
const FOOTER: f64 = 56.0;
/// Heights of the parts of a stream's panel, from above, and of the gaps below them.
const TITLE: f64 = 30.0;
const LEGEND_ROW: f64 = 20.0;
const NAMES: f64 = 42.0;
const CURVES: f64 = 260.0;
const TICKS: f64 = 22.0;
const FPS: f64 = 52.0;
const GAP: f64 = 44.0;
/// Entries of a legend side by side, and how much of each prompt is told.
const LEGEND_COLUMNS: usize = 4;
const LEGEND_CHARS_MAX: usize = 42;
/// About how wide a letter is, for names that must not run into each other.
const LETTER: f64 = 6.8;
/// What is nearer than this to what was drawn last cannot be seen.
const FINEST: f64 = 0.25;
/// About how many times are told along the axis.
const TIMES: f64 = 12.0;

/// Colours that can be told apart on a dark ground and none of which shouts.
const COLORS: [&str; 12] = [
    "#7cc4ff", "#ffb86b", "#9be28f", "#f58fb8", "#c3a6ff", "#ffe07a", "#6fe0d0", "#ff8a75", "#a9b8d0",
    "#d6c3a0", "#8fd14f", "#e0a3ff",
];

const STYLE: &str = "text{font:13px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#c8cedb}\
.h{font-size:22px;font-weight:600;fill:#f2f4f8}.n{font-size:16px;font-weight:600;fill:#f2f4f8}\
.d{fill:#737c8f;font-size:12px}.s{font-weight:600;fill:#e6eaf2}.b{fill:#ff8f8f;font-size:12px}\
.g{stroke:#2a2f3a;stroke-width:1;fill:none}.r{fill:none;stroke-width:4.5;stroke-linejoin:round;opacity:.38}\
.o{fill:none;stroke-width:1.3;stroke-linejoin:miter}.f{stroke:none;opacity:.08}";

/// Draws the run.
pub(super) fn draw(world: &World) -> String {
    let panels: Vec<f64> = world.traces.iter().map(panel_height).collect();
    let full = HEADER + panels.iter().sum::<f64>() + FOOTER;
    let axis = Axis { end: world.now.mono };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{full}\" \
         viewBox=\"0 0 {WIDTH} {full}\">\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{full}\" fill=\"#14171d\"/>\n"
    );
    header(&mut out, world);
    let mut top = HEADER;
    for (trace, height) in world.traces.iter().zip(&panels) {
        Panel { world, trace, axis, top }.draw(&mut out);
        top += height;
    }
    times(&mut out, world, axis, top - GAP + 4.0);
    out.push_str("</svg>\n");
    out
}

fn header(out: &mut String, world: &World) {
    let zone = world.zone();
    let local = world.from().to_zoned(zone.clone());
    let name = zone.iana_name().unwrap_or("UTC");
    let told = format!(
        "{} from {} {name}",
        duration::text(world.now.mono.0),
        local.strftime("%a %e %b %Y %H:%M:%S")
    );
    text(out, LEFT, 38.0, "h", "start", world.title());
    text(out, LEFT, 60.0, "d", "start", &told);
    let key = "ribbon: what was wanted   ·   line: what was on   ·   tick: an update";
    text(out, WIDTH - RIGHT, 60.0, "d", "end", key);
}

/// Times from the start, and by the calendar below.
fn times(out: &mut String, world: &World, axis: Axis, top: f64) {
    let end = world.now.mono.0.as_secs_f64();
    let step =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
            .into_iter()
            .map(f64::from)
            .find(|step| end / step <= TIMES)
            .unwrap_or_else(|| (end / TIMES / 86_400.0).ceil() * 86_400.0);
    let hours = has_hours(world.now.mono.0);
    let zone: TimeZone = world.zone().clone();
    let mut at = Mono::default();
    while at <= world.now.mono {
        let x = axis.x(at);
        let told = stamp(at, hours);
        let told = told.strip_suffix(".000").unwrap_or(&told);
        // The last one ends with the axis.
        let anchor = if x > WIDTH - RIGHT - 32.0 { "end" } else { "middle" };
        text(out, x, top + 16.0, "", anchor, told);
        let local = (world.from() + at.0).to_zoned(zone.clone());
        text(out, x, top + 33.0, "d", anchor, &local.strftime("%H:%M:%S").to_string());
        at = at + std::time::Duration::from_secs_f64(step);
    }
}

/// Time from left to right.
#[derive(Clone, Copy)]
struct Axis {
    end: Mono,
}

impl Axis {
    fn x(self, at: Mono) -> f64 {
        let part = at.0.as_secs_f64() / self.end.0.as_secs_f64().max(1e-9);
        LEFT + (WIDTH - LEFT - RIGHT) * part.min(1.0)
    }
}

fn drawn_prompts(trace: &Trace) -> Vec<usize> {
    let is_seen = |place: &usize| {
        let seen = |(_, list): &(Mono, Coefficients)| of(list, *place) > 0.0005;
        trace.curve.iter().any(seen) || trace.shown.iter().any(seen)
    };
    (0..trace.texts.len()).filter(is_seen).collect()
}

fn panel_height(trace: &Trace) -> f64 {
    let rows = drawn_prompts(trace).len().div_ceil(LEGEND_COLUMNS);
    TITLE + rows as f64 * LEGEND_ROW + NAMES + CURVES + TICKS + FPS + GAP
}

/// One stream.
struct Panel<'a> {
    world: &'a World,
    trace: &'a Trace,
    axis: Axis,
    top: f64,
}

impl Panel<'_> {
    fn draw(&self, out: &mut String) {
        let prompts = drawn_prompts(self.trace);
        let colors: BTreeMap<usize, String> =
            prompts.iter().enumerate().map(|(order, place)| (*place, color(order))).collect();
        text(out, LEFT, self.top + 18.0, "n", "start", &self.trace.name);
        let rows = self.legend(out, &colors, self.top + TITLE);
        let names = self.top + TITLE + rows as f64 * LEGEND_ROW;
        let curves = names + NAMES;
        let ticks = curves + CURVES;
        let fps = ticks + TICKS;
        self.bands(out, names, curves, fps + FPS);
        scale(out, curves);
        for (place, color) in &colors {
            self.curve(out, *place, color, curves);
        }
        for (place, color) in &colors {
            self.steps(out, *place, color, curves);
        }
        self.updates(out, ticks);
        self.frame_rate(out, fps);
        self.faults(out, curves, fps + FPS);
    }

    fn legend(&self, out: &mut String, colors: &BTreeMap<usize, String>, top: f64) -> usize {
        let column_width = (WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS as f64;
        for (order, (place, color)) in colors.iter().enumerate() {
            let x = LEFT + (order % LEGEND_COLUMNS) as f64 * column_width;
            let y = top + (order / LEGEND_COLUMNS) as f64 * LEGEND_ROW;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"14\" height=\"10\" rx=\"3\" fill=\"{color}\"/>"
            );
            text(out, x + 21.0, y + 10.0, "", "start", &short(&self.trace.texts[*place], LEGEND_CHARS_MAX));
        }
        colors.len().div_ceil(LEGEND_COLUMNS)
    }

    /// Where the mix moves is a little lighter; above stand what was fired and the scene it led to.
    fn bands(&self, out: &mut String, names: f64, curves: f64, bottom: f64) {
        let mut free_at = f64::NEG_INFINITY;
        for (at, name) in &self.world.cues {
            let x = self.axis.x(*at);
            if x >= free_at {
                let name = short(name, LEGEND_CHARS_MAX);
                free_at = x + (name.chars().count() as f64 + 1.0) * LETTER;
                text(out, x + 4.0, names + 14.0, "d", "start", &name);
            }
        }
        let mut free_at = f64::NEG_INFINITY;
        let first = self.trace.passages.first().map(|first| (LEFT, LEFT, &first.from));
        let others = self.trace.passages.iter();
        let others =
            others.map(|passage| (self.axis.x(passage.started), self.axis.x(passage.until), &passage.to));
        for (x, end, scene) in first.into_iter().chain(others) {
            if end > x {
                let (width, height) = (end - x, bottom - curves);
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{curves:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#fff\" opacity=\".035\"/>"
                );
            }
            if x >= free_at {
                free_at = x + (scene.chars().count() as f64 + 1.5) * LETTER * 1.1;
                let _ = writeln!(
                    out,
                    "<path d=\"M{x:.1} {:.1}V{curves:.1}\" stroke=\"#4a5263\" stroke-width=\"1\"/>",
                    names + 20.0
                );
                text(out, x + 4.0, names + 33.0, "s", "start", scene);
            }
        }
    }

    fn curve(&self, out: &mut String, place: usize, color: &str, top: f64) {
        let mut path = Path::default();
        let mut last: Option<(Mono, f64)> = None;
        let gap = self.trace.gap();
        for (at, list) in &self.trace.curve {
            let (x, value) = (self.axis.x(*at), of(list, place));
            let before = last.map_or(value, |(_, value)| value);
            if value > 0.0 || before > 0.0 {
                let is_held = last.is_none_or(|(before, _)| at.since(before) > gap);
                // What rested at nothing is not drawn.
                let from = last.filter(|_| before > 0.0 || !is_held).map_or(x, |(at, _)| self.axis.x(at));
                path.begin_at(from, height(before, top));
                if is_held {
                    path.line(x, height(before, top));
                }
                path.line(x, height(value, top));
            }
            if value == 0.0 {
                path.lift();
            }
            last = Some((*at, value));
        }
        if let Some((_, value)) = last.filter(|(_, value)| *value > 0.0) {
            path.line(self.axis.x(self.axis.end), height(value, top));
        }
        if !path.is_empty() {
            let _ = writeln!(out, "<path class=\"r\" stroke=\"{color}\" d=\"{}\"/>", path.0);
        }
    }

    fn steps(&self, out: &mut String, place: usize, color: &str, top: f64) {
        let (mut line, mut area) = (Path::default(), Path::default());
        let mut before = 0.0;
        let floor = height(0.0, top);
        for (index, (at, list)) in self.trace.shown.iter().enumerate() {
            let value = of(list, place);
            let x = self.axis.x(*at);
            let next = self.trace.shown.get(index + 1).map_or(self.axis.end, |(at, _)| *at);
            let end = self.axis.x(next);
            if value > 0.0 || before > 0.0 {
                line.begin_at(x, height(before, top));
                line.line(x, height(value, top));
                area.begin_at(x, floor);
                area.line(x, height(value, top));
            }
            if value > 0.0 {
                line.line(end, height(value, top));
                area.line(end, height(value, top));
            } else {
                line.lift();
                area.lift();
            }
            before = value;
        }
        if before > 0.0 {
            area.line(self.axis.x(self.axis.end), floor);
        }
        if !line.is_empty() {
            let _ = writeln!(out, "<path class=\"f\" fill=\"{color}\" d=\"{}\"/>", area.0);
            let _ = writeln!(out, "<path class=\"o\" stroke=\"{color}\" d=\"{}\"/>", line.0);
        }
    }

    fn updates(&self, out: &mut String, top: f64) {
        text(out, LEFT - 8.0, top + 15.0, "d", "end", "updates");
        let mut path = String::new();
        let mut last = f64::NEG_INFINITY;
        for at in &self.trace.updates {
            let x = self.axis.x(*at);
            if x - last >= FINEST * 2.0 {
                let _ = write!(path, "M{x:.1} {:.1}v9", top + 6.0);
                last = x;
            }
        }
        let _ = writeln!(out, "<path d=\"{path}\" stroke=\"#98a3b8\" stroke-width=\"1\" opacity=\".8\"/>");
    }

    fn frame_rate(&self, out: &mut String, top: f64) {
        let rates: Vec<(f64, f64, f64)> = self
            .trace
            .frames
            .windows(2)
            .map(|pair| {
                let [(from, before), (to, after)] = pair else { return (0.0, 0.0, 0.0) };
                let rate = after.saturating_sub(*before) as f64 / to.since(*from).as_secs_f64().max(1e-9);
                (self.axis.x(*from), self.axis.x(*to), rate)
            })
            .collect();
        let most = rates.iter().map(|(.., rate)| *rate).fold(30.0, f64::max);
        let y = |rate: f64| top + FPS - (FPS - 6.0) * rate / most;
        for rate in [0.0, 30.0] {
            let _ = writeln!(out, "<path class=\"g\" d=\"M{LEFT} {:.1}H{:.1}\"/>", y(rate), WIDTH - RIGHT);
        }
        text(out, LEFT - 8.0, y(30.0) + 4.0, "d", "end", "30 fps");
        text(out, LEFT - 8.0, y(0.0) + 4.0, "d", "end", "0");
        let (Some((first, ..)), Some((_, last, _))) = (rates.first(), rates.last()) else { return };
        let mut path = format!("M{first:.1} {:.1}", y(0.0));
        for (from, to, rate) in &rates {
            let _ = write!(path, "L{from:.1} {0:.1}L{to:.1} {0:.1}", y(*rate));
        }
        let _ = write!(path, "L{last:.1} {:.1}Z", y(0.0));
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"#5f7fa8\" opacity=\".55\"/>");
    }

    fn faults(&self, out: &mut String, top: f64, bottom: f64) {
        for (from, to, trouble) in &self.world.troubles {
            let (x, end) = (self.axis.x(*from), self.axis.x(*to));
            let (width, height) = ((end - x).max(1.0), bottom - top);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#ff5d5d\" opacity=\".13\"/>"
            );
            let told = match trouble {
                Trouble::Down => "api down".to_owned(),
                Trouble::Error(status) => format!("api error {status}"),
                Trouble::Slow(by) => format!("api slow {}", duration::text(*by)),
            };
            text(out, x + 4.0, top + 14.0, "b", "start", &told);
        }
        for at in &self.world.kills {
            let x = self.axis.x(*at);
            let _ = writeln!(
                out,
                "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#ff8f8f\" stroke-dasharray=\"4 4\"/>"
            );
            text(out, x + 4.0, top + 28.0, "b", "start", "kill");
        }
    }
}

fn scale(out: &mut String, top: f64) {
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = height(part, top);
        let _ = writeln!(out, "<path class=\"g\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT);
        text(out, LEFT - 8.0, y + 4.0, "d", "end", &format!("{part}"));
    }
}

/// Returns the height of a coefficient in a field of curves that begins at `top`.
fn height(value: f64, top: f64) -> f64 {
    top + CURVES - (CURVES - 10.0) * value
}

/// The data of a path, without points that cannot be told from the one before.
#[derive(Default)]
struct Path(String, Option<(f64, f64)>);

impl Path {
    /// Puts the pen down here, unless it is down.
    fn begin_at(&mut self, x: f64, y: f64) {
        if self.1.is_none() {
            let _ = write!(self.0, "M{x:.1} {y:.1}");
            self.1 = Some((x, y));
        }
    }

    fn line(&mut self, x: f64, y: f64) {
        if self.1.is_some_and(|(last_x, last_y)| (x - last_x).abs() < FINEST && (y - last_y).abs() < FINEST) {
            return;
        }
        let _ = write!(self.0, "L{x:.1} {y:.1}");
        self.1 = Some((x, y));
    }

    /// Takes the pen up.
    fn lift(&mut self) {
        self.1 = None;
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns a colour of its own for each prompt; beyond the chosen ones they go round the circle by the golden angle.
fn color(order: usize) -> String {
    COLORS.get(order).map_or_else(
        || format!("hsl({:.0},60%,72%)", (order as f64 * 137.508) % 360.0),
        |color| (*color).to_owned(),
    )
}

fn text(out: &mut String, x: f64, y: f64, class: &str, anchor: &str, what: &str) {
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
}
