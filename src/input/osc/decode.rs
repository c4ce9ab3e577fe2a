//! From the bytes of a datagram to packets of the show: all of it or nothing.
//!
//! `rosc` reads the arguments, of single messages that the guard has passed; everything around them is ours.

use jiff::Timestamp;
use rosc::{OscError, OscType};

use super::guard::{self, Refusal};
use crate::show::{
    address::ADDRESS_MAX,
    event::{Arg, OscMessage, OscPacket},
};

/// Longest text argument, in bytes. The text encoder of the models reads 77 tokens, some 400 bytes; five times that
/// leaves room for whoever writes more than is heard.
pub const TEXT_MAX: usize = 2048;

/// Decodes a datagram into packets, one for each time at which something in it is due.
///
/// A message is one packet. So is a bundle, with the bundles in it, unless these have later time tags of their
/// own. A bundle without messages is valid and comes to nothing.
pub fn decode(datagram: &[u8]) -> Result<Vec<OscPacket>, Refusal> {
    let mut packets: Vec<OscPacket> = Vec::new();
    // Packets by time, found by the last one first: bundles come in order, so it is nearly always that one.
    let mut packet_at =
        |due: Option<Timestamp>, message| match packets.iter_mut().rfind(|packet| packet.due == due) {
            Some(packet) => packet.messages.push(message),
            None => packets.push(OscPacket { messages: vec![message], due }),
        };
    for element in guard::elements(datagram)? {
        packet_at(element.due, message(element.bytes)?);
    }
    Ok(packets)
}

fn message(bytes: &[u8]) -> Result<OscMessage, Refusal> {
    let bytes = guard::message(bytes)?;
    let (rest, packet) = rosc::decoder::decode_udp(&bytes).map_err(|error| match error {
        OscError::StringError(_) => Refusal::NotUtf8,
        _ => Refusal::BadArgument,
    })?;
    if !rest.is_empty() {
        return Err(Refusal::LeftOver);
    }
    let rosc::OscPacket::Message(rosc::OscMessage { addr: address, args }) = packet else {
        return Err(Refusal::NotOsc);
    };
    if address.len() > ADDRESS_MAX || address.contains(char::is_control) {
        return Err(Refusal::BadAddress);
    }
    Ok(OscMessage { address, args: args.into_iter().map(arg).collect::<Result<_, _>>()? })
}

fn arg(value: OscType) -> Result<Arg, Refusal> {
    Ok(match value {
        OscType::Int(number) => Arg::Number(number.into()),
        OscType::Float(number) => Arg::Number(number.into()),
        OscType::Double(number) => Arg::Number(number),
        OscType::Long(number) => Arg::Number(number as f64),
        OscType::Bool(value) => Arg::Bool(value),
        OscType::Char(c) => Arg::Text(c.into()),
        OscType::String(text) if text.len() > TEXT_MAX => return Err(Refusal::TextTooLong),
        OscType::String(text) => Arg::Text(text),
        OscType::Blob(_)
        | OscType::Time(_)
        | OscType::Color(_)
        | OscType::Midi(_)
        | OscType::Array(_)
        | OscType::Nil
        | OscType::Inf => Arg::Other,
    })
}
