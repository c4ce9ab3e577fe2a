//! Disks and files that fail: the show goes on, what is lost is counted, and it is written again when it can be.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::Ordering,
};

use rusqlite::Connection;

use super::{about, keeping, line, now, times, writer};
use crate::{
    record::{
        scratch::Scratch,
        store::FILE_NAME,
        writer::{Line, Writer},
    },
    show::dice::Dice,
};

const PLENTY: u64 = 1_000_000_000;

fn lines(count: i64) -> Vec<Line> {
    (0..count).map(|t| line(now(t))).collect()
}

fn damaged(scratch: &Scratch) -> usize {
    scratch.names().iter().filter(|name| name.contains("damaged") && name.ends_with('Z')).count()
}

#[test]
fn a_file_that_is_no_database_is_set_aside_and_a_new_one_begun() {
    let scratch = Scratch::new();
    let garbage = "this is no database, only text that is long enough".repeat(100);
    fs::write(scratch.path().join(FILE_NAME), garbage).unwrap();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(!writer.turn(&lines(1)));
    assert!(writer.turn(&lines(1)));
    assert_eq!(times(&writer.path, "updates"), [0]);
    assert_eq!(damaged(&scratch), 1);
    assert_eq!(writer.counts.failed.load(Ordering::Relaxed), 1);
}

#[test]
fn the_file_of_a_later_program_is_set_aside() {
    let scratch = Scratch::new();
    let path = scratch.path().join(FILE_NAME);
    Connection::open(path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(!writer.turn(&lines(1)));
    assert!(writer.turn(&lines(1)));
    assert_eq!(damaged(&scratch), 1);
}

/// Cuts or overwrites a good file at chance places; whatever it is then, the next rows are written at the third try.
#[test]
fn a_file_cut_or_overwritten_anywhere_is_written_again_or_set_aside() {
    for seed in 0..40 {
        let scratch = Scratch::new();
        let path = scratch.path().join(FILE_NAME);
        assert!(writer(&scratch, keeping(10, PLENTY)).turn(&lines(3000)));
        let mut bytes = fs::read(&path).unwrap();
        let mut dice = Dice::new(seed);
        let at = (dice.fraction() * bytes.len() as f64) as usize;
        if seed % 2 == 0 {
            bytes.truncate(at);
        } else {
            let end = (at + 5000).min(bytes.len());
            bytes[at..end].fill_with(|| dice.tag() as u8);
        }
        fs::write(&path, bytes).unwrap();
        let mut writer = writer(&scratch, keeping(10, PLENTY));
        let batch = [line(now(3_000_000))];
        assert!((0..3).any(|_| writer.turn(&batch)), "seed {seed}: cut or overwritten at {at}");
        let path = writer.path.clone();
        drop(writer);
        let connection = Connection::open(path).unwrap();
        let last: i64 = connection
            .query_row("SELECT t FROM updates ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
            .unwrap();
        assert_eq!(last, now(3_000_000).wall.as_millisecond(), "seed {seed}");
    }
}

#[test]
fn a_deleted_file_is_begun_anew() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(writer.turn(&lines(1)));
    fs::remove_file(&writer.path).unwrap();
    assert!(writer.turn(&[line(now(2))]));
    assert_eq!(times(&writer.path, "updates"), [2]);
}

#[test]
fn a_directory_that_comes_back_is_written_again() {
    let scratch = Scratch::new();
    let path = scratch.path().join("away").join(FILE_NAME);
    let mut writer = Writer::new(path.clone(), about(), keeping(10, PLENTY), std::sync::Arc::default());
    for _ in 0..100 {
        assert!(!writer.turn(&lines(1)));
    }
    fs::create_dir(scratch.path().join("away")).unwrap();
    assert!(writer.turn(&lines(1)));
    assert_eq!(times(&path, "updates"), [0]);
}

/// A file system of its own, of one megabyte, gone with the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, with a word why, for those who may not mount.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            failed => {
                println!("skipped: a small disk cannot be mounted here: {failed:?}");
                None
            }
        }
    }

    fn remount(&self, how: &str) {
        let option = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_rows_and_takes_them_when_there_is_room() {
    let scratch = Scratch::new();
    let Some(disk) = SmallDisk::mount(&scratch.path().join("disk")) else { return };
    let ballast = disk.0.join("ballast");
    let mut writer =
        Writer::new(disk.0.join(FILE_NAME), about(), keeping(10, PLENTY), std::sync::Arc::default());
    assert!(writer.turn(&[line(now(0))]));
    let written = io::copy(&mut io::repeat(0), &mut fs::File::create(&ballast).unwrap());
    assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
    let many: Vec<_> = (1..2000).map(|t| line(now(t))).collect();
    for _ in 0..3 {
        assert!(!writer.turn(&many));
    }
    assert_eq!(times(&writer.path, "updates"), [0], "all or nothing");
    fs::remove_file(ballast).unwrap();
    assert!(writer.turn(&many), "there is room again");
    assert_eq!(times(&writer.path, "updates").len(), 2000);
    assert_eq!(writer.counts.failed.load(Ordering::Relaxed), 3);
}

#[test]
fn a_history_that_outgrows_a_small_disk_goes_on_when_there_is_room() {
    let scratch = Scratch::new();
    let Some(disk) = SmallDisk::mount(&scratch.path().join("disk")) else { return };
    let mut writer =
        Writer::new(disk.0.join(FILE_NAME), about(), keeping(10, PLENTY), std::sync::Arc::default());
    let batch = |turn: i64| (0..500).map(|n| line(now(turn * 1000 + n))).collect::<Vec<_>>();
    let full = (0..100).find(|turn| !writer.turn(&batch(*turn))).unwrap();
    assert!(!writer.turn(&batch(full)));
    disk.remount("size=8m");
    assert!(writer.turn(&batch(full)));
    assert_eq!(
        times(&writer.path, "updates").len(),
        usize::try_from((full + 1) * 500).unwrap(),
        "nothing twice, nothing missing"
    );
}

#[test]
fn a_read_only_directory_refuses_rows_and_takes_them_afterwards() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("state");
    fs::create_dir(&directory).unwrap();
    let disk = SmallDisk::mount(&directory);
    let set_writable = |writable: bool| {
        if let Some(disk) = &disk {
            return disk.remount(if writable { "rw" } else { "ro" });
        }
        // Nobody but root is above the rights of a directory.
        let mode = if writable { 0o700 } else { 0o500 };
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
    };
    let mut writer =
        Writer::new(directory.join(FILE_NAME), about(), keeping(10, PLENTY), std::sync::Arc::default());
    set_writable(false);
    let refused = (0..3).all(|_| !writer.turn(&lines(1)));
    set_writable(true);
    assert!(refused);
    assert!(writer.turn(&lines(1)));
}

#[test]
fn the_file_is_for_nobody_else() {
    let scratch = Scratch::new();
    let mut writer = writer(&scratch, keeping(10, PLENTY));
    assert!(writer.turn(&lines(1)));
    for name in scratch.names() {
        let mode = fs::metadata(scratch.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
