//! What the blend looks like, as far as arithmetic can tell: a painting of soft noise for a rehearsal without a GPU.
//!
//! Each prompt has colours and a texture of its own (`palette.rs`), mixed by the effective coefficients; the seeds bend
//! the noise (`field.rs`), the steps say how much of the camera is left, delta how strong the strokes are. Below stands
//! what is in force (`caption.rs`, `font.rs`). Pure: the same scene gives the same bytes. `file.rs` makes PNG and JPEG.
//!
//! A frame of 704 by 384 with two prompts and one seed takes 9.3 ms of one core of 2026, the JPEG
//! included, and the most that a scene can ask for 13 ms
//! (`cargo test --release --lib the_cost_of_a_frame -- --ignored --nocapture`).

mod caption;
mod field;
mod file;
mod font;
mod painting;
mod palette;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(super) use self::file::{jpeg, png};

/// The dots of a picture at most: what the stream of an ordinary show has. Larger ones are drawn smaller, so that no
/// stream can ask for more work than this.
const DOTS_MAX: f64 = 704.0 * 384.0;
/// The longest and the shortest side of a picture; a caption needs some room.
const SIDE_MAX: f64 = 1024.0;
const SIDE_MIN: f64 = 192.0;

/// What there is to see of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    /// The resolution of the stream.
    pub(super) size: (f64, f64),
    pub(super) prompts: Vec<Entry<String>>,
    /// How long the blend of the prompts is; 1 is that of one prompt alone.
    pub(super) length: f64,
    pub(super) seeds: Vec<Entry<i64>>,
    /// How far down the schedule the painting begins: 0 paints freely, 1 keeps to the camera.
    pub(super) restraint: f64,
    pub(super) delta: f64,
    /// When the frame went out that is seen; none before the first.
    pub(super) moment: Option<Duration>,
    /// The present, by which the sign of loading turns.
    pub(super) now: Duration,
    pub(super) view: View,
    /// The state in the API's word.
    pub(super) state: String,
    pub(super) fps: f64,
}

/// One of a weighted list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<T> {
    pub(super) item: T,
    /// As it was sent.
    pub(super) weight: f64,
    /// As it counts.
    pub(super) coefficient: f64,
}

/// What lies over the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Nothing.
    Clear,
    /// The grey of a model that is being loaded, over the last frame.
    Loading,
    /// There is no runner.
    Dark,
}

/// A picture: rows from the top, three bytes to a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

impl Picture {
    /// Lays a colour over a dot; beyond the edge there is none.
    fn blend(&mut self, x: usize, y: usize, color: [u8; 3], alpha: f32) {
        if x < self.width && y < self.height {
            let start = (y * self.width + x) * 3;
            for (byte, color) in self.rgb[start..start + 3].iter_mut().zip(color) {
                *byte = field::mix(f32::from(*byte), f32::from(color), alpha) as u8;
            }
        }
    }
}

/// Draws a scene.
pub(super) fn draw(scene: &Scene) -> Picture {
    let (width, height) = size(scene.size);
    let mut picture = painting::paint(scene, width, height);
    if scene.view == View::Loading {
        painting::turn_sign(&mut picture, scene.now);
    }
    caption::write(&mut picture, scene);
    picture
}

/// Returns a number within limits; the lower one if it is none.
fn bounded(number: f64, min: f64, max: f64) -> f64 {
    if number.is_nan() { min } else { number.clamp(min, max) }
}

/// Returns the size in which a stream is drawn: its own, or a smaller one of nearly its shape. Multiples of 4.
fn size((width, height): (f64, f64)) -> (usize, usize) {
    let (width, height) = (bounded(width, 1.0, 1e5), bounded(height, 1.0, 1e5));
    let shrunk = (DOTS_MAX / (width * height)).sqrt().min(1.0);
    let (width, height) = (width * shrunk, height * shrunk);
    // A stream of an odd shape is cut to one that fits on a page; the longer side never grows above the area.
    let width = width.clamp(SIDE_MIN, SIDE_MAX);
    let height = height.clamp(SIDE_MIN, DOTS_MAX / width);
    let whole = |side: f64| (side / 4.0).floor() as usize * 4;
    (whole(width), whole(height))
}
