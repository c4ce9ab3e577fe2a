//! What several tests need: real programs around the one under test, and patience with a limit.

pub(crate) mod broker;
pub(crate) mod house;
pub(crate) mod picture;

use std::{future::Future, time::Duration};

/// How long a condition may take to come true before a test gives up: far longer than a busy machine needs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Says something to whoever reads a failed test, or one that was skipped.
#[expect(clippy::print_stdout, reason = "the test's own output is where it is looked for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Waits for `what`, or fails with its name.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Looks every 20 ms until `look` finds something, or fails with the name of what is awaited.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    within(what, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}
