//! What a prompt looks like: colours and a texture that belong to its text and to no other.
//!
//! Words that everybody sees in a colour (embers, the sea, a forest) have it; all other texts get theirs by chance,
//! more often warm than cold.

use super::field::{Noise, Place, mix, step};
use crate::simulator::ids::Chance;

/// How much of a text counts: the runner's encoder reads 77 tokens, which are some 300 characters.
const TEXT_CHARS_MAX: usize = 400;
/// Steps of a palette; neighbours differ by less than the eye sees.
const SHADES: usize = 64;

/// A colour in linear light: red, green, blue.
pub(super) type Light = [f32; 3];

/// How a prompt is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Texture {
    /// Soft clouds.
    Mist,
    /// Bands that bend.
    Waves,
    /// Thin lit ridges.
    Veils,
    /// Sparks on a dark ground.
    Sparks,
    /// Colour that has run.
    Ink,
}

use Texture::{Ink, Mist, Sparks, Veils, Waves};

/// Stems of words, the hue that they are seen in, in degrees, and how they are painted. The first in a text counts.
const WORDS: [(&str, f64, Texture); 45] = [
    ("ember", 45.0, Sparks),
    ("fire", 45.0, Sparks),
    ("flame", 50.0, Veils),
    ("lava", 38.0, Ink),
    ("candle", 70.0, Sparks),
    ("gold", 85.0, Mist),
    ("sun", 62.0, Mist),
    ("amber", 75.0, Mist),
    ("desert", 68.0, Waves),
    ("sand", 78.0, Waves),
    ("autumn", 55.0, Ink),
    ("rust", 42.0, Ink),
    ("copper", 50.0, Waves),
    ("paper", 82.0, Mist),
    ("oil paint", 60.0, Ink),
    ("ink wash", 250.0, Ink),
    ("woodblock", 35.0, Waves),
    ("rose", 8.0, Ink),
    ("flower", 358.0, Ink),
    ("cherry", 5.0, Ink),
    ("neon", 345.0, Veils),
    ("city", 330.0, Sparks),
    ("violet", 305.0, Mist),
    ("purple", 310.0, Mist),
    ("galaxy", 300.0, Sparks),
    ("star", 285.0, Sparks),
    ("night", 280.0, Sparks),
    ("northern light", 165.0, Veils),
    ("aurora", 165.0, Veils),
    ("forest", 135.0, Mist),
    ("greenhouse", 140.0, Ink),
    ("garden", 130.0, Ink),
    ("moss", 128.0, Ink),
    ("jungle", 142.0, Ink),
    ("leaf", 132.0, Ink),
    ("meadow", 120.0, Waves),
    ("reef", 190.0, Ink),
    ("ocean", 225.0, Waves),
    ("sea", 225.0, Waves),
    ("water", 220.0, Waves),
    ("wave", 228.0, Waves),
    ("rain", 245.0, Veils),
    ("ice", 215.0, Veils),
    ("snow", 235.0, Mist),
    ("smoke", 260.0, Mist),
];

/// Where chance puts a hue: two of three are warm.
const HUES: [(f64, f64); 3] = [(20.0, 90.0), (-30.0, 40.0), (150.0, 300.0)];

/// The look of one prompt.
#[derive(Clone, Debug)]
pub(super) struct Look {
    shades: Vec<Light>,
    texture: Texture,
    /// Where in the noise it lies.
    home: Place,
    turn: (f32, f32),
    /// Cells to the height of the picture.
    scale: f32,
    stretch: f32,
}

impl Look {
    /// Returns the look that belongs to a text.
    pub(super) fn of(text: &str) -> Self {
        let text: String = text.chars().take(TEXT_CHARS_MAX).flat_map(char::to_lowercase).collect();
        let mut chance = Chance::new(number_of(&text));
        let known =
            WORDS.iter().filter_map(|word| Some((text.find(word.0)?, word))).min_by_key(|(place, _)| *place);
        let (from, to) = HUES[(chance.unit() * 3.0) as usize];
        let by_chance = [Mist, Waves, Veils, Sparks, Ink][(chance.unit() * 5.0) as usize];
        let somewhere = from + (to - from) * chance.unit();
        let (hue, texture) = known.map_or((somewhere, by_chance), |(_, (_, hue, texture))| (*hue, *texture));
        // Two texts about the sea are two seas.
        let hue = hue + 14.0 * (chance.unit() - 0.5);
        let (turn_max, stretch) = match texture {
            Waves => (0.25, 2.4),
            Veils => (0.35, 0.45),
            Mist => (0.6, 1.5),
            Sparks | Ink => (3.0, 1.0),
        };
        let angle = turn_max * (2.0 * chance.unit() - 1.0);
        Self {
            shades: shades(hue, &mut chance),
            texture,
            home: Place { x: (chance.unit() * 256.0) as f32, y: (chance.unit() * 256.0) as f32 },
            turn: (angle.cos() as f32, angle.sin() as f32),
            scale: (2.0 + 1.2 * chance.unit()) as f32,
            stretch,
        }
    }

