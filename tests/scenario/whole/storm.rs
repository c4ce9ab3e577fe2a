//! What happens in a walk: a list of deeds, each at its time, so that a walk can be played again with fewer of them.

use std::time::Duration;

use segue::show::{
    dice::Dice,
    event::{Arg, Command, Door, Event, MqttMessage, OscMessage, OscPacket},
    sheet::{Sheet, Verb, When},
    time::Mono,
    transition::Fader,
};
use serde_json::json;

use super::{
    super::world::{World, osc},
    model::{Fate, LATE_MAX, Weather},
    shows::{Play, luck, pick},
};

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Something comes in by a door.
    Event(Event, Toll),
    /// A bundle comes in that is meant for so much later.
    Bundle(Vec<OscMessage>, Duration, Toll),
    /// The API changes.
    Weather(Weather),
    /// The show is killed after so many more actions and started again so much later.
    Kill(u32, Duration),
    /// The disk fills up, or has room again.
    Disk(bool),
    /// Somebody sets the clock, by so many seconds.
    Clock(i64),
    /// Something is done to one of the account's streams.
    Touch(u64, &'static str),
}

/// What the history must say of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Toll {
    /// Triggers that it fires.
    pub(super) triggers: u64,
    /// Parts of it that are refused.
    pub(super) refusals: u64,
    /// Whether it moves a mix by hand, of which no fact tells.
    pub(super) is_hand: bool,
    /// Whether it moves the progress of a transition by hand, of which only the first move is told.
    pub(super) is_grab: bool,
}

const NOTHING: Toll = Toll { triggers: 0, refusals: 0, is_hand: false, is_grab: false };
const FIRES: Toll = Toll { triggers: 1, ..NOTHING };
const REFUSED: Toll = Toll { refusals: 1, ..NOTHING };
const HAND: Toll = Toll { is_hand: true, ..NOTHING };
const GRAB: Toll = Toll { is_grab: true, ..NOTHING };

/// Throws the deeds of a storm of that length.
pub(super) fn throw(play: &Play, sheet: &Sheet, length: Duration, dice: &mut Dice) -> Vec<(Mono, Deed)> {
    let mut deeds = Vec::new();
    let mut at = Duration::ZERO;
    if luck(dice, 0.4) {
        // The very first create is the one whose answer is lost.
        let fate = *pick(dice, &[Fate::Lost, Fate::Swallowed, Fate::Garbage, Fate::Late(LATE_MAX / 2)]);
        let way = Duration::from_millis(400);
        deeds.push((Mono(at), Deed::Weather(Weather { way, fate: Some((fate, 0.5)) })));
        deeds.push((Mono(Duration::from_secs(20)), Deed::Weather(Weather::FAIR)));
        at = Duration::from_secs(20);
    }
    // Some storms are all hands, some all faults, most both.
    let faults = *pick(dice, &[0.0, 0.1, 0.3, 0.3, 0.6]);
    let pace = *pick(dice, &[1.0, 4.0, 4.0, 12.0]);
    let sets_clock = luck(dice, 0.4);
    let kills = luck(dice, 0.6);
    loop {
        at += Duration::from_secs_f64(-pace * (1.0 - dice.fraction()).ln());
        if at >= length {
            return deeds;
        }
        let deed = if luck(dice, faults) {
            fault(play, sets_clock, kills, dice)
        } else {
            let (event, toll) = event(play, sheet, dice);
            match event {
                // A hand's moves are seen when they come in: nobody keeps them for later.
                Event::Osc(packet) if !toll.is_hand && !toll.is_grab && luck(dice, 0.15) => {
                    bundle(packet.messages, toll, play, sheet, dice)
                }
                event => Deed::Event(event, toll),
            }
        };
        deeds.push((Mono(at), deed));
    }
}

/// Puts a message and perhaps another into a bundle with a time tag.
fn bundle(messages: Vec<OscMessage>, toll: Toll, play: &Play, sheet: &Sheet, dice: &mut Dice) -> Deed {
    let (mut all, mut sum) = (messages, toll);
    if let (Event::Osc(packet), toll @ Toll { is_hand: false, is_grab: false, .. }) = event(play, sheet, dice)
    {
        all.extend(packet.messages);
        sum.triggers += toll.triggers;
        sum.refusals += toll.refusals;
    }
    let ahead = Duration::from_secs_f64(dice.fraction() * 12.0);
    // Farther ahead than the door looks is told, and done at once.
    sum.refusals += u64::from(ahead > Duration::from_secs(10));
    Deed::Bundle(all, ahead, sum)
}

