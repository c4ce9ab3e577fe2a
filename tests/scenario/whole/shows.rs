//! Shows thrown by dice: any streams, scenes, ways and bad-day settings that a show file may have.

use std::fmt::Write as _;

use segue::show::dice::Dice;

/// The prompts of all shows. Few, so that scenes share some.
const PROMPTS: [&str; 7] = ["mist", "city", "rain", "moss", "ember", "glass", "tide"];
/// Easings whose steepest place is at most 3 times the mean.
const GENTLE: [&str; 6] = ["smooth", "linear", "ease", "ease-in", "ease-out", "ease-in-out"];
/// Others: they overshoot, bounce, or go by steps.
const WILD: [&str; 5] =
    ["cubic-bezier(0.3, -0.6, 0.7, 1.6)", "bounce-out", "back-in-out", "steps(5)", "elastic-out"];

/// A show, and what the walk has to know to play on it.
#[expect(clippy::struct_excessive_bools, reason = "each is one throw of the dice")]
pub(super) struct Play {
    pub(super) yaml: String,
    pub(super) streams: Vec<&'static str>,
    pub(super) scenes: Vec<String>,
    pub(super) pads: u64,
    /// The cron trigger's minutes, if there is one.
    pub(super) every_minutes: Option<u64>,
    /// Whether all ways are [`GENTLE`].
    pub(super) is_gentle: bool,
    /// Whether somebody asks the show to put up with what others write.
    pub(super) reports_drift: bool,
    /// Whether a stream that is lost may only be waited for.
    pub(super) waits: bool,
    pub(super) has_groups: bool,
}

/// Draws one of a list.
pub(super) fn pick<'a, T>(dice: &mut Dice, list: &'a [T]) -> &'a T {
    &list[(dice.next_u64() % list.len() as u64) as usize]
}

/// Returns whether something of that chance happens.
pub(super) fn luck(dice: &mut Dice, chance: f64) -> bool {
    dice.fraction() < chance
}

/// Returns a number between two, with two digits.
fn number(dice: &mut Dice, low: f64, high: f64) -> f64 {
    ((low + dice.fraction() * (high - low)) * 100.0).round() / 100.0
}

