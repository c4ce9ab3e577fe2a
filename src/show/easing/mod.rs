//! The shape of a path over time: from progress in time to progress in value, both 0 to 1 at the ends.
//!
//! The names and the numbers are those of CSS Easing Functions Level 1, and Penner's families. `smooth` is ours; its speed at the start is
//! not its own but that of what it takes over from, so `transition.rs` does that part.

mod penner;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::penner::Penner;

/// The most steps that `steps(n)` takes; at 4 updates a second that is over four minutes of stairs.
pub const STEPS_MAX: u32 = 1000;

/// How a transition moves between its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Easing {
    /// Leaves with the speed that was there, arrives at rest. From rest it is 3u² - 2u³.
    #[default]
    Smooth,
    /// The same speed all the way.
    Linear,
    /// A cubic Bézier curve from (0,0) to (1,1) with two free handles, as in CSS.
    Bezier(Bezier),
    /// One of Penner's families.
    Penner(Penner),
    /// A staircase of that many equal steps, each taken at its end (CSS `jump-end`).
    Steps(u32),
}

impl Easing {
    /// CSS `ease`.
    pub const EASE: Self = Self::Bezier(Bezier { x1: 0.25, y1: 0.1, x2: 0.25, y2: 1.0 });
    /// CSS `ease-in`.
    pub const EASE_IN: Self = Self::Bezier(Bezier { x1: 0.42, y1: 0.0, x2: 1.0, y2: 1.0 });
    /// CSS `ease-out`.
    pub const EASE_OUT: Self = Self::Bezier(Bezier { x1: 0.0, y1: 0.0, x2: 0.58, y2: 1.0 });
    /// CSS `ease-in-out`.
    pub const EASE_IN_OUT: Self = Self::Bezier(Bezier { x1: 0.42, y1: 0.0, x2: 0.58, y2: 1.0 });

    /// The names of CSS and our own that stand alone, for messages and suggestions; [`Penner::names`] has the others.
    pub const NAMES: [&'static str; 6] = ["smooth", "linear", "ease", "ease-in", "ease-out", "ease-in-out"];

    /// Reads an easing as the show file writes it.
    ///
    /// # Errors
    ///
    /// A name that is none of [`Self::NAMES`], a function other than `cubic-bezier` and `steps`, or arguments out of
    /// their range; the text says which.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text {
            "smooth" => return Ok(Self::Smooth),
            "linear" => return Ok(Self::Linear),
            "ease" => return Ok(Self::EASE),
            "ease-in" => return Ok(Self::EASE_IN),
            "ease-out" => return Ok(Self::EASE_OUT),
            "ease-in-out" => return Ok(Self::EASE_IN_OUT),
            _ => {}
        }
        if let Some(curve) = Penner::parse(text) {
            return Ok(Self::Penner(curve));
        }
        let Some((name, args)) = text.strip_suffix(')').and_then(|head| head.split_once('(')) else {
            return Err(format!("`{text}` is not an easing"));
        };
        let args: Vec<f64> = args
            .split(',')
            .map(|arg| arg.trim().parse::<f64>().map_err(|_| format!("`{}` is not a number", arg.trim())))
            .collect::<Result<_, _>>()?;
        match (name.trim(), args.as_slice()) {
            ("cubic-bezier", &[x1, y1, x2, y2]) => Bezier::new(x1, y1, x2, y2).map(Self::Bezier),
            ("cubic-bezier", args) => {
                Err(format!("`cubic-bezier` takes 4 numbers x1, y1, x2, y2, not {}", args.len()))
            }
            ("steps", &[count]) if count.fract() == 0.0 && (1.0..=f64::from(STEPS_MAX)).contains(&count) => {
                Ok(Self::Steps(count as u32))
            }
            ("steps", _) => Err(format!("`steps` takes one whole number from 1 to {STEPS_MAX}")),
            (other, _) => Err(format!("`{other}` is not an easing")),
        }
    }

    /// Returns the value at progress `u` (clamped to 0..=1): exactly 0 at 0 and exactly 1 at 1.
    ///
    /// In between a Bézier curve may leave 0..=1 on purpose (an overshoot).
    pub fn at(self, u: f64) -> f64 {
        let u = u.clamp(0.0, 1.0);
        if u == 0.0 || u == 1.0 {
            return u;
        }
        match self {
            Self::Smooth => u * u * (3.0 - 2.0 * u),
            Self::Linear => u,
            Self::Bezier(curve) => curve.at(u),
            Self::Penner(curve) => curve.at(u),
            Self::Steps(count) => (u * f64::from(count)).floor() / f64::from(count),
        }
    }

    /// Returns the speed at progress `u`: value per progress. A staircase stands still between its jumps.
    pub fn speed(self, u: f64) -> f64 {
        let u = u.clamp(0.0, 1.0);
        match self {
            Self::Smooth => 6.0 * u * (1.0 - u),
            Self::Linear => 1.0,
            Self::Bezier(curve) => curve.speed(u),
            Self::Penner(curve) => curve.speed(u),
            Self::Steps(_) => 0.0,
        }
    }

    /// Returns the first progress after `u` at which the curve jumps, if it does: a staircase's next step.
    pub fn next_jump(self, u: f64) -> Option<f64> {
        match self {
            Self::Steps(count) => {
                let next = (u * f64::from(count)).floor() + 1.0;
                (next <= f64::from(count)).then(|| next / f64::from(count))
            }
            Self::Smooth | Self::Linear | Self::Bezier(_) | Self::Penner(_) => None,
        }
    }
}

impl From<Easing> for String {
    fn from(easing: Easing) -> Self {
        easing.to_string()
    }
}

