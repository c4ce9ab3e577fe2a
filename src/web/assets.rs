//! The page: its files, embedded, and the answers that hand them out. What they do is said in them.
//!
//! Comments and indentation are for whoever reads the sources and stay here; the rest is served as it is written, and packed
//! (RFC 1952) for whoever takes it so: a first look at the show is a few packets on a bad network.

use std::sync::OnceLock;

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Server,
    problem::{Kind, Problem, quoted},
};

/// The page itself.
const INDEX: &str = include_str!("assets/index.html");

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("assets/", $name)))),*] };
}

/// Every other file, by its name.
const FILES: &[(&str, &str)] = files![
    "app.css",
    "icon.svg",
    "pads.css",
    "stream.css",
    "app.js",
    "clock.js",
    "controls.js",
    "dom.js",
    "facts.js",
    "help.js",
    "keys.js",
    "learn.js",
    "link.js",
    "lists.js",
    "pads.js",
    "picture.js",
    "plan.js",
    "playlists.js",
    "plot.js",
    "prompt.js",
    "send.js",
    "stream.js",
    "top.js",
    "transport.js",
    "whep.js",
    "words.js",
];

/// A file as it is served.
struct Asset {
    name: &'static str,
    kind: &'static str,
    plain: Bytes,
    packed: Bytes,
    /// Names the content.
    hash: u64,
}

impl Asset {
    fn new(name: &'static str, text: &str) -> Self {
        let kind = match name.rsplit_once('.') {
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        };
        let plain = lean(text);
        let packed = pack(plain.as_bytes());
        Self { name, kind, packed: packed.into(), hash: hash(plain.as_bytes()), plain: plain.into() }
    }

    /// Answers with it, or with nothing but that it is still what the browser has.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let has = |name, word: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
        };
        let is_packed = has(header::ACCEPT_ENCODING, "gzip");
        let tag = format!("\"{:016x}{}\"", self.hash, if is_packed { "-gzip" } else { "" });
        let caching = [
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::ETAG, HeaderValue::try_from(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
        ];
        if has(header::IF_NONE_MATCH, &tag) {
            return (StatusCode::NOT_MODIFIED, caching).into_response();
        }
        let kind = [(header::CONTENT_TYPE, self.kind)];
        if is_packed {
            (caching, kind, [(header::CONTENT_ENCODING, "gzip")], self.packed.clone()).into_response()
        } else {
            (caching, kind, self.plain.clone()).into_response()
        }
    }
}

static ASSETS: OnceLock<Vec<Asset>> = OnceLock::new();

fn all() -> Vec<Asset> {
    let files = FILES.iter().chain([&("index.html", INDEX)]);
    files.map(|(name, text)| Asset::new(name, text)).collect()
}

/// Returns the file of a name. The first to ask has them all packed, some 10 ms of work and not on the thread of the show.
async fn find(name: &str) -> Option<&'static Asset> {
    let assets = match ASSETS.get() {
        Some(assets) => assets,
        None => tokio::task::spawn_blocking(|| ASSETS.get_or_init(all)).await.ok()?,
    };
    assets.iter().find(|asset| asset.name == name)
}

/// Serves the page: `GET /`. What it may load: our own files, and video from where the streams are played.
pub(super) async fn index(State(server): State<Server>, headers: HeaderMap) -> Result<Response, Problem> {
    let page = find("index.html").await;
    let page = page.ok_or_else(|| Problem::new(Kind::Internal, "the page cannot be packed"))?;
    let mut response = page.answer(&headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy(&server.desk.sights.video_hosts));
    Ok(response)
}

/// Serves a file of the page: `GET /page/{file}`. A browser keeps it, and asks whether it is still the same.
pub(super) async fn file(
    name: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = match &name {
        Ok(Path(name)) => find(name).await,
        Err(_) => None,
    };
    let nothing = || Problem::new(Kind::UnknownRoute, format!("the page has no file {}", quoted(uri.path())));
    Ok(found.ok_or_else(nothing)?.answer(&headers))
}

/// Says what the page may do. Nothing in it becomes markup or script (`require-trusted-types-for`), and it asks nobody but us; only
/// video may come from the hosts of the streams.
fn policy(video_hosts: &[String]) -> HeaderValue {
    let hosts: Vec<_> = video_hosts.iter().filter_map(|url| origin(url)).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         media-src 'self' blob: {}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hosts.join(" ")
    );
    HeaderValue::try_from(policy).unwrap_or(super::login::POLICY)
}

/// Returns the scheme, host and port of a URL, if they are nothing but that.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    host.chars().all(is_plain).then(|| format!("{scheme}://{host}"))
}

/// Leaves out what is only for readers of the source: lines of nothing but a comment, empty ones, and indentation.
fn lean(text: &str) -> String {
    let mut is_inside = false;
    let is_code = |line: &&str| {
        let begins = line.starts_with("/*") && (line.ends_with("*/") || !line.contains("*/"));
        let is_comment = is_inside || begins || line.starts_with("//");
        is_inside = (is_inside || begins) && !line.ends_with("*/");
        !is_comment && !line.is_empty()
    };
    text.lines().map(str::trim).filter(is_code).collect::<Vec<_>>().join("\n") + "\n"
}

/// Packs a file (RFC 1952: a head that says nothing, deflate, checksum and length).
fn pack(plain: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    packed.extend(miniz_oxide::deflate::compress_to_vec(plain, 9));
    packed.extend(crc(plain).to_le_bytes());
    packed.extend((plain.len() as u32).to_le_bytes());
    packed
}

/// Returns the checksum of the format: CRC-32, bit by bit; the files are short.
fn crc(bytes: &[u8]) -> u32 {
    let turn = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, turn)
}

/// Names a content: FNV-1a, for telling it from its next edition and for nothing else.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_asked_for() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets");
        let there: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "index.html")
            .collect();
        let served: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, served);
        for name in served {
            let asked = INDEX.contains(&format!("/page/{name}"))
                || FILES.iter().any(|(_, text)| text.contains(&format!("\"./{name}\"")));
            assert!(asked, "nobody asks for {name}");
        }
    }

    #[test]
    fn what_is_packed_is_what_was_there() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        let packed = pack(INDEX.as_bytes());
        assert!(packed.len() < INDEX.len() / 2);
        let (body, tail) = packed[10..].split_at(packed.len() - 18);
        assert_eq!(miniz_oxide::inflate::decompress_to_vec(body).unwrap(), INDEX.as_bytes());
        assert_eq!(tail[4..], (INDEX.len() as u32).to_le_bytes());
    }

    #[test]
    fn a_file_is_served_without_what_is_for_its_readers() {
        assert_eq!(
            lean("/** What\n * it is. */\n\n  // why\n  a();\n/* b */\n* { c }\n/** d */ (e);\n"),
            "a();\n* { c }\n/** d */ (e);\n"
        );
        for (name, text) in FILES {
            assert!(
                !text.contains('`') || !lean(text).contains("\n`"),
                "{name}: a text over several lines loses its form"
            );
        }
    }

    #[test]
    fn video_comes_from_the_hosts_of_the_streams_and_from_nowhere_else() {
        let hosts = ["https://cdn.example/hls//index.m3u8".to_owned(), "https://a'; script-src *".to_owned()];
        let policy = policy(&hosts);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("media-src 'self' blob: https://cdn.example;"), "{policy}");
        assert!(!policy.contains('*'), "{policy}");
    }
}
