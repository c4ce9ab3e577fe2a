//! Fades that are interrupted by fades, at random: does anything jump, switch, reload, encode twice or end beside its end?

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use segue::show::dice::Dice;
use serde_json::{Map, Value};

use super::{
    fade::HOLD,
    stage::{Shown, Stage, Way},
};

/// How far apart even an exact coefficient may be: half precision near 1.
const EXACT: f64 = 0.0005;
/// How long it rests at the end, in which nothing may be sent.
const REST: Duration = Duration::from_mins(1);

/// What one run came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// The largest step of a coefficient, as a part of what an even fade with those update times needs.
    pub(crate) jump: f64,
    pub(crate) updates: u64,
    pub(crate) encodes: u64,
    /// Prompts that were in no slot when they were wanted.
    pub(crate) newcomers: u64,
    pub(crate) reloads: u64,
    /// Lists of fewer than three, which the runner would slerp.
    pub(crate) short_lists: u64,
    pub(crate) not_finite: u64,
    /// How far the end is from what it should be.
    pub(crate) end_error: f64,
    pub(crate) updates_at_rest: u64,
}

impl Outcome {
    /// Takes another run together with this one: the worst, and the sums.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            jump: self.jump.max(other.jump),
            updates: self.updates + other.updates,
            encodes: self.encodes + other.encodes,
            newcomers: self.newcomers + other.newcomers,
            reloads: self.reloads + other.reloads,
            short_lists: self.short_lists + other.short_lists,
            not_finite: self.not_finite + other.not_finite,
            end_error: self.end_error.max(other.end_error),
            updates_at_rest: self.updates_at_rest + other.updates_at_rest,
        }
    }
}

/// A fade that was asked for.
#[derive(Clone, Copy)]
struct Asked {
    at: Duration,
    fade: Duration,
}

/// Plays one run: a fade that up to five others interrupt, among ten scenes of one to three prompts each.
pub(crate) fn play(seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let scenes = scenes(&mut dice);
    // What jitter adds is counted where the errors are.
    let way = Way::millis(dice.next_u64() % 150, 0);
    let mut stage = Stage::of(&show(&scenes), way, seed);
    stage.run_until(Duration::from_secs(30));
    stage.watch();
    let before = stage.counts;
    let mut asked: Vec<Asked> = Vec::new();
    let mut scene = 0;
    for _ in 0..=dice.next_u64() % 6 {
        // Another one: what is asked for again is no interruption.
        scene = (scene + 1 + (dice.next_u64() % 9) as usize) % 10;
        let fade = Duration::from_secs_f64(1.0 + 9.0 * dice.fraction());
        stage.go(&format!("s{scene}"), fade);
        asked.push(Asked { at: stage.now.mono.0, fade });
        stage.run_until(stage.now.mono.0 + fade.mul_f64(0.05 + 0.9 * dice.fraction()));
    }
    let last = asked.last().map_or(Duration::ZERO, |asked| asked.at + asked.fade);
    stage.run_until(last + Duration::from_secs(2));
    let updates = stage.updates.len();
    stage.run_until(last + REST);
    let end = stage.shown.last().unwrap();
    let goal = &scenes[scene];
    Outcome {
        jump: jump(&stage, &asked),
        updates: updates as u64,
        encodes: stage.counts.encodes - before.encodes,
        newcomers: newcomers(&stage),
        reloads: stage.counts.reloads - before.reloads,
        short_lists: stage.shown.iter().filter(|shown| shown.entries < 3).count() as u64,
        not_finite: stage
            .shown
            .iter()
            .flat_map(|shown| &shown.prompts)
            .filter(|(_, on)| !on.is_finite())
            .count() as u64,
        end_error: end_error(end, goal),
        updates_at_rest: (stage.updates.len() - updates) as u64,
    }
}

