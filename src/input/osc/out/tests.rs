//! Who is told what and when, on a clock that the test turns.

use std::{fmt::Write as _, sync::Arc};

use super::*;
use crate::{
    config,
    input::osc::clients::{BYTES_PER_SECOND, LEASE_MAX, SUBSCRIBERS_MAX, SUBSCRIBERS_PER_ADDRESS},
    show::{
        Show,
        event::{Arg, Event, OscMessage, OscPacket},
        time::Now,
    },
};

const SHOW: &str = "
streams: { wall: { backend: simulator, start: dawn } }
scenes: { dawn: { prompt: mist }, neon: { prompt: city, fade: 300ms, easing: linear }, rain: { prompt: rain, fade: 2s } }
inputs: { osc: {} }
";

/// Where the show hears.
const OWN: u16 = 7755;

/// A show and those who ask it, with what each was told: `time port address value`.
struct Stage {
    sheet: Arc<Sheet>,
    show: Show,
    feedback: Feedback,
    asks: Asks,
    now: Mono,
    told: String,
    bytes: usize,
    refused: Vec<Refused>,
}

impl Stage {
    fn new() -> Self {
        Self::of(SHOW)
    }

    fn of(text: &str) -> Self {
        let context = config::Context { node: "test" };
        let sheet = Arc::new(config::parse("show.yaml", text, &context).sheet.unwrap());
        let asks = Asks::default();
        let now = Mono(Duration::from_secs(100));
        let show = Show::new(Arc::clone(&sheet), &std::collections::BTreeMap::new(), 1, at(now));
        let feedback = Feedback::new(asks.clone(), now);
        let mut stage =
            Self { sheet, show, feedback, asks, now, told: String::new(), bytes: 0, refused: Vec::new() };
        stage.turn();
        stage
    }

    /// One turn of the daemon's loop.
    fn turn(&mut self) {
        while self.show.poll().is_some() {}
        self.refused.extend(self.feedback.stir(Some(OWN), self.now));
        if self.feedback.is_due(self.now) {
            let snapshot = self.show.snapshot(at(self.now));
            let (told, bytes, now) = (&mut self.told, &mut self.bytes, self.now);
            let send = |to: SocketAddr, datagram: &[u8]| {
                *bytes += datagram.len();
                let (_, packet) = rosc::decoder::decode_udp(datagram).unwrap();
                let rosc::OscPacket::Message(message) = packet else { panic!("{packet:?}") };
                let value = match &message.args[..] {
                    [rosc::OscType::Float(number)] => number.to_string(),
                    [rosc::OscType::String(text)] => format!("{text:?}"),
                    [rosc::OscType::Nil] => "nil".to_owned(),
                    args => panic!("{args:?}"),
                };
                let time = now.0.as_secs_f64() - 100.0;
                writeln!(told, "{time:.1} {}:{} {} {value}", to.ip(), to.port(), message.addr).unwrap();
                Sent::Done
            };
            self.refused.extend(self.feedback.tell(&snapshot, &self.sheet, self.now, send));
        }
    }

    fn says(&mut self, from: &str, address: &str, args: &[Arg]) {
        let message = OscMessage { address: address.to_owned(), args: args.to_vec() };
        let packet = OscPacket { messages: vec![message], due: None };
        if let Some(packet) = self.asks.sort(packet, from.parse().unwrap()) {
            self.show.handle(Event::Osc(packet), at(self.now));
        }
        self.turn();
    }

    /// Lets time pass, and the loop turn whenever it wants to.
    fn waits(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.feedback.due().filter(|due| *due <= end) {
            assert!(due > self.now, "it wants to be called for ever");
            self.now = due;
            self.turn();
        }
        self.now = end;
        self.turn();
    }

    fn told(&mut self) -> String {
        std::mem::take(&mut self.told)
    }

    fn reasons(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.refused).into_iter().map(|(reason, _)| reason).collect()
    }
}

fn at(mono: Mono) -> Now {
    let wall = "2026-11-22T19:00:00Z".parse::<jiff::Timestamp>().unwrap();
    Now { mono, wall: wall + jiff::SignedDuration::try_from(mono.0).unwrap() }
}

fn n(number: f64) -> Arg {
    Arg::Number(number)
}

