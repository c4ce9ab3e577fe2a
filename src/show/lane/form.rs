//! Lanes as plain data, from which they go on: scenes by number, times as what is left of them.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{HOLD_MAX, Lanes, OVERRIDES_MAX, Operator, Override, PRIORITY_MAX, Until, Wanted};
use crate::show::{
    easing::Easing,
    fades::{SwitchAt, Way},
    memoir::{Cast, Ensemble, Lost},
    mix::Mix,
    scene::Fade,
    time::Mono,
    transition::form::{Seconds, Shares, Times, mix, shares},
};

/// The longest that an override lasts: its fade and its hold.
const LEFT_MAX: Duration = HOLD_MAX.saturating_add(Fade::LONGEST);

/// The lanes of a stream that another than the base has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::show) struct Standing {
    base: Shares,
    /// Whether the base has to be gone back to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    due: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Held>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<Hand>,
    /// Who pressed the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    panic: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    scene: usize,
    by: Arc<str>,
    #[serde(default, skip_serializing_if = "is_zero")]
    priority: u8,
    hold: Seconds,
    /// `None` while it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<Seconds>,
    /// Whether its hold counts from its arrival.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    arriving: bool,
    back: Times,
    easing: Easing,
    switch_at: SwitchAt,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hand {
    by: Arc<str>,
    rested: Seconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mix: Option<Shares>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Standing {
    /// Takes them down; `None` while the base has the stream. `lean`: only what has the stream, and the heaviest of what
    /// the base wants.
    pub(in crate::show) fn of(lanes: &Lanes, lean: bool, cast: &mut Cast<'_>, now: Mono) -> Option<Self> {
        let Lanes { asked_by: _, base, overrides, operator, panic } = lanes;
        let Wanted { mix, is_due } = base.as_ref()?;
        let skipped = if lean { overrides.len().saturating_sub(1) } else { 0 };
        let mut taken_down = |mix: &Mix| {
            if lean { shares(&Mix::of(mix.heaviest()), cast) } else { shares(mix, cast) }
        };
        let base = taken_down(mix);
        let operator = operator.as_ref().filter(|_| !lean || panic.is_none()).map(|hand| Hand {
            by: Arc::clone(&hand.by),
            rested: Seconds(hand.rested.saturating_add(now.since(hand.touched))),
            mix: hand.mix.as_ref().map(&mut taken_down),
        });
        let overrides = overrides[skipped..].iter().map(|held| Held::of(held, cast, now)).collect();
        Some(Self { base, due: *is_due, overrides, operator, panic: panic.clone() })
    }

    /// Returns the lanes, which go on from there at `now`.
    ///
    /// # Errors
    ///
    /// They make no sense.
    pub(in crate::show) fn lanes(
        &self,
        asked_by: &Arc<str>,
        ensemble: &Ensemble,
        now: Mono,
    ) -> Result<Lanes, Lost> {
        let Self { base, due, overrides, operator, panic } = self;
        if overrides.len() > OVERRIDES_MAX {
            return Err(Lost::Nonsense("there is too much of it"));
        }
        let overrides = overrides.iter().map(|held| held.restore(ensemble, now));
        let overrides: Vec<Override> = overrides.collect::<Result<_, _>>()?;
        if !overrides.is_sorted_by_key(|held| held.priority) {
            return Err(Lost::Nonsense("its overrides are in no order"));
        }
        let hand = |Hand { by, rested: Seconds(rested), mix: mixed }: &Hand| {
            let mix = mixed.as_ref().map(|mixed| mix(mixed, ensemble)).transpose()?;
            Ok(Operator { by: Arc::clone(by), touched: now, rested: *rested, mix })
        };
        let operator = operator.as_ref().map(hand).transpose()?;
        if overrides.is_empty() && operator.is_none() && panic.is_none()
            || operator.as_ref().is_some_and(|hand| hand.mix.is_some() != panic.is_some())
        {
            return Err(Lost::Nonsense("nobody has it"));
        }
        let base = Some(Wanted { mix: mix(base, ensemble)?, is_due: *due });
        Ok(Lanes { asked_by: Arc::clone(asked_by), base, overrides, operator, panic: panic.clone() })
    }
}

impl Held {
    fn of(held: &Override, cast: &mut Cast<'_>, now: Mono) -> Self {
        let Override { scene, by, priority, hold, until, back: Way { fades, easing, switch_at } } = held;
        Self {
            scene: cast.number(scene),
            by: Arc::clone(by),
            priority: *priority,
            hold: Seconds(*hold),
            left: until.moment().map(|at| Seconds(at.since(now))),
            arriving: matches!(until, Until::Arriving(_)),
            back: Times::of(fades),
            easing: *easing,
            switch_at: *switch_at,
        }
    }

    fn restore(&self, ensemble: &Ensemble, now: Mono) -> Result<Override, Lost> {
        let Self { scene, by, priority, hold: Seconds(hold), left, arriving, back, easing, switch_at } = self;
        let at = left.map(|Seconds(left)| now + left);
        let is_sane = *hold <= HOLD_MAX && left.is_none_or(|Seconds(left)| left <= LEFT_MAX);
        let until = match at {
            _ if !is_sane || *priority > PRIORITY_MAX => {
                return Err(Lost::Nonsense("a time is out of range"));
            }
            at if *arriving => Until::Arriving(at),
            Some(at) => Until::Fixed(at),
            None => return Err(Lost::Nonsense("a hold has no end")),
        };
        Ok(Override {
            scene: Arc::clone(ensemble.scene(*scene)?),
            by: Arc::clone(by),
            priority: *priority,
            hold: *hold,
            until,
            back: Way { fades: back.fades()?, easing: *easing, switch_at: *switch_at },
        })
    }
}

impl Lanes {
    /// Lets it be so much earlier: what is due then is so much nearer.
    pub(in crate::show) fn skip(&mut self, time: Duration) {
        for held in &mut self.overrides {
            held.until = match held.until {
                Until::Arriving(at) => Until::Arriving(at.map(|at| at - time)),
                Until::Fixed(at) => Until::Fixed(at - time),
            };
        }
        if let Some(hand) = &mut self.operator {
            hand.rested = hand.rested.saturating_add(time);
        }
    }
}
