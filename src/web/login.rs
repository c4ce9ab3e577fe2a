//! Logging in and out: a form that takes the token once, and a cookie that stands for it from then on.

use axum::{
    Extension,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Server,
    problem::{Kind, Problem},
    read::{self, bad},
};

/// What the form may load and where it may send the token.
pub(super) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// What a proxy in front says about the way to the browser. Whoever makes it up only makes its own cookie useless.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request came from, as [`super::connections`] knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) std::net::IpAddr);

/// Shows the form: `GET /login`.
pub(super) async fn form() -> Response {
    page(StatusCode::OK, "")
}

/// Takes the token: `POST /login` with `token=…`, as forms send it.
pub(super) async fn log_in(
    State(server): State<Server>,
    Extension(Peer(from)): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let Some(token) = &server.desk.token else { return Ok(onward("/", None)) };
    let headers = request.headers().clone();
    let body = read::bytes(&server, request).await?;
    let shown = field(&body).ok_or_else(|| bad("the body is not `token=…`"))?;
    let now = (server.desk.now)();
    match server.gate.log_in(token, &shown, from, is_secure(&headers), now) {
        Ok(cookie) => Ok(onward("/", Some(cookie))),
        Err(problem) => {
            server.tell(&problem, from);
            Err(problem)
        }
    }
}

/// Ends the session: `POST /logout`.
pub(super) async fn log_out(State(server): State<Server>, headers: HeaderMap) -> Response {
    let cookie = server.desk.token.as_ref().map(|token| server.gate.log_out(token, &headers));
    onward("/login", cookie)
}

/// Returns what a browser that may not come in is shown instead of a problem for programs.
pub(super) fn instead(problem: Problem, headers: &HeaderMap) -> Response {
    let wants_page = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    let told = match problem.kind() {
        Kind::NoToken => "",
        Kind::WrongToken => "This is not the token.",
        Kind::TooMany => "Too many wrong tokens came from here. Try again in a while.",
        _ => return problem.into_response(),
    };
    let response = problem.into_response();
    if !wants_page {
        return response;
    }
    let mut page = page(response.status(), told);
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

fn page(status: StatusCode, told: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Segue</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
         <h1>Segue</h1>\n<p class=\"trouble\">{told}</p>\n\
         <form method=\"post\" action=\"/login\">\n\
         <p><label>Token <input type=\"password\" name=\"token\" autocomplete=\"current-password\" required autofocus></label>\n\
         <button>Log in</button></p>\n</form>\n</html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, page).into_response()
}

/// Sends a browser on, with a cookie.
fn onward(to: &'static str, cookie: Option<String>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Returns the one field of the form.
fn field(body: &[u8]) -> Option<String> {
    let query = format!("/?{}", std::str::from_utf8(body).ok()?.trim());
    let fields = Query::<Vec<(String, String)>>::try_from_uri(&query.parse::<Uri>().ok()?).ok()?.0;
    match <[_; 1]>::try_from(fields).ok()? {
        [(name, value)] if name == "token" => Some(value.trim().to_owned()),
        _ => None,
    }
}

fn is_secure(headers: &HeaderMap) -> bool {
    headers.get(FORWARDED_PROTO).is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}
