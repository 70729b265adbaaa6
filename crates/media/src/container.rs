//! Looks at a picture's whole container before anything of it is decoded: that it ends where it says, that nothing follows,
//! that there is one picture in it.

use std::borrow::Cow;

use crate::{Refusal, sniff::Kind};

/// Passes over one JPEG. Progressive files of common encoders have ten; each pass costs as much time as the whole picture.
const MAX_SCANS: u32 = 100;

/// What the decoder is given: the container without what no picture needs.
pub(crate) fn checked(kind: Kind, bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    match kind {
        Kind::Png => png(bytes).map(Cow::Owned),
        Kind::Jpeg => jpeg(bytes).map(|()| Cow::Borrowed(bytes)),
        Kind::WebP => webp(bytes).map(|()| Cow::Borrowed(bytes)),
        Kind::Mp4 | Kind::WebM | Kind::Wav | Kind::Ogg => Err(Refusal::WrongType { kind: kind.name().to_owned() }),
    }
}

fn trailing(rest: usize) -> Result<(), Refusal> {
    if rest == 0 { Ok(()) } else { Err(Refusal::TrailingBytes { bytes: rest as u64 }) }
}

/// The signature and the chunks that make the picture. Compressed texts and profiles, which can be bombs of their own, do not
/// reach the decoder.
fn png(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let cut = |part| Refusal::Truncated { part };
    let (signature, mut rest) = bytes.split_at(8);
    let mut kept = signature.to_vec();
    loop {
        let Some((length, after)) = rest.split_first_chunk::<4>() else { return Err(cut("a PNG without its end")) };
        let length = u32::from_be_bytes(*length) as usize;
        let name = after.get(..4).ok_or(cut("a PNG without its end"))?;
        // Length, name, data, checksum.
        let Some((chunk, after)) = length.checked_add(12).and_then(|whole| rest.split_at_checked(whole)) else {
            return Err(cut("a part of a PNG"));
        };
        match name {
            b"acTL" | b"fcTL" | b"fdAT" => return Err(Refusal::Animated),
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => kept.extend_from_slice(chunk),
            b"IEND" => {
                kept.extend_from_slice(chunk);
                return trailing(after.len()).map(|()| kept);
            }
            _ => {}
        }
        rest = after;
    }
}

fn webp(bytes: &[u8]) -> Result<(), Refusal> {
    let cut = || Refusal::Truncated { part: "a WebP is shorter than it says" };
    let said = bytes.get(4..8).and_then(|said| said.try_into().ok()).map(u32::from_le_bytes).ok_or_else(cut)?;
    let whole = (said as usize).saturating_add(8);
    // A chunk of odd length is followed by one byte that RIFF does not always count.
    let rest = bytes.len().checked_sub(whole).ok_or_else(cut)?;
    trailing(if rest == 1 && bytes.ends_with(&[0]) { 0 } else { rest })?;
    let mut chunks = bytes.get(12..whole).ok_or_else(cut)?;
    while let Some((name, after)) = chunks.split_first_chunk::<4>() {
        let Some((length, data)) = after.split_first_chunk::<4>() else { return Err(cut()) };
        let length = u32::from_le_bytes(*length) as usize;
        let animated = name == b"VP8X" && data.first().is_some_and(|flags| flags & 0x02 != 0);
        if animated || matches!(name, b"ANIM" | b"ANMF") {
            return Err(Refusal::Animated);
        }
        if length > data.len() {
            return Err(cut());
        }
        chunks = data.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}

fn jpeg(bytes: &[u8]) -> Result<(), Refusal> {
    let cut = || Refusal::Truncated { part: "a JPEG without its end" };
    let (mut at, mut scans) = (2, 0);
    loop {
        // Between segments, any number of fill bytes may stand before a marker.
        let marker = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(0xff), Some(0xff)) => {
                at += 1;
                continue;
            }
            (Some(0xff), Some(marker)) => *marker,
            (None, _) | (_, None) => return Err(cut()),
            _ => return Err(Refusal::Damaged { message: "no marker where a JPEG needs one".to_owned() }),
        };
        at += 2;
        match marker {
            0xd9 => return trailing(bytes.len() - at),
            // These have no length.
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = bytes.get(at..at + 2).map(|length| usize::from(length[0]) << 8 | usize::from(length[1]));
        at += length.filter(|length| *length >= 2).ok_or_else(cut)?;
        if marker == 0xda {
            scans += 1;
            if scans > MAX_SCANS {
                return Err(Refusal::TooManyScans { scans, limit: MAX_SCANS });
            }
            at = end_of_scan(bytes, at).ok_or_else(cut)?;
        }
    }
}

/// Where the next marker is that is no restart and no escaped byte.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
