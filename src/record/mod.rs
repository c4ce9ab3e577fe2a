//! What the show leaves behind: the journal of streams that are ours, the history of what happened, the
//! metrics. It also reads the history again, for whoever asks.
//!
//! Takes facts and memories as they come and decides nothing. A disk that fails costs records, which are counted, and
//! never the show: only [`Journal::store`] reports an error, because a stream must not be created before the intent to
//! create it is on disk.

mod aside;
mod chapters;
pub mod directory;
pub mod fold;
pub mod history;
pub mod journal;
mod labels;
pub mod metrics;
mod row;
mod schema;
pub mod store;
pub mod words;
mod writer;

#[cfg(test)]
mod scratch;
#[cfg(test)]
mod tests;

pub use self::{
    journal::{Journal, JournalError},
    metrics::Metrics,
    store::{About, Mark, Recorder},
};
