//! What the show leaves behind: the journal of streams that are ours, the history of what happened, the metrics.
//!
//! Takes facts and memories as they come and decides nothing. A disk that fails costs records, which are counted, and
//! never the show: only [`Journal::store`] reports an error, because a stream must not be created before the intent to
//! create it is on disk.

mod aside;
pub mod directory;
pub mod journal;
mod labels;
pub mod metrics;
mod row;
mod schema;
pub mod store;
mod writer;

#[cfg(test)]
mod scratch;

pub use self::{
    journal::{Journal, JournalError},
    metrics::Metrics,
    store::Recorder,
};
