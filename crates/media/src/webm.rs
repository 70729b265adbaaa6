//! WebM: Matroska's elements (RFC 9559 on RFC 8794), each with a number of one to four bytes and its length.

use std::ops::Range;

use crate::{
    Refusal,
    clip::{Facts, number, refuse},
};

/// Elements side by side. A clip of a minute has some hundred clusters and some thousand cues.
const MAX_ELEMENTS: usize = 65_536;

const HEADER: u64 = 0x1A45_DFA3;
const DOCUMENT: u64 = 0x4282;
const SEGMENT: u64 = 0x1853_8067;
const SEEK: u64 = 0x114D_9B74;
const INFO: u64 = 0x1549_A966;
const TRACKS: u64 = 0x1654_AE6B;
const CLUSTER: u64 = 0x1F43_B675;
const CUES: u64 = 0x1C53_BB6B;
const TIME_SCALE: u64 = 0x002A_D7B1;
const DURATION: u64 = 0x4489;
const MUXER: u64 = 0x4D80;
const WRITER: u64 = 0x5741;
const TRACK: u64 = 0xAE;
const TRACK_KIND: u64 = 0x83;
const CODEC: u64 = 0x86;
const ENCODINGS: u64 = 0x6D80;
const VIDEO: u64 = 0xE0;
const WIDTH: u64 = 0xB0;
const HEIGHT: u64 = 0xBA;
const SHOWN_WIDTH: u64 = 0x54B0;
const SHOWN_HEIGHT: u64 = 0x54BA;
const SHOWN_UNIT: u64 = 0x54B2;
const CLUSTER_TIME: u64 = 0xE7;
/// Versions, longest numbers and lengths, what it is and its versions.
const OF_THE_HEADER: [u64; 7] = [0x4286, 0x42F7, 0x42F2, 0x42F3, DOCUMENT, 0x4287, 0x4285];
/// Its time, its blocks, alone and in groups, and where it stands.
const OF_A_CLUSTER: [u64; 5] = [CLUSTER_TIME, 0xA3, 0xA0, 0xAB, 0xA7];
/// What is needed of a track: number, id, kind, flags, durations, language, codec and its set-up, delays, picture, sound.
const OF_A_TRACK: [u64; 17] = [
    0xD7,
    0x73C5,
    TRACK_KIND,
    0xB9,
    0x88,
    0x55AA,
    0x9C,
    0x0023_E383,
    0x55EE,
    0x0022_B59C,
    CODEC,
    0x63A2,
    0x56AA,
    0x56BB,
    ENCODINGS,
    VIDEO,
    0xE1,
];

const UNFINISHED: &str =
    "it does not say where it ends, as a recording that was not finished (ffmpeg -i IN -c copy OUT.webm)";

#[derive(Debug, Clone)]
struct Element {
    id: u64,
    start: usize,
    body: Range<usize>,
}

/// The elements that fill a range, and fill it whole.
fn elements(bytes: &[u8], range: Range<usize>) -> Result<Vec<Element>, Refusal> {
    let cut = || Refusal::Truncated { part: "a part of a WebM is shorter than it says" };
    let (mut at, mut found) = (range.start, Vec::new());
    while at < range.end {
        let rest = bytes.get(at..range.end).ok_or_else(cut)?;
        let id_length = rest.first().map_or(9, |byte| byte.leading_zeros() as usize + 1);
        if id_length > 4 {
            return refuse("a part of it has no number");
        }
        let id = number(rest.get(..id_length).ok_or_else(cut)?);
        let rest = rest.get(id_length..).ok_or_else(cut)?;
        let length_bytes = rest.first().map_or(9, |byte| byte.leading_zeros() as usize + 1);
        if length_bytes > 8 {
            return refuse("a part of it has no length");
        }
        let mask = u64::MAX >> (64 - 7 * length_bytes);
        let length = number(rest.get(..length_bytes).ok_or_else(cut)?) & mask;
        if length == mask {
            return refuse(UNFINISHED);
        }
        let body = at + id_length + length_bytes;
        let end = usize::try_from(length).ok().and_then(|length| body.checked_add(length));
        let end = end.filter(|end| *end <= range.end).ok_or_else(cut)?;
        found.push(Element { id, start: at, body: body..end });
        if found.len() > MAX_ELEMENTS {
            return refuse(format!("it has more than {MAX_ELEMENTS} parts side by side"));
        }
        at = end;
    }
    Ok(found)
}

/// Makes an element one of no meaning (`Void`), of the same length.
fn empty(bytes: &mut [u8], element: &Element) {
    let whole = &mut bytes[element.start..element.body.end];
    let length = whole.len();
    whole.fill(0);
    whole[0] = 0xEC;
    if length - 2 < 127 {
        whole[1] = 0x80 | (length - 2) as u8;
    } else {
        whole[1..9].copy_from_slice(&((length - 9) as u64 | 1 << 56).to_be_bytes());
    }
}

