//! What the fuzzer was given and what it has found, read again.

use std::{fs, panic, path::Path};

use crate::backend::fuzzing;

#[test]
fn every_answer_of_the_corpora_is_read_or_refused() {
    replay("status", fuzzing::status);
    replay("stream", fuzzing::stream);
    replay("error", fuzzing::error);
}

fn replay(name: &str, read: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut count = 0;
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let read = panic::catch_unwind(|| read(&bytes));
        assert!(read.is_ok(), "{} is where it stops; see above", path.display());
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", folder.display());
}
