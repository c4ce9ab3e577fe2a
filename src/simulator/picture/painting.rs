//! The painting: drawn with one dot for four by four of the picture, then stretched over it.

use std::{f32::consts::TAU, time::Duration};

use super::{
    Entry, Picture, Scene, View, bounded,
    field::{Noise, Place, mix, step},
    palette::{Light, Look},
};
use crate::simulator::ids::Chance;

/// Dots of the picture to one of the painting, each way: noise so soft loses nothing, and costs a sixteenth.
const COARSE: usize = 4;
/// Prompts and seeds that are painted, the heaviest first; the rest adds cost and nothing that could be told apart.
const PROMPTS_MAX: usize = 4;
const SEEDS_MAX: usize = 3;
/// The painting is not brighter than this: it may hang in a dark room.
const EXPOSURE: f32 = 0.92;
/// Film grain, in steps of a byte; keeps dark slopes from falling into bands.
const GRAIN: f32 = 3.0;

/// Paints what a scene shows; black if a blend is not a number, as it is on the wall.
pub(super) fn paint(scene: &Scene, width: usize, height: usize) -> Picture {
    let painter = Painter::of(scene);
    let dark = vec![[0.0; 3]; (width / COARSE + 1) * (height / COARSE + 1)];
    let dots = painter.map_or(dark, |painter| painter.dots(width, height));
    Picture { width, height, rgb: stretch(&dots, width, height, scene) }
}

/// A scene, ready to be painted dot by dot.
struct Painter {
    noise: Noise,
    prompts: Vec<(Look, f32)>,
    seeds: Vec<(Place, f32)>,
    vigour: f32,
    /// How much is painted over the camera's picture.
    cover: f32,
    contrast: f32,
    view: View,
}

impl Painter {
    /// Returns none where nothing is seen.
    fn of(scene: &Scene) -> Option<Self> {
        let moment = scene.moment.filter(|_| scene.view != View::Dark);
        let moment = match (moment, scene.view) {
            (Some(moment), _) => moment,
            // A model is loaded before there ever was a frame: only the grey is there.
            (None, View::Loading) => Duration::ZERO,
            (None, View::Clear | View::Dark) => return None,
        };
        let coefficients = scene.prompts.iter().map(|entry| entry.coefficient);
        if !coefficients.chain(scene.seeds.iter().map(|entry| entry.coefficient)).all(f64::is_finite) {
            return None;
        }
        let prompts: Vec<(Look, f32)> = heaviest(&scene.prompts, PROMPTS_MAX)
            .into_iter()
            // What is subtracted has no colour.
            .filter(|entry| entry.coefficient > 0.0)
            .map(|entry| (Look::of(&entry.item), entry.coefficient as f32))
            .collect();
        let seeds = heaviest(&scene.seeds, SEEDS_MAX)
            .into_iter()
            .map(|entry| (home(entry.item), entry.coefficient.clamp(-2.0, 2.0) as f32))
            .collect();
        let shown = scene.moment.is_some();
        Some(Self {
            noise: Noise::at(moment),
            prompts,
            seeds,
            // Embeddings that come to nothing paint nothing.
            vigour: if shown { bounded(scene.length, 0.0, 1.4) as f32 } else { 0.0 },
            cover: (1.0 - bounded(scene.restraint, 0.0, 1.0).powi(4)) as f32,
            contrast: (0.5 + 0.7 * bounded(scene.delta, 0.0, 1.5)) as f32,
            view: scene.view,
        })
    }

    /// Paints every dot, one more each way than fit, so that the last ones have a neighbour.
    fn dots(&self, width: usize, height: usize) -> Vec<Light> {
        let (across, down) = (width / COARSE + 1, height / COARSE + 1);
        let unit = 1.0 / (height.min(width) / COARSE) as f32;
        let middle = (across as f32 / 2.0, down as f32 / 2.0);
        let mut dots = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let place = Place { x: (column as f32 - middle.0) * unit, y: (row as f32 - middle.1) * unit };
                let edge = (column as f32 / middle.0 - 1.0, row as f32 / middle.1 - 1.0);
                dots.push(self.dot(place, edge));
            }
        }
        dots
    }

    /// Paints one dot; `edge` is how far it lies from the middle, each way.
    fn dot(&self, place: Place, edge: (f32, f32)) -> Light {
        let drift = self.drift(place);
        let shares = self.shares(place, drift);
        let prompts = || self.prompts.iter().zip(shares).map(|((look, _), share)| (look, share));
        // The forms are mixed, and then painted in the mixture of the colours: half and half is a third thing, not two
        // slides over each other.
        let height: f32 = prompts().map(|(look, share)| share * look.height(&self.noise, place, drift)).sum();
        let height = (0.5 + (height - 0.5) * self.contrast + 0.13 * drift.x).clamp(0.0, 1.0);
        let mut light = [0.0; 3];
        for (look, share) in prompts() {
            for (sum, channel) in light.iter_mut().zip(look.light(height)) {
                *sum += share * channel;
            }
        }
        let grey = brightness(light);
        let camera = Self::camera(place, drift);
        let shade = 1.0 - 0.5 * step(0.35, 1.75, edge.0 * edge.0 + edge.1 * edge.1);
        light.map(|channel| {
            let painted = mix(0.12 + 0.2 * grey, mix(grey, channel, self.vigour), self.vigour.min(1.0));
            let seen = mix(camera, painted, self.cover).max(0.0) * shade * EXPOSURE;
            let seen = if self.view == View::Loading { mix(seen, 0.35 * grey + 0.01, 0.88) } else { seen };
            seen.min(1.0).sqrt()
        })
    }

    /// Returns where the seeds push a place: each has its own noise, and they add up as the runner's do.
    fn drift(&self, place: Place) -> Place {
        let coarse = place.scaled(1.5, 1.5);
        let mut drift = Place { x: 0.0, y: 0.0 };
        for (home, coefficient) in &self.seeds {
            let here = coarse.moved(home.x, home.y);
            drift.x += coefficient * self.noise.cloud(here);
            drift.y += coefficient * self.noise.sample(here.moved(31.4, 47.1));
        }
        drift
    }

    /// Returns what each prompt counts in a place: where two are near, one seeps into the other along the noise.
    fn shares(&self, place: Place, drift: Place) -> [f32; PROMPTS_MAX] {
        let bent = place.moved(0.4 * drift.x, 0.4 * drift.y).scaled(1.9, 1.9);
        let mut shares = [0.0; PROMPTS_MAX];
        for (number, (share, (_, coefficient))) in shares.iter_mut().zip(&self.prompts).enumerate() {
            let home = 61.8 * number as f32;
            let lead = 1.1 + self.noise.sample(bent.moved(home, -home));
            *share = coefficient * lead * lead * lead;
        }
        let sum = shares.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        shares.map(|share| share / sum)
    }

    /// Returns the grey of a camera's picture: someone stands in a dim room.
    fn camera(place: Place, drift: Place) -> f32 {
        let (x, y) = (place.x + 0.015 * drift.x, place.y);
        let head = x * x * 7.0 + (y + 0.16) * (y + 0.16) * 5.0;
        let body = x * x * 3.4 + (y - 0.46) * (y - 0.46) * 2.0;
        let figure = 1.0 - step(0.01, 0.13, head) * step(0.1, 0.4, body);
        mix(0.02 + 0.04 * (0.5 - y).clamp(0.0, 1.0), 0.16, figure)
    }
}

