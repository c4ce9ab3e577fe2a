//! The commands as people type them: what they print and which exit code they return.

use serde_json::Value;

use super::show;
use crate::support::{
    broker::Directory,
    house::{KEY, Simulator, Stage, segue},
};

#[tokio::test]
async fn go_and_status_speak_to_the_running_show() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&show(&simulator, &stage, "")).await;
    let web = daemon.web.clone();
    let url = [("SEGUE_URL", web.as_str())];

    let (code, _, errors) = segue(&["go", "neon", "--fade", "100ms"], &url);
    assert_eq!((code, errors.as_str()), (0, ""));
    simulator.shows(&[("city", 1.0)]).await;
    let (code, ..) = segue(&["go", "storm"], &url);
    assert_eq!(code, 0, "a cue is fired by its name too");
    simulator.shows(&[("rain", 0.75)]).await;
    let (code, _, errors) = segue(&["go", "neom"], &url);
    assert_eq!(code, 1);
    assert!(errors.contains("neom") && errors.contains("neon"), "{errors}");

    daemon.until("the storm", |state| state["streams"][0]["transition"].is_null()).await;
    let (code, text, _) = segue(&["status"], &url);
    assert_eq!(code, 0);
    assert!(text.starts_with("Test\n") && text.contains("on       rain"), "{text}");
    let (_, json, _) = segue(&["status", "--json"], &url);
    let state: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(state["streams"][0]["scene"], "rain");

    drop(daemon);
    let (code, _, errors) = segue(&["status"], &url);
    assert_eq!(code, 1);
    assert!(errors.contains("no show answers at"), "{errors}");
}

#[tokio::test]
async fn go_without_a_name_is_a_go_and_a_playlist_is_steered() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let list = "playlists:\n  evening: { order: loop, steps: [{ scene: neon, fade: 0s }, { scene: rain, fade: 0s }] }\ncues:";
    let daemon = stage.run(&show(&simulator, &stage, "").replace("cues:", list)).await;
    let web = daemon.web.clone();
    let url = [("SEGUE_URL", web.as_str())];
    let says = |words: &[&str]| segue(words, &url);

    assert_eq!(says(&["playlist", "evening"]).0, 0);
    simulator.shows(&[("city", 1.0)]).await;
    assert_eq!(says(&["go"]).0, 0);
    simulator.shows(&[("rain", 0.75)]).await;
    assert_eq!(says(&["back"]).0, 0);
    simulator.shows(&[("city", 1.0)]).await;
    assert_eq!(says(&["playlist", "evening", "goto", "rain"]).0, 0);
    simulator.shows(&[("rain", 0.75)]).await;
    let (code, text, _) = says(&["status"]);
    assert_eq!(code, 0);
    assert!(text.contains("evening: step 2 of 2, rain; then neon at GO"), "{text}");
    let (_, json, _) = says(&["status", "--json"]);
    let state: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&state["streams"][0]["playlist"], &state["playlists"][0]["step"]),
        (&"evening".into(), &2.into())
    );
    assert_eq!(says(&["playlist", "evening", "stop"]).0, 0);
    daemon.until("the stop", |state| state["playlists"][0]["state"] == "stopped").await;

    for (words, why) in [
        (&["playlist", "evning"][..], "evening"),
        (&["playlist", "evening", "goto", "7"], "unknown step: 7 of evening"),
        (&["playlist", "evening", "goto"], "`goto` wants a step"),
    ] {
        let (code, _, errors) = says(words);
        assert!(code == 1 && errors.contains(why), "{words:?}: {errors}");
    }
    assert_eq!(says(&["playlist", "evening", "dance"]).0, 2);
    assert_eq!(says(&["go", "--fade", "3s"]).0, 2, "a GO brings its own fade");
}

