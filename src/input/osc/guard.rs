//! What a datagram must be before anybody decodes it.
//!
//! The decoder that we use follows nested bundles until the stack ends, and leaves out the elements of a bundle
//! that it does not like. So bundles are taken apart here, in a loop, and the decoder sees single messages of
//! known shape only. No meaning: addresses and arguments stay bytes.

use std::borrow::Cow;

use jiff::Timestamp;

use super::timetag;

/// Largest datagram, in bytes. Controllers send tens to hundreds; a prompt of 2 KiB in a bundle of four still
/// fits. It also bounds the work per datagram, see [`super::BATCH_MAX`].
pub const DATAGRAM_MAX: usize = 8192;

/// Deepest nesting of bundles in bundles, and of arrays in arrays. Real senders use one level, seldom two.
pub const DEPTH_MAX: usize = 8;

/// Most arguments of a message; a set of sliders of the widest controllers has 32.
pub const ARGS_MAX: usize = 64;

/// What every bundle starts with (OSC 1.0, "OSC Bundles").
const BUNDLE: &[u8] = b"#bundle\0";

/// The start of a bundle: its mark and its time tag, in bytes.
const BUNDLE_START: usize = 16;

/// Why a datagram was refused: all of it, since a bundle is applied as one or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Longer than [`DATAGRAM_MAX`].
    TooLarge,
    /// Empty, not a multiple of four long, or neither a message nor a bundle.
    NotOsc,
    /// An element's size is zero, not a multiple of four, or reaches over the bundle's end.
    BadBundle,
    /// Bundles or arrays nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// A string without an end, or an address with control characters or longer than the show knows.
    BadAddress,
    /// The type tags are missing, do not start with `,`, are unknown, or an array in them is never closed.
    BadTypeTags,
    /// More than [`ARGS_MAX`] arguments.
    TooManyArguments,
    /// An argument is cut short or is not what its type tag says.
    BadArgument,
    /// A text that is not UTF-8.
    NotUtf8,
    /// A text longer than [`super::decode::TEXT_MAX`].
    TextTooLong,
    /// Bytes after the last argument.
    LeftOver,
}

impl Refusal {
    /// Returns the reason as logs and metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "datagram too large",
            Self::NotOsc => "not OSC",
            Self::BadBundle => "bad bundle",
            Self::TooDeep => "nested too deep",
            Self::BadAddress => "bad address",
            Self::BadTypeTags => "bad type tags",
            Self::TooManyArguments => "too many arguments",
            Self::BadArgument => "bad argument",
            Self::NotUtf8 => "not UTF-8",
            Self::TextTooLong => "text too long",
            Self::LeftOver => "bytes left over",
        }
    }
}

/// One message in a datagram, not yet looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The message: starts with `/`, a multiple of four long.
    pub bytes: &'a [u8],
    /// When it is due; `None` for at once.
    pub due: Option<Timestamp>,
}

/// Takes a datagram apart into its messages, in their order.
///
/// A bundle in a bundle is due when its own time tag says, but not before the one around it: OSC 1.0 does not
/// allow that, so an earlier tag, or "at once", means together with the bundle around.
pub fn elements(datagram: &[u8]) -> Result<Vec<Element<'_>>, Refusal> {
    if datagram.len() > DATAGRAM_MAX {
        return Err(Refusal::TooLarge);
    }
    if datagram.is_empty() || !datagram.len().is_multiple_of(4) {
        return Err(Refusal::NotOsc);
    }
    let mut elements = Vec::new();
    // The bundles around `at`, outermost first: where each ends and when it is due.
    let mut open: Vec<(usize, Option<Timestamp>)> = Vec::new();
    let (mut at, mut end) = (0, datagram.len());
    loop {
        let bytes = &datagram[at..end];
        let due = open.last().and_then(|&(_, due)| due);
        if bytes.starts_with(BUNDLE) {
            if open.len() == DEPTH_MAX {
                return Err(Refusal::TooDeep);
            }
            let (seconds, rest) = number(&bytes[BUNDLE.len()..]).ok_or(Refusal::BadBundle)?;
            let (fraction, _) = number(rest).ok_or(Refusal::BadBundle)?;
            open.push((end, due.max(timetag::due(seconds, fraction))));
            at += BUNDLE_START;
        } else if bytes.starts_with(b"/") {
            elements.push(Element { bytes, due });
            at = end;
        } else {
            return Err(Refusal::NotOsc);
        }
        while open.pop_if(|&mut (end, _)| end == at).is_some() {}
        let Some(&(bundle_end, _)) = open.last() else { return Ok(elements) };
        let (size, rest) = number(&datagram[at..bundle_end]).ok_or(Refusal::BadBundle)?;
        let size = size as usize;
        if size == 0 || !size.is_multiple_of(4) || size > rest.len() {
            return Err(Refusal::BadBundle);
        }
        at += 4;
        end = at + size;
    }
}

/// Checks the shape of a message, and spells it as the decoder understands it.
///
/// A message that ends after its address gets empty type tags: OSC 1.0 asks receivers to be "robust in the
/// case of a missing OSC Type Tag String", and without arguments there is nothing to guess. The alternative
/// text `S` becomes `s`.
pub fn message(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    let address_end = string_end(bytes).ok_or(Refusal::BadAddress)?;
    if address_end == bytes.len() {
        return Ok([bytes, b",\0\0\0"].concat().into());
    }
    let rest = &bytes[address_end..];
    let tags_end = string_end(rest).ok_or(Refusal::BadTypeTags)?;
    if rest[0] != b',' {
        return Err(Refusal::BadTypeTags);
    }
    let (mut depth, mut args) = (0_usize, 0);
    for tag in rest[1..tags_end].iter().take_while(|&&tag| tag != 0) {
        match tag {
            b'[' => depth += 1,
            b']' => depth = depth.checked_sub(1).ok_or(Refusal::BadTypeTags)?,
            b'i' | b'f' | b's' | b'S' | b'b' | b'h' | b't' | b'd' | b'c' | b'r' | b'm' | b'T' | b'F'
            | b'N' | b'I' => {}
            _ => return Err(Refusal::BadTypeTags),
        }
        args += 1;
        if depth > DEPTH_MAX {
            return Err(Refusal::TooDeep);
        }
        if args > ARGS_MAX {
            return Err(Refusal::TooManyArguments);
        }
    }
    if depth > 0 {
        return Err(Refusal::BadTypeTags);
    }
    let mut spelled = Cow::Borrowed(bytes);
    if rest[..tags_end].contains(&b'S') {
        spelled.to_mut()[address_end..address_end + tags_end]
            .iter_mut()
            .filter(|tag| **tag == b'S')
            .for_each(|tag| *tag = b's');
    }
    Ok(spelled)
}

/// Returns where the string at the start of `bytes` ends, its padding to a multiple of four included.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().position(|&byte| byte == 0)? + 1;
    Some(length.next_multiple_of(4)).filter(|&end| end <= bytes.len())
}

/// Takes a 32-bit number off the start.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}
