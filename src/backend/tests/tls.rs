//! TLS by the roots of the platform, and HTTP/2 where a server offers it.
//!
//! The roots are named by the environment, which a test must not change; so it runs itself again in another one.

use std::{path::Path, process::Command, sync::Mutex};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{stub::answer, *};
use crate::show::event::{FailureKind, Reply};

/// Where the inner run finds the server.
const SERVER: &str = "SEGUE_TEST_TLS_SERVER";
const NAME: &str = "backend::tests::tls::a_server_is_trusted_by_the_roots_of_the_platform";

/// What a certificate for `localhost` is, in the words of `openssl req`.
const CERTIFICATE: &str = "[req]\ndistinguished_name=name\nx509_extensions=extensions\nprompt=no\n[name]\nCN=localhost\n\
                           [extensions]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";

/// Makes a certificate and its key in `folder`; returns whether that was possible.
fn certify(folder: &Path) -> bool {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("req.conf"), CERTIFICATE).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-config", "req.conf", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output();
    match made {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(error) => {
            println!("SKIPPED, because there is no `openssl` to make a certificate with: {error}");
            false
        }
    }
}

/// Answers every request over HTTP/1.1, and notes what each connection began with.
async fn serve(folder: &Path, alpn: &[&[u8]]) -> (String, Arc<Mutex<Vec<String>>>) {
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let begun = Arc::new(Mutex::new(Vec::new()));
    let begins = Arc::clone(&begun);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us ends the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut first = [0; 14];
            stream.read_exact(&mut first).await.unwrap();
            begins.lock().unwrap().push(String::from_utf8_lossy(&first).into_owned());
            stream.write_all(answer("200 OK", "", r#"{"id": "trusted"}"#).as_bytes()).await.unwrap();
            // What else is said does not matter; but it must be heard, or the end would be a reset.
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    (base, begun)
}

/// Runs this test again with other roots and returns what it said.
async fn again(base: &str, roots: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([NAME, "--exact", "--nocapture"]).env(SERVER, base).env("SSL_CERT_FILE", roots);
    command.env_remove("SSL_CERT_DIR");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_server_is_trusted_by_the_roots_of_the_platform() {
    if let Ok(server) = std::env::var(SERVER) {
        match client(&server, Generation::V1).perform(&get("a"), WALL).await {
            Ok(Reply::Stream(stream)) => println!("stream {}", stream.id),
            Err(failure) if matches!(failure.kind, FailureKind::Unreached | FailureKind::Network) => {
                println!("{}", failure.message);
            }
            other => panic!("{other:?}"),
        }
        return;
    }
    let folder = std::env::temp_dir().join(format!("segue-backend-tls-{}", std::process::id()));
    let (ours, theirs) = (folder.join("ours"), folder.join("theirs"));
    if !certify(&ours) || !certify(&theirs) {
        return;
    }
    let (base, begun) = serve(&ours, &[b"http/1.1"]).await;
    let said = again(&base, &ours.join("cert.pem")).await;
    assert!(said.contains("stream trusted"), "{said}");
    assert_eq!(*begun.lock().unwrap(), ["GET /v1/stream"]);
    let said = again(&base, &theirs.join("cert.pem")).await;
    assert!(said.contains("no connection to localhost:") && said.contains("certificate"), "{said}");
    assert_eq!(begun.lock().unwrap().len(), 1, "nothing is said to a server that is not trusted");

    let (base, begun) = serve(&ours, &[b"h2", b"http/1.1"]).await;
    again(&base, &ours.join("cert.pem")).await;
    assert_eq!(*begun.lock().unwrap(), ["PRI * HTTP/2.0"]);
    std::fs::remove_dir_all(folder).unwrap();
}
