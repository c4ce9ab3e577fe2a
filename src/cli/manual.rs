//! `segue completions` and `segue man`: what packages ship beside the program.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Error};

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Pages {
    /// The directory to write into.
    directory: PathBuf,
}

/// Prints the completion script.
pub(super) fn completions(options: &Completions) {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "segue", &mut script);
    super::say(String::from_utf8_lossy(&script).trim_end());
}

/// Writes a page for the program and one for each command.
pub(super) fn pages(options: &Pages) -> Result<(), Error> {
    let directory = &options.directory;
    let what = format!("cannot write manual pages into `{}`", directory.display());
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .map_err(Error::io(what))
}
