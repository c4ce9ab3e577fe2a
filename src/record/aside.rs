//! Setting a damaged file aside, so that a person can look at it and the show can begin a new one.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};

/// How many damaged files are kept, the newest: enough to see whether it happens again, and with a history of 1 GB each
/// still no reason for a full disk. The oldest goes.
const KEPT_MAX: usize = 3;

/// Renames a file to `<file>.damaged-<time>`, the time at which it was last written, together with the files that belong
/// to it and whose names end in one of `companions`. Returns the new name.
pub(super) fn set_aside(file: &Path, companions: &[&str]) -> io::Result<PathBuf> {
    let written = Timestamp::try_from(fs::metadata(file)?.modified()?).unwrap_or(Timestamp::UNIX_EPOCH);
    let written = written.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S.%3fZ").to_string();
    let aside = with_suffix(file, &format!(".damaged-{written}"));
    fs::rename(file, &aside)?;
    for suffix in companions {
        match fs::rename(with_suffix(file, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    // What cannot be thrown away does not matter now: the next one is set aside over it or beside it.
    let _ = throw_away(file, companions);
    Ok(aside)
}

/// Deletes all but the newest damaged files; their names are in the order of time.
fn throw_away(file: &Path, companions: &[&str]) -> io::Result<()> {
    let (Some(directory), Some(name)) = (file.parent(), file.file_name()) else { return Ok(()) };
    let start = format!("{}.damaged-", name.to_string_lossy());
    let mut damaged = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&start) && !companions.iter().any(|suffix| name.ends_with(suffix)) {
            damaged.push(directory.join(name));
        }
    }
    damaged.sort();
    for old in &damaged[..damaged.len().saturating_sub(KEPT_MAX)] {
        fs::remove_file(old)?;
        for suffix in companions {
            let _ = fs::remove_file(with_suffix(old, suffix));
        }
    }
    Ok(())
}

/// Returns the path with something added to its last name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::record::scratch::Scratch;

    #[test]
    fn the_three_newest_damaged_files_are_kept_with_their_companions() {
        let scratch = Scratch::new();
        let file = scratch.path().join("a.db");
        for n in 0..6 {
            fs::write(&file, n.to_string()).unwrap();
            fs::write(with_suffix(&file, "-wal"), "").unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * n);
            fs::File::options().append(true).open(&file).unwrap().set_modified(at).unwrap();
            set_aside(&file, &["-wal", "-shm"]).unwrap();
        }
        let names = scratch.names();
        assert_eq!(names.len(), 6, "{names:?}");
        assert_eq!(
            names[..2],
            ["a.db.damaged-19700104T000000.000Z", "a.db.damaged-19700104T000000.000Z-wal"]
        );
        let newest = scratch.path().join("a.db.damaged-19700106T000000.000Z");
        assert_eq!(fs::read_to_string(newest).unwrap(), "5");
    }
}
