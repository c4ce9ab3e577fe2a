//! What the guard and the decoder make of good, bad and hostile datagrams.

use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    decode::{TEXT_MAX, decode},
    guard::{ARGS_MAX, DATAGRAM_MAX, DEPTH_MAX, Refusal},
};
use crate::show::event::{Arg, OscMessage, OscPacket};

/// 2025-01-01 at 00:00:00 UTC in seconds since 1900.
const NEW_YEAR: u32 = 3_944_678_400;
const AT_ONCE: (u32, u32) = (0, 1);

/// A string as OSC writes it: ended by NUL, padded to four.
fn string(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    bytes.resize((text.len() + 1).next_multiple_of(4), 0);
    bytes
}

fn message(address: &str, tags: &str, args: &[u8]) -> Vec<u8> {
    [string(address.as_bytes()), string(tags.as_bytes()), args.to_vec()].concat()
}

fn bundle((seconds, fraction): (u32, u32), elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"#bundle\0".to_vec();
    bytes.extend(seconds.to_be_bytes());
    bytes.extend(fraction.to_be_bytes());
    for element in elements {
        bytes.extend((element.len() as u32).to_be_bytes());
        bytes.extend(element);
    }
    bytes
}

fn cue(n: i32) -> Vec<u8> {
    message("/cue", ",i", &n.to_be_bytes())
}

fn cues(numbers: &[i32], due: Option<&str>) -> OscPacket {
    let message = |&n: &i32| OscMessage { address: "/cue".to_owned(), args: vec![Arg::Number(n.into())] };
    OscPacket {
        messages: numbers.iter().map(message).collect(),
        due: due.map(|due| due.parse::<Timestamp>().unwrap()),
    }
}

#[test]
fn arguments_become_what_a_show_can_use() {
    let mut args = Vec::new();
    args.extend(7_i32.to_be_bytes());
    args.extend((-1_i64).to_be_bytes());
    args.extend(0.5_f32.to_be_bytes());
    args.extend(0.25_f64.to_be_bytes());
    args.extend(string("dämmerung".as_bytes()));
    args.extend(string(b"alternative"));
    args.extend(u32::from('é').to_be_bytes());
    args.extend([0, 0, 0, 2, 1, 2, 0, 0]);
    args.extend([1, 2, 3, 4]);
    let packets = decode(&message("/all", ",ihfdsScTFNIbr[]", &args)).unwrap();
    let text = |text: &str| Arg::Text(text.to_owned());
    let expected = [
        Arg::Number(7.0),
        Arg::Number(-1.0),
        Arg::Number(0.5),
        Arg::Number(0.25),
        text("dämmerung"),
        text("alternative"),
        text("é"),
        Arg::Bool(true),
        Arg::Bool(false),
        Arg::Other,
        Arg::Other,
        Arg::Other,
        Arg::Other,
        Arg::Other,
    ];
    assert_eq!(packets[0].messages[0].args, expected);
}

#[test]
fn numbers_that_are_none_come_through_as_they_are() {
    let args = [f32::NAN.to_be_bytes(), f32::INFINITY.to_be_bytes()].concat();
    let packets = decode(&message("/fader", ",ff", &args)).unwrap();
    let [Arg::Number(nan), Arg::Number(infinite)] = packets[0].messages[0].args[..] else { panic!() };
    assert!(nan.is_nan() && infinite == f64::INFINITY);
}

#[test]
fn a_message_without_type_tags_has_no_arguments_if_it_ends_there() {
    let expected = OscMessage { address: "/go".to_owned(), args: vec![] };
    for datagram in [string(b"/go"), message("/go", ",", &[])] {
        assert_eq!(decode(&datagram), Ok(vec![OscPacket { messages: vec![expected.clone()], due: None }]));
    }
}