fn needed(bytes: &mut [u8], range: Range<usize>, ids: &[u64]) -> Result<Vec<Element>, Refusal> {
    let (kept, other): (Vec<_>, Vec<_>) =
        elements(bytes, range)?.into_iter().partition(|element| ids.contains(&element.id));
    other.iter().for_each(|element| empty(bytes, element));
    Ok(kept)
}

fn one(elements: &[Element], id: u64, what: &str) -> Result<Range<usize>, Refusal> {
    let mut found = elements.iter().filter(|element| element.id == id);
    match (found.next(), found.next()) {
        (Some(element), None) => Ok(element.body.clone()),
        (None, _) => refuse(format!("it does not say {what}")),
        _ => refuse(format!("it says twice {what}")),
    }
}

/// The number of an element, where it is there.
fn value(bytes: &[u8], elements: &[Element], id: u64) -> Option<u64> {
    elements.iter().find(|element| element.id == id).map(|element| number(&bytes[element.body.clone()]))
}

/// Empties what is no clip, and gives what the container says of it.
pub(crate) fn empty_metadata(bytes: &mut [u8]) -> Result<Facts, Refusal> {
    let whole = elements(bytes, 0..bytes.len())?;
    let [header, segment] = whole.as_slice() else {
        return refuse("it is not one clip: a header and what it heads are all that belongs there");
    };
    if (header.id, segment.id) != (HEADER, SEGMENT) {
        return refuse("it is not one clip: a header and what it heads are all that belongs there");
    }
    let document = one(&needed(bytes, header.body.clone(), &OF_THE_HEADER)?, DOCUMENT, "what it is")?;
    if bytes[document].split(|byte| *byte == 0).next() != Some(b"webm") {
        return refuse("it is a Matroska video and no WebM (ffmpeg -i IN -c copy OUT.webm)");
    }
    let parts = needed(bytes, segment.body.clone(), &[SEEK, INFO, TRACKS, CLUSTER, CUES])?;
    let info = needed(bytes, one(&parts, INFO, "how long it lasts")?, &[TIME_SCALE, DURATION, MUXER, WRITER])?;
    for program in info.iter().filter(|element| matches!(element.id, MUXER | WRITER)) {
        bytes[program.body.clone()].fill(0);
    }
    let scale = value(bytes, &info, TIME_SCALE).unwrap_or(1_000_000);
    let in_milliseconds = |units: f64| (units * scale as f64 / 1e6).ceil();
    let said = one(&info, DURATION, "how long it lasts")?;
    let said = match *bytes.get(said).unwrap_or_default() {
        [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    };
    if !said.is_finite() || said < 0.0 {
        return refuse("it does not say how long it lasts");
    }
    let mut last = 0;
    let mut clusters = 0;
    for cluster in parts.iter().filter(|part| part.id == CLUSTER) {
        clusters += 1;
        let parts = needed(bytes, cluster.body.clone(), &OF_A_CLUSTER)?;
        last = last.max(value(bytes, &parts, CLUSTER_TIME).unwrap_or(0));
    }
    if clusters == 0 {
        return refuse("there are no pictures in it");
    }
    let (width, height) = tracks(bytes, one(&parts, TRACKS, "what tracks it has")?)?;
    let milliseconds = in_milliseconds(said).max(in_milliseconds(last as f64)) as u64;
    Ok(Facts { width, height, milliseconds })
}

/// How large the one track of pictures is shown.
fn tracks(bytes: &mut [u8], range: Range<usize>) -> Result<(u64, u64), Refusal> {
    let (mut shown, mut sounds) = (None, 0);
    for track in needed(bytes, range, &[TRACK])? {
        let parts = needed(bytes, track.body, &OF_A_TRACK)?;
        if parts.iter().any(|part| part.id == ENCODINGS) {
            return refuse("it is encrypted, or packed once more");
        }
        let codec = bytes[one(&parts, CODEC, "how it is coded")?].to_vec();
        match (value(bytes, &parts, TRACK_KIND), codec.as_slice()) {
            (Some(1), b"V_VP8" | b"V_VP9" | b"V_AV1") => {
                let video = elements(bytes, one(&parts, VIDEO, "how large it is")?)?;
                let of = |id| value(bytes, &video, id).unwrap_or(0);
                // Other units than pixels are a ratio, and the pictures' own size is the better guess.
                let told = if of(SHOWN_UNIT) == 0 { [of(SHOWN_WIDTH), of(SHOWN_HEIGHT)] } else { [0, 0] };
                let size = if told.contains(&0) { (of(WIDTH), of(HEIGHT)) } else { (told[0], told[1]) };
                if shown.replace(size).is_some() {
                    return refuse("it has more than one track of pictures");
                }
            }
            (Some(2), b"A_OPUS" | b"A_VORBIS") => sounds += 1,
            (Some(1 | 2), codec) => {
                return refuse(format!(
                    "it is coded as {}: VP8, VP9 and AV1 are taken, with Opus or Vorbis",
                    codec.escape_ascii()
                ));
            }
            _ => return refuse("it has a track that is neither picture nor sound"),
        }
    }
    if sounds > 1 {
        return refuse("it has more than one track of sound");
    }
    match shown {
        Some(size) => Ok(size),
        None => refuse("it has no track of pictures"),
    }
}
