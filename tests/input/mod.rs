//! The inputs against real sockets and a real broker.

mod mqtt;
mod osc;
mod stub;
mod tls;

use segue::{input::inbox::Inbox, show::event::Event};

use super::support::{DEADLINE, within};

/// Takes events until one is accepted, and returns what came of it.
async fn wait_for<T>(inbox: &Inbox, what: &str, mut accept: impl FnMut(&Event) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let found = tokio::time::timeout(DEADLINE, async {
        loop {
            inbox.ready().await;
            // All of them: what follows the one waited for is not needed by any test.
            let events = inbox.drain();
            let found = events.iter().find_map(&mut accept);
            seen.extend(events);
            if let Some(found) = found {
                return found;
            }
        }
    });
    let found = found.await.ok();
    found.unwrap_or_else(|| panic!("waited in vain for {what}; came: {seen:?}"))
}
