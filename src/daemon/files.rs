//! Watches the files of the show and reads them again: one task, so that no older version overtakes a newer one.
//!
//! Folders are watched, not files: editors put a new file in the place of the old one, and a `ConfigMap` swaps a link
//! beside it. What counts is the content, so a touch does nothing. Beside that everything is looked at every few seconds,
//! for network file systems, which tell nothing, and for folders that come and go.

use std::{collections::BTreeSet, io, os::fd::OwnedFd, path::PathBuf, time::Duration};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::{
    net::unix::pipe::Receiver,
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};

use super::until;
use crate::{
    config::{self, Context, Files, Loaded, ReadError},
    web,
};

/// How long nothing must happen before a change counts as complete.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// How long to wait for that at the most: something else may be written to the same folder all the time.
const SETTLE_MAX: Duration = Duration::from_secs(2);
/// How often everything is looked at, whatever the file system tells.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long after a look at something wrong the next one comes.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often what is wrong is looked at again before it is told: it may be half written.
const WRONG_LOOKS: u32 = 1;
/// How often a file that is not there is looked for again: between its removal and the new one, a slow copy.
const MISSING_LOOKS: u32 = 5;
/// The most folders that are watched; for others the slow look is enough. The kernel has 8192 for all that a user runs.
const FOLDERS_MAX: usize = 64;
/// Wishes waiting to be done; a file is read in milliseconds, and the web server has no more connections than some.
pub(super) const WISHES_MAX: usize = 16;
/// Editions waiting for the loop: the next is not read before this one is taken.
pub(super) const EDITIONS_MAX: usize = 1;

/// Who wants the files read again.
#[derive(Debug)]
pub(super) enum Wish {
    /// They have changed.
    Change,
    /// SIGHUP.
    Hangup,
    /// Somebody who waits for the answer.
    Person(web::Reply),
}

/// The files as they were read just now.
#[derive(Debug)]
pub(super) struct Edition {
    pub(super) wish: Wish,
    pub(super) read: Result<Loaded, ReadError>,
}

/// Reads the files of one show.
#[derive(Debug)]
pub(super) struct Reader {
    files: Files,
    /// The name of this machine.
    node: String,
    /// Whether to watch.
    watch: bool,
    /// The content that was read last.
    seen: u64,
}

impl Reader {
    pub(super) fn new(files: Files, node: String, watch: bool) -> Self {
        Self { seen: files.hash(), files, node, watch }
    }

    /// Starts the task.
    pub(super) fn start(
        self,
        tasks: &mut JoinSet<&'static str>,
        wishes: mpsc::Receiver<Wish>,
        editions: mpsc::Sender<Edition>,
        stopped: watch::Receiver<bool>,
    ) {
        tasks.spawn(async move {
            tokio::select! {
                () = self.run(wishes, editions) => {}
                () = until(stopped) => {}
            }
            "files"
        });
    }

    /// Reads the files whenever they have changed or somebody wants it, as long as anybody takes them.
    async fn run(mut self, mut wishes: mpsc::Receiver<Wish>, editions: mpsc::Sender<Edition>) {
        while let Some(wish) = self.wish(&mut wishes).await {
            let edition = match wish {
                Wish::Change => self.read_patiently(&mut wishes).await,
                wish => Edition { read: self.read().await, wish },
            };
            if editions.send(edition).await.is_err() {
                return;
            }
        }
    }

    /// Waits until the files are to be read; `None` when nobody can want that any more.
    async fn wish(&self, wishes: &mut mpsc::Receiver<Wish>) -> Option<Wish> {
        loop {
            if !self.watch {
                return wishes.recv().await;
            }
            // Watched anew before each look: the folders may be others by now.
            let files = self.files.clone();
            let (eyes, hash) = blocking(move || (open(&files.folders()), files.hash_now())).await;
            if hash != self.seen {
                return Some(Wish::Change);
            }
            let eyes = Eyes::of(eyes);
            tokio::select! {
                wish = wishes.recv() => return wish,
                () = eyes.settled() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Reads the files; what is wrong with them is given time to be mended, unless somebody asks meanwhile.
    async fn read_patiently(&mut self, wishes: &mut mpsc::Receiver<Wish>) -> Edition {
        let mut looks = 0;
        loop {
            let read = self.read().await;
            let most = match &read {
                Ok(loaded) if loaded.sheet.is_some() => 0,
                Ok(_) => WRONG_LOOKS,
                Err(_) => MISSING_LOOKS,
            };
            if looks >= most {
                return Edition { read, wish: Wish::Change };
            }
            looks += 1;
            tokio::select! {
                Some(wish) = wishes.recv() => return Edition { read: self.read().await, wish },
                () = sleep(PATIENCE) => {}
            }
        }
    }

    async fn read(&mut self) -> Result<Loaded, ReadError> {
        let (path, node, before) = (self.files.show().to_owned(), self.node.clone(), self.files.clone());
        let (read, seen) = blocking(move || {
            // What cannot be read is seen too, once.
            let seen = before.hash_now();
            (config::load(&path, &Context { node: &node }), seen)
        })
        .await;
        self.seen = seen;
        if let Ok(Loaded { sheet, files: Some(files), .. }) = &read {
            self.seen = files.hash();
            self.files = files.clone();
            self.watch = sheet.as_ref().map_or(self.watch, |sheet| sheet.reload.watch);
        }
        read
    }
}

/// Does what waits for a disk on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// What the kernel tells of folders; nothing where it cannot.
struct Eyes(Option<Receiver>);

impl Eyes {
    fn of(opened: io::Result<OwnedFd>) -> Self {
        // To the runtime it is a pipe: something to be read until it would block.
        let opened = opened.and_then(Receiver::from_owned_fd_unchecked);
        if let Err(error) = &opened {
            tracing::debug!(%error, "Folders cannot be watched; they are looked at every few seconds.");
        }
        Self(opened.ok())
    }

    /// Completes when something has happened and then nothing for a while.
    async fn settled(&self) {
        self.happened().await;
        let quiet = async {
            loop {
                tokio::select! {
                    () = self.happened() => {}
                    () = sleep(DEBOUNCE) => return,
                }
            }
        };
        tokio::select! {
            () = quiet => {}
            () = sleep(SETTLE_MAX) => {}
        }
    }

    async fn happened(&self) {
        let Some(told) = &self.0 else { return std::future::pending().await };
        // What exactly happened does not matter: the content is compared. One event has at most 272 bytes.
        let mut buffer = [0_u8; 4096];
        let mut any = false;
        while !any {
            if told.readable().await.is_err() {
                return std::future::pending().await;
            }
            while told.try_read(&mut buffer).is_ok_and(|length| length > 0) {
                any = true;
            }
        }
    }
}

/// Begins to watch folders.
fn open(folders: &BTreeSet<PathBuf>) -> io::Result<OwnedFd> {
    let told = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    let events = WatchFlags::CLOSE_WRITE
        | WatchFlags::MODIFY
        | WatchFlags::ATTRIB
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR;
    for folder in folders.iter().take(FOLDERS_MAX) {
        // One that is gone by now is looked for at the next look.
        let _ = inotify::add_watch(&told, folder, events);
    }
    Ok(told)
}
