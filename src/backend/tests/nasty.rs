//! Answers that no documentation describes and every network gives.

use super::{
    stub::{Stub, Then, answer},
    *,
};
use crate::{
    backend::exchange::BODY_MAX,
    show::event::{
        Failure,
        FailureKind::{self, Key, Network, NotFound, Refused, Server, Timeout, TooMany, Unreached},
        Reply,
    },
};

const HTML: &str =
    "<html>\n<head><title>Welcome to Museum Guest WiFi</title></head>\n<body>Please log in</body></html>";

async fn ask(bytes: impl Into<Vec<u8>>, then: Then, request: &Request) -> Result<Reply, Failure> {
    let stub = Stub::start(bytes, then).await;
    client(&stub.base, Generation::V1).perform(request, WALL).await
}

async fn failure(bytes: impl Into<Vec<u8>>, then: Then, request: &Request) -> Failure {
    ask(bytes, then, request).await.unwrap_err()
}

#[tokio::test]
async fn each_status_means_something() {
    let meanings: [(&[u16], FailureKind); 8] = [
        (&[400, 405, 406, 413, 414, 415, 422, 431, 451], Refused),
        (&[401, 402, 403], Key),
        // Without a word of the API's own.
        (&[404, 410], Server),
        (&[407], Unreached),
        (&[408], Timeout),
        (&[429], TooMany),
        (&[409, 421, 425], Server),
        (&[300, 302, 304, 500, 501, 502, 503, 504, 511, 520, 599, 999], Server),
    ];
    for (statuses, kind) in meanings {
        for status in statuses {
            let failure = failure(
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"),
                Then::Listen,
                &update("a"),
            )
            .await;
            assert_eq!(failure.kind, kind, "{failure:?}");
            assert!(failure.message.starts_with(&status.to_string()), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn a_page_for_people_is_told_in_one_short_line() {
    let failure = failure(answer("502 Bad Gateway", "", HTML), Then::Listen, &get("a")).await;
    assert_eq!(failure.kind, Server);
    assert_eq!(
        failure.message,
        "502 Bad Gateway: <html> <head><title>Welcome to Museum Guest WiFi</title></head> <body>Please log \
         in</body></html>"
    );
    let long = HTML.repeat(1000) + "\u{1b}]0;\u{7}\u{202e}";
    let failure = super::nasty::failure(answer("400 Bad Request", "", &long), Then::Listen, &get("a")).await;
    assert_eq!((failure.kind, failure.message.chars().count()), (Refused, "400 Bad Request: ".len() + 121));
}

#[tokio::test]
async fn a_login_page_is_no_success() {
    for request in all() {
        for line in ["200 OK", "201 Created"] {
            let failure = failure(answer(line, "", HTML), Then::Listen, &request).await;
            assert_eq!(failure.kind, Server, "{request:?}");
            assert!(failure.message.contains("the body is not JSON"), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let stub = Stub::start(
        answer("302 Found", "location: https://login.example:8443/?session=hush\r\n", ""),
        Then::Listen,
    )
    .await;
    let client = client(&stub.base, Generation::V1);
    for request in all() {
        let failure = client.perform(&request, WALL).await.unwrap_err();
        assert_eq!(failure.kind, Server);
        assert_eq!(failure.message, "302 Found, a redirect to login.example:8443; not followed");
    }
    assert_eq!(stub.heard().len(), 5);
}

#[tokio::test]
async fn only_201_creates() {
    for line in ["200 OK", "202 Accepted", "204 No Content"] {
        let body = if line.starts_with("204") { "" } else { r#"{"id": "str_1"}"# };
        let failure = failure(answer(line, "", body), Then::Listen, &create()).await;
        assert_eq!(
            (failure.kind, failure.message),
            (Server, format!("{line}, but only 201 means that the stream is there"))
        );
    }
    assert!(ask(answer("201 Created", "", r#"{"id": "str_1"}"#), Then::Listen, &create()).await.is_ok());
}

#[tokio::test]
async fn a_success_with_an_error_inside_is_a_failure() {
    let cases = [
        (r#"{"success": false, "error": "Stream not ready yet"}"#, Server, "Stream not ready yet"),
        (
            r#"{"success": false, "error": "gone", "code": "STREAMS/NOT_FOUND"}"#,
            NotFound,
            "[STREAMS/NOT_FOUND] gone",
        ),
        (r#"{"success": false, "error": "slow down", "status": 429}"#, TooMany, "slow down"),
        (r#"{"success": false, "error": ["a", {"message": "b", "path": ["c", 0]}]}"#, Server, "a; c.0: b"),
        (r#"{"success": false, "status": "wild"}"#, Server, r#"{"status":"wild","success":false}"#),
    ];
    for (body, kind, told) in cases {
        for request in all() {
            for line in ["200 OK", "201 Created"] {
                let failure = failure(answer(line, "", body), Then::Listen, &request).await;
                assert_eq!(
                    (failure.kind, failure.message),
                    (kind, format!("{line}, but no success: {told}"))
                );
            }
        }
    }
}

#[tokio::test]
async fn an_empty_success_is_one_where_there_is_nothing_to_say() {
    for bytes in
        ["HTTP/1.1 204 No Content\r\n\r\n".to_owned(), answer("200 OK", "", ""), answer("200 OK", "", "\r\n")]
    {
        let received = Reply::Updated { was_censored: false, warnings: Vec::new() };
        assert_eq!(ask(bytes.clone(), Then::Listen, &update("a")).await, Ok(received));
        assert_eq!(ask(bytes.clone(), Then::Listen, &delete("a")).await, Ok(Reply::Deleted));
        for request in [create(), get("a"), status("a")] {
            assert_eq!(failure(bytes.clone(), Then::Listen, &request).await.kind, Server, "{request:?}");
        }
    }
}

#[tokio::test]
async fn json_that_is_something_else_is_no_success() {
    for body in ["[]", "[[]]", r#""ok""#, "42", "true", "{", r#"{"id": "#, "\u{feff}{}", &"[".repeat(100_000)]
    {
        for request in all() {
            let failure = failure(answer("201 Created", "", body), Then::Listen, &request).await;
            assert_eq!(failure.kind, Server, "{request:?} {body:.9}: {failure:?}");
        }
    }
    for body in [
        "{}",
        r#"{"id": null}"#,
        r#"{"id": 7}"#,
        r#"{"id": ""}"#,
        r#"{"id": ".."}"#,
        r#"{"data": {}}"#,
        "null",
    ] {
        for request in [create(), get("a")] {
            let failure = failure(answer("201 Created", "", body), Then::Listen, &request).await;
            assert_eq!(failure.kind, Server, "{body}: {failure:?}");
        }
    }
    for body in
        [r#"{"success": true}"#, r#"{"success": true, "data": null}"#, r#"{"success": true, "data": []}"#]
    {
        let failure = failure(answer("200 OK", "", body), Then::Listen, &status("a")).await;
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (Server, "200 OK, but there is no status in the body")
        );
    }
}

#[tokio::test]
async fn half_a_success_is_none_and_half_an_error_is_one() {
    let half =
        |line: &str| format!("HTTP/1.1 {line}\r\ncontent-length: 99\r\n\r\n{{\"stream_key\": \"stk_hush");
    for then in [Then::Close, Then::Reset] {
        for request in all() {
            let failure = failure(half("201 Created"), then, &request).await;
            assert_eq!(failure.kind, Server, "{failure:?}");
            assert!(failure.message.starts_with("201 Created, but the body broke off: "), "{failure:?}");
            assert!(!failure.message.contains("hush"), "{failure:?}");
        }
        let failure = failure(half("404 Not Found"), then, &get("a")).await;
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (Server, "404 Not Found: {\"stream_key\": \"***")
        );
    }
}

#[tokio::test]
async fn a_body_without_end_is_left_alone() {
    let long = format!("[\"{}\"]", "x".repeat(BODY_MAX));
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for request in all() {
        for (bytes, then) in
            [(answer("201 Created", "", &long), Then::Listen), (endless.to_owned(), Then::Flood)]
        {
            let failure = failure(bytes, then, &request).await;
            assert_eq!(failure.kind, Server);
            assert!(failure.message.ends_with("the body is longer than 1048576 bytes"), "{failure:?}");
        }
    }
    let error = format!("{{\"error\": \"{}\"}}", "x".repeat(1_000_000));
    let failure = failure(answer("422 Unprocessable Entity", "", &error), Then::Listen, &update("a")).await;
    assert_eq!((failure.kind, failure.message.chars().count()), (Refused, 401));
}

#[tokio::test]
async fn silence_ends_at_its_limit() {
    let short = Duration::from_millis(100);
    let patience = |request: &Request| match request {
        Request::Create { .. } => Limits { create: short, ..limits() },
        Request::Update { .. } => Limits { update: short, ..limits() },
        Request::Status { .. } => Limits { status: short, ..limits() },
        Request::Find { .. } | Request::FindKin { .. } | Request::Get { .. } | Request::Delete { .. } => {
            Limits { other: short, ..limits() }
        }
    };
    let silent = Stub::start("", Then::Hang).await;
    let begun = Stub::start("HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{", Then::Hang).await;
    for request in all() {
        let client = |stub: &Stub| {
            Client::new(endpoints(&stub.base), Generation::V1, Some(KEY.into()), patience(&request)).unwrap()
        };
        let failure = client(&silent).perform(&request, WALL).await.unwrap_err();
        let host = silent.base.trim_start_matches("http://");
        assert_eq!(
            (failure.kind, failure.message),
            (Timeout, format!("no answer from {host} within 100ms")),
            "{request:?}"
        );
        let failure = client(&begun).perform(&request, WALL).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (Timeout, "201 Created, but the body did not end in time (1 bytes came)")
        );
    }
    let refusing = Stub::start("HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nno", Then::Hang).await;
    let impatient = Limits { other: short, ..limits() };
    let client = Client::new(endpoints(&refusing.base), Generation::V1, None, impatient).unwrap();
    let failure = client.perform(&get("a"), WALL).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (Key, "403 Forbidden: no"));
}

#[tokio::test]
async fn no_answer_is_the_network() {
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let failure = client(&nobody, Generation::V1).perform(&create(), WALL).await.unwrap_err();
    assert_eq!(failure.kind, Unreached);
    assert!(failure.message.starts_with("no connection to 127.0.0.1:"), "{failure:?}");
    assert!(failure.message.contains(": tcp connect error: Connection refused"), "{failure:?}");
    for (bytes, then) in [
        ("", Then::Close),
        ("", Then::Reset),
        ("HTTP/1.1 2", Then::Close),
        ("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n", Then::Close),
    ] {
        for request in all() {
            let failure = super::nasty::failure(bytes, then, &request).await;
            assert_eq!(failure.kind, Network, "{failure:?}");
            assert!(failure.message.starts_with("no answer from 127.0.0.1:"), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_asked_twice() {
    let stub = Stub::start("", Then::Reset).await;
    let client = client(&stub.base, Generation::V1);
    for request in all() {
        client.perform(&request, WALL).await.unwrap_err();
    }
    assert_eq!(stub.heard().len(), 5);
}
