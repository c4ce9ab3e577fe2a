//! What people and controllers may write, as the fuzzer was given it and found it, read again.
//!
//! The same functions are the fuzzer's targets `osc`, `cron` and `easing`; the answers of servers are replayed beside
//! their parsers.

use std::{fs, panic, path::Path};

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

#[test]
fn every_datagram_of_the_corpus_is_read_or_refused() {
    replay("osc", segue_fuzz::osc);
}

#[test]
fn every_cron_expression_of_the_corpus_is_read_or_refused() {
    replay("cron", segue_fuzz::cron);
}

#[test]
fn every_easing_of_the_corpus_is_read_or_refused() {
    replay("easing", segue_fuzz::easing);
}

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library of its own for the fuzzer")]
mod segue_fuzz;
