//! Datagrams without number: one fader, fast and for long, and garbage.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    thread,
    time::Duration,
};

use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, encoder};
use segue::show::dice::Dice;

use super::{dice, rests_on};
use crate::{
    daemon::show,
    support::{
        broker::Directory,
        house::{Daemon, Simulator, Stage},
        say,
    },
};

/// What the daemon asks of the kernel; with less, losses are the kernel's.
const RECEIVE_BUFFER: u64 = segue::input::osc::RECEIVE_BUFFER as u64;

/// A show with a fader that plays one scene above the middle and another below.
fn with_fader(text: &str) -> String {
    text.replace(
        "inputs:",
        "triggers:
  high: { when: { osc: /fader, args: [{ above: 0.5 }] }, do: { scene: neon, fade: 0s } }
  low: { when: { osc: /fader, args: [{ below: 0.5 }] }, do: { scene: dawn, fade: 0s } }
inputs:",
    )
}

fn message(address: &str, args: Vec<OscType>) -> OscPacket {
    OscPacket::Message(OscMessage { addr: address.to_owned(), args })
}

fn fader(value: f32) -> Vec<u8> {
    encoder::encode(&message("/fader", vec![OscType::Float(value)])).unwrap()
}

/// Returns how many datagrams the kernel has thrown away for want of room in a socket (proc(5), `/proc/net/udp`).
fn dropped(socket: SocketAddr) -> u64 {
    let port = format!(":{:04X}", socket.port());
    let table = fs::read_to_string("/proc/net/udp").unwrap();
    let mut lines = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|line| line[1].ends_with(&port)).expect("the daemon's socket");
    line.last().unwrap().parse().unwrap()
}

/// Returns whether the kernel grants what the daemon asks for; if not, says how to let it.
fn buffer_is_granted() -> bool {
    let most: u64 = fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap().trim().parse().unwrap();
    if most < RECEIVE_BUFFER {
        say(&format!("skipped: net.core.rmem_max is {most}; the daemon asks for {RECEIVE_BUFFER}"));
    }
    most >= RECEIVE_BUFFER
}

/// Sends `batch` datagrams each millisecond from a thread of its own, until `time` is over.
async fn send(
    to: SocketAddr,
    time: Duration,
    batch: u32,
    mut next: impl FnMut() -> Vec<u8> + Send + 'static,
) {
    let sender = tokio::task::spawn_blocking(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..time.as_millis() {
            for _ in 0..batch {
                socket.send_to(&next(), to).unwrap();
            }
            thread::sleep(Duration::from_micros(900));
        }
    });
    sender.await.unwrap();
}

#[tokio::test]
async fn ten_thousand_to_one_fader_end_on_the_last_and_none_is_lost() {
    if !buffer_is_granted() {
        return;
    }
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&with_fader(&show(&simulator, &stage, ""))).await;
    rests_on(&daemon, &simulator, "dawn").await;
    for step in 0..9_999_u16 {
        daemon.datagram(&fader([0.1, 0.9][usize::from(step % 2)]));
    }
    daemon.datagram(&fader(0.9));
    rests_on(&daemon, &simulator, "neon").await;

    // And as they pile up while the machine does something else.
    daemon.process.signal("STOP");
    for step in 0..5_001_u16 {
        daemon.datagram(&fader([0.1, 0.9][usize::from(step % 2)]));
    }
    daemon.process.signal("CONT");
    rests_on(&daemon, &simulator, "dawn").await;
    assert_eq!(dropped(daemon.osc), 0);
    let updates = daemon.state().await["streams"][0]["updates"]["sent"].as_u64().unwrap();
    assert!(updates < 100, "a flood of values is no flood of updates: {updates}");
}

#[tokio::test]
async fn twenty_thousand_a_second_end_on_the_last() {
    flood(Duration::from_secs(3)).await;
}

#[tokio::test]
#[ignore = "a minute long"]
async fn twenty_thousand_a_second_for_a_minute_end_on_the_last() {
    flood(Duration::from_mins(1)).await;
}

async fn flood(time: Duration) {
    if !buffer_is_granted() {
        return;
    }
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&with_fader(&show(&simulator, &stage, ""))).await;
    rests_on(&daemon, &simulator, "dawn").await;
    let mut dice = dice();
    send(daemon.osc, time, 20, move || fader(dice.fraction() as f32)).await;
    for value in [0.1, 0.9] {
        daemon.datagram(&fader(value));
    }
    rests_on(&daemon, &simulator, "neon").await;
    assert_eq!(dropped(daemon.osc), 0);
    nothing_without_bound(&daemon);
}

#[tokio::test]
async fn garbage_at_two_thousand_a_second_does_not_touch_a_fade() {
    garbage(Duration::from_secs(3)).await;
}

#[tokio::test]
#[ignore = "a minute long"]
async fn garbage_at_two_thousand_a_second_for_a_minute_does_not_touch_a_fade() {
    garbage(Duration::from_mins(1)).await;
}

async fn garbage(time: Duration) {
    let directory = Directory::new();
    let simulator = Simulator::start(&directory, &[]);
    let stage = Stage::new(&directory);
    let daemon = stage.run(&with_fader(&show(&simulator, &stage, ""))).await;
    rests_on(&daemon, &simulator, "dawn").await;
    daemon.osc("/segue/scene/rain", &[time.as_secs_f32()]);
    let mut dice = dice();
    let good = specimens();
    send(daemon.osc, time, 2, move || mutated(&good, &mut dice)).await;
    rests_on(&daemon, &simulator, "rain").await;
    let log = daemon.process.log();
    assert_eq!(log.matches("Transition started.").count(), 1, "{log}");
    nothing_without_bound(&daemon);
    let metrics = daemon.text("/metrics").await;
    assert!(metrics.contains("not OSC"), "{metrics}");
}

/// Asserts that a flood is not written down one by one.
fn nothing_without_bound(daemon: &Daemon) {
    let log = daemon.process.log();
    assert!(log.lines().count() < 2000, "{} lines", log.lines().count());
    assert!(log.matches("Input refused.").count() < 100, "{log}");
}

/// Datagrams that are right, but ask nothing of this show.
fn specimens() -> Vec<Vec<u8>> {
    let arguments = vec![
        OscType::Float(0.5),
        OscType::Int(-1),
        OscType::String("text".to_owned()),
        OscType::Blob(vec![1, 2, 3]),
        OscType::Bool(true),
    ];
    let one = message("/pad/1/press", arguments);
    let other = message("/segue/scene/nothing", vec![OscType::Float(1.0)]);
    let bundle =
        |content| OscPacket::Bundle(OscBundle { timetag: OscTime { seconds: 0, fractional: 1 }, content });
    let nested = bundle(vec![one.clone(), bundle(vec![other.clone()])]);
    [one, other, nested].iter().map(|packet| encoder::encode(packet).unwrap()).collect()
}

/// Damages one of them. None becomes a pattern: that might, by chance, ask for a scene.
fn mutated(good: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let pick = |dice: &mut Dice, most: usize| (dice.next_u64() % most as u64) as usize;
    loop {
        let mut bytes = good[pick(dice, good.len())].clone();
        for _ in 0..=pick(dice, 8) {
            let at = pick(dice, bytes.len());
            bytes[at] = dice.next_u64() as u8;
        }
        if dice.fraction() < 0.3 {
            bytes.truncate(pick(dice, bytes.len()));
        }
        if !bytes.iter().any(|byte| b"*?[{".contains(byte)) {
            return bytes;
        }
    }
}
