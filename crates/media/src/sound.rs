//! Sounds: chunks of RIFF, and pages of Ogg (RFC 3533) with Opus in them (RFC 7845).

use crate::{Refusal, clip::refuse};

/// Samples as integers, as floating-point numbers, and what says so at more length.
const FORMATS: [u16; 3] = [1, 3, 0xfffe];

/// Bytes of what says so at most length.
const LONGEST_FORMAT: usize = 40;

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn part(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], Refusal> {
    let cut = Refusal::Truncated { part: "a part of the sound is shorter than it says" };
    at.checked_add(length).and_then(|end| bytes.get(at..end)).ok_or(cut)
}

fn milliseconds(units: u64, each_second: u64) -> u64 {
    u64::try_from(u128::from(units) * 1000 / u128::from(each_second.max(1))).unwrap_or(u64::MAX)
}

/// Empties all chunks but the format and the samples; gives how long it lasts.
pub(crate) fn empty_wav(bytes: &mut [u8]) -> Result<u64, Refusal> {
    let said = little(part(bytes, 4, 4)?) as usize;
    // A chunk of odd length is followed by one byte that RIFF does not always count.
    match bytes.len().checked_sub(said.saturating_add(8)) {
        None => return Err(Refusal::Truncated { part: "a WAV is shorter than it says" }),
        Some(0) => {}
        Some(1) if bytes.ends_with(&[0]) => {}
        Some(rest) => return Err(Refusal::TrailingBytes { bytes: rest as u64 }),
    }
    let (mut at, mut rate, mut samples) = (12, None, None);
    while at + 8 <= bytes.len() {
        let name = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let length = little(part(bytes, at + 4, 4)?) as usize;
        let body = part(bytes, at + 8, length)?;
        match &name {
            b"fmt " => {
                let field = |from, length| Ok::<_, Refusal>(little(part(body, from, length)?));
                let (format, channels, bits) = (field(0, 2)?, field(2, 2)?, field(14, 2)?);
                let known = FORMATS.iter().any(|known| u64::from(*known) == format);
                if !known || !(1..=2).contains(&channels) || !matches!(bits, 8 | 16 | 24 | 32) {
                    return refuse(format!(
                        "its samples are of the kind {format} with {channels} channels of {bits} bits: integers and \
                         floating-point numbers of up to 32 bits in one or two channels are taken"
                    ));
                }
                if body.len() > LONGEST_FORMAT {
                    return refuse("more than a format stands where it says how it is sampled");
                }
                // Not by the bytes a second that it says: they say nothing to a player.
                if rate.replace(field(4, 4)? * channels * (bits / 8)).is_some() {
                    return refuse("it says twice how it is sampled");
                }
            }
            b"data" => {
                if samples.replace(length as u64).is_some() {
                    return refuse("it has two parts of samples");
                }
            }
            _ => {
                bytes[at..at + 4].copy_from_slice(b"JUNK");
                bytes[at + 8..at + 8 + length].fill(0);
            }
        }
        at += 8 + length + length % 2;
    }
    match (rate, samples) {
        (Some(rate), Some(samples)) if rate > 0 && samples > 0 => Ok(milliseconds(samples, rate)),
        _ => refuse("there are no samples in it"),
    }
}

/// A page of Ogg: where it starts, where what it carries starts and ends.
struct Page {
    start: usize,
    body: usize,
    end: usize,
}

/// Replaces the tags by none; gives how long it lasts.
pub(crate) fn empty_opus(bytes: &mut [u8]) -> Result<u64, Refusal> {
    let pages = pages(bytes)?;
    let [head, tags, rest @ ..] = pages.as_slice() else { return refuse("there is no sound in it") };
    let set_up = &bytes[head.body..head.end];
    if !set_up.starts_with(b"OpusHead") {
        return refuse("it is no Opus: of sounds in Ogg no other is taken (ffmpeg -i IN -c:a libopus OUT.opus)");
    }
    if !(1..=2).contains(&part(set_up, 9, 1)?[0]) {
        return refuse("it has more than two channels");
    }
    let skipped = little(part(set_up, 10, 2)?);
    if !bytes[tags.body..tags.end].starts_with(b"OpusTags") {
        return refuse("its tags are not where they belong");
    }
    // The packet goes on over as many pages as end in its midst; what follows it starts a page of its own.
    let mut of_tags = vec![tags];
    let mut following = rest.iter();
    while of_tags.last().is_some_and(|page| goes_on(bytes, page)) {
        match following.next() {
            Some(page) => of_tags.push(page),
            None => return refuse("its tags do not end"),
        }
    }
    let of_tags: Vec<(usize, usize, usize)> = of_tags.iter().map(|page| (page.start, page.body, page.end)).collect();
    for (place, (start, body, end)) in of_tags.into_iter().enumerate() {
        // A vendor without a name, no comment, and padding.
        bytes[body + if place == 0 { 8 } else { 0 }..end].fill(0);
        bytes[start + 22..start + 26].fill(0);
        let sum = checksum(&bytes[start..end]);
        bytes[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
    }
    let last = following.map(|page| little(&bytes[page.start + 6..page.start + 14]));
    // All ones: no packet ends on that page.
    let last = last.filter(|granule| *granule != u64::MAX).max();
    match last.map(|last| last.saturating_sub(skipped)) {
        Some(samples) if samples > 0 => Ok(milliseconds(samples, 48_000)),
        _ => refuse("there is no sound in it"),
    }
}

/// The pages that fill a file: of one stream, and nothing between them.
fn pages(bytes: &[u8]) -> Result<Vec<Page>, Refusal> {
    let (mut at, mut pages) = (0, Vec::new());
    let mut stream = None;
    while at < bytes.len() {
        let header = part(bytes, at, 27)?;
        if !header.starts_with(b"OggS\0") {
            return Err(Refusal::TrailingBytes { bytes: (bytes.len() - at) as u64 });
        }
        let number = little(&header[14..18]);
        // One stream after another has the flag of a beginning in its midst.
        if *stream.get_or_insert(number) != number || (at > 0 && header[5] & 2 != 0) {
            return refuse("there is more than one stream in it");
        }
        let segments = usize::from(header[26]);
        let length: usize = part(bytes, at + 27, segments)?.iter().map(|length| usize::from(*length)).sum();
        let body = at + 27 + segments;
        part(bytes, body, length)?;
        pages.push(Page { start: at, body, end: body + length });
        at = body + length;
    }
    // The last page says that it is the last: what was cut off does not.
    match pages.last() {
        Some(last) if bytes[last.start + 5] & 4 != 0 => Ok(pages),
        _ => Err(Refusal::Truncated { part: "an Ogg file without its end" }),
    }
}

/// Whether the last packet of a page goes on on the next.
fn goes_on(bytes: &[u8], page: &Page) -> bool {
    let segments = &bytes[page.start + 27..page.body];
    segments.last() == Some(&255)
}

/// Ogg's own: CRC-32 with the polynomial 0x04c11db7, from 0, the first bit first, the field itself taken as zeros.
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, byte| {
        let mut sum = sum ^ u32::from(*byte) << 24;
        for _ in 0..8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 };
        }
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_checksum_is_oggs_own() {
        let mut page = include_bytes!("../tests/clips/sound.opus")[..47].to_vec();
        let said = u32::from_le_bytes([page[22], page[23], page[24], page[25]]);
        page[22..26].fill(0);
        assert_eq!(checksum(&page), said);
    }
}
