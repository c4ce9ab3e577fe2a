//! Tells those whom the show file names of new streams and of alarms: MQTT, HTTP, a command. Never holds up the show.
//!
//! What is told of a new stream holds its key, because that is what its video source needs: it goes where the show file
//! says and nowhere else, so nothing here logs an address, a body or an answer.

use std::{collections::BTreeMap, io, process::Stdio, sync::Arc, time::Duration};

use reqwest::Url;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    task::{AbortHandle, JoinSet},
};
use tracing::{debug, info, warn};

use super::secret;
use crate::{
    backend::install_tls,
    input::mqtt::outbox::Outbox,
    show::{
        event::{Notice, StreamIndex},
        recovery::{Hook, HookUrl},
        sheet::Sheet,
    },
};

/// How long one post may take.
const POST_TIMEOUT: Duration = Duration::from_secs(10);
/// The waits between the tries of a post: with the posts themselves at most four minutes.
const POST_WAITS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(2),
];
/// How much of a command's output is read; the rest is thrown away.
const OUTPUT_MAX: u64 = 4096;
/// What a command gets of our own environment; the rest may hold keys that are none of its business.
const INHERITED: [&str; 6] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER"];
/// How much of it is told.
const OUTPUT_TOLD: usize = 300;

/// Those who are being told something. At most one task for each hook of the file: newer news end older ones.
#[derive(Debug)]
pub(super) struct Hooks {
    outbox: Option<Outbox>,
    tasks: JoinSet<()>,
    running: BTreeMap<(StreamIndex, &'static str, usize), AbortHandle>,
}

impl Hooks {
    /// Begins with nobody to tell.
    pub(super) fn new() -> Self {
        Self { outbox: None, tasks: JoinSet::new(), running: BTreeMap::new() }
    }

    /// Gives it the way to the broker.
    pub(super) fn publish_with(&mut self, outbox: Outbox) {
        self.outbox = Some(outbox);
    }

    /// Tells everybody whom the show file names; returns at once.
    pub(super) fn tell(&mut self, sheet: &Sheet, index: StreamIndex, notice: &Notice) {
        let stream = &sheet.streams[index.0];
        let (what, hooks) = match notice {
            Notice::StreamCreated(_) => ("stream_created", &stream.on_stream_created),
            Notice::Alarm { .. } => ("alarm", &sheet.on_alarm),
        };
        let letter = Arc::new(Letter::new(what, &sheet.title, &stream.name, notice));
        for (place, hook) in hooks.iter().enumerate() {
            let letter = Arc::clone(&letter);
            let name = Arc::clone(&stream.name);
            let task = match hook.clone() {
                Hook::Mqtt { topic, retain } => {
                    self.publish(&name, &topic, retain, &letter);
                    continue;
                }
                Hook::Http(url) => self.tasks.spawn(async move { post(&name, &url, &letter).await }),
                Hook::Command { argv, timeout } => {
                    self.tasks.spawn(async move { run(&name, &argv, timeout, &letter).await })
                }
            };
            if let Some(older) = self.running.insert((index, what, place), task) {
                older.abort();
            }
        }
    }

    fn publish(&self, stream: &str, topic: &str, retain: bool, letter: &Letter) {
        let Some(outbox) = &self.outbox else { return };
        match outbox.set(topic, letter.body.to_string(), retain) {
            Ok(()) => debug!(stream, topic, what = letter.what, "Published."),
            Err(error) => warn!(stream, topic, what = letter.what, %error, "Not published."),
        }
    }