fn ask() -> [Arg; 1] {
    [Arg::Text("?".to_owned())]
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_subscriber_is_told_everything_and_then_what_is_new() {
    let mut stage = Stage::new();
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0)]);
    insta::assert_snapshot!(stage.told(), @r#"
    0.0 10.0.0.7:9000 /segue/wall/alarm nil
    0.0 10.0.0.7:9000 /segue/wall/mix/dawn 1
    0.0 10.0.0.7:9000 /segue/wall/mix/neon 0
    0.0 10.0.0.7:9000 /segue/wall/mix/rain 0
    0.0 10.0.0.7:9000 /segue/wall/next ""
    0.0 10.0.0.7:9000 /segue/wall/phase "creating"
    0.0 10.0.0.7:9000 /segue/wall/scene "dawn"
    0.0 10.0.0.7:9000 /segue/wall/transition/progress 1
    "#);
    stage.waits(20 * SECOND);
    assert_eq!(stage.told(), "", "nothing changes");
    stage.says("10.0.0.9:1", "/segue/scene/neon", &[]);
    stage.waits(10 * SECOND);
    insta::assert_snapshot!(stage.told(), @r#"
    20.1 10.0.0.7:9000 /segue/wall/mix/dawn 0.667
    20.1 10.0.0.7:9000 /segue/wall/mix/neon 0.333
    20.1 10.0.0.7:9000 /segue/wall/scene "neon"
    20.1 10.0.0.7:9000 /segue/wall/transition/progress 0.333
    20.2 10.0.0.7:9000 /segue/wall/mix/dawn 0.333
    20.2 10.0.0.7:9000 /segue/wall/mix/neon 0.667
    20.2 10.0.0.7:9000 /segue/wall/transition/progress 0.666
    20.3 10.0.0.7:9000 /segue/wall/mix/dawn 0
    20.3 10.0.0.7:9000 /segue/wall/mix/neon 1
    20.3 10.0.0.7:9000 /segue/wall/transition/progress 1
    "#);
}

#[test]
fn a_lease_ends_by_itself_unless_it_is_renewed() {
    let mut stage = Stage::new();
    let change = |stage: &mut Stage, scene: &str| {
        stage.says("10.0.0.9:1", &format!("/segue/scene/{scene}"), &[]);
        stage.waits(SECOND);
        stage.told().contains("/scene ")
    };
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0), n(10.0)]);
    stage.waits(8 * SECOND);
    assert!(change(&mut stage, "neon"));
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0), n(10.0)]);
    assert_eq!(stage.told(), "", "who renews is not told everything again");
    stage.waits(8 * SECOND);
    assert!(change(&mut stage, "rain"));
    stage.waits(SECOND);
    assert!(!change(&mut stage, "dawn"), "ten seconds are over");

    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0), n(1e9)]);
    stage.waits(59 * 60 * SECOND);
    stage.waits(59 * SECOND);
    assert!(change(&mut stage, "neon"));
    assert!(!change(&mut stage, "rain"), "an hour is the longest");
    assert_eq!(stage.feedback.due(), None, "with nobody to tell there is nothing to do");

    stage.says("10.0.0.7:50000", "/segue/subscribe", &[]);
    assert!(stage.told().contains("10.0.0.7:50000"), "without a port it is where the question came from");
    stage.says("10.0.0.7:50000", "/segue/unsubscribe", &[]);
    assert!(!change(&mut stage, "dawn"));
}

