//! Where an installation of the API is: its hosts, its paths, and the addresses of video derived from them.
//!
//! Only addresses: nothing is sent from here.

use std::{net::IpAddr, sync::Arc};

use reqwest::Url;

use crate::show::venue::{Backend, Environment};

/// One of the vendor's installations.
struct Installation {
    api: &'static str,
    /// Other names of the same API.
    aliases: &'static [&'static str],
    app: &'static str,
    pipeline_id: &'static str,
    ingest: &'static str,
    cdn: &'static str,
}

const PRODUCTION: Installation = Installation {
    api: "https://api.daydream.live",
    aliases: &[],
    app: "https://daydream.live",
    pipeline_id: "pip_qpUgXycjWF6YMeSL",
    ingest: "ai.livepeer.com",
    cdn: "livepeercdn.com",
};

const STAGING: Installation = Installation {
    api: "https://pipelines-api-staging.fly.dev",
    aliases: &["https://api.daydream.monster"],
    app: "https://pipelines.livepeer.monster",
    pipeline_id: "pip_c46vpVLYifn2Lofp",
    ingest: "ai.livepeer.monster",
    cdn: "livepeercdn.monster",
};

/// A base URL that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not a URL.
    #[error("`{address}` is not a base URL: {reason}")]
    Unusable {
        /// The address as it was written.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It holds a name or a password; the address is not repeated.
    #[error("the base URL holds a name or a password; keys are given by `api_key`")]
    Password,
    /// The simulator's address is known only when it runs.
    #[error("the simulator is reached by a base URL, not at one of the vendor's installations")]
    NoSimulator,
}

/// The addresses of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    api: Url,
    app: Url,
    ingest: &'static str,
    cdn: &'static str,
    pipeline_id: Arc<str>,
}

impl Endpoints {
    /// Finds the addresses for `environment`. `pipeline_id` overrides the installation's own in creates of the beta API.
    ///
    /// A base URL of the vendor's is the vendor's installation. Any other host is taken to serve the API and the beta
    /// status alike, and to lead to the production's video: a proxy before it, or a rehearsal of it.
    pub fn of(
        environment: &Environment,
        backend: Backend,
        pipeline_id: Option<Arc<str>>,
    ) -> Result<Self, AddressError> {
        let (api, installation) = match environment {
            Environment::Url(address) => {
                let api = base(address)?;
                let installation = [&PRODUCTION, &STAGING].into_iter().find(|known| known.answers_at(&api));
                (api, installation)
            }
            _ if backend == Backend::Simulator => return Err(AddressError::NoSimulator),
            Environment::Production => (base(PRODUCTION.api)?, Some(&PRODUCTION)),
            Environment::Staging => (base(STAGING.api)?, Some(&STAGING)),
        };
        let pipeline_id =
            pipeline_id.unwrap_or_else(|| installation.unwrap_or(&PRODUCTION).pipeline_id.into());
        let app = installation.map_or_else(|| Ok(api.clone()), |installation| base(installation.app))?;
        let Installation { ingest, cdn, .. } = *installation.unwrap_or(&PRODUCTION);
        Ok(Self { api, app, ingest, cdn, pipeline_id })
    }

    /// Returns the base URL of the API, without `/v1`.
    pub fn api(&self) -> &str {
        self.api.as_str()
    }

    /// Returns the `pipeline_id` for creates of the beta API.
    pub fn pipeline_id(&self) -> &str {
        &self.pipeline_id
    }

    /// Returns where to send video by RTMP. Holds the stream key: not for logs.
    pub fn rtmp_url(&self, stream_key: &str) -> String {
        format!("rtmp://{}:1935/aiWebrtc/{stream_key}", self.ingest)
    }

    /// Returns where to watch by HLS.
    pub fn hls_url(&self, output_playback_id: &str) -> String {
        format!("https://{}/hls/{output_playback_id}/index.m3u8", self.cdn)
    }

    /// Returns whether everything is on this machine.
    pub(super) fn is_local(&self) -> bool {
        is_loopback(&self.api) && is_loopback(&self.app)
    }

    /// Returns whether anything is reached by TLS.
    pub(super) fn has_tls(&self) -> bool {
        [&self.api, &self.app].iter().any(|url| url.scheme() == "https")
    }

    pub(super) fn streams(&self) -> Url {
        under(&self.api, &["v1", "streams"])
    }

    pub(super) fn stream(&self, id: &str) -> Url {
        under(&self.api, &["v1", "streams", id])
    }

    pub(super) fn status(&self, id: &str) -> Url {
        under(&self.api, &["v1", "streams", id, "status"])
    }

    pub(super) fn beta_prompts(&self, id: &str) -> Url {
        under(&self.api, &["beta", "streams", id, "prompts"])
    }

    pub(super) fn beta_status(&self, id: &str) -> Url {
        under(&self.app, &["api", "streams", id, "status"])
    }
}

impl Installation {
    fn answers_at(&self, url: &Url) -> bool {
        let known = self.aliases.iter().chain([&self.api]);
        known.filter_map(|known| base(known).ok()).any(|known| known == *url)
    }
}