    /// Returns how much light is in a place: 0 is the darkest shade, 1 the brightest.
    ///
    /// `drift` is how far the seeds have bent the place away.
    pub(super) fn height(&self, noise: &Noise, place: Place, drift: Place) -> f32 {
        let place = place.moved(drift.x * 0.35, drift.y * 0.35).turned(self.turn);
        let place = place.scaled(self.scale / self.stretch, self.scale).moved(self.home.x, self.home.y);
        let height = match self.texture {
            Mist => 0.43 + 0.75 * noise.cloud(place),
            Waves => {
                let bend = noise.cloud(place.scaled(0.8, 0.8));
                let crest = 0.5 + 0.5 * (place.y * 3.6 + bend * 5.0).sin();
                0.12 + 0.62 * crest * crest + 0.35 * bend
            }
            Veils => {
                let ridge = (1.0 - noise.sample(place.scaled(0.8, 0.8)).abs() * 1.7).max(0.0);
                let glow = noise.sample(place.scaled(0.45, 0.45).moved(9.1, 3.7));
                0.08 + 0.62 * ridge * ridge + 0.48 * glow
            }
            Sparks => {
                let spark = noise.sample(place.scaled(2.2, 2.2));
                let ground = noise.cloud(place.scaled(0.7, 0.7));
                0.27 + 0.42 * ground + 0.7 * step(0.2, 0.85, spark) * step(-0.45, 0.4, ground)
            }
            Ink => {
                let first = noise.sample(place);
                let second = noise.sample(place.moved(5.2, 1.3));
                0.46 + 0.72 * noise.cloud(place.moved(1.5 * first, 1.5 * second))
            }
        };
        height.clamp(0.0, 1.0)
    }

    /// Returns the colour of a height.
    pub(super) fn light(&self, height: f32) -> Light {
        let at = height * (SHADES - 1) as f32;
        let below = (at as usize).min(SHADES - 2);
        let share = at - below as f32;
        let (a, b) = (self.shades[below], self.shades[below + 1]);
        std::array::from_fn(|channel| mix(a[channel], b[channel], share))
    }

    /// Returns the colour by which the caption marks the prompt.
    pub(super) fn mark(&self) -> Light {
        self.light(0.8)
    }
}

/// Returns the shades of a hue, from nearly black through itself to candlelight, in which all palettes meet.
fn shades(hue: f64, chance: &mut Chance) -> Vec<Light> {
    const CANDLE: (f64, f64) = (0.055, 78.0);
    let lean = if chance.unit() < 0.5 { -1.0 } else { 1.0 };
    let neighbour = lean * (18.0 + 22.0 * chance.unit());
    // Lightness, chroma and hue.
    let stops = [
        (0.10, 0.02, hue - neighbour),
        (0.24, 0.07, hue - 0.6 * neighbour),
        (0.46, 0.115, hue),
        (0.67, 0.11, hue + 0.5 * neighbour),
        (0.88, CANDLE.0, CANDLE.1),
    ]
    .map(|(lightness, chroma, hue): (f64, f64, f64)| {
        let (sin, cos) = hue.to_radians().sin_cos();
        [lightness, chroma * cos, chroma * sin]
    });
    (0..SHADES)
        .map(|shade| {
            let at = shade as f64 / (SHADES - 1) as f64 * (stops.len() - 1) as f64;
            let below = (at as usize).min(stops.len() - 2);
            let share = at - below as f64;
            let (a, b) = (stops[below], stops[below + 1]);
            light(std::array::from_fn(|axis| a[axis] + (b[axis] - a[axis]) * share))
        })
        .collect()
}

/// Returns the light of an `Oklab` colour; what no screen shows is cut off.
fn light([lightness, a, b]: [f64; 3]) -> Light {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701 * short,
    ]
    .map(|channel| channel.clamp(0.0, 1.0) as f32)
}

/// Returns a number that belongs to a text (FNV-1a).
fn number_of(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    text.bytes().fold(0xCBF2_9CE4_8422_2325, step)
}
