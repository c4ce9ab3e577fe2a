//! The run as a picture: what was wanted as soft ribbons, what was on as crisp steps, the updates as ticks, the frame rate.

mod panel;
mod pen;

use jiff::tz::TimeZone;

use self::{panel::Panel, pen::text};
use super::{
    transcript::{has_hours, stamp},
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
/// About how many times are told along the axis.
const TIMES: f64 = 12.0;

const STYLE: &str = "text{font:13px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#c8cedb}\
.h{font-size:22px;font-weight:600;fill:#f2f4f8}.n{font-size:16px;font-weight:600;fill:#f2f4f8}\
.d{fill:#737c8f;font-size:12px}.s{font-weight:600;fill:#e6eaf2}.b{fill:#ff8f8f;font-size:12px}\
.g{stroke:#2a2f3a;stroke-width:1;fill:none}.r{fill:none;stroke-width:4.5;stroke-linejoin:round;opacity:.38}\
.o{fill:none;stroke-width:1.3;stroke-linejoin:miter}.f{stroke:none;opacity:.08}";

/// Draws the run.
pub(super) fn draw(world: &World) -> String {
    let panels: Vec<f64> = world.traces.iter().map(panel::height).collect();
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
