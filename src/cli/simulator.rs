//! `segue simulator`: stands in for the API on a port of its own.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use tokio::{net::TcpListener, signal};

use super::{Error, log};
use crate::{
    clock::Clock,
    show::duration,
    simulator::{
        self, Machine,
        machine::{PerSecond, Profile, Video},
    },
};

/// What to be.
#[derive(Args)]
pub(super) struct Options {
    /// Where to listen; port 0 for any free one.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The key that requests must carry; any is taken if left out.
    #[arg(long, env = "SEGUE_SIMULATOR_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,
    /// How long a request is on its way before it is applied.
    #[arg(long, default_value = "0ms", value_parser = duration::parse, value_name = "TIME")]
    latency: Duration,
    /// How much shorter or longer the way can be.
    #[arg(long, default_value = "0ms", value_parser = duration::parse, value_name = "TIME")]
    jitter: Duration,
    /// Write one JSON line for each accepted create and update into this file.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    /// Which age of the runner: `dec2025` or `jul2025`.
    #[arg(long, default_value = "dec2025")]
    profile: Profile,
    /// Passes of the diffusion pipeline that the GPU makes in a second.
    #[arg(long, default_value = "45", value_name = "RATE")]
    passes_per_second: PerSecond,
    /// How long the encoding of one prompt takes.
    #[arg(long, default_value = "10ms", value_parser = duration::parse, value_name = "TIME")]
    encode: Duration,
    /// How long a reload of the model takes.
    #[arg(long, default_value = "15s", value_parser = duration::parse, value_name = "TIME")]
    reload: Duration,
    /// The angle between two prompts, in radians.
    #[arg(long, default_value_t = 0.8, value_name = "RADIANS")]
    prompt_angle: f64,
    /// Whether video comes in: `on`, `off`, `after:5s`.
    #[arg(long, default_value = "on")]
    video: Video,
    /// How many requests are let through, such as `10/s`; the rest are answered 429. All if left out.
    #[arg(long, value_name = "RATE")]
    rate_limit: Option<PerSecond>,
    /// A JSON list of faults that are there from the start.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Seeds ids and jitter.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(options: Options, log: &log::Options) -> Result<(), Error> {
    let clock = Clock::start();
    log::start(log);
    let listen = options.listen;
    super::block_on(async {
        let listener =
            TcpListener::bind(listen).await.map_err(Error::io(format!("cannot listen on {listen}")))?;
        let address = listener.local_addr().map_err(Error::io("the socket has no address"))?;
        super::say(&format!("simulator at http://{address}"));
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())
            .map_err(Error::io("cannot listen for signals"))?;
        let shutdown = async move {
            tokio::select! {
                _ = signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        };
        simulator::serve(listener, options.settings(), move || clock.now(), shutdown)
            .await
            .map_err(Error::io("the simulator ended"))
    })?
}

impl Options {
    fn settings(self) -> simulator::Options {
        let machine = Machine {
            profile: self.profile,
            passes_per_second: self.passes_per_second,
            encode: self.encode,
            reload: self.reload,
            prompt_angle: self.prompt_angle,
            video: self.video,
            ..Machine::default()
        };
        simulator::Options {
            api_key: self.api_key,
            latency: self.latency,
            jitter: self.jitter,
            seed: self.seed,
            requests: self.requests,
            rate_limit: self.rate_limit,
            faults: self.faults,
            machine,
        }
    }
}