    /// Completes when somebody has been told, and never while nobody is being told.
    pub(super) async fn reap(&mut self) {
        match self.tasks.join_next().await {
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

/// What is told: as JSON, and as the environment of a command.
struct Letter {
    what: &'static str,
    body: Value,
    environment: Vec<(&'static str, String)>,
    secrets: Vec<String>,
}

impl Letter {
    fn new(what: &'static str, show: &str, stream: &str, notice: &Notice) -> Self {
        let mut body = json!({ "event": what, "show": show, "stream": stream });
        let mut environment = vec![
            ("SEGUE_EVENT", what.to_owned()),
            ("SEGUE_SHOW", show.to_owned()),
            ("SEGUE_STREAM", stream.to_owned()),
        ];
        let mut secrets = Vec::new();
        match notice {
            Notice::StreamCreated(object) => {
                body["id"] = json!(object.id);
                body["stream_key"] = json!(object.stream_key);
                body["whip_url"] = json!(object.whip_url);
                body["output_playback_id"] = json!(object.output_playback_id);
                environment.push(("SEGUE_STREAM_ID", object.id.clone()));
                for (name, value) in [
                    ("SEGUE_STREAM_KEY", &object.stream_key),
                    ("SEGUE_WHIP_URL", &object.whip_url),
                    ("SEGUE_PLAYBACK_ID", &object.output_playback_id),
                ] {
                    environment.extend(value.clone().map(|value| (name, value)));
                }
                secrets.extend(object.whip_url.iter().chain(&object.stream_key).cloned());
            }
            Notice::Alarm { raised, reason } => {
                body["alarm"] = json!(raised);
                body["reason"] = json!(reason);
                environment.push(("SEGUE_ALARM", raised.to_string()));
                environment.push(("SEGUE_REASON", reason.clone()));
            }
        }
        Self { what, body, environment, secrets }
    }

    /// Returns the beginning of what a command printed, on one line, without what it was not to print.
    fn discreet(&self, output: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(output).into_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.as_str(), "***");
        }
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().filter(|char| !char.is_control()).take(OUTPUT_TOLD).collect()
    }
}

/// Posts until it is heard, or until it is of no use.
async fn post(stream: &str, url: &HookUrl, letter: &Letter) {
    let what = letter.what;
    let (client, url) = match client(url, POST_TIMEOUT) {
        Ok(ready) => ready,
        Err(reason) => return warn!(stream, what, reason, "Nobody was told over HTTP."),
    };
    let mut tries = 0;
    loop {
        let sent = client.post(url.clone()).json(&letter.body).send().await;
        let reason = match sent {
            Ok(answer) if answer.status().is_success() => {
                return debug!(stream, what, status = answer.status().as_u16(), "Told over HTTP.");
            }
            Ok(answer) => {
                let status = answer.status();
                // The same would be refused again.
                if status.is_client_error() && status.as_u16() != 408 && status.as_u16() != 429 {
                    let status = status.as_u16();
                    return warn!(stream, what, status, "Nobody was told over HTTP: it was refused.");
                }
                format!("status {}", status.as_u16())
            }
            Err(error) if error.is_timeout() => "no answer in time".to_owned(),
            Err(error) if error.is_connect() => "no connection".to_owned(),
            Err(_) => "the connection broke".to_owned(),
        };
        let Some(wait) = POST_WAITS.get(tries) else {
            return warn!(stream, what, reason, tries = tries + 1, "Nobody was told over HTTP.");
        };
        debug!(stream, what, reason, ?wait, "Not told over HTTP yet.");
        tries += 1;
        tokio::time::sleep(*wait).await;
    }
}

/// Prepares a request, with the time that it may take. An address may be a secret, so no reason holds one.
pub(super) fn client(url: &HookUrl, timeout: Duration) -> Result<(reqwest::Client, Url), String> {
    let text = match url {
        HookUrl::Plain(url) => url.to_string(),
        HookUrl::Secret(source) => secret::fetch(source, |name| std::env::var_os(name))
            .map_err(|error| error.to_string())?
            .expose_secret()
            .to_owned(),
    };
    let url: Url = text.parse().map_err(|_| "this is no address to post to".to_owned())?;
    install_tls();
    let mut builder = reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")));
    if url.scheme() == "http" {
        // So that a message in the house needs no certificates, and no proxy outside it.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    let client = builder.build().map_err(|_| "the HTTP client cannot be set up".to_owned())?;
    Ok((client, url))
}

/// Runs a command to its end, or ends it.
async fn run(stream: &str, argv: &[Arc<str>], timeout: Duration, letter: &Letter) {
    let Some((program, arguments)) = argv.split_first() else { return };
    let what = letter.what;
    let ran = tokio::time::timeout(timeout, output(program, arguments, letter)).await;
    match ran {
        // Dropping it has killed it.
        Err(_) => warn!(stream, what, %program, ?timeout, "Command took too long and was ended."),
        Ok(Err(error)) => warn!(stream, what, %program, %error, "Command cannot be run."),
        Ok(Ok((status, printed))) if status.success() => {
            info!(stream, what, %program, printed = letter.discreet(&printed), "Command ran.");
        }
        Ok(Ok((status, printed))) => {
            let printed = letter.discreet(&printed);
            warn!(stream, what, %program, %status, printed, "Command failed.");
        }
    }
}

async fn output(
    program: &str,
    arguments: &[Arc<str>],
    letter: &Letter,
) -> io::Result<(std::process::ExitStatus, Vec<u8>)> {
    let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut child = Command::new(program)
        .args(arguments.iter().map(|argument| &**argument))
        .env_clear()
        .envs(inherited)
        .envs(letter.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, complained, status) = tokio::join!(read(stdout), read(stderr), child.wait());
    let mut all = printed;
    all.extend(complained);
    Ok((status?, all))
}

/// Reads the beginning and lets the rest pass, so that a command that prints much is not stuck.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return kept };
    // What cannot be read is not told.
    let _ = (&mut pipe).take(OUTPUT_MAX).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    kept
}
