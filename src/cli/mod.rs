//! The command line: what can be typed, and which exit code comes back. One file per command.

mod bypass;
mod check;
mod go;
mod history;
mod lane;
mod log;
mod manual;
mod place;
mod plan;
mod playlist;
mod reference;
mod reload;
mod run;
mod schema;
mod simulate;
mod simulator;
mod status;
mod stream;

use std::{error::Error as _, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{daemon, show::lane::LaneVerb};

/// What a command that fails returns.
pub mod exit_code {
    /// Something failed while running.
    pub const FAILED: u8 = 1;
    /// The command line makes no sense; clap uses the same.
    pub const USAGE: u8 = 2;
    /// The show file is wrong (`EX_CONFIG` of sysexits.h). systemd is told not to try again.
    pub const CONFIG: u8 = 78;
}

/// Show control for generative video: scenes, blends and triggers for Daydream StreamDiffusion streams.
#[derive(Debug, Parser)]
#[command(name = "segue", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: log::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a show until it is told to stop.
    Run(run::Options),
    /// Check show files: every mistake at once, with its place and what was meant.
    Check(check::Options),
    /// Fire a scene or a cue of the running show; without a name, GO: the step that stands by in its playlist.
    Go(go::Options),
    /// Fire the step before in the playlist of the running show.
    Back(playlist::Back),
    /// Play a playlist of the running show, or step, pause, resume or stop it.
    Playlist(playlist::Options),
    /// Let the schedule of the running show do nothing for a while, and then follow it again.
    Bypass(bypass::Options),
    /// Go to the panic scene, which stays until it is released; the second time at once.
    Panic(lane::Options),
    /// Let go of panic; without it, of faders and of all that hold: back to what is due.
    Release(lane::Options),
    /// Tell what is on, how far the transition is, and how the streams are.
    Status(status::Options),
    /// Have the running show read its file again, and tell what changed.
    Reload(reload::Options),
    /// Tell what was on when, what was fired, what went wrong.
    History(history::Options),
    /// Tell what will be on, when and why: the schedule and the cron triggers of the next days.
    Plan(plan::Options),
    /// Rehearse a show on a virtual clock: a transcript, a summary of each transition, a plot.
    Simulate(simulate::Options),
    /// Stand in for the Daydream API, without an account or a GPU.
    Simulator(simulator::Options),
    /// Create, list, read, change and delete streams by hand.
    Stream(stream::Options),
    /// Print the JSON Schema of show files, for editors.
    Schema,
    /// Print every key of a show file and every parameter, as Markdown.
    Reference,
    /// Print a completion script for a shell.
    Completions(manual::Completions),
    /// Write the manual pages into a directory.
    Man(manual::Pages),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The show file is wrong; what is wrong was printed.
    #[error("{0}")]
    Config(String),
    /// The show file cannot be read.
    #[error(transparent)]
    Read(#[from] crate::config::ReadError),
    /// The show could not start or had to end.
    #[error(transparent)]
    Daemon(#[from] daemon::Error),
    /// A key or a token is missing.
    #[error("a secret is missing")]
    Key(#[from] crate::daemon::secret::SecretError),
    /// There is no history to be read.
    #[error(transparent)]
    History(#[from] crate::record::history::HistoryError),
    /// Something failed that has been said in full.
    #[error("{0}")]
    Failed(String),
    /// Reading or writing failed.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Error {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::Io { what, source }
    }

    fn exit_code(&self) -> u8 {
        match self {
            // A secret that the show file names and that is not there: trying again does not help.
            Self::Config(_)
            | Self::Read(_)
            | Self::Daemon(daemon::Error::Secret(_) | daemon::Error::Token(_)) => exit_code::CONFIG,
            Self::Daemon(_) | Self::Key(_) | Self::History(_) | Self::Failed(_) | Self::Io { .. } => {
                exit_code::FAILED
            }
        }
    }
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let Cli { command, log } = Cli::parse();
    let outcome = match command {
        Command::Run(options) => run::run(&options, &log),
        Command::Check(options) => check::run(&options),
        Command::Go(options) => go::run(&options),
        Command::Back(options) => playlist::back(&options),
        Command::Playlist(options) => playlist::run(&options),
        Command::Bypass(options) => bypass::run(&options),
        Command::Panic(options) => lane::run(LaneVerb::Panic, &options),
        Command::Release(options) => lane::run(LaneVerb::Release, &options),
        Command::Plan(options) => plan::run(&options),
        Command::Status(options) => status::run(&options),
        Command::Reload(options) => reload::run(&options),
        Command::History(options) => history::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Simulator(options) => simulator::run(options, &log),
        Command::Stream(options) => stream::run(&options),
        Command::Schema => {
            say(&schema::text());
            Ok(())
        }
        Command::Reference => {
            say(&reference::text());
            Ok(())
        }
        Command::Completions(options) => {
            manual::completions(&options);
            Ok(())
        }
        Command::Man(options) => manual::pages(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints an error and what caused it, once, for people.
fn complain(error: &Error) {
    let mut text = format!("error: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str("\n  because: ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    say_error(&text);
}

/// Prints a line to people: the only place that writes to the terminal's error side.
#[expect(clippy::print_stderr, reason = "commands speak to people")]
fn say_error(text: &str) {
    eprintln!("{text}");
}

/// Prints a command's result. A reader that has gone (`| head`) is no mistake.
fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Runs a future to its end on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("cannot start the runtime"))?;
    Ok(runtime.block_on(future))
}
