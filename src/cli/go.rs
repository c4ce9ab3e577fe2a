//! `segue go`: fires a scene, a cue or a prompt of one's own in the running show.

use std::time::Duration;

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::Error;
use crate::show::duration;

/// How long the running show may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Where the running show is.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The web address of the running show.
    #[arg(long, env = "SEGUE_URL", default_value = "http://127.0.0.1:7756", value_name = "URL")]
    url: String,
}

/// What to fire.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A scene, or else a cue.
    #[arg(required_unless_present = "prompt")]
    name: Option<String>,
    /// A prompt of your own instead.
    #[arg(long, conflicts_with = "name", value_name = "TEXT")]
    prompt: Option<String>,
    /// How long the fade takes, such as `8s`; the scene's own if left out.
    #[arg(long, value_parser = duration::parse, value_name = "TIME")]
    fade: Option<Duration>,
    /// Which stream; all if left out.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Fires it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let Options { name, prompt, fade, stream, place } = options;
    let mut body = Map::new();
    if let Some(fade) = fade {
        body.insert("fade".to_owned(), json!(fade.as_secs_f64()));
    }
    if let Some(stream) = stream {
        body.insert("stream".to_owned(), json!(stream));
    }
    super::block_on(async {
        let answer = match (prompt, name) {
            (Some(prompt), _) => {
                body.insert("prompt".to_owned(), json!(prompt));
                place.post(&["api", "prompt"], &body).await?
            }
            (None, name) => place.fire(name.as_deref().unwrap_or_default(), &body).await?,
        };
        match answer {
            (status, _) if status.is_success() => Ok(()),
            (status, problem) => Err(Error::Failed(match problem.get("detail").and_then(Value::as_str) {
                Some(detail) => detail.to_owned(),
                None => format!("the show answered {status}"),
            })),
        }
    })?
}

impl Place {
    /// Fires the scene of that name, or else the cue.
    async fn fire(&self, name: &str, body: &Map<String, Value>) -> Result<(StatusCode, Value), Error> {
        let scene = self.post(&["api", "scenes", name, "go"], body).await?;
        // Whoever says how a scene is to come in does not mean a cue.
        let (StatusCode::NOT_FOUND, problem) = scene else { return Ok(scene) };
        if !body.is_empty() {
            return Ok((StatusCode::NOT_FOUND, problem));
        }
        match self.post(&["api", "cues", name, "go"], body).await? {
            (StatusCode::NOT_FOUND, _) => Ok((StatusCode::NOT_FOUND, problem)),
            cue => Ok(cue),
        }
    }

    /// Reads a document from the running show.
    pub(super) async fn get(&self, path: &[&str]) -> Result<Value, Error> {
        let request = client()?.get(self.at(path)?);
        let (status, document) = self.answer(request).await?;
        if status.is_success() {
            Ok(document)
        } else {
            Err(Error::Failed(format!("the show answered {status}")))
        }
    }

    /// Asks the running show for something.
    pub(super) async fn post(
        &self,
        path: &[&str],
        body: &Map<String, Value>,
    ) -> Result<(StatusCode, Value), Error> {
        self.answer(client()?.post(self.at(path)?).json(body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), Error> {
        let failed = |error: reqwest::Error| {
            Error::Failed(format!("no show answers at {}: {}", self.url, innermost(&error.without_url())))
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let text = response.text().await.map_err(failed)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    fn at(&self, path: &[&str]) -> Result<reqwest::Url, Error> {
        let wrong = || Error::Failed(format!("`{}` is not a web address", self.url));
        let mut url = reqwest::Url::parse(&self.url).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path);
        Ok(url)
    }
}

fn client() -> Result<reqwest::Client, Error> {
    // The show is on this machine or on this network: no proxy leads there.
    crate::backend::install_tls();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_MAX)
        .build()
        .map_err(|error| Error::Failed(format!("cannot make an HTTP client: {error}")))
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
