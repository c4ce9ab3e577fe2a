//! When the sun rises and sets. Arithmetic only; knows no zone and no schedule.
//!
//! The formulas are those of the Solar Calculator of NOAA's Global Monitoring Laboratory
//! (<https://gml.noaa.gov/grad/solcalc/calcdetails.html>), after Jean Meeus, *Astronomical Algorithms*: good to about a
//! minute between the polar circles, to a few minutes beyond them, where the real air decides anyway. Rising and setting is
//! when the upper rim of the sun touches a level horizon: its centre is 0.833° below, of which 34' are refraction.
//!
//! # Where the sun does not rise or set
//!
//! A sun that stays up sets and rises at its lowest point, midway between two noons; one that stays down rises and sets at
//! its highest, at noon. So the day grows to 24 hours, or shrinks to none, without a jump, and what is on between two
//! events of the sun has no gap.

use jiff::Timestamp;

/// How far the sun's centre is from the zenith when it rises, in degrees.
const ZENITH_DEGREES: f64 = 90.833;
/// The Julian date of 1970-01-01T00:00Z, and of 2000-01-01T12:00Z, from which the formulas count.
const EPOCH_1970: f64 = 2_440_587.5;
const EPOCH_2000: f64 = 2_451_545.0;
/// How often a guess of the moment is made better; the second pass moves it by seconds already.
const PASSES: usize = 5;

/// A place on Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Location {
    latitude: f64,
    longitude: f64,
}

/// What the sun does on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SunDay {
    /// When it rises.
    pub sunrise: Timestamp,
    /// When it sets.
    pub sunset: Timestamp,
    /// Whether it really does.
    pub polar: Option<Polar>,
}

/// A sun that does not cross the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polar {
    /// It stays up.
    Day,
    /// It stays down.
    Night,
}

/// Where the sun stands.
struct Sky {
    /// How far north of the equator, in radians.
    declination: f64,
    /// How far a sundial is ahead of a clock, in days.
    equation_of_time: f64,
}

impl Location {
    /// Makes a place; degrees, north and east are positive. `None` outside of -90 to 90, -180 to 180.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let fits = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        fits.then_some(Self { latitude, longitude })
    }

    /// Returns how far east of Greenwich, in degrees.
    pub fn longitude(&self) -> f64 {
        self.longitude
    }

    /// Returns what the sun does around the noon that is nearest to `midday`; `None` at the ends of time.
    pub fn day(&self, midday: Timestamp) -> Option<SunDay> {
        let number = (julian(midday) - self.mean_noon(0.0)).round();
        let noon = self.noon(number);
        let sky = |at: f64| Sky::at(at);
        // How far before and after noon the sun crosses the horizon.
        let crossing = |sign: f64| {
            let mut cosine = 0.0;
            let mut at = noon;
            for _ in 0..PASSES {
                let Sky { declination, equation_of_time } = sky(at);
                cosine = self.hour_angle_cosine(declination);
                let half = cosine.clamp(-1.0, 1.0).acos().to_degrees() / 360.0;
                at = number + self.mean_noon(0.0) - equation_of_time + sign * half;
            }
            (at, cosine)
        };
        let (rise, before) = crossing(-1.0);
        let (set, after) = crossing(1.0);
        let polar = match f64::midpoint(before, after) {
            cosine if cosine <= -1.0 => Some(Polar::Day),
            cosine if cosine >= 1.0 => Some(Polar::Night),
            _ => None,
        };
        let (night_before, night_after) =
            (f64::midpoint(self.noon(number - 1.0), noon), f64::midpoint(noon, self.noon(number + 1.0)));
        let (rise, set) = match polar {
            Some(Polar::Day) => (night_before, night_after),
            Some(Polar::Night) => (noon, noon),
            None => (rise.max(night_before), set.min(night_after)),
        };
        Some(SunDay { sunrise: whole_minute(rise)?, sunset: whole_minute(set)?, polar })
    }

    /// Returns the noon of a clock that goes by the sun's mean pace, `number` days after the first.
    fn mean_noon(&self, number: f64) -> f64 {
        EPOCH_2000 - self.longitude / 360.0 + number
    }

    /// Returns when the sun is highest, `number` days after the first such noon.
    fn noon(&self, number: f64) -> f64 {
        let mean = self.mean_noon(number);
        let guess = mean - Sky::at(mean).equation_of_time;
        mean - Sky::at(guess).equation_of_time
    }

    /// Returns the cosine of the hour angle at which the sun crosses the horizon; beyond ±1 it does not.
    fn hour_angle_cosine(&self, declination: f64) -> f64 {
        let latitude = self.latitude.to_radians();
        let height = ZENITH_DEGREES.to_radians().cos() - latitude.sin() * declination.sin();
        height / (latitude.cos() * declination.cos())
    }
}

impl Sky {
    /// Works out where the sun stands at a Julian date.
    fn at(julian: f64) -> Self {
        let century = (julian - EPOCH_2000) / 36_525.0;
        let mean_longitude = (280.466_46 + century * (36_000.769_83 + century * 0.000_303_2)).to_radians();
        let anomaly = (357.529_11 + century * (35_999.050_29 - 0.000_153_7 * century)).to_radians();
        let eccentricity = 0.016_708_634 - century * (0.000_042_037 + 0.000_000_126_7 * century);
        let centre = anomaly.sin() * (1.914_602 - century * (0.004_817 + 0.000_014 * century))
            + (2.0 * anomaly).sin() * (0.019_993 - 0.000_101 * century)
            + (3.0 * anomaly).sin() * 0.000_289;
        let node = (125.04 - 1_934.136 * century).to_radians();
        let longitude = mean_longitude + (centre - 0.005_69 - 0.004_78 * node.sin()).to_radians();
        let seconds = 21.448 - century * (46.815 + century * (0.000_59 - century * 0.001_813));
        let obliquity = (23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.002_56 * node.cos()).to_radians();
        let y = (obliquity / 2.0).tan().powi(2);
        let equation = y * (2.0 * mean_longitude).sin() - 2.0 * eccentricity * anomaly.sin()
            + 4.0 * eccentricity * y * anomaly.sin() * (2.0 * mean_longitude).cos()
            - 0.5 * y * y * (4.0 * mean_longitude).sin()
            - 1.25 * eccentricity * eccentricity * (2.0 * anomaly).sin();
        Self {
            declination: (obliquity.sin() * longitude.sin()).asin(),
            equation_of_time: equation.to_degrees() / 360.0,
        }
    }
}

fn julian(at: Timestamp) -> f64 {
    at.as_second() as f64 / 86_400.0 + EPOCH_1970
}

/// Almanacs give minutes; so do windows, so that what is told is what is done.
fn whole_minute(julian: f64) -> Option<Timestamp> {
    let minutes = ((julian - EPOCH_1970) * 1_440.0).round();
    Timestamp::from_second(minutes as i64 * 60).ok()
}
