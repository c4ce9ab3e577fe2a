//! The `segue` command: hands the command line to the library and its answer to the shell.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    segue::cli::main()
}
