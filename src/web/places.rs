//! How many connections there is room for in this process. Knows of files only.
//!
//! Every connection takes a file, and so do the way to the API, the journal and the broker: those must never find none
//! left because of an audience.

use std::fs;

/// The part of the process's files that connections may take, as its divisor. Of the smallest usual limit, 64, this
/// leaves 48, and the rest of the daemon holds some 20.
const SHARE: usize = 4;

/// Returns how many connections may be open at once: `most`, or fewer where the process may open few files.
pub(super) fn bounded(most: usize) -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    files(&limits).map_or(most, |files| most.min(files / SHARE).max(1))
}

/// Reads the limit in force from `/proc/self/limits` (proc(5)); `None` if it is unlimited, or told differently.
fn files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_in_force_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             63432                63432                processes \n\
                      Max open files            64                   4096                 files     \n";
        assert_eq!(files(limits), Some(64));
        assert_eq!(files("Max open files            unlimited            unlimited            files"), None);
        assert_eq!(files(""), None);
    }

    #[test]
    fn here_there_is_room() {
        assert!((1..=7).contains(&bounded(7)));
    }
}
