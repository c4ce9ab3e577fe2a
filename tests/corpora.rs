//! What comes from outside, as the fuzzer was given it and found it, read again: as it is, and mutated.
//!
//! The same functions are the fuzzer's targets; those that read answers of servers are replayed beside their parsers.

use std::{fs, panic, path::Path};

/// What a target does with bytes; it stops where something is not as it should be.
type Read = fn(&[u8]);

/// Every target that reads what people, controllers and disks say.
const TARGETS: [(&str, Read); 7] = [
    ("osc", segue_fuzz::osc),
    ("cron", segue_fuzz::cron),
    ("easing", segue_fuzz::easing),
    ("payload", segue_fuzz::payload),
    ("show", segue_fuzz::show),
    ("journal", segue_fuzz::journal),
    ("text", segue_fuzz::text),
];

/// How many mutations of each corpus the usual tests try.
const MUTATIONS: u64 = 1000;

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 5, "only {} files in {}", files.len(), folder.display());
    files
}

#[test]
fn every_file_of_the_corpora_is_read_or_refused() {
    for (name, read) in TARGETS {
        for (path, bytes) in corpus(name) {
            assert!(panic::catch_unwind(|| read(&bytes)).is_ok(), "{path} is where it stops; see above");
        }
    }
}

#[test]
fn what_is_nearly_a_file_of_the_corpora_is_read_or_refused() {
    mutate(MUTATIONS, 1);
}

/// `cargo nextest run --release --run-ignored only long_mutation`
#[test]
#[ignore = "takes minutes; other seeds by SEED"]
fn long_mutation() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2);
    mutate(100_000, seed);
}

fn mutate(count: u64, seed: u64) {
    for (name, read) in TARGETS {
        let corpus = corpus(name);
        // Each journal is synced to the disk, some 5 ms.
        let count = if name == "journal" { count / 20 } else { count };
        for number in 0..count {
            let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
            let bytes = mutated(&corpus, &mut dice);
            let goes_on = panic::catch_unwind(|| read(&bytes)).is_ok();
            assert!(goes_on, "`{name}` stops at mutation {number} of seed {seed}: {}", bytes.escape_ascii());
        }
    }
}

/// Changes one file of a corpus in one to four places: bits, bytes, cuts, repetitions, and parts of another file.
fn mutated(corpus: &[(String, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.one_of(corpus).1.clone();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        let end = (at + dice.below(32)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(7),
            1 if at < bytes.len() => bytes[at] = *dice.one_of(b"\0\xff/-+.,:{}[]\"'#&*!|>%@ \n\t09azAZ~"),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                let part = part.repeat(1 + dice.below(8));
                bytes.splice(at..at, part);
            }
            5 => {
                let other = &dice.one_of(corpus).1;
                let from = dice.below(other.len());
                let to = (from + dice.below(64)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => bytes.insert(at, dice.below(255) as u8),
        }
    }
    bytes
}

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    /// Returns a number from 0 to `most`.
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % (most as u64 + 1)) as usize
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() - 1)]
    }
}

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library of its own for the fuzzer")]
mod segue_fuzz;
