//! The key opens doors and appears nowhere.

use super::{
    stub::{Stub, Then, answer},
    *,
};
use crate::{
    backend::ClientError,
    show::event::{Reply, StreamObject},
};

/// Says everything back that it can have heard.
fn echo(success: bool) -> String {
    let said = format!("Bearer {KEY} of stk_hush");
    json!({
        "success": success, "error": said, "code": said, "requestId": said, "details": [said], "message": said,
        "was_censored": true, "warnings": [said],
        "data": {
            "state": said, "inference_status": { "last_error": said },
            "gateway_status": { "error": { "error_message": said } },
        },
    })
    .to_string()
}

fn assert_kept(printed: &str) {
    for secret in [KEY, &KEY[..8], "hush"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn a_server_that_says_the_key_back_is_not_repeated() {
    for generation in [Generation::V1, Generation::Beta] {
        for line in ["200 OK", "201 Created", "401 Unauthorized", "500 Internal Server Error"] {
            for body in [echo(false), format!("<p>{KEY}</p>\n{KEY}"), format!("{}{KEY}", "x".repeat(116))] {
                let stub = Stub::start(answer(line, "", &body), Then::Listen).await;
                let client = client(&stub.base, generation);
                for request in all() {
                    let failure = client.perform(&request, WALL).await.unwrap_err();
                    assert_kept(&format!("{failure:?}"));
                }
                assert_kept(&format!("{:?}", client.list(WALL).await.unwrap_err()));
            }
        }
    }
}

#[tokio::test]
async fn a_success_that_says_the_key_back_is_not_repeated_either() {
    let stub = Stub::start(answer("200 OK", "", &echo(true)), Then::Listen).await;
    let client = client(&stub.base, Generation::V1);
    let updated = client.perform(&update("a"), WALL).await.unwrap();
    assert_kept(&format!("{updated:?}"));
    let warnings = vec!["Bearer *** of ***".to_owned(); 2];
    assert_eq!(updated, Reply::Updated { was_censored: true, warnings });
    let Reply::Status(report) = client.perform(&status("a"), WALL).await.unwrap() else {
        panic!("no status")
    };
    assert_kept(&format!("{report:?}"));
    assert_eq!(report.last_error.as_deref(), Some("Bearer *** of ***"));
    assert_eq!(report.gateway_error, report.last_error);
}

#[tokio::test]
async fn neither_the_client_nor_a_broken_connection_shows_it() {
    let stub = Stub::start("", Then::Close).await;
    let client = client(&stub.base, Generation::V1);
    assert_kept(&format!("{client:?} {client:#?}"));
    for request in all() {
        assert_kept(&format!("{:?}", client.perform(&request, WALL).await.unwrap_err()));
    }
    let object = StreamObject {
        id: "str_1".to_owned(),
        stream_key: Some("stk_hush".to_owned()),
        ..StreamObject::default()
    };
    let listed = crate::backend::Listed { object, name: None, created_at: None };
    assert_kept(&format!("{listed:?}"));
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    for key in ["", " ", "hush\n", "hush hush", "hüsh", "hush\u{7f}"] {
        let error =
            Client::new(endpoints("http://h"), Generation::V1, Some(key.into()), limits()).unwrap_err();
        assert!(matches!(error, ClientError::Key), "{error:?}");
        assert_kept(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn a_key_in_the_place_of_a_name_is_not_taken_for_one() {
    let body = json!({
        "id": KEY, "stream_key": "stk_hush", "output_playback_id": KEY, "whip_url": format!("https://h/{KEY}"),
        "state": KEY, "request_id": KEY, "gateway_status": { "whep_url": format!("https://h/{KEY}") },
        "orchestrator_info": { "url": KEY }, "inference_status": { "last_params_hash": KEY, "last_params": { "prompt": KEY } },
    });
    let stub = Stub::start(answer("201 Created", "", &body.to_string()), Then::Listen).await;
    let client = client(&stub.base, Generation::V1);
    for request in all() {
        let outcome = client.perform(&request, WALL).await;
        let (secret, printed) = (KEY, format!("{outcome:?}"));
        assert!(!printed.contains(secret), "{printed}");
    }
}
