//! The figures and the bars that they are held to, printed as they come.

use std::process::ExitCode;

/// What a figure is held to.
pub(crate) struct Bar {
    kept: bool,
    text: String,
}

impl Bar {
    /// Not more than that.
    pub(crate) fn most(figure: f64, most: f64) -> Self {
        // A figure that is no number keeps no bar.
        Self { kept: figure <= most, text: format!("≤ {}", short(most)) }
    }

    /// Not less than that.
    pub(crate) fn least(figure: f64, least: f64) -> Self {
        Self { kept: figure >= least, text: format!("≥ {}", short(least)) }
    }

    /// None at all.
    pub(crate) fn none(count: u64) -> Self {
        Self { kept: count == 0, text: "0".to_owned() }
    }
}

fn short(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The table.
#[derive(Default)]
pub(crate) struct Table {
    missed: usize,
}

impl Table {
    /// Begins a part.
    pub(crate) fn head(what: &str) {
        println!("\n{what}");
    }

    /// Prints a figure.
    pub(crate) fn line(&mut self, what: &str, figure: impl AsRef<str>, bar: Option<Bar>) {
        let figure = figure.as_ref();
        let verdict = match &bar {
            None => String::new(),
            Some(Bar { kept: true, text }) => text.clone(),
            Some(Bar { kept: false, text }) => format!("{text}, MISSED"),
        };
        self.missed += usize::from(bar.is_some_and(|bar| !bar.kept));
        println!("  {what:<48} {figure:<64} {verdict}");
    }

    /// Returns whether every bar is kept.
    pub(crate) fn print(&self) -> ExitCode {
        match self.missed {
            0 => ExitCode::SUCCESS,
            missed => {
                println!("\n{missed} missed");
                ExitCode::FAILURE
            }
        }
    }
}
