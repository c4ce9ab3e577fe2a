//! The files of a show on disk: which there are, what is in them, and whether that is still so. Knows no YAML.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The most files that one show includes. A scene each is already one file per button of a large controller.
pub(super) const INCLUDED_MAX: usize = 256;
/// The most bytes of all files of a show. A thousand scenes with ten parameters each are some 300 KiB.
pub(super) const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most names that are looked at for one pattern: a folder of scenes has hundreds, a photo archive has more.
const NAMES_MAX: usize = 10_000;

/// What `include` names: a file, or with `*` and `?` all that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Takes a pattern as it was written; relative to the folder of the show file.
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns whether it may stand for many files, or none.
    pub(super) fn is_glob(&self) -> bool {
        is_glob(&self.0)
    }

    /// Returns the files that it stands for, sorted. Of folders in between none need be there; a name without `*` and
    /// `?` is returned whether there is such a file or not.
    fn files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = vec![folder.to_owned()];
        let mut parts = Path::new(&self.0).components().peekable();
        let mut looked_at = 0;
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            let Some(name) = part.as_os_str().to_str().filter(|name| is_glob(name)) else {
                for path in &mut found {
                    path.push(part);
                }
                if self.is_glob() {
                    found.retain(|path| path.exists());
                }
                continue;
            };
            let mut deeper = Vec::new();
            for folder in &found {
                let here = matching(folder, name, &mut looked_at)?;
                deeper.extend(here.into_iter().filter(|path| path.is_dir() != last));
            }
            found = deeper;
        }
        Ok(found)
    }

    /// Returns the folders in which a file would appear that it stands for.
    fn folders(&self, folder: &Path) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let parts: Vec<_> = Path::new(&self.0).components().collect();
        for depth in 0..parts.len() {
            let above: PathBuf = parts[..depth].iter().collect();
            if depth > 0 && !is_glob(&parts[depth].as_os_str().to_string_lossy()) && depth + 1 < parts.len() {
                continue;
            }
            let above = Self(above.to_string_lossy().into_owned());
            folders.extend(above.files(folder).unwrap_or_default().into_iter().filter(|path| path.is_dir()));
        }
        folders
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Returns what in a folder has a name like `pattern`, sorted. Hidden files are only found by a pattern with a dot:
/// editors and `ConfigMaps` keep their own things under such names.
fn matching(folder: &Path, pattern: &str, looked_at: &mut usize) -> io::Result<Vec<PathBuf>> {
    let names = match fs::read_dir(here(folder)) {
        Ok(names) => names,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in names {
        *looked_at += 1;
        if *looked_at > NAMES_MAX {
            return Err(io::Error::other(format!("there are more than {NAMES_MAX} names to look at")));
        }
        let name = entry?.file_name();
        let Some(text) = name.to_str() else { continue };
        if text.starts_with('.') == pattern.starts_with('.') && is_like(text, pattern) {
            found.push(folder.join(text));
        }
    }
    found.sort();
    Ok(found)
}

/// Returns whether a name fits a pattern: `*` is any part of it, `?` one character. Linear but for the last `*`.
fn is_like(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) = (name.chars().collect(), pattern.chars().collect());
    let (mut n, mut p) = (0, 0);
    // Where to go on if what follows the last `*` does not fit: the star took too little.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (n, p) = (n + 1, p + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (n, p) = (taken + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Returns the folder that `path` means: nothing is the present one.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// The files of a show, as they were when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    show: PathBuf,
    patterns: Vec<Pattern>,
    hash: u64,
}

/// One file as it was read.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub(super) path: PathBuf,
    pub(super) bytes: io::Result<Vec<u8>>,
}

impl Files {
    pub(super) fn new(show: &Path, patterns: Vec<Pattern>, hash: u64) -> Self {
        Self { show: show.to_owned(), patterns, hash }
    }

    /// Returns the show file.
    pub fn show(&self) -> &Path {
        &self.show
    }

    /// Returns a number that is another for another content: of any file, or another list of files.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Reads the files again and returns what [`Self::hash`] would be now.
    pub fn hash_now(&self) -> u64 {
        let mut hash = Hash::default();
        let mut room = BYTES_MAX;
        hash.add(&ReadFile { path: self.show.clone(), bytes: read(&self.show, &mut room) });
        for pattern in &self.patterns {
            for file in included(&self.show, pattern, &mut room).unwrap_or_default() {
                hash.add(&file);
            }
        }
        hash.sum()
    }

    /// Returns the folders in which something happens when any of the files changes, or a new one appears.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let folder = folder(&self.show);
        let mut folders = BTreeSet::from([here(folder).to_owned()]);
        let mut paths = vec![self.show.clone()];
        for pattern in &self.patterns {
            folders.extend(pattern.folders(folder).iter().map(|folder| here(folder).to_owned()));
            paths.extend(pattern.files(folder).unwrap_or_default());
        }
        // A file may be a link to one that changes elsewhere.
        let real = paths.iter().filter_map(|path| path.canonicalize().ok());
        folders.extend(real.filter_map(|path| path.parent().map(Path::to_owned)));
        folders
    }
}

/// Returns the folder of a file; nothing for the present one.
fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// Reads what a pattern stands for, without the show file itself: sorted, one more than [`INCLUDED_MAX`] at the most.
pub(super) fn included(show: &Path, pattern: &Pattern, room: &mut u64) -> io::Result<Vec<ReadFile>> {
    let mut paths = pattern.files(folder(show))?;
    if pattern.is_glob() {
        let own = show.canonicalize().ok();
        paths.retain(|path| own.is_none() || path.canonicalize().ok() != own);
    }
    let read = |path: PathBuf| ReadFile { bytes: read_plain(&path, room), path };
    Ok(paths.into_iter().take(INCLUDED_MAX + 1).map(read).collect())
}

/// Reads a file that is no pipe and no device: one of those would be waited for.
fn read_plain(path: &Path, room: &mut u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    read(path, room)
}

/// Reads a file as far as there is room for it.
pub(super) fn read(path: &Path, room: &mut u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(*room + 1).read_to_end(&mut bytes)?;
    let size = bytes.len() as u64;
    if size > *room {
        let limit = BYTES_MAX / 1024 / 1024;
        return Err(io::Error::other(format!("the files of a show are at most {limit} MiB together")));
    }
    *room -= size;
    Ok(bytes)
}

/// A running FNV-1a hash of files. Nobody tries to fool it: it only tells a touch from a change.
#[derive(Debug)]
pub(super) struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// Adds a file by name, length and content, or that it cannot be read.
    pub(super) fn add(&mut self, file: &ReadFile) {
        self.bytes(file.path.as_os_str().as_encoded_bytes());
        match &file.bytes {
            Ok(bytes) => {
                self.bytes(&bytes.len().to_le_bytes());
                self.bytes(bytes);
            }
            Err(error) => self.bytes(error.kind().to_string().as_bytes()),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Returns the number.
    pub(super) fn sum(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns_as_in_a_shell() {
        let table = [
            ("a.yaml", "*.yaml", true),
            ("a.yml", "*.yaml", false),
            ("a.yaml.bak", "*.yaml", false),
            ("ab.yaml", "?.yaml", false),
            ("ä.yaml", "?.yaml", true),
            ("aXbXc", "a*b*c", true),
            ("aXbX", "a*b*c", false),
            ("", "*", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*c", false),
        ];
        for (name, pattern, fits) in table {
            assert_eq!(is_like(name, pattern), fits, "{name} {pattern}");
        }
    }
}