#[test]
fn nobody_is_told_where_his_own_fader_is_until_he_rests() {
    let mut stage = Stage::new();
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0)]);
    stage.says("10.0.0.7:50001", "/segue/subscribe", &[n(9001.0)]);
    stage.says("10.0.0.8:50000", "/segue/subscribe", &[n(9000.0)]);
    stage.waits(SECOND);
    stage.told();
    for step in 1..=8 {
        stage.says("10.0.0.7:50000", "/segue/mix/neon", &[n(f64::from(step) / 10.0)]);
        stage.waits(Duration::from_millis(100));
    }
    let told = stage.told();
    let has =
        |told: &str, who: &str, what: &str| told.lines().any(|line| line.contains(&format!("{who} {what} ")));
    assert!(!has(&told, "10.0.0.7:9000", "/segue/wall/mix/neon"), "{told}");
    assert!(has(&told, "10.0.0.7:9000", "/segue/wall/mix/dawn"), "the other faders move: {told}");
    assert!(has(&told, "10.0.0.7:9001", "/segue/wall/mix/neon"), "another app beside it is told: {told}");
    assert!(has(&told, "10.0.0.8:9000", "/segue/wall/mix/neon"), "{told}");
    stage.waits(SECOND);
    let told = stage.told();
    assert!(told.contains("10.0.0.7:9000 /segue/wall/mix/neon 0.8\n"), "where it came to rest: {told}");
    assert_eq!(told.matches("10.0.0.7:9000 /segue/wall/mix/neon").count(), 1, "{told}");

    stage.says("10.0.0.9:1", "/segue/scene/rain", &[]);
    stage.says("10.0.0.7:50000", "/segue/*/transition/progress", &[n(0.5)]);
    stage.told();
    stage.waits(Duration::from_millis(300));
    let told = stage.told();
    assert!(!has(&told, "10.0.0.7:9000", "/segue/wall/transition/progress"), "by a pattern too: {told}");
    assert!(has(&told, "10.0.0.8:9000", "/segue/wall/transition/progress"), "{told}");
    stage.waits(10 * SECOND);
    assert_eq!(stage.feedback.due(), None, "a hand that holds still costs nothing");
}

#[test]
fn a_question_is_answered_where_it_came_from() {
    let mut stage = Stage::new();
    stage.says("10.0.0.7:50000", "/segue/scene", &ask());
    stage.says("10.0.0.7:50001", "/segue/wall/mix/dawn", &ask());
    stage.says("10.0.0.7:50002", "/segue/mix/{dawn,rain}", &ask());
    stage.says("10.0.0.7:50003", "/segue/left/scene", &ask());
    insta::assert_snapshot!(stage.told(), @r#"
    0.0 10.0.0.7:50000 /segue/wall/scene "dawn"
    0.0 10.0.0.7:50001 /segue/wall/mix/dawn 1
    0.0 10.0.0.7:50002 /segue/wall/mix/dawn 1
    0.0 10.0.0.7:50002 /segue/wall/mix/rain 0
    "#);
    assert_eq!(stage.reasons(), ["unknown address"]);
    for _ in 0..10_000 {
        stage.says("10.0.0.7:50000", "/segue/*/*", &ask());
    }
    assert!(stage.bytes <= BYTES_PER_SECOND, "{}", stage.bytes);
    assert!(stage.reasons().contains(&"too many questions"));
}

#[test]
fn who_is_no_client_or_would_talk_to_others_is_refused() {
    let mut stage = Stage::new();
    for (args, reason) in [
        (vec![n(53.0)], Some("bad port")),
        (vec![n(f64::from(OWN))], Some("bad port")),
        (vec![n(70_000.0)], Some("bad port")),
        (vec![n(9000.5)], Some("bad port")),
        (vec![n(f64::NAN)], Some("bad port")),
        (vec![n(9000.0), n(0.0)], Some("bad lease")),
        (vec![n(9000.0), n(f64::NAN)], Some("bad lease")),
        (vec![n(9000.0), n(f64::INFINITY)], None),
        (vec![Arg::Text("me".to_owned())], Some("bad subscription")),
    ] {
        stage.says("10.0.0.7:50000", "/segue/subscribe", &args);
        assert_eq!(stage.reasons().first().copied(), reason, "{args:?}");
    }
    stage.says("10.0.0.8:50000", "/segue/sync", &[]);
    assert_eq!(stage.reasons(), ["not subscribed"]);
    stage.told();
    stage.says("10.0.0.7:50000", "/segue/sync", &[n(0.0)]);
    stage.waits(SECOND);
    assert_eq!(stage.told(), "", "the button was let go");
    stage.says("10.0.0.7:50000", "/segue/sync", &[n(1.0)]);
    stage.waits(SECOND);
    assert!(stage.told().contains("10.0.0.7:9000 /segue/wall/scene \"dawn\""));
}

#[test]
fn subscriptions_are_few_and_what_one_is_sent_is_bounded() {
    let mut stage = Stage::new();
    for port in 0..=SUBSCRIBERS_PER_ADDRESS {
        stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0 + port as f64)]);
    }
    assert_eq!(stage.reasons(), ["too many subscriptions of one address"]);
    for other in SUBSCRIBERS_PER_ADDRESS..=SUBSCRIBERS_MAX {
        stage.says(&format!("10.0.1.{other}:50000"), "/segue/subscribe", &[]);
    }
    assert_eq!(stage.reasons(), ["too many subscriptions"]);

    let scenes: Vec<String> = (0..800).map(|n| format!("  scene{n}: {{ prompt: p{n} }}")).collect();
    let scenes = scenes.join("\n");
    let streams = "streams: { wall: { backend: simulator, start: dawn } }";
    let text = format!("{streams}\nscenes:\n  dawn: {{ prompt: mist }}\n{scenes}\ninputs: {{ osc: {{}} }}\n");
    let mut stage = Stage::of(&text);
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[]);
    assert!(stage.bytes < BYTES_PER_SECOND, "{}", stage.bytes);
    assert!(stage.told().lines().count() < 500);
    for second in 1..=20 {
        stage.says("10.0.0.7:50000", "/segue/sync", &[]);
        stage.waits(SECOND);
        assert!(stage.bytes < (second + 1) * BYTES_PER_SECOND, "{} in {second} s", stage.bytes);
    }
    let told = stage.told();
    for scene in [0, 500, 799] {
        assert!(told.contains(&format!("/mix/scene{scene} ")), "each has its turn: {scene}");
    }
}

