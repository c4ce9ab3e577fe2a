//! The show file edited under a running daemon: written in every way that editors know, broken, mended, moved.

use std::{
    fs,
    net::UdpSocket,
    os::unix::{fs::symlink, net::UnixDatagram},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::show;
use crate::support::{
    broker::Directory,
    eventually,
    house::{Daemon, Simulator, Stage, segue},
};

/// Puts a new file in the place of the old one, as most editors do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

fn error(state: &Value) -> Option<&str> {
    state["show_file"]["error"].as_str()
}

/// A show whose edits are quick.
fn quick(simulator: &Simulator, stage: &Stage<'_>) -> String {
    show(simulator, stage, "") + "reload: { edit_fade: 200ms }\n"
}

fn file(directory: &Directory) -> PathBuf {
    directory.path().join("show.yaml")
}

#[tokio::test]
async fn an_edit_is_taken_over_however_it_is_written() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = quick(&simulator, &stage);
    let daemon = stage.run(&text).await;
    let path = file(&directory);

    replace(&path, &text.replace("mist", "fog"));
    simulator.shows(&[("fog", 1.0)]).await;
    fs::write(&path, text.replace("mist", "haze")).unwrap();
    simulator.shows(&[("haze", 1.0)]).await;
    // As Kubernetes does it: a link to a folder that is swapped for another.
    for (folder, word) in [("one", "sleet"), ("two", "hail")] {
        fs::create_dir(directory.path().join(folder)).unwrap();
        directory.write(&format!("{folder}/show.yaml"), &text.replace("mist", word));
    }
    symlink("one", directory.path().join("..data")).unwrap();
    symlink("..data/show.yaml", directory.path().join("link")).unwrap();
    fs::rename(directory.path().join("link"), &path).unwrap();
    simulator.shows(&[("sleet", 1.0)]).await;
    symlink("two", directory.path().join("..next")).unwrap();
    fs::rename(directory.path().join("..next"), directory.path().join("..data")).unwrap();
    simulator.shows(&[("hail", 1.0)]).await;
    assert_eq!(error(&daemon.state().await), None);
}

#[tokio::test]
async fn a_broken_file_is_told_and_the_show_goes_on_until_it_is_mended() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = quick(&simulator, &stage);
    let mut daemon = stage.run(&text).await;
    let path = file(&directory);

    replace(&path, &text.replace("prompt: city", "promt: city"));
    let state = daemon.until("the mistake", |state| error(state).is_some()).await;
    let told = error(&state).unwrap();
    assert!(told.ends_with("show.yaml:14:11: scene `neon`: unknown key `promt`"), "{told}");
    assert!(daemon.text("/status").await.contains("unknown key `promt`"), "the page tells it");
    let (_, status, _) = segue(&["status"], &[("SEGUE_URL", &daemon.web)]);
    assert!(status.contains("The show file is wrong; the show goes on as it was"), "{status}");
    daemon.osc("/segue/scene/neon", &[0.1]);
    simulator.shows(&[("city", 1.0)]).await;

    fs::remove_file(&path).unwrap();
    let state =
        daemon.until("the loss", |state| error(state).is_some_and(|told| told.contains("cannot read"))).await;
    assert_eq!(state["streams"][0]["scene"], "neon");
    replace(&path, &text.replace("city", "town"));
    simulator.shows(&[("town", 1.0)]).await;
    daemon.until("peace", |state| error(state).is_none()).await;

    let before = daemon.state().await["show_file"]["hash"].clone();
    let sent = simulator.requests().len();
    replace(&path, &(text.replace("city", "town") + "# a comment\n"));
    daemon.until("the comment", |state| state["show_file"]["hash"] != before).await;
    assert_eq!(simulator.requests().len(), sent, "a comment sends nothing");

    daemon.process.signal("TERM");
    daemon.process.ended().await;
    let log = daemon.process.log();
    assert_eq!(log.matches("The show file is wrong").count(), 2, "{log}");
    let history = rusqlite::Connection::open(stage.state().join("history.db")).unwrap();
    let count = |kind: &str| -> i64 {
        history.query_row("SELECT count(*) FROM facts WHERE kind = ?1", [kind], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("not_reloaded"), count("reloaded")), (2, 1));
}

