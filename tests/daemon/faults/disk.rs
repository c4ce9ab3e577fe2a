//! The disk under the state: full, and read-only. Real file systems, where whoever runs the tests may mount them.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::{plays, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        eventually,
        house::{Simulator, Stage},
        say,
    },
};

/// A file system in memory that is gone after the test.
struct Mount(PathBuf);

impl Mount {
    /// Mounts one; `None`, with a message, where that is not allowed.
    fn new(path: PathBuf, options: &str) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path).output();
        match output {
            Ok(output) if output.status.success() => Some(Self(path)),
            refused => {
                say(&format!("skipped: nothing can be mounted here ({refused:?}); run this as root"));
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Writes until there is no room for one more byte.
fn fill(path: &Path) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

#[tokio::test]
async fn full_the_show_goes_on_and_with_room_again_nothing_is_forgotten() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let Some(_mount) = Mount::new(stage.state(), "size=512k") else { return };
    let ballast = stage.state().join("ballast");
    fill(&ballast);
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.run(&text).await;
    rests_on(&daemon, &simulator, "dawn").await;
    let id = plays(&daemon, &simulator, "neon").await;
    eventually("what the operator reads", async || {
        let log = daemon.process.log();
        let told = ["State cannot be written to disk", "The history cannot be written"];
        told.iter().all(|words| log.contains(words)).then_some(())
    })
    .await;

    fs::remove_file(ballast).unwrap();
    eventually("the journal", async || {
        fs::read_to_string(stage.state().join("journal.json")).ok()?.contains(&id).then_some(())
    })
    .await;
    eventually("the history", async || {
        daemon.process.log().contains("The history is written again.").then_some(())
    })
    .await;
    daemon.process.kill();
    let daemon = stage.run(&text).await;
    assert_eq!(plays(&daemon, &simulator, "rain").await, id);
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
}

#[tokio::test]
async fn full_in_the_middle_of_the_show_costs_history_and_not_the_stream() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let Some(_mount) = Mount::new(stage.state(), "size=1m") else { return };
    let text = show(&simulator, &stage, "");
    let mut daemon = stage.run(&text).await;
    let id = plays(&daemon, &simulator, "neon").await;
    fill(&stage.state().join("ballast"));
    plays(&daemon, &simulator, "rain").await;
    eventually("what the operator reads", async || {
        daemon.process.log().contains("The history cannot be written").then_some(())
    })
    .await;
    daemon.process.kill();
    // Also a start finds its stream on a disk that is full.
    let daemon = stage.run(&text).await;
    assert_eq!(plays(&daemon, &simulator, "neon").await, id);
    assert_eq!((simulator.creates(), simulator.streams().await.len()), (1, 1));
}

#[tokio::test]
async fn read_only_the_show_goes_on_and_says_so() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let Some(_mount) = Mount::new(stage.state(), "ro,size=64k") else { return };
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    rests_on(&daemon, &simulator, "dawn").await;
    plays(&daemon, &simulator, "rain").await;
    let log = daemon.process.log();
    assert!(log.contains("State cannot be written to disk"), "{log}");
    assert!(log.contains("Read-only file system"), "{log}");
}
