//! `segue stream`: what Daydream's guide does with shell scripts, by hand and without a show.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Error, say, say_error};
use crate::{
    backend::{AddressError, Client, ClientError, Endpoints, Limits},
    clock,
    daemon::secret,
    show::{
        duration,
        event::{Failure, Reply, Request, StreamObject},
        health::StatusReport,
        params::{self, Kind},
        venue::{Backend, Environment, SecretSource},
    },
};

/// The variable that holds the key unless a file is named.
const KEY_VARIABLE: &str = "DAYDREAM_API_KEY";
/// How often to look whether the stream can be watched yet.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Which account, and what to do there.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
    /// Which installation: `production`, `staging`, or a base URL.
    #[arg(long, global = true, default_value = "production", value_name = "WHERE")]
    environment: String,
    /// Which generation of the API.
    #[arg(long, global = true, value_enum, default_value_t = Api::Daydream)]
    api: Api,
    /// The pipeline id for creates of the older API; the installation's own if left out.
    #[arg(long, global = true, value_name = "ID")]
    pipeline_id: Option<String>,
    /// Read the API key from this file instead of the environment variable `DAYDREAM_API_KEY`.
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Api {
    /// v1.
    Daydream,
    /// The older one.
    DaydreamBeta,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a stream and tell where to send video and where to watch.
    Create {
        /// What to paint.
        #[arg(long)]
        prompt: String,
        /// A name for the vendor's list.
        #[arg(long, default_value = "segue")]
        name: String,
        /// Any parameter as NAME=VALUE, such as `width=704` or `t_index_list=[12,20,32]`.
        #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
        set: Vec<(String, Value)>,
        /// Wait until it can be watched, at most this long, and tell the WHEP URL.
        #[arg(long, value_name = "TIME", value_parser = duration::parse, num_args = 0..=1, default_missing_value = "60s")]
        wait: Option<Duration>,
    },
    /// List the streams of the account.
    List,
    /// Tell where to send video to a stream and where to watch it.
    Get {
        /// The stream's id.
        id: String,
    },
    /// Read the status of a stream.
    Status {
        /// The stream's id.
        id: String,
    },
    /// Change parameters of a stream. The older API resets what is not named.
    Update {
        /// The stream's id.
        id: String,
        /// What to paint.
        #[arg(long)]
        prompt: Option<String>,
        /// Any parameter as NAME=VALUE, such as `delta=0.6`.
        #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
        set: Vec<(String, Value)>,
    },
    /// Delete a stream.
    Delete {
        /// The stream's id.
        id: String,
    },
}

/// Does it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let client = client(options)?;
    let printed = super::block_on(perform(options, &client))??;
    say(&printed);
    Ok(())
}

async fn perform(options: &Options, client: &Client) -> Result<String, Error> {
    let reply = async |request: Request| client.perform(&request, clock::wall()).await.map_err(failed);
    match &options.command {
        Command::Create { prompt, name, set, wait } => {
            let params = parameters(Some(prompt), set)?;
            let Reply::Stream(object) = reply(Request::Create { name: name.as_str().into(), params }).await?
            else {
                return Err(odd());
            };
            let whep = match wait {
                Some(longest) => wait_for_picture(client, &object, *longest).await?,
                None => None,
            };
            Ok(places(options.json, client.endpoints(), &object, whep.as_deref()))
        }
        Command::List => {
            let listed = client.list(clock::wall()).await.map_err(failed)?;
            let rows = listed.iter().map(|stream| {
                let created = stream.created_at.map(|at| at.to_string());
                (stream.object.id.as_str(), stream.name.as_deref(), created)
            });
            if options.json {
                let row =
                    |(id, name, created_at)| json!({ "id": id, "name": name, "created_at": created_at });
                return Ok(Value::Array(rows.map(row).collect()).to_string());
            }
            let row = |(id, name, created): (&str, Option<&str>, Option<String>)| {
                format!("{id}  {}  {}", created.as_deref().unwrap_or("-"), name.unwrap_or("-"))
            };
            Ok(rows.map(row).collect::<Vec<_>>().join("\n"))
        }
        Command::Get { id } => match reply(Request::Get { id: id.as_str().into() }).await? {
            Reply::Stream(object) => Ok(places(options.json, client.endpoints(), &object, None)),
            _ => Err(odd()),
        },
        Command::Status { id } => match reply(Request::Status { id: id.as_str().into() }).await? {
            Reply::Status(report) => Ok(status(options.json, &report)),
            _ => Err(odd()),
        },
        Command::Update { id, prompt, set } => {
            let params = parameters(prompt.as_deref(), set)?;
            match reply(Request::Update { id: id.as_str().into(), params }).await? {
                Reply::Updated { was_censored, warnings } => {
                    Ok(updated(options.json, was_censored, &warnings))
                }
                _ => Err(odd()),
            }
        }
        Command::Delete { id } => {
            reply(Request::Delete { id: id.as_str().into() }).await?;
            Ok(if options.json { json!({ "deleted": id }).to_string() } else { format!("deleted {id}") })
        }
    }
}

