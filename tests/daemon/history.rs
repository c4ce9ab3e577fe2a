//! `segue history`, beside a daemon that goes on writing.

use serde_json::Value;

use super::show;
use crate::support::{
    broker::Directory,
    eventually,
    house::{Simulator, Stage, segue},
};

#[tokio::test]
async fn what_was_on_and_what_was_fired_is_read_while_the_show_runs() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    daemon.osc("/segue/scene/neon", &[0.2]);
    daemon.until("neon", |state| state["streams"][0]["scene"] == "neon").await;
    let state = stage.state();
    let state = state.to_str().unwrap();
    let read = |more: &[&str]| {
        let arguments = [&["history", "--state-dir", state], more].concat();
        segue(&arguments, &[])
    };
    // A second passes until it is on disk.
    let scenes = eventually("neon in the history", async || {
        let (code, out, _) = read(&["--json", "--kind", "scenes"]);
        let scenes: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (code == 0 && scenes.len() == 2 && scenes[1]["reached"].is_string()).then_some(scenes)
    })
    .await;
    assert_eq!((&scenes[0]["scene"], &scenes[1]["scene"]), (&"dawn".into(), &"neon".into()));
    assert_eq!(scenes[0]["until"], scenes[1]["since"]);
    assert!(scenes[1]["until"].is_null());
    let (code, out, errors) = read(&["--since", "1h"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for part in
        ["show `Test` started", "wall: stream str_", "trigger `/segue/scene/neon` fired (osc)", "– now"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = read(&["--stream", "nobody", "--kind", "scenes"]);
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn where_there_is_no_history_it_says_so() {
    let directory = Directory::new();
    let place = directory.path().to_str().unwrap();
    let (code, _, errors) = segue(&["history", "--state-dir", place], &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("no show has run with this state directory"), "{errors}");
    let (code, _, errors) = segue(&["history", "--state-dir", place, "--since", "tomorrow"], &[]);
    assert_eq!(code, 1, "{errors}");
}
