//! Where a token is asked for, nobody gets anything without it.

use reqwest::{Method, Response, StatusCode, header};

use super::{House, Play, connections::say, refusal};
use crate::web::{gate::PUBLIC, read::BODY_BYTES_MAX, routes};

pub(super) const TOKEN: &str = "correct-horse-battery-staple";

/// Returns every path of the route table, and some that lead nowhere, with every method.
pub(super) fn every_request() -> Vec<(String, Method)> {
    let table = routes::table().map(|(path, _)| path.replace("{name}", "neon").replace("{verb}", "pause"));
    let nowhere =
        ["/nowhere", "/api", "/api/", "/healthz/", "//healthz", "/%68ealthz", "/healthz%2f..", "/Login"];
    let paths: Vec<String> = table.into_iter().chain(nowhere.map(str::to_owned)).collect();
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];
    let methods = methods.map(|method| Method::from_bytes(method.as_bytes()).unwrap());
    paths.into_iter().flat_map(|path| methods.clone().map(|method| (path.clone(), method))).collect()
}

async fn house() -> House {
    House::playing(Play { token: Some(TOKEN), ..Play::default() }).await
}

async fn log_in(house: &House, token: &str) -> Response {
    house.post("/login", format!("token={token}")).await
}

fn cookie(response: &Response) -> String {
    let written = response.headers()[header::SET_COOKIE].to_str().unwrap();
    written.split_once(';').unwrap().0.to_owned()
}

#[test]
fn what_anybody_may_have_is_this() {
    assert_eq!(PUBLIC, ["/healthz", "/login", "/style.css"]);
}