/// Returns whether an id can stand in a path: a URL takes these for steps in the path, not for names.
pub(super) fn is_id(id: &str) -> bool {
    !matches!(id, "" | "." | "..")
}

/// Reads a base URL and takes a trailing `/v1` and slashes from it.
fn base(address: &str) -> Result<Url, AddressError> {
    let address = address.trim();
    let unusable =
        |reason: &str| AddressError::Unusable { address: address.to_owned(), reason: reason.to_owned() };
    let mut url = match Url::parse(address) {
        // Never repeat what may be a password.
        Err(_) | Ok(_) if address.contains('@') => return Err(AddressError::Password),
        Err(error) => return Err(unusable(&error.to_string())),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            return Err(unusable("it must begin with `http://` or `https://`"));
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            return Err(unusable("it must not hold `?` or `#`"));
        }
        Ok(url) => url,
    };
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path).trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn under(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Only a URL without a host has no path, and `base` lets none through.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        // A connection to the unspecified address is one to this machine.
        Ok(ip) => ip.to_canonical().is_loopback() || ip.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(address: &str) -> Result<Endpoints, AddressError> {
        Endpoints::of(&Environment::Url(address.into()), Backend::DaydreamBeta, None)
    }

    #[test]
    fn each_installation_has_its_hosts() {
        let production = Endpoints::of(&Environment::Production, Backend::Daydream, None).unwrap();
        assert_eq!(production.streams().as_str(), "https://api.daydream.live/v1/streams");
        assert_eq!(production.status("str_1").as_str(), "https://api.daydream.live/v1/streams/str_1/status");
        assert_eq!(
            production.beta_status("str_1").as_str(),
            "https://daydream.live/api/streams/str_1/status"
        );
        assert_eq!(production.rtmp_url("stk_1"), "rtmp://ai.livepeer.com:1935/aiWebrtc/stk_1");
        assert_eq!(production.hls_url("5f2a"), "https://livepeercdn.com/hls/5f2a/index.m3u8");
        let staging = Endpoints::of(&Environment::Staging, Backend::DaydreamBeta, None).unwrap();
        assert_eq!(
            staging.beta_prompts("str_1").as_str(),
            "https://pipelines-api-staging.fly.dev/beta/streams/str_1/prompts"
        );
        assert_eq!(
            staging.beta_status("str_1").as_str(),
            "https://pipelines.livepeer.monster/api/streams/str_1/status"
        );
        assert_eq!(staging.pipeline_id(), "pip_c46vpVLYifn2Lofp");
        let own =
            Endpoints::of(&Environment::Staging, Backend::DaydreamBeta, Some("pip_SD-turbo".into())).unwrap();
        assert_eq!(own.pipeline_id(), "pip_SD-turbo");
        assert!(!staging.is_local() && staging.has_tls());
    }

    #[test]
    fn a_base_url_may_end_as_it_likes() {
        for end in ["", "/", "/v1", "/v1/", "//", " "] {
            let plain = custom(&format!("http://127.0.0.1:8080{end}")).unwrap();
            assert_eq!(plain.stream("a").as_str(), "http://127.0.0.1:8080/v1/streams/a", "{end}");
            assert_eq!(
                plain.beta_status("a").as_str(),
                "http://127.0.0.1:8080/api/streams/a/status",
                "{end}"
            );
            let deep = custom(&format!("https://proxy.example/daydream{end}")).unwrap();
            assert_eq!(deep.streams().as_str(), "https://proxy.example/daydream/v1/streams", "{end}");
            let known = custom(&format!("https://api.daydream.monster{end}")).unwrap();
            assert_eq!(known.app.as_str(), "https://pipelines.livepeer.monster/", "{end}");
            assert_eq!(known.api(), "https://api.daydream.monster/", "{end}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_and_a_password_not_repeated() {
        for address in
            ["", "localhost:8080", "api.daydream.live", "ftp://a", "http://", "http://a?b=c", "http://a#b"]
        {
            assert!(matches!(custom(address), Err(AddressError::Unusable { .. })), "{address}");
        }
        for address in ["http://me:hunter2@a", "http://me:hunter2@a:b"] {
            let error = custom(address).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let simulator = Endpoints::of(&Environment::Production, Backend::Simulator, None);
        assert_eq!(simulator, Err(AddressError::NoSimulator));
    }

    #[test]
    fn an_id_is_one_step_of_a_path() {
        let endpoints = custom("http://h").unwrap();
        assert_eq!(endpoints.stream("a/../b?c#d e").as_str(), "http://h/v1/streams/a%2F..%2Fb%3Fc%23d%20e");
        assert_eq!(endpoints.stream("%2e").as_str(), "http://h/v1/streams/%252e");
        for id in ["", ".", ".."] {
            assert!(!is_id(id), "{id}");
        }
        assert!(is_id("str_9XkT2mWqPb4RzLnC") && is_id("..."));
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in
            ["localhost", "sim.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
        {
            assert!(custom(&format!("http://{host}:1")).unwrap().is_local(), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "[2001:db8::1]", "128.0.0.1"] {
            assert!(!custom(&format!("http://{host}:1")).unwrap().is_local(), "{host}");
        }
    }
}
