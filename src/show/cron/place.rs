//! Where a civil time falls in a zone: once, never or twice. What to make of it is the parent's affair.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// Which instants a civil time is.
pub(in crate::show) enum Place {
    /// As on most days.
    Once(Timestamp),
    /// It is skipped: the clocks go forward over it.
    Never(Shift),
    /// It is repeated: the clocks go back over it.
    Twice(Shift),
}

/// One change of the clocks.
#[derive(Clone, Copy)]
pub(in crate::show) struct Shift {
    /// The first instant that goes by the new offset.
    pub(in crate::show) at: Timestamp,
    /// The offset until then.
    pub(in crate::show) before: Offset,
    /// The offset from then on.
    pub(in crate::show) after: Offset,
}

impl Shift {
    /// Returns what the clocks would have shown at the change: the end of a fold, the start of a gap.
    pub(in crate::show) fn old_civil(self) -> DateTime {
        self.before.to_datetime(self.at)
    }

    /// Returns what the clocks do show at the change: the start of a fold, the end of a gap.
    pub(in crate::show) fn new_civil(self) -> DateTime {
        self.after.to_datetime(self.at)
    }
}

/// Finds a civil time in a zone; `None` at the ends of time.
pub(in crate::show) fn place(zone: &TimeZone, civil: DateTime) -> Option<Place> {
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok().map(Place::Once),
        AmbiguousOffset::Gap { before, after } => shift(zone, civil, before, after).map(Place::Never),
        AmbiguousOffset::Fold { before, after } => shift(zone, civil, before, after).map(Place::Twice),
    }
}

/// Finds the change of the clocks that makes `civil` ambiguous.
///
/// Read with the larger of the two offsets, a time in a gap or a fold is an instant before the change and nearer to it
/// than to any other.
fn shift(zone: &TimeZone, civil: DateTime, before: Offset, after: Offset) -> Option<Shift> {
    let earlier = before.max(after).to_timestamp(civil).ok()?;
    let at = zone.following(earlier).next()?.timestamp();
    Some(Shift { at, before, after })
}
