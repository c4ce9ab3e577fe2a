//! What a hand does on the page, and what it sees of it.

use super::{Window, house, look_at, show, weight};
use crate::support::{broker::Directory, eventually};

/// The words under the picture of the first stream.
const NOW: &str = "document.querySelector('.stream .now').textContent";
/// How far its transition is, in percent.
const PROGRESS: &str = "Number(document.querySelector('.stream .track').getAttribute('aria-valuenow'))";

#[tokio::test]
async fn a_tap_on_a_scene_leads_there_and_the_page_shows_the_way() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    browser.until("the first scene", &format!("{NOW} === 'dawn'")).await;
    browser.until("a picture", "document.querySelector('.stage img').naturalWidth > 0").await;

    browser.press(".pad[data-key=ember]").await;
    browser
        .until("the way there", &format!("{NOW} === 'dawn → ember' && {PROGRESS} > 5 && {PROGRESS} < 95"))
        .await;
    let shares = "[...document.querySelectorAll('.stream .shares')][0].textContent";
    browser.until("both scenes in the mix", &format!("/dawn \\d+ %ember \\d+ %/.test({shares})")).await;
    browser.keep_picture("desk").await;
    browser.until("the arrival", &format!("{NOW} === 'ember' && {shares} === 'ember 100 %'")).await;
    let state = daemon.until("rest", |state| state["streams"][0]["transition"].is_null()).await;
    assert_eq!(weight(&state, 0, "ember"), 1.0);
    browser
        .until("the pad that is on", "document.querySelector('.pad[data-key=ember]').ariaPressed === 'true'")
        .await;
    let idle = "[...document.querySelectorAll('.verbs button')].every((button) => button.disabled)";
    browser.until("nothing to steer at rest", idle).await;

    assert_eq!(browser.complaints().await, Vec::<String>::new());
    let elsewhere = browser
        .run("return performance.getEntries().map(({ name }) => name).filter((name) => /^[a-z]+:\\/\\//.test(name) && !name.startsWith(location.origin))")
        .await;
    assert_eq!(elsewhere, serde_json::json!([]));
    // Frames are what is looked at, and not the page; events go on for ever.
    let first_look = browser
        .run(
            "return performance.getEntries().filter(({ name, transferSize }) => transferSize && !name.endsWith('/picture'))
                .reduce((sum, { transferSize }) => sum + transferSize, 0)",
        )
        .await;
    let bytes = first_look.as_u64().unwrap();
    assert!((10_000..50_000).contains(&bytes), "a first look takes {bytes} bytes");
}

#[tokio::test]
async fn a_transition_is_paused_reversed_and_cut_from_the_page() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    browser.press(".pad[data-key=ember]").await;
    browser.until("the way there", &format!("{PROGRESS} > 5")).await;
    let verb = |place: usize| format!(".stream .verbs button:nth-child({place})");
    browser.press(&verb(1)).await;
    let state = daemon.until("a pause", |state| state["streams"][0]["transition"]["paused"] == true).await;
    assert_eq!(state["streams"][1]["transition"]["paused"], false, "the other stream goes on");
    browser
        .until("the words", "document.querySelector('.stream .verbs button').textContent === 'Go on'")
        .await;
    browser.press(&verb(1)).await;
    daemon.until("the way on", |state| state["streams"][0]["transition"]["paused"] != true).await;
    browser.press(".pad[data-key=dawn]").await;
    daemon.until("the way back", |state| state["streams"][0]["scene"] == "dawn").await;
    browser.press(&verb(3)).await;
    let state = daemon.until("a cut", |state| state["streams"][0]["transition"].is_null()).await;
    assert_eq!(weight(&state, 0, "dawn"), 1.0);
}

