//! Fetches secrets from where the show file says they are. They exist only as [`SecretString`] from here on.

use std::{ffi::OsString, fs, io, path::PathBuf};

use secrecy::SecretString;

use crate::show::venue::SecretSource;

/// A key is one line; what is larger is the wrong file.
const SECRET_MAX: u64 = 64 * 1024;

/// Why a secret is not to be had. Names the place, never the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable is not set, or is empty.
    #[error("environment variable `{0}` is not set")]
    NoVariable(String),
    /// The environment variable holds no text.
    #[error("environment variable `{0}` is not valid UTF-8")]
    NoText(String),
    /// systemd gave no credentials to this process.
    #[error(
        "credential `{0}`: `$CREDENTIALS_DIRECTORY` is not set, so this was not started by systemd with LoadCredential="
    )]
    NoCredentials(String),
    /// systemd gave this process other credentials, but not this one.
    #[error("credential `{name}` is not to be had: does the unit say `LoadCredential={name}:PATH`?")]
    Credential {
        /// Its name.
        name: String,
        /// Why.
        source: Box<SecretError>,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds nothing.
    #[error("`{}` is empty", .0.display())]
    Empty(PathBuf),
    /// The file is far too large for a key.
    #[error("`{}` is larger than {SECRET_MAX} bytes: this is not a key", .0.display())]
    TooLarge(PathBuf),
}

/// Returns the secret that `source` points at, without white space around it.
///
/// # Errors
///
/// Says where it was looked for.
pub fn fetch(
    source: &SecretSource,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<SecretString, SecretError> {
    match source {
        SecretSource::Env(name) => {
            let value = environment(name).ok_or_else(|| SecretError::NoVariable(name.to_string()))?;
            let value = value.into_string().map_err(|_| SecretError::NoText(name.to_string()))?;
            match value.trim() {
                "" => Err(SecretError::NoVariable(name.to_string())),
                secret => Ok(SecretString::from(secret)),
            }
        }
        SecretSource::File(path) => read(path.clone()),
        SecretSource::Credential(name) => {
            let directory = environment("CREDENTIALS_DIRECTORY")
                .ok_or_else(|| SecretError::NoCredentials(name.to_string()))?;
            let credential = || name.to_string();
            read(PathBuf::from(directory).join(&**name))
                .map_err(|source| SecretError::Credential { name: credential(), source: Box::new(source) })
        }
    }
}

fn read(path: PathBuf) -> Result<SecretString, SecretError> {
    let read = || {
        let size = fs::metadata(&path)?.len();
        if size > SECRET_MAX {
            return Ok(None);
        }
        fs::read_to_string(&path).map(Some)
    };
    match read() {
        Err(source) => Err(SecretError::Read { path, source }),
        Ok(None) => Err(SecretError::TooLarge(path)),
        Ok(Some(text)) if text.trim().is_empty() => Err(SecretError::Empty(path)),
        Ok(Some(text)) => Ok(SecretString::from(text.trim())),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn nowhere(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn a_variable_is_read_and_trimmed() {
        let secret = fetch(&SecretSource::Env("KEY".into()), |_| Some(" abc\n".into())).unwrap();
        assert_eq!(secret.expose_secret(), "abc");
        assert!(!format!("{secret:?}").contains("abc"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = |source| fetch(&source, nowhere).unwrap_err().to_string();
        assert_eq!(missing(SecretSource::Env("KEY".into())), "environment variable `KEY` is not set");
        assert_eq!(missing(SecretSource::File("/nonexistent/key".into())), "cannot read `/nonexistent/key`");
        assert!(missing(SecretSource::Credential("api-key".into())).starts_with("credential `api-key`"));
    }
}
