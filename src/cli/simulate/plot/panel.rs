//! The panel of one stream in a plot: its prompts, what happened to it, its curves, its updates and its frames.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Axis, CURVES, FPS, GAP, LEFT, LEGEND_ROW, NAMES, RIGHT, TICKS, TITLE, WIDTH,
    pen::{FINEST, Path, Row, color, text},
};
use crate::{
    cli::simulate::{
        coefficients::{Coefficients, of},
        script::Trouble,
        trace::Trace,
        transcript::short,
        world::World,
    },
    show::{duration, time::Mono},
};

/// Entries of a legend side by side, and how much of each prompt is told.
const LEGEND_COLUMNS: usize = 4;
const LEGEND_CHARS_MAX: usize = 42;

fn drawn_prompts(trace: &Trace) -> Vec<usize> {
    let is_seen = |place: &usize| {
        let seen = |(_, list): &(Mono, Coefficients)| of(list, *place) > 0.0005;
        trace.curve.iter().any(seen) || trace.shown.iter().any(seen)
    };
    (0..trace.texts.len()).filter(is_seen).collect()
}

/// Returns how high the panel of a stream is, with the gap below it.
pub(super) fn height(trace: &Trace) -> f64 {
    let rows = drawn_prompts(trace).len().div_ceil(LEGEND_COLUMNS);
    TITLE + rows as f64 * LEGEND_ROW + NAMES + CURVES + TICKS + FPS + GAP
}

/// One stream.
pub(super) struct Panel<'a> {
    pub(super) world: &'a World,
    pub(super) trace: &'a Trace,
    pub(super) axis: Axis,
    pub(super) top: f64,
}

impl Panel<'_> {
    /// Draws it.
    pub(super) fn draw(&self, out: &mut String) {
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
        let mut fired = Row::new(names + 13.0, "d");
        for (at, name) in &self.world.cues {
            let x = self.axis.x(*at);
            let _ = writeln!(
                out,
                "<path d=\"M{x:.1} {:.1}v5\" stroke=\"#737c8f\" stroke-width=\"1\"/>",
                names + 17.0
            );
            fired.label(out, x, name.strip_prefix("/segue/").unwrap_or(name));
        }
        let mut scenes = Row::new(names + 35.0, "s");
        if let Some(first) = self.trace.passages.first() {
            scenes.label(out, LEFT - 4.0, &first.from);
        }
        for passage in self.trace.passages.iter().filter(|passage| !passage.is_nothing()) {
            let x = self.axis.x(passage.started);
            let end = passage.ended.map_or(WIDTH - RIGHT, |ended| self.axis.x(ended));
            if end > x {
                let (width, height) = (end - x, bottom - curves);
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{curves:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#fff\" opacity=\".035\"/>"
                );
            }
            let _ = writeln!(
                out,
                "<path d=\"M{x:.1} {:.1}V{curves:.1}\" stroke=\"#6a7488\" stroke-width=\"1\"/>",
                names + 23.0
            );
            scenes.label(out, x, &passage.to);
        }
    }

    fn curve(&self, out: &mut String, place: usize, color: &str, top: f64) {
        let mut path = Path::default();
        let mut last: Option<(f64, f64)> = None;
        for (at, list) in &self.trace.curve {
            let (x, value) = (self.axis.x(*at), of(list, place));
            let (last_x, before) = last.unwrap_or((x, value));
            if value > 0.0 || before > 0.0 {
                path.begin_at(last_x, level(before, top));
                path.line(x, level(value, top));
            }
            if value == 0.0 {
                path.lift();
            }
            last = Some((x, value));
        }
        if !path.is_empty() {
            let _ = writeln!(out, "<path class=\"r\" stroke=\"{color}\" d=\"{}\"/>", path.0);
        }
    }

    fn steps(&self, out: &mut String, place: usize, color: &str, top: f64) {
        let (mut line, mut area) = (Path::default(), Path::default());
        let mut before = 0.0;
        let floor = level(0.0, top);
        for (index, (at, list)) in self.trace.shown.iter().enumerate() {
            let value = of(list, place);
            let x = self.axis.x(*at);
            let next = self.trace.shown.get(index + 1).map_or(self.axis.end, |(at, _)| *at);
            let end = self.axis.x(next);
            if value > 0.0 || before > 0.0 {
                line.begin_at(x, level(before, top));
                line.line(x, level(value, top));
                area.begin_at(x, floor);
                area.line(x, level(value, top));
            }
            if value > 0.0 {
                line.line(end, level(value, top));
                area.line(end, level(value, top));
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
            Row::new(top + 14.0, "b").label(out, x, &told);
        }
        for at in &self.world.kills {
            let x = self.axis.x(*at);
            let _ = writeln!(
                out,
                "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#ff8f8f\" stroke-dasharray=\"4 4\"/>"
            );
            Row::new(top + 28.0, "b").label(out, x, "kill");
        }
    }
}

fn scale(out: &mut String, top: f64) {
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = level(part, top);
        let _ = writeln!(out, "<path class=\"g\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT);
        text(out, LEFT - 8.0, y + 4.0, "d", "end", &format!("{part}"));
    }
}

/// Returns the height of a coefficient in a field of curves that begins at `top`.
fn level(value: f64, top: f64) -> f64 {
    top + CURVES - (CURVES - 10.0) * value
}
