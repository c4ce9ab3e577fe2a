//! Lanes against a model that knows nothing of deadlines: it looks once a second.

use super::*;
use crate::show::{
    dice::Dice,
    easing::Easing,
    lane::form::Standing,
    memoir::{Cast, Ensemble},
    scene::Fade,
};

const IDLE: Duration = Duration::from_secs(5);
/// Which scene panic goes to; the others are asked for.
const PANIC: usize = 0;
const SCENES: usize = 14;

/// Something that happens to a stream.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Ask { scene: usize, is_person: bool },
    Hold { scene: usize, priority: u8, seconds: u64, is_person: bool },
    Move { scene: usize },
    Panic,
    Release,
    OperatorRelease,
    Schedule { governs: bool },
    Wait { seconds: u64 },
}

fn deed(dice: &mut Dice) -> Deed {
    let mut roll = |sides: usize| (dice.next_u64() % sides as u64) as usize;
    let (scene, is_person) = (1 + roll(SCENES - 1), roll(4) == 0);
    match roll(16) {
        0..=2 => Deed::Ask { scene, is_person },
        3..=7 => {
            Deed::Hold { scene, priority: roll(3) as u8, seconds: roll(12) as u64, is_person: roll(12) == 0 }
        }
        8 | 9 => Deed::Move { scene },
        10 => Deed::Panic,
        11 => Deed::Release,
        12 => Deed::OperatorRelease,
        13 => Deed::Schedule { governs: is_person },
        _ => Deed::Wait { seconds: 1 + roll(6) as u64 },
    }
}

/// A stream whose fades take no time.
struct Stage {
    scenes: Vec<Arc<Scene>>,
    lanes: Lanes,
    shown: usize,
    governed: bool,
    now: u64,
}

impl Stage {
    fn new() -> Self {
        let scenes = (0..SCENES).map(|number| Arc::new(Scene::empty(&number.to_string()))).collect();
        Self { scenes, lanes: Lanes::new("start"), shown: 1, governed: false, now: 0 }
    }

    fn mono(&self) -> Mono {
        Mono(Duration::from_secs(self.now))
    }

    fn scenery(&self) -> Scenery {
        Scenery { leads_to: Mix::of(&self.scenes[self.shown]), left: Duration::ZERO, now: self.mono() }
    }

    fn go_back(&mut self, end: Option<End>) {
        let Some(next) = end.and_then(|end| end.next) else { return };
        self.shown = self.scenes.iter().position(|scene| Arc::ptr_eq(scene, next.heaviest())).unwrap();
    }

    fn take(&mut self, deed: Deed) {
        let (by, scenery) = (Arc::from("somebody"), self.scenery());
        match deed {
            Deed::Ask { scene, is_person } => {
                if is_person {
                    self.lanes.let_go();
                }
                if self.lanes.holder() == Lane::Base {
                    self.lanes.follow_path();
                    self.shown = scene;
                } else {
                    self.lanes.ask_beneath(&by, Mix::of(&self.scenes[scene]));
                }
            }
            Deed::Hold { scene, priority, seconds, is_person } => {
                if is_person {
                    self.lanes.let_go();
                }
                let hold = Duration::from_secs(seconds);
                let held = Override {
                    scene: Arc::clone(&self.scenes[scene]),
                    by,
                    priority,
                    hold,
                    until: Until::Arriving(Some(self.mono() + hold)),
                    back: Way::even(Fade::CUT, Easing::Smooth),
                };
                if self.lanes.hold(held, scenery).is_on {
                    self.shown = scene;
                }
            }
            Deed::Move { scene } => {
                if self.lanes.holder() != Lane::Panic {
                    self.shown = scene;
                }
                self.lanes.touch(&by, scenery);
            }
            Deed::Panic => {
                self.lanes.panic(&by, scenery);
                self.shown = PANIC;
            }
            Deed::Release => {
                let end = self.lanes.release(self.governed, scenery);
                self.go_back(end);
            }
            Deed::OperatorRelease => {
                let end = self.lanes.release_operator(self.governed, scenery);
                self.go_back(end);
            }
            Deed::Schedule { governs } => self.governed = governs,
            Deed::Wait { seconds } => self.now += seconds,
        }
        let shown = Mix::of(&self.scenes[self.shown]);
        while let Some(end) = self.lanes.expire((Some(IDLE), self.governed), self.mono(), || shown.clone()) {
            self.go_back(Some(end));
        }
    }
}

/// The same without deadlines, and with what each lane wants by itself.
#[derive(Default)]
struct Model {
    base: usize,
    /// Whether the base wants something newer or other than what the hand began with.
    base_is_due: bool,
    /// Priority, place in the order of asking, scene, end.
    overrides: Vec<(u8, u64, usize, u64)>,
    /// Since when it rests, and what it has mixed.
    hand: Option<(u64, usize)>,
    panic: bool,
    governed: bool,
    asked: u64,
    now: u64,
}

impl Model {
    fn shown(&self) -> (Lane, usize) {
        if self.panic {
            return (Lane::Panic, PANIC);
        }
        if let Some((_, scene)) = self.hand {
            return (Lane::Operator, scene);
        }
        let top = self.overrides.iter().max_by_key(|(priority, asked, ..)| (*priority, *asked));
        top.map_or((Lane::Base, self.base), |(_, _, scene, _)| (Lane::Override, *scene))
    }

    fn take_hand_off(&mut self) {
        let Some((_, scene)) = self.hand.take() else { return };
        if !self.base_is_due && !self.governed {
            self.base = scene;
        }
    }

