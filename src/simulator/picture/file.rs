//! Pictures as files: PNG for a still, JPEG for a frame of many.
//!
//! The PNG is not compressed: it goes to the same machine, and noise with grain in it would not shrink by half.

use jpeg_encoder::{ColorType, Encoder};

use super::Picture;

/// Where soft slopes show no blocks, and a frame is some 60 kB.
const QUALITY: u8 = 86;
/// The longest block that is stored in one piece, by the format.
const BLOCK_MAX: usize = 65_535;

/// Returns the picture as a JPEG; none only if it had no dots or more than the format takes.
pub(in crate::simulator) fn jpeg(picture: &Picture) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(picture.width).ok()?, u16::try_from(picture.height).ok()?);
    let mut file = Vec::with_capacity(100_000);
    Encoder::new(&mut file, QUALITY).encode(&picture.rgb, width, height, ColorType::Rgb).ok()?;
    Some(file)
}

/// Returns the picture as a PNG.
pub(in crate::simulator) fn png(picture: &Picture) -> Vec<u8> {
    let Picture { width, height, rgb } = picture;
    let mut head = Vec::with_capacity(13);
    head.extend((*width as u32).to_be_bytes());
    head.extend((*height as u32).to_be_bytes());
    // Eight bits, true colour, and the one way there is to compress, to filter and not to interlace.
    head.extend([8, 2, 0, 0, 0]);
    let rows: Vec<u8> =
        rgb.chunks(width * 3).flat_map(|row| std::iter::once(0).chain(row.iter().copied())).collect();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &head);
    chunk(&mut file, *b"IDAT", &stored(&rows));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(content);
    let sum = crc(&file[start..]);
    file.extend(sum.to_be_bytes());
}

/// Returns a zlib stream of blocks that are stored as they are.
fn stored(content: &[u8]) -> Vec<u8> {
    let blocks = content.chunks(BLOCK_MAX);
    let count = blocks.len();
    let mut stream = vec![0x78, 0x01];
    for (number, block) in blocks.enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(number + 1 == count));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler(content).to_be_bytes());
    stream
}

/// Returns the sum by which zlib checks its content.
fn adler(content: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    /// So many bytes can be added before a sum of 32 bits could run over.
    const RUN: usize = 5552;
    let (mut a, mut b) = (1_u32, 0_u32);
    for run in content.chunks(RUN) {
        for byte in run {
            a += u32::from(*byte);
            b += a;
        }
        (a, b) = (a % PRIME, b % PRIME);
    }
    b << 16 | a
}

/// Returns the sum by which PNG checks a chunk: CRC-32.
fn crc(content: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !content.iter().fold(!0, |sum, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ sum >> 8)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_formats() {
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        assert_eq!(adler(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(adler(&vec![0xFF; 1 << 20]), 0x8E88_EF11);
    }
}