#[test]
fn check_returns_78_for_a_wrong_show_and_0_for_a_right_one() {
    let directory = Directory::new();
    let wrong = directory.write("wrong.yaml", "streams: { wall: { backend: simulater } }\nscene: {}\n");
    let (code, _, errors) = segue(&["check", &wrong], &[]);
    assert_eq!(code, 78);
    assert!(errors.contains("did you mean `simulator`") && errors.contains("2 errors"), "{errors}");
    let (code, output, _) = segue(&["check", &wrong, "--format", "json"], &[]);
    assert_eq!(code, 78);
    let found: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(found[0]["line"], 1);
    let (code, ..) = segue(&["run", &wrong], &[]);
    assert_eq!(code, 78, "a show that is wrong is not run");
    let (code, ..) = segue(&["check", "/nonexistent/show.yaml"], &[]);
    assert_eq!(code, 78);
    let (code, ..) = segue(&["chekc"], &[]);
    assert_eq!(code, 2);

    let right = directory.write(
        "right.yaml",
        "
timezone: Europe/Berlin
streams: { wall: { backend: simulator } }
scenes: { dawn: { prompt: mist } }
triggers:
  early: { when: { cron: \"30 5 * * *\" }, do: { scene: dawn } }
",
    );
    let (code, output, errors) = segue(&["check", &right, "--explain", "--strict"], &[]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(output.matches("05:30").count(), 5, "{output}");
}

#[tokio::test]
async fn the_stream_commands_replace_the_scripts_of_the_guide() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let key = [("DAYDREAM_API_KEY", KEY)];
    let at = ["--environment", simulator.url.as_str()];
    let run = |words: &[&str]| segue(&[words, &at].concat(), &key);

    let (code, _, errors) = segue(&["stream", "list", at[0], at[1]], &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("environment variable `DAYDREAM_API_KEY` is not set"), "{errors}");
    let (code, _, errors) = segue(&["stream", "list", at[0], at[1]], &[("DAYDREAM_API_KEY", "wrong")]);
    assert_eq!(code, 1);
    assert!(errors.contains("401") && !errors.contains("wrong"), "{errors}");

    let (code, text, _) = run(&["stream", "create", "--prompt", "a pine forest", "--wait"]);
    assert_eq!(code, 0);
    for word in ["str_", "stk_", "rtmp://ai.livepeer.com:1935/aiWebrtc/stk_", "index.m3u8", "/whep"] {
        assert!(text.contains(word), "{word} is missing from\n{text}");
    }
    for api in ["daydream", "daydream-beta"] {
        let words = ["stream", "create", "--prompt", "sea", "--api", api, "--set", "width=704", "--json"];
        let (code, text, _) = run(&words);
        assert_eq!(code, 0);
        let stream: Value = serde_json::from_str(&text).unwrap();
        let id = stream["id"].as_str().unwrap();
        let (code, text, errors) = run(&["stream", "get", id, "--api", api]);
        assert_eq!((code, errors.as_str()), (0, ""));
        assert!(text.contains(stream["stream_key"].as_str().unwrap()), "{text}");
        let (_, text, _) = run(&["stream", "get", id, "--api", api, "--json"]);
        let got: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(got["hls_url"], stream["hls_url"]);
        let (code, text, errors) =
            run(&["stream", "update", id, "--prompt", "rain", "--set", "delta=0.6", "--api", api]);
        assert_eq!((code, text.as_str(), errors.as_str()), (0, "updated\n", ""));
        let sent = simulator.requests().pop().unwrap();
        assert_eq!(sent["body"]["params"]["prompt"], "rain", "{sent}");
        let (_, text, _) = run(&["stream", "status", id, "--api", api, "--json"]);
        let status: Value = serde_json::from_str(&text).unwrap();
        assert!(status["state"].is_string(), "{status}");
        let (_, text, _) = run(&["stream", "list"]);
        assert!(text.contains(id), "{text}");
        assert_eq!(run(&["stream", "delete", id]).0, 0);
        let (code, _, errors) = run(&["stream", "status", id, "--api", api]);
        assert_eq!(code, 1);
        assert!(errors.contains("404"), "{errors}");
    }
}

#[test]
fn completions_and_manual_pages_are_made() {
    let directory = Directory::new();
    let (code, script, _) = segue(&["completions", "bash"], &[]);
    assert_eq!(code, 0);
    assert!(script.contains("simulator"), "{script}");
    let pages = directory.path().join("man");
    assert_eq!(segue(&["man", pages.to_str().unwrap()], &[]).0, 0);
    for page in ["segue.1", "segue-run.1", "segue-stream-create.1"] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
}

#[tokio::test]
async fn a_schedule_decides_what_is_on_and_can_be_bypassed_and_planned() {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    // The same at any hour at which this runs.
    let text = show(&simulator, &stage, "")
        .replace("inputs:", "schedule: [{ otherwise: neon, fade: 0 }]\ntimezone: UTC\ninputs:");
    let file = directory.write("scheduled.yaml", &text);
    let daemon = stage.run(&text).await;
    let web = daemon.web.clone();
    let url = [("SEGUE_URL", web.as_str())];
    simulator.shows(&[("city", 1.0)]).await;
    let due = serde_json::json!({ "scene": "neon", "until": null, "then": null });
    assert_eq!(daemon.state().await["streams"][0]["due"], due);

    let (code, _, errors) = segue(&["bypass", "2h"], &url);
    assert_eq!((code, errors.as_str()), (0, ""));
    daemon.until("the bypass", |state| state["bypassed_until"].is_string()).await;
    let (code, ..) = segue(&["go", "dawn", "--fade", "0s"], &url);
    assert_eq!(code, 0);
    simulator.shows(&[("mist", 1.0)]).await;
    let (_, text, _) = segue(&["status"], &url);
    assert!(text.contains("due      neon") && text.contains("The schedule is bypassed until"), "{text}");
    let (code, ..) = segue(&["bypass", "off"], &url);
    assert_eq!(code, 0);
    simulator.shows(&[("city", 1.0)]).await;
    daemon.until("the end of the bypass", |state| state["bypassed_until"].is_null()).await;
    let (code, _, errors) = segue(&["bypass", "soon"], &url);
    assert_eq!(code, 1);
    assert!(errors.contains("`soon` is not a length of time"), "{errors}");

    let (code, output, _) = segue(&["plan", &file, "--for", "2d", "--json"], &[]);
    assert_eq!(code, 0);
    let plan: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(
        (&plan["stretches"][0]["scene"], &plan["stretches"][0]["why"]),
        (&"neon".into(), &"otherwise".into())
    );
    let (code, output, _) = segue(&["plan", &file, "--from", "2026-12-24"], &[]);
    assert_eq!(code, 0);
    assert!(output.contains("Thu 24 December 2026\n  00:00  neon  otherwise, line "), "{output}");
}