#[tokio::test]
async fn every_route_answers_401_without_the_token() {
    let house = house().await;
    let requests = every_request();
    assert!(requests.len() > 100);
    for (path, method) in requests {
        let response = house.request(method.clone(), &path).send().await.unwrap();
        if PUBLIC.contains(&path.as_str()) {
            assert_ne!(response.status(), 401, "{method} {path}");
            continue;
        }
        assert_eq!(response.status(), 401, "{method} {path}");
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer", "{method} {path}");
    }
    assert!(house.orders().is_empty());
    let target = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(say(&house, target).await.starts_with("HTTP/1.1 401 "));
    let whole = "GET http://localhost/api/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(say(&house, whole).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn the_bearer_of_the_token_is_let_in_everywhere() {
    let house = house().await;
    for (path, _) in routes::table().into_iter().filter(|(path, _)| !path.contains('{')) {
        let response = house.request(Method::GET, path).bearer_auth(TOKEN).send().await.unwrap();
        let is_post =
            ["/logout", "/api/prompt", "/api/go", "/api/back", "/api/bypass", "/api/reload"].contains(&path);
        let wanted = if is_post { 405 } else { 200 };
        assert_eq!(response.status(), wanted, "{path}");
    }
    let request = house.request(Method::POST, "/api/scenes/neon/go").bearer_auth(TOKEN);
    assert_eq!(request.send().await.unwrap().status(), 202);
    let request = house.request(Method::GET, "/api/state");
    let request = request.header(header::AUTHORIZATION, format!("bEaReR {TOKEN}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_nearly_the_token_is_not() {
    let nearly = [
        format!("Bearer {TOKEN}x"),
        format!("Bearer {}", &TOKEN[1..]),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Basic {TOKEN}"),
        format!("Bearer{TOKEN}"),
        format!("Bearer {TOKEN} {TOKEN}"),
        TOKEN.to_owned(),
        "Bearer".to_owned(),
        String::new(),
    ];
    let house = house().await;
    for shown in &nearly {
        let request = house.request(Method::GET, "/api/state").header(header::AUTHORIZATION, shown);
        refusal(request.send().await.unwrap(), 401, "wrong-token").await;
    }
    assert_eq!(*house.refused.lock().unwrap(), ["wrong token"; 9]);
    let twice = format!("Authorization: Bearer {TOKEN}\r\n").repeat(2);
    let twice = format!("GET /api/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{twice}\r\n");
    assert!(say(&house, &twice).await.starts_with("HTTP/1.1 400 "));
    // In the query it would stand in logs; it is not looked for there.
    refusal(house.get(&format!("/api/state?token={TOKEN}")).await, 401, "no-token").await;
}

#[tokio::test]
async fn a_browser_gets_the_form_and_for_the_token_a_cookie_that_is_not_it() {
    let house = house().await;
    let request = house.request(Method::GET, "/").header(header::ACCEPT, "text/html,*/*;q=0.8");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    let form = response.text().await.unwrap();
    assert!(form.contains("action=\"/login\"") && !form.contains("Gallery"), "{form}");

    let response = log_in(&house, TOKEN).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/");
    let written = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(written.contains(part), "{written}");
    }
    assert!(
        !written.contains("Secure") && !written.contains("Domain") && !written.contains(TOKEN),
        "{written}"
    );

    let shown = cookie(&response);
    let request = |method, path: &str| house.request(method, path).header(header::COOKIE, &shown);
    let page = request(Method::GET, "/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("action=\"/logout\""));
    assert_eq!(request(Method::POST, "/api/scenes/neon/go").send().await.unwrap().status(), 202);
    let cross = request(Method::POST, "/api/scenes/neon/go").header(header::ORIGIN, "https://evil.example");
    refusal(cross.send().await.unwrap(), 403, "foreign-origin").await;

    let gone = request(Method::POST, "/logout").send().await.unwrap();
    assert_eq!(
        (gone.status(), &gone.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/login".parse().unwrap())
    );
    refusal(request(Method::GET, "/api/state").send().await.unwrap(), 401, "no-token").await;
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_tls_only() {
    let house = house().await;
    let request = house.request(Method::POST, "/login").header("x-forwarded-proto", "https");
    let response = request.body(format!("token={TOKEN}")).send().await.unwrap();
    assert!(response.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
}

#[tokio::test]
async fn cookies_that_are_none_open_nothing() {
    let house = house().await;
    let name = format!("segue-{}", house.address.port());
    let real = cookie(&log_in(&house, TOKEN).await);
    let (_, session) = real.split_once('=').unwrap();
    for shown in [
        format!("{name}={TOKEN}"),
        format!("{name}="),
        format!("{name}={}", "0".repeat(64)),
        format!("{name}={}", &session[..63]),
        format!("{name}={}", session.to_uppercase().replace(char::is_numeric, "A")),
        format!("{name}x={session}"),
        format!("segue-1={session}"),
        format!("{name}=\"{session}\""),
        format!("{name}={}; ", "f".repeat(64)).repeat(40),
    ] {
        let request = house.request(Method::GET, "/api/state").header(header::COOKIE, &shown);
        refusal(request.send().await.unwrap(), 401, "no-token").await;
    }
    // Among others, and after a wrong one of the same name, it is found.
    let shown = format!("theme=dark; {name}={}; {real}", "0".repeat(64));
    let request = house.request(Method::GET, "/api/state").header(header::COOKIE, shown);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_counted() {
    let house = house().await;
    for guess in 0..10 {
        refusal(log_in(&house, &format!("guess-{guess}")).await, 401, "wrong-token").await;
    }
    let response = log_in(&house, TOKEN).await;
    assert_eq!(response.headers()[header::RETRY_AFTER], "6");
    refusal(response, 429, "too-many").await;
    let request = house.request(Method::GET, "/api/state").bearer_auth(TOKEN);
    refusal(request.send().await.unwrap(), 429, "too-many").await;
    let refused = house.refused.lock().unwrap().clone();
    assert_eq!(refused, [["wrong token"; 10].as_slice(), &["too many requests"; 2]].concat());
    assert_eq!(house.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn what_is_no_form_is_refused_in_good_order() {
    let house = house().await;
    for body in
        ["", "token", "secret=x", "token=a&token=b", "{\"token\": \"x\"}", "\u{1}\u{2}", "token=a&x=y"]
    {
        let response = house.post("/login", body.to_owned()).await;
        assert!(matches!(response.status().as_u16(), 400 | 401), "{body}: {}", response.status());
    }
    let response = house.post("/login", "x".repeat(BODY_BYTES_MAX + 1)).await;
    refusal(response, 413, "body-too-large").await;
}

#[tokio::test]
async fn one_address_cannot_ask_without_end() {
    let house = House::open().await;
    let mut status = StatusCode::OK;
    let mut count = 0;
    while status == StatusCode::OK {
        status = house.get("/style.css").await.status();
        count += 1;
    }
    assert_eq!((status.as_u16(), count), (429, 2001));
    assert_eq!(*house.refused.lock().unwrap(), ["too many requests"]);
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_log_in_to() {
    let house = House::open().await;
    let response = log_in(&house, "anything").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    assert!(!house.get("/").await.text().await.unwrap().contains("/logout"));
}
