//! Where the log goes and how much of it: people in a terminal, journald under systemd, JSON for machines.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Libraries that report at ERROR what the show tells by itself, with its reason, or that chatter at DEBUG.
const SILENT: [&str; 4] = ["rumqttc=off", "rustls_platform_verifier=off", "hyper_util=warn", "reqwest=warn"];

/// How to log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(super) struct Options {
    /// How much to log: a level or a filter such as `info,segue::input=debug`.
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// The form of the log.
    #[arg(long, global = true, value_enum, default_value_t = Form::Auto)]
    log_format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// journald under systemd, else for people.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
    /// The journal of systemd.
    Journald,
}

/// Starts the log. What cannot be had falls back to the form for people.
pub(super) fn start(options: &Options) {
    let filter = SILENT.iter().fold(EnvFilter::new(&options.log), |filter, silent| match silent.parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    });
    let under_systemd = std::env::var_os("JOURNAL_STREAM").is_some();
    let journald = match options.log_format {
        Form::Journald => true,
        Form::Auto => under_systemd,
        Form::Human | Form::Json => false,
    };
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match tracing_journald::layer() {
        Ok(layer) if journald => Box::new(layer.with_filter(filter)),
        _ if options.log_format == Form::Json => {
            Box::new(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).with_filter(filter))
        }
        _ => {
            let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let layer = tracing_subscriber::fmt::layer().with_target(false).with_ansi(ansi);
            Box::new(layer.with_writer(std::io::stderr).with_filter(filter))
        }
    };
    // Only a second start could fail, and there is none.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}
