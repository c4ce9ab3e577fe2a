//! The easing families that animators know by Robert Penner's names, in whatever spelling their tools taught them.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// One family in one direction: `cubic-in-out`, `elastic-out`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penner {
    family: Family,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Sine,
    Quad,
    Cubic,
    Quart,
    Quint,
    Expo,
    Circ,
    Back,
    Elastic,
    Bounce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
    InOut,
}

const FAMILIES: [(Family, &str); 10] = [
    (Family::Sine, "sine"),
    (Family::Quad, "quad"),
    (Family::Cubic, "cubic"),
    (Family::Quart, "quart"),
    (Family::Quint, "quint"),
    (Family::Expo, "expo"),
    (Family::Circ, "circ"),
    (Family::Back, "back"),
    (Family::Elastic, "elastic"),
    (Family::Bounce, "bounce"),
];

/// How far `back` overshoots: Penner's number, which makes it 10 %.
const BACK: f64 = 1.701_58;

impl Penner {
    /// Reads `easeInOutCubic`, `cubic-in-out`, `InOutCubic`, `cubic_inout`: case, dashes and the word `ease` do not matter.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let plain: String =
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let plain = plain.strip_prefix("ease").unwrap_or(&plain);
        FAMILIES.iter().find_map(|(family, name)| {
            let way = plain.strip_prefix(name).or_else(|| plain.strip_suffix(name))?;
            let way = match way {
                "in" => Way::In,
                "out" => Way::Out,
                "inout" => Way::InOut,
                _ => return None,
            };
            Some(Self { family: *family, way })
        })
    }

    /// Returns the name in our spelling, such as `cubic-in-out`.
    pub(super) fn name(self) -> String {
        let family = FAMILIES.iter().find(|(family, _)| *family == self.family).map_or("", |(_, name)| name);
        let way = match self.way {
            Way::In => "in",
            Way::Out => "out",
            Way::InOut => "in-out",
        };
        format!("{family}-{way}")
    }

    /// Returns every family in every direction, in our spelling.
    pub fn names() -> impl Iterator<Item = String> {
        let ways = [Way::In, Way::Out, Way::InOut];
        FAMILIES.into_iter().flat_map(move |(family, _)| ways.map(|way| Self { family, way }.name()))
    }

    /// Returns the value at progress `u`, strictly between 0 and 1.
    pub(super) fn at(self, u: f64) -> f64 {
        match self.way {
            Way::In => self.family.ease_in(u),
            Way::Out => 1.0 - self.family.ease_in(1.0 - u),
            Way::InOut if u < 0.5 => self.family.half(2.0 * u) / 2.0,
            Way::InOut => 1.0 - self.family.half(2.0 - 2.0 * u) / 2.0,
        }
    }

    /// Returns the slope at progress `u`, from two values beside it: these curves have no common derivative.
    pub(super) fn speed(self, u: f64) -> f64 {
        const STEP: f64 = 1e-6;
        // Some curves jump at their very ends.
        const EDGE: f64 = 1e-9;
        let (before, after) = ((u - STEP).max(EDGE), (u + STEP).min(1.0 - EDGE));
        (self.at(after) - self.at(before)) / (after - before)
    }
}

impl Family {
    fn ease_in(self, u: f64) -> f64 {
        match self {
            Self::Sine => 1.0 - (u * FRAC_PI_2).cos(),
            Self::Quad => u * u,
            Self::Cubic => u.powi(3),
            Self::Quart => u.powi(4),
            Self::Quint => u.powi(5),
            Self::Expo => (10.0 * (u - 1.0)).exp2(),
            Self::Circ => 1.0 - (1.0 - u * u).sqrt(),
            Self::Back => u * u * ((BACK + 1.0) * u - BACK),
            Self::Elastic => -(10.0 * (u - 1.0)).exp2() * ((10.0 * u - 10.75) * TAU / 3.0).sin(),
            Self::Bounce => 1.0 - bounce(1.0 - u),
        }
    }

    /// The first half of in-out: for most the same curve, for two with numbers of its own.
    fn half(self, u: f64) -> f64 {
        match self {
            Self::Back => {
                let back = BACK * 1.525;
                u * u * ((back + 1.0) * u - back)
            }
            Self::Elastic => -(10.0 * (u - 1.0)).exp2() * ((10.0 * u - 11.125) * 2.0 * PI / 4.5).sin(),
            _ => self.ease_in(u),
        }
    }
}

/// A ball that falls and comes up again three times: parabolas of falling height.
fn bounce(u: f64) -> f64 {
    const STEEP: f64 = 7.5625;
    let fall = |centre: f64, height: f64| STEEP * (u - centre) * (u - centre) + height;
    match u * 2.75 {
        first if first < 1.0 => STEEP * u * u,
        second if second < 2.0 => fall(1.5 / 2.75, 0.75),
        third if third < 2.5 => fall(2.25 / 2.75, 0.9375),
        _ => fall(2.625 / 2.75, 0.984_375),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spelling_is_understood() {
        for text in ["easeInOutCubic", "cubic-in-out", "InOutCubic", "cubic_inout", "EASE-IN-OUT-CUBIC"] {
            assert_eq!(Penner::parse(text).map(Penner::name), Some("cubic-in-out".to_owned()), "{text}");
        }
        for text in ["cubic", "in-out", "easeCubicSideways", "ease"] {
            assert_eq!(Penner::parse(text), None, "{text}");
        }
    }

    #[test]
    fn curves_pass_through_their_known_points() {
        // Values of the formulas as animation libraries print them.
        for (name, u, value) in [
            ("sine-in", 0.5, 0.292_893),
            ("quad-out", 0.5, 0.75),
            ("cubic-in-out", 0.25, 0.0625),
            ("expo-in", 0.5, 0.031_25),
            ("circ-out", 0.5, 0.866_025),
            ("back-in", 0.5, -0.087_697),
            ("elastic-out", 0.5, 1.015_625),
            ("bounce-out", 0.5, 0.765_625),
        ] {
            let found = Penner::parse(name).unwrap().at(u);
            assert!((found - value).abs() < 1e-5, "{name}: {found}");
        }
    }

    #[test]
    fn every_curve_joins_its_ends_without_a_jump() {
        for name in Penner::names() {
            let curve = Penner::parse(&name).unwrap();
            // `expo` and `elastic` begin a thousandth away from their ends, by definition.
            assert!(curve.at(1e-9).abs() < 2e-3, "{name}");
            assert!((curve.at(1.0 - 1e-9) - 1.0).abs() < 2e-3, "{name}");
            for step in 1..1000 {
                let u = f64::from(step) / 1000.0;
                // The steepest is `circ`, which begins or ends upright.
                assert!((curve.at(u) - curve.at(u - 0.0009)).abs() < 0.05, "{name} at {u}");
            }
        }
    }
}
