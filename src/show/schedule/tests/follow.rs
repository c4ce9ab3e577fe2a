//! Whoever follows the schedule always knows what is due, however clocks are set and whenever somebody looks.

use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::{
    super::follow::{Findings, Follow},
    WALL, at, schedule,
};
use crate::show::time::{Mono, Now};

/// What may happen between two looks.
#[derive(Clone, Debug)]
enum Turn {
    /// Time passes.
    Pass(u64),
    /// Time passes up to when the follower wants to be woken.
    Wake,
    /// Somebody sets the clock.
    Set(i64),
    /// Somebody bypasses the schedule.
    Bypass(u64),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => Just(Turn::Wake),
        3 => (0..40_000_u64).prop_map(Turn::Pass),
        2 => (-100_000..100_000_i64).prop_map(Turn::Set),
        1 => (-90..90_i64).prop_map(Turn::Set),
        1 => prop_oneof![Just(0), 1..20_000_u64].prop_map(Turn::Bypass),
    ]
}

proptest! {
    #[test]
    fn what_was_said_is_what_is_due(turns in prop::collection::vec(turn(), 1..40)) {
        let schedule =
            schedule("Europe/Berlin", &["FRI-SUN 22:00 02:30", "TUE-SUN 10:00 18:00", "MON 12:00 12:01", "SAT sunset-30 21:00"]);
        // Two days before the clocks go back.
        let mut now = Now { mono: Mono(Duration::from_secs(1000)), wall: at("2026-10-23T06:00:00Z") };
        let mut follow = Follow::new(&schedule, 1, now);
        for turn in turns {
            let due = follow.next_due().unwrap();
            prop_assert!(due >= now.mono, "it wants to be woken in the past");
            let pass = |time: Duration| Now { mono: now.mono + time, wall: now.wall + time };
            match turn {
                Turn::Pass(seconds) => now = pass(Duration::from_secs(seconds)),
                Turn::Wake => now = pass(due.since(now.mono)),
                Turn::Set(seconds) => now.wall += SignedDuration::from_secs(seconds),
                Turn::Bypass(seconds) => follow.bypass(Duration::from_secs(seconds), now),
            }
            let Findings { news, .. } = follow.look(&schedule, now);
            let [said] = follow.said().try_into().unwrap();
            for news in &news {
                prop_assert!(follow.bypassed_until(now).is_none(), "told while it is bypassed");
                prop_assert_eq!(news, &said);
            }
            let is_corrected = said.since > now.wall;
            if is_corrected {
                prop_assert!(said.since.duration_since(now.wall) <= SignedDuration::from_secs(60));
            }
            let moment = now.wall.max(said.since);
            prop_assert_eq!(said.entry, schedule.due(WALL, moment), "at {}", moment);
            prop_assert_eq!(follow.look(&schedule, now).news, vec![], "told twice");
        }
    }
}

#[test]
fn who_wakes_up_in_another_decade_does_not_count_the_edges_between() {
    let schedule = schedule("Europe/Berlin", &["MON-SUN 10:00 18:00"]);
    let now = Now { mono: Mono(Duration::ZERO), wall: at("1970-01-01T00:00:00Z") };
    let mut follow = Follow::new(&schedule, 1, now);
    let now = Now { mono: Mono(Duration::from_secs(10)), wall: at("2026-11-22T12:00:00Z") };
    let Findings { news, .. } = follow.look(&schedule, now);
    assert_eq!(news.len(), 1);
    assert_eq!((news[0].entry, news[0].since), (Some(0), at("2026-11-22T09:00:00Z")));
}
