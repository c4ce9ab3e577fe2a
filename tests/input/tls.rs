//! MQTT through TLS, against a real broker with a certificate authority of its own.

use std::{path::PathBuf, process::Command};

use segue::input::mqtt::{Settings, Tls};

use super::mqtt::{Input, settings};
use crate::support::broker::{Broker, Directory, program};

/// Makes an authority and a certificate for `name`, and a broker that shows it.
fn broker(name: &str) -> (Broker, PathBuf) {
    let directory = Directory::new();
    let openssl = |arguments: &str| {
        let made = Command::new(program("openssl"))
            .current_dir(directory.path())
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Gallery"));
    openssl(&format!("req {key} -keyout broker.key -out broker.csr -subj /CN=broker"));
    directory.write("names", &format!("subjectAltName={name}\nbasicConstraints=CA:FALSE\n"));
    openssl(
        "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out broker.pem",
    );
    let file = |name: &str| directory.path().join(name);
    let ca = file("ca.pem");
    let config = format!(
        "allow_anonymous true\ncertfile {}\nkeyfile {}",
        file("broker.pem").display(),
        file("broker.key").display()
    );
    (Broker::new(directory, &config), ca)
}

fn with_tls(broker: &Broker, ca: Option<PathBuf>) -> Settings {
    Settings { host: "localhost".to_owned(), tls: Some(Tls { ca }), ..settings(broker.port()) }
}

#[tokio::test]
async fn a_broker_with_a_certificate_of_the_given_authority_is_believed_also_after_a_restart() {
    let (mut broker, ca) = broker("DNS:localhost");
    broker.start().await;
    let input = Input::start(with_tls(&broker, Some(ca)));
    for _ in 0..2 {
        assert_eq!(input.news(true).await, format!("connected to localhost:{}", broker.port()));
        input.outbox.set("show/echo", "heard", false).unwrap();
        assert_eq!(input.message("show/echo").await.payload, b"heard");
        broker.stop();
        let detail = input.news(false).await;
        assert!(!detail.contains("TLS"), "a broker that died is no fault of TLS: {detail}");
        broker.start().await;
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_told() {
    let (mut broker, _) = broker("DNS:localhost");
    broker.start().await;
    let detail = Input::start(with_tls(&broker, None)).news(false).await;
    assert!(detail.contains("TLS: invalid peer certificate: UnknownIssuer"), "{detail}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_and_told() {
    let (mut broker, ca) = broker("DNS:elsewhere.example");
    broker.start().await;
    let detail = Input::start(with_tls(&broker, Some(ca))).news(false).await;
    assert!(detail.contains("TLS: invalid peer certificate: certificate not valid for name"), "{detail}");
}

#[tokio::test]
async fn a_missing_authority_file_is_told_and_heals_when_it_is_there() {
    let (mut broker, ca) = broker("DNS:localhost");
    broker.start().await;
    let away = ca.with_extension("away");
    std::fs::rename(&ca, &away).unwrap();
    let input = Input::start(with_tls(&broker, Some(ca.clone())));
    let detail = input.news(false).await;
    assert!(detail.contains(&format!("cannot read `{}`", ca.display())), "{detail}");
    std::fs::rename(&away, &ca).unwrap();
    input.news(true).await;
}
