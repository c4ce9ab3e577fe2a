//! The page never shows as live what it does not know.

use super::{Window, house, look_at, show};
use crate::support::broker::Directory;

const LOST: &str =
    "document.documentElement.dataset.link === 'lost' && !document.querySelector('#lost').hidden";
const LIVE: &str =
    "document.documentElement.dataset.link === 'live' && document.querySelector('#lost').hidden";

#[tokio::test]
async fn a_daemon_that_dies_is_told_of_and_one_that_comes_back_is_shown_as_it_is() {
    let directory = Directory::new();
    let (stage, mut daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    daemon.process.kill();
    browser.until("the banner", LOST).await;
    let dimmed = "getComputedStyle(document.querySelector('main')).opacity < 0.6";
    browser.until("dimmed values", dimmed).await;
    browser.keep_picture("lost").await;
    browser.press(".pad[data-key=neon]").await;
    browser
        .until(
            "the word that it was not sent",
            "document.querySelector('#toast').textContent.startsWith('Not sent')",
        )
        .await;

    // Another show comes up at the same address.
    let other = show(&stage).replace("start: dawn", "start: neon").replace("Gallery North", "Gallery South");
    std::fs::remove_dir_all(stage.state()).unwrap();
    let daemon = stage.run(&other).await;
    browser.until("the way back", LIVE).await;
    browser.until("the new show", "document.querySelector('#title').textContent === 'Gallery South'").await;
    browser.until("its scene", "document.querySelector('.stream .now').textContent === 'neon'").await;
    browser.press(".pad[data-key=dawn]").await;
    daemon.until("a hand again", |state| state["streams"][0]["scene"] == "dawn").await;
}

#[tokio::test]
async fn a_daemon_that_hangs_is_as_good_as_gone_until_it_goes_on() {
    let directory = Directory::new();
    let (_, daemon) = house(&directory).await;
    let browser = look_at(&daemon, Window::Desk).await;
    // The line stays open, and nobody speaks.
    daemon.process.signal("STOP");
    browser.until("the banner", LOST).await;
    daemon.process.signal("CONT");
    browser.until("the way back", LIVE).await;
}
