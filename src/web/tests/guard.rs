//! Who is let in, and what everybody is told.

use reqwest::{Method, header};
use serde_json::json;

use super::{
    House, Play,
    connections::say,
    gate::{TOKEN, every_request},
    refusal,
};

#[tokio::test]
async fn the_machines_own_names_are_let_in() {
    let house = House::open().await;
    for host in ["localhost", "LOCALHOST:7756", "127.0.0.1", "127.0.0.1:1", "127.1.2.3:80", "[::1]:7756"] {
        let request = house.request(Method::GET, "/healthz").header(header::HOST, host);
        assert_eq!(request.send().await.unwrap().status(), 200, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_made_point_here_is_refused() {
    let house = House::open().await;
    let port = house.address.port();
    let hosts = ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", "[2001:db8::1]"];
    for host in hosts {
        for path in ["/", "/api/state", "/metrics", "/healthz", "/nowhere"] {
            let request = house.request(Method::GET, path).header(header::HOST, format!("{host}:{port}"));
            let problem = refusal(request.send().await.unwrap(), 421, "foreign-host").await;
            let detail = format!(
                "`{host}` is not this server; ask for localhost or for `127.0.0.1`, or name it in `web: {{ hosts: … }}`"
            );
            assert_eq!(problem["detail"], json!(detail));
        }
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let house = House::open().await;
    for head in [
        "GET /healthz HTTP/1.1\r\n",
        "GET /healthz HTTP/1.0\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
        "GET /healthz HTTP/1.1\r\nHost: me@localhost\r\n",
        "GET /healthz HTTP/1.1\r\nHost: \r\n",
        "GET /healthz HTTP/1.1\r\nHost: a b\r\n",
    ] {
        let answer = say(&house, &format!("{head}Connection: close\r\n\r\n")).await;
        assert!(answer.contains(" 400 "), "{head}{answer}");
    }
    let whole = "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = say(&house, whole).await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn odd_requests_are_refused_in_good_order() {
    let house = House::open().await;
    for (request, status) in [
        ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", " 404 "),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", " 404 "),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", " 404 "),
        ("\x16\x03\x01 not HTTP at all\r\n\r\n", " 400 "),
    ] {
        let answer = say(&house, request).await;
        assert!(answer.contains(status), "{request}{answer}");
    }
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_ask_for_anything() {
    let house = House::open().await;
    let own_port = house.address.port();
    let foreign = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://localhost:{own_port}"),
        "http://127.0.0.1:1".to_owned(),
        format!("http://127.0.0.1:{own_port}.evil.example"),
    ];
    for origin in foreign {
        let request = house.request(Method::POST, "/api/scenes/neon/go").header(header::ORIGIN, &origin);
        refusal(request.send().await.unwrap(), 403, "foreign-origin").await;
    }
    assert!(house.orders().is_empty());
}

#[tokio::test]
async fn our_own_page_may_ask_and_anybody_may_look() {
    let house = House::open().await;
    let own = format!("http://{}", house.address);
    let request = house.request(Method::POST, "/api/scenes/neon/go").header(header::ORIGIN, own);
    assert_eq!(request.send().await.unwrap().status(), 202);
    let request = house.request(Method::GET, "/healthz").header(header::ORIGIN, "https://evil.example");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn a_scraper_that_asks_by_a_name_of_the_show_is_let_in_and_nobody_who_rebinds_another() {
    let house = House::playing(Play { hosts: vec!["wall.example"], ..Play::default() }).await;
    for (host, status) in [
        ("wall.example:9090", 200),
        ("WALL.example", 200),
        ("evil.example", 421),
        ("wall.example.evil.example", 421),
    ] {
        let request = house.request(Method::GET, "/metrics").header(header::HOST, host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
    }
    assert_eq!(*house.refused.lock().unwrap(), ["foreign host"; 2]);
    // The name does not open the door to pages of others.
    let request = house.request(Method::POST, "/api/scenes/neon/go").header(header::HOST, "wall.example");
    let request = request.header(header::ORIGIN, "http://wall.example:8080");
    refusal(request.send().await.unwrap(), 403, "foreign-origin").await;
}

/// What a page can send without asking first (Fetch: "simple" requests), with a cookie of ours if the browser has one.
#[tokio::test]
async fn a_form_on_any_page_cannot_make_a_browser_do_anything() {
    let house = House::open().await;
    let simple = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"];
    for content_type in simple {
        for path in ["/api/scenes/neon/go", "/api/cues/open/go", "/api/transition/pause", "/login", "/logout"]
        {
            for (name, value) in [
                (header::ORIGIN, "https://evil.example"),
                (header::ORIGIN, "null"),
                (header::HeaderName::from_static("sec-fetch-site"), "cross-site"),
                (header::HeaderName::from_static("sec-fetch-site"), "same-site"),
            ] {
                let request = house.request(Method::POST, path).header(header::CONTENT_TYPE, content_type);
                let request = request.header(name, value).body("{}");
                refusal(request.send().await.unwrap(), 403, "foreign-origin").await;
            }
        }
    }
    assert!(house.orders().is_empty());
    let own = header::HeaderName::from_static("sec-fetch-site");
    let request = house.request(Method::POST, "/api/scenes/neon/go").header(own, "same-origin");
    assert_eq!(request.send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn every_answer_of_every_route_tells_browsers_to_be_careful() {
    for token in [None, Some(TOKEN)] {
        let house = House::playing(Play { token, ..Play::default() }).await;
        for (path, method) in every_request() {
            let response = house.request(method.clone(), &path).send().await.unwrap();
            let headers = response.headers();
            let at = format!("{method} {path}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{at}");
            assert_eq!(headers["x-frame-options"], "DENY", "{at}");
            assert_eq!(headers["referrer-policy"], "no-referrer", "{at}");
            // The files of the page hold nothing of the show, and say when they change.
            let is_file = response.status() == 200 && (path == "/" || path.starts_with("/page/"));
            assert_eq!(headers["cache-control"], if is_file { "no-cache" } else { "no-store" }, "{at}");
            assert_eq!(headers["cross-origin-resource-policy"], "same-origin", "{at}");
            assert!(!headers.contains_key("access-control-allow-origin"), "{at}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none';"), "{at} {policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{at} {policy}");
        }
    }
}