#[test]
fn a_bundle_is_one_packet_due_when_its_time_tag_says() {
    assert_eq!(decode(&cue(1)), Ok(vec![cues(&[1], None)]));
    assert_eq!(decode(&bundle(AT_ONCE, &[cue(1), cue(2)])), Ok(vec![cues(&[1, 2], None)]));
    assert_eq!(
        decode(&bundle((NEW_YEAR, 0), &[cue(1), cue(2)])),
        Ok(vec![cues(&[1, 2], Some("2025-01-01T00:00:00Z"))])
    );
    assert_eq!(decode(&bundle(AT_ONCE, &[])), Ok(vec![]));
}

#[test]
fn bundles_in_a_bundle_keep_its_order_and_its_time_or_wait_for_their_own() {
    let inner = bundle(AT_ONCE, &[cue(2), bundle(AT_ONCE, &[cue(3)]), cue(4)]);
    assert_eq!(decode(&bundle(AT_ONCE, &[cue(1), inner, cue(5)])), Ok(vec![cues(&[1, 2, 3, 4, 5], None)]));

    let outer = bundle(
        (NEW_YEAR, 0),
        &[
            cue(1),
            bundle((NEW_YEAR + 1, 0), &[cue(2)]),
            bundle((NEW_YEAR - 1, 0), &[cue(3)]),
            bundle(AT_ONCE, &[cue(4)]),
        ],
    );
    assert_eq!(
        decode(&outer),
        Ok(vec![cues(&[1, 3, 4], Some("2025-01-01T00:00:00Z")), cues(&[2], Some("2025-01-01T00:00:01Z"))])
    );
}

/// The datagram that ends the process of a decoder that follows it: 20 bytes a level.
#[test]
fn nested_bundles_are_refused_before_they_are_decoded() {
    let nested = |levels| (0..levels).fold(cue(1), |inner, _| bundle(AT_ONCE, &[inner]));
    assert_eq!(decode(&nested(DEPTH_MAX)), Ok(vec![cues(&[1], None)]));
    assert_eq!(decode(&nested(DEPTH_MAX + 1)), Err(Refusal::TooDeep));
    assert_eq!(decode(&nested(400)), Err(Refusal::TooDeep));
    let hostile = nested(3270);
    assert!(hostile.len() > 65_000);
    assert_eq!(decode(&hostile), Err(Refusal::TooLarge));
}

