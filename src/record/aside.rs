//! Setting a damaged file aside, so that a person can look at it and the show can begin a new one.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// How many damaged files are kept. One a day for a week leaves time to look; a disk that damages a file at every start
/// must not fill up with them. From then on the last one is replaced.
const KEPT_MAX: u32 = 9;

/// Renames a file to the first free name of `<file>.damaged-1` to `-9`, together with the files that belong to it and
/// whose names end in one of `companions`. Returns the new name.
pub(super) fn set_aside(file: &Path, companions: &[&str]) -> io::Result<PathBuf> {
    let numbered = |n: u32| with_suffix(file, &format!(".damaged-{n}"));
    let free = (1..KEPT_MAX).map(numbered).find(|name| !name.exists());
    let aside = free.unwrap_or_else(|| numbered(KEPT_MAX));
    fs::rename(file, &aside)?;
    for suffix in companions {
        match fs::rename(with_suffix(file, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(aside)
}

/// Returns the path with something added to its last name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::scratch::Scratch;

    #[test]
    fn nine_damaged_files_are_kept_with_their_companions() {
        let scratch = Scratch::new();
        let file = scratch.path().join("a.db");
        for n in 0..12 {
            fs::write(&file, n.to_string()).unwrap();
            fs::write(with_suffix(&file, "-wal"), "").unwrap();
            set_aside(&file, &["-wal", "-shm"]).unwrap();
        }
        let names = scratch.names();
        assert_eq!(names.len(), 18, "{names:?}");
        assert_eq!(names[..2], ["a.db.damaged-1", "a.db.damaged-1-wal"]);
        assert_eq!(fs::read_to_string(scratch.path().join("a.db.damaged-9")).unwrap(), "11");
    }
}
