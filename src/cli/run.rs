//! `segue run`: runs a show until SIGTERM or SIGINT, and reads its file again at SIGHUP.

use std::path::PathBuf;

use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tracing::{info, warn};

use super::{Error, check, log};
use crate::{clock::Clock, daemon};

/// What to run.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The show file; without one the built-in demo.
    file: Option<PathBuf>,
}

/// Runs the show.
pub(super) fn run(options: &Options, log: &log::Options) -> Result<(), Error> {
    let clock = Clock::start();
    log::start(log);
    let source = check::load(options.file.as_deref())?;
    super::block_on(async {
        // One that waits stands for all: the file is read after it in any case.
        let (again, hangups) = mpsc::channel(1);
        let mut signals = signals(again).map_err(Error::io("cannot listen for signals"))?;
        let (ask, asked) = tokio::sync::oneshot::channel();
        let mut show = std::pin::pin!(daemon::run(source, clock, hangups, async {
            // The sender is gone only when nobody runs the show any more.
            let _ = asked.await;
        }));
        tokio::select! {
            ended = &mut show => return Ok(ended?),
            () = signals() => {}
        }
        let _ = ask.send(());
        tokio::select! {
            ended = &mut show => Ok(ended?),
            () = signals() => {
                // The journal is synced at every edge, so nothing is lost but the end of the history.
                warn!("Asked a second time: the show ends at once.");
                Ok(())
            }
        }
    })?
}

/// Returns what completes at the next SIGTERM or SIGINT; until then it passes each SIGHUP on.
fn signals(again: mpsc::Sender<()>) -> std::io::Result<impl AsyncFnMut()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move || {
        loop {
            tokio::select! {
                _ = terminate.recv() => return info!("SIGTERM came."),
                _ = interrupt.recv() => return info!("SIGINT came."),
                _ = hangup.recv() => {
                    info!("SIGHUP came.");
                    let _ = again.try_send(());
                }
            }
        }
    })
}
