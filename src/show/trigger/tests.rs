//! The gate against a model that knows nothing but the whole history, and asks it anew each time.

use std::{sync::Arc, time::Duration};

use super::{
    gate::{Gate, Level},
    when::Limits,
};
use crate::show::{dice::Dice, scope::Occasion, time::Mono};

/// Time goes in steps of so much.
const TICK: Duration = Duration::from_millis(10);
const TICKS: u64 = 400;
const CASES: u64 = 3000;

/// Something heard: when, from which source, what.
type Heard = (u64, usize, Level);

/// A gate as somebody would tell it: no state but the history, in ticks.
struct Model<'a> {
    limits: [Option<u64>; 5],
    history: &'a [Heard],
}

impl Model<'_> {
    /// Returns whether a source holds after, and did before, the event of that number.
    fn sides(&self, number: usize) -> (Option<bool>, bool) {
        let (_, source, _) = self.history[number];
        let mut side = None;
        let mut before = None;
        for (_, _, level) in self.history[..=number].iter().filter(|(_, of, _)| *of == source) {
            before = side;
            side = Some(match *level {
                Level::Message(holds) | Level::State(holds) => holds,
                Level::Range { holds, left } => holds || !left && before == Some(true),
            });
        }
        (before, side == Some(true))
    }

    fn begins(&self, number: usize) -> bool {
        let (before, holds) = self.sides(number);
        holds
            && match self.history[number].2 {
                Level::Message(_) => true,
                Level::State(_) => before != Some(true),
                Level::Range { .. } => before == Some(false),
            }
    }

    /// Returns whether it was over or silent long enough, after the last of `fires`, when that event came.
    fn is_released(&self, number: usize, fires: &[(u64, usize)]) -> bool {
        let [_, Some(release), ..] = self.limits else { return true };
        let Some((fired, heard)) = fires.last() else { return true };
        let mut busy = *fired;
        for at in *heard..=number {
            let (time, _, level) = self.history[at];
            let (before, holds) = self.sides(at);
            let was = before == Some(true);
            let on = was && (!holds || !matches!(level, Level::Message(_)));
            if holds && !on && time >= busy + release {
                return true;
            }
            if (holds || was) && (on || time < busy + release) {
                busy = time;
            }
        }
        false
    }

    /// Returns when it fires.
    fn fires(&self) -> Vec<u64> {
        let [hold, _, throttle, debounce, cooldown] = self.limits;
        // Each firing with how much of the history had been heard by then.
        let mut fires: Vec<(u64, usize)> = Vec::new();
        // When each source began to last; it is done when it has fired.
        let mut lasting: Vec<(usize, u64, bool)> = Vec::new();
        let mut settling = None;
        for tick in 0..TICKS {
            let heard = self.history.iter().filter(|(at, ..)| *at < tick).count();
            let mut through = 0;
            if settling == Some(tick) {
                settling = None;
                through += 1;
            }
            let mut candidates = 0;
            let mut order: Vec<_> = lasting.iter_mut().collect();
            order.sort_by_key(|(source, ..)| *source);
            for (_, since, done) in order {
                if !*done && Some(tick - *since) == hold {
                    *done = true;
                    candidates += 1;
                }
            }
            let mut let_through =
                |count: usize, through: usize, heard: usize, fires: &mut Vec<(u64, usize)>| {
                    let waits = debounce.filter(|_| count > 0);
                    if let Some(time) = waits {
                        settling = Some(tick + time);
                    }
                    for _ in 0..through + if debounce.is_none() { count } else { 0 } {
                        let shut = |time: Option<u64>| {
                            time.is_some_and(|time| fires.last().is_some_and(|(last, _)| tick < last + time))
                        };
                        if !shut(throttle) && !shut(cooldown) {
                            fires.push((tick, heard));
                        }
                    }
                };
            let_through(candidates, through, heard, &mut fires);
            for number in heard..self.history.iter().filter(|(at, ..)| *at <= tick).count() {
                let (_, source, _) = self.history[number];
                let (_, holds) = self.sides(number);
                let counts = self.begins(number) && self.is_released(number, &fires);
                let known = lasting.iter().any(|(of, ..)| *of == source);
                if !holds {
                    lasting.retain(|(of, ..)| *of != source);
                }
                match hold {
                    Some(_) if counts && !known => lasting.push((source, tick, false)),
                    Some(_) => {}
                    None => let_through(usize::from(counts), 0, number + 1, &mut fires),
                }
            }
        }
        fires.into_iter().map(|(tick, _)| tick).collect()
    }
}

/// Returns what the gate lets through.
fn through(limits: &Limits, history: &[Heard]) -> Vec<u64> {
    let mut gate = Gate::new(true);
    let mut fires = Vec::new();
    let mut fire = |gate: &mut Gate, tick: u64, now: Mono| {
        if gate.shut(now).is_none() {
            gate.fire(limits, now);
            fires.push(tick);
        }
    };
    for tick in 0..TICKS {
        let now = Mono(TICK * u32::try_from(tick).unwrap());
        assert!(gate.next_due().is_none_or(|due| due >= now), "something was due and was not asked for");
        for _ in gate.due(limits, now) {
            fire(&mut gate, tick, now);
        }
        for (_, source, level) in history.iter().filter(|(at, ..)| *at == tick) {
            let source = (0, Arc::from(source.to_string()));
            if gate.hear(limits, source, *level, Occasion::default(), now).is_some() {
                fire(&mut gate, tick, now);
            }
        }
    }
    fires
}

#[test]
fn the_gate_does_what_its_history_says() {
    let seed = std::env::var("SEGUE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122);
    let mut fired = 0;
    for case in seed..seed + CASES {
        let mut dice = Dice::new(case);
        let mut upto = |most: u64| dice.next_u64() % most;
        let kind = upto(3);
        let limits: [Option<u64>; 5] = std::array::from_fn(|_| (upto(3) == 0).then(|| 1 + upto(40)));
        let mut history: Vec<Heard> = (0..4 + upto(40))
            .map(|_| {
                let (at, source, holds, left) = (upto(TICKS), upto(3) as usize, upto(2) == 0, upto(2) == 0);
                let level = match kind {
                    0 => Level::Message(holds),
                    1 => Level::State(holds),
                    _ => Level::Range { holds, left: left && !holds },
                };
                (at, source, level)
            })
            .collect();
        history.sort_by_key(|(at, ..)| *at);
        let time = |ticks: Option<u64>| ticks.map(|ticks| TICK * u32::try_from(ticks).unwrap());
        let [hold, release_for, throttle, debounce, cooldown] = limits.map(time);
        let real = Limits { hold, release_for, throttle, debounce, cooldown };
        let model = Model { limits, history: &history };
        let wanted = model.fires();
        fired += wanted.len();
        assert_eq!(through(&real, &history), wanted, "SEGUE_SEED={case}: {real:?} {history:?}");
    }
    assert!(fired > 1000, "only {fired} firings: the cases are too dull");
}