fn fault(play: &Play, sets_clock: bool, kills: bool, dice: &mut Dice) -> Deed {
    match dice.next_u64() % 20 {
        0..=6 => Deed::Weather(weather(play, dice)),
        7..=8 => Deed::Weather(Weather::FAIR),
        9..=11 if kills => {
            let outage = pick(dice, &[0.05, 1.0, 5.0, 40.0]) * dice.fraction();
            Deed::Kill((dice.next_u64() % 12) as u32, Duration::from_secs_f64(outage))
        }
        12 => Deed::Disk(true),
        13 => Deed::Disk(false),
        14..=15 if sets_clock => {
            let most = *pick(dice, &[1.0, 60.0, 3600.0, 86400.0]);
            Deed::Clock(((dice.fraction() * 2.0 - 1.0) * most) as i64)
        }
        16 if !play.waits => Deed::Touch(dice.next_u64(), "gone"),
        17 => Deed::Touch(dice.next_u64(), pick::<&str>(dice, &["stall", "freeze", "restart", "swap"])),
        18 => Deed::Touch(dice.next_u64(), "video off"),
        _ => Deed::Touch(dice.next_u64(), "video on"),
    }
}

fn weather(play: &Play, dice: &mut Dice) -> Weather {
    let way = Duration::from_secs_f64(0.01 + pick(dice, &[0.1, 0.5, 3.0, 12.0]) * dice.fraction());
    let statuses = [400, 401, 403, 404, 409, 429, 500, 502, 503];
    let fate = match dice.next_u64() % 12 {
        0 => None,
        1 => Some(Fate::Unreached),
        2 => Some(Fate::Broken),
        3 => Some(Fate::Lost),
        4 => Some(Fate::Swallowed),
        5 => Some(Fate::Hung),
        // Who puts up with what others write puts up with this.
        6 if !play.reports_drift => Some(Fate::Late(LATE_MAX.mul_f64(dice.fraction()))),
        7 => Some(Fate::Garbage),
        8 if !play.reports_drift => Some(Fate::Lie),
        9 => Some(Fate::Twice),
        _ => Some(Fate::Status(*pick(dice, &statuses))),
    };
    let chance = *pick(dice, &[0.1, 0.5, 1.0]);
    Weather { way, fate: fate.map(|fate| (fate, chance)) }
}

