//! TLS for a client that speaks none: a private socket in this process that leads to the broker through TLS.
//!
//! The client's own TLS would bring a certificate library with known holes. So the client connects to a unix
//! socket here, which nobody else may use, and what it says is carried on. Knows nothing of MQTT.

use std::{
    convert::Infallible,
    env, fs, future, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    pin::Pin,
    process,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    io::copy_bidirectional,
    net::{TcpStream, UnixListener, UnixStream},
    task, time,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Longest time for the connection and the handshake together. Two seconds less than the client waits, so that
/// the cause is told and not only that nothing came.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(8);

/// Pause after the private socket failed, which only happens without file descriptors or memory.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Names tried for the private directory: more than one only if a process of this number once died.
const NAMES_MAX: u32 = 1000;

/// Where the broker is and whom to believe that it is there.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Name or address; the certificate must be for it.
    pub(super) host: String,
    pub(super) port: u16,
    /// PEM file of the certificates to trust instead of the system's.
    pub(super) ca: Option<PathBuf>,
}

/// The private socket and its directory, both removed on drop.
#[derive(Debug)]
pub(super) struct Bridge {
    listener: UnixListener,
    directory: PathBuf,
    path: PathBuf,
    target: Target,
    error: Mutex<Option<String>>,
}

impl Bridge {
    /// Makes the private socket. Does not connect yet.
    pub(super) fn open(target: Target) -> io::Result<Self> {
        let directory = private_directory()?;
        let path = directory.join("mqtt");
        let listener = UnixListener::bind(&path).and_then(|listener| {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        });
        match listener {
            Ok(listener) => Ok(Self { listener, directory, path, target, error: Mutex::default() }),
            Err(error) => {
                remove(&directory, &path);
                Err(error)
            }
        }
    }

    /// Returns the path of the private socket.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what went wrong with the last connection that was carried, once.
    pub(super) fn take_error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Carries connections for ever: one at a time, a new one ends the one before.
    pub(super) async fn serve(&self) -> Infallible {
        let mut carried: Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(future::pending());
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if is_own(&stream) => carried = Box::pin(self.carry(stream)),
                    Ok(_) => {}
                    Err(error) => {
                        self.tell(Some(error.to_string()));
                        time::sleep(ERROR_PAUSE).await;
                    }
                },
                () = &mut carried => carried = Box::pin(future::pending()),
            }
        }
    }

    /// Carries one connection to its end.
    async fn carry(&self, mut client: UnixStream) {
        self.tell(None);
        let carried = match time::timeout(HANDSHAKE_MAX, self.target.connect()).await {
            Ok(Ok(mut broker)) => copy_bidirectional(&mut client, &mut broker).await.map(drop),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        // Told before `client` is closed: whoever sees it closed finds the reason.
        match carried {
            // A broker that dies says no farewell; that is not a fault of TLS.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => self.tell(Some(format!("TLS: {error}"))),
            Ok(()) => {}
        }
    }

    fn tell(&self, error: Option<String>) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        remove(&self.directory, &self.path);
    }
}

impl Target {
    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
        let ca = self.ca.clone();
        // Reads some hundred certificates: not in the show's own thread. Anew each time, since they change.
        let config = task::spawn_blocking(move || client_config(ca.as_deref())).await??;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

fn client_config(ca: Option<&Path>) -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match ca {
        None => builder.with_platform_verifier().map_err(io::Error::other)?,
        Some(path) => builder.with_root_certificates(trusted(path)?),
    };
    Ok(builder.with_no_client_auth())
}

/// Reads the certificates to trust.
fn trusted(path: &Path) -> io::Result<RootCertStore> {
    let cannot = |error: String| io::Error::other(format!("cannot read `{}`: {error}", path.display()));
    let pem = fs::read(path).map_err(|error| cannot(error.to_string()))?;
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| cannot(error.to_string()))?;
        trusted.add(certificate).map_err(|error| cannot(error.to_string()))?;
    }
    if trusted.is_empty() {
        return Err(cannot("it holds no certificate".to_owned()));
    }
    Ok(trusted)
}

/// Returns whether the other end is in this process too.
fn is_own(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.pid().is_none_or(|pid| pid.cast_unsigned() == process::id()))
}

/// Makes a directory that only this user may enter, in the first place that allows it.
fn private_directory() -> io::Result<PathBuf> {
    let places =
        ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for place in places.chain([env::temp_dir()]) {
        for n in 0..NAMES_MAX {
            let directory = place.join(format!("segue-{}-{n}", process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&directory) {
                Ok(()) => return Ok(directory),
                Err(error) => last = error,
            }
            if last.kind() != io::ErrorKind::AlreadyExists {
                break;
            }
        }
    }
    Err(last)
}

/// Removes socket and directory; what is not there or cannot be removed harms nobody.
fn remove(directory: &Path, path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir(directory);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_private_and_leaves_nothing_behind() {
        let target = Target { host: "localhost".to_owned(), port: 1, ca: None };
        let bridge = Bridge::open(target.clone()).unwrap();
        let other = Bridge::open(target).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&bridge.directory), 0o700);
        assert_eq!(mode(bridge.path()), 0o600);
        assert_ne!(bridge.path(), other.path());
        let directory = bridge.directory.clone();
        drop(bridge);
        assert!(!directory.exists());
    }
}
