//! Which streams have something to do: those that something happened to, and those whose moment has come.
//!
//! So that a thousand streams cost what the few cost that are busy.

use std::collections::BTreeSet;

use super::{event::Wake, time::Mono};

/// Streams by what they wait for.
#[derive(Debug)]
pub(super) struct Rota {
    stirred: BTreeSet<usize>,
    /// Each stream at most once, by when it wants to be looked at.
    queue: BTreeSet<(Mono, Wake, usize)>,
    /// What stands in the queue, by stream.
    wakes: Vec<Option<(Mono, Wake)>>,
}

impl Rota {
    /// Makes a rota of `count` streams, all of which are to be looked at.
    pub(super) fn new(count: usize) -> Self {
        Self { stirred: (0..count).collect(), queue: BTreeSet::new(), wakes: vec![None; count] }
    }

    /// Notes that something happened to a stream.
    pub(super) fn stir(&mut self, stream: usize) {
        if stream < self.wakes.len() {
            self.stirred.insert(stream);
        }
    }

    /// Takes the streams that have something to do at `now`, in their order.
    pub(super) fn take(&mut self, now: Mono) -> BTreeSet<usize> {
        let mut due = std::mem::take(&mut self.stirred);
        due.extend(self.queue.iter().take_while(|(at, ..)| *at <= now).map(|(.., stream)| *stream));
        due
    }

    /// Notes when a stream wants to be looked at next.
    pub(super) fn set(&mut self, stream: usize, wake: Option<(Mono, Wake)>) {
        let Some(known) = self.wakes.get_mut(stream).filter(|known| **known != wake) else { return };
        if let Some((at, why)) = std::mem::replace(known, wake) {
            self.queue.remove(&(at, why, stream));
        }
        self.queue.extend(wake.map(|(at, why)| (at, why, stream)));
    }

    /// Returns the soonest moment and its reason.
    pub(super) fn next(&self) -> Option<(Mono, Wake)> {
        self.queue.first().map(|(at, why, _)| (*at, *why))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    #[test]
    fn only_those_are_looked_at_that_are_due_or_stirred() {
        let mut rota = Rota::new(3);
        assert_eq!(rota.take(at(0)), BTreeSet::from([0, 1, 2]), "at first all");
        rota.set(0, Some((at(5), Wake::Poll)));
        rota.set(2, Some((at(3), Wake::Fade)));
        assert_eq!(rota.next(), Some((at(3), Wake::Fade)));
        rota.stir(1);
        rota.stir(9);
        assert_eq!(rota.take(at(3)), BTreeSet::from([1, 2]));
        rota.set(2, None);
        assert_eq!((rota.take(at(4)), rota.next()), (BTreeSet::new(), Some((at(5), Wake::Poll))));
    }
}
