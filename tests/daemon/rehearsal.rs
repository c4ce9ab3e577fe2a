//! A rehearsal is the show: the same transcript whether the simulator is inside the daemon or stands for the vendor.

use std::fs;

use crate::support::{
    broker::Directory,
    eventually,
    house::{Daemon, Simulator, Stage},
};

/// What makes a story: what was asked for and what came of it, not how the weather was.
const TOLD: [&str; 5] =
    ["Trigger fired.", "Cue started.", "Transition started.", "Transition ended.", "Stream created."];

/// Returns the shipped demo without its timetable, on the stage's own doors.
fn demo(stage: &Stage<'_>) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/demo.yaml")).unwrap();
    let (show, _) = text.split_once("\ninputs:").expect("the demo ends with its inputs and its page");
    let (timed, others): (Vec<&str>, Vec<&str>) = show.lines().partition(|line| line.contains("cron:"));
    assert_eq!(timed.len(), 6, "one scene a minute");
    format!("{}\n{}", others.join("\n"), stage.doors())
}

/// Returns the lines of a log that tell the story, without their times and without ids.
fn story(log: &str) -> Vec<String> {
    let told = |line: &str| {
        let (_, line) = line.split_once(" INFO ")?;
        let words = line.split(' ').filter(|word| !word.starts_with("id="));
        TOLD.iter().any(|told| line.contains(told)).then(|| words.collect::<Vec<_>>().join(" "))
    };
    log.lines().filter_map(told).collect()
}

/// Plays a short rehearsal by OSC and returns its story.
async fn play(daemon: &Daemon) -> Vec<String> {
    let until = async |wanted: &str| {
        eventually(wanted, async || {
            story(&daemon.process.log()).iter().any(|line| line.contains(wanted)).then_some(())
        })
        .await;
    };
    until("Transition ended. stream=wall scene=dawn").await;
    daemon.osc("/demo/energy", &[0.2]);
    daemon.osc("/demo/energy", &[0.95]);
    until("Transition ended. stream=wall scene=ember").await;
    daemon.osc("/segue/scene/neon", &[0.4]);
    until("Transition ended. stream=wall scene=neon").await;
    // Twelve seconds long, and overtaken.
    daemon.osc("/demo/calm", &[1.0]);
    until("Transition started. stream=wall scene=tide").await;
    daemon.osc("/segue/scene/aurora", &[0.3]);
    until("Transition ended. stream=wall scene=aurora").await;
    daemon.osc("/segue/scene/garden", &[0.001]);
    until("Transition ended. stream=wall scene=garden").await;
    story(&daemon.process.log())
}

#[tokio::test]
async fn the_demo_tells_the_same_story_inside_and_against_a_simulator_of_its_own() {
    let (inside, outside) = (Directory::new(), Directory::new());
    let simulator = Simulator::start(&outside, &[]);
    let (stage_inside, stage_outside) = (Stage::new(&inside), Stage::new(&outside));
    let rehearsal = demo(&stage_inside);
    let vendor = format!(
        "backend: daydream\n    environment: {}\n    api_key: {{ env: DAYDREAM_API_KEY }}",
        simulator.url
    );
    let premiere = demo(&stage_outside).replacen("backend: simulator", &vendor, 1);
    assert!(rehearsal.contains("backend: simulator") && !premiere.contains("backend: simulator "));
    let (inside, outside) = tokio::join!(stage_inside.run(&rehearsal), stage_outside.run(&premiere));
    let (inside, outside) = tokio::join!(play(&inside), play(&outside));
    assert_eq!(inside, outside);
    assert!(inside.iter().any(|line| line.contains("Stream created.")), "{inside:#?}");
    assert!(inside.len() >= 16, "{inside:#?}");
}
