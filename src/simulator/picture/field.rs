//! Soft noise: gradients on a lattice that turn in their places, so that the field flows and never jumps.
//!
//! The lattice repeats after 256 cells and a turn of its gradients after a turn, so a show of a year is as smooth as
//! its first minute.

use std::{f32::consts::TAU, time::Duration};

use crate::simulator::ids::Chance;

/// Cells of the lattice to a side, and different gradients.
const CELLS: usize = 256;
/// How long a gradient takes for a turn, about; slow enough to be looked at for hours.
const TURN: Duration = Duration::from_secs(34);

/// The noise of one moment.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    gradients: [(f32, f32); CELLS],
}

impl Noise {
    /// Returns the noise at `moment`.
    pub(super) fn at(moment: Duration) -> Self {
        let mut chance = Chance::new(0x005E_60E5);
        let turns = moment.as_secs_f64() / TURN.as_secs_f64();
        let gradients = std::array::from_fn(|_| {
            let start = chance.unit();
            // Half of them turn the other way, at one of four speeds.
            let speed = (1.0 + (chance.unit() * 4.0).floor()) / 2.5;
            let speed = if chance.unit() < 0.5 { speed } else { -speed };
            let angle = (start + turns * speed).rem_euclid(1.0) as f32 * TAU;
            (angle.cos(), angle.sin())
        });
        Self { gradients }
    }

    /// Returns the noise in a place: smooth, about 0, between -1 and 1.
    pub(super) fn sample(&self, place: Place) -> f32 {
        let (cell_x, cell_y) = (floor(place.x), floor(place.y));
        let (x, y) = (place.x - cell_x as f32, place.y - cell_y as f32);
        let corner = |dx: i32, dy: i32| {
            let (gx, gy) = self.gradients[lattice(cell_x + dx, cell_y + dy)];
            gx * (x - dx as f32) + gy * (y - dy as f32)
        };
        let (u, v) = (ease(x), ease(y));
        let top = mix(corner(0, 0), corner(1, 0), u);
        let bottom = mix(corner(0, 1), corner(1, 1), u);
        // The root of two brings the ends to one.
        mix(top, bottom, v) * std::f32::consts::SQRT_2
    }

    /// Returns noise with finer noise in it.
    pub(super) fn cloud(&self, place: Place) -> f32 {
        0.7 * self.sample(place) + 0.3 * self.sample(place.scaled(2.03, 2.03).moved(17.7, 5.3))
    }
}

/// A place in the field, in cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Place {
    pub(super) fn moved(self, x: f32, y: f32) -> Self {
        Self { x: self.x + x, y: self.y + y }
    }

    pub(super) fn scaled(self, x: f32, y: f32) -> Self {
        Self { x: self.x * x, y: self.y * y }
    }

    pub(super) fn turned(self, (cos, sin): (f32, f32)) -> Self {
        Self { x: self.x * cos - self.y * sin, y: self.x * sin + self.y * cos }
    }
}

/// Rounds down; the one of the library is a call to a function on common processors.
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from(x < whole as f32)
}

/// Which gradient stands at a corner of the lattice.
fn lattice(x: i32, y: i32) -> usize {
    let (x, y) = (x as u32 % CELLS as u32, y as u32 % CELLS as u32);
    let mut bits = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77).rotate_left(13);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    (bits >> 24) as usize
}

/// Returns `x` from 0 to 1 with rest at both ends.
pub(super) fn ease(x: f32) -> f32 {
    x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
}

/// Returns 0 below `from`, 1 above `to`, and a soft step between.
pub(super) fn step(from: f32, to: f32, x: f32) -> f32 {
    let x = ((x - from) / (to - from)).clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Returns what lies between `a` and `b`.
pub(super) fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_keeps_its_range_and_its_middle() {
        let noise = Noise::at(Duration::from_secs(5));
        let samples: Vec<f32> = (0..20_000)
            .map(|n| noise.sample(Place { x: n as f32 * 0.37, y: n as f32 * 0.011 - 90.0 }))
            .collect();
        let mean = samples.iter().sum::<f32>() / samples.len() as f32;
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        assert!(mean.abs() < 0.02, "{mean}");
    }

    #[test]
    fn a_tenth_of_a_second_moves_it_a_little_in_the_first_minute_and_after_a_year() {
        for start in [0.0, 31_536_000.0] {
            let at = |seconds: f64| Noise::at(Duration::from_secs_f64(start + seconds));
            let (now, then) = (at(0.0), at(0.1));
            let furthest = (0..1000)
                .map(|n| Place { x: n as f32 * 0.31, y: n as f32 * 0.17 })
                .map(|place| (now.sample(place) - then.sample(place)).abs())
                .fold(0.0, f32::max);
            assert!((0.001..0.05).contains(&furthest), "{furthest}");
        }
    }
}