/// Throws something that comes in by a door.
fn event(play: &Play, sheet: &Sheet, dice: &mut Dice) -> (Event, Toll) {
    let scene = pick(dice, &play.scenes).clone();
    let stream = luck(dice, 0.5).then(|| (*pick(dice, &play.streams)).to_owned());
    let fade = luck(dice, 0.5)
        .then(|| Duration::from_secs_f64(if luck(dice, 0.2) { 0.0 } else { 0.3 + dice.fraction() * 10.0 }));
    let command = |command| Event::Command(command);
    let pad = dice.next_u64() % play.pads;
    let position = *pick(dice, &[0.0, 0.25, 0.6, 0.95, 1.0]);
    match dice.next_u64() % 22 {
        0..=5 => (command(Command::Scene { scene, stream, fade, hold: None }), FIRES),
        6 => (command(Command::Scene { scene: "nowhere".to_owned(), stream, fade, hold: None }), REFUSED),
        7..=8 => {
            let other = pick(dice, &["a red door", "salt", "rain"]);
            let (prompt, toll) = match dice.next_u64() % 4 {
                0 => (json!([]), REFUSED),
                1 => (json!([["mist", 0.3], [other, 0.7]]), FIRES),
                _ => (json!(other), FIRES),
            };
            let seed = luck(dice, 0.3).then(|| json!(dice.next_u64() % 1000));
            (command(Command::Prompt { prompt, seed, stream, fade, hold: None }), toll)
        }
        9..=10 => {
            let verbs = [Verb::Pause, Verb::Resume, Verb::Reverse, Verb::Finish, Verb::Cut];
            (command(Command::Steer { verb: *pick(dice, &verbs), stream }), FIRES)
        }
        11 => (command(Command::Grab { position: Fader::new(position).unwrap(), stream }), GRAB),
        12 => (command(Command::Cue { cue: "both".to_owned() }), FIRES),
        13 => (osc(&format!("/segue/scene/{scene}"), &["1.5"]), FIRES),
        14 => (osc(&format!("/segue/mix/{scene}"), &[&position.to_string()]), HAND),
        15 => (osc(&format!("/segue/mix/{scene}"), &["NaN"]), REFUSED),
        16 => (osc("/segue/transition/progress", &[&position.to_string()]), GRAB),
        17 => {
            let message = OscMessage {
                address: format!("/pad/{pad}"),
                args: vec![Arg::Number(f64::from(u8::from(luck(dice, 0.8))))],
            };
            let toll = match (&trigger(sheet, pad), &message.args[0]) {
                (When::Osc { .. }, Arg::Number(pressed)) if *pressed == 1.0 => FIRES,
                (When::Osc { .. }, _) => NOTHING,
                _ => REFUSED,
            };
            (Event::Osc(OscPacket { messages: vec![message], due: None }), toll)
        }
        18 => {
            let listens = matches!(trigger(sheet, pad), When::Mqtt { .. });
            (mqtt(&format!("pads/{pad}"), "on"), if listens { FIRES } else { NOTHING })
        }
        19 => (mqtt("segue/walk/scene/set", &scene), FIRES),
        20 => {
            let reason = "not OSC";
            let count = dice.next_u64() % 50 + 1;
            let event = Event::Refused { input: Door::Osc, reason, count, example: "#bundl".to_owned() };
            (event, Toll { refusals: count, ..NOTHING })
        }
        _ => {
            let connected = luck(dice, 0.5);
            (Event::Broker { connected, detail: "the broker".to_owned() }, NOTHING)
        }
    }
}

fn trigger(sheet: &Sheet, pad: u64) -> &When {
    let name = format!("pad{pad}");
    &sheet.triggers.iter().find(|trigger| *trigger.name == *name).unwrap().when[0]
}

fn mqtt(topic: &str, payload: &str) -> Event {
    let payload = payload.as_bytes().to_vec();
    Event::Mqtt(MqttMessage { topic: topic.to_owned(), payload, retained: false })
}

impl World {
    /// Lets a deed happen.
    pub(super) fn suffer(&mut self, deed: Deed) {
        let at = self.now.mono.0;
        match deed {
            Deed::Event(event, toll) => self.come_in(event, toll),
            Deed::Bundle(messages, ahead, toll) => {
                let due = Some(self.now.wall + ahead);
                self.come_in(Event::Osc(OscPacket { messages, due }), toll);
            }
            Deed::Weather(weather) => {
                self.line(&format!("* {weather:?}"));
                self.outside.as_mut().unwrap().weather = weather;
            }
            Deed::Kill(actions, outage) => {
                self.line(&format!("* dies after {actions} actions for {outage:?}"));
                self.outside.as_mut().unwrap().dies = Some((actions, outage));
            }
            Deed::Disk(is_full) => {
                self.line(&format!("* disk full: {is_full}"));
                self.outside.as_mut().unwrap().disk.is_full = is_full;
            }
            Deed::Clock(seconds) => {
                self.line(&format!("* clock {seconds} s"));
                let step = jiff::SignedDuration::from_secs(seconds);
                self.now.wall = self.now.wall.checked_add(step).unwrap();
                self.witness.as_mut().unwrap().on_clock();
                if !self.is_dead {
                    self.show.handle_wake(self.now);
                }
            }
            Deed::Touch(which, act) => {
                let outside = self.outside.as_mut().unwrap();
                let ids = outside.list(at);
                if ids.is_empty() {
                    return;
                }
                let id = &ids[(which % ids.len() as u64) as usize];
                outside.touch(at, id, act);
                if act == "gone" {
                    self.witness.as_mut().unwrap().on_gone(id);
                }
                let text = format!("* {id} {act}");
                self.line(&text);
            }
        }
    }

    fn come_in(&mut self, event: Event, toll: Toll) {
        if self.is_dead {
            return;
        }
        self.line(&format!("> {event:?}"));
        self.witness.as_mut().unwrap().on_toll(toll);
        self.happen(event);
    }
}
