//! A random walk of lists, fired, stopped and taken over by a new process at random, against a naive model that works out
//! at each firing when each of its steps will be done.

use std::{fmt::Write as _, time::Duration};

use segue::show::{
    dice::Dice,
    event::{Command, Event},
    time::Mono,
};

use super::{
    HOUSE,
    world::{World, osc},
};

/// Walks in every run of the tests; each has some 40 firings.
const WALKS: u64 = 60;
const CUES: usize = 4;

/// A list as the model knows it.
enum Step {
    Log(u64),
    Wait(u64),
    Parallel(Vec<Vec<Step>>),
}

#[derive(Clone, Copy)]
enum Mode {
    Single,
    Restart,
    Queued(usize),
    Parallel(usize),
}

/// One run as the model foresees it. Times are in microseconds.
struct Plan {
    end: u64,
    says: Vec<(u64, String)>,
    stopped: Option<u64>,
}

impl Plan {
    fn is_active(&self, at: u64) -> bool {
        self.stopped.is_none() && self.end > at
    }
}

#[test]
fn lists_do_what_a_naive_model_foresees() {
    for seed in 1..=WALKS {
        let walked = std::panic::catch_unwind(|| walk(seed));
        assert!(walked.is_ok(), "the walk with seed {seed} fell");
    }
}

fn walk(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut steps = 0;
    let lists: Vec<Vec<Step>> = (0..CUES).map(|_| list(&mut dice, 0, &mut steps)).collect();
    let modes: Vec<Mode> = (0..CUES).map(|_| mode(&mut dice)).collect();
    let mut cues = String::from("triggers:\n");
    for (cue, (list, mode)) in lists.iter().zip(&modes).enumerate() {
        let _ =
            writeln!(cues, "  c{cue}: {{ when: {{ osc: /c{cue} }}, {}, do: {} }}", words(*mode), yaml(list));
    }
    let _ = write!(
        cues,
        "cues: {{ {} }}",
        (0..CUES).map(|cue| format!("s{cue}: {{ stop: c{cue} }}")).collect::<Vec<_>>().join(", ")
    );
    let mut world = World::new(&format!("{HOUSE}{cues}"));
    let mut plans: Vec<Vec<Plan>> = (0..CUES).map(|_| Vec::new()).collect();
    let mut at = 1_000_000;
    for number in 0..40 {
        // Each firing at a microsecond of its own, so that no two things happen at once.
        at = (at + dice.next_u64() % 3_000_000) / 1000 * 1000 + number;
        world.run_until(Mono(Duration::from_micros(at)));
        let cue = dice.next_u64() as usize % CUES;
        match dice.next_u64() % 10 {
            0 => {
                world.happen(Event::Command(Command::Cue { cue: format!("s{cue}") }));
                plans[cue]
                    .iter_mut()
                    .filter(|plan| plan.is_active(at))
                    .for_each(|plan| plan.stopped = Some(at));
            }
            1 => {
                world.happen(Event::Stop);
                world.restart();
            }
            _ => {
                world.happen(osc(&format!("/c{cue}"), &[&format!("n{number}")]));
                fire(&mut plans[cue], &lists[cue], modes[cue], at, number);
            }
        }
    }
    world.run_until(Mono(Duration::from_micros(at) + Duration::from_hours(1)));
    let mut said: Vec<String> = world
        .lines
        .lines()
        .filter_map(|line| line.split_once(" says: ").map(|(head, text)| (head.split(' ').next(), text)))
        .map(|(time, text)| format!("{} {text}", time.unwrap()))
        .collect();
    let foreseen = plans.iter().flatten().flat_map(|plan| {
        plan.says.iter().filter(|(when, _)| plan.stopped.is_none_or(|stopped| *when <= stopped))
    });
    let mut foreseen: Vec<String> = foreseen
        .map(|(when, text)| {
            let seconds = *when as f64 / 1e6;
            format!("{:.0}:{:06.3} {text}", (seconds / 60.0).floor(), seconds % 60.0)
        })
        .collect();
    said.sort();
    foreseen.sort();
    assert_eq!(said, foreseen, "{cues}");
    assert!(world.show.snapshot(world.now).runs.is_empty(), "all have come to their ends");
}

fn fire(plans: &mut Vec<Plan>, list: &[Step], mode: Mode, at: u64, number: u64) {
    let active = plans.iter().filter(|plan| plan.is_active(at)).count();
    let last = plans.iter().filter(|plan| plan.is_active(at)).map(|plan| plan.end).max();
    let start = match mode {
        _ if active == 0 => at,
        Mode::Single => return,
        Mode::Restart => {
            plans.iter_mut().filter(|plan| plan.is_active(at)).for_each(|plan| plan.stopped = Some(at));
            at
        }
        Mode::Queued(max) | Mode::Parallel(max) if active >= max => return,
        Mode::Queued(_) => last.unwrap(),
        Mode::Parallel(_) => at,
    };
    let mut says = Vec::new();
    let end = foresee(list, start, number, &mut says);
    plans.push(Plan { end, says, stopped: None });
}

/// Works out when a list says what, and returns when it ends.
fn foresee(list: &[Step], start: u64, number: u64, says: &mut Vec<(u64, String)>) -> u64 {
    let mut now = start;
    for step in list {
        match step {
            Step::Log(text) => says.push((now, format!("{text} n{number}"))),
            Step::Wait(millis) => now += millis * 1000,
            Step::Parallel(lists) => {
                now = lists.iter().map(|list| foresee(list, now, number, says)).max().unwrap();
            }
        }
    }
    now
}

fn list(dice: &mut Dice, depth: u32, steps: &mut u64) -> Vec<Step> {
    let count = 1 + dice.next_u64() % 4;
    let mut list = Vec::new();
    for _ in 0..count {
        *steps += 1;
        list.push(match dice.next_u64() % 5 {
            0 if depth < 3 => Step::Parallel(
                (0..=dice.next_u64() % 3).map(|_| self::list(dice, depth + 1, steps)).collect(),
            ),
            1 | 2 => Step::Wait(dice.next_u64() % 4 * 1500),
            _ => Step::Log(*steps),
        });
    }
    list
}

fn mode(dice: &mut Dice) -> Mode {
    let max = 2 + dice.next_u64() as usize % 3;
    [Mode::Single, Mode::Restart, Mode::Queued(max), Mode::Parallel(max)][dice.next_u64() as usize % 4]
}

fn words(mode: Mode) -> String {
    match mode {
        Mode::Single => "mode: single".to_owned(),
        Mode::Restart => "mode: restart".to_owned(),
        Mode::Queued(max) => format!("mode: queued, max: {max}"),
        Mode::Parallel(max) => format!("mode: parallel, max: {max}"),
    }
}

fn yaml(list: &[Step]) -> String {
    let steps = list.iter().map(|step| match step {
        Step::Log(text) => format!("{{ log: '{text} {{{{ args[0] }}}}' }}"),
        Step::Wait(millis) => format!("{{ wait: {millis}ms }}"),
        Step::Parallel(lists) => {
            format!(
                "{{ parallel: [{}] }}",
                lists.iter().map(|list| yaml(list)).collect::<Vec<_>>().join(", ")
            )
        }
    });
    format!("[{}]", steps.collect::<Vec<_>>().join(", "))
}