#[test]
fn the_clients_of_the_show_file_are_told_without_asking() {
    let mut stage = Stage::new();
    let client: SocketAddr = "10.0.0.20:9000".parse().unwrap();
    stage.feedback.keep(&[client], stage.now);
    stage.turn();
    assert!(stage.told().contains("10.0.0.20:9000 /segue/wall/scene \"dawn\""));
    stage.waits(2 * LEASE_MAX);
    stage.feedback.keep(&[client], stage.now);
    stage.waits(SECOND);
    assert_eq!(stage.told(), "", "an edit of the file that leaves it there is no news");
    stage.says("10.0.0.20:9000", "/segue/unsubscribe", &[]);
    stage.says("10.0.0.9:1", "/segue/scene/neon", &[]);
    stage.waits(SECOND);
    assert!(stage.told().contains("10.0.0.20:9000 /segue/wall/scene \"neon\""), "it stays");
    stage.feedback.keep(&[], stage.now);
    stage.says("10.0.0.9:1", "/segue/scene/rain", &[]);
    stage.waits(SECOND);
    assert_eq!(stage.told(), "");
}

#[test]
fn where_a_playlist_is_is_told_with_its_stream() {
    let list =
        "playlists: { evening: { steps: [{ scene: neon, hold: 5s, name: city }, { scene: rain }] } }\n";
    let mut stage = Stage::of(&SHOW.replace("inputs:", &format!("{list}inputs:")));
    stage.says("10.0.0.7:50000", "/segue/subscribe", &[n(9000.0)]);
    stage.told();
    stage.says("10.0.0.7:50000", "/segue/go", &[]);
    stage.waits(SECOND / 10);
    let told = stage.told();
    let of_lists = told.lines().filter(|line| line.contains("playlist") || line.contains("next"));
    insta::assert_snapshot!(of_lists.collect::<Vec<_>>().join("\n"), @r#"
    0.1 10.0.0.7:9000 /segue/playlist/evening/index 1
    0.1 10.0.0.7:9000 /segue/playlist/evening/next "rain"
    0.1 10.0.0.7:9000 /segue/playlist/evening/state "playing"
    0.1 10.0.0.7:9000 /segue/playlist/evening/step "city"
    0.1 10.0.0.7:9000 /segue/wall/next "rain"
    0.1 10.0.0.7:9000 /segue/wall/playlist "evening"
    "#);
    stage.says("10.0.0.7:50000", "/segue/playlist/evening/index", &ask());
    stage.says("10.0.0.7:50000", "/segue/playlist", &ask());
    insta::assert_snapshot!(stage.told(), @r#"
    0.1 10.0.0.7:50000 /segue/playlist/evening/index 1
    0.1 10.0.0.7:50000 /segue/wall/playlist "evening"
    "#);
}