impl Play {
    /// Throws a show.
    pub(super) fn throw(dice: &mut Dice) -> Self {
        let names = ["wall", "floor", "side"];
        let streams = names[..=(dice.next_u64() % 3) as usize].to_vec();
        let scenes: Vec<String> = (0..3 + dice.next_u64() % 4).map(|place| format!("s{place}")).collect();
        let mut play = Self {
            yaml: String::from("show: Walk\n"),
            streams,
            scenes,
            pads: 1 + dice.next_u64() % 4,
            every_minutes: luck(dice, 0.3).then(|| *pick(dice, &[2, 5, 15])),
            is_gentle: luck(dice, 0.7),
            reports_drift: luck(dice, 0.1),
            waits: luck(dice, 0.15),
            has_groups: luck(dice, 0.3),
        };
        let slerp = luck(dice, 0.1);
        play.write_streams(slerp, dice);
        play.write_scenes(if slerp { 1 } else { 3 }, dice);
        play.write_triggers(dice);
        play
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.yaml, "{text}");
    }

    fn write_streams(&mut self, slerp: bool, dice: &mut Dice) {
        self.line("streams:");
        for stream in self.streams.clone() {
            let backend = pick(dice, &["simulator", "daydream", "daydream-beta"]);
            let blend = if slerp { &"slerp" } else { pick(dice, &["spherical", "linear"]) };
            self.line(&format!("  {stream}:\n    backend: {backend}\n    blend: {blend}"));
            if *backend != "simulator" {
                self.line("    api_key: { env: NONE }");
            }
            if luck(dice, 0.8) {
                let start = pick(dice, &self.scenes).clone();
                self.line(&format!("    start: {start}"));
            }
            let (rate, step) = (number(dice, 1.0, 8.0), number(dice, 0.0, 0.04));
            self.line(&format!("    updates: {{ max_per_second: {rate}, min_step: {step} }}"));
            self.line(&format!("    status: {{ every: {}s }}", pick(dice, &[2, 5, 10, 30])));
            if luck(dice, 0.3) && !slerp {
                self.line(&format!("    slots_max: {}", 3 + dice.next_u64() % 4));
            }
            let lost = if self.waits { &"wait" } else { pick(dice, &["recreate", "recreate", "fallback"]) };
            self.line(&format!("    on_stream_lost: {lost}"));
            if self.reports_drift {
                self.line("    on_drift: report");
            }
            let hourly = 2 + dice.next_u64() % 6;
            let resend = dice.next_u64() % 3;
            self.line(&format!(
                "    recovery: {{ stalled_after: {}s, resend: {{ times: {resend}, wait: 15s }}, recreate: {{ times: {}, \
                 wait: {}s, per_hour: {hourly} }}{} }}",
                15 + dice.next_u64() % 20,
                dice.next_u64() % 3,
                20 + dice.next_u64() % 40,
                if luck(dice, 0.5) || *lost == "fallback" { ", fallback: { scene: s0 }" } else { "" },
            ));
            self.line("    params:");
            let (prompt, scale) = (pick(dice, &PROMPTS), number(dice, 0.0, 1.0));
            self.line(&format!("      prompt: {prompt}\n      seed: {}", dice.next_u64() % 100));
            self.line(&format!("      controlnets: {{ depth: {scale}, canny: 0 }}"));
        }
    }

    fn write_scenes(&mut self, most: u64, dice: &mut Dice) {
        self.line("scenes:");
        for scene in self.scenes.clone() {
            let mut keys = vec![format!("fade: {}", self.fade(dice))];
            if luck(dice, 0.9) {
                let mut prompts = PROMPTS.to_vec();
                let mut list = Vec::new();
                for _ in 0..=dice.next_u64() % most {
                    let prompt = prompts.remove((dice.next_u64() % prompts.len() as u64) as usize);
                    list.push(format!("[{prompt}, {}]", number(dice, 0.1, 1.0)));
                }
                keys.push(format!("prompt: [{}]", list.join(", ")));
            }
            if luck(dice, 0.7) {
                let (one, other) = (dice.next_u64() % 50, 50 + dice.next_u64() % 50);
                let share = number(dice, 0.1, 0.9);
                keys.push(if luck(dice, 0.5) {
                    format!("seed: [[{one}, {share}], [{other}, {}]]", (100.0 - share * 100.0) / 100.0)
                } else {
                    format!("seed: {one}")
                });
            }
            if luck(dice, 0.5) {
                let (depth, canny) = (number(dice, 0.0, 1.0), number(dice, 0.0, 1.0));
                keys.push(format!("controlnets: {{ depth: {depth}, canny: {canny} }}"));
            }
            if luck(dice, 0.4) {
                keys.push(format!("guidance_scale: {}", number(dice, 1.0, 2.0)));
            }
            if luck(dice, 0.4) {
                keys.push(format!("delta: {}", number(dice, 0.1, 1.0)));
            }
            if luck(dice, 0.3) {
                keys.push(format!("negative_prompt: {}", pick(dice, &["blur", "text", "noise"])));
            }
            if luck(dice, 0.7) {
                keys.push(format!("easing: '{}'", self.easing(dice)));
            }
            if luck(dice, 0.3) {
                keys.push(format!("switch_at: {}", pick(dice, &["start", "middle", "end"])));
            }
            self.line(&format!("  {scene}: {{ {} }}", keys.join(", ")));
        }
    }

    fn easing(&self, dice: &mut Dice) -> &'static str {
        if self.is_gentle || luck(dice, 0.5) {
            pick::<&str>(dice, &GENTLE)
        } else {
            pick::<&str>(dice, &WILD)
        }
    }

    /// Throws how long something takes: groups of it no shorter than a quarter of the longest.
    fn fade(&self, dice: &mut Dice) -> String {
        if luck(dice, 0.1) {
            return "0s".to_owned();
        }
        let longest = number(dice, 0.5, 12.0);
        if !self.has_groups || luck(dice, 0.5) {
            return format!("{longest}s");
        }
        let mut group = || number(dice, longest / 4.0 + 0.01, longest);
        let (prompt, seed, nets) = (group(), group(), group());
        format!("{{ default: {longest}s, prompt: {prompt}s, seed: {seed}s, controlnets: {nets}s }}")
    }

    fn write_triggers(&mut self, dice: &mut Dice) {
        self.line("cues:");
        let (one, other) = (pick(dice, &self.scenes).clone(), pick(dice, &self.scenes).clone());
        let (stream, last) = (self.streams[0], self.streams[self.streams.len() - 1]);
        let fade = self.fade(dice);
        self.line(&format!(
            "  both: [{{ scene: {one}, stream: {stream}, fade: {fade} }}, {{ scene: {other}, stream: {last} }}]"
        ));
        self.line("triggers:");
        for pad in 0..self.pads {
            let what = match dice.next_u64() % 8 {
                0 => format!("transition: {}", pick(dice, &["pause", "resume", "reverse", "finish", "cut"])),
                1 => "cue: both".to_owned(),
                _ => {
                    let (scene, policy) =
                        (pick(dice, &self.scenes), pick(dice, &["blend", "finish-first", "ignore", "queue"]));
                    format!("scene: {scene}, policy: {policy}, easing: '{}'", self.easing(dice))
                }
            };
            let when = if luck(dice, 0.5) {
                format!("osc: /pad/{pad}, args: 1")
            } else {
                format!("mqtt: pads/{pad}, payload: \"on\"")
            };
            self.line(&format!("  pad{pad}: {{ when: {{ {when} }}, do: {{ {what} }} }}"));
        }
        if let Some(minutes) = self.every_minutes {
            let scene = pick(dice, &self.scenes).clone();
            self.line(&format!(
                "  clock: {{ when: {{ cron: \"*/{minutes} * * * *\" }}, do: {{ scene: {scene} }} }}"
            ));
        }
        self.line("inputs: { osc: {}, mqtt: { url: \"mqtt://127.0.0.1:1\", base: segue/walk } }");
    }
}
