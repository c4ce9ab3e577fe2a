//! What kind of backend is simulated: how fast its GPU is, how long it loads, whether video arrives.

use std::{fmt, str::FromStr, time::Duration};

pub use crate::show::params::Profile;

/// The simulated backend's properties. The defaults are the working assumptions about the hosted service.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Which age of the runner to be.
    pub profile: Profile,
    /// How many passes of the diffusion pipeline the GPU makes.
    pub passes_per_second: PerSecond,
    /// The rate of the video that comes in.
    pub input_fps: PerSecond,
    /// How long the encoding of one prompt holds up the frames.
    pub encode: Duration,
    /// How long it takes to load a model.
    pub reload: Duration,
    /// The angle between the embeddings of two prompts, in radians.
    pub prompt_angle: f64,
    /// Whether and when video arrives at a new stream.
    pub video: Video,
    /// Whether a new session has to load its model first; a warm container already has it.
    pub cold_start: bool,
    /// How often the runner reports its status.
    pub report_every: Duration,
    /// Whether the gateway forgets what the runner tells only once: `last_params` and `last_restart_logs` are then
    /// null until they change.
    pub forgetful: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            profile: Profile::December2025,
            passes_per_second: PerSecond(45.0),
            input_fps: PerSecond(30.0),
            encode: Duration::from_millis(10),
            reload: Duration::from_secs(15),
            prompt_angle: 0.8,
            video: Video::On,
            cold_start: false,
            report_every: Duration::from_secs(10),
            forgetful: false,
        }
    }
}

/// Whether and when video arrives at a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Video {
    /// At once.
    On,
    /// Not by itself.
    Off,
    /// So long after the create.
    After(Duration),
}

/// A rate; more than zero, and finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct PerSecond(f64);

impl PerSecond {
    /// The highest rate: one per microsecond, far above any GPU or client.
    const MAX: f64 = 1e6;
    /// The lowest rate: one in a thousand seconds.
    const MIN: f64 = 1e-3;

    /// Returns the rate, or `None` if it is not between one in a thousand seconds and a million a second.
    pub fn new(rate: f64) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&rate).then_some(Self(rate))
    }

    /// Returns the number of times in a second.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A setting of the simulator that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    text: String,
    expected: &'static str,
}

impl SettingError {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.text, self.expected)
    }
}

impl std::error::Error for SettingError {}

impl FromStr for Profile {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_word(text).ok_or_else(|| SettingError::new(text, "a profile: `dec2025` or `jul2025`"))
    }
}

impl FromStr for Video {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let after = |time: &str| {
            let (number, unit) = match time.strip_suffix("ms") {
                Some(number) => (number, 0.001),
                None => (time.strip_suffix('s').unwrap_or(time), 1.0),
            };
            Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
        };
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => text
                .strip_prefix("after:")
                .and_then(after)
                .map(Self::After)
                .ok_or_else(|| SettingError::new(text, "`on`, `off` or a time such as `after:5s`")),
        }
    }
}

impl FromStr for PerSecond {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        number
            .parse()
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| SettingError::new(text, "a rate from 0.001/s to 1000000/s, such as `10/s`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_people_write_them() {
        assert_eq!("on".parse(), Ok(Video::On));
        assert_eq!("off".parse(), Ok(Video::Off));
        assert_eq!("after:5s".parse(), Ok(Video::After(Duration::from_secs(5))));
        assert_eq!("after:250ms".parse(), Ok(Video::After(Duration::from_millis(250))));
        assert_eq!("10/s".parse(), Ok(PerSecond(10.0)));
        assert_eq!("45".parse(), Ok(PerSecond(45.0)));
        assert_eq!("jul2025".parse(), Ok(Profile::July2025));
    }

    #[test]
    fn a_setting_that_makes_no_sense_is_refused_with_what_would() {
        for text in ["after:", "after:-1s", "after:soon", "yes"] {
            let error = text.parse::<Video>().unwrap_err().to_string();
            assert_eq!(error, format!("`{text}` is not `on`, `off` or a time such as `after:5s`"));
        }
        for text in ["0", "-1/s", "NaN", "inf", "fast"] {
            assert!(text.parse::<PerSecond>().is_err(), "{text}");
        }
        assert!("june".parse::<Profile>().is_err());
    }
}
