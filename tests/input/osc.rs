//! OSC over real UDP sockets on the loopback interface.

use std::net::{SocketAddr, UdpSocket};

use segue::{
    input::{
        inbox::Inbox,
        osc::{self, BATCH_MAX, RECEIVE_BUFFER, Settings, asks::Asks},
    },
    show::{
        event::{Arg, Door, Event, OscMessage, OscPacket},
        subnet::Subnet,
    },
};

use super::{wait_for, within};

fn inbox() -> Inbox {
    Inbox::new(Box::new(|message| message.address.starts_with("/fader/").then(Vec::new)))
}

/// Binds the input and a sender that speaks to it.
fn bind() -> (osc::Socket, UdpSocket) {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = osc::bind(Settings { listen, allow: Vec::new() }).unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(socket.local_addr().unwrap()).unwrap();
    (socket, sender)
}

fn message(address: &str, value: f32) -> Vec<u8> {
    let message = rosc::OscMessage { addr: address.to_owned(), args: vec![rosc::OscType::Float(value)] };
    rosc::encoder::encode(&rosc::OscPacket::Message(message)).unwrap()
}

fn packet(address: &str, value: f64) -> OscPacket {
    let message = OscMessage { address: address.to_owned(), args: vec![Arg::Number(value)] };
    OscPacket { messages: vec![message], due: None }
}

/// Runs the input until the future is done.
async fn with_input<T>(socket: osc::Socket, inbox: &Inbox, test: impl Future<Output = T>) -> T {
    tokio::select! {
        () = osc::run(socket, inbox.clone(), Asks::default()) => panic!("the input ended"),
        done = within("the test", test) => done,
    }
}

#[tokio::test]
async fn a_message_goes_from_the_wire_to_the_show() {
    let (inbox, (socket, sender)) = (inbox(), bind());
    with_input(socket, &inbox, async {
        sender.send(&message("/cue/left", 1.0)).unwrap();
        let came = wait_for(&inbox, "the message", |event| Some(event.clone())).await;
        assert_eq!(came, Event::Osc(packet("/cue/left", 1.0)));
    })
    .await;
}

#[tokio::test]
async fn an_unspecified_ipv6_address_hears_ipv4_too() {
    let Ok(socket) = osc::bind(Settings { listen: "[::]:0".parse().unwrap(), allow: Vec::new() }) else {
        println!("there is no IPv6 here: nothing to test");
        return;
    };
    let inbox = inbox();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(("127.0.0.1", socket.local_addr().unwrap().port())).unwrap();
    with_input(socket, &inbox, async {
        sender.send(&message("/cue", 1.0)).unwrap();
        wait_for(&inbox, "the message", |event| matches!(event, Event::Osc(_)).then_some(())).await;
    })
    .await;
}

/// All of it arrives before the daemon reads anything, as when it was busy.
#[tokio::test]
async fn of_a_burst_to_one_fader_the_last_value_stays() {
    let (inbox, (socket, sender)) = (inbox(), bind());
    // A kernel that grants less drops the newest, as it should say (`osc::bind` warns).
    let burst = if socket.granted() >= RECEIVE_BUFFER { 10_000 } else { socket.granted() / 1024 };
    println!("{burst} datagrams into a buffer of {} bytes", socket.granted());
    assert!(burst > 100);
    for n in 1..=burst {
        sender.send(&message("/fader/1", n as f32)).unwrap();
    }
    sender.send(&message("/last", 0.0)).unwrap();
    with_input(socket, &inbox, async {
        let mut values = Vec::new();
        while values.last() != Some(&0.0) {
            inbox.ready().await;
            values.extend(inbox.drain().into_iter().map(|event| match event {
                Event::Osc(OscPacket { messages, .. }) => match messages[0].args[0] {
                    Arg::Number(value) => value,
                    ref other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }));
        }
        assert_eq!(values[values.len() - 2], f64::from(burst as u32), "the newest value");
        let turns = burst / BATCH_MAX + 1;
        assert!(values.len() <= turns + 1, "one value a turn at most, not {}", values.len());
        assert!(values[..values.len() - 1].is_sorted());
    })
    .await;
}

#[tokio::test]
async fn garbage_is_counted_by_kind_and_what_follows_is_heard() {
    let (inbox, (socket, sender)) = (inbox(), bind());
    for _ in 0..3 {
        sender.send(b"junk").unwrap();
    }
    sender.send(&[b'/'; 9000]).unwrap();
    sender.send(&message("/cue", 1.0)).unwrap();
    let from = sender.local_addr().unwrap();
    with_input(socket, &inbox, async {
        let mut events = Vec::new();
        while events.len() < 3 {
            inbox.ready().await;
            events.extend(inbox.drain());
        }
        let refused =
            |reason, count, example: String| Event::Refused { input: Door::Osc, reason, count, example };
        assert_eq!(
            events,
            [
                Event::Osc(packet("/cue", 1.0)),
                refused("datagram too large", 1, format!("{from}: `{}…`", "/".repeat(32))),
                refused("not OSC", 3, format!("{from}: `junk`")),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn who_is_not_on_the_list_is_counted_and_not_heard() {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let allow = vec![Subnet::parse("127.0.0.9").unwrap(), Subnet::parse("10.0.0.0/8").unwrap()];
    let socket = osc::bind(Settings { listen, allow }).unwrap();
    let to = socket.local_addr().unwrap();
    let (stranger, friend) =
        (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.9:0").unwrap());
    let inbox = inbox();
    with_input(socket, &inbox, async {
        for _ in 0..500 {
            stranger.send_to(&message("/cue/left", 1.0), to).unwrap();
        }
        stranger.send_to(b"garbage", to).unwrap();
        friend.send_to(&message("/cue/right", 1.0), to).unwrap();
        let mut strangers = 0;
        let mut heard = Vec::new();
        while strangers < 501 || heard.is_empty() {
            inbox.ready().await;
            for event in inbox.drain() {
                match event {
                    Event::Refused { input: Door::Osc, reason: "sender not allowed", count, example } => {
                        strangers += count;
                        assert_eq!(example, stranger.local_addr().unwrap().to_string());
                    }
                    other => heard.push(other),
                }
            }
        }
        assert_eq!((strangers, heard), (501, vec![Event::Osc(packet("/cue/right", 1.0))]));
    })
    .await;
}