/// Returns the largest step of a coefficient between two updates, as a part of what an even fade needs that has its updates
/// at the same times: from the middle of one hold to the middle of the next, at the speed of whichever fades were known when
/// each of them left.
fn jump(stage: &Stage, asked: &[Asked]) -> f64 {
    let shown = &stage.shown;
    // By the times at which updates came, and not by those of the frames that they waited for.
    let update = |index: usize| stage.updates.iter().rposition(|(at, _)| *at <= shown[index].since);
    let middle = |index: usize| {
        let Some(update) = update(index) else { return Duration::ZERO };
        let came = stage.updates[update].0;
        // A hold that somebody cut short could not be foreseen.
        let next = stage.updates.get(update + 1);
        let hold = next.map_or(HOLD, |(next, _)| next.saturating_sub(came).max(HOLD));
        came + hold / 2
    };
    // The fade that was in force when a look left, if it left after the first was asked for.
    let in_force = |index: usize| {
        let departure = stage.departures[update(index)?];
        asked.iter().rposition(|fade| fade.at <= departure)
    };
    let mut worst: f64 = 0.0;
    for index in 1..shown.len() {
        let Some(last) = in_force(index) else { continue };
        let first = in_force(index - 1);
        let needed: f64 = (first.unwrap_or(0)..=last)
            .map(|order| {
                let Asked { at, fade } = asked[order];
                let from = if first == Some(order) { middle(index - 1).max(at) } else { at };
                let to = if order == last { middle(index) } else { asked[order + 1].at };
                to.min(at + fade).saturating_sub(from).as_secs_f64() / fade.as_secs_f64()
            })
            .sum();
        let (before, after) = (&shown[index - 1], &shown[index]);
        let texts = before.prompts.iter().chain(&after.prompts).map(|(text, _)| text);
        let step = texts.map(|text| (after.of(text) - before.of(text)).abs()).fold(0.0, f64::max);
        if step > 2.0 * EXACT {
            worst = worst.max(step / needed.max(1e-9));
        }
    }
    worst
}

/// Counts the prompts that updates brought into the list: each is to cost one encode, and nothing else is.
fn newcomers(stage: &Stage) -> u64 {
    let texts = |params: &Map<String, Value>| -> Option<Vec<String>> {
        let list = params.get("prompt")?.as_array()?;
        Some(list.iter().map(|entry| entry[0].as_str().unwrap_or_default().to_owned()).collect())
    };
    let mut known: Vec<String> = stage.shown[0].prompts.iter().map(|(text, _)| text.clone()).collect();
    let mut count = 0;
    for list in stage.updates.iter().filter_map(|(_, params)| texts(params)) {
        count += list.iter().filter(|text| !known.contains(text)).count() as u64;
        known = list;
    }
    count
}

fn end_error(end: &Shown, goal: &BTreeMap<String, f64>) -> f64 {
    let squares: f64 = goal.values().map(|weight| weight * weight).sum();
    let length = (squares + 0.8_f64.cos() * (1.0 - squares)).sqrt();
    let wanted = |text: &str| goal.get(text).map_or(0.0, |weight| weight / length);
    let texts = goal.keys().chain(end.prompts.iter().map(|(text, _)| text));
    texts.map(|text| (end.of(text) - wanted(text)).abs()).fold(0.0, f64::max)
}

/// Returns the prompts of ten scenes, some of them shared, with weights that sum to 1.
fn scenes(dice: &mut Dice) -> Vec<BTreeMap<String, f64>> {
    (0..10)
        .map(|_| {
            let count = 1 + dice.next_u64() % 3;
            let mut scene: BTreeMap<String, f64> =
                (0..count).map(|_| (format!("p{}", dice.next_u64() % 16), 0.1 + dice.fraction())).collect();
            let sum: f64 = scene.values().sum();
            for weight in scene.values_mut() {
                *weight /= sum;
            }
            scene
        })
        .collect()
}

fn show(scenes: &[BTreeMap<String, f64>]) -> String {
    let mut yaml =
        "streams: { wall: { backend: simulator, start: s0, slots_max: 16 } }\nscenes:\n".to_owned();
    for (index, scene) in scenes.iter().enumerate() {
        let list: Vec<String> = scene.iter().map(|(text, weight)| format!("[{text}, {weight}]")).collect();
        let _ = writeln!(yaml, "  s{index}: {{ prompt: [{}], easing: linear }}", list.join(", "));
    }
    yaml
}