#[tokio::test]
async fn keys_go_to_scenes_and_typing_does_not() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    browser.type_keys("3").await;
    daemon.until("the third scene", |state| state["streams"][0]["scene"] == "neon").await;
    browser.type_keys("f").await;
    daemon.until("its end", |state| state["streams"][0]["transition"].is_null()).await;

    browser.type_keys("?").await;
    browser.until("help", "document.querySelector('#help').open").await;
    browser.keep_picture("help").await;
    // Not while it is open.
    browser.type_keys("1\u{e00c}").await;
    browser.until("no help", "!document.querySelector('#help').open").await;

    browser.press("#prompt-text").await;
    browser.type_keys("1 paper bird").await;
    browser.press("#prompt button").await;
    let state = daemon.until("the prompt", |state| state["streams"][0]["scene"] != "neon").await;
    assert_ne!(state["streams"][0]["scene"], "dawn", "a letter in a text is no key");
    browser
        .until("its end", "document.querySelector('.prompts .text')?.textContent === '1 paper bird'")
        .await;
    browser.type_keys(" ").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_pad_asks_for_the_time_and_goes_to_one_stream_alone() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    browser.press("#target [data-key='=floor'] span").await;
    browser.press_aside(".pad[data-key=neon]").await;
    browser.until("the question", "document.querySelector('#ask').open").await;
    browser.keep_picture("ask").await;
    // A quarter of an hour would be long: 15 s is there, and a cut.
    browser.press("#ask .choices button:nth-child(7)").await;
    let state = daemon.until("the floor", |state| state["streams"][1]["scene"] == "neon").await;
    assert_eq!(state["streams"][1]["transition"]["fade_seconds"], 15.0);
    assert_eq!(state["streams"][0]["scene"], "dawn", "the wall was not asked");
    browser.press(".pad[data-key=neon]").await;
    daemon.until("its own fade", |state| state["streams"][1]["transition"]["fade_seconds"] == 1.5).await;
    browser.press("#cue-pads .pad").await;
    daemon.until("a cue for all", |state| state["streams"][0]["scene"] == "ember").await;
}

#[tokio::test]
async fn what_a_controller_sends_is_learned_as_a_line_that_can_be_pasted() {
    let directory = Directory::new();
    let (stage, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    daemon.osc("/knob/7", &[0.25]);
    browser.press("#help-open").await;
    browser.press("#learn").await;
    browser
        .until("what was sent", "document.querySelector('#heard li')?.textContent === 'osc /knob/7 0.25'")
        .await;
    browser.run("document.querySelector('#does').value = 'scene: \"neon\"'").await;
    browser.press("#heard button").await;
    browser.keep_picture("learn").await;
    let lines = browser.run("return document.querySelector('#learned').value").await;
    assert_eq!(
        lines,
        "triggers:\n  knob-7: { when: { osc: \"/knob/7\", args: { above: 0.9 } }, do: { scene: \"neon\" } }"
    );
    // Pasted into the show file, it is what was meant.
    let evening = show(&stage).lines().skip_while(|line| *line != "triggers:").nth(1).unwrap().to_owned();
    let pasted = show(&stage).replace(&format!("triggers:\n{evening}"), lines.as_str().unwrap());
    directory.write("show.yaml", &pasted);
    eventually("the new trigger", async || {
        // It fires when the value goes above.
        daemon.osc("/knob/7", &[0.0]);
        daemon.osc("/knob/7", &[1.0]);
        (daemon.state().await["streams"][0]["scene"] == "neon").then_some(())
    })
    .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_phone_shows_all_of_it_in_one_column() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Phone).await;
    browser.until("a picture", "document.querySelector('.stage img').naturalWidth > 0").await;
    browser.press(".pad[data-key=neon]").await;
    browser.until("the way there", &format!("{PROGRESS} > 5")).await;
    browser.run("scrollTo(0, 0)").await;
    browser.keep_picture("phone").await;
    let wide = browser
        .run(
            "return [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > innerWidth + 1
                && !node.closest('.unseen, .mix, .pad')).map((node) => node.outerHTML.slice(0, 80))",
        )
        .await;
    assert_eq!(wide, serde_json::json!([]));
    let sizes = browser.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert_eq!(sizes[0], sizes[1], "the page scrolls sideways");
    // Two quick taps are two taps.
    assert_eq!(
        browser.run("return getComputedStyle(document.querySelector('.pad')).touchAction").await,
        "manipulation"
    );
    daemon.until("the scene", |state| state["streams"][0]["scene"] == "neon").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
