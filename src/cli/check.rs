//! `segue check`: tells every mistake of a show file at once. Also how every other command loads one.

use std::{
    fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{Error, say, say_error};
use crate::{
    clock,
    config::{self, Context, Diagnostic, Loaded, Severity},
    daemon::Source,
    show::sheet::Sheet,
};

/// The show that runs when no file is named, and what it is called in messages.
const DEMO: (&str, &str) = ("demo.yaml (built in)", include_str!("../../config/demo.yaml"));

/// What to check and how to tell it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The show files; without one the built-in demo.
    files: Vec<PathBuf>,
    /// Take warnings for errors.
    #[arg(long)]
    strict: bool,
    /// How to tell what is wrong.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also tell the next five runs of each cron trigger, with offset and what the clock changes do to them.
    #[arg(long)]
    explain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON array.
    Json,
}

/// Checks the files.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let files: Vec<Option<&Path>> = match options.files.as_slice() {
        [] => vec![None],
        files => files.iter().map(|file| Some(file.as_path())).collect(),
    };
    let mut diagnostics = Vec::new();
    let mut unread = Vec::new();
    for file in files {
        match read(file) {
            Ok(Loaded { sheet, diagnostics: found, .. }) => {
                if let (Some(sheet), Format::Text) = (&sheet, options.format) {
                    say(&fine(file, sheet));
                    if options.explain {
                        say(config::explain(sheet, clock::wall()).trim_end());
                    }
                }
                diagnostics.extend(found);
            }
            Err(error) => unread.push(error),
        }
    }
    let mut mistakes = count(&diagnostics, Severity::Error) + unread.len();
    let warnings = count(&diagnostics, Severity::Warning);
    if options.strict {
        mistakes += warnings;
    }
    match options.format {
        Format::Json => say(&config::render_json(&diagnostics)),
        Format::Text => tell(&diagnostics),
    }
    for error in unread {
        super::complain(&Error::Read(error));
    }
    if mistakes > 0 { Err(Error::Config(summary(&diagnostics, options.strict))) } else { Ok(()) }
}

/// Says what is in a show that can run.
fn fine(file: Option<&Path>, sheet: &Sheet) -> String {
    let name = file.map_or_else(|| DEMO.0.to_owned(), |file| file.display().to_string());
    let parts = [
        plural(sheet.streams.len(), "stream"),
        plural(sheet.scenes.len(), "scene"),
        plural(sheet.cues.len(), "cue"),
        plural(sheet.triggers.len(), "trigger"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{name}: {}", parts.join(", "))
}

fn plural(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    }
}

/// Loads a show that is to run; what is wrong with it is told.
pub(super) fn load(file: Option<&Path>) -> Result<Source, Error> {
    let Loaded { sheet, diagnostics, files } = read(file)?;
    tell(&diagnostics);
    let sheet = sheet.ok_or_else(|| Error::Config(summary(&diagnostics, false)))?;
    Ok(Source { sheet, files, node: node() })
}

fn read(file: Option<&Path>) -> Result<Loaded, config::ReadError> {
    let node = node();
    let context = Context { node: &node };
    let mut loaded = match file {
        Some(file) => config::load(file, &context)?,
        None => config::parse(DEMO.0, DEMO.1, &context),
    };
    let machine = machine();
    for stream in loaded.sheet.iter_mut().flat_map(|sheet| &mut sheet.streams) {
        stream.family = format!("{} {machine:08x}", stream.family).into();
    }
    Ok(loaded)
}

/// Returns a mark of this machine, so that two of one name do not take each other's streams.
fn machine() -> u32 {
    let id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    // FNV-1a; the id itself is not for others (machine-id(5)).
    id.trim().bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn tell(diagnostics: &[Diagnostic]) {
    if !diagnostics.is_empty() {
        let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        say_error(&config::render_text(diagnostics, color));
    }
}

fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
}

fn summary(diagnostics: &[Diagnostic], strict: bool) -> String {
    let found = [
        plural(count(diagnostics, Severity::Error), "error"),
        plural(count(diagnostics, Severity::Warning), "warning"),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    match found.as_slice() {
        [] => "a show file could not be read".to_owned(),
        found => format!("{}{}", found.join(", "), if strict { " (strict: warnings count)" } else { "" }),
    }
}

/// Returns the name of this machine, fit to be a part of an MQTT topic.
fn node() -> String {
    let read = |path: &str| fs::read_to_string(path).ok();
    let name = read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname")).unwrap_or_default();
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.trim().chars().map(|c| if fit(c) { c } else { '-' }).collect();
    if name.is_empty() { "node".to_owned() } else { name }
}
