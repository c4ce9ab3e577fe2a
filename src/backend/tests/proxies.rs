//! A proxy is asked for everything but this machine.
//!
//! Proxies are named by the environment, which a test must not change; so it runs itself again in another one.

use std::process::Command;

use super::{
    stub::{Stub, Then, answer},
    *,
};
use crate::show::event::Reply;

/// Where the inner run finds the server that is not on a proxy's side.
const DIRECT: &str = "SEGUE_TEST_DIRECT";

#[tokio::test]
async fn a_proxy_is_asked_for_everything_but_this_machine() {
    if let Ok(direct) = std::env::var(DIRECT) {
        return behind_a_proxy(&direct).await;
    }
    let proxy = Stub::start(answer("200 OK", "", r#"{"id": "proxied"}"#), Then::Listen).await;
    let direct = Stub::start(answer("200 OK", "", r#"{"id": "direct"}"#), Then::Listen).await;
    let name = "backend::tests::proxies::a_proxy_is_asked_for_everything_but_this_machine";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture"])
        .env(DIRECT, &direct.base)
        .env("http_proxy", &proxy.base)
        .env_remove("no_proxy")
        .env_remove("NO_PROXY");
    let run = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(direct.heard().len(), 2);
    let [through] = &proxy.heard()[..] else { panic!("{:?}", proxy.heard()) };
    assert!(through.starts_with("GET http://api.example/v1/streams/a HTTP/1.1\r\n"), "{through}");
}

async fn behind_a_proxy(direct: &str) {
    let named = direct.replace("127.0.0.1", "localhost");
    for (base, id) in [(direct, "direct"), (named.as_str(), "direct"), ("http://api.example", "proxied")] {
        match client(base, Generation::V1).perform(&get("a"), WALL).await {
            Ok(Reply::Stream(stream)) => assert_eq!(stream.id, id, "{base}"),
            other => panic!("{base}: {other:?}"),
        }
    }
}