impl TryFrom<String> for Easing {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl fmt::Display for Easing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Smooth => f.write_str("smooth"),
            Self::Linear => f.write_str("linear"),
            Self::EASE => f.write_str("ease"),
            Self::EASE_IN => f.write_str("ease-in"),
            Self::EASE_OUT => f.write_str("ease-out"),
            Self::EASE_IN_OUT => f.write_str("ease-in-out"),
            Self::Bezier(Bezier { x1, y1, x2, y2 }) => write!(f, "cubic-bezier({x1}, {y1}, {x2}, {y2})"),
            Self::Penner(curve) => f.write_str(&curve.name()),
            Self::Steps(count) => write!(f, "steps({count})"),
        }
    }
}

/// The handles of a CSS cubic Bézier curve; both x lie in 0..=1, so that it is a function of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bezier {
    x1: f64,
    y1: f64,
    x2: f64,
    y2: f64,
}

impl Bezier {
    fn new(x1: f64, y1: f64, x2: f64, y2: f64) -> Result<Self, String> {
        if [x1, y1, x2, y2].iter().any(|number| !number.is_finite()) {
            return Err("`cubic-bezier` takes finite numbers".to_owned());
        }
        if !(0.0..=1.0).contains(&x1) || !(0.0..=1.0).contains(&x2) {
            return Err(format!("`cubic-bezier`: x1 and x2 lie between 0 and 1, not {x1} and {x2}"));
        }
        Ok(Self { x1, y1, x2, y2 })
    }

    fn at(self, x: f64) -> f64 {
        polynomial(self.y1, self.y2, self.parameter(x))
    }

    fn speed(self, x: f64) -> f64 {
        let t = self.parameter(x);
        let dx = slope(self.x1, self.x2, t);
        // A vertical tangent: the curve is that fast only in passing, so a large finite speed stands for it.
        slope(self.y1, self.y2, t) / dx.max(1e-3)
    }

    /// Returns the curve's parameter at `x` by bisection: x grows with it, and 50 halvings reach the last bit.
    fn parameter(self, x: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if polynomial(self.x1, self.x2, middle) < x {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }
}

fn polynomial(a: f64, b: f64, t: f64) -> f64 {
    let s = 1.0 - t;
    3.0 * s * s * t * a + 3.0 * s * t * t * b + t * t * t
}

fn slope(a: f64, b: f64, t: f64) -> f64 {
    let s = 1.0 - t;
    3.0 * s * s * a + 6.0 * s * t * (b - a) + 3.0 * t * t * (1.0 - b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Easing> {
        let mut all: Vec<_> = Easing::NAMES.iter().map(|name| Easing::parse(name).unwrap()).collect();
        all.push(Easing::parse("cubic-bezier(0.3, -0.5, 0.7, 1.5)").unwrap());
        all.push(Easing::parse("steps(4)").unwrap());
        all.extend(Penner::names().map(|name| Easing::parse(&name).unwrap()));
        all
    }

    #[test]
    fn every_easing_is_exact_at_both_ends() {
        for easing in all() {
            assert_eq!(easing.at(0.0), 0.0, "{easing}");
            assert_eq!(easing.at(1.0), 1.0, "{easing}");
            assert_eq!(easing.at(7.0), 1.0, "{easing}");
        }
    }

    #[test]
    fn every_easing_reads_back_as_it_prints() {
        for easing in all() {
            assert_eq!(Easing::parse(&easing.to_string()), Ok(easing));
        }
    }

    #[test]
    fn css_curves_pass_through_their_known_points() {
        // Middle values as browsers give them for these four curves.
        for (name, middle) in
            [("ease", 0.8024), ("ease-in", 0.3154), ("ease-out", 0.6846), ("ease-in-out", 0.5)]
        {
            let value = Easing::parse(name).unwrap().at(0.5);
            assert!((value - middle).abs() < 1e-3, "{name}: {value}");
        }
    }

    #[test]
    fn the_speed_is_the_slope_of_the_curve() {
        for easing in
            all().into_iter().filter(|easing| !matches!(easing, Easing::Steps(_) | Easing::Penner(_)))
        {
            for u in [0.1, 0.37, 0.5, 0.82] {
                let slope = (easing.at(u + 1e-5) - easing.at(u - 1e-5)) / 2e-5;
                assert!((easing.speed(u) - slope).abs() < 1e-3, "{easing} at {u}");
            }
        }
    }

    #[test]
    fn every_speed_is_a_number_at_the_ends_too() {
        for easing in all() {
            for u in [0.0, 1e-9, 0.5, 1.0] {
                assert!(easing.speed(u).is_finite(), "{easing} at {u}");
            }
        }
    }

    #[test]
    fn stairs_jump_at_the_end_of_each_step() {
        let stairs = Easing::Steps(4);
        assert_eq!([0.2, 0.25, 0.6, 0.99].map(|u| stairs.at(u)), [0.0, 0.25, 0.5, 0.75]);
        assert_eq!(stairs.next_jump(0.0), Some(0.25));
        assert_eq!(stairs.next_jump(0.8), Some(1.0));
        assert_eq!(stairs.next_jump(1.0), None);
    }

    #[test]
    fn what_is_no_easing_says_why() {
        let refusals: Vec<_> =
            ["bouncy", "cubic-bezier(1,2)", "cubic-bezier(2,0,0,1)", "steps(0)", "steps(x)"]
                .iter()
                .map(|text| Easing::parse(text).unwrap_err())
                .collect();
        insta::assert_debug_snapshot!(refusals, @r#"
        [
            "`bouncy` is not an easing",
            "`cubic-bezier` takes 4 numbers x1, y1, x2, y2, not 2",
            "`cubic-bezier`: x1 and x2 lie between 0 and 1, not 2 and 0",
            "`steps` takes one whole number from 1 to 1000",
            "`x` is not a number",
        ]
        "#);
    }
}