    fn clear(&mut self, is_person: bool) {
        if is_person {
            self.overrides.clear();
            self.hand = None;
        }
    }

    fn take(&mut self, deed: Deed) {
        self.asked += 1;
        match deed {
            Deed::Ask { scene, is_person } => {
                self.clear(is_person);
                (self.base, self.base_is_due) = (scene, true);
            }
            Deed::Hold { scene, priority, seconds, is_person } => {
                self.clear(is_person);
                self.overrides.retain(|(its, _, other, _)| (*its, *other) != (priority, scene));
                self.overrides.push((priority, self.asked, scene, self.now + seconds));
                if self.overrides.len() > OVERRIDES_MAX {
                    self.overrides.sort_unstable();
                    self.overrides.remove(0);
                }
            }
            Deed::Move { .. } if self.panic => {
                if let Some((rests, _)) = &mut self.hand {
                    *rests = self.now;
                }
            }
            Deed::Move { scene } => {
                if self.hand.is_none() {
                    self.base_is_due = !self.overrides.is_empty();
                }
                self.hand = Some((self.now, scene));
            }
            Deed::Panic => self.panic = true,
            Deed::Release if self.panic => self.panic = false,
            Deed::Release => {
                self.overrides.clear();
                self.take_hand_off();
            }
            Deed::OperatorRelease => self.take_hand_off(),
            Deed::Schedule { governs } => self.governed = governs,
            Deed::Wait { seconds } => {
                for _ in 1..seconds {
                    self.now += 1;
                    self.look();
                }
                self.now += 1;
            }
        }
        self.look();
    }

    fn look(&mut self) {
        self.overrides.retain(|(_, _, _, end)| *end > self.now);
        if self.hand.is_some_and(|(rests, _)| self.now - rests >= IDLE.as_secs()) {
            self.take_hand_off();
        }
    }
}

#[test]
fn lanes_do_what_a_model_does_that_looks_once_a_second() {
    let mut seen = [0; 4];
    for seed in 0..2000 {
        let mut dice = Dice::new(seed);
        let (mut stage, mut model) = (Stage::new(), Model { base: 1, ..Model::default() });
        let mut deeds = Vec::new();
        for _ in 0..40 {
            let deed = deed(&mut dice);
            deeds.push(deed);
            stage.take(deed);
            model.take(deed);
            let (lane, scene) = model.shown();
            assert_eq!((stage.lanes.holder(), stage.shown), (lane, scene), "seed {seed}: {deeds:#?}");
            assert!(stage.lanes.overrides.len() <= OVERRIDES_MAX, "seed {seed}");
            assert_eq!(stage.lanes.base.is_some(), lane != Lane::Base, "seed {seed}: {deeds:#?}");
            seen[lane as usize] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 5000), "each lane is tried: {seen:?}");
}

/// A restart anywhere changes nothing: what is left of each time is kept.
#[test]
fn lanes_go_on_from_their_words() {
    let sheet = crate::config::parse(
        "show.yaml",
        "streams: { wall: { backend: simulator } }",
        &crate::config::Context { node: "test" },
    );
    let sheet = sheet.sheet.unwrap();
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let mut stage = Stage::new();
        let mut restarted = Stage { scenes: stage.scenes.clone(), ..Stage::new() };
        for number in 0..40 {
            let deed = deed(&mut dice);
            stage.take(deed);
            restarted.take(deed);
            assert_eq!(restarted.shown, stage.shown, "seed {seed}, deed {number}");
            let mut cast = Cast::new(&sheet);
            let scenes: Vec<_> = (0..SCENES).map(|at| cast.number(&stage.scenes[at])).collect();
            assert_eq!(scenes, (0..SCENES).collect::<Vec<_>>());
            let kept = Standing::of(&restarted.lanes, false, &mut cast, restarted.mono());
            let kept = serde_json::to_string(&kept).unwrap();
            let kept: Option<Standing> = serde_json::from_str(&kept).unwrap();
            let ensemble = Ensemble::of(restarted.scenes.clone());
            // Another clock.
            let lanes = kept.map(|kept| kept.lanes(&"start".into(), &ensemble, restarted.mono()).unwrap());
            restarted.lanes = lanes.unwrap_or_else(|| Lanes::new("start"));
        }
    }
}

#[test]
fn what_makes_no_sense_is_no_lane() {
    let ensemble = Ensemble::of(vec![Arc::new(Scene::empty("dawn"))]);
    let held = |more: &str| {
        format!(
            r#"{{"base": [[0, 1.0]], "overrides": [{{"scene": 0, "by": "motion", "hold": 5.0, "back": {{}},
                "easing": "smooth", "switch_at": "middle", {more}}}]}}"#
        )
    };
    let read = |text: &str| serde_json::from_str::<Standing>(text).unwrap();
    let lanes = |text: &str| read(text).lanes(&"start".into(), &ensemble, Mono::default());
    assert!(lanes(&held(r#""left": 3.0"#)).is_ok());
    for text in [
        held(r#""left": 1e9"#),
        held(r#""left": 3.0, "priority": 200"#),
        held(r#""priority": 1"#),
        r#"{"base": [[0, 1.0]]}"#.to_owned(),
        r#"{"base": [[7, 1.0]], "panic": "a hand"}"#.to_owned(),
        r#"{"base": [[0, 0.0]], "panic": "a hand"}"#.to_owned(),
        r#"{"base": [[0, 1.0]], "operator": {"by": "a hand", "rested": 0, "mix": [[0, 1.0]]}}"#.to_owned(),
    ] {
        assert!(lanes(&text).is_err(), "{text}");
    }
}