#[test]
fn nested_arrays_are_refused_before_they_are_decoded() {
    let nested = |levels| format!(",{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(decode(&message("/a", &nested(DEPTH_MAX), &[])).is_ok());
    assert_eq!(decode(&message("/a", &nested(DEPTH_MAX + 1), &[])), Err(Refusal::TooDeep));
    assert_eq!(decode(&message("/a", &nested(4000), &[])), Err(Refusal::TooDeep));
    assert_eq!(decode(&message("/a", &nested(32_000), &[])), Err(Refusal::TooLarge));
}

/// Each of these the decoder alone would take, and leave out what it does not understand.
#[test]
fn a_bundle_with_one_bad_element_is_refused_whole() {
    let bad_size = |size: u32| {
        let mut bytes = bundle(AT_ONCE, &[cue(1), cue(2)]);
        bytes[16..20].copy_from_slice(&size.to_be_bytes());
        bytes
    };
    for size in [0, 13, 400, u32::MAX] {
        assert_eq!(decode(&bad_size(size)), Err(Refusal::BadBundle), "{size}");
    }
    let table = [
        (message("/cue", ",q", &[]), Refusal::BadTypeTags),
        (message("/cue", ",i", &[]), Refusal::BadArgument),
        ([cue(2), vec![0; 4]].concat(), Refusal::LeftOver),
        (b"junk".to_vec(), Refusal::NotOsc),
        (b"#bundle\0".to_vec(), Refusal::BadBundle),
        (b"#bundle\0\0\0\0\0".to_vec(), Refusal::BadBundle),
    ];
    for (element, refusal) in table {
        assert_eq!(decode(&bundle(AT_ONCE, &[cue(1), element.clone(), cue(3)])), Err(refusal), "{element:?}");
    }
    assert_eq!(decode(&[bundle(AT_ONCE, &[cue(1)]), vec![0, 0, 0, 0]].concat()), Err(Refusal::BadBundle));
}

#[test]
fn a_malformed_message_is_refused_by_its_mistake() {
    let blob = |size: u32| message("/a", ",b", &size.to_be_bytes());
    let table = [
        (vec![], Refusal::NotOsc),
        (b"/a\0".to_vec(), Refusal::NotOsc),
        (b"\xff\xff\xff\xff".to_vec(), Refusal::NotOsc),
        (vec![0; DATAGRAM_MAX + 4], Refusal::TooLarge),
        (b"/abc".to_vec(), Refusal::BadAddress),
        (message("/a\x1b[2J", ",", &[]), Refusal::BadAddress),
        (message(&format!("/{}", "a".repeat(600)), ",", &[]), Refusal::BadAddress),
        (message("/a", "ii", &[0; 8]), Refusal::BadTypeTags),
        ([string(b"/a"), b",iii".to_vec()].concat(), Refusal::BadTypeTags),
        (message("/a", ",[i", &[0; 4]), Refusal::BadTypeTags),
        (message("/a", ",i]", &[0; 4]), Refusal::BadTypeTags),
        (message("/a", &format!(",{}", "T".repeat(ARGS_MAX + 1)), &[]), Refusal::TooManyArguments),
        (message("/a", ",i", &[]), Refusal::BadArgument),
        (message("/a", ",s", b"abcd"), Refusal::BadArgument),
        (message("/a", ",c", &[0xff; 4]), Refusal::BadArgument),
        (blob(u32::MAX), Refusal::BadArgument),
        (blob(8), Refusal::BadArgument),
        (message("/a", ",s", b"\xff\xfe\0\0"), Refusal::NotUtf8),
        ([string(b"/\xff"), string(b",")].concat(), Refusal::NotUtf8),
        (message("/a", ",s", &string(&[b'a'; TEXT_MAX + 1])), Refusal::TextTooLong),
        (message("/a", ",i", &[0; 8]), Refusal::LeftOver),
    ];
    for (datagram, refusal) in table {
        assert_eq!(decode(&datagram), Err(refusal), "{}", datagram.escape_ascii());
    }
    assert!(decode(&message("/a", ",s", &string(&[b'a'; TEXT_MAX]))).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// On failure proptest prints the mutations and the seed of the run.
    #[test]
    fn no_mutation_of_a_datagram_gets_past_the_limits(
        mutations in prop::collection::vec((0_usize..400, any::<u8>()), 1..6),
        length in 0_usize..400,
    ) {
        let mut datagram = bundle((NEW_YEAR, 0), &[
            message("/all", ",ihfd[sS]cTFNI", &[0; 60]),
            bundle((NEW_YEAR + 1, 0), &[cue(2), message("/blob", ",bb", &[0; 8])]),
            bundle(AT_ONCE, &[bundle(AT_ONCE, &[message("/text", ",s", &string(&[b'a'; 90]))])]),
        ]);
        for (at, byte) in mutations {
            let at = at % datagram.len();
            datagram[at] = byte;
        }
        datagram.truncate(length.next_multiple_of(4).max(4));
        for packet in decode(&datagram).into_iter().flatten() {
            prop_assert!(!packet.messages.is_empty());
            for OscMessage { address, args } in packet.messages {
                prop_assert!(address.starts_with('/') && !address.contains(char::is_control));
                prop_assert!(args.len() <= ARGS_MAX);
            }
        }
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&bytes);
        let _ = decode(&[b"/a\0\0".to_vec(), bytes.clone()].concat());
        let _ = decode(&[b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec(), bytes].concat());
    }
}