/// Returns the entries with the largest coefficients, in their order.
fn heaviest<T>(entries: &[Entry<T>], max: usize) -> Vec<&Entry<T>> {
    let mut places: Vec<usize> = (0..entries.len()).collect();
    places.sort_by(|a, b| entries[*b].coefficient.abs().total_cmp(&entries[*a].coefficient.abs()));
    places.truncate(max);
    places.sort_unstable();
    places.into_iter().map(|place| &entries[place]).collect()
}

/// Returns where in the noise a seed lives.
fn home(seed: i64) -> Place {
    let mut chance = Chance::new(seed as u64);
    Place { x: (chance.unit() * 256.0) as f32, y: (chance.unit() * 256.0) as f32 }
}

fn brightness(light: Light) -> f32 {
    0.213 * light[0] + 0.715 * light[1] + 0.072 * light[2]
}

/// Stretches the painting over the picture, with grain where there is light.
fn stretch(dots: &[Light], width: usize, height: usize, scene: &Scene) -> Vec<u8> {
    let across = width / COARSE + 1;
    let mut grain = Chance::new(scene.moment.unwrap_or_default().as_nanos() as u64);
    let mut rgb = vec![0; width * height * 3];
    let mut row: Vec<Light> = vec![[0.0; 3]; across];
    for (y, line) in rgb.chunks_exact_mut(width * 3).enumerate() {
        let share = (y % COARSE) as f32 / COARSE as f32;
        let above = &dots[y / COARSE * across..][..across];
        let below = &dots[(y / COARSE + 1) * across..][..across];
        for ((dot, a), b) in row.iter_mut().zip(above).zip(below) {
            *dot = std::array::from_fn(|channel| 255.0 * mix(a[channel], b[channel], share));
        }
        for (piece, pair) in line.chunks_exact_mut(COARSE * 3).zip(row.windows(2)) {
            // Black is black.
            if pair == [[0.0; 3]; 2] {
                continue;
            }
            let bits = grain.bits();
            for (x, dot) in piece.chunks_exact_mut(3).enumerate() {
                let share = x as f32 / COARSE as f32;
                let speck = GRAIN * (f32::from((bits >> (16 * x)) as u16) / 65536.0 - 0.5) + 0.5;
                for (channel, byte) in dot.iter_mut().enumerate() {
                    // The cast stops at both ends.
                    *byte = (mix(pair[0][channel], pair[1][channel], share) + speck) as u8;
                }
            }
        }
    }
    rgb
}

/// Draws the sign of loading: a ring of soft points, the first of which goes round.
pub(super) fn turn_sign(picture: &mut Picture, now: Duration) {
    const POINTS: usize = 12;
    let radius = picture.height.min(picture.width) as f32 / 15.0;
    let size = radius / 5.0;
    let first = (now.as_secs_f64() / 1.6).fract() as f32 * POINTS as f32;
    let (middle_x, middle_y) = (picture.width as f32 / 2.0, picture.height as f32 * 0.46);
    let reach = (radius + size * 2.0).ceil() as isize;
    let points: [(f32, f32, f32); POINTS] = std::array::from_fn(|point| {
        let angle = point as f32 / POINTS as f32 * TAU;
        let behind = (first - point as f32).rem_euclid(POINTS as f32) / POINTS as f32;
        (radius * angle.sin(), -radius * angle.cos(), (1.0 - behind).powi(2))
    });
    for y in -reach..=reach {
        for x in -reach..=reach {
            let glow: f32 = points
                .iter()
                .map(|(px, py, light)| {
                    let away = ((x as f32 - px).powi(2) + (y as f32 - py).powi(2)).sqrt();
                    light * (1.0 - step(0.55 * size, 1.25 * size, away))
                })
                .sum();
            let (x, y) = (middle_x as isize + x, middle_y as isize + y);
            picture.blend(x as usize, y as usize, [224, 216, 204], 0.8 * glow.min(1.0));
        }
    }
}