#[tokio::test]
async fn a_new_file_that_fits_the_pattern_brings_its_scenes() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&format!("include: sets/*/*.yaml\n{}", quick(&simulator, &stage))).await;
    // The folders are not there yet either.
    fs::create_dir_all(directory.path().join("sets/sea")).unwrap();
    directory.write("sets/sea/calm.yaml", "scenes: { calm: { prompt: still water } }\n");
    eventually("the new scene", async || {
        let (code, ..) = segue(&["go", "calm", "--fade", "0s"], &[("SEGUE_URL", &daemon.web)]);
        (code == 0).then_some(())
    })
    .await;
    simulator.shows(&[("still water", 1.0)]).await;
    directory.write("sets/sea/calm.yaml", "scenes: { calm: { prompt: breakers } }\n");
    simulator.shows(&[("breakers", 1.0)]).await;
}

#[tokio::test]
async fn whoever_asks_for_a_reload_hears_what_changed_or_what_is_wrong() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = show(&simulator, &stage, "") + "reload: { watch: false, edit_fade: 0 }\n";
    let daemon = stage.run(&text).await;
    let path = file(&directory);
    let reload = || segue(&["reload"], &[("SEGUE_URL", daemon.web.as_str())]);

    assert_eq!(reload(), (0, "nothing changed\n".to_owned(), String::new()));
    replace(&path, &text.replace("mist", "fog").replace("status: { every: 1s }", "timeouts: { update: 9s }"));
    let (code, told, _) = reload();
    assert_eq!(code, 0);
    assert_eq!(
        told,
        "scene `dawn` changed\nstream `wall`: `status`\nnot yet: stream `wall`: its backend, environment, key and timeouts change with a restart\n"
    );
    simulator.shows(&[("fog", 1.0)]).await;

    replace(&path, &text.replace("dawn: {", "dawn: { prompt: fog,"));
    let (code, told, errors) = reload();
    assert_eq!((code, told.as_str()), (78, ""));
    assert!(errors.contains("the key `prompt` stands here a second time"), "{errors}");
    assert!(errors.contains("show.yaml:13:24"), "{errors}");
    fs::remove_file(&path).unwrap();
    let (code, _, errors) = reload();
    assert_eq!(code, 78);
    assert!(errors.contains("cannot read"), "{errors}");

    replace(&path, &text.replace("mist", "haze"));
    daemon.process.signal("HUP");
    simulator.shows(&[("haze", 1.0)]).await;
    let web = daemon.web.clone();
    drop(daemon);
    let (code, _, errors) = segue(&["reload"], &[("SEGUE_URL", web.as_str())]);
    assert_eq!(code, 1);
    assert!(errors.contains("no show answers"), "{errors}");
}

#[tokio::test]
async fn the_service_manager_hears_of_a_reload() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(crate::support::DEADLINE)).unwrap();
    let stage = Stage::new(&directory).with("NOTIFY_SOCKET", path.to_str().unwrap());
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    let hear = || {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let until = |wanted: &str| loop {
        let words = hear();
        if words.starts_with(wanted) {
            return words;
        }
    };
    until("READY=1");
    daemon.process.signal("HUP");
    let words = until("RELOADING=1\nMONOTONIC_USEC=");
    let moment: u64 = words.rsplit('=').next().unwrap().parse().unwrap();
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    assert!(moment > 0 && moment as f64 / 1e6 < uptime + 1.0, "{moment} of {uptime}");
    until("READY=1");
}

#[tokio::test]
async fn the_osc_door_moves_and_stays_where_it_is_if_it_cannot() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let text = quick(&simulator, &stage);
    let mut daemon: Daemon = stage.run(&text).await;
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let elsewhere = |address: &str| text.replace(&stage.osc.to_string(), address);
    let reload = |daemon: &Daemon| segue(&["reload"], &[("SEGUE_URL", daemon.web.as_str())]).1;

    let address = taken.local_addr().unwrap();
    replace(&file(&directory), &elsewhere(&address.to_string()));
    let told = reload(&daemon);
    assert!(told.contains(&format!("not yet: cannot listen on {address} for the OSC input")), "{told}");
    daemon.osc("/segue/scene/neon", &[0.1]);
    simulator.shows(&[("city", 1.0)]).await;
    drop(taken);
    let told = reload(&daemon);
    assert_eq!(told, "`inputs.osc`\n");
    daemon.osc = address;
    daemon.osc("/segue/scene/dawn", &[0.1]);
    simulator.shows(&[("mist", 1.0)]).await;
}
