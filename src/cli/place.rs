//! Where the running show is, and what it wants to see: how `segue go` and `segue status` speak to it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::{Error, check};
use crate::{
    daemon::secret::{self, SecretError},
    show::venue::{SecretSource, WebDoor},
};

/// How long the running show may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Where a show is that says nothing else.
const USUAL: &str = "http://127.0.0.1:7756";
/// Holds the token. There is no option for it: everybody on a machine can read command lines.
const TOKEN_VARIABLE: &str = "SEGUE_TOKEN";

/// Where the running show is.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The web address of the running show; that of `--show`, or else <http://127.0.0.1:7756>.
    #[arg(long, env = "SEGUE_URL", value_name = "URL")]
    url: Option<String>,
    /// The file of the running show: says where it listens and where its token is. `$SEGUE_TOKEN` comes first.
    #[arg(long, env = "SEGUE_SHOW", value_name = "FILE")]
    show: Option<PathBuf>,
}

/// The running show.
#[derive(Debug)]
pub(super) struct Desk {
    url: String,
    token: Option<SecretString>,
}

impl Place {
    /// Finds out where it is and with which token.
    pub(super) fn find(&self) -> Result<Desk, Error> {
        let sheet = self.show.as_deref().map(|file| check::load(Some(file))).transpose()?;
        let door = sheet.and_then(|source| source.sheet.venue.web);
        let url = match (&self.url, &door) {
            (Some(url), _) => url.clone(),
            (None, Some(door)) => format!("http://{}", reachable(door)),
            (None, None) => USUAL.to_owned(),
        };
        let variable = SecretSource::Env(TOKEN_VARIABLE.into());
        let token = match (fetch(&variable), door.and_then(|door| door.token)) {
            (Ok(token), _) => Some(token),
            (Err(_), Some(source)) => Some(fetch(&source)?),
            (Err(_), None) => None,
        };
        Ok(Desk { url, token })
    }
}

/// Returns where a show can be reached from its own machine.
fn reachable(door: &WebDoor) -> SocketAddr {
    match door.listen {
        listen if !listen.ip().is_unspecified() => listen,
        SocketAddr::V4(listen) => ([127, 0, 0, 1], listen.port()).into(),
        SocketAddr::V6(listen) => (std::net::Ipv6Addr::LOCALHOST, listen.port()).into(),
    }
}

fn fetch(source: &SecretSource) -> Result<SecretString, SecretError> {
    secret::fetch(source, |name| std::env::var_os(name))
}

impl Desk {
    /// Reads a document from the running show.
    pub(super) async fn get(&self, path: &[&str]) -> Result<Value, Error> {
        let request = client()?.get(self.at(path)?);
        let (status, document) = self.answer(request).await?;
        if status.is_success() { Ok(document) } else { Err(refusal(status, &document)) }
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
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
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

/// Makes a sentence of what the show refused.
pub(super) fn refusal(status: StatusCode, problem: &Value) -> Error {
    if status == StatusCode::UNAUTHORIZED {
        let wrong = problem["type"].as_str().is_some_and(|kind| kind.ends_with(":wrong-token"));
        let state = if wrong { "this is not its token" } else { "the show asks for a token" };
        return Error::Failed(format!(
            "{state}: set `{TOKEN_VARIABLE}`, or name the show file with `--show`"
        ));
    }
    Error::Failed(match problem.get("detail").and_then(Value::as_str) {
        Some(detail) => detail.to_owned(),
        None => format!("the show answered {status}"),
    })
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
