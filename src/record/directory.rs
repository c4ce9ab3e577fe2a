//! Where the state lives. Finding it is a pure function of the environment; making it is not.

use std::{
    ffi::OsString,
    fs::{DirBuilder, File, TryLockError},
    io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::DirBuilderExt,
    },
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The file that is locked while a show runs.
const LOCK_NAME: &str = "lock";

/// Why there is no state directory.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The environment names no place.
    #[error(
        "there is no place for the state: none of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME is an absolute path"
    )]
    Nowhere,
    /// It cannot be made.
    #[error("cannot create the state directory `{}`", path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another show keeps its state there.
    #[error(
        "another segue uses the state directory `{}`; give this one its own with $XDG_STATE_HOME",
        .0.display()
    )]
    InUse(PathBuf),
}

/// Takes the state directory for this process, until the file is dropped. `None`: it cannot be told who else uses it.
///
/// # Errors
///
/// [`DirectoryError::InUse`] if another process has taken it.
pub fn lock(path: &Path) -> Result<Option<File>, DirectoryError> {
    let Ok(file) = File::create(path.join(LOCK_NAME)) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(DirectoryError::InUse(path.to_owned())),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Returns the state directory: the first of systemd's `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/segue`, else
/// `~/.local/state/segue`.
///
/// Relative paths count as not set, as the XDG specification wants it. `lookup` reads an environment variable.
///
/// # Errors
///
/// [`DirectoryError::Nowhere`] if none of the three is set.
pub fn find(lookup: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, DirectoryError> {
    let absolute = |text: OsString| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    // systemd separates several by colons, in the order of the unit.
    let first = |text: OsString| {
        let bytes = text.as_bytes().split(|byte| *byte == b':').next().unwrap_or_default();
        OsString::from_vec(bytes.to_vec())
    };
    let systemd = lookup("STATE_DIRECTORY").map(first).and_then(absolute);
    let xdg = || Some(lookup("XDG_STATE_HOME").and_then(absolute)?.join("segue"));
    let home = || Some(lookup("HOME").and_then(absolute)?.join(".local/state/segue"));
    systemd.or_else(xdg).or_else(home).ok_or(DirectoryError::Nowhere)
}

/// Makes the state directory with its parents, for nobody else to read; one that exists is left as it is.
///
/// # Errors
///
/// [`DirectoryError::Create`] with the system's reason.
pub fn create(path: &Path) -> Result<(), DirectoryError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| DirectoryError::Create { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::record::scratch::Scratch;

    fn found(variables: &[(&str, &str)]) -> Option<String> {
        let value =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        find(value).ok().map(|path| path.display().to_string())
    }

    #[test]
    fn systemd_comes_before_xdg_and_xdg_before_home() {
        let all = [("STATE_DIRECTORY", "/var/lib/segue"), ("XDG_STATE_HOME", "/x"), ("HOME", "/home/vj")];
        assert_eq!(found(&all).unwrap(), "/var/lib/segue");
        assert_eq!(found(&all[1..]).unwrap(), "/x/segue");
        assert_eq!(found(&all[2..]).unwrap(), "/home/vj/.local/state/segue");
    }

    #[test]
    fn of_several_state_directories_the_first_is_ours() {
        assert_eq!(found(&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")]).unwrap(), "/var/lib/a");
    }

    #[test]
    fn empty_and_relative_paths_count_as_not_set() {
        let variables = [("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "state"), ("HOME", "/home/vj")];
        assert_eq!(found(&variables).unwrap(), "/home/vj/.local/state/segue");
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn the_directory_is_for_nobody_else() {
        let scratch = Scratch::new();
        let path = scratch.path().join("a/segue");
        create(&path).unwrap();
        create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