fn client(options: &Options) -> Result<Client, Error> {
    let backend = match options.api {
        Api::Daydream => Backend::Daydream,
        Api::DaydreamBeta => Backend::DaydreamBeta,
    };
    let environment = match options.environment.as_str() {
        "production" => Environment::Production,
        "staging" => Environment::Staging,
        url if url.contains("://") => Environment::Url(url.into()),
        other => {
            let what =
                "an environment is `production`, `staging`, or a base URL such as `http://127.0.0.1:8787`";
            return Err(Error::Failed(format!("{what}, not `{other}`")));
        }
    };
    let source = match &options.key_file {
        Some(path) => SecretSource::File(path.clone()),
        None => SecretSource::Env(KEY_VARIABLE.into()),
    };
    let key = secret::fetch(&source, |name| std::env::var_os(name))?;
    let endpoints = Endpoints::of(&environment, backend, options.pipeline_id.as_deref().map(Into::into))
        .map_err(|error: AddressError| Error::Failed(error.to_string()))?;
    Client::new(endpoints, backend.generation(), Some(key), Limits::default())
        .map_err(|error: ClientError| Error::Failed(error.to_string()))
}

/// Reads `NAME=VALUE`; what is not JSON is a text.
fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let Some(spec) = params::find(name) else {
        return Err(format!("`{name}` is no parameter of StreamDiffusion"));
    };
    let value = match spec.kind {
        Kind::Text | Kind::Choice(_) => Value::from(value),
        _ => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
    };
    Ok((name.to_owned(), value))
}

fn parameters(prompt: Option<&str>, set: &[(String, Value)]) -> Result<Map<String, Value>, Error> {
    let mut parameters: Map<String, Value> = set.iter().cloned().collect();
    if let Some(prompt) = prompt {
        parameters.insert("prompt".to_owned(), Value::from(prompt));
    }
    if parameters.is_empty() {
        return Err(Error::Failed("nothing to change: give --prompt or --set".to_owned()));
    }
    let model = params::find("model_id").and_then(|spec| spec.default(params::Profile::default()));
    parameters.entry("model_id").or_insert(model.unwrap_or_default());
    Ok(parameters)
}

async fn wait_for_picture(
    client: &Client,
    object: &StreamObject,
    longest: Duration,
) -> Result<Option<String>, Error> {
    let request = Request::Status { id: object.id.as_str().into() };
    let start = clock::Clock::start();
    say_error("Waiting for the picture; it comes once video is sent in.");
    while start.now().mono.0 < longest {
        // A status that is not there yet is what is waited for.
        if let Ok(Reply::Status(report)) = client.perform(&request, clock::wall()).await
            && let Some(url) = report.whep_url
        {
            return Ok(Some(url));
        }
        clock::pause(LOOK_EVERY.min(longest)).await;
    }
    Ok(None)
}

fn places(as_json: bool, endpoints: &Endpoints, object: &StreamObject, whep: Option<&str>) -> String {
    let StreamObject { id, stream_key, output_playback_id, whip_url } = object;
    let rtmp = stream_key.as_deref().map(|key| endpoints.rtmp_url(key));
    let hls = output_playback_id.as_deref().map(|id| endpoints.hls_url(id));
    if as_json {
        return json!({
            "id": id, "stream_key": stream_key, "output_playback_id": output_playback_id,
            "rtmp_url": rtmp, "whip_url": whip_url, "hls_url": hls, "whep_url": whep,
        })
        .to_string();
    }
    let line = |name: &str, value: Option<&str>| format!("{name:<13}{}", value.unwrap_or("unknown"));
    let mut lines = vec![
        line("stream id", Some(id)),
        line("stream key", stream_key.as_deref()),
        line("send RTMP", rtmp.as_deref()),
        line("send WHIP", whip_url.as_deref()),
        line("watch HLS", hls.as_deref()),
    ];
    lines.push(match whep {
        Some(url) => line("watch WHEP", Some(url)),
        None => format!("{:<13}not yet: segue stream status {id}", "watch WHEP"),
    });
    lines.join("\n")
}

fn status(as_json: bool, report: &StatusReport) -> String {
    if as_json {
        return json!(report).to_string();
    }
    let rate = |rate: Option<f64>| rate.map_or_else(|| "?".to_owned(), |rate| format!("{rate:.1}"));
    let mut lines = vec![
        format!("{:<13}{}", "state", report.state.as_deref().unwrap_or("unknown")),
        format!("{:<13}{} in, {} out", "fps", rate(report.fps_in), rate(report.fps_out)),
    ];
    let facts = [
        ("last error", &report.last_error),
        ("gateway says", &report.gateway_error),
        ("watch WHEP", &report.whep_url),
    ];
    for (name, value) in facts {
        lines.extend(value.as_ref().map(|value| format!("{name:<13}{value}")));
    }
    lines.join("\n")
}

fn updated(as_json: bool, was_censored: bool, warnings: &[String]) -> String {
    if as_json {
        return json!({ "updated": true, "was_censored": was_censored, "warnings": warnings }).to_string();
    }
    let censored = was_censored.then_some("the prompt was replaced or softened by a filter");
    let warnings = censored.into_iter().chain(warnings.iter().map(String::as_str));
    ["updated"].into_iter().chain(warnings).collect::<Vec<_>>().join("\n")
}

fn failed(failure: Failure) -> Error {
    Error::Failed(failure.message)
}

fn odd() -> Error {
    Error::Failed("the API answered something else than what was asked".to_owned())
}
