//! The page for those who do not see it, or see it badly: what axe-core finds. It is no part of the program; `tests/run.sh` fetches
//! it where npm is.

use std::fs;

use serde_json::Value;

use super::{Browser, Window, driver::folder, house, look_at};
use crate::support::{broker::Directory, say};

/// Looks at what is on the page now, and fails with what is wrong.
async fn check(browser: &Browser, axe: &str, what: &str) {
    browser.run(axe).await;
    browser.run("window.found = undefined; axe.run().then((found) => { window.found = found })").await;
    browser.until("axe", "window.found").await;
    let found = browser
        .run(
            "return window.found.violations.map(({ id, help, nodes }) => [id, help, nodes.map(({ html, failureSummary }) => [html, failureSummary])])",
        )
        .await;
    assert_eq!(found, Value::Array(Vec::new()), "{what}: {found:#}");
    let passed = browser.run("return window.found.passes.length").await;
    assert!(passed.as_u64().unwrap() > 20, "{what}: only {passed} rules found something to look at");
}

#[tokio::test]
async fn axe_finds_nothing_to_complain_of() {
    let Ok(axe) = fs::read_to_string(folder().join("axe/node_modules/axe-core/axe.min.js")) else {
        say("SKIPPED: axe-core is not there; tests/run.sh fetches it where npm is");
        return;
    };
    let directory = Directory::new();
    let (_, mut daemon) = house(&directory).await;
    for window in [Window::Desk, Window::Phone] {
        let browser = look_at(&daemon, window).await;
        browser.until("the plan", "document.querySelector('#plan li')").await;
        check(&browser, &axe, "at rest").await;
        browser.press("#pads .pad[aria-pressed=false]").await;
        browser.until("the way there", "!document.querySelector('.verbs button').disabled").await;
        check(&browser, &axe, "on the way").await;
        browser.press("#help-open").await;
        check(&browser, &axe, "with help").await;
        browser.press("#help form button").await;
        browser.visit(&format!("{}/status", daemon.web)).await;
        check(&browser, &axe, "the status page").await;
    }
    let browser = look_at(&daemon, Window::Desk).await;
    daemon.process.kill();
    browser.until("the banner", "!document.querySelector('#lost').hidden").await;
    let lost = browser.run("return document.querySelector('#lost').getAttribute('role')").await;
    assert_eq!(lost, "alert");
}
